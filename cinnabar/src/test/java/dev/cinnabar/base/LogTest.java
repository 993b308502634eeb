package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LogTest {
    @Test
    void an_application_s_logger_gets_each_level_under_its_own_name() {
        var logger = new Recorder();
        Log log = Log.to(logger);
        log.debug("a");
        log.verbose("b");
        log.notice("c");
        log.warning("d");
        assertThat(logger.lines).containsExactly("TRACE a", "DEBUG b", "INFO c", "WARNING d");
    }

    @Test
    void the_application_s_logger_decides_what_is_shown() {
        Log log = Log.to(new Recorder());
        assertThat(log.shows(Log.Level.WARNING)).isTrue();
        assertThat(log.shows(Log.Level.DEBUG)).isFalse();
    }

    @Test
    void no_log_shows_nothing() {
        assertThat(Log.none().shows(Log.Level.WARNING)).isFalse();
    }

    @Test
    void a_failure_is_written_with_its_cause_and_the_nearest_places_it_came_from() {
        var log = new LogLines(Log.Level.WARNING);
        log.failure("Internal error", deep(20));
        assertThat(log.lines).hasSize(1 + Log.FRAMES);
        assertThat(log.lines.get(0)).isEqualTo("WARNING Internal error: java.lang.IllegalStateException: deep");
        assertThat(log.lines.get(1)).startsWith("WARNING     at dev.cinnabar.base.LogTest.deep(");
    }

    private static Throwable deep(int depth) {
        return depth == 0 ? new IllegalStateException("deep") : deep(depth - 1);
    }

    @Test
    void an_application_s_logger_gets_the_cause_of_a_failure_itself() {
        var logger = new Recorder();
        var cause = new IllegalStateException("deep");
        Log.to(logger).failure("Internal error", cause);
        assertThat(logger.lines).containsExactly("WARNING Internal error");
        assertThat(logger.thrown).isSameAs(cause);
    }

    @Test
    void levels_are_found_by_the_word_of_loglevel() {
        assertThat(List.of("debug", "verbose", "notice", "warning"))
                .extracting(Log.Level::of)
                .containsExactly(Log.Level.values());
    }

    private static final class Recorder implements System.Logger {
        final List<String> lines = new ArrayList<>();

        @Nullable
        Throwable thrown;

        @Override
        public String getName() {
            return "test";
        }

        @Override
        public boolean isLoggable(Level level) {
            return level.compareTo(Level.INFO) >= 0;
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
            lines.add(level + " " + message);
            this.thrown = thrown;
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String format, Object... params) {
            lines.add(level + " " + format);
        }
    }
}
