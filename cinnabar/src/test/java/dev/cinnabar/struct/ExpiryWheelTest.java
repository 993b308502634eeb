package dev.cinnabar.struct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.cinnabar.base.Garbage;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.Pages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ExpiryWheelTest {
    private static final long TICK = ExpiryWheel.TICK_MS;
    private static final long HOUR = 3_600_000;
    private static final long DAY = 24 * HOUR;
    private static final long YEAR = 365 * DAY;
    private static final long START = 1_790_000_000_000L; // some day in 2026
    private static final int PLENTY = Integer.MAX_VALUE;

    /// A wheel beside its model, a sorted map from time to records.
    private static final class Model {
        final Pages pages = new Pages(new Budget(1L << 40));
        final Keyed keyed = new Keyed(pages);
        final ExpiryWheel wheel;
        final TreeMap<Long, TreeSet<Integer>> byTime = new TreeMap<>();
        final List<Long> addresses = new ArrayList<>(); // 0 for a record that is gone
        final List<Long> times =
                new ArrayList<>(); // when it should go: its time, or when it was added with a time that had passed
        long now;
        long expired;

        Model(long now) {
            this.now = now;
            wheel = new ExpiryWheel(pages, now, false);
        }

        int add(long whenMs) {
            int n = addresses.size();
            long address = keyed.record(n, whenMs);
            addresses.add(address);
            times.add(0L);
            wheel.add(address);
            remember(n, whenMs);
            return n;
        }

        private void remember(int n, long whenMs) {
            times.set(n, Math.max(whenMs, now));
            byTime.computeIfAbsent(times.get(n), t -> new TreeSet<>()).add(n);
        }

        private void forget(int n) {
            TreeSet<Integer> sameTime = byTime.get(times.get(n));
            RandomRun.check(sameTime.remove(n), "unknown record", n);
            if (sameTime.isEmpty()) byTime.remove(times.get(n));
        }

        long whenOf(int n) {
            long address = addresses.get(n);
            return Records.expiryMs(pages.array(address), Pages.offset(address));
        }

        void remove(int n) {
            forget(n);
            wheel.remove(addresses.get(n));
            keyed.free(addresses.get(n));
            addresses.set(n, 0L);
        }

        void retime(int n, long whenMs) {
            forget(n);
            long address = addresses.get(n);
            wheel.remove(address);
            Records.setExpiryMs(pages.array(address), Pages.offset(address), whenMs);
            wheel.add(address);
            remember(n, whenMs);
        }

        void move(int n) {
            long to = keyed.move(addresses.get(n));
            wheel.moved(to);
            addresses.set(n, to);
        }

        private void expire(long address) {
            int n = (int) keyed.numberOf(address);
            RandomRun.check(addresses.get(n) == address, "expired at another address", n);
            if (whenOf(n) >= now) throw new AssertionError("due at " + whenOf(n) + ", but expired at " + now);
            forget(n);
            keyed.free(address);
            addresses.set(n, 0L);
            expired++;
        }

        int advance(int most) {
            return wheel.advance(now, most, this::expire);
        }

        /// Fails when something is still there a tick after its time.
        void checkNothingIsLate() {
            if (byTime.isEmpty()) return;
            long first = byTime.firstKey();
            if (first / TICK < now / TICK) throw new AssertionError(now - first + " ms late at " + now);
        }

        int size() {
            int n = 0;
            for (Map.Entry<Long, TreeSet<Integer>> e : byTime.entrySet())
                n += e.getValue().size();
            return n;
        }

        int anyPresent(Randomness random) {
            for (int tries = 0; tries < 50 && !addresses.isEmpty(); tries++) {
                int n = Math.max(0, addresses.size() - 1 - random.below(Math.min(addresses.size(), 1000)));
                if (addresses.get(n) != 0) return n;
            }
            return -1;
        }
    }

    /// A time of any magnitude from now, now and then one that has passed.
    private static long randomTime(Randomness random, long now) {
        if (RandomRun.oneIn(random, 100)) return Long.MAX_VALUE - random.below(10);
        if (RandomRun.oneIn(random, 50)) return -1 - random.below(1000);
        long delta = random.nextLong() >>> 20 + random.below(44);
        return RandomRun.oneIn(random, 10) ? now - Math.min(delta, now) : now + delta;
    }

    @Test
    void nothing_goes_early_and_nothing_a_tick_late_while_the_clock_runs() {
        RandomRun.of(400_000, (random, operations) -> {
            Model model = new Model(START);
            for (int i = 0; i < operations; i++) {
                randomChange(model, random);
                if (RandomRun.oneIn(random, 3)) {
                    model.now += random.below(30);
                    model.advance(PLENTY);
                    model.checkNothingIsLate();
                }
                if (i % 20_000 == 0) checkAll(model);
            }
            checkAll(model);
            assertThat(model.expired).isPositive();
        });
    }

    @Test
    void nothing_goes_early_and_nothing_a_tick_late_when_the_clock_jumps() {
        RandomRun.of(200_000, (random, operations) -> {
            Model model = new Model(START);
            for (int i = 0; i < operations; i++) {
                randomChange(model, random);
                if (RandomRun.oneIn(random, 5)) {
                    jump(model, random);
                    model.advance(PLENTY);
                    model.checkNothingIsLate();
                }
                if (i % 5000 == 0) checkAll(model);
            }
            checkAll(model);
        });
    }

    private static void jump(Model model, Randomness random) {
        long by = random.nextLong() >>> 28 + random.below(36); // up to two years
        if (RandomRun.oneIn(random, 3) && model.now - by > START) {
            model.now -= by;
        } else if (model.now < START + 1000 * YEAR) {
            model.now += RandomRun.oneIn(random, 2) ? by : random.below(20);
        }
    }

    private static void randomChange(Model model, Randomness random) {
        int n = model.anyPresent(random);
        switch (n < 0 ? 0 : random.below(7)) {
            case 0, 1, 2 -> model.add(randomTime(random, model.now));
            case 3 -> model.remove(n);
            case 4 -> model.retime(n, randomTime(random, model.now));
            case 5 -> model.move(n);
            default -> {
                long whenMs = model.whenOf(n); // some of one time
                for (int i = random.below(5); i > 0; i--) model.add(whenMs);
            }
        }
    }

    private static void checkAll(Model model) {
        model.wheel.checkInvariants();
        model.pages.checkInvariants();
        assertThat(model.wheel.size()).isEqualTo(model.size());
    }

    @Test
    void small_budgets_are_kept_and_all_is_done_in_the_end() {
        RandomRun.of(60_000, (random, operations) -> {
            Model model = new Model(START);
            for (int i = 0; i < operations; i++) {
                randomChange(model, random);
                if (RandomRun.oneIn(random, 10)) {
                    if (RandomRun.oneIn(random, 50)) jump(model, random);
                    else model.now += random.below(100);
                    int most = 1 + random.below(5);
                    while (true) {
                        long before = model.expired;
                        int left = model.advance(most);
                        RandomRun.check(left >= 0 && left + model.expired - before <= most, "left of " + most, left);
                        if (left > 0) break;
                    }
                    model.checkNothingIsLate();
                }
                if (i % 5000 == 0) checkAll(model);
            }
        });
    }

    @Test
    void a_record_is_due_when_its_millisecond_is_over_and_at_most_a_tick_later() {
        for (long offset = 0; offset < 20; offset++) {
            Model model = new Model(START);
            model.add(START + 100 + offset);
            for (model.now = START; model.expired == 0; model.now++) model.advance(PLENTY);
            assertThat(model.now - 1 - (START + 100 + offset)).isBetween(1L, TICK);
        }
    }

    // ---- crowds ----

    /// Advances every tick with a budget and says how late the latest record was.
    private static long latest(Model model, long untilMs, int most) {
        long[] latest = new long[1];
        ExpiryWheel.Due due = address -> {
            latest[0] = Math.max(latest[0], model.now - model.whenOf((int) model.keyed.numberOf(address)));
            model.expire(address);
        };
        for (; model.now <= untilMs; model.now += TICK) model.wheel.advance(model.now, most, due);
        return latest[0];
    }

    @Test
    void a_slot_with_200_000_records_is_emptied_ahead_so_that_nobody_waits_for_it() {
        RandomRun.of(1, (random, operations) -> {
            long slot = 64 * 64 * TICK; // of the third ring: 33 seconds
            long start = START / slot * slot + 1000 * slot;
            Model model = new Model(start);
            long crowd = start + 3 * slot;
            for (int i = 0; i < 200_000; i++) model.add(crowd + random.below((int) slot));
            // others, all the time, most of them while the crowd is spread
            for (int i = 0; i < 20_000; i++) model.add(start + random.below(4 * (int) slot));
            for (int i = 0; i < 20_000; i++) model.add(crowd - slot + random.below(5000));
            checkAll(model);
            assertThat(latest(model, crowd + slot + TICK, 500)).isLessThanOrEqualTo(TICK);
            assertThat(model.byTime).isEmpty();
        });
    }

    @Test
    void a_crowd_of_one_time_far_away_does_not_make_others_late_while_it_is_brought_near() {
        RandomRun.of(1, (random, operations) -> {
            Model model = new Model(START);
            long crowd = START + 3 * HOUR + 12_345;
            for (int i = 0; i < 150_000; i++) model.add(crowd);
            for (int i = 0; i < 100_000; i++) model.add(START + random.below((int) (3 * HOUR)));
            assertThat(latest(model, crowd - TICK, 500)).isLessThanOrEqualTo(TICK);
            assertThat(model.wheel.size()).isEqualTo(150_000);
            // 150,000 of one tick are more than can be prepared in time: some are touched twice
            latest(model, crowd + 600 * TICK, 500);
            assertThat(model.wheel.size()).isZero();
        });
    }

    // ---- sleeping ----

    @Test
    void who_sleeps_as_long_as_it_is_told_expires_each_record_in_time() {
        RandomRun.of(100_000, (random, operations) -> {
            Model model = new Model(START);
            long atMost = 1L << random.below(40);
            int idle = 0;
            for (int i = 0; i < operations; i++) {
                for (int n = random.below(3); n > 0 && model.size() < 50; n--)
                    model.add(model.now + (random.nextLong() >>> 22 + random.below(42)));
                long sleep = model.wheel.nextInMs(model.now, atMost);
                RandomRun.check(sleep >= 0 && sleep <= atMost, "sleep", sleep);
                model.now += sleep;
                if (model.now > START + 1000 * YEAR) return;
                long before = model.expired;
                RandomRun.check(model.advance(PLENTY) > 0, "not done", i);
                // asked again at once, there is nothing to do at once
                RandomRun.check(model.wheel.nextInMs(model.now, 1) > 0, "woken for nothing", i);
                idle = model.expired == before && sleep < atMost ? idle + 1 : 0;
                RandomRun.check(idle < 1000, "woken without a record", idle);
                if (!model.byTime.isEmpty())
                    RandomRun.check(model.byTime.firstKey() / TICK >= model.now / TICK, "late", i);
                if (RandomRun.oneIn(random, 1000)) atMost = 1L << random.below(40);
            }
        });
    }

    @Test
    void an_empty_wheel_lets_its_owner_sleep() {
        ExpiryWheel wheel = new ExpiryWheel(new Pages(new Budget(1 << 30)), START, false);
        assertThat(wheel.nextInMs(START, 100)).isEqualTo(100);
        assertThat(wheel.nextInMs(START, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void the_sleep_ends_with_the_tick_of_the_next_record_and_never_overflows() {
        Model model = new Model(START); // a multiple of the tick
        assertThat(START % TICK).isZero();
        int n = model.add(START + 21);
        assertThat(model.wheel.nextInMs(START, 1000)).isEqualTo(24);
        assertThat(model.wheel.nextInMs(START, Long.MAX_VALUE)).isEqualTo(24);
        assertThat(model.wheel.nextInMs(START, 10)).isEqualTo(10);
        assertThat(model.wheel.nextInMs(START + 100, 1000)).isZero();
        model.remove(n);
        assertThat(model.wheel.nextInMs(START, 1000)).isEqualTo(1000);
    }

    // ---- jumps ----

    @Test
    void a_jump_of_a_year_is_fast() {
        RandomRun.of(1, (random, operations) -> {
            Model model = new Model(START);
            for (int i = 0; i < 20_000; i++) model.add(START + random.below(YEAR));
            int later = model.add(START + YEAR + 500);
            model.add(START + 40 * YEAR);
            model.add(START + 300 * YEAR);
            assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
                model.now = START + YEAR;
                while (model.advance(1000) == 0) {}
            });
            model.checkNothingIsLate();
            assertThat(model.expired).isEqualTo(20_000);
            assertThat(model.addresses.get(later)).isNotZero();
            assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
                model.now = START + 301 * YEAR;
                while (model.advance(1000) == 0) {}
            });
            assertThat(model.wheel.size()).isZero();
        });
    }

    @Test
    void after_the_clock_was_set_back_new_and_old_times_are_kept() {
        Model model = new Model(START);
        int old = model.add(START + 5000);
        model.now = START + 1000;
        model.advance(PLENTY);
        model.now = START - 10 * HOUR;
        model.advance(PLENTY);
        int fresh = model.add(model.now + 100);
        model.wheel.checkInvariants();
        for (long end = model.now + 200; model.now < end; model.now++) {
            model.advance(PLENTY);
            model.checkNothingIsLate();
        }
        assertThat(model.addresses.get(fresh)).isZero();
        for (; model.now < START + 5000; model.now += 3) model.advance(PLENTY);
        assertThat(model.addresses.get(old)).isNotZero();
        model.now = START + 5008;
        model.advance(PLENTY);
        assertThat(model.addresses.get(old)).isZero();
    }

    // ---- garbage ----

    @Test
    void adding_removing_and_expiring_allocate_nothing_on_the_heap() {
        Pages pages = new Pages(new Budget(1 << 30));
        Keyed keyed = new Keyed(pages);
        ExpiryWheel wheel = new ExpiryWheel(pages, START, false);
        long[] addresses = new long[10_000];
        long[] now = {START};
        boolean[] isIn = new boolean[addresses.length];
        Arrays.setAll(addresses, n -> keyed.record(n, 0));
        ExpiryWheel.Due due = address -> isIn[(int) keyed.numberOf(address)] = false;
        Randomness random = new Randomness(5);
        assertThat(Garbage.of(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        int n = random.below(addresses.length);
                        if (isIn[n]) wheel.remove(addresses[n]);
                        Records.setExpiryMs(
                                pages.array(addresses[n]), Pages.offset(addresses[n]), now[0] + random.below(100_000));
                        wheel.add(addresses[n]);
                        isIn[n] = true;
                        now[0] += random.below(20);
                        wheel.advance(now[0], 1000, due);
                        wheel.nextInMs(now[0], 100);
                    }
                }))
                .isZero();
        wheel.checkInvariants();
    }
}
