package dev.cinnabar.bench.figures;

import java.io.IOException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/// Does anybody notice when 20,000 connections come within six seconds and nine of ten break off with a
/// reset?
final class Storm {
    private static final int CONNECTIONS = 20_000;
    private static final int SECONDS = 6;
    private static final int THREADS = 4;

    private Storm() {}

    public static void main(String[] commands) throws Exception {
        Report report = new Report("storm: " + CONNECTIONS + " connections in " + SECONDS + " s, nine of ten reset");
        try (Server server = Server.start(commands[0])) {
            AtomicInteger begun = new AtomicInteger();
            AtomicInteger unanswered = new AtomicInteger();
            ConcurrentLinkedQueue<Double> waits = new ConcurrentLinkedQueue<>();
            long start = System.nanoTime();
            Thread[] threads = new Thread[THREADS];
            for (int t = 0; t < THREADS; t++) {
                threads[t] = new Thread(() -> {
                    for (int i = begun.getAndIncrement(); i < CONNECTIONS; i = begun.getAndIncrement()) {
                        long due = start + i * (SECONDS * 1_000_000_000L / CONNECTIONS);
                        while (System.nanoTime() < due) Thread.yield();
                        try {
                            visit(server, i, waits);
                        } catch (IOException e) {
                            unanswered.incrementAndGet();
                        }
                    }
                });
                threads[t].start();
            }
            double worst = 0;
            try (Client regular = server.connect()) {
                while (begun.get() < CONNECTIONS) {
                    worst = Math.max(worst, ping(regular));
                    Server.pause(5);
                }
            }
            for (Thread thread : threads) thread.join();
            double took = (System.nanoTime() - start) / 1e9;
            double[] all = waits.stream().mapToDouble(d -> d).toArray();
            report.note("it took", took, "s");
            report.is("visitors without an answer", 0, unanswered.get());
            report.note("visitors' PING, p99", Report.percentile(all, 0.99), "ms");
            report.atMost("visitors' PING, the slowest", 100, Report.percentile(all, 1), "ms");
            report.atMost("PING of a client that was there before, the slowest", 100, worst, "ms");
            Server.pause(500);
            report.is("clients afterwards", 1L, server.info("clients", "connected_clients"));
        }
        report.end();
    }

    private static void visit(Server server, int number, ConcurrentLinkedQueue<Double> waits) throws IOException {
        Client client = server.connect();
        if (number % 10 != 0) {
            if (number % 3 == 0) client.send("PING\r\n"); // some have asked, some have not
            client.reset();
            return;
        }
        waits.add(ping(client));
        client.close();
    }

    private static double ping(Client client) throws IOException {
        long before = System.nanoTime();
        if (!client.call("PING").equals("PONG")) throw new IOException("no PONG");
        return (System.nanoTime() - before) / 1e6;
    }
}
