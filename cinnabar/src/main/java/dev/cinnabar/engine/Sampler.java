package dev.cinnabar.engine;

import java.util.Arrays;

/// How fast something goes just now: the mean over the last sixteen looks at a count that only grows, one
/// look each 100 ms. What INFO calls `instantaneous_…`. Touched only under the engine's lock.
final class Sampler {
    /// How often it should be looked at, in milliseconds.
    static final long PERIOD_MS = 100;

    private static final int SAMPLES = 16;

    /// What is looked at.
    enum Metric {
        COMMANDS,
        BYTES_IN,
        BYTES_OUT
    }

    private final long[][] samples = new long[Metric.values().length][SAMPLES];
    private final long[] lastCount = new long[Metric.values().length];
    private final Engine engine;
    private long lastMs;
    private int next;

    Sampler(Engine engine, long nowMs) {
        this.engine = engine;
        this.lastMs = nowMs;
    }

    /// Looks, if the last look is long enough ago.
    void tick(long nowMs) {
        long elapsed = nowMs - lastMs;
        if (elapsed >= 0 && elapsed < PERIOD_MS) return;
        Host.Traffic traffic = engine.host().traffic();
        sample(Metric.COMMANDS, engine.statistics().commands(), elapsed);
        sample(Metric.BYTES_IN, traffic.bytesIn(), elapsed);
        sample(Metric.BYTES_OUT, traffic.bytesOut(), elapsed);
        next = (next + 1) % SAMPLES;
        lastMs = nowMs;
    }

    private void sample(Metric metric, long count, long elapsedMs) {
        int m = metric.ordinal();
        long grown = Math.max(0, count - lastCount[m]);
        samples[m][next] = elapsedMs > 0 ? grown * 1000 / elapsedMs : 0;
        lastCount[m] = count;
    }

    /// How much a second.
    long perSecond(Metric metric) {
        long sum = 0;
        for (long sample : samples[metric.ordinal()]) sum += sample;
        return sum / SAMPLES;
    }

    void reset() {
        for (long[] s : samples) Arrays.fill(s, 0);
        Arrays.fill(lastCount, 0);
    }
}
