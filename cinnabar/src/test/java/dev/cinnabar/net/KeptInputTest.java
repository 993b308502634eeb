package dev.cinnabar.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Garbage;
import dev.cinnabar.memory.Budget;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What is kept of a connection's input is what was left of it, and its memory is counted.
class KeptInputTest {
    private static final long LIMIT = 1 << 20;

    private final Budget budget = new Budget(LIMIT);
    private final SpareArray spare = new SpareArray();
    private final KeptInput input = new KeptInput(budget, spare);
    private final KeptInput neighbour = new KeptInput(budget, spare);

    @Test
    void the_beginning_of_a_request_takes_nothing_of_the_budget() {
        assertThat(input.keep(bytes(KeptInput.SMALL), 0, KeptInput.SMALL)).isTrue();
        assertThat(budget.reserved()).isZero();
        assertThat(input.array().length).isEqualTo(KeptInput.SMALL);
    }

    @Test
    void what_does_not_fit_the_budget_leaves_what_was_there() {
        byte[] before = bytes(100);
        input.keep(before, 0, 100);
        assertThat(input.keep(new byte[2 << 20], 0, 2 << 20)).isFalse();
        assertThat(kept(input)).isEqualTo(before);
        assertThat(budget.reserved()).isZero();
    }

    @Test
    void what_has_been_read_already_is_kept_whatever_the_budget_says() {
        byte[] much = bytes(2 << 20);
        input.keepAnyway(much, 0, much.length);
        assertThat(kept(input)).isEqualTo(much);
        assertThat(budget.reserved()).isEqualTo(budget.arrayBytes(much.length));
        assertThat(input.makeRoom()).isFalse();
        assertThat(kept(input)).isEqualTo(much);
        input.release();
        assertThat(budget.reserved()).isZero();
    }

    @Test
    void an_announced_bulk_gets_its_room_once_and_no_more_than_twice_what_came() {
        input.expect(150_000);
        input.keep(bytes(100_000), 0, 100_000);
        assertThat(input.array().length).isEqualTo(250_000);
        input.expect(800_000);
        assertThat(input.makeRoom()).as("there is room to go on").isTrue();
        assertThat(input.array().length).isEqualTo(250_000);
        input.release();
        spare.drop();
        input.expect(1 << 30);
        input.keep(bytes(10_000), 0, 10_000);
        assertThat(input.array().length).isEqualTo(2 * 10_000 + EventLoop.READ_SIZE);
    }

    @Test
    void what_is_larger_than_all_memory_is_refused_before_it_has_come() {
        input.expect(LIMIT);
        input.keep(bytes(10_000), 0, 10_000);
        input.expect(LIMIT);
        assertThat(receiveUntilRefused(input)).isZero();
        assertThat(input.length()).isEqualTo(10_000);
    }

    @Test
    void what_grows_until_memory_is_full_is_not_copied_for_every_piece_of_it() {
        Budget much = new Budget(64 << 20);
        KeptInput input = new KeptInput(much, spare);
        input.keep(bytes(10_000), 0, 10_000);
        assertThat(receiveUntilRefused(input)).as("arrays").isLessThan(40);
        assertThat(input.length()).as("bytes").isGreaterThan(20 << 20);
    }

    /// @return how many arrays it took
    private static int receiveUntilRefused(KeptInput input) {
        int arrays = 0;
        byte[] array = input.array();
        while (input.makeRoom()) {
            if (input.array() != array) arrays++;
            array = input.array();
            input.received(input.room().remaining());
        }
        return arrays;
    }

    @Test
    void what_one_connection_has_left_serves_the_next_and_counts_for_that_one() {
        input.keep(bytes(20_000), 0, 20_000);
        byte[] array = input.array();
        input.release();
        assertThat(budget.reserved()).isZero();
        neighbour.keep(bytes(19_000), 0, 19_000);
        assertThat(neighbour.array()).isSameAs(array);
        assertThat(budget.reserved()).isEqualTo(budget.arrayBytes(array.length));
        input.keep(bytes(20_000), 0, 20_000);
        assertThat(input.array()).as("one array is nobody else's").isNotSameAs(array);
    }

    @Test
    void nobody_gets_more_than_twice_the_room_it_needs_nor_is_much_set_aside() {
        input.keep(bytes(100_000), 0, 100_000);
        input.release();
        neighbour.expect(1);
        neighbour.keep(bytes(10_000), 0, 10_000);
        assertThat(neighbour.array()).hasSize(10_001);
        spare.give(new byte[SpareArray.MOST + 1]);
        assertThat(spare.lengthFor(SpareArray.MOST, 0)).isEqualTo(SpareArray.MOST);
    }

    @Test
    void what_a_large_request_has_left_serves_the_next_from_its_first_piece_on_and_goes_when_nobody_sends() {
        Budget much = new Budget(64 << 20);
        KeptInput large = new KeptInput(much, spare);
        large.keep(bytes(600_000), 0, 600_000);
        byte[] array = large.array();
        large.release();
        large.expect(500_000);
        large.keep(bytes(10_000), 0, 10_000);
        assertThat(large.array()).isSameAs(array);
        assertThat(much.reserved()).isEqualTo(much.arrayBytes(array.length));

        large.release();
        assertThat(spare.isLarge()).isTrue();
        spare.rest();
        large.expect(500_000);
        large.keep(bytes(10_000), 0, 10_000);
        assertThat(large.array()).isNotSameAs(array);
        large.release();
        assertThat(spare.isLarge()).isFalse();
        spare.rest();
        assertThat(spare.lengthFor(50_000, 0)).as("a small one is kept").isGreaterThan(50_000);
    }

    @Test
    void a_large_array_that_would_not_fit_the_budget_is_left_for_one_that_does() {
        spare.give(new byte[(int) LIMIT - 1]);
        budget.force(LIMIT / 2);
        input.expect(LIMIT / 2 + 1);
        assertThat(input.keep(bytes(10_000), 0, 10_000)).isTrue();
        assertThat(input.array()).hasSize(2 * 10_000 + EventLoop.READ_SIZE);
    }

    @Test
    void requests_in_pieces_one_after_the_other_leave_no_arrays_behind() {
        byte[] half = bytes(20_000);
        assertThat(Garbage.of(() -> {
                    input.keep(half, 0, half.length);
                    input.release();
                }))
                .isLessThan(200);
    }

    @Test
    void it_is_always_what_was_received_and_not_used() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[][] all = {{}, {}};
        for (int i = 0; i < 20_000; i++) {
            int one = random.nextInt(2);
            KeptInput input = one == 0 ? this.input : neighbour;
            byte[] expected = all[one];
            input.expect(random.nextBoolean() ? 0 : random.nextInt(2 * EventLoop.READ_SIZE));
            boolean isInPlace = expected.length > KeptInput.SMALL;
            if (isInPlace)
                assertThat(input.makeRoom())
                        .as("seed %d, step %d: there is memory", seed, i)
                        .isTrue();
            byte[] array;
            int from = 0;
            int more = isInPlace ? random.nextInt(input.room().remaining() + 1) : random.nextInt(20_000);
            byte[] came = new byte[more];
            random.nextBytes(came);
            if (isInPlace) {
                input.room().put(came);
                input.received(more);
                array = input.array();
                from = input.from();
            } else {
                array = new byte[expected.length + more];
                input.copyTo(array);
                System.arraycopy(came, 0, array, expected.length, more);
            }
            expected = join(expected, came);
            int used = random.nextInt(4) == 0 ? expected.length : random.nextInt(expected.length + 1);
            assertThat(input.keep(array, from + used, from + expected.length))
                    .as("seed %d, step %d", seed, i)
                    .isTrue();
            all[one] = Arrays.copyOfRange(expected, used, expected.length);
            assertThat(kept(this.input)).as("seed %d, step %d", seed, i).isEqualTo(all[0]);
            assertThat(kept(neighbour)).as("seed %d, step %d", seed, i).isEqualTo(all[1]);
            assertThat(budget.reserved())
                    .as("seed %d, step %d", seed, i)
                    .isEqualTo(counted(this.input) + counted(neighbour));
        }
    }

    private static long counted(KeptInput input) {
        int length = input.array().length;
        return length > KeptInput.SMALL ? new Budget(0).arrayBytes(length) : 0;
    }

    private static byte[] kept(KeptInput input) {
        byte[] kept = new byte[input.length()];
        input.copyTo(kept);
        return kept;
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) bytes[i] = (byte) (i * 31);
        return bytes;
    }

    private static byte[] join(byte[] first, byte[] second) {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(first);
        both.writeBytes(second);
        return both.toByteArray();
    }
}
