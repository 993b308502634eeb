package dev.cinnabar.struct;

import dev.cinnabar.base.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Bytes seen as a row of bits: counting, finding, reading numbers of any width, combining whole rows.
///
/// ```
///    byte    0                1                2
///    bit     0 1 2 3 4 5 6 7  8 9 …                       bit 0 is the highest of its byte
/// ```
///
/// A number in the row has its highest bit first, so a row reads as if it had been written down. Positions
/// are longs: 512 MiB are 2^32 bits. All methods are static and allocate nothing.
public final class Bits {
    /*
     * Read big end first, eight bytes are 64 bits of the row in order: the highest bit of the word is the
     * first of the row. So the number of leading zeros is the distance to the next set bit, and the end of a
     * range is cut off by a shift. Ranges begin and end anywhere; whole words are in between.
     */

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Bits() {}

    /// How [#combine] makes one bit of many.
    public enum Operation {
        AND,
        OR,
        XOR,
        /// The opposite of the only row.
        NOT,
        /// In the first row and in none of the others.
        DIFF,
        /// Not in the first row, but in one or more of the others.
        DIFF1,
        /// In the first row and in one or more of the others.
        ANDOR,
        /// In exactly one row.
        ONE
    }

    // ---- single bits and numbers ----

    public static boolean get(byte[] array, int offset, long bit) {
        return (array[offset + (int) (bit >>> 3)] >> (7 - (bit & 7)) & 1) != 0;
    }

    public static void set(byte[] array, int offset, long bit, boolean value) {
        int mask = 0x80 >> (bit & 7);
        int at = offset + (int) (bit >>> 3);
        array[at] = (byte) (value ? array[at] | mask : array[at] & ~mask);
    }

    /// The number that stands in some bits, not negative but for 64 of them. Behind the end of the row there
    /// are zeros.
    ///
    /// @param length of the row, in bytes
    /// @param width  1 to 64 bits
    public static long read(byte[] array, int offset, int length, long bit, int width) {
        long value = 0;
        long at = bit;
        for (int left = width; left > 0; ) {
            int within = (int) (at & 7);
            int taken = Math.min(8 - within, left);
            long index = at >>> 3;
            int b = index < length ? array[offset + (int) index] & 0xff : 0;
            value = value << taken | b >> (8 - within - taken) & (1 << taken) - 1;
            at += taken;
            left -= taken;
        }
        return value;
    }

    /// Writes the lowest bits of a number.
    ///
    /// @param width 1 to 64 bits; the row must reach so far
    public static void write(byte[] array, int offset, long bit, int width, long value) {
        long at = bit;
        for (int left = width; left > 0; ) {
            int within = (int) (at & 7);
            int taken = Math.min(8 - within, left);
            int shift = 8 - within - taken;
            int mask = (1 << taken) - 1 << shift;
            int index = offset + (int) (at >>> 3);
            int part = (int) (value >>> (left - taken)) << shift & mask;
            array[index] = (byte) (array[index] & ~mask | part);
            at += taken;
            left -= taken;
        }
    }

    // ---- ranges ----

    /// How many bits of a range are set. O(n / 64).
    ///
    /// @param from the first bit
    /// @param to   the one behind the last; within the row
    public static long count(byte[] array, int offset, long from, long to) {
        long count = 0;
        long at = from;
        int ragged = (int) Math.min(-from & 7, to - from);
        if (ragged > 0) {
            count = Long.bitCount(read(array, offset, Integer.MAX_VALUE, at, ragged));
            at += ragged;
        }
        int i = offset + (int) (at >>> 3);
        for (int end = i + (int) (to - at >>> 6 << 3); i < end; i += 8) {
            count += Long.bitCount((long) LONG.get(array, i));
        }
        at += to - at >>> 6 << 6;
        int rest = (int) (to - at);
        if (rest > 0) count += Long.bitCount(read(array, offset, Integer.MAX_VALUE, at, rest));
        return count;
    }

    /// The first bit of a range that has a value, or -1. O(n / 64).
    ///
    /// @param from the first bit
    /// @param to   the one behind the last; within the row
    public static long find(byte[] array, int offset, boolean wanted, long from, long to) {
        long flip = wanted ? 0 : -1;
        long at = from;
        while (at < to) {
            if ((at & 7) == 0 && to - at >= 64) {
                long word = (long) LONG.get(array, offset + (int) (at >>> 3)) ^ flip;
                if (word != 0) return at + Long.numberOfLeadingZeros(word);
                at += 64;
                continue;
            }
            // a ragged end, at most 63 bits; or what is missing to a whole byte
            int width = (int) Math.min(to - at, (at & 7) == 0 ? 63 : 8 - (at & 7));
            long part = (read(array, offset, Integer.MAX_VALUE, at, width) ^ flip) << (64 - width);
            if (part != 0) return at + Long.numberOfLeadingZeros(part);
            at += width;
        }
        return -1;
    }

    // ---- whole rows ----

    /// Combines rows bit by bit; where a row ends before the longest, it is taken as zeros. O(n) for all
    /// bytes.
    ///
    /// @param count  how many of the rows are meant, at least one
    /// @param target gets the result; as long as the longest row. May be one of the rows itself: each word is
    ///               read from all of them before it is written
    public static void combine(Operation operation, Bytes[] rows, int count, Bytes target) {
        int length = target.length();
        int whole = length & ~7;
        byte[] array = target.array();
        int offset = target.offset();
        for (int at = 0; at < whole; at += 8) LONG.set(array, offset + at, combined(operation, rows, count, at));
        if (whole == length) return;
        long last = combined(operation, rows, count, whole);
        for (int at = whole; at < length; at++, last <<= 8) array[offset + at] = (byte) (last >>> 56);
    }

    private static long combined(Operation operation, Bytes[] rows, int count, int at) {
        long first = word(rows[0], at);
        return switch (operation) {
            case NOT -> ~first;
            case AND -> {
                for (int i = 1; i < count; i++) first &= word(rows[i], at);
                yield first;
            }
            case OR -> first | others(rows, count, at);
            case XOR -> {
                for (int i = 1; i < count; i++) first ^= word(rows[i], at);
                yield first;
            }
            case DIFF -> first & ~others(rows, count, at);
            case DIFF1 -> ~first & others(rows, count, at);
            case ANDOR -> first & others(rows, count, at);
            case ONE -> {
                long several = 0;
                for (int i = 1; i < count; i++) {
                    long next = word(rows[i], at);
                    several |= first & next;
                    first |= next;
                }
                yield first & ~several;
            }
        };
    }

    private static long others(Bytes[] rows, int count, int at) {
        long any = 0;
        for (int i = 1; i < count; i++) any |= word(rows[i], at);
        return any;
    }

    /// Eight bytes of a row, zeros behind its end.
    private static long word(Bytes row, int at) {
        int left = row.length() - at;
        if (left >= 8) return (long) LONG.get(row.array(), row.offset() + at);
        long word = 0;
        for (int i = 0; i < left; i++) word |= (row.at(at + i) & 0xffL) << (56 - 8 * i);
        return word;
    }
}
