package dev.cinnabar.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.RandomRun;
import org.junit.jupiter.api.Test;

class SizeClassesTest {
    @Test
    void class_and_size_and_rounding_agree_for_every_length_that_shares_a_page() {
        int classes = 0;
        int sizeBefore = 0;
        for (int length = 1; length <= SizeClasses.MAX_SHARED; length++) {
            int sizeClass = SizeClasses.classOf(length);
            int size = SizeClasses.sizeOf(sizeClass);
            if (size != SizeClasses.roundUp(length)) throw new AssertionError(length + " rounds to two sizes");
            if (SizeClasses.classOf(size) != sizeClass)
                throw new AssertionError(length + ": its size is of another class");
            if (size != sizeBefore) {
                assertThat(sizeBefore).as("size below " + size).isEqualTo(length - 1);
                classes++;
            }
            sizeBefore = size;
        }
        assertThat(SizeClasses.classOf(SizeClasses.MAX_SHARED)).isEqualTo(SizeClasses.COUNT - 1);
        assertThat(sizeBefore).isEqualTo(SizeClasses.MAX_SHARED);
        assertThat(classes)
                .isEqualTo(SizeClasses.COUNT - 2); // classes 0 and 1 would be smaller than the smallest block
    }

    @Test
    void a_block_is_long_enough_aligned_and_at_most_an_eighth_or_seven_bytes_longer() {
        for (int length = 1; length <= 40_000; length++) checkRounding(length);
        for (int log = 10; log < 31; log++) {
            for (int d = -9; d <= 9; d++) checkRounding((1 << log) + d);
        }
        for (int length = SizeClasses.MAX_LENGTH - 100; length > 0 && length <= SizeClasses.MAX_LENGTH; length++)
            checkRounding(length);
        RandomRun.of(100_000, (random, operations) -> {
            for (int i = 0; i < operations; i++) checkRounding(1 + random.below(SizeClasses.MAX_LENGTH));
        });
    }

    private static void checkRounding(int length) {
        int size = SizeClasses.roundUp(length);
        RandomRun.check(size >= length, "too small for", length);
        RandomRun.check(SizeClasses.roundUp(size) == size, "rounded twice gives another size", length);
        RandomRun.check((size & 7) == 0 || size == SizeClasses.MAX_LENGTH, "not aligned", length);
        if (length <= SizeClasses.MIN_BLOCK)
            RandomRun.check(size == SizeClasses.MIN_BLOCK, "not the smallest block", length);
        else RandomRun.check(size - length <= Math.max(7, length >> 3), "too much waste", length);
    }

    @Test
    void a_longer_length_never_gets_a_smaller_block() {
        int before = 0;
        for (int length = 1; length <= 40_000; length++) {
            int size = SizeClasses.roundUp(length);
            RandomRun.check(size >= before, "smaller than for the length before", length);
            before = size;
        }
    }
}
