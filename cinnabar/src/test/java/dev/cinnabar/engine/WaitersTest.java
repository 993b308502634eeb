package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WaitersTest {
    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();
    private final TestClient waiting = server.connect();

    @Test
    void swapdb_serves_those_who_wait_in_either_database() {
        TestClient elsewhere = server.connect();
        elsewhere.send("SELECT 1");
        waiting.send("BLPOP here 0");
        elsewhere.send("BLPOP there 0");
        client.send("RPUSH there x");
        client.send("SELECT 1");
        client.send("RPUSH here y");
        assertThat(client.send("SWAPDB 0 1")).isEqualTo("+OK");
        assertThat(waiting.read()).isEqualTo("*2 $4 here $1 y");
        assertThat(elsewhere.read()).isEqualTo("*2 $5 there $1 x");
        assertThat(client.send("DBSIZE")).isEqualTo(":0");
    }

    @Test
    void swapdb_leaves_others_waiting() {
        waiting.send("BLPOP list 0");
        client.send("SELECT 2");
        client.send("RPUSH list x");
        client.send("SWAPDB 1 2");
        assertThat(waiting.read()).isEmpty();
        client.send("SWAPDB 0 1");
        assertThat(waiting.read()).isEqualTo("*2 $4 list $1 x");
    }

    @Test
    void timers_are_asked_for_when_somebody_waits_for_less_than_they_would_come_in() {
        Rig rig = new Rig();
        assertThat(rig.engine.tick()).isEqualTo(100);
        rig.ask("BLPOP", "list", "0.05");
        rig.new Client("127.0.0.1:50002").ask("BLPOP", "list", "0.07");
        rig.new Client("127.0.0.1:50003").ask("BLPOP", "list", "0.02");
        rig.new Client("127.0.0.1:50004").ask("CLIENT", "PAUSE", "10", "WRITE");
        assertThat(rig.host.ticksIn).containsExactly(50L, 20L, 10L);
        rig.clock.advance(Duration.ofMillis(10));
        assertThat(rig.engine.tick()).isEqualTo(10);
    }

    @Test
    void timers_are_asked_for_when_a_key_or_a_field_is_to_go_before_they_would_come() {
        Rig rig = new Rig();
        rig.engine.tick();
        rig.ask("SET", "later", "v", "PX", "500");
        rig.ask("SET", "soon", "v", "PX", "50");
        rig.ask("SET", "between", "v", "PX", "70");
        rig.ask("HSET", "hash", "f", "v");
        rig.ask("HPEXPIRE", "hash", "30", "FIELDS", "1", "f");
        rig.ask("PEXPIRE", "later", "1");
        assertThat(rig.host.ticksIn)
                .as("a millisecond behind their time, and not at once")
                .containsExactly(51L, 31L, 3L);
    }

    @Test
    void what_waited_in_vain_counts_as_called() {
        long id = waiting.session().id();
        waiting.send("BLPOP list 1");
        server.advance(Duration.ofSeconds(2));
        assertThat(waiting.read()).isEqualTo("*-1");
        waiting.send("BLPOP list 0");
        client.send("CLIENT UNBLOCK " + id);
        assertThat(waiting.read()).isEqualTo("*-1");
        waiting.send("BLPOP list 0");
        client.send("CLIENT UNBLOCK " + id + " ERROR");
        assertThat(waiting.read()).startsWith("-UNBLOCKED ");

        assertThat(client.send("INFO commandstats"))
                .containsPattern("cmdstat_blpop:calls=3,.*,rejected_calls=0,failed_calls=1");
        assertThat(client.send("INFO errorstats")).contains("errorstat_UNBLOCKED:count=1");
        assertThat(client.send("INFO stats")).contains("total_error_replies:1");
    }
}
