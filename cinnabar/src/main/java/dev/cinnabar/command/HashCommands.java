package dev.cinnabar.command;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Glob;
import dev.cinnabar.base.LongDouble;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.HashValue;
import dev.cinnabar.struct.Listpack;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Hashes: fields with a value each, under one key. What has to do with expiry times of fields is in
/// [HashExpiry].
public enum HashCommands implements Command {
    HDEL(syntax("HDEL key field [field ...]")
            .flags(WRITE, FAST)
            .key("RW DELETE")
            .since("2.0.0")
            .complexity("O(N) for N fields to be deleted")
            .summary("Deletes fields of a hash, and the hash with the last one.")),
    HEXISTS(syntax("HEXISTS key field")
            .flags(READONLY, FAST)
            .key("RO")
            .since("2.0.0")
            .complexity("O(1)")
            .summary("Tells whether a hash has a field.")),
    HEXPIRE(expiring("HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]")
            .summary("Gives fields an expiry time, in seconds from now.")),
    HEXPIREAT(expiring("HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]")
            .summary("Gives fields an expiry time, in seconds since 1970.")),
    HEXPIRETIME(timing("HEXPIRETIME key FIELDS numfields field [field ...]")
            .summary("Tells when fields expire, in seconds since 1970.")),
    HGET(syntax("HGET key field")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(1)")
            .summary("Answers the value of a field.")),
    HGETDEL(syntax("HGETDEL key FIELDS numfields field [field ...]")
            .flags(WRITE, FAST)
            .key("RW ACCESS DELETE")
            .since("8.0.0")
            .complexity("O(N) for N fields")
            .summary("Answers the values of fields and deletes them.")),
    HGETEX(syntax(
                    "HGETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] FIELDS numfields field [field ...]")
            .flags(WRITE, FAST)
            .key("RW ACCESS UPDATE")
            .since("8.0.0")
            .complexity("O(N) for N fields")
            .summary("Answers the values of fields and gives them an expiry time, or takes it away.")),
    HGETALL(syntax("HGETALL key")
            .flags(READONLY)
            .tips("nondeterministic_output_order")
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(N) for N fields of the hash")
            .summary("Answers all fields of a hash with their values.")),
    HINCRBY(syntax("HINCRBY key field increment")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW ACCESS UPDATE")
            .since("2.0.0")
            .complexity("O(1)")
            .summary("Adds to the number that a field holds; a missing field counts as 0.")),
    HINCRBYFLOAT(syntax("HINCRBYFLOAT key field increment")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW ACCESS UPDATE")
            .arguments("double", "increment")
            .since("2.6.0")
            .complexity("O(1)")
            .summary("Adds to the floating point number that a field holds; a missing field counts as 0.")),
    HKEYS(syntax("HKEYS key")
            .flags(READONLY)
            .tips("nondeterministic_output_order")
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(N) for N fields of the hash")
            .summary("Answers all fields of a hash.")),
    HLEN(syntax("HLEN key")
            .flags(READONLY, FAST)
            .key("RO")
            .since("2.0.0")
            .complexity("O(1)")
            .summary("Answers how many fields a hash has.")),
    HMGET(syntax("HMGET key field [field ...]")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(N) for N fields asked for")
            .summary("Answers the values of several fields.")),
    HMSET(syntax("HMSET key field value [field value ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW UPDATE")
            .since("2.0.0")
            .complexity("O(N) for N fields set")
            .deprecated("4.0.0", "HSET with several fields")
            .summary("Sets several fields of a hash.")),
    HPERSIST(syntax("HPERSIST key FIELDS numfields field [field ...]")
            .flags(WRITE, FAST)
            .key("RW UPDATE")
            .since("7.4.0")
            .complexity("O(N) for N fields")
            .summary("Takes the expiry time of fields away.")),
    HPEXPIRE(expiring("HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]")
            .summary("Gives fields an expiry time, in milliseconds from now.")),
    HPEXPIREAT(expiring("HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]")
            .summary("Gives fields an expiry time, in milliseconds since 1970.")),
    HPEXPIRETIME(timing("HPEXPIRETIME key FIELDS numfields field [field ...]")
            .summary("Tells when fields expire, in milliseconds since 1970.")),
    HPTTL(timing("HPTTL key FIELDS numfields field [field ...]")
            .tips("nondeterministic_output")
            .summary("Tells how long fields are still there, in milliseconds.")),
    HRANDFIELD(syntax("HRANDFIELD key [count [WITHVALUES]]")
            .flags(READONLY)
            .key("RO ACCESS")
            .tips("nondeterministic_output")
            .since("6.2.0")
            .complexity("O(N) for N fields answered")
            .summary(
                    "Answers fields picked by chance, each once, or, for a negative count, as often as it is picked.")),
    HSCAN(syntax("HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]")
            .flags(READONLY)
            .key("RO ACCESS")
            .tips("nondeterministic_output")
            .since("2.8.0")
            .complexity("O(1) for every call, O(N) for a walk over N fields")
            .summary("Walks over the fields of a hash, some with every call.")),
    HSET(syntax("HSET key field value [field value ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW UPDATE")
            .since("2.0.0")
            .complexity("O(N) for N fields set")
            .summary("Sets fields of a hash and answers how many of them are new.")),
    HSETEX(syntax(
                    "HSETEX key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL] FIELDS numfields field value [field value ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW UPDATE")
            .since("8.0.0")
            .complexity("O(N) for N fields set")
            .summary("Sets fields with an expiry time, perhaps only if none of them, or all, are there.")),
    HSETNX(syntax("HSETNX key field value")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW INSERT")
            .since("2.0.0")
            .complexity("O(1)")
            .summary("Sets a field, but only if the hash does not have it.")),
    HSTRLEN(syntax("HSTRLEN key field")
            .flags(READONLY, FAST)
            .key("RO")
            .since("3.2.0")
            .complexity("O(1)")
            .summary("Answers the length of a field's value.")),
    HTTL(timing("HTTL key FIELDS numfields field [field ...]")
            .tips("nondeterministic_output")
            .summary("Tells how long fields are still there, in seconds.")),
    HVALS(syntax("HVALS key")
            .flags(READONLY)
            .tips("nondeterministic_output_order")
            .key("RO ACCESS")
            .since("2.0.0")
            .complexity("O(N) for N fields of the hash")
            .summary("Answers the values of all fields."));

    private static final String NOT_AN_INTEGER = "ERR hash value is not an integer";
    private static final Refusal NOT_A_FLOAT = new Refusal("ERR hash value is not a float");
    private static final String INFINITE = "ERR value is NaN or Infinity";
    private static final long MOST_PAIRS = Long.MAX_VALUE / 2;
    private static final int FEW =
            3; // below a third of a hash, picking again what was picked before costs less than a walk
    private static final int MOST_TRIES = 64; // at picking fields that are not due, beyond the tries that chance needs

    private final CommandSpec spec;

    HashCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.HASH).build();
    }

    private static CommandSpec.Builder expiring(String line) {
        return syntax(line)
                .flags(WRITE, DENYOOM, FAST)
                .key("RW UPDATE")
                .since("7.4.0")
                .complexity("O(N) for N fields");
    }

    private static CommandSpec.Builder timing(String line) {
        return syntax(line)
                .flags(READONLY, FAST)
                .key("RO ACCESS")
                .since("7.4.0")
                .complexity("O(N) for N fields");
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case HDEL -> delete(call);
            case HEXISTS -> call.reply().integer(read(call).get(call.arg(2)) != null);
            case HEXPIRE -> HashExpiry.expire(call, Expiry.Unit.EX);
            case HEXPIREAT -> HashExpiry.expire(call, Expiry.Unit.EXAT);
            case HEXPIRETIME -> HashExpiry.tell(call, true, true);
            case HGET -> get(call);
            case HGETALL -> all(call, true, true);
            case HGETDEL -> HashExpiry.getAndDelete(call);
            case HGETEX -> HashExpiry.getAndExpire(call);
            case HINCRBY -> add(call);
            case HINCRBYFLOAT -> addFloat(call);
            case HKEYS -> all(call, true, false);
            case HLEN -> call.reply().integer(read(call).size());
            case HMGET -> mget(call);
            case HMSET -> hmset(call);
            case HPERSIST -> HashExpiry.persist(call);
            case HPEXPIRE -> HashExpiry.expire(call, Expiry.Unit.PX);
            case HPEXPIREAT -> HashExpiry.expire(call, Expiry.Unit.PXAT);
            case HPEXPIRETIME -> HashExpiry.tell(call, true, false);
            case HPTTL -> HashExpiry.tell(call, false, false);
            case HRANDFIELD -> random(call);
            case HSCAN -> scan(call);
            case HSET -> hset(call);
            case HSETEX -> HashExpiry.setAndExpire(call);
            case HSETNX -> setNx(call);
            case HSTRLEN -> length(call);
            case HTTL -> HashExpiry.tell(call, false, true);
            case HVALS -> all(call, false, true);
        };
    }

    static HashValue read(Call call) {
        return call.db().hash(call.key(1), call.lookupRead(call.key(1)));
    }

    static HashValue write(Call call) {
        return call.db().hash(call.key(1), call.lookupWrite(call.key(1)));
    }

    // ---- reading ----

    static Reply answerOrNil(Reply reply, Listpack.@Nullable Entry value) {
        return value == null ? reply.nil() : reply.bulk(value);
    }

    private static Reply get(Call call) {
        return answerOrNil(call.reply(), read(call).get(call.arg(2)));
    }

    private static Reply mget(Call call) {
        HashValue hash = read(call);
        Reply reply = call.reply().array(call.argc() - 2);
        for (int i = 2; i < call.argc(); i++) answerOrNil(reply, hash.get(call.arg(i)));
        return reply;
    }

    private static Reply all(Call call, boolean withFields, boolean withValues) {
        HashValue hash = read(call);
        Reply reply = call.reply();
        Answering answering = new Answering(reply, null, withFields, withValues);
        if (hash.hasVolatile()) { // some may be due, and are not shown
            int begin = reply.begin();
            hash.forEach(answering);
            return answering.both() ? reply.endMap(begin, answering.found) : reply.endArray(begin, answering.found);
        }
        if (answering.both()) reply.map(hash.size());
        else reply.array(hash.size());
        hash.forEach(answering);
        return reply;
    }

    /// Answers the fields that match a pattern.
    private static final class Answering implements HashValue.Visitor {
        private final Reply reply;
        private final @Nullable Bytes pattern;
        private final boolean withFields;
        private final boolean withValues;
        private long seen;
        private long found;

        Answering(Reply reply, @Nullable Bytes pattern, boolean withFields, boolean withValues) {
            this.reply = reply;
            this.pattern = pattern;
            this.withFields = withFields;
            this.withValues = withValues;
        }

        boolean both() {
            return withFields && withValues;
        }

        @Override
        public void field(Listpack.Entry field, Listpack.Entry value) {
            seen++;
            if (pattern != null && !Glob.matches(pattern, field.bytes())) return;
            found++;
            if (withFields) reply.bulk(field);
            if (withValues) reply.bulk(value);
        }
    }

    private static Reply length(Call call) {
        Listpack.Entry value = read(call).get(call.arg(2));
        return call.reply().integer(value == null ? 0 : value.length());
    }

    private static Reply scan(Call call) {
        Scan scan = new Scan(call, 2);
        HashValue hash = read(call);
        Reply reply = call.reply();
        if (!hash.exists()) return reply.array(2).bulk(0).array(0);
        scan.readOptions(Scan.Of.FIELDS);
        Answering answering = new Answering(reply, scan.pattern(), true, scan.withValues());
        int begin = reply.begin();
        scan.go((position, most) -> hash.scan(position, most, answering), () -> answering.seen);
        return reply.endPage(begin, scan.cursor(), scan.withValues() ? 2 * answering.found : answering.found);
    }

    // ---- chance ----

    private static Reply random(Call call) {
        Reply reply = call.reply();
        if (call.argc() == 2) {
            Picked picked = new Picked(reply, false);
            draw(read(call), 1, call.randomness(), picked);
            return picked.count > 0 ? reply : reply.nil();
        }
        long count = call.longArg(2);
        if (count == Long.MIN_VALUE) throw new Refusal(Errors.NOT_A_COUNT);
        boolean withValues = call.argc() == 4 && call.is(3, "WITHVALUES");
        if (call.argc() > 3 && !withValues) throw Errors.SYNTAX_REFUSAL;
        if (withValues && (count < -MOST_PAIRS || count > MOST_PAIRS)) throw Errors.OUT_OF_RANGE;
        HashValue hash = read(call);
        int begin = reply.begin();
        Picked picked = new Picked(reply, withValues);
        if (count < 0) draw(hash, -count, call.randomness(), picked);
        else if (count > 0) pick(hash, count, call.randomness(), picked);
        return reply.endArray(begin, withValues && !reply.isResp3() ? 2 * picked.count : picked.count);
    }

    /// Answers fields, in RESP3 each with its value as a pair.
    private static final class Picked implements HashValue.Visitor {
        private final Reply reply;
        private final boolean withValues;
        private long count;

        Picked(Reply reply, boolean withValues) {
            this.reply = reply;
            this.withValues = withValues;
        }

        @Override
        public void field(Listpack.Entry field, Listpack.Entry value) {
            count++;
            if (withValues && reply.isResp3()) reply.array(2);
            reply.bulk(field);
            if (withValues) reply.bulk(value);
        }
    }

    /// Shows so many fields picked by chance, each as often as it is picked.
    private static void draw(HashValue hash, long count, Randomness randomness, HashValue.Visitor visitor) {
        long left = count;
        while (left > 0 && hash.random(visitor)) left--;
        if (left == 0) return;
        long[] live = hash.live(count == 1 ? 1 : Integer.MAX_VALUE);
        if (live.length == 0) return;
        for (; left > 0; left--) hash.showAt(live[randomness.below(live.length)], visitor);
    }

    /// Shows so many fields picked by chance, none twice.
    private static void pick(HashValue hash, long count, Randomness randomness, HashValue.Visitor visitor) {
        if (!hash.exists()) return;
        if (hash.randomAddress() != 0 && count < hash.size() / FEW) {
            pickFew(hash, (int) count, randomness, visitor);
            return;
        }
        // of those that are left, each is taken with the probability that gives as many as are needed
        long[] left = {count, hash.liveSize()};
        hash.forEach((field, value) -> {
            if (randomness.below(left[1]--) >= left[0]) return;
            left[0]--;
            visitor.field(field, value);
        });
    }

    private static void pickFew(HashValue hash, int count, Randomness randomness, HashValue.Visitor visitor) {
        Set<Long> picked = new LinkedHashSet<>();
        for (long tries = MOST_TRIES + (long) FEW * count; tries > 0 && picked.size() < count; tries--) {
            long address = hash.randomAddress();
            if (hash.isLive(address)) picked.add(address);
        }
        if (picked.size() == count) {
            for (long address : picked) hash.showAt(address, visitor);
            return;
        }
        long[] live = hash.live(Integer.MAX_VALUE);
        for (int i = 0; i < Math.min(count, live.length); i++) {
            int at = i + randomness.below(live.length - i);
            hash.showAt(live[at], visitor);
            live[at] = live[i];
        }
    }

    // ---- changing ----

    private static int setAll(Call call) {
        HashValue hash = write(call);
        boolean hasSeveral = call.argc() > 4;
        if (hasSeveral) hash.holdRoom(call.argv(), 2, call.argc(), 2, false);
        int added = 0;
        try {
            for (int i = 2; i < call.argc(); i += 2) if (hash.put(call.arg(i), call.arg(i + 1))) added++;
        } finally {
            if (hasSeveral) call.db().letRoomGo();
        }
        call.changed(call.key(1), "hset", (call.argc() - 2) / 2);
        return added;
    }

    private static Reply hset(Call call) {
        if (call.argc() % 2 != 0) return call.reply().error(Errors.arity("hset"));
        return call.reply().integer(setAll(call));
    }

    private static Reply hmset(Call call) {
        if (call.argc() % 2 != 0) return call.reply().error(Errors.arity("hmset"));
        setAll(call);
        return call.reply().ok();
    }

    private static Reply setNx(Call call) {
        HashValue hash = write(call);
        if (hash.get(call.arg(2)) != null) return call.reply().integer(0);

        hash.put(call.arg(2), call.arg(3));
        call.changed(call.key(1), "hset");

        return call.reply().integer(1);
    }

    private static Reply delete(Call call) {
        HashValue hash = write(call);
        int deleted = 0;
        for (int i = 2; i < call.argc() && hash.exists(); i++) if (hash.remove(call.arg(i))) deleted++;
        if (deleted > 0) deleted(call, hash, deleted);
        return call.reply().integer(deleted);
    }

    static void deleted(Call call, HashValue hash, long count) {
        call.changed(call.key(1), "hdel", count);
        if (!hash.exists()) call.alsoChanged(call.key(1), "del");
    }

    private static Reply add(Call call) {
        long amount = call.longArg(3);
        HashValue hash = write(call);
        Listpack.Entry value = hash.get(call.arg(2));
        long before = value == null ? 0 : number(value);
        long after = before + amount;
        if (((before ^ after) & (amount ^ after)) < 0) return call.reply().error(Errors.OVERFLOW);

        hash.putKeepingExpiry(call.arg(2), after);
        call.changed(call.key(1), "hincrby");

        return call.reply().integer(after);
    }

    private static long number(Listpack.Entry value) {
        if (value.isNumber()) return value.number();
        if (!Numbers.isLong(value.bytes())) throw new Refusal(NOT_AN_INTEGER);
        return Numbers.parse(value.bytes());
    }

    private static Reply addFloat(Call call) {
        Bytes field = call.arg(2);
        LongDouble amount = LongDouble.parse(call.arg(3));
        boolean isInfinite = amount == null && LongDouble.isInfinity(call.arg(3));
        if (amount == null) return call.reply().error(isInfinite ? INFINITE : Errors.NOT_A_FLOAT.error());
        HashValue hash = write(call);
        Listpack.Entry value = hash.get(field);
        boolean isVolatile = value != null && hash.expiryMs() != Database.NO_EXPIRY;
        LongDouble before = value == null ? LongDouble.ZERO : LongDouble.parse(value.bytes());
        if (value != null && before == null && !LongDouble.isInfinity(value.bytes())) throw NOT_A_FLOAT;
        LongDouble sum = before == null ? null : before.plus(amount);
        if (sum == null) return call.reply().error(Errors.NAN_OR_INFINITY);

        Bytes after = Bytes.of(sum.print());
        hash.putKeepingExpiry(field, after);
        call.changed(call.key(1), "hincrbyfloat");
        // the sum, not the amount: whoever replays this may count in other floats
        Effects effects =
                call.effects().command(isVolatile ? Words.HSETEX : Words.HSET).arg(call.key(1));
        if (isVolatile) effects.arg(Words.KEEPTTL).arg(Words.FIELDS).arg(1);
        effects.arg(field).arg(after);

        return call.reply().bulk(after);
    }
}
