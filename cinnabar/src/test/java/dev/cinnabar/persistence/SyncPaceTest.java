package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Whether the loop syncs by itself is decided by what the disk has done lately, not by its last word.
class SyncPaceTest {
    private static final long QUICK = 300_000;
    private final SyncPace pace = new SyncPace();

    @Test
    void nothing_is_believed_of_a_disk_before_it_has_synced_often() {
        syncs(63, QUICK);
        assertThat(pace.isQuick()).isFalse();
        pace.took(QUICK);
        assertThat(pace.isQuick()).isTrue();
    }

    @Test
    void one_in_fifty_that_takes_five_times_as_long_changes_nothing() {
        syncs(64, QUICK);
        for (int i = 0; i < 20; i++) {
            pace.took(5 * QUICK);
            assertThat(pace.isQuick()).isTrue();
            syncs(49, QUICK);
        }
    }

    @Test
    void after_a_stall_others_wait_for_the_disk_until_it_has_been_quick_for_long() {
        syncs(1000, QUICK);
        pace.took(3_000_000_000L);
        assertThat(pace.isQuick()).isFalse();
        syncs(50, QUICK);
        assertThat(pace.isQuick()).isFalse();
        syncs(100, QUICK);
        assertThat(pace.isQuick()).isTrue();
    }

    @Test
    void a_disk_that_needs_two_milliseconds_is_not_quick_however_steady_it_is() {
        syncs(1000, 2_000_000);
        assertThat(pace.isQuick()).isFalse();
    }

    @Test
    void a_clock_that_stands_still_says_nothing() {
        syncs(1000, 0);
        assertThat(pace.isQuick()).isFalse();
        syncs(64, QUICK);
        syncs(1000, 0);
        assertThat(pace.isQuick()).isTrue();
    }

    private void syncs(int count, long ns) {
        for (int i = 0; i < count; i++) pace.took(ns);
    }
}
