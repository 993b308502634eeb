package dev.cinnabar.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The allocator: hands out blocks of bytes by address, takes them back, and counts them.
///
/// Allocating and freeing cost O(1) and make no garbage but for a new page now and then. Belongs to one
/// engine; touched only under its lock.
public final class Pages {
    /*
     * Why spans with free lists of their own, and not one list per size class: a list per class mixes blocks
     * of all pages, so no page would ever run empty by itself, and to empty one its free blocks would have to
     * be picked out of the list one by one. With a list per span, "place nothing here any more" is one flag,
     * and an empty span is simply handed back.
     *
     *   byClass[c] → current span → span with room → span with room          (full spans are in no list)
     *
     * A span has a number: that of its page * 64 + its index there. Lists of spans are threaded through the
     * page's arrays.
     */

    /// Bytes of a shared page: with the array's header exactly 4 MiB.
    public static final int PAGE_BYTES = (4 << 20) - 16;

    /// An address is this many bits wide; the bits above are the caller's to use.
    public static final int ADDRESS_BITS = 42;

    public static final long ADDRESS_MASK = (1L << ADDRESS_BITS) - 1;

    private static final int UNIT_BITS = 19; // of an address: which 8 bytes of the page
    private static final int UNIT_MASK = (1 << UNIT_BITS) - 1;
    private static final int MAX_PAGES = 1 << ADDRESS_BITS - UNIT_BITS;
    private static final int SPAN_LOG = 16;
    private static final int SPANS_LOG = 6;
    private static final int SPANS = 1 << SPANS_LOG; // per page
    private static final int FEW_SPANS = 16; // a megabyte: with no more left, the next page is wanted
    private static final int FEW_PAGES = 8; // 32 MiB; their holes are left as they are
    private static final int WORTH_CLOSING = 6; // holes of one part in so many
    private static final int NONE = -1;
    static final int ARRAY_HEADER = 16; // bytes the JVM puts in front of an array's content

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final Budget budget;
    private byte[][] bytes = new byte[16][];
    private @Nullable Page[] pages = new Page[16]; // null for a page that is one large block
    private int[] freeNumbers = new int[16];
    private int freeNumberCount;
    private int nextNumber = 1; // page 0 does not exist, so address 0 means "nothing"

    private final int[] byClass = new int[SizeClasses.COUNT]; // first span with room, or NONE
    private int pagesWithFreeSpans = NONE; // list of pages, threaded through Page.nextFree
    private int spare = NONE; // one empty page is kept, so that a load at the edge does not allocate and drop pages

    private @Nullable PageMaker maker;

    private boolean isHolding;
    private long loan; // bytes that are reserved for what is allocated next, while holding
    private boolean isForced;
    private long used;
    private long usedPeak;
    private long freed;
    private long held;
    private long extra; // of used and held: what is counted but lies elsewhere
    private long unusable; // ends of spans in use that are too short for a block of their class
    private int sharedPages;
    private int sparsePages;
    private long pagesDropped;

    public Pages(Budget budget) {
        this.budget = budget;
        Arrays.fill(byClass, NONE);
    }

    /// From now on this one makes arrays beforehand; null: nobody does.
    public void maker(@Nullable PageMaker maker) {
        this.maker = maker;
    }

    /// What a page knows of its spans.
    private static final class Page {
        final int number;
        final short[] sizeClass = new short[SPANS];
        final short[] blocks = new short[SPANS]; // blocks in use; a span has at most 4096
        final int[] free = new int[SPANS]; // first free block as an offset in the page, or NONE
        final int[] untouched = new int[SPANS]; // where the never used end of the span begins
        final int[] next = new int[SPANS]; // list of spans of one class with room
        final int[] previous = new int[SPANS];
        long freeSpans = -1; // a bit per span that has no class now
        long listed; // a bit per span that is in its class's list
        int usedBytes; // in blocks
        boolean isSparse;
        boolean isInFreeList;
        int nextFree = NONE;
        int previousFree = NONE;

        Page(int number) {
            this.number = number;
        }
    }

    // ---- blocks ----

    /// A block of at least this many bytes, with undefined content.
    ///
    /// @param length in bytes, 1 to [SizeClasses#MAX_LENGTH]
    /// @throws OutOfMemory when the budget refuses; then nothing has changed
    public long allocate(int length) {
        if (length > SizeClasses.MAX_SHARED) return allocateLarge(length);

        int sizeClass = SizeClasses.classOf(length);
        int span = byClass[sizeClass];
        if (span == NONE) span = openSpan(sizeClass);
        Page page = pages[pageOf(span)];
        int index = indexIn(span);
        int size = SizeClasses.sizeOf(sizeClass);

        int offset = page.free[index];
        if (offset != NONE) {
            page.free[index] = (int) INT.get(bytes[page.number], offset);
        } else {
            offset = page.untouched[index];
            page.untouched[index] = offset + size;
        }
        page.blocks[index]++;
        page.usedBytes += size;
        if (page.free[index] == NONE && page.untouched[index] + size > spanEnd(index)) unlist(page, index);

        used += size;
        if (used > usedPeak) usedPeak = used;
        return (long) page.number << UNIT_BITS | offset >> 3;
    }

    /// The same beyond the budget, for what has to succeed: moving something that shrank out of its larger
    /// block. The budget's margin bears it.
    public long allocateForced(int length) {
        isForced = true;
        try {
            return allocate(length);
        } finally {
            isForced = false;
        }
    }

    /// Takes a block back.
    ///
    /// @param length what was asked for when it was allocated, or anything else that rounds up to the same
    ///               size
    public void free(long address, int length) {
        if (length > SizeClasses.MAX_SHARED) {
            freeLarge(address);
            return;
        }
        Page page = pages[(int) (address >>> UNIT_BITS)];
        int offset = ((int) address & UNIT_MASK) << 3;
        int index = offset >> SPAN_LOG;
        int size = SizeClasses.sizeOf(page.sizeClass[index]);
        assert SizeClasses.classOf(length) == page.sizeClass[index] : "block of " + size + " freed as " + length;

        INT.set(bytes[page.number], offset, page.free[index]);
        page.free[index] = offset;
        page.usedBytes -= size;
        used -= size;
        freed += size;
        if (--page.blocks[index] == 0) closeSpan(page, index);
        else if (!page.isSparse && (page.listed & 1L << index) == 0) list(page, index);
    }

    /// The array that an address lies in. Good until the block is freed or moved.
    public byte[] array(long address) {
        return bytes[(int) ((address & ADDRESS_MASK) >>> UNIT_BITS)];
    }

    /// Where in [#array] the block begins.
    public static int offset(long address) {
        return ((int) address & UNIT_MASK) << 3;
    }

    // ---- spans ----

    private static int span(Page page, int index) {
        return page.number << SPANS_LOG | index;
    }

    private static int pageOf(int span) {
        return span >> SPANS_LOG;
    }

    private static int indexIn(int span) {
        return span & SPANS - 1;
    }

    private static int spanEnd(int index) {
        return index == SPANS - 1 ? PAGE_BYTES : (index + 1) << SPAN_LOG;
    }

    /// Bytes at the end of a span that no block of the class fits into.
    private static int remainder(int index, int sizeClass) {
        return (spanEnd(index) - (index << SPAN_LOG)) % SizeClasses.sizeOf(sizeClass);
    }

    private int openSpan(int sizeClass) {
        if (pagesWithFreeSpans == NONE) newPage();
        Page page = pages[pagesWithFreeSpans];
        int index = Long.numberOfTrailingZeros(page.freeSpans);
        page.freeSpans &= ~(1L << index);
        if (page.freeSpans == 0) unlistFree(page);
        if (page.number == spare) spare = NONE;
        if (maker != null && isLastFew(page)) maker.want();

        unusable += remainder(index, sizeClass);
        page.sizeClass[index] = (short) sizeClass;
        page.blocks[index] = 0;
        page.free[index] = NONE;
        page.untouched[index] = index << SPAN_LOG;
        list(page, index);
        return span(page, index);
    }

    /// Whether few spans are free in this page, and none in others.
    private boolean isLastFew(Page page) {
        return Long.bitCount(page.freeSpans) <= FEW_SPANS
                && (pagesWithFreeSpans == NONE || pagesWithFreeSpans == page.number && page.nextFree == NONE);
    }

    private void closeSpan(Page page, int index) {
        if ((page.listed & 1L << index) != 0) unlist(page, index);
        unusable -= remainder(index, page.sizeClass[index]);
        page.freeSpans |= 1L << index;
        if (page.freeSpans == -1L) {
            if (spare == NONE && !page.isSparse) spare = page.number;
            else {
                dropPage(page);
                return;
            }
        }
        if (!page.isSparse && !page.isInFreeList) listFree(page);
    }

    private void list(Page page, int index) {
        int span = span(page, index);
        int first = byClass[page.sizeClass[index]];
        page.next[index] = first;
        page.previous[index] = NONE;
        if (first != NONE) pages[pageOf(first)].previous[indexIn(first)] = span;
        byClass[page.sizeClass[index]] = span;
        page.listed |= 1L << index;
    }

    private void unlist(Page page, int index) {
        int next = page.next[index];
        int previous = page.previous[index];
        if (next != NONE) pages[pageOf(next)].previous[indexIn(next)] = previous;
        if (previous != NONE) pages[pageOf(previous)].next[indexIn(previous)] = next;
        else byClass[page.sizeClass[index]] = next;
        page.listed &= ~(1L << index);
    }

    private void listFree(Page page) {
        page.nextFree = pagesWithFreeSpans;
        page.previousFree = NONE;
        if (pagesWithFreeSpans != NONE) pages[pagesWithFreeSpans].previousFree = page.number;
        pagesWithFreeSpans = page.number;
        page.isInFreeList = true;
    }

    private void unlistFree(Page page) {
        if (page.nextFree != NONE) pages[page.nextFree].previousFree = page.previousFree;
        if (page.previousFree != NONE) pages[page.previousFree].nextFree = page.nextFree;
        else pagesWithFreeSpans = page.nextFree;
        page.isInFreeList = false;
    }

    // ---- pages ----

    private void newPage() {
        int number = takeNumber();
        Page page = new Page(number);
        bytes[number] = newArray(PAGE_BYTES, number);
        pages[number] = page;
        sharedPages++;
        listFree(page);
    }

    private void dropPage(Page page) {
        if (page.isInFreeList) unlistFree(page);
        if (page.isSparse) sparsePages--;
        if (page.number == spare) spare = NONE;
        if (maker != null) maker.forget(); // there will be holes enough
        pages[page.number] = null;
        sharedPages--;
        dropArray(page.number);
    }

    private long allocateLarge(int length) {
        int size = SizeClasses.roundUp(length);
        int number = takeNumber();
        bytes[number] = newArray(size, number);
        used += largeBytes(size);
        if (used > usedPeak) usedPeak = used;
        return (long) number << UNIT_BITS;
    }

    private void freeLarge(long address) {
        int number = (int) (address >>> UNIT_BITS);
        long size = largeBytes(bytes[number].length);
        used -= size;
        freed += size;
        dropArray(number);
    }

    /// What a large block keeps from others, beside its header: with G1 that may be nearly twice its length.
    private long largeBytes(int length) {
        return budget.arrayBytes(length) - ARRAY_HEADER;
    }

    private byte[] newArray(int length, int number) {
        byte[] ready = maker != null && length == PAGE_BYTES ? maker.take() : null;
        long takes = budget.arrayBytes(length);
        if (isForced) {
            budget.force(takes);
        } else if (!take(takes)) {
            giveNumberBack(number);
            throw OutOfMemory.REFUSED;
        }
        try {
            byte[] array = ready != null ? ready : new byte[length];
            held += takes;
            return array;
        } catch (OutOfMemoryError e) {
            // The budget leaves a margin, but the heap may be shared with a host application or be fragmented.
            giveBack(takes);
            giveNumberBack(number);
            throw OutOfMemory.REFUSED;
        }
    }

    private void dropArray(int number) {
        long takes = budget.arrayBytes(bytes[number].length);
        bytes[number] = null;
        held -= takes;
        pagesDropped++;
        giveBack(takes);
        giveNumberBack(number);
    }

    private int takeNumber() {
        if (freeNumberCount > 0) return freeNumbers[--freeNumberCount];
        if (nextNumber == MAX_PAGES) throw OutOfMemory.REFUSED;
        if (nextNumber == bytes.length) {
            // giving a number back must never need memory, so the room for that is made here
            freeNumbers = Arrays.copyOf(freeNumbers, 2 * nextNumber);
            pages = Arrays.copyOf(pages, 2 * nextNumber);
            bytes = Arrays.copyOf(bytes, 2 * nextNumber);
        }
        return nextNumber++;
    }

    private void giveNumberBack(int number) {
        freeNumbers[freeNumberCount++] = number;
    }

    // ---- holding room ----

    /// Reserves what blocks need beyond the holes in the pages that are there, so that allocating them cannot
    /// be refused until [#letGo]. For commands that change several things or none.
    ///
    /// O(classes of blocks + pages with holes).
    ///
    /// @param counts how many blocks of each class; see [#countBlock]
    /// @param extra  bytes needed besides: large blocks, and what is counted by [#countExtra]
    /// @throws OutOfMemory when the budget refuses; then nothing is held
    public void hold(int[] counts, long extra) {
        long spans = 0;
        for (int c = 0; c < counts.length; c++) {
            int size = SizeClasses.sizeOf(c);
            if (counts[c] > 0)
                spans += ceilDiv(Math.max(0, counts[c] - freeBlocks(c, counts[c])), spanBytes(SPANS - 1) / size);
        }
        spans -= freeSpans(spans);
        hold(ceilDiv(spans, SPANS) * (PAGE_BYTES + ARRAY_HEADER) + extra);
    }

    /// The same for that many bytes of whole pages, large blocks and extras.
    public void hold(long bytes) {
        budget.reserve(bytes);
        isHolding = true;
        loan += bytes;
    }

    /// Whether room is being held.
    public boolean isHolding() {
        return isHolding;
    }

    /// Gives back what was held and not used up.
    public void letGo() {
        budget.release(loan);
        loan = 0;
        isHolding = false;
    }

    /// An array for [#hold].
    public static int[] newCounts() {
        return new int[SizeClasses.COUNT];
    }

    /// Counts a block for [#hold].
    ///
    /// @return 0, or the bytes of a large block, which has no class
    public long countBlock(int[] counts, int length) {
        if (length > SizeClasses.MAX_SHARED) return blockBytes(length);
        counts[SizeClasses.classOf(length)]++;
        return 0;
    }

    /// How many bytes of heap a block for so many takes at the least: a part of a page, or an array of its
    /// own.
    public long blockBytes(int length) {
        int size = SizeClasses.roundUp(length);
        return length > SizeClasses.MAX_SHARED ? budget.arrayBytes(size) : size;
    }

    private int freeBlocks(int sizeClass, int enough) {
        int free = 0;
        for (int span = byClass[sizeClass]; span != NONE && free < enough; ) {
            Page page = pages[pageOf(span)];
            int index = indexIn(span);
            free += spanBytes(index) / SizeClasses.sizeOf(sizeClass) - page.blocks[index];
            span = page.next[index];
        }
        return Math.min(free, enough);
    }

    private long freeSpans(long enough) {
        long free = 0;
        for (int number = pagesWithFreeSpans; number != NONE && free < enough; number = pages[number].nextFree) {
            free += Long.bitCount(pages[number].freeSpans);
        }
        return Math.min(free, enough);
    }

    private static int spanBytes(int index) {
        return spanEnd(index) - (index << SPAN_LOG);
    }

    private static long ceilDiv(long a, long b) {
        return (a + b - 1) / b;
    }

    private boolean take(long bytes) {
        if (loan < bytes) return budget.tryReserve(bytes);
        loan -= bytes;
        return true;
    }

    /// What is freed while holding may be a hole that was counted on, so it is kept, too.
    private void giveBack(long bytes) {
        if (isHolding) loan += bytes;
        else budget.release(bytes);
    }

    // ---- counting bytes that live elsewhere ----

    /// Counts bytes that a structure of this engine keeps in arrays of its own (a table's segments), as if
    /// they were blocks.
    ///
    /// @throws OutOfMemory when the budget refuses; then nothing is counted
    public void countExtra(long count) {
        if (!take(count)) throw OutOfMemory.REFUSED;
        extra += count;
        used += count;
        held += count;
        if (used > usedPeak) usedPeak = used;
    }

    /// The same beyond the budget, for what must not be refused; see [#allocateForced].
    public void forceExtra(long count) {
        budget.force(count);
        extra += count;
        used += count;
        held += count;
        if (used > usedPeak) usedPeak = used;
    }

    /// Takes back what [#countExtra] or [#forceExtra] counted.
    public void uncountExtra(long count) {
        giveBack(count);
        extra -= count;
        used -= count;
        held -= count;
    }

    /// Bytes in use: all blocks at their rounded size and everything counted as extra.
    public long used() {
        return used;
    }

    /// Bytes of the blocks that were freed so far; those that were only moved do not count.
    public long freed() {
        return freed;
    }

    public long usedPeak() {
        return usedPeak;
    }

    /// Bytes of heap held: all pages, whether used or not, and everything counted as extra.
    public long held() {
        return held;
    }

    /// How many pages and large blocks were given back to the heap so far.
    public long pagesDropped() {
        return pagesDropped;
    }

    public Budget budget() {
        return budget;
    }

    // ---- compaction ----

    /// Whether the holes are worth closing: a sixth of what is held, and in more than a few pages.
    public boolean isFragmented() {
        return sparsePages == 0 && sharedPages > FEW_PAGES && held - used - unusable > held / WORTH_CLOSING;
    }

    public boolean isCompacting() {
        return sparsePages > 0;
    }

    /// Picks the emptiest pages, as many as the holes of the others can take in, and marks them sparse.
    /// O(pages log pages), for 10 GiB some 2,600 pages. Before the end of a compaction it adds to the plan.
    ///
    /// @return how many pages are to be emptied now, those of an earlier plan included
    public int planCompaction() {
        long[] byUse = new long[sharedPages]; // used bytes above, page number below: sorts by use
        int n = 0;
        long inUse = unusable;
        for (int i = 1; i < nextNumber; i++) {
            Page page = pages[i];
            if (page == null) continue;
            byUse[n++] = (long) page.usedBytes << 32 | page.number;
            inUse += page.usedBytes;
        }
        Arrays.sort(byUse);

        // a twentieth of slack: holes are of other sizes than what has to move, and spans end in a remainder
        long keep = inUse / (PAGE_BYTES / 20 * 19) + 1;
        for (int i = 0; i < n - keep; i++) {
            Page page = pages[(int) byUse[i]];
            if (page != null && !page.isSparse) makeSparse(page);
        }
        return sparsePages;
    }

    /// Marks no page sparse any more: what was not moved stays where it is.
    public void endCompaction() {
        for (int i = 1; i < nextNumber && sparsePages > 0; i++) {
            Page page = pages[i];
            if (page == null || !page.isSparse) continue;
            page.isSparse = false;
            sparsePages--;
            for (int index = 0; index < SPANS; index++) {
                if ((page.freeSpans & 1L << index) == 0 && hasRoom(page, index)) list(page, index);
            }
            if (page.freeSpans != 0) listFree(page);
        }
    }

    private void makeSparse(Page page) {
        page.isSparse = true;
        sparsePages++;
        for (int index = 0; index < SPANS; index++) if ((page.listed & 1L << index) != 0) unlist(page, index);
        if (page.isInFreeList) unlistFree(page);
        if (page.freeSpans == -1L) dropPage(page);
    }

    private boolean hasRoom(Page page, int index) {
        int size = SizeClasses.sizeOf(page.sizeClass[index]);
        return page.free[index] != NONE || page.untouched[index] + size <= spanEnd(index);
    }

    /// Whether the block lies in a page that is to be emptied: then its owner should [#move] it.
    public boolean isSparse(long address) {
        Page page = pages[(int) ((address & ADDRESS_MASK) >>> UNIT_BITS)];
        return page != null && page.isSparse;
    }

    /// Copies a block elsewhere and frees it.
    ///
    /// @return the new address; the owner puts it where the old one stood
    public long move(long address, int length) {
        long to = allocate(length);
        System.arraycopy(array(address), offset(address), array(to), offset(to), length);
        free(address, length);
        freed -=
                length > SizeClasses.MAX_SHARED ? largeBytes(SizeClasses.roundUp(length)) : SizeClasses.roundUp(length);
        return to;
    }

    // ---- self-check ----

    /// Checks every list and count against every other; for tests and `DEBUG`. O(blocks).
    ///
    /// @throws IllegalStateException when something does not add up
    public void checkInvariants() {
        long usedSum = extra;
        long heldSum = extra;
        long unusableSum = 0;
        int shared = 0;
        int sparse = 0;
        int listed = 0;
        int withFreeSpans = 0;
        for (int i = 1; i < nextNumber; i++) {
            if (bytes[i] != null) heldSum += budget.arrayBytes(bytes[i].length);
            Page page = pages[i];
            if (page == null) {
                if (bytes[i] != null) usedSum += largeBytes(bytes[i].length);
                continue;
            }
            shared++;
            int pageSum = 0;
            for (int index = 0; index < SPANS; index++) {
                if ((page.freeSpans & 1L << index) != 0) continue;
                pageSum += checkSpan(page, index);
                unusableSum += remainder(index, page.sizeClass[index]);
            }
            expect(page.usedBytes, pageSum, "bytes used in page " + i);
            usedSum += pageSum;
            if (page.isSparse) sparse++;
            boolean free = page.freeSpans != 0 && !page.isSparse;
            if (free != page.isInFreeList)
                throw new IllegalStateException("page " + i + " free list " + page.isInFreeList);
            if (free) withFreeSpans++;
            if (page.freeSpans == -1L && i != spare)
                throw new IllegalStateException("page " + i + " is empty, but not the spare");
            listed += Long.bitCount(page.listed);
        }
        expect(used, usedSum, "bytes used");
        expect(held, heldSum, "bytes held");
        expect(unusable, unusableSum, "bytes unusable");
        expect(sharedPages, shared, "pages");
        expect(sparsePages, sparse, "sparse pages");
        expect(countFreeList(), withFreeSpans, "pages with free spans");
        expect(countClassLists(), listed, "spans with room");
    }

    private static void expect(long counted, long found, String what) {
        if (counted != found) throw new IllegalStateException(what + ": " + counted + " counted, " + found + " found");
    }

    private int countFreeList() {
        int n = 0;
        int previous = NONE;
        for (int i = pagesWithFreeSpans; i != NONE; i = pages[i].nextFree) {
            expect(pages[i].previousFree, previous, "link back of page " + i);
            previous = i;
            n++;
        }
        return n;
    }

    private int countClassLists() {
        int n = 0;
        for (int sizeClass = 0; sizeClass < byClass.length; sizeClass++) {
            int previous = NONE;
            for (int span = byClass[sizeClass]; span != NONE; span = pages[pageOf(span)].next[indexIn(span)]) {
                Page page = pages[pageOf(span)];
                expect(page.sizeClass[indexIn(span)], sizeClass, "class of span " + span);
                expect(page.previous[indexIn(span)], previous, "link back of span " + span);
                if ((page.listed & 1L << indexIn(span)) == 0)
                    throw new IllegalStateException("span " + span + " is not marked as listed");
                previous = span;
                n++;
            }
        }
        return n;
    }

    private int checkSpan(Page page, int index) {
        int size = SizeClasses.sizeOf(page.sizeClass[index]);
        int free = 0;
        for (int at = page.free[index]; at != NONE; at = (int) INT.get(bytes[page.number], at)) {
            if (at < index << SPAN_LOG || at >= page.untouched[index] || (at - (index << SPAN_LOG)) % size != 0) {
                throw new IllegalStateException(
                        "free block at " + at + " of span " + index + " in page " + page.number);
            }
            if (++free > 4096)
                throw new IllegalStateException("endless free list of span " + index + " in page " + page.number);
        }
        int cut = (page.untouched[index] - (index << SPAN_LOG)) / size;
        if (cut - free != page.blocks[index]) {
            throw new IllegalStateException(
                    "span " + index + ": " + cut + " cut, " + free + " free, " + page.blocks[index] + " used");
        }
        boolean listed = (page.listed & 1L << index) != 0;
        if (listed != (hasRoom(page, index) && !page.isSparse))
            throw new IllegalStateException("span " + index + " listed " + listed);
        return page.blocks[index] * size;
    }
}
