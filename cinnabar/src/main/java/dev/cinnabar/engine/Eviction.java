package dev.cinnabar.engine;

import dev.cinnabar.base.Randomness;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Store;

/// Gives keys up when the data takes more than `maxmemory`: of a few drawn by chance the one that is missed
/// least, again and again.
///
/// Touched only under the engine's lock.
final class Eviction {
    /*
     * Redis keeps a pool of the best candidates seen so far, because drawing is slow there and five draws are
     * few. Here drawing costs two cache misses; the samples are simply compared, and `maxmemory-samples` says
     * how many.
     *
     * A large value that was given up, here or by a command, is freed in steps, so memory does not get less
     * at once. What is on its way out is therefore taken off what is in use; else all other keys would be
     * given up meanwhile. To make it come, each write frees a little of it as long as more is in use than
     * there should be: more than a write usually takes.
     */
    private static final int MAX_DRAWS = 64; // when looking for keys with an expiry time among many without

    private static final int STEP = 16; // keys; some 50 µs
    private static final int MOST_AT_ONCE = 512; // keys, before a command

    private final Engine engine;
    private final Store store;
    private final Settings settings;
    private final Randomness randomness;

    Eviction(Engine engine, Randomness randomness) {
        this.engine = engine;
        this.store = engine.store();
        this.settings = engine.settings();
        this.randomness = randomness;
    }

    /// Gives keys up until the data fits, or so many that it takes a good part of a millisecond; [#step] and
    /// the next command go on.
    ///
    /// @return whether it fits, or is going to
    boolean makeRoom() {
        if (store.pages().used() <= settings.maxMemory) return true;
        long began = engine.clock().nanos();
        store.stepGarbage();
        boolean fits = giveUp();
        engine.noteLatency("eviction-cycle", engine.clock().nanos() - began);
        return fits;
    }

    private boolean giveUp() {
        for (int i = 0; i < MOST_AT_ONCE && isTooMuch(); i++) {
            if (settings.evictionPolicy == EvictionPolicy.NOEVICTION || !evictOne()) return false;
        }
        return true;
    }

    /// Whether the data does not fit, what is on its way out not counted.
    private boolean isTooMuch() {
        return store.pages().used() - store.garbageBytes() > settings.maxMemory;
    }

    /// Gives a few keys up if the data does not fit, which without a command that asks only happens after
    /// `maxmemory` was lowered.
    ///
    /// @return whether there may be more to give up
    boolean step() {
        if (settings.maxMemory == 0 || settings.evictionPolicy == EvictionPolicy.NOEVICTION) return false;
        for (int i = 0; i < STEP; i++) {
            if (!isTooMuch() || !evictOne()) return false;
        }
        return true;
    }

    private boolean evictOne() {
        Database bestDb = null;
        long best = 0;
        long bestScore = Long.MIN_VALUE;
        int start = randomness.below(store.count());
        for (int d = 0; d < store.count(); d++) {
            Database db = store.database((start + d) % store.count());
            boolean isEmpty = settings.evictionPolicy.isVolatileOnly() ? db.volatileSize() == 0 : db.size() == 0;
            if (isEmpty) continue;
            int found = 0;
            for (int draw = 0; draw < MAX_DRAWS && found < settings.evictionSamples; draw++) {
                long address = db.random();
                boolean counts =
                        !settings.evictionPolicy.isVolatileOnly() || db.expiryMs(address) != Database.NO_EXPIRY;
                if (!counts) continue;
                found++;
                long score = score(db, address);
                if (score > bestScore) {
                    bestScore = score;
                    best = address;
                    bestDb = db;
                }
            }
            // few of many keys may be volatile, and then chance does not meet them
            long soonest = settings.evictionPolicy.isVolatileOnly() && found == 0 ? db.soonestToExpire() : 0;
            if (soonest != 0 && bestDb == null) {
                best = soonest;
                bestDb = db;
            }
        }
        if (bestDb == null) return false;
        bestDb.evict(best);
        return true;
    }

    /// How little a key is missed: the higher, the sooner it goes.
    private long score(Database db, long address) {
        return switch (settings.evictionPolicy) {
            case VOLATILE_TTL -> -db.expiryMs(address);
            case VOLATILE_LFU, ALLKEYS_LFU -> -db.frequency(address);
            case VOLATILE_LRU, ALLKEYS_LRU -> db.idleMs(address);
            default -> 0;
        };
    }
}
