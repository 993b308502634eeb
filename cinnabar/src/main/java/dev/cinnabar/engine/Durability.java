package dev.cinnabar.engine;

/// Told by the log which held replies may go.
@FunctionalInterface
public interface Durability {
    /// Every ticket up to and including this one is released. Called on a thread of the log's, holding no
    /// lock; must not block. Tickets never fall from call to call on one thread, but two threads may report
    /// in either order: keep the larger.
    void released(long ticket);
}
