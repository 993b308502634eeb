package dev.cinnabar.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Garbage;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class StoreTest {
    private static final Percentage LITTLE = Percentage.withPercentage(5); // JVMs differ in their headers

    private static Store store(int databases) {
        return new Store(databases, new Budget(1 << 30), SnapshotTest.DEAF, new Randomness(1), 0);
    }

    @Test
    void an_empty_database_counts_for_what_it_takes_of_the_heap() {
        long one = Garbage.of(() -> store(1));
        long eleven = Garbage.of(() -> store(11));
        assertThat((eleven - one) / 10).isCloseTo(Database.BYTES, LITTLE);
    }

    @Test
    void what_is_there_without_data_is_used_and_held_and_reserved() {
        Store store = store(3);
        store.countOwn(1000);
        long own = 1000 + 4 * Database.BYTES; // one more to build values in
        assertThat(store.pages().used()).isEqualTo(own);
        assertThat(store.pages().held()).isEqualTo(own);
        assertThat(store.pages().budget().reserved()).isEqualTo(own);
        store.checkInvariants();
    }

    @Test
    void a_flush_gives_up_no_more_than_the_data() {
        Store store = store(1);
        store.countOwn(0);
        long own = store.pages().used();
        for (int i = 0; i < 1000; i++) store.database(0).setNumber(Bytes.of("key" + i), i, Database.NO_EXPIRY);
        long data = store.pages().used() - own;
        store.flush(0);
        assertThat(store.garbageBytes()).isCloseTo(data, within(1L));
        store.freeGarbage();
        assertThat(store.garbageBytes()).isZero();
        assertThat(store.pages().used()).isEqualTo(own);
    }
}
