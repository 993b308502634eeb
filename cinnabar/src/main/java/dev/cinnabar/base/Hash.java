package dev.cinnabar.base;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// A seeded 64-bit hash of bytes.
///
/// It multiplies eight bytes at a time into 128 bits and folds the halves together, the construction of
/// wyhash (Wang Yi, 2019). The seed is secret and each table's own, so a client cannot prepare keys that
/// collide; collisions of `String.hashCode` mean nothing here. Not a cryptographic hash.
public final class Hash {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long K0 = 0xa0761d6478bd642fL;
    private static final long K1 = 0xe7037ed1a0b428dbL;
    private static final long K2 = 0x8ebc6af09c88c6e3L;

    private Hash() {}

    /// Mixes the bytes and the seed into 64 bits, all of them usable. One multiplication per 8 bytes.
    public static long of(byte[] array, int offset, int length, long seed) {
        long h = seed ^ K0;
        // a second secret: were this a constant, eight bytes of a key equal to it would make a factor zero and hide all before them
        long mask = seed * K2 ^ K1;
        int i = offset;
        int left = length;
        while (left > 16) {
            h = fold((long) LONG.get(array, i) ^ mask, (long) LONG.get(array, i + 8) ^ h);
            i += 16;
            left -= 16;
        }
        long a;
        long b;
        if (left >= 8) {
            a = (long) LONG.get(array, i);
            b = (long) LONG.get(array, i + left - 8);
        } else if (left >= 4) {
            a = (int) INT.get(array, i);
            b = (int) INT.get(array, i + left - 4);
        } else if (left > 0) {
            a = (array[i] & 0xff) << 16 | (array[i + (left >> 1)] & 0xff) << 8 | (array[i + left - 1] & 0xff);
            b = 0;
        } else {
            a = 0;
            b = 0;
        }
        return fold(K2 ^ length, fold(a ^ mask, b ^ h));
    }

    private static long fold(long a, long b) {
        long low = a * b;
        // the unsigned high half, from the signed one
        long high = Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
        return low ^ high;
    }
}
