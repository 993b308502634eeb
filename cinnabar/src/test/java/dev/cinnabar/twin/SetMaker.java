package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Commands of the set family made by chance, those whose answers do not hang on it.
final class SetMaker {
    private SetMaker() {}

    static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        switch (r.nextInt(14)) {
            case 0, 1, 2 -> several(w, r, "SADD", key(r));
            case 3, 4 -> several(w, r, "SREM", key(r));
            case 5 -> add(w, "SMEMBERS", key(r));
            case 6 -> {
                w.add(Values.pick(r, "SUNION", "SINTER", "SDIFF"));
                keys(w, r);
            }
            case 7, 8 -> {
                add(w, Values.pick(r, "SUNIONSTORE", "SINTERSTORE", "SDIFFSTORE"), key(r));
                keys(w, r);
            }
            case 9 -> add(w, "SMOVE", key(r), key(r), ListMaker.element(r));
            case 10 -> {
                add(w, "SINTERCARD", "2", key(r), key(r));
                if (r.nextBoolean()) add(w, "LIMIT", Values.pick(r, "0", "1", "3", "-1"));
            }
            case 11 -> several(w, r, "SMISMEMBER", key(r));
            case 12 -> add(w, "SPOP", key(r), Values.pick(r, "100000", "100000", "0", "-1"));
            default -> add(w, Values.pick(r, "SCARD", "SPOP"), "missing");
        }
        // without its count SPOP picks by chance
        return w.get(0).equals("SPOP") ? w.toArray(String[]::new) : Values.damaged(r, w);
    }

    private static void several(List<String> w, Random r, String command, String key) {
        add(w, command, key);
        for (int i = r.nextInt(6); i >= 0; i--) w.add(ListMaker.element(r));
    }

    private static void keys(List<String> w, Random r) {
        for (int i = r.nextInt(3); i >= 0; i--) w.add(key(r));
    }

    private static String key(Random r) {
        return "key" + r.nextInt(6);
    }

    private static void add(List<String> words, String... more) {
        for (String word : more) words.add(word);
    }
}
