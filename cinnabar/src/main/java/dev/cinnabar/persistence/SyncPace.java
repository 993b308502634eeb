package dev.cinnabar.persistence;

/// Whether the disk syncs sooner than another thread would be at it and back, under `appendfsync always`.
///
/// Where an fsync takes a fraction of a millisecond, to hand a group to the log's thread and to be woken by it costs as much as the fsync; then the
/// event loop syncs by itself. One slow fsync, and the next ones are the log's thread's again, beside which reads are served. Written under
/// the log's `syncing`, read by anybody.
///
/// `docs/decisions/0022-who-writes-and-who-syncs.md`
final class SyncPace {
    private static final long QUICK_NS = 500_000;
    private static final int IN_A_ROW = 64;

    private volatile int quick; // so many of the last ones, one after the other

    /// An fsync is over.
    ///
    /// @param ns how long it took; 0 where the clock stands still, which says nothing
    void took(long ns) {
        quick = ns <= 0 || ns >= QUICK_NS ? 0 : Math.min(IN_A_ROW, quick + 1);
    }

    boolean isQuick() {
        return quick == IN_A_ROW;
    }
}
