package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What becomes of a command that fails by a mistake of ours, or of the application whose command it is.
class EngineTest {
    private final TestEngine server = new TestEngine(
            Command.of(CommandSpec.syntax("BREAK"), call -> {
                call.reply().array(2).integer(1); // half an answer
                throw new IllegalStateException("two is missing");
            }),
            Command.of(CommandSpec.syntax("ASSERT"), call -> {
                throw new AssertionError("never so");
            }),
            Command.of(CommandSpec.syntax("THROW what"), call -> {
                throw thrown(call.arg(1).toString());
            }),
            Command.of(CommandSpec.syntax("WAITANDTHROW key").key("RO"), call -> {
                call.waitForKeys(1, 1, 100, false);
                throw new IllegalStateException("does not wait");
            }),
            Command.of(CommandSpec.syntax("WAITTHROW key").key("RO"), call -> {
                if (!call.hasWaited()) return call.waitForKeys(1, 1, 0, false);
                throw thrown("IOException");
            }),
            Command.of(CommandSpec.syntax("POLLTHROW"), call -> {
                if (!call.hasWaited()) return call.waitForNoKey(0, 50);
                throw thrown("StackOverflowError");
            }));
    private final FakeHost host = new FakeHost(server.clock.wallMs());
    private final TestClient client = server.connect();

    EngineTest() {
        server.engine.host(host);
    }

    private static RuntimeException thrown(String what) {
        Throwable throwable = switch (what) {
            case "IOException" -> new IOException("away");
            case "StackOverflowError" -> new StackOverflowError();
            default -> new NoClassDefFoundError("gone");
        };
        return sneaky(throwable);
    }

    /// Throws what no signature allows, as the lambdas of other languages may.
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException sneaky(Throwable throwable) throws T {
        throw (T) throwable;
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

    @ParameterizedTest
    @ValueSource(strings = {"IOException", "StackOverflowError", "NoClassDefFoundError"})
    void whatever_a_command_of_the_application_throws_closes_its_call_only(String what) {
        assertThat(client.send("THROW " + what)).contains("-ERR internal error, please report it: java.", what);
        assertThat(host.logged.get(0)).startsWith("WARNING Internal error of the command throw: java.");
        assertThat(client.send("PING")).isEqualTo("+PONG");
    }

    @Test
    void a_call_that_waited_and_throws_is_no_business_of_whoever_woke_it() {
        TestClient waiter = server.connect();
        waiter.send("WAITTHROW k");
        assertThat(client.send("SET k v")).isEqualTo("+OK");
        assertThat(waiter.read()).contains("-ERR internal error", "IOException");
        assertThat(waiter.send("PING")).isEqualTo("+PONG");
    }

    @Test
    void a_call_that_the_timers_run_again_and_that_throws_does_not_stop_them() {
        TestClient poller = server.connect();
        TestClient waiter = server.connect();
        poller.send("POLLTHROW");
        waiter.send("BLPOP nothing 0.1");
        client.send("SET gone v PX 100");
        server.advance(Duration.ofMillis(60));
        assertThat(poller.read()).contains("-ERR internal error", "StackOverflowError");
        server.advance(Duration.ofMillis(60));
        assertThat(waiter.read()).isEqualTo("*-1");
        assertThat(client.send("DBSIZE")).isEqualTo(":0");
    }

    @Test
    void a_command_that_fails_after_it_said_that_it_waits_is_answered_once() {
        assertThat(client.send("WAITANDTHROW k")).contains("-ERR internal error", "does not wait");
        assertThat(client.isHeld()).isFalse();
        server.advance(Duration.ofSeconds(1));
        assertThat(client.send("PING")).isEqualTo("+PONG");
    }
}
