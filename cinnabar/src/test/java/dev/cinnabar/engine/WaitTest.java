package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/// WAIT where there are no replicas: as long as was said, and never more than none.
class WaitTest {
    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();
    private final TestClient other = server.connect();

    @Test
    void answers_none_when_the_time_is_over() {
        assertThat(client.send("WAIT 1 300")).isEmpty();
        server.advance(Duration.ofMillis(299));
        assertThat(client.read()).isEmpty();
        server.advance(Duration.ofMillis(1));
        assertThat(client.read()).isEqualTo(":0");
        assertThat(client.send("PING")).isEqualTo("+PONG");
    }

    @Test
    void waits_for_ever_when_no_time_was_said() {
        assertThat(client.send("WAIT 1 0")).isEmpty();
        server.advance(Duration.ofHours(30));
        assertThat(client.read()).isEmpty();
        long id = client.session().id();
        assertThat(other.send("CLIENT UNBLOCK " + id)).isEqualTo(":1");
        assertThat(client.read()).isEqualTo(":0");
        client.send("WAIT 1 0");
        other.send("CLIENT UNBLOCK " + id + " ERROR");
        assertThat(client.read()).isEqualTo("-UNBLOCKED client unblocked via CLIENT UNBLOCK");
    }

    @Test
    void who_asks_for_none_or_in_a_transaction_is_answered_at_once() {
        assertThat(client.send("WAIT 0 0")).isEqualTo(":0");
        assertThat(client.send("WAIT -1 100")).isEqualTo(":0");
        client.send("MULTI");
        client.send("WAIT 1 0");
        assertThat(client.send("EXEC")).isEqualTo("*1 :0");
    }

    @Test
    void a_number_of_replicas_or_a_time_that_is_none_is_refused() {
        assertThat(client.send("WAIT x 0")).isEqualTo("-ERR value is not an integer or out of range");
        assertThat(client.send("WAIT 1 x")).isEqualTo("-ERR timeout is not an integer or out of range");
        assertThat(client.send("WAIT 1 -1")).isEqualTo("-ERR timeout is negative");
    }
}
