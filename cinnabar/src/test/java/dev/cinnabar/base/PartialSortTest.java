package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of [PartialSort].
class PartialSortTest {
    private static final int MEMBERS = 3000;

    /// Sorts a part and compares it with what the library sorts; of two of the same rank the higher index
    /// comes first.
    private void check(long[] ranks, int from, int to) {
        long[] ours = ranks.clone();
        int[] indexes = IntStream.range(0, ranks.length).toArray();
        PartialSort.sort(ours, indexes, from, to, (a, b) -> {
            return Integer.compare(b, a);
        });
        int[] expected = IntStream.range(0, ranks.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingLong(i -> ranks[i]).thenComparing(Comparator.reverseOrder()))
                .mapToInt(i -> i)
                .toArray();
        assertThat(Arrays.copyOfRange(indexes, from, to)).isEqualTo(Arrays.copyOfRange(expected, from, to));
        for (int i = 0; i < ranks.length; i++) assertThat(ours[i]).isEqualTo(ranks[indexes[i]]);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 1000, Integer.MAX_VALUE})
    void any_part_is_as_if_all_were_sorted(int different) {
        RandomRun.of(20, (random, operations) -> {
            for (int i = 0; i < operations; i++) {
                long[] ranks = new long[random.below(MEMBERS)];
                Arrays.setAll(ranks, at -> random.below(different));
                int to = random.below(ranks.length + 1);
                check(ranks, random.below(to + 1), to);
                check(ranks, 0, ranks.length);
            }
        });
    }

    @Test
    void ranks_may_lie_as_far_apart_as_they_can() {
        check(new long[] {Long.MAX_VALUE, 0, Long.MIN_VALUE, -1, 1}, 0, 5);
    }

    /// M. D. McIlroy, *A Killer Adversary for Quicksort*, 1999: who is compared decides only then how large
    /// it is, and so that the pivot is always among the smallest.
    @Test
    void no_order_makes_it_slow() {
        int undecided = MEMBERS;
        int[] sizes = new int[MEMBERS];
        Arrays.fill(sizes, undecided);
        int[] decided = {0};
        int[] candidate = {0};
        long[] compared = {0};
        int[] indexes = IntStream.range(0, MEMBERS).toArray();
        PartialSort.sort(new long[MEMBERS], indexes, 0, MEMBERS, (a, b) -> {
            compared[0]++;
            if (sizes[a] == undecided && sizes[b] == undecided) sizes[a == candidate[0] ? a : b] = decided[0]++;
            if (sizes[a] == undecided) candidate[0] = a;
            else if (sizes[b] == undecided) candidate[0] = b;
            return a == b ? 0 : Integer.compare(sizes[a], sizes[b]);
        });
        assertThat(compared[0])
                .isLessThan(6L * MEMBERS * Integer.numberOfTrailingZeros(Integer.highestOneBit(MEMBERS)));
        for (int i = 1; i < MEMBERS; i++) assertThat(sizes[indexes[i - 1]]).isLessThanOrEqualTo(sizes[indexes[i]]);
    }
}
