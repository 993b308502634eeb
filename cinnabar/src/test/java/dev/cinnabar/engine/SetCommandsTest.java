package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of the set family that a twin does not show: encodings, chance, the log. Replies are compared
/// with a real server in `CollectionTwinTest`.
class SetCommandsTest {
    private final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    private String encoding(String key) {
        return server.run("OBJECT", "ENCODING", key).split("\r\n")[1];
    }

    private void add(String key, int from, int to, String prefix) {
        for (int i = from; i < to; i++) server.run("SADD", key, prefix + i);
    }

    /// The elements of a reply that is an array or set of bulk strings.
    private static List<String> elements(String reply) {
        String[] lines = reply.split("\r\n", -1);
        List<String> elements = new ArrayList<>();
        for (int i = 2; i < lines.length; i += 2) elements.add(lines[i]);
        return elements;
    }

    // ---- encodings ----

    @Test
    void numbers_are_an_intset_up_to_their_limit_and_a_table_beyond() {
        add("s", 0, 512, "");
        assertThat(encoding("s")).isEqualTo("intset");
        server.line("SADD s 100000 512");
        assertThat(encoding("s")).isEqualTo("hashtable");
        assertThat(server.line("SCARD s")).isEqualTo(":514\r\n");
    }

    @Test
    void a_text_makes_a_listpack_of_a_short_intset_and_a_table_of_a_long_one() {
        add("short", 0, 127, "");
        add("long", 0, 128, "");
        server.line("SADD short x");
        server.line("SADD long x");
        assertThat(encoding("short")).isEqualTo("listpack");
        assertThat(encoding("long")).isEqualTo("hashtable");
        server.line("SADD short y");
        assertThat(encoding("short")).isEqualTo("hashtable");
        server.run("SADD", "other", "x".repeat(64));
        assertThat(encoding("other")).isEqualTo("listpack");
        server.run("SADD", "other", "x".repeat(65));
        assertThat(encoding("other")).isEqualTo("hashtable");
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                -32768,
                32767,
                -32769,
                32768,
                Integer.MIN_VALUE,
                Integer.MAX_VALUE,
                1L << 31,
                Long.MIN_VALUE,
                Long.MAX_VALUE
            })
    void an_intset_widens_for_a_number_and_keeps_its_order(long number) {
        server.line("SADD s 3 1 2");
        server.line("SADD s " + number);
        assertThat(encoding("s")).isEqualTo("intset");
        List<String> expected = number < 0 ? List.of("" + number, "1", "2", "3") : List.of("1", "2", "3", "" + number);
        assertThat(elements(server.line("SMEMBERS s"))).isEqualTo(expected);
        assertThat(server.line("SREM s " + number + " 2")).isEqualTo(":2\r\n");
        assertThat(elements(server.line("SMEMBERS s"))).containsExactly("1", "3");
    }

    @Test
    void a_stored_result_takes_the_form_that_fits_it_best() {
        server.line("SADD a 1 2 3 x");
        server.line("SADD b 1 2 3 y");
        server.line("SINTERSTORE numbers a b");
        server.line("SUNIONSTORE texts a b");
        add("many", 0, 200, "m");
        server.line("SUNIONSTORE large a many");
        assertThat(encoding("numbers")).isEqualTo("intset");
        assertThat(encoding("texts")).isEqualTo("listpack");
        assertThat(encoding("large")).isEqualTo("hashtable");
    }

    // ---- chance ----

    @ParameterizedTest
    @CsvSource({"50,'',2", "50,x,3", "1000,x,2"})
    void random_members_are_members_each_once_or_as_often_as_they_are_picked(int size, String prefix, int protocol) {
        server.speak(protocol);
        add("s", 0, size, prefix);
        Set<String> all = new HashSet<>(elements(server.line("SMEMBERS s")));
        assertThat(all).hasSize(size);
        for (int count : new int[] {1, 7, size / 2, size - 1, size, size + 5}) {
            List<String> picked = elements(server.line("SRANDMEMBER s " + count));
            assertThat(picked)
                    .hasSize(Math.min(count, size))
                    .doesNotHaveDuplicates()
                    .isSubsetOf(all);
            assertThat(elements(server.line("SRANDMEMBER s -" + count)))
                    .hasSize(count)
                    .isSubsetOf(all);
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 20 * size; i++) seen.add(server.line("SRANDMEMBER s"));
        assertThat(seen).hasSize(size);
    }

    @ParameterizedTest
    @CsvSource({"50,''", "50,x", "1000,x"})
    void popped_members_are_gone_and_logged_by_name(int size, String prefix) {
        add("s", 0, size, prefix);
        Set<String> all = new HashSet<>(elements(server.line("SMEMBERS s")));
        server.logged();

        String one = server.line("SPOP s").split("\r\n")[1];
        List<String> popped = elements(server.line("SPOP s " + size / 2));

        assertThat(server.logged()).containsExactly("0 SREM s " + one, "0 SREM s " + String.join(" ", popped));
        assertThat(popped)
                .hasSize(size / 2)
                .doesNotHaveDuplicates()
                .isSubsetOf(all)
                .doesNotContain(one);
        assertThat(elements(server.line("SMEMBERS s")))
                .hasSize(size - 1 - size / 2)
                .doesNotContainAnyElementsOf(popped);
        server.line("SPOP s 100000");
        assertThat(server.logged()).containsExactly("0 DEL s");
        assertThat(server.line("EXISTS s")).isEqualTo(":0\r\n");
    }

    @ParameterizedTest
    @CsvSource({"1000,x,10,hashtable", "1000,'',10,intset", "3000,x,500,hashtable"})
    void of_a_large_set_that_loses_most_members_the_log_names_those_that_stay(
            int size, String prefix, int staying, String encoding) {
        server.store().thresholds().setMaxListpackEntries = 0;
        add("s", 0, size, prefix);
        server.line("PEXPIREAT s 9999999999999");
        Set<String> all = new HashSet<>(elements(server.line("SMEMBERS s")));
        server.logged();

        List<String> popped = elements(server.line("SPOP s " + (size - staying)));
        List<String> logged = server.logged();
        List<String> left = elements(server.line("SMEMBERS s"));

        assertThat(popped).hasSize(size - staying).doesNotHaveDuplicates();
        assertThat(left).hasSize(staying).doesNotContainAnyElementsOf(popped);
        all.removeAll(popped);
        all.removeAll(left);
        assertThat(all).isEmpty();
        assertThat(logged)
                .containsSubsequence("0 DEL s", "0 SADD s " + String.join(" ", left), "0 PEXPIREAT s 9999999999999")
                .noneMatch(line -> line.contains("SREM"));
        assertThat(server.line("PEXPIRETIME s")).isEqualTo(":9999999999999\r\n");
        assertThat(encoding("s")).isEqualTo(encoding); // that of Redis, which builds what stays, too
    }

    @Test
    void a_popped_set_is_a_set_and_random_members_are_an_array_in_resp3() {
        server.speak(3);
        server.line("SADD s a");
        assertThat(server.line("SRANDMEMBER s 1")).isEqualTo("*1\r\n$1\r\na\r\n");
        assertThat(server.line("SPOP s 1")).isEqualTo("~1\r\n$1\r\na\r\n");
        assertThat(server.line("SPOP s 1")).isEqualTo("~0\r\n");
        assertThat(server.line("SMEMBERS s")).isEqualTo("~0\r\n");
    }

    // ---- walking ----

    @ParameterizedTest
    @CsvSource({"50,''", "50,x", "3000,x"})
    void a_scan_shows_every_member(int size, String prefix) {
        add("s", 0, size, prefix);
        Set<String> seen = new HashSet<>();
        String cursor = "0";
        int calls = 0;
        do {
            String[] lines = server.line("SSCAN s " + cursor + " COUNT 100").split("\r\n");
            cursor = lines[2];
            for (int i = 5; i < lines.length; i += 2) seen.add(lines[i]);
        } while (!cursor.equals("0") && ++calls < 1000);
        assertThat(seen).hasSize(size);
        assertThat(server.line("SSCAN s 0 COUNT 5000 MATCH " + prefix + "7"))
                .contains("*1\r\n$" + (prefix.length() + 1));
    }

    @Test
    void a_scan_of_a_large_set_shows_as_many_members_as_it_asks_for() {
        add("s", 0, 3000, "x");
        String cursor = "0";
        for (int count = 1; count <= 12; count++) {
            String[] lines =
                    server.line("SSCAN s " + cursor + " COUNT " + count).split("\r\n");
            assertThat(lines[3]).isEqualTo("*" + count);
            cursor = lines[2];
        }
    }

    // ---- counting ----

    @ParameterizedTest
    @CsvSource({"20,''", "20,x", "700,''", "700,x"})
    void cardinalities_are_counted_up_to_a_limit(int size, String prefix) {
        add("a", 0, size, prefix);
        add("b", size / 2, size + 5, prefix);
        add("c", 3, 4, prefix);
        server.line("SET text x");
        long difference = size / 2 - 1;
        assertThat(server.line("SDIFFCARD 3 a b c")).isEqualTo(":" + difference + "\r\n");
        assertThat(server.line("SDIFFCARD 1 a")).isEqualTo(":" + size + "\r\n");
        assertThat(server.line("SDIFFCARD 2 none a")).isEqualTo(":0\r\n");
        assertThat(server.line("SDIFFCARD 2 a none LIMIT 0")).isEqualTo(":" + size + "\r\n");
        assertThat(server.line("SDIFFCARD 3 a b c LIMIT 4")).isEqualTo(":4\r\n");
        assertThat(server.line("SUNIONCARD 3 a b c")).isEqualTo(":" + (size + 5) + "\r\n");
        assertThat(server.line("SUNIONCARD 1 a")).isEqualTo(":" + size + "\r\n");
        assertThat(server.line("SUNIONCARD 2 none none")).isEqualTo(":0\r\n");
        assertThat(server.line("SUNIONCARD 2 a b LIMIT 7")).isEqualTo(":7\r\n");
        assertThat(server.line("SUNIONCARD 1 a LIMIT 7")).isEqualTo(":7\r\n");
        assertThat(server.line("SUNIONCARD 2 a b LIMIT 100000")).isEqualTo(":" + (size + 5) + "\r\n");
        assertThat(server.line("SUNIONCARD 2 a b APPROX LIMIT 6")).isEqualTo(":6\r\n");
        assertThat(server.line("SUNIONCARD 2 a text")).startsWith("-WRONGTYPE");
        assertThat(server.line("SDIFFCARD 2 a text")).startsWith("-WRONGTYPE");
        assertThat(server.line("SUNIONCARD 0 a")).isEqualTo("-ERR numkeys should be greater than 0\r\n");
        assertThat(server.line("SUNIONCARD 3 a b"))
                .isEqualTo("-ERR Number of keys can't be greater than number of args\r\n");
        assertThat(server.line("SDIFFCARD 1 a LIMIT -1")).isEqualTo("-ERR LIMIT can't be negative\r\n");
        assertThat(server.line("SDIFFCARD 1 a APPROX")).isEqualTo("-ERR syntax error\r\n");
        assertThat(server.logged()).noneMatch(line -> line.contains("CARD"));
    }

    // ---- differences ----

    /// The members of the first of some sets that are in none of the others, by what the server says of each.
    private Set<String> difference(String... keys) {
        Set<String> left = new HashSet<>(elements(server.line("SMEMBERS " + keys[0])));
        for (int i = 1; i < keys.length; i++)
            elements(server.line("SMEMBERS " + keys[i])).forEach(left::remove);
        return left;
    }

    @ParameterizedTest
    @CsvSource({"6,''", "6,x", "300,''", "300,x"})
    void a_difference_is_the_same_whether_members_are_looked_up_or_taken_out(int size, String prefix) {
        add("small", 0, size, prefix);
        add("large", 0, 4 * size, prefix);
        add("one", 1, 2, prefix);
        add("some", 4, size, prefix);
        add("more", size, 3 * size, prefix);
        for (String keys : new String[] {
            "large one",
            "large one some",
            "large one some none more",
            "small large more",
            "large one large",
            "large",
            "none one"
        }) {
            Set<String> expected = difference(keys.split(" "));
            assertThat(elements(server.line("SDIFF " + keys))).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(server.line("SDIFFSTORE result " + keys)).isEqualTo(":" + expected.size() + "\r\n");
            assertThat(elements(server.line("SMEMBERS result"))).containsExactlyInAnyOrderElementsOf(expected);
            int count = keys.split(" ").length;
            for (int limit : new int[] {1, 5, 10_000}) {
                assertThat(server.line("SDIFFCARD " + count + " " + keys + " LIMIT " + limit))
                        .isEqualTo(":" + Math.min(limit, expected.size()) + "\r\n");
            }
        }
    }

    // ---- events and the log ----

    @Test
    void events_name_what_happened() {
        assertThat(server.events("SADD", "s", "a", "b")).containsExactly("0 s sadd s");
        assertThat(server.events("SADD", "s", "a")).isEmpty();
        assertThat(server.events("SMOVE", "s", "t", "a")).containsExactly("0 s srem s", "0 s sadd t");
        assertThat(server.events("SREM", "s", "b")).containsExactly("0 s srem s", "0 g del s");
        assertThat(server.events("SUNIONSTORE", "u", "t")).containsExactly("0 s sunionstore u");
        assertThat(server.events("SINTERSTORE", "u", "none")).containsExactly("0 g del u");
        assertThat(server.events("SPOP", "t")).containsExactly("0 s spop t", "0 g del t");
    }

    @Test
    void an_image_makes_every_form_anew() {
        add("ints", 0, 100, "");
        add("pack", 0, 100, "p");
        add("table", 0, 1000, "t");
        ListCommandsTest.assertReplays(server, "ints", "pack", "table");
    }

    @Test
    void a_refused_addition_leaves_the_set_as_it_was() {
        TestServer small = new TestServer(16 << 20);
        String lastReply = "";
        long size = 0;
        for (int i = 0; i < 100 && !lastReply.startsWith("-"); i++) {
            String[] words = new String[102];
            words[0] = "SADD";
            words[1] = "s";
            for (int j = 0; j < 100; j++) words[2 + j] = i + "/" + j + "x".repeat(30_000);
            lastReply = small.run(words);
            if (!lastReply.startsWith("-")) size += 100;
        }
        assertThat(lastReply).startsWith("-OOM");
        assertThat(small.line("SCARD s")).isEqualTo(":" + size + "\r\n");
        small.store().checkInvariants();
    }

    @Test
    void a_copy_is_a_set_of_its_own() {
        add("a", 0, 500, "x");
        server.line("COPY a b");
        server.line("DEL a");
        assertThat(server.line("SCARD b")).isEqualTo(":500\r\n");
        assertThat(server.line("SISMEMBER b x499")).isEqualTo(":1\r\n");
    }

    @Test
    void a_word_too_many_is_refused_and_takes_nothing() {
        TestServer server = new TestServer();
        server.line("SADD s a b c");
        for (String command :
                new String[] {"SPOP s 1 2", "SPOP s x 2", "SRANDMEMBER s 1 2", "SRANDMEMBER s -9223372036854775808 2"})
            assertThat(server.line(command)).as(command).isEqualTo("-ERR syntax error\r\n");
        assertThat(server.line("SCARD s")).isEqualTo(":3\r\n");
    }
}
