package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of bitmaps that a twin does not show: the log, events, memory, and what redis-server 7.0 does
/// not know. Replies are compared with a real server in `BitTwinTest`.
class BitCommandsTest {
    private static final String YES = ":1\r\n";
    private static final String NO = ":0\r\n";

    private final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    private static String bulk(String text) {
        return "$" + text.length() + "\r\n" + text + "\r\n";
    }

    private static String error(String text) {
        return "-ERR " + text + "\r\n";
    }

    // ---- single bits ----

    @ParameterizedTest
    @MethodSource("dev.cinnabar.engine.Encodings#all")
    void a_bit_is_set_and_got_in_a_value_of_every_encoding(String encoding, String value, int protocol) {
        server.speak(protocol);
        server.run("SET", "k", value, "EX", "100");
        Random random = new Random(1);
        byte[] model = value.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        for (int i = 0; i < 50; i++) {
            int bit = random.nextInt(8 * Math.min(model.length, 1000));
            boolean wanted = random.nextBoolean();
            boolean was = (model[bit / 8] >> (7 - bit % 8) & 1) != 0;
            assertThat(server.line("GETBIT k " + bit)).isEqualTo(was ? YES : NO);
            assertThat(server.line("SETBIT k " + bit + " " + (wanted ? 1 : 0))).isEqualTo(was ? YES : NO);
            model[bit / 8] = (byte) (wanted ? model[bit / 8] | 0x80 >> bit % 8 : model[bit / 8] & ~(0x80 >> bit % 8));
        }
        assertThat(server.line("GET k"))
                .isEqualTo(bulk(new String(model, java.nio.charset.StandardCharsets.ISO_8859_1)));
        assertThat(server.line("TTL k")).isEqualTo(":100\r\n");
        assertThat(server.line("GETBIT k 4000000000")).isEqualTo(NO);
        int length = model.length;
        server.line("SETBIT k " + (8 * length + 20) + " 1");
        assertThat(server.line("STRLEN k")).isEqualTo(":" + (length + 3) + "\r\n");
        assertThat(server.line("GETRANGE k " + length + " -1")).isEqualTo(bulk("\0\0\b"));
        assertThat(server.line("OBJECT ENCODING k")).isEqualTo(bulk("raw"));
    }

    @Test
    void a_bit_that_is_as_wanted_already_is_no_change() {
        server.line("SETBIT k 7 0");
        server.line("SETBIT k 3 1");
        assertThat(server.logged()).containsExactly("0 SETBIT k 7 0", "0 SETBIT k 3 1");
        server.line("SETBIT k 7 0");
        server.line("SETBIT k 3 1");
        assertThat(server.logged()).isEmpty();
        assertThat(server.events("SETBIT", "k", "3", "1")).isEmpty();
        assertThat(server.events("SETBIT", "k", "3", "0")).containsExactly("0 $ setbit k");
        assertThat(server.events("SETBIT", "k", "8", "0")).containsExactly("0 $ setbit k");
    }

    @Test
    void positions_end_with_the_longest_string_there_may_be() {
        String refused = error("bit offset is not an integer or out of range");
        assertThat(server.line("SETBIT k 4294967296 1")).isEqualTo(refused);
        assertThat(server.line("GETBIT k 4294967296")).isEqualTo(refused);
        assertThat(server.line("GETBIT k 4294967295")).isEqualTo(NO);
        assertThat(server.line("BITFIELD k GET u8 #2305843009213693953")).isEqualTo(refused); // times 8 is 2^64 + 8
        server.engine().limits().maxBulkBytes = 10;
        assertThat(server.line("SETBIT k 80 1")).isEqualTo(refused);
        assertThat(server.line("SETBIT k 79 1")).isEqualTo(NO);
        server.engine().limits().maxBulkBytes = Long.MAX_VALUE;
        assertThat(server.line("SETBIT k " + Long.MAX_VALUE + " 1")).startsWith("-OOM ");
        assertThat(server.line("BITFIELD k SET i64 " + Long.MAX_VALUE + " 1")).startsWith("-OOM ");
        assertThat(server.line("STRLEN k")).isEqualTo(":10\r\n");
    }

    // ---- ranges ----

    /// As Redis answers since 7.2; before, the key was looked up first.
    @Test
    void a_bad_range_is_refused_also_of_a_missing_key() {
        assertThat(server.line("BITCOUNT missing x 1")).isEqualTo(error("value is not an integer or out of range"));
        assertThat(server.line("BITCOUNT missing 0 1 BITS")).isEqualTo(error("syntax error"));
        assertThat(server.line("BITCOUNT missing 0")).isEqualTo(error("syntax error"));
        assertThat(server.line("BITPOS missing 1 x")).isEqualTo(error("value is not an integer or out of range"));
        assertThat(server.line("BITPOS missing 1 0 1 BITS")).isEqualTo(error("syntax error"));
        assertThat(server.line("BITCOUNT missing 0 1 BIT")).isEqualTo(NO);
        assertThat(server.line("BITPOS missing 1 0 1 BIT")).isEqualTo(":-1\r\n");
        assertThat(server.line("BITPOS missing 0")).isEqualTo(NO);
    }

    // ---- whole strings ----

    @ParameterizedTest
    @CsvSource({
        "DIFF,  a b,   '\u0050\u0000'",
        "DIFF,  a b c, '\u0040\u0000'",
        "DIFF1, a b,   '\u0008\u00f0'",
        "DIFF1, a b c, '\u0009\u00f0'",
        "ANDOR, a b,   '\u0002\u0000'",
        "ANDOR, a b c, '\u0012\u0000'",
        "ONE,   a b,   '\u0058\u00f0'",
        "ONE,   a b c, '\u0049\u00f0'",
        "ONE,   a,     '\u0052'",
        "DIFF,  none a,'\u0000'",
        "DIFF1, none a,'\u0052'"
    })
    void the_operations_of_redis_8_2_compare_the_first_key_with_the_others(
            String operation, String keys, String result) {
        server.run("SET", "a", "\u0052"); // 01010010
        server.run("SET", "b", "\n\u00f0"); // 00001010 11110000
        server.run("SET", "c", "\u0011"); // 00010001
        server.line("EXPIRE a 100");
        server.logged();

        assertThat(server.line("BITOP " + operation + " to " + keys)).isEqualTo(":" + result.length() + "\r\n");

        assertThat(server.line("GET to")).isEqualTo(bulk(result));
        // a Redis of 7 that reads the log knows nothing of the operation
        assertThat(server.logged()).containsExactly("0 SET to " + result);
        server.line("BITOP " + operation + " a " + keys);
        assertThat(server.line("GET a")).isEqualTo(bulk(result));
        assertThat(server.line("TTL a")).isEqualTo(":-1\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"DIFF", "DIFF1", "ANDOR"})
    void an_operation_that_compares_needs_two_keys(String operation) {
        assertThat(server.line("BITOP " + operation.toLowerCase() + " to a"))
                .isEqualTo(error("BITOP " + operation + " must be called with multiple source keys."));
    }

    @Test
    void the_result_replaces_whatever_was_there_and_is_logged_as_it_came() {
        server.line("RPUSH list a b");
        server.line("SET number 12345 EX 100");
        server.logged();
        assertThat(server.line("BITOP OR list number none")).isEqualTo(":5\r\n");
        assertThat(server.line("GET list")).isEqualTo(bulk("12345"));
        assertThat(server.line("BITOP AND number list number")).isEqualTo(":5\r\n");
        assertThat(server.line("TTL number")).isEqualTo(":-1\r\n");
        assertThat(server.line("BITOP XOR number none")).isEqualTo(NO);
        assertThat(server.line("EXISTS number")).isEqualTo(NO);
        server.line("BITOP XOR number none");
        assertThat(server.logged())
                .containsExactly(
                        "0 BITOP OR list number none", "0 BITOP AND number list number", "0 BITOP XOR number none");
        assertThat(server.events("BITOP", "NOT", "new", "list")).containsExactly("0 $ set new");
        assertThat(server.events("BITOP", "NOT", "new", "none")).containsExactly("0 g del new");
    }

    @ParameterizedTest
    @ValueSource(strings = {"to", "a", "b"})
    void a_refused_result_leaves_everything_as_it_was(String target) {
        TestServer small = new TestServer(24 << 20);
        String large = "l".repeat(9 << 20);
        assertThat(small.run("SET", "a", large)).isEqualTo("+OK\r\n");
        assertThat(small.run("SET", "b", "short", "EX", "100")).isEqualTo("+OK\r\n");
        assertThat(small.run("SET", "filler", "f".repeat(5 << 20))).isEqualTo("+OK\r\n");
        small.logged();
        String reply = small.line("BITOP NOT " + target + " a");
        if (target.equals("a")) {
            assertThat(reply).isEqualTo(":" + large.length() + "\r\n"); // in place: no second copy
        } else {
            assertThat(reply).startsWith("-OOM ");
            assertThat(small.logged()).isEmpty();
            assertThat(small.line("GET a")).isEqualTo(bulk(large));
            assertThat(small.line("BITOP OR b a b")).startsWith("-OOM ");
            assertThat(small.line("GET b")).isEqualTo(bulk("short"));
            assertThat(small.line("TTL b")).isEqualTo(":100\r\n");
            assertThat(small.line("EXISTS to")).isEqualTo(NO);
            assertThat(small.line("SETBIT b 100000000 1")).startsWith("-OOM ");
            assertThat(small.line("BITFIELD b SET u8 100000000 1")).startsWith("-OOM ");
            assertThat(small.line("STRLEN b")).isEqualTo(":5\r\n");
        }
        small.store().checkInvariants();
    }

    // ---- numbers ----

    @Test
    void a_field_that_does_not_change_is_not_logged() {
        server.line("BITFIELD k SET u8 0 7 INCRBY u8 8 1");
        assertThat(server.logged()).containsExactly("0 BITFIELD k SET u8 0 7 INCRBY u8 8 1");
        server.line("BITFIELD k SET u8 0 7 GET u4 0 INCRBY u8 8 0");
        server.line("BITFIELD k OVERFLOW FAIL INCRBY u8 0 255");
        server.line("BITFIELD k GET u8 100000");
        assertThat(server.logged()).isEmpty();
        assertThat(server.line("STRLEN k")).isEqualTo(":2\r\n");
        assertThat(server.events("BITFIELD", "k", "SET", "u8", "0", "8", "SET", "u8", "8", "8"))
                .containsExactly("0 $ setbit k");
        // Redis lets the string grow, too, but forgets to say so
        server.line("BITFIELD k OVERFLOW FAIL SET u8 24 256");
        assertThat(server.logged()).containsExactly("0 BITFIELD k OVERFLOW FAIL SET u8 24 256");
        assertThat(server.line("STRLEN k")).isEqualTo(":4\r\n");
    }

    @Test
    void all_operations_are_checked_before_the_first_is_done() {
        server.line("BITFIELD k SET u8 0 7");
        server.logged();
        for (String bad : new String[] {
            "SET u8 0 x", "SET u64 0 1", "SET u8 -1 1", "SET u8 0", "OVERFLOW", "OVERFLOW x", "FOO u8 0", "GET u8"
        }) {
            assertThat(server.line("BITFIELD k SET u8 0 9 " + bad)).startsWith("-ERR ");
        }
        assertThat(server.line("BITFIELD k GET u8 0")).isEqualTo("*1\r\n:7\r\n");
        assertThat(server.logged()).isEmpty();
    }

    /// Every width, both kinds, the ends of the range, beside arithmetic without an end.
    @ParameterizedTest
    @ValueSource(strings = {"WRAP", "SAT", "FAIL"})
    void a_counter_stays_within_its_range(String policy) {
        for (int width = 1; width <= 64; width++) {
            for (char kind : new char[] {'i', 'u'}) {
                if (kind == 'u' && width == 64) continue;
                var one = java.math.BigInteger.ONE;
                var max = one.shiftLeft(kind == 'i' ? width - 1 : width).subtract(one);
                var min = kind == 'i' ? max.negate().subtract(one) : java.math.BigInteger.ZERO;
                for (long by : new long[] {1, -1, 3, -7, Long.MAX_VALUE, Long.MIN_VALUE, 1L << (width - 1), 0}) {
                    for (var start : new java.math.BigInteger[] {max, min, max.shiftRight(1)}) {
                        server.line("BITFIELD k SET " + kind + width + " 3 " + start);
                        var sum = start.add(java.math.BigInteger.valueOf(by));
                        boolean fits = sum.compareTo(min) >= 0 && sum.compareTo(max) <= 0;
                        var expected = sum;
                        if (!fits && policy.equals("SAT")) expected = sum.signum() < 0 ? min : max;
                        if (!fits && policy.equals("SAT") && kind == 'u') expected = sum.compareTo(max) > 0 ? max : min;
                        if (!fits && policy.equals("WRAP")) {
                            expected = sum.mod(one.shiftLeft(width));
                            if (expected.compareTo(max) > 0) expected = expected.subtract(one.shiftLeft(width));
                        }
                        String reply =
                                server.line("BITFIELD k OVERFLOW " + policy + " INCRBY " + kind + width + " 3 " + by);
                        boolean fails = !fits && policy.equals("FAIL");
                        assertThat(reply)
                                .as("%s%d: %s + %d", kind, width, start, by)
                                .isEqualTo("*1\r\n" + (fails ? "$-1\r\n" : ":" + expected + "\r\n"));
                        assertThat(server.line("BITFIELD_RO k GET " + kind + width + " 3"))
                                .isEqualTo("*1\r\n:" + (fails ? start : expected) + "\r\n");
                    }
                }
            }
        }
    }

    @Test
    void an_image_holds_the_bits() {
        server.line("SETBIT a 100000 1");
        server.line("BITFIELD b SET i64 3 -5");
        server.line("BITOP XOR c a b");
        ListCommandsTest.assertReplays(server, "a", "b", "c");
    }
}
