package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
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
    void the_lock_is_free_after_the_end_and_after_a_start_that_failed() throws Exception {
        Cinnabar.builder().appendOnly(dir).start().close();
        Path files = dir.resolve("appendonlydir");
        assertThat(isFreeForOthers(files.resolve("appendonly.aof.lock"))).isTrue();
        Files.writeString(files.resolve("appendonly.aof.manifest"), "nonsense\n");
        for (int i = 0; i < 2; i++)
            assertThatThrownBy(() -> Cinnabar.builder().appendOnly(dir).start())
                    .hasMessageContaining("cannot be loaded");
        assertThat(isFreeForOthers(files.resolve("appendonly.aof.lock"))).isTrue();
    }

    @Test
    void who_is_refused_in_this_process_does_not_open_the_lock_to_another_process() throws Exception {
        Path file = dir.resolve("lock");
        Path link = Files.createSymbolicLink(dir.resolve("link"), dir).resolve("lock");
        try (DirectoryLock held = DirectoryLock.take(file)) {
            assertThat(held.isFor(file)).isTrue();
            for (Path path : new Path[] {file, link})
                assertThatThrownBy(() -> DirectoryLock.take(path)).isInstanceOf(DirectoryLock.InUse.class);
            assertThat(isFreeForOthers(file)).isFalse();
        }
        assertThat(isFreeForOthers(file)).isTrue();
    }

    @Test
    void the_file_stays_so_that_nobody_deletes_the_lock_of_another() throws Exception {
        Path file = dir.resolve("lock");
        DirectoryLock.take(file).close();
        Object identity = Files.getAttribute(file, "fileKey");
        DirectoryLock.take(file).close();
        assertThat(Files.getAttribute(file, "fileKey")).isEqualTo(identity);
    }

    /// Whether another process gets the lock.
    private static boolean isFreeForOthers(Path file) throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Other.class.getName(),
                        file.toString())
                .inheritIO()
                .start();
        return other.waitFor() == 0;
    }

    /// Another process.
    static final class Other {
        private Other() {}

        public static void main(String[] arguments) throws IOException {
            try {
                DirectoryLock.take(Path.of(arguments[0])).close();
                System.exit(0);
            } catch (DirectoryLock.InUse e) {
                System.exit(1);
            }
        }
    }
}
