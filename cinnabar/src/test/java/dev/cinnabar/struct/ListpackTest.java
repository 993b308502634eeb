package dev.cinnabar.struct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The format itself is compared with Redis's by the tests of DUMP; here are the promises of walking and
/// finding.
class ListpackTest {
    private static final long SEED = 20261126;
    private static final int START = 3;
    private static final String[] LONG_TEXTS = {
        "a".repeat(62), "a".repeat(63), "a".repeat(64), "b".repeat(300), "c".repeat(5000)
    };

    private final Random random = new Random(SEED);

    /// Texts that are easily confused: the same ends, the same beginnings, one a part of the other, numbers
    /// and what only looks like them.
    private String text() {
        return switch (random.nextInt(8)) {
            case 0 -> "";
            case 1 -> Integer.toString(random.nextInt(300) - 100);
            case 2 -> "0" + random.nextInt(20);
            case 3 -> Long.toString(random.nextLong() >> random.nextInt(63));
            case 4 -> "field:%012d".formatted(random.nextInt(50));
            case 5 -> random.nextInt(50) + ":the same end";
            case 6 -> "abcdefghijkl".substring(random.nextInt(6), 6 + random.nextInt(7));
            default -> LONG_TEXTS[random.nextInt(LONG_TEXTS.length)];
        };
    }

    /// @return the listpack with other bytes before and behind it
    private static ByteBuilder pack(List<String> texts) {
        ByteBuilder entries = new ByteBuilder(64);
        for (String text : texts) Listpack.encode(Bytes.of(text), entries);
        ByteBuilder all = new ByteBuilder(64);
        all.append(new byte[START], 0, START);
        Listpack.appendEmpty(all);
        all.rewind(all.length() - 1);
        all.append(entries.array(), 0, entries.length());
        all.append((byte) Listpack.END);
        Listpack.setHeader(all.array(), START, all.length() - START, texts.size());
        return all;
    }

    @Test
    void what_is_found_is_the_first_entry_with_that_text_among_those_looked_at() {
        for (int round = 0; round < 2000; round++) {
            int skip = random.nextInt(3);
            List<String> texts = new ArrayList<>();
            for (int i = random.nextInt(12) * (1 + skip); i > 0; i--) texts.add(text());
            ByteBuilder pack = pack(texts);
            byte[] array = Arrays.copyOf(pack.array(), pack.length()); // reads beyond the end show
            assertThat(Listpack.isValid(array, START, array.length - START)).isTrue();

            List<String> wanted = new ArrayList<>(texts);
            for (int i = 0; i < 5; i++) wanted.add(text());
            for (String text : wanted) {
                assertThat(Listpack.find(array, Listpack.first(START), window(text), skip))
                        .as("seed %d, round %d: %s among each %d. of %s", SEED, round, text, 1 + skip, texts)
                        .isEqualTo(position(array, texts, text, skip));
            }
        }
    }

    /// The text within other bytes.
    private static Bytes window(String text) {
        return new Bytes(("<" + text + ">").getBytes(StandardCharsets.US_ASCII), 1, text.length());
    }

    private static int position(byte[] array, List<String> texts, String text, int skip) {
        for (int i = 0; i < texts.size(); i += 1 + skip) {
            if (texts.get(i).equals(text)) return Listpack.seek(array, START, i);
        }
        return -1;
    }

    @Test
    void an_entry_reads_as_the_text_that_was_encoded_from_either_end() {
        for (int round = 0; round < 500; round++) {
            List<String> texts = new ArrayList<>();
            for (int i = 1 + random.nextInt(10); i > 0; i--) texts.add(text());
            byte[] array = pack(texts).array();
            Listpack.Entry entry = new Listpack.Entry();
            int at = Listpack.last(array, START);
            for (int i = texts.size() - 1; i >= 0; i--) {
                assertThat(at).isEqualTo(Listpack.seek(array, START, i));
                assertThat(Listpack.read(array, at, entry).bytes().toString()).isEqualTo(texts.get(i));
                assertThat(entry.length()).isEqualTo(texts.get(i).length());
                if (i > 0) at = Listpack.previous(array, at);
            }
            assertThat(at).isEqualTo(Listpack.first(START));
        }
    }

    /// As Redis writes it, byte for byte: with one byte more than needed at the greatest length that would
    /// fit.
    @Test
    void the_length_at_the_end_of_an_entry_takes_what_it_takes_in_redis() {
        int[][] bodies = {{126, 1}, {127, 1}, {128, 2}, {16_382, 2}, {16_383, 3}, {2_097_150, 3}, {2_097_151, 4}};
        for (int[] body : bodies) {
            int head = body[0] < 64 ? 1 : body[0] < 4098 ? 2 : 5;
            ByteBuilder entry = new ByteBuilder();
            Listpack.encode(Bytes.of("x".repeat(body[0] - head)), entry);
            assertThat(entry.length()).as("a body of %d bytes", body[0]).isEqualTo(body[0] + body[1]);
            ByteBuilder pack = new ByteBuilder();
            Listpack.appendEmpty(pack);
            pack.rewind(Listpack.HEADER);
            pack.append(entry.array(), 0, entry.length());
            pack.append(entry.array(), 0, entry.length());
            pack.append((byte) Listpack.END);
            Listpack.setHeader(pack.array(), 0, pack.length(), 2);
            assertThat(Listpack.isValid(pack.array(), 0, pack.length())).isTrue();
            int second = Listpack.next(pack.array(), Listpack.first(0));
            assertThat(Listpack.previous(pack.array(), second)).isEqualTo(Listpack.first(0));
        }
    }
}
