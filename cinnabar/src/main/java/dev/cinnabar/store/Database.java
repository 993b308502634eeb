package dev.cinnabar.store;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.memory.SizeClasses;
import dev.cinnabar.store.Kind.Shape;
import dev.cinnabar.struct.Dict;
import dev.cinnabar.struct.ExpiryWheel;
import dev.cinnabar.struct.Records;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One of the numbered databases: keys, their values, their expiry.
///
/// Keys are found by [#lookup], which also lets an expired key go; the address it answers is good until the
/// next change. Every method that changes something checks before it does, so a refusal ([WrongType],
/// [OutOfMemory]) leaves the database as it was. Touched only under the engine's lock.
public final class Database {
    /// For an expiry time: the key does not expire.
    public static final long NO_EXPIRY = -1;

    /// For an expiry time: the key keeps the one it has, if any.
    public static final long KEEP_EXPIRY = -2;

    /// The longest text OBJECT ENCODING calls `embstr`, in bytes; redis-server 7.0 has the same limit.
    public static final int EMBSTR_MAX = 44;

    /// Bytes of heap that a database without keys takes: wheels, tables without segments, what values are
    /// looked at with.
    public static final int BYTES = 20_000; // measured: JDK 17 20,291, JDK 25 with compact headers 19,884

    private static final int ACCESS_MASK = 0xffffff;
    private static final int MAX_IDLE_SECONDS = ACCESS_MASK / 2;
    static final Bytes NO_KEY = new Bytes(); // of looks that are only read; nobody writes to it

    /// From so many bytes on a table is read ahead: what the second cache of today's processors holds. In a
    /// smaller one the reading costs what it saves.
    private static final long AHEAD_FROM = 1 << 20;

    private final Pages pages;
    private final BigValues bigs;
    private final Thresholds thresholds;
    private final Moment moment;
    private final KeyEvents events;
    private final Randomness randomness;
    final Keyspace keyspace;
    private final ExpiryWheel.Due due = this::expireDue;
    private final Agenda.Due hashDue = this::expireFields;
    private final StringRoom stringRoom = new StringRoom(this);

    // what values are looked at with: lent, and pointed at one key after another
    private final StringValue string = new StringValue();
    private final HashValue hash;
    private final ListValue list;
    private SetValue[] sets = {};
    private final ZsetValue zset;
    private final ZsetValue otherZset;
    private @Nullable HyperLogLogValue hyperLogLog;
    private final StreamEntries streamEntries = new StreamEntries();
    private final StreamValue.Tools streamTools = new StreamValue.Tools(new ByteBuilder(), new StreamEntries());
    private final StreamTrim streamTrim = new StreamTrim(streamTools.walk());
    private final Bytes valueWindow = new Bytes();

    // the same for snapshots, which come in the middle of a change
    private final HashValue hashImage;
    private final ListValue listImage;
    private final SetValue setImage;
    private final ZsetValue zsetImage;

    private int index;
    private int fieldsLeft; // to expire in this step

    Database(
            int index,
            Pages pages,
            BigValues bigs,
            Thresholds thresholds,
            Moment moment,
            KeyEvents events,
            Randomness randomness,
            long hashSeed) {
        this.index = index;
        this.pages = pages;
        this.bigs = bigs;
        this.thresholds = thresholds;
        this.moment = moment;
        this.events = events;
        this.randomness = randomness;
        this.keyspace = new Keyspace(this, pages, bigs, moment, events, randomness, hashSeed);
        this.hash = new HashValue(this, thresholds, randomness, false);
        this.list = new ListValue(this, thresholds);
        this.zset = new ZsetValue(this, thresholds, randomness);
        this.otherZset = new ZsetValue(this, thresholds, randomness);
        this.hashImage = new HashValue(this, thresholds, randomness, true);
        this.listImage = new ListValue(this, thresholds);
        this.setImage = new SetValue(this, thresholds, randomness);
        this.zsetImage = new ZsetValue(this, thresholds, randomness);
    }

    /// The number by which clients select it.
    public int index() {
        return index;
    }

    void setIndex(int index) {
        this.index = index;
    }

    /// How many keys there are, those included whose time is over but which were not met yet.
    public long size() {
        return keyspace.dict.size();
    }

    /// How many keys have an expiry time.
    public long volatileSize() {
        return keyspace.wheel.size();
    }

    /// The record of one of the keys that expire next, 0 when none does. O(1) for any number of keys.
    public long soonestToExpire() {
        return keyspace.wheel.soonest();
    }

    /// How many keys hold a hash of which some field has an expiry time.
    public long volatileHashes() {
        return keyspace.agenda.size();
    }

    /// Bytes of the tables by which keys, and hashes with volatile fields, are found; the records not
    /// counted. O(1).
    public long tableBytes() {
        return keyspace.dict.bytes() + keyspace.agenda.tableBytes();
    }

    /// Whether anything here expires.
    boolean expires() {
        return keyspace.wheel.size() > 0 || keyspace.agenda.size() > 0;
    }

    /// Lets go of the values that were looked at last: a large one lies in an array of its own, and others in a
    /// page, which would stay in memory after the key is gone.
    void letGo() {
        string.letGo();
        hash.letGo();
        list.letGo();
        for (SetValue set : sets) set.letGo();
        zset.letGo();
        otherZset.letGo();
        if (hyperLogLog != null) hyperLogLog.letGo();
        streamEntries.letGo();
        streamTools.letGo();
        valueWindow.letGo();
        hashImage.letGo();
        listImage.letGo();
        setImage.letGo();
        zsetImage.letGo();
        keyspace.letGo();
    }

    // ---- finding ----

    /// The address of the key's record, or 0 when there is no such key. A key whose time is over is taken out
    /// and is not there. O(1).
    public long lookup(Bytes key) {
        long address = keyspace.find(key);
        if (address == 0) return 0;
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        if (Records.has(page, at, Records.HAS_EXPIRY) && isExpired(page, at)) {
            if (moment.deletesExpired) expireFound(address, key);
            return 0;
        }
        return address;
    }

    /// The same without anything that follows from it: a key whose time is over stays in its place, though it
    /// is not there. For a first look at a key that is looked up later.
    public long peek(Bytes key) {
        long address = keyspace.find(key);
        if (address == 0) return 0;
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        return Records.has(page, at, Records.HAS_EXPIRY) && isExpired(page, at) ? 0 : address;
    }

    /// Whether a key has expired that is still in its place, for expired keys may not be taken out now.
    public boolean isOver(Bytes key) {
        long address = keyspace.find(key);
        return address != 0 && !isLive(address);
    }

    /// Makes ready for lookups of these keys that come soon; see [Dict#ahead]. Speed only.
    public void ahead(Bytes[] keys, int count) {
        keyspace.dict.forget();
        keyspace.dict.ahead(keys, count);
    }

    /// The same for several lookups of one key: it is found without a search as long as it stays where it is.
    ///
    /// @return the address of its record, be its time over or not; 0 when there is none
    public long ahead(Bytes key) {
        keyspace.dict.forget();
        long address = keyspace.find(key);
        if (address != 0) keyspace.dict.remember();
        return address;
    }

    /// The table in which the elements of the value at the address are looked up by their names, for those who
    /// would make ready for that ([Members#ahead]).
    ///
    /// @return null when there is none, or none so large that it pays
    public @Nullable Members tableAhead(long address) {
        if (kind(address).shape() != Kind.Shape.BIG) return null;
        Members table = big(address).table();
        return table == null || table.bytes() < AHEAD_FROM ? null : table;
    }

    private boolean isExpired(byte[] page, int at) {
        return Records.expiryMs(page, at) < moment.nowMs() && moment.expires;
    }

    /// Whether the key of a record that was found by a walk is still to be seen.
    public boolean isLive(long address) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        return !Records.has(page, at, Records.HAS_EXPIRY) || !isExpired(page, at);
    }

    /// Notes that the record is used now, for OBJECT IDLETIME, OBJECT FREQ and eviction.
    public void touch(long address) {
        keyspace.touch(address);
    }

    /// The string at the address.
    ///
    /// @return a borrowed look, good until the next one
    /// @throws WrongType when it is not a string
    public StringValue string(long address) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        if (Records.kind(page, at) > Kind.STRING_RAW.ordinal()) throw WrongType.REFUSED;
        return string.look(page, at);
    }

    public Kind kind(long address) {
        return Kind.of(Records.kind(pages.array(address), Pages.offset(address)));
    }

    /// When the record's key expires, in ms since 1970, or [#NO_EXPIRY].
    public long expiryMs(long address) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        return Records.has(page, at, Records.HAS_EXPIRY) ? Records.expiryMs(page, at) : NO_EXPIRY;
    }

    /// A borrowed window over the record's key.
    public Bytes key(long address) {
        return Records.key(pages.array(address), Pages.offset(address), new Bytes());
    }

    /// Points a window at the record's key.
    public Bytes key(long address, Bytes window) {
        return Records.key(pages.array(address), Pages.offset(address), window);
    }

    /// How long ago the record was used, in milliseconds.
    public long idleMs(long address) {
        return moment.idleMs(Records.access(pages.array(address), Pages.offset(address)));
    }

    /// The LFU count of the record, 0 to 255.
    public int frequency(long address) {
        return Lfu.count(Records.access(pages.array(address), Pages.offset(address)), moment);
    }

    /// Says that the record was used last so long ago, where keys are evicted by that (LRU); else changes
    /// nothing.
    ///
    /// @param seconds not negative; more than half of what 24 bits can tell counts as that
    public void setIdle(long address, long seconds) {
        if (moment.isLfu) return;
        int access = moment.clock() - (int) Math.min(seconds, MAX_IDLE_SECONDS) & ACCESS_MASK;
        Records.setAccess(pages.array(address), Pages.offset(address), access);
    }

    /// Gives the record this LFU count, where keys are evicted by that; else changes nothing.
    ///
    /// @param count 0 to 255
    public void setFrequency(long address, int count) {
        if (moment.isLfu) Records.setAccess(pages.array(address), Pages.offset(address), moment.minutes() << 8 | count);
    }

    /// Bytes that the key takes: its record, its share of the table, and a big value. O(1), but for a stream
    /// O(groups + consumers).
    public long memoryUsage(long address) {
        byte[] page = pages.array(address);
        long record = SizeClasses.roundUp(Keyspace.recordSize(page, Pages.offset(address))) + Long.BYTES;
        return kind(address).shape() == Shape.BIG ? record + big(address).bytes() : record;
    }

    /// A key picked by chance, as the address of its record; 0 when there is none. May meet expired keys: see
    /// [#isLive].
    public long random() {
        return keyspace.dict.random(randomness);
    }

    /// Shows the records of the next bucket; see [Dict#scan]. The visitor must not change anything.
    public long scan(long from, Dict.Visitor visitor) {
        return keyspace.dict.scan(from, visitor);
    }

    /// The same, with no more records than wanted.
    public long scan(long from, long most, Dict.Visitor visitor) {
        return keyspace.dict.scan(from, most, visitor);
    }

    // ---- strings ----

    /// Sets the key to a string, whatever it held before. The text of a whole number is stored as one.
    ///
    /// @param expiryMs when it expires, in ms since 1970, or [#NO_EXPIRY] or [#KEEP_EXPIRY]
    public void setString(Bytes key, Bytes value, long expiryMs) {
        byte[] array = value.array();
        int offset = value.offset();
        int length = value.length();
        if (length <= Numbers.MAX_LONG_CHARS && Numbers.isLong(array, offset, length)) {
            setNumber(key, Numbers.parse(array, offset, length), expiryMs);
            return;
        }
        setText(key, value, expiryMs);
    }

    /// The same, but the text of a whole number stays a text, as OBJECT ENCODING tells after INCRBYFLOAT.
    public void setText(Bytes key, Bytes value, long expiryMs) {
        int length = value.length();
        Kind kind = length <= EMBSTR_MAX ? Kind.STRING_EMBSTR : Kind.STRING_RAW;
        long address = recordFor(key, kind, Records.bytesSize(length), expiryMs);
        byte[] page = pages.array(address);
        int header = Records.valueHeader(page, Pages.offset(address));
        System.arraycopy(
                value.array(), value.offset(), page, header + Records.writeLength(page, header, length), length);
    }

    /// Sets the key to a number, whatever it held before; the string reads as its decimal text.
    public void setNumber(Bytes key, long value, long expiryMs) {
        long address = recordFor(key, Kind.STRING_INT, Long.BYTES, expiryMs);
        Records.setFixed8(pages.array(address), Pages.offset(address), value);
    }

    /// Changes a number where it lies. The record must hold [Kind#STRING_INT].
    public void overwriteNumber(long address, long value) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        keyspace.beforeChange(address);
        Records.setFixed8(page, at, value);
    }

    /// Sets the key to a string of zeros, whatever it held before, and answers where its bytes are, for
    /// writing. The key does not expire.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public Bytes newString(Bytes key, int length) {
        long address = recordFor(key, Kind.STRING_RAW, Records.bytesSize(length), NO_EXPIRY);
        byte[] page = pages.array(address);
        int header = Records.valueHeader(page, Pages.offset(address));
        int from = header + Records.writeLength(page, header, length);
        Arrays.fill(page, from, from + length, (byte) 0);
        return valueWindow.set(page, from, length);
    }

    /// Makes the string that was looked up last this long, keeps what it held up to the shorter length, fills
    /// with zeros, and answers where its bytes are, for writing. For APPEND, SETRANGE, SETBIT. O(1) as long
    /// as the block fits, O(length) else.
    ///
    /// @param length in bytes, not shorter than the string is now
    /// @return the bytes of the string, borrowed
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public Bytes growString(long address, int length) {
        return growString(address, length, KEEP_EXPIRY);
    }

    /// The same, and the key gets another expiry time with it.
    ///
    /// @param expiryMs in ms since 1970, or [#NO_EXPIRY] or [#KEEP_EXPIRY]
    public Bytes growString(long address, int length, long expiryMs) {
        StringValue old = string(address);
        int oldLength = old.length();
        if (old.isNumber()) {
            // the digits live in the look, not in the record, so they survive the record's being cut anew
            Bytes digits = old.bytes();
            address = keyspace.recut(address, Kind.STRING_RAW, Records.bytesSize(length), expiryMs, false);
            byte[] page = pages.array(address);
            int header = Records.valueHeader(page, Pages.offset(address));
            int from = header + Records.writeLength(page, header, length);
            System.arraycopy(digits.array(), digits.offset(), page, from, oldLength);
            Arrays.fill(page, from + oldLength, from + length, (byte) 0);
            return valueWindow.set(page, from, length);
        }
        int oldPrefix = Records.lengthBytes(oldLength);
        address = keyspace.recut(address, Kind.STRING_RAW, Records.bytesSize(length), expiryMs, true);
        byte[] page = pages.array(address);
        int header = Records.valueHeader(page, Pages.offset(address));
        int prefix = Records.lengthBytes(length);
        if (prefix != oldPrefix) System.arraycopy(page, header + oldPrefix, page, header + prefix, oldLength);
        Records.writeLength(page, header, length);
        Arrays.fill(page, header + prefix + oldLength, header + prefix + length, (byte) 0);
        return valueWindow.set(page, header + prefix, length);
    }

    /// The record for a value of this kind and size under the key: a new one, or the old one cut anew. The
    /// value is the caller's to write.
    private long recordFor(Bytes key, Kind kind, long valueSize, long expiryMs) {
        long address = lookup(key);
        if (address == 0 && !moment.deletesExpired) {
            // an expired key that may not be taken out now still has its slot, and is written over
            address = keyspace.find(key);
            if (expiryMs == KEEP_EXPIRY) expiryMs = NO_EXPIRY;
        }
        if (address == 0) return keyspace.create(key, kind, valueSize, expiryMs);
        if (moment.touches) touch(address);
        return keyspace.recut(address, kind, valueSize, expiryMs, false);
    }

    /// The string at the address as a HyperLogLog, to be read and changed.
    ///
    /// @param address what [#lookup] answered for the key; 0 for one that is still to be made
    /// @throws WrongType when it is no string
    public HyperLogLogValue hyperLogLog(Bytes key, long address) {
        HyperLogLogValue look = hyperLogLog;
        if (look == null) look = hyperLogLog = new HyperLogLogValue(this, thresholds);
        return look.at(key, address);
    }

    /// Makes sure that strings can be set which are given as arguments, so that none of the settings is
    /// refused until [#letRoomGo]: `key value key value …`.
    ///
    /// @param from     index of the first key
    /// @param to       index behind the last value
    /// @param expiryMs as for [#setString]
    /// @throws OutOfMemory when memory is short; then nothing is held
    public void holdRoom(Bytes[] words, int from, int to, long expiryMs) {
        stringRoom.hold(words, from, to, expiryMs);
    }

    /// Gives back what is left of the room that was held.
    public void letRoomGo() {
        pages.letGo();
    }

    // ---- values of other types: bytes in the record, or big ----

    /// The hash at the address for a snapshot, which may come in the middle of a change: a look of its own,
    /// only to be read.
    public HashValue hashImage(long address) {
        return hashImage.at(NO_KEY, address);
    }

    /// The hash at the address, to be read and changed.
    ///
    /// @param address what [#lookup] answered for the key; 0 for a hash that is still to be made
    /// @throws WrongType when it is none
    public HashValue hash(Bytes key, long address) {
        return hash.at(key, address);
    }

    /// The list at the address for a snapshot; see [#hashImage].
    public ListValue listImage(long address) {
        return listImage.at(NO_KEY, address);
    }

    /// The list at the address, to be read and changed.
    ///
    /// @param address what [#lookup] answered for the key; 0 for a list that is still to be made
    /// @throws WrongType when it is none
    public ListValue list(Bytes key, long address) {
        return list.at(key, address);
    }

    /// The set at the address for a snapshot; see [#hashImage].
    public SetValue setImage(long address) {
        return setImage.at(NO_KEY, address);
    }

    /// The set at the address, to be read and changed.
    ///
    /// @param index   for several at a time: 0, 1, 2 …, a look each
    /// @param address what [#lookup] answered for the key; 0 for a set that is still to be made
    /// @throws WrongType when it is none
    public SetValue set(int index, Bytes key, long address) {
        if (index >= sets.length) {
            int old = sets.length;
            sets = Arrays.copyOf(sets, Math.max(2 * old, index + 1));
            for (int i = old; i < sets.length; i++) sets[i] = new SetValue(this, thresholds, randomness);
        }
        return sets[index].at(key, address);
    }

    /// The look that was last pointed somewhere with this index.
    public SetValue set(int index) {
        return sets[index];
    }

    /// The sorted set at the address, to be read and changed.
    ///
    /// @param address what [#lookup] answered for the key; 0 for a set that is still to be made
    /// @throws WrongType when it is none
    public ZsetValue zset(Bytes key, long address) {
        return zset.at(key, address);
    }

    /// The same as a second look, for those who compare two sets.
    public ZsetValue otherZset(Bytes key, long address) {
        return otherZset.at(key, address);
    }

    /// The sorted set at the address for a snapshot; see [#hashImage].
    public ZsetValue zsetImage(long address) {
        return zsetImage.at(NO_KEY, address);
    }

    /// Gives up a value that no key ever had, or what was taken out of one. O(1), and as [Garbage#bytes],
    /// unless much waits to be freed or memory is short.
    void drop(Garbage value) {
        Budget budget = pages.budget();
        bigs.drop(value, budget.limit() - budget.reserved());
    }

    /// Gives up what was taken out of a value that keeps its key. O(1), and as [Garbage#bytes].
    void discardPart(Garbage part) {
        bigs.discardPart(part);
    }

    /// An empty sorted set under no key, to gather a result in.
    ///
    /// @throws OutOfMemory when memory is short
    public ZsetResult newZset() {
        return new ZsetResult(this, thresholds, randomness);
    }

    /// An empty list under no key, to gather a result in.
    ///
    /// @throws OutOfMemory when memory is short
    public ListResult newList() {
        return new ListResult(this, thresholds);
    }

    /// The stream at the address, to be read; null for address 0.
    ///
    /// @throws WrongType when it is none
    public @Nullable StreamValue stream(long address) {
        if (address == 0) return null;
        if (kind(address) != Kind.STREAM) throw WrongType.REFUSED;
        return (StreamValue) big(address);
    }

    /// The stream of the key that was looked up last, about to be changed.
    public StreamValue streamForChange(long address) {
        return (StreamValue) bigForChange(address);
    }

    /// Takes a group out of the stream of the key that was looked up last; what it remembers is freed in
    /// steps.
    public void removeGroup(long address, StreamGroup group) {
        streamForChange(address).removeGroup(group);
        drop(group);
    }

    /// An empty stream under no key; it is given one by [#putStream] or given up by [#giveUp].
    public StreamValue newStream() {
        return new StreamValue(pages, thresholds, streamTools);
    }

    /// Gives a new stream a key that is not there.
    ///
    /// @throws OutOfMemory when memory is short; then the stream is freed
    public void putStream(Bytes key, StreamValue stream) {
        try {
            putBig(key, Kind.STREAM, stream, NO_EXPIRY);
        } catch (OutOfMemory e) {
            giveUp(stream);
            throw e;
        }
    }

    /// Frees a stream that has no key.
    public void giveUp(StreamValue stream) {
        stream.freeAll();
    }

    /// A walk over a stream's entries, used again and again; not for images of snapshots, which come in the
    /// middle of a walk.
    public StreamEntries streamEntries() {
        return streamEntries;
    }

    /// What a command says about trimming, cleared; used again and again.
    public StreamTrim streamTrim() {
        return streamTrim.clear();
    }

    /// The bytes of a value that lies in its record: a listpack, an intset. Borrowed.
    public Bytes bytes(long address, Bytes window) {
        return Records.bytes(pages.array(address), Pages.offset(address), window);
    }

    /// Sets the key to a value of these bytes, whatever it held before.
    ///
    /// @param kind     one whose shape is BYTES
    /// @param expiryMs as for [#setString]
    /// @return where the record is
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public long putBytes(Bytes key, Kind kind, byte[] source, int offset, int length, long expiryMs) {
        if (kind == Kind.HASH_LISTPACKEX) throw new IllegalArgumentException("its fields' times belong on the agenda");
        long address = recordFor(key, kind, Records.bytesSize(length), expiryMs);
        byte[] page = pages.array(address);
        int header = Records.valueHeader(page, Pages.offset(address));
        System.arraycopy(source, offset, page, header + Records.writeLength(page, header, length), length);
        return address;
    }

    /// The big value at the address, to be read.
    public BigValue big(long address) {
        return bigs.get(Records.fixed4(pages.array(address), Pages.offset(address)));
    }

    /// The big value of the key that was looked up last, about to be changed.
    public BigValue bigForChange(long address) {
        keyspace.beforeChange(address);
        return big(address);
    }

    /// Sets the key to a big value, whatever it held before. The value is the key's from now on.
    ///
    /// @param kind     one whose shape is BIG
    /// @param expiryMs as for [#setString]
    /// @throws OutOfMemory when memory is short; then nothing has changed, and the value is still the
    ///                     caller's
    public void putBig(Bytes key, Kind kind, BigValue value, long expiryMs) {
        long nextFieldMs = value instanceof BigHash hash ? hash.fields().nextMs() : NO_EXPIRY;
        long address = recordFor(key, kind, Integer.BYTES, expiryMs, nextFieldMs);
        Records.setFixed4(pages.array(address), Pages.offset(address), bigs.add(value));
    }

    /// The same as [#recordFor] for what may be a hash with volatile fields, which has to be on the agenda.
    ///
    /// @param nextFieldMs when the next field goes, or [#NO_EXPIRY]
    private long recordFor(Bytes key, Kind kind, long valueSize, long expiryMs, long nextFieldMs) {
        long before = keyspace.openAgenda(key, nextFieldMs);
        long address;
        try {
            address = recordFor(key, kind, valueSize, expiryMs);
        } catch (OutOfMemory e) {
            keyspace.agenda.set(key, before);
            throw e;
        }
        keyspace.agenda.set(key, nextFieldMs);
        return address;
    }

    // ---- keys ----

    /// Takes the key out.
    ///
    /// @return whether there was one
    public boolean remove(Bytes key) {
        long address = lookup(key);
        if (address == 0) return false;
        removeFound(address);
        return true;
    }

    /// Takes the key out that was looked up last. O(1).
    ///
    /// @param address what [#lookup] answered, not 0
    public void removeFound(long address) {
        keyspace.remove(address);
        keyspace.dict.settle();
    }

    /// Gives the key that was looked up last an expiry time, or takes it away.
    ///
    /// @param address  what [#lookup] answered, not 0
    /// @param expiryMs in ms since 1970, or [#NO_EXPIRY]
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public void setExpiry(long address, long expiryMs) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        keyspace.recut(address, Kind.of(Records.kind(page, at)), Keyspace.valueSize(page, at), expiryMs, true);
    }

    /// Copies a value with its expiry to another key, here or in another database, and replaces what that
    /// held. The key must be there, and must not be the other one. O(length of the value).
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public void copyTo(Bytes key, Database to, Bytes newKey) {
        boolean isReplaced =
                to.lookup(newKey) != 0; // asked first: one whose time is over goes now, and leaves the agenda
        if (moment.tellsNewKeys && isReplaced) events.created(to, newKey); // else the primitive tells
        long address = lookup(key);
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        Kind kind = Kind.of(Records.kind(page, at));
        int valueSize = (int) Keyspace.valueSize(page, at);
        if (kind.shape() == Shape.BIG) {
            BigValue copy = big(address).copy();
            try {
                to.putBig(newKey, kind, copy, expiryMs(address));
            } catch (OutOfMemory e) {
                copy.freeAll();
                throw e;
            }
            return;
        }
        if (kind == Kind.LIST_LISTPACK) {
            Bytes pack = listImage(address).listpack(); // the room in front of it is not copied
            to.putBytes(newKey, kind, pack.array(), pack.offset(), pack.length(), expiryMs(address));
            return;
        }
        long nextFieldMs =
                kind == Kind.HASH_LISTPACKEX ? hash.look(key, address).nextMs() : NO_EXPIRY;
        long copy = to.recordFor(newKey, kind, valueSize, expiryMs(address), nextFieldMs);
        // making room has not moved the source: a block stays where it is until its owner changes it
        byte[] target = pages.array(copy);
        System.arraycopy(
                page,
                Records.valueHeader(page, at),
                target,
                Records.valueHeader(target, Pages.offset(copy)),
                valueSize);
    }

    /// Gives a value with its expiry to another key, here or in another database, and replaces what that
    /// held. The key must be there, and must not be the other one.
    ///
    /// O(1) for a new key as long as the old one, whatever the value; else the value's bytes are moved. Needs
    /// memory only where the record with its new key outgrows its block.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public void moveTo(Bytes key, Database to, Bytes newKey) {
        long address = lookup(key);
        boolean isLonger = newKey.length() > key.length();
        if (isLonger && kind(address) == Kind.LIST_LISTPACK)
            address = list.at(key, address).closeRoom();
        keyspace.handOver(key, address, to.keyspace, newKey);
    }

    // ---- expiry ----

    /// Lets keys go whose time is over and prepares those that are next.
    ///
    /// @param most how many records to touch at the most
    /// @return how many of the most are left; 0 means that there may be more to do
    public int expire(int most) {
        int left = keyspace.wheel.advance(moment.nowMs(), most, due);
        if (left == 0 || keyspace.agenda.size() == 0) return left;
        fieldsLeft = left;
        left = keyspace.agenda.advance(moment.nowMs(), left, hashDue);
        return Math.min(left, fieldsLeft);
    }

    /// Lets some fields of a hash go whose time is over.
    private void expireFields(Bytes key) {
        if (fieldsLeft == 0) return; // it stays due, for the next step
        long address = lookup(key);
        if (address == 0) return; // the key itself was over, and has left the agenda
        fieldsLeft = Math.max(0, fieldsLeft - 1 - hash.look(key, address).expire(fieldsLeft));
    }

    /// In how many milliseconds the next key may expire, at the most the given number.
    public long nextExpiryInMs(long atMost) {
        long next = keyspace.wheel.size() == 0 ? atMost : keyspace.wheel.nextInMs(moment.nowMs(), atMost);
        return keyspace.agenda.size() == 0 ? next : keyspace.agenda.nextInMs(moment.nowMs(), next);
    }

    private void expireDue(long address) {
        // the wheel has dropped it from its lists; put it back for the moment, so that the removal below is an ordinary one
        keyspace.wheel.add(address);
        expireFound(address, keyspace.found(address));
    }

    private void expireFound(long address, Bytes key) {
        removeFound(address);
        events.expired(this, key);
    }

    /// Gives the key of a record up, because memory is short.
    public void evict(long address) {
        Bytes key = keyspace.found(address);
        removeFound(address);
        events.evicted(this, key);
    }

    // ---- what it is made of ----

    Moment moment() {
        return moment;
    }

    KeyEvents events() {
        return events;
    }

    Pages pages() {
        return pages;
    }

    // ---- self-check ----

    /// Checks table, wheel and records against each other; for tests and `DEBUG`. O(n).
    ///
    /// @return bytes of all blocks of this database
    /// @throws IllegalStateException when something does not add up
    public long checkInvariants() {
        keyspace.checkInvariants();
        long[] sums = new long[3];
        long position = 0;
        do {
            position = keyspace.dict.scan(position, address -> {
                byte[] page = pages.array(address);
                int at = Pages.offset(address);
                sums[0] += SizeClasses.roundUp(Keyspace.recordSize(page, at));
                if (Records.has(page, at, Records.HAS_EXPIRY)) sums[1]++;
                if (kind(address).shape() == Shape.BIG) big(address).checkInvariants();
                if (kind(address).type().equals("hash")) sums[2] += checkAgenda(address);
            });
        } while (position != 0);
        sums[0] += keyspace.agenda.recordBytes();
        if (sums[2] != keyspace.agenda.size())
            throw new IllegalStateException(
                    sums[2] + " hashes with volatile fields, " + keyspace.agenda.size() + " on the agenda");
        if (sums[1] != keyspace.wheel.size())
            throw new IllegalStateException(sums[1] + " volatile keys, " + keyspace.wheel.size() + " in the wheel");
        return sums[0];
    }

    /// @return 1 for a hash that has to be on the agenda, 0 for others
    private int checkAgenda(long address) {
        Bytes key = key(address);
        long nextMs = hashImage.look(key, address).nextMs();
        hashImage.checkInvariants();
        if (nextMs == NO_EXPIRY) return 0;
        long whenMs = keyspace.agenda.whenMs(key);
        if (whenMs == NO_EXPIRY || whenMs > nextMs)
            throw new IllegalStateException(key + " is due at " + nextMs + ", on the agenda for " + whenMs);
        return 1;
    }
}
