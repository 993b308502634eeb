package dev.cinnabar.base;

/// Whole numbers as ASCII text and back, without garbage.
///
/// The grammar of a number is Redis's `string2ll`: an optional minus, no plus, no leading zeros, no blanks,
/// and a value that fits 64 signed bits; `-0` is not a number. So text and number stand one to one, and a
/// value that reads as a number may be stored as one.
public final class Numbers {
    /// The longest a `long` can get in decimal: `-9223372036854775808`.
    public static final int MAX_LONG_CHARS = 20;

    /// The smallest number of one digit more than the index says. At both ends 0, below which there is
    /// nothing.
    private static final long[] POWERS_OF_TEN = new long[20];

    static {
        long power = 1;
        for (int i = 1; i < POWERS_OF_TEN.length - 1; i++) POWERS_OF_TEN[i] = power *= 10;
    }

    private Numbers() {}

    /// Whether the bytes are a whole number in canonical form; then [#parse] gives its value.
    public static boolean isLong(byte[] array, int offset, int length) {
        if (length == 0 || length > MAX_LONG_CHARS) return false;
        int i = offset;
        int end = offset + length;
        boolean negative = array[i] == '-';
        if (negative && ++i == end) return false;

        int first = array[i] - '0';
        if (first == 0) return length == 1;
        if (first < 0 || first > 9) return false;
        long value = first;
        for (i++; i < end; i++) {
            int digit = array[i] - '0';
            if (digit < 0 || digit > 9) return false;
            if (value > 922337203685477580L) return false;
            value = value * 10 + digit;
            if (value < 0) return negative && value == Long.MIN_VALUE && i == end - 1;
        }
        return true;
    }

    public static boolean isLong(Bytes text) {
        return isLong(text.array(), text.offset(), text.length());
    }

    /// The value of bytes for which [#isLong] holds; for others the result means nothing.
    public static long parse(byte[] array, int offset, int length) {
        boolean negative = array[offset] == '-';
        long value = 0;
        for (int i = negative ? offset + 1 : offset, end = offset + length; i < end; i++) {
            value = value * 10 + (array[i] - '0');
        }
        return negative ? -value : value;
    }

    public static long parse(Bytes text) {
        return parse(text.array(), text.offset(), text.length());
    }

    /// How many characters [#print] writes for a number, 1 to 20.
    public static int length(long number) {
        // No branches: what numbers come changes all the time, and the JIT would bet on those that it has seen and compile all callers
        // again with each new digit. The smallest number's magnitude is itself, read as an unsigned number of 64 bits.
        long magnitude = Math.abs(number);
        int bits = 64 - Long.numberOfLeadingZeros(magnitude | 1);
        int digits = bits * 1233 >>> 12; // 1233 / 4096 is log10(2): the number's digits, or one less
        long isLess = magnitude - POWERS_OF_TEN[digits] >>> 63;
        return digits + 1 - (int) isLess + (int) (number >>> 63);
    }

    /// Writes the number in decimal at the offset, which must have [#length] bytes of room, and answers how
    /// many it took.
    public static int print(long number, byte[] target, int offset) {
        int length = length(number);
        // works on the negative side, which has room for the smallest number's magnitude, and on two digits at a time: each division waits for
        // the one before
        long n = number < 0 ? number : -number;
        int first = offset;
        if (number < 0) target[first++] = '-';
        int i = offset + length;
        while (n <= -10) {
            long q = n / 100;
            int pair = (int) (q * 100 - n);
            int tens = pair * 103 >> 10; // pair / 10
            target[--i] = (byte) ('0' + pair - 10 * tens);
            target[--i] = (byte) ('0' + tens);
            n = q;
        }
        if (i > first) target[--i] = (byte) ('0' - n);
        return length;
    }
}
