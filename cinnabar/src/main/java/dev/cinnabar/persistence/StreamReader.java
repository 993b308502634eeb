package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.StreamConsumer;
import dev.cinnabar.store.StreamEntries;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.struct.Listpack;
import dev.cinnabar.struct.StreamId;
import dev.cinnabar.struct.StreamNode;
import java.io.IOException;
import java.util.Arrays;

/// Makes streams of what stands in RDB encoding; [StreamWriter] draws it. Encoding 15 (Redis 5) ends its
/// facts behind the last id and has no entries read; 21 (Redis 7.2) has one time more for each consumer.
///
/// What is pending of a consumer without a name since 0 is pending of nobody, as [StreamWriter] has it. That
/// an XCLAIM gave such a consumer an entry with TIME 0 cannot be told from it, and comes to the same for who
/// wants to claim it.
///
/// Entries are added one by one, those that are marked as deleted are left out, and nodes begin where ours
/// do.
final class StreamReader {
    private static final int ID_BYTES = 2 * Long.BYTES;
    private static final int PENDING_BYTES = ID_BYTES + Long.BYTES + 1; // the least that an entry takes
    private static final int CONSUMER_BYTES = 1 + Long.BYTES + 1;

    private final Text name = new Text();
    private final Text node = new Text();
    private final StreamEntries entries = new StreamEntries();
    private Bytes[] words = {};

    // of the id read last
    private long ms;
    private long seq;

    // what is pending of the group
    private long[] pendingMs = {};
    private long[] pendingSeq = {};
    private long[] deliveredMs = {};
    private long[] deliveries = {};
    private boolean[] isAssigned = {};

    void read(RdbType type, RdbInput in, Database db, Bytes key) throws IOException, BadRdb {
        StreamValue stream = db.newStream();
        boolean isDone = false;
        try {
            readNodes(in, stream);
            readFacts(type, in, stream);
            long groups = in.count(4);
            for (long i = 0; i < groups; i++) readGroup(type, in, stream);
            isDone = true;
        } finally {
            if (!isDone) db.giveUp(stream);
        }
        db.putStream(key, stream);
    }

    // ---- entries ----

    private void readNodes(RdbInput in, StreamValue stream) throws IOException, BadRdb {
        long count = in.count(2);
        for (long i = 0; i < count; i++) {
            in.string(name);
            if (name.length() != ID_BYTES) throw new BadRdb("a node without its id");
            long baseMs = number(name.array(), 0);
            long baseSeq = number(name.array(), Long.BYTES);
            in.string(node);
            if (!StreamNode.isValid(node.array(), 0, node.length())) throw new BadRdb("a damaged node");
            entries.ofNode(baseMs, baseSeq, node.array(), 0);
            while (entries.next()) append(stream);
        }
    }

    private void append(StreamValue stream) throws BadRdb {
        if (StreamId.compare(entries.ms(), entries.seq(), stream.lastMs(), stream.lastSeq()) <= 0)
            throw new BadRdb("entries out of order");
        if (entries.fields() == 0) throw new BadRdb("an entry without fields");
        int count = 0;
        for (long i = entries.fields(); i > 0; i--) {
            word(count++, entries.name());
            word(count++, entries.value());
        }
        if (!StreamValue.fits(words, 0, count)) throw new BadRdb("an entry that is too large");
        stream.append(entries.ms(), entries.seq(), words, 0, count);
    }

    private void word(int index, Listpack.Entry text) {
        if (index == words.length) {
            words = Arrays.copyOf(words, Math.max(16, 2 * index));
            for (int i = index; i < words.length; i++) words[i] = new Bytes();
        }
        // the digits of a number are lent until the next one only
        Bytes bytes = text.isNumber() ? Bytes.of(text.bytes().copy()) : text.bytes();
        words[index].set(bytes.array(), bytes.offset(), bytes.length());
    }

    private void readFacts(RdbType type, RdbInput in, StreamValue stream) throws IOException, BadRdb {
        if (in.length() != stream.size()) throw new BadRdb("a stream with another number of entries than it says");
        long lastMs = in.unsigned();
        long lastSeq = in.unsigned();
        if (StreamId.compare(lastMs, lastSeq, stream.lastMs(), stream.lastSeq()) < 0)
            throw new BadRdb("an entry behind the last id");
        long entriesAdded = stream.size();
        long deletedMs = 0;
        long deletedSeq = 0;
        if (type != RdbType.STREAM_LISTPACKS) {
            in.unsigned(); // the first id, which the entries tell
            in.unsigned();
            deletedMs = in.unsigned(); // may lie behind the last id, which XSETID takes back
            deletedSeq = in.unsigned();
            long added = in.unsigned();
            entriesAdded = added < 0 ? Long.MAX_VALUE : added; // Redis counts beyond the largest number
            if (entriesAdded < stream.size()) throw new BadRdb("fewer entries added than there are");
        }
        stream.setId(lastMs, lastSeq, entriesAdded, deletedMs, deletedSeq);
    }

    // ---- groups ----

    private void readGroup(RdbType type, RdbInput in, StreamValue stream) throws IOException, BadRdb {
        Bytes groupName = in.string(name).window();
        if (stream.group(groupName) != null) throw new BadRdb("a stream with a group twice");
        long lastMs = in.unsigned();
        long lastSeq = in.unsigned();
        boolean tellsRead = type != RdbType.STREAM_LISTPACKS;
        long entriesRead = tellsRead ? in.unsigned() : stream.ordinal(lastMs, lastSeq);
        if (entriesRead < StreamGroup.UNKNOWN) entriesRead = StreamGroup.UNKNOWN; // likewise
        StreamGroup group = stream.createGroup(groupName, lastMs, lastSeq, entriesRead);

        int pending = readPending(in);
        long consumers = in.count(CONSUMER_BYTES);
        int assigned = 0;
        for (long i = 0; i < consumers; i++) assigned += readConsumer(type, in, group, pending);
        if (assigned != pending) throw new BadRdb("an entry that is pending of nobody");
    }

    private int readPending(RdbInput in) throws IOException, BadRdb {
        long count = in.count(PENDING_BYTES);
        if (count > Integer.MAX_VALUE / 2) throw new BadRdb(count + " entries pending of one group");
        int n = (int) count;
        if (pendingMs.length < n) {
            pendingMs = new long[n];
            pendingSeq = new long[n];
            deliveredMs = new long[n];
            deliveries = new long[n];
            isAssigned = new boolean[n];
        }
        Arrays.fill(isAssigned, 0, n, false);
        for (int i = 0; i < n; i++) {
            readId(in);
            if (StreamId.isZero(ms, seq)) throw new BadRdb("a pending entry 0-0, which no command could make");
            if (i > 0 && StreamId.compare(pendingMs[i - 1], pendingSeq[i - 1], ms, seq) >= 0)
                throw new BadRdb("pending entries out of order");
            pendingMs[i] = ms;
            pendingSeq[i] = seq;
            deliveredMs[i] = in.number(Long.BYTES);
            deliveries[i] = in.length();
        }
        return n;
    }

    /// @return how many entries are pending of it
    private int readConsumer(RdbType type, RdbInput in, StreamGroup group, int pending) throws IOException, BadRdb {
        Bytes consumerName = in.string(name).window();
        if (group.find(consumerName) != null) throw new BadRdb("a group with a consumer twice");
        boolean hasNoName = consumerName.isEmpty();
        long seenMs = in.number(Long.BYTES);
        boolean isNobody = hasNoName && seenMs == StreamWriter.NOBODY_SEEN_MS;
        StreamConsumer consumer = isNobody ? null : group.create(consumerName, seenMs);
        long activeMs = type == RdbType.STREAM_LISTPACKS_3 ? in.number(Long.BYTES) : seenMs;
        if (consumer != null) consumer.noteActive(activeMs);
        long count = in.count(ID_BYTES);
        if (count > pending) throw new BadRdb("an entry that is pending of a consumer, but not of its group");
        group.hold(consumer, count);
        try {
            for (long i = 0; i < count; i++) {
                readId(in);
                int at = find(pending);
                if (at < 0 || isAssigned[at])
                    throw new BadRdb("an entry that is pending of a consumer, but not of its group");
                isAssigned[at] = true;
                if (consumer == null || hasNoName && deliveredMs[at] == 0) group.addUnassigned(ms, seq, deliveries[at]);
                else group.assign(ms, seq, consumer, deliveredMs[at], deliveries[at]);
            }
        } finally {
            group.letGo();
        }
        return (int) count;
    }

    private int find(int pending) {
        int low = 0;
        int high = pending - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            int order = StreamId.compare(pendingMs[middle], pendingSeq[middle], ms, seq);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }
        return -1;
    }

    private void readId(RdbInput in) throws IOException, BadRdb {
        ms = Long.reverseBytes(in.number(Long.BYTES));
        seq = Long.reverseBytes(in.number(Long.BYTES));
    }

    private static long number(byte[] array, int at) {
        long number = 0;
        for (int i = 0; i < Long.BYTES; i++) number = number << 8 | array[at + i] & 0xff;
        return number;
    }
}
