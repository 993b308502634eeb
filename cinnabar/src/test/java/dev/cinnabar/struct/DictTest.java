package dev.cinnabar.struct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Garbage;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DictTest {
    private static final long SEED = 0x5eed;

    /// A table beside its model, an array: key n is there when `addresses[n]` is not 0.
    private static final class Model {
        final Budget budget = new Budget(1L << 40);
        final Pages pages = new Pages(budget);
        final Keyed keyed = new Keyed(pages);
        final Dict dict;
        final long[] addresses;
        final int[] present; // the keys that are there, in no order
        final int[] placeOf;
        int size;

        Model(int universe, long seed) {
            dict = new Dict(pages, seed);
            addresses = new long[universe];
            present = new int[universe];
            placeOf = new int[universe];
        }

        long find(int n) {
            return dict.find(keyed.key(n));
        }

        /// @return false when memory was refused
        boolean insert(int n) {
            Bytes key = keyed.key(n);
            long hash = dict.hash(key.array(), 0, 8);
            long address = keyed.blank(); // as the store does: the record is written when its slot is sure
            long before = dict.size();
            try {
                dict.insert(hash, address);
            } catch (OutOfMemory e) {
                RandomRun.check(dict.size() == before, "size after a refusal", dict.size());
                keyed.write(address, n);
                keyed.free(address);
                return false;
            }
            keyed.write(address, n);
            addresses[n] = address;
            placeOf[n] = size;
            present[size++] = n;
            return true;
        }

        void remove(int n) {
            RandomRun.check(find(n) == addresses[n], "not found before its removal", n);
            dict.removeFound();
            keyed.free(addresses[n]);
            addresses[n] = 0;
            int last = present[--size];
            present[placeOf[n]] = last;
            placeOf[last] = placeOf[n];
        }

        void replace(int n) {
            RandomRun.check(find(n) == addresses[n], "not found before its replacement", n);
            long to = keyed.record(n);
            dict.replaceFound(to);
            keyed.free(addresses[n]);
            addresses[n] = to;
        }

        /// One operation; inserts more often than it removes while below the target.
        void step(Randomness random, int target) {
            int n = random.below(addresses.length);
            int kind = random.below(100);
            if (kind < 15) check(n);
            else if (kind < 25 && size > 0) replace(present[random.below(size)]);
            else if (kind < 30 && size > 0) check(present[random.below(size)]);
            else if (random.below(10) < (size < target ? 8 : 2)) {
                if (addresses[n] == 0) insert(n);
            } else if (size > 0) {
                remove(present[random.below(size)]);
            }
            RandomRun.check(dict.size() == size, "size should be " + size, dict.size());
        }

        void check(int n) {
            RandomRun.check(find(n) == addresses[n], "found at another address", n);
        }

        void checkAll() {
            for (int n = 0; n < addresses.length; n++) check(n);
            dict.checkInvariants();
            pages.checkInvariants();
        }

        /// Takes all memory that is left, or gives it back.
        void exhaust(boolean refuse) {
            budget.release(taken);
            taken = refuse ? budget.limit() - budget.reserved() : 0;
            budget.reserve(taken);
        }

        long taken;
    }

    @Test
    void it_holds_what_a_plain_model_holds_over_millions_of_operations_at_all_sizes() {
        RandomRun.of(3_000_000, (random, operations) -> {
            Model model = new Model(400_000, random.nextLong());
            int target = 0;
            for (int i = 0; i < operations; i++) {
                if (i % 300_000 == 0) {
                    model.dict.checkInvariants();
                    target = new int[] {0, 10, 500, 60_000, 300_000, 390_000}[random.below(6)];
                }
                model.step(random, target);
                if (RandomRun.oneIn(random, 1000)) model.dict.step(random.below(200));
            }
            model.checkAll();
            while (model.size > 0) model.remove(model.present[random.below(model.size)]);
            model.checkAll();
            while (model.dict.step(1000)) {}
            while (model.dict.drain(1000, address -> {})) continue;
            assertThat(model.pages.used()).as("bytes left when all is gone").isZero();
        });
    }

    @Test
    void a_million_and_more_go_in_and_out_again_and_each_is_found_at_every_stage() {
        RandomRun.of(1, (random, runs) -> {
            for (int run = 0; run < runs; run++) growsAndShrinks(1_100_000, random);
        });
    }

    private static void growsAndShrinks(int keys, Randomness random) {
        Model model = new Model(keys, random.nextLong());
        for (int n = 0; n < keys; n++) {
            model.insert(n);
            if ((n & 7) == 0) model.check(random.below(keys));
        }
        model.checkAll();
        assertThat(model.dict.slots() * 8).as("bytes of table").isLessThan(20L * keys);
        while (model.size > 100) {
            model.remove(model.present[random.below(model.size)]);
            if ((model.size & 7) == 0) model.check(random.below(keys));
        }
        model.checkAll();
        assertThat(model.dict.slots()).as("slots for 100 entries").isLessThanOrEqualTo(1024);
    }

    @Test
    void small_tables_are_right_after_every_single_operation() {
        RandomRun.of(300, (random, runs) -> {
            for (int run = 0; run < runs; run++) {
                Model model = new Model(1 + random.below(700), random.nextLong());
                int target = 0;
                for (int i = 0; i < 600; i++) {
                    if (i % 100 == 0) target = random.below(model.addresses.length);
                    model.step(random, target);
                    model.dict.checkInvariants();
                }
                model.checkAll();
            }
        });
    }

    @Test
    void two_keys_of_one_hash_are_told_apart() {
        // all there is to a hash is in the slot's tag and the bucket; the record's key decides
        Model model = new Model(10, SEED);
        Bytes key = model.keyed.key(1);
        long hash = model.dict.hash(key.array(), 0, 8);
        long address = model.keyed.record(1);
        model.dict.insert(hash, address);
        byte[] other = "another".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        assertThat(model.dict.find(other, 0, other.length, hash)).isZero();
        assertThat(model.dict.find(model.keyed.key(1))).isEqualTo(address);
    }

    // ---- crowded buckets ----

    /// Keys whose hashes begin with the same bits; the seed is known here, as it is to no client.
    private static int[] crowd(Dict dict, Keyed keyed, int bits, long prefix, int count) {
        int[] keys = new int[count];
        int found = 0;
        for (int n = 0; found < count; n++) {
            Bytes key = keyed.key(n);
            if (dict.hash(key.array(), 0, 8) >>> 64 - bits == prefix) keys[found++] = n;
        }
        return keys;
    }

    @Test
    void keys_that_crowd_into_one_bucket_are_found_moved_and_removed() {
        RandomRun.of(40, (random, runs) -> {
            for (int run = 0; run < runs; run++) {
                int bits = 7 + random.below(4);
                // the last bucket spills into the tail, which has to have room for others too; another into its neighbours
                boolean isLast = RandomRun.oneIn(random, 2);
                long prefix = isLast ? (1 << bits) - 1 : random.below(1 << bits - 1);
                Model model = new Model(400_000, random.nextLong());
                int[] crowd = crowd(model.dict, model.keyed, bits, prefix, isLast ? 60 : 110);
                for (int round = 0; round < 3; round++) {
                    for (int n : crowd) if (model.addresses[n] == 0) model.insert(n);
                    int target = 300 << random.below(5);
                    while (model.size < target) {
                        int n = random.below(400_000);
                        if (model.addresses[n] == 0) model.insert(n);
                    }
                    model.dict.checkInvariants();
                    for (int n : crowd) model.check(n);
                    // thin out at random, sometimes the crowd first
                    if (RandomRun.oneIn(random, 2)) for (int n : crowd) if (RandomRun.oneIn(random, 2)) model.remove(n);
                    while (model.size > 60) model.remove(model.present[random.below(model.size)]);
                    model.dict.checkInvariants();
                }
                model.checkAll();
            }
        });
    }

    @Test
    void a_bucket_that_turned_away_more_than_it_can_count_still_finds_all() {
        Model model = new Model(8_000_000, SEED);
        int[] crowd = crowd(model.dict, model.keyed, 14, 12_345, 400); // one bucket of 2^14, far from the tail
        for (int n = 0; model.size < 100_000; n++) if (model.addresses[n] == 0) model.insert(n);
        while (model.dict.step(1000)) {}
        assertThat(model.dict.slots()).isEqualTo(8 << 14);
        for (int n : crowd) if (model.addresses[n] == 0) model.insert(n);
        model.dict.checkInvariants();
        for (int n : crowd) model.check(n);
        for (int i = 0; i < crowd.length; i += 2) model.remove(crowd[i]);
        model.dict.checkInvariants();
        for (int n : crowd) model.check(n);
        assertThat(shownByAWalk(model)).isEqualTo(model.size);
        while (model.size > 0) model.remove(model.present[model.size - 1]);
        model.dict.checkInvariants();
    }

    @Test
    void a_tail_that_is_full_becomes_longer() {
        Model model = new Model(8_000_000, SEED);
        int[] crowd =
                crowd(model.dict, model.keyed, 14, (1 << 14) - 1, 8 + 128 + 100); // all at home in the last bucket
        for (int n = 0; model.size < 90_000; n++) {
            Bytes key = model.keyed.key(n);
            // leave the end of the table empty, so that it is known how many fit
            if (model.dict.hash(key.array(), 0, 8) >>> 64 - 10 != (1 << 10) - 1) model.insert(n);
        }
        while (model.dict.step(1000)) {}
        for (int n : crowd) {
            model.insert(n);
            model.check(crowd[0]);
        }
        model.dict.checkInvariants();
        for (int n : crowd) model.check(n);
        while (model.size > 0) model.remove(model.present[model.size - 1]);
        model.checkAll();
    }

    // ---- crowds ----

    /// Removes what a walk shows until so many are left.
    private static void removeInOrder(Model model, int left) {
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
        Model model = new Model(2 * full, random.nextLong());
        for (int round = 0; round < 3; round++) {
            for (int n = 0; model.size < full; n++) if (model.addresses[n] == 0) model.insert(n);
            if (RandomRun.oneIn(random, 2)) while (model.dict.step(1000)) {}
            removeInOrder(model, random.below(2) == 0 ? random.below(full) : random.below(1 + full / 50));
            model.dict.checkInvariants();
            assertThat(shownByAWalk(model)).isEqualTo(model.size);
        }
        for (int n = 0; n < 2 * full; n++) if (model.addresses[n] == 0) model.insert(n);
        model.checkAll();
        assertThat(model.dict.slots()).as("slots for %d", 2 * full).isLessThan(20L * full + 100);
        removeInOrder(model, 0);
        model.checkAll();
    }

    @Test
    void a_crowd_of_which_hardly_any_are_left_needs_few_removals_to_get_a_small_table() {
        Model model = new Model(400_000, SEED);
        for (int n = 0; n < 400_000; n++) model.insert(n);
        long full = model.dict.bytes();
        removeInOrder(model, 80); // 27 of them after it has begun to shrink
        assertThat(model.dict.bytes()).isLessThan(full / 100);
        model.checkAll();
    }

    @Test
    void a_table_whose_entries_crowd_at_its_end_shrinks_when_a_hundred_are_left() {
        Model model = new Model(200_000, SEED);
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
        Model model = new Model(400_000, SEED);
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
        Model model = new Model(800_000, SEED);
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
    private static void removeFirst(Model model, BitSet stay) {
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
    private static void turnOver(Model model, Randomness random, BitSet stay) {
        int n = random.below(model.addresses.length);
        while (model.addresses[n] != 0) n = random.below(model.addresses.length);
        if (model.insert(n)) removeFirst(model, stay);
    }

    /// A table of so many entries, and many times as many keys: enough of them belong where it is crowded.
    private static Model filled(int size, int times, Randomness random) {
        Model model = new Model(times * size, random.nextLong());
        while (model.size < size) turnIn(model, random);
        return model;
    }

    private static void turnIn(Model model, Randomness random) {
        int n = random.below(model.addresses.length);
        if (model.addresses[n] == 0) model.insert(n);
    }

    @Test
    void ways_stay_short_for_ever_when_always_the_first_of_a_walk_goes_while_others_come() {
        RandomRun.of(4, (random, runs) -> {
            for (int run = 0; run < runs; run++) {
                int size = 50 << random.below(5);
                Model model = filled(size, 200, random);
                for (int i = 0; i < 30 * size; i++) {
                    turnOver(model, random, new BitSet());
                    if (i % size == 0) {
                        model.dict.checkInvariants();
                        RandomRun.check(model.dict.mostTurnedAway() < 255, "a way is long after turn", i / size);
                    }
                }
                model.checkAll();
                assertThat(shownByAWalk(model)).isEqualTo(model.size);
                assertThat(model.dict.slots()).isLessThan(40L * size + 1000);
            }
        });
    }

    /// Another comes at the end of the table's order, and one of those that do not stay goes.
    private static void crowdIn(Model model, Randomness random, BitSet stay) {
        int n;
        do n = random.below(model.addresses.length);
        while (model.addresses[n] != 0 || !isAtTheEnd(model, n));
        model.insert(n);
        int gone = model.present[random.below(model.size)];
        if (!stay.get(gone)) model.remove(gone);
    }

    /// Of the table's order; while it is mixed, any is.
    private static boolean isAtTheEnd(Model model, int n) {
        return model.dict.isMixing() || isAhead(model, n, -1L << 58 | (long) model.dict.mixing() << 16);
    }

    private static boolean isAhead(Model model, int n, long position) {
        Bytes key = model.keyed.key(n);
        return model.dict.isAhead(model.dict.hash(key.array(), 0, 8), position);
    }

    @Test
    void a_walk_shows_what_stays_also_when_the_table_is_mixed_anew_meanwhile() {
        RandomRun.of(4, (random, runs) -> {
            int mixed = 0;
            for (int run = 0; run < runs; run++) {
                int size = 200 << random.below(4);
                Model model = filled(size, 200, random);
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
                Model model = filled(size, 200, random);
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
        final Model model;
        final BitSet toShow = new BitSet();
        final BitSet shown = new BitSet();
        final BitSet marked = new BitSet(); // what the walk has still to meet and must not show
        long reached;
        int metAgain;

        Images(Model model) {
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
    }

    @Test
    void a_walk_over_a_table_that_is_pinned_shows_each_once_also_when_it_is_mixed_meanwhile() {
        RandomRun.of(6, (random, runs) -> {
            int metAgain = 0;
            for (int run = 0; run < runs; run++) {
                int size = 1000 << random.below(2);
                Model model = filled(size, 100, random);
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
    private static int pinnedWalk(Model model, Randomness random) {
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
        RandomRun.check(images.marked.isEmpty(), "marks left", images.marked.cardinality());
        images.toShow.andNot(images.shown);
        RandomRun.check(images.toShow.isEmpty(), "not shown", images.toShow.cardinality());
        return images.metAgain;
    }

    @Test
    void a_table_that_is_pinned_in_the_middle_of_a_mixing_goes_on_and_grows() {
        Model model = new Model(400_000, SEED);
        Randomness random = new Randomness(1);
        while (model.size < 2000) turnIn(model, random);
        while (!model.dict.isMixing()) turnOver(model, random, new BitSet());
        model.dict.pin(new Images(model));
        while (model.size < 50_000) turnIn(model, random);
        assertThat(model.dict.mostTurnedAway()).isLessThan(100);
        model.checkAll();
    }

    @Test
    void chance_and_walks_pass_over_what_is_empty() {
        Model model = new Model(400_000, SEED);
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
        Model model = new Model(400_000, SEED);
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
        Model model = new Model(400_000, SEED);
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

    // ---- walks ----

    /// How many entries a walk shows, each of them once.
    private static int shownByAWalk(Model model) {
        BitSet shown = new BitSet(model.addresses.length);
        long position = 0;
        do {
            position = model.dict.scan(position, address -> {
                int n = (int) model.keyed.numberOf(address);
                RandomRun.check(!shown.get(n), "shown twice", n);
                shown.set(n);
            });
        } while (position != 0);
        return shown.cardinality();
    }

    @Test
    void a_walk_shows_each_entry_that_stays_just_once_whatever_happens_between_its_calls() {
        RandomRun.of(400, (random, walks) -> {
            Model model = new Model(100_000, random.nextLong());
            byte[] shown = new byte[model.addresses.length];
            BitSet stayed = new BitSet();
            Set<Long> places = new HashSet<>(); // shown at a time: what 32 bits of hash tell apart
            for (int w = 0; w < walks; w++) {
                int target = new int[] {0, 5, 200, 3000, 90_000}[random.below(5)];
                for (int i = random.below(3000); i > 0; i--) model.step(random, target);
                // from here on, `stayed` loses what is removed
                Arrays.fill(shown, (byte) 0);
                stayed.clear();
                for (int i = 0; i < model.size; i++) stayed.set(model.present[i]);
                int traffic = random.below(3) * random.below(20);
                target = RandomRun.oneIn(random, 2) ? random.below(90_000) : random.below(500);
                long position = 0;
                do {
                    long from = position;
                    places.clear();
                    long most = RandomRun.oneIn(random, 2) ? 1 + random.below(Dict.AHEAD) : Long.MAX_VALUE;
                    position = model.dict.scan(from, most, address -> {
                        int n = (int) model.keyed.numberOf(address);
                        RandomRun.check(model.addresses[n] == address, "shown, but not there", n);
                        shown[n]++;
                        places.add(model.dict.hashOf(address) >>> 32);
                    });
                    RandomRun.check(places.size() <= most, "more than asked for", places.size());
                    RandomRun.check(position == 0 || Long.compareUnsigned(position, from) > 0, "no progress", position);
                    for (int i = 0; i < traffic; i++) {
                        int removed = model.size;
                        int n = random.below(model.addresses.length);
                        if (random.below(10) < (removed < target ? 7 : 3)) {
                            if (model.addresses[n] == 0) model.insert(n);
                        } else if (model.size > 0) {
                            n = model.present[random.below(model.size)];
                            if (RandomRun.oneIn(random, 4)) model.replace(n);
                            else {
                                model.remove(n);
                                stayed.clear(n);
                            }
                        }
                    }
                    if (RandomRun.oneIn(random, 50)) model.dict.step(random.below(100));
                } while (position != 0);
                for (int n = stayed.nextSetBit(0); n >= 0; n = stayed.nextSetBit(n + 1)) {
                    RandomRun.check(shown[n] == 1, "stayed, but was shown " + shown[n] + " times", n);
                }
            }
        });
    }

    @Test
    void chance_reaches_every_entry_about_as_often_also_while_the_table_moves() {
        RandomRun.of(60, (random, runs) -> {
            for (int run = 0; run < runs; run++) {
                Model model = new Model(3000, random.nextLong());
                int size = 1 + random.below(1 << random.below(12));
                while (model.size < Math.min(size, 2500)) {
                    int n = random.below(3000);
                    if (model.addresses[n] == 0) model.insert(n);
                }
                int[] times = new int[3000];
                int each = 400;
                for (int i = 0; i < each * model.size; i++)
                    times[(int) model.keyed.numberOf(model.dict.random(random))]++;
                for (int i = 0; i < model.size; i++) {
                    // 8 standard deviations
                    int n = times[model.present[i]];
                    if (Math.abs(n - each) > 8 * Math.sqrt(each)) {
                        throw new AssertionError("one of " + model.size + " came " + n + " times instead of " + each);
                    }
                }
            }
        });
    }

    @Test
    void chance_finds_entries_that_are_all_in_the_tail() {
        Model model = new Model(1000, SEED);
        int[] crowd = crowd(model.dict, model.keyed, 1, 1, 11);
        for (int n : crowd) model.insert(n); // 2 buckets: 8 entries fit into the second, 3 spill into the tail
        for (int i = 0; i < 8; i++) model.remove(crowd[i]);
        model.checkAll();
        Set<Long> seen = new HashSet<>();
        Randomness random = new Randomness(1);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            for (int i = 0; i < 200; i++) seen.add(model.keyed.numberOf(model.dict.random(random)));
        });
        assertThat(seen).hasSize(3);
    }

    @Test
    void chance_finds_nothing_in_an_empty_table() {
        assertThat(new Model(1, SEED).dict.random(new Randomness(1))).isZero();
    }

    // ---- compaction, giving up ----

    @Test
    void records_are_moved_out_of_sparse_pages_while_entries_come_and_go() {
        RandomRun.of(2, (random, runs) -> {
            for (int run = 0; run < runs; run++) {
                Model model = new Model(1_500_000, random.nextLong());
                for (int n = 0; n < 1_500_000; n++) model.insert(n);
                while (model.size > 150_000) model.remove(model.present[random.below(model.size)]);
                long before = model.pages.held();
                assertThat(model.pages.isFragmented()).isTrue();
                assertThat(model.pages.planCompaction()).isPositive();
                Dict.Mover mover = address -> {
                    int n = (int) model.keyed.numberOf(address);
                    RandomRun.check(model.addresses[n] == address, "the owner knows another address", n);
                    return model.addresses[n] = model.keyed.move(address);
                };
                int rounds = 0;
                int traffic = run % 2 * (1 + random.below(2)); // without and with
                do {
                    RandomRun.check(rounds++ < 4, "rounds", rounds);
                    long position = 0;
                    do {
                        position = model.dict.compact(position, 1 + random.below(100), mover);
                        for (int i = 0; i < traffic; i++) model.step(random, 150_000);
                    } while (position != 0);
                } while (model.pages.isCompacting());
                model.checkAll();
                assertThat(model.pages.held())
                        .isLessThan((long) (1.3 * model.pages.used()) + (12 << 20))
                        .isLessThan(before / 2);
            }
        });
    }

    @Test
    void draining_shows_each_entry_once_and_gives_the_tables_memory_back() {
        RandomRun.of(60, (random, runs) -> {
            for (int run = 0; run < runs; run++) {
                Model model = new Model(100_000, random.nextLong());
                int size = random.below(1 << 1 + random.below(16)); // often in the middle of a move
                while (model.size < size) {
                    int n = random.below(100_000);
                    if (model.addresses[n] == 0) model.insert(n);
                }
                if (RandomRun.oneIn(random, 2))
                    for (int i = size / 5 * 4; i > 0; i--) model.remove(model.present[random.below(model.size)]);
                int expected = model.size;
                int[] shown = new int[1];
                boolean more = true;
                while (more) {
                    more = model.dict.drain(1 + random.below(500), address -> {
                        int n = (int) model.keyed.numberOf(address);
                        RandomRun.check(model.addresses[n] == address, "shown, but not there", n);
                        model.addresses[n] = 0;
                        shown[0]++;
                        model.keyed.free(address);
                    });
                }
                assertThat(shown[0]).isEqualTo(expected);
                assertThat(model.pages.used()).isZero();
                assertThat(model.dict.size()).isZero();
                model.dict.checkInvariants();
            }
        });
    }

    // ---- short of memory ----

    @Test
    void memory_refused_at_any_moment_loses_nothing() {
        RandomRun.of(1_000_000, (random, operations) -> {
            Model model = new Model(300_000, random.nextLong());
            // records need pages too: have enough of them, so that it is the table that is refused
            for (int n = 0; n < 300_000; n++) model.insert(n);
            int refused = 0;
            int target = 0;
            for (int i = 0; i < operations; i++) {
                if (i % 20_000 == 0) {
                    target = random.below(1 << 4 + random.below(15));
                    while (model.size > 2 * target) model.remove(model.present[random.below(model.size)]);
                }
                if (RandomRun.oneIn(random, 1500)) model.exhaust(RandomRun.oneIn(random, 2));
                int n = random.below(300_000);
                if (model.addresses[n] == 0 && model.size < target) {
                    if (!model.insert(n) && refused++ % 1000 == 0) model.dict.checkInvariants();
                } else {
                    model.step(random, target);
                }
                if (RandomRun.oneIn(random, 500)) model.dict.step(random.below(100));
            }
            model.exhaust(false);
            model.checkAll();
        });
    }

    @Test
    void a_table_that_cannot_grow_takes_a_little_more_then_refuses_and_goes_on_at_once_when_memory_is_back() {
        for (int size : new int[] {6, 13, 54, 432, 6912, 55_296, 221_184}) {
            Model model = new Model(600_000, SEED);
            for (int n = 0; n < size; n++) model.insert(n);
            while (model.dict.step(1000)) {}
            long slots = model.dict.slots();
            int n = size;
            // one record at a time, so that the budget is refused to the table and not to the record
            while (true) {
                model.pages.free(model.pages.allocate(21), 21);
                long spare = model.keyed.record(n);
                model.exhaust(true);
                model.keyed.free(spare);
                boolean inserted = model.insert(n);
                model.exhaust(false);
                if (!inserted) break;
                n++;
                assertThat((long) model.size)
                        .as("entries in " + slots + " slots")
                        .isLessThanOrEqualTo(slots * 15 / 16);
            }
            model.checkAll();
            model.exhaust(true);
            for (int i = 0; i < n; i++) model.check(i);
            model.remove(0);
            assertThat(model.insert(0)).as("room that was made is used").isTrue();
            model.exhaust(false);
            int full = model.size;
            for (; n < 2 * full; n++) assertThat(model.insert(n)).isTrue();
            model.checkAll();
        }
    }

    @Test
    void a_table_that_cannot_shrink_refuses_no_entry_before_the_smaller_one_is_full_and_loses_none() {
        Model model = new Model(600_000, SEED);
        for (int n = 0; n < 300_000; n++) model.insert(n);
        while (model.size > 70_000) model.remove(model.present[model.size - 1]);
        while (model.dict.step(1000)) {}
        // refuse from the first moment at which it wants to shrink
        model.exhaust(true);
        while (!model.dict.isMoving()) model.remove(model.present[model.size - 1]);
        int stuck = model.size;
        int refusedAt = 0;
        for (int n = 0; n < 300_000 && refusedAt == 0; n++) {
            if (model.addresses[n] == 0 && !model.insert(n)) refusedAt = model.size;
        }
        assertThat(refusedAt).isGreaterThan(stuck + stuck / 2);
        model.dict.checkInvariants();
        model.exhaust(false);
        for (int n = 0; n < 600_000; n++)
            if (model.addresses[n] == 0) assertThat(model.insert(n)).isTrue();
        model.checkAll();
    }

    // ---- garbage ----

    @Test
    void a_table_that_was_emptied_while_it_could_not_shrink_shrinks_by_itself_when_memory_is_back() {
        Model model = new Model(100_000, SEED);
        for (int n = 0; n < 100_000; n++) model.insert(n);
        while (model.dict.step(1000)) continue;
        long full = model.dict.bytes();
        model.exhaust(true);
        for (int n = 0; n < 100_000; n++) model.remove(n);
        model.exhaust(false);
        for (int steps = 0; model.dict.step(1000); steps++) assertThat(steps).isLessThan(1000);
        assertThat(model.dict.bytes()).isLessThan(full / 100);
        model.dict.checkInvariants();
    }

    @Test
    void finding_inserting_removing_and_replacing_allocate_nothing_on_the_heap() {
        Model model = new Model(100_000, SEED);
        for (int n = 0; n < 80_000; n++) model.insert(n);
        while (model.dict.step(1000)) {}
        Randomness random = new Randomness(3);
        assertThat(Garbage.of(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        model.check(random.below(100_000));
                        model.replace(model.present[random.below(model.size)]);
                        model.remove(model.present[random.below(model.size)]);
                        int n = random.below(100_000);
                        while (model.addresses[n] != 0) n = random.below(100_000);
                        model.insert(n);
                        model.dict.random(random);
                    }
                }))
                .isZero();
        model.checkAll();
    }

    @Test
    void a_table_that_grew_has_allocated_hardly_more_than_it_has() {
        Pages pages = new Pages(new Budget(1L << 40));
        Keyed keyed = new Keyed(pages);
        Dict dict = new Dict(pages, SEED);
        long[] addresses = new long[700_000];
        for (int n = 0; n < addresses.length; n++) addresses[n] = keyed.record(n);
        long allocated = Garbage.ofOneRun(() -> {
            for (long address : addresses) dict.insert(dict.hashOf(address), address);
            while (dict.step(1000)) {}
        });
        assertThat(allocated)
                .isLessThan(2 * dict.bytes()); // three times as much, if each table began with new segments
        dict.checkInvariants();
    }

    @Test
    void a_table_of_few_entries_takes_no_more_than_before_it_grew() {
        Model model = new Model(500, SEED);
        for (int n = 0; n < 3; n++) model.insert(n);
        long before = model.dict.bytes();
        for (int n = 3; n < 500; n++) model.insert(n);
        for (int n = 3; n < 500; n++) model.remove(n);
        assertThat(model.dict.bytes()).isEqualTo(before);
    }

    @Test
    void the_table_takes_the_bytes_per_entry_that_its_load_promises() {
        Model model = new Model(1_000_000, SEED);
        List<Double> perEntry = new ArrayList<>();
        for (int n = 0; n < 1_000_000; n++) {
            model.insert(n);
            if (n >= 300_000 && n % 10_000 == 0) perEntry.add((model.pages.used() - 24.0 * model.size) / model.size);
        }
        // 8 bytes a slot and 1/8 byte of counts; load between 0.42 and 0.91, and half a megabyte of segments begun
        assertThat(perEntry).allSatisfy(bytes -> assertThat(bytes).isBetween(8.1, 22.0));
    }
}
