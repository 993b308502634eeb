package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.memory.SizeClasses;
import dev.cinnabar.store.Kind.Shape;
import dev.cinnabar.struct.Dict;
import dev.cinnabar.struct.ExpiryWheel;
import dev.cinnabar.struct.Records;
import org.jspecify.annotations.Nullable;

/// The records of one database, and all that has to stay in step with them: the table that finds them by
/// their keys, the wheel of those that expire, the agenda of hashes with volatile fields, the snapshot that
/// runs.
///
/// Here are the primitives to which every change to a record comes down. Touched only under the engine's
/// lock.
final class Keyspace {
    /*
     *      create        a record under a new key
     *      recut         the same key, another size, kind or expiry; in place where the block fits
     *      splice        some bytes of the value replaced; in place where the block fits
     *      remove        the record goes, and its value
     *      handOver      remove and create in one, without a copy of the value where that can be
     *
     * Each of them does first what may fail, then tells the running snapshot, then acts, keeps the wheel's
     * links right, and leaves the accounting to Pages. Who overwrites bytes of a value in place says
     * [#beforeChange]. Nothing else writes into records.
     *
     * All but create need the record to be the one that was found last: the table keeps its slot.
     */
    static final byte[] ANYTHING = {};

    final Dict dict;
    final ExpiryWheel wheel;
    final Agenda agenda;
    private final Database db;
    private final Pages pages;
    private final BigValues bigs;
    private final Moment moment;
    private final KeyEvents events;
    private final Randomness randomness;
    private final Bytes keyWindow = new Bytes();
    private final Bytes agendaWindow = new Bytes();
    private final Dict.Mover mover = this::moveSparse;
    private final Dict.Visitor freer = this::freeRecord;
    private @Nullable TableWalk walk; // of the running snapshot
    private int imageIndex; // the number that the database had when it began
    private long foundHash; // of the key that was looked up last
    private long compactPosition;
    private boolean isCompactingAgenda;

    /// @param db whose records these are, for those who listen to its events
    Keyspace(
            Database db,
            Pages pages,
            BigValues bigs,
            Moment moment,
            KeyEvents events,
            Randomness randomness,
            long hashSeed) {
        this.db = db;
        this.pages = pages;
        this.bigs = bigs;
        this.moment = moment;
        this.events = events;
        this.randomness = randomness;
        this.dict = new Dict(pages, hashSeed);
        this.wheel = new ExpiryWheel(pages, moment.nowMs(), moment.isExact);
        this.agenda = new Agenda(pages, moment, events, randomness.hashSeed());
    }

    // ---- finding ----

    /// The address of the key's record, be its time over or not; 0 when there is none. O(1).
    long find(Bytes key) {
        long remembered = dict.findRemembered(key);
        if (remembered != 0) {
            foundHash = dict.foundHash();
            return remembered;
        }
        long hash = dict.hash(key.array(), key.offset(), key.length());
        foundHash = hash;
        return dict.find(key.array(), key.offset(), key.length(), hash);
    }

    /// Makes a record that was met on another way the one that was found last.
    ///
    /// @return its key, borrowed: good until the next time, also when the record is freed meanwhile, for that
    ///     writes a link into the first four bytes of a block only
    Bytes found(long address) {
        foundHash = dict.hashOf(address);
        Bytes key = Records.key(pages.array(address), Pages.offset(address), keyWindow);
        dict.find(key.array(), key.offset(), key.length(), foundHash);
        return key;
    }

    /// Notes that the record is used now, for OBJECT IDLETIME, OBJECT FREQ and eviction.
    void touch(long address) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        int access = Records.access(page, at);
        if (moment.isLfu) Records.setAccess(page, at, Lfu.used(access, moment, randomness));
        else if (access != moment.clock()) Records.setAccess(page, at, moment.clock());
    }

    // ---- the primitives ----

    /// Makes a record under the key that was not found last. The value is the caller's to write.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    long create(Bytes key, Kind kind, long valueSize, long expiryMs) {
        long hash = foundHash;
        boolean hasExpiry = expiryMs >= 0;
        boolean hasSection = hasSection(hasExpiry, valueSize);
        int size = total(Records.sizeBeforeValue(key.length(), hasSection) + valueSize);
        long address = pages.allocate(size);
        try {
            dict.insert(hash, address);
        } catch (OutOfMemory e) {
            pages.free(address, size);
            throw e;
        }
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        int flags = Records.expiryFlags(hasExpiry, hasSection) | (walk == null ? 0 : walk.birthFlags(hash));
        Records.writeHead(
                page, at, kind.ordinal(), flags, moment.initialAccess(), key.array(), key.offset(), key.length());
        if (hasExpiry) {
            hang(address, expiryMs);
        }
        if (moment.tellsNewKeys) events.created(db, key);
        return address;
    }

    /// Gives a record its time, and hangs it into the wheel.
    private void hang(long address, long expiryMs) {
        Records.setExpiryMs(pages.array(address), Pages.offset(address), expiryMs);
        wheel.add(address);
        if (expiryMs < moment.timersDueMs) events.expiresSooner(expiryMs);
    }

    /// Changes kind, size or expiry of the record that was found last; in place if the block is of the right
    /// size.
    ///
    /// @param keepValue whether the old value's bytes are copied as far as both sizes reach
    /// @return where the record is now
    /// @throws OutOfMemory when memory is short; then nothing has changed
    long recut(long address, Kind kind, long valueSize, long expiryMs, boolean keepValue) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        boolean hadExpiry = Records.has(page, at, Records.HAS_EXPIRY);
        if (expiryMs == Database.KEEP_EXPIRY) expiryMs = hadExpiry ? Records.expiryMs(page, at) : Database.NO_EXPIRY;
        boolean hasExpiry = expiryMs >= 0;
        boolean hadSection = Records.hasSection(page, at);
        boolean hasSection = hasSection(hasExpiry, valueSize);
        int expiryFlags = Records.expiryFlags(hasExpiry, hasSection);
        int oldSize = recordSize(page, at);
        int keyLength = Records.keyLength(page, at);
        int newSize = total(Records.sizeBeforeValue(keyLength, hasSection) + valueSize);

        if (SizeClasses.roundUp(oldSize) == SizeClasses.roundUp(newSize)) {
            beforeChange(address);
            if (!keepValue) retireValue(page, at, kind);
            Records.setKind(page, at, kind.ordinal());
            boolean changesExpiry = hadExpiry != hasExpiry || hasExpiry && Records.expiryMs(page, at) != expiryMs;
            if (changesExpiry && hadExpiry) wheel.remove(address);
            if (hadSection != hasSection) {
                Records.changeExpiry(page, at, hasSection, keepValue ? oldSize : Records.valueHeader(page, at) - at);
            }
            Records.setExpiryFlags(page, at, expiryFlags);
            if (changesExpiry && hasExpiry) {
                hang(address, expiryMs);
            }
            return address;
        }

        long to = pages.allocate(newSize);
        beforeChange(address);
        if (!keepValue) retireValue(page, at, kind);
        byte[] target = pages.array(to);
        int toAt = Pages.offset(to);
        int flags = expiryFlags | page[at] & Records.IMAGED;
        int keyOffset = Records.keyOffset(page, at);
        Records.writeHead(target, toAt, kind.ordinal(), flags, Records.access(page, at), page, keyOffset, keyLength);
        if (keepValue) {
            int from = Records.valueHeader(page, at);
            int oldValueSize = at + oldSize - from;
            System.arraycopy(
                    page, from, target, Records.valueHeader(target, toAt), (int) Math.min(oldValueSize, valueSize));
        }
        if (hadExpiry) wheel.remove(address);
        if (hasExpiry) {
            hang(to, expiryMs);
        }
        dict.replaceFound(to);
        pages.free(address, oldSize);
        return to;
    }

    /// Replaces some of the bytes of the value that was found last, which lies in its record; the value grows
    /// or shrinks. In place as long as the block fits, else a copy.
    ///
    /// @param at      where the bytes to be replaced begin in the value
    /// @param removed how many they are
    /// @param source  what takes their place: `length` bytes from `offset` on; must not lie in the record
    ///                itself; or [#ANYTHING], then what they are is undefined
    /// @return where the record is now
    /// @throws OutOfMemory when memory is short; then nothing has changed
    long splice(long address, Kind kind, int at, int removed, byte[] source, int offset, int length) {
        byte[] page = pages.array(address);
        int record = Pages.offset(address);
        int header = Records.valueHeader(page, record);
        int oldLength = Records.bytesLength(page, record);
        int newLength = total((long) oldLength - removed + length);
        int oldFrom = header + Records.lengthBytes(oldLength);
        int newPrefix = Records.lengthBytes(newLength);
        int tail = oldLength - at - removed;
        int oldSize = recordSize(page, record);
        int newSize = total(header - record + Records.bytesSize(newLength));
        boolean grows = newLength > oldLength;
        boolean staysInBlock = SizeClasses.roundUp(oldSize) == SizeClasses.roundUp(newSize);
        long to = staysInBlock ? address : grows ? pages.allocate(newSize) : pages.allocateForced(newSize);

        beforeChange(address);
        byte[] target = pages.array(to);
        int toRecord = Pages.offset(to);
        int newFrom = toRecord + header - record + newPrefix;
        if (!staysInBlock) System.arraycopy(page, record, target, toRecord, header - record);
        // in place, what moves up has to start from its end and what moves down from its beginning
        if (grows && tail > 0) System.arraycopy(page, oldFrom + at + removed, target, newFrom + at + length, tail);
        if (page != target || oldFrom != newFrom) System.arraycopy(page, oldFrom, target, newFrom, at);
        if (!grows && tail > 0) System.arraycopy(page, oldFrom + at + removed, target, newFrom + at + length, tail);
        if (source != ANYTHING) Bytes.copy(source, offset, target, newFrom + at, length);
        Records.writeLength(target, newFrom - newPrefix, newLength);
        Records.setKind(target, toRecord, kind.ordinal());
        if (!staysInBlock) {
            if (Records.has(target, toRecord, Records.HAS_EXPIRY)) wheel.moved(to);
            dict.replaceFound(to);
            pages.free(address, oldSize);
        }
        return to;
    }

    /// How much longer than this the value of a record could be in the block that it gets, with an expiry as
    /// without.
    int slack(long address, int length) {
        byte[] page = pages.array(address);
        int record = Pages.offset(address);
        int size = total(Records.valueHeader(page, record) - record + Records.bytesSize(length));
        int slack = SizeClasses.roundUp(size) - size - (Records.hasSection(page, record) ? 0 : Records.EXPIRY);
        return slack > 0 && Records.lengthBytes(length + slack) == Records.lengthBytes(length) ? slack : 0;
    }

    /// Removes the record that was found last; the table is the caller's to [settle][Dict#settle].
    void remove(long address) {
        remove(address, true);
    }

    private void remove(long address, boolean leavesAgenda) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        beforeChange(address);
        if (leavesAgenda) leaveAgenda(page, at);
        retireBig(page, at);
        if (Records.has(page, at, Records.HAS_EXPIRY)) wheel.remove(address);
        int size = recordSize(page, at);
        dict.takeFound();
        pages.free(address, size);
    }

    /// Gives a record another key, in this database or another.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    void handOver(Bytes key, long address, Keyspace to, Bytes newKey) {
        long oldHash = foundHash;
        long newHash = to.dict.hash(newKey.array(), newKey.offset(), newKey.length());
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        boolean hasExpiry = Records.has(page, at, Records.HAS_EXPIRY);
        int flags = Records.expiryFlags(hasExpiry, Records.hasSection(page, at));
        int access = Records.access(page, at);
        int valueSize = (int) valueSize(page, at);
        int oldSize = recordSize(page, at);
        int newSize = total(Records.sizeBeforeValue(newKey.length(), flags != 0) + valueSize);
        boolean staysInBlock = SizeClasses.roundUp(oldSize) == SizeClasses.roundUp(newSize);

        long nextFieldMs = agenda.whenMs(key);

        // what may fail
        to.dict.makeRoom(newHash);
        long target = staysInBlock ? address : pages.allocate(newSize);
        try {
            to.openAgenda(newKey, nextFieldMs);
        } catch (OutOfMemory e) {
            if (!staysInBlock) pages.free(target, newSize);
            throw e;
        }

        long replaced = to.dict.find(newKey.array(), newKey.offset(), newKey.length(), newHash);
        if (replaced != 0) {
            to.foundHash = newHash;
            to.remove(replaced, false);
        }
        to.agenda.set(newKey, nextFieldMs);
        agenda.set(key, Database.NO_EXPIRY);

        // the record leaves its slot before its key changes, for the slot is found by the key
        dict.find(key.array(), key.offset(), key.length(), oldHash);
        foundHash = oldHash;
        beforeChange(address);
        if (hasExpiry) wheel.remove(address);
        dict.takeFound();

        byte[] targetPage = pages.array(target);
        int targetAt = Pages.offset(target);
        int from = Records.valueHeader(page, at);
        int kind = Records.kind(page, at);
        long expiryMs = db.expiryMs(address);
        if (to.walk != null) flags |= to.walk.birthFlags(newHash);
        int valueAt = newSize - valueSize + targetAt;
        if (page != targetPage || from != valueAt) System.arraycopy(page, from, targetPage, valueAt, valueSize);
        Records.writeHead(targetPage, targetAt, kind, flags, access, newKey.array(), newKey.offset(), newKey.length());
        if (expiryMs != Database.NO_EXPIRY) {
            to.hang(target, expiryMs);
        }
        to.dict.insertPrepared(newHash, target);
        if (!staysInBlock) pages.free(address, oldSize);
        dict.settle();
        if (moment.tellsNewKeys) events.created(to.db, newKey);
    }

    /// The record that was found last is about to be changed.
    void beforeChange(long address) {
        if (walk != null) walk.beforeChange(address, foundHash);
    }

    /// A record's value is about to be replaced by one of another kind, or of the same.
    private void retireValue(byte[] page, int at, Kind by) {
        // a hash in the place of a hash: whoever puts it there sees to the agenda
        if (by != Kind.HASH_LISTPACKEX && by != Kind.HASH_HASHTABLE) leaveAgenda(page, at);
        retireBig(page, at);
    }

    private void leaveAgenda(byte[] page, int at) {
        if (agenda.size() == 0) return;
        Kind kind = Kind.of(Records.kind(page, at));
        if (kind != Kind.HASH_LISTPACKEX && kind != Kind.HASH_HASHTABLE) return;
        agenda.set(Records.key(page, at, agendaWindow), Database.NO_EXPIRY);
    }

    /// A record is about to lose its value: if that is a big one, it is freed.
    private void retireBig(byte[] page, int at) {
        if (Kind.of(Records.kind(page, at)).shape() == Shape.BIG) bigs.retire(Records.fixed4(page, at));
    }

    /// Before a key gets a hash: makes sure of its place on the agenda, if it has volatile fields.
    ///
    /// @return what to set should the hash be refused after all
    long openAgenda(Bytes key, long nextFieldMs) {
        long before = agenda.whenMs(key);
        if (nextFieldMs != Database.NO_EXPIRY) agenda.open(key, nextFieldMs);
        return before;
    }

    // ---- sizes ----

    static int total(long size) {
        if (size > Records.MAX_LENGTH)
            throw OutOfMemory.REFUSED; // key and value together are more than an array can hold
        return (int) size;
    }

    static long valueSize(byte[] page, int at) {
        return switch (Kind.of(Records.kind(page, at)).shape()) {
            case FIXED8 -> Long.BYTES;
            case BIG -> Integer.BYTES;
            case BYTES -> Records.bytesSize(Records.bytesLength(page, at));
        };
    }

    /// The size of a record with a string.
    static long stringSize(Bytes key, Bytes value, boolean hasExpiry) {
        boolean isNumber = value.length() <= Numbers.MAX_LONG_CHARS && Numbers.isLong(value);
        long valueSize = isNumber ? Long.BYTES : Records.bytesSize(value.length());
        return Records.sizeBeforeValue(key.length(), hasSection(hasExpiry, valueSize)) + valueSize;
    }

    /// Whether a record gets an expiry section: one with an array of its own always has one, so that EXPIRE
    /// and PERSIST move no megabytes.
    private static boolean hasSection(boolean hasExpiry, long valueSize) {
        return hasExpiry || valueSize > SizeClasses.MAX_SHARED;
    }

    static int recordSize(byte[] page, int at) {
        return Records.valueHeader(page, at) - at + (int) valueSize(page, at);
    }

    // ---- small steps of long work ----

    /// Does a little of what is to be done: growing or shrinking the table.
    ///
    /// @return whether there is more
    boolean step(int buckets) {
        return dict.step(buckets) | agenda.step(buckets);
    }

    /// Moves records out of sparse pages, for some buckets.
    ///
    /// @return whether there is more
    boolean compact(int buckets) {
        if (isCompactingAgenda) return isCompactingAgenda = agenda.compact(buckets);
        compactPosition = dict.compact(compactPosition, buckets, mover);
        isCompactingAgenda = compactPosition == 0 && agenda.size() > 0;
        return compactPosition != 0 || isCompactingAgenda;
    }

    private long moveSparse(long address) {
        int size = recordSize(pages.array(address), Pages.offset(address));
        long to = pages.move(address, size);
        if (Records.has(pages.array(to), Pages.offset(to), Records.HAS_EXPIRY)) wheel.moved(to);
        return to;
    }

    /// Frees some records of a database that was given up; nothing else may be done with it any more.
    ///
    /// @return whether there is more
    boolean drain(int buckets) {
        return dict.drain(buckets, freer) | agenda.drain(buckets);
    }

    private void freeRecord(long address) {
        retireBig(pages.array(address), Pages.offset(address));
        pages.free(address, recordSize(pages.array(address), Pages.offset(address)));
    }

    /// Lets go of the records that it looked at last, whose keys it was asked for.
    void letGo() {
        keyWindow.letGo();
        agendaWindow.letGo();
        agenda.letGo();
    }

    // ---- snapshot ----

    void beginSnapshot(Snapshot snapshot) {
        walk = new TableWalk(pages, dict, address -> snapshot.image(db, address));
        imageIndex = db.index();
    }

    /// The number that the database had when the snapshot began; it may have been exchanged with another
    /// since.
    int imageIndex() {
        return imageIndex;
    }

    /// Goes over the next bucket.
    ///
    /// @return whether there are more
    boolean walkOn(Slice slice) {
        return walk != null && walk.next(slice);
    }

    void endSnapshot() {
        if (walk != null) walk.end();
        walk = null;
    }

    boolean isInSnapshot() {
        return walk != null;
    }

    // ---- self-check ----

    /// Checks table, wheel and agenda.
    ///
    /// @throws IllegalStateException when something does not add up
    void checkInvariants() {
        dict.checkInvariants();
        wheel.checkInvariants();
        agenda.checkInvariants();
    }
}
