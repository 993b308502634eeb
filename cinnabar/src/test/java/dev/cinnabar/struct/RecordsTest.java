package dev.cinnabar.struct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RecordsTest {
    private static final int[] EDGES = {0, 1, 2, 127, 128, 129, 255, 256, 16_383, 16_384, 16_385, 70_000, 1 << 20};

    @Test
    void the_layout_is_the_one_that_is_drawn() {
        byte[] page = new byte[100];
        byte[] key = {'k', 'e', 'y'};
        Records.writeHead(page, 10, 5, Records.HAS_EXPIRY | Records.IMAGED, 0x030201, key, 0, 3);
        Records.setExpiryMs(page, 10, 0x1122334455667788L);
        Records.setPrevious(page, 10, 0xa1a2a3a4a5a6L);
        Records.setNext(page, 10, 0xb1b2b3b4b5b6L);
        Records.setFixed4(page, 10, 0x0a0b0c0d);
        assertThat(Arrays.copyOfRange(page, 10, 10 + 32))
                .containsExactly(
                        0x35, 1, 2, 3, // tag, access
                        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, // expiry
                        0xa6, 0xa5, 0xa4, 0xa3, 0xa2, 0xa1, // previous
                        0xb6, 0xb5, 0xb4, 0xb3, 0xb2, 0xb1, // next
                        3, 'k', 'e', 'y', 0x0d, 0x0c, 0x0b, 0x0a);

        Records.writeHead(page, 50, 2, 0, 0, key, 1, 2);
        int header = Records.valueHeader(page, 50);
        assertThat(header).isEqualTo(50 + 4 + 1 + 2);
        Records.writeLength(page, header, 0x1234);
        assertThat(Arrays.copyOfRange(page, 50, 59)).containsExactly(2, 0, 0, 0, 2, 'e', 'y', 0x80 | 0x12, 0x34);
        Records.writeLength(page, header, 0x12345678);
        assertThat(Arrays.copyOfRange(page, header, header + 5)).containsExactly(0xc0, 0x78, 0x56, 0x34, 0x12);
    }

    @Test
    void keys_and_values_of_every_length_are_found_where_they_were_written() {
        for (int keyLength : EDGES) {
            for (int valueLength : EDGES) {
                for (boolean hasExpiry : new boolean[] {false, true})
                    writesAndReads(keyLength, valueLength, hasExpiry, keyLength % 7);
            }
        }
    }

    private static void writesAndReads(int keyLength, int valueLength, boolean hasExpiry, int at) {
        long before = Records.sizeBeforeValue(keyLength, hasExpiry);
        int size = (int) (before + Records.bytesSize(valueLength));
        byte[] page = new byte[at + size + 1];
        Arrays.fill(page, (byte) 0xee);
        byte[] key = new byte[keyLength + 2];
        for (int i = 0; i < key.length; i++) key[i] = (byte) (i * 31);

        Records.writeHead(page, at, 7, hasExpiry ? Records.HAS_EXPIRY : 0, 0xabcdef, key, 1, keyLength);
        if (hasExpiry) {
            Records.setExpiryMs(page, at, -1);
            Records.setPrevious(page, at, 1L << 47);
            Records.setNext(page, at, (1L << 42) - 1);
        }
        int header = Records.valueHeader(page, at);
        assertThat(header).isEqualTo(at + (int) before);
        int prefix = Records.writeLength(page, header, valueLength);
        assertThat(prefix).isEqualTo(Records.lengthBytes(valueLength));
        Arrays.fill(page, header + prefix, header + prefix + valueLength, (byte) 0x55);

        assertThat(page[at + size]).as("behind the end").isEqualTo((byte) 0xee);
        assertThat(Records.kind(page, at)).isEqualTo(7);
        assertThat(Records.access(page, at)).isEqualTo(0xabcdef);
        assertThat(Records.has(page, at, Records.HAS_EXPIRY)).isEqualTo(hasExpiry);
        assertThat(Records.keyLength(page, at)).isEqualTo(keyLength);
        assertThat(Records.key(page, at, new Bytes())).isEqualTo(new Bytes(key, 1, keyLength));
        assertThat(Records.keyOffset(page, at)).isEqualTo(header - keyLength);
        assertThat(Records.keyEquals(page, at, key, 1, keyLength)).isTrue();
        if (keyLength > 0) {
            assertThat(Records.keyEquals(page, at, key, 1, keyLength - 1)).isFalse();
            key[keyLength] ^= 1;
            assertThat(Records.keyEquals(page, at, key, 1, keyLength)).isFalse();
        }
        assertThat(Records.keyEquals(page, at, new byte[keyLength + 1], 0, keyLength + 1))
                .isFalse();
        assertThat(Records.bytesLength(page, at)).isEqualTo(valueLength);
        Bytes value = Records.bytes(page, at, new Bytes());
        assertThat(value.length()).isEqualTo(valueLength);
        assertThat(value.offset()).isEqualTo(header + prefix);
        assertThat(value.offset() + valueLength).isEqualTo(at + size);
    }

    @Test
    void a_length_reads_back_from_its_prefix_up_to_the_largest() {
        RandomRun.of(100_000, (random, operations) -> {
            byte[] page = new byte[16];
            for (int i = 0; i < operations; i++)
                checkLength(page, random.below(9), (int) (random.nextLong() >>> 33 + random.below(31)));
            for (int length : EDGES) checkLength(page, 3, length);
            checkLength(page, 0, Records.MAX_LENGTH);
            checkLength(page, 11, Integer.MAX_VALUE);
        });
    }

    private static void checkLength(byte[] page, int at, int length) {
        int bytes = Records.writeLength(page, at, length);
        RandomRun.check(bytes == Records.lengthBytes(length), "bytes written", length);
        RandomRun.check(Records.lengthBytesAt(page, at) == bytes, "bytes read", length);
        RandomRun.check(Records.lengthAt(page, at) == length, "length read", length);
    }

    @Test
    void a_change_of_one_part_leaves_all_others_as_they_are() {
        RandomRun.of(20_000, (random, operations) -> {
            byte[] page = new byte[200];
            byte[] key = "some key".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            int kind = 0;
            int access = 0;
            long expiry = 0;
            long previous = 0;
            long next = 0;
            long value = 0;
            boolean imaged = false;
            Records.writeHead(page, 3, 0, Records.HAS_EXPIRY, 0, key, 0, key.length);
            for (int i = 0; i < operations; i++) {
                switch (random.below(7)) {
                    case 0 -> Records.setKind(page, 3, kind = random.below(16));
                    case 1 -> Records.setAccess(page, 3, access = random.below(1 << 24));
                    case 2 -> Records.setExpiryMs(page, 3, expiry = random.nextLong());
                    case 3 -> Records.setPrevious(page, 3, previous = link(random));
                    case 4 -> Records.setNext(page, 3, next = link(random));
                    case 5 -> Records.setFixed8(page, 3, value = random.nextLong());
                    default -> {
                        imaged = RandomRun.oneIn(random, 2);
                        if (imaged) Records.setFlag(page, 3, Records.IMAGED);
                        else Records.clearFlag(page, 3, Records.IMAGED);
                    }
                }
                assertThat(Records.kind(page, 3)).isEqualTo(kind);
                assertThat(Records.access(page, 3)).isEqualTo(access);
                assertThat(Records.expiryMs(page, 3)).isEqualTo(expiry);
                assertThat(Records.previous(page, 3)).isEqualTo(previous);
                assertThat(Records.next(page, 3)).isEqualTo(next);
                assertThat(Records.fixed8(page, 3)).isEqualTo(value);
                assertThat(Records.fixed4(page, 3)).isEqualTo((int) value);
                assertThat(Records.has(page, 3, Records.IMAGED)).isEqualTo(imaged);
                assertThat(Records.has(page, 3, Records.HAS_EXPIRY)).isTrue();
                assertThat(Records.keyEquals(page, 3, key, 0, key.length)).isTrue();
            }
        });
    }

    private static long link(Randomness random) {
        return random.nextLong() & (1L << 48) - 1;
    }
}
