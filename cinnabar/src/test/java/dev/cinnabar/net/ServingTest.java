package dev.cinnabar.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cinnabar.base.Garbage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/// Bytes come in and go out, whole and in order, and who does not read or wait stops nobody else.
class ServingTest extends NetRig {
    // ---- bytes in, bytes out ----

    @Test
    void what_is_asked_is_answered() throws Exception {
        Client client = connect(start(1));
        client.send("hello\n");
        assertThat(client.line()).isEqualTo("HELLO");
        client.send("one\ntwo\n\nfour\n");
        assertThat(client.lines(4)).containsExactly("ONE", "TWO", "", "FOUR");
    }

    @Test
    void a_loop_goes_on_after_whatever_failure_also_where_there_is_no_memory_to_tell_of_it() throws Exception {
        toy.on("bug", (session, rest) -> {
            throw new OutOfMemoryError("not really");
        });
        toy.onFailed = cause -> {
            throw new OutOfMemoryError("not even for a line in the log");
        };
        NetServer server = start(1);
        Client careless = connect(server);
        Client other = connect(server);
        careless.send("bug\n");
        assertThat(careless.isAtEnd()).isTrue();
        other.send("one\n");
        assertThat(other.line()).isEqualTo("ONE");
        toy.failures.clear();
    }

    @Test
    void batches_are_made_where_they_are_asked_for() throws Exception {
        NetServer server = start(1);
        Client client = connect(server);
        client.send("hello\n");
        assertThat(client.line()).isEqualTo("HELLO");
        if (way == Way.IN_BATCHES)
            await().untilAsserted(() -> assertThat(toy.batching).containsExactly("null"));
        assertThat(server.isBatching()).isEqualTo(way == Way.IN_BATCHES);
    }

    @Test
    void a_kernel_that_does_no_batches_any_more_is_asked_one_by_one() throws Exception {
        assumeTrue(way == Way.IN_BATCHES, "without batches there is nothing to be refused");
        NetServer server = start(1);
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) clients.add(connect(server));
        for (int round = 0; round < 300; round++) {
            if (round == 100) breakRing(server, true);
            if (round == 200) breakRing(server, false);
            for (int i = 0; i < clients.size(); i++) clients.get(i).send("r" + round + "/" + i + "\n");
            for (int i = 0; i < clients.size(); i++)
                assertThat(clients.get(i).line()).isEqualTo("R" + round + "/" + i);
        }
    }

    @Test
    void a_rush_is_answered_in_the_order_in_which_each_client_asked() throws Exception {
        NetServer server = start(1);
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 60; i++) clients.add(connect(server));
        for (int round = 0; round < 100; round++) {
            for (int i = 0; i < clients.size(); i++) clients.get(i).send("a" + round + "\nb" + i + "\n");
            for (int i = 0; i < clients.size(); i++) {
                assertThat(clients.get(i).line()).isEqualTo("A" + round);
                assertThat(clients.get(i).line()).isEqualTo("B" + i);
            }
        }
    }

    /// Changes the ring's descriptor to one that nobody has, and back.
    private static void breakRing(NetServer server, boolean breaks) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        Object ring = field(field(field(server.loop(0), "batches"), "batch"), "ring");
        Field descriptor = ring.getClass().getDeclaredField("descriptor");
        descriptor.setAccessible(true);
        server.loop(0).execute(() -> {
            try {
                descriptor.setInt(ring, descriptor.getInt(ring) + (breaks ? 1 << 20 : -(1 << 20)));
                done.countDown();
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        });
        awaitQuietly(done);
    }

    private static Object field(Object of, String name) throws ReflectiveOperationException {
        Field field = of.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }

    @Test
    void requests_may_come_in_pieces_of_any_size() throws Exception {
        Client client = connect(start(1));
        Random random = new Random(42);
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 300; i++)
            all.append("x".repeat(random.nextInt(1 << random.nextInt(14))))
                    .append(i)
                    .append('\n');
        byte[] bytes = all.toString().getBytes(ISO_8859_1);
        Thread sender = new Thread(() -> {
            for (int at = 0; at < bytes.length; ) {
                int n = Math.min(bytes.length - at, 1 + random.nextInt(1 << random.nextInt(16)));
                client.send(bytes, at, n);
                at += n;
            }
        });
        sender.start();
        for (String line : all.toString().split("\n")) assertThat(client.line()).isEqualTo(line.toUpperCase());
        sender.join();
    }

    @Test
    void a_loop_counts_for_what_it_takes_of_the_heap() {
        long one = Garbage.of(() -> openAndClose(1));
        long five = Garbage.of(() -> openAndClose(5));
        assertThat((five - one) / 4).isCloseTo(EventLoop.BYTES, Percentage.withPercentage(5));
    }

    private void openAndClose(int loops) {
        try (NetServer server = new NetServer("net-test", loops, toy, budget, NetServer.NEVER)) {
            assertThat(server.ownBytes()).isEqualTo((long) loops * EventLoop.BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void a_request_larger_than_any_buffer_is_assembled() throws Exception {
        toy.on("size", (session, rest) -> session.reply("" + rest.length()));
        Client client = connect(start(1));
        client.send("size " + "x".repeat(20_000_000) + "\nping\n");
        assertThat(client.lines(2)).containsExactly("20000000", "PING");
        assertThat(budget.reserved()).isZero();
    }

    @Test
    void a_reply_larger_than_any_buffer_arrives_whole_and_in_order() throws Exception {
        toy.on("big", (session, rest) -> session.reply("y".repeat(Integer.parseInt(rest))));
        Client client = connect(start(1));
        client.send("big 30000000\nping\nbig 10\nbig 3000000\nping\n");
        assertThat(client.line()).hasSize(30_000_000);
        assertThat(client.line()).isEqualTo("PING");
        assertThat(client.line()).hasSize(10);
        assertThat(client.line()).hasSize(3_000_000);
        assertThat(client.line()).isEqualTo("PING");
    }

    @Test
    void two_thousand_connections_are_served_by_two_loops() throws Exception {
        NetServer server = start(2);
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 2000; i++) clients.add(connect(server));
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < clients.size(); i++) clients.get(i).send("c" + i + "\n");
            for (int i = 0; i < clients.size(); i++)
                assertThat(clients.get(i).line()).isEqualTo("C" + i);
        }
        assertThat(server.connectionCount()).isEqualTo(2000);
        assertThat(server.loop(0).connectionCount()).isEqualTo(1000);
        assertThat(toy.sessions.values().stream()
                        .map(session -> session.connection.fd())
                        .distinct())
                .hasSize(2000);
    }

    @Test
    void each_connection_knows_its_ends() throws Exception {
        Client client = connect(start(1));
        client.send("hello\n");
        client.line();
        Connection connection = toy.anySession().connection;
        assertThat(connection.remoteAddress()).isEqualTo("127.0.0.1:" + client.socket.getLocalPort());
        assertThat(connection.localAddress()).isEqualTo("127.0.0.1:" + client.socket.getPort());
        assertThat(connection.isLocal()).isTrue();
        assertThat(connection.isUnixSocket()).isFalse();
    }

    @Test
    void bytes_and_calls_are_counted() throws Exception {
        NetServer server = start(1);
        Client client = connect(server);
        for (int i = 0; i < 10; i++) {
            client.send("hello\n");
            client.line();
        }
        EventLoop loop = server.loop(0);
        await().untilAsserted(() -> assertThat(loop.bytesWritten()).isEqualTo(60));
        assertThat(loop.bytesRead()).isEqualTo(60);
        assertThat(loop.reads()).isEqualTo(10);
        assertThat(loop.writes()).isEqualTo(10);
    }

    // ---- slow readers ----

    @Test
    void a_reader_that_does_not_read_stops_the_handler_and_is_served_when_it_reads() throws Exception {
        toy.on("kib", (session, rest) -> session.reply("z".repeat(1023)));
        Client client = connect(start(1));
        int requests = 100_000; // 100 MB of replies
        Thread sender = new Thread(() -> {
            byte[] some = "kib\n".repeat(1000).getBytes(ISO_8859_1);
            for (int i = 0; i < requests / 1000; i++) client.send(some, 0, some.length);
        });
        sender.start();
        Toy.Session session = awaitSession();
        await().until(() -> session.connection.outputBytes() > Connection.OUTPUT_LOW_WATER);
        awaitStandstill(toy.handledLines);

        assertThat(toy.handledLines.get()).isLessThan(requests / 2);
        assertThat(session.connection.outputBytes())
                .isBetween(Connection.OUTPUT_LOW_WATER + 1L, Connection.OUTPUT_HIGH_WATER + 2048L);
        sender.join(); // what it sends is kept, so that it comes to reading

        for (int i = 0; i < requests; i++) assertThat(client.line()).hasSize(1023);
        assertThat(session.connection.outputBytes()).isZero();
        assertThat(session.connection.inputBytes()).isZero();
    }

    @Test
    void of_a_peer_that_sends_for_ever_and_never_reads_no_more_is_kept_than_the_limit() throws Exception {
        keepsOfADeafPeer(Connection.STALLED_INPUT_LIMIT);
    }

    @Test
    void of_a_peer_that_sends_for_ever_and_never_reads_no_more_is_kept_than_the_protocol_allows() throws Exception {
        toy.keptInputLimit = 1 << 20;
        keepsOfADeafPeer(1 << 20);
    }

    private void keepsOfADeafPeer(int limit) throws Exception {
        toy.on("kib", (session, rest) -> session.reply("z".repeat(1023)));
        Client client = connect(start(1));
        byte[] some = "kib\n".repeat(100_000).getBytes(ISO_8859_1);
        AtomicLong sent = new AtomicLong();
        Thread sender = new Thread(() -> {
            try {
                for (int i = 0; i < 200; i++) { // 80 MB
                    client.send(some, 0, some.length);
                    sent.addAndGet(some.length);
                }
            } catch (RuntimeException | AssertionError e) {
                // it was closed at the end of this test
            }
        });
        sender.start();
        Toy.Session session = awaitSession();
        await().until(() -> session.connection.inputBytes() >= limit / 2);
        awaitStandstill(sent);
        assertThat(session.connection.inputBytes()).isLessThanOrEqualTo(limit + EventLoop.READ_SIZE);
        assertThat(budget.reserved()).isLessThan(budget.limit());
        assertThat(session.connection.outputBytes())
                .isLessThan(Connection.OUTPUT_HIGH_WATER + Connection.STALLED_SLACK + 2048L);
        client.close();
        sender.join();
    }

    @Test
    void a_peer_that_sends_all_before_it_reads_is_served_on_where_answers_are_shorter_than_requests() throws Exception {
        toy.keptInputLimit = 16 << 20;
        toy.on("long", (session, rest) -> session.reply("z".repeat(99)));
        Client client = connect(start(1));
        int requests = 140_000; // 140 MB of them, 14 MB of answers: the sockets hold less than both
        byte[] some = ("long " + "x".repeat(994) + "\n").repeat(100).getBytes(ISO_8859_1);
        for (int i = 0; i < requests; i += 100) client.send(some, 0, some.length);
        for (int i = 0; i < requests; i++) assertThat(client.line()).hasSize(99);
        Toy.Session session = awaitSession();
        await().until(() -> session.connection.outputBytes() == 0);
        assertThat(budget.reserved()).isZero();
    }

    @Test
    void others_are_served_while_one_does_not_read() throws Exception {
        toy.on("big", (session, rest) -> session.reply("y".repeat(20_000_000)));
        NetServer server = start(1);
        Client deaf = connect(server);
        deaf.send("big\n");
        Client other = connect(server);
        for (int i = 0; i < 100; i++) {
            other.send("ping\n");
            assertThat(other.line()).isEqualTo("PING");
        }
        assertThat(deaf.line()).hasSize(20_000_000);
    }

    @Test
    void a_reader_that_goes_away_without_reading_is_closed() throws Exception {
        toy.on("big", (session, rest) -> session.reply("y".repeat(20_000_000)));
        Client client = connect(start(1));
        client.send("big\nbig\n");
        Toy.Session session = awaitSession();
        await().until(() -> session.connection.outputBytes() > 0);
        client.reset();
        await().until(() -> session.closed.get() == 1);
    }

    // ---- waiting ----

    @Test
    void a_paused_connection_is_shown_nothing_until_resumed_by_any_thread() throws Exception {
        toy.on("wait", (session, rest) -> session.pause());
        Client client = connect(start(1));
        client.send("one\nwait\ntwo\n");
        assertThat(client.line()).isEqualTo("ONE");
        client.send("three\n");
        Toy.Session session = toy.anySession();
        await().until(() -> session.connection.inputBytes() == 10);
        assertThat(toy.handledLines).hasValue(2);

        session.resume();

        assertThat(client.lines(2)).containsExactly("TWO", "THREE");
    }

    @Test
    void a_paused_connection_keeps_little_and_loses_nothing() throws Exception {
        toy.on("wait", (session, rest) -> session.pause());
        Client client = connect(start(1));
        client.send("wait\n");
        byte[] line = ("q".repeat(999) + "\n").getBytes(ISO_8859_1);
        Thread sender = new Thread(() -> {
            for (int i = 0; i < 10_000; i++) client.send(line, 0, line.length);
        });
        sender.start();
        Toy.Session session = awaitSession();
        await().until(() -> session.connection.inputBytes() >= Connection.PAUSED_INPUT_LIMIT);
        assertThat(session.connection.inputBytes()).isLessThan(3 * Connection.PAUSED_INPUT_LIMIT);

        session.resume();

        for (int i = 0; i < 10_000; i++) assertThat(client.line()).hasSize(999);
        sender.join();
    }

    @Test
    void a_peer_that_leaves_while_it_waits_is_noticed() throws Exception {
        toy.on("wait", (session, rest) -> session.pause());
        NetServer server = start(1);
        Client polite = connect(server);
        polite.send("wait\n");
        await().until(() -> toy.handledLines.get() == 1);
        polite.socket.close();
        await().until(() -> toy.closedCount.get() == 1);

        Client rude = connect(server);
        rude.send("wait\n");
        await().until(() -> toy.handledLines.get() == 2);
        rude.reset();
        await().until(() -> toy.closedCount.get() == 2);
    }

    @Test
    void a_turn_sends_one_connection_a_few_megabytes_however_quickly_it_reads() throws Exception {
        int length = 64 << 20;
        String much = "z".repeat(length);
        byte[] line = (much + "\n").getBytes(ISO_8859_1);
        toy.on("answer", (session, rest) -> session.reply(much));
        toy.on("message", (session, rest) -> session.share(line));
        AtomicLong written = new AtomicLong();
        AtomicLong most = new AtomicLong();
        toy.onBeforeSleep = loop -> {
            long now = loop.bytesWritten();
            most.accumulateAndGet(now - written.getAndSet(now), Math::max);
            return -1;
        };
        Client client = connect(start(1));
        for (String what : List.of("answer", "message")) {
            client.send(what + "\n");
            assertThat(client.line()).hasSize(length);
            client.send("ping\n");
            assertThat(client.line()).isEqualTo("PING");
            assertThat(most.getAndSet(0)).as(what).isBetween(1L, 2L * Connection.WRITTEN_PER_TURN);
        }
    }
}
