package dev.cinnabar.struct;

import dev.cinnabar.base.Bytes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A [HyperLogLog] being changed, in memory of its own: registers rise, runs are split and joined, and where
/// there are too many of them it becomes dense. The result is copied back when all has gone well.
///
/// Reused; allocates only what it needs for the longest string so far. Not thread-safe.
public final class HyperLogLogDraft {
    /*
     * Raising a register of a sparse one takes its run apart, into up to three:
     *
     *     XZERO:1000                  →   XZERO:300  VAL:5,1  XZERO:699           a zero in the middle
     *     VAL:2,4                     →   VAL:2,2  VAL:5,1  VAL:2,1               a value in the middle
     *     ZERO:1 or VAL:2,1           →   VAL:5,1                                 one register alone
     *
     * and then joins equal neighbours, VAL:5,1 VAL:5,2 → VAL:5,3, from the run before on, five steps at the
     * most. How much is joined, and when, decides about the bytes; it is as in Redis, so that GET gives the
     * same string here and there.
     */

    private static final int MAX_SPARSE_RANK = 32;
    private static final int MAX_SHORT_ZEROS = 64;
    private static final int MAX_VALUES = 4;
    private static final int JOIN_STEPS = 5;
    private static final int TOO_LONG = 2; // beside the outcomes of raise
    private static final int MOST_NEW_BYTES = 5; // long zeros, a value, long zeros

    private byte[] array = new byte[256];
    private int length;
    private byte @Nullable [] ranks;
    private final byte[] runs = new byte[MOST_NEW_BYTES];
    private int runsLength;

    // the run that covers a register, as it was found
    private int at;
    private int before; // where the run before it begins, or -1
    private int first; // its first register

    // speed only: where the next search may begin, which for registers in their order is near; at 0 it may not. Raising changes nothing in
    // front of the run before the one that was found, so that run is the place
    private int nearAt;
    private int nearBefore;
    private int nearFirst;

    /// Begins with one that has counted nothing.
    public HyperLogLogDraft clear() {
        HyperLogLog.writeHead(array, 0, HyperLogLog.SPARSE);
        runsLength = 0;
        addZeros(HyperLogLog.REGISTERS);
        System.arraycopy(runs, 0, array, HyperLogLog.HEADER, runsLength);
        length = HyperLogLog.HEADER + runsLength;
        nearAt = 0;
        return this;
    }

    /// Begins with a copy of one.
    ///
    /// @return false when it is too long to be one
    public boolean load(byte[] source, int start, int length) {
        if (length > HyperLogLog.SPARSE_MAX_SIZE) return false;
        makeRoom(length + MOST_NEW_BYTES);
        System.arraycopy(source, start, array, 0, length);
        this.length = length;
        nearAt = 0;
        return true;
    }

    private void makeRoom(int size) {
        if (size > array.length) array = Arrays.copyOf(array, Math.max(size, 2 * array.length));
    }

    public boolean isDense() {
        return HyperLogLog.isDense(array, 0);
    }

    /// The string as it is now. Good until the next change.
    public byte[] array() {
        return array;
    }

    public int length() {
        return length;
    }

    /// Points a window at the string as it is now.
    public Bytes bytes(Bytes window) {
        return window.set(array, 0, length);
    }

    // ---- raising ----

    /// Makes sure that a register has at least this rank.
    ///
    /// @param sparseMaxBytes how long a sparse one may become
    /// @return 1 when the register rose, 0 when it had the rank, [HyperLogLog#CORRUPT] when the runs make no
    ///         sense
    public int raise(int register, int rank, long sparseMaxBytes) {
        if (!isDense()) {
            if (rank <= MAX_SPARSE_RANK) {
                int outcome = raiseSparse(register, rank, sparseMaxBytes);
                if (outcome != TOO_LONG) return outcome;
            }
            if (!toDense()) return HyperLogLog.CORRUPT;
        }
        if (HyperLogLog.denseRank(array, 0, register) >= rank) return 0;
        HyperLogLog.setDenseRank(array, 0, register, rank);
        return 1;
    }

    /// Makes sure that all registers have at least these ranks.
    ///
    /// @param ranks of all registers, one in a byte
    /// @return false when the runs make no sense
    public boolean raiseAll(byte[] ranks, long sparseMaxBytes) {
        for (int register = 0; register < ranks.length && !isDense(); register++) {
            int rank = ranks[register];
            if (rank != 0 && raise(register, rank, sparseMaxBytes) == HyperLogLog.CORRUPT) return false;
        }
        if (isDense()) HyperLogLog.raiseDense(array, 0, ranks);
        return true;
    }

    private int raiseSparse(int register, int rank, long sparseMaxBytes) {
        if (!find(register)) return HyperLogLog.CORRUPT;
        int head = array[at];
        int run = HyperLogLog.runLength(array, at, length);
        int old = HyperLogLog.runRank(head);
        if (old >= rank) return 0;

        runsLength = 0;
        addSame(old, register - first);
        addValues(rank, 1);
        addSame(old, first + run - 1 - register);
        int oldBytes = HyperLogLog.runBytes(head);
        int newLength = length + runsLength - oldBytes;
        if (newLength > length && newLength > sparseMaxBytes) return TOO_LONG;

        makeRoom(newLength + MOST_NEW_BYTES);
        // a last run whose second byte is missing is corrupt, and as in Redis it stays so: the new ones end where it would have ended
        int behind = Math.max(0, length - at - oldBytes);
        System.arraycopy(array, at + oldBytes, array, at + runsLength, behind);
        System.arraycopy(runs, 0, array, at, Math.min(runsLength, newLength - at));
        length = newLength;
        join(before < 0 ? HyperLogLog.HEADER : before);
        return 1;
    }

    /// Finds the run that covers a register.
    private boolean find(int register) {
        boolean isNear = nearAt != 0 && register >= nearFirst;
        at = isNear ? nearAt : HyperLogLog.HEADER;
        before = isNear ? nearBefore : -1;
        first = isNear ? nearFirst : 0;
        nearAt = 0;
        for (; at < length; at += HyperLogLog.runBytes(array[at])) {
            int run = HyperLogLog.runLength(array, at, length);
            if (register < first + run) return true;
            nearAt = at;
            nearBefore = before;
            nearFirst = first;
            before = at;
            first += run;
        }
        return false;
    }

    private void addSame(int rank, int registers) {
        if (registers == 0) return;
        if (rank == 0) addZeros(registers);
        else addValues(rank, registers);
    }

    private void addZeros(int registers) {
        int rest = registers - 1;
        if (registers > MAX_SHORT_ZEROS) runs[runsLength++] = (byte) (0x40 | rest >> 8);
        runs[runsLength++] = (byte) rest;
    }

    private void addValues(int rank, int registers) {
        runs[runsLength++] = value(rank, registers);
    }

    private static byte value(int rank, int registers) {
        return (byte) (0x80 | rank - 1 << 2 | registers - 1);
    }

    /// Joins neighbours of the same rank.
    private void join(int from) {
        int position = from;
        for (int step = 0; step < JOIN_STEPS && position < length; step++) {
            int head = array[position];
            if (!HyperLogLog.isValue(head)) {
                position += HyperLogLog.runBytes(head);
                continue;
            }
            int next = position + 1 < length ? array[position + 1] : 0;
            int together = HyperLogLog.runLength(array, position, length) + (next & 3) + 1;
            if (HyperLogLog.isValue(next)
                    && HyperLogLog.runRank(next) == HyperLogLog.runRank(head)
                    && together <= MAX_VALUES) {
                array[position] = value(HyperLogLog.runRank(head), together);
                System.arraycopy(array, position + 2, array, position + 1, length - position - 2);
                length--;
            } else {
                position++;
            }
        }
    }

    // ---- becoming dense ----

    /// Makes a sparse one dense; a dense one stays as it is.
    ///
    /// @return false when it is corrupt; then it is as it was
    public boolean toDense() {
        if (isDense()) return true;
        byte[] all = ranks;
        if (all == null) all = ranks = new byte[HyperLogLog.REGISTERS];
        Arrays.fill(all, (byte) 0);
        if (!HyperLogLog.mergeInto(all, array, 0, length)) return false;
        makeRoom(HyperLogLog.DENSE_SIZE);
        array[HyperLogLog.ENCODING_AT] = 0;
        Arrays.fill(array, HyperLogLog.HEADER, HyperLogLog.DENSE_SIZE, (byte) 0);
        for (int i = 0; i < all.length; i++) if (all[i] != 0) HyperLogLog.setDenseRank(array, 0, i, all[i]);
        length = HyperLogLog.DENSE_SIZE;
        return true;
    }
}
