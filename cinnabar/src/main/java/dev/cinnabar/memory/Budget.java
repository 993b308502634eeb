package dev.cinnabar.memory;

import java.util.concurrent.atomic.AtomicLong;

/// How many bytes of heap may be taken in bulk (pages, tables, buffers), and how many are.
///
/// Reservations are coarse (a page, a table segment, a buffer's growth), so one shared counter is cheap enough. Thread-safe.
public final class Budget {
    private final long limit;
    private final AtomicLong reserved = new AtomicLong();
    private final AtomicLong released = new AtomicLong();

    /// @param limit the most that may be reserved, in bytes
    public Budget(long limit) {
        this.limit = limit;
    }

    /// A budget of what the heap can hold, less a tenth for everything that is not counted: classes' own data, sessions, garbage not
    /// collected yet. That is at least 40 MiB, for the young generation (24 MiB as the launcher has it) needs its place however full the
    /// heap is, but not more than half.
    public static Budget ofHeap() {
        long heap = Runtime.getRuntime().maxMemory();
        return new Budget(heap - Math.min(heap / 2, Math.max(heap / 10, 40L << 20)));
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
