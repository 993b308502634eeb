package dev.cinnabar.command;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.MOVABLEKEYS;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.BulkString;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.LongDouble;
import dev.cinnabar.command.Expiry.Unit;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.StringValue;
import dev.cinnabar.struct.Records;
import org.jspecify.annotations.Nullable;

/// Strings: bytes, or numbers to count with.
public enum StringCommands implements Command {
    APPEND(syntax("APPEND key value")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW INSERT")
            .since("2.0.0")
            .complexity("O(1), copies of growing values spread over all appends")
            .summary("Adds bytes at the end of a string, creating it when the key is missing.")),
    DECR(syntax("DECR key")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW ACCESS UPDATE")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Takes one off a number; a missing key counts as 0.")),
    DECRBY(syntax("DECRBY key decrement")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW ACCESS UPDATE")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Takes an amount off a number; a missing key counts as 0.")),
    DELEX(syntax("DELEX key [IFEQ match-value | IFNE match-value | IFDEQ match-digest | IFDNE match-digest]")
            .flags(WRITE, FAST)
            .key("RW DELETE VARIABLE_FLAGS")
            .since("8.4.0")
            .complexity("O(1), O(N) for N bytes to be compared or digested")
            .summary("Deletes a key, under a condition on its value if wanted.")),
    DELIFEQ(syntax("DELIFEQ key value")
            .flags(WRITE, FAST)
            .key("RM DELETE")
            .since("8.4.0")
            .complexity("O(1), O(N) for N bytes to be compared")
            .deprecated("8.4.0", "DELEX with the option IFEQ")
            .summary("Deletes a key if its value is a certain one; Valkey's form of DELEX.")),
    DIGEST(syntax("DIGEST key")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("8.4.0")
            .complexity("O(N) for N bytes of the string")
            .summary("Answers the XXH3 hash of a string, in hexadecimal.")),
    GET(syntax("GET key")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Answers the string under a key.")),
    GETDEL(syntax("GETDEL key")
            .flags(WRITE, FAST)
            .key("RW ACCESS DELETE")
            .since("6.2.0")
            .complexity("O(1)")
            .summary("Answers the string under a key and deletes the key.")),
    GETEX(syntax(
                    "GETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]")
            .flags(WRITE, FAST)
            .key("RW ACCESS UPDATE")
            .since("6.2.0")
            .complexity("O(1)")
            .summary("Answers the string under a key and sets or removes its expiry time.")),
    GETRANGE(syntax("GETRANGE key start end")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("2.4.0")
            .complexity("O(N) for N bytes answered")
            .summary("Answers a part of a string, by offsets that may count from its end.")),
    GETSET(syntax("GETSET key value")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW ACCESS UPDATE")
            .since("1.0.0")
            .complexity("O(1)")
            .deprecated("6.2.0", "SET with the option GET")
            .summary("Sets a string and answers what was there before.")),
    INCR(syntax("INCR key")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW ACCESS UPDATE")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Adds one to a number; a missing key counts as 0.")),
    INCRBY(syntax("INCRBY key increment")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW ACCESS UPDATE")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Adds an amount to a number; a missing key counts as 0.")),
    INCRBYFLOAT(syntax("INCRBYFLOAT key increment")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW ACCESS UPDATE")
            .arguments("double", "increment")
            .since("2.6.0")
            .complexity("O(1)")
            .summary("Adds a decimal fraction to a number; a missing key counts as 0.")),
    INCREX(syntax(
                    "INCREX key [BYFLOAT increment | BYINT increment] [LBOUND lowerbound] [UBOUND upperbound] [SATURATE] [EX seconds |"
                            + " PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] [ENX]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW ACCESS UPDATE")
            .since("8.8.0")
            .complexity("O(1)")
            .summary("Adds to a number between two bounds, and sets or removes its expiry time.")),
    LCS(syntax("LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]")
            .flags(READONLY)
            .keys(KeySpec.range("RO ACCESS", 1, 1, 1))
            .since("7.0.0")
            .complexity("O(N*M) for the lengths N and M of the strings")
            .summary("Finds the longest text that two strings have in common, gaps allowed.")),
    MGET(syntax("MGET key [key ...]")
            .flags(READONLY, FAST)
            .tips("request_policy:multi_shard")
            .allKeys("RO ACCESS")
            .since("1.0.0")
            .complexity("O(N) for N keys")
            .summary("Answers the strings under several keys.")),
    MSET(syntax("MSET key value [key value ...]")
            .flags(WRITE, DENYOOM)
            .tips("request_policy:multi_shard", "response_policy:all_succeeded")
            .keys(KeySpec.range("OW UPDATE", 1, -1, 2))
            .since("1.0.1")
            .complexity("O(N) for N keys")
            .summary("Sets several strings at once.")),
    MSETEX(syntax(
                    "MSETEX numkeys key value [key value ...] [NX | XX] [EX seconds | PX milliseconds | EXAT unix-time-seconds |"
                            + " PXAT unix-time-milliseconds | KEEPTTL]")
            .flags(WRITE, DENYOOM, MOVABLEKEYS)
            .keys(KeySpec.counted("OW UPDATE", 1, 0, 1, 2))
            .since("8.4.0")
            .complexity("O(N) for N keys")
            .summary("Sets several strings at once, under a condition and with one expiry time if wanted.")),
    MSETNX(syntax("MSETNX key value [key value ...]")
            .flags(WRITE, DENYOOM)
            .tips("request_policy:multi_shard", "response_policy:agg_min")
            .keys(KeySpec.range("OW INSERT", 1, -1, 2))
            .since("1.0.1")
            .complexity("O(N) for N keys")
            .summary("Sets several strings at once, but only if none of the keys exists.")),
    PSETEX(syntax("PSETEX key milliseconds value")
            .flags(WRITE, DENYOOM)
            .key("OW UPDATE")
            .since("2.6.0")
            .complexity("O(1)")
            .deprecated("2.6.12", "SET with the option PX")
            .summary("Sets a string that lives for some milliseconds.")),
    SET(
            syntax(
                            "SET key value [NX | XX | IFEQ match-value | IFNE match-value | IFDEQ match-digest | IFDNE match-digest] [GET]"
                                    + " [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]")
                    .flags(WRITE, DENYOOM)
                    .key("RW ACCESS UPDATE VARIABLE_FLAGS")
                    .keyFinder(StringCommands::findSetKey)
                    .since("1.0.0")
                    .complexity("O(1)")
                    .summary(
                            "Sets a string, whatever the key held before, under a condition and with an expiry time if wanted.")),
    SETEX(syntax("SETEX key seconds value")
            .flags(WRITE, DENYOOM)
            .key("OW UPDATE")
            .since("2.0.0")
            .complexity("O(1)")
            .deprecated("2.6.12", "SET with the option EX")
            .summary("Sets a string that lives for some seconds.")),
    SETNX(syntax("SETNX key value")
            .flags(WRITE, DENYOOM, FAST)
            .key("OW INSERT")
            .since("1.0.0")
            .complexity("O(1)")
            .deprecated("2.6.12", "SET with the option NX")
            .summary("Sets a string, but only if the key does not exist.")),
    SETRANGE(syntax("SETRANGE key offset value")
            .flags(WRITE, DENYOOM)
            .key("RW UPDATE")
            .since("2.2.0")
            .complexity("O(N) for N bytes written")
            .summary("Writes bytes into a string from an offset on, filling up with zeros before.")),
    STRLEN(syntax("STRLEN key")
            .flags(READONLY, FAST)
            .key("RO")
            .since("2.2.0")
            .complexity("O(1)")
            .summary("Answers the length of a string.")),
    SUBSTR(syntax("SUBSTR key start end")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("1.0.0")
            .complexity("O(N) for N bytes answered")
            .deprecated("2.0.0", "GETRANGE")
            .summary("Answers a part of a string: the old name of GETRANGE."));

    private static final Bytes EMPTY = Bytes.of("");

    // bytes of a value beside whose copy another look at all keys costs nothing
    private static final int LARGE = 64 << 10;

    private static final KeySpec EXCHANGED = KeySpec.range("RW ACCESS UPDATE", 1, 0, 1);
    private static final KeySpec OVERWRITTEN = KeySpec.range("OW UPDATE", 1, 0, 1);

    private final CommandSpec spec;

    StringCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.STRING).build();
    }

    /// SET reads what it overwrites only where it is to answer it.
    private static void findSetKey(Arguments arguments, KeySpec.KeyVisitor visitor) {
        boolean answersOld = false;
        for (int i = 3; i < arguments.argc(); i++)
            answersOld |= arguments.arg(i).isWord("GET");
        visitor.key(1, answersOld ? EXCHANGED : OVERWRITTEN);
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case APPEND -> append(call);
            case DECR -> add(call, -1);
            case DECRBY -> add(call, negated(call));
            case DELEX -> deleteIf(call);
            case DELIFEQ -> deleteIf(call, Condition.IFEQ, 2);
            case DIGEST -> digest(call);
            case GET -> get(call, call.key(1));
            case GETDEL -> getDel(call);
            case GETEX -> getEx(call);
            case GETRANGE, SUBSTR -> getRange(call);
            case GETSET -> getSet(call);
            case INCR -> add(call, 1);
            case INCRBY -> add(call, call.longArg(2));
            case INCRBYFLOAT -> addFloat(call);
            case INCREX -> BoundedCount.run(call);
            case LCS -> Lcs.run(call);
            case MGET -> mget(call);
            case MSET -> mset(call);
            case MSETEX -> msetEx(call);
            case MSETNX -> msetNx(call);
            case PSETEX -> setEx(call, Unit.PX);
            case SET -> set(call);
            case SETEX -> setEx(call, Unit.EX);
            case SETNX -> setNx(call);
            case SETRANGE -> setRange(call);
            case STRLEN -> strlen(call);
        };
    }

    // ---- reading ----

    /// The string under a key as it is used by a read.
    ///
    /// @return null when there is no such key
    private static @Nullable StringValue read(Call call, Bytes key) {
        Database db = call.db();
        long address = call.lookupRead(key);
        return address == 0 ? null : db.string(address);
    }

    private static Reply get(Call call, Bytes key) {
        StringValue value = read(call, key);
        return value == null ? call.reply().nil() : answer(call.reply(), value);
    }

    private static Reply answer(Reply reply, StringValue value) {
        return value.isNumber() ? reply.bulk(value.number()) : reply.bulk(value.bytes());
    }

    private static Reply mget(Call call) {
        Reply reply = call.reply().array(call.argc() - 1);
        boolean hasRoom = false;
        for (int i = 1; i < call.argc(); i++) {
            long address = call.lookupRead(call.key(i));
            if (address == 0 || !call.db().kind(address).isString()) {
                reply.nil();
                continue;
            }
            if (!hasRoom && call.db().string(address).length() >= LARGE) {
                reply.reserve(lengthOfStrings(call, i));
                hasRoom = true;
            }
            answer(reply, call.db().string(address));
        }
        return reply;
    }

    /// How many bytes the answers of these keys take, from the given one on, or some more.
    private static long lengthOfStrings(Call call, int first) {
        Database db = call.db();
        long length = 0;
        for (int i = first; i < call.argc(); i++) {
            long address = db.peek(call.key(i));
            length += BulkString.MOST_AROUND;
            if (address != 0 && db.kind(address).isString())
                length += db.string(address).length();
        }
        return length;
    }

    private static Reply strlen(Call call) {
        StringValue value = read(call, call.key(1));
        return call.reply().integer(value == null ? 0 : value.length());
    }

    private static Reply getRange(Call call) {
        long start = call.longArg(2);
        long end = call.longArg(3);
        StringValue value = read(call, call.key(1));
        if (value == null) return call.reply().bulk(EMPTY);

        Bytes bytes = value.bytes();
        int length = bytes.length();
        if (start < 0 && end < 0 && start > end) return call.reply().bulk(EMPTY);
        if (start < 0) start = Math.max(0, start + length);
        if (end < 0) end = Math.max(0, end + length);
        end = Math.min(end, length - 1L);
        if (start > end || length == 0) return call.reply().bulk(EMPTY);
        return call.reply().bulk(bytes.array(), bytes.offset() + (int) start, (int) (end - start + 1));
    }

    // ---- setting ----

    /// Options may come in any order; each excludes some others.
    private static Reply set(Call call) {
        Bytes key = call.key(1);
        Bytes value = call.arg(2);
        if (call.argc() == 3) { // speed only: the way below does the same
            call.db().setString(key, value, Database.NO_EXPIRY);
            call.changed(key, "set");
            return call.reply().ok();
        }

        boolean wantsOld = false;
        boolean keepsExpiry = false;
        Unit unit = null;
        int timeAt = 0;
        Condition condition = Condition.NONE;
        int operandAt = 0;
        for (int i = 3; i < call.argc(); i++) {
            boolean hasNext = i + 1 < call.argc();
            Unit named = Expiry.unit(call, i);
            Condition wanted = Condition.at(call, i);
            if (named != null && hasNext && !keepsExpiry && (unit == null || unit == named)) {
                unit = named;
                timeAt = ++i;
            } else if (wanted != Condition.NONE && (condition == Condition.NONE || condition == wanted)) {
                condition = wanted;
                if (wanted.hasOperand()) operandAt = wanted.operand(call, ++i);
            } else if (call.is(i, "GET")) {
                wantsOld = true;
            } else if (call.is(i, "KEEPTTL") && unit == null) {
                keepsExpiry = true;
            } else {
                throw Errors.SYNTAX_REFUSAL;
            }
        }
        long expiryMs = keepsExpiry ? Database.KEEP_EXPIRY : Database.NO_EXPIRY;
        if (unit != null) expiryMs = Expiry.positive(call, timeAt, unit);

        long old = wantsOld ? call.lookupRead(key) : call.db().lookup(key);
        StringValue oldValue =
                old != 0 && (wantsOld || condition.hasOperand()) ? call.db().string(old) : null;
        boolean holds = condition.holds(call, operandAt, old != 0, oldValue);
        // the old value is answered before it is overwritten
        if (wantsOld) {
            if (oldValue == null) call.reply().nil();
            else answer(call.reply(), oldValue);
        }
        if (!holds) {
            call.lookupWrite(key); // a use of it all the same
            return wantsOld ? call.reply() : call.reply().nil();
        }

        call.db().setString(key, value, expiryMs);
        changedWithExpiry(call, key, value, expiryMs);
        return wantsOld ? call.reply() : call.reply().ok();
    }

    /// What a SET did, with an absolute time for the log and without its conditions, which held.
    private static void changedWithExpiry(Call call, Bytes key, Bytes value, long expiryMs) {
        call.changed(key, "set");
        if (expiryMs >= 0) call.alsoChanged(key, "expire");
        call.effects().command(Words.SET).arg(key).arg(value);
        Expiry.log(call.effects(), expiryMs);
    }

    private static Reply setEx(Call call, Unit unit) {
        Bytes key = call.key(1);
        long expiryMs = Expiry.positive(call, 2, unit);

        call.db().setString(key, call.arg(3), expiryMs);
        changedWithExpiry(call, key, call.arg(3), expiryMs);

        return call.reply().ok();
    }

    private static Reply setNx(Call call) {
        Bytes key = call.key(1);
        if (call.lookupWrite(key) != 0) return call.reply().integer(0);

        call.db().setString(key, call.arg(2), Database.NO_EXPIRY);
        call.changed(key, "set");

        return call.reply().integer(1);
    }

    private static Reply getSet(Call call) {
        Bytes key = call.key(1);
        get(call, key);

        call.db().setString(key, call.arg(2), Database.NO_EXPIRY);
        call.changed(key, "set");
        call.effects().command(Words.SET).arg(key).arg(call.arg(2));

        return call.reply();
    }

    private static Reply getDel(Call call) {
        Bytes key = call.key(1);
        long address = call.lookupRead(key);
        if (address == 0) return call.reply().nil();
        answer(call.reply(), call.db().string(address));

        removed(call, key, address);

        return call.reply();
    }

    /// Takes the key out that was looked up last.
    private static void removed(Call call, Bytes key, long address) {
        call.db().removeFound(address);
        call.changedGeneric(key, "del");
        call.effects().command(Words.DEL).arg(key);
    }

    /// Looks at the value before it looks at the time, as Redis does; a wrong time for a missing key is no
    /// error.
    private static Reply getEx(Call call) {
        Bytes key = call.key(1);
        Unit unit = null;
        int timeAt = 0;
        boolean persists = false;
        for (int i = 2; i < call.argc(); i++) {
            Unit named = Expiry.unit(call, i);
            if (named != null && i + 1 < call.argc() && !persists && (unit == null || unit == named)) {
                unit = named;
                timeAt = ++i;
            } else if (call.is(i, "PERSIST") && unit == null) {
                persists = true;
            } else {
                throw Errors.SYNTAX_REFUSAL;
            }
        }
        long address = call.lookupRead(key);
        if (address == 0) return call.reply().nil();
        StringValue value = call.db().string(address);
        long expiryMs = unit == null ? Database.NO_EXPIRY : Expiry.positive(call, timeAt, unit);
        answer(call.reply(), value);

        if (unit != null && Expiry.isOver(call, expiryMs)) {
            removed(call, key, address);
        } else if (unit != null) {
            call.db().setExpiry(address, expiryMs);
            call.changedGeneric(key, "expire");
            call.effects().command(Words.PEXPIREAT).arg(key).arg(expiryMs);
        } else if (persists && call.db().expiryMs(address) != Database.NO_EXPIRY) {
            call.db().setExpiry(address, Database.NO_EXPIRY);
            call.changedGeneric(key, "persist");
            call.effects().command(Words.PERSIST).arg(key);
        }
        return call.reply();
    }

    // ---- deleting ----

    private static Reply deleteIf(Call call) {
        if (call.argc() == 2) return deleteIf(call, Condition.NONE, 0);
        Condition condition = call.argc() == 4 ? Condition.at(call, 2) : Condition.NONE;
        if (!condition.hasOperand()) throw Errors.SYNTAX_REFUSAL;
        return deleteIf(call, condition, 3);
    }

    private static Reply deleteIf(Call call, Condition condition, int operandAt) {
        Bytes key = call.key(1);
        long address = call.lookupWrite(key);
        if (address == 0) return call.reply().integer(0);
        StringValue value = null;
        if (condition.hasOperand()) {
            value = call.db().string(address);
            condition.operand(call, operandAt);
        }
        if (!condition.holds(call, operandAt, true, value)) return call.reply().integer(0);

        removed(call, key, address);
        return call.reply().integer(1);
    }

    private static Reply digest(Call call) {
        StringValue value = read(call, call.key(1));
        return value == null ? call.reply().nil() : call.reply().bulk(Condition.digest(value));
    }

    // ---- setting many ----

    private static Reply mset(Call call) {
        if (call.argc() % 2 == 0) return call.reply().error(Errors.arity("mset"));
        setAll(call, 1, call.argc(), Database.NO_EXPIRY);
        return call.reply().ok();
    }

    private static Reply msetNx(Call call) {
        if (call.argc() % 2 == 0) return call.reply().error(Errors.arity("msetnx"));
        for (int i = 1; i < call.argc(); i += 2)
            if (call.lookupWrite(call.key(i)) != 0) return call.reply().integer(0);
        setAll(call, 1, call.argc(), Database.NO_EXPIRY);
        return call.reply().integer(1);
    }

    private static Reply msetEx(Call call) {
        long pairs = call.longArg(1, 1, Integer.MAX_VALUE, Errors.INVALID_NUMKEYS);
        if (pairs > (call.argc() - 2) / 2) return call.reply().error(Errors.NOT_IN_PAIRS);
        int end = 2 + 2 * (int) pairs;
        Condition condition = Condition.NONE;
        Unit unit = null;
        int timeAt = 0;
        boolean keepsExpiry = false;
        for (int i = end; i < call.argc(); i++) {
            Unit named = Expiry.unit(call, i);
            Condition wanted = Condition.at(call, i);
            if (named != null && i + 1 < call.argc() && !keepsExpiry && (unit == null || unit == named)) {
                unit = named;
                timeAt = ++i;
            } else if ((wanted == Condition.NX || wanted == Condition.XX)
                    && (condition == Condition.NONE || condition == wanted)) {
                condition = wanted;
            } else if (call.is(i, "KEEPTTL") && unit == null) {
                keepsExpiry = true;
            } else {
                throw Errors.SYNTAX_REFUSAL;
            }
        }
        long expiryMs = keepsExpiry ? Database.KEEP_EXPIRY : Database.NO_EXPIRY;
        if (unit != null) expiryMs = Expiry.positive(call, timeAt, unit);
        for (int i = 2; i < end; i += 2) {
            if (!condition.holds(call, 0, call.lookupWrite(call.key(i)) != 0, null))
                return call.reply().integer(0);
        }

        setAll(call, 2, end, expiryMs);
        // what is logged has to be known to a Redis that has no MSETEX
        for (int i = 2; i < end; i += 2) {
            call.effects().command(Words.SET).arg(call.key(i)).arg(call.arg(i + 1));
            Expiry.log(call.effects(), expiryMs);
        }
        return call.reply().integer(1);
    }

    /// Sets all or, when memory is short, none.
    private static void setAll(Call call, int from, int to, long expiryMs) {
        call.db().holdRoom(call.argv(), from, to, expiryMs);
        try {
            for (int i = from; i < to; i += 2) {
                call.db().setString(call.key(i), call.arg(i + 1), expiryMs);
                call.changed(call.key(i), "set");
                if (expiryMs >= 0) call.alsoChanged(call.key(i), "expire");
            }
        } finally {
            call.db().letRoomGo();
        }
    }

    // ---- counting ----

    private static long negated(Call call) {
        long amount = call.longArg(2);
        if (amount == Long.MIN_VALUE) throw new Refusal("ERR decrement would overflow");
        return -amount;
    }

    private static Reply add(Call call, long amount) {
        Bytes key = call.key(1);
        Database db = call.db();
        long address = call.lookupWrite(key);
        StringValue old = address == 0 ? null : db.string(address);
        if (old != null && !old.isLong()) throw Errors.NOT_AN_INTEGER;
        long before = old == null ? 0 : old.toLong();
        long after = before + amount;
        if (((before ^ after) & (amount ^ after)) < 0) return call.reply().error(Errors.OVERFLOW);

        if (old != null && old.isNumber()) db.overwriteNumber(address, after);
        else db.setNumber(key, after, Database.KEEP_EXPIRY);
        call.changed(key, "incrby");

        return call.reply().integer(after);
    }

    private static Reply addFloat(Call call) {
        Bytes key = call.key(1);
        Database db = call.db();
        long address = db.lookup(key);
        StringValue old = address == 0 ? null : db.string(address);
        LongDouble before = old == null ? LongDouble.ZERO : number(old.bytes());
        LongDouble amount = number(call.arg(2));
        if (before == null || amount == null) return call.reply().error(Errors.NAN_OR_INFINITY);
        LongDouble sum = before.plus(amount);
        if (sum == null) return call.reply().error(Errors.NAN_OR_INFINITY);

        Bytes after = Bytes.of(sum.print());
        db.setText(key, after, Database.KEEP_EXPIRY);
        call.changed(key, "incrbyfloat");
        // the sum, not the amount: whoever replays this may count in other floats
        call.effects().command(Words.SET).arg(key).arg(after).arg(Words.KEEPTTL);

        return call.reply().bulk(after);
    }

    /// @return null for an infinity, which can be read but not be counted with
    private static @Nullable LongDouble number(Bytes text) {
        LongDouble number = LongDouble.parse(text);
        if (number == null && !LongDouble.isInfinity(text)) throw Errors.NOT_A_FLOAT;
        return number;
    }

    // ---- growing ----

    private static Reply append(Call call) {
        Bytes key = call.key(1);
        Bytes tail = call.arg(2);
        Database db = call.db();
        long address = call.lookupWrite(key);
        if (address == 0) {
            db.setString(key, tail, Database.NO_EXPIRY);
            call.changed(key, "append");
            return call.reply().integer(tail.length());
        }
        int before = db.string(address).length();
        long length = (long) before + tail.length();
        checkLength(call, length);

        Bytes grown = db.growString(address, (int) length);
        System.arraycopy(tail.array(), tail.offset(), grown.array(), grown.offset() + before, tail.length());
        call.changed(key, "append");

        return call.reply().integer(length);
    }

    private static Reply setRange(Call call) {
        Bytes key = call.key(1);
        long offset = call.longArg(2);
        Bytes part = call.arg(3);
        if (offset < 0) return call.reply().error(Errors.OFFSET_OUT_OF_RANGE);
        Database db = call.db();
        long address = call.lookupWrite(key);
        int before = address == 0 ? 0 : db.string(address).length();
        if (part.isEmpty()) return call.reply().integer(before);
        long end = offset + part.length();
        if (end < 0) end = Long.MAX_VALUE;
        checkLength(call, end);

        int length = (int) Math.max(before, end);
        Bytes grown = address == 0 ? db.newString(key, length) : db.growString(address, length);
        System.arraycopy(part.array(), part.offset(), grown.array(), grown.offset() + (int) offset, part.length());
        call.changed(key, "setrange");

        return call.reply().integer(length);
    }

    private static void checkLength(Call call, long length) {
        if (call.isTooLong(length)) throw new Refusal(Errors.TOO_LONG);
        if (length > Records.MAX_LENGTH) throw OutOfMemory.REFUSED;
    }
}
