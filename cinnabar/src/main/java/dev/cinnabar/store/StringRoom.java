package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.memory.SizeClasses;
import java.util.Arrays;

/// Works out what memory several strings need that are to be set together, and holds it.
final class StringRoom {
    /*
     * Three tries, from cheap to exact; each asks for less than the one before:
     *
     * 1. a new span of 64 KiB for every record: one reservation, and with plenty of memory that is all
     * 2. holes in the pages taken into account
     * 3. records taken into account that fit where an older one lies. Only when all keys differ: of two
     *    values for one key the second replaces the first, not what was there before
     */

    private static final int SPAN_BYTES = 64 << 10; // see Pages

    private final Database db;
    private long expiryMs;

    StringRoom(Database db) {
        this.db = db;
    }

    void hold(Bytes[] words, int from, int to, long expiryMs) {
        this.expiryMs = expiryMs;
        int strings = (to - from) / 2;
        long table = db.keyspace.dict.growthBytes(strings);
        long most = Pages.PAGE_BYTES;
        for (int i = from; i < to; i += 2) most += SPAN_BYTES + db.pages().blockBytes(size(words, i, true));
        Pages pages = db.pages();
        try {
            pages.hold(most + table);
        } catch (OutOfMemory e) {
            holdExactly(words, from, to, table);
        }
    }

    private int size(Bytes[] words, int index, boolean hasExpiry) {
        return Keyspace.total(Keyspace.stringSize(words[index], words[index + 1], hasExpiry));
    }

    private void holdExactly(Bytes[] words, int from, int to, long table) {
        long[] found = found(words, from, to);
        try {
            hold(words, from, to, found, false, table);
        } catch (OutOfMemory e) {
            if (hasTwice(found)) throw e;
            hold(words, from, to, found, true, table);
        }
    }

    private void hold(Bytes[] words, int from, int to, long[] found, boolean inPlace, long table) {
        int[] counts = Pages.newCounts();
        long extra = table;
        for (int i = from; i < to; i += 2) {
            long address = found[(i - from) / 2];
            boolean hadExpiry = address != 0 && db.expiryMs(address) != Database.NO_EXPIRY;
            boolean hasExpiry = expiryMs == Database.KEEP_EXPIRY ? hadExpiry : expiryMs != Database.NO_EXPIRY;
            int size = size(words, i, hasExpiry);
            boolean fits = address != 0 && fits(address, size);
            if (!inPlace || !fits) extra += db.pages().countBlock(counts, size);
        }
        db.pages().hold(counts, extra);
    }

    private long[] found(Bytes[] words, int from, int to) {
        long[] found = new long[(to - from) / 2];
        for (int i = 0; i < found.length; i++) found[i] = db.lookup(words[from + 2 * i]);
        return found;
    }

    /// Whether something of this size takes the place of the record, as [Database] would set it.
    private boolean fits(long address, int size) {
        int oldSize = Keyspace.recordSize(db.pages().array(address), Pages.offset(address));
        return SizeClasses.roundUp(oldSize) == SizeClasses.roundUp(size);
    }

    private static boolean hasTwice(long[] found) {
        long[] sorted = found.clone();
        Arrays.sort(sorted);
        for (int i = 1; i < sorted.length; i++) if (sorted[i] != 0 && sorted[i] == sorted[i - 1]) return true;
        return false;
    }
}
