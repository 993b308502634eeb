package dev.cinnabar.net;

import dev.cinnabar.memory.Budget;
import java.nio.ByteBuffer;

/// What a connection received and its handler did not use up: nothing, the beginning of the next request, or
/// a big bulk that is under way.
///
/// Up to [#SMALL] bytes lie in an array of just their size, which nobody counts; an idle connection has none.
/// More than that lie in an array that grows with what is received, is read into directly, and is taken from
/// the budget; it may be one that a connection before has left. Owned by the loop's thread; [#length] is for
/// any.
final class KeptInput {
    /// Bytes that are kept without asking the budget.
    static final int SMALL = 4 << 10;

    private static final int MAX_ARRAY = Integer.MAX_VALUE - 16;
    private static final byte[] NOTHING = new byte[0];
    private static final ByteBuffer NO_VIEW = ByteBuffer.wrap(NOTHING);

    private final Budget budget;
    private final SpareArray spare;
    private byte[] array = NOTHING;
    private ByteBuffer view = NO_VIEW;
    private int from;
    private int to;
    private long expected;

    KeptInput(Budget budget, SpareArray spare) {
        this.budget = budget;
        this.spare = spare;
    }

    // ---- what there is ----

    int length() {
        return to - from;
    }

    boolean isEmpty() {
        return to == from;
    }

    /// Holds the bytes from [#from] to [#to].
    byte[] array() {
        return array;
    }

    int from() {
        return from;
    }

    int to() {
        return to;
    }

    /// Copies the bytes to the front of an array.
    ///
    /// @return how many they are
    int copyTo(byte[] target) {
        int length = to - from;
        if (length > 0) System.arraycopy(array, from, target, 0, length);
        return length;
    }

    // ---- more of it ----

    /// How many more bytes are needed before it makes sense to go on; 0 when nobody knows.
    void expect(long bytes) {
        expected = bytes;
    }

    /// Makes room behind the bytes.
    ///
    /// @return false when there is no memory for that
    boolean makeRoom() {
        int length = to - from;
        if (length + expected > budget.limit()) return false; // it will never fit
        int room = array.length - to;
        if (room >= EventLoop.READ_SIZE || expected > 0 && room >= expected) return true;
        if (from >= length && array.length - length >= EventLoop.READ_SIZE) {
            System.arraycopy(array, from, array, 0, length);
            from = 0;
            to = length;
            return true;
        }
        if (length > MAX_ARRAY - EventLoop.READ_SIZE) return false;
        // less where there is not so much, but never a little at a time: each time all is copied
        int least = Math.max(EventLoop.READ_SIZE, length / 8);
        int more = capacityFor(length) - length;
        do {
            if (moveToLarger(array, from, to, length + more)) return true;
            more /= 2;
        } while (more >= least);
        return false;
    }

    /// The room behind the bytes, to be read into; [#received] tells how much came.
    ByteBuffer room() {
        return view.limit(to + Math.min(EventLoop.READ_SIZE, array.length - to)).position(to);
    }

    void received(int bytes) {
        to += bytes;
    }

    // ---- what is left of it ----

    /// Keeps these bytes, which may be some of those that are kept, and no others.
    ///
    /// @return false when there is no memory for that; then nothing has changed
    boolean keep(byte[] source, int sourceFrom, int sourceTo) {
        int length = sourceTo - sourceFrom;
        if (length == 0) {
            release();
        } else if (length <= SMALL && (source != array || array.length > SMALL)) {
            // the usual leftover: the beginning of the next request
            byte[] small = array.length >= length && array.length <= SMALL ? array : new byte[length];
            System.arraycopy(source, sourceFrom, small, 0, length);
            replace(small, small == array ? view : ByteBuffer.wrap(small), length);
        } else if (source == array) {
            from = sourceFrom;
            to = sourceTo;
        } else {
            return moveToLarger(source, sourceFrom, sourceTo, capacityFor(length))
                    || moveToLarger(source, sourceFrom, sourceTo, length);
        }
        return true;
    }

    /// The same whatever the budget says, for more than [#SMALL] bytes that are not kept yet.
    ///
    /// @throws OutOfMemoryError when there is no heap; then nothing has changed
    void keepAnyway(byte[] source, int sourceFrom, int sourceTo) {
        int length = sourceTo - sourceFrom;
        byte[] large = new byte[length];
        ByteBuffer largeView = ByteBuffer.wrap(large);
        budget.force(budget.arrayBytes(length));
        System.arraycopy(source, sourceFrom, large, 0, length);
        replace(large, largeView, length);
    }

    /// Keeps nothing. Needs no memory.
    void release() {
        replace(NOTHING, NO_VIEW, 0);
    }

    private boolean moveToLarger(byte[] source, int sourceFrom, int sourceTo, int capacity) {
        int length = sourceTo - sourceFrom;
        int room = spare.lengthFor(capacity, length + expected);
        if (!budget.tryReserve(budget.arrayBytes(room))) {
            if (room == capacity || !budget.tryReserve(budget.arrayBytes(capacity))) return false;
            room = capacity;
        }
        byte[] large;
        ByteBuffer largeView;
        try {
            large = spare.take(room);
            largeView = ByteBuffer.wrap(large);
        } catch (OutOfMemoryError e) {
            budget.release(budget.arrayBytes(room));
            return false;
        }
        System.arraycopy(source, sourceFrom, large, 0, length);
        replace(large, largeView, length);
        return true;
    }

    /// Room for what is expected, but never for more than what came already, twice, and one read more.
    private int capacityFor(int length) {
        long most = 2L * length + EventLoop.READ_SIZE;
        long wanted = expected > 0 ? length + expected : length + (length >> 1) + EventLoop.READ_SIZE;
        return (int) Math.min(MAX_ARRAY, Math.min(most, wanted));
    }

    /// The view comes with its array, so that nothing can fail here, half way.
    private void replace(byte[] other, ByteBuffer otherView, int length) {
        if (other != array && array.length > SMALL) {
            budget.release(budget.arrayBytes(array.length));
            spare.give(array);
        }
        array = other;
        view = otherView;
        from = 0;
        to = length;
    }
}
