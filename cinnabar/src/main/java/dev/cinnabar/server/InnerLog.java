package dev.cinnabar.server;

import dev.cinnabar.base.Log;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The application's log, as the parts of a server see it: knows which threads are in there just now, for
/// none of them can wait for the server's end. What the log throws is dropped: it was written to in the
/// midst of a start, a save or an end, and each of them goes on.
final class InnerLog implements Log {
    private final Log log;
    private final Set<Thread> inside = ConcurrentHashMap.newKeySet();

    InnerLog(Log log) {
        this.log = log;
    }

    /// Whether the application's log has been called on this thread and has not returned.
    boolean isInside() {
        return inside.contains(Thread.currentThread());
    }

    @Override
    public boolean shows(Level level) {
        try {
            return log.shows(level);
        } catch (RuntimeException | Error e) {
            return false;
        }
    }

    @Override
    public void write(Level level, String message) {
        call(() -> log.write(level, message));
    }

    @Override
    public void failure(String message, Throwable cause) {
        call(() -> log.failure(message, cause));
    }

    private void call(Runnable line) {
        boolean isFirst = inside.add(Thread.currentThread());
        try {
            line.run();
        } catch (RuntimeException | Error e) { // nobody is left who could be told
            return;
        } finally {
            if (isFirst) inside.remove(Thread.currentThread());
        }
    }
}
