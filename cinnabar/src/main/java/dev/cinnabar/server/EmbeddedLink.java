package dev.cinnabar.server;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.engine.NoLink;

/// The link of a caller in the same process: no socket. Takes what a call that had to wait is answered.
final class EmbeddedLink extends NoLink {
    private final ByteBuilder pushed = new ByteBuilder(0);

    @Override
    public synchronized void push(byte[] data, int offset, int length) {
        pushed.append(data, offset, length);
        notifyAll();
    }

    /// A call within the process waits for one answer and is gone.
    @Override
    public boolean takesMessages() {
        return false;
    }

    /// Waits for what is pushed, and appends it.
    synchronized void await(ByteBuilder out) throws InterruptedException {
        while (pushed.length() == 0) wait();
        out.append(pushed.window());
        pushed.clear();
    }
}
