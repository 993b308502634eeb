package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.Log;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class RewriteTest {
    private final FakeDisk disk = new FakeDisk();

    private static String manifest(FakeDisk disk) {
        String text = new String(disk.get(Fixture.AOF.resolve("appendonly.aof.manifest")), StandardCharsets.ISO_8859_1);
        return text.substring(0, text.indexOf('#'));
    }

    @Test
    void a_rewrite_makes_a_base_of_what_is_in_memory_and_an_increment_of_what_follows() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        for (int i = 0; i < 100; i++) f.call("INCR", "n");
        f.log.commit();
        assertThat(f.log.rewrite()).isEqualTo(AppendOnlyLog.RewriteAnswer.STARTED);
        assertThat(f.log.rewrite()).isEqualTo(AppendOnlyLog.RewriteAnswer.ALREADY_IN_PROGRESS);
        f.runBackground();
        f.call("INCR", "n");
        f.log.commit();

        assertThat(manifest(disk))
                .isEqualTo(
                        "file appendonly.aof.1.base.aof seq 1 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n");
        assertThat(disk.names())
                .containsExactly(
                        "appendonly.aof.1.base.aof",
                        "appendonly.aof.2.incr.aof",
                        "appendonly.aof.manifest",
                        "appendonly.aof.reserve");
        Fixture again = new Fixture(disk.afterKill()).load(true);
        assertThat(again.toy.ran()).containsExactly("SELECT 0", "SET n 100", "SELECT 0", "INCR n");
        assertThat(f.log.status(false).rewrites().succeeded()).isEqualTo(1);
        assertThat(f.log.status(false).rewrites().didLastSucceed()).isTrue();
    }

    @Test
    void writers_go_on_while_the_image_is_written() throws Exception {
        for (FsyncPolicy policy : FsyncPolicy.values()) {
            FakeDisk disk = new FakeDisk();
            Fixture f = Fixture.open(disk, policy);
            for (int i = 0; i < 30; i++) f.call("SET", "k" + i, "v");
            f.log.commit();
            f.log.thread.turn();
            f.toy.beforeSlice = () -> {
                f.call("SET", "k3", "changed");
                f.call("INCR", "n");
                long ticket = f.log.commit();
                f.log.thread.turn();
                assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket);
            };
            f.log.rewrite();
            f.runBackground();
            assertThat(Fixture.recover(disk.afterKill()))
                    .isEqualTo(f.toy.data())
                    .containsEntry("0:n", "10");
        }
    }

    @Test
    void writes_of_the_moment_of_the_switch_wait_and_are_released_by_it() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.call("SET", "a", "1");
        f.log.commit();
        long[] ticket = {0};
        disk.beforeStep = () -> {
            if (ticket[0] > 0 || !disk.steps.get(disk.steps.size() - 1).equals("create temp-appendonly.aof.manifest"))
                return;
            f.call("SET", "b", "2");
            ticket[0] = f.log.commit();
        };
        f.log.rewrite();
        f.runBackground();
        assertThat(ticket[0]).isPositive();
        assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket[0]);
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(Map.of("0:a", "1", "0:b", "2"));
    }

    @Test
    void the_old_increment_is_on_disk_for_good_before_the_manifest_names_the_next() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.call("SET", "a", "1");
        f.log.commit();
        disk.steps.clear();
        f.log.rewrite();
        f.runBackground();
        List<String> steps = disk.steps;
        assertThat(steps.lastIndexOf("sync appendonly.aof.1.incr.aof"))
                .isPositive()
                .isLessThan(steps.indexOf("rename appendonly.aof.manifest"));
        String old = "appendonly.aof.1.incr.aof";
        assertThat(steps.lastIndexOf("rename appendonly.aof.manifest")).isGreaterThan(steps.indexOf("delete " + old));
    }

    @Test
    void a_log_whose_data_set_was_replaced_holds_the_new_one_at_once() throws Exception {
        for (FsyncPolicy policy : FsyncPolicy.values()) {
            FakeDisk disk = new FakeDisk();
            Fixture f = Fixture.open(disk, policy);
            f.call("SET", "n", "text");
            f.toy.replace(Map.of("0:n", "1"));
            f.log.beginAnew();
            assertThat(f.log.refusal()).isNull();
            assertThat(Fixture.recover(disk.afterPowerCut(n -> 0))).isEqualTo(Map.of("0:n", "1"));
            f.call("INCR", "n");
            f.log.commit();
            f.log.thread.turn();
            assertThat(Fixture.recover(disk.afterKill())).isEqualTo(Map.of("0:n", "2"));
        }
    }

    @Test
    void while_it_is_rewritten_a_log_whose_data_set_was_replaced_is_lost_until_it_is_written_anew() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.call("SET", "n", "text");
        f.log.commit();
        f.log.rewrite();
        f.toy.beforeSlice = () -> {
            f.toy.beforeSlice = () -> {};
            f.toy.replace(Map.of("0:n", "1"));
            f.log.beginAnew();
        };
        f.runBackground();
        assertThat(f.log.refusal()).isNotNull();
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(Map.of("0:n", "text"));
        f.turn(1000);
        f.runBackground();
        assertThat(f.log.refusal()).isNull();
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(Map.of("0:n", "1"));
    }

    @Test
    void a_rewrite_that_cannot_begin_changes_nothing() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.call("SET", "a", "1");
        f.log.commit();
        String before = manifest(disk);
        disk.renameFailure = new IOException("Permission denied");
        f.log.rewrite();
        f.runBackground();
        f.call("SET", "b", "2");
        assertThat(f.log.commit()).isZero();
        assertThat(f.log.refusal()).isNull();
        assertThat(f.log.status(false).rewrites().didLastSucceed()).isFalse();
        assertThat(manifest(disk)).isEqualTo(before);
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(f.toy.data());
    }

    @Test
    void a_rewrite_that_fails_in_the_middle_leaves_a_log_of_two_increments() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.call("SET", "a", "1");
        f.log.commit();
        f.toy.beforeSlice = () -> {
            throw new IllegalStateException("a bug in the image");
        };
        f.log.rewrite();
        f.runBackground();
        f.call("SET", "b", "2");
        assertThat(f.log.commit()).isZero();
        assertThat(manifest(disk))
                .isEqualTo(
                        "file appendonly.aof.1.incr.aof seq 1 type i\nfile appendonly.aof.2.incr.aof seq 2 type i\n");
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(f.toy.data());

        f.toy.beforeSlice = () -> {};
        f.log.rewrite();
        f.runBackground();
        assertThat(manifest(disk))
                .isEqualTo(
                        "file appendonly.aof.1.base.aof seq 1 type b\nfile appendonly.aof.3.incr.aof seq 3 type i\n");
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(f.toy.data());
    }

    @Test
    void a_manifest_of_which_nobody_knows_whether_it_lasts_acknowledges_nothing() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
        f.call("SET", "a", "1");
        f.log.commit();
        f.log.thread.turn();
        disk.beforeStep = () -> {
            boolean named = disk.steps.get(disk.steps.size() - 1).equals("rename appendonly.aof.manifest");
            if (named) disk.directorySyncFailure = new IOException("Input/output error");
        };
        f.log.rewrite();
        f.runBackground();
        disk.beforeStep = () -> {};
        f.call("SET", "b", "2");
        long ticket = f.log.commit();
        f.turn(100);
        assertThat(f.releasedTo).isLessThan(ticket);
        assertThat(f.log.refusal()).isNotNull();
        assertThat(Fixture.recover(disk.afterPowerCut(n -> 0))).containsEntry("0:a", "1");
        assertThat(Fixture.recover(disk.afterPowerCut(n -> n - 1))).containsEntry("0:a", "1");

        disk.directorySyncFailure = null;
        f.turn(600);
        f.runBackground();
        assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket);
        assertThat(Fixture.recover(disk.afterPowerCut(n -> 0))).isEqualTo(f.toy.data());
    }

    @Test
    void growth_begins_a_rewrite_and_failures_put_it_off() throws Exception {
        AofSettings settings = new AofSettings(FsyncPolicy.EVERYSEC, false, 100, 1000, false);
        Fixture f = Fixture.open(disk, settings);
        for (int i = 0; i < 30; i++) f.call("INCR", "n");
        f.log.commit();
        f.turn(100);
        f.turn(100);
        assertThat(f.background).as("under the minimum").isEmpty();
        for (int i = 0; i < 30; i++) f.call("INCR", "n");
        f.log.commit();
        f.toy.beforeSlice = () -> {
            throw new IllegalStateException("no");
        };
        for (int failure = 1; failure <= 3; failure++) {
            f.turn(100);
            assertThat(f.background).hasSize(1);
            f.runBackground();
            assertThat(f.log.status(false).rewrites().failed()).isEqualTo(failure);
        }
        f.turn(100);
        assertThat(f.background).as("three failures: a minute's rest").isEmpty();
        f.turn(59_000);
        assertThat(f.background).isEmpty();
        f.turn(1_000);
        assertThat(f.background).hasSize(1);
        f.toy.beforeSlice = () -> {};
        f.turn(100);
        f.runBackground();
        assertThat(f.messages).endsWith("NOTICE Background AOF rewrite finished successfully");
        assertThat(f.messages)
                .filteredOn(line -> line.matches("NOTICE Starting automatic rewriting of AOF on [1-9][0-9]+% growth"))
                .as("one for each attempt")
                .hasSize(4);
        f.turn(100);
        assertThat(f.background).as("the log is small again").isEmpty();
        assertThat(f.log.status(false).currentBytes()).isLessThan(200);
    }

    @Test
    void a_log_switched_on_while_the_server_runs_begins_with_an_image() throws Exception {
        Toy toy = new Toy();
        for (int i = 0; i < 10; i++) toy.run(3, Words.of("SET", "k" + i, "v"));
        Fixture f = new Fixture(disk);
        f.directory = AofDirectory.open(disk, Fixture.DIR, "appendonlydir", "appendonly.aof", Log.none());
        AofSettings settings = Fixture.settings(FsyncPolicy.ALWAYS);
        AppendOnlyLog log = AppendOnlyLog.enable(
                new LogParts(f.directory, settings, toy, t -> {}, f.clock, f.lines, f.background::add));
        toy.call(log, 0, "SET", "before", "1");
        assertThat(log.commit()).as("nothing is promised yet").isZero();
        log.thread.turn();
        toy.beforeSlice = () -> {
            toy.call(log, 1, "INCR", "n");
            assertThat(log.commit()).isZero();
        };
        f.runBackground();
        assertThat(log.refusal()).isNull();
        assertThat(Fixture.recover(disk.afterPowerCut(n -> 0))).isEqualTo(toy.data());
        toy.call(log, 0, "SET", "after", "2");
        assertThat(log.commit()).as("now it is").isPositive();
        log.thread.turn();
        assertThat(Fixture.recover(disk.afterPowerCut(n -> 0))).isEqualTo(toy.data());
    }

    @Test
    void closing_a_log_that_was_just_switched_on_finishes_its_first_image() throws Exception {
        for (boolean hasBegun : new boolean[] {true, false}) {
            FakeDisk disk = new FakeDisk();
            Toy toy = new Toy();
            for (int i = 0; i < 10; i++) toy.run(3, Words.of("SET", "k" + i, "v"));
            Fixture f = new Fixture(disk);
            f.directory = AofDirectory.open(disk, Fixture.DIR, "appendonlydir", "appendonly.aof", Log.none());
            AppendOnlyLog log = AppendOnlyLog.enable(new LogParts(
                    f.directory,
                    Fixture.settings(FsyncPolicy.EVERYSEC),
                    toy,
                    t -> {},
                    f.clock,
                    f.lines,
                    task -> new Thread(task).start()));
            if (hasBegun) log.thread.turn();
            toy.call(log, 0, "SET", "before", "1");
            log.commit();
            log.close();
            assertThat(Fixture.recover(disk.afterPowerCut(n -> 0))).isEqualTo(toy.data());
        }
    }

    @Test
    void a_log_that_is_turned_off_lets_everybody_go_whatever_became_of_the_disk() throws Exception {
        for (FsyncPolicy policy : FsyncPolicy.values()) {
            FakeDisk disk = new FakeDisk();
            Fixture f = Fixture.open(disk, policy);
            disk.room = 5;
            disk.writeFailure = new IOException("Input/output error");
            disk.syncFailure = new IOException("Input/output error");
            f.call("SET", "k", "v");
            long ticket = f.log.commit();
            f.log.thread.turn();
            assertThat(f.releasedTo).as("%s", policy).isLessThan(ticket);
            assertThatThrownBy(f.log::turnOff).isInstanceOf(IOException.class);
            assertThat(f.releasedTo).as("%s", policy).isGreaterThanOrEqualTo(ticket);
        }
    }

    @Test
    void a_rewrite_that_ends_by_a_bug_or_for_want_of_memory_does_not_hold_the_log() throws Exception {
        for (Throwable failure :
                new Throwable[] {new OutOfMemoryError("not really"), new IllegalStateException("a bug")}) {
            FakeDisk disk = new FakeDisk();
            Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
            f.call("SET", "a", "1");
            f.log.commit();
            f.toy.afterMoment = () -> {
                f.toy.afterMoment = () -> {};
                if (failure instanceof Error error) throw error;
                throw (RuntimeException) failure;
            };
            f.log.rewrite();
            f.runBackground();
            f.call("SET", "b", "2");
            long ticket = f.log.commit();
            f.log.thread.turn();
            assertThat(f.releasedTo).isGreaterThanOrEqualTo(ticket);
            assertThat(Fixture.recover(disk.afterPowerCut(n -> 0))).isEqualTo(f.toy.data());
        }
    }

    @Test
    void closing_writes_a_log_anew_that_was_lost_while_a_rewrite_came_to_its_end() throws Exception {
        Fixture f = new Fixture(disk).load(true);
        List<Runnable> rewrites = new ArrayList<>();
        LogParts parts = new LogParts(
                f.directory, Fixture.settings(FsyncPolicy.EVERYSEC), f.toy, t -> {}, f.clock, f.lines, task -> {
                    if (rewrites.isEmpty()) rewrites.add(task);
                    else task.run();
                });
        AppendOnlyLog log = AppendOnlyLog.resume(parts, f.loaded);
        f.toy.call(log, 0, "SET", "a", "1");
        log.commit();
        log.rewrite();
        FutureTask<Void> closing = new FutureTask<>(() -> {
            log.close();
            return null;
        });
        Thread closer = new Thread(closing, "closer");
        disk.beforeStep = () -> {
            if (!disk.steps.get(disk.steps.size() - 1).startsWith("delete appendonly")) return;
            disk.beforeStep = () -> {};
            f.toy.run(3, Words.of("SET", "b", "2"));
            log.missed("no memory left to log a command");
            closer.start();
            while (closer.getState() != Thread.State.WAITING) Thread.onSpinWait();
        };
        rewrites.get(0).run();
        closing.get();
        assertThat(Fixture.recover(disk.afterPowerCut(n -> 0))).isEqualTo(Map.of("0:a", "1", "0:b", "2"));
    }

    @Test
    void closing_ends_a_rewrite_and_loses_nothing() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        for (int i = 0; i < 50; i++) f.call("SET", "k" + i, "v");
        f.log.commit();
        f.log.rewrite();
        Thread closing = new Thread(() -> {
            try {
                f.log.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        f.toy.beforeSlice = () -> {
            closing.start();
            while (!f.log.isClosing()) Thread.onSpinWait();
            f.toy.beforeSlice = () -> {};
        };
        f.runBackground();
        closing.join();
        assertThat(Fixture.recover(disk.afterPowerCut(n -> 0))).isEqualTo(f.toy.data());
        assertThat(disk.names()).noneMatch(name -> name.startsWith("temp-") || name.endsWith(".reserve"));
    }

    @Test
    void an_interrupted_rewrite_is_swept_up_at_start() throws Exception {
        for (String at : List.of(
                "write appendonly.aof.2.incr.aof",
                "sync temp-appendonly.aof.1.base.aof",
                "rename appendonly.aof.1.base.aof",
                "create temp-appendonly.aof.manifest",
                "delete appendonly.aof.1.incr.aof")) {
            FakeDisk disk = new FakeDisk();
            Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
            f.call("SET", "a", "1");
            f.log.commit();
            FakeDisk[] killed = {null};
            disk.beforeStep = () -> {
                if (disk.steps.get(disk.steps.size() - 1).equals(at)) killed[0] = disk.afterKill();
            };
            f.log.rewrite();
            f.runBackground();
            assertThat(killed[0]).as(at).isNotNull();
            assertThat(Fixture.recover(killed[0])).as(at).isEqualTo(Map.of("0:a", "1"));
            assertThat(killed[0].names()).noneMatch(name -> name.startsWith("temp-"));
            String named = manifest(killed[0]);
            assertThat(killed[0].names()).as(at).allMatch(name -> named.contains(name) || !name.matches(".*\\.aof"));
        }
    }

    @Test
    void a_file_that_was_cut_short_and_is_not_the_last_is_refused() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        for (int i = 0; i < 20; i++) f.call("SET", "k" + i, "v");
        f.log.commit();
        f.log.rewrite();
        f.runBackground();
        f.call("SET", "more", "x");
        f.log.commit();
        byte[] base = f.file("appendonly.aof.1.base.aof");
        for (int cut = 0; cut < base.length; cut++) {
            FakeDisk damaged = disk.afterKill();
            damaged.put(Fixture.AOF.resolve("appendonly.aof.1.base.aof"), Arrays.copyOf(base, cut));
            assertThatThrownBy(() -> Fixture.recover(damaged))
                    .as("cut at %s", cut)
                    .isInstanceOf(DamagedLog.class)
                    .hasMessageContaining("appendonly.aof.1.base.aof");
        }
    }
}
