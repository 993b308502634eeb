package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.struct.Listpack;
import dev.cinnabar.struct.Records;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A hash under a key, small or large, seen as one thing: fields, their values, and until when they are
/// there.
///
/// A look that is borrowed from its database: [Database#hash] points it at a key, and the next such call
/// points it elsewhere. What it lends (entries) is good until the next change. Before a change the key must
/// be the one that was looked up last. Refusals leave the hash as it was.
public final class HashValue extends CollectionValue {
    /*
     * Three forms, down this list as it grows or gets volatile fields, never up:
     *
     *   listpack      field, value, field, value …                 in the record
     *   listpackex    field, value, time, field, value, time …     in the record; soonest first, those without a time (0) last
     *   hashtable     a table of fields ([FieldTable])             beyond hash-max-listpack-entries or -value
     *
     * Looking for a field in a listpack compares them one by one, which up to some hundred short fields is as
     * fast as hashing and takes a quarter of the memory. The order of a listpackex tells at a glance at its
     * first time whether anything is due, and what is due lies at the front. These are Redis's forms, so that
     * a dump of one is a dump of the other.
     *
     * Who looks at a hash lets go what is due, up to a bound; what is left of a great many stays in place and
     * is passed over. A field that is asked for by name and whose time is over goes at once, so that whatever
     * a command does next is as if it had not been there, here and when the log is replayed. The rest is the
     * agenda's (see [Agenda]).
     */

    /// Is shown fields and values. [#expiryMs()] tells of the field that is shown.
    public interface Visitor {
        void field(Listpack.Entry field, Listpack.Entry value);
    }

    /// The latest time at which a field may expire, in ms since 1970: some 2,200 years on.
    public static final long MAX_EXPIRY_MS = (1L << 46) - 1;

    private static final int AT_A_LOOK = 64; // due fields that a look lets go: some 10 µs
    private static final int AT_A_WALK =
            16_384; // those that go before all are walked over: some ms, less than the walk over a million
    private static final long[] NONE = {};
    private static final int TRIES = 64; // at picking a field by chance that is not due

    private final Thresholds thresholds;
    private final Randomness randomness;
    private final boolean isImage;
    private final Listpack.Entry field = new Listpack.Entry();
    private final Listpack.Entry value = new Listpack.Entry();
    private final Listpack.Entry time = new Listpack.Entry();
    private final Bytes other = new Bytes();
    private final Bytes digits = new Bytes(new byte[Numbers.MAX_LONG_CHARS], 0, 0);
    private final HashRoom room;
    private final FieldTable.Told told = this::tell;

    private long expiryMs; // of the field that was found or shown last

    /// @param isImage whether it shows the hash as it lies there, due fields and all, and lets nothing go
    HashValue(Database db, Thresholds thresholds, Randomness randomness, boolean isImage) {
        super(db, "hash");
        this.thresholds = thresholds;
        this.randomness = randomness;
        this.isImage = isImage;
        this.room = new HashRoom(this, db, thresholds);
    }

    @Override
    void letGo() {
        super.letGo();
        field.letGo();
        value.letGo();
        time.letGo();
        other.letGo();
    }

    /// @param address of the key's record, or 0 for a hash that is still to be made
    HashValue at(Bytes key, long address) {
        look(key, address);
        if (!isImage && address != 0 && db.moment().deletesExpired && isDue(nextMs())) expire(AT_A_LOOK);
        return this;
    }

    /// The same without letting anything go.
    HashValue look(Bytes key, long address) {
        point(key, address);
        return this;
    }

    private boolean isBig() {
        return db.kind(address) == Kind.HASH_HASHTABLE;
    }

    private boolean hasTimes() {
        return db.kind(address) == Kind.HASH_LISTPACKEX;
    }

    /// Entries for each field of a listpack.
    private int stride() {
        return hasTimes() ? 3 : 2;
    }

    private FieldTable table() {
        return ((BigHash) db.big(address)).fields();
    }

    private FieldTable tableForChange() {
        return ((BigHash) db.bigForChange(address)).fields();
    }

    // ---- asking ----

    /// How many fields there are, those included whose time is over but which were not let go yet.
    public long size() {
        if (address == 0) return 0;
        if (isBig()) return db.big(address).size();
        Bytes pack = pack();
        return Listpack.count(pack.array(), pack.offset()) / stride();
    }

    /// The value of a field, or null. O(1) in a large hash, O(n) in a small one. A field whose time is over
    /// goes.
    public Listpack.@Nullable Entry get(Bytes name) {
        if (address == 0) return null;
        if (isBig()) {
            FieldTable table = table();
            long found = table.find(name);
            if (found == 0) return null;
            expiryMs = table.expiryMs(found);
            if (isExpired()) return letGo(name);
            return tableValue(table, found, value);
        }
        Bytes pack = pack();
        int at = find(pack, name);
        if (at < 0) return null;
        expiryMs = hasTimes() ? timeAt(pack.array(), at) : Database.NO_EXPIRY;
        if (isExpired()) return letGo(name);
        return Listpack.read(pack.array(), Listpack.next(pack.array(), at), value);
    }

    /// When the field expires that was got or shown last, in ms since 1970, or [Database#NO_EXPIRY].
    public long expiryMs() {
        return expiryMs;
    }

    private Listpack.Entry tableValue(Members table, long found, Listpack.Entry into) {
        return table.isFixed(found) ? into.set(table.fixed(found)) : into.set(table.bytes(found, other));
    }

    private int find(Bytes pack, Bytes name) {
        return Listpack.find(pack.array(), Listpack.first(pack.offset()), name, stride() - 1);
    }

    /// The time of a listpackex's field that begins here.
    private long timeAt(byte[] array, int at) {
        Listpack.read(array, Listpack.next(array, Listpack.next(array, at)), time);
        return time.number() == 0 ? Database.NO_EXPIRY : time.number();
    }

    private int behind(byte[] array, int at) {
        int next = Listpack.next(array, Listpack.next(array, at));
        return hasTimes() ? Listpack.next(array, next) : next;
    }

    /// Shows all fields. The visitor must not change the hash. O(n).
    public void forEach(Visitor visitor) {
        if (address == 0) return;
        if (isBig()) {
            long position = 0;
            do position = scan(position, Long.MAX_VALUE, visitor);
            while (position != 0);
            return;
        }
        boolean hasTimes = hasTimes();
        Bytes pack = pack();
        byte[] array = pack.array();
        int at = Listpack.first(pack.offset());
        while (!Listpack.isEnd(array, at)) {
            show(array, at, hasTimes, visitor);
            at = behind(array, at);
        }
    }

    private void show(byte[] array, int at, boolean hasTimes, Visitor visitor) {
        expiryMs = hasTimes ? timeAt(array, at) : Database.NO_EXPIRY;
        if (isExpired() && !isImage) return;
        Listpack.read(array, at, field);
        visitor.field(field, Listpack.read(array, Listpack.next(array, at), value));
    }

    /// Shows some fields: all of a small hash, of a large one so many of one bucket; see
    /// [dev.cinnabar.struct.Dict#scan].
    ///
    /// @return where to go on, 0 at the end
    public long scan(long position, long most, Visitor visitor) {
        if (address == 0) return 0;
        if (!isBig()) {
            forEach(visitor);
            return 0;
        }
        FieldTable table = table();
        return table.scan(position, most, found -> show(table, found, visitor));
    }

    private void show(FieldTable table, long found, Visitor visitor) {
        expiryMs = table.expiryMs(found);
        if (isExpired() && !isImage) return;
        field.set(table.member(found, window));
        visitor.field(field, tableValue(table, found, value));
    }

    /// How many fields there are whose time is not over. O(1) where no field is due, else O(n).
    public long liveSize() {
        if (address == 0 || !isDue(nextMs())) return size();
        long[] count = {0};
        forEach((f, v) -> count[0]++);
        return count[0];
    }

    /// Shows a field picked by chance.
    ///
    /// @return false when there is none that is not due, or, in a large hash, such are so few that chance
    ///         does not find them: see [#live]
    public boolean random(Visitor visitor) {
        if (address == 0) return false;
        if (!isBig()) return randomOfPack(visitor);
        for (int i = 0; i < TRIES; i++) if (showAt(table().random(), visitor)) return true;
        return false;
    }

    /// What is due lies at the front, so the others can be picked from.
    private boolean randomOfPack(Visitor visitor) {
        boolean hasTimes = hasTimes();
        Bytes pack = pack();
        byte[] array = pack.array();
        int due = 0;
        int at = Listpack.first(pack.offset());
        for (; hasTimes && !Listpack.isEnd(array, at) && isDue(timeAt(array, at)); at = behind(array, at)) due++;
        int live = (int) size() - due;
        if (live == 0) return false;
        long picked = due + randomness.below(live);
        show(array, Listpack.seek(array, pack.offset(), stride() * picked), hasTimes, visitor);
        return true;
    }

    /// The fields of a large hash that are not due, as [#randomAddress] answers them, where they are few
    /// among many that are. Lets some of the others go first, so that who asks again and again finds less to
    /// pass over. O(n).
    ///
    /// @param most how many are enough
    public long[] live(int most) {
        if (address == 0 || !isBig()) return NONE;
        if (!isImage && db.moment().deletesExpired) expire(AT_A_WALK);
        if (address == 0) return NONE;
        FieldTable table = table();
        long[][] found = {new long[TRIES]};
        int[] count = {0};
        long position = 0;
        do {
            position = table.scan(position, fieldAddress -> {
                if (isDue(table.expiryMs(fieldAddress)) || count[0] == most) return;
                if (count[0] == found[0].length) found[0] = Arrays.copyOf(found[0], 2 * count[0]);
                found[0][count[0]++] = fieldAddress;
            });
        } while (position != 0 && count[0] < most);
        return Arrays.copyOf(found[0], count[0]);
    }

    /// Whether the time of the field is not over that [#randomAddress] answered.
    public boolean isLive(long fieldAddress) {
        return !isDue(table().expiryMs(fieldAddress));
    }

    /// A number that tells a field of a large hash, picked by chance, from the others, as long as nothing
    /// changes; 0 in a small one.
    public long randomAddress() {
        return isBig() ? table().random() : 0;
    }

    /// Shows the field that [#randomAddress] or [#live] answered.
    ///
    /// @return false when its time is over
    public boolean showAt(long fieldAddress, Visitor visitor) {
        FieldTable table = table();
        expiryMs = table.expiryMs(fieldAddress);
        if (isExpired()) return false;
        show(table, fieldAddress, visitor);
        return true;
    }

    // ---- changing ----

    /// Gives a field a value, and takes its expiry time away; makes the hash if there is none.
    ///
    /// @return whether the field is new
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    public boolean put(Bytes name, Bytes newValue) {
        return put(name, newValue, false);
    }

    /// The same for a field that keeps the expiry time it has, if any.
    public boolean putKeepingExpiry(Bytes name, Bytes newValue) {
        return put(name, newValue, true);
    }

    /// The same for a number.
    public boolean putKeepingExpiry(Bytes name, long number) {
        digits.set(digits.array(), 0, Numbers.print(number, digits.array(), 0));
        return put(name, digits, true);
    }

    private boolean put(Bytes name, Bytes newValue, boolean keepsExpiry) {
        if (hasVolatile()) get(name); // which goes if its time is over
        if (address != 0 && isBig()) return putBig(name, newValue, keepsExpiry);
        boolean isTooLong = Math.max(name.length(), newValue.length()) > thresholds.hashMaxListpackValue;
        if (isTooLong || address == 0 && thresholds.hashMaxListpackEntries <= 0)
            return becomeBigWith(name, newValue, keepsExpiry);
        if (address == 0) return create(name, newValue);
        return putSmall(name, newValue, keepsExpiry);
    }

    private boolean create(Bytes name, Bytes newValue) {
        beginPack(scratch);
        Listpack.encode(name, scratch);
        Listpack.encode(newValue, scratch);
        endPack(scratch, 2);
        create(Kind.HASH_LISTPACK);
        return true;
    }

    private boolean putSmall(Bytes name, Bytes newValue, boolean keepsExpiry) {
        boolean hasTimes = hasTimes();
        Bytes pack = pack();
        byte[] array = pack.array();
        int start = pack.offset();
        int at = find(pack, name);
        if (at < 0 && Listpack.count(array, start) / stride() >= thresholds.hashMaxListpackEntries)
            return becomeBigWith(name, newValue, keepsExpiry);
        if (at >= 0 && hasTimes && !keepsExpiry && timeAt(array, at) != Database.NO_EXPIRY) {
            place(at, name, newValue, Database.NO_EXPIRY);
            rearm();
            return false;
        }
        scratch.clear();
        if (at >= 0) {
            at = Listpack.next(array, at);
            Listpack.encode(newValue, scratch);
            splice(at - start, Listpack.entrySize(array, at), 0);
            return false;
        }
        Listpack.encode(name, scratch);
        Listpack.encode(newValue, scratch);
        if (hasTimes) Listpack.encode(0, scratch);
        splice(Listpack.size(array, start) - 1, 0, stride());
        return true;
    }

    private void splice(int at, int removed, int moreEntries) {
        splice(db.kind(address), at, removed, moreEntries);
    }

    private boolean putBig(Bytes name, Bytes newValue, boolean keepsExpiry) {
        BigHash big = (BigHash) db.bigForChange(address);
        boolean isNew = big.put(name, newValue);
        FieldTable table = big.fields();
        if (!isNew && !keepsExpiry && table.hasVolatile() && clearExpiry(table, table.find(name))) rearm();
        return isNew;
    }

    /// @return whether the field had an expiry time
    private static boolean clearExpiry(FieldTable table, long found) {
        if (!table.isVolatile(found)) return false;
        table.setExpiry(found, Database.NO_EXPIRY);
        return true;
    }

    /// Becomes a table in which a field has this value.
    ///
    /// @return whether the field is new
    private boolean becomeBigWith(Bytes name, Bytes newValue, boolean keepsExpiry) {
        boolean isNew = !exists() || find(pack(), name) < 0;
        BigHash big = new BigHash(db.pages(), randomness, db.moment());
        becomeBig(Kind.HASH_HASHTABLE, big, () -> {
            if (exists()) copyTo(big);
            big.put(name, newValue);
            if (!isNew && !keepsExpiry) clearExpiry(big.fields(), big.fields().find(name));
        });
        return isNew;
    }

    /// Fills a table with the fields of a small hash, the due ones included: the log has still to hear of
    /// them.
    private void copyTo(BigHash big) {
        boolean hasTimes = hasTimes();
        Bytes pack = pack();
        byte[] array = pack.array();
        for (int at = Listpack.first(pack.offset()); !Listpack.isEnd(array, at); at = behind(array, at)) {
            Bytes name = Listpack.read(array, at, field).bytes();
            big.put(name, Listpack.read(array, Listpack.next(array, at), value).bytes());
            long whenMs = hasTimes ? timeAt(array, at) : Database.NO_EXPIRY;
            if (whenMs != Database.NO_EXPIRY)
                big.fields().setExpiry(big.fields().find(name), whenMs);
        }
    }

    /// Takes a field out; the last one takes the key with it.
    ///
    /// @return whether it was there
    public boolean remove(Bytes name) {
        return get(name) != null && removeFound(name);
    }

    /// Takes out a field that is there, due or not.
    private boolean removeFound(Bytes name) {
        boolean wasVolatile = expiryMs != Database.NO_EXPIRY;
        if (isBig()) {
            FieldTable table = tableForChange();
            table.remove(name);
            if (table.size() == 0) removeKey();
            else if (wasVolatile) rearm();
            return true;
        }
        Bytes pack = pack();
        int at = find(pack, name);
        if (Listpack.count(pack.array(), pack.offset()) == stride()) {
            removeKey();
            return true;
        }
        int end = behind(pack.array(), at);
        scratch.clear();
        splice(at - pack.offset(), end - at, -stride());
        if (wasVolatile) rearm();
        return true;
    }

    /// Makes sure that fields can be set, given as arguments `field value field value …`, so that none of the
    /// settings is refused until [Database#letRoomGo].
    ///
    /// @param from      index of the first field
    /// @param to        index behind the last word
    /// @param step      2 with values; 1 for fields that are there and are to get an expiry time
    /// @param withTimes whether they get expiry times
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing is held
    public void holdRoom(Bytes[] words, int from, int to, int step, boolean withTimes) {
        room.hold(words, from, to, step, withTimes);
    }

    /// For [HashRoom]: whether it is not a table yet.
    boolean isSmall() {
        return address == 0 || !isBig();
    }

    /// For [HashRoom]: how many bytes the table of a large hash may take for more fields.
    long growthBytes(int fields) {
        return table().growthBytes(fields);
    }

    /// For [HashRoom]: the length of a small hash's listpack.
    int packLength() {
        return address == 0 ? Listpack.EMPTY_SIZE : pack().length();
    }

    /// For [HashRoom]: the size of a field's value in the record of a table; 0 when it is not there.
    long valueSize(Bytes name) {
        if (address == 0) return 0;
        if (isBig()) {
            FieldTable table = table();
            long found = table.find(name);
            return found == 0
                    ? 0
                    : table.isFixed(found)
                            ? Long.BYTES
                            : bytesSize(table.bytes(found, other).length());
        }
        Bytes pack = pack();
        int at = find(pack, name);
        return at < 0 ? 0 : valueSizeAt(pack.array(), at);
    }

    private int valueSizeAt(byte[] array, int at) {
        return bytesSize(Listpack.read(array, Listpack.next(array, at), value).length());
    }

    private static int bytesSize(int length) {
        return (int) Math.max(Long.BYTES, Records.bytesSize(length));
    }

    /// For [HashRoom]: counts the fields of a small hash as the records of a table.
    void countRecords(HashRoom counting) {
        if (address == 0) return;
        Bytes pack = pack();
        byte[] array = pack.array();
        for (int at = Listpack.first(pack.offset()); !Listpack.isEnd(array, at); at = behind(array, at)) {
            counting.record(Listpack.read(array, at, field).length(), valueSizeAt(array, at));
        }
    }

    // ---- expiry times ----

    /// Gives a field that is there an expiry time, or takes it away.
    ///
    /// @param whenMs in ms since 1970, not negative, or [Database#NO_EXPIRY]
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed. Taking away is
    ///                                         never refused
    public void setExpiry(Bytes name, long whenMs) {
        if (whenMs == Database.NO_EXPIRY) {
            if (isBig()) {
                FieldTable table = tableForChange();
                if (clearExpiry(table, table.find(name))) rearm();
            } else if (hasTimes()) {
                setTime(name, whenMs);
                rearm();
            }
            return;
        }
        db.keyspace.agenda.open(key, whenMs);
        try {
            if (isBig()) {
                FieldTable table = tableForChange();
                table.setExpiry(table.find(name), whenMs);
            } else {
                setTime(name, whenMs);
            }
        } finally {
            rearm();
        }
    }

    private void setTime(Bytes name, long whenMs) {
        Bytes pack = pack();
        int at = find(pack, name);
        Listpack.read(pack.array(), Listpack.next(pack.array(), at), value);
        place(at, name, value.bytes(), whenMs);
    }

    /// Writes the listpack anew as one with times, and puts a field that is in it to the place of its time.
    private void place(int oldAt, Bytes name, Bytes newValue, long whenMs) {
        boolean hasTimes = hasTimes();
        Bytes pack = pack();
        byte[] array = pack.array();
        int fields = Listpack.count(array, pack.offset()) / stride();
        boolean isPlaced = false;
        beginPack(scratch);
        for (int at = Listpack.first(pack.offset()); !Listpack.isEnd(array, at); ) {
            int next = behind(array, at);
            if (at != oldAt) {
                long otherMs = hasTimes ? timeAt(array, at) : Database.NO_EXPIRY;
                if (!isPlaced && isBefore(whenMs, otherMs)) {
                    append(name, newValue, whenMs);
                    isPlaced = true;
                }
                scratch.append(array, at, next - at);
                if (!hasTimes) Listpack.encode(0, scratch);
            }
            at = next;
        }
        if (!isPlaced) append(name, newValue, whenMs);
        endPack(scratch, 3 * fields);
        replacePack(Kind.HASH_LISTPACKEX);
    }

    private void append(Bytes name, Bytes newValue, long whenMs) {
        Listpack.encode(name, scratch);
        Listpack.encode(newValue, scratch);
        Listpack.encode(whenMs == Database.NO_EXPIRY ? 0 : whenMs, scratch);
    }

    private static boolean isBefore(long whenMs, long otherMs) {
        if (whenMs == Database.NO_EXPIRY) return false;
        return otherMs == Database.NO_EXPIRY || whenMs < otherMs;
    }

    /// The soonest time of a field, in ms since 1970; 0 when no field is volatile. O(n) in a large hash.
    public long soonestMs() {
        if (hasTimes()) return Math.max(0, nextMs());
        long[] soonest = {Long.MAX_VALUE};
        forEach((f, v) -> {
            if (expiryMs != Database.NO_EXPIRY) soonest[0] = Math.min(soonest[0], expiryMs);
        });
        return soonest[0] == Long.MAX_VALUE ? 0 : soonest[0];
    }

    /// When to look for due fields, or [Database#NO_EXPIRY] when no field is volatile.
    long nextMs() {
        return switch (db.kind(address)) {
            case HASH_LISTPACKEX -> {
                Bytes pack = pack();
                yield timeAt(pack.array(), Listpack.first(pack.offset()));
            }
            case HASH_HASHTABLE -> table().nextMs();
            default -> Database.NO_EXPIRY;
        };
    }

    /// Whether fields may have expiry times.
    public boolean hasVolatile() {
        return address != 0 && (hasTimes() || isBig() && table().hasVolatile());
    }

    private void rearm() {
        db.keyspace.agenda.set(key, nextMs());
    }

    private boolean isDue(long whenMs) {
        return whenMs != Database.NO_EXPIRY && whenMs < db.moment().nowMs() && db.moment().expires;
    }

    /// Whether the time of the field is over that was got or shown last; only an image shows such.
    public boolean isExpired() {
        return isDue(expiryMs);
    }

    /// A field was asked for whose time is over.
    ///
    /// @return null
    private Listpack.@Nullable Entry letGo(Bytes name) {
        if (isImage || !db.moment().deletesExpired) return null;
        tell(name);
        removeFound(name);
        db.events().fieldsExpired(db, key, address == 0);
        return null;
    }

    private void tell(Bytes name) {
        db.events().fieldExpired(db, key, name);
    }

    /// Lets fields go whose time is over; the last one takes the key with it.
    ///
    /// @param most how many records to touch at the most
    /// @return how many were touched, or what the work amounts to
    int expire(int most) {
        int touched;
        int expired;
        if (isBig()) {
            FieldTable table = tableForChange();
            touched = table.expire(most, told);
            expired = table.expired();
        } else {
            touched = expired = expireSmall(most);
        }
        if (address != 0 && size() == 0) removeKey();
        else if (address != 0) rearm();
        if (expired > 0) db.events().fieldsExpired(db, key, address == 0);
        return touched;
    }

    private int expireSmall(int most) {
        if (!hasTimes()) return 0;
        Bytes pack = pack();
        byte[] array = pack.array();
        int first = Listpack.first(pack.offset());
        int at = first;
        int expired = 0;
        while (expired < most && !Listpack.isEnd(array, at) && isDue(timeAt(array, at))) {
            tell(Listpack.read(array, at, field).bytes());
            expired++;
            at = behind(array, at);
        }
        if (expired == 0) return 0;
        if (Listpack.isEnd(array, at)) {
            removeKey();
            return expired;
        }
        scratch.clear();
        splice(Listpack.HEADER, at - first, -3 * expired);
        return expired;
    }

    /// Checks the order of a listpackex; for tests. O(n).
    void checkInvariants() {
        if (!hasTimes()) return;
        Bytes pack = pack();
        byte[] array = pack.array();
        if (!Listpack.isValid(array, pack.offset(), pack.length()) || Listpack.count(array, pack.offset()) % 3 != 0)
            throw new IllegalStateException("not a listpack of fields, values and times");
        long lastMs = 0;
        for (int at = Listpack.first(pack.offset()); !Listpack.isEnd(array, at); at = behind(array, at)) {
            long whenMs = timeAt(array, at);
            if (isBefore(whenMs, lastMs)) throw new IllegalStateException(whenMs + " behind " + lastMs);
            lastMs = whenMs;
        }
    }
}
