package dev.cinnabar.engine;

import dev.cinnabar.base.Log;
import dev.cinnabar.base.LogLines;
import dev.cinnabar.persistence.DamagedLog;
import dev.cinnabar.persistence.Disk;
import dev.cinnabar.persistence.LoadingProgress;
import dev.cinnabar.persistence.RdbFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A process for engines under test: does nothing, remembers what it was asked, and is as the test says.
final class FakeHost extends NoHost {
    final List<String> asked = new ArrayList<>();
    private final LogLines lines = new LogLines(Log.Level.DEBUG);
    final List<String> logged = lines.lines;
    final List<Long> ticksIn = new ArrayList<>();

    @Nullable
    String error; // the answer to whatever is asked next

    boolean isEnding;
    LogStatus status = LogStatus.OFF;
    Traffic traffic = Traffic.NONE;

    @Nullable
    Loading loading;

    Runnable onReload = () -> {};

    /// With an engine DEBUG RELOAD is what it is in a server, in a directory of its own.
    @Nullable
    Engine engine;

    private final SaveStatus saveStatus;

    FakeHost(long startedMs) {
        super(startedMs);
        saveStatus = SaveStatus.never(startedMs);
    }

    @Override
    public void tickIn(long ms) {
        ticksIn.add(ms);
    }

    @Override
    public @Nullable String save() {
        asked.add("save");
        return error;
    }

    @Override
    public @Nullable String saveInBackground(boolean mayWait) {
        asked.add("bgsave" + (mayWait ? " schedule" : ""));
        return error;
    }

    @Override
    public SaveStatus saveStatus() {
        return saving == null ? saveStatus : saving;
    }

    @Nullable
    SaveStatus saving;

    @Override
    public @Nullable String reload(boolean saves, boolean empties, boolean merges) {
        if (engine == null) return super.reload(saves, empties, merges);
        try {
            Path directory = Files.createTempDirectory("reload");
            Path path = directory.resolve("dump.rdb");
            RdbFile file = new RdbFile(engine, Disk.real(), path, 1, true, true);
            if (!saves) return "ERR no file";
            file.save();
            if (empties) engine.empty();
            file.load(!empties, merges, new LoadingProgress());
            Files.delete(path);
            Files.delete(directory);
            return null;
        } catch (IOException | DamagedLog e) {
            return "ERR " + e;
        } finally {
            engine.loading(false);
        }
    }

    @Override
    public Log log() {
        return lines;
    }

    @Override
    public @Nullable String shutdown(Saving saving, boolean isForced) {
        asked.add("shutdown " + saving + (isForced ? " force" : ""));
        return error;
    }

    @Override
    public boolean abortShutdown() {
        return isEnding;
    }

    @Override
    public @Nullable String rewriteLog() {
        asked.add("rewrite");
        return error;
    }

    @Override
    public @Nullable String reloadLog() {
        asked.add("reload");
        onReload.run();
        return error;
    }

    @Override
    public LogStatus logStatus() {
        return status;
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public void resetCounts() {
        traffic = Traffic.NONE;
    }

    @Override
    public @Nullable Loading loading() {
        return loading;
    }

    @Override
    public long[] servingThreads() {
        return new long[] {Thread.currentThread().getId()};
    }

    @Override
    public int port() {
        return 6379;
    }
}
