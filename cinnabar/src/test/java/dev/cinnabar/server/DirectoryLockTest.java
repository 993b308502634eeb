package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two servers never write to one log.
class DirectoryLockTest {
    @TempDir
    private Path dir;

    @Test
    void a_second_server_in_the_directory_of_a_log_does_not_start_and_harms_nothing() {
        try (Cinnabar first = Cinnabar.builder().appendOnly(dir).start()) {
            first.execute("SET", "a", "1");
            assertThatThrownBy(() -> Cinnabar.builder().appendOnly(dir).start())
                    .isInstanceOf(StartException.class)
                    .hasMessageContainingAll(dir.toString(), "another server uses it");
            first.execute("SET", "b", "2");
        }
        try (Cinnabar next = Cinnabar.builder().appendOnly(dir).start()) {
            assertThat(next.execute("MGET", "a", "b")).hasToString("[1, 2]");
        }
    }

    @Test
    void a_log_is_not_switched_on_where_another_server_has_one() {
        try (Cinnabar first = Cinnabar.builder().appendOnly(dir).start();
                Cinnabar second = Cinnabar.builder().set("dir", dir.toString()).start()) {
            assertThatThrownBy(() -> second.execute("CONFIG", "SET", "appendonly", "yes"))
                    .hasMessageContaining("Unable to turn on AOF");
            first.execute("CONFIG", "SET", "appendonly", "no");
            await().ignoreExceptions().until(() -> "OK".equals(second.execute("CONFIG", "SET", "appendonly", "yes")));
        }
    }

    @Test
    void servers_whose_logs_have_other_names_share_a_directory() {
        try (Cinnabar first = Cinnabar.builder().appendOnly(dir).start();
                Cinnabar second = Cinnabar.builder()
                        .appendOnly(dir)
                        .set("appendfilename", "other.aof")
                        .start()) {
            first.execute("SET", "a", "1");
            assertThat(second.execute("EXISTS", "a")).isEqualTo(0L);
        }
    }

    @Test
    void the_lock_is_gone_after_the_end_and_after_a_start_that_failed() throws Exception {
        Cinnabar.builder().appendOnly(dir).start().close();
        Path files = dir.resolve("appendonlydir");
        assertThat(files.resolve("appendonly.aof.lock")).doesNotExist();
        Files.writeString(files.resolve("appendonly.aof.manifest"), "nonsense\n");
        for (int i = 0; i < 2; i++)
            assertThatThrownBy(() -> Cinnabar.builder().appendOnly(dir).start())
                    .hasMessageContaining("cannot be loaded");
        assertThat(files.resolve("appendonly.aof.lock")).doesNotExist();
    }
}
