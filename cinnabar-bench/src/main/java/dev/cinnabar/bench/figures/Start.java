package dev.cinnabar.bench.figures;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/// How soon does a server answer, with nothing to load and with an append-only file that Redis has written?
final class Start {
    private static final int STARTS = 9;
    private static final int KEYS = Integer.getInteger("keys", 5_000_000);

    private Start() {}

    public static void main(String[] commands) throws IOException {
        Report report = new Report("start");
        double[] ms = new double[STARTS];
        for (int i = 0; i < STARTS; i++) {
            try (Server server = Server.start(commands[0])) {
                ms[i] = server.ageMs();
            }
        }
        report.atMost("to the first PONG, median of " + STARTS, 300, Report.median(ms), "ms");

        Path written = Files.createTempDirectory("cinnabar-figures");
        Path copy = Files.createTempDirectory("cinnabar-figures");
        try {
            String[] log = {"--appendonly", "yes", "--auto-aof-rewrite-percentage", "0", "--appendfsync", "no"};
            try (Server server = Server.start(commands[1], written, false, Map.of(), log);
                    Client client = server.connect()) {
                for (int i = 0; i < KEYS; i++) client.add("SET", "key:" + i, "value:" + i);
                client.flush();
                server.stop();
            }
            copy(written, copy);
            double theirs = load(commands[1], written, log);
            double ours = load(commands[0], copy, log);
            report.note("loading " + KEYS + " SETs that the peer has logged: the peer", theirs / 1000, "s");
            report.note("loading them here", ours / 1000, "s");
            report.atMost("loading relative to the peer", 1, ours / theirs, "x");
        } finally {
            Server.delete(written);
            Server.delete(copy);
        }
        report.end();
    }

    private static double load(String command, Path dir, String[] log) throws IOException {
        try (Server server = Server.start(command, dir, false, Map.of(), log)) {
            double ms = server.ageMs();
            try (Client client = server.connect()) {
                if (!client.call("DBSIZE").equals(Integer.toString(KEYS))) throw new IOException("keys are missing");
            }
            return ms;
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path path : all.toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) Files.createDirectories(target);
                else Files.copy(path, target);
            }
        }
    }
}
