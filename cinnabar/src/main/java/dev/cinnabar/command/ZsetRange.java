package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.store.ZsetValue;
import org.jspecify.annotations.Nullable;

/// A range of a sorted set as a command asks for it, by rank, by score or by name; [#apply] makes ranks of
/// it.
final class ZsetRange {
    /// What the ends of a range are.
    enum Order {
        RANK,
        SCORE,
        LEX
    }

    private static final Bytes NO_MEMBER = new Bytes(); // for ranges of ranks and scores; nobody writes to it

    private Order order;
    private boolean isReverse;
    private boolean withScores;
    private long offset;
    private long limit = -1;

    // the ends as they were asked for
    private long start;
    private long stop;
    private double min;
    private double max;
    private Bytes minMember = NO_MEMBER;
    private Bytes maxMember = NO_MEMBER;
    private int minSide; // of a name: -1 in front of all, 1 behind all
    private int maxSide;
    private boolean excludesMin;
    private boolean excludesMax;

    // the ranks
    private long low;
    private long count;

    ZsetRange(Order order, boolean isReverse) {
        this.order = order;
        this.isReverse = isReverse;
    }

    /// Reads the two ends and the options behind them.
    ///
    /// @param at        where the ends begin
    /// @param order     null where a word says it: `BYSCORE`, `BYLEX`
    /// @param isReverse null where a word says it: `REV`
    /// @param mayScore  whether `WITHSCORES` is known
    /// @throws Refusal for what cannot be understood
    static ZsetRange parse(Call call, int at, @Nullable Order order, @Nullable Boolean isReverse, boolean mayScore) {
        ZsetRange range = new ZsetRange(Order.RANK, false);
        boolean hasOrder = order != null;
        boolean hasDirection = isReverse != null;
        if (order != null) range.order = order;
        if (isReverse != null) range.isReverse = isReverse;
        for (int i = at + 2; i < call.argc(); i++) {
            if (mayScore && call.is(i, "WITHSCORES")) {
                range.withScores = true;
            } else if (call.is(i, "LIMIT") && i + 2 < call.argc()) {
                range.offset = call.longArg(++i);
                range.limit = call.longArg(++i);
            } else if (!hasDirection && call.is(i, "REV")) {
                range.isReverse = true;
                hasDirection = true;
            } else if (!hasOrder && (call.is(i, "BYLEX") || call.is(i, "BYSCORE"))) {
                range.order = call.is(i, "BYLEX") ? Order.LEX : Order.SCORE;
                hasOrder = true;
            } else {
                throw Errors.SYNTAX_REFUSAL;
            }
        }
        if (range.limit != -1 && range.order == Order.RANK) throw new Refusal(Errors.ZRANGE_LIMIT);
        if (range.order == Order.RANK) range.offset = 0; // `LIMIT 5 -1` is let pass, and means nothing
        if (range.withScores && range.order == Order.LEX) throw new Refusal(Errors.ZRANGE_WITHSCORES);
        boolean isSwapped = range.isReverse && range.order != Order.RANK;
        range.ends(call, isSwapped ? at + 1 : at, isSwapped ? at : at + 1);
        return range;
    }

    boolean withScores() {
        return withScores;
    }

    boolean isReverse() {
        return isReverse;
    }

    /// How many elements the range has in the set that it was applied to.
    long count() {
        return count;
    }

    /// The rank to begin with, in the range's direction.
    long first() {
        return isReverse ? low + count - 1 : low;
    }

    // ---- the ends ----

    /// Reads the ends.
    ///
    /// @param minAt the index of the lower end among the arguments
    /// @param maxAt of the upper
    /// @throws Refusal for what cannot be understood
    void ends(Call call, int minAt, int maxAt) {
        Bytes minText = call.arg(minAt);
        Bytes maxText = call.arg(maxAt);
        switch (order) {
            case RANK -> {
                start = call.longArg(minAt);
                stop = call.longArg(maxAt);
            }
            case SCORE -> {
                excludesMin = beginsWith(minText, '(');
                excludesMax = beginsWith(maxText, '(');
                min = score(minText, excludesMin);
                max = score(maxText, excludesMax);
            }
            case LEX -> {
                minSide = side(minText);
                maxSide = side(maxText);
                excludesMin = beginsWith(minText, '(');
                excludesMax = beginsWith(maxText, '(');
                if (minSide == 0) minMember = behindMark(minText);
                if (maxSide == 0) maxMember = behindMark(maxText);
            }
        }
    }

    private static boolean beginsWith(Bytes text, char mark) {
        return text.length() > 0 && text.at(0) == mark;
    }

    private static double score(Bytes text, boolean hasMark) {
        int skip = hasMark ? 1 : 0;
        double score = Doubles.parseBound(text.array(), text.offset() + skip, text.length() - skip);
        if (Double.isNaN(score)) throw Errors.MIN_MAX_FLOAT;
        return score;
    }

    private static int side(Bytes text) {
        if (text.length() == 1 && text.at(0) == '-') return -1;
        if (text.length() == 1 && text.at(0) == '+') return 1;
        if (!beginsWith(text, '(') && !beginsWith(text, '[')) throw Errors.MIN_MAX_LEX;
        return 0;
    }

    private static Bytes behindMark(Bytes text) {
        return new Bytes(text.array(), text.offset() + 1, text.length() - 1);
    }

    // ---- ranks ----

    /// Finds out which ranks of the set the range means.
    ZsetRange apply(ZsetValue zset) {
        long size = zset.size();
        low = 0;
        count = 0;
        if (size == 0) return this;
        long high;
        switch (order) {
            case RANK -> {
                long first = Math.max(0, start < 0 ? start + size : start);
                long last = Math.min(size - 1, stop < 0 ? stop + size : stop);
                if (first > last) return this;
                low = isReverse ? size - 1 - last : first;
                high = isReverse ? size - first : last + 1;
            }
            case SCORE -> {
                low = zset.countBelow(min, excludesMin);
                high = zset.countBelow(max, !excludesMax);
            }
            default -> {
                low = minSide < 0 ? 0 : minSide > 0 ? size : zset.countBelow(minMember, excludesMin);
                high = maxSide < 0 ? 0 : maxSide > 0 ? size : zset.countBelow(maxMember, !excludesMax);
            }
        }
        long all = Math.max(0, high - low);
        if (offset < 0 || offset >= all) return this;
        count = limit < 0 ? all - offset : Math.min(limit, all - offset);
        low = isReverse ? high - offset - count : low + offset;
        return this;
    }
}
