package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.server.WarmUp.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A warm-up leaves nothing behind, whether it could be played or not.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WarmUpTest {
    @TempDir
    Path parent;

    @Test
    void a_warm_up_leaves_no_thread_and_no_file() throws IOException {
        WarmUp.play(parent);

        assertThat(parent).isEmptyDirectory();
        assertNoThread();
    }

    @Test
    void where_no_folder_can_be_made_there_is_no_warm_up() {
        assertThatThrownBy(() -> WarmUp.play(parent.resolve("missing"))).isInstanceOf(IOException.class);

        assertThat(parent).isEmptyDirectory();
        assertNoThread();
    }

    @Test
    void where_no_socket_can_be_had_there_is_no_warm_up_and_nothing_is_left() throws IOException {
        Path deep = Files.createDirectories(parent.resolve("a-path-longer-than-a-socket-may-have".repeat(5)));

        assertThatThrownBy(() -> WarmUp.play(deep)).isInstanceOf(StartException.class);

        assertThat(deep).isEmptyDirectory();
        assertNoThread();
    }

    @Test
    void it_comes_in_the_first_quiet_moment() {
        try (Cinnabar server = Cinnabar.builder().start()) {
            WarmUp warmUp = new WarmUp(server.engine(), Log.none(), Clock.system());
            assertThat(warmUp.look(100)).isEqualTo(Step.WAIT);
            assertThat(warmUp.look(3000)).isEqualTo(Step.WAIT);
            assertThat(warmUp.look(3010)).as("a health check disturbs nobody").isEqualTo(Step.PLAY);
        }
    }

    @Test
    void who_has_served_many_or_is_never_left_alone_needs_none() {
        try (Cinnabar server = Cinnabar.builder().start()) {
            WarmUp afterMany = new WarmUp(server.engine(), Log.none(), Clock.system());
            assertThat(afterMany.look(10_001)).isEqualTo(Step.LEAVE);

            WarmUp neverAlone = new WarmUp(server.engine(), Log.none(), Clock.system());
            for (int i = 1; i <= 300; i++) assertThat(neverAlone.look(20 * i)).isEqualTo(Step.WAIT);
            assertThat(neverAlone.look(20 * 301)).isEqualTo(Step.LEAVE);
        }
    }

    private static void assertNoThread() {
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("cinnabar-warm-up"));
    }
}
