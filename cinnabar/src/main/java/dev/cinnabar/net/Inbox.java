package dev.cinnabar.net;

import dev.cinnabar.base.ByteBuilder;
import java.util.Arrays;

/// What other threads ask of a loop, in the order they asked: tasks to run, bytes to push, connections to
/// wake or close.
///
/// Two batches take turns: one is filled under a lock that is held for a copy, the other is worked off by the
/// loop's thread without any. Thread-safe.
final class Inbox {
    private static final int CLOSE = -1;
    private static final int RESUME = -2;
    private static final int TASK = -3;

    /// A batch that grew beyond this is let go afterwards, in items and in bytes.
    private static final int KEEP_ITEMS = 1024;

    private static final int KEEP_BYTES = 256 << 10;

    private Batch filling = new Batch();
    private Batch spare = new Batch();
    private volatile boolean filled;
    private boolean shut;

    /// Answers false when the loop has ended and will not run it.
    synchronized boolean task(Runnable task) {
        return add(task, TASK);
    }

    synchronized void close(Connection connection) {
        add(connection, CLOSE);
    }

    synchronized void resume(Connection connection) {
        add(connection, RESUME);
    }

    synchronized void push(Connection connection, byte[] data, int offset, int length) {
        if (shut) return;
        filling.bytes.append(data, offset, length);
        add(connection, length);
    }

    private boolean add(Object what, int kind) {
        if (shut) return false;
        filling.add(what, kind);
        filled = true;
        return true;
    }

    boolean isFilled() {
        return filled;
    }

    /// Does what was asked so far. On the loop's thread.
    void workOff(EventLoop loop) {
        Batch batch;
        synchronized (this) {
            batch = filling;
            filling = spare;
            filled = false;
        }
        int from = 0;
        for (int i = 0; i < batch.count; i++) {
            Object what = batch.what[i];
            int kind = batch.kinds[i];
            if (kind == TASK) {
                loop.run((Runnable) what);
            } else {
                Connection connection = (Connection) what;
                if (kind == CLOSE) connection.close();
                else if (kind == RESUME) connection.resumeReading();
                else {
                    connection.push(batch.bytes.array(), from, kind);
                    from += kind;
                }
            }
        }
        spare = batch.emptied();
    }

    /// Refuses everything from now on. On the loop's thread, which then works off what is there.
    synchronized void shut() {
        shut = true;
    }

    private static final class Batch {
        Object[] what = new Object[16];
        int[] kinds = new int[16]; // negative: CLOSE, RESUME, TASK; else the length of a push
        int count;
        ByteBuilder bytes = new ByteBuilder(256);

        void add(Object item, int kind) {
            if (count == kinds.length) {
                what = Arrays.copyOf(what, 2 * count);
                kinds = Arrays.copyOf(kinds, 2 * count);
            }
            what[count] = item;
            kinds[count++] = kind;
        }

        Batch emptied() {
            if (count > KEEP_ITEMS || bytes.capacity() > KEEP_BYTES) return new Batch();
            Arrays.fill(what, 0, count, null);
            count = 0;
            bytes.clear();
            return this;
        }
    }
}
