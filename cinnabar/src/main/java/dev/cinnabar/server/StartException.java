package dev.cinnabar.server;

/// A server could not start; the message says why, and nothing of it is left behind.
public final class StartException extends RuntimeException {
    private static final long serialVersionUID = 1;

    StartException(String message, Throwable cause) {
        super(message, cause);
    }

    StartException(String message) {
        super(message);
    }
}
