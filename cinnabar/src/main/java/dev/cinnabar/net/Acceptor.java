package dev.cinnabar.net;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/// One listening socket: takes in connections and hands them to its server, which spreads them over the
/// loops.
final class Acceptor {
    /// A turn accepts at most this many, so that a crowd at the door does not starve those inside.
    private static final int ACCEPTS_PER_TURN = 256;
    private static final int MOST_KEEP_ALIVE_SECONDS = 32767; // more Linux refuses

    private final NetServer server;
    private final EventLoop loop;
    private final ServerSocketChannel channel;
    private final boolean isTcp;
    private volatile @Nullable SelectionKey key;
    private boolean failing;

    Acceptor(NetServer server, EventLoop loop, ServerSocketChannel channel, boolean isTcp) {
        this.server = server;
        this.loop = loop;
        this.channel = channel;
        this.isTcp = isTcp;
    }

    boolean isTcp() {
        return isTcp;
    }

    ServerSocketChannel channel() {
        return channel;
    }

    /// From now on connections are accepted. Any thread.
    void open(Selector selector) throws IOException {
        channel.configureBlocking(false);
        key = channel.register(selector, SelectionKey.OP_ACCEPT, this);
    }

    /// Takes in who waits. On the loop's thread.
    void accept() {
        try {
            for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
                SocketChannel accepted = channel.accept();
                if (accepted == null) return;
                failing = false;
                if (prepare(accepted)) server.accepted(accepted);
            }
        } catch (ClosedChannelException e) {
            // we stopped listening just now
        } catch (IOException e) {
            rest(e);
        }
    }

    /// Answers false, and closes, when the peer has gone already.
    private boolean prepare(SocketChannel accepted) throws IOException {
        try {
            accepted.configureBlocking(false);
            if (isTcp) tune(accepted);
            return true;
        } catch (IOException e) {
            accepted.close();
            return false;
        }
    }

    private void tune(SocketChannel accepted) throws IOException {
        accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
        int seconds = Math.min(server.keepAliveSeconds(), MOST_KEEP_ALIVE_SECONDS);
        if (seconds <= 0) return;
        accepted.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        if (!accepted.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) return; // some systems
        accepted.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, seconds);
        accepted.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, Math.max(1, seconds / 3));
        accepted.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
    }

    /// Nearly always: no file descriptor left. Whoever waits still waits, so asking again at once would only
    /// burn time.
    private void rest(IOException cause) {
        if (!failing) loop.tell(cause, null);
        failing = true;
        setInterest(0);
        loop.restAccepting();
    }

    /// Tries again. On the loop's thread.
    void wake() {
        setInterest(SelectionKey.OP_ACCEPT);
    }

    private void setInterest(int ops) {
        SelectionKey key = this.key;
        if (key != null && key.isValid()) key.interestOps(ops);
    }
}
