package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Makes SORTs by chance, and what they sort and follow.
///
/// Where a real server leaves the order of equals open, with BY and ALPHA, nothing is cut off or stored.
final class SortMaker {
    private SortMaker() {}

    static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        switch (r.nextInt(20)) {
            case 0, 1 -> elements(w, r, "RPUSH");
            case 2, 3 -> elements(w, r, "SADD");
            case 4 -> add(w, "ZADD", key(r), "" + r.nextInt(9), element(r), "" + r.nextInt(9), element(r));
            case 5, 6 -> add(w, "SET", key(r), element(r));
            case 7 -> add(w, "HSET", key(r), field(r), element(r));
            case 8 -> add(w, "DEL", key(r));
            case 9 -> add(w, "LRANGE", key(r), "0", "-1");
            case 10 -> add(w, "COMMAND", "GETKEYS", "SORT", key(r), "STORE", key(r), "BY", "STORE", "STORE", key(r));
            default -> sort(w, r);
        }
        return Values.damaged(r, w);
    }

    private static void sort(List<String> w, Random r) {
        boolean mayStore = r.nextInt(3) > 0;
        add(w, mayStore ? "SORT" : Values.pick(r, "SORT_RO", "sort"), key(r));
        boolean isAlpha = r.nextBoolean();
        boolean hasBy = r.nextBoolean();
        String by = Values.pick(r, "key*", "key*->f", "key*", "*->g", "*", "k*y->f", "nosort", "#", "key*->");
        if (isAlpha) w.add("ALPHA");
        if (hasBy) add(w, "BY", by);
        if (r.nextInt(3) == 0) w.add(Values.pick(r, "DESC", "ASC", "desc"));
        boolean isOpen = hasBy && (isAlpha || by.indexOf('*') < 0);
        if (!isOpen && r.nextInt(3) == 0)
            add(w, "LIMIT", Values.pick(r, "0", "1", "-1", "3", "100", "x"), Values.pick(r, "0", "1", "2", "5", "-1"));
        for (int i = r.nextInt(3); i > 0; i--)
            add(w, "GET", Values.pick(r, "#", "key*", "key*->f", "key*->", "const", "*", "ke*->g->h"));
        boolean hasOpenOrder = hasBy && isAlpha;
        if (!hasOpenOrder && mayStore && r.nextInt(3) == 0) add(w, Values.pick(r, "STORE", "store"), key(r));
        // a word without what belongs to it; what damages the command may add something
        if (r.nextInt(30) == 0) w.add(Values.pick(r, "LIMIT", "BY", "GET", hasOpenOrder ? "#" : "STORE", "WITHDIST"));
    }

    private static void elements(List<String> w, Random r, String command) {
        add(w, command, key(r));
        for (int i = r.nextInt(8); i >= 0; i--) w.add(element(r));
    }

    /// Mostly numbers, so that sorting by them has a chance, those among them that name keys.
    private static String element(Random r) {
        return switch (r.nextInt(40)) {
            case 0 -> Values.number(r).replace("\0", ""); // behind a zero byte a real server does not compare texts
            case 1 -> Values.pick(r, "a", "b", "abc", "key1", "inf", "-inf", "nan", " 7", "0x1f", "1e2", "");
            case 2, 3, 4 -> "" + r.nextInt(100) / 8.0;
            case 5, 6 -> "-" + (1 + r.nextInt(50));
            default -> "" + r.nextInt(8);
        };
    }

    private static String field(Random r) {
        return Values.pick(r, "f", "f", "g", "g->h");
    }

    private static String key(Random r) {
        return "key" + r.nextInt(6);
    }

    private static void add(List<String> words, String... more) {
        for (String word : more) words.add(word);
    }
}
