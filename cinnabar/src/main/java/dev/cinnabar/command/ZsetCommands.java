package dev.cinnabar.command;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.BLOCKING;
import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.MOVABLEKEYS;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.base.Glob;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.command.ZsetAlgebra.Operation;
import dev.cinnabar.command.ZsetRange.Order;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.store.ZsetResult;
import dev.cinnabar.store.ZsetValue;
import dev.cinnabar.struct.Listpack;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Sorted sets: members with a score each, in the order of the scores, under one key.
public enum ZsetCommands implements Command {
    BZMPOP(syntax("BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count]")
            .flags(WRITE, BLOCKING, MOVABLEKEYS)
            .keys(KeySpec.counted("RW ACCESS DELETE", 2, 0, 1, 1))
            .since("7.0.0")
            .complexity("O(K + M log N) for K keys and M members of N")
            .summary("Takes members out of the first sorted set that has some; waits for one if none has.")),
    BZPOPMAX(syntax("BZPOPMAX key [key ...] timeout")
            .flags(WRITE, NOSCRIPT, BLOCKING, FAST)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, -2, 1))
            .since("5.0.0")
            .complexity("O(log N), N being the size of the sorted set")
            .summary(
                    "Takes the member with the highest score out of the first sorted set there is, or waits for one.")),
    BZPOPMIN(syntax("BZPOPMIN key [key ...] timeout")
            .flags(WRITE, NOSCRIPT, BLOCKING, FAST)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, -2, 1))
            .since("5.0.0")
            .complexity("O(log N), N being the size of the sorted set")
            .summary("Takes the member with the lowest score out of the first sorted set there is, or waits for one.")),
    ZADD(syntax("ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW UPDATE")
            .since("1.2.0")
            .complexity("O(log N) per member, N being the size of the sorted set")
            .summary("Gives members their scores and adds those that are new.")),
    ZCARD(syntax("ZCARD key")
            .flags(READONLY, FAST)
            .key("RO")
            .since("1.2.0")
            .complexity("O(1)")
            .summary("Answers how many members a sorted set has.")),
    ZCOUNT(syntax("ZCOUNT key min max")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(log N), N being the size of the sorted set")
            .summary("Answers how many members have a score within a range.")),
    ZDIFF(syntax("ZDIFF numkeys key [key ...] [WITHSCORES]")
            .flags(READONLY, MOVABLEKEYS)
            .keys(KeySpec.counted("RO ACCESS", 1, 0, 1, 1))
            .since("6.2.0")
            .complexity("O(N·K + M log M) for N members of the first of K sets and M of the result")
            .summary("Answers the members of a sorted set that are in none of the others.")),
    ZDIFFSTORE(syntax("ZDIFFSTORE destination numkeys key [key ...]")
            .flags(WRITE, DENYOOM, MOVABLEKEYS)
            .keys(KeySpec.range("OW UPDATE", 1, 0, 1), KeySpec.counted("RO ACCESS", 2, 0, 1, 1))
            .since("6.2.0")
            .complexity("O(N·K + M log M) for N members of the first of K sets and M of the result")
            .summary("Stores the members of a sorted set that are in none of the others.")),
    ZINCRBY(syntax("ZINCRBY key increment member")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW ACCESS UPDATE")
            .since("1.2.0")
            .complexity("O(log N), N being the size of the sorted set")
            .summary("Adds a number to a member's score.")),
    ZINTER(syntax("ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]]"
                    + " [AGGREGATE <SUM | MIN | MAX | COUNT>] [WITHSCORES]")
            .flags(READONLY, MOVABLEKEYS)
            .keys(KeySpec.counted("RO ACCESS", 1, 0, 1, 1))
            .since("6.2.0")
            .complexity("O(N·K + M log M) for N members of the smallest of K sets and M of the result")
            .summary("Answers the members that are in all of the sorted sets.")),
    ZINTERCARD(syntax("ZINTERCARD numkeys key [key ...] [LIMIT limit]")
            .flags(READONLY, MOVABLEKEYS)
            .keys(KeySpec.counted("RO ACCESS", 1, 0, 1, 1))
            .since("7.0.0")
            .complexity("O(N·K) for N members of the smallest of K sets")
            .summary("Answers how many members are in all of the sorted sets.")),
    ZINTERSTORE(syntax("ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]]"
                    + " [AGGREGATE <SUM | MIN | MAX | COUNT>]")
            .flags(WRITE, DENYOOM, MOVABLEKEYS)
            .keys(KeySpec.range("OW UPDATE", 1, 0, 1), KeySpec.counted("RO ACCESS", 2, 0, 1, 1))
            .since("2.0.0")
            .complexity("O(N·K + M log M) for N members of the smallest of K sets and M of the result")
            .summary("Stores the members that are in all of the sorted sets.")),
    ZLEXCOUNT(syntax("ZLEXCOUNT key min max")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("2.8.9")
            .complexity("O(log N), N being the size of the sorted set")
            .summary("Answers how many members lie between two others in the order of bytes.")),
    ZMPOP(syntax("ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]")
            .flags(WRITE, MOVABLEKEYS)
            .keys(KeySpec.counted("RW ACCESS DELETE", 1, 0, 1, 1))
            .since("7.0.0")
            .complexity("O(K + M log N) for K keys and M members of N")
            .summary("Takes members out of the first sorted set that has some.")),
    ZMSCORE(syntax("ZMSCORE key member [member ...]")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("6.2.0")
            .complexity("O(N) for N members asked for")
            .summary("Answers the scores of several members.")),
    ZPOPMAX(syntax("ZPOPMAX key [count]")
            .flags(WRITE, FAST)
            .key("RW ACCESS DELETE")
            .since("5.0.0")
            .complexity("O(M log N) for M members of N")
            .summary("Takes out the members with the highest scores and answers them.")),
    ZPOPMIN(syntax("ZPOPMIN key [count]")
            .flags(WRITE, FAST)
            .key("RW ACCESS DELETE")
            .since("5.0.0")
            .complexity("O(M log N) for M members of N")
            .summary("Takes out the members with the lowest scores and answers them.")),
    ZRANDMEMBER(syntax("ZRANDMEMBER key [count [WITHSCORES]]")
            .flags(READONLY)
            .key("RO ACCESS")
            .tips("nondeterministic_output")
            .since("6.2.0")
            .complexity("O(M log N) for M members of N")
            .summary("Answers members picked by chance.")),
    ZRANGE(syntax("ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]")
            .flags(READONLY)
            .key("RO ACCESS")
            .arguments("string", "start", "stop")
            .since("1.2.0")
            .complexity("O(log N + M) for M members of N")
            .summary("Answers the members within a range of ranks, scores or names.")),
    ZRANGEBYLEX(syntax("ZRANGEBYLEX key min max [LIMIT offset count]")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("2.8.9")
            .complexity("O(log N + M) for M members of N")
            .deprecated("6.2.0", "ZRANGE with BYLEX")
            .summary("Answers the members between two others in the order of bytes.")),
    ZRANGEBYSCORE(syntax("ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("1.0.5")
            .complexity("O(log N + M) for M members of N")
            .deprecated("6.2.0", "ZRANGE with BYSCORE")
            .summary("Answers the members whose scores lie within a range.")),
    ZRANGESTORE(syntax("ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("OW UPDATE", 1, 0, 1), KeySpec.range("RO ACCESS", 2, 0, 1))
            .since("6.2.0")
            .complexity("O(log N + M log M) for M members of N")
            .summary("Stores the members within a range in another key.")),
    ZRANK(syntax("ZRANK key member [WITHSCORE]")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(log N), N being the size of the sorted set")
            .summary("Answers how many members come before one.")),
    ZREM(syntax("ZREM key member [member ...]")
            .flags(WRITE, FAST)
            .key("RW DELETE")
            .since("1.2.0")
            .complexity("O(M log N) for M members of N")
            .summary("Takes members out, and the key with the last one.")),
    ZREMRANGEBYLEX(syntax("ZREMRANGEBYLEX key min max")
            .flags(WRITE)
            .key("RW DELETE")
            .since("2.8.9")
            .complexity("O(M log N) for M members of N")
            .summary("Takes out the members between two others in the order of bytes.")),
    ZREMRANGEBYRANK(syntax("ZREMRANGEBYRANK key start stop")
            .flags(WRITE)
            .key("RW DELETE")
            .since("2.0.0")
            .complexity("O(M log N) for M members of N")
            .summary("Takes out the members within a range of ranks.")),
    ZREMRANGEBYSCORE(syntax("ZREMRANGEBYSCORE key min max")
            .flags(WRITE)
            .key("RW DELETE")
            .since("1.2.0")
            .complexity("O(M log N) for M members of N")
            .summary("Takes out the members whose scores lie within a range.")),
    ZREVRANGE(syntax("ZREVRANGE key start stop [WITHSCORES]")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("1.2.0")
            .complexity("O(log N + M) for M members of N")
            .deprecated("6.2.0", "ZRANGE with REV")
            .summary("Answers the members within a range of ranks, the highest score first.")),
    ZREVRANGEBYLEX(syntax("ZREVRANGEBYLEX key max min [LIMIT offset count]")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("2.8.9")
            .complexity("O(log N + M) for M members of N")
            .deprecated("6.2.0", "ZRANGE with REV and BYLEX")
            .summary("Answers the members between two others in the order of bytes, the last one first.")),
    ZREVRANGEBYSCORE(syntax("ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("2.2.0")
            .complexity("O(log N + M) for M members of N")
            .deprecated("6.2.0", "ZRANGE with REV and BYSCORE")
            .summary("Answers the members whose scores lie within a range, the highest first.")),
    ZREVRANK(syntax("ZREVRANK key member [WITHSCORE]")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(log N), N being the size of the sorted set")
            .summary("Answers how many members come behind one.")),
    ZSCAN(syntax("ZSCAN key cursor [MATCH pattern] [COUNT count]")
            .flags(READONLY)
            .key("RO ACCESS")
            .tips("nondeterministic_output")
            .since("2.8.0")
            .complexity("O(1) for every call, O(N) for a walk over N members")
            .summary("Walks over the members of a sorted set, some with every call.")),
    ZSCORE(syntax("ZSCORE key member")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("1.2.0")
            .complexity("O(1)")
            .summary("Answers a member's score.")),
    ZUNION(syntax("ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]]"
                    + " [AGGREGATE <SUM | MIN | MAX | COUNT>] [WITHSCORES]")
            .flags(READONLY, MOVABLEKEYS)
            .keys(KeySpec.counted("RO ACCESS", 1, 0, 1, 1))
            .since("6.2.0")
            .complexity("O(N log N) for N members of all sets")
            .summary("Answers the members that are in any of the sorted sets.")),
    ZUNIONSTORE(syntax("ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]]"
                    + " [AGGREGATE <SUM | MIN | MAX | COUNT>]")
            .flags(WRITE, DENYOOM, MOVABLEKEYS)
            .keys(KeySpec.range("OW UPDATE", 1, 0, 1), KeySpec.counted("RO ACCESS", 2, 0, 1, 1))
            .since("2.0.0")
            .complexity("O(N log N) for N members of all sets")
            .summary("Stores the members that are in any of the sorted sets."));

    private static final int MEMBERS_PER_COMMAND = 64; // as Redis writes them when it rewrites its log

    static final int NX = 1;
    static final int XX = 2;
    private static final int GT = 4;
    private static final int LT = 8;
    static final int CH = 16;
    private static final int INCR = 32;

    private static final long FEW = 4; // so many times fewer than there are: drawn one by one, and hardly one twice

    private final CommandSpec spec;

    ZsetCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.SORTED_SET).build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case BZMPOP -> popFirstOf(call, 2, Timeout.millis(call, 1));
            case BZPOPMAX -> popOrWait(call, true);
            case BZPOPMIN -> popOrWait(call, false);
            case ZADD -> add(call);
            case ZCARD -> call.reply().integer(read(call).size());
            case ZCOUNT -> count(call, Order.SCORE);
            case ZDIFF -> ZsetAlgebra.answer(call, Operation.DIFF);
            case ZDIFFSTORE -> ZsetAlgebra.store(call, Operation.DIFF, "zdiffstore");
            case ZINCRBY -> put(call, 2, INCR);
            case ZINTER -> ZsetAlgebra.answer(call, Operation.INTER);
            case ZINTERCARD -> ZsetAlgebra.count(call);
            case ZINTERSTORE -> ZsetAlgebra.store(call, Operation.INTER, "zinterstore");
            case ZLEXCOUNT -> count(call, Order.LEX);
            case ZMPOP -> popFirstOf(call, 1, -1);
            case ZMSCORE -> scores(call);
            case ZPOPMAX -> pop(call, true);
            case ZPOPMIN -> pop(call, false);
            case ZRANDMEMBER -> random(call);
            case ZRANGE -> range(call, null, null);
            case ZRANGEBYLEX -> range(call, Order.LEX, false);
            case ZRANGEBYSCORE -> range(call, Order.SCORE, false);
            case ZRANGESTORE -> rangeStore(call);
            case ZRANK -> rank(call, false);
            case ZREM -> remove(call);
            case ZREMRANGEBYLEX -> removeRange(call, Order.LEX, "zremrangebylex");
            case ZREMRANGEBYRANK -> removeRange(call, Order.RANK, "zremrangebyrank");
            case ZREMRANGEBYSCORE -> removeRange(call, Order.SCORE, "zremrangebyscore");
            case ZREVRANGE -> range(call, Order.RANK, true);
            case ZREVRANGEBYLEX -> range(call, Order.LEX, true);
            case ZREVRANGEBYSCORE -> range(call, Order.SCORE, true);
            case ZREVRANK -> rank(call, true);
            case ZSCAN -> scan(call);
            case ZSCORE -> score(call);
            case ZUNION -> ZsetAlgebra.answer(call, Operation.UNION);
            case ZUNIONSTORE -> ZsetAlgebra.store(call, Operation.UNION, "zunionstore");
        };
    }

    private static ZsetValue read(Call call) {
        return call.db().zset(call.key(1), call.lookupRead(call.key(1)));
    }

    // ---- asking ----

    private static Reply score(Call call) {
        return answerScore(call.reply(), read(call).score(call.arg(2)));
    }

    private static Reply answerScore(Reply reply, double score) {
        return Double.isNaN(score) ? reply.nil() : reply.decimal(score);
    }

    private static Reply scores(Call call) {
        ZsetValue zset = read(call);
        Reply reply = call.reply().array(call.argc() - 2);
        for (int i = 2; i < call.argc(); i++) answerScore(reply, zset.score(call.arg(i)));
        return reply;
    }

    private static Reply rank(Call call, boolean isReverse) {
        boolean withScore = call.argc() == 4 && call.is(3, "WITHSCORE");
        if (call.argc() > 3 && !withScore) throw Errors.SYNTAX_REFUSAL;
        ZsetValue zset = read(call);
        long rank = zset.rank(call.arg(2));
        if (rank < 0) return withScore ? call.reply().nilArray() : call.reply().nil();
        if (isReverse) rank = zset.size() - 1 - rank;
        if (!withScore) return call.reply().integer(rank);
        return call.reply().array(2).integer(rank).decimal(zset.scoreRead());
    }

    // ---- ranges ----

    private static Reply count(Call call, Order order) {
        ZsetRange range = new ZsetRange(order, false);
        range.ends(call, 2, 3);
        return call.reply().integer(range.apply(read(call)).count());
    }

    private static Reply range(Call call, @Nullable Order order, @Nullable Boolean isReverse) {
        ZsetRange range = ZsetRange.parse(call, 2, order, isReverse, true);
        ZsetValue zset = read(call);
        range.apply(zset);
        Reply reply = call.reply().array(headSize(call, range.count(), range.withScores()));
        zset.forEach(
                range.first(),
                range.count(),
                range.isReverse(),
                (member, score) -> answerElement(reply, member, score, range.withScores()));
        return reply;
    }

    /// Scores stand beside their members in RESP2, and make pairs with them in RESP3.
    static long headSize(Call call, long elements, boolean withScores) {
        return withScores && !call.reply().isResp3() ? 2 * elements : elements;
    }

    static void answerElement(Reply reply, Listpack.Entry member, double score, boolean withScores) {
        if (withScores && reply.isResp3()) reply.array(2);
        reply.bulk(member);
        if (withScores) reply.decimal(score);
    }

    private static Reply rangeStore(Call call) {
        ZsetRange range = ZsetRange.parse(call, 3, null, null, false);
        ZsetValue source = call.db().zset(call.key(2), call.lookupRead(call.key(2)));
        range.apply(source);
        try (ZsetResult result = call.db().newZset()) {
            source.forEach(
                    range.first(),
                    range.count(),
                    range.isReverse(),
                    (member, score) -> result.put(member.bytes(), score));
            return store(call, call.key(1), result, "zrangestore", 1);
        }
    }

    /// Puts a result under a key and answers its size.
    /// @param changes how many a result that is not empty counts as
    static Reply store(Call call, Bytes key, ZsetResult result, String event, long changes) {
        long size = result.size();
        if (result.storeAt(call.db(), key)) {
            if (size > 0) call.changed(key, event, changes);
            else call.changedGeneric(key, "del");
        }
        return call.reply().integer(size);
    }

    /// Tells the log of a stored result by its members, for commands that Redis 7.0 could not run again.
    static void tellMembers(Call call, Bytes key) {
        Effects effects = call.effects().command(Words.DEL).arg(key);
        int[] told = {0};
        call.db().zset(key, call.db().lookup(key)).forEach((member, score) -> {
            if (told[0]++ % MEMBERS_PER_COMMAND == 0)
                effects.command(Words.ZADD).arg(key);
            if (Doubles.isWhole(score)) effects.arg((long) score);
            else effects.arg(Bytes.of(Doubles.print(score)));
            effects.arg(Bytes.of(member.bytes().copy())); // the entry is lent for a moment only
        });
    }

    // ---- adding ----

    private static Reply add(Call call) {
        int options = 0;
        int i = 2;
        for (; i < call.argc(); i++) {
            int option = addOption(call, i);
            if (option == 0) break;
            options |= option;
        }
        int words = call.argc() - i;
        if (words == 0 || words % 2 != 0) throw Errors.SYNTAX_REFUSAL;
        boolean hasNx = (options & NX) != 0;
        boolean hasGt = (options & GT) != 0;
        boolean hasLt = (options & LT) != 0;
        if (hasNx && (options & XX) != 0) return call.reply().error(Errors.ZADD_NX_XX);
        if (hasNx && (hasGt || hasLt) || hasGt && hasLt) return call.reply().error(Errors.ZADD_GT_LT);
        if ((options & INCR) != 0 && words > 2) return call.reply().error(Errors.ZADD_INCR_ONE);
        return put(call, i, options);
    }

    /// The option of ZADD that stands there, 0 if it is none.
    private static int addOption(Call call, int index) {
        if (call.is(index, "NX")) return NX;
        if (call.is(index, "XX")) return XX;
        if (call.is(index, "GT")) return GT;
        if (call.is(index, "LT")) return LT;
        if (call.is(index, "CH")) return CH;
        return call.is(index, "INCR") ? INCR : 0;
    }

    /// Scores and members from an argument on; all scores are looked at before the first change.
    private static Reply put(Call call, int from, int options) {
        return put(call, from, 2, ZsetCommands::scoreArg, options);
    }

    /// The score that an element's words stand for; refuses those that stand for none.
    interface ScoreReader {
        double score(Call call, int index);
    }

    /// The same for elements of so many words, whose last one is the member.
    static Reply put(Call call, int from, int words, ScoreReader reader, int options) {
        for (int i = from; i < call.argc(); i += words) reader.score(call, i);
        ZsetValue zset = write(call, 1);
        boolean increments = (options & INCR) != 0;
        long added = 0;
        long updated = 0;
        double result = ZsetValue.NONE;
        int i = from;
        try {
            for (; i < call.argc(); i += words) {
                double score = reader.score(call, i);
                Bytes member = call.arg(i + words - 1);
                double old = zset.score(member);
                zset.remember((i - from) / words, old);
                boolean isNew = Double.isNaN(old);
                if ((options & (isNew ? XX : NX)) != 0) continue;
                if (increments && !isNew) {
                    score += old;
                    if (Double.isNaN(score)) return call.reply().error(Errors.SCORE_NAN);
                }
                if (!isNew && ((options & GT) != 0 && score <= old || (options & LT) != 0 && score >= old)) continue;
                result = score;
                if (!isNew && score == old) continue;
                zset.put(member, score);
                if (isNew) added++;
                else updated++;
            }
        } catch (OutOfMemory e) {
            while ((i -= words) >= from) putBack(zset, call.arg(i + words - 1), zset.remembered((i - from) / words));
            throw e;
        }
        if (added + updated > 0) {
            call.changed(call.key(1), increments ? "zincr" : "zadd", added + updated);
        }
        if (increments) return answerScore(call.reply(), result);
        return call.reply().integer((options & CH) != 0 ? added + updated : added);
    }

    private static void putBack(ZsetValue zset, Bytes member, double score) {
        double now = zset.score(member);
        if (Double.isNaN(score)) zset.remove(member);
        else if (now != score) zset.put(member, score);
    }

    /// @throws Refusal when the argument is no number
    static double scoreArg(Call call, int index) {
        double score = Doubles.parse(call.arg(index));
        if (Double.isNaN(score)) throw Errors.NOT_A_FLOAT;
        return score;
    }

    // ---- removing ----

    private static Reply remove(Call call) {
        ZsetValue zset = write(call, 1);
        long removed = 0;
        for (int i = 2; i < call.argc() && zset.exists(); i++) if (zset.remove(call.arg(i))) removed++;
        removed(call, call.key(1), zset, removed, "zrem");
        return call.reply().integer(removed);
    }

    private static Reply removeRange(Call call, Order order, String event) {
        ZsetRange range = new ZsetRange(order, false);
        range.ends(call, 2, 3);
        ZsetValue zset = write(call, 1);
        range.apply(zset);
        zset.removeRange(range.first(), range.count());
        removed(call, call.key(1), zset, range.count(), event);
        return call.reply().integer(range.count());
    }

    private static void removed(Call call, Bytes key, ZsetValue zset, long count, String event) {
        if (count == 0) return;
        call.changed(key, event, count);
        if (!zset.exists()) call.alsoChanged(key, "del");
    }

    private static Reply pop(Call call, boolean isMax) {
        if (call.argc() > 3) throw Errors.SYNTAX_REFUSAL;
        long count = 1;
        if (call.argc() == 3) count = call.longArg(2, 0, Long.MAX_VALUE, Errors.NOT_POSITIVE);
        ZsetValue zset = write(call, 1);
        count = Math.min(count, zset.size());
        boolean makesPairs = call.argc() == 3 && call.reply().isResp3();
        call.reply().array(makesPairs ? count : 2 * count);
        popInto(call, call.key(1), zset, count, isMax, makesPairs);
        return call.reply();
    }

    /// Answers the elements of one end, and takes them out.
    static void popInto(Call call, Bytes key, ZsetValue zset, long count, boolean isMax, boolean makesPairs) {
        if (count == 0) return;
        long size = zset.size();
        Reply reply = call.reply();
        zset.forEach(isMax ? size - 1 : 0, count, isMax, (member, score) -> {
            if (makesPairs) reply.array(2);
            reply.bulk(member).decimal(score);
        });
        zset.removeRange(isMax ? size - count : 0, count);
        removed(call, key, zset, count, isMax ? "zpopmax" : "zpopmin");
    }

    // ---- waiting ----

    private static ZsetValue write(Call call, int key) {
        return call.db().zset(call.key(key), call.lookupWrite(call.key(key)));
    }

    private static Reply popOrWait(Call call, boolean isMax) {
        int last = call.argc() - 2;
        long timeoutMs = Timeout.millis(call, last + 1);
        for (int i = 1; i <= last; i++) {
            ZsetValue zset = write(call, i);
            if (!zset.exists()) continue;
            call.reply().array(3).bulk(call.key(i));
            popInto(call, call.key(i), zset, 1, isMax, false);
            call.effects().command(isMax ? Words.ZPOPMAX : Words.ZPOPMIN).arg(call.key(i));
            return call.reply();
        }
        return call.waitForOneOf(Wish.ZSET, 1, last, timeoutMs, true);
    }

    /// @param countAt   where the number of keys stands
    /// @param timeoutMs how long to wait, -1 for not at all
    private static Reply popFirstOf(Call call, int countAt, long timeoutMs) {
        MultiPop asked = new MultiPop(call, countAt, "MIN", "MAX");
        for (int i = asked.first; i <= asked.last; i++) {
            ZsetValue zset = write(call, i);
            if (!zset.exists()) continue;
            long taken = Math.min(asked.count, zset.size());
            call.reply().array(2).bulk(call.key(i)).array(taken);
            popInto(call, call.key(i), zset, taken, !asked.atFirstEnd, true);
            call.effects()
                    .command(asked.atFirstEnd ? Words.ZPOPMIN : Words.ZPOPMAX)
                    .arg(call.key(i))
                    .arg(taken);
            return call.reply();
        }
        return timeoutMs < 0
                ? call.reply().nilArray()
                : call.waitForOneOf(Wish.ZSET, asked.first, asked.last, timeoutMs, true);
    }

    // ---- walking ----

    private static Reply scan(Call call) {
        Scan scan = new Scan(call, 2);
        ZsetValue zset = read(call);
        Reply reply = call.reply();
        if (!zset.exists()) return reply.array(2).bulk(0).array(0);
        scan.readOptions(Scan.Of.MEMBERS);
        Matching matching = new Matching(reply, zset, scan.pattern());
        int begin = reply.begin();
        scan.go((position, most) -> zset.scan(position, most, matching), () -> matching.seen);
        return reply.endPage(begin, scan.cursor(), 2 * matching.found);
    }

    /// Answers the members that match a pattern, with their scores, which are bulk strings here in both
    /// protocols.
    private static final class Matching implements ZsetValue.Visitor {
        private final Reply reply;
        private final ZsetValue zset;
        private final @Nullable Bytes pattern;
        private long seen;
        private long found;

        Matching(Reply reply, ZsetValue zset, @Nullable Bytes pattern) {
            this.reply = reply;
            this.zset = zset;
            this.pattern = pattern;
        }

        @Override
        public void element(Listpack.Entry member, double score) {
            seen++;
            if (pattern != null && !Glob.matches(pattern, member.bytes())) return;
            found++;
            reply.bulk(member);
            if (zset.keepsAsNumber(score) || Doubles.isWhole(score)) reply.bulk((long) score);
            else reply.bulk(Doubles.print(score));
        }
    }

    // ---- chance ----

    private static Reply random(Call call) {
        Reply reply = call.reply();
        if (call.argc() == 2) {
            ZsetValue zset = read(call);
            if (!zset.exists()) return reply.nil();
            zset.random((member, score) -> reply.bulk(member));
            return reply;
        }
        boolean withScores = call.argc() == 4 && call.is(3, "WITHSCORES");
        if (!Numbers.isLong(call.arg(2))) throw Errors.NOT_AN_INTEGER;
        long count = call.longArg(2, -Long.MAX_VALUE, Long.MAX_VALUE, Errors.NOT_A_COUNT);
        if (call.argc() > 3 && !withScores) throw Errors.SYNTAX_REFUSAL;
        boolean isTooLarge = count < -Long.MAX_VALUE / 2 || count > Long.MAX_VALUE / 2;
        if (withScores && isTooLarge) throw Errors.OUT_OF_RANGE;

        ZsetValue zset = read(call);
        if (!zset.exists() || count == 0) return reply.array(0);
        if (count < 0) {
            reply.array(headSize(call, -count, withScores));
            for (long i = count; i < 0; i++) {
                zset.random((member, score) -> answerElement(reply, member, score, withScores));
            }
            return reply;
        }
        long size = zset.size();
        long wanted = Math.min(count, size);
        reply.array(headSize(call, wanted, withScores));
        if (wanted <= size / FEW) {
            Set<Long> ranks = new HashSet<>();
            while (ranks.size() < wanted) {
                long rank = call.randomness().below(size);
                if (!ranks.add(rank)) continue;
                zset.forEach(rank, 1, false, (member, score) -> answerElement(reply, member, score, withScores));
            }
            return reply;
        }
        // every member has its chance in turn: O(size), and the answer comes in order
        for (long rank = 0; wanted > 0; rank++) {
            if (call.randomness().below(size - rank) >= wanted) continue;
            zset.forEach(rank, 1, false, (member, score) -> answerElement(reply, member, score, withScores));
            wanted--;
        }
        return reply;
    }
}
