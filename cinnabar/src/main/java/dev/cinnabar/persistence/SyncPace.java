package dev.cinnabar.persistence;

/// Whether the disk syncs sooner than another thread would be at it and back, under `appendfsync always`.
///
/// Where an fsync takes a fraction of a millisecond, to hand a group to the log's thread and to be woken by
/// it costs as much as the fsync; then the event loop syncs by itself. What counts is a moving average: an
/// fsync that takes a few times as long now and then, as with every disk, changes nothing, one that takes
/// tens of milliseconds makes the next ones the log's thread's, beside which reads are served. Written under
/// the log's `syncing`, read by anybody.
///
/// `docs/decisions/0022-who-writes-and-who-syncs.md`
final class SyncPace {
    private static final long QUICK_NS = 1_000_000;
    private static final int WEIGHT_LOG = 4; // the newest counts a sixteenth
    private static final int LEAST = 64; // fsyncs, before anything is believed

    private long averageNs;
    private int known;
    private volatile boolean isQuick;

    /// An fsync is over.
    ///
    /// @param ns how long it took; 0 where the clock stands still, which says nothing
    void took(long ns) {
        if (ns <= 0) return;
        averageNs += known == 0 ? ns : (ns - averageNs) >> WEIGHT_LOG;
        known = Math.min(LEAST, known + 1);
        isQuick = known == LEAST && averageNs < QUICK_NS;
    }

    boolean isQuick() {
        return isQuick;
    }
}
