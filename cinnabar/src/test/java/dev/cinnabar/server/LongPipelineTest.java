package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A client may send all its requests before it reads the first answer, though neither they nor the answers
/// fit into the sockets.
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LongPipelineTest {
    private static final int REQUESTS = 700_000; // 14 MB of them, 210 MB of answers
    private static final int WRITES = 2_000_000; // 80 MB, 16 MB of answers
    private static final byte[] REQUEST = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".getBytes(StandardCharsets.US_ASCII);

    @Test
    void all_answers_come_to_who_sent_everything_first_over_tcp() throws IOException {
        try (Cinnabar server = Cinnabar.builder().start();
                SocketChannel client = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()))) {
            sendAllThenRead(server, client);
        }
    }

    @Test
    void all_answers_come_to_who_sent_everything_first_over_a_unix_socket(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("socket");
        try (Cinnabar server =
                        Cinnabar.builder().set("unixsocket", path.toString()).start();
                SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(path));
            sendAllThenRead(server, client);
        }
    }

    /// The answers to writes are shorter than they: more of them than are kept unread can be sent.
    @Test
    void two_million_writes_can_be_sent_before_an_answer_is_read() throws IOException {
        try (Cinnabar server = Cinnabar.builder().start();
                SocketChannel client = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()))) {
            byte[] request = "*2\r\n$4\r\nINCR\r\n$20\r\na-counter-of-requests\r\n".getBytes(StandardCharsets.US_ASCII);
            byte[] many = repeated(request, 1000);
            OutputStream out = Channels.newOutputStream(client);
            for (int i = 0; i < WRITES; i += 1000) out.write(many);

            BufferedReader in = new BufferedReader(Channels.newReader(client, StandardCharsets.US_ASCII));
            for (int i = 1; i <= WRITES; i++) {
                String answer = in.readLine();
                if (!answer.equals(":" + i)) throw new AssertionError("answer " + i + " is " + answer);
            }
        }
    }

    /// An operator who gives clients a megabyte for their requests does not find 32 of them kept.
    @Test
    void no_more_of_it_is_kept_than_the_limit_of_the_query_buffer() throws IOException {
        try (Cinnabar server = Cinnabar.builder().start();
                SocketChannel client = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()))) {
            server.execute("CONFIG", "SET", "client-query-buffer-limit", "1mb");
            server.execute("SET", "k", "x".repeat(300));
            client.configureBlocking(false);
            ByteBuffer many = ByteBuffer.wrap(repeated(REQUEST, 50_000));
            long largest = 0;
            // until it listens no more, which is not said of a server that did not get to it yet
            long most = 1 << 20;
            long aRead = 64 << 10; // when it is full, a few are served on, and what was kept of them goes
            for (int inVain = 0; inVain < 1000 || largest < most - aRead; inVain++) {
                if (client.write(many) > 0) inVain = 0;
                if (!many.hasRemaining()) many.clear();
                largest = Math.max(largest, queryBuffer(server));
            }
            assertThat(largest).isBetween(most - aRead, most + aRead);
        }
    }

    private static long queryBuffer(Cinnabar server) {
        long largest = 0;
        Matcher clients = Pattern.compile(" qbuf=(\\d+)")
                .matcher(server.execute("CLIENT", "LIST").toString());
        while (clients.find()) largest = Math.max(largest, Long.parseLong(clients.group(1)));
        return largest;
    }

    private static byte[] repeated(byte[] request, int count) {
        byte[] many = new byte[count * request.length];
        for (int i = 0; i < count; i++) System.arraycopy(request, 0, many, i * request.length, request.length);
        return many;
    }

    private static void sendAllThenRead(Cinnabar server, SocketChannel client) throws IOException {
        server.execute("SET", "k", "x".repeat(300));
        byte[] many = repeated(REQUEST, 1000);
        OutputStream out = Channels.newOutputStream(client);
        for (int i = 0; i < REQUESTS; i += 1000) out.write(many);

        long expected = REQUESTS * (long) ("$300\r\n".length() + 300 + 2);
        byte[] some = new byte[1 << 16];
        InputStream in = Channels.newInputStream(client);
        long got = 0;
        while (got < expected) got += in.read(some);
        assertThat(got).isEqualTo(expected);
        out.write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(in.readNBytes(7)).isEqualTo("+PONG\r\n".getBytes(StandardCharsets.US_ASCII));
    }
}
