package dev.cinnabar.base;

/// Matches bytes against a pattern in the manner of `KEYS`, `SCAN … MATCH`, `PSUBSCRIBE` and `CONFIG GET`.
///
/// | pattern | matches |
/// |---|---|
/// | `*` | any bytes, none too; but of several stars in a row none matches an empty text, as in Redis |
/// | `?` | any one byte |
/// | `[abc]`, `[a-f]`, `[^a]` | one byte out of a set, of a range (in either order), outside of the set |
/// | `\x` | the byte `x` itself, also inside of a set |
/// | anything else | itself |
///
/// Bytes, not characters: `?` matches half of an `é`. Nothing is refused; a set that is never closed ends
/// with the pattern, and a backslash at the very end stands for itself. Allocates nothing.
public final class Glob {
    /*
     * The last star is the only place worth going back to. Whatever an earlier star could swallow beyond its
     * first fit, the last one can swallow too, so trying other lengths for the earlier ones never turns a
     * failure into a match. Time is therefore bounded by pattern length times text length: a*a*a*a*a*b, on
     * which a matcher that recurses at every star needs exponential time, is harmless.
     *
     *   pattern   a * b c          text   a x b x b c
     *               ^ star                    ^ mark: what the star has swallowed ends here; on failure it moves right
     */
    private static final int MAX_STARS = 1000; // with something behind them; Redis gives up there since CVE-2024-31228

    private Glob() {}

    /// Whether the whole text matches the whole pattern.
    public static boolean matches(Bytes pattern, Bytes text) {
        return matches(
                pattern.array(), pattern.offset(), pattern.length(), text.array(), text.offset(), text.length(), false);
    }

    /// Whether the whole text matches the whole pattern.
    ///
    /// @param ignoreCase takes ASCII letters in either case as the same, except for those escaped inside of a
    ///     set
    public static boolean matches(
            byte[] pattern,
            int patternOffset,
            int patternLength,
            byte[] text,
            int textOffset,
            int textLength,
            boolean ignoreCase) {
        if (textLength == 0) return patternLength == 0 || patternLength == 1 && pattern[patternOffset] == '*';
        int p = patternOffset;
        int patternEnd = patternOffset + patternLength;
        int t = textOffset;
        int textEnd = textOffset + textLength;
        int star = -1;
        int mark = -1;
        int stars = 0;

        while (t < textEnd) {
            if (p < patternEnd && pattern[p] == '*') {
                while (p < patternEnd && pattern[p] == '*') p++;
                if (p == patternEnd) return true; // speed only: the rest is swallowed whatever it is
                if (++stars > MAX_STARS) return false;
                star = p;
                mark = t;
                continue;
            }
            if (p < patternEnd && matchesOne(pattern, p, patternEnd, text[t], ignoreCase)) {
                p = next(pattern, p, patternEnd);
                t++;
            } else if (star >= 0) {
                p = star;
                t = ++mark;
            } else {
                return false;
            }
        }
        while (p < patternEnd && pattern[p] == '*') p++;
        return p == patternEnd;
    }

    /// Whether the bytes hold one of `*`, `?` and `[`. Without one (and without a backslash) a pattern is a
    /// plain name.
    public static boolean hasWildcard(byte[] pattern, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            if (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '[') return true;
        }
        return false;
    }

    /// Whether the token that begins at `p` (anything but a star) accepts the byte.
    private static boolean matchesOne(byte[] pattern, int p, int end, byte b, boolean ignoreCase) {
        switch (pattern[p]) {
            case '?':
                return true;
            case '[':
                return matchesSet(pattern, p + 1, end, b, ignoreCase);
            case '\\':
                if (p + 1 < end) p++;
                return same(pattern[p], b, ignoreCase);
            default:
                return same(pattern[p], b, ignoreCase);
        }
    }

    private static boolean matchesSet(byte[] pattern, int p, int end, byte b, boolean ignoreCase) {
        boolean negated = p < end && pattern[p] == '^';
        if (negated) p++;

        boolean found = false;
        for (; p < end && pattern[p] != ']'; p++) {
            if (pattern[p] == '\\' && p + 1 < end) {
                p++;
                found |= pattern[p] == b;
            } else if (p + 2 < end && pattern[p + 1] == '-') {
                found |= inRange(pattern[p], pattern[p + 2], b, ignoreCase);
                p += 2;
            } else {
                found |= same(pattern[p], b, ignoreCase);
            }
        }
        return found != negated;
    }

    /// Bytes compare as signed numbers here, as `char` does where Redis is compiled for x86.
    private static boolean inRange(byte from, byte to, byte b, boolean ignoreCase) {
        byte low = (byte) Math.min(from, to);
        byte high = (byte) Math.max(from, to);
        if (ignoreCase) {
            low = lower(low);
            high = lower(high);
            b = lower(b);
        }
        return b >= low && b <= high;
    }

    private static boolean same(byte a, byte b, boolean ignoreCase) {
        return a == b || ignoreCase && lower(a) == lower(b);
    }

    private static byte lower(byte b) {
        return b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
    }

    /// Where the token after the one at `p` begins. A set runs to its bracket, or to the end when it has
    /// none.
    private static int next(byte[] pattern, int p, int end) {
        if (pattern[p] == '\\') return Math.min(p + 2, end);
        if (pattern[p] != '[') return p + 1;

        p++;
        if (p < end && pattern[p] == '^') p++;
        while (p < end && pattern[p] != ']') {
            if (pattern[p] == '\\' && p + 1 < end) p += 2;
            else if (p + 2 < end && pattern[p + 1] == '-') p += 3;
            else p++;
        }
        return Math.min(p + 1, end);
    }
}
