package dev.cinnabar.server;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.ConfigError;
import dev.cinnabar.config.Directives;
import dev.cinnabar.config.RefusedSetting;
import dev.cinnabar.engine.ChangeLog;
import dev.cinnabar.engine.Durability;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.engine.LogReplayer;
import dev.cinnabar.engine.LogSnapshot;
import dev.cinnabar.engine.LogStatus;
import dev.cinnabar.engine.NoLink;
import dev.cinnabar.persistence.AofDirectory;
import dev.cinnabar.persistence.AofLoader;
import dev.cinnabar.persistence.AofSettings;
import dev.cinnabar.persistence.AppendOnlyLog;
import dev.cinnabar.persistence.DamagedLog;
import dev.cinnabar.persistence.Disk;
import dev.cinnabar.persistence.FsyncPolicy;
import dev.cinnabar.persistence.LoadResult;
import dev.cinnabar.persistence.LoadingProgress;
import dev.cinnabar.persistence.LogParts;
import dev.cinnabar.persistence.LoneRewrite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The append-only file of one server: loaded at the start, written while it runs, turned on and off by
/// CONFIG SET.
final class AppendOnlyKeeper implements Durability {
    /*
     * Logs, and rewrites without a log, use a directory one after the other. Whoever comes while the last one
     * still ends (a log that was turned off writes out what waits, a rewrite stops at the end of a slice)
     * takes the directory over as it is, locked, and its thread waits for that end before it touches a file:
     * CONFIG SET, under the engine's lock, cannot, for the last one may need the lock to end. Where CONFIG
     * SET has changed `dir` meanwhile, the last one ends there and the next begins here, each under its own
     * lock.
     */
    private final Engine engine;
    private final Config config;
    private final Log log;
    private final Clock machineClock;
    private final String name;
    private final Durability durability;
    private final LoadingProgress progress;

    private final Map<Path, Tenancy> tenancies = new HashMap<>(); // the last of each directory; guarded by this
    private volatile @Nullable Tenancy tenancy; // of the log, while there is one
    private volatile @Nullable AppendOnlyLog file;
    private volatile @Nullable AppendOnlyLog lastUsed; // also when it is closed: its tickets may still be held
    // no monitor: those keep a virtual thread that waits on its carrier
    private final ReentrantLock releasing = new ReentrantLock();
    private final Condition hasReleased = releasing.newCondition();
    private long released; // guarded by releasing
    private boolean hasEnded; // the last log: nothing is released any more; guarded by releasing
    private volatile @Nullable LoneRewrite loneRewrite; // the last one, over or not
    private volatile boolean isClosing;

    /// @param machineClock the machine's, even when the engine's is a virtual one: disks do not wait for that
    /// @param name         what threads are called, followed by what they do
    AppendOnlyKeeper(
            Engine engine,
            Config config,
            Log log,
            Clock machineClock,
            String name,
            Durability durability,
            LoadingProgress progress) {
        this.engine = engine;
        this.config = config;
        this.log = log;
        this.machineClock = machineClock;
        this.name = name;
        this.durability = durability;
        this.progress = progress;
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
            resume();
        } catch (DamagedLog e) {
            Path files = dir().resolve(config.get(Directives.APPENDDIRNAME));
            throw new StartException(
                    "The append-only file in " + files + " cannot be loaded: " + e.getMessage()
                            + ". bin/cinnabar-check-aof checks it, and may repair it",
                    e);
        } catch (IOException e) {
            throw new StartException(
                    "The append-only file in " + dir() + " cannot be used: " + ConfigError.reason(e), e);
        }
    }

    private void resume() throws IOException, DamagedLog {
        Tenancy mine = moveIn(AofDirectory::open);
        boolean isInUse = false;
        try {
            LoadResult loaded = load(mine.directory);
            if (loaded.tail() == null && loaded.totalBytes() == 0) warnOfAnImage();
            use(AppendOnlyLog.resume(parts(mine), loaded), mine);
            isInUse = true;
        } finally {
            if (!isInUse) moveOut(mine);
        }
    }

    private LogParts parts(Tenancy mine) {
        return new LogParts(mine.directory, settings(), new LogSnapshot(engine), this, machineClock, log, mine);
    }

    /// A log that begins empty beside an RDB file is what Redis starts with, too, and often a mistake: the
    /// file is not read, and the next save point writes over it.
    private void warnOfAnImage() {
        Path image = Saves.path(config);
        if (!Files.isRegularFile(image)) return;
        log.warning("There is no append only file yet, so the server starts empty; " + image
                + " is not read, and the next save writes over it. To start with what it holds, start with appendonly no"
                + " and then say CONFIG SET appendonly yes");
    }

    private LoadResult load(AofDirectory directory) throws IOException, DamagedLog {
        progress.begins(engine.clock().wallMs());
        long began = machineClock.nanos();
        try (LogReplayer replayer = new LogReplayer(engine, new NoLink())) {
            boolean mayTruncate = config.get(Directives.AOF_LOAD_TRUNCATED);
            LoadResult loaded = new AofLoader(directory, mayTruncate, replayer, progress, log).load();
            if (loaded.commands() > 0) {
                double seconds = (machineClock.nanos() - began) / 1e9;
                log.notice(String.format(Locale.ROOT, "DB loaded from append only file: %.3f seconds", seconds));
            }
            return loaded;
        } finally {
            progress.ends();
        }
    }

    /// From now on changes are written. Only then may clients make any: a change between the end of loading
    /// and this moment would be lost.
    private void use(AppendOnlyLog opened, Tenancy mine) {
        AppendOnlyLog before = lastUsed;
        if (before != null) opened.ticketsFrom(before.lastTicket());
        opened.start(name + "-aof"); // first: where no thread is to be had, nothing has changed
        hasEnded(false);
        lastUsed = opened;
        tenancy = mine;
        file = opened;
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

    /// The time in which a log or a rewrite uses the directory. Runs the rewrites of that time, each on a
    /// thread of its own.
    private final class Tenancy implements Executor {
        final Path dir;
        final @Nullable DirectoryLock lock; // null where the file system gives none
        final AofDirectory directory;
        final CompletableFuture<?> before; // the one before has ended
        final CompletableFuture<?> over = new CompletableFuture<>();

        Tenancy(Path dir, @Nullable DirectoryLock lock, AofDirectory directory, CompletableFuture<?> before) {
            this.dir = dir;
            this.lock = lock;
            this.directory = directory;
            this.before = before;
        }

        @Override
        public void execute(Runnable rewrite) {
            Runnable inTurn = () -> {
                before.join();
                rewrite.run();
            };
            daemon(inTurn, name + "-aof-rewrite").start();
            engine.statistics().backgroundJobBegun();
        }
    }

    /// One of the two ways to open a log's directory.
    private interface Opening {
        AofDirectory open(Disk disk, Path dir, String directoryName, String fileName, Log log)
                throws IOException, DamagedLog;
    }

    /// Opens the directory for its next user, or takes it over from one that still ends.
    private synchronized Tenancy moveIn(Opening opening) throws IOException, DamagedLog {
        Path dir = dir();
        Tenancy last = tenancies.get(dir);
        Tenancy next = last == null ? open(dir, opening) : new Tenancy(dir, last.lock, last.directory, last.over);
        tenancies.put(dir, next);
        return next;
    }

    private Tenancy open(Path dir, Opening opening) throws IOException, DamagedLog {
        String directoryName = config.get(Directives.APPENDDIRNAME);
        String fileName = config.get(Directives.APPENDFILENAME);
        DirectoryLock lock =
                lock(Files.createDirectories(dir.resolve(directoryName)).resolve(fileName + ".lock"));
        boolean isOpen = false;
        try {
            AofDirectory directory = opening.open(Disk.real(), dir, directoryName, fileName, log);
            isOpen = true;
            return new Tenancy(dir, lock, directory, CompletableFuture.completedFuture(null));
        } finally {
            if (!isOpen) unlock(lock);
        }
    }

    /// The directory is used no more, once the one before has ended, too.
    private void moveOut(Tenancy ending) {
        ending.before.thenRun(() -> letGo(ending));
    }

    /// Lets others in, unless somebody here has taken the directory over.
    private synchronized void letGo(Tenancy ending) {
        if (tenancies.remove(ending.dir, ending)) unlock(ending.lock);
        ending.over.complete(null);
    }

    /// Keeps other servers out. Where the file system gives no locks, the operator has to.
    private @Nullable DirectoryLock lock(Path lockFile) throws DirectoryLock.InUse {
        try {
            return DirectoryLock.take(lockFile);
        } catch (DirectoryLock.InUse e) {
            throw e;
        } catch (IOException e) {
            log.warning("The append-only file could not be locked (" + ConfigError.reason(e)
                    + "); see to it that no other server uses " + lockFile.getParent());
            return null;
        }
    }

    private void unlock(@Nullable DirectoryLock lock) {
        try {
            if (lock != null) lock.close();
        } catch (IOException e) {
            log.debug("The lock of the append-only file was not taken away: " + ConfigError.reason(e));
        }
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
            Tenancy ending = tenancy;
            daemon(() -> close(f::turnOff, ending), name + "-aof-close").start(); // first, as in `use`
            engine.log(ChangeLog.NONE);
            file = null;
            return;
        }
        try {
            turnOn();
        } catch (IOException | DamagedLog | OutOfMemoryError e) {
            log.warning("The append-only file cannot be turned on: " + e);
            throw new RefusedSetting("Unable to turn on AOF. Check server logs.");
        }
    }

    private void turnOn() throws IOException, DamagedLog {
        Tenancy mine = moveIn(AofDirectory::openToReplace);
        boolean isInUse = false;
        try {
            if (loneRewrite != null) loneRewrite.giveUp();
            AppendOnlyLog enabled = AppendOnlyLog.enable(parts(mine));
            use(enabled, mine);
            isInUse = true;
            enabled.rewrite(); // its own thread would do that soon, but INFO is to tell it from now on
        } finally {
            if (!isInUse) moveOut(mine);
        }
    }

    /// How a log is ended.
    private interface Ending {
        void end() throws IOException;
    }

    private void close(Ending how, @Nullable Tenancy ending) {
        try {
            end(how, ending);
        } catch (IOException e) {
            log.warning("The append-only file could not be closed in order: " + e);
        }
    }

    private void end(Ending how, @Nullable Tenancy ending) throws IOException {
        try {
            how.end();
        } finally {
            if (ending != null) moveOut(ending);
        }
    }

    /// Writes and syncs what waits. The engine must have stopped.
    void close() {
        isClosing = true;
        AppendOnlyLog f = file;
        file = null;
        try {
            if (f != null) close(f::close, tenancy);
            for (Tenancy last : lastOnes())
                last.over.join(); // logs that were turned off, or a rewrite without one, write still
        } finally {
            hasEnded(true);
        }
    }

    private void hasEnded(boolean hasEnded) {
        releasing.lock();
        try {
            this.hasEnded = hasEnded;
            if (hasEnded) hasReleased.signalAll();
        } finally {
            releasing.unlock();
        }
    }

    private synchronized List<Tenancy> lastOnes() {
        return List.copyOf(tenancies.values());
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
            beginToRewriteAlone();
            return null;
        } catch (IOException | DamagedLog | OutOfMemoryError e) {
            log.warning("The append-only file cannot be written: " + e);
            return "ERR Can't execute an AOF background rewriting. Please check the server logs for more information.";
        }
    }

    private void beginToRewriteAlone() throws IOException, DamagedLog {
        Tenancy mine = moveIn(AofDirectory::openToReplace);
        boolean isOnItsWay = false;
        try {
            LoneRewrite rewrite = new LoneRewrite(mine.directory, new LogSnapshot(engine), () -> isClosing, log);
            mine.execute(() -> {
                try {
                    rewrite.run();
                } finally {
                    moveOut(mine);
                }
            });
            isOnItsWay = true;
            loneRewrite = rewrite;
        } finally {
            if (!isOnItsWay) moveOut(mine);
        }
    }

    private boolean isRewritingAlone() {
        LoneRewrite rewrite = loneRewrite;
        return rewrite != null && !rewrite.isOver();
    }

    /// The log of a server whose log could not be loaded again: nobody knows what its data are worth, and
    /// what is written would not be logged.
    private static final ChangeLog REFUSES = new ChangeLog() {
        @Override
        public void append(int db, int argc, Bytes[] argv) {}

        @Override
        public String refusal() {
            return "MISCONF The append-only file could not be loaded again, so nothing may be written. See the server's log,"
                    + " and start the server anew.";
        }

        @Override
        public boolean forbidsChanges() {
            return true;
        }
    };

    /// DEBUG LOADAOF: once all is on disk, throws the data set away and runs the log again. Under the
    /// engine's lock.
    @Nullable
    String reload() {
        AppendOnlyLog f = file;
        if (f == null) return null;
        // it could not end while we wait for it, for it needs the lock that we hold
        if (!f.barRewrites()) return "ERR Background append only file rewriting in progress, try again later";
        engine.log(ChangeLog.NONE);
        file = null;
        boolean isLoaded = false;
        try {
            end(f::close, tenancy);
            engine.empty();
            resume();
            isLoaded = true;
            return null;
        } catch (IOException | DamagedLog e) {
            log.warning("Error trying to load the append-only file: " + e.getMessage());
            return "ERR Error trying to load the AOF files, check server logs";
        } finally { // also when half of the log was run, and then memory was short
            if (!isLoaded) {
                engine.log(REFUSES);
                hasEnded(true);
            }
            engine.loading(false);
        }
    }

    /// The data set is another one than the log knows. Under the engine's lock.
    void beginAnew() {
        AppendOnlyLog f = file;
        if (f == null) return;
        engine.log(f); // for the log a transaction that has changed something ends here
        f.beginAnew();
    }

    /// Waits until what the ticket stands for is as safe as the policy demands, also when interrupted; not at
    /// all for ticket 0.
    ///
    /// @throws IllegalStateException when the log has ended before
    void awaitDurable(long ticket) {
        if (ticket == 0) return;
        releasing.lock();
        try {
            while (released < ticket && !hasEnded) hasReleased.awaitUninterruptibly();
            if (released < ticket) throw new IllegalStateException("closed before the change was on disk");
        } finally {
            releasing.unlock();
        }
    }

    @Override
    public void released(long ticket) {
        durability.released(ticket);
        releasing.lock();
        try {
            released = Math.max(released, ticket);
            hasReleased.signalAll();
        } finally {
            releasing.unlock();
        }
    }

    /// Begins to count rewrites anew. Under the engine's lock.
    void countAnew() {
        AppendOnlyLog f = file;
        if (f != null) f.countRewritesAnew();
        LoneRewrite rewrite = loneRewrite;
        if (rewrite != null) rewrite.countAnew();
    }

    /// @param waits whether a rewrite that seems to run still waits for something else
    LogStatus status(boolean waits) {
        AppendOnlyLog f = file;
        if (f != null) return f.status(waits);
        LoneRewrite rewrite = loneRewrite;
        return rewrite == null ? LogStatus.OFF : LogStatus.off(rewrite.status(waits));
    }
}
