package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;

/// What clients are sent that they did not ask for just now (a message, a line of MONITOR), and the end of
/// those who do not fetch it.
///
/// Touched only under the engine's lock.
final class Pushes {
    private final Engine engine;
    private final OutputLimits limits;
    private final ByteBuilder own = new ByteBuilder(); // for the client whose command runs
    private long inBatch; // bytes, to all clients

    Pushes(Engine engine, OutputLimits limits) {
        this.engine = engine;
        this.limits = limits;
    }

    void beginBatch() {
        inBatch = 0;
    }

    /// How many bytes were pushed to clients since the batch began.
    long inBatch() {
        return inBatch;
    }

    /// Sends a client a message. While a command of that client runs, it comes behind the reply. Where there
    /// is no memory for it, the client is closed: it would not know that it has missed something, and whoever
    /// pushes has other things to do.
    ///
    /// @param message whole values of the protocol; nobody writes to the array any more
    /// @param readers how many are sent this message
    void push(Session session, byte[] message, int readers) {
        if (session.isDoomed || session.isClosing) return;
        ByteBuilder kept = session.keptPushes();
        try {
            if (kept != null) kept.append(message);
            else session.link().share(message);
            inBatch += message.length;
            limits.pushed(session, kept == null ? 0 : kept.length(), message.length, readers, nowMs());
        } catch (OutOfMemoryError e) {
            limits.doom(session);
        }
    }

    /// The same for one that there is no memory to make a message for.
    void missed(Session session) {
        limits.doom(session);
    }

    /// A command of this client's begins: from now on what it is pushed is kept.
    void keepFor(Session session) {
        session.keepPushes(own);
    }

    /// Puts what was kept behind the reply.
    void appendKept(ByteBuilder out) {
        if (own.length() > 0) out.append(own.array(), 0, own.length());
    }

    /// The command is over, one way or the other: nothing is kept any more, and nobody else gets what was.
    void endKeeping(Session session) {
        session.keepNoPushes();
        own.clear();
    }

    /// Gives back the room of much that was kept, and closes those who were found to be too slow, this client
    /// perhaps among them. Where memory is short the timers will: the command has been run.
    void settle(Session session) {
        try {
            own.trim(Engine.KEPT_BYTES);
            limits.check(session, 0, nowMs());
            closeDoomed();
        } catch (OutOfMemoryError e) { // on purpose: see above
        }
    }

    /// Closes those who are over their limits. Each is named until it is closed.
    void closeDoomed() {
        for (Session session = limits.doomed(); session != null; session = limits.doomed()) {
            boolean isThere = !session.isClosing;
            if (isThere) engine.kill(session);
            limits.forgetDoomed(session);
            if (isThere) count(session);
        }
    }

    private void count(Session session) {
        engine.statistics().outputBufferDisconnects++;
        engine.host()
                .log()
                .warning("Client id=" + session.id() + " addr="
                        + session.link().remoteAddress()
                        + " scheduled to be closed ASAP for overcoming of output buffer limits.");
    }

    private long nowMs() {
        return engine.store().moment().nowMs();
    }
}
