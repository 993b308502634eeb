package dev.cinnabar.net;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.memory.Budget;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One thread that serves its connections, turn after turn: wait, read and handle what is ready, send what
/// was written.
///
/// A turn with nothing unusual in it costs one `epoll_wait`, and one `read` and one `write` per ready
/// connection, or, where the system has io_uring and there is a crowd, one call for all reads and one for all writes
/// ([SocketBatch]); it takes no lock, allocates nothing and wakes nobody. Methods are for the loop's own thread unless they
/// say otherwise.
public final class EventLoop implements Executor {
    /*
     *            ┌────────────────────────────────────────────────────────────────────────┐
     *            ▼                                                                        │
     *    beforeSleep (timers) ─► select ─► read + received() … ─► inbox ─► again ─► released turns ─► beforeFlush
     *                                                                                     ▲             │
     *                                                                              write(2) per connection or batch
     *                                                                              or, with a ticket, hold
     *
     * Waking. A thread that brings work first leaves it, then looks whether the loop sleeps; the loop first says
     * that it sleeps, then looks for work. Both are volatile, so at least one of them sees the other, and a loop
     * that is awake is never disturbed with a system call.
     */

    /// Bytes of heap that a loop takes for good: its buffers for reading and writing, and its notes.
    static final int BYTES = 92_000; // measured: JDK 17 92,492, JDK 25 with compact headers 92,012

    /// Bytes asked from a socket at once.
    static final int READ_SIZE = 64 << 10;

    /// A turn that wrote more than this many bytes sends at once and does not wait for its end.
    private static final int FLUSH_EARLY = 1 << 20;

    /// How long accepting rests after it failed for want of a file descriptor.
    private static final int ACCEPT_REST_MS = 100;

    /// The same for a loop that is never idle.
    private static final int ACCEPT_REST_TURNS = 1000;

    private static final int SPARE_TURNS = 4;

    /// A loop whose turns fail this many times in a row ends.
    private static final int MAX_FAILURES = 100;

    /// How long a loop sleeps whose protocol cannot tell.
    private static final int DEFAULT_SLEEP_MS = 100;

    private final NetServer server;
    private final int index;
    private final Protocol protocol;
    private final Budget budget;
    private final Selector selector;
    private final Thread thread;
    private final int batchesFrom; // how many connections there must be for batches to be asked for
    private final int leastBatch; // of connections
    private volatile boolean isBatching;
    private @Nullable SocketBatch batch;
    private boolean isBatchAskedFor;
    private @Nullable Thread batchMaker;
    private final Consumer<SelectionKey> onReady = this::noteReady;

    /// Where requests are assembled that fit; nobody's between two deliveries.
    final byte[] scratch = new byte[Connection.SMALL_KEPT + READ_SIZE];

    final ByteBuffer scratchView = ByteBuffer.wrap(scratch);

    // connections, by slot
    private @Nullable Connection[] connections = new Connection[16];
    private int[] freeSlots = new int[16];
    private int freeCount;
    private int usedSlots;

    // this turn
    private SelectionKey[] ready = new SelectionKey[16];
    private int readyCount;
    private Turn turn = new Turn();
    private @Nullable Connection writer; // whose the replies from writerFrom on are
    private int writerFrom;
    private @Nullable Connection served; // whose handler runs
    private Connection[] again = new Connection[16]; // to be shown their kept bytes without new ones
    private int againCount;
    private Connection[] condemned = new Connection[16];
    private int condemnedCount;

    // pushes to the writer itself, which wait until it has finished
    private int[] ownPushes = new int[8]; // from, to, from, to …
    private int ownPushCount;

    // turns that wait for their ticket, oldest first
    private @Nullable Turn heldFirst;
    private @Nullable Turn heldLast;
    private @Nullable Turn spareTurns;
    private int spareTurnCount;
    private final AtomicLong released = new AtomicLong();

    // other threads
    private final Inbox inbox = new Inbox();
    private volatile boolean asleep;
    private volatile boolean closing;
    private final AtomicInteger guests = new AtomicInteger(); // threads that want the selector for a moment

    // accepting, when it failed
    private boolean acceptRests;
    private int acceptRestTurns;

    // counted for INFO; written by this thread only
    final AtomicLong bytesRead = new AtomicLong();
    final AtomicLong bytesWritten = new AtomicLong();
    final AtomicLong reads = new AtomicLong();
    final AtomicLong writes = new AtomicLong();
    private final AtomicLong connectionCount = new AtomicLong();

    EventLoop(NetServer server, int index, String threadName, Protocol protocol, Budget budget, int batchesFrom)
            throws IOException {
        this.server = server;
        this.index = index;
        this.protocol = protocol;
        this.budget = budget;
        this.batchesFrom = batchesFrom;
        this.leastBatch = Math.min(2, batchesFrom);
        this.selector = Selector.open();
        this.thread = new Thread(this::live, threadName);
        thread.setDaemon(true);
    }

    // ---- for everyone ----

    /// Which of its server's loops this is, from 0.
    public int index() {
        return index;
    }

    /// Runs a task on the loop's thread, after what was asked for before. Any thread; a task that comes when
    /// the loop has ended is dropped.
    @Override
    public void execute(Runnable task) {
        offer(task);
    }

    /// As [#execute], and tells whether the task will be run.
    boolean offer(Runnable task) {
        boolean taken = inbox.task(task);
        wakeIfAsleep();
        return taken;
    }

    /// Lets everything go that is held by this ticket or a smaller one. Any thread; smaller values than
    /// before do nothing.
    public void release(long ticket) {
        long before = released.get();
        while (before < ticket) {
            if (released.compareAndSet(before, ticket)) {
                wakeIfAsleep();
                return;
            }
            before = released.get();
        }
    }

    /// Whether the caller is the loop's own thread.
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /// Shows each open connection, in no order. On the loop's thread; the action may close any of them.
    public void forEach(Consumer<Connection> action) {
        for (int i = 0; i < usedSlots; i++) {
            Connection connection = connections[i];
            if (connection != null && !connection.isClosed()) action.accept(connection);
        }
    }

    /// How many connections this loop serves. Any thread.
    public int connectionCount() {
        return (int) connectionCount.get();
    }

    /// Bytes read from sockets so far. Any thread.
    public long bytesRead() {
        return bytesRead.getOpaque();
    }

    /// Bytes written to sockets so far. Any thread.
    public long bytesWritten() {
        return bytesWritten.getOpaque();
    }

    /// Reads from sockets so far. Any thread.
    public long reads() {
        return reads.getOpaque();
    }

    /// Writes to sockets so far. Any thread.
    public long writes() {
        return writes.getOpaque();
    }

    /// Counts without a fence: there is one writer.
    static void count(AtomicLong counter, long more) {
        counter.setOpaque(counter.getPlain() + more);
    }

    // ---- the life of a loop ----

    void start() {
        thread.start();
    }

    /// Asks the loop to end; [#join] waits for it. Any thread.
    void stop() {
        closing = true;
        wakeIfAsleep();
    }

    void join() throws InterruptedException {
        if (thread.getState() == Thread.State.NEW) neverStarted();
        else thread.join();
    }

    /// Ends a loop that nobody else will: its thread has not run.
    void neverStarted() {
        die();
    }

    private void live() {
        if (batchesFrom == 0) {
            isBatchAskedFor = true;
            makeBatch();
        }
        try {
            for (int failures = 0; !closing && failures < MAX_FAILURES; ) {
                try {
                    turn();
                    failures = 0;
                } catch (Throwable e) { // no turn ends like this that we know of; when memory is short, anything may
                    failures++;
                    protocol.failed(e, null);
                }
            }
        } finally {
            die();
        }
    }

    /// The selector is closed last: only that really closes the sockets that were registered with it.
    private void die() {
        closing = true;
        inbox.shut();
        try {
            inbox.workOff(this);
            if (index == 0) server.stopListening();
            for (int i = 0; i < usedSlots; i++) {
                Connection connection = connections[i];
                if (connection != null) connection.close();
            }
            bury();
        } finally {
            if (batchMaker != null) joinUninterruptibly(batchMaker);
            if (batch != null) batch.close();
            try {
                selector.close();
            } catch (IOException e) {
                protocol.failed(e, null);
            }
        }
    }

    // ---- one turn ----

    private void turn() throws IOException {
        long sleepMs = beforeSleep();
        if (hasOutput() || condemnedCount > 0) finish(); // timers wrote, or closed somebody
        select(againCount > 0 ? 0 : sleepMs);
        serveReady();
        if (inbox.isFilled()) inbox.workOff(this);
        if (againCount > 0) serveAgain();
        if (heldFirst != null) sendReleased();
        finish();
    }

    private void select(long sleepMs) throws IOException {
        while (guests.get() > 0) Thread.yield(); // microseconds, when somebody stops listening; else never
        Thread.interrupted(); // an interrupted thread cannot wait, and we promise nothing to interrupters
        if (acceptRests) sleepMs = sleepMs < 0 ? ACCEPT_REST_MS : Math.min(sleepMs, ACCEPT_REST_MS);
        if (sleepMs != 0) {
            asleep = true;
            if (inbox.isFilled() || closing || hasReleased()) sleepMs = 0;
        }
        if (sleepMs == 0) selector.selectNow(onReady);
        else selector.select(onReady, Math.max(0, sleepMs)); // here, 0 is for ever
        asleep = false;
        if (acceptRests) acceptAgain();
    }

    /// Nothing happened for a while, or a lot of turns went by: time to try accepting again.
    private void acceptAgain() {
        if (readyCount > 0 && ++acceptRestTurns < ACCEPT_REST_TURNS) return;
        acceptRests = false;
        acceptRestTurns = 0;
        server.wakeAcceptors();
    }

    private void wakeIfAsleep() {
        if (asleep) {
            asleep = false; // the next one need not
            selector.wakeup();
        }
    }

    /// Nothing is handled while the selector is busy, so that anybody may use it meanwhile: see [NetServer].
    private void noteReady(SelectionKey key) {
        if (readyCount == ready.length) ready = Arrays.copyOf(ready, 2 * readyCount);
        ready[readyCount++] = key;
    }

    private void serveReady() {
        int count = readyCount;
        readyCount = 0;
        if (batch == null) {
            serveReady(0, count, null);
            return;
        }
        if (batch.size() > 0) abandon(batch);
        for (int from = 0; from < count; from += SocketBatch.READS) {
            int to = Math.min(count, from + SocketBatch.READS);
            if (to - from >= leastBatch) fetch(batch, from, to);
            serveReady(from, to, batch);
            batch.clear();
        }
    }

    private void serveReady(int from, int to, @Nullable SocketBatch batch) {
        for (int i = from; i < to; i++) {
            if (ready[i].attachment() instanceof Connection connection) connection.serve(batch);
            else if (ready[i].attachment() instanceof Acceptor acceptor) acceptor.accept();
            if (turn.length() > FLUSH_EARLY) flush();
        }
    }

    private void useBatch(SocketBatch made) {
        batch = made;
        isBatching = true;
    }

    boolean isBatching() {
        return isBatching;
    }

    /// Reads from many at once what they will be shown in turn.
    private void fetch(SocketBatch batch, int from, int to) {
        for (int i = from; i < to; i++) {
            if (ready[i].attachment() instanceof Connection connection) connection.fetch(batch);
        }
        batch.submit();
    }

    /// The turn before failed in the middle: what was fetched and not looked at is lost, and so is what was to be sent.
    private static void abandon(SocketBatch batch) {
        boolean isReceiving = batch.isReceiving();
        for (int i = 0; i < batch.size(); i++) {
            if (isReceiving) batch.owner(i).abandonFetched();
            else batch.owner(i).close();
        }
        batch.clear();
    }

    /// A crowd gathers, for which batches pay. Making the first one takes a while, so that is done on a thread of its own.
    private void askForBatch() {
        isBatchAskedFor = true;
        Thread maker = new Thread(this::makeBatch, thread.getName() + "-uring");
        maker.setDaemon(true);
        maker.start();
        batchMaker = maker;
    }

    private static void joinUninterruptibly(Thread thread) {
        boolean isInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) Thread.currentThread().interrupt();
    }

    private void makeBatch() {
        try {
            SocketBatch made = new SocketBatch();
            if (offer(() -> useBatch(made))) protocol.batching(this, null);
            else made.close();
        } catch (IOException e) {
            protocol.batching(this, e.getMessage());
        } catch (Throwable e) {
            protocol.failed(e, null);
        }
    }

    private void serveAgain() {
        int count = againCount;
        for (int i = 0; i < count; i++) {
            again[i].serveAgain();
            if (turn.length() > FLUSH_EARLY) flush();
        }
        againCount -= count; // others may have come while these were served
        System.arraycopy(again, count, again, 0, againCount);
    }

    /// Sends, and closes what is to be closed; closing may write again, to others.
    private void finish() {
        flush();
        while (condemnedCount > 0) {
            bury();
            if (hasOutput()) flush();
        }
    }

    private boolean hasOutput() {
        return writer != null || !turn.isEmpty();
    }

    private void bury() {
        for (int i = 0; i < condemnedCount; i++) condemned[i].end(); // the list may grow meanwhile
        Arrays.fill(condemned, 0, condemnedCount, null);
        condemnedCount = 0;
    }

    /// Runs somebody else's code, which may fail.
    void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            protocol.failed(e, null);
        }
        endWriting();
    }

    // ---- writing ----

    /// The shared reply buffer; what is appended from now on is this connection's.
    ByteBuilder out(Connection connection) {
        assert isCurrent() : "replies are written on the loop's own thread";
        if (writer != connection) {
            endWriting();
            writer = connection;
            writerFrom = turn.replies.length();
        }
        return turn.replies;
    }

    /// How many bytes a connection has written that are not noted yet.
    int unnoted(Connection connection) {
        return writer == connection ? turn.replies.length() - writerFrom : 0;
    }

    /// The writer has come to an end: notes what it wrote.
    void endWriting() {
        Connection connection = writer;
        if (connection == null) return;
        writer = null;
        int to = turn.replies.length();
        if (to > writerFrom && !connection.isClosed()) {
            turn.addReply(connection, writerFrom, to);
            connection.unsent += to - writerFrom;
        }
        for (int i = 0; i < ownPushCount; i += 2) notePush(connection, ownPushes[i], ownPushes[i + 1]);
        ownPushCount = 0;
    }

    /// Pushes of other threads are taken first, so that all come in the order in which they were made.
    void push(Connection connection, byte[] data, int offset, int length) {
        takePushes();
        deliver(connection, data, offset, length);
    }

    void share(Connection connection, byte[] message) {
        takePushes();
        deliver(connection, message);
    }

    void takePushes() {
        if (inbox.hasPushes()) inbox.workOffPushes(this);
    }

    /// A message to the one whose handler is just writing has to wait until it has finished, as any push.
    void deliver(Connection connection, byte[] message) {
        if (writer == connection) {
            deliver(connection, message, 0, message.length);
        } else if (!connection.isClosed()) {
            turn.addMessage(connection, message);
            connection.unsent += message.length;
        }
    }

    void deliver(Connection connection, byte[] data, int offset, int length) {
        int from = turn.pushes.length();
        turn.pushes.append(data, offset, length);
        if (writer != connection) {
            notePush(connection, from, from + length);
            return;
        }
        if (ownPushCount == ownPushes.length) ownPushes = Arrays.copyOf(ownPushes, 2 * ownPushCount);
        ownPushes[ownPushCount++] = from;
        ownPushes[ownPushCount++] = from + length;
    }

    private void notePush(Connection connection, int from, int to) {
        if (connection.isClosed()) return;
        turn.addPush(connection, from, to);
        connection.unsent += to - from;
    }

    // ---- sending and holding ----

    private void flush() {
        endWriting();
        long ticket = beforeFlush();
        endWriting();
        if (turn.isEmpty()) {
            turn.clear(); // what was written to the dead
        } else if (ticket > released.get()) {
            hold(turn, ticket);
            turn = freshTurn();
        } else if (sendAllFree(turn)) {
            turn.clear();
        } else {
            hold(turn, lastTicket());
            turn = freshTurn();
        }
    }

    private long beforeSleep() {
        try {
            return protocol.beforeSleep(this);
        } catch (Throwable e) {
            protocol.failed(e, null);
            return DEFAULT_SLEEP_MS;
        }
    }

    private long beforeFlush() {
        try {
            return protocol.beforeFlush(this);
        } catch (Throwable e) {
            protocol.failed(e, null);
            return 0;
        }
    }

    /// Sends the parts of all connections but those with an older turn still held, which they must not
    /// overtake.
    private boolean sendAllFree(Turn turn) {
        boolean all = true;
        for (int i = 0; i < turn.size(); i++) {
            Connection connection = turn.owner(i);
            if (connection == null) continue;
            if (connection.heldTurns > 0) {
                all = false;
            } else {
                send(connection, turn, turn.first(i));
                turn.done(i);
            }
        }
        sendBatch();
        return all;
    }

    /// Sends, or puts in line for [#sendBatch], which has to come before anything else is sent to this connection.
    private void send(Connection connection, Turn turn, int stretch) {
        SocketBatch line = batch;
        if (line == null || line.isReceiving() || turn.size() < leastBatch) {
            connection.send(turn, stretch);
            return;
        }
        if (!line.takes(SocketBatch.MAX_WRITE)) sendBatch();
        if (!connection.sendWith(line, turn, stretch)) connection.send(turn, stretch);
    }

    private void sendBatch() {
        SocketBatch line = batch;
        if (line == null || line.isReceiving() || line.size() == 0) return;
        int looked = 0;
        try {
            line.submit();
            while (looked < line.size()) line.owner(looked).sent(line, looked++);
        } finally {
            // something was thrown that nobody expected: what the others were sent is not known any more
            for (; looked < line.size(); looked++) line.owner(looked).close();
            line.clear();
        }
    }

    private void hold(Turn turn, long ticket) {
        assert ticket >= lastTicket() : "tickets only grow";
        turn.ticket = ticket;
        for (int i = 0; i < turn.size(); i++) {
            Connection connection = turn.owner(i);
            if (connection != null) connection.heldTurns++;
        }
        if (heldLast == null) heldFirst = turn;
        else heldLast.next = turn;
        heldLast = turn;
    }

    private long lastTicket() {
        Turn last = heldLast;
        return last == null ? 0 : last.ticket;
    }

    private boolean hasReleased() {
        Turn first = heldFirst;
        return first != null && first.ticket <= released.get();
    }

    private void sendReleased() {
        for (Turn turn = heldFirst; turn != null && turn.ticket <= released.get(); turn = heldFirst) {
            heldFirst = turn.next;
            if (heldFirst == null) heldLast = null;
            for (int i = 0; i < turn.size(); i++) {
                Connection connection = turn.owner(i);
                if (connection == null) continue;
                connection.heldTurns--;
                send(connection, turn, turn.first(i));
            }
            sendBatch();
            recycle(turn);
        }
    }

    private Turn freshTurn() {
        Turn spare = spareTurns;
        if (spare == null) return new Turn();
        spareTurns = spare.next;
        spareTurnCount--;
        spare.next = null;
        return spare;
    }

    private void recycle(Turn turn) {
        turn.clear();
        if (spareTurnCount == SPARE_TURNS) return;
        turn.next = spareTurns;
        spareTurns = turn;
        spareTurnCount++;
    }

    // ---- what connections ask of their loop ----

    /// Takes in an accepted socket. On the loop's thread.
    void adopt(SocketChannel channel, long id) {
        int slot = freeCount > 0 ? freeSlots[--freeCount] : usedSlots++;
        if (slot == connections.length) connections = Arrays.copyOf(connections, 2 * slot);
        Connection connection = new Connection(this, protocol, budget, channel, id, slot);
        connections[slot] = connection;
        count(connectionCount, 1);
        if (!isBatchAskedFor && usedSlots - freeCount >= batchesFrom) askForBatch();
        connection.open(selector);
    }

    /// A small number for a slot, not used by any other open connection of the server: what a file descriptor
    /// is elsewhere.
    int descriptor(int slot) {
        return NetServer.FIRST_DESCRIPTOR + slot * server.loopCount() + index;
    }

    void forget(int slot) {
        connections[slot] = null;
        if (freeCount == freeSlots.length) freeSlots = Arrays.copyOf(freeSlots, 2 * freeCount);
        freeSlots[freeCount++] = slot;
        count(connectionCount, -1);
    }

    void condemn(Connection connection) {
        if (condemnedCount == condemned.length) condemned = Arrays.copyOf(condemned, 2 * condemnedCount);
        condemned[condemnedCount++] = connection;
    }

    void again(Connection connection) {
        if (againCount == again.length) again = Arrays.copyOf(again, 2 * againCount);
        again[againCount++] = connection;
    }

    boolean isServing(Connection connection) {
        return served == connection;
    }

    void serving(@Nullable Connection connection) {
        served = connection;
    }

    void askToClose(Connection connection) {
        inbox.close(connection);
        wakeIfAsleep();
    }

    void askToResume(Connection connection) {
        inbox.resume(connection);
        wakeIfAsleep();
    }

    void askToPush(Connection connection, byte[] data, int offset, int length) {
        inbox.push(connection, data, offset, length);
        wakeIfAsleep();
    }

    void askToShare(Connection connection, byte[] message) {
        inbox.share(connection, message);
        wakeIfAsleep();
    }

    Selector selector() {
        return selector;
    }

    /// Makes the selector let go of channels that were closed, at once, whatever the loop is doing. Any
    /// thread.
    void letGo() throws IOException {
        guests.incrementAndGet();
        try {
            selector.wakeup(); // the loop leaves its select, and does not come back while we are here
            selector.selectNow(key -> {});
        } finally {
            guests.decrementAndGet();
            selector.wakeup(); // instead of one for the loop that we may have used up
        }
    }

    void failed(Throwable cause, @Nullable Connection connection) {
        protocol.failed(cause, connection);
    }

    /// Accepting failed: the server's acceptors are woken after a while.
    void restAccepting() {
        acceptRests = true;
    }
}
