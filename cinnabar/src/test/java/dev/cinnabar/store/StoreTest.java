package dev.cinnabar.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Garbage;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.struct.Dict;
import dev.cinnabar.struct.Listpack;
import java.lang.ref.WeakReference;
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
    void only_a_table_of_a_mebibyte_and_more_is_read_ahead_and_that_leaves_nothing_behind() {
        Store store = store(1);
        Database db = store.database(0);
        Bytes key = Bytes.of("key");
        Bytes[] members = new Bytes[60_000];
        for (int i = 0; i < members.length; i++) members[i] = Bytes.of("member:" + i);

        db.setString(key, key, Database.NO_EXPIRY);
        assertThat(db.tableAhead(db.lookup(key))).as("a string").isNull();
        db.remove(key);
        for (Bytes member : members) {
            ListValue list = db.list(key, db.lookup(key));
            list.expect(member.length(), 1);
            list.push(member, false);
        }
        assertThat(db.tableAhead(db.lookup(key))).as("a list").isNull();
        db.remove(key);
        for (int i = 0; i < members.length; i++) {
            db.set(0, key, db.lookup(key)).add(members[i]);
            boolean isLarge = i > 128 && db.big(db.lookup(key)).bytes() >= 1 << 20;
            assertThat(db.tableAhead(db.lookup(key)) != null)
                    .as("a set of %d", i + 1)
                    .isEqualTo(isLarge);
        }
        Members table = db.tableAhead(db.lookup(key));
        assertThat(Garbage.of(() -> table.ahead(members, Dict.AHEAD))).isZero();
        assertThat(table.size()).isEqualTo(members.length);
        store.checkInvariants();
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
    void an_expiry_time_moves_no_byte_of_a_long_string() {
        Store store = store(1);
        Database db = store.database(0);
        Bytes key = Bytes.of("key");
        db.setString(key, Bytes.of("x".repeat(100_000)), Database.NO_EXPIRY);
        long address = db.lookup(key);
        int offset = db.string(address).bytes().offset();
        for (long expiryMs : new long[] {1000, 2000, Database.NO_EXPIRY, 3000}) {
            db.setExpiry(db.lookup(key), expiryMs);
            assertThat(db.lookup(key)).isEqualTo(address);
            assertThat(db.string(address).bytes().offset()).isEqualTo(offset);
            assertThat(db.expiryMs(address)).isEqualTo(expiryMs);
            store.checkInvariants();
        }
    }

    @Test
    void room_for_an_expiry_time_comes_and_goes_with_the_length_of_a_string() {
        Store store = store(2);
        Database db = store.database(0);
        Database other = store.database(1);
        Bytes key = Bytes.of("key");
        Bytes longKey = Bytes.of("k".repeat(200));
        for (long expiryMs : new long[] {Database.NO_EXPIRY, 1000}) {
            db.setString(key, Bytes.of("ab"), expiryMs);
            long used = db.memoryUsage(db.lookup(key));
            db.growString(db.lookup(key), 100_000);
            check(store, db, key, 100_000, expiryMs);
            db.moveTo(key, other, longKey);
            check(store, other, longKey, 100_000, expiryMs);
            other.copyTo(longKey, db, key);
            check(store, db, key, 100_000, expiryMs);
            assertThat(other.remove(longKey)).isTrue();
            db.setString(key, Bytes.of("ab"), Database.KEEP_EXPIRY);
            check(store, db, key, 2, expiryMs);
            assertThat(db.memoryUsage(db.lookup(key))).isEqualTo(used);
        }
    }

    private static void check(Store store, Database db, Bytes key, int length, long expiryMs) {
        store.checkInvariants();
        long address = db.lookup(key);
        Bytes text = db.string(address).bytes();
        assertThat(text.length()).isEqualTo(length);
        assertThat(text.at(0)).isEqualTo((byte) 'a');
        assertThat(text.at(1)).isEqualTo((byte) 'b');
        assertThat(text.at(length - 1)).isEqualTo((byte) (length == 2 ? 'b' : 0));
        assertThat(db.expiryMs(address)).isEqualTo(expiryMs);
    }

    @Test
    void what_was_gathered_for_a_moment_is_freed_in_steps() {
        for (boolean isZset : new boolean[] {false, true}) {
            Store store = store(1);
            gatherAndDrop(store, isZset, 100_000);
            long left = store.pages().used();
            assertThat(left).isGreaterThan(100_000 * 20);
            assertThat(store.garbageBytes()).isEqualTo(left);
            assertThat(store.garbageObjects()).isEqualTo(1);

            store.stepGarbage();
            assertThat(store.pages().used()).isBetween(left / 2, left - 1);
            while (store.stepGarbage()) continue;
            assertThat(store.pages().used()).isZero();
            assertThat(store.valuesFreedLater()).as("values of keys").isZero();
        }
    }

    @Test
    void what_is_gathered_again_and_again_does_not_pile_up() {
        Store store = store(1);
        gatherAndDrop(store, true, 10_000);
        long one = store.garbageBytes();
        for (int i = 0; i < 20; i++) gatherAndDrop(store, true, 10_000);
        assertThat(store.garbageBytes()).isLessThanOrEqualTo(2 * one);
    }

    @Test
    void what_was_gathered_is_freed_at_once_when_there_is_no_room_for_another() {
        Budget budget = new Budget(8 << 20);
        Store store = new Store(1, budget, SnapshotTest.DEAF, new Randomness(1), 0);
        for (int i = 0; i < 5; i++) gatherAndDrop(store, true, 70_000);
        assertThat(store.garbageBytes()).isZero();
    }

    private static void gatherAndDrop(Store store, boolean isZset, int members) {
        Database db = store.database(0);
        Listpack.Entry entry = new Listpack.Entry();
        if (isZset) {
            try (ZsetResult result = db.newZset()) {
                for (int i = 0; i < members; i++) result.put(Bytes.of("member" + i), i);
            }
        } else {
            try (SetValue.Gathering result = db.set(0, Bytes.of("key"), 0).gather()) {
                for (int i = 0; i < members; i++) result.add(entry.set(Bytes.of("member" + i)));
            }
        }
    }

    @Test
    void what_a_group_remembers_is_freed_in_steps_be_it_taken_from_its_stream_or_gone_with_it() {
        for (boolean withStream : new boolean[] {false, true}) {
            Store store = store(1);
            Database db = store.database(0);
            Bytes key = Bytes.of("stream");
            StreamValue stream = db.newStream();
            db.putStream(key, stream);
            long bare = store.pages().used();
            StreamGroup group = stream.createGroup(Bytes.of("group"), 0, 0, 0);
            for (int i = 0; i < 10; i++) {
                StreamConsumer consumer = group.create(Bytes.of("consumer" + i), 0);
                for (int id = 1; id <= 10_000; id++) group.assign(i, id, consumer, 0, 1);
            }
            long left = store.pages().used() - bare;
            assertThat(left).isGreaterThan(100_000 * 52);

            if (withStream) db.remove(key);
            else db.removeGroup(db.lookup(key), group);
            for (int steps = 0; store.garbageObjects() > 0; steps++) {
                long before = store.pages().used();
                store.stepGarbage();
                assertThat(before - store.pages().used()).as("step %d", steps).isBetween(1L, left / 20);
                if (!withStream)
                    assertThat(store.garbageBytes()).isEqualTo(store.pages().used() - bare);
            }
            store.checkInvariants();
            if (!withStream) assertThat(store.pages().used()).isEqualTo(bare);
        }
    }

    @Test
    void who_flushes_little_again_and_again_does_not_pay_for_the_much_that_was_flushed_before() {
        Store store = store(1);
        for (int i = 0; i < 100_000; i++) store.database(0).setNumber(Bytes.of("key" + i), i, Database.NO_EXPIRY);
        store.flush(0);
        long much = store.pages().used();
        for (int i = 0; i < 200; i++) {
            store.database(0).setNumber(Bytes.of("key"), i, Database.NO_EXPIRY);
            store.flush(0);
        }
        assertThat(store.pages().used())
                .as("what was flushed first is there still")
                .isGreaterThan(much / 10 * 9);
        assertThat(store.garbageObjects()).as("and hardly more").isBetween(100_000L, 100_100L);
        store.freeGarbage();
        assertThat(store.pages().used()).isZero();
    }

    /// A large value has an array of its own, and whoever looked at it last would keep that.
    @Test
    void a_large_value_that_is_gone_is_kept_by_nobody_who_looked_at_it() {
        Store store = store(1);
        Database db = store.database(0);
        Bytes key = Bytes.of("key");
        db.setString(key, Bytes.of("x".repeat(1 << 20)), Database.NO_EXPIRY);
        WeakReference<byte[]> array = new WeakReference<>(store.pages().array(db.lookup(key)));
        assertThat(db.string(db.lookup(key)).length()).isEqualTo(1 << 20);
        db.growString(db.lookup(key), (1 << 20) + 1);
        db.remove(key);
        store.letGo();
        for (int i = 0; i < 100 && array.get() != null; i++) System.gc();
        assertThat(array.get()).isNull();
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

    /// What a flush gives up is estimated: here it is far less than its share of the keys.
    @Test
    void no_more_is_on_its_way_out_than_the_data_whatever_an_estimate_says() {
        Store store = store(2);
        store.countOwn(0);
        long own = store.pages().used();
        store.database(0).setNumber(Bytes.of("small"), 1, Database.NO_EXPIRY);
        Bytes large = Bytes.of("large");
        for (int i = 0; i < 10_000; i++)
            store.database(1).set(0, large, store.database(1).lookup(large)).add(Bytes.of("member" + i));
        store.flush(0);
        store.database(1).remove(large);
        assertThat(store.garbageBytes()).isBetween(1L, store.pages().used() - own);
        store.database(1).setNumber(large, 1, Database.NO_EXPIRY);
        store.flush(1);
        store.freeGarbage();
        assertThat(store.garbageBytes()).isZero();
    }
}
