package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Call;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.KeyEvents;
import org.jspecify.annotations.Nullable;

/// What follows when databases do something of their own accord: a key or a field expires, is given up, is
/// made. It is counted, logged as a deletion where something is gone, and told to those who watch the key,
/// wait for it, or listen to what happens to keys.
///
/// Touched only under the engine's lock.
final class DatabaseEvents implements KeyEvents {
    /*
     * What a body changes does not come here: that is said in the outbox of its call, and Engine.tell does
     * the same for it. But most of what databases do by themselves they do while a body runs, which asks for
     * a key that has expired, or makes one; then the event is put among those of the body, so that listeners
     * hear all of them in the order in which they happened.
     */
    private final Engine engine;
    private final Statistics statistics;
    private final Watches watches;
    private final KeyspaceNotifications notifications;

    private @Nullable Call body; // the last one
    private boolean isInBody;

    DatabaseEvents(Engine engine, Statistics statistics, Watches watches, KeyspaceNotifications notifications) {
        this.engine = engine;
        this.statistics = statistics;
        this.watches = watches;
        this.notifications = notifications;
    }

    /// The call whose body runs; null while none does.
    @Nullable
    Call body() {
        return isInBody ? body : null;
    }

    /// Says whose body runs from now on, or, with null, that none does.
    void body(@Nullable Call running) {
        isInBody = running != null;
        if (isInBody && body != running) body = running; // speed only: to store a reference costs a barrier
    }

    @Override
    public void expired(Database db, Bytes key) {
        statistics.expiredKeys++;
        removed(db, key);
        happened(db, key, "expired", 'x');
    }

    @Override
    public void fieldExpired(Database db, Bytes key, Bytes field) {
        statistics.expiredFields++;
        statistics.dirty++;
        if (!engine.isLoading()) engine.journal().removed(db, key, field, engine.isInExec());
    }

    @Override
    public void fieldsExpired(Database db, Bytes key, boolean isGone) {
        watches.changed(db.index(), key);
        happened(db, key, "hexpired", 'h');
        if (isGone) happened(db, key, "del", 'g');
    }

    @Override
    public void evicted(Database db, Bytes key) {
        statistics.evictedKeys++;
        removed(db, key);
        happened(db, key, "evicted", 'e');
    }

    @Override
    public void created(Database db, Bytes key) {
        if (db.index() >= 0) happened(db, key, "new", 'n'); // no client sees a database that only helps (RESTORE)
    }

    @Override
    public void expiresSooner(long atMs) {
        engine.timers().expiresSooner(atMs);
    }

    private void removed(Database db, Bytes key) {
        watches.changed(db.index(), key);
        engine.waiting().waiters().changed(db.index(), key);
        statistics.dirty++;
        if (!engine.isLoading()) engine.journal().removed(db, key, engine.isInExec());
    }

    /// Tells an event at once, or, while a body runs, in its place among the events of that. The key is
    /// copied where it has to be kept.
    private void happened(Database db, Bytes key, String event, char eventClass) {
        int classes = engine.settings().keyspaceEvents;
        if (classes == 0 || engine.isLoading()) return;
        Call running = body();
        if (running != null) running.outbox().notice(db.index(), key, event, eventClass);
        else notifications.tell(classes, db.index(), key, event, eventClass);
    }
}
