package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Garbage;
import dev.cinnabar.base.Log;
import dev.cinnabar.base.LogLines;
import dev.cinnabar.base.TestClock;
import dev.cinnabar.engine.LogSnapshot;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// When the RDB file is written and read. What is in it shows in `RdbFileTest`, and beside Redis in
/// `AofTwinTest`.
class SavesTest {
    @TempDir
    private Path dir;

    private final TestClock clock = new TestClock();

    private Cinnabar start(String save) {
        Cinnabar.Builder builder = Cinnabar.builder().clock(clock).set("dir", dir.toString());
        return (save.isEmpty() ? builder : builder.set("save", save)).start();
    }

    private static String line(Cinnabar server, String name) {
        String info = (String) server.execute("INFO", "persistence");
        int at = info.indexOf("\r\n" + name + ":") + 3 + name.length();
        return info.substring(at, info.indexOf("\r\n", at));
    }

    private Path file() {
        return dir.resolve("dump.rdb");
    }

    @Test
    void save_makes_a_file_that_the_next_server_reads() {
        try (Cinnabar server = start("100 1")) {
            server.execute("SET", "a", "1");
            assertThat(line(server, "rdb_changes_since_last_save")).isEqualTo("1");
            clock.advance(Duration.ofSeconds(5));
            assertThat(server.execute("SAVE")).isEqualTo("OK");
            assertThat(line(server, "rdb_changes_since_last_save")).isEqualTo("0");
            assertThat(server.execute("LASTSAVE")).isEqualTo(clock.wallMs() / 1000);
            assertThat(file()).exists();
        }
        try (Cinnabar server = start("100 1")) {
            assertThat(server.execute("GET", "a")).isEqualTo("1");
            assertThat(line(server, "rdb_last_load_keys_loaded")).isEqualTo("1");
            server.checkInvariants();
        }
    }

    @Test
    void a_log_that_cannot_be_loaded_again_leaves_a_server_that_reads_and_refuses_writes() throws IOException {
        try (Cinnabar server = Cinnabar.builder()
                .appendOnly(dir)
                .set("enable-debug-command", "yes")
                .start()) {
            for (int i = 0; i < 100; i++) server.execute("SET", "key" + i, "value");
            Path log = dir.resolve("appendonlydir/appendonly.aof.1.incr.aof");
            byte[] bytes = Files.readAllBytes(log);
            bytes[200] ^= 1;
            Files.write(log, bytes);
            assertThatThrownBy(() -> server.execute("DEBUG", "LOADAOF")).hasMessageContaining("AOF files");
            assertThat(line(server, "loading")).isEqualTo("0");
            assertThatThrownBy(() -> server.execute("SET", "a", "1")).hasMessageStartingWith("MISCONF");
            assertThatThrownBy(() -> server.execute("PING")).hasMessageStartingWith("MISCONF");
        }
    }

    /// The saved file is written in pieces, whatever the size of a value.
    @Test
    void a_save_takes_little_memory_beside_however_large_a_collection() {
        try (Cinnabar server = start("")) {
            String element = "x".repeat(10_000);
            for (int i = 0; i < 2000; i++) {
                server.execute("RPUSH", "list", element + i);
                server.execute("HSET", "hash", "f" + i, element);
                server.execute("SADD", "set", element + i);
                server.execute("ZADD", "zset", "1", element + i);
                server.execute("XADD", "stream", "*", "f", element);
            }
            assertThat(Garbage.ofOneRun(() -> server.execute("SAVE"))).isLessThan(4 << 20);
        }
        try (Cinnabar server = start("100 1")) {
            for (String key : List.of("LLEN list", "HLEN hash", "SCARD set", "ZCARD zset", "XLEN stream")) {
                assertThat(server.execute(key.split(" "))).as(key).isEqualTo(2000L);
            }
            server.checkInvariants();
        }
    }

    /// A count that any client can set to the largest number there is must not stop the next start.
    @Test
    void a_stream_whose_counts_are_at_their_end_is_loaded_from_an_image_and_from_a_log_old_or_rewritten() {
        String most = "" + Long.MAX_VALUE;
        for (boolean hasLog : new boolean[] {false, true}) {
            for (int start = 0; start < 3; start++) {
                Cinnabar.Builder builder = Cinnabar.builder().set("dir", dir.toString());
                try (Cinnabar server = (hasLog ? builder.appendOnly(dir) : builder.set("save", "100 1")).start()) {
                    if (start == 0) {
                        server.execute("XADD", "s", "1-1", "a", "b");
                        server.execute("XADD", "s", "2-1", "a", "b");
                        server.execute("XGROUP", "CREATE", "s", "g", "0", "ENTRIESREAD", most);
                        server.execute("XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", "s", ">");
                        server.execute("XSETID", "s", "2-1", "ENTRIESADDED", most);
                        server.execute("XADD", "s", "3-1", "a", "b");
                    }
                    List<?> stream = (List<?>) server.execute("XRANGE", "s", "-", "+");
                    assertThat(stream).hasSize(3);
                    assertThat(server.execute("XINFO", "STREAM", "s").toString())
                            .contains("entries-added=" + most);
                    assertThat(server.execute("XINFO", "GROUPS", "s").toString())
                            .contains("entries-read=" + most);
                    server.execute(hasLog ? "BGREWRITEAOF" : "SAVE");
                    await().until(() -> line(server, "aof_rewrite_in_progress").equals("0"));
                }
            }
            assertThat(file().toFile().delete()).isEqualTo(!hasLog);
        }
    }

    @Test
    void what_comes_behind_a_bgsave_in_one_breath_is_not_in_its_file() throws Exception {
        for (int i = 0; i < 5; i++) {
            try (Cinnabar server = start("");
                    Socket client = new Socket("127.0.0.1", server.port())) {
                client.getOutputStream().write("SET k v\r\nBGSAVE\r\nDEL k\r\n".getBytes(StandardCharsets.US_ASCII));
                await().until(() -> line(server, "rdb_bgsave_in_progress").equals("0")
                        && line(server, "rdb_saves").equals("1"));
                assertThat(server.execute("EXISTS", "k")).isEqualTo(0L);
            }
            try (Cinnabar server = start("100 1")) {
                assertThat(server.execute("GET", "k")).isEqualTo("v");
            }
            Files.delete(file());
        }
    }

    @Test
    void a_start_that_is_given_up_while_it_loads_leaves_the_files_as_they_were() throws Exception {
        try (Cinnabar server = start("100 1")) {
            server.execute("DEBUG", "POPULATE", "100000");
            server.execute("SAVE");
            server.execute("CONFIG", "SET", "appendonly", "yes");
            await().until(() -> line(server, "aof_rewrite_in_progress").equals("0"));
            server.execute("SET", "a", "1");
        }
        for (String appendOnly : List.of("no", "yes")) {
            Map<Path, Long> before = sumsOfFiles();
            Cinnabar.Builder given = Cinnabar.builder()
                    .set("dir", dir.toString())
                    .set("save", "100 1")
                    .set("appendonly", appendOnly)
                    .giveUpWhen(() -> true);
            assertThatThrownBy(given::start).isInstanceOf(CancellationException.class);
            assertThat(sumsOfFiles()).as("appendonly " + appendOnly).isEqualTo(before);
        }
    }

    private Map<Path, Long> sumsOfFiles() throws IOException {
        Map<Path, Long> sums = new TreeMap<>();
        try (Stream<Path> files = Files.walk(dir)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                CRC32 sum = new CRC32();
                sum.update(Files.readAllBytes(file));
                sums.put(file, sum.getValue());
            }
        }
        return sums;
    }

    @Test
    void a_server_that_begins_a_log_beside_the_file_says_that_it_does_not_read_it() {
        try (Cinnabar server = start("")) {
            server.execute("SET", "a", "1");
            server.execute("SAVE");
        }
        assertThat(warningsOfALog())
                .singleElement()
                .asString()
                .contains(file().toString(), "CONFIG SET appendonly yes");
        assertThat(warningsOfALog()).as("now there is a log").isEmpty();
    }

    private List<String> warningsOfALog() {
        LogLines log = new LogLines(Log.Level.WARNING);
        try (Cinnabar server = Cinnabar.builder()
                .clock(clock)
                .log(log)
                .set("dir", dir.toString())
                .set("appendonly", "yes")
                .start()) {
            assertThat(server.execute("DBSIZE")).isEqualTo(0L);
        }
        return log.lines;
    }

    @Test
    void a_save_point_is_kept_when_enough_has_changed_for_long_enough() {
        try (Cinnabar server = start("60 2")) {
            server.execute("SET", "a", "1");
            clock.advance(Duration.ofSeconds(100));
            assertThat(file()).doesNotExist();
            server.execute("SET", "b", "1");
            clock.advance(Duration.ofSeconds(1));
            await().until(() -> line(server, "rdb_saves").equals("1"));
            assertThat(file()).exists();
            server.execute("MSET", "c", "1", "d", "1");
            clock.advance(Duration.ofSeconds(59));
            assertThat(line(server, "rdb_bgsave_in_progress")).isEqualTo("0");
            clock.advance(Duration.ofSeconds(5));
            await().until(() -> line(server, "rdb_saves").equals("2"));
        }
    }

    /// Otherwise a crash would bring back what was thrown away.
    @Test
    void flushall_empties_the_file_too_where_there_are_save_points() throws Exception {
        try (Cinnabar server = start("3600 1")) {
            server.execute("SET", "a", "1");
            server.execute("SAVE");
            server.execute("SET", "b", "1");
            server.execute("FLUSHDB");
            assertThat(line(server, "rdb_changes_since_last_save")).isEqualTo("3");
            assertThat(keysIn(file())).isEqualTo(1);

            server.execute("SET", "b", "1");
            server.execute("FLUSHALL", "ASYNC");
            assertThat(line(server, "rdb_changes_since_last_save")).isEqualTo("0");
            assertThat(keysIn(file())).isZero();
        }
        try (Cinnabar server = start("")) {
            server.execute("SET", "a", "1");
            server.execute("SAVE");
            server.execute("FLUSHALL");
            assertThat(keysIn(file())).isEqualTo(1);
            assertThat(line(server, "rdb_changes_since_last_save")).isEqualTo("1");
        }
    }

    /// In one transaction the save has begun and waits for the lock.
    @Test
    void flushall_gives_up_a_save_of_what_it_throws_away() throws Exception {
        for (String save : new String[] {"3600 1", ""}) {
            try (Cinnabar server = start(save)) {
                server.execute("SET", "a", "1");
                server.execute("MULTI");
                server.execute("BGSAVE");
                server.execute("FLUSHALL");
                server.execute("EXEC");
                assertThat(line(server, "rdb_bgsave_in_progress")).isEqualTo("0");
                assertThat(line(server, "rdb_last_bgsave_status")).isEqualTo("ok");
                server.execute("SET", "b", "1");
                server.execute("BGSAVE");
                await().until(() -> line(server, "rdb_bgsave_in_progress").equals("0"));
                assertThat(keysIn(file())).isEqualTo(1);
            }
        }
    }

    /// How many keys a server finds that takes the file over as it is now.
    private static long keysIn(Path file) throws Exception {
        Path other = Files.createTempDirectory(file.getParent(), "other");
        Files.copy(file, other.resolve("dump.rdb"));
        try (Cinnabar server = Cinnabar.builder()
                .set("dir", other.toString())
                .set("save", "3600 1")
                .start()) {
            return (Long) server.execute("DBSIZE");
        }
    }

    /// Nothing forks here; monitors read in this line how often Redis would have.
    @Test
    void each_save_and_each_rewrite_in_the_background_counts_as_a_fork() {
        try (Cinnabar server = start("")) {
            assertThat(forks(server)).isZero();
            server.execute("SAVE");
            assertThat(forks(server)).isZero();
            server.execute("BGSAVE");
            await().until(() -> line(server, "rdb_bgsave_in_progress").equals("0"));
            assertThat(forks(server)).isEqualTo(1);
            server.execute("BGREWRITEAOF");
            await().until(() -> line(server, "aof_rewrite_in_progress").equals("0"));
            assertThat(forks(server)).isEqualTo(2);
            server.execute("CONFIG", "SET", "appendonly", "yes");
            await().until(() -> forks(server) == 3);
            await().until(() -> line(server, "aof_rewrite_in_progress").equals("0"));
            server.execute("CONFIG", "RESETSTAT");
            assertThat(forks(server)).isZero();
            server.execute("BGREWRITEAOF");
            assertThat(forks(server)).isEqualTo(1);
        }
    }

    @Test
    void resetstat_counts_saves_and_rewrites_anew_with_a_log_and_without() {
        try (Cinnabar server = start("")) {
            for (String appendonly : List.of("no", "yes")) {
                server.execute("CONFIG", "SET", "appendonly", appendonly);
                server.execute("SAVE");
                await().until(() -> line(server, "aof_rewrite_in_progress").equals("0"));
                server.execute("BGREWRITEAOF");
                await().until(() -> !line(server, "aof_rewrites").equals("0"));
                await().until(() -> line(server, "aof_rewrite_in_progress").equals("0"));
                assertThat(line(server, "rdb_saves")).isEqualTo("1");
                server.execute("CONFIG", "RESETSTAT");
                assertThat(line(server, "rdb_saves")).isEqualTo("0");
                assertThat(line(server, "aof_rewrites")).isEqualTo("0");
                assertThat(line(server, "aof_last_bgrewrite_status")).isEqualTo("ok");
            }
            server.execute("BGREWRITEAOF");
            await().until(() -> line(server, "aof_rewrites").equals("1"));
        }
    }

    private static long forks(Cinnabar server) {
        String info = (String) server.execute("INFO", "stats");
        return Long.parseLong(info.replaceFirst("(?s).*\r\ntotal_forks:([0-9]+)\r\n.*", "$1"));
    }

    @Test
    void the_end_saves_what_was_not_unless_it_is_told_otherwise() throws Exception {
        try (Cinnabar server = start("3600 1")) {
            server.execute("SET", "a", "1");
        }
        try (Cinnabar server = start("3600 1")) {
            assertThat(server.execute("GET", "a")).isEqualTo("1");
            server.execute("SET", "a", "2");
            server.reply(new Bytes[] {Bytes.of("SHUTDOWN"), Bytes.of("NOSAVE")}, true);
            server.awaitClosed();
        }
        try (Cinnabar server = start("3600 1")) {
            assertThat(server.execute("GET", "a")).isEqualTo("1");
        }
    }

    /// What SIGTERM and SIGINT ask for, with the words of `shutdown-on-sigterm`.
    @Test
    void a_save_clears_up_behind_processes_that_ended_while_they_saved_the_same_file() throws Exception {
        long nobody = Integer.MAX_VALUE;
        long own = ProcessHandle.current().pid();
        Path left = Files.createFile(dir.resolve("temp-" + nobody + "-1-dump.rdb"));
        Path leftInBackground = dir.resolve("temp-" + nobody + "-2-dump.rdb");
        Path running = Files.createFile(dir.resolve("temp-" + own + "-77-dump.rdb"));
        Path other = Files.createFile(dir.resolve("temp-" + nobody + "-1-other.rdb"));
        try (Cinnabar server = start("")) {
            server.execute("SAVE");
            assertThat(left).doesNotExist();
            Files.createFile(leftInBackground);
            server.execute("BGSAVE");
            await().until(() -> !Files.exists(leftInBackground));
            assertThat(running).exists();
            server.cutShort();
            assertThat(running).doesNotExist();
            assertThat(other).exists();
        }
    }

    @Test
    void an_end_that_cannot_save_does_not_take_place_unless_it_must() throws Exception {
        try (Cinnabar server = start("3600 1")) {
            Files.createDirectories(file().resolve("in the way"));
            server.execute("SET", "a", "1");
            assertThat(server.shutdown(List.of("default"))).contains("Errors trying to SHUTDOWN");
            assertThat(server.execute("GET", "a")).isEqualTo("1");
            assertThat(server.shutdown(List.of("now", "force"))).isNull();
            server.awaitClosed();
        }
    }

    @Test
    void an_end_saves_as_it_is_told() throws Exception {
        try (Cinnabar server = start("3600 1")) {
            server.execute("SET", "a", "1");
            assertThat(server.shutdown(List.of("nosave"))).isNull();
            server.awaitClosed();
            assertThat(file()).doesNotExist();
        }
        try (Cinnabar server = start("")) {
            server.execute("SET", "a", "1");
            assertThat(server.shutdown(List.of("save"))).isNull();
            server.awaitClosed();
            assertThat(keysIn(file())).isEqualTo(1);
        }
    }

    /// Half a data set must not take the place of the whole one.
    @Test
    void an_end_while_the_file_is_being_read_leaves_it_alone() throws Exception {
        try (Cinnabar server = start("3600 1")) {
            server.execute("MSET", "a", "1", "b", "2");
            server.execute("SAVE");
            server.execute("DEL", "b");
            server.engine().loading(true);
            assertThat(server.shutdown(List.of("save"))).isNull();
            server.awaitClosed();
            assertThat(keysIn(file())).isEqualTo(2);
        }
    }

    @Test
    void a_server_in_a_program_without_save_points_reads_and_writes_nothing_of_its_own_accord() {
        try (Cinnabar server = start("3600 1")) {
            server.execute("SET", "a", "1");
        }
        try (Cinnabar server = start("")) {
            assertThat(server.execute("EXISTS", "a")).isEqualTo(0L);
            server.execute("SET", "b", "1");
        }
        try (Cinnabar server = start("3600 1")) {
            assertThat(server.execute("EXISTS", "a", "b")).isEqualTo(1L);
        }
    }

    @Test
    void writes_are_refused_while_saving_fails_and_go_on_when_it_works_again() throws Exception {
        try (Cinnabar server = start("3600 1")) {
            server.execute("SET", "a", "1");
            Files.createDirectories(file().resolve("in the way"));
            server.execute("BGSAVE");
            await().until(() -> line(server, "rdb_last_bgsave_status").equals("err"));
            assertThatThrownBy(() -> server.execute("SET", "a", "2"))
                    .isInstanceOf(CommandException.class)
                    .hasMessageContaining("MISCONF");
            assertThat(server.execute("GET", "a")).isEqualTo("1");
            server.execute("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
            assertThat(server.execute("SET", "a", "2")).isEqualTo("OK");
            server.execute("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes");
            assertThatThrownBy(() -> server.execute("SHUTDOWN")).hasMessageContaining("Errors trying to SHUTDOWN");
            Files.delete(file().resolve("in the way"));
            Files.delete(file());
            assertThat(server.execute("SAVE")).isEqualTo("OK");
            assertThat(server.execute("SET", "a", "3")).isEqualTo("OK");
        }
    }

    @Test
    void a_file_that_does_not_check_out_refuses_to_start() throws Exception {
        try (Cinnabar server = start("3600 1")) {
            server.execute("SET", "a", "some text");
        }
        byte[] bytes = Files.readAllBytes(file());
        bytes[bytes.length / 2] ^= 1;
        Files.write(file(), bytes);
        assertThatThrownBy(() -> start("3600 1"))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("The RDB file cannot be loaded: dump.rdb, offset");
    }

    @Test
    void a_file_that_cannot_be_read_refuses_to_start_with_the_reason() throws Exception {
        Files.createDirectory(file());
        assertThatThrownBy(() -> start("3600 1"))
                .isInstanceOf(StartException.class)
                .hasMessage("The RDB file " + file() + " cannot be read: Is a directory");
    }

    @Test
    void a_damaged_log_refuses_to_start_and_says_where_it_lies_and_what_checks_it() throws Exception {
        try (Cinnabar server = Cinnabar.builder().appendOnly(dir).start()) {
            server.execute("SET", "a", "some text");
        }
        Path log = dir.resolve("appendonlydir").resolve("appendonly.aof.1.incr.aof");
        byte[] bytes = Files.readAllBytes(log);
        bytes[bytes.length / 2] ^= 1;
        Files.write(log, bytes);
        assertThatThrownBy(() -> Cinnabar.builder().appendOnly(dir).start())
                .isInstanceOf(StartException.class)
                .hasMessageContainingAll(log.getParent().toString(), "bin/cinnabar-check-aof");
    }

    @Test
    void a_reload_for_which_memory_is_short_leaves_a_server_that_answers_and_keeps_what_it_takes() throws Exception {
        try (Cinnabar large = start("")) {
            for (int i = 0; i < 40; i++) large.execute("SETRANGE", "k" + i, "1000000", "x");
            large.execute("SAVE");
        }
        Path image = Files.move(file(), dir.resolve("image"));
        try (Cinnabar small =
                Cinnabar.builder().appendOnly(dir).heapLimit(16 << 20).start()) {
            Files.copy(image, file());
            assertThatThrownBy(() -> small.execute("DEBUG", "RELOAD", "NOSAVE")).isInstanceOf(CommandException.class);
            assertThat(small.execute("FLUSHALL")).as("not LOADING").isEqualTo("OK");
            assertThat(small.execute("SET", "a", "1")).isEqualTo("OK");

            Path files = dir.resolve("appendonlydir");
            Files.copy(image, files.resolve("appendonly.aof.7.base.rdb"));
            Files.writeString(
                    files.resolve("appendonly.aof.manifest"), "file appendonly.aof.7.base.rdb seq 7 type b\n");
            assertThatThrownBy(() -> small.execute("DEBUG", "LOADAOF")).isInstanceOf(CommandException.class);
            assertThatThrownBy(() -> small.execute("DEL", "k0"))
                    .as("no log would have it")
                    .hasMessageContaining("MISCONF");
        }
    }

    @Test
    void debug_reload_reads_what_it_wrote_or_what_was_there() {
        try (Cinnabar server = start("")) {
            server.execute("SET", "a", "1");
            server.execute("RPUSH", "l", "1", "2");
            assertThat(server.execute("DEBUG", "RELOAD")).isEqualTo("OK");
            server.execute("SET", "a", "2");
            server.execute("SET", "b", "2");
            assertThat(server.execute("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE"))
                    .isEqualTo("OK");
            assertThat(server.execute("MGET", "a", "b")).isEqualTo(List.of("1", "2"));
            assertThat(server.execute("DEBUG", "RELOAD", "NOSAVE")).isEqualTo("OK");
            assertThat(server.execute("DBSIZE")).isEqualTo(2L);
            assertThatThrownBy(() -> server.execute("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH"))
                    .isInstanceOf(CommandException.class);
            server.checkInvariants();
        }
    }

    @Test
    void a_key_of_the_file_whose_time_is_over_takes_the_place_of_none_that_is_there() {
        for (String options : List.of("NOSAVE NOFLUSH MERGE", "NOSAVE NOFLUSH")) { // as in Redis, also without MERGE
            try (Cinnabar server =
                    Cinnabar.builder().clock(clock).appendOnly(dir).start()) {
                run(server, "DEBUG SET-ACTIVE-EXPIRE 0", "FLUSHALL", "SET text file PX 20");
                run(server, "RPUSH list file", "PEXPIRE list 20", "SAVE", "DEL text list");
                run(server, "SET text memory", "RPUSH list memory");
                clock.advance(Duration.ofSeconds(1));
                run(server, "DEBUG RELOAD " + options);
                assertThat(server.execute("GET", "text")).isEqualTo("memory");
                assertThat(server.execute("LRANGE", "list", "0", "-1")).isEqualTo(List.of("memory"));
                assertThat(server.execute("TTL", "text")).isEqualTo(-1L);
                server.checkInvariants();
            }
        }
    }

    @Test
    void after_a_reload_of_whatever_sort_the_log_gives_back_what_is_there() {
        for (String options : List.of("", " NOSAVE", " NOSAVE NOFLUSH MERGE")) {
            String digest;
            try (Cinnabar server =
                    Cinnabar.builder().clock(clock).appendOnly(dir).start()) {
                run(server, "DEBUG SET-ACTIVE-EXPIRE 0", "FLUSHALL", "SET a 1", "SET other 1", "SAVE");
                run(server, "DEL a", "RPUSH a x", "RPUSH gone x", "PEXPIRE gone 20");
                clock.advance(Duration.ofSeconds(1));
                run(server, "DEBUG RELOAD" + options, "INCR gone");
                run(server, options.isEmpty() ? "RPUSH a y" : "APPEND a y");
                digest = (String) server.execute("DEBUG", "DIGEST");
                server.checkInvariants();
            }
            try (Cinnabar server =
                    Cinnabar.builder().clock(clock).appendOnly(dir).start()) {
                assertThat(server.execute("DEBUG", "DIGEST")).as(options).isEqualTo(digest);
                assertThat(server.execute("GET", "gone")).isEqualTo("1");
            }
        }
    }

    @Test
    void a_reload_in_a_transaction_leaves_a_log_of_whole_transactions() {
        try (Cinnabar server = Cinnabar.builder().appendOnly(dir).start()) {
            run(server, "SET n 7", "SAVE", "MULTI", "SET n text", "DEBUG RELOAD NOSAVE", "INCR n", "EXEC");
        }
        try (Cinnabar server = Cinnabar.builder().appendOnly(dir).start()) {
            assertThat(server.execute("GET", "n")).isEqualTo("8");
        }
    }

    /// An image that nobody ends stands for a save of a large data set.
    @Test
    void a_reload_does_not_wait_for_a_save_that_waits_for_it() {
        try (Cinnabar server = Cinnabar.builder().appendOnly(dir).start()) {
            run(server, "SET n 7", "SAVE");
            LogSnapshot save = new LogSnapshot(server.engine());
            save.tryBegin(() -> {});
            run(server, "SET n text", "DEBUG RELOAD NOSAVE");
            assertThatThrownBy(() -> server.execute("INCR", "n")).hasMessageStartingWith("MISCONF");
            save.abort();
            await().until(() -> line(server, "aof_last_write_status").equals("ok"));
            run(server, "INCR n");
        }
        try (Cinnabar server = Cinnabar.builder().appendOnly(dir).start()) {
            assertThat(server.execute("GET", "n")).isEqualTo("8");
        }
    }

    @Test
    void a_reload_of_a_file_that_is_not_there_keeps_the_data() {
        try (Cinnabar server = start("")) {
            server.execute("SET", "a", "1");
            assertThatThrownBy(() -> server.execute("DEBUG", "RELOAD", "NOSAVE"))
                    .hasMessageContaining("RDB dump");
            assertThat(server.execute("GET", "a")).isEqualTo("1");
        }
    }

    private static void run(Cinnabar server, String... commands) {
        for (String command : commands) server.execute(command.split(" "));
    }

    /// The save waits for an image that another one holds, so that it runs for as long as we like.
    @Test
    void a_rewrite_during_a_save_is_scheduled_and_begins_when_that_has_ended() {
        for (String hasLog : new String[] {"yes", "no"}) {
            try (Cinnabar server = Cinnabar.builder()
                    .set("dir", dir.toString())
                    .set("appendonly", hasLog)
                    .start()) {
                server.execute("SET", "a", "1");
                LogSnapshot other = new LogSnapshot(server.engine());
                other.tryBegin(() -> {});
                server.execute("BGSAVE");
                for (int i = 0; i < 2; i++) {
                    assertThat(server.execute("BGREWRITEAOF"))
                            .isEqualTo("Background append only file rewriting scheduled");
                    assertThat(line(server, "aof_rewrite_scheduled")).isEqualTo("1");
                    assertThat(line(server, "aof_rewrite_in_progress")).isEqualTo("0");
                    assertThat(line(server, "aof_current_rewrite_time_sec")).isEqualTo("-1");
                }
                other.abort();
                await().until(() -> line(server, "rdb_saves").equals("1")
                        && line(server, "aof_rewrites").equals("1"));
                assertThat(line(server, "aof_rewrite_scheduled")).isEqualTo("0");
            }
        }
    }

    @Test
    void a_rewrite_of_the_log_and_a_save_take_turns() {
        try (Cinnabar server = Cinnabar.builder().appendOnly(dir).start()) {
            for (int i = 0; i < 20_000; i++) server.execute("SET", "key" + i, "value");
            server.execute("BGREWRITEAOF");
            String answer = (String) server.execute("BGSAVE", "SCHEDULE");
            assertThat(answer).startsWith("Background saving s");
            await().until(() -> line(server, "rdb_saves").equals("1"));
            server.execute("BGSAVE");
            server.execute("BGREWRITEAOF");
            await().until(() -> line(server, "rdb_saves").equals("2")
                    && line(server, "aof_rewrites").equals("2"));
            server.checkInvariants();
        }
    }
}
