package dev.cinnabar.server;

import dev.cinnabar.engine.ChangeLog;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.net.EventLoop;

/// What the clients of one event loop are told of changes. While the log cannot be written, turns that tell
/// of none go out all the same.
final class Promises {
    /*
     * The loop's own requests are known when its turn ends. What another thread answers to a client of this
     * loop, for a call that waited, lies in the inbox for a moment and may get into this turn or the next. So
     * both the note and the answer are left under the engine's lock, and both are taken under it.
     */
    private final Engine engine;
    private final EventLoop loop;
    private boolean hasOwn; // the loop's: in this turn
    private long noted; // under the engine's lock: how far the log was when another thread answered a client here
    private long taken; // the loop's: up to which note

    Promises(Engine engine, EventLoop loop) {
        this.engine = engine;
        this.loop = loop;
    }

    /// A client of this loop is told of a change that was just logged. With the engine's lock held.
    void made() {
        if (loop.isCurrent()) hasOwn = true;
        else noted = engine.log().appended();
    }

    /// Whether requests of this turn have changed something; on the loop's thread, at the turn's end.
    boolean takeOwn() {
        boolean had = hasOwn;
        hasOwn = false;
        return had;
    }

    /// Takes what others have answered into this turn, and tells whether it, or a turn before, tells of a
    /// change that the log does not hold yet. On the loop's thread, without the engine's lock.
    boolean takeOthers(ChangeLog log) {
        engine.lock();
        try {
            loop.takePushes();
            boolean isNew = noted > taken;
            taken = noted;
            return isNew && noted > log.released();
        } finally {
            engine.unlock();
        }
    }
}
