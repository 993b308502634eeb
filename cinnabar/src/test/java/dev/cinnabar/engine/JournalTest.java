package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Refusal;
import dev.cinnabar.command.Words;
import dev.cinnabar.config.KeyspaceEvents;
import dev.cinnabar.store.Database;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Logs come and go while a server runs; what each is told is whole, and says what came of a command where
/// that is not in its words.
class JournalTest {
    private final TestEngine server = new TestEngine(
            Command.of(CommandSpec.syntax("CHANGETHROW key how").key("RW"), call -> {
                call.db().setString(call.key(1), call.arg(2), Database.NO_EXPIRY);
                call.changed(call.key(1), "change");
                if (call.is(2, "EFFECTS")) call.effects().command(Words.SET).arg(call.key(1)); // half of them
                throw call.is(2, "REFUSAL") ? new Refusal("ERR too late") : new IllegalStateException("too late");
            }),
            Command.of(CommandSpec.syntax("CHANGEFULL key").key("RW"), call -> {
                call.db().setString(call.key(1), call.arg(0), Database.NO_EXPIRY);
                call.changed(call.key(1), "change");
                throw new Unspeakable();
            }),
            Command.of(CommandSpec.syntax("THROW"), call -> {
                throw new IllegalStateException("at once");
            }));
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

    @ParameterizedTest
    @ValueSource(strings = {"WORDS", "EFFECTS", "REFUSAL"})
    void a_log_is_told_that_it_has_missed_what_a_command_changed_before_it_failed(String how) {
        server.engine.log(log);
        client.send("THROW");
        client.send("MULTI");
        client.send("SET a 1");
        client.send("CHANGETHROW k " + how);
        client.send("SET b 2");
        assertThat(client.send("EXEC")).matches("\\*3 \\+OK -ERR .*too late \\+OK");
        assertThat(client.send("GET k")).isEqualTo("$" + how.length() + " " + how);
        assertThat(lines)
                .containsExactly(
                        "MULTI",
                        "SET a 1",
                        "(missed) the command changethrow failed after it had changed something",
                        "SET b 2",
                        "EXEC");
    }

    /// What a command throws when there is no memory left to say so.
    private static final class Unspeakable extends RuntimeException {
        private static final long serialVersionUID = 1;

        @Override
        public String toString() {
            throw new OutOfMemoryError("none to say what has failed");
        }
    }

    @Test
    void a_log_is_told_what_it_has_missed_and_who_watches_too_where_no_memory_is_left_to_answer() {
        server.engine.log(log);
        TestClient other = server.connect();
        other.send("WATCH k");
        other.send("MULTI");
        assertThatThrownBy(() -> client.send("CHANGEFULL k")).isInstanceOf(OutOfMemoryError.class);
        assertThat(other.send("EXEC")).isEqualTo("*-1");
        assertThat(other.send("GET k")).isEqualTo("$10 CHANGEFULL");
        assertThat(lines).containsExactly("(missed) the command changefull failed after it had changed something");
    }

    @Test
    void a_change_is_logged_and_answered_and_only_who_cannot_be_told_for_want_of_memory_is_closed() {
        server.engine.log(log);
        SettingsBinding.keyspaceEvents(server.engine, KeyspaceEvents.KEYEVENT | KeyspaceEvents.ALL);
        TestClient monitor = server.connect();
        TestClient poor = server.connect();
        TestClient listener = server.connect();
        monitor.send("MONITOR");
        poor.send("PSUBSCRIBE *");
        listener.send("PSUBSCRIBE *");
        monitor.hasNoMemory = true;
        poor.hasNoMemory = true;
        assertThat(client.send("SET k v")).isEqualTo("+OK");
        assertThat(lines).containsExactly("SET k v");
        assertThat(poor.isClosed).isTrue();
        assertThat(monitor.isClosed).isTrue();
        assertThat(listener.isClosed).isFalse();
        assertThat(listener.read()).contains("__keyevent@0__:set");
    }

    @Test
    void why_a_log_refuses_writes_is_told_in_utf_8() {
        String why = "MISCONF Errors writing to the AOF file: /данные/größe 5€/appendonly.aof.manifest";
        server.engine.log(new ChangeLog() {
            @Override
            public void append(int db, int argc, Bytes[] argv) {}

            @Override
            public String refusal() {
                return why;
            }
        });
        assertThat(client.send("SET a 1")).isEqualTo("-" + Bytes.of(why).toLatin1());
    }

    private final class Lines implements ChangeLog {
        @Override
        public void append(int db, int argc, Bytes[] argv) {
            List<String> words = new ArrayList<>();
            for (int i = 0; i < argc; i++) words.add(argv[i].toLatin1());
            lines.add(String.join(" ", words));
        }

        @Override
        public void missed(String why) {
            lines.add("(missed) " + why);
        }
    }
}
