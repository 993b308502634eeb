package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Commands of the string family made by chance, as far as redis-server 7.0 has them. INCRBYFLOAT has a test
/// of its own.
final class StringMaker {
    private StringMaker() {}

    static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        switch (r.nextInt(33)) {
            case 0, 1 -> add(w, "SET", key(r), Values.any(r));
            case 2, 3, 4, 5 -> set(r, w);
            case 6, 7 -> add(w, "GET", key(r));
            case 8 -> add(w, "APPEND", key(r), Values.any(r));
            case 9 -> add(w, Values.pick(r, "INCR", "DECR"), key(r));
            case 10 -> add(w, Values.pick(r, "INCRBY", "DECRBY"), key(r), Values.number(r));
            case 11 -> add(w, "GETDEL", key(r));
            case 12, 13 -> getEx(r, w);
            case 14, 15 -> add(w, Values.pick(r, "GETRANGE", "SUBSTR"), key(r), index(r), index(r));
            case 16 -> add(w, "GETSET", key(r), Values.any(r));
            case 17 -> add(w, "MGET", key(r), key(r), key(r));
            case 18 -> add(w, "MSET", key(r), Values.any(r), key(r), Values.any(r));
            case 19 -> add(w, "MSETNX", key(r), Values.any(r), key(r), Values.any(r));
            case 20 -> add(w, "SETEX", key(r), time(r), Values.any(r));
            case 21 -> add(w, "PSETEX", key(r), time(r), Values.any(r));
            case 22 -> add(w, "SETNX", key(r), Values.any(r));
            case 23, 24 -> setRange(r, w);
            case 25 -> add(w, "STRLEN", key(r));
            case 26, 27 -> lcs(r, w);
            case 28 -> add(w, "TTL", key(r));
            case 29 -> add(w, "OBJECT", "ENCODING", key(r));
            case 30 -> add(w, "DEL", key(r));
            case 31 -> add(w, "HSET", key(r), "field", "value");
            default -> add(w, "EXISTS", key(r));
        }
        return Values.damaged(r, w);
    }

    private static void set(Random r, List<String> w) {
        add(w, "SET", key(r), Values.any(r));
        while (r.nextInt(3) > 0) {
            switch (r.nextInt(6)) {
                case 0 -> add(w, "NX");
                case 1 -> add(w, "XX");
                case 2 -> add(w, "get");
                case 3 -> add(w, "KEEPTTL");
                case 4 -> add(w, Values.pick(r, "EX", "PX", "EXAT", "PXAT", "FOO", "PERSIST"), time(r));
                default -> {}
            }
        }
    }

    private static void getEx(Random r, List<String> w) {
        add(w, "GETEX", key(r));
        while (r.nextInt(3) > 0) {
            if (r.nextInt(3) == 0) add(w, Values.pick(r, "PERSIST", "KEEPTTL", "NX"));
            else add(w, Values.pick(r, "EX", "PX", "EXAT", "PXAT"), time(r));
        }
    }

    private static void setRange(Random r, List<String> w) {
        String offset = Values.pick(r, "0", "1", "5", "43", "100", "-1", "x", "536870912", "9223372036854775807");
        add(w, "SETRANGE", key(r), offset, r.nextInt(3) == 0 ? "" : Values.text(r, r.nextInt(50)));
    }

    private static void lcs(Random r, List<String> w) {
        add(w, "LCS", key(r), key(r));
        while (r.nextInt(2) == 0) {
            if (r.nextInt(3) == 0) add(w, "MINMATCHLEN", Values.pick(r, "0", "1", "2", "5", "-3", "x"));
            else add(w, Values.pick(r, "LEN", "IDX", "WITHMATCHLEN", "idx", "FOO"));
        }
    }

    /// Far enough away that nothing expires during the test, for every unit: as seconds since 1970 or from
    /// now it is years.
    private static String time(Random r) {
        return r.nextInt(3) == 0
                ? Values.pick(r, "0", "-1", "x", "", "9223372036854775807", "-9223372036854775808")
                : "9999999" + (100_000 + r.nextInt(900_000));
    }

    private static String index(Random r) {
        return r.nextInt(4) == 0 ? Values.number(r) : "" + (r.nextInt(200) - 100);
    }

    private static String key(Random r) {
        return r.nextInt(8) > 0 ? "key" + r.nextInt(6) : Values.pick(r, "longer-key", "");
    }

    private static void add(List<String> words, String... more) {
        words.addAll(List.of(more));
    }
}
