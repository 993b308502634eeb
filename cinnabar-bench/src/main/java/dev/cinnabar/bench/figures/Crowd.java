package dev.cinnabar.bench.figures;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// How long does a request take when 10,000 clients are connected and 1,000 of them ask now and then? And
/// what does one who says nothing cost?
final class Crowd {
    /*
     * The active ones ask in turn at a fixed rate, and a latency counts from the moment at which the request
     * was due, not from when it could be sent: a server that stalls is charged for all who would have come
     * meanwhile.
     */
    private static final int CLIENTS = 10_000;
    private static final int ACTIVE = 1_000;
    private static final int PER_SECOND = 3_000;
    private static final int WARM = 6_000; // requests, not counted
    private static final int MEASURED = 15_000;
    private static final int ROUNDS = 3;
    private static final byte[] REQUEST = Client.encode("GET", "key");

    private Crowd() {}

    public static void main(String[] commands) throws IOException {
        Report report = new Report("crowd: " + CLIENTS + " clients, " + ACTIVE + " of them active");
        double[] ours = new double[ROUNDS];
        double[] theirs = new double[ROUNDS];
        double[] ratios = new double[ROUNDS];
        double perConnection = 0;
        for (int i = 0; i < ROUNDS; i++) {
            double[] our = measure(commands[0]);
            ours[i] = our[0];
            perConnection = our[1];
            theirs[i] = measure(commands[1])[0];
            ratios[i] = ours[i] / theirs[i];
        }
        report.note("p99, median of " + ROUNDS, Report.median(ours), "ms");
        report.note("p99 of the peer", Report.median(theirs), "ms");
        report.atMost("p99 relative to the peer", 1.5, Report.median(ratios), "x");
        report.atMost("RSS per idle connection", 20, perConnection / 1024, "KiB");
        report.end();
    }

    /// @return p99 in milliseconds, RSS per connection in bytes
    private static double[] measure(String command) throws IOException {
        List<SocketChannel> channels = new ArrayList<>();
        try (Server server = Server.start(command, "--maxclients", Integer.toString(2 * CLIENTS));
                Selector selector = Selector.open()) {
            long before = server.rss();
            for (int i = 0; i < CLIENTS; i++) {
                SocketChannel channel =
                        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
                channel.configureBlocking(false);
                channels.add(channel);
            }
            Server.pause(1000);
            double perConnection = (server.rss() - before) / (double) CLIENTS;
            // the active ones are spread among the others
            for (int i = 0; i < ACTIVE; i++) {
                channels.get(i * (CLIENTS / ACTIVE)).register(selector, SelectionKey.OP_READ, i);
            }
            return new double[] {Report.percentile(ask(channels, selector), 0.99), perConnection};
        } finally {
            for (SocketChannel channel : channels) channel.close();
        }
    }

    private static double[] ask(List<SocketChannel> channels, Selector selector) throws IOException {
        ByteBuffer reply = ByteBuffer.allocate(256);
        long[] dueAt = new long[ACTIVE]; // 0: no request is under way
        double[] latencies = new double[MEASURED];
        long step = 1_000_000_000L / PER_SECOND;
        long start = System.nanoTime();
        int asked = 0;
        int answered = 0;
        int next = 0;
        while (answered < WARM + MEASURED) {
            long now = System.nanoTime();
            while (asked < WARM + MEASURED && start + asked * step <= now && dueAt[next] == 0) {
                dueAt[next] = start + asked * step;
                channels.get(next * (CLIENTS / ACTIVE)).write(ByteBuffer.wrap(REQUEST));
                asked++;
                next = (next + 1) % ACTIVE;
            }
            selector.selectNow();
            now = System.nanoTime();
            for (SelectionKey key : selector.selectedKeys()) {
                int client = (Integer) key.attachment();
                if (((SocketChannel) key.channel()).read(reply.clear()) < 0) throw new IOException("closed");
                if (answered >= WARM) latencies[answered - WARM] = (now - dueAt[client]) / 1e6;
                answered++;
                dueAt[client] = 0;
            }
            selector.selectedKeys().clear();
            if (asked < WARM + MEASURED && dueAt[next] == 0) {
                long wait = start + asked * step - System.nanoTime();
                if (wait > 100_000) java.util.concurrent.locks.LockSupport.parkNanos(50_000);
            }
        }
        return Arrays.copyOf(latencies, MEASURED);
    }
}
