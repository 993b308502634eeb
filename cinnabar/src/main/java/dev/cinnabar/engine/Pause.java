package dev.cinnabar.engine;

import dev.cinnabar.command.Flag;
import java.util.ArrayList;
import java.util.List;

/// CLIENT PAUSE: for a while, commands of clients wait, all of them or only those that write. Touched only under the engine's lock.
final class Pause {
    private long untilMs;
    private boolean onlyWrites;
    private final List<Session> held = new ArrayList<>(0);

    /// @param untilMs ms since 1970; a pause that lasts longer already is not shortened, and one of all commands not weakened
    void begin(long nowMs, long untilMs, boolean onlyWrites) {
        boolean isRunning = this.untilMs > nowMs;
        this.onlyWrites = onlyWrites && (!isRunning || this.onlyWrites);
        this.untilMs = isRunning ? Math.max(this.untilMs, untilMs) : untilMs;
    }

    /// Ends it; those held are brought again.
    void end() {
        untilMs = 0;
        for (Session session : held) {
            session.waitsFor = null;
            session.link().resume();
        }
        held.clear();
    }

    /// When it ends, in ms since 1970; 0 when there is none.
    long untilMs() {
        return untilMs;
    }

    boolean isRunning(long nowMs) {
        return untilMs > nowMs;
    }

    boolean onlyWrites() {
        return onlyWrites;
    }

    /// Ends it when its time is over.
    void tick(long nowMs) {
        if (untilMs != 0 && untilMs <= nowMs) end();
    }

    boolean holds(CommandEntry entry, Session session, long nowMs) {
        if (untilMs == 0 || session.origin() == Session.Origin.REPLAY) return false;
        if (untilMs <= nowMs) return false;
        if (!onlyWrites) return !entry.fullName().startsWith("client|") || !isUnpause(entry);
        boolean writes = entry.spec().is(Flag.WRITE) || entry.spec().is(Flag.MAY_REPLICATE);
        if (entry.fullName().equals("exec") && session.queue != null) {
            for (Session.QueuedCall queued : session.queue) writes |= queued.entry().spec().is(Flag.WRITE);
        }
        return writes && session.queue == null || writes && entry.fullName().equals("exec");
    }

    private static boolean isUnpause(CommandEntry entry) {
        return entry.fullName().equals("client|unpause") || entry.fullName().equals("client|pause");
    }

    void hold(Session session) {
        session.waitsFor = "pause";
        if (!held.contains(session)) held.add(session);
    }

    void forget(Session session) {
        held.remove(session);
    }

    /// How many sessions wait for its end.
    int held() {
        return held.size();
    }
}
