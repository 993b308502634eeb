package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Logs come and go while a server runs; what each is told is whole, and says what came of a command where
/// that is not in its words.
class JournalTest {
    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();
    private final List<String> lines = new ArrayList<>();
    private final ChangeLog log = new Lines();

    @Test
    void a_log_that_is_begun_later_is_told_what_came_of_each_command_from_then_on() {
        client.send("XADD stream 1-1 f v");
        client.send("XADD stream * f v");
        client.send("SADD set a");
        client.send("SPOP set");
        server.engine.log(log);
        client.send("XADD stream 9999999999999-* f v");
        client.send("SET float 1");
        client.send("INCRBYFLOAT float 0.5");
        client.send("SADD set b");
        client.send("SPOP set");
        assertThat(lines)
                .containsExactly(
                        "XADD stream 9999999999999-0 f v",
                        "SET float 1",
                        "SET float 1.5 KEEPTTL",
                        "SADD set b",
                        "SREM set b");
    }

    @Test
    void nothing_of_what_ran_without_a_log_is_told_to_the_next_one() {
        server.engine.log(log);
        client.send("SET float 1");
        client.send("INCRBYFLOAT float 1");
        server.engine.log(ChangeLog.NONE);
        client.send("INCRBYFLOAT float 1");
        client.send("MULTI");
        client.send("INCRBYFLOAT float 1");
        client.send("INCRBYFLOAT float 1");
        client.send("EXEC");
        lines.clear();
        server.engine.log(log);
        client.send("GET float");
        client.send("INCRBYFLOAT float 1");
        assertThat(lines).containsExactly("SET float 6 KEEPTTL");
    }

    @Test
    void a_client_that_has_waited_since_before_the_log_is_told_as_what_it_got() {
        TestClient waiter = server.connect();
        waiter.send("BLMPOP 0 2 none list LEFT");
        server.engine.log(log);
        client.send("RPUSH list a");
        assertThat(lines).containsExactly("RPUSH list a", "LPOP list 1");
    }

    private final class Lines implements ChangeLog {
        @Override
        public void append(int db, int argc, Bytes[] argv) {
            List<String> words = new ArrayList<>();
            for (int i = 0; i < argc; i++) words.add(argv[i].toLatin1());
            lines.add(String.join(" ", words));
        }
    }
}
