package dev.cinnabar.net;

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
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One thread that serves its connections, turn after turn: wait, read and handle what is ready, send what
/// was written.
///
/// A turn with nothing unusual in it costs one `epoll_wait`, and one `read` and one `write` per ready
/// connection, or, where the system has io_uring and there is a crowd, one call for all reads and one for all
/// writes ([SocketBatch]); it takes no lock, allocates nothing and wakes nobody. Methods are for the loop's
/// own thread unless they say otherwise.
public final class EventLoop implements Executor {
    /*
     *            ┌────────────────────────────────────────────────────────────────────────┐
     *            ▼                                                                        │
     *    beforeSleep (timers) ─► select ─► read + received() … ─► inbox ─► again ─► released turns ─► beforeFlush
     *                                                                                     ▲             │
     *                                                                              write(2) per connection or batch
     *                                                                              or, with a ticket, hold
     *
     * Waking. A thread that brings work first leaves it, then looks whether the loop sleeps; the loop first
     * says that it sleeps, then looks for work. Both are volatile, so at least one of them sees the other,
     * and a loop that is awake is never disturbed with a system call.
     */

    /// Bytes of heap that a loop takes for good: its buffers for reading and writing, and its notes.
    static final int BYTES = 92_000; // measured: JDK 17 92,492, JDK 25 with compact headers 92,012

    /// Bytes asked from a socket at once.
    static final int READ_SIZE = 64 << 10;

    /// A turn that wrote more than this many bytes sends at once and does not wait for its end.
    private static final int FLUSH_EARLY = 1 << 20;

    /// How long a loop waits at the most before it tries again what has failed for want of something:
    /// accepting, of a file descriptor; ending a connection, of memory.
    private static final int REST_MS = 100;

    /// The same for a loop that is never idle.
    private static final int ACCEPT_REST_TURNS = 1000;

    /// When so many turns in a row have failed, the next ones are not told of any more, and a loop rests in
    /// between.
    private static final int TOLD_FAILURES = 100;

    private static final long FAILURE_REST_NANOS = 10_000_000;

    /// How long a loop sleeps whose protocol cannot tell.
    private static final int DEFAULT_SLEEP_MS = 100;

    private final NetServer server;
    private final int index;
    private final Protocol protocol;
    private final Budget budget;
    private final Selector selector;
    private final Thread thread;
    private final Batches batches;
    final Replies replies;
    private final Lingering lingering = new Lingering(System::nanoTime, LockSupport::parkNanos);
    private volatile boolean lingers;
    private final Consumer<SelectionKey> onReady = this::noteReady;

    /// Where requests are assembled that fit; nobody's between two deliveries.
    final byte[] scratch = new byte[KeptInput.SMALL + READ_SIZE];

    final ByteBuffer scratchView = ByteBuffer.wrap(scratch);
    final SpareArray spare = new SpareArray();

    // connections, by slot
    private @Nullable Connection[] connections = new Connection[16];
    private int[] freeSlots = new int[16];
    private int freeCount;
    private int usedSlots;

    // this turn
    private SelectionKey[] ready = new SelectionKey[16];
    private int readyCount;
    private int lastReady; // in the turn before
    private @Nullable Connection served; // whose handler runs
    private Connection[] again = new Connection[16]; // to be shown their kept bytes without new ones
    private int againCount;
    private Connection[] condemned = new Connection[16]; // has room for all
    private int condemnedCount;

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
        this.batches = new Batches(this, batchesFrom);
        this.replies = new Replies(batches);
        this.selector = Selector.open();
        this.thread = new Thread(this::live, threadName);
        thread.setDaemon(true);
    }

    // ---- for everyone ----

    /// Which of its server's loops this is, from 0.
    public int index() {
        return index;
    }

    /// The id of its thread.
    public long threadId() {
        return thread.getId();
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
        if (replies.release(ticket)) wakeIfAsleep();
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
        batches.start();
        try {
            for (int failures = 0; !closing; ) {
                try {
                    turn();
                    failures = 0;
                } catch (Throwable e) { // no turn ends like this that we know of; when memory is short, anything may
                    recover(e, ++failures);
                }
            }
        } finally {
            die();
        }
    }

    /// A loop never gives up: a server that listens and does not answer would be worse than any error. Must
    /// not throw.
    private void recover(Throwable cause, int failures) {
        spare.drop();
        if (failures <= TOLD_FAILURES) tell(cause, null);
        else LockSupport.parkNanos(FAILURE_REST_NANOS); // it does not help to be quick
    }

    /// Tells the protocol of a failure; where there is no memory for that, nobody.
    void tell(Throwable cause, @Nullable Connection connection) {
        try {
            protocol.failed(cause, connection);
        } catch (Throwable e) { // on purpose: the loop is more important than what is said of it
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
        } catch (Throwable e) { // the selector closes the sockets
            tell(e, null);
        } finally {
            batches.close();
            try {
                selector.close();
            } catch (IOException e) {
                tell(e, null);
            }
        }
    }

    // ---- one turn ----

    private void turn() throws IOException {
        long sleepMs = beforeSleep();
        if (!replies.isEmpty() || condemnedCount > 0) finish(); // timers wrote, or closed somebody
        if (lingers && againCount == 0 && !replies.isHolding()) lingering.linger(lastReady);
        select(againCount > 0 ? 0 : sleepMs);
        serveReady();
        if (inbox.isFilled()) inbox.workOff(this);
        if (againCount > 0) serveAgain();
        replies.sendReleased();
        finish();
    }

    private void select(long sleepMs) throws IOException {
        while (guests.get() > 0) Thread.yield(); // microseconds, when somebody stops listening; else never
        Thread.interrupted(); // an interrupted thread cannot wait, and we promise nothing to interrupters
        boolean mustWake = acceptRests || condemnedCount > 0 || spare.isLarge();
        if (mustWake) sleepMs = sleepMs < 0 ? REST_MS : Math.min(sleepMs, REST_MS);
        if (sleepMs != 0) {
            asleep = true;
            if (inbox.isFilled() || closing || replies.hasReleased()) sleepMs = 0;
        }
        if (sleepMs == 0) selector.selectNow(onReady);
        else selector.select(onReady, Math.max(0, sleepMs)); // here, 0 is for ever
        asleep = false;
        if (readyCount == 0 && sleepMs != 0) spare.rest();
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
        lastReady = count;
        batches.beginTurn();
        for (int from = 0; from < count; from += SocketBatch.READS) {
            int to = Math.min(count, from + SocketBatch.READS);
            SocketBatch batch = batches.fetch(ready, from, to);
            for (int i = from; i < to; i++) {
                if (ready[i].attachment() instanceof Connection connection) {
                    connection.sample = lingering.served(connection.sample);
                    connection.serve(batch);
                } else if (ready[i].attachment() instanceof Acceptor acceptor) {
                    acceptor.accept();
                }
                if (replies.length() > FLUSH_EARLY) flush();
            }
            batches.fetched();
        }
    }

    String threadName() {
        return thread.getName();
    }

    /// Whether this loop serves its connections in batches. Any thread.
    boolean isBatching() {
        return batches.isOn();
    }

    /// Whether the loop waits for more to be ready where that pays; see [Lingering]. Any thread.
    void lingers(boolean lingers) {
        this.lingers = lingers;
    }

    /// Decides anew how many connections it takes to be served in batches. Any thread.
    void batchesFrom(int connections) {
        execute(() -> batches.change(connections, connectionCount()));
    }

    /// What came of asking for batches: null when there are some from now on, else why there are none. Any
    /// thread.
    void batching(@Nullable String whyNot) {
        protocol.batching(this, whyNot);
    }

    private void serveAgain() {
        int count = againCount;
        for (int i = 0; i < count; i++) {
            again[i].serveAgain();
            if (replies.length() > FLUSH_EARLY) flush();
        }
        againCount -= count; // others may have come while these were served
        System.arraycopy(again, count, again, 0, againCount);
    }

    /// Sends, and closes what is to be closed; closing may write again, to others.
    private void finish() {
        flush();
        while (bury()) {
            if (!replies.isEmpty()) flush();
        }
    }

    /// Ends those who are condemned. Who cannot be ended now, for want of memory, is kept for the next turn.
    ///
    /// @return whether anybody was ended
    private boolean bury() {
        int kept = 0;
        int looked = 0;
        while (looked < condemnedCount) { // the list may grow meanwhile
            Connection connection = condemned[looked++];
            if (!hasEnded(connection)) condemned[kept++] = connection;
        }
        Arrays.fill(condemned, kept, condemnedCount, null);
        condemnedCount = kept;
        return looked > kept;
    }

    private boolean hasEnded(Connection connection) {
        try {
            connection.end();
            return true;
        } catch (Throwable e) { // on purpose: one that cannot be ended must not keep the others
            spare.drop();
            tell(e, connection);
            return false;
        }
    }

    /// Runs somebody else's code, which may fail.
    void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            tell(e, null);
        }
        replies.endWriting();
    }

    // ---- pushes ----

    /// Pushes of other threads are taken first, so that all come in the order in which they were made.
    void push(Connection connection, byte[] data, int offset, int length) {
        takePushes();
        replies.deliver(connection, data, offset, length);
    }

    void share(Connection connection, byte[] message) {
        takePushes();
        replies.deliver(connection, message);
    }

    /// Takes over what other threads have pushed to the connections of this loop so far: it goes out with
    /// this turn. On the loop's thread.
    public void takePushes() {
        if (inbox.hasPushes()) inbox.workOffPushes(this);
    }

    private void flush() {
        replies.endWriting();
        long ticket = beforeFlush();
        replies.endWriting(); // the protocol may write, too
        replies.send(ticket);
    }

    private long beforeSleep() {
        try {
            return protocol.beforeSleep(this);
        } catch (Throwable e) {
            tell(e, null);
            return DEFAULT_SLEEP_MS;
        }
    }

    private long beforeFlush() {
        try {
            return protocol.beforeFlush(this);
        } catch (Throwable e) {
            tell(e, null);
            return 0;
        }
    }

    // ---- what connections ask of their loop ----

    /// Takes in an accepted socket. On the loop's thread.
    void adopt(SocketChannel channel, long id) {
        // nothing is taken before there is the memory for all of it
        int slot = freeCount > 0 ? freeSlots[freeCount - 1] : usedSlots;
        if (slot == connections.length) growSlots();
        Connection connection = new Connection(this, protocol, budget, channel, id, slot);
        if (freeCount > 0) freeCount--;
        else usedSlots++;
        connections[slot] = connection;
        count(connectionCount, 1);
        batches.connections(usedSlots - freeCount);
        connection.open(selector);
    }

    /// A small number for a slot, not used by any other open connection of the server: what a file descriptor
    /// is elsewhere.
    int descriptor(int slot) {
        return NetServer.FIRST_DESCRIPTOR + slot * server.loopCount() + index;
    }

    /// Makes room for twice as many connections: in the places, too, where an end needs it, which may come
    /// when there is no memory.
    private void growSlots() {
        int slots = 2 * connections.length;
        freeSlots = Arrays.copyOf(freeSlots, slots);
        condemned = Arrays.copyOf(condemned, slots);
        connections = Arrays.copyOf(connections, slots); // last: it tells how many the others have room for
    }

    void forget(int slot) {
        connections[slot] = null;
        freeSlots[freeCount++] = slot;
        count(connectionCount, -1);
    }

    void condemn(Connection connection) {
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

    /// Accepting failed: the server's acceptors are woken after a while.
    void restAccepting() {
        acceptRests = true;
    }
}
