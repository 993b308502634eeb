package dev.cinnabar.struct;

import static dev.cinnabar.base.RandomRun.check;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.struct.Bits.Operation;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/// Rows of bits beside a [BitSet] and beside numbers without an end.
class BitsTest {
    private static final int MARGIN = 5; // bytes in front and behind, which nothing may touch

    /// A row with a margin, and the same as a set.
    private record Row(byte[] array, int length, BitSet model) {
        static Row random(Randomness random, int length) {
            byte[] array = new byte[length + 2 * MARGIN];
            int kind = random.below(4);
            for (int i = 0; i < array.length; i++) {
                array[i] = kind == 0 ? 0 : kind == 1 ? (byte) -1 : (byte) random.below(256);
                if (kind < 2 && random.below(40) == 0) array[i] = (byte) random.below(256);
            }
            BitSet model = new BitSet();
            for (int bit = 0; bit < 8 * length; bit++) {
                if ((array[MARGIN + bit / 8] >> (7 - bit % 8) & 1) != 0) model.set(bit);
            }
            return new Row(array, length, model);
        }

        Bytes window() {
            return new Bytes(array, MARGIN, length);
        }
    }

    @Test
    void bits_are_counted_and_found_in_any_range() {
        RandomRun.of(30_000, (random, operations) -> {
            for (int i = 0; i < operations; i++) {
                Row row = Row.random(random, random.below(60));
                int size = 8 * row.length;
                int from = random.below(size + 1);
                int to = from + random.below(size - from + 1);
                int expected = row.model.get(from, to).cardinality();
                check(Bits.count(row.array, MARGIN, from, to) == expected, "counted", expected);
                int set = row.model.nextSetBit(from);
                int clear = row.model.nextClearBit(from);
                check(Bits.find(row.array, MARGIN, true, from, to) == (set < to ? set : -1), "set", set);
                check(Bits.find(row.array, MARGIN, false, from, to) == (clear < to ? clear : -1), "clear", clear);
                if (size == 0) continue;
                int bit = random.below(size);
                check(Bits.get(row.array, MARGIN, bit) == row.model.get(bit), "bit", bit);
            }
        });
    }

    @Test
    void one_bit_unlike_all_others_is_found_in_rows_of_any_length_wherever_they_lie() {
        for (int offset = 0; offset < 9; offset++) {
            for (int length = 0; length <= 200; length++) {
                byte[] array = new byte[offset + length + offset];
                int size = 8 * length;
                check(Bits.find(array, offset, true, 0, size) == -1, "none", length);
                for (int bit = 0; bit < size; bit++) {
                    Bits.set(array, offset, bit, true);
                    int from = bit * 7 % (bit + 1);
                    check(Bits.find(array, offset, true, from, size) == bit, "set", bit);
                    check(Bits.find(array, offset, true, from, bit) == -1, "set behind the range", bit);
                    flip(array);
                    check(Bits.find(array, offset, false, from, size) == bit, "clear", bit);
                    check(Bits.find(array, offset, false, from, bit) == -1, "clear behind the range", bit);
                    flip(array);
                    Bits.set(array, offset, bit, false);
                }
            }
        }
    }

    private static void flip(byte[] array) {
        for (int i = 0; i < array.length; i++) array[i] ^= -1;
    }

    @Test
    void numbers_of_any_width_are_read_and_written_and_nothing_beside_them() {
        RandomRun.of(30_000, (random, operations) -> {
            for (int i = 0; i < operations; i++) {
                Row row = Row.random(random, 1 + random.below(30));
                int width = 1 + random.below(64);
                int bit = random.below(8 * row.length);
                BigInteger expected = BigInteger.ZERO;
                for (int b = bit; b < bit + width; b++) {
                    expected = expected.shiftLeft(1).or(row.model.get(b) ? BigInteger.ONE : BigInteger.ZERO);
                }
                long read = Bits.read(row.array, MARGIN, row.length, bit, width);
                check(read == expected.longValue(), "read", read);
                if (bit + width > 8 * row.length) continue;

                byte[] before = row.array.clone();
                long value = random.nextLong();
                Bits.write(row.array, MARGIN, bit, width, value);
                check(
                        Bits.read(row.array, MARGIN, row.length, bit, width) == value << 64 - width >>> 64 - width,
                        "",
                        value);
                for (int b = 0; b < 8 * before.length; b++) {
                    boolean isInside = b >= 8 * MARGIN + bit && b < 8 * MARGIN + bit + width;
                    check(isInside || Bits.get(before, 0, b) == Bits.get(row.array, 0, b), "beside", b);
                }
                Bits.set(row.array, MARGIN, bit, value < 0);
                check(Bits.get(row.array, MARGIN, bit) == value < 0, "set", bit);
            }
        });
    }

    @Test
    void rows_of_different_lengths_are_combined_also_into_one_of_them() {
        RandomRun.of(20_000, (random, operations) -> {
            for (int i = 0; i < operations; i++) {
                Operation operation = Operation.values()[random.below(Operation.values().length)];
                Row[] rows = new Row[operation == Operation.NOT ? 1 : 1 + random.below(5)];
                Bytes[] windows = new Bytes[rows.length];
                int length = 1;
                for (int j = 0; j < rows.length; j++) {
                    rows[j] = Row.random(random, random.below(50));
                    windows[j] = rows[j].window();
                    length = Math.max(length, rows[j].length);
                }
                byte[] result = new byte[length + 2 * MARGIN];
                Bytes target = new Bytes(result, MARGIN, length);
                int inPlace = random.below(2 * rows.length);
                if (inPlace < rows.length) {
                    System.arraycopy(rows[inPlace].array, MARGIN, result, MARGIN, rows[inPlace].length);
                    windows[inPlace] = target;
                }
                Bits.combine(operation, windows, rows.length, target);
                for (int bit = 0; bit < 8 * length; bit++) {
                    check(Bits.get(result, MARGIN, bit) == combined(operation, rows, bit), operation.name(), bit);
                }
                for (int m = 0; m < MARGIN; m++)
                    check(result[m] == 0 && result[result.length - 1 - m] == 0, "margin", m);
            }
        });
    }

    @Test
    void rows_of_any_length_are_combined_wherever_they_lie_also_longer_than_a_block() {
        RandomRun.of(6, (random, operations) -> {
            for (int i = 0; i < operations; i++) {
                for (Operation operation : Operation.values()) {
                    for (int length = 0; length <= 200; length++) combineAnywhere(operation, length, random);
                    combineAnywhere(operation, 1000 + random.below(4000), random);
                }
            }
        });
    }

    private static void combineAnywhere(Operation operation, int length, Randomness random) {
        Bytes[] rows = new Bytes[operation == Operation.NOT ? 1 : 1 + random.below(6)];
        for (int j = 0; j < rows.length; j++) rows[j] = anywhere(j == 0 ? length : random.below(length + 1), random);
        if (random.below(2) == 0) Collections.swap(Arrays.asList(rows), 0, random.below(rows.length));
        byte[] expected = new byte[length];
        for (int at = 0; at < length; at++) expected[at] = combined(operation, rows, at);

        int longest = 0;
        while (rows[longest].length() < length) longest++;
        Bytes target = random.below(2) == 0 ? rows[longest] : anywhere(length, random);
        byte[] before = target.array().clone();
        Bits.combine(operation, rows, rows.length, target);
        for (int at = 0; at < length; at++) check(target.at(at) == expected[at], operation.name(), at);
        for (int at = 0; at < before.length; at++) {
            boolean isInside = at >= target.offset() && at < target.offset() + length;
            check(isInside || target.array()[at] == before[at], "beside", at);
        }
    }

    private static Bytes anywhere(int length, Randomness random) {
        int offset = random.below(17);
        byte[] array = new byte[offset + length + random.below(17)];
        for (int i = 0; i < array.length; i++) array[i] = (byte) random.below(256);
        return new Bytes(array, offset, length);
    }

    private static byte combined(Operation operation, Bytes[] rows, int at) {
        int result = 0;
        for (int mask = 1; mask <= 0x80; mask <<= 1) {
            boolean first = isSet(rows[0], at, mask);
            int all = 0;
            for (Bytes row : rows) if (isSet(row, at, mask)) all++;
            if (combined(operation, first, all, rows.length)) result |= mask;
        }
        return (byte) result;
    }

    private static boolean isSet(Bytes row, int at, int mask) {
        return at < row.length() && (row.at(at) & mask) != 0;
    }

    private static boolean combined(Operation operation, Row[] rows, int bit) {
        boolean first = rows[0].model.get(bit);
        int all = 0;
        for (Row row : rows) if (row.model.get(bit)) all++;
        return combined(operation, first, all, rows.length);
    }

    private static boolean combined(Operation operation, boolean first, int all, int count) {
        int others = first ? all - 1 : all;
        return switch (operation) {
            case AND -> all == count;
            case OR -> all > 0;
            case XOR -> all % 2 == 1;
            case NOT -> !first;
            case DIFF -> first && others == 0;
            case DIFF1 -> !first && others > 0;
            case ANDOR -> first && others > 0;
            case ONE -> all == 1;
        };
    }

    @Test
    void positions_go_beyond_two_to_the_power_of_31() {
        byte[] array = new byte[300 << 20];
        array[array.length - 1] = 1;
        long last = 8L * array.length - 1;
        assertThat(Bits.find(array, 0, true, 0, last + 1)).isEqualTo(last);
        assertThat(Bits.count(array, 0, 3, last + 1)).isEqualTo(1);
        assertThat(Bits.read(array, 0, array.length, last - 1, 2)).isEqualTo(1);
    }
}
