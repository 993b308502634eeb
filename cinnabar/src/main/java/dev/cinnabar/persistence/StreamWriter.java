package dev.cinnabar.persistence;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.Snapshot;
import dev.cinnabar.store.StreamConsumer;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.Listpack;
import java.util.function.Supplier;

/// Writes a stream in RDB encoding, as a snapshot hands it over or [StreamValue#show] shows it. The number of
/// nodes is written already.
///
/// ```
///    nodes | string: id 16, big end first | string: a listpack, see StreamNode | …
///    entries | last id | first id | largest deleted id | entries added             an id is two lengths here
///    groups | name | last delivered id | entries read
///             pending | id 16 | delivered at 8 | deliveries | …
///             consumers | name | seen at 8 | pending | id 16 | …
/// ```
///
/// That is encoding 19, of Redis 7.0. It does not have when a consumer was last handed something, which 21
/// has; who reads it takes the time when the consumer was seen.
///
/// Nor does it have entries that are pending of nobody (XNACK); a Redis 7 would not know what to do with one.
/// So they are written as those of a consumer whose name is empty, delivered at 0: XPENDING shows the same
/// name there, and they can be claimed there as well. Where no consumer has that name one is written that was
/// seen at -1. Our reader makes them entries of nobody again, and not that consumer.
final class StreamWriter implements Snapshot.BigSink {
    static final long NOBODY_SEEN_MS = -1; // when the consumer was seen that is none

    private final ValueWriter values;
    private final Supplier<ByteBuilder> target;
    private final Bytes window = new Bytes();
    private final byte[] id = new byte[2 * Long.BYTES];
    private long left; // of what is pending of the group
    private long released; // of the group, as far as it was shown

    /// @param target where to append, asked each time
    StreamWriter(ValueWriter values, Supplier<ByteBuilder> target) {
        this.values = values;
        this.target = target;
    }

    @Override
    public void node(long ms, long seq, byte[] array, int offset) {
        ByteBuilder out = target.get();
        ValueWriter.length(id.length, out);
        id(ms, seq, out);
        values.string(window.set(array, offset, Listpack.size(array, offset)), out);
    }

    private void id(long ms, long seq, ByteBuilder out) {
        for (int i = 0; i < Long.BYTES; i++) {
            id[i] = (byte) (ms >>> 56 - 8 * i);
            id[Long.BYTES + i] = (byte) (seq >>> 56 - 8 * i);
        }
        out.append(id);
    }

    @Override
    public void stream(StreamValue stream) {
        ByteBuilder out = target.get();
        ValueWriter.length(stream.size(), out);
        lengths(stream.lastMs(), stream.lastSeq(), out);
        lengths(stream.firstMs(), stream.firstSeq(), out);
        lengths(stream.maxDeletedMs(), stream.maxDeletedSeq(), out);
        ValueWriter.length(stream.entriesAdded(), out);
        ValueWriter.length(stream.groups(), out);
    }

    private static void lengths(long ms, long seq, ByteBuilder out) {
        ValueWriter.length(ms, out);
        ValueWriter.length(seq, out);
    }

    @Override
    public void group(StreamGroup group) {
        ByteBuilder out = target.get();
        values.string(group.name(), out);
        lengths(group.lastMs(), group.lastSeq(), out);
        ValueWriter.length(group.entriesRead(), out); // not known is all bits set
        left = group.pending();
        ValueWriter.length(left, out);
        released = 0;
        if (left == 0) beginConsumers(group, out);
    }

    @Override
    public void pending(StreamGroup group, long place) {
        ByteBuilder out = target.get();
        IdRows rows = group.rows(null);
        id(rows.ms(place), rows.seq(place), out);
        ValueWriter.fixed(group.deliveredMs(place), Long.BYTES, out);
        ValueWriter.length(group.deliveries(place), out);
        if (group.isReleased(place)) released++;
        if (--left == 0) beginConsumers(group, out);
    }

    private void beginConsumers(StreamGroup group, ByteBuilder out) {
        boolean needsNobody = released > 0 && group.find(new Bytes()) == null;
        ValueWriter.length(group.consumers() + (needsNobody ? 1 : 0), out);
        if (!needsNobody) return;
        values.string(new Bytes(), out);
        ValueWriter.fixed(NOBODY_SEEN_MS, Long.BYTES, out);
        ValueWriter.length(released, out);
        releasedIds(group, out);
    }

    /// O(what is pending).
    private void releasedIds(StreamGroup group, ByteBuilder out) {
        IdRows rows = group.rows(null);
        for (long row = rows.first(); row != IdRows.NONE; row = rows.next(row))
            if (group.isReleased(row)) id(rows.ms(row), rows.seq(row), out);
    }

    @Override
    public void consumer(StreamGroup group, StreamConsumer consumer) {
        ByteBuilder out = target.get();
        values.string(consumer.name(), out);
        ValueWriter.fixed(consumer.seenMs(), Long.BYTES, out);
        IdRows rows = group.rows(consumer);
        boolean takesReleased = released > 0 && consumer.name().isEmpty();
        ValueWriter.length(rows.size() + (takesReleased ? released : 0), out);
        long row = rows.isEmpty() ? IdRows.NONE : rows.first();
        for (; row != IdRows.NONE; row = rows.next(row)) id(rows.ms(row), rows.seq(row), out);
        if (takesReleased) releasedIds(group, out);
    }
}
