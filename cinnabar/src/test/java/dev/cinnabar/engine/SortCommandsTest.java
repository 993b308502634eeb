package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Garbage;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of SORT, for every type that it sorts. Replies are compared with a real server in
/// `SortTwinTest`.
class SortCommandsTest {
    private final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    private String ask(String line) {
        return server.line(line).replace("\r\n", " ").strip();
    }

    /// Makes a key of this type that holds 3, 10, 1 and 2, a small one or one that holds more, and of each
    /// encoding.
    private void make(String encoding) {
        switch (encoding) {
            case "quicklist" -> server.store().thresholds().listMaxListpackSize = 2;
            case "hashtable" -> server.store().thresholds().setMaxIntsetEntries = 0;
            case "skiplist" -> server.store().thresholds().zsetMaxListpackEntries = 0;
            default -> {}
        }
        if (encoding.equals("hashtable")) server.store().thresholds().setMaxListpackEntries = 0;
        switch (encoding) {
            case "intset", "hashtable" -> ask("SADD k 3 10 1 2");
            case "skiplist", "zset listpack" -> ask("ZADD k 1 3 2 10 3 1 4 2");
            default -> ask("RPUSH k 3 10 1 2");
        }
        assertThat(ask("OBJECT ENCODING k")).endsWith(encoding.replace("zset ", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"listpack", "quicklist", "intset", "hashtable", "zset listpack", "skiplist"})
    void elements_are_sorted_as_numbers_or_as_texts_and_cut(String encoding) {
        make(encoding);
        for (String command : List.of("SORT", "SORT_RO")) {
            assertThat(ask(command + " k")).isEqualTo("*4 $1 1 $1 2 $1 3 $2 10");
            assertThat(ask(command + " k DESC")).isEqualTo("*4 $2 10 $1 3 $1 2 $1 1");
            assertThat(ask(command + " k ALPHA")).isEqualTo("*4 $1 1 $2 10 $1 2 $1 3");
            assertThat(ask(command + " k LIMIT 1 2")).isEqualTo("*2 $1 2 $1 3");
            assertThat(ask(command + " k LIMIT 9 9223372036854775807")).isEqualTo("*0");
            assertThat(ask(command + " k LIMIT -1 -1 ALPHA DESC")).isEqualTo("*4 $1 3 $1 2 $2 10 $1 1");
        }
        assertThat(ask("TYPE k")).isNotEqualTo("+none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"listpack", "quicklist", "zset listpack", "skiplist"})
    void what_has_an_order_of_its_own_can_keep_it(String encoding) {
        make(encoding);
        assertThat(ask("SORT k BY nosort")).isEqualTo("*4 $1 3 $2 10 $1 1 $1 2");
        assertThat(ask("SORT k BY nosort DESC")).isEqualTo("*4 $1 2 $1 1 $2 10 $1 3");
        assertThat(ask("SORT k BY nosort LIMIT 1 2")).isEqualTo("*2 $2 10 $1 1");
        assertThat(ask("SORT k BY nosort DESC LIMIT 1 2")).isEqualTo("*2 $1 1 $2 10");
        assertThat(ask("SORT k BY nosort STORE d")).isEqualTo(":4");
        assertThat(ask("LRANGE d 0 -1")).isEqualTo("*4 $1 3 $2 10 $1 1 $1 2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"intset", "hashtable"})
    void a_set_is_sorted_before_it_is_stored_even_if_nobody_wants_it(String encoding) {
        make(encoding);
        assertThat(ask("SORT k BY nosort STORE d")).isEqualTo(":4");
        assertThat(ask("LRANGE d 0 -1")).isEqualTo("*4 $1 1 $2 10 $1 2 $1 3");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void patterns_lead_to_strings_and_to_fields_of_hashes(int protocol) {
        server.speak(protocol);
        String nil = protocol == 3 ? "_" : "$-1";
        ask("RPUSH ids 1 2 3");
        ask("MSET w_1 30 w_2 20 w_3 10");
        ask("HSET h_1 w 5 name one");
        ask("HSET h_2 w 7 name two");
        ask("RPUSH h_4 x");
        assertThat(ask("SORT ids BY w_*")).isEqualTo("*3 $1 3 $1 2 $1 1");
        assertThat(ask("SORT ids BY h_*->w")).isEqualTo("*3 $1 3 $1 1 $1 2"); // a missing one counts as 0
        assertThat(ask("SORT ids BY h_*->name ALPHA GET #")).isEqualTo("*3 $1 3 $1 1 $1 2");
        assertThat(ask("SORT ids GET # GET h_*->name GET w_*"))
                .isEqualTo("*9 $1 1 $3 one $2 30 $1 2 $3 two $2 20 $1 3 " + nil + " $2 10");
        assertThat(ask("SORT ids GET constant LIMIT 0 1")).isEqualTo("*1 " + nil);
        ask("RPUSH ids 4");
        assertThat(ask("SORT ids GET h_* LIMIT 3 1")).isEqualTo("*1 " + nil); // a list is no string
        assertThat(ask("SORT ids GET w_*->name LIMIT 0 1")).isEqualTo("*1 " + nil);
    }

    @Test
    void equals_come_in_the_order_of_their_bytes() {
        ask("RPUSH ids c a b");
        assertThat(ask("SORT ids BY w_*")).isEqualTo("*3 $1 a $1 b $1 c");
        assertThat(ask("SORT ids BY w_* DESC")).isEqualTo("*3 $1 c $1 b $1 a");
        assertThat(ask("SORT ids BY w_* ALPHA")).isEqualTo("*3 $1 a $1 b $1 c");
    }

    @ParameterizedTest
    @CsvSource({
        "SORT texts, ERR One or more scores can't be converted into double",
        "SORT l BY w_*, ERR One or more scores can't be converted into double",
        "SORT l BY, ERR syntax error",
        "SORT l LIMIT 1, ERR syntax error",
        "SORT l LIMIT a b, ERR value is not an integer or out of range",
        "SORT_RO l STORE d, ERR syntax error",
        "SORT s, WRONGTYPE Operation against a key holding the wrong kind of value",
        "SORT s STORE d, WRONGTYPE Operation against a key holding the wrong kind of value"
    })
    void what_cannot_be_sorted_is_refused_and_changes_nothing(String line, String error) {
        ask("RPUSH texts 1 b");
        ask("RPUSH l 1");
        ask("SET w_1 heavy");
        ask("SET s 1");
        server.logged();
        assertThat(ask(line)).isEqualTo("-" + error);
        assertThat(ask("EXISTS d")).isEqualTo(":0");
        assertThat(server.logged()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ASC", "DESC", "ALPHA", "ALPHA DESC", "BY w_*", "BY w_* DESC", "BY w_* ALPHA"})
    void a_limit_leaves_what_it_would_of_the_whole(String how) {
        for (int i = 0; i < 500; i++) {
            ask("RPUSH l " + i * 7919 % 500);
            if (i % 3 > 0) ask("SET w_" + i + " " + i % 50);
        }
        List<String> all = List.of(ask("SORT l " + how).split(" "));
        for (int from : new int[] {0, 1, 250, 499}) {
            List<String> cut = List.of(ask("SORT l LIMIT " + from + " 1 " + how).split(" "));
            assertThat(cut.subList(1, 3)).isEqualTo(all.subList(1 + 2 * from, 3 + 2 * from));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ASC", "ALPHA", "BY w_*", "BY w_* ALPHA", "BY w_* GET #"})
    void an_element_is_no_object(String how) {
        for (int i = 0; i < 100; i++) {
            String[] words = new String[1002];
            words[0] = "RPUSH";
            words[1] = "l";
            for (int j = 2; j < words.length; j++) words[j] = "" + (i * 1000 + j);
            server.run(words);
        }
        // 4 + 5 bytes of text, 8 of its place, 8 of its weight's, 8 of rank, 4 of order
        assertThat(Garbage.ofOneRun(() -> ask("SORT l LIMIT 0 10 " + how))).isLessThan(100_000 * 40);
    }

    // ---- storing, events and the log ----

    @ParameterizedTest
    @ValueSource(ints = {3, 300})
    void a_stored_list_takes_the_form_that_fits_it(int elements) {
        server.store().thresholds().listMaxListpackSize = 100;
        for (int i = 0; i < elements; i++) ask("SADD s " + i);
        ask("SET d text EX 100");
        assertThat(ask("SORT s DESC STORE d")).isEqualTo(":" + elements);
        assertThat(ask("OBJECT ENCODING d")).endsWith(elements == 3 ? "listpack" : "quicklist");
        assertThat(ask("LRANGE d 0 1")).isEqualTo(ask("SORT s DESC LIMIT 0 2"));
        assertThat(ask("TTL d")).isEqualTo(":-1");
        assertThat(ask("SORT d STORE d")).isEqualTo(":" + elements);
        assertThat(ask("LINDEX d 0")).isEqualTo("$1 0");
    }

    @Test
    void what_a_pattern_does_not_find_is_stored_as_an_empty_text() {
        ask("RPUSH l 1 2");
        ask("SET w_2 two");
        assertThat(ask("SORT l GET w_* STORE d")).isEqualTo(":2");
        assertThat(ask("LRANGE d 0 -1")).isEqualTo("*2 $0  $3 two");
    }

    @Test
    void events_name_what_happened() {
        ask("RPUSH l 2 1");
        assertThat(server.events("SORT", "l", "STORE", "d")).containsExactly("0 l sortstore d");
        assertThat(server.events("SORT", "none", "STORE", "d")).containsExactly("0 g del d");
        assertThat(server.events("SORT", "none", "STORE", "d")).isEmpty();
        assertThat(server.events("SORT", "l")).isEmpty();
    }

    @Test
    void a_sort_is_logged_as_it_came_and_gives_the_same_list_later() {
        ask("SADD s a b c d e");
        ask("SET w_c 1 PX 50");
        ask("SORT s BY w_* DESC STORE before");
        server.advance(Duration.ofMillis(60));
        ask("SORT s BY w_* DESC STORE after");
        ask("SORT s");
        List<String> logged = server.logged();
        assertThat(logged).contains("0 SORT s BY w_* DESC STORE before").doesNotContain("0 SORT s");
        assertThat(logged).contains("0 DEL w_c");
        assertThat(logged.indexOf("0 DEL w_c")).isLessThan(logged.indexOf("0 SORT s BY w_* DESC STORE after"));

        TestServer other = new TestServer();
        other.advance(Duration.ofHours(1));
        for (String line : logged) other.replay(line.substring(2).split(" "));
        for (String key : List.of("before", "after"))
            assertThat(other.line("LRANGE " + key + " 0 -1")).isEqualTo(server.line("LRANGE " + key + " 0 -1"));
    }

    @Test
    void a_list_that_memory_is_too_short_for_leaves_everything_as_it_was() {
        TestServer small = new TestServer(16 << 20);
        small.run("SET", "w_1", "x".repeat(3_000_000));
        small.line("RPUSH l 1 1 1 1 1 1 1 1");
        small.line("RPUSH d old");
        assertThat(small.line("SORT l GET w_* STORE d")).startsWith("-OOM");
        assertThat(small.line("LRANGE d 0 -1")).isEqualTo("*1\r\n$3\r\nold\r\n");
        small.store().checkInvariants();
    }

    @Test
    void keys_are_the_sorted_one_and_the_last_that_is_stored_to() {
        assertThat(ask("COMMAND GETKEYS SORT a STORE b BY STORE STORE c")).isEqualTo("*2 $1 a $1 c");
        assertThat(ask("COMMAND GETKEYS SORT_RO a")).isEqualTo("*1 $1 a");
    }
}
