package dev.cinnabar.store;

import dev.cinnabar.memory.Pages;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The big values of an engine by their numbers, and those that were given up: they are freed in small steps.
final class BigValues {
    /*
     * A value that is given up goes to the garbage, a queue, unless a snapshot has still to hand it over:
     * then it waits, held by the snapshot alone, and goes there afterwards. The bytes of both are counted, so
     * that eviction knows what is on its way.
     *
     * Numbers and values lie in chunks, for there may be millions, and an array that doubles is copied while
     * everybody waits.
     */
    private static final int AT_ONCE = 16; // a value of so few elements is freed where it falls
    private static final int DROP_AT_ONCE = 1024; // elements; some 15 µs
    private static final int CHUNK_LOG = 12;
    private static final int CHUNK_MASK = (1 << CHUNK_LOG) - 1;

    private final Pages pages;
    private @Nullable BigValue[][] values = new BigValue[4][];
    private int[][] freeNumbers = new int[4][];
    private int freeCount;
    private int next = 1; // 0 is no value
    private @Nullable Garbage firstGarbage;
    private @Nullable Garbage lastGarbage;
    private int garbage;
    private long garbageBytes;
    private long queued; // how many became garbage since the statistics began, and how many were it then
    private int waiting;
    private long waitingBytes;
    private int compacting; // the number of the value whose blocks are being moved, 0 for none
    private long compactPosition; // in it

    /// Has the classes of big values initialized, and that of walks. The JIT may compile a command before the
    /// first value outgrows its record, or the first snapshot begins; then it would bet that none ever does,
    /// and with the first one throw that away in the middle of a load
    /// (`docs/decisions/0071-a-jit-without-surprises.md`).
    BigValues(Pages pages) {
        this.pages = pages;
        List<Class<?>> classes =
                List.of(BigList.class, BigSet.class, BigHash.class, BigZset.class, StreamValue.class, TableWalk.class);
        try {
            for (Class<?> type : classes) MethodHandles.lookup().ensureInitialized(type);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e); // they are ours
        }
    }

    int add(BigValue value) {
        int number = freeCount > 0 ? takeFreeNumber() : next++;
        int chunk = number >>> CHUNK_LOG;
        if (chunk == values.length) values = Arrays.copyOf(values, 2 * chunk);
        if (values[chunk] == null) values[chunk] = new BigValue[1 << CHUNK_LOG];
        values[chunk][number & CHUNK_MASK] = value;
        value.number = number;
        return number;
    }

    private int takeFreeNumber() {
        freeCount--;
        return freeNumbers[freeCount >>> CHUNK_LOG][freeCount & CHUNK_MASK];
    }

    private @Nullable BigValue at(int number) {
        return values[number >>> CHUNK_LOG][number & CHUNK_MASK];
    }

    BigValue get(int number) {
        BigValue value = at(number);
        if (value == null) throw new IllegalStateException("no value has the number " + number);
        return value;
    }

    /// The number's record is gone; the value is freed, now or later.
    void retire(int number) {
        BigValue value = get(number);
        values[number >>> CHUNK_LOG][number & CHUNK_MASK] = null;
        giveBack(number);
        if (value.isPending()) {
            value.garbageBytes = value.bytes();
            waiting++;
            waitingBytes += value.garbageBytes;
            value.number = 0;
        } else {
            discard(value);
        }
    }

    private void giveBack(int number) {
        int chunk = freeCount >>> CHUNK_LOG;
        if (chunk == freeNumbers.length) freeNumbers = Arrays.copyOf(freeNumbers, 2 * chunk);
        if (freeNumbers[chunk] == null) freeNumbers[chunk] = new int[1 << CHUNK_LOG];
        freeNumbers[chunk][freeCount++ & CHUNK_MASK] = number;
    }

    /// A snapshot needs the value no more.
    void handedOver(BigValue value) {
        if (value.number != 0) return; // it lives
        waiting--;
        waitingBytes -= value.garbageBytes;
        discard(value);
    }

    /// Frees a value that no record holds, now or later.
    void discard(Garbage value) {
        if (value.size() <= AT_ONCE && !value.free(2 * AT_ONCE)) return;
        value.garbageBytes = value.bytes();
        garbageBytes += value.garbageBytes;
        garbage++;
        queued++;
        if (lastGarbage == null) firstGarbage = value;
        else lastGarbage.nextGarbage = value;
        lastGarbage = value;
    }

    /// Frees a value that no key ever had, or a part of one, now or later.
    ///
    /// Later, so that nobody waits for what a command has gathered and needs no more. But commands make such
    /// values faster than steps free them: when more than another one waits, or memory is so short that there
    /// might be no room for the next, then now.
    ///
    /// @param free bytes of memory that nobody has taken
    void drop(Garbage value, long free) {
        long bytes = value.bytes();
        if (value.size() <= DROP_AT_ONCE || garbageBytes > bytes || free < bytes) {
            value.freeAll();
            return;
        }
        discardPart(value);
    }

    /// Frees what is no value of the data set, or is one no more, now or later.
    void discardPart(Garbage part) {
        long counted = queued;
        discard(part);
        queued = counted;
    }

    /// Frees some elements of what was given up.
    ///
    /// @param most about how many buckets or elements
    /// @return whether there is more
    boolean step(int most) {
        int left = most;
        while (firstGarbage != null && left > 0) {
            Garbage value = firstGarbage;
            long elements = value.size();
            long used = pages.used();
            boolean more = value.free(left);
            long freed = more ? Math.min(used - pages.used(), value.garbageBytes) : value.garbageBytes;
            value.garbageBytes -= freed;
            garbageBytes -= freed;
            left -= more ? left : (int) Math.min(left, 1 + elements);
            if (!more) removeFirst(value);
        }
        return firstGarbage != null;
    }

    private void removeFirst(Garbage value) {
        firstGarbage = value.nextGarbage;
        if (firstGarbage == null) lastGarbage = null;
        value.nextGarbage = null;
        garbage--;
    }

    /// Moves some blocks out of sparse pages.
    ///
    /// @param most about how many elements to look at
    /// @return whether there is more
    boolean compact(int most) {
        int left = most;
        while (left > 0) {
            if (compactPosition == 0) compacting++;
            if (compacting >= next) {
                endCompaction();
                return false;
            }
            BigValue value = at(compacting);
            compactPosition = value == null ? 0 : value.compact(compactPosition, left);
            left -= compactPosition != 0 ? left : value == null ? 1 : (int) Math.min(left, 1 + value.size());
        }
        return true;
    }

    /// The next [#compact] begins anew.
    void endCompaction() {
        compacting = 0;
        compactPosition = 0;
    }

    /// How many values are to be freed.
    int garbage() {
        return garbage;
    }

    /// How many values were freed later than they fell since [#beginCounting].
    long freedLater() {
        return Math.max(0, queued - garbage);
    }

    void beginCounting() {
        queued = garbage;
    }

    /// How many were given up to be freed later; a number to go back to by [#queued(long)] for what is
    /// counted elsewhere.
    long queued() {
        return queued;
    }

    void queued(long count) {
        queued = count;
    }

    /// How many values will be, when the snapshot has handed them over.
    int waiting() {
        return waiting;
    }

    /// Bytes of values that are to be freed.
    long garbageBytes() {
        return garbageBytes;
    }

    /// Bytes of values that wait for the snapshot.
    long waitingBytes() {
        return waitingBytes;
    }
}
