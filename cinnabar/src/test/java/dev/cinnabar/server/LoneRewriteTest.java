package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.file.Path;
import java.time.Duration;
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
