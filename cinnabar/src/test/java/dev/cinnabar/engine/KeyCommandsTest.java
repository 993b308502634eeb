package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of the key family, each on every encoding where it touches a value. Compared with a real
/// server in `KeyTwinTest`.
class KeyCommandsTest {
    private static final String OK = "+OK\r\n";
    private static final String YES = ":1\r\n";
    private static final String NO = ":0\r\n";

    private final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    private void assertNothing(String line, int protocol) {
        assertThat(server.line(line)).isEqualTo(protocol == 3 ? "_\r\n" : "$-1\r\n");
    }

    private static String bulk(String text) {
        return "$" + text.length() + "\r\n" + text + "\r\n";
    }

    // ---- counting ----

    /// As many as Redis 7.0.15 counts (but for two calls that wait, where that counts one too few).
    @Test
    void a_change_is_counted_once_however_many_events_tell_of_it() {
        for (String counted : List.of(
                "1 SET k 1 EX 100",
                "1 SETEX k 10 v",
                "1 PERSIST k",
                "1 RENAME k l",
                "1 MOVE l 3",
                "2 RPUSH l a b",
                "1 LMOVE l m LEFT RIGHT",
                "1 RPOPLPUSH m m",
                "1 LPOP l",
                "1 LTRIM m 5 6",
                "3 SADD s a b c",
                "2 SMOVE s t a",
                "2 SREM s b c",
                "1 SPOP t",
                "2 HSET h a 1 b 2",
                "2 HDEL h a b",
                "2 ZADD z 1 a 2 b",
                "2 ZREMRANGEBYRANK z 0 -1",
                "1 XADD x 1-1 f v",
                "1 XADD x MAXLEN 1 2-1 f v",
                "0 DEL none")) {
            String[] words = counted.split(" ", 2);
            long before = server.engine().statistics().dirty();
            server.line(words[1]);
            assertThat(server.engine().statistics().dirty() - before)
                    .as(words[1])
                    .isEqualTo(Long.parseLong(words[0]));
        }
    }

    // ---- asking, deleting ----

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void del_and_unlink_take_keys_away_and_count_them(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "a", value);
        server.run("SET", "b", value);
        server.run("SET", "c", value, "EX", "100");

        assertThat(server.line("DEL a missing a")).isEqualTo(YES);
        assertThat(server.line("UNLINK b c missing")).isEqualTo(":2\r\n");

        assertThat(server.line("EXISTS a b c")).isEqualTo(NO);
        assertThat(server.store().database(0).size()).isZero();
    }

    @Test
    void del_logs_itself_and_only_when_it_did_something() {
        server.line("SET a 1");
        server.logged();

        server.line("DEL a b");
        server.line("DEL a b");
        server.line("UNLINK a");

        assertThat(server.logged()).containsExactly("0 DEL a b");
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void exists_touch_and_type_look_at_keys_of_every_encoding(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "a", value);

        assertThat(server.line("EXISTS a a missing")).isEqualTo(":2\r\n");
        assertThat(server.line("TOUCH a a missing")).isEqualTo(":2\r\n");
        assertThat(server.line("TYPE a")).isEqualTo("+string\r\n");
        assertThat(server.line("TYPE missing")).isEqualTo("+none\r\n");
        assertThat(server.line("OBJECT ENCODING a")).isEqualTo(bulk(encoding));
    }

    @Test
    void touch_counts_as_use_and_asking_does_not() {
        server.line("SET a 1");
        server.advance(Duration.ofSeconds(100));
        server.line("EXISTS a");
        server.line("TYPE a");
        server.line("TTL a");
        server.line("OBJECT ENCODING a");
        assertThat(server.line("OBJECT IDLETIME a")).isEqualTo(":100\r\n");

        server.line("TOUCH a");

        assertThat(server.line("OBJECT IDLETIME a")).isEqualTo(NO);
    }

    @Test
    void touch_counts_as_use_even_where_reading_does_not() {
        server.line("SET a 1");
        server.line("CLIENT NO-TOUCH ON");
        server.advance(Duration.ofSeconds(100));
        server.line("GET a");
        assertThat(server.line("OBJECT IDLETIME a")).isEqualTo(":100\r\n");

        server.line("TOUCH a");

        assertThat(server.line("OBJECT IDLETIME a")).isEqualTo(NO);
    }

    @Test
    void asking_counts_hits_and_misses() {
        server.line("SET a 1");
        for (String line :
                List.of("EXISTS a b", "TYPE a", "TYPE b", "TTL a", "TTL b", "TOUCH a b", "OBJECT ENCODING b")) {
            server.line(line);
        }

        assertThat(server.engine().keyspaceHits()).isEqualTo(4);
        assertThat(server.engine().keyspaceMisses()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void object_answers_nothing_for_a_missing_key(int protocol) {
        server.speak(protocol);
        for (String what : List.of("ENCODING", "FREQ", "IDLETIME", "REFCOUNT"))
            assertNothing("OBJECT " + what + " missing", protocol);
    }

    @Test
    void object_freq_and_idletime_know_which_of_them_is_kept() {
        server.line("SET a 1");
        assertThat(server.line("OBJECT FREQ a")).startsWith("-ERR An LFU maxmemory policy is not selected");

        server.store().moment().isLfu = true;
        server.line("SET b 1");

        assertThat(server.line("OBJECT IDLETIME b")).startsWith("-ERR An LFU maxmemory policy is selected");
        assertThat(server.line("OBJECT FREQ b")).isEqualTo(":5\r\n");
        for (int i = 0; i < 1000; i++) server.line("GET b");
        assertThat(Integer.parseInt(server.line("OBJECT FREQ b").substring(1).strip()))
                .isBetween(8, 100);
    }

    @Test
    void object_refcount_tells_small_numbers_as_shared_like_redis() {
        server.line("SET a 9999");
        server.line("SET b 10000");
        server.line("SET c text");

        assertThat(server.line("OBJECT REFCOUNT a")).isEqualTo(":2147483647\r\n");
        assertThat(server.line("OBJECT REFCOUNT b")).isEqualTo(YES);
        assertThat(server.line("OBJECT REFCOUNT c")).isEqualTo(YES);
    }

    @Test
    void object_help_tells_of_every_subcommand() {
        String help = server.line("OBJECT HELP");
        assertThat(help).startsWith("*11\r\n+OBJECT <subcommand>");
        assertThat(help).contains("ENCODING <key>", "FREQ <key>", "IDLETIME <key>", "REFCOUNT <key>", "HELP");
        assertThat(server.line("OBJECT NONSENSE a"))
                .isEqualTo("-ERR unknown subcommand 'NONSENSE'. Try OBJECT HELP.\r\n");
    }

    // ---- another name, another place ----

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void rename_carries_value_and_expiry_and_replaces_the_other(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "a", value, "EX", "100");
        server.run("SET", "other-key", "old");

        assertThat(server.line("RENAME a other-key")).isEqualTo(OK);

        assertThat(server.line("EXISTS a")).isEqualTo(NO);
        assertThat(server.line("GET other-key")).isEqualTo(bulk(value));
        assertThat(server.line("TTL other-key")).isEqualTo(":100\r\n");
        assertThat(server.line("OBJECT ENCODING other-key")).isEqualTo(bulk(encoding));
    }

    @Test
    void rename_of_a_key_without_expiry_leaves_none_of_the_replaced_one() {
        server.line("SET a 1");
        server.line("SET b 2 EX 100");

        server.line("RENAME a b");

        assertThat(server.line("TTL b")).isEqualTo(":-1\r\n");
        assertThat(server.store().database(0).volatileSize()).isZero();
    }

    @Test
    void rename_onto_itself_is_fine_and_changes_nothing() {
        server.line("SET a 1");
        server.logged();

        assertThat(server.line("RENAME a a")).isEqualTo(OK);
        assertThat(server.line("RENAMENX a a")).isEqualTo(NO);
        assertThat(server.line("RENAME missing missing")).isEqualTo("-ERR no such key\r\n");

        assertThat(server.logged()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void renamenx_leaves_an_existing_key_alone(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "a", value);
        server.run("SET", "b", "there");

        assertThat(server.line("RENAMENX a b")).isEqualTo(NO);
        assertThat(server.line("RENAMENX a c")).isEqualTo(YES);
        assertThat(server.line("RENAMENX a c")).isEqualTo("-ERR no such key\r\n");

        assertThat(server.line("GET b")).isEqualTo(bulk("there"));
        assertThat(server.line("GET c")).isEqualTo(bulk(value));
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void move_takes_a_key_to_another_database(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "a", value, "EX", "100");

        assertThat(server.line("MOVE a 3")).isEqualTo(YES);
        assertThat(server.line("MOVE a 3")).isEqualTo(NO);

        assertThat(server.line("EXISTS a")).isEqualTo(NO);
        server.select(3);
        assertThat(server.line("GET a")).isEqualTo(bulk(value));
        assertThat(server.line("TTL a")).isEqualTo(":100\r\n");
    }

    @Test
    void move_leaves_a_key_of_that_name_alone_and_refuses_its_own_database() {
        server.line("SET a 1");
        server.select(1).line("SET a 2");
        server.select(0);

        assertThat(server.line("MOVE a 1")).isEqualTo(NO);
        assertThat(server.line("MOVE a 0")).isEqualTo("-ERR source and destination objects are the same\r\n");
        assertThat(server.line("MOVE a 16")).isEqualTo("-ERR DB index is out of range\r\n");

        assertThat(server.line("GET a")).isEqualTo(bulk("1"));
        assertThat(server.select(1).line("GET a")).isEqualTo(bulk("2"));
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void copy_makes_a_second_value_with_the_same_expiry(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "a", value, "EX", "100");

        assertThat(server.line("COPY a b")).isEqualTo(YES);
        assertThat(server.line("COPY a b")).isEqualTo(NO);
        server.line("APPEND a x");

        assertThat(server.line("GET b")).isEqualTo(bulk(value));
        assertThat(server.line("TTL b")).isEqualTo(":100\r\n");
        assertThat(server.line("OBJECT ENCODING b")).isEqualTo(bulk(encoding));
        assertThat(server.line("COPY a b REPLACE DB 5")).isEqualTo(YES);
        assertThat(server.select(5).line("GET b")).isEqualTo(bulk(value + "x"));
    }

    @Test
    void copy_replaces_only_when_asked() {
        server.line("SET a 1");
        server.line("SET b 2 EX 50");

        assertThat(server.line("COPY a b")).isEqualTo(NO);
        assertThat(server.line("GET b")).isEqualTo(bulk("2"));
        assertThat(server.line("COPY a b REPLACE")).isEqualTo(YES);

        assertThat(server.line("GET b")).isEqualTo(bulk("1"));
        assertThat(server.line("TTL b")).isEqualTo(":-1\r\n");
    }

    // ---- expiry ----

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void a_key_is_there_until_its_time_is_over(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "a", value);
        assertThat(server.line("PEXPIRE a 1500")).isEqualTo(YES);
        assertThat(server.line("TTL a")).isEqualTo(":2\r\n");
        assertThat(server.line("GET a")).isEqualTo(bulk(value));

        server.advance(Duration.ofMillis(1500));
        assertThat(server.line("PTTL a")).isEqualTo(NO);
        server.advance(Duration.ofMillis(1));

        assertThat(server.line("PTTL a")).isEqualTo(":-2\r\n");
        assertNothing("GET a", protocol);
    }

    @Test
    void times_are_answered_as_left_and_as_moments() {
        long now = server.nowMs();
        server.line("SET a 1");
        assertThat(server.line("EXPIRETIME a")).isEqualTo(":-1\r\n");
        assertThat(server.line("PEXPIRETIME missing")).isEqualTo(":-2\r\n");

        server.line("PEXPIREAT a " + (now + 12_345));

        assertThat(server.line("PEXPIRETIME a")).isEqualTo(":" + (now + 12_345) + "\r\n");
        assertThat(server.line("EXPIRETIME a")).isEqualTo(":" + (now + 12_345 + 500) / 1000 + "\r\n");
        assertThat(server.line("PTTL a")).isEqualTo(":12345\r\n");
        assertThat(server.line("TTL a")).isEqualTo(":12\r\n");
    }

    @Test
    void the_largest_time_there_is_can_be_set_and_told() {
        server.line("SET a 1");
        assertThat(server.line("PEXPIREAT a 9223372036854775807")).isEqualTo(YES);
        assertThat(server.line("PEXPIRETIME a")).isEqualTo(":9223372036854775807\r\n");
        assertThat(server.line("EXPIRETIME a")).isEqualTo(":9223372036854776\r\n");
        assertThat(server.line("PEXPIRE a 9223372036854775807"))
                .isEqualTo("-ERR invalid expire time in 'pexpire' command\r\n");
    }

    @Test
    void relative_times_are_logged_as_moments() {
        long now = server.nowMs();
        server.line("SET a 1");
        server.logged();

        server.line("EXPIRE a 10");
        server.line("PEXPIRE a 5 LT");
        server.line("EXPIREAT a " + (now / 1000 + 9));
        server.line("EXPIRE a 1 GT");
        server.line("PERSIST a");
        server.line("PERSIST a");

        assertThat(server.logged())
                .containsExactly(
                        "0 PEXPIREAT a " + (now + 10_000),
                        "0 PEXPIREAT a " + (now + 5),
                        "0 PEXPIREAT a " + (now / 1000 + 9) * 1000,
                        "0 PERSIST a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"EXPIRE a 0", "EXPIRE a -1", "PEXPIRE a -9999999999", "EXPIREAT a 1", "PEXPIREAT a -5"})
    void a_time_that_has_passed_deletes_at_once(String line) {
        server.line("SET a 1");
        server.logged();

        assertThat(server.line(line)).isEqualTo(YES);

        assertThat(server.store().database(0).size()).isZero();
        assertThat(server.logged()).containsExactly("0 DEL a");
    }

    @Test
    void a_time_that_has_passed_is_kept_while_the_log_is_replayed() {
        server.replay("SET", "a", "1");
        server.replay("PEXPIREAT", "a", "1000");
        server.replay("PEXPIREAT", "a", "-1000");
        assertThat(server.store().database(0).size()).isEqualTo(1);
        assertThat(server.store().database(0).volatileSize()).isEqualTo(1);

        assertThat(server.line("EXISTS a")).isEqualTo(NO);
    }

    @Test
    void conditions_decide_whether_a_time_is_set() {
        server.line("SET a 1");
        assertThat(server.line("EXPIRE a 10 XX")).isEqualTo(NO);
        assertThat(server.line("EXPIRE a 10 GT")).isEqualTo(NO);
        assertThat(server.line("EXPIRE a 100 LT")).isEqualTo(YES);
        assertThat(server.line("EXPIRE a 10 NX")).isEqualTo(NO);
        assertThat(server.line("EXPIRE a 99 GT")).isEqualTo(NO);
        assertThat(server.line("EXPIRE a 101 GT")).isEqualTo(YES);
        assertThat(server.line("EXPIRE a 101 LT")).isEqualTo(NO);
        assertThat(server.line("EXPIRE a 50 XX LT")).isEqualTo(YES);
        assertThat(server.line("TTL a")).isEqualTo(":50\r\n");
        assertThat(server.line("EXPIRE missing 10 NX")).isEqualTo(NO);
    }

    @Test
    void conditions_that_exclude_each_other_are_refused() {
        String nx = "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n";
        assertThat(server.line("EXPIRE a 10 NX XX")).isEqualTo(nx);
        assertThat(server.line("EXPIRE a 10 LT NX")).isEqualTo(nx);
        assertThat(server.line("EXPIRE a 10 LT GT"))
                .isEqualTo("-ERR GT and LT options at the same time are not compatible\r\n");
        assertThat(server.line("EXPIRE a x FOO")).isEqualTo("-ERR Unsupported option FOO\r\n");
    }

    // ---- walking ----

    @Test
    void keys_answers_what_matches_and_has_not_expired() {
        server.line("MSET one 1 two 2 three 3");
        server.line("SET four 4 PX 10");
        server.advance(Duration.ofMillis(11));

        assertThat(keys("*")).containsExactlyInAnyOrder("one", "two", "three");
        assertThat(keys("t*")).containsExactlyInAnyOrder("two", "three");
        assertThat(keys("?[nw]?")).containsExactlyInAnyOrder("one", "two");
        assertThat(keys("?[nw]")).isEmpty();
        assertThat(server.line("KEYS nothing")).isEqualTo("*0\r\n");
    }

    @Test
    void keys_answers_thousands() {
        Set<String> expected = new HashSet<>();
        for (int i = 0; i < 5000; i++) {
            server.line("SET key:" + i + " " + i);
            expected.add("key:" + i);
        }
        assertThat(new HashSet<>(keys("key:*"))).isEqualTo(expected);
        assertThat(keys("key:12??")).hasSize(100);
    }

    private List<String> keys(String pattern) {
        return bulks(server.line("KEYS " + pattern));
    }

    private static List<String> bulks(String reply) {
        return reply.lines()
                .filter(line -> !line.startsWith("*") && !line.startsWith("$"))
                .toList();
    }

    @Test
    void scan_meets_every_key_once_however_the_table_changes() {
        for (int i = 0; i < 3000; i++) server.line("SET stays:" + i + " x");
        Set<String> met = new HashSet<>();
        String cursor = "0";
        int calls = 0;
        do {
            List<String> reply = bulks(server.line("SCAN " + cursor + " COUNT 7"));
            cursor = reply.get(0);
            assertThat(Long.parseUnsignedLong(cursor)).isLessThan(1L << 48);
            for (String key : reply.subList(1, reply.size())) {
                if (key.startsWith("stays:"))
                    assertThat(met.add(key)).as("%s is met once", key).isTrue();
            }
            for (int i = 0; i < 10; i++) server.line("SET comes:" + calls + ":" + i + " x");
            if (calls % 2 == 1) for (int i = 0; i < 15; i++) server.line("DEL comes:" + (calls - 1) + ":" + i);
            calls++;
        } while (!cursor.equals("0"));

        assertThat(met).hasSize(3000);
        assertThat(calls).isGreaterThan(100);
    }

    @Test
    void a_call_of_scan_meets_as_many_keys_as_it_asks_for_also_where_all_would_fit_into_one() {
        for (int i = 0; i < 7; i++) server.line("SET k" + i + " x");

        List<String> first = bulks(server.line("SCAN 0 COUNT 4"));
        assertThat(first).hasSize(1 + 4).doesNotContain("0");
        List<String> second = bulks(server.line("SCAN " + first.get(0) + " COUNT 4"));
        assertThat(second).hasSize(1 + 3).startsWith("0").doesNotContainAnyElementsOf(first);
    }

    @Test
    void scan_filters_by_pattern_and_type_and_skips_the_expired() {
        server.line("MSET a1 x a2 x b1 x");
        server.line("SET a3 x PX 5");
        server.advance(Duration.ofMillis(6));

        assertThat(bulks(server.line("SCAN 0 MATCH a*"))).containsExactlyInAnyOrder("0", "a1", "a2");
        assertThat(bulks(server.line("SCAN 0 TYPE String"))).containsExactlyInAnyOrder("0", "a1", "a2", "b1");
        assertThat(server.line("SCAN 0 TYPE hash")).isEqualTo("*2\r\n$1\r\n0\r\n*0\r\n");
    }

    @Test
    void scan_takes_any_cursor_that_redis_takes() {
        for (String cursor : List.of("7", "+3", "-5", "007", "18446744073709551615", "-18446744073709551615", "")) {
            assertThat(server.run("SCAN", cursor)).as(cursor).isEqualTo("*2\r\n$1\r\n0\r\n*0\r\n");
        }
        for (String cursor : List.of("x", "-", "+", " 1", "1 ", "0x1", "18446744073709551616", "1.5")) {
            assertThat(server.run("SCAN", cursor)).as(cursor).isEqualTo("-ERR invalid cursor\r\n");
        }
        assertThat(server.line("SCAN 0 COUNT 0")).isEqualTo("-ERR syntax error\r\n");
        assertThat(server.line("SCAN 0 COUNT")).isEqualTo("-ERR syntax error\r\n");
        assertThat(server.line("SCAN 0 COUNT x")).isEqualTo("-ERR value is not an integer or out of range\r\n");
    }

    @Test
    void randomkey_answers_keys_that_are_there() {
        assertNothing("RANDOMKEY", 2);
        server.line("MSET a 1 b 2 c 3");
        Set<String> met = new HashSet<>();
        for (int i = 0; i < 200; i++) met.addAll(bulks(server.line("RANDOMKEY")));
        assertThat(met).containsExactlyInAnyOrder("a", "b", "c");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void randomkey_ends_when_all_keys_have_expired(boolean deletesExpired) {
        for (int i = 0; i < 1000; i++) server.line("SET k" + i + " x PX 5");
        server.advance(Duration.ofMillis(6));
        if (!deletesExpired) server.line("CLIENT PAUSE 100000 WRITE");

        assertNothing("RANDOMKEY", 2);

        if (!deletesExpired) assertThat(server.store().database(0).size()).isEqualTo(1000);
    }

    @Test
    void randomkey_finds_the_one_key_that_is_left() {
        for (int i = 0; i < 5000; i++) server.line("SET k" + i + " x PX 5");
        server.line("SET left x");
        server.advance(Duration.ofMillis(6));

        for (int i = 0; i < 10; i++) assertThat(server.line("RANDOMKEY")).isEqualTo(bulk("left"));
    }

    // ---- what others are told ----

    @Test
    void every_change_has_redis_s_event() {
        server.line("MSET a 1 b 2 c 3");
        assertThat(server.events("EXPIRE", "a", "100")).containsExactly("0 g expire a");
        assertThat(server.events("PERSIST", "a")).containsExactly("0 g persist a");
        assertThat(server.events("PERSIST", "a")).isEmpty();
        assertThat(server.events("RENAME", "a", "x")).containsExactly("0 g rename_from a", "0 g rename_to x");
        assertThat(server.events("RENAMENX", "x", "y")).containsExactly("0 g rename_from x", "0 g rename_to y");
        assertThat(server.events("RENAME", "y", "y")).isEmpty();
        assertThat(server.events("MOVE", "y", "2")).containsExactly("0 g move_from y", "2 g move_to y");
        assertThat(server.events("COPY", "b", "z", "DB", "4")).containsExactly("4 g copy_to z");
        assertThat(server.events("DEL", "b", "missing", "c")).containsExactly("0 g del b", "0 g del c");
        server.line("SET a 1");
        assertThat(server.events("EXPIRE", "a", "-1")).containsExactly("0 g del a");
        assertThat(server.events("TOUCH", "a")).isEmpty();
    }

    @Test
    void what_is_not_relative_is_logged_as_it_came() {
        server.line("MSET a 1 b 2");
        server.logged();
        for (String line : List.of("RENAME a c", "COPY b d REPLACE DB 3", "MOVE b 2", "RENAMENX c e", "COPY e f"))
            server.line(line);
        assertThat(server.logged())
                .containsExactly(
                        "0 RENAME a c", "0 COPY b d REPLACE DB 3", "0 MOVE b 2", "0 RENAMENX c e", "0 COPY e f");
    }

    @Test
    void an_expired_key_in_the_way_goes_as_expired() {
        server.line("SET a 1");
        server.line("SET b 2 PX 5");
        server.advance(Duration.ofMillis(6));
        server.logged();

        assertThat(server.line("RENAMENX a b")).isEqualTo(YES);

        assertThat(server.logged()).containsExactly("0 DEL b", "0 RENAMENX a b");
    }
}
