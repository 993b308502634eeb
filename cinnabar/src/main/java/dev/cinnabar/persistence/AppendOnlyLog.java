package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.base.Waits;
import dev.cinnabar.engine.ChangeLog;
import dev.cinnabar.engine.Durability;
import dev.cinnabar.engine.LogStatus;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;
import org.jspecify.annotations.Nullable;

/// The change log on disk.
///
/// [#append] encodes into a buffer, under the engine's lock and without waiting for anybody, unless megabytes
/// wait already: then it writes them out, if that is possible. [#commit], once per turn of an event loop,
/// makes it safe: under `everysec` and `no` it writes, on the calling thread, with one system call; under
/// `always` it hands a ticket back and leaves writing and syncing to the log's own thread ([LogThread]),
/// which serves all that wait with one fsync; where the disk is quick ([SyncPace]) it does both itself.
public final class AppendOnlyLog implements ChangeLog, AutoCloseable {
    /*
     * Event loops, the log's own thread and that of a rewrite meet here, and these are the locks, in the
     * order in which they may be taken:
     *
     *   the engine's lock    append; the moment of a snapshot
     *   syncing              fsync, and closing a file; held for as long as the disk takes; taken by an event loop only where that is quick
     *   writing              the file and everything about it; held for a write. An fsync under way does not hold it
     *
     * A field is changed under one lock, the one it is listed with. What is volatile may be read without it,
     * each value for itself: who reads two may get one of before and one of after. Whatever is decided about
     * the file is decided under `writing`.
     *
     * States, and who leaves them:
     *
     *            write fails                         the retry wrote all, and the reserve was taken again
     *    WELL ───────────────► FAILING ──────────────────────────────────────────────────► WELL
     *     │ │                     │
     *     │ └──────────┬──────────┘ fsync fails (or a change is missed): what is on disk, nobody knows
     *     │            ▼     a rewrite begins: image and new increment            both are synced and in the manifest
     *     │          LOST ──────────────────────────────────► REBUILDING ──────────────────────────────────► WELL
     *     │            ▲                                          │
     *     │            └──────────────────────────────────────────┘ anything fails
     *
     *                new writes   what was appended                                      held replies
     *   WELL         welcome      goes to the file                                       go by policy
     *   FAILING      refused      waits in memory; retried each 100 ms                   wait for the retry
     *   LOST         refused      dropped: the image to come holds it                    wait for WELL
     *   REBUILDING   refused      goes to the new increment                              wait for WELL
     *
     * A log whose data set was replaced is lost, too, but mostly written anew in the same call.
     *
     * A log that is switched on while the server runs starts in LOST with `isBeingEnabled`: then writes are
     * welcome and replies go, as nothing was promised yet.
     */
    private enum State {
        WELL,
        FAILING,
        LOST,
        REBUILDING,
        CLOSED
    }

    /// What BGREWRITEAOF has to answer.
    public enum RewriteAnswer {
        STARTED,
        ALREADY_IN_PROGRESS
    }

    private static final String MISCONF = "MISCONF Errors writing to the AOF file: ";

    private final LogParts parts;
    private final Durability durability;
    private final Clock clock;
    private final Log log;
    private volatile AofSettings settings;

    private final AtomicLong awaited = new AtomicLong(); // the largest ticket handed out
    private volatile boolean isClosing;
    final LogThread thread;

    // changed under the engine's lock
    private final LogBuffer buffer = new LogBuffer(); // its appending side; its other side under `writing`
    private final LogEncoder encoder = new LogEncoder(buffer, this::writeOut);

    private final LongAccumulator longestSync = new LongAccumulator(Math::max, 0); // in nanoseconds; since it was taken

    // changed under `syncing`
    private final Object syncing = new Object();
    private final SyncPace pace = new SyncPace();
    private volatile boolean isSyncing;

    // changed under `writing`
    private final Object writing = new Object();
    private final LogWriter writer;
    private final Reserve reserve;
    private volatile State state;
    private volatile @Nullable String refusal;
    private volatile long released; // tickets up to here may go
    private volatile boolean isBeingEnabled;
    private volatile boolean isHeld; // a rewrite is completing the old increment: nothing is written meanwhile
    private long heldAt; // stream offset that the old increment is completed to
    private volatile long baseBytes;
    private volatile long olderBytes; // of the increments before
    private volatile long sizeAfterRewrite;

    // rewriting: one at a time, from the moment in which `isRewriting` becomes true until it is false again, under `writing`
    private final AtomicBoolean isRewriting = new AtomicBoolean();
    private volatile boolean rewritesAreBarred;
    private final boolean keepsImported;
    private final RewriteRecord rewrites;
    private @Nullable LogFile lost; // given up, still to be closed; the rewrite's thread's

    private AppendOnlyLog(LogParts parts, boolean keepsImported) {
        this.parts = parts;
        this.settings = parts.settings();
        this.durability = parts.durability();
        this.clock = parts.clock();
        this.log = parts.log();
        this.keepsImported = keepsImported;
        this.writer = new LogWriter(buffer, clock);
        writer.tellTimes(settings.tellsTimes());
        AofDirectory directory = parts.directory();
        this.reserve = new Reserve(directory.disk(), directory.reservePath());
        this.state = State.WELL;
        this.rewrites = new RewriteRecord(clock.nanos());
        this.thread = new LogThread(this, parts);
    }

    /// Goes on with a log that was loaded; an empty directory gets its first increment.
    public static AppendOnlyLog resume(LogParts parts, LoadResult loaded) throws IOException {
        AofDirectory directory = parts.directory();
        AppendOnlyLog aof = new AppendOnlyLog(parts, loaded.skipped() > 0);
        LoadResult.Tail tail = loaded.tail();
        if (tail != null) {
            aof.writer.takeUp(
                    LogFile.resume(directory.disk(), directory.path(tail.entry().name()), tail));
            aof.olderBytes = loaded.totalBytes() - loaded.baseBytes() - tail.length();
        } else {
            Manifest.Entry first = directory.nextIncrement();
            aof.writer.takeUp(LogFile.create(directory.disk(), directory.path(first.name())));
            directory.replace(directory.manifest().plus(first));
        }
        aof.baseBytes = loaded.baseBytes();
        aof.sizeAfterRewrite = aof.baseBytes; // as Redis: all it knows after a start
        try {
            aof.reserve.take();
        } catch (IOException e) {
            aof.writeFailed(e);
        }
        return aof;
    }

    /// Begins a log for a server that runs without one: what is in memory becomes its base. Until that is on
    /// disk, replies are not held back and nothing is promised. What the directory held before is given up
    /// then.
    public static AppendOnlyLog enable(LogParts parts) {
        AppendOnlyLog aof = new AppendOnlyLog(parts, false);
        aof.state = State.LOST;
        aof.isBeingEnabled = true;
        return aof;
    }

    /// Begins with tickets behind this one, the last of a log that was used before: holders compare tickets,
    /// not logs. To be called before [#start], if at all.
    public AppendOnlyLog ticketsFrom(long ticket) {
        synchronized (writing) {
            buffer.startAt(ticket);
            writer.startAt(ticket);
            released = ticket;
            awaited.set(ticket);
            encoder.startAt(ticket);
            thread.startAt(ticket);
        }
        return this;
    }

    /// The largest ticket that it can have handed out so far. Any thread.
    public long lastTicket() {
        return buffer.recordEnd();
    }

    /// Starts the log's own thread, a daemon.
    public AppendOnlyLog start(String threadName) {
        thread.start(threadName);
        return this;
    }

    /// Takes other settings from now on. Any thread.
    public void configure(AofSettings settings) {
        this.settings = settings;
        writer.tellTimes(settings.tellsTimes());
        thread.wake();
    }

    // ---- appending: under the engine's lock ----

    @Override
    public void append(int db, int argc, Bytes[] argv) {
        try {
            encoder.append(db, argc, argv);
        } catch (OutOfMemoryError e) {
            missed("no memory left to log a command");
        }
    }

    /// A command that ran is not in the buffer, or a part of it is. Nothing goes to the file any more; the
    /// image to come holds it all.
    @Override
    public void missed(String why) {
        synchronized (writing) {
            lose(why);
        }
    }

    private void writeOut() {
        synchronized (writing) {
            writeIfPossible();
        }
    }

    // ---- committing: event loops ----

    @Override
    public long appended() {
        return buffer.recordEnd();
    }

    @Override
    public long durable() {
        // what a log that is being enabled holds is not found at the next start
        return isBeingEnabled ? -1 : writer.durable();
    }

    @Override
    public long commit() {
        long end = buffer.recordEnd();
        if (end <= released) return 0;
        boolean mustSync = policy() == FsyncPolicy.ALWAYS && !isBeingEnabled;
        if (!mustSync) {
            writeOut();
            if (end <= released) return 0;
        }
        if (mustSync && syncsHere()) {
            sync(true);
            if (end <= released) return 0;
        }
        awaited.accumulateAndGet(end, Math::max);
        if (mustSync) thread.wake();
        return end;
    }

    @Override
    public long released() {
        return released;
    }

    /// Whether to sync on the loop's own thread: not while others do, and not while a rewrite keeps the disk
    /// busy.
    private boolean syncsHere() {
        return pace.isQuick() && !isSyncing && !isHeld && state == State.WELL && !isRewriting.get();
    }

    @Override
    public long takeLongestWrite() {
        return writer.takeLongestWrite();
    }

    @Override
    public long takeLongestSync() {
        return longestSync.getThenReset();
    }

    @Override
    public @Nullable String refusal() {
        return refusal;
    }

    private FsyncPolicy policy() {
        return writer.isGrouped() ? FsyncPolicy.ALWAYS : wantedPolicy();
    }

    private FsyncPolicy wantedPolicy() {
        AofSettings s = settings;
        return s.skipsFsyncOnRewrite() && isRewriting.get() ? FsyncPolicy.NO : s.policy();
    }

    private boolean wantsGroups() {
        return wantedPolicy() == FsyncPolicy.ALWAYS;
    }

    // ---- writing: under `writing` ----

    private void writeIfPossible() {
        if (isHeld) return;
        switch (state) {
            case WELL, REBUILDING -> {
                try {
                    writer.write(Long.MAX_VALUE, wantsGroups());
                } catch (IOException e) {
                    writeFailed(e);
                }
            }
            case LOST -> buffer.skipTo(buffer.recordEnd());
            case FAILING, CLOSED -> {} // the log's thread retries, or nobody does
        }
        release();
    }

    /// Lets those tickets go that need no fsync.
    private void release() {
        if (isBeingEnabled) released = Math.max(released, buffer.position());
        else if (policy() != FsyncPolicy.ALWAYS && isListed()) released = Math.max(released, writer.written());
    }

    /// Whether the file is one that the manifest names and that is to be trusted.
    private boolean isListed() {
        return state == State.WELL || state == State.FAILING;
    }

    private void writeFailed(IOException cause) {
        if (state == State.REBUILDING) {
            lose(reason(cause));
            return;
        }
        if (state == State.WELL) {
            state = State.FAILING;
            refusal = MISCONF + reason(cause); // first, so that nothing more comes
            log.warning("Error writing to the append only file, writes are refused: " + reason(cause));
        }
        try {
            if (reserve.release()) writer.complete(wantsGroups());
        } catch (IOException e) {
            log.debug("The reserve did not help: " + reason(e));
        }
    }

    /// Tries again what could not be written.
    void retry() {
        synchronized (writing) {
            if (state != State.FAILING || isHeld) return;
            try {
                writer.complete(wantsGroups());
                reserve.take();
                state = State.WELL;
                refusal = null;
                log.notice("The append only file can be written again, writes are accepted");
            } catch (IOException e) {
                log.debug("The append only file still cannot be written: " + reason(e));
            }
            release();
        }
    }

    /// Gives up what is on disk: an image of memory will replace it.
    private void lose(String why) {
        if (state == State.LOST) return;
        state = State.LOST;
        if (!isBeingEnabled) refusal = MISCONF + why;
        log.warning("What the append only file holds on disk is not sure any more, it will be written anew: " + why);
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    // ---- syncing ----

    /// How many bytes were appended and do not survive a power cut yet. Any thread.
    long notDurable() {
        return buffer.recordEnd() - writer.durable();
    }

    /// Whether somebody waits for a group that can be committed. Any thread.
    boolean isGroupDue() {
        return policy() == FsyncPolicy.ALWAYS && awaited.get() > writer.durable() && canSync();
    }

    private boolean canSync() {
        return !isHeld && (state == State.WELL || state == State.FAILING && writer.written() > writer.durable());
    }

    /// What happens each second: everything gets its checksum line, and is synced if the policy wants that.
    void syncByPolicy() {
        sync(policy() != FsyncPolicy.NO);
    }

    /// Writes what waits, ends it in a checksum line and, if wanted, syncs it: a group commit, and what
    /// `everysec` does.
    void sync(boolean toDisk) {
        synchronized (syncing) {
            LogWriter.Mark mark;
            synchronized (writing) {
                if (isHeld || !isListed()) return;
                if (state == State.WELL) {
                    try {
                        writer.complete(wantsGroups());
                    } catch (IOException e) {
                        writeFailed(e);
                    }
                }
                release();
                mark = writer.mark();
                if (!toDisk || writer.isSynced(mark)) return;
            }
            sync(mark);
        }
    }

    /// Goes over to another policy than `always`, which holds until this is done: no filler may be left on
    /// disk when something that has no line of its own begins to count.
    void leaveGroupsIfUnwanted() {
        if (!writer.isGrouped() || wantsGroups()) return;
        synchronized (syncing) {
            LogWriter.Mark mark;
            synchronized (writing) {
                if (isHeld || state != State.WELL) return;
                try {
                    writer.file().trim();
                } catch (IOException e) {
                    writeFailed(e);
                    return;
                }
                mark = writer.mark();
            }
            sync(mark);
            synchronized (writing) {
                if (isHeld || state != State.WELL) return; // at the next turn, as when a command is half written
                try {
                    writer.end(Checksum.Kind.CRC);
                } catch (IOException e) {
                    writeFailed(e);
                }
                writeIfPossible();
            }
        }
    }

    /// Syncs a file; under `syncing`.
    private void sync(LogWriter.Mark mark) {
        IOException failure = null;
        isSyncing = true;
        long began = clock.nanos();
        try {
            mark.file().sync();
        } catch (IOException e) {
            failure = e;
        }
        long took = clock.nanos() - began;
        pace.took(took);
        if (policy() == FsyncPolicy.ALWAYS) longestSync.accumulate(took);
        isSyncing = false;
        synchronized (writing) {
            if (writer.file() != mark.file() || !isListed()) return; // given up meanwhile
            if (failure != null) {
                lose(reason(failure));
            } else {
                writer.synced(mark);
                released = Math.max(released, mark.to());
            }
        }
    }

    // ---- rewriting ----

    /// Begins to rewrite the log in the background, as BGREWRITEAOF asks for. Any thread; does not wait.
    public RewriteAnswer rewrite() {
        if (isClosing || !isRewriting.compareAndSet(false, true)) return RewriteAnswer.ALREADY_IN_PROGRESS;
        rewrites.begun(clock.nanos());
        try {
            parts.background().execute(new Rewrite(this, parts, keepsImported, true));
        } catch (RuntimeException | OutOfMemoryError e) { // no thread to be had
            log.warning("Cannot begin to rewrite the append only file: " + e);
            rewriteEnded(false);
        }
        return RewriteAnswer.STARTED;
    }

    /// The data set was replaced by one that the log knows nothing of: what is in memory takes the place of
    /// all that the log holds, before this returns. Until then a crash leaves what was before. Where that is
    /// not possible at once, for the disk fails or another image is being written, it is done as for every
    /// log that was lost. Under the engine's lock.
    public void beginAnew() {
        boolean isNow = !isBeingEnabled && !isClosing && isRewriting.compareAndSet(false, true);
        synchronized (writing) {
            lose("there is another data set");
        }
        if (!isNow) return;
        rewrites.begun(clock.nanos());
        new Rewrite(this, parts, keepsImported, false).run();
    }

    /// Begins to rewrite a log that has grown, or was lost. The log's thread.
    void rewriteIfDue(long now) {
        if (isClosing || isRewriting.get()) return;
        if (isLost()) {
            if (rewrites.isRebuildDue(now)) rewrite();
        } else if (hasGrown(now)) {
            long percent = RewriteRecord.growthPercent(currentSize(), sizeAfterRewrite);
            log.notice("Starting automatic rewriting of AOF on " + percent + "% growth");
            rewrite();
        }
    }

    private boolean hasGrown(long now) {
        return refusal == null && rewrites.isDue(settings, currentSize(), sizeAfterRewrite, now);
    }

    /// Tells that the rewrite has ended; on its thread.
    void rewriteEnded(boolean didSucceed) {
        synchronized (writing) {
            if (state == State.REBUILDING) state = State.LOST;
            rewrites.ended(clock.nanos(), didSucceed, isLost());
            isRewriting.set(false);
            writing.notifyAll();
        }
    }

    boolean isClosing() {
        return isClosing;
    }

    boolean isLost() {
        return state == State.LOST;
    }

    /// Says that nobody knows any more what the manifest on disk names.
    void giveUp(IOException cause) {
        synchronized (writing) {
            lose(reason(cause));
        }
    }

    /// The moment of the snapshot, under the engine's lock: from here on everything waits for the next
    /// increment.
    void hold() {
        synchronized (writing) {
            isHeld = true;
            heldAt = buffer.recordEnd();
        }
        encoder.beginFile();
    }

    /// Completes the old increment: all before the moment, an end line, synced.
    void completeIncrement() throws IOException {
        synchronized (syncing) {
            LogWriter.Mark mark;
            synchronized (writing) {
                if (!isListed()) throw new IOException("the log was given up meanwhile");
                writer.write(heldAt, wantsGroups());
                writer.file().trim();
                writer.end(Checksum.Kind.END);
                mark = writer.mark();
            }
            sync(mark);
            if (!isListed()) throw new IOException("the old increment could not be synced");
        }
    }

    /// Goes on in the next increment, which is in the manifest.
    void continueIn(LogFile next) {
        synchronized (writing) {
            olderBytes += writer.length();
            lost = writer.takeUp(next);
            isHeld = false;
            writeIfPossible();
        }
        closeLost();
        thread.wake();
        durability.released(released);
    }

    /// Goes on in the old increment: the next one did not get into the manifest.
    void continueAsBefore() {
        synchronized (writing) {
            isHeld = false;
            writeIfPossible();
        }
        thread.wake();
        durability.released(released);
    }

    /// The moment of the snapshot of a log that was lost, under the engine's lock: what waits is in the
    /// image.
    void rebuildIn(LogFile next) {
        synchronized (writing) {
            writer.skipAll();
            lost = writer.takeUp(next);
            state = State.REBUILDING;
        }
        encoder.beginAnew();
    }

    /// Closes the file used before, not while it is being synced.
    void closeLost() {
        synchronized (syncing) {
            LogFile old = lost;
            lost = null;
            try {
                if (old != null) old.close();
            } catch (IOException e) {
                log.debug("Closing a file that is not needed any more: " + reason(e));
            }
        }
    }

    /// A step that makes the manifest name what was written.
    interface Publication {
        void publish() throws IOException;
    }

    /// Ends the rebuilding: syncs the new increment, lets the manifest name it, and all is well.
    void finishRebuilding(Publication publication) throws IOException {
        synchronized (syncing) {
            LogWriter.Mark mark;
            synchronized (writing) {
                checkRebuilding();
                writer.complete(wantsGroups());
                mark = writer.mark();
            }
            mark.file().sync();
            publication.publish();
            synchronized (writing) {
                checkRebuilding();
                state = State.WELL;
                isBeingEnabled = false;
                // what is behind was not written before the state changed, or is synced like any other
                writer.synced(mark);
                released = Math.max(released, mark.to());
                refusal = null;
                olderBytes = 0;
                try {
                    reserve.take();
                } catch (IOException e) {
                    writeFailed(e);
                }
                release();
            }
        }
        thread.wake();
        durability.released(released);
        log.notice("The append only file was written anew, writes are accepted");
    }

    void checkRebuilding() throws IOException {
        synchronized (writing) {
            if (state != State.REBUILDING) throw new IOException("the new increment could not be written");
        }
    }

    /// Tells the sizes after a rewrite.
    void rewritten(long newBaseBytes) {
        synchronized (writing) {
            baseBytes = newBaseBytes;
            olderBytes = 0;
            sizeAfterRewrite = currentSize();
        }
    }

    // ---- telling ----

    private long currentSize() {
        return baseBytes + olderBytes + writer.length();
    }

    /// Begins to count rewrites anew. Any thread.
    public void countRewritesAnew() {
        rewrites.countAnew();
    }

    /// What INFO tells. Any thread; never waits for the disk.
    ///
    /// @param waits whether a rewrite that is under way still waits for something else
    public LogStatus status(boolean waits) {
        return new LogStatus(
                true,
                rewrites.status(isRewriting.get(), waits, clock.nanos()),
                refusal == null,
                currentSize(),
                sizeAfterRewrite,
                buffer.waiting(),
                isSyncing);
    }

    // ---- the end ----

    /// Sees to it that no rewrite begins any more; only [#close] is to follow. For who holds the engine's
    /// lock, which a rewrite needs to end.
    ///
    /// @return false when one is under way, or due because what is on disk is not the data set; then nothing
    ///         has changed
    public boolean barRewrites() {
        if (isBeingEnabled || !isListed() || !isRewriting.compareAndSet(false, true)) return false;
        rewritesAreBarred = true;
        return true;
    }

    /// Writes and syncs what waits, ends a rewrite that is under way, and lets the files go. The engine must
    /// have stopped, or rewrites must be barred. The image of a log that is being enabled, or was lost, is
    /// finished: it is all that there is.
    ///
    /// @throws IOException when what waits could not be written or synced; then the file ends in its last
    ///                     whole command
    @Override
    public void close() throws IOException {
        if (!isListed()) {
            awaitRewrite(); // it may have had its moment before the log was lost
            if (!isListed()) {
                rewrite();
                awaitRewrite();
            }
        }
        end();
    }

    /// Ends a log that is not wanted any more, as [#close] does but for a first image. Nothing is promised
    /// from now on, so whoever still waits goes, whatever became of the files.
    ///
    /// @throws IOException as [#close]
    public void turnOff() throws IOException {
        try {
            end();
        } finally {
            synchronized (writing) {
                released = Math.max(released, buffer.recordEnd());
            }
            thread.announce();
        }
    }

    private void awaitRewrite() {
        synchronized (writing) {
            while (isRewriting.get() && !rewritesAreBarred) Waits.untilDone(writing::wait);
        }
    }

    private void end() throws IOException {
        isClosing = true;
        thread.awaitEnd();
        awaitRewrite();
        try {
            letGo();
        } finally {
            thread.announce(); // also when the disk has not taken all: some of it, it may have
        }
    }

    private void letGo() throws IOException {
        synchronized (syncing) {
            synchronized (writing) {
                if (state == State.CLOSED) return;
                try {
                    if (!isBeingEnabled) finish();
                } finally {
                    state = State.CLOSED;
                    writer.close();
                }
            }
        }
    }

    private void finish() throws IOException {
        reserve.release();
        if (!isListed()) throw new IOException("the append only file is not whole: " + refusal);
        try {
            writer.complete(wantsGroups());
            writer.file().trim();
            writer.file().sync();
            released = Math.max(released, writer.written());
        } catch (IOException e) {
            writer.file().cutToWhole();
            throw e;
        }
    }
}
