package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.memory.SizeClasses;
import dev.cinnabar.struct.Listpack;
import org.jspecify.annotations.Nullable;

/// The large form of a list: listpacks, its nodes, each in a block of its own, in a ring of their addresses.
///
/// ```
///    ring    | … | count address | count address | count address | … |
///                  first                            first + nodes - 1
///
///    block of the first node    | room | listpack |
///    of the last                | listpack | room |
///    of others                  | listpack |
/// ```
///
/// At both ends there may be room in the block, so what is pushed there or popped moves nothing but the few
/// bytes of a header, most of the time; now and then a node gets another block, which is O(its size).
/// Finding by index is O(nodes), over an array of numbers. A node is a listpack that is never empty. Refusals
/// leave everything as it was.
final class BigList extends BigValue {
    /*
     * A snapshot keeps the order: it copies the ring, and marks the entries SHARED. A writer copies a node
     * that is SHARED and leaves the old one to the snapshot, as it leaves one that it takes out. Nodes never
     * change places, so those that are still SHARED stand in the ring in the order of the copy, all behind
     * `boundary`, with new ones and copies between them:
     *
     *   frozen   [ a | b | c | d | e | f ]     walked = 3: a, b, c were shown
     *   ring     [ a | n | b | d'| n | e | f ]
     *                      boundary ^     the next SHARED entry is e, not d: nobody but the snapshot has d, which is freed when shown
     *
     * The copy is O(nodes): 10 µs for 10 million short elements in 12,000 nodes. Poor for a list of a million
     * nodes, which takes elements of kilobytes: 2 ms, and as much whenever the ring doubles.
     *
     * A trim cuts many nodes off, to be freed in steps. Poor while a snapshot runs that has the list still to
     * show: then each is left to it, or freed, by itself.
     */
    private static final int COUNT_SHIFT = Pages.ADDRESS_BITS; // elements of the node above its address
    private static final int COUNT_MASK = (1 << 63 - COUNT_SHIFT) - 1;
    private static final long SHARED = 1L << 63; // with a snapshot that has not shown the node yet
    private static final int FIRST_CAPACITY = 8;
    private static final int ROOM = 512; // the most at each end; 1/16 of a node of 8 KiB
    private static final int ARRAY_HEADER = 16;
    private static final byte[] NOTHING = {};
    private static final long[] NO_NODES = {};

    private final Pages pages;
    private long[] ring;
    private int first;
    private int nodes;
    private long elements;
    private long nodeBytes;
    private int headRoom; // bytes of the first node's block in front of its listpack; none if it is SHARED
    private int tailRoom; // bytes of the last node's block behind its listpack; none if it is SHARED

    private long[] frozen = NO_NODES; // nodes as they were when a snapshot met the list, as in the ring
    private int walked; // of them
    private int boundary; // nodes in front of it are not SHARED; those behind may be
    private @Nullable BigImage image;

    /// @throws OutOfMemory when memory is short
    BigList(Pages pages) {
        this(pages, FIRST_CAPACITY);
    }

    private BigList(Pages pages, int capacity) {
        this(pages, counted(pages, capacity));
    }

    /// @param ring is counted already
    private BigList(Pages pages, long[] ring) {
        this.pages = pages;
        this.ring = ring;
    }

    private static long[] counted(Pages pages, int capacity) {
        pages.countExtra(ringBytes(capacity));
        return new long[capacity];
    }

    private static long ringBytes(int capacity) {
        return ARRAY_HEADER + (long) Long.BYTES * capacity;
    }

    @Override
    public long size() {
        return elements;
    }

    @Override
    public long bytes() {
        return nodeBytes + ringBytes(ring.length);
    }

    // ---- nodes ----

    int nodes() {
        return nodes;
    }

    private long entry(int node) {
        return ring[first + node & ring.length - 1];
    }

    private void setEntry(int node, long address, int count) {
        ring[first + node & ring.length - 1] = (long) count << COUNT_SHIFT | address & Pages.ADDRESS_MASK;
    }

    /// How many elements a node has.
    int count(int node) {
        return countOf(entry(node));
    }

    private static int countOf(long entry) {
        return (int) (entry >>> COUNT_SHIFT) & COUNT_MASK;
    }

    /// Whether a snapshot has still to show the node as it is.
    private boolean isShared(int node) {
        return entry(node) < 0;
    }

    /// Leaves a node to the snapshot that shares it, or frees it.
    private void giveUp(long entry, int size) {
        if (entry < 0 && image != null) image.held(SizeClasses.roundUp(size));
        else pages.free(entry & Pages.ADDRESS_MASK, size);
    }

    /// The array that a node's listpack lies in.
    byte[] array(int node) {
        return pages.array(entry(node));
    }

    /// Where in it the listpack begins.
    int start(int node) {
        return Pages.offset(entry(node)) + front(node);
    }

    /// Bytes of a node's block in front of its listpack.
    private int front(int node) {
        return node == 0 ? headRoom : 0;
    }

    /// Bytes of a node's block behind its listpack.
    private int back(int node) {
        return node == nodes - 1 ? tailRoom : 0;
    }

    /// How many bytes a node's listpack has.
    int length(int node) {
        return Listpack.size(array(node), start(node));
    }

    /// How many bytes the block was asked for that a node's listpack lies in.
    private int block(int node) {
        return front(node) + length(node) + back(node);
    }

    /// The node that holds an element.
    ///
    /// @param index of the element, from 0 up to, not including, [#size()]
    /// @return the node's number, and above 32 bits the element's index in it
    long locate(long index) {
        if (index < elements / 2) {
            int node = 0;
            while (index >= count(node)) index -= count(node++);
            return index << 32 | node;
        }
        int node = nodes - 1;
        long after = elements - 1 - index; // elements behind it
        while (after >= count(node)) after -= count(node--);
        return count(node) - 1 - after << 32 | node;
    }

    // ---- changing ----

    /// Adds an encoded entry in front of all or behind all: what [#splice] would do, in a few lines, for most
    /// entries of large lists come this way.
    void push(boolean atHead, byte[] source, int offset, int length, Fill fill) {
        if (nodes == 0) {
            insertNode(0, source, offset, length, 1);
            return;
        }
        int place = first + (atHead ? 0 : nodes - 1) & ring.length - 1;
        long entry = ring[place];
        byte[] page = pages.array(entry);
        int start = Pages.offset(entry) + (atHead || nodes == 1 ? headRoom : 0);
        long more = (long) Listpack.size(page, start) + length;
        int count = countOf(entry) + 1;
        if (!fill.takes(more, count)) {
            insertNode(atHead ? 0 : nodes, source, offset, length, 1);
            return;
        }
        if ((atHead ? headRoom : tailRoom) < length) {
            makeRoom(atHead, length, fill);
            push(atHead, source, offset, length, fill);
            return;
        }
        int size = (int) more;
        if (atHead) {
            headRoom -= length;
            start -= length;
            Bytes.copy(source, offset, page, start + Listpack.HEADER, length);
        } else {
            tailRoom -= length;
            Bytes.copy(source, offset, page, start + size - 1 - length, length);
            page[start + size - 1] = (byte) Listpack.END;
        }
        Listpack.setHeader(page, start, size, count);
        ring[place] = entry + (1L << COUNT_SHIFT);
        elements++;
    }

    /// Moves the node at an end into a block that has room there, for an entry and for more of its kind: no
    /// more than goes into the node. The room at its other end, if it has that, stays.
    private void makeRoom(boolean atHead, int length, Fill fill) {
        int node = atHead ? 0 : nodes - 1;
        boolean takesMore = fill.takes(length(node) + 2L * length, count(node) + 2);
        int room = takesMore ? (int) Math.min(Math.max(ROOM, length), fill.maxBytes - length(node)) : length;
        long block = (long) room + length(node) + (atHead ? back(node) : front(node));
        long to = pages.allocate(size(block));
        move(node, to, atHead ? room : front(node), atHead ? back(node) : room);
    }

    /// Moves the first node into a block without room in front, since it is to be the first no more.
    private void closeHead() {
        if (headRoom > 0) move(0, pages.allocateForced(length(0) + back(0)), 0, back(0));
    }

    /// The same for the last node and the room behind.
    private void closeTail() {
        int last = nodes - 1;
        if (tailRoom > 0) move(last, pages.allocateForced(front(last) + length(last)), front(last), 0);
    }

    /// Moves a node into another block.
    ///
    /// @param to a block of its listpack's length and so much in front and behind
    private void move(int node, long to, int front, int back) {
        int size = length(node);
        System.arraycopy(array(node), start(node), pages.array(to), Pages.offset(to) + front, size);
        replaceBlock(node, to, count(node), front + size + back);
        if (node == 0) headRoom = front;
        if (node == nodes - 1) tailRoom = back;
    }

    /// Puts a node's new block in the place of its old one, which is given up.
    private void replaceBlock(int node, long to, int count, int size) {
        int oldSize = block(node);
        long old = entry(node);
        setEntry(node, to, count);
        giveUp(old, oldSize);
        nodeBytes += SizeClasses.roundUp(size) - SizeClasses.roundUp(oldSize);
    }

    /// Adds an encoded entry into the middle.
    ///
    /// @param at    where in the node's listpack, relative to its start: where an entry begins, or the end
    /// @param index how many entries of the node are in front of it
    void insert(int node, int at, int index, byte[] source, int offset, int length, Fill fill) {
        if (fill.takes((long) length(node) + length, count(node) + 1)) {
            splice(node, at, 0, source, offset, length, 1);
            return;
        }
        if (index == 0) {
            insertAtEdge(node - 1, node, source, offset, length, fill);
            return;
        }
        if (index < count(node)) {
            int tail = length(node) - 1 - at;
            int moved = count(node) - index;
            if (node == nodes - 1) closeTail(); // before its bytes are read: it is to be the last no more
            insertNode(node + 1, array(node), start(node) + at, tail, moved);
            splice(node, at, tail, NOTHING, 0, 0, -moved);
        }
        insertAtEdge(node, node + 1, source, offset, length, fill);
    }

    /// Adds an entry between two neighbours, one of which may not be there.
    private void insertAtEdge(int left, int right, byte[] source, int offset, int length, Fill fill) {
        if (left >= 0 && fill.takes((long) length(left) + length, count(left) + 1)) {
            splice(left, length(left) - 1, 0, source, offset, length, 1);
        } else if (right < nodes && fill.takes((long) length(right) + length, count(right) + 1)) {
            splice(right, Listpack.HEADER, 0, source, offset, length, 1);
        } else {
            insertNode(right, source, offset, length, 1);
        }
    }

    /// Replaces some bytes of a node's listpack and mends its header; a node without elements goes.
    ///
    /// @param at     where they begin, relative to the listpack's start
    /// @param source what takes their place; must not lie in the node
    void splice(int node, int at, int removed, byte[] source, int offset, int length, int moreElements) {
        int newCount = count(node) + moreElements;
        if (newCount == 0) {
            removeNode(node);
            return;
        }
        byte[] page = array(node);
        int start = start(node);
        int oldSize = Listpack.size(page, start);
        int newSize = size((long) oldSize - removed + length);
        int more = newSize - oldSize;
        int tail = oldSize - at - removed;
        boolean isShared = isShared(node);
        boolean isLast = node == nodes - 1 && isRoom(tailRoom - more);
        boolean isClosed = front(node) == 0 && back(node) == 0;
        boolean mayMoveFront = !isShared && node == 0 && isRoom(headRoom - more);
        boolean mayMoveTail =
                !isShared && (isLast || isClosed && SizeClasses.roundUp(oldSize) == SizeClasses.roundUp(newSize));
        if (mayMoveFront && (at <= tail || !mayMoveTail)) {
            System.arraycopy(page, start, page, start - more, at);
            start -= more;
            headRoom -= more;
            System.arraycopy(source, offset, page, start + at, length);
            Listpack.setHeader(page, start, newSize, newCount);
            setEntry(node, entry(node), newCount);
        } else if (mayMoveTail) {
            System.arraycopy(page, start + at + removed, page, start + at + length, tail);
            System.arraycopy(source, offset, page, start + at, length);
            if (isLast) tailRoom -= more;
            Listpack.setHeader(page, start, newSize, newCount);
            setEntry(node, entry(node), newCount);
        } else {
            // a removal must succeed; what replaces something may be refused, but needs no memory where nothing is shared
            boolean mayFail = newSize > oldSize || isShared && moreElements >= 0;
            long to = mayFail ? pages.allocate(newSize) : pages.allocateForced(newSize);
            byte[] target = pages.array(to);
            int toStart = Pages.offset(to);
            System.arraycopy(page, start, target, toStart, at);
            System.arraycopy(source, offset, target, toStart + at, length);
            System.arraycopy(page, start + at + removed, target, toStart + at + length, tail);
            Listpack.setHeader(target, toStart, newSize, newCount);
            replaceBlock(node, to, newCount, newSize);
            if (node == 0) headRoom = 0;
            if (node == nodes - 1) tailRoom = 0;
        }
        elements += moreElements;
    }

    private static boolean isRoom(int bytes) {
        return bytes >= 0 && bytes <= ROOM;
    }

    /// Adds a node.
    ///
    /// @param node   the number that it gets
    /// @param source entries, without header and end
    void insertNode(int node, byte[] source, int offset, int length, int count) {
        if (node == 0) closeHead();
        if (node == nodes) closeTail();
        if (nodes == ring.length) growRing();
        int size = size((long) length + Listpack.EMPTY_SIZE);
        long address = pages.allocate(size);
        byte[] page = pages.array(address);
        int start = Pages.offset(address);
        Listpack.setHeader(page, start, size, count);
        System.arraycopy(source, offset, page, start + Listpack.HEADER, length);
        page[start + size - 1] = (byte) Listpack.END;

        nodes++;
        if (node < nodes / 2) {
            first = first - 1 & ring.length - 1;
            for (int i = 0; i < node; i++) ring[first + i & ring.length - 1] = entry(i + 1);
        } else {
            for (int i = nodes - 1; i > node; i--) ring[first + i & ring.length - 1] = entry(i - 1);
        }
        setEntry(node, address, count);
        elements += count;
        nodeBytes += SizeClasses.roundUp(size);
    }

    private void removeNode(int node) {
        removeNodes(node, 1);
    }

    /// Removes nodes that stand one behind the other. O(count), and the nodes on the shorter side of them
    /// move.
    void removeNodes(int node, int count) {
        int end = node + count;
        for (int i = node; i < end; i++) {
            int block = block(i);
            elements -= count(i);
            nodeBytes -= SizeClasses.roundUp(block);
            giveUp(entry(i), block);
        }
        if (node == 0) headRoom = 0;
        if (end == nodes) tailRoom = 0;
        boundary -= Math.max(0, Math.min(boundary, end) - node);
        if (node < nodes - end) {
            for (int i = node - 1; i >= 0; i--) ring[first + i + count & ring.length - 1] = entry(i);
            first = first + count & ring.length - 1;
        } else {
            for (int i = end; i < nodes; i++) ring[first + i - count & ring.length - 1] = entry(i);
        }
        nodes -= count;
    }

    /// Whether [#cutOff] takes these nodes: all in front of one, or all from one on, none of them a
    /// snapshot's.
    boolean isCuttable(int node, int count) {
        return image == null && (node == 0 || node + count == nodes);
    }

    /// Cuts off nodes for which [#isCuttable] holds. Touches those that go or those that stay, whichever are
    /// fewer.
    ///
    /// @return a list of them under no key, to be freed in steps
    BigList cutOff(int node, int count) {
        int left = nodes - count;
        if (count <= left) return take(node, count);
        BigList part = take(node == 0 ? count : 0, left);
        exchange(part);
        return part;
    }

    /// Moves nodes from the head or the tail into a list of their own. O(count).
    private BigList take(int node, int count) {
        int capacity = Math.max(FIRST_CAPACITY, 2 * Integer.highestOneBit(count));
        pages.forceExtra(ringBytes(capacity));
        BigList part = new BigList(pages, new long[capacity]);
        for (int i = 0; i < count; i++) {
            part.ring[i] = entry(node + i);
            part.elements += count(node + i);
            part.nodeBytes += SizeClasses.roundUp(block(node + i));
        }
        part.nodes = count;
        nodes -= count;
        elements -= part.elements;
        nodeBytes -= part.nodeBytes;
        if (node == 0) {
            first = first + count & ring.length - 1;
            part.headRoom = headRoom;
            headRoom = 0;
        } else {
            part.tailRoom = tailRoom;
            tailRoom = 0;
        }
        return part;
    }

    private void exchange(BigList other) {
        BigList old = new BigList(pages, ring);
        old.setAll(this);
        setAll(other);
        other.setAll(old);
    }

    private void setAll(BigList other) {
        ring = other.ring;
        first = other.first;
        nodes = other.nodes;
        elements = other.elements;
        nodeBytes = other.nodeBytes;
        headRoom = other.headRoom;
        tailRoom = other.tailRoom;
    }

    private void growRing() {
        int capacity = 2 * ring.length;
        pages.countExtra(ringBytes(capacity));
        long[] larger = new long[capacity];
        for (int i = 0; i < nodes; i++) larger[i] = entry(i);
        pages.uncountExtra(ringBytes(ring.length));
        ring = larger;
        first = 0;
    }

    private static int size(long size) {
        if (size > SizeClasses.MAX_LENGTH) throw OutOfMemory.REFUSED;
        return (int) size;
    }

    // ---- a snapshot ----

    @Override
    protected void freeze(BigImage image) {
        closeHead();
        closeTail();
        this.image = image;
        frozen = new long[nodes];
        image.held(ringBytes(nodes));
        pages.forceExtra(ringBytes(nodes));
        for (int i = 0; i < nodes; i++) {
            frozen[i] = entry(i);
            ring[first + i & ring.length - 1] |= SHARED;
        }
        walked = 0;
        boundary = 0;
    }

    @Override
    protected boolean walk(Slice slice) {
        BigImage reader = image;
        if (reader == null) return false;
        Listpack.Entry entry = new Listpack.Entry();
        while (walked < frozen.length) {
            while (boundary < nodes && !isShared(boundary)) {
                if (slice.isOver()) return true;
                boundary++;
                slice.spend(1);
            }
            if (slice.isOver()) return true;
            slice.spend(show(frozen[walked], reader.sink(), entry));
            release(frozen[walked++], reader);
        }
        reader.held(-ringBytes(frozen.length));
        pages.uncountExtra(ringBytes(frozen.length));
        frozen = NO_NODES;
        image = null;
        return false;
    }

    /// @return how much work that was
    private int show(long node, Snapshot.BigSink sink, Listpack.Entry entry) {
        if (sink == Snapshot.BigSink.NONE) return 1;
        byte[] page = pages.array(node);
        int at = Listpack.first(Pages.offset(node & Pages.ADDRESS_MASK));
        int count = 1;
        for (; !Listpack.isEnd(page, at); at = Listpack.next(page, at)) {
            sink.element(Listpack.read(page, at, entry));
            count++;
        }
        return count;
    }

    /// A node was shown. If it is in the ring still, it is the first that is shared.
    private void release(long node, BigImage reader) {
        long address = node & Pages.ADDRESS_MASK;
        if (boundary < nodes && (entry(boundary) & Pages.ADDRESS_MASK) == address) {
            ring[first + boundary & ring.length - 1] &= ~SHARED;
            boundary++;
            return;
        }
        int size = Listpack.size(pages.array(address), Pages.offset(address));
        reader.held(-SizeClasses.roundUp(size));
        pages.free(address, size);
    }

    // ---- small steps of long work ----

    @Override
    protected boolean free(int most) {
        long left = most;
        while (nodes > 0 && left > 0) {
            left -= count(nodes - 1);
            removeNode(nodes - 1);
        }
        if (nodes > 0) return true;
        if (ring.length > 0) {
            pages.uncountExtra(ringBytes(ring.length));
            ring = new long[0];
        }
        return false;
    }

    @Override
    protected long compact(long position, int most) {
        int node = (int) Math.min(position, nodes);
        int end = (int) Math.min(nodes, (long) node + most);
        for (; node < end; node++) {
            long address = entry(node) & Pages.ADDRESS_MASK;
            if (pages.isSparse(address) && !isShared(node))
                setEntry(node, pages.move(address, block(node)), count(node));
        }
        return node == nodes ? 0 : node;
    }

    @Override
    protected BigValue copy() {
        BigList copy = new BigList(pages, ring.length);
        try {
            for (int i = 0; i < nodes; i++) {
                copy.insertNode(i, array(i), start(i) + Listpack.HEADER, length(i) - Listpack.EMPTY_SIZE, count(i));
            }
        } catch (OutOfMemory e) {
            copy.freeAll();
            throw e;
        }
        return copy;
    }

    @Override
    public void checkInvariants() {
        long elementSum = 0;
        long byteSum = 0;
        for (int i = 0; i < nodes; i++) {
            int length = length(i);
            if (!Listpack.isValid(array(i), start(i), length))
                throw new IllegalStateException("node " + i + " is no listpack");
            int count = Listpack.count(array(i), start(i));
            if (count == 0 || count != count(i))
                throw new IllegalStateException("node " + i + " of " + count + ", " + count(i) + " counted");
            if (isShared(i) && (i < boundary || image == null))
                throw new IllegalStateException("node " + i + " is shared, the boundary is " + boundary);
            if (!isRoom(front(i)) || !isRoom(back(i)) || isShared(i) && front(i) + back(i) > 0)
                throw new IllegalStateException("room of " + front(i) + " and " + back(i) + ", shared: " + isShared(i));
            elementSum += count;
            byteSum += SizeClasses.roundUp(block(i));
        }
        if (elementSum != elements) throw new IllegalStateException(elementSum + " elements, " + elements + " counted");
        if (byteSum != nodeBytes)
            throw new IllegalStateException("nodes of " + byteSum + " bytes, " + nodeBytes + " counted");
    }

    /// How much goes into a node: `list-max-listpack-size`.
    record Fill(long maxBytes, long maxEntries) {
        private static final int FIRST_BYTES = 4096; // of -1; each further step doubles it
        private static final int SAFE_BYTES = 8192; // the most where entries are counted, as in Redis

        static Fill of(int setting) {
            if (setting >= 0) return new Fill(SAFE_BYTES, Math.max(1, setting));
            return new Fill((long) FIRST_BYTES << Math.min(-setting, 5) - 1, Long.MAX_VALUE);
        }

        boolean takes(long bytes, long entries) {
            return bytes <= maxBytes && entries <= maxEntries;
        }

        /// Whether a node of this size may lie in the record: no more than half of what goes into one, so
        /// that it does not come and go.
        boolean isSmall(long bytes, long entries) {
            return 2 * bytes <= maxBytes && (maxEntries == Long.MAX_VALUE || 2 * entries <= maxEntries);
        }
    }
}
