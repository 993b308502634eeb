package dev.cinnabar.struct;

import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.memory.SizeClasses;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Rows of a fixed width in the order of the stream ids they begin with: the index of a stream's nodes, and
/// the lists of what is pending.
///
/// ```
///    leaves    | count address | count address | … |          an array of numbers
///                    │
///    leaf      | ms 8 | seq 8 | payload | ms 8 | seq 8 | payload | …          up to 64 rows in a block
/// ```
///
/// Rows may be marked with a number each. Of each leaf the *least* mark is kept, so that who looks for rows
/// with small ones passes over 64 at a time. It stays when the row goes, and so may be too small; who has
/// looked at all rows of a leaf may correct it.
///
/// Finding, inserting and removing cost O(log n) and a move within a leaf, and O(n / 64) over an array of
/// numbers when a leaf comes or goes. Rows that are added behind all others fill leaves to the brim. A place
/// is good until the next change. Touched only under the engine's lock.
public final class IdRows {
    /*
     * A list of ids is mostly appended to at its end and taken from at its front, and asked "from here on".
     * For this a sorted array is the best there is, but for the cost of a hole in its middle: so it is cut
     * into leaves, and the array above them is so small (8 bytes for 64 rows) that moving it is nothing: 16
     * KiB for 100,000 rows. Redis keeps a radix tree here, of one node and one object per row.
     *
     * An image ([#freeze]) is a copy of the array, and from then on both mark their leaves as shared: who is
     * about to write into one that is shared copies it first. When the image is released, a leaf that is
     * shared still is found by its first id and unmarked, another one freed.
     *
     * A leaf's block is as large as its rows need, in steps of eight (of one, two, four below), so that
     * nothing is stored about it but its count, above the address. Leaves that a removal leaves nearly empty
     * join their neighbour.
     */

    /// What a place is where there is none.
    public static final long NONE = -1;

    /// Bytes of an id, with which each row begins.
    public static final int ID_BYTES = 16;

    private static final int LEAF = 64; // rows; with the 36 bytes of a pending entry exactly a block's size, 2304
    private static final int ROW_BITS = 6;
    private static final int COUNT_SHIFT = Pages.ADDRESS_BITS;
    private static final int COUNT_MASK = (1 << 63 - COUNT_SHIFT) - 1;
    private static final long SHARED = 1L << 63; // with an image
    private static final int FIRST_CAPACITY = 2; // leaves
    private static final int STEP = 8; // rows
    private static final int ARRAY_HEADER = 16;
    private static final long[] NO_LEAVES = {};
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final Pages pages;
    private final int width;
    private final boolean hasMarks;
    private long[] leaves = NO_LEAVES;
    private long[] least = NO_LEAVES; // by leaf: no row of it has a smaller mark
    private int leafCount;
    private long size;
    private long blockBytes;

    /// Rows without marks.
    ///
    /// @param payloadBytes of a row, behind its id
    public IdRows(Pages pages, int payloadBytes) {
        this(pages, payloadBytes, false);
    }

    /// @param hasMarks whether rows may be marked
    public IdRows(Pages pages, int payloadBytes, boolean hasMarks) {
        this.pages = pages;
        this.width = ID_BYTES + payloadBytes;
        this.hasMarks = hasMarks;
    }

    public long size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /// Bytes of its blocks and its arrays; O(1).
    public long bytes() {
        return blockBytes + arrayBytes(leaves.length);
    }

    private long arrayBytes(int capacity) {
        long bytes = capacity == 0 ? 0 : ARRAY_HEADER + (long) Long.BYTES * capacity;
        return hasMarks ? 2 * bytes : bytes;
    }

    // ---- places: the leaf's number, then the row in it ----

    private int count(int leaf) {
        return (int) (leaves[leaf] >>> COUNT_SHIFT) & COUNT_MASK;
    }

    private long address(int leaf) {
        return leaves[leaf] & Pages.ADDRESS_MASK;
    }

    private void setLeaf(int leaf, long address, int count) {
        leaves[leaf] = (long) count << COUNT_SHIFT | address;
    }

    private static int leaf(long place) {
        return (int) (place >> ROW_BITS);
    }

    private static int row(long place) {
        return (int) place & LEAF - 1;
    }

    private static long place(int leaf, int row) {
        return (long) leaf << ROW_BITS | row;
    }

    /// The place of the first row, or [#NONE].
    public long first() {
        return size == 0 ? NONE : 0;
    }

    /// The place of the last row, or [#NONE].
    public long last() {
        return size == 0 ? NONE : place(leafCount - 1, count(leafCount - 1) - 1);
    }

    /// The place behind, or [#NONE].
    public long next(long place) {
        if (row(place) + 1 < count(leaf(place))) return place + 1;
        return nextLeaf(place);
    }

    /// The place in front, or [#NONE].
    public long previous(long place) {
        if (row(place) > 0) return place - 1;
        return leaf(place) > 0 ? place(leaf(place) - 1, count(leaf(place) - 1) - 1) : NONE;
    }

    /// The place itself if there is a row, or of the first one behind, or [#NONE]; for walks that are
    /// interrupted by changes.
    public long atOrBehind(long place) {
        int leaf = leaf(place);
        if (leaf >= leafCount) return NONE;
        return row(place) < count(leaf) ? place : next(place(leaf, count(leaf) - 1));
    }

    /// The array that a row lies in.
    public byte[] array(long place) {
        return pages.array(leaves[leaf(place)]);
    }

    /// Where in it the row's payload begins.
    public int payload(long place) {
        return Pages.offset(leaves[leaf(place)]) + row(place) * width + ID_BYTES;
    }

    /// The first half of a row's id.
    public long ms(long place) {
        return (long) LONG.get(array(place), payload(place) - ID_BYTES);
    }

    /// The second half of a row's id.
    public long seq(long place) {
        return (long) LONG.get(array(place), payload(place) - Long.BYTES);
    }

    /// The eight bytes at an offset of a row's payload.
    public long get(long place, int offset) {
        return (long) LONG.get(array(place), payload(place) + offset);
    }

    public void set(long place, int offset, long value) {
        own(leaf(place));
        LONG.set(array(place), payload(place) + offset, value);
    }

    /// The four bytes at an offset of a row's payload.
    public int getInt(long place, int offset) {
        return (int) INT.get(array(place), payload(place) + offset);
    }

    public void setInt(long place, int offset, int value) {
        own(leaf(place));
        INT.set(array(place), payload(place) + offset, value);
    }

    // ---- marks ----

    /// Marks a row, which may have another mark already.
    public void mark(long place, long mark) {
        least[leaf(place)] = Math.min(least[leaf(place)], mark);
    }

    /// A number that no mark in the leaf of a row is below.
    public long least(long place) {
        return least[leaf(place)];
    }

    /// Corrects the least mark of the leaf of a row.
    public void setLeast(long place, long mark) {
        least[leaf(place)] = mark;
    }

    /// The place of the first row of the next leaf, or [#NONE].
    public long nextLeaf(long place) {
        return leaf(place) + 1 < leafCount ? place(leaf(place) + 1, 0) : NONE;
    }

    // ---- finding ----

    /// The place of the row with this id, or [#NONE].
    public long find(long ms, long seq) {
        long place = floor(ms, seq);
        return place != NONE && ms(place) == ms && seq(place) == seq ? place : NONE;
    }

    /// The place of the last row whose id is not larger, or [#NONE].
    public long floor(long ms, long seq) {
        int leaf = leafOf(ms, seq);
        return leaf < 0 ? NONE : place(leaf, rowsUpTo(leaf, ms, seq) - 1);
    }

    /// The place of the first row whose id is not smaller, or [#NONE].
    public long ceiling(long ms, long seq) {
        long place = floor(ms, seq);
        if (place == NONE) return first();
        return ms(place) == ms && seq(place) == seq ? place : next(place);
    }

    /// The last leaf whose first id is not larger, or -1.
    private int leafOf(long ms, long seq) {
        int low = 0;
        int high = leafCount;
        if (high > 0 && compareFirst(high - 1, ms, seq) <= 0) return high - 1; // speed only: mostly it is the last
        while (low < high) {
            int middle = low + high >>> 1;
            if (compareFirst(middle, ms, seq) <= 0) low = middle + 1;
            else high = middle;
        }
        return low - 1;
    }

    private int compareFirst(int leaf, long ms, long seq) {
        return compare(pages.array(leaves[leaf]), Pages.offset(leaves[leaf]), ms, seq);
    }

    private static int compare(byte[] array, int at, long ms, long seq) {
        return StreamId.compare((long) LONG.get(array, at), (long) LONG.get(array, at + Long.BYTES), ms, seq);
    }

    /// How many rows of a leaf have an id that is not larger.
    private int rowsUpTo(int leaf, long ms, long seq) {
        byte[] array = pages.array(leaves[leaf]);
        int start = Pages.offset(leaves[leaf]);
        int low = 0;
        int high = count(leaf);
        while (low < high) {
            int middle = low + high >>> 1;
            if (compare(array, start + middle * width, ms, seq) <= 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    // ---- changing ----

    /// How many rows the block of a leaf with so many has room for.
    private static int capacity(int count) {
        return count < STEP ? Integer.highestOneBit(2 * count - 1) : count + STEP - 1 & -STEP;
    }

    private int blockSize(int count) {
        return capacity(count) * width;
    }

    /// Adds a row with an id that is not there, and answers its place; the payload is for the caller to
    /// write.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public long insert(long ms, long seq) {
        int leaf = leafOf(ms, seq);
        int row = leaf < 0 ? 0 : rowsUpTo(leaf, ms, seq);
        if (leaf < 0) leaf = 0;
        if (leafCount == 0 || count(leaf) == LEAF) {
            if (leafCount == 0 || leaf == leafCount - 1 && row == LEAF) {
                leaf = leafCount;
                row = 0;
                addLeaf(leaf);
            } else {
                split(leaf);
                if (row > LEAF / 2) {
                    row -= LEAF / 2;
                    leaf++;
                }
                resize(leaf, row, 1);
            }
        } else {
            resize(leaf, row, 1);
        }
        long place = place(leaf, row);
        byte[] array = array(place);
        int at = payload(place) - ID_BYTES;
        LONG.set(array, at, ms);
        LONG.set(array, at + Long.BYTES, seq);
        size++;
        return place;
    }

    /// Takes out a row.
    public void remove(long place) {
        int leaf = leaf(place);
        size--;
        if (count(leaf) == 1) {
            dropLeaf(leaf);
            return;
        }
        resize(leaf, row(place), -1);
        if (count(leaf) <= LEAF / 4) join(leaf);
    }

    /// A new leaf with room for one row.
    private void addLeaf(int leaf) {
        long address = pages.allocate(blockSize(1));
        try {
            makeRoomForLeaf();
        } catch (OutOfMemory e) {
            pages.free(address, blockSize(1));
            throw e;
        }
        blockBytes += SizeClasses.roundUp(blockSize(1));
        openLeaf(leaf, address, 1);
    }

    private void openLeaf(int leaf, long address, int count) {
        System.arraycopy(leaves, leaf, leaves, leaf + 1, leafCount - leaf);
        if (hasMarks) {
            System.arraycopy(least, leaf, least, leaf + 1, leafCount - leaf);
            least[leaf] = Long.MAX_VALUE;
        }
        leafCount++;
        setLeaf(leaf, address, count);
    }

    private void makeRoomForLeaf() {
        if (leafCount < leaves.length) return;
        int capacity = Math.max(FIRST_CAPACITY, 2 * leafCount);
        pages.countExtra(arrayBytes(capacity));
        uncount(resizeArrays(capacity));
    }

    /// @return their capacity before
    private int resizeArrays(int capacity) {
        int before = leaves.length;
        long[] resized = Arrays.copyOf(leaves, capacity);
        if (hasMarks) least = Arrays.copyOf(least, capacity);
        leaves = resized;
        return before;
    }

    private void uncount(int capacity) {
        if (capacity > 0) pages.uncountExtra(arrayBytes(capacity));
    }

    private void dropLeaf(int leaf) {
        int count = count(leaf);
        giveUp(leaf);
        blockBytes -= SizeClasses.roundUp(blockSize(count));
        leafCount--;
        System.arraycopy(leaves, leaf + 1, leaves, leaf, leafCount - leaf);
        if (hasMarks) System.arraycopy(least, leaf + 1, least, leaf, leafCount - leaf);
        if (4 * leafCount <= leaves.length) shrinkArray();
    }

    private void shrinkArray() {
        int capacity = leafCount == 0 ? 0 : Math.max(FIRST_CAPACITY, 2 * leafCount);
        if (capacity >= leaves.length) return;
        int before = resizeArrays(capacity);
        pages.uncountExtra(arrayBytes(before) - arrayBytes(capacity));
    }

    /// Opens a gap of one row in a leaf that has room for it, or closes one.
    private void resize(int leaf, int row, int more) {
        int count = count(leaf);
        long address = address(leaf);
        byte[] array = pages.array(address);
        int start = Pages.offset(address);
        int from = more > 0 ? row : row + 1; // rows from here on move
        int oldSize = blockSize(count);
        int newSize = blockSize(count + more);
        boolean staysInBlock = oldSize == newSize && !isShared(leaf);
        byte[] target = array;
        int toStart = start;
        long to = address;
        if (!staysInBlock) {
            to = more > 0 ? pages.allocate(newSize) : pages.allocateForced(newSize);
            target = pages.array(to);
            toStart = Pages.offset(to);
            System.arraycopy(array, start, target, toStart, Math.min(from, from + more) * width);
        }
        int tail = (count - from) * width;
        System.arraycopy(array, start + from * width, target, toStart + (from + more) * width, tail);
        if (!staysInBlock) {
            giveUp(leaf);
            blockBytes += SizeClasses.roundUp(newSize) - SizeClasses.roundUp(oldSize);
        }
        setLeaf(leaf, to, count + more);
    }

    /// Makes two leaves of a full one.
    private void split(int leaf) {
        makeRoomForLeaf();
        int half = LEAF / 2;
        long first = pages.allocate(blockSize(half));
        long second;
        try {
            second = pages.allocate(blockSize(half));
        } catch (OutOfMemory e) {
            pages.free(first, blockSize(half));
            throw e;
        }
        long address = address(leaf);
        copyRows(address, 0, first, 0, half);
        copyRows(address, half, second, 0, half);
        giveUp(leaf);
        blockBytes += 2L * SizeClasses.roundUp(blockSize(half)) - SizeClasses.roundUp(blockSize(LEAF));
        setLeaf(leaf, first, half);
        openLeaf(leaf + 1, second, half);
        if (hasMarks) least[leaf + 1] = least[leaf];
    }

    private void copyRows(long from, int row, long to, int toRow, int count) {
        System.arraycopy(
                pages.array(from),
                Pages.offset(from) + row * width,
                pages.array(to),
                Pages.offset(to) + toRow * width,
                count * width);
    }

    /// Makes one leaf of this and a neighbour, if both together leave room for more.
    private void join(int leaf) {
        int left = leaf > 0 && fits(leaf - 1) ? leaf - 1 : leaf;
        if (left + 1 == leafCount || !fits(left)) return;
        int leftCount = count(left);
        int rightCount = count(left + 1);
        int count = leftCount + rightCount;
        long to = pages.allocateForced(blockSize(count));
        copyRows(address(left), 0, to, 0, leftCount);
        copyRows(address(left + 1), 0, to, leftCount, rightCount);
        giveUp(left);
        blockBytes += SizeClasses.roundUp(blockSize(count)) - SizeClasses.roundUp(blockSize(leftCount));
        setLeaf(left, to, count);
        if (hasMarks) least[left] = Math.min(least[left], least[left + 1]);
        dropLeaf(left + 1);
    }

    private boolean fits(int left) {
        return left + 1 < leafCount && count(left) + count(left + 1) <= LEAF / 4 * 3;
    }

    /// Counts for [Pages#hold] the blocks that inserting so many rows may take.
    ///
    /// @return bytes to be held besides
    public long countInserts(long rows, int[] counts) {
        long leavesNeeded = 2 * (rows / (LEAF / 2) + 1); // each second one may have to be split
        if (leavesNeeded > Integer.MAX_VALUE / 4) throw OutOfMemory.REFUSED;
        for (int count = 1; count <= LEAF; count++) {
            if (capacity(count) == count) pages.countBlock(counts, blockSize(count));
        }
        for (long i = 0; i < leavesNeeded; i++) pages.countBlock(counts, blockSize(LEAF));
        return arrayBytes((int) Math.max(2L * leaves.length, 4 * (leafCount + leavesNeeded)));
    }

    // ---- small steps of long work ----

    /// Frees some rows; those at the end first.
    ///
    /// @return whether there are more
    public boolean free(int most) {
        int left = most;
        while (leafCount > 0 && left > 0) {
            int count = count(leafCount - 1);
            left -= count;
            size -= count;
            dropLeaf(leafCount - 1);
        }
        return leafCount > 0;
    }

    /// Moves some leaves out of sparse pages.
    ///
    /// @param from the number of the leaf to begin with
    /// @param most how many to look at
    /// @return the number of the next leaf, or -1 when all were looked at
    public int compact(int from, int most) {
        int leaf = from;
        int end = (int) Math.min(leafCount, (long) from + most);
        for (; leaf < end; leaf++) {
            int count = count(leaf);
            if (pages.isSparse(address(leaf)) && !isShared(leaf))
                setLeaf(leaf, pages.move(address(leaf), blockSize(count)), count);
        }
        return leaf >= leafCount ? -1 : leaf;
    }

    /// A copy with blocks of its own.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public IdRows copy() {
        IdRows copy = new IdRows(pages, width - ID_BYTES, hasMarks);
        try {
            for (int leaf = 0; leaf < leafCount; leaf++) {
                int count = count(leaf);
                copy.makeRoomForLeaf();
                long to = pages.allocate(blockSize(count));
                copyRows(address(leaf), 0, to, 0, count);
                copy.blockBytes += SizeClasses.roundUp(blockSize(count));
                copy.openLeaf(leaf, to, count);
                if (hasMarks) copy.least[leaf] = least[leaf];
                copy.size += count;
            }
        } catch (OutOfMemory e) {
            copy.free(Integer.MAX_VALUE);
            throw e;
        }
        return copy;
    }

    // ---- images ----

    private boolean isShared(int leaf) {
        return leaves[leaf] < 0;
    }

    /// Frees a leaf's block, or leaves it to the other one that has it.
    private void giveUp(int leaf) {
        if (!isShared(leaf)) pages.free(address(leaf), blockSize(count(leaf)));
    }

    /// Makes a leaf one's own, before it is written into.
    private void own(int leaf) {
        if (!isShared(leaf)) return;
        int count = count(leaf);
        long to = pages.allocateForced(blockSize(count));
        copyRows(address(leaf), 0, to, 0, count);
        setLeaf(leaf, to, count);
    }

    /// The rows as they are now, without marks, for as long as they are needed: to be read only, and given
    /// back by [#release] in any case. Never refused. There may be one image at a time. O(rows / 64).
    public IdRows freeze() {
        IdRows image = new IdRows(pages, width - ID_BYTES);
        if (leafCount == 0) return image;
        pages.forceExtra(image.arrayBytes(leafCount));
        image.leaves = new long[leafCount];
        image.leafCount = leafCount;
        image.size = size;
        image.blockBytes = blockBytes;
        for (int leaf = 0; leaf < leafCount; leaf++) {
            leaves[leaf] |= SHARED;
            image.leaves[leaf] = leaves[leaf];
        }
        return image;
    }

    /// Gives back some of an image of these rows, from its end on; from the first time on it is used for
    /// nothing else. O(most · log).
    ///
    /// @param most how many leaves, of up to 64 rows each
    /// @return whether there is more
    public boolean release(IdRows image, int most) {
        int end = Math.max(0, image.leafCount - most);
        while (image.leafCount > end) {
            int leaf = --image.leafCount;
            long entry = image.leaves[leaf];
            int own = leafOf(image.ms(place(leaf, 0)), image.seq(place(leaf, 0)));
            if (own >= 0 && leaves[own] == entry) leaves[own] &= ~SHARED;
            else pages.free(entry & Pages.ADDRESS_MASK, blockSize(image.count(leaf)));
        }
        if (end > 0) return true;
        image.uncount(image.leaves.length);
        image.leaves = NO_LEAVES;
        image.size = 0;
        return false;
    }

    // ---- self-check ----

    /// Checks order and counts; for tests. O(n).
    ///
    /// @throws IllegalStateException when something does not add up
    public void checkInvariants() {
        long rows = 0;
        long bytes = 0;
        for (int leaf = 0; leaf < leafCount; leaf++) {
            if (count(leaf) < 1 || count(leaf) > LEAF) throw new IllegalStateException("a leaf of " + count(leaf));
            rows += count(leaf);
            bytes += SizeClasses.roundUp(blockSize(count(leaf)));
        }
        if (rows != size) throw new IllegalStateException(rows + " rows, " + size + " counted");
        if (bytes != blockBytes) throw new IllegalStateException(bytes + " bytes, " + blockBytes + " counted");
        for (long place = first(), next; place != NONE; place = next) {
            next = next(place);
            if (next != NONE && StreamId.compare(ms(place), seq(place), ms(next), seq(next)) >= 0) {
                throw new IllegalStateException(
                        StreamId.text(ms(next), seq(next)) + " behind " + StreamId.text(ms(place), seq(place)));
            }
        }
    }
}
