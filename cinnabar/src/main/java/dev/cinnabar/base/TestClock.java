package dev.cinnabar.base;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A clock that stands still until somebody moves it. Hand it to a server, and an hour passes when the test
/// says so.
///
/// Thread-safe.
public final class TestClock implements Clock {
    private static final long MOST_DAYS = 36_525;

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile long wallMicros;
    private volatile long nanos;

    /// A clock that shows this moment.
    public TestClock(Instant start) {
        wallMicros = Math.addExact(Math.multiplyExact(start.getEpochSecond(), 1_000_000L), start.getNano() / 1000);
    }

    /// A clock that shows the first of January 2026, noon UTC.
    public TestClock() {
        this(Instant.parse("2026-01-01T12:00:00Z"));
    }

    @Override
    public long wallMs() {
        return Math.floorDiv(wallMicros, 1000L);
    }

    @Override
    public long wallMicros() {
        return wallMicros;
    }

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public boolean isMovedByHand() {
        return true;
    }

    /// Moves the clock and lets everything happen that is due by then: when this returns, the servers that
    /// live by this clock have let go the keys whose time is over and answered the calls that timed out. As
    /// in Redis, a key is still there in the very millisecond in which it expires: `SET k v EX 10` needs
    /// `advance(ofMillis(10_001))`. So it is with the fields of hashes. Where a command of the application's
    /// own advances it, its server does all that a moment after the command.
    ///
    /// @param time not negative, and at most 100 years
    public void advance(Duration time) {
        if (time.isNegative()) throw new IllegalArgumentException("time goes forward only: " + time);
        if (time.toDays() > MOST_DAYS) throw new IllegalArgumentException("more than 100 years at once: " + time);
        synchronized (this) {
            wallMicros += time.toNanos() / 1000;
            nanos += time.toNanos();
        }
        for (Runnable listener : listeners) listener.run();
    }

    /// Asks to be called, on the advancing thread, after each move.
    ///
    /// @return undoes this
    public Runnable onAdvance(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }
}
