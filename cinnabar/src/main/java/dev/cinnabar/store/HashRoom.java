package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.memory.SizeClasses;
import dev.cinnabar.struct.ExpiryWheel;
import dev.cinnabar.struct.Listpack;
import dev.cinnabar.struct.Records;

/// Works out what memory several fields of a hash may need that are to be set together, and holds it.
final class HashRoom {
    /*
     * An upper bound: every field is new, and a small hash becomes a table on the way. Near the limit it may
     * refuse what would just have gone; what it lets pass is never refused half-way. First a coarse one (a
     * new span for each class of blocks, half of each span waste), which costs a sum; where that is refused,
     * one that knows the holes in the pages.
     */

    private static final int SPAN_BYTES = 64 << 10; // see Pages
    private static final int TABLE_BYTES = 4 << 10; // of a new table, beyond its slots
    private static final int SLOT_BYTES =
            64; // for a field: a seventh of a table's slots is in use, two tables while it grows
    private static final int TIME_BYTES = 11; // a time in a listpack, at the most
    private static final int[] ONLY_A_SUM = {};

    private final HashValue hash;
    private final Database db;
    private final Thresholds thresholds;
    private int[] counts = ONLY_A_SUM;
    private long sum;
    private boolean withTimes;

    /// @param hash a look; what counts is the hash that it is pointed at when room is held
    HashRoom(HashValue hash, Database db, Thresholds thresholds) {
        this.hash = hash;
        this.db = db;
        this.thresholds = thresholds;
    }

    /// See [HashValue#holdRoom].
    void hold(Bytes[] words, int from, int to, int step, boolean withTimes) {
        this.withTimes = withTimes || hash.hasVolatile(); // a field keeps the room of its time until it has its value
        counts = ONLY_A_SUM;
        count(words, from, to, step);
        try {
            db.pages().hold(2 * sum + 2L * Pages.PAGE_BYTES + (long) SizeClasses.COUNT * SPAN_BYTES);
        } catch (OutOfMemory e) {
            counts = Pages.newCounts();
            count(words, from, to, step);
            db.pages().hold(counts, sum);
        }
    }

    private void count(Bytes[] words, int from, int to, int step) {
        int fields = (to - from) / step;
        sum = db.keyspace.dict.growthBytes(1);
        block(Records.sizeBeforeValue(hash.key.length(), true) + Integer.BYTES);
        if (withTimes) {
            sum += db.keyspace.agenda.growthBytes() + ExpiryWheel.BYTES;
            block(Records.sizeBeforeValue(hash.key.length(), true));
        }
        if (hash.isSmall()) {
            sum += TABLE_BYTES + SLOT_BYTES * (hash.size() + fields);
            countPack(words, from, to, step);
            hash.countRecords(this);
        } else {
            sum += hash.growthBytes(fields);
        }
        for (int i = from; i < to; i += step) {
            long size = step == 1 ? hash.valueSize(words[i]) : Records.bytesSize(words[i + 1].length());
            record(words[i].length(), Math.max(size, Long.BYTES));
        }
    }

    /// A listpack on its way from its size now to that with all fields, in a block of each class in between.
    private void countPack(Bytes[] words, int from, int to, int step) {
        long now = hash.packLength();
        long most = now;
        for (int i = from; i < to && step == 2; i += 2) {
            boolean fits = Math.max(words[i].length(), words[i + 1].length()) <= thresholds.hashMaxListpackValue;
            if (fits) most += Listpack.encodedSize(words[i]) + Listpack.encodedSize(words[i + 1]);
        }
        if (withTimes) most += TIME_BYTES * (hash.size() + (to - from) / step);
        long head = Records.sizeBeforeValue(hash.key.length(), true) + Records.bytesSize(0x4000) - 0x4000;
        long shared = Math.min(head + most, SizeClasses.MAX_SHARED);
        for (long size = head + now; size < shared; size = SizeClasses.roundUp((int) size) + 1L) block(size);
        block(head + most);
        block(head + most);
    }

    /// Counts a field's record in a table.
    void record(int nameLength, long valueSize) {
        long size = Records.sizeBeforeValue(nameLength, false) + valueSize;
        block(size);
        if (withTimes) block(size + Records.EXPIRY);
    }

    private void block(long size) {
        int total = Keyspace.total(size);
        sum += counts == ONLY_A_SUM ? db.pages().blockBytes(total) : db.pages().countBlock(counts, total);
    }
}
