package dev.cinnabar.store;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.memory.SizeClasses;
import dev.cinnabar.store.StreamTrim.References;
import dev.cinnabar.store.StreamTrim.Strategy;
import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.Listpack;
import dev.cinnabar.struct.StreamId;
import dev.cinnabar.struct.StreamNode;
import org.jspecify.annotations.Nullable;

/// A stream: entries in order of their ids, appended at one end and trimmed at the other, and the groups that read it.
///
/// Always a large value, also when it is empty; a stream without entries is still a key. Adding costs O(fields); finding an id O(log n) and a
/// walk through a node. Refusals ([OutOfMemory]) leave everything as it was; what removes is never refused. Touched only under the engine's lock.
public final class StreamValue extends BigValue {
    /*
     *    nodes      | id of its first entry | address | …           rows in order, see IdRows
     *                                            │
     *    node       | 3 live | 1 deleted | names | entry | entry | deleted entry | entry |      see StreamNode
     *
     *    tail ──────────────────────────────► the last node, in a block with room for more
     *
     * A node takes entries until the next would make it larger than stream-node-max-bytes, or until it has stream-node-max-entries: the same
     * rule, with the same bytes, as in Redis, because what `XTRIM ~` removes depends on where nodes begin. An entry with the names of the
     * node's first one stores values only: some ten bytes besides them.
     *
     * The tail's block doubles as it fills and is cut to size when the next node begins, so that appending copies each byte about twice.
     * Deleting an entry marks it; its bytes go with the node. That is poor for who deletes most of a stream here and there, and the same in
     * Redis.
     *
     * A snapshot keeps the order of nodes as an image of the index, and marks the live rows SHARED. Who is about to write into a node that is
     * shared copies it and leaves the old block to the snapshot, as it leaves one that goes; the snapshot frees those it has shown. What
     * groups remember is kept the same way, a leaf of rows at a time. So freezing costs O(nodes + pending / 64): some 100 µs for a million
     * entries of which a million are pending.
     */

    /// For [#lag]: it cannot be told. No lag is so small; a negative one comes from ENTRIESREAD.
    public static final long UNKNOWN_LAG = Long.MIN_VALUE;

    /// Of a row of the index: the node's address.
    static final int NODE_ADDRESS = 0;

    private static final int NODE_PAYLOAD = 8;
    private static final long SHARED =
            1L << 63; // in a row, above the address: with a snapshot that has not shown the node yet
    private static final long MAX_NODE_BYTES = 1 << 30; // also the largest entry; as in Redis
    private static final int MAX_SMALL = 127; // the largest number in one byte

    private final Pages pages;
    private final Thresholds thresholds;
    private final Tools tools;
    private final ByteBuilder scratch;
    private final IdRows nodes;
    private long nodeBytes;

    private long tail; // the last node's address, 0 for none
    private int tailCapacity; // the size of its block
    private long tailMs; // the id of its first entry
    private long tailSeq;

    private long length;
    private long lastMs;
    private long lastSeq;
    private long firstMs;
    private long firstSeq;
    private long maxDeletedMs;
    private long maxDeletedSeq;
    private long entriesAdded;

    private final StreamGroups groups;

    private @Nullable StreamImage image; // while a snapshot walks

    /// What all streams of a database use for a moment.
    ///
    /// @param scratch to write into
    /// @param walk    to walk with
    record Tools(ByteBuilder scratch, StreamEntries walk) {}

    StreamValue(Pages pages, Thresholds thresholds, Tools tools) {
        this(pages, thresholds, tools, new IdRows(pages, NODE_PAYLOAD));
    }

    private StreamValue(Pages pages, Thresholds thresholds, Tools tools, IdRows nodes) {
        this.pages = pages;
        this.thresholds = thresholds;
        this.tools = tools;
        this.scratch = tools.scratch;
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
        return nodes.size();
    }

    /// Where a node lies.
    ///
    /// @param place in the index
    long address(long place) {
        return nodes.get(place, NODE_ADDRESS) & Pages.ADDRESS_MASK;
    }

    IdRows nodes() {
        return nodes;
    }

    Pages pages() {
        return pages;
    }

    /// Whether an entry with this id is there.
    public boolean has(long ms, long seq) {
        long place = nodes.floor(ms, seq);
        return place != IdRows.NONE && entryAt(place, ms, seq) >= 0;
    }

    /// Where in its node an entry begins, relative to the node's start, or -1 when there is none that is not deleted.
    private int entryAt(long place, long ms, long seq) {
        long address = address(place);
        byte[] array = pages.array(address);
        int start = Pages.offset(address);
        int namesAt = StreamNode.namesAt(array, start);
        long names = Listpack.number(array, namesAt);
        long wantedMs = ms - nodes.ms(place);
        long wantedSeq = seq - nodes.seq(place);
        int at = StreamNode.firstEntry(array, namesAt);
        for (; !Listpack.isEnd(array, at); at = StreamNode.next(array, at, names)) {
            int msAt = Listpack.next(array, at);
            if (Listpack.number(array, msAt) != wantedMs) continue;
            if (Listpack.number(array, Listpack.next(array, msAt)) != wantedSeq) continue;
            if ((StreamNode.flags(array, at) & StreamNode.DELETED) == 0) return at - start;
        }
        return -1;
    }

    /// Whether an entry was deleted that was not the oldest.
    private boolean hasHoles() {
        return !StreamId.isZero(maxDeletedMs, maxDeletedSeq)
                && StreamId.compare(maxDeletedMs, maxDeletedSeq, firstMs, firstSeq) >= 0;
    }

    /// Whether entries between an id and the end may have been deleted out of the middle, so that counting from there is not to be trusted.
    public boolean hasHolesFrom(long ms, long seq) {
        if (length == 0 || !hasHoles()) return false;
        return StreamId.compare(ms, seq, maxDeletedMs, maxDeletedSeq) <= 0;
    }

    /// How many entries had been added when this one was, as far as that can be told without counting; else [StreamGroup#UNKNOWN].
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
        boolean isCounted = group.entriesRead != StreamGroup.UNKNOWN && !hasHolesFrom(group.lastMs, group.lastSeq);
        long read = isCounted ? group.entriesRead : ordinal(group.lastMs, group.lastSeq);
        return read == StreamGroup.UNKNOWN ? UNKNOWN_LAG : entriesAdded - read;
    }

    // ---- adding ----

    /// Whether an entry is small enough for a node.
    public static boolean fits(Bytes[] words, int from, int to) {
        return textBytes(words, from, to) <= MAX_NODE_BYTES;
    }

    private static long textBytes(Bytes[] words, int from, int to) {
        long bytes = 0;
        for (int i = from; i < to; i++) bytes += words[i].length();
        return bytes;
    }

    /// Adds an entry behind all others. O(fields).
    ///
    /// @param ms    its id, which has to be larger than that of the last one
    /// @param words name, value, name, value, … from one index up to, not including, another
    /// @throws OutOfMemory when memory is short; then no entry has changed
    public void append(long ms, long seq, Bytes[] words, int from, int to) {
        dropNodesBehind(ms, seq);
        if (tail != 0 && tailTakes(textBytes(words, from, to))) appendToTail(ms, seq, words, from, to);
        else appendNode(ms, seq, words, from, to);
        if (length == 0) {
            firstMs = ms;
            firstSeq = seq;
        }
        length++;
        entriesAdded++;
        lastMs = ms;
        lastSeq = seq;
    }

    /// Drops nodes that begin behind an id. All their entries are deleted: a trim by id may leave such a node, and XSETID go back in front of
    /// it. Redis would put the next entry into it, out of order and not to be found.
    private void dropNodesBehind(long ms, long seq) {
        while (tail != 0 && StreamId.compare(ms, seq, tailMs, tailSeq) < 0) dropNode(nodes.last());
    }

    private boolean tailTakes(long textBytes) {
        byte[] array = pages.array(tail);
        int start = Pages.offset(tail);
        if (Listpack.size(array, start) + textBytes >= maxNodeBytes()) return false;
        long most = thresholds.streamNodeMaxEntries;
        return most == 0 || StreamNode.live(array, start) + StreamNode.deleted(array, start) < most;
    }

    private long maxNodeBytes() {
        long most = thresholds.streamNodeMaxBytes;
        return most == 0 ? MAX_NODE_BYTES : Math.min(most, MAX_NODE_BYTES);
    }

    private void appendToTail(long ms, long seq, Bytes[] words, int from, int to) {
        own(nodes.last());
        byte[] array = pages.array(tail);
        int start = Pages.offset(tail);
        scratch.clear();
        boolean hasSameNames = StreamNode.hasNames(array, start, words, from, to);
        int elements = StreamNode.appendEntry(hasSameNames, ms - tailMs, seq - tailSeq, words, from, to, scratch);
        int more = scratch.length();
        int size = Listpack.size(array, start);
        if (size + more + 1 > tailCapacity) { // one, because the count may become longer
            growTail(size, size + more + 1);
            array = pages.array(tail);
            start = Pages.offset(tail);
        }

        System.arraycopy(scratch.array(), 0, array, start + size - 1, more);
        array[start + size - 1 + more] = (byte) Listpack.END;
        Listpack.addToHeader(array, start, more, elements);
        int liveAt = Listpack.first(start);
        if (array[liveAt] >= 0 && array[liveAt] < MAX_SMALL) array[liveAt]++; // speed only: what follows does the same
        else recount(nodes.last(), StreamNode.live(array, start) + 1, StreamNode.deleted(array, start));
    }

    /// Moves the tail to a larger block: twice as large, but not larger than a node gets if that is enough.
    private void growTail(int size, int needed) {
        long most = Math.max(needed, Math.min(maxNodeBytes(), 2L * size));
        int capacity = SizeClasses.roundUp((int) Math.min(most, SizeClasses.MAX_LENGTH));
        moveNode(nodes.last(), size, pages.allocate(capacity), capacity);
    }

    /// Puts a node's bytes into another block.
    ///
    /// @param capacity what that block was allocated for, as a size that blocks have
    private void moveNode(long place, int size, long to, int capacity) {
        long address = address(place);
        System.arraycopy(pages.array(address), Pages.offset(address), pages.array(to), Pages.offset(to), size);
        replaceNode(place, address, address == tail ? tailCapacity : size, to, capacity);
    }

    private void replaceNode(long place, long address, int oldCapacity, long to, int capacity) {
        giveUp(place, oldCapacity);
        nodes.set(place, NODE_ADDRESS, to);
        nodeBytes += SizeClasses.roundUp(capacity) - SizeClasses.roundUp(oldCapacity);
        if (address != tail) return;
        tail = to;
        tailCapacity = capacity;
    }

    /// Leaves a node's block to the snapshot that shares it, or frees it.
    private void giveUp(long place, int capacity) {
        StreamImage reader = image;
        if (reader != null && isShared(place)) reader.keeps(SizeClasses.roundUp(capacity));
        else pages.free(address(place), capacity);
    }

    private boolean isShared(long place) {
        return nodes.get(place, NODE_ADDRESS) < 0;
    }

    /// Copies a node that a snapshot shares, before it is written into.
    private void own(long place) {
        if (image == null || !isShared(place)) return;
        long address = address(place);
        int size = Listpack.size(pages.array(address), Pages.offset(address));
        int capacity = SizeClasses.roundUp(address == tail ? tailCapacity : size);
        moveNode(place, size, pages.allocateForced(capacity), capacity);
    }

    private void appendNode(long ms, long seq, Bytes[] words, int from, int to) {
        scratch.clear();
        StreamNode.appendEmpty(words, from, to, scratch);
        scratch.rewind(scratch.length() - 1);
        int elements = StreamNode.appendEntry(true, 0, 0, words, from, to, scratch);
        scratch.append((byte) Listpack.END);
        byte[] built = scratch.array();
        int size = scratch.length();
        Listpack.addToHeader(built, 0, size - Listpack.size(built, 0), elements);
        built[Listpack.HEADER]++; // one entry is there

        if (tail != 0 && ms == tailMs && seq == tailSeq) dropNode(nodes.last()); // of deleted entries, and full
        long address = pages.allocate(size);
        try {
            nodes.set(nodes.insert(ms, seq), NODE_ADDRESS, address);
        } catch (OutOfMemory e) {
            pages.free(address, size);
            throw e;
        }
        System.arraycopy(built, 0, pages.array(address), Pages.offset(address), size);
        nodeBytes += SizeClasses.roundUp(size);
        if (tail != 0) sealTail();
        tail = address;
        tailCapacity = SizeClasses.roundUp(size);
        tailMs = ms;
        tailSeq = seq;
        scratch.trim(1 << 16);
    }

    /// Cuts the block of what was the tail to its size.
    private void sealTail() {
        int size = Listpack.size(pages.array(tail), Pages.offset(tail));
        if (SizeClasses.roundUp(size) == SizeClasses.roundUp(tailCapacity)) return;
        moveNode(nodes.previous(nodes.last()), size, pages.allocateForced(size), SizeClasses.roundUp(size));
    }

    // ---- removing ----

    /// Deletes an entry.
    ///
    /// @return whether it was there
    public boolean delete(long ms, long seq) {
        long place = nodes.floor(ms, seq);
        int at = place == IdRows.NONE ? -1 : entryAt(place, ms, seq);
        if (at < 0) return false;
        mark(place, at);
        count(place, 1);
        noteDeleted(ms, seq);
        if (length == 0 || ms == firstMs && seq == firstSeq) findFirst();
        return true;
    }

    private void noteDeleted(long ms, long seq) {
        if (StreamId.compare(ms, seq, maxDeletedMs, maxDeletedSeq) <= 0) return;
        maxDeletedMs = ms;
        maxDeletedSeq = seq;
    }

    /// Marks an entry as deleted.
    ///
    /// @param at relative to the node's start
    private void mark(long place, int at) {
        own(place);
        long address = address(place);
        pages.array(address)[Pages.offset(address) + at] |= StreamNode.DELETED;
    }

    /// Counts entries of a node that were marked; a node without others goes.
    private void count(long place, long marked) {
        long address = address(place);
        byte[] array = pages.array(address);
        int start = Pages.offset(address);
        long live = StreamNode.live(array, start) - marked;
        if (live == 0) dropNode(place);
        else recount(place, live, StreamNode.deleted(array, start) + marked);
        length -= marked;
    }

    private void dropNode(long place) {
        long address = address(place);
        boolean wasTail = address == tail;
        int capacity = wasTail ? tailCapacity : Listpack.size(pages.array(address), Pages.offset(address));
        giveUp(place, capacity);
        nodeBytes -= SizeClasses.roundUp(capacity);
        nodes.remove(place);
        if (wasTail) findTail();
    }

    private void findTail() {
        long place = nodes.last();
        tail = place == IdRows.NONE ? 0 : address(place);
        if (tail == 0) return;
        tailCapacity = SizeClasses.roundUp(Listpack.size(pages.array(tail), Pages.offset(tail)));
        tailMs = nodes.ms(place);
        tailSeq = nodes.seq(place);
    }

    /// Writes the two counts of a node, which may take more or fewer bytes than before.
    private void recount(long place, long live, long deleted) {
        own(place);
        long address = address(place);
        byte[] array = pages.array(address);
        int start = Pages.offset(address);
        int from = Listpack.first(start);
        if (live <= MAX_SMALL && deleted <= MAX_SMALL && array[from] >= 0 && array[from + 2] >= 0) {
            array[from] = (byte) live;
            array[from + 2] = (byte) deleted;
            return;
        }

        scratch.clear();
        Listpack.encode(live, scratch);
        Listpack.encode(deleted, scratch);
        int size = Listpack.size(array, start);
        int behind = Listpack.next(array, Listpack.next(array, from));
        int more = scratch.length() - (behind - from);
        boolean isTail = address == tail;
        int capacity = SizeClasses.roundUp(isTail ? tailCapacity : size);
        int newCapacity = SizeClasses.roundUp(isTail ? Math.max(tailCapacity, size + more) : size + more);
        long to = newCapacity == capacity ? address : pages.allocateForced(newCapacity);
        byte[] target = pages.array(to);
        int toStart = Pages.offset(to);
        System.arraycopy(array, behind, target, toStart + behind - start + more, start + size - behind);
        System.arraycopy(scratch.array(), 0, target, Listpack.first(toStart), scratch.length());
        if (to != address) {
            System.arraycopy(array, start, target, toStart, Listpack.HEADER);
            replaceNode(place, address, capacity, to, newCapacity);
        }
        Listpack.addToHeader(target, toStart, more, 0);
    }

    private void findFirst() {
        StreamEntries walk = tools.walk.of(this);
        boolean isThere = walk.next();
        firstMs = isThere ? walk.ms() : 0;
        firstSeq = isThere ? walk.seq() : 0;
    }

    /// Removes old entries. O(entries removed); without KEEP, and with groups, O(entries removed · groups · log pending).
    ///
    /// @return how many
    public long trim(StreamTrim trim) {
        References references = groups.count() == 0 ? References.KEEP : trim.references;
        long deleted = 0;
        long place = nodes.first();
        while (place != IdRows.NONE) {
            if (trim.strategy == Strategy.MAXLEN && length <= trim.maxLength) break;
            long ms = nodes.ms(place);
            long seq = nodes.seq(place);
            if (trim.strategy == Strategy.MINID && StreamId.compare(ms, seq, trim.minMs, trim.minSeq) >= 0) break;
            long live = live(place);
            if (trim.limit > 0 && deleted + live > trim.limit) break;
            if (goesWhole(place, live, trim, references)) {
                if (references == References.DELETE) forget(place);
                dropNode(place);
                length -= live;
                deleted += live;
            } else {
                if (trim.isApproximate) break;
                deleted += trimWithin(place, trim, references);
                if (references != References.ACKED) break;
            }
            // what is kept because it is not acknowledged does not keep younger entries from going
            place = nodes.ceiling(StreamId.nextMs(ms, seq), StreamId.nextSeq(seq));
        }
        if (deleted > 0) findFirst();
        return deleted;
    }

    long live(long place) {
        long address = address(place);
        return StreamNode.live(pages.array(address), Pages.offset(address));
    }

    private boolean goesWhole(long place, long live, StreamTrim trim, References references) {
        boolean isOld = trim.strategy == Strategy.MAXLEN ? length - live >= trim.maxLength : endsBefore(place, trim);
        if (!isOld || references != References.ACKED) return isOld;
        StreamEntries walk = tools.walk.of(this, nodes.ms(place), nodes.seq(place), StreamId.MAX, StreamId.MAX, false);
        for (long i = 0; i < live; i++) if (!walk.next() || !isDone(walk.ms(), walk.seq())) return false;
        return true;
    }

    /// Whether the last entry of a node, deleted or not, is older than the threshold.
    private boolean endsBefore(long place, StreamTrim trim) {
        long address = address(place);
        byte[] array = pages.array(address);
        int start = Pages.offset(address);
        int at = StreamNode.previous(array, start + Listpack.size(array, start) - 1);
        int msAt = Listpack.next(array, at);
        long ms = nodes.ms(place) + Listpack.number(array, msAt);
        long seq = nodes.seq(place) + Listpack.number(array, Listpack.next(array, msAt));
        return StreamId.compare(ms, seq, trim.minMs, trim.minSeq) < 0;
    }

    /// Deletes entries at the beginning of a node.
    private long trimWithin(long place, StreamTrim trim, References references) {
        own(place);
        long address = address(place);
        byte[] array = pages.array(address);
        int start = Pages.offset(address);
        int namesAt = StreamNode.namesAt(array, start);
        long names = Listpack.number(array, namesAt);
        long marked = 0;
        boolean hasKept = false;
        int at = StreamNode.firstEntry(array, namesAt);
        for (; !Listpack.isEnd(array, at); at = StreamNode.next(array, at, names)) {
            int msAt = Listpack.next(array, at);
            long ms = nodes.ms(place) + Listpack.number(array, msAt);
            long seq = nodes.seq(place) + Listpack.number(array, Listpack.next(array, msAt));
            boolean isEnough = trim.strategy == Strategy.MAXLEN
                    ? length - marked <= trim.maxLength
                    : StreamId.compare(ms, seq, trim.minMs, trim.minSeq) >= 0;
            if (isEnough) break;
            if ((StreamNode.flags(array, at) & StreamNode.DELETED) != 0) continue;
            if (references == References.ACKED && !isDone(ms, seq)) {
                hasKept = true;
                continue;
            }
            array[at] |= StreamNode.DELETED;
            marked++;
            if (references == References.DELETE) forget(ms, seq);
            if (hasKept) noteDeleted(ms, seq);
        }
        if (marked == 0) return 0;
        length -= marked;
        long live = StreamNode.live(array, start) - marked;
        if (live == 0 && references == References.ACKED) dropNode(place);
        else recount(place, live, StreamNode.deleted(array, start) + marked);
        return marked;
    }

    /// Makes all groups forget the entries of a node.
    private void forget(long place) {
        StreamEntries walk = tools.walk.of(this, nodes.ms(place), nodes.seq(place), StreamId.MAX, StreamId.MAX, false);
        for (long i = live(place); i > 0 && walk.next(); i--) forget(walk.ms(), walk.seq());
    }

    /// Makes all groups forget that an entry is pending.
    ///
    /// @return whether it was, in any
    public boolean forget(long ms, long seq) {
        return groups.forget(ms, seq);
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
        return nodeBytes + nodes.bytes() + groups.bytes();
    }

    @Override
    protected boolean free(int most) {
        long left = most;
        while (!nodes.isEmpty()) {
            if (left <= 0) return true;
            long place = nodes.last();
            left -= 1 + live(place);
            length -= live(place);
            dropNode(place);
        }
        return groups.free((int) Math.max(1, left));
    }

    /// The position is the number of a list of rows, above 32 bits, and that of a leaf in it. Lists are: the nodes themselves, one by one; their
    /// index; and what is pending, group by group, consumer by consumer.
    @Override
    protected long compact(long position, int most) {
        int list = (int) (position >>> 32);
        int from = (int) position;
        if (list == 0) {
            int next = compactNodes(from, most);
            return next < 0 ? 1L << 32 : next;
        }
        IdRows rows = list == 1 ? nodes : groups.list(list - 2);
        if (rows == null) return 0;
        int next = rows.compact(from, most);
        return next < 0 ? (long) (list + 1) << 32 : (long) list << 32 | next;
    }

    /// @return where to go on, as a place in the index; -1 when all was looked at
    private int compactNodes(int from, int most) {
        long place = nodes.atOrBehind(from);
        for (int i = 0; i < most; i++) {
            if (place == IdRows.NONE) return -1;
            long address = address(place);
            if (pages.isSparse(address) && !isShared(place)) {
                int size = Listpack.size(pages.array(address), Pages.offset(address));
                int capacity = SizeClasses.roundUp(address == tail ? tailCapacity : size);
                moveNode(place, size, pages.allocate(capacity), capacity);
            }
            place = nodes.next(place);
        }
        return place == IdRows.NONE || place > Integer.MAX_VALUE ? -1 : (int) place;
    }

    // ---- a snapshot ----

    @Override
    protected void freeze(BigImage image) {
        StreamValue frozen = new StreamValue(pages, thresholds, tools, nodes.freeze());
        frozen.takeCounts(this);
        frozen.tail = tail;
        frozen.tailCapacity = tailCapacity;
        frozen.groups.freeze(groups);
        for (long place = nodes.first(); place != IdRows.NONE; place = nodes.next(place))
            nodes.set(place, NODE_ADDRESS, address(place) | SHARED);
        this.image = new StreamImage(this, frozen, image);
    }

    @Override
    protected boolean walk(Slice slice) {
        if (image == null) return false;
        if (image.walk(slice)) return true;
        image = null;
        return false;
    }

    /// A node of an image was shown: its block is the stream's alone from now on, or nobody's.
    ///
    /// @return bytes that were freed
    int release(StreamValue frozen, long place) {
        long address = frozen.address(place);
        long own = nodes.find(frozen.nodes.ms(place), frozen.nodes.seq(place));
        if (own != IdRows.NONE && isShared(own) && address(own) == address) {
            nodes.set(own, NODE_ADDRESS, address);
            return 0;
        }
        int size = Listpack.size(pages.array(address), Pages.offset(address));
        int capacity = address == frozen.tail ? frozen.tailCapacity : size;
        pages.free(address, capacity);
        return SizeClasses.roundUp(capacity);
    }

    void showNode(long place, Snapshot.BigSink sink) {
        long address = address(place);
        sink.node(nodes.ms(place), nodes.seq(place), pages.array(address), Pages.offset(address));
    }

    /// Shows all of the stream at once, in the order in which a snapshot hands it over.
    public void show(Snapshot.BigSink sink) {
        for (long place = nodes.first(); place != IdRows.NONE; place = nodes.next(place)) showNode(place, sink);
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
        StreamValue copy = new StreamValue(pages, thresholds, tools, new IdRows(pages, NODE_PAYLOAD));
        try {
            for (long place = nodes.first(); place != IdRows.NONE; place = nodes.next(place)) copy.addCopy(this, place);
            copy.groups.copy(groups);
        } catch (OutOfMemory e) {
            copy.freeAll();
            throw e;
        }
        copy.findTail();
        copy.takeCounts(this);
        return copy;
    }

    private void addCopy(StreamValue of, long place) {
        long address = of.address(place);
        byte[] array = pages.array(address);
        int start = Pages.offset(address);
        int size = Listpack.size(array, start);
        long to = pages.allocate(size);
        try {
            nodes.set(nodes.insert(of.nodes.ms(place), of.nodes.seq(place)), NODE_ADDRESS, to);
        } catch (OutOfMemory e) {
            pages.free(to, size);
            throw e;
        }
        System.arraycopy(array, start, pages.array(to), Pages.offset(to), size);
        nodeBytes += SizeClasses.roundUp(size);
    }

    @Override
    public void checkInvariants() {
        nodes.checkInvariants();
        long bytes = 0;
        long liveSum = 0;
        for (long place = nodes.first(); place != IdRows.NONE; place = nodes.next(place)) {
            long address = address(place);
            byte[] array = pages.array(address);
            int start = Pages.offset(address);
            int size = Listpack.size(array, start);
            if (!StreamNode.isValid(array, start, size)) throw new IllegalStateException("a node is damaged");
            liveSum += StreamNode.live(array, start);
            bytes += SizeClasses.roundUp(address == tail ? tailCapacity : size);
        }
        expect(length, liveSum, "entries");
        expect(nodeBytes, bytes, "bytes of nodes");
        for (long place = nodes.first(); place != IdRows.NONE; place = nodes.next(place)) {
            if (isShared(place) && image == null) throw new IllegalStateException("a node is shared with nobody");
        }
        long last = nodes.last();
        expect(tail, last == IdRows.NONE ? 0 : address(last), "tail");
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

    private static void expect(long counted, long found, String what) {
        if (counted != found) throw new IllegalStateException(what + ": " + counted + " counted, " + found + " found");
    }
}
