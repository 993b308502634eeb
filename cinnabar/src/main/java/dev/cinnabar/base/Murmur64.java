package dev.cinnabar.base;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// MurmurHash64A (Austin Appleby, 2008, public domain): a 64-bit hash whose values are part of a format.
///
/// HyperLogLogs that were filled on another server have to go on counting here, so the function is given. For
/// tables of our own there is [Hash], which is seeded in secret.
public final class Murmur64 {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long M = 0xc6a4a7935bd1e995L;
    private static final int R = 47;

    private Murmur64() {}

    /// The hash of some bytes. One multiplication chain per 8 bytes, the same on every machine.
    public static long of(byte[] array, int offset, int length, long seed) {
        long h = seed ^ length * M;
        int i = offset;
        for (int end = offset + (length & ~7); i < end; i += 8) {
            long k = (long) LONG.get(array, i) * M;
            k = (k ^ k >>> R) * M;
            h = (h ^ k) * M;
        }
        int rest = length & 7;
        if (rest > 0) {
            long tail = 0;
            for (int j = rest - 1; j >= 0; j--) tail = tail << 8 | array[i + j] & 0xff;
            h = (h ^ tail) * M;
        }
        h = (h ^ h >>> R) * M;
        return h ^ h >>> R;
    }
}
