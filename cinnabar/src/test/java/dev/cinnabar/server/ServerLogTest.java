package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Random;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerLogTest {
    private static final TimeZone UTC = TimeZone.getTimeZone("UTC");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void a_line_looks_as_redis_s_do() {
        ServerLog log = ServerLog.to(out, at(1_770_127_509_003L), UTC, 4711);
        log.role('M');
        log.notice("Ready to accept connections");
        assertThat(text()).isEqualTo("4711:M 03 Feb 2026 14:05:09.003 * Ready to accept connections\n");
    }

    @Test
    void the_time_is_that_of_the_time_zone() {
        ServerLog log = ServerLog.to(out, at(1_770_127_509_003L), TimeZone.getTimeZone("GMT+05:30"), 1);
        log.warning("x");
        assertThat(text()).isEqualTo("1:C 03 Feb 2026 19:35:09.003 # x\n");
    }

    @Test
    void every_date_is_the_one_of_the_calendar() {
        var format = DateTimeFormatter.ofPattern("dd MMM yyyy HH:mm:ss.SSS", Locale.ENGLISH);
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            long ms = (long) (random.nextDouble() * 4_102_444_800_000L); // up to the year 2100
            out.reset();
            ServerLog.to(out, at(ms), UTC, 1).warning("x");
            LocalDateTime time = LocalDateTime.ofEpochSecond(ms / 1000, (int) (ms % 1000) * 1_000_000, ZoneOffset.UTC);
            assertThat(text()).as("seed %d", seed).isEqualTo("1:C " + format.format(time) + " # x\n");
        }
    }

    @Test
    void levels_have_their_marks_and_those_below_are_left_out() {
        ServerLog log = ServerLog.to(out, at(0), UTC, 1);
        log.level(Log.Level.VERBOSE);
        log.debug("a");
        log.verbose("b");
        log.notice("c");
        log.warning("d");
        assertThat(text().lines().map(line -> line.substring(29))).containsExactly("- b", "* c", "# d");
        assertThat(log.shows(Log.Level.DEBUG)).isFalse();
        log.level(Log.Level.DEBUG);
        log.debug("e");
        assertThat(text()).endsWith(". e\n");
    }

    @Test
    void a_log_file_may_be_moved_away_at_any_time(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("server.log");
        ServerLog log = ServerLog.to(file, at(0), UTC, 1);
        log.warning("a");
        log.warning("b");
        Files.move(file, directory.resolve("old.log"));
        log.warning("c");
        assertThat(directory.resolve("old.log")).content().contains("# a\n").contains("# b\n");
        assertThat(file).content().isEqualTo("1:C 01 Jan 1970 00:00:00.000 # c\n");
    }

    @Test
    void a_log_that_cannot_be_written_does_not_stop_the_server(@TempDir Path directory) {
        ServerLog log = ServerLog.to(directory.resolve("nope/server.log"), at(0), UTC, 1);
        log.warning("a");
        assertThat(directory.resolve("nope")).doesNotExist();
    }

    private String text() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private static Clock at(long wallMs) {
        return new Clock() {
            @Override
            public long wallMs() {
                return wallMs;
            }

            @Override
            public long nanos() {
                return 0;
            }
        };
    }
}
