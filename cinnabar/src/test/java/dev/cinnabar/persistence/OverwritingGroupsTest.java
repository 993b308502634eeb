package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Randomness;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Under `always` a group overwrites filler: decision 0023.
class OverwritingGroupsTest {
    private static final String FIRST = "appendonly.aof.1.incr.aof";

    private FakeDisk disk = new FakeDisk();

    @Test
    void under_always_a_group_overwrites_filler_and_a_clean_end_takes_it_away() throws Exception {
        Fixture f = Fixture.grouped(disk);
        int size = f.file(FIRST).length;
        assertThat(size).isGreaterThan(f.length(FIRST));
        for (int i = 0; i < 100; i++) {
            f.write("k" + i, "v".repeat(i));
            f.turn(1);
            assertThat(f.file(FIRST)).hasSize(size);
            assertThat(Fixture.recover(disk.afterKill())).isEqualTo(f.toy.data());
        }
        assertThat(f.log.status(false).currentBytes())
                .as("what it says is what it holds")
                .isEqualTo(f.length(FIRST));
        f.log.close();
        assertThat(f.text(FIRST)).hasSize(f.length(FIRST)).endsWith("\r\n");
    }

    @Test
    void what_is_left_of_filler_stays_lines_that_redis_skips() throws Exception {
        Fixture f = Fixture.grouped(disk);
        for (int i = 0; i < 300; i++) {
            f.write("k" + i, "v".repeat(i % 70));
            f.turn(1);
            f.text(FIRST)
                    .substring(f.length(FIRST))
                    .lines()
                    .forEach(line -> assertThat(line).matches("#{1,126}"));
            assertThat(f.text(FIRST)).endsWith("\n");
        }
    }

    @Test
    void large_groups_are_appended() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        for (int i = 0; i < 5; i++) {
            f.write("k" + i, "v".repeat(100_000));
            f.turn(1);
            assertThat(f.file(FIRST)).hasSize(f.length(FIRST));
        }
    }

    @Test
    void a_disk_without_room_for_filler_has_room_for_groups() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        disk.room = 3000;
        for (int i = 0; i < 20; i++) {
            long ticket = f.write("k" + i, "v".repeat(50));
            f.turn(1);
            assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket);
            assertThat(f.log.refusal()).isNull();
            assertThat(f.safe()).isEqualTo(f.toy.data());
        }
    }

    @Test
    void filler_that_a_full_disk_cuts_short_goes_or_ends_where_all_filler_does() throws Exception {
        for (int room : new int[] {100, 40_000, 200_000}) {
            FakeDisk disk = new FakeDisk();
            Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
            disk.room = room;
            f.call("SET", "a", "1");
            f.log.commit();
            f.log.thread.turn();
            assertThat(f.log.refusal()).isNull();
            assertThat(f.file(FIRST)).hasSize(room < 128 << 10 ? f.length(FIRST) : 128 << 10);
        }
    }

    @Test
    void another_policy_begins_without_filler() throws Exception {
        for (AofSettings other : List.of(Fixture.settings(FsyncPolicy.EVERYSEC), Fixture.settings(FsyncPolicy.NO))) {
            disk = new FakeDisk();
            Fixture f = Fixture.grouped(disk);
            f.log.configure(other);
            long ticket = f.write("a", "#".repeat(2000));
            assertThat(ticket)
                    .as("always holds until the log's thread was there")
                    .isPositive();
            f.turn(1);
            assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket);
            assertThat(f.file(FIRST)).hasSize(f.length(FIRST));
            byte[] left = disk.afterPowerCut(n -> 0).get(Fixture.AOF.resolve(FIRST));
            assertThat(left[left.length - 2]).as("also after a power cut").isEqualTo((byte) '\r');
            assertThat(f.write("b", "#".repeat(2000))).isZero();
            assertThat(Fixture.recover(disk.afterKill())).isEqualTo(f.toy.data());
        }
    }

    @Test
    void a_log_of_groups_goes_on_under_another_policy() throws Exception {
        Fixture first = Fixture.grouped(disk);
        FakeDisk killed = disk.afterKill();
        Fixture f = Fixture.open(killed, FsyncPolicy.EVERYSEC);
        assertThat(f.file(FIRST)).hasSize(f.length(FIRST));
        f.log.thread.turn();
        assertThat(f.write("a", "#".repeat(2000))).isZero();
        assertThat(Fixture.recover(killed.afterKill()).keySet()).containsExactly("0:a", "0:k");
        assertThat(first.toy.data()).hasSize(1);
    }

    @Test
    void what_was_written_without_its_line_is_not_released_by_an_fsync() throws Exception {
        Fixture f = Fixture.grouped(disk);
        long ticket = f.write("a", "#".repeat(2000)); // without a line it is taken for filler
        disk.room = 2 << 20; // the reserve is another
        f.call("SET", "b", "x".repeat(4 << 20)); // written out in parts, of which one does not fit
        f.turn(100);
        f.turn(1000);
        assertThat(f.log.refusal()).isNotNull();
        boolean isThere = Fixture.recover(disk.afterKill()).containsKey("0:a");
        assertThat(f.releasedTo >= ticket && !isThere).isFalse();

        disk.room = 9 << 20;
        f.turn(100);
        f.log.thread.turn();
        assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket);
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(f.toy.data());
    }

    @Test
    void no_second_group_is_written_before_the_first_is_synced() throws Exception {
        long seed = System.nanoTime();
        for (int round = 0; round < 300; round++) {
            Randomness random = new Randomness(seed + round);
            disk = new FakeDisk();
            Fixture f = Fixture.grouped(disk);
            FakeDisk[] left = {null};
            disk.beforeStep = () -> {
                if (disk.steps.get(disk.steps.size() - 1).startsWith("sync " + FIRST))
                    left[0] = disk.afterPowerCut(random::below);
            };
            disk.writeFailure = new IOException("no");
            f.write("a", "x".repeat(1500));
            f.turn(1);
            disk.writeFailure = null;
            f.turn(100); // it is written again, and not synced yet
            f.write("b", "y".repeat(1500));
            f.turn(1);
            f.turn(1000);
            assertThat(left[0]).isNotNull();
            try {
                assertThat(f.toy.data()).containsAllEntriesOf(Fixture.recover(left[0]));
            } catch (DamagedLog e) {
                throw new AssertionError("seed " + (seed + round), e);
            }
        }
    }
}
