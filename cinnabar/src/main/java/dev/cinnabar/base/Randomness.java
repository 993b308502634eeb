package dev.cinnabar.base;

/// Where chance comes from: a small generator (SplitMix64, Steele, Lea and Flood 2014) that is handed in, so
/// that a run can be repeated from its seed. Not for secrets. Not thread-safe; each owner has its own.
public final class Randomness {
    private long state;

    public Randomness(long seed) {
        state = seed;
    }

    /// 64 random bits.
    public long nextLong() {
        long z = state += 0x9E3779B97F4A7C15L;
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
