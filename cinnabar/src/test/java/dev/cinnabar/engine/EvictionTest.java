package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import org.junit.jupiter.api.Test;

/// Keys that are given up for want of memory, and what is on its way out already.
class EvictionTest {
    private final Rig rig = new Rig("maxmemory-policy", "volatile-ttl", "maxmemory-samples", "64");

    /// A large set that goes first, and small keys.
    private void fill() {
        for (int i = 0; i < 20_000; i++) rig.ask("SADD", "large", "member" + i);
        rig.ask("EXPIRE", "large", "10");
        for (int i = 0; i < 50; i++) rig.ask("SET", "small" + i, "v", "EX", "100");
    }

    private void maxMemory(long bytes) {
        assertThat(rig.ask("CONFIG", "SET", "maxmemory", Long.toString(bytes))).isEqualTo("OK");
    }

    private long used() {
        return rig.engine.store().pages().used();
    }

    @Test
    void what_a_large_value_gives_back_later_is_not_asked_of_the_other_keys() {
        fill();
        long limit = used() - 1000;
        maxMemory(limit);

        assertThat(rig.ask("SET", "another", "v")).isEqualTo("OK");
        assertThat(rig.ask("EXISTS", "large")).isEqualTo(0L);
        assertThat(rig.ask("DBSIZE")).isEqualTo(51L);
        assertThat(used()).as("bytes in use, the large set's not freed yet").isGreaterThan(limit - 200_000);
        for (int i = 0; i < 1000; i++) rig.ask("SET", "another", "v" + i);
        assertThat(rig.ask("DBSIZE")).isEqualTo(51L);
    }

    @Test
    void a_value_that_a_snapshot_still_needs_counts_as_gone() {
        fill();
        LogSnapshot snapshot = new LogSnapshot(rig.engine);
        snapshot.begin(() -> {});
        maxMemory(used() - 1000);
        rig.ask("SET", "another", "v");
        rig.engine.tick();

        assertThat(rig.ask("EXISTS", "large")).isEqualTo(0L);
        assertThat(rig.ask("DBSIZE")).isEqualTo(51L);
        ByteBuilder out = new ByteBuilder();
        while (snapshot.next(out)) continue;
        assertThat(out.toString().split("SADD")).hasSizeGreaterThan(20_000 / 64);
        assertThat(out.toString()).contains("member0\r\n", "member19999\r\n", "PEXPIREAT");
    }

    @Test
    void a_flush_of_everything_leaves_room_for_the_next_write() {
        for (int i = 0; i < 20_000; i++) rig.ask("SADD", "large", "member" + i);
        maxMemory(used() + 100);
        rig.ask("FLUSHALL", "ASYNC");

        for (int i = 0; i < 50; i++) assertThat(rig.ask("SET", "k" + i, "v")).isEqualTo("OK");
        assertThat(rig.ask("DBSIZE")).isEqualTo(50L);
    }
}
