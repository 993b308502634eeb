package dev.cinnabar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Turns wait for their tickets; tasks and timers are run in between.
class TicketsTest extends NetRig {
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
        assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
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
}
