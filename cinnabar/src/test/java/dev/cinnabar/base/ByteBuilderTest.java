package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ByteBuilderTest {
    @Test
    void random_appends_give_what_a_plain_stream_gives() {
        RandomRun.of(2_000, (random, operations) -> {
            for (int run = 0; run < operations; run++) {
                ByteBuilder builder = new ByteBuilder(random.below(20));
                ByteArrayOutputStream model = new ByteArrayOutputStream();
                int cut = 0;
                for (int i = random.below(60); i > 0; i--) {
                    model.writeBytes(append(builder, random));
                    if (RandomRun.oneIn(random, 10)) cut = builder.length();
                    if (RandomRun.oneIn(random, 20)) {
                        byte[] all = model.toByteArray();
                        model.reset();
                        model.write(all, 0, cut);
                        builder.rewind(cut);
                    }
                }
                assertThat(builder.copy()).containsExactly(model.toByteArray());
                assertThat(builder.window().copy()).containsExactly(model.toByteArray());
            }
        });
    }

    private static byte[] append(ByteBuilder builder, Randomness random) {
        switch (random.below(9)) {
            case 0 -> {
                byte b = (byte) random.nextLong();
                builder.append(b);
                return new byte[] {b};
            }
            case 1 -> {
                builder.append('$');
                return new byte[] {'$'};
            }
            case 2 -> {
                byte[] bytes = new byte[random.below(100)];
                for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) random.nextLong();
                builder.append(bytes);
                return bytes;
            }
            case 3 -> {
                builder.append("xabcx".getBytes(StandardCharsets.US_ASCII), 1, 3);
                return "abc".getBytes(StandardCharsets.US_ASCII);
            }
            case 4 -> {
                String text = "plain ".repeat(random.below(5));
                builder.append(text);
                return text.getBytes(StandardCharsets.UTF_8);
            }
            case 5 -> {
                String text = "zażółć \uD83D\uDE00 €".substring(random.below(4));
                builder.append(text);
                return text.getBytes(StandardCharsets.UTF_8);
            }
            case 6 -> {
                long number = random.nextLong() >> random.below(64);
                builder.append(number);
                return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
            }
            case 7 -> {
                int room = random.below(50);
                int at = builder.reserve(room + 1);
                byte[] written = new byte[room];
                for (int i = 0; i < room; i++) builder.array()[at + i] = written[i] = (byte) i;
                builder.advance(room);
                return written;
            }
            default -> {
                builder.appendCrlf();
                return new byte[] {'\r', '\n'};
            }
        }
    }

    @Test
    void appending_a_part_of_the_builder_to_itself_copies_it_even_when_the_array_grows() {
        ByteBuilder builder = new ByteBuilder(6).append("abcdef");
        builder.append(builder.array(), 2, 4);
        builder.append(builder.window());
        assertThat(builder).hasToString("abcdefcdefabcdefcdef");
    }

    @Test
    void clearing_keeps_the_array_and_trimming_lets_a_large_one_go_but_never_the_content() {
        ByteBuilder builder = new ByteBuilder(16);
        builder.append(new byte[1000]);
        byte[] array = builder.array();
        builder.trim(100);
        assertThat(builder.array()).isSameAs(array);
        builder.clear();
        assertThat(builder.length()).isZero();
        assertThat(builder.array()).isSameAs(array);
        builder.append("kept");
        builder.trim(100);
        assertThat(builder.capacity()).isEqualTo(100);
        assertThat(builder).hasToString("kept");
    }

    @Test
    void a_length_beyond_any_array_is_refused_and_the_content_stays() {
        ByteBuilder builder = new ByteBuilder(16).append("kept");
        assertThatThrownBy(() -> builder.reserve(Integer.MAX_VALUE)).isInstanceOf(IllegalStateException.class);
        assertThat(builder).hasToString("kept");
    }

    @Test
    void appending_within_the_capacity_allocates_nothing() {
        ByteBuilder builder = new ByteBuilder(4096);
        Bytes window = Bytes.of("a value");
        assertThat(Garbage.of(() -> {
                    builder.clear();
                    for (int i = 0; i < 50; i++) {
                        builder.append('$')
                                .append(7L * i)
                                .appendCrlf()
                                .append(window)
                                .append("text")
                                .append(window.array());
                        builder.appendCrlf();
                    }
                }))
                .isZero();
    }
}
