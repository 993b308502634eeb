package dev.cinnabar.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.cinnabar.base.RandomRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RingTest {
    private static final int OPERATIONS = 8;
    private static final int MEMORY = 64 << 10;

    private final List<AutoCloseable> open = new ArrayList<>();
    private Ring ring;

    @BeforeEach
    void open_a_ring_if_there_are_any_here() {
        try {
            ring = Ring.open(OPERATIONS, MEMORY);
            open.add(ring);
        } catch (IOException e) {
            abort("no io_uring here: " + e.getMessage());
        }
    }

    @AfterEach
    void close_everything() throws Exception {
        for (AutoCloseable each : open) each.close();
    }

    /// Two ends of a connection: ours, which does not block, and the peer's, which does.
    private final class Pair {
        final SocketChannel near;
        final SocketChannel far;
        final int descriptor;
        private final Selector selector = Selector.open();

        Pair() throws IOException {
            try (ServerSocketChannel listener = ServerSocketChannel.open()) {
                listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                far = SocketChannel.open(listener.getLocalAddress());
                near = listener.accept();
            }
            near.configureBlocking(false);
            near.setOption(StandardSocketOptions.TCP_NODELAY, true);
            far.setOption(StandardSocketOptions.TCP_NODELAY, true);
            near.register(selector, SelectionKey.OP_READ);
            open.add(near);
            open.add(far);
            open.add(selector);
            descriptor = Ring.descriptor(near);
        }

        void write(String text) throws IOException {
            far.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
            awaitReadable();
        }

        void awaitReadable() throws IOException {
            assertThat(selector.select(60_000)).isPositive();
            selector.selectedKeys().clear();
        }

        String read(int length) throws IOException {
            ByteBuffer buffer = ByteBuffer.allocate(length);
            while (buffer.hasRemaining() && far.read(buffer) >= 0) continue;
            return new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1);
        }
    }

    private String text(int offset, int length) {
        byte[] bytes = new byte[length];
        ring.memory().get(offset, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private void put(int offset, String text) {
        ring.memory().put(offset, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void several_sockets_are_read_and_written_by_one_submit() throws IOException {
        Pair a = new Pair();
        Pair b = new Pair();
        a.write("from a");
        b.write("b");
        put(300, "to a, and to b");

        assertThat(ring.receive(a.descriptor, 0, 100)).isZero();
        assertThat(ring.receive(b.descriptor, 100, 100)).isEqualTo(1);
        assertThat(ring.send(a.descriptor, 300, 4)).isEqualTo(2);
        assertThat(ring.send(b.descriptor, 310, 4)).isEqualTo(3);
        assertThat(ring.submit()).isEqualTo(4);

        assertThat(ring.result(0)).isEqualTo(6);
        assertThat(ring.result(1)).isEqualTo(1);
        assertThat(ring.result(2)).isEqualTo(4);
        assertThat(ring.result(3)).isEqualTo(4);
        assertThat(text(0, 6) + text(100, 1)).isEqualTo("from ab");
        assertThat(a.read(4)).isEqualTo("to a");
        assertThat(b.read(4)).isEqualTo("to b");
        assertThat(ring.submit()).isZero();
    }

    @Test
    void a_socket_with_nothing_to_read_or_no_room_says_try_again() throws IOException {
        Pair pair = new Pair();
        ring.receive(pair.descriptor, 0, 100);
        ring.submit();
        assertThat(ring.result(0)).isEqualTo(Ring.TRY_AGAIN);

        int result;
        do {
            ring.send(pair.descriptor, 0, MEMORY);
            ring.submit();
            result = ring.result(0);
        } while (result > 0);
        assertThat(result).isEqualTo(Ring.TRY_AGAIN);
    }

    @Test
    void the_end_of_a_stream_is_zero_bytes_and_a_broken_connection_an_error() throws IOException {
        Pair pair = new Pair();
        pair.far.shutdownOutput();
        pair.awaitReadable();
        ring.receive(pair.descriptor, 0, 100);
        ring.submit();
        assertThat(ring.result(0)).isZero();

        Pair broken = new Pair();
        broken.far.setOption(StandardSocketOptions.SO_LINGER, 0);
        broken.far.close(); // with a RST
        broken.awaitReadable();
        ring.receive(broken.descriptor, 0, 100);
        ring.submit();
        assertThat(ring.result(0)).isNegative().isNotEqualTo(Ring.TRY_AGAIN).isNotEqualTo(Ring.NOT_DONE);
    }

    @Test
    void what_is_taken_out_of_the_line_is_not_done() throws IOException {
        Pair pair = new Pair();
        pair.write("stays");
        ring.receive(pair.descriptor, 0, 100);
        ring.clear();
        assertThat(ring.submit()).isZero();
        ring.receive(pair.descriptor, 0, 100);
        ring.submit();
        assertThat(text(0, ring.result(0))).isEqualTo("stays");
    }

    @Test
    void operations_beyond_the_line_or_the_memory_are_refused() throws IOException {
        Pair pair = new Pair();
        assertThatThrownBy(() -> ring.receive(pair.descriptor, 1, MEMORY))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> ring.send(pair.descriptor, -1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> ring.send(pair.descriptor, 0, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        for (int i = 0; i < OPERATIONS; i++) ring.receive(pair.descriptor, 0, 1);
        assertThat(ring.isFull()).isTrue();
        assertThatThrownBy(() -> ring.receive(pair.descriptor, 0, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void a_closed_ring_has_given_its_descriptor_back_and_refuses() throws IOException {
        long before = openRings();
        for (int i = 0; i < 50; i++) Ring.open(OPERATIONS, MEMORY).close();
        assertThat(openRings()).isEqualTo(before);

        ring.close();
        ring.close();
        assertThatThrownBy(() -> ring.send(1, 0, 1)).isInstanceOf(IllegalStateException.class);
    }

    /// Descriptors of rings alone: others of this process come and go, with threads that tests before left.
    private static long openRings() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(RingTest::isRing).count();
        }
    }

    private static boolean isRing(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().contains("io_uring");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }

    @Test
    void every_byte_arrives_in_order_however_operations_are_mixed() {
        RandomRun.of(4_000, (random, rounds) -> {
            try {
                Pair[] pairs = {new Pair(), new Pair(), new Pair()};
                for (int round = 0; round < rounds; round++) {
                    int operations = 1 + random.below(OPERATIONS);
                    List<String> expected = new ArrayList<>();
                    List<Pair> receivers = new ArrayList<>();
                    StringBuilder[] sent = {new StringBuilder(), new StringBuilder(), new StringBuilder()};
                    for (int i = 0; i < operations; i++) {
                        int which = random.below(pairs.length);
                        String text = round + "/" + i + "x".repeat(random.below(500));
                        if (random.below(2) == 0 && !receivers.contains(pairs[which])) {
                            pairs[which].write(text);
                            ring.receive(pairs[which].descriptor, 1000 * i, 1000);
                            receivers.add(pairs[which]);
                            expected.add(text);
                        } else {
                            put(1000 * i, text);
                            ring.send(pairs[which].descriptor, 1000 * i, text.length());
                            sent[which].append(text);
                            expected.add("");
                        }
                    }
                    ring.submit();
                    for (int i = 0; i < operations; i++) {
                        if (!expected.get(i).isEmpty())
                            assertThat(text(1000 * i, ring.result(i))).isEqualTo(expected.get(i));
                    }
                    for (int i = 0; i < pairs.length; i++)
                        assertThat(pairs[i].read(sent[i].length())).isEqualTo(sent[i].toString());
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }
}
