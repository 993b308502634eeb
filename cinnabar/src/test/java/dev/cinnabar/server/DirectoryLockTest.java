package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.server.DirectoryLock.InUse;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    /// In one transaction nothing comes between: the rewrite has begun and waits for the lock of the engine,
    /// and the log that was turned off waits for it.
    @Test
    void a_log_that_still_ends_keeps_its_directory_when_the_next_one_begins_elsewhere() throws Exception {
        Path here = Files.createDirectory(dir.resolve("here"));
        Path there = Files.createDirectory(dir.resolve("there"));
        Command ask = Command.of(
                CommandSpec.syntax("ASK"), call -> call.reply().bulk(isLocked(here) + " " + isLocked(there)));
        try (Cinnabar server = Cinnabar.builder()
                .appendOnly(here)
                .set("enable-protected-configs", "yes")
                .command(ask)
                .start()) {
            server.execute("MULTI");
            server.execute("BGREWRITEAOF");
            server.execute("CONFIG", "SET", "appendonly", "no");
            server.execute("CONFIG", "SET", "dir", there.toString());
            server.execute("CONFIG", "SET", "appendonly", "yes");
            server.execute("ASK");
            assertThat((List<?>) server.execute("EXEC")).last().isEqualTo("true true");
            await().until(() -> !isLocked(here));
            assertThat(isLocked(there)).isTrue();
        }
        assertThat(isLocked(there)).isFalse();
    }

    /// Whether a server of this process has a log there.
    private static boolean isLocked(Path dir) {
        try {
            DirectoryLock.take(dir.resolve("appendonlydir/appendonly.aof.lock")).close();
            return false;
        } catch (InUse e) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
            assertThat(held).isNotNull();
            for (Path path : new Path[] {file, link})
                assertThatThrownBy(() -> DirectoryLock.take(path)).isInstanceOf(InUse.class);
            assertThat(isFreeForOthers(file)).isFalse();
        }
        assertThat(isFreeForOthers(file)).isTrue();
    }

    /// As in a container with two applications that bring the library along.
    @Test
    void another_copy_of_the_library_in_this_process_is_refused_and_does_not_open_the_lock() throws Exception {
        Path file = dir.resolve("lock");
        try (DirectoryLock held = DirectoryLock.take(file);
                URLClassLoader copies = new URLClassLoader(classPath(), ClassLoader.getPlatformClassLoader())) {
            assertThat(held).isNotNull();
            Class<?> copy = copies.loadClass(DirectoryLock.class.getName());
            assertThat(copy).isNotSameAs(DirectoryLock.class);
            Method take = copy.getDeclaredMethod("take", Path.class);
            take.setAccessible(true);
            assertThatThrownBy(() -> take.invoke(null, file)).hasRootCauseMessage(new InUse(file).getMessage());
            assertThat(isFreeForOthers(file)).isFalse();
        }
    }

    private static URL[] classPath() throws MalformedURLException {
        List<URL> urls = new ArrayList<>();
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator))
            urls.add(Path.of(path).toUri().toURL());
        return urls.toArray(URL[]::new);
    }

    @Test
    void who_replaces_the_system_properties_does_not_open_the_lock() throws Exception {
        Path file = dir.resolve("lock");
        String property = "cinnabar.locked." + Files.getAttribute(Files.createFile(file), "fileKey");
        try (DirectoryLock held = DirectoryLock.take(file)) {
            assertThat(held).isNotNull();
            assertThat(System.clearProperty(property)).isEqualTo(file.toString());
            for (int i = 0; i < 2; i++)
                assertThatThrownBy(() -> DirectoryLock.take(file)).isInstanceOf(InUse.class);
            System.gc();
            assertThat(isFreeForOthers(file)).isFalse();
        }
        assertThat(isFreeForOthers(file)).isTrue();
        assertThat(System.getProperty(property)).isNull();
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
            } catch (InUse e) {
                System.exit(1);
            }
        }
    }
}
