package dev.cinnabar.server;

import dev.cinnabar.engine.Engine;

/// Gives memory back to the operating system after pages were dropped, by asking the collector to run: the heap of a server makes so little
/// garbage that it would not run for hours of its own accord. Only for a process of our own; an embedded server leaves that to its host.
final class MemoryReturn {
    private static final long PERIOD_MS = 2000;
    private static final long WORTH_BYTES = 32L << 20; // less is not worth a collection

    private final Engine engine;
    private long heldBefore; // the most that was held since the last collection

    MemoryReturn(Engine engine) {
        this.engine = engine;
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
                    System.gc();
                    heldBefore = now;
                }
                last = now;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long held() {
        engine.lock();
        try {
            return engine.store().pages().held();
        } finally {
            engine.unlock();
        }
    }
}
