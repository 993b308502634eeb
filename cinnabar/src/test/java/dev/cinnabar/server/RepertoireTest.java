package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a rehearsal plays is what clients ask for: commands that exist, spelled as they are, in all families.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RepertoireTest {
    @Test
    void every_piece_is_a_request_that_is_served_but_for_the_two_that_are_errors_on_purpose() throws IOException {
        try (Cinnabar server = Cinnabar.builder().start();
                SocketChannel one = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()));
                SocketChannel two = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()))) {
            Repertoire repertoire = new Repertoire(List.of(one, two), Repertoire.ALL);
            repertoire.playInTurn(40);
            repertoire.playMixed(1000);

            assertThat(errors(server).keySet()).containsExactlyInAnyOrder("errorstat_ERR", "errorstat_WRONGTYPE");
            Map<String, String> served = lines(server, "commandstats");
            assertThat(served.keySet()).contains("cmdstat_set", "cmdstat_lpush", "cmdstat_hset", "cmdstat_sadd");
            assertThat(served.keySet()).contains("cmdstat_zadd", "cmdstat_xadd", "cmdstat_pfadd", "cmdstat_geosearch");
            served.forEach((command, line) -> {
                if (!command.equals("cmdstat_scard"))
                    assertThat(line).as(command).endsWith("failed_calls=0");
            });
        }
    }

    private static Map<String, String> errors(Cinnabar server) {
        return lines(server, "errorstats");
    }

    private static Map<String, String> lines(Cinnabar server, String section) {
        Map<String, String> found = new TreeMap<>();
        for (String line : String.valueOf(server.execute("INFO", section)).split("\r\n")) {
            int colon = line.indexOf(':');
            if (colon > 0) found.put(line.substring(0, colon), line.substring(colon + 1));
        }
        return found;
    }
}
