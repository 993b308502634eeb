package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Murmur64Test {
    private static final long SEED_OF_REDIS = 0xadc83b19L;

    /// The values are those of Apache Commons Codec 1.17.1 (`MurmurHash2.hash64`).
    @ParameterizedTest
    @CsvSource({
        "'', d8dfea6585bc9732",
        "a, 53d2470a9b43b1a7",
        "abc, 77ec90aeb374e502",
        "eightchr, 6a872a14f7c03a3c",
        "nine char, 0205731fa2367a10",
        "the quick brown fox jumps over the lazy dog, c0d0e0ec91971584"
    })
    void values_are_those_of_other_programs(String text, String hexadecimal) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        assertThat(Murmur64.of(bytes, 0, bytes.length, SEED_OF_REDIS))
                .isEqualTo(Long.parseUnsignedLong(hexadecimal, 16));
    }

    @Test
    void the_place_of_the_bytes_means_nothing_and_every_byte_counts() {
        byte[] bytes = new byte[100];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (37 * i);
        for (int length = 0; length <= 40; length++) {
            long hash = Murmur64.of(bytes, 3, length, 5);
            byte[] moved = new byte[length + 1];
            System.arraycopy(bytes, 3, moved, 1, length);
            assertThat(Murmur64.of(moved, 1, length, 5)).isEqualTo(hash);
            assertThat(Murmur64.of(moved, 1, length, 6)).isNotEqualTo(hash);
            for (int i = 1; i <= length; i++) {
                moved[i] ^= 1;
                assertThat(Murmur64.of(moved, 1, length, 5)).isNotEqualTo(hash);
                moved[i] ^= 1;
            }
        }
    }
}
