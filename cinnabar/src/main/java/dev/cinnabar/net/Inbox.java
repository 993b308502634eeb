package dev.cinnabar.net;

import dev.cinnabar.base.ByteBuilder;
import java.util.Arrays;

/// What other threads ask of a loop, in the order they asked: bytes to push; tasks to run, connections to
/// wake or close.
///
/// Two batches take turns: one is filled under a lock that is held for a copy, the other is worked off by the
/// loop's thread without any. Thread-safe.
final class Inbox {
    /*
     * Pushes have batches of their own, because they may be taken before the rest is: whoever writes to a
     * connection, on its own loop, while pushes of other threads lie here for it, has to take them first, or
     * a subscriber would see messages out of their order. They are taken before the rest always; nothing of
     * the rest is to be done before a push.
     */
    private static final int CLOSE = -1;
    private static final int RESUME = -2;
    private static final int TASK = -3;
    private static final int MESSAGE = -4; // the next item is the array

    /// A batch that grew beyond this is let go afterwards, in items and in bytes.
    private static final int KEEP_ITEMS = 1024;

    private static final int KEEP_BYTES = 256 << 10;

    private static final int FIRST_ITEMS = 16;
    private static final int FIRST_BYTES = 256;

    private Batch filling = new Batch();
    private Batch spare = new Batch();
    private Batch fillingPushes = new Batch();
    private Batch sparePushes = new Batch();
    private volatile boolean filled; // with anything
    private volatile boolean hasPushes;
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
        fillingPushes.makeRoom(1); // first: bytes that no note could be taken of would be taken for the next one's
        fillingPushes.bytes.append(data, offset, length);
        fillingPushes.add(connection, length);
        pushed(connection, length);
    }

    /// Pushes an array that nobody writes to any more; it is not copied.
    synchronized void share(Connection connection, byte[] message) {
        if (shut) return;
        fillingPushes.makeRoom(2); // first: half a note would be the end of those behind it
        fillingPushes.add(connection, MESSAGE);
        fillingPushes.add(message, MESSAGE);
        pushed(connection, message.length);
    }

    private void pushed(Connection connection, int length) {
        connection.asked += length;
        filled = true;
        hasPushes = true;
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

    boolean hasPushes() {
        return hasPushes;
    }

    /// Does what was asked so far. On the loop's thread.
    void workOff(EventLoop loop) {
        workOffPushes(loop);
        Batch batch;
        synchronized (this) {
            batch = filling;
            filling = spare;
            filled = hasPushes;
        }
        try {
            for (int i = 0; i < batch.count; i++) {
                Object what = batch.what[i];
                switch (batch.kinds[i]) {
                    case TASK -> loop.run((Runnable) what);
                    case CLOSE -> ((Connection) what).close();
                    default -> resumeOrEnd((Connection) what);
                }
            }
        } finally {
            spare = batch;
            batch.empty();
        }
    }

    /// Delivers what was pushed so far, and nothing else. On the loop's thread.
    void workOffPushes(EventLoop loop) {
        Batch batch;
        synchronized (this) {
            if (!hasPushes) return;
            batch = fillingPushes;
            fillingPushes = sparePushes;
            hasPushes = false;
        }
        try {
            deliver(batch, loop);
        } finally {
            sparePushes = batch;
            batch.empty();
        }
    }

    /// Who cannot be served is closed, here and below; the others get what is theirs.
    private static void resumeOrEnd(Connection connection) {
        try {
            connection.resumeReading();
        } catch (Throwable e) {
            connection.fail(e);
        }
    }

    private static void deliver(Batch batch, EventLoop loop) {
        int from = 0;
        for (int i = 0; i < batch.count; i++) {
            Connection connection = (Connection) batch.what[i];
            int length = batch.kinds[i];
            if (length == MESSAGE) {
                byte[] message = (byte[]) batch.what[++i];
                connection.taken += message.length;
                deliver(connection, message, loop);
            } else {
                connection.taken += length;
                if (!connection.isClosed()) deliver(connection, batch.bytes.array(), from, length, loop);
                from += length;
            }
        }
    }

    private static void deliver(Connection connection, byte[] message, EventLoop loop) {
        try {
            loop.replies.deliver(connection, message);
        } catch (Throwable e) {
            connection.fail(e);
        }
    }

    private static void deliver(Connection connection, byte[] data, int offset, int length, EventLoop loop) {
        try {
            loop.replies.deliver(connection, data, offset, length);
        } catch (Throwable e) {
            connection.fail(e);
        }
    }

    /// Refuses everything from now on. On the loop's thread, which then works off what is there.
    synchronized void shut() {
        shut = true;
    }

    private static final class Batch {
        Object[] what = new Object[FIRST_ITEMS];
        int[] kinds = new int[FIRST_ITEMS]; // negative: what it is; else the length of a push
        int count;
        ByteBuilder bytes = new ByteBuilder(FIRST_BYTES);

        void add(Object item, int kind) {
            makeRoom(1);
            what[count] = item;
            kinds[count++] = kind;
        }

        /// Makes room for so many items more. When there is no memory for it, nothing has changed.
        void makeRoom(int items) {
            if (count + items > kinds.length) resize(2 * kinds.length);
        }

        void empty() {
            boolean isLarge = count > KEEP_ITEMS;
            Arrays.fill(what, 0, count, null);
            count = 0;
            bytes.clear();
            if (isLarge) resize(FIRST_ITEMS);
            if (bytes.capacity() > KEEP_BYTES) bytes.trim(FIRST_BYTES);
        }

        /// Both arrays are made before either is used: they are of one length always.
        private void resize(int items) {
            Object[] newWhat = Arrays.copyOf(what, items);
            int[] newKinds = Arrays.copyOf(kinds, items);
            what = newWhat;
            kinds = newKinds;
        }
    }
}
