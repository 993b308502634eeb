package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryCommandsTest {
    private final Rig rig = Rig.withDebug();

    @Test
    void usage_grows_with_the_value_and_is_nothing_for_no_key() {
        rig.ask("SET", "small", "x");
        rig.ask("SET", "large", "x".repeat(100_000));
        long small = (Long) rig.ask("MEMORY", "USAGE", "small");
        long large = (Long) rig.ask("MEMORY", "USAGE", "large", "SAMPLES", "0");
        assertThat(small).isBetween(16L, 64L);
        assertThat(large).isBetween(100_000L, 130_000L);
        assertThat(rig.ask("MEMORY", "USAGE", "none")).isNull();
    }

    @Test
    void the_usage_of_all_keys_is_nearly_all_that_is_used() {
        long sum = 0;
        for (int i = 0; i < 1000; i++) rig.ask("SET", "key:" + i, "value");
        for (int i = 0; i < 1000; i++) sum += (Long) rig.ask("MEMORY", "USAGE", "key:" + i);
        long used = rig.engine.store().pages().used();
        assertThat(sum).isBetween(used / 2, used); // the rest is the table's empty slots
    }

    @Test
    void stats_add_up_and_name_each_database() {
        rig.ask("DEBUG", "POPULATE", "1000");
        Map<?, ?> stats = (Map<?, ?>) rig.client.resp3().ask("MEMORY", "STATS");
        assertThat(stats.get("keys.count")).isEqualTo(1000L);
        assertThat(stats.get("total.allocated"))
                .isEqualTo(rig.engine.store().pages().used());
        assertThat((Long) stats.get("dataset.bytes") + (Long) stats.get("overhead.total"))
                .isEqualTo(stats.get("total.allocated"));
        assertThat((Long) stats.get("keys.bytes-per-key")).isBetween(30L, 100L);
        assertThat((Double) stats.get("dataset.percentage")).isBetween(50.0, 100.0);
        assertThat((Map<?, ?>) stats.get("db.0")).hasSize(2);
        assertThat(stats.get("db.1")).isNull();
    }

    @Test
    void the_doctor_says_so_when_there_is_nothing_to_look_at() {
        assertThat((String) rig.ask("MEMORY", "DOCTOR")).contains("too little");
    }

    @Test
    void the_doctor_finds_data_well_and_notices_a_peak_that_is_over() {
        rig.ask("DEBUG", "POPULATE", "150000");
        assertThat((String) rig.ask("MEMORY", "DOCTOR")).contains("Nothing to complain about");
        rig.ask("DEBUG", "POPULATE", "1");
        rig.ask("SWAPDB", "0", "1");
        rig.ask("DEBUG", "POPULATE", "300000");
        rig.ask("FLUSHDB", "SYNC");
        assertThat((String) rig.ask("MEMORY", "DOCTOR")).contains("At its peak");
    }

    @Test
    void purge_frees_what_was_flushed() {
        rig.ask("DEBUG", "POPULATE", "20000");
        rig.ask("FLUSHALL", "ASYNC");
        assertThat(rig.ask("MEMORY", "PURGE")).isEqualTo("OK");
        assertThat(rig.engine.store().garbageKeys()).isZero();
    }

    @Test
    void malloc_stats_tell_of_pages_and_heap() {
        assertThat((String) rig.ask("MEMORY", "MALLOC-STATS")).contains("pages held:", "Java heap:");
    }
}
