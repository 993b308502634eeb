package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.command.Reply;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ReplyTest {
    @Test
    void a_text_of_any_length_lies_between_its_length_and_a_line_end() {
        byte[] source = new byte[2000];
        for (int i = 0; i < source.length; i++) source[i] = (byte) ('a' + i % 26);
        String all = new String(source, StandardCharsets.US_ASCII);
        for (int length = 0; length <= 1100; length++) {
            ByteBuilder out = new ByteBuilder(1);
            Reply reply = new Reply();
            reply.to(out, false);
            int offset = length % 7;
            reply.bulk(source, offset, length).integer(7);
            assertThat(out.toString())
                    .isEqualTo("$" + length + "\r\n" + all.substring(offset, offset + length) + "\r\n:7\r\n");
        }
    }

    @Test
    void a_text_at_the_very_end_of_its_array_is_read_no_further() {
        for (int length = 0; length <= 20; length++) {
            byte[] source = new byte[length];
            ByteBuilder out = new ByteBuilder(1);
            Reply reply = new Reply();
            reply.to(out, true);
            reply.bulk(source, 0, length);
            assertThat(out.length())
                    .isEqualTo(5 + length + Integer.toString(length).length());
        }
    }
}
