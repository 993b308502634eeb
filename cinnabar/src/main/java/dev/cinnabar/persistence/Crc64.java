package dev.cinnabar.persistence;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The CRC-64 at the end of an RDB file: polynomial `ad93d23594c935a9`, reflected, initial value 0, as Redis
/// uses it (its check value for `123456789` is `e9c6d914c4b8d9ca`).
final class Crc64 {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long REFLECTED = 0x95ac9329ac4bc9b5L;

    /// TABLES[k][b]: what a byte b does to the register when k zero bytes follow it. Eight tables take eight
    /// bytes a step ("slicing", M. Kounavis and F. Berry, 2005).
    private static final long[][] TABLES = new long[8][256];

    static {
        for (int b = 0; b < 256; b++) {
            long crc = b;
            for (int bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ ((crc & 1) != 0 ? REFLECTED : 0);
            TABLES[0][b] = crc;
        }
        for (int k = 1; k < 8; k++) {
            for (int b = 0; b < 256; b++) {
                long before = TABLES[k - 1][b];
                TABLES[k][b] = before >>> 8 ^ TABLES[0][(int) before & 0xff];
            }
        }
    }

    private Crc64() {}

    /// The register after some more bytes.
    static long update(long crc, byte[] bytes, int offset, int count) {
        int i = offset;
        int end = offset + count;
        for (; end - i >= 8; i += 8) { // speed only: the loop below gives the same answer
            long x = crc ^ (long) LONG.get(bytes, i);
            crc = TABLES[7][(int) x & 0xff]
                    ^ TABLES[6][(int) (x >>> 8) & 0xff]
                    ^ TABLES[5][(int) (x >>> 16) & 0xff]
                    ^ TABLES[4][(int) (x >>> 24) & 0xff]
                    ^ TABLES[3][(int) (x >>> 32) & 0xff]
                    ^ TABLES[2][(int) (x >>> 40) & 0xff]
                    ^ TABLES[1][(int) (x >>> 48) & 0xff]
                    ^ TABLES[0][(int) (x >>> 56)];
        }
        for (; i < end; i++) crc = crc >>> 8 ^ TABLES[0][(int) (crc ^ bytes[i]) & 0xff];
        return crc;
    }
}
