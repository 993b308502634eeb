package dev.cinnabar.twin;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The key family beside a real redis-server.
class KeyTwinTest {
    private static final int COMMANDS = 20_000;

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void key_commands_answer_as_redis_does(int protocol, @TempDir Path directory) {
        try (Twin twin = new Twin(directory)) {
            twin.speak(protocol);
            long seed = Twin.seed();
            twin.compare(seed, COMMANDS, KeyMaker::next);
        }
    }
}
