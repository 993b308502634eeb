package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// A client without a socket: what it gets is the protocol's text with `\r\n` shown as blanks, so that a
/// reply fits into a line. A command that has to wait is kept, with those behind it, and brought again when
/// the engine says so, as a transport does.
final class TestClient implements Link {
    private final Engine engine;
    private final String remoteAddress;
    private final String localAddress;
    private final Session session;
    private final ByteBuilder received = new ByteBuilder();
    private final Deque<Bytes[]> waiting = new ArrayDeque<>();
    private boolean isResumed;
    final List<byte[]> shared = new ArrayList<>(); // the arrays that were not copied for this client
    boolean isClosed;
    boolean closesAfterReply;
    boolean hasNoMemory; // for what it is pushed
    long outputBytes;

    TestClient(Engine engine, Session.Origin origin, String remoteAddress, String localAddress) {
        this.engine = engine;
        this.remoteAddress = remoteAddress;
        this.localAddress = localAddress;
        engine.lock();
        engine.beginBatch();
        this.session = engine.open(origin, this);
        engine.unlock();
    }

    Engine engine() {
        return engine;
    }

    Session session() {
        return session;
    }

    /// Sends the words of a line, split at blanks.
    ///
    /// @return all that was received since the last time
    String send(String line) {
        return sendWords(line.split(" "));
    }

    String sendWords(String... words) {
        sendOnly(words);
        return read();
    }

    /// Sends some lines at once, as a pipeline.
    ///
    /// @return all that was received since the last time
    String pipeline(String... lines) {
        for (String line : lines) waiting.add(TestEngine.words(line.split(" ")));
        run();
        return read();
    }

    /// Sends a command; what comes of it is to be read.
    void sendOnly(String... words) {
        waiting.add(TestEngine.words(words));
        if (waiting.size() == 1 && !engine.isWaiting(session)) run();
    }

    /// What was received since the last time.
    String read() {
        if (isResumed) {
            isResumed = false;
            run();
        }
        String text = new String(received.copy(), StandardCharsets.ISO_8859_1);
        received.clear();
        return inALine(text);
    }

    /// Shows line ends of the protocol as blanks, and none at the end.
    static String inALine(String protocol) {
        return protocol.replace("\r\n", " ").replaceFirst(" +$", "");
    }

    /// Whether commands are there that have not been run.
    boolean waits() {
        return !waiting.isEmpty();
    }

    /// Whether the last command that ran is still to be answered.
    boolean isHeld() {
        return engine.isWaiting(session);
    }

    private void run() {
        engine.lock();
        engine.beginBatch();
        while (!waiting.isEmpty() && !session.isClosing()) {
            Bytes[] argv = waiting.peek();
            if (!engine.run(session, argv.length, argv, received)) break;
            waiting.remove();
            if (engine.isWaiting(session)) break;
        }
        engine.endBatch();
        engine.unlock();
    }

    // ---- the link ----

    @Override
    public String remoteAddress() {
        return remoteAddress;
    }

    @Override
    public String localAddress() {
        return localAddress;
    }

    @Override
    public int fd() {
        return 8;
    }

    @Override
    public long inputBytes() {
        return 0;
    }

    @Override
    public long outputBytes() {
        return outputBytes;
    }

    @Override
    public void close() {
        isClosed = true;
    }

    @Override
    public void closeAfterReply() {
        closesAfterReply = true;
    }

    @Override
    public void push(byte[] data, int offset, int length) {
        if (hasNoMemory) throw new OutOfMemoryError("none for a push");
        received.append(data, offset, length);
    }

    @Override
    public void share(byte[] message) {
        if (hasNoMemory) throw new OutOfMemoryError("none for a push");
        shared.add(message);
        received.append(message);
    }

    @Override
    public void resume() {
        isResumed = true;
    }
}
