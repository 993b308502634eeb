package dev.cinnabar.net;

import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/// Decides whether a loop waits a moment before it looks who is ready, so that more are ready when it looks.
///
/// Owned by the loop's thread.
final class Lingering {
    /*
     * What a turn costs, whoever is ready: three system calls, and caches that somebody else has used
     * meanwhile. Fifty clients of one program come one after the other, as quickly as that program goes
     * through our answers; if each turn serves the two or three who have come since the last, that cost is
     * paid for two or three.
     *
     *   at once      ▌serve A▐   ▌serve B C▐   ▌serve D▐   ▌serve E F▐        each turn wakes the client's program as well
     *   lingering              …            ▌serve A B C D E F▐
     *
     * Three things must hold, over the last SAMPLE reads:
     *
     *   they came quickly        more than one in 40 µs: then others come within a pause. Whoever asks now and then is answered at once
     *   of many                  at least MANY connections: a few would all be waiting for us soon
     *   who have our answers     no more than a third of them were ready in the last turn. Where most of them are ready each time, they wait
     *                            for us, and every pause is lost
     *
     * A system that lets us sleep for longer than we asked (a coarse timer, a busy core) is left alone for a
     * while.
     */

    private static final int SAMPLE = 128;
    private static final long SAMPLE_NANOS = SAMPLE * 40_000L;
    private static final int MANY = 16;
    private static final int SHARE = 3;

    /// What is asked for; Linux adds 50 µs to a sleep (prctl(2), PR_SET_TIMERSLACK), and those are what is
    /// meant.
    private static final long PAUSE_NANOS = 1_000;

    private static final long TOO_LONG_NANOS = 250_000;
    private static final long REST_NANOS = 10_000_000;

    private final LongSupplier nanos;
    private final LongConsumer pause;

    // the sample under way
    private int sample = 1;
    private int served;
    private int distinct;
    private long beganNanos;

    // the one before
    private int active; // connections; 0 when they came too slowly

    private long restsUntilNanos;

    /// @param nanos the time
    /// @param pause sleeps for so many nanoseconds
    Lingering(LongSupplier nanos, LongConsumer pause) {
        this.nanos = nanos;
        this.pause = pause;
        this.beganNanos = nanos.getAsLong();
        this.restsUntilNanos = beganNanos;
    }

    /// Something was read from a connection.
    ///
    /// @param seenIn the sample in which that happened to it before
    /// @return the sample of today
    int served(int seenIn) {
        if (served == SAMPLE) begin();
        served++;
        if (seenIn != sample) distinct++;
        return sample;
    }

    private void begin() {
        long now = nanos.getAsLong();
        active = now - beganNanos < SAMPLE_NANOS ? distinct : 0;
        beganNanos = now;
        served = 0;
        distinct = 0;
        sample++;
    }

    /// Waits if it is worth it.
    ///
    /// @param ready how many were ready in the last turn
    /// @return whether it waited
    boolean linger(int ready) {
        if (active < MANY || ready == 0 || SHARE * ready > active) return false;
        long now = nanos.getAsLong();
        if (now - beganNanos >= SAMPLE_NANOS || now - restsUntilNanos < 0) return false;
        pause.accept(PAUSE_NANOS);
        long ended = nanos.getAsLong();
        if (ended - now > TOO_LONG_NANOS) restsUntilNanos = ended + REST_NANOS;
        return true;
    }
}
