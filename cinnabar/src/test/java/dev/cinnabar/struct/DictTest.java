package dev.cinnabar.struct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Garbage;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
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

    @Test
    void it_holds_what_a_plain_model_holds_over_millions_of_operations_at_all_sizes() {
        RandomRun.of(3_000_000, (random, operations) -> {
            DictModel model = new DictModel(400_000, random.nextLong());
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
        DictModel model = new DictModel(keys, random.nextLong());
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
                DictModel model = new DictModel(1 + random.below(700), random.nextLong());
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
    void a_remembered_key_is_found_where_it_lies_or_not_at_all_and_can_be_replaced_and_removed_there() {
        RandomRun.of(200, (random, runs) -> {
            int asked = 0;
            int found = 0;
            for (int run = 0; run < runs; run++) {
                DictModel model = new DictModel(1 + random.below(2000), random.nextLong());
                int remembered = 0;
                int target = 0;
                for (int i = 0; i < 1000; i++) {
                    if (i % 100 == 0) target = random.below(model.addresses.length);
                    model.step(random, target);
                    if (RandomRun.oneIn(random, 50)) model.dict.step(random.below(20));
                    if (RandomRun.oneIn(random, 50)) {
                        model.dict.forget();
                        remembered = random.below(model.addresses.length);
                        if (model.find(remembered) != 0) model.dict.remember();
                    }
                    model.dict.checkInvariants();
                    int other = random.below(model.addresses.length);
                    long address = model.dict.findRemembered(model.keyed.key(other));
                    if (other != remembered) RandomRun.check(address == 0, "found another key", other);

                    address = model.dict.findRemembered(model.keyed.key(remembered));
                    if (model.addresses[remembered] != 0) asked++;
                    if (address == 0) continue;
                    found++;
                    RandomRun.check(address == model.addresses[remembered], "found elsewhere", remembered);
                    if (RandomRun.oneIn(random, 3)) {
                        long to = model.keyed.record(remembered);
                        model.dict.replaceFound(to);
                        model.keyed.free(address);
                        model.addresses[remembered] = to;
                    } else if (RandomRun.oneIn(random, 100)) {
                        model.removeFound(remembered);
                    }
                }
                model.checkAll();
            }
            RandomRun.check(found > asked / 4, "found too seldom of " + asked, found);
        });
    }

    @Test
    void a_key_is_not_remembered_in_a_table_that_is_given_up() {
        DictModel model = new DictModel(3, SEED);
        for (int n = 0; n < 3; n++) model.insert(n);
        model.find(1);
        model.dict.remember();
        assertThat(model.dict.findRemembered(model.keyed.key(1))).isEqualTo(model.addresses[1]);
        while (model.dict.drain(1, address -> {})) continue;
        assertThat(model.dict.findRemembered(model.keyed.key(1))).isZero();
    }

    @Test
    void two_keys_of_one_hash_are_told_apart() {
        // all there is to a hash is in the slot's tag and the bucket; the record's key decides
        DictModel model = new DictModel(10, SEED);
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
                DictModel model = new DictModel(400_000, random.nextLong());
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
        DictModel model = new DictModel(8_000_000, SEED);
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
        assertThat(model.shownByAWalk()).isEqualTo(model.size);
        while (model.size > 0) model.remove(model.present[model.size - 1]);
        model.dict.checkInvariants();
    }

    @Test
    void a_tail_that_is_full_becomes_longer() {
        DictModel model = new DictModel(8_000_000, SEED);
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

    // ---- walks ----

    @Test
    void a_walk_shows_each_entry_that_stays_just_once_whatever_happens_between_its_calls() {
        RandomRun.of(400, (random, walks) -> {
            DictModel model = new DictModel(100_000, random.nextLong());
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
                DictModel model = new DictModel(3000, random.nextLong());
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
        DictModel model = new DictModel(1000, SEED);
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
        assertThat(new DictModel(1, SEED).dict.random(new Randomness(1))).isZero();
    }

    // ---- compaction, giving up ----

    @Test
    void records_are_moved_out_of_sparse_pages_while_entries_come_and_go() {
        RandomRun.of(2, (random, runs) -> {
            for (int run = 0; run < runs; run++) {
                DictModel model = new DictModel(1_500_000, random.nextLong());
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
                DictModel model = new DictModel(100_000, random.nextLong());
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
            DictModel model = new DictModel(300_000, random.nextLong());
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
            DictModel model = new DictModel(600_000, SEED);
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
        DictModel model = new DictModel(600_000, SEED);
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
        DictModel model = new DictModel(100_000, SEED);
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
        DictModel model = new DictModel(100_000, SEED);
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
        DictModel model = new DictModel(500, SEED);
        for (int n = 0; n < 3; n++) model.insert(n);
        long before = model.dict.bytes();
        for (int n = 3; n < 500; n++) model.insert(n);
        for (int n = 3; n < 500; n++) model.remove(n);
        assertThat(model.dict.bytes()).isEqualTo(before);
    }

    @Test
    void the_table_takes_the_bytes_per_entry_that_its_load_promises() {
        DictModel model = new DictModel(1_000_000, SEED);
        List<Double> perEntry = new ArrayList<>();
        for (int n = 0; n < 1_000_000; n++) {
            model.insert(n);
            if (n >= 300_000 && n % 10_000 == 0) perEntry.add((model.pages.used() - 24.0 * model.size) / model.size);
        }
        // 8 bytes a slot and 1/8 byte of counts; load between 0.42 and 0.91, and half a megabyte of segments begun
        assertThat(perEntry).allSatisfy(bytes -> assertThat(bytes).isBetween(8.1, 22.0));
    }
}
