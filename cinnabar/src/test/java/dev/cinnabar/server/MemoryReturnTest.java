package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.memory.Budget;
import dev.cinnabar.server.MemoryReturn.Step;
import org.junit.jupiter.api.Test;

class MemoryReturnTest {
    private static final long MB = 1 << 20;

    private final MemoryReturn memory = new MemoryReturn(new Budget(Long.MAX_VALUE));

    private Step look(long heldMb, long releasedMb) {
        return memory.look(heldMb * MB, releasedMb * MB);
    }

    @Test
    void memory_goes_back_when_much_of_it_was_given_up_and_no_more_is_at_the_moment() {
        assertThat(look(400, 0)).isEqualTo(Step.WAIT);
        assertThat(look(340, 60)).as("still falling").isEqualTo(Step.WAIT);
        assertThat(look(280, 120)).as("still falling").isEqualTo(Step.WAIT);
        assertThat(look(280, 121)).isEqualTo(Step.WAIT);
        assertThat(look(280, 121)).isEqualTo(Step.WAIT);
        assertThat(look(280, 121)).isEqualTo(Step.GIVE_BACK);
        assertThat(look(280, 122)).as("once").isEqualTo(Step.WAIT);
    }

    @Test
    void what_came_and_went_between_two_looks_goes_back_when_all_is_quiet() {
        assertThat(look(10, 0)).isEqualTo(Step.WAIT);
        assertThat(look(10, 20)).as("more may follow").isEqualTo(Step.WAIT);
        assertThat(look(10, 20)).isEqualTo(Step.WAIT);
        assertThat(look(10, 20)).isEqualTo(Step.WAIT);
        assertThat(look(10, 20)).isEqualTo(Step.GIVE_BACK);
        assertThat(look(10, 20)).as("once").isEqualTo(Step.WAIT);
    }

    @Test
    void memory_that_is_wanted_again_within_some_seconds_stays() {
        assertThat(look(400, 0)).isEqualTo(Step.WAIT);
        for (long released = 100; released < 2000; released += 100) {
            assertThat(look(300, released)).as("a large value is gone").isNotEqualTo(Step.GIVE_BACK);
            assertThat(look(300, released)).isNotEqualTo(Step.GIVE_BACK);
            assertThat(look(400, released)).as("another has come").isNotEqualTo(Step.GIVE_BACK);
        }
    }

    @Test
    void a_little_is_not_worth_a_collection() {
        assertThat(look(100, 0)).isEqualTo(Step.WAIT);
        for (int i = 0; i < 5; i++) assertThat(look(85, 15)).isEqualTo(Step.WAIT);
    }

    @Test
    void large_values_that_come_and_go_without_a_rest_are_collected() {
        assertThat(look(1000, 0)).isEqualTo(Step.WAIT);
        assertThat(look(1000, 400)).isEqualTo(Step.WAIT);
        assertThat(look(1000, 501)).isEqualTo(Step.COLLECT);
        assertThat(look(1000, 600)).isEqualTo(Step.WAIT);
    }
}
