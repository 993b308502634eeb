package dev.cinnabar.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.uring.Ring;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// What tests of this room share: a server of a toy protocol, clients, and what must be true at the end of
/// each test.
///
/// Each test is run twice: with a call for each read and write, and in batches, where this machine and this
/// JVM have them.
@ParameterizedClass(name = "{0}")
@EnumSource
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class NetRig {
    enum Way {
        ONE_BY_ONE,
        IN_BATCHES
    }

    @Parameter
    Way way;

    static final List<String> LOOPBACK = List.of("127.0.0.1");

    final Toy toy = new Toy();
    final List<AutoCloseable> open = new ArrayList<>();
    final Budget budget = new Budget(64L << 20);

    @TempDir
    Path dir;

    @BeforeEach
    void skip_what_this_machine_has_not() {
        if (way == Way.ONE_BY_ONE) return;
        try {
            Ring.open(8, 4096).close();
        } catch (IOException e) {
            abort("no batches here: " + e.getMessage());
        }
    }

    int batchesFrom() {
        return way == Way.ONE_BY_ONE ? NetServer.NEVER : 0;
    }

    @AfterEach
    void close_everything_and_find_no_failure_and_no_reservation() throws Exception {
        for (AutoCloseable each : open) each.close();
        assertThat(toy.failures).isEmpty();
        assertThat(toy.sessions).isEmpty();
        assertThat(budget.reserved()).isZero();
    }

    NetServer server(int loops) throws IOException {
        NetServer server = new NetServer("toy", loops, toy, budget, batchesFrom());
        open.add(server);
        return server;
    }

    NetServer start(int loops) throws IOException {
        NetServer server = server(loops);
        server.listen(LOOPBACK, 0, 4096);
        server.lingers(way == Way.IN_BATCHES);
        server.start();
        return server;
    }

    Client connect(NetServer server) throws IOException {
        Client client = new Client(server.port());
        open.add(0, client);
        return client;
    }

    Toy.Session awaitSession() {
        await().until(() -> !toy.sessions.isEmpty());
        return toy.anySession();
    }

    /// Waits until a counter has stood still for 300 ms.
    static void awaitStandstill(AtomicLong counter) {
        AtomicLong last = new AtomicLong(-1);
        await().during(300, TimeUnit.MILLISECONDS).until(() -> last.getAndSet(counter.get()) == counter.get());
    }

    static void awaitQuietly(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) throw new AssertionError("nobody let us go on");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static List<String> threadsNamed(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith(prefix))
                .toList();
    }

    static long openFiles() {
        return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
    }

    static long directMemory() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    static final class Client implements AutoCloseable {
        final Socket socket;
        private final InputStream in;
        private final OutputStream out;
        private final byte[] ball = new byte[64];

        Client(int port) throws IOException {
            this(new Socket("127.0.0.1", port));
        }

        Client(Socket socket) throws IOException {
            this.socket = socket;
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(60_000);
            in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
            out = socket.getOutputStream();
        }

        void send(String text) {
            byte[] bytes = text.getBytes(ISO_8859_1);
            send(bytes, 0, bytes.length);
        }

        void send(byte[] bytes, int offset, int length) {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        String line() throws IOException {
            String line = lineOrEnd();
            if (line == null) throw new AssertionError("the connection ended");
            return line;
        }

        String lineOrEnd() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            while (true) {
                int b = in.read();
                if (b < 0) return null;
                if (b == '\n') return line.toString(ISO_8859_1);
                line.write(b);
            }
        }

        List<String> lines(int count) throws IOException {
            List<String> lines = new ArrayList<>();
            for (int i = 0; i < count; i++) lines.add(line());
            return lines;
        }

        /// Whether nothing came; only right when the server has been seen to go beyond the point where it
        /// would send.
        boolean hasNothing() throws IOException {
            return in.available() == 0;
        }

        boolean isAtEnd() {
            try {
                return in.read() < 0;
            } catch (IOException e) {
                return true; // reset
            }
        }

        void echo(Client other) throws IOException {
            out.write(ball);
            other.out.write(other.ball);
            in.readNBytes(ball, 0, ball.length);
            other.in.readNBytes(other.ball, 0, ball.length);
        }

        /// Breaks off with a RST.
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
