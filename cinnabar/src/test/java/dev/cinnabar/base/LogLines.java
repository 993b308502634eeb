package dev.cinnabar.base;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A log that keeps its lines, each behind its level: `WARNING disk is full`.
public final class LogLines implements Log {
    /// What was written, of all threads.
    public final List<String> lines = new CopyOnWriteArrayList<>();

    private final Level least;

    /// @param least lines of this level are kept, and of those above it
    public LogLines(Level least) {
        this.least = least;
    }

    @Override
    public boolean shows(Level level) {
        return level.compareTo(least) >= 0;
    }

    @Override
    public void write(Level level, String message) {
        if (shows(level)) lines.add(level + " " + message);
    }
}
