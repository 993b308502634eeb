package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckAofTest {
    @TempDir
    private Path dir;

    private Path manifest;
    private Path log;
    private final byte[] good = Resp.checksummed(Resp.commands("SET a 1"), Resp.commands("SET b 2", "SET c 3"));
    private String said = "";

    @BeforeEach
    void a_log_of_one_increment() throws Exception {
        manifest = dir.resolve("appendonly.aof.manifest");
        log = dir.resolve("appendonly.aof.1.incr.aof");
        Files.writeString(manifest, "file appendonly.aof.1.incr.aof seq 1 type i\n");
        Files.write(log, good);
    }

    private int check(String input, Object... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int status = new CheckAof(
                        Disk.real(),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)))
                .run(List.of(args).stream().map(Object::toString).toList());
        said = out.toString(StandardCharsets.UTF_8);
        return status;
    }

    @Test
    void a_good_log_is_good_by_directory_manifest_and_file() {
        for (Path path : List.of(dir, manifest, log)) {
            assertThat(check("", path)).isZero();
            assertThat(said).contains("All is well: 3 commands in " + good.length + " bytes.");
        }
    }

    @Test
    void a_manifest_that_was_not_finished_does_not_count() throws Exception {
        Files.writeString(dir.resolve("temp-appendonly.aof.manifest"), "file");
        assertThat(check("", dir)).isZero();
        assertThat(said).contains("All is well");
    }

    @Test
    void a_flipped_bit_is_told_with_file_and_offset_and_what_is_good() throws Exception {
        byte[] flipped = good.clone();
        flipped[good.length - 22] ^= 1;
        Files.write(log, flipped);
        int covered = Resp.checksummed(Resp.commands("SET a 1")).length;
        assertThat(check("", dir)).isEqualTo(1);
        assertThat(said)
                .contains("appendonly.aof.1.incr.aof, offset " + covered)
                .contains("Up to offset " + covered + " of " + good.length + " the file is good.");
        assertThat(Files.readAllBytes(log)).as("nothing was changed").isEqualTo(flipped);
    }

    @Test
    void a_file_that_is_not_there_is_said_not_to_be_there() {
        Path nope = dir.resolve("nope");
        assertThat(check("", nope)).isEqualTo(1);
        assertThat(said).isEqualToIgnoringNewLines(nope + ": there is no such file or directory");
    }

    @Test
    void fix_cuts_after_asking() throws Exception {
        Files.write(log, Resp.join(good, Resp.text("*3\r\n$3\r\nSE")));
        assertThat(check("n\n", "--fix", dir)).isEqualTo(1);
        assertThat(said).contains("Cut the last 10 bytes of appendonly.aof.1.incr.aof? [y/N]");
        assertThat(Files.size(log)).isEqualTo(good.length + 10);

        assertThat(check("", "--fix", dir)).as("no answer is no").isEqualTo(1);
        assertThat(check("y\n", "--fix", dir)).isZero();
        assertThat(Files.readAllBytes(log)).isEqualTo(good);
    }

    @Test
    void fix_with_yes_asks_nothing() throws Exception {
        Files.write(log, Resp.join(good, Resp.commands("MULTI", "SET d 4"), Resp.text("*3\r\n")));
        assertThat(check("", "--fix", "--yes", manifest)).isZero();
        assertThat(Files.readAllBytes(log)).isEqualTo(good);
        assertThat(said).contains("All is well");
    }

    @Test
    void damage_in_a_file_that_is_not_the_last_cannot_be_cut() throws Exception {
        byte[] flipped = good.clone();
        flipped[30] ^= 1;
        Files.write(log, flipped);
        Files.write(dir.resolve("second"), Resp.commands("SET x 1"));
        Files.writeString(manifest, "file appendonly.aof.1.incr.aof seq 1 type i\nfile second seq 2 type i\n");
        assertThat(check("y\n", "--fix", dir)).isEqualTo(1);
        assertThat(said).contains("cannot be repaired");
        assertThat(Files.readAllBytes(log)).isEqualTo(flipped);
    }

    @Test
    void a_missing_file_and_a_bad_manifest_are_told() throws Exception {
        Files.delete(log);
        assertThat(check("", dir)).isEqualTo(1);
        assertThat(said).contains("appendonly.aof.1.incr.aof, which is missing");
        Files.writeString(manifest, "nonsense\n");
        assertThat(check("", dir)).isEqualTo(1);
        assertThat(said).contains("appendonly.aof.manifest, offset 0");
        assertThat(check("", dir.resolve("nowhere"))).isEqualTo(1);
    }

    @Test
    void a_command_line_that_makes_no_sense_gets_the_usage() {
        assertThat(check("")).isEqualTo(2);
        assertThat(check("", dir, dir)).isEqualTo(2);
        assertThat(check("", "--frob")).isEqualTo(2);
        assertThat(check("", "-x")).isEqualTo(2);
        assertThat(said).startsWith("usage: cinnabar-check-aof");
    }

    @Test
    void who_asks_for_help_is_told_what_it_does_and_what_the_options_do() {
        for (String word : List.of("-h", "--help")) {
            assertThat(check("", word)).isZero();
            assertThat(said).startsWith("usage: cinnabar-check-aof").contains("damaged", "--fix  ", "--yes  ");
        }
    }
}
