package dev.cinnabar.config;

/// Amounts of memory as text: `100`, `64mb`, `1g`.
///
/// `k`, `m`, `g` count in thousands, `kb`, `mb`, `gb` in steps of 1024, as Redis does; `b` is a byte. Any
/// case.
public final class Memory {
    /// What [#parse] answers for text that is no amount.
    public static final long NONE = -1;

    /// What [#parse] answers for more bytes than a long counts; negative as well.
    public static final long TOO_MUCH = Long.MIN_VALUE;

    private Memory() {}

    /// The bytes that the text stands for, [#NONE] or [#TOO_MUCH]. As in Redis a text without digits counts
    /// as 0.
    public static long parse(String text) {
        int digits = 0;
        while (digits < text.length() && isDigit(text.charAt(digits))) digits++;
        long factor = factor(text, digits);
        if (factor == NONE) return NONE;

        long amount = plain(text, digits);
        return amount < 0 || amount > Long.MAX_VALUE / factor ? TOO_MUCH : amount * factor;
    }

    /// The number that the first characters make, [#NONE] when there is anything but a digit among them, or
    /// [#TOO_MUCH].
    static long plain(String text, int length) {
        long amount = 0;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (!isDigit(c)) return NONE;
            int digit = c - '0';
            boolean fits = amount >= 0 && amount <= (Long.MAX_VALUE - digit) / 10;
            amount = fits ? amount * 10 + digit : TOO_MUCH;
        }
        return amount;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static long factor(String text, int from) {
        int length = text.length() - from;
        if (length == 0 || length == 1 && lower(text, from) == 'b') return 1;
        boolean isBinary = length == 2 && lower(text, from + 1) == 'b';
        if (length != 1 && !isBinary) return NONE;
        return switch (lower(text, from)) {
            case 'k' -> isBinary ? 1L << 10 : 1_000L;
            case 'm' -> isBinary ? 1L << 20 : 1_000_000L;
            case 'g' -> isBinary ? 1L << 30 : 1_000_000_000L;
            default -> NONE;
        };
    }

    private static char lower(String text, int index) {
        return Character.toLowerCase(text.charAt(index));
    }

    /// The amount in the largest of `gb`, `mb`, `kb` that divides it, else in bytes.
    public static String print(long bytes) {
        if (bytes != 0 && bytes % (1L << 30) == 0) return (bytes >> 30) + "gb";
        if (bytes != 0 && bytes % (1L << 20) == 0) return (bytes >> 20) + "mb";
        if (bytes != 0 && bytes % (1L << 10) == 0) return (bytes >> 10) + "kb";
        return Long.toString(bytes);
    }
}
