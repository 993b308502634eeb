package dev.cinnabar.twin;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Hashes beside a real redis-server, small ones and large ones; keys meet that hold another type.
class HashTwinTest {
    private static final int COMMANDS = 15_000;

    @ParameterizedTest
    @CsvSource({"2, 6", "3, 6", "2, 512", "3, 40"})
    void hashes_answer_as_redis_does(int protocol, int entries, @TempDir Path directory) {
        try (Twin twin = new Twin(directory, "--hash-max-listpack-entries", "" + entries)) {
            twin.ours().store().thresholds().hashMaxListpackEntries = entries;
            twin.speak(protocol);
            twin.compare(Twin.seed(), COMMANDS, HashTwinTest::command);
        }
    }

    private static String[] command(Random r) {
        String key = "key" + r.nextInt(6);
        return switch (r.nextInt(60)) {
            case 0 -> new String[] {"SET", key, "text"};
            case 1, 2 -> new String[] {"DEL", key};
            case 3 -> new String[] {"RENAME", key, "key" + r.nextInt(6)};
            case 4 -> new String[] {"COPY", key, "key" + r.nextInt(6), "REPLACE"};
            default -> HashMaker.next(r);
        };
    }
}
