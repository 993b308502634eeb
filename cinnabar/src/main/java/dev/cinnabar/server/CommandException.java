package dev.cinnabar.server;

/// The error with which a server answered a command that was run within the process.
public final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1;

    CommandException(String error) {
        super(error);
    }

    /// The error's code, the first word of its message: `ERR`, `WRONGTYPE`, `OOM`.
    public String code() {
        String message = String.valueOf(getMessage());
        int blank = message.indexOf(' ');
        return blank < 0 ? message : message.substring(0, blank);
    }
}
