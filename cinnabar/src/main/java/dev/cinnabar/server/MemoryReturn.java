package dev.cinnabar.server;

import dev.cinnabar.memory.Budget;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/// Gives memory back to the operating system after pages and buffers were dropped, by asking the collector to
/// run: a server makes so little garbage that it would not run for hours of its own accord. Only for a
/// process of our own; an embedded server leaves that to its host.
final class MemoryReturn {
    /*
     * Three steps, for G1. A page is a region of its own, and a dead one is given back by the first
     * collection. The tables' segments are smaller and lie several in one region: after a table has shrunk a
     * region holds a few of them, and collections that only mark leave it alone. It is emptied by the young
     * collections that follow a marking ("mixed" ones). Nothing here makes garbage, so none would come: some
     * is made. Then a second marking gives back what that emptied.
     */
    private static final long PERIOD_MS = 2000;
    private static final long WORTH_BYTES = 16L << 20; // less is not worth a collection

    /// So many looks in a row must find that something can be given back. A large value that is deleted is
    /// often made again at once, and eight pauses of a millisecond or two for memory that is wanted back are
    /// a bad bargain.
    private static final int PATIENCE = 3;

    private static final int MIXED_COLLECTIONS = 4; // the first only prepares, two do the work, one to spare
    private static final int GARBAGE_STEP = 64 << 10; // bytes
    private static final long MOST_GARBAGE = 256L << 20; // bytes for one collection; a young generation is smaller

    private static final long MUCH_GARBAGE = 128L << 20; // bytes

    private final Budget budget;
    private volatile byte @Nullable [] garbage; // a field, or the compiler would not make any
    private long heldLast; // at the last look
    private long releasedLast;
    private long mostHeld; // since the last collection
    private long releasedBefore; // at the last collection
    private int looks; // in a row that found something to give back

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
            while (true) {
                Thread.sleep(PERIOD_MS);
                switch (look(budget.reserved(), budget.released())) {
                    case WAIT -> {}
                    case COLLECT -> System.gc();
                    case GIVE_BACK -> giveBack();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// What is to be done for the heap.
    enum Step {
        WAIT,
        /// Free the dead, so that the heap need not grow.
        COLLECT,
        /// Free the dead, and let the system have their place.
        GIVE_BACK
    }

    /// Looks at the books once a period.
    ///
    /// @param held     bytes of pages, tables, and what connections have buffered; each is counted before it
    ///                 is taken, so this runs ahead of the heap
    /// @param released bytes that were given up so far, all together. What came and went between two looks
    ///                 shows here only
    Step look(long held, long released) {
        boolean isFalling = held < heldLast - WORTH_BYTES;
        boolean isIdle = released == releasedLast;
        heldLast = held;
        releasedLast = released;
        mostHeld = Math.max(mostHeld, held);
        long garbage = released - releasedBefore;
        boolean shrank = !isFalling && mostHeld - held > Math.max(WORTH_BYTES, mostHeld / 8);
        looks = shrank || isIdle && garbage > WORTH_BYTES ? looks + 1 : 0;
        if (looks == PATIENCE) {
            looks = 0;
            mostHeld = held;
            releasedBefore = released;
            return Step.GIVE_BACK;
        }
        if (garbage > Math.max(MUCH_GARBAGE, held / 2)) { // large values come and go: as much is held as before
            releasedBefore = released;
            return Step.COLLECT;
        }
        return Step.WAIT;
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
}
