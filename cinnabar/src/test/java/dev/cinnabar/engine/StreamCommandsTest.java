package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.twin.StreamMaker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of the stream family that a twin does not show: the log, images, waiting, memory, and what is
/// younger than their server.
class StreamCommandsTest {
    private final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    private void add(String key, int entries) {
        for (int i = 1; i <= entries; i++) server.run("XADD", key, i + "-0", "field", "v" + i);
    }

    /// A stream of entries 1-0, 2-0 … that c has read in group g.
    private void read(String key, int entries) {
        add(key, entries);
        server.run("XGROUP", "CREATE", key, "g", "0");
        server.run("XREADGROUP", "GROUP", "g", "c", "STREAMS", key, ">");
    }

    private static String flat(String reply) {
        return reply.replace("\r\n", " ").trim();
    }

    private String ask(String line) {
        return flat(server.line(line));
    }

    // ---- the log ----

    @Test
    void an_entry_is_logged_with_the_id_it_got() {
        String first = ask("XADD s * f v").split(" ")[1];
        String second = ask("XADD s * f v").split(" ")[1];
        server.line("XADD s 9000000000000-* f v");
        server.line("XADD s 9000000000001-7 f v");

        assertThat(second).isEqualTo(first.replace("-0", "-1"));
        assertThat(server.logged())
                .containsExactly(
                        "0 XADD s " + first + " f v",
                        "0 XADD s " + second + " f v",
                        "0 XADD s 9000000000000-0 f v",
                        "0 XADD s 9000000000001-7 f v");
    }

    @Test
    void a_trim_is_logged_as_far_as_it_went() {
        server.store().thresholds().streamNodeMaxEntries = 10;
        add("s", 35);
        server.logged();

        server.line("XTRIM s MAXLEN ~ 12");
        server.line("XTRIM s MINID ~ 29-0 LIMIT 100");
        server.line("XADD s MAXLEN ~ 5 99-0 f v");
        server.line("XTRIM s MAXLEN 3");

        assertThat(server.logged())
                .containsExactly("0 XTRIM s MAXLEN = 15", "0 XADD s MAXLEN = 6 99-0 f v", "0 XTRIM s MAXLEN 3");
    }

    @Test
    void a_trim_that_regards_groups_is_logged_in_words_that_redis_7_0_knows() {
        read("s", 6);
        server.line("XACK s g 1-0 2-0 4-0");
        server.logged();

        server.line("XTRIM s MAXLEN 2 ACKED");
        server.line("XTRIM s MINID 5 DELREF");
        server.line("XADD s DELREF MAXLEN 1 99-0 f v");
        server.line("XADD s ACKED MINID 101 101-0 f v");

        assertThat(server.logged())
                .containsExactly(
                        "0 MULTI",
                        "0 XDEL s 4-0", // behind 3-0, which is pending
                        "0 XTRIM s MAXLEN = 3",
                        "0 EXEC",
                        "0 MULTI",
                        "0 XACK s g 3-0",
                        "0 XTRIM s MINID = 5-0",
                        "0 EXEC",
                        "0 MULTI",
                        "0 XADD s 99-0 f v",
                        "0 XACK s g 5-0 6-0",
                        "0 XTRIM s MAXLEN = 1",
                        "0 EXEC",
                        "0 XADD s 101-0 f v");
    }

    @Test
    void what_a_group_hands_out_is_logged_as_it_is_pending() {
        add("s", 3);
        server.line("XGROUP CREATE s g $");
        server.line("XGROUP SETID s g 0");
        server.logged();

        server.line("XREADGROUP GROUP g c COUNT 2 STREAMS s >");
        server.line("XREADGROUP GROUP g c NOACK STREAMS s >");

        assertThat(server.logged())
                .containsExactly(
                        "0 MULTI",
                        "0 XGROUP CREATECONSUMER s g c",
                        "0 XCLAIM s g c 0 1-0 2-0 TIME " + server.nowMs() + " RETRYCOUNT 1 FORCE JUSTID LASTID 2-0",
                        "0 XGROUP SETID s g 2-0 ENTRIESREAD 2",
                        "0 EXEC",
                        "0 XGROUP SETID s g 3-0 ENTRIESREAD 3");
    }

    @Test
    void what_a_consumer_reads_again_is_logged_in_one_claim_for_all_that_were_handed_out_equally_often() {
        read("s", 4);
        server.line("XDEL s 4-0");
        server.line("XREADGROUP GROUP g c COUNT 1 STREAMS s 0");
        server.advance(Duration.ofMillis(500));
        server.logged();

        server.line("XREADGROUP GROUP g c STREAMS s 0");

        String time = " TIME " + server.nowMs();
        assertThat(server.logged())
                .containsExactly(
                        "0 MULTI",
                        "0 XCLAIM s g c 0 1-0" + time + " RETRYCOUNT 3 FORCE JUSTID LASTID 4-0",
                        "0 XCLAIM s g c 0 2-0 3-0" + time + " RETRYCOUNT 2 FORCE JUSTID LASTID 4-0",
                        "0 EXEC");
    }

    @Test
    void claims_are_logged_without_a_clock_and_pending_entries_that_are_gone_as_acknowledged() {
        read("s", 3);
        server.line("XDEL s 2-0");
        server.advance(Duration.ofMillis(500));
        server.logged();

        server.line("XCLAIM s g d 0 1-0");
        server.line("XAUTOCLAIM s g d 0 - COUNT 2");

        long now = server.nowMs();
        assertThat(server.logged())
                .containsExactly(
                        "0 MULTI",
                        "0 XGROUP CREATECONSUMER s g d",
                        "0 XCLAIM s g d 0 1-0 TIME " + now + " RETRYCOUNT 2 FORCE JUSTID LASTID 3-0",
                        "0 EXEC",
                        "0 MULTI",
                        "0 XCLAIM s g d 0 1-0 TIME " + now + " RETRYCOUNT 3 FORCE JUSTID LASTID 3-0",
                        "0 XACK s g 2-0",
                        "0 EXEC");
    }

    @Test
    void commands_that_change_nothing_are_not_logged() {
        read("s", 2);
        server.logged();
        for (String line : List.of(
                "XADD none NOMKSTREAM * f v",
                "XADD s 1-0 f v",
                "XTRIM s MAXLEN 10",
                "XTRIM none MAXLEN 0",
                "XDEL s 7-0",
                "XDELEX s IDS 1 7-0",
                "XACK s g 7-0",
                "XACK s none 1-0",
                "XACKDEL s none IDS 1 1-0",
                "XGROUP CREATE s g 0",
                "XGROUP CREATECONSUMER s g c",
                "XGROUP DELCONSUMER s g none",
                "XGROUP DESTROY s none",
                "XREADGROUP GROUP g c STREAMS s >",
                "XREADGROUP GROUP g c STREAMS s 2-0",
                "XCLAIM s g c 0 7-0",
                "XNACK s g FAIL IDS 1 7-0 FORCE",
                "XNACK s none FAIL IDS 1 1-0",
                "XRANGE s - +")) {
            server.line(line);
            assertThat(server.logged()).as(line).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 100})
    void the_log_and_an_image_give_the_same_data(long maxEntries) {
        server.store().thresholds().streamNodeMaxEntries = maxEntries;
        TestServer byLog = new TestServer();
        TestServer byImage = new TestServer();
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 4000; i++) {
            int sort = random.nextInt(36);
            String[] words = sort < 3 ? release(random) : sort < 6 ? trim(random) : StreamMaker.next(random);
            if (String.join("", words).contains(" ")) continue; // our lines
            server.run(words);
            server.advance(Duration.ofMillis(random.nextInt(5)));
        }
        for (String line : server.logged()) if (!line.endsWith("MULTI") && !line.endsWith("EXEC")) replay(byLog, line);

        for (int k = 0; k < 6; k++) {
            String key = "key" + k;
            assertThat(facts(byLog, key)).as("seed %d, %s", seed, key).isEqualTo(facts(server, key));
        }
        byLog.store().checkInvariants();
        for (int i = 0; i < 100; i++) server.run(release(random));
        for (String[] words : image(server)) byImage.replay(words);
        for (int k = 0; k < 6; k++) {
            String key = "key" + k;
            assertThat(facts(byImage, key)).as("seed %d, %s", seed, key).isEqualTo(facts(server, key));
        }
        byImage.store().checkInvariants();
    }

    /// An XNACK by chance, of keys, groups and ids that the maker of commands uses.
    private static String[] release(Random random) {
        StringBuilder line = new StringBuilder("XNACK key")
                .append(random.nextInt(3) > 0 ? random.nextInt(2) : random.nextInt(6))
                .append(" g")
                .append(random.nextInt(3))
                .append(List.of(" SILENT", " FAIL", " FATAL").get(random.nextInt(3)))
                .append(" IDS 3");
        for (int i = 0; i < 3; i++) {
            boolean isLate = random.nextInt(3) == 0;
            line.append(' ')
                    .append(isLate ? "60-" + random.nextInt(400) : random.nextInt(60) + "-" + random.nextInt(4));
        }
        if (random.nextInt(4) == 0) line.append(" RETRYCOUNT ").append(random.nextInt(9));
        if (random.nextBoolean()) line.append(" FORCE");
        return line.toString().split(" ");
    }

    /// A trim by chance that regards groups, perhaps behind an entry that is added.
    private static String[] trim(Random random) {
        boolean isAdd = random.nextInt(3) == 0;
        boolean isByLength = random.nextBoolean();
        int threshold = isByLength ? random.nextInt(20) : random.nextInt(62);
        String line = (isAdd ? "XADD key" : "XTRIM key")
                + random.nextInt(2)
                + (isByLength ? " MAXLEN " : " MINID ")
                + List.of("", "= ", "~ ").get(random.nextInt(3))
                + threshold
                + (random.nextBoolean() ? " DELREF" : " ACKED")
                + (isAdd ? " 60-* f v" : "");
        return line.split(" ");
    }

    /// Everything that is to be known of a stream, but when consumers were seen.
    private static String facts(TestServer server, String key) {
        String digest = Digest.ofValue(server.store().database(0), Bytes.of(key));
        return digest
                + server.run("XINFO", "STREAM", key, "FULL", "COUNT", "0")
                        .replaceAll("radix-tree-(keys|nodes)\r\n:\\d+", "")
                        .replaceAll("(seen|active)-time\r\n:-?\\d+", "");
    }

    private static void replay(TestServer server, String line) {
        String[] words = line.split(" ", -1);
        String reply = server.replay(List.of(words).subList(1, words.length).toArray(String[]::new));
        assertThat(reply).as(line).doesNotStartWith("-");
    }

    /// The commands of an image.
    private static List<String[]> image(TestServer server) {
        LogSnapshot snapshot = new LogSnapshot(server.engine());
        snapshot.tryBegin(() -> {});
        ByteBuilder out = new ByteBuilder();
        while (snapshot.next(out)) continue;
        return commands(out);
    }

    private static List<String[]> commands(ByteBuilder out) {
        String text = new String(out.array(), 0, out.length(), StandardCharsets.ISO_8859_1);
        List<String[]> commands = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int line = text.indexOf("\r\n", at);
            String[] words = new String[Integer.parseInt(text.substring(at + 1, line))];
            at = line + 2;
            for (int i = 0; i < words.length; i++) {
                line = text.indexOf("\r\n", at);
                int length = Integer.parseInt(text.substring(at + 1, line));
                words[i] = text.substring(line + 2, line + 2 + length);
                at = line + 2 + length + 2;
            }
            commands.add(words);
        }
        return commands;
    }

    @Test
    void an_image_is_the_stream_as_it_was_whatever_is_written_meanwhile() {
        server.store().thresholds().streamNodeMaxEntries = 7;
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 30; round++) {
            for (int i = 0; i < 300; i++) server.run(StreamMaker.next(random));
            for (int i = 0; i < 50; i++) server.run(release(random));
            List<String> before = new ArrayList<>();
            for (int k = 0; k < 6; k++) before.add(facts(server, "key" + k));

            ByteBuilder out = new ByteBuilder();
            server.engine().beginBatch();
            var snapshot = new LogSnapshot(server.engine());
            snapshot.tryBegin(() -> {});
            for (int i = 0; i < 100; i++) server.run(i % 5 == 0 ? release(random) : StreamMaker.next(random));
            server.store().checkInvariants();
            while (snapshot.next(out))
                for (int i = 0; i < 20; i++) server.run(i % 5 == 0 ? release(random) : StreamMaker.next(random));
            server.store().checkInvariants();

            TestServer image = new TestServer();
            for (String[] words : commands(out)) image.replay(words);
            for (int k = 0; k < 6; k++)
                assertThat(facts(image, "key" + k))
                        .as("seed %d, round %d, key %d", seed, round, k)
                        .isEqualTo(before.get(k));
        }
    }

    @Test
    void what_is_pending_and_gone_is_in_the_image_in_front_of_the_entries() {
        read("s", 3);
        server.line("XGROUP CREATE s h 0");
        server.line("XREADGROUP GROUP h c COUNT 1 STREAMS s >");
        server.line("XDEL s 2-0");
        long now = server.nowMs();
        List<String> lines =
                image(server).stream().map(words -> String.join(" ", words)).toList();
        assertThat(lines)
                .containsExactly(
                        "SELECT 0",
                        "XGROUP CREATE s g 3-0 MKSTREAM ENTRIESREAD 3",
                        "XADD s 1-0 x y",
                        "XCLAIM s g c 0 1-0 TIME " + now + " RETRYCOUNT 1 JUSTID FORCE",
                        "XADD s 2-0 x y",
                        "XCLAIM s g c 0 2-0 TIME " + now + " RETRYCOUNT 1 JUSTID FORCE",
                        "XADD s 3-0 x y",
                        "XCLAIM s g c 0 3-0 TIME " + now + " RETRYCOUNT 1 JUSTID FORCE",
                        "XGROUP CREATECONSUMER s g c",
                        "XTRIM s MAXLEN = 0",
                        "XSETID s 0-0",
                        "XADD s 1-0 field v1",
                        "XADD s 3-0 field v3",
                        "XSETID s 3-0 ENTRIESADDED 3 MAXDELETEDID 2-0",
                        "XGROUP CREATE s h 1-0 ENTRIESREAD 1",
                        "XCLAIM s h c 0 1-0 TIME " + now + " RETRYCOUNT 1 JUSTID FORCE",
                        "XGROUP CREATECONSUMER s h c");
    }

    /// Of an image that walks through many slices, and of one that is given up in each of them.
    @Test
    void what_is_pending_and_gone_is_looked_for_in_slices() {
        read("s", 3000);
        server.line("XGROUP CREATE s h 0");
        server.line("XREADGROUP GROUP h c STREAMS s >");
        server.line("XDEL s 2900-0");
        server.line("XACK s h 2900-0");
        String before = facts(server, "s");
        int slices = 0;
        boolean isOver = false;
        for (int given = 1; !isOver; given++) {
            ByteBuilder out = new ByteBuilder();
            LogSnapshot snapshot = new LogSnapshot(server.engine());
            snapshot.tryBegin(() -> {});
            slices = 0;
            isOver = false;
            while (!isOver && slices < given) {
                isOver = !snapshot.next(out);
                slices++;
            }
            if (!isOver) snapshot.abort();
            while (server.engine().timers().walkAbandoned()) continue;
            server.store().checkInvariants();
            if (!isOver) continue;
            TestServer image = new TestServer();
            for (String[] words : commands(out)) image.replay(words);
            assertThat(facts(image, "s")).isEqualTo(before);
        }
        assertThat(slices).isGreaterThan(10);
    }

    @Test
    void an_empty_stream_is_in_the_image() {
        server.line("XGROUP CREATE s g 5-5 MKSTREAM ENTRIESREAD 3");
        server.line("PEXPIRE s 100000");
        TestServer other = new TestServer();
        for (String[] words : image(server)) other.replay(words);
        assertThat(facts(other, "s")).isEqualTo(facts(server, "s"));
        assertThat(other.line("PTTL s")).isEqualTo(":100000\r\n");
    }

    // ---- ids that go back ----

    /// Where Redis 7.0 puts such entries into the node of what is deleted, answers 4-0, 5-0, 6-0, 3-0 and
    /// does not find 3-0 any more.
    @Test
    void entries_are_in_order_and_found_when_ids_go_back_behind_deleted_ones() {
        server.store().thresholds().streamNodeMaxEntries = 3;
        server.line("XADD s 100-1 a 1");
        server.line("XADD s 100-5 a 2");
        server.line("XDEL s 100-5");
        server.line("XTRIM s MINID 100-3");
        server.line("XSETID s 2-0");
        for (int i = 3; i <= 6; i++) server.run("XADD", "s", i + "-0", "a", "x");

        assertThat(ask("XRANGE s - +").replaceAll("[^ ]*[*$][^ ]* ", "")).isEqualTo("3-0 a x 4-0 a x 5-0 a x 6-0 a x");
        assertThat(ask("XDEL s 3-0")).isEqualTo(":1");
        assertThat(ask("XINFO STREAM s")).contains("radix-tree-keys :2");
    }

    // ---- events ----

    @Test
    void events_are_told() {
        assertThat(server.events("XADD", "s", "1-0", "f", "v")).containsExactly("0 t xadd s");
        assertThat(server.events("XADD", "s", "MAXLEN", "1", "2-0", "f", "v"))
                .containsExactly("0 t xadd s", "0 t xtrim s");
        assertThat(server.events("XGROUP", "CREATE", "s", "g", "0")).containsExactly("0 t xgroup-create s");
        assertThat(server.events("XGROUP", "CREATECONSUMER", "s", "g", "c"))
                .containsExactly("0 t xgroup-createconsumer s");
        assertThat(server.events("XREADGROUP", "GROUP", "g", "d", "STREAMS", "s", ">"))
                .containsExactly("0 t xgroup-createconsumer s");
        assertThat(server.events("XACK", "s", "g", "2-0")).isEmpty();
        assertThat(server.events("XGROUP", "SETID", "s", "g", "0")).containsExactly("0 t xgroup-setid s");
        assertThat(server.events("XGROUP", "DELCONSUMER", "s", "g", "c")).containsExactly("0 t xgroup-delconsumer s");
        assertThat(server.events("XGROUP", "DESTROY", "s", "g")).containsExactly("0 t xgroup-destroy s");
        assertThat(server.events("XSETID", "s", "9-0")).containsExactly("0 t xsetid s");
        assertThat(server.events("XDEL", "s", "2-0")).containsExactly("0 t xdel s");
        assertThat(server.events("XTRIM", "s", "MAXLEN", "0")).isEmpty();
    }

    // ---- younger than 7.0 ----

    @Test
    void a_plus_reads_the_newest_entry() {
        assertThat(ask("XREAD STREAMS s +")).isEqualTo("*-1");
        add("s", 3);
        assertThat(ask("XREAD COUNT 5 STREAMS s +")).isEqualTo("*1 *2 $1 s *1 *2 $3 3-0 *2 $5 field $2 v3");
        server.line("XDEL s 3-0");
        assertThat(ask("XREAD STREAMS s +")).contains("2-0");
    }

    @Test
    void consumers_tell_when_they_tried_and_when_they_got_something() {
        server.line("XGROUP CREATE s g 0 MKSTREAM");
        server.line("XREADGROUP GROUP g c STREAMS s >");
        server.advance(Duration.ofMillis(20));
        assertThat(ask("XINFO CONSUMERS s g"))
                .isEqualTo("*1 *8 $4 name $1 c $7 pending :0 $4 idle :20 $8 inactive :-1");
        server.line("XADD s 1-0 f v");
        server.line("XREADGROUP GROUP g c STREAMS s >");
        server.advance(Duration.ofMillis(30));
        server.line("XREADGROUP GROUP g c STREAMS s >");
        assertThat(ask("XINFO CONSUMERS s g")).isEqualTo("*1 *8 $4 name $1 c $7 pending :1 $4 idle :0 $8 inactive :30");
        server.speak(3);
        assertThat(ask("XINFO CONSUMERS s g")).startsWith("*1 %4 $4 name");
        assertThat(ask("XINFO STREAM s FULL"))
                .contains("$9 seen-time :" + server.nowMs())
                .contains("$11 active-time :" + (server.nowMs() - 30));
    }

    @Test
    void xdelex_deletes_with_regard_to_groups() {
        read("s", 6);
        server.line("XGROUP CREATE s late 3-0");
        server.line("XACK s g 1-0 2-0");

        assertThat(ask("XDELEX s IDS 2 3-0 9-0")).isEqualTo("*2 :1 :-1");
        assertThat(ask("XPENDING s g")).startsWith("*4 :4 $3 3-0");
        assertThat(ask("XDELEX s DELREF IDS 2 3-0 4-0")).isEqualTo("*2 :-1 :1");
        assertThat(ask("XPENDING s g")).startsWith("*4 :2 $3 5-0");
        assertThat(ask("XDELEX s IDS 3 1-0 2-0 6-0 ACKED")).isEqualTo("*3 :1 :1 :2");
        assertThat(ask("XLEN s")).isEqualTo(":2");
        assertThat(ask("XDELEX none IDS 1 1-0")).isEqualTo("*1 :-1");
        add("lone", 1);
        assertThat(ask("XDELEX lone ACKED IDS 1 1-0")).as("no group needs it").isEqualTo("*1 :1");
        assertThat(ask("XDELEX s IDS 0 1-0")).isEqualTo("-ERR Number of IDs must be a positive integer");
        assertThat(ask("XDELEX s IDS 2 1-0"))
                .isEqualTo("-ERR The `numids` parameter must match the number of arguments");
        assertThat(ask("XDELEX s KEEPREF DELREF IDS 1 1-0")).isEqualTo("-ERR syntax error");
        assertThat(ask("XDELEX s IDS 1 x")).startsWith("-ERR Invalid stream ID");
    }

    @Test
    void xackdel_acknowledges_and_deletes() {
        read("s", 4);
        server.line("XGROUP CREATE s other 0");
        server.line("XREADGROUP GROUP other o COUNT 3 STREAMS s >");

        assertThat(ask("XACKDEL s g ACKED IDS 1 1-0")).isEqualTo("*1 :2");
        assertThat(ask("XACKDEL s other ACKED IDS 1 1-0")).isEqualTo("*1 :1");
        assertThat(ask("XACKDEL s g ACKED IDS 1 4-0"))
                .as("which the other has not read")
                .isEqualTo("*1 :2");
        assertThat(ask("XACKDEL s g KEEPREF IDS 1 2-0")).isEqualTo("*1 :1");
        assertThat(ask("XPENDING s other")).startsWith("*4 :2 $3 2-0");
        assertThat(ask("XACKDEL s g DELREF IDS 2 2-0 3-0")).isEqualTo("*2 :-1 :1");
        assertThat(ask("XPENDING s other")).startsWith("*4 :0");
        assertThat(ask("XACKDEL s none IDS 1 4-0")).isEqualTo("*1 :-1");
        for (String references : List.of("KEEPREF", "DELREF", "ACKED")) {
            assertThat(ask("XACKDEL s other " + references + " IDS 1 4-0"))
                    .as("which the other has not read")
                    .isEqualTo("*1 :-1");
        }
        assertThat(ask("XLEN s")).isEqualTo(":1");
    }

    @Test
    void a_group_is_set_to_an_id_and_not_to_what_lies_behind_one() {
        read("s", 3);
        for (String id : List.of("(1-1", "(0", "(x")) {
            assertThat(ask("XGROUP SETID s g " + id))
                    .as(id)
                    .isEqualTo("-ERR Invalid stream ID specified as stream command argument");
        }
        assertThat(ask("XINFO GROUPS s")).contains("$17 last-delivered-id $3 3-0");
        assertThat(ask("XGROUP SETID s g -")).isEqualTo("+OK");
        assertThat(ask("XINFO GROUPS s")).contains("$17 last-delivered-id $3 0-0");
    }

    @Test
    void a_trim_may_make_groups_forget_or_wait_for_them() {
        server.store().thresholds().streamNodeMaxEntries = 5;
        read("s", 20);
        server.line("XACK s g 1-0 2-0 3-0 4-0 5-0 6-0 8-0");

        assertThat(ask("XTRIM s MAXLEN ~ 2 ACKED")).as("a whole node").isEqualTo(":5");
        assertThat(ask("XTRIM s MAXLEN 2 ACKED")).isEqualTo(":2");
        assertThat(ask("XRANGE s - + COUNT 2")).contains("7-0").contains("9-0");
        assertThat(ask("XTRIM s MAXLEN 2 DELREF")).isEqualTo(":11");
        assertThat(ask("XPENDING s g")).startsWith("*4 :2 $4 19-0");
        assertThat(ask("XADD s DELREF MAXLEN 1 99-0 f v")).isEqualTo("$4 99-0");
        assertThat(ask("XPENDING s g")).startsWith("*4 :0");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 100})
    void the_largest_deleted_id_does_not_depend_on_where_nodes_end(int nodeEntries) {
        server.store().thresholds().streamNodeMaxEntries = nodeEntries;
        read("s", 4);
        server.line("XACK s g 2-0 3-0");
        assertThat(ask("XTRIM s MAXLEN 2 ACKED")).isEqualTo(":2");
        assertThat(ask("XINFO STREAM s")).contains("$20 max-deleted-entry-id $3 3-0");
    }

    @Test
    void a_reader_may_claim_what_is_pending_for_long_the_longest_first() {
        read("s", 3);
        server.advance(Duration.ofMillis(100));
        server.line("XCLAIM s g c 0 1-0 JUSTID");
        server.advance(Duration.ofMillis(100));
        server.line("XADD s 4-0 field v4");

        assertThat(ask("XREADGROUP GROUP g d CLAIM 150 STREAMS s >"))
                .isEqualTo("*1 *2 $1 s *3 *4 $3 2-0 *2 $5 field $2 v2 :200 :1 *4 $3 3-0 *2 $5 field $2 v3 :200 :1"
                        + " *4 $3 4-0 *2 $5 field $2 v4 :0 :0");
        assertThat(ask("XREADGROUP GROUP g d CLAIM 100 NOACK STREAMS s >"))
                .contains("*4 $3 1-0")
                .contains(":100 :1");
        assertThat(ask("XPENDING s g - + 10 d")).startsWith("*4");
        assertThat(ask("XREADGROUP GROUP g d CLAIM 0 COUNT 1 STREAMS s >")).contains(":0 :2");
        assertThat(ask("XREADGROUP GROUP g d CLAIM -1 STREAMS s >")).startsWith("-ERR");

        server.advance(Duration.ofMillis(200));
        server.line("XDEL s 1-0 2-0 3-0 4-0");
        assertThat(ask("XREADGROUP GROUP g d CLAIM 1 STREAMS s >")).isEqualTo("*-1");
        assertThat(ask("XPENDING s g")).as("what is gone is not pending").startsWith("*4 :0");
    }

    @Test
    void a_group_knows_until_when_nobody_needs_to_look_for_what_can_be_claimed() {
        read("s", 2);
        long readMs = server.nowMs();
        Database db = server.store().database(0);
        StreamGroup group = db.stream(db.lookup(Bytes.of("s"))).group(Bytes.of("g"));
        assertThat(group.idleFromMs(150)).isEqualTo(readMs + 150);
        server.advance(Duration.ofMillis(100));
        long claimedMs = server.nowMs();
        server.line("XCLAIM s g d 0 1-0");
        server.line("XACK s g 2-0");
        assertThat(group.idleFromMs(150)).as("not exact").isEqualTo(readMs + 150);
        server.advance(Duration.ofMillis(60));
        assertThat(ask("XREADGROUP GROUP g e CLAIM 150 STREAMS s >")).isEqualTo("*-1");
        assertThat(group.idleFromMs(150)).isEqualTo(claimedMs + 150);
        server.line("XNACK s g FAIL IDS 1 1-0");
        assertThat(group.idleFromMs(Long.MAX_VALUE)).isEqualTo(StreamGroup.EVER);
        server.line("XACK s g 1-0");
        assertThat(ask("XREADGROUP GROUP g e CLAIM 150 STREAMS s >")).isEqualTo("*-1");
        assertThat(group.idleFromMs(0)).isEqualTo(StreamGroup.NEVER);
    }

    @Test
    void who_claims_looks_only_where_something_may_be_idle() {
        add("s", 6400);
        server.line("XGROUP CREATE s g 0");
        long firstMs = server.nowMs();
        for (int i = 0; i < 64; i++) {
            server.line("XREADGROUP GROUP g c COUNT 100 STREAMS s >");
            server.advance(Duration.ofMillis(1));
        }
        Database db = server.store().database(0);
        StreamGroup group = db.stream(db.lookup(Bytes.of("s"))).group(Bytes.of("g"));
        for (int i = 0; i < 2; i++) {
            Search oldest = new Search(firstMs + i);
            group.search(oldest);
            assertThat(oldest.found).as("%d of each millisecond", 100).isEqualTo(100);
            assertThat(oldest.looks).as("at leaves, and rows of few of them").isLessThan(6400 / 64 + 5 * 64);
            assertThat(ask("XREADGROUP GROUP g d CLAIM " + (server.nowMs() - firstMs - i) + " COUNT 100 STREAMS s >"))
                    .startsWith("*1 *2 $1 s *100 *4 $" + (i == 0 ? "3 1-0" : "5 101-0"));
        }
        assertThat(group.idleFromMs(0)).as("not exact").isEqualTo(firstMs + 1);
        group.search(new Search(firstMs + 1));
        assertThat(group.idleFromMs(0)).isEqualTo(firstMs + 2);
    }

    private static final class Search implements StreamGroup.Search {
        final long newestMs;
        int looks;
        int found;

        Search(long newestMs) {
            this.newestMs = newestMs;
        }

        @Override
        public boolean wants(long sinceMs) {
            looks++;
            return sinceMs <= newestMs;
        }

        @Override
        public void found(long place, long sinceMs) {
            found++;
        }
    }

    // ---- waiting ----

    @Test
    void all_readers_of_a_stream_are_served_and_one_of_a_group() {
        TestEngine engine = new TestEngine();
        TestClient other = engine.connect();
        other.send("XADD s 1-0 f v");
        other.send("XGROUP CREATE s g $");
        TestClient first = engine.connect();
        TestClient second = engine.connect();
        TestClient inGroup = engine.connect();
        TestClient alsoInGroup = engine.connect();
        first.send("XREAD BLOCK 0 STREAMS none s 0 $");
        second.send("XREAD BLOCK 0 COUNT 1 STREAMS s 1-0");
        inGroup.send("XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
        alsoInGroup.send("XREADGROUP GROUP g d BLOCK 0 STREAMS s >");

        other.send("XADD s 2-0 f w");

        String entry = "*1 *2 $1 s *1 *2 $3 2-0 *2 $1 f $1 w";
        assertThat(first.read()).isEqualTo(entry);
        assertThat(second.read()).isEqualTo(entry);
        assertThat(inGroup.read()).isEqualTo(entry);
        assertThat(alsoInGroup.read()).isEmpty();
        other.send("XADD s 3-0 f x");
        assertThat(alsoInGroup.read()).contains("3-0");
        engine.engine.store().checkInvariants();
    }

    @Test
    void who_waits_in_a_group_is_told_when_the_stream_or_the_group_goes() {
        for (String end : List.of("DEL s", "SET s x", "FLUSHALL", "XGROUP DESTROY s g", "RENAME s t")) {
            TestEngine engine = new TestEngine();
            TestClient other = engine.connect();
            other.send("XGROUP CREATE s g 0 MKSTREAM");
            TestClient waiting = engine.connect();
            waiting.send("XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
            other.send(end);
            assertThat(waiting.read())
                    .as(end)
                    .startsWith(end.startsWith("XGROUP") ? "-NOGROUP" : "-UNBLOCKED the stream key no longer exists");
        }
    }

    @Test
    void who_waits_in_a_group_is_told_when_the_stream_expires_or_is_evicted() {
        for (String end : List.of("timer", "EXISTS s", "evicted")) {
            TestEngine engine = new TestEngine();
            TestClient other = engine.connect();
            engine.engine.settings().expiresActively = end.equals("timer");
            other.send("XGROUP CREATE s g 0 MKSTREAM");
            TestClient waiting = engine.connect();
            waiting.send("XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
            other.send("PEXPIRE s 10");
            if (end.equals("evicted")) {
                Database db = engine.engine.store().database(0);
                db.evict(db.lookup(Bytes.of("s")));
            }
            engine.advance(Duration.ofMillis(50));
            if (end.startsWith("EXISTS")) {
                assertThat(waiting.read()).as("nobody has noticed").isEmpty();
                other.send(end);
            }
            assertThat(waiting.read()).as(end).isEqualTo("-UNBLOCKED the stream key no longer exists");
        }
    }

    @Test
    void what_was_deleted_takes_the_place_of_nothing_that_can_be_claimed() {
        for (int i = 1; i <= 4; i++) server.line("XADD s " + i + " f v");
        server.line("XGROUP CREATE s g 0");
        server.line("XREADGROUP GROUP g a STREAMS s >");
        server.line("XDEL s 1 2");
        assertThat(ask("XREADGROUP GROUP g b COUNT 1 CLAIM 0 STREAMS s >"))
                .contains("$3 3-0")
                .doesNotContain("4-0");
        assertThat(ask("XPENDING s g")).as("what was gone is acknowledged").startsWith("*4 :2 $3 3-0 $3 4-0");
        assertThat(server.logged()).contains("0 XACK s g 1-0", "0 XACK s g 2-0");
    }

    @Test
    void what_is_to_be_claimed_after_all_time_holds_nobody_up() {
        TestEngine engine = new TestEngine();
        TestClient client = engine.connect();
        client.send("XADD s 1 f v");
        client.send("XGROUP CREATE s g 0");
        client.send("XREADGROUP GROUP g c STREAMS s >");
        client.read();
        TestClient waiting = engine.connect();
        for (String never : List.of("9223372036854775807", "9223370000000000000")) {
            waiting.send("XREADGROUP GROUP g d BLOCK 100 CLAIM " + never + " STREAMS s >");
            engine.advance(Duration.ofMillis(99));
            assertThat(waiting.read()).isEmpty();
            engine.advance(Duration.ofMillis(1));
            assertThat(waiting.read()).isEqualTo("*-1");
        }
    }

    @Test
    void the_time_to_wait_is_in_milliseconds() {
        TestEngine engine = new TestEngine();
        TestClient client = engine.connect();
        client.send("XREAD BLOCK 250 STREAMS s $");
        engine.advance(Duration.ofMillis(249));
        assertThat(client.read()).isEmpty();
        engine.advance(Duration.ofMillis(1));
        assertThat(client.read()).isEqualTo("*-1");
    }

    @Test
    void a_waiting_reader_gets_what_becomes_idle() {
        TestEngine engine = new TestEngine();
        TestClient other = engine.connect();
        other.send("XADD s 1-0 f v");
        other.send("XGROUP CREATE s g 0");
        other.send("XREADGROUP GROUP g c STREAMS s >");
        TestClient waiting = engine.connect();
        waiting.send("XREADGROUP GROUP g d BLOCK 0 CLAIM 200 STREAMS s >");
        engine.advance(Duration.ofMillis(199));
        assertThat(waiting.read()).isEmpty();
        engine.advance(Duration.ofMillis(1));
        assertThat(waiting.read()).isEqualTo("*1 *2 $1 s *1 *4 $3 1-0 *2 $1 f $1 v :200 :1");
    }

    // ---- memory ----

    @Test
    void a_refused_entry_leaves_the_stream_as_it_was() {
        TestServer small = new TestServer(16 << 20);
        String big = "x".repeat(1 << 20);
        String lastReply = "";
        int added = 0;
        while (added < 100 && !lastReply.startsWith("-")) {
            lastReply = small.run("XADD", "s", "*", "f", big);
            if (!lastReply.startsWith("-")) added++;
        }
        assertThat(lastReply).startsWith("-OOM");
        assertThat(small.line("XLEN s")).isEqualTo(":" + added + "\r\n");
        assertThat(small.run("XADD", "t", "*", "f", big)).startsWith("-OOM");
        assertThat(small.line("EXISTS t")).isEqualTo(":0\r\n");
        small.store().checkInvariants();
    }

    @Test
    void refused_readers_leave_what_is_pending_as_it_was() {
        TestServer small = new TestServer(16 << 20);
        for (int i = 0; i < 100_000; i++) small.line("XADD s * f v");
        String reply = "";
        int groups = 0;
        while (groups < 100 && !reply.startsWith("-")) {
            small.line("XGROUP CREATE s g" + groups + " 0");
            reply = small.line("XREADGROUP GROUP g" + groups++ + " c STREAMS s >");
        }
        assertThat(reply).startsWith("-OOM");
        assertThat(flat(small.line("XPENDING s g" + (groups - 1)))).startsWith("*4 :0");
        small.store().checkInvariants();
    }

    @Test
    void deleted_streams_and_groups_give_all_their_memory_back() {
        server.line("SET k v");
        server.line("DEL k");
        long before = server.store().pages().used();
        for (int i = 0; i < 5000; i++) server.run("XADD", "s", "*", "f", "v" + i);
        for (int g = 0; g < 3; g++) {
            server.line("XGROUP CREATE s g" + g + " 0");
            for (int c = 0; c < 4; c++) server.line("XREADGROUP GROUP g" + g + " c" + c + " COUNT 1000 STREAMS s >");
        }
        long all = server.store().pages().used();
        server.line("XNACK s g2 FAIL IDS 3 " + String.join(" ", ids("s").subList(0, 3)));
        server.line("XGROUP DESTROY s g1");
        server.line("XGROUP DELCONSUMER s g0 c2");
        while (server.store().step()) continue;
        assertThat(server.store().pages().used()).isLessThan(all - 5000 * 50);
        server.line("COPY s t");
        server.store().checkInvariants();
        server.line("DEL s t");
        while (server.store().step()) continue;
        assertThat(server.store().pages().used()).isEqualTo(before);
    }

    @Test
    void a_pending_entry_takes_fifty_bytes_and_what_is_acknowledged_none() {
        int entries = 100_000;
        for (int i = 0; i < entries; i++) server.line("XADD s * f v");
        server.line("XGROUP CREATE s g 0");
        long before = server.store().pages().used();
        server.line("XREADGROUP GROUP g c STREAMS s >");
        assertThat((server.store().pages().used() - before) / (double) entries).isBetween(50.0, 54.0);
        String[] words = ("XACK s g " + String.join(" ", ids("s"))).split(" ");
        server.run(words);
        assertThat(server.store().pages().used() - before).isLessThan(1000);
    }

    private List<String> ids(String key) {
        List<String> ids = new ArrayList<>();
        String[] lines = server.run("XRANGE", key, "-", "+").split("\r\n");
        for (int i = 0; i < lines.length; i++)
            if (lines[i].equals("*2") && lines[i + 1].startsWith("$")) ids.add(lines[i + 2]);
        ids.removeIf(id -> id.indexOf('-') < 0);
        return ids;
    }

    @Test
    void holes_between_nodes_are_closed() {
        for (int i = 0; i < 300; i++) {
            for (int j = 0; j < 300; j++) server.run("XADD", "s" + i, "*", "f", "x".repeat(500 + i));
            server.line("XGROUP CREATE s" + i + " g 0");
            server.line("XREADGROUP GROUP g c STREAMS s" + i + " >");
        }
        String digest = Digest.of(server.store());
        assertThat(digest).isNotEmpty();
        for (int i = 0; i < 300; i++) if (i % 8 != 0) server.run("DEL", "s" + i);
        String left = Digest.of(server.store());
        long before = server.store().pages().held();
        int steps = 0;
        for (int round = 0; round < 3; round++) // a round that began while streams were still being freed leaves holes
        while (server.store().step() && steps < 1_000_000) steps++;
        assertThat(server.store().pages().held()).isLessThan(before / 2);
        assertThat(Digest.of(server.store())).isEqualTo(left);
        assertThat(ask("XPENDING s8 g")).startsWith("*4 :300");
    }

    // ---- what is pending of nobody ----

    @Test
    void what_is_released_is_pending_of_nobody_and_stays_pending() {
        read("s", 3);
        server.advance(Duration.ofMillis(20));
        assertThat(ask("XNACK s g FAIL IDS 2 1-0 3")).isEqualTo(":2");

        assertThat(ask("XPENDING s g - + 10"))
                .isEqualTo("*3 *4 $3 1-0 $0  :-1 :1 *4 $3 2-0 $1 c :20 :1 *4 $3 3-0 $0  :-1 :1");
        assertThat(ask("XPENDING s g")).isEqualTo("*4 :3 $3 1-0 $3 3-0 *1 *2 $1 c $1 1");
        assertThat(ask("XPENDING s g - + 10 c")).isEqualTo("*1 *4 $3 2-0 $1 c :20 :1");
        assertThat(server.run("XPENDING", "s", "g", "-", "+", "10", "")).isEqualTo("*0\r\n");
        assertThat(ask("XPENDING s g IDLE " + Long.MAX_VALUE + " - + 10"))
                .isEqualTo("*2 *4 $3 1-0 $0  :-1 :1 *4 $3 3-0 $0  :-1 :1");
        assertThat(ask("XINFO GROUPS s")).contains("$9 consumers :1 $7 pending :3");
        assertThat(ask("XINFO CONSUMERS s g")).contains("$7 pending :1");
        assertThat(ask("XREADGROUP GROUP g c STREAMS s 0")).isEqualTo("*1 *2 $1 s *1 *2 $3 2-0 *2 $5 field $2 v2");
        server.line("XNACK s g FAIL IDS 1 2");
        assertThat(ask("XPENDING s g")).isEqualTo("*4 :3 $3 1-0 $3 3-0 *0");
        for (int version : List.of(2, 3)) {
            server.speak(version);
            assertThat(ask("XINFO STREAM s FULL COUNT 1"))
                    .contains("$9 pel-count :3 $7 pending *1 *4 $3 1-0 $0  :0 :1 $9 consumers")
                    .contains("$9 pel-count :0 $7 pending *0");
        }
    }

    @Test
    void the_words_of_a_release_decide_how_often_an_entry_was_delivered() {
        read("s", 1);
        server.line("XCLAIM s g c 0 1-0 RETRYCOUNT 2");
        String max = "" + Long.MAX_VALUE;
        String[][] steps = {
            {"FAIL", "2"},
            {"SILENT", "1"},
            {"SILENT", "0"},
            {"SILENT", "0"},
            {"FATAL", max},
            {"FAIL", max},
            {"SILENT", "" + (Long.MAX_VALUE - 1)},
            {"FATAL RETRYCOUNT 5", "5"},
            {"SILENT RETRYCOUNT 0", "0"}
        };
        for (String[] step : steps) {
            String[] words = step[0].split(" ", 2);
            String more = words.length == 2 ? " " + words[1] : "";
            assertThat(ask("XNACK s g " + words[0].toLowerCase() + " IDS 1 1-0" + more))
                    .as(step[0])
                    .isEqualTo(":1");
            assertThat(ask("XPENDING s g - + 10")).as(step[0]).endsWith(":-1 :" + step[1]);
        }
    }

    @Test
    void a_forced_release_makes_entries_pending_that_the_stream_has() {
        add("s", 4);
        server.line("XGROUP CREATE s g 0");
        assertThat(ask("XNACK s g FAIL IDS 1 1-0")).isEqualTo(":0");
        assertThat(ask("XNACK s g FAIL IDS 2 1-0 9-0 FORCE")).isEqualTo(":1");
        assertThat(ask("XNACK s g SILENT IDS 1 2-0 FORCE")).isEqualTo(":1");
        assertThat(ask("XNACK s g FATAL IDS 1 3-0 FORCE")).isEqualTo(":1");
        assertThat(ask("XNACK s g FATAL IDS 1 4-0 FORCE RETRYCOUNT 7")).isEqualTo(":1");
        assertThat(ask("XPENDING s g - + 10").replaceAll("[^ ]* \\$3 (.-0) \\$0  :-1", "$1"))
                .isEqualTo("*4 1-0 :0 2-0 :0 3-0 :" + Long.MAX_VALUE + " 4-0 :7");
        assertThat(ask("XINFO GROUPS s")).contains("$9 consumers :0 $7 pending :4");
    }

    @Test
    void words_of_a_release_are_checked_before_anything_changes() {
        read("s", 2);
        server.line("SET text x");
        server.logged();
        String[][] mistakes = {
            {"s g LATER IDS 1 1-0", "ERR syntax error"},
            {"s g FAIL ID 1 1-0", "ERR syntax error"},
            {"s g FAIL IDS 0 1-0", "ERR Number of IDs must be a positive integer"},
            {"s g FAIL IDS x 1-0", "ERR Number of IDs must be a positive integer"},
            {"s g FAIL IDS 3 1-0 2-0", "ERR The `numids` parameter must match the number of arguments"},
            {"s g FAIL IDS 1 1-0 2-0", "ERR The `numids` parameter must match the number of arguments"},
            {"s g FAIL IDS 2 1-0 x", "ERR Invalid stream ID specified as stream command argument"},
            {"s g FAIL IDS 1 1-0 RETRYCOUNT", "ERR Unrecognized XNACK option 'RETRYCOUNT'"},
            {"s g FAIL IDS 1 1-0 RETRYCOUNT -1", "ERR Invalid RETRYCOUNT option argument for XNACK"},
            {"s g FAIL IDS 1 1-0 RETRYCOUNT x", "ERR Invalid RETRYCOUNT option argument for XNACK"},
            {"s g FAIL IDS 1 1-0 JUSTID", "ERR Unrecognized XNACK option 'JUSTID'"},
            {"s none FAIL IDS 1 1-0", "NOGROUP No such key 's' or consumer group 'none'"},
            {"none g FAIL IDS 1 1-0", "NOGROUP No such key 'none' or consumer group 'g'"},
            {"text g FAIL IDS 1 1-0", "WRONGTYPE Operation against a key holding the wrong kind of value"},
            {"s g FAIL IDS 1", "ERR wrong number of arguments for 'xnack' command"},
        };
        for (String[] mistake : mistakes)
            assertThat(ask("XNACK " + mistake[0])).as(mistake[0]).isEqualTo("-" + mistake[1]);
        assertThat(server.logged()).isEmpty();
        assertThat(ask("XPENDING s g - + 10 c")).startsWith("*2");
    }

    /// The deliveries of who reads its own entries again are not in the log, so a release tells how many
    /// there were.
    @Test
    void a_release_is_logged_with_the_number_of_deliveries() {
        read("s", 3);
        List<String> lines = new ArrayList<>(server.logged());
        server.line("XREADGROUP GROUP g c STREAMS s 0");
        server.logged();
        server.line("XNACK s g FAIL IDS 2 1-0 9-0");
        server.line("XNACK s g SILENT IDS 2 2-0 3-0 FORCE");
        List<String> releases = server.logged();
        assertThat(releases)
                .containsExactly(
                        "0 XNACK s g FAIL IDS 1 1-0 RETRYCOUNT 2 FORCE",
                        "0 MULTI",
                        "0 XNACK s g SILENT IDS 1 2-0 RETRYCOUNT 1 FORCE",
                        "0 XNACK s g SILENT IDS 1 3-0 RETRYCOUNT 1 FORCE",
                        "0 EXEC");
        lines.addAll(releases);
        TestServer other = new TestServer();
        for (String line : lines) if (!line.endsWith("MULTI") && !line.endsWith("EXEC")) replay(other, line);
        assertThat(facts(other, "s")).isEqualTo(facts(server, "s"));
        assertThat(server.events("XNACK", "s", "g", "FAIL", "IDS", "1", "1-0")).containsExactly("0 t  s");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000})
    void what_was_released_is_claimed_however_idle_it_has_to_be(int nodes) {
        server.store().thresholds().streamNodeMaxEntries = nodes == 1 ? 100 : 1;
        read("s", 3);
        String idle = " " + Long.MAX_VALUE;
        server.line("XNACK s g FAIL IDS 1 2-0");
        assertThat(ask("XCLAIM s g d" + idle + " 1-0 2-0 JUSTID")).isEqualTo("*1 $3 2-0");
        assertThat(ask("XPENDING s g - + 10 d")).isEqualTo("*1 *4 $3 2-0 $1 d :0 :1");
        assertThat(ask("XCLAIM s g d" + idle + " 2-0")).isEqualTo("*0");

        server.line("XNACK s g FATAL IDS 1 3-0");
        assertThat(ask("XAUTOCLAIM s g d" + idle + " -")).isEqualTo("*3 $3 0-0 *1 *2 $3 3-0 *2 $5 field $2 v3 *0");
        assertThat(ask("XPENDING s g 3 3 1")).isEqualTo("*1 *4 $3 3-0 $1 d :0 :" + Long.MAX_VALUE);
        server.line("XREADGROUP GROUP g d STREAMS s 0");
        assertThat(ask("XPENDING s g 3 3 1")).endsWith(":" + Long.MAX_VALUE);

        server.line("XNACK s g SILENT IDS 1 3-0");
        assertThat(ask("XREADGROUP GROUP g c CLAIM" + idle + " STREAMS s >"))
                .isEqualTo("*1 *2 $1 s *1 *4 $3 3-0 *2 $5 field $2 v3 :-1 :" + (Long.MAX_VALUE - 1));
        assertThat(ask("XPENDING s g 3 3 1")).isEqualTo("*1 *4 $3 3-0 $1 c :0 :" + Long.MAX_VALUE);
    }

    @Test
    void what_was_released_is_handed_out_in_front_of_what_is_idle() {
        read("s", 4);
        server.line("XCLAIM s g c 0 1-0 TIME 0 JUSTID");
        server.advance(Duration.ofMillis(100));
        server.line("XNACK s g FAIL IDS 2 4-0 3-0");
        assertThat(ask("XREADGROUP GROUP g d COUNT 3 CLAIM 10 STREAMS s >").replaceAll("\\*2 \\$5 field \\$2 v. ", ""))
                .isEqualTo("*1 *2 $1 s *3 *4 $3 3-0 :-1 :1 *4 $3 4-0 :-1 :1 *4 $3 1-0 :" + server.nowMs() + " :1");
    }

    @Test
    void what_was_released_can_be_acknowledged_deleted_and_outlives_its_consumer() {
        read("s", 5);
        server.line("XNACK s g FAIL IDS 4 1-0 2-0 3-0 4-0");
        assertThat(ask("XGROUP DELCONSUMER s g c")).isEqualTo(":1");
        assertThat(ask("XPENDING s g")).isEqualTo("*4 :4 $3 1-0 $3 4-0 *0");
        assertThat(ask("XDELEX s ACKED IDS 1 1-0")).isEqualTo("*1 :2");
        assertThat(ask("XACK s g 1-0 1-0")).isEqualTo(":1");
        assertThat(ask("XACKDEL s g IDS 1 2-0")).isEqualTo("*1 :1");
        assertThat(ask("XTRIM s MINID 4 DELREF")).isEqualTo(":2");
        server.line("XGROUP CREATECONSUMER s g e");
        server.line("XGROUP SETID s g 3");
        server.line("XREADGROUP GROUP g d COUNT 1 STREAMS s >");
        assertThat(ask("XPENDING s g - + 10")).isEqualTo("*1 *4 $3 4-0 $1 d :0 :1");
    }

    @Test
    void a_released_entry_that_the_stream_has_no_more_goes_when_it_is_claimed() {
        read("s", 3);
        server.line("XDEL s 1-0 2-0 3-0");
        assertThat(ask("XNACK s g FAIL IDS 3 1-0 2-0 3-0")).isEqualTo(":3");
        assertThat(ask("XCLAIM s g d 0 1-0")).isEqualTo("*0");
        assertThat(ask("XAUTOCLAIM s g d 0 - COUNT 1")).isEqualTo("*3 $3 3-0 *0 *1 $3 2-0");
        assertThat(ask("XREADGROUP GROUP g d CLAIM 5 STREAMS s >")).isEqualTo("*-1");
        assertThat(ask("XPENDING s g")).startsWith("*4 :0");
    }

    @Test
    void a_waiting_reader_gets_what_is_released() {
        TestEngine engine = new TestEngine();
        TestClient other = engine.connect();
        other.send("XADD s 1-0 f v");
        other.send("XGROUP CREATE s g 0");
        other.send("XREADGROUP GROUP g c STREAMS s >");
        TestClient first = engine.connect();
        TestClient second = engine.connect();
        TestClient forNew = engine.connect();
        forNew.send("XREADGROUP GROUP g n BLOCK 0 STREAMS s >");
        first.send("XREADGROUP GROUP g d BLOCK 0 CLAIM 100000 STREAMS s >");
        second.send("XREADGROUP GROUP g e BLOCK 0 CLAIM 100000 STREAMS s >");
        other.send("XNACK s g SILENT IDS 1 1-0");
        assertThat(first.read()).isEqualTo("*1 *2 $1 s *1 *4 $3 1-0 *2 $1 f $1 v :-1 :0");
        assertThat(second.read()).isEmpty();
        assertThat(forNew.read()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0 1-0 IDLE 100000", "0 1-0 TIME 0", "0 2-0 FORCE IDLE 100000"})
    void a_waiting_reader_gets_what_another_claims_with_an_old_time(String claim) {
        TestEngine engine = new TestEngine();
        TestClient other = engine.connect();
        other.send("XADD s 1-0 f v");
        other.send("XGROUP CREATE s g 0");
        other.send("XREADGROUP GROUP g c STREAMS s >");
        other.send("XADD s 2-0 f v");
        other.send("XGROUP SETID s g 2-0");
        TestClient waiting = engine.connect();
        waiting.send("XREADGROUP GROUP g d BLOCK 0 CLAIM 100000 STREAMS s >");
        other.send("XCLAIM s g c " + claim);
        assertThat(waiting.read()).startsWith("*1 *2 $1 s *1 *4 $3 " + claim.split(" ")[1]);
    }

    @Test
    void a_waiting_reader_waits_for_what_is_forced_to_be_pending() {
        TestEngine engine = new TestEngine();
        TestClient other = engine.connect();
        other.send("XADD s 1-0 f v");
        other.send("XGROUP CREATE s g $");
        TestClient waiting = engine.connect();
        waiting.send("XREADGROUP GROUP g d BLOCK 0 CLAIM 200 STREAMS s >");
        other.send("XCLAIM s g c 0 1-0 FORCE");
        engine.advance(Duration.ofMillis(199));
        assertThat(waiting.read()).isEmpty();
        engine.advance(Duration.ofMillis(1));
        assertThat(waiting.read()).startsWith("*1 *2 $1 s *1 *4 $3 1-0");
    }

    @Test
    void copies_and_images_have_what_is_pending_of_nobody() {
        read("s", 300);
        server.run("XCLAIM", "s", "g", "", "0", "7-0", "8-0");
        server.line("XNACK s g FATAL IDS 3 1-0 8-0 200-0");
        server.line("XGROUP CREATE s h 0");
        server.line("XNACK s h FAIL IDS 1 5-0 FORCE RETRYCOUNT 3");
        server.line("COPY s t");
        TestServer other = new TestServer();
        for (String[] words : image(server)) other.replay(words);
        assertThat(facts(server, "t")).isEqualTo(facts(server, "s"));
        assertThat(facts(other, "s")).isEqualTo(facts(server, "s"));
        other.store().checkInvariants();
    }

    @Test
    void a_refused_release_leaves_what_is_pending_as_it_was_and_one_without_force_is_not_refused() {
        TestServer small = new TestServer(16 << 20);
        StringBuilder ids = new StringBuilder();
        for (int i = 1; i <= 50_000; i++) {
            small.run("XADD", "s", i + "-0", "f", "v");
            ids.append(' ').append(i);
        }
        String release = " FAIL IDS 50000" + ids;
        String reply = "";
        int groups = 0;
        while (groups < 100 && !reply.startsWith("-")) {
            small.line("XGROUP CREATE s g" + groups + " 0");
            reply = small.line("XNACK s g" + groups++ + release + " FORCE");
        }
        assertThat(reply).startsWith("-OOM");
        assertThat(flat(small.line("XPENDING s g" + (groups - 1)))).startsWith("*4 :0");
        assertThat(small.line("XNACK s g0" + release)).isEqualTo(":50000\r\n");
        small.store().checkInvariants();
    }

    // ---- watching ----

    @ParameterizedTest
    @ValueSource(
            strings = {
                "XGROUP CREATE s other $",
                "XGROUP SETID s g 0",
                "XGROUP CREATECONSUMER s g c",
                "XGROUP DELCONSUMER s g known",
                "XGROUP DESTROY s g",
                "XSETID s 9-0",
                "XREADGROUP GROUP g new STREAMS s >",
                "XCLAIM s g new 0 1-0",
                "XNACK s g FAIL IDS 1 1-0",
                "XACK s g 1-0"
            })
    void who_watches_a_stream_is_not_told_of_its_groups(String command) {
        assertThat(watchAndRun(command)).isEqualTo("*0\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"XADD s 2-0 f v", "XDEL s 1-0", "XTRIM s MAXLEN 0", "XGROUP CREATE none g $ MKSTREAM"})
    void who_watches_a_stream_is_told_of_its_entries(String command) {
        assertThat(watchAndRun(command)).isEqualTo("*-1\r\n");
    }

    private String watchAndRun(String command) {
        server.line("XADD s 1-0 f v");
        server.line("XGROUP CREATE s g 0");
        server.line("XREADGROUP GROUP g known COUNT 1 STREAMS s >");
        server.line("WATCH s none");
        server.logged();
        server.line(command);
        assertThat(server.logged()).isNotEmpty();
        server.line("MULTI");
        return server.line("EXEC");
    }
}
