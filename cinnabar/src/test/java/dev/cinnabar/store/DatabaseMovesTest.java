package dev.cinnabar.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.Records;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Moving, copying and removing keys beside a plain model, with snapshots on the way.
class DatabaseMovesTest {
    private static final int DATABASES = 2;
    private static final long NOW = 1_000_000_000_000L;
    private static final KeyEvents DEAF = new KeyEvents() {
        @Override
        public void expired(Database db, Bytes key) {}

        @Override
        public void evicted(Database db, Bytes key) {}
    };

    @Test
    void moves_and_copies_keep_values_expiry_and_snapshots_right() {
        RandomRun.of(60_000, (random, operations) -> new Run(random).operate(operations));
    }

    /// A store, and what it should hold: `value@expiry` by key.
    private static final class Run {
        final Randomness random;
        final Store store;
        final List<Map<String, String>> model = new ArrayList<>();
        List<Map<String, String>> modelAtSnapshot = List.of();
        List<Map<String, String>> images = List.of();
        Snapshot snapshot;

        Run(Randomness random) {
            this.random = random;
            this.store = new Store(DATABASES, new Budget(512 << 20), DEAF, random, NOW);
            for (int i = 0; i < DATABASES; i++) model.add(new HashMap<>());
        }

        void operate(int operations) {
            for (int i = 0; i < operations; i++) {
                operate();
                if (i % 2000 == 0) check();
            }
            while (snapshot != null) walk();
            check();
        }

        private void operate() {
            int db = random.below(DATABASES);
            int to = random.below(DATABASES);
            String key = key();
            String newKey = key();
            boolean differ = db != to || !key.equals(newKey);
            switch (random.below(12)) {
                case 0, 1, 2, 3 -> set(db, key);
                case 4 -> remove(db, key);
                case 5 -> expire(db, key);
                case 6, 7 -> {
                    if (model.get(db).containsKey(key) && differ) {
                        store.database(db).moveTo(Bytes.of(key), store.database(to), Bytes.of(newKey));
                        model.get(to).put(newKey, model.get(db).remove(key));
                    }
                }
                case 8 -> {
                    if (model.get(db).containsKey(key) && differ) {
                        store.database(db).copyTo(Bytes.of(key), store.database(to), Bytes.of(newKey));
                        model.get(to).put(newKey, model.get(db).get(key));
                    }
                }
                case 9 -> store.step();
                case 10 -> walk();
                default -> {
                    if (snapshot == null && RandomRun.oneIn(random, 100)) begin();
                }
            }
        }

        private String key() {
            int n = random.below(400);
            return n < 350 ? "k" + n : "key-of-another-length".repeat(n % 20 + 1) + n;
        }

        private String value() {
            return switch (random.below(20)) {
                case 0 -> "" + random.below(100);
                case 1 -> "x".repeat(30_000 + random.below(5000));
                case 2 -> RandomRun.oneIn(random, 10) ? "y".repeat(500_000) : "z";
                default -> "v".repeat(random.below(200)) + random.below(10);
            };
        }

        private void set(int db, String key) {
            long expiryMs = RandomRun.oneIn(random, 3) ? NOW + 1 + random.below(1_000_000) : Database.NO_EXPIRY;
            String value = value();
            store.database(db).setString(Bytes.of(key), Bytes.of(value), expiryMs);
            model.get(db).put(key, value + "@" + expiryMs);
        }

        private void remove(int db, String key) {
            assertThat(store.database(db).remove(Bytes.of(key)))
                    .isEqualTo(model.get(db).remove(key) != null);
        }

        private void expire(int db, String key) {
            long address = store.database(db).lookup(Bytes.of(key));
            if (address == 0) return;
            long expiryMs = RandomRun.oneIn(random, 3) ? Database.NO_EXPIRY : NOW + 1 + random.below(1_000_000);
            store.database(db).setExpiry(address, expiryMs);
            String old = model.get(db).get(key);
            model.get(db).put(key, old.substring(0, old.lastIndexOf('@') + 1) + expiryMs);
        }

        private void begin() {
            modelAtSnapshot = new ArrayList<>();
            images = new ArrayList<>();
            for (Map<String, String> db : model) {
                modelAtSnapshot.add(new HashMap<>(db));
                images.add(new HashMap<>());
            }
            snapshot = store.beginSnapshot(new Snapshot.Sink() {
                @Override
                public void image(int index, Database database, long address) {
                    byte[] page = database.pages().array(address);
                    int at = Pages.offset(address);
                    String key = Records.key(page, at, new Bytes()).toString();
                    String before = images.get(index).put(key, text(page, at));
                    assertThat(before).as("image of %s", key).isNull();
                }

                @Override
                public Snapshot.BigSink big(BigImage image) {
                    throw new AssertionError("there are only strings");
                }
            });
        }

        private void walk() {
            if (snapshot == null || snapshot.next(random.below(20))) return;
            snapshot = null;
            assertThat(images).isEqualTo(modelAtSnapshot);
        }

        private void check() {
            store.checkInvariants();
            for (int i = 0; i < DATABASES; i++) {
                Map<String, String> found = new HashMap<>();
                Database db = store.database(i);
                long position = 0;
                do {
                    position = db.scan(position, address -> {
                        byte[] page = db.pages().array(address);
                        int at = Pages.offset(address);
                        found.put(Records.key(page, at, new Bytes()).toString(), text(page, at));
                    });
                } while (position != 0);
                assertThat(found).isEqualTo(model.get(i));
            }
        }

        private static String text(byte[] page, int at) {
            long expiryMs = Records.has(page, at, Records.HAS_EXPIRY) ? Records.expiryMs(page, at) : Database.NO_EXPIRY;
            return new StringValue().look(page, at).bytes() + "@" + expiryMs;
        }
    }

    @Test
    void moving_a_huge_value_needs_no_second_one() {
        int length = 20 << 20;
        Budget budget = new Budget(40 << 20);
        Store store = new Store(DATABASES, budget, DEAF, new Randomness(1), NOW);
        Database db = store.database(0);
        db.setString(Bytes.of("huge"), Bytes.of(new byte[length]), NOW + 5);
        byte[] home = db.pages().array(db.lookup(Bytes.of("huge")));

        db.moveTo(Bytes.of("huge"), db, Bytes.of("of-another-length"));
        db.moveTo(Bytes.of("of-another-length"), store.database(1), Bytes.of("there"));

        long address = store.database(1).lookup(Bytes.of("there"));
        assertThat(db.pages().array(address)).isSameAs(home);
        assertThat(store.database(1).string(address).length()).isEqualTo(length);
        assertThat(store.database(1).expiryMs(address)).isEqualTo(NOW + 5);
        assertThat(db.size()).isZero();
        assertThat(db.volatileSize()).isZero();
        store.checkInvariants();
    }

    @Test
    void a_huge_value_gets_and_loses_its_expiry_without_a_second_one() {
        int length = 20 << 20;
        Store store = new Store(DATABASES, new Budget(40 << 20), DEAF, new Randomness(1), NOW);
        Database db = store.database(0);
        byte[] value = new byte[length];
        new Random(7).nextBytes(value);
        db.setString(Bytes.of("huge"), Bytes.of(value), Database.NO_EXPIRY);

        db.setExpiry(db.lookup(Bytes.of("huge")), NOW + 5);
        assertThat(db.string(db.lookup(Bytes.of("huge"))).bytes()).isEqualTo(Bytes.of(value));
        assertThat(db.volatileSize()).isEqualTo(1);
        store.checkInvariants();

        db.setExpiry(db.lookup(Bytes.of("huge")), Database.NO_EXPIRY);
        assertThat(db.string(db.lookup(Bytes.of("huge"))).bytes()).isEqualTo(Bytes.of(value));
        assertThat(db.volatileSize()).isZero();
        store.checkInvariants();
    }

    @Test
    void a_move_that_memory_is_too_short_for_changes_nothing() {
        Budget budget = new Budget(10 << 20);
        Store store = new Store(DATABASES, budget, DEAF, new Randomness(1), NOW);
        Database db = store.database(0);
        // two strings of 3 MiB; a key as long does not fit in behind one of them
        Bytes value = Bytes.of(new byte[3 << 20]);
        db.setString(Bytes.of("a"), value, Database.NO_EXPIRY);
        db.setString(Bytes.of("b"), value, Database.NO_EXPIRY);
        Bytes longKey = Bytes.of(new byte[3 << 20]);

        try {
            db.moveTo(Bytes.of("a"), db, longKey);
            throw new AssertionError("there should have been no room");
        } catch (OutOfMemory e) {
            assertThat(db.lookup(longKey)).isZero();
        }

        assertThat(db.string(db.lookup(Bytes.of("a"))).bytes()).isEqualTo(value);
        assertThat(db.size()).isEqualTo(2);
        store.checkInvariants();
    }
}
