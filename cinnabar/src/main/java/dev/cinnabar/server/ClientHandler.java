package dev.cinnabar.server;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Errors;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.engine.Link;
import dev.cinnabar.engine.Session;
import dev.cinnabar.net.Connection;
import dev.cinnabar.net.Handler;
import dev.cinnabar.resp.Request;
import dev.cinnabar.resp.RequestParser;
import java.nio.charset.StandardCharsets;

/// Where a socket, the protocol and the engine meet: takes requests out of the bytes of one connection and has them run.
///
/// Runs on the connection's loop; what others call through [Link] may come from any thread.
final class ClientHandler implements Handler, Link {
    private static final byte[] NO_MEMORY = ("-" + Errors.HEAP_IS_FULL + "\r\n").getBytes(StandardCharsets.US_ASCII);

    private final Connection connection;
    private final ServerProtocol protocol;
    private final Engine engine;
    private final Session session;
    private final RequestParser parser;
    private boolean isKnown; // has logged in, or need not

    /// Takes the client in; with the engine's lock held.
    ClientHandler(Connection connection, ServerProtocol protocol) {
        this.connection = connection;
        this.protocol = protocol;
        this.engine = protocol.engine();
        this.session = engine.open(Session.Origin.NETWORK, this);
        this.parser = new RequestParser(protocol.requestLimits());
    }

    Session session() {
        return session;
    }

    // ---- input ----

    @Override
    public int received(byte[] array, int from, int to) {
        engine.lock();
        try {
            engine.beginBatch();
            return run(array, from, to);
        } finally {
            engine.unlock();
        }
    }

    private int run(byte[] array, int from, int to) {
        ByteBuilder out = connection.out();
        int outBefore = out.length();
        int position = from;
        boolean goesOn = true;
        while (goesOn && position < to && !session.isClosing()) {
            if (isKnown != session.isAuthenticated()) parser.authenticated(isKnown = session.isAuthenticated());
            switch (parser.parse(array, position, to)) {
                case COMPLETE -> {
                    if (!engine.run(session, parser.request().argc(), words(), out)) {
                        connection.pauseReading();
                        parser.reset();
                        goesOn = false;
                        continue;
                    }
                    position += parser.consumed();
                    goesOn = !connection.isCongested();
                }
                case EMPTY -> position += parser.consumed();
                case INCOMPLETE -> {
                    connection.expectInput(parser.missing());
                    if (to - position > protocol.queryBufferLimit()) refuseTooMuch();
                    goesOn = false;
                }
                case ERROR -> {
                    out.append("-ERR ").append(parser.error()).appendCrlf();
                    connection.closeAfterReply();
                    return to - from;
                }
                case DISCARDING -> {
                    return to - from;
                }
                case DISCARDED -> {
                    position += parser.consumed();
                    out.append(NO_MEMORY);
                }
            }
        }
        session.countTraffic(position - from, out.length() - outBefore);
        if (session.isClosing()) {
            connection.closeAfterReply();
            return to - from;
        }
        return position - from;
    }

    private Bytes[] words() {
        Request request = parser.request();
        int argc = request.argc();
        Bytes[] words = protocol.words(connection.loop(), argc);
        byte[] array = request.array();
        for (int i = 0; i < argc; i++) words[i].set(array, request.offset(i), request.length(i));
        return words;
    }

    private void refuseTooMuch() {
        protocol.log().warning("Closing client that reached max query buffer length: id=" + session.id() + " addr=" + remoteAddress());
        protocol.countQueryBufferDisconnect();
        connection.close();
    }

    /// There is no heap to keep the rest of a request: it is swallowed, and then refused.
    @Override
    public void inputRefused() {
        if (!parser.startDiscarding()) connection.close();
    }

    @Override
    public void closed() {
        engine.lock();
        try {
            engine.close(session);
        } finally {
            engine.unlock();
        }
    }

    // ---- the engine's side ----

    @Override
    public String remoteAddress() {
        return connection.remoteAddress();
    }

    @Override
    public String localAddress() {
        return connection.localAddress();
    }

    @Override
    public boolean isLocal() {
        return connection.isLocal();
    }

    @Override
    public int fd() {
        return connection.fd();
    }

    @Override
    public long inputBytes() {
        return connection.inputBytes();
    }

    @Override
    public long outputBytes() {
        return connection.outputBytes();
    }

    @Override
    public void close() {
        connection.close();
    }

    @Override
    public void closeAfterReply() {
        connection.closeAfterReply();
    }

    @Override
    public void push(byte[] data, int offset, int length) {
        if (connection.outputBytes() > protocol.pushLimit()) {
            protocol.log().warning("Client scheduled to be closed ASAP for overcoming of output buffer limits: id=" + session.id());
            protocol.countOutputBufferDisconnect();
            connection.close();
            return;
        }
        connection.push(data, offset, length);
    }

    @Override
    public void resume() {
        connection.resumeReading();
    }
}
