package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is pending of nobody, after XNACK.
class StreamReleaseTest extends StreamFixture {
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
    void what_was_released_is_counted_only_where_there_is_any_as_older_clients_do_not_know_it() {
        read("s", 2);
        for (int version : List.of(2, 3)) {
            server.speak(version);
            String head = version == 2 ? "*14 " : "%7 ";
            assertThat(ask("XINFO STREAM s FULL"))
                    .contains("$6 groups *1 " + head + "$4 name $1 g")
                    .doesNotContain("nacked-count");
        }
        server.line("XNACK s g FAIL IDS 1 1-0");
        assertThat(ask("XINFO STREAM s FULL")).contains("%8 $4 name $1 g").endsWith("$12 nacked-count :1");
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
            {"s g LATER IDS 1 1-0", "ERR mode must be SILENT, FAIL, or FATAL"},
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
}
