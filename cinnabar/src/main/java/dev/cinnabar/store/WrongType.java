package dev.cinnabar.store;

/// A command met a key that holds another type of value. The user's mistake: a constant without a stack
/// trace, which the engine turns into Redis's `-WRONGTYPE` reply. Thrown before anything was changed.
public final class WrongType extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// The one instance.
    public static final WrongType REFUSED = new WrongType();

    private WrongType() {
        super("the key holds another type of value", null, false, false);
    }
}
