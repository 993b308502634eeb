package dev.cinnabar.base;

/// Whole numbers as ASCII text and back, without garbage.
///
/// The grammar of a number is Redis's `string2ll`: an optional minus, no plus, no leading zeros, no blanks, and a value
/// that fits 64 signed bits; `-0` is not a number. So text and number stand one to one, and a value that reads as a
/// number may be stored as one.
public final class Numbers {
    /// The longest a `long` can get in decimal: `-9223372036854775808`.
    public static final int MAX_LONG_CHARS = 20;

    private static final byte[] DIGITS = new byte[200];

    static {
        for (int i = 0; i < 100; i++) {
            DIGITS[2 * i] = (byte) ('0' + i / 10);
            DIGITS[2 * i + 1] = (byte) ('0' + i % 10);
        }
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
        if (number < 0) return number == Long.MIN_VALUE ? MAX_LONG_CHARS : 1 + length(-number);
        int n = 1;
        while (number >= 10) {
            if (number < 100) return n + 1;
            if (number < 1000) return n + 2;
            if (number < 10000) return n + 3;
            number /= 10000;
            n += 4;
        }
        return n;
    }

    /// Writes the number in decimal at the offset, which must have [#length] bytes of room, and answers how many
    /// it took.
    public static int print(long number, byte[] target, int offset) {
        if (number >= 0 && number < 10) {
            target[offset] = (byte) ('0' + number);
            return 1;
        }
        int length = length(number);
        int i = offset + length;
        // works on the negative side, which has room for the smallest number's magnitude
        long n = number < 0 ? number : -number;
        while (n <= -100) {
            long q = n / 100;
            int pair = (int) (q * 100 - n) * 2;
            target[--i] = DIGITS[pair + 1];
            target[--i] = DIGITS[pair];
            n = q;
        }
        if (n <= -10) {
            target[--i] = DIGITS[(int) -n * 2 + 1];
            target[--i] = DIGITS[(int) -n * 2];
        } else {
            target[--i] = (byte) ('0' - n);
        }
        if (number < 0) target[offset] = '-';
        return length;
    }
}
