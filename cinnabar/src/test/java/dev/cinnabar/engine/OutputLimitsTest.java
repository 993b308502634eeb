package dev.cinnabar.engine;

import static dev.cinnabar.engine.OutputLimits.NEVER_COUNTED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.config.OutputBufferLimits;
import dev.cinnabar.config.OutputBufferLimits.Limit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OutputLimitsTest {
    private static final Limit NONE = new Limit(0, 0, 0);

    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();
    private final TestClient reader = server.connect();

    @BeforeEach
    void the_reader_listens() {
        reader.send("SUBSCRIBE a");
        server.settings().outputBufferLimits = new OutputBufferLimits(NONE, NONE, new Limit(1000, 500, 10));
    }

    /// The reader has left so much that counts, and is published to.
    private void left(long bytes) {
        reader.outputBytes = NEVER_COUNTED + bytes;
        client.send("PUBLISH a x");
    }

    private String disconnections() {
        String info = client.send("INFO stats");
        return info.replaceAll(".*client_output_buffer_limit_disconnections:(\\d+).*", "$1");
    }

    @Test
    void who_leaves_as_much_as_the_hard_limit_is_closed_and_counted() {
        left(499);
        left(999);
        assertThat(reader.isClosed).isFalse();
        reader.read();
        left(1000);
        assertThat(reader.isClosed).isTrue();
        assertThat(disconnections()).isEqualTo("1");
        assertThat(client.send("PUBLISH a x")).isEqualTo(":0");
    }

    @Test
    void what_waits_for_all_listeners_together_has_a_limit_and_the_slowest_is_given_up_for_it() {
        server.settings().outputBufferLimits = new OutputBufferLimits(NONE, NONE, NONE);
        TestClient slowest = server.connect();
        slowest.send("SUBSCRIBE a");
        long budget = server.engine.store().pages().budget().limit();
        slowest.outputBytes = budget / 3;
        left(budget / 7);
        assertThat(slowest.isClosed).isFalse();
        left(budget / 5);
        assertThat(slowest.isClosed).isTrue();
        assertThat(reader.isClosed).isFalse();
        assertThat(disconnections()).isEqualTo("1");
        left(budget / 3);
        assertThat(reader.isClosed).as("the other's share is free again").isFalse();
    }

    @Test
    void a_large_message_for_many_costs_nobody_who_fetches_it_and_all_who_do_not() {
        server.settings().outputBufferLimits = new OutputBufferLimits(NONE, NONE, NONE);
        long budget = server.engine.store().pages().budget().limit();
        int length = (int) (budget / 20);
        List<TestClient> readers = new ArrayList<>(List.of(reader));
        while (readers.size() < 50) {
            TestClient another = server.connect();
            another.send("SUBSCRIBE a");
            readers.add(another);
        }
        String message = "x".repeat(length);
        readers.forEach(one -> one.outputBytes = length); // as it will be when the message is in the queues
        client.send("PUBLISH a " + message);
        assertThat(readers).as("had no time to fetch it").noneMatch(one -> one.isClosed);

        readers.subList(0, 45).forEach(one -> one.outputBytes = 0);
        server.advance(Duration.ofSeconds(2));
        client.send("PUBLISH a y");
        assertThat(readers).as("few are left who have it").noneMatch(one -> one.isClosed);

        readers.forEach(one -> one.outputBytes = length);
        client.send("PUBLISH a y");
        assertThat(readers.stream().filter(one -> one.isClosed).count()).isBetween(39L, 41L);
    }

    @Test
    void what_was_fetched_meanwhile_does_not_count() {
        server.settings().outputBufferLimits = new OutputBufferLimits(NONE, NONE, NONE);
        long budget = server.engine.store().pages().budget().limit();
        TestClient other = server.connect();
        other.send("SUBSCRIBE b");
        other.outputBytes = budget / 3;
        client.send("PUBLISH b x");
        other.outputBytes = 0;
        left(budget / 3);
        assertThat(reader.isClosed || other.isClosed).isFalse();
    }

    @Test
    void the_last_publication_still_counts_who_is_closed_for_it() {
        reader.outputBytes = NEVER_COUNTED + 1000;
        assertThat(client.send("PUBLISH a x")).isEqualTo(":1");
    }

    @Test
    void who_is_over_the_soft_limit_has_some_time() {
        left(500);
        server.advance(Duration.ofMillis(10_000));
        assertThat(reader.isClosed).isFalse();
        server.advance(Duration.ofMillis(1));
        assertThat(reader.isClosed).isTrue();
        assertThat(disconnections()).isEqualTo("1");
    }

    @Test
    void the_time_begins_anew_when_the_client_has_fetched_enough() {
        left(500);
        server.advance(Duration.ofSeconds(9));
        reader.outputBytes = NEVER_COUNTED + 400;
        server.advance(Duration.ofSeconds(1));
        left(600);
        server.advance(Duration.ofSeconds(10));
        assertThat(reader.isClosed).isFalse();
        server.advance(Duration.ofSeconds(1));
        assertThat(reader.isClosed).isTrue();
    }

    @Test
    void a_limit_that_is_lifted_spares_those_who_are_over_it() {
        left(500);
        server.settings().outputBufferLimits = new OutputBufferLimits(NONE, NONE, NONE);
        server.advance(Duration.ofSeconds(100));
        left(10 << 20);
        assertThat(reader.isClosed).isFalse();
    }

    @Test
    void normal_clients_have_a_limit_of_their_own_that_replies_count_for() {
        client.outputBytes = 1 << 30;
        client.send("PING");
        assertThat(client.isClosed).isFalse();
        server.settings().outputBufferLimits = new OutputBufferLimits(new Limit(2000, 0, 0), NONE, NONE);
        client.outputBytes = NEVER_COUNTED + 1999;
        client.send("PING");
        assertThat(client.isClosed).isFalse();
        client.outputBytes = NEVER_COUNTED + 2000;
        client.send("PING");
        assertThat(client.isClosed).isTrue();
    }

    @Test
    void a_transaction_is_run_to_its_end_before_its_client_is_closed() {
        server.settings().outputBufferLimits = new OutputBufferLimits(new Limit(2000, 0, 0), NONE, NONE);
        client.send("MULTI");
        client.send("SET a 1");
        client.send("SET b 2");
        client.outputBytes = NEVER_COUNTED + 5000;
        client.send("EXEC");
        assertThat(client.isClosed).isTrue();
        assertThat(server.connect().send("MGET a b")).isEqualTo("*2 $1 1 $1 2");
    }

    @Test
    void an_answer_beyond_the_limit_is_not_written_to_its_end_and_the_transaction_goes_on() {
        server.settings().outputBufferLimits = new OutputBufferLimits(new Limit(1 << 20, 0, 0), NONE, NONE);
        client.send("ZADD z 1 m");
        client.send("MULTI");
        client.send("SET a 1");
        client.send("ZRANDMEMBER z -2000000000");
        client.send("SET b 2");
        assertThat(client.send("EXEC")).isEqualTo("*3 +OK +OK");
        assertThat(client.isClosed).isTrue();
        assertThat(server.connect().send("MGET a b")).isEqualTo("*2 $1 1 $1 2");
    }

    @Test
    void a_limit_that_is_too_small_for_any_answer_can_be_taken_back() {
        server.settings().outputBufferLimits = new OutputBufferLimits(new Limit(1, 1, 0), NONE, new Limit(1, 1, 0));
        client.outputBytes = 8000; // a long answer to INFO
        client.send("PING");
        left(-1);
        assertThat(client.isClosed || reader.isClosed).isFalse();
    }

    @Test
    void who_has_not_logged_in_may_leave_little() {
        server.settings().password = "secret";
        TestClient stranger = server.connect();
        stranger.outputBytes = 17_000;
        assertThat(stranger.send("GET x")).startsWith("-NOAUTH");
        assertThat(stranger.isClosed).isFalse();
        stranger.outputBytes = 18_000;
        stranger.send("GET x");
        assertThat(stranger.isClosed).isTrue();
    }

    @Test
    void monitors_are_held_to_the_limit_of_subscribers() {
        TestClient monitor = server.connect();
        monitor.send("MONITOR");
        monitor.outputBytes = NEVER_COUNTED + 1000;
        client.send("PING");
        assertThat(monitor.isClosed).isTrue();
    }

    @Test
    void what_is_pushed_to_the_one_who_publishes_counts_too() {
        client.send("HELLO 3");
        client.send("SUBSCRIBE a");
        assertThat(client.send("PUBLISH a " + "x".repeat(NEVER_COUNTED + 1000))).startsWith(":2");
        assertThat(client.isClosed).isTrue();
    }
}
