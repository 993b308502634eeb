package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Commands on streams made by chance: few keys, few ids, so that they meet. What depends on the time of day
/// is left out.
public final class StreamMaker {
    private StreamMaker() {}

    public static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        switch (r.nextInt(34)) {
            case 0, 1, 2, 3, 4, 5 -> xadd(w, r);
            case 6 -> {
                add(w, "XADD", key(r));
                if (r.nextInt(4) == 0) w.add("NOMKSTREAM");
                trim(w, r);
                w.add(id(r));
                fields(w, r);
            }
            case 7, 8 -> ids(w, r, "XDEL", key(r));
            case 9 -> {
                add(w, "XTRIM", key(r));
                trim(w, r);
            }
            case 10, 11 -> range(w, r);
            case 12 -> {
                w.add("XREAD");
                if (r.nextBoolean()) add(w, "COUNT", small(r));
                String from = id(r);
                streams(
                        w,
                        r,
                        Values.pick(r, from.equals("+") ? "0" : from, "0", "$")); // + is younger than their server
            }
            case 13, 14, 15, 16 -> {
                add(w, "XREADGROUP", "GROUP", group(r), consumer(r));
                if (r.nextBoolean()) add(w, "COUNT", small(r));
                if (r.nextInt(5) == 0) w.add("NOACK");
                streams(w, r, Values.pick(r, ">", ">", ">", "0", id(r)));
            }
            case 17, 18, 19 -> ids(w, r, "XACK", key(r), group(r));
            case 20, 21 -> claim(w, r);
            case 22 -> {
                add(w, "XAUTOCLAIM", key(r), group(r), consumer(r), Values.pick(r, "0", "0", "100000000"), bound(r));
                if (r.nextBoolean()) add(w, "COUNT", Values.pick(r, "1", "2", "3", "10", "0"));
                if (r.nextBoolean()) w.add("JUSTID");
            }
            case 23 -> {
                add(w, "XPENDING", key(r), group(r));
                if (r.nextInt(3) == 0) return w.toArray(String[]::new);
                if (r.nextInt(3) == 0) add(w, "IDLE", Values.pick(r, "0", "100000000", "-1"));
                add(w, bound(r), bound(r), small(r));
                if (r.nextInt(3) == 0) w.add(consumer(r));
            }
            case 24 -> {
                add(w, "XGROUP", "CREATE", key(r), group(r), Values.pick(r, "0", "$", id(r)));
                if (r.nextInt(3) == 0) w.add("MKSTREAM");
                if (r.nextInt(4) == 0) add(w, "ENTRIESREAD", Values.pick(r, "0", "3", "-1", "-2", "100"));
            }
            case 25 -> {
                add(w, "XGROUP", "CREATE", key(r), group(r), "0", "MKSTREAM");
            }
            case 26 -> {
                add(w, "XGROUP", "SETID", key(r), group(r), Values.pick(r, "0", "$", "-", "+", id(r)));
                if (r.nextInt(4) == 0) add(w, "ENTRIESREAD", Values.pick(r, "0", "3", "-1", "-2"));
            }
            case 27 -> {
                int which = r.nextInt(6);
                if (which < 3) add(w, "XGROUP", "CREATECONSUMER", key(r), group(r), consumer(r));
                else if (which < 5) add(w, "XGROUP", "DELCONSUMER", key(r), group(r), consumer(r));
                else add(w, "XGROUP", "DESTROY", key(r), group(r));
            }
            case 28 -> {
                // large ones: when smaller ids come back, Redis may keep nodes of deleted entries only, where we do not
                add(w, "XSETID", key(r), "60-" + (400 + r.nextInt(400)));
                if (r.nextBoolean()) add(w, "ENTRIESADDED", Values.pick(r, "0", "5", "50", "-1"));
                if (r.nextBoolean()) add(w, "MAXDELETEDID", id(r));
            }
            case 29, 30 -> add(w, "XINFO", "STREAM", key(r));
            case 31 -> add(w, "XINFO", "GROUPS", key(r));
            case 32 -> add(w, "XLEN", key(r));
            default -> {
                if (r.nextInt(4) == 0) add(w, "DEL", key(r));
                else add(w, "COPY", key(r), key(r));
            }
        }
        return isChancy(w) ? w.toArray(String[]::new) : Values.damaged(r, w);
    }

    /// Whether damage could make it depend on the time.
    private static boolean isChancy(List<String> w) {
        return w.contains("*")
                || w.get(0).equals("XPENDING")
                || w.get(0).equals("XREAD")
                || w.get(0).equals("XINFO");
    }

    private static void xadd(List<String> w, Random r) {
        add(w, "XADD", key(r), Values.pick(r, id(r), r.nextInt(60) + "-*", r.nextInt(60) + "-*", "60-*", "60-*"));
        fields(w, r);
    }

    private static void fields(List<String> w, Random r) {
        if (r.nextInt(3) > 0) {
            add(w, "a", value(r), "b", value(r));
            return;
        }
        for (int i = r.nextInt(4); i >= 0; i--) add(w, value(r), value(r));
    }

    private static void trim(List<String> w, Random r) {
        if (r.nextInt(20) == 0) return;
        w.add(Values.pick(r, "MAXLEN", "minid"));
        boolean isByLength = w.get(w.size() - 1).equals("MAXLEN");
        String exactness = Values.pick(r, "", "=", "~", "~");
        if (!exactness.isEmpty()) w.add(exactness);
        w.add(isByLength ? Values.pick(r, "0", "1", "3", "5", "10", "20", "-1") : id(r));
        if (r.nextInt(4) == 0) add(w, "LIMIT", Values.pick(r, "0", "1", "5", "10", "-1"));
    }

    private static void range(List<String> w, Random r) {
        boolean isBackward = r.nextBoolean();
        add(w, isBackward ? "XREVRANGE" : "XRANGE", key(r));
        add(w, isBackward ? Values.pick(r, "+", bound(r)) : Values.pick(r, "-", bound(r)));
        add(w, isBackward ? Values.pick(r, "-", bound(r)) : Values.pick(r, "+", bound(r)));
        if (r.nextBoolean()) add(w, "COUNT", small(r));
    }

    private static void streams(List<String> w, Random r, String id) {
        w.add("STREAMS");
        if (r.nextInt(3) > 0) add(w, key(r), id);
        else add(w, "key0", "key1", id, Values.pick(r, id, "0"));
    }

    private static void claim(List<String> w, Random r) {
        add(w, "XCLAIM", key(r), group(r), consumer(r), Values.pick(r, "0", "0", "100000000", "-1"));
        for (int i = r.nextInt(3); i >= 0; i--) w.add(id(r));
        if (r.nextInt(3) == 0) w.add("FORCE");
        if (r.nextInt(3) == 0) w.add("JUSTID");
        if (r.nextInt(4) == 0) add(w, "RETRYCOUNT", Values.pick(r, "0", "7", "-3"));
        if (r.nextInt(4) == 0) add(w, "LASTID", id(r));
        if (r.nextInt(4) == 0) add(w, Values.pick(r, "IDLE", "TIME"), Values.pick(r, "0", "1000", "-1"));
    }

    private static void ids(List<String> w, Random r, String... words) {
        add(w, words);
        for (int i = r.nextInt(4); i >= 0; i--) w.add(id(r));
    }

    private static String key(Random r) {
        return "key" + (r.nextInt(3) > 0 ? r.nextInt(2) : r.nextInt(6));
    }

    private static String group(Random r) {
        return "g" + r.nextInt(3);
    }

    private static String consumer(Random r) {
        return "c" + r.nextInt(4);
    }

    private static String id(Random r) {
        return switch (r.nextInt(12)) {
            case 0 -> "" + r.nextInt(62);
            case 1 -> "60-" + r.nextInt(60);
            case 2, 3, 4 -> "60-" + r.nextInt(400);
            case 5 ->
                Values.pick(
                        r,
                        "18446744073709551615-1",
                        "0-0",
                        "-",
                        "+",
                        "5-",
                        "-5",
                        "1-2-3",
                        "x",
                        " 7",
                        "+7",
                        "007-1",
                        "");
            default -> r.nextInt(60) + "-" + r.nextInt(4);
        };
    }

    private static String bound(Random r) {
        return Values.pick(r, id(r), id(r), "(" + id(r), "-", "+", "0");
    }

    private static String small(Random r) {
        return Values.pick(r, "1", "2", "5", "100", "0", "-1");
    }

    private static String value(Random r) {
        return switch (r.nextInt(10)) {
            case 0 -> Values.number(r);
            case 1 -> "x".repeat(60 + r.nextInt(10));
            case 2 -> "" + r.nextInt(300);
            case 3 -> "y".repeat(r.nextInt(300));
            default -> "" + (char) ('a' + r.nextInt(8));
        };
    }

    private static void add(List<String> words, String... more) {
        for (String word : more) words.add(word);
    }
}
