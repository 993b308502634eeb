package dev.cinnabar.twin;

import java.nio.file.Path;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What listeners are told of keys, beside a real redis-server: the same events in the same order for the same commands, of all
/// families.
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
    void strings() {
        compare(StringMaker::next);
    }

    @Test
    void keys() {
        compare(KeyMaker::next);
    }

    @Test
    void lists() {
        compare(ListMaker::next);
    }

    @Test
    void sets() {
        compare(SetMaker::next);
    }

    /// A BITFIELD that makes a key longer and then fails tells nobody there, and does not log it either; ours does both.
    private static String[] bit(Random r) {
        String[] words = BitMaker.next(r);
        for (int i = 0; i < words.length; i++) if (words[i].equalsIgnoreCase("FAIL")) words[i] = "SAT";
        return words;
    }

    @Test
    void bits() {
        compare(EventTwinTest::bit);
    }

    @Test
    void hyperloglogs() {
        compare(HyperLogLogMaker::next);
    }

    @Test
    void sorted_sets() {
        compare(ZsetMaker::next);
    }

    @Test
    void hashes() {
        compare(HashMaker::next);
    }

    @Test
    void places() {
        compare(GeoMaker::next);
    }

    @Test
    void sorting() {
        compare(SortMaker::next);
    }

    @Test
    void dumps() {
        compare(DumpMaker::next);
    }

    @Test
    void all_families_by_turns() {
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
