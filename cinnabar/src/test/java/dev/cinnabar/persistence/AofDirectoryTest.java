package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.Log;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AofDirectoryTest {
    private static final Path SINGLE = Fixture.DIR.resolve("appendonly.aof");

    private final FakeDisk disk = new FakeDisk();

    private AofDirectory open() throws Exception {
        return AofDirectory.open(disk, Fixture.DIR, "appendonlydir", "appendonly.aof", Log.none());
    }

    private void put(String name, byte[] content) {
        disk.put(Fixture.AOF.resolve(name), content);
    }

    @Test
    void a_fresh_directory_gets_an_increment_and_a_manifest_that_survive_a_power_cut() throws Exception {
        Fixture.open(disk, FsyncPolicy.EVERYSEC);
        FakeDisk left = disk.afterPowerCut(n -> 0);
        assertThat(left.names()).contains("appendonly.aof.1.incr.aof", "appendonly.aof.manifest");
        assertThat(Fixture.recover(left)).isEmpty();
    }

    @Test
    void a_start_that_was_interrupted_at_any_step_is_made_up_for() throws Exception {
        disk.put(SINGLE, Resp.commands("SET a 1"));
        List<FakeDisk> kills = new ArrayList<>();
        disk.beforeStep = () -> {
            kills.add(disk.afterKill());
            kills.add(disk.afterPowerCut(n -> 0));
            kills.add(disk.afterPowerCut(n -> n - 1));
        };
        Fixture.open(disk, FsyncPolicy.EVERYSEC);
        assertThat(kills).hasSizeGreaterThan(20);
        for (FakeDisk kill : kills) {
            Fixture again = Fixture.open(kill, FsyncPolicy.EVERYSEC);
            assertThat(again.toy.data()).as(kill.names().toString()).isEqualTo(Map.of("0:a", "1"));
        }
    }

    @Test
    void a_single_file_of_older_servers_becomes_the_base() throws Exception {
        disk.put(SINGLE, Resp.commands("SELECT 0", "SET a 1", "SET b 2"));
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        f.call("SET", "c", "3");
        f.log.commit();
        assertThat(disk.exists(SINGLE)).isFalse();
        assertThat(f.directory.manifest().live())
                .containsExactly(
                        new Manifest.Entry("appendonly.aof", 1, Manifest.Type.BASE),
                        new Manifest.Entry("appendonly.aof.1.incr.aof", 1, Manifest.Type.INCREMENT));
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(Map.of("0:a", "1", "0:b", "2", "0:c", "3"));

        f.log.rewrite();
        f.runBackground();
        assertThat(disk.names()).doesNotContain("appendonly.aof").contains("appendonly.aof.2.base.aof");
    }

    @Test
    void reads_and_unknown_commands_of_an_imported_file_are_passed_over_and_the_file_is_kept() throws Exception {
        disk.put(SINGLE, Resp.commands("SET a 1", "GET a", "FROB a b", "INCR a", "SET t x", "INCR t", "DEL gone"));
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        assertThat(f.toy.data()).isEqualTo(Map.of("0:a", "2", "0:t", "x"));
        assertThat(f.loaded.skipped()).isEqualTo(2);
        assertThat(f.messages).anyMatch(m -> m.contains("offset 47") && m.contains("unknown command 'FROB'"));
        assertThat(f.messages).anyMatch(m -> m.contains("Passed over 2 commands"));

        f.log.rewrite();
        f.runBackground();
        assertThat(disk.names()).contains("appendonly.aof", "appendonly.aof.2.base.aof");
        assertThat(Fixture.recover(disk.afterKill())).isEqualTo(f.toy.data());
    }

    @Test
    void an_unknown_command_in_a_log_of_ours_is_refused() throws Exception {
        put("appendonly.aof.1.incr.aof", Resp.commands("SET a 1", "FROB a b"));
        put("appendonly.aof.manifest", Resp.text("file appendonly.aof.1.incr.aof seq 1 type i\n"));
        assertThatThrownBy(() -> Fixture.recover(disk))
                .isInstanceOf(DamagedLog.class)
                .hasMessage("appendonly.aof.1.incr.aof, offset 27: unknown command 'FROB'");
    }

    @Test
    void a_missing_file_is_refused() {
        put("appendonly.aof.manifest", Resp.text("file appendonly.aof.1.incr.aof seq 1 type i\n"));
        assertThatThrownBy(this::open).isInstanceOf(DamagedLog.class).hasMessageContaining("appendonly.aof.1.incr.aof");
    }

    @Test
    void a_missing_manifest_is_refused_when_there_are_data() {
        put("appendonly.aof.1.incr.aof", Resp.commands("SET a 1"));
        assertThatThrownBy(this::open).isInstanceOf(DamagedLog.class).hasMessageContaining("appendonly.aof.manifest");
    }

    @Test
    void a_refused_start_has_not_moved_the_single_file() {
        disk.put(SINGLE, Resp.commands("SET a 1"));
        put("appendonly.aof.1.incr.aof", Resp.commands("SET b 2"));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(this::open)
                    .isInstanceOf(DamagedLog.class)
                    .hasMessageContaining("appendonly.aof.1.incr.aof is there");
            assertThat(disk.exists(SINGLE)).isTrue();
        }
    }

    @Test
    void only_temporary_files_of_this_log_are_swept_up() throws Exception {
        open();
        for (String name : List.of("temp-backup.tar", "temp-other.aof.2.base.aof", "temp-appendonly.aof.2.base.aof"))
            put(name, new byte[1]);
        open();
        assertThat(disk.names())
                .contains("temp-backup.tar", "temp-other.aof.2.base.aof")
                .doesNotContain("temp-appendonly.aof.2.base.aof");
    }

    @Test
    void files_that_are_not_ours_are_left_alone() throws Exception {
        put("notes.txt", Resp.text("mine"));
        put("other.aof.1.incr.aof", Resp.text("another server's"));
        Fixture.open(disk, FsyncPolicy.EVERYSEC);
        assertThat(disk.names()).contains("notes.txt", "other.aof.1.incr.aof");
    }

    @Test
    void history_that_was_not_deleted_is_deleted_at_start() throws Exception {
        put("appendonly.aof.1.base.rdb", Resp.text("old"));
        put("appendonly.aof.2.incr.aof", Resp.commands("SET a 1"));
        put(
                "appendonly.aof.manifest",
                Resp.text(
                        "file appendonly.aof.1.base.rdb seq 1 type h\nfile appendonly.aof.2.incr.aof seq 2 type i\n"));
        AofDirectory directory = open();
        assertThat(disk.names()).doesNotContain("appendonly.aof.1.base.rdb");
        assertThat(directory.manifest().history()).isEmpty();
    }

    @Test
    void a_new_increment_never_takes_a_name_that_is_taken() throws Exception {
        Fixture f = Fixture.open(disk, FsyncPolicy.EVERYSEC);
        put("appendonly.aof.2.incr.aof", Resp.commands("SET forgotten 1"));
        assertThat(f.directory.nextIncrement().name()).isEqualTo("appendonly.aof.3.incr.aof");
    }
}
