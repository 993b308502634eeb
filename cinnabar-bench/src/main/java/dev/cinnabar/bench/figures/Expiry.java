package dev.cinnabar.bench.figures;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;

/// How long after its time does a key go that nobody asks for, when there are a million others with a TTL and
/// somebody writes?
final class Expiry {
    /*
     * DBSIZE is asked every millisecond or so. Nothing else changes the number of keys, so the n-th key that
     * is missing is taken for the n-th that was due. Were the order another one, the lags would only be
     * distributed otherwise.
     */
    private static final int OTHERS = 1_000_000;
    private static final int KEYS = 1_000;
    private static final int SPREAD_MS = 10_000;

    private Expiry() {}

    public static void main(String[] commands) throws Exception {
        Report report = new Report("expiry: " + KEYS + " keys among " + OTHERS + " volatile ones, beside a write load");
        try (Server server = Server.start(commands[0]);
                Client client = server.connect()) {
            for (int i = 0; i < OTHERS; i++) client.add("SET", "other:" + i, "value", "EX", "100000");
            client.flush();

            AtomicBoolean isOver = new AtomicBoolean();
            Thread writer = new Thread(() -> write(server, isOver));
            writer.start();
            double[] lags = lags(client);
            isOver.set(true);
            writer.join();

            report.note("lag, median", Report.median(lags), "ms");
            report.atMost("lag, p99", 100, Report.percentile(lags, 0.99), "ms");
            report.note("lag, the longest", Report.percentile(lags, 1), "ms");
        }
        report.end();
    }

    private static double[] lags(Client client) throws IOException {
        Random chance = new Random(1);
        double[] due = new double[KEYS];
        long atMs = System.currentTimeMillis() + 3000;
        for (int i = 0; i < KEYS; i++) {
            long when = atMs + chance.nextInt(SPREAD_MS);
            due[i] = when;
            client.add("SET", "key:" + i, "value", "PXAT", Long.toString(when));
        }
        client.flush();
        Arrays.sort(due);
        double[] lags = new double[KEYS];
        for (int gone = 0; gone < KEYS; ) {
            int missing = OTHERS + KEYS - Integer.parseInt(client.call("DBSIZE"));
            double now = System.currentTimeMillis();
            for (; gone < missing; gone++) lags[gone] = Math.max(0, now - due[gone]);
            Server.pause(1);
        }
        return lags;
    }

    private static void write(Server server, AtomicBoolean isOver) {
        Random chance = new Random(2);
        try (Client client = server.connect()) {
            while (!isOver.get()) {
                for (int i = 0; i < 100; i++) {
                    client.add("SET", "other:" + chance.nextInt(OTHERS), "other value", "EX", "100000");
                }
                client.flush();
            }
        } catch (IOException e) {
            System.out.println("  the write load failed: " + e);
        }
    }
}
