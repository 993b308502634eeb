package dev.cinnabar.server;

import dev.cinnabar.engine.Link;

/// The link of a caller in the same process: there is no socket.
enum NoLink implements Link {
    INSTANCE;

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
