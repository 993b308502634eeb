package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// WAITAOF beside a log whose disk is told what it has.
class WaitaofTest {
    private final TestEngine server = new TestEngine();
    private final SlowLogFile log = new SlowLogFile();
    private final TestClient client = server.connect();
    private final TestClient other = server.connect();

    WaitaofTest() {
        server.engine.log(log);
    }

    private static final class SlowLogFile implements ChangeLog {
        long appended = 100;
        long durable = 100;

        @Override
        public void append(int db, int argc, Bytes[] argv) {
            appended += 10;
        }

        @Override
        public long appended() {
            return appended;
        }

        @Override
        public long durable() {
            return durable;
        }
    }

    private void advance(long ms) {
        server.advance(Duration.ofMillis(ms));
    }

    @Test
    void is_answered_at_once_when_everything_is_on_disk() {
        assertThat(client.send("WAITAOF 1 0 0")).isEqualTo("*2 :1 :0");
    }

    @Test
    void waits_until_all_that_was_written_before_is_on_disk_and_not_for_what_comes_later() {
        client.send("SET a 1");
        assertThat(client.send("WAITAOF 1 0 0")).isEmpty();
        other.send("SET b 2");
        advance(1000);
        log.durable = 109;
        advance(1000);
        assertThat(client.read()).isEmpty();
        log.durable = 110;
        advance(10);
        assertThat(client.read()).isEqualTo("*2 :1 :0");
        assertThat(client.send("PING")).isEqualTo("+PONG");
    }

    @Test
    void is_answered_when_everything_is_on_disk_though_the_clock_stands() {
        client.send("SET a 1");
        client.send("WAITAOF 1 0 0");
        server.engine.tick();
        assertThat(client.read()).isEmpty();
        log.durable = 110;
        server.engine.tick();
        assertThat(client.read()).isEqualTo("*2 :1 :0");
    }

    @Test
    void answers_how_it_stands_when_the_time_is_over() {
        client.send("SET a 1");
        client.send("WAITAOF 1 0 300");
        advance(299);
        assertThat(client.read()).isEmpty();
        advance(1);
        assertThat(client.read()).isEqualTo("*2 :0 :0");
    }

    @Test
    void tells_without_waiting_how_it_stands_when_nothing_is_asked_for() {
        assertThat(client.send("WAITAOF 0 0 0")).isEqualTo("*2 :1 :0");
        client.send("SET a 1");
        assertThat(client.send("WAITAOF 0 0 0")).isEqualTo("*2 :0 :0");
    }

    @Test
    void waits_for_replicas_until_the_time_is_over_for_there_are_none() {
        assertThat(client.send("WAITAOF 1 3 300")).isEmpty();
        advance(299);
        assertThat(client.read()).isEmpty();
        advance(1);
        assertThat(client.read()).isEqualTo("*2 :1 :0");
    }

    @Test
    void does_not_wait_in_a_transaction() {
        client.send("MULTI");
        client.send("SET a 1");
        client.send("WAITAOF 1 0 0");
        assertThat(client.send("EXEC")).isEqualTo("*2 +OK *2 :0 :0");
    }

    @Test
    void can_be_ended_by_another_client() {
        client.send("SET a 1");
        client.send("WAITAOF 1 0 0");
        long id = client.session().id();
        assertThat(other.send("CLIENT UNBLOCK " + id)).isEqualTo(":1");
        assertThat(client.read()).isEqualTo("*2 :0 :0");
        client.send("WAITAOF 1 0 0");
        other.send("CLIENT UNBLOCK " + id + " ERROR");
        assertThat(client.read()).isEqualTo("-UNBLOCKED client unblocked via CLIENT UNBLOCK");
    }

    @Test
    void a_log_that_is_switched_off_meanwhile_is_an_error() {
        client.send("SET a 1");
        client.send("WAITAOF 1 0 0");
        server.engine.log(ChangeLog.NONE);
        advance(10);
        assertThat(client.read())
                .isEqualTo("-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
        assertThat(client.send("WAITAOF 0 0 0")).isEqualTo("*2 :0 :0");
    }

    @Test
    void another_log_has_to_hold_everything_too() {
        client.send("SET a 1");
        client.send("WAITAOF 1 0 0");
        SlowLogFile another = new SlowLogFile();
        another.durable = 99;
        server.engine.log(another);
        advance(10);
        assertThat(client.read()).isEmpty();
        another.durable = 100;
        advance(10);
        assertThat(client.read()).isEqualTo("*2 :1 :0");
    }

    @Test
    void refuses_what_is_no_number_of_servers_replicas_or_milliseconds() {
        String range = "-ERR value is out of range, value must between 0 and 1";
        assertThat(client.send("WAITAOF 2 0 0")).isEqualTo(range);
        assertThat(client.send("WAITAOF -1 0 0")).isEqualTo(range);
        assertThat(client.send("WAITAOF x 0 0")).isEqualTo(range);
        assertThat(client.send("WAITAOF 1 -1 0")).isEqualTo("-ERR value is out of range, must be positive");
        assertThat(client.send("WAITAOF 1 0 -1")).isEqualTo("-ERR timeout is negative");
        assertThat(client.send("WAITAOF 1 0 x")).isEqualTo("-ERR timeout is not an integer or out of range");
        String tooLate = "-ERR timeout is out of range";
        client.send("SET a 1");
        assertThat(client.send("WAITAOF 1 0 9223372036854775807")).isEqualTo(tooLate);
        assertThat(client.send("WAIT 0 9223372036854775807")).isEqualTo(tooLate);
        assertThat(client.send("WAITAOF 1 0")).startsWith("-ERR wrong number of arguments");
    }
}
