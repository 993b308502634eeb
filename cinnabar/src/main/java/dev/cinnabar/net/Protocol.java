package dev.cinnabar.net;

import org.jspecify.annotations.Nullable;

/// What the floor above gives to the loops: whom to call when a connection comes, and what to do between
/// turns.
///
/// Each method is called on the thread of the loop it concerns, so with several loops on several threads at
/// once.
public interface Protocol {
    /// A connection was accepted. Answers who will be shown its bytes. The answer may already have written a
    /// refusal and asked to close ([Connection#closeAfterReply]).
    Handler opened(Connection connection);

    /// Called once per turn, after the ready connections were served and before what they wrote goes out;
    /// more often in a turn that writes more than 1 MiB. What is written in here still belongs to the turn.
    ///
    /// @return 0: send now. Otherwise a ticket, not smaller than any before on this loop: what was written in
    ///     this turn is held in memory until [EventLoop#release] is called with that value or a greater one
    long beforeFlush(EventLoop loop);

    /// Called once per turn, before the loop waits for the next event: the place to run timers.
    ///
    /// @return for how long the loop may sleep at most, in milliseconds; 0 = not at all, -1 = until something
    ///     happens
    long beforeSleep(EventLoop loop);

    /// How many bytes are kept of what a connection sends while its peer does not read
    /// ([Connection#isCongested]); its socket is left alone when there are so many, give or take a read of 64
    /// KiB. 32 MiB and three quarters of the budget are the limit in any case. Asked before each such read.
    default long keptInputLimit() {
        return Long.MAX_VALUE;
    }

    /// A loop has enough to do for batches of reads and writes; from now on it uses them, or never. Called on
    /// any thread.
    ///
    /// @param whyNot null if it does
    default void batching(EventLoop loop, @Nullable String whyNot) {}

    /// Something was thrown that nobody expected. The loop goes on; the connection, when there is one, is
    /// closed.
    ///
    /// @param cause a bug in a handler, a task or this protocol; or an [java.io.IOException] of accepting (no
    ///     file descriptor left: the loop tries again every 100 ms and tells once until it worked)
    /// @param connection the connection that was being served, if any
    void failed(Throwable cause, @Nullable Connection connection);
}
