package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import java.util.Arrays;
import java.util.Collections;

/// What a body says it changed, and what the log is to remember of it. Filled through its [Call]; read by the
/// engine when it has returned.
///
/// Reused from call to call; allocates only while it grows.
public final class Outbox {
    /*
     * A body says `changed(key, "set")`, and perhaps what the log is to remember instead of the command. That
     * does nothing by itself: the engine reads it after the body has returned, wakes watchers, sends
     * notifications, writes the log. What a body has said before it failed counts all the same, so it says so
     * when it is done; where it broke off nevertheless, neither its words nor its effects say what it did.
     *
     * What happened beside, while the body ran, stands between its changes: a key expired when it was asked
     * for, was made, was not there. These *notices* are for keyspace notifications only, which shall come in
     * the order in which things happened.
     *
     *   SPOP k   →   change k spop | change k del            SET k v   →   notice k new | change k set
     */

    /// Room for more than so many entries or effects is given back.
    static final int MOST_KEPT = 1024;

    /// A change of a key, or a notice.
    public static final class Entry {
        private final Bytes key = new Bytes();
        private int db;
        private String event = Call.NO_EVENT;
        private char eventClass;
        private boolean isNotice;
        private boolean isUnwatched;
        private boolean isUnawaited;

        /// Valid until the next call begins.
        public Bytes key() {
            return key;
        }

        public int db() {
            return db;
        }

        /// What listeners are told, [Call#NO_EVENT] for nothing.
        public String event() {
            return event;
        }

        /// Its class, a letter.
        public char eventClass() {
            return eventClass;
        }

        /// Whether it is a change for those who watch the key.
        public boolean isWatched() {
            return !isNotice && !isUnwatched;
        }

        /// Whether it is a change that may help, or end, those who wait for the key.
        public boolean isAwaited() {
            return !isNotice && !isUnawaited;
        }
    }

    private final Effects effects = new Effects();
    private Entry[] entries = entries(2);
    private int size;
    private long dirty;
    private boolean isLogged;
    private boolean usesEffects;
    private boolean isBrokenOff;

    private static Entry[] entries(int count) {
        Entry[] entries = new Entry[count];
        Arrays.setAll(entries, i -> new Entry());
        return entries;
    }

    // ---- the body's side ----

    /// A key was changed, removed or made.
    ///
    /// @param count how many changes that is, for `rdb_changes_since_last_save`
    void changed(int db, Bytes key, String event, char eventClass, long count) {
        dirty(count); // first: there may be no memory for the rest, and the change is made
        put(db, key.array(), key.offset(), key.length(), event, eventClass);
    }

    /// The same for a change that WATCH takes no notice of.
    void changedUnwatched(int db, Bytes key, String event, char eventClass, long count) {
        dirty(count);
        put(db, key.array(), key.offset(), key.length(), event, eventClass).isUnwatched = true;
    }

    /// The same for a change that does not help those who wait for the key either.
    void changedUnawaited(int db, Bytes key, String event, char eventClass, long count) {
        dirty(count);
        Entry entry = put(db, key.array(), key.offset(), key.length(), event, eventClass);
        entry.isUnwatched = true;
        entry.isUnawaited = true;
    }

    /// Something happened to a key that is not a change by the command. The key is copied. Only called when
    /// notifications are on.
    public void notice(int db, Bytes key, String event, char eventClass) {
        put(db, key.copy(), 0, key.length(), event, eventClass).isNotice = true;
    }

    private Entry put(int db, byte[] key, int offset, int length, String event, char eventClass) {
        if (size == entries.length) grow();
        Entry entry = entries[size++];
        entry.key.set(key, offset, length);
        entry.db = db;
        if (entry.event != event)
            entry.event = event; // speed only: to store a reference costs a barrier of the collector
        entry.eventClass = eventClass;
        entry.isNotice = false;
        entry.isUnwatched = false;
        entry.isUnawaited = false;
        return entry;
    }

    private void grow() {
        Entry[] more = entries(2 * size);
        System.arraycopy(entries, 0, more, 0, size);
        entries = more;
    }

    /// This many changes were made, and the log is to remember the command even if there were none.
    void dirty(long count) {
        dirty += count;
        isLogged = true;
    }

    /// Puts the entries from one [#size()] to a later one behind all others: for a body that does first,
    /// because it may be refused, what counts as done second.
    void putLast(int from, int to) {
        Collections.rotate(Arrays.asList(entries).subList(from, size), from - to);
    }

    /// What the log is to remember instead of the command: nothing, when the body first asks for it. The
    /// engine asks only where [#usesEffects].
    public Effects effects() {
        if (!usesEffects) {
            usesEffects = true;
            effects.clear();
        }
        return effects;
    }

    // ---- the engine's side ----

    /// How many entries there are.
    public int size() {
        return size;
    }

    /// They are in the order in which things happened.
    public Entry entry(int index) {
        return entries[index];
    }

    /// How many changes were made, for `rdb_changes_since_last_save`.
    public long dirty() {
        return dirty;
    }

    /// Whether the log is to remember anything.
    public boolean isLogged() {
        return isLogged;
    }

    /// Whether the log is to remember [#effects()], and not the command.
    public boolean usesEffects() {
        return usesEffects;
    }

    /// The body broke off.
    public void breakOff() {
        isBrokenOff = true;
    }

    /// Whether the body broke off: then nobody knows what it has done of what it was to do.
    public boolean isBrokenOff() {
        return isBrokenOff;
    }

    /// Whether effects are to be written down from now on: not where no log will read them.
    public void keepsEffects(boolean keeps) {
        effects.kept(keeps);
    }

    /// Empties it.
    public void clear() {
        size = 0;
        dirty = 0;
        isLogged = false;
        usesEffects = false;
        isBrokenOff = false;
    }

    /// Empties it, forgets the keys and words, and gives back what has grown large.
    void letGo() {
        clear();
        effects.letGo();
        if (entries.length > MOST_KEPT) entries = entries(2);
        for (Entry entry : entries) entry.key.letGo();
    }
}
