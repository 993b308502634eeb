package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private static final String TOO_MANY = "ERR max number of clients reached";

    private final TestEngine server = new TestEngine();

    // ---- who may come in ----

    @Test
    void a_full_server_refuses_and_counts() {
        server.settings().maxClients = 2;
        server.connect();
        assertThat(refusal(true)).isNull();
        TestClient second = server.connect();
        assertThat(refusal(true)).isEqualTo(TOO_MANY);
        assertThat(server.engine.statistics().rejectedConnections()).isEqualTo(1);
        server.engine.close(second.session());
        assertThat(refusal(true)).isNull();
        assertThat(server.engine.statistics().connections())
                .as("who was welcome")
                .isEqualTo(2);
    }

    @Test
    void calls_within_the_process_take_no_place() {
        server.settings().maxClients = 1;
        server.embedded();
        assertThat(refusal(true)).isNull();
    }

    @Test
    void without_a_password_strangers_from_elsewhere_are_refused() {
        assertThat(refusal(false)).startsWith("DENIED ").contains("protected mode", "requirepass", "protected-mode no");
        assertThat(server.engine.statistics().rejectedConnections()).isEqualTo(1);
        server.settings().password = "sesame";
        assertThat(refusal(false)).isNull();
        server.settings().password = "";
        server.settings().isProtected = false;
        assertThat(refusal(false)).isNull();
    }

    private String refusal(boolean fromThisMachine) {
        return server.engine.refusalOfConnection(fromThisMachine);
    }

    // ---- what may run ----

    @Test
    void a_write_that_needs_replicas_is_refused_as_there_are_none() {
        String refusal = "NOREPLICAS Not enough good replicas to write.";
        TestClient client = server.connect();
        TestClient other = server.connect();
        other.send("MULTI");
        other.send("SET a 1");
        server.settings().minReplicasToWrite = 1;
        for (String write : List.of("SET a 1", "BLPOP a 1", "SORT a", "FLUSHALL", "GETEX a"))
            assertThat(client.send(write)).as(write).isEqualTo("-" + refusal);
        for (String read : List.of("GET a", "PFCOUNT a", "PUBLISH a b"))
            assertThat(client.send(read)).as(read).doesNotContain(refusal);
        assertThat(other.send("EXEC")).isEqualTo("-EXECABORT Transaction discarded because of: " + refusal);
        other.send("MULTI");
        assertThat(other.send("SET a 1")).isEqualTo("-" + refusal);
        assertThat(other.send("EXEC")).startsWith("-EXECABORT");
        assertThat(client.send("INFO replication")).contains("min_slaves_good_slaves:0");

        server.settings().minReplicasMaxLag = 0;
        assertThat(client.send("SET a 1")).isEqualTo("+OK");
        assertThat(client.send("INFO replication")).doesNotContain("min_slaves");
    }

    // ---- who has to go ----

    @Test
    void who_is_silent_for_longer_than_the_timeout_is_let_go() {
        server.settings().idleTimeoutSeconds = 10;
        TestClient silent = server.connect();
        TestClient talking = server.connect();
        server.advance(Duration.ofSeconds(6));
        talking.send("PING");
        server.advance(Duration.ofSeconds(4));
        assertThat(silent.isClosed).as("after exactly the timeout").isFalse();
        server.advance(Duration.ofSeconds(1));
        assertThat(silent.isClosed).isTrue();
        assertThat(talking.isClosed).isFalse();
        assertThat(server.engine.sessions()).containsExactly(talking.session());
    }

    @Test
    void who_was_answered_after_a_long_wait_has_time_to_speak() {
        server.settings().idleTimeoutSeconds = 10;
        TestClient waiting = server.connect();
        waiting.send("BLPOP q 30");
        server.advance(Duration.ofSeconds(30));
        assertThat(waiting.read()).isEqualTo("*-1");
        server.advance(Duration.ofSeconds(9));
        assertThat(waiting.isClosed).isFalse();
        server.advance(Duration.ofSeconds(2));
        assertThat(waiting.isClosed).isTrue();
    }

    @Test
    void who_is_sending_a_long_request_is_not_silent() {
        server.settings().idleTimeoutSeconds = 10;
        TestClient slow = server.connect();
        for (int i = 0; i < 5; i++) {
            server.advance(Duration.ofSeconds(9));
            server.engine.lock();
            server.engine.beginBatch();
            server.engine.hears(slow.session());
            server.engine.unlock();
        }
        assertThat(slow.isClosed).isFalse();
    }

    @Test
    void a_password_that_is_taken_away_lets_in_who_waits_before_the_door() {
        server.settings().password = "sesame";
        TestClient stranger = server.connect();
        assertThat(stranger.send("PING")).startsWith("-NOAUTH");
        server.settings().password = "";
        assertThat(stranger.send("PING")).isEqualTo("+PONG");
        server.settings().password = "sesame";
        assertThat(stranger.send("PING")).startsWith("-NOAUTH");
    }

    @Test
    void while_a_log_is_loaded_nothing_is_evicted_whoever_asks() {
        TestClient client = server.connect();
        for (int i = 0; i < 1000; i++) client.send("SET key" + i + " " + "v".repeat(1000));
        server.settings().evictionPolicy = EvictionPolicy.ALLKEYS_RANDOM;
        server.settings().maxMemory = 1;
        server.engine.loading(true);
        assertThat(client.send("PING")).startsWith("-LOADING");
        assertThat(client.send("SET a b")).startsWith("-LOADING");
        assertThat(client.send("INFO stats")).contains("evicted_keys:0");
        server.engine.loading(false);
        client.send("PING");
        assertThat(client.send("INFO stats")).doesNotContain("evicted_keys:0");
    }

    @Test
    void without_a_timeout_nobody_is() {
        TestClient silent = server.connect();
        server.advance(Duration.ofDays(100));
        assertThat(silent.isClosed).isFalse();
    }

    @Test
    void who_takes_its_time_to_read_a_long_answer_is_not_silent_until_it_stops() {
        server.settings().idleTimeoutSeconds = 10;
        TestClient reader = server.connect();
        for (int i = 5; i > 0; i--) {
            reader.outputBytes = i * 1000L;
            server.advance(Duration.ofSeconds(11));
            assertThat(reader.isClosed).isFalse();
        }
        server.advance(Duration.ofSeconds(11));
        assertThat(reader.isClosed).isTrue();
    }

    @Test
    void who_listens_or_is_made_to_wait_may_be_silent() {
        server.settings().idleTimeoutSeconds = 10;
        TestClient monitor = server.connect();
        monitor.send("MONITOR");
        TestClient held = server.connect();
        monitor.send("CLIENT PAUSE 100000 WRITE");
        held.send("SET k v");
        server.advance(Duration.ofSeconds(60));
        assertThat(monitor.isClosed).isFalse();
        assertThat(held.isClosed).isFalse();
    }
}
