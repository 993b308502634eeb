package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.store.StreamTrim;
import dev.cinnabar.store.StreamTrim.References;
import dev.cinnabar.store.StreamTrim.Strategy;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.struct.StreamId;
import org.jspecify.annotations.Nullable;

/// XADD and XTRIM: what a stream gets, and what it gives up for that.
///
/// Both go to the log in words that say the same at any other time: the id that `*` became, and how far a
/// trimming went whose threshold was approximate or that asked the groups.
final class StreamAdding {
    private static final String BOTH_STRATEGIES =
            "ERR syntax error, MAXLEN and MINID options at the same time are not compatible";
    private static final String LIMIT_WITHOUT_STRATEGY =
            "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy";
    private static final String LIMIT_WITHOUT_TILDE =
            "ERR syntax error, LIMIT cannot be used without the special ~ option";
    private static final String NO_STRATEGY = "ERR syntax error, XTRIM must be called with MAXLEN or MINID";
    private static final String ZERO_ID = "ERR The ID specified in XADD must be greater than 0-0";
    private static final String OLD_ID =
            "ERR The ID specified in XADD is equal or smaller than the target stream top item";
    private static final String NO_MORE_IDS =
            "ERR The stream has exhausted the last possible ID, unable to add more items";
    private static final String TOO_LARGE = "ERR Elements are too large to be stored";
    private static final int NODES_PER_TRIM = 100; // that XTRIM ~ takes at the most, as in Redis
    private static final long ENTRIES_PER_TRIM = 10_000; // the same where nodes are not counted by entries
    private static final long MOST_ENTRIES_PER_TRIM = 1_000_000;

    private StreamAdding() {}

    static Reply add(Call call) {
        StreamTrim trim = call.db().streamTrim();
        int idAt = readOptions(call, trim, true);
        int words = call.argc() - idAt - 1;
        if (words < 2 || words % 2 != 0) return call.reply().error(Errors.arity("xadd"));
        Bytes id = call.arg(idAt);
        boolean isStar = isStar(id);
        boolean isGiven = isGiven(id);
        long givenMs = isStar ? 0 : StreamId.ms(id);
        long givenSeq = isGiven ? StreamId.seq(id, 0) : 0;
        if (isGiven && StreamId.isZero(givenMs, givenSeq)) return call.reply().error(ZERO_ID);

        long address = call.lookupWrite(call.key(1));
        StreamValue stream = call.db().stream(address);
        if (stream == null && isWordBefore(call, idAt, "NOMKSTREAM"))
            return call.reply().nil();
        long lastMs = stream == null ? 0 : stream.lastMs();
        long lastSeq = stream == null ? 0 : stream.lastSeq();
        if (StreamId.isMax(lastMs, lastSeq)) return call.reply().error(NO_MORE_IDS);
        long ms = isStar ? msOfNext(call.nowMs(), lastMs, lastSeq) : givenMs;
        long seq = isGiven ? givenSeq : ms == lastMs ? StreamId.nextSeq(lastSeq) : 0;
        if (StreamId.compare(ms, seq, lastMs, lastSeq) <= 0) return call.reply().error(OLD_ID);
        if (!StreamValue.fits(call.argv(), idAt + 1, call.argc()))
            return call.reply().error(TOO_LARGE);

        trimAndTell(call, idAt, trim, append(call, idAt, address, ms, seq), ms, seq);
        return call.reply().id(ms, seq);
    }

    /// Whether both halves of an id are given, and not `*` or `ms-*`.
    private static boolean isGiven(Bytes id) {
        return !isStar(id) && StreamId.isId(id);
    }

    /// The first half of the id for `*`: the time, unless it lies behind the last entry's.
    private static long msOfNext(long nowMs, long lastMs, long lastSeq) {
        return Long.compareUnsigned(nowMs, lastMs) > 0 ? nowMs : StreamId.nextMs(lastMs, lastSeq);
    }

    /// @param address of the stream's record, 0 for a stream that is new
    private static StreamValue append(Call call, int idAt, long address, long ms, long seq) {
        Database db = call.db();
        StreamValue stream = address == 0 ? db.newStream() : db.streamForChange(address);
        stream.append(ms, seq, call.argv(), idAt + 1, call.argc());
        if (address == 0) db.putStream(call.key(1), stream);
        return stream;
    }

    /// Trims a stream that got an entry, and tells of both: listeners of the key, and the log in words that
    /// say the same at any other time.
    private static void trimAndTell(Call call, int idAt, StreamTrim trim, StreamValue stream, long ms, long seq) {
        Bytes key = call.key(1);
        boolean isToldApart = trim.references != References.KEEP; // what the trim does is told behind the entry
        if (isToldApart) tellEntry(call.effects().command(Words.XADD).arg(key), call, idAt + 1, ms, seq);
        long trimmed = trim.apply(stream, listener(call, trim));

        call.changed(key, "xadd");
        if (trimmed > 0) call.changed(key, "xtrim", 0);
        if (isToldApart) {
            if (trimmed > 0) tellTrim(call.effects().command(Words.XTRIM).arg(key), trim, stream);
        } else if (trim.isApproximate || !isGiven(call.arg(idAt)) || isWordBefore(call, idAt, StreamCommands.KEEPREF)) {
            Effects effects = call.effects().command(Words.XADD).arg(key);
            tellTrim(effects, trim, stream);
            tellEntry(effects, call, idAt + 1, ms, seq);
        }
    }

    /// @param from where names and values begin
    private static void tellEntry(Effects effects, Call call, int from, long ms, long seq) {
        effects.id(ms, seq);
        for (int i = from; i < call.argc(); i++) effects.arg(call.arg(i));
    }

    private static boolean isStar(Bytes text) {
        return text.length() == 1 && text.at(0) == '*';
    }

    private static boolean isWordBefore(Call call, int end, String word) {
        for (int i = 2; i < end; i++) if (call.is(i, word)) return true;
        return false;
    }

    static Reply trim(Call call) {
        StreamTrim trim = call.db().streamTrim();
        readOptions(call, trim, false);
        Bytes key = call.key(1);
        long address = call.lookupWrite(key);
        if (call.db().stream(address) == null) return call.reply().integer(0);

        StreamValue stream = call.db().streamForChange(address);
        long trimmed = trim.apply(stream, listener(call, trim));
        if (trimmed > 0) {
            call.changed(key, "xtrim", trimmed);
            boolean hasReferences =
                    trim.references != References.KEEP || isWordBefore(call, call.argc(), StreamCommands.KEEPREF);
            if (trim.isApproximate || hasReferences)
                tellTrim(call.effects().command(Words.XTRIM).arg(key), trim, stream);
        }
        return call.reply().integer(trimmed);
    }

    private static StreamTrim.Listener listener(Call call, StreamTrim trim) {
        return trim.references == References.KEEP ? StreamTrim.Listener.NONE : new TrimEffects(call);
    }

    /// Tells the log in words of Redis 7.0 what a trim does besides taking the oldest entries away, in few
    /// and long commands.
    private static final class TrimEffects implements StreamTrim.Listener {
        private final Call call;
        private @Nullable StreamGroup forgetting; // of whose entries the last command tells
        private boolean isDeleting; // it tells of deleted ones

        TrimEffects(Call call) {
            this.call = call;
        }

        @Override
        public void forgotten(StreamGroup group, long ms, long seq) {
            if (forgetting != group)
                call.effects().command(Words.XACK).arg(call.key(1)).arg(group.name());
            forgetting = group;
            call.effects().id(ms, seq);
        }

        @Override
        public void deletedWithin(long ms, long seq) {
            if (!isDeleting) call.effects().command(Words.XDEL).arg(call.key(1));
            isDeleting = true;
            call.effects().id(ms, seq);
        }
    }

    /// What the log is told of a trimming: how far it went, which is exact also where the client's wish was
    /// not, and where groups kept what they had not acknowledged.
    private static void tellTrim(Effects effects, StreamTrim trim, StreamValue stream) {
        if (trim.strategy == Strategy.NONE) return;
        boolean isByResult = trim.isApproximate || trim.references == References.ACKED;
        boolean isEmptied = isByResult && stream.size() == 0; // there is no first id to tell
        boolean isByLength = trim.strategy == Strategy.MAXLEN || isEmptied;
        effects.arg(isByLength ? Words.MAXLEN : Words.MINID).arg(Words.EQUAL);
        if (isByLength) effects.arg(isByResult ? stream.size() : trim.maxLength);
        else if (isByResult) effects.id(stream.firstMs(), stream.firstSeq());
        else effects.id(trim.minMs, trim.minSeq);
    }

    /// Reads what stands in front of XADD's id, or to the end of XTRIM.
    ///
    /// @return the index of the id
    private static int readOptions(Call call, StreamTrim trim, boolean isAdd) {
        boolean hasLimit = false;
        boolean hasReferences = false;
        int i = 2;
        for (; i < call.argc(); i++) {
            Bytes word = call.arg(i);
            if (isAdd && isStar(word)) break; // speed only: the commonest form
            boolean hasMore = i + 1 < call.argc();
            References references = StreamCommands.references(word);
            if (hasMore && (word.isWord("MAXLEN") || word.isWord("MINID"))) {
                i = readThreshold(call, i, trim);
            } else if (hasMore && word.isWord("LIMIT")) {
                trim.limit = call.longArg(++i);
                if (trim.limit < 0) throw new Refusal("ERR The LIMIT argument must be >= 0.");
                hasLimit = true;
            } else if (references != null && !hasReferences) {
                trim.references = references;
                hasReferences = true;
            } else if (!isAdd) {
                throw Errors.SYNTAX_REFUSAL;
            } else if (!word.isWord("NOMKSTREAM")) {
                if (!StreamId.isId(word) && !StreamId.isOpen(word)) throw Errors.INVALID_ID;
                break;
            }
        }
        if (hasLimit && trim.strategy == Strategy.NONE && trim.limit > 0) throw new Refusal(LIMIT_WITHOUT_STRATEGY);
        if (!isAdd && trim.strategy == Strategy.NONE) throw new Refusal(NO_STRATEGY);
        if (call.mustObey()) trim.limit = 0;
        else if (hasLimit && !trim.isApproximate) throw new Refusal(LIMIT_WITHOUT_TILDE);
        else if (!hasLimit && trim.isApproximate) trim.limit = entriesPerTrim(call);
        return i;
    }

    /// @return the index of the threshold
    private static int readThreshold(Call call, int at, StreamTrim trim) {
        if (trim.strategy != Strategy.NONE) throw new Refusal(BOTH_STRATEGIES);
        boolean isByLength = call.is(at, "MAXLEN");
        int i = at + 1;
        boolean hasTwo = i + 1 < call.argc();
        trim.isApproximate = hasTwo && call.is(i, "~");
        if (trim.isApproximate || hasTwo && call.is(i, "=")) i++;
        trim.strategy = isByLength ? Strategy.MAXLEN : Strategy.MINID;
        if (isByLength) {
            trim.maxLength = call.longArg(i);
            if (trim.maxLength < 0) throw new Refusal("ERR The MAXLEN argument must be >= 0.");
        } else {
            StreamCommands.checkId(call.arg(i));
            trim.minMs = StreamId.ms(call.arg(i));
            trim.minSeq = StreamId.seq(call.arg(i), 0);
        }
        return i;
    }

    private static long entriesPerTrim(Call call) {
        long entries = call.store().thresholds().streamNodeMaxEntries;
        if (entries == 0) return ENTRIES_PER_TRIM;
        return Math.min(entries, MOST_ENTRIES_PER_TRIM / NODES_PER_TRIM) * NODES_PER_TRIM;
    }
}
