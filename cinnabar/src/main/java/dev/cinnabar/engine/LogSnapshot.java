package dev.cinnabar.engine;

import dev.cinnabar.base.BulkString;
import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.store.BigImage;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.HashValue;
import dev.cinnabar.store.Kind;
import dev.cinnabar.store.Snapshot;
import dev.cinnabar.store.StreamConsumer;
import dev.cinnabar.store.StreamEntries;
import dev.cinnabar.store.StreamGroup;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.store.StringValue;
import dev.cinnabar.struct.Listpack;
import dev.cinnabar.struct.StreamId;
import org.jspecify.annotations.Nullable;

/// The data set at one moment, as the commands that make it anew: what a rewrite of the log writes.
public final class LogSnapshot extends SlicedSnapshot {
    /*
     * The elements of a collection are gathered in `body` until they make a command. A large one comes in
     * pieces, between which other records come, and elements of other large ones that writers are about to
     * change. So `open` says whose elements are in the body; when another one's come, the command is written
     * as long as it is. A snapshot hands over one large value at a time, and so most commands are full.
     */
    private static final int ELEMENTS_PER_COMMAND = 64; // as Redis writes them
    private static final int COMMAND_BYTES = 16 << 10; // so that commands of large elements are not huge

    private final Bytes key = new Bytes();
    private final Bytes when = Bytes.of(new byte[Numbers.MAX_LONG_CHARS]);
    private final Bytes[] set = {Bytes.of("SET"), key, Bytes.of(""), Bytes.of("PXAT"), when};
    private final ByteBuilder body = new ByteBuilder(); // elements of the next command
    private final ByteBuilder behind = new ByteBuilder(); // commands that come after it: HPEXPIREAT of fields
    private int inBody; // how many
    private @Nullable Elements open; // whose
    private int selected;

    public LogSnapshot(Engine engine) {
        super(engine);
    }

    @Override
    protected Snapshot.Sink begun() {
        forget();
        selected = -1;
        return new Images();
    }

    @Override
    protected void ended() {
        forget();
        key.letGo();
    }

    /// What the store's snapshot hands over.
    private final class Images implements Snapshot.Sink {
        private final Elements small = new Elements();

        @Override
        public boolean isFull() {
            return ready().length() >= SLICE_BYTES; // not the body: it is in no slice yet, and nobody would empty it
        }

        @Override
        public void image(int index, Database db, long address) {
            db.key(address, key);
            long expiryMs = db.expiryMs(address);
            Kind kind = db.kind(address);
            if (kind.isString()) string(index, db.string(address), expiryMs);
            else collection(index, db, address, kind, expiryMs);
        }

        private void collection(int index, Database db, long address, Kind kind, long expiryMs) {
            small.of(index, key, kind, expiryMs);
            switch (kind.type()) {
                case "hash" -> {
                    HashValue hash = db.hashImage(address);
                    hash.forEach((field, value) -> small.field(field, value, hash.expiryMs()));
                }
                case "list" -> db.listImage(address).forEach(small::more);
                case "set" -> db.setImage(address).forEach(small::more);
                case "zset" -> db.zsetImage(address).forEach(small::member);
                default -> throw new IllegalStateException("no image of a " + kind);
            }
            small.end();
        }

        @Override
        public Snapshot.BigSink big(BigImage image) {
            if (image.kind() == Kind.STREAM) return new Entries(image);
            return new Elements().of(image.index(), image.key(), image.kind(), image.expiryMs());
        }
    }

    private void string(int index, StringValue value, long expiryMs) {
        set[2] = value.bytes();
        int words = 3;
        if (expiryMs != Database.NO_EXPIRY) {
            when.set(when.array(), 0, Numbers.print(expiryMs, when.array(), 0));
            words = 5;
        }
        ByteBuilder out = select(index);
        // the log's own way to write commands, which is long compiled when the first rewrite comes
        int at = out.reserve((int) Math.min(Integer.MAX_VALUE, BulkString.mostBytes(words, set)));
        out.advance(BulkString.writeArray(words, set, out.array(), at) - at);
    }

    private ByteBuilder select(int index) {
        if (index != selected) {
            selected = index;
            number(ready().append("*2\r\n$6\r\nSELECT\r\n"), index);
        }
        return ready();
    }

    /// Makes commands of a collection's elements, some elements each, and the expiry behind the last.
    private final class Elements implements Snapshot.BigSink {
        private int index;
        private Bytes name = key;
        private String command = "";
        private int words; // of an element
        private long expiryMs;

        Elements of(int index, Bytes name, Kind kind, long expiryMs) {
            this.index = index;
            this.name = name;
            this.expiryMs = expiryMs;
            words = kind.type().equals("list") || kind.type().equals("set") ? 1 : 2;
            command = switch (kind.type()) {
                case "hash" -> "$4\r\nHSET\r\n";
                case "list" -> "$5\r\nRPUSH\r\n";
                case "set" -> "$4\r\nSADD\r\n";
                case "zset" -> "$4\r\nZADD\r\n";
                default -> throw new IllegalStateException("no image of a " + kind);
            };
            return this;
        }

        boolean more(Listpack.Entry element) {
            element(element);
            return true;
        }

        @Override
        public void element(Listpack.Entry element) {
            begin();
            entry(element);
            inBody++;
        }

        @Override
        public void field(Listpack.Entry field, Listpack.Entry value, long fieldExpiryMs) {
            begin();
            entry(field);
            entry(value);
            inBody++;
            if (fieldExpiryMs == Database.NO_EXPIRY) return;
            bulk(behind.append("*6\r\n$10\r\nHPEXPIREAT\r\n"), name);
            number(behind, fieldExpiryMs);
            bulk(behind.append("$6\r\nFIELDS\r\n$1\r\n1\r\n"), field.bytes());
        }

        @Override
        public void member(Listpack.Entry member, double score) {
            begin();
            if (Doubles.isWhole(score)) number(body, (long) score);
            else bulk(body, Bytes.of(Doubles.print(score)));
            entry(member);
            inBody++;
        }

        /// Before an element: a command begins, where one is full or another collection's.
        private void begin() {
            if (open == this && inBody < ELEMENTS_PER_COMMAND && body.length() < COMMAND_BYTES) return;
            flush();
            open = this;
        }

        @Override
        public void end() {
            flush();
            if (expiryMs == Database.NO_EXPIRY) return;
            bulk(select(index).append("*3\r\n$9\r\nPEXPIREAT\r\n"), name);
            number(ready(), expiryMs);
        }
    }

    /// Makes commands of a stream: an XADD for each entry, then what the stream and its groups remember.
    ///
    /// XCLAIM makes pending only what the stream has. So a group of which something is pending that the
    /// stream has no more comes first, while the stream is empty, and each of its pending entries with an
    /// entry that stands in for it; then those are trimmed away, which leaves no trace, and the last id goes
    /// back to the beginning:
    ///
    /// ```
    ///    XGROUP CREATE s g … MKSTREAM | XADD s 1-0 x y | XCLAIM s g c 0 1-0 … FORCE | … | XTRIM s MAXLEN = 0 | XSETID s 0-0
    ///    XADD s 7-0 … | … | XSETID s … | the other groups
    /// ```
    private final class Entries implements Snapshot.BigSink {
        private final BigImage image;
        private final StreamEntries entries = new StreamEntries();
        private boolean isInFront = true; // of the stream's own entries
        private boolean hasStandIns;

        Entries(BigImage image) {
            this.image = image;
        }

        @Override
        public boolean wantsGroupsOfGoneFirst() {
            return true;
        }

        @Override
        public void node(long ms, long seq, byte[] array, int offset) {
            endFront();
            entries.ofNode(ms, seq, array, offset);
            while (entries.next()) {
                begin("XADD", 3 + 2 * entries.fields());
                id(entries.ms(), entries.seq());
                for (long i = entries.fields(); i > 0; i--) {
                    text(entries.name());
                    text(entries.value());
                }
            }
        }

        @Override
        public void stream(StreamValue stream) {
            endFront();
            if (stream.size() == 0) { // makes a stream and leaves nothing in it
                begin("XADD", 7);
                words("MAXLEN", "0", "0-1", "x", "y");
            }
            begin("XSETID", 7);
            id(stream.lastMs(), stream.lastSeq());
            words("ENTRIESADDED");
            number(ready(), stream.entriesAdded());
            words("MAXDELETEDID");
            id(stream.maxDeletedMs(), stream.maxDeletedSeq());
        }

        @Override
        public void group(StreamGroup group) {
            removeStandIns();
            beginGroup("CREATE", isInFront ? 8 : 7, group);
            id(group.lastMs(), group.lastSeq());
            if (isInFront) words("MKSTREAM");
            words("ENTRIESREAD");
            number(ready(), group.entriesRead());
        }

        @Override
        public void pending(StreamGroup group, long place) {
            if (isInFront) standIn(group.rows(null).ms(place), group.rows(null).seq(place));
            StreamConsumer owner = group.owner(place);
            if (owner == null) {
                released(group, place);
                return;
            }
            begin("XCLAIM", 12);
            bulk(ready(), group.name());
            bulk(ready(), owner.name());
            words("0");
            id(group.rows(null).ms(place), group.rows(null).seq(place));
            words("TIME");
            number(ready(), group.deliveredMs(place));
            words("RETRYCOUNT");
            number(ready(), group.deliveries(place));
            words("JUSTID", "FORCE");
        }

        private void standIn(long ms, long seq) {
            begin("XADD", 5);
            id(ms, seq);
            words("x", "y");
            hasStandIns = true;
        }

        private void endFront() {
            removeStandIns();
            isInFront = false;
        }

        private void removeStandIns() {
            if (!hasStandIns) return;
            begin("XTRIM", 5);
            words("MAXLEN", "=", "0");
            begin("XSETID", 3);
            words("0-0");
            hasStandIns = false;
        }

        private void released(StreamGroup group, long place) {
            begin("XNACK", 10);
            bulk(ready(), group.name());
            words("FAIL", "IDS", "1");
            id(group.rows(null).ms(place), group.rows(null).seq(place));
            words("RETRYCOUNT");
            number(ready(), group.deliveries(place));
            words("FORCE");
        }

        @Override
        public void consumer(StreamGroup group, StreamConsumer consumer) {
            beginGroup("CREATECONSUMER", 5, group);
            bulk(ready(), consumer.name());
        }

        @Override
        public void end() {
            if (image.expiryMs() == Database.NO_EXPIRY) return;
            begin("PEXPIREAT", 3);
            number(ready(), image.expiryMs());
        }

        private void begin(String command, long words) {
            flush();
            select(image.index()).append('*').append(words).appendCrlf();
            words(command);
            bulk(ready(), image.key());
        }

        private void beginGroup(String subcommand, long words, StreamGroup group) {
            flush();
            select(image.index()).append('*').append(words).appendCrlf();
            words("XGROUP", subcommand);
            bulk(ready(), image.key());
            bulk(ready(), group.name());
        }

        private void words(String... words) {
            for (String word : words)
                ready().append('$')
                        .append((long) word.length())
                        .appendCrlf()
                        .append(word)
                        .appendCrlf();
        }

        private void id(long ms, long seq) {
            words(StreamId.text(ms, seq));
        }

        private void text(Listpack.Entry entry) {
            if (entry.isNumber()) number(ready(), entry.number());
            else bulk(ready(), entry.bytes());
        }
    }

    /// Writes the command whose elements were gathered.
    private void flush() {
        Elements full = open;
        if (full == null || inBody == 0) return;
        select(full.index)
                .append('*')
                .append(2 + (long) inBody * full.words)
                .appendCrlf()
                .append(full.command);
        bulk(ready(), full.name);
        ready().append(body.array(), 0, body.length());
        ready().append(behind.array(), 0, behind.length());
        forget();
    }

    private void forget() {
        body.clear();
        body.trim(4 * COMMAND_BYTES);
        behind.clear();
        behind.trim(4 * COMMAND_BYTES);
        inBody = 0;
        open = null;
    }

    private void entry(Listpack.Entry entry) {
        if (entry.isNumber()) number(body, entry.number());
        else bulk(body, entry.bytes());
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
