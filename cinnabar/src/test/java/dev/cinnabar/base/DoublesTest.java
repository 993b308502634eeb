package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The corner cases by themselves; what a real server makes of scores is compared in the tests of `twin`, with the commands of `ZsetMaker`.
class DoublesTest {
    private static double parse(String text) {
        return Doubles.parse(Bytes.of(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"inf", "+inf", "INF", "+Inf", "infinity", "+INFINITY", "Infinity"})
    void infinity_has_many_spellings(String text) {
        assertThat(parse(text)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(Doubles.parseBound(Bytes.of(text).array(), 0, text.length())).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-inf", "-INF", "-iNf", "-infinity"})
    void so_has_its_opposite(String text) {
        assertThat(parse(text)).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "in",
                "+in",
                "xinf",
                "inf ",
                " inf",
                "--inf",
                "+-inf",
                "iinf",
                "infx",
                "nan",
                "",
                "-",
                "+",
                "i\u000ef"
            })
    void what_only_looks_like_it_is_no_number(String text) {
        assertThat(parse(text)).isNaN();
    }

    @Test
    void a_text_in_the_middle_of_an_array_is_read_where_it_lies() {
        byte[] array = "x-inf7+inf12".getBytes(StandardCharsets.US_ASCII);
        assertThat(Doubles.parseBound(array, 1, 4)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(Doubles.parseBound(array, 2, 3)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(Doubles.parseBound(array, 6, 4)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(Doubles.parseBound(array, 10, 2)).isEqualTo(12);
    }
}
