package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.HashValue;
import dev.cinnabar.store.ListValue;
import dev.cinnabar.store.SetValue;
import dev.cinnabar.store.ZsetResult;
import dev.cinnabar.store.ZsetValue;
import dev.cinnabar.struct.Intset;
import dev.cinnabar.struct.Listpack;
import java.io.IOException;

/// Makes values of what stands in RDB encoding, of any version.
///
/// Used again from value to value. Not thread-safe; runs under the engine's lock.
final class ValueReader {
    /*
     * Nothing is taken over as it lies there, not even a listpack, which is ours byte for byte: every element
     * goes through the same `add`, `put` and `push` that commands use. So whatever the bytes are, the value
     * is one that commands could have made, in the form that fits our thresholds, numbers as numbers, in
     * order, counted to the byte; and what those calls cannot refuse (an element twice, a score that is no
     * number, half a pair) is refused here. It costs the copying of small listpacks.
     */

    private static final int TEXT_NAN = 253;
    private static final int TEXT_INFINITY = 254;
    private static final int TEXT_MINUS_INFINITY = 255;
    private static final String TWICE = "a sorted set with a member twice";
    private static final String TOO_LATE =
            "a field with a time that is too late"; // no command could set it, so none could log it
    private static final int NODE_PLAIN = 1;
    private static final int NODE_PACKED = 2;

    private final Text first = new Text();
    private final Text second = new Text();
    private final Pack pack = new Pack();
    private final StreamReader streams = new StreamReader();
    private final Listpack.Entry entry = new Listpack.Entry();
    private final Listpack.Entry other = new Listpack.Entry();

    /// Reads a value and puts it under a key that is not there. An empty collection leaves it so.
    ///
    /// @throws BadRdb when the bytes do not check out; what is under the key then is of no use
    /// @throws dev.cinnabar.memory.OutOfMemory the same
    void read(RdbType type, RdbInput in, Database db, Bytes key) throws IOException, BadRdb {
        switch (type) {
            case STRING -> db.setString(key, in.string(first).window(), Database.NO_EXPIRY);
            case LIST -> list(in, db.list(key, 0));
            case SET -> set(in, db.set(0, key, 0));
            case ZSET -> zset(in, db, key, false);
            case ZSET_2 -> zset(in, db, key, true);
            case HASH -> hash(in, db.hash(key, 0));
            case HASH_ZIPMAP -> packedHash(in, Pack.Form.ZIPMAP, db.hash(key, 0));
            case HASH_ZIPLIST -> packedHash(in, Pack.Form.ZIPLIST, db.hash(key, 0));
            case HASH_LISTPACK -> packedHash(in, Pack.Form.LISTPACK, db.hash(key, 0));
            case HASH_METADATA -> volatileHash(in, db.hash(key, 0));
            case HASH_LISTPACK_EX -> packedVolatileHash(in, db.hash(key, 0));
            case ZSET_ZIPLIST -> packedZset(in, Pack.Form.ZIPLIST, db.zset(key, 0));
            case ZSET_LISTPACK -> packedZset(in, Pack.Form.LISTPACK, db.zset(key, 0));
            case LIST_ZIPLIST -> packedList(in, Pack.Form.ZIPLIST, db.list(key, 0));
            case LIST_QUICKLIST -> nodes(in, db.list(key, 0), false);
            case LIST_QUICKLIST_2 -> nodes(in, db.list(key, 0), true);
            case SET_INTSET -> intset(in, db.set(0, key, 0));
            case SET_LISTPACK -> packedSet(in, db.set(0, key, 0));
            case STREAM_LISTPACKS, STREAM_LISTPACKS_2, STREAM_LISTPACKS_3 -> streams.read(type, in, db, key);
            case MODULE, MODULE_BEFORE_RELEASE -> throw new BadRdb("it is not supported");
        }
    }

    // ---- lists ----

    private void list(RdbInput in, ListValue list) throws IOException, BadRdb {
        long count = in.count(1);
        for (long i = 0; i < count; i++) push(list, in.string(first).window());
    }

    private static void push(ListValue list, Bytes element) {
        list.expect(element.length(), 1);
        list.push(element, false);
    }

    private void nodes(RdbInput in, ListValue list, boolean mayBePlain) throws IOException, BadRdb {
        long count = in.count(1);
        for (long i = 0; i < count; i++) {
            long container = mayBePlain ? in.length() : NODE_PACKED;
            if (container == NODE_PLAIN) push(list, in.string(first).window());
            else if (container != NODE_PACKED) throw new BadRdb("a node of the sort " + container);
            else packedList(in, mayBePlain ? Pack.Form.LISTPACK : Pack.Form.ZIPLIST, list);
        }
    }

    private void packedList(RdbInput in, Pack.Form form, ListValue list) throws IOException, BadRdb {
        pack.open(form, in.string(first));
        while (pack.hasNext()) push(list, pack.next(entry).bytes());
    }

    // ---- sets ----

    private void set(RdbInput in, SetValue set) throws IOException, BadRdb {
        long count = in.count(1);
        set.expect(count);
        for (long i = 0; i < count; i++) add(set, in.string(first).window());
    }

    private static void add(SetValue set, Bytes member) throws BadRdb {
        if (!set.add(member)) throw new BadRdb("a set with a member twice");
    }

    private void intset(RdbInput in, SetValue set) throws IOException, BadRdb {
        in.string(first);
        byte[] array = first.array();
        if (!Intset.isValid(array, 0, first.length())) throw new BadRdb("a damaged intset");
        int count = Intset.count(array, 0);
        set.expect(count);
        for (int i = 0; i < count; i++)
            add(set, entry.set(Intset.get(array, 0, i)).bytes());
    }

    private void packedSet(RdbInput in, SetValue set) throws IOException, BadRdb {
        pack.open(Pack.Form.LISTPACK, in.string(first));
        set.expect(Listpack.count(first.array(), 0));
        while (pack.hasNext()) add(set, pack.next(entry).bytes());
    }

    // ---- hashes ----

    private void hash(RdbInput in, HashValue hash) throws IOException, BadRdb {
        long count = in.count(2);
        for (long i = 0; i < count; i++) {
            in.string(first);
            put(hash, first.window(), in.string(second).window());
        }
    }

    private static void put(HashValue hash, Bytes field, Bytes value) throws BadRdb {
        if (!hash.put(field, value)) throw new BadRdb("a hash with a field twice");
    }

    private void packedHash(RdbInput in, Pack.Form form, HashValue hash) throws IOException, BadRdb {
        pack.open(form, in.string(first));
        while (pack.hasNext()) {
            pack.next(entry);
            put(hash, entry.bytes(), pack.next(other).bytes());
        }
    }

    private void volatileHash(RdbInput in, HashValue hash) throws IOException, BadRdb {
        long soonestMs = in.number(Long.BYTES);
        long count = in.count(3);
        for (long i = 0; i < count; i++) {
            long left = in.length();
            in.string(first);
            put(hash, first.window(), in.string(second).window());
            if (left > HashValue.MAX_EXPIRY_MS) throw new BadRdb(TOO_LATE);
            if (left != 0) expire(hash, first.window(), soonestMs + left - 1);
        }
    }

    private void packedVolatileHash(RdbInput in, HashValue hash) throws IOException, BadRdb {
        in.number(Long.BYTES); // the soonest time, which is that of the first field
        pack.open(Pack.Form.LISTPACK, in.string(first));
        while (pack.hasNext()) {
            pack.next(entry);
            put(hash, entry.bytes(), pack.next(other).bytes());
            if (!pack.hasNext() || !pack.next(other).isNumber()) throw new BadRdb("a field without its time");
            if (other.number() != 0) expire(hash, entry.bytes(), other.number());
        }
    }

    private static void expire(HashValue hash, Bytes field, long whenMs) throws BadRdb {
        if (whenMs <= 0) throw new BadRdb("a field with a time before 1970");
        if (whenMs > HashValue.MAX_EXPIRY_MS) throw new BadRdb(TOO_LATE);
        hash.setExpiry(field, whenMs);
    }

    // ---- sorted sets ----

    /// Such a one was a large set; if it is one here, too, it must not become a small one on the way, which
    /// does not tell -0 from 0.
    private void zset(RdbInput in, Database db, Bytes key, boolean isBinary) throws IOException, BadRdb {
        long count = in.count(isBinary ? 1 + Double.BYTES : 2);
        try (ZsetResult gathered = db.newZset()) {
            for (long i = 0; i < count; i++) {
                in.string(first);
                double score = checked(isBinary ? in.binaryDouble() : textDouble(in));
                gathered.put(first.window(), score);
                if (gathered.size() == i) throw new BadRdb(TWICE);
            }
            gathered.storeAt(db, key);
        }
    }

    private static double checked(double score) throws BadRdb {
        if (Double.isNaN(score)) throw new BadRdb("a score that is no number");
        return score;
    }

    private static void put(ZsetValue zset, Bytes member, double score) throws BadRdb {
        if (!zset.put(member, checked(score))) throw new BadRdb(TWICE);
    }

    private double textDouble(RdbInput in) throws IOException, BadRdb {
        int length = in.one();
        if (length == TEXT_NAN) return Double.NaN;
        if (length == TEXT_INFINITY) return Double.POSITIVE_INFINITY;
        if (length == TEXT_MINUS_INFINITY) return Double.NEGATIVE_INFINITY;
        if (length > in.left()) throw new BadRdb("it ends in a score");
        in.bytes(second.resize(length), 0, length);
        return Doubles.parse(second.window());
    }

    private void packedZset(RdbInput in, Pack.Form form, ZsetValue zset) throws IOException, BadRdb {
        pack.open(form, in.string(first));
        while (pack.hasNext()) {
            pack.next(entry);
            pack.next(other);
            put(zset, entry.bytes(), other.isNumber() ? other.number() : Doubles.parse(other.bytes()));
        }
    }
}
