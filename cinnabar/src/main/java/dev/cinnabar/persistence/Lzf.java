package dev.cinnabar.persistence;

/// Unpacks LZF, with which RDB files compress long strings.
///
/// | first byte | meaning |
/// |---|---|
/// | `000nnnnn` | n + 1 bytes follow as they are |
/// | `nnnooooo o…` | n + 2 bytes (n = 1 to 6) as they stand `o` + 1 bytes before; o has 13 bits |
/// | `111ooooo n… o…` | the same with n + 9 bytes, n in a byte of its own |
final class Lzf {
    private Lzf() {}

    /// Unpacks `length` bytes at the offset so that they fill the target's first `unpacked` bytes.
    ///
    /// @return whether they did, exactly
    static boolean unpack(byte[] packed, int offset, int length, byte[] target, int unpacked) {
        int in = offset;
        int end = offset + length;
        int out = 0;
        while (in < end) {
            int control = packed[in++] & 0xff;
            if (control < 32) {
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
