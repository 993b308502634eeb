package dev.cinnabar.base;

/// A test of many random operations that can be repeated: a failure names the seed of its run.
///
/// `-Dcinnabar.test.seed=…` repeats a run; `-Dcinnabar.test.scale=…` multiplies the numbers of operations, so
/// that the same test takes seconds before a commit and hours over night.
public final class RandomRun {
    private static final double SCALE = Double.parseDouble(System.getProperty("cinnabar.test.scale", "1"));

    private RandomRun() {}

    /// What is run.
    public interface Body {
        void run(Randomness random, int operations);
    }

    /// Runs the body with fresh chance, or with the seed that was asked for.
    ///
    /// @param operations how many, before scaling
    public static void of(int operations, Body body) {
        long seed = Long.getLong("cinnabar.test.seed", System.nanoTime());
        try {
            body.run(new Randomness(seed), (int) Math.max(1, Math.min(Integer.MAX_VALUE, operations * SCALE)));
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("repeat this run with -Dcinnabar.test.seed=" + seed + ": " + e, e);
        }
    }

    /// Whether a thing happens that happens once in so many times.
    public static boolean oneIn(Randomness random, int times) {
        return random.below(times) == 0;
    }

    /// Fails when the claim does not hold; cheaper than an assertion library in a loop of millions.
    public static void check(boolean claim, String what, long value) {
        if (!claim) throw new AssertionError(what + ": " + value);
    }
}
