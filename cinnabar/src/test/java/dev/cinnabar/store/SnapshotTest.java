package dev.cinnabar.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.struct.Listpack;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Images of databases that change while they are written: complete, exact, in bounded steps, and nothing
/// stays behind.
class SnapshotTest {
    private static final int DATABASES = 3;
    private static final int KEYS = 12;
    private static final long NOW = 1_000_000_000_000L;
    static final KeyEvents DEAF = new KeyEvents() {
        @Override
        public void expired(Database db, Bytes key) {}

        @Override
        public void evicted(Database db, Bytes key) {}
    };

    @Test
    void the_image_is_the_state_at_the_beginning_whatever_is_written_meanwhile() {
        for (int i = 0; i < 4; i++) RandomRun.of(5_000, (random, operations) -> new Run(random).operate(operations));
    }

    @Test
    void blocks_that_a_snapshot_reads_stay_where_they_are_when_holes_are_closed() {
        Store store = new Store(1, new Budget(512 << 20), DEAF, new Randomness(5), NOW);
        store.thresholds().listMaxListpackSize = 4;
        Database db = store.database(0);
        Bytes kept = Bytes.of("kept");
        for (int i = 0; i < 60_000; i++) {
            Bytes key = i % 10 == 0 ? kept : Bytes.of("hole" + i / 20_000);
            ListValue list = db.list(key, db.lookup(key));
            Bytes element = Bytes.of("x".repeat(200) + i);
            list.expect(element.length(), 1);
            list.push(element, false);
        }
        for (int i = 0; i < 3; i++) db.remove(Bytes.of("hole" + i));
        store.freeGarbage();
        Map<String, String> atBeginning = read(store);
        Recorder recorder = new Recorder();
        Snapshot snapshot = store.beginSnapshot(recorder);
        snapshot.next(100);

        assertThat(store.pages().planCompaction()).isPositive();
        long address = db.lookup(kept);
        for (int i = 0; i < 3000; i++) db.list(kept, address).set(i, Bytes.of("y".repeat(200) + i));
        while (store.pages().isCompacting()) store.step();
        store.checkInvariants();
        while (snapshot.next(500)) continue;

        assertThat(recorder.state()).isEqualTo(atBeginning);
        store.checkInvariants();
    }

    @Test
    void what_is_given_up_while_a_snapshot_reads_it_is_freed_when_it_is_read() {
        Store store = new Store(2, new Budget(512 << 20), DEAF, new Randomness(5), NOW);
        Database db = store.database(0);
        Bytes key = Bytes.of("key");
        db.setString(key, key, Database.NO_EXPIRY);
        db.remove(key);
        long usedBefore = store.pages().used();
        for (int i = 0; i < 10_000; i++) db.set(0, key, db.lookup(key)).add(Bytes.of("member" + i));
        Recorder recorder = new Recorder();
        Snapshot snapshot = store.beginSnapshot(recorder);
        db.remove(key);
        long used = store.pages().used();
        while (store.step()) continue;

        assertThat(store.pages().used()).isEqualTo(used);
        assertThat(store.garbageBytes()).isEqualTo(used - usedBefore);
        while (snapshot.next(100)) continue;
        assertThat(recorder.elements).isEqualTo(10_000);
        while (store.step()) continue;
        assertThat(store.pages().used()).isEqualTo(usedBefore);
        assertThat(store.garbageBytes()).isZero();
    }

    @Test
    void a_slice_ends_when_its_sink_is_full() {
        Store store = new Store(1, new Budget(512 << 20), DEAF, new Randomness(5), NOW);
        Database db = store.database(0);
        Bytes key = Bytes.of("key");
        for (int i = 0; i < 5_000; i++) db.hash(key, db.lookup(key)).put(Bytes.of("f" + i), Bytes.of("v".repeat(100)));
        long[] limit = {0};
        Recorder recorder = new Recorder() {
            @Override
            public boolean isFull() {
                return elements >= limit[0];
            }
        };
        Snapshot snapshot = store.beginSnapshot(recorder);
        do limit[0] = recorder.elements + 10;
        while (snapshot.next(Integer.MAX_VALUE) && recorder.elements < limit[0] + 64);
        assertThat(recorder.elements).isEqualTo(5_000);
    }

    /// Two stores that are given the same commands; snapshots are taken of the first only, and must make no
    /// difference.
    private static final class Run {
        final Randomness random;
        final Store store;
        final Store twin;
        final long usedByNothing;
        long nowMs = NOW;

        @Nullable
        Snapshot snapshot;

        @Nullable
        Recorder recorder;

        Map<String, String> atBeginning = Map.of();
        int completed;

        Run(Randomness random) {
            this.random = random;
            this.store = newStore(random);
            this.twin = newStore(random);
            this.usedByNothing = store.pages().used();
        }

        private static Store newStore(Randomness random) {
            Store store = new Store(DATABASES, new Budget(512 << 20), DEAF, random, NOW);
            Thresholds t = store.thresholds();
            t.hashMaxListpackEntries = 6;
            t.setMaxIntsetEntries = 6;
            t.setMaxListpackEntries = 6;
            t.zsetMaxListpackEntries = 6;
            t.listMaxListpackSize = 5;
            return store;
        }

        void operate(int operations) {
            for (int i = 0; i < operations; i++) {
                step();
                if (i % 500 == 0) check();
            }
            while (snapshot != null) walk(1 + random.below(50));
            check();
            assertThat(completed).isPositive();
            assertThat(store.garbageBytes())
                    .as("bytes on their way out")
                    .isBetween(0L, store.pages().used());

            // a key each, for an empty database is not flushed and keeps its small table
            for (int i = 0; i < DATABASES; i++) store.database(i).setNumber(Bytes.of("last"), i, Database.NO_EXPIRY);
            for (int i = 0; i < DATABASES; i++) store.flush(i);
            store.freeGarbage();
            assertThat(store.garbageBytes()).isZero();
            assertThat(store.garbageObjects()).isZero();
            store.checkInvariants();
            assertThat(store.pages().used()).as("bytes used by nothing").isEqualTo(usedByNothing);
        }

        private void step() {
            if (random.below(4) == 0) {
                snapshotStep();
                return;
            }
            int db = random.below(DATABASES);
            int to = random.below(DATABASES);
            String key = key();
            String other = key();
            switch (random.below(40)) {
                case 0 -> both(s -> s.database(db).remove(Bytes.of(key)));
                case 1, 2 -> {
                    String text = element();
                    both(s -> s.database(db).setString(Bytes.of(key), Bytes.of(text), Database.NO_EXPIRY));
                }
                case 3, 4 -> {
                    long expiryMs = random.below(3) == 0 ? Database.NO_EXPIRY : nowMs + 1 + random.below(500);
                    both(s -> {
                        long address = s.database(db).lookup(Bytes.of(key));
                        if (address != 0) s.database(db).setExpiry(address, expiryMs);
                    });
                }
                case 5, 6 -> {
                    if (db == to && key.equals(other)) return;
                    both(s -> {
                        if (s.database(db).lookup(Bytes.of(key)) != 0)
                            s.database(db).moveTo(Bytes.of(key), s.database(to), Bytes.of(other));
                    });
                }
                case 7 -> {
                    if (db == to && key.equals(other)) return;
                    both(s -> {
                        if (s.database(db).lookup(Bytes.of(key)) != 0)
                            s.database(db).copyTo(Bytes.of(key), s.database(to), Bytes.of(other));
                    });
                }
                case 8 -> {
                    if (random.below(4) == 0) both(s -> s.flush(db));
                }
                case 9 -> both(s -> s.swap(db, to));
                case 10 -> {
                    nowMs += random.below(20);
                    both(s -> s.moment().set(nowMs));
                    both(s -> {
                        while (s.expire(64)) continue;
                    });
                }
                case 11, 12, 13 -> both(Store::step);
                case 14 -> fill(db, key, 200 + random.below(600));
                default -> write(db, key);
            }
        }

        private void both(Consumer<Store> operation) {
            operation.accept(store);
            operation.accept(twin);
        }

        private String key() {
            int n = random.below(KEYS);
            return n % 4 == 3 ? "a-key-with-a-longer-name".repeat(3) + n : "k" + n;
        }

        private String element() {
            return switch (random.below(8)) {
                case 0, 1, 2 -> "" + random.below(300);
                case 3 -> "x".repeat(70 + random.below(600)) + random.below(100);
                default -> "e" + random.below(400);
            };
        }

        /// Makes a large collection at once, if there is not one of another type.
        private void fill(int db, String key, int count) {
            int type = random.below(4);
            for (int i = 0; i < count; i++) write(db, key, type, true);
        }

        private void write(int db, String key) {
            int type = type(db, key);
            boolean adds = random.below(2) == 0;
            int count = random.below(10) == 0 ? 40 : 1 + random.below(3);
            for (int i = 0; i < count; i++) write(db, key, type >= 0 ? type : random.below(4), adds);
        }

        private int type(int db, String key) {
            long address = store.database(db).lookup(Bytes.of(key));
            return address == 0
                    ? -1
                    : List.of("list", "set", "hash", "zset")
                            .indexOf(store.database(db).kind(address).type());
        }

        /// One element is added, changed or removed.
        private void write(int db, String key, int type, boolean adds) {
            Bytes element = Bytes.of(element());
            Bytes value = Bytes.of(element());
            double score = random.below(50) / 2.0;
            int chance = random.below(1 << 20);
            Recorder r = recorder;
            long before = r == null ? 0 : r.elements;
            long keysBefore = r == null ? 0 : r.keys;
            both(s -> {
                Database d = s.database(db);
                Bytes k = Bytes.of(key);
                long address = d.lookup(k);
                try {
                    switch (type) {
                        case 0 -> writeList(d.list(k, address), element, value, adds, chance);
                        case 1 -> {
                            SetValue set = d.set(0, k, address);
                            if (adds) set.add(element);
                            else set.remove(element);
                        }
                        case 2 -> {
                            HashValue hash = d.hash(k, address);
                            if (adds && chance % 4 == 0 && hash.size() > 0) {
                                if (hash.get(element) == null || d.lookup(k) == 0) return;
                                hash.setExpiry(
                                        element, chance % 8 == 0 ? Database.NO_EXPIRY : nowMs + 1 + chance % 300);
                            } else if (adds) hash.put(element, value);
                            else hash.remove(element);
                        }
                        default -> {
                            ZsetValue zset = d.zset(k, address);
                            if (adds) zset.put(element, score);
                            else if (chance % 3 > 0) zset.remove(element);
                            else if (zset.size() > 0) zset.removeRange(chance % zset.size(), 1);
                        }
                    }
                } catch (WrongType e) {
                    // the key keeps what it has
                }
            });
            if (r == null) return;
            // a small collection is handed over whole, by its record; of a large one the member that changes, and no more
            assertThat(r.keys - keysBefore).isLessThanOrEqualTo(1);
            // (but for fields whose time is over, some of which a look at a hash lets go)
            int most = type == 2 ? 1 + 64 : 1;
            if (r.keys == keysBefore) assertThat(r.elements - before).isLessThanOrEqualTo(most);
        }

        private static void writeList(ListValue list, Bytes element, Bytes other, boolean adds, int chance) {
            long size = list.size();
            if (size == 0 || adds && chance % 4 > 0) {
                list.expect(element.length(), 1);
                list.push(element, chance % 2 == 0);
            } else if (adds) {
                list.set(chance % size, element);
            } else if (chance % 8 == 0) {
                list.remove(element, chance % 5 - 2);
            } else if (chance % 8 == 1) {
                list.expect(element.length(), 1);
                list.insert(other, chance % 16 == 1, element);
            } else if (chance % 64 == 2) {
                long from = chance % size;
                list.remove(from, 1 + chance % (size - from));
            } else {
                list.remove(chance % 8 < 5 ? 0 : chance % 8 == 5 ? chance % size : size - 1, 1);
            }
        }

        // ---- snapshots ----

        private void snapshotStep() {
            Snapshot running = snapshot;
            if (running != null) {
                if (random.below(400) == 0) abort(running);
                else walk(1 + random.below(40));
                return;
            }
            if (random.below(20) > 0) return;
            atBeginning = read(store);
            recorder = new Recorder();
            snapshot = store.beginSnapshot(recorder);
        }

        private void walk(int most) {
            Snapshot running = snapshot;
            Recorder r = recorder;
            if (running == null || r == null) return;
            long before = r.elements;
            boolean more = running.next(most);
            assertThat(r.elements - before)
                    .as("elements in a slice of %s", most)
                    .isLessThanOrEqualTo(most + 64);
            if (more) return;
            assertThat(r.state()).isEqualTo(atBeginning);
            assertThat(running.heldBytes()).isZero();
            end();
            completed++;
        }

        private void abort(Snapshot running) {
            Recorder r = recorder;
            running.abort();
            if (r != null) r.isOver = true;
            while (running.next(1 + random.below(40))) {
                if (random.below(3) == 0) write(random.below(DATABASES), key());
            }
            assertThat(running.heldBytes()).isZero();
            end();
        }

        private void end() {
            snapshot = null;
            recorder = null;
            store.checkInvariants();
        }

        private void check() {
            store.checkInvariants();
            twin.checkInvariants();
            assertThat(read(store)).isEqualTo(read(twin));
        }
    }

    // ---- reading ----

    /// All keys as text: `0:key@expiry` and what it holds.
    private static Map<String, String> read(Store store) {
        Map<String, String> state = new TreeMap<>();
        for (int i = 0; i < store.count(); i++) {
            Database db = store.database(i);
            int index = i;
            long position = 0;
            do {
                position = db.scan(
                        position,
                        address -> state.put(name(index, db.key(address), db.expiryMs(address)), small(db, address)));
            } while (position != 0);
        }
        return state;
    }

    private static String name(int index, Bytes key, long expiryMs) {
        return index + ":" + key + "@" + expiryMs;
    }

    /// A value with its type in front.
    private static String small(Database db, long address) {
        Kind kind = db.kind(address);
        List<String> parts = new ArrayList<>();
        switch (kind.type()) {
            case "string" -> parts.add(db.string(address).bytes().toString());
            case "list" ->
                db.listImage(address).forEach(e -> parts.add(e.bytes().toString()));
            case "set" -> db.setImage(address).forEach(e -> parts.add(e.bytes().toString()));
            case "hash" -> {
                HashValue hash = db.hashImage(address);
                hash.forEach((f, v) -> parts.add(f.bytes() + "=" + v.bytes() + "@" + hash.expiryMs()));
            }
            default -> db.zsetImage(address).forEach((m, s) -> parts.add(m.bytes() + "=" + s));
        }
        return text(kind, parts);
    }

    private static String text(Kind kind, List<String> parts) {
        if (!kind.type().equals("list")) parts.sort(null);
        return kind.type() + parts;
    }

    /// Gathers an image.
    private static class Recorder implements Snapshot.Sink {
        private final Map<String, String> state = new TreeMap<>();
        private int open;
        private boolean isOver;
        long keys;
        long elements;

        @Override
        public void image(int index, Database db, long address) {
            assertThat(isOver).isFalse();
            keys++;
            elements++;
            put(name(index, db.key(address), db.expiryMs(address)), small(db, address));
        }

        private void put(String name, String text) {
            assertThat(state.put(name, text)).as("an earlier image of " + name).isNull();
        }

        @Override
        public Snapshot.BigSink big(BigImage image) {
            assertThat(isOver).isFalse();
            open++;
            List<String> parts = new ArrayList<>();
            return new Snapshot.BigSink() {
                private boolean hasEnded;

                @Override
                public void element(Listpack.Entry element) {
                    add(element.bytes().toString());
                }

                @Override
                public void field(Listpack.Entry field, Listpack.Entry value, long expiryMs) {
                    add(field.bytes() + "=" + value.bytes() + "@" + expiryMs);
                }

                @Override
                public void member(Listpack.Entry member, double score) {
                    add(member.bytes() + "=" + score);
                }

                private void add(String part) {
                    assertThat(isOver || hasEnded).isFalse();
                    elements++;
                    parts.add(part);
                }

                @Override
                public void end() {
                    assertThat(isOver || hasEnded).isFalse();
                    hasEnded = true;
                    open--;
                    assertThat((long) parts.size()).isEqualTo(image.size());
                    put(name(image.index(), image.key(), image.expiryMs()), text(image.kind(), parts));
                }
            };
        }

        Map<String, String> state() {
            assertThat(open).as("values that did not end").isZero();
            return state;
        }
    }
}
