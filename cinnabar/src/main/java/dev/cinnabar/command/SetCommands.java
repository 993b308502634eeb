package dev.cinnabar.command;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.MOVABLEKEYS;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Glob;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.SetValue;
import dev.cinnabar.struct.Listpack;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Sets: members without an order, each there once.
public enum SetCommands implements Command {
    SADD(syntax("SADD key member [member ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW INSERT")
            .since("1.0.0")
            .complexity("O(N) for N members to be added")
            .summary("Adds members to a set and answers how many of them are new.")),
    SCARD(syntax("SCARD key")
            .flags(READONLY, FAST)
            .key("RO")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Answers how many members a set has.")),
    SDIFF(syntax("SDIFF key [key ...]")
            .flags(READONLY)
            .allKeys("RO ACCESS")
            .tips("nondeterministic_output_order")
            .since("1.0.0")
            .complexity(
                    "O(N*M) for N members of the first set and M sets, or O(N) for N members of all sets if that is less")
            .summary("Answers the members of the first set that are in none of the others.")),
    SDIFFCARD(syntax("SDIFFCARD numkeys key [key ...] [LIMIT limit]")
            .flags(READONLY, MOVABLEKEYS)
            .keys(KeySpec.counted("RO ACCESS", 1, 0, 1, 1))
            .since("8.10.0")
            .complexity(
                    "O(N*M) for N members of the first set and M sets, or O(N) for N members of all sets if that is less")
            .summary("Counts the members of the first set that are in none of the others, up to a limit.")),
    SDIFFSTORE(syntax("SDIFFSTORE destination key [key ...]")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("OW UPDATE", 1, 0, 1), KeySpec.range("RO ACCESS", 2, -1, 1))
            .since("1.0.0")
            .complexity(
                    "O(N*M) for N members of the first set and M sets, or O(N) for N members of all sets if that is less")
            .summary("Stores the members of the first set that are in none of the others.")),
    SINTER(syntax("SINTER key [key ...]")
            .flags(READONLY)
            .allKeys("RO ACCESS")
            .tips("nondeterministic_output_order")
            .since("1.0.0")
            .complexity("O(N*M) for N members of the smallest set and M sets")
            .summary("Answers the members that are in all of the sets.")),
    SINTERCARD(syntax("SINTERCARD numkeys key [key ...] [LIMIT limit]")
            .flags(READONLY, MOVABLEKEYS)
            .keys(KeySpec.counted("RO ACCESS", 1, 0, 1, 1))
            .since("7.0.0")
            .complexity("O(N*M) for N members of the smallest set and M sets")
            .summary("Counts the members that are in all of the sets, up to a limit.")),
    SINTERSTORE(syntax("SINTERSTORE destination key [key ...]")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("RW UPDATE", 1, 0, 1), KeySpec.range("RO ACCESS", 2, -1, 1))
            .since("1.0.0")
            .complexity("O(N*M) for N members of the smallest set and M sets")
            .summary("Stores the members that are in all of the sets.")),
    SISMEMBER(syntax("SISMEMBER key member")
            .flags(READONLY, FAST)
            .key("RO")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Tells whether a set has a member.")),
    SMEMBERS(syntax("SMEMBERS key")
            .flags(READONLY)
            .key("RO ACCESS")
            .tips("nondeterministic_output_order")
            .since("1.0.0")
            .complexity("O(N) for N members of the set")
            .summary("Answers all members of a set.")),
    SMISMEMBER(syntax("SMISMEMBER key member [member ...]")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("6.2.0")
            .complexity("O(N) for N members asked for")
            .summary("Tells for several members whether a set has them.")),
    SMOVE(syntax("SMOVE source destination member")
            .flags(WRITE, FAST)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, 0, 1), KeySpec.range("RW INSERT", 2, 0, 1))
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Moves a member from a set to a set.")),
    SPOP(syntax("SPOP key [count]")
            .flags(WRITE, FAST)
            .key("RW ACCESS DELETE")
            .tips("nondeterministic_output")
            .since("1.0.0")
            .complexity("O(N) for N members popped")
            .summary("Takes members picked by chance out of a set.")),
    SRANDMEMBER(
            syntax("SRANDMEMBER key [count]")
                    .flags(READONLY)
                    .key("RO ACCESS")
                    .tips("nondeterministic_output")
                    .since("1.0.0")
                    .complexity("O(N) for N members answered")
                    .summary(
                            "Answers members picked by chance, each once, or, for a negative count, as often as it is picked.")),
    SREM(syntax("SREM key member [member ...]")
            .flags(WRITE, FAST)
            .key("RW DELETE")
            .since("1.0.0")
            .complexity("O(N) for N members to be taken out")
            .summary("Takes members out of a set, and the key away with the last one.")),
    SSCAN(syntax("SSCAN key cursor [MATCH pattern] [COUNT count]")
            .flags(READONLY)
            .key("RO ACCESS")
            .tips("nondeterministic_output")
            .since("2.8.0")
            .complexity("O(1) for every call, O(N) for a walk over N members")
            .summary("Walks over the members of a set, some with every call.")),
    SUNION(syntax("SUNION key [key ...]")
            .flags(READONLY)
            .allKeys("RO ACCESS")
            .tips("nondeterministic_output_order")
            .since("1.0.0")
            .complexity("O(N) for N members of all sets")
            .summary("Answers the members that are in any of the sets.")),
    SUNIONCARD(syntax("SUNIONCARD numkeys key [key ...] [APPROX] [LIMIT limit]")
            .flags(READONLY, MOVABLEKEYS)
            .keys(KeySpec.counted("RO ACCESS", 1, 0, 1, 1))
            .since("8.10.0")
            .complexity("O(N) for N members of all sets")
            .summary("Counts the members that are in any of the sets, up to a limit.")),
    SUNIONSTORE(syntax("SUNIONSTORE destination key [key ...]")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("OW UPDATE", 1, 0, 1), KeySpec.range("RO ACCESS", 2, -1, 1))
            .since("1.0.0")
            .complexity("O(N) for N members of all sets")
            .summary("Stores the members that are in any of the sets."));

    private static final long FAR = 2_654_435_761L; // a prime: steps of it come to each of fewer things just once
    private static final int FEW =
            3; // below a third of a set, picking again what was picked before costs less than a walk

    private static final int MOST = 5; // go for each that stays: then that is built anew, as in Redis

    private static final long[] NONE = {};

    private final CommandSpec spec;

    SetCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.SET).build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case SADD -> add(call);
            case SCARD -> call.reply().integer(read(call, 1).size());
            case SDIFF -> difference(call);
            case SDIFFCARD, SINTERCARD, SUNIONCARD -> count(call);
            case SDIFFSTORE -> store(call, "sdiffstore");
            case SINTER -> intersection(call);
            case SINTERSTORE -> store(call, "sinterstore");
            case SISMEMBER -> call.reply().integer(read(call, 1).contains(call.arg(2)));
            case SMEMBERS -> members(call);
            case SMISMEMBER -> areMembers(call);
            case SMOVE -> move(call);
            case SPOP -> call.argc() == 2 ? popOne(call) : popMany(call);
            case SRANDMEMBER -> call.argc() == 2 ? randomOne(call) : randomMany(call);
            case SREM -> remove(call);
            case SSCAN -> scan(call);
            case SUNION -> union(call);
            case SUNIONSTORE -> store(call, "sunionstore");
        };
    }

    private static SetValue read(Call call, int key) {
        return call.db().set(0, call.key(key), call.lookupRead(call.key(key)));
    }

    private static SetValue write(Call call, int key) {
        return call.db().set(0, call.key(key), call.lookupWrite(call.key(key)));
    }

    // ---- members ----

    private static Reply add(Call call) {
        SetValue set = write(call, 1);
        set.expect(call.argc() - 2);
        int count = call.argc() - 2;
        int added = 0;
        long areNew = 0; // a bit for each of the first 64 members, to take them out again
        long[] moreNew = count > Long.SIZE ? new long[count / Long.SIZE] : NONE; // for the others
        int i = 0;
        try {
            for (; i < count; i++) {
                if (!set.add(call.arg(2 + i))) continue;
                added++;
                if (i < Long.SIZE) areNew |= 1L << i;
                else moreNew[i / Long.SIZE - 1] |= 1L << i;
            }
        } catch (OutOfMemory e) {
            while (--i >= 0) {
                long bits = i < Long.SIZE ? areNew : moreNew[i / Long.SIZE - 1];
                if ((bits & 1L << i) != 0) set.remove(call.arg(2 + i));
            }
            throw e;
        }
        if (added > 0) {
            call.changed(call.key(1), "sadd", added);
        }
        return call.reply().integer(added);
    }

    private static Reply remove(Call call) {
        SetValue set = write(call, 1);
        int removed = 0;
        for (int i = 2; i < call.argc() && set.exists(); i++) if (set.remove(call.arg(i))) removed++;
        if (removed > 0) removed(call, set, "srem", removed);
        return call.reply().integer(removed);
    }

    private static void removed(Call call, SetValue set, String event, long count) {
        call.changed(call.key(1), event, count);
        if (!set.exists()) call.alsoChanged(call.key(1), "del");
    }

    private static Reply members(Call call) {
        SetValue set = read(call, 1);
        return all(set, call.reply().set(set.size()));
    }

    private static Reply all(SetValue set, Reply reply) {
        set.forEach(member -> {
            reply.bulk(member);
            return true;
        });
        return reply;
    }

    private static Reply areMembers(Call call) {
        SetValue set = read(call, 1);
        Reply reply = call.reply().array(call.argc() - 2);
        for (int i = 2; i < call.argc(); i++) reply.integer(set.contains(call.arg(i)));
        return reply;
    }

    private static Reply move(Call call) {
        SetValue source = write(call, 1);
        if (!source.exists()) return call.reply().integer(0);
        Bytes member = call.arg(3);
        boolean isThere = source.contains(member);
        SetValue target = write(call, 2);
        if (!isThere) return call.reply().integer(0);
        if (call.key(1).equals(call.key(2))) return call.reply().integer(1);

        int before = call.outbox().size();
        boolean isNew = target.add(member); // may be refused, so it comes first
        int after = call.outbox().size();
        source = write(call, 1);
        source.remove(member);
        removed(call, source, "srem", 1);
        if (after > before) call.outbox().putLast(before, after);
        if (isNew) call.changed(call.key(2), "sadd");
        return call.reply().integer(1);
    }

    private static Reply scan(Call call) {
        Scan scan = new Scan(call, 2);
        SetValue set = read(call, 1);
        Reply reply = call.reply();
        if (!set.exists()) return reply.array(2).bulk(0).array(0);
        scan.readOptions(Scan.Of.MEMBERS);
        Matching matching = new Matching(reply, scan.pattern());
        int begin = reply.begin();
        scan.go((position, most) -> set.scan(position, most, matching), () -> matching.seen);
        return reply.endPage(begin, scan.cursor(), matching.found);
    }

    /// Answers the members that match a pattern.
    private static final class Matching implements SetValue.Visitor {
        private final Reply reply;
        private final @Nullable Bytes pattern;
        private long seen;
        private long found;

        Matching(Reply reply, @Nullable Bytes pattern) {
            this.reply = reply;
            this.pattern = pattern;
        }

        @Override
        public boolean member(Listpack.Entry member) {
            seen++;
            if (pattern != null && !Glob.matches(pattern, member.bytes())) return true;
            found++;
            reply.bulk(member);
            return true;
        }
    }

    // ---- chance ----

    private static Reply randomOne(Call call) {
        SetValue set = read(call, 1);
        return set.exists() ? call.reply().bulk(set.random()) : call.reply().nil();
    }

    private static Reply randomMany(Call call) {
        if (call.argc() > 3) throw Errors.SYNTAX_REFUSAL;
        long count = call.longArg(2);
        if (count == Long.MIN_VALUE) throw new Refusal(Errors.NOT_A_COUNT);
        SetValue set = read(call, 1);
        Reply reply = call.reply();
        if (!set.exists() || count == 0) return reply.array(0);
        if (count < 0) {
            reply.array(-count);
            for (long i = count; i < 0; i++) reply.bulk(set.random());
            return reply;
        }
        long size = set.size();
        if (count >= size) return all(set, reply.array(size));
        reply.array(count);
        pick(set, count, size, call.randomness(), member -> {
            reply.bulk(member);
            return true;
        });
        return reply;
    }

    /// Shows so many members picked by chance, none twice; fewer than all.
    private static void pick(SetValue set, long count, long size, Randomness randomness, SetValue.Visitor visitor) {
        if (set.isLarge() && count < size / FEW) {
            Set<Long> picked = new HashSet<>();
            while (picked.size() < count) {
                long address = set.randomAddress();
                if (picked.add(address)) visitor.member(set.member(address));
            }
            return;
        }
        // of those that are left, each is taken with the probability that gives as many as are needed
        long[] left = {count, size};
        set.forEach(member -> {
            if (randomness.below(left[1]--) < left[0]) {
                left[0]--;
                visitor.member(member);
            }
            return left[0] > 0;
        });
    }

    private static Reply popOne(Call call) {
        SetValue set = write(call, 1);
        if (!set.exists()) return call.reply().nil();
        Listpack.Entry member = set.random();
        int length = member.length();
        Bytes text = call.reply().bulk(member).lastText(length);
        set.remove(text);
        removed(call, set, "spop", 1);
        call.effects().command(Words.SREM).arg(call.key(1)).arg(text);
        return call.reply();
    }

    private static Reply popMany(Call call) {
        if (call.argc() > 3) throw Errors.SYNTAX_REFUSAL;
        long count = call.longArg(2, 0, Long.MAX_VALUE, Errors.NOT_POSITIVE);
        SetValue set = write(call, 1);
        Reply reply = call.reply();
        if (!set.exists() || count == 0) return reply.set(0);
        long size = set.size();
        if (count >= size) {
            all(set, reply.set(size));
            set.removeKey();
            removed(call, set, "spop", size);
            call.effects().command(Words.DEL).arg(call.key(1));
            return reply;
        }
        if (set.isLarge() && (size - count) * MOST <= count && popMost(call, set, count)) return reply;
        reply.set(count);
        Bytes[] popped = new Bytes[(int) count];
        int[] next = new int[1];
        pick(set, count, size, call.randomness(), member -> {
            int length = member.length();
            popped[next[0]++] = reply.bulk(member).lastText(length);
            return true;
        });
        Effects effects = call.effects().command(Words.SREM).arg(call.key(1));
        for (Bytes member : popped) effects.arg(member);
        // not in the order of the table, in which they were found: what is left would crowd at its end (see Dict)
        for (long i = 0; i < count; i++) set.remove(popped[(int) (i * FAR % count)]);
        removed(call, set, "spop", count);
        return reply;
    }

    /// Builds a set of the few members that stay, and puts it in the place of the one that loses most of its
    /// members, which is freed in steps. The log is told who stayed.
    ///
    /// @return false when there is no memory for it; then nothing has changed, and nothing is answered
    private static boolean popMost(Call call, SetValue set, long count) {
        Bytes key = call.key(1);
        Reply reply = call.reply();
        int begin = reply.begin();
        try (SetValue.Gathering staying = set.gather()) {
            reply.set(count);
            pickOrNot(set, set.size() - count, call.randomness(), staying::add, reply::bulk);
            staying.replace(key);
        } catch (OutOfMemory e) {
            reply.out().rewind(begin);
            return false;
        }
        call.changed(key, "spop", count);
        Effects effects = call.effects();
        effects.command(Words.DEL).arg(key).command(Words.SADD).arg(key);
        long address = call.db().lookup(key);
        call.db().set(0, key, address).forEach(member -> {
            if (member.isNumber()) effects.arg(member.number());
            else effects.arg(member.bytes());
            return true;
        });
        long expiryMs = call.db().expiryMs(address);
        if (expiryMs != Database.NO_EXPIRY)
            effects.command(Words.PEXPIREAT).arg(key).arg(expiryMs);
        return true;
    }

    /// Shows each member to one of two: so many picked by chance to the first.
    private static void pickOrNot(
            SetValue set,
            long count,
            Randomness randomness,
            Consumer<Listpack.Entry> picked,
            Consumer<Listpack.Entry> others) {
        long[] left = {count, set.size()};
        set.forEach(member -> {
            if (randomness.below(left[1]--) < left[0]) {
                left[0]--;
                picked.accept(member);
            } else {
                others.accept(member);
            }
            return true;
        });
    }

    // ---- several sets ----

    /// Looks at the sets of some keys, each by a look of its own.
    ///
    /// @return whether all of them have members
    private static boolean lookAll(Call call, int first, int last) {
        boolean isNoneEmpty = true;
        for (int i = first; i <= last; i++) {
            SetValue set = call.db().set(i - first, call.key(i), call.lookupRead(call.key(i)));
            isNoneEmpty &= set.size() > 0;
        }
        return isNoneEmpty;
    }

    private static SetValue look(Call call, int index) {
        return call.db().set(index);
    }

    /// The looks at some of the sets, the smallest first.
    private static Integer[] bySize(Call call, int from, int to) {
        Integer[] looks = new Integer[to - from];
        for (int i = 0; i < looks.length; i++) looks[i] = from + i;
        if (looks.length > 1)
            Arrays.sort(looks, Comparator.comparingLong(i -> look(call, i).size()));
        return looks;
    }

    /// Shows the members that are in all of the sets: those of the smallest, looked for in the others, of
    /// which a small one is the likeliest not to have them.
    private static void intersect(Call call, int first, int last, SetValue.Visitor visitor) {
        if (!lookAll(call, first, last)) return;
        Integer[] looks = bySize(call, 0, last - first + 1);
        look(call, looks[0]).forEach(member -> {
            for (int i = 1; i < looks.length; i++) if (!look(call, looks[i]).contains(member)) return true;
            return visitor.member(member);
        });
    }

    /// Shows the members of the first set that are in none of the others, by one of the two ways that Redis
    /// knows, whichever is less work.
    ///
    /// @param most how many the visitor takes, so that who wants few does not pay for all
    private static void subtract(Call call, int first, int last, long most, SetValue.Visitor visitor) {
        lookAll(call, first, last);
        long size = look(call, 0).size();
        long others = 0;
        for (int i = 1; i <= last - first; i++) others += look(call, i).size();
        long lookedUp = Math.min(size, Math.min(most, size) + others); // the others hold back no more than they have
        if (lookedUp * (last - first + 1) / 2 > size + others) {
            takeOut(call, last - first, call.key(first), visitor);
            return;
        }
        Integer[] looks = bySize(call, 1, last - first + 1);
        look(call, 0).forEach(member -> {
            for (int i = looks.length - 1; i >= 0; i--) if (look(call, looks[i]).contains(member)) return true;
            return visitor.member(member);
        });
    }

    /// Copies the first set and takes out of it what is in the others. O(N) for N members of all sets.
    ///
    /// @param others how many they are
    private static void takeOut(Call call, int others, Bytes firstKey, SetValue.Visitor visitor) {
        try (SetValue.Gathering left = call.db().set(others + 1, firstKey, 0).gather()) {
            look(call, 0).forEach(member -> {
                left.add(member);
                return true;
            });
            for (int i = 1; i <= others; i++) {
                look(call, i).forEach(member -> {
                    left.remove(member);
                    return left.size() > 0;
                });
            }
            left.forEach(visitor);
        }
    }

    private static void unite(Call call, int first, int last, SetValue.Visitor visitor) {
        lookAll(call, first, last);
        for (int i = 0; i <= last - first; i++) look(call, i).forEach(visitor);
    }

    private static Reply intersection(Call call) {
        Matching answered = new Matching(call.reply(), null);
        int begin = call.reply().begin();
        intersect(call, 1, call.argc() - 1, answered);
        return call.reply().endSet(begin, answered.found);
    }

    private static Reply difference(Call call) {
        Matching answered = new Matching(call.reply(), null);
        int begin = call.reply().begin();
        subtract(call, 1, call.argc() - 1, Long.MAX_VALUE, answered);
        return call.reply().endSet(begin, answered.found);
    }

    private static Reply union(Call call) {
        try (SetValue.Gathering all = call.db().set(0, call.key(1), 0).gather()) {
            unite(call, 1, call.argc() - 1, member -> {
                all.add(member);
                return true;
            });
            Reply reply = call.reply().set(all.size());
            all.forEach(member -> {
                reply.bulk(member);
                return true;
            });
            return reply;
        }
    }

    private Reply count(Call call) {
        long keys = call.longArg(1, 1, Long.MAX_VALUE, Errors.NO_KEYS);
        if (keys > call.argc() - 2)
            return call.reply().error("ERR Number of keys can't be greater than number of args");
        int last = 1 + (int) keys;
        long limit = 0;
        for (int i = last + 1; i < call.argc(); i++) {
            if (this == SUNIONCARD && call.is(i, "APPROX")) continue; // the exact count is no worse an approximation
            if (!call.is(i, "LIMIT") || i + 1 == call.argc()) throw Errors.SYNTAX_REFUSAL;
            limit = call.longArg(++i, 0, Long.MAX_VALUE, Errors.NEGATIVE_LIMIT);
        }
        long most = limit == 0 ? Long.MAX_VALUE : limit;
        return call.reply().integer(this == SUNIONCARD ? unionSize(call, last, most) : size(call, last, most));
    }

    private long size(Call call, int last, long most) {
        long[] count = new long[1];
        SetValue.Visitor counting = member -> ++count[0] < most;
        if (this == SINTERCARD) intersect(call, 2, last, counting);
        else subtract(call, 2, last, most, counting);
        return count[0];
    }

    private static long unionSize(Call call, int last, long most) {
        lookAll(call, 2, last);
        if (last == 2) return Math.min(most, look(call, 0).size());
        try (SetValue.Gathering all = call.db().set(last - 1, call.key(2), 0).gather()) {
            for (int i = 0; i <= last - 2 && all.size() < most; i++) {
                look(call, i).forEach(member -> {
                    all.add(member);
                    return all.size() < most;
                });
            }
            return all.size();
        }
    }

    private Reply store(Call call, String event) {
        Bytes target = call.key(1);
        int last = call.argc() - 1;
        try (SetValue.Gathering result = call.db().set(0, target, 0).gather()) {
            SetValue.Visitor visitor = member -> {
                result.add(member);
                return true;
            };
            switch (this) {
                case SDIFFSTORE -> subtract(call, 2, last, Long.MAX_VALUE, visitor);
                case SINTERSTORE -> intersect(call, 2, last, visitor);
                default -> unite(call, 2, last, visitor);
            }
            long size = result.size();
            if (size > 0) {
                result.putUnder(target);
                call.changed(target, event);
            } else if (call.db().remove(target)) {
                call.changedGeneric(target, "del");
            }
            return call.reply().integer(size);
        }
    }
}
