package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {
    private final byte[] buffer = new byte[64];

    @Test
    void every_power_of_two_and_ten_and_their_neighbours_are_printed_and_read_back() {
        for (long number : edges()) printsAndReadsBack(number);
    }

    @Test
    void random_numbers_of_every_magnitude_are_printed_and_read_back() {
        RandomRun.of(1_000_000, (random, operations) -> {
            for (int i = 0; i < operations; i++) printsAndReadsBack(random.nextLong() >> random.below(64));
        });
    }

    private void printsAndReadsBack(long number) {
        String text = Long.toString(number);
        int at = (int) (number & 7);
        buffer[at + text.length()] = '#';

        int length = Numbers.print(number, buffer, at);

        RandomRun.check(text.length() == length, "length printed of " + number, length);
        RandomRun.check(text.length() == Numbers.length(number), "length said of", number);
        RandomRun.check(
                text.equals(new String(buffer, at, length, StandardCharsets.US_ASCII)), "printed wrongly", number);
        RandomRun.check(buffer[at + length] == '#', "printed beyond its end", number);
        RandomRun.check(Numbers.isLong(buffer, at, length), "not taken for a number", number);
        RandomRun.check(Numbers.parse(buffer, at, length) == number, "read back wrongly", number);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "+",
                "+1",
                "-0",
                "00",
                "01",
                "-01",
                "0x1",
                " 1",
                "1 ",
                "1\n",
                "1.0",
                "1e3",
                "--1",
                "1-",
                "/",
                ":",
                "-/",
                "-:",
                "1/",
                "1:",
                "9223372036854775808",
                "-9223372036854775809",
                "9223372036854775809",
                "9999999999999999999",
                "-9999999999999999999",
                "18446744073709551615",
                "18446744073709551616",
                "-18446744073709551615",
                "10000000000000000000",
                "92233720368547758070",
                "123456789012345678901",
                "-123456789012345678901",
                "٣",
                "1\u0000",
                "\u00001"
            })
    void text_that_is_not_a_number_in_canonical_form_is_refused(String text) {
        assertThat(Numbers.isLong(Bytes.of(text))).isFalse();
    }

    @Test
    void text_is_a_number_exactly_when_the_number_prints_as_that_text() {
        RandomRun.of(300_000, (random, operations) -> {
            String alphabet = "00112345678999--+ .:/";
            for (int i = 0; i < operations; i++) {
                int length = 1 + random.below(21);
                for (int c = 0; c < length; c++) {
                    // mostly digits, so that long ones have a chance of being numbers
                    buffer[c] = (byte)
                            (RandomRun.oneIn(random, 20) || c == 0
                                    ? alphabet.charAt(random.below(alphabet.length()))
                                    : '0' + random.below(10));
                }
                String text = new String(buffer, 0, length, StandardCharsets.US_ASCII);
                boolean expected = isCanonical(text);
                if (Numbers.isLong(buffer, 0, length) != expected)
                    throw new AssertionError(text + " should be " + expected);
                if (expected && Numbers.parse(buffer, 0, length) != Long.parseLong(text))
                    throw new AssertionError(text);
            }
        });
    }

    private static boolean isCanonical(String text) {
        try {
            return Long.toString(Long.parseLong(text)).equals(text);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    @Test
    void printing_and_reading_allocate_nothing() {
        assertThat(Garbage.of(() -> {
                    for (long n = Long.MIN_VALUE; n < 0; n += 1L << 50) {
                        int length = Numbers.print(n, buffer, 0);
                        if (!Numbers.isLong(buffer, 0, length) || Numbers.parse(buffer, 0, length) != n)
                            throw new AssertionError(n);
                    }
                }))
                .isZero();
    }

    private static List<Long> edges() {
        List<Long> edges = new ArrayList<>();
        for (int bit = 0; bit < 64; bit++) addAround(edges, 1L << bit);
        for (long power = 1; power <= 1_000_000_000_000_000_000L / 10; power *= 10) {
            for (int digit = 1; digit < 10; digit++) addAround(edges, power * digit);
        }
        addAround(edges, 1_000_000_000_000_000_000L);
        addAround(edges, Long.MAX_VALUE);
        addAround(edges, Long.MIN_VALUE);
        return edges;
    }

    private static void addAround(List<Long> edges, long number) {
        for (long d = -2; d <= 2; d++) {
            edges.add(number + d);
            edges.add(-(number + d));
        }
    }
}
