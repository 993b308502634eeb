package dev.cinnabar.struct;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Hash;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The hash table of the house: from a key to the address of its [record][Records].
///
/// Finding costs one cache line of the table and one of the record; it grows and shrinks without a pause and without ever
/// holding two full tables. Belongs to one engine; touched only under its lock.
public final class Dict {
    /*
     * A slot is a long: 22 bits of the hash (the tag), 42 bits of address. Eight slots are a bucket, one cache line:
     *
     *   hash   | top 32 bits: times the number of buckets, and again the top, is the bucket | … | start 3 | tag 22 |
     *
     *   bucket b      [ . x x . x x x x ]   spilled[b] = 0     an entry lies in its home bucket, anywhere in it,
     *   bucket b + 1  [ x x x x x x x x ]   spilled[b+1] = 2   or, when that is full, in one of the next;
     *   bucket b + 2  [ y . x y . . . . ]   spilled[b+2] = 0   y y: at home in b + 1
     *
     * spilled[b] counts the entries that were turned away by bucket b and live further on. A search reads its home bucket and
     * goes on only while that count is not zero: no tombstones, and a miss usually costs one line. The count is a byte; one that
     * reached 255 stays there until the table is rebuilt.
     *
     * The bucket number grows with the hash, so the entries lie in the order of their hashes, whatever the size of the table.
     * Sizes are 1, 2, 3, 4, 6, 8, 12, 16 … buckets: a table grows by a third or a half, not by doubling, so that at a load of at most
     * 0.84 it is never emptier than 0.56 while keys are added (13 bytes a key on the average of sizes, 11 with the sizes in between).
     * Much follows from the order:
     *
     * - Growing and shrinking walk the old table from front to back and fill the new one from front to back. `moved` says how
     *   far: buckets below are in the new table, the others still in the old one. Each key has one place to look.
     * - The tables are made of segments, which come and go with the walk; growing a table of 1 GiB needs no second 1 GiB. A segment that
     *   was emptied is the next one to be filled, so the growing makes no garbage either.
     * - A cursor (of SCAN, of a snapshot) is simply a hash: all below was visited, however the table changes meanwhile.
     *
     * Behind the last bucket are some more, the tail, so that what spills over the end has a place. While a table grows its unmoved
     * end fills up to a load of 0.91, 0.92 after memory was refused; the chance that more than 128 entries spill over one point is
     * then about 1e-10 (a queue with that utilisation, batches Poisson). A table of up to 16 buckets has a tail for all it can hold.
     */

    /// Tells who visits entries one after the other.
    public interface Visitor {
        /// @param address of the record; the visitor must not change the table
        void visit(long address);
    }

    /// Moves a record that lies in a page to be emptied; see [#compact].
    public interface Mover {
        /// @return where the record lies now
        long move(long address);
    }

    private static final int SLOTS = 8; // per bucket: 64 bytes, one cache line
    private static final int SLOTS_LOG = 3;
    private static final int SEGMENT_LOG = 13; // buckets per segment: 512 KiB of slots
    private static final int SEGMENT_MASK = (1 << SEGMENT_LOG) - 1;
    private static final int MAX_TAIL = 16; // buckets
    private static final int AT_ONCE = 64; // buckets; tables of up to so many are rebuilt in one go
    private static final int MOVE_STEP =
            2; // buckets moved by each insertion and removal, so that the load stays below 0.91
    private static final int HURRY_STEP =
            16; // buckets moved by an insertion when the table is fuller than that all the same
    private static final int SPILLED_MAX = 255;
    private static final long LOAD_NUMERATOR = 27; // of 32: fullest, 0.84
    private static final int TAG_SHIFT = Pages.ADDRESS_BITS;
    private static final int NOT_FOUND = -1;

    /// How many keys [#ahead] takes at a time.
    public static final int AHEAD = 16;

    private static final int AHEAD_SECOND_LINE =
            8; // every block has so many bytes; most records end in the line of their eighth byte

    private final Pages pages;
    private final long seed;
    private final long[] aheadHashes = new long[AHEAD];
    private final long[] aheadEntries = new long[AHEAD];

    private Table table; // the only one, or the one being filled
    private @Nullable Table old; // the one being emptied
    private int moved; // buckets of `old` that are empty for good
    private long @Nullable []
            emptySlots; // a segment of `old` that was emptied, counted still; for the next one of `table`
    private byte @Nullable [] emptySpilled;
    private long size;
    private long bytes; // of the segments
    private int drained; // buckets of the table that is given up
    private int touched; // read by nobody; without it the compiler would drop the reads of touchRecords

    // Where the last find ended, so that a replacement or removal needs no second search. The table is told by a flag: a reference
    // written on every find would cost a barrier of the garbage collector.
    private boolean isFoundInOld;
    private int foundBucket;
    private int foundSlot = NOT_FOUND;
    private long foundHash;

    /// @param seed secret, and this table's own (see [Hash]): filling a table in the order of another's hashes with the same seed would crowd
    ///     one end of it
    public Dict(Pages pages, long seed) {
        this.pages = pages;
        this.seed = seed;
        this.table = new Table(1);
    }

    /// The buckets of one size of the table.
    private final class Table {
        final int buckets; // the tail not counted
        final int tail;
        final long[][] slots;
        final byte[][] spilled;

        Table(int buckets) {
            this.buckets = buckets;
            this.tail = buckets == 1 ? 0 : Math.min(buckets, MAX_TAIL);
            int segments = (buckets + tail + SEGMENT_MASK) >>> SEGMENT_LOG;
            this.slots = new long[segments][];
            this.spilled = new byte[segments][];
        }

        int bucketOf(long hash) {
            return (int) ((hash >>> 32) * buckets >>> 32);
        }

        /// The smallest hash of a bucket; 0 for the one behind the last.
        long firstHash(int bucket) {
            return (((long) bucket << 32) + buckets - 1) / buckets << 32;
        }

        boolean isOpen() {
            for (long[] segment : slots) if (segment == null) return false;
            return true;
        }

        /// Makes sure of the segment in which the bucket lies.
        void open(int bucket) {
            if (slots[bucket >>> SEGMENT_LOG] == null) openSegment(bucket >>> SEGMENT_LOG);
        }

        private void openSegment(int segment) {
            int length = Math.min(1 << SEGMENT_LOG, buckets + tail - (segment << SEGMENT_LOG));
            if (length == 1 << SEGMENT_LOG && emptySlots != null) {
                slots[segment] = emptySlots;
                spilled[segment] = emptySpilled;
                emptySlots = null;
                emptySpilled = null;
                return;
            }
            pages.countExtra(segmentBytes(length));
            try {
                long[] newSlots = new long[length << SLOTS_LOG];
                spilled[segment] = new byte[length];
                slots[segment] = newSlots;
                bytes += segmentBytes(length);
            } catch (OutOfMemoryError e) {
                // The budget leaves a margin, but the heap may be shared with a host application or be fragmented.
                pages.uncountExtra(segmentBytes(length));
                throw OutOfMemory.REFUSED;
            }
        }

        /// The same for some buckets and for those that may take what spills from them.
        void openAround(int bucket, int count) {
            open(bucket);
            open(Math.min(bucket + count - 1 + MAX_TAIL, buckets + tail - 1));
        }

        void drop(int segment) {
            if (slots[segment] == null) return;
            pages.uncountExtra(segmentBytes(spilled[segment].length));
            bytes -= segmentBytes(spilled[segment].length);
            slots[segment] = null;
            spilled[segment] = null;
        }

        /// Keeps a segment whose entries have moved away for the other table, or drops it.
        void passOn(int segment) {
            byte[] counts = spilled[segment];
            if (emptySlots != null || counts == null || counts.length != 1 << SEGMENT_LOG) {
                drop(segment);
                return;
            }
            Arrays.fill(counts, (byte) 0);
            emptySlots = slots[segment];
            emptySpilled = counts;
            slots[segment] = null;
            spilled[segment] = null;
        }

        void dropAll() {
            for (int i = 0; i < slots.length; i++) drop(i);
        }
    }

    private static long segmentBytes(int buckets) {
        return 16L + buckets * 64L + 16 + (buckets + 7 & ~7);
    }

    // ---- asking ----

    /// How many entries there are.
    public long size() {
        return size;
    }

    /// Bytes that the table itself takes, the records not counted.
    public long bytes() {
        return bytes;
    }

    public long hash(byte[] key, int offset, int length) {
        return Hash.of(key, offset, length, seed);
    }

    /// The hash of a record's key. Reads the record.
    public long hashOf(long address) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        return Hash.of(page, Records.keyOffset(page, at), Records.keyLength(page, at), seed);
    }

    /// The address of the key's record, or 0. O(1).
    public long find(Bytes key) {
        return find(key.array(), key.offset(), key.length(), Hash.of(key.array(), key.offset(), key.length(), seed));
    }

    /// The same with the key's hash known already.
    public long find(byte[] key, int offset, int length, long hash) {
        Table t = tableOf(hash);
        int bucket = t.bucketOf(hash);
        int start = startOf(hash);
        while (true) {
            long[] slots = t.slots[bucket >>> SEGMENT_LOG];
            if (slots == null) return 0;
            int base = (bucket & SEGMENT_MASK) << SLOTS_LOG;
            for (int i = 0; i < SLOTS; i++) {
                int slot = base + (start + i & SLOTS - 1);
                long entry = slots[slot];
                if ((entry ^ hash << TAG_SHIFT) >>> TAG_SHIFT != 0 || entry << 64 - TAG_SHIFT == 0) continue;
                long address = entry & Pages.ADDRESS_MASK;
                if (Records.keyEquals(pages.array(address), Pages.offset(address), key, offset, length)) {
                    isFoundInOld = t != table;
                    foundBucket = bucket;
                    foundSlot = slot;
                    foundHash = hash;
                    return address;
                }
            }
            if (t.spilled[bucket >>> SEGMENT_LOG][bucket & SEGMENT_MASK] == 0) return 0;
            bucket++;
        }
    }

    /// Brings the slots and records of some keys into the processor's caches, so that the finds that follow need not wait for memory one
    /// after the other. Speed only.
    ///
    /// @param keys at most [#AHEAD] of them count
    /// @return a number that depends on all that was read, for the compiler must not leave the reading out
    public long ahead(Bytes[] keys, int count) {
        for (int i = 0; i < count; i++) aheadHashes[i] = hash(keys[i].array(), keys[i].offset(), keys[i].length());
        // Two passes: in each, no read depends on another, so the processor has them all under way at the same time; as many as fit into what it
        // looks at, which is why the hashes were calculated before.
        for (int i = 0; i < count; i++) {
            long hash = aheadHashes[i];
            Table t = tableOf(hash);
            int bucket = t.bucketOf(hash);
            long[] slots = t.slots[bucket >>> SEGMENT_LOG];
            aheadEntries[i] = slots == null ? 0 : slots[((bucket & SEGMENT_MASK) << SLOTS_LOG) + startOf(hash)];
        }
        long sum = 0;
        for (int i = 0; i < count; i++) {
            long entry = aheadEntries[i];
            if ((entry ^ aheadHashes[i] << TAG_SHIFT) >>> TAG_SHIFT != 0 || entry << 64 - TAG_SHIFT == 0) {
                entry = elsewhereInBucket(aheadHashes[i]);
                if (entry == 0) continue;
            }
            byte[] page = pages.array(entry);
            int at = Pages.offset(entry & Pages.ADDRESS_MASK);
            sum += page[at] + page[at + AHEAD_SECOND_LINE];
        }
        return sum;
    }

    /// An entry of the home bucket that has the hash's tag, but does not lie where the search begins; 0 for none. A third of the entries of
    /// a full table. The line of the bucket is in the cache by now.
    private long elsewhereInBucket(long hash) {
        Table t = tableOf(hash);
        int bucket = t.bucketOf(hash);
        long[] slots = t.slots[bucket >>> SEGMENT_LOG];
        if (slots == null) return 0;
        int base = (bucket & SEGMENT_MASK) << SLOTS_LOG;
        int start = startOf(hash);
        for (int i = 1; i < SLOTS; i++) {
            long entry = slots[base + (start + i & SLOTS - 1)];
            if ((entry ^ hash << TAG_SHIFT) >>> TAG_SHIFT == 0 && entry << 64 - TAG_SHIFT != 0) return entry;
        }
        return 0;
    }

    private Table tableOf(long hash) {
        Table o = old;
        return o != null && o.bucketOf(hash) >= moved ? o : table;
    }

    private static int startOf(long hash) {
        return (int) (hash >>> 22) & SLOTS - 1;
    }

    /// How many bytes the table may take beyond what it has when this many entries are added, at the most.
    public long growthBytes(long entries) {
        int buckets = table.buckets;
        long whole = old == null && table.isOpen() ? 0 : tableBytes(buckets);
        int tables = 1;
        while (size + entries > capacity(buckets)) {
            buckets = larger(buckets);
            whole += tableBytes(buckets);
            tables++;
        }
        // each insertion opens what it needs itself, and what the buckets need that it moves; at the edges two segments more
        long segments = (entries * MOVE_STEP * 2 >>> SEGMENT_LOG) + 4L * tables;
        return Math.min(whole, segments * segmentBytes(1 << SEGMENT_LOG));
    }

    private static long tableBytes(int buckets) {
        int all = buckets + MAX_TAIL;
        return (all >>> SEGMENT_LOG) * segmentBytes(1 << SEGMENT_LOG) + segmentBytes(all & SEGMENT_MASK);
    }

    // ---- changing ----

    /// Adds a record whose key is not in the table.
    ///
    /// The record is not read, so it may be written afterwards.
    ///
    /// @throws OutOfMemory when the table cannot grow; then no entry has changed
    public void insert(long hash, long address) {
        makeRoom(hash);
        insertPrepared(hash, address);
    }

    /// The first half of [#insert]: whatever may fail of it.
    ///
    /// @throws OutOfMemory when the table cannot grow; then no entry has changed
    public void makeRoom(long hash) {
        if (old == null && size >= capacity(table.buckets)) start(larger(table.buckets));
        else moveOn(MOVE_STEP);
        if (old != null && size >= fullest(Math.min(old.buckets, table.buckets))) hurry();

        Table t = tableOf(hash);
        t.openAround(t.bucketOf(hash), 1);
    }

    /// The second half: cannot fail when [#makeRoom] came before with the same hash, and nothing but [#find] and [#takeFound]
    /// in between.
    public void insertPrepared(long hash, long address) {
        Table t = tableOf(hash);
        put(t, hash, address);
        size++;
        isFoundInOld = t == old;
        foundHash = hash;
    }

    /// The table got fuller than a move lets it get by itself: memory for the next segment was refused for a while, or still is.
    private void hurry() {
        int before = moved;
        if (moveOn(HURRY_STEP) && moved == before) throw OutOfMemory.REFUSED;
    }

    /// Puts another address into the slot of the record that was found last; for a record that moved or was replaced by one with
    /// the same key. Between the find and this call the table must not have changed.
    public void replaceFound(long address) {
        foundTable().slots[foundBucket >>> SEGMENT_LOG][foundSlot] = foundHash << TAG_SHIFT | address;
    }

    /// Takes the record that was found last out of the table. Freeing it is the caller's.
    public void removeFound() {
        takeFound();
        settle();
    }

    /// The first half of [#removeFound]: moves nothing else, so that the record may get another key before [#settle].
    public void takeFound() {
        removeAt(foundTable(), foundHash, foundBucket, foundSlot);
        size--;
        foundSlot = NOT_FOUND;
    }

    /// The second half: lets a table shrink that has become sparse.
    public void settle() {
        step(MOVE_STEP);
    }

    private Table foundTable() {
        if (foundSlot == NOT_FOUND) throw new IllegalStateException("the table changed since the last find");
        Table o = old;
        return isFoundInOld && o != null ? o : table;
    }

    private void removeAt(Table t, long hash, int bucket, int slot) {
        t.slots[bucket >>> SEGMENT_LOG][slot] = 0;
        for (int b = t.bucketOf(hash); b < bucket; b++) {
            byte[] spilled = t.spilled[b >>> SEGMENT_LOG];
            if (spilled[b & SEGMENT_MASK] != (byte) SPILLED_MAX) spilled[b & SEGMENT_MASK]--;
        }
    }

    private void put(Table t, long hash, long address) {
        int home = t.bucketOf(hash);
        int start = startOf(hash);
        for (int bucket = home; bucket < t.buckets + t.tail; bucket++) {
            t.open(bucket);
            long[] slots = t.slots[bucket >>> SEGMENT_LOG];
            int base = (bucket & SEGMENT_MASK) << SLOTS_LOG;
            for (int i = 0; i < SLOTS; i++) {
                int slot = base + (start + i & SLOTS - 1);
                if (slots[slot] != 0) continue;
                slots[slot] = hash << TAG_SHIFT | address;
                for (int b = home; b < bucket; b++) {
                    byte[] spilled = t.spilled[b >>> SEGMENT_LOG];
                    if (spilled[b & SEGMENT_MASK] != (byte) SPILLED_MAX) spilled[b & SEGMENT_MASK]++;
                }
                foundBucket = bucket;
                foundSlot = slot;
                return;
            }
        }
        throw new IllegalStateException("the tail of a table of " + t.buckets + " buckets is full");
    }

    // ---- growing and shrinking ----

    /// The next size: 2, 3, 4, 6, 8, 12, 16 … buckets.
    private static int larger(int buckets) {
        if (buckets < 3) return buckets + 1;
        int power = Integer.highestOneBit(buckets);
        return power == buckets ? power + (power >> 1) : 2 * power;
    }

    private static long capacity(int buckets) {
        return buckets == 1 ? SLOTS - 2 : (LOAD_NUMERATOR * buckets << SLOTS_LOG) >> 5;
    }

    /// How many entries the table may hold while it is being moved. Growing, it gets `capacity + buckets / MOVE_STEP`, which is less.
    private static long fullest(int buckets) {
        return capacity(buckets) + capacity(buckets) / 12;
    }

    /// A table that is less than a quarter full gives way to one that is about half full.
    private void shrinkIfSparse() {
        if (old != null || table.buckets == 1 || size >= capacity(table.buckets) >> 2) return;
        int buckets = Math.max(1, Integer.highestOneBit(table.buckets) >> 2);
        while (capacity(buckets) < 2 * size) buckets = larger(buckets);
        start(buckets);
    }

    private void start(int buckets) {
        Table next = new Table(buckets);
        old = table;
        table = next;
        moved = 0;
        moveOn(Math.max(buckets, old.buckets) <= AT_ONCE ? Integer.MAX_VALUE : MOVE_STEP);
    }

    /// Moves some buckets to the new table, if there is one, and begins with another one when the table has become sparse meanwhile. The server's
    /// timers call it, so that a table that is only read gets done too.
    ///
    /// @param buckets how many at the most; fewer when there is no memory for the new table's next segment
    /// @return whether more is to be done
    public boolean step(int buckets) {
        if (!moveOn(buckets)) shrinkIfSparse();
        return old != null;
    }

    /// @return whether more is to be moved
    private boolean moveOn(int buckets) {
        Table from = old;
        if (from == null) return false;
        foundSlot = NOT_FOUND;
        for (int n = 0; n < buckets; n++) {
            if (!openTargets(from)) return true;
            touchRecords(from, moved);
            moveHome(from, moved);
            foundSlot = NOT_FOUND; // moving has put entries down, too
            if ((++moved & SEGMENT_MASK) == 0) from.passOn((moved >>> SEGMENT_LOG) - 1);
            if (moved == from.buckets) {
                from.dropAll();
                dropEmpty();
                old = null;
                return false;
            }
        }
        return true;
    }

    /// Makes sure of the memory that the next bucket's entries go to, so that a bucket is moved whole or not at all.
    private boolean openTargets(Table from) {
        try {
            int first = table.bucketOf(from.firstHash(moved));
            int last = table.bucketOf(from.firstHash(moved + 1) - 1);
            table.openAround(first, last - first + 1);
            return true;
        } catch (OutOfMemory e) {
            return false;
        }
    }

    private void dropEmpty() {
        if (emptySlots == null) return;
        emptySlots = null;
        emptySpilled = null;
        pages.uncountExtra(segmentBytes(1 << SEGMENT_LOG));
        bytes -= segmentBytes(1 << SEGMENT_LOG);
    }

    public boolean isMoving() {
        return old != null;
    }

    /// Reads a byte of each record in a bucket. Speed only: their cache misses run side by side then, and those of [#hashOf], which
    /// hashes one record after the other, do not. (Filling a table with 3 million keys: 340 ns a key instead of 390, of which
    /// half is the table's growing; Temurin 25, serial collector.)
    private void touchRecords(Table t, int bucket) {
        long[] slots = t.slots[bucket >>> SEGMENT_LOG];
        int base = (bucket & SEGMENT_MASK) << SLOTS_LOG;
        int sum = 0;
        for (int slot = base; slot < base + SLOTS; slot++) {
            long entry = slots[slot];
            if (entry != 0) sum += pages.array(entry)[Pages.offset(entry)];
        }
        touched = sum;
    }

    /// Moves all entries whose home is the bucket, those that spilled from it included.
    private void moveHome(Table from, int home) {
        int bucket = home;
        while (from.slots[bucket >>> SEGMENT_LOG] != null) {
            long[] slots = from.slots[bucket >>> SEGMENT_LOG];
            int base = (bucket & SEGMENT_MASK) << SLOTS_LOG;
            for (int slot = base; slot < base + SLOTS; slot++) {
                if (slots[slot] == 0) continue;
                long address = slots[slot] & Pages.ADDRESS_MASK;
                long hash = hashOf(address);
                if (from.bucketOf(hash) != home) continue;
                put(table, hash, address);
                removeAt(from, hash, bucket, slot);
            }
            if (from.spilled[bucket >>> SEGMENT_LOG][bucket & SEGMENT_MASK] == 0) return;
            bucket++;
        }
    }

    // ---- visiting ----

    /// Shows the entries of one bucket and answers where to go on.
    ///
    /// An entry that is in the table from the first call of a walk to the last is shown just once, however much is inserted and
    /// removed in between and however often the table grows or shrinks.
    ///
    /// @param from 0 to start, then what the call before answered: a hash; entries below were shown
    /// @return the next hash to go on from, 0 when all was shown
    public long scan(long from, Visitor visitor) {
        Table o = old;
        boolean inOld = o != null && o.bucketOf(from) >= moved;
        Table t = o != null && inOld ? o : table;
        int home = t.bucketOf(from);
        visitHome(t, home, from, visitor);

        long next = t.firstHash(home + 1);
        if (o != null && !inOld) {
            // a bucket of the new table may reach beyond what was moved
            long limit = o.firstHash(moved);
            if (next == 0 || Long.compareUnsigned(next, limit) > 0) next = limit;
        }
        return next;
    }

    private void visitHome(Table t, int home, long from, Visitor visitor) {
        int bucket = home;
        while (t.slots[bucket >>> SEGMENT_LOG] != null) {
            long[] slots = t.slots[bucket >>> SEGMENT_LOG];
            int base = (bucket & SEGMENT_MASK) << SLOTS_LOG;
            for (int slot = base; slot < base + SLOTS; slot++) {
                if (slots[slot] == 0) continue;
                long address = slots[slot] & Pages.ADDRESS_MASK;
                long hash = hashOf(address);
                if (t.bucketOf(hash) == home && Long.compareUnsigned(hash, from) >= 0) visitor.visit(address);
            }
            if (t.spilled[bucket >>> SEGMENT_LOG][bucket & SEGMENT_MASK] == 0) return;
            bucket++;
        }
    }

    /// The address of an entry picked by chance, each with the same chance; 0 when there is none. A handful of looks, for at least a
    /// seventh of the slots is in use, but for tables that could not shrink for want of memory.
    public long random(Randomness randomness) {
        if (size == 0) return 0;
        Table o = old;
        long oldBuckets = o == null ? 0 : o.buckets + o.tail - moved;
        long slotsOfBoth = oldBuckets + table.buckets + table.tail << SLOTS_LOG;
        while (true) {
            long draw = randomness.below(slotsOfBoth);
            long bucket = draw >>> SLOTS_LOG;
            Table t = table;
            if (o != null && bucket < oldBuckets) {
                t = o;
                bucket += moved;
            } else {
                bucket -= oldBuckets;
            }
            long[] slots = t.slots[(int) (bucket >>> SEGMENT_LOG)];
            if (slots == null) continue; // not yet filled, or empty for good
            long entry = slots[((int) bucket & SEGMENT_MASK) << SLOTS_LOG | (int) draw & SLOTS - 1];
            if (entry != 0) return entry & Pages.ADDRESS_MASK;
        }
    }

    /// Goes over some slots and has the records that lie in sparse pages moved. Reads no record but those that move.
    ///
    /// @param position 0 to start, then what the call before answered
    /// @param buckets how many at the most
    /// @return where to go on, 0 when the end was reached; a table rebuilt meanwhile may hide some entries from this walk
    public long compact(long position, int buckets, Mover mover) {
        Table o = old;
        long oldEnd = o == null ? 0 : o.buckets + o.tail;
        long end = oldEnd + table.buckets + table.tail;
        foundSlot = NOT_FOUND;
        for (long p = position; p < position + buckets; p++) {
            if (p >= end) return 0;
            Table t = o != null && p < oldEnd ? o : table;
            int bucket = (int) (t == table ? p - oldEnd : p);
            long[] slots = t.slots[bucket >>> SEGMENT_LOG];
            if (slots == null) continue;
            int base = (bucket & SEGMENT_MASK) << SLOTS_LOG;
            for (int slot = base; slot < base + SLOTS; slot++) {
                long entry = slots[slot];
                if (entry == 0 || !pages.isSparse(entry)) continue;
                slots[slot] = entry & ~Pages.ADDRESS_MASK | mover.move(entry & Pages.ADDRESS_MASK);
            }
        }
        return position + buckets >= end ? 0 : position + buckets;
    }

    /// Takes entries out, in no order, for a table that is being given up; nothing else may be done with it any more.
    ///
    /// @param most how many buckets at the most
    /// @return whether there is more
    public boolean drain(int most, Visitor visitor) {
        foundSlot = NOT_FOUND;
        for (int n = 0; n < most; n++) {
            Table t = old != null ? old : table;
            int end = t.buckets + t.tail;
            if (drained == end) {
                t.dropAll();
                drained = 0;
                if (t == table) {
                    table = new Table(1);
                    size = 0;
                    return false;
                }
                dropEmpty();
                old = null;
                continue;
            }
            int bucket = drained++;
            long[] slots = t.slots[bucket >>> SEGMENT_LOG];
            if (slots != null) {
                int base = (bucket & SEGMENT_MASK) << SLOTS_LOG;
                for (int slot = base; slot < base + SLOTS; slot++) {
                    if (slots[slot] != 0) visitor.visit(slots[slot] & Pages.ADDRESS_MASK);
                }
            }
            if ((drained & SEGMENT_MASK) == 0) t.drop((drained >>> SEGMENT_LOG) - 1);
        }
        return true;
    }

    /// Forgets all entries and gives the table's memory back. The records are the caller's to free, before.
    public void clear() {
        if (old != null) old.dropAll();
        dropEmpty();
        old = null;
        table.dropAll();
        table = new Table(1);
        size = 0;
        foundSlot = NOT_FOUND;
    }

    /// Slots of all tables, for `DEBUG HTSTATS` and `INFO`.
    public long slots() {
        return (table.buckets + (old == null ? 0L : old.buckets)) << SLOTS_LOG;
    }

    // ---- self-check ----

    /// Checks that every entry is found where it lies and that the counts are true; for tests and `DEBUG`. O(n).
    ///
    /// @throws IllegalStateException when something does not add up
    public void checkInvariants() {
        long n = check(table);
        if (old != null) n += check(old);
        if (n != size) throw new IllegalStateException("size says " + size + ", but there are " + n + " entries");
    }

    private long check(Table t) {
        long n = 0;
        int[] passing = new int[t.buckets + t.tail];
        for (int bucket = 0; bucket < passing.length; bucket++) {
            long[] slots = t.slots[bucket >>> SEGMENT_LOG];
            if (slots == null) continue;
            int base = (bucket & SEGMENT_MASK) << SLOTS_LOG;
            for (int slot = base; slot < base + SLOTS; slot++) {
                if (slots[slot] == 0) continue;
                n++;
                long address = slots[slot] & Pages.ADDRESS_MASK;
                long hash = hashOf(address);
                byte[] page = pages.array(address);
                int at = Pages.offset(address);
                long found = find(page, Records.keyOffset(page, at), Records.keyLength(page, at), hash);
                if (found != address) throw new IllegalStateException("entry " + address + " is found as " + found);
                for (int b = t.bucketOf(hash); b < bucket; b++) passing[b]++;
            }
        }
        for (int b = 0; b < passing.length; b++) {
            byte[] spilled = t.spilled[b >>> SEGMENT_LOG];
            int says = spilled == null ? 0 : spilled[b & SEGMENT_MASK] & 0xff;
            boolean isTrue = says == SPILLED_MAX || says == passing[b] || t == old && b < moved;
            if (!isTrue)
                throw new IllegalStateException(
                        "bucket " + b + " says " + says + " spilled, but " + passing[b] + " did");
        }
        return n;
    }
}
