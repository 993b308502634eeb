package dev.cinnabar.server;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.command.Errors;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.engine.Link;
import dev.cinnabar.engine.Session;
import dev.cinnabar.net.Connection;
import dev.cinnabar.net.Handler;
import dev.cinnabar.resp.RequestParser;
import java.nio.charset.StandardCharsets;

/// Where a socket, the protocol and the engine meet: takes requests out of the bytes of one connection and
/// has them run.
///
/// Runs on the connection's loop; what others call through [Link] may come from any thread.
final class ClientHandler implements Handler, Link {
    private static final byte[] NO_MEMORY = ("-" + Errors.HEAP_IS_FULL + "\r\n").getBytes(StandardCharsets.US_ASCII);

    /// When so many bytes were pushed to others, what they are sent goes out before more is run.
    private static final long PUSHED_ENOUGH = 1 << 20;

    /// When so many bytes of one client's requests were used up, others get their turn: what it sent while it did
    /// not read may be megabytes.
    private static final int SERVED_ENOUGH = 256 << 10;

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
            engine.hears(session);
            connection.takePushes(); // what is published now comes behind what was published before
            return run(array, from, to);
        } finally {
            try {
                notePromise();
                engine.endBatch();
            } finally {
                engine.unlock(); // whatever fails: else nobody would be served any more
            }
        }
    }

    /// What the client is told now may be of a change. With the engine's lock held.
    private void notePromise() {
        if (engine.hasPromised()) protocol.promises(connection.loop()).made();
    }

    /*
     * Pipelined requests are taken in some at a time: first parsed, then the memory that they will need is
     * asked for all at once, then they are run one by one. Whatever stops the running in between (a call that
     * has to wait, a reader that is slow) leaves the rest of the bytes where they are, to be parsed again.
     */
    private int run(byte[] array, int from, int to) {
        Batch batch = protocol.batch(connection.loop());
        ByteBuilder out = connection.out();
        int outBefore = out.length();
        int position = from;
        boolean goesOn = true;
        while (goesOn && position < to && !session.isClosing()) {
            RequestParser.Outcome outcome = take(batch, array, position, to);
            if (batch.count > 1) batch.ahead(engine.store().database(session.db()));
            for (int i = 0; i < batch.count && goesOn; i++) {
                if (!engine.run(session, batch.requests[i].argc(), batch.words(i), out)) {
                    connection.pauseReading();
                    goesOn = false;
                    break;
                }
                position = batch.ends[i];
                if (engine.isWaiting(session)) connection.pauseReading();
                goesOn = !engine.isWaiting(session) && !session.isClosing() && !connection.isCongested();
                boolean isLong = position - from > SERVED_ENOUGH && position < to;
                if (goesOn && (isLong || engine.pushedInBatch() > PUSHED_ENOUGH)) {
                    connection.giveWay();
                    goesOn = false;
                }
            }
            if (!goesOn) parser.reset();
            else if (outcome != RequestParser.Outcome.COMPLETE) {
                if (outcome == RequestParser.Outcome.INCOMPLETE || outcome == RequestParser.Outcome.DISCARDING)
                    goesOn = false;
                position = after(outcome, out, position, to);
            }
        }
        if (!connection.isScratch(array) || parser.hasLargeInline()) letGo(batch);
        session.countTraffic(position - from, out.length() - outBefore);
        if (session.isClosing()) {
            connection.closeAfterReply();
            return to - from;
        }
        return position - from;
    }

    /// Nothing may point into an array any more that is given back now: windows are kept and used again, and
    /// somebody else's large value would stay in memory with them.
    private void letGo(Batch batch) {
        batch.letGo();
        parser.letGo();
        engine.letGo();
    }

    /// Parses requests until the batch is full, the bytes end, or something else comes.
    ///
    /// @return what came last
    private RequestParser.Outcome take(Batch batch, byte[] array, int from, int to) {
        batch.count = 0;
        if (isKnown != session.mayEnter()) parser.authenticated(isKnown = session.mayEnter());
        int most = isKnown ? Batch.SIZE : 1; // the limits change when the client logs in
        int position = from;
        while (true) {
            RequestParser.Outcome outcome = parser.parse(array, position, to);
            if (outcome != RequestParser.Outcome.COMPLETE) return outcome;
            position += parser.consumed();
            boolean isInline = parser.isInline();
            batch.add(parser, position);
            if (isInline || batch.count >= most || position >= to) return outcome;
        }
    }

    /// Deals with bytes that are no complete request.
    ///
    /// @return up to where they are used up
    private int after(RequestParser.Outcome outcome, ByteBuilder out, int position, int to) {
        return switch (outcome) {
            case INCOMPLETE -> {
                connection.expectInput(parser.missing());
                if (to - position > protocol.queryBufferLimit()) refuseTooMuch();
                yield position;
            }
            case ERROR -> {
                out.append("-ERR ").append(parser.error()).appendCrlf();
                connection.closeAfterReply();
                yield to;
            }
            case DISCARDED -> {
                out.append(NO_MEMORY);
                yield position + parser.consumed();
            }
            case EMPTY, DISCARDING, COMPLETE -> position + parser.consumed();
        };
    }

    private void refuseTooMuch() {
        protocol.log()
                .warning("Closing client that reached max query buffer length: id=" + session.id() + " addr="
                        + remoteAddress());
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
    public int outputPieces() {
        return connection.queuedChunks();
    }

    @Override
    public void push(byte[] data, int offset, int length) {
        notePromise(); // the call that waited has been run again
        connection.push(data, offset, length);
    }

    @Override
    public void share(byte[] message) {
        connection.share(message);
    }

    @Override
    public void shareAnswer(byte[] answer) {
        notePromise();
        connection.share(answer);
    }

    @Override
    public void resume() {
        connection.resumeReading();
    }
}
