package dev.cinnabar.struct;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import java.nio.charset.StandardCharsets;

/// The id of a stream's entry: two numbers of 64 bits without sign, a time in milliseconds and a count within
/// it, written `ms-seq`.
///
/// Here it is always two `long`s, the bits of those numbers, and never an object. Reading one takes a
/// question first ([#isId]) and then its halves, as with [Numbers]. All methods are static; nothing is
/// allocated but for numbers beyond 2^63 in texts.
public final class StreamId {
    /// The largest half of an id there is, all bits set.
    public static final long MAX = -1;

    /// The longest text of an id: twice twenty digits and the dash.
    public static final int MAX_CHARS = 41;

    private static final int UNSIGNED_DIGITS = 20;
    private static final long TENTH = Long.divideUnsigned(MAX, 10); // the remainder is 5
    private static final long LARGEST_OF_19_DIGITS = Long.parseUnsignedLong("9999999999999999999");

    private StreamId() {}

    // ---- order ----

    /// Negative, 0 or positive, as the first id is less than, equal to, or greater than the second.
    public static int compare(long ms, long seq, long otherMs, long otherSeq) {
        return ms != otherMs ? Long.compareUnsigned(ms, otherMs) : Long.compareUnsigned(seq, otherSeq);
    }

    public static boolean isMax(long ms, long seq) {
        return (ms & seq) == MAX;
    }

    public static boolean isZero(long ms, long seq) {
        return (ms | seq) == 0;
    }

    /// The first half of the id that follows; the id must not be the largest.
    public static long nextMs(long ms, long seq) {
        return seq == MAX ? ms + 1 : ms;
    }

    /// The second half of the id that follows.
    public static long nextSeq(long seq) {
        return seq + 1;
    }

    /// The first half of the id in front; the id must not be 0-0.
    public static long previousMs(long ms, long seq) {
        return seq == 0 ? ms - 1 : ms;
    }

    /// The second half of the id in front.
    public static long previousSeq(long seq) {
        return seq - 1;
    }

    // ---- reading ----

    /// Whether the text is `ms` or `ms-seq`.
    public static boolean isId(Bytes text) {
        int dash = dash(text);
        if (dash < 0) return isNumber(text, 0, text.length());
        return isNumber(text, 0, dash) && isNumber(text, dash + 1, text.length());
    }

    /// Whether the text is `ms-*`: an id whose second half is to be made.
    public static boolean isOpen(Bytes text) {
        int dash = text.length() - 2;
        return dash > 0 && text.at(dash) == '-' && text.at(dash + 1) == '*' && isNumber(text, 0, dash);
    }

    /// The first half of a text for which [#isId] or [#isOpen] holds.
    public static long ms(Bytes text) {
        int dash = dash(text);
        return number(text, 0, dash < 0 ? text.length() : dash);
    }

    /// The second half of a text for which [#isId] holds.
    ///
    /// @param missing what it is where the text has none
    public static long seq(Bytes text, long missing) {
        int dash = dash(text);
        return dash < 0 ? missing : number(text, dash + 1, text.length());
    }

    private static int dash(Bytes text) {
        for (int i = 0; i < text.length(); i++) if (text.at(i) == '-') return i;
        return -1;
    }

    /// As C's `strtoull` takes it, whole: blanks and a plus in front are let pass, as in Redis.
    private static boolean isNumber(Bytes text, int from, int to) {
        from = skip(text, from, to);
        if (from == to || to - from > UNSIGNED_DIGITS && text.at(from) != '0') return false;
        long value = 0;
        for (int i = from; i < to; i++) {
            int digit = text.at(i) - '0';
            if (digit < 0 || digit > 9) return false;
            if (Long.compareUnsigned(value, TENTH) > 0 || value == TENTH && digit > 5) return false; // beyond 2^64 - 1
            value = value * 10 + digit;
        }
        return true;
    }

    private static long number(Bytes text, int from, int to) {
        long value = 0;
        for (int i = skip(text, from, to); i < to; i++) value = value * 10 + (text.at(i) - '0');
        return value;
    }

    private static int skip(Bytes text, int from, int to) {
        if (from < to && text.at(from) > '+') return from; // speed only: a digit
        while (from < to && (text.at(from) == ' ' || text.at(from) >= '\t' && text.at(from) <= '\r')) from++;
        return from < to && text.at(from) == '+' ? from + 1 : from;
    }

    // ---- writing ----

    /// How many characters [#print] writes.
    public static int length(long ms, long seq) {
        return digits(ms) + 1 + digits(seq);
    }

    /// Writes the id at the offset and answers how many characters it took.
    public static int print(long ms, long seq, byte[] target, int offset) {
        int n = printNumber(ms, target, offset);
        target[offset + n++] = '-';
        return n + printNumber(seq, target, offset + n);
    }

    private static int digits(long number) {
        return number >= 0 ? Numbers.length(number) : number <= LARGEST_OF_19_DIGITS ? 19 : UNSIGNED_DIGITS;
    }

    private static int printNumber(long number, byte[] target, int offset) {
        if (number >= 0) return Numbers.print(number, target, offset);
        byte[] text = Long.toUnsignedString(number).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, target, offset, text.length);
        return text.length;
    }

    /// The id as text, for messages.
    public static String text(long ms, long seq) {
        return Long.toUnsignedString(ms) + '-' + Long.toUnsignedString(seq);
    }
}
