package dev.cinnabar.store;

import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.Listpack;
import dev.cinnabar.struct.StreamId;
import dev.cinnabar.struct.StreamNode;
import org.jspecify.annotations.Nullable;

/// A walk over some entries of a stream, from old to new or back. Reused: [#of] points it at the next range.
///
/// ```
///    entries.of(stream, fromMs, fromSeq, toMs, toSeq, false);
///    while (entries.next())                              an entry that is not deleted
///        for (long i = entries.fields(); i > 0; i--)
///            … entries.name() … entries.value() …        by turns
/// ```
///
/// Valid until the stream changes. Finding the first entry costs O(log n) and a walk through its node; each
/// further one O(its fields).
public final class StreamEntries {
    private static final byte[] NOTHING = {};

    private final Listpack.Entry name = new Listpack.Entry();
    private final Listpack.Entry value = new Listpack.Entry();

    private @Nullable StreamNodes nodes; // null while a single one is walked
    private boolean isBackward;
    private long fromMs;
    private long fromSeq;
    private long toMs;
    private long toSeq;

    private long node = IdRows.NONE; // its place in the index
    private long nodeMs; // the id of its first entry
    private long nodeSeq;
    private byte[] array = NOTHING;
    private int start; // of the node
    private int first; // where its first entry begins
    private int at; // forward: where the next entry begins; backward: where the last one began
    private int namesAt;
    private long names;

    private long ms;
    private long seq;
    private int flags;
    private long fields;
    private int nameAt; // the next name
    private int valueAt; // the next value

    /// Begins a walk.
    ///
    /// @param isBackward whether to go from the last entry of the range to the first
    public StreamEntries of(StreamValue stream, long fromMs, long fromSeq, long toMs, long toSeq, boolean isBackward) {
        StreamNodes in = stream.nodes();
        nodes = in;
        this.isBackward = isBackward;
        this.fromMs = fromMs;
        this.fromSeq = fromSeq;
        this.toMs = toMs;
        this.toSeq = toSeq;
        IdRows index = in.index;
        long place = isBackward ? index.floor(toMs, toSeq) : index.floor(fromMs, fromSeq);
        if (place == IdRows.NONE && !isBackward) place = index.first();
        open(in, place);
        return this;
    }

    /// Lets go of the stream that it walked over last, which may be gone.
    void letGo() {
        nodes = null;
        node = IdRows.NONE;
        array = NOTHING;
        name.letGo();
        value.letGo();
    }

    /// A walk over all entries, from old to new.
    public StreamEntries of(StreamValue stream) {
        return of(stream, 0, 0, StreamId.MAX, StreamId.MAX, false);
    }

    /// A walk to one entry.
    ///
    /// @return whether it is there; then it is the current one
    public boolean at(StreamValue stream, long ms, long seq) {
        return of(stream, ms, seq, ms, seq, false).next();
    }

    /// A walk over the entries of a single node, from old to new.
    ///
    /// @param ms the id of the node's first entry, with `seq`
    public StreamEntries ofNode(long ms, long seq, byte[] array, int offset) {
        nodes = null;
        isBackward = false;
        fromMs = 0;
        fromSeq = 0;
        toMs = StreamId.MAX;
        toSeq = StreamId.MAX;
        node = 0;
        open(ms, seq, array, offset);
        return this;
    }

    private void open(StreamNodes in, long place) {
        node = place;
        if (place != IdRows.NONE) open(in.index.ms(place), in.index.seq(place), in.array(place), in.start(place));
    }

    private void open(long ms, long seq, byte[] array, int offset) {
        nodeMs = ms;
        nodeSeq = seq;
        this.array = array;
        start = offset;
        namesAt = StreamNode.namesAt(array, start);
        names = Listpack.number(array, namesAt);
        first = StreamNode.firstEntry(array, namesAt);
        at = isBackward ? start + Listpack.size(array, start) - 1 : first;
    }

    /// Goes to the next entry of the range, if there is one.
    public boolean next() {
        while (node != IdRows.NONE) {
            if (isBackward ? at == first : Listpack.isEnd(array, at)) {
                openNext();
                continue;
            }
            if (isBackward) at = StreamNode.previous(array, at);
            read(at);
            if (!isBackward) at = StreamNode.next(array, at, names);
            if ((flags & StreamNode.DELETED) != 0)
                continue; // also because XSETID may let younger ones have smaller ids
            boolean isBefore = StreamId.compare(ms, seq, fromMs, fromSeq) < 0;
            boolean isBehind = !isBefore && StreamId.compare(ms, seq, toMs, toSeq) > 0;
            if (!isBefore && !isBehind) return true;
            if (isBackward ? isBefore : isBehind) node = IdRows.NONE;
        }
        return false;
    }

    private void openNext() {
        StreamNodes in = nodes;
        if (in == null) node = IdRows.NONE;
        else open(in, isBackward ? in.index.previous(node) : in.index.next(node));
    }

    private void read(int entry) {
        flags = StreamNode.flags(array, entry);
        int p = Listpack.next(array, entry);
        ms = nodeMs + Listpack.number(array, p);
        p = Listpack.next(array, p);
        seq = nodeSeq + Listpack.number(array, p);
        p = Listpack.next(array, p);
        if ((flags & StreamNode.SAME_NAMES) != 0) {
            fields = names;
            nameAt = Listpack.next(array, namesAt);
            valueAt = p;
        } else {
            fields = Listpack.number(array, p);
            nameAt = Listpack.next(array, p);
            valueAt = nameAt; // found anew behind each name
        }
    }

    /// The first half of the current entry's id.
    public long ms() {
        return ms;
    }

    /// The second half of it.
    public long seq() {
        return seq;
    }

    /// How many fields the current entry has.
    public long fields() {
        return fields;
    }

    /// The name of its next field, as it lies in the node.
    public Listpack.Entry name() {
        Listpack.read(array, nameAt, name);
        nameAt = Listpack.next(array, nameAt);
        return name;
    }

    /// The value behind the name that was read last.
    public Listpack.Entry value() {
        boolean isBehindName = (flags & StreamNode.SAME_NAMES) == 0;
        if (isBehindName) valueAt = nameAt;
        Listpack.read(array, valueAt, value);
        valueAt = Listpack.next(array, valueAt);
        if (isBehindName) nameAt = valueAt;
        return value;
    }
}
