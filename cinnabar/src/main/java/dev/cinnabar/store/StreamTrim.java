package dev.cinnabar.store;

import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.Listpack;
import dev.cinnabar.struct.StreamId;
import dev.cinnabar.struct.StreamNode;

/// How much of a stream's old entries is to go, which is what XADD and XTRIM say behind MAXLEN or MINID; and
/// their going. Reused.
public final class StreamTrim {
    /*
     * Node by node, from the oldest on. One whose entries are all too old goes as a whole, which costs
     * nothing for each of them unless groups are to be asked; in the one behind entries are marked as
     * deleted, or, where trimming is approximate, none are: it ends there.
     */

    /// By what it is decided which entries go.
    public enum Strategy {
        NONE,
        MAXLEN,
        MINID
    }

    /// What becomes of groups that still know of an entry which goes.
    public enum References {
        /// They keep it among what is pending.
        KEEP,
        /// They forget it.
        DELETE,
        /// The entry stays until all groups have read and acknowledged it.
        ACKED
    }

    /// Is told of what cannot be seen in the stream afterwards, as it happens.
    public interface Listener {
        /// Does not want to know.
        Listener NONE = new Listener() {};

        /// A group forgot that an entry is pending. Those of a node come group by group.
        default void forgotten(StreamGroup group, long ms, long seq) {}

        /// An entry went that was not among the oldest: older ones had to stay.
        default void deletedWithin(long ms, long seq) {}
    }

    public Strategy strategy = Strategy.NONE;
    public References references = References.KEEP;

    /// For MAXLEN: how many entries may stay.
    public long maxLength;

    /// For MINID: the smallest id that may stay, with `minSeq`.
    public long minMs;

    public long minSeq;

    /// Whether only whole nodes go.
    public boolean isApproximate;

    /// About how many entries go at the most; 0 for no limit.
    public long limit;

    private final StreamEntries walk;
    private boolean hasKept; // in this go, an entry that is not acknowledged: what goes behind it leaves a hole

    /// @param walk to walk with for a moment
    StreamTrim(StreamEntries walk) {
        this.walk = walk;
    }

    /// Nothing is to go.
    public StreamTrim clear() {
        strategy = Strategy.NONE;
        references = References.KEEP;
        maxLength = 0;
        minMs = 0;
        minSeq = 0;
        isApproximate = false;
        limit = 0;
        return this;
    }

    /// Removes a stream's old entries. O(entries removed); without KEEP, and with groups, O(entries removed ·
    /// groups · log pending).
    ///
    /// @param stream about to be changed; see [Database#streamForChange]
    /// @return how many
    public long apply(StreamValue stream, Listener listener) {
        if (strategy == Strategy.NONE) return 0;
        References regard = stream.groups() == 0 ? References.KEEP : references;
        IdRows index = stream.nodes().index;
        long before = stream.size();
        hasKept = false;
        long place = index.first();
        while (place != IdRows.NONE) {
            long ms = index.ms(place);
            long seq = index.seq(place);
            if (isEnough(stream.size(), ms, seq)) break;
            long live = stream.nodes().live(place);
            if (limit > 0 && before - stream.size() + live > limit) break;
            if (goesWhole(stream, place, live, regard)) {
                if (regard == References.DELETE) forget(stream, place, listener);
                if (hasKept) noteDeleted(stream, place, listener);
                stream.drop(place);
            } else {
                if (isApproximate) break;
                trimWithin(stream, place, regard, listener);
                if (regard != References.ACKED) break;
            }
            // what is kept because it is not acknowledged does not keep younger entries from going
            place = index.ceiling(StreamId.nextMs(ms, seq), StreamId.nextSeq(seq));
        }
        if (stream.size() < before) stream.findFirst();
        return before - stream.size();
    }

    /// Whether an entry stays, and all behind it.
    ///
    /// @param left how many entries there are from this one on
    private boolean isEnough(long left, long ms, long seq) {
        return strategy == Strategy.MAXLEN ? left <= maxLength : StreamId.compare(ms, seq, minMs, minSeq) >= 0;
    }

    private boolean goesWhole(StreamValue stream, long place, long live, References regard) {
        boolean isOld = strategy == Strategy.MAXLEN
                ? stream.size() - live >= maxLength
                : endsBeforeThreshold(stream.nodes(), place);
        if (!isOld || regard != References.ACKED) return isOld;
        StreamEntries entries = entries(stream.nodes(), place);
        while (entries.next()) if (!stream.isDone(entries.ms(), entries.seq())) return false;
        return true;
    }

    /// Whether the last entry of a node, deleted or not, is older than the threshold.
    private boolean endsBeforeThreshold(StreamNodes nodes, long place) {
        byte[] array = nodes.array(place);
        int start = nodes.start(place);
        int at = StreamNode.previous(array, start + Listpack.size(array, start) - 1);
        int msAt = Listpack.next(array, at);
        long ms = nodes.index.ms(place) + Listpack.number(array, msAt);
        long seq = nodes.index.seq(place) + Listpack.number(array, Listpack.next(array, msAt));
        return StreamId.compare(ms, seq, minMs, minSeq) < 0;
    }

    /// Deletes entries at the beginning of a node. A trim by id may leave it without any, as in Redis.
    private void trimWithin(StreamValue stream, long place, References regard, Listener listener) {
        StreamNodes nodes = stream.nodes();
        nodes.own(place);
        byte[] array = nodes.array(place);
        int namesAt = StreamNode.namesAt(array, nodes.start(place));
        long names = Listpack.number(array, namesAt);
        long marked = 0;
        int at = StreamNode.firstEntry(array, namesAt);
        for (; !Listpack.isEnd(array, at); at = StreamNode.next(array, at, names)) {
            int msAt = Listpack.next(array, at);
            long ms = nodes.index.ms(place) + Listpack.number(array, msAt);
            long seq = nodes.index.seq(place) + Listpack.number(array, Listpack.next(array, msAt));
            if (isEnough(stream.size() - marked, ms, seq)) break;
            if ((StreamNode.flags(array, at) & StreamNode.DELETED) != 0) continue;
            if (regard == References.ACKED && !stream.isDone(ms, seq)) {
                hasKept = true;
                continue;
            }
            array[at] |= StreamNode.DELETED;
            marked++;
            if (regard == References.DELETE)
                for (int i = 0; i < stream.groups(); i++) forget(stream.group(i), ms, seq, listener);
            if (hasKept) noteDeleted(stream, ms, seq, listener);
        }
        if (marked > 0) stream.count(place, marked, regard == References.ACKED);
    }

    /// Makes all groups forget the entries of a node.
    private void forget(StreamValue stream, long place, Listener listener) {
        for (int i = 0; i < stream.groups(); i++) {
            StreamEntries entries = entries(stream.nodes(), place);
            while (entries.next()) forget(stream.group(i), entries.ms(), entries.seq(), listener);
        }
    }

    private static void forget(StreamGroup group, long ms, long seq, Listener listener) {
        if (group.acknowledge(ms, seq)) listener.forgotten(group, ms, seq);
    }

    /// Notes that the entries of a node are deleted from behind others.
    private void noteDeleted(StreamValue stream, long place, Listener listener) {
        StreamEntries entries = entries(stream.nodes(), place);
        while (entries.next()) noteDeleted(stream, entries.ms(), entries.seq(), listener);
    }

    private static void noteDeleted(StreamValue stream, long ms, long seq, Listener listener) {
        stream.noteDeleted(ms, seq);
        listener.deletedWithin(ms, seq);
    }

    private StreamEntries entries(StreamNodes nodes, long place) {
        return walk.ofNode(nodes.index.ms(place), nodes.index.seq(place), nodes.array(place), nodes.start(place));
    }
}
