package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Commands on HyperLogLogs, over keys that hold other strings and types, and over some that are damaged.
final class HyperLogLogMaker {
    private HyperLogLogMaker() {}

    static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        switch (r.nextInt(24)) {
            case 0, 1, 2, 3, 4, 5 -> elements(w, r, key(r), r.nextInt(r.nextInt(10) == 0 ? 300 : 12));
            case 6, 7, 8 -> add(w, "PFCOUNT", key(r));
            case 9 -> several(w, r, "PFCOUNT");
            case 10, 11 -> several(w, r, "PFMERGE");
            case 12 -> add(w, "PFDEBUG", debug(r), anyKey(r));
            case 13, 14 -> add(w, "GET", anyKey(r));
            case 15 -> {
                if (r.nextInt(4) == 0) add(w, "DEL", anyKey(r));
                else add(w, "PFADD", key(r));
            }
            case 16 -> add(w, "OBJECT", "ENCODING", key(r));
            case 17 -> {
                if (r.nextInt(3) == 0) other(w, r);
                else add(w, "TTL", key(r));
            }
            // the damaged keys get no PFADD: where the last run is a long one of zeros whose second byte is missing, a real server writes
            // that byte behind the end of the string and reads it there again; here nothing is behind the end, and the byte is zero
            case 18 -> add(w, "DEL", broken(r));
            case 19 -> add(w, "COPY", key(r), broken(r), "REPLACE");
            case 20, 21 -> add(w, "SETRANGE", broken(r), "" + at(r), Values.text(r, 1 + r.nextInt(2)));
            case 22 -> add(w, "PFCOUNT", broken(r));
            default -> add(w, Values.pick(r, "PFCOUNT", "PFMERGE"), r.nextBoolean() ? broken(r) : key(r), broken(r));
        }
        return w.get(1).startsWith("broken") ? w.toArray(String[]::new) : Values.damaged(r, w);
    }

    private static void elements(List<String> w, Random r, String key, int count) {
        add(w, "PFADD", key);
        for (int i = 0; i < count; i++) {
            int kind = r.nextInt(20);
            w.add(kind == 0 ? Values.any(r) : kind == 1 ? Values.text(r, r.nextInt(30)) : "" + r.nextInt(30_000));
        }
    }

    private static void several(List<String> w, Random r, String command) {
        add(w, command, key(r));
        for (int i = r.nextInt(4); i > 0; i--) w.add(key(r));
    }

    private static void other(List<String> w, Random r) {
        switch (r.nextInt(4)) {
            case 0 -> add(w, "SET", key(r), Values.any(r));
            case 1 -> add(w, "HSET", key(r), "field", "value");
            case 2 -> add(w, "EXPIRE", key(r), "1000");
            default -> add(w, "SET", broken(r), "HYLL" + (char) r.nextInt(2) + "\0".repeat(r.nextInt(40)));
        }
    }

    private static String debug(Random r) {
        int kind = r.nextInt(20);
        return kind == 0 ? "TODENSE" : kind == 1 ? "GETREG" : kind == 2 ? "foo" : kind < 12 ? "DECODE" : "encoding";
    }

    private static int at(Random r) {
        return switch (r.nextInt(10)) {
            case 0 -> 4 + r.nextInt(12);
            case 1 -> 12_290 + r.nextInt(14);
            case 2, 3 -> 16 + r.nextInt(3000);
            case 4 -> 12_304;
            default -> 16 + r.nextInt(60);
        };
    }

    private static String key(Random r) {
        return "key" + r.nextInt(6);
    }

    private static String broken(Random r) {
        return "broken" + r.nextInt(3);
    }

    private static String anyKey(Random r) {
        return r.nextInt(3) == 0 ? broken(r) : key(r);
    }

    private static void add(List<String> words, String... more) {
        for (String word : more) words.add(word);
    }
}
