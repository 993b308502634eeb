package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.StreamGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of the stream family that a twin does not show: waiting, memory, and what is younger than their
/// server. Its log: [StreamLogTest]; what is released: [StreamReleaseTest].
class StreamCommandsTest extends StreamFixture {
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
        assertThat(ask("XREADGROUP GROUP g d CLAIM -1 STREAMS s >"))
                .isEqualTo("-ERR min-idle-time must be a positive integer");

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
