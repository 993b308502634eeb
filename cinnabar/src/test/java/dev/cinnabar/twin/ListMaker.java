package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Commands of the list family made by chance.
final class ListMaker {
    private ListMaker() {}

    static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        switch (r.nextInt(20)) {
            case 0, 1 -> push(w, "RPUSH", r, 6);
            case 2, 3 -> push(w, "LPUSH", r, 6);
            case 4 -> push(w, Values.pick(r, "LPUSHX", "RPUSHX"), r, 3);
            case 5 -> push(w, Values.pick(r, "LPUSH", "RPUSH"), r, 30);
            case 6 -> add(w, Values.pick(r, "LPOP", "RPOP"), key(r));
            case 7 -> add(w, Values.pick(r, "LPOP", "RPOP"), key(r), index(r));
            case 8, 9 -> add(w, "LRANGE", key(r), index(r), index(r));
            case 10 ->
                add(
                        w,
                        "LTRIM",
                        key(r),
                        Values.pick(r, "0", "1", "-20", index(r)),
                        Values.pick(r, "-1", "-2", "20", index(r)));
            case 11 -> add(w, "LREM", key(r), index(r), element(r));
            case 12 -> add(w, "LINSERT", key(r), Values.pick(r, "BEFORE", "after", "x"), element(r), element(r));
            case 13 -> add(w, "LSET", key(r), index(r), element(r));
            case 14 -> add(w, "LINDEX", key(r), index(r));
            case 15 -> positions(w, r);
            case 16 -> add(w, "LMOVE", key(r), key(r), side(r), side(r));
            case 17 -> add(w, "RPOPLPUSH", key(r), key(r));
            case 18 -> {
                add(w, "LMPOP", Values.pick(r, "2", "2", "2", "1", "0", "x"), key(r), key(r), side(r));
                if (r.nextBoolean()) add(w, "COUNT", Values.pick(r, "1", "2", "5", "0"));
            }
            default -> add(w, "LLEN", key(r));
        }
        return Values.damaged(r, w);
    }

    private static void push(List<String> w, String command, Random r, int most) {
        add(w, command, key(r));
        for (int i = r.nextInt(most); i >= 0; i--) w.add(element(r));
    }

    private static void positions(List<String> w, Random r) {
        add(w, "LPOS", key(r), element(r));
        if (r.nextBoolean()) add(w, "RANK", Values.pick(r, "1", "-1", "2", "-2", "0"));
        if (r.nextBoolean()) add(w, "COUNT", Values.pick(r, "0", "1", "2", "-1"));
        if (r.nextBoolean()) add(w, "MAXLEN", Values.pick(r, "0", "3", "10", "-1"));
    }

    private static String side(Random r) {
        return Values.pick(r, "LEFT", "RIGHT", "left", "RIGHT", "x");
    }

    private static String index(Random r) {
        return r.nextInt(30) == 0 ? Values.number(r) : "" + (r.nextInt(12) - 6);
    }

    private static String key(Random r) {
        return "key" + r.nextInt(6);
    }

    /// Shared with sets.
    static String element(Random r) {
        return switch (r.nextInt(12)) {
            case 0, 1, 2, 3 -> "" + (r.nextInt(25) - 5);
            case 4 -> Values.number(r);
            case 5 -> "x".repeat(60 + r.nextInt(10));
            case 6 -> r.nextInt(5) == 0 ? "y".repeat(4000 + 1000 * r.nextInt(6)) : "";
            default -> "" + (char) ('a' + r.nextInt(8));
        };
    }

    private static void add(List<String> words, String... more) {
        for (String word : more) words.add(word);
    }
}
