package dev.cinnabar.base;

/// Where time comes from. Every read of the time in this code base goes through a clock that was handed in,
/// so that tests and users can hold it, and move it, themselves.
public interface Clock {
    /// Wall time, milliseconds since 1970-01-01 UTC; may step when the machine's clock is set.
    long wallMs();

    /// Monotonic time in nanoseconds from an arbitrary origin; for measuring how long something takes.
    long nanos();

    /// Wall time in microseconds, as `TIME` tells it.
    default long wallMicros() {
        return wallMs() * 1000;
    }

    /// Whether it stands still until somebody moves it, who wants to see what is due by then, and nothing of
    /// the grain of timers.
    default boolean isMovedByHand() {
        return false;
    }

    /// The machine's own clock.
    static Clock system() {
        return SystemClock.INSTANCE;
    }
}
