package dev.cinnabar.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.ExpiryWheel;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Which fields of a large hash go when; its other promises are kept by the commands' tests.
class FieldTableTest {
    private static final long NOW_MS = 1_767_268_800_000L;
    private static final long DAY_MS = 86_400_000;

    private final Pages pages = new Pages(new Budget(256 << 20));
    private final Moment moment = new Moment(false);
    private final FieldTable table = new FieldTable(pages, new Randomness(1), moment);

    FieldTableTest() {
        moment.set(NOW_MS);
    }

    private void put(String field, long expiryMs) {
        Bytes name = Bytes.of(field);
        if (table.put(name, Bytes.of("value of " + field))) table.added();
        table.setExpiry(table.find(name), expiryMs);
    }

    @Test
    void due_fields_are_found_among_many_without_looking_at_these() {
        for (int i = 0; i < 100_000; i++) put("f" + i, NOW_MS + 200 * DAY_MS + i);
        put("soon", NOW_MS + 100);
        put("sooner", NOW_MS + 50);
        assertThat(table.nextMs()).isEqualTo(NOW_MS + 50);
        moment.set(NOW_MS + 120);
        Set<String> gone = new HashSet<>();
        assertThat(table.expire(1000, name -> gone.add(name.toString()))).isLessThan(10);
        assertThat(gone).containsExactlyInAnyOrder("soon", "sooner");
        assertThat(table.size()).isEqualTo(100_000);
        table.checkInvariants();
    }

    @Test
    void a_table_that_outgrows_being_looked_at_finds_its_due_fields_in_a_wheel_from_then_on() {
        put("soon", NOW_MS + 100);
        for (int i = 0; i < 100_000; i++) {
            table.put(Bytes.of("f" + i), Bytes.of("v"));
            table.added();
        }
        table.checkInvariants();
        moment.set(NOW_MS + 120);
        assertThat(table.expire(1000, name -> {})).isLessThan(10);
        assertThat(table.expired()).isOne();
        table.checkInvariants();
    }

    @Test
    void many_due_fields_go_a_bounded_number_at_a_time() {
        for (int i = 0; i < 5000; i++) put("f" + i, NOW_MS + 10);
        moment.set(NOW_MS + 30);
        int rounds = 0;
        while (table.hasVolatile()) {
            long before = table.size();
            table.expire(100, name -> {});
            assertThat(before - table.size()).isBetween(0L, 100L);
            assertThat(table.nextMs()).isLessThan(moment.nowMs());
            assertThat(rounds++).isLessThan(200);
        }
        table.checkInvariants();
    }

    @Test
    void fields_go_in_time_whatever_else_is_done_with_the_table() {
        RandomRun.of(20_000, (random, operations) -> {
            FieldTable t = new FieldTable(pages, new Randomness(random.nextLong()), moment);
            Map<String, Long> expected = new HashMap<>();
            int names = 100 + random.below(2000); // below and above the size that has a wheel
            for (int i = 0; i < operations; i++) {
                String field = "f" + random.below(names);
                Bytes name = Bytes.of(field);
                long found = t.find(name);
                switch (random.below(12)) {
                    case 0, 1, 2, 3 -> {
                        if (t.put(name, Bytes.of("x".repeat(random.below(60))))) t.added(); // else it keeps its time
                        expected.putIfAbsent(field, Database.NO_EXPIRY);
                    }
                    case 4, 5, 6, 7 -> {
                        if (found == 0) break;
                        long whenMs = moment.nowMs() + random.below(RandomRun.oneIn(random, 2) ? 3000 : 100_000);
                        t.setExpiry(found, whenMs);
                        expected.put(field, whenMs);
                    }
                    case 8 -> {
                        if (found == 0) break;
                        t.setExpiry(found, Database.NO_EXPIRY);
                        expected.put(field, Database.NO_EXPIRY);
                    }
                    case 9 -> {
                        t.remove(name);
                        expected.remove(field);
                    }
                    default -> {
                        if (random.below(10) > 0) break;
                        moment.set(moment.nowMs() + random.below(800));
                        letGo(t, expected);
                    }
                }
                if (i % 2000 == 0) t.checkInvariants();
            }
            FieldTable copy = t.copy();
            copy.checkInvariants();
            assertThat(copy.size()).isEqualTo(expected.size());
            assertThat(copy.nextMs() == Database.NO_EXPIRY).isEqualTo(!t.hasVolatile());
            expected.forEach((field, whenMs) ->
                    assertThat(copy.expiryMs(copy.find(Bytes.of(field)))).isEqualTo(whenMs));
            for (FieldTable each : new FieldTable[] {t, copy}) while (each.drain(100)) continue;
        });
        assertThat(pages.used()).isZero();
    }

    private void letGo(FieldTable t, Map<String, Long> expected) {
        long nowMs = moment.nowMs();
        while (t.nextMs() != Database.NO_EXPIRY && t.nextMs() < nowMs) {
            t.expire(50, name -> {
                Long whenMs = expected.remove(name.toString());
                assertThat(whenMs).isBetween(0L, nowMs - 1);
            });
        }
        for (long whenMs : expected.values())
            assertThat(whenMs == Database.NO_EXPIRY || whenMs >= nowMs - 2 * ExpiryWheel.TICK_MS)
                    .isTrue();
    }
}
