package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PauseTest {
    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();
    private final TestClient other = server.connect();

    @Test
    void a_pause_of_all_holds_everything_of_everybody_until_its_time_is_over() {
        assertThat(client.send("CLIENT PAUSE 400")).isEqualTo("+OK");
        assertThat(other.send("PING")).isEmpty();
        assertThat(client.send("CLIENT UNPAUSE")).isEmpty();
        server.advance(Duration.ofMillis(399));
        assertThat(other.read()).isEmpty();
        server.advance(Duration.ofMillis(1));
        assertThat(other.read()).isEqualTo("+PONG");
        assertThat(client.read()).isEqualTo("+OK");
    }

    @Test
    void a_pause_of_writes_lets_reads_pass() {
        client.send("CLIENT PAUSE 400 WRITE");
        assertThat(other.send("GET k")).isEqualTo("$-1");
        assertThat(other.send("SET k v")).isEmpty();
        assertThat(other.send("PING")).as("behind a held command").isEmpty();
        assertThat(client.send("CLIENT UNPAUSE")).isEqualTo("+OK");
        assertThat(other.read()).isEqualTo("+OK +PONG");
    }

    /// A message goes to replicas, too, and a count is remembered in the value.
    @Test
    void a_pause_of_writes_holds_what_may_be_replicated() {
        client.send("PFADD h a");
        for (String command : new String[] {"PFCOUNT h", "PUBLISH c m", "SPUBLISH c m"}) {
            client.send("CLIENT PAUSE 400 WRITE");
            assertThat(other.send(command)).as(command).isEmpty();
            client.send("CLIENT UNPAUSE");
            assertThat(other.read()).as(command).startsWith(":");
        }
    }

    @Test
    void a_watched_key_that_expires_in_a_pause_has_changed_and_one_that_had_expired_before_has_not() {
        client.send("SET k v PX 100");
        other.send("WATCH k");
        client.send("CLIENT PAUSE 1000 WRITE");
        server.advance(Duration.ofMillis(200));
        other.send("MULTI");
        other.send("GET k");
        assertThat(other.send("EXEC")).isEqualTo("*-1");
        other.send("WATCH k");
        other.send("MULTI");
        other.send("GET k");
        assertThat(other.send("EXEC")).isEqualTo("*1 $-1");
    }

    @Test
    void what_had_expired_before_the_program_around_the_server_wrote_to_it_in_a_pause_is_deleted_in_the_log() {
        Rig rig = new Rig();
        rig.ask("SET", "k", "7", "PX", "50");
        rig.ask("CLIENT", "PAUSE", "3000");
        rig.clock.advance(Duration.ofMillis(100));
        rig.log.clear();
        Session around = rig.engine.open(Session.Origin.EMBEDDED, new NoLink());
        Bytes[] words = TestEngine.words("INCR", "k");
        rig.engine.beginBatch();
        rig.engine.run(around, words.length, words, new ByteBuilder());
        assertThat(rig.log).containsExactly("0 DEL k", "0 INCR k");
    }

    @Test
    void a_key_that_had_expired_in_a_pause_before_it_was_watched_has_not_changed_whatever_was_watched_before() {
        client.send("SET k v PX 100");
        other.send("WATCH another");
        client.send("CLIENT PAUSE 1000 WRITE");
        server.advance(Duration.ofMillis(200));
        other.send("WATCH k");
        other.send("MULTI");
        other.send("GET k");
        assertThat(other.send("EXEC")).isEqualTo("*1 $-1");
    }

    @Test
    void who_waits_claims_nothing_in_a_pause_of_writes_and_what_became_idle_behind_it() {
        client.send("XADD s 1-0 f v");
        client.send("XGROUP CREATE s g 0");
        client.send("XREADGROUP GROUP g c STREAMS s >");
        client.read();
        other.send("XREADGROUP GROUP g d BLOCK 0 CLAIM 400 STREAMS s >");
        TestClient impatient = server.connect();
        impatient.send("XREADGROUP GROUP g e BLOCK 500 CLAIM 400000 STREAMS s >");
        client.send("CLIENT PAUSE 1000 WRITE");
        for (int i = 0; i < 9; i++) server.advance(Duration.ofMillis(100));
        assertThat(other.read()).isEmpty();
        assertThat(client.send("XPENDING s g - + 10")).startsWith("*1 *4 $3 1-0 $1 c");
        assertThat(impatient.read()).as("to give up changes nothing").isEqualTo("*-1");
        client.send("CLIENT UNPAUSE");
        server.advance(Duration.ofMillis(100));
        assertThat(other.read()).startsWith("*1 *2 $1 s *1 *4 $3 1-0");
    }

    @Test
    void a_held_client_is_shown_as_blocked() {
        client.send("CLIENT PAUSE 400 WRITE");
        other.send("SET k v");
        assertThat(client.send("CLIENT LIST ID " + other.session().id())).contains(" flags=b ", " cmd=set ");
        assertThat(client.send("INFO clients")).contains("blocked_clients:1");
        client.send("CLIENT UNPAUSE");
        other.read();
        assertThat(client.send("CLIENT LIST ID " + other.session().id())).contains(" flags=N ");
    }

    @Test
    void the_program_around_the_server_goes_on_and_can_end_the_pause() {
        client.send("CLIENT PAUSE 400");
        other.send("PING");
        TestClient embedded = server.embedded();
        assertThat(embedded.send("SET k v")).isEqualTo("+OK");
        assertThat(embedded.send("CLIENT UNPAUSE")).isEqualTo("+OK");
        assertThat(other.read()).isEqualTo("+PONG");
    }

    @Test
    void mistakes_are_answered_at_once() {
        server.settings().password = "sesame";
        TestClient stranger = server.connect();
        client.send("CLIENT PAUSE 400");
        assertThat(other.send("SET k")).isEqualTo("-ERR wrong number of arguments for 'set' command");
        assertThat(other.send("NOSUCH")).startsWith("-ERR unknown command");
        assertThat(stranger.send("PING")).isEqualTo("-NOAUTH Authentication required.");
    }

    @Test
    void a_transaction_is_held_where_it_would_write() {
        other.send("MULTI");
        other.send("SET k v");
        client.send("MULTI");
        client.send("GET k");
        client.send("CLIENT PAUSE 400 WRITE");
        client.send("EXEC");
        assertThat(other.send("EXEC")).isEmpty();
        client.send("MULTI");
        assertThat(client.send("GET k")).isEqualTo("+QUEUED");
        assertThat(client.send("EXEC")).isEqualTo("*1 $-1");
        client.send("MULTI");
        assertThat(client.send("SET k v")).as("already when it is queued").isEmpty();
        server.advance(Duration.ofMillis(400));
        assertThat(other.read()).isEqualTo("*1 +OK");
        assertThat(client.read()).isEqualTo("+QUEUED");
    }

    @Test
    void the_transaction_that_begins_a_pause_is_not_held_by_it() {
        client.send("MULTI");
        client.send("CLIENT PAUSE 400 WRITE");
        client.send("SET k v");
        assertThat(client.send("EXEC")).isEqualTo("*2 +OK +OK");
        assertThat(other.send("SET k w")).isEmpty();
    }

    @Test
    void a_pause_is_neither_shortened_nor_weakened_by_another() {
        client.send("MULTI");
        client.send("CLIENT PAUSE 100 ALL");
        client.send("CLIENT PAUSE 400 WRITE");
        client.send("CLIENT PAUSE 50 ALL");
        client.send("EXEC");
        other.send("PING");
        server.advance(Duration.ofMillis(399));
        assertThat(other.read()).isEmpty();
        server.advance(Duration.ofMillis(1));
        assertThat(other.read()).isEqualTo("+PONG");
    }

    @Test
    void the_timers_wake_when_a_pause_ends() {
        client.send("CLIENT PAUSE 30 WRITE");
        assertThat(server.engine.tick()).isEqualTo(30);
    }

    @Test
    void nothing_expires_while_commands_wait() {
        client.send("SET k v PX 10");
        client.send("CLIENT PAUSE 1000 WRITE");
        server.advance(Duration.ofMillis(20));
        assertThat(other.send("GET k")).isEqualTo("$-1");
        assertThat(server.engine.statistics().expiredKeys()).isZero();
        client.send("CLIENT UNPAUSE");
        other.send("GET k");
        assertThat(server.engine.statistics().expiredKeys()).isEqualTo(1);
    }

    @Test
    void nothing_is_evicted_while_commands_wait() {
        server.settings().maxMemory = 1;
        server.settings().evictionPolicy = EvictionPolicy.ALLKEYS_LRU;
        client.send("MULTI");
        client.send("CLIENT PAUSE 1000 WRITE");
        client.send("SET k v");
        client.send("EXEC");
        assertThat(other.send("GET k")).isEqualTo("$1 v");
        client.send("CLIENT UNPAUSE");
        assertThat(other.send("GET k")).isEqualTo("$-1");
    }

    @Test
    void a_client_that_leaves_while_it_waits_is_not_brought_back() {
        client.send("CLIENT PAUSE 100 WRITE");
        other.send("SET k v");
        server.engine.close(other.session());
        server.advance(Duration.ofMillis(100));
        other.read();
        assertThat(client.send("GET k")).isEqualTo("$-1");
    }

    @Test
    void a_skipped_reply_is_skipped_after_the_wait() {
        client.send("CLIENT PAUSE 100 WRITE");
        other.send("CLIENT REPLY SKIP");
        other.send("SET k v");
        other.send("PING");
        server.advance(Duration.ofMillis(100));
        assertThat(other.read()).isEqualTo("+PONG");
    }

    @Test
    void a_timeout_must_be_a_time() {
        assertThat(client.send("CLIENT PAUSE x")).isEqualTo("-ERR timeout is not an integer or out of range");
        assertThat(client.send("CLIENT PAUSE 1.5")).isEqualTo("-ERR timeout is not an integer or out of range");
        assertThat(client.send("CLIENT PAUSE -1")).isEqualTo("-ERR timeout is negative");
        assertThat(client.send("CLIENT PAUSE 9223372036854775807")).isEqualTo("-ERR timeout is out of range");
        assertThat(client.send("CLIENT PAUSE 1 foo")).isEqualTo("-ERR CLIENT PAUSE mode must be WRITE or ALL");
        assertThat(client.send("CLIENT PAUSE 1 ALL x"))
                .isEqualTo("-ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.");
        assertThat(client.send("CLIENT PAUSE 0")).isEqualTo("+OK");
        assertThat(client.send("PING")).isEqualTo("+PONG");
    }
}
