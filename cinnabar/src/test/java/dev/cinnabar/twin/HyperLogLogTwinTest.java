package dev.cinnabar.twin;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// HyperLogLogs beside a real redis-server: the same counts to the digit, the same strings to the bit, also
/// of what was damaged.
class HyperLogLogTwinTest {
    private static final int COMMANDS = 8_000;

    @ParameterizedTest
    @CsvSource({"2, 3000", "3, 100", "2, 0", "2, 16000"})
    void hyperloglogs_count_as_those_of_redis(int protocol, int sparseMaxBytes, @TempDir Path directory) {
        try (Twin twin = new Twin(directory, "--hll-sparse-max-bytes", "" + sparseMaxBytes)) {
            twin.ours().store().thresholds().hllSparseMaxBytes = sparseMaxBytes;
            twin.speak(protocol);
            twin.compare(Twin.seed(), COMMANDS, HyperLogLogMaker::next);
        }
    }

    /// From the first element to far beyond the place where it becomes dense; string and count after each
    /// step.
    @ParameterizedTest
    @ValueSource(ints = {0, 100, 3000, 15_000})
    void one_grows_as_it_does_in_redis(int sparseMaxBytes, @TempDir Path directory) {
        long seed = Twin.seed();
        Random r = new Random(seed);
        try (Twin twin = new Twin(directory, "--hll-sparse-max-bytes", "" + sparseMaxBytes)) {
            twin.ours().store().thresholds().hllSparseMaxBytes = sparseMaxBytes;
            int n = 0;
            while (n < 60_000) {
                String[] words = new String[2 + (n < 3000 ? 1 : n < 20_000 ? 20 : 500)];
                words[0] = "PFADD";
                words[1] = "key";
                for (int i = 2; i < words.length; i++) words[i] = "element " + r.nextLong();
                n += words.length - 2;
                twin.same(words);
                twin.same("GET", "key");
                if (r.nextInt(4) > 0) continue;
                twin.same("PFCOUNT", "key");
                twin.same("GET", "key");
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("with seed " + seed, e);
        }
    }
}
