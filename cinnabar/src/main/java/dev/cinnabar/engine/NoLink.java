package dev.cinnabar.engine;

/// The link of whoever has no socket: a caller in the same process, a log that is replayed. Nobody is there,
/// so what is pushed is lost.
public class NoLink implements Link {
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
    public void push(byte[] data, int offset, int length) {}

    @Override
    public void resume() {}
}
