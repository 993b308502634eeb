package dev.cinnabar.base;

import static dev.cinnabar.base.RandomRun.check;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.junit.jupiter.api.Test;

/// The corner cases by themselves; thousands of sums are compared with a real server's in `StringTwinTest`.
class LongDoubleTest {
    private static LongDouble parse(String text) {
        return LongDouble.parse(Bytes.of(text));
    }

    private static String printed(String text) {
        LongDouble value = parse(text);
        return value == null ? "none" : value.print();
    }

    @Test
    void a_fraction_is_rounded_to_64_bits_of_mantissa_and_printed_with_17_digits() {
        assertThat(printed("0.1")).isEqualTo("0.1");
        assertThat(printed("3000.1")).isEqualTo("3000.10000000000000009");
        assertThat(printed("100026.6")).isEqualTo("100026.60000000000000142");
        assertThat(printed("1.000000000000000004")).isEqualTo("1");
        assertThat(printed("-5.50")).isEqualTo("-5.5");
        assertThat(printed("-0")).isEqualTo("0");
        assertThat(printed("18446744073709551615")).isEqualTo("18446744073709551615");
        assertThat(printed("18446744073709551617")).isEqualTo("18446744073709551616");
    }

    @Test
    void a_product_is_rounded_again_so_that_seconds_become_whole_milliseconds() {
        BigDecimal thousand = new BigDecimal(1000);
        assertThat(LongDouble.of(parse("0.05").exact().multiply(thousand)).print())
                .isEqualTo("50");
        assertThat(LongDouble.of(parse("-0.01").exact().multiply(thousand)).print())
                .isEqualTo("-10");
        assertThat(LongDouble.of(parse("0").exact().multiply(thousand)).signum())
                .isZero();
        assertThat(LongDouble.of(LongDouble.MAX.exact().multiply(thousand))).isNull();
    }

    @Test
    void halves_are_rounded_to_even() {
        // above 2^64 neighbours are 2 apart
        assertThat(printed("18446744073709551619")).isEqualTo("18446744073709551620");
        assertThat(printed("18446744073709551621")).isEqualTo("18446744073709551620");
        assertThat(printed("18446744073709551621.0000001")).isEqualTo("18446744073709551622");
    }

    @Test
    void hexadecimal_and_exponents_are_read() {
        assertThat(printed("0x10")).isEqualTo("16");
        assertThat(printed("0X1.8p3")).isEqualTo("12");
        assertThat(printed("-0x.8")).isEqualTo("-0.5");
        assertThat(printed("1e3")).isEqualTo("1000");
        assertThat(printed("1.5E-2")).isEqualTo("0.015");
        assertThat(printed(".5")).isEqualTo("0.5");
        assertThat(printed("5.")).isEqualTo("5");
        assertThat(printed("+7")).isEqualTo("7");
        assertThat(printed("0e99999999999")).isEqualTo("0");
    }

    @Test
    void other_texts_are_no_numbers() {
        for (String text : new String[] {
            "", " 1", "1 ", ".", "-", "1e", "1e+", "0x", "0x1p", "1f", "1_0", "nan", "inf", "--1", "1.2.3"
        }) {
            assertThat(parse(text)).as(text).isNull();
        }
    }

    @Test
    void what_is_beyond_the_range_is_no_number() {
        assertThat(parse("1.18973149535723176502e4932")).isEqualByComparingTo(LongDouble.MAX);
        assertThat(parse("1.18973149535723176509e4932")).isNull();
        assertThat(parse("1e4933")).isNull();
        assertThat(parse("1e999999999999")).isNull();
        assertThat(parse("3.7e-4951")).isNotNull();
        assertThat(parse("1.8e-4951")).isNull();
        assertThat(parse("1e-999999999999")).isNull();
        assertThat(parse("9".repeat(5119))).isNull();
        assertThat(printed("0".repeat(5118) + "9")).isEqualTo("9");
        assertThat(parse("0".repeat(5119) + "9")).isNull();
    }

    @Test
    void a_sum_beyond_the_range_is_none() {
        assertThat(LongDouble.MAX.plus(LongDouble.MAX)).isNull();
        assertThat(LongDouble.MAX.plus(parse("1"))).isEqualByComparingTo(LongDouble.MAX);
        assertThat(parse("-0.1").plus(parse("0.1")).signum()).isZero();
    }

    /// What is worked out in two longs, beside numbers without an end.
    @Test
    void texts_and_sums_are_those_of_exact_decimals_that_are_rounded_afterwards() {
        RandomRun.of(50_000, (random, operations) -> {
            LongDouble last = LongDouble.ZERO;
            for (int i = 0; i < operations; i++) {
                String text = decimal(random);
                LongDouble number = parse(text);
                same(number, LongDouble.of(new BigDecimal(text)), text);
                same(LongDouble.of((double) i / 7), LongDouble.of(new BigDecimal((double) i / 7)), "double");
                check(number.print().equals(printed(number.exact())), text, i);
                LongDouble sum = last.plus(number);
                same(sum, LongDouble.of(last.exact().add(number.exact())), last + " + " + text);
                check(last.compareTo(number) == last.exact().compareTo(number.exact()), text, i);
                last = random.below(4) == 0 ? number : sum;
            }
        });
    }

    /// Up to forty digits in front of the point and behind, many of them the same.
    private static String decimal(Randomness random) {
        StringBuilder text = new StringBuilder(random.below(3) == 0 ? "-" : "");
        int length = 1 + random.below(1 + random.below(40));
        int point = random.below(length + 1);
        int digit = random.below(10);
        for (int i = 0; i < length; i++) {
            if (i == point) text.append('.');
            text.append(random.below(2) == 0 ? digit : random.below(10));
        }
        return text.toString();
    }

    private static void same(LongDouble actual, LongDouble expected, String what) {
        check(actual.compareTo(expected) == 0 && actual.exact().compareTo(expected.exact()) == 0, what, 0);
    }

    private static String printed(BigDecimal value) {
        BigDecimal rounded = value.setScale(17, RoundingMode.HALF_EVEN);
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }

    @Test
    void infinities_are_known_by_their_names() {
        for (String text : new String[] {"inf", "-INF", "+Infinity"})
            assertThat(LongDouble.isInfinity(Bytes.of(text))).isTrue();
        for (String text : new String[] {"", "-", "in", "nan", "infinit"})
            assertThat(LongDouble.isInfinity(Bytes.of(text))).isFalse();
    }
}
