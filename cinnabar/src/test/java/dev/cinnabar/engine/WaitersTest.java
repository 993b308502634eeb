package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

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
}
