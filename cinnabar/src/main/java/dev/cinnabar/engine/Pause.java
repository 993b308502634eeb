package dev.cinnabar.engine;

import dev.cinnabar.command.Flag;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// CLIENT PAUSE: for a while, commands of clients wait, all of them or only those that write. Touched only
/// under the engine's lock.
final class Pause {
    /*
     * A pause of all commands holds CLIENT UNPAUSE, too: over the network it ends by its time only. The
     * program around the server is not held; it has no connection to be kept waiting, and can end the pause.
     * Mistakes (a wrong number of arguments, a missing password) are answered all the same, because the
     * engine asks here last.
     */
    private long untilMs;
    private boolean onlyWrites;
    private final Set<Session> held = new LinkedHashSet<>(0); // in the order in which they came

    /// @param untilMs ms since 1970; a pause that lasts longer already is not shortened, and one of all
    ///                commands not weakened
    void begin(long nowMs, long untilMs, boolean onlyWrites) {
        boolean isRunning = isRunning(nowMs);
        this.onlyWrites = onlyWrites && (!isRunning || this.onlyWrites);
        this.untilMs = isRunning ? Math.max(this.untilMs, untilMs) : untilMs;
    }

    /// Ends it; those held are brought again.
    void end() {
        untilMs = 0;
        List<Session> resumed = List.copyOf(held);
        held.clear();
        for (Session session : resumed) {
            session.isWaiting = false;
            session.link().resume();
        }
    }

    boolean isRunning(long nowMs) {
        return untilMs > nowMs;
    }

    /// Ends it when its time is over.
    void tick(long nowMs) {
        if (untilMs != 0 && untilMs <= nowMs) end();
    }

    /// When [#tick] is to be called next: not later than the given number of milliseconds.
    long endsInMs(long nowMs, long atMostMs) {
        return isRunning(nowMs) ? Math.min(atMostMs, untilMs - nowMs) : atMostMs;
    }

    /// Whether a command has to wait.
    boolean holds(CommandEntry entry, Session session, long nowMs) {
        if (!isRunning(nowMs) || session.origin() != Session.Origin.NETWORK) return false;
        return !onlyWrites || writes(entry) || entry.is(Flag.RUNS_QUEUE) && writesInQueue(session);
    }

    private static boolean writes(CommandEntry entry) {
        return entry.is(Flag.WRITE) || entry.is(Flag.MAY_REPLICATE);
    }

    private static boolean writesInQueue(Session session) {
        List<Session.QueuedCall> queue = session.queue;
        if (queue == null) return false;
        for (Session.QueuedCall queued : queue) if (writes(queued.entry())) return true;
        return false;
    }

    /// Notes a session whose command has to wait.
    void hold(Session session) {
        session.isWaiting = true;
        held.add(session);
    }

    void forget(Session session) {
        held.remove(session);
    }

    /// How many sessions wait for its end.
    int held() {
        return held.size();
    }
}
