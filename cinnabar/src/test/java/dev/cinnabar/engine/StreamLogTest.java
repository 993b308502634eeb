package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.twin.StreamMaker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the log is told of streams, and what an image of them holds.
class StreamLogTest extends StreamFixture {
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "XREADGROUP GROUP g c STREAMS s >",
                "XREADGROUP GROUP g c NOACK STREAMS s >",
                "XREADGROUP GROUP g c STREAMS t s > >",
                "XREADGROUP GROUP g c CLAIM 0 STREAMS t s > >"
            })
    void of_an_answer_for_which_memory_ends_the_reader_gets_what_the_group_and_the_log_have_handed_out(String line) {
        for (int room = 0; room < 1400; room += 7) {
            TestServer small = new TestServer();
            TestServer follower = new TestServer();
            for (String key : List.of("s", "t")) {
                for (int i = 1; i <= 4; i++) small.run("XADD", key, i + "-0", key, "v" + "x".repeat(100));
                small.line("XGROUP CREATE " + key + " g 0");
                small.line("XREADGROUP GROUP g other COUNT 1 STREAMS " + key + " >");
            }
            ByteBuilder reply = new ByteBuilder(room);
            reply.limit(0); // it cannot grow
            replayAll(small, follower);
            small.run(TestEngine.words(line.split(" ")), reply);

            replayAll(small, follower);
            int handedOut = 0;
            for (String key : List.of("s", "t")) {
                assertThat(facts(follower, key)).as(room + " bytes").isEqualTo(facts(small, key));
                handedOut += line.contains("NOACK") ? entriesRead(small, key) - 1 : pendingOfC(small, key);
            }
            int answered = reply.toString().split("vx", -1).length - 1;
            if (answered > 0) assertThat(answered).as(room + " bytes").isEqualTo(handedOut);
            small.store().checkInvariants();
        }
    }

    private static void replayAll(TestServer from, TestServer to) {
        for (String logged : from.logged()) if (!logged.matches("0 (MULTI|EXEC)")) replay(to, logged);
    }

    private static int entriesRead(TestServer server, String key) {
        return Integer.parseInt(flat(server.line("XINFO GROUPS " + key)).replaceAll(".*entries-read :(\\d+) .*", "$1"));
    }

    private static int pendingOfC(TestServer server, String key) {
        return server.line("XPENDING " + key + " g - + 100 c").split("-0\r\n", -1).length - 1;
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
}
