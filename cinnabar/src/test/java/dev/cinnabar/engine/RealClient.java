package dev.cinnabar.engine;

import dev.cinnabar.RealRedis;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A connection to a real redis-server that shows replies as [TestClient] does: the protocol's own text in a
/// line.
final class RealClient implements AutoCloseable {
    private final SocketChannel channel;
    private final DataInputStream in;
    private final ByteArrayOutputStream reply = new ByteArrayOutputStream();

    RealClient(Path socket) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        in = new DataInputStream(Channels.newInputStream(channel));
    }

    /// Sends a command and reads its one reply.
    String send(String... words) {
        try {
            ByteBuffer bytes = RealRedis.request(StandardCharsets.UTF_8, words);
            while (bytes.hasRemaining()) channel.write(bytes);
            return read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Reads one reply.
    String read() throws IOException {
        reply.reset();
        readValue();
        return TestClient.inALine(reply.toString(StandardCharsets.ISO_8859_1));
    }

    private void readValue() throws IOException {
        String head = line();
        char type = head.charAt(0);
        if ("$=".indexOf(type) >= 0 && !head.equals("$-1")) copy(Integer.parseInt(head.substring(1)) + 2);
        int elements = "*~>%".indexOf(type) < 0 ? 0 : Integer.parseInt(head.substring(1));
        for (int i = 0; i < (type == '%' ? 2 * elements : elements); i++) readValue();
    }

    private String line() throws IOException {
        int from = reply.size();
        int b;
        do {
            b = in.readByte();
            reply.write(b);
        } while (b != '\n');
        String all = reply.toString(StandardCharsets.ISO_8859_1);
        return all.substring(from, all.length() - 2);
    }

    private void copy(int bytes) throws IOException {
        reply.write(in.readNBytes(bytes));
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
