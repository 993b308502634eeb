package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of the hash family that a twin does not show: encodings, chance, moving, the log. Fields that
/// expire: [HashExpiryTest]. Replies are compared with a real server in `HashTwinTest`.
class HashCommandsTest extends HashFixture {
    // ---- encodings ----

    @Test
    void a_hash_is_a_listpack_up_to_its_limits_and_a_table_beyond() {
        for (int i = 0; i < 512; i++) server.run("HSET", "h", "f" + i, "v");
        assertThat(encoding("h")).isEqualTo("listpack");
        server.line("HSET h one more");
        assertThat(encoding("h")).isEqualTo("hashtable");
        server.run("HSET", "long", "f", "x".repeat(64));
        assertThat(encoding("long")).isEqualTo("listpack");
        server.run("HSET", "long", "f", "x".repeat(65));
        assertThat(encoding("long")).isEqualTo("hashtable");
    }

    @Test
    void a_small_hash_with_expiry_times_is_a_listpackex_and_becomes_a_table_that_keeps_them() {
        server.line("HSET h a 1 b 2");
        server.line("HPEXPIRE h 5000 FIELDS 1 b");
        assertThat(encoding("h")).isEqualTo("listpackex");
        server.line("HPERSIST h FIELDS 1 b");
        assertThat(encoding("h")).isEqualTo("listpackex");
        server.line("HPEXPIRE h 5000 FIELDS 1 b");
        for (int i = 0; i < 510; i++) server.run("HSET", "h", "f" + i, "v");
        assertThat(encoding("h")).isEqualTo("listpackex");
        server.line("HSET h one more");
        assertThat(encoding("h")).isEqualTo("hashtable");
        assertThat(server.line("HPTTL h FIELDS 3 a b one")).isEqualTo(integers(-1, 5000, -1));
        assertThat(server.line("HLEN h")).isEqualTo(":513\r\n");
    }

    @Test
    void debug_object_tells_of_hashes_too() {
        server.engine().settings().debugCommand = "yes";
        server.line("HSETEX h EX 10 FIELDS 1 a 1");
        assertThat(server.line("DEBUG OBJECT h")).contains(" refcount:1 encoding:listpackex serializedlength:");
    }

    // ---- counting ----

    @ParameterizedTest
    @EnumSource
    void counting_keeps_a_fields_expiry_time(Form form) {
        make(form, "h");
        server.line("HPEXPIRE h 5000 FIELDS 2 a b");
        assertThat(server.line("HINCRBY h a 10")).isEqualTo(":11\r\n");
        assertThat(server.line("HINCRBYFLOAT h b 0.5")).isEqualTo("$3\r\n2.5\r\n");
        assertThat(server.line("HPTTL h FIELDS 2 a b")).isEqualTo(integers(5000, 5000));
        assertThat(server.line("HMGET h a b")).isEqualTo("*2\r\n$2\r\n11\r\n$3\r\n2.5\r\n");
    }

    @Test
    void the_log_gets_the_sum_of_floats_and_whether_the_field_keeps_its_time() {
        server.line("HSET h a 1 b 1");
        server.line("HPEXPIREAT h 9000000000000 FIELDS 1 b");
        server.logged();
        server.line("HINCRBYFLOAT h a 0.25");
        server.line("HINCRBYFLOAT h b 0.25");
        server.line("HINCRBY h a2 7");
        assertThat(server.logged())
                .containsExactly("0 HSET h a 1.25", "0 HSETEX h KEEPTTL FIELDS 1 b 1.25", "0 HINCRBY h a2 7");
        assertThat(server.replay("HSETEX", "h", "KEEPTTL", "FIELDS", "1", "b", "1.5"))
                .isEqualTo(":1\r\n");
        assertThat(server.line("HPEXPIRETIME h FIELDS 1 b")).isEqualTo(integers(9000000000000L));
    }

    // ---- chance and walking ----

    @ParameterizedTest
    @CsvSource({"50,2", "50,3", "1000,2", "1000,3"})
    void random_fields_are_fields_each_once_or_as_often_as_they_are_picked(int size, int protocol) {
        server.speak(protocol);
        for (int i = 0; i < size; i++) server.run("HSET", "h", "f" + i, "v" + i);
        if (size > 512) assertThat(encoding("h")).isEqualTo("hashtable");
        for (int count : new int[] {1, 7, size / 2, size - 1, size, size + 5}) {
            assertThat(elements(server.line("HRANDFIELD h " + count)))
                    .hasSize(Math.min(count, size))
                    .doesNotHaveDuplicates()
                    .allMatch(field -> field.startsWith("f"));
            assertThat(elements(server.line("HRANDFIELD h -" + count))).hasSize(count);
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 20 * size; i++) seen.add(server.line("HRANDFIELD h"));
        assertThat(seen).hasSize(size);
    }

    @Test
    void random_fields_with_values_are_a_list_in_resp2_and_pairs_in_resp3() {
        server.line("HSET h a 1");
        assertThat(server.line("HRANDFIELD h 2 WITHVALUES")).isEqualTo("*2\r\n$1\r\na\r\n$1\r\n1\r\n");
        assertThat(server.line("HRANDFIELD h -2 WITHVALUES")).isEqualTo("*4\r\n" + "$1\r\na\r\n$1\r\n1\r\n".repeat(2));
        server.speak(3);
        assertThat(server.line("HRANDFIELD h 2 WITHVALUES")).isEqualTo("*1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n");
        assertThat(server.line("HRANDFIELD missing 2 WITHVALUES")).isEqualTo("*0\r\n");
        assertThat(server.line("HRANDFIELD missing")).isEqualTo("_\r\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {50, 3000})
    void a_scan_shows_every_field_with_or_without_values(int size) {
        for (int i = 0; i < size; i++) server.run("HSET", "h", "f" + i, "v" + i);
        Map<String, String> seen = new HashMap<>();
        List<String> names = new ArrayList<>();
        for (String noValues : new String[] {"", " NOVALUES"}) {
            String cursor = "0";
            do {
                String[] lines = server.line("HSCAN h " + cursor + " COUNT 100" + noValues)
                        .split("\r\n");
                cursor = lines[2];
                List<String> found = new ArrayList<>();
                for (int i = 5; i < lines.length; i += 2) found.add(lines[i]);
                if (!noValues.isEmpty()) names.addAll(found);
                else for (int i = 0; i < found.size(); i += 2) seen.put(found.get(i), found.get(i + 1));
            } while (!cursor.equals("0"));
        }
        assertThat(seen).hasSize(size).containsEntry("f7", "v7");
        assertThat(names).containsExactlyInAnyOrderElementsOf(seen.keySet());
        assertThat(server.line("HSCAN h 0 COUNT 5000 MATCH f7")).contains("*2\r\n$2\r\nf7\r\n$2\r\nv7");
    }

    // ---- keys that move, are copied, overwritten, flushed ----

    @ParameterizedTest
    @EnumSource
    void times_go_where_the_hash_goes(Form form) {
        make(form, "h");
        server.line("HPEXPIRE h 1000 FIELDS 1 a");
        server.line("HPEXPIRE h 2000 FIELDS 1 b");
        server.line("COPY h copy");
        server.line("RENAME h renamed");
        server.line("COPY copy moved");
        server.line("MOVE moved 3");
        server.line("COPY copy elsewhere DB 5");
        server.line("SWAPDB 5 6");
        server.store().checkInvariants();
        assertThat(volatileHashes()).isEqualTo(2);
        String[][] places = {{"0", "renamed"}, {"0", "copy"}, {"3", "moved"}, {"6", "elsewhere"}};
        for (String[] place : places) {
            server.select(Integer.parseInt(place[0]));
            assertThat(server.run("HPTTL", place[1], "FIELDS", "3", "a", "b", "c"))
                    .isEqualTo(integers(1000, 2000, -1));
        }
        advance(1010);
        tickSome();
        server.logged();
        for (String[] place : places) {
            server.select(Integer.parseInt(place[0]));
            assertThat(server.run("HMGET", place[1], "a", "b")).isEqualTo("*2\r\n$-1\r\n$1\r\n2\r\n");
        }
        assertThat(server.logged()).as("they went by themselves").isEmpty();
        advance(1000);
        tickSome();
        assertThat(server.logged())
                .containsExactlyInAnyOrder("0 HDEL renamed b", "0 HDEL copy b", "3 HDEL moved b", "6 HDEL elsewhere b");
    }

    @ParameterizedTest
    @EnumSource
    void what_takes_the_place_of_a_hash_has_no_times_left(Form form) {
        for (String key : new String[] {"set", "deleted", "renamed", "copied", "stored", "unlinked"}) {
            make(form, key);
            server.run("HPEXPIRE", key, "1000", "FIELDS", "2", "a", "b");
        }
        server.run("HSET", "plain", "a", "kept");
        server.line("SET set text");
        server.line("DEL deleted");
        server.line("UNLINK unlinked");
        server.line("COPY plain renamed REPLACE");
        server.line("COPY plain copied REPLACE");
        server.line("RENAME plain copied");
        server.line("SUNIONSTORE stored none");
        server.store().checkInvariants();
        assertThat(volatileHashes()).isZero();
        advance(5000);
        tickSome();
        assertThat(server.line("HGET copied a")).isEqualTo("$4\r\nkept\r\n");
        assertThat(server.line("HGET renamed a")).isEqualTo("$4\r\nkept\r\n");
    }

    @ParameterizedTest
    @EnumSource
    void a_volatile_hash_takes_the_place_of_another(Form form) {
        make(form, "a");
        make(form, "b");
        server.line("HPEXPIRE a 1000 FIELDS 1 a");
        server.line("HPEXPIRE b 5000 FIELDS 1 a");
        server.line("COPY a c");
        server.line("COPY b a REPLACE");
        server.line("RENAME c b");
        server.store().checkInvariants();
        assertThat(server.line("HPTTL a FIELDS 1 a")).isEqualTo(integers(5000));
        assertThat(server.line("HPTTL b FIELDS 1 a")).isEqualTo(integers(1000));
        assertThat(volatileHashes()).isEqualTo(2);
        advance(1010);
        tickSome();
        server.store().checkInvariants();
        assertThat(volatileHashes()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"FLUSHDB", "FLUSHALL", "FLUSHALL ASYNC"})
    void a_flush_forgets_all_times_and_frees_their_memory(String flush) {
        for (Form form : Form.values()) {
            make(form, form.name());
            server.run("HPEXPIRE", form.name(), "1000", "FIELDS", "2", "a", "b");
        }
        server.line(flush);
        server.store().freeGarbage();
        assertThat(volatileHashes()).isZero();
        assertThat(server.store().pages().used())
                .isEqualTo(new TestServer().store().pages().used());
        advance(2000);
        server.logged();
        tickSome();
        assertThat(server.logged()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void deleting_frees_all_memory(Form form) {
        server.line("HSETEX h EX 10 FIELDS 1 a 1"); // small tables stay
        server.line("DEL h");
        long before = server.store().pages().used();
        make(form, "h");
        for (int i = 0; i < 300; i++) server.run("HSETEX", "h", "EX", "" + (i + 1), "FIELDS", "1", "t" + i, "v");
        server.line("DEL h");
        server.store().freeGarbage();
        assertThat(server.store().pages().used()).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource
    void a_dump_is_restored_with_its_times(Form form) {
        make(form, "h");
        server.line("HPEXPIRE h 1000 FIELDS 2 a e");
        server.line("HPEXPIRE h 70000 FIELDS 1 c");
        String dump = server.line("DUMP h");
        String payload = dump.substring(dump.indexOf("\r\n") + 2, dump.length() - 2);
        server.run("HSETEX", "b", "EX", "7", "FIELDS", "1", "x", "y");
        assertThat(server.run("RESTORE", "b", "0", payload, "REPLACE")).isEqualTo("+OK\r\n");
        assertThat(server.line("HPTTL b FIELDS 5 a b c d e")).isEqualTo(integers(1000, -1, 70000, -1, 1000));
        assertThat(encoding("b")).isEqualTo(form.encoding);
        assertThat(pairs(server.line("HGETALL b"))).isEqualTo(pairs(server.line("HGETALL h")));
    }

    // ---- the log ----

    @Test
    void the_log_gets_absolute_times_of_the_fields_that_got_one() {
        server.line("HSET h a 1 b 2 c 3");
        server.logged();
        long at = server.nowMs() + 10_000;
        server.line("HEXPIRE h 10 FIELDS 3 a none b");
        server.line("HEXPIRE h 10 NX FIELDS 2 a c");
        server.line("HEXPIRE h 0 FIELDS 1 a");
        server.line("HPERSIST h FIELDS 3 b none c");
        server.line("HTTL h FIELDS 1 b");
        assertThat(server.logged())
                .containsExactly(
                        "0 HPEXPIREAT h " + at + " FIELDS 2 a b",
                        "0 HPEXPIREAT h " + at + " FIELDS 1 c",
                        "0 HDEL h a",
                        "0 HPERSIST h FIELDS 2 b c");
    }

    @Test
    void nothing_expires_while_the_log_is_replayed_and_then_it_goes_at_once() {
        server.replay("HSET", "h", "a", "1", "b", "2");
        server.replay("HPEXPIREAT", "h", "1000", "FIELDS", "1", "a");
        server.replay("HSETEX", "h", "PXAT", "1", "FIELDS", "1", "c", "3");
        server.replay("HPEXPIREAT", "h", "0", "FIELDS", "1", "b");
        assertThat(server.replay("HINCRBY", "h", "a", "1")).isEqualTo(":2\r\n");
        assertThat(server.replay("HLEN", "h")).isEqualTo(":3\r\n");
        server.logged();
        advance(8);
        tickSome();
        assertThat(server.logged()).containsExactlyInAnyOrder("0 HDEL h a", "0 HDEL h b", "0 HDEL h c");
        assertThat(server.line("EXISTS h")).isEqualTo(":0\r\n");
    }

    @Test
    void an_image_makes_every_form_anew_with_its_times() {
        for (Form form : Form.values()) {
            make(form, form.name());
            server.run("HEXPIRE", form.name(), "100", "FIELDS", "2", "a", "b");
            server.run("HEXPIRE", form.name(), "50", "FIELDS", "1", "c");
        }
        ListCommandsTest.assertReplays(
                server, Arrays.stream(Form.values()).map(Form::name).toArray(String[]::new));
        assertThat(String.join("", ListCommandsTest.image(server)))
                .contains("HPEXPIREAT\r\n$5\r\nSMALL\r\n$13\r\n" + (server.nowMs() + 50_000)
                        + "\r\n$6\r\nFIELDS\r\n$1\r\n1\r\n$1\r\nc\r\n");
    }

    @Test
    void a_copy_in_the_place_of_a_key_whose_time_is_over_has_its_own_times() {
        server.line("HSET old f v");
        server.line("HPEXPIRE old 5000 FIELDS 1 f");
        server.line("PEXPIRE old 10");
        server.line("HSET new f v");
        server.line("HPEXPIRE new 70 FIELDS 1 f");
        advance(20);
        assertThat(server.line("COPY new old REPLACE")).isEqualTo(":1\r\n");
        server.store().checkInvariants();
        advance(100);
        server.engine().tick();
        assertThat(server.line("EXISTS old new")).isEqualTo(":0\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HSET h f 1",
                "HSETNX h f 1",
                "HINCRBY h f 1",
                "HINCRBYFLOAT h f 1.5",
                "HSETEX h PX 100 FIELDS 1 f 1"
            })
    void where_a_small_hash_may_have_no_fields_the_first_one_makes_a_table(String line) {
        server.store().thresholds().hashMaxListpackEntries = 0;
        server.line(line);
        assertThat(server.line("OBJECT ENCODING h")).isEqualTo("$9\r\nhashtable\r\n");
    }

    /// What the log says makes the same data again, whatever was done and whatever expired in between.
    @ParameterizedTest
    @ValueSource(ints = {2, 8, 512})
    void a_replay_of_the_log_makes_the_same_hashes(int entries) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        server.store().thresholds().hashMaxListpackEntries = entries;
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 6000; i++) {
            server.line(command(random));
            if (random.nextInt(5) == 0) advance(random.nextInt(30));
            if (random.nextInt(7) == 0) server.engine().tick();
            all.addAll(server.logged());
            if (i % 500 == 0) server.store().checkInvariants();
        }
        TestServer other = new TestServer();
        other.store().thresholds().hashMaxListpackEntries = entries;
        for (String line : all) {
            String[] words = line.split(" ", -1);
            String reply = other.select(Integer.parseInt(words[0])).replay(Arrays.copyOfRange(words, 1, words.length));
            assertThat(reply).as(line).doesNotStartWith("-");
        }
        assertThat(contents(other)).as("seed " + seed).isEqualTo(contents(server));
        other.store().checkInvariants();
    }

    private static List<String> contents(TestServer server) {
        server.engine().loading(true); // so that nothing goes while it is looked at
        List<String> contents = new ArrayList<>();
        for (int db = 0; db < 2; db++) {
            server.select(db);
            for (int i = 0; i < 4; i++) {
                String key = "key" + i;
                String fields = new TreeMap<>(image(server, key)).toString();
                contents.add(db + " " + key + " " + fields);
            }
        }
        server.engine().loading(false);
        return contents;
    }

    private static Map<String, String> image(TestServer server, String key) {
        var db = server.store().database(server.db());
        long address = db.lookup(dev.cinnabar.base.Bytes.of(key));
        Map<String, String> fields = new HashMap<>();
        if (address == 0 || !db.kind(address).type().equals("hash")) return fields;
        var hash = db.hashImage(address);
        hash.forEach((field, value) ->
                fields.put(field.bytes().toLatin1(), value.bytes().toLatin1() + " until " + hash.expiryMs()));
        return fields;
    }

    private static String command(Random r) {
        String key = "key" + r.nextInt(4);
        String field = "f" + r.nextInt(12);
        String other = "f" + r.nextInt(12);
        String ms = "" + (r.nextInt(20) == 0 ? 0 : 1 + r.nextInt(200));
        return switch (r.nextInt(24)) {
            case 0, 1 -> "HSET " + key + " " + field + " " + r.nextInt(100) + " " + other + " x" + r.nextInt(100);
            case 2, 3 -> "HPEXPIRE " + key + " " + ms + " FIELDS 2 " + field + " " + other;
            case 4 -> "HPEXPIRE " + key + " " + ms + " GT FIELDS 1 " + field;
            case 5 -> "HPEXPIRE " + key + " " + ms + " NX FIELDS 2 " + field + " " + other;
            case 6 -> "HSETEX " + key + " FNX PX " + ms + " FIELDS 1 " + field + " 7";
            case 7 -> "HSETEX " + key + " FXX KEEPTTL FIELDS 1 " + field + " 8";
            case 8, 9 -> "HSETEX " + key + " PX " + ms + " FIELDS 2 " + field + " 9 " + other + " 10";
            case 10 -> "HGETEX " + key + " PX " + ms + " FIELDS 2 " + field + " " + other;
            case 11 -> "HGETEX " + key + " PERSIST FIELDS 2 " + field + " " + other;
            case 12 -> "HGETDEL " + key + " FIELDS 2 " + field + " " + other;
            case 13 -> "HPERSIST " + key + " FIELDS 1 " + field;
            case 14 -> "HDEL " + key + " " + field + " " + other;
            case 15 -> "HINCRBY " + key + " " + field + " 3";
            case 16 -> "HINCRBYFLOAT " + key + " " + field + " 0.5";
            case 17 -> "HSETNX " + key + " " + field + " n";
            case 18 -> "HGETALL " + key;
            case 19 -> "RENAME " + key + " key" + r.nextInt(4);
            case 20 -> "COPY " + key + " key" + r.nextInt(4) + " DB " + r.nextInt(2) + " REPLACE";
            case 21 -> r.nextInt(6) == 0 ? "SWAPDB 0 1" : "HLEN " + key;
            case 22 -> r.nextInt(4) == 0 ? "SET " + key + " text" : "HMGET " + key + " " + field;
            default -> r.nextInt(3) == 0 ? "DEL " + key : "PEXPIRE " + key + " " + ms;
        };
    }

    // ---- events ----

    @Test
    void events_name_what_happened() {
        assertThat(server.events("HSET", "h", "a", "1", "b", "2")).containsExactly("0 h hset h");
        assertThat(server.events("HINCRBY", "h", "a", "1")).containsExactly("0 h hincrby h");
        assertThat(server.events("HINCRBYFLOAT", "h", "a", "1")).containsExactly("0 h hincrbyfloat h");
        assertThat(server.events("HEXPIRE", "h", "10", "FIELDS", "2", "a", "none"))
                .containsExactly("0 h hexpire h");
        assertThat(server.events("HEXPIRE", "h", "10", "NX", "FIELDS", "1", "a"))
                .isEmpty();
        assertThat(server.events("HPERSIST", "h", "FIELDS", "1", "a")).containsExactly("0 h hpersist h");
        assertThat(server.events("HPERSIST", "h", "FIELDS", "1", "a")).isEmpty();
        assertThat(server.events("HGETEX", "h", "EX", "10", "FIELDS", "1", "a")).containsExactly("0 h hexpire h");
        assertThat(server.events("HGETEX", "h", "PERSIST", "FIELDS", "1", "a")).containsExactly("0 h hpersist h");
        assertThat(server.events("HSETEX", "h", "EX", "10", "FIELDS", "1", "a", "1"))
                .containsExactly("0 h hset h", "0 h hexpire h");
        assertThat(server.events("HEXPIRE", "h", "0", "FIELDS", "1", "a")).containsExactly("0 h hdel h");
        assertThat(server.events("HGETDEL", "h", "FIELDS", "1", "b")).containsExactly("0 h hdel h", "0 g del h");
    }

    // ---- memory ----

    @Test
    void fields_are_set_all_or_none_when_memory_runs_out() {
        TestServer small = new TestServer(16 << 20);
        String lastReply = "";
        long size = 0;
        for (int i = 0; i < 100 && !lastReply.startsWith("-"); i++) {
            lastReply = small.run(several("HSET", i));
            if (!lastReply.startsWith("-")) size += 100;
            small.store().checkInvariants();
        }
        assertThat(lastReply).startsWith("-OOM");
        assertThat(small.line("HLEN h")).isEqualTo(":" + size + "\r\n");
        assertThat(small.run(several("HMSET", 1000))).startsWith("-OOM");
        assertThat(small.line("HLEN h")).isEqualTo(":" + size + "\r\n");
        assertThat(size).as("not much is refused that would have gone").isGreaterThan(200);
    }

    private static String[] several(String command, int i) {
        String[] words = new String[202];
        words[0] = command;
        words[1] = "h";
        for (int j = 0; j < 200; j += 2) {
            words[2 + j] = i + "/" + j;
            words[3 + j] = "x".repeat(30_000);
        }
        return words;
    }

    @Test
    void times_are_given_to_all_fields_or_none_when_memory_runs_out() {
        TestServer small = new TestServer(16 << 20);
        int hashes = 0;
        String reply = "";
        while (!reply.startsWith("-")) {
            String[] words = new String[66];
            words[0] = "HSET";
            words[1] = "h" + hashes++;
            for (int i = 2; i < 66; i++) words[i] = i + "x".repeat(60);
            reply = small.run(words);
        }
        for (int length : new int[] {100_000, 9000, 4000, 1000, 300, 50, 1}) {
            for (int i = 0;
                    !small.run("SET", length + " " + i, "x".repeat(length)).startsWith("-");
                    i++) continue;
        }
        int refused = 0;
        for (int h = 0; h < hashes - 1; h++) {
            String[] words = new String[37];
            words[0] = "HEXPIRE";
            words[1] = "h" + h;
            words[2] = "1000";
            words[3] = "FIELDS";
            words[4] = "32";
            for (int i = 0; i < 32; i++) words[5 + i] = 2 * i + 2 + "x".repeat(60);
            reply = small.run(words);
            words[0] = "HTTL";
            String[] times = new String[36];
            times[0] = "HTTL";
            times[1] = words[1];
            System.arraycopy(words, 3, times, 2, 34);
            boolean isRefused = reply.startsWith("-OOM");
            if (isRefused) refused++;
            assertThat(small.run(times)).isEqualTo("*32\r\n" + (isRefused ? ":-1\r\n" : ":1000\r\n").repeat(32));
        }
        assertThat(refused).isPositive();
        small.store().checkInvariants();
    }

    @Test
    void holes_between_volatile_fields_are_closed() {
        server.store().thresholds().hashMaxListpackEntries = 0;
        for (int h = 0; h < 40; h++)
            for (int i = 0; i < 1000; i++)
                server.run("HSETEX", "h" + h, "EX", "" + (1 + i), "FIELDS", "1", "f" + i, "x".repeat(200));
        for (int i = 0; i < 3000; i++) server.run("HSETEX", "n" + i, "EX", "100", "FIELDS", "1", "f", "v");
        for (int h = 0; h < 40; h++)
            for (int i = 0; i < 1000; i++) if (i % 8 != 0) server.run("HDEL", "h" + h, "f" + i);
        for (int i = 0; i < 3000; i++) if (i % 8 != 0) server.run("DEL", "n" + i);
        long before = server.store().pages().held();
        int steps = 0;
        while (server.store().step() && steps++ < 100_000) continue;
        assertThat(server.store().pages().held()).isLessThan(before);
        server.store().checkInvariants();
        assertThat(server.line("HTTL h7 FIELDS 2 f0 f800")).isEqualTo(integers(1, 801));
        advance(900_000);
        for (int i = 0; i < 2000; i++) server.engine().tick();
        assertThat(elements(server.line("HKEYS h7"))).hasSize(12);
        assertThat(server.line("EXISTS n8")).isEqualTo(":0\r\n");
    }
}
