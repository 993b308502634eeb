package dev.cinnabar.command;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.BLOCKING;
import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.MOVABLEKEYS;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.WAKES_WITHOUT_KEY;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.StreamConsumer;
import dev.cinnabar.store.StreamEntries;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.store.StreamTrim.References;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.Listpack;
import dev.cinnabar.struct.StreamId;
import org.jspecify.annotations.Nullable;

/// Streams: entries of fields and values that are appended under growing ids, and read from any id on. What
/// manages groups of readers is in [XgroupCommands], what tells about streams in [XinfoCommands].
public enum StreamCommands implements Command {
    XACK(syntax("XACK key group id [id ...]")
            .flags(WRITE, FAST)
            .key("RW UPDATE")
            .since("5.0.0")
            .complexity("O(log(N)) for each id, for N pending entries")
            .summary("Acknowledges entries that were read in a group.")),
    XACKDEL(syntax("XACKDEL key group [KEEPREF | DELREF | ACKED] IDS numids id [id ...]")
            .flags(WRITE, FAST)
            .key("RW UPDATE DELETE")
            .since("8.2.0")
            .complexity("O(log(N)) for each id, for N pending entries")
            .summary("Acknowledges entries that were read in a group, and deletes them.")),
    XADD(syntax("XADD key [NOMKSTREAM] [KEEPREF | DELREF | ACKED]"
                    + " [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW UPDATE")
            .since("5.0.0")
            .complexity("O(1), and O(N) for N entries trimmed")
            .tips("nondeterministic_output")
            .summary("Appends an entry to a stream, creating it when the key is missing.")),
    XAUTOCLAIM(syntax("XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]")
            .flags(WRITE, FAST)
            .key("RW DELETE")
            .arguments("string", "start")
            .since("6.2.0")
            .complexity("O(1) for a small count")
            .tips("nondeterministic_output")
            .summary("Gives a consumer the pending entries that others have kept for too long.")),
    XCLAIM(syntax("XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds]"
                    + " [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]")
            .flags(WRITE, FAST)
            .key("RW UPDATE")
            .since("5.0.0")
            .complexity("O(log(N)) for each id, for N pending entries")
            .tips("nondeterministic_output")
            .summary("Gives a consumer entries that are pending of others.")),
    XDEL(syntax("XDEL key id [id ...]")
            .flags(WRITE, FAST)
            .key("RW DELETE")
            .since("5.0.0")
            .complexity("O(log(N)) for each id, for N entries")
            .summary("Deletes entries of a stream.")),
    XDELEX(syntax("XDELEX key [KEEPREF | DELREF | ACKED] IDS numids id [id ...]")
            .flags(WRITE, FAST)
            .key("RW DELETE")
            .since("8.2.0")
            .complexity("O(log(N)) for each id, for N entries")
            .summary("Deletes entries of a stream with regard to the groups that know them.")),
    XLEN(syntax("XLEN key")
            .flags(READONLY, FAST)
            .key("RO")
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Answers how many entries a stream has.")),
    XNACK(syntax("XNACK key group <SILENT | FAIL | FATAL> IDS numids id [id ...] [RETRYCOUNT count] [FORCE]")
            .flags(WRITE, FAST)
            .key("RW UPDATE")
            .since("8.8.0")
            .complexity("O(log(N)) for each id, for N pending entries")
            .summary("Takes pending entries from their consumers and leaves them to whoever claims them.")),
    XPENDING(syntax("XPENDING key group [[IDLE min-idle-time] start end count [consumer]]")
            .flags(READONLY)
            .key("RO ACCESS")
            .arguments("string", "start", "end")
            .since("5.0.0")
            .complexity(
                    "O(log(N)+M) for N pending entries and M of them looked at; O(M) for M consumers in the short form")
            .tips("nondeterministic_output")
            .summary("Tells which entries of a group are not acknowledged yet.")),
    XRANGE(syntax("XRANGE key start end [COUNT count]")
            .flags(READONLY)
            .key("RO ACCESS")
            .arguments("string", "start", "end")
            .since("5.0.0")
            .complexity("O(log(N)+M) for N entries and M of them answered")
            .summary("Answers the entries between two ids.")),
    XREAD(syntax("XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]")
            .flags(READONLY, BLOCKING, MOVABLEKEYS)
            .keys(KeySpec.keyword("RO ACCESS", "STREAMS", 1, -1, 1, 2))
            .since("5.0.0")
            .complexity("O(log(N)+M) for each stream, for N entries and M of them answered")
            .summary("Answers the entries of streams behind given ids, and waits for some if there are none.")),
    XREADGROUP(syntax("XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [CLAIM min-idle-time] [NOACK]"
                    + " STREAMS key [key ...] id [id ...]")
            .flags(WRITE, BLOCKING, MOVABLEKEYS, WAKES_WITHOUT_KEY)
            .keys(KeySpec.keyword("RO ACCESS", "STREAMS", 4, -1, 1, 2))
            .since("5.0.0")
            .complexity(
                    "O(log(N)+M) for each stream, for N entries and M of them answered; with CLAIM O(P/64) for P pending entries")
            .summary("Answers entries that no consumer of a group has read, or those that are pending of a consumer.")),
    XREVRANGE(syntax("XREVRANGE key end start [COUNT count]")
            .flags(READONLY)
            .key("RO ACCESS")
            .arguments("string", "start", "end")
            .since("5.0.0")
            .complexity("O(log(N)+M) for N entries and M of them answered")
            .summary("Answers the entries between two ids, the newest first.")),
    XSETID(syntax("XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW UPDATE")
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Sets what a stream remembers of its past. For the server's own use.")),
    XTRIM(syntax("XTRIM key <MAXLEN | MINID> [= | ~] threshold [LIMIT count] [KEEPREF | DELREF | ACKED]")
            .flags(WRITE)
            .key("RW DELETE")
            .since("5.0.0")
            .complexity("O(N) for N entries trimmed")
            .tips("nondeterministic_output")
            .summary("Deletes the oldest entries of a stream."));

    static final String KEEPREF = "KEEPREF"; // the default, which the log leaves out: Redis 7.0 has no word for it
    static final String NO_IDS = "ERR Number of IDs must be a positive integer";
    static final String IDS_DIFFER = "ERR The `numids` parameter must match the number of arguments";

    static final long NOBODYS_IDLE_MS = -1; // what is answered of an entry that was released

    private static final int NOT_THERE = -1; // what XDELEX answers for an id
    private static final int DELETED = 1;
    private static final int STILL_REFERENCED = 2;

    private final CommandSpec spec;

    StreamCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.STREAM).build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case XACK -> acknowledge(call);
            case XACKDEL -> deleteMany(call, 3, 2);
            case XADD -> StreamAdding.add(call);
            case XAUTOCLAIM -> StreamClaims.claimIdle(call);
            case XCLAIM -> StreamClaims.claim(call);
            case XDEL -> delete(call);
            case XDELEX -> deleteMany(call, 2, 0);
            case XLEN -> length(call);
            case XNACK -> StreamClaims.release(call);
            case XPENDING -> pending(call);
            case XRANGE -> range(call, false);
            case XREAD -> StreamReading.read(call);
            case XREADGROUP -> StreamReading.readInGroup(call);
            case XREVRANGE -> range(call, true);
            case XSETID -> setId(call);
            case XTRIM -> StreamAdding.trim(call);
        };
    }

    // ---- for all of the family ----

    /// @throws Refusal when the argument is no id
    static void checkId(Bytes text) {
        if (!StreamId.isId(text)) throw Errors.INVALID_ID;
    }

    /// The group of that name, or null when there is none, or no stream.
    ///
    /// @param address of the stream's record, 0 for none
    static @Nullable StreamGroup findGroup(Call call, long address, Bytes name) {
        StreamValue stream = call.db().stream(address);
        return stream == null ? null : stream.group(name);
    }

    /// The group that the second argument names.
    ///
    /// @param address of the stream's record, 0 for none
    /// @throws Refusal when there is none, or no stream
    static StreamGroup group(Call call, long address) {
        StreamGroup group = findGroup(call, address, call.arg(2));
        if (group == null) throw new Refusal(Errors.noGroup(call.key(1), call.arg(2)));
        return group;
    }

    /// What a word says of references, null when it says nothing of them.
    static @Nullable References references(Bytes word) {
        if (word.isWord(KEEPREF)) return References.KEEP;
        if (word.isWord("DELREF")) return References.DELETE;
        return word.isWord("ACKED") ? References.ACKED : null;
    }

    /// Answers the current entry of a walk: its id, and names and values by turns.
    static void answer(Reply reply, StreamEntries entry) {
        reply.array(2);
        answerInside(reply, entry);
    }

    /// The same without the head, for those who answer more of it.
    static void answerInside(Reply reply, StreamEntries entry) {
        long fields = entry.fields();
        reply.id(entry.ms(), entry.seq()).array(2 * fields);
        for (long i = 0; i < fields; i++) {
            answer(reply, entry.name());
            answer(reply, entry.value());
        }
    }

    private static void answer(Reply reply, Listpack.Entry text) {
        if (text.isNumber()) reply.bulk(text.number());
        else reply.bulk(text.bytes());
    }

    // ---- reading ----

    private static Reply length(Call call) {
        StreamValue stream = call.db().stream(call.lookupRead(call.key(1)));
        return call.reply().integer(stream == null ? 0 : stream.size());
    }

    private static Reply range(Call call, boolean isBackward) {
        StreamInterval interval = StreamInterval.of(call, isBackward ? 3 : 2, isBackward ? 2 : 3);
        long count = -1;
        for (int i = 4; i < call.argc(); i += 2) {
            if (!call.is(i, "COUNT") || i + 1 == call.argc()) throw Errors.SYNTAX_REFUSAL;
            count = Math.max(0, call.longArg(i + 1));
        }
        StreamValue stream = call.db().stream(call.lookupRead(call.key(1)));
        if (stream == null) return call.reply().array(0);
        if (count == 0) return call.reply().nilArray();

        Reply reply = call.reply();
        StreamEntries entries = call.db().streamEntries();
        entries.of(stream, interval.fromMs, interval.fromSeq, interval.toMs, interval.toSeq, isBackward);
        int begin = reply.begin();
        long answered = 0;
        while (answered != count && entries.next()) {
            answer(reply, entries);
            answered++;
        }
        return reply.endArray(begin, answered);
    }

    // ---- deleting ----

    private static Reply delete(Call call) {
        Bytes key = call.key(1);
        long address = call.lookupWrite(key);
        if (call.db().stream(address) == null) return call.reply().integer(0);
        for (int i = 2; i < call.argc(); i++) checkId(call.arg(i));

        StreamValue stream = call.db().streamForChange(address);
        long deleted = 0;
        for (int i = 2; i < call.argc(); i++) {
            if (stream.delete(StreamId.ms(call.arg(i)), StreamId.seq(call.arg(i), 0))) deleted++;
        }
        if (deleted > 0) {
            call.changed(key, "xdel", deleted);
        }
        return call.reply().integer(deleted);
    }

    private static Reply acknowledge(Call call) {
        long address = call.lookupRead(call.key(1));
        StreamGroup group = findGroup(call, address, call.arg(2));
        if (group == null) return call.reply().integer(0);
        for (int i = 3; i < call.argc(); i++) checkId(call.arg(i));

        call.db().streamForChange(address);
        long acknowledged = 0;
        for (int i = 3; i < call.argc(); i++) {
            if (group.acknowledge(StreamId.ms(call.arg(i)), StreamId.seq(call.arg(i), 0))) acknowledged++;
        }
        if (acknowledged > 0) call.dirty(acknowledged);
        return call.reply().integer(acknowledged);
    }

    /// XDELEX, and XACKDEL where a group is named. The log is told in the words of Redis 7.0 what became of
    /// each entry.
    ///
    /// @param optionsAt where the options begin
    /// @param groupAt   where the group's name stands, 0 for none
    private static Reply deleteMany(Call call, int optionsAt, int groupAt) {
        References references = References.KEEP;
        boolean hasReferences = false;
        int idsAt = 0;
        int count = 0;
        for (int i = optionsAt; i < call.argc(); i++) {
            References word = references(call.arg(i));
            if (word != null && !hasReferences) {
                references = word;
                hasReferences = true;
            } else if (idsAt == 0 && call.is(i, "IDS") && i + 1 < call.argc()) {
                count = (int) call.longArg(i + 1, 1, Integer.MAX_VALUE, NO_IDS);
                idsAt = i + 2;
                if (count > call.argc() - idsAt) throw new Refusal(IDS_DIFFER);
                i = idsAt + count - 1;
            } else {
                throw idsAt > 0 && !hasReferences ? new Refusal(IDS_DIFFER) : Errors.SYNTAX_REFUSAL;
            }
        }
        if (idsAt == 0) throw Errors.SYNTAX_REFUSAL;

        Bytes key = call.key(1);
        long address = call.lookupWrite(key);
        StreamValue stream = call.db().stream(address);
        StreamGroup group = groupAt == 0 ? null : findGroup(call, address, call.arg(groupAt));
        for (int i = idsAt; i < idsAt + count; i++) checkId(call.arg(i));
        Reply reply = call.reply().array(count);
        boolean isNowhere = stream == null || groupAt > 0 && group == null;
        if (!isNowhere) stream = call.db().streamForChange(address);

        long changes = 0;
        long deleted = 0;
        for (int i = idsAt; i < idsAt + count; i++) {
            if (stream == null || isNowhere) {
                reply.integer(NOT_THERE);
                continue;
            }
            long ms = StreamId.ms(call.arg(i));
            long seq = StreamId.seq(call.arg(i), 0);
            boolean wasPending = group != null && acknowledge(call, group, ms, seq);
            if (group != null && !wasPending && stream.has(ms, seq)) { // who has not got it cannot be done with it
                reply.integer(NOT_THERE);
                continue;
            }
            if (references == References.DELETE) wasPending |= forget(call, stream, ms, seq);
            if (wasPending) changes++;
            if (references == References.ACKED && stream.has(ms, seq) && !stream.isDone(ms, seq)) {
                reply.integer(STILL_REFERENCED);
            } else if (stream.delete(ms, seq)) {
                call.effects().command(Words.XDEL).arg(key).id(ms, seq);
                deleted++;
                reply.integer(DELETED);
            } else {
                reply.integer(NOT_THERE);
            }
        }
        if (deleted > 0) call.changed(key, "xdel", deleted);
        if (changes > 0) call.dirty(changes);
        return reply;
    }

    /// Makes a group forget that an entry is pending, and tells the log.
    ///
    /// @return whether it was
    private static boolean acknowledge(Call call, StreamGroup group, long ms, long seq) {
        boolean wasPending = group.acknowledge(ms, seq);
        if (wasPending)
            call.effects()
                    .command(Words.XACK)
                    .arg(call.key(1))
                    .arg(group.name())
                    .id(ms, seq);
        return wasPending;
    }

    /// The same for all groups.
    private static boolean forget(Call call, StreamValue stream, long ms, long seq) {
        boolean wasPending = false;
        for (int i = 0; i < stream.groups(); i++) wasPending |= acknowledge(call, stream.group(i), ms, seq);
        return wasPending;
    }

    // ---- what is pending ----

    private static Reply pending(Call call) {
        int argc = call.argc();
        if (argc != 3 && (argc < 6 || argc > 9)) throw Errors.SYNTAX_REFUSAL;
        StreamInterval interval = null;
        long minIdleMs = 0;
        long count = 0;
        int startAt = 3;
        if (argc > 3) {
            if (call.is(3, "IDLE")) {
                minIdleMs = call.longArg(4);
                startAt = 5;
                if (argc < 8) throw Errors.SYNTAX_REFUSAL;
            }
            count = Math.max(0, call.longArg(startAt + 2));
            interval = StreamInterval.of(call, startAt, startAt + 1);
        }
        StreamGroup group = group(call, call.lookupRead(call.key(1)));
        if (interval == null) return pendingInShort(call.reply(), group);
        StreamConsumer consumer = startAt + 3 < argc ? group.find(call.arg(startAt + 3)) : null;
        if (startAt + 3 < argc && consumer == null) return call.reply().array(0);
        return pending(call, group, consumer, interval, minIdleMs, count);
    }

    private static Reply pendingInShort(Reply reply, StreamGroup group) {
        reply.array(4).integer(group.pending());
        if (group.pending() == 0) return reply.nil().nil().nilArray();
        IdRows rows = group.rows(null);
        reply.id(rows.ms(rows.first()), rows.seq(rows.first()));
        reply.id(rows.ms(rows.last()), rows.seq(rows.last()));
        int begin = reply.begin();
        long answered = 0;
        for (int i = 0; i < group.consumers(); i++) {
            StreamConsumer consumer = group.consumer(i);
            if (consumer.pending() == 0) continue;
            reply.array(2).bulk(consumer.name()).bulk(consumer.pending());
            answered++;
        }
        return reply.endArray(begin, answered);
    }

    private static Reply pending(
            Call call,
            StreamGroup group,
            @Nullable StreamConsumer consumer,
            StreamInterval interval,
            long minIdleMs,
            long count) {
        Reply reply = call.reply();
        int begin = reply.begin();
        long answered = 0;
        IdRows rows = group.rows(consumer);
        long at = rows.ceiling(interval.fromMs, interval.fromSeq);
        for (; at != IdRows.NONE && answered < count; at = rows.next(at)) {
            long ms = rows.ms(at);
            long seq = rows.seq(at);
            if (StreamId.compare(ms, seq, interval.toMs, interval.toSeq) > 0) break;
            long place = consumer == null ? at : group.find(ms, seq);
            if (!group.isIdle(place, minIdleMs, call.nowMs())) continue;
            reply.array(4).id(ms, seq);
            StreamConsumer owner = group.owner(place);
            if (owner == null) reply.bulk("").integer(NOBODYS_IDLE_MS);
            else reply.bulk(owner.name()).integer(Math.max(0, call.nowMs() - group.deliveredMs(place)));
            reply.integer(group.deliveries(place));
            answered++;
        }
        return reply.endArray(begin, answered);
    }

    // ---- what the stream remembers ----

    private static Reply setId(Call call) {
        checkId(call.arg(2));
        long ms = StreamId.ms(call.arg(2));
        long seq = StreamId.seq(call.arg(2), 0);
        long added = -1;
        long deletedMs = 0;
        long deletedSeq = 0;
        for (int i = 3; i < call.argc(); i += 2) {
            if (i + 1 == call.argc()) throw Errors.SYNTAX_REFUSAL;
            if (call.is(i, "ENTRIESADDED")) {
                added = call.longArg(i + 1);
                if (added < 0 && !call.mustObey()) throw new Refusal("ERR entries_added must be positive");
                if (added < 0) added = Long.MAX_VALUE; // Redis counts beyond the largest number, and its log says so
            } else if (call.is(i, "MAXDELETEDID")) {
                checkId(call.arg(i + 1));
                deletedMs = StreamId.ms(call.arg(i + 1));
                deletedSeq = StreamId.seq(call.arg(i + 1), 0);
                // an image may hold what XSETID let happen: a last id in front of one that was deleted
                if (StreamId.compare(ms, seq, deletedMs, deletedSeq) < 0 && !call.mustObey())
                    throw new Refusal(
                            "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
            } else {
                throw Errors.SYNTAX_REFUSAL;
            }
        }
        long address = call.lookupWrite(call.key(1));
        StreamValue stream = call.db().stream(address);
        if (stream == null) return call.reply().error(Errors.NO_KEY);
        if (stream.size() > 0) {
            StreamEntries newest = call.db().streamEntries().of(stream, 0, 0, StreamId.MAX, StreamId.MAX, true);
            if (newest.next() && StreamId.compare(ms, seq, newest.ms(), newest.seq()) < 0)
                return call.reply().error("ERR The ID specified in XSETID is smaller than the target stream top item");
            if (added >= 0 && stream.size() > added)
                return call.reply()
                        .error("ERR The entries_added specified in XSETID is smaller than the target stream length");
        }

        call.db().streamForChange(address).setId(ms, seq, added, deletedMs, deletedSeq);
        call.changedUnawaited(call.key(1), "xsetid");
        return call.reply().ok();
    }
}
