package dev.cinnabar.store;

import static dev.cinnabar.base.RandomRun.check;
import static dev.cinnabar.base.RandomRun.oneIn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Large lists where it is narrow: of a node or two with room at both ends, which split, become the first or
/// the last, or are moved, while a snapshot has still to show them.
class BigListTest {
    private static final long NOW = 1_000_000_000_000L;
    private static final int[] FILLS = {-1, -1, -2, 7}; // list-max-listpack-size

    @Test
    void a_list_of_few_nodes_is_what_was_made_of_it_and_a_snapshot_shows_what_it_was() {
        RandomRun.of(600, (random, rounds) -> {
            Run run = new Run(random);
            for (int i = 0; i < rounds; i++) run.round(FILLS[random.below(FILLS.length)]);
            run.end();
        });
    }

    @Test
    void nodes_that_are_cut_off_take_their_room_along() {
        RandomRun.of(200, (random, rounds) -> {
            Run run = new Run(random);
            for (int i = 0; i < rounds; i++) run.cut(2 + random.below(2));
            run.end();
        });
    }

    /// A store with one list, and what that should hold.
    private static final class Run {
        private static final int HOLE = 30_000; // bytes of a string; 128 of them fill a page
        private static final int HOLES = 400;
        private static final int MADE = 256; // of them: two pages

        private final Randomness random;
        private final Store store;
        private final Database db;
        private final Bytes key = Bytes.of("list");
        private final List<String> model = new ArrayList<>();
        private Snapshot snapshot;
        private SeenList seen = new SeenList();
        private List<String> atBeginning = List.of();

        Run(Randomness random) {
            this.random = random;
            this.store = new Store(2, new Budget(64 << 20), SnapshotTest.DEAF, random, NOW);
            this.db = store.database(0);
        }

        /// A new list, a snapshot that has hardly begun, and changes while it goes on.
        void round(int fill) {
            store.thresholds().listMaxListpackSize = fill;
            boolean isMoved = oneIn(random, 4);
            if (isMoved) makeHoles();
            int length = fill > 0 ? 20 + random.below(100) : 20 + random.below(1_000);
            int nodes = 1 + random.below(3);
            while (nodes() < nodes) push(false, text(length));
            if (oneIn(random, 2)) {
                // the last one nearly full, so that it may split
                while (nodes() == nodes) push(false, text(length));
                remove(model.size() - 2, 2);
            }
            for (int i = random.below(5); i > 0; i--) push(oneIn(random, 2), text(length));
            beginSnapshot();
            if (oneIn(random, 2)) {
                push(true, "first");
                push(false, "last");
            }
            if (isMoved) assertThat(store.pages().planCompaction()).isPositive();
            for (int i = 4 + random.below(12); i > 0 && !model.isEmpty(); i--) {
                change(random.below(11), length);
                if (isMoved && nodes() > 0) db.big(db.lookup(key)).compact(0, nodes());
                if (oneIn(random, 4)) snapshot.next(1 + random.below(3));
                checkAll();
            }
            endSnapshot();
            store.pages().endCompaction();
            store.freeGarbage();
            checkAll();
            if (!model.isEmpty()) remove(0, model.size());
        }

        /// Pages with much free in them, where the list will lie, and a full one.
        private void makeHoles() {
            Database other = store.database(1);
            Bytes value = Bytes.of("h".repeat(HOLE));
            for (int i = 0; i < HOLES; i++) other.setString(Bytes.of("hole" + i), value, Database.NO_EXPIRY);
            for (int i = 0; i < MADE; i++) if (i % 16 > 0) other.remove(Bytes.of("hole" + i));
        }

        /// A list of many nodes, with room at its ends or without, of which many go at once.
        void cut(int fill) {
            store.thresholds().listMaxListpackSize = fill;
            for (int i = 0; i < 400; i++) push(oneIn(random, 2), text(1 + random.below(40)));
            boolean isSeen = oneIn(random, 3);
            if (isSeen) beginSnapshot();
            for (int i = 0; i < 3 && !model.isEmpty(); i++) {
                boolean atHead = oneIn(random, 2);
                if (oneIn(random, 2)) push(!atHead, "other end");
                int count = 1 + random.below(model.size());
                remove(atHead ? 0 : model.size() - count, count);
                checkAll();
                push(atHead, "at the cut");
                if (isSeen) snapshot.next(1 + random.below(200));
                checkAll();
            }
            if (isSeen) endSnapshot();
            remove(0, model.size());
        }

        private String text(int length) {
            return oneIn(random, 6) ? "" + random.below(1 << 20) : "x".repeat(length) + random.below(1000);
        }

        private ListValue list() {
            return db.list(key, db.lookup(key));
        }

        private int nodes() {
            long address = db.lookup(key);
            return address != 0 && db.kind(address) == Kind.LIST_QUICKLIST ? list().pieces() : 0;
        }

        private void change(int kind, int length) {
            int index = random.below(model.size());
            switch (kind) {
                case 0, 1 -> push(oneIn(random, 2), text(length));
                case 2 -> remove(oneIn(random, 2) ? 0 : model.size() - 1, 1);
                case 3 -> {
                    String text = text(random.below(2 * length));
                    list().set(index, Bytes.of(text));
                    model.set(index, text);
                }
                case 4 -> {
                    String text = model.get(index);
                    list().remove(Bytes.of(text), -1);
                    model.remove(model.lastIndexOf(text));
                }
                case 5 -> remove(index, 1 + random.below(Math.min(20, model.size() - index)));
                default -> insert(model.get(index), oneIn(random, 2), text(random.below(3 * length)));
            }
        }

        private void push(boolean atHead, String text) {
            Bytes element = Bytes.of(text);
            list().expect(element.length(), 1);
            list().push(element, atHead);
            model.add(atHead ? 0 : model.size(), text);
        }

        private void insert(String pivot, boolean isBefore, String text) {
            Bytes element = Bytes.of(text);
            list().expect(element.length(), 1);
            list().insert(Bytes.of(pivot), isBefore, element);
            model.add(model.indexOf(pivot) + (isBefore ? 0 : 1), text);
        }

        private void remove(int from, int count) {
            list().remove(from, count);
            model.subList(from, from + count).clear();
        }

        private void beginSnapshot() {
            seen = new SeenList();
            atBeginning = new ArrayList<>(model);
            snapshot = store.beginSnapshot(seen);
        }

        private void endSnapshot() {
            while (snapshot.next(1 + random.below(100))) continue;
            assertThat(seen.elements).isEqualTo(atBeginning);
            assertThat(snapshot.heldBytes()).isZero();
        }

        private void checkAll() {
            List<String> elements = new ArrayList<>();
            list().forEach(e -> elements.add(e.bytes().toString()));
            check(elements.equals(model), "another list of " + model.size(), elements.size());
            store.checkInvariants();
        }

        void end() {
            for (int i = 0; i < HOLES; i++) store.database(1).remove(Bytes.of("hole" + i));
            store.freeGarbage();
            assertThat(db.size()).isZero();
            store.checkInvariants();
        }
    }
}
