package dev.cinnabar.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ConfigLineTest {
    @Test
    void words_are_parted_by_blanks() {
        assertThat(ConfigLine.split("  save 900\t1 \r")).containsExactly("save", "900", "1");
        assertThat(ConfigLine.split("   ")).isEmpty();
    }

    @Test
    void double_quotes_hold_blanks_and_escapes() {
        assertThat(ConfigLine.split("a \"b c\" \"\\x41\\n\\t\\\"\\q\" \"\""))
                .containsExactly("a", "b c", "A\n\t\"q", "");
        assertThat(ConfigLine.split("\"\\xzz\\x4\"")).containsExactly("xzzx4");
    }

    @Test
    void single_quotes_know_one_escape() {
        assertThat(ConfigLine.split("'a b' 'it\\'s' '\\n'")).containsExactly("a b", "it's", "\\n");
    }

    @Test
    void a_quote_within_a_word_ends_the_word() {
        assertThat(ConfigLine.split("a\"b c\" d")).containsExactly("ab c", "d");
    }

    @Test
    void a_quote_that_is_not_closed_or_not_followed_by_a_blank_is_a_mistake() {
        assertThat(ConfigLine.split("a \"b")).isNull();
        assertThat(ConfigLine.split("a 'b")).isNull();
        assertThat(ConfigLine.split("\"a\"b")).isNull();
        assertThat(ConfigLine.split("'a'b")).isNull();
        assertThat(ConfigLine.split("\"a\\\"")).isNull();
    }

    @Test
    void escaped_bytes_are_read_as_utf_8() {
        assertThat(ConfigLine.split("\"\\xc3\\xa9 é 😀\"")).containsExactly("é é 😀");
    }

    @Test
    void a_quoted_word_splits_back_into_itself() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        String alphabet = "ab \t\n\r\0\007\b\"'\\x41{é😀";
        int[] characters = alphabet.codePoints().toArray();
        for (int i = 0; i < 20_000; i++) {
            var word = new StringBuilder();
            for (int n = random.nextInt(12); n > 0; n--) {
                word.appendCodePoint(characters[random.nextInt(characters.length)]);
            }
            assertThat(ConfigLine.split("x " + ConfigLine.quote(word.toString()) + " y"))
                    .as("seed %d", seed)
                    .containsExactly("x", word.toString(), "y");
        }
    }
}
