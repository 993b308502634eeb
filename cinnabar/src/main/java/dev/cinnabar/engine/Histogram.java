package dev.cinnabar.engine;

import java.util.Arrays;

/// Counts of durations, sorted into buckets that are at most a sixteenth wide of what they hold: a logarithm with linear steps, the
/// idea of HdrHistogram (G. Tene, 2012). Takes no memory before the first value.
///
/// ```
///    bucket = 16 · (position of the highest bit) + the next four bits
/// ```
public final class Histogram {
    private static final int STEP_LOG = 4;
    private static final int STEPS = 1 << STEP_LOG;
    private static final long MAX_NANOS = 1L << 36; // 68 s; what is longer counts as that
    private static final int BUCKETS = (36 - STEP_LOG + 2) << STEP_LOG;
    private static final long[] NONE = {};

    private long[] counts = NONE;
    private long total;

    void record(long nanos) {
        if (counts.length == 0) counts = new long[BUCKETS];
        counts[bucketOf(Math.max(0, Math.min(nanos, MAX_NANOS)))]++;
        total++;
    }

    void clear() {
        if (total > 0) Arrays.fill(counts, 0);
        total = 0;
    }

    private static int bucketOf(long nanos) {
        if (nanos < STEPS) return (int) nanos;
        int log = 63 - Long.numberOfLeadingZeros(nanos);
        return (log - STEP_LOG + 1 << STEP_LOG) + (int) (nanos >> log - STEP_LOG & STEPS - 1);
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

    /// How many recorded durations were at most this long; exact to a bucket's width.
    public long countUpTo(long nanos) {
        long seen = 0;
        for (int i = 0; i < counts.length && upperEnd(i) <= nanos; i++) seen += counts[i];
        return seen;
    }
}
