package dev.cinnabar.struct;

import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The buckets of a [Dict] in one size, and how entries lie in them. A dict has two of these while it grows
/// or shrinks.
final class DictTable {
    /*
     * A slot is a long: 22 bits of the hash (the tag), 42 bits of address. Eight slots are a bucket, one
     * cache line:
     *
     *   hash   | top 32 bits: times the number of buckets, and again the top, is the bucket | … | start 3 | tag 22 |
     *
     *   bucket b      [ . x x . x x x x ]   spilled[b] = 0     an entry lies in its home bucket, anywhere in it,
     *   bucket b + 1  [ x x x x x x x x ]   spilled[b+1] = 2   or, when that is full, in one of the next;
     *   bucket b + 2  [ y . x y . . . . ]   spilled[b+2] = 0   y y: at home in b + 1
     *
     * spilled[b] counts the entries that were turned away by bucket b and live further on. A search reads its
     * home bucket and goes on only while that count is not zero: no tombstones, and a miss usually costs one
     * line. The count is a byte; one that reached 255 stays there until the table is rebuilt.
     *
     * Slots and counts are made of segments of 8,192 buckets, which come when the first of their buckets is
     * needed and go one by one. Behind the last bucket are some more, the tail, so that what spills over the
     * end has a place. While a table grows its unmoved end fills up to a load of 0.91, 0.92 after memory was
     * refused; the chance that more than 128 entries spill over one point is then about 1e-10 (a queue with
     * that utilisation, batches Poisson). A table of up to 16 buckets has a tail for all it can hold; another
     * makes it longer if it must.
     *
     * Hashes spread evenly, but what is left of them need not: who deletes in the order of a walk leaves the
     * high ones. So of each 64 buckets it is known how many entries lie in them, the *crowd*. It tells
     * whether they would fit into another size, and lets a walk and a pick by chance pass over what is empty.
     *
     * A table whose crowds have outgrown it is mixed anew: the next one multiplies hashes before it takes
     * their top bits, so its entries lie in another order.
     *
     * A place is the number of a slot, counted through all buckets.
     */
    static final int SLOTS = 8; // per bucket: 64 bytes, one cache line
    static final int SLOTS_LOG = 3;
    static final int SEGMENT_BUCKETS = 1 << 13; // 512 KiB of slots

    private static final int SEGMENT_LOG = 13;
    private static final int SEGMENT_MASK = SEGMENT_BUCKETS - 1;
    private static final long MIXER = 0x9e3779b97f4a7c15L; // 2^64 by the golden ratio: multiples spread evenly
    private static final int MAX_TAIL = 16; // buckets, at first
    private static final int CROWD_LOG = 6; // of the buckets whose entries are counted together
    private static final int CROWD = 1 << CROWD_LOG;
    private static final int WELL_FILLED = 7; // entries of a bucket; more would spill far
    private static final int MOST_WAITING = 64; // entries that spill over one point of a table to be made
    private static final int SPILLED_MAX = 255;
    private static final long[] NO_SLOTS = {};
    private static final byte[] NO_COUNTS = {};
    private static final short[] NO_CROWDS = {};
    private static final int TAG_SHIFT = Pages.ADDRESS_BITS;
    private static final int TAG_BITS = Long.SIZE - TAG_SHIFT;

    final int mixing; // which order of hashes it is; 0 is that of the hashes themselves
    private final long mixer; // a hash times this is its position in that order
    final int buckets; // the tail not counted
    int end; // buckets with the tail
    private final Memory memory;
    private long[][] slots;
    private byte[][] spilled;
    private short[][] crowds;
    private int[] inSegment; // entries
    private long reserved; // bytes that are counted for segments to come

    DictTable(int buckets, int mixing, Memory memory) {
        this.mixing = mixing;
        this.mixer = mixer(mixing);
        this.buckets = buckets;
        this.end = buckets + (buckets == 1 ? 0 : Math.min(buckets, MAX_TAIL));
        this.memory = memory;
        int count = end + SEGMENT_MASK >>> SEGMENT_LOG;
        this.slots = new long[count][];
        this.spilled = new byte[count][];
        this.crowds = new short[count][];
        this.inSegment = new int[count];
    }

    /// Bytes of a table's segments, with the longest tail.
    static long bytes(int buckets) {
        int all = buckets + MAX_TAIL;
        return (all >>> SEGMENT_LOG) * Memory.segmentBytes(SEGMENT_BUCKETS) + Memory.segmentBytes(all & SEGMENT_MASK);
    }

    // ---- where things are ----

    /// MIXER to the power of the mixing's number: what crowds in one order is spread evenly by the next.
    private static long mixer(int mixing) {
        long product = 1;
        long factor = MIXER;
        for (int exponent = mixing; exponent != 0; exponent >>>= 1, factor *= factor) {
            if ((exponent & 1) != 0) product *= factor;
        }
        return product;
    }

    /// Where a hash stands in the order of this table; of the number, the upper half counts.
    long position(long hash) {
        return hash * mixer;
    }

    int bucketOf(long hash) {
        return bucketAtPosition(position(hash));
    }

    int bucketAtPosition(long position) {
        return (int) ((position >>> 32) * buckets >>> 32);
    }

    /// The smallest position of a bucket; 0 for the one behind the last.
    long firstPosition(int bucket) {
        return (((long) bucket << 32) + buckets - 1) / buckets << 32;
    }

    /// The slot of its bucket in which the search for an entry begins.
    static int start(long hash) {
        return (int) (hash >>> TAG_BITS) & SLOTS - 1;
    }

    /// What stands in the slot of an entry.
    static long entry(long hash, long address) {
        return hash << TAG_SHIFT | address;
    }

    /// Whether there is an entry in a slot, and one with the hash's tag: of 4 million others one has it, too.
    static boolean mayBe(long entry, long hash) {
        return (entry ^ hash << TAG_SHIFT) >>> TAG_SHIFT == 0 && entry << TAG_BITS != 0;
    }

    /// The slots among which those of the bucket are, from [#base] on; null when their segment is not there.
    long @Nullable [] slots(int bucket) {
        return slots[bucket >>> SEGMENT_LOG];
    }

    static int base(int bucket) {
        return (bucket & SEGMENT_MASK) << SLOTS_LOG;
    }

    /// Whether entries that were turned away by the bucket live further on.
    boolean hasSpilled(int bucket) {
        return spilled[bucket >>> SEGMENT_LOG][bucket & SEGMENT_MASK] != 0;
    }

    /// How many these are, 255 for as many or more.
    int turnedAway(int bucket) {
        return spilled[bucket >>> SEGMENT_LOG][bucket & SEGMENT_MASK] & 0xff;
    }

    /// How many entries are at home in the bucket, at the most, when those at home in front of it are gone;
    /// -1 when there may be any number.
    int mostAtHome(int bucket) {
        if (slots(bucket) == null) return 0;
        int turnedAway = turnedAway(bucket);
        return turnedAway == SPILLED_MAX ? -1 : SLOTS + turnedAway;
    }

    static long place(int bucket, int slot) {
        return (long) bucket << SLOTS_LOG | slot & SLOTS - 1;
    }

    private static int bucketOfPlace(long place) {
        return (int) (place >>> SLOTS_LOG);
    }

    private static int slotAt(long place) {
        return (int) place & (SEGMENT_BUCKETS << SLOTS_LOG) - 1;
    }

    // ---- changing ----

    /// Adds an entry for which there is room ([#makeRoom]).
    ///
    /// @return the place that it got
    long put(long hash, long address) {
        int home = bucketOf(hash);
        int start = start(hash);
        for (int bucket = home; bucket < end; bucket++) {
            long[] line = slots[bucket >>> SEGMENT_LOG];
            int base = base(bucket);
            for (int i = 0; i < SLOTS; i++) {
                int slot = base + (start + i & SLOTS - 1);
                if (line[slot] != 0) continue;
                line[slot] = entry(hash, address);
                crowds[bucket >>> SEGMENT_LOG][(bucket & SEGMENT_MASK) >>> CROWD_LOG]++;
                inSegment[bucket >>> SEGMENT_LOG]++;
                for (int b = home; b < bucket; b++) {
                    byte[] counts = spilled[b >>> SEGMENT_LOG];
                    if (counts[b & SEGMENT_MASK] != (byte) SPILLED_MAX) counts[b & SEGMENT_MASK]++;
                }
                return place(bucket, slot);
            }
        }
        throw new IllegalStateException("no room was made in a table of " + buckets + " buckets");
    }

    /// The entry at a place.
    long entryAt(long place) {
        return slots[bucketOfPlace(place) >>> SEGMENT_LOG][slotAt(place)];
    }

    /// Puts another address at the place of an entry.
    void replace(long place, long hash, long address) {
        slots[bucketOfPlace(place) >>> SEGMENT_LOG][slotAt(place)] = entry(hash, address);
    }

    void remove(long place, long hash) {
        int bucket = bucketOfPlace(place);
        slots[bucket >>> SEGMENT_LOG][slotAt(place)] = 0;
        crowds[bucket >>> SEGMENT_LOG][(bucket & SEGMENT_MASK) >>> CROWD_LOG]--;
        inSegment[bucket >>> SEGMENT_LOG]--;
        for (int b = bucketOf(hash); b < bucket; b++) {
            byte[] counts = spilled[b >>> SEGMENT_LOG];
            if (counts[b & SEGMENT_MASK] != (byte) SPILLED_MAX) counts[b & SEGMENT_MASK]--;
        }
    }

    // ---- segments ----

    /// Whether all segments are there.
    boolean isOpen() {
        for (long[] segment : slots) if (segment == null) return false;
        return true;
    }

    /// Makes sure of the segment in which the bucket lies.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    void open(int bucket) {
        if (slots[bucket >>> SEGMENT_LOG] == null) openSegment(bucket >>> SEGMENT_LOG);
    }

    /// Counts the memory of all segments, of which none is there yet. O(segments).
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    void reserve() {
        long bytes = 0;
        for (int i = 0; i < slots.length; i++) bytes += Memory.segmentBytes(lengthOf(i));
        memory.count(bytes);
        reserved = bytes;
    }

    /// Makes the next of the segments that are reserved.
    ///
    /// @return whether all are there
    /// @throws OutOfMemory when the heap is full all the same; then nothing has changed
    boolean openReserved() {
        int segment = 0;
        while (slots[segment] != null) segment++;
        makeSegment(segment, NO_SLOTS, NO_COUNTS, NO_CROWDS, lengthOf(segment));
        reserved -= Memory.segmentBytes(lengthOf(segment));
        return segment == slots.length - 1;
    }

    private int lengthOf(int segment) {
        return Math.min(SEGMENT_BUCKETS, end - (segment << SEGMENT_LOG));
    }

    private void openSegment(int segment) {
        int length = lengthOf(segment);
        if (length == SEGMENT_BUCKETS && memory.hasSpare()) {
            slots[segment] = memory.spareSlots;
            spilled[segment] = memory.spareSpilled;
            crowds[segment] = memory.spareCrowds;
            memory.forgetSpare();
            return;
        }
        setSegment(segment, NO_SLOTS, NO_COUNTS, NO_CROWDS, length);
    }

    /// Sets a segment to longer copies of some arrays.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    private void setSegment(int segment, long[] itsSlots, byte[] itsSpilled, short[] itsCrowds, int length) {
        memory.count(Memory.segmentBytes(length));
        try {
            makeSegment(segment, itsSlots, itsSpilled, itsCrowds, length);
        } catch (OutOfMemory e) {
            memory.uncount(Memory.segmentBytes(length));
            throw e;
        }
    }

    /// The same for one that is counted.
    private void makeSegment(int segment, long[] itsSlots, byte[] itsSpilled, short[] itsCrowds, int length) {
        try {
            long[] newSlots = Arrays.copyOf(itsSlots, length << SLOTS_LOG);
            byte[] newSpilled = Arrays.copyOf(itsSpilled, length);
            crowds[segment] = Arrays.copyOf(itsCrowds, length + CROWD - 1 >>> CROWD_LOG);
            spilled[segment] = newSpilled;
            slots[segment] = newSlots;
        } catch (OutOfMemoryError e) {
            // The budget leaves a margin, but the heap may be shared with a host application or be fragmented.
            throw OutOfMemory.REFUSED;
        }
    }

    /// Makes sure of the memory for some entries, so that [#put] refuses none of them.
    ///
    /// @param first where they are at home, from here …
    /// @param last  … to here, which is near
    /// @throws OutOfMemory when memory is short; then no entry has changed
    void makeRoom(int first, int last, int entries) {
        open(first);
        int free = 0;
        for (int bucket = last; free < entries; bucket++) {
            if (bucket == end) lengthenTail();
            open(bucket);
            long[] line = slots[bucket >>> SEGMENT_LOG];
            int base = base(bucket);
            for (int slot = base; slot < base + SLOTS && free < entries; slot++) if (line[slot] == 0) free++;
        }
    }

    /// Makes the tail twice as long.
    private void lengthenTail() {
        int longer = end + Math.max(MAX_TAIL, end - buckets);
        int segments = longer + SEGMENT_MASK >>> SEGMENT_LOG;
        if (segments > slots.length) {
            inSegment = Arrays.copyOf(inSegment, segments);
            crowds = Arrays.copyOf(crowds, segments);
            spilled = Arrays.copyOf(spilled, segments);
            slots = Arrays.copyOf(slots, segments);
        }
        int last = end - 1 >>> SEGMENT_LOG;
        int length = Math.min(SEGMENT_BUCKETS, longer - (last << SEGMENT_LOG));
        if (slots[last] != null && length > spilled[last].length) {
            int before = spilled[last].length;
            setSegment(last, slots[last], spilled[last], crowds[last], length);
            memory.uncount(Memory.segmentBytes(before));
        }
        end = longer;
    }

    // ---- crowds ----

    private int crowd(int bucket) {
        short[] counts = crowds[bucket >>> SEGMENT_LOG];
        return counts == null ? 0 : counts[(bucket & SEGMENT_MASK) >>> CROWD_LOG];
    }

    /// Passes over buckets that are counted together and have nothing at home.
    ///
    /// @return the next bucket to look at: this one, when something may be at home in it
    int behindDeserted(int bucket) {
        if (crowd(bucket) != 0) return bucket;
        byte[] counts = spilled[bucket >>> SEGMENT_LOG];
        int last = Math.min(bucket | CROWD - 1, buckets - 1);
        // what is at home here lies behind all of them, so it has passed the last
        if (counts == null || counts[last & SEGMENT_MASK] == 0) return last + 1;
        return counts[bucket & SEGMENT_MASK] == 0 ? bucket + 1 : bucket;
    }

    /// How many entries there are. O(segments).
    long entries() {
        long sum = 0;
        for (int entries : inSegment) sum += entries;
        return sum;
    }

    /// The address of an entry by its number, which is less than [#entries]. O(segments), and a look at the
    /// counts of one and at the slots of 64 buckets.
    long nth(long n) {
        long left = n;
        int segment = 0;
        for (; left >= inSegment[segment]; segment++) left -= inSegment[segment];
        int bucket = segment << SEGMENT_LOG;
        for (; left >= crowd(bucket); bucket += CROWD) left -= crowd(bucket);
        long[] line = slots[bucket >>> SEGMENT_LOG];
        int slot = base(bucket);
        while (line[slot] == 0 || left-- > 0) slot++;
        return line[slot] & Pages.ADDRESS_MASK;
    }

    /// Whether the entries would lie close to their homes in a table of so many buckets: a queue to which
    /// each crowd comes, and of which as many leave as its share of those buckets holds well. O(buckets /
    /// 64).
    boolean fitsInto(int others) {
        if (others <= MAX_TAIL) return true;
        double leaving = (double) others / buckets * WELL_FILLED; // per bucket
        double waiting = 0;
        for (int bucket = 0; bucket < buckets; bucket += CROWD) {
            int next = bucket + CROWD;
            waiting += crowd(bucket);
            if (next >= buckets) for (int inTail = next; inTail < end; inTail += CROWD) waiting += crowd(inTail);
            waiting = Math.max(0, waiting - leaving * Math.min(CROWD, buckets - bucket));
            if (waiting > MOST_WAITING) return false;
        }
        return true;
    }

    /// All buckets up to this one have been emptied. With the last of a segment the segment goes.
    ///
    /// @param isOffered whether it may be kept for the other table
    void emptied(int bucket, boolean isOffered) {
        if ((bucket + 1 & SEGMENT_MASK) != 0) return;
        int segment = bucket >>> SEGMENT_LOG;
        byte[] counts = spilled[segment];
        if (!isOffered || memory.hasSpare() || counts == null || counts.length != SEGMENT_BUCKETS) {
            drop(segment);
            return;
        }
        Arrays.fill(counts, (byte) 0);
        memory.spareSlots = slots[segment];
        memory.spareSpilled = counts;
        memory.spareCrowds = crowds[segment];
        forget(segment);
    }

    private void drop(int segment) {
        if (slots[segment] == null) return;
        memory.uncount(Memory.segmentBytes(spilled[segment].length));
        forget(segment);
    }

    private void forget(int segment) {
        slots[segment] = null;
        spilled[segment] = null;
        crowds[segment] = null;
        inSegment[segment] = 0;
    }

    void dropAll() {
        for (int i = 0; i < slots.length; i++) drop(i);
        memory.uncount(reserved);
        reserved = 0;
    }

    /// What the segments of all tables of a [Dict] take, and one that was emptied and is kept, counted still,
    /// for the next that is needed: so a table that grows makes no garbage.
    static final class Memory {
        private final Pages pages;
        private long bytes;
        private long @Nullable [] spareSlots;
        private byte @Nullable [] spareSpilled;
        private short @Nullable [] spareCrowds;

        Memory(Pages pages) {
            this.pages = pages;
        }

        static long segmentBytes(int buckets) {
            int crowds = buckets + CROWD - 1 >>> CROWD_LOG;
            return 16L + buckets * 64L + 16 + (buckets + 7 & ~7) + 16 + (2 * crowds + 7 & ~7);
        }

        long bytes() {
            return bytes;
        }

        private void count(long count) {
            pages.countExtra(count);
            bytes += count;
        }

        private void uncount(long count) {
            pages.uncountExtra(count);
            bytes -= count;
        }

        private boolean hasSpare() {
            return spareSlots != null;
        }

        private void forgetSpare() {
            spareSlots = null;
            spareSpilled = null;
            spareCrowds = null;
        }

        void dropSpare() {
            if (!hasSpare()) return;
            forgetSpare();
            uncount(segmentBytes(SEGMENT_BUCKETS));
        }

        /// Checks the count of bytes, and that the spare segment is empty.
        ///
        /// @param ofTables what their segments take
        void check(long ofTables) {
            long all = ofTables + (hasSpare() ? segmentBytes(SEGMENT_BUCKETS) : 0);
            if (all != bytes) throw new IllegalStateException("segments of " + all + " bytes, " + bytes + " counted");
            long[] slots = spareSlots;
            byte[] spilled = spareSpilled;
            short[] crowds = spareCrowds;
            if (slots == null || spilled == null || crowds == null) return;
            boolean isEmpty = true;
            for (long slot : slots) isEmpty &= slot == 0;
            for (byte count : spilled) isEmpty &= count == 0;
            for (short count : crowds) isEmpty &= count == 0;
            if (!isEmpty) throw new IllegalStateException("a spare segment is not empty");
        }
    }

    // ---- self-check ----

    /// How many the bucket that turned away most has turned away, 255 for as many or more; for tests.
    int mostTurnedAway() {
        int most = 0;
        for (int bucket = 0; bucket < end; bucket++)
            if (slots(bucket) != null) most = Math.max(most, turnedAway(bucket));
        return most;
    }

    /// Bytes of the segments that are there or reserved.
    long segmentBytes() {
        long sum = reserved;
        for (byte[] counts : spilled) if (counts != null) sum += Memory.segmentBytes(counts.length);
        return sum;
    }

    /// Checks the counts of spilled entries and of crowds.
    ///
    /// @param homes  tells the home bucket of the entry at an address
    /// @param emptied buckets below hold nothing any more, and their counts mean nothing
    /// @return how many entries there are
    long check(Homes homes, int emptied) {
        long n = 0;
        int[] passing = new int[end];
        for (int bucket = 0; bucket < end; bucket++) {
            long[] line = slots(bucket);
            if (line == null) continue;
            for (int slot = base(bucket); slot < base(bucket) + SLOTS; slot++) {
                if (line[slot] == 0) continue;
                n++;
                for (int b = homes.of(line[slot] & Pages.ADDRESS_MASK); b < bucket; b++) passing[b]++;
            }
        }
        checkCrowds();
        if (n != entries())
            throw new IllegalStateException("segments of " + entries() + " entries, and there are " + n);
        for (int b = emptied; b < end; b++) {
            byte[] counts = spilled[b >>> SEGMENT_LOG];
            int says = counts == null ? 0 : counts[b & SEGMENT_MASK] & 0xff;
            if (says != SPILLED_MAX && says != passing[b])
                throw new IllegalStateException(
                        "bucket " + b + " says " + says + " spilled, but " + passing[b] + " did");
        }
        return n;
    }

    private void checkCrowds() {
        for (int first = 0; first < end; first += CROWD) {
            int n = 0;
            for (int bucket = first; bucket < Math.min(end, first + CROWD); bucket++) {
                long[] line = slots(bucket);
                if (line == null) continue;
                for (int slot = base(bucket); slot < base(bucket) + SLOTS; slot++) if (line[slot] != 0) n++;
            }
            if (n != crowd(first))
                throw new IllegalStateException(
                        "from bucket " + first + " on there should be " + crowd(first) + " entries, and are " + n);
        }
    }

    /// Tells where entries are at home.
    interface Homes {
        int of(long address);
    }
}
