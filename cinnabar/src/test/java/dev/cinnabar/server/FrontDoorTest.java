package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;
import static org.assertj.core.api.InstanceOfAssertFactories.map;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.cinnabar.base.Log;
import dev.cinnabar.base.TestClock;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Reply;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.ConfigFile;
import dev.cinnabar.engine.Session;
import dev.cinnabar.store.Database;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an application that embeds a server may rely on.
class FrontDoorTest {
    private static void awaitBlocked(Cinnabar server, int keys) {
        await().until(() -> isBlocked(server, keys));
    }

    private static boolean isBlocked(Cinnabar server, int keys) {
        String info = (String) server.execute("INFO", "clients");
        return info.contains("\r\ntotal_blocking_keys:" + keys + "\r\n");
    }

    private static FutureTask<Object> waiting(Cinnabar server, String... words) {
        FutureTask<Object> task = new FutureTask<>(() -> server.execute(words));
        new Thread(task, "caller").start();
        return task;
    }

    // ---- calls that wait ----

    @Test
    void a_call_that_waits_holds_up_no_other_one() throws Exception {
        try (Cinnabar server = Cinnabar.builder().start()) {
            server.execute("SELECT", "3");
            FutureTask<Object> first = waiting(server, "BLPOP", "q", "0");
            awaitBlocked(server, 1);
            FutureTask<Object> second = waiting(server, "BLPOP", "r", "0");
            awaitBlocked(server, 2);
            assertThat(server.execute("LPUSH", "q", "a"))
                    .as("in the same database")
                    .isEqualTo(1L);
            assertThat(first.get()).hasToString("[q, a]");
            server.execute("LPUSH", "r", "b");
            assertThat(second.get()).hasToString("[r, b]");
            awaitBlocked(server, 0);
        }
    }

    @Test
    void what_the_session_has_said_of_itself_and_watches_outlives_a_call_that_waits() {
        try (Cinnabar server = Cinnabar.builder().start()) {
            server.execute("WATCH", "watched");
            server.execute("CLIENT", "NO-TOUCH", "ON");
            server.execute("CLIENT", "SETINFO", "LIB-NAME", "mine");
            assertThat(server.execute("BLPOP", "nothing", "0.01")).isNull();
            server.execute("SET", "watched", "changed");
            server.execute("MULTI");
            server.execute("PING");
            assertThat(server.execute("EXEC")).as("a watched key has changed").isNull();
            assertThat((String) server.execute("CLIENT", "INFO")).contains("flags=T", "lib-name=mine");

            server.execute("CLIENT", "REPLY", "OFF");
            server.execute("BLPOP", "nothing", "0.01");
            assertThat(server.execute("PING")).as("hidden").isNull();
        }
    }

    @Test
    void a_call_that_waits_ends_with_the_server() throws Exception {
        Cinnabar server = Cinnabar.builder().start();
        FutureTask<Object> call = waiting(server, "BLPOP", "q", "0");
        awaitBlocked(server, 1);
        server.close();
        assertThatThrownBy(call::get)
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("the server is closed");
        assertThatThrownBy(() -> server.execute("PING")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void an_interrupt_ends_a_call_that_waits_and_takes_nothing_from_the_queue() throws Exception {
        try (Cinnabar server = Cinnabar.builder().start()) {
            CompletableFuture<Boolean> stayedInterrupted = new CompletableFuture<>();
            Thread caller = new Thread(() -> {
                try {
                    server.execute("BLPOP", "q", "0");
                } catch (IllegalStateException e) {
                    stayedInterrupted.complete(Thread.currentThread().isInterrupted());
                }
            });
            caller.start();
            awaitBlocked(server, 1);
            caller.interrupt();
            assertThat(stayedInterrupted.get()).isTrue();
            awaitBlocked(server, 0);
            server.execute("RPUSH", "q", "a");
            assertThat(server.execute("LPOP", "q")).isEqualTo("a");
        }
    }

    /// Before JDK 24 a virtual thread that waits in a monitor keeps its carrier.
    @Test
    void a_call_waits_in_no_monitor() throws Exception {
        try (Cinnabar server = Cinnabar.builder().start()) {
            FutureTask<Object> call = new FutureTask<>(() -> server.execute("BLPOP", "q", "0"));
            Thread caller = new Thread(call, "caller");
            caller.start();
            await().until(() -> caller.getState() == Thread.State.WAITING && isBlocked(server, 1));
            assertThat(caller.getStackTrace())
                    .extracting(frame -> frame.getClassName() + "." + frame.getMethodName())
                    .contains("dev.cinnabar.server.Cinnabar.execute")
                    .doesNotContain("java.lang.Object.wait");
            server.execute("RPUSH", "q", "a");
            assertThat(call.get()).hasToString("[q, a]");
        }
    }

    /// The engine closes the link then.
    @Test
    void a_call_for_whose_answer_there_is_no_memory_waits_no_longer() throws Exception {
        CompletableFuture<Session> session = new CompletableFuture<>();
        Command wait = Command.of(CommandSpec.syntax("WAITFOR key").key("RO"), call -> {
            session.complete((Session) call.caller());
            return call.waitForKeys(1, 1, 0, true);
        });
        try (Cinnabar server = Cinnabar.builder().command(wait).start()) {
            FutureTask<Object> call = waiting(server, "WAITFOR", "k");
            awaitBlocked(server, 1);
            server.engine().lock();
            session.get().link().close();
            server.engine().unlock();
            assertThat(call)
                    .failsWithin(Duration.ofMinutes(1))
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessage("there was no memory for the answer");
            awaitBlocked(server, 0);
            assertThat(server.execute("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void a_clock_of_the_test_ends_a_call_that_waits() throws Exception {
        TestClock clock = new TestClock();
        try (Cinnabar server = Cinnabar.builder().clock(clock).start()) {
            FutureTask<Object> call = waiting(server, "BLPOP", "q", "60");
            awaitBlocked(server, 1);
            clock.advance(Duration.ofSeconds(61));
            assertThat(call.get()).isNull();
        }
    }

    @Test
    void a_clock_of_the_test_moves_on_when_a_call_is_to_time_out_in_a_moment() throws Exception {
        TestClock clock = new TestClock();
        try (Cinnabar server = Cinnabar.builder().clock(clock).start()) {
            server.execute("DEBUG", "SET-ACTIVE-EXPIRE", "0");
            FutureTask<Object> call = waiting(server, "BLPOP", "q", "10");
            awaitBlocked(server, 1);
            assertTimeoutPreemptively(Duration.ofMinutes(1), () -> clock.advance(Duration.ofMillis(9_999)));
            clock.advance(Duration.ofMillis(1));
            assertThat(call.get()).isNull();
        }
    }

    @Test
    void nothing_expires_under_a_command_of_the_applications_own_that_moves_the_clock() {
        TestClock clock = new TestClock();
        Command advance = Command.of(CommandSpec.syntax("ADVANCE seconds"), call -> {
            clock.advance(Duration.ofSeconds(call.longArg(1)));
            return call.reply().integer(call.db().size());
        });
        try (Cinnabar server = Cinnabar.builder().clock(clock).command(advance).start()) {
            server.execute("SET", "k", "v", "EX", "10");
            assertThat(server.execute("ADVANCE", "11")).isEqualTo(1L);
            await().until(() -> server.execute("DBSIZE").equals(0L));
        }
    }

    // ---- calls with no answer, and from the wrong place ----

    @Test
    void a_clock_of_the_test_lets_keys_and_fields_go_in_the_millisecond_after_their_time() {
        TestClock clock = new TestClock();
        try (Cinnabar server = Cinnabar.builder().clock(clock).start()) {
            for (int i = 0; i < 20; i++) {
                server.execute("SET", "key", "v", "PX", "100");
                server.execute("HSET", "gone", "f", "v");
                server.execute("HPEXPIRE", "gone", "100", "FIELDS", "1", "f");
                server.execute("HSET", "small", "f", "v", "g", "v");
                server.execute("HPEXPIRE", "small", "100", "FIELDS", "1", "f");
                for (int k = 0; k < 600; k++) server.execute("HSET", "large", "f" + k, "v");
                server.execute("HPEXPIRE", "large", "100", "FIELDS", "1", "f7");
                server.execute("HPEXPIRE", "large", "101", "FIELDS", "1", "f8");
                clock.advance(Duration.ofMillis(100));
                assertThat(counts(server)).isEqualTo("[4, 2, 2, 600]");
                clock.advance(Duration.ofMillis(1));
                assertThat(counts(server)).isEqualTo("[2, 0, 1, 599]");
                clock.advance(Duration.ofMillis(1));
                assertThat(counts(server)).isEqualTo("[2, 0, 1, 598]");
                server.execute("FLUSHALL");
            }
        }
    }

    private static String counts(Cinnabar server) {
        server.execute("MULTI");
        server.execute("DBSIZE");
        server.execute("EXISTS", "key", "gone");
        server.execute("HLEN", "small");
        server.execute("HLEN", "large");
        return String.valueOf(server.execute("EXEC"));
    }

    @Test
    void what_has_no_answer_answers_null() throws Exception {
        Cinnabar server = Cinnabar.builder().start();
        assertThat(server.execute("CLIENT", "REPLY", "SKIP")).isNull();
        assertThat(server.execute("PING")).isNull();
        assertThat(server.execute("PING")).isEqualTo("PONG");
        assertThat(server.execute("CLIENT", "REPLY", "OFF")).isNull();
        assertThat(server.execute("PING")).isNull();
        assertThat(server.execute("CLIENT", "REPLY", "ON")).isEqualTo("OK");
        assertThat(server.execute("SHUTDOWN", "NOSAVE")).isNull();
        server.awaitClosed();
    }

    @Test
    void a_call_that_waits_and_whose_answer_is_hidden_answers_null() throws Exception {
        try (Cinnabar server = Cinnabar.builder().start()) {
            for (String hidden : new String[] {"SKIP", "OFF"}) {
                server.execute("CLIENT", "REPLY", hidden);
                assertThat(server.execute("BLPOP", "nothing", "0.01"))
                        .as(hidden)
                        .isNull();
            }
        }
    }

    @Test
    void a_command_of_the_applications_own_cannot_call_the_server_that_runs_it() {
        Cinnabar[] server = new Cinnabar[1];
        Command careless = Command.of(
                CommandSpec.syntax("CARELESS"), call -> call.reply().bulk(String.valueOf(server[0].execute("PING"))));
        try (Cinnabar started = Cinnabar.builder().command(careless).start()) {
            server[0] = started;
            assertThatThrownBy(() -> started.execute("CARELESS")).hasMessageContaining("a command cannot call");
            assertThat(started.execute("PING")).isEqualTo("PONG");
        }
    }

    @Test
    void a_command_of_the_applications_own_cannot_close_the_server_that_runs_it() throws Exception {
        Cinnabar[] server = new Cinnabar[1];
        Command careless = Command.of(CommandSpec.syntax("CARELESS"), call -> {
            server[0].close();
            return call.reply().ok();
        });
        try (Cinnabar started = Cinnabar.builder().command(careless).start()) {
            server[0] = started;
            assertThatThrownBy(() -> started.execute("CARELESS")).hasMessageContaining("a command cannot close");
            try (Socket client = new Socket("127.0.0.1", started.port())) {
                client.getOutputStream().write("CARELESS\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat((char) client.getInputStream().read()).isEqualTo('-');
            }
            assertThat(started.execute("PING")).isEqualTo("PONG");
        }
    }

    /// Lines come from loops, from the threads of the log and of rewrites, and from whoever closes.
    @Test
    void a_log_cannot_close_the_server_that_writes_to_it(@TempDir Path dir) {
        Cinnabar[] server = new Cinnabar[1];
        List<String> refusals = new CopyOnWriteArrayList<>();
        Log careless = new WhenWritten("", () -> {
            if (server[0] == null) return null;
            assertThatThrownBy(server[0]::close).hasMessageContaining("a log cannot close");
            return refusals.add(Thread.currentThread().getName());
        });
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            try (Cinnabar started = Cinnabar.builder()
                    .appendOnly(dir)
                    .set("save", "3600 1")
                    .name("careless")
                    .log(careless)
                    .start()) {
                server[0] = started;
                started.execute("SET", "key", "value");
                started.execute("BGREWRITEAOF");
                await().until(() -> refusals.contains("careless-aof-rewrite"));
                refusals.clear();
            }
        });
        assertThat(refusals).as("the save at the end").isNotEmpty();
        assertThat(server[0].port()).isZero();
    }

    /// The thread of the log would wait for itself until what it has changed is on the disk.
    @Test
    void a_log_cannot_call_the_server_that_writes_to_it(@TempDir Path dir) {
        Cinnabar[] server = new Cinnabar[1];
        Set<String> refusals = ConcurrentHashMap.newKeySet();
        Log careless = new WhenWritten("", () -> {
            if (server[0] == null) return null;
            try {
                return server[0].execute("RPUSH", "lines", "a line");
            } catch (IllegalStateException e) {
                return refusals.add(Thread.currentThread().getName() + ": " + e.getMessage());
            }
        });
        try (Cinnabar started = Cinnabar.builder()
                .appendOnly(dir)
                .set("auto-aof-rewrite-percentage", "1")
                .set("auto-aof-rewrite-min-size", "1")
                .name("careless")
                .log(careless)
                .start()) {
            server[0] = started;
            await().until(
                            () -> { // until a rewrite begins that finds the log grown since the last one
                                started.execute("APPEND", "key", "value");
                                return refusals.contains(
                                        "careless-aof: a log cannot call the server that writes to it");
                            });
            assertThat(started.execute("EXISTS", "lines")).isEqualTo(0L);
        }
    }

    @Test
    void a_log_that_throws_keeps_no_server_from_its_start_its_work_and_its_end(@TempDir Path dir) {
        Log full = new WhenWritten("", () -> {
            throw new IOException("No space left on device");
        });
        Cinnabar.Builder builder = Cinnabar.builder()
                .appendOnly(dir)
                .set("save", "3600 1")
                .name("unheard")
                .log(full);
        try (Cinnabar server = builder.start()) {
            server.execute("SET", "key", "value");
            server.execute("BGREWRITEAOF");
            await().until(() -> ((String) server.execute("INFO", "persistence")).contains("aof_rewrite_in_progress:0"));
        }
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("unheard"));
        try (Cinnabar server = builder.start()) {
            assertThat(server.execute("GET", "key")).isEqualTo("value");
        }
    }

    @Test
    void what_a_command_of_the_applications_own_changed_before_it_failed_is_there_after_a_restart(@TempDir Path dir) {
        Command broken = Command.of(CommandSpec.syntax("BROKEN key").key("RW"), call -> {
            call.db().setString(call.key(1), call.arg(0), Database.NO_EXPIRY);
            call.changed(call.key(1), "broken");
            throw new IllegalStateException("too late");
        });
        for (boolean waits : new boolean[] {true, false}) {
            try (Cinnabar server =
                    Cinnabar.builder().appendOnly(dir).command(broken).start()) {
                server.execute("SET", "before" + waits, "1");
                assertThatThrownBy(() -> server.execute("BROKEN", "k" + waits)).hasMessageContaining("too late");
                if (!waits) continue; // the end of the server comes before the log is whole again
                await().ignoreExceptions().until(() -> server.execute("SET", "behind", "2") != null);
            }
        }
        try (Cinnabar server =
                Cinnabar.builder().appendOnly(dir).command(broken).start()) {
            assertThat(server.execute("MGET", "beforetrue", "ktrue", "behind", "beforefalse", "kfalse"))
                    .isEqualTo(List.of("1", "BROKEN", "2", "1", "BROKEN"));
        }
    }

    @Test
    void what_a_command_of_the_applications_own_throws_is_told_in_any_language() {
        Command broken = Command.of(CommandSpec.syntax("BROKEN"), call -> {
            throw new IllegalStateException("zu groß: 5 €\nschade");
        });
        try (Cinnabar server = Cinnabar.builder().command(broken).start()) {
            assertThatThrownBy(() -> server.execute("BROKEN"))
                    .isInstanceOf(CommandException.class)
                    .hasMessageEndingWith("IllegalStateException: zu groß: 5 € schade");
        }
    }

    @Test
    void who_asks_a_command_of_the_applications_own_gets_one_whole_answer_or_an_error() throws Exception {
        Map<String, Function<Reply, Reply>> bodies = new LinkedHashMap<>();
        bodies.put("no answer", reply -> reply);
        bodies.put("more than one answer", reply -> reply.ok().integer(1));
        bodies.put("a part of an answer", reply -> reply.array(2).integer(1));
        bodies.put("what is no answer", reply -> reply.array(2).simple("a\r\nb"));
        Command broken = Command.of(CommandSpec.syntax("BROKEN how"), call -> {
            Function<Reply, Reply> body = bodies.get(call.key(1).toString());
            return body != null
                    ? body.apply(call.reply())
                    : call.reply().array(2).bulk("").map(1).integer(1).nil();
        });
        try (Cinnabar server = Cinnabar.builder().command(broken).start();
                Socket client = new Socket("127.0.0.1", server.port())) {
            BufferedReader answers =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
            for (String how : bodies.keySet()) {
                assertThatThrownBy(() -> server.execute("BROKEN", how))
                        .isInstanceOf(CommandException.class)
                        .hasMessageEndingWith("the command broken has written " + how);
                String requests = "BROKEN \"" + how + "\"\r\nPING\r\n";
                client.getOutputStream().write(requests.getBytes(StandardCharsets.US_ASCII));
                assertThat(answers.readLine()).startsWith("-ERR internal error");
                assertThat(answers.readLine()).isEqualTo("+PONG");
            }
            assertThat(server.execute("BROKEN", "not at all"))
                    .isEqualTo(Arrays.asList("", Collections.singletonMap("1", null)));
        }
    }

    @Test
    void a_command_of_the_applications_own_that_uses_up_the_stack_fails_alone(@TempDir Path dir) throws Exception {
        Command endless = Command.of(CommandSpec.syntax("ENDLESS key").key("RW"), FrontDoorTest::endless);
        Cinnabar.Builder builder = Cinnabar.builder().appendOnly(dir).command(endless);
        try (Cinnabar server = builder.start();
                Socket client = new Socket("127.0.0.1", server.port())) {
            for (int i = 0; i < 5; i++) {
                String key = "k" + i;
                assertThatThrownBy(() -> server.execute("ENDLESS", key)).hasMessageContaining("StackOverflowError");
                assertThat(server.execute("GET", key)).isEqualTo("ENDLESS");
                await().ignoreExceptions().until(() -> server.execute("SET", "behind", key) != null);
            }
            client.getOutputStream().write("ENDLESS k5\r\nGET k5\r\n".getBytes(StandardCharsets.US_ASCII));
            String expected =
                    "-ERR internal error, please report it: java.lang.StackOverflowError\r\n$7\r\nENDLESS\r\n";
            assertThat(client.getInputStream().readNBytes(expected.length()))
                    .asString()
                    .isEqualTo(expected);
            server.checkInvariants();
        }
        try (Cinnabar server = builder.start()) {
            assertThat(server.execute("EXISTS", "k0", "k1", "k2", "k3", "k4", "k5", "behind"))
                    .isEqualTo(7L);
        }
    }

    private static Reply endless(Call call) {
        if (call.db().lookup(call.key(1)) == 0) {
            call.db().setString(call.key(1), call.arg(0), Database.NO_EXPIRY);
            call.changed(call.key(1), "endless");
        }
        return endless(call);
    }

    // ---- answers ----

    @Test
    void no_limit_of_an_output_buffer_cuts_an_answer_for_there_is_none() {
        String large = "v".repeat(3 << 20);
        try (Cinnabar server = Cinnabar.builder()
                .set("client-output-buffer-limit", "normal 1mb 0 0")
                .start()) {
            server.execute("SET", "k", large);
            assertThat(server.execute("GET", "k")).isEqualTo(large);
            server.execute("MULTI");
            server.execute("GET", "k");
            assertThat(server.execute("EXEC")).isEqualTo(List.of(large));
        }
    }

    @Test
    void every_field_and_member_is_answered_also_where_they_are_no_text() {
        byte[] ff = {(byte) 0xff};
        byte[] fe = {(byte) 0xfe};
        try (Cinnabar server = Cinnabar.builder().start()) {
            server.execute(bytes("HSET"), bytes("h"), ff, bytes("1"), fe, bytes("2"), bytes("a"), bytes("3"));
            assertThat(server.execute(bytes("HGETALL"), bytes("h")))
                    .asInstanceOf(map(byte[].class, byte[].class))
                    .hasSize(3)
                    .containsEntry(ff.clone(), bytes("1"))
                    .containsEntry(fe.clone(), bytes("2"))
                    .containsEntry(bytes("a"), bytes("3"));
            assertThat(server.execute("HGETALL", "h"))
                    .isEqualTo(List.of(Map.entry("\ufffd", "1"), Map.entry("\ufffd", "2"), Map.entry("a", "3")));

            server.execute(bytes("SADD"), bytes("s"), ff, fe);
            assertThat(server.execute(bytes("SMEMBERS"), bytes("s")))
                    .asInstanceOf(LIST)
                    .hasSize(2);
            assertThat(server.execute("SMEMBERS", "s")).isEqualTo(List.of("\ufffd", "\ufffd"));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void an_attribute_is_passed_over() {
        try (Cinnabar server = Cinnabar.builder().start()) {
            assertThat(server.execute("DEBUG", "PROTOCOL", "attrib"))
                    .isEqualTo("Some real reply following the attribute");
        }
    }

    @Test
    void fields_and_members_that_are_text_come_as_a_map_and_a_set() {
        try (Cinnabar server = Cinnabar.builder().start()) {
            server.execute("HSET", "h", "b", "1", "a", "2");
            server.execute("SADD", "s", "b", "a");
            assertThat(server.execute("HGETALL", "h")).isEqualTo(Map.of("b", "1", "a", "2"));
            assertThat(server.execute("SMEMBERS", "s")).isEqualTo(Set.of("b", "a"));
        }
    }

    // ---- building ----

    @Test
    void a_builder_starts_any_number_of_servers_that_have_nothing_in_common() {
        Cinnabar.Builder builder = Cinnabar.builder().set("maxmemory", "64mb").heapLimit(16 << 20);
        try (Cinnabar a = builder.start();
                Cinnabar b = builder.set("maxmemory", "32mb").start()) {
            a.execute("CONFIG", "SET", "requirepass", "secret", "maxmemory-policy", "allkeys-lru");
            assertThat(a.execute("CONFIG", "GET", "maxmemory")).hasToString("{maxmemory=67108864}");
            assertThat(b.execute("CONFIG", "GET", "maxmemory")).hasToString("{maxmemory=33554432}");
            assertThat(b.execute("CONFIG", "GET", "requirepass")).hasToString("{requirepass=}");
            for (int i = 0; i < 10; i++) a.execute("SET", "k" + i, "v".repeat(1 << 20));
            for (int i = 0; i < 10; i++)
                assertThat(b.execute("SET", "k" + i, "v".repeat(1 << 20))).isEqualTo("OK");
        }
    }

    @Test
    void chance_is_different_in_each_server_of_a_builder_unless_it_has_a_seed() {
        Cinnabar.Builder builder = Cinnabar.builder();
        try (Cinnabar a = builder.start();
                Cinnabar b = builder.start();
                Cinnabar seeded = builder.seed(1).start();
                Cinnabar again = builder.start()) {
            assertThat(runId(a)).isNotEqualTo(runId(b));
            assertThat(runId(seeded)).isEqualTo(runId(again)).isNotEqualTo(runId(a));
        }
    }

    private static String runId(Cinnabar server) {
        String info = (String) server.execute("INFO", "server");
        return info.substring(info.indexOf("run_id:"), info.indexOf("tcp_port:"));
    }

    @Test
    void a_directory_that_is_none_of_the_machines_is_refused(@TempDir Path dir) throws Exception {
        URI zip = URI.create("jar:" + dir.resolve("data.zip").toUri());
        try (FileSystem inZip = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
            assertThatThrownBy(() -> Cinnabar.builder().appendOnly(inZip.getPath("/")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("dir: not in the machine's own file system: /");
        }
    }

    @Test
    void what_makes_no_sense_is_refused_where_it_is_said() {
        Cinnabar.Builder builder = Cinnabar.builder();
        assertThatThrownBy(() -> builder.log(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> builder.clock(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> builder.name(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> builder.command(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> builder.heapLimit(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TestClock().advance(Duration.ofDays(365 * 300)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("100 years");
    }

    @Test
    void a_command_of_the_applications_own_takes_no_other_ones_place() {
        Cinnabar.Builder builder = Cinnabar.builder().command(own("MINE")).command(subcommand("YOURS", "ONE"));
        for (String name : new String[] {"GET", "get", "DUMP", "CLIENT"}) {
            assertThatThrownBy(() -> builder.command(own(name)))
                    .as(name)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("The command " + name.toLowerCase(Locale.ROOT) + " would take the place of");
        }
        assertThatThrownBy(() -> builder.command(subcommand("CLIENT", "Kill")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The command client|kill would take the place of the server's own client|kill");
        assertThatThrownBy(() -> builder.command(subcommand("GET", "FIRST")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The command get|first would take the place of the server's own get");
        assertThatThrownBy(() -> builder.command(own("Mine")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A command mine was added before");
        assertThatThrownBy(() -> builder.command(subcommand("yours", "one")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A command yours|one was added before");
        builder.command(subcommand("CLIENT", "MINE"));
        builder.command(subcommand("YOURS", "TWO"));
        builder.command(own("YOURS"));
        try (Cinnabar server = builder.start()) {
            assertThat(server.execute("MINE")).isEqualTo("mine");
            assertThat(server.execute("CLIENT", "MINE")).isEqualTo("client|mine");
            assertThat(server.execute("YOURS", "TWO")).isEqualTo("yours|two");
            assertThat(server.execute("YOURS")).isEqualTo("yours");
        }
    }

    private static Command own(String name) {
        return answersItsName(CommandSpec.syntax(name));
    }

    private static Command subcommand(String container, String name) {
        return answersItsName(CommandSpec.syntax(container + " " + name).subcommand());
    }

    private static Command answersItsName(CommandSpec.Builder spec) {
        String name = spec.build().fullName();
        return Command.of(spec, call -> call.reply().bulk(name));
    }

    @Test
    void a_command_of_the_applications_own_has_a_name_that_a_client_can_say() {
        for (String name : new String[] {"", " ", " MINE", "GRÜSSE", "CLIENT|KILL", "A\r\nB"}) {
            assertThatThrownBy(() -> own(name)).as(name).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> subcommand("MINE", "")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void commands_are_renamed_in_the_order_of_their_lines() throws Exception {
        for (String[] pair :
                new String[][] {{"GET", "SET"}, {"DEL", "UNLINK"}, {"APPEND", "STRLEN"}, {"LPUSH", "RPUSH"}}) {
            Config config = new Config();
            config.assign("port", "0");
            config.assign("save", "");
            ConfigFile.load(
                    config,
                    null,
                    "rename-command %s old\nrename-command %s %s\n".formatted(pair[0], pair[1], pair[0]),
                    "");
            try (Cinnabar server = new Cinnabar.Builder(config).tcp(false).start()) {
                assertThat(server.execute("COMMAND", "INFO", pair[0], "old", pair[1]))
                        .asInstanceOf(LIST)
                        .satisfies(
                                all -> assertThat(all.get(2)).as("%s", pair[1]).isNull())
                        .satisfies(all -> assertThat(all.subList(0, 2)).doesNotContainNull());
            }
        }
    }

    @Test
    void a_log_is_loaded_whatever_commands_are_renamed(@TempDir Path dir) throws Exception {
        Config config = new Config();
        config.assign("port", "0");
        config.assign("dir", dir.toString());
        config.assign("appendonly", "yes");
        config.assign("aof-use-rdb-preamble", "no");
        ConfigFile.load(config, null, "rename-command SET xset\nrename-command HSET ''\nrename-command DEL gone\n", "");
        TestClock clock = new TestClock();
        try (Cinnabar server =
                new Cinnabar.Builder(config).clock(clock).tcp(false).start()) {
            server.execute("XSET", "a", "1");
            server.execute("HMSET", "h", "f", "v");
            server.execute("BGREWRITEAOF");
            await().until(() -> ((String) server.execute("INFO", "persistence"))
                    .contains("aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0"));
            server.execute("XSET", "b", "2", "PX", "1");
            clock.advance(Duration.ofMillis(2));
            server.execute("XSET", "c", "3");
        }
        try (Cinnabar server =
                new Cinnabar.Builder(config).clock(clock).tcp(false).start()) {
            assertThat(server.execute("MGET", "a", "b", "c")).isEqualTo(Arrays.asList("1", null, "3"));
            assertThat(server.execute("HGET", "h", "f")).isEqualTo("v");
            assertThatThrownBy(() -> server.execute("SET", "a", "2")).hasMessageContaining("unknown command 'SET'");
        }
    }

    @Test
    void a_log_is_loaded_where_commands_have_changed_names(@TempDir Path dir) throws Exception {
        Config config = new Config();
        config.assign("port", "0");
        config.assign("dir", dir.toString());
        config.assign("appendonly", "yes");
        config.assign("aof-use-rdb-preamble", "no");
        ConfigFile.load(config, null, "rename-command GET x\nrename-command SET GET\nrename-command x SET\n", "");
        try (Cinnabar server = new Cinnabar.Builder(config).tcp(false).start()) {
            server.execute("GET", "a", "1");
            server.execute("BGREWRITEAOF");
            await().until(() -> ((String) server.execute("INFO", "persistence"))
                    .contains("aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0"));
            server.execute("GET", "b", "2");
        }
        try (Cinnabar server = new Cinnabar.Builder(config).tcp(false).start()) {
            assertThat(server.execute("SET", "a")).isEqualTo("1");
            assertThat(server.execute("SET", "b")).isEqualTo("2");
        }
        try (Cinnabar server = Cinnabar.builder().appendOnly(dir).start()) {
            assertThat(server.execute("MGET", "a", "b")).as("without renames").isEqualTo(Arrays.asList("1", "2"));
        }
    }

    @Test
    void an_interrupted_thread_starts_a_server_and_saves_as_any_other(@TempDir Path dir) {
        for (int i = 0; i < 2; i++) {
            Thread.currentThread().interrupt();
            try (Cinnabar server = Cinnabar.builder()
                    .appendOnly(dir)
                    .set("appendfsync", "always")
                    .start()) {
                assertThat(server.execute("INCR", "k")).isEqualTo(i + 1L);
                assertThat((String) server.execute("INFO", "persistence")).contains("aof_buffer_length:0");
                assertThat(server.execute("SAVE")).isEqualTo("OK");
            } finally {
                assertThat(Thread.interrupted()).as("the interrupt is kept").isTrue();
            }
        }
    }

    @Test
    void more_clients_may_be_allowed_than_there_can_be() {
        try (Cinnabar server = Cinnabar.builder().start()) {
            assertThat(server.execute("CONFIG", "SET", "maxclients", "3000000000"))
                    .isEqualTo("OK");
            assertThat(server.execute("CONFIG", "GET", "maxclients")).hasToString("{maxclients=3000000000}");
        }
    }

    // ---- where it is ----

    @Test
    void its_address_is_one_that_a_client_can_use(@TempDir Path dir) throws Exception {
        for (String[] bind : new String[][] {{"127.0.0.1"}, {"127.0.0.2"}, {"0.0.0.0"}, {"127.0.0.3", "127.0.0.1"}}) {
            try (Cinnabar server = Cinnabar.builder()
                    .set("bind", bind)
                    .set("protected-mode", "no")
                    .start()) {
                URI uri = server.uri();
                assertThat(uri.getScheme()).isEqualTo("redis");
                if (!bind[0].equals("0.0.0.0")) assertThat(uri.getHost()).isEqualTo(bind[0]);
                try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
                    assertThat(socket.isConnected()).isTrue();
                }
            }
        }
        Path path = dir.resolve("a socket");
        Cinnabar server =
                Cinnabar.builder().tcp(false).set("unixsocket", path.toString()).start();
        try (server) {
            assertThat(server.uri().getScheme()).isEqualTo("unix");
            assertThat(server.uri().getPath()).isEqualTo(path.toString());
        }
        assertThatThrownBy(server::uri).isInstanceOf(IllegalStateException.class);
    }

    // ---- the end ----

    /// All is loaded when the client calls, and the server has not started yet. It has heard when the PING
    /// behind is answered.
    @Test
    void shutdown_during_a_start_ends_the_start_and_leaves_nothing_behind(@TempDir Path dir) throws Exception {
        Cinnabar.Builder builder = Cinnabar.builder()
                .set("dir", dir.toString())
                .set("save", "3600 1")
                .set("loading-process-events-interval-bytes", "1024")
                .name("unwanted");
        try (Cinnabar server = builder.start()) {
            server.execute("DEBUG", "POPULATE", "2000");
            server.execute("SAVE");
        }
        int port = freePort();
        builder.port(port).log(new WhenWritten("Done loading RDB", () -> {
            try (Socket client = new Socket("127.0.0.1", port)) {
                client.getOutputStream().write("SHUTDOWN NOSAVE\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII));
                client.getInputStream().read();
            }
            return null;
        }));
        assertThatThrownBy(builder::start).isInstanceOf(CancellationException.class);
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("unwanted"));
        try (Cinnabar server = builder.log(Log.none()).start()) {
            assertThat(server.execute("DBSIZE")).isEqualTo(2000L);
        }
    }

    /// Does something when a line is written.
    private record WhenWritten(String line, Callable<?> action) implements Log {
        @Override
        public boolean shows(Level level) {
            return true;
        }

        @Override
        public void write(Level level, String message) {
            if (!message.startsWith(line)) return;
            try {
                action.call();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Test
    void an_interrupted_close_waits_for_the_loops_all_the_same() {
        Cinnabar server = Cinnabar.builder().name("interrupted").start();
        Thread.currentThread().interrupt();
        server.close();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("interrupted-io"));
    }
}
