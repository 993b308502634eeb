package dev.cinnabar.server;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.engine.NoLink;

/// The link of a caller in the same process: no socket. Takes what a call that had to wait is answered.
final class EmbeddedLink extends NoLink {
    private final ByteBuilder pushed = new ByteBuilder(0);
    private boolean isAnswered;
    private boolean hasEnded;

    @Override
    public synchronized void push(byte[] data, int offset, int length) {
        pushed.append(data, offset, length);
    }

    /// The call has its answer, which is nothing where CLIENT REPLY hides it.
    @Override
    public synchronized void resume() {
        isAnswered = true;
        notifyAll();
    }

    /// A call within the process waits for one answer and is gone.
    @Override
    public boolean takesMessages() {
        return false;
    }

    /// Says that nothing will come any more.
    synchronized void end() {
        hasEnded = true;
        notifyAll();
    }

    /// Waits until the call has its answer, or [#end].
    synchronized void await() throws InterruptedException {
        while (!isAnswered && !hasEnded) wait();
    }

    /// Appends what was pushed.
    ///
    /// @return whether that is the answer, and not the [#end]
    synchronized boolean take(ByteBuilder out) {
        if (!isAnswered) return false;
        out.append(pushed.window());
        pushed.clear();
        return true;
    }
}
