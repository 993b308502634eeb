package dev.cinnabar.persistence;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// LZF, with which RDB files compress strings: fast, and good at what repeats within 8 KiB.
///
/// | first byte | meaning |
/// |---|---|
/// | `000nnnnn` | n + 1 bytes follow as they are |
/// | `nnnooooo o…` | n + 2 bytes (n = 1 to 6) as they stand `o` + 1 bytes before; o has 13 bits |
/// | `111ooooo n… o…` | the same with n + 9 bytes, n in a byte of its own |
///
/// The format is M. Lehmann's (liblzf, 2000). An object of this class compresses; unpacking needs none.
final class Lzf {
    /*
     * What does not compress takes the most time, and time that is lost: each byte is looked up for nothing.
     * So the longer nothing repeats, the longer the steps from one look to the next, as in LZ4 (Y. Collet,
     * 2011), up to a limit: 1 MB of random bytes takes 0.5 ms and not 11, and texts become no longer.
     */

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int MAX_LITERALS = 32;
    private static final int MAX_OFFSET = 1 << 13;
    private static final int MAX_COPY = 264;
    private static final int MIN_COPY = 3;
    private static final int LONG_COPY = 9; // from here on the length has a byte of its own
    private static final int PATIENCE = 64; // bytes without a copy after which steps become longer, again and again
    private static final int MAX_STEP = 8; // so that where something repeats again, it is found
    private static final int MAX_TABLE_LOG = 14; // 64 KiB of table, as many places as two windows have bytes
    private static final int MIN_TABLE_LOG = 8;
    private static final int MULTIPLIER = 0x9e3779b1; // 2^32 / golden ratio: spreads three bytes over the table

    private int[] table = {}; // hash of three bytes -> where they were met last, + 1

    // ---- packing ----

    /// Compresses bytes, if that makes them smaller than a limit. O(length).
    ///
    /// @param most how many bytes it may become at the most; so many must fit behind `to`
    /// @return how many bytes it became, 0 when they would be more
    int pack(byte[] source, int offset, int length, byte[] target, int to, int most) {
        int shift = prepareTable(length);
        int in = offset;
        int end = offset + length;
        int out = to;
        int limit = to + most;
        int literals = offset; // what lies from here to `in` is still to be written
        while (in < end - MIN_COPY) {
            int three = three(source, in);
            int slot = three * MULTIPLIER >>> shift;
            int before = table[slot] - 1 + offset;
            table[slot] = in - offset + 1;
            int back = in - before - 1; // as it is written: 0 is the byte before
            if (before < offset || back >= MAX_OFFSET || three(source, before) != three) {
                int waited = in - literals;
                in++;
                if (waited < PATIENCE) continue;
                if (waited > limit - out) return 0;
                in += Math.min(MAX_STEP - 1, waited / PATIENCE);
                continue;
            }
            int copy = copyLength(source, before, in, Math.min(MAX_COPY, end - in));
            out = putLiterals(source, literals, in, target, out, limit);
            if (out < 0 || limit - out < 3) return 0;
            out = putCopy(copy, back, target, out);
            in += copy;
            literals = in;
        }
        out = putLiterals(source, literals, end, target, out, limit);
        return Math.max(0, out - to);
    }

    /// Empties the table, as large as the source deserves.
    ///
    /// @return by how much to shift a hash
    private int prepareTable(int length) {
        int log = Math.max(MIN_TABLE_LOG, Math.min(MAX_TABLE_LOG, 32 - Integer.numberOfLeadingZeros(length)));
        if (table.length < 1 << log) table = new int[1 << log];
        else Arrays.fill(table, 0, 1 << log, 0);
        return 32 - log;
    }

    /// Three bytes as a number; there must be a fourth.
    private static int three(byte[] a, int at) {
        return (int) INT.get(a, at) & 0xffffff;
    }

    private static int copyLength(byte[] a, int from, int at, int most) {
        int n = MIN_COPY;
        for (; n + Long.BYTES <= most; n += Long.BYTES) {
            long difference = (long) LONG.get(a, from + n) ^ (long) LONG.get(a, at + n);
            if (difference != 0) return n + (Long.numberOfTrailingZeros(difference) >> 3);
        }
        while (n < most && a[from + n] == a[at + n]) n++;
        return n;
    }

    /// @return where it goes on, -1 when it does not fit
    private static int putLiterals(byte[] source, int from, int end, byte[] target, int out, int limit) {
        while (from < end) {
            int n = Math.min(MAX_LITERALS, end - from);
            if (limit - out < 1 + n) return -1;
            target[out++] = (byte) (n - 1);
            System.arraycopy(source, from, target, out, n);
            out += n;
            from += n;
        }
        return out;
    }

    private static int putCopy(int copy, int back, byte[] target, int out) {
        if (copy < LONG_COPY) {
            target[out++] = (byte) (copy - 2 << 5 | back >> 8);
        } else {
            target[out++] = (byte) (7 << 5 | back >> 8);
            target[out++] = (byte) (copy - LONG_COPY);
        }
        target[out++] = (byte) back;
        return out;
    }

    // ---- unpacking ----

    /// Unpacks `length` bytes at the offset so that they fill the target's first `unpacked` bytes.
    ///
    /// @return whether they did, exactly
    static boolean unpack(byte[] packed, int offset, int length, byte[] target, int unpacked) {
        int in = offset;
        int end = offset + length;
        int out = 0;
        while (in < end) {
            int control = packed[in++] & 0xff;
            if (control < MAX_LITERALS) {
                int n = control + 1;
                if (n > end - in || n > unpacked - out) return false;
                System.arraycopy(packed, in, target, out, n);
                in += n;
                out += n;
                continue;
            }
            int n = control >>> 5;
            if (n == 7) {
                if (in == end) return false;
                n += packed[in++] & 0xff;
            }
            n += 2;
            if (in == end) return false;
            int from = out - ((control & 31) << 8 | packed[in++] & 0xff) - 1;
            if (from < 0 || n > unpacked - out) return false;
            for (int i = 0; i < n; i++) target[out++] = target[from++]; // may overlap: one byte repeated, say
        }
        return out == unpacked;
    }
}
