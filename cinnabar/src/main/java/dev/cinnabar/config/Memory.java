package dev.cinnabar.config;

/// Amounts of memory as text: `100`, `64mb`, `1g`.
///
/// `k`, `m`, `g` count in thousands, `kb`, `mb`, `gb` in steps of 1024, as Redis does; `b` is a byte. Any case.
public final class Memory {
    /// What [#parse] answers for text that is no amount.
    public static final long NONE = -1;

    private Memory() {}

    /// The bytes that the text stands for, or [#NONE]. Amounts beyond a long are cut to the largest long. As in Redis a
    /// text without digits counts as 0.
    public static long parse(String text) {
        int digits = 0;
        while (digits < text.length() && isDigit(text.charAt(digits))) digits++;
        long factor = factor(text, digits);
        if (factor == NONE) return NONE;

        long amount = plain(text, digits);
        return amount > Long.MAX_VALUE / factor ? Long.MAX_VALUE : amount * factor;
    }

    /// The number that the first characters make, or [#NONE] when there is anything but a digit among them.
    static long plain(String text, int length) {
        long amount = 0;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (!isDigit(c)) return NONE;
            if (amount > (Long.MAX_VALUE - 9) / 10) amount = Long.MAX_VALUE;
            else amount = amount * 10 + (c - '0');
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
