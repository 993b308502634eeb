package dev.cinnabar.command;

/// The user's mistake, found in a helper below a command's body: the engine sends its text as an error.
/// Without a stack trace, since it tells of nothing wrong in the server. The common ones are the constants of
/// [Errors].
public final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// @param error what clients read behind the `-`: a code in capitals, then words; one char per byte, see
    ///              [Reply#error]
    public Refusal(String error) {
        super(error, null, false, false);
    }

    /// The text of the error reply.
    public String error() {
        return String.valueOf(getMessage());
    }
}
