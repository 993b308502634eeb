package dev.cinnabar.engine;

/// The other end of a session, as far as the engine has to know: a socket for a network client, nothing for a
/// call in the same process.
public interface Link {
    /// Where the client is: `127.0.0.1:50312`, or the path of a unix socket with `:0`.
    String remoteAddress();

    /// Whether the client runs on this machine: it came over loopback, over a unix socket, or over no socket
    /// at all.
    default boolean isLocal() {
        String address = remoteAddress();
        return address.isEmpty()
                || address.startsWith("/")
                || address.startsWith("127.0.0.1:")
                || address.startsWith("[::1]:");
    }

    /// Where it is connected to.
    String localAddress();

    /// A number of the connection for CLIENT LIST, -1 for none.
    int fd();

    /// Bytes received and not used up yet.
    long inputBytes();

    /// Bytes to be sent.
    long outputBytes();

    /// In how many pieces lies what the other end was too slow to take.
    default int outputPieces() {
        return 0;
    }

    /// Closes the connection at once. From any thread.
    void close();

    /// Closes the connection when what was written has been sent.
    void closeAfterReply();

    /// Sends something out of turn, behind what was written so far. The bytes are the caller's again when
    /// this returns. From any thread.
    void push(byte[] data, int offset, int length);

    /// Whether the other end can tell what it did not ask for from answers. If not it may neither subscribe
    /// nor be a monitor.
    default boolean takesMessages() {
        return true;
    }

    /// As [#push], for a message that goes to many clients: the array may be kept, so nobody writes to it any
    /// more. From any thread.
    default void share(byte[] message) {
        push(message, 0, message.length);
    }

    /// The same for what a call that waited is answered, which may be of a change, as what is pushed may.
    default void shareAnswer(byte[] answer) {
        share(answer);
    }

    /// Says that the client's waiting is over: the call was answered, if only by nothing (CLIENT REPLY), or,
    /// where it has not run, should be brought again. From any thread.
    void resume();
}
