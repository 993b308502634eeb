package dev.cinnabar.store;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.StreamId;
import org.jspecify.annotations.Nullable;

/// A stream: entries in order of their ids, appended at one end and trimmed at the other, and the groups that
/// read it.
///
/// Always a large value, also when it is empty; a stream without entries is still a key. Adding costs
/// O(fields); finding an id O(log n) and a walk through a node. Refusals ([OutOfMemory]) leave everything as
/// it was; what removes is never refused. Touched only under the engine's lock.
public final class StreamValue extends BigValue {
    /*
     * Entries lie in StreamNodes, what readers remember in StreamGroups; neither knows of the other. Here is
     * what stands above both: the counts and ids that XINFO tells, and what follows from them. Old entries
     * are removed by StreamTrim.
     *
     * A snapshot gets an image of all three: the index of nodes, with the nodes shared; the rows of groups, a
     * leaf at a time; the counts. So freezing costs O(nodes + pending / 64): some 100 µs for a million
     * entries of which a million are pending.
     */

    /// For [#lag]: it cannot be told. No lag is so small; a negative one comes from ENTRIESREAD.
    public static final long UNKNOWN_LAG = Long.MIN_VALUE;

    private final Pages pages;
    private final Thresholds thresholds;
    private final Tools tools;
    private final StreamNodes nodes;
    private final StreamGroups groups;

    private long length;
    private long lastMs;
    private long lastSeq;
    private long firstMs;
    private long firstSeq;
    private long maxDeletedMs;
    private long maxDeletedSeq;
    private long entriesAdded;

    private @Nullable StreamImage image; // while a snapshot walks

    /// What all streams of a database use for a moment.
    ///
    /// @param scratch to write into
    /// @param walk    to walk with
    record Tools(ByteBuilder scratch, StreamEntries walk) {
        /// Lets go of what they were used for last, and of what a large entry has needed.
        void letGo() {
            CollectionValue.trim(scratch);
            walk.letGo();
        }
    }

    StreamValue(Pages pages, Thresholds thresholds, Tools tools) {
        this(pages, thresholds, tools, new StreamNodes(pages, thresholds, tools.scratch));
    }

    private StreamValue(Pages pages, Thresholds thresholds, Tools tools, StreamNodes nodes) {
        this.pages = pages;
        this.thresholds = thresholds;
        this.tools = tools;
        this.nodes = nodes;
        this.groups = new StreamGroups(pages);
    }

    // ---- asking ----

    /// How many entries there are.
    @Override
    public long size() {
        return length;
    }

    /// The id of the last entry that was ever added, or what XSETID said.
    public long lastMs() {
        return lastMs;
    }

    public long lastSeq() {
        return lastSeq;
    }

    /// The id of the oldest entry, 0-0 when there is none.
    public long firstMs() {
        return firstMs;
    }

    public long firstSeq() {
        return firstSeq;
    }

    /// The largest id that was ever deleted out of the middle, 0-0 for none.
    public long maxDeletedMs() {
        return maxDeletedMs;
    }

    public long maxDeletedSeq() {
        return maxDeletedSeq;
    }

    /// How many entries were ever added.
    public long entriesAdded() {
        return entriesAdded;
    }

    /// How many nodes the entries lie in.
    public long nodeCount() {
        return nodes.index.size();
    }

    StreamNodes nodes() {
        return nodes;
    }

    /// Whether an entry with this id is there. O(log n) and a walk through its node.
    public boolean has(long ms, long seq) {
        long place = nodes.index.floor(ms, seq);
        return place != IdRows.NONE && nodes.entryAt(place, ms, seq) >= 0;
    }

    /// Whether an entry was deleted that was not the oldest.
    private boolean hasHoles() {
        return !StreamId.isZero(maxDeletedMs, maxDeletedSeq)
                && StreamId.compare(maxDeletedMs, maxDeletedSeq, firstMs, firstSeq) >= 0;
    }

    /// Whether entries between an id and the end may have been deleted out of the middle, so that counting
    /// from there is not to be trusted.
    boolean hasHolesFrom(long ms, long seq) {
        if (length == 0 || !hasHoles()) return false;
        return StreamId.compare(ms, seq, maxDeletedMs, maxDeletedSeq) <= 0;
    }

    /// How many entries had been added when this one was, as far as that can be told without counting; else
    /// [StreamGroup#UNKNOWN].
    public long ordinal(long ms, long seq) {
        if (entriesAdded == 0) return 0;
        int toLast = StreamId.compare(ms, seq, lastMs, lastSeq);
        if (length == 0 && toLast < 0) return entriesAdded;
        if (toLast == 0) return entriesAdded;
        if (toLast > 0) return StreamGroup.UNKNOWN;

        if (hasHoles()) return StreamGroup.UNKNOWN;
        int toFirst = StreamId.compare(ms, seq, firstMs, firstSeq);
        if (toFirst < 0) return entriesAdded - length;
        return toFirst == 0 ? entriesAdded - length + 1 : StreamGroup.UNKNOWN;
    }

    /// How many entries a group has still to read, or [#UNKNOWN_LAG].
    public long lag(StreamGroup group) {
        if (entriesAdded == 0) return 0;
        boolean isCounted =
                group.entriesRead() != StreamGroup.UNKNOWN && !hasHolesFrom(group.lastMs(), group.lastSeq());
        long read = isCounted ? group.entriesRead() : ordinal(group.lastMs(), group.lastSeq());
        return read == StreamGroup.UNKNOWN ? UNKNOWN_LAG : entriesAdded - read;
    }

    // ---- adding ----

    /// Whether an entry is small enough for a node.
    public static boolean fits(Bytes[] words, int from, int to) {
        return StreamNodes.textBytes(words, from, to) <= StreamNodes.MAX_BYTES;
    }

    /// Adds an entry behind all others. O(fields).
    ///
    /// @param ms    its id, which has to be larger than that of the last one
    /// @param words name, value, name, value, … from one index up to, not including, another
    /// @throws OutOfMemory when memory is short; then no entry has changed
    public void append(long ms, long seq, Bytes[] words, int from, int to) {
        nodes.append(ms, seq, words, from, to);
        if (length == 0) {
            firstMs = ms;
            firstSeq = seq;
        }
        length++;
        entriesAdded = StreamGroup.oneMore(entriesAdded);
        lastMs = ms;
        lastSeq = seq;
    }

    // ---- removing ----

    /// Deletes an entry.
    ///
    /// @return whether it was there
    public boolean delete(long ms, long seq) {
        long place = nodes.index.floor(ms, seq);
        int at = place == IdRows.NONE ? -1 : nodes.entryAt(place, ms, seq);
        if (at < 0) return false;
        nodes.mark(place, at);
        count(place, 1, true);
        noteDeleted(ms, seq);
        if (length == 0 || ms == firstMs && seq == firstSeq) findFirst();
        return true;
    }

    /// Counts entries of a node that were marked as deleted; see [StreamNodes#count].
    void count(long place, long marked, boolean goesIfEmpty) {
        nodes.count(place, marked, goesIfEmpty);
        length -= marked;
    }

    /// Takes a node out with all its entries.
    void drop(long place) {
        length -= nodes.live(place);
        nodes.drop(place);
    }

    /// An entry was deleted that may leave a hole among others.
    void noteDeleted(long ms, long seq) {
        if (StreamId.compare(ms, seq, maxDeletedMs, maxDeletedSeq) <= 0) return;
        maxDeletedMs = ms;
        maxDeletedSeq = seq;
    }

    /// Finds the oldest entry anew.
    void findFirst() {
        StreamEntries walk = tools.walk.of(this);
        boolean isThere = walk.next();
        firstMs = isThere ? walk.ms() : 0;
        firstSeq = isThere ? walk.seq() : 0;
    }

    /// Whether all groups have read and acknowledged an entry.
    public boolean isDone(long ms, long seq) {
        return groups.areDone(ms, seq);
    }

    /// Says what the stream remembers of its past, for XSETID.
    ///
    /// @param entriesAdded negative to leave it
    /// @param deletedMs    with `deletedSeq` 0-0 to leave it
    public void setId(long ms, long seq, long entriesAdded, long deletedMs, long deletedSeq) {
        lastMs = ms;
        lastSeq = seq;
        if (entriesAdded >= 0) this.entriesAdded = entriesAdded;
        if (StreamId.isZero(deletedMs, deletedSeq)) return;
        maxDeletedMs = deletedMs;
        maxDeletedSeq = deletedSeq;
    }

    // ---- groups ----

    /// How many groups there are.
    public int groups() {
        return groups.count();
    }

    /// One of them, in order of names.
    public StreamGroup group(int index) {
        return groups.get(index);
    }

    /// The group of that name, or null.
    public @Nullable StreamGroup group(Bytes name) {
        return groups.get(name);
    }

    /// Makes a group of a name that there is none of.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public StreamGroup createGroup(Bytes name, long lastMs, long lastSeq, long entriesRead) {
        return groups.create(name, lastMs, lastSeq, entriesRead);
    }

    /// Takes a group out; freeing it is the caller's.
    void removeGroup(StreamGroup group) {
        groups.remove(group);
    }

    // ---- the whole ----

    /// O(groups + consumers).
    @Override
    public long bytes() {
        return nodes.bytes() + groups.bytes();
    }

    @Override
    protected boolean free(int most) {
        long left = most;
        while (!nodes.index.isEmpty()) {
            if (left <= 0) return true;
            long place = nodes.index.last();
            left -= 1 + nodes.live(place);
            drop(place);
        }
        return groups.free((int) Math.max(1, left));
    }

    /// The position is the number of a list of rows, above 32 bits, and that of a leaf in it. Lists are: the
    /// nodes themselves, one by one; their index; and what is pending, group by group, consumer by consumer.
    @Override
    protected long compact(long position, int most) {
        int list = (int) (position >>> 32);
        int from = (int) position;
        if (list == 0) {
            int next = nodes.compact(from, most);
            return next < 0 ? 1L << 32 : next;
        }
        IdRows rows = list == 1 ? nodes.index : groups.list(list - 2);
        if (rows == null) return 0;
        int next = rows.compact(from, most);
        return next < 0 ? (long) (list + 1) << 32 : (long) list << 32 | next;
    }

    // ---- a snapshot ----

    @Override
    protected void freeze(BigImage image) {
        StreamValue frozen = new StreamValue(pages, thresholds, tools, nodes.freeze(image));
        frozen.takeCounts(this);
        frozen.groups.freeze(groups);
        this.image = new StreamImage(nodes, frozen, image);
    }

    @Override
    protected boolean walk(Slice slice) {
        if (image == null) return false;
        if (image.walk(slice)) return true;
        image = null;
        return false;
    }

    /// Shows all of the stream at once, in the order in which a snapshot hands it over.
    public void show(Snapshot.BigSink sink) {
        IdRows index = nodes.index;
        for (long place = index.first(); place != IdRows.NONE; place = index.next(place)) nodes.show(place, sink);
        sink.stream(this);
        for (int i = 0; i < groups.count(); i++) {
            StreamGroup group = groups.get(i);
            sink.group(group);
            IdRows rows = group.rows(null);
            long row = rows.isEmpty() ? IdRows.NONE : rows.first();
            for (; row != IdRows.NONE; row = rows.next(row)) sink.pending(group, row);
            for (int c = 0; c < group.consumers(); c++) sink.consumer(group, group.consumer(c));
        }
        sink.end();
    }

    private void takeCounts(StreamValue of) {
        length = of.length;
        lastMs = of.lastMs;
        lastSeq = of.lastSeq;
        firstMs = of.firstMs;
        firstSeq = of.firstSeq;
        maxDeletedMs = of.maxDeletedMs;
        maxDeletedSeq = of.maxDeletedSeq;
        entriesAdded = of.entriesAdded;
    }

    @Override
    protected BigValue copy() {
        StreamValue copy = new StreamValue(pages, thresholds, tools);
        try {
            copy.nodes.copy(nodes);
            copy.groups.copy(groups);
        } catch (OutOfMemory e) {
            copy.freeAll();
            throw e;
        }
        copy.takeCounts(this);
        return copy;
    }

    @Override
    public void checkInvariants() {
        long live = nodes.checkInvariants();
        if (length != live) throw new IllegalStateException(length + " entries counted, " + live + " found");
        checkEntries();
        groups.checkInvariants();
    }

    private void checkEntries() {
        StreamEntries forward = new StreamEntries().of(this);
        StreamEntries backward = new StreamEntries().of(this, 0, 0, StreamId.MAX, StreamId.MAX, true);
        long ms = 0;
        long seq = 0;
        for (long i = 0; forward.next(); i++) {
            if (StreamId.compare(forward.ms(), forward.seq(), ms, seq) <= 0)
                throw new IllegalStateException(StreamId.text(forward.ms(), forward.seq()) + " is out of order");
            ms = forward.ms();
            seq = forward.seq();
            if (i == 0 && (ms != firstMs || seq != firstSeq)) throw new IllegalStateException("a wrong first id");
            if (!backward.next()) throw new IllegalStateException("fewer entries backward");
        }
        if (backward.next()) throw new IllegalStateException("more entries backward");
        if (StreamId.compare(ms, seq, lastMs, lastSeq) > 0) throw new IllegalStateException("a wrong last id");
        if (length == 0 && !StreamId.isZero(firstMs, firstSeq)) throw new IllegalStateException("a first id of none");
    }
}
