package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.StoredBytes;
import dev.cinnabar.engine.Session.Watch;
import dev.cinnabar.engine.Session.WatchedKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Who watches which key, for WATCH. Touched only under the engine's lock.
final class Watches {
    private static final int WATCH_BYTES = 200; // of heap, beside the key's name

    private final Map<WatchedKey, List<Session>> watchers = new HashMap<>();

    /// How many keys are watched by somebody.
    int keys() {
        return watchers.size();
    }

    /// @param isOver whether the key's time is over
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    void watch(Session session, Bytes key, boolean isOver) {
        WatchedKey watched = new WatchedKey(session.db, StoredBytes.copyOf(key));
        for (Watch watch : session.watched) if (watch.isOf(watched)) return;
        long bytes = WATCH_BYTES + key.length();
        session.engine().budget().reserve(bytes);
        session.watchedBytes += bytes;
        session.watched.add(new Watch(watched, isOver));
        watchers.computeIfAbsent(watched, k -> new ArrayList<>(1)).add(session);
    }

    void unwatchAll(Session session) {
        for (Watch watch : session.watched) {
            watchers.computeIfPresent(watch.key(), (k, sessions) -> {
                sessions.remove(session);
                return sessions.isEmpty() ? null : sessions;
            });
        }
        session.watched.clear();
        session.isDirty = false;
        session.engine().budget().cancel(session.watchedBytes);
        session.watchedBytes = 0;
    }

    /// What one client watches is watched by another from now on, and what has changed of it has changed.
    ///
    /// @param to watches nothing yet
    void handOver(Session from, Session to) {
        for (Watch watch : from.watched) {
            List<Session> sessions = watchers.get(watch.key());
            if (sessions != null) sessions.set(sessions.indexOf(from), to);
        }
        to.watched.addAll(from.watched);
        to.isDirty = from.isDirty;
        to.watchedBytes = from.watchedBytes;
        from.watched.clear();
        from.isDirty = false;
        from.watchedBytes = 0;
    }

    /// A key was changed: the transactions that depend on it will not run.
    void changed(int db, Bytes key) {
        if (watchers.isEmpty()) return;
        // without a copy, for which there may be no memory: then nobody would hear of the change
        List<Session> sessions = watchers.get(new WatchedKey(db, StoredBytes.borrowed(key)));
        if (sessions != null) for (Session session : sessions) session.isDirty = true;
    }

    /// A database is about to be emptied or replaced: every watched key that is there before, or will be
    /// there after, is changed.
    void flushed(int db, KeyTest isThere) {
        watchers.forEach((key, sessions) -> {
            if (key.db() == db && isThere.test(key.key().window()))
                for (Session session : sessions) session.isDirty = true;
        });
    }

    /// Whether a key is there, before or after.
    interface KeyTest {
        boolean test(Bytes key);
    }
}
