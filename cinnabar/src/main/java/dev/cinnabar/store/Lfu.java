package dev.cinnabar.store;

import dev.cinnabar.base.Randomness;

/// How often a key is used, in 24 bits: Morris's probabilistic counter (1978) with decay, the scheme of Redis
/// 4.0.
///
/// ```
///    | minute of the last decay, 16 bits | count, 8 bits, logarithmic |
/// ```
final class Lfu {
    /// The count of a new key, so that it is not evicted before it had a chance.
    static final int INITIAL = 5;

    private static final int MAX = 255;

    private Lfu() {}

    /// The count now, decay since the last use taken off.
    static int count(int access, Moment moment) {
        int count = access & 0xff;
        if (moment.lfuDecayMinutes == 0) return count;
        int idle = moment.minutes() - (access >>> 8) & 0xffff;
        return Math.max(0, count - idle / moment.lfuDecayMinutes);
    }

    /// The access information after one more use: the higher the count, the less likely it rises.
    static int used(int access, Moment moment, Randomness randomness) {
        int count = count(access, moment);
        if (count < MAX) {
            double above = Math.max(0, count - INITIAL);
            if (randomness.nextDouble() < 1.0 / (above * moment.lfuLogFactor + 1)) count++;
        }
        return moment.minutes() << 8 | count;
    }
}
