package dev.cinnabar.engine;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/// Lets those who want a lock have it, before one who works in slices takes it again.
///
/// A lock goes to whoever asks first. Who is woken because it is free needs some 50 µs to be there, and by
/// then the one who has just given it back has long taken it again: for many slices, one after the other.
final class OthersFirst {
    private static final long PAUSE_NANOS =
            10_000; // 70 µs with what the system adds: a waiter is awake after one or two
    private static final int MOST_PAUSES = 8; // half a millisecond: then one has waited long enough oneself

    private final ReentrantLock lock;
    private final LongConsumer pause;

    /// @param pause sleeps for so many nanoseconds
    OthersFirst(ReentrantLock lock, LongConsumer pause) {
        this.lock = lock;
        this.pause = pause;
    }

    /// Waits until nobody waits for the lock, but not for long. The caller does not hold it.
    void letIn() {
        for (int i = 0; i < MOST_PAUSES && lock.hasQueuedThreads(); i++) pause.accept(PAUSE_NANOS);
    }
}
