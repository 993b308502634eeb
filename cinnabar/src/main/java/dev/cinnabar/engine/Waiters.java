package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.StoredBytes;
import dev.cinnabar.command.Flag;
import dev.cinnabar.command.Waiting;
import dev.cinnabar.command.Wish;
import dev.cinnabar.engine.Session.WatchedKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Calls that wait for a key: BLPOP and its kin. First come, first served, per key. Touched only under the
/// engine's lock.
final class Waiters {
    /*
     * A waiting call is its words, kept. When one of its keys changes it is simply run again, right after the
     * command that changed the key and before any other: so nobody can come in between, and a body that waits
     * needs no second form. If it still cannot be answered it keeps its place.
     *
     *   key → line: place ⇄ place ⇄ …          a waiter may have places in the lines of several keys
     *
     * A line may be long, and mostly its first is served and nobody else. So nobody walks through it, and
     * nothing is copied: who goes, whoever it is and whoever is served just then, is taken out of its places
     * at once. A place that was taken out still leads to the next, so that a walk that stands on it goes on.
     * And a line knows how many wait for which type: where nobody waits for what the key is now, nobody is
     * looked at.
     */

    /// A call that waits.
    static final class Waiter {
        final Session session;
        final CommandEntry entry;
        final Bytes[] argv;
        final List<WatchedKey> keys;
        private final List<Place> places; // in the lines of the keys
        final Waiting how;
        final long deadlineMs; // Long.MAX_VALUE for none
        final long heldBytes; // of the budget
        long againMs; // when it wants to be run again though no key has changed
        boolean isGone;

        Waiter(
                Session session,
                CommandEntry entry,
                Bytes[] argv,
                List<WatchedKey> keys,
                Waiting how,
                long deadlineMs,
                long heldBytes) {
            this.heldBytes = heldBytes;
            this.session = session;
            this.entry = entry;
            this.argv = argv;
            this.keys = keys;
            this.places = new ArrayList<>(keys.size());
            this.how = how;
            this.deadlineMs = deadlineMs;
            this.againMs = how.againMs();
        }

        long nextMs() {
            return Math.min(deadlineMs, againMs);
        }

        /// Whether a key helps it that is of this type now, or gone (null).
        boolean waitsFor(@Nullable String type) {
            return type == null
                    ? entry.is(Flag.WAKES_WITHOUT_KEY)
                    : how.wish().type().fits(type);
        }

        /// Its words when it is run again because a key has changed.
        Bytes[] argvFor(WatchedKey changed) {
            if (!how.isForOneOf() || keys.size() == 1) return argv;
            Bytes[] words = argv.clone();
            Arrays.fill(words, how.first(), how.last() + 1, changed.key().window());
            return words;
        }
    }

    /// A waiter's place in the line of a key.
    static final class Place {
        final Waiter waiter;
        private final WatchedKey key;
        private @Nullable Place previous;
        private @Nullable Place next;

        Place(Waiter waiter, WatchedKey key) {
            this.waiter = waiter;
            this.key = key;
        }

        /// The one behind, also when this one was taken out; who has it may be gone, too.
        @Nullable
        Place next() {
            return next;
        }
    }

    /// Who waits for a key.
    static final class Line {
        private static final Wish.Type[] TYPES = Wish.Type.values();

        @Nullable
        Place first;

        @Nullable
        Place last;

        private int wakeWithoutKey; // how many want to hear when the key goes
        private final int[] forType = new int[TYPES.length]; // how many wait for a key of each type

        /// Whether anybody waits for the key that is of this type now, or gone (null). O(1).
        boolean isAnyFor(@Nullable String type) {
            if (type == null) return wakeWithoutKey > 0;
            for (Wish.Type wished : TYPES) if (forType[wished.ordinal()] > 0 && wished.fits(type)) return true;
            return false;
        }

        private void count(Waiter waiter, int more) {
            forType[waiter.how.wish().type().ordinal()] += more;
            if (waiter.entry.is(Flag.WAKES_WITHOUT_KEY)) wakeWithoutKey += more;
        }

        void add(Place place) {
            place.previous = last;
            if (last == null) first = place;
            else last.next = place;
            last = place;
            count(place.waiter, 1);
        }

        void remove(Place place) {
            if (place.previous == null) first = place.next;
            else place.previous.next = place.next;
            if (place.next == null) last = place.previous;
            else place.next.previous = place.previous;
            count(place.waiter, -1);
        }
    }

    private final Map<WatchedKey, Line> lines = new HashMap<>();
    private final Map<Session, Waiter> bySession = new HashMap<>();
    // a set and no heap, for most go before their time: out of a heap one is taken by searching it
    private final TreeSet<Waiter> byTime =
            new TreeSet<>(Comparator.comparingLong(Waiter::nextMs).thenComparingLong(w -> w.session.id()));
    private final Set<Waiter> forNoKey = new LinkedHashSet<>();
    private final LinkedHashSet<WatchedKey> ready = new LinkedHashSet<>(); // in the order in which they changed

    void add(Waiter waiter) {
        bySession.put(waiter.session, waiter);
        for (WatchedKey key : waiter.keys) {
            Place place = new Place(waiter, key);
            waiter.places.add(place);
            lines.computeIfAbsent(key, k -> new Line()).add(place);
        }
        if (waiter.nextMs() != Long.MAX_VALUE) byTime.add(waiter);
        if (waiter.how.isForNoKey()) forNoKey.add(waiter);
    }

    void remove(Waiter waiter) {
        waiter.isGone = true;
        bySession.remove(waiter.session);
        forNoKey.remove(waiter);
        for (Place place : waiter.places) {
            Line line = lines.get(place.key);
            if (line == null) throw new IllegalStateException("no line of a key that is waited for");
            line.remove(place);
            if (line.first == null) lines.remove(place.key);
        }
        if (waiter.nextMs() != Long.MAX_VALUE) byTime.remove(waiter);
    }

    /// Says when a waiter wants to be run again at the latest; [Long#MAX_VALUE] when only a key can help it.
    void again(Waiter waiter, long atMs) {
        if (waiter.isGone || waiter.againMs == atMs) return;
        if (waiter.nextMs() != Long.MAX_VALUE) byTime.remove(waiter);
        waiter.againMs = atMs;
        if (waiter.nextMs() != Long.MAX_VALUE) byTime.add(waiter);
    }

    @Nullable
    Waiter of(Session session) {
        return bySession.get(session);
    }

    /// How many sessions wait.
    int size() {
        return bySession.size();
    }

    /// How many keys are waited for.
    int keys() {
        return lines.size();
    }

    /// Of these keys, those that somebody waits for who wants to hear when they go.
    int keysThatMayGo() {
        int count = 0;
        for (Line line : lines.values()) if (line.isAnyFor(null)) count++;
        return count;
    }

    /// How many sessions wait for a time, too.
    int withTime() {
        return byTime.size();
    }

    /// A key was changed: those who wait for it will be run again.
    void changed(int db, Bytes key) {
        if (lines.isEmpty()) return;
        // without a copy, for which there may be no memory: then nobody would hear of the change
        Line line = lines.get(new WatchedKey(db, StoredBytes.borrowed(key)));
        if (line != null && line.first != null) ready.add(line.first.key);
    }

    /// Any key of a database may have changed: SWAPDB.
    void allChanged(int db) {
        for (WatchedKey key : lines.keySet()) if (key.db() == db) ready.add(key);
    }

    /// Keys that were changed before, and for which not all could be run again.
    void changedBefore(Collection<WatchedKey> keys) {
        ready.addAll(keys);
    }

    boolean isAnyReady() {
        return !ready.isEmpty();
    }

    /// The next key that was changed.
    @Nullable
    WatchedKey nextReady() {
        Iterator<WatchedKey> first = ready.iterator();
        if (!first.hasNext()) return null;
        WatchedKey key = first.next();
        first.remove();
        return key;
    }

    /// Who waits for the key, or null.
    @Nullable
    Line line(WatchedKey key) {
        return lines.get(key);
    }

    /// One whose time is over, or who wants to be run again, or null.
    @Nullable
    Waiter overdue(long nowMs) {
        Waiter first = byTime.isEmpty() ? null : byTime.first();
        return first != null && first.nextMs() <= nowMs ? first : null;
    }

    /// Those who wait for something else than a key, as they are now.
    List<Waiter> forNoKey() {
        return List.copyOf(forNoKey);
    }

    /// In how many milliseconds the next one's time is over, at most the given number.
    long nextInMs(long nowMs, long atMost) {
        Waiter first = byTime.isEmpty() ? null : byTime.first();
        return first == null ? atMost : Math.max(0, Math.min(atMost, first.nextMs() - nowMs));
    }
}
