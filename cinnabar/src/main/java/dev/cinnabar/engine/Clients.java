package dev.cinnabar.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Who is connected: who is let in, who is who, and who has been silent for too long or holds too much.
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
    private static final long SIZE_CHECK_MS = 100;

    private final Settings settings;
    private final Map<Long, Session> sessions = new LinkedHashMap<>(); // of the network, by id
    private long nextId = 1;
    private long lastIdleCheckMs;
    private long lastSizeCheckMs;

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

    /// Who has to go so that all together hold no more than `maxmemory-clients` allows: those who hold the
    /// most, but for those who said CLIENT NO-EVICT. A message that many are sent counts for each of them.
    /// O(N) for N clients, therefore only ten times a second however often it is called.
    List<Session> holdingTooMuch(long nowMs) {
        long most = mostHeldBytes();
        if (most == 0 || nowMs - lastSizeCheckMs < SIZE_CHECK_MS) return List.of();
        lastSizeCheckMs = nowMs;
        long sum = 0;
        List<Held> largestFirst = new ArrayList<>();
        for (Session session : sessions.values()) {
            long bytes = session.heldBytes();
            sum += bytes;
            if (bytes > 0 && !session.isNoEvict) largestFirst.add(new Held(session, bytes));
        }
        if (sum <= most) return List.of();
        largestFirst.sort(Comparator.comparingLong(Held::bytes).reversed());
        List<Session> tooMuch = new ArrayList<>();
        for (Held held : largestFirst) {
            tooMuch.add(held.session);
            sum -= held.bytes;
            if (sum <= most) break;
        }
        return tooMuch;
    }

    /// What a client held when it was looked at: links are busy meanwhile.
    private record Held(Session session, long bytes) {}

    private long mostHeldBytes() {
        long most = settings.maxMemoryClients;
        return most >= 0 ? most : (long) (settings.maxMemory / 100.0 * -most);
    }

    private static boolean isMeantToBeSilent(Session session) {
        return session.isMonitor || session.subscriptions != null || session.isWaiting;
    }
}
