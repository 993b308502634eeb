package dev.cinnabar.struct;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Hash;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The hash table of the house: from a key to the address of its [record][Records].
///
/// Finding costs one cache line of the table and one of the record; it grows and shrinks without a pause and
/// without ever holding two full tables. Belongs to one engine; touched only under its lock.
public final class Dict {
    /*
     *   hash of a key ──► bucket b   [ . x x . x x x x ]   eight slots, a tag of the hash and an address in each; how entries lie in
     *                     bucket b+1 [ x x x x x x x x ]   them, and what happens when a bucket is full: [DictTable]
     *
     * The bucket number grows with the hash, so the entries lie in the order of their hashes, whatever the
     * size of the table. Sizes are 1, 2, 3, 4, 6, 8, 12, 16 … buckets: a table grows by a third or a half,
     * not by doubling, so that at a load of at most 0.84 it is never emptier than 0.56 while keys are added
     * (13 bytes a key on the average of sizes, 11 with the sizes in between). Much follows from the order:
     *
     * - Growing and shrinking walk the old table from front to back and fill the new one from front to back.
     *   `moved` says how far: buckets below are in the new table, the others still in the old one. Each key
     *   has one place to look.
     * - The tables are made of segments, which come and go with the walk; growing a table of 1 GiB needs no
     *   second 1 GiB. A segment that was emptied is the next one to be filled, so the growing makes no
     *   garbage either.
     * - A cursor (of SCAN, of a snapshot) is simply a hash: all below was visited, however the table changes
     *   meanwhile.
     *
     * The price: who deletes what a walk shows, the usual way to empty a large database, leaves a table whose
     * entries crowd at its end, as close as they were when it was full. It shrinks only as far as they still
     * lie close to their homes, and that may be not at all until some hundred are left; and it grows before
     * it is full when new entries come on top of a crowd. Who always deletes what a new walk shows first
     * (jobs that are taken by SCAN 0, while others come) makes a crowd closer and closer, for which growing
     * is no help. Then the table is mixed anew: the next one has another order ([DictTable]), in which
     * nothing crowds. It is filled in no order, so it needs all its segments before the first entry moves:
     * it is *prepared*, with memory reserved for all and one of them made by each insertion and removal,
     * while the crowd is served from the old one. A walk that is under way sees those again that it has
     * seen; its cursor tells in which order it went. A snapshot must not: it is told of each entry that is
     * moved from behind it to where it has still to go, and marks it.
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

    /// A walk that must show each entry once, also where the table is mixed anew meanwhile; see [#pin].
    public interface Walk {
        /// The position from which it goes on, as [#scan] answered it.
        long reached();

        /// An entry behind the walk will be met again by it: it has been shown, or was not there when the walk
        /// began.
        ///
        /// @param address of the record; the walk must not change the table
        void willMeetAgain(long address);
    }

    private static final int SLOTS = DictTable.SLOTS;
    private static final int AT_ONCE = 64; // buckets; tables of up to so many are rebuilt in one go
    private static final int MOVE_STEP =
            2; // buckets moved by each insertion and removal, so that the load stays below 0.91
    private static final int HURRY_STEP =
            16; // buckets moved by an insertion when the table is fuller than that all the same
    private static final long LOAD_NUMERATOR = 27; // of 32: fullest, 0.84
    private static final int MANY = 96; // turned away by a bucket; by chance 1e-14 in a table at rest
    private static final int MOST_PACE = 64; // buckets moved by an insertion, whatever is to be moved
    private static final int MIXING_SHIFT = 16; // the number of a mixing, in what scan answers
    private static final int MIXING_MASK = 0xffff;
    private static final int MIXINGS_OF_A_WALK = 3; // so that it comes to its end
    private static final int MOST_DRAWS = 64;
    private static final int MOST_SLOTS =
            16; // for each entry, where a pick draws slots; it costs as much as a look at counts
    private static final int MOST_DESERTED = 1 << 12; // times 64 buckets, passed over at a time; some 10 µs
    private static final long NOT_FOUND = -1;
    private static final long HIGHEST = -1; // position
    private static final long LOW_HALF = 0xffff_ffffL; // of a position; tells no buckets apart

    /// How many keys [#ahead] takes at a time.
    public static final int AHEAD = 16;

    private static final int AHEAD_SECOND_LINE =
            8; // every block has so many bytes; most records end in the line of their eighth byte

    private final Pages pages;
    private final long seed;
    private final long[] aheadHashes = new long[AHEAD]; // and those of a bucket that is shown in part
    private final long[] aheadEntries = new long[AHEAD];

    private final DictTable.Memory memory;
    private DictTable table; // the only one, or the one being filled
    private @Nullable DictTable old; // the one being emptied
    private int moved; // buckets of `old` that are empty for good
    private int pace = MOVE_STEP; // buckets moved by an insertion
    private boolean isCrowded; // in one place, though the table is not full
    private long removalsToLook; // before it is asked again whether the table can shrink
    private long insertionsToMix; // before the table may be mixed anew once more
    private @Nullable DictTable prepared; // into which the table, crowded and the only one, will be mixed
    private @Nullable Walk walk; // that must show each entry once
    private int mixingsOfWalk; // that may still begin
    private long size;
    private int drained; // buckets of the table that is given up
    private int touched; // read by nobody; without it the compiler would drop the reads of ahead and touchRecords

    // Where the last find ended, so that a replacement or removal needs no second search. The table is told by a flag: a reference
    // written on every find would cost a barrier of the garbage collector.
    private boolean isFoundInOld;
    private long foundPlace = NOT_FOUND;
    private long foundHash;

    // where a key lies that several finds come for; while it does, `old` is null
    private long rememberedPlace = NOT_FOUND;
    private long rememberedHash;

    /// @param seed secret, and this table's own (see [Hash]): filling a table in the order of another's
    ///     hashes with the same seed would crowd one end of it
    public Dict(Pages pages, long seed) {
        this.pages = pages;
        this.seed = seed;
        this.memory = new DictTable.Memory(pages);
        this.table = new DictTable(1, 0, memory);
    }

    // ---- asking ----

    /// How many entries there are.
    public long size() {
        return size;
    }

    /// Bytes that the table itself takes, the records not counted.
    public long bytes() {
        return memory.bytes();
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
        DictTable t = tableOf(hash);
        int bucket = t.bucketOf(hash);
        int start = DictTable.start(hash);
        while (true) {
            long[] slots = t.slots(bucket);
            if (slots == null) return 0;
            int base = DictTable.base(bucket);
            for (int i = 0; i < SLOTS; i++) {
                int slot = base + (start + i & SLOTS - 1);
                long entry = slots[slot];
                if (!DictTable.mayBe(entry, hash)) continue;
                long address = entry & Pages.ADDRESS_MASK;
                if (Records.keyEquals(pages.array(address), Pages.offset(address), key, offset, length)) {
                    isFoundInOld = t != table;
                    foundPlace = DictTable.place(bucket, slot);
                    foundHash = hash;
                    return address;
                }
            }
            if (!t.hasSpilled(bucket)) return 0;
            bucket++;
        }
    }

    /// Remembers the key that was found last, for [#findRemembered]; nothing, if its place is about to change.
    public void remember() {
        rememberedPlace = old == null ? foundPlace : NOT_FOUND;
        rememberedHash = foundHash;
    }

    /// Remembers no key any more.
    public void forget() {
        rememberedPlace = NOT_FOUND;
    }

    /// As [#find], but for the key that is remembered only: without a hash and without a search.
    ///
    /// @return 0 also when it is another key, or when that one does not lie where it lay
    public long findRemembered(Bytes key) {
        if (rememberedPlace == NOT_FOUND) return 0;
        long address = table.entryAt(rememberedPlace) & Pages.ADDRESS_MASK;
        byte[] page = pages.array(address);
        if (!Records.keyEquals(page, Pages.offset(address), key.array(), key.offset(), key.length())) return 0;
        isFoundInOld = false;
        foundPlace = rememberedPlace;
        foundHash = rememberedHash;
        return address;
    }

    /// The hash of the key that was found last, or added.
    public long foundHash() {
        return foundHash;
    }

    /// Brings the slots and records of some keys into the processor's caches, so that the finds that follow
    /// need not wait for memory one after the other. Speed only.
    ///
    /// @param keys at most [#AHEAD] of them count
    public void ahead(Bytes[] keys, int count) {
        for (int i = 0; i < count; i++) aheadHashes[i] = hash(keys[i].array(), keys[i].offset(), keys[i].length());
        // Two passes: in each, no read depends on another, so the processor has them all under way at the same time; as many as fit into what it
        // looks at, which is why the hashes were calculated before.
        for (int i = 0; i < count; i++) {
            long hash = aheadHashes[i];
            DictTable t = tableOf(hash);
            int bucket = t.bucketOf(hash);
            long[] slots = t.slots(bucket);
            aheadEntries[i] = slots == null ? 0 : slots[DictTable.base(bucket) + DictTable.start(hash)];
        }
        int sum = 0;
        for (int i = 0; i < count; i++) {
            long entry = aheadEntries[i];
            if (!DictTable.mayBe(entry, aheadHashes[i])) {
                entry = elsewhereInBucket(aheadHashes[i]);
                if (entry == 0) continue;
            }
            byte[] page = pages.array(entry);
            int at = Pages.offset(entry & Pages.ADDRESS_MASK);
            sum += page[at] + page[at + AHEAD_SECOND_LINE];
        }
        touched = sum;
    }

    /// An entry of the home bucket that has the hash's tag, but does not lie where the search begins; 0 for
    /// none. A third of the entries of a full table. The line of the bucket is in the cache by now.
    private long elsewhereInBucket(long hash) {
        DictTable t = tableOf(hash);
        int bucket = t.bucketOf(hash);
        long[] slots = t.slots(bucket);
        if (slots == null) return 0;
        int base = DictTable.base(bucket);
        int start = DictTable.start(hash);
        for (int i = 1; i < SLOTS; i++) {
            long entry = slots[base + (start + i & SLOTS - 1)];
            if (DictTable.mayBe(entry, hash)) return entry;
        }
        return 0;
    }

    private DictTable tableOf(long hash) {
        DictTable o = old;
        return o != null && o.bucketOf(hash) >= moved ? o : table;
    }

    /// How many bytes the table may take beyond what it has when this many entries are added, at the most.
    public long growthBytes(long entries) {
        int buckets = table.buckets;
        long whole = old == null && table.isOpen() ? 0 : DictTable.bytes(buckets);
        int tables = 1;
        while (size + entries > capacity(buckets) || isCrowded && tables == 1) {
            buckets = larger(buckets);
            whole += DictTable.bytes(buckets);
            tables++;
        }
        // each insertion opens what it needs itself, and what the buckets need that it moves; at the edges two segments more
        long segments = entries * MOVE_STEP * 2 / DictTable.SEGMENT_BUCKETS + 4L * tables;
        return Math.min(whole, segments * DictTable.Memory.segmentBytes(DictTable.SEGMENT_BUCKETS));
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
        if (old != null) moveOn(pace);
        else if (isCrowded && !pages.isHolding()) giveWayToCrowd(); // it needs more than [#growthBytes] says
        else if (size >= capacity(table.buckets)) grow();
        if (old != null && size >= fullest(Math.min(old.buckets, table.buckets))) hurry();

        DictTable t = tableOf(hash);
        int home = t.bucketOf(hash);
        t.makeRoom(home, home, 1);
    }

    /// The second half: cannot fail when [#makeRoom] came before with the same hash, and nothing but [#find]
    /// and [#takeFound] in between.
    public void insertPrepared(long hash, long address) {
        DictTable t = tableOf(hash);
        foundPlace = t.put(hash, address);
        size++;
        insertionsToMix--;
        if (old == null && t.turnedAway(t.bucketOf(hash)) > MANY) crowded();
        isFoundInOld = t == old;
        foundHash = hash;
    }

    /// Makes the table grow with the next insertion, or be mixed anew. Where it is nearly empty, growing
    /// would never end.
    private void crowded() {
        isCrowded = mayGrowForCrowd() || mayMix();
    }

    private boolean mayGrowForCrowd() {
        return size >= capacity(table.buckets) >> 3;
    }

    /// Mixing costs O(size), so it has to be so many insertions since the last.
    private boolean mayMix() {
        return insertionsToMix <= 0 && (walk == null || mixingsOfWalk > 0);
    }

    /// The table got fuller than a move lets it get by itself: memory for the next segment was refused for a
    /// while, or still is.
    private void hurry() {
        int before = moved;
        if (moveOn(HURRY_STEP) && moved == before) throw OutOfMemory.REFUSED;
    }

    /// Puts another address into the slot of the record that was found last; for a record that moved or was
    /// replaced by one with the same key. Between the find and this call the table must not have changed.
    public void replaceFound(long address) {
        foundTable().replace(foundPlace, foundHash, address);
    }

    /// Takes the record that was found last out of the table. Freeing it is the caller's.
    public void removeFound() {
        takeFound();
        settle();
    }

    /// The first half of [#removeFound]: moves nothing else, so that the record may get another key before
    /// [#settle].
    public void takeFound() {
        foundTable().remove(foundPlace, foundHash);
        size--;
        removalsToLook--;
        if (foundPlace == rememberedPlace) forget();
        foundPlace = NOT_FOUND;
    }

    /// The second half: lets a table shrink that has become sparse.
    public void settle() {
        step(MOVE_STEP);
    }

    private DictTable foundTable() {
        if (foundPlace == NOT_FOUND) throw new IllegalStateException("the table changed since the last find");
        DictTable o = old;
        return isFoundInOld && o != null ? o : table;
    }

    // ---- growing and shrinking ----

    /// The next size: 2, 3, 4, 6, 8, 12, 16 … buckets.
    private static int larger(int buckets) {
        if (buckets < 3) return buckets + 1;
        int power = Integer.highestOneBit(buckets);
        return power == buckets ? power + (power >> 1) : 2 * power;
    }

    /// Numbers the sizes from 2 on: 2, 3, 4, 5 … for 2, 3, 4, 6 …
    private static int sizeNumber(int buckets) {
        int log = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(buckets);
        return 2 * log + (buckets << 1 >>> log & 1);
    }

    private static int sizeOf(int number) {
        return (int) (2L + (number & 1) << (number >> 1) >> 1);
    }

    private static long capacity(int buckets) {
        return buckets == 1 ? SLOTS - 2 : LOAD_NUMERATOR * SLOTS * buckets >> 5;
    }

    /// How many entries the table may hold while it is being moved. Growing, it gets
    /// `capacity + buckets / MOVE_STEP`, which is less.
    private static long fullest(int buckets) {
        return capacity(buckets) + capacity(buckets) / 12;
    }

    /// A table that is full gives way to the next size.
    private void grow() {
        start(new DictTable(larger(table.buckets), table.mixing, memory));
    }

    /// A table that is crowded gives way to one in which the crowd has room, or that is mixed anew.
    private void giveWayToCrowd() {
        if (prepared != null && prepare(prepared)) return;
        boolean mayGrow = mayGrowForCrowd();
        int most = table.buckets << 2;
        int buckets = mayGrow ? fitting(larger(table.buckets), most) : 0;
        if (buckets == 0 && mayMix() && beginToMix()) return;
        isCrowded = false;
        if (!mayGrow) return;
        start(new DictTable(buckets == 0 ? most : buckets, table.mixing, memory));
        pace = Math.max(pace, HURRY_STEP);
    }

    /// Reserves the memory for a table of another order, and makes its first segment.
    ///
    /// @return whether there was enough
    private boolean beginToMix() {
        DictTable next = new DictTable(roomy(), table.mixing == MIXING_MASK ? 1 : table.mixing + 1, memory);
        try {
            next.reserve();
        } catch (OutOfMemory e) {
            insertionsToMix = size; // before it is tried again
            return false;
        }
        prepared = next;
        return prepare(next);
    }

    /// Makes one more segment of the table of another order; with the last the mixing begins.
    ///
    /// @return false when the table was given up
    private boolean prepare(DictTable next) {
        if (2 * size > fullest(next.buckets)) { // many came while a command held memory
            dropPrepared();
            return false;
        }
        try {
            if (!next.openReserved()) return true;
        } catch (OutOfMemory e) {
            insertionsToMix = size;
            dropPrepared();
            return false;
        }
        prepared = null;
        insertionsToMix = size;
        mixingsOfWalk--;
        start(next);
        return true;
    }

    private void dropPrepared() {
        DictTable next = prepared;
        if (next != null) next.dropAll();
        prepared = null;
    }

    /// The smallest number of buckets for twice as many entries.
    private int roomy() {
        int buckets = 1;
        while (capacity(buckets) < 2 * size) buckets = larger(buckets);
        return buckets;
    }

    /// Whether the table is being mixed anew.
    boolean isMixing() {
        DictTable o = old;
        return o != null && o.mixing != table.mixing;
    }

    /// From now on a walk is told what it will meet again, until [#unpin]. The table may be mixed anew a few
    /// times only while it runs. O(1).
    public void pin(Walk walk) {
        this.walk = walk;
        mixingsOfWalk = MIXINGS_OF_A_WALK;
    }

    /// The end of [#pin].
    public void unpin() {
        walk = null;
    }

    /// Whether a walk that goes on from this position has still to come to the hash.
    public boolean isAhead(long hash, long from) {
        DictTable o = old;
        if (o == null || !isMixing()) return isAtOrBehind(table, hash, positionFor(table, from));
        boolean isInOld = o.bucketOf(hash) >= moved;
        boolean walksOld = from == 0 || mixingOf(from) != table.mixing;
        if (isInOld != walksOld) return walksOld;
        return isInOld ? isAtOrBehind(o, hash, positionFor(o, from)) : isAtOrBehind(table, hash, from);
    }

    /// A position, or the beginning if it is one of another order.
    private static long positionFor(DictTable t, long position) {
        return mixingOf(position) == t.mixing ? position : 0;
    }

    private static boolean isAtOrBehind(DictTable t, long hash, long position) {
        return Long.compareUnsigned(t.position(hash) >>> 32, position >>> 32) >= 0;
    }

    /// A table that is less than a quarter full gives way to one that is about half full, or to a larger one
    /// if its entries crowd.
    private void shrinkIfSparse() {
        if (old != null || table.buckets == 1 || size >= capacity(table.buckets) >> 2 || removalsToLook > 0) return;
        int buckets = fitting(roomy(), table.buckets >> 1);
        if (buckets != 0) start(new DictTable(buckets, table.mixing, memory));
        else removalsToLook = size >> 3;
    }

    /// The smallest size into which the entries fit; 0 for none. What fits into one fits into the larger
    /// ones, but for the smallest of all.
    private int fitting(int least, int most) {
        if (least > most) return 0;
        if (table.fitsInto(least)) return least;
        if (!table.fitsInto(most)) return 0;
        int tooSmall = sizeNumber(least);
        int fits = sizeNumber(most);
        while (tooSmall + 1 < fits) {
            int middle = tooSmall + fits >>> 1;
            if (table.fitsInto(sizeOf(middle))) fits = middle;
            else tooSmall = middle;
        }
        return sizeOf(fits);
    }

    private void start(DictTable next) {
        dropPrepared();
        forget();
        DictTable from = table;
        old = from;
        table = next;
        moved = 0;
        pace = paceFor(from.buckets, capacity(next.buckets) - size);
        isCrowded = false;
        removalsToLook = 0;
        moveOn(Math.max(next.buckets, from.buckets) <= AT_ONCE ? Integer.MAX_VALUE : MOVE_STEP);
    }

    /// How many buckets each insertion moves, so that all are moved before the new table is full. Entries may
    /// lie far apart in the old one, but what is deserted goes by itself.
    private static int paceFor(int buckets, long insertions) {
        return (int) Math.min(MOST_PACE, Math.max(MOVE_STEP, buckets / Math.max(1, insertions) + 1));
    }

    /// Moves some buckets to the new table, if there is one, and begins with another one or prepares it when
    /// the table is crowded or has become sparse meanwhile. The server's timers call it, so that a table that
    /// is only read gets done too.
    ///
    /// @param buckets how many at the most; fewer when there is no memory for the new table's next segment
    /// @return whether more is to be done, and may be now
    public boolean step(int buckets) {
        if (!moveOn(buckets)) {
            if (isCrowded && !pages.isHolding()) giveWayToCrowd();
            else shrinkIfSparse();
        }
        return old != null || prepared != null;
    }

    /// @return whether more is to be moved
    private boolean moveOn(int buckets) {
        DictTable from = old;
        if (from == null) return false;
        foundPlace = NOT_FOUND;
        passDeserted(from);
        for (int n = 0; n < buckets; n++) {
            if (!openTargets(from)) return true;
            touchRecords(from, moved);
            moveHome(from, moved);
            foundPlace = NOT_FOUND; // moving has put entries down, too
            from.emptied(moved, true);
            if (++moved == from.buckets) {
                from.dropAll();
                memory.dropSpare();
                old = null;
                return false;
            }
        }
        return true;
    }

    /// Passes over buckets from which nothing is to be moved, but for the last.
    private void passDeserted(DictTable from) {
        int last = from.buckets - 1;
        for (int n = 0; n < MOST_DESERTED && moved < last; n++) {
            int next = Math.min(last, from.behindDeserted(moved));
            if (next == moved) return;
            from.emptied(next - 1, true);
            moved = next;
        }
    }

    /// Makes sure of the memory that the next bucket's entries go to, so that a bucket is moved whole or not
    /// at all. Where they go is not known while a table is mixed; but there is room if the end has it.
    private boolean openTargets(DictTable from) {
        try {
            boolean isMixing = from.mixing != table.mixing;
            int first = isMixing ? table.buckets - 1 : table.bucketAtPosition(from.firstPosition(moved));
            int last = isMixing ? first : table.bucketAtPosition(from.firstPosition(moved + 1) - 1);
            int most = from.mostAtHome(moved);
            table.makeRoom(first, last, most >= 0 ? (int) Math.min(most, size) : atHome(from, moved));
            return true;
        } catch (OutOfMemory e) {
            return false;
        }
    }

    /// Whether there are two tables; for tests.
    boolean isMoving() {
        return old != null;
    }

    /// Whether a table of another order is being prepared; for tests.
    boolean isPreparing() {
        return prepared != null;
    }

    /// Reads a byte of each record in a bucket. Speed only: their cache misses run side by side then, and
    /// those of [#hashOf], which hashes one record after the other, do not. (Filling a table with 3 million
    /// keys: 340 ns a key instead of 390, of which half is the table's growing; Temurin 25, serial
    /// collector.)
    private void touchRecords(DictTable t, int bucket) {
        long[] slots = t.slots(bucket);
        if (slots == null) return;
        int base = DictTable.base(bucket);
        int sum = 0;
        for (int slot = base; slot < base + SLOTS; slot++) {
            long entry = slots[slot];
            if (entry != 0) sum += pages.array(entry)[Pages.offset(entry)];
        }
        touched = sum;
    }

    /// How many entries are at home in the bucket.
    private int atHome(DictTable t, int home) {
        int[] count = new int[1];
        visitHome(t, home, 0, HIGHEST, address -> count[0]++);
        return count[0];
    }

    /// Moves all entries whose home is the bucket, those that spilled from it included.
    private void moveHome(DictTable from, int home) {
        for (int bucket = home; ; bucket++) {
            long[] slots = from.slots(bucket);
            if (slots == null) return;
            int base = DictTable.base(bucket);
            for (int slot = base; slot < base + SLOTS; slot++) {
                if (slots[slot] == 0) continue;
                long address = slots[slot] & Pages.ADDRESS_MASK;
                long hash = hashOf(address);
                if (from.bucketOf(hash) != home) continue;
                if (walk != null && willMeetAgain(walk, from, hash)) walk.willMeetAgain(address);
                table.put(hash, address);
                from.remove(DictTable.place(bucket, slot), hash);
            }
            if (!from.hasSpilled(bucket)) return;
        }
    }

    /// Whether a walk that has passed an entry has to come to it when it is moved.
    private boolean willMeetAgain(Walk walk, DictTable from, long hash) {
        if (from.mixing == table.mixing) return false;
        long reached = walk.reached();
        if (isAhead(hash, reached)) return false;
        return mixingOf(reached) != table.mixing || isAtOrBehind(table, hash, reached);
    }

    // ---- visiting ----

    /// Shows the entries of one bucket and answers where to go on.
    ///
    /// An entry that is in the table from the first call of a walk to the last is shown just once, however
    /// much is inserted and removed in between and however often the table grows or shrinks. Only where the
    /// table was mixed anew meanwhile it may be shown again; see [#pin].
    ///
    /// @param from 0 to start, then what the call before answered: a position in the order of the hashes, and
    ///     which order it is; entries below were shown
    /// @return the next position to go on from, 0 when all was shown
    public long scan(long from, Visitor visitor) {
        return scan(from, Long.MAX_VALUE, visitor);
    }

    /// The same, with no more entries than wanted: if the bucket has more, the call after goes on inside it.
    ///
    /// @param most at least 1; above [#AHEAD] it is the bucket all the same. More are shown where the upper
    ///     halves of their positions do not tell them apart
    public long scan(long from, long most, Visitor visitor) {
        DictTable o = old;
        int mixing = mixingOf(from);
        if (isMixing() && (from == 0 || mixing != table.mixing)) return scanMixed(from, most, visitor);
        if (isMixing()) o = null; // has been walked
        from = positionFor(table, from);

        boolean inOld = o != null && o.bucketAtPosition(from) >= moved;
        DictTable t = o != null && inOld ? o : table;
        long next = scanBucket(t, from, t.bucketAtPosition(from), most, visitor);
        if (o != null && !inOld) {
            // a bucket of the new table may reach beyond what was moved
            long limit = o.firstPosition(moved);
            if (next == 0 || Long.compareUnsigned(next, limit) > 0) next = limit;
        }
        return next == 0 ? 0 : positionIn(t, next);
    }

    /// A walk while the table is mixed: first what is still in the old order, then all of the new one, where
    /// entries are met again that were moved since.
    private long scanMixed(long from, long most, Visitor visitor) {
        DictTable o = Objects.requireNonNull(old);
        from = positionFor(o, from);
        int first = o.bucketAtPosition(from);
        long next = scanBucket(o, first < moved ? 0 : from, Math.max(first, moved), most, visitor);
        return positionIn(next == 0 ? table : o, next);
    }

    private static int mixingOf(long position) {
        return (int) (position >>> MIXING_SHIFT) & MIXING_MASK;
    }

    private static long positionIn(DictTable t, long position) {
        return position & -1L << 32 | (long) t.mixing << MIXING_SHIFT;
    }

    /// Shows the entries at home in a bucket from a position on, no more than so many.
    ///
    /// @return the position of the next, or of the first bucket behind it in which something is at home; 0 at
    ///     the end
    private long scanBucket(DictTable t, long from, int bucket, long most, Visitor visitor) {
        long last = most > AHEAD ? HIGHEST : lastOf(t, bucket, from, (int) most);
        visitHome(t, bucket, from, last, visitor);
        if (last != HIGHEST) return last + 1;
        int next = bucket + 1;
        for (int n = 0; n < MOST_DESERTED && next < t.buckets; n++) {
            int behind = t.behindDeserted(next);
            if (behind == next) break;
            next = behind;
        }
        return t.firstPosition(next);
    }

    /// Up to which position so many entries of a bucket are to be shown; the highest for all.
    private long lastOf(DictTable t, int home, long from, int most) {
        int atHome = t.mostAtHome(home);
        if (atHome >= 0 && atHome <= most) return HIGHEST; // speed only
        long[] lowest = aheadHashes;
        int[] count = new int[1];
        visitHome(t, home, from, HIGHEST, address -> {
            long position = t.position(hashOf(address));
            int at = Math.min(count[0]++, most);
            for (; at > 0 && Long.compareUnsigned(lowest[at - 1], position) > 0; at--) {
                if (at < most) lowest[at] = lowest[at - 1];
            }
            if (at < most) lowest[at] = position;
        });
        return count[0] <= most ? HIGHEST : lowest[most - 1] | LOW_HALF;
    }

    private void visitHome(DictTable t, int home, long from, long last, Visitor visitor) {
        for (int bucket = home; ; bucket++) {
            long[] slots = t.slots(bucket);
            if (slots == null) return;
            int base = DictTable.base(bucket);
            for (int slot = base; slot < base + SLOTS; slot++) {
                if (slots[slot] != 0) visitIfHome(t, slots[slot] & Pages.ADDRESS_MASK, home, from, last, visitor);
            }
            if (!t.hasSpilled(bucket)) return;
        }
    }

    private void visitIfHome(DictTable t, long address, int home, long from, long last, Visitor visitor) {
        long hash = hashOf(address);
        if (t.bucketOf(hash) != home || !isAtOrBehind(t, hash, from)) return;
        if (Long.compareUnsigned(t.position(hash), last) <= 0) visitor.visit(address);
    }

    /// The address of an entry picked by chance, each with the same chance; 0 when there is none. A handful
    /// of looks, for at least a seventh of the slots is in use; in a table that could not shrink some hundred,
    /// which lie side by side.
    public long random(Randomness randomness) {
        if (size == 0) return 0;
        DictTable o = old;
        long oldBuckets = o == null ? 0 : o.end - moved;
        long slotsOfBoth = (oldBuckets + table.end) * SLOTS;
        int draws = slotsOfBoth > MOST_SLOTS * size ? 0 : MOST_DRAWS;
        for (int n = 0; n < draws; n++) {
            long draw = randomness.below(slotsOfBoth);
            long bucket = draw / SLOTS;
            DictTable t = table;
            if (o != null && bucket < oldBuckets) {
                t = o;
                bucket += moved;
            } else {
                bucket -= oldBuckets;
            }
            long[] slots = t.slots((int) bucket);
            if (slots == null) continue; // not yet filled, or empty for good
            long entry = slots[DictTable.base((int) bucket) + (int) (draw % SLOTS)];
            if (entry != 0) return entry & Pages.ADDRESS_MASK;
        }
        long n = randomness.below(size);
        long inOld = o == null ? 0 : o.entries();
        return o != null && n < inOld ? o.nth(n) : table.nth(n - inOld);
    }

    /// Goes over some slots and has the records that lie in sparse pages moved. Reads no record but those
    /// that move.
    ///
    /// @param position 0 to start, then what the call before answered
    /// @param buckets how many at the most
    /// @return where to go on, 0 when the end was reached; a table rebuilt meanwhile may hide some entries
    ///         from this walk
    public long compact(long position, int buckets, Mover mover) {
        DictTable o = old;
        long oldEnd = o == null ? 0 : o.end;
        long end = oldEnd + table.end;
        foundPlace = NOT_FOUND;
        for (long p = position; p < position + buckets; p++) {
            if (p >= end) return 0;
            DictTable t = o != null && p < oldEnd ? o : table;
            int bucket = (int) (t == table ? p - oldEnd : p);
            long[] slots = t.slots(bucket);
            if (slots == null) continue;
            int base = DictTable.base(bucket);
            for (int slot = base; slot < base + SLOTS; slot++) {
                long entry = slots[slot];
                if (entry == 0 || !pages.isSparse(entry)) continue;
                slots[slot] = entry & ~Pages.ADDRESS_MASK | mover.move(entry & Pages.ADDRESS_MASK);
            }
        }
        return position + buckets >= end ? 0 : position + buckets;
    }

    /// Takes entries out, in no order, for a table that is being given up; nothing else may be done with it
    /// any more.
    ///
    /// @param most how many buckets at the most
    /// @return whether there is more
    public boolean drain(int most, Visitor visitor) {
        foundPlace = NOT_FOUND;
        forget();
        dropPrepared();
        for (int n = 0; n < most; n++) {
            DictTable t = old != null ? old : table;
            if (drained == t.end) {
                t.dropAll();
                drained = 0;
                if (t == table) {
                    table = new DictTable(1, 0, memory);
                    size = 0;
                    return false;
                }
                memory.dropSpare();
                old = null;
                continue;
            }
            int bucket = drained++;
            long[] slots = t.slots(bucket);
            if (slots != null) {
                int base = DictTable.base(bucket);
                for (int slot = base; slot < base + SLOTS; slot++) {
                    if (slots[slot] != 0) visitor.visit(slots[slot] & Pages.ADDRESS_MASK);
                }
            }
            t.emptied(bucket, false);
        }
        return true;
    }

    /// Which order of hashes the table has; for tests.
    int mixing() {
        return table.mixing;
    }

    /// How many the bucket that turned away most has turned away, 255 for as many or more; for tests.
    int mostTurnedAway() {
        return Math.max(table.mostTurnedAway(), old == null ? 0 : old.mostTurnedAway());
    }

    /// Slots of all tables; for tests.
    long slots() {
        return (table.buckets + (old == null ? 0L : old.buckets)) * SLOTS;
    }

    // ---- self-check ----

    /// Checks that every entry is found where it lies and that the counts are true; for tests and `DEBUG`.
    /// O(n).
    ///
    /// @throws IllegalStateException when something does not add up
    public void checkInvariants() {
        long n = check(table, 0);
        if (old != null) n += check(old, moved);
        if (n != size) throw new IllegalStateException("size says " + size + ", but there are " + n + " entries");
        if (isMixing() && !table.isOpen()) throw new IllegalStateException("mixed into a table that is not all there");
        if (rememberedPlace != NOT_FOUND) checkRemembered();
        if (prepared != null && (old != null || !isCrowded)) throw new IllegalStateException("prepared for nothing");
        memory.check(segmentBytes(table) + segmentBytes(old) + segmentBytes(prepared));
    }

    private void checkRemembered() {
        long entry = table.entryAt(rememberedPlace);
        if (old != null || entry == 0 || hashOf(entry & Pages.ADDRESS_MASK) != rememberedHash)
            throw new IllegalStateException("the key that is remembered lies elsewhere");
    }

    private static long segmentBytes(@Nullable DictTable t) {
        return t == null ? 0 : t.segmentBytes();
    }

    private long check(DictTable t, int emptied) {
        return t.check(
                address -> {
                    long hash = hashOf(address);
                    byte[] page = pages.array(address);
                    int at = Pages.offset(address);
                    long found = find(page, Records.keyOffset(page, at), Records.keyLength(page, at), hash);
                    if (found != address) throw new IllegalStateException("entry " + address + " is found as " + found);
                    return t.bucketOf(hash);
                },
                emptied);
    }
}
