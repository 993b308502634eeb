package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoadingProgressTest {
    private final LoadingProgress progress = new LoadingProgress();
    private final List<Long> told = new ArrayList<>();

    private void tellFrom(long bytes) {
        progress.whenLongerThan(bytes, () -> told.add(progress.loadedBytes()));
    }

    @Test
    void who_asked_is_told_once_when_so_much_is_loaded_and_more_is_to_come() {
        tellFrom(1000);
        progress.begin(5000);
        progress.loaded(999);
        assertThat(told).isEmpty();
        progress.loaded(1200);
        progress.loaded(3000);
        progress.begin(5000);
        progress.loaded(2000);
        assertThat(told).containsExactly(1200L);
    }

    @Test
    void nobody_is_told_of_what_is_loaded_to_the_end() {
        tellFrom(1000);
        progress.begin(1500);
        progress.loaded(1500);
        assertThat(told).isEmpty();
    }

    @Test
    void one_who_comes_often_is_passed_over_until_a_mebibyte_is_loaded() {
        tellFrom(2 << 20);
        progress.begin(10 << 20);
        for (long at = 0; at < 3 << 20; at += 1000) progress.passing(at);
        assertThat(told).singleElement().satisfies(at -> assertThat(at).isBetween(2L << 20, (2L << 20) + 1000));
    }
}
