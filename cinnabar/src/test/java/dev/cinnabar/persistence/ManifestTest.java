package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManifestTest {
    private static final String REDIS = "file appendonly.aof.2.base.rdb seq 2 type b\n"
            + "file appendonly.aof.1.base.rdb seq 1 type h\n"
            + "file appendonly.aof.2.incr.aof seq 2 type h\n"
            + "file appendonly.aof.3.incr.aof seq 3 type i\n"
            + "file appendonly.aof.4.incr.aof seq 4 type i\n";

    private static Manifest parse(String text) throws DamagedLog {
        return Manifest.parse(Resp.text(text), "m");
    }

    @Test
    void a_manifest_of_redis_reads_and_is_written_back_the_same_but_for_its_checksum() throws Exception {
        Manifest manifest = parse(REDIS);
        assertThat(manifest.live())
                .extracting(Manifest.Entry::name)
                .containsExactly("appendonly.aof.2.base.rdb", "appendonly.aof.3.incr.aof", "appendonly.aof.4.incr.aof");
        assertThat(manifest.history()).hasSize(2);
        String written = new String(manifest.format(), StandardCharsets.ISO_8859_1);
        assertThat(written).startsWith(REDIS).matches("(?s).*\n#END:\\d+:[0-9a-f]{8}\r\n");
        assertThat(Manifest.parse(manifest.format(), "m")).isEqualTo(manifest);
    }

    @Test
    void every_flipped_bit_is_refused() throws Exception {
        byte[] good = parse(REDIS).format();
        for (int at = 0; at < good.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = good.clone();
                flipped[at] ^= (byte) (1 << bit);
                try {
                    // Only the checksum line itself may turn into another comment.
                    assertThat(Manifest.parse(flipped, "m"))
                            .as("byte %s bit %s", at, bit)
                            .isEqualTo(parse(REDIS));
                    assertThat(at).isGreaterThanOrEqualTo(REDIS.length());
                } catch (DamagedLog e) {
                    assertThat(e).hasMessageStartingWith("m");
                }
            }
        }
    }

    @Test
    void odd_names_are_quoted_and_read_back() throws Exception {
        for (String name : List.of("a b.aof", "quo\"te", "back\\slash", "tab\there", "caf\u00e9", "it's", "\u0001")) {
            if (name.contains("\\")) continue; // a path on Windows
            Manifest manifest = new Manifest(List.of(new Manifest.Entry(name, 7, Manifest.Type.BASE)));
            assertThat(Manifest.parse(manifest.format(), "m")).isEqualTo(manifest);
        }
    }

    /// Redis 7.0 writes `größe` like this; names with the bytes of Latin-1 are those of older versions of
    /// ours.
    @Test
    void names_are_written_in_utf_8() throws Exception {
        for (String name : new String[] {"gr\u00f6\u00dfe.aof", "\u0436\u0443\u0440.aof", "\ud83d\ude00.aof"}) {
            Manifest manifest = new Manifest(List.of(new Manifest.Entry(name, 1, Manifest.Type.BASE)));
            assertThat(Manifest.parse(manifest.format(), "m")).isEqualTo(manifest);
        }
        Manifest manifest = new Manifest(List.of(new Manifest.Entry("gr\u00f6\u00dfe.aof", 1, Manifest.Type.BASE)));
        assertThat(new String(manifest.format(), StandardCharsets.US_ASCII))
                .startsWith("file \"gr\\xc3\\xb6\\xc3\\x9fe.aof\" seq 1 type b\n");
        byte[] old = "file \"gr\\xf6\\xdfe.aof\" seq 1 type b\n".getBytes(StandardCharsets.US_ASCII);
        assertThat(Manifest.parse(old, "m")).isEqualTo(manifest);
    }

    @Test
    void comments_and_keys_of_later_versions_are_passed_over() throws Exception {
        Manifest manifest = parse("# by hand\nfile x seq 1 type i startoffset 12\n");
        assertThat(manifest.live()).containsExactly(new Manifest.Entry("x", 1, Manifest.Type.INCREMENT));
    }

    @Test
    void what_makes_no_sense_is_refused_with_its_line() {
        for (String wrong : List.of(
                "",
                "\n",
                "# only a comment\n",
                "file x seq 1 type i",
                "file x seq 1\n",
                "file x type i\n",
                "seq 1 type i\n",
                "file x seq 0 type i\n",
                "file x seq -1 type i\n",
                "file x seq 1x type i\n",
                "file x seq 1 type q\n",
                "file x seq 1 type\n",
                "file a/b seq 1 type i\n",
                "file .. seq 1 type i\n",
                "file \"x seq 1 type i\n",
                "file x seq 1 type b\nfile y seq 2 type b\n",
                "file x seq 2 type i\nfile y seq 1 type i\n",
                "file x seq 1 type i\nfile x seq 2 type i\n",
                "file x seq 1 type i\n\n",
                "file x seq 99999999999999999999 type i\n",
                "file " + "x".repeat(2000) + " seq 1 type i\n")) {
            assertThatThrownBy(() -> parse(wrong))
                    .as(wrong)
                    .isInstanceOf(DamagedLog.class)
                    .hasMessageStartingWith("m");
        }
    }
}
