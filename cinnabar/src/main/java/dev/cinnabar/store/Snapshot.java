package dev.cinnabar.store;

import dev.cinnabar.store.Kind.Shape;
import dev.cinnabar.struct.Listpack;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An image of all databases as they were at one moment, written while they go on changing. See the chapter
/// of this room.
///
/// Belongs to the engine of its databases and is touched only under its lock; a slice takes as long as its
/// budget says, however large the values are.
public final class Snapshot {
    /*
     * Two levels of the same idea. Each database has a [TableWalk]; a record with its value in it is handed
     * over whole, when the walk meets it or a writer is about to change it. A record with a *big* value is
     * only *met* then, O(1): name, expiry and value go into a queue, the record counts as handed over, and
     * the value is frozen:
     *
     *   keys      |■■■■■■■■■■■■■■|·····M·······M····|      M: met by writers, ahead of the walk
     *                          ↓       ↓       ↓
     *   queue                 [big]  [big]   [big]
     *                           ↓
     *   elements            |■■■■■■|········|              walked in slices, one value at a time
     *
     * A frozen value hands over its elements as they were when it was met, and it was met before its first
     * change, so that is as they were at the beginning. How it does so is its own business: a table walks its
     * members the way a database walks its keys, a list keeps its old nodes (see [BigValue], which says how a
     * type joins).
     *
     * The queue comes first and the keys second, so it holds one value of the walk's own and those that
     * writers run into. What the sink is given may be mixed all the same: elements of any value in the queue,
     * records of any database, whatever a writer touches.
     */

    /// Takes the images.
    public interface Sink {
        /// A key whose value lies in its record.
        ///
        /// @param index   the number of the database, as it was when the snapshot began
        /// @param db      where the record is, to be read only
        /// @param address of the record; valid during the call
        void image(int index, Database db, long address);

        /// A key with a big value was met: its elements follow, among other images.
        ///
        /// @return who takes the elements of this value
        BigSink big(BigImage image);

        /// Whether it has enough for this slice: nothing more is handed over before it says no. Asked between
        /// buckets and nodes; what is changed by writers comes in any case.
        default boolean isFull() {
            return false;
        }
    }

    /// Takes the elements of one big value: of a list in their order, of others in any, each once. What is
    /// lent is good during the call.
    public interface BigSink {
        /// Takes nothing.
        BigSink NONE = new BigSink() {};

        /// An element of a list, a member of a set.
        default void element(Listpack.Entry element) {}

        /// A field of a hash.
        ///
        /// @param expiryMs when it expires, in ms since 1970, or [Database#NO_EXPIRY]
        default void field(Listpack.Entry field, Listpack.Entry value, long expiryMs) {}

        /// A member of a sorted set.
        default void member(Listpack.Entry member, double score) {}

        /// Whether those groups of a stream of which something is pending that it has no more come in front
        /// of its nodes, and only the others behind.
        default boolean wantsGroupsOfGoneFirst() {
            return false;
        }

        /// Some entries of a stream, a node of it as it was. Nodes come in their order.
        ///
        /// @param ms     the id of the node's first entry, with `seq`
        /// @param array  where the node lies, a [dev.cinnabar.struct.StreamNode]
        /// @param offset where in it
        default void node(long ms, long seq, byte[] array, int offset) {}

        /// What a stream remembers of its past. Behind its nodes, and in front of its groups, but for those
        /// that come first.
        ///
        /// @param stream as it was, to be read only
        default void stream(StreamValue stream) {}

        /// A group of a stream; what is pending of it follows, then its consumers.
        default void group(StreamGroup group) {}

        /// An entry that is pending.
        ///
        /// @param place in the group's rows
        default void pending(StreamGroup group, long place) {}

        default void consumer(StreamGroup group, StreamConsumer consumer) {}

        /// That was the last one.
        default void end() {}
    }

    private final List<Database> databases;
    private final BigValues bigs;
    private final Sink sink;
    private final Slice slice;
    private int current;
    private @Nullable BigImage first; // of the queue
    private @Nullable BigImage last;
    private long heldBytes;
    private boolean isAborted;

    Snapshot(List<Database> databases, BigValues bigs, Sink sink) {
        this.databases = databases;
        this.bigs = bigs;
        this.sink = sink;
        this.slice = new Slice(sink);
        for (Database db : databases) db.keyspace.beginSnapshot(this);
        skipEmpty();
    }

    /// Hands over the next records and elements.
    ///
    /// @param most about how many: one bucket of a table or one node of a list more at the most
    /// @return whether there are more
    public boolean next(int most) {
        slice.begin(most);
        while (isRunning() && !slice.isOver()) {
            BigImage big = first;
            if (big == null) walkKeys();
            else if (!big.value.handOver(slice)) finish(big);
        }
        return isRunning();
    }

    /// Whether there is more to hand over.
    boolean isRunning() {
        return first != null || current < databases.size();
    }

    /// Lets the rest of the image go: the walk goes on, only to take the marks off and to free what it kept,
    /// and hands over nothing.
    public void abort() {
        isAborted = true;
    }

    boolean isAborted() {
        return isAborted;
    }

    /// Bytes that are in use only because the image needs them.
    long heldBytes() {
        return heldBytes;
    }

    void held(long moreBytes) {
        heldBytes += moreBytes;
    }

    private void walkKeys() {
        if (databases.get(current).keyspace.walkOn(slice)) return;
        databases.get(current++).keyspace.endSnapshot();
        skipEmpty();
    }

    private void skipEmpty() {
        while (current < databases.size()
                && databases.get(current).keyspace.dict.size() == 0) {
            databases.get(current++).keyspace.endSnapshot();
        }
    }

    /// A walk shows a record, or a writer does that is about to change it.
    void image(Database db, long address) {
        if (isAborted) return;
        if (db.kind(address).shape() == Shape.BIG) meet(new BigImage(this, db, address));
        else sink.image(db.keyspace.imageIndex(), db, address);
    }

    private void meet(BigImage big) {
        big.open(sink.big(big));
        big.value.meet(big);
        if (last == null) first = big;
        else last.next = big;
        last = big;
    }

    private void finish(BigImage big) {
        first = big.next;
        if (first == null) last = null;
        big.sink().end();
        bigs.handedOver(big.value);
    }
}
