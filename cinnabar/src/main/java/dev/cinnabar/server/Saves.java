package dev.cinnabar.server;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.command.Errors;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.ConfigError;
import dev.cinnabar.config.Directives;
import dev.cinnabar.config.SavePoint;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.engine.Host;
import dev.cinnabar.engine.SaveStatus;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.persistence.DamagedLog;
import dev.cinnabar.persistence.Disk;
import dev.cinnabar.persistence.LoadingProgress;
import dev.cinnabar.persistence.RdbFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/// The RDB file of one server: read at the start when there is no log, written when somebody asks, when
/// enough has changed (`save`), and at the end.
///
/// Its state is touched under the engine's lock, but for what the saving thread counts.
final class Saves {
    private static final long RETRY_SECONDS = 5; // after a save that failed, as Redis waits
    private static final long STOP_MS = 5000; // for a cancelled save to delete its file
    private static final String CANNOT_RELOAD = "ERR Error trying to load the RDB dump, check server logs";
    private static final String REFUSAL =
            "MISCONF Cinnabar is configured to save RDB snapshots, but it's currently unable to persist to"
                    + " disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during"
                    + " writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the server logs for details about the"
                    + " RDB error.";

    private final Engine engine;
    private final Config config;
    private final Log log;
    private final Clock machineClock;
    private final String name;
    private final Disk disk = Disk.real();
    private final LoadingProgress progress;

    private @Nullable Background running;
    private int files;
    private boolean isScheduled;
    private long lastSaveSeconds;
    private long lastTrySeconds;
    private boolean didLastSucceed = true;
    private long lastDurationSeconds = -1;
    private long begunSeconds;
    private long keysTotal;
    private long saves;
    private Host.Saving atEnd = Host.Saving.DEFAULT;

    /// @param machineClock the machine's, even when the engine's is a virtual one: disks do not wait for that
    /// @param name         what threads are called, followed by what they do
    Saves(Engine engine, Config config, Log log, Clock machineClock, String name, LoadingProgress progress) {
        this.engine = engine;
        this.config = config;
        this.log = log;
        this.machineClock = machineClock;
        this.name = name;
        this.progress = progress;
        this.lastSaveSeconds = engine.clock().wallMs() / 1000;
        config.onChange(Directives.SAVE, v -> refuseOrNot());
        config.onChange(Directives.STOP_WRITES_ON_BGSAVE_ERROR, v -> refuseOrNot());
    }

    private Path path() {
        return path(config);
    }

    /// Where the RDB file lies, or would.
    static Path path(Config config) {
        return Path.of(config.get(Directives.DIR))
                .toAbsolutePath()
                .normalize()
                .resolve(config.get(Directives.DBFILENAME));
    }

    private RdbFile file() {
        return new RdbFile(
                engine,
                disk,
                path(),
                ++files,
                config.get(Directives.RDBCOMPRESSION),
                config.get(Directives.RDBCHECKSUM));
    }

    private long nowSeconds() {
        return engine.clock().wallMs() / 1000;
    }

    // ---- reading ----

    /// Whether there is a file to be read.
    boolean exists() {
        return file().exists();
    }

    /// Reads the file at the start.
    ///
    /// @throws StartException when it does not check out
    void start() {
        try {
            read(true, false);
        } catch (DamagedLog e) {
            throw new StartException("The RDB file cannot be loaded: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new StartException("The RDB file " + path() + " cannot be read: " + ConfigError.reason(e), e);
        } catch (OutOfMemory e) {
            throw new StartException("The RDB file " + path() + " does not fit into memory", e);
        }
    }

    private void read(boolean leavesOutExpired, boolean merges) throws IOException, DamagedLog {
        progress.begins(engine.clock().wallMs());
        long began = machineClock.nanos();
        try {
            RdbFile.Loaded loaded = file().load(leavesOutExpired, merges, progress);
            log.notice("Done loading RDB, keys loaded: " + (loaded.keys() - loaded.expired()) + ", keys expired: "
                    + loaded.expired() + '.');
            double seconds = (machineClock.nanos() - began) / 1e9;
            log.notice(String.format(Locale.ROOT, "DB loaded from disk: %.3f seconds", seconds));
        } finally {
            progress.ends();
        }
        engine.loading(false);
    }

    /// DEBUG RELOAD. What was just saved is read as it is, with the keys whose time is over: they go later,
    /// as they would have, and whoever logs changes hears of it.
    ///
    /// @param whenOther is run in the end, unless the data set is the one that it was
    @Nullable
    String reload(boolean saves, boolean empties, boolean merges, Runnable whenOther) {
        if (saves) {
            String error = save();
            if (error != null) return error;
        } else if (!exists()) {
            return CANNOT_RELOAD;
        }
        boolean isReadBack = saves && empties;
        boolean isAsBefore = false;
        if (empties) engine.empty();
        try {
            read(!isReadBack, merges);
            isAsBefore = isReadBack;
            return null;
        } catch (IOException | DamagedLog e) {
            log.warning("Error trying to load the RDB file: " + e);
            return CANNOT_RELOAD;
        } finally {
            engine.loading(false); // also when memory was short
            if (!isAsBefore) whenOther.run();
        }
    }

    // ---- writing ----

    /// SAVE.
    @Nullable
    String save() {
        if (running != null) return "ERR Background save already in progress";
        long changes = engine.statistics().dirty();
        deleteLeftovers(Saves::isGone);
        try {
            file().save();
        } catch (IOException e) {
            log.warning("Error saving DB on disk: " + ConfigError.reason(e));
            return "ERR the data set was not saved: " + Errors.ofJava(ConfigError.reason(e));
        } catch (RuntimeException | OutOfMemoryError e) {
            log.failure("Error saving DB on disk", e);
            return "ERR the data set was not saved: " + Errors.ofJava(e.toString());
        }
        log.notice("DB saved on disk");
        engine.saved(changes);
        saves++;
        lastSaveSeconds = nowSeconds();
        didLastSucceed = true;
        refuseOrNot();
        return null;
    }

    /// FLUSHALL.
    ///
    /// @return whether the empty data set was saved
    boolean flushed() {
        cancel();
        if (config.get(Directives.SAVE).isEmpty() || engine.isLoading()) return false;
        return save() == null;
    }

    /// BGSAVE.
    @Nullable
    String saveInBackground(boolean mayWait, boolean isLogRewriting) {
        if (running != null) return "ERR Background save already in progress";
        if (isLogRewriting) {
            isScheduled |= mayWait;
            return mayWait
                    ? null
                    : "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to"
                            + " schedule a BGSAVE whenever possible.";
        }
        begin();
        return null;
    }

    /// Ten times a second: begins a save that is due.
    void tick(boolean isLogRewriting) {
        if (running != null || isLogRewriting || engine.isLoading()) return;
        long now = nowSeconds();
        boolean mayTry = didLastSucceed || now - lastTrySeconds > RETRY_SECONDS;
        if (!mayTry) return;
        if (isScheduled) {
            begin();
            return;
        }
        long changes = engine.statistics().dirty();
        for (SavePoint point : config.get(Directives.SAVE)) {
            if (changes < point.changes() || now - lastSaveSeconds <= point.seconds()) continue;
            log.notice(point.changes() + " changes in " + point.seconds() + " seconds. Saving...");
            begin();
            return;
        }
    }

    private void begin() {
        isScheduled = false;
        begunSeconds = nowSeconds();
        lastTrySeconds = begunSeconds;
        keysTotal = 0;
        for (int i = 0; i < engine.store().count(); i++)
            keysTotal += engine.store().database(i).size();
        Background background = new Background(file());
        running = background;
        background.start();
        log.notice("Background saving started");
        engine.statistics().backgroundJobBegun();
    }

    /// A save on a thread of its own.
    private final class Background implements Runnable {
        final RdbFile file;
        final RdbFile.BackgroundSave save;
        final Thread thread = new Thread(this, name + "-rdb-save");
        private long changes; // at the moment of the image
        private volatile boolean isCancelled;

        Background(RdbFile file) {
            this.file = file;
            this.save =
                    file.saveInBackground(() -> changes = engine.statistics().dirty());
            thread.setDaemon(true);
        }

        /// The file is to hold what is there now, and nothing of what comes behind the command; under the
        /// engine's lock.
        void start() {
            boolean isOnItsWay = false;
            try {
                save.beginNow();
                thread.start();
                isOnItsWay = true;
            } finally {
                if (!isOnItsWay) { // no thread to be had
                    save.abort();
                    running = null;
                }
            }
        }

        @Override
        public void run() {
            boolean isSaved = false;
            deleteLeftovers(Saves::isGone);
            try {
                save.write(() -> isCancelled);
                isSaved = true;
                log.notice("Background saving terminated with success");
            } catch (CancellationException e) {
                log.warning("Background saving was given up");
            } catch (IOException
                    | RuntimeException
                    | OutOfMemoryError e) { // a bug or no memory: it must not end saving for good
                log.warning("Background saving error: " + e);
            }
            engine.lock();
            try {
                if (running == this) ended(isSaved, changes);
            } finally {
                engine.unlock();
            }
        }
    }

    private static boolean isGone(long pid) {
        return ProcessHandle.of(pid).isEmpty();
    }

    /// What is left of saves that were cut short takes room on the disk, as much as the data set perhaps.
    private void deleteLeftovers(LongPredicate isOver) {
        try {
            RdbFile.deleteLeftovers(disk, path(), isOver);
        } catch (IOException e) {
            log.warning("What is left of earlier saves was not deleted: " + ConfigError.reason(e));
        }
    }

    /// Deletes what was written of a save, for the process ends in the middle of it. Any thread, without the
    /// lock, which the save may have.
    void cutShort() {
        long own = ProcessHandle.current().pid();
        deleteLeftovers(pid -> pid == own);
    }

    private void ended(boolean isSaved, long changes) {
        running = null;
        lastDurationSeconds = nowSeconds() - begunSeconds;
        if (isSaved) {
            engine.saved(changes);
            saves++;
            lastSaveSeconds = nowSeconds();
        }
        didLastSucceed = isSaved;
        refuseOrNot();
    }

    /// Whoever wants changes to be saved and cannot have it shall notice.
    private void refuseOrNot() {
        boolean refuses = !didLastSucceed
                && config.get(Directives.STOP_WRITES_ON_BGSAVE_ERROR)
                && !config.get(Directives.SAVE).isEmpty();
        engine.refuseWrites(refuses ? REFUSAL : null);
    }

    boolean isSaving() {
        return running != null;
    }

    /// Begins to count saves anew. Under the engine's lock.
    void countAnew() {
        saves = 0;
    }

    SaveStatus status() {
        Background r = running;
        return new SaveStatus(
                r != null,
                isScheduled,
                lastSaveSeconds,
                didLastSucceed,
                lastDurationSeconds,
                r == null ? -1 : nowSeconds() - begunSeconds,
                saves,
                r == null ? 0 : r.file.keysWritten(),
                r == null ? 0 : keysTotal,
                progress.keys(),
                progress.expired());
    }

    // ---- the end ----

    private boolean savesAtEnd() {
        return switch (atEnd) {
            case SAVE -> true;
            case NOSAVE -> false;
            case DEFAULT -> !config.get(Directives.SAVE).isEmpty();
        };
    }

    /// SHUTDOWN: saves, if that is wanted.
    ///
    /// @return why that failed, null when it did not
    @Nullable
    String shutdown(Host.Saving saving) {
        Host.Saving before = atEnd;
        atEnd = saving;
        if (!savesAtEnd() || engine.isLoading()) return null;
        log.notice("Saving the final RDB snapshot before exiting.");
        cancel();
        String error = save();
        if (error != null) atEnd = before;
        return error;
    }

    /// Gives a save in the background up: it stops soon, and its file does not take the place of the one
    /// there is.
    ///
    /// @return its thread, null when there is none
    private @Nullable Thread cancel() {
        Background background = running;
        if (background == null) return null;
        background.isCancelled = true;
        running = null;
        return background.thread;
    }

    /// Saves what was changed since the last time, if that is wanted. The engine must have stopped.
    void close() {
        engine.lock();
        Thread stopping;
        try {
            stopping = cancel();
            if (savesAtEnd() && engine.statistics().dirty() > 0 && !engine.isLoading()) save();
        } finally {
            engine.unlock();
        }
        try {
            if (stopping != null) stopping.join(STOP_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
