package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.base.Randomness;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AppendOnlyLogTest {
    private static final String FIRST = "appendonly.aof.1.incr.aof";
    private static final String FULL = "MISCONF Errors writing to the AOF file: No space left on device";

    private FakeDisk disk = new FakeDisk();

    // ---- everysec and no ----

    @Test
    void under_everysec_what_was_committed_is_in_the_file_and_replies_go_at_once() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.call("SET", "k", "v");
        assertThat(f.log.commit()).isZero();
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(Map.of("0:k", "v"));
    }

    @Test
    void under_everysec_one_turn_of_a_loop_is_one_write() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        disk.steps.clear();
        for (int i = 0; i < 1000; i++) f.call("SET", "k" + i, "0123456789012345678901234567890123456789");
        f.log.commit();
        assertThat(disk.steps).containsExactly("write " + FIRST);
    }

    @Test
    void under_everysec_the_file_is_covered_and_synced_each_second() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.call("SET", "k", "v");
        f.log.commit();
        f.turn(500);
        assertThat(f.safe()).isEmpty();
        assertThat(f.log.durable()).as("for WAITAOF").isLessThan(f.log.appended());
        f.turn(500);
        assertThat(f.safe()).isEqualTo(Map.of("0:k", "v"));
        assertThat(f.log.durable()).isEqualTo(f.log.appended());
        assertThat(f.text(FIRST)).matches("(?s).*#CRC:\\d+:[0-9a-f]{8}\r\n");

        disk.steps.clear();
        f.turn(1000);
        assertThat(disk.steps).as("nothing new, nothing to sync").isEmpty();
    }

    @Test
    void under_no_the_file_is_covered_but_never_synced() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.NO);
        f.call("SET", "k", "v");
        assertThat(f.log.commit()).isZero();
        disk.steps.clear();
        f.turn(1000);
        f.turn(1000);
        assertThat(disk.steps).containsExactly("write " + FIRST);
        assertThat(f.text(FIRST)).endsWith("\r\n").contains("#CRC:67:");
    }

    @Test
    void a_checksum_line_comes_with_every_four_kilobytes() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        for (int i = 0; i < 1000; i++) {
            f.call("SET", "k" + i, "v");
            f.log.commit();
        }
        byte[] file = f.file(FIRST);
        long lines = f.text(FIRST).lines().filter(l -> l.startsWith("#CRC:")).count();
        assertThat(lines).isBetween(file.length / 4200L, file.length / 4096L + 1);
    }

    // ---- always ----

    @Test
    void under_always_a_reply_waits_until_its_write_is_synced() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        f.call("SET", "k", "v");
        long ticket = f.log.commit();
        assertThat(ticket).isPositive();
        assertThat(f.releasedTo).isLessThan(ticket);

        f.log.thread.turn();
        assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket);
        assertThat(f.safe()).isEqualTo(Map.of("0:k", "v"));
        assertThat(f.log.commit()).isZero();
    }

    @Test
    void under_always_one_fsync_serves_all_that_wait() throws Exception {
        Fixture f = Fixture.grouped(disk);
        disk.steps.clear();
        long last = 0;
        for (int i = 0; i < 50; i++) {
            f.call("INCR", "n");
            long ticket = f.log.commit();
            assertThat(ticket).isGreaterThan(last);
            last = ticket;
        }
        f.log.thread.turn();
        assertThat(f.releasedTo).isEqualTo(last);
        assertThat(disk.steps).containsExactly("write " + FIRST, "sync " + FIRST);
    }

    private void fsyncsTake(Fixture f, AtomicLong micros) {
        disk.beforeStep = () -> {
            if (disk.steps.get(disk.steps.size() - 1).startsWith("sync"))
                f.clock.advance(Duration.ofNanos(1000 * micros.get()));
        };
    }

    @Test
    void on_a_disk_that_was_quick_for_long_the_loop_syncs_by_itself_until_it_stalls_once() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        AtomicLong micros = new AtomicLong(200);
        fsyncsTake(f, micros);
        int onTheLogsThread = 0;
        for (f.call("INCR", "n"); f.log.commit() != 0; f.call("INCR", "n")) {
            onTheLogsThread++;
            f.turn(1);
        }
        assertThat(onTheLogsThread).isEqualTo(64);
        assertThat(f.safe()).as("what the loop has synced").isEqualTo(Map.of("0:n", "65"));

        micros.set(40_000);
        f.call("INCR", "n");
        assertThat(f.log.commit()).isZero();
        f.call("INCR", "n");
        long ticket = f.log.commit();
        assertThat(ticket).isPositive();
        f.turn(10);
        assertThat(f.releasedTo).isEqualTo(ticket);
        assertThat(f.safe()).isEqualTo(Map.of("0:n", "67"));
    }

    @Test
    void the_longest_fsync_that_answers_waited_for_is_told_once() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        AtomicLong micros = new AtomicLong(30_000);
        fsyncsTake(f, micros);
        f.call("INCR", "n");
        f.log.commit();
        f.turn(1);
        micros.set(200);
        f.call("INCR", "n");
        f.log.commit();
        f.turn(1);
        assertThat(f.log.takeLongestSync()).isEqualTo(30_000_000);
        assertThat(f.log.takeLongestSync()).isZero();
    }

    @Test
    void what_the_loop_could_not_sync_by_itself_is_not_released() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        fsyncsTake(f, new AtomicLong(200));
        for (f.call("INCR", "n"); f.log.commit() != 0; f.call("INCR", "n")) f.turn(1);
        disk.syncFailure = new IOException("Input/output error");
        f.call("INCR", "n");
        long ticket = f.log.commit();
        assertThat(ticket).isPositive();
        f.turn(1);
        assertThat(f.releasedTo).isLessThan(ticket);
        assertThat(f.log.refusal()).isNotNull();
        assertThat(f.safe()).isEqualTo(Map.of("0:n", "65"));
    }

    @Test
    void on_a_slow_disk_a_group_waits_a_moment_for_those_who_were_just_released() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        fsyncsTake(f, new AtomicLong(4000));
        for (int i = 0; i < 10; i++) f.call("SET", "k" + i, "v");
        f.log.commit();
        f.log.thread.turn();
        assertThat(f.releasedTo).isEqualTo(f.log.lastTicket());

        f.call("SET", "one", "v");
        long ticket = f.log.commit();
        assertThat(f.log.thread.turn())
                .as("twice an eighth of 4 ms: nobody else comes")
                .isEqualTo(1_000_000);
        assertThat(f.releasedTo).isLessThan(ticket);
        f.turn(1);
        assertThat(f.releasedTo).isEqualTo(ticket);

        f.call("SET", "two", "v");
        f.log.commit();
        f.log.thread.turn();
        assertThat(f.releasedTo)
                .as("as much has come as before: nothing to wait for")
                .isEqualTo(f.log.lastTicket());
    }

    @Test
    void a_group_waits_as_long_as_more_keep_coming_but_no_longer_than_half_an_fsync() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        disk.beforeStep = () -> {
            if (disk.steps.get(disk.steps.size() - 1).startsWith("sync")) f.clock.advance(Duration.ofMillis(8));
        };
        for (int i = 0; i < 10; i++) f.call("SET", "k" + i, "v");
        f.log.commit();
        f.log.thread.turn();

        for (int ms = 0; ms < 4; ms++) { // a lull would be one of 1 ms
            f.call("SET", "k" + ms, "v");
            long ticket = f.log.commit();
            f.log.thread.turn();
            assertThat(f.releasedTo).as("after %d ms", ms).isLessThan(ticket);
            f.clock.advance(Duration.ofMillis(1));
        }
        f.log.thread.turn();
        assertThat(f.releasedTo).as("after half of 8 ms").isEqualTo(f.log.lastTicket());
    }

    @Test
    void a_turn_that_is_not_over_is_not_synced_for_its_own_sake() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        f.call("SET", "a", "1");
        disk.steps.clear();
        f.log.thread.turn();
        assertThat(disk.steps).as("nobody waits yet").isEmpty();
        f.log.commit();
        f.log.thread.turn();
        assertThat(f.releasedTo).isEqualTo(f.log.lastTicket());
        f.call("SET", "b", "2"); // by a timer: nobody commits it
        disk.steps.clear();
        f.turn(1100);
        assertThat(disk.steps).as("within a second").anyMatch(step -> step.startsWith("sync"));
    }

    @Test
    void tickets_go_on_from_log_to_log() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        f.call("SET", "a", "1");
        long before = f.log.commit();
        f.log.close();
        assertThat(f.releasedTo).isGreaterThanOrEqualTo(before);

        Fixture again = Fixture.open(disk, FsyncPolicy.ALWAYS);
        again.log.ticketsFrom(f.log.lastTicket());
        assertThat(again.log.commit()).isZero();
        again.call("SET", "b", "2");
        long ticket = again.log.commit();
        assertThat(ticket).isGreaterThan(before);
        again.log.thread.turn();
        assertThat(again.releasedTo).isGreaterThanOrEqualTo(ticket);
        assertThat(f.safe()).isEqualTo(Map.of("0:a", "1", "0:b", "2"));
    }

    @Test
    void under_always_each_group_is_covered_by_a_checksum() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        for (int i = 0; i < 10; i++) {
            f.call("INCR", "n");
            f.log.commit();
            f.log.thread.turn();
            assertThat(f.text(FIRST).substring(0, f.length(FIRST))).matches("(?s).*\r\n#GRP:\\d+:[0-9a-f]{8}\r\n");
        }
    }

    @Test
    void a_reader_waits_for_the_write_whose_effect_it_may_have_seen() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        f.call("SET", "k", "v");
        long writer = f.log.commit();
        long reader = f.log.commit();
        assertThat(reader).isEqualTo(writer);
    }

    @Test
    void the_policy_can_change_while_replies_are_held() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        f.call("SET", "a", "1");
        long ticket = f.log.commit();
        f.log.configure(Fixture.settings(FsyncPolicy.EVERYSEC));
        f.turn(1000);
        assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket);

        f.call("SET", "b", "2");
        assertThat(f.log.commit()).isZero();
        f.log.configure(Fixture.settings(FsyncPolicy.ALWAYS));
        f.call("SET", "c", "3");
        assertThat(f.log.commit()).isPositive();
        f.log.thread.turn();
        assertThat(f.safe()).hasSize(3);
    }

    // ---- what is written ----

    @Test
    void a_select_comes_first_and_whenever_the_database_changes() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.toy.call(f.log, 0, "SET", "a", "1");
        f.toy.call(f.log, 0, "SET", "b", "2");
        f.toy.call(f.log, 12, "SET", "c", "3");
        f.toy.call(f.log, 0, "DEL", "a");
        f.log.commit();
        Fixture again = new Fixture(disk.afterKill()).load(true);
        assertThat(again.toy.ran())
                .containsExactly("SELECT 0", "SET a 1", "SET b 2", "SELECT 12", "SET c 3", "SELECT 0", "DEL a");
    }

    @Test
    void a_transaction_is_never_written_in_part() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        Toy.append(f.log, 0, "MULTI");
        f.call("SET", "a", "1");
        f.log.commit();
        f.turn(1000);
        assertThat(f.text(FIRST)).doesNotContain("MULTI");
        f.call("SET", "b", "2");
        Toy.append(f.log, 0, "EXEC");
        f.log.commit();
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(Map.of("0:a", "1", "0:b", "2"));
    }

    @Test
    void values_larger_than_any_buffer_go_through_whole_and_do_not_pile_up() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        String big = "0123456789abcdef".repeat(1 << 20);
        f.call("SET", "big", big);
        assertThat(f.log.status(false).bufferBytes()).isLessThan(5 << 20);
        f.call("SET", "small", "x");
        f.log.commit();
        f.log.thread.turn();
        assertThat(f.safe()).isEqualTo(Map.of("0:big", big, "0:small", "x"));
    }

    @Test
    void timestamps_are_noted_once_in_each_second_with_writes() throws Exception {
        AofSettings settings = new AofSettings(FsyncPolicy.EVERYSEC, false, 0, 0, true);
        Fixture f = Fixture.open(disk, settings);
        for (int i = 0; i < 25; i++) {
            f.call("INCR", "n");
            f.log.commit();
            f.turn(100);
        }
        long first = f.clock.wallMs() / 1000 - 2;
        assertThat(f.text(FIRST).lines().filter(l -> l.startsWith("#TS:")))
                .containsExactly("#TS:" + first, "#TS:" + (first + 1), "#TS:" + (first + 2));
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(Map.of("0:n", "25"));
    }

    @Test
    void appending_and_committing_make_no_garbage() throws Exception {
        Path dir = Files.createTempDirectory("cinnabar-log");
        AofDirectory directory = AofDirectory.open(Disk.real(), dir, "a", "f", Log.none());
        LoadResult loaded = new AofLoader(directory, true, new Toy(), new LoadingProgress(), Log.none()).load();
        Toy toy = new Toy();
        AofSettings settings = Fixture.settings(FsyncPolicy.NO);
        var parts = new LogParts(directory, settings, toy, t -> {}, Clock.system(), Log.none(), Runnable::run);
        AppendOnlyLog log = AppendOnlyLog.resume(parts, loaded);
        Bytes[] argv = {Bytes.of("SET"), Bytes.of("key:000012345"), Bytes.of("0123456789abcdef0123456789abcdef")};
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = -1;
        for (int round = 0; round < 5 && allocated != 0; round++) { // the first rounds warm up
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int turn = 0; turn < 2000; turn++) {
                for (int i = 0; i < 20; i++) log.append(0, 3, argv);
                log.commit();
            }
            allocated = threads.getCurrentThreadAllocatedBytes() - before;
        }
        log.close();
        for (String name : Disk.real().list(dir.resolve("a")))
            Disk.real().delete(dir.resolve("a").resolve(name));
        assertThat(allocated).as("bytes in 2000 turns of 20 commands").isZero();
    }

    // ---- a full disk, a failing write ----

    @Test
    void on_a_full_disk_writes_are_refused_what_ran_is_kept_and_nobody_waits() throws Exception {
        for (FsyncPolicy policy : FsyncPolicy.values()) {
            FakeDisk disk = new FakeDisk();
            Fixture f = Fixture.open(disk, policy);
            disk.room = 10;
            f.call("SET", "k", "a value that does not fit");
            long ticket = f.log.commit();
            f.log.thread.turn();
            assertThat(f.log.refusal()).isEqualTo(FULL);
            assertThat(f.releasedTo >= ticket).as("the reserve took it").isTrue();
            assertThat(Fixture.recover(disk.afterKill())).isEqualTo(f.toy.data());
            assertThat(f.log.status(false).didLastWriteSucceed()).isFalse();
        }
    }

    @Test
    void writes_are_welcome_again_within_a_fifth_of_a_second_after_room_is_made() throws Exception {
        for (FsyncPolicy policy : FsyncPolicy.values()) {
            FakeDisk disk = new FakeDisk();
            Fixture f = Fixture.open(disk, policy);
            disk.room = 10;
            f.call("SET", "k", "v");
            f.log.commit();
            f.turn(100);
            f.turn(100);
            assertThat(f.log.refusal()).isEqualTo(FULL);

            disk.room = 10 << 20;
            f.turn(100);
            assertThat(f.log.refusal()).isNull();
            f.call("SET", "after", "x");
            f.log.commit();
            f.log.thread.turn();
            assertThat(Fixture.recover(disk.afterKill())).isEqualTo(Map.of("0:k", "v", "0:after", "x"));
        }
    }

    @Test
    void what_outgrows_the_reserve_is_held_until_there_is_room() throws Exception {
        for (FsyncPolicy policy : FsyncPolicy.values()) {
            FakeDisk disk = new FakeDisk();
            Fixture f = Fixture.open(disk, policy);
            disk.room = 0;
            f.call("SET", "k", "v".repeat(3 << 20));
            long ticket = f.log.commit();
            assertThat(ticket).isPositive();
            f.turn(100);
            f.turn(1000);
            assertThat(f.releasedTo).isLessThan(ticket);

            disk.room = 10 << 20;
            f.turn(100);
            f.log.thread.turn();
            assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket);
            assertThat(Fixture.recover(disk.afterKill())).isEqualTo(f.toy.data());
        }
    }

    @Test
    void a_server_that_starts_on_a_full_disk_serves_reads_and_refuses_writes() throws Exception {
        Fixture.open(disk, FsyncPolicy.EVERYSEC).log.close();
        disk.room = 100;
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        assertThat(f.log.refusal()).isEqualTo(FULL);
        disk.room = 10 << 20;
        f.turn(100);
        assertThat(f.log.refusal()).isNull();
    }

    @Test
    void short_writes_are_continued_at_the_right_place() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        disk.mostPerWrite = 7;
        for (int i = 0; i < 200; i++) {
            f.call("SET", "k" + i, "value" + i);
            f.log.commit();
            f.log.thread.turn();
        }
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(f.toy.data());
    }

    @Test
    void a_disk_that_fills_up_at_any_byte_loses_and_doubles_nothing() throws Exception {
        for (FsyncPolicy policy : List.of(FsyncPolicy.EVERYSEC, FsyncPolicy.ALWAYS)) {
            for (int room = 0; room < 400; room++) {
                FakeDisk disk = new FakeDisk();
                Fixture f = Fixture.open(disk, policy);
                disk.room = room;
                for (int i = 0; i < 12 && f.log.refusal() == null; i++) {
                    f.call("INCR", "n");
                    f.log.commit();
                    f.log.thread.turn();
                }
                disk.room = 10 << 20;
                f.turn(100);
                f.call("INCR", "n");
                f.log.commit();
                f.log.thread.turn();
                assertThat(Fixture.recover(disk.afterKill()))
                        .as("%s room %s", policy, room)
                        .isEqualTo(f.toy.data());
            }
        }
    }

    @Test
    void a_timestamp_never_comes_into_the_middle_of_a_command_that_was_half_written() throws Exception {
        Fixture f = Fixture.open(disk, new AofSettings(FsyncPolicy.EVERYSEC, false, 0, 0, true));
        disk.writeFailure = new IOException("No space left on device");
        for (int i = 0; i < 9; i++) f.call("SET", "k" + i, "v".repeat(100_000)); // more than is staged at once
        f.log.commit();
        disk.writeFailure = null;
        f.turn(2000);
        f.log.thread.turn();
        assertThat(f.log.refusal()).isNull();
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(f.toy.data());
    }

    @Test
    void closing_on_a_full_disk_leaves_whole_commands() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.call("SET", "a", "1");
        f.log.commit();
        disk.room = 5;
        disk.writeFailure = new IOException("Input/output error");
        f.call("SET", "b", "2");
        f.log.commit();
        assertThatThrownBy(f.log::close).isInstanceOf(IOException.class);
        assertThat(new Fixture(disk.afterKill()).load(false).toy.data()).isEqualTo(Map.of("0:a", "1"));
    }

    // ---- a failing fsync ----

    @Test
    void after_a_failed_fsync_nothing_is_acknowledged_on_the_strength_of_a_later_one() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        f.call("SET", "k", "v");
        long ticket = f.log.commit();
        disk.syncFailure = new IOException("Input/output error");
        f.log.thread.turn();
        assertThat(f.log.refusal()).isEqualTo("MISCONF Errors writing to the AOF file: Input/output error");
        disk.syncFailure = null;
        f.turn(100);
        f.log.thread.turn();
        assertThat(f.releasedTo).as("held, although fsync works again").isLessThan(ticket);
        assertThat(f.safe()).isEmpty();

        f.turn(500);
        f.runBackground(); // the log is written anew from memory
        assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket);
        assertThat(f.log.refusal()).isNull();
        assertThat(f.safe()).isEqualTo(Map.of("0:k", "v"));
    }

    @Test
    void under_everysec_too_a_failed_fsync_refuses_writes_until_the_data_are_safe() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.call("SET", "k", "v");
        assertThat(f.log.commit()).isZero();
        disk.syncFailure = new IOException("Input/output error");
        f.turn(1000);
        assertThat(f.log.refusal()).isNotNull();
        for (int i = 0; i < 10; i++) {
            f.turn(500);
            f.runBackground();
        }
        assertThat(f.log.refusal()).as("still failing").isNotNull();
        disk.syncFailure = null;
        f.turn(500);
        f.runBackground();
        assertThat(f.log.refusal()).isNull();
        assertThat(f.safe()).isEqualTo(Map.of("0:k", "v"));

        f.call("SET", "more", "x");
        f.log.commit();
        f.turn(1000);
        assertThat(f.safe()).isEqualTo(f.toy.data());
    }

    @Test
    void what_changes_while_the_log_is_lost_is_in_the_new_one() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        f.call("SET", "k", "v");
        f.log.commit();
        disk.syncFailure = new IOException("Input/output error");
        f.log.thread.turn();
        f.call("DEL", "k"); // expired, say: the engine does that although writes are refused
        f.call("SET", "x", "1");
        f.log.commit();
        disk.syncFailure = null;
        f.toy.beforeSlice = () -> {
            f.call("SET", "during", "2");
            f.log.commit();
            f.toy.beforeSlice = () -> {};
        };
        f.turn(600);
        f.runBackground();
        long ticket = f.log.commit();
        f.log.thread.turn();
        assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket);
        assertThat(f.safe()).isEqualTo(Map.of("0:x", "1", "0:during", "2"));
    }

    @Test
    void memory_that_runs_out_while_appending_makes_no_hole_in_the_log() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.call("SET", "a", "1");
        f.log.commit();
        f.toy.run(3, new Bytes[] {Bytes.of("SET"), Bytes.of("b"), Bytes.of("2")});
        f.log.missed("no memory left to log a command");
        f.call("SET", "c", "3");
        f.log.commit();
        assertThat(f.log.refusal()).isNotNull();
        f.turn(500);
        f.runBackground();
        assertThat(f.log.refusal()).isNull();
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(Map.of("0:a", "1", "0:b", "2", "0:c", "3"));
    }

    // ---- all at once ----

    @Test
    void no_crash_at_any_step_loses_what_was_acknowledged() throws Exception {
        long seed = System.nanoTime();
        for (int round = 0; round < 1500; round++) crashRound(seed + round);
    }

    private void crashRound(long seed) throws Exception {
        Randomness random = new Randomness(seed);
        FsyncPolicy policy = random.below(2) == 0 ? FsyncPolicy.ALWAYS : FsyncPolicy.EVERYSEC;
        FakeDisk disk = new FakeDisk();
        Fixture f = Fixture.open(disk, policy);
        List<Map<String, String>> states = new ArrayList<>(); // the data after each command
        states.add(Map.of());
        List<long[]> held = new ArrayList<>(); // ticket, number of commands
        int acknowledged = 0;
        int length = 20 + random.below(60);
        // The crash comes before some step of the disk.
        int[] stepsLeft = {random.below(200)};
        FakeDisk[] crashed = {null};
        int[] acknowledgedAtCrash = {0};
        int[] acknowledgedNow = {0};
        boolean[] busy = {false};
        boolean[] rewriting = {false};
        boolean[] switched = {false};
        disk.beforeStep = () -> {
            // Other loops go on while a rewrite waits for the disk (but not while the write lock is held).
            String step = disk.steps.get(disk.steps.size() - 1);
            boolean unlocked = step.startsWith("sync") || step.startsWith("rename") || step.startsWith("create temp");
            if (rewriting[0] && unlocked && !busy[0] && random.below(3) == 0) {
                busy[0] = true;
                if (f.log.refusal() == null) write(f, random, states);
                commit(f, states, held);
                if (!step.startsWith("sync ")) f.log.thread.turn();
                busy[0] = false;
            }
            if (stepsLeft[0]-- == 0) {
                boolean always = policy == FsyncPolicy.ALWAYS && !switched[0];
                boolean power = always || random.below(2) == 0;
                crashed[0] = power ? disk.afterPowerCut(random::below) : disk.afterKill();
                // everysec promises nothing for a power cut but that the log is a beginning of what was written
                acknowledgedAtCrash[0] = power && !always ? 0 : acknowledgedNow[0];
            }
        };
        for (int i = 0; i < length; i++) {
            switch (random.below(14)) {
                case 7 -> {
                    if (random.below(3) > 0) break;
                    switched[0] = true;
                    f.log.configure(Fixture.settings(random.below(2) == 0 ? FsyncPolicy.ALWAYS : FsyncPolicy.EVERYSEC));
                }
                case 8 -> {
                    for (int n = random.below(20); n > 0 && f.log.refusal() == null; n--) write(f, random, states);
                }
                case 0 -> f.turn(random.below(1500));
                case 1 -> f.log.rewrite();
                case 2 -> {
                    if (!f.background.isEmpty()) {
                        Runnable task = f.background.remove(0);
                        f.toy.beforeSlice = () -> {
                            if (random.below(3) > 0) return;
                            write(f, random, states);
                            commit(f, states, held);
                            if (random.below(2) == 0) f.log.thread.turn();
                        };
                        rewriting[0] = true;
                        task.run();
                        rewriting[0] = false;
                        f.toy.beforeSlice = () -> {};
                    }
                }
                case 3 -> disk.syncFailure = random.below(4) == 0 ? new IOException("Input/output error") : null;
                case 4 -> disk.room = random.below(3) == 0 ? random.below(100) : Long.MAX_VALUE / 2;
                case 5 -> disk.renameFailure = random.below(4) == 0 ? new IOException("no rename") : null;
                case 9 -> {
                    if (random.below(3) > 0) break;
                    f.toy.replace(Map.of("0:k1", "another " + states.size()));
                    states.add(new TreeMap<>(f.toy.data()));
                    f.log.beginAnew();
                }
                case 6 -> disk.directorySyncFailure = random.below(3) == 0 ? new IOException("no sync") : null;
                default -> {
                    if (f.log.refusal() == null) write(f, random, states);
                }
            }
            acknowledged = Math.max(acknowledged, commit(f, states, held));
            if (random.below(2) == 0) f.log.thread.turn();
            for (long[] h : held) if (h[0] <= f.releasedTo) acknowledged = Math.max(acknowledged, (int) h[1]);
            acknowledgedNow[0] = acknowledged;
            if (crashed[0] != null) break;
        }
        FakeDisk left = crashed[0] != null ? crashed[0] : disk.afterKill();
        int atLeast = crashed[0] != null ? acknowledgedAtCrash[0] : acknowledged;
        Map<String, String> found;
        try {
            found = Fixture.recover(left);
        } catch (DamagedLog e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage() + " " + left.names(), e);
        }
        int last = states.lastIndexOf(found);
        assertThat(last)
                .as("seed %s, %s: %s is a state, of those from %s on", seed, policy, found, atLeast)
                .isGreaterThanOrEqualTo(atLeast);
    }

    private static void write(Fixture f, Randomness random, List<Map<String, String>> states) {
        int db = random.below(2);
        String value = "v" + states.size();
        // what a disk shows where nothing was written must not be taken for that
        if (random.below(4) == 0) value += (random.below(2) == 0 ? "#" : "\0").repeat(random.below(1500));
        if (random.below(3) == 0) f.toy.call(f.log, db, "SET", "k" + random.below(5), value);
        else f.toy.call(f.log, db, "INCR", "n");
        states.add(new TreeMap<>(f.toy.data()));
    }

    /// Answers how many commands are acknowledged at once; notes others as held.
    private static int commit(Fixture f, List<Map<String, String>> states, List<long[]> held) {
        int commands = states.size() - 1;
        long ticket = f.log.commit();
        if (ticket == 0) return f.log.refusal() == null ? commands : 0; // another data set waits, perhaps
        held.add(new long[] {ticket, commands});
        return 0;
    }
}
