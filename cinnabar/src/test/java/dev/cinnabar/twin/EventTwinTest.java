package dev.cinnabar.twin;

import java.nio.file.Path;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What listeners are told of keys, beside a real redis-server: the same events in the same order for the
/// same commands, of all families.
class EventTwinTest {
    private static final int COMMANDS = 6_000;

    @TempDir
    private Path directory;

    private void compare(Function<Random, String[]> maker) {
        try (Twin twin = new Twin(directory, "--enable-debug-command", "yes").hearing()) {
            twin.compare(Twin.seed(), COMMANDS, maker);
        }
    }

    @Test
    void listeners_hear_the_same_of_strings() {
        compare(StringMaker::next);
    }

    @Test
    void listeners_hear_the_same_of_keys() {
        compare(KeyMaker::next);
    }

    @Test
    void listeners_hear_the_same_of_lists() {
        compare(ListMaker::next);
    }

    @Test
    void listeners_hear_the_same_of_sets() {
        compare(SetMaker::next);
    }

    /// A BITFIELD that makes a key longer and then fails tells nobody there, and does not log it either; ours
    /// does both.
    private static String[] bit(Random r) {
        String[] words = BitMaker.next(r);
        for (int i = 0; i < words.length; i++) if (words[i].equalsIgnoreCase("FAIL")) words[i] = "SAT";
        return words;
    }

    @Test
    void listeners_hear_the_same_of_bits() {
        compare(EventTwinTest::bit);
    }

    @Test
    void listeners_hear_the_same_of_hyperloglogs() {
        compare(HyperLogLogMaker::next);
    }

    @Test
    void listeners_hear_the_same_of_sorted_sets() {
        compare(ZsetMaker::next);
    }

    @Test
    void listeners_hear_the_same_of_hashes() {
        compare(HashMaker::next);
    }

    @Test
    void listeners_hear_the_same_of_places() {
        compare(GeoMaker::next);
    }

    @Test
    void listeners_hear_the_same_of_sorting() {
        compare(SortMaker::next);
    }

    @Test
    void listeners_hear_the_same_of_dumps() {
        compare(DumpMaker::next);
    }

    @Test
    void listeners_hear_the_same_of_all_families_by_turns() {
        compare(r -> switch (r.nextInt(6)) {
            case 0 -> StringMaker.next(r);
            case 1 -> KeyMaker.next(r);
            case 2 -> ListMaker.next(r);
            case 3 -> SetMaker.next(r);
            case 4 -> bit(r);
            default -> ZsetMaker.next(r);
        });
    }
}
