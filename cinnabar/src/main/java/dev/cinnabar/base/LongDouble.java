package dev.cinnabar.base;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/// Arithmetic of C's 80-bit `long double`, in which INCRBYFLOAT and HINCRBYFLOAT count: 64 bits of mantissa.
///
/// Values are exact decimals that were rounded to what such a number can hold, so sums come out as on a machine that has them.
public final class LongDouble {
    private static final int MANTISSA_BITS = 64;
    private static final int MAX_EXPONENT_10 = 4932; // largest power of ten below the largest value
    private static final int MAX_CHARS = 256; // longer texts are no numbers; the limit of redis-server 7.0

    private LongDouble() {}

    /// The number that a text stands for: digits, at most one point, an exponent.
    ///
    /// @return null when it is none, or too large
    public static @Nullable BigDecimal parse(Bytes text) {
        if (text.length() == 0 || text.length() > MAX_CHARS) return null;
        for (int i = 0; i < text.length(); i++) {
            int b = text.at(i);
            if ((b < '0' || b > '9') && b != '.' && b != 'e' && b != 'E' && b != '-' && b != '+') return null;
        }
        try {
            BigDecimal value = new BigDecimal(text.toLatin1());
            long magnitude = (long) value.precision() - value.scale();
            if (value.signum() != 0 && Math.abs(magnitude) > MAX_EXPONENT_10) return null;
            return round(value);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /// Whether a text stands for an infinity, in one of the spellings C knows.
    public static boolean isInfinity(Bytes text) {
        int sign = text.length() > 0 && (text.at(0) == '-' || text.at(0) == '+') ? 1 : 0;
        Bytes word = new Bytes(text.array(), text.offset() + sign, text.length() - sign);
        return word.isWord("INF") || word.isWord("INFINITY");
    }

    /// The sum, rounded to 64 bits of mantissa.
    ///
    /// @return null when it is too large
    public static @Nullable BigDecimal add(BigDecimal a, BigDecimal b) {
        BigDecimal sum = round(a.add(b));
        return sum.precision() - sum.scale() > MAX_EXPONENT_10 ? null : sum;
    }

    /// The decimal text with at most 17 digits behind the point and no zeros at its end, as `%.17Lf` gives it.
    public static String print(BigDecimal value) {
        BigDecimal rounded = value.setScale(17, RoundingMode.HALF_EVEN).stripTrailingZeros();
        return rounded.signum() == 0 ? "0" : rounded.toPlainString();
    }

    private static BigDecimal round(BigDecimal value) {
        if (value.signum() == 0) return BigDecimal.ZERO;
        // value = unscaled · 10^-scale = numerator / denominator; find e with 2^63 <= value / 2^e < 2^64
        BigInteger numerator = value.unscaledValue().abs();
        BigInteger denominator = BigInteger.ONE;
        if (value.scale() > 0) denominator = BigInteger.TEN.pow(value.scale());
        else numerator = numerator.multiply(BigInteger.TEN.pow(-value.scale()));
        int exponent = numerator.bitLength() - denominator.bitLength() - MANTISSA_BITS;
        BigInteger mantissa = divideToEven(numerator, denominator, exponent);
        if (mantissa.bitLength() < MANTISSA_BITS) mantissa = divideToEven(numerator, denominator, --exponent);

        BigDecimal result = exponent >= 0
                ? new BigDecimal(mantissa.shiftLeft(exponent))
                : new BigDecimal(mantissa).divide(new BigDecimal(BigInteger.ONE.shiftLeft(-exponent)));
        return value.signum() < 0 ? result.negate() : result;
    }

    private static BigInteger divideToEven(BigInteger numerator, BigInteger denominator, int exponent) {
        if (exponent > 0) denominator = denominator.shiftLeft(exponent);
        else numerator = numerator.shiftLeft(-exponent);
        BigInteger[] parts = numerator.divideAndRemainder(denominator);
        int half = parts[1].shiftLeft(1).compareTo(denominator);
        return half > 0 || half == 0 && parts[0].testBit(0) ? parts[0].add(BigInteger.ONE) : parts[0];
    }
}
