package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import org.jspecify.annotations.Nullable;

/// What a snapshot keeps of a key with a big value, from the moment that it met it until all its elements
/// were handed over: name, number of the database, expiry, as they were when the snapshot began. The key may
/// be renamed or gone meanwhile.
public final class BigImage {
    private final Snapshot snapshot;
    private final int index;
    private final Bytes key;
    private final Kind kind;
    private final long expiryMs;
    private final long size;
    private final long idleMs;
    private final int frequency;
    private final boolean hasVolatileFields;
    private final long nodes;
    final BigValue value;
    private Snapshot.BigSink sink = Snapshot.BigSink.NONE;

    @Nullable
    BigImage next; // in the snapshot's queue

    BigImage(Snapshot snapshot, Database db, long address) {
        this.snapshot = snapshot;
        this.index = db.keyspace.imageIndex();
        this.key = Bytes.of(db.key(address).copy());
        this.kind = db.kind(address);
        this.expiryMs = db.expiryMs(address);
        this.value = db.big(address);
        this.size = value.size();
        this.idleMs = db.idleMs(address);
        this.frequency = db.frequency(address);
        this.hasVolatileFields =
                kind == Kind.HASH_HASHTABLE && db.hashImage(address).hasVolatile();
        this.nodes = value instanceof StreamValue stream ? stream.nodeCount() : 0;
    }

    /// The number of the database.
    public int index() {
        return index;
    }

    /// The key's name; its bytes are the image's own and must only be read.
    public Bytes key() {
        return key;
    }

    public Kind kind() {
        return kind;
    }

    /// When the key expires, in ms since 1970, or [Database#NO_EXPIRY].
    public long expiryMs() {
        return expiryMs;
    }

    /// How long ago the key was used, in milliseconds.
    public long idleMs() {
        return idleMs;
    }

    /// Its LFU count.
    public int frequency() {
        return frequency;
    }

    /// Whether it is a hash some of whose fields expire.
    public boolean hasVolatileFields() {
        return hasVolatileFields;
    }

    /// How many nodes of a stream will be handed over.
    public long nodes() {
        return nodes;
    }

    /// How many elements will be handed over.
    public long size() {
        return size;
    }

    void open(Snapshot.BigSink sink) {
        this.sink = sink;
    }

    /// Who takes the elements: those of the value's methods that fit its type. Nobody, when the snapshot was
    /// aborted.
    Snapshot.BigSink sink() {
        return snapshot.isAborted() ? Snapshot.BigSink.NONE : sink;
    }

    /// Bytes in blocks that nobody but the snapshot needs any more, or are not needed now.
    void held(long moreBytes) {
        snapshot.held(moreBytes);
    }
}
