package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Randomness;
import java.io.ByteArrayOutputStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class LogBufferTest {
    @Test
    void what_was_appended_comes_out_in_order_whatever_the_sizes() {
        long seed = System.nanoTime();
        Randomness random = new Randomness(seed);
        LogBuffer buffer = new LogBuffer();
        ByteArrayOutputStream in = new ByteArrayOutputStream();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int round = 0; round < 3000; round++) {
            byte[] piece = new byte[random.below(round % 50 == 0 ? 900_000 : 300)];
            for (int i = 0; i < piece.length; i++) piece[i] = (byte) random.nextLong();
            in.write(piece, 0, piece.length);
            if (piece.length < LogBuffer.SEGMENT_BYTES && random.below(2) == 0) {
                buffer.reserve(piece.length);
                System.arraycopy(piece, 0, buffer.array(), buffer.offset(), piece.length);
                buffer.filledTo(buffer.offset() + piece.length);
            } else {
                buffer.append(piece, 0, piece.length);
            }
            if (random.below(3) == 0) buffer.publish();
            if (random.below(2) == 0) {
                drain(buffer, out);
                assertThat((long) out.size()).isEqualTo(buffer.position()).isEqualTo(buffer.recordEnd());
            }
        }
        buffer.publish();
        drain(buffer, out);
        assertThat(out.toByteArray()).as("seed %s", seed).isEqualTo(in.toByteArray());
    }

    private static void drain(LogBuffer buffer, ByteArrayOutputStream out) {
        for (long to = buffer.writable(); buffer.position() < to; ) {
            int n = buffer.readable(to);
            out.write(buffer.readArray(), buffer.readOffset(), n);
            buffer.read(n);
        }
    }

    @Test
    void nothing_unfinished_is_let_out_unless_it_is_said() {
        LogBuffer buffer = new LogBuffer();
        buffer.append(new byte[10], 0, 10);
        buffer.publish();
        buffer.append(new byte[7], 0, 7);
        assertThat(buffer.writable()).isEqualTo(10);
        assertThat(buffer.endsRecord()).isTrue();
        buffer.skipTo(10);
        assertThat(buffer.writable()).isEqualTo(10);
        buffer.publishPart();
        assertThat(buffer.endsRecord()).isFalse();
        assertThat(buffer.writable()).isEqualTo(17);
        assertThat(buffer.recordEnd()).isEqualTo(10);
    }

    @Test
    void one_thread_appends_while_another_reads() throws Exception {
        LogBuffer buffer = new LogBuffer();
        int total = 200 << 20;
        CRC32 in = new CRC32();
        Thread appender = new Thread(() -> {
            Randomness random = new Randomness(1);
            byte[] piece = new byte[5000];
            for (int done = 0; done < total; ) {
                int n = Math.min(1 + random.below(piece.length), total - done);
                piece[0] = (byte) random.nextLong();
                piece[n - 1] = (byte) done;
                buffer.append(piece, 0, n);
                in.update(piece, 0, n);
                done += n;
                buffer.publish();
            }
        });
        appender.start();
        CRC32 out = new CRC32();
        while (buffer.position() < total) {
            long to = buffer.writable();
            if (to == buffer.position()) Thread.onSpinWait();
            else
                assertThat(buffer.endsRecord())
                        .as("nothing was let out in part")
                        .isTrue();
            while (buffer.position() < to) {
                int n = buffer.readable(to);
                out.update(buffer.readArray(), buffer.readOffset(), n);
                buffer.read(n);
            }
        }
        appender.join();
        assertThat(out.getValue()).isEqualTo(in.getValue());
    }
}
