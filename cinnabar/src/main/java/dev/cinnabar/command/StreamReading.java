package dev.cinnabar.command;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.StoredBytes;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Kind;
import dev.cinnabar.store.StreamConsumer;
import dev.cinnabar.store.StreamEntries;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.StreamId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// XREAD and XREADGROUP: entries behind given ids, of several streams, perhaps after waiting for them.
///
/// What a group hands out goes to the log as an XCLAIM for all entries of a stream together, which says by
/// whom they are pending and since when, and an XGROUP SETID, which says up to where the group has read. What
/// a consumer reads again of what is pending of it goes there, too, in an XCLAIM for as many entries as were
/// handed out equally often: some twenty bytes for each. Redis saves these, and does not count such
/// deliveries after a restart.
final class StreamReading {
    private static final String UNBALANCED =
            "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.";
    private static final String ONLY_IN_GROUP = " option is only supported by XREADGROUP. You called XREAD instead.";
    private static final String NO_GROUP = "ERR Missing GROUP option for XREADGROUP";
    private static final String DOLLAR_IN_GROUP =
            "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the"
                    + " history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just"
                    + " return an empty result set.";
    private static final String NEW_WITHOUT_GROUP =
            "ERR The > ID can be specified only when calling XREADGROUP using the GROUP"
                    + " <group> <consumer> option.";
    private static final long FOREVER = Long.MAX_VALUE;

    private final Call call;
    private final boolean isInGroup;
    private long timeoutMs = -1; // -1 for not waiting, 0 for ever
    private long count; // of entries of each stream, 0 for all
    private long claimsIdleMs = -1;
    private final List<Idle> gone =
            new ArrayList<>(); // pending entries that are not in the stream any more, when CLAIM looked last
    private boolean needsNoAck;
    private int groupAt;
    private int keysAt;
    private int streams;
    private long handedOut; // of the stream that is being answered, by its group
    private int whole; // where in the reply the last of these ends

    private StreamReading(Call call, boolean isInGroup) {
        this.call = call;
        this.isInGroup = isInGroup;
    }

    static Reply read(Call call) {
        StreamReading reading = new StreamReading(call, false);
        reading.readOptions();
        for (int i = 0; i < reading.streams; i++) reading.check(i);
        return reading.answer();
    }

    static Reply readInGroup(Call call) {
        StreamReading reading = new StreamReading(call, true);
        reading.readOptions();
        for (int i = 0; i < reading.streams; i++) reading.checkInGroup(i);
        call.effects(); // nothing, or what is said of each stream below
        return reading.answer();
    }

    // ---- the words ----

    private void readOptions() {
        for (int i = 1; i < call.argc() && keysAt == 0; i++) {
            int more = call.argc() - 1 - i;
            if (more >= 1 && call.is(i, "BLOCK")) {
                timeoutMs = Timeout.wholeMillis(call, ++i);
            } else if (more >= 1 && call.is(i, "COUNT")) {
                count = Math.max(0, call.longArg(++i));
            } else if (more >= 1 && call.is(i, "STREAMS")) {
                if (more % 2 != 0) throw new Refusal(UNBALANCED);
                keysAt = i + 1;
                streams = more / 2;
            } else if (more >= 2 && call.is(i, "GROUP")) {
                if (!isInGroup) throw new Refusal("ERR The GROUP" + ONLY_IN_GROUP);
                groupAt = i + 1;
                i += 2;
            } else if (call.is(i, "NOACK")) {
                if (!isInGroup) throw new Refusal("ERR The NOACK" + ONLY_IN_GROUP);
                needsNoAck = true;
            } else if (more >= 1 && isInGroup && call.is(i, "CLAIM")) {
                claimsIdleMs = call.longArg(++i, 0, Long.MAX_VALUE, "ERR min-idle-time must be a positive integer");
            } else {
                throw Errors.SYNTAX_REFUSAL;
            }
        }
        if (keysAt == 0) throw Errors.SYNTAX_REFUSAL;
        if (isInGroup && groupAt == 0) throw new Refusal(NO_GROUP);
    }

    private Bytes key(int stream) {
        return call.key(keysAt + stream);
    }

    private int idAt(int stream) {
        return keysAt + streams + stream;
    }

    private boolean isSign(int stream, char sign) {
        Bytes id = call.arg(idAt(stream));
        return id.length() == 1 && id.at(0) == sign;
    }

    private void check(int stream) {
        stream(call.lookupRead(key(stream)));
        if (isSign(stream, '>')) throw new Refusal(NEW_WITHOUT_GROUP);
        if (!isSign(stream, '$') && !isSign(stream, '+')) StreamCommands.checkId(call.arg(idAt(stream)));
    }

    /// The stream in a record, null when there is none. Who has waited for several goes on with the others
    /// when the key of one has become something else.
    private @Nullable StreamValue stream(long address) {
        boolean isPassedOver = call.hasWaited() && address != 0 && call.db().kind(address) != Kind.STREAM;
        return isPassedOver ? null : call.db().stream(address);
    }

    private void checkInGroup(int stream) {
        long address = call.lookupRead(key(stream));
        boolean isGone = address == 0 || !call.db().kind(address).type().equals("stream");
        if (isGone && call.hasWaited()) throw new Refusal(Errors.STREAM_GONE);
        if (StreamCommands.findGroup(call, address, call.arg(groupAt)) == null) {
            String what = Errors.noGroup(key(stream), call.arg(groupAt));
            throw new Refusal(what + " in XREADGROUP with GROUP option");
        }
        if (isSign(stream, '$')) throw new Refusal(DOLLAR_IN_GROUP);
        if (!isSign(stream, '>')) StreamCommands.checkId(call.arg(idAt(stream)));
    }

    // ---- the answer ----

    private Reply answer() {
        Reply reply = call.reply();
        int begin = reply.begin();
        int answered = 0;
        for (int i = 0; i < streams; i++) {
            int before = reply.begin();
            try {
                if (isInGroup ? answerInGroup(i) : answer(i)) answered++;
            } catch (OutOfMemory | OutOfMemoryError | ByteBuilder.LimitReached e) {
                if (answered == 0) throw e;
                reply.out().rewind(before); // what was handed out so far must reach its reader
                break;
            }
        }
        if (answered > 0) {
            return reply.isResp3() ? reply.endMap(begin, answered) : reply.endArray(begin, answered);
        }
        if (timeoutMs < 0) return reply.nilArray();
        return await();
    }

    /// Begins what is answered of a stream: its name, and the entries behind it.
    private Reply begin(int stream) {
        if (!call.reply().isResp3()) call.reply().array(2);
        return call.reply().bulk(key(stream));
    }

    /// @return whether there is anything to answer
    private boolean answer(int index) {
        StreamValue stream = stream(call.db().lookup(key(index)));
        if (stream == null || stream.size() == 0 || isSign(index, '$')) return false;
        StreamEntries entries = call.db().streamEntries();
        if (isSign(index, '+')) {
            if (!entries.of(stream, 0, 0, StreamId.MAX, StreamId.MAX, true).next()) return false;
            StreamCommands.answer(begin(index).array(1), entries);
            return true;
        }
        Bytes id = call.arg(idAt(index));
        long ms = StreamId.ms(id);
        long seq = StreamId.seq(id, 0);
        if (StreamId.compare(stream.lastMs(), stream.lastSeq(), ms, seq) <= 0) return false;
        entries.of(stream, StreamId.nextMs(ms, seq), StreamId.nextSeq(seq), StreamId.MAX, StreamId.MAX, false);
        if (!entries.next()) return false;
        Reply reply = begin(index);
        int begin = reply.begin();
        long answered = 0;
        do {
            StreamCommands.answer(reply, entries);
            answered++;
        } while (answered != count && entries.next());
        reply.endArray(begin, answered);
        return true;
    }

    /// Waits for the streams to change.
    private Reply await() {
        if (call.mayWait() && !call.hasWaited()) {
            if (isInGroup) call.waitFor(new StreamWish.OfGroup(StoredBytes.copyOf(call.arg(groupAt)), claimsIdleMs));
            else settleIds();
        }
        return call.waitForKeys(keysAt, keysAt + streams - 1, timeoutMs, true);
    }

    /// Says behind which ids entries are waited for. What `$` and `+` mean is settled now.
    private void settleIds() {
        StreamWish.Behind wish = new StreamWish.Behind();
        for (int i = 0; i < streams; i++) {
            if (!isSign(i, '$') && !isSign(i, '+')) {
                Bytes id = call.arg(idAt(i));
                wish.add(key(i), StreamId.ms(id), StreamId.seq(id, 0));
                continue;
            }
            StreamValue stream = call.db().stream(call.db().lookup(key(i)));
            long ms = stream == null ? 0 : stream.lastMs();
            long seq = stream == null ? 0 : stream.lastSeq();
            byte[] id = new byte[StreamId.length(ms, seq)];
            StreamId.print(ms, seq, id, 0);
            call.waitWith(idAt(i), id);
            wish.add(key(i), ms, seq);
        }
        call.waitFor(wish);
    }

    // ---- in a group ----

    private boolean answerInGroup(int index) {
        Database db = call.db();
        long address = db.lookup(key(index));
        StreamGroup group = StreamCommands.findGroup(call, address, call.arg(groupAt));
        if (group == null) throw new IllegalStateException("a group went while it was read");
        StreamValue stream = db.streamForChange(address);
        StreamConsumer consumer = StreamClaims.consumer(call, key(index), group, call.arg(groupAt + 1));
        if (!isSign(index, '>')) {
            answerHistory(index, stream, group, consumer);
            call.dirty(1);
            return true;
        }

        List<Idle> idle = claimsIdleMs < 0 ? List.of() : idle(stream, group);
        if (claimsIdleMs >= 0) acknowledgeGone(index, group);
        StreamEntries entries = call.db().streamEntries();
        boolean hasNew = stream.size() > 0
                && StreamId.compare(stream.lastMs(), stream.lastSeq(), group.lastMs(), group.lastSeq()) > 0
                && behind(stream, group, entries).next();
        if (idle.isEmpty() && !hasNew) return false;

        long most = count == 0 ? FOREVER : count;
        group.hold(consumer, Math.min(most, stream.size() + idle.size()));
        handedOut = 0;
        try {
            Reply reply = begin(index);
            int begin = reply.begin();
            try {
                answerIdle(index, stream, group, consumer, idle);
                if (hasNew && handedOut < most) answerNew(index, stream, group, consumer, most - handedOut);
            } catch (OutOfMemory | OutOfMemoryError | ByteBuilder.LimitReached e) {
                if (handedOut == 0) throw e;
                reply.out().rewind(whole); // what was handed out so far must reach its reader
            }
            reply.endArray(begin, handedOut);
            return true;
        } finally {
            if (handedOut > 0) call.dirty(1);
            group.letGo();
        }
    }

    /// An entry is answered as a whole, and belongs to the reader from now on.
    private void handOut() {
        handedOut++;
        whole = call.reply().begin();
    }

    /// A walk over what the group has not read.
    private static StreamEntries behind(StreamValue stream, StreamGroup group, StreamEntries entries) {
        long ms = group.lastMs();
        long seq = group.lastSeq();
        return entries.of(stream, StreamId.nextMs(ms, seq), StreamId.nextSeq(seq), StreamId.MAX, StreamId.MAX, false);
    }

    /// Hands out entries that the group has not read yet: each when its answer is written, for which there may
    /// be no memory.
    private void answerNew(int index, StreamValue stream, StreamGroup group, StreamConsumer consumer, long most) {
        StreamEntries entries = behind(stream, group, call.db().streamEntries());
        Effects effects = call.effects();
        long before = handedOut;
        try {
            while (handedOut - before < most && entries.next()) {
                long ms = entries.ms();
                long seq = entries.seq();
                if (claimsIdleMs < 0) StreamCommands.answer(call.reply(), entries);
                else answerClaimed(entries, 0, 0);
                if (!needsNoAck) {
                    if (handedOut == before) beginClaim(index, group, consumer);
                    effects.id(ms, seq);
                    group.assign(ms, seq, consumer, call.nowMs(), 1);
                }
                group.noteRead(stream, ms, seq);
                handOut();
            }
        } finally { // also when there is no memory for more: the log has what was handed out
            if (handedOut > before) {
                if (!needsNoAck) endClaim(group, 1);
                consumer.noteActive(call.nowMs());
                tellLastId(call, key(index), group);
            }
        }
    }

    /// Begins to tell the log which entries are pending of a consumer; their ids follow.
    private void beginClaim(int index, StreamGroup group, StreamConsumer consumer) {
        call.effects()
                .command(Words.XCLAIM)
                .arg(key(index))
                .arg(group.name())
                .arg(consumer.name())
                .arg(0);
    }

    /// Behind the ids: since now, and handed out so often.
    private void endClaim(StreamGroup group, long deliveries) {
        call.effects()
                .arg(Words.TIME)
                .arg(call.nowMs())
                .arg(Words.RETRYCOUNT)
                .arg(deliveries)
                .arg(Words.FORCE)
                .arg(Words.JUSTID)
                .arg(Words.LASTID)
                .id(group.lastMs(), group.lastSeq());
    }

    /// Tells the log up to where a group has read.
    static void tellLastId(Call call, Bytes key, StreamGroup group) {
        call.effects()
                .command(Words.XGROUP)
                .arg(Words.SETID)
                .arg(key)
                .arg(group.name())
                .id(group.lastMs(), group.lastSeq())
                .arg(Words.ENTRIESREAD)
                .arg(group.entriesRead());
    }

    /// Answers what is pending of the consumer behind an id; an entry that the stream does not have any more
    /// is a nil behind its id.
    private void answerHistory(int index, StreamValue stream, StreamGroup group, StreamConsumer consumer) {
        Bytes id = call.arg(idAt(index));
        long ms = StreamId.ms(id);
        long seq = StreamId.seq(id, 0);
        Reply reply = begin(index);
        int begin = reply.begin();
        long answered = 0;
        StreamEntries entry = call.db().streamEntries();
        IdRows rows = group.rows(consumer);
        Redeliveries redeliveries = new Redeliveries(index, group, consumer);
        long at = StreamId.isMax(ms, seq) ? IdRows.NONE : rows.ceiling(StreamId.nextMs(ms, seq), StreamId.nextSeq(seq));
        try {
            for (; at != IdRows.NONE && (count == 0 || answered < count); at = rows.next(at)) {
                if (entry.at(stream, rows.ms(at), rows.seq(at))) {
                    long place = group.find(rows.ms(at), rows.seq(at));
                    long deliveries = StreamGroup.oneMore(group.deliveries(place));
                    group.delivered(place, call.nowMs(), deliveries);
                    redeliveries.tell(rows.ms(at), rows.seq(at), deliveries);
                    StreamCommands.answer(reply, entry);
                } else {
                    reply.array(2).id(rows.ms(at), rows.seq(at)).nilArray();
                }
                answered++;
            }
        } finally { // also when there is no memory for the answer: what was handed out is
            redeliveries.end();
        }
        reply.endArray(begin, answered);
    }

    /// Tells the log what is handed out again: neighbours that were handed out equally often come in one
    /// claim.
    private final class Redeliveries {
        private final int index;
        private final StreamGroup group;
        private final StreamConsumer consumer;
        private boolean isOpen; // a claim has begun
        private long deliveries; // of each of its entries

        Redeliveries(int index, StreamGroup group, StreamConsumer consumer) {
            this.index = index;
            this.group = group;
            this.consumer = consumer;
        }

        void tell(long ms, long seq, long deliveries) {
            if (isOpen && deliveries != this.deliveries) end();
            if (!isOpen) beginClaim(index, group, consumer);
            isOpen = true;
            this.deliveries = deliveries;
            call.effects().id(ms, seq);
        }

        void end() {
            if (isOpen) endClaim(group, deliveries);
            isOpen = false;
        }
    }

    // ---- CLAIM ----

    /// An entry that is pending for long enough to be claimed. The longest comes first.
    ///
    /// @param sinceMs when it was handed out, in ms since 1970, or [StreamGroup#EVER]
    /// @param ms      its id, with `seq`
    private record Idle(long sinceMs, long ms, long seq) implements Comparable<Idle> {
        @Override
        public int compareTo(Idle other) {
            if (sinceMs != other.sinceMs) return Long.compare(sinceMs, other.sinceMs);
            return StreamId.compare(ms, seq, other.ms, other.seq);
        }
    }

    /// What is pending for long enough to be claimed, the longest first; what was released comes in front.
    /// Whose entry the stream does not have any more is left out, and in [#gone]. As [StreamGroup#search],
    /// but O(1) while the group knows that nothing can be idle. Notes for a call that waits when the next of
    /// it may be.
    private List<Idle> idle(StreamValue stream, StreamGroup group) {
        gone.clear();
        boolean mayBeIdle = group.idleFromMs(claimsIdleMs) <= call.nowMs();
        List<Idle> idle = mayBeIdle ? new Oldest(stream, group).find() : List.of();
        long nextMs = group.idleFromMs(claimsIdleMs);
        if (idle.isEmpty() && nextMs != StreamGroup.NEVER) call.waitUntil(nextMs);
        return idle;
    }

    /// The search for as many as are asked for.
    private final class Oldest implements StreamGroup.Search {
        private final StreamValue stream;
        private final StreamGroup group;
        private final StreamEntries entry = call.db().streamEntries();
        private final long newestMs = call.nowMs() - claimsIdleMs;
        private final PriorityQueue<Idle> oldest = new PriorityQueue<>(Comparator.reverseOrder()); // the youngest first

        Oldest(StreamValue stream, StreamGroup group) {
            this.stream = stream;
            this.group = group;
        }

        List<Idle> find() {
            group.search(this);
            List<Idle> idle = new ArrayList<>(oldest);
            Collections.sort(idle);
            return idle;
        }

        @Override
        public boolean wants(long sinceMs) {
            return isFull() ? sinceMs < oldest.element().sinceMs : sinceMs <= newestMs;
        }

        private boolean isFull() {
            return count > 0 && oldest.size() == count;
        }

        @Override
        public void found(long place, long sinceMs) {
            IdRows rows = group.rows(null);
            Idle row = new Idle(sinceMs, rows.ms(place), rows.seq(place));
            if (!entry.at(stream, row.ms, row.seq)) {
                gone.add(row);
                return;
            }
            if (isFull()) oldest.poll();
            oldest.add(row);
        }
    }

    private void acknowledgeGone(int index, StreamGroup group) {
        for (Idle row : gone) {
            group.acknowledge(row.ms, row.seq);
            call.effects().command(Words.XACK).arg(key(index)).arg(group.name()).id(row.ms, row.seq);
        }
        if (!gone.isEmpty()) call.dirty(gone.size());
    }

    /// Gives the consumer what others have kept for too long, and tells with each entry for how long (-1 when
    /// it was released, as XPENDING does), and how often it was handed out before.
    private void answerIdle(
            int index, StreamValue stream, StreamGroup group, StreamConsumer consumer, List<Idle> idle) {
        StreamEntries entry = call.db().streamEntries();
        for (Idle row : idle) {
            if (!entry.at(stream, row.ms, row.seq))
                throw new IllegalStateException("an entry went while it was claimed");
            long deliveries = group.deliveries(group.find(row.ms, row.seq));
            long idleMs = row.sinceMs == StreamGroup.EVER ? StreamCommands.NOBODYS_IDLE_MS : call.nowMs() - row.sinceMs;
            answerClaimed(entry, idleMs, deliveries);
            long place = group.assign(row.ms, row.seq, consumer, call.nowMs(), StreamGroup.oneMore(deliveries));
            consumer.noteActive(call.nowMs());
            StreamClaims.tellClaim(call, key(index), group, consumer, place);
            handOut();
        }
    }

    /// With CLAIM all entries tell for how long they were pending and how often they were handed out, new
    /// ones as well.
    private void answerClaimed(StreamEntries entry, long idleMs, long deliveries) {
        StreamCommands.answerInside(call.reply().array(4), entry);
        call.reply().integer(idleMs).integer(deliveries);
    }
}
