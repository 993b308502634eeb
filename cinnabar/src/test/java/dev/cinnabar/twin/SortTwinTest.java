package dev.cinnabar.twin;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// SORT beside a real redis-server.
class SortTwinTest {
    private static final int COMMANDS = 12_000;

    @ParameterizedTest
    @CsvSource({"2, 0", "2, 128", "3, 0", "3, 128"})
    void everything_is_sorted_as_redis_does(int protocol, int entries, @TempDir Path directory) {
        try (Twin twin = new Twin(directory, "--zset-max-listpack-entries", "" + entries)) {
            twin.ours().store().thresholds().zsetMaxListpackEntries = entries;
            twin.speak(protocol);
            twin.compare(Twin.seed(), COMMANDS, SortMaker::next);
        }
    }
}
