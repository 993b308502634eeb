package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import java.util.function.LongBinaryOperator;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A call of SCAN, HSCAN, SSCAN or ZSCAN: what it asks for, and how far it goes.
///
/// A client is told a position in a table as a cursor, and gives it back with its next call. What a position
/// is worth while the table grows, shrinks and moves is told in [dev.cinnabar.struct].
final class Scan {
    /// What is walked; each has an option of its own.
    enum Of {
        /// `TYPE name`
        KEYS,
        /// `NOVALUES`
        FIELDS,
        MEMBERS
    }

    private static final int COUNT = 10;
    private static final int BUCKETS_PER_KEY = 10; // so that a call over an empty stretch ends
    private static final int CURSOR_SHIFT =
            16; // a table has at most 2^31 buckets, so the low bits of a position are zero

    private final Call call;
    private final int cursorAt;
    private long position;
    private long count = COUNT;
    private @Nullable Bytes pattern;
    private @Nullable Bytes type;
    private boolean withValues = true;

    /// @throws Refusal when the word at this index is no cursor
    Scan(Call call, int cursorAt) {
        this.call = call;
        this.cursorAt = cursorAt;
        this.position = readCursor(call.arg(cursorAt)) << CURSOR_SHIFT;
    }

    /// Reads what stands behind the cursor.
    ///
    /// @throws Refusal for an unknown word, one that lacks its value, and a count that is no number or below
    ///                 1
    void readOptions(Of what) {
        for (int i = cursorAt + 1; i < call.argc(); i++) {
            boolean hasNext = i + 1 < call.argc();
            if (hasNext && call.is(i, "MATCH")) pattern = call.arg(++i);
            else if (hasNext && call.is(i, "COUNT")) count = call.longArg(++i);
            else if (hasNext && what == Of.KEYS && call.is(i, "TYPE")) type = call.arg(++i);
            else if (what == Of.FIELDS && call.is(i, "NOVALUES")) withValues = false;
            else throw Errors.SYNTAX_REFUSAL;
            if (count < 1) throw Errors.SYNTAX_REFUSAL;
        }
    }

    /// Null for all.
    @Nullable
    Bytes pattern() {
        return pattern;
    }

    /// Null for all.
    @Nullable
    Bytes type() {
        return type;
    }

    boolean withValues() {
        return withValues;
    }

    /// Walks on until enough has been seen or the walk has come round.
    ///
    /// @param step from a position, with how many to see at the most, to the next; 0 after the last
    /// @param seen how many were seen so far
    void go(LongBinaryOperator step, LongSupplier seen) {
        long bucketsLeft = Math.min(count, Integer.MAX_VALUE) * BUCKETS_PER_KEY;
        do position = step.applyAsLong(position, count - seen.getAsLong());
        while (position != 0 && seen.getAsLong() < count && --bucketsLeft > 0);
    }

    /// Where the client goes on; 0 when all is done.
    long cursor() {
        return position >>> CURSOR_SHIFT;
    }

    /// Reads what C's `strtoul` reads: a sign, digits, 64 bits; nothing at all is 0.
    private static long readCursor(Bytes text) {
        int i = 0;
        boolean isNegative = false;
        if (text.length() > 0 && (text.at(0) == '-' || text.at(0) == '+')) isNegative = text.at(i++) == '-';
        if (i == 1 && text.length() == 1) throw new Refusal(Errors.INVALID_CURSOR);
        long value = 0;
        for (; i < text.length(); i++) {
            int digit = text.at(i) - '0';
            boolean isTooLarge = Long.compareUnsigned(value, Long.divideUnsigned(-1 - digit, 10)) > 0;
            if (digit < 0 || digit > 9 || isTooLarge) throw new Refusal(Errors.INVALID_CURSOR);
            value = value * 10 + digit;
        }
        return isNegative ? -value : value;
    }
}
