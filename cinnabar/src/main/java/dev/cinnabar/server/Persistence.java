package dev.cinnabar.server;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directives;
import dev.cinnabar.config.RefusedSetting;
import dev.cinnabar.engine.ChangeLog;
import dev.cinnabar.engine.Durability;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.engine.Host;
import dev.cinnabar.engine.LogReplayer;
import dev.cinnabar.engine.LogSnapshot;
import dev.cinnabar.engine.LogStatus;
import dev.cinnabar.persistence.AofDirectory;
import dev.cinnabar.persistence.AofLoader;
import dev.cinnabar.persistence.AofSettings;
import dev.cinnabar.persistence.AofStatus;
import dev.cinnabar.persistence.AppendOnlyLog;
import dev.cinnabar.persistence.DamagedLog;
import dev.cinnabar.persistence.Disk;
import dev.cinnabar.persistence.FsyncPolicy;
import dev.cinnabar.persistence.LoadResult;
import dev.cinnabar.persistence.LoadingProgress;
import dev.cinnabar.persistence.LoneRewrite;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// The append-only file of one server: loaded at the start, written while it runs, turned on and off by CONFIG SET.
final class Persistence implements Durability {
    private final Engine engine;
    private final Config config;
    private final Log log;
    private final String name;
    private final Durability durability;
    private final LoadingProgress progress = new LoadingProgress();
    private final Executor background;

    private volatile @Nullable AppendOnlyLog file;
    private volatile @Nullable AppendOnlyLog lastUsed; // also when it is closed: its tickets may still be held
    private long released; // guarded by this
    private int waiters;
    private volatile @Nullable LoneRewrite loneRewrite; // the last one, over or not
    private volatile boolean isClosing;
    private volatile long loadingSinceMs; // 0 when nothing is being loaded

    /// @param name what threads are called, followed by what they do
    Persistence(Engine engine, Config config, Log log, String name, Durability durability) {
        this.engine = engine;
        this.config = config;
        this.log = log;
        this.name = name;
        this.durability = durability;
        this.background = this::begin;
    }

    private void begin(Runnable rewrite) {
        daemon(rewrite, name + "-aof-rewrite").start();
        engine.statistics().backgroundJobBegun();
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /// Loads what is on disk and goes on writing there, if the configuration says so.
    ///
    /// @throws StartException when the files do not check out or cannot be used
    void start() {
        config.onChange(Directives.APPENDONLY, this::turn);
        config.onChange(Directives.APPENDFSYNC, v -> configure());
        config.onChange(Directives.NO_APPENDFSYNC_ON_REWRITE, v -> configure());
        config.onChange(Directives.AUTO_AOF_REWRITE_PERCENTAGE, v -> configure());
        config.onChange(Directives.AUTO_AOF_REWRITE_MIN_SIZE, v -> configure());
        config.onChange(Directives.AOF_TIMESTAMP_ENABLED, v -> configure());
        if (!config.get(Directives.APPENDONLY)) return;
        try {
            AofDirectory directory = directory();
            LoadResult loaded = load(directory);
            AppendOnlyLog opened = AppendOnlyLog.resume(
                    directory, loaded, settings(), new LogSnapshot(engine), this, Clock.system(), log, background);
            use(opened);
        } catch (DamagedLog e) {
            throw new StartException("The append-only file cannot be loaded: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new StartException("The append-only file in " + dir() + " cannot be used: " + e, e);
        }
    }

    private LoadResult load(AofDirectory directory) throws IOException, DamagedLog {
        loadingSinceMs = engine.clock().wallMs();
        long began = System.nanoTime();
        try (LogReplayer replayer = new LogReplayer(engine, NoLink.INSTANCE)) {
            boolean truncatedAllowed = config.get(Directives.AOF_LOAD_TRUNCATED);
            LoadResult loaded = new AofLoader(directory, truncatedAllowed, replayer, progress, log).load();
            if (loaded.commands() > 0) {
                double seconds = (System.nanoTime() - began) / 1e9;
                log.notice(String.format(Locale.ROOT, "DB loaded from append only file: %.3f seconds", seconds));
            }
            return loaded;
        } finally {
            loadingSinceMs = 0;
        }
    }

    /// From now on changes are written. Only then may clients make any: a change between the end of loading and this moment would be lost.
    private void use(AppendOnlyLog opened) {
        AppendOnlyLog before = lastUsed;
        if (before != null) opened.ticketsFrom(before.lastTicket());
        lastUsed = opened;
        file = opened;
        opened.start(name + "-aof");
        engine.lock();
        try {
            engine.log(opened);
            engine.loading(false);
        } finally {
            engine.unlock();
        }
    }

    private Path dir() {
        return Path.of(config.get(Directives.DIR)).toAbsolutePath().normalize();
    }

    private AofDirectory directory() throws IOException, DamagedLog {
        String directoryName = config.get(Directives.APPENDDIRNAME);
        return AofDirectory.open(Disk.real(), dir(), directoryName, config.get(Directives.APPENDFILENAME), log);
    }

    private AofSettings settings() {
        return new AofSettings(
                FsyncPolicy.valueOf(config.get(Directives.APPENDFSYNC).toUpperCase(Locale.ROOT)),
                config.get(Directives.NO_APPENDFSYNC_ON_REWRITE),
                config.get(Directives.AUTO_AOF_REWRITE_PERCENTAGE),
                config.get(Directives.AUTO_AOF_REWRITE_MIN_SIZE),
                config.get(Directives.AOF_TIMESTAMP_ENABLED));
    }

    private void configure() {
        AppendOnlyLog f = file;
        if (f != null) f.configure(settings());
    }

    /// CONFIG SET appendonly; under the engine's lock.
    private void turn(boolean on) throws RefusedSetting {
        AppendOnlyLog f = file;
        if (on == (f != null)) return;
        if (f != null) {
            engine.log(ChangeLog.NONE);
            file = null;
            daemon(() -> close(f), name + "-aof-close").start();
            return;
        }
        if (isRewritingAlone()) { // there is one image at a time
            log.warning("The append-only file cannot be turned on before BGREWRITEAOF has ended");
            throw new RefusedSetting("Unable to turn on AOF. Check server logs.");
        }
        try {
            AppendOnlyLog opened = AppendOnlyLog.enable(
                    directory(), settings(), new LogSnapshot(engine), this, Clock.system(), log, background);
            use(opened);
        } catch (IOException | DamagedLog e) {
            log.warning("The append-only file cannot be turned on: " + e);
            throw new RefusedSetting("Unable to turn on AOF. Check server logs.");
        }
    }

    private void close(AppendOnlyLog f) {
        try {
            f.close();
        } catch (IOException e) {
            log.warning("The append-only file could not be closed in order: " + e);
        }
    }

    /// Writes and syncs what waits. The engine must have stopped.
    void close() {
        isClosing = true;
        AppendOnlyLog f = file;
        file = null;
        if (f != null) close(f);
    }

    // ---- what the engine asks of its host ----

    /// BGREWRITEAOF.
    @Nullable
    String rewrite() {
        AppendOnlyLog f = file;
        if (f == null) return rewriteAlone();
        return switch (f.rewrite()) {
            case STARTED -> null;
            case ALREADY_IN_PROGRESS -> "ERR Background append only file rewriting already in progress";
        };
    }

    private @Nullable String rewriteAlone() {
        if (isRewritingAlone()) return "ERR Background append only file rewriting already in progress";
        try {
            LoneRewrite rewrite = new LoneRewrite(directory(), new LogSnapshot(engine), () -> isClosing, log);
            loneRewrite = rewrite;
            background.execute(rewrite);
            return null;
        } catch (IOException | DamagedLog e) {
            log.warning("The append-only file cannot be written: " + e);
            return "ERR Can't execute an AOF background rewriting. Please check the server logs for more information.";
        }
    }

    private boolean isRewritingAlone() {
        LoneRewrite rewrite = loneRewrite;
        return rewrite != null && !rewrite.isOver();
    }

    /// DEBUG LOADAOF: once all is on disk, throws the data set away and runs the log again. Under the engine's lock.
    @Nullable
    String reload() {
        AppendOnlyLog f = file;
        if (f == null) return null;
        // it could not end while we wait for it, for it needs the lock that we hold
        if (!f.barRewrites()) return "ERR Background append only file rewriting in progress, try again later";
        engine.log(ChangeLog.NONE);
        file = null;
        try {
            f.close();
            for (int i = 0; i < engine.store().count(); i++) engine.store().flush(i);
            engine.store().freeGarbage();
            AofDirectory directory = directory();
            LoadResult loaded = load(directory);
            use(AppendOnlyLog.resume(
                    directory, loaded, settings(), new LogSnapshot(engine), this, Clock.system(), log, background));
            return null;
        } catch (IOException | DamagedLog e) {
            log.warning("Error trying to load the append-only file: " + e);
            return "ERR Error trying to load the AOF files, check server logs";
        }
    }

    /// Waits until what the ticket stands for is on disk; at once for ticket 0.
    void awaitDurable(long ticket) {
        if (ticket == 0) return;
        synchronized (this) {
            waiters++;
            try {
                while (released < ticket && file != null) wait(100);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                waiters--;
            }
        }
    }

    @Override
    public void released(long ticket) {
        durability.released(ticket);
        synchronized (this) {
            released = Math.max(released, ticket);
            if (waiters > 0) notifyAll();
        }
    }

    LogStatus status() {
        AppendOnlyLog f = file;
        if (f == null) return loneStatus();
        AofStatus s = f.status();
        return new LogStatus(
                true,
                s.rewriteInProgress(),
                false,
                s.lastRewriteSeconds(),
                s.currentRewriteSeconds(),
                s.lastRewriteOk(),
                s.rewrites(),
                s.rewriteFailuresInARow(),
                s.lastWriteOk(),
                s.currentSize(),
                s.baseSize(),
                s.bufferLength(),
                s.syncing() ? 1 : 0,
                0);
    }

    private LogStatus loneStatus() {
        LoneRewrite rewrite = loneRewrite;
        if (rewrite == null) return LogStatus.OFF;
        boolean isOver = rewrite.isOver();
        boolean isOk = !isOver || rewrite.wentWell();
        return new LogStatus(false, !isOver, false, -1, -1, isOk, isOver && isOk ? 1 : 0, 0, true, 0, 0, 0, 0, 0);
    }

    Host.@Nullable Loading loading() {
        long since = loadingSinceMs;
        return since == 0 ? null : new Host.Loading(since, progress.totalBytes(), progress.loadedBytes());
    }
}
