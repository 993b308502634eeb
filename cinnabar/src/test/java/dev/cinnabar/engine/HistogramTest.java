package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Randomness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistogramTest {
    private final Histogram histogram = new Histogram();

    @Test
    void percentiles_are_right_to_a_hundredth() {
        Randomness random = new Randomness(7);
        long[] nanos = new long[10_000];
        for (int i = 0; i < nanos.length; i++) {
            nanos[i] = random.below(1L << 1 + random.below(36));
            histogram.record(nanos[i], 1);
        }
        Arrays.sort(nanos);
        for (double percent : new double[] {0.1, 1, 50, 90, 99, 99.9, 100}) {
            long exact = nanos[(int) Math.ceil(nanos.length * percent / 100) - 1];
            assertThat(histogram.percentileNanos(percent)).as(percent + " %").isBetween(exact, exact + exact / 100 + 1);
        }
    }

    @Test
    void an_empty_one_knows_no_percentile_and_no_step() {
        assertThat(histogram.percentileNanos(50)).isZero();
        assertThat(steps()).isEmpty();
    }

    @Test
    void steps_double_and_count_everything_at_last() {
        for (long nanos : new long[] {0, 1031, 1032, 8_255, 8_256, 1L << 35, Long.MAX_VALUE})
            histogram.record(nanos, 1);
        assertThat(steps()).containsExactly("1:2", "2:3", "8:4", "16:5", "34628173:6", "69256347:7");
        assertThat(histogram.total()).isEqualTo(7);
    }

    @Test
    void clearing_forgets_all() {
        histogram.record(5, 1);
        histogram.clear();
        assertThat(histogram.total()).isZero();
        assertThat(histogram.percentileNanos(100)).isZero();
    }

    private List<String> steps() {
        List<String> steps = new ArrayList<>();
        int count = histogram.forEachStep((micros, calls) -> steps.add(micros + ":" + calls));
        assertThat(count).isEqualTo(steps.size());
        return steps;
    }
}
