package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.StreamId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Readers of a stream that divide its entries among themselves, and what the group remembers: up to where it
/// has read, and which entries were handed to whom and are not acknowledged yet, the *pending* ones.
///
/// Touched only under the engine's lock.
public final class StreamGroup extends Garbage implements Named {
    /*
     *    last delivered id, entries read
     *
     *    pending       | id 16 | delivered at 8 | deliveries 8 | consumer 4 | …       rows in order of ids, see IdRows
     *                                                   │
     *    consumers     by number [ · · ]  ◄─────────────┘         the number never changes, and is used again when it is free
     *                  by name   [ · · ]                          in order, as XINFO and XPENDING tell them
     *
     *    consumer      seen, active, pending  | id 16 | …         the same ids, only its own
     *
     * An entry that is pending takes 52 bytes, however many consumers there are: 36 here and 16 with its
     * consumer. The second list is there for those who ask for one consumer's entries (XREADGROUP with an id,
     * XPENDING with a name), which may be few among many.
     *
     * An entry that was released (XNACK) is pending of nobody: its consumer's number is UNOWNED, it stands in
     * the group's rows only, and it counts as delivered at 0, so longer ago than any other. It takes 36
     * bytes.
     *
     * Who claims what is idle (XREADGROUP CLAIM) wants what was handed out the longest ago. Redis has a list
     * of what is pending in the order of times beside the others, for a node's worth of pointers per entry.
     * Here rows are marked with their times (see IdRows): a claim looks into those leaves of 64 rows only of
     * which the least mark is old enough, and at an eighth of a byte per entry for the others. Times mostly
     * grow with ids, and then it looks into one.
     *
     * Redis keeps two radix trees that share an object per entry.
     */

    /// For the number of entries read: not known.
    public static final long UNKNOWN = -1;

    /// For the time at which something was handed out: it was released, so longer ago than anything that was
    /// not.
    public static final long EVER = Long.MIN_VALUE;

    /// For a time: it does not come.
    public static final long NEVER = Long.MAX_VALUE;

    private static final int DELIVERED_AT = 0; // offsets in a row's payload
    private static final int DELIVERIES = 8;
    private static final int CONSUMER = 16;
    private static final int PAYLOAD = 20;
    private static final int UNOWNED = -1; // a consumer's number
    private static final int OBJECT_BYTES = 208; // this, its list, the name's array; with compressed pointers
    private static final int POINTERS = 16; // bytes in two arrays for a consumer, with room for growth
    private static final StreamConsumer[] NOBODY = {};

    private final Pages pages;
    private final byte[] name;
    private final IdRows pending;
    private StreamConsumer[] byName = NOBODY;
    private @Nullable StreamConsumer[] byNumber = NOBODY;
    private int consumers;
    private int freeNumber; // no smaller one is free

    private @Nullable StreamGroup origin; // of an image
    private StreamConsumer[] origins = NOBODY; // of an image's consumers
    private int released; // of an image's lists: that of all, then those of the consumers

    private long lastMs;
    private long lastSeq;
    private long entriesRead;
    private long oldestMs =
            NEVER; // nothing that is pending was handed out before; not exact, for it stays when the oldest goes

    /// @throws OutOfMemory when memory is short
    StreamGroup(Pages pages, byte[] name, long lastMs, long lastSeq, long entriesRead) {
        this(pages, name, lastMs, lastSeq, entriesRead, new IdRows(pages, PAYLOAD, true));
        pages.countExtra(objectBytes());
    }

    private StreamGroup(Pages pages, byte[] name, long lastMs, long lastSeq, long entriesRead, IdRows pending) {
        this.pages = pages;
        this.name = name;
        this.lastMs = lastMs;
        this.lastSeq = lastSeq;
        this.entriesRead = entriesRead;
        this.pending = pending;
    }

    private int objectBytes() {
        return OBJECT_BYTES + name.length;
    }

    /// A fresh window over the name.
    public Bytes name() {
        return Bytes.of(name);
    }

    @Override
    public int compareName(Bytes other) {
        return Arrays.compareUnsigned(
                name, 0, name.length, other.array(), other.offset(), other.offset() + other.length());
    }

    /// How many rows there are to free: what is pending, for the group and for its consumers.
    @Override
    public long size() {
        return 2 * pending.size();
    }

    /// Bytes of everything the group remembers. O(consumers).
    @Override
    public long bytes() {
        long bytes = objectBytes() + pending.bytes();
        for (int i = 0; i < consumers; i++) {
            bytes += byName[i].objectBytes() + POINTERS + byName[i].pending.bytes();
        }
        return bytes;
    }

    // ---- up to where it has read ----

    /// The last id that was handed to any consumer, or what XGROUP and XCLAIM said.
    public long lastMs() {
        return lastMs;
    }

    public long lastSeq() {
        return lastSeq;
    }

    /// How many entries the group has read since the stream's beginning, or [#UNKNOWN].
    public long entriesRead() {
        return entriesRead;
    }

    /// Notes that an entry is handed out that the group had not read. It counts on where that is to be
    /// trusted, and else begins anew with what the stream can tell.
    ///
    /// @param stream that the group reads
    public void noteRead(StreamValue stream, long ms, long seq) {
        if (entriesRead != UNKNOWN && !stream.hasHolesFrom(ms, seq)) entriesRead = oneMore(entriesRead);
        else if (stream.entriesAdded() > 0) entriesRead = stream.ordinal(ms, seq);
        lastMs = ms;
        lastSeq = seq;
    }

    /// Lets the group read on behind an id.
    ///
    /// @param entriesRead how many entries it has read then, or [#UNKNOWN]
    public void moveTo(long ms, long seq, long entriesRead) {
        lastMs = ms;
        lastSeq = seq;
        this.entriesRead = entriesRead;
    }

    /// Lets the group read on behind an id that is larger than the last one; how many entries it has read
    /// stays as it was.
    ///
    /// @return whether it is larger; if not, nothing has changed
    public boolean moveOn(long ms, long seq) {
        if (StreamId.compare(ms, seq, lastMs, lastSeq) <= 0) return false;
        lastMs = ms;
        lastSeq = seq;
        return true;
    }

    // ---- consumers ----

    /// How many there are.
    public int consumers() {
        return consumers;
    }

    /// One of them, in order of names.
    public StreamConsumer consumer(int index) {
        return byName[index];
    }

    private int place(Bytes consumer) {
        return Named.place(byName, consumers, consumer);
    }

    /// The consumer of that name, or null.
    public @Nullable StreamConsumer find(Bytes consumer) {
        int place = place(consumer);
        return place < 0 ? null : byName[place];
    }

    /// Makes a consumer of a name that there is none of.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public StreamConsumer create(Bytes consumer, long nowMs) {
        int place = -1 - place(consumer);
        pages.countExtra(StreamConsumer.objectBytes(consumer.length()) + POINTERS);
        int number = freeNumber;
        while (number < byNumber.length && byNumber[number] != null) number++;
        freeNumber = number + 1;
        if (number == byNumber.length) byNumber = Arrays.copyOf(byNumber, Math.max(2, number + number / 2));
        if (consumers == byName.length) byName = Arrays.copyOf(byName, Math.max(2, consumers + consumers / 2));
        StreamConsumer made = new StreamConsumer(pages, consumer.copy(), number, nowMs);
        byNumber[number] = made;
        System.arraycopy(byName, place, byName, place + 1, consumers - place);
        byName[place] = made;
        consumers++;
        return made;
    }

    /// Takes a consumer out, and with it all that is pending of it. O(n log n) in that.
    ///
    /// @return how many entries were pending
    public long remove(StreamConsumer consumer) {
        long count = consumer.pending.size();
        for (long at = consumer.pending.first(); at != IdRows.NONE; at = consumer.pending.next(at)) {
            pending.remove(pending.find(consumer.pending.ms(at), consumer.pending.seq(at)));
        }
        int place = place(consumer.name());
        consumers--;
        System.arraycopy(byName, place + 1, byName, place, consumers - place);
        byNumber[consumer.number] = null;
        freeNumber = Math.min(freeNumber, consumer.number);
        consumer.pending.free(Integer.MAX_VALUE);
        uncount(consumer);
        return count;
    }

    private void uncount(StreamConsumer consumer) {
        pages.uncountExtra(consumer.objectBytes() + POINTERS);
    }

    // ---- what is pending ----

    /// How many entries are pending.
    public long pending() {
        return pending.size();
    }

    /// The rows of what is pending, to be walked; or those of one consumer, which hold ids only.
    ///
    /// @param consumer null for all
    public IdRows rows(@Nullable StreamConsumer consumer) {
        return consumer == null ? pending : consumer.pending;
    }

    /// When something that is pending may be idle for so long, at the earliest: until then nobody needs to
    /// look for it. [#EVER] when something was released, which may always be claimed; [#NEVER] when nothing
    /// is pending, or the time is past all time. O(1).
    ///
    /// @param leastMs not negative
    public long idleFromMs(long leastMs) {
        if (oldestMs == EVER || oldestMs == NEVER) return oldestMs;
        return oldestMs <= NEVER - leastMs ? oldestMs + leastMs : NEVER;
    }

    /// Looks for what was handed out the longest ago.
    public interface Search {
        /// Whether anything is wanted that was handed out at a time ([#sinceMs]). If it is not, younger
        /// things are not, either, from then on.
        boolean wants(long sinceMs);

        /// Something is pending that is wanted.
        ///
        /// @param place in the rows of all
        void found(long place, long sinceMs);
    }

    /// Shows all that is pending and wanted, in order of ids; nothing is to be changed meanwhile. O(pending /
    /// 64), and O(rows) of leaves that may have something that is wanted. Afterwards the group knows better
    /// how old the oldest is.
    public void search(Search search) {
        long oldest = NEVER;
        long at = pending.first();
        while (at != IdRows.NONE) {
            long end = pending.nextLeaf(at);
            if (search.wants(pending.least(at))) pending.setLeast(at, searchLeaf(search, at, end));
            oldest = Math.min(oldest, pending.least(at));
            at = end;
        }
        oldestMs = oldest;
    }

    /// @return when the oldest of the rows was handed out
    private long searchLeaf(Search search, long from, long end) {
        long oldest = NEVER;
        for (long at = from; at != end; at = pending.next(at)) {
            long sinceMs = sinceMs(at);
            oldest = Math.min(oldest, sinceMs);
            if (search.wants(sinceMs)) search.found(at, sinceMs);
        }
        return oldest;
    }

    /// When an entry was last handed out, in ms since 1970; [#EVER] when it was released.
    ///
    /// @param place in the rows of all
    public long sinceMs(long place) {
        return isReleased(place) ? EVER : deliveredMs(place);
    }

    /// Where in the rows of all an id is pending, or [IdRows#NONE].
    public long find(long ms, long seq) {
        return pending.find(ms, seq);
    }

    /// To whom an entry was handed, or null when it was released.
    ///
    /// @param place in the rows of all
    public @Nullable StreamConsumer owner(long place) {
        if (isReleased(place)) return null;
        StreamConsumer owner = byNumber[pending.getInt(place, CONSUMER)];
        if (owner == null) throw new IllegalStateException("pending of a consumer that is gone");
        return owner;
    }

    /// Whether an entry is pending, but of nobody.
    ///
    /// @param place in the rows of all
    public boolean isReleased(long place) {
        return pending.getInt(place, CONSUMER) == UNOWNED;
    }

    /// Whether who wants an entry to be idle for so long may claim it; one that was released may always be
    /// claimed.
    ///
    /// @param place   in the rows of all
    /// @param leastMs 0 for no matter how long
    public boolean isIdle(long place, long leastMs, long nowMs) {
        return leastMs == 0 || isReleased(place) || nowMs - deliveredMs(place) >= leastMs;
    }

    /// When an entry was last handed out, in ms since 1970; 0 when it was released.
    public long deliveredMs(long place) {
        return pending.get(place, DELIVERED_AT);
    }

    /// How often it was handed out, or what XCLAIM and XNACK made of that: up to the largest number of 64
    /// bits.
    public long deliveries(long place) {
        return pending.get(place, DELIVERIES);
    }

    /// A count after one more; the largest number stays what it is.
    public static long oneMore(long count) {
        return count == Long.MAX_VALUE ? count : count + 1;
    }

    /// Whether the group needs an entry no more: it was read, and is not pending.
    public boolean isDone(long ms, long seq) {
        return StreamId.compare(ms, seq, lastMs, lastSeq) <= 0 && find(ms, seq) == IdRows.NONE;
    }

    /// Holds the memory that handing out so many entries may take, so that none of the next [#assign] is
    /// refused until [#letGo].
    ///
    /// @param consumer null for entries that are pending of nobody, so for [#addUnassigned]
    /// @throws OutOfMemory when memory is short; then nothing is held
    public void hold(@Nullable StreamConsumer consumer, long entries) {
        try {
            pages.hold(4L * Pages.PAGE_BYTES + 4 * (PAYLOAD + 2L * IdRows.ID_BYTES) * entries);
        } catch (OutOfMemory e) {
            int[] counts = Pages.newCounts();
            long extra = pending.countInserts(entries, counts);
            if (consumer != null) extra += consumer.pending.countInserts(entries, counts);
            pages.hold(counts, extra);
        }
    }

    public void letGo() {
        pages.letGo();
    }

    /// Makes an entry pending of a consumer, whether it was of another, of the same, or of nobody.
    ///
    /// @return its place in the rows of all
    public long assign(long ms, long seq, StreamConsumer consumer, long deliveredMs, long deliveries) {
        long place = pending.find(ms, seq);
        if (place == IdRows.NONE) {
            place = pending.insert(ms, seq);
            consumer.pending.insert(ms, seq);
        } else {
            StreamConsumer owner = owner(place);
            if (owner != consumer) {
                consumer.pending.insert(ms, seq);
                if (owner != null) owner.pending.remove(owner.pending.find(ms, seq));
            }
        }
        delivered(place, deliveredMs, deliveries);
        pending.setInt(place, CONSUMER, consumer.number);
        return place;
    }

    /// Notes that an entry was handed out again to its consumer.
    ///
    /// @param place in the rows of all
    public void delivered(long place, long deliveredMs, long deliveries) {
        pending.set(place, DELIVERED_AT, deliveredMs);
        pending.set(place, DELIVERIES, deliveries);
        noteSince(place, deliveredMs);
    }

    private void noteSince(long place, long sinceMs) {
        pending.mark(place, sinceMs);
        oldestMs = Math.min(oldestMs, sinceMs);
    }

    /// Takes a pending entry from its consumer, if it has one: it is pending of nobody then, as if delivered
    /// at 0.
    ///
    /// @param place in the rows of all
    public void unassign(long place, long deliveries) {
        StreamConsumer owner = owner(place);
        if (owner != null) owner.pending.remove(owner.pending.find(pending.ms(place), pending.seq(place)));
        released(place, deliveries);
    }

    /// Makes an entry pending of nobody that was not pending at all. Comes between [#hold] and [#letGo].
    public void addUnassigned(long ms, long seq, long deliveries) {
        long place = pending.insert(ms, seq);
        released(place, deliveries);
    }

    private void released(long place, long deliveries) {
        delivered(place, 0, deliveries);
        pending.setInt(place, CONSUMER, UNOWNED);
        noteSince(place, EVER);
    }

    /// Forgets that an entry is pending.
    ///
    /// @return whether it was
    public boolean acknowledge(long ms, long seq) {
        long place = pending.find(ms, seq);
        if (place == IdRows.NONE) return false;
        StreamConsumer owner = owner(place);
        if (owner != null) owner.pending.remove(owner.pending.find(ms, seq));
        pending.remove(place);
        return true;
    }

    // ---- the whole ----

    /// First what is pending, then the consumers with what is pending of them.
    @Override
    protected boolean free(int most) {
        long left = most - pending.size();
        if (pending.free(most)) return true;
        while (consumers > 0) {
            if (left <= 0) return true;
            StreamConsumer last = byName[consumers - 1];
            int part = (int) left;
            left -= 1 + last.pending();
            if (last.pending.free(part)) return true;
            uncount(last);
            consumers--;
        }
        byName = NOBODY;
        byNumber = NOBODY;
        pages.uncountExtra(objectBytes());
        return false;
    }

    /// @throws OutOfMemory when memory is short; then nothing has changed
    StreamGroup copy() {
        pages.countExtra(objectBytes());
        StreamGroup copy;
        try {
            copy = new StreamGroup(pages, name, lastMs, lastSeq, entriesRead, pending.copy());
        } catch (OutOfMemory e) {
            pages.uncountExtra(objectBytes());
            throw e;
        }
        copy.byName = new StreamConsumer[consumers];
        copy.byNumber = new StreamConsumer[byNumber.length];
        copy.freeNumber = freeNumber;
        copy.oldestMs = oldestMs;
        try {
            for (int i = 0; i < consumers; i++) {
                int bytes = byName[i].objectBytes() + POINTERS;
                pages.countExtra(bytes);
                try {
                    copy.byName[i] = byName[i].copy();
                } catch (OutOfMemory e) {
                    pages.uncountExtra(bytes);
                    throw e;
                }
                copy.byNumber[byName[i].number] = copy.byName[i];
                copy.consumers++;
            }
        } catch (OutOfMemory e) {
            copy.freeAll();
            throw e;
        }
        return copy;
    }

    /// The group as it is now, to be read only, and given back by [#release]. Never refused. O(consumers +
    /// pending / 64).
    StreamGroup freeze() {
        StreamGroup image = new StreamGroup(pages, name, lastMs, lastSeq, entriesRead, pending.freeze());
        image.origin = this;
        image.consumers = consumers;
        image.byName = new StreamConsumer[consumers];
        image.origins = new StreamConsumer[consumers];
        image.byNumber = new StreamConsumer[byNumber.length];
        for (int i = 0; i < consumers; i++) {
            image.byName[i] = byName[i].freeze();
            image.origins[i] = byName[i];
            image.byNumber[byName[i].number] = image.byName[i];
        }
        return image;
    }

    /// Gives back some of an image. The group and its consumers may be gone meanwhile.
    ///
    /// @param leaves how many; see [IdRows#release]
    /// @return whether there is more
    boolean release(int leaves) {
        StreamGroup of = origin;
        if (of == null) throw new IllegalStateException("no image of a group");
        boolean isListLeft = released == 0
                ? of.pending.release(pending, leaves)
                : origins[released - 1].pending.release(byName[released - 1].pending, leaves);
        if (!isListLeft) released++;
        return released <= consumers;
    }

    void checkInvariants() {
        pending.checkInvariants();
        long sum = 0;
        for (int i = 0; i < consumers; i++) {
            StreamConsumer consumer = byName[i];
            if (byNumber[consumer.number] != consumer) throw new IllegalStateException("a consumer has a wrong number");
            if (i > 0 && byName[i - 1].compareName(consumer.name()) >= 0)
                throw new IllegalStateException("consumers are not in order");
            IdRows own = consumer.pending;
            own.checkInvariants();
            sum += own.size();
            for (long at = own.first(); at != IdRows.NONE; at = own.next(at)) {
                long place = find(own.ms(at), own.seq(at));
                if (place == IdRows.NONE || owner(place) != consumer)
                    throw new IllegalStateException(
                            StreamId.text(own.ms(at), own.seq(at)) + " is not pending of its consumer");
            }
        }
        for (long at = pending.first(); at != IdRows.NONE; at = pending.next(at)) {
            if (sinceMs(at) < oldestMs || sinceMs(at) < pending.least(at))
                throw new IllegalStateException(
                        StreamId.text(pending.ms(at), pending.seq(at)) + " was handed out before the oldest");
            if (!isReleased(at)) continue;
            if (deliveredMs(at) != 0)
                throw new IllegalStateException(
                        StreamId.text(pending.ms(at), pending.seq(at)) + " was released and has a time of delivery");
            sum++;
        }
        if (sum != pending.size())
            throw new IllegalStateException(
                    sum + " entries pending of consumers or of nobody, " + pending.size() + " of the group");
    }
}
