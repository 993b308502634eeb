package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The promises of [Texts].
class TextsTest {
    private static final List<String> ORDERED =
            List.of("", "a", "a\0", "a\0b", "aa", "aaaaaaaa", "aaaaaaaab", "b".repeat(200_000), "c", "\u00ff");

    private final Texts texts = new Texts();

    private static Bytes latin1(String text) {
        return Bytes.of(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private long[] addAll(List<String> all) {
        return all.stream().mapToLong(text -> texts.add(latin1(text))).toArray();
    }

    @Test
    void a_text_is_found_at_its_place_however_many_come_behind_it() {
        RandomRun.of(2000, (random, operations) -> {
            Texts many = new Texts();
            long[] places = new long[operations];
            for (int i = 0; i < operations; i++) places[i] = many.add(Bytes.of(("" + i).repeat(i % 100)));
            for (int i = 0; i < operations; i++)
                assertThat(many.at(places[i], new Bytes()).toString()).isEqualTo(("" + i).repeat(i % 100));
        });
    }

    @Test
    void texts_are_ordered_by_their_bytes_and_nothing_comes_before_them() {
        long[] places = addAll(ORDERED);
        for (int i = 0; i < places.length; i++) {
            assertThat(texts.compare(Texts.NOWHERE, places[i])).isNegative();
            assertThat(texts.compare(places[i], Texts.NOWHERE)).isPositive();
            for (int j = 0; j < places.length; j++)
                assertThat(Integer.signum(texts.compare(places[i], places[j]))).isEqualTo(Integer.compare(i, j));
        }
        assertThat(texts.compare(Texts.NOWHERE, Texts.NOWHERE)).isZero();
        assertThat(texts.compare(texts.add(latin1("aa")), places[4])).isZero();
    }

    @Test
    void a_rank_never_contradicts_the_order_of_the_bytes() {
        long[] places = addAll(ORDERED);
        for (int i = 1; i < places.length; i++) {
            assertThat(texts.rank(places[i - 1], 0)).isLessThanOrEqualTo(texts.rank(places[i], 0));
            assertThat(texts.rank(Texts.NOWHERE, 0)).isLessThanOrEqualTo(texts.rank(places[i], 0));
        }
        long[] alike = addAll(List.of("element:a", "element:b"));
        assertThat(texts.rank(alike[0], 8)).isLessThan(texts.rank(alike[1], 8));
    }

    @Test
    void what_all_texts_begin_with_is_counted() {
        assertThat(texts.sharedBytes(addAll(List.of("element:10", "element:1", "element:12"))))
                .isEqualTo(9);
        assertThat(texts.sharedBytes(addAll(List.of("a", "b")))).isZero();
        assertThat(texts.sharedBytes(new long[] {Texts.NOWHERE, texts.add(latin1("abc"))}))
                .isEqualTo(3);
    }
}
