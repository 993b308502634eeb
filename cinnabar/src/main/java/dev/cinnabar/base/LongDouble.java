package dev.cinnabar.base;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/// Arithmetic of C's 80-bit `long double`, in which INCRBYFLOAT and HINCRBYFLOAT count: 64 bits of mantissa.
///
/// Values are exact decimals that were rounded to what such a number can hold, so sums come out as on a
/// machine that has them.
public final class LongDouble {
    /*
     * A finite value is mantissa · 2^exponent with a mantissa of 64 bits:
     *
     *   largest    (2^64 − 1) · 2^16320       1.19e4932
     *   smallest   1 · 2^−16445               3.6e−4951; below 2^−16382 the mantissa gets shorter
     */

    /// The largest value there is.
    public static final BigDecimal MAX =
            new BigDecimal(BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE).shiftLeft(LongDouble.MAX_EXPONENT));

    private static final BigInteger FIVE = BigInteger.valueOf(5);
    private static final int MANTISSA_BITS = 64;
    private static final int MAX_EXPONENT = 16320;
    private static final int MIN_EXPONENT = -16445;
    private static final int MAX_CHARS = 5119; // longer texts are no numbers; the limit of redis-server 7.0
    private static final int FAR_BITS =
            16_500; // a number of more bits in front of the point is too large, of more behind it too small
    private static final double LOG2_OF_10 = Math.log(10) / Math.log(2);
    private static final int PRINTED_DIGITS = 17;

    private LongDouble() {}

    // ---- reading ----

    /// The number that a text stands for, in the ways C's `strtold` reads them: digits, at most one point, an
    /// exponent; or hexadecimal behind `0x` with an exponent of two behind `p`. No blanks around, no
    /// infinity: for that see [#isInfinity].
    ///
    /// @return null when it is none, too large, or so small that it would be 0
    public static @Nullable BigDecimal parse(Bytes text) {
        int length = text.length();
        if (length == 0 || length > MAX_CHARS) return null;
        boolean isNegative = text.at(0) == '-';
        int from = isNegative || text.at(0) == '+' ? 1 : 0;
        boolean isHex = length > from + 2 && text.at(from) == '0' && (text.at(from + 1) | 0x20) == 'x';
        BigDecimal magnitude = isHex ? magnitude(text, from + 2, 16, 'p') : magnitude(text, from, 10, 'e');
        if (magnitude == null) return null;
        BigDecimal value = round(magnitude);
        if (value == null || value.signum() == 0 && magnitude.signum() != 0) return null;
        return isNegative ? value.negate() : value;
    }

    private static @Nullable BigDecimal magnitude(Bytes text, int from, int radix, char exponentMark) {
        StringBuilder digits = new StringBuilder(text.length());
        int i = from;
        int fraction = 0; // digits behind the point
        boolean hasPoint = false;
        for (; i < text.length(); i++) {
            int c = text.at(i);
            if (c == '.' && !hasPoint) {
                hasPoint = true;
            } else if (c > 0 && Character.digit(c, radix) >= 0) {
                digits.append((char) c);
                if (hasPoint) fraction++;
            } else {
                break;
            }
        }
        if (digits.length() == 0) return null;
        long exponent = 0;
        if (i < text.length()) {
            if ((text.at(i) | 0x20) != exponentMark) return null;
            exponent = exponent(text, i + 1);
            if (exponent == Long.MIN_VALUE) return null;
        }

        BigInteger unscaled = new BigInteger(digits.toString(), radix);
        if (unscaled.signum() == 0) return BigDecimal.ZERO;
        double bitsPerStep = radix == 10 ? LOG2_OF_10 : 1; // of the exponent
        long shift = radix == 10 ? exponent - fraction : exponent - 4L * fraction;
        if (Math.abs(unscaled.bitLength() + bitsPerStep * shift) > FAR_BITS) return null;
        if (radix == 10) return new BigDecimal(unscaled, (int) -shift);
        return scaled(unscaled, (int) shift);
    }

    /// A sign and digits up to the end, kept within a range that is far enough; the smallest number for
    /// anything else.
    private static long exponent(Bytes text, int from) {
        int i = from;
        boolean isNegative = i < text.length() && text.at(i) == '-';
        if (isNegative || i < text.length() && text.at(i) == '+') i++;
        if (i == text.length()) return Long.MIN_VALUE;
        long exponent = 0;
        for (; i < text.length(); i++) {
            int digit = text.at(i) - '0';
            if (digit < 0 || digit > 9) return Long.MIN_VALUE;
            exponent = Math.min(exponent * 10 + digit, Integer.MAX_VALUE);
        }
        return isNegative ? -exponent : exponent;
    }

    /// Whether a text stands for an infinity, in one of the spellings C knows.
    public static boolean isInfinity(Bytes text) {
        return isInfinity(text.array(), text.offset(), text.length());
    }

    /// The same for bytes without a window.
    static boolean isInfinity(byte[] array, int offset, int length) {
        int sign = length > 0 && (array[offset] == '-' || array[offset] == '+') ? 1 : 0;
        return Bytes.isWord(array, offset + sign, length - sign, "INF")
                || Bytes.isWord(array, offset + sign, length - sign, "INFINITY");
    }

    // ---- counting ----

    /// The sum, rounded to 64 bits of mantissa.
    ///
    /// @return null when it is too large
    public static @Nullable BigDecimal add(BigDecimal a, BigDecimal b) {
        return rounded(a.add(b));
    }

    /// The product, rounded to 64 bits of mantissa.
    ///
    /// @return null when it is too large
    public static @Nullable BigDecimal multiply(BigDecimal a, BigDecimal b) {
        return rounded(a.multiply(b));
    }

    private static @Nullable BigDecimal rounded(BigDecimal exact) {
        BigDecimal magnitude = round(exact.abs());
        return magnitude == null || exact.signum() >= 0 ? magnitude : magnitude.negate();
    }

    // ---- writing ----

    /// The decimal text with at most 17 digits behind the point and no zeros at its end, as `%.17Lf` gives
    /// it.
    public static String print(BigDecimal value) {
        BigDecimal rounded =
                value.setScale(PRINTED_DIGITS, RoundingMode.HALF_EVEN).stripTrailingZeros();
        return rounded.signum() == 0 ? "0" : rounded.toPlainString();
    }

    /// The nearest value that such a number can hold, for one that is not negative; the even one of two. Null
    /// when it is too large.
    private static @Nullable BigDecimal round(BigDecimal value) {
        if (value.signum() == 0) return BigDecimal.ZERO;
        // value = unscaled · 10^-scale = numerator / denominator; find e with 2^63 <= value / 2^e < 2^64
        BigInteger numerator = value.unscaledValue();
        BigInteger denominator = BigInteger.ONE;
        if (value.scale() > 0) denominator = BigInteger.TEN.pow(value.scale());
        else numerator = numerator.multiply(BigInteger.TEN.pow(-value.scale()));
        int exponent = Math.max(MIN_EXPONENT, numerator.bitLength() - denominator.bitLength() - MANTISSA_BITS + 1);
        BigInteger[] parts = divide(numerator, denominator, exponent);
        if (parts[0].bitLength() < MANTISSA_BITS && exponent > MIN_EXPONENT) {
            parts = divide(numerator, denominator, --exponent);
        }
        BigInteger mantissa = parts[0];
        int half = parts[1].shiftLeft(1).compareTo(exponent > 0 ? denominator.shiftLeft(exponent) : denominator);
        if (half > 0 || half == 0 && mantissa.testBit(0)) mantissa = mantissa.add(BigInteger.ONE);

        if (exponent + mantissa.bitLength() > MAX_EXPONENT + MANTISSA_BITS) return null;
        return scaled(mantissa, exponent);
    }

    /// The integer times two to the exponent, exactly and in few digits: n / 2^k is n · 5^k / 10^k.
    /// (BigDecimal's own division takes milliseconds where k is some thousands.)
    private static BigDecimal scaled(BigInteger integer, int exponent) {
        if (exponent >= 0) return new BigDecimal(integer.shiftLeft(exponent));
        int shared = Math.min(-exponent, Math.max(0, integer.getLowestSetBit()));
        int halvings = -exponent - shared;
        return new BigDecimal(integer.shiftRight(shared).multiply(FIVE.pow(halvings)), halvings);
    }

    /// Divides by the denominator times two to the exponent, into quotient and remainder.
    private static BigInteger[] divide(BigInteger numerator, BigInteger denominator, int exponent) {
        return exponent > 0
                ? numerator.divideAndRemainder(denominator.shiftLeft(exponent))
                : numerator.shiftLeft(-exponent).divideAndRemainder(denominator);
    }
}
