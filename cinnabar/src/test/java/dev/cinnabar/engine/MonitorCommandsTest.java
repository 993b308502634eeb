package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class MonitorCommandsTest {
    private static final String NOON = "+1767268800.000000 [0 127.0.0.1:50002] ";

    private final TestEngine server = new TestEngine();
    private final TestClient monitor = server.connect();
    private final TestClient client = server.connect();

    @Test
    void a_monitor_sees_commands_with_time_database_and_address() {
        assertThat(monitor.send("MONITOR")).isEqualTo("+OK");
        client.send("set k v");
        assertThat(monitor.read()).isEqualTo(NOON + "\"set\" \"k\" \"v\"");
        server.advance(Duration.ofNanos(1_234_567_000));
        client.send("SELECT 3");
        assertThat(monitor.read()).isEqualTo("+1767268801.234567 [3 127.0.0.1:50002] \"SELECT\" \"3\"");
    }

    @Test
    void bytes_that_are_no_text_are_escaped() {
        monitor.send("MONITOR");
        client.sendWords("ECHO", "a\0\r\n\t\b\u0007\"\\ü");
        assertThat(monitor.read()).isEqualTo(NOON + "\"ECHO\" \"a\\x00\\r\\n\\t\\b\\a\\\"\\\\\\xc3\\xbc\"");
    }

    @Test
    void secrets_and_administrative_commands_are_not_shown() {
        monitor.send("MONITOR");
        client.send("AUTH default secret");
        assertThat(monitor.read()).isEqualTo(NOON + "\"AUTH\" \"(redacted)\" \"(redacted)\"");
        client.send("HELLO 2 AUTH default secret");
        assertThat(monitor.read()).isEqualTo(NOON + "\"HELLO\" \"2\" \"AUTH\" \"(redacted)\" \"(redacted)\"");
        for (String line : new String[] {"CLIENT LIST", "SLOWLOG GET", "CONFIG GET port", "NOSUCH", "GET"})
            client.send(line);
        assertThat(monitor.read()).isEmpty();
    }

    @Test
    void a_transaction_is_shown_when_it_runs_and_exec_comes_last() {
        monitor.send("MONITOR");
        client.send("MULTI");
        assertThat(monitor.read()).isEqualTo(NOON + "\"MULTI\"");
        client.send("PING");
        assertThat(monitor.read()).isEmpty();
        client.send("EXEC");
        assertThat(monitor.read()).isEqualTo(NOON + "\"PING\" " + NOON + "\"EXEC\"");
    }

    @Test
    void a_command_that_waits_is_shown_when_it_begins_to() {
        TestClient waiting = server.connect();
        String other = NOON.replace("50002", "50003");
        monitor.send("MONITOR");
        waiting.send("BLPOP list other 0");
        assertThat(monitor.read()).isEqualTo(other + "\"BLPOP\" \"list\" \"other\" \"0\"");
        client.send("RPUSH other x");
        assertThat(waiting.read()).isEqualTo("*2 $5 other $1 x");
        assertThat(monitor.read()).isEqualTo(NOON + "\"RPUSH\" \"other\" \"x\"");
        waiting.send("XREAD BLOCK 50 STREAMS stream $");
        assertThat(monitor.read()).endsWith("\"stream\" \"$\"");
        server.advance(Duration.ofSeconds(1));
        waiting.send("WAIT 1 100");
        server.advance(Duration.ofSeconds(1));
        assertThat(monitor.read()).endsWith("\"WAIT\" \"1\" \"100\"");
    }

    @Test
    void a_monitor_sees_its_own_commands_behind_their_replies() {
        monitor.send("MONITOR");
        String own = NOON.replace("50002", "50001");
        assertThat(monitor.send("PING")).isEqualTo("+PONG " + own + "\"PING\"");
        monitor.send("MULTI");
        monitor.send("PING");
        assertThat(monitor.send("EXEC")).isEqualTo("*1 +PONG " + own + "\"PING\" " + own + "\"EXEC\"");
        assertThat(monitor.send("MONITOR")).as("asked again").isEmpty();
    }

    @Test
    void a_monitor_cannot_touch_the_data() {
        monitor.send("MONITOR");
        assertThat(monitor.send("GET k")).isEqualTo("-ERR Replica can't interact with the keyspace");
        assertThat(monitor.send("SET k v")).isEqualTo("-ERR Replica can't interact with the keyspace");
    }

    @Test
    void a_muted_monitor_sees_nothing() {
        monitor.send("MONITOR");
        monitor.send("CLIENT REPLY OFF");
        client.send("PING");
        assertThat(monitor.send("PING")).isEmpty();
        monitor.send("CLIENT REPLY ON");
        client.send("PING");
        assertThat(monitor.read()).isEqualTo(NOON + "\"PING\"");
    }

    @Test
    void reset_and_leaving_end_it() {
        monitor.send("MONITOR");
        assertThat(monitor.send("RESET")).isEqualTo("+RESET");
        client.send("PING");
        assertThat(monitor.read()).isEmpty();
        monitor.send("MONITOR");
        server.engine.close(monitor.session());
        monitor.read();
        client.send("PING");
        assertThat(monitor.read()).isEmpty();
    }

    @Test
    void it_cannot_begin_within_a_transaction() {
        client.send("MULTI");
        client.send("MONITOR");
        assertThat(client.send("EXEC")).isEqualTo("*1 -ERR MONITOR isn't allowed for DENY BLOCKING client");
        assertThat(server.engine.monitors().isEmpty()).isTrue();
    }

    @Test
    void sockets_and_calls_within_the_process_are_told_apart() {
        monitor.send("MONITOR");
        server.connect("/run/c.sock:0", "/run/c.sock:0").send("PING");
        assertThat(monitor.read()).isEqualTo("+1767268800.000000 [0 unix:/run/c.sock] \"PING\"");
        server.embedded().send("PING");
        assertThat(monitor.read()).isEqualTo("+1767268800.000000 [0 embedded] \"PING\"");
    }
}
