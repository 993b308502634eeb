package dev.cinnabar.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import dev.cinnabar.base.Garbage;
import dev.cinnabar.memory.Budget;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NetServerTest {
    private static final List<String> LOOPBACK = List.of("127.0.0.1");

    private final Toy toy = new Toy();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Budget budget = new Budget(64L << 20);

    @TempDir
    Path dir;

    @AfterEach
    void close_everything_and_find_no_failure_and_no_reservation() throws Exception {
        for (AutoCloseable each : open) each.close();
        assertThat(toy.failures).isEmpty();
        assertThat(toy.sessions).isEmpty();
        assertThat(budget.reserved()).isZero();
    }

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
        try (NetServer server = new NetServer("net-test", loops, toy, budget)) {
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
        assertThat(session.connection.inputBytes()).isLessThan(300 << 10);

        for (int i = 0; i < requests; i++) assertThat(client.line()).hasSize(1023);
        sender.join();
        assertThat(session.connection.outputBytes()).isZero();
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

    // ---- the end of a connection ----

    @Test
    void a_peer_that_says_all_and_closes_its_side_gets_every_answer() throws Exception {
        toy.on("kib", (session, rest) -> session.reply("z".repeat(1023)));
        Client client = connect(start(1));
        client.send("kib\n".repeat(20_000)); // 20 MB of replies: more than socket buffers and congestion let through
        client.socket.shutdownOutput();
        for (int i = 0; i < 20_000; i++) assertThat(client.line()).hasSize(1023);
        assertThat(client.isAtEnd()).isTrue();
        await().until(() -> toy.closedCount.get() == 1);
    }

    @Test
    void an_unfinished_request_ends_with_its_connection() throws Exception {
        Client client = connect(start(1));
        client.send("unfinished");
        client.socket.shutdownOutput();
        assertThat(client.isAtEnd()).isTrue();
        await().until(() -> toy.closedCount.get() == 1);
    }

    @Test
    void closing_after_the_reply_sends_it_all_and_ignores_the_rest() throws Exception {
        toy.on("quit", (session, rest) -> {
            session.connection.closeAfterReply();
            session.reply("y".repeat(10_000_000));
            session.reply("bye");
        });
        Client client = connect(start(1));
        client.send("quit\n" + "ping\n".repeat(10));
        assertThat(client.line()).hasSize(10_000_000);
        assertThat(client.line()).isEqualTo("bye");
        String next = client.lineOrEnd();
        while (next != null) { // the lines it was shown together with "quit", which this handler chose to answer
            assertThat(next).isEqualTo("PING");
            next = client.lineOrEnd();
        }
        await().until(() -> toy.closedCount.get() == 1);
    }

    @Test
    void a_connection_can_be_refused_with_a_word() throws Exception {
        toy.onOpened = connection -> {
            if (connection.id() <= 2) return;
            connection.out().append("full\n");
            connection.closeAfterReply();
        };
        NetServer server = start(1);
        Client first = connect(server);
        Client second = connect(server);
        Client third = connect(server);
        third.send("ping\n");
        assertThat(third.line()).isEqualTo("full");
        assertThat(third.isAtEnd()).isTrue();
        first.send("a\n");
        second.send("b\n");
        assertThat(first.line() + second.line()).isEqualTo("AB");
        await().until(() -> toy.closedCount.get() == 1);
    }

    @Test
    void a_connection_can_be_closed_from_any_thread_and_is_told_once() throws Exception {
        toy.on("close", (session, rest) -> {
            session.reply("lost");
            session.connection.close();
            session.connection.close();
        });
        NetServer server = start(2);
        Client self = connect(server);
        Client other = connect(server);
        self.send("a\nclose\n");
        await().until(() -> toy.closedCount.get() == 1);
        other.send("b\n");
        assertThat(other.line()).isEqualTo("B");
        Toy.Session session = toy.anySession();

        session.connection.close();
        session.connection.close();

        assertThat(other.isAtEnd()).isTrue();
        await().until(() -> session.closed.get() == 1);
        assertThat(session.connection.isClosed()).isTrue();
        session.push("into the void");
        session.resume();
        assertThat(server.connectionCount()).isZero();
    }

    @Test
    void a_handler_that_throws_loses_its_connection_only() throws Exception {
        RuntimeException bug = new RuntimeException("bug");
        toy.on("bug", (session, rest) -> {
            throw bug;
        });
        toy.on("worse", (session, rest) -> {
            throw new LinkageError("not really");
        });
        NetServer server = start(1);
        Client bad = connect(server);
        Client worse = connect(server);
        Client good = connect(server);
        bad.send("bug\n");
        worse.send("worse\n");
        assertThat(bad.isAtEnd()).isTrue();
        assertThat(worse.isAtEnd()).isTrue();
        good.send("ping\n");
        assertThat(good.line()).isEqualTo("PING");
        await().until(() -> toy.closedCount.get() == 2);
        assertThat(toy.failures).hasSize(2).contains(bug);
        toy.failures.clear();
    }

    @Test
    void a_storm_of_connections_that_break_off_disturbs_nobody() throws Exception {
        NetServer server = start(1);
        Client steady = connect(server);
        AtomicInteger answered = new AtomicInteger();
        for (int i = 0; i < 3000; i++) {
            Client client = new Client(server.port());
            if (i % 10 == 0) {
                client.send("ping\n");
                if (client.line().equals("PING")) answered.incrementAndGet();
                client.close();
            } else {
                if (i % 3 == 0) client.send("half a req");
                if (i % 3 == 1) client.send("whole\n");
                client.reset();
            }
            if (i % 100 == 0) {
                steady.send("ping\n");
                assertThat(steady.line()).isEqualTo("PING");
            }
        }
        assertThat(answered).hasValue(300);
        await().until(() -> server.connectionCount() == 1);
        assertThat(toy.closedCount).hasValue(3000);
    }

    // ---- pushes ----

    @Test
    void what_other_threads_push_arrives_whole_and_in_order() throws Exception {
        NetServer server = start(2);
        Client a = connect(server);
        Client b = connect(server);
        a.send("x\n");
        b.send("x\n");
        a.line();
        b.line();
        List<Toy.Session> sessions = new ArrayList<>(toy.sessions.values());
        List<Thread> pushers = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int id = t;
            pushers.add(new Thread(() -> {
                for (int i = 0; i < 5000; i++) for (Toy.Session session : sessions) session.push(id + " " + i);
            }));
        }
        for (Thread pusher : pushers) pusher.start();
        for (Client client : List.of(a, b)) {
            int[] next = new int[4];
            for (int i = 0; i < 20_000; i++) {
                String[] parts = client.line().split(" ");
                int id = Integer.parseInt(parts[0]);
                assertThat(Integer.parseInt(parts[1])).isEqualTo(next[id]++);
            }
        }
        for (Thread pusher : pushers) pusher.join();
    }

    @Test
    void a_push_on_the_loop_keeps_its_place_among_replies() throws Exception {
        toy.on("tell", (session, rest) -> {
            int mark = session.connection.out().length();
            session.connection.out().append("this is taken back");
            for (Toy.Session each : toy.sessions.values()) if (each != session) each.push(rest);
            session.connection.out().rewind(mark);
            session.reply("told");
        });
        toy.on("self", (session, rest) -> {
            session.reply("before");
            session.push(rest);
            session.reply("after");
        });
        CountDownLatch go = new CountDownLatch(1);
        toy.on("stop", (session, rest) -> awaitQuietly(go));
        NetServer server = start(1);
        Client stopper = connect(server);
        Client talker = connect(server);
        Client listener = connect(server);
        stopper.send("stop\n"); // so that the rest happens in one turn, in this order
        listener.send("one\n");
        talker.send("tell two\ntell three\nself four\n");
        go.countDown();
        assertThat(talker.lines(5)).containsExactly("told", "told", "before", "after", "four");
        assertThat(listener.lines(3)).containsExactlyInAnyOrder("ONE", "two", "three");
        listener.send("end\n");
        assertThat(listener.line()).isEqualTo("END");
    }

    @Test
    void messages_that_are_shared_arrive_whole_and_in_order_among_pushes_also_at_slow_readers() throws Exception {
        NetServer server = start(2);
        List<Client> clients = List.of(connect(server), connect(server), connect(server));
        await().until(() -> toy.sessions.size() == 3);
        List<Toy.Session> sessions = new ArrayList<>(toy.sessions.values());
        int[] lengths = {3, 40_000, 700, 100_000};
        for (int i = 0; i < 200; i++) {
            byte[] message = (i + " " + "x".repeat(lengths[i % 4]) + "\n").getBytes(StandardCharsets.ISO_8859_1);
            for (Toy.Session session : sessions) session.share(message);
            for (Toy.Session session : sessions) session.push("behind " + i);
        }
        for (Client client : clients) {
            for (int i = 0; i < 200; i++) {
                assertThat(client.line()).isEqualTo(i + " " + "x".repeat(lengths[i % 4]));
                assertThat(client.line()).isEqualTo("behind " + i);
            }
        }
        await().until(() -> sessions.stream().allMatch(session -> session.connection.outputBytes() == 0));
        assertThat(sessions).allMatch(session -> session.connection.queuedChunks() == 0);
    }

    @Test
    void a_message_to_the_writer_itself_waits_until_it_has_written() throws Exception {
        byte[] message = "shared\n".getBytes(StandardCharsets.ISO_8859_1);
        toy.on("self", (session, rest) -> {
            session.reply("before");
            session.share(message);
            session.reply("after");
        });
        Client client = connect(start(1));
        client.send("self\n");
        assertThat(client.lines(3)).containsExactly("before", "after", "shared");
    }

    @Test
    void who_gives_way_lets_others_in_and_goes_on_even_when_no_more_comes() throws Exception {
        CountDownLatch isStopped = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        toy.on("stop", (session, rest) -> {
            isStopped.countDown();
            awaitQuietly(go);
        });
        toy.on("step", (session, rest) -> {
            for (Toy.Session each : toy.sessions.values()) if (each != session) each.push("step " + rest);
            session.reply(rest);
            session.giveWay();
        });
        NetServer server = start(1);
        Client stopper = connect(server);
        Client stepper = connect(server);
        Client other = connect(server);
        await().until(() -> toy.sessions.size() == 3);
        stopper.send("stop\n");
        isStopped.await(); // so that the loop finds what the others send at one time
        stepper.send("step 1\nstep 2\nstep 3\n");
        stepper.socket.shutdownOutput();
        other.send("hello\n");
        go.countDown();
        assertThat(stepper.lines(3)).containsExactly("1", "2", "3");
        assertThat(stepper.lineOrEnd()).isNull();
        List<String> heard = other.lines(4);
        assertThat(heard).containsExactlyInAnyOrder("step 1", "HELLO", "step 2", "step 3");
        assertThat(heard.indexOf("HELLO")).isLessThan(heard.indexOf("step 2"));
    }

    @Test
    void writing_for_others_in_between_mixes_nothing_up_and_costs_one_write_each() throws Exception {
        toy.on("cross", (session, rest) -> {
            for (int i = 0; i < 100; i++) {
                for (Toy.Session each : toy.sessions.values()) each.reply("r" + i);
                if (i % 10 == 0) for (Toy.Session each : toy.sessions.values()) if (each != session) each.push("p" + i);
            }
        });
        NetServer server = start(1);
        Client a = connect(server);
        Client b = connect(server);
        await().until(() -> toy.sessions.size() == 2);
        a.send("cross\n");
        for (int i = 0; i < 100; i++) assertThat(a.line()).isEqualTo("r" + i);
        for (int i = 0; i < 100; i++) {
            assertThat(b.line()).isEqualTo("r" + i);
            if (i % 10 == 0) assertThat(b.line()).isEqualTo("p" + i);
        }
        await().untilAsserted(() -> assertThat(server.loop(0).writes()).isEqualTo(2));
    }

    // ---- tickets ----

    @Test
    void a_held_turn_waits_for_its_ticket_and_nothing_overtakes_it() throws Exception {
        AtomicLong ticket = new AtomicLong();
        AtomicLong held = new AtomicLong();
        toy.on("write", (session, rest) -> {
            session.reply("wrote " + rest);
            held.set(ticket.incrementAndGet());
        });
        toy.onBeforeFlush = loop -> held.getAndSet(0);
        NetServer server = start(1);
        Client writer = connect(server);
        Client reader = connect(server);

        writer.send("write 1\n");
        await().until(() -> ticket.get() == 1);
        writer.send("read\n");
        reader.send("ping\n");
        assertThat(reader.line()).isEqualTo("PING"); // others do not wait
        await().until(() -> toy.handledLines.get() == 3);
        assertThat(writer.hasNothing()).isTrue();

        writer.send("write 2\n");
        await().until(() -> ticket.get() == 2);
        server.loop(0).release(1);
        assertThat(writer.line()).isEqualTo("wrote 1");
        assertThat(writer.line()).isEqualTo("READ");
        assertThat(writer.hasNothing()).isTrue();

        server.loop(0).release(7);
        assertThat(writer.line()).isEqualTo("wrote 2");
        server.loop(0).release(3); // smaller than before: nothing
        writer.send("ping\n");
        assertThat(writer.line()).isEqualTo("PING");
    }

    @Test
    void a_ticket_that_is_released_already_holds_nothing() throws Exception {
        toy.onBeforeFlush = loop -> 5;
        NetServer server = start(1);
        server.loop(0).release(5);
        Client client = connect(server);
        client.send("ping\n");
        assertThat(client.line()).isEqualTo("PING");
    }

    @Test
    void replies_under_tickets_come_in_order_whenever_these_are_released() throws Exception {
        BlockingQueue<Long> tickets = new LinkedBlockingQueue<>();
        AtomicLong last = new AtomicLong();
        AtomicLong turns = new AtomicLong();
        toy.onBeforeFlush = loop -> {
            if (turns.incrementAndGet() % 3 == 0) return 0; // some turns need no ticket
            tickets.add(last.incrementAndGet());
            return last.get();
        };
        NetServer server = start(1);
        Thread releaser = new Thread(() -> {
            try {
                while (true) {
                    long ticket = tickets.take();
                    if (ticket % 5 != 0) Thread.onSpinWait();
                    server.loop(0).release(ticket);
                }
            } catch (InterruptedException e) {
                // done
            }
        });
        releaser.start();
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) clients.add(connect(server));
        for (int i = 0; i < 300; i++) {
            for (Client client : clients) client.send("a" + i + "\nb" + i + "\n");
            if (i % 3 != 0) continue; // so that up to three turns' replies are on their way
            for (int j = Math.max(0, i - 2); j <= i; j++) {
                for (Client client : clients) assertThat(client.lines(2)).containsExactly("A" + j, "B" + j);
            }
        }
        releaser.interrupt();
        releaser.join();
    }

    @Test
    void held_output_counts_as_congestion() throws Exception {
        toy.on("kib", (session, rest) -> session.reply("z".repeat(1023)));
        toy.onBeforeFlush = loop -> 1;
        NetServer server = start(1);
        Client client = connect(server);
        client.send("kib\n".repeat(2000));
        Toy.Session session = awaitSession();
        await().until(() -> session.connection.outputBytes() > Connection.OUTPUT_HIGH_WATER);
        awaitStandstill(toy.handledLines);
        assertThat(session.connection.outputBytes()).isLessThan(Connection.OUTPUT_HIGH_WATER + 2048);

        server.loop(0).release(1);

        for (int i = 0; i < 2000; i++) assertThat(client.line()).hasSize(1023);
    }

    @Test
    void a_connection_that_leaves_with_held_replies_gets_them_first() throws Exception {
        AtomicLong ticket = new AtomicLong(1);
        toy.onBeforeFlush = loop -> ticket.get();
        toy.on("quit", (session, rest) -> {
            session.reply("bye");
            session.connection.closeAfterReply();
        });
        NetServer server = start(1);
        Client client = connect(server);
        client.send("a\nquit\n");
        await().until(() -> toy.handledLines.get() == 2);
        assertThat(toy.closedCount).hasValue(0);

        server.loop(0).release(1);

        assertThat(client.lines(2)).containsExactly("A", "bye");
        assertThat(client.isAtEnd()).isTrue();
    }

    // ---- tasks and timers ----

    @Test
    void tasks_run_on_the_loop_in_order_and_may_write() throws Exception {
        NetServer server = start(1);
        Client client = connect(server);
        Toy.Session session = awaitSession();
        for (int i = 0; i < 1000; i++) {
            int n = i;
            server.loop(0)
                    .execute(() ->
                            session.reply("task " + n + " " + server.loop(0).isCurrent()));
        }
        for (int i = 0; i < 1000; i++) assertThat(client.line()).isEqualTo("task " + i + " true");
    }

    @Test
    void a_task_that_throws_harms_nobody() throws Exception {
        NetServer server = start(1);
        server.loop(0).execute(() -> {
            throw new IllegalStateException("bug");
        });
        CountDownLatch ran = new CountDownLatch(1);
        server.loop(0).execute(ran::countDown);
        assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(toy.failures).hasSize(1);
        toy.failures.clear();
    }

    @Test
    void what_timers_write_goes_out_before_the_loop_sleeps() throws Exception {
        AtomicInteger due = new AtomicInteger();
        toy.onBeforeSleep = loop -> {
            if (due.getAndSet(0) > 0) toy.anySession().reply("tick");
            return 1;
        };
        Client client = connect(start(1));
        awaitSession();
        for (int i = 0; i < 3; i++) {
            due.set(1);
            assertThat(client.line()).isEqualTo("tick");
        }
    }

    @Test
    void a_loop_can_be_walked_through_and_its_connections_closed() throws Exception {
        NetServer server = start(1);
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 50; i++) clients.add(connect(server));
        await().until(() -> toy.sessions.size() == 50);
        server.loop(0)
                .execute(() -> server.loop(0).forEach(connection -> {
                    if (connection.id() % 2 == 0) connection.close();
                }));
        await().until(() -> toy.sessions.size() == 25);
        assertThat(toy.sessions.keySet()).allMatch(id -> id % 2 == 1);
    }

    @Test
    void an_interrupted_loop_goes_on() throws Exception {
        NetServer server = start(1);
        Client client = connect(server);
        awaitSession();
        server.loop(0).execute(() -> Thread.currentThread().interrupt());
        for (int i = 0; i < 10; i++) {
            client.send("ping\n");
            assertThat(client.line()).isEqualTo("PING");
        }
    }

    // ---- memory ----

    @Test
    void input_that_there_is_no_memory_for_is_refused() throws Exception {
        Client client = connect(start(1));
        Thread sender = new Thread(() -> {
            byte[] some = new byte[1 << 20];
            for (int i = 0; i < 100; i++) client.send(some, 0, some.length); // the budget is 64 MiB
            client.send("\n");
        });
        sender.start();
        assertThat(client.line()).isEqualTo("too much");
        sender.join();
        await().until(() -> budget.reserved() == 0);
    }

    @Test
    void memory_follows_what_came_not_what_was_announced() throws Exception {
        toy.on("x", (session, rest) -> {});
        NetServer server = start(1);
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 50; i++) clients.add(connect(server));
        await().until(() -> toy.sessions.size() == 50);
        for (Client client : clients) client.send("x".repeat(10_000));
        await().until(() ->
                toy.sessions.values().stream().allMatch(session -> session.connection.inputBytes() == 10_000));
        assertThat(budget.reserved()).isLessThan(50 * (20_000 + (64L << 10)));
    }

    @Test
    void serving_allocates_nothing() throws Exception {
        // a handler of its own: the toy makes strings
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        AtomicLong allocated = new AtomicLong();
        AtomicInteger count = new AtomicInteger();
        Protocol echo = new Protocol() {
            @Override
            public Handler opened(Connection connection) {
                return new Handler() {
                    @Override
                    public int received(byte[] array, int from, int to) {
                        connection.out().append(array, from, to - from);
                        count.setPlain(count.getPlain() + 1);
                        return to - from;
                    }

                    @Override
                    public void closed() {}
                };
            }

            @Override
            public long beforeFlush(EventLoop loop) {
                return 0;
            }

            @Override
            public long beforeSleep(EventLoop loop) {
                allocated.setOpaque(
                        threads.getThreadAllocatedBytes(Thread.currentThread().getId()));
                return -1;
            }

            @Override
            public void failed(Throwable cause, Connection connection) {
                toy.failures.add(cause);
            }
        };
        NetServer server = new NetServer("echo", 1, echo, budget);
        open.add(server);
        server.listen(LOOPBACK, 0, 128);
        server.start();
        Client a = connect(server);
        Client b = connect(server);
        for (int i = 0; i < 20_000; i++) a.echo(b);
        long before = allocated.getOpaque();

        for (int i = 0; i < 5_000; i++) a.echo(b);

        assertThat(allocated.getOpaque() - before).isLessThan(5_000); // less than a byte per request: none
    }

    // ---- listening ----

    @Test
    void a_free_port_is_found_for_all_addresses() throws Exception {
        NetServer server = server(1);
        int port = server.listen(List.of("127.0.0.1", "127.0.0.2"), 0, 128);
        server.start();
        assertThat(port).isPositive().isEqualTo(server.port());
        assertThat(server.listeningOn()).containsExactlyInAnyOrder("127.0.0.1:" + port, "127.0.0.2:" + port);
        for (String host : List.of("127.0.0.1", "127.0.0.2")) {
            Client client = new Client(new Socket(host, port));
            open.add(0, client);
            client.send("ping\n");
            assertThat(client.line()).isEqualTo("PING");
        }
    }

    @Test
    void an_address_may_be_missing_when_it_is_marked() throws Exception {
        NetServer server = server(1);
        int port = server.listen(List.of("127.0.0.1", "-203.0.113.7"), 0, 128);
        assertThat(server.listeningOn()).containsExactly("127.0.0.1:" + port);
        assertThatThrownBy(() -> server.listen(List.of("127.0.0.1", "203.0.113.7"), 0, 128))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("203.0.113.7")
                .hasMessageContaining("Cannot assign requested address");
        assertThatThrownBy(() -> server.listen(List.of("-203.0.113.7"), 0, 128)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> server.listen(List.of("no.such.host.invalid"), 0, 128))
                .hasMessageContaining("Name or service not known");
    }

    @Test
    void every_address_is_what_stars_mean() throws Exception {
        NetServer server = server(1);
        int port = server.listen(List.of("*", "-::*"), 0, 128);
        server.start();
        Client client = new Client(new Socket("127.0.0.1", port));
        open.add(0, client);
        client.send("ping\n");
        assertThat(client.line()).isEqualTo("PING");
        assertThat(toy.anySession().connection.remoteAddress()).startsWith("127.0.0.1:");

        assertThat(server.listen(List.of("*"), port, 128)).isEqualTo(port);
        assertThat(server.listeningOn()).containsExactly("0.0.0.0:" + port);
    }

    @Test
    void a_taken_port_is_refused_with_its_reason() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThatThrownBy(() -> server(1).listen(LOOPBACK, taken.getLocalPort(), 128))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("127.0.0.1:" + taken.getLocalPort())
                    .hasMessageContaining("Address already in use");
        }
    }

    @Test
    void addresses_and_port_can_be_changed_while_serving() throws Exception {
        NetServer server = start(1);
        int port = server.port();
        Client client = connect(server);
        client.send("ping\n");
        assertThat(client.line()).isEqualTo("PING");

        assertThat(server.listen(List.of("127.0.0.1", "127.0.0.2"), port, 128)).isEqualTo(port);
        assertThatThrownBy(() -> server.listen(List.of("203.0.113.7"), port, 128))
                .isInstanceOf(IOException.class);
        assertThat(server.listeningOn()).containsExactlyInAnyOrder("127.0.0.1:" + port, "127.0.0.2:" + port);
        int other = server.listen(LOOPBACK, 0, 128);
        assertThat(other).isNotEqualTo(port);

        assertThatThrownBy(() -> new Socket("127.0.0.1", port).close()).isInstanceOf(IOException.class);
        client.send("still here\n");
        assertThat(client.line()).isEqualTo("STILL HERE");
        Client late = connect(server);
        late.send("ping\n");
        assertThat(late.line()).isEqualTo("PING");
        assertThat(server.listen(List.of(), 0, 128)).isZero();
        assertThat(server.listeningOn()).isEmpty();
    }

    @Test
    void a_loop_that_is_stuck_does_not_keep_a_port() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        toy.on("stop", (session, rest) -> awaitQuietly(go));
        NetServer server = start(1);
        connect(server).send("stop\n");
        await().until(() -> toy.handledLines.get() == 1);

        assertThat(server.listen(List.of("*"), server.port(), 128)).isEqualTo(server.port());

        go.countDown();
    }

    @Test
    void unix_sockets_serve_and_their_file_is_replaced_and_removed() throws Exception {
        Path path = dir.resolve("s.sock");
        // a stale one, as a killed process leaves it
        try (var stale = java.nio.channels.ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            stale.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(path).exists();
        NetServer server = server(1);
        server.listenUnix(path, PosixFilePermissions.fromString("rwx------"), 16);
        server.start();
        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(server.listeningOn()).containsExactly(path + ":0");
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            client.write(ByteBuffer.wrap("ping\n".getBytes(ISO_8859_1)));
            InputStream in = Channels.newInputStream(client);
            assertThat(new String(in.readNBytes(5), ISO_8859_1)).isEqualTo("PING\n");
            Connection connection = toy.anySession().connection;
            assertThat(connection.isUnixSocket()).isTrue();
            assertThat(connection.isLocal()).isTrue();
            assertThat(connection.remoteAddress()).isEqualTo(path + ":0");
        }
        server.close();
        assertThat(path).doesNotExist();
    }

    @Test
    void a_file_that_is_no_socket_is_not_replaced_by_one() throws Exception {
        Path path = Files.writeString(dir.resolve("precious"), "data");
        assertThatThrownBy(() -> server(1).listenUnix(path, null, 16))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("precious");
        assertThat(path).hasContent("data");
    }

    // ---- the end of a server ----

    @Test
    void closing_ends_every_connection_and_tells_its_handler() throws Exception {
        NetServer server = start(2);
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) clients.add(connect(server));
        await().until(() -> toy.sessions.size() == 20);
        server.close();
        assertThat(toy.closedCount).hasValue(20);
        for (Client client : clients) assertThat(client.isAtEnd()).isTrue();
    }

    @Test
    void a_server_can_be_closed_by_its_own_handler() throws Exception {
        AtomicInteger closed = new AtomicInteger();
        NetServer server = start(2);
        toy.on("shutdown", (session, rest) -> {
            server.close();
            closed.incrementAndGet();
        });
        Client client = connect(server);
        client.send("shutdown\n");
        assertThat(client.isAtEnd()).isTrue();
        assertThat(closed).hasValue(1);
        await().until(() -> threadsNamed("toy").isEmpty());
    }

    @Test
    void two_hundred_servers_come_and_go_and_leave_nothing() throws Exception {
        comeAndGo(5); // what the JVM takes once
        long files = openFiles();
        long direct = directMemory();
        long begun = System.nanoTime();
        comeAndGo(200);
        assertThat(System.nanoTime() - begun).isLessThan(20_000_000_000L);
        assertThat(threadsNamed("brief")).isEmpty();
        assertThat(openFiles() - files).isLessThan(5);
        assertThat(directMemory() - direct).isLessThan(1 << 20);
    }

    private void comeAndGo(int times) throws Exception {
        List<Client> longest = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            try (NetServer server = new NetServer("brief-" + i, 2, toy, budget)) {
                server.listen(LOOPBACK, 0, 16);
                if (i % 10 == 0) continue; // one that is never started
                server.start();
                Client client = new Client(server.port());
                client.send("ping\n");
                assertThat(client.line()).isEqualTo("PING");
                if (i % 2 == 0) client.close();
                else longest.add(client);
            }
        }
        for (Client client : longest) {
            assertThat(client.isAtEnd()).isTrue();
            client.close();
        }
    }

    // ---- helpers ----

    private NetServer server(int loops) throws IOException {
        NetServer server = new NetServer("toy", loops, toy, budget);
        open.add(server);
        return server;
    }

    private NetServer start(int loops) throws IOException {
        NetServer server = server(loops);
        server.listen(LOOPBACK, 0, 4096);
        server.start();
        return server;
    }

    private Client connect(NetServer server) throws IOException {
        Client client = new Client(server.port());
        open.add(0, client);
        return client;
    }

    private Toy.Session awaitSession() {
        await().until(() -> !toy.sessions.isEmpty());
        return toy.anySession();
    }

    /// Waits until a counter has stood still for 300 ms.
    private static void awaitStandstill(AtomicLong counter) {
        AtomicLong last = new AtomicLong(-1);
        await().during(300, TimeUnit.MILLISECONDS).until(() -> last.getAndSet(counter.get()) == counter.get());
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) throw new AssertionError("nobody let us go on");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> threadsNamed(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith(prefix))
                .toList();
    }

    private static long openFiles() {
        return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
    }

    private static long directMemory() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    private static final class Client implements AutoCloseable {
        final Socket socket;
        private final InputStream in;
        private final OutputStream out;
        private final byte[] ball = new byte[64];

        Client(int port) throws IOException {
            this(new Socket("127.0.0.1", port));
        }

        Client(Socket socket) throws IOException {
            this.socket = socket;
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(10_000);
            in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
            out = socket.getOutputStream();
        }

        void send(String text) {
            byte[] bytes = text.getBytes(ISO_8859_1);
            send(bytes, 0, bytes.length);
        }

        void send(byte[] bytes, int offset, int length) {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        String line() throws IOException {
            String line = lineOrEnd();
            if (line == null) throw new AssertionError("the connection ended");
            return line;
        }

        String lineOrEnd() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            while (true) {
                int b = in.read();
                if (b < 0) return null;
                if (b == '\n') return line.toString(ISO_8859_1);
                line.write(b);
            }
        }

        List<String> lines(int count) throws IOException {
            List<String> lines = new ArrayList<>();
            for (int i = 0; i < count; i++) lines.add(line());
            return lines;
        }

        /// Whether nothing came; only right when the server has been seen to go beyond the point where it
        /// would send.
        boolean hasNothing() throws IOException {
            return in.available() == 0;
        }

        boolean isAtEnd() {
            try {
                return in.read() < 0;
            } catch (IOException e) {
                return true; // reset
            }
        }

        void echo(Client other) throws IOException {
            out.write(ball);
            other.out.write(other.ball);
            in.readNBytes(ball, 0, ball.length);
            other.in.readNBytes(other.ball, 0, ball.length);
        }

        /// Breaks off with a RST.
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
