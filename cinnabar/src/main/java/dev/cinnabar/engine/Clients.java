package dev.cinnabar.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Who is connected: who is let in, who is who, and who has been silent for too long.
///
/// Touched only under the engine's lock.
final class Clients {
    private static final String TOO_MANY = "ERR max number of clients reached";
    private static final String PROTECTED_MODE =
            "DENIED Cinnabar is running in protected mode: no password is set, so only clients"
                    + " on the server's own machine are let in. To open it to others, set a password (requirepass in the configuration, or"
                    + " CONFIG SET requirepass from the machine itself), or switch the protection off (protected-mode no) where the"
                    + " network already keeps strangers out.";
    private static final long IDLE_CHECK_MS = 1000;

    private final Settings settings;
    private final Map<Long, Session> sessions = new LinkedHashMap<>(); // of the network, by id
    private long nextId = 1;
    private long lastIdleCheckMs;

    Clients(Settings settings) {
        this.settings = settings;
    }

    /// A number that no session had before, those within the process included.
    long newId() {
        return nextId++;
    }

    void add(Session session) {
        sessions.put(session.id(), session);
    }

    void remove(Session session) {
        sessions.remove(session.id());
    }

    /// In the order in which they came.
    Collection<Session> all() {
        return sessions.values();
    }

    @Nullable
    Session get(long id) {
        return sessions.get(id);
    }

    /// Why one more is not let in.
    ///
    /// @param fromThisMachine whether it came over loopback or a unix socket
    /// @return the error, without `-` and line end; null when it is welcome
    @Nullable
    String refusal(boolean fromThisMachine) {
        if (sessions.size() >= settings.maxClients) return TOO_MANY;
        boolean isForeign = settings.isProtected && settings.password.isEmpty() && !fromThisMachine;
        return isForeign ? PROTECTED_MODE : null;
    }

    /// Who has neither sent nor fetched anything for longer than `timeout`. Monitors and subscribers listen,
    /// and those that are made to wait cannot speak: they stay. O(N) for N clients, therefore only once a
    /// second however often it is called.
    List<Session> silentForTooLong(long nowMs) {
        List<Session> silent = new ArrayList<>();
        if (settings.idleTimeoutSeconds == 0 || nowMs - lastIdleCheckMs < IDLE_CHECK_MS) return silent;
        lastIdleCheckMs = nowMs;
        long silentSinceMs = nowMs - settings.idleTimeoutSeconds * 1000L;
        for (Session session : sessions.values()) {
            if (session.lastUsedMs >= silentSinceMs || isMeantToBeSilent(session)) continue;
            if (session.hasFetched()) session.lastUsedMs = nowMs;
            else silent.add(session);
        }
        return silent;
    }

    private static boolean isMeantToBeSilent(Session session) {
        return session.isMonitor || session.subscriptions != null || session.isWaiting;
    }
}
