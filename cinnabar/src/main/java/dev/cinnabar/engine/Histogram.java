package dev.cinnabar.engine;

import java.util.Arrays;

/// Counts of durations, sorted into buckets that are less than a hundredth wide of what they hold: a
/// logarithm with linear steps, the idea of HdrHistogram (G. Tene, 2012). Takes no memory before the first
/// value, 31 KiB from then on. Touched only under the engine's lock.
///
/// ```
///    bucket = 128 · (position of the highest bit) + the next seven bits
/// ```
public final class Histogram {
    private static final int STEP_LOG =
            7; // as fine as Redis's two significant digits, so that LATENCY HISTOGRAM has its steps
    private static final int STEPS = 1 << STEP_LOG;
    private static final int MAX_LOG = 36;
    private static final long MAX_NANOS = 1L << MAX_LOG; // 69 s; what is longer counts as that
    private static final int BUCKETS = (MAX_LOG - STEP_LOG + 2) << STEP_LOG;
    private static final int FIRST_LOG = 10; // LATENCY HISTOGRAM begins with 1024 ns, "1 µs"
    private static final long[] NONE = {};

    private long[] counts = NONE;
    private long total;

    /// Counts a duration.
    ///
    /// @param times how often it was met
    void record(long nanos, int times) {
        if (counts.length == 0) counts = new long[BUCKETS];
        counts[bucketOf(Math.max(0, Math.min(nanos, MAX_NANOS)))] += times;
        total += times;
    }

    void clear() {
        if (total > 0) Arrays.fill(counts, 0);
        total = 0;
    }

    private static int bucketOf(long nanos) {
        int row = 64 - Long.numberOfLeadingZeros(nanos | STEPS - 1) - STEP_LOG; // 0 below STEPS
        return (row << STEP_LOG) + (int) (nanos >> Math.max(row - 1, 0) & STEPS - 1);
    }

    private static long upperEnd(int bucket) {
        if (bucket < STEPS) return bucket;
        int shift = (bucket >> STEP_LOG) - 1;
        return (STEPS + (bucket & STEPS - 1) + 1L << shift) - 1;
    }

    /// How many durations were recorded.
    public long total() {
        return total;
    }

    /// The duration that a share of all recorded ones does not exceed, in nanoseconds; 0 when there is none.
    ///
    /// @param percent 0 to 100
    public long percentileNanos(double percent) {
        long wanted = Math.max(1, (long) Math.ceil(total * percent / 100));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= wanted && counts[i] > 0) return upperEnd(i);
        }
        return 0;
    }

    /// Is shown one step of the distribution.
    public interface StepVisitor {
        /// @param count of durations that were at most so long
        void step(long micros, long count);
    }

    /// Shows how many durations were at most 1, 2, 4, 8, 16, 33, 66 … µs, leaving out steps that add none.
    ///
    /// @return how many steps were shown
    public int forEachStep(StepVisitor visitor) {
        int steps = 0;
        int bucket = 0;
        long seen = 0;
        for (int log = FIRST_LOG; log <= MAX_LOG && seen < total; log++) {
            long before = seen;
            int last = bucketOf(1L << log);
            while (bucket <= last) seen += counts[bucket++];
            if (seen == before) continue;
            visitor.step(upperEnd(last) / 1000, seen);
            steps++;
        }
        return steps;
    }
}
