package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import org.junit.jupiter.api.Test;

/// What becomes of a command that fails by a mistake of ours.
class EngineTest {
    private final TestEngine server = new TestEngine(
            Command.of(CommandSpec.syntax("BREAK"), call -> {
                call.reply().array(2).integer(1); // half an answer
                throw new IllegalStateException("two is missing");
            }),
            Command.of(CommandSpec.syntax("ASSERT"), call -> {
                throw new AssertionError("never so");
            }));
    private final FakeHost host = new FakeHost(server.clock.wallMs());
    private final TestClient client = server.connect();

    EngineTest() {
        server.engine.host(host);
    }

    @Test
    void a_bug_is_answered_instead_of_what_was_written_and_closes_the_call_only() {
        assertThat(client.send("BREAK"))
                .isEqualTo("-ERR internal error, please report it: java.lang.IllegalStateException: two is missing");
        assertThat(client.send("ASSERT"))
                .isEqualTo("-ERR internal error, please report it: java.lang.AssertionError: never so");
        assertThat(client.isClosed).isFalse();
        assertThat(client.send("PING")).isEqualTo("+PONG");
    }

    @Test
    void a_bug_is_logged_with_the_command_and_the_place() {
        client.send("BREAK");
        assertThat(host.logged.get(0))
                .isEqualTo(
                        "WARNING Internal error of the command break: java.lang.IllegalStateException: two is missing");
        assertThat(host.logged.get(1)).startsWith("WARNING     at dev.cinnabar.engine.EngineTest.");
    }

    @Test
    void a_bug_within_a_transaction_does_not_keep_its_other_commands_from_running() {
        client.send("MULTI");
        client.send("SET k v");
        client.send("BREAK");
        client.send("GET k");
        assertThat(client.send("EXEC")).matches("\\*3 \\+OK -ERR internal error.* \\$1 v");
    }
}
