package dev.cinnabar.memory;

/// Thrown when a reservation would exceed the budget: the user's mistake or misfortune, never ours, so it is
/// a constant without a stack trace that the engine turns into Redis's `-OOM` reply. Whoever throws it has
/// changed nothing.
public final class OutOfMemory extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// The one instance.
    public static final OutOfMemory REFUSED = new OutOfMemory();

    private OutOfMemory() {
        super("the memory budget of this server is used up", null, false, false);
    }
}
