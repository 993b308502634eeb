package dev.cinnabar.memory;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Makes the array of the next page beforehand, on a thread of its own.
///
/// The system gives memory when it is touched first, and clears it; the JVM clears it once more; on a virtual
/// machine the host may have to find it, too. For 4 MiB at once that took 1 to 12 ms, in which an engine that
/// makes its own arrays answers nobody. [Pages] says when the last page is nearly used up, and finds the next
/// one ready; when it does not, it makes one itself.
///
/// An array that is ready is reserved in the budget. Thread-safe; one thread makes, one takes.
public final class PageMaker implements AutoCloseable {
    /// Less free budget is left to those who need it now.
    private static final long MARGIN = 64L << 20;

    private static final int ARRAY_BYTES = Pages.PAGE_BYTES + Pages.ARRAY_HEADER; // as they are reserved

    private final Budget budget;
    private final Thread thread;
    private volatile boolean isWanted; // written with the lock of this
    private volatile boolean isClosed;
    private byte @Nullable [] ready; // guarded by this

    /// @param name what the thread is called
    public PageMaker(Budget budget, String name) {
        this.budget = budget;
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /// Begins.
    public void start() {
        thread.start();
    }

    private void run() {
        while (!isClosed) {
            if (isWanted) make();
            else LockSupport.park(this);
        }
        forget();
    }

    /// Makes what is wanted; what the thread does.
    void make() {
        byte[] array = null;
        if (budget.limit() - budget.reserved() >= MARGIN && budget.tryReserve(ARRAY_BYTES)) {
            try {
                array = new byte[Pages.PAGE_BYTES];
            } catch (OutOfMemoryError e) { // whoever needs it now will see that himself
                budget.cancel(ARRAY_BYTES);
            }
        }
        synchronized (this) {
            boolean isStillWanted = isWanted;
            isWanted = false;
            if (isStillWanted) ready = array;
            else if (array != null) budget.release(ARRAY_BYTES);
        }
    }

    /// Soon another page will be needed.
    void want() {
        synchronized (this) {
            if (isWanted || ready != null) return;
            isWanted = true;
        }
        LockSupport.unpark(thread);
    }

    boolean isWanted() {
        return isWanted;
    }

    /// The array, which is not reserved in the budget any more; null when there is none.
    synchronized byte @Nullable [] take() {
        byte[] array = ready;
        if (array == null) return null;
        ready = null;
        budget.cancel(ARRAY_BYTES);
        return array;
    }

    /// No other page will be needed soon.
    synchronized void forget() {
        isWanted = false;
        if (ready == null) return;
        ready = null;
        budget.release(ARRAY_BYTES);
    }

    /// Ends the thread and waits for that.
    @Override
    public void close() {
        isClosed = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
