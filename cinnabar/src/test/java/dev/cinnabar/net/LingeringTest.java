package dev.cinnabar.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LingeringTest {
    private long nowNanos = 1_000_000_000;
    private long pauseNanos = 55_000; // what the system makes of it
    private final Lingering lingering = new Lingering(() -> nowNanos, asked -> nowNanos += pauseNanos);
    private final int[] seenIn = new int[1000];

    /// Requests come from these connections in turn, so many microseconds apart.
    private void serve(int requests, int connections, int micros) {
        for (int i = 0; i < requests; i++) {
            nowNanos += 1000L * micros;
            seenIn[i % connections] = lingering.served(seenIn[i % connections]);
        }
    }

    private boolean lingers(int ready) {
        long before = nowNanos;
        boolean answer = lingering.linger(ready);
        assertThat(nowNanos).isEqualTo(answer ? before + pauseNanos : before);
        return answer;
    }

    @Test
    void many_who_come_quickly_one_by_one_are_waited_for() {
        serve(500, 50, 20);
        assertThat(lingers(1)).isTrue();
        assertThat(lingers(16)).isTrue();
    }

    @Test
    void at_first_nobody_is_waited_for() {
        serve(128, 50, 20);
        assertThat(lingers(3)).isFalse();
        serve(1, 50, 20);
        assertThat(lingers(3)).isTrue();
    }

    @Test
    void who_asks_now_and_then_is_answered_at_once() {
        serve(1000, 500, 300);
        assertThat(lingers(1)).isFalse();
    }

    @Test
    void a_rush_that_is_over_is_not_waited_for_any_longer() {
        serve(500, 50, 20);
        assertThat(lingers(1)).isTrue();
        nowNanos += 6_000_000;
        serve(1, 50, 0);
        assertThat(lingers(1))
                .as("no sample is full yet, but this one takes too long")
                .isFalse();
    }

    @Test
    void a_few_are_not_waited_for_who_would_soon_all_wait_themselves() {
        serve(1000, 15, 5);
        assertThat(lingers(1)).isFalse();
        serve(300, 16, 5);
        assertThat(lingers(1)).isTrue();
    }

    @Test
    void nobody_is_waited_for_while_most_of_them_wait_already() {
        serve(1000, 30, 10);
        assertThat(lingers(10)).isTrue();
        assertThat(lingers(11)).isFalse();
        assertThat(lingers(30)).isFalse();
    }

    @Test
    void a_turn_that_served_nobody_is_no_reason_to_wait() {
        serve(500, 50, 20);
        assertThat(lingers(0)).isFalse();
    }

    @Test
    void a_system_that_oversleeps_is_left_alone_for_ten_milliseconds() {
        pauseNanos = 1_000_000;
        serve(500, 50, 20);
        assertThat(lingers(3)).isTrue();
        serve(450, 50, 20);
        assertThat(lingers(3)).isFalse();
        serve(60, 50, 20);
        assertThat(lingers(3)).isTrue();
    }
}
