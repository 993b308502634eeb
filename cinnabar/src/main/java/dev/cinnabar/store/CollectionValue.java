package dev.cinnabar.store;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.struct.Listpack;

/// What a list, a hash, a set and a sorted set under a key have in common: each is small, and lies as a
/// listpack in the key's record, until it becomes large, and lies in a [BigValue].
///
/// A look that is borrowed from its database and pointed at one key after another. Before a change the key
/// must be the one that was looked up last.
abstract class CollectionValue {
    final Database db;

    /// Over the small form's bytes, after [#pack].
    final Bytes window = new Bytes();

    /// What a change puts into the record is written here first.
    final ByteBuilder scratch = new ByteBuilder();

    private static final int SCRATCH_KEPT = 64 << 10;

    private final String type;

    Bytes key = Database.NO_KEY;
    long address; // of the key's record; 0 while there is none

    CollectionValue(Database db, String type) {
        this.db = db;
        this.type = type;
    }

    /// @param address of the key's record, or 0 for a collection that is still to be made
    /// @throws WrongType when the key holds something else
    final void point(Bytes key, long address) {
        if (address != 0 && !db.kind(address).type().equals(type)) throw WrongType.REFUSED;
        if (this.key != key) this.key = key; // speed only: to store a reference costs a barrier of the collector
        this.address = address;
    }

    public final boolean exists() {
        return address != 0;
    }

    /// The bytes of the small form, good until the next change.
    final Bytes pack() {
        return db.bytes(address, window);
    }

    /// Lets go of what it was pointed at, which may be gone.
    void letGo() {
        key = Database.NO_KEY;
        address = 0;
        window.letGo();
        trimScratch();
    }

    /// Gives back what a large element has needed.
    final void trimScratch() {
        trim(scratch);
    }

    /// The same for the scratch of a value of another kind.
    static void trim(ByteBuilder scratch) {
        if (scratch.capacity() <= SCRATCH_KEPT) return;
        scratch.clear();
        scratch.trim(SCRATCH_KEPT);
    }

    /// Begins a listpack in `scratch`; the entries come behind.
    static void beginPack(ByteBuilder scratch) {
        scratch.clear();
        Listpack.appendEmpty(scratch);
        scratch.rewind(Listpack.HEADER);
    }

    /// Ends the listpack in `scratch`.
    static void endPack(ByteBuilder scratch, int entries) {
        scratch.append((byte) Listpack.END);
        Listpack.setHeader(scratch.array(), 0, scratch.length(), entries);
    }

    /// Makes the key, with what is in `scratch` for its small form.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    final void create(Kind kind) {
        address = db.putBytes(key, kind, scratch.array(), 0, scratch.length(), Database.NO_EXPIRY);
    }

    /// Replaces the small form by what is in `scratch`.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    final void replacePack(Kind kind) {
        address = db.keyspace.splice(address, kind, 0, pack().length(), scratch.array(), 0, scratch.length());
    }

    /// Puts what is in `scratch` into the listpack and mends its header.
    ///
    /// @param at      where the bytes begin that it replaces, counted from the listpack's first
    /// @param removed how many they are
    /// @throws OutOfMemory when memory is short; then nothing has changed
    final void splice(Kind kind, int at, int removed, int moreEntries) {
        splice(kind, 0, at, removed, moreEntries);
    }

    /// The same for a listpack that is not the whole value.
    ///
    /// @param from where in the value it begins
    final void splice(Kind kind, int from, int at, int removed, int moreEntries) {
        Bytes value = pack();
        int count = Listpack.count(value.array(), value.offset() + from) + moreEntries;
        int size = Listpack.size(value.array(), value.offset() + from) - removed + scratch.length();
        address = db.keyspace.splice(address, kind, from + at, removed, scratch.array(), 0, scratch.length());
        value = pack();
        Listpack.setHeader(value.array(), value.offset() + from, size, count);
    }

    /// Puts the large form under the key, in the place of the small one if there is one.
    ///
    /// @param fill fills it with what it is to hold from the beginning
    /// @throws OutOfMemory when memory is short; then nothing has changed
    final void becomeBig(Kind kind, BigValue big, Runnable fill) {
        try {
            fill.run();
            db.putBig(key, kind, big, exists() ? Database.KEEP_EXPIRY : Database.NO_EXPIRY);
        } catch (OutOfMemory e) {
            big.freeAll();
            throw e;
        }
        address = db.lookup(key);
    }

    /// Takes the key out.
    public final void removeKey() {
        db.lookup(key);
        db.removeFound(address);
        address = 0;
    }
}
