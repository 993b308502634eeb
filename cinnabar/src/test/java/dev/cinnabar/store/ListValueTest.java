package dev.cinnabar.store;

import static dev.cinnabar.base.RandomRun.check;
import static dev.cinnabar.base.RandomRun.oneIn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.SizeClasses;
import dev.cinnabar.struct.Listpack;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Lists of all lengths beside a plain model: pushed and popped at the ends in bursts, and changed in between,
/// with and without an expiry, renamed, copied, seen by snapshots, refused memory.
class ListValueTest {
    private static final long NOW = 1_000_000_000_000L;
    private static final int[] FILLS = {-2, -2, -1, -4, -5, 3, 128}; // list-max-listpack-size

    @Test
    void a_list_holds_what_was_pushed_and_not_popped() {
        for (int fill : FILLS) {
            RandomRun.of(3_000, (random, operations) -> {
                Run run = new Run(random, fill);
                for (int i = 0; i < operations; i++) run.step(false);
                run.end();
            });
        }
    }

    @Test
    void a_list_that_is_refused_memory_keeps_what_it_has() {
        for (int fill : FILLS) {
            RandomRun.of(2_000, (random, operations) -> {
                Run run = new Run(random, fill);
                for (int i = 0; i < operations; i++) run.step(oneIn(random, 2));
                assertThat(run.refused).isPositive();
                run.end();
            });
        }
    }

    @Test
    void a_first_element_that_is_refused_memory_leaves_no_key() {
        Run run = new Run(new Randomness(1), -2);
        run.push(true, "so that there is a page");
        run.pop(true);
        run.budget.reserve(run.budget.limit() - run.budget.reserved() - 10_000);
        Bytes element = Bytes.of("x".repeat(1 << 20));
        ListValue list = run.list();
        list.expect(element.length(), 1);
        assertThatThrownBy(() -> list.push(element, true)).isInstanceOf(OutOfMemory.class);
        assertThat(run.store.database(0).size()).isZero();
        run.store.checkInvariants();
    }

    @Test
    void a_longer_element_is_refused_where_its_node_can_have_no_larger_block() {
        Run run = new Run(new Randomness(1), -5); // such a node has an array of its own
        for (int i = 0; i < 200; i++) run.push(false, "x".repeat(1000) + i);
        for (int i = 0; i < 5; i++) run.remove(90, 1);
        run.budget.reserve(run.budget.limit() - run.budget.reserved());
        Bytes longer = Bytes.of("y".repeat(4000));
        assertThatThrownBy(() -> run.list().set(90, longer)).isInstanceOf(OutOfMemory.class);
        run.checkAll();
    }

    @Test
    void what_is_pushed_at_the_head_takes_no_larger_block_than_what_is_pushed_at_the_tail() {
        Run run = new Run(new Randomness(1), -2);
        Database db = run.store.database(0);
        Bytes twin = Bytes.of("twin");
        int compared = 0;
        for (int i = 0; i < 2_000; i++) {
            // up to a list that is just small still, and down again
            if (i / 500 % 2 == 0) run.push(true, "element " + i);
            else run.pop(true);
            long address = db.lookup(run.key);
            if (address == 0) continue;
            assertThat(db.kind(address)).isEqualTo(Kind.LIST_LISTPACK);
            long usage = db.memoryUsage(address);
            db.listImage(address).forEachPiece((array, start, length) -> {
                byte[] piece = new Bytes(array, start, length).copy();
                db.putBytes(twin, Kind.LIST_LISTPACK, piece, 0, length, Database.NO_EXPIRY);
            });
            check(usage == db.memoryUsage(db.lookup(twin)), "bytes of the list in step " + i, usage);
            compared++;
        }
        assertThat(compared).isGreaterThan(1_900);
    }

    @Test
    void a_list_that_gets_an_expiry_takes_no_larger_block_for_its_room() {
        Run run = new Run(new Randomness(1), -2);
        Database db = run.store.database(0);
        int grown = 0;
        for (int i = 0; i < 500; i++) {
            run.push(true, "element " + i);
            long before = db.memoryUsage(db.lookup(run.key));
            db.setExpiry(db.lookup(run.key), NOW + 1000);
            if (db.memoryUsage(db.lookup(run.key)) > before) grown++;
            db.setExpiry(db.lookup(run.key), Database.NO_EXPIRY);
        }
        // all of the first hundred, whose blocks are of every length; of the others those at the edge of a block
        assertThat(grown).isBetween(80, 160);
    }

    @Test
    void a_list_that_gets_a_longer_name_takes_no_larger_block_for_its_room() {
        Run run = new Run(new Randomness(1), -2);
        Database db = run.store.database(0);
        Bytes longer = Bytes.of("l".repeat(60));
        Bytes twin = Bytes.of("t".repeat(60));
        for (int i = 0; i < 500; i++) {
            run.push(true, "element " + i);
            db.listImage(db.lookup(run.key)).forEachPiece((array, start, length) -> {
                byte[] piece = new Bytes(array, start, length).copy();
                db.putBytes(twin, Kind.LIST_LISTPACK, piece, 0, length, Database.NO_EXPIRY);
            });
            long usage = db.memoryUsage(db.lookup(twin));
            db.copyTo(run.key, db, longer);
            check(db.memoryUsage(db.lookup(longer)) == usage, "bytes of the copy in step " + i, usage);
            db.moveTo(run.key, db, longer);
            check(db.memoryUsage(db.lookup(longer)) == usage, "bytes of the list in step " + i, usage);
            db.moveTo(longer, db, run.key);
        }
        run.checkAll();
    }

    @Test
    void what_is_pushed_at_an_end_of_a_large_list_takes_little_more_than_its_nodes() {
        for (boolean atHead : new boolean[] {true, false}) {
            Run run = new Run(new Randomness(1), -2);
            for (int i = 0; i < 5_000; i++) run.push(atHead, "element " + i);
            Database db = run.store.database(0);
            ListValue list = db.listImage(db.lookup(run.key));
            assertThat(db.big(db.lookup(run.key)).bytes()).isBetween(list.pieceBytes(), list.pieceBytes() + 2048);
        }
    }

    @Test
    void a_list_of_empty_elements_becomes_large_before_its_listpack_loses_count_of_them() {
        Run run = new Run(new Randomness(1), -2);
        int count = Listpack.MOST_COUNTED + 1;
        run.list().expect(0, count);
        for (int i = 0; i < count; i++) run.list().push(Bytes.of(""), false);
        Database db = run.store.database(0);
        assertThat(db.kind(db.lookup(run.key))).isEqualTo(Kind.LIST_QUICKLIST);
        assertThat(run.list().size()).isEqualTo(count);
        run.store.checkInvariants();
    }

    @Test
    void what_takes_nothing_out_of_a_list_copies_none_of_it() {
        Run run = new Run(new Randomness(1), -2);
        run.push(false, "x".repeat(1 << 20));
        run.push(false, "y");
        run.list().remove(Bytes.of("none"), 0);
        assertThat(run.list().scratch.capacity()).isLessThan(1 << 20);
    }

    @Test
    void what_goes_in_beside_an_element_of_two_gigabytes_gets_a_node_of_its_own() {
        Run run = new Run(new Randomness(1), -2);
        run.push(false, "x".repeat(10_000));
        Database db = run.store.database(0);
        BigList big = (BigList) db.big(db.lookup(run.key));
        int length = big.length(0);
        // its header says so, and nobody reads further
        Listpack.setHeader(big.array(0), big.start(0), SizeClasses.MAX_LENGTH, 1);
        byte[] entry = new byte[100];
        big.insert(0, Listpack.HEADER, 0, entry, 0, entry.length, BigList.Fill.of(-2));
        assertThat(big.nodes()).isEqualTo(2);
        big.insert(1, SizeClasses.MAX_LENGTH - 1, 1, entry, 0, entry.length, BigList.Fill.of(-2));
        assertThat(big.nodes()).isEqualTo(3);
        Listpack.setHeader(big.array(1), big.start(1), length, 1);
    }

    /// A store with one list, and what that should hold.
    private static final class Run {
        private static final int LONGEST = 3_000;

        private final Randomness random;
        private final Budget budget = new Budget(64 << 20);
        final Store store;
        private List<String> model = new ArrayList<>();
        Bytes key = Bytes.of("list");
        private Snapshot snapshot;
        private SeenList seen = new SeenList();
        private List<String> atBeginning = List.of();
        int refused;

        Run(Randomness random, int fill) {
            this.random = random;
            this.store = new Store(1, budget, SnapshotTest.DEAF, random, NOW);
            store.thresholds().listMaxListpackSize = fill;
        }

        /// Some operations of one kind, for lists grow and shrink at one end for a while.
        void step(boolean isRefused) {
            long taken = isRefused ? budget.limit() - budget.reserved() : 0;
            budget.reserve(taken);
            int kind = random.below(14);
            boolean atHead = oneIn(random, 2);
            int times = oneIn(random, 3) ? 1 + random.below(300) : 1 + random.below(5);
            int length = oneIn(random, 10) ? random.below(2_000) : random.below(40);
            for (int i = 0; i < times; i++) {
                try {
                    if (model.size() < 2 || kind < 5 && model.size() < LONGEST) push(atHead, text(length));
                    else if (kind < 10) pop(atHead);
                    else change(kind, length);
                } catch (OutOfMemory e) {
                    refused++;
                }
            }
            budget.release(taken);
            store.step();
            walk();
            checkAll();
        }

        private String text(int length) {
            return oneIn(random, 4) ? "" + random.below(1 << 20) : "x".repeat(length) + random.below(10);
        }

        private ListValue list() {
            return store.database(0).list(key, store.database(0).lookup(key));
        }

        void push(boolean atHead, String text) {
            Bytes element = Bytes.of(text);
            list().expect(element.length(), 1);
            list().push(element, atHead);
            model.add(atHead ? 0 : model.size(), text);
        }

        void pop(boolean atHead) {
            int index = atHead ? 0 : model.size() - 1;
            list().remove(index, 1);
            model.remove(index);
        }

        void remove(int from, int count) {
            list().remove(from, count);
            model.subList(from, from + count).clear();
        }

        private void change(int kind, int length) {
            Database db = store.database(0);
            int index = random.below(model.size());
            String text = text(length);
            switch (kind) {
                case 10 -> {
                    list().set(index, Bytes.of(text));
                    model.set(index, text);
                }
                case 11 -> {
                    list().expect(text.length(), 1);
                    list().insert(Bytes.of(model.get(index)), true, Bytes.of(text));
                    model.add(model.indexOf(model.get(index)), text);
                }
                case 12 -> {
                    if (!oneIn(random, 20)) return;
                    int count = 1 + random.below(model.size() - index);
                    if (count == model.size()) return;
                    remove(index, count);
                }
                default -> {
                    if (!oneIn(random, 10)) return;
                    Bytes name = Bytes.of("l".repeat(1 + random.below(30)));
                    switch (random.below(4)) {
                        case 0 -> db.setExpiry(db.lookup(key), NOW + 1000);
                        case 1 -> db.setExpiry(db.lookup(key), Database.NO_EXPIRY);
                        case 2 -> {
                            if (name.equals(key)) return;
                            db.moveTo(key, db, name);
                            key = name;
                        }
                        default -> {
                            if (name.equals(key)) return;
                            db.copyTo(key, db, name);
                            db.remove(key);
                            key = name;
                        }
                    }
                }
            }
        }

        private void walk() {
            if (snapshot == null) {
                if (!oneIn(random, 4)) return;
                atBeginning = new ArrayList<>(model);
                seen = new SeenList();
                snapshot = store.beginSnapshot(seen);
            } else if (!snapshot.next(1 + random.below(200))) {
                snapshot = null;
                assertThat(seen.elements).isEqualTo(atBeginning);
            }
        }

        private void checkAll() {
            List<String> elements = new ArrayList<>();
            list().forEach(e -> elements.add(e.bytes().toString()));
            check(elements.equals(model), "another list of " + model.size(), elements.size());
            check(list().size() == model.size(), "size", list().size());
            store.checkInvariants();
        }

        void end() {
            while (snapshot != null) walk();
            store.database(0).remove(key);
            store.freeGarbage();
            store.checkInvariants();
            assertThat(store.database(0).size()).isZero();
        }
    }
}
