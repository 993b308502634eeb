package dev.cinnabar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.channels.CancelledKeyException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectionKey;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// However a connection ends, its handler is told once, and nobody else notices.
class EndOfConnectionTest extends NetRig {
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
    void who_cannot_be_closed_for_want_of_memory_keeps_nobody_from_ending_once() throws Exception {
        NetServer server = start(1);
        Client client = connect(server);
        Connection connection = awaitSession().connection;
        EventLoop loop = server.loop(0);
        Unclosable unclosable = new Unclosable();
        loop.execute(() -> {
            connection.close();
            loop.adopt(unclosable, Long.MAX_VALUE); // no selector takes it, so it is closed, too
        });
        assertThat(client.isAtEnd()).isTrue();
        await().until(() -> server.connectionCount() == 0);
        assertThat(unclosable.isOpen()).isFalse();
        Client next = connect(server);
        next.send("ping\n");
        assertThat(next.line()).isEqualTo("PING");
        assertThat(server.connectionCount()).isEqualTo(1);
        assertThat(toy.closedCount).hasValue(1);
        assertThat(toy.failures).hasExactlyElementsOfTypes(IllegalSelectorException.class, Unclosable.NoMemory.class);
        toy.failures.clear();
    }

    @Test
    void what_was_asked_behind_somebody_who_cannot_be_served_is_done() throws Exception {
        toy.on("pause", (session, rest) -> session.pause());
        NetServer server = start(1);
        Client bad = connect(server);
        Toy.Session badSession = awaitSession();
        bad.send("pause\n" + "x".repeat(4 * Connection.PAUSED_INPUT_LIMIT));
        await().until(() -> badSession.connection.inputBytes() >= Connection.PAUSED_INPUT_LIMIT);
        Client other = connect(server);
        other.send("ping\n");
        assertThat(other.line()).isEqualTo("PING"); // and by now nobody listens to the first one
        toy.sessions.remove(badSession.connection.id());
        Toy.Session otherSession = toy.anySession();
        toy.sessions.put(badSession.connection.id(), badSession);
        EventLoop loop = server.loop(0);
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        loop.execute(() -> {
            awaitQuietly(go); // so that the rest lies in the inbox together
            for (SelectionKey key : loop.selector().keys()) {
                if (key.attachment() == badSession.connection) key.cancel(); // it cannot be listened to any more
            }
        });

        badSession.resume();
        loop.execute(done::countDown);
        otherSession.connection.close();
        go.countDown();

        awaitQuietly(done);
        assertThat(other.isAtEnd()).isTrue();
        assertThat(bad.isAtEnd()).isTrue();
        await().until(() -> toy.closedCount.get() == 2);
        assertThat(toy.failures).hasExactlyElementsOfTypes(CancelledKeyException.class);
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
}
