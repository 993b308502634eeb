package dev.cinnabar.struct;

import dev.cinnabar.base.Murmur64;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// A HyperLogLog: how many different things were shown to it, to about one percent, in 12 KiB at the most.
/// The bytes are those of Redis, so that a string which is one can be moved from server to server.
///
/// ```
///    offset
///    0    magic     HYLL
///    4    encoding  0 dense, 1 sparse
///    5    zero      3 bytes, not used
///    8    count     8 bytes, little end first: the estimate as it was last worked out. Highest bit set: not valid any more
///    16   dense     16,384 registers of 6 bits, the lowest bits of a byte first
///         sparse    the registers in runs
///
///    dense     byte      0        1        2        3
///              bits  11000000 22221111 33333322 55444444 …      (digit: the register that the bit belongs to)
///
///    sparse    00llllll            a run of l + 1 registers that are zero: up to 64        (ZERO)
///              01llllll llllllll   a run of l + 1 registers that are zero: up to 16,384    (XZERO)
///              1rrrrrll            a run of l + 1 registers, up to 4, with rank r + 1, up to 32   (VAL)
/// ```
///
/// All methods are static and take the array and where the string begins in it; nothing is allocated. Who
/// changes runs uses a [HyperLogLogDraft]. Strings come from clients, who may write anything: what [#isOne]
/// accepts may still be corrupt in its runs, and every method that walks them says so and touches nothing
/// outside.
public final class HyperLogLog {
    /*
     * How it counts. Hash every element: its bits are as good as coin tosses. To see a hash whose lowest k
     * bits are zero one has to look at 2^k different ones or so; the longest row of zeros ever seen therefore
     * tells how many different elements there were, and the same element again changes nothing. One such
     * number is a bad guess (it doubles by luck), so there are 16,384 of them: 14 bits of the hash choose the
     * register, the row of zeros in the other 50, plus one, is the *rank*, and a register keeps the largest
     * rank it was given. The standard error is 1.04 / sqrt(16,384) = 0.81 %.
     *
     *     hash   … 0 1 1 0 1 0 0 0   1 0 1 1 0 0 1 0 1 1 0 1 0 1
     *                      ^ ^ ^ ^   '------- register -------'
     *                      rank 4
     *
     * Two of them are united by taking the larger rank of each register, which is why a count over several
     * keys is no sum.
     *
     * The estimate. It sees nothing but the histogram: how many registers have rank 0, 1, … 51. The harmonic
     * mean of 2^rank is right in the middle and wrong at both ends; Flajolet and others mended it with a
     * second formula for small counts, Google with a table of measured errors. Ertl found the series (sigma
     * for registers that are still zero, tau for those that are full) by which one formula is right
     * everywhere, and Redis uses his since 4.0. Both are summed until a term changes nothing, so that every
     * machine gives the same digits.
     *
     * Sparse. A young one is nearly all zeros: two bytes say so. Each new register splits a run. Beyond a
     * number of bytes (`hll-sparse-max-bytes`), or for a rank above 32, it becomes dense for good.
     *
     * P. Flajolet, É. Fusy, O. Gandouet, F. Meunier: HyperLogLog, 2007. S. Heule, M. Nunkesser, A. Hall:
     * HyperLogLog in Practice, 2013. O. Ertl: New cardinality estimation algorithms for HyperLogLog sketches, 2017.
     */

    /// Bytes in front of the registers.
    public static final int HEADER = 16;

    public static final int REGISTERS = 1 << 14;

    /// The length of a dense one.
    public static final int DENSE_SIZE = HEADER + REGISTERS * 6 / 8;

    /// How many ranks six bits can tell; more than there are.
    public static final int RANKS = 64;

    /// The longest a sparse one can be, a run of two bytes for each register.
    public static final int SPARSE_MAX_SIZE = HEADER + 2 * REGISTERS;

    /// Answered where the runs do not make sense.
    public static final int CORRUPT = -1;

    static final int SPARSE = 1;
    static final int ENCODING_AT = 4;

    private static final int DENSE = 0;
    private static final int COUNT_AT = 8;
    private static final int HIGHEST_COUNT_AT = 15;
    private static final int NOT_VALID = 0x80;
    private static final int MAGIC = 'H' | 'Y' << 8 | 'L' << 16 | 'L' << 24;
    private static final int HASH_BITS = 64 - 14; // those that make the rank
    private static final long SEED = 0xadc83b19L; // Redis's
    private static final double ALPHA = 0.5 / Math.log(2);

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private HyperLogLog() {}

    // ---- elements ----

    /// The hash of an element, from which [#register] and [#rank(long)] are read.
    public static long hash(byte[] array, int offset, int length) {
        return Murmur64.of(array, offset, length, SEED);
    }

    public static int register(long hash) {
        return (int) hash & REGISTERS - 1;
    }

    /// 1 to 51.
    public static int rank(long hash) {
        return 1 + Long.numberOfTrailingZeros(hash >>> 14 | 1L << HASH_BITS);
    }

    // ---- the head ----

    /// Writes the head of one that has counted nothing.
    static void writeHead(byte[] array, int start, int encoding) {
        INT.set(array, start, MAGIC);
        INT.set(array, start + ENCODING_AT, encoding);
        LONG.set(array, start + COUNT_AT, 0L);
    }

    /// Whether a string looks like one. Its runs are not looked at.
    public static boolean isOne(byte[] array, int start, int length) {
        if (length < HEADER || (int) INT.get(array, start) != MAGIC) return false;
        int encoding = array[start + ENCODING_AT];
        return encoding == SPARSE || encoding == DENSE && length == DENSE_SIZE;
    }

    public static boolean isDense(byte[] array, int start) {
        return array[start + ENCODING_AT] == DENSE;
    }

    /// Whether the estimate in the head is still the right one.
    public static boolean hasCount(byte[] array, int start) {
        return (array[start + HIGHEST_COUNT_AT] & NOT_VALID) == 0;
    }

    /// The estimate in the head; only if [#hasCount].
    public static long count(byte[] array, int start) {
        return (long) LONG.get(array, start + COUNT_AT);
    }

    public static void setCount(byte[] array, int start, long count) {
        LONG.set(array, start + COUNT_AT, count);
    }

    /// Says that the estimate in the head is not the right one any more.
    public static void forgetCount(byte[] array, int start) {
        array[start + HIGHEST_COUNT_AT] |= (byte) NOT_VALID;
    }

    // ---- dense registers ----

    /*
     * Eight registers are six bytes. They are read as a word of eight bytes that begins two bytes too early,
     * which is always inside, because there is a head in front; so there is no special case for the last.
     */

    private static int wordAt(int start, int register) {
        return start + HEADER - 2 + (register >>> 3) * 6;
    }

    private static int shift(int register) {
        return 16 + 6 * (register & 7);
    }

    static int denseRank(byte[] array, int start, int register) {
        return (int) ((long) LONG.get(array, wordAt(start, register)) >>> shift(register)) & RANKS - 1;
    }

    /// Sets a register of a dense one.
    public static void setDenseRank(byte[] array, int start, int register, int rank) {
        int at = wordAt(start, register);
        int shift = shift(register);
        long word = (long) LONG.get(array, at);
        LONG.set(array, at, word & ~((RANKS - 1L) << shift) | (long) rank << shift);
    }

    /// Raises the registers of a dense one.
    ///
    /// @param ranks of all registers, one in a byte
    static void raiseDense(byte[] array, int start, byte[] ranks) {
        for (int register = 0; register < REGISTERS; register += 8) {
            if ((long) LONG.get(ranks, register) == 0) continue; // speed only
            int at = wordAt(start, register);
            long word = (long) LONG.get(array, at);
            long raised = word & 0xffff;
            for (int i = 0; i < 8; i++) {
                long old = word >>> 16 + 6 * i & RANKS - 1;
                raised |= Math.max(old, ranks[register + i]) << 16 + 6 * i;
            }
            LONG.set(array, at, raised);
        }
    }

    // ---- runs ----

    static boolean isValue(int head) {
        return (head & 0x80) != 0;
    }

    /// Whether the head is that of a long run of zeros, two bytes.
    static boolean isLongZeros(int head) {
        return (head & 0xc0) == 0x40;
    }

    /// How many registers the run at a position has.
    static int runLength(byte[] array, int at, int end) {
        int head = array[at];
        if (isValue(head)) return (head & 3) + 1;
        if (!isLongZeros(head)) return (head & 0x3f) + 1;
        int low = at + 1 < end ? array[at + 1] & 0xff : 0; // cut off: corrupt, and then any length will do
        return ((head & 0x3f) << 8 | low) + 1;
    }

    /// The rank of a run's registers, 0 for zeros.
    static int runRank(int head) {
        return isValue(head) ? (head >> 2 & 0x1f) + 1 : 0;
    }

    static int runBytes(int head) {
        return isLongZeros(head) ? 2 : 1;
    }

    // ---- reading both encodings ----

    /// The rank in a register, or [#CORRUPT]. O(runs) for a sparse one.
    public static int rank(byte[] array, int start, int length, int register) {
        if (isDense(array, start)) return denseRank(array, start, register);
        int end = start + length;
        int left = register;
        for (int at = start + HEADER; at < end; at += runBytes(array[at])) {
            left -= runLength(array, at, end);
            if (left < 0) return runRank(array[at]);
        }
        return CORRUPT;
    }

    /// Counts the registers of each rank.
    ///
    /// @param counts [#RANKS] of them, overwritten
    /// @return false when the string is corrupt
    public static boolean histogram(byte[] array, int start, int length, int[] counts) {
        Arrays.fill(counts, 0);
        if (isDense(array, start)) {
            for (int register = 0; register < REGISTERS; register += 8) {
                long word = (long) LONG.get(array, wordAt(start, register)) >>> 16;
                for (int i = 0; i < 8; i++, word >>>= 6) counts[(int) word & RANKS - 1]++;
            }
            return true;
        }
        int end = start + length;
        int register = 0;
        for (int at = start + HEADER; at < end; at += runBytes(array[at])) {
            int run = runLength(array, at, end);
            register += run;
            if (register > REGISTERS) return false;
            counts[runRank(array[at])] += run;
        }
        return register == REGISTERS;
    }

    /// Counts ranks that lie one in a byte.
    public static void histogram(byte[] ranks, int[] counts) {
        Arrays.fill(counts, 0);
        for (byte rank : ranks) counts[rank]++;
    }

    /// Raises ranks to those of a string.
    ///
    /// @param ranks [#REGISTERS] of them, one in a byte
    /// @return false when the string is corrupt; some ranks may be raised already
    public static boolean mergeInto(byte[] ranks, byte[] array, int start, int length) {
        if (isDense(array, start)) {
            for (int register = 0; register < REGISTERS; register += 8) {
                long word = (long) LONG.get(array, wordAt(start, register)) >>> 16;
                for (int i = register; i < register + 8; i++, word >>>= 6) {
                    ranks[i] = (byte) Math.max(ranks[i], (int) word & RANKS - 1);
                }
            }
            return true;
        }
        int end = start + length;
        int register = 0;
        for (int at = start + HEADER; at < end; ) {
            int head = array[at++];
            if (isValue(head)) {
                int behind = register + (head & 3) + 1;
                if (behind > REGISTERS) return false;
                int rank = runRank(head);
                for (; register < behind; register++) ranks[register] = (byte) Math.max(ranks[register], rank);
            } else {
                // no branch: whether zeros are few or many nobody can foresee, the processor neither
                int isLong = head >> 6;
                int low = at < end ? array[at] & 0xff : 0;
                register += ((head & 0x3f) << 8 * isLong | low & -isLong) + 1;
                at += isLong;
                if (register > REGISTERS) return false;
            }
        }
        return register == REGISTERS;
    }

    /// The runs of a sparse one in words that can be read: `z:` and `Z:` with the number of zeros, `v:` with
    /// rank and number.
    public static String decode(byte[] array, int start, int length) {
        StringBuilder text = new StringBuilder();
        int end = start + length;
        for (int at = start + HEADER; at < end; at += runBytes(array[at])) {
            int head = array[at];
            if (text.length() > 0) text.append(' ');
            if (isValue(head)) text.append("v:").append(runRank(head)).append(',');
            else text.append(isLongZeros(head) ? "Z:" : "z:");
            text.append(runLength(array, at, end));
        }
        return text.toString();
    }

    // ---- the estimate ----

    /// How many different elements there were, from the number of registers of each rank.
    public static long estimate(int[] counts) {
        double m = REGISTERS;
        double z = m * tau((m - counts[HASH_BITS + 1]) / m);
        for (int rank = HASH_BITS; rank >= 1; rank--) z = (z + counts[rank]) * 0.5;
        z += m * sigma(counts[0] / m);
        return Math.round(ALPHA * m * m / z);
    }

    /// Ertl's sum for the part of registers that are zero.
    private static double sigma(double x) {
        if (x == 1) return Double.POSITIVE_INFINITY;
        double y = 1;
        double z = x;
        double before;
        do {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        } while (z != before);
        return z;
    }

    /// Ertl's sum for the part of registers that are not full.
    private static double tau(double x) {
        if (x == 0 || x == 1) return 0;
        double y = 1;
        double z = 1 - x;
        double before;
        do {
            x = Math.sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        } while (z != before);
        return z / 3;
    }
}
