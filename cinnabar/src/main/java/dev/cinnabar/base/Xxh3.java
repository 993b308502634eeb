package dev.cinnabar.base;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The 64-bit hash XXH3 (Yann Collet, 2019) with its default secret and no seed: what the command DIGEST
/// answers, so that clients can compute the same from a value of their own.
///
/// Known to everybody and not seeded, so it is nothing for hash tables: those use [Hash]. Allocates nothing
/// for up to 240 bytes, and one small array beyond.
///
/// Source: the algorithm's specification, `doc/xxhash_spec.md` of the xxHash project, version 0.2.0.
public final class Xxh3 {
    /*
     * Four ways by length, each reading other parts of the secret:
     *
     *      0 …  16   one or two words of the input and a multiplication
     *     17 … 128   pairs of 16 bytes from both ends towards the middle
     *    129 … 240   16 bytes after the other
     *    241 …       stripes of 64 bytes into eight accumulators; after each block of 16 stripes they are scrambled
     */

    /*
     * What could be loops over eight lanes is written out. C2 of JDK 17 (17.0.15) moves the checks of
     * `secret(… + 8 * i)` out of such a loop, and gets something wrong when it takes over in the middle of a
     * long value: one hash of 5 MB in some twenty came out different. Without -XX:+UseLoopPredicate, or with
     * JDK 25, it does not happen; `Xxh3Test` asks often enough to see it.
     */

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long PRIME32_1 = 0x9E3779B1L;
    private static final long PRIME32_2 = 0x85EBCA77L;
    private static final long PRIME32_3 = 0xC2B2AE3DL;
    private static final long PRIME64_1 = 0x9E3779B185EBCA87L;
    private static final long PRIME64_2 = 0xC2B2AE3D27D4EB4FL;
    private static final long PRIME64_3 = 0x165667B19E3779F9L;
    private static final long PRIME64_4 = 0x85EBCA77C2B2AE63L;
    private static final long PRIME64_5 = 0x27D4EB2F165667C5L;
    private static final long PRIME_MX1 = 0x165667919E3779F9L;
    private static final long PRIME_MX2 = 0x9FB21C651E98DF25L;

    private static final byte[] SECRET = secret(
            "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f",
            "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c",
            "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8",
            "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364",
            "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e",
            "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e");

    private static final int STRIPE = 64;
    private static final int STRIPES_PER_BLOCK = 16;
    private static final int SCRAMBLE_AT = 192 - 64; // of the secret
    private static final int LAST_STRIPE_AT = 192 - 71;
    private static final int MERGE_AT = 11;

    private Xxh3() {}

    private static byte[] secret(String... hex) {
        byte[] secret = new byte[192];
        String digits = String.join("", hex);
        for (int i = 0; i < secret.length; i++) secret[i] = (byte) Integer.parseInt(digits, 2 * i, 2 * i + 2, 16);
        return secret;
    }

    /// The hash of the window's bytes.
    public static long of(Bytes bytes) {
        return of(bytes.array(), bytes.offset(), bytes.length());
    }

    /// The hash of some bytes.
    public static long of(byte[] in, int at, int length) {
        if (length <= 16) return small(in, at, length);
        if (length <= 128) return upTo128(in, at, length);
        return length <= 240 ? upTo240(in, at, length) : large(in, at, length);
    }

    // ---- up to 16 bytes ----

    private static long small(byte[] in, int at, int length) {
        if (length > 8) return upTo16(in, at, length);
        if (length >= 4) return upTo8(in, at, length);
        if (length > 0) return upTo3(in, at, length);
        return finish64(secret(56) ^ secret(64));
    }

    private static long upTo3(byte[] in, int at, int length) {
        int combined = in[at + length - 1] & 0xff
                | length << 8
                | (in[at] & 0xff) << 16
                | (in[at + (length >> 1)] & 0xff) << 24;
        int key = (int) INT.get(SECRET, 0) ^ (int) INT.get(SECRET, 4);
        return finish64((key ^ combined) & 0xffff_ffffL);
    }

    private static long upTo8(byte[] in, int at, int length) {
        long first = (int) INT.get(in, at);
        long last = (int) INT.get(in, at + length - 4) & 0xffff_ffffL;
        long v = secret(8) ^ secret(16) ^ (last | first << 32);
        v ^= Long.rotateLeft(v, 49) ^ Long.rotateLeft(v, 24);
        v *= PRIME_MX2;
        v ^= (v >>> 35) + length;
        v *= PRIME_MX2;
        return v ^ v >>> 28;
    }

    private static long upTo16(byte[] in, int at, int length) {
        long low = secret(24) ^ secret(32) ^ (long) LONG.get(in, at);
        long high = secret(40) ^ secret(48) ^ (long) LONG.get(in, at + length - 8);
        return finish(length + Long.reverseBytes(low) + high + fold(low, high));
    }

    // ---- up to 240 bytes ----

    private static long upTo128(byte[] in, int at, int length) {
        long sum = length * PRIME64_1;
        for (int i = (length - 1) >> 5; i >= 0; i--) {
            sum += mix(in, at + 16 * i, 32 * i);
            sum += mix(in, at + length - 16 * i - 16, 32 * i + 16);
        }
        return finish(sum);
    }

    private static long upTo240(byte[] in, int at, int length) {
        long sum = length * PRIME64_1;
        for (int i = 0; i < 8; i++) sum += mix(in, at + 16 * i, 16 * i);
        sum = finish(sum);
        for (int i = 8; i < length >> 4; i++) sum += mix(in, at + 16 * i, 16 * (i - 8) + 3);
        return finish(sum + mix(in, at + length - 16, 119));
    }

    private static long mix(byte[] in, int at, int secretAt) {
        return fold((long) LONG.get(in, at) ^ secret(secretAt), (long) LONG.get(in, at + 8) ^ secret(secretAt + 8));
    }

    // ---- more ----

    private static long large(byte[] in, int at, int length) {
        long[] sums = {PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1};
        int stripes = (length - 1) / STRIPE; // the last one, full or not, is taken from the end
        int blocks = stripes / STRIPES_PER_BLOCK;
        for (int i = 0; i < blocks; i++) {
            stripes(sums, in, at + i * STRIPES_PER_BLOCK * STRIPE, STRIPES_PER_BLOCK);
            scramble(sums);
        }
        stripes(sums, in, at + blocks * STRIPES_PER_BLOCK * STRIPE, stripes % STRIPES_PER_BLOCK);
        accumulate(sums, in, at + length - STRIPE, LAST_STRIPE_AT);

        long result = length * PRIME64_1;
        for (int i = 0; i < 8; i += 2) {
            result += fold(sums[i] ^ secret(MERGE_AT + 8 * i), sums[i + 1] ^ secret(MERGE_AT + 8 * i + 8));
        }
        return finish(result);
    }

    private static void stripes(long[] sums, byte[] in, int at, int count) {
        for (int i = 0; i < count; i++) accumulate(sums, in, at + i * STRIPE, 8 * i);
    }

    private static void accumulate(long[] sums, byte[] in, int at, int secretAt) {
        pair(sums, 0, in, at, secretAt);
        pair(sums, 2, in, at + 16, secretAt + 16);
        pair(sums, 4, in, at + 32, secretAt + 32);
        pair(sums, 6, in, at + 48, secretAt + 48);
    }

    /// Two lanes, each of which goes to the other's sum, too.
    private static void pair(long[] sums, int i, byte[] in, int at, int secretAt) {
        long even = (long) LONG.get(in, at);
        long odd = (long) LONG.get(in, at + 8);
        sums[i] += odd + product(even ^ secret(secretAt));
        sums[i + 1] += even + product(odd ^ secret(secretAt + 8));
    }

    /// Of the two halves.
    private static long product(long value) {
        return (value & 0xffff_ffffL) * (value >>> 32);
    }

    private static void scramble(long[] sums) {
        scramble(sums, 0);
        scramble(sums, 1);
        scramble(sums, 2);
        scramble(sums, 3);
        scramble(sums, 4);
        scramble(sums, 5);
        scramble(sums, 6);
        scramble(sums, 7);
    }

    private static void scramble(long[] sums, int i) {
        long sum = sums[i];
        sums[i] = (sum ^ sum >>> 47 ^ secret(SCRAMBLE_AT + 8 * i)) * PRIME32_1;
    }

    // ---- words ----

    private static long secret(int at) {
        return (long) LONG.get(SECRET, at);
    }

    /// Multiplies into 128 bits and folds the halves.
    private static long fold(long a, long b) {
        long high = Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a); // unsigned
        return a * b ^ high;
    }

    private static long finish(long x) {
        x ^= x >>> 37;
        x *= PRIME_MX1;
        return x ^ x >>> 32;
    }

    private static long finish64(long x) {
        x ^= x >>> 33;
        x *= PRIME64_2;
        x ^= x >>> 29;
        x *= PRIME64_3;
        return x ^ x >>> 32;
    }
}
