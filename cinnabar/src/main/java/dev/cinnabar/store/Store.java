package dev.cinnabar.store;

import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// All databases of an engine, the pages they share, and the long work that is done on them in small steps.
///
/// Touched only under the engine's lock.
public final class Store {
    /// Buckets in a step of rebuilding a table, emptying it, or compacting: some 10 µs, 50 when nothing of it
    /// is in a cache.
    private static final int STEP_BUCKETS = 32;
    private static final int MOST_FLUSHED = 64; // databases that wait to be freed

    private static final int NO_INDEX = -1;

    private final Pages pages;
    private final BigValues bigs;
    private final Moment moment;
    private final Thresholds thresholds = new Thresholds();
    private final KeyEvents events;
    private final Randomness randomness;
    private final Database[] databases;
    private final Database workshop;
    private final List<Database> garbage = new ArrayList<>();
    private @Nullable Snapshot snapshot;
    private int compacting; // the database whose records are being moved
    private long heldBefore; // when the last compaction was planned
    private long freedBefore = -Pages.PAGE_BYTES;
    private long garbageKeys;
    private long flushedBytes; // what is still to be freed of flushed databases, estimated
    private long ownBytes; // of those in use, what is there without any data

    /// @param count  how many databases
    /// @param events who is told of expired and evicted keys
    public Store(int count, Budget budget, KeyEvents events, Randomness randomness, long nowMs) {
        this(count, budget, events, randomness, nowMs, false);
    }

    /// @param isExact whether keys and fields go in the very millisecond after their time; else they may be
    ///                counted for some 20 ms more, which costs less
    public Store(int count, Budget budget, KeyEvents events, Randomness randomness, long nowMs, boolean isExact) {
        this.moment = new Moment(isExact);
        this.pages = new Pages(budget);
        this.bigs = new BigValues(pages);
        this.events = events;
        this.randomness = randomness;
        moment.set(nowMs);
        databases = new Database[count];
        for (int i = 0; i < count; i++) databases[i] = newDatabase(i);
        workshop = newDatabase(NO_INDEX);
    }

    /// Each database has a hash seed of its own: keys that come in the order of another one's hashes (a walk
    /// that copies) would all fall into one neighbourhood of the new table while it grows.
    private Database newDatabase(int index) {
        return new Database(index, pages, bigs, thresholds, moment, events, randomness, randomness.hashSeed());
    }

    public Pages pages() {
        return pages;
    }

    public Moment moment() {
        return moment;
    }

    /// Up to which size collections are one block.
    public Thresholds thresholds() {
        return thresholds;
    }

    /// How many databases there are.
    public int count() {
        return databases.length;
    }

    /// @param index 0 up to, not including, [#count()]
    public Database database(int index) {
        return databases[index];
    }

    /// A database that nobody sees, empty between commands: where a value is built that takes its place as a
    /// whole or not at all. What is finished goes to its key with [Database#moveTo], in O(1); what cannot be
    /// finished is removed.
    public Database workshop() {
        return workshop;
    }

    /// Counts what the server takes without any data as in use: the databases, and what lies around them.
    ///
    /// @param around bytes of heap that others have taken for good, the buffers of event loops for example
    public void countOwn(long around) {
        long bytes = around + (databases.length + 1L) * Database.BYTES;
        pages.forceExtra(bytes);
        ownBytes += bytes;
    }

    /// Exchanges the contents of two databases. O(1).
    public void swap(int a, int b) {
        Database first = databases[a];
        databases[a] = databases[b];
        databases[b] = first;
        databases[a].setIndex(a);
        databases[b].setIndex(b);
    }

    /// Lets go of the values that were looked at last; nobody may be using one. Called now and then.
    public void letGo() {
        for (Database db : databases) db.letGo();
    }

    /// Empties a database at once; its records are freed in later steps. O(1), unless a good many that were
    /// flushed before are still to be freed: then the smallest are freed now, for each takes memory of its
    /// own.
    ///
    /// @return how many keys it had
    public long flush(int index) {
        Database old = databases[index];
        long keys = old.size();
        if (keys == 0) return 0;
        flushedBytes += (long) ((double) keys / allKeys() * (pages.used() - ownBytes - garbageBytes()));
        databases[index] = newDatabase(index);
        garbage.add(old);
        garbageKeys += keys;
        while (garbage.size() > MOST_FLUSHED && stepFlushed(STEP_BUCKETS)) continue;
        return keys;
    }

    private long allKeys() {
        long keys = 0;
        for (Database db : databases) keys += db.size();
        return keys;
    }

    /// Frees all that was flushed or given up now, but for what a snapshot needs. O(elements).
    public void freeGarbage() {
        while (stepFlushed(Integer.MAX_VALUE)) continue;
        while (bigs.step(Integer.MAX_VALUE)) continue;
    }

    /// Frees a little of what was flushed or given up, some 30 µs.
    ///
    /// @return whether there is more that can be freed now
    public boolean stepGarbage() {
        return stepFlushed(STEP_BUCKETS) | bigs.step(STEP_BUCKETS);
    }

    /// Bytes in use that are on their way out: garbage, what becomes garbage when the snapshot that runs has
    /// handed it over, and old blocks that only the snapshot needs. Those of flushed databases are estimated
    /// by their share of all keys; whatever they are, all together are not more than the data. O(1).
    public long garbageBytes() {
        long held = snapshot == null ? 0 : snapshot.heldBytes();
        long bytes = flushedBytes + bigs.garbageBytes() + bigs.waitingBytes() + held;
        return Math.min(bytes, pages.used() - ownBytes);
    }

    /// How many keys and big values are gone whose memory is not freed yet.
    public long garbageObjects() {
        return garbageKeys + bigs.garbage() + bigs.waiting();
    }

    /// How many keys were flushed whose memory is not freed yet.
    public long garbageKeys() {
        return garbageKeys;
    }

    /// How many values were freed in steps since [#countFreedAnew], those of flushed databases left out: they
    /// are counted as keys.
    public long valuesFreedLater() {
        return bigs.freedLater();
    }

    public void countFreedAnew() {
        bigs.beginCounting();
    }

    private boolean stepFlushed(int buckets) {
        Database next = smallestGarbage();
        if (next == null) return false;
        long before = pages.used() - bigs.garbageBytes() - bigs.waitingBytes();
        long queued = bigs.queued();
        boolean isEmpty = !next.keyspace.drain(buckets);
        bigs.queued(queued);
        if (isEmpty) {
            garbage.remove(next);
            garbageKeys = 0;
            for (Database db : garbage) garbageKeys += db.size();
        }
        long drained = before - (pages.used() - bigs.garbageBytes() - bigs.waitingBytes());
        flushedBytes = garbage.isEmpty() ? 0 : Math.max(0, flushedBytes - drained);
        return !garbage.isEmpty();
    }

    /// Of what was flushed, that with the fewest keys which no snapshot needs. Who flushes a handful of keys
    /// again and again does not pay for the millions that were flushed before.
    private @Nullable Database smallestGarbage() {
        Database smallest = null;
        for (Database db : garbage) {
            if (!db.keyspace.isInSnapshot() && (smallest == null || db.size() < smallest.size())) smallest = db;
        }
        return smallest;
    }

    /// Does a short piece of the long work that is to be done: freeing what was flushed, rebuilding tables,
    /// closing holes.
    ///
    /// @return whether there is more
    public boolean step() {
        boolean more = stepFlushed(STEP_BUCKETS) | bigs.step(2 * STEP_BUCKETS);
        for (Database db : databases) more |= db.keyspace.step(STEP_BUCKETS);
        return stepCompaction(more) | more;
    }

    private boolean stepCompaction(boolean isBusy) {
        if (!pages.isCompacting()) {
            // what is being freed or rebuilt makes holes and closes them by itself
            if (isBusy || !garbage.isEmpty() || !isWorthCompacting() || pages.planCompaction() == 0) return false;
            compacting = 0;
        }
        try {
            if (compacting == databases.length
                    ? bigs.compact(STEP_BUCKETS)
                    : databases[compacting].keyspace.compact(STEP_BUCKETS)) return true;
        } catch (OutOfMemory e) {
            bigs.endCompaction();
            pages.endCompaction();
            return false;
        }
        if (++compacting <= databases.length) return true;
        pages.endCompaction();
        return false;
    }

    /// Whether there are holes to close, and closing them may succeed. After a compaction that has won no
    /// page (ends of spans, classes of which there are few blocks) the next one would win none either, and
    /// move the same blocks from new pages to new pages for ever: it waits until a page's worth of blocks was
    /// freed.
    private boolean isWorthCompacting() {
        if (!pages.isFragmented()) return false;
        boolean hasWon = heldBefore - pages.held() >= Pages.PAGE_BYTES;
        if (!hasWon && pages.freed() - freedBefore < Pages.PAGE_BYTES) return false;
        heldBefore = pages.held();
        freedBefore = pages.freed();
        return true;
    }

    /// Lets keys go whose time is over, in all databases.
    ///
    /// @param most how many records to touch at the most
    /// @return whether there may be more to do
    public boolean expire(int most) {
        boolean more = false;
        for (Database db : databases) more |= db.expires() && db.expire(most) == 0;
        return more;
    }

    /// In how many milliseconds the next key may expire, at the most the given number.
    public long nextExpiryInMs(long atMost) {
        long next = atMost;
        for (Database db : databases) if (db.expires()) next = db.nextExpiryInMs(next);
        return next;
    }

    // ---- snapshots ----

    /// Begins an image of all databases as they are now. There must be no other one running.
    public Snapshot beginSnapshot(Snapshot.Sink sink) {
        if (isInSnapshot()) throw new IllegalStateException("a snapshot is running already");
        snapshot = new Snapshot(Arrays.asList(databases.clone()), bigs, sink);
        return snapshot;
    }

    /// Whether some database is still part of a running snapshot.
    public boolean isInSnapshot() {
        return snapshot != null && snapshot.isRunning();
    }

    // ---- self-check ----

    /// Checks everything against everything else; for tests and `DEBUG`. O(n).
    ///
    /// @throws IllegalStateException when something does not add up
    public void checkInvariants() {
        pages.checkInvariants();
        for (Database db : databases) db.checkInvariants();
        workshop.checkInvariants();
        if (workshop.size() > 0) throw new IllegalStateException(workshop.size() + " keys were left in the workshop");
    }
}
