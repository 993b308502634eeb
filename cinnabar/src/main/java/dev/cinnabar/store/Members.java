package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.memory.SizeClasses;
import dev.cinnabar.struct.Dict;
import dev.cinnabar.struct.Records;
import org.jspecify.annotations.Nullable;

/// A table of members with a value each, for the large form of hashes, sets and sorted sets: a [Dict] and the
/// records in it, counted to the byte. A member's value is nothing, bytes, or eight bytes. A member may have
/// an expiry time; what follows from it is [FieldTable]'s.
///
/// Addresses are good until the next change. Refusals leave everything as it was. Touched only under the
/// engine's lock.
public class Members {
    /// What a member's value is; in the record's four bits of kind.
    private static final int NOTHING = 0;

    private static final int BYTES = 1;
    private static final int FIXED8 = 2;

    private final Pages pages;
    private final Randomness randomness;
    private final Dict dict;
    private final Dict.Visitor freer = this::free;
    private final Dict.Mover mover = this::move;
    private long recordBytes;
    private @Nullable TableWalk walk; // of a snapshot that has not come to its end

    /// @param randomness gives the table's seed
    public Members(Pages pages, Randomness randomness) {
        this.pages = pages;
        this.randomness = randomness;
        this.dict = new Dict(pages, randomness.hashSeed());
    }

    public long size() {
        return dict.size();
    }

    /// Bytes of the records and the table.
    public long bytes() {
        return recordBytes + dict.bytes();
    }

    /// How many bytes the table may take beyond what it has when this many members are added; see
    /// [Dict#growthBytes].
    long growthBytes(int members) {
        return dict.growthBytes(members);
    }

    // ---- asking ----

    /// The address of the member's record, or 0. O(1).
    public long find(Bytes member) {
        return dict.find(member);
    }

    /// Makes ready for finding these members soon; see [Dict#ahead]. Speed only, and only where the table is too
    /// large for the processor's caches.
    public void ahead(Bytes[] members, int count) {
        dict.ahead(members, count);
    }

    public Bytes member(long address, Bytes window) {
        return Records.key(pages.array(address), Pages.offset(address), window);
    }

    /// Compares a member with another by their bytes.
    int compare(long address, Bytes member) {
        return Records.compareKey(pages.array(address), Pages.offset(address), member);
    }

    /// Whether the value is eight bytes, and not a string of bytes.
    public boolean isFixed(long address) {
        return Records.kind(pages.array(address), Pages.offset(address)) == FIXED8;
    }

    public long fixed(long address) {
        return Records.fixed8(pages.array(address), Pages.offset(address));
    }

    public Bytes bytes(long address, Bytes window) {
        return Records.bytes(pages.array(address), Pages.offset(address), window);
    }

    /// A member picked by chance, 0 when there is none.
    public long random() {
        return dict.random(randomness);
    }

    /// Shows the members of the next bucket; see [Dict#scan].
    public long scan(long from, Dict.Visitor visitor) {
        return dict.scan(from, visitor);
    }

    /// The same, with no more members than wanted.
    public long scan(long from, long most, Dict.Visitor visitor) {
        return dict.scan(from, most, visitor);
    }

    // ---- changing ----

    /// Adds a member without a value.
    ///
    /// @return whether it is new
    public boolean add(Bytes member) {
        if (dict.find(member) != 0) return false;
        insert(member, NOTHING, 0);
        return true;
    }

    /// Gives a member a value of eight bytes, adding it if it is new.
    ///
    /// @return whether it is new
    public boolean put(Bytes member, long value) {
        long address = dict.find(member);
        boolean isNew = address == 0;
        if (isNew) address = insert(member, FIXED8, Long.BYTES);
        else if (!isFixed(address)) address = replace(address, FIXED8, Long.BYTES);
        else beforeChange(address);
        Records.setFixed8(pages.array(address), Pages.offset(address), value);
        return isNew;
    }

    /// Gives a member a value of bytes, adding it if it is new.
    ///
    /// @return whether it is new
    public boolean put(Bytes member, Bytes value) {
        long address = dict.find(member);
        boolean isNew = address == 0;
        long size = Records.bytesSize(value.length());
        address = isNew ? insert(member, BYTES, size) : replace(address, BYTES, size);
        byte[] page = pages.array(address);
        int header = Records.valueHeader(page, Pages.offset(address));
        int from = header + Records.writeLength(page, header, value.length());
        Bytes.copy(value.array(), value.offset(), page, from, value.length());
        return isNew;
    }

    /// Adds a member that is not there, with a value of eight bytes.
    ///
    /// @return where its record is
    long addFixed(Bytes member, long value) {
        long address = insert(member, FIXED8, Long.BYTES);
        Records.setFixed8(pages.array(address), Pages.offset(address), value);
        return address;
    }

    /// Changes a value of eight bytes where it lies.
    void setFixed(long address, long value) {
        beforeChange(address);
        Records.setFixed8(pages.array(address), Pages.offset(address), value);
    }

    /// @return whether it was there
    public boolean remove(Bytes member) {
        long address = dict.find(member);
        if (address == 0) return false;
        removeFound(address);
        return true;
    }

    /// Takes the member out that was found last.
    void removeFound(long address) {
        if (isVolatile(address)) leaving(address);
        removeUnlinked(address);
    }

    /// The same when nobody keeps links in its record any more.
    void removeUnlinked(long address) {
        beforeChange(address);
        dict.removeFound();
        free(address);
    }

    // ---- expiry times ----

    boolean isVolatile(long address) {
        return Records.has(pages.array(address), Pages.offset(address), Records.HAS_EXPIRY);
    }

    /// When the member expires, in ms since 1970, or [Database#NO_EXPIRY].
    long expiryMs(long address) {
        return isVolatile(address) ? Records.expiryMs(pages.array(address), Pages.offset(address)) : Database.NO_EXPIRY;
    }

    /// Gives the member that was found last an expiry time, or takes it away, which cannot be refused.
    void setExpiry(long address, long expiryMs) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        boolean had = isVolatile(address);
        boolean has = expiryMs != Database.NO_EXPIRY;
        int oldSize = size(page, at);
        int newSize = oldSize + (has ? Records.EXPIRY : 0) - (had ? Records.EXPIRY : 0);
        boolean staysInBlock = SizeClasses.roundUp(oldSize) == SizeClasses.roundUp(newSize);
        long to = staysInBlock ? address : has ? pages.allocate(total(newSize)) : pages.allocateForced(newSize);
        beforeChange(address);
        if (had) leaving(address);
        if (staysInBlock) {
            if (had != has) Records.changeExpiry(page, at, has, oldSize);
        } else {
            byte[] target = pages.array(to);
            int toAt = Pages.offset(to);
            int from = Records.HEADER + (had ? Records.EXPIRY : 0);
            int behind = Records.HEADER + (has ? Records.EXPIRY : 0);
            System.arraycopy(page, at, target, toAt, Records.HEADER);
            System.arraycopy(page, at + from, target, toAt + behind, oldSize - from);
            if (has) Records.setFlag(target, toAt, Records.HAS_EXPIRY);
            else Records.clearFlag(target, toAt, Records.HAS_EXPIRY);
            dict.replaceFound(to);
            pages.free(address, oldSize);
            recordBytes += SizeClasses.roundUp(newSize) - SizeClasses.roundUp(oldSize);
        }
        if (has) {
            Records.setExpiryMs(pages.array(to), Pages.offset(to), expiryMs);
            arriving(to);
        }
    }

    /// A member has got an expiry time. For those who keep links in the records, as the following two.
    void arriving(long address) {}

    /// A member that has an expiry time loses it, or goes.
    void leaving(long address) {}

    /// The record of a member that has an expiry time lies elsewhere now.
    void moved(long to) {}

    private long insert(Bytes member, int kind, long valueSize) {
        int size = total(Records.sizeBeforeValue(member.length(), false) + valueSize);
        long address = pages.allocate(size);
        long hash = dict.hash(member.array(), member.offset(), member.length());
        try {
            dict.insert(hash, address);
        } catch (OutOfMemory e) {
            pages.free(address, size);
            throw e;
        }
        byte[] page = pages.array(address);
        int flags = walk == null ? 0 : walk.birthFlags(hash);
        Records.writeHead(
                page, Pages.offset(address), kind, flags, 0, member.array(), member.offset(), member.length());
        recordBytes += SizeClasses.roundUp(size);
        return address;
    }

    /// Room for another value of the member that was found last.
    private long replace(long address, int kind, long valueSize) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        int head = Records.valueHeader(page, at) - at;
        int oldSize = size(page, at);
        int newSize = total(head + valueSize);
        if (SizeClasses.roundUp(oldSize) != SizeClasses.roundUp(newSize)) {
            long to = pages.allocate(newSize);
            beforeChange(address);
            System.arraycopy(page, at, pages.array(to), Pages.offset(to), head);
            if (isVolatile(to)) moved(to);
            dict.replaceFound(to);
            pages.free(address, oldSize);
            recordBytes += SizeClasses.roundUp(newSize) - SizeClasses.roundUp(oldSize);
            address = to;
        } else {
            beforeChange(address);
        }
        Records.setKind(pages.array(address), Pages.offset(address), kind);
        return address;
    }

    private static int total(long size) {
        if (size > Records.MAX_LENGTH) throw OutOfMemory.REFUSED;
        return (int) size;
    }

    private static int size(byte[] page, int at) {
        int value = Records.valueHeader(page, at);
        return value
                - at
                + switch (Records.kind(page, at)) {
                    case NOTHING -> 0;
                    case FIXED8 -> Long.BYTES;
                    default -> (int) Records.bytesSize(Records.bytesLength(page, at));
                };
    }

    private void free(long address) {
        int size = size(pages.array(address), Pages.offset(address));
        recordBytes -= SizeClasses.roundUp(size);
        pages.free(address, size);
    }

    // ---- a snapshot ----

    /// From now on a member is shown before it changes, until [#walk] has shown all the others.
    ///
    /// @param image is shown the members there are now, each once; it only reads
    void freeze(Dict.Visitor image) {
        walk = new TableWalk(pages, dict, image);
    }

    /// Shows some of the members that there were at [#freeze].
    ///
    /// @return whether there are more
    boolean walk(Slice slice) {
        TableWalk running = walk;
        while (running != null) {
            if (slice.isOver()) return true;
            if (!running.next(slice)) running = null;
        }
        if (walk != null) walk.end();
        walk = null;
        return false;
    }

    private void beforeChange(long address) {
        if (walk != null) walk.beforeChange(address, dict.hashOf(address));
    }

    // ---- small steps of long work ----

    /// Frees some members of a table that was given up.
    ///
    /// @return whether there is more
    public boolean drain(int buckets) {
        return dict.drain(buckets, freer);
    }

    /// Moves some records out of sparse pages; see [Dict#compact].
    public long compact(long position, int buckets) {
        return dict.compact(position, buckets, mover);
    }

    /// The same for an owner who keeps addresses: its mover calls [#move] and puts the new address where the
    /// old one stood.
    long compact(long position, int buckets, Dict.Mover ownersMover) {
        return dict.compact(position, buckets, ownersMover);
    }

    /// Moves a record elsewhere.
    ///
    /// @return where it lies now
    long move(long address) {
        long to = pages.move(address, size(pages.array(address), Pages.offset(address)));
        if (isVolatile(to)) moved(to);
        return to;
    }

    /// A copy with records of its own. O(n).
    ///
    /// @throws OutOfMemory when memory is short; then nothing is left of it
    public Members copy() {
        return copyTo(new Members(pages, randomness));
    }

    /// Copies everything to a table that is empty. As [#copy].
    <M extends Members> M copyTo(M copy) {
        Bytes member = new Bytes();
        Bytes value = new Bytes();
        try {
            long position = 0;
            do {
                position = dict.scan(position, address -> {
                    byte[] page = pages.array(address);
                    int at = Pages.offset(address);
                    Records.key(page, at, member);
                    switch (Records.kind(page, at)) {
                        case NOTHING -> copy.add(member);
                        case FIXED8 -> copy.put(member, fixed(address));
                        default -> copy.put(member, bytes(address, value));
                    }
                    if (isVolatile(address)) copy.setExpiry(copy.find(member), expiryMs(address));
                });
            } while (position != 0);
        } catch (OutOfMemory e) {
            while (copy.drain(Integer.MAX_VALUE)) continue;
            throw e;
        }
        return copy;
    }

    /// Checks the table and the count of bytes; for tests. O(n).
    ///
    /// @throws IllegalStateException when something does not add up
    public void checkInvariants() {
        dict.checkInvariants();
        long[] sum = new long[1];
        long position = 0;
        do {
            position = dict.scan(position, address -> {
                byte[] page = pages.array(address);
                int at = Pages.offset(address);
                sum[0] += SizeClasses.roundUp(size(page, at));
                if (walk == null && Records.has(page, at, Records.IMAGED))
                    throw new IllegalStateException("a mark of a snapshot that is over");
            });
        } while (position != 0);
        if (sum[0] != recordBytes)
            throw new IllegalStateException("records of " + sum[0] + " bytes, " + recordBytes + " counted");
    }
}
