package dev.cinnabar.store;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.memory.SizeClasses;
import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.Listpack;
import dev.cinnabar.struct.StreamId;
import dev.cinnabar.struct.StreamNode;
import org.jspecify.annotations.Nullable;

/// The nodes that a stream's entries lie in: blocks under an index, the last of which is appended to.
///
/// Here is what becomes of bytes; what the stream remembers (how many entries, which ids, who has read) is
/// [StreamValue]'s. Refusals ([OutOfMemory]) leave everything as it was; what removes is never refused. A
/// place is one in the index, good until a node comes or goes.
final class StreamNodes {
    /*
     *    index      | id of the node's first entry | address | …    rows in order, see IdRows
     *                                                   │
     *    node       | 3 live | 1 deleted | names | entry | entry | deleted entry | entry |      see StreamNode
     *
     *    tail ──────────────────────────────► the last node, in a block with room for more
     *
     * A node takes entries until the next would make it larger than stream-node-max-bytes, or until it has
     * stream-node-max-entries: the same rule, with the same bytes, as in Redis, because what `XTRIM ~`
     * removes depends on where nodes begin. An entry with the names of the node's first one stores values
     * only: some ten bytes besides them.
     *
     * The tail's block doubles as it fills and is cut to size when the next node begins, so that appending
     * copies each byte about twice. Deleting an entry marks it; its bytes go with the node. That is poor for
     * who deletes most of a stream here and there, and the same in Redis.
     *
     * A snapshot keeps the order of nodes as an image of the index, and marks the live rows SHARED. Who is
     * about to write into a node that is shared copies it and leaves the old block to the snapshot, as it
     * leaves one that goes; the snapshot frees those it has shown.
     */
    static final long MAX_BYTES = 1 << 30; // of a node; also the largest entry; as in Redis

    private static final int ADDRESS = 0; // in a row, behind its id
    private static final int PAYLOAD = 8;
    private static final long SHARED =
            1L << 63; // in a row, above the address: with a snapshot that has not shown the node yet
    private static final int MAX_SMALL = 127; // the largest number in one byte

    final IdRows index;
    private final Pages pages;
    private final Thresholds thresholds;
    private final ByteBuilder scratch;
    private long nodeBytes;

    private long tail; // the last node's address, 0 for none
    private int tailCapacity; // the size of its block
    private long tailMs; // the id of its first entry
    private long tailSeq;

    private @Nullable BigImage reader; // while a snapshot walks

    /// @param scratch to write into for a moment
    StreamNodes(Pages pages, Thresholds thresholds, ByteBuilder scratch) {
        this(pages, thresholds, scratch, new IdRows(pages, PAYLOAD));
    }

    private StreamNodes(Pages pages, Thresholds thresholds, ByteBuilder scratch, IdRows index) {
        this.pages = pages;
        this.thresholds = thresholds;
        this.scratch = scratch;
        this.index = index;
    }

    // ---- asking ----

    /// Where a node lies.
    private long address(long place) {
        return index.get(place, ADDRESS) & Pages.ADDRESS_MASK;
    }

    /// The array that a node lies in.
    byte[] array(long place) {
        return pages.array(address(place));
    }

    /// Where in it the node begins.
    int start(long place) {
        return Pages.offset(address(place));
    }

    /// How many entries of a node are not deleted.
    long live(long place) {
        long address = address(place);
        return StreamNode.live(pages.array(address), Pages.offset(address));
    }

    /// Where in its node an entry begins, relative to the node's start, or -1 when there is none that is not
    /// deleted.
    int entryAt(long place, long ms, long seq) {
        long address = address(place);
        byte[] array = pages.array(address);
        int start = Pages.offset(address);
        int namesAt = StreamNode.namesAt(array, start);
        long names = Listpack.number(array, namesAt);
        long wantedMs = ms - index.ms(place);
        long wantedSeq = seq - index.seq(place);
        int at = StreamNode.firstEntry(array, namesAt);
        for (; !Listpack.isEnd(array, at); at = StreamNode.next(array, at, names)) {
            int msAt = Listpack.next(array, at);
            if (Listpack.number(array, msAt) != wantedMs) continue;
            if (Listpack.number(array, Listpack.next(array, msAt)) != wantedSeq) continue;
            if ((StreamNode.flags(array, at) & StreamNode.DELETED) == 0) return at - start;
        }
        return -1;
    }

    /// Bytes of the nodes' blocks and of the index; O(1).
    long bytes() {
        return nodeBytes + index.bytes();
    }

    // ---- adding ----

    static long textBytes(Bytes[] words, int from, int to) {
        long bytes = 0;
        for (int i = from; i < to; i++) bytes += words[i].length();
        return bytes;
    }

    /// Adds an entry behind all others; see [StreamValue#append].
    ///
    /// @throws OutOfMemory when memory is short; then no entry has changed
    void append(long ms, long seq, Bytes[] words, int from, int to) {
        dropBehind(ms, seq);
        if (tail != 0 && tailTakes(textBytes(words, from, to))) appendToTail(ms, seq, words, from, to);
        else appendNode(ms, seq, words, from, to);
    }

    /// Drops nodes that begin behind an id. All their entries are deleted: a trim by id may leave such a
    /// node, and XSETID go back in front of it. Redis would put the next entry into it, out of order and not
    /// to be found.
    private void dropBehind(long ms, long seq) {
        while (tail != 0 && StreamId.compare(ms, seq, tailMs, tailSeq) < 0) drop(index.last());
    }

    private boolean tailTakes(long textBytes) {
        byte[] array = pages.array(tail);
        int start = Pages.offset(tail);
        if (Listpack.size(array, start) + textBytes >= maxBytes()) return false;
        long most = thresholds.streamNodeMaxEntries;
        return most == 0 || StreamNode.live(array, start) + StreamNode.deleted(array, start) < most;
    }

    private long maxBytes() {
        long most = thresholds.streamNodeMaxBytes;
        return most == 0 ? MAX_BYTES : Math.min(most, MAX_BYTES);
    }

    private void appendToTail(long ms, long seq, Bytes[] words, int from, int to) {
        own(index.last());
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
        else recount(index.last(), StreamNode.live(array, start) + 1, StreamNode.deleted(array, start));
    }

    /// Moves the tail to a larger block: twice as large, but not larger than a node gets if that is enough.
    private void growTail(int size, int needed) {
        long most = Math.max(needed, Math.min(maxBytes(), 2L * size));
        int capacity = SizeClasses.roundUp((int) Math.min(most, SizeClasses.MAX_LENGTH));
        move(index.last(), pages.allocate(capacity), capacity);
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

        if (tail != 0 && ms == tailMs && seq == tailSeq) drop(index.last()); // of deleted entries, and full
        long address = insert(ms, seq, built, 0, size);
        if (tail != 0) sealTail();
        tail = address;
        tailCapacity = SizeClasses.roundUp(size);
        tailMs = ms;
        tailSeq = seq;
        scratch.trim(1 << 16);
    }

    /// Puts a node of these bytes into a block of its own, and into the index.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    private long insert(long ms, long seq, byte[] source, int from, int size) {
        long address = pages.allocate(size);
        try {
            index.set(index.insert(ms, seq), ADDRESS, address);
        } catch (OutOfMemory e) {
            pages.free(address, size);
            throw e;
        }
        System.arraycopy(source, from, pages.array(address), Pages.offset(address), size);
        nodeBytes += SizeClasses.roundUp(size);
        return address;
    }

    /// Cuts the block of what was the tail to its size.
    private void sealTail() {
        int size = Listpack.size(pages.array(tail), Pages.offset(tail));
        if (SizeClasses.roundUp(size) == SizeClasses.roundUp(tailCapacity)) return;
        move(index.previous(index.last()), pages.allocateForced(size), SizeClasses.roundUp(size));
    }

    // ---- blocks ----

    /// The size of a node's block, not yet rounded up.
    private int capacity(long address) {
        return address == tail ? tailCapacity : Listpack.size(pages.array(address), Pages.offset(address));
    }

    /// Puts a node's bytes into another block.
    ///
    /// @param capacity what that block was allocated for, as a size that blocks have
    private void move(long place, long to, int capacity) {
        long address = address(place);
        byte[] array = pages.array(address);
        int start = Pages.offset(address);
        System.arraycopy(array, start, pages.array(to), Pages.offset(to), Listpack.size(array, start));
        replace(place, address, capacity(address), to, capacity);
    }

    private void replace(long place, long address, int oldCapacity, long to, int capacity) {
        giveUp(place, oldCapacity);
        index.set(place, ADDRESS, to);
        nodeBytes += SizeClasses.roundUp(capacity) - SizeClasses.roundUp(oldCapacity);
        if (address != tail) return;
        tail = to;
        tailCapacity = capacity;
    }

    /// Leaves a node's block to the snapshot that shares it, or frees it.
    private void giveUp(long place, int capacity) {
        BigImage image = reader;
        if (image != null && isShared(place)) image.held(SizeClasses.roundUp(capacity));
        else pages.free(address(place), capacity);
    }

    private boolean isShared(long place) {
        return index.get(place, ADDRESS) < 0;
    }

    /// Copies a node that a snapshot shares, before it is written into.
    void own(long place) {
        if (reader == null || !isShared(place)) return;
        int capacity = SizeClasses.roundUp(capacity(address(place)));
        move(place, pages.allocateForced(capacity), capacity);
    }

    /// Moves nodes out of sparse pages.
    ///
    /// @return where to go on, as a place in the index; -1 when all was looked at
    int compact(int from, int most) {
        long place = index.atOrBehind(from);
        for (int i = 0; i < most; i++) {
            if (place == IdRows.NONE) return -1;
            long address = address(place);
            if (pages.isSparse(address) && !isShared(place)) {
                int capacity = SizeClasses.roundUp(capacity(address));
                move(place, pages.allocate(capacity), capacity);
            }
            place = index.next(place);
        }
        return place == IdRows.NONE || place > Integer.MAX_VALUE ? -1 : (int) place;
    }

    // ---- removing ----

    /// Marks an entry as deleted; it is still to be counted by [#count].
    ///
    /// @param at relative to the node's start
    void mark(long place, int at) {
        own(place);
        long address = address(place);
        pages.array(address)[Pages.offset(address) + at] |= StreamNode.DELETED;
    }

    /// Counts entries of a node that were marked.
    ///
    /// @param goesIfEmpty whether a node without others goes
    void count(long place, long marked, boolean goesIfEmpty) {
        long address = address(place);
        byte[] array = pages.array(address);
        int start = Pages.offset(address);
        long live = StreamNode.live(array, start) - marked;
        if (live == 0 && goesIfEmpty) drop(place);
        else recount(place, live, StreamNode.deleted(array, start) + marked);
    }

    /// Takes a node out.
    void drop(long place) {
        long address = address(place);
        boolean wasTail = address == tail;
        int capacity = capacity(address);
        giveUp(place, capacity);
        nodeBytes -= SizeClasses.roundUp(capacity);
        index.remove(place);
        if (wasTail) findTail();
    }

    private void findTail() {
        long place = index.last();
        tail = place == IdRows.NONE ? 0 : address(place);
        if (tail == 0) return;
        tailCapacity = SizeClasses.roundUp(Listpack.size(pages.array(tail), Pages.offset(tail)));
        tailMs = index.ms(place);
        tailSeq = index.seq(place);
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
            replace(place, address, capacity, to, newCapacity);
        }
        Listpack.addToHeader(target, toStart, more, 0);
    }

    // ---- the whole ----

    /// Begins with copies of those of another stream.
    ///
    /// @throws OutOfMemory when memory is short; those that were copied are there
    void copy(StreamNodes of) {
        for (long place = of.index.first(); place != IdRows.NONE; place = of.index.next(place)) {
            byte[] array = of.array(place);
            int start = of.start(place);
            insert(of.index.ms(place), of.index.seq(place), array, start, Listpack.size(array, start));
        }
        findTail();
    }

    /// The nodes as they are now, to be read only, each until it is given back by [#release]. O(nodes).
    ///
    /// @param image whose snapshot reads them
    StreamNodes freeze(BigImage image) {
        StreamNodes frozen = new StreamNodes(pages, thresholds, scratch, index.freeze());
        frozen.tail = tail;
        frozen.tailCapacity = tailCapacity;
        for (long place = index.first(); place != IdRows.NONE; place = index.next(place))
            index.set(place, ADDRESS, address(place) | SHARED);
        reader = image;
        return frozen;
    }

    /// A node of an image was shown: its block is the stream's alone from now on, or nobody's.
    ///
    /// @param frozen the image
    /// @param place  in its index
    void release(StreamNodes frozen, long place) {
        long address = frozen.address(place);
        long own = index.find(frozen.index.ms(place), frozen.index.seq(place));
        if (own != IdRows.NONE && isShared(own) && address(own) == address) {
            index.set(own, ADDRESS, address);
            return;
        }
        int capacity = frozen.capacity(address);
        pages.free(address, capacity);
        if (reader != null) reader.held(-SizeClasses.roundUp(capacity));
    }

    /// All nodes of an image were released.
    void endImage(StreamNodes frozen) {
        while (index.release(frozen.index, Integer.MAX_VALUE)) continue; // few: a leaf stands for thousands of entries
        reader = null;
    }

    /// Shows a node to a snapshot.
    void show(long place, Snapshot.BigSink sink) {
        sink.node(index.ms(place), index.seq(place), array(place), start(place));
    }

    /// Checks index, blocks and counts against each other; for tests. O(n).
    ///
    /// @return how many entries there are that are not deleted
    /// @throws IllegalStateException when something does not add up
    long checkInvariants() {
        index.checkInvariants();
        long bytes = 0;
        long live = 0;
        for (long place = index.first(); place != IdRows.NONE; place = index.next(place)) {
            long address = address(place);
            byte[] array = pages.array(address);
            int start = Pages.offset(address);
            if (!StreamNode.isValid(array, start, Listpack.size(array, start)))
                throw new IllegalStateException("a node is damaged");
            if (isShared(place) && reader == null) throw new IllegalStateException("a node is shared with nobody");
            live += StreamNode.live(array, start);
            bytes += SizeClasses.roundUp(capacity(address));
        }
        if (nodeBytes != bytes)
            throw new IllegalStateException("bytes of nodes: " + nodeBytes + " counted, " + bytes + " found");
        long last = index.last();
        if (tail != (last == IdRows.NONE ? 0 : address(last)))
            throw new IllegalStateException("the tail is not the last node");
        return live;
    }
}
