package dev.cinnabar.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.StoredBytes;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReplyReaderTest {
    @Test
    void each_kind_of_reply_becomes_its_object() throws IOException {
        assertThat(read("+OK\r\n")).isEqualTo("OK");
        assertThat(read("-ERR no\r\n")).isEqualTo(new ReplyReader.Failure("ERR no"));
        assertThat(read("!6\r\nERR no\r\n")).isEqualTo(new ReplyReader.Failure("ERR no"));
        assertThat(read(":-42\r\n")).isEqualTo(-42L);
        assertThat(read("$5\r\na\r\nbc\r\n")).isEqualTo(StoredBytes.of("a\r\nbc"));
        assertThat(read("$0\r\n\r\n")).isEqualTo(StoredBytes.of(""));
        assertThat(read("$-1\r\n")).isNull();
        assertThat(read("*-1\r\n")).isNull();
        assertThat(read("_\r\n")).isNull();
        assertThat(read("#t\r\n")).isEqualTo(true);
        assertThat(read("#f\r\n")).isEqualTo(false);
        assertThat(read(",3.25\r\n")).isEqualTo(3.25);
        assertThat(read(",-inf\r\n")).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(read("(12345678901234567890123\r\n")).isEqualTo(new BigInteger("12345678901234567890123"));
        assertThat(read("=7\r\ntxt:abc\r\n")).isEqualTo(new ReplyReader.Verbatim("txt", StoredBytes.of("abc")));
        assertThat(read("*0\r\n")).isEqualTo(List.of());
        assertThat(read("*3\r\n:1\r\n*1\r\n+a\r\n_\r\n")).isEqualTo(Arrays.asList(1L, List.of("a"), null));
        assertThat(read("~2\r\n:1\r\n:2\r\n")).isEqualTo(Set.of(1L, 2L));
        assertThat(read("%2\r\n+a\r\n:1\r\n$1\r\nb\r\n*0\r\n"))
                .isEqualTo(Map.of("a", 1L, StoredBytes.of("b"), List.of()));
        assertThat(read(">2\r\n+message\r\n:1\r\n")).isEqualTo(new ReplyReader.Push(List.of("message", 1L)));
    }

    @Test
    void attributes_are_told_aside() throws IOException {
        byte[] bytes = latin1("|1\r\n+ttl\r\n:3600\r\n+OK\r\n+OK\r\n");
        ReplyReader reader = new ReplyReader(bytes, 0, bytes.length);

        assertThat(reader.read()).isEqualTo("OK");
        assertThat(reader.attributes()).isEqualTo(Map.of("ttl", 3600L));
        assertThat(reader.read()).isEqualTo("OK");
        assertThat(reader.attributes()).isEmpty();
        assertThat(reader.hasMore()).isFalse();
    }

    @Test
    void a_reply_that_comes_in_single_bytes_is_the_same() throws IOException {
        String big = "x".repeat(200_000);
        byte[] bytes = latin1("*2\r\n$200000\r\n" + big + "\r\n+OK\r\n:7\r\n");
        ReplyReader reader = new ReplyReader(oneByOne(bytes));

        assertThat(reader.read()).isEqualTo(List.of(StoredBytes.of(big), "OK"));
        assertThat(reader.read()).isEqualTo(7L);
        assertThatThrownBy(reader::read).isInstanceOf(EOFException.class);
    }

    @Test
    void every_cut_of_a_reply_is_noticed() {
        byte[] bytes = latin1("*2\r\n$3\r\nabc\r\n%1\r\n+k\r\n,1.5\r\n");
        for (int i = 0; i < bytes.length; i++) {
            int cut = i;
            assertThatThrownBy(() -> ReplyReader.read(bytes, 0, cut)).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void what_is_no_reply_is_refused() {
        for (String text : List.of("?\r\n", "PONG\r\n", ":x\r\n", "$x\r\n", "$2000000000\r\n", "*1\r\n".repeat(1000))) {
            assertThatThrownBy(() -> read(text)).isInstanceOf(IOException.class);
        }
    }

    private static Object read(String text) throws IOException {
        byte[] bytes = latin1(text);
        return ReplyReader.read(bytes, 0, bytes.length);
    }

    private static InputStream oneByOne(byte[] bytes) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(1, length));
            }
        };
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
