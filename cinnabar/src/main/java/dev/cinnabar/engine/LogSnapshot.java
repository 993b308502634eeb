package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.HashValue;
import dev.cinnabar.store.Kind;
import dev.cinnabar.store.ListValue;
import dev.cinnabar.store.SetValue;
import dev.cinnabar.store.Snapshot;
import dev.cinnabar.store.StringValue;
import dev.cinnabar.store.ZsetValue;
import dev.cinnabar.struct.Listpack;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The data set at one moment, as the commands that make it anew: what a rewrite of the log writes. Takes the engine's lock by itself,
/// for a slice at a time; called from one thread, the log's.
public final class LogSnapshot implements SnapshotSource {
    private static final int SLICE_RECORDS = 256; // some 50 µs under the lock
    private static final int SLICE_BYTES = 64 << 10;
    private static final long ELEMENTS_PER_COMMAND = 64; // as Redis writes them
    private static final byte[] SET = "$3\r\nSET\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PXAT = "$4\r\nPXAT\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Engine engine;
    private ByteBuilder ready = new ByteBuilder(); // images since the last slice, from the walker and from writers
    private ByteBuilder spare = new ByteBuilder();
    private final Bytes key = new Bytes();
    private long left; // elements of the collection still to be written
    private long inCommand; // of them, those that the command begun takes
    private @Nullable Snapshot snapshot;
    private int selected;

    public LogSnapshot(Engine engine) {
        this.engine = engine;
    }

    @Override
    public void begin(Runnable alsoThen) {
        engine.lock();
        try {
            ready.clear();
            selected = -1;
            snapshot = engine.store().beginSnapshot(this::image);
            alsoThen.run();
        } finally {
            engine.unlock();
        }
    }

    @Override
    public boolean next(ByteBuilder out) {
        boolean more = true;
        engine.lock();
        try {
            Snapshot running = snapshot;
            if (running == null) return false;
            while (more && ready.length() < SLICE_BYTES) {
                more = running.next(SLICE_RECORDS);
                if (engine.hasWaitingThreads()) break;
            }
            if (!more) snapshot = null;
            ByteBuilder full = ready;
            ready = spare;
            spare = full;
        } finally {
            engine.unlock();
        }
        out.append(spare.array(), 0, spare.length());
        spare.clear();
        spare.trim(4 * SLICE_BYTES);
        return more;
    }

    @Override
    public void abort() {
        engine.lock();
        try {
            Snapshot running = snapshot;
            snapshot = null;
            if (running != null) running.abort();
            engine.abandoned(running);
            ready.clear();
        } finally {
            engine.unlock();
        }
    }

    private void image(int index, Database db, long address) {
        ByteBuilder out = ready;
        if (index != selected) {
            selected = index;
            out.append("*2\r\n$6\r\nSELECT\r\n");
            number(out, index);
        }
        db.key(address, key);
        long expiryMs = db.expiryMs(address);
        boolean hasExpiry = expiryMs != Database.NO_EXPIRY;
        Kind kind = db.kind(address);
        if (kind.isString()) {
            out.append('*').append(hasExpiry ? '5' : '3').appendCrlf().append(SET);
            bulk(out, key);
            StringValue value = db.string(address);
            if (value.isNumber()) number(out, value.number());
            else bulk(out, value.bytes());
            if (hasExpiry) number(out.append(PXAT), expiryMs);
            return;
        }
        elements(kind, db, address);
        if (!hasExpiry) return;
        bulk(out.append("*3\r\n$9\r\nPEXPIREAT\r\n"), key);
        number(out, expiryMs);
    }

    /// The commands that make a collection anew, some elements each.
    private void elements(Kind kind, Database db, long address) {
        switch (kind) {
            case HASH_LISTPACK, HASH_HASHTABLE -> hash(db, address);
            case LIST_LISTPACK, LIST_QUICKLIST -> list(db, address);
            case SET_INTSET, SET_LISTPACK, SET_HASHTABLE -> set(db, address);
            case ZSET_LISTPACK, ZSET_SKIPLIST -> zset(db, address);
            default -> throw new IllegalStateException("no image of a " + kind);
        }
    }

    private void hash(Database db, long address) {
        HashValue hash = db.hashImage(address);
        left = hash.size();
        inCommand = 0;
        hash.forEach((field, value) -> {
            element("$4\r\nHSET\r\n", 2);
            entry(field);
            entry(value);
        });
    }

    private void list(Database db, long address) {
        ListValue list = db.listImage(address);
        left = list.size();
        inCommand = 0;
        list.forEach(element -> {
            element("$5\r\nRPUSH\r\n", 1);
            entry(element);
            return true;
        });
    }

    private void set(Database db, long address) {
        SetValue set = db.setImage(address);
        left = set.size();
        inCommand = 0;
        set.forEach(member -> {
            element("$4\r\nSADD\r\n", 1);
            entry(member);
            return true;
        });
    }

    private void zset(Database db, long address) {
        ZsetValue zset = db.zsetImage(address);
        left = zset.size();
        inCommand = 0;
        zset.forEach((member, score) -> {
            element("$4\r\nZADD\r\n", 2);
            if (Doubles.isWhole(score)) number(ready, (long) score);
            else bulk(ready, Bytes.of(Doubles.print(score)));
            entry(member);
        });
    }

    /// Begins an element, and a command where one is full.
    private void element(String command, int words) {
        if (inCommand == 0) {
            inCommand = Math.min(left, ELEMENTS_PER_COMMAND);
            ready.append('*').append(2 + inCommand * words).appendCrlf().append(command);
            bulk(ready, key);
        }
        inCommand--;
        left--;
    }

    private void entry(Listpack.Entry entry) {
        if (entry.isNumber()) number(ready, entry.number());
        else bulk(ready, entry.bytes());
    }

    private static void bulk(ByteBuilder out, Bytes text) {
        out.append('$').append((long) text.length()).appendCrlf().append(text).appendCrlf();
    }

    private static void number(ByteBuilder out, long value) {
        out.append('$')
                .append((long) Numbers.length(value))
                .appendCrlf()
                .append(value)
                .appendCrlf();
    }
}
