package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.RealRedis;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Compares with `KEYS` of a real server.
class GlobTwinTest {
    @Test
    void keys_of_a_real_server_finds_the_same(@TempDir Path directory) {
        RealRedis.assumePresent();
        long seed = new Random().nextLong();
        var random = new Random(seed);
        try (RealRedis real = RealRedis.start(directory, "--save", "")) {
            var keys = new TreeSet<String>();
            while (keys.size() < 300) keys.add(word(random, "abcAB]^-\\[*?", 5));
            for (String key : keys) real.ask("SET", key, "1");

            for (int i = 0; i < 3000; i++) {
                String pattern = word(random, "ab*?[]^-\\Ac", 8);
                List<String> theirs = real.list("KEYS", pattern);
                Collections.sort(theirs);
                List<String> ours = new ArrayList<>();
                for (String key : keys) if (Glob.matches(Bytes.of(pattern), Bytes.of(key))) ours.add(key);
                assertThat(ours).as("seed %d: KEYS %s", seed, pattern).isEqualTo(theirs);
            }
        }
    }

    private static String word(Random random, String alphabet, int maxLength) {
        var word = new StringBuilder();
        for (int i = random.nextInt(maxLength + 1); i > 0; i--) {
            word.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return word.toString();
    }
}
