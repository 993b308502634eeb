package dev.cinnabar.store;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.BigList.Fill;
import dev.cinnabar.struct.Listpack;

/// A list in the making, under no key yet: what SORT stores.
///
/// Its memory is counted like any other; whoever makes one closes it. Touched only under the engine's lock.
public final class ListResult implements AutoCloseable {
    private final Database db;
    private final Fill fill;
    private final BigList list;
    private final ByteBuilder scratch = new ByteBuilder(); // entries for the next node …
    private int count; // … and how many there are
    private boolean isHandedOver;

    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short
    ListResult(Database db, Thresholds thresholds) {
        this.db = db;
        this.fill = Fill.of(thresholds.listMaxListpackSize);
        this.list = new BigList(db.pages());
    }

    public long size() {
        return list.size() + count;
    }

    /// Adds an element at the tail.
    ///
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short
    public void push(Bytes text) {
        int before = scratch.length();
        Listpack.encode(text, scratch);
        if (count > 0 && !fill.takes((long) scratch.length() + Listpack.EMPTY_SIZE, count + 1)) addNode(before);
        count++;
    }

    /// Makes a node of the first bytes that were gathered.
    private void addNode(int length) {
        list.insertNode(list.nodes(), scratch.array(), 0, length, count);
        int left = scratch.length() - length;
        System.arraycopy(scratch.array(), length, scratch.array(), 0, left);
        scratch.rewind(left);
        count = 0;
    }

    /// Puts the list under a key, whatever that held before; an empty one removes the key. The result is of
    /// no use then but to be closed.
    ///
    /// @return whether there is a key or was one
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    public boolean storeAt(Database db, Bytes key) {
        if (size() == 0) return db.remove(key);
        addNode(scratch.length());
        if (list.nodes() == 1 && fill.takes(list.length(0), list.count(0))) {
            db.putBytes(key, Kind.LIST_LISTPACK, list.array(0), list.start(0), list.length(0), Database.NO_EXPIRY);
        } else {
            db.putBig(key, Kind.LIST_QUICKLIST, list, Database.NO_EXPIRY);
            isHandedOver = true;
        }
        return true;
    }

    @Override
    public void close() {
        if (!isHandedOver) db.drop(list);
    }
}
