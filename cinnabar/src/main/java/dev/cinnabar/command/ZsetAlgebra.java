package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.SetValue;
import dev.cinnabar.store.WrongType;
import dev.cinnabar.store.ZsetResult;
import dev.cinnabar.store.ZsetValue;
import dev.cinnabar.struct.Listpack;
import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/// Unions, intersections and differences of sorted sets, and of sets, whose members count as of score 1. One
/// object for one call.
final class ZsetAlgebra {
    enum Operation {
        UNION,
        INTER,
        DIFF
    }

    private enum Aggregate {
        SUM,
        MIN,
        MAX,
        /// Each input counts as its weight, whatever the score.
        COUNT
    }

    /// What is done with the result.
    private enum Use {
        ANSWER,
        COUNT,
        STORE
    }

    /// Is shown members and scores of an input.
    private interface Visitor {
        /// @return whether to go on
        boolean element(Listpack.Entry member, double score);
    }

    private static final long SLICE = 128; // members of a sorted set between two questions whether to go on
    private static final Refusal NOT_A_WEIGHT = new Refusal("ERR weight value is not a float");

    private final Call call;
    private final Database db;
    private final Operation operation;
    private final Use use;
    private final int firstKey;
    private final int keys;
    private final long[] addresses;
    private final double[] weights;
    private Aggregate aggregate = Aggregate.SUM;
    private boolean withScores;
    private long limit; // 0 for none
    private long found;

    private ZsetAlgebra(Call call, Operation operation, Use use, int countAt) {
        this.call = call;
        this.db = call.db();
        this.operation = operation;
        this.use = use;
        this.firstKey = countAt + 1;
        long count = call.longArg(countAt);
        String name = call.spec().fullName();
        if (count < 1) throw new Refusal("ERR at least 1 input key is needed for '" + name + "' command");
        if (count > call.argc() - firstKey) throw Errors.SYNTAX_REFUSAL;
        this.keys = (int) count;
        this.addresses = new long[keys];
        this.weights = new double[keys];
        Arrays.fill(weights, 1);
    }

    /// Answers the members of the result.
    static Reply answer(Call call, Operation operation) {
        ZsetAlgebra algebra = new ZsetAlgebra(call, operation, Use.ANSWER, 1);
        algebra.parse();
        try (ZsetResult result = call.db().newZset()) {
            algebra.gather(result);
            Reply reply = call.reply().array(ZsetCommands.headSize(call, result.size(), algebra.withScores));
            result.forEach((member, score) -> ZsetCommands.answerElement(reply, member, score, algebra.withScores));
            return reply;
        }
    }

    /// Stores the result under the first argument.
    static Reply store(Call call, Operation operation, String event) {
        ZsetAlgebra algebra = new ZsetAlgebra(call, operation, Use.STORE, 2);
        algebra.parse();
        try (ZsetResult result = call.db().newZset()) {
            algebra.gather(result);
            Reply reply = ZsetCommands.store(call, call.key(1), result, event, 1);
            if (algebra.aggregate == Aggregate.COUNT) ZsetCommands.tellMembers(call, call.key(1));
            return reply;
        }
    }

    /// Answers how many members the intersection has.
    static Reply count(Call call) {
        ZsetAlgebra algebra = new ZsetAlgebra(call, Operation.INTER, Use.COUNT, 1);
        algebra.parse();
        algebra.intersect(null);
        return call.reply().integer(algebra.found);
    }

    // ---- the words ----

    private void parse() {
        for (int i = 0; i < keys; i++) {
            addresses[i] = call.lookupRead(call.key(firstKey + i));
            if (addresses[i] != 0 && !isZset(i) && !isSet(i)) throw WrongType.REFUSED;
        }
        for (int i = firstKey + keys; i < call.argc(); i++) i = option(i);
    }

    /// @return the index of the option's last word
    private int option(int i) {
        int behind = call.argc() - i - 1;
        boolean combines = operation != Operation.DIFF && use != Use.COUNT;
        if (combines && behind >= keys && call.is(i, "WEIGHTS")) {
            for (int k = 0; k < keys; k++) {
                weights[k] = Doubles.parse(call.arg(i + 1 + k));
                if (Double.isNaN(weights[k])) throw NOT_A_WEIGHT;
            }
            return i + keys;
        }
        if (combines && behind >= 1 && call.is(i, "AGGREGATE")) {
            aggregate = aggregate(i + 1);
            return i + 1;
        }
        if (use == Use.ANSWER && call.is(i, "WITHSCORES")) {
            withScores = true;
            return i;
        }
        if (use == Use.COUNT && behind >= 1 && call.is(i, "LIMIT")) {
            limit = call.longArg(i + 1, 0, Long.MAX_VALUE, Errors.NEGATIVE_LIMIT);
            return i + 1;
        }
        throw Errors.SYNTAX_REFUSAL;
    }

    private Aggregate aggregate(int i) {
        if (call.is(i, "SUM")) return Aggregate.SUM;
        if (call.is(i, "MIN")) return Aggregate.MIN;
        if (call.is(i, "MAX")) return Aggregate.MAX;
        if (call.is(i, "COUNT")) return Aggregate.COUNT;
        throw Errors.SYNTAX_REFUSAL;
    }

    // ---- the inputs ----

    private boolean isZset(int input) {
        return db.kind(addresses[input]).type().equals("zset");
    }

    private boolean isSet(int input) {
        return db.kind(addresses[input]).type().equals("set");
    }

    private SetValue set(int look, int input) {
        return db.set(look, call.key(firstKey + input), addresses[input]);
    }

    private long size(int input) {
        if (addresses[input] == 0) return 0;
        return isSet(input)
                ? set(0, input).size()
                : db.otherZset(call.key(firstKey + input), addresses[input]).size();
    }

    private void forEach(int input, Visitor visitor) {
        if (addresses[input] == 0) return;
        if (isSet(input)) {
            set(0, input).forEach(member -> visitor.element(member, 1));
            return;
        }
        ZsetValue zset = db.zset(call.key(firstKey + input), addresses[input]);
        long size = zset.size();
        boolean[] goesOn = {true};
        for (long rank = 0; rank < size && goesOn[0]; rank += SLICE) {
            zset.forEach(rank, Math.min(SLICE, size - rank), false, (member, score) -> {
                if (goesOn[0]) goesOn[0] = visitor.element(member, score);
            });
        }
    }

    /// The member's score in the input, or [ZsetValue#NONE].
    private double score(int input, Bytes member) {
        if (addresses[input] == 0) return ZsetValue.NONE;
        if (isSet(input)) return set(1, input).contains(member) ? 1 : ZsetValue.NONE;
        return db.otherZset(call.key(firstKey + input), addresses[input]).score(member);
    }

    /// The inputs, the smallest first; sums of scores are made in this order, as Redis makes them.
    private Integer[] bySize() {
        Integer[] order = new Integer[keys];
        long[] sizes = new long[keys];
        for (int i = 0; i < keys; i++) {
            order[i] = i;
            sizes[i] = size(i);
        }
        Arrays.sort(order, Comparator.comparingLong(input -> sizes[input]));
        return order;
    }

    // ---- the operations ----

    private void gather(ZsetResult result) {
        switch (operation) {
            case UNION -> unite(result);
            case INTER -> intersect(result);
            case DIFF -> subtract(result);
        }
    }

    /// O(N log N) for N members of all inputs.
    private void unite(ZsetResult result) {
        for (int input : bySize()) {
            forEach(input, (entry, score) -> {
                Bytes member = entry.bytes();
                double value = numberOrZero(weighted(input, score));
                double old = result.score(member);
                result.put(member, Double.isNaN(old) ? value : combined(old, value));
                return true;
            });
        }
    }

    /// Goes through the smallest input and looks for its members in all others.
    ///
    /// @param result null where only the number counts
    private void intersect(@Nullable ZsetResult result) {
        Integer[] order = bySize();
        int smallest = order[0];
        forEach(smallest, (entry, score) -> {
            Bytes member = entry.bytes();
            double sum = numberOrZero(weighted(smallest, score));
            for (int i = 1; i < order.length; i++) {
                int input = order[i];
                double other = score(input, member);
                if (Double.isNaN(other)) return true;
                sum = combined(sum, weighted(input, other));
            }
            if (result != null) result.put(member, sum);
            return ++found != limit;
        });
    }

    /// Looks for the members of the first input in all others, or takes those of the others out of a copy of
    /// it, whichever is less work; Redis chooses so.
    private void subtract(ZsetResult result) {
        long all = 0;
        for (int input = 0; input < keys; input++) all += size(input);
        if (size(0) * keys / 2 > all) takeOut(result);
        else lookUp(result);
    }

    private void lookUp(ZsetResult result) {
        Integer[] order = bySize();
        forEach(0, (entry, score) -> {
            Bytes member = entry.bytes();
            for (int i = keys - 1; i >= 0; i--) {
                if (order[i] != 0 && !Double.isNaN(score(order[i], member))) return true;
            }
            result.put(member, score);
            return true;
        });
    }

    private void takeOut(ZsetResult result) {
        forEach(0, (entry, score) -> {
            result.put(entry.bytes(), score);
            return true;
        });
        for (int input = 1; input < keys; input++) {
            forEach(input, (entry, score) -> {
                result.remove(entry.bytes());
                return result.size() > 0;
            });
        }
    }

    private double weighted(int input, double score) {
        return aggregate == Aggregate.COUNT ? weights[input] : weights[input] * score;
    }

    private double combined(double a, double b) {
        return switch (aggregate) {
            case SUM, COUNT -> numberOrZero(a + b);
            case MIN -> b < a ? b : a;
            case MAX -> b > a ? b : a;
        };
    }

    /// Infinities of both signs make no number; they count as zero.
    private static double numberOrZero(double value) {
        return Double.isNaN(value) ? 0 : value;
    }
}
