package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Expiry.Unit;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.HashValue;
import dev.cinnabar.struct.Listpack;
import org.jspecify.annotations.Nullable;

/// Fields of hashes that expire: HEXPIRE and its variants, HTTL and its variants, HPERSIST, HGETDEL, HGETEX,
/// HSETEX.
///
/// The log gets times as they were worked out (HPEXPIREAT, HSETEX … PXAT), and HDEL for what went at once
/// because its time had passed already.
final class HashExpiry {
    /// The latest time that Redis takes for a field, in ms since 1970: the year 4199.

    private static final int NO_FIELD = -2;
    private static final int NO_EXPIRY = -1;
    private static final int NOT_ALLOWED = 0;
    private static final int DONE = 1;
    private static final int DELETED = 2;

    private static final Refusal NO_FIELDS =
            new Refusal("ERR Mandatory argument FIELDS is missing or not at the right position");
    private static final String COUNT = "ERR Number of fields must be a positive integer";
    private static final String COUNT_OF_EXPIRE = "ERR Parameter `numFields` should be greater than 0";
    private static final String COUNT_OF_EX = "ERR invalid number of fields";
    private static final Refusal OTHER_COUNT =
            new Refusal("ERR The `numfields` parameter must match the number of arguments");
    private static final Refusal NEGATIVE = new Refusal("ERR invalid expire time, must be >= 0");
    private static final Refusal MISSING_FIELDS = new Refusal("ERR missing FIELDS argument");
    private static final Refusal FIELDS_TWICE = new Refusal("ERR FIELDS argument can be specified only once");
    private static final Refusal TOO_FEW = new Refusal("ERR wrong number of arguments");
    private static final Refusal ONE_CONDITION = new Refusal("ERR Only one of FXX or FNX arguments can be specified");
    private static final Refusal ONE_OF_GET =
            new Refusal("ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified");
    private static final Refusal ONE_OF_SET =
            new Refusal("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");

    private HashExpiry() {}

    // ---- FIELDS numfields field … ----

    /// Checks that the fields are what the command ends with.
    ///
    /// @param fieldsAt where the word FIELDS has to stand
    /// @return the index of the first field
    private static int fields(Call call, int fieldsAt, String countError) {
        if (fieldsAt + 1 >= call.argc() || !call.is(fieldsAt, "FIELDS")) throw NO_FIELDS;
        long count = call.longArg(fieldsAt + 1, 1, Long.MAX_VALUE, countError);
        int first = fieldsAt + 2;
        if (count != call.argc() - first) throw OTHER_COUNT;
        return first;
    }

    /// A time as HEXPIRE and the others read it: not negative, and no later than what fits.
    private static long time(Call call, int index, Unit unit) {
        if (call.longArg(index) < 0) throw NEGATIVE;
        long whenMs = Expiry.any(call, index, unit);
        if (whenMs > HashValue.MAX_EXPIRY_MS)
            throw Errors.invalidExpire(call.spec().fullName());
        return Math.max(1, whenMs); // 0 means none in a listpackex; it is over either way
    }

    // ---- times ----

    static Reply expire(Call call, Unit unit) {
        HashValue hash = HashCommands.write(call);
        long whenMs = time(call, 2, unit);
        boolean hasCondition = call.is(3, "NX") || call.is(3, "XX") || call.is(3, "GT") || call.is(3, "LT");
        int conditions = hasCondition ? Expiry.conditions(call, 3, 4) : 0;
        int first = fields(call, hasCondition ? 4 : 3, COUNT_OF_EXPIRE);

        int fields = call.argc() - first;
        byte[] results = new byte[fields];
        boolean isOver = Expiry.isOver(call, whenMs);
        boolean needsRoom = !isOver && hash.exists();
        if (needsRoom) hash.holdRoom(call.argv(), first, call.argc(), 1, true);
        try {
            for (int i = 0; i < fields; i++)
                results[i] = (byte) expireOne(hash, call.arg(first + i), conditions, whenMs, isOver);
        } finally {
            if (needsRoom) call.db().letRoomGo();
        }
        outcome(call, hash, first, results, whenMs);

        Reply reply = call.reply().array(fields);
        for (byte result : results) reply.integer(result);
        return reply;
    }

    private static int expireOne(HashValue hash, Bytes field, int conditions, long whenMs, boolean isOver) {
        if (hash.get(field) == null) return NO_FIELD;
        if (!Expiry.allow(conditions, hash.expiryMs(), whenMs)) return NOT_ALLOWED;
        if (isOver) {
            hash.remove(field);
            return DELETED;
        }
        hash.setExpiry(field, whenMs);
        return DONE;
    }

    /// Says what happened to fields, to whoever listens and to the log.
    private static void outcome(Call call, HashValue hash, int first, byte[] results, long whenMs) {
        int done = log(call, first, results, DONE, Words.HPEXPIREAT, whenMs);
        int deleted = log(call, first, results, DELETED, Words.HDEL, Database.NO_EXPIRY);
        if (done > 0) {
            call.changed(call.key(1), "hexpire", done);
        }
        if (deleted > 0) HashCommands.deleted(call, hash, deleted);
    }

    /// Has the fields with this result logged under this command.
    ///
    /// @return how many there are
    private static int log(Call call, int first, byte[] results, int wanted, Bytes command, long whenMs) {
        int count = 0;
        for (byte result : results) if (result == wanted) count++;
        if (count == 0) return 0;
        Effects effects = call.effects().command(command).arg(call.key(1));
        if (whenMs != Database.NO_EXPIRY) effects.arg(whenMs);
        if (command != Words.HDEL) effects.arg(Words.FIELDS).arg(count);
        for (int i = 0; i < results.length; i++) if (results[i] == wanted) effects.arg(call.arg(first + i));
        return count;
    }

    static Reply tell(Call call, boolean isMoment, boolean inSeconds) {
        HashValue hash = HashCommands.read(call);
        int first = fields(call, 2, COUNT);
        Reply reply = call.reply().array(call.argc() - first);
        for (int i = first; i < call.argc(); i++) {
            if (hash.get(call.arg(i)) == null) {
                reply.integer(NO_FIELD);
            } else if (hash.expiryMs() == Database.NO_EXPIRY) {
                reply.integer(NO_EXPIRY);
            } else {
                long ms = isMoment ? hash.expiryMs() : Math.max(0, hash.expiryMs() - call.nowMs());
                reply.integer(inSeconds ? (ms + 999) / 1000 : ms); // rounded up, unlike the times of keys
            }
        }
        return reply;
    }

    static Reply persist(Call call) {
        HashValue hash = HashCommands.write(call);
        int first = fields(call, 2, COUNT);
        byte[] results = new byte[call.argc() - first];
        for (int i = 0; i < results.length; i++) results[i] = (byte) persistOne(hash, call.arg(first + i));
        persisted(call, first, results);

        Reply reply = call.reply().array(results.length);
        for (byte result : results) reply.integer(result);
        return reply;
    }

    private static int persistOne(HashValue hash, Bytes field) {
        if (hash.get(field) == null) return NO_FIELD;
        if (hash.expiryMs() == Database.NO_EXPIRY) return NO_EXPIRY;
        hash.setExpiry(field, Database.NO_EXPIRY);
        return DONE;
    }

    private static void persisted(Call call, int first, byte[] results) {
        int count = log(call, first, results, DONE, Words.HPERSIST, Database.NO_EXPIRY);
        if (count == 0) return;
        call.changed(call.key(1), "hpersist", count);
    }

    // ---- with values ----

    static Reply getAndDelete(Call call) {
        HashValue hash = HashCommands.write(call);
        int first = fields(call, 2, COUNT);
        byte[] results = new byte[call.argc() - first];
        Reply reply = call.reply().array(results.length);
        for (int i = 0; i < results.length; i++) {
            Listpack.Entry value = hash.get(call.arg(first + i));
            HashCommands.answerOrNil(reply, value);
            if (value == null) continue;
            hash.remove(call.arg(first + i));
            results[i] = DELETED;
        }
        outcome(call, hash, first, results, Database.NO_EXPIRY);
        return reply;
    }

    static Reply getAndExpire(Call call) {
        HashValue hash = HashCommands.write(call);
        Options options = new Options(call, true);
        int first = options.first;
        byte[] results = new byte[options.fields];
        boolean isOver = options.hasTime() && Expiry.isOver(call, options.whenMs);
        boolean needsRoom = options.hasTime() && !isOver && hash.exists();
        if (needsRoom) hash.holdRoom(call.argv(), first, first + options.fields, 1, true);
        Reply reply = call.reply().array(options.fields);
        try {
            for (int i = 0; i < options.fields; i++) {
                Bytes field = call.arg(first + i);
                HashCommands.answerOrNil(reply, hash.get(field));
                if (options.keepsOrPersists) results[i] = (byte) persistOne(hash, field);
                else if (options.hasTime()) results[i] = (byte) expireOne(hash, field, 0, options.whenMs, isOver);
            }
        } finally {
            if (needsRoom) call.db().letRoomGo();
        }
        if (options.keepsOrPersists) persisted(call, first, results);
        else outcome(call, hash, first, results, options.whenMs);
        return reply;
    }

    static Reply setAndExpire(Call call) {
        HashValue hash = HashCommands.write(call);
        Options options = new Options(call, false);
        int first = options.first;
        int end = first + 2 * options.fields;
        if (!options.holds(call, hash)) return call.reply().integer(0);
        if (options.hasTime() && Expiry.isOver(call, options.whenMs)) return deleteAll(call, hash, first, end);

        hash.holdRoom(call.argv(), first, end, 2, true);
        try {
            for (int i = first; i < end; i += 2) {
                if (options.keepsOrPersists) hash.putKeepingExpiry(call.arg(i), call.arg(i + 1));
                else hash.put(call.arg(i), call.arg(i + 1));
                if (options.hasTime()) hash.setExpiry(call.arg(i), options.whenMs);
            }
        } finally {
            call.db().letRoomGo();
        }
        call.changed(call.key(1), "hset", options.fields);
        if (options.hasTime()) call.changed(call.key(1), "hexpire");
        // without its condition, which held: whoever replays this still has fields whose time was over here
        boolean keeps = options.keepsOrPersists && hash.hasVolatile();
        boolean isPlain = !options.hasTime() && !keeps; // which Redis 7.0 can say, too
        Effects effects =
                call.effects().command(isPlain ? Words.HSET : Words.HSETEX).arg(call.key(1));
        if (options.hasTime()) effects.arg(Words.PXAT).arg(options.whenMs);
        else if (keeps) effects.arg(Words.KEEPTTL);
        if (!isPlain) effects.arg(Words.FIELDS).arg(options.fields);
        for (int i = first; i < end; i++) effects.arg(call.arg(i));
        return call.reply().integer(1);
    }

    /// Fields were set to a time that has passed: they are not there after.
    private static Reply deleteAll(Call call, HashValue hash, int first, int end) {
        byte[] results = new byte[end - first]; // those of the values say nothing
        for (int i = first; i < end; i += 2) if (hash.remove(call.arg(i))) results[i - first] = DELETED;
        outcome(call, hash, first, results, Database.NO_EXPIRY);
        return call.reply().integer(1);
    }

    /// What stands in front of the fields of HGETEX and HSETEX, or behind them.
    private static final class Options {
        private final int first; // index of the first field
        private final int fields;
        private final long whenMs;
        private final boolean keepsOrPersists; // KEEPTTL of HSETEX, PERSIST of HGETEX
        private final int condition; // 0 or the index of FNX or FXX
        private final boolean wantsAll; // FXX

        Options(Call call, boolean isGet) {
            int firstAt = 0;
            long count = 0;
            long time = Database.NO_EXPIRY;
            boolean hasOther = false;
            int conditionAt = 0;
            for (int i = 2; i < call.argc(); i++) {
                @Nullable Unit unit = Expiry.unit(call, i);
                if (call.is(i, "FIELDS")) {
                    if (firstAt != 0) throw FIELDS_TWICE;
                    if (i + 1 == call.argc()) throw TOO_FEW;
                    count = call.longArg(i + 1, 1, Integer.MAX_VALUE, COUNT_OF_EX);
                    firstAt = i + 2;
                    long words = isGet ? count : 2 * count;
                    if (words > call.argc() - firstAt) throw TOO_FEW;
                    i += 1 + (int) words;
                } else if (unit != null) {
                    if (time != Database.NO_EXPIRY || hasOther) throw isGet ? ONE_OF_GET : ONE_OF_SET;
                    if (i + 1 == call.argc()) throw TOO_FEW;
                    time = time(call, ++i, unit);
                } else if (call.is(i, isGet ? "PERSIST" : "KEEPTTL")) {
                    if (time != Database.NO_EXPIRY || hasOther) throw isGet ? ONE_OF_GET : ONE_OF_SET;
                    hasOther = true;
                } else if (!isGet && (call.is(i, "FNX") || call.is(i, "FXX"))) {
                    if (conditionAt != 0) throw ONE_CONDITION;
                    conditionAt = i;
                } else {
                    throw new Refusal("ERR unknown argument: " + Errors.echo(call.arg(i)));
                }
            }
            if (firstAt == 0) throw MISSING_FIELDS;
            first = firstAt;
            fields = (int) count;
            whenMs = time;
            keepsOrPersists = hasOther;
            condition = conditionAt;
            wantsAll = conditionAt != 0 && call.is(conditionAt, "FXX");
        }

        boolean hasTime() {
            return whenMs != Database.NO_EXPIRY;
        }

        /// Whether FNX or FXX, if given, lets the fields be set.
        boolean holds(Call call, HashValue hash) {
            if (condition == 0) return true;
            for (int i = 0; i < fields; i++) if (hash.get(call.arg(first + 2 * i)) != null != wantsAll) return false;
            return true;
        }
    }
}
