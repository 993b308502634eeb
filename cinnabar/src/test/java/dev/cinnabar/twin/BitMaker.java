package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Commands on bitmaps, as far as redis-server 7.0 has them, over keys that hold numbers and other types,
/// too.
final class BitMaker {
    private BitMaker() {}

    static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        switch (r.nextInt(24)) {
            case 0, 1, 2, 3 -> add(w, "SETBIT", key(r), offset(r), Values.pick(r, "0", "1", "1", "1", bad(r, "2")));
            case 4, 5 -> add(w, "GETBIT", key(r), offset(r));
            case 6, 7 -> bitCount(r, w);
            case 8, 9, 10 -> bitPos(r, w);
            case 11, 12, 13 -> bitOp(r, w);
            case 14, 15, 16, 17, 18 -> bitField(r, w);
            case 19 -> add(w, "SET", key(r), Values.any(r));
            case 20 -> add(w, "SET", key(r), Values.text(r, r.nextInt(40)), "EX", "1000");
            case 21 -> add(w, "DEL", key(r));
            case 22 -> add(w, Values.pick(r, "GET", "TTL", "STRLEN"), key(r));
            default -> {
                if (r.nextInt(8) == 0) add(w, "SADD", key(r), "member");
                else add(w, "SET", key(r), "" + r.nextInt(100_000));
            }
        }
        // a bad range of a missing key is an error since 7.2 only
        boolean hasRange = w.get(0).equals("BITCOUNT") || w.get(0).equals("BITPOS");
        return hasRange ? w.toArray(String[]::new) : Values.damaged(r, w);
    }

    private static void bitCount(Random r, List<String> w) {
        add(w, "BITCOUNT", key(r));
        if (r.nextInt(4) == 0) return;
        add(w, index(r), index(r));
        unit(r, w);
    }

    private static void bitPos(Random r, List<String> w) {
        add(w, "BITPOS", key(r), Values.pick(r, "0", "1"));
        if (r.nextInt(4) == 0) return;
        add(w, index(r));
        if (r.nextInt(4) == 0) return;
        add(w, index(r));
        unit(r, w);
    }

    private static void unit(Random r, List<String> w) {
        if (r.nextBoolean()) add(w, Values.pick(r, "BIT", "bit", "BYTE"));
    }

    private static void bitOp(Random r, List<String> w) {
        String operation = Values.pick(r, "AND", "OR", "xor", "NOT", "NOT", bad(r, "NAND"));
        add(w, "BITOP", operation, key(r), key(r));
        if (!operation.equals("NOT") || r.nextInt(20) == 0) for (int i = r.nextInt(4); i > 0; i--) add(w, key(r));
    }

    private static void bitField(Random r, List<String> w) {
        add(w, r.nextInt(6) == 0 ? "BITFIELD_RO" : "BITFIELD", key(r));
        boolean onlyGets = w.get(0).equals("BITFIELD_RO") && r.nextInt(10) > 0;
        for (int i = r.nextInt(4); i >= 0; i--) {
            switch (onlyGets ? 0 : r.nextInt(8)) {
                case 0, 1 -> add(w, "GET", type(r), fieldOffset(r));
                case 2, 3 -> add(w, "SET", type(r), fieldOffset(r), Values.number(r));
                case 4, 5, 6 -> add(w, "incrby", type(r), fieldOffset(r), Values.number(r));
                default -> add(w, "OVERFLOW", Values.pick(r, "WRAP", "SAT", "FAIL", "fail", bad(r, "x")));
            }
        }
    }

    private static String type(Random r) {
        int width = r.nextInt(3) > 0 ? 1 + r.nextInt(64) : 1 + r.nextInt(8);
        return switch (r.nextInt(60)) {
            case 0 -> Values.pick(r, "u64", "i65", "u0", "i", "", "8", "x8", "u08", "u-1", "i 5", "I8", "u8x");
            default -> (width < 64 && r.nextBoolean() ? "u" : "i") + width;
        };
    }

    private static String fieldOffset(Random r) {
        return switch (r.nextInt(12)) {
            case 0, 1, 2, 3, 4 -> "#" + r.nextInt(6);
            case 5 -> bad(r, Values.pick(r, "#", "##1", "#-1", "#x"));
            default -> offset(r);
        };
    }

    private static String offset(Random r) {
        return switch (r.nextInt(40)) {
            case 0 -> Values.pick(r, "-1", "4294967296", "9223372036854775807", "x", "", "1.5", "01");
            case 1 -> "" + r.nextInt(300_000);
            case 2, 3, 4 -> "" + r.nextInt(2000);
            default -> "" + r.nextInt(140);
        };
    }

    private static String index(Random r) {
        return switch (r.nextInt(30)) {
            case 0 -> Values.pick(r, "9223372036854775807", "-9223372036854775807", "2147483648", "-4294967296");
            case 1, 2 -> "" + (r.nextInt(400_000) - 200_000);
            case 3, 4, 5, 6 -> "" + (r.nextInt(300) - 150);
            default -> "" + (r.nextInt(20) - 10);
        };
    }

    private static String key(Random r) {
        return "key" + r.nextInt(6);
    }

    /// Rarely a bad word, mostly none that is.
    private static String bad(Random r, String word) {
        return r.nextInt(10) == 0 ? word : "1";
    }

    private static void add(List<String> words, String... more) {
        for (String word : more) words.add(word);
    }
}
