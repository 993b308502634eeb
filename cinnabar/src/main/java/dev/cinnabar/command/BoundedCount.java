package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.LongDouble;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.command.Expiry.Unit;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.StringValue;
import org.jspecify.annotations.Nullable;

/// INCREX: counts between two bounds, and sets the expiry time in the same step.
///
/// A sum beyond a bound, or beyond what can be counted, changes nothing, and the answer says that 0 was
/// added; with SATURATE it is the bound.
final class BoundedCount {
    private static final int NONE = 0;

    private final Call call;
    private int amountAt = NONE; // index of the argument
    private boolean isFloat;
    private int lowerAt = NONE;
    private int upperAt = NONE;
    private boolean saturates;
    private @Nullable Unit unit;
    private int timeAt = NONE;
    private boolean persists;
    private boolean onlyNewExpiry;

    private BoundedCount(Call call) {
        this.call = call;
    }

    static Reply run(Call call) {
        BoundedCount count = new BoundedCount(call);
        count.parse();
        return count.isFloat ? count.addFloat() : count.addLong();
    }

    private void parse() {
        for (int i = 2; i < call.argc(); i++) {
            boolean hasNext = i + 1 < call.argc();
            boolean byFloat = call.is(i, "BYFLOAT");
            Unit named = Expiry.unit(call, i);
            if (hasNext && amountAt == NONE && (byFloat || call.is(i, "BYINT"))) {
                isFloat = byFloat;
                amountAt = ++i;
            } else if (hasNext && lowerAt == NONE && call.is(i, "LBOUND")) {
                lowerAt = ++i;
            } else if (hasNext && upperAt == NONE && call.is(i, "UBOUND")) {
                upperAt = ++i;
            } else if (hasNext && named != null && unit == null && !persists) {
                unit = named;
                timeAt = ++i;
            } else if (call.is(i, "PERSIST") && unit == null) {
                persists = true;
            } else if (call.is(i, "SATURATE")) {
                saturates = true;
            } else if (call.is(i, "ENX")) {
                onlyNewExpiry = true;
            } else {
                throw Errors.SYNTAX_REFUSAL;
            }
        }
        if (onlyNewExpiry && persists) throw Errors.SYNTAX_REFUSAL;
        if (onlyNewExpiry && unit == null) throw new Refusal(Errors.ENX_WITHOUT_EXPIRY);
    }

    // ---- whole numbers ----

    private Reply addLong() {
        long amount = amountAt == NONE ? 1 : whole(amountAt, "value");
        long lower = lowerAt == NONE ? Long.MIN_VALUE : whole(lowerAt, "LBOUND");
        long upper = upperAt == NONE ? Long.MAX_VALUE : whole(upperAt, "UBOUND");
        if (lower > upper) throw new Refusal(Errors.BOUNDS_CROSSED);
        long expiryMs = expiryMs();
        Database db = call.db();
        long address = call.lookupWrite(call.key(1));
        StringValue old = address == 0 ? null : db.string(address);
        if (old != null && !old.isLong()) throw Errors.NOT_AN_INTEGER;

        long before = old == null ? 0 : old.toLong();
        long after = before + amount;
        boolean overflows = ((before ^ after) & (amount ^ after)) < 0;
        boolean isAbove = overflows ? amount > 0 : after > upper;
        boolean isBelow = overflows ? amount < 0 : after < lower;
        if (isAbove || isBelow) {
            if (!saturates) return call.reply().array(2).integer(before).integer(0);
            after = isAbove ? upper : lower;
            amount = after - before;
            if (((after ^ before) & (after ^ amount)) < 0) throw new Refusal(Errors.OVERFLOW);
        }

        long newExpiryMs = newExpiryMs(address, expiryMs);
        boolean hadExpiry = address != 0 && db.expiryMs(address) != Database.NO_EXPIRY;
        db.setNumber(call.key(1), after, newExpiryMs);
        changed("incrby", newExpiryMs, hadExpiry);
        call.effects().command(Words.SET).arg(call.key(1)).arg(after);
        Expiry.log(call.effects(), newExpiryMs);

        return call.reply().array(2).integer(after).integer(amount);
    }

    private long whole(int index, String name) {
        if (Numbers.isLong(call.arg(index))) return call.longArg(index);
        throw new Refusal("ERR " + name + " is not an integer or out of range");
    }

    // ---- fractions ----

    private Reply addFloat() {
        LongDouble amount = number(amountAt, "value");
        LongDouble lower = lowerAt == NONE ? LongDouble.MAX.negate() : number(lowerAt, "LBOUND");
        LongDouble upper = upperAt == NONE ? LongDouble.MAX : number(upperAt, "UBOUND");
        if (lower.compareTo(upper) > 0) throw new Refusal(Errors.BOUNDS_CROSSED);
        long expiryMs = expiryMs();
        Database db = call.db();
        long address = call.lookupWrite(call.key(1));
        LongDouble before = address == 0
                ? LongDouble.ZERO
                : LongDouble.parse(db.string(address).bytes());
        if (before == null) throw Errors.NOT_A_FLOAT;

        LongDouble after = before.plus(amount);
        boolean isAbove = after == null ? amount.signum() > 0 : after.compareTo(upper) > 0;
        boolean isBelow = after == null ? amount.signum() < 0 : after.compareTo(lower) < 0;
        if (after == null || isAbove || isBelow) {
            if (!saturates) return answer(before, LongDouble.ZERO);
            after = isAbove ? upper : lower;
            amount = after.plus(before.negate());
            if (amount == null) throw new Refusal(Errors.NAN_OR_INFINITY);
        }

        Bytes text = Bytes.of(after.print());
        long newExpiryMs = newExpiryMs(address, expiryMs);
        boolean hadExpiry = address != 0 && db.expiryMs(address) != Database.NO_EXPIRY;
        db.setString(call.key(1), text, newExpiryMs);
        changed("incrbyfloat", newExpiryMs, hadExpiry);
        call.effects().command(Words.SET).arg(call.key(1)).arg(text);
        Expiry.log(call.effects(), newExpiryMs);

        return answer(after, amount);
    }

    private LongDouble number(int index, String name) {
        LongDouble number = LongDouble.parse(call.arg(index));
        if (number != null) return number;
        if (LongDouble.isInfinity(call.arg(index))) throw new Refusal(Errors.NAN_OR_INFINITY);
        throw new Refusal("ERR " + name + " is not a valid float");
    }

    private Reply answer(LongDouble value, LongDouble added) {
        return call.reply().array(2).decimal(value.print()).decimal(added.print());
    }

    // ---- expiry ----

    private long expiryMs() {
        Unit given = unit;
        if (given != null) return Expiry.positive(call, timeAt, given);
        return persists ? Database.NO_EXPIRY : Database.KEEP_EXPIRY;
    }

    private long newExpiryMs(long address, long expiryMs) {
        boolean isVolatile = address != 0 && call.db().expiryMs(address) != Database.NO_EXPIRY;
        return onlyNewExpiry && isVolatile ? Database.KEEP_EXPIRY : expiryMs;
    }

    private void changed(String event, long expiryMs, boolean hadExpiry) {
        call.changed(call.key(1), event);
        if (expiryMs >= 0) call.alsoChanged(call.key(1), "expire");
        else if (expiryMs == Database.NO_EXPIRY && hadExpiry) call.alsoChanged(call.key(1), "persist");
    }
}
