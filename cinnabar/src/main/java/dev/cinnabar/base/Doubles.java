package dev.cinnabar.base;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;

/// Floating point numbers as text and back, the way C's `strtod` reads them and `%.17g` prints them: scores
/// of sorted sets.
///
/// Whole numbers and short decimals, which nearly all scores are, are read without garbage, whole numbers are
/// printed without.
public final class Doubles {
    private static final int EXACT_DIGITS = 15; // decimal digits that a double always holds
    private static final double[] POWERS = new double[23]; // powers of ten that a double holds exactly
    private static final double WHOLE_LIMIT = 1e17; // from here on %.17g writes an exponent
    private static final int DIGITS = 17;
    private static final MathContext SEVENTEEN = new MathContext(DIGITS, RoundingMode.HALF_EVEN);

    static {
        double power = 1;
        for (int i = 0; i < POWERS.length; i++, power *= 10) POWERS[i] = power;
    }

    private Doubles() {}

    // ---- reading ----

    /// The number that the text stands for: decimal or hexadecimal, with an exponent if need be, or an
    /// infinity.
    ///
    /// @return NaN when it is none, or beyond the range of a double, or too near to zero to be told from it
    public static double parse(Bytes text) {
        return parse(text.array(), text.offset(), text.length(), false);
    }

    /// The same for the ends of ranges, which Redis gives to C's `strtod` as they are: blanks in front are
    /// skipped, a NUL ends the text, a number beyond the range is an infinity, one near to zero is zero, and
    /// no text at all is zero too.
    ///
    /// @return NaN when it is no number
    public static double parseBound(byte[] array, int offset, int length) {
        int end = offset;
        while (end < offset + length && array[end] != 0) end++;
        if (end == offset) return 0;
        int start = offset;
        while (start < end && isBlank(array[start])) start++;
        return parse(array, start, end - start, true);
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b >= '\t' && b <= '\r';
    }

    private static double parse(byte[] array, int offset, int length, boolean isLenient) {
        double simple = parseSimple(array, offset, length);
        if (!Double.isNaN(simple)) return simple;
        if (LongDouble.isInfinity(array, offset, length))
            return array[offset] == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        return parseAny(new String(array, offset, length, StandardCharsets.ISO_8859_1), isLenient);
    }

    /// A sign, up to fifteen digits, one point: exact by one division.
    private static double parseSimple(byte[] array, int offset, int length) {
        int end = offset + length;
        int i = offset;
        boolean isNegative = length > 0 && array[i] == '-';
        if (isNegative) i++;
        if (end - i < 1 || end - i > EXACT_DIGITS + 1) return Double.NaN;
        long value = 0;
        int point = -1;
        for (; i < end; i++) {
            int digit = array[i] - '0';
            if (digit >= 0 && digit <= 9) value = value * 10 + digit;
            else if (array[i] == '.' && point < 0) point = i;
            else return Double.NaN;
        }
        if (point < 0 ? value >= 1L << 53 : end - offset < 2 + (isNegative ? 1 : 0)) return Double.NaN;
        double magnitude = point < 0 ? value : value / POWERS[end - point - 1];
        return isNegative ? -magnitude : magnitude;
    }

    private static double parseAny(String text, boolean isLenient) {
        int sign = !text.isEmpty() && (text.charAt(0) == '-' || text.charAt(0) == '+') ? 1 : 0;
        String rest = text.substring(sign);
        boolean isHex = rest.startsWith("0x") || rest.startsWith("0X");
        if (!(isHex ? isNumber(rest.substring(2), true) : isNumber(rest, false))) return Double.NaN;
        boolean lacksExponent = isHex && rest.indexOf('p') < 0 && rest.indexOf('P') < 0;
        double magnitude = Double.parseDouble(lacksExponent ? rest + "p0" : rest);
        boolean isOutside = Double.isInfinite(magnitude) || magnitude == 0 && hasDigitsBeyondZero(rest, isHex);
        if (isOutside && !isLenient) return Double.NaN;
        return text.startsWith("-") ? -magnitude : magnitude;
    }

    /// Digits with at most one point, at least one digit, then perhaps an exponent.
    private static boolean isNumber(String text, boolean isHex) {
        int i = 0;
        int digits = 0;
        int points = 0;
        for (; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.') points++;
            else if (Character.digit(c, isHex ? 16 : 10) >= 0) digits++;
            else break;
        }
        if (digits == 0 || points > 1) return false;
        if (i == text.length()) return true;
        char mark = Character.toLowerCase(text.charAt(i));
        if (mark != (isHex ? 'p' : 'e')) return false;
        i++;
        if (i < text.length() && (text.charAt(i) == '-' || text.charAt(i) == '+')) i++;
        if (i == text.length()) return false;
        for (; i < text.length(); i++) if (text.charAt(i) < '0' || text.charAt(i) > '9') return false;
        return true;
    }

    private static boolean hasDigitsBeyondZero(String text, boolean isHex) {
        for (int i = isHex ? 2 : 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == (isHex ? 'p' : 'e') || c == (isHex ? 'P' : 'E')) return false;
            if (c != '0' && c != '.') return true;
        }
        return false;
    }

    // ---- printing ----

    /// Whether the number prints as the whole number that a cast gives.
    public static boolean isWhole(double value) {
        return value == (long) value && Math.abs(value) < WHOLE_LIMIT && (value != 0 || 1 / value > 0);
    }

    /// The text: at most 17 digits, no zeros at the end, an exponent below 0.0001 and from 10^17 on, `inf`,
    /// `-inf`.
    public static String print(double value) {
        if (isWhole(value)) return Long.toString((long) value);
        if (Double.isInfinite(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return "-0";
        BigDecimal rounded = new BigDecimal(value).round(SEVENTEEN).stripTrailingZeros();
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -4 && exponent < DIGITS) return rounded.toPlainString();
        String digits = rounded.unscaledValue().abs().toString();
        StringBuilder text = new StringBuilder(DIGITS + 7);
        if (value < 0) text.append('-');
        text.append(digits.charAt(0));
        if (digits.length() > 1) text.append('.').append(digits, 1, digits.length());
        text.append('e').append(exponent < 0 ? '-' : '+');
        int magnitude = Math.abs(exponent);
        if (magnitude < 10) text.append('0');
        return text.append(magnitude).toString();
    }
}
