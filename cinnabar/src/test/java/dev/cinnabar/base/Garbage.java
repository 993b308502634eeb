package dev.cinnabar.base;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/// Measures what code leaves on the heap.
public final class Garbage {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Garbage() {}

    /// The bytes of heap that a warm run of the body allocates on this thread.
    ///
    /// Runs it many times and takes the least: the JVM itself may allocate in between, the body's own garbage
    /// is in every run.
    public static long of(Runnable body) {
        for (int i = 0; i < 20; i++) body.run();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 20 && least > 0; i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            body.run();
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    /// The bytes of heap that the body allocates on this thread when it runs once, cold; for what takes long
    /// and allocates much.
    public static long ofOneRun(Runnable body) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        body.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
