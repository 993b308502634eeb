package dev.cinnabar.twin;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
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
            twin.compare(Twin.seed(), COMMANDS, GeoMaker::next);
        }
    }

    @Test
    void the_ends_of_the_map_are_where_they_are_in_redis(@TempDir Path directory) {
        try (Twin twin = new Twin(directory)) {
            for (String longitude : new String[] {"-180", "0", "180"}) {
                for (String latitude : new String[] {"-85.05112878", "85.05112878"}) {
                    String member = longitude + "," + latitude;
                    twin.same("GEOADD", "ends", longitude, latitude, member);
                    twin.same("GEOPOS", "ends", member);
                    twin.same("GEOHASH", "ends", member);
                }
            }
            twin.same("ZRANGE", "ends", "0", "-1", "WITHSCORES");
        }
    }
}
