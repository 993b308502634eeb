package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Commands on sorted sets, as far as redis-server 7.0 has them and their answers do not hang on chance, over
/// keys that hold other types, too.
final class ZsetMaker {
    private ZsetMaker() {}

    static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        switch (r.nextInt(27)) {
            case 0, 1, 2, 3, 4 -> zadd(r, w);
            case 5 -> add(w, "ZINCRBY", key(r), score(r), member(r));
            case 6, 7 -> several(w, r, "ZREM", key(r));
            case 8, 9 -> {
                add(w, Values.pick(r, "ZPOPMIN", "ZPOPMAX"), key(r));
                if (r.nextBoolean()) add(w, Values.pick(r, "0", "1", "2", "5", "-1", "x"));
            }
            case 10 -> {
                add(w, "ZMPOP", Values.pick(r, "2", "2", "2", "1", "0", "x"), key(r), key(r));
                add(w, Values.pick(r, "MIN", "MAX", "max"));
                if (r.nextBoolean()) add(w, "COUNT", Values.pick(r, "1", "2", "5", "0"));
            }
            case 11 -> add(w, "ZREMRANGEBYRANK", key(r), index(r), index(r));
            case 12 -> add(w, "ZREMRANGEBYSCORE", key(r), bound(r), bound(r));
            case 13 -> several(w, r, "ZREM", key(r)); // what BYLEX takes of members with several scores is nowhere said
            case 14, 15 -> store(r, w, Values.pick(r, "ZUNIONSTORE", "ZINTERSTORE"));
            case 16 -> add(w, "ZDIFFSTORE", key(r), "2", key(r), key(r));
            case 17 -> rangeStore(r, w);
            case 18 -> add(w, "ZRANGE", key(r), index(r), index(r), "WITHSCORES");
            case 19 -> add(w, "ZRANGEBYSCORE", key(r), bound(r), bound(r));
            case 20 -> add(w, Values.pick(r, "ZSCORE", "ZRANK", "ZREVRANK"), key(r), member(r));
            case 21 -> add(w, Values.pick(r, "ZUNION", "ZINTER", "ZDIFF"), "2", key(r), key(r), "WITHSCORES");
            case 22 -> add(w, "ZINTERCARD", "2", key(r), key(r), "LIMIT", Values.pick(r, "0", "1", "3", "-1"));
            case 23 -> add(w, "ZCOUNT", key(r), bound(r), bound(r));
            case 24 -> several(w, r, "ZMSCORE", key(r));
            case 25 -> add(w, "ZSCAN", key(r), "0", "COUNT", "100000"); // a large one in one go
            default -> {
                switch (r.nextInt(6)) {
                    case 0 -> add(w, "SADD", key(r), member(r));
                    case 1 -> add(w, "SET", key(r), "v");
                    case 2 -> add(w, "DEL", key(r));
                    default -> add(w, "ZCARD", key(r));
                }
            }
        }
        boolean isRank = w.get(0).endsWith("RANK"); // ZRANK has one word more since 7.2
        return isRank ? w.toArray(String[]::new) : Values.damaged(r, w);
    }

    private static void zadd(Random r, List<String> w) {
        add(w, "ZADD", key(r));
        if (r.nextInt(4) == 0) add(w, Values.pick(r, "NX", "XX", "GT", "LT", "CH", "INCR", "xx"));
        if (r.nextInt(10) == 0) add(w, Values.pick(r, "NX", "XX", "GT", "LT", "CH", "INCR"));
        for (int i = r.nextInt(6) == 0 ? r.nextInt(30) : r.nextInt(3); i >= 0; i--) add(w, score(r), member(r));
    }

    private static void store(Random r, List<String> w, String command) {
        add(w, command, key(r), "2", key(r), key(r));
        if (r.nextInt(4) == 0) add(w, "WEIGHTS", score(r), score(r));
        if (r.nextInt(3) == 0) add(w, "AGGREGATE", Values.pick(r, "SUM", "MIN", "max", "avg"));
    }

    private static void rangeStore(Random r, List<String> w) {
        add(w, "ZRANGESTORE", key(r), key(r));
        if (r.nextInt(3) > 0) add(w, index(r), index(r));
        else add(w, bound(r), bound(r), "BYSCORE");
        if (r.nextInt(4) == 0) add(w, "REV");
    }

    private static void several(List<String> w, Random r, String command, String key) {
        add(w, command, key);
        for (int i = r.nextInt(5); i >= 0; i--) w.add(member(r));
    }

    private static String key(Random r) {
        return "key" + r.nextInt(6);
    }

    private static String member(Random r) {
        return r.nextInt(20) == 0 ? "m".repeat(60 + r.nextInt(10)) : "" + (char) ('a' + r.nextInt(12));
    }

    private static String score(Random r) {
        return switch (r.nextInt(16)) {
            case 0 -> Values.pick(r, "inf", "-inf", "+inf", "nan", "x", "", "1e3", "0x10", " 1");
            case 1 -> Values.pick(r, "1e17", "-123456789012345678", "4611686018427387904", "4.7e18");
            case 2 -> "" + (r.nextInt(100) - 50) / 4.0;
            default -> "" + (r.nextInt(20) - 5);
        };
    }

    private static String bound(Random r) {
        return switch (r.nextInt(8)) {
            case 0 -> Values.pick(r, "-inf", "+inf", "(", "x", "(x");
            case 1, 2 -> "(" + (r.nextInt(20) - 5);
            default -> "" + (r.nextInt(20) - 5);
        };
    }

    private static String index(Random r) {
        return r.nextInt(30) == 0 ? Values.number(r) : "" + (r.nextInt(16) - 8);
    }

    private static void add(List<String> words, String... more) {
        for (String word : more) words.add(word);
    }
}
