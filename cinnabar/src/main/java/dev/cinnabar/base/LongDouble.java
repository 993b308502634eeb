package dev.cinnabar.base;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/// A number of C's 80-bit type `long double`, in which INCRBYFLOAT and HINCRBYFLOAT count: 64 bits of
/// mantissa.
///
/// Immutable. Sums are rounded to what such a number can hold, so they come out as on a machine that has
/// them. There is one zero only, and no infinity.
public final class LongDouble implements Comparable<LongDouble> {
    /*
     * A finite value is mantissa · 2^exponent with a mantissa of 64 bits:
     *
     *   largest    (2^64 − 1) · 2^16320       1.19e4932
     *   smallest   1 · 2^−16445               3.6e−4951; below 2^−16382 the mantissa gets shorter
     *
     * What is to be rounded is a mantissa and a `rest` of 64 more bits behind it. The lowest bit of the rest
     * stands for all that are still further behind: no half is a half if one of them is set.
     *
     * The numbers that people count with are read, added and printed in two longs. BigInteger comes in only
     * where a text has an exponent, or very many digits.
     */

    private static final int MANTISSA_BITS = 64;
    private static final int MAX_EXPONENT = 16320;
    private static final int MIN_EXPONENT = -16445;
    private static final int MAX_CHARS = 5119; // longer texts are no numbers; the limit of redis-server 7.0
    private static final int FAR_BITS =
            16_500; // a number of more bits in front of the point is too large, of more behind it too small
    private static final double LOG2_OF_10 = Math.log(10) / Math.log(2);
    private static final int PRINTED_DIGITS = 17;
    private static final long PRINTED_UNITS = 100_000_000_000_000_000L; // 10^17
    private static final int PLAIN_DIGITS = 38; // as many nines are less than 2^127
    private static final long[] POWERS_OF_FIVE = powersOfFive();
    private static final BigInteger FIVE = BigInteger.valueOf(5);

    public static final LongDouble ZERO = new LongDouble(false, 0, MIN_EXPONENT);

    /// The largest value there is.
    public static final LongDouble MAX = new LongDouble(false, -1, MAX_EXPONENT);

    private final boolean isNegative;
    private final long mantissa; // unsigned; its highest bit is set, but where the exponent is the least
    private final int exponent;

    private LongDouble(boolean isNegative, long mantissa, int exponent) {
        this.isNegative = isNegative;
        this.mantissa = mantissa;
        this.exponent = exponent;
    }

    /// All that are less than 2^63.
    private static long[] powersOfFive() {
        long[] powers = new long[28];
        powers[0] = 1;
        for (int i = 1; i < powers.length; i++) powers[i] = 5 * powers[i - 1];
        return powers;
    }

    // ---- from other numbers ----

    /// A finite double, exactly.
    public static LongDouble of(double value) {
        long bits = Double.doubleToRawLongBits(value);
        int scale = (int) (bits >>> 52) & 0x7ff;
        long fraction = bits & (1L << 52) - 1;
        long integer = scale == 0 ? fraction : fraction | 1L << 52;
        LongDouble exact = rounded(bits < 0, integer, 0, Math.max(1, scale) - 1075);
        assert exact != null;
        return exact;
    }

    /// The nearest number; the even one of two.
    ///
    /// @return null when it is too large
    public static @Nullable LongDouble of(BigDecimal value) {
        if (value.signum() == 0) return ZERO;
        // value = unscaled · 10^-scale = numerator / denominator; find e with 2^63 <= value / 2^e < 2^64
        BigInteger numerator = value.unscaledValue().abs();
        BigInteger denominator = BigInteger.ONE;
        if (value.scale() > 0) denominator = BigInteger.TEN.pow(value.scale());
        else numerator = numerator.multiply(BigInteger.TEN.pow(-value.scale()));
        int exponent = Math.max(MIN_EXPONENT, numerator.bitLength() - denominator.bitLength() - MANTISSA_BITS + 1);
        BigInteger[] parts = divide(numerator, denominator, exponent);
        if (parts[0].bitLength() < MANTISSA_BITS && exponent > MIN_EXPONENT) {
            parts = divide(numerator, denominator, --exponent);
        }
        int half = parts[1].shiftLeft(1).compareTo(exponent > 0 ? denominator.shiftLeft(exponent) : denominator);
        long rest = parts[1].signum() == 0 ? 0 : half < 0 ? 1 : half == 0 ? Long.MIN_VALUE : -1;
        return rounded(value.signum() < 0, parts[0].longValue(), rest, exponent);
    }

    /// Divides by the denominator times two to the exponent, into quotient and remainder.
    private static BigInteger[] divide(BigInteger numerator, BigInteger denominator, int exponent) {
        return exponent > 0
                ? numerator.divideAndRemainder(denominator.shiftLeft(exponent))
                : numerator.shiftLeft(-exponent).divideAndRemainder(denominator);
    }

    /// The nearest number to (high + rest / 2^64) · 2^exponent; the even one of two. Null when it is too
    /// large.
    private static @Nullable LongDouble rounded(boolean isNegative, long high, long rest, int exponent) {
        int zeros = high != 0 ? Long.numberOfLeadingZeros(high) : MANTISSA_BITS + Long.numberOfLeadingZeros(rest);
        int shift = Math.min(zeros, exponent - MIN_EXPONENT);
        exponent -= shift;
        if (shift >= MANTISSA_BITS) {
            high = rest;
            rest = 0;
            shift -= MANTISSA_BITS;
        }
        if (shift > 0) {
            high = high << shift | rest >>> -shift;
            rest <<= shift;
        }
        if (isUp(rest, high) && ++high == 0) {
            high = Long.MIN_VALUE;
            exponent++;
        }
        if (exponent > MAX_EXPONENT) return null;
        return high == 0 ? ZERO : new LongDouble(isNegative, high, exponent);
    }

    /// Whether a number is rounded up, for what is behind it.
    private static boolean isUp(long rest, long number) {
        return rest < 0 && (rest != Long.MIN_VALUE || (number & 1) != 0);
    }

    // ---- reading ----

    /// The number that a text stands for, in the ways C's `strtold` reads them: digits, at most one point, an
    /// exponent; or hexadecimal behind `0x` with an exponent of two behind `p`. No blanks around, no
    /// infinity: for that see [#isInfinity].
    ///
    /// @return null when it is none, too large, or so small that it would be 0
    public static @Nullable LongDouble parse(Bytes text) {
        int length = text.length();
        if (length == 0 || length > MAX_CHARS) return null;
        boolean isNegative = text.at(0) == '-';
        int from = isNegative || text.at(0) == '+' ? 1 : 0;
        LongDouble plain = plain(text, from, isNegative);
        if (plain != null) return plain;
        boolean isHex = length > from + 2 && text.at(from) == '0' && (text.at(from + 1) | 0x20) == 'x';
        BigDecimal magnitude = isHex ? magnitude(text, from + 2, 16, 'p') : magnitude(text, from, 10, 'e');
        if (magnitude == null) return null;
        LongDouble value = of(magnitude);
        if (value == null || value.signum() == 0 && magnitude.signum() != 0) return null;
        return isNegative ? value.negate() : value;
    }

    /// Speed only: digits, not too many, with or without a point. Null for all other texts.
    private static @Nullable LongDouble plain(Bytes text, int from, boolean isNegative) {
        long high = 0;
        long low = 0;
        int point = -1;
        for (int i = from; i < text.length(); i++) {
            int digit = text.at(i) - '0';
            if (digit == '.' - '0' && point < 0) {
                point = i;
                continue;
            }
            if (digit < 0 || digit > 9) return null;
            long bottom = 10 * (low & 0xffff_ffffL) + digit;
            long top = 10 * (low >>> 32) + (bottom >>> 32);
            high = 10 * high + (top >>> 32);
            low = top << 32 | bottom & 0xffff_ffffL;
        }
        int digits = text.length() - from - (point < 0 ? 0 : 1);
        int fraction = point < 0 ? 0 : text.length() - point - 1;
        if (digits == 0 || digits > PLAIN_DIGITS || fraction >= POWERS_OF_FIVE.length) return null;
        return quotient(isNegative, high, low, fraction);
    }

    /// A number of 127 bits by a power of ten: bit by bit by that of five, as one does on paper.
    private static @Nullable LongDouble quotient(boolean isNegative, long high, long low, int power) {
        if ((high | low) == 0) return ZERO;
        long divisor = POWERS_OF_FIVE[power];
        int exponent = 2 * Long.SIZE;
        long remainder = 0;
        long quotient = 0;
        long half = 0;
        for (boolean isDone = false; !isDone; ) {
            isDone = quotient < 0; // one more, which is behind the mantissa
            remainder = remainder << 1 | high >>> 63;
            high = high << 1 | low >>> 63;
            low <<= 1;
            long bit = Long.compareUnsigned(remainder, divisor) < 0 ? 0 : 1;
            remainder -= divisor & -bit;
            if (isDone) {
                half = bit;
            } else {
                quotient = quotient << 1 | bit;
                exponent--;
            }
        }
        long rest = half << 63 | ((remainder | high | low) != 0 ? 1 : 0);
        return rounded(isNegative, quotient, rest, exponent - power);
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
    public @Nullable LongDouble plus(LongDouble other) {
        if (compareMagnitude(other) < 0) return other.plus(this);
        int distance = exponent - other.exponent;
        long high = distance < MANTISSA_BITS ? other.mantissa >>> distance : 0;
        long rest = behind(0, other.mantissa, distance);
        if (isNegative != other.isNegative) {
            return rounded(isNegative, mantissa - high - (rest == 0 ? 0 : 1), -rest, exponent);
        }
        long sum = mantissa + high;
        if (Long.compareUnsigned(sum, mantissa) >= 0) return rounded(isNegative, sum, rest, exponent);
        return rounded(isNegative, sum >>> 1 | Long.MIN_VALUE, sum << 63 | rest >>> 1 | rest & 1, exponent + 1);
    }

    public LongDouble negate() {
        return mantissa == 0 ? this : new LongDouble(!isNegative, mantissa, exponent);
    }

    public int signum() {
        return mantissa == 0 ? 0 : isNegative ? -1 : 1;
    }

    @Override
    public int compareTo(LongDouble other) {
        if (signum() != other.signum()) return Integer.compare(signum(), other.signum());
        return isNegative ? -compareMagnitude(other) : compareMagnitude(other);
    }

    private int compareMagnitude(LongDouble other) {
        int byExponent = Integer.compare(exponent, other.exponent);
        return byExponent != 0 ? byExponent : Long.compareUnsigned(mantissa, other.mantissa);
    }

    /// What is shifted out of 128 bits to the right, as a rest.
    private static long behind(long high, long low, int shift) {
        if (shift == 0) return 0;
        if (shift <= Long.SIZE) return low << -shift;
        if (shift >= 2 * Long.SIZE) return (high | low) == 0 ? 0 : 1; // never near a half: nobody has so high bits
        return high << -shift | low >>> shift | (low << -shift == 0 ? 0 : 1);
    }

    // ---- writing ----

    /// The exact value. O(n^2) in the number of digits, which are thousands for the smallest numbers.
    public BigDecimal exact() {
        BigDecimal magnitude = scaled(unsigned(mantissa), exponent);
        return isNegative ? magnitude.negate() : magnitude;
    }

    /// The integer times two to the exponent, exactly and in few digits: n / 2^k is n · 5^k / 10^k.
    /// (BigDecimal's own division takes milliseconds where k is some thousands.)
    private static BigDecimal scaled(BigInteger integer, int exponent) {
        if (exponent >= 0) return new BigDecimal(integer.shiftLeft(exponent));
        int shared = Math.min(-exponent, Math.max(0, integer.getLowestSetBit()));
        int halvings = -exponent - shared;
        return new BigDecimal(integer.shiftRight(shared).multiply(FIVE.pow(halvings)), halvings);
    }

    private static BigInteger unsigned(long value) {
        BigInteger integer = BigInteger.valueOf(value & Long.MAX_VALUE);
        return value < 0 ? integer.setBit(63) : integer;
    }

    /// The decimal text with at most 17 digits behind the point and no zeros at its end, as `%.17Lf` gives
    /// it.
    public String print() {
        if (exponent > 0) return (isNegative ? "-" : "") + unsigned(mantissa).shiftLeft(exponent);
        int shift = -exponent;
        long whole = shift < Long.SIZE ? mantissa >>> shift : 0;
        long fraction = shift < Long.SIZE ? mantissa & (1L << shift) - 1 : mantissa;
        // fraction · 10^17 / 2^shift
        long high = Math.multiplyHigh(fraction, PRINTED_UNITS) + (fraction < 0 ? PRINTED_UNITS : 0);
        long low = fraction * PRINTED_UNITS;
        long units = shift == 0 || shift >= 2 * Long.SIZE
                ? 0
                : shift < Long.SIZE ? high << -shift | low >>> shift : high >>> shift - Long.SIZE;
        if (isUp(behind(high, low, shift), units)) units++;
        if (units == PRINTED_UNITS) {
            whole++;
            units = 0;
        }
        return print(whole, units);
    }

    private String print(long whole, long units) {
        if (whole == 0 && units == 0) return "0";
        StringBuilder text = new StringBuilder(40);
        if (isNegative) text.append('-');
        text.append(Long.toUnsignedString(whole));
        if (units == 0) return text.toString();
        int point = text.length();
        text.append(PRINTED_UNITS + units).setCharAt(point, '.'); // instead of the 1 in front
        int end = text.length();
        while (text.charAt(end - 1) == '0') end--;
        return text.substring(0, end);
    }

    @Override
    public String toString() {
        return print();
    }
}
