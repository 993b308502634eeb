package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.TestClock;
import dev.cinnabar.engine.ChangeLog;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What clients hear while the log cannot be written: two loops, and a log that gets stuck when it is told
/// to.
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StuckLogTest {
    private static final String FULL = "MISCONF Errors writing to the AOF file: No space left on device";

    private final TestClock clock = new TestClock();
    private final Cinnabar server =
            Cinnabar.builder().clock(clock).set("io-threads", "2").start();
    private final StuckLog log = new StuckLog();
    private final List<Client> clients = new ArrayList<>();

    /// Takes everything until it is stuck; then refuses, as the real one does, from the first commit that
    /// finds something new.
    private static final class StuckLog implements ChangeLog {
        private volatile long end;
        private volatile long written;
        private volatile boolean isStuck;
        private volatile String refusal;

        @Override
        public void append(int db, int argc, Bytes[] argv) {
            end++;
        }

        @Override
        public long commit() {
            long now = end;
            if (!isStuck) written = now;
            else if (now > written) refusal = FULL;
            return now > written ? now : 0;
        }

        @Override
        public long appended() {
            return end;
        }

        @Override
        public long released() {
            return written;
        }

        @Override
        public String refusal() {
            return refusal;
        }
    }

    private final class Client {
        final Socket socket;

        Client() throws IOException {
            socket = new Socket("127.0.0.1", server.port());
            clients.add(this);
            assertThat(ask("PING", "+PONG")).isTrue();
        }

        void say(String line) throws IOException {
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        }

        boolean ask(String line, String answer) throws IOException {
            say(line);
            return hears(answer);
        }

        boolean hears(String answer) throws IOException {
            byte[] expected = (answer + "\r\n").getBytes(StandardCharsets.US_ASCII);
            byte[] heard = socket.getInputStream().readNBytes(expected.length);
            return new String(heard, StandardCharsets.US_ASCII).equals(answer + "\r\n");
        }

        boolean hasHeard() throws IOException {
            return socket.getInputStream().available() > 0;
        }
    }

    @BeforeEach
    void useTheLog() {
        server.engine().lock();
        try {
            server.engine().log(log);
        } finally {
            server.engine().unlock();
        }
    }

    @AfterEach
    void close() throws IOException {
        for (Client client : clients) client.socket.close();
        server.close();
    }

    private void recover() {
        log.isStuck = false;
        log.refusal = null;
        log.commit();
        for (int i = 0; i < server.net().loopCount(); i++) server.net().loop(i).release(log.written);
    }

    /// Clients of both loops.
    private List<Client> crowd() throws IOException {
        return List.of(new Client(), new Client(), new Client(), new Client());
    }

    /// Waits until each loop has ended the turn in which it is now.
    private void awaitTurns() {
        for (int turn = 0; turn < 2; turn++)
            for (int i = 0; i < server.net().loopCount(); i++)
                CompletableFuture.runAsync(() -> {}, server.net().loop(i)).join();
    }

    private void awaitRefusal() {
        while (log.refusal() == null) Thread.onSpinWait();
    }

    @Test
    void who_wrote_waits_and_all_others_read_and_are_refused_at_once() throws IOException {
        List<Client> others = crowd();
        for (Client other : others) assertThat(other.ask("SET before 1", "+OK")).isTrue();
        Client writer = new Client();
        log.isStuck = true;
        writer.say("SET k v");
        awaitRefusal();
        for (int round = 0; round < 2; round++) {
            for (Client other : others) {
                assertThat(other.ask("PING", "-" + FULL)).isTrue();
                assertThat(other.ask("GET k", "$1\r\nv")).isTrue();
                assertThat(other.ask("SET k w", "-" + FULL)).isTrue();
            }
        }
        assertThat(writer.hasHeard()).isFalse();
        assertThat(server.execute("GET", "k")).as("within the process").isEqualTo("v");
        assertThatThrownBy(() -> server.execute("SET", "k", "w")).hasMessage(FULL);

        recover();
        assertThat(writer.hears("+OK")).isTrue();
        assertThat(writer.ask("SET k w", "+OK")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10_000}) // what is large goes to those who wait without a copy
    void who_waited_for_what_is_stuck_now_waits_on_whichever_loop_it_is(int length) throws IOException {
        String value = "a".repeat(length);
        List<Client> others = crowd();
        List<Client> waiting = crowd();
        for (Client client : waiting) client.say("BLPOP list 0");
        while (!String.valueOf(server.execute("INFO", "clients")).contains("blocked_clients:4")) Thread.onSpinWait();
        Client writer = new Client();
        log.isStuck = true;
        writer.say("RPUSH list " + String.join(" ", value, value, value, value));
        awaitRefusal();
        awaitTurns(); // whose answers come in the turn in which the waiting ones are answered, waits with them
        for (int round = 0; round < 2; round++)
            for (Client other : others)
                assertThat(other.ask("PING", "-" + FULL)).isTrue();
        for (Client client : waiting) assertThat(client.hasHeard()).isFalse();

        recover();
        for (Client client : waiting)
            assertThat(client.hears("*2\r\n$4\r\nlist\r\n$" + length + "\r\n" + value))
                    .isTrue();
        assertThat(writer.hears(":4")).isTrue();
    }

    @Test
    void what_expires_meanwhile_holds_nobody_up() throws IOException {
        List<Client> others = crowd();
        assertThat(others.get(0).ask("SET short v EX 1", "+OK")).isTrue();
        Client writer = new Client();
        log.isStuck = true;
        writer.say("SET k v");
        awaitRefusal();
        clock.advance(Duration.ofSeconds(2));
        assertThat(server.execute("EXISTS", "short")).isEqualTo(0L);
        assertThat(log.end).as("the deletion, too").isEqualTo(3);
        for (Client other : others) assertThat(other.ask("PING", "-" + FULL)).isTrue();
    }
}
