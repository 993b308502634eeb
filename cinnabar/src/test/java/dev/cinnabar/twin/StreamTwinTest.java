package dev.cinnabar.twin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Streams beside a real redis-server, in nodes of several sizes.
class StreamTwinTest {
    private static final int COMMANDS = 20_000;

    @ParameterizedTest
    @CsvSource({"2, 4, 4096", "3, 5, 4096", "2, 200, 0", "3, 100, 300"})
    void streams_answer_as_redis_does(int protocol, int maxEntries, int maxBytes, @TempDir Path directory) {
        try (Twin twin = new Twin(
                directory,
                "--stream-node-max-entries",
                "" + maxEntries,
                "--stream-node-max-bytes",
                "" + maxBytes,
                "--enable-debug-command",
                "yes")) {
            twin.ours().store().thresholds().streamNodeMaxEntries = maxEntries;
            twin.ours().store().thresholds().streamNodeMaxBytes = maxBytes;
            twin.speak(protocol);
            twin.compare(System.nanoTime(), COMMANDS, StreamMaker::next);
            String theirs = twin.theirs().raw("DEBUG", "DIGEST");
            assertThat(twin.ours().replay("DEBUG", "DIGEST")).isEqualTo(theirs);
        }
    }
}
