package dev.cinnabar.persistence;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.engine.EvictionPolicy;
import dev.cinnabar.engine.Version;
import dev.cinnabar.store.BigImage;
import dev.cinnabar.store.Database;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// Writes the parts of an RDB file, but for its checksum; [RdbReader] draws it. Runs under the engine's lock.
final class RdbWriter {
    private final ValueWriter values;
    private final Bytes key = new Bytes();
    private int selected = -1;
    private boolean notesFrequency;
    private boolean notesIdleTime;
    private volatile long keys;

    /// @param compresses the directive `rdbcompression`
    RdbWriter(boolean compresses) {
        values = new ValueWriter(compresses);
    }

    /// How many keys were written.
    long keys() {
        return keys;
    }

    /// Appends what stands in front of the first key.
    void head(Engine engine, ByteBuilder out) {
        EvictionPolicy policy = engine.settings().evictionPolicy;
        notesFrequency = policy.isLfu();
        notesIdleTime = policy == EvictionPolicy.ALLKEYS_LRU || policy == EvictionPolicy.VOLATILE_LRU;
        out.append(String.format(Locale.ROOT, "REDIS%04d", ValueWriter.VERSION));
        fact("redis-ver", Version.REDIS, out);
        fact("redis-bits", "64", out);
        fact("ctime", Long.toString(engine.clock().wallMs() / 1000), out);
        fact("used-mem", Long.toString(engine.store().pages().used()), out);
        fact("aof-base", "0", out);
    }

    private void fact(String name, String value, ByteBuilder out) {
        out.append((byte) RdbReader.AUX);
        values.string(Bytes.of(name.getBytes(StandardCharsets.US_ASCII)), out);
        values.string(Bytes.of(value.getBytes(StandardCharsets.US_ASCII)), out);
    }

    /// Appends a key with its value.
    void key(int index, Database db, long address, ByteBuilder out) {
        begin(index, db.expiryMs(address), db.idleMs(address), db.frequency(address), out);
        out.append((byte) ValueWriter.type(db, address).code());
        values.string(db.key(address, key), out);
        values.value(db, address, out);
    }

    /// Appends a key and how many elements its value has. They are to follow.
    void big(BigImage image, ByteBuilder out) {
        begin(image.index(), image.expiryMs(), image.idleMs(), image.frequency(), out);
        out.append((byte) ValueWriter.typeByElements(image).code());
        values.string(image.key(), out);
        ValueWriter.head(image, out);
    }

    /// What writes the elements.
    ValueWriter values() {
        return values;
    }

    /// What stands in front of a key: the number of its database if that is another one than before, its
    /// time, its use.
    private void begin(int index, long expiryMs, long idleMs, int frequency, ByteBuilder out) {
        if (index != selected) {
            selected = index;
            out.append((byte) RdbReader.SELECT);
            ValueWriter.length(index, out);
        }
        if (expiryMs != Database.NO_EXPIRY) {
            out.append((byte) RdbReader.EXPIRE_MS);
            ValueWriter.fixed(expiryMs, Long.BYTES, out);
        }
        if (notesFrequency) out.append((byte) RdbReader.FREQ).append((byte) frequency);
        if (notesIdleTime) ValueWriter.length(idleMs / 1000, out.append((byte) RdbReader.IDLE));
        keys++;
    }
}
