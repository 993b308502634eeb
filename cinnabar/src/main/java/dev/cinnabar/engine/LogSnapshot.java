package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.store.Kind;
import dev.cinnabar.store.Snapshot;
import dev.cinnabar.struct.Records;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The data set at one moment, as the commands that make it anew: what a rewrite of the log writes. Takes the engine's lock by itself,
/// for a slice at a time; called from one thread, the log's.
public final class LogSnapshot implements SnapshotSource {
    private static final int SLICE_RECORDS = 256; // some 50 µs under the lock
    private static final int SLICE_BYTES = 64 << 10;
    private static final byte[] SET = "$3\r\nSET\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PXAT = "$4\r\nPXAT\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Engine engine;
    private ByteBuilder ready = new ByteBuilder(); // images since the last slice, from the walker and from writers
    private ByteBuilder spare = new ByteBuilder();
    private final Bytes window = new Bytes();
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

    private void image(int db, byte[] page, int at) {
        ByteBuilder out = ready;
        if (db != selected) {
            selected = db;
            out.append("*2\r\n$6\r\nSELECT\r\n$").append((long) Numbers.length(db)).appendCrlf().append((long) db).appendCrlf();
        }
        boolean hasExpiry = Records.has(page, at, Records.HAS_EXPIRY);
        out.append('*').append(hasExpiry ? '5' : '3').appendCrlf().append(SET);
        bulk(out, Records.key(page, at, window));
        if (Records.kind(page, at) == Kind.STRING_INT.ordinal()) number(out, Records.fixed8(page, at));
        else bulk(out, Records.bytes(page, at, window));
        if (hasExpiry) number(out.append(PXAT), Records.expiryMs(page, at));
    }

    private static void bulk(ByteBuilder out, Bytes text) {
        out.append('$').append((long) text.length()).appendCrlf().append(text).appendCrlf();
    }

    private static void number(ByteBuilder out, long value) {
        out.append('$').append((long) Numbers.length(value)).appendCrlf().append(value).appendCrlf();
    }
}
