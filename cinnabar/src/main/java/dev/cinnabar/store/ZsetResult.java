package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.struct.Listpack;

/// A sorted set in the making, under no key yet: what ZUNION, ZINTER, ZDIFF and ZRANGESTORE gather.
///
/// Its memory is counted like any other; whoever makes one closes it. Touched only under the engine's lock.
public final class ZsetResult implements AutoCloseable {
    private final Database db;
    private final Thresholds thresholds;
    private final BigZset set;
    private final Listpack.Entry entry = new Listpack.Entry();
    private final Bytes window = new Bytes();
    private boolean isHandedOver;

    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short
    ZsetResult(Database db, Thresholds thresholds, Randomness randomness) {
        this.db = db;
        this.thresholds = thresholds;
        this.set = new BigZset(db.pages(), randomness);
    }

    public long size() {
        return set.size();
    }

    /// The score of a member, or [ZsetValue#NONE].
    public double score(Bytes member) {
        long found = set.members().find(member);
        return found == 0 ? ZsetValue.NONE : set.score(found);
    }

    /// Gives a member a score. O(log n).
    ///
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short
    public void put(Bytes member, double score) {
        set.put(member, score);
    }

    /// @return whether it was there
    public boolean remove(Bytes member) {
        return set.remove(member);
    }

    /// Shows all members in order.
    public void forEach(ZsetValue.Visitor visitor) {
        set.index()
                .forEach(
                        0,
                        size(),
                        false,
                        found -> visitor.element(entry.set(set.members().member(found, window)), set.score(found)));
    }

    /// Puts the set under a key, whatever that held before; an empty one removes the key. The result is of no
    /// use then but to be closed.
    ///
    /// @return whether there is a key or was one
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    public boolean storeAt(Database db, Bytes key) {
        if (size() == 0) return db.remove(key);
        if (isSmall()) {
            ZsetValue.storeSmall(this, db, key);
        } else {
            db.putBig(key, Kind.ZSET_SKIPLIST, set, Database.NO_EXPIRY);
            isHandedOver = true;
        }
        return true;
    }

    private boolean isSmall() {
        if (size() > thresholds.zsetMaxListpackEntries) return false;
        long[] longest = {0};
        forEach((member, score) -> longest[0] = Math.max(longest[0], member.length()));
        return longest[0] <= thresholds.zsetMaxListpackValue;
    }

    @Override
    public void close() {
        if (!isHandedOver) db.drop(set);
    }
}
