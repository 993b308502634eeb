package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// The lines as `Checksum` and the chapter draw them, digit for digit.
class ChecksumTest {
    @Test
    void the_drawing_of_the_lines_has_the_bytes_that_are_written() {
        byte[] file = Resp.checksummed(Resp.commands("SET k v", "DEL k"), Resp.commands("INCR n"));
        assertThat(lines(file)).containsExactly("#CRC:0:00000000", "#CRC:64:0d9976cf", "#CRC:103:59263c78");
    }

    @Test
    void the_drawing_of_the_groups_has_the_bytes_that_are_written() {
        byte[] first = Resp.commands("SELECT 0", "INCR n");
        byte[] file = Resp.checksummed(Checksum.Kind.GRP, first, Resp.commands("INCR n"));
        assertThat(lines(file)).containsExactly("#CRC:0:00000000", "#GRP:61:f9dadb30", "#BEG", "#GRP:106:e3c94b73");
    }

    private static String[] lines(byte[] file) {
        return new String(file, StandardCharsets.ISO_8859_1)
                .lines()
                .filter(line -> line.startsWith("#"))
                .toArray(String[]::new);
    }
}
