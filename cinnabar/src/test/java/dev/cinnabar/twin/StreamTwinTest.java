package dev.cinnabar.twin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Streams beside a real redis-server, in nodes of several sizes.
class StreamTwinTest {
    private static final int COMMANDS = 20_000;

    /// A trim by id may leave a node whose entries are all deleted, and XSETID may then go back in front of
    /// it.
    @Test
    void a_node_of_deleted_entries_stays_while_ids_behind_its_first_come(@TempDir Path directory) {
        try (Twin twin = new Twin(directory, "--stream-node-max-entries", "4")) {
            twin.ours().store().thresholds().streamNodeMaxEntries = 4;
            for (String line : List.of(
                    "XADD s 100-1 a 1",
                    "XADD s 100-5 a 2",
                    "XDEL s 100-5",
                    "XTRIM s MINID 100-3",
                    "XINFO STREAM s",
                    "XSETID s 50-0",
                    "XINFO STREAM s",
                    "COPY s copy",
                    "XINFO STREAM copy",
                    "XSETID s 100-2",
                    "XADD s 100-3 a 3",
                    "XADD s 100-4 a 4",
                    "XINFO STREAM s",
                    "XADD s 100-5 a 5",
                    "XINFO STREAM s",
                    "XTRIM s MAXLEN ~ 1",
                    "XINFO STREAM s",
                    "XRANGE s - +",
                    "XDEL s 100-4",
                    "XINFO STREAM s",
                    "XADD copy 100-0 a 1", // in front of the node
                    "XRANGE copy - +",
                    "XADD full 100-1 a 1",
                    "XADD full 100-2 a 2",
                    "XADD full 100-3 a 3",
                    "XADD full 100-5 a 4",
                    "XDEL full 100-5",
                    "XTRIM full MINID 100-4",
                    "XSETID full 100-0",
                    "XADD full 100-1 a 5", // as the node, which takes no more
                    "XINFO STREAM full",
                    "XADD full 100-2 a 6",
                    "XRANGE full - +",
                    "XINFO STREAM full")) twin.sameAsEver(line.split(" "));
            twin.ours().store().checkInvariants();
        }
    }

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
            twin.compare(Twin.seed(), COMMANDS, StreamMaker::next);
            String theirs = twin.theirs().raw("DEBUG", "DIGEST");
            assertThat(twin.ours().replay("DEBUG", "DIGEST")).isEqualTo(theirs);
        }
    }
}
