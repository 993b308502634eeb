package dev.cinnabar.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Plays a server through one short performance, so that the JVM can take notes for its archive of ready-made
/// classes.
///
/// The only argument is the launcher. It is started on a free loopback port, with an append-only file in a
/// folder that is deleted afterwards; a client says what clients say first, others play the [Repertoire]
/// where the JVM notes more than classes, the log is written and loaded, and the server ended. What the
/// commands answer does not matter, only that the code has run. Used by `bin/cinnabar-archive`, which also
/// tells the launcher's JVM where the notes go.
final class Rehearsal {
    private static final int PATIENCE_SECONDS = 60; // a busy machine is slow; a start takes well under a second

    /// From this JDK on the notes tell which ways through the code were taken, too (JEP 515).
    private static final int PROFILES_SINCE = 25;

    private static final int CLIENTS = 8;
    private static final int SHORT_VISITS = 1000;
    private static final int REQUESTS_OF_PIECE =
            1200; // enough for the JIT to compile it, for only of that the JVM takes notes
    private static final int MIXED_REQUESTS = 30_000;
    private static final int LOOKS = 200;
    private static final int CROWD = 48; // more answers than are sent at a time
    private static final int CROWDED_ROUNDS = 50;

    private static final String[] FIRST_WORDS = {
        "HELLO 3",
        "CLIENT SETINFO LIB-NAME rehearsal",
        "CLIENT ID",
        "COMMAND COUNT",
        "COMMAND DOCS GET",
        "PING",
        "SET key value",
        "SET gone value EX 100",
        "GET key",
        "MSET a 1 b 2",
        "MGET a b",
        "INCR a",
        "APPEND b text",
        "EXPIRE b 100",
        "TTL b",
        "EXISTS key",
        "TYPE key",
        "SCAN 0",
        "DEL gone",
        "MULTI",
        "INCR a",
        "EXEC",
        "DBSIZE",
        "INFO",
        "CONFIG GET *",
        "GET key extra",
    };

    private static final String[] LOADING = {"DEBUG LOADAOF", "SET key other", "DEBUG POPULATE 50000 key 32"};

    /// While it is busy with this, a crowd comes together, which is then served in one turn.
    private static final String BUSY = "DEBUG SLEEP 0.02";

    private static final List<String> LONG_ANSWERS = List.of("GETRANGE text 0 399");

    /// What goes on by itself, and what the server's log says when it is over.
    private static final String[][] IMAGES = {
        {"BGREWRITEAOF", "Background AOF rewrite finished successfully"},
        {"BGSAVE", "Background saving terminated with success"}
    };

    /// Most servers run without one or the other; with both, what asks for them has been answered both ways.
    private static final String[] WITHOUT_LOG = {"CONFIG SET appendonly no", "CONFIG SET maxmemory 100gb"};

    private static final String[] LAST_WORDS = {"HELLO 2", "INFO", "FLUSHALL", "SHUTDOWN NOSAVE"};

    private Rehearsal() {}

    /// Exits with 0 if the server started, answered and ended well.
    public static void main(String[] args) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("cinnabar-rehearsal");
        int exitCode = play(args[0], folder);
        delete(folder);
        System.exit(exitCode);
    }

    private static int play(String launcher, Path folder) throws IOException, InterruptedException {
        int port = freePort();
        List<String> command =
                new ArrayList<>(List.of(launcher, "--port", Integer.toString(port), "--bind", "127.0.0.1"));
        Collections.addAll(
                command,
                "--dir",
                folder.toString(),
                "--appendonly",
                "yes",
                "--auto-aof-rewrite-percentage",
                "0",
                "--enable-debug-command",
                "local",
                "--loglevel",
                "verbose");
        Path output = folder.resolve("output");
        Process server = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            perform(port, server, output);
            if (server.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) && server.exitValue() == 0) return 0;
            System.err.println("rehearsal: the server did not end as it should; it said:");
        } catch (IOException failed) {
            System.err.println("rehearsal: " + failed.getMessage() + "; the server said:");
        }
        server.destroyForcibly().waitFor();
        System.err.println(Files.readString(output));
        return 1;
    }

    private static void perform(int port, Process server, Path output) throws IOException, InterruptedException {
        try (Socket socket = connect(port, server)) {
            await(server, output, WarmUp.DONE, WarmUp.NOT_DONE);
            send(socket, FIRST_WORDS);
            if (Runtime.version().feature() >= PROFILES_SINCE) {
                performRepertoire(socket, port, server, output);
            } else {
                send(socket, LOADING);
                send(socket, "BGREWRITEAOF");
            }
            send(socket, LAST_WORDS);
            socket.shutdownOutput();
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        }
    }

    /// Waits for what the server does by itself: its warm-up, when nobody asks it anything, or an image of the
    /// data. What it needs for that is to be noted, too.
    ///
    /// @param words one of these is in its log when it is over
    private static void await(Process server, Path output, String... words) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < deadline && server.isAlive()) {
            String said = Files.readString(output);
            if (Stream.of(words).anyMatch(said::contains)) return;
            server.waitFor(20, TimeUnit.MILLISECONDS);
        }
    }

    private static void performRepertoire(Socket first, int port, Process server, Path output)
            throws IOException, InterruptedException {
        Thread listener = new Thread(() -> listen(port, server), "listener");
        listener.start();
        List<SocketChannel> clients = new ArrayList<>();
        try {
            for (int i = 0; i < CLIENTS; i++) clients.add(connect(port, server).getChannel());
            send(clients.get(0).socket(), "HELLO 3");
            Repertoire repertoire = new Repertoire(clients, Repertoire.ALL);
            repertoire.playInTurn(REQUESTS_OF_PIECE);
            repertoire.playMixed(MIXED_REQUESTS);
            new Repertoire(clients, Repertoire.LOOKS).playMixed(LOOKS);
            performCrowd(first, port, server);
            send(first, LOADING);
            for (String[] image : IMAGES) {
                send(first, image[0]);
                repertoire.playMixed(MIXED_REQUESTS); // while the image is made: writers show it what they change
                await(server, output, image[1]);
            }
            send(first, WITHOUT_LOG);
            repertoire.playMixed(MIXED_REQUESTS);
            for (int i = 0; i < SHORT_VISITS; i++) {
                try (Socket visitor = connect(port, server)) {
                    send(visitor, "PING");
                }
            }
        } finally {
            for (SocketChannel client : clients) client.close();
        }
    }

    private static void performCrowd(Socket first, int port, Process server) throws IOException, InterruptedException {
        send(first, "SETRANGE text 400 x");
        List<SocketChannel> crowd = new ArrayList<>();
        try {
            for (int i = 0; i < CROWD; i++) crowd.add(connect(port, server).getChannel());
            Repertoire repertoire = new Repertoire(crowd, LONG_ANSWERS);
            for (int i = 0; i < CROWDED_ROUNDS; i++) {
                send(first, BUSY);
                repertoire.playInTurn(1);
            }
        } finally {
            for (SocketChannel client : crowd) client.close();
        }
    }

    /// Hears the news until the server ends.
    private static void listen(int port, Process server) {
        try (Socket socket = connect(port, server)) {
            send(socket, "SUBSCRIBE news");
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException | InterruptedException e) {
            // the server is gone; whether that is right is seen elsewhere
        }
    }

    private static void send(Socket socket, String[] lines) throws IOException {
        for (String line : lines) send(socket, line);
    }

    /// Sends the command as an array, the form that clients use, and reads what has come back by now.
    private static void send(Socket socket, String line) throws IOException {
        String[] words = line.split(" ");
        StringBuilder request = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words)
            request.append('$')
                    .append(word.length())
                    .append("\r\n")
                    .append(word)
                    .append("\r\n");
        socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.US_ASCII));
        InputStream answers = socket.getInputStream();
        answers.readNBytes(answers.available());
    }

    private static Socket connect(int port, Process server) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            try {
                return SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                        .socket();
            } catch (ConnectException notYet) {
                if (!server.isAlive()) throw new IOException("the server ended with exit code " + server.exitValue());
                if (System.nanoTime() > deadline) throw new IOException("no answer on port " + port);
                server.waitFor(20, TimeUnit.MILLISECONDS);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Collections.reverseOrder()).toList()) Files.delete(path);
        }
    }
}
