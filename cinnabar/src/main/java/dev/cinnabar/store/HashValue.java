package dev.cinnabar.store;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.struct.Listpack;
import org.jspecify.annotations.Nullable;

/// A hash under a key, small or large, seen as one thing: fields and their values.
///
/// A look that is borrowed from its database: [Database#hash] points it at a key, and the next such call points it elsewhere. What it lends
/// (entries) is good until the next change. Refusals leave the hash as it was.
public final class HashValue {
    /*
     * Small: a listpack of field, value, field, value … in the record. Looking for a field compares them one by one, which up to some
     * hundred short fields is as fast as hashing and takes a quarter of the memory. Beyond `hash-max-listpack-entries` or with a string longer than
     * `hash-max-listpack-value` it becomes a table, for good.
     */

    /// Is shown fields and values.
    public interface Visitor {
        void field(Listpack.Entry field, Listpack.Entry value);
    }

    private final Database db;
    private final Thresholds thresholds;
    private final Randomness randomness;
    private final Listpack.Entry field = new Listpack.Entry();
    private final Listpack.Entry value = new Listpack.Entry();
    private final Bytes window = new Bytes();
    private final Bytes other = new Bytes();
    private final ByteBuilder scratch = new ByteBuilder();

    private Bytes key = new Bytes();
    private long address;

    HashValue(Database db, Thresholds thresholds, Randomness randomness) {
        this.db = db;
        this.thresholds = thresholds;
        this.randomness = randomness;
    }

    /// @param address of the key's record, or 0 for a hash that is still to be made
    HashValue at(Bytes key, long address) {
        if (address != 0 && !db.kind(address).type().equals("hash")) throw WrongType.REFUSED;
        this.key = key;
        this.address = address;
        return this;
    }

    private boolean isBig() {
        return db.kind(address) == Kind.HASH_HASHTABLE;
    }

    private Members table() {
        return ((BigHash) db.big(address)).fields();
    }

    // ---- asking ----

    public boolean exists() {
        return address != 0;
    }

    public long size() {
        if (address == 0) return 0;
        if (isBig()) return db.big(address).size();
        Bytes pack = db.bytes(address, window);
        return Listpack.count(pack.array(), pack.offset()) / 2;
    }

    /// The value of a field, or null. O(1) in a large hash, O(n) in a small one.
    public Listpack.@Nullable Entry get(Bytes name) {
        if (address == 0) return null;
        if (isBig()) {
            Members table = table();
            long found = table.find(name);
            return found == 0 ? null : tableValue(table, found, value);
        }
        Bytes pack = db.bytes(address, window);
        int at = find(pack, name);
        return at < 0 ? null : Listpack.read(pack.array(), Listpack.next(pack.array(), at), value);
    }

    private Listpack.Entry tableValue(Members table, long found, Listpack.Entry into) {
        return table.isFixed(found) ? into.set(table.fixed(found)) : into.set(table.bytes(found, other));
    }

    private static int find(Bytes pack, Bytes name) {
        return Listpack.find(pack.array(), Listpack.first(pack.offset()), name, 1);
    }

    /// Shows all fields. The visitor must not change the hash. O(n).
    public void forEach(Visitor visitor) {
        if (address == 0) return;
        if (isBig()) {
            long position = 0;
            do position = scan(position, visitor);
            while (position != 0);
            return;
        }
        Bytes pack = db.bytes(address, window);
        byte[] array = pack.array();
        int at = Listpack.first(pack.offset());
        while (!Listpack.isEnd(array, at)) {
            Listpack.read(array, at, field);
            at = Listpack.next(array, at);
            visitor.field(field, Listpack.read(array, at, value));
            at = Listpack.next(array, at);
        }
    }

    /// Shows some fields: all of a small hash, those of one bucket of a large one; see [dev.cinnabar.struct.Dict#scan].
    ///
    /// @return where to go on, 0 at the end
    public long scan(long position, Visitor visitor) {
        if (address == 0) return 0;
        if (!isBig()) {
            forEach(visitor);
            return 0;
        }
        Members table = table();
        return table.scan(position, found -> {
            field.set(table.member(found, window));
            visitor.field(field, tableValue(table, found, value));
        });
    }

    /// Shows a field picked by chance. The hash must not be empty.
    public void random(Visitor visitor) {
        if (isBig()) {
            Members table = table();
            long found = table.random();
            field.set(table.member(found, window));
            visitor.field(field, tableValue(table, found, value));
            return;
        }
        Bytes pack = db.bytes(address, window);
        int at = Listpack.seek(pack.array(), pack.offset(), 2L * randomness.below((int) size()));
        Listpack.read(pack.array(), at, field);
        visitor.field(field, Listpack.read(pack.array(), Listpack.next(pack.array(), at), value));
    }

    // ---- changing ----

    /// Gives a field a value; makes the hash if there is none.
    ///
    /// @return whether the field is new
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public boolean put(Bytes name, Bytes newValue) {
        if (address != 0 && isBig()) return putBig(name, newValue);
        if (name.length() > thresholds.hashMaxListpackValue || newValue.length() > thresholds.hashMaxListpackValue) {
            becomeBig();
            return putBig(name, newValue);
        }
        if (address == 0) return create(name, newValue);
        return putSmall(name, newValue);
    }

    private boolean create(Bytes name, Bytes newValue) {
        scratch.clear();
        Listpack.appendEmpty(scratch);
        scratch.rewind(Listpack.HEADER);
        Listpack.encode(name, scratch);
        Listpack.encode(newValue, scratch);
        scratch.append((byte) Listpack.END);
        Listpack.setHeader(scratch.array(), 0, scratch.length(), 2);
        address = db.putBytes(key, Kind.HASH_LISTPACK, scratch.array(), 0, scratch.length(), Database.NO_EXPIRY);
        return true;
    }

    private boolean putSmall(Bytes name, Bytes newValue) {
        Bytes pack = db.bytes(address, window);
        byte[] array = pack.array();
        int start = pack.offset();
        int at = find(pack, name);
        if (at < 0 && Listpack.count(array, start) / 2 >= thresholds.hashMaxListpackEntries) {
            becomeBig();
            return putBig(name, newValue);
        }
        scratch.clear();
        if (at >= 0) {
            at = Listpack.next(array, at);
            Listpack.encode(newValue, scratch);
            splice(at - start, Listpack.entrySize(array, at), 0);
            return false;
        }
        Listpack.encode(name, scratch);
        Listpack.encode(newValue, scratch);
        splice(Listpack.size(array, start) - 1, 0, 2);
        return true;
    }

    /// Puts what is in `scratch` into the listpack and mends its header.
    private void splice(int at, int removed, int moreEntries) {
        Bytes pack = db.bytes(address, window);
        int count = Listpack.count(pack.array(), pack.offset()) + moreEntries;
        int size = Listpack.size(pack.array(), pack.offset()) - removed + scratch.length();
        address = db.splice(address, Kind.HASH_LISTPACK, at, removed, scratch.array(), 0, scratch.length());
        pack = db.bytes(address, window);
        Listpack.setHeader(pack.array(), pack.offset(), size, count);
    }

    private boolean putBig(Bytes name, Bytes newValue) {
        return ((BigHash) db.bigForChange(address)).put(name, newValue);
    }

    private void becomeBig() {
        BigHash big = new BigHash(db.pages(), randomness);
        try {
            if (address != 0) forEach((f, v) -> big.put(f.bytes(), v.bytes()));
            db.putBig(key, Kind.HASH_HASHTABLE, big, address == 0 ? Database.NO_EXPIRY : Database.KEEP_EXPIRY);
        } catch (OutOfMemory e) {
            while (big.free(Integer.MAX_VALUE)) continue;
            throw e;
        }
        address = db.lookup(key);
    }

    /// Takes a field out; the last one takes the key with it.
    ///
    /// @return whether it was there
    public boolean remove(Bytes name) {
        if (address == 0) return false;
        if (isBig()) {
            if (table().find(name) == 0) return false;
            Members table = ((BigHash) db.bigForChange(address)).fields();
            table.remove(name);
            if (table.size() == 0) removeKey();
            return true;
        }
        Bytes pack = db.bytes(address, window);
        int at = find(pack, name);
        if (at < 0) return false;
        if (Listpack.count(pack.array(), pack.offset()) == 2) {
            removeKey();
            return true;
        }
        int end = Listpack.next(pack.array(), Listpack.next(pack.array(), at));
        scratch.clear();
        splice(at - pack.offset(), end - at, -2);
        return true;
    }

    private void removeKey() {
        db.lookup(key);
        db.removeFound(address);
        address = 0;
    }
}
