package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GlobTest {
    @Test
    void a_star_takes_any_bytes_and_a_question_mark_one() {
        assertMatches("*", "", "a", "abc");
        assertMatches("h?llo", "hello", "h*llo");
        assertFails("h?llo", "hllo", "heello");
        assertMatches("h*llo", "hllo", "heeeello", "hlllo");
        assertMatches("*a*", "a", "bab");
        assertMatches("**", "x");
        assertFails("", "a");
        assertMatches("", "");
        assertFails("a?", "a");
        assertMatches("a*", "a");
    }

    @Test
    void more_than_a_thousand_stars_match_nothing() {
        String text = "a".repeat(2000);
        assertMatches("*?".repeat(1000), text);
        assertMatches("**?".repeat(1000) + "*", text);
        assertFails("*?".repeat(1001), text);
    }

    @Test
    void a_set_takes_one_byte_that_is_in_it() {
        assertMatches("[abc]", "a", "c");
        assertFails("[abc]", "d", "", "ab");
        assertMatches("[a-c]x", "bx");
        assertMatches("[c-a]x", "bx");
        assertMatches("[^a-c]", "d", "^");
        assertFails("[^a-c]", "b");
        assertMatches("[a^]", "^");
        assertMatches("[\\]]", "]");
        assertMatches("[-]", "-");
    }

    @Test
    void a_hyphen_makes_a_range_even_with_the_bracket() {
        assertMatches("[a-]", "a", "^", "]"); // from ] to a, and the set ends with the pattern
        assertFails("[a-]", "-");
    }

    @Test
    void an_empty_text_matches_nothing_and_a_single_star() {
        assertMatches("", "");
        assertMatches("*", "");
        assertFails("**", "");
        assertFails("?", "");
    }

    @Test
    void a_set_without_its_bracket_ends_with_the_pattern() {
        assertMatches("x[ab", "xa", "xb");
        assertFails("x[", "xa", "x[", "x");
        assertMatches("x[^", "xa");
        assertMatches("x[a\\", "x\\", "xa");
    }

    @Test
    void a_backslash_takes_the_next_byte_as_it_is() {
        assertMatches("a\\*", "a*");
        assertFails("a\\*", "ab");
        assertMatches("a\\b", "ab");
        assertMatches("a\\", "a\\");
    }

    @Test
    void case_is_ignored_when_asked() {
        byte[] pattern = "MAX[A-M]*".getBytes();
        byte[] text = "maxmemory".getBytes();
        assertThat(Glob.matches(pattern, 0, pattern.length, text, 0, text.length, true))
                .isTrue();
        assertThat(Glob.matches(pattern, 0, pattern.length, text, 0, text.length, false))
                .isFalse();
    }

    @Test
    void only_the_window_is_read() {
        byte[] both = "xxa*bYYa12bZZ".getBytes();
        assertThat(Glob.matches(both, 2, 3, both, 7, 4, false)).isTrue();
    }

    @Test
    void many_stars_do_not_explode() {
        String pattern = "a*".repeat(1000) + "b";
        String text = "a".repeat(20_000);
        // a matcher that tries every split does not come back from this in the life of the machine
        assertFails(pattern, text);
    }

    @Test
    void gives_the_same_answers_as_the_rules_written_down_plainly() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < 300_000; i++) {
            byte[] pattern = word(random, "ab*?[]^-\\Ac", 9);
            byte[] text = word(random, "abcAB]^-\\[", 7);
            boolean ignoreCase = random.nextBoolean();
            assertThat(Glob.matches(pattern, 0, pattern.length, text, 0, text.length, ignoreCase))
                    .as(
                            "seed %d: pattern '%s', text '%s', ignoreCase %s",
                            seed, new String(pattern), new String(text), ignoreCase)
                    .isEqualTo(model(pattern, text, ignoreCase));
        }
    }

    @Test
    void matching_allocates_nothing() {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Bytes pattern = Bytes.of("u*er:[0-9]?\\:*x");
        Bytes text = Bytes.of("user:17:name:x");
        long self = Thread.currentThread().getId();
        boolean all = true;
        for (int i = 0; i < 100; i++) all &= Glob.matches(pattern, text);
        long before = threads.getThreadAllocatedBytes(self);
        for (int i = 0; i < 100_000; i++) all &= Glob.matches(pattern, text);
        long allocated = threads.getThreadAllocatedBytes(self) - before;
        assertThat(all).isTrue();
        assertThat(allocated).isLessThan(10_000); // the measuring itself takes a little
    }

    private static void assertMatches(String pattern, String... texts) {
        for (String text : texts) {
            assertThat(Glob.matches(Bytes.of(pattern), Bytes.of(text)))
                    .as("%s on %s", pattern, text)
                    .isTrue();
        }
    }

    private static void assertFails(String pattern, String... texts) {
        for (String text : texts) {
            assertThat(Glob.matches(Bytes.of(pattern), Bytes.of(text)))
                    .as("%s on %s", pattern, text)
                    .isFalse();
        }
    }

    private static byte[] word(Random random, String alphabet, int maxLength) {
        byte[] word = new byte[random.nextInt(maxLength + 1)];
        for (int i = 0; i < word.length; i++) word[i] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
        return word;
    }

    // ---- the model: recursion at every star, sets as sets ----

    private static boolean model(byte[] pattern, byte[] text, boolean ignoreCase) {
        if (text.length == 0) return pattern.length == 0 || pattern.length == 1 && pattern[0] == '*';
        return model(pattern, 0, text, 0, ignoreCase);
    }

    private static boolean model(byte[] p, int pi, byte[] t, int ti, boolean ignoreCase) {
        if (pi == p.length) return ti == t.length;
        if (p[pi] == '*') {
            for (int next = ti; next <= t.length; next++) {
                if (model(p, pi + 1, t, next, ignoreCase)) return true;
            }
            return false;
        }
        if (ti == t.length) return false;
        switch (p[pi]) {
            case '?':
                return model(p, pi + 1, t, ti + 1, ignoreCase);
            case '[':
                boolean[] set = new boolean[256];
                int after = modelSet(p, pi + 1, set, ignoreCase);
                return set[t[ti] & 0xff] && model(p, after, t, ti + 1, ignoreCase);
            case '\\':
                int at = pi + 1 < p.length ? pi + 1 : pi;
                return equal(p[at], t[ti], ignoreCase) && model(p, at + 1, t, ti + 1, ignoreCase);
            default:
                return equal(p[pi], t[ti], ignoreCase) && model(p, pi + 1, t, ti + 1, ignoreCase);
        }
    }

    /// Fills in which bytes the set takes, and says where the pattern goes on.
    private static int modelSet(byte[] p, int i, boolean[] set, boolean ignoreCase) {
        boolean isNegated = i < p.length && p[i] == '^';
        if (isNegated) i++;
        while (i < p.length && p[i] != ']') {
            if (p[i] == '\\' && i + 1 < p.length) {
                set[p[i + 1]] = true;
                i += 2;
            } else if (i + 2 < p.length && p[i + 1] == '-') {
                int low = Math.min(p[i], p[i + 2]);
                int high = Math.max(p[i], p[i + 2]);
                if (ignoreCase) {
                    low = Character.toLowerCase(low);
                    high = Character.toLowerCase(high);
                }
                for (int c = 0; c < 128; c++) {
                    int folded = ignoreCase ? Character.toLowerCase(c) : c;
                    if (folded >= low && folded <= high) set[c] = true;
                }
                i += 3;
            } else {
                for (int c = 0; c < 128; c++) if (equal(p[i], (byte) c, ignoreCase)) set[c] = true;
                i++;
            }
        }
        if (isNegated) for (int c = 0; c < 256; c++) set[c] = !set[c];
        return Math.min(i + 1, p.length);
    }

    private static boolean equal(byte a, byte b, boolean ignoreCase) {
        return ignoreCase ? Character.toLowerCase(a) == Character.toLowerCase(b) : a == b;
    }
}
