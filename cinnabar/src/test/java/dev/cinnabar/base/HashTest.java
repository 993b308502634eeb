package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HashTest {
    private static final long SEED = 0x0123456789abcdefL;

    @Test
    void the_hash_is_that_of_the_bytes_wherever_they_lie() {
        RandomRun.of(100, (random, operations) -> {
            for (int length = 0; length <= 40; length++) {
                byte[] key = randomBytes(random, length);
                long expected = Hash.of(key, 0, length, SEED);
                for (int offset = 1; offset < 9; offset++) {
                    byte[] around = randomBytes(random, length + 20);
                    System.arraycopy(key, 0, around, offset, length);
                    RandomRun.check(
                            Hash.of(around, offset, length, SEED) == expected, "another hash at offset", offset);
                }
            }
        });
    }

    @Test
    void no_two_of_many_keys_and_no_two_seeds_give_one_hash() {
        RandomRun.of(1, (random, operations) -> {
            Set<Long> seen = new HashSet<>();
            byte[] zeros = new byte[64];
            int n = 0;
            for (int length = 0; length <= 40; length++) {
                // zeros of every length, every single bit, every single byte value at every place
                seen.add(Hash.of(zeros, 0, length, SEED));
                n++;
                for (int at = 0; at < length; at++) {
                    for (int value = 1; value < 256; value++) {
                        zeros[at] = (byte) value;
                        seen.add(Hash.of(zeros, 0, length, SEED));
                        n++;
                        zeros[at] = 0;
                    }
                }
            }
            byte[] key = randomBytes(random, 40);
            for (int i = 0; i < 200_000; i++, n++) seen.add(Hash.of(key, 0, i % 41, random.nextLong()));
            // one collision among 420,000 is a chance of 1 to 200 million
            assertThat(seen.size()).isEqualTo(n);
        });
    }

    @Test
    void each_bit_of_the_key_and_of_the_seed_changes_each_bit_of_the_hash_about_half_of_the_time() {
        RandomRun.of(300, (random, samples) -> {
            for (int length : new int[] {1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 24, 31, 32, 33, 40}) {
                for (int bit = 0; bit < length * 8; bit++) {
                    int[] flips = new int[64];
                    for (int s = 0; s < samples; s++) {
                        byte[] key = randomBytes(random, length);
                        long seed = random.nextLong();
                        long before = Hash.of(key, 0, length, seed);
                        key[bit >> 3] ^= (byte) (1 << (bit & 7));
                        count(flips, before ^ Hash.of(key, 0, length, seed));
                    }
                    checkHalf(flips, samples, "bit " + bit + " of a key of " + length);
                }
            }
            for (int bit = 0; bit < 64; bit++) {
                int[] flips = new int[64];
                for (int s = 0; s < samples; s++) {
                    byte[] key = randomBytes(random, 11);
                    long seed = random.nextLong();
                    count(flips, Hash.of(key, 0, 11, seed) ^ Hash.of(key, 0, 11, seed ^ 1L << bit));
                }
                checkHalf(flips, samples, "bit " + bit + " of the seed");
            }
        });
    }

    private static void count(int[] flips, long changed) {
        for (int i = 0; i < 64; i++) flips[i] += (int) (changed >>> i & 1);
    }

    private static void checkHalf(int[] flips, int samples, String what) {
        // 7.5 standard deviations either way; one false alarm in 10^13 cells
        double slack = 7.5 * Math.sqrt(samples) / 2;
        for (int i = 0; i < 64; i++) {
            if (Math.abs(flips[i] - samples / 2.0) > slack) {
                throw new AssertionError(what + " flips bit " + i + " in " + flips[i] + " of " + samples + " cases");
            }
        }
    }

    @Test
    void keys_counted_up_spread_evenly_over_the_bits_the_table_uses() {
        RandomRun.of(1, (random, operations) -> {
            long seed = random.nextLong();
            for (String prefix : new String[] {"", "key:", "user:session:", "a prefix of more than sixteen bytes:"}) {
                List<byte[]> keys = new ArrayList<>();
                for (int i = 0; i < 65_536; i++) keys.add((prefix + i).getBytes(StandardCharsets.US_ASCII));
                spreadEvenly(keys, seed, prefix);
            }
            List<byte[]> binary = new ArrayList<>();
            for (long i = 0; i < 65_536; i++)
                binary.add(ByteBuffer.allocate(8).putLong(i).array());
            spreadEvenly(binary, seed, "binary");
        });
    }

    @Test
    void strings_with_one_string_hash_code_spread_evenly() {
        RandomRun.of(1, (random, operations) -> {
            // "Aa" and "BB" have one hashCode, and so has any row of sixteen of them
            List<byte[]> keys = new ArrayList<>();
            for (int i = 0; i < 65_536; i++) {
                StringBuilder text = new StringBuilder();
                for (int bit = 0; bit < 16; bit++) text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
                keys.add(text.toString().getBytes(StandardCharsets.US_ASCII));
            }
            spreadEvenly(keys, random.nextLong(), "colliding strings");
        });
    }

    /// Throws the 65,536 keys into 65,536 bins by their top bits, by the slot bits and by their lowest bits.
    private static void spreadEvenly(List<byte[]> keys, long seed, String what) {
        int[][] bins = new int[4][65_536];
        Set<Long> tags = new HashSet<>();
        for (byte[] key : keys) {
            long hash = Hash.of(key, 0, key.length, seed);
            bins[0][(int) (hash >>> 48)]++;
            bins[1][(int) (hash >>> 22) & 0xffff]++;
            bins[2][(int) hash & 0xffff]++;
            bins[3][(int) (hash >>> 6) & 0xffff]++;
            tags.add(hash & (1 << 22) - 1);
        }
        for (int i = 0; i < 4; i++) {
            double chiSquare = 0;
            for (int n : bins[i]) chiSquare += (n - 1.0) * (n - 1.0);
            // 65,535 degrees of freedom: standard deviation 362
            assertThat(chiSquare).as(what + ", bits " + i).isBetween(65_535 - 8 * 362.0, 65_535 + 8 * 362.0);
        }
        // 2^22 tags, 2^16 keys: 65,026 different ones expected, standard deviation 22
        assertThat(tags.size()).as(what + ", tags").isGreaterThan(65_026 - 8 * 22);
    }

    @Test
    void keys_made_of_the_functions_own_constants_do_not_collide() throws IllegalAccessException {
        List<Long> constants = new ArrayList<>();
        for (Field field : Hash.class.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers()) || field.getType() != long.class) continue;
            field.setAccessible(true);
            constants.add(field.getLong(null));
        }
        assertThat(constants).isNotEmpty();

        Set<Long> seen = new HashSet<>();
        int n = 0;
        for (long constant : constants) {
            for (int length = 9; length <= 40; length++) {
                for (int at = 0; at + 8 <= length; at++) {
                    for (int other = 0; other < 50; other++) {
                        byte[] key = new byte[length];
                        key[at == 0 ? length - 1 : 0] = (byte) other;
                        ByteBuffer.wrap(key).order(ByteOrder.LITTLE_ENDIAN).putLong(at, constant);
                        if (at + 8 < length && at > 0) key[length - 1] = (byte) (other * 7);
                        seen.add(Hash.of(key, 0, length, SEED));
                        n++;
                    }
                }
            }
        }
        assertThat(seen.size()).isEqualTo(n);
    }

    @Test
    void hashing_allocates_nothing() {
        byte[] key = new byte[40];
        long[] sum = new long[1];
        assertThat(Garbage.of(() -> {
                    for (int i = 0; i < 100_000; i++) sum[0] += Hash.of(key, 0, i % 41, i);
                }))
                .isZero();
    }

    private static byte[] randomBytes(Randomness random, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) bytes[i] = (byte) random.nextLong();
        return bytes;
    }
}
