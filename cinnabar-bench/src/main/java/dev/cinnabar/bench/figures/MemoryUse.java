package dev.cinnabar.bench.figures;

import java.io.IOException;
import java.util.Random;

/// What does a small key take, what does the process take for five million of them, and what does it give
/// back?
final class MemoryUse {
    private static final int KEYS = Integer.getInteger("keys", 5_000_000);
    private static final int MINUTE_MS = 60_000;
    private static final String[] DEBUG = {"--enable-debug-command", "yes"};

    private MemoryUse() {}

    public static void main(String[] commands) throws IOException {
        Report report = new Report("memory: " + KEYS + " keys with values of 32 bytes");
        long theirs;
        try (Server server = Server.start(commands[1], DEBUG)) {
            populate(server);
            theirs = server.rss();
        }
        try (Server server = Server.start(commands[0], DEBUG)) {
            populate(server);
            long rss = server.rss();
            report.atMost("used_memory per key", 72, server.info("memory", "used_memory") / (double) KEYS, "bytes");
            report.note("RSS", Report.mb(rss), "MB");
            report.note("RSS of the peer", Report.mb(theirs), "MB");
            report.atMost("RSS relative to the peer", 0.70, rss / (double) theirs, "x");
            delete(server);
            long peak = server.peakRss();
            long deadline = System.nanoTime() + MINUTE_MS * 1_000_000L;
            while (server.rss() > 0.35 * rss && System.nanoTime() < deadline) Server.pause(500);
            report.note("90 % deleted: peak of RSS", Report.mb(peak), "MB");
            report.note("90 % deleted: RSS", Report.mb(server.rss()), "MB");
            report.atMost(
                    "90 % deleted: RSS relative to its peak, within a minute", 0.35, server.rss() / (double) peak, "x");
        }
        try (Server server = Server.start(commands[0], DEBUG);
                Client client = server.connect()) {
            String value = "0123456789abcdef0123456789abcdef";
            for (int i = 0; i < KEYS; i++) client.add("SET", "key:" + i, value, "EX", "100000");
            client.flush();
            report.atMost(
                    "used_memory per key with a TTL",
                    90,
                    server.info("memory", "used_memory") / (double) KEYS,
                    "bytes");
        }
        report.end();
    }

    private static void populate(Server server) throws IOException {
        try (Client client = server.connect()) {
            client.call("DEBUG", "POPULATE", Integer.toString(KEYS), "key", "32");
        }
        Server.pause(2000);
    }

    private static void delete(Server server) throws IOException {
        int[] order = new int[KEYS];
        Random chance = new Random(1);
        for (int i = 0; i < KEYS; i++) {
            int j = chance.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        try (Client client = server.connect()) {
            for (int i = 0; i < KEYS / 10 * 9; i++) client.add("DEL", "key:" + order[i]);
            client.flush();
        }
    }
}
