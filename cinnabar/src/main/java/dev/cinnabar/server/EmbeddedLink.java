package dev.cinnabar.server;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.engine.Link;

/// The link of a caller in the same process: no socket. Takes what a call that had to wait is answered.
final class EmbeddedLink implements Link {
    private final ByteBuilder pushed = new ByteBuilder(0);

    @Override
    public String remoteAddress() {
        return "";
    }

    @Override
    public String localAddress() {
        return "";
    }

    @Override
    public int fd() {
        return -1;
    }

    @Override
    public long inputBytes() {
        return 0;
    }

    @Override
    public long outputBytes() {
        return 0;
    }

    @Override
    public void close() {}

    @Override
    public void closeAfterReply() {}

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

    @Override
    public void resume() {}

    /// Waits for what is pushed, and appends it.
    synchronized void await(ByteBuilder out) throws InterruptedException {
        while (pushed.length() == 0) wait();
        out.append(pushed.window());
        pushed.clear();
    }
}
