package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LatencyCommandsTest {
    private static final String RULE = "-".repeat(80);

    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();

    // ---- events ----

    @Test
    void without_a_threshold_nothing_is_noted() {
        client.send("STALL 1000");
        assertThat(client.send("LATENCY LATEST")).isEqualTo("*0");
        assertThat(client.send("LATENCY HISTORY command")).isEqualTo("*0");
        assertThat(client.send("LATENCY DOCTOR")).contains("latency-monitor-threshold");
    }

    @Test
    void latest_and_history_tell_what_was_slow() {
        server.settings().latencyThresholdMs = 5;
        for (int ms : new int[] {4, 5, 300, 20}) stall(ms);
        long t = 1767268800;
        assertThat(client.send("LATENCY LATEST")).isEqualTo("*1 *4 $7 command :" + (t + 3) + " :20 :300");
        assertThat(client.send("LATENCY HISTORY command"))
                .isEqualTo("*3 *2 :" + (t + 1) + " :5 *2 :" + (t + 2) + " :300 *2 :" + (t + 3) + " :20");
    }

    @Test
    void of_one_second_the_worst_counts() {
        server.settings().latencyThresholdMs = 5;
        for (int ms : new int[] {10, 30, 20}) client.send("STALL " + ms);
        assertThat(client.send("LATENCY HISTORY command")).isEqualTo("*1 *2 :1767268800 :30");
    }

    @Test
    void the_last_160_seconds_of_an_event_are_kept() {
        server.settings().latencyThresholdMs = 5;
        for (int i = 0; i < 165; i++) stall(i == 2 ? 400 : 10);
        assertThat(client.send("LATENCY HISTORY command")).startsWith("*160 *2 :" + (1767268800 + 5) + " ");
        assertThat(client.send("LATENCY LATEST"))
                .as("the worst is remembered longer")
                .endsWith(" :10 :400");
    }

    @Test
    void reset_forgets_some_events_or_all() {
        server.settings().latencyThresholdMs = 5;
        stall(10);
        server.engine.noteLatency("expire-cycle", 10_000_000);
        server.engine.noteLatency("aof-write", 10_000_000);
        assertThat(client.send("LATENCY RESET command nosuch command")).isEqualTo(":1");
        assertThat(client.send("LATENCY LATEST")).startsWith("*2 ");
        assertThat(client.send("LATENCY RESET")).isEqualTo(":2");
        assertThat(client.send("LATENCY RESET")).isEqualTo(":0");
    }

    @Test
    void doctor_names_events_and_says_what_to_do() {
        server.settings().latencyThresholdMs = 5;
        assertThat(client.send("LATENCY DOCTOR")).contains("No delay of 5 ms or more");
        stall(10);
        stall(30);
        String report = client.send("LATENCY DOCTOR");
        assertThat(report)
                .contains("1. command: 2 noted, 20 ms on average (mean deviation 10 ms)", "longest ever 30 ms")
                .contains("CONFIG SET slowlog-log-slower-than 5000");
        server.settings().slowerThanMicros = -1;
        assertThat(client.send("LATENCY DOCTOR")).contains("slow log").contains("is off");
    }

    @Test
    void what_the_disk_takes_for_the_log_is_noted_and_the_doctor_knows_of_it() {
        server.settings().latencyThresholdMs = 5;
        long[] nanos = {7_000_000, 30_000_000};
        server.engine.log(new ChangeLog() {
            @Override
            public void append(int db, int argc, Bytes[] argv) {}

            @Override
            public long takeLongestWrite() {
                return taken(0);
            }

            @Override
            public long takeLongestSync() {
                return taken(1);
            }

            private long taken(int which) {
                long longest = nanos[which];
                nanos[which] = 0;
                return longest;
            }
        });
        server.advance(Duration.ofMillis(100));
        server.advance(Duration.ofMillis(100));
        assertThat(client.send("LATENCY LATEST"))
                .isEqualTo("*2 *4 $16 aof-fsync-always :1767268800 :30 :30 *4 $9 aof-write :1767268800 :7 :7");
        assertThat(client.send("LATENCY DOCTOR")).contains("- aof-fsync-always: The disk");
    }

    @Test
    void graph_draws_the_events_column_by_column() {
        server.settings().latencyThresholdMs = 1;
        for (int ms : new int[] {2, 30, 5, 110, 1, 500, 70, 3, 950}) stall(ms);
        assertThat(client.send("LATENCY GRAPH command"))
                .endsWith("command - high 950 ms, low 1 ms (all time high 950 ms)\n" + RULE + "\n"
                        + "        #\n"
                        + "     _  |\n"
                        + "     |  |\n"
                        + "___o_|__|\n"
                        + "         \n"
                        + "987654321\n"
                        + "sssssssss\n");
        assertThat(client.send("LATENCY GRAPH foo")).isEqualTo("-ERR No samples available for event 'foo'");
        client.send("HELLO 3");
        assertThat(client.send("LATENCY GRAPH command")).startsWith("=").contains(" txt:command - high");
    }

    /// Takes so long, in a second of its own.
    private void stall(int ms) {
        client.send("STALL " + ms);
        server.advance(Duration.ofMillis(1000 - ms));
    }

    // ---- durations ----

    @Test
    void histogram_tells_how_many_calls_took_at_most_so_long() {
        for (int ms : new int[] {1, 2, 2, 30}) client.send("STALL " + ms);
        String stall = "$5 stall *4 $5 calls :4 $14 histogram_usec *6 :1056 :1 :2113 :3 :33816 :4";
        assertThat(client.send("LATENCY HISTOGRAM stall")).isEqualTo("*2 " + stall);
        assertThat(client.send("LATENCY HISTOGRAM STALL nosuch append stall")).isEqualTo("*4 " + stall + " " + stall);
        assertThat(client.send("LATENCY HISTOGRAM nosuch")).isEqualTo("*0");
        client.send("HELLO 3");
        assertThat(client.send("LATENCY HISTOGRAM stall"))
                .isEqualTo("%1 $5 stall %2 $5 calls :4 $14 histogram_usec %3 :1056 :1 :2113 :3 :33816 :4");
    }

    @Test
    void histogram_shows_the_subcommands_of_a_container_and_without_names_all_that_was_used() {
        client.send("CLIENT ID");
        client.send("CLIENT GETNAME");
        String id = "$9 client|id *4 $5 calls :1 $14 histogram_usec *2 :1 :1";
        String name = "$14 client|getname *4 $5 calls :1 $14 histogram_usec *2 :1 :1";
        assertThat(client.send("LATENCY HISTOGRAM client")).startsWith("*4 ").contains(id, name);
        assertThat(client.send("LATENCY HISTOGRAM client|id")).isEqualTo("*2 " + id);
        assertThat(client.send("LATENCY HISTOGRAM")).startsWith("*6 ").contains(id, name, "latency|histogram");
    }

    @Test
    void histogram_forgets_with_the_statistics_and_records_only_where_wanted() {
        client.send("PING");
        server.engine.resetStatistics();
        assertThat(client.send("LATENCY HISTOGRAM ping")).isEqualTo("*0");
        server.settings().tracksLatency = false;
        client.send("PING");
        assertThat(client.send("LATENCY HISTOGRAM ping")).isEqualTo("*0");
    }

    @Test
    void help_lists_every_subcommand() {
        String help = client.send("LATENCY HELP");
        for (LatencyCommands command : LatencyCommands.values())
            assertThat(help).contains(" +" + command.name());
    }
}
