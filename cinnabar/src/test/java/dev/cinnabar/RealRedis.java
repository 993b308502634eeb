package dev.cinnabar;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// A redis-server 7.0 of this machine, for tests that compare ours with it. It listens on a unix socket in a
/// directory of the test's own, so that tests never meet. Where none is installed the tests that ask for it
/// are skipped.
public final class RealRedis implements AutoCloseable {
    private final Process process;
    private final Path socket;
    private final SocketChannel channel;
    private final DataInputStream replies;

    private RealRedis(Process process, Path socket, SocketChannel channel) {
        this.process = process;
        this.socket = socket;
        this.channel = channel;
        this.replies = new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel)));
    }

    /// What a run of the program printed until it ended by itself.
    public record Run(int code, String out, String err) {}

    /// Skips the test when there is no redis-server 7.0 in the search path.
    public static void assumePresent() {
        assumeTrue(isPresent(), "no redis-server 7.0 in the PATH to compare with");
    }

    private static boolean isPresent() {
        String path = System.getenv().getOrDefault("PATH", "");
        boolean isThere = List.of(path.split(File.pathSeparator)).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "redis-server")));
        return isThere && run(Path.of("."), "", "--version").out().contains(" v=7.0.");
    }

    /// Starts a server in a directory with these arguments, and waits until it can be talked to.
    public static RealRedis start(Path directory, String... arguments) {
        Path socket = directory.resolve("real.sock");
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--port", "0", "--unixsocket", socket.toString(), "--daemonize", "no"));
        Process process = launch(directory, all);
        try {
            process.getOutputStream().close();
            return new RealRedis(process, socket, connect(process, socket, all));
        } catch (IOException e) {
            process.destroyForcibly();
            throw new UncheckedIOException(e);
        }
    }

    /// Tries until the server listens. Its log does not tell with every `loglevel`, so nobody waits for a
    /// line of it.
    private static SocketChannel connect(Process process, Path socket, List<String> arguments) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (process.isAlive() && System.nanoTime() < deadline) {
            try {
                return SocketChannel.open(UnixDomainSocketAddress.of(socket));
            } catch (IOException e) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
        }
        process.destroyForcibly();
        throw new IllegalStateException("redis-server did not start with " + arguments);
    }

    /// Runs the program with something to read until it ends, which must be soon.
    public static Run run(Path directory, String input, String... arguments) {
        Process process = launch(directory, List.of(arguments));
        try {
            process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().close();
            if (!process.waitFor(60, TimeUnit.SECONDS))
                throw new IllegalStateException(List.of(arguments) + " runs on");
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Run(process.exitValue(), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process launch(Path directory, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("redis-server"));
        command.addAll(arguments);
        try {
            return new ProcessBuilder(command).directory(directory.toFile()).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Another connection to the same server; closing either of them ends the server.
    public RealRedis another() {
        try {
            return new RealRedis(process, socket, SocketChannel.open(UnixDomainSocketAddress.of(socket)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Reads something that was not asked for: a message.
    public Object read() {
        try {
            return reply();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A command in the protocol's form.
    public static ByteBuffer request(Charset charset, String... words) {
        var request = new ByteArrayOutputStream();
        request.writeBytes(("*" + words.length + "\r\n").getBytes(charset));
        for (String word : words) {
            byte[] bytes = word.getBytes(charset);
            request.writeBytes(("$" + bytes.length + "\r\n").getBytes(charset));
            request.writeBytes(bytes);
            request.writeBytes("\r\n".getBytes(charset));
        }
        return ByteBuffer.wrap(request.toByteArray());
    }

    /// Sends a command and gives its reply: a String (errors with their minus), a Long, a List of replies, or
    /// null.
    public Object ask(String... words) {
        try {
            ByteBuffer bytes = request(StandardCharsets.UTF_8, words);
            while (bytes.hasRemaining()) channel.write(bytes);
            return reply();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Sends a command and gives its reply as it came, in either version of the protocol. Texts are bytes,
    /// one char each.
    public String raw(String... words) {
        var reply = new StringBuilder();
        try {
            ByteBuffer bytes = request(StandardCharsets.ISO_8859_1, words);
            while (bytes.hasRemaining()) channel.write(bytes);
            rawValue(reply);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return reply.toString();
    }

    private void rawValue(StringBuilder reply) throws IOException {
        String line = line();
        reply.append(line).append("\r\n");
        int size = "$=*~>%".indexOf(line.charAt(0)) < 0 ? -1 : Integer.parseInt(line.substring(1));
        switch (line.charAt(0)) {
            case '$', '=' -> {
                if (size >= 0) reply.append(new String(replies.readNBytes(size + 2), StandardCharsets.ISO_8859_1));
            }
            case '*', '~', '>' -> {
                for (int i = 0; i < size; i++) rawValue(reply);
            }
            case '%' -> {
                for (int i = 0; i < 2 * size; i++) rawValue(reply);
            }
            default -> {}
        }
    }

    /// The reply to a command that answers with a list of texts.
    public List<String> list(String... words) {
        List<String> texts = new ArrayList<>();
        for (Object text : (List<?>) ask(words)) texts.add(String.valueOf(text));
        return texts;
    }

    private Object reply() throws IOException {
        String line = line();
        String rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '+' -> rest;
            case '-' -> line;
            case ':' -> Long.valueOf(rest);
            case '$' -> text(Integer.parseInt(rest));
            default -> elements(Integer.parseInt(rest));
        };
    }

    private Object text(int length) throws IOException {
        if (length < 0) return null;
        byte[] bytes = replies.readNBytes(length);
        replies.readNBytes(2);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private List<Object> elements(int count) throws IOException {
        List<Object> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) elements.add(reply());
        return elements;
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (int b = replies.read(); b != '\n'; b = replies.read()) {
            if (b < 0) throw new IOException("redis-server closed the connection after " + line);
            if (b != '\r') line.append((char) b);
        }
        return line.toString();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            channel.close();
            process.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
