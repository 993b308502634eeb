package dev.cinnabar.struct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class IdRowsTest {
    /// Rows and a tree map that are told the same; images that are held for a while.
    private static final class Run {
        final Pages pages = new Pages(new Budget(64 << 20));
        final IdRows rows = new IdRows(pages, 8, true); // marked with what they hold
        final TreeMap<Long, Long> expected = new TreeMap<>(Long::compareUnsigned); // id, as one number, to payload
        final Randomness random;

        Run(Randomness random) {
            this.random = random;
        }

        static long ms(long id) {
            return id >> 3;
        }

        static long seq(long id) {
            return id & 7;
        }

        void operate(int operations) {
            IdRows image = null;
            Map<Long, Long> held = Map.of();
            boolean isReleased = false; // in part: what is left of the image shares leaves with the rows still
            for (int i = 0; i < operations; i++) {
                boolean grows = i / 2000 % 2 == 0;
                long id = random.below(3) == 0 && !expected.isEmpty() ? expected.lastKey() + 1 : random.below(5000);
                if (random.below(10) < (grows ? 7 : 2)) put(id);
                else remove(expected.isEmpty() || random.below(4) > 0 ? id : expected.firstKey());
                look(random.below(6000));
                if (random.below(500) == 0) {
                    if (image != null) {
                        if (!isReleased)
                            assertThat(content(image)).isEqualTo(new ArrayList<>(held.entrySet()).toString());
                        if (!rows.release(image, 1 + random.below(20))) image = null;
                        isReleased = image != null;
                    } else {
                        held = new TreeMap<>(expected);
                        image = rows.freeze();
                    }
                }
                if (i % 200 == 0) rows.checkInvariants();
                if (i % 1000 == 0) checkMarks(rows);
            }
            while (image != null && rows.release(image, 7)) continue;
            check();
            IdRows copy = rows.copy();
            assertThat(content(copy)).isEqualTo(content(rows));
            checkMarks(copy);
            copy.free(Integer.MAX_VALUE);
            while (rows.free(100)) continue;
            assertThat(pages.used()).isZero();
            pages.checkInvariants();
        }

        void put(long id) {
            long place = rows.find(ms(id), seq(id));
            assertThat(place == IdRows.NONE).isEqualTo(!expected.containsKey(id));
            if (place == IdRows.NONE) place = rows.insert(ms(id), seq(id));
            long payload = random.nextLong();
            rows.set(place, 0, payload);
            rows.mark(place, payload);
            expected.put(id, payload);
        }

        void remove(long id) {
            long place = rows.find(ms(id), seq(id));
            assertThat(place == IdRows.NONE).isEqualTo(expected.remove(id) == null);
            if (place != IdRows.NONE) rows.remove(place);
        }

        /// No mark is below the least of its leaf; corrects it here and there.
        void checkMarks(IdRows of) {
            for (long leaf = of.first(), end; leaf != IdRows.NONE; leaf = end) {
                end = of.nextLeaf(leaf);
                long least = Long.MAX_VALUE;
                for (long at = leaf; at != end; at = of.next(at)) least = Math.min(least, of.get(at, 0));
                assertThat(of.least(leaf)).isLessThanOrEqualTo(least);
                if (random.below(3) == 0) of.setLeast(leaf, least);
            }
        }

        void look(long id) {
            assertThat(at(rows.floor(ms(id), seq(id)))).isEqualTo(expected.floorKey(id));
            assertThat(at(rows.ceiling(ms(id), seq(id)))).isEqualTo(expected.ceilingKey(id));
        }

        Long at(long place) {
            return place == IdRows.NONE ? null : (Long) (rows.ms(place) << 3 | rows.seq(place));
        }

        void check() {
            rows.checkInvariants();
            assertThat(rows.size()).isEqualTo(expected.size());
            assertThat(content(rows)).isEqualTo(new ArrayList<>(expected.entrySet()).toString());
            List<Long> backward = new ArrayList<>();
            for (long at = rows.last(); at != IdRows.NONE; at = rows.previous(at)) backward.add(at(at));
            assertThat(backward).isEqualTo(new ArrayList<>(expected.descendingKeySet()));
            assertThat(rows.bytes()).isEqualTo(pages.used());
        }

        static String content(IdRows rows) {
            TreeMap<Long, Long> content = new TreeMap<>();
            for (long at = rows.first(); at != IdRows.NONE; at = rows.next(at))
                content.put(rows.ms(at) << 3 | rows.seq(at), rows.get(at, 0));
            return new ArrayList<>(content.entrySet()).toString();
        }
    }

    @Test
    void rows_are_what_a_sorted_map_is_and_images_stay_as_they_were() {
        for (int i = 0; i < 5; i++) RandomRun.of(10_000, (random, operations) -> new Run(random).operate(operations));
    }

    @Test
    void ids_are_without_sign() {
        IdRows rows = new IdRows(new Pages(new Budget(8 << 20)), 0);
        rows.insert(StreamId.MAX, 0);
        rows.insert(1, StreamId.MAX);
        rows.insert(Long.MIN_VALUE, 5);
        rows.insert(1, 1);
        rows.checkInvariants();
        assertThat(rows.ms(rows.last())).isEqualTo(StreamId.MAX);
        assertThat(rows.find(1, StreamId.MAX)).isEqualTo(1);
    }

    @Test
    void a_refused_row_changes_nothing() {
        IdRows rows = new IdRows(new Pages(new Budget(5 << 20)), 20);
        long added = 0;
        try {
            while (true) {
                rows.insert(added * 7 % 1_000_003, 0);
                added++;
            }
        } catch (OutOfMemory e) {
            assertThat(added).isGreaterThan(50_000);
        }
        rows.checkInvariants();
        assertThat(rows.size()).isEqualTo(added);
    }
}
