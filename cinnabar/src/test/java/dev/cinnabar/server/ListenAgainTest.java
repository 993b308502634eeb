package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// CONFIG SET bind and port of a server that runs.
class ListenAgainTest {
    private static void set(Cinnabar server, String name, String value) {
        assertThat(server.execute("CONFIG", "SET", name, value)).isEqualTo("OK");
    }

    private static void connect(int port) throws IOException {
        new Socket("127.0.0.1", port).close();
    }

    @Test
    void a_server_that_was_told_to_listen_nowhere_can_be_told_to_listen_again() throws IOException {
        try (Cinnabar server = Cinnabar.builder().start()) {
            int port = server.port();
            set(server, "bind", "");
            assertThatThrownBy(() -> connect(port)).isInstanceOf(IOException.class);
            set(server, "bind", "127.0.0.1");
            connect(port);
        }
    }

    @Test
    void a_relative_unix_socket_lies_in_dir(@TempDir Path dir) {
        Cinnabar.Builder builder = Cinnabar.builder().set("dir", dir.toString()).set("unixsocket", "socket");
        try (Cinnabar server = builder.start()) {
            assertThat(dir.resolve("socket")).exists();
            assertThat(server.execute("CONFIG", "GET", "unixsocket")).hasToString("{unixsocket=socket}");
        }
        assertThat(dir.resolve("socket")).doesNotExist();
    }

    @Test
    void a_server_that_was_started_without_an_address_can_be_given_one() throws IOException {
        int port = freePort();
        try (Cinnabar server =
                Cinnabar.builder().set("bind", "").set("port", "" + port).start()) {
            assertThatThrownBy(() -> connect(port)).isInstanceOf(IOException.class);
            set(server, "bind", "127.0.0.1");
            connect(port);
            int other = freePort();
            set(server, "bind", "");
            set(server, "port", "" + other);
            set(server, "bind", "127.0.0.1");
            connect(other);
        }
    }

    @Test
    void what_cannot_be_had_is_refused_in_redis_words_and_all_stays_as_it_is() throws IOException {
        try (Cinnabar server = Cinnabar.builder().start();
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> server.execute("CONFIG", "SET", "bind", "203.0.113.7"))
                    .hasMessage("ERR CONFIG SET failed (possibly related to argument 'bind') - "
                            + "Failed to bind to specified addresses.");
            assertThatThrownBy(() -> server.execute("CONFIG", "SET", "port", "" + taken.getLocalPort()))
                    .hasMessage("ERR CONFIG SET failed (possibly related to argument 'port') - "
                            + "Unable to listen on this port. Check server logs.");
            connect(server.port());
        }
    }

    /// Linux knows no more than 32,767 seconds.
    @Test
    void a_longer_keep_alive_than_the_system_knows_locks_nobody_out() throws IOException {
        try (Cinnabar server = Cinnabar.builder().start()) {
            set(server, "tcp-keepalive", "86400");
            try (Socket client = new Socket("127.0.0.1", server.port())) {
                client.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(client.getInputStream().readNBytes(7))
                        .isEqualTo("+PONG\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
