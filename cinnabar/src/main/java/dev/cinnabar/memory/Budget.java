package dev.cinnabar.memory;

import java.util.concurrent.atomic.AtomicLong;

/// How many bytes of heap may be taken in bulk (pages, tables, buffers), and how many are.
///
/// Reservations are coarse (a page, a table segment, a buffer's growth), so one shared counter is cheap
/// enough. Thread-safe.
public final class Budget {
    private final long limit;
    private final int regionBytes; // of the heap; 0 when nothing is known of such
    private final AtomicLong reserved = new AtomicLong();
    private final AtomicLong released = new AtomicLong();

    /// @param limit the most that may be reserved, in bytes
    public Budget(long limit) {
        this(limit, 0);
    }

    /// @param regionBytes the size of G1's regions, 0 where the heap is not known to have any
    public Budget(long limit, int regionBytes) {
        this.limit = limit;
        this.regionBytes = regionBytes;
    }

    /// A budget of what the heap can hold, less a tenth for everything that is not counted: classes' own
    /// data, sessions, garbage not collected yet. That is at least 40 MiB, for the young generation (24 MiB
    /// as the launcher has it) needs its place however full the heap is, but not more than half.
    ///
    /// The launcher says how large G1's regions are (`cinnabar.heap.region`, in bytes); within an application
    /// nobody does.
    public static Budget ofHeap() {
        long heap = Runtime.getRuntime().maxMemory();
        long limit = heap - Math.min(heap / 2, Math.max(heap / 10, 40L << 20));
        return new Budget(limit, Integer.getInteger("cinnabar.heap.region", 0));
    }

    /// How many bytes of the heap an array of bytes takes: with its header, and in whole regions when it is
    /// larger than half of one, for G1 puts nothing beside it.
    public long arrayBytes(int length) {
        long bytes = (long) length + Pages.ARRAY_HEADER;
        if (2 * bytes <= regionBytes || regionBytes == 0) return bytes;
        return (bytes + regionBytes - 1) / regionBytes * regionBytes;
    }

    /// Takes this many bytes, or answers false and takes none.
    public boolean tryReserve(long bytes) {
        if (reserved.addAndGet(bytes) <= limit) return true;
        cancel(bytes);
        return false;
    }

    /// Takes this many bytes.
    ///
    /// @throws OutOfMemory when they do not fit; then none are taken
    public void reserve(long bytes) {
        if (!tryReserve(bytes)) throw OutOfMemory.REFUSED;
    }

    /// Takes this many bytes, whether they fit or not.
    public void force(long bytes) {
        reserved.addAndGet(bytes);
    }

    /// Gives back what was reserved.
    public void release(long bytes) {
        reserved.addAndGet(-bytes);
        released.addAndGet(bytes);
    }

    /// Takes a reservation back for which nothing was made, or that passes to another one.
    public void cancel(long bytes) {
        reserved.addAndGet(-bytes);
    }

    public long reserved() {
        return reserved.get();
    }

    /// Bytes that were given back so far, all together: garbage on the heap, until the collector has come by.
    public long released() {
        return released.get();
    }

    public long limit() {
        return limit;
    }
}
