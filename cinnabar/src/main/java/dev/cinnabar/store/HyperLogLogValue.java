package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.struct.HyperLogLog;
import dev.cinnabar.struct.HyperLogLogDraft;
import java.util.Arrays;

/// A look at a string as a [HyperLogLog], to be read and changed. Borrowed from the database that gave it.
///
/// Dense registers are changed where they lie; a sparse string is changed in a draft, which replaces it when
/// all elements are added. So an element that meets a corrupt run, or memory that is short, leaves the string
/// as it was.
public final class HyperLogLogValue {
    private final Database db;
    private final Thresholds thresholds;
    private final HyperLogLogDraft draft = new HyperLogLogDraft();
    private final int[] counts = new int[HyperLogLog.RANKS];
    private final Bytes window = new Bytes();
    private byte[] merged = {};
    private Bytes key = window;
    private long address;
    private boolean isOne;

    HyperLogLogValue(Database db, Thresholds thresholds) {
        this.db = db;
        this.thresholds = thresholds;
    }

    HyperLogLogValue at(Bytes key, long address) {
        this.key = key;
        this.address = address;
        isOne = true;
        if (address == 0) return this;
        StringValue string = db.string(address);
        isOne = !string.isNumber();
        if (isOne) {
            Bytes bytes = string.bytes();
            window.set(bytes.array(), bytes.offset(), bytes.length());
            isOne = HyperLogLog.isOne(window.array(), window.offset(), window.length());
        }
        return this;
    }

    /// Lets go of what it was pointed at, which may be gone.
    void letGo() {
        key = window;
        address = 0;
        window.letGo();
    }

    /// Whether the string looks like one; a key that is not there does. Nothing else may be asked otherwise.
    public boolean isOne() {
        return isOne;
    }

    /// Only of a key that is there.
    public boolean isDense() {
        return HyperLogLog.isDense(window.array(), window.offset());
    }

    /// A string that is about to be changed is stored as one, whether it changes then or not: OBJECT ENCODING
    /// says `raw` from now on.
    public HyperLogLogValue makeRaw() {
        if (address != 0 && db.kind(address) != Kind.STRING_RAW) openForChange();
        return this;
    }

    // ---- adding ----

    /// Adds elements, and makes the key when it is missing.
    ///
    /// @param from index of the first among the words
    /// @param to   index behind the last
    /// @return how many registers rose, or [HyperLogLog#CORRUPT]; then nothing has changed
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    public int add(Bytes[] words, int from, int to) {
        int raised = 0;
        boolean isDrafted = address == 0;
        if (isDrafted) draft.clear();
        for (int i = from; i < to; i++) {
            long hash = HyperLogLog.hash(words[i].array(), words[i].offset(), words[i].length());
            int register = HyperLogLog.register(hash);
            int rank = HyperLogLog.rank(hash);
            if (!isDrafted) {
                int old = HyperLogLog.rank(window.array(), window.offset(), window.length(), register);
                if (old == HyperLogLog.CORRUPT) return old;
                if (old >= rank) continue;
                if (isDense()) {
                    if (raised++ == 0) openForChange();
                    HyperLogLog.setDenseRank(window.array(), window.offset(), register, rank);
                    continue;
                }
                if (!load()) return HyperLogLog.CORRUPT;
                isDrafted = true;
            }
            int outcome = draft.raise(register, rank, thresholds.hllSparseMaxBytes);
            if (outcome == HyperLogLog.CORRUPT) return outcome;
            raised += outcome;
        }
        if (isDrafted) {
            HyperLogLog.forgetCount(draft.array(), 0);
            putDraft();
        } else if (raised > 0) {
            HyperLogLog.forgetCount(window.array(), window.offset());
        }
        return raised;
    }

    private boolean load() {
        return draft.load(window.array(), window.offset(), window.length());
    }

    private void putDraft() {
        db.putBytes(key, Kind.STRING_RAW, draft.array(), 0, draft.length(), Database.KEEP_EXPIRY);
    }

    /// Points the window at bytes that may be written.
    private void openForChange() {
        Bytes bytes = db.growString(address, window.length());
        window.set(bytes.array(), bytes.offset(), bytes.length());
    }

    // ---- counting ----

    /// Whether the string remembers its count.
    public boolean hasCount() {
        return HyperLogLog.hasCount(window.array(), window.offset());
    }

    /// The count that the string remembers.
    public long rememberedCount() {
        return HyperLogLog.count(window.array(), window.offset());
    }

    /// Counts, and has the string remember it.
    ///
    /// @return [HyperLogLog#CORRUPT] when it is corrupt
    public long count() {
        if (!HyperLogLog.histogram(window.array(), window.offset(), window.length(), counts))
            return HyperLogLog.CORRUPT;
        long count = HyperLogLog.estimate(counts);
        openForChange();
        HyperLogLog.setCount(window.array(), window.offset(), count);
        return count;
    }

    // ---- several ----

    /// Begins to unite several.
    public void beginUnion() {
        if (merged.length == 0) merged = new byte[HyperLogLog.REGISTERS];
        Arrays.fill(merged, (byte) 0);
    }

    /// Takes this one into the union.
    ///
    /// @return false when it is corrupt
    public boolean unite() {
        return HyperLogLog.mergeInto(merged, window.array(), window.offset(), window.length());
    }

    /// How many different elements the union has.
    public long unionCount() {
        HyperLogLog.histogram(merged, counts);
        return HyperLogLog.estimate(counts);
    }

    /// Raises the registers of this one to those of the union, and makes the key when it is missing.
    ///
    /// @return false when it is corrupt; then nothing has changed
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    public boolean raiseToUnion(boolean makesDense) {
        if (address == 0) draft.clear();
        else if (!load()) return false;
        if (makesDense && !draft.toDense()) return false;
        if (!draft.raiseAll(merged, thresholds.hllSparseMaxBytes)) return false;
        HyperLogLog.forgetCount(draft.array(), 0);
        putDraft();
        return true;
    }

    // ---- for PFDEBUG ----

    /// Makes a sparse one dense.
    ///
    /// @return false when it is corrupt; then nothing has changed
    public boolean makeDense() {
        if (!load() || !draft.toDense()) return false;
        putDraft();
        return true;
    }

    /// The rank in a register.
    public int rank(int register) {
        return HyperLogLog.rank(window.array(), window.offset(), window.length(), register);
    }

    /// The runs of a sparse one in words.
    public String decode() {
        return HyperLogLog.decode(window.array(), window.offset(), window.length());
    }
}
