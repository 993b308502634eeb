package dev.cinnabar.bench.figures;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A server process that was started to be measured, in a folder that goes with it.
final class Server implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 300; // loading five million keys on a busy machine

    private final Process process;
    private final int port;
    private final Path dir;
    private final boolean ownsDir;
    private final long startNanos;

    private Server(Process process, int port, Path dir, boolean ownsDir, long startNanos) {
        this.process = process;
        this.port = port;
        this.dir = dir;
        this.ownsDir = ownsDir;
        this.startNanos = startNanos;
    }

    /// Starts a server and waits until it answers.
    ///
    /// @param commandLine with `{port}` and `{dir}` in it; words are separated by blanks, `''` is an empty
    ///                    one
    /// @param more        further words of the command line
    static Server start(String commandLine, String... more) throws IOException {
        return start(commandLine, Files.createTempDirectory("cinnabar-figures"), true, Map.of(), more);
    }

    /// The same in a folder of the caller's, with these variables in the environment.
    static Server start(String commandLine, Path dir, boolean ownsDir, Map<String, String> environment, String... more)
            throws IOException {
        if (!commandLine.contains("{port}"))
            throw new IllegalArgumentException("no {port} in the server's command line: " + commandLine);
        int port = freePort();
        // as many descriptors as the system lets us have: ten thousand clients need more than the usual 1024
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n $(ulimit -Hn); exec \"$@\"", "figures"));
        for (String word : commandLine.strip().split(" +")) {
            String value = word.equals("''") ? "" : word;
            command.add(value.replace("{port}", Integer.toString(port)).replace("{dir}", dir.toString()));
        }
        Collections.addAll(command, more);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("server.log").toFile());
        builder.environment().putAll(environment);
        long startNanos = System.nanoTime();
        Server server = new Server(builder.start(), port, dir, ownsDir, startNanos);
        server.awaitPong();
        return server;
    }

    private void awaitPong() throws IOException {
        long deadline = startNanos + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            try (Client client = connect()) {
                String answer = client.call("PING");
                if (answer.equals("PONG") || answer.startsWith("NOAUTH")) return;
            } catch (IOException notYet) {
                if (!process.isAlive()) {
                    throw new IOException("the server ended: " + Files.readString(dir.resolve("server.log")), notYet);
                }
            }
            if (System.nanoTime() > deadline) throw new IOException("no answer on port " + port);
            pause(1);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    int port() {
        return port;
    }

    Client connect() throws IOException {
        return new Client(port);
    }

    /// From the start of the process to now, in milliseconds.
    double ageMs() {
        return (System.nanoTime() - startNanos) / 1e6;
    }

    /// What the process takes of the machine's memory, in bytes. Linux only.
    long rss() throws IOException {
        return status("VmRSS:");
    }

    /// The most that it has taken so far, in bytes.
    long peakRss() throws IOException {
        return status("VmHWM:");
    }

    private long status(String name) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith(name)) return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
        throw new IOException("no " + name + " of process " + process.pid());
    }

    /// A line of INFO, as a number.
    long info(String section, String name) throws IOException {
        try (Client client = connect()) {
            for (String line : client.call("INFO", section).split("\r\n")) {
                if (line.startsWith(name + ":")) return Long.parseLong(line.substring(name.length() + 1));
            }
        }
        throw new IOException("INFO " + section + " says nothing of " + name);
    }

    static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Ends it as an operator would, and waits for that.
    void stop() throws IOException {
        try {
            process.destroy();
            if (!process.waitFor(60, TimeUnit.SECONDS)) throw new IOException("SIGTERM did not end the server");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        process.onExit().join();
        if (ownsDir) delete(dir);
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            all.sorted(Collections.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
