package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Log;
import dev.cinnabar.base.LogLines;
import dev.cinnabar.base.Randomness;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RdbReaderTest {
    private static final Path PATH = Path.of("/d/x.rdb");

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) values[i];
        return bytes;
    }

    private static byte[] text(String text) {
        return Resp.join(bytes(text.length()), Resp.text(text));
    }

    /// An image around some bytes, with its checksum.
    private static byte[] image(byte[]... parts) {
        byte[] body = Resp.join(Resp.text("REDIS0010"), Resp.join(parts), bytes(0xff));
        long crc = Crc64.update(0, body, 0, body.length);
        return Resp.join(
                body,
                ByteBuffer.allocate(8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(crc)
                        .array());
    }

    private static Map<String, String> read(byte[] file) throws Exception {
        FakeDisk disk = new FakeDisk();
        disk.put(PATH, file);
        Toy toy = new Toy();
        RdbReader reader = new RdbReader(disk.open(PATH), "x.rdb", toy::database, at -> {});
        assertThat(reader.read()).isEqualTo(file.length);
        assertThat(toy.data()).hasSize((int) reader.keys());
        return toy.data();
    }

    @Test
    void strings_with_and_without_expiry_are_read() throws Exception {
        byte[] file = image(
                bytes(0xfa),
                text("redis-ver"),
                text("7.0.15"),
                bytes(0xfe, 0),
                bytes(0xfb, 3, 2),
                bytes(0),
                text("k"),
                text("v"),
                bytes(0xfc, 0x15, 0xcd, 0x5b, 0x07, 0, 0, 0, 0),
                bytes(0),
                text("ms"),
                text("x"),
                bytes(0xfd, 0x15, 0xcd, 0x5b, 0x07),
                bytes(0),
                text("s"),
                text("x"),
                bytes(0xfe, 9),
                bytes(0xf9, 255),
                bytes(0),
                text("lfu"),
                text(""),
                bytes(0xf8, 0x40 | 1, 0),
                bytes(0),
                text("lru"),
                text("y"));
        assertThat(read(file))
                .isEqualTo(Map.of(
                        "0:k", "v",
                        "0:ms", "x@123456789",
                        "0:s", "x@123456789000",
                        "9:lfu", "",
                        "9:lru", "y"));
    }

    @Test
    void what_an_image_says_of_its_writer_is_told_while_it_is_read() throws Exception {
        FakeDisk disk = new FakeDisk();
        ByteBuilder keys = new ByteBuilder();
        for (int i = 0; i < 3000; i++)
            keys.append((byte) 0).append(text("k" + i)).append(text("v"));
        byte[] head = Resp.join(bytes(0xfa), text("redis-ver"), text("7.0.15"), bytes(0xfa), text("used-mem"));
        byte[] used = Resp.join(bytes(0xc2), bytes(0, 0, 0x18, 0)); // 1.5 MiB
        disk.put(PATH, image(head, used, keys.copy()));
        LoadingProgress progress = new LoadingProgress();
        LogLines log = new LogLines(Log.Level.NOTICE);
        List<Long> seen = new ArrayList<>();
        RdbReader reader = new RdbReader(disk.open(PATH), "x.rdb", new Toy()::database, at -> {
                    assertThat(progress.usedMemory()).isEqualTo(1572864);
                    seen.add(progress.keys());
                })
                .telling(progress, log);
        reader.read();
        assertThat(seen).containsExactly(1024L, 2048L);
        assertThat(progress.keys()).isEqualTo(3000);
        assertThat(log.lines)
                .containsExactly(
                        "NOTICE Loading RDB produced by version 7.0.15",
                        "NOTICE RDB memory usage when created 1.50 Mb");
    }

    @Test
    void whole_numbers_are_unpacked() throws Exception {
        byte[] file = image(
                bytes(0),
                text("a"),
                bytes(0xc0, 0xff),
                bytes(0),
                text("b"),
                bytes(0xc1, 0x39, 0x30),
                bytes(0),
                text("c"),
                bytes(0xc2, 0, 0, 0, 0x80));
        assertThat(read(file)).isEqualTo(Map.of("0:a", "-1", "0:b", "12345", "0:c", "-2147483648"));
    }

    @Test
    void compressed_strings_are_unpacked() throws Exception {
        // "abcabcabc…": three bytes as they are, then 27 copied from three before
        byte[] packed = bytes(2, 'a', 'b', 'c', 0xe0, 18, 2);
        byte[] file = image(bytes(0), text("k"), bytes(0xc3, packed.length, 30), packed);
        assertThat(read(file)).isEqualTo(Map.of("0:k", "abc".repeat(10)));
    }

    @Test
    void lengths_of_all_sizes_are_read() throws Exception {
        String middle = "m".repeat(16383);
        String large = "l".repeat(3_000_000);
        byte[] file = image(
                bytes(0),
                bytes(0x7f, 0xff),
                Resp.text(middle),
                text("1"),
                bytes(0),
                text("2"),
                bytes(0x80, 0, 0x2d, 0xc6, 0xc0),
                Resp.text(large),
                bytes(0),
                text("3"),
                bytes(0x81, 0, 0, 0, 0, 0, 0, 0, 1),
                Resp.text("x"));
        assertThat(read(file)).isEqualTo(Map.of("0:" + middle, "1", "0:2", large, "0:3", "x"));
    }

    @Test
    void what_cannot_be_read_is_refused_by_key_and_type() {
        assertThatThrownBy(() -> read(image(bytes(0xfe, 0), bytes(18), text("mylist"), text("whatever"))))
                .isInstanceOf(DamagedLog.class)
                .hasMessageStartingWith("x.rdb, offset 11: the key \"mylist\", a list: ");
        assertThatThrownBy(() -> read(image(bytes(7), text("m"), text("whatever"))))
                .hasMessage("x.rdb, offset 9: the key \"m\", a value of a module: it is not supported");
        assertThatThrownBy(() -> read(image(bytes(0xfe, 16)))).hasMessageContaining("keys of database 16");
        assertThatThrownBy(() -> read(image(bytes(30), text("k"), text("v")))).hasMessageContaining("opcode 30");
    }

    @Test
    void functions_are_refused_by_the_name_of_their_library_and_with_a_way_out() {
        String wayOut = "; to load the rest, FUNCTION FLUSH where it was written, and have it written again";
        assertThatThrownBy(() -> read(image(bytes(0xf5), text("#!lua name=mylib\nredis.register_function("))))
                .hasMessage("x.rdb, offset 9: it holds functions, which are not supported (the library \"mylib\")"
                        + wayOut);
        assertThatThrownBy(() -> read(image(bytes(0xfe, 1, 0xf5), text("#!lua   name=a other=b"))))
                .hasMessage(
                        "x.rdb, offset 11: it holds functions, which are not supported (the library \"a\")" + wayOut);
        assertThatThrownBy(() -> read(image(bytes(0xf5), text("return 1"))))
                .hasMessage("x.rdb, offset 9: it holds functions, which are not supported" + wayOut);
        assertThatThrownBy(() -> read(image(bytes(0xf6), text("of a release candidate"))))
                .hasMessage("x.rdb, offset 9: it holds functions, which are not supported" + wayOut);
    }

    @Test
    void a_key_that_stands_there_twice_is_refused() {
        assertThatThrownBy(() -> read(image(bytes(0), text("k"), text("1"), bytes(0), text("k"), text("2"))))
                .hasMessage("x.rdb, offset 14: the key \"k\" stands there twice");
    }

    @Test
    void a_collection_without_elements_makes_no_key() throws Exception {
        FakeDisk disk = new FakeDisk();
        disk.put(PATH, image(bytes(2), text("s"), bytes(0), bytes(0), text("k"), text("v")));
        Toy toy = new Toy();
        new RdbReader(disk.open(PATH), "x.rdb", toy::database, at -> {}).read();
        assertThat(toy.data()).isEqualTo(Map.of("0:k", "v"));
    }

    @Test
    void every_flipped_bit_is_refused() throws Exception {
        byte[] good = image(
                bytes(0xfe, 0),
                bytes(0),
                text("key"),
                text("a value"),
                bytes(0xfc, 1, 2, 3, 4, 5, 6, 0, 0),
                bytes(0),
                text("n"),
                bytes(0xc1, 0x39, 0x30));
        assertThat(read(good)).hasSize(2);
        for (int at = 0; at < good.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] flipped = good.clone();
                flipped[at] ^= (byte) (1 << bit);
                assertThatThrownBy(() -> read(flipped))
                        .as("byte %s bit %s", at, bit)
                        .isInstanceOf(DamagedLog.class);
            }
        }
    }

    @Test
    void an_image_cut_anywhere_is_refused() {
        byte[] good = image(bytes(0xfe, 0), bytes(0), text("key"), text("a value"));
        for (int cut = 0; cut < good.length; cut++) {
            byte[] file = Arrays.copyOf(good, cut);
            assertThatThrownBy(() -> read(file)).as("cut at %s", cut).isInstanceOf(DamagedLog.class);
        }
    }

    @Test
    void random_bytes_end_in_a_refusal_and_take_no_memory() {
        long seed = System.nanoTime();
        Randomness random = new Randomness(seed);
        for (int round = 0; round < 3000; round++) {
            ByteBuilder file = new ByteBuilder().append("REDIS0010");
            for (int n = random.below(60); n > 0; n--) file.append((byte) random.below(256));
            file.append((byte) 0xff);
            assertThatThrownBy(() -> read(file.copy())).as("seed %s", seed).isInstanceOf(DamagedLog.class);
        }
    }

    @Test
    void an_image_with_commands_behind_it_is_the_old_mixed_log() throws Exception {
        FakeDisk disk = new FakeDisk();
        byte[] image = image(bytes(0xfe, 0), bytes(0), text("a"), text("1"));
        disk.put(Fixture.DIR.resolve("appendonly.aof"), Resp.join(image, Resp.commands("SELECT 0", "INCR a")));
        assertThat(Fixture.recover(disk)).containsEntry("0:a", "2");
    }

    @Test
    void the_checksum_has_the_value_that_is_known_for_it() {
        byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
        assertThat(Crc64.update(0, digits, 0, 9)).isEqualTo(0xe9c6d914c4b8d9caL);
        assertThat(Crc64.update(Crc64.update(0, digits, 0, 4), digits, 4, 5)).isEqualTo(0xe9c6d914c4b8d9caL);
    }
}
