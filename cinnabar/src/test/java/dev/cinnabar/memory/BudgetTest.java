package dev.cinnabar.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BudgetTest {
    @Test
    void what_fits_is_taken_to_the_last_byte_and_what_does_not_is_refused_whole() {
        Budget budget = new Budget(100);
        assertThat(budget.tryReserve(60)).isTrue();
        assertThat(budget.tryReserve(41)).isFalse();
        assertThatThrownBy(() -> budget.reserve(41)).isSameAs(OutOfMemory.REFUSED);
        assertThat(budget.reserved()).isEqualTo(60);
        budget.reserve(40);
        assertThat(budget.reserved()).isEqualTo(budget.limit());
        budget.release(100);
        assertThat(budget.reserved()).isZero();
    }

    @Test
    void the_heaps_budget_leaves_a_margin() {
        long heap = Runtime.getRuntime().maxMemory();
        assertThat(Budget.ofHeap().limit())
                .isLessThanOrEqualTo(heap - (24 << 20))
                .isLessThanOrEqualTo(heap / 10 * 9 + 10);
    }

    @Test
    void threads_that_share_a_budget_never_hold_more_than_its_limit() throws InterruptedException {
        Budget budget = new Budget(1000);
        AtomicLong granted = new AtomicLong();
        AtomicLong worst = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int size = 100 + 50 * t;
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 50_000; i++) {
                    if (!budget.tryReserve(size)) continue;
                    worst.accumulateAndGet(granted.addAndGet(size), Math::max);
                    granted.addAndGet(-size);
                    budget.release(size);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) thread.join();
        assertThat(worst.get()).isPositive().isLessThanOrEqualTo(1000);
        assertThat(budget.reserved()).isZero();
    }
}
