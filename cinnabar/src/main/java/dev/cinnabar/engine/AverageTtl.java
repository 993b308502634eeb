package dev.cinnabar.engine;

import dev.cinnabar.base.Randomness;
import dev.cinnabar.store.Database;

/// Estimates how long the volatile keys of a database have to live: the mean of some that lie together in the
/// table, which, as keys lie in the order of their hashes, are as good as drawn by chance.
final class AverageTtl {
    private static final int ENOUGH = 64; // volatile keys; the mean of so many is right to an eighth of their spread
    private static final int MOST = 4096; // keys looked at: some 100 µs

    private final Database db;
    private final long nowMs;
    private long seen;
    private long counted;
    private double sumMs;

    private AverageTtl(Database db, long nowMs) {
        this.db = db;
        this.nowMs = nowMs;
    }

    /// @return the estimate in milliseconds; 0 when there are no volatile keys, or none was met
    static long sample(Database db, long nowMs, Randomness randomness) {
        if (db.volatileSize() == 0) return 0;
        AverageTtl average = new AverageTtl(db, nowMs);
        long from = randomness.nextLong();
        boolean hasWrapped = false;
        long position = from;
        while (average.counted < ENOUGH && average.seen < MOST) {
            average.seen++; // an empty bucket is work, too
            position = db.scan(position, average::look);
            if (position == 0) {
                if (hasWrapped) break;
                hasWrapped = true;
            }
            if (hasWrapped && Long.compareUnsigned(position, from) >= 0) break;
        }
        return average.counted == 0 ? 0 : (long) (average.sumMs / average.counted);
    }

    private void look(long address) {
        seen++;
        long expiryMs = db.expiryMs(address);
        if (expiryMs == Database.NO_EXPIRY) return;
        counted++;
        sumMs += Math.max(0, expiryMs - nowMs);
    }
}
