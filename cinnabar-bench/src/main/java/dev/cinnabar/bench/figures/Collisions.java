package dev.cinnabar.bench.figures;

import java.io.IOException;
import java.util.Random;

/// Are 65,536 keys that Java's `String.hashCode` cannot tell apart slower than others?
final class Collisions {
    private static final int PAIRS = 16; // "Aa" and "BB" have the same hash, and so has every row of 16 of them
    private static final int KEYS = 1 << PAIRS;
    private static final int ROUNDS = 7;

    private Collisions() {}

    public static void main(String[] commands) throws IOException {
        Report report = new Report("collisions: " + KEYS + " keys with one String.hashCode");
        String[] colliding = new String[KEYS];
        String[] random = new String[KEYS];
        Random chance = new Random(1);
        for (int i = 0; i < KEYS; i++) {
            StringBuilder same = new StringBuilder();
            StringBuilder other = new StringBuilder();
            for (int bit = 0; bit < PAIRS; bit++) {
                same.append((i >> bit & 1) == 0 ? "Aa" : "BB");
                other.append((char) ('a' + chance.nextInt(26))).append((char) ('a' + chance.nextInt(26)));
            }
            colliding[i] = same.toString();
            random[i] = other.toString();
        }
        try (Server server = Server.start(commands[0]);
                Client client = server.connect()) {
            double[] ratios = new double[ROUNDS];
            time(client, random); // the first is paid by the compiler
            time(client, colliding);
            for (int i = 0; i < ROUNDS; i++) ratios[i] = time(client, colliding) / time(client, random);
            report.atMost("time of SET and GET relative to random keys, median", 1.1, Report.median(ratios), "x");
        }
        report.end();
    }

    private static double time(Client client, String[] keys) throws IOException {
        client.call("FLUSHALL");
        long before = System.nanoTime();
        for (String key : keys) client.add("SET", key, "value");
        for (String key : keys) client.add("GET", key);
        client.flush();
        return System.nanoTime() - before;
    }
}
