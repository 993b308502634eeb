package dev.cinnabar.twin;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Places on earth beside a real redis-server, in small and in large sorted sets.
class GeoTwinTest {
    private static final int COMMANDS = 12_000;

    @ParameterizedTest
    @CsvSource({"2, 0", "2, 128", "3, 0", "3, 128"})
    void places_are_found_as_redis_finds_them(int protocol, int entries, @TempDir Path directory) {
        try (Twin twin = new Twin(directory, "--zset-max-listpack-entries", "" + entries)) {
            twin.ours().store().thresholds().zsetMaxListpackEntries = entries;
            twin.speak(protocol);
            twin.compare(System.nanoTime(), COMMANDS, GeoMaker::next);
        }
    }
}
