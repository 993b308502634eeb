package dev.cinnabar.persistence;

import dev.cinnabar.engine.LogStatus;

/// What is known about the rewrites of a log: whether one is under way, how the last ones went, and from
/// that, when the next is due. Written by whoever begins or ends a rewrite, one at a time; read by any
/// thread. Times are nanoseconds of one clock.
final class RewriteRecord {
    private static final long MS = 1_000_000; // in nanoseconds
    private static final int FREE_FAILURES = 3; // automatic rewrites that may fail in a row before they are put off,
    private static final long FIRST_DELAY_NS = 60_000 * MS; // by a minute, then two, four,
    private static final int MAX_DELAY_LOG = 6; // up to an hour or so
    private static final long REBUILD_AFTER_NS = 500 * MS;
    private static final int MAX_REBUILD_LOG = 7;
    private static final long MAX_PAUSE_NS = 60_000 * MS;

    private volatile long started;
    private volatile long failed; // when the last one did
    private volatile long lastSeconds = -1;
    private volatile boolean didLastSucceed = true;
    private volatile long succeeded;
    private volatile long succeededBefore; // the last CONFIG RESETSTAT, which any thread may bring
    private volatile int failuresInARow;
    private volatile long rebuildAt;
    private int rebuildFailures;

    /// @param now from when on a log that was lost may be rebuilt
    RewriteRecord(long now) {
        rebuildAt = now;
    }

    void begun(long now) {
        started = now;
    }

    /// @param isLost whether the log is (still) lost: then another attempt has to follow
    void ended(long now, boolean didSucceed, boolean isLost) {
        lastSeconds = seconds(now);
        didLastSucceed = didSucceed;
        if (didSucceed) {
            succeeded++;
            failuresInARow = 0;
        } else {
            failuresInARow++;
            failed = now;
        }
        rebuildFailures = isLost ? rebuildFailures + 1 : 0;
        // a failing disk is tried again twice a second, a long image that fails over and over less and less often
        long pause =
                lastSeconds == 0 ? REBUILD_AFTER_NS : REBUILD_AFTER_NS << Math.min(MAX_REBUILD_LOG, rebuildFailures);
        rebuildAt = now + Math.min(MAX_PAUSE_NS, pause);
    }

    /// Whether growth alone asks for a rewrite (`auto-aof-rewrite-percentage`, `auto-aof-rewrite-min-size`),
    /// and failures do not put it off.
    ///
    /// @param size bytes of all files now
    /// @param base bytes of all files after the last rewrite, or at the start
    boolean isDue(AofSettings settings, long size, long base, long now) {
        if (settings.rewritePercentage() == 0 || size <= settings.rewriteMinBytes()) return false;
        if (growthPercent(size, base) < settings.rewritePercentage()) return false;
        int failures = failuresInARow;
        long delay = FIRST_DELAY_NS << Math.min(MAX_DELAY_LOG, Math.max(0, failures - FREE_FAILURES));
        return failures < FREE_FAILURES || now - failed >= delay;
    }

    /// By how much the size is above the base, in percent, rounded down.
    static long growthPercent(long size, long base) {
        return size * 100 / Math.max(1, base) - 100;
    }

    /// Whether a log that was lost is to be rebuilt now.
    boolean isRebuildDue(long now) {
        return now - rebuildAt >= 0;
    }

    private long seconds(long now) {
        return (now - started) / (1000 * MS);
    }

    void countAnew() {
        succeededBefore = succeeded;
    }

    /// @param isUnderWay whether one has begun and not ended
    /// @param waits      whether it still waits for something else
    LogStatus.Rewrites status(boolean isUnderWay, boolean waits, long now) {
        boolean isRunning = isUnderWay && !waits;
        long before = succeededBefore; // read first, so that no count is below it
        return new LogStatus.Rewrites(
                isRunning,
                isUnderWay && waits,
                lastSeconds,
                isRunning ? seconds(now) : -1,
                didLastSucceed,
                succeeded - before,
                failuresInARow);
    }
}
