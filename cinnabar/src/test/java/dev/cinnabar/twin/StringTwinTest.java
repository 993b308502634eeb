package dev.cinnabar.twin;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The string family, as far as redis-server 7.0 has it, beside a real one.
class StringTwinTest {
    private static final int COMMANDS = 30_000;
    private static final int SUMS = 20_000;

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void string_commands_answer_as_redis_does(int protocol, @TempDir Path directory) {
        try (Twin twin = new Twin(directory)) {
            twin.speak(protocol);
            twin.compare(System.nanoTime(), COMMANDS, StringTwinTest::command);
        }
    }

    static String[] command(Random r) {
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
        return Values.pick(r, "a", "b", "c", "longer-key", "k" + r.nextInt(4), "");
    }

    // ---- long double ----

    @Test
    void fractions_are_added_and_printed_as_redis_does(@TempDir Path directory) {
        try (Twin twin = new Twin(directory)) {
            twin.compare(System.nanoTime(), SUMS, StringTwinTest::sum);
        }
    }

    private static String[] sum(Random r) {
        return switch (r.nextInt(4)) {
            case 0 -> new String[] {"SET", "f", fraction(r)};
            case 1 -> new String[] {"GET", "f"};
            default -> new String[] {"INCRBYFLOAT", "f", fraction(r)};
        };
    }

    private static String fraction(Random r) {
        return switch (r.nextInt(10)) {
            case 0 -> Values.pick(r, ODD_FRACTIONS);
            case 1 -> "" + r.nextInt(5000);
            case 2 -> r.nextInt(5000) + "." + r.nextInt(100);
            case 3 -> "" + r.nextDouble();
            case 4 -> "" + Double.longBitsToDouble(r.nextLong());
            case 5 -> (r.nextBoolean() ? "-" : "+") + r.nextInt(100) + "." + r.nextLong(Long.MAX_VALUE);
            case 6 -> r.nextLong() + "e" + (r.nextInt(40) - 20);
            case 7 -> r.nextInt(10) + "." + r.nextInt(1000) + "E" + (r.nextInt(10_000) - 5000);
            case 8 -> "0x" + Long.toHexString(r.nextLong()) + "p" + (r.nextInt(200) - 100);
            default -> Values.any(r);
        };
    }

    private static final String[] ODD_FRACTIONS = {
        "inf",
        "-inf",
        "+INF",
        "infinity",
        "nan",
        "-nan",
        "NaN(1)",
        "infinit",
        "",
        " 1",
        "1 ",
        "1\t",
        ".5",
        "5.",
        ".",
        "-",
        "+",
        "-.5",
        "0x",
        "0x.",
        "0x1p",
        "0x1.8p1",
        "0x1p-16445",
        "0x1p-16446",
        "0x.8p-16445",
        "0X1P16383",
        "0x1p16384",
        "0xg",
        "1e",
        "1e+",
        "1e5",
        "1E-5",
        "e5",
        "1e4932",
        "1.18973149535723176502e4932",
        "1.1897314953572317651e4932",
        "1.19e4932",
        "1e-4950",
        "1e-4951",
        "3.6451995318824746025e-4951",
        "1.8225997659412373012e-4951",
        "1.8225997659412373013e-4951",
        "1e-4952",
        "0e99999999999999",
        "0e-99999999999999",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "-0",
        "-0.0",
        "0.1",
        "3000",
        "1,5",
        "1_000",
        "١",
        "0b1",
        "1f",
        "1d",
        "1L",
        "0.00000000000000000499",
        "0.000000000000000005",
        "0.00000000000000001",
        "1\0",
        "9".repeat(300),
        "1" + "0".repeat(4931),
        "1" + "0".repeat(5118),
        "1" + "0".repeat(5119),
        "0." + "0".repeat(4900) + "1"
    };

    private static void add(List<String> words, String... more) {
        words.addAll(List.of(more));
    }
}
