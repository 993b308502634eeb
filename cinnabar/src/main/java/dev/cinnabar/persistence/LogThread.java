package dev.cinnabar.persistence;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.base.Waits;
import dev.cinnabar.engine.Durability;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The log's own thread: when something is to be done for the log without anybody asking. What is done then
/// stands in [AppendOnlyLog].
///
/// ```
///   whenever a ticket waits, under `always`     a group is committed, perhaps a moment later (Gathering)
///   each 100 ms                                 what could not be written is tried again; a rewrite that is due begins
///   each second                                 everything gets its checksum line, and is synced if the policy says so
///   behind each of them                         the holders of replies hear what was released
/// ```
final class LogThread {
    /*
     * Waking. Whoever wants the thread first leaves what it wants it for, a ticket or other settings, then
     * looks whether the thread is idle; the thread first says that it is idle, then looks for work. A full
     * fence stands between the two steps on both sides, so at least one sees the other, and a thread that is
     * busy costs nobody a system call.
     *
     * While it gathers it is not idle: it looks again by itself, each 50 µs.
     */
    private static final long MS = 1_000_000; // in nanoseconds
    private static final long TICK_NS = 100 * MS; // retries, and the grain of everything timed
    private static final long SYNC_EVERY_NS = 950 * MS; // with the grain of a tick: a second
    private static final long GATHER_LOOK_NS = 50_000;

    private final AppendOnlyLog aof;
    private final Durability durability;
    private final Clock clock;
    private final Log log;

    private volatile @Nullable Thread thread;
    private final AtomicBoolean isIdle = new AtomicBoolean();

    // the thread's own; before its start and after its end, whoever starts or ends it
    private long nextTick;
    private long lastSync;
    private long announced; // the largest ticket whose release was told
    private final Gathering gathering = new Gathering();

    LogThread(AppendOnlyLog aof, LogParts parts) {
        this.aof = aof;
        this.durability = parts.durability();
        this.clock = parts.clock();
        this.log = parts.log();
        this.nextTick = clock.nanos();
        this.lastSync = nextTick;
    }

    /// Begins behind this ticket, of which nobody need be told. Before [#start].
    void startAt(long ticket) {
        announced = ticket;
    }

    /// Starts the thread, a daemon.
    void start(String name) {
        Thread t = new Thread(this::run, name);
        t.setDaemon(true);
        thread = t;
        t.start();
    }

    /// Waits for its end, if it was started; it ends with the turn in which it sees that the log is closing.
    void awaitEnd() {
        Thread t = thread;
        if (t == null) return;
        LockSupport.unpark(t);
        Waits.untilDone(t::join);
    }

    /// Has it look what is due, if it is idle. Any thread.
    void wake() {
        VarHandle.fullFence();
        if (isIdle.get() && isIdle.compareAndSet(true, false)) LockSupport.unpark(thread);
    }

    private void run() {
        while (!aof.isClosing()) {
            long sleepNs = turnWhateverHappens();
            if (sleepNs <= 0) continue;
            if (aof.isGroupDue()) { // it gathers: nobody has to wake us
                LockSupport.parkNanos(this, Math.min(sleepNs, GATHER_LOOK_NS));
                continue;
            }
            isIdle.set(true);
            VarHandle.fullFence(); // with the one in wake(): either we see the new end, or it sees us idle
            if (!aof.isGroupDue() && !aof.isClosing()) LockSupport.parkNanos(this, sleepNs);
            isIdle.set(false);
        }
    }

    /// A turn that fails for want of memory, or by a bug, is not the last one: without this thread nothing
    /// would be synced or tried again.
    private long turnWhateverHappens() {
        try {
            return turn();
        } catch (RuntimeException | OutOfMemoryError e) {
            nextTick = clock.nanos() + TICK_NS;
            try {
                log.failure("Internal error of the append only file", e);
            } catch (OutOfMemoryError again) { // no memory to tell it, either
            }
            return TICK_NS;
        }
    }

    /// Does everything that is due. The thread calls it over and over; tests call it themselves.
    ///
    /// @return for how long there is nothing to do unless somebody commits, in nanoseconds
    long turn() {
        if (aof.isGroupDue()) commitGroup();
        aof.leaveGroupsIfUnwanted();
        long now = clock.nanos();
        if (now - nextTick >= 0) {
            tick(now);
            nextTick = now + TICK_NS;
        }
        announce();
        if (!aof.isGroupDue()) return Math.max(0, nextTick - clock.nanos());
        return Math.max(0, Math.min(gathering.deadline(), nextTick) - clock.nanos());
    }

    /// Commits what waits, unless it is worth waiting a moment for more.
    private void commitGroup() {
        long now = clock.nanos();
        long waiting = aof.notDurable();
        if (gathering.isWorthWaiting(waiting, now)) return;
        aof.sync(true);
        announce();
        gathering.released(now, clock.nanos(), waiting + aof.notDurable());
    }

    private void tick(long now) {
        aof.retry();
        if (now - lastSync >= SYNC_EVERY_NS) {
            lastSync = now;
            aof.syncByPolicy();
        }
        aof.rewriteIfDue(now);
    }

    /// Tells what was released since it was told last.
    void announce() {
        long now = aof.released();
        if (now <= announced) return;
        announced = now;
        durability.released(now);
    }
}
