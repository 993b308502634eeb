package dev.cinnabar.twin;

import dev.cinnabar.engine.TestServer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Where a reply of ours may differ from that of redis-server 7.0, and why: all there is of it, in one place.
/// Each lets through as little as it can; what these do not explain is a mistake.
///
/// Differences that would leave other data behind cannot be listed here: the makers and [AllFamiliesMaker]
/// avoid them.
enum Deliberate {
    /// Since 7.2 ZRANK and ZREVRANK take WITHSCORE, so a fourth word is no matter of their number.
    RANK_WITH_SCORE {
        @Override
        boolean explains(String[] words, String ours, String theirs, TestServer server) {
            boolean isRank = is(words[0], "ZRANK") || is(words[0], "ZREVRANK");
            return isRank
                    && words.length == 4
                    && ours.equals("-ERR syntax error\r\n")
                    && theirs.startsWith("-ERR wrong number of arguments for 'z");
        }
    },

    /// Since 7.2 a small set that is not all numbers is a listpack.
    SMALL_SET {
        @Override
        boolean explains(String[] words, String ours, String theirs, TestServer server) {
            return isEncoding(words, "set", server) && ours.equals(LISTPACK) && theirs.equals("$9\r\nhashtable\r\n");
        }
    },

    /// Since 7.2 a small list is a listpack.
    SMALL_LIST {
        @Override
        boolean explains(String[] words, String ours, String theirs, TestServer server) {
            return isEncoding(words, "list", server) && ours.equals(LISTPACK) && theirs.equals("$9\r\nquicklist\r\n");
        }
    },

    /// Their SORT turns a small sorted set into a large one; ours only reads it.
    SORTED_BY_SORT {
        @Override
        boolean explains(String[] words, String ours, String theirs, TestServer server) {
            return isEncoding(words, "zset", server) && ours.equals(LISTPACK) && theirs.equals("$8\r\nskiplist\r\n");
        }
    },

    /// Their SORT refuses numbers when something before it met one out of range: it looks at an `errno` that
    /// nobody has cleared.
    STALE_RANGE_ERROR {
        @Override
        boolean explains(String[] words, String ours, String theirs, TestServer server) {
            boolean canSort = is(words[0], "SORT") || is(words[0], "SORT_RO") || is(words[0], "EXEC");
            return canSort && theirs.contains(NO_NUMBER) && !ours.contains(NO_NUMBER);
        }
    },

    /// A whole number that INCRBYFLOAT leaves is a number here, and a short text there.
    WHOLE_SUM {
        @Override
        boolean explains(String[] words, String ours, String theirs, TestServer server) {
            return isEncoding(words, "string", server)
                    && ours.equals("$3\r\nint\r\n")
                    && theirs.equals("$6\r\nembstr\r\n");
        }
    },

    /// The two run a command a moment apart, and a time in seconds is rounded.
    MOMENT_LATER {
        @Override
        boolean explains(String[] words, String ours, String theirs, TestServer server) {
            boolean isTime = is(words[0], "TTL") || is(words[0], "EXPIRETIME");
            if (!isTime || !ours.matches(":\\d+\r\n") || !theirs.matches(":\\d+\r\n")) return false;
            return Math.abs(number(ours) - number(theirs)) == 1;
        }
    };

    private static final String NO_NUMBER = "-ERR One or more scores can't be converted into double\r\n";
    private static final String LISTPACK = "$8\r\nlistpack\r\n";

    /// @param server ours, to ask what is there
    abstract boolean explains(String[] words, String ours, String theirs, TestServer server);

    /// The one that explains a difference, or null.
    static @Nullable Deliberate of(String[] words, String ours, String theirs, TestServer server) {
        for (Deliberate one : values()) if (one.explains(words, ours, theirs, server)) return one;
        return null;
    }

    private static boolean isEncoding(String[] words, String type, TestServer server) {
        return words.length == 3
                && is(words[0], "OBJECT")
                && is(words[1], "ENCODING")
                && server.run("TYPE", words[2]).equals("+" + type + "\r\n");
    }

    private static boolean is(String word, String name) {
        return word.toUpperCase(Locale.ROOT).equals(name);
    }

    private static long number(String reply) {
        return Long.parseLong(reply.substring(1, reply.length() - 2));
    }
}
