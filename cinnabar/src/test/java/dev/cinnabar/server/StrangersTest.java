package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.Log;
import dev.cinnabar.base.LogLines;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a client may do, over a real socket, that has not logged in: little.
class StrangersTest {
    private final Cinnabar server =
            Cinnabar.builder().set("requirepass", "secret").start();

    @AfterEach
    void close() {
        server.close();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket("127.0.0.1", server.port());
        socket.setSoTimeout(60_000);
        return socket;
    }

    /// What comes until the server closes the connection.
    private static String answer(Socket socket, String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void a_stranger_may_send_ten_words_of_16_kib_each() throws IOException {
        try (Socket socket = connect()) {
            assertThat(answer(socket, "*11\r\n"))
                    .isEqualTo("-ERR Protocol error: unauthenticated multibulk length\r\n");
        }
        try (Socket socket = connect()) {
            assertThat(answer(socket, "*1\r\n$16385\r\n"))
                    .isEqualTo("-ERR Protocol error: unauthenticated bulk length\r\n");
        }
    }

    @Test
    void who_has_logged_in_may_send_more() throws IOException {
        String eleven = "*13\r\n$3\r\nDEL\r\n" + "$1\r\nx\r\n".repeat(12);
        try (Socket socket = connect()) {
            String request = "AUTH secret\r\n" + eleven + "QUIT\r\n";
            assertThat(answer(socket, request)).isEqualTo("+OK\r\n:0\r\n+OK\r\n");
        }
    }

    @Test
    void a_stranger_that_asks_on_without_reading_is_closed() throws Exception {
        try (Socket socket = connect()) {
            byte[] pings = "PING\r\n".repeat(1000).getBytes(StandardCharsets.ISO_8859_1);
            assertThat(isRefused(socket, pings)).isTrue();
        }
        assertThat(String.valueOf(server.execute("INFO", "stats")))
                .contains("client_output_buffer_limit_disconnections:1\r\n");
    }

    private static boolean isRefused(Socket socket, byte[] request) {
        try {
            for (int i = 0; i < 100_000; i++) socket.getOutputStream().write(request);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /// A page in a browser on the server's machine can send requests, but not what they begin with.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET k v\r\n",
                "PING\r\nGET / HTTP/1.1\r\nhost: localhost\r\n\r\nSET k v\r\n",
                "*2\r\n$4\r\npost\r\n$1\r\n/\r\nSET k v\r\n"
            })
    void an_http_request_is_not_answered_and_what_it_brings_is_not_run(String request) throws IOException {
        LogLines log = new LogLines(Log.Level.WARNING);
        try (Cinnabar open = Cinnabar.builder().log(log).start()) {
            for (int i = 0; i < 3; i++) {
                try (Socket socket = new Socket("127.0.0.1", open.port())) {
                    socket.setSoTimeout(60_000);
                    assertThat(answer(socket, request)).isEmpty();
                }
            }
            assertThat(open.execute("EXISTS", "k")).isEqualTo(0L);
        }
        assertThat(log.lines).as("once a minute").singleElement().asString().contains("SECURITY ATTACK", "127.0.0.1:");
    }

    @Test
    void the_program_around_a_server_is_told_that_there_is_no_such_command() {
        assertThatThrownBy(() -> server.execute("POST", "/")).hasMessageStartingWith("ERR unknown command 'POST'");
    }
}
