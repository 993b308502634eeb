package dev.cinnabar.store;

import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.memory.SizeClasses;
import dev.cinnabar.struct.Listpack;

/// The large form of a list: listpacks, its nodes, each in a block of its own, in a ring of their addresses.
///
/// ```
///    ring    | … | count address | count address | count address | … |
///                  first                            first + nodes - 1
/// ```
///
/// Pushing and popping at both ends is O(size of a node); finding by index is O(nodes), over an array of numbers. A node is a listpack that is
/// never empty. Refusals leave everything as it was.
final class BigList extends BigValue {
    private static final int COUNT_SHIFT = Pages.ADDRESS_BITS; // elements of the node above its address
    private static final int FIRST_CAPACITY = 8;
    private static final int ARRAY_HEADER = 16;
    private static final byte[] NOTHING = {};

    private final Pages pages;
    private long[] ring;
    private int first;
    private int nodes;
    private long elements;
    private long nodeBytes;

    /// @throws OutOfMemory when memory is short
    BigList(Pages pages) {
        this(pages, FIRST_CAPACITY);
    }

    private BigList(Pages pages, int capacity) {
        pages.countExtra(ringBytes(capacity));
        this.pages = pages;
        this.ring = new long[capacity];
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
        return (int) (entry(node) >>> COUNT_SHIFT);
    }

    /// The array that a node's listpack lies in.
    byte[] array(int node) {
        return pages.array(entry(node));
    }

    /// Where in it the listpack begins.
    int start(int node) {
        return Pages.offset(entry(node));
    }

    /// How many bytes a node's listpack has.
    int length(int node) {
        return Listpack.size(array(node), start(node));
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

    /// Adds an encoded entry in front of all or behind all.
    void push(boolean atHead, byte[] source, int offset, int length, Fill fill) {
        int end = atHead ? 0 : nodes - 1;
        if (nodes > 0 && fill.takes(length(end) + length, count(end) + 1)) {
            splice(end, atHead ? Listpack.HEADER : length(end) - 1, 0, source, offset, length, 1);
            return;
        }
        insertNode(atHead ? 0 : nodes, source, offset, length, 1);
    }

    /// Adds an encoded entry into the middle.
    ///
    /// @param at    where in the node's listpack, relative to its start: where an entry begins, or the end
    /// @param index how many entries of the node are in front of it
    void insert(int node, int at, int index, byte[] source, int offset, int length, Fill fill) {
        if (fill.takes(length(node) + length, count(node) + 1)) {
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
            insertNode(node + 1, array(node), start(node) + at, tail, moved);
            splice(node, at, tail, NOTHING, 0, 0, -moved);
        }
        insertAtEdge(node, node + 1, source, offset, length, fill);
    }

    /// Adds an entry between two neighbours, one of which may not be there.
    private void insertAtEdge(int left, int right, byte[] source, int offset, int length, Fill fill) {
        if (left >= 0 && fill.takes(length(left) + length, count(left) + 1)) {
            splice(left, length(left) - 1, 0, source, offset, length, 1);
        } else if (right < nodes && fill.takes(length(right) + length, count(right) + 1)) {
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
        long address = entry(node) & Pages.ADDRESS_MASK;
        byte[] page = pages.array(address);
        int start = Pages.offset(address);
        int oldSize = Listpack.size(page, start);
        int newSize = size((long) oldSize - removed + length);
        int tail = oldSize - at - removed;
        if (SizeClasses.roundUp(oldSize) == SizeClasses.roundUp(newSize)) {
            System.arraycopy(page, start + at + removed, page, start + at + length, tail);
            System.arraycopy(source, offset, page, start + at, length);
            Listpack.setHeader(page, start, newSize, newCount);
            setEntry(node, address, newCount);
        } else {
            long to = newSize > oldSize ? pages.allocate(newSize) : pages.allocateForced(newSize);
            byte[] target = pages.array(to);
            int toStart = Pages.offset(to);
            System.arraycopy(page, start, target, toStart, at);
            System.arraycopy(source, offset, target, toStart + at, length);
            System.arraycopy(page, start + at + removed, target, toStart + at + length, tail);
            Listpack.setHeader(target, toStart, newSize, newCount);
            setEntry(node, to, newCount);
            pages.free(address, oldSize);
            nodeBytes += SizeClasses.roundUp(newSize) - SizeClasses.roundUp(oldSize);
        }
        elements += moreElements;
    }

    /// Adds a node.
    ///
    /// @param node   the number that it gets
    /// @param source entries, without header and end
    void insertNode(int node, byte[] source, int offset, int length, int count) {
        int size = size((long) length + Listpack.EMPTY_SIZE);
        if (nodes == ring.length) growRing();
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

    void removeNode(int node) {
        long address = entry(node) & Pages.ADDRESS_MASK;
        int size = length(node);
        elements -= count(node);
        nodeBytes -= SizeClasses.roundUp(size);
        pages.free(address, size);
        if (node < nodes / 2) {
            for (int i = node; i > 0; i--) ring[first + i & ring.length - 1] = entry(i - 1);
            first = first + 1 & ring.length - 1;
        } else {
            for (int i = node; i < nodes - 1; i++) ring[first + i & ring.length - 1] = entry(i + 1);
        }
        nodes--;
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
            if (pages.isSparse(address)) setEntry(node, pages.move(address, length(node)), count(node));
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
            while (copy.free(Integer.MAX_VALUE)) continue;
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
            elementSum += count;
            byteSum += SizeClasses.roundUp(length);
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

        /// Whether a node of this size may lie in the record: no more than half of what goes into one, so that it does not come and go.
        boolean isSmall(long bytes, long entries) {
            return 2 * bytes <= maxBytes && (maxEntries == Long.MAX_VALUE || 2 * entries <= maxEntries);
        }
    }
}
