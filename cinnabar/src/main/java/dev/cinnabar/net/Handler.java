package dev.cinnabar.net;

/// Who is shown the bytes of one connection. All methods are called on the thread of the connection's loop.
public interface Handler {
    /// Bytes lie in `array[from..to)`. They may be read during this call only.
    ///
    /// Replies are appended to [Connection#out()]. A handler that cannot go on stops early: because the
    /// request is not complete yet ([Connection#expectInput] helps with big ones), because the reader is slow
    /// ([Connection#isCongested]), or because it waits for something ([Connection#pauseReading]).
    ///
    /// @return how many of them, from the front, are used up. The others are kept and shown again, at the
    ///     front, together with what came since
    int received(byte[] array, int from, int to);

    /// There is no memory to keep more of what this connection sends. The bytes are shown once more right
    /// after this call; when nothing of them is used up then, the connection is closed. So a handler that
    /// wants to refuse the request and live on has to swallow it piece by piece from here.
    default void inputRefused() {}

    /// The connection is gone, whoever ended it. Called exactly once, and never while another method of this
    /// handler runs.
    void closed();
}
