package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BytesTest {
    private static Bytes inTheMiddle(String text) {
        byte[] array = ("<<" + text + ">>").getBytes(StandardCharsets.ISO_8859_1);
        return new Bytes(array, 2, array.length - 4);
    }

    @Test
    void a_window_shows_its_part_of_the_array_and_no_more() {
        Bytes window = inTheMiddle("key:17");
        assertThat(window.length()).isEqualTo(6);
        assertThat(window.at(0)).isEqualTo((byte) 'k');
        assertThat(window.at(5)).isEqualTo((byte) '7');
        assertThat(window.copy()).containsExactly("key:17".getBytes(StandardCharsets.US_ASCII));
        assertThat(window).hasToString("key:17").isEqualTo(Bytes.of("key:17")).hasSameHashCodeAs(Bytes.of("key:17"));
    }

    @Test
    void a_copy_stays_when_the_window_moves_on() {
        Bytes window = inTheMiddle("first");
        byte[] copy = window.copy();
        StoredBytes stored = StoredBytes.copyOf(window);
        Arrays.fill(window.array(), (byte) 'x');
        window.set("second".getBytes(StandardCharsets.US_ASCII), 0, 6);
        assertThat(new String(copy, StandardCharsets.US_ASCII)).isEqualTo("first");
        assertThat(stored).isEqualTo(StoredBytes.of("first")).hasToString("first");
        assertThat(stored.window()).isEqualTo(Bytes.of("first"));
        assertThat(window).hasToString("second");
    }

    @Test
    void windows_are_equal_exactly_when_their_content_is() {
        assertThat(inTheMiddle("a"))
                .isNotEqualTo(Bytes.of("b"))
                .isNotEqualTo(Bytes.of("aa"))
                .isNotEqualTo(Bytes.of(""));
        assertThat(inTheMiddle("")).isEqualTo(new Bytes()).hasSameHashCodeAs(new Bytes());
        assertThat(inTheMiddle("").isEmpty()).isTrue();
        byte[] other = "xkeyx".getBytes(StandardCharsets.US_ASCII);
        assertThat(inTheMiddle("key").contentEquals(other, 1, 3)).isTrue();
        assertThat(inTheMiddle("key").contentEquals(other, 1, 4)).isFalse();
        assertThat(inTheMiddle("key").contentEquals(other, 0, 3)).isFalse();
    }

    @Test
    void order_is_that_of_unsigned_bytes_and_a_prefix_comes_first() {
        String[] sorted = {
            "", "\u0000", "\u0000\u0000", "A", "AA", "B", "a", "\u007f", "\u0080", "\u00ff", "\u00ff\u0000"
        };
        for (int i = 0; i < sorted.length; i++) {
            for (int j = 0; j < sorted.length; j++) {
                int order = inTheMiddle(sorted[i]).compareTo(inTheMiddle(sorted[j]));
                assertThat(Integer.signum(order)).isEqualTo(Integer.compare(i, j));
                int stored = StoredBytes.copyOf(inTheMiddle(sorted[i]))
                        .compareTo(StoredBytes.copyOf(inTheMiddle(sorted[j])));
                assertThat(Integer.signum(stored)).isEqualTo(Integer.compare(i, j));
            }
        }
    }

    @Test
    void a_word_is_recognised_in_any_case_and_nothing_else_is() {
        for (String yes : new String[] {"KEEPTTL", "keepttl", "KeepTtl"})
            assertThat(inTheMiddle(yes).isWord("KEEPTTL")).isTrue();
        for (String no : new String[] {"", "KEEPTT", "KEEPTTLL", "KEEPTT\u00cc", "+EEPTTL"}) {
            assertThat(inTheMiddle(no).isWord("KEEPTTL")).isFalse();
        }
        // '{' and '[' differ in the bit that tells the case of a letter
        assertThat(inTheMiddle("{").isWord("[")).isFalse();
        assertThat(inTheMiddle("\u00e1").isWord("\u00c1")).isFalse();
    }

    @Test
    void text_of_any_bytes_can_be_turned_back() {
        byte[] all = new byte[256];
        for (int i = 0; i < 256; i++) all[i] = (byte) i;
        assertThat(Bytes.of(all).toLatin1().getBytes(StandardCharsets.ISO_8859_1))
                .containsExactly(all);
    }

    @Test
    void a_copy_is_what_the_systems_copy_is_for_every_length_also_where_the_ranges_overlap() {
        byte[] content = new byte[128];
        for (int i = 0; i < content.length; i++) content[i] = (byte) (i * 37 + 1);
        for (int length = 0; length <= 48; length++) {
            for (int to = 0; to <= 64; to++) {
                byte[] expected = content.clone();
                System.arraycopy(expected, 32, expected, to, length);
                byte[] copied = content.clone();
                Bytes.copy(copied, 32, copied, to, length);
                assertThat(copied).as("length %d, from 32 to %d", length, to).isEqualTo(expected);

                byte[] elsewhere = new byte[128];
                Bytes.copy(content, 32, elsewhere, to, length);
                assertThat(Arrays.copyOfRange(elsewhere, to, to + length))
                        .isEqualTo(Arrays.copyOfRange(content, 32, 32 + length));
            }
        }
    }

    @Test
    void a_copy_beyond_an_array_is_refused() {
        for (int length : new int[] {1, 8, 16, 17, 32, 33}) {
            assertThatThrownBy(() -> Bytes.copy(new byte[length], 1, new byte[64], 0, length))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> Bytes.copy(new byte[64], 0, new byte[length], 1, length))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }
}
