package dev.cinnabar.persistence;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// A value of every type in every form it is stored in, as the commands that make it.
enum Samples {
    SMALL_NUMBER("int", "SET", "KEY", "-7"),
    NUMBER_16("int", "SET", "KEY", "30000"),
    NUMBER_32("int", "SET", "KEY", "-2147483648"),
    NUMBER_64("int", "SET", "KEY", "9223372036854775807"),
    EMPTY("embstr", "SET", "KEY", ""),
    NEARLY_A_NUMBER("embstr", "SET", "KEY", "007"),
    TEXT("embstr", "SET", "KEY", "a short text"),
    BINARY("embstr", "SET", "KEY", "\u0000\r\n\u00ff\u0080"),
    REPEATING("raw", "SET", "KEY", "abcdefgh".repeat(100)),
    INCOMPRESSIBLE("raw", "SET", "KEY", noise(3000)),
    SMALL_LIST("listpack", words("RPUSH", 20)),
    NODES("quicklist", longWords("RPUSH", 200)),
    HUGE_ELEMENT("quicklist", "RPUSH", "KEY", "x", noise(20_000), "y"),
    NUMBERS_16("intset", "SADD", "KEY", "1", "-2", "300", "-32768"),
    NUMBERS_OF_32("intset", "SADD", "KEY", "1", "-2", "70000"),
    NUMBERS_OF_64("intset", "SADD", "KEY", "1", "-9223372036854775808", "9223372036854775807"),
    SMALL_SET("listpack", words("SADD", 20)),
    LARGE_SET("hashtable", longWords("SADD", 300)),
    SMALL_HASH("listpack", words("HSET", 20)),
    LARGE_HASH("hashtable", longWords("HSET", 600)),
    SMALL_ZSET("listpack", "ZADD", "KEY", "1", "a", "-2.5", "b", "inf", "c", "-inf", "d", "1", "12", "1e300", "e"),
    LARGE_ZSET("skiplist", scored(300)),
    STREAM("stream", "XADD", "KEY", "5-1", "field", "value", "number", "-77");

    private final String encoding;
    private final String[] command;

    Samples(String encoding, String... command) {
        this.encoding = encoding;
        this.command = command;
    }

    /// What OBJECT ENCODING says.
    String encoding() {
        return encoding;
    }

    String[] commandFor(String key) {
        return Stream.of(command).map(w -> w.equals("KEY") ? key : w).toArray(String[]::new);
    }

    private static String[] words(String command, int count) {
        List<String> words = new ArrayList<>(List.of(command, "KEY"));
        for (int i = 0; i < count; i++) words.add(i % 3 == 0 ? "" + (i * i * i * 1001 - 500) : "e" + i);
        return words.toArray(String[]::new);
    }

    private static String[] longWords(String command, int count) {
        List<String> words = new ArrayList<>(List.of(command, "KEY"));
        for (int i = 0; i < count; i++)
            words.add(i % 5 == 0 ? "" + i * 12345L * i : ("element " + i + ' ').repeat(i % 20));
        return words.stream().map(w -> w.isEmpty() ? "-" + words.indexOf(w) : w).toArray(String[]::new);
    }

    private static String[] scored(int count) {
        List<String> words = new ArrayList<>(List.of("ZADD", "KEY"));
        for (int i = 0; i < count; i++) words.addAll(List.of("" + (i * 7919 % 101) / 8.0, "member" + i));
        return words.toArray(String[]::new);
    }

    /// Text that LZF finds nothing in.
    static String noise(int length) {
        StringBuilder text = new StringBuilder();
        Random random = new Random(length);
        for (int i = 0; i < length; i++) text.append((char) random.nextInt(256));
        return text.toString();
    }
}
