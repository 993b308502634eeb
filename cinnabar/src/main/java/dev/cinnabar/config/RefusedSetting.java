package dev.cinnabar.config;

/// A setting that cannot be taken, in words for the operator.
///
/// Carries no stack trace: it reports a mistake of the one who configures, not of the program.
public final class RefusedSetting extends Exception {
    private static final long serialVersionUID = 1L;

    public RefusedSetting(String message) {
        super(message, null, false, false);
    }

    /// The reason, as it stands after `CONFIG SET failed (possibly related to argument 'x') - `.
    public String reason() {
        return String.valueOf(getMessage());
    }
}
