package dev.cinnabar.twin;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Bitmaps beside a real redis-server.
class BitTwinTest {
    private static final int COMMANDS = 30_000;

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void bit_commands_answer_as_redis_does(int protocol, @TempDir Path directory) {
        try (Twin twin = new Twin(directory)) {
            twin.speak(protocol);
            twin.compare(Twin.seed(), COMMANDS, BitMaker::next);
        }
    }

    /// Of a key that is there and holds a string; Redis 7.0 looks at others before it looks at the range.
    @Test
    void a_bad_range_is_refused_in_the_same_words(@TempDir Path directory) {
        String[] words = {"0", "1", "-1", "x", "BIT", "BYTE", "", "9223372036854775808"};
        try (Twin twin = new Twin(directory)) {
            twin.same("SET", "key0", "a text");
            for (String a : words) {
                twin.same("BITCOUNT", "key0", a);
                twin.same("BITPOS", "key0", a);
                for (String b : words) {
                    twin.same("BITCOUNT", "key0", a, b);
                    twin.same("BITPOS", "key0", a, b);
                    for (String c : words) {
                        twin.same("BITCOUNT", "key0", a, b, c);
                        twin.same("BITPOS", "key0", a, b, c);
                        for (String d : words) twin.same("BITPOS", "key0", a, b, c, d);
                    }
                }
            }
            twin.same("BITCOUNT", "key0", "1", "2", "BIT", "x");
            twin.same("BITPOS", "key0", "1", "1", "2", "BIT", "x");
        }
    }
}
