package dev.cinnabar.command;

import dev.cinnabar.store.Database;
import org.jspecify.annotations.Nullable;

/// Expiry times as clients give them: relative or absolute, in seconds or milliseconds, always kept as ms
/// since 1970.
final class Expiry {
    private Expiry() {}

    /// The unit and origin that an option names.
    enum Unit {
        EX,
        PX,
        EXAT,
        PXAT;

        boolean isAbsolute() {
            return this == EXAT || this == PXAT;
        }

        boolean isSeconds() {
            return this == EX || this == EXAT;
        }
    }

    /// An argument as a moment in ms since 1970.
    ///
    /// @throws Refusal when it is no number, not positive, or beyond what 64 bits of milliseconds can hold
    static long positive(Call call, int index, Unit unit) {
        long value = call.longArg(index);
        if (value <= 0) throw invalid(call);
        return toMs(call, value, unit);
    }

    /// The same with zero and negative numbers, which lie in the past.
    static long any(Call call, int index, Unit unit) {
        return toMs(call, call.longArg(index), unit);
    }

    private static long toMs(Call call, long value, Unit unit) {
        if (unit.isSeconds()) {
            if (value > Long.MAX_VALUE / 1000 || value < Long.MIN_VALUE / 1000) throw invalid(call);
            value *= 1000;
        }
        if (unit.isAbsolute()) return value;
        if (value > Long.MAX_VALUE - call.nowMs()) throw invalid(call);
        return value + call.nowMs();
    }

    private static Refusal invalid(Call call) {
        return Errors.invalidExpire(call.spec().fullName());
    }

    /// Which option stands at the index, if it is one of these four.
    ///
    /// @return null when it is none
    static @Nullable Unit unit(Call call, int index) {
        if (call.is(index, "EX")) return Unit.EX;
        if (call.is(index, "PX")) return Unit.PX;
        if (call.is(index, "EXAT")) return Unit.EXAT;
        return call.is(index, "PXAT") ? Unit.PXAT : null;
    }

    /// Whether a time has passed, so that the key goes at once; never while the log is replayed, which says
    /// itself what was deleted when.
    static boolean isOver(Call call, long expiryMs) {
        return expiryMs <= call.nowMs() && call.store().moment().expires;
    }

    /// Adds to a SET for the log what it has to say of the expiry time.
    static void log(Effects effects, long expiryMs) {
        if (expiryMs == Database.KEEP_EXPIRY) effects.arg(Words.KEEPTTL);
        else if (expiryMs != Database.NO_EXPIRY) effects.arg(Words.PXAT).arg(expiryMs);
    }

    /// A stored time as TTL answers it: what is left, rounded to seconds if asked; -1 for none.
    static long left(Call call, long expiryMs, boolean inSeconds) {
        if (expiryMs == Database.NO_EXPIRY) return -1;
        long left = Math.max(0, expiryMs - call.nowMs());
        return inSeconds ? (left + 500) / 1000 : left;
    }

    /// A stored time as EXPIRETIME answers it: since 1970, rounded to seconds if asked; -1 for none.
    static long moment(long expiryMs, boolean inSeconds) {
        if (expiryMs == Database.NO_EXPIRY) return -1;
        // unsigned, because rounding may carry beyond the largest time there is
        return inSeconds ? Long.divideUnsigned(expiryMs + 500, 1000) : expiryMs;
    }

    // ---- the conditions of EXPIRE ----

    private static final int NX = 1; // only where there is no expiry time
    private static final int XX = 2; // only where there is one
    private static final int GT = 4; // only to a later one; none at all is the latest
    private static final int LT = 8; // only to an earlier one

    /// Reads the conditions from an argument to the last.
    ///
    /// @return for [#allow]
    /// @throws Refusal for other words, and for conditions that exclude each other
    static int conditions(Call call, int from) {
        return conditions(call, from, call.argc());
    }

    /// The same for some arguments.
    static int conditions(Call call, int from, int to) {
        int conditions = 0;
        for (int i = from; i < to; i++) {
            if (call.is(i, "NX")) conditions |= NX;
            else if (call.is(i, "XX")) conditions |= XX;
            else if (call.is(i, "GT")) conditions |= GT;
            else if (call.is(i, "LT")) conditions |= LT;
            else throw new Refusal("ERR Unsupported option " + Errors.echo(call.arg(i)));
        }
        if ((conditions & NX) != 0 && conditions != NX) throw Errors.NX_EXCLUDES;
        if ((conditions & GT) != 0 && (conditions & LT) != 0) throw Errors.GT_EXCLUDES_LT;
        return conditions;
    }

    /// Whether a key's expiry time may be replaced by another.
    static boolean allow(int conditions, long currentMs, long wantedMs) {
        boolean isVolatile = currentMs != Database.NO_EXPIRY;
        if ((conditions & NX) != 0 && isVolatile) return false;
        if ((conditions & XX) != 0 && !isVolatile) return false;
        if ((conditions & GT) != 0 && (!isVolatile || wantedMs <= currentMs)) return false;
        return (conditions & LT) == 0 || !isVolatile || wantedMs < currentMs;
    }
}
