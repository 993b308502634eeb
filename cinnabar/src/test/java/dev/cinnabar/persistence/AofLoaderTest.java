package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AofLoaderTest {
    private static final String NAME = "appendonly.aof.1.incr.aof";

    private final FakeDisk disk = new FakeDisk();

    private void put(byte[] log) {
        put(disk, log);
    }

    private static void put(FakeDisk disk, byte[] log) {
        disk.put(Fixture.AOF.resolve(NAME), log);
        disk.put(Fixture.AOF.resolve("appendonly.aof.manifest"), Resp.text("file " + NAME + " seq 1 type i\n"));
    }

    @Test
    void a_torn_tail_is_cut_with_a_warning() throws Exception {
        byte[] whole = Resp.commands("SET a 1");
        put(Resp.join(whole, Resp.text("*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$5\r\nhe")));
        Fixture f = new Fixture(disk).load(true);
        assertThat(f.toy.data()).isEqualTo(Map.of("0:a", "1"));
        assertThat(f.loaded.cutBytes()).isEqualTo(26);
        assertThat(f.messages).anyMatch(m -> m.startsWith("WARNING " + NAME) && m.contains("26 bytes, from offset 27"));
        assertThat(f.file(NAME)).isEqualTo(whole);
        assertThat(Fixture.recover(disk.afterPowerCut(n -> 0)))
                .as("the cut lasts")
                .isEqualTo(Map.of("0:a", "1"));
    }

    @Test
    void an_empty_base_is_how_redis_begins_without_a_preamble() throws Exception {
        put(Resp.commands("SET a 1"));
        disk.put(Fixture.AOF.resolve("appendonly.aof.1.base.aof"), new byte[0]);
        disk.put(
                Fixture.AOF.resolve("appendonly.aof.manifest"),
                Resp.text("file appendonly.aof.1.base.aof seq 1 type b\nfile " + NAME + " seq 1 type i\n"));
        assertThat(new Fixture(disk).load(true).toy.data()).isEqualTo(Map.of("0:a", "1"));
    }

    /// As in Redis; neither writes such files, but others may.
    @Test
    void each_file_begins_in_database_0() throws Exception {
        put(Resp.commands("SET b 2"));
        disk.put(Fixture.AOF.resolve("appendonly.aof.1.base.aof"), Resp.commands("SELECT 5", "SET a 1"));
        disk.put(
                Fixture.AOF.resolve("appendonly.aof.manifest"),
                Resp.text("file appendonly.aof.1.base.aof seq 1 type b\nfile " + NAME + " seq 1 type i\n"));
        assertThat(new Fixture(disk).load(true).toy.data()).isEqualTo(Map.of("5:a", "1", "0:b", "2"));
    }

    @Test
    void an_empty_base_before_an_increment_of_ours_was_cut_short() throws Exception {
        Fixture first = Fixture.open(new FakeDisk(), FsyncPolicy.EVERYSEC);
        first.call("SET", "a", "1");
        first.log.commit();
        put(first.file(NAME));
        disk.put(Fixture.AOF.resolve("appendonly.aof.1.base.aof"), new byte[0]);
        disk.put(
                Fixture.AOF.resolve("appendonly.aof.manifest"),
                Resp.text("file appendonly.aof.1.base.aof seq 1 type b\nfile " + NAME + " seq 1 type i\n"));
        assertThatThrownBy(() -> new Fixture(disk).load(true))
                .isInstanceOf(DamagedLog.class)
                .hasMessageContaining("cut short");
    }

    @Test
    void a_torn_tail_is_refused_when_the_operator_wants_it_so() {
        byte[] torn = Resp.join(Resp.commands("SET a 1"), Resp.text("*3\r\n$3"));
        put(torn);
        assertThatThrownBy(() -> new Fixture(disk).load(false))
                .isInstanceOf(DamagedLog.class)
                .hasMessageContaining("offset 27")
                .hasMessageContaining("aof-load-truncated");
        assertThat(disk.get(Fixture.AOF.resolve(NAME))).as("untouched").isEqualTo(torn);
    }

    @Test
    void an_unfinished_transaction_is_cut_at_its_beginning_and_nothing_of_it_ran() throws Exception {
        byte[] file = Resp.commands("SET a 1", "MULTI", "SET a 2", "SET b 2");
        put(file);
        Fixture f = new Fixture(disk).load(true);
        assertThat(f.toy.data()).isEqualTo(Map.of("0:a", "1"));
        assertThat(f.file(NAME)).hasSize(27);
    }

    @Test
    void a_log_cut_anywhere_goes_on_and_stays_checksummed() throws Exception {
        Fixture first = Fixture.open(new FakeDisk(), FsyncPolicy.EVERYSEC);
        for (int i = 0; i < 4; i++) {
            first.call("SET", "k" + i, "v" + i);
            Toy.append(first.log, 0, "MULTI");
            first.call("INCR", "n");
            first.call("INCR", "m");
            Toy.append(first.log, 0, "EXEC");
            first.log.commit();
            if (i % 2 == 0) first.turn(1000);
        }
        byte[] log = first.file(NAME);
        for (int cut = 0; cut <= log.length; cut++) {
            FakeDisk disk = new FakeDisk();
            put(disk, Arrays.copyOf(log, cut));
            Fixture f = Fixture.open(disk, FsyncPolicy.ALWAYS);
            assertThat(f.toy.data().get("0:n")).isEqualTo(f.toy.data().get("0:m"));
            f.call("SET", "after", "x");
            f.log.commit();
            f.log.thread.turn();
            byte[] now = f.file(NAME);
            assertThat(Fixture.recover(disk.afterKill())).as("cut at %s", cut).isEqualTo(f.toy.data());
            for (int at = 0; at < f.length(NAME); at += 41) { // everything is covered now
                FakeDisk flipped = disk.afterKill();
                byte[] bytes = now.clone();
                bytes[at] ^= 4;
                put(flipped, bytes);
                assertRefusedOrRight(flipped, f.toy.data());
            }
        }
    }

    /// A file that was cut to nothing has no first line; the name of its only checksum line may flip, and
    /// then it is a comment.
    private static void assertRefusedOrRight(FakeDisk disk, Map<String, String> right) throws Exception {
        try {
            assertThat(Fixture.recover(disk)).isEqualTo(right);
        } catch (DamagedLog e) {
            assertThat(e).hasMessageStartingWith(NAME);
        }
    }

    @Test
    void a_flip_behind_the_last_checksum_never_changes_what_is_before_it() throws Exception {
        Fixture first = Fixture.open(new FakeDisk(), FsyncPolicy.EVERYSEC);
        for (int i = 0; i < 10; i++) first.call("SET", "k" + i, "v" + i);
        first.log.commit();
        first.turn(1000);
        Map<String, String> covered = new TreeMap<>(first.toy.data());
        int coveredTo = first.file(NAME).length;
        first.call("SET", "k10", "v10");
        first.log.commit();
        byte[] log = first.file(NAME);
        for (int at = coveredTo; at < log.length; at++) {
            byte[] flipped = log.clone();
            flipped[at] ^= 1;
            FakeDisk disk = new FakeDisk();
            put(disk, flipped);
            try {
                assertThat(Fixture.recover(disk)).containsAllEntriesOf(covered);
            } catch (DamagedLog e) {
                assertThat(e.offset()).isGreaterThanOrEqualTo(coveredTo);
            }
        }
    }

    @Test
    void what_another_server_appended_is_covered_from_the_next_write_on() throws Exception {
        Fixture first = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        first.call("SET", "a", "1");
        first.log.commit();
        first.log.close();
        put(Resp.join(first.file(NAME), Resp.commands("SELECT 0", "SET b 2"))); // Redis writes no lines
        Fixture second = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        assertThat(second.toy.data()).isEqualTo(Map.of("0:a", "1", "0:b", "2"));
        second.turn(1000);
        byte[] now = second.file(NAME);
        for (int at = 0; at < now.length; at++) {
            byte[] flipped = now.clone();
            flipped[at] ^= 2;
            FakeDisk disk = new FakeDisk();
            put(disk, flipped);
            assertThatThrownBy(() -> Fixture.recover(disk)).as("byte %s", at).isInstanceOf(DamagedLog.class);
        }
    }

    @Test
    void a_torn_file_that_is_not_the_last_is_refused() {
        put(Resp.join(Resp.commands("SET a 1"), Resp.text("*1\r\n")));
        disk.put(Fixture.AOF.resolve("x"), Resp.commands("SET b 2"));
        disk.put(
                Fixture.AOF.resolve("appendonly.aof.manifest"),
                Resp.text("file " + NAME + " seq 1 type i\nfile x seq 2 type i\n"));
        assertThatThrownBy(() -> new Fixture(disk).load(true))
                .isInstanceOf(DamagedLog.class)
                .hasMessageContaining(NAME)
                .hasMessageContaining("not the last file");
    }

    @Test
    void transactions_must_fit_together() {
        for (byte[] log : new byte[][] {
            Resp.commands("SET a 1", "EXEC"), Resp.commands("MULTI", "MULTI"),
        }) {
            put(log);
            assertThatThrownBy(() -> new Fixture(disk).load(true)).isInstanceOf(DamagedLog.class);
        }
    }
}
