package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CommandTableTest {
    private static final CommandTable TABLE = CommandTable.of(Families.all());

    /// Looks for a word that lies somewhere in an array, with other bytes in front of it and behind.
    private static @Nullable CommandEntry find(CommandTable table, String word, String behind) {
        byte[] all = ("xyz" + word + behind).getBytes(StandardCharsets.ISO_8859_1);
        return table.find(new Bytes(all, 3, word.length()));
    }

    @Test
    void every_name_is_found_in_any_case_wherever_it_lies() {
        TABLE.entries().forEach((name, entry) -> {
            String mixed = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
            for (String word : new String[] {name, name.toUpperCase(Locale.ROOT), mixed}) {
                for (String behind :
                        new String[] {"", "a", "\r\n$3\r\n", "\0\0\0\0\0\0\0\0", "letters and more letters"}) {
                    assertThat(find(TABLE, word, behind)).as(word).isSameAs(entry);
                }
            }
        });
    }

    @Test
    void a_word_that_differs_in_one_byte_is_another() {
        for (String name : TABLE.entries().keySet()) {
            for (int i = 0; i < name.length(); i++) {
                for (int b = 0; b < 256; b++) {
                    String word = name.substring(0, i) + (char) b + name.substring(i + 1);
                    CommandEntry byText = b > 127 ? null : TABLE.find(word.toLowerCase(Locale.ROOT));
                    if (word.indexOf('|') >= 0) continue; // means a subcommand there, and nothing here
                    assertThat(find(TABLE, word, "12345678"))
                            .as("%s with byte %d", name, b)
                            .isSameAs(byText);
                }
            }
        }
    }

    @Test
    void beginnings_of_names_and_names_with_more_behind_are_none() {
        for (String word :
                new String[] {"", " ", "\0", "\0\0\0\0\0\0\0\0", "ge", "gett", "flushal", "flushallx", "bgrewriteao"}) {
            assertThat(find(TABLE, word, "eeeeeeee")).as(word).isNull();
        }
    }

    @Test
    void a_renamed_command_may_have_any_name() {
        for (String name :
                new String[] {"q", "letters", "eightltr", "nineltrs9", "a1", "[", "{", " ", "\0", "b840fc02"}) {
            CommandTable table = CommandTable.of(Families.all(), Map.of("get", name));
            assertThat(find(table, name, "12345678")).as(name).isNotNull().isSameAs(table.find(name));
            assertThat(find(table, "get", "12345678")).isNull();
        }
        CommandTable table = CommandTable.of(Families.all(), Map.of("get", "{"));
        assertThat(find(table, "[", "12345678")).isNull();
    }
}
