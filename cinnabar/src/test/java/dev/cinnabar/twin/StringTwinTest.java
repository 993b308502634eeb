package dev.cinnabar.twin;

import java.nio.file.Path;
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
            twin.compare(Twin.seed(), COMMANDS, StringMaker::next);
        }
    }

    // ---- long double ----

    @Test
    void fractions_are_added_and_printed_as_redis_does(@TempDir Path directory) {
        try (Twin twin = new Twin(directory)) {
            twin.compare(Twin.seed(), SUMS, StringTwinTest::sum);
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
}
