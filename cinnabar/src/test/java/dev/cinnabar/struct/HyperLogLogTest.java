package dev.cinnabar.struct;

import static dev.cinnabar.base.RandomRun.check;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// HyperLogLogs beside a byte for each register.
class HyperLogLogTest {
    private static final int MARGIN = 7; // bytes in front of the string, so that nothing takes 0 for its start

    private final int[] counts = new int[HyperLogLog.RANKS];

    /// The string in an array of just its length and a margin.
    private static byte[] copy(HyperLogLogDraft draft) {
        byte[] copy = new byte[MARGIN + draft.length()];
        System.arraycopy(draft.array(), 0, copy, MARGIN, draft.length());
        return copy;
    }

    private static byte[] ranks(byte[] string) {
        byte[] ranks = new byte[HyperLogLog.REGISTERS];
        assertThat(HyperLogLog.mergeInto(ranks, string, MARGIN, string.length - MARGIN))
                .isTrue();
        return ranks;
    }

    private static String decoded(HyperLogLogDraft draft) {
        return HyperLogLog.decode(draft.array(), 0, draft.length());
    }

    // ---- layout ----

    @Test
    void an_empty_one_is_a_head_and_one_run() {
        byte[] string = copy(new HyperLogLogDraft().clear());
        assertThat(Arrays.copyOfRange(string, MARGIN, string.length))
                .containsExactly('H', 'Y', 'L', 'L', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xff);
        assertThat(HyperLogLog.hasCount(string, MARGIN)).isTrue();
        HyperLogLog.forgetCount(string, MARGIN);
        assertThat(string[MARGIN + 15]).isEqualTo((byte) 0x80);
        HyperLogLog.setCount(string, MARGIN, 0x0102030405L);
        assertThat(Arrays.copyOfRange(string, MARGIN + 8, MARGIN + 16)).containsExactly(5, 4, 3, 2, 1, 0, 0, 0);
        assertThat(HyperLogLog.hasCount(string, MARGIN)).isTrue();
    }

    @Test
    void dense_registers_lie_as_drawn() {
        HyperLogLogDraft draft = new HyperLogLogDraft().clear();
        draft.toDense();
        assertThat(draft.length()).isEqualTo(12_304);
        HyperLogLog.setDenseRank(draft.array(), 0, 0, 0b100001);
        HyperLogLog.setDenseRank(draft.array(), 0, 1, 0b110010);
        HyperLogLog.setDenseRank(draft.array(), 0, 5, 0b111111);
        HyperLogLog.setDenseRank(draft.array(), 0, 16_383, 0b101010);
        byte[] string = draft.array();
        assertThat(Arrays.copyOfRange(string, 16, 21)).containsExactly(0b10100001, 0b1100, 0, 0b11000000, 0b1111);
        assertThat(string[12_303]).isEqualTo((byte) 0b10101000);
        assertThat(HyperLogLog.isDense(string, 0)).isTrue();
    }

    @Test
    void where_a_search_begins_makes_no_other_string() {
        RandomRun.of(4000, (random, operations) -> {
            HyperLogLogDraft draft = new HyperLogLogDraft().clear();
            HyperLogLogDraft anew = new HyperLogLogDraft().clear();
            int register = 0;
            for (int i = 0; i < operations; i++) {
                register = (register + random.below(5) - random.below(20) / 19) & HyperLogLog.REGISTERS / 4 - 1;
                int rank = 1 + random.below(3);
                draft.raise(register, rank, 12_000);
                anew.load(anew.array().clone(), 0, anew.length()); // so it begins in front
                anew.raise(register, rank, 12_000);
                check(decoded(draft).equals(decoded(anew)), "register", register);
            }
        });
    }

    @Test
    void all_registers_rise_as_one_by_one_in_both_encodings() {
        for (int limit : new int[] {100, 12_000}) {
            HyperLogLogDraft one = new HyperLogLogDraft().clear();
            HyperLogLogDraft all = new HyperLogLogDraft().clear();
            byte[] ranks = new byte[HyperLogLog.REGISTERS];
            for (int i = 0; i < ranks.length; i += 7) ranks[i] = (byte) (1 + i % 30);
            for (int i = 0; i < ranks.length; i += 5) {
                one.raise(i, 1 + i % 25, limit);
                all.raise(i, 1 + i % 25, limit);
            }
            for (int i = 0; i < ranks.length; i++) if (ranks[i] > 0) one.raise(i, ranks[i], limit);
            assertThat(all.raiseAll(ranks, limit)).isTrue();
            assertThat(copy(all)).isEqualTo(copy(one));
        }
    }

    @Test
    void runs_are_split_and_joined() {
        HyperLogLogDraft draft = new HyperLogLogDraft().clear();
        assertThat(decoded(draft)).isEqualTo("Z:16384");
        draft.raise(300, 5, 3000);
        assertThat(decoded(draft)).isEqualTo("Z:300 v:5,1 Z:16083");
        draft.raise(299, 5, 3000);
        assertThat(decoded(draft)).isEqualTo("Z:299 v:5,2 Z:16083");
        draft.raise(302, 5, 3000);
        assertThat(decoded(draft)).isEqualTo("Z:299 v:5,2 z:1 v:5,1 Z:16081");
        draft.raise(301, 5, 3000);
        assertThat(decoded(draft)).isEqualTo("Z:299 v:5,4 Z:16081");
        draft.raise(300, 32, 3000);
        assertThat(decoded(draft)).isEqualTo("Z:299 v:5,1 v:32,1 v:5,2 Z:16081");
        draft.raise(16_383, 1, 3000);
        draft.raise(0, 1, 3000);
        assertThat(decoded(draft)).isEqualTo("v:1,1 Z:298 v:5,1 v:32,1 v:5,2 Z:16080 v:1,1");
        assertThat(draft.raise(301, 5, 3000)).isZero();
        assertThat(draft.raise(500, 33, 3000)).isEqualTo(1);
        assertThat(draft.isDense()).isTrue();
    }

    // ---- beside a model ----

    @ParameterizedTest
    @ValueSource(ints = {0, 18, 60, 3000, 16_000, 100_000})
    void registers_rise_as_in_the_model_in_both_encodings(int sparseMaxBytes) {
        RandomRun.of(4000, (random, operations) -> {
            HyperLogLogDraft draft = new HyperLogLogDraft().clear();
            byte[] model = new byte[HyperLogLog.REGISTERS];
            int near = 1 + random.below(HyperLogLog.REGISTERS);
            for (int i = 0; i < operations; i++) {
                int register = random.below(near);
                int rank = random.below(200) == 0 ? 1 + random.below(51) : 1 + random.below(3);
                if (random.below(1000) > 0) rank = Math.min(rank, 32);
                int outcome = draft.raise(register, rank, sparseMaxBytes);
                check(outcome == (model[register] < rank ? 1 : 0), "outcome", outcome);
                model[register] = (byte) Math.max(model[register], rank);
                if (random.below(100) > 0) continue;

                byte[] string = copy(draft);
                int length = string.length - MARGIN;
                check(draft.isDense() || length <= Math.max(18, sparseMaxBytes), "length", length);
                assertThat(ranks(string)).isEqualTo(model);
                for (int j = 0; j < 20; j++) {
                    int any = random.below(HyperLogLog.REGISTERS);
                    check(HyperLogLog.rank(string, MARGIN, length, any) == model[any], "rank", any);
                }
                int[] expected = new int[HyperLogLog.RANKS];
                HyperLogLog.histogram(model, expected);
                check(HyperLogLog.histogram(string, MARGIN, length, counts), "corrupt", length);
                assertThat(counts).isEqualTo(expected);
            }
            draft.toDense();
            assertThat(ranks(copy(draft))).isEqualTo(model);
        });
    }

    @Test
    void the_larger_rank_of_each_register_makes_the_union() {
        Randomness random = new Randomness(3);
        byte[] union = new byte[HyperLogLog.REGISTERS];
        byte[] model = new byte[HyperLogLog.REGISTERS];
        for (int i = 0; i < 10; i++) {
            HyperLogLogDraft draft = new HyperLogLogDraft().clear();
            if (i % 2 == 0) draft.toDense();
            for (int j = 0; j < 500; j++) {
                int register = random.below(2000);
                int rank = 1 + random.below(20);
                draft.raise(register, rank, 3000);
                model[register] = (byte) Math.max(model[register], rank);
            }
            byte[] string = copy(draft);
            HyperLogLog.mergeInto(union, string, MARGIN, string.length - MARGIN);
        }
        assertThat(union).isEqualTo(model);
    }

    // ---- damage ----

    /// Whatever is written into a string, it is refused or read, in its own bytes.
    @Test
    void damage_is_survived_without_a_look_at_the_neighbours() {
        RandomRun.of(3000, (random, operations) -> {
            HyperLogLogDraft whole = new HyperLogLogDraft().clear();
            for (int i = 0; i < 400; i++) whole.raise(random.below(HyperLogLog.REGISTERS), 1 + random.below(9), 3000);
            int refused = 0;
            for (int i = 0; i < operations; i++) {
                byte[] string = copy(whole);
                if (random.below(3) == 0)
                    string = Arrays.copyOf(string, MARGIN + 16 + random.below(string.length - MARGIN - 15));
                for (int j = random.below(4); j >= 0 && string.length > MARGIN + 16; j--) {
                    string[MARGIN + 16 + random.below(string.length - MARGIN - 16)] = (byte) random.below(256);
                }
                int length = string.length - MARGIN;
                boolean isWhole = HyperLogLog.histogram(string, MARGIN, length, counts);
                byte[] ranks = new byte[HyperLogLog.REGISTERS];
                check(HyperLogLog.mergeInto(ranks, string, MARGIN, length) == isWhole, "merge", i);
                HyperLogLog.decode(string, MARGIN, length);
                HyperLogLogDraft draft = new HyperLogLogDraft();
                check(draft.load(string, MARGIN, length), "load", length);
                for (int j = 0; j < 20; j++) {
                    int register = random.below(HyperLogLog.REGISTERS);
                    int rank = HyperLogLog.rank(string, MARGIN, length, register);
                    check(!isWhole || rank == ranks[register], "rank", rank);
                    int outcome = draft.raise(register, 1 + random.below(40), 3000);
                    check(!isWhole || outcome != HyperLogLog.CORRUPT, "outcome", outcome);
                }
                if (!isWhole) refused++;
            }
            check(refused > operations / 4, "refused", refused);
        });
    }

    @Test
    void runs_of_more_registers_than_there_are_are_refused() {
        byte[] string = new byte[3_000_016];
        byte[] head = copy(new HyperLogLogDraft().clear());
        System.arraycopy(head, MARGIN, string, 0, 16);
        for (int i = 16; i < string.length; i += 2) string[i] = 0x7f;
        assertThat(HyperLogLog.isOne(string, 0, string.length)).isTrue();
        assertThat(HyperLogLog.histogram(string, 0, string.length, counts)).isFalse();
        assertThat(HyperLogLog.mergeInto(new byte[HyperLogLog.REGISTERS], string, 0, string.length))
                .isFalse();
        assertThat(new HyperLogLogDraft().load(string, 0, string.length)).isFalse();
    }

    @Test
    void a_string_is_known_by_magic_encoding_and_length() {
        byte[] sparse = copy(new HyperLogLogDraft().clear());
        assertThat(HyperLogLog.isOne(sparse, MARGIN, 18)).isTrue();
        assertThat(HyperLogLog.isOne(sparse, MARGIN, 15)).isFalse();
        for (int i = 0; i < 5; i++) {
            byte[] wrong = sparse.clone();
            wrong[MARGIN + i] ^= 0x42;
            assertThat(HyperLogLog.isOne(wrong, MARGIN, 18)).isFalse();
        }
        sparse[MARGIN + 4] = 0; // dense, but too short
        assertThat(HyperLogLog.isOne(sparse, MARGIN, 18)).isFalse();
    }

    // ---- the estimate ----

    @Test
    void the_estimate_is_right_at_both_ends() {
        counts[0] = HyperLogLog.REGISTERS;
        assertThat(HyperLogLog.estimate(counts)).isZero();
        counts[0]--;
        counts[1]++;
        assertThat(HyperLogLog.estimate(counts)).isEqualTo(1);
        // every register full but one: as many as there are hashes
        Arrays.fill(counts, 0);
        counts[51] = HyperLogLog.REGISTERS - 1;
        counts[50] = 1;
        assertThat(HyperLogLog.estimate(counts)).isGreaterThan(1L << 62);
    }

    @Test
    void the_self_test_is_content() {
        assertThat(HyperLogLogCheck.run(new Randomness(5))).isNull();
    }
}
