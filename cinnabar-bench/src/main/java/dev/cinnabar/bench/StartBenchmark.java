package dev.cinnabar.bench;

import dev.cinnabar.server.Cinnabar;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// How long until a server answers: a process that the launcher starts (in the folder of the project, after
/// `make build`, so that the archive is in place), and one more server in a JVM where one has run before.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 15)
@Fork(1)
public class StartBenchmark {
    private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII);

    @Benchmark
    public void process_to_first_pong() throws IOException, InterruptedException {
        int port = freePort();
        String launcher = Path.of("bin/cinnabar-server").toAbsolutePath().toString();
        Process server = new ProcessBuilder(launcher, "--port", Integer.toString(port), "--save", "")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            ping(port, server);
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    @Benchmark
    public void one_more_server_to_first_pong() throws IOException, InterruptedException {
        try (Cinnabar server = Cinnabar.builder().start()) {
            ping(server.port(), null);
        }
    }

    private static void ping(int port, @Nullable Process server) throws IOException, InterruptedException {
        try (Socket socket = connect(port, server)) {
            socket.getOutputStream().write(PING);
            byte[] answer = socket.getInputStream().readNBytes(7);
            if (answer.length != 7 || answer[1] != 'P') throw new IOException("no PONG");
        }
    }

    private static Socket connect(int port, @Nullable Process server) throws IOException, InterruptedException {
        while (true) {
            try {
                return new Socket(InetAddress.getLoopbackAddress(), port);
            } catch (ConnectException notYet) {
                if (server == null || !server.isAlive()) throw notYet;
                server.waitFor(1, TimeUnit.MILLISECONDS);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }
}
