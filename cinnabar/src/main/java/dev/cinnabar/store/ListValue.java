package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.store.BigList.Fill;
import dev.cinnabar.struct.Listpack;
import org.jspecify.annotations.Nullable;

/// A list under a key, small or large, seen as one thing: elements from a head to a tail.
///
/// A look that is borrowed from its database: [Database#list] points it at a key, and the next such call
/// points it elsewhere. What it lends (entries) is good until the next change. Before a change the key must
/// be the one that was looked up last. Refusals leave the list as it was.
public final class ListValue extends CollectionValue {
    /*
     * Small: a listpack in the record, as large as one node of the large form (`list-max-listpack-size`). It
     * becomes large when the elements that are pushed by one command do not fit, and small again when a
     * removal leaves half of that or less. In front of the listpack there may be [HeadRoom].
     */

    /// Is shown elements.
    public interface Visitor {
        /// @return whether to go on
        boolean element(Listpack.Entry element);
    }

    /// Is shown the indexes of elements.
    public interface IndexVisitor {
        /// @return whether to go on
        boolean index(long index);
    }

    private static final int NODES_AT_ONCE = 64; // more are freed in steps; some 15 µs

    private static final int WORTH_MOVING = 32; // bytes of room to make; less would serve for one element

    private final Thresholds thresholds;
    private final Listpack.Entry element = new Listpack.Entry();

    private Fill fill = Fill.of(-2);
    private int fillSetting = -2;

    ListValue(Database db, Thresholds thresholds) {
        super(db, "list");
        this.thresholds = thresholds;
    }

    @Override
    void letGo() {
        super.letGo();
        element.letGo();
    }

    /// @param address of the key's record, or 0 for a list that is still to be made
    ListValue at(Bytes key, long address) {
        point(key, address);
        if (fillSetting != thresholds.listMaxListpackSize) {
            fillSetting = thresholds.listMaxListpackSize;
            fill = Fill.of(fillSetting);
        }
        return this;
    }

    private boolean isBig() {
        return db.kind(address) == Kind.LIST_QUICKLIST;
    }

    private BigList big() {
        return (BigList) db.big(address);
    }

    private BigList bigForChange() {
        return (BigList) db.bigForChange(address);
    }

    /// The listpack of the small form, good until the next change.
    Bytes listpack() {
        Bytes value = pack();
        int room = HeadRoom.of(value);
        return room == 0 ? value : value.set(value.array(), value.offset() + room, value.length() - room);
    }

    // ---- asking ----

    public long size() {
        if (address == 0) return 0;
        if (isBig()) return db.big(address).size();
        Bytes pack = listpack();
        return Listpack.count(pack.array(), pack.offset());
    }

    /// The element at an index, which may count from the tail (-1 is the last), or null. O(n) in a small
    /// list, O(nodes) in a large one.
    public Listpack.@Nullable Entry get(long index) {
        long size = size();
        if (index < 0) index += size;
        if (index < 0 || index >= size) return null;
        if (isBig()) {
            BigList big = big();
            long place = big.locate(index);
            byte[] array = big.array((int) place);
            return Listpack.read(array, Listpack.seek(array, big.start((int) place), place >>> 32), element);
        }
        Bytes pack = listpack();
        return Listpack.read(pack.array(), Listpack.seek(pack.array(), pack.offset(), index), element);
    }

    /// Shows elements from head to tail, or from tail to head. The visitor must not change the list.
    ///
    /// @param from       index of the first to be shown
    /// @param count      how many; they must be there
    /// @param isBackward whether to go from there towards the head
    public void forEach(long from, long count, boolean isBackward, Visitor visitor) {
        if (count <= 0) return;
        if (!isBig()) {
            Bytes pack = listpack();
            walk(pack.array(), pack.offset(), (int) from, count, isBackward, visitor);
            return;
        }
        BigList big = big();
        long place = big.locate(from);
        int node = (int) place;
        int index = (int) (place >>> 32);
        while (true) {
            long here = Math.min(count, isBackward ? index + 1 : big.count(node) - index);
            if (!walk(big.array(node), big.start(node), index, here, isBackward, visitor)) return;
            count -= here;
            if (count == 0) return;
            node += isBackward ? -1 : 1;
            index = isBackward ? big.count(node) - 1 : 0;
        }
    }

    private boolean walk(byte[] array, int start, int index, long count, boolean isBackward, Visitor visitor) {
        int at = Listpack.seek(array, start, index);
        while (true) {
            if (!visitor.element(Listpack.read(array, at, element))) return false;
            if (--count == 0) return true;
            at = isBackward ? Listpack.previous(array, at) : Listpack.next(array, at);
        }
    }

    /// Is shown the pieces that a list lies in.
    public interface PieceVisitor {
        /// @param array  holds a listpack at `start`, to be read only
        /// @param length of the listpack in bytes
        void piece(byte[] array, int start, int length);
    }

    /// How many listpacks the list lies in.
    public int pieces() {
        return address == 0 ? 0 : isBig() ? big().nodes() : 1;
    }

    /// How many bytes those listpacks have together. O(N) for N of them.
    public long pieceBytes() {
        if (address == 0) return 0;
        if (!isBig()) return listpack().length();
        BigList big = big();
        long sum = 0;
        for (int i = 0; i < big.nodes(); i++) sum += big.length(i);
        return sum;
    }

    /// Shows the listpacks that the list lies in, from head to tail.
    public void forEachPiece(PieceVisitor visitor) {
        if (address == 0) return;
        if (isBig()) {
            BigList big = big();
            for (int i = 0; i < big.nodes(); i++) visitor.piece(big.array(i), big.start(i), big.length(i));
            return;
        }
        Bytes pack = listpack();
        visitor.piece(pack.array(), pack.offset(), pack.length());
    }

    /// Shows all elements from head to tail.
    public void forEach(Visitor visitor) {
        forEach(0, size(), false, visitor);
    }

    /// Shows the indexes of the elements whose text is this one.
    ///
    /// @param isBackward whether to begin at the tail
    /// @param most       how many elements to look at
    public void find(Bytes text, boolean isBackward, long most, IndexVisitor visitor) {
        long size = size();
        if (size == 0 || most <= 0) return;
        long count = Math.min(size, most);
        long index = isBackward ? size - 1 : 0;
        if (!isBig()) {
            Bytes pack = listpack();
            search(pack.array(), pack.offset(), index, count, isBackward, text, visitor);
            return;
        }
        BigList big = big();
        int node = isBackward ? big.nodes() - 1 : 0;
        while (count > 0) {
            long here = Math.min(count, big.count(node));
            if (!search(big.array(node), big.start(node), index, here, isBackward, text, visitor)) return;
            index += isBackward ? -here : here;
            count -= here;
            node += isBackward ? -1 : 1;
        }
    }

    /// Looks at elements of one listpack, from its head or its tail on.
    ///
    /// @param index of the first
    /// @return whether to go on
    private static boolean search(
            byte[] array, int start, long index, long count, boolean isBackward, Bytes text, IndexVisitor visitor) {
        boolean isNumber = Numbers.isLong(text);
        long number = isNumber ? Numbers.parse(text) : 0;
        int at = isBackward ? Listpack.last(array, start) : Listpack.first(start);
        while (true) {
            if (Listpack.equal(array, at, text, isNumber, number) && !visitor.index(index)) return false;
            if (--count == 0) return true;
            at = isBackward ? Listpack.previous(array, at) : Listpack.next(array, at);
            index += isBackward ? -1 : 1;
        }
    }

    // ---- adding ----

    /// Says what one command is about to add, so that the list takes its large form at once if it will not
    /// fit the small one.
    ///
    /// @param bytes    of the elements' texts
    /// @param elements how many
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public void expect(long bytes, long elements) {
        if (address != 0 && isBig()) return;
        long size = Listpack.EMPTY_SIZE;
        long count = 0;
        if (address != 0) {
            Bytes pack = listpack();
            size = pack.length();
            count = Listpack.count(pack.array(), pack.offset());
        }
        // elements without text are no bytes here, but a listpack of very many has to be counted with each push
        boolean isCounted = count + elements <= Listpack.MOST_COUNTED;
        if (!isCounted || !fill.takes(size + bytes, count + elements)) becomeBig();
    }

    /// Adds an element at the head or the tail; makes the list if there is none. Comes after [#expect].
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public void push(Bytes text, boolean atHead) {
        try {
            if (address == 0) create(text);
            else pushToOld(text, atHead);
        } finally {
            trimScratch();
        }
    }

    private void pushToOld(Bytes text, boolean atHead) {
        scratch.clear();
        Listpack.encode(text, scratch);
        if (isBig()) {
            BigList big = bigForChange();
            try {
                big.push(atHead, scratch.array(), 0, scratch.length(), fill);
            } catch (OutOfMemory e) {
                if (big.size() == 0) removeKey(); // it was made for this element
                throw e;
            }
            return;
        }
        edit(atHead ? Listpack.HEADER : listpack().length() - 1, 0, 1);
    }

    private void create(Bytes text) {
        beginPack(scratch);
        Listpack.encode(text, scratch);
        endPack(scratch, 1);
        create(Kind.LIST_LISTPACK);
    }

    /// Puts what is in `scratch` into the listpack of the small form and mends its header.
    ///
    /// @param at      where the bytes begin that it replaces, counted from the listpack's first
    /// @param removed how many they are
    /// @throws OutOfMemory when memory is short; then nothing has changed
    private void edit(int at, int removed, int moreEntries) {
        Bytes value = pack();
        int room = HeadRoom.of(value);
        int more = scratch.length() - removed;
        if (room > 0 || at == Listpack.HEADER) {
            int slack = db.keyspace.slack(address, value.length() - room + more);
            if (at == Listpack.HEADER) {
                if (room < more && slack >= WORTH_MOVING) room = makeRoom(room, slack + more);
                if (HeadRoom.isPossible(room - more) && room - more <= slack) {
                    editInFront(room, more, moreEntries);
                    return;
                }
            }
            if (room > slack) room = makeRoom(room, 0);
        }
        splice(Kind.LIST_LISTPACK, room, at, removed, moreEntries);
    }

    /// Moves the listpack, or gives the record another block, so that the room in front is as long as this.
    private int makeRoom(int old, int room) {
        if (!HeadRoom.isPossible(room)) return old;
        address = db.keyspace.splice(address, Kind.LIST_LISTPACK, 0, old, Keyspace.ANYTHING, 0, room);
        HeadRoom.mark(pack(), room);
        return room;
    }

    /// Gives up the room in front of the small form, for a longer name is to take no larger block because of it.
    ///
    /// @return where the record is now
    long closeRoom() {
        int room = HeadRoom.of(pack());
        if (room > 0) makeRoom(room, 0);
        return address;
    }

    /// Puts what is in `scratch` at the head, and lets what is behind lie where it lies.
    private void editInFront(int room, int more, int moreEntries) {
        db.keyspace.beforeChange(address);
        Bytes value = pack();
        byte[] array = value.array();
        int from = value.offset() + room;
        int size = Listpack.size(array, from) + more;
        int count = Listpack.count(array, from) + moreEntries;
        from -= more;
        Bytes.copy(scratch.array(), 0, array, from + Listpack.HEADER, scratch.length());
        Listpack.setHeader(array, from, size, count);
        HeadRoom.mark(value, room - more);
    }

    private void becomeBig() {
        BigList big = new BigList(db.pages());
        becomeBig(Kind.LIST_QUICKLIST, big, () -> {
            if (address == 0) return;
            Bytes pack = listpack();
            int count = Listpack.count(pack.array(), pack.offset());
            big.insertNode(0, pack.array(), Listpack.first(pack.offset()), pack.length() - Listpack.EMPTY_SIZE, count);
        });
    }

    /// Adds an element next to the first one whose text is the pivot's. Comes after [#expect].
    ///
    /// @return whether there is such a one
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public boolean insert(Bytes pivot, boolean isBefore, Bytes text) {
        if (address == 0) return false;
        try {
            return insertBeside(pivot, isBefore, text);
        } finally {
            trimScratch();
        }
    }

    private boolean insertBeside(Bytes pivot, boolean isBefore, Bytes text) {
        scratch.clear();
        Listpack.encode(text, scratch);
        if (!isBig()) {
            Bytes pack = listpack();
            int at = Listpack.find(pack.array(), Listpack.first(pack.offset()), pivot, 0);
            if (at < 0) return false;
            if (!isBefore) at = Listpack.next(pack.array(), at);
            edit(at - pack.offset(), 0, 1);
            return true;
        }
        BigList big = big();
        for (int node = 0; node < big.nodes(); node++) {
            byte[] array = big.array(node);
            int start = big.start(node);
            int at = Listpack.find(array, Listpack.first(start), pivot, 0);
            if (at < 0) continue;
            if (!isBefore) at = Listpack.next(array, at);
            int index = 0;
            for (int i = Listpack.first(start); i < at; i = Listpack.next(array, i)) index++;
            bigForChange().insert(node, at - start, index, scratch.array(), 0, scratch.length(), fill);
            return true;
        }
        return false;
    }

    /// Replaces an element.
    ///
    /// @param index of an element that is there; may count from the tail
    /// @throws OutOfMemory when memory is short; then nothing has changed
    public void set(long index, Bytes text) {
        expect(text.length(), 0);
        if (index < 0) index += size();
        try {
            replace(index, text);
        } finally {
            trimScratch();
        }
        shrink();
    }

    private void replace(long index, Bytes text) {
        scratch.clear();
        Listpack.encode(text, scratch);
        if (isBig()) {
            BigList big = bigForChange();
            long place = big.locate(index);
            int node = (int) place;
            byte[] array = big.array(node);
            int start = big.start(node);
            int at = Listpack.seek(array, start, place >>> 32);
            int removed = Listpack.entrySize(array, at);
            if (big.count(node) == 1
                    || fill.takes((long) big.length(node) - removed + scratch.length(), big.count(node))) {
                big.splice(node, at - start, removed, scratch.array(), 0, scratch.length(), 0);
            } else {
                // it goes next to the old one, into a node that has the room, and then the old one goes
                big.insert(node, at - start, (int) (place >>> 32), scratch.array(), 0, scratch.length(), fill);
                removeFrom(big, index + 1, 1);
            }
        } else {
            Bytes pack = listpack();
            int at = Listpack.seek(pack.array(), pack.offset(), index);
            edit(at - pack.offset(), Listpack.entrySize(pack.array(), at), 0);
        }
    }

    // ---- removing ----

    /// Takes elements out; the last one takes the key with it.
    ///
    /// @param from  index of the first
    /// @param count how many; they must be there
    public void remove(long from, long count) {
        if (count <= 0) return;
        if (count == size()) {
            removeKey();
            return;
        }
        if (isBig()) {
            removeFrom(bigForChange(), from, count);
            shrink();
            return;
        }
        Bytes pack = listpack();
        int at = Listpack.seek(pack.array(), pack.offset(), from);
        int end = from + count == Listpack.count(pack.array(), pack.offset())
                ? pack.offset() + pack.length() - 1
                : end(pack.array(), at, count);
        scratch.clear();
        edit(at - pack.offset(), end - at, (int) -count);
    }

    private static int end(byte[] array, int at, long count) {
        while (count-- > 0) at = Listpack.next(array, at);
        return at;
    }

    private void removeFrom(BigList big, long from, long count) {
        long place = big.locate(from);
        int node = (int) place;
        int index = (int) (place >>> 32);
        while (count > 0) {
            int inNode = big.count(node);
            int here = (int) Math.min(count, inNode - index);
            if (here == inNode) {
                count -= removeWholeNodes(big, node, count);
                continue;
            }
            byte[] array = big.array(node);
            int start = big.start(node);
            int at = Listpack.seek(array, start, index);
            int end = index + here == inNode ? start + big.length(node) - 1 : end(array, at, here);
            big.splice(node, at - start, end - at, array, 0, 0, -here);
            node++;
            index = 0;
            count -= here;
        }
    }

    /// Takes out as many nodes as there are in so many elements, from one on that is.
    ///
    /// @return how many elements these were
    private long removeWholeNodes(BigList big, int node, long most) {
        int end = node;
        long elements = 0;
        while (end < big.nodes() && elements + big.count(end) <= most) elements += big.count(end++);
        int count = end - node;
        if (count > NODES_AT_ONCE && big.isCuttable(node, count)) db.discardPart(big.cutOff(node, count));
        else big.removeNodes(node, count);
        return elements;
    }

    /// Takes out the elements whose text is this one; the last element takes the key with it. O(n).
    ///
    /// @param most positive: so many at the most, beginning at the head; negative: at the tail; 0: all
    /// @return how many were taken out
    public long remove(Bytes text, long most) {
        if (address == 0) return 0;
        boolean isBackward = most < 0;
        long left = most == 0 || most == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(most);
        if (!isBig()) {
            Bytes pack = listpack();
            int count = Listpack.count(pack.array(), pack.offset());
            int removed = strip(pack.array(), pack.offset(), text, left, isBackward);
            if (removed == count) removeKey();
            else if (removed > 0) edit(Listpack.HEADER, pack.length() - Listpack.EMPTY_SIZE, -removed);
            return removed;
        }
        long removedSum = 0;
        boolean isChanged = false;
        BigList big = big();
        int node = isBackward ? big.nodes() - 1 : 0;
        while (left > 0 && node >= 0 && node < big.nodes()) {
            int removed = strip(big.array(node), big.start(node), text, left, isBackward);
            int nodesBefore = big.nodes();
            if (removed > 0) {
                if (!isChanged) big = bigForChange();
                isChanged = true;
                big.splice(
                        node,
                        Listpack.HEADER,
                        big.length(node) - Listpack.EMPTY_SIZE,
                        scratch.array(),
                        0,
                        scratch.length(),
                        -removed);
            }
            removedSum += removed;
            left -= removed;
            if (isBackward) node--;
            else if (big.nodes() == nodesBefore) node++;
        }
        if (big.size() == 0) removeKey();
        else if (isChanged) shrink();
        return removedSum;
    }

    /// Writes the entries of a listpack that stay into `scratch`, unless all do.
    ///
    /// @return how many do not
    private int strip(byte[] array, int start, Bytes text, long most, boolean isBackward) {
        boolean isNumber = Numbers.isLong(text);
        long number = isNumber ? Numbers.parse(text) : 0;
        long kept = 0; // matches from the head that stay, because the others are nearer to the tail
        if (isBackward) {
            for (int at = Listpack.first(start); !Listpack.isEnd(array, at); at = Listpack.next(array, at)) {
                if (Listpack.equal(array, at, text, isNumber, number)) kept++;
            }
            kept = Math.max(0, kept - most);
        }
        scratch.clear();
        int removed = 0;
        int from = Listpack.first(start); // what lies from here on is still to be written
        int at = from;
        while (!Listpack.isEnd(array, at) && removed < most) {
            int next = Listpack.next(array, at);
            if (Listpack.equal(array, at, text, isNumber, number) && --kept < 0) {
                scratch.append(array, from, at - from);
                from = next;
                removed++;
            }
            at = next;
        }
        if (removed > 0) scratch.append(array, from, start + Listpack.size(array, start) - 1 - from);
        return removed;
    }

    /// Back into the record, if what is left is small.
    private void shrink() {
        if (!isBig()) return;
        BigList big = big();
        if (big.nodes() > 1 || !fill.isSmall(big.length(0), big.size())) return;
        try {
            scratch.clear();
            scratch.append(big.array(0), big.start(0), big.length(0));
            address = db.putBytes(key, Kind.LIST_LISTPACK, scratch.array(), 0, scratch.length(), Database.KEEP_EXPIRY);
        } catch (OutOfMemory e) {
            scratch.clear(); // it stays large; the next removal tries again
        }
    }
}
