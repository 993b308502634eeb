package dev.cinnabar.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.Pages;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompactionTest {
    private static final int ENOUGH_STEPS = 60_000;
    private static final long SOME_DAY_MS =
            1L << 45; // the keys are volatile: their links in the wheel have to follow them

    private static Bytes text(String s) {
        return Bytes.of(s.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void set(Database db, int n) {
        Bytes key = text("key:" + n);
        db.setString(key, text("0123456789abcdef0123456789abcdef"), SOME_DAY_MS);
    }

    /// At sizes between which nothing is left to gain, but there are still more holes than a compaction looks
    /// for, pages were emptied into new ones for ever.
    @Test
    void a_compaction_comes_to_an_end_whatever_is_left() {
        List<Integer> endless = new ArrayList<>();
        for (int left = 240_000; left < 400_000; left += 80_000) {
            Store store = new Store(1, new Budget(1L << 30), SnapshotTest.DEAF, new Randomness(left), 0);
            Database db = store.database(0);
            int all = 1_200_000;
            for (int n = 0; n < all; n++) set(db, n);
            Randomness random = new Randomness(left);
            for (int n = 0; n < all; n++) if (random.below(all) >= left) db.remove(text("key:" + n));
            for (int i = 0; i < ENOUGH_STEPS; i++) store.step();
            long dropped = store.pages().pagesDropped();
            assertThat(dropped).as("pages that the compaction emptied").isPositive();
            for (int i = 0; i < ENOUGH_STEPS; i++) store.step();
            if (store.pages().pagesDropped() != dropped) endless.add(left);
            store.checkInvariants();
        }
        assertThat(endless).isEmpty();
    }

    @Test
    void holes_that_are_made_after_a_compaction_in_vain_are_closed_again() {
        Store store = new Store(1, new Budget(1L << 30), SnapshotTest.DEAF, new Randomness(1), 0);
        Database db = store.database(0);
        for (int round = 0; round < 3; round++) {
            for (int n = 0; n < 600_000; n++) set(db, n);
            for (int n = 0; n < 600_000; n++) if (n % 10 != 0) db.remove(text("key:" + n));
            for (int i = 0; i < ENOUGH_STEPS; i++) store.step();
            assertThat(store.pages().held()).isLessThan(2 * store.pages().used() + 3L * Pages.PAGE_BYTES);
        }
        store.checkInvariants();
    }
}
