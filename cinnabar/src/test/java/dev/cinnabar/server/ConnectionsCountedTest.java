package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// INFO says how many came, and how many of them were turned away.
class ConnectionsCountedTest {
    @Test
    void connections_are_counted_whether_they_stay_or_are_turned_away() throws IOException {
        try (Cinnabar server = Cinnabar.builder().set("maxclients", "2").start();
                Socket one = connect(server);
                Socket two = connect(server)) {
            assertThat(ask(one)).isEqualTo("+PONG");
            assertThat(ask(two)).isEqualTo("+PONG");
            try (Socket three = connect(server)) {
                assertThat(ask(three)).startsWith("-ERR max number of clients");
            }

            assertThat(String.valueOf(server.execute("INFO", "stats")))
                    .contains("total_connections_received:2\r\n")
                    .contains("rejected_connections:1\r\n");
        }
    }

    private static Socket connect(Cinnabar server) throws IOException {
        Socket socket = new Socket("127.0.0.1", server.port());
        socket.setSoTimeout(60_000);
        return socket;
    }

    private static String ask(Socket socket) throws IOException {
        socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
        StringBuilder line = new StringBuilder();
        for (int c = socket.getInputStream().read();
                c >= 0 && c != '\r';
                c = socket.getInputStream().read()) {
            line.append((char) c);
        }
        return line.toString();
    }
}
