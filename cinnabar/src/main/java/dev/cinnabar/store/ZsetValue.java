package dev.cinnabar.store;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.struct.Listpack;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A sorted set under a key, small or large, seen as one thing: members in the order of their scores, those
/// of one score in the order of their bytes.
///
/// A look that is borrowed from its database: [Database#zset] points it at a key, and the next such call
/// points it elsewhere. What it lends (entries) is good until the next change. Refusals leave the set as it
/// was. Ranks count from 0, the lowest score.
///
/// Every range, by score or by member, comes down to two ranks: how many elements lie below its ends.
public final class ZsetValue extends CollectionValue {
    /*
     * Small: a listpack of member, score, member, score … in order, in the record; scores that are whole
     * numbers (up to MOST_AS_NUMBER) as numbers, the others as their shortest decimal text, which reads back
     * as the same double.
     * Beyond `zset-max-listpack-entries` or with a member longer than `zset-max-listpack-value` it becomes a
     * BigZset, for good.
     */

    /// What [#score] answers for a member that is not there; no member has it.
    public static final double NONE = Double.NaN;

    private static final double MOST_AS_NUMBER = 0x1p62; // Redis's limit, well within a long

    /// Is shown members and scores.
    public interface Visitor {
        void element(Listpack.Entry member, double score);
    }

    private final Thresholds thresholds;
    private final Randomness randomness;
    private final Listpack.Entry entry = new Listpack.Entry();

    private double scoreRead;
    private double[] remembered = new double[16];

    ZsetValue(Database db, Thresholds thresholds, Randomness randomness) {
        super(db, "zset");
        this.thresholds = thresholds;
        this.randomness = randomness;
    }

    @Override
    void letGo() {
        super.letGo();
        entry.letGo();
    }

    /// @param address of the key's record, or 0 for a set that is still to be made
    ZsetValue at(Bytes key, long address) {
        point(key, address);
        return this;
    }

    private boolean isBig() {
        return db.kind(address) == Kind.ZSET_SKIPLIST;
    }

    private BigZset big() {
        return (BigZset) db.big(address);
    }

    // ---- asking ----

    public long size() {
        if (address == 0) return 0;
        if (isBig()) return db.big(address).size();
        Bytes pack = pack();
        return Listpack.count(pack.array(), pack.offset()) / 2;
    }

    /// The score of a member, or [#NONE]. O(1) in a large set, O(n) in a small one.
    public double score(Bytes member) {
        if (address == 0) return NONE;
        if (isBig()) {
            BigZset big = big();
            long found = big.members().find(member);
            return found == 0 ? NONE : big.score(found);
        }
        Bytes pack = pack();
        int at = find(pack, member);
        return at < 0 ? NONE : scoreAt(pack.array(), Listpack.next(pack.array(), at));
    }

    private static int find(Bytes pack, Bytes member) {
        return Listpack.find(pack.array(), Listpack.first(pack.offset()), member, 1);
    }

    private double scoreAt(byte[] array, int at) {
        Listpack.read(array, at, entry);
        return entry.isNumber() ? entry.number() : Doubles.parse(entry.bytes());
    }

    /// How many members come before this one, or -1 when it is not there. O(log n) in a large set.
    /// [#scoreRead] is its score then.
    public long rank(Bytes member) {
        if (address == 0) return -1;
        if (isBig()) {
            BigZset big = big();
            long found = big.members().find(member);
            if (found == 0) return -1;
            scoreRead = big.score(found);
            return big.index().rank(scoreRead, member);
        }
        Bytes pack = pack();
        byte[] array = pack.array();
        int found = find(pack, member);
        if (found < 0) return -1;
        long rank = 0;
        for (int at = Listpack.first(pack.offset()); at != found; at = Listpack.next(array, Listpack.next(array, at)))
            rank++;
        scoreRead = scoreAt(array, Listpack.next(array, found));
        return rank;
    }

    /// The score of the member whose rank was asked for last.
    public double scoreRead() {
        return scoreRead;
    }

    /// How many members have a smaller score, or the same one where that counts too. O(log n) in a large set.
    public long countBelow(double score, boolean isInclusive) {
        if (address == 0) return 0;
        if (isBig()) return big().index().countBelow(score, isInclusive);
        Bytes pack = pack();
        byte[] array = pack.array();
        long count = 0;
        for (int at = Listpack.first(pack.offset()); !Listpack.isEnd(array, at); count++) {
            int scoreAt = Listpack.next(array, at);
            double s = scoreAt(array, scoreAt);
            if (isInclusive ? s > score : s >= score) break;
            at = Listpack.next(array, scoreAt);
        }
        return count;
    }

    /// How many members are smaller in the order of bytes, or equal where that counts too. Means something
    /// only where all scores are the same. O(log n) in a large set.
    public long countBelow(Bytes member, boolean isInclusive) {
        if (address == 0) return 0;
        if (isBig()) return big().index().countBelow(member, isInclusive);
        Bytes pack = pack();
        byte[] array = pack.array();
        long count = 0;
        for (int at = Listpack.first(pack.offset()); !Listpack.isEnd(array, at); count++) {
            int order = Listpack.read(array, at, entry).bytes().compareTo(member);
            if (isInclusive ? order > 0 : order >= 0) break;
            at = Listpack.next(array, Listpack.next(array, at));
        }
        return count;
    }

    /// Shows all members in order. The visitor must not change the set. O(n).
    public void forEach(Visitor visitor) {
        forEach(0, size(), false, visitor);
    }

    /// Shows some members from a rank on, upwards or downwards. All of them must be there. O(log n + count)
    /// in a large set.
    public void forEach(long rank, long count, boolean isReverse, Visitor visitor) {
        if (count <= 0) return;
        if (isBig()) {
            BigZset big = big();
            big.index().forEach(rank, count, isReverse, found -> show(big, found, visitor));
            return;
        }
        Bytes pack = pack();
        byte[] array = pack.array();
        int at = Listpack.seek(array, pack.offset(), 2 * rank);
        while (true) {
            showAt(array, at, visitor);
            if (--count == 0) return;
            at = isReverse
                    ? Listpack.previous(array, Listpack.previous(array, at))
                    : Listpack.next(array, Listpack.next(array, at));
        }
    }

    private void showAt(byte[] array, int at, Visitor visitor) {
        double score = scoreAt(array, Listpack.next(array, at));
        visitor.element(Listpack.read(array, at, entry), score);
    }

    private void show(BigZset big, long found, Visitor visitor) {
        visitor.element(entry.set(big.members().member(found, window)), big.score(found));
    }

    /// Shows some members in no order: all of a small set, of a large one so many of one bucket; see
    /// [dev.cinnabar.struct.Dict#scan].
    ///
    /// @return where to go on, 0 at the end
    public long scan(long position, long most, Visitor visitor) {
        if (address == 0) return 0;
        if (!isBig()) {
            forEach(visitor);
            return 0;
        }
        BigZset big = big();
        return big.members().scan(position, most, found -> show(big, found, visitor));
    }

    /// Whether the set keeps such a score as a whole number, which ZSCAN shows without an exponent, however
    /// large it is: a small set does.
    public boolean keepsAsNumber(double score) {
        return !isBig() && isNumber(score);
    }

    /// Shows a member picked by chance. The set must not be empty.
    public void random(Visitor visitor) {
        if (isBig()) {
            BigZset big = big();
            show(big, big.members().random(), visitor);
            return;
        }
        Bytes pack = pack();
        showAt(pack.array(), Listpack.seek(pack.array(), pack.offset(), 2L * randomness.below((int) size())), visitor);
    }

    // ---- changing ----

    /// Keeps a number for whoever changes several scores and may have to change them back. Speed only: an
    /// array of their own would be garbage.
    public void remember(int index, double score) {
        if (index >= remembered.length) remembered = Arrays.copyOf(remembered, 2 * index);
        remembered[index] = score;
    }

    /// What was kept under this index.
    public double remembered(int index) {
        return remembered[index];
    }

    /// Gives a member a score; makes the set if there is none.
    ///
    /// @param score not NaN
    /// @return whether the member is new
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    public boolean put(Bytes member, double score) {
        if (address != 0 && isBig()) return putBig(member, score);
        boolean isTooLong = member.length() > thresholds.zsetMaxListpackValue;
        if (isTooLong || address == 0 && thresholds.zsetMaxListpackEntries <= 0) return becomeBigWith(member, score);
        if (address == 0) return create(member, score);
        return putSmall(member, score);
    }

    private boolean create(Bytes member, double score) {
        beginPack(scratch);
        encode(member, score, scratch);
        endPack(scratch, 2);
        create(Kind.ZSET_LISTPACK);
        return true;
    }

    /// Stores a small result under a key, whatever that held before.
    static void storeSmall(ZsetResult result, Database db, Bytes key) {
        ByteBuilder out = new ByteBuilder();
        beginPack(out);
        result.forEach((member, score) -> encode(member.bytes(), score, out));
        endPack(out, (int) (2 * result.size()));
        db.putBytes(key, Kind.ZSET_LISTPACK, out.array(), 0, out.length(), Database.NO_EXPIRY);
    }

    private static void encode(Bytes member, double score, ByteBuilder out) {
        Listpack.encode(member, out);
        if (isNumber(score)) Listpack.encode((long) score, out);
        else Listpack.encode(Bytes.of(text(score).getBytes(StandardCharsets.US_ASCII)), out);
    }

    /// -0 is one, too, and becomes 0, as in Redis.
    private static boolean isNumber(double score) {
        return score == (long) score && Math.abs(score) <= MOST_AS_NUMBER;
    }

    private static String text(double score) {
        boolean isShort = !Double.isInfinite(score);
        return isShort ? Double.toString(score) : Doubles.print(score);
    }

    private boolean putSmall(Bytes member, double score) {
        Bytes pack = pack();
        byte[] array = pack.array();
        int start = pack.offset();
        int old = find(pack, member);
        if (old < 0 && Listpack.count(array, start) / 2 >= thresholds.zsetMaxListpackEntries)
            return becomeBigWith(member, score);
        int place = place(array, start, old, member, score);
        scratch.clear();
        if (old < 0) {
            encode(member, score, scratch);
            splice(place - start, 0, 2);
            return true;
        }
        // one splice over all between the old place and the new, so that there is nothing to undo when memory is short
        int behindOld = Listpack.next(array, Listpack.next(array, old));
        if (place > old) {
            scratch.append(array, behindOld, Math.max(0, place - behindOld));
            encode(member, score, scratch);
            splice(old - start, Math.max(place, behindOld) - old, 0);
        } else {
            encode(member, score, scratch);
            scratch.append(array, place, old - place);
            splice(place - start, behindOld - place, 0);
        }
        return false;
    }

    /// Where the element belongs: in front of which other one, itself (at `old`) left out.
    private int place(byte[] array, int start, int old, Bytes member, double score) {
        int at = Listpack.first(start);
        while (!Listpack.isEnd(array, at)) {
            int scoreAt = Listpack.next(array, at);
            if (at != old) {
                double s = scoreAt(array, scoreAt);
                if (s > score
                        || s == score && Listpack.read(array, at, entry).bytes().compareTo(member) > 0) return at;
            }
            at = Listpack.next(array, scoreAt);
        }
        return at;
    }

    private void splice(int at, int removed, int moreEntries) {
        splice(Kind.ZSET_LISTPACK, at, removed, moreEntries);
    }

    private boolean putBig(Bytes member, double score) {
        return ((BigZset) db.bigForChange(address)).put(member, score);
    }

    /// Becomes a large set in which a member has this score.
    ///
    /// @return whether the member is new
    private boolean becomeBigWith(Bytes member, double score) {
        boolean isNew = !exists() || find(pack(), member) < 0;
        BigZset big = new BigZset(db.pages(), randomness);
        becomeBig(Kind.ZSET_SKIPLIST, big, () -> {
            if (exists()) forEach((other, itsScore) -> big.put(other.bytes(), itsScore));
            big.put(member, score);
        });
        return isNew;
    }

    /// Takes a member out; the last one takes the key with it.
    ///
    /// @return whether it was there
    public boolean remove(Bytes member) {
        long rank = rank(member);
        if (rank < 0) return false;
        removeRange(rank, 1);
        return true;
    }

    /// Takes out some members from a rank on; all of them must be there. The last ones take the key with
    /// them. O(count · log n) in a large set.
    public void removeRange(long rank, long count) {
        if (count <= 0) return;
        if (count == size()) {
            removeKey();
            return;
        }
        if (isBig()) {
            ((BigZset) db.bigForChange(address)).removeRange(rank, count);
            return;
        }
        Bytes pack = pack();
        byte[] array = pack.array();
        int from = Listpack.seek(array, pack.offset(), 2 * rank);
        int end = from;
        for (long i = 0; i < 2 * count; i++) end = Listpack.next(array, end);
        scratch.clear();
        splice(from - pack.offset(), end - from, (int) (-2 * count));
    }
}
