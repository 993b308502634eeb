package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RandomnessTest {
    @Test
    void one_seed_gives_one_sequence() {
        Randomness a = new Randomness(17);
        Randomness b = new Randomness(17);
        Randomness c = new Randomness(18);
        for (int i = 0; i < 100; i++) {
            long number = a.nextLong();
            assertThat(b.nextLong()).isEqualTo(number);
            assertThat(c.nextLong()).isNotEqualTo(number);
        }
    }

    @Test
    void seeds_of_hashes_follow_from_a_secret_and_not_from_what_is_shown() {
        Randomness a = new Randomness(17, 1);
        Randomness b = new Randomness(17, 2);
        Randomness other = new Randomness(18, 1);
        Randomness repeated = new Randomness(17);
        Randomness again = new Randomness(17);
        for (int i = 0; i < 100; i++) {
            assertThat(b.nextLong()).isEqualTo(a.nextLong());
            long seed = a.hashSeed();
            assertThat(other.hashSeed()).isEqualTo(seed);
            assertThat(b.hashSeed()).isNotEqualTo(seed);
            assertThat(again.hashSeed()).isEqualTo(repeated.hashSeed());
        }
    }

    @Test
    void numbers_below_a_bound_are_neither_negative_nor_the_bound() {
        RandomRun.of(200_000, (random, operations) -> {
            for (int i = 0; i < operations; i++) {
                int bound = (int) Math.max(1, random.nextLong() >>> 33 + random.below(31));
                int n = random.below(bound);
                RandomRun.check(n >= 0 && n < bound, "below " + bound, n);

                long longBound = Math.max(1, random.nextLong() >>> 1 + random.below(63));
                long m = random.below(longBound);
                RandomRun.check(m >= 0 && m < longBound, "below " + longBound, m);

                long large = random.below(Long.MAX_VALUE);
                RandomRun.check(large >= 0, "below the largest number", large);

                double d = random.nextDouble();
                RandomRun.check(d >= 0 && d < 1, "a fraction", Double.doubleToLongBits(d));
            }
        });
    }

    @Test
    void every_number_below_a_bound_comes_about_as_often() {
        RandomRun.of(1, (random, operations) -> {
            for (int bound : new int[] {1, 2, 3, 7, 10, 64}) {
                int[] ints = new int[bound];
                int[] longs = new int[bound];
                int[] parts = new int[bound];
                int each = 10_000;
                long step = Long.MAX_VALUE / bound; // so that the halves of a large range are met as often, too
                for (int i = 0; i < each * bound; i++) {
                    ints[random.below(bound)]++;
                    longs[(int) random.below((long) bound)]++;
                    parts[(int) (random.below(step * bound) / step)]++;
                }
                for (int i = 0; i < bound; i++) {
                    assertThat(ints[i]).isBetween(each - 800, each + 800); // 8 standard deviations
                    assertThat(longs[i]).isBetween(each - 800, each + 800);
                    assertThat(parts[i]).isBetween(each - 800, each + 800);
                }
            }
        });
    }
}
