package dev.cinnabar.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/// What others push to a connection arrives in the order in which it was made.
class PushesTest extends NetRig {
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
        CountDownLatch isStopped = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        toy.on("stop", (session, rest) -> {
            isStopped.countDown();
            awaitQuietly(go);
        });
        NetServer server = start(1);
        Client stopper = connect(server);
        Client talker = connect(server);
        Client listener = connect(server);
        await().until(() -> toy.sessions.size() == 3);
        stopper.send("stop\n");
        isStopped.await(); // so that the rest happens in one turn, in this order
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
}
