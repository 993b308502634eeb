package dev.cinnabar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// A connection takes what it needs, the budget is heeded, and a turn makes no garbage.
class MemoryOfConnectionsTest extends NetRig {
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
        NetServer server = new NetServer("echo", 1, echo, budget, batchesFrom());
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
}
