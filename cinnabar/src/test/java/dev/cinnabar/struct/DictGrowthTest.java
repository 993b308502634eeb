package dev.cinnabar.struct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.Pages;
import org.junit.jupiter.api.Test;

/// What a table says beforehand of the memory that insertions may take.
class DictGrowthTest {
    @Test
    void insertions_take_no_more_than_the_table_says() {
        RandomRun.of(300, (random, operations) -> {
            for (int i = 0; i < operations; i++) {
                Pages pages = new Pages(new Budget(1L << 40));
                Keyed keyed = new Keyed(pages);
                Dict dict = new Dict(pages, random.nextLong());
                int there = 1 << random.below(17);
                int n = 0;
                while (n < there + random.below(there)) insert(dict, keyed, n++);

                int more = 1 + random.below(1 << random.below(16));
                long says = dict.growthBytes(more);
                long before = dict.bytes();
                long most = 0;
                for (int end = n + more; n < end; n++) {
                    insert(dict, keyed, n);
                    most = Math.max(most, dict.bytes() - before);
                }

                assertThat(most)
                        .as("%d more beside %d", more, dict.size() - more)
                        .isLessThanOrEqualTo(says);
            }
        });
    }

    @Test
    void a_table_at_rest_with_room_takes_nothing() {
        Pages pages = new Pages(new Budget(1L << 40));
        Keyed keyed = new Keyed(pages);
        Dict dict = new Dict(pages, 1);
        for (int n = 0; n < 19_000; n++) insert(dict, keyed, n);
        while (dict.step(1000)) continue;

        assertThat(dict.growthBytes(1000)).isZero();
    }

    private static void insert(Dict dict, Keyed keyed, int n) {
        Bytes key = keyed.key(n);
        long address = keyed.blank();
        keyed.write(address, n);
        dict.insert(dict.hash(key.array(), key.offset(), 8), address);
    }
}
