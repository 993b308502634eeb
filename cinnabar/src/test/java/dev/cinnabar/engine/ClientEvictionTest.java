package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClientEvictionTest {
    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();
    private final TestClient large = server.connect();
    private final TestClient larger = server.connect();

    private void hold(long largeBytes, long largerBytes) {
        large.outputBytes = largeBytes;
        larger.outputBytes = largerBytes;
        server.advance(Duration.ofMillis(100));
    }

    private String evicted() {
        return client.send("INFO stats").replaceAll(".*evicted_clients:(\\d+).*", "$1");
    }

    @Test
    void who_holds_the_most_is_evicted_and_counted_until_the_others_hold_no_more_than_they_may() {
        hold(5000, 6000);
        assertThat(larger.isClosed).as("without a limit").isFalse();
        server.settings().maxMemoryClients = 10_000;
        hold(5000, 5000);
        assertThat(larger.isClosed).isFalse();
        hold(5000, 5001);
        assertThat(larger.isClosed).isTrue();
        assertThat(large.isClosed).isFalse();
        assertThat(evicted()).isEqualTo("1");
        hold(10_001, 0);
        assertThat(large.isClosed).isTrue();
        assertThat(client.isClosed).isFalse();
        assertThat(evicted()).isEqualTo("2");
    }

    @Test
    void who_is_not_to_be_evicted_stays_though_it_counts() {
        server.settings().maxMemoryClients = 10_000;
        larger.send("CLIENT NO-EVICT ON");
        hold(1000, 20_000);
        assertThat(larger.isClosed).isFalse();
        assertThat(large.isClosed).isTrue();
    }

    @Test
    void what_a_transaction_queues_is_held_too() {
        server.settings().maxMemoryClients = 10_000;
        large.send("MULTI");
        large.send("SET a " + "x".repeat(11_000));
        hold(0, 0);
        assertThat(large.isClosed).isTrue();
    }

    @Test
    void a_percentage_is_one_of_maxmemory() {
        server.settings().maxMemoryClients = -5;
        hold(0, 1 << 30);
        assertThat(larger.isClosed).as("without maxmemory").isFalse();
        server.settings().maxMemory = 1 << 20;
        hold(0, 52_428);
        assertThat(larger.isClosed).isFalse();
        hold(0, 52_429);
        assertThat(larger.isClosed).isTrue();
    }
}
