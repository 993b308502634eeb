package dev.cinnabar.base;

/// Where chance comes from: a small generator (SplitMix64, Steele, Lea and Flood 2014) that is handed in, so
/// that a run can be repeated from its seed. Not thread-safe; each owner has its own.
///
/// Its numbers are no secrets: who is shown one can compute all others. Only [#hashSeed] is one. It comes
/// from a sequence of its own, of which nobody is shown anything.
public final class Randomness {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private long state;
    private long secretState;

    /// One in which everything follows from the seed, secrets too: for tests, and to repeat a run.
    public Randomness(long seed) {
        this(seed, ~seed);
    }

    /// @param secret what the seeds of hashes begin with; nobody shall be able to guess it
    public Randomness(long seed, long secret) {
        state = seed;
        secretState = secret;
    }

    /// 64 random bits.
    public long nextLong() {
        return mix(state += GAMMA);
    }

    /// 64 random bits that stay within the server: the seed of a [Hash].
    public long hashSeed() {
        return mix(secretState += GAMMA);
    }

    private static long mix(long state) {
        long z = state;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /// A number from 0 up to, not including, the bound, which must be positive.
    public int below(int bound) {
        return (int) ((nextLong() >>> 33) * bound >>> 31);
    }

    /// A number from 0 up to, not including, the bound, which must be positive.
    public long below(long bound) {
        long bits = nextLong();
        // the high half of the product with the bits read as an unsigned number
        return Math.multiplyHigh(bits, bound) + (bits >> 63 & bound);
    }

    /// A number from 0 up to, not including, 1.
    public double nextDouble() {
        return (nextLong() >>> 11) * 0x1.0p-53;
    }
}
