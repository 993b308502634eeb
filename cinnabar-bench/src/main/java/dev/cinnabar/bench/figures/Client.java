package dev.cinnabar.bench.figures;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// The smallest client that will do: requests as arrays, replies as text. It can also misbehave: send parts,
/// not read, break off.
final class Client implements AutoCloseable {
    private static final int TIMEOUT_MS = 300_000;

    private final Socket socket;
    private final InputStream in;
    private final ByteArrayOutputStream batch = new ByteArrayOutputStream();
    private int batched;

    Client(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MS);
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    }

    /// Sends a command and answers its reply: without its type, `nil` for none; an error without its dash.
    String call(String... words) throws IOException {
        send(encode(words));
        return read();
    }

    /// A request as bytes.
    static byte[] encode(String... words) {
        StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /// Adds a request to a batch that goes out when it is large enough, and with [#flush].
    void add(String... words) throws IOException {
        batch.writeBytes(encode(words));
        if (++batched >= 500) flush();
    }

    /// Sends the batch and reads its replies.
    void flush() throws IOException {
        send(batch.toByteArray());
        batch.reset();
        for (; batched > 0; batched--) {
            String reply = read();
            if (reply.startsWith("ERR") || reply.startsWith("OOM")) throw new IOException(reply);
        }
    }

    /// The next reply; of an array, its elements one to a line.
    String read() throws IOException {
        String line = line();
        String rest = line.substring(1);
        switch (line.charAt(0)) {
            case '$':
                int length = Integer.parseInt(rest);
                if (length < 0) return "nil";
                String text = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
                if (text.length() < length) throw new EOFException("in the middle of a bulk");
                in.skipNBytes(2);
                return text;
            case '*':
                StringBuilder all = new StringBuilder();
                for (int n = Integer.parseInt(rest); n > 0; n--)
                    all.append(read()).append('\n');
                return all.toString();
            default:
                return rest;
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) throw new EOFException("the server has closed the connection");
            if (c != '\r') line.append((char) c);
        }
        return line.toString();
    }

    /// Whether the server closes the connection within that time.
    boolean isClosedWithin(int ms) throws IOException {
        socket.setSoTimeout(ms);
        try {
            while (in.read() >= 0) continue;
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /// Breaks off: the server gets a reset.
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
