package dev.cinnabar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What batches could break that single calls cannot: bytes that were fetched and are not looked at yet, and
/// rings.
class BatchesTest extends NetRig {
    private CountDownLatch go = new CountDownLatch(0);

    /// Keeps the loop busy until `go`, so that it finds together what is sent meanwhile.
    private void stop(Client stopper) {
        long before = toy.handledLines.get();
        CountDownLatch latch = new CountDownLatch(1);
        go = latch;
        toy.on("stop", (session, rest) -> awaitQuietly(latch));
        stopper.send("stop\n");
        await().until(() -> toy.handledLines.get() > before);
    }

    @Test
    void what_was_fetched_is_served_also_when_somebody_stops_listening_in_the_same_turn() throws Exception {
        NetServer server = start(1);
        toy.on("move", (session, rest) -> {
            try {
                server.listen(LOOPBACK, 0, 16);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        Client reader = connect(server);
        Toy.Session session = awaitSession();
        int length = 20_000_000;
        session.push("y".repeat(length));
        await().until(() -> session.connection.queuedChunks() > 0);
        AtomicLong unsent = new AtomicLong();
        await().during(Duration.ofMillis(300))
                .until(() -> unsent.getAndSet(session.connection.outputBytes()) == session.connection.outputBytes());
        Client stopper = connect(server);
        Client mover = connect(server);
        await().until(() -> toy.sessions.size() == 3);

        stop(stopper);
        mover.send("move\n");
        InputStream in = reader.socket.getInputStream(); // from now on the socket is writable, and waited for
        assertThat(in.readNBytes(length + 1 - (int) session.connection.outputBytes()))
                .isNotEmpty();
        reader.send("ping\n");
        go.countDown();

        reader.line();
        assertThat(reader.line()).isEqualTo("PING");
    }

    @Test
    void nobody_is_shown_what_belongs_to_others_after_a_turn_failed_in_the_middle() throws Exception {
        Protocol fragile = new Protocol() {
            @Override
            public Handler opened(Connection connection) {
                return toy.opened(connection);
            }

            @Override
            public long beforeFlush(EventLoop loop) {
                return toy.beforeFlush(loop);
            }

            @Override
            public long beforeSleep(EventLoop loop) {
                return toy.beforeSleep(loop);
            }

            @Override
            public void failed(Throwable cause, @Nullable Connection connection) {
                if (connection != null) throw new OutOfMemoryError("not even for a line in the log");
                toy.failed(cause, null);
            }
        };
        toy.on("bug", (session, rest) -> {
            throw new OutOfMemoryError("not really");
        });
        int from = way == Way.ONE_BY_ONE ? NetServer.NEVER : 2;
        NetServer server = new NetServer("toy", 1, fragile, budget, from);
        open.add(server);
        server.listen(LOOPBACK, 0, 128);
        server.start();
        Client stopper = connect(server);
        Client a = connect(server);
        Client b = connect(server);
        Client c = connect(server);
        Client d = connect(server);
        stop(stopper);
        for (Client client : List.of(a, b, c, d)) client.send("ping\n");
        go.countDown();
        for (Client client : List.of(a, b, c, d)) assertThat(client.line()).isEqualTo("PING");
        if (way == Way.IN_BATCHES) await().until(server::isBatching);

        stop(stopper);
        a.send("bug\n");
        b.send("mine\n");
        go.countDown();
        assertThat(a.isAtEnd()).isTrue();
        c.send("alone\n");
        assertThat(c.line()).isEqualTo("ALONE");
        stop(stopper);
        c.send("secret of c\n");
        d.send("secret of d\n");
        go.countDown();
        assertThat(c.line() + d.line()).isEqualTo("SECRET OF CSECRET OF D");

        toy.failures.clear();
        try {
            b.send("more\n");
        } catch (AssertionError e) {
            return; // closed, which is right: its bytes are lost
        }
        String line = null;
        try {
            line = b.lineOrEnd();
        } catch (IOException e) {
            // the same
        }
        assertThat(line).isIn(null, "MINE");
    }

    @Test
    void batches_are_given_up_and_taken_up_again_as_somebody_decides() throws Exception {
        assumeTrue(way == Way.IN_BATCHES);
        NetServer server = new NetServer("toy", 1, toy, budget, NetServer.NEVER);
        open.add(server);
        server.listen(LOOPBACK, 0, 128);
        server.start();
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 5; i++) clients.add(connect(server));
        for (int from : new int[] {NetServer.NEVER, 4, NetServer.NEVER, 6, 2}) {
            server.batchesFrom(from);
            boolean isCrowd = clients.size() >= from;
            await().until(() -> server.isBatching() == isCrowd);
            for (int round = 0; round < 20; round++) {
                for (Client client : clients) client.send("ping\n");
                for (Client client : clients) assertThat(client.line()).isEqualTo("PING");
            }
            assertThat(server.isBatching()).isEqualTo(isCrowd);
        }
    }

    @Test
    void a_loop_begins_with_batches_when_a_crowd_has_come_and_not_before() throws Exception {
        assumeTrue(way == Way.IN_BATCHES);
        NetServer server = new NetServer("toy", 1, toy, budget, 4);
        open.add(server);
        server.listen(LOOPBACK, 0, 128);
        server.start();
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) clients.add(connect(server));
        for (Client client : clients) client.send("ping\n");
        for (Client client : clients) assertThat(client.line()).isEqualTo("PING");
        assertThat(toy.batching).isEmpty();

        clients.add(connect(server));
        await().until(server::isBatching);
        for (Client client : clients) client.send("batch\n");
        for (Client client : clients) assertThat(client.line()).isEqualTo("BATCH");
        server.close();
        assertThat(threadsNamed("toy")).isEmpty();
        assertThat(toy.batching).hasSize(1);
    }

    @Test
    void rings_live_as_long_as_their_server_and_are_unmapped_with_it() throws Exception {
        assumeTrue(way == Way.IN_BATCHES);
        long before = ringMappings();
        NetServer server = start(3);
        for (int i = 0; i < 3; i++) await().until(server.loop(i)::isBatching);
        assertThat(ringMappings() - before).isEqualTo(3 * 2); // queues, and entries
        server.close();
        assertThat(ringMappings()).isEqualTo(before);
    }

    private static long ringMappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("io_uring")).count();
        }
    }
}
