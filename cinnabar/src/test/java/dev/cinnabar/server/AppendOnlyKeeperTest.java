package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.base.LogLines;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directives;
import dev.cinnabar.persistence.LoadingProgress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The keeper of a log beside a server that has none: where it is short of memory, and when it ends.
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AppendOnlyKeeperTest {
    private static final List<String> ON = List.of("appendonly", "yes");

    @TempDir
    private Path dir;

    private final Cinnabar server = Cinnabar.builder().start();
    private final Config config = new Config();
    private final LogLines log = new LogLines(Log.Level.WARNING);
    private final ShortOfMemory clock = new ShortOfMemory();
    private final AppendOnlyKeeper keeper =
            new AppendOnlyKeeper(server.engine(), config, log, clock, "keeper", ticket -> {}, new LoadingProgress());

    /// A clock that has none left when told so: a log that begins asks it.
    private static final class ShortOfMemory implements Clock {
        boolean isShort;

        @Override
        public long wallMs() {
            return Clock.system().wallMs();
        }

        @Override
        public long nanos() {
            if (isShort) throw new OutOfMemoryError("none left");
            return Clock.system().nanos();
        }
    }

    @BeforeEach
    void start() {
        config.put(Directives.DIR, dir.toString());
        keeper.start();
    }

    @AfterEach
    void close() {
        keeper.close();
        server.close();
    }

    private String set(List<String> pairs) {
        server.engine().lock();
        try {
            return config.set(pairs, true, false);
        } finally {
            server.engine().unlock();
        }
    }

    @Test
    void a_log_for_which_there_is_no_memory_is_off_and_can_be_turned_on_later() {
        clock.isShort = true;
        assertThat(set(ON)).endsWith("Unable to turn on AOF. Check server logs.");
        assertThat(log.lines)
                .containsExactly(
                        "WARNING The append-only file cannot be turned on: java.lang.OutOfMemoryError: none left");
        assertThat(config.get(Directives.APPENDONLY)).isFalse();
        assertThat(keeper.status(false).isOn()).isFalse();

        clock.isShort = false;
        assertThat(set(ON)).isNull();
        assertThat(keeper.status(false).isOn()).isTrue();
    }

    @Test
    void a_log_that_could_not_be_turned_on_lets_its_directory_go() throws Exception {
        clock.isShort = true;
        set(ON);
        DirectoryLock.take(dir.resolve("appendonlydir/appendonly.aof.lock")).close();
    }

    @Test
    void who_waits_for_a_change_that_is_not_on_disk_at_the_end_hears_so() {
        FutureTask<Void> onDisk = waiting(5);
        FutureTask<Void> lost = waiting(7);
        keeper.released(6);
        keeper.close();
        assertThat(onDisk).succeedsWithin(Duration.ofMinutes(1));
        assertThatThrownBy(lost::get).hasRootCauseMessage("closed before the change was on disk");
        keeper.awaitDurable(6);
        assertThatThrownBy(() -> keeper.awaitDurable(7)).isInstanceOf(IllegalStateException.class);
    }

    private FutureTask<Void> waiting(long ticket) {
        FutureTask<Void> task = new FutureTask<>(() -> keeper.awaitDurable(ticket), null);
        new Thread(task, "caller").start();
        return task;
    }

    /// Before JDK 24 a virtual thread that waits in a monitor keeps its carrier.
    @Test
    void who_waits_for_the_disk_waits_in_no_monitor_and_also_when_interrupted() throws Exception {
        FutureTask<Boolean> waiting = new FutureTask<>(() -> {
            keeper.awaitDurable(5);
            return Thread.interrupted();
        });
        Thread caller = new Thread(waiting, "caller");
        caller.start();
        caller.interrupt();
        await().until(() -> caller.getState() == Thread.State.WAITING);
        assertThat(caller.getStackTrace())
                .extracting(frame -> frame.getClassName() + "." + frame.getMethodName())
                .contains("dev.cinnabar.server.AppendOnlyKeeper.awaitDurable")
                .doesNotContain("java.lang.Object.wait");
        keeper.released(5);
        assertThat(waiting.get()).as("is interrupted still").isTrue();
    }
}
