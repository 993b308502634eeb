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
        snapshot.tryBegin(() -> {});
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

    @Test
    void volatile_keys_are_found_among_however_many_others() {
        for (String policy : new String[] {"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"}) {
            Rig few = new Rig("maxmemory-policy", policy);
            for (int i = 0; i < 20_000; i++) few.ask("SET", "lasting" + i, "v");
            for (int i = 0; i < 20; i++)
                few.ask("SET", "volatile" + i, "v".repeat(200), "EX", Integer.toString(100 + i));
            few.ask(
                    "CONFIG",
                    "SET",
                    "maxmemory",
                    Long.toString(few.engine.store().pages().used()));
            for (int i = 0; i < 10; i++)
                assertThat(few.ask("SET", "more" + i, "v".repeat(200)))
                        .as(policy)
                        .isEqualTo("OK");
            assertThat((long) few.ask("DBSIZE")).as("keys went for them").isLessThan(20_023);
        }
    }

    @Test
    void when_maxmemory_was_lowered_much_no_command_waits_for_all_of_it() {
        Rig all = new Rig("maxmemory-policy", "allkeys-lru");
        for (int i = 0; i < 20_000; i++) all.ask("SET", "key" + i, "v");
        long half = all.engine.store().pages().used() / 2;
        all.ask("CONFIG", "SET", "maxmemory", Long.toString(half));
        assertThat(all.ask("SET", "another", "v")).isEqualTo("OK");
        assertThat((long) all.ask("DBSIZE")).isBetween(18_000L, 19_999L);
        for (int i = 0; i < 1000; i++) all.engine.tick();
        assertThat(all.engine.store().pages().used()).isLessThanOrEqualTo(half);
    }

    @Test
    void many_flushes_in_one_breath_leave_few_databases_behind() {
        long before = used();
        for (int i = 0; i < 1000; i++) {
            rig.ask("SET", "a", "b");
            rig.ask("FLUSHALL", "ASYNC");
        }
        assertThat(rig.engine.store().garbageKeys()).isLessThan(100);
        rig.engine.tick();
        assertThat(used()).isLessThan(before + 100_000);
    }
}
