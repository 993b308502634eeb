package dev.cinnabar.twin;

import java.util.List;
import java.util.Random;

/// Arguments made by chance, those among them that hurt.
final class Values {
    private static final String[] NUMBERS = {
        "0",
        "1",
        "-1",
        "9",
        "10",
        "99",
        "9999",
        "10000",
        "-9999",
        "2147483647",
        "2147483648",
        "-2147483649",
        "9223372036854775806",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775807",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "00",
        "01",
        "-0",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x10",
        "",
        "abc",
        "-",
        "1\0"
    };

    private Values() {}

    static String pick(Random r, String... choices) {
        return choices[r.nextInt(choices.length)];
    }

    /// A number, or what nearly is one.
    static String number(Random r) {
        return switch (r.nextInt(3)) {
            case 0 -> pick(r, NUMBERS);
            case 1 -> "" + (r.nextInt(2000) - 1000);
            default -> "" + r.nextLong();
        };
    }

    /// A value of each way in which strings are stored.
    static String any(Random r) {
        return switch (r.nextInt(8)) {
            case 0, 1 -> number(r);
            case 2 -> text(r, r.nextInt(10));
            case 3 -> text(r, 40 + r.nextInt(10));
            case 4 -> text(r, 120 + r.nextInt(20));
            case 5 -> text(r, 16_370 + r.nextInt(30));
            case 6 -> r.nextInt(20) == 0 ? text(r, 32_700 + r.nextInt(200)) : "plain";
            default -> r.nextInt(40) == 0 ? text(r, 300_000 + r.nextInt(1000)) : "";
        };
    }

    /// Bytes of all kinds.
    static String text(Random r, int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) text.append((char) r.nextInt(256));
        return text.toString();
    }

    /// The command as it is, mostly; now and then with a word too few, too many, or in lower case.
    static String[] damaged(Random r, List<String> words) {
        switch (r.nextInt(60)) {
            case 0 -> words.remove(words.size() - 1);
            case 1 -> words.add("extra");
            case 2 -> words.set(0, words.get(0).toLowerCase(java.util.Locale.ROOT));
            case 3 -> words.add(words.get(words.size() - 1));
            default -> {}
        }
        if (words.isEmpty()) words.add("GET");
        return words.toArray(String[]::new);
    }
}
