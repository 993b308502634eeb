package dev.cinnabar.twin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.engine.Follower;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// All families over one key space beside a real redis-server: replies, data, what the log makes of them
/// elsewhere, and payloads there and back. What may differ is listed in [Deliberate].
///
/// `-Dtwin.commands=200000` makes it longer, `-Dtwin.seed=…` repeats a run that failed.
class AllFamiliesTwinTest {
    private static final int COMMANDS = Integer.getInteger("twin.commands", 4_000);

    /// Small limits let values change their encodings all the time, those of the configuration let them grow.
    @ParameterizedTest
    @CsvSource({"2, true", "3, false"})
    void all_families_answer_as_redis_does(int protocol, boolean hasSmallLimits, @TempDir Path directory) {
        long seed = Twin.seed();
        try (Twin twin = hasSmallLimits ? withSmallLimits(directory) : new Twin(directory, DEBUG)) {
            twin.ours().engine().settings().debugCommand = "yes";
            twin.speak(protocol);
            run(twin, new Random(seed));
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("with -Dtwin.commands=" + COMMANDS + " -Dtwin.seed=" + seed + ": " + e, e);
        }
    }

    private static final String[] DEBUG = {"--enable-debug-command", "yes"};

    private static Twin withSmallLimits(Path directory) {
        String[] directives = {
            DEBUG[0],
            DEBUG[1],
            "--list-max-listpack-size",
            "4",
            "--set-max-intset-entries",
            "8",
            "--hash-max-listpack-entries",
            "8",
            "--zset-max-listpack-entries",
            "8",
            "--stream-node-max-entries",
            "5",
            "--hll-sparse-max-bytes",
            "100"
        };
        Twin twin = new Twin(directory, directives);
        twin.ours().store().thresholds().listMaxListpackSize = 4;
        twin.ours().store().thresholds().setMaxIntsetEntries = 8;
        twin.ours().store().thresholds().setMaxListpackEntries = 8;
        twin.ours().store().thresholds().hashMaxListpackEntries = 8;
        twin.ours().store().thresholds().zsetMaxListpackEntries = 8;
        twin.ours().store().thresholds().streamNodeMaxEntries = 5;
        twin.ours().store().thresholds().hllSparseMaxBytes = 100;
        return twin;
    }

    private static void run(Twin twin, Random r) {
        AllFamiliesMaker maker = new AllFamiliesMaker();
        try (Follower follower = new Follower(twin.ours())) {
            for (int i = 1; i <= COMMANDS; i++) {
                String[] words = maker.next(r);
                boolean isDamaged = twin.sameAsEver(words).contains("-INVALIDOBJ"); // both stop somewhere in between
                if (isDamaged || twin.excuse() == Deliberate.STALE_RANGE_ERROR) twin.same("FLUSHALL");
                follower.check();
                if (i % 1000 == 0) twin.ours().store().checkInvariants();
            }
            twin.same("DISCARD"); // an open transaction, if there is one
            twin.ours().store().checkInvariants();
            twin.sameData();
            twin.same("DEBUG", "DIGEST");
            assertThat(follower.digest()).isEqualTo(twin.ours().run("DEBUG", "DIGEST"));
        }
        twin.thereAndBack();
    }
}
