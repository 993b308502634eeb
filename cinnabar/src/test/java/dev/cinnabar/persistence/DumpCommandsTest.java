package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.engine.TestServer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of DUMP and RESTORE. That payloads go from server to server shows in `DumpTwinTest`, that no
/// byte of them is believed in `PayloadFuzzTest`.
class DumpCommandsTest {
    private static final String BAD_DATA = "-ERR Bad data format\r\n";
    private static final String DAMAGED = "-ERR DUMP payload version or checksum are wrong\r\n";
    private static final String OK = "+OK\r\n";

    private final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    private String dump(String key) {
        return bulk(server.run("DUMP", key));
    }

    static String bulk(String reply) {
        return reply.substring(reply.indexOf('\n') + 1, reply.length() - 2);
    }

    private String encoding(String key) {
        return bulk(server.run("OBJECT", "ENCODING", key));
    }

    private String digest(String key) {
        return digest(server, key);
    }

    /// The fingerprint of a value.
    static String digest(TestServer server, String key) {
        server.engine().settings().debugCommand = "yes";
        String reply = server.run("DEBUG", "DIGEST-VALUE", key);
        assertThat(reply).matches("\\*1\r\n\\+[0-9a-f]{40}\r\n").doesNotContain("0".repeat(40));
        return reply;
    }

    private String restore(Payload payload) {
        return server.run("RESTORE", "k", "0", payload.sealed());
    }

    // ---- round trips ----

    @Test
    void a_stream_whose_last_id_was_taken_back_behind_a_deleted_one_is_restored() {
        server.line("XADD a 60-594 name value");
        server.line("XSETID a 100-1 ENTRIESADDED 5 MAXDELETEDID 90-0");
        server.line("XSETID a 60-594");

        assertThat(server.run("RESTORE", "b", "0", dump("a"))).isEqualTo(OK);

        assertThat(server.line("XINFO STREAM b")).isEqualTo(server.line("XINFO STREAM a"));
    }

    /// With and without a consumer that has no name, under which such entries stand in the payload.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void entries_that_are_pending_of_nobody_are_restored_so(boolean hasNameless) {
        for (int i = 1; i <= 6; i++) server.run("XADD", "a", i + "-0", "f", "v");
        for (String group : new String[] {"g", "h"}) {
            server.line("XGROUP CREATE a " + group + " 0");
            server.line("XREADGROUP GROUP " + group + " c COUNT 4 STREAMS a >");
        }
        server.line("XNACK a g FATAL IDS 2 1-0 3-0");
        if (hasNameless) server.run("XREADGROUP", "GROUP", "g", "", "COUNT", "1", "STREAMS", "a", ">");
        server.line("XGROUP CREATE a i 0");
        server.line("XNACK a i FAIL IDS 1 6-0 FORCE");

        assertThat(server.run("RESTORE", "b", "0", dump("a"))).isEqualTo(OK);

        String full = server.line("XINFO STREAM a FULL COUNT 0").replaceAll("active-time\r\n:-?\\d+", "");
        assertThat(server.line("XINFO STREAM b FULL COUNT 0").replaceAll("active-time\r\n:-?\\d+", ""))
                .isEqualTo(full);
        assertThat(dump("b")).isEqualTo(dump("a"));
        server.store().checkInvariants();
    }

    @ParameterizedTest
    @EnumSource(Samples.class)
    void what_was_dumped_is_restored_in_its_form(Samples sample) {
        assertThat(server.run(sample.commandFor("a"))).doesNotStartWith("-");
        assertThat(encoding("a")).isEqualTo(sample.encoding());

        assertThat(server.run("RESTORE", "b", "0", dump("a"))).isEqualTo(OK);

        assertThat(digest("b")).isEqualTo(digest("a"));
        assertThat(encoding("b")).isEqualTo(sample.encoding());
        assertThat(server.line("PTTL b")).isEqualTo(":-1\r\n");
    }

    @Test
    void a_payload_is_smaller_where_strings_repeat_themselves() {
        server.run("SET", "k", "abcdefgh".repeat(1000));
        assertThat(dump("k").length()).isBetween(20, 300);
        server.run("SET", "k", "x".repeat(21));
        assertThat(dump("k").length()).isLessThan(21);
        server.run("SET", "k", "x".repeat(20));
        assertThat(dump("k").length()).isEqualTo(1 + 1 + 20 + 10);
    }

    @Test
    void the_encodings_are_those_that_redis_7_0_knows() {
        String version = "\n\0";
        for (Samples sample : Samples.values()) {
            server.run(sample.commandFor("k"));
            String payload = dump("k");
            assertThat(payload.substring(payload.length() - 10, payload.length() - 8))
                    .isEqualTo(version);
            int newest = RdbType.STREAM_LISTPACKS_2.code(); // of version 10
            assertThat((int) payload.charAt(0)).isLessThanOrEqualTo(newest);
            server.line("DEL k");
        }
    }

    @Test
    void there_is_no_payload_of_no_key() {
        assertThat(server.line("DUMP none")).isEqualTo("$-1\r\n");
        assertThat(server.speak(3).line("DUMP none")).isEqualTo("_\r\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 31, 32, 33, 63, 64, 263, 264, 265, 8191, 8192, 8193, 20000})
    void lzf_gives_back_what_it_was_given(int length) {
        Lzf lzf = new Lzf();
        for (int letters : new int[] {1, 2, 3, 16, 256}) {
            for (int round = 0; round < 20; round++) {
                Random random = new Random(length * 1000L + letters * 31 + round);
                byte[] source = new byte[length + 3];
                for (int i = 0; i < source.length; i++) source[i] = (byte) random.nextInt(letters);
                byte[] packed = new byte[2 * length + 10];
                int size = lzf.pack(source, 3, length, packed, 1, packed.length - 1);
                byte[] unpacked = new byte[length];
                assertThat(Lzf.unpack(packed, 1, size, unpacked, length)).isTrue();
                assertThat(unpacked).isEqualTo(Arrays.copyOfRange(source, 3, source.length));
                assertThat(lzf.pack(source, 3, length, packed, 1, size - 1)).isZero();
                assertThat(lzf.pack(source, 3, length, packed, 1, size + 1)).isEqualTo(size);
            }
        }
    }

    @Test
    void lzf_gives_back_what_repeats_itself_after_any_number_of_bytes() {
        Lzf lzf = new Lzf();
        byte[] packed = new byte[500];
        for (int period = 1; period <= 70; period++) {
            byte[] source = new byte[300];
            Random random = new Random(period);
            for (int i = 0; i < source.length; i++) {
                source[i] = i < period || i % 97 == 0 ? (byte) random.nextInt() : source[i - period];
            }
            for (int length = 0; length <= 300; length++) {
                int offset = source.length - length;
                int size = lzf.pack(source, offset, length, packed, 7, packed.length - 7);
                byte[] moved = Arrays.copyOfRange(packed, 7, 7 + size);
                byte[] unpacked = new byte[length];
                assertThat(Lzf.unpack(moved, 0, size, unpacked, length)).isTrue();
                assertThat(unpacked).isEqualTo(Arrays.copyOfRange(source, offset, source.length));
            }
        }
    }

    @Test
    void lzf_finds_what_repeats_itself_also_behind_much_that_does_not() {
        byte[] source = new byte[200_000];
        new Random(1).nextBytes(source);
        int text = 150_000;
        for (int i = text; i < source.length; i++) source[i] = source[i - 100];
        byte[] packed = new byte[2 * source.length];

        assertThat(new Lzf().pack(source, 0, source.length, packed, 0, packed.length))
                .isLessThan(text * 33 / 32 + 3000);
    }

    // ---- encodings of older servers ----

    @Test
    void lists_are_read_in_all_their_encodings() {
        String big = "x".repeat(300);
        String huge = "y".repeat(17_000);
        String[] elements = {"a", "0", "12", "13", "-1", "-128", "200", "-32768", "70000", "-8388608", "8388608"};
        server.run("RPUSH", "expected", elements[0]);
        for (int i = 1; i < elements.length; i++) server.run("RPUSH", "expected", elements[i]);
        server.run("RPUSH", "expected", "123456789012", big, "after", "");
        String[] all = List.of(
                        "a",
                        "0",
                        "12",
                        "13",
                        "-1",
                        "-128",
                        "200",
                        "-32768",
                        "70000",
                        "-8388608",
                        "8388608",
                        "123456789012",
                        big,
                        "after",
                        "")
                .toArray(String[]::new);

        Payload plain = Payload.of(1, all.length);
        for (String element : all) plain.string(element);
        assertRestores(plain, "expected");
        assertRestores(Payload.of(10).string(Payload.ziplist(all)), "expected");
        Payload nodes = Payload.of(14, 3)
                .string(Payload.ziplist("a", "0", "12"))
                .string(Payload.ziplist())
                .string(Payload.ziplist(Arrays.copyOfRange(all, 3, all.length)));
        assertRestores(nodes, "expected");
        Payload mixed = Payload.of(18, 3)
                .bytes(2)
                .string(Payload.listpack("a", "0", "12", "13"))
                .bytes(1)
                .string("-1")
                .bytes(2)
                .string(Payload.listpack("-128", "200", "-32768", "70000", "-8388608", "8388608", "123456789012"));
        server.line("DEL k");
        assertThat(restore(mixed)).isEqualTo(OK);
        server.line("LTRIM expected 0 11");
        assertThat(digest("k")).isEqualTo(digest("expected"));

        server.run("RPUSH", "long", huge, "z");
        assertRestores(Payload.of(10).string(Payload.ziplist(huge, "z")), "long");
    }

    private void assertRestores(Payload payload, String expected) {
        server.line("DEL k");
        assertThat(restore(payload)).isEqualTo(OK);
        assertThat(digest("k")).isEqualTo(digest(expected));
        assertThat(encoding("k")).isEqualTo(encoding(expected));
    }

    @Test
    void sets_are_read_in_all_their_encodings() {
        server.line("SADD expected a b 3");
        assertRestores(Payload.of(2, 3).string("a").string("b").bytes(0xc0, 3), "expected");
        assertRestores(Payload.of(20).string(Payload.listpack("3", "b", "a")), "expected");
        server.line("SADD numbers 1 -5 700");
        assertRestores(Payload.of(2, 3).string("1").string("-5").bytes(0xc1, 0xbc, 2), "numbers");
        byte[] wide = Payload.little(20)
                .putInt(4)
                .putInt(3)
                .putInt(-5)
                .putInt(1)
                .putInt(700)
                .array();
        assertRestores(Payload.of(11).string(wide), "numbers");
    }

    @Test
    void hashes_are_read_in_all_their_encodings() {
        String big = "v".repeat(300);
        server.run("HSET", "expected", "f", "1", "g", "", "h", big);
        assertRestores(
                Payload.of(4, 3)
                        .string("f")
                        .string("1")
                        .string("g")
                        .string("")
                        .string("h")
                        .string(big),
                "expected");
        assertRestores(Payload.of(9).string(Payload.zipmap("f", "1", "g", "", "h", big)), "expected");
        assertRestores(Payload.of(13).string(Payload.ziplist("f", "1", "g", "", "h", big)), "expected");
        server.run("HSET", "short", "f", "1", "2", "x");
        assertRestores(Payload.of(16).string(Payload.listpack("f", "1", "2", "x")), "short");
        assertThat(server.line("HGET k f")).isEqualTo("$1\r\n1\r\n"); // found as a number, though it came as text
        assertThat(server.line("HGET k 2")).isEqualTo("$1\r\nx\r\n");
    }

    @Test
    void sorted_sets_are_read_in_all_their_encodings() {
        server.line("ZADD expected -inf a 1.5 b 1e21 c inf d");
        Payload texts = Payload.of(3, 4)
                .string("a")
                .bytes(255)
                .string("d")
                .bytes(254)
                .string("b")
                .bytes(3);
        assertRestores(texts.raw("1.5").string("c").bytes(5).raw("1e+21"), "expected");
        Payload binary = Payload.of(5, 4)
                .string("d")
                .score(Double.POSITIVE_INFINITY)
                .string("c")
                .score(1e21);
        assertRestores(binary.string("b").score(1.5).string("a").score(Double.NEGATIVE_INFINITY), "expected");
        assertRestores(
                Payload.of(12).string(Payload.ziplist("a", "-inf", "b", "1.5", "c", "1e21", "d", "inf")), "expected");
        // out of order, as no server writes it
        assertRestores(
                Payload.of(17).string(Payload.listpack("d", "inf", "a", "-inf", "c", "1e21", "b", "1.5")), "expected");
        assertThat(server.line("ZRANGE k 0 -1")).isEqualTo("*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n");
    }

    @Test
    void a_small_form_beyond_our_thresholds_becomes_the_large_one() {
        server.store().thresholds().hashMaxListpackEntries = 2;
        server.store().thresholds().zsetMaxListpackEntries = 2;
        server.store().thresholds().setMaxListpackEntries = 2;
        restore(Payload.of(16).string(Payload.listpack("a", "1", "b", "2", "c", "3")));
        assertThat(encoding("k")).isEqualTo("hashtable");
        server.line("DEL k");
        restore(Payload.of(17).string(Payload.listpack("a", "1", "b", "2", "c", "3")));
        assertThat(encoding("k")).isEqualTo("skiplist");
        server.line("DEL k");
        restore(Payload.of(20).string(Payload.listpack("a", "b", "c")));
        assertThat(encoding("k")).isEqualTo("hashtable");
    }

    // ---- refusals ----

    @Test
    void a_payload_without_its_footer_is_refused() {
        server.line("SET a hello");
        String good = dump("a");
        for (int cut = 0; cut < good.length(); cut++) {
            assertThat(server.run("RESTORE", "k", "0", good.substring(0, cut))).isEqualTo(DAMAGED);
        }
        for (int bit = 0; bit < 8 * good.length(); bit++) {
            char[] flipped = good.toCharArray();
            flipped[bit / 8] ^= (char) (1 << bit % 8);
            assertThat(server.run("RESTORE", "k", "0", new String(flipped))).isEqualTo(DAMAGED);
        }
        assertThat(server.run("RESTORE", "k", "0", Payload.seal(Payload.body(good), 12)))
                .isEqualTo(OK);
        assertThat(server.run("RESTORE", "k", "0", Payload.seal(Payload.body(good), 13), "REPLACE"))
                .isEqualTo(DAMAGED);
    }

    @Test
    void what_no_command_could_have_made_is_refused_and_the_old_value_stays() {
        server.run("SET", "k", "old", "PX", "100000");
        List<Payload> bad = new ArrayList<>(List.of(
                new Payload(),
                Payload.of(0),
                Payload.of(0, 5).raw("abc"),
                Payload.of(0, 1).raw("ab"),
                Payload.of(0, 0xc4),
                Payload.of(0, 0xc3, 2, 100, 0, 'a'),
                Payload.of(0, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf7),
                Payload.of(0, 0x81, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf7),
                Payload.of(0, 0x82),
                Payload.of(1, 0),
                Payload.of(1, 2).string("a"),
                Payload.of(2, 0),
                Payload.of(2, 2).string("a").string("a"),
                Payload.of(2, 0x80, 0xff, 0xff, 0xff, 0xff).string("a"),
                Payload.of(3, 1).string("a").bytes(253),
                Payload.of(3, 1).string("a").bytes(3).raw("abc"),
                Payload.of(3, 1).string("a").bytes(9).raw("1.0"),
                Payload.of(4, 2).string("f").string("1").string("f").string("2"),
                Payload.of(4, 1).string("f"),
                Payload.of(5, 1).string("a").score(Double.NaN),
                Payload.of(5, 2).string("a").score(1).string("a").score(2),
                Payload.of(6, 1),
                Payload.of(7, 1),
                Payload.of(8, 1).string("a"),
                Payload.of(22, 1).string("a"),
                Payload.of(24)
                        .raw(new byte[8])
                        .bytes(1, 5)
                        .string("f")
                        .string("v")
                        .bytes(9),
                Payload.of(25).raw(new byte[8]).string(Payload.listpack("f", "v")),
                Payload.of(25).raw(new byte[8]).string(Payload.listpack("f", "v", "" + (1L << 46))),
                Payload.of(24)
                        .raw(Payload.little(8).putLong(1L << 46).array())
                        .bytes(1, 1)
                        .string("f")
                        .string("v"),
                Payload.of(255),
                Payload.of(9).string(Payload.zipmap("f", "1", "f", "2")),
                Payload.of(9).string(Payload.zipmap("f")),
                Payload.of(10).string(Payload.ziplist()),
                Payload.of(10).string("no ziplist at all"),
                Payload.of(11)
                        .string(Payload.little(12)
                                .putInt(2)
                                .putInt(2)
                                .putShort((short) 2)
                                .putShort((short) 1)
                                .array()),
                Payload.of(11)
                        .string(Payload.little(12)
                                .putInt(2)
                                .putInt(2)
                                .putShort((short) 1)
                                .putShort((short) 1)
                                .array()),
                Payload.of(11)
                        .string(Payload.little(12).putInt(3).putInt(2).putInt(5).array()),
                Payload.of(11).string(Payload.little(8).putInt(2).putInt(0).array()),
                Payload.of(12).string(Payload.ziplist("a", "1", "b")),
                Payload.of(13).string(Payload.ziplist("a", "1", "a", "2")),
                Payload.of(14, 1).string(Payload.ziplist()),
                Payload.of(16).string(Payload.listpack("a")),
                Payload.of(16).string(Payload.listpack("1", "a", "1", "b")),
                Payload.of(17).string(Payload.listpack("a", "no number")),
                Payload.of(17).string(Payload.listpack("a", "nan")),
                Payload.of(18, 1, 3).string("x"),
                Payload.of(18, 1, 2).string(Payload.listpack()),
                Payload.of(18, 0),
                Payload.of(19, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1)
                        .string("g") // of which 0-0 is pending
                        .bytes(9, 0, 0, 1)
                        .raw(new byte[24])
                        .bytes(1, 1)
                        .string("c")
                        .raw(new byte[8])
                        .bytes(1)
                        .raw(new byte[16]),
                Payload.of(20).string(Payload.listpack("7", "7"))));
        for (Payload payload : bad) {
            assertThat(server.run("RESTORE", "k", "0", payload.sealed(), "REPLACE"))
                    .as("%s", Arrays.toString(payload.toBytes()))
                    .isEqualTo(BAD_DATA);
            server.store().checkInvariants();
        }
        assertThat(server.line("GET k")).isEqualTo("$3\r\nold\r\n");
        assertThat(server.line("PTTL k")).isEqualTo(":100000\r\n");
        server.logged();
        server.line("PING");
        assertThat(server.logged()).isEmpty();
    }

    @Test
    void a_value_that_finds_no_memory_is_refused_and_the_old_one_stays() {
        server.run(Samples.LARGE_ZSET.commandFor("z"));
        server.run(Samples.NODES.commandFor("l"));
        server.run(Samples.LARGE_HASH.commandFor("h"));
        server.run(Samples.LARGE_SET.commandFor("s"));
        TestServer small = new TestServer(9 << 20);
        small.run("SET", "k", "old");
        int refusals = 0;
        for (int i = 0; refusals < 20 && i < 3000; i++) {
            String key = List.of("z", "l", "h", "s").get(i % 4);
            String reply = small.run("RESTORE", "k" + i, "0", dump(key));
            if (reply.equals(OK)) continue;
            assertThat(reply).startsWith("-OOM");
            assertThat(small.run("RESTORE", "k", "0", dump(key), "REPLACE")).startsWith("-OOM");
            assertThat(small.line("EXISTS k" + i)).isEqualTo(":0\r\n");
            assertThat(small.line("GET k")).isEqualTo("$3\r\nold\r\n");
            small.store().checkInvariants();
            refusals++;
        }
        assertThat(refusals).isEqualTo(20);
    }

    @Test
    void options_that_make_no_sense_are_refused() {
        server.line("SET a 1");
        String payload = dump("a");
        assertThat(server.run("RESTORE", "a", "0", payload)).startsWith("-BUSYKEY");
        assertThat(server.run("RESTORE", "b", "-1", payload)).isEqualTo("-ERR Invalid TTL value, must be >= 0\r\n");
        assertThat(server.run("RESTORE", "b", "0", payload, "IDLETIME", "-1"))
                .isEqualTo("-ERR Invalid IDLETIME value, must be >= 0\r\n");
        assertThat(server.run("RESTORE", "b", "0", payload, "FREQ", "256"))
                .isEqualTo("-ERR Invalid FREQ value, must be >= 0 and <= 255\r\n");
        assertThat(server.run("RESTORE", "b", "0", payload, "FREQ", "1", "IDLETIME", "1"))
                .isEqualTo("-ERR syntax error\r\n");
        assertThat(server.line("EXISTS b")).isEqualTo(":0\r\n");
    }

    // ---- expiry, use, the log ----

    @Test
    void a_time_to_live_is_logged_as_the_moment_when_it_ends() {
        server.line("SET a 1");
        String payload = dump("a");
        server.logged();
        long end = server.nowMs() + 5000;

        server.run("RESTORE", "b", "5000", payload);
        server.run("RESTORE", "c", "" + end, payload, "ABSTTL");
        server.run("RESTORE", "b", "5000", payload, "replace", "IDLETIME", "3");
        server.run("RESTORE", "d", "0", payload);

        assertThat(server.logged())
                .containsExactly(
                        "0 RESTORE b " + end + " " + payload + " ABSTTL",
                        "0 RESTORE c " + end + " " + payload + " ABSTTL",
                        "0 RESTORE b " + end + " " + payload + " replace IDLETIME 3 ABSTTL",
                        "0 RESTORE d 0 " + payload);
        assertThat(server.line("PEXPIRETIME b")).isEqualTo(":" + end + "\r\n");
        assertThat(server.line("PEXPIRETIME c")).isEqualTo(":" + end + "\r\n");
    }

    @Test
    void a_moment_that_has_passed_deletes_what_was_there() {
        server.line("SET a 1");
        String payload = dump("a");
        server.line("SET b 2");
        server.logged();
        assertThat(server.run("RESTORE", "b", "1", payload, "ABSTTL", "REPLACE"))
                .isEqualTo(OK);
        assertThat(server.run("RESTORE", "c", "1", payload, "ABSTTL")).isEqualTo(OK);
        assertThat(server.run("RESTORE", "d", "" + Long.MAX_VALUE, payload)).isEqualTo(OK);
        assertThat(server.line("EXISTS b c d")).isEqualTo(":0\r\n");
        assertThat(server.logged()).containsExactly("0 DEL b");
        assertThat(server.replay("RESTORE", "late", "1", payload, "ABSTTL")).isEqualTo(OK);
    }

    @Test
    void events_name_what_happened() {
        server.line("SET a 1");
        String payload = dump("a");
        assertThat(server.events("RESTORE", "b", "0", payload)).containsExactly("0 g restore b");
        assertThat(server.events("RESTORE", "b", "0", payload, "REPLACE")).containsExactly("0 g restore b");
        assertThat(server.events("RESTORE", "b", "1", payload, "REPLACE", "ABSTTL"))
                .containsExactly("0 g del b");
        assertThat(server.events("RESTORE", "b", "1", payload, "REPLACE", "ABSTTL"))
                .isEmpty();
    }

    @Test
    void use_is_restored_as_it_was() {
        server.line("SET a 1");
        String payload = dump("a");
        server.run("RESTORE", "b", "0", payload, "IDLETIME", "1000");
        assertThat(server.line("OBJECT IDLETIME b")).isEqualTo(":1000\r\n");
        server.store().moment().isLfu = true;
        server.run("RESTORE", "c", "0", payload, "FREQ", "100");
        server.run("RESTORE", "d", "0", payload, "IDLETIME", "100");
        long c = server.store().database(0).lookup(Bytes.of("c"));
        assertThat(server.store().database(0).frequency(c)).isEqualTo(100);
        long d = server.store().database(0).lookup(Bytes.of("d"));
        assertThat(server.store().database(0).frequency(d)).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({"SMALL_HASH", "LARGE_ZSET", "NODES"})
    void a_restored_value_is_one_of_its_own(Samples sample) {
        server.run(sample.commandFor("a"));
        String before = digest("a");
        server.run("RESTORE", "b", "0", dump("a"));
        server.line("DEL a");
        assertThat(digest("b")).isEqualTo(before);
    }
}
