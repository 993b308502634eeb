package dev.cinnabar.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.cinnabar.base.Garbage;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PagesTest {
    private static final long PAGE = Pages.PAGE_BYTES + 16;

    /// Blocks beside their model: who holds what, stamped so that two blocks that overlap would be seen.
    private static final class Blocks {
        private static final VarHandle LONG =
                MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

        final Budget budget;
        final Pages pages;
        long[] addresses = new long[1024];
        int[] lengths = new int[1024];
        long[] stamps = new long[1024];
        int count;
        long used; // what Pages should say
        long large;
        long nextStamp = 1;

        Blocks(long limit) {
            budget = new Budget(limit);
            pages = new Pages(budget);
        }

        /// @return false when the budget refused
        boolean allocate(int length) {
            long heldBefore = pages.held();
            long address;
            try {
                address = pages.allocate(length);
            } catch (OutOfMemory e) {
                RandomRun.check(pages.used() == used && pages.held() == heldBefore, "a refusal changed counts", length);
                checkCounts();
                return false;
            }
            if (count == addresses.length) {
                addresses = Arrays.copyOf(addresses, 2 * count);
                lengths = Arrays.copyOf(lengths, 2 * count);
                stamps = Arrays.copyOf(stamps, 2 * count);
            }
            RandomRun.check(address > 0 && address <= Pages.ADDRESS_MASK, "address", address);
            addresses[count] = address;
            lengths[count] = length;
            stamps[count] = nextStamp++;
            stamp(count);
            count++;
            used += SizeClasses.roundUp(length);
            if (length > SizeClasses.MAX_SHARED) large += SizeClasses.roundUp(length) + 16;
            checkCounts();
            return true;
        }

        void free(int i) {
            checkStamp(i);
            int length = lengths[i];
            pages.free(addresses[i], length);
            used -= SizeClasses.roundUp(length);
            if (length > SizeClasses.MAX_SHARED) large -= SizeClasses.roundUp(length) + 16;
            count--;
            addresses[i] = addresses[count];
            lengths[i] = lengths[count];
            stamps[i] = stamps[count];
            checkCounts();
        }

        void moveIfSparse(int i) {
            if (!pages.isSparse(addresses[i])) return;
            long from = addresses[i];
            addresses[i] = pages.move(from, lengths[i]);
            RandomRun.check(
                    addresses[i] != from && !pages.isSparse(addresses[i]), "moved into a sparse page", addresses[i]);
            byte[] array = pages.array(addresses[i]);
            int at = Pages.offset(addresses[i]);
            // only as many bytes as were asked for had to be copied; the rest of the block is stamped anew
            int whole = lengths[i] & ~7;
            for (int o = 0; o < whole; o += 8)
                RandomRun.check((long) LONG.get(array, at + o) == stamps[i], "lost on the way", o);
            stamp(i);
            checkCounts();
        }

        private void stamp(int i) {
            byte[] array = pages.array(addresses[i]);
            int at = Pages.offset(addresses[i]);
            int size = SizeClasses.roundUp(lengths[i]);
            RandomRun.check(size <= array.length - at, "block beyond its page", addresses[i]);
            int step = lengths[i] > SizeClasses.MAX_SHARED ? 4096 : 8;
            for (int o = 0; o <= size - 8; o += step) LONG.set(array, at + o, stamps[i]);
        }

        private void checkStamp(int i) {
            byte[] array = pages.array(addresses[i]);
            int at = Pages.offset(addresses[i]);
            int size = SizeClasses.roundUp(lengths[i]);
            int step = lengths[i] > SizeClasses.MAX_SHARED ? 4096 : 8;
            for (int o = 0; o <= size - 8; o += step) {
                if ((long) LONG.get(array, at + o) != stamps[i])
                    throw new AssertionError("block of " + size + " was written over at " + o);
            }
        }

        private void checkCounts() {
            RandomRun.check(pages.used() == used, "used should be " + used + ", is", pages.used());
            RandomRun.check(
                    pages.held() == budget.reserved(), "held, but not reserved", pages.held() - budget.reserved());
            RandomRun.check((pages.held() - large) % PAGE == 0, "not whole pages", pages.held() - large);
            RandomRun.check(pages.usedPeak() >= used, "peak", pages.usedPeak());
        }

        void checkAll() {
            for (int i = 0; i < count; i++) checkStamp(i);
            pages.checkInvariants();
        }

        void freeAll() {
            while (count > 0) free(count - 1);
            pages.checkInvariants();
        }
    }

    private static int randomLength(Randomness random) {
        int kind = random.below(100);
        if (kind < 70) return 1 + random.below(200);
        if (kind < 90) return 1 + random.below(3000);
        if (kind < 98) return 1 + random.below(SizeClasses.MAX_SHARED);
        return SizeClasses.MAX_SHARED - 20 + random.below(kind == 98 ? 100_000 : 40);
    }

    @Test
    void blocks_never_overlap_and_every_byte_is_counted_whatever_is_allocated_and_freed() {
        RandomRun.of(1_000_000, (random, operations) -> {
            Blocks blocks = new Blocks(400L << 20);
            int target = 0;
            for (int i = 0; i < operations; i++) {
                if (i % 50_000 == 0) {
                    target = random.below(4) * random.below(20_000);
                    blocks.checkAll();
                }
                // towards the target, but not straight
                boolean grow = blocks.count == 0 || random.below(10) < (blocks.count < target ? 7 : 3);
                if (grow) blocks.allocate(randomLength(random));
                else blocks.free(random.below(blocks.count));
            }
            blocks.checkAll();
            blocks.freeAll();
            assertThat(blocks.pages.used()).isZero();
            assertThat(blocks.pages.held()).as("only a spare page is kept").isLessThanOrEqualTo(PAGE);
        });
    }

    @Test
    void one_size_after_another_uses_the_pages_of_the_size_before() {
        Blocks blocks = new Blocks(80L << 20);
        for (int length : new int[] {100, 56, 1000, 1100, 9000, 22_000, 32_768}) {
            while (blocks.pages.used() < 50 << 20)
                assertThat(blocks.allocate(length)).isTrue();
            blocks.freeAll();
        }
    }

    @Test
    void a_refused_block_changes_nothing_and_room_made_by_freeing_is_used() {
        RandomRun.of(100_000, (random, operations) -> {
            Blocks blocks = new Blocks(3 * PAGE + 500_000);
            int refused = 0;
            for (int i = 0; i < operations; i++) {
                int length = randomLength(random);
                if (blocks.allocate(length)) continue;
                refused++;
                blocks.pages.checkInvariants();
                for (int n = random.below(200); n > 0 && blocks.count > 0; n--) blocks.free(random.below(blocks.count));
            }
            assertThat(refused).isPositive();
            blocks.checkAll();
            blocks.freeAll();
            assertThat(blocks.budget.reserved()).isLessThanOrEqualTo(PAGE);
        });
    }

    @Test
    void a_freed_block_is_the_next_of_its_size_to_be_used() {
        Pages pages = new Pages(new Budget(64 << 20));
        long[] addresses = new long[5000];
        for (int i = 0; i < addresses.length; i++) addresses[i] = pages.allocate(56);
        pages.free(addresses[100], 50); // the same size class
        assertThat(pages.allocate(53)).isEqualTo(addresses[100]);
        pages.free(addresses[4000], 56);
        pages.free(addresses[4001], 56);
        assertThat(pages.allocate(56)).isEqualTo(addresses[4001]);
        assertThat(pages.allocate(56)).isEqualTo(addresses[4000]);
        pages.checkInvariants();
    }

    @Test
    void large_blocks_have_an_array_of_their_own_and_give_it_back_at_once() {
        Pages pages = new Pages(new Budget(1L << 30));
        long a = pages.allocate(SizeClasses.MAX_SHARED + 1);
        long b = pages.allocate(5_000_000);
        assertThat(pages.array(a)).hasSize(SizeClasses.roundUp(SizeClasses.MAX_SHARED + 1));
        assertThat(pages.array(b)).hasSize(SizeClasses.roundUp(5_000_000));
        assertThat(Pages.offset(a)).isZero();
        assertThat(pages.array(a)).isNotSameAs(pages.array(b));
        assertThat(pages.isSparse(a)).isFalse();
        long held = pages.held();
        pages.free(a, SizeClasses.MAX_SHARED + 1);
        assertThat(pages.held()).isEqualTo(held - SizeClasses.roundUp(SizeClasses.MAX_SHARED + 1) - 16);
        pages.free(b, 5_000_000);
        assertThat(pages.held()).isZero();
        assertThat(pages.used()).isZero();
        assertThat(pages.pagesDropped()).isEqualTo(2);
        pages.checkInvariants();
    }

    @Test
    void the_bits_above_an_address_may_be_the_callers() {
        Pages pages = new Pages(new Budget(64 << 20));
        long address = pages.allocate(100);
        long tagged = address | ~Pages.ADDRESS_MASK;
        assertThat(pages.array(tagged)).isSameAs(pages.array(address));
        assertThat(Pages.offset(tagged)).isEqualTo(Pages.offset(address));
        assertThat(pages.isSparse(tagged)).isFalse();
    }

    @Test
    void a_load_at_the_edge_of_a_page_neither_takes_nor_drops_pages() {
        Blocks blocks = new Blocks(64 << 20);
        while (blocks.pages.held() <= PAGE) blocks.allocate(1000);
        long dropped = blocks.pages.pagesDropped();
        Set<byte[]> arrays = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            blocks.free(blocks.count - 1);
            blocks.allocate(1000);
            arrays.add(blocks.pages.array(blocks.addresses[blocks.count - 1]));
        }
        assertThat(blocks.pages.pagesDropped()).isEqualTo(dropped);
        assertThat(arrays).hasSize(1);
        blocks.freeAll();
        assertThat(blocks.pages.held()).as("one spare page is kept").isEqualTo(PAGE);
    }

    @Test
    void a_heap_that_cannot_hold_what_the_budget_allows_is_a_refusal_and_no_error() {
        assumeThat(Runtime.getRuntime().maxMemory()).isLessThan(SizeClasses.MAX_LENGTH);
        Pages pages = new Pages(new Budget(1L << 40));
        long address = pages.allocate(100);
        assertThatThrownBy(() -> pages.allocate(SizeClasses.MAX_LENGTH)).isSameAs(OutOfMemory.REFUSED);
        assertThat(pages.held()).isEqualTo(PAGE).isEqualTo(pages.budget().reserved());
        assertThat(pages.used()).isEqualTo(104);
        pages.checkInvariants();
        pages.free(address, 100);
        assertThat(pages.used()).isZero();
    }

    @Test
    void what_lives_elsewhere_is_counted_as_used_and_held_and_may_be_refused() {
        Pages pages = new Pages(new Budget(1000));
        pages.countExtra(600);
        assertThat(pages.used()).isEqualTo(600);
        assertThat(pages.held()).isEqualTo(600);
        assertThatThrownBy(() -> pages.countExtra(401)).isSameAs(OutOfMemory.REFUSED);
        assertThat(pages.used()).isEqualTo(600);
        assertThat(pages.held()).isEqualTo(600);
        pages.checkInvariants();
        pages.uncountExtra(600);
        assertThat(pages.used()).isZero();
        assertThat(pages.usedPeak()).isEqualTo(600);
        assertThat(pages.budget().reserved()).isZero();
    }

    // ---- compaction ----

    @Test
    void pages_emptied_under_traffic_are_dropped_and_nothing_is_lost() {
        RandomRun.of(6, (random, operations) -> {
            for (int run = 0; run < operations; run++) {
                Blocks blocks = new Blocks(400L << 20);
                boolean mixed = RandomRun.oneIn(random, 2);
                int one = 16 + random.below(400);
                while (blocks.pages.used() < 80 << 20) blocks.allocate(mixed ? randomLength(random) : one);
                int keep = blocks.count * (5 + random.below(20)) / 100;
                while (blocks.count > keep) blocks.free(random.below(blocks.count));
                compact(blocks, random, random.below(4), mixed ? 0 : one);
                checkCompact(blocks);
                blocks.freeAll();
            }
        });
    }

    /// Walks the blocks as their owners would, with some other allocations and frees between.
    private static void compact(Blocks blocks, Randomness random, int traffic, int length) {
        for (int round = 0; blocks.pages.isFragmented(); round++) {
            RandomRun.check(round < 10, "still fragmented after rounds", round);
            int planned = blocks.pages.planCompaction();
            if (planned == 0) return;
            assertThat(blocks.pages.isCompacting()).isTrue();
            blocks.pages.checkInvariants();
            for (int i = 0; i < blocks.count; i++) {
                blocks.moveIfSparse(i);
                if (RandomRun.oneIn(random, 4)) {
                    for (int t = 0; t < traffic; t++) {
                        if (RandomRun.oneIn(random, 2)) blocks.allocate(length == 0 ? randomLength(random) : length);
                        else blocks.free(random.below(blocks.count));
                    }
                }
                if (i % 20_000 == 0) blocks.pages.checkInvariants();
            }
            // what the traffic swapped behind the walk
            for (int i = 0; i < blocks.count; i++) blocks.moveIfSparse(i);
            assertThat(blocks.pages.isCompacting())
                    .as("all sparse pages ran empty")
                    .isFalse();
            blocks.pages.endCompaction();
            blocks.checkAll();
        }
    }

    private static void checkCompact(Blocks blocks) {
        long held = blocks.pages.held();
        assertThat(held)
                .as("held for " + blocks.pages.used() + " used")
                .isLessThan((long) (1.3 * blocks.pages.used()) + 4 * PAGE);
    }

    @Test
    void a_compaction_that_is_given_up_half_way_leaves_its_pages_usable() {
        RandomRun.of(3, (random, operations) -> {
            for (int run = 0; run < operations; run++) {
                Blocks blocks = new Blocks(400L << 20);
                while (blocks.pages.used() < 50 << 20) blocks.allocate(randomLength(random));
                while (blocks.pages.used() > 10 << 20) blocks.free(random.below(blocks.count));
                assertThat(blocks.pages.planCompaction()).isPositive();
                for (int i = random.below(blocks.count); i >= 0; i--) blocks.moveIfSparse(i);
                blocks.pages.endCompaction();
                assertThat(blocks.pages.isCompacting()).isFalse();
                blocks.checkAll();
                long held = blocks.pages.held();
                while (blocks.pages.used() < held / 2) blocks.allocate(100);
                assertThat(blocks.pages.held()).as("the holes are filled first").isLessThanOrEqualTo(held);
                blocks.checkAll();
                blocks.freeAll();
                assertThat(blocks.pages.held()).isLessThanOrEqualTo(PAGE);
            }
        });
    }

    @Test
    void planning_again_before_the_end_adds_to_the_plan_and_counts_no_page_twice() {
        RandomRun.of(1, (random, operations) -> {
            Blocks blocks = new Blocks(400L << 20);
            while (blocks.pages.used() < 60 << 20) blocks.allocate(100);
            while (blocks.pages.used() > 40 << 20) blocks.free(random.below(blocks.count));
            int first = blocks.pages.planCompaction();
            while (blocks.pages.used() > 20 << 20) blocks.free(random.below(blocks.count));
            int second = blocks.pages.planCompaction();
            assertThat(first).isPositive();
            assertThat(second).isGreaterThan(first);
            blocks.pages.checkInvariants();
            for (int i = 0; i < blocks.count; i++) blocks.moveIfSparse(i);
            assertThat(blocks.pages.isCompacting()).isFalse();
            blocks.checkAll();
            checkCompact(blocks);
        });
    }

    @Test
    void full_pages_are_not_called_fragmented_even_when_blocks_do_not_divide_a_span() {
        for (int length : new int[] {100, 1000, 9000, 12_000, 14_000, 18_000, 22_000, 24_000, 26_000, 32_768}) {
            Blocks blocks = new Blocks(200L << 20);
            while (blocks.pages.held() < 16 * PAGE) blocks.allocate(length);
            assertThat(blocks.pages.isFragmented())
                    .as("full of blocks of " + length)
                    .isFalse();
            RandomRun.of(1, (random, operations) -> {
                for (int n = blocks.count / 10 * 9; n > 0; n--) blocks.free(random.below(blocks.count));
                assertThat(blocks.pages.isFragmented())
                        .as("nearly empty pages of " + length)
                        .isTrue();
                compact(blocks, random, 0, length);
            });
            long spanUse = 65_536 / SizeClasses.roundUp(length) * (long) SizeClasses.roundUp(length);
            assertThat(blocks.pages.held())
                    .isLessThan((long) (1.3 * blocks.pages.used() * 65_536 / spanUse) + 4 * PAGE);
        }
    }

    @Test
    void a_move_that_finds_no_memory_leaves_the_block_where_it_is() {
        RandomRun.of(1, (random, operations) -> {
            Blocks blocks = new Blocks(400L << 20);
            while (blocks.pages.used() < 60 << 20) blocks.allocate(100);
            while (blocks.pages.used() > 50 << 20) blocks.free(random.below(blocks.count));
            assertThat(blocks.pages.planCompaction()).isPositive();
            // fill every hole and let the budget have nothing left
            blocks.budget.reserve(blocks.budget.limit() - blocks.budget.reserved());
            long reserved = blocks.budget.reserved();
            while (true) {
                long address;
                try {
                    address = blocks.pages.allocate(100);
                } catch (OutOfMemory e) {
                    break;
                }
                assertThat(blocks.pages.isSparse(address)).isFalse();
            }
            int sparse = 0;
            while (!blocks.pages.isSparse(blocks.addresses[sparse])) sparse++;
            long address = blocks.addresses[sparse];
            assertThatThrownBy(() -> blocks.pages.move(address, 100)).isSameAs(OutOfMemory.REFUSED);
            blocks.checkStamp(sparse);
            assertThat(blocks.budget.reserved()).isEqualTo(reserved);
            blocks.pages.checkInvariants();
            blocks.pages.endCompaction();
            blocks.pages.checkInvariants();
        });
    }

    /// G1 gives an array that is larger than half of one of its regions whole regions: what is left of them
    /// is nobody's, and must not be promised to anybody.
    @Test
    void a_block_that_fills_regions_of_the_heap_counts_as_them() {
        int region = 4 << 20;
        Budget budget = new Budget(32 << 20, region);
        Pages pages = new Pages(budget);
        int header = Pages.ARRAY_HEADER;
        int[] lengths = {1_000_000, 2_200_000, region, 9_000_000};
        long[] taken = {SizeClasses.roundUp(1_000_000) + header, region, 2L * region, 3L * region};
        for (int i = 0; i < lengths.length; i++) {
            long address = pages.allocate(lengths[i]);
            assertThat(budget.reserved()).isEqualTo(taken[i]).isEqualTo(pages.held());
            assertThat(pages.used()).isEqualTo(taken[i] - header);
            pages.checkInvariants();
            pages.free(address, lengths[i]);
            assertThat(budget.reserved()).isZero();
            assertThat(pages.used()).isZero();
        }
        int[] counts = Pages.newCounts();
        pages.hold(counts, pages.countBlock(counts, 2_200_000) + pages.countBlock(counts, region));
        budget.reserve(budget.limit() - budget.reserved());
        pages.allocate(2_200_000);
        pages.allocate(region);
        pages.letGo();
        pages.checkInvariants();
    }

    // ---- garbage ----

    @Test
    void allocating_and_freeing_allocate_nothing_on_the_heap() {
        Pages pages = new Pages(new Budget(200 << 20));
        long[] addresses = new long[50_000];
        Randomness random = new Randomness(17);
        for (int i = 0; i < addresses.length; i++) addresses[i] = pages.allocate(lengthOf(i));
        assertThat(Garbage.of(() -> {
                    for (int n = 0; n < 20_000; n++) {
                        int i = random.below(addresses.length);
                        pages.free(addresses[i], lengthOf(i));
                        addresses[i] = pages.allocate(lengthOf(i));
                    }
                }))
                .isZero();
    }

    private static int lengthOf(int i) {
        return 20 + (i & 255);
    }
}
