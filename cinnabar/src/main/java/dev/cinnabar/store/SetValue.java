package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.struct.Intset;
import dev.cinnabar.struct.Listpack;
import java.util.Arrays;

/// A set under a key, small or large, seen as one thing: its members.
///
/// A look that is borrowed from its database: [Database#set] points it at a key, and the next such call
/// points it elsewhere. What it lends (entries) is good until the next change. Before a change the key must
/// be the one that was looked up last. Refusals leave the set as it was.
public final class SetValue extends CollectionValue {
    /*
     *   numbers only, up to set-max-intset-entries            an intset in the record
     *   up to set-max-listpack-entries, none too long         a listpack in the record
     *   others                                                a table
     *
     * It goes down this list as it grows, never up; only a set that a command made as a whole (SUNIONSTORE)
     * starts where it fits best.
     */

    /// Is shown members.
    public interface Visitor {
        /// @return whether to go on
        boolean member(Listpack.Entry member);
    }

    private final Thresholds thresholds;
    private final Randomness randomness;
    private final Listpack.Entry member = new Listpack.Entry();

    private long expected;
    private boolean isStopped;

    SetValue(Database db, Thresholds thresholds, Randomness randomness) {
        super(db, "set");
        this.thresholds = thresholds;
        this.randomness = randomness;
    }

    @Override
    void letGo() {
        super.letGo();
        member.letGo();
    }

    /// @param address of the key's record, or 0 for a set that is still to be made
    SetValue at(Bytes key, long address) {
        point(key, address);
        this.expected = 1;
        return this;
    }

    private Members table() {
        return ((BigSet) db.big(address)).members();
    }

    private Members tableForChange() {
        return ((BigSet) db.bigForChange(address)).members();
    }

    // ---- asking ----

    public long size() {
        if (address == 0) return 0;
        Kind kind = db.kind(address);
        if (kind == Kind.SET_HASHTABLE) return db.big(address).size();
        Bytes bytes = pack();
        return kind == Kind.SET_INTSET
                ? Intset.count(bytes.array(), bytes.offset())
                : Listpack.count(bytes.array(), bytes.offset());
    }

    /// Whether it has this member. O(1) in a large set, O(log n) among numbers, O(n) else.
    public boolean contains(Bytes text) {
        if (address == 0) return false;
        Kind kind = db.kind(address);
        if (kind == Kind.SET_HASHTABLE) return table().find(text) != 0;
        Bytes bytes = pack();
        if (kind == Kind.SET_LISTPACK)
            return Listpack.find(bytes.array(), Listpack.first(bytes.offset()), text, 0) >= 0;
        return Numbers.isLong(text) && Intset.find(bytes.array(), bytes.offset(), Numbers.parse(text)) >= 0;
    }

    /// The same for a member of another set.
    public boolean contains(Listpack.Entry other) {
        if (address != 0 && db.kind(address) == Kind.SET_INTSET) {
            if (!other.isNumber()) return contains(other.bytes());
            Bytes bytes = pack();
            return Intset.find(bytes.array(), bytes.offset(), other.number()) >= 0;
        }
        return contains(other.bytes());
    }

    /// Shows all members. The visitor must not change the set. O(n).
    public void forEach(Visitor visitor) {
        if (address == 0) return;
        Kind kind = db.kind(address);
        if (kind == Kind.SET_HASHTABLE) {
            isStopped = false;
            long position = 0;
            do position = scan(table(), position, Long.MAX_VALUE, visitor);
            while (position != 0 && !isStopped);
            return;
        }
        Bytes bytes = pack();
        byte[] array = bytes.array();
        int start = bytes.offset();
        if (kind == Kind.SET_INTSET) {
            int count = Intset.count(array, start);
            for (int i = 0; i < count; i++) if (!visitor.member(member.set(Intset.get(array, start, i)))) return;
            return;
        }
        for (int at = Listpack.first(start); !Listpack.isEnd(array, at); at = Listpack.next(array, at)) {
            if (!visitor.member(Listpack.read(array, at, member))) return;
        }
    }

    /// Shows some members: all of a small set, of a large one so many of one bucket; see
    /// [dev.cinnabar.struct.Dict#scan].
    ///
    /// @return where to go on, 0 at the end
    public long scan(long position, long most, Visitor visitor) {
        if (address != 0 && db.kind(address) == Kind.SET_HASHTABLE) {
            isStopped = false;
            return scan(table(), position, most, visitor);
        }
        forEach(visitor);
        return 0;
    }

    private long scan(Members table, long position, long most, Visitor visitor) {
        return table.scan(position, most, found -> {
            if (!isStopped && !visitor.member(member.set(table.member(found, window)))) isStopped = true;
        });
    }

    /// A member picked by chance. The set must not be empty.
    public Listpack.Entry random() {
        Kind kind = db.kind(address);
        if (kind == Kind.SET_HASHTABLE) return member.set(table().member(table().random(), window));
        Bytes bytes = pack();
        int index = randomness.below((int) size());
        if (kind == Kind.SET_INTSET) return member.set(Intset.get(bytes.array(), bytes.offset(), index));
        return Listpack.read(bytes.array(), Listpack.seek(bytes.array(), bytes.offset(), index), member);
    }

    /// Whether it is a table, and so has addresses of members. The set must not be empty.
    public boolean isLarge() {
        return db.kind(address) == Kind.SET_HASHTABLE;
    }

    /// The address of a member of a large set, picked by chance: to tell whether it was picked before.
    public long randomAddress() {
        return table().random();
    }

    /// The member at an address that [#randomAddress] answered.
    public Listpack.Entry member(long memberAddress) {
        return member.set(table().member(memberAddress, window));
    }

    // ---- adding ----

    /// Says how many members one command is about to add, so that the set takes the right form at once.
    ///
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    public void expect(long members) {
        expected = members;
        if (address == 0) return;
        Kind kind = db.kind(address);
        if (kind == Kind.SET_LISTPACK && members > thresholds.setMaxListpackEntries
                || kind == Kind.SET_INTSET && members > thresholds.setMaxIntsetEntries) becomeBig();
    }

    /// Adds a member; makes the set if there is none.
    ///
    /// @return whether it is new
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    public boolean add(Bytes text) {
        if (address == 0) return create(text);
        return switch (db.kind(address)) {
            case SET_INTSET -> addToIntset(text);
            case SET_LISTPACK -> addToListpack(text);
            default -> tableForChange().add(text);
        };
    }

    private boolean create(Bytes text) {
        scratch.clear();
        if (Numbers.isLong(text) && expected <= thresholds.setMaxIntsetEntries && thresholds.setMaxIntsetEntries > 0) {
            long number = Numbers.parse(text);
            int width = Intset.widthOf(number);
            Intset.appendHeader(width, 1, scratch);
            Intset.append(number, width, scratch);
            create(Kind.SET_INTSET);
            return true;
        }
        if (!isForListpack(text.length(), Math.max(1, expected))) {
            becomeBigWith(text);
            return true;
        }
        beginPack(scratch);
        Listpack.encode(text, scratch);
        endPack(scratch, 1);
        create(Kind.SET_LISTPACK);
        return true;
    }

    private boolean isForListpack(int length, long members) {
        return members <= thresholds.setMaxListpackEntries && length <= thresholds.setMaxListpackValue;
    }

    private boolean addToIntset(Bytes text) {
        Bytes bytes = pack();
        byte[] array = bytes.array();
        int start = bytes.offset();
        int count = Intset.count(array, start);
        if (!Numbers.isLong(text)) {
            if (!isForListpack(Math.max(text.length(), longest(array, start, count)), count + 1L)) {
                becomeBigWith(text);
                return true;
            }
            beginPack(scratch);
            for (int i = 0; i < count; i++) Listpack.encode(Intset.get(array, start, i), scratch);
            Listpack.encode(text, scratch);
            endPack(scratch, count + 1);
            replacePack(Kind.SET_LISTPACK);
            return true;
        }
        long number = Numbers.parse(text);
        int place = Intset.find(array, start, number);
        if (place >= 0) return false;
        if (count >= thresholds.setMaxIntsetEntries) {
            becomeBigWith(text);
            return true;
        }
        int index = -1 - place;
        int width = Intset.width(array, start);
        int needed = Intset.widthOf(number);
        scratch.clear();
        if (needed <= width) {
            Intset.append(number, width, scratch);
            address = db.keyspace.splice(
                    address, Kind.SET_INTSET, Intset.HEADER + index * width, 0, scratch.array(), 0, width);
            bytes = pack();
            Intset.setHeader(bytes.array(), bytes.offset(), width, count + 1);
            return true;
        }
        Intset.appendHeader(needed, count + 1, scratch);
        for (int i = 0; i < index; i++) Intset.append(Intset.get(array, start, i), needed, scratch);
        Intset.append(number, needed, scratch);
        for (int i = index; i < count; i++) Intset.append(Intset.get(array, start, i), needed, scratch);
        replacePack(Kind.SET_INTSET);
        return true;
    }

    /// The length of the longest number's text; one of the two at the ends.
    private static int longest(byte[] array, int start, int count) {
        return Math.max(
                Numbers.length(Intset.get(array, start, 0)), Numbers.length(Intset.get(array, start, count - 1)));
    }

    private boolean addToListpack(Bytes text) {
        Bytes bytes = pack();
        byte[] array = bytes.array();
        int start = bytes.offset();
        if (Listpack.find(array, Listpack.first(start), text, 0) >= 0) return false;
        if (!isForListpack(text.length(), Listpack.count(array, start) + 1L)) {
            becomeBigWith(text);
            return true;
        }
        scratch.clear();
        Listpack.encode(text, scratch);
        splice(Kind.SET_LISTPACK, Listpack.size(array, start) - 1, 0, 1);
        return true;
    }

    private void becomeBigWith(Bytes text) {
        BigSet big = new BigSet(db.pages(), randomness);
        becomeBig(Kind.SET_HASHTABLE, big, () -> {
            copyInto(big.members());
            big.members().add(text);
        });
    }

    private void becomeBig() {
        BigSet big = new BigSet(db.pages(), randomness);
        becomeBig(Kind.SET_HASHTABLE, big, () -> copyInto(big.members()));
    }

    private void copyInto(Members members) {
        forEach(met -> {
            members.add(met.bytes());
            return true;
        });
    }

    // ---- removing ----

    /// Takes a member out; the last one takes the key with it.
    ///
    /// @return whether it was there
    public boolean remove(Bytes text) {
        if (address == 0) return false;
        Kind kind = db.kind(address);
        if (kind == Kind.SET_HASHTABLE) {
            if (table().find(text) == 0) return false;
            Members table = tableForChange();
            table.remove(text);
            if (table.size() == 0) removeKey();
            return true;
        }
        Bytes bytes = pack();
        byte[] array = bytes.array();
        int start = bytes.offset();
        scratch.clear();
        if (kind == Kind.SET_LISTPACK) {
            int at = Listpack.find(array, Listpack.first(start), text, 0);
            if (at < 0) return false;
            if (Listpack.count(array, start) == 1) removeKey();
            else splice(Kind.SET_LISTPACK, at - start, Listpack.entrySize(array, at), -1);
            return true;
        }
        int index = Numbers.isLong(text) ? Intset.find(array, start, Numbers.parse(text)) : -1;
        if (index < 0) return false;
        int count = Intset.count(array, start);
        if (count == 1) {
            removeKey();
            return true;
        }
        int width = Intset.width(array, start);
        address = db.keyspace.splice(
                address, Kind.SET_INTSET, Intset.HEADER + index * width, width, scratch.array(), 0, 0);
        bytes = pack();
        Intset.setHeader(bytes.array(), bytes.offset(), width, count - 1);
        return true;
    }

    // ---- as a whole ----

    /// Members that are being gathered: the result of a union or the like. Takes memory until it is put under
    /// a key or freed.
    public final class Gathering implements AutoCloseable {
        private final BigSet big = new BigSet(db.pages(), randomness);
        private boolean isHeld;
        private boolean onlyNumbers = true; // this and the next of all members there ever were
        private int longest;

        /// @return whether it is new
        public boolean add(Listpack.Entry met) {
            Bytes text = met.bytes();
            onlyNumbers &= met.isNumber() || Numbers.isLong(text);
            longest = Math.max(longest, text.length());
            return big.members().add(text);
        }

        /// @return whether it was there
        public boolean remove(Listpack.Entry met) {
            return big.members().remove(met.bytes());
        }

        public long size() {
            return big.size();
        }

        /// Shows all members. The visitor must not change the gathering. O(n).
        public void forEach(Visitor visitor) {
            isStopped = false;
            long position = 0;
            do position = scan(big.members(), position, Long.MAX_VALUE, visitor);
            while (position != 0 && !isStopped);
        }

        /// Puts the members, of which there must be some, under a key, whatever it held before. The key does not
        /// expire.
        ///
        /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
        public void putUnder(Bytes target) {
            putUnder(target, Database.NO_EXPIRY);
        }

        /// The same in the place of a value, whose time stays.
        public void replace(Bytes target) {
            putUnder(target, Database.KEEP_EXPIRY);
        }

        private void putUnder(Bytes target, long expiryMs) {
            long size = big.size();
            scratch.clear();
            if (onlyNumbers && size <= thresholds.setMaxIntsetEntries) {
                long[] numbers = numbers((int) size);
                int width = Math.max(Intset.widthOf(numbers[0]), Intset.widthOf(numbers[numbers.length - 1]));
                Intset.appendHeader(width, numbers.length, scratch);
                for (long number : numbers) Intset.append(number, width, scratch);
                db.putBytes(target, Kind.SET_INTSET, scratch.array(), 0, scratch.length(), expiryMs);
            } else if (isForListpack(longest, size)) {
                beginPack(scratch);
                forEach(met -> {
                    Listpack.encode(met.bytes(), scratch);
                    return true;
                });
                endPack(scratch, (int) size);
                db.putBytes(target, Kind.SET_LISTPACK, scratch.array(), 0, scratch.length(), expiryMs);
            } else {
                db.putBig(target, Kind.SET_HASHTABLE, big, expiryMs);
                isHeld = true;
            }
        }

        private long[] numbers(int size) {
            long[] numbers = new long[size];
            int[] next = new int[1];
            forEach(met -> {
                numbers[next[0]++] = Numbers.parse(met.bytes());
                return true;
            });
            Arrays.sort(numbers);
            return numbers;
        }

        /// Gives it up, unless it was put under a key.
        @Override
        public void close() {
            if (!isHeld) db.drop(big);
        }
    }

    /// An empty gathering for this database.
    public Gathering gather() {
        return new Gathering();
    }
}
