package dev.cinnabar.server;

import dev.cinnabar.memory.Budget;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/// Gives memory back to the operating system after pages and buffers were dropped, by asking the collector to run: a server makes so
/// little garbage that it would not run for hours of its own accord. Only for a process of our own; an embedded server leaves that to
/// its host.
final class MemoryReturn {
    /*
     * Three steps, for G1. A page is a region of its own, and a dead one is given back by the first collection. The tables' segments are
     * smaller and lie several in one region: after a table has shrunk a region holds a few of them, and collections that only mark leave it
     * alone. It is emptied by the young collections that follow a marking ("mixed" ones). Nothing here makes garbage, so none would come: some
     * is made. Then a second marking gives back what that emptied.
     */
    private static final long PERIOD_MS = 2000;
    private static final long WORTH_BYTES = 16L << 20; // less is not worth a collection

    private static final int MIXED_COLLECTIONS = 4; // the first only prepares, two do the work, one to spare
    private static final int GARBAGE_STEP = 64 << 10; // bytes
    private static final long MOST_GARBAGE = 256L << 20; // bytes for one collection; a young generation is smaller

    private static final long MUCH_GARBAGE = 128L << 20; // bytes

    private final Budget budget;
    private volatile byte @Nullable [] garbage; // a field, or the compiler would not make any
    private long releasedBefore; // at the last collection
    private long heldBefore; // the most that was held since the last collection

    MemoryReturn(Budget budget) {
        this.budget = budget;
    }

    void start() {
        Thread thread = new Thread(this::run, "cinnabar-memory-return");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            long last = held();
            while (true) {
                Thread.sleep(PERIOD_MS);
                long now = held();
                heldBefore = Math.max(heldBefore, now);
                boolean isQuiet = now >= last - WORTH_BYTES; // it is not falling any more
                if (isQuiet && heldBefore - now > Math.max(WORTH_BYTES, heldBefore / 8)) {
                    giveBack();
                    heldBefore = now;
                    releasedBefore = budget.released();
                } else if (budget.released() - releasedBefore > Math.max(MUCH_GARBAGE, now / 2)) {
                    // large values come and go: as much is held as before, and the heap is full of dead ones
                    System.gc();
                    releasedBefore = budget.released();
                }
                last = now;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void giveBack() {
        System.gc();
        for (int i = 0; i < MIXED_COLLECTIONS; i++) causeYoungCollection();
        garbage = null;
        System.gc();
    }

    private void causeYoungCollection() {
        WeakReference<byte[]> canary = new WeakReference<>(new byte[1]);
        for (long made = 0; canary.get() != null && made < MOST_GARBAGE; made += GARBAGE_STEP) {
            garbage = new byte[GARBAGE_STEP];
        }
    }

    /// Pages, tables, and what connections have buffered. (Each is counted before it is taken, so this runs ahead of the heap.)
    private long held() {
        return budget.reserved();
    }
}
