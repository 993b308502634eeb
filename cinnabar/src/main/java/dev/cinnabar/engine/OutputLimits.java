package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Flag;
import dev.cinnabar.config.OutputBufferLimits.Limit;
import dev.cinnabar.memory.Budget;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How much may wait for a client that does not fetch it: `client-output-buffer-limit`. Touched only under
/// the engine's lock.
///
/// Asked whenever something was added to what a client is sent, and by a timer. A client over its limit is
/// doomed: it gets nothing more, and the engine closes it when the command that noticed it is over, so that
/// nobody leaves while listeners are counted through.
final class OutputLimits {
    /*
     * Redis counts a client that only sends commands as `normal` and sets it no limit by default, and so do
     * we: such a client gets only what it asks for, and the transport stops running its commands while much
     * is unsent. A monitor, though, which Redis counts as normal, too, is held to the limit of `pubsub`: it
     * is pushed to, so there is nothing that could press back, and our memory ends with the Java heap. See
     * docs/decisions/0050-what-is-pushed.md. Who has not logged in gets little.
     */
    private static final int SHARED_MIN =
            16 << 10; // bytes; a shorter message is copied for each who is slow (see net.Connection)
    private static final long FRESH_MS = 1000;

    /// So much of what waits for a client counts for no limit, as in Redis, whose clients have a buffer of
    /// that size. Without it a small number by mistake would close everybody, also who could take it back.
    static final int NEVER_COUNTED = 16 << 10; // bytes

    private static final Limit NONE = new Limit(0, 0, 0);
    private static final Limit STRANGER = new Limit(1 << 10, 0, 0);

    private final Settings settings;
    private final Budget budget;
    private final Set<Session> listeners = new LinkedHashSet<>(); // for whom something waited when they were looked at
    private long waitsForAll; // bytes, as they were counted then
    private final Set<Session> slow = new LinkedHashSet<>(); // over their soft limit
    private final Queue<Session> doomed = new ArrayDeque<>();

    OutputLimits(Settings settings, Budget budget) {
        this.settings = settings;
        this.budget = budget;
    }

    /// How many bytes may wait for all those together whom something is pushed to: half of the memory, as
    /// long as data leave that, and a sixteenth in any case.
    private long mostForAll() {
        long limit = budget.limit();
        return Math.max(limit / 16, Math.min(limit / 2, limit - budget.reserved()));
    }

    private Limit of(Session session) {
        // a call within the process takes its answer itself: nothing waits for it
        if (session.origin() == Session.Origin.EMBEDDED) return NONE;
        if (!session.mayEnter()) return STRANGER;
        return isPushedTo(session) ? settings.outputBufferLimits.pubsub() : settings.outputBufferLimits.normal();
    }

    private static boolean isPushedTo(Session session) {
        return session.subscriptions != null || session.isMonitor;
    }

    /// A message was pushed to the client. One that many are pushed lies in memory once, and for the first
    /// second or two it counts for each of them as its part of it: they had no time to fetch it yet. Whoever
    /// has not fetched it then keeps it alive, and it counts as what it is.
    ///
    /// @param more    bytes that the link does not count yet
    /// @param length  of the message, in bytes
    /// @param readers how many it is pushed to
    void pushed(Session session, long more, int length, int readers, long nowMs) {
        if (length >= SHARED_MIN && more == 0) session.freshOutput.add(length - length / readers, nowMs / FRESH_MS);
        check(session, more, nowMs);
    }

    /// Bytes of one client that need not be counted yet.
    static final class Fresh {
        private long second;
        private long now; // of this second
        private long before; // of the last one

        private void add(long bytes, long nowSecond) {
            turnTo(nowSecond);
            now += bytes;
        }

        private long bytes(long nowSecond) {
            turnTo(nowSecond);
            return now + before;
        }

        private void turnTo(long nowSecond) {
            if (second == nowSecond) return;
            before = second == nowSecond - 1 ? now : 0;
            now = 0;
            second = nowSecond;
        }
    }

    /// Something was added to what the client is sent.
    ///
    /// @param more bytes that the link does not count yet
    void check(Session session, long more, long nowMs) {
        if (session.isDoomed) return;
        Limit limit = of(session);
        boolean isLimited = limit.hardBytes() != 0 || limit.softBytes() != 0;
        boolean isPushedTo = isPushedTo(session);
        if (!isLimited && !isPushedTo) return;
        long bytes = session.link().outputBytes() + more;
        if (isPushedTo) {
            count(session, bytes, nowMs);
            if (waitsForAll > mostForAll()) relieve(nowMs);
        }
        long counted = bytes - NEVER_COUNTED;
        boolean isOverSoft = limit.softBytes() != 0 && counted >= limit.softBytes();
        if (!isOverSoft) forget(session);
        else if (session.slowSinceMs == 0) noteSlow(session, nowMs);

        boolean isOverHard = limit.hardBytes() != 0 && counted >= limit.hardBytes();
        boolean isSlowForLong = isOverSoft && nowMs - session.slowSinceMs > limit.softSeconds() * 1000L;
        if (isOverHard || isSlowForLong) doom(session);
    }

    private void count(Session session, long unsent, long nowMs) {
        setCount(session, Math.max(0, unsent - session.freshOutput.bytes(nowMs / FRESH_MS)));
    }

    private void setCount(Session session, long bytes) {
        if (session.countedOutput == 0 && bytes > 0) listeners.add(session);
        waitsForAll += bytes - session.countedOutput;
        session.countedOutput = bytes;
    }

    /// Counts again, for some have fetched much meanwhile, and gives up those who have left the most until
    /// the others' is not too much.
    private void relieve(long nowMs) {
        for (Session session : List.copyOf(listeners)) {
            count(session, session.link().outputBytes(), nowMs);
            if (session.countedOutput == 0) listeners.remove(session);
        }
        if (waitsForAll <= mostForAll()) return;
        List<Session> slowestFirst = new ArrayList<>(listeners);
        slowestFirst.sort(
                Comparator.comparingLong((Session s) -> s.countedOutput).reversed());
        for (Session session : slowestFirst) {
            if (waitsForAll <= mostForAll()) return;
            doom(session);
            leave(session);
        }
    }

    private void leave(Session session) {
        setCount(session, 0);
        listeners.remove(session);
    }

    /// The client is to be closed: what it is to be sent is more than may wait.
    void doom(Session session) {
        if (session.isDoomed) return;
        doomed.add(session);
        session.isDoomed = true;
    }

    /// An answer that its client will be closed for is not written to its end. Only where nothing is changed:
    /// a change that stops in the middle would be worse.
    void limitReply(Session session, CommandSpec spec, ByteBuilder out) {
        long longest = of(session).hardBytes();
        if (longest != 0 && spec.is(Flag.READONLY)) out.limit(out.length() + NEVER_COUNTED + longest);
    }

    private void noteSlow(Session session, long nowMs) {
        session.slowSinceMs = nowMs;
        slow.add(session);
    }

    /// Looks again at those who are over their soft limit.
    void tick(long nowMs) {
        if (slow.isEmpty()) return;
        for (Session session : List.copyOf(slow)) {
            if (of(session).softBytes() == 0) forget(session);
            else check(session, 0, nowMs);
        }
    }

    /// One who is to be closed, or null.
    @Nullable
    Session doomed() {
        return doomed.peek();
    }

    /// That one is closed: it is not named again.
    void forgetDoomed(Session session) {
        doomed.remove(session);
    }

    /// A client is gone.
    void closed(Session session) {
        forget(session);
        leave(session);
    }

    /// The client is not over its limit.
    private void forget(Session session) {
        if (session.slowSinceMs == 0) return;
        session.slowSinceMs = 0;
        slow.remove(session);
    }
}
