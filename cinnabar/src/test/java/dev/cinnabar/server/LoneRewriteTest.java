package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.cinnabar.engine.LogSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoneRewriteTest {
    @TempDir
    Path folder;

    private Cinnabar.Builder server() {
        return Cinnabar.builder().set("dir", folder.toString());
    }

    private static void rewrite(Cinnabar server) {
        assertThat(server.execute("BGREWRITEAOF")).isEqualTo("Background append only file rewriting started");
        await().until(() ->
                String.valueOf(server.execute("INFO", "persistence")).contains("aof_rewrite_in_progress:0"));
        assertThat(String.valueOf(server.execute("INFO", "persistence"))).contains("aof_last_bgrewrite_status:ok");
    }

    @Test
    void bgrewriteaof_without_appendonly_writes_a_log_that_a_server_with_it_loads() {
        try (Cinnabar server = server().start()) {
            server.execute("SET", "key", "value");
            server.execute("RPUSH", "list", "a", "b");
            rewrite(server);
            server.execute("SET", "key", "not in the file");
        }
        try (Cinnabar server = server().appendOnly(folder).start()) {
            assertThat(server.execute("GET", "key")).isEqualTo("value");
            assertThat(server.execute("LLEN", "list")).isEqualTo(2L);
        }
    }

    /// Whoever forgot `appendonly yes` when moving here, and notices it by the empty server, must not lose
    /// the old log by what he does next.
    @Test
    void a_log_of_one_file_that_was_never_loaded_stays_where_it_is() throws IOException {
        Path old = Files.writeString(folder.resolve("appendonly.aof"), "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n");
        try (Cinnabar server = server().start()) {
            rewrite(server);
        }
        try (Cinnabar server = server().start()) {
            server.execute("CONFIG", "SET", "appendonly", "yes");
            await().until(() ->
                    String.valueOf(server.execute("INFO", "persistence")).contains("aof_rewrite_in_progress:0"));
        }
        assertThat(old).hasSize(27);
    }

    @Test
    void a_server_that_is_closed_leaves_nobody_behind_who_writes() {
        for (String[] last : new String[][] {{"BGREWRITEAOF"}, {"CONFIG", "SET", "appendonly", "no"}}) {
            try (Cinnabar server = server().set("appendonly", last.length == 1 ? "no" : "yes")
                    .name("leaving")
                    .start()) {
                for (int i = 0; i < 1000; i++) server.execute("SET", "key:" + i, "x".repeat(1000));
                server.execute(last);
            }
            await().until(() -> Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().startsWith("leaving")));
            try (Cinnabar next = server().appendOnly(folder).start()) {
                next.execute("FLUSHALL");
            }
        }
    }

    /// Nobody ends this image: a save of a large data set takes long, too.
    @Test
    void a_rewrite_that_waits_for_a_save_holds_up_no_end() {
        for (String appendOnly : List.of("no", "yes")) {
            assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
                try (Cinnabar server = server().set("appendonly", appendOnly).start()) {
                    server.execute("SET", "key", "value");
                    new LogSnapshot(server.engine()).tryBegin(() -> {});
                    server.execute("BGREWRITEAOF");
                }
            });
        }
    }

    @Test
    void the_second_one_takes_the_place_of_the_first() {
        try (Cinnabar server = server().start()) {
            server.execute("SET", "key", "first");
            rewrite(server);
            server.execute("SET", "key", "second");
            rewrite(server);
        }
        try (Cinnabar server = server().appendOnly(folder).start()) {
            assertThat(server.execute("GET", "key")).isEqualTo("second");
        }
    }

    @Test
    void a_log_can_be_begun_after_it() {
        try (Cinnabar server = server().start()) {
            server.execute("SET", "key", "value");
            rewrite(server);
            server.execute("CONFIG", "SET", "appendonly", "yes");
            await().until(() ->
                    String.valueOf(server.execute("INFO", "persistence")).contains("aof_rewrite_in_progress:0"));
            server.execute("SET", "other", "value");
        }
        try (Cinnabar server = server().appendOnly(folder).start()) {
            assertThat(server.execute("DBSIZE")).isEqualTo(2L);
        }
    }

    /// In one transaction nothing comes between: the rewrite has begun and waits for the lock.
    @Test
    void a_log_can_be_begun_while_it_runs() throws IOException {
        try (Cinnabar server = server().start()) {
            for (int i = 0; i < 1000; i++) server.execute("SET", "key:" + i, "value");
            assertThat(transaction(server, "BGREWRITEAOF", "CONFIG SET appendonly yes", "SET other value"))
                    .isEqualTo(List.of("Background append only file rewriting scheduled", "OK", "OK"));
            awaitLog(server);
            server.execute("SET", "another", "value");
        }
        assertThat(files()).as("manifest, base, increment, lock").hasSize(4);
        try (Cinnabar server = server().appendOnly(folder).start()) {
            assertThat(server.execute("DBSIZE")).isEqualTo(1002L);
        }
    }

    /// The rewrite waits for another image, and so the log has to wait for both.
    @Test
    void a_log_can_be_begun_while_it_waits_for_a_save() {
        try (Cinnabar server = server().start()) {
            server.execute("SET", "key", "value");
            LogSnapshot save = new LogSnapshot(server.engine());
            save.tryBegin(() -> {});
            server.execute("BGREWRITEAOF");
            assertThat(server.execute("CONFIG", "SET", "appendonly", "yes")).isEqualTo("OK");
            server.execute("SET", "other", "value");

            save.abort();
            awaitLog(server);
        }
        try (Cinnabar server = server().appendOnly(folder).start()) {
            assertThat(server.execute("DBSIZE")).isEqualTo(2L);
        }
    }

    @Test
    void a_log_that_is_turned_off_and_on_at_once_holds_everything() throws IOException {
        try (Cinnabar server = server().appendOnly(folder).start()) {
            for (int i = 0; i < 1000; i++) server.execute("SET", "key:" + i, "value");
            for (int i = 0; i < 20; i++) {
                server.execute("BGREWRITEAOF");
                transaction(server, "CONFIG SET appendonly no", "SET n " + i, "CONFIG SET appendonly yes");
                awaitLog(server);
            }
        }
        assertThat(files()).as("manifest, base, increment, lock").hasSize(4);
        try (Cinnabar server = server().appendOnly(folder).start()) {
            assertThat(server.execute("DBSIZE")).isEqualTo(1001L);
            assertThat(server.execute("GET", "n")).isEqualTo("19");
        }
    }

    @Test
    void the_first_rewrite_of_a_log_that_is_turned_on_is_told_from_that_moment() {
        try (Cinnabar server = server().start()) {
            List<?> answers = transaction(server, "CONFIG SET appendonly yes", "INFO persistence");
            assertThat(String.valueOf(answers.get(1))).contains("aof_enabled:1", "aof_rewrite_in_progress:1");
            awaitLog(server);
        }
    }

    @Test
    void a_rewrite_without_a_log_can_follow_the_log_at_once() {
        try (Cinnabar server = server().appendOnly(folder).start()) {
            server.execute("SET", "key", "value");
            transaction(server, "BGREWRITEAOF", "CONFIG SET appendonly no", "SET key 2", "BGREWRITEAOF");
            await().until(() -> isOver(server));
        }
        try (Cinnabar server = server().appendOnly(folder).start()) {
            assertThat(server.execute("GET", "key")).isEqualTo("2");
        }
    }

    private static List<?> transaction(Cinnabar server, String... commands) {
        server.execute("MULTI");
        for (String command : commands) server.execute(command.split(" "));
        return (List<?>) server.execute("EXEC");
    }

    /// Until then what is asked of the log is promised to nobody.
    private static void awaitLog(Cinnabar server) {
        await().until(() -> isOver(server) && persistence(server).contains("aof_rewrites:1\r"));
        assertThat(persistence(server)).contains("aof_enabled:1", "aof_last_write_status:ok");
    }

    private static boolean isOver(Cinnabar server) {
        return persistence(server).contains("aof_rewrite_in_progress:0");
    }

    private static String persistence(Cinnabar server) {
        return String.valueOf(server.execute("INFO", "persistence"));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("appendonlydir"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Test
    void debug_loadaof_never_waits_for_a_rewrite_that_waits_for_it() {
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            try (Cinnabar server = server().appendOnly(folder).start()) {
                for (int i = 0; i < 2000; i++) server.execute("SET", "key:" + i, "value");
                for (int i = 0; i < 30; i++) {
                    server.execute("BGREWRITEAOF");
                    await().until(() -> isLoaded(server));
                    assertThat(server.execute("DBSIZE")).isEqualTo(2000L);
                }
            }
        });
    }

    private static boolean isLoaded(Cinnabar server) {
        try {
            server.execute("DEBUG", "LOADAOF");
            return true;
        } catch (CommandException e) {
            assertThat(e).hasMessageContaining("rewriting in progress");
            return false;
        }
    }
}
