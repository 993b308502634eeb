package dev.cinnabar.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class Xxh3Test {
    /// Lengths, and what xxHash's own tool answers (`xxhsum -H3`, 0.8.1) for that many bytes 31 · i + 7.
    private static final Object[][] HASHES = {
        {0, "2d06800538d394c2"}, {1, "4c5cca45d0f4811f"}, {2, "a7e250c97710ff27"}, {3, "15f7093b173d005c"},
        {4, "dca012f95811b6b9"}, {7, "7561869c23da3c1b"}, {8, "dec6a9a43575982e"}, {9, "cbe393399f17ffbd"},
        {15, "545e19990471dc37"}, {16, "7e484c18d74895d0"}, {17, "208bde5ee2bed407"}, {31, "a937652b0119ca11"},
        {32, "03df0ac5255d1446"}, {33, "199a362122d71f46"}, {64, "dd30702ab46b3745"}, {127, "a915ed6396db8cc0"},
        {128, "f92b70eaa21a6288"}, {129, "f8f76713f2bb60fa"}, {143, "c372f52c27156971"}, {144, "d87f00765ee3d89e"},
        {200, "12fdb864685f344d"}, {239, "caa9b7a588464745"}, {240, "ccc7375172c41f03"}, {241, "0b3b630948ce4a00"},
        {255, "89932170686cdd9a"}, {256, "ec85b75bafe6ca74"}, {511, "0fec8fb6eae1df8b"}, {1023, "f0d330ce2b3300fb"},
        {1024, "23bc880ebf0d29c6"}, {1025, "c09fdfbc398c7d82"}, {1088, "a16bad67843c5a45"}, {1089, "822327a86aad957c"},
        {2048, "19f6f9c987331373"}, {2049, "5045460f5d85c275"}, {10000, "441f01d9711bebed"}
    };

    @Test
    void inputs_of_every_class_of_length_hash_as_xxhash_does() {
        for (Object[] pair : HASHES) {
            int length = (int) pair[0];
            byte[] bytes = new byte[length + 5];
            for (int i = 0; i < length; i++) bytes[i + 3] = (byte) (31 * i + 7);
            String hash = HexFormat.of().toHexDigits(Xxh3.of(new Bytes(bytes, 3, length)));
            assertThat(hash).as("%d bytes", length).isEqualTo(pair[1]);
        }
    }

    /// A compiler takes over in the middle.
    @Test
    void a_long_input_hashes_the_same_however_often_it_is_asked_for() {
        byte[] bytes = "a page of its own".repeat(300_000).getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 60; i++) {
            assertThat(Xxh3.of(bytes, 0, bytes.length)).as("time %d", i).isEqualTo(0xaaa2013871ae02bbL);
        }
    }

    @Test
    void the_example_of_redis_s_manual_hashes_as_it_says() {
        assertThat(Xxh3.of(Bytes.of("Hello world"))).isEqualTo(0xb6acb9d84a38ff74L);
    }

    @Test
    void short_inputs_make_no_garbage() {
        byte[] bytes = new byte[240];
        assertThat(Garbage.of(() -> Xxh3.of(bytes, 0, bytes.length))).isZero();
    }
}
