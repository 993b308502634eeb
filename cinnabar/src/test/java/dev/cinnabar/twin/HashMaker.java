package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Commands of the hash family made by chance, as far as Redis 7.0 knows them.
final class HashMaker {
    private HashMaker() {}

    static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        switch (r.nextInt(20)) {
            case 0, 1, 2 -> pairs(w, Values.pick(r, "HSET", "HSET", "HMSET"), r, 4);
            case 3 -> pairs(w, "HSET", r, 14);
            case 4 -> add(w, "HSETNX", key(r), field(r), value(r));
            case 5, 6 -> fields(w, "HDEL", r);
            case 7 -> fields(w, "HMGET", r);
            case 8 -> add(w, "HGET", key(r), field(r));
            case 9 -> add(w, Values.pick(r, "HEXISTS", "HSTRLEN"), key(r), field(r));
            case 10 -> add(w, "HLEN", key(r));
            case 11 -> add(w, Values.pick(r, "HGETALL", "HKEYS", "HVALS"), key(r));
            case 12, 13 -> add(w, "HINCRBY", key(r), field(r), Values.pick(r, "1", "-7", Values.number(r)));
            case 14, 15 ->
                add(
                        w,
                        "HINCRBYFLOAT",
                        key(r),
                        field(r),
                        Values.pick(r, "1", "-0.5", "3.25e3", "inf", Values.number(r)));
            case 16 -> random(w, r);
            case 17, 18 -> scan(w, r);
            default -> add(w, Values.pick(r, "OBJECT", "OBJECT", "TYPE"), "ENCODING", key(r));
        }
        // without its count HRANDFIELD picks by chance
        return w.get(0).equals("HRANDFIELD") ? w.toArray(String[]::new) : Values.damaged(r, w);
    }

    private static void pairs(List<String> w, String command, Random r, int most) {
        add(w, command, key(r));
        for (int i = r.nextInt(most); i >= 0; i--) add(w, field(r), value(r));
    }

    private static void fields(List<String> w, String command, Random r) {
        add(w, command, key(r));
        for (int i = r.nextInt(5); i >= 0; i--) w.add(field(r));
    }

    /// Only what leaves nothing to chance: all fields, none, or a mistake.
    private static void random(List<String> w, Random r) {
        add(w, "HRANDFIELD", r.nextInt(3) == 0 ? "missing" : key(r));
        if (w.get(1).equals("missing") && r.nextBoolean()) return;
        w.add(Values.pick(r, "100000", "100000", "0", "x", "-9223372036854775808"));
        if (r.nextBoolean()) w.add(Values.pick(r, "WITHVALUES", "withvalues", "WITHVALUE"));
    }

    /// Of a table in one go.
    private static void scan(List<String> w, Random r) {
        add(w, "HSCAN", key(r), Values.pick(r, "0", "0", "0", "0", "x"));
        if (r.nextInt(3) == 0) add(w, "MATCH", Values.pick(r, "*", "f*", "?", "[a-f]*"));
        add(w, "COUNT", Values.pick(r, "100000", "100000", "100000", "0", "x"));
    }

    private static String key(Random r) {
        return "key" + r.nextInt(6);
    }

    private static String field(Random r) {
        return switch (r.nextInt(10)) {
            case 0, 1, 2 -> "" + r.nextInt(10);
            case 3 -> r.nextInt(10) == 0 ? "f".repeat(60 + r.nextInt(10)) : "";
            case 4 -> "f" + r.nextInt(100);
            default -> "" + (char) ('a' + r.nextInt(8));
        };
    }

    private static String value(Random r) {
        return switch (r.nextInt(10)) {
            case 0, 1, 2 -> "" + (r.nextInt(2000) - 1000);
            case 3 -> Values.number(r);
            case 4 -> r.nextInt(10) == 0 ? Values.any(r) : "v".repeat(r.nextInt(64));
            case 5 -> (r.nextInt(2000) - 1000) / 8.0 + "";
            default -> Values.text(r, r.nextInt(8));
        };
    }

    private static void add(List<String> words, String... more) {
        words.addAll(List.of(more));
    }
}
