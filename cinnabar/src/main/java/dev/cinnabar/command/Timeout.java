package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.LongDouble;
import dev.cinnabar.base.Numbers;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/// How long a blocking command waits, as its clients write it: seconds, with a fraction if they like, or
/// whole milliseconds.
public final class Timeout {
    private static final BigDecimal MS_PER_SECOND = BigDecimal.valueOf(1000);
    private static final Refusal NOT_A_FLOAT = new Refusal("ERR timeout is not a float or out of range");
    private static final Refusal NOT_WHOLE = new Refusal("ERR timeout is not an integer or out of range");
    private static final Refusal OUT_OF_RANGE = new Refusal("ERR timeout is out of range");
    private static final Refusal NEGATIVE = new Refusal("ERR timeout is negative");
    private static final long PLAIN_SECONDS = 1_000_000_000; // up to here nothing overflows

    private Timeout() {}

    /// The argument in milliseconds, rounded up; 0 stands for ever.
    ///
    /// @throws Refusal when it is no number, negative, or later than can be counted
    static long millis(Call call, int index) {
        Bytes text = call.arg(index);
        if (Numbers.isLong(text)) {
            long seconds = Numbers.parse(text);
            if (seconds >= 0 && seconds < PLAIN_SECONDS) return 1000 * seconds;
        }
        if (LongDouble.isInfinity(text)) throw text.at(0) == '-' ? NEGATIVE : OUT_OF_RANGE;
        BigDecimal seconds = parse(text);
        if (seconds == null) throw NOT_A_FLOAT;
        LongDouble product =
                LongDouble.of(seconds.multiply(MS_PER_SECOND)); // 0.05 is a little more than that, and has to give 50
        if (product == null) throw OUT_OF_RANGE;
        BigDecimal millis = product.exact().setScale(0, RoundingMode.CEILING);
        if (millis.signum() < 0) throw NEGATIVE;
        if (millis.compareTo(BigDecimal.valueOf(Long.MAX_VALUE - call.nowMs())) > 0) throw OUT_OF_RANGE;
        return millis.longValueExact();
    }

    /// The argument where clients write whole milliseconds; 0 stands for ever.
    ///
    /// @throws Refusal when it is no whole number, negative, or later than can be counted
    public static long wholeMillis(Call call, int index) {
        Bytes text = call.arg(index);
        if (!Numbers.isLong(text)) throw NOT_WHOLE;
        long ms = Numbers.parse(text);
        if (ms < 0) throw NEGATIVE;
        if (ms > Long.MAX_VALUE - call.nowMs()) throw OUT_OF_RANGE;
        return ms;
    }

    /// As C's `strtold` reads it, whole numbers in hexadecimal included.
    private static @Nullable BigDecimal parse(Bytes text) {
        boolean isHex = text.length() > 2 && text.length() <= 34 && text.at(0) == '0' && (text.at(1) | 0x20) == 'x';
        if (!isHex) {
            LongDouble number = LongDouble.parse(text);
            return number == null ? null : number.exact();
        }
        for (int i = 2; i < text.length(); i++) if (Character.digit(text.at(i), 16) < 0) return null;
        return new BigDecimal(new BigInteger(text.toLatin1().substring(2), 16));
    }
}
