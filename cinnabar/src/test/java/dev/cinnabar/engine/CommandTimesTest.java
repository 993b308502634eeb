package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Flag;
import dev.cinnabar.command.Refusal;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Times in nanoseconds, or, where a step of the histogram is given, in microseconds.
class CommandTimesTest {
    private static final String STALL_NS = Integer.toString(30_000_000);

    private TestEngine server;
    private TestClient client;

    /// Each takes as many nanoseconds as its word says: one is flagged fast, another is not, the third fails. The
    /// last takes 10 µs for a byte.
    @BeforeEach
    void begin() {
        server = new TestEngine(
                Command.of(CommandSpec.syntax("QUICK nanoseconds [word ...]").flags(Flag.FAST), call -> {
                    server.clock.advance(Duration.ofNanos(call.longArg(1)));
                    return call.reply().ok();
                }),
                Command.of(CommandSpec.syntax("SLOW nanoseconds"), call -> {
                    server.clock.advance(Duration.ofNanos(call.longArg(1)));
                    return call.reply().ok();
                }),
                Command.of(CommandSpec.syntax("FAIL nanoseconds").flags(Flag.FAST), call -> {
                    server.clock.advance(Duration.ofNanos(call.longArg(1)));
                    throw new Refusal("ERR no");
                }),
                Command.of(CommandSpec.syntax("TALK bytes").flags(Flag.FAST), call -> {
                    server.clock.advance(Duration.ofNanos(10_000 * call.longArg(1)));
                    return call.reply().bulk("x".repeat((int) call.longArg(1)));
                }));
        client = server.connect();
    }

    private CommandEntry entry(String name) {
        return Objects.requireNonNull(server.engine.commands().find(name));
    }

    private static String[] times(int count, String line) {
        return Collections.nCopies(count, line).toArray(String[]::new);
    }

    private static String[] all(String[]... some) {
        return Arrays.stream(some).flatMap(Stream::of).toArray(String[]::new);
    }

    private long countAbove(String name, long micros) {
        Histogram latency = entry(name).latency();
        long[] below = {0};
        latency.forEachStep((step, count) -> below[0] = step <= micros ? count : below[0]);
        return latency.total() - below[0];
    }

    @Test
    void of_a_pipeline_every_call_is_counted_and_the_sum_of_their_times_is_exact() {
        String[] lines = new String[100];
        long sum = 0;
        for (int i = 0; i < lines.length; i++) {
            lines[i] = "QUICK " + (100 + i);
            sum += 100 + i;
        }
        client.pipeline(lines);
        assertThat(entry("quick").calls()).isEqualTo(100);
        assertThat(entry("quick").nanos()).isEqualTo(sum);
        assertThat(entry("quick").latency().total()).isEqualTo(100);
        assertThat(server.engine.statistics().commands).isEqualTo(100);
    }

    @Test
    void who_asks_in_the_same_pipeline_hears_of_all_before() {
        String answer = client.pipeline(all(times(7, "QUICK 1000"), new String[] {"INFO commandstats"}));
        assertThat(answer).contains("cmdstat_quick:calls=7,usec=7,usec_per_call=1.00,");
    }

    @Test
    void different_commands_are_timed_one_by_one() {
        client.pipeline("QUICK 500", "SLOW 7000", "QUICK 500", "SLOW 90000", "SLOW 2000", "QUICK 500");
        assertThat(entry("slow").nanos()).isEqualTo(99_000);
        assertThat(entry("quick").nanos()).isEqualTo(1_500);
        assertThat(entry("slow").latency().percentileNanos(100)).isBetween(90_000L, 91_000L);
        assertThat(entry("slow").latency().percentileNanos(1)).isBetween(2_000L, 2_020L);
    }

    @Test
    void what_holds_a_row_up_is_seen_as_one_slow_call_among_quick_ones() {
        client.pipeline(all(times(6, "QUICK 300"), times(1, "QUICK " + STALL_NS), times(6, "QUICK 300")));
        assertThat(entry("quick").nanos()).isEqualTo(12 * 300 + 30_000_000);
        assertThat(countAbove("quick", 1)).isEqualTo(1);
        assertThat(entry("quick").latency().percentileNanos(90)).isBetween(300L, 303L);
        assertThat(entry("quick").latency().percentileNanos(100)).isBetween(30_000_000L, 30_300_000L);
    }

    @Test
    void the_slow_log_names_the_words_of_who_was_timed_alone() {
        client.pipeline("QUICK 300", "SLOW " + STALL_NS, "QUICK " + STALL_NS, "QUICK 300");
        assertThat(client.send("SLOWLOG GET"))
                .contains(":30000 *2 $4 SLOW $8 30000000", ":30000 *2 $5 QUICK $8 30000000");
        assertThat(client.send("SLOWLOG LEN")).isEqualTo(":2");
    }

    @Test
    void of_a_row_the_slow_log_says_that_one_of_so_many_was_slow() {
        client.pipeline(all(times(3, "QUICK 300"), times(1, "QUICK " + STALL_NS), times(3, "QUICK 300")));
        assertThat(client.send("SLOWLOG GET"))
                .startsWith("*1 *6 :0 ")
                .contains(":30000 *2 $5 quick $28 ... (one of 6 in a pipeline) $15 127.0.0.1:50001");
    }

    @Test
    void a_row_has_at_most_sixteen_calls() {
        client.pipeline(all(times(1 + 2 * CommandTimes.MOST_IN_ROW, "QUICK 300"), times(7, "QUICK 5000000")));
        assertThat(client.send("SLOWLOG GET")).startsWith("*1 ").contains("(one of 7 in a pipeline)");
    }

    @Test
    void behind_a_row_that_was_held_up_each_is_timed_alone_until_one_is_quick() {
        String stall = "QUICK " + STALL_NS;
        client.pipeline(all(
                times(1 + CommandTimes.MOST_IN_ROW - 1, "QUICK 300"),
                times(3, stall), // the first ends the row; the others are told of by their words
                times(1, "QUICK 300"),
                times(1, "QUICK 400")));
        String log = client.send("SLOWLOG GET");
        assertThat(log).startsWith("*3 ").contains("(one of 16 in a pipeline)");
        assertThat(log.split("QUICK \\$8 30000000", -1)).hasSize(3);
        assertThat(entry("quick").nanos()).isEqualTo(3 * 30_000_000L + 17 * 300 + 400);
    }

    @Test
    void the_latency_monitor_hears_of_a_row_that_was_held_up() {
        server.settings().latencyThresholdMs = 5;
        client.pipeline(all(times(3, "QUICK 300"), times(1, "QUICK " + STALL_NS), times(3, "QUICK 300")));
        assertThat(client.send("LATENCY LATEST")).contains("$12 fast-command").endsWith(" :30 :30");
    }

    @Test
    void for_a_slow_log_of_less_than_a_millisecond_each_is_timed_alone() {
        for (int micros : new int[] {0, 500, (int) CommandTimes.ROWS_FROM_MICROS - 1}) {
            server.settings().slowerThanMicros = micros;
            client.send("SLOWLOG RESET");
            client.pipeline(all(times(9, "QUICK 100"), times(1, "QUICK 1000000"), times(9, "QUICK 100")));
            server.settings().slowerThanMicros = -1;
            assertThat(client.send("SLOWLOG GET -1")).as(micros + " us").contains("QUICK $7 1000000");
        }
    }

    @Test
    void calls_that_may_have_more_to_do_are_timed_alone() {
        client.pipeline(all(times(5, "QUICK 100"), times(1, "QUICK " + STALL_NS + " a b c d")));
        assertThat(client.send("SLOWLOG GET")).contains("$5 QUICK $8 30000000 $1 a");
        client.send("SLOWLOG RESET");
        client.pipeline(all(times(5, "SLOW 100"), times(1, "SLOW " + STALL_NS), times(5, "SLOW 100")));
        assertThat(client.send("SLOWLOG GET")).contains("$4 SLOW $8 30000000");
        client.send("SLOWLOG RESET");
        client.pipeline("QUICK " + CommandTimes.QUICK_NS, "QUICK " + STALL_NS);
        assertThat(client.send("SLOWLOG GET")).contains("$5 QUICK $8 30000000");
    }

    @Test
    void a_long_answer_ends_a_row() {
        String longAnswer = "TALK " + (CommandTimes.MOST_REPLY_BYTES + 1);
        client.pipeline(all(times(3, "TALK 1"), times(1, longAnswer), times(5, "TALK 1")));
        assertThat(client.send("SLOWLOG GET")).startsWith("*1 ").contains("(one of 3 in a pipeline)");
    }

    @Test
    void calls_that_fail_are_counted_in_a_row_too() {
        client.pipeline(times(20, "FAIL 100"));
        assertThat(entry("fail").calls()).isEqualTo(20);
        assertThat(entry("fail").failures()).isEqualTo(20);
        assertThat(entry("fail").nanos()).isEqualTo(2_000);
        assertThat(server.engine.statistics().errors).isEqualTo(20);
    }

    @Test
    void a_transaction_times_each_of_its_commands() {
        client.pipeline(all(
                new String[] {"QUICK 100", "MULTI"},
                times(3, "QUICK 100"),
                times(1, "QUICK " + STALL_NS),
                new String[] {"EXEC"},
                times(4, "QUICK 100")));
        assertThat(client.send("SLOWLOG GET")).contains("$5 QUICK $8 30000000");
        assertThat(entry("quick").calls()).isEqualTo(9);
        assertThat(entry("quick").nanos()).isEqualTo(8 * 100 + 30_000_000);
    }

    @Test
    void between_two_batches_no_time_is_anybodys() {
        for (int i = 0; i < 3; i++) {
            client.pipeline(times(5, "QUICK 100"));
            server.advance(Duration.ofSeconds(1));
        }
        assertThat(entry("quick").nanos()).isEqualTo(1_500);
    }

    @Test
    void what_is_loaded_from_a_log_is_slow_for_nobody() {
        server.settings().latencyThresholdMs = 5;
        TestClient log = new TestClient(server.engine, Session.Origin.REPLAY, "", "");
        assertThat(log.pipeline(times(3, "QUICK " + STALL_NS))).isEqualTo("+OK +OK +OK");
        assertThat(client.send("SLOWLOG LEN")).isEqualTo(":0");
        assertThat(client.send("LATENCY LATEST")).isEqualTo("*0");
    }
}
