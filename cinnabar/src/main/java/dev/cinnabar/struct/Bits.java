package dev.cinnabar.struct;

import dev.cinnabar.base.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Bytes seen as a row of bits: counting, finding, reading numbers of any width, combining whole rows.
///
/// ```
///    byte    0                1                2
///    bit     0 1 2 3 4 5 6 7  8 9 …                       bit 0 is the highest of its byte
/// ```
///
/// A number in the row has its highest bit first, so a row reads as if it had been written down. Positions
/// are longs: 512 MiB are 2^32 bits. All methods are static, and all but [#combine] allocate nothing.
public final class Bits {
    /*
     * Read big end first, eight bytes are 64 bits of the row in order: the highest bit of the word is the
     * first of the row. So the number of leading zeros is the distance to the next set bit, and the end of a
     * range is cut off by a shift. Ranges begin and end anywhere; whole words are in between.
     */

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final int BLOCK = 1024; // bytes, a multiple of 8; three of them stay in the first cache

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
                int first = offset + (int) (at >>> 3);
                int words = (int) (to - at >>> 6);
                int run = run(array, first, words, flip);
                at += 64L * run;
                if (run == words) continue;
                return at + Long.numberOfLeadingZeros((long) LONG.get(array, first + (run << 3)) ^ flip);
            }
            // a ragged end, at most 63 bits; or what is missing to a whole byte
            int width = (int) Math.min(to - at, (at & 7) == 0 ? 63 : 8 - (at & 7));
            long part = (read(array, offset, Integer.MAX_VALUE, at, width) ^ flip) << (64 - width);
            if (part != 0) return at + Long.numberOfLeadingZeros(part);
            at += width;
        }
        return -1;
    }

    /// With how many words of one value a stretch of words begins.
    private static int run(byte[] array, int offset, int words, long value) {
        int run = 0;
        // speed only: the loop below gives the same answer
        while (run + 4 <= words
                && ((word(array, offset, run) ^ value)
                                | (word(array, offset, run + 1) ^ value)
                                | (word(array, offset, run + 2) ^ value)
                                | (word(array, offset, run + 3) ^ value))
                        == 0) {
            run += 4;
        }
        while (run < words && word(array, offset, run) == value) run++;
        return run;
    }

    // ---- whole rows ----

    /*
     * Block by block: each row's part is laid over `block`, which goes to the target at the end; by then all
     * rows were read so far, so the target may be one of them. What a row has no more of is made up of zeros
     * in `rest`. That leaves loops over whole words of two arrays, in which the order of bytes does not
     * matter: the JIT makes vectors of them, if each is in a method of its own (in a large one it stops to
     * inline before the last loop).
     */

    /// Combines rows bit by bit; where a row ends before the longest, it is taken as zeros. O(n) for all
    /// bytes; allocates 3 KB at the most.
    ///
    /// @param count  how many of the rows are meant, at least one
    /// @param target gets the result; as long as the longest row. May be one of the rows itself
    public static void combine(Operation operation, Bytes[] rows, int count, Bytes target) {
        int length = target.length();
        int size = Math.min(BLOCK, length + 7 & ~7);
        byte[] block = new byte[size];
        byte[] rest = new byte[size];
        byte[] several = operation == Operation.ONE ? new byte[size] : block;
        for (int at = 0; at < length; at += size) {
            switch (operation) {
                case AND, OR, XOR -> {
                    load(rows[0], at, block);
                    for (int i = 1; i < count; i++) lay(operation, rows[i], at, block, rest);
                }
                case NOT -> lay(operation, rows[0], at, block, rest);
                case DIFF, DIFF1, ANDOR -> {
                    Arrays.fill(block, (byte) 0);
                    for (int i = 1; i < count; i++) lay(Operation.OR, rows[i], at, block, rest);
                    lay(operation, rows[0], at, block, rest);
                }
                case ONE -> {
                    load(rows[0], at, block);
                    Arrays.fill(several, (byte) 0);
                    for (int i = 1; i < count; i++) {
                        load(rows[i], at, rest);
                        count(block, several, rest);
                    }
                    andNot(block, several, 0);
                }
            }
            System.arraycopy(block, 0, target.array(), target.offset() + at, Math.min(size, length - at));
        }
    }

    /// Copies a part of a row, zeros behind its end.
    private static void load(Bytes row, int at, byte[] block) {
        int length = Math.max(0, Math.min(block.length, row.length() - at));
        System.arraycopy(row.array(), row.offset() + Math.min(at, row.length()), block, 0, length);
        if (length < block.length) Arrays.fill(block, length, block.length, (byte) 0);
    }

    /// Lays a part of a row over a block. Where it is the first of all rows, the block stands for all others.
    private static void lay(Operation operation, Bytes row, int at, byte[] block, byte[] rest) {
        boolean isWhole = row.length() - at >= block.length;
        if (!isWhole) load(row, at, rest);
        byte[] array = isWhole ? row.array() : rest;
        int from = isWhole ? row.offset() + at : 0;
        switch (operation) {
            case AND, ANDOR -> and(block, array, from);
            case OR -> or(block, array, from);
            case XOR -> xor(block, array, from);
            case NOT -> not(block, array, from);
            case DIFF -> notAnd(block, array, from);
            case DIFF1 -> andNot(block, array, from);
            case ONE -> throw new IllegalArgumentException("ONE"); // has to remember more than a block
        }
    }

    private static void and(byte[] block, byte[] row, int from) {
        for (int i = 0; i < block.length >> 3; i++) set(block, i, word(block, 0, i) & word(row, from, i));
    }

    private static void or(byte[] block, byte[] row, int from) {
        for (int i = 0; i < block.length >> 3; i++) set(block, i, word(block, 0, i) | word(row, from, i));
    }

    private static void xor(byte[] block, byte[] row, int from) {
        for (int i = 0; i < block.length >> 3; i++) set(block, i, word(block, 0, i) ^ word(row, from, i));
    }

    private static void not(byte[] block, byte[] row, int from) {
        for (int i = 0; i < block.length >> 3; i++) set(block, i, ~word(row, from, i));
    }

    private static void notAnd(byte[] block, byte[] row, int from) {
        for (int i = 0; i < block.length >> 3; i++) set(block, i, ~word(block, 0, i) & word(row, from, i));
    }

    private static void andNot(byte[] block, byte[] row, int from) {
        for (int i = 0; i < block.length >> 3; i++) set(block, i, word(block, 0, i) & ~word(row, from, i));
    }

    /// Adds a row to the bits that were met once or more, and to those that were met several times.
    private static void count(byte[] met, byte[] several, byte[] row) {
        for (int i = 0; i < met.length >> 3; i++) {
            long next = word(row, 0, i);
            set(several, i, word(several, 0, i) | word(met, 0, i) & next);
            set(met, i, word(met, 0, i) | next);
        }
    }

    private static long word(byte[] array, int offset, int index) {
        return (long) WORD.get(array, offset + (index << 3));
    }

    private static void set(byte[] block, int index, long word) {
        WORD.set(block, index << 3, word);
    }
}
