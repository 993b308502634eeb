package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Commands on keys of any type made by chance.
final class KeyMaker {
    private KeyMaker() {}

    static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        switch (r.nextInt(28)) {
            case 0, 1, 2 -> add(w, "SET", key(r), Values.any(r));
            case 3 -> add(w, r.nextBoolean() ? "DEL" : "UNLINK", key(r), key(r));
            case 4 -> add(w, "EXISTS", key(r), key(r), key(r));
            case 5 -> add(w, "TYPE", key(r));
            case 6 -> add(w, "KEYS", pattern(r));
            case 7 -> scan(r, w);
            case 8, 9 -> add(w, "RENAME", key(r), key(r));
            case 10 -> add(w, "RENAMENX", key(r), key(r));
            case 11, 12 -> copy(r, w);
            case 13 -> add(w, "MOVE", key(r), database(r));
            case 14 -> add(w, "TOUCH", key(r), key(r));
            case 15 -> add(w, "OBJECT", "ENCODING", key(r));
            case 16, 17, 18, 19 -> expire(r, w);
            case 20, 21 -> add(w, r.nextBoolean() ? "TTL" : "EXPIRETIME", key(r));
            case 22 -> add(w, "PERSIST", key(r));
            case 23 -> add(w, "SET", key(r), Values.any(r), "EX", "" + (10_000 + r.nextInt(100)));
            case 24 -> add(w, "GET", key(r));
            case 25 -> add(w, "HSET", key(r), "field", "value");
            case 26 -> add(w, "HSET", key(r), "long", "x".repeat(65));
            default -> add(w, "OBJECT", Values.pick(r, "FREQ", "ENCODING", "NONSENSE", "encoding"), key(r));
        }
        return Values.damaged(r, w);
    }

    private static void copy(Random r, List<String> w) {
        add(w, "COPY", key(r), key(r));
        if (r.nextInt(3) == 0) add(w, "DB", database(r));
        if (r.nextInt(2) == 0) add(w, "replace");
        if (r.nextInt(20) == 0) add(w, "DB", database(r));
    }

    private static void scan(Random r, List<String> w) {
        add(
                w,
                "SCAN",
                r.nextInt(4) == 0 ? Values.pick(r, "x", "", " 0", "-", "0x", "0 ", "99999999999999999999999") : "0");
        // a count beyond the number of keys, so that both sides answer all of them
        add(w, "COUNT", r.nextInt(8) == 0 ? Values.pick(r, "0", "-1", "x", "") : "1000");
        if (r.nextInt(3) == 0) add(w, "MATCH", pattern(r));
        if (r.nextInt(3) == 0) add(w, "TYPE", Values.pick(r, "string", "STRING", "hash", "nonsense"));
    }

    /// Relative times in whole seconds only, and far enough, so that both sides round alike.
    private static void expire(Random r, List<String> w) {
        long now = System.currentTimeMillis();
        long seconds = 10_000 + r.nextInt(1000);
        switch (r.nextInt(4)) {
            case 0 -> add(w, "EXPIRE", key(r), "" + seconds);
            case 1 -> add(w, "PEXPIRE", key(r), "" + seconds * 1000);
            case 2 -> add(w, "EXPIREAT", key(r), "" + (now / 1000 + seconds));
            default -> add(w, "PEXPIREAT", key(r), "" + (now + seconds * 1000));
        }
        if (r.nextInt(5) == 0)
            w.set(2, Values.pick(r, "0", "-1", "x", "", "9223372036854775807", "-9223372036854775808", "1.5"));
        while (r.nextInt(2) == 0) add(w, Values.pick(r, "NX", "XX", "GT", "LT", "nx", "FOO"));
    }

    private static String key(Random r) {
        return r.nextInt(6) > 0 ? "key" + r.nextInt(6) : Values.pick(r, "longer-key", "x".repeat(200), "");
    }

    private static String database(Random r) {
        return Values.pick(r, "0", "1", "2", "15", "16", "-1", "x", "99999999999", "");
    }

    /// Not `**`, which does not match the empty key for Redis, though `*` does.
    private static String pattern(Random r) {
        return Values.pick(
                r,
                "*",
                "k*",
                "?",
                "key[0-3]",
                "key[^0-3]",
                "\\key1",
                "[",
                "",
                "longer-key",
                "*-*",
                "k**",
                "k[",
                "[a-c]");
    }

    private static void add(List<String> words, String... more) {
        words.addAll(List.of(more));
    }
}
