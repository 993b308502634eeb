package dev.cinnabar.server;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.engine.Session;
import java.util.HashSet;
import java.util.Set;

/// Calls within the process, from any thread: they share one session (selected database, MULTI, WATCH) and
/// run one after the other. A call that has to wait stays behind, and those who come meanwhile go on in an
/// heir of its session, as if it had been answered.
final class Callers {
    /// A session, and where its answer comes when it had to wait for it.
    private record Caller(Session session, EmbeddedLink link) {}

    private final Engine engine;

    // under the engine's lock
    private Caller current;
    private final Set<Caller> waiting = new HashSet<>();
    private boolean isClosed;

    Callers(Engine engine) {
        this.engine = engine;
        EmbeddedLink link = new EmbeddedLink();
        this.current = new Caller(engine.open(Session.Origin.EMBEDDED, link), link);
    }

    /// Runs a command, and waits for its answer if it has to.
    ///
    /// @param out what is answered is appended to it; nothing after `CLIENT REPLY OFF`
    /// @throws IllegalStateException when the server is closed, or is while the call waits; when the thread
    ///     is interrupted while it waits, and the call is over then; when there is no memory for the answer
    ///     of one that waited; when a command's body calls
    ///
    /// @return whether the answer tells of a change, or may
    boolean run(Bytes[] argv, boolean isResp3, ByteBuilder out) {
        if (engine.isLocked()) throw new IllegalStateException("a command cannot call the server that runs it");
        Caller me;
        engine.lock();
        try {
            if (isClosed) throw closed();
            me = current;
            engine.beginBatch();
            engine.protocol(me.session, isResp3);
            engine.run(me.session, argv.length, argv, out);
            if (!engine.isWaiting(me.session)) return engine.hasPromised();
            waiting.add(me);
            EmbeddedLink link = new EmbeddedLink();
            current = new Caller(engine.openHeir(me.session, link), link);
        } finally {
            engine.unlock();
        }
        await(me, out);
        return true;
    }

    private void await(Caller me, ByteBuilder out) {
        boolean isInterrupted = false;
        try {
            me.link.await();
        } catch (InterruptedException e) {
            isInterrupted = true;
        }
        forget(me);
        if (isInterrupted) Thread.currentThread().interrupt();
        if (me.link.take(out)) return; // perhaps just when somebody interrupted
        if (isInterrupted) throw new IllegalStateException("interrupted while waiting for an answer");
        throw me.link.isClosed() ? new IllegalStateException("there was no memory for the answer") : closed();
    }

    /// Now nothing comes any more.
    private void forget(Caller caller) {
        engine.lock();
        try {
            waiting.remove(caller);
            engine.close(caller.session);
        } finally {
            engine.unlock();
        }
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("the server is closed");
    }

    /// Ends the waiting of all, and lets nobody in any more. Idempotent.
    void close() {
        engine.lock();
        try {
            isClosed = true;
            for (Caller caller : waiting) caller.link.end();
        } finally {
            engine.unlock();
        }
    }
}
