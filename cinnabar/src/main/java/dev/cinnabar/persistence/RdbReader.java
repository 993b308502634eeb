package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Log;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.store.Database;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads an RDB image, which is what Redis writes as the base of a log unless told otherwise, into an empty
/// store.
///
/// ```
///   REDIS0010                                  magic and version
///   FA name value …                            facts about the writer
///   FE db   FB keys volatile                   what follows is of this database; how many keys
///     [FC ms8 | FD s4] [F8 idle] [F9 freq]     of the next key: when it expires, how it was used
///     type key value                           see RdbType and ValueReader
///   FF crc8                                    the end
/// ```
///
/// What is no key (functions, data of modules) is refused by name, for then the data would not be whole.
final class RdbReader {
    /// Redis 7.4's. What it has beyond 7.2's are hashes whose fields expire.
    static final int MAX_VERSION = 12;

    private static final int CHECKSUM_SINCE = 5;
    private static final int BUFFER = 1 << 20;
    private static final long NEVER = Long.MIN_VALUE;
    private static final int UNSET = -1;
    private static final int KEYS_PER_PAUSE = 1024;
    private static final int SHOWN = 128; // bytes of a key in a message

    private static final int FUNCTION = 0xf5;
    private static final int FUNCTION_BEFORE_RELEASE = 0xf6;
    private static final int MODULE_AUX = 0xf7;
    static final int IDLE = 0xf8;
    static final int FREQ = 0xf9;
    static final int AUX = 0xfa;
    private static final int RESIZE = 0xfb;
    static final int EXPIRE_MS = 0xfc;
    private static final int EXPIRE_S = 0xfd;
    static final int SELECT = 0xfe;
    static final int EOF = 0xff;

    private static final byte[] MAGIC = "REDIS".getBytes(StandardCharsets.US_ASCII);

    /// Where keys go.
    interface Databases {
        /// @return null when there is none of this number
        @Nullable
        Database database(long index);
    }

    private final String name;
    private final Databases databases;
    private final LongConsumer pause;
    private final Input in;
    private final ValueReader values = new ValueReader();
    private final Text key = new Text();
    private final Text skipped = new Text();
    private LoadingProgress progress = new LoadingProgress();
    private Log log = Log.none();
    private @Nullable Database selected;
    private long selectedIndex;
    private long keys;
    private long expired;
    private long nowMs = NEVER; // keys whose time was over by then are left out
    private @Nullable Database workshop; // where these are read
    private boolean merges;

    // of the next key
    private long expiresMs = NEVER;
    private long idleSeconds = UNSET;
    private int frequency = UNSET;

    /// @param name      the file's name, for messages
    /// @param databases empty ones
    /// @param pause     is told, now and then between two keys, up to where the file was read
    RdbReader(DiskFile file, String name, Databases databases, LongConsumer pause) throws IOException {
        this.name = name;
        this.databases = databases;
        this.pause = pause;
        this.in = new Input(file);
    }

    /// Whether a file starts like an RDB image.
    static boolean isRdb(DiskFile file) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(MAGIC.length);
        while (head.hasRemaining() && file.read(head, head.position()) > 0) {}
        return Arrays.equals(head.array(), MAGIC);
    }

    /// Leaves keys out whose time is over. Without this they are read, for a log may follow that says when
    /// each of them went.
    ///
    /// @param workshop see [dev.cinnabar.store.Store#workshop]
    RdbReader leavingOutExpired(long nowMs, Database workshop) {
        this.nowMs = nowMs;
        this.workshop = workshop;
        return this;
    }

    /// Lets keys take the place of those that are there. Without this such a key is refused.
    RdbReader merging(boolean merges) {
        this.merges = merges;
        return this;
    }

    /// Tells how many keys were read, and what the image says of its writer.
    RdbReader telling(LoadingProgress progress, Log log) {
        this.progress = progress;
        this.log = log;
        return this;
    }

    /// How many keys were read, those that were left out included.
    long keys() {
        return keys;
    }

    /// How many of them were left out.
    long expired() {
        return expired;
    }

    /// Reads the image to its end.
    ///
    /// @return the offset behind it, where a log of commands may follow
    long read() throws IOException, DamagedLog {
        long at = 0;
        progress.beginImage();
        try {
            int version = header();
            while (true) {
                at = in.offset();
                int opcode = in.one();
                if (opcode == EOF) {
                    end(version);
                    progress.keys(keys - expired, expired);
                    return in.offset();
                }
                if (opcode >= FUNCTION) fact(opcode);
                else key(opcode);
            }
        } catch (BadRdb e) {
            throw new DamagedLog(name, at, String.valueOf(e.getMessage()));
        }
    }

    private int header() throws IOException, BadRdb {
        byte[] head = new byte[9];
        for (int i = 0; i < head.length; i++) head[i] = (byte) in.one();
        String text = new String(head, StandardCharsets.ISO_8859_1);
        if (!text.matches("REDIS\\d{4}")) throw new BadRdb("an RDB image starts with REDIS and a version");
        int version = Integer.parseInt(text.substring(5));
        if (version < 1 || version > MAX_VERSION)
            throw new BadRdb("RDB version " + version + ", but only those up to " + MAX_VERSION + " are known here");
        return version;
    }

    private void fact(int opcode) throws IOException, BadRdb {
        switch (opcode) {
            case AUX -> {
                String name = in.string(skipped).window().toString();
                ofWriter(name, in.string(skipped).window());
            }
            case RESIZE -> {
                in.length();
                in.length();
            }
            case SELECT -> select(in.length());
            case EXPIRE_MS -> expiresMs = in.number(Long.BYTES);
            case EXPIRE_S -> expiresMs = (int) in.number(Integer.BYTES) * 1000L;
            case IDLE -> idleSeconds = in.length();
            case FREQ -> frequency = in.one();
            case FUNCTION -> throw functions(in.string(skipped).window().toString());
            case FUNCTION_BEFORE_RELEASE -> throw functions("");
            case MODULE_AUX -> throw new BadRdb("it holds data of a module");
            default -> throw new IllegalStateException("opcode " + opcode);
        }
    }

    private void ofWriter(String name, Bytes value) {
        switch (name) {
            case "redis-ver" -> log.notice("Loading RDB produced by version " + value);
            case "used-mem" -> {
                if (!Numbers.isLong(value)) return;
                long bytes = Numbers.parse(value);
                progress.usedMemory(bytes);
                double megabytes = bytes / (1024.0 * 1024);
                log.notice(String.format(Locale.ROOT, "RDB memory usage when created %.2f Mb", megabytes));
            }
            default -> {}
        }
    }

    /// @param code of a library; its first line says its name
    private static BadRdb functions(String code) {
        Matcher name = Pattern.compile("#![^\n]*?\\sname=(\\w+)").matcher(code);
        String library = name.lookingAt() ? " (the library \"" + name.group(1) + "\")" : "";
        return new BadRdb("it holds functions, which are not supported" + library
                + "; to load the rest, FUNCTION FLUSH where it was written, and have it written again");
    }

    private Database select(long index) throws BadRdb {
        Database db = databases.database(index);
        if (db == null) throw new BadRdb("it holds keys of database " + index + ", which there is not");
        selectedIndex = index;
        return selected = db;
    }

    private void key(int code) throws IOException, BadRdb {
        RdbType type = RdbType.of(code);
        if (type == null) throw new BadRdb("the opcode " + code + " is not known");
        Database db = selected == null ? select(0) : selected;
        Bytes k = in.string(key).window();
        Database aside = workshop;
        if (aside != null && expiresMs != NEVER && expiresMs < nowMs) leaveOut(type, aside, k);
        else put(type, db, k);
        expiresMs = NEVER;
        idleSeconds = UNSET;
        frequency = UNSET;
        if (++keys % KEYS_PER_PAUSE != 0) return;
        progress.keys(keys - expired, expired);
        pause.accept(in.offset());
        select(selectedIndex); // FLUSHALL and the like put another database in its place
    }

    private void put(RdbType type, Database db, Bytes k) throws IOException, BadRdb {
        if (db.lookup(k) != 0) {
            if (!merges) throw new BadRdb(shown(k) + " stands there twice");
            db.remove(k);
        }
        value(type, db, k);
        long address = db.lookup(k);
        if (address != 0) finish(db, address); // an empty collection, which old servers left behind, makes no key
    }

    /// Reads a key whose time is over aside: one of the same name that is there stays.
    private void leaveOut(RdbType type, Database aside, Bytes k) throws IOException, BadRdb {
        try {
            value(type, aside, k);
        } finally {
            aside.remove(k);
        }
        expired++;
    }

    private void value(RdbType type, Database db, Bytes k) throws IOException, BadRdb {
        try {
            values.read(type, in, db, k);
        } catch (BadRdb e) {
            throw new BadRdb(shown(k) + ", a " + type.type() + ": " + e.getMessage());
        }
    }

    private void finish(Database db, long address) {
        if (idleSeconds != UNSET) db.setIdle(address, idleSeconds);
        if (frequency != UNSET) db.setFrequency(address, frequency);
        // a time before 1970 is as long over as that
        if (expiresMs != NEVER) db.setExpiry(address, Math.max(1, expiresMs));
    }

    private static String shown(Bytes key) {
        return "the key \"" + new Bytes(key.array(), key.offset(), Math.min(key.length(), SHOWN)) + '"';
    }

    private void end(int version) throws IOException, BadRdb {
        if (version < CHECKSUM_SINCE) return;
        long mine = in.checksum();
        long there = in.number(Long.BYTES);
        if (there != 0 && there != mine) // 0: written with rdbchecksum no
        throw new BadRdb(String.format("the checksum is %016x, but the image has %016x", there, mine));
    }

    /// The file, a mebibyte at a time, and the checksum of what was read.
    private static final class Input extends RdbInput {
        private final DiskFile file;
        private final long size;
        private final byte[] buffer;
        private long bufferStart;
        private int limit;
        private int at;
        private int summed;
        private long crc;

        Input(DiskFile file) throws IOException {
            this.file = file;
            this.size = file.size();
            this.buffer = new byte[(int) Math.max(64, Math.min(BUFFER, size))];
        }

        long offset() {
            return bufferStart + at;
        }

        /// Of all bytes so far.
        long checksum() {
            sumUpTo(at);
            return crc;
        }

        @Override
        long left() {
            return size - offset();
        }

        @Override
        int one() throws IOException, BadRdb {
            if (at == limit) fill();
            return buffer[at++] & 0xff;
        }

        @Override
        void bytes(byte[] target, int offset, int count) throws IOException, BadRdb {
            for (int done = 0; done < count; ) {
                if (at == limit) fill();
                int n = Math.min(count - done, limit - at);
                System.arraycopy(buffer, at, target, offset + done, n);
                at += n;
                done += n;
            }
        }

        private void fill() throws IOException, BadRdb {
            sumUpTo(limit);
            bufferStart += limit;
            at = 0;
            summed = 0;
            limit = Math.max(0, file.read(ByteBuffer.wrap(buffer), bufferStart));
            if (limit == 0) throw new BadRdb("the RDB image ends before its end mark");
        }

        private void sumUpTo(int end) {
            crc = Crc64.update(crc, buffer, summed, end - summed);
            summed = end;
        }
    }
}
