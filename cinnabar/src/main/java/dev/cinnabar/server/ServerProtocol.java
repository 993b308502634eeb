package dev.cinnabar.server;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directives;
import dev.cinnabar.engine.ChangeLog;
import dev.cinnabar.engine.Durability;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.net.Connection;
import dev.cinnabar.net.EventLoop;
import dev.cinnabar.net.Handler;
import dev.cinnabar.net.NetServer;
import dev.cinnabar.net.Protocol;
import dev.cinnabar.resp.RequestLimits;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What the event loops do with connections: each gets a [ClientHandler]; between turns the log is written
/// and timers run.
final class ServerProtocol implements Protocol, Durability {
    private static final long NANOS_PER_MS = 1_000_000;

    private final Engine engine;
    private final Log log;
    private final Clock machineClock;
    private final RequestLimits requestLimits = new RequestLimits();
    private final Batch[] batches; // by loop
    private Promises[] promises = {}; // by loop
    private final AtomicLong queryBufferDisconnects = new AtomicLong();
    private volatile long queryBufferLimit;
    private volatile @Nullable NetServer net;
    private long nextTickNanos; // the first loop's only
    private int piecesInRow; // of long work, by the first loop

    /// @param machineClock the machine's, even when the engine's is a virtual one: loops sleep by it
    ServerProtocol(Engine engine, Config config, Log log, Clock machineClock, int loops) {
        this.engine = engine;
        this.log = log;
        this.machineClock = machineClock;
        this.nextTickNanos = machineClock.nanos();
        batches = new Batch[loops];
        for (int i = 0; i < loops; i++) batches[i] = new Batch();
        requestLimits.maxBulkLength(config.get(Directives.PROTO_MAX_BULK_LEN));
        config.onChange(Directives.PROTO_MAX_BULK_LEN, requestLimits::maxBulkLength);
        queryBufferLimit = config.get(Directives.CLIENT_QUERY_BUFFER_LIMIT);
        config.onChange(Directives.CLIENT_QUERY_BUFFER_LIMIT, v -> queryBufferLimit = v);
    }

    void net(NetServer net) {
        promises = new Promises[net.loopCount()];
        for (int i = 0; i < promises.length; i++) promises[i] = new Promises(engine, net.loop(i));
        this.net = net;
    }

    // ---- the loops' side ----

    @Override
    public long keptInputLimit() {
        return queryBufferLimit;
    }

    @Override
    public Handler opened(Connection connection) {
        engine.lock();
        try {
            engine.beginBatch();
            String refusal = engine.refusalOfConnection(connection.isLocal());
            if (refusal == null) return new ClientHandler(connection, this);
            connection.out().append(("-" + refusal + "\r\n").getBytes(StandardCharsets.UTF_8));
            connection.closeAfterReply();
            return Refused.INSTANCE;
        } finally {
            engine.unlock();
        }
    }

    /// A connection that was told why it is not wanted.
    private enum Refused implements Handler {
        INSTANCE;

        @Override
        public int received(byte[] array, int from, int to) {
            return to - from;
        }

        @Override
        public void closed() {}
    }

    @Override
    public long beforeFlush(EventLoop loop) {
        boolean isPromising = promises(loop).takeOwn();
        ChangeLog changes = engine.log();
        long ticket = changes.commit();
        if (ticket == 0 || isPromising || changes.refusal() == null) return ticket;
        return promises(loop).takeOthers(changes) ? ticket : 0;
    }

    @Override
    public long beforeSleep(EventLoop loop) {
        if (loop.index() != 0) return -1;
        long now = machineClock.nanos();
        if (now - nextTickNanos >= 0) {
            long waitMs = engine.tick();
            engine.log().commit(); // what expired has been logged
            now = machineClock.nanos();
            // long work comes in pieces, between which requests are served
            boolean goesOn = waitMs <= Engine.BUSY_MS && ++piecesInRow < Engine.PIECES_IN_ROW;
            if (!goesOn) piecesInRow = 0;
            nextTickNanos = goesOn ? now : now + waitMs * NANOS_PER_MS;
        }
        return Math.max(0, (nextTickNanos - now + NANOS_PER_MS - 1) / NANOS_PER_MS);
    }

    /// The timers are wanted in so many milliseconds. Any thread.
    void tickIn(long ms) {
        NetServer n = net;
        if (n == null) return;
        long atNanos = machineClock.nanos() + ms * NANOS_PER_MS;
        EventLoop first = n.loop(0);
        if (first.isCurrent()) tickAt(atNanos);
        else first.execute(() -> tickAt(atNanos));
    }

    private void tickAt(long nanos) {
        if (nanos - nextTickNanos < 0) nextTickNanos = nanos;
    }

    @Override
    public void batching(EventLoop loop, @Nullable String whyNot) {
        if (whyNot == null) log.verbose("Sockets are read and written in batches, by io_uring");
        else log.verbose("Sockets are read and written one by one, for io_uring is not to be had: " + whyNot);
    }

    @Override
    public void failed(Throwable cause, @Nullable Connection connection) {
        String who = connection == null ? "" : " serving " + connection.remoteAddress();
        log.failure("Internal error" + who, cause);
    }

    @Override
    public void released(long ticket) {
        NetServer n = net;
        if (n == null) return;
        for (int i = 0; i < n.loopCount(); i++) n.loop(i).release(ticket);
    }

    // ---- for handlers ----

    Engine engine() {
        return engine;
    }

    Log log() {
        return log;
    }

    RequestLimits requestLimits() {
        return requestLimits;
    }

    long queryBufferLimit() {
        return queryBufferLimit;
    }

    /// The place where requests are taken in, the loop's own.
    Batch batch(EventLoop loop) {
        return batches[loop.index()];
    }

    /// What the loop's clients are told of changes.
    Promises promises(EventLoop loop) {
        return promises[loop.index()];
    }

    void countQueryBufferDisconnect() {
        queryBufferDisconnects.incrementAndGet();
    }

    long queryBufferDisconnects() {
        return queryBufferDisconnects.get();
    }
}
