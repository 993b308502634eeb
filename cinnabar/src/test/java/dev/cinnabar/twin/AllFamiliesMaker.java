package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Function;

/// Commands of all families over one key space, in transactions and in several databases. Not stateless as
/// the makers of families are: two families are in the foreground for a while, so that values have time to
/// grow before a key becomes something else.
final class AllFamiliesMaker {
    private static final List<Function<Random, String[]>> FAMILIES = List.of(
            StringMaker::next,
            KeyMaker::next,
            ListMaker::next,
            SetMaker::next,
            HashMaker::next,
            ZsetMaker::next,
            BitMaker::next,
            HyperLogLogMaker::next,
            GeoMaker::next,
            SortMaker::next,
            StreamMaker::next,
            StreamMaker::next, // twice: it takes long until a group has something to read
            DumpMaker::next);

    private int left; // commands of this while
    private Function<Random, String[]> first = FAMILIES.get(0);
    private Function<Random, String[]> second = FAMILIES.get(0);
    private int queued = -1; // commands still to queue in a transaction; less than 0: there is none

    String[] next(Random r) {
        if (left-- == 0) {
            left = 50 + r.nextInt(300);
            first = FAMILIES.get(r.nextInt(FAMILIES.size()));
            second = FAMILIES.get(r.nextInt(FAMILIES.size()));
            // mostly in an empty database: else nearly all that is there is of another type
            if (queued < 0 && r.nextInt(4) > 0) return new String[] {"FLUSHDB"};
        }
        return queued >= 0 ? inTransaction(r) : outside(r);
    }

    private String[] outside(Random r) {
        switch (r.nextInt(400)) {
            case 0, 1, 2, 3, 4, 5, 6, 7 -> {
                queued = r.nextInt(8);
                return new String[] {"MULTI"};
            }
            case 8, 9, 10 -> {
                return new String[] {"WATCH", key(r), key(r)};
            }
            case 11 -> {
                return words(r, "UNWATCH", "EXEC", "DISCARD");
            }
            default -> {
                return anything(r);
            }
        }
    }

    private String[] inTransaction(Random r) {
        if (queued-- == 0) return words(r, "EXEC", "EXEC", "EXEC", "DISCARD");
        if (r.nextInt(40) == 0) return words(r, "MULTI", "WATCH key0", "NONSENSE", "GET", "BLPOP key0 key1 0");
        String[] words = anything(r);
        while (!Twin.isExact(words)) words = anything(r);
        return words;
    }

    private String[] anything(Random r) {
        return switch (r.nextInt(300)) {
            case 0 -> words(r, "FLUSHDB", "FLUSHDB", "FLUSHDB ASYNC", "FLUSHALL", "FLUSHDB x");
            case 1, 2 -> words(r, "SWAPDB 0 1", "SWAPDB 1 2", "SWAPDB 0 0", "SWAPDB 0 x", "SWAPDB 16 0");
            case 3, 4, 5, 6 -> words(r, "SELECT 0", "SELECT 0", "SELECT 1", "SELECT 2", "SELECT 16", "SELECT x");
            case 7, 8 -> words(r, "DBSIZE", "PING", "PING x", "ECHO x", "PUBLISH a b", "PUBSUB NUMSUB a", "GET");
            case 9, 10, 11, 12 -> new String[] {"DEL", key(r), key(r)};
            default -> withoutOpenOrder(family(r).apply(r));
        };
    }

    private Function<Random, String[]> family(Random r) {
        return switch (r.nextInt(24)) {
            case 0 -> FAMILIES.get(r.nextInt(FAMILIES.size()));
            case 1, 2, 3, 4 -> second;
            default -> first;
        };
    }

    /// Redis leaves open which of several equals come first, which is of no account until some are left out
    /// or stored, or others are shown in their place. What the families' makers avoid for themselves, others
    /// bring in: members of sorted sets that are places as far away as others, texts with a zero byte, behind
    /// which ALPHA does not look there.
    private static String[] withoutOpenOrder(String[] words) {
        List<String> all = new ArrayList<>(Arrays.asList(words));
        String name = words[0].toUpperCase(Locale.ROOT);
        if (name.startsWith("GEO") && has(all, "COUNT") && !has(all, "ANY")) all.add("ANY");
        boolean showsNotItself = has(all, "STORE") || has(all, "LIMIT") || has(all, "GET");
        if (name.startsWith("SORT") && showsNotItself) all.removeIf("ALPHA"::equalsIgnoreCase);
        // one that makes its key longer and then fails is no change for 7.0, but one for 7.2 and ours: WATCH would tell
        if (name.equals("BITFIELD")) all.replaceAll(word -> word.equalsIgnoreCase("FAIL") ? "SAT" : word);
        return all.toArray(String[]::new);
    }

    private static boolean has(List<String> words, String word) {
        return words.stream().anyMatch(word::equalsIgnoreCase);
    }

    private static String[] words(Random r, String... lines) {
        return Values.pick(r, lines).split(" ");
    }

    private static String key(Random r) {
        return "key" + r.nextInt(6);
    }
}
