package dev.cinnabar.server;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.engine.NoLink;
import java.util.concurrent.CountDownLatch;

/// The link of a caller in the same process: no socket. Takes what a call that had to wait is answered.
///
/// Touched under the engine's lock, and by who waits when he has taken his session away under it.
final class EmbeddedLink extends NoLink {
    private final ByteBuilder pushed = new ByteBuilder(0);
    private final CountDownLatch isOver = new CountDownLatch(1); // no monitor, which keeps a virtual thread's carrier
    private boolean isAnswered;
    private boolean isClosed;

    @Override
    public void push(byte[] data, int offset, int length) {
        pushed.append(data, offset, length);
    }

    /// The call has its answer, which is nothing where CLIENT REPLY hides it.
    @Override
    public void resume() {
        isAnswered = true;
        isOver.countDown();
    }

    /// A call within the process waits for one answer and is gone.
    @Override
    public boolean takesMessages() {
        return false;
    }

    /// There was no memory for the answer.
    @Override
    public void close() {
        isClosed = true;
        isOver.countDown();
    }

    /// Whether it was closed in place of an answer.
    boolean isClosed() {
        return isClosed;
    }

    /// Says that nothing will come any more, for the server ends.
    void end() {
        isOver.countDown();
    }

    /// Waits until the call has its answer, [#close] or [#end]. Without the engine's lock.
    void await() throws InterruptedException {
        isOver.await();
    }

    /// Appends what was pushed.
    ///
    /// @return whether that is the answer, and not the end
    boolean take(ByteBuilder out) {
        if (!isAnswered) return false;
        out.append(pushed.window());
        pushed.clear();
        return true;
    }
}
