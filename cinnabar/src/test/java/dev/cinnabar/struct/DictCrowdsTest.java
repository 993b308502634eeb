package dev.cinnabar.struct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Garbage;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A [Dict] whose entries crowd in one place, as a walk that deletes leaves them: it shrinks as far as they have room,
/// is mixed anew, and shows each to whoever walks.
class DictCrowdsTest {
    private static final long SEED = 0x5eed;

    /// Removes what a walk shows until so many are left.
    private static void removeInOrder(DictModel model, int left) {
        List<Long> shown = new ArrayList<>();
        long position = 0;
        while (model.size > left) {
            position = model.dict.scan(position, address -> shown.add(model.keyed.numberOf(address)));
            for (long n : shown) if (model.size > left) model.remove((int) n);
            shown.clear();
        }
    }

    @Test
    void what_is_left_of_a_removal_in_the_order_of_a_walk_is_found_and_grows_again_at_all_sizes() {
        RandomRun.of(1, (random, runs) -> {
            for (int run = 0; run < runs; run++)
                for (int full = 20; full <= 20 << 13; full *= 2)
                    for (int times = full < 5000 ? 5 : 2; times > 0; times--) isLeftAndGrowsAgain(full, random);
        });
    }

    private static void isLeftAndGrowsAgain(int full, Randomness random) {
        DictModel model = new DictModel(2 * full, random.nextLong());
        for (int round = 0; round < 3; round++) {
            for (int n = 0; model.size < full; n++) if (model.addresses[n] == 0) model.insert(n);
            if (RandomRun.oneIn(random, 2)) while (model.dict.step(1000)) {}
            removeInOrder(model, random.below(2) == 0 ? random.below(full) : random.below(1 + full / 50));
            model.dict.checkInvariants();
            assertThat(model.shownByAWalk()).isEqualTo(model.size);
        }
        for (int n = 0; n < 2 * full; n++) if (model.addresses[n] == 0) model.insert(n);
        model.checkAll();
        assertThat(model.dict.slots()).as("slots for %d", 2 * full).isLessThan(20L * full + 100);
        removeInOrder(model, 0);
        model.checkAll();
    }

    @Test
    void a_crowd_of_which_hardly_any_are_left_needs_few_removals_to_get_a_small_table() {
        DictModel model = new DictModel(400_000, SEED);
        for (int n = 0; n < 400_000; n++) model.insert(n);
        long full = model.dict.bytes();
        removeInOrder(model, 80); // 27 of them after it has begun to shrink
        assertThat(model.dict.bytes()).isLessThan(full / 100);
        model.checkAll();
    }

    @Test
    void a_table_whose_entries_crowd_at_its_end_shrinks_when_a_hundred_are_left() {
        DictModel model = new DictModel(200_000, SEED);
        for (int n = 0; n < 200_000; n++) model.insert(n);
        while (model.dict.step(1000)) {}
        long full = model.dict.bytes();
        removeInOrder(model, 5_000);
        while (model.dict.step(1000)) {}
        assertThat(model.dict.bytes()).isEqualTo(full);
        removeInOrder(model, 100);
        while (model.dict.step(1000)) {}
        assertThat(model.dict.bytes()).isLessThan(full / 500);
        model.checkAll();
    }

    @Test
    void a_crowd_shrinks_as_far_as_it_has_room() {
        DictModel model = new DictModel(400_000, SEED);
        for (int n = 0; n < 400_000; n++) model.insert(n);
        while (model.size > 150_000) model.remove(model.present[model.size - 1]); // by chance
        while (model.dict.step(1000)) {}
        long before = model.dict.slots();
        removeInOrder(model, 50_000);
        while (model.dict.step(1000)) {}
        assertThat(model.dict.slots()).isBetween(before / 3, before - 1);
        model.checkAll();
    }

    @Test
    void a_table_with_few_entries_far_apart_has_shrunk_before_the_smaller_one_is_full() {
        DictModel model = new DictModel(800_000, SEED);
        for (int n = 0; n < 400_000; n++) model.insert(n);
        while (model.dict.step(1000)) {}
        removeInOrder(model, 400);
        int[] crowd = Arrays.copyOf(model.present, model.size); // too many to lie in a small table's end
        for (int n = 400_000; n < 406_000; n++) model.insert(n);
        for (int n : crowd) model.remove(n);
        while (!model.dict.isMoving()) model.remove(model.present[model.size - 1]);
        for (int n = 410_000; model.dict.isMoving(); n++) model.insert(n);
        assertThat((long) model.size).isLessThanOrEqualTo(model.dict.slots() * 15 / 16);
        model.checkAll();
    }

    /// Takes out the first entry that a new walk shows and that does not stay.
    private static void removeFirst(DictModel model, BitSet stay) {
        int[] first = {-1};
        long position = 0;
        do {
            position = model.dict.scan(position, address -> {
                int n = (int) model.keyed.numberOf(address);
                if (first[0] < 0 && !stay.get(n)) first[0] = n;
            });
        } while (first[0] < 0 && position != 0);
        if (first[0] >= 0) model.remove(first[0]);
    }

    /// What a pool of jobs does: another comes, and the first that a new walk shows goes.
    private static void turnOver(DictModel model, Randomness random, BitSet stay) {
        if (model.insert(absent(model, random))) removeFirst(model, stay);
    }

    /// A table of so many entries, and many times as many keys: enough of them belong where it is crowded.
    private static DictModel filled(int size, int times, Randomness random) {
        DictModel model = new DictModel(times * size, random.nextLong());
        while (model.size < size) turnIn(model, random);
        return model;
    }

    private static void turnIn(DictModel model, Randomness random) {
        int n = random.below(model.addresses.length);
        if (model.addresses[n] == 0) model.insert(n);
    }

    private static int absent(DictModel model, Randomness random) {
        int n = random.below(model.addresses.length);
        while (model.addresses[n] != 0) n = random.below(model.addresses.length);
        return n;
    }

    @Test
    void ways_stay_short_for_ever_when_always_the_first_of_a_walk_goes_while_others_come() {
        RandomRun.of(4, (random, runs) -> {
            for (int run = 0; run < runs; run++) {
                int size = 50 << random.below(5);
                DictModel model = filled(size, 200, random);
                for (int i = 0; i < 30 * size; i++) {
                    turnOver(model, random, new BitSet());
                    if (i % size == 0) {
                        model.dict.checkInvariants();
                        RandomRun.check(model.dict.mostTurnedAway() < 255, "a way is long after turn", i / size);
                    }
                }
                model.checkAll();
                assertThat(model.shownByAWalk()).isEqualTo(model.size);
                assertThat(model.dict.slots()).isLessThan(40L * size + 1000);
            }
        });
    }

    /// Another comes at the end of the table's order, and one of those that do not stay goes.
    private static void crowdIn(DictModel model, Randomness random, BitSet stay) {
        int n;
        do n = random.below(model.addresses.length);
        while (model.addresses[n] != 0 || !isAtTheEnd(model, n));
        model.insert(n);
        int gone = model.present[random.below(model.size)];
        if (!stay.get(gone)) model.remove(gone);
    }

    /// Of the table's order; while it is mixed, any is.
    private static boolean isAtTheEnd(DictModel model, int n) {
        return model.dict.isMixing() || isAhead(model, n, -1L << 58 | (long) model.dict.mixing() << 16);
    }

    private static boolean isAhead(DictModel model, int n, long position) {
        Bytes key = model.keyed.key(n);
        return model.dict.isAhead(model.dict.hash(key.array(), 0, 8), position);
    }

    @Test
    void a_walk_shows_what_stays_also_when_the_table_is_mixed_anew_meanwhile() {
        RandomRun.of(4, (random, runs) -> {
            int mixed = 0;
            for (int run = 0; run < runs; run++) {
                int size = 200 << random.below(4);
                DictModel model = filled(size, 200, random);
                for (int walk = 0; walk < 6; walk++) {
                    BitSet stayed = new BitSet();
                    for (int i = 0; i < model.size; i++) if (RandomRun.oneIn(random, 8)) stayed.set(model.present[i]);
                    BitSet shown = new BitSet();
                    int often = random.below(40);
                    int before = model.dict.mixing();
                    long position = 0;
                    do {
                        position = model.dict.scan(position, address -> shown.set((int) model.keyed.numberOf(address)));
                        for (int i = 0; i < often && model.size < 2 * size; i++) crowdIn(model, random, stayed);
                        if (RandomRun.oneIn(random, 50)) model.dict.step(random.below(100));
                    } while (position != 0);
                    mixed += model.dict.mixing() - before;
                    for (int n = stayed.nextSetBit(0); n >= 0; n = stayed.nextSetBit(n + 1))
                        RandomRun.check(shown.get(n), "stayed, but was not shown", n);
                    model.dict.checkInvariants();
                    while (model.size > size) model.remove(model.present[random.below(model.size)]);
                }
            }
            assertThat(mixed).isPositive();
        });
    }

    @Test
    void memory_refused_while_a_crowd_is_mixed_anew_loses_nothing() {
        RandomRun.of(4, (random, runs) -> {
            for (int run = 0; run < runs; run++) {
                int size = 800 << random.below(2);
                DictModel model = filled(size, 200, random);
                // until it was mixed; as a rule that takes one turn for each entry
                for (int i = 0; i < 8 * size || model.dict.mixing() == 0 && i < 1000 * size; i++) {
                    if (RandomRun.oneIn(random, 50)) model.exhaust(RandomRun.oneIn(random, 2));
                    if (model.size < size / 2) model.exhaust(false);
                    if (RandomRun.oneIn(random, 300)) model.dict.pin(new Images(model));
                    if (RandomRun.oneIn(random, 100)) model.dict.unpin();
                    model.remove(model.present[random.below(model.size)]); // there is a block for a record then
                    crowdIn(model, random, new BitSet());
                    if (model.taken == 0) while (model.size < size) turnIn(model, random);
                    if (RandomRun.oneIn(random, 200)) model.dict.checkInvariants();
                }
                assertThat(model.dict.mixing()).as("mixings").isPositive();
                model.exhaust(false);
                model.checkAll();
            }
        });
    }

    /// What a snapshot does: it shows each entry that was there when it began just once, before it changes.
    private static final class Images implements Dict.Walk {
        final DictModel model;
        final BitSet toShow = new BitSet();
        final BitSet shown = new BitSet();
        final BitSet marked = new BitSet(); // what the walk has still to meet and must not show
        long reached;
        int metAgain;

        Images(DictModel model) {
            this.model = model;
            for (int i = 0; i < model.size; i++) toShow.set(model.present[i]);
        }

        @Override
        public long reached() {
            return reached;
        }

        @Override
        public void willMeetAgain(long address) {
            int n = (int) model.keyed.numberOf(address);
            RandomRun.check(!marked.get(n), "is told of twice", n);
            marked.set(n);
            metAgain++;
        }

        boolean next() {
            reached = model.dict.scan(reached, address -> {
                int n = (int) model.keyed.numberOf(address);
                if (marked.get(n)) marked.clear(n);
                else show(n);
            });
            return reached != 0;
        }

        private void show(int n) {
            RandomRun.check(toShow.get(n), "shown, but is new", n);
            RandomRun.check(!shown.get(n), "shown twice", n);
            shown.set(n);
        }

        void insert(int n) {
            if (model.insert(n)) marked.set(n, isAhead(model, n, reached));
        }

        void remove(int n) {
            if (!marked.get(n) && isAhead(model, n, reached)) show(n);
            marked.clear(n);
            model.remove(n);
        }

        void removeAny(Randomness random) {
            remove(model.present[random.below(model.size)]);
        }

        void checkAllAreShown() {
            RandomRun.check(marked.isEmpty(), "marks left", marked.cardinality());
            toShow.andNot(shown);
            RandomRun.check(toShow.isEmpty(), "not shown", toShow.cardinality());
        }
    }

    @Test
    void a_walk_over_a_table_that_is_pinned_shows_each_once_also_when_it_is_mixed_meanwhile() {
        RandomRun.of(6, (random, runs) -> {
            int metAgain = 0;
            for (int run = 0; run < runs; run++) {
                int size = 1000 << random.below(2);
                DictModel model = filled(size, 100, random);
                for (int walk = 0; walk < 6; walk++) {
                    int mixing = model.dict.mixing();
                    for (int i = 0; i < 4 * size && model.dict.mixing() == mixing; i++) {
                        crowdIn(model, random, new BitSet());
                        if (RandomRun.oneIn(random, 1000)) break;
                    }
                    for (int i = random.below(60); i > 0; i--) turnIn(model, random);
                    while (model.size > 2 * size) model.remove(model.present[random.below(model.size)]);
                    metAgain += pinnedWalk(model, random);
                    model.dict.checkInvariants();
                }
                model.checkAll();
            }
            assertThat(metAgain).isPositive();
        });
    }

    /// @return how many entries came from behind the walk to where it had still to go
    private static int pinnedWalk(DictModel model, Randomness random) {
        Images images = new Images(model);
        model.dict.pin(images);
        int often = random.below(3) * random.below(30);
        boolean crowds = RandomRun.oneIn(random, 2);
        while (images.next()) {
            for (int i = 0; i < often; i++) {
                int n = random.below(model.addresses.length);
                for (int tries = 0; crowds && tries < 100 && !isAtTheEnd(model, n); tries++)
                    n = random.below(model.addresses.length);
                if (model.addresses[n] == 0) images.insert(n);
                else images.remove(n);
                if (model.size > 1000) images.remove(model.present[random.below(model.size)]);
            }
            if (RandomRun.oneIn(random, 50)) model.dict.step(random.below(100));
        }
        model.dict.unpin();
        images.checkAllAreShown();
        return images.metAgain;
    }

    @Test
    void a_table_that_is_pinned_in_the_middle_of_a_mixing_goes_on_and_grows() {
        DictModel model = new DictModel(400_000, SEED);
        Randomness random = new Randomness(1);
        while (model.size < 2000) turnIn(model, random);
        while (!model.dict.isMixing()) turnOver(model, random, new BitSet());
        model.dict.pin(new Images(model));
        while (model.size < 50_000) turnIn(model, random);
        assertThat(model.dict.mostTurnedAway()).isLessThan(100);
        model.checkAll();
    }

    /// A crowd for which a table of several segments is being prepared, the first of them made.
    private static DictModel preparing(int size, Randomness random) {
        DictModel model = filled(size, 60, random);
        while (!model.dict.isPreparing()) {
            while (model.dict.isMoving()) model.dict.step(1000);
            int n = absent(model, random);
            while (!isAhead(model, n, -1L << 54 | (long) model.dict.mixing() << 16)) n = absent(model, random);
            model.insert(n);
        }
        return model;
    }

    @Test
    void no_change_makes_more_than_a_segment_of_the_table_into_which_a_crowd_is_mixed() {
        DictModel model = filled(60_000, 60, new Randomness(1));
        Randomness random = new Randomness(2);
        long most = 0;
        while (!model.dict.isMixing())
            most = Math.max(most, Garbage.ofOneRun(() -> crowdIn(model, random, new BitSet())));
        assertThat(most)
                .as("bytes on the heap for an insertion and a removal, of four segments")
                .isLessThan(5 * DictTable.Memory.segmentBytes(DictTable.SEGMENT_BUCKETS) / 2);
        model.checkAll();
    }

    @Test
    void a_mixing_that_has_begun_has_all_its_memory() {
        Randomness random = new Randomness(1);
        DictModel model = preparing(30_000, random);
        model.exhaust(true);
        for (int i = 0; i < 6 && !model.dict.isMixing(); i++) {
            model.remove(model.present[random.below(model.size)]); // there is a block for a record then
            crowdIn(model, random, new BitSet());
            model.dict.checkInvariants();
        }
        assertThat(model.dict.isMixing()).isTrue();
        while (model.dict.step(1000)) {}
        model.checkAll();
    }

    @Test
    void a_table_that_is_prepared_makes_way_for_a_larger_one_when_many_came_while_a_command_held_memory() {
        Randomness random = new Randomness(1);
        DictModel model = preparing(30_000, random);
        model.pages.hold(64 << 20);
        while (model.size < 80_000) turnIn(model, random);
        model.pages.letGo();
        while (model.dict.mixing() == 0) crowdIn(model, random, new BitSet());
        while (model.dict.step(1000)) {}
        assertThat(model.dict.slots()).as("slots").isGreaterThan(2L * model.size);
        model.checkAll();
    }

    @Test
    void a_table_that_gets_full_while_it_prepares_to_be_mixed_grows_instead() {
        Randomness random = new Randomness(1);
        DictModel model = preparing(30_000, random);
        model.pages.hold(128 << 20);
        while (!model.dict.isMoving()) turnIn(model, random);
        model.pages.letGo();
        model.dict.checkInvariants();
        assertThat(model.dict.isMixing()).isFalse();
    }

    @Test
    void a_table_that_is_given_up_while_it_prepares_to_be_mixed_gives_all_memory_back() {
        DictModel model = preparing(30_000, new Randomness(1));
        while (model.dict.drain(1000, model.keyed::free)) {}
        assertThat(model.pages.used()).isZero();
    }

    @Test
    void whatever_comes_while_a_mixing_is_prepared_nothing_is_lost_and_a_pinned_walk_shows_each_once() {
        RandomRun.of(2, (random, runs) -> {
            int mixed = 0;
            for (int run = 0; run < runs; run++) {
                DictModel model = preparing(30_000 << random.below(3), random);
                int mixing = model.dict.mixing();
                Images images = new Images(model);
                model.dict.pin(images);
                for (int i = random.below(5000); i > 0; i--) images.next();
                int events = run == 0 ? 0 : random.below(5); // any may keep it from being mixed
                for (int i = events; i > 0; i--) {
                    happens(model, images, random);
                    model.dict.checkInvariants();
                }
                model.exhaust(false);
                while (images.next()) if (model.size > 0 && RandomRun.oneIn(random, 8)) images.removeAny(random);
                model.dict.unpin();
                images.checkAllAreShown();
                model.dict.checkInvariants();
                while (model.dict.step(1000)) {}
                model.checkAll();
                assertThat(model.shownByAWalk()).isEqualTo(model.size);
                mixed += model.dict.mixing() - mixing;
                while (model.dict.drain(1000, model.keyed::free)) {}
                assertThat(model.pages.used()).as("bytes left").isZero();
            }
            assertThat(mixed).isPositive();
        });
    }

    private static void happens(DictModel model, Images images, Randomness random) {
        int many = random.below(1 + random.below(60_000));
        switch (random.below(6)) {
            case 0 -> model.exhaust(RandomRun.oneIn(random, 2));
            case 1 -> insertHeld(model, images, many, random);
            case 2 -> {
                for (int i = 0; i < many && model.size > 0; i++) images.removeAny(random);
            }
            case 3 -> model.dict.step(random.below(100));
            case 4 -> images.next();
            default -> {
                for (int i = random.below(3); i >= 0; i--) images.insert(absent(model, random));
            }
        }
    }

    /// As a command does that makes sure of its memory beforehand.
    private static void insertHeld(DictModel model, Images images, int many, Randomness random) {
        int size = model.size;
        try {
            model.pages.hold(model.dict.growthBytes(many) + 64L * many + 2 * Pages.PAGE_BYTES);
        } catch (OutOfMemory e) {
            return;
        }
        for (int i = 0; i < many; i++) images.insert(absent(model, random));
        model.pages.letGo();
        RandomRun.check(model.size == size + many, "refused of what was held", size + many - model.size);
    }

    @Test
    void chance_and_walks_pass_over_what_is_empty() {
        DictModel model = new DictModel(400_000, SEED);
        for (int n = 0; n < 400_000; n++) model.insert(n);
        while (model.dict.step(1000)) {}
        removeInOrder(model, 500);
        assertThat(model.dict.slots()).isGreaterThan(400_000);

        int calls = 0;
        long position = 0;
        do {
            position = model.dict.scan(position, address -> {});
            calls++;
        } while (position != 0);
        assertThat(calls).as("calls of a walk").isLessThan(500);

        int[] times = new int[400_000];
        Randomness random = new Randomness(1);
        for (int i = 0; i < 400 * 500; i++) times[(int) model.keyed.numberOf(model.dict.random(random))]++;
        for (int i = 0; i < 500; i++)
            assertThat(times[model.present[i]]).as("8 standard deviations").isBetween(240, 560);
    }

    @Test
    void a_pick_from_a_table_that_a_walk_has_emptied_draws_no_empty_slots() {
        DictModel model = new DictModel(400_000, SEED);
        for (int n = 0; n < 400_000; n++) model.insert(n);
        removeInOrder(model, 2000);
        assertThat(model.dict.slots()).isGreaterThan(400_000);
        Randomness random = new Randomness(1);
        for (int i = 0; i < 1000; i++) model.dict.random(random);
        Randomness once = new Randomness(1);
        for (int i = 0; i < 1000; i++) once.nextLong();
        assertThat(random.nextLong()).as("drawn next").isEqualTo(once.nextLong());
    }

    @Test
    void a_walk_passes_over_all_that_is_empty_in_one_call() {
        DictModel model = new DictModel(400_000, SEED);
        for (int n = 0; n < 400_000; n++) model.insert(n);
        while (model.dict.step(1000)) {}
        removeInOrder(model, 2000);
        long first = -1;
        for (int i = 0; i < model.size; i++) {
            long hash = model.dict.hashOf(model.addresses[model.present[i]]);
            if (Long.compareUnsigned(hash, first) < 0) first = hash;
        }
        long position = model.dict.scan(0, address -> {});
        long bucket = (1L << 32) / (model.dict.slots() / 8);
        assertThat((first >>> 32) - (position >>> 32))
                .as("hashes to the first entry")
                .isBetween(0L, 64 * bucket);
    }
}
