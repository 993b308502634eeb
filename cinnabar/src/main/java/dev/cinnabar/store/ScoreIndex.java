package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.Pages;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The order of a large sorted set: addresses of its members' records, by score and then by the members'
/// bytes, with ranks.
///
/// Finding, inserting, removing, and the rank of a place cost O(log n). Touched only under the engine's lock.
final class ScoreIndex {
    /*
     * A B+-tree that counts: leaves of up to 64 addresses, chained both ways; above them nodes of up to 32
     * children with the number of elements below each and the smallest score there.
     *
     *          inner    children   [ a  | b  | c  ]
     *                   counts     [ 64 | 40 | 51 ]      rank of a place = counts to the left, at each level
     *                   lowest     [ 1  | 17 | 17 ]      score of the first element below
     *                      |    \     \
     *          leaf  a <-> b <-> c     addresses in order
     *
     * Scores stand in the records, and only there and in `lowest`, so that an element takes eight bytes here
     * (twelve with the gaps), where a node of Redis's skip list takes some forty. A descent reads no record
     * as long as scores differ, the leaf's binary search reads six.
     *
     * A single leaf is as small as its elements allow, for many sorted sets are large only because one of
     * their few members is long. What a split takes is known where the descent ends: a leaf, and a node for
     * each one above that is full. It is counted there, before anything has changed.
     *
     * Redis's sorted sets are skip lists (W. Pugh, 1990); for counts in B-trees see Knuth, volume 3, 6.2.4.
     */
    private static final int LEAF = 64; // addresses; 512 bytes
    private static final int SMALLEST_LEAF = 4; // addresses
    private static final int INNER = 32; // children
    private static final int EMPTY_LEAF_BYTES = 16 + 40; // array and object, with compressed pointers
    private static final int LEAF_BYTES = EMPTY_LEAF_BYTES + LEAF * Long.BYTES;
    private static final int INNER_BYTES = 2 * (16 + INNER * Long.BYTES) + 16 + INNER * Integer.BYTES + 32;

    private abstract static class Node {
        int size;
    }

    private static final class Leaf extends Node {
        long[] addresses; // room for LEAF of them, for fewer only where there is no other leaf

        @Nullable
        Leaf previous;

        @Nullable
        Leaf next;

        Leaf(int capacity) {
            addresses = new long[capacity];
        }

        int capacity() {
            return addresses.length;
        }

        int bytes() {
            return EMPTY_LEAF_BYTES + capacity() * Long.BYTES;
        }
    }

    private static final class Inner extends Node {
        final Node[] children = new Node[INNER];
        final long[] counts = new long[INNER];
        final double[] lowest = new double[INNER];
    }

    /// Is shown elements, in order.
    interface Visitor {
        /// @param address of the member's record; the visitor must not change the set
        void element(long address);
    }

    private enum By {
        ELEMENT,
        SCORE,
        MEMBER
    }

    private static final Bytes NOBODY = new Bytes(); // nobody writes to it

    private final Pages pages;
    private final Members members;
    private Node root;
    private int height = 1;
    private long size;
    private long bytes; // of the nodes
    private boolean isForced;

    // what is looked for
    private By by = By.ELEMENT;
    private double score;
    private Bytes member = NOBODY;
    private boolean isInclusive;
    private Leaf foundLeaf;
    private int foundAt;

    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short
    ScoreIndex(Pages pages, Members members) {
        this.pages = pages;
        this.members = members;
        Leaf only = new Leaf(SMALLEST_LEAF);
        taken(only.bytes());
        root = only;
        foundLeaf = only;
    }

    long size() {
        return size;
    }

    long bytes() {
        return bytes;
    }

    // ---- asking ----

    /// How many elements come before this one; its rank if it is there.
    long rank(double score, Bytes member) {
        this.by = By.ELEMENT;
        this.score = score;
        this.isInclusive = false;
        return rank(member);
    }

    /// How many elements have a smaller score, or the same one where that counts too.
    long countBelow(double score, boolean isInclusive) {
        this.by = By.SCORE;
        this.score = score;
        this.isInclusive = isInclusive;
        return rank();
    }

    /// How many members are smaller, or equal where that counts too. Means something only where all scores
    /// are the same.
    long countBelow(Bytes member, boolean isInclusive) {
        this.by = By.MEMBER;
        this.isInclusive = isInclusive;
        return rank(member);
    }

    private long rank(Bytes member) {
        this.member = member;
        long rank = rank();
        this.member = NOBODY; // a set lives longer than the request with the member in it
        return rank;
    }

    private long rank() {
        long rank = 0;
        Node node = root;
        while (node instanceof Inner inner) {
            int child = childFor(inner);
            for (int i = 0; i < child; i++) rank += inner.counts[i];
            node = inner.children[child];
        }
        foundLeaf = (Leaf) node;
        foundAt = placeIn(foundLeaf);
        return rank + foundAt;
    }

    /// The last child that begins in front of what is looked for. An element itself may be the first of its
    /// child.
    private int childFor(Inner inner) {
        int low = 1;
        int high = inner.size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (beginsBelow(inner, middle)) low = middle + 1;
            else high = middle;
        }
        return low - 1;
    }

    private boolean beginsBelow(Inner inner, int child) {
        if (by != By.MEMBER) {
            double lowest = inner.lowest[child];
            if (lowest != score) return lowest < score;
            if (by == By.SCORE) return isInclusive;
        }
        Node node = inner.children[child];
        while (node instanceof Inner i) node = i.children[0];
        int order = members.compare(((Leaf) node).addresses[0], member);
        return by == By.ELEMENT || isInclusive ? order <= 0 : order < 0;
    }

    private int placeIn(Leaf leaf) {
        int low = 0;
        int high = leaf.size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (isBelow(leaf.addresses[middle])) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private boolean isBelow(long address) {
        if (by != By.MEMBER) {
            double s = scoreAt(address);
            if (s != score) return s < score;
            if (by == By.SCORE) return isInclusive;
        }
        int order = members.compare(address, member);
        return isInclusive ? order <= 0 : order < 0;
    }

    private double scoreAt(long address) {
        return Double.longBitsToDouble(members.fixed(address));
    }

    /// The address of the element with this rank, which must be there.
    long at(long rank) {
        seek(rank);
        return foundLeaf.addresses[foundAt];
    }

    private void seek(long rank) {
        Node node = root;
        while (node instanceof Inner inner) {
            int child = 0;
            while (rank >= inner.counts[child]) rank -= inner.counts[child++];
            node = inner.children[child];
        }
        foundLeaf = (Leaf) node;
        foundAt = (int) rank;
    }

    /// Shows some elements from a rank on, upwards or downwards. All of them must be there. O(log n + count).
    void forEach(long rank, long count, boolean isReverse, Visitor visitor) {
        if (count <= 0) return;
        seek(rank);
        Leaf leaf = foundLeaf;
        int at = foundAt;
        while (true) {
            visitor.element(leaf.addresses[at]);
            if (--count == 0) return;
            if (isReverse ? --at >= 0 : ++at < leaf.size) continue;
            Leaf neighbour = isReverse ? leaf.previous : leaf.next;
            if (neighbour == null) throw new IllegalStateException(count + " elements are missing");
            leaf = neighbour;
            at = isReverse ? leaf.size - 1 : 0;
        }
    }

    // ---- changing ----

    /// Adds an element that is not there.
    ///
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    void insert(double score, Bytes member, long address) {
        this.by = By.ELEMENT;
        this.score = score;
        this.member = member;
        this.isInclusive = false;
        Node right;
        try {
            right = insert(root, address, 1);
        } finally {
            this.member = NOBODY;
        }
        size++;
        if (right == null) return;
        Inner top = new Inner();
        insertChild(top, 0, root);
        insertChild(top, 1, right);
        root = top;
        height++;
    }

    /// The same beyond the budget, for an element that was taken out and has to come back.
    void insertForced(double score, Bytes member, long address) {
        isForced = true;
        try {
            insert(score, member, address);
        } finally {
            isForced = false;
        }
    }

    /// @param inners how many inner nodes are needed above when this one is split
    /// @return the node's new neighbour to the right, if it had to be split
    private @Nullable Node insert(Node node, long address, int inners) {
        if (node instanceof Leaf leaf) return insertInLeaf(leaf, placeIn(leaf), address, inners);
        Inner inner = (Inner) node;
        int child = childFor(inner);
        Node right = insert(inner.children[child], address, inner.size < INNER ? 0 : inners + 1);
        if (score < inner.lowest[child]) inner.lowest[child] = score;
        if (right == null) {
            inner.counts[child]++;
            return null;
        }
        inner.counts[child] = count(inner.children[child]);
        return insertInInner(inner, child + 1, right);
    }

    private @Nullable Node insertInLeaf(Leaf leaf, int at, long address, int inners) {
        if (leaf.size == leaf.capacity() && leaf.capacity() < LEAF) resize(leaf, 2 * leaf.capacity());
        if (leaf.size < LEAF) {
            insertAddress(leaf, at, address);
            return null;
        }
        taken(LEAF_BYTES + inners * INNER_BYTES);
        Leaf right = new Leaf(LEAF);
        right.previous = leaf;
        right.next = leaf.next;
        if (right.next != null) right.next.previous = right;
        leaf.next = right;
        // at the very end nothing is moved: a set that is filled in order has full leaves
        int keep = at == LEAF && right.next == null ? LEAF : LEAF / 2;
        right.size = LEAF - keep;
        System.arraycopy(leaf.addresses, keep, right.addresses, 0, right.size);
        leaf.size = keep;
        if (at < keep || at == keep && keep < LEAF) insertAddress(leaf, at, address);
        else insertAddress(right, at - keep, address);
        return right;
    }

    private void resize(Leaf leaf, int capacity) {
        int more = (capacity - leaf.capacity()) * Long.BYTES;
        if (more > 0) taken(more);
        else givenBack(-more);
        leaf.addresses = Arrays.copyOf(leaf.addresses, capacity);
    }

    private static void insertAddress(Leaf leaf, int at, long address) {
        System.arraycopy(leaf.addresses, at, leaf.addresses, at + 1, leaf.size - at);
        leaf.addresses[at] = address;
        leaf.size++;
    }

    private @Nullable Node insertInInner(Inner inner, int at, Node child) {
        if (inner.size < INNER) {
            insertChild(inner, at, child);
            return null;
        }
        Inner right = new Inner();
        int keep = at == INNER ? INNER : INNER / 2;
        moveChildren(inner, keep, right);
        if (at < keep || at == keep && keep < INNER) insertChild(inner, at, child);
        else insertChild(right, at - keep, child);
        return right;
    }

    /// Appends the children from an index on to another node's.
    private static void moveChildren(Inner from, int first, Inner to) {
        int n = from.size - first;
        System.arraycopy(from.children, first, to.children, to.size, n);
        System.arraycopy(from.counts, first, to.counts, to.size, n);
        System.arraycopy(from.lowest, first, to.lowest, to.size, n);
        to.size += n;
        from.size = first;
    }

    private void insertChild(Inner inner, int at, Node child) {
        int n = inner.size - at;
        System.arraycopy(inner.children, at, inner.children, at + 1, n);
        System.arraycopy(inner.counts, at, inner.counts, at + 1, n);
        System.arraycopy(inner.lowest, at, inner.lowest, at + 1, n);
        inner.children[at] = child;
        inner.counts[at] = count(child);
        inner.lowest[at] = lowest(child);
        inner.size++;
    }

    private static void removeChild(Inner inner, int at) {
        int n = inner.size - at - 1;
        System.arraycopy(inner.children, at + 1, inner.children, at, n);
        System.arraycopy(inner.counts, at + 1, inner.counts, at, n);
        System.arraycopy(inner.lowest, at + 1, inner.lowest, at, n);
        inner.size--;
    }

    private static long count(Node node) {
        if (!(node instanceof Inner inner)) return node.size;
        long count = 0;
        for (int i = 0; i < inner.size; i++) count += inner.counts[i];
        return count;
    }

    private double lowest(Node node) {
        return node instanceof Inner inner ? inner.lowest[0] : scoreAt(((Leaf) node).addresses[0]);
    }

    /// Takes out the element with this rank, which must be there. Its record may be gone already.
    void removeAt(long rank) {
        removeAt(root, rank);
        size--;
        while (root instanceof Inner inner && inner.size == 1) {
            root = inner.children[0];
            height--;
            givenBack(INNER_BYTES);
        }
        if (root instanceof Leaf only && only.capacity() > SMALLEST_LEAF && only.size <= only.capacity() / 4)
            resize(only, only.capacity() / 2);
    }

    private void removeAt(Node node, long rank) {
        if (node instanceof Leaf leaf) {
            int at = (int) rank;
            System.arraycopy(leaf.addresses, at + 1, leaf.addresses, at, --leaf.size - at);
            return;
        }
        Inner inner = (Inner) node;
        int child = 0;
        while (rank >= inner.counts[child]) rank -= inner.counts[child++];
        Node below = inner.children[child];
        removeAt(below, rank);
        inner.counts[child]--;
        if (below.size == 0) {
            dropped(below);
            removeChild(inner, child);
            return;
        }
        if (rank == 0) inner.lowest[child] = lowest(below);
        if (child + 1 < inner.size && isMergeable(below, inner.children[child + 1])) merge(inner, child);
        else if (child > 0 && isMergeable(inner.children[child - 1], below)) merge(inner, child - 1);
    }

    private static boolean isMergeable(Node left, Node right) {
        int capacity = left instanceof Leaf ? LEAF : INNER;
        return left.size + right.size <= capacity / 2;
    }

    /// Makes one of a child and its right neighbour.
    private void merge(Inner inner, int at) {
        Node left = inner.children[at];
        Node right = inner.children[at + 1];
        if (left instanceof Leaf l) {
            Leaf r = (Leaf) right;
            System.arraycopy(r.addresses, 0, l.addresses, l.size, r.size);
            l.size += r.size;
        } else {
            moveChildren((Inner) right, 0, (Inner) left);
        }
        inner.counts[at] += inner.counts[at + 1];
        dropped(right);
        removeChild(inner, at + 1);
    }

    private void dropped(Node node) {
        if (!(node instanceof Leaf leaf)) {
            givenBack(INNER_BYTES);
            return;
        }
        if (leaf.previous != null) leaf.previous.next = leaf.next;
        if (leaf.next != null) leaf.next.previous = leaf.previous;
        givenBack(LEAF_BYTES);
    }

    /// Puts another address in the place of the element that [#rank(double, Bytes)] or [#at] found last.
    void replaceFound(long address) {
        foundLeaf.addresses[foundAt] = address;
    }

    private void taken(int nodeBytes) {
        if (isForced) pages.forceExtra(nodeBytes);
        else pages.countExtra(nodeBytes);
        bytes += nodeBytes;
    }

    private void givenBack(int nodeBytes) {
        bytes -= nodeBytes;
        pages.uncountExtra(nodeBytes);
    }

    /// Gives all of it back; nothing else may be done with it any more. The collector finds the nodes by
    /// itself, O(1).
    void free() {
        pages.uncountExtra(bytes);
        bytes = 0;
        size = 0;
        Leaf none = new Leaf(0);
        root = none;
        foundLeaf = none;
    }

    // ---- self-check ----

    /// Checks order, counts and chains; for tests. O(n log n).
    ///
    /// @throws IllegalStateException when something does not add up
    void checkInvariants() {
        long[] nodeBytes = new long[1];
        if (check(root, 1, nodeBytes) != size) throw new IllegalStateException("the counts do not make " + size);
        if (nodeBytes[0] != bytes) throw new IllegalStateException(nodeBytes[0] + " bytes of nodes, counted " + bytes);
        if (size != members.size()) throw new IllegalStateException(size + " in order, " + members.size() + " members");
        long[] last = {-1};
        Bytes previous = new Bytes();
        Bytes next = new Bytes();
        forEach(0, size, false, address -> {
            if (members.find(members.member(address, next)) != address)
                throw new IllegalStateException("no member is " + next);
            if (last[0] >= 0) {
                double before = scoreAt(last[0]);
                boolean isInOrder = before < scoreAt(address)
                        || before == scoreAt(address)
                                && members.member(last[0], previous).compareTo(next) < 0;
                if (!isInOrder) throw new IllegalStateException("out of order: " + next);
            }
            last[0] = address;
        });
        forEach(size - 1, size, true, address -> {});
    }

    private long check(Node node, int level, long[] nodeBytes) {
        if (node instanceof Leaf leaf) {
            nodeBytes[0] += leaf.bytes();
            if (level != height || leaf.size == 0 && size > 0)
                throw new IllegalStateException("a leaf at level " + level);
            if (level > 1 && leaf.capacity() != LEAF)
                throw new IllegalStateException("a leaf of " + leaf.capacity() + " beside others");
            return leaf.size;
        }
        Inner inner = (Inner) node;
        nodeBytes[0] += INNER_BYTES;
        long sum = 0;
        for (int i = 0; i < inner.size; i++) {
            long count = check(inner.children[i], level + 1, nodeBytes);
            if (count != inner.counts[i]) throw new IllegalStateException(count + " below, counted " + inner.counts[i]);
            if (lowest(inner.children[i]) != inner.lowest[i]) throw new IllegalStateException("wrong lowest score");
            sum += count;
        }
        return sum;
    }
}
