package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Collections;
import org.junit.jupiter.api.Test;

class SlowLogCommandsTest {
    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();

    @Test
    void a_slow_command_is_noted_with_everything_that_helps_to_find_it() {
        client.send("CLIENT SETNAME worker");
        server.advance(Duration.ofSeconds(2));
        client.send("STALL 10");
        assertThat(client.send("SLOWLOG GET"))
                .isEqualTo("*1 *6 :0 :1767268802 :10000 *2 $5 STALL $2 10 $15 127.0.0.1:50001 $6 worker");
        assertThat(client.send("SLOWLOG LEN")).isEqualTo(":1");
    }

    @Test
    void what_is_faster_than_the_threshold_is_not_noted() {
        client.send("STALL 9");
        server.settings().slowerThanMicros = -1;
        client.send("STALL 100");
        assertThat(client.send("SLOWLOG LEN")).isEqualTo(":0");
        server.settings().slowerThanMicros = 0;
        assertThat(client.send("SLOWLOG LEN")).isEqualTo(":0");
        assertThat(client.send("SLOWLOG LEN")).isEqualTo(":1");
    }

    @Test
    void the_newest_come_first_and_the_oldest_go() {
        server.settings().slowLogLength = 12;
        for (int i = 0; i < 20; i++) client.send("STALL " + (10 + i));
        assertThat(client.send("SLOWLOG GET 2")).startsWith("*2 *6 :19 ").contains(" *6 :18 ");
        assertThat(client.send("SLOWLOG GET")).startsWith("*10 *6 :19 ");
        assertThat(client.send("SLOWLOG GET -1")).startsWith("*12 *6 :19 ");
        assertThat(client.send("SLOWLOG GET 99999999999")).startsWith("*12 ");
        assertThat(client.send("SLOWLOG GET 0")).isEqualTo("*0");
        server.settings().slowLogLength = 3;
        client.send("STALL 10");
        assertThat(client.send("SLOWLOG LEN")).isEqualTo(":3");
        server.settings().slowLogLength = 0;
        client.send("STALL 10");
        assertThat(client.send("SLOWLOG LEN")).isEqualTo(":0");
    }

    @Test
    void ids_go_on_after_a_reset() {
        client.send("STALL 10");
        assertThat(client.send("SLOWLOG RESET")).isEqualTo("+OK");
        assertThat(client.send("SLOWLOG LEN")).isEqualTo(":0");
        client.send("STALL 10");
        assertThat(client.send("SLOWLOG GET")).startsWith("*1 *6 :1 ");
    }

    @Test
    void long_commands_are_cut_and_say_by_how_much() {
        server.settings().slowerThanMicros = 0;
        client.send("SET k " + "x".repeat(128));
        assertThat(client.send("SLOWLOG GET 1")).contains(" $128 " + "x".repeat(128) + " ");
        client.send("SET k " + "x".repeat(130));
        assertThat(client.send("SLOWLOG GET 1")).contains(" $146 " + "x".repeat(128) + "... (2 more bytes) ");
        client.send("EXISTS" + String.join("", Collections.nCopies(31, " k")));
        assertThat(client.send("SLOWLOG GET 1")).contains(" *32 ").doesNotContain("more");
        client.send("EXISTS" + String.join("", Collections.nCopies(50, " k")));
        assertThat(client.send("SLOWLOG GET 1")).contains(" *32 $6 EXISTS ", " $23 ... (20 more arguments) ");
    }

    @Test
    void secrets_are_not_noted() {
        server.settings().slowerThanMicros = 0;
        client.send("AUTH default secret");
        assertThat(client.send("SLOWLOG GET 1")).contains("*3 $4 AUTH $10 (redacted) $10 (redacted) ");
        client.send("CONFIG SET maxclients 100 requirepass secret");
        assertThat(client.send("SLOWLOG GET 1"))
                .contains("*6 $6 CONFIG $3 SET $10 maxclients $3 100 $11 requirepass $10 (redacted) ");
    }

    @Test
    void the_commands_of_a_transaction_are_noted_and_exec_is_not() {
        client.send("MULTI");
        client.send("STALL 10");
        client.send("EXEC");
        assertThat(client.send("SLOWLOG GET")).startsWith("*1 ").contains("$5 STALL");
    }

    @Test
    void a_count_must_be_one() {
        String range = "-ERR count should be greater than or equal to -1";
        assertThat(client.send("SLOWLOG GET x")).isEqualTo(range);
        assertThat(client.send("SLOWLOG GET -2")).isEqualTo(range);
        assertThat(client.send("SLOWLOG GET 1 2"))
                .isEqualTo("-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.");
        assertThat(client.send("SLOWLOG nosuch")).isEqualTo("-ERR unknown subcommand 'nosuch'. Try SLOWLOG HELP.");
        assertThat(client.send("SLOWLOG HELP")).contains("+GET [count]", "+LEN", "+RESET", "+HELP");
    }
}
