package dev.cinnabar.command;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.MOVABLEKEYS;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.STALE;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Glob;
import dev.cinnabar.command.Expiry.Unit;
import dev.cinnabar.store.Database;
import dev.cinnabar.struct.Dict;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Keys, whatever is stored under them: deleting, finding, renaming, copying, expiring.
public enum KeyCommands implements Command {
    COPY(syntax("COPY source destination [DB destination-db] [REPLACE]")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("RO ACCESS", 1, 0, 1), KeySpec.range("OW UPDATE", 2, 0, 1))
            .since("6.2.0")
            .complexity("O(N) for N bytes or elements of the value")
            .summary("Copies a value with its expiry time to another key, in another database if wanted.")),
    DEL(syntax("DEL key [key ...]")
            .flags(WRITE)
            .tips("request_policy:multi_shard", "response_policy:agg_sum")
            .allKeys("RM DELETE")
            .since("1.0.0")
            .complexity("O(N) for N keys")
            .summary("Deletes keys and answers how many there were.")),
    EXISTS(syntax("EXISTS key [key ...]")
            .flags(READONLY, FAST)
            .tips("request_policy:multi_shard", "response_policy:agg_sum")
            .allKeys("RO")
            .since("1.0.0")
            .complexity("O(N) for N keys")
            .summary("Answers how many of the keys exist; one that is named twice counts twice.")),
    EXPIRE(syntax("EXPIRE key seconds [NX | XX | GT | LT]")
            .flags(WRITE, FAST)
            .key("RW UPDATE")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Lets a key expire in some seconds.")),
    EXPIREAT(syntax("EXPIREAT key unix-time-seconds [NX | XX | GT | LT]")
            .flags(WRITE, FAST)
            .key("RW UPDATE")
            .since("1.2.0")
            .complexity("O(1)")
            .summary("Lets a key expire at a moment given in seconds since 1970.")),
    EXPIRETIME(syntax("EXPIRETIME key")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("7.0.0")
            .complexity("O(1)")
            .summary("Answers when a key expires, in seconds since 1970.")),
    KEYS(syntax("KEYS pattern")
            .flags(READONLY)
            .tips("nondeterministic_output_order", "request_policy:all_shards")
            .categories("dangerous")
            .since("1.0.0")
            .complexity("O(N) for N keys in the database")
            .summary("Answers all keys that match a pattern, in one go.")),
    MOVE(syntax("MOVE key db")
            .flags(WRITE, FAST)
            .key("RW ACCESS UPDATE")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Moves a key to another database, unless that has one of this name.")),
    OBJECT_ENCODING(syntax("OBJECT ENCODING key")
            .subcommand()
            .flags(READONLY)
            .tips("nondeterministic_output")
            .keys(KeySpec.range("RO", 2, 0, 1))
            .since("2.2.3")
            .complexity("O(1)")
            .summary("Answers how a value is stored.")),
    OBJECT_FREQ(syntax("OBJECT FREQ key")
            .subcommand()
            .flags(READONLY)
            .tips("nondeterministic_output")
            .keys(KeySpec.range("RO", 2, 0, 1))
            .since("4.0.0")
            .complexity("O(1)")
            .summary("Answers how often a key is used, as the logarithmic count that LFU eviction goes by.")),
    OBJECT_HELP(syntax("OBJECT HELP")
            .subcommand()
            .flags(LOADING, STALE)
            .since("6.2.0")
            .complexity("O(1)")
            .summary("Tells what there is under OBJECT.")),
    OBJECT_IDLETIME(syntax("OBJECT IDLETIME key")
            .subcommand()
            .flags(READONLY)
            .tips("nondeterministic_output")
            .keys(KeySpec.range("RO", 2, 0, 1))
            .since("2.2.3")
            .complexity("O(1)")
            .summary("Answers for how many seconds a key has not been used.")),
    OBJECT_REFCOUNT(syntax("OBJECT REFCOUNT key")
            .subcommand()
            .flags(READONLY)
            .tips("nondeterministic_output")
            .keys(KeySpec.range("RO", 2, 0, 1))
            .since("2.2.3")
            .complexity("O(1)")
            .summary("Answers how many references to a value there are.")),
    PERSIST(syntax("PERSIST key")
            .flags(WRITE, FAST)
            .key("RW UPDATE")
            .since("2.2.0")
            .complexity("O(1)")
            .summary("Takes a key's expiry time away.")),
    PEXPIRE(syntax("PEXPIRE key milliseconds [NX | XX | GT | LT]")
            .flags(WRITE, FAST)
            .key("RW UPDATE")
            .since("2.6.0")
            .complexity("O(1)")
            .summary("Lets a key expire in some milliseconds.")),
    PEXPIREAT(syntax("PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]")
            .flags(WRITE, FAST)
            .key("RW UPDATE")
            .since("2.6.0")
            .complexity("O(1)")
            .summary("Lets a key expire at a moment given in milliseconds since 1970.")),
    PEXPIRETIME(syntax("PEXPIRETIME key")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("7.0.0")
            .complexity("O(1)")
            .summary("Answers when a key expires, in milliseconds since 1970.")),
    PTTL(syntax("PTTL key")
            .flags(READONLY, FAST)
            .tips("nondeterministic_output")
            .key("RO ACCESS")
            .since("2.6.0")
            .complexity("O(1)")
            .summary("Answers how many milliseconds a key has left.")),
    RANDOMKEY(syntax("RANDOMKEY")
            .flags(READONLY)
            .tips("nondeterministic_output", "request_policy:all_shards")
            .since("1.0.0")
            .complexity("O(1), O(N) for N keys where nearly all of them have expired")
            .summary("Answers a key picked by chance.")),
    RENAME(syntax("RENAME key newkey")
            .flags(WRITE)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, 0, 1), KeySpec.range("OW UPDATE", 2, 0, 1))
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Gives a key another name and replaces what had that name.")),
    RENAMENX(syntax("RENAMENX key newkey")
            .flags(WRITE, FAST)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, 0, 1), KeySpec.range("OW INSERT", 2, 0, 1))
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Gives a key another name, but only if nothing has that name.")),
    SCAN(syntax("SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]")
            .flags(READONLY)
            .tips("nondeterministic_output", "request_policy:special")
            .since("2.8.0")
            .complexity("O(1) for every call, O(N) for a walk over N keys")
            .summary("Walks over the keys of the database, some with every call.")),
    SORT(syntax("SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]"
                    + " [STORE destination]")
            .flags(WRITE, DENYOOM, MOVABLEKEYS)
            .notInGroupsCategory()
            .categories("set", "sortedset", "list", "dangerous")
            .keys(KeySpec.range("RO ACCESS", 1, 0, 1), KeySpec.unknown("RO ACCESS"), KeySpec.unknown("OW UPDATE"))
            .keyFinder(Sort::findKeys)
            .since("1.0.0")
            .complexity("O(N log N + M) for N elements and M that are answered")
            .summary("Sorts the elements of a list, set or sorted set, answers or stores them.")),
    SORT_RO(syntax("SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]")
            .flags(READONLY, MOVABLEKEYS)
            .notInGroupsCategory()
            .categories("set", "sortedset", "list", "dangerous")
            .keys(KeySpec.range("RO ACCESS", 1, 0, 1), KeySpec.unknown("RO ACCESS"))
            .since("7.0.0")
            .complexity("O(N log N + M) for N elements and M that are answered")
            .summary("Sorts the elements of a list, set or sorted set and answers them.")),
    TOUCH(syntax("TOUCH key [key ...]")
            .flags(READONLY, FAST)
            .tips("request_policy:multi_shard", "response_policy:agg_sum")
            .allKeys("RO")
            .since("3.2.1")
            .complexity("O(N) for N keys")
            .summary("Notes that keys are used, and answers how many of them exist.")),
    TTL(syntax("TTL key")
            .flags(READONLY, FAST)
            .tips("nondeterministic_output")
            .key("RO ACCESS")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Answers how many seconds a key has left.")),
    TYPE(syntax("TYPE key")
            .flags(READONLY, FAST)
            .key("RO")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Answers the type of the value under a key.")),
    UNLINK(syntax("UNLINK key [key ...]")
            .flags(WRITE, FAST)
            .tips("request_policy:multi_shard", "response_policy:agg_sum")
            .allKeys("RM DELETE")
            .since("4.0.0")
            .complexity("O(N) for N keys")
            .summary("Deletes keys; here the same as DEL, which frees large values as cheaply."));

    private static final int RANDOM_TRIES =
            100; // expired keys met in a row before RANDOMKEY looks for one that is left
    private static final int SHARED_NUMBERS = 10_000; // Redis keeps the numbers below it once for all keys

    private final CommandSpec spec;

    KeyCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.GENERIC).build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case COPY -> copy(call);
            case DEL, UNLINK -> delete(call);
            case EXISTS -> exists(call);
            case EXPIRE -> expire(call, Unit.EX);
            case EXPIREAT -> expire(call, Unit.EXAT);
            case EXPIRETIME -> expiryTime(call, true);
            case KEYS -> keys(call);
            case MOVE -> move(call);
            case OBJECT_ENCODING -> encoding(call);
            case OBJECT_FREQ -> frequency(call);
            case OBJECT_HELP -> help(call);
            case OBJECT_IDLETIME -> idleTime(call);
            case OBJECT_REFCOUNT -> references(call);
            case PERSIST -> persist(call);
            case PEXPIRE -> expire(call, Unit.PX);
            case PEXPIREAT -> expire(call, Unit.PXAT);
            case PEXPIRETIME -> expiryTime(call, false);
            case PTTL -> timeToLive(call, false);
            case RANDOMKEY -> randomKey(call);
            case RENAME -> rename(call);
            case RENAMENX -> renameNx(call);
            case SCAN -> scan(call);
            case SORT -> Sort.run(call, true);
            case SORT_RO -> Sort.run(call, false);
            case TOUCH -> touch(call);
            case TTL -> timeToLive(call, true);
            case TYPE -> type(call);
        };
    }

    // ---- asking, deleting ----

    private static Reply delete(Call call) {
        Database db = call.db();
        long deleted = 0;
        for (int i = 1; i < call.argc(); i++) {
            long address = db.lookup(call.key(i));
            if (address == 0) continue;
            db.removeFound(address);
            call.changed(call.key(i), "del");
            deleted++;
        }
        return call.reply().integer(deleted);
    }

    private static Reply exists(Call call) {
        long there = 0;
        for (int i = 1; i < call.argc(); i++) if (call.lookupUntouched(call.key(i)) != 0) there++;
        return call.reply().integer(there);
    }

    /// Counts as use even for a client whose other commands do not (CLIENT NO-TOUCH).
    private static Reply touch(Call call) {
        long there = 0;
        for (int i = 1; i < call.argc(); i++) {
            long address = call.lookupUntouched(call.key(i));
            if (address == 0) continue;
            call.db().touch(address);
            there++;
        }
        return call.reply().integer(there);
    }

    private static Reply type(Call call) {
        long address = call.lookupUntouched(call.key(1));
        return call.reply()
                .simple(address == 0 ? "none" : call.db().kind(address).type());
    }

    // ---- another name, another place ----

    private static Reply rename(Call call) {
        if (call.lookupWrite(call.key(1)) == 0) return call.reply().error(Errors.NO_KEY);
        if (!call.key(1).equals(call.key(2))) rename(call, call.key(1), call.key(2));
        return call.reply().ok();
    }

    private static Reply renameNx(Call call) {
        if (call.lookupWrite(call.key(1)) == 0) return call.reply().error(Errors.NO_KEY);
        if (call.lookupWrite(call.key(2)) != 0) return call.reply().integer(0);
        rename(call, call.key(1), call.key(2));
        return call.reply().integer(1);
    }

    private static void rename(Call call, Bytes key, Bytes newKey) {
        call.db().lookup(newKey); // one whose time is over goes as expired, not as overwritten
        call.db().moveTo(key, call.db(), newKey);
        call.changed(key, "rename_from");
        call.changed(newKey, "rename_to", 0); // both are one change
    }

    private static Reply move(Call call) {
        int target = database(call, 2);
        if (target == call.dbIndex()) return call.reply().error(Errors.SAME_OBJECT);
        Bytes key = call.key(1);
        Database to = call.store().database(target);
        if (call.lookupWrite(key) == 0 || call.lookupWrite(to, key) != 0)
            return call.reply().integer(0);

        call.db().moveTo(key, to, key);
        call.changed(key, "move_from");
        call.changed(target, key, "move_to", Group.GENERIC.eventClass(), 0); // both are one change

        return call.reply().integer(1);
    }

    private static Reply copy(Call call) {
        Bytes source = call.key(1);
        Bytes destination = call.key(2);
        int target = call.dbIndex();
        boolean replaces = false;
        for (int i = 3; i < call.argc(); i++) {
            if (call.is(i, "REPLACE")) replaces = true;
            else if (call.is(i, "DB") && i + 1 < call.argc()) target = database(call, ++i);
            else throw Errors.SYNTAX_REFUSAL;
        }
        if (target == call.dbIndex() && source.equals(destination))
            return call.reply().error(Errors.SAME_OBJECT);
        Database to = call.store().database(target);
        if (call.lookupRead(source) == 0) return call.reply().integer(0);
        if (!replaces && call.lookupWrite(to, destination) != 0)
            return call.reply().integer(0);

        call.db().copyTo(source, to, destination);
        call.changed(target, destination, "copy_to", Group.GENERIC.eventClass(), 1);

        return call.reply().integer(1);
    }

    private static int database(Call call, int index) {
        long number = call.longArg(index);
        if (number != (int) number) throw new Refusal(Errors.NOT_AN_INT);
        if (number < 0 || number >= call.store().count()) throw new Refusal(Errors.DB_INDEX);
        return (int) number;
    }

    // ---- expiry ----

    private static Reply expire(Call call, Unit unit) {
        int conditions = Expiry.conditions(call, 3);
        long expiryMs = Expiry.any(call, 2, unit);
        Bytes key = call.key(1);
        Database db = call.db();
        long address = call.lookupWrite(key);
        if (address == 0) return call.reply().integer(0);
        if (!Expiry.allow(conditions, db.expiryMs(address), expiryMs))
            return call.reply().integer(0);

        if (Expiry.isOver(call, expiryMs)) {
            db.removeFound(address);
            call.changed(key, "del");
            call.effects().command(Words.DEL).arg(key);
        } else {
            db.setExpiry(address, Math.max(0, expiryMs));
            call.changed(key, "expire");
            call.effects().command(Words.PEXPIREAT).arg(key).arg(expiryMs);
        }
        return call.reply().integer(1);
    }

    private static Reply persist(Call call) {
        Bytes key = call.key(1);
        Database db = call.db();
        long address = call.lookupWrite(key);
        if (address == 0 || db.expiryMs(address) == Database.NO_EXPIRY)
            return call.reply().integer(0);

        db.setExpiry(address, Database.NO_EXPIRY);
        call.changed(key, "persist");

        return call.reply().integer(1);
    }

    private static Reply timeToLive(Call call, boolean inSeconds) {
        long address = call.lookupUntouched(call.key(1));
        if (address == 0) return call.reply().integer(-2);
        return call.reply().integer(Expiry.left(call, call.db().expiryMs(address), inSeconds));
    }

    private static Reply expiryTime(Call call, boolean inSeconds) {
        long address = call.lookupUntouched(call.key(1));
        if (address == 0) return call.reply().integer(-2);
        return call.reply().integer(Expiry.moment(call.db().expiryMs(address), inSeconds));
    }

    // ---- walking ----

    private static Reply keys(Call call) {
        KeyWalk walk = new KeyWalk(call.db(), call.arg(1), null);
        int begin = call.reply().begin();
        long position = 0;
        long answered = 0;
        do {
            position = walk.next(position, Long.MAX_VALUE);
            walk.answer(call.reply());
            answered += walk.found();
        } while (position != 0);
        return call.reply().endArray(begin, answered);
    }

    private static Reply scan(Call call) {
        Scan scan = new Scan(call, 1);
        scan.readOptions(Scan.Of.KEYS);
        KeyWalk walk = new KeyWalk(call.db(), scan.pattern(), scan.type());
        walk.keepAll();
        scan.go(walk::next, walk::seen);
        Reply reply = call.reply().array(2).bulk(scan.cursor()).array(walk.found());
        return walk.answer(reply);
    }

    private static Reply randomKey(Call call) {
        Database db = call.db();
        for (int tries = 0; tries < RANDOM_TRIES; tries++) {
            long address = db.random();
            if (address == 0) return call.reply().nil();
            if (db.isLive(address)) return call.reply().bulk(db.key(address));
            db.lookup(db.key(address)); // takes it out, if expired keys may be taken out now
        }
        KeyWalk walk = new KeyWalk(db, null, null);
        long position = 0;
        do position = walk.next(position, Long.MAX_VALUE);
        while (position != 0 && walk.found() == 0);
        return walk.found() == 0 ? call.reply().nil() : walk.answerFirst(call.reply());
    }

    // ---- OBJECT ----

    private static long object(Call call) {
        return call.lookupFromOutside(call.key(2));
    }

    private static Reply encoding(Call call) {
        long address = object(call);
        return address == 0
                ? call.reply().nil()
                : call.reply().bulk(call.db().kind(address).encoding());
    }

    private static Reply frequency(Call call) {
        long address = object(call);
        if (address == 0) return call.reply().nil();
        if (!call.store().moment().isLfu) return call.reply().error(Errors.NO_LFU);
        return call.reply().integer(call.db().frequency(address));
    }

    private static Reply idleTime(Call call) {
        long address = object(call);
        if (address == 0) return call.reply().nil();
        if (call.store().moment().isLfu) return call.reply().error(Errors.NO_LRU);
        return call.reply().integer(call.db().idleMs(address) / 1000);
    }

    /// Nothing is shared here; but Redis shares small numbers, and says so with the largest count there is.
    private static Reply references(Call call) {
        long address = object(call);
        if (address == 0) return call.reply().nil();
        boolean isSmallNumber = call.db().kind(address).isString()
                && call.db().string(address).isNumber()
                && call.db().string(address).number() >= 0
                && call.db().string(address).number() < SHARED_NUMBERS;
        return call.reply().integer(isSmallNumber ? Integer.MAX_VALUE : 1);
    }

    private static Reply help(Call call) {
        return call.reply()
                .lines(
                        "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                        "ENCODING <key>",
                        "    Tells how the value under <key> is stored.",
                        "FREQ <key>",
                        "    Tells how often <key> is used: the logarithmic count that LFU eviction goes by.",
                        "IDLETIME <key>",
                        "    Tells for how many seconds <key> has not been used.",
                        "REFCOUNT <key>",
                        "    Tells how many references to the value under <key> there are.",
                        "HELP",
                        "    Prints this help.");
    }

    /// A walk over the keys of a database, a bucket at a time, that keeps those which are wanted.
    private static final class KeyWalk implements Dict.Visitor {
        private final Database db;
        private final @Nullable Bytes pattern;
        private final @Nullable Bytes type;
        private final Bytes key = new Bytes();
        private long[] found = new long[16]; // addresses; nothing changes while the walk goes on
        private int count;
        private long seen;
        private boolean keepsAll;

        KeyWalk(Database db, @Nullable Bytes pattern, @Nullable Bytes type) {
            this.db = db;
            this.pattern = pattern;
            this.type = type;
        }

        /// Keeps what was found until the end, not just until the next step.
        void keepAll() {
            keepsAll = true;
        }

        /// Goes on by one bucket, or by so many keys of it.
        long next(long position, long most) {
            if (!keepsAll) count = 0;
            return db.scan(position, most, this);
        }

        @Override
        public void visit(long address) {
            seen++;
            if (!db.isLive(address)) return;
            if (type != null && !type.isWord(db.kind(address).typeWord())) return;
            if (pattern != null && !Glob.matches(pattern, db.key(address, key))) return;
            if (count == found.length) found = Arrays.copyOf(found, 2 * count);
            found[count++] = address;
        }

        /// How many keys were met, wanted or not.
        long seen() {
            return seen;
        }

        int found() {
            return count;
        }

        /// Answers the keys that are kept.
        Reply answer(Reply reply) {
            for (int i = 0; i < count; i++) reply.bulk(db.key(found[i], key));
            return reply;
        }

        Reply answerFirst(Reply reply) {
            return reply.bulk(db.key(found[0], key));
        }
    }
}
