package dev.cinnabar.twin;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// A real redis-server, started for a test on a free port of the loopback interface: the oracle that twin tests ask.
///
/// Texts are bytes, one char each (ISO 8859-1).
public final class RealRedis implements AutoCloseable {
    private static final int TIMEOUT_MS = 20_000;

    private final Process process;
    private final Path dir;
    private final int port;
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private RealRedis(Process process, Path dir, int port) throws IOException {
        this.process = process;
        this.dir = dir;
        this.port = port;
        this.socket = connect(port);
        this.in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        this.out = socket.getOutputStream();
    }

    /// Starts one, or skips the test when none is installed.
    ///
    /// @param directives as on redis-server's command line
    public static RealRedis startOrSkip(String... directives) {
        Assumptions.assumeTrue(isInstalled(), "no redis-server on the PATH, so there is no twin to compare with");
        try {
            Path dir = Files.createTempDirectory("twin");
            int port = freePort();
            String[] basics = {
                "redis-server", "--port", "" + port, "--bind", "127.0.0.1", "--save", "", "--dir", dir.toString(), "--logfile", "log"
            };
            String[] command = Stream.concat(Stream.of(basics), Stream.of(directives)).toArray(String[]::new);
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return new RealRedis(process, dir, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isInstalled() {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            if (Files.isExecutable(Path.of(folder, "redis-server"))) return true;
        }
        return false;
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    /// Waits until somebody listens; connecting again is the only way to know.
    private static Socket connect(int port) throws IOException {
        long giveUp = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS);
        while (true) {
            Socket socket = new Socket();
            try {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MS);
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(TIMEOUT_MS);
                return socket;
            } catch (IOException e) {
                socket.close();
                if (System.nanoTime() > giveUp) throw e;
                Thread.onSpinWait();
            }
        }
    }

    public int port() {
        return port;
    }

    /// Where it keeps its files.
    public Path dir() {
        return dir;
    }

    /// Runs a command and answers its reply as it came.
    public String run(String... words) {
        try {
            ByteArrayOutputStream request = new ByteArrayOutputStream();
            request.writeBytes(("*" + words.length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            for (String word : words) {
                request.writeBytes(("$" + word.length() + "\r\n" + word + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            }
            out.write(request.toByteArray());
            ByteArrayOutputStream reply = new ByteArrayOutputStream();
            readValue(reply);
            return reply.toString(StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void readValue(ByteArrayOutputStream reply) throws IOException {
        String line = readLine(reply);
        switch (line.charAt(0)) {
            case '$', '=' -> {
                int length = Integer.parseInt(line.substring(1));
                if (length >= 0) reply.writeBytes(readFully(length + 2));
            }
            case '*', '~', '>' -> {
                int size = Integer.parseInt(line.substring(1));
                for (int i = 0; i < size; i++) readValue(reply);
            }
            case '%' -> {
                int pairs = Integer.parseInt(line.substring(1));
                for (int i = 0; i < 2 * pairs; i++) readValue(reply);
            }
            default -> {}
        }
    }

    private String readLine(ByteArrayOutputStream reply) throws IOException {
        StringBuilder line = new StringBuilder();
        int b;
        do {
            b = in.read();
            if (b < 0) throw new IOException("redis-server closed the connection");
            reply.write(b);
            line.append((char) b);
        } while (b != '\n');
        return line.substring(0, line.length() - 2);
    }

    private byte[] readFully(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) throw new IOException("redis-server closed the connection");
        return bytes;
    }

    @Override
    public void close() {
        try {
            socket.close();
            process.destroyForcibly().waitFor();
            try (Stream<Path> files = Files.walk(dir)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
