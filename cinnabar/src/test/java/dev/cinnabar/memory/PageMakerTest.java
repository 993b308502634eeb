package dev.cinnabar.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A page that is made beforehand is taken, counted once, and given up when nobody needs it. The maker's
/// thread is this one.
class PageMakerTest {
    private static final long PAGE = 4 << 20;
    private static final int SPAN = 1 << 16;

    private final Budget budget = new Budget(1L << 30);
    private final Pages pages = new Pages(budget);
    private final PageMaker maker = new PageMaker(budget, "maker");
    private final List<Long> blocks = new ArrayList<>();

    PageMakerTest() {
        pages.maker(maker);
    }

    /// Opens spans, each with blocks of 32 KiB.
    private void openSpans(int count) {
        for (int i = 0; i < 2 * count; i++) blocks.add(pages.allocate(SPAN / 2));
    }

    private void freeAll() {
        for (long block : blocks) pages.free(block, SPAN / 2);
        blocks.clear();
    }

    @Test
    void nothing_is_made_while_much_of_the_last_page_is_free() {
        openSpans(40);
        assertThat(maker.isWanted()).isFalse();
        assertThat(budget.reserved()).isEqualTo(PAGE);
    }

    @Test
    void when_little_is_free_the_next_page_is_made_and_then_taken() {
        openSpans(50);
        assertThat(maker.isWanted()).isTrue();
        maker.make();
        assertThat(maker.isWanted()).isFalse();
        assertThat(budget.reserved()).as("it is reserved").isEqualTo(2 * PAGE);
        assertThat(pages.held()).as("and not held").isEqualTo(PAGE);

        openSpans(20);
        assertThat(budget.reserved()).as("it was taken").isEqualTo(2 * PAGE);
        assertThat(pages.held()).isEqualTo(2 * PAGE);
        pages.checkInvariants();
    }

    @Test
    void who_needs_a_page_that_is_not_ready_makes_it() {
        openSpans(70);
        assertThat(pages.held()).isEqualTo(2 * PAGE);
        maker.make();
        assertThat(budget.reserved()).as("the next one").isEqualTo(3 * PAGE);
    }

    @Test
    void a_page_that_is_not_needed_any_more_is_given_up() {
        openSpans(120);
        maker.make();
        assertThat(budget.reserved()).isEqualTo(3 * PAGE);
        freeAll();
        assertThat(pages.held()).as("one empty page is kept").isEqualTo(PAGE);
        assertThat(budget.reserved()).isEqualTo(PAGE);
        pages.checkInvariants();
    }

    @Test
    void what_was_forgotten_while_it_was_made_is_not_kept() {
        openSpans(50);
        maker.forget();
        maker.make();
        assertThat(budget.reserved()).isEqualTo(PAGE);
    }

    @Test
    void where_the_budget_is_nearly_used_up_nothing_is_made_beforehand() {
        budget.reserve(budget.limit() - (60L << 20));
        openSpans(50);
        maker.make();
        assertThat(budget.limit() - budget.reserved()).isEqualTo((60L << 20) - PAGE);
        openSpans(20);
        assertThat(pages.held()).isEqualTo(2 * PAGE);
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    void its_thread_makes_what_is_wanted_and_ends() {
        maker.start();
        openSpans(50);
        while (budget.reserved() < 2 * PAGE) Thread.onSpinWait();
        maker.close();
        assertThat(budget.reserved()).as("what nobody took is given up").isEqualTo(PAGE);
    }
}
