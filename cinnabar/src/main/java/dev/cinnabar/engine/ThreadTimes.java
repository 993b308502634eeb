package dev.cinnabar.engine;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/// Processor time that some threads have taken so far, all together. Some microseconds a thread.
///
/// @param userSeconds   in the program; Linux counts it in steps of 10 ms
/// @param systemSeconds in the kernel
record ThreadTimes(double userSeconds, double systemSeconds) {
    /// As things are now; nothing for threads that have ended, and where the JVM cannot tell.
    static ThreadTimes of(long... ids) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        if (!threads.isThreadCpuTimeSupported()) return new ThreadTimes(0, 0);
        long user = 0;
        long all = 0;
        for (long id : ids) {
            long userNanos = Math.max(0, threads.getThreadUserTime(id));
            user += userNanos;
            all += Math.max(userNanos, threads.getThreadCpuTime(id));
        }
        return new ThreadTimes(user / 1e9, (all - user) / 1e9);
    }
}
