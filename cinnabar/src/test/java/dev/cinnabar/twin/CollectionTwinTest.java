package dev.cinnabar.twin;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Lists and sets beside a real redis-server, in nodes of several sizes; keys meet that hold another type.
class CollectionTwinTest {
    private static final int COMMANDS = 12_000;

    @ParameterizedTest
    @CsvSource({"2, 4", "3, 4", "2, -1", "3, -2"})
    void lists_and_sets_answer_as_redis_does(int protocol, int nodeSize, @TempDir Path directory) {
        try (Twin twin =
                new Twin(directory, "--list-max-listpack-size", "" + nodeSize, "--set-max-intset-entries", "8")) {
            twin.ours().store().thresholds().listMaxListpackSize = nodeSize;
            twin.ours().store().thresholds().setMaxIntsetEntries = 8;
            twin.ours().store().thresholds().setMaxListpackEntries = 8;
            twin.speak(protocol);
            twin.compare(Twin.seed(), COMMANDS, r -> r.nextInt(5) < 3 ? ListMaker.next(r) : SetMaker.next(r));
        }
    }
}
