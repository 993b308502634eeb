package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Kind;
import dev.cinnabar.struct.Bits;
import dev.cinnabar.struct.Records;

/// BITFIELD: numbers of 1 to 64 bits anywhere in a string, read, set and counted with, several in one call.
final class BitField {
    /*
     * The words are read twice. The first time everything is checked and the string's new length found; the
     * second time nothing can be refused any more, so the answers are written as they come and no list of
     * operations is kept.
     *
     *   BITFIELD k  OVERFLOW SAT  INCRBY u8 #3 10  GET i5 100
     *                                   |  |  by how much
     *                                   |  at bit 3 * 8
     *                                   unsigned, 8 bits
     *
     * A number that does not fit wraps around, stops at the end of its range, or is not written and answered
     * by nil, as the last OVERFLOW in front of it says. Redis makes the string as long as the operations need
     * even if all of them fail, but does not tell its log; here that is a change like any other.
     */

    private static final int WRAP = 0;
    private static final int SAT = 1;
    private static final int FAIL = 2;

    private static final Bytes EMPTY = Bytes.of("");

    private BitField() {}

    static Reply run(Call call, boolean onlyReads) {
        int argc = call.argc();
        int answers = 0;
        long highest = -1; // the last bit that is written
        int words;
        for (int i = 2; i < argc; i += words) {
            words = words(call, i);
            if (call.is(i, "OVERFLOW")) {
                overflow(call, i + 1);
                continue;
            }
            int width = width(call, i + 1);
            long bit = offset(call, i + 2, width);
            answers++;
            if (call.is(i, "GET")) continue;
            call.longArg(i + 3);
            long last = bit + width - 1;
            highest = Math.max(highest, last < 0 ? Long.MAX_VALUE : last); // beyond counting, and beyond memory
        }
        if (highest < 0) return read(call, answers);
        if (onlyReads) return call.reply().error(Errors.BITFIELD_RO_ONLY_GETS);
        return write(call, answers, highest);
    }

    /// How many words the operation has that begins here.
    private static int words(Call call, int i) {
        int left = call.argc() - i - 1;
        if (call.is(i, "GET") && left >= 2) return 3;
        if ((call.is(i, "SET") || call.is(i, "INCRBY")) && left >= 3) return 4;
        if (call.is(i, "OVERFLOW") && left >= 1) return 2;
        throw Errors.SYNTAX_REFUSAL;
    }

    private static Reply read(Call call, int answers) {
        long address = call.lookupRead(call.key(1));
        Bytes bytes = address == 0 ? EMPTY : call.db().string(address).bytes();
        call.reply().array(answers);
        for (int i = 2; i < call.argc(); i += words(call, i)) {
            if (call.is(i, "GET")) call.reply().integer(number(call, i, bytes));
        }
        return call.reply();
    }

    /// The number that an operation means, as it stands there now.
    private static long number(Call call, int i, Bytes bytes) {
        int width = width(call, i + 1);
        long bits = Bits.read(bytes.array(), bytes.offset(), bytes.length(), offset(call, i + 2, width), width);
        return isSigned(call, i + 1) ? extended(bits, width) : bits;
    }

    private static Reply write(Call call, int answers, long highest) {
        Bytes key = call.key(1);
        Database db = call.db();
        long address = call.lookupWrite(key);
        int before = address == 0 ? 0 : db.string(address).length();
        boolean hasGrown = address == 0 || highest >>> 3 >= before;

        Bytes bytes = grown(db, key, address, highest);
        call.reply().array(answers);
        int policy = WRAP;
        int changes = 0;
        for (int i = 2; i < call.argc(); i += words(call, i)) {
            if (call.is(i, "OVERFLOW")) policy = overflow(call, i + 1);
            else if (call.is(i, "GET")) call.reply().integer(number(call, i, bytes));
            else if (operate(call, i, bytes, policy) || hasGrown) changes++;
        }
        if (changes > 0) {
            call.changed(key, "setbit", changes);
        }
        return call.reply();
    }

    /// Does a SET or INCRBY and answers it.
    ///
    /// @return whether another number stands there now
    private static boolean operate(Call call, int i, Bytes bytes, int policy) {
        boolean sets = call.is(i, "SET");
        boolean isSigned = isSigned(call, i + 1);
        int width = width(call, i + 1);
        long operand = call.longArg(i + 3);
        long old = number(call, i, bytes);

        long exact = sets ? operand : old + operand;
        int over = isSigned ? overSigned(sets, old, operand, width) : overUnsigned(sets, old, operand, width);
        if (over != 0 && policy == FAIL) {
            call.reply().nil();
            return false;
        }
        long max = max(isSigned ? width - 1 : width);
        long now = exact;
        if (over != 0 && policy == SAT) now = over > 0 ? max : isSigned ? ~max : 0;
        else if (over != 0) now = isSigned ? extended(exact, width) : exact & max;

        Bits.write(bytes.array(), bytes.offset(), offset(call, i + 2, width), width, now);
        call.reply().integer(sets ? old : now);
        return now != old;
    }

    /// Whether what is to be written is above (1) or below (-1) the range of signed numbers of a width.
    private static int overSigned(boolean sets, long old, long operand, int width) {
        long max = max(width - 1);
        long min = ~max;
        if (sets) {
            // as in Redis, which asks how far it is up to the maximum: where that wraps around, SAT goes to the wrong end
            boolean isFarBelow = width < 64 && max - operand < 0;
            return operand > max || isFarBelow ? 1 : operand < min ? -1 : 0;
        }
        if (operand > 0 && old > max - operand) return 1;
        return operand < 0 && old < min - operand ? -1 : 0;
    }

    /// The same for unsigned numbers. What is set counts as unsigned itself, so a negative number is far
    /// above.
    private static int overUnsigned(boolean sets, long old, long operand, int width) {
        long max = max(width);
        if (sets) return operand < 0 || operand > max ? 1 : 0;
        if (operand > 0 && operand > max - old) return 1;
        return operand < 0 && old + operand < 0 ? -1 : 0;
    }

    /// The largest number of some bits, 63 at the most.
    private static long max(int bits) {
        return (1L << bits) - 1;
    }

    /// The lowest bits as a signed number.
    private static long extended(long bits, int width) {
        return bits << (64 - width) >> (64 - width);
    }

    // ---- words ----

    private static int overflow(Call call, int index) {
        if (call.is(index, "WRAP")) return WRAP;
        if (call.is(index, "SAT")) return SAT;
        if (call.is(index, "FAIL")) return FAIL;
        throw Errors.OVERFLOW_TYPE;
    }

    private static boolean isSigned(Call call, int index) {
        return call.arg(index).at(0) == 'i';
    }

    /// The width that a type such as `u8` or `i64` names, in bits.
    private static int width(Call call, int index) {
        Bytes type = call.arg(index);
        int digits = type.length() - 1;
        boolean isKnown = digits > 0 && (type.at(0) == 'i' || type.at(0) == 'u');
        if (!isKnown || !Numbers.isLong(type.array(), type.offset() + 1, digits)) throw Errors.BITFIELD_TYPE;
        long width = Numbers.parse(type.array(), type.offset() + 1, digits);
        if (width < 1 || width > (type.at(0) == 'i' ? 64 : 63)) throw Errors.BITFIELD_TYPE;
        return (int) width;
    }

    /// The position of a bit that an argument names.
    ///
    /// @param width of the numbers that `#` counts, or 0 when it may not stand there
    static long offset(Call call, int index, int width) {
        Bytes text = call.arg(index);
        int hash = width > 0 && !text.isEmpty() && text.at(0) == '#' ? 1 : 0;
        int from = text.offset() + hash;
        int length = text.length() - hash;
        if (!Numbers.isLong(text.array(), from, length)) throw Errors.BIT_OFFSET;
        long offset = Numbers.parse(text.array(), from, length);
        if (hash == 1 && offset > Long.MAX_VALUE / width) throw Errors.BIT_OFFSET;
        if (hash == 1) offset *= width;
        if (offset < 0 || call.isTooLong((offset >>> 3) + 1)) throw Errors.BIT_OFFSET;
        return offset;
    }

    // ---- the string ----

    /// Whether a string is stored in the form in which bits are changed.
    static boolean isRaw(Database db, long address) {
        return db.kind(address) == Kind.STRING_RAW;
    }

    /// The bytes of the string that was looked up last, for writing, long enough for a bit.
    ///
    /// @param address 0 for a string that is still to be made
    /// @throws OutOfMemory when memory is short; then nothing has changed
    static Bytes grown(Database db, Bytes key, long address, long bit) {
        if (bit >>> 3 >= Records.MAX_LENGTH) throw OutOfMemory.REFUSED;
        int length = (int) (bit >>> 3) + 1;
        if (address == 0) return db.newString(key, length);
        return db.growString(address, Math.max(length, db.string(address).length()));
    }
}
