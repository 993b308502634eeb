package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.store.StreamConsumer;
import dev.cinnabar.store.StreamEntries;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.StreamId;
import java.util.Arrays;

/// XCLAIM and XAUTOCLAIM: entries that are pending of one consumer are given to another. XNACK: they are
/// taken from their consumers and given to nobody.
///
/// The log is told of each entry how it is pending afterwards, by an XCLAIM that needs no clock, or an XNACK
/// with the number of deliveries; and of a pending entry that the stream does not have any more, by an XACK.
final class StreamClaims {
    private static final long DEFAULT_COUNT = 100;
    private static final long LOOKS_PER_ENTRY = 10; // pending entries that XAUTOCLAIM looks at for each it may claim
    private static final long MOST = Long.MAX_VALUE / 16; // so that the looks can be counted

    private StreamClaims() {}

    /// The options of XCLAIM, and what both commands work on.
    private static final class Claim {
        final Call call;
        final StreamGroup group;
        final Effects effects;
        final long nowMs;
        long minIdleMs;
        long deliveredMs;
        long deliveries = -1; // to be set, or -1 to count on
        boolean isForced;
        boolean answersIds;

        Claim(Call call, StreamGroup group) {
            this.call = call;
            this.group = group;
            this.effects = call.effects();
            this.nowMs = call.nowMs();
            this.deliveredMs = nowMs;
        }

        /// Gives the consumer an entry that the stream has, and answers it.
        ///
        /// @param place in the group's rows, or [IdRows#NONE]
        void take(StreamConsumer consumer, long place, StreamEntries entry) {
            long ms = entry.ms();
            long seq = entry.seq();
            long count = deliveries >= 0 ? deliveries : place == IdRows.NONE ? 1 : group.deliveries(place);
            if (deliveries < 0 && !answersIds) count = StreamGroup.oneMore(count);
            long at = group.assign(ms, seq, consumer, deliveredMs, count);
            consumer.noteActive(nowMs);
            tellClaim(call, call.key(1), group, consumer, at);
            call.dirty(1);
            if (answersIds) call.reply().id(ms, seq);
            else StreamCommands.answer(call.reply(), entry);
        }

        /// Forgets an entry that the stream does not have any more.
        void forget(long ms, long seq) {
            if (!group.acknowledge(ms, seq)) return;
            effects.command(Words.XACK).arg(call.key(1)).arg(call.arg(2)).id(ms, seq);
            call.dirty(1);
        }
    }

    /// Tells the log how an entry is pending of a consumer.
    ///
    /// @param place in the group's rows
    static void tellClaim(Call call, Bytes key, StreamGroup group, StreamConsumer consumer, long place) {
        IdRows rows = group.rows(null);
        call.effects()
                .command(Words.XCLAIM)
                .arg(key)
                .arg(group.name())
                .arg(consumer.name())
                .arg(0)
                .id(rows.ms(place), rows.seq(place))
                .arg(Words.TIME)
                .arg(group.deliveredMs(place))
                .arg(Words.RETRYCOUNT)
                .arg(group.deliveries(place))
                .arg(Words.FORCE)
                .arg(Words.JUSTID)
                .arg(Words.LASTID)
                .id(group.lastMs(), group.lastSeq());
    }

    /// The consumer that a reader or claimer is, made if need be; to be called when the command can no longer
    /// be refused for its words.
    static StreamConsumer consumer(Call call, Bytes key, StreamGroup group, Bytes name) {
        StreamConsumer consumer = group.find(name);
        if (consumer == null) {
            consumer = group.create(name, call.nowMs());
            call.effects()
                    .command(Words.XGROUP)
                    .arg(Words.CREATECONSUMER)
                    .arg(key)
                    .arg(group.name())
                    .arg(name);
            call.changedUnawaited(key, "xgroup-createconsumer");
        }
        consumer.noteSeen(call.nowMs());
        return consumer;
    }

    // ---- XCLAIM ----

    static Reply claim(Call call) {
        long address = call.lookupRead(call.key(1));
        StreamGroup group = StreamCommands.group(call, address);
        Claim claim = new Claim(call, group);
        claim.minIdleMs = Math.max(0, number(call, 4, "ERR Invalid min-idle-time argument for XCLAIM"));
        int idsEnd = 5;
        while (idsEnd < call.argc() && StreamId.isId(call.arg(idsEnd))) idsEnd++;
        long lastMs = 0;
        long lastSeq = 0;
        boolean hasTime = false;
        for (int i = idsEnd; i < call.argc(); i++) {
            boolean hasMore = i + 1 < call.argc();
            if (call.is(i, "FORCE")) {
                claim.isForced = true;
            } else if (call.is(i, "JUSTID")) {
                claim.answersIds = true;
            } else if (hasMore && call.is(i, "IDLE")) {
                claim.deliveredMs = claim.nowMs - number(call, ++i, "ERR Invalid IDLE option argument for XCLAIM");
                hasTime = true;
            } else if (hasMore && call.is(i, "TIME")) {
                claim.deliveredMs = number(call, ++i, "ERR Invalid TIME option argument for XCLAIM");
                hasTime = true;
            } else if (hasMore && call.is(i, "RETRYCOUNT")) {
                claim.deliveries = number(call, ++i, "ERR Invalid RETRYCOUNT option argument for XCLAIM");
            } else if (hasMore && call.is(i, "LASTID")) {
                StreamCommands.checkId(call.arg(++i));
                lastMs = StreamId.ms(call.arg(i));
                lastSeq = StreamId.seq(call.arg(i), 0);
            } else {
                throw new Refusal("ERR Unrecognized XCLAIM option '" + Errors.echo(call.arg(i)) + "'");
            }
        }
        // a time in the future comes from a clock that goes wrong, and a negative one from such a clock's arithmetics
        boolean isBeyond = claim.deliveredMs > claim.nowMs && !call.mustObey();
        if (hasTime && (claim.deliveredMs < 0 || isBeyond)) claim.deliveredMs = claim.nowMs;

        StreamValue stream = call.db().streamForChange(address);
        StreamConsumer consumer = consumer(call, call.key(1), group, call.arg(3));
        group.hold(consumer, idsEnd - 5L);
        try {
            boolean hasMoved = group.moveOn(lastMs, lastSeq);
            long claimed = claimIds(claim, stream, consumer, idsEnd);
            if (claimed > 0 && (claim.isForced || hasTime)) {
                // which other readers may claim sooner now; counted above, one by one
                call.changedUnwatched(call.key(1), Call.NO_EVENT, 0);
            }
            // each claim tells it, too
            if (hasMoved && claimed == 0) {
                StreamReading.tellLastId(call, call.key(1), group);
                call.dirty(1);
            }
        } finally {
            group.letGo();
        }
        return call.reply();
    }

    private static long claimIds(Claim claim, StreamValue stream, StreamConsumer consumer, int idsEnd) {
        Call call = claim.call;
        StreamGroup group = claim.group;
        StreamEntries entry = call.db().streamEntries();
        int begin = call.reply().begin();
        long claimed = 0;
        for (int i = 5; i < idsEnd; i++) {
            long ms = StreamId.ms(call.arg(i));
            long seq = StreamId.seq(call.arg(i), 0);
            if (!entry.at(stream, ms, seq)) {
                claim.forget(ms, seq);
                continue;
            }
            long place = group.find(ms, seq);
            if (place == IdRows.NONE && !claim.isForced) continue;
            if (place != IdRows.NONE && !group.isIdle(place, claim.minIdleMs, claim.nowMs)) continue;
            claim.take(consumer, place, entry);
            claimed++;
        }
        call.reply().endArray(begin, claimed);
        return claimed;
    }

    private static long number(Call call, int index, String error) {
        if (!Numbers.isLong(call.arg(index))) throw new Refusal(error);
        return Numbers.parse(call.arg(index));
    }

    // ---- XNACK ----

    /// Takes entries from their consumers, so that they are pending of nobody and may be claimed at once;
    /// with FORCE also entries that are not pending, if the stream has them. Whoever waits for idle entries
    /// (XREADGROUP CLAIM) is run again.
    ///
    /// Where the manual is silent: a missing group is an error, as for XCLAIM; an entry that was released
    /// before may be released again, and is counted; a pending entry that the stream does not have any more
    /// is released like any other, and goes when it is claimed; SILENT does not count below 0.
    static Reply release(Call call) {
        if (!call.is(3, "SILENT") && !call.is(3, "FAIL") && !call.is(3, "FATAL"))
            throw new Refusal("ERR mode must be SILENT, FAIL, or FATAL");
        if (!call.is(4, "IDS")) throw Errors.SYNTAX_REFUSAL;
        long ids = call.longArg(5, 1, Integer.MAX_VALUE, StreamCommands.NO_IDS);
        if (ids > call.argc() - 6) throw new Refusal(StreamCommands.IDS_DIFFER);
        int idsEnd = 6 + (int) ids;
        long deliveries = -1;
        boolean isForced = false;
        for (int i = idsEnd; i < call.argc(); i++) {
            if (call.is(i, "FORCE")) isForced = true;
            else if (call.is(i, "RETRYCOUNT") && i + 1 < call.argc())
                deliveries = call.longArg(++i, 0, Long.MAX_VALUE, "ERR Invalid RETRYCOUNT option argument for XNACK");
            else if (StreamId.isId(call.arg(i))) throw new Refusal(StreamCommands.IDS_DIFFER);
            else throw new Refusal("ERR Unrecognized XNACK option '" + Errors.echo(call.arg(i)) + "'");
        }
        long address = call.lookupRead(call.key(1));
        StreamGroup group = StreamCommands.group(call, address);
        for (int i = 6; i < idsEnd; i++) StreamCommands.checkId(call.arg(i));

        StreamValue stream = call.db().streamForChange(address);
        if (!isForced) return releaseIds(call, stream, group, idsEnd, deliveries, false);
        group.hold(null, ids);
        try {
            return releaseIds(call, stream, group, idsEnd, deliveries, true);
        } finally {
            group.letGo();
        }
    }

    private static Reply releaseIds(
            Call call, StreamValue stream, StreamGroup group, int idsEnd, long deliveries, boolean isForced) {
        long released = 0;
        for (int i = 6; i < idsEnd; i++) {
            long ms = StreamId.ms(call.arg(i));
            long seq = StreamId.seq(call.arg(i), 0);
            long place = group.find(ms, seq);
            boolean isNew = place == IdRows.NONE;
            if (isNew && !(isForced && stream.has(ms, seq))) continue;
            long count = deliveries >= 0 ? deliveries : deliveriesLeft(call, isNew ? 0 : group.deliveries(place));
            if (isNew) group.addUnassigned(ms, seq, count);
            else group.unassign(place, count);
            tellRelease(call, ms, seq, count);
            released++;
        }
        if (released > 0) {
            call.changedUnwatched(call.key(1), Call.NO_EVENT, released);
        }
        return call.reply().integer(released);
    }

    /// The number of deliveries that XNACK's third word leaves of what there were.
    private static long deliveriesLeft(Call call, long had) {
        if (call.is(3, "SILENT")) return Math.max(0, had - 1);
        return call.is(3, "FATAL") ? Long.MAX_VALUE : had;
    }

    /// Tells the log that an entry is pending of nobody, and how often it was delivered.
    private static void tellRelease(Call call, long ms, long seq, long deliveries) {
        call.effects()
                .command(Words.XNACK)
                .arg(call.key(1))
                .arg(call.arg(2))
                .arg(call.arg(3))
                .arg(Words.IDS)
                .arg(1)
                .id(ms, seq)
                .arg(Words.RETRYCOUNT)
                .arg(deliveries)
                .arg(Words.FORCE);
    }

    // ---- XAUTOCLAIM ----

    /// In the order of ids, for the sake of its cursor: what was released does not come in front, as it does
    /// with XREADGROUP CLAIM.
    static Reply claimIdle(Call call) {
        long minIdleMs = Math.max(0, number(call, 4, "ERR Invalid min-idle-time argument for XAUTOCLAIM"));
        StreamInterval from = StreamInterval.from(call, 5);
        long count = DEFAULT_COUNT;
        boolean answersIds = false;
        for (int i = 6; i < call.argc(); i++) {
            if (call.is(i, "COUNT") && i + 1 < call.argc()) count = call.longArg(++i, 1, MOST, "ERR COUNT must be > 0");
            else if (call.is(i, "JUSTID")) answersIds = true;
            else throw Errors.SYNTAX_REFUSAL;
        }
        long address = call.lookupRead(call.key(1));
        StreamGroup group = StreamCommands.group(call, address);

        StreamValue stream = call.db().streamForChange(address);
        Claim claim = new Claim(call, group);
        claim.minIdleMs = minIdleMs;
        claim.answersIds = answersIds;
        StreamConsumer consumer = consumer(call, call.key(1), group, call.arg(3));
        group.hold(consumer, Math.min(count, group.pending()));
        try {
            return claimIdle(claim, stream, consumer, from, count);
        } finally {
            group.letGo();
        }
    }

    private static Reply claimIdle(
            Claim claim, StreamValue stream, StreamConsumer consumer, StreamInterval from, long count) {
        StreamGroup group = claim.group;
        IdRows rows = group.rows(null);
        Reply reply = claim.call.reply();
        StreamEntries entry = claim.call.db().streamEntries();
        long[] gone = new long[0];
        int goneCount = 0;
        int begin = reply.begin();
        long claimed = 0;
        long looks = count * LOOKS_PER_ENTRY;
        long at = rows.ceiling(from.fromMs, from.fromSeq);
        while (looks-- > 0 && count > 0 && at != IdRows.NONE) {
            long ms = rows.ms(at);
            long seq = rows.seq(at);
            if (!entry.at(stream, ms, seq)) {
                if (2 * goneCount == gone.length) gone = Arrays.copyOf(gone, Math.max(16, 4 * goneCount));
                gone[2 * goneCount] = ms;
                gone[2 * goneCount++ + 1] = seq;
                claim.forget(ms, seq);
                at = rows.ceiling(ms, seq);
                count--;
                continue;
            }
            if (group.isIdle(at, claim.minIdleMs, claim.nowMs)) {
                claim.take(consumer, at, entry);
                claimed++;
                count--;
            }
            at = rows.next(at); // taking changes the row, but not its place
        }
        reply.endArray(begin, claimed);
        reply.array(goneCount);
        for (int i = 0; i < goneCount; i++) reply.id(gone[2 * i], gone[2 * i + 1]);
        return reply.endClaims(begin, at == IdRows.NONE ? 0 : rows.ms(at), at == IdRows.NONE ? 0 : rows.seq(at));
    }
}
