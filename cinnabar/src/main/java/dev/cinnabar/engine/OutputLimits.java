package dev.cinnabar.engine;

import dev.cinnabar.config.OutputBufferLimits.Limit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// How much may wait for a client that does not fetch it: `client-output-buffer-limit`. Touched only under the engine's lock.
///
/// Asked whenever something was added to what a client is sent, and by a timer. A client over its limit is doomed: it gets nothing
/// more, and the engine closes it when the command that noticed it is over, so that nobody leaves while listeners are counted through.
final class OutputLimits {
    /*
     * Redis counts a client that only sends commands as `normal` and sets it no limit by default, and so do we: such a client gets
     * only what it asks for, and the transport stops running its commands while much is unsent. A monitor, though, which Redis
     * counts as normal, too, is held to the limit of `pubsub`: it is pushed to, so there is nothing that could press back, and our
     * memory ends with the Java heap. See docs/decisions/0050. Who has not logged in gets little.
     */
    private static final Limit STRANGER = new Limit(17 << 10, 0, 0); // Redis: 1 KiB beyond the buffer of 16 KiB

    private final Settings settings;
    private final Set<Session> slow = new LinkedHashSet<>(); // over their soft limit
    private final List<Session> doomed = new ArrayList<>();

    OutputLimits(Settings settings) {
        this.settings = settings;
    }

    private Limit of(Session session) {
        if (!session.isAuthenticated) return STRANGER;
        boolean isPushedTo = session.subscriptions != null || session.isMonitor;
        return isPushedTo ? settings.outputBufferLimits.pubsub() : settings.outputBufferLimits.normal();
    }

    /// Something was added to what the client is sent.
    ///
    /// @param more bytes that the link does not count yet
    void check(Session session, long more, long nowMs) {
        Limit limit = of(session);
        if (limit.hardBytes() == 0 && limit.softBytes() == 0 || session.isDoomed) return;
        long bytes = session.link().outputBytes() + more;
        boolean isOverSoft = limit.softBytes() != 0 && bytes >= limit.softBytes();
        if (!isOverSoft) forget(session);
        else if (session.slowSinceMs == 0) noteSlow(session, nowMs);

        boolean isOverHard = limit.hardBytes() != 0 && bytes >= limit.hardBytes();
        boolean isSlowForLong = isOverSoft && nowMs - session.slowSinceMs > limit.softSeconds() * 1000L;
        if (isOverHard || isSlowForLong) doom(session);
    }

    /// The client is to be closed: what it is to be sent is more than may wait.
    void doom(Session session) {
        if (session.isDoomed) return;
        session.isDoomed = true;
        doomed.add(session);
    }

    /// How long an answer may get before it is clear that its client will be closed for it; 0 for any length.
    long longestReply(Session session) {
        return of(session).hardBytes();
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

    boolean hasDoomed() {
        return !doomed.isEmpty();
    }

    /// Those to be closed; they are not named again.
    List<Session> takeDoomed() {
        List<Session> taken = List.copyOf(doomed);
        doomed.clear();
        return taken;
    }

    void forget(Session session) {
        if (session.slowSinceMs == 0) return;
        session.slowSinceMs = 0;
        slow.remove(session);
    }
}
