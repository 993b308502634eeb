package dev.cinnabar.bench;

import dev.cinnabar.server.Cinnabar;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// How long a GET takes while a collection of a million elements is deleted, overwritten, expired, flushed, or written out by a rewrite of the
/// log: quantiles over a socket, beside those of an idle server in the same run.
///
/// A program, not a JMH benchmark: `java -cp cinnabar-bench/target/cinnabar-bench.jar dev.cinnabar.bench.LargeValues [elements]`. The client
/// asks one thing at a time. What it sees contains the scheduler's whims and the collector's; that is why it is compared with idle.
public final class LargeValues {
    private static final int ROUNDS = 5;
    private static final int BATCH = 1000; // elements per command when filling
    private static final List<String> TYPES = List.of("list", "set", "hash", "zset");

    private final Client getter;
    private final Client other;
    private final int elements;
    private final long[] nanos = new long[4_000_000];
    private int count;

    private LargeValues(Client getter, Client other, int elements) {
        this.getter = getter;
        this.other = other;
        this.elements = elements;
    }

    /// @param args how many elements; a million when not said
    public static void main(String[] args) throws IOException {
        int elements = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
        Path dir = Files.createTempDirectory("cinnabar-bench");
        try (Cinnabar server = Cinnabar.builder()
                        .appendOnly(dir)
                        .set("auto-aof-rewrite-percentage", "0")
                        .start();
                Client getter = new Client(server.port());
                Client other = new Client(server.port())) {
            new LargeValues(getter, other, elements).run();
        } finally {
            delete(dir);
        }
    }

    private static void delete(Path dir) throws IOException {
        try (var files = Files.walk(dir)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) Files.delete(file);
        }
    }

    private void run() throws IOException {
        other.ask("SET", "k", "v");
        measureUntil(System.nanoTime() + 3_000_000_000L); // warms up
        System.out.printf(
                Locale.ROOT, "%-28s %8s %8s %8s %8s %8s  ms%n", "while", "GETs", "p50", "p99", "p99.9", "max");
        idle();
        for (String type : TYPES) rewrite(type);
        for (String type : TYPES) {
            during(type, "DEL", "DEL", type);
            during(type, "SET over", "SET", type, "v");
            during(type, "PEXPIRE", "PEXPIRE", type, "1");
            during(type, "FLUSHDB", "FLUSHDB");
        }
        idle();
    }

    private void idle() throws IOException {
        count = 0;
        measureUntil(System.nanoTime() + 5_000_000_000L);
        print("idle");
    }

    private void during(String type, String what, String... command) throws IOException {
        count = 0;
        for (int round = 0; round < ROUNDS; round++) {
            other.ask("SET", "k", "v");
            fill(type);
            other.ask(command);
            do measureUntil(System.nanoTime() + 100_000_000L);
            while (!other.ask("INFO", "memory").contains("lazyfree_pending_objects:0\r\n"));
        }
        print(what + " of a " + type);
    }

    private void rewrite(String type) throws IOException {
        count = 0;
        other.ask("SET", "k", "v");
        fill(type);
        for (int round = 0; round < ROUNDS; round++) {
            other.ask("BGREWRITEAOF");
            do measureUntil(System.nanoTime() + 100_000_000L);
            while (other.ask("INFO", "persistence").contains("aof_rewrite_in_progress:1\r\n"));
        }
        other.ask("DEL", type);
        print("BGREWRITEAOF of a " + type);
    }

    private void fill(String type) throws IOException {
        for (int from = 0; from < elements; from += BATCH) {
            int perElement = type.equals("list") || type.equals("set") ? 1 : 2;
            String[] words = new String[2 + BATCH * perElement];
            words[0] = switch (type) {
                case "list" -> "RPUSH";
                case "set" -> "SADD";
                case "hash" -> "HSET";
                default -> "ZADD";
            };
            words[1] = type;
            for (int i = 0; i < BATCH; i++) {
                if (type.equals("zset")) words[2 + 2 * i] = Integer.toString((from + i) * 7 % elements);
                if (type.equals("hash")) words[3 + 2 * i] = "value" + i;
                words[2 + perElement * i + (type.equals("zset") ? 1 : 0)] = "element" + (from + i);
            }
            other.ask(words);
        }
    }

    private void measureUntil(long endNanos) throws IOException {
        while (true) {
            long from = System.nanoTime();
            if (from - endNanos >= 0) return;
            getter.ask("GET", "k");
            nanos[count] = System.nanoTime() - from;
            if (count < nanos.length - 1) count++;
        }
    }

    private void print(String what) {
        Arrays.sort(nanos, 0, count);
        System.out.printf(
                Locale.ROOT, "%-28s %8d %8.3f %8.3f %8.3f %8.3f%n", what, count, at(0.5), at(0.99), at(0.999), at(1));
    }

    private double at(double quantile) {
        return nanos[Math.min(count - 1, (int) (count * quantile))] / 1e6;
    }

    /// A client that waits for each answer.
    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;
        private final OutputStream out;

        Client(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
            out = socket.getOutputStream();
        }

        String ask(String... words) throws IOException {
            StringBuilder request = new StringBuilder("*").append(words.length).append("\r\n");
            for (String word : words)
                request.append('$')
                        .append(word.length())
                        .append("\r\n")
                        .append(word)
                        .append("\r\n");
            out.write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
            String line = line();
            if (line.charAt(0) != '$' || line.equals("$-1")) return line;
            int length = Integer.parseInt(line.substring(1));
            byte[] bulk = in.readNBytes(length + 2);
            return new String(bulk, 0, length, StandardCharsets.ISO_8859_1);
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c != '\r'; c = in.read()) {
                if (c < 0) throw new IOException("the server hung up");
                line.append((char) c);
            }
            in.read();
            return line.toString();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
