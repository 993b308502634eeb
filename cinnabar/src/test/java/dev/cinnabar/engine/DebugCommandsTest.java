package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DebugCommandsTest {
    private static final String REFUSED =
            "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\","
                    + " you can run it from a local connection, otherwise you need to set this option in the configuration file, and then"
                    + " restart the server.";

    private final Rig rig = Rig.withDebug();

    @AfterEach
    void everything_adds_up() {
        rig.engine.store().checkInvariants();
    }

    // ---- who may ----

    @Test
    void by_default_it_is_refused_and_counted_as_a_refusal() {
        Rig plain = new Rig();
        assertThat(plain.ask("DEBUG", "SLEEP", "0")).isEqualTo(REFUSED);
        assertThat(plain.line("commandstats", "cmdstat_debug"))
                .startsWith("calls=0,")
                .contains("rejected_calls=1");
    }

    @Test
    void where_it_is_refused_it_spoils_a_transaction() {
        Rig plain = new Rig();
        plain.ask("MULTI");
        assertThat(plain.ask("DEBUG", "SLEEP", "0")).isEqualTo(REFUSED);
        assertThat((String) plain.ask("EXEC")).startsWith("-EXECABORT");
    }

    @Test
    void local_lets_clients_of_this_machine_in_only() {
        Rig local = new Rig("enable-debug-command", "local");
        for (String near : List.of("127.0.0.1:5000", "[::1]:5000", "/run/redis.sock:0", "")) {
            assertThat(local.new Client(near).ask("DEBUG", "SLEEP", "0"))
                    .as(near)
                    .isEqualTo("OK");
        }
        for (String far : List.of("10.1.2.3:5000", "[2001:db8::1]:5000", "127.0.0.2:1")) {
            assertThat(local.new Client(far).ask("DEBUG", "SLEEP", "0")).as(far).isEqualTo(REFUSED);
        }
    }

    // ---- POPULATE ----

    @Test
    void populate_makes_numbered_keys_and_leaves_those_that_are_there() {
        rig.ask("SET", "key:3", "mine");
        assertThat(rig.ask("DEBUG", "POPULATE", "101")).isEqualTo("OK");
        assertThat(rig.ask("DBSIZE")).isEqualTo(101L);
        assertThat(rig.ask("GET", "key:0")).isEqualTo("value:0");
        assertThat(rig.ask("GET", "key:100")).isEqualTo("value:100");
        assertThat(rig.ask("GET", "key:3")).isEqualTo("mine");
    }

    @Test
    void populate_fills_values_up_with_zero_bytes_or_cuts_them() {
        rig.ask("DEBUG", "POPULATE", "12", "long", "10");
        rig.ask("DEBUG", "POPULATE", "12", "short", "7");
        assertThat(rig.ask("GET", "long:9")).isEqualTo("value:9\0\0\0");
        assertThat(rig.ask("GET", "long:11")).isEqualTo("value:11\0\0");
        assertThat(rig.ask("GET", "short:11")).isEqualTo("value:1");
    }

    @Test
    void populate_is_not_logged_but_changes_watched_keys() {
        rig.ask("WATCH", "key:5");
        rig.new Client("127.0.0.1:50002").ask("DEBUG", "POPULATE", "10");
        rig.ask("MULTI");
        assertThat(rig.ask("EXEC")).isNull();
        assertThat(rig.log).isEmpty();
    }

    @Test
    void populate_that_runs_out_of_memory_keeps_what_fitted() {
        assertThat((String) rig.ask("DEBUG", "POPULATE", "1000000", "key", "10000"))
                .startsWith("-OOM");
        assertThat((Long) rig.ask("DBSIZE")).isBetween(10_000L, 60_000L);
    }

    @Test
    void populate_allocates_nothing_per_key() {
        rig.ask("DEBUG", "POPULATE", "200000");
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        rig.ask("DEBUG", "POPULATE", "200000");
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(100_000);
    }

    // ---- the data ----

    @Test
    void the_digest_depends_on_the_data_and_not_on_its_history() {
        rig.ask("SET", "a", "1");
        rig.ask("SET", "b", "2", "EX", "100");
        Object digest = rig.ask("DEBUG", "DIGEST");
        rig.ask("FLUSHALL");
        assertThat(rig.ask("DEBUG", "DIGEST")).isEqualTo("0".repeat(40));
        rig.ask("SET", "b", "2", "PX", "77");
        rig.ask("SET", "a", "x");
        rig.ask("SET", "a", "1");
        assertThat(rig.ask("DEBUG", "DIGEST")).isEqualTo(digest);
        rig.ask("PERSIST", "b");
        assertThat(rig.ask("DEBUG", "DIGEST")).isNotEqualTo(digest);
    }

    @Test
    void reload_brings_everything_back() {
        rig.ask("DEBUG", "POPULATE", "3000");
        rig.ask("SET", "n", "-12345");
        rig.ask("SET", "t", "x".repeat(100_000), "PX", "5000");
        rig.ask("SELECT", "7");
        rig.ask("SET", "seven", "\0binary\r\n");
        Object digest = rig.ask("DEBUG", "DIGEST");
        rig.log.clear();
        assertThat(rig.ask("DEBUG", "RELOAD")).isEqualTo("OK");
        assertThat(rig.ask("DEBUG", "DIGEST")).isEqualTo(digest);
        assertThat(rig.ask("GET", "seven")).isEqualTo("\0binary\r\n");
        rig.ask("SELECT", "0");
        assertThat(rig.ask("OBJECT", "ENCODING", "n")).isEqualTo("int");
        assertThat(rig.ask("PTTL", "t")).isEqualTo(5000L);
        assertThat(rig.log).isEmpty();
    }

    @Test
    void reload_in_a_transaction_does_not_disturb_the_answers() {
        rig.ask("SET", "a", "1");
        rig.ask("MULTI");
        rig.ask("GET", "a");
        rig.ask("DEBUG", "RELOAD");
        rig.ask("INCR", "a");
        assertThat(rig.ask("EXEC")).isEqualTo(List.of("1", "OK", 2L));
    }

    @Test
    void reload_of_a_file_is_refused_and_keeps_the_data() {
        rig.ask("SET", "a", "1");
        assertThat((String) rig.ask("DEBUG", "RELOAD", "NOSAVE")).startsWith("-ERR");
        assertThat(rig.ask("GET", "a")).isEqualTo("1");
    }

    @Test
    void many_keys_in_the_order_of_their_hashes_are_read_back_in_linear_time() {
        rig.ask("DEBUG", "POPULATE", "300000");
        var threads = ManagementFactory.getThreadMXBean();
        long began = threads.getCurrentThreadCpuTime(); // whoever else is on the machine
        rig.ask("DEBUG", "RELOAD");
        // half a second as it should be; minutes when all of them crowd in the first buckets
        assertThat(Duration.ofNanos(threads.getCurrentThreadCpuTime() - began)).isLessThan(Duration.ofSeconds(15));
        assertThat(rig.ask("DBSIZE")).isEqualTo(300_000L);
    }

    @Test
    void loadaof_is_the_hosts_and_what_it_replays_does_not_disturb_the_answer() {
        rig.host.onReload = () -> rig.replay("SET", "from", "disk");
        assertThat(rig.ask("DEBUG", "LOADAOF")).isEqualTo("OK");
        assertThat(rig.ask("GET", "from")).isEqualTo("disk");
        rig.host.error = "ERR Error trying to load the AOF files, check server logs.";
        assertThat(rig.ask("DEBUG", "LOADAOF")).isEqualTo("-" + rig.host.error);
    }

    @Test
    void who_waits_or_watches_hears_of_what_keys_are_after_loadaof_and_not_of_what_they_were_meanwhile() {
        TestClient waiting = new TestClient(rig.engine, Session.Origin.NETWORK, "127.0.0.1:50002", "127.0.0.1:6379");
        waiting.send("BLPOP queue 0");
        rig.ask("WATCH", "never", "queue");
        rig.log.clear();
        load("RPUSH queue past", "RENAME queue done", "SET never 1", "DEL never");
        assertThat(waiting.read()).isEmpty();
        assertThat(rig.ask("LRANGE", "done", "0", "-1")).isEqualTo(List.of("past"));
        assertThat(rig.log).isEmpty();
        rig.ask("MULTI");
        assertThat(rig.ask("EXEC")).isEqualTo(List.of());

        rig.ask("WATCH", "done");
        load("SET never 1", "RPUSH queue now");
        assertThat(waiting.read()).isEqualTo("*2 $5 queue $3 now");
        assertThat(rig.log).containsExactly("0 LPOP queue");
        rig.ask("MULTI");
        assertThat(rig.ask("EXEC")).as("done has gone").isNull();
    }

    @Test
    void who_waits_to_change_data_goes_on_waiting_after_a_loadaof_that_failed_until_there_is_a_log_again() {
        TestClient taking = new TestClient(rig.engine, Session.Origin.NETWORK, "127.0.0.1:50002", "127.0.0.1:6379");
        TestClient claiming = new TestClient(rig.engine, Session.Origin.NETWORK, "127.0.0.1:50003", "127.0.0.1:6379");
        TestClient reading = new TestClient(rig.engine, Session.Origin.NETWORK, "127.0.0.1:50004", "127.0.0.1:6379");
        rig.ask("XGROUP", "CREATE", "stream", "g", "$", "MKSTREAM");
        rig.ask("XADD", "stream", "1-0", "f", "v");
        rig.ask("XREADGROUP", "GROUP", "g", "other", "STREAMS", "stream", ">");
        taking.send("BLPOP queue 0");
        claiming.send("XREADGROUP GROUP g c BLOCK 0 CLAIM 1000 STREAMS stream >");
        reading.send("XREAD BLOCK 0 STREAMS entries $");
        rig.host.error = "ERR Error trying to load the AOF files, check server logs";
        rig.host.onReload = () -> {
            rig.replayAll("RPUSH queue half", "XADD entries 1-0 f v");
            rig.engine.log(new ForbiddingLog());
        };

        assertThat(rig.ask("DEBUG", "LOADAOF")).isEqualTo("-" + rig.host.error);
        rig.clock.advance(Duration.ofSeconds(2));
        rig.engine.tick();
        rig.ask("PING");
        assertThat(taking.read()).isEmpty();
        assertThat(claiming.read()).isEmpty();
        assertThat(reading.read()).contains("entries");
        assertThat(rig.ask("LRANGE", "queue", "0", "-1")).isEqualTo(List.of("half"));

        rig.engine.log(ChangeLog.NONE);
        rig.ask("PING");
        assertThat(taking.read()).isEqualTo("*2 $5 queue $4 half");
        rig.clock.advance(Duration.ofSeconds(2));
        rig.engine.tick();
        assertThat(claiming.read()).contains("1-0");
    }

    private static final class ForbiddingLog implements ChangeLog {
        @Override
        public void append(int db, int argc, Bytes[] argv) {
            throw new AssertionError("nothing may be changed");
        }

        @Override
        public boolean forbidsChanges() {
            return true;
        }
    }

    @Test
    void in_a_transaction_nobody_is_served_before_its_end_though_a_log_is_replayed() {
        TestClient waiting = new TestClient(rig.engine, Session.Origin.NETWORK, "127.0.0.1:50002", "127.0.0.1:6379");
        waiting.send("BLPOP queue 0");
        rig.ask("MULTI");
        rig.ask("RPUSH", "queue", "a");
        rig.ask("DEBUG", "LOADAOF");
        rig.ask("DEL", "queue");
        rig.host.onReload = () -> rig.replay("RPUSH", "queue", "b");
        assertThat(rig.ask("EXEC")).isEqualTo(List.of(1L, "OK", 1L));
        assertThat(waiting.read()).isEmpty();
    }

    private void load(String... lines) {
        rig.host.onReload = () -> {
            rig.engine.empty();
            rig.replayAll(lines);
        };
        assertThat(rig.ask("DEBUG", "LOADAOF")).isEqualTo("OK");
    }

    @Test
    void object_tells_how_long_a_value_was_not_used() {
        rig.ask("SET", "a", "hello");
        rig.clock.advance(Duration.ofSeconds(12));
        assertThat((String) rig.ask("DEBUG", "OBJECT", "a"))
                .matches(
                        "Value at:0x[0-9a-f]+ refcount:1 encoding:embstr serializedlength:6 lru:\\d+ lru_seconds_idle:12");
    }

    // ---- the server ----

    @Test
    void set_active_expire_decides_whether_keys_go_by_themselves() {
        rig.ask("SET", "a", "1", "PX", "10");
        rig.ask("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        rig.clock.advance(Duration.ofSeconds(1));
        rig.engine.tick();
        assertThat(rig.ask("DBSIZE")).isEqualTo(1L);
        rig.ask("DEBUG", "SET-ACTIVE-EXPIRE", "1");
        rig.engine.tick();
        assertThat(rig.ask("DBSIZE")).isEqualTo(0L);
    }

    @Test
    void change_repl_id_does_what_it_says() {
        String before = rig.line("replication", "master_replid");
        rig.ask("DEBUG", "CHANGE-REPL-ID");
        assertThat(rig.line("replication", "master_replid"))
                .matches("[0-9a-f]{40}")
                .isNotEqualTo(before);
    }

    @Test
    void log_writes_a_warning() {
        rig.ask("DEBUG", "LOG", "hello there");
        assertThat(rig.host.logged).containsExactly("WARNING DEBUG LOG: hello there");
    }

    @Test
    void check_finds_nothing_wrong() {
        rig.ask("DEBUG", "POPULATE", "1000");
        assertThat(rig.ask("DEBUG", "CINNABAR-CHECK")).isEqualTo("OK");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SEGFAULT", "PANIC", "ASSERT", "OOM", "RESTART", "CRASH-AND-RECOVER 10"})
    void it_does_not_crash_on_demand(String line) {
        assertThat(rig.ask(("DEBUG " + line).split(" "))).isEqualTo("-ERR this server does not crash on demand");
    }

    @Test
    void help_tells_every_tool() {
        List<?> help = (List<?>) rig.ask("DEBUG", "HELP");
        assertThat(help.size()).isGreaterThan(40);
        assertThat(help.get(0)).isEqualTo("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        assertThat(help.get(help.size() - 2)).isEqualTo("HELP");
    }

    @Test
    void samples_of_resp3_are_what_they_say() {
        var client = rig.client.resp3();
        assertThat(client.raw("DEBUG", "PROTOCOL", "double")).isEqualTo(",3.141\r\n");
        assertThat(client.raw("DEBUG", "PROTOCOL", "bignum")).isEqualTo("(1234567999999999999999999999999999999\r\n");
        assertThat(client.raw("DEBUG", "PROTOCOL", "null")).isEqualTo("_\r\n");
        assertThat(client.raw("DEBUG", "PROTOCOL", "set")).isEqualTo("~3\r\n:0\r\n:1\r\n:2\r\n");
        assertThat(client.raw("DEBUG", "PROTOCOL", "map")).isEqualTo("%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n");
        assertThat(client.raw("DEBUG", "PROTOCOL", "attrib"))
                .isEqualTo("|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
                        + "$39\r\nSome real reply following the attribute\r\n");
        assertThat(client.raw("DEBUG", "PROTOCOL", "push"))
                .isEqualTo(
                        ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n");
        assertThat(client.raw("DEBUG", "PROTOCOL", "verbatim")).isEqualTo("=29\r\ntxt:This is a verbatim\nstring\r\n");
        assertThat(client.raw("DEBUG", "PROTOCOL", "true")).isEqualTo("#t\r\n");
    }
}
