package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of the string family, each on every encoding where it touches a value. What redis-server 7.0
/// knows is compared with a real one in `StringTwinTest`.
class StringCommandsTest {
    private static final String OK = "+OK\r\n";
    private static final String YES = ":1\r\n";
    private static final String NO = ":0\r\n";
    private static final String SYNTAX = "-ERR syntax error\r\n";
    private static final String NOT_AN_INTEGER = "-ERR value is not an integer or out of range\r\n";

    private final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    private static String bulk(String text) {
        return "$" + text.length() + "\r\n" + text + "\r\n";
    }

    private static String nil(int protocol) {
        return protocol == 3 ? "_\r\n" : "$-1\r\n";
    }

    // ---- setting and getting ----

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void what_was_set_is_got(String encoding, String value, int protocol) {
        server.speak(protocol);
        assertThat(server.run("SET", "k", value)).isEqualTo(OK);

        assertThat(server.line("GET k")).isEqualTo(bulk(value));
        assertThat(server.line("STRLEN k")).isEqualTo(":" + value.length() + "\r\n");
        assertThat(server.line("OBJECT ENCODING k")).isEqualTo(bulk(encoding));
        assertThat(server.line("GET missing")).isEqualTo(nil(protocol));
        assertThat(server.line("MGET k missing")).isEqualTo("*2\r\n" + bulk(value) + nil(protocol));
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void set_replaces_a_value_of_every_encoding_and_its_expiry(String encoding, String value, int protocol) {
        server.speak(protocol);
        for (String other : List.of("7", "text", "x".repeat(100), "y".repeat(100_000))) {
            server.run("SET", "k", value, "EX", "100");
            server.run("SET", "k", other);
            assertThat(server.line("GET k")).isEqualTo(bulk(other));
            assertThat(server.line("TTL k")).isEqualTo(":-1\r\n");
        }
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void set_get_answers_the_old_value_and_getset_does(String encoding, String value, int protocol) {
        server.speak(protocol);
        assertThat(server.run("SET", "k", value, "GET")).isEqualTo(nil(protocol));
        assertThat(server.run("SET", "k", "new", "GET", "XX")).isEqualTo(bulk(value));
        assertThat(server.run("SET", "k", value, "NX", "GET")).isEqualTo(bulk("new"));
        assertThat(server.run("GETSET", "k", value)).isEqualTo(bulk("new"));
        assertThat(server.line("GET k")).isEqualTo(bulk(value));
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void set_with_a_comparison_sets_only_if_it_holds(String encoding, String value, int protocol) {
        server.speak(protocol);
        assertThat(server.run("SET", "k", "x", "IFEQ", value)).isEqualTo(nil(protocol));
        assertThat(server.line("EXISTS k")).isEqualTo(NO);
        assertThat(server.run("SET", "k", value, "IFNE", value)).isEqualTo(OK);
        assertThat(server.run("SET", "k", "x", "IFNE", value)).isEqualTo(nil(protocol));
        assertThat(server.run("SET", "k", "x", "IFEQ", value + "!")).isEqualTo(nil(protocol));
        assertThat(server.run("SET", "k", "x", "IFEQ", value, "GET")).isEqualTo(bulk(value));
        assertThat(server.line("GET k")).isEqualTo(bulk("x"));
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void set_compares_digests_in_either_case(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "k", value);
        String digest = server.line("DIGEST k").substring(5, 21);

        assertThat(server.run("SET", "k", "x", "IFDNE", digest)).isEqualTo(nil(protocol));
        assertThat(server.run("SET", "k", "x", "IFDEQ", "0".repeat(16))).isEqualTo(nil(protocol));
        assertThat(server.run("SET", "k", "x", "IFDEQ", digest.toUpperCase(java.util.Locale.ROOT)))
                .isEqualTo(OK);
        assertThat(server.run("SET", "k", "y", "IFDNE", digest)).isEqualTo(OK);
        assertThat(server.run("SET", "missing", "x", "IFDEQ", digest)).isEqualTo(nil(protocol));
        assertThat(server.run("SET", "missing", "x", "IFDNE", digest)).isEqualTo(OK);
        assertThat(server.run("SET", "k", "x", "IFDEQ", "abc"))
                .isEqualTo("-ERR must be exactly 16 hexadecimal characters\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NX XX",
                "XX NX",
                "NX IFEQ a",
                "IFEQ a IFNE a",
                "IFEQ",
                "EX 5 PX 5",
                "EX 5 KEEPTTL",
                "KEEPTTL EX 5",
                "EX",
                "FOO",
                "PERSIST"
            })
    void set_refuses_options_that_exclude_each_other_and_unknown_ones(String options) {
        assertThat(server.line("SET k v " + options)).isEqualTo(SYNTAX);
        assertThat(server.line("EXISTS k")).isEqualTo(NO);
    }

    @ParameterizedTest
    @CsvSource({"EX 0, set", "PX -1, set", "EXAT 0, set", "EX 9223372036854775807, set", "PX 9223372036854775807, set"})
    void set_refuses_times_that_are_no_times(String option, String command) {
        assertThat(server.line("SET k v " + option))
                .isEqualTo("-ERR invalid expire time in '" + command + "' command\r\n");
        assertThat(server.line("SET k v EX x")).isEqualTo(NOT_AN_INTEGER);
        assertThat(server.line("EXISTS k")).isEqualTo(NO);
    }

    @Test
    void set_logs_what_it_did_without_its_conditions() {
        long now = server.nowMs();
        server.line("SET k 1");
        server.line("SET k 2 XX GET");
        server.line("SET k 3 NX");
        server.line("SET k 3 EX 10");
        server.line("SET k 4 KEEPTTL");
        server.line("SET k 5 IFEQ 4 PX 7");
        server.line("SETEX k 5 v");
        server.line("PSETEX k 5 v");
        server.line("GETSET k w");
        server.line("SETNX k w");
        assertThat(server.logged())
                .containsExactly(
                        "0 SET k 1",
                        "0 SET k 2",
                        "0 SET k 3 PXAT " + (now + 10_000),
                        "0 SET k 4 KEEPTTL",
                        "0 SET k 5 PXAT " + (now + 7),
                        "0 SET k v PXAT " + (now + 5000),
                        "0 SET k v PXAT " + (now + 5),
                        "0 SET k w");
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void getex_sets_and_removes_the_expiry(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "k", value);
        assertThat(server.line("GETEX k EX 10")).isEqualTo(bulk(value));
        assertThat(server.line("TTL k")).isEqualTo(":10\r\n");
        assertThat(server.line("GETEX k")).isEqualTo(bulk(value));
        assertThat(server.line("TTL k")).isEqualTo(":10\r\n");
        assertThat(server.line("GETEX k PERSIST")).isEqualTo(bulk(value));
        assertThat(server.line("TTL k")).isEqualTo(":-1\r\n");
        assertThat(server.line("GETEX k PXAT 1")).isEqualTo(bulk(value));
        assertThat(server.line("EXISTS k")).isEqualTo(NO);
        assertThat(server.line("GETEX k EX x")).isEqualTo(nil(protocol));
    }

    @Test
    void getex_logs_only_changes() {
        server.line("SET k v");
        server.logged();
        for (String line : List.of(
                "GETEX k", "GETEX k PERSIST", "GETEX k PXAT 99999999999999", "GETEX k PERSIST", "GETEX k EXAT 5")) {
            server.line(line);
        }
        assertThat(server.logged()).containsExactly("0 PEXPIREAT k 99999999999999", "0 PERSIST k", "0 DEL k");
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void getdel_answers_and_deletes(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "k", value);
        assertThat(server.line("GETDEL k")).isEqualTo(bulk(value));
        assertThat(server.line("GETDEL k")).isEqualTo(nil(protocol));
    }

    // ---- deleting under a condition ----

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void delex_and_delifeq_delete_only_if_the_condition_holds(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "k", value);
        String digest = server.line("DIGEST k").substring(5, 21);
        assertThat(server.run("DELEX", "k", "IFEQ", "other")).isEqualTo(NO);
        assertThat(server.run("DELEX", "k", "IFNE", value)).isEqualTo(NO);
        assertThat(server.run("DELEX", "k", "IFDEQ", "f".repeat(16))).isEqualTo(NO);
        assertThat(server.run("DELEX", "k", "IFDNE", digest)).isEqualTo(NO);
        assertThat(server.run("DELIFEQ", "k", "other")).isEqualTo(NO);
        server.logged();

        assertThat(server.run("DELEX", "k", "IFDEQ", digest)).isEqualTo(YES);
        server.run("SET", "k", value);
        assertThat(server.run("DELIFEQ", "k", value)).isEqualTo(YES);
        server.run("SET", "k", value);
        assertThat(server.run("DELEX", "k", "IFNE", "other")).isEqualTo(YES);
        server.run("SET", "k", value);
        assertThat(server.run("DELEX", "k")).isEqualTo(YES);

        assertThat(server.line("DELEX k")).isEqualTo(NO);
        assertThat(server.line("DELIFEQ k x")).isEqualTo(NO);
        assertThat(server.logged())
                .filteredOn(line -> !line.contains(" SET "))
                .hasSize(4)
                .containsOnly("0 DEL k");
    }

    @Test
    void delex_refuses_what_is_no_condition() {
        for (String line : List.of("DELEX k IFEQ", "DELEX k FOO x", "DELEX k NX", "DELEX k NX x", "DELEX k IFEQ a b")) {
            assertThat(server.line(line)).as(line).isEqualTo(SYNTAX);
        }
        assertThat(server.line("DELEX k IFDEQ 12")).as("of no key").isEqualTo(NO);
        server.line("SET k v");
        assertThat(server.line("DELEX k IFDEQ 12")).isEqualTo("-ERR must be exactly 16 hexadecimal characters\r\n");
    }

    @Test
    void a_digest_keeps_its_leading_zeros() {
        // the example of redis/redis issue 14496
        String value = "v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls2kwlj7626sd";
        server.line("SET k " + value);
        assertThat(server.line("DIGEST k")).isEqualTo(bulk("00006c38adf31777"));
        assertThat(server.line("DIGEST missing")).isEqualTo("$-1\r\n");
        assertThat(server.line("DELEX k IFDEQ 00006C38ADF31777")).isEqualTo(YES);
    }

    // ---- many at once ----

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void mset_sets_all_and_msetnx_all_or_none(String encoding, String value, int protocol) {
        server.speak(protocol);
        assertThat(server.run("MSET", "a", value, "b", "2", "a", "last")).isEqualTo(OK);
        assertThat(server.line("MGET a b")).isEqualTo("*2\r\n" + bulk("last") + bulk("2"));
        assertThat(server.run("MSETNX", "c", value, "b", value)).isEqualTo(NO);
        assertThat(server.line("EXISTS c")).isEqualTo(NO);
        assertThat(server.run("MSETNX", "c", value, "d", value)).isEqualTo(YES);
        assertThat(server.line("GET d")).isEqualTo(bulk(value));
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void msetex_sets_all_under_one_condition_and_expiry(String encoding, String value, int protocol) {
        server.speak(protocol);
        assertThat(server.run("MSETEX", "2", "a", value, "b", value, "XX")).isEqualTo(NO);
        assertThat(server.run("MSETEX", "2", "a", value, "b", value, "EX", "100", "NX"))
                .isEqualTo(YES);
        assertThat(server.run("MSETEX", "2", "a", "1", "c", "2", "NX")).isEqualTo(NO);
        assertThat(server.line("TTL a")).isEqualTo(":100\r\n");
        assertThat(server.line("GET b")).isEqualTo(bulk(value));
        assertThat(server.run("MSETEX", "1", "a", value, "KEEPTTL")).isEqualTo(YES);
        assertThat(server.line("TTL a")).isEqualTo(":100\r\n");
        assertThat(server.run("MSETEX", "1", "a", value)).isEqualTo(YES);
        assertThat(server.line("TTL a")).isEqualTo(":-1\r\n");
    }

    @Test
    void msetex_refuses_what_makes_no_sense() {
        for (String line : List.of("MSETEX 0 a 1", "MSETEX x a 1", "MSETEX -1 a 1", "MSETEX 99999999999 a 1")) {
            assertThat(server.line(line)).as(line).isEqualTo("-ERR invalid numkeys value\r\n");
        }
        assertThat(server.line("MSETEX 2 a 1 b")).isEqualTo("-ERR wrong number of key-value pairs\r\n");
        for (String line : List.of(
                "MSETEX 1 a 1 NX XX",
                "MSETEX 1 a 1 b 2",
                "MSETEX 1 a 1 EX",
                "MSETEX 1 a 1 EX 5 KEEPTTL",
                "MSETEX 1 a 1 IFEQ 2")) {
            assertThat(server.line(line)).as(line).isEqualTo(SYNTAX);
        }
        assertThat(server.line("MSETEX 1 a 1 EX 0")).isEqualTo("-ERR invalid expire time in 'msetex' command\r\n");
        assertThat(server.line("EXISTS a")).isEqualTo(NO);
    }

    @Test
    void msetex_is_logged_in_words_that_every_redis_knows() {
        long now = server.nowMs();
        server.line("MSETEX 2 a 1 b 2 PX 5");
        server.line("MSETEX 1 a 1 KEEPTTL");
        assertThat(server.logged())
                .containsExactly(
                        "0 MULTI",
                        "0 SET a 1 PXAT " + (now + 5),
                        "0 SET b 2 PXAT " + (now + 5),
                        "0 EXEC",
                        "0 SET a 1 KEEPTTL");
    }

    // ---- counting ----

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void numbers_count_whatever_way_they_are_stored(int protocol) {
        server.speak(protocol);
        assertThat(server.line("INCR n")).isEqualTo(YES);
        assertThat(server.line("INCRBY n 41")).isEqualTo(":42\r\n");
        assertThat(server.line("DECRBY n 50")).isEqualTo(":-8\r\n");
        assertThat(server.line("DECR n")).isEqualTo(":-9\r\n");
        server.line("SET r 1");
        server.line("APPEND r 5"); // now it is bytes
        assertThat(server.line("OBJECT ENCODING r")).isEqualTo(bulk("raw"));
        assertThat(server.line("INCR r")).isEqualTo(":16\r\n");
        assertThat(server.line("OBJECT ENCODING r")).isEqualTo(bulk("int"));
    }

    @Test
    void counting_stops_at_the_ends_of_64_bits() {
        server.line("SET n 9223372036854775807");
        assertThat(server.line("INCR n")).isEqualTo("-ERR increment or decrement would overflow\r\n");
        assertThat(server.line("INCRBY n -1")).isEqualTo(":9223372036854775806\r\n");
        server.line("SET n -9223372036854775808");
        assertThat(server.line("DECR n")).isEqualTo("-ERR increment or decrement would overflow\r\n");
        assertThat(server.line("DECRBY n -9223372036854775808")).isEqualTo("-ERR decrement would overflow\r\n");
        server.line("SET n text");
        assertThat(server.line("INCR n")).isEqualTo(NOT_AN_INTEGER);
    }

    @Test
    void counting_keeps_the_expiry() {
        server.line("SET n 1 EX 100");
        server.line("INCR n");
        server.line("INCRBYFLOAT n 0.5");
        server.line("APPEND n 5");
        assertThat(server.line("TTL n")).isEqualTo(":100\r\n");
        assertThat(server.line("GET n")).isEqualTo(bulk("2.55"));
    }

    @Test
    void incrbyfloat_leaves_a_text_that_counts_as_a_number() {
        assertThat(server.line("INCRBYFLOAT f 41")).isEqualTo(bulk("41"));
        assertThat(server.line("OBJECT ENCODING f")).isEqualTo(bulk("embstr"));
        assertThat(server.line("INCR f")).isEqualTo(":42\r\n");
        assertThat(server.line("OBJECT ENCODING f")).isEqualTo(bulk("int"));
    }

    @Test
    void incrbyfloat_is_logged_as_its_result() {
        server.line("INCRBYFLOAT f 3000.1");
        server.line("INCRBYFLOAT f 1e3");
        assertThat(server.logged())
                .containsExactly("0 SET f 3000.10000000000000009 KEEPTTL", "0 SET f 4000.10000000000000009 KEEPTTL");
        assertThat(server.line("INCRBYFLOAT f inf")).isEqualTo("-ERR increment would produce NaN or Infinity\r\n");
        assertThat(server.line("INCRBYFLOAT f x")).isEqualTo("-ERR value is not a valid float\r\n");
    }

    // ---- INCREX ----

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void increx_counts_and_answers_what_was_added(int protocol) {
        server.speak(protocol);
        assertThat(server.line("INCREX n")).isEqualTo("*2\r\n:1\r\n:1\r\n");
        assertThat(server.line("INCREX n BYINT -11")).isEqualTo("*2\r\n:-10\r\n:-11\r\n");
        server.line("SET n 1.5");
        String expected = protocol == 3 ? "*2\r\n,1.75\r\n,0.25\r\n" : "*2\r\n$4\r\n1.75\r\n$4\r\n0.25\r\n";
        assertThat(server.line("INCREX n BYFLOAT 0.25")).isEqualTo(expected);
        assertThat(server.line("INCREX n")).isEqualTo(NOT_AN_INTEGER);
    }

    @Test
    void increx_beyond_a_bound_changes_nothing() {
        server.line("SET n 99 EX 50");
        server.logged();
        assertThat(server.line("INCREX n BYINT 5 UBOUND 100 EX 10")).isEqualTo("*2\r\n:99\r\n:0\r\n");
        assertThat(server.line("INCREX n BYINT -100 LBOUND 0 PERSIST")).isEqualTo("*2\r\n:99\r\n:0\r\n");
        assertThat(server.line("INCREX missing UBOUND -1")).isEqualTo("*2\r\n:0\r\n:0\r\n");
        assertThat(server.line("INCREX n BYINT 9223372036854775807")).isEqualTo("*2\r\n:99\r\n:0\r\n");
        assertThat(server.line("INCREX n BYFLOAT 1.5 UBOUND 100")).isEqualTo("*2\r\n$2\r\n99\r\n$1\r\n0\r\n");
        assertThat(server.line("TTL n")).isEqualTo(":50\r\n");
        assertThat(server.line("EXISTS missing")).isEqualTo(NO);
        assertThat(server.logged()).isEmpty();
    }

    @Test
    void increx_saturates_when_asked() {
        server.line("SET n 99");
        assertThat(server.line("INCREX n BYINT 5 UBOUND 100 SATURATE EX 10")).isEqualTo("*2\r\n:100\r\n:1\r\n");
        assertThat(server.line("TTL n")).isEqualTo(":10\r\n");
        assertThat(server.line("INCREX n BYINT 5 UBOUND 100 SATURATE")).isEqualTo("*2\r\n:100\r\n:0\r\n");
        assertThat(server.line("INCREX n BYINT -500 LBOUND -3 SATURATE")).isEqualTo("*2\r\n:-3\r\n:-103\r\n");
        assertThat(server.line("INCREX n BYINT 9223372036854775807 SATURATE"))
                .isEqualTo("*2\r\n:9223372036854775804\r\n:9223372036854775807\r\n");
        assertThat(server.line("INCREX n BYINT 9 SATURATE")).isEqualTo("*2\r\n:9223372036854775807\r\n:3\r\n");
        server.line("SET n 200");
        assertThat(server.line("INCREX n BYINT 1 UBOUND 50 SATURATE")).isEqualTo("*2\r\n:50\r\n:-150\r\n");
        assertThat(server.line("INCREX n BYFLOAT 0.5 UBOUND 50.25 SATURATE"))
                .isEqualTo("*2\r\n$5\r\n50.25\r\n$4\r\n0.25\r\n");
        server.line("SET n -9223372036854775808");
        assertThat(server.line("INCREX n LBOUND 5 SATURATE"))
                .isEqualTo("-ERR increment or decrement would overflow\r\n");
    }

    @Test
    void increx_sets_removes_and_keeps_the_expiry() {
        assertThat(server.line("INCREX n EX 100 ENX")).isEqualTo("*2\r\n:1\r\n:1\r\n");
        server.line("INCREX n EX 10 ENX");
        assertThat(server.line("TTL n")).isEqualTo(":100\r\n");
        server.line("INCREX n");
        assertThat(server.line("TTL n")).isEqualTo(":100\r\n");
        server.line("INCREX n PX 5000");
        assertThat(server.line("TTL n")).isEqualTo(":5\r\n");
        server.line("INCREX n PERSIST");
        assertThat(server.line("TTL n")).isEqualTo(":-1\r\n");
        assertThat(server.line("GET n")).isEqualTo(bulk("5"));
    }

    @Test
    void increx_is_logged_as_its_result() {
        long now = server.nowMs();
        server.line("INCREX n EX 10");
        server.line("INCREX n BYFLOAT 0.5");
        server.line("INCREX n BYFLOAT 0.5 PERSIST");
        server.line("INCREX n EX 5 ENX");
        server.line("INCREX n EX 9 ENX");
        assertThat(server.logged())
                .containsExactly(
                        "0 SET n 1 PXAT " + (now + 10_000),
                        "0 SET n 1.5 KEEPTTL",
                        "0 SET n 2",
                        "0 SET n 3 PXAT " + (now + 5000),
                        "0 SET n 4 KEEPTTL");
    }

    @Test
    void increx_refuses_what_makes_no_sense() {
        for (String options : List.of(
                "BYINT", "BYINT 1 BYFLOAT 2", "EX 5 PX 5", "EX 5 PERSIST", "PERSIST ENX", "LBOUND", "FOO", "NX")) {
            assertThat(server.line("INCREX n " + options)).as(options).isEqualTo(SYNTAX);
        }
        assertThat(server.line("INCREX n ENX")).isEqualTo("-ERR ENX flag requires an expiration\r\n");
        assertThat(server.line("INCREX n LBOUND 5 UBOUND 4")).isEqualTo("-ERR LBOUND can't be greater than UBOUND\r\n");
        assertThat(server.line("INCREX n BYINT 1.5")).isEqualTo(NOT_AN_INTEGER);
        assertThat(server.line("INCREX n LBOUND 1.5")).isEqualTo("-ERR LBOUND is not an integer or out of range\r\n");
        assertThat(server.line("INCREX n UBOUND 1.5")).isEqualTo("-ERR UBOUND is not an integer or out of range\r\n");
        assertThat(server.line("INCREX n BYFLOAT 1 UBOUND x")).isEqualTo("-ERR UBOUND is not a valid float\r\n");
        assertThat(server.line("INCREX n BYFLOAT x")).isEqualTo("-ERR value is not a valid float\r\n");
        assertThat(server.line("INCREX n BYFLOAT inf")).isEqualTo("-ERR increment would produce NaN or Infinity\r\n");
        assertThat(server.line("INCREX n EX 0")).isEqualTo("-ERR invalid expire time in 'increx' command\r\n");
        assertThat(server.line("EXISTS n")).isEqualTo(NO);
    }

    // ---- parts ----

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void append_grows_a_value_of_every_encoding(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("APPEND", "k", value);
        assertThat(server.line("OBJECT ENCODING k")).isEqualTo(bulk(encoding));
        StringBuilder expected = new StringBuilder(value);
        for (String tail : List.of("x", "", "y".repeat(200), "z".repeat(20_000))) {
            expected.append(tail);
            assertThat(server.run("APPEND", "k", tail)).isEqualTo(":" + expected.length() + "\r\n");
        }
        assertThat(server.line("GET k")).isEqualTo(bulk(expected.toString()));
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void setrange_writes_into_a_value_of_every_encoding_and_fills_with_zeros(
            String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "k", value);
        int length = value.length();
        assertThat(server.run("SETRANGE", "k", "2", "##")).isEqualTo(":" + length + "\r\n");
        assertThat(server.run("SETRANGE", "k", "" + (length + 3), "end")).isEqualTo(":" + (length + 6) + "\r\n");
        assertThat(server.line("GET k"))
                .isEqualTo(bulk(value.substring(0, 2) + "##" + value.substring(4) + "\0\0\0end"));
        assertThat(server.run("SETRANGE", "new", "3", "x")).isEqualTo(":4\r\n");
        assertThat(server.line("GET new")).isEqualTo(bulk("\0\0\0x"));
    }

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void getrange_answers_parts_of_a_value_of_every_encoding(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "k", value);
        int length = value.length();
        assertThat(server.line("GETRANGE k 1 3")).isEqualTo(bulk(value.substring(1, 4)));
        assertThat(server.line("SUBSTR k -3 -1")).isEqualTo(bulk(value.substring(length - 3)));
        assertThat(server.line("GETRANGE k 0 -1")).isEqualTo(bulk(value));
        assertThat(server.line("GETRANGE k 5 2")).isEqualTo(bulk(""));
        assertThat(server.line("GETRANGE k " + length + " " + (length + 5))).isEqualTo(bulk(""));
    }

    @Test
    void a_string_can_not_grow_beyond_the_longest_bulk() {
        server.engine().limits().maxBulkBytes = 1000;
        server.run("SET", "k", "x".repeat(900));
        String refusal = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
        assertThat(server.run("APPEND", "k", "y".repeat(101))).isEqualTo(refusal);
        assertThat(server.run("SETRANGE", "k", "1000", "y")).isEqualTo(refusal);
        assertThat(server.run("SETRANGE", "new", "9223372036854775807", "y")).isEqualTo(refusal);
        assertThat(server.run("APPEND", "k", "y".repeat(100))).isEqualTo(":1000\r\n");
    }

    @Test
    void the_log_may_let_a_string_grow_beyond_the_longest_bulk_of_today() {
        server.engine().limits().maxBulkBytes = 1000;
        assertThat(server.replay("APPEND", "a", "x".repeat(900))).isEqualTo(":900\r\n");
        assertThat(server.replay("APPEND", "a", "x".repeat(900))).isEqualTo(":1800\r\n");
        assertThat(server.replay("SETRANGE", "a", "2000", "y")).isEqualTo(":2001\r\n");
        assertThat(server.replay("SETBIT", "b", "9000", "1")).isEqualTo(":0\r\n");
        assertThat(server.replay("BITFIELD", "b", "SET", "u8", "#1200", "7")).isEqualTo("*1\r\n:0\r\n");
        assertThat(server.line("STRLEN b")).isEqualTo(":1201\r\n");
        assertThat(server.replay("SETRANGE", "a", "9223372036854775807", "y")).startsWith("-OOM");
    }

    // ---- LCS ----

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void lcs_finds_the_longest_common_text(int protocol) {
        server.speak(protocol);
        server.line("MSET a ohmytext b mynewtext n 12345 m 3456");
        String map = protocol == 3 ? "%2" : "*4";
        assertThat(server.line("LCS a b")).isEqualTo(bulk("mytext"));
        assertThat(server.line("LCS a b LEN")).isEqualTo(":6\r\n");
        assertThat(server.line("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN"))
                .isEqualTo(map + "\r\n" + bulk("matches") + "*1\r\n*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n"
                        + bulk("len") + ":6\r\n");
        assertThat(server.line("LCS n m")).isEqualTo(bulk("345"));
        assertThat(server.line("LCS a missing")).isEqualTo(bulk(""));
        assertThat(server.line("LCS a b LEN IDX"))
                .isEqualTo("-ERR If you want both the length and indexes, please just use IDX.\r\n");
    }

    @Test
    void lcs_refuses_what_would_take_too_much_memory_and_gives_back_what_it_took() {
        server.run("SET", "a", "a".repeat(20_000));
        server.run("SET", "b", "b".repeat(20_000));
        assertThat(server.line("LCS a b LEN"))
                .isEqualTo("-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n");
        long reserved = server.store().pages().budget().reserved();
        server.run("SET", "a", "ab".repeat(2000));
        server.run("SET", "b", "ba".repeat(2000));
        assertThat(server.line("LCS a b LEN")).isEqualTo(":3999\r\n");
        assertThat(server.store().pages().budget().reserved()).isEqualTo(reserved);
    }

    // ---- events ----

    @Test
    void every_change_has_redis_s_event() {
        assertThat(server.events("SET", "a", "1")).containsExactly("0 $ set a");
        assertThat(server.events("SET", "a", "1", "EX", "5")).containsExactly("0 $ set a", "0 g expire a");
        assertThat(server.events("SETEX", "a", "5", "1")).containsExactly("0 $ set a", "0 g expire a");
        assertThat(server.events("MSET", "a", "1", "b", "2")).containsExactly("0 $ set a", "0 $ set b");
        assertThat(server.events("MSETEX", "1", "a", "1", "EX", "5")).containsExactly("0 $ set a", "0 g expire a");
        assertThat(server.events("GETEX", "a", "PERSIST")).containsExactly("0 g persist a");
        assertThat(server.events("GETEX", "a", "EX", "5")).containsExactly("0 g expire a");
        assertThat(server.events("INCR", "a")).containsExactly("0 $ incrby a");
        assertThat(server.events("DECRBY", "a", "2")).containsExactly("0 $ incrby a");
        assertThat(server.events("INCRBYFLOAT", "a", "2")).containsExactly("0 $ incrbyfloat a");
        assertThat(server.events("INCREX", "a", "PERSIST")).containsExactly("0 $ incrby a", "0 g persist a");
        assertThat(server.events("INCREX", "a", "PERSIST")).containsExactly("0 $ incrby a");
        assertThat(server.events("INCREX", "a", "BYFLOAT", "1", "PX", "9"))
                .containsExactly("0 $ incrbyfloat a", "0 g expire a");
        assertThat(server.events("APPEND", "a", "2")).containsExactly("0 $ append a");
        assertThat(server.events("SETRANGE", "a", "0", "2")).containsExactly("0 $ setrange a");
        assertThat(server.events("SETRANGE", "a", "0", "")).isEmpty();
        assertThat(server.events("GETDEL", "a")).containsExactly("0 g del a");
        assertThat(server.events("DELEX", "b")).containsExactly("0 g del b");
        assertThat(server.events("SET", "a", "1", "XX")).isEmpty();
    }

    // ---- memory ----

    @Test
    void mset_sets_all_or_none_when_memory_is_short() {
        TestServer small = new TestServer(12 << 20);
        String mebibyte = "x".repeat(1 << 20);
        int accepted = 0;
        String refusal = null;
        for (int i = 0; refusal == null; i++) {
            String reply = small.run("MSET", "a" + i, mebibyte, "b" + i, mebibyte, "c" + i, mebibyte);
            if (reply.equals(OK)) accepted++;
            else refusal = reply;
        }
        assertThat(refusal).startsWith("-OOM ");
        assertThat(accepted).isBetween(1, 3);
        assertThat(small.store().database(0).size()).isEqualTo(3L * accepted);
        assertThat(small.logged()).hasSize(accepted);
        small.store().checkInvariants();
    }

    @Test
    void mset_uses_the_last_holes_and_the_places_of_older_values() {
        TestServer small = new TestServer(12 << 20);
        // fills memory with small strings until it is full, then makes holes
        int keys = 0;
        while (small.run("SET", "k" + keys, "v".repeat(200)).equals(OK)) keys++;
        assertThat(small.run("MSET", "x", "v".repeat(3000), "y", "v".repeat(3000)))
                .startsWith("-OOM ");
        assertThat(small.line("EXISTS x y")).isEqualTo(NO);
        assertThat(small.run("MSET", "k0", "w".repeat(200), "k1", "w".repeat(200)))
                .isEqualTo(OK);
        assertThat(small.run("MSET", "k0", "v".repeat(30), "k0", "w".repeat(200)))
                .startsWith("-OOM ");
        assertThat(small.line("GET k0")).isEqualTo(bulk("w".repeat(200)));
        for (int i = 0; i < 100; i++) small.line("DEL k" + i);

        for (int i = 0; i < 100; i += 2) {
            assertThat(small.run("MSET", "k" + i, "x".repeat(200), "k" + (i + 1), "x".repeat(200)))
                    .isEqualTo(OK);
        }

        assertThat(small.store().database(0).size()).isEqualTo(keys);
        small.store().checkInvariants();
    }

    @Test
    void mset_at_the_limit_never_stops_half_way() {
        TestServer small = new TestServer(16 << 20);
        java.util.Random random = new java.util.Random(7);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            String[] words = new String[1 + 2 * (1 + random.nextInt(8))];
            words[0] = "MSET";
            for (int w = 1; w < words.length; w += 2) {
                words[w] = "key:" + random.nextInt(4000);
                words[w + 1] = "v".repeat(random.nextInt(20) == 0 ? random.nextInt(60_000) : random.nextInt(3000)) + i;
            }
            String before = small.run("GET", words[1]);
            String reply = small.run(words);
            if (reply.equals(OK)) {
                assertThat(small.run("GET", words[words.length - 2])).isEqualTo(bulk(words[words.length - 1]));
            } else {
                refused++;
                assertThat(reply).startsWith("-OOM not enough memory");
                assertThat(small.run("GET", words[1])).isEqualTo(before);
                for (int d = 0; d < 5; d++) small.run("DEL", "key:" + random.nextInt(4000));
            }
        }
        assertThat(refused).isGreaterThan(100);
        small.store().checkInvariants();
    }

    @Test
    void expired_strings_are_missing() {
        server.line("SET k 5 PX 10");
        server.advance(Duration.ofMillis(11));
        assertThat(server.line("INCR k")).isEqualTo(YES);
        assertThat(server.line("TTL k")).isEqualTo(":-1\r\n");
    }
}
