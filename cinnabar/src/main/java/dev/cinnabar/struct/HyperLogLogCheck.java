package dev.cinnabar.struct;

import dev.cinnabar.base.Randomness;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Asks [HyperLogLog] whether it does on this machine what it should: for PFSELFTEST. Takes some tenths of a
/// second.
public final class HyperLogLogCheck {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int ROUNDS = 100;
    private static final int ELEMENTS = 1_000_000;
    private static final int SPARSE_MAX_BYTES = 3000;
    private static final double STANDARD_ERROR = 1.04 / Math.sqrt(HyperLogLog.REGISTERS);

    private HyperLogLogCheck() {}

    /// @return null when all is well, else what is wrong
    public static @Nullable String run(Randomness random) {
        String wrong = registers(random);
        return wrong != null ? wrong : estimates(random.nextLong());
    }

    /// Writes registers and reads them back, beside a byte for each.
    private static @Nullable String registers(Randomness random) {
        HyperLogLogDraft draft = new HyperLogLogDraft().clear();
        draft.toDense();
        byte[] model = new byte[HyperLogLog.REGISTERS];
        byte[] read = new byte[HyperLogLog.REGISTERS];
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < model.length; i++) {
                model[i] = (byte) random.below(HyperLogLog.RANKS);
                HyperLogLog.setDenseRank(draft.array(), 0, i, model[i]);
            }
            Arrays.fill(read, (byte) 0);
            HyperLogLog.mergeInto(read, draft.array(), 0, draft.length());
            int differs = Arrays.mismatch(read, model);
            if (differs >= 0)
                return "register " + differs + " should be " + model[differs] + " but is " + read[differs];
        }
        return null;
    }

    /// Counts ever more elements in both encodings: the estimates have to be equal, and near enough.
    private static @Nullable String estimates(long seed) {
        HyperLogLogDraft sparse = new HyperLogLogDraft().clear();
        HyperLogLogDraft dense = new HyperLogLogDraft().clear();
        dense.toDense();
        byte[] element = new byte[Long.BYTES];
        int[] counts = new int[HyperLogLog.RANKS];
        int next = 1;
        for (int n = 1; n <= ELEMENTS; n++) {
            LONG.set(element, 0, n ^ seed);
            long hash = HyperLogLog.hash(element, 0, element.length);
            int register = HyperLogLog.register(hash);
            int rank = HyperLogLog.rank(hash);
            sparse.raise(register, rank, SPARSE_MAX_BYTES);
            dense.raise(register, rank, SPARSE_MAX_BYTES);
            if (n != next) continue;
            long ofSparse = estimate(sparse, counts);
            long ofDense = estimate(dense, counts);
            if (ofSparse != ofDense) return "sparse counts " + ofSparse + " of " + n + ", dense " + ofDense;
            // six standard errors; of ten elements two may have met in a register
            long most = n == 10 ? 1 : (long) Math.ceil(STANDARD_ERROR * 6 * n);
            if (Math.abs(ofDense - n) > most) return "counts " + ofDense + " of " + n;
            next *= 10;
        }
        return null;
    }

    private static long estimate(HyperLogLogDraft draft, int[] counts) {
        HyperLogLog.histogram(draft.array(), 0, draft.length(), counts);
        return HyperLogLog.estimate(counts);
    }
}
