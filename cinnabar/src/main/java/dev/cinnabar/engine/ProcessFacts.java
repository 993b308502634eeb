package dev.cinnabar.engine;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the operating system and the JVM know of this process. Asked by INFO and MEMORY only, through
/// [Info#processFacts], for it takes some 100 µs: `/proc` is read.
///
/// Where there is no `/proc` (macOS, Windows), the JVM's own figures stand in, and processor time cannot be
/// told apart into user and system.
///
/// @param residentBytes     what the process takes of the machine's memory
/// @param userSeconds       processor time in the program
/// @param systemSeconds     processor time in the kernel
/// @param machineBytes      memory of the machine, or of the container
/// @param heapUsedBytes     objects on the heap, garbage included
/// @param heapHeldBytes     what the heap has taken from the operating system
/// @param heapMaxBytes      what it may take at the most
/// @param collections       garbage collections so far
/// @param collectionMs      how long they took
/// @param threads           threads that live
/// @param serving           processor time of the threads that run commands
record ProcessFacts(
        long residentBytes,
        double userSeconds,
        double systemSeconds,
        long machineBytes,
        long heapUsedBytes,
        long heapHeldBytes,
        long heapMaxBytes,
        long collections,
        long collectionMs,
        int threads,
        ThreadTimes serving) {
    private static final double TICKS_PER_SECOND =
            100; // USER_HZ, part of Linux's interface on every architecture Java runs on
    private static final int USER_TICKS = 11; // fields of /proc/self/stat, counted from the one behind the name
    private static final int SYSTEM_TICKS = 12;

    /// As things are now.
    ///
    /// @param servingThreads ids of the threads that run commands
    static ProcessFacts now(long... servingThreads) {
        var memory = ManagementFactory.getMemoryMXBean();
        MemoryUsage heap = memory.getHeapMemoryUsage();
        var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long collections = 0;
        long collectionMs = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            collections += Math.max(0, collector.getCollectionCount());
            collectionMs += Math.max(0, collector.getCollectionTime());
        }
        String stat = read("/proc/self/stat");
        boolean isKnown = !stat.isEmpty();
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
        double user =
                isKnown ? Long.parseLong(fields[USER_TICKS]) / TICKS_PER_SECOND : system.getProcessCpuTime() / 1e9;
        double kernel = isKnown ? Long.parseLong(fields[SYSTEM_TICKS]) / TICKS_PER_SECOND : 0;
        long fallback = heap.getCommitted() + memory.getNonHeapMemoryUsage().getCommitted();
        return new ProcessFacts(
                residentBytes(fallback),
                user,
                kernel,
                system.getTotalMemorySize(),
                heap.getUsed(),
                heap.getCommitted(),
                heap.getMax(),
                collections,
                collectionMs,
                ManagementFactory.getThreadMXBean().getThreadCount(),
                ThreadTimes.of(servingThreads));
    }

    /// `VmRSS: 123456 kB` of `/proc/self/status`, which, unlike `statm`, does not count in pages of unknown
    /// size.
    private static long residentBytes(long fallback) {
        for (String line : read("/proc/self/status").split("\n")) {
            if (line.startsWith("VmRSS:")) {
                String kilobytes =
                        line.substring("VmRSS:".length()).replace("kB", "").strip();
                return Long.parseLong(kilobytes) << 10;
            }
        }
        return fallback;
    }

    private static String read(String file) {
        try {
            return new String(Files.readAllBytes(Path.of(file)), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // not Linux
        }
    }
}
