package dev.cinnabar.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Where a server listens can be changed while it serves, and its end leaves nothing behind.
class ListeningTest extends NetRig {
    // ---- listening ----

    @Test
    void a_free_port_is_found_for_all_addresses() throws Exception {
        NetServer server = server(1);
        int port = server.listen(List.of("127.0.0.1", "127.0.0.2"), 0, 128);
        server.start();
        assertThat(port).isPositive().isEqualTo(server.port());
        assertThat(server.listeningOn()).containsExactlyInAnyOrder("127.0.0.1:" + port, "127.0.0.2:" + port);
        for (String host : List.of("127.0.0.1", "127.0.0.2")) {
            Client client = new Client(new Socket(host, port));
            open.add(0, client);
            client.send("ping\n");
            assertThat(client.line()).isEqualTo("PING");
        }
    }

    @Test
    void an_address_may_be_missing_when_it_is_marked() throws Exception {
        NetServer server = server(1);
        int port = server.listen(List.of("127.0.0.1", "-203.0.113.7"), 0, 128);
        assertThat(server.listeningOn()).containsExactly("127.0.0.1:" + port);
        assertThatThrownBy(() -> server.listen(List.of("127.0.0.1", "203.0.113.7"), 0, 128))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("203.0.113.7")
                .hasMessageContaining("Cannot assign requested address");
        assertThatThrownBy(() -> server.listen(List.of("-203.0.113.7"), 0, 128)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> server.listen(List.of("no.such.host.invalid"), 0, 128))
                .hasMessageContaining("Name or service not known");
    }

    @Test
    void every_address_is_what_stars_mean() throws Exception {
        NetServer server = server(1);
        int port = server.listen(List.of("*", "-::*"), 0, 128);
        server.start();
        Client client = new Client(new Socket("127.0.0.1", port));
        open.add(0, client);
        client.send("ping\n");
        assertThat(client.line()).isEqualTo("PING");
        assertThat(toy.anySession().connection.remoteAddress()).startsWith("127.0.0.1:");

        assertThat(server.listen(List.of("*"), port, 128)).isEqualTo(port);
        assertThat(server.listeningOn()).containsExactly("0.0.0.0:" + port);
    }

    @Test
    void a_taken_port_is_refused_with_its_reason() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThatThrownBy(() -> server(1).listen(LOOPBACK, taken.getLocalPort(), 128))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("127.0.0.1:" + taken.getLocalPort())
                    .hasMessageContaining("Address already in use");
        }
    }

    @Test
    void addresses_and_port_can_be_changed_while_serving() throws Exception {
        NetServer server = start(1);
        int port = server.port();
        Client client = connect(server);
        client.send("ping\n");
        assertThat(client.line()).isEqualTo("PING");

        assertThat(server.listen(List.of("127.0.0.1", "127.0.0.2"), port, 128)).isEqualTo(port);
        assertThatThrownBy(() -> server.listen(List.of("203.0.113.7"), port, 128))
                .isInstanceOf(IOException.class);
        assertThat(server.listeningOn()).containsExactlyInAnyOrder("127.0.0.1:" + port, "127.0.0.2:" + port);
        int other = server.listen(LOOPBACK, 0, 128);
        assertThat(other).isNotEqualTo(port);

        assertThatThrownBy(() -> new Socket("127.0.0.1", port).close()).isInstanceOf(IOException.class);
        client.send("still here\n");
        assertThat(client.line()).isEqualTo("STILL HERE");
        Client late = connect(server);
        late.send("ping\n");
        assertThat(late.line()).isEqualTo("PING");
        assertThat(server.listen(List.of(), 0, 128)).isZero();
        assertThat(server.listeningOn()).isEmpty();
    }

    @Test
    void a_loop_that_is_stuck_does_not_keep_a_port() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        toy.on("stop", (session, rest) -> awaitQuietly(go));
        NetServer server = start(1);
        connect(server).send("stop\n");
        await().until(() -> toy.handledLines.get() == 1);

        assertThat(server.listen(List.of("*"), server.port(), 128)).isEqualTo(server.port());

        go.countDown();
    }

    @Test
    void unix_sockets_serve_and_their_file_is_replaced_and_removed() throws Exception {
        Path path = dir.resolve("s.sock");
        // a stale one, as a killed process leaves it
        try (var stale = java.nio.channels.ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            stale.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(path).exists();
        NetServer server = server(1);
        server.listenUnix(path, PosixFilePermissions.fromString("rwx------"), 16);
        server.start();
        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(server.listeningOn()).containsExactly(path + ":0");
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            client.write(ByteBuffer.wrap("ping\n".getBytes(ISO_8859_1)));
            InputStream in = Channels.newInputStream(client);
            assertThat(new String(in.readNBytes(5), ISO_8859_1)).isEqualTo("PING\n");
            Connection connection = toy.anySession().connection;
            assertThat(connection.isUnixSocket()).isTrue();
            assertThat(connection.isLocal()).isTrue();
            assertThat(connection.remoteAddress()).isEqualTo(path + ":0");
        }
        server.close();
        assertThat(path).doesNotExist();
    }

    @Test
    void an_empty_file_with_which_somebody_reserved_the_name_is_replaced() throws Exception {
        Path path = Files.createFile(dir.resolve("reserved.sock"));
        NetServer server = server(1);
        server.listenUnix(path, null, 16);
        assertThat(server.listeningOn()).containsExactly(path + ":0");
        server.close();
        assertThat(path).doesNotExist();
    }

    @Test
    void a_file_that_is_no_socket_is_not_replaced_by_one() throws Exception {
        Path path = Files.writeString(dir.resolve("precious"), "data");
        assertThatThrownBy(() -> server(1).listenUnix(path, null, 16))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("precious");
        assertThat(path).hasContent("data");
    }

    // ---- the end of a server ----

    @Test
    void closing_ends_every_connection_and_tells_its_handler() throws Exception {
        NetServer server = start(2);
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) clients.add(connect(server));
        await().until(() -> toy.sessions.size() == 20);
        server.close();
        assertThat(toy.closedCount).hasValue(20);
        for (Client client : clients) assertThat(client.isAtEnd()).isTrue();
    }

    @Test
    void a_server_that_is_closed_listens_nowhere_any_more() throws Exception {
        NetServer server = server(1);
        server.start();
        server.close();
        Path socket = Files.createTempDirectory("listening").resolve("socket");
        assertThatThrownBy(() -> server.listen(List.of("127.0.0.1"), 0, 128)).hasMessage("the server is closed");
        assertThatThrownBy(() -> server.listenUnix(socket, null, 128)).hasMessage("the server is closed");
        assertThat(server.listeningOn()).isEmpty();
        assertThat(socket).doesNotExist();
    }

    @Test
    void a_server_can_be_closed_by_its_own_handler() throws Exception {
        AtomicInteger closed = new AtomicInteger();
        NetServer server = start(2);
        toy.on("shutdown", (session, rest) -> {
            server.close();
            closed.incrementAndGet();
        });
        Client client = connect(server);
        client.send("shutdown\n");
        assertThat(client.isAtEnd()).isTrue();
        assertThat(closed).hasValue(1);
        await().until(() -> threadsNamed("toy").isEmpty());
    }

    @Test
    void two_hundred_servers_come_and_go_and_leave_nothing() throws Exception {
        comeAndGo(5); // what the JVM takes once
        long files = openFiles();
        long direct = directMemory();
        long begun = System.nanoTime();
        comeAndGo(200);
        assertThat(System.nanoTime() - begun).isLessThan(20_000_000_000L);
        assertThat(threadsNamed("brief")).isEmpty();
        assertThat(openFiles() - files).isLessThan(5);
        assertThat(directMemory() - direct).isLessThan(1 << 20);
    }

    private void comeAndGo(int times) throws Exception {
        List<Client> longest = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            try (NetServer server = new NetServer("brief-" + i, 2, toy, budget, batchesFrom())) {
                server.listen(LOOPBACK, 0, 16);
                if (i % 10 == 0) continue; // one that is never started
                server.start();
                Client client = new Client(server.port());
                client.send("ping\n");
                assertThat(client.line()).isEqualTo("PING");
                if (i % 2 == 0) client.close();
                else longest.add(client);
            }
        }
        for (Client client : longest) {
            assertThat(client.isAtEnd()).isTrue();
            client.close();
        }
    }
}
