package dev.cinnabar.net;

import dev.cinnabar.base.Waits;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;

/// A loop's [SocketBatch], from the day its crowd asks for one: gets it, reads with it from those who are
/// ready, sends with it what a turn wrote; also from one alone, and to one alone, which costs the same and
/// leaves the JIT one way to compile. As long as there is none, everybody reads and writes for himself.
///
/// Owned by the loop's thread; [#isOn] may be asked by any.
final class Batches {
    private final EventLoop loop;
    private int from; // how many connections there must be for a batch to be asked for
    private volatile boolean isOn;
    private @Nullable SocketBatch batch;
    private boolean isAskedFor;
    private @Nullable Thread maker;

    /// @param from how many connections make a crowd; 0 to have a batch from the beginning;
    ///             [NetServer#NEVER]
    Batches(EventLoop loop, int from) {
        this.loop = loop;
        this.from = from;
    }

    boolean isOn() {
        return isOn;
    }

    // ---- getting one ----

    /// The loop's thread begins.
    void start() {
        if (from > 0) return;
        isAskedFor = true;
        make();
    }

    /// So many connections there are now. Making the first batch takes a while, so that is done on a thread
    /// of its own.
    void connections(int count) {
        if (isAskedFor || count < from) return;
        isAskedFor = true;
        Thread thread = new Thread(this::make, loop.threadName() + "-uring");
        thread.setDaemon(true);
        thread.start();
        maker = thread;
    }

    private void make() {
        try {
            SocketBatch made = new SocketBatch();
            if (loop.offer(() -> use(made))) loop.batching(null);
            else made.close();
        } catch (IOException e) {
            loop.batching(e.getMessage());
        } catch (Throwable e) {
            loop.tell(e, null);
        }
    }

    private void use(SocketBatch made) {
        if (from == NetServer.NEVER || batch != null) { // it was decided otherwise meanwhile
            made.close();
            return;
        }
        batch = made;
        isOn = true;
    }

    /// Decides anew how many connections make a crowd. Between two turns' reading and sending, when nothing
    /// is in line.
    void change(int from, int connections) {
        this.from = from;
        if (from == NetServer.NEVER) {
            beginTurn();
            if (batch != null) batch.close();
            batch = null;
            isOn = false;
        }
        if (batch == null) isAskedFor = maker != null && maker.isAlive();
        connections(connections);
    }

    /// Waits for the one who makes it, and gives the kernel's memory back. When the loop runs no tasks any
    /// more.
    void close() {
        if (maker != null) Waits.untilDone(maker::join);
        if (batch != null) batch.close();
    }

    // ---- reading ----

    /// A turn begins. Had the one before failed in the middle, then what was fetched and not looked at is
    /// lost, and so is what was to be sent: nobody knows any more how much of it was.
    void beginTurn() {
        SocketBatch old = batch;
        if (old == null || old.size() == 0) return;
        boolean isReceiving = old.isReceiving();
        for (int i = 0; i < old.size(); i++) {
            if (isReceiving) old.owner(i).abandonFetched();
            else old.owner(i).close();
        }
        old.clear();
    }

    /// Reads from many at once what they will be shown in turn.
    ///
    /// @return where it lies until [#fetched]; null when each is to read for himself
    @Nullable
    SocketBatch fetch(SelectionKey[] ready, int from, int to) {
        SocketBatch line = batch;
        if (line == null) return null;
        for (int i = from; i < to; i++) {
            if (ready[i].attachment() instanceof Connection connection) connection.fetch(line);
        }
        line.submit();
        return line;
    }

    /// Everybody has been shown what was read.
    void fetched() {
        SocketBatch line = batch;
        if (line != null) line.clear();
    }

    // ---- sending ----

    /// Sends, or puts in line for [#sendAll], which has to come before anything else is sent to this
    /// connection.
    void send(Connection connection, Turn turn, int stretch) {
        SocketBatch line = batch;
        if (line == null || line.isReceiving()) {
            connection.send(turn, stretch);
            return;
        }
        if (!line.takes(SocketBatch.MAX_WRITE)) sendAll();
        if (!connection.sendWith(line, turn, stretch)) connection.send(turn, stretch);
    }

    /// Sends what is in line.
    void sendAll() {
        SocketBatch line = batch;
        if (line == null || line.isReceiving() || line.size() == 0) return;
        int looked = 0;
        try {
            line.submit();
            while (looked < line.size()) {
                int operation = looked++;
                line.owner(operation).sent(line, operation);
            }
        } finally {
            // something was thrown that nobody expected: what the others were sent is not known any more
            for (; looked < line.size(); looked++) line.owner(looked).close();
            line.clear();
        }
    }
}
