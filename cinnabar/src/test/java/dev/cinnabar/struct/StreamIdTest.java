package dev.cinnabar.struct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StreamIdTest {
    private static String printed(long ms, long seq) {
        byte[] target = new byte[StreamId.MAX_CHARS + 1];
        int length = StreamId.print(ms, seq, target, 1);
        assertThat(StreamId.length(ms, seq)).isEqualTo(length);
        return new String(target, 1, length, StandardCharsets.US_ASCII);
    }

    @Test
    void what_is_printed_is_read() {
        long[] halves = {
            0,
            9,
            10,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            StreamId.MAX,
            Long.parseUnsignedLong("9999999999999999999"),
            Long.parseUnsignedLong("10000000000000000000")
        };
        for (long ms : halves) {
            for (long seq : halves) {
                String text = printed(ms, seq);
                assertThat(text).isEqualTo(StreamId.text(ms, seq));
                assertThat(StreamId.isId(Bytes.of(text))).isTrue();
                assertThat(StreamId.ms(Bytes.of(text))).isEqualTo(ms);
                assertThat(StreamId.seq(Bytes.of(text), 7)).isEqualTo(seq);
            }
        }
    }

    @Test
    void texts_that_are_no_ids_are_known() {
        for (String text : new String[] {
            "",
            "-",
            "-1",
            "1-",
            "1--1",
            "1-2-3",
            "x",
            "1-x",
            "18446744073709551616",
            "99999999999999999999",
            "1 ",
            "*",
            "1-*"
        }) assertThat(StreamId.isId(Bytes.of(text))).as(text).isFalse();
        for (String text : new String[] {"0", "007-1", " 7", "+7-0", "18446744073709551615-18446744073709551615"})
            assertThat(StreamId.isId(Bytes.of(text))).as(text).isTrue();
        assertThat(StreamId.isOpen(Bytes.of("5-*"))).isTrue();
        assertThat(StreamId.isOpen(Bytes.of("-*"))).isFalse();
    }

    @Test
    void neighbours_carry() {
        assertThat(StreamId.text(StreamId.nextMs(5, StreamId.MAX), StreamId.nextSeq(StreamId.MAX)))
                .isEqualTo("6-0");
        assertThat(StreamId.text(StreamId.previousMs(5, 0), StreamId.previousSeq(0)))
                .isEqualTo("4-18446744073709551615");
    }
}
