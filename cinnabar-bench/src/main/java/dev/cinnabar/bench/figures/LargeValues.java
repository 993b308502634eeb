package dev.cinnabar.bench.figures;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/// How long does a GET take while collections of a million elements are deleted, overwritten, expired and
/// flushed, or written out by a rewrite of the log?
final class LargeValues {
    /*
     * The client asks one thing at a time, so what it sees contains the scheduler's whims and the
     * collector's; that is why it is compared with what it sees of a server that has nothing else to do, in
     * the same run. Filling is not counted, nor what the log has still to do for it: those are requests of a
     * client. The first round of each kind is not counted either: both sides compile then.
     */
    private static final int ELEMENTS = Integer.getInteger("elements", 1_000_000);
    private static final int ROUNDS = 5;
    private static final int BATCH = 1000; // elements per command when filling
    private static final List<String> TYPES = List.of("list", "set", "hash", "zset");
    private static final long SECOND = 1_000_000_000L;

    private final Client getter;
    private final Client other;
    private final Report report;
    private double[] latencies = new double[1 << 20];
    private int count;
    private int countBefore; // of what is being measured

    private LargeValues(Client getter, Client other, Report report) {
        this.getter = getter;
        this.other = other;
        this.report = report;
    }

    static void main(String[] commands) throws IOException {
        Report report = new Report("large values: GET beside the end of collections of " + ELEMENTS + " elements");
        try (Server server = Server.start(commands[0], "--appendonly", "yes", "--auto-aof-rewrite-percentage", "0");
                Client getter = server.connect();
                Client other = server.connect()) {
            new LargeValues(getter, other, report).run();
        }
        report.end();
    }

    private void run() throws IOException {
        other.call("SET", "k", "v");
        measureUntil(System.nanoTime() + 3 * SECOND); // warms up
        double idle = idle();
        count = 0; // idle is no part of what follows
        for (String type : TYPES) {
            during(type, "DEL", "DEL", type);
            during(type, "SET over", "SET", type, "v");
            during(type, "PEXPIRE", "PEXPIRE", type, "1");
            during(type, "FLUSHDB", "FLUSHDB");
        }
        double busy = Report.percentile(Arrays.copyOf(latencies, count), 0.999);
        report.note("all of these, p99.9", busy, "ms");
        report.atMost("p99.9 relative to idle", 2, busy / ((idle + idle()) / 2), "x");
        for (String type : TYPES) rewrite(type);
    }

    private double idle() throws IOException {
        count = 0;
        countBefore = 0;
        measureUntil(System.nanoTime() + 5 * SECOND);
        return note("idle");
    }

    private void during(String type, String what, String... command) throws IOException {
        int warmFrom = count;
        for (int round = 0; round <= ROUNDS; round++) {
            if (round == 1) count = countBefore = warmFrom;
            other.call("SET", "k", "v");
            fill(type);
            other.call("WAITAOF", "1", "0", "0"); // until the log of the filling is on disk
            other.call(command);
            do measureUntil(System.nanoTime() + SECOND / 10);
            while (!other.call("INFO", "memory").contains("lazyfree_pending_objects:0\r\n"));
        }
        note(what + " of a " + type);
    }

    private void rewrite(String type) throws IOException {
        countBefore = count;
        other.call("SET", "k", "v");
        fill(type);
        for (int round = 0; round < ROUNDS; round++) {
            other.call("BGREWRITEAOF");
            do measureUntil(System.nanoTime() + SECOND / 10);
            while (other.call("INFO", "persistence").contains("aof_rewrite_in_progress:1\r\n"));
        }
        other.call("DEL", type);
        note("BGREWRITEAOF of a " + type);
    }

    private void fill(String type) throws IOException {
        for (int from = 0; from < ELEMENTS; from += BATCH) {
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
                if (type.equals("zset")) words[2 + 2 * i] = Integer.toString((from + i) * 7 % ELEMENTS);
                if (type.equals("hash")) words[3 + 2 * i] = "value" + i;
                words[2 + perElement * i + (type.equals("zset") ? 1 : 0)] = "element" + (from + i);
            }
            other.call(words);
        }
    }

    private void measureUntil(long endNanos) throws IOException {
        while (true) {
            long from = System.nanoTime();
            if (from - endNanos >= 0) return;
            getter.call("GET", "k");
            if (count == latencies.length) latencies = Arrays.copyOf(latencies, 2 * count);
            latencies[count++] = (System.nanoTime() - from) / 1e6;
        }
    }

    /// @return p99.9 of what was measured last, in milliseconds
    private double note(String what) {
        double quantile = Report.percentile(Arrays.copyOfRange(latencies, countBefore, count), 0.999);
        report.note(what + ", p99.9 of " + (count - countBefore), quantile, "ms");
        return quantile;
    }
}
