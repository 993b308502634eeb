package dev.cinnabar.net;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.uring.Ring;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/// One socket, TCP or unix, and what is buffered for it. An idle connection holds no buffer at all.
///
/// Owned by its loop: methods are for the loop's thread unless they say otherwise.
public final class Connection {
    /*
     * Input. Bytes are read into the loop's scratch array and shown to the handler there. What it leaves is
     * copied into `input`; next time it goes back in front of what was read. Only when more than
     * KeptInput.SMALL bytes are left (a big bulk is under way) `input` is read into directly.
     *
     * Output. The handler writes into its loop's turn. What the socket does not take goes into `queue`.
     * `unsent` counts all that is not in the socket yet: in the turn, in held turns, in the queue. What other
     * threads pushed and the loop has not taken yet is `asked` minus `taken`.
     *
     * The handler is shown nothing while it waits (`paused`) or the peer does not read (`stalled`); what
     * comes then is kept, up to a limit. When a stalled connection has reached it, its peer may be one that
     * sends all before it reads: then it is served on, as long as what is kept and what is unsent do not
     * become more (`together`). Reading stops where that does not help either; at the end of the peer's
     * stream (`ended`); and when we are about to go (`leaving`: once everything is sent; `condemned`: at the
     * end of this turn).
     */

    /// A connection with more unsent bytes than this is congested.
    public static final int OUTPUT_HIGH_WATER = 256 << 10;

    /// It is served again when no more than this many are left.
    public static final int OUTPUT_LOW_WATER = 64 << 10;

    /// How much is kept for a paused connection before its socket is left alone.
    static final int PAUSED_INPUT_LIMIT = 64 << 10;

    /// How much is kept for a stalled connection. Many clients send all that they have to say before they
    /// read: if we stopped listening, they would wait for us as we for them.
    static final int STALLED_INPUT_LIMIT = 32 << 20;

    /// So much more may be unsent and kept together: what was unsent already, and a read.
    static final int STALLED_SLACK = 2 * OUTPUT_HIGH_WATER;

    /// Of the budget, so much is not for them: one part of four.
    private static final int NOT_FOR_STALLED = 4;

    private static final int READS_PER_TURN = 4; // fairness: a turn takes at most 256 KiB from one socket
    private static final int WRITE_SIZE = 64 << 10;

    /// A turn sends about so many bytes to one connection, however quickly its peer reads: what a turn's
    /// buffer may have and be kept.
    static final int WRITTEN_PER_TURN = 2 << 20;

    private static final int SHARED_MIN = 16 << 10; // bytes of a message that are worth a chunk of their own
    private static final int NOT_FETCHED = -1;
    private static final int NOT_ASKED = -2;

    private static final Handler NOBODY = new Handler() {
        @Override
        public int received(byte[] array, int from, int to) {
            return to - from;
        }

        @Override
        public void closed() {}
    };

    private final EventLoop loop;
    private final Protocol protocol;
    private final Budget budget;
    private final SocketChannel channel;
    private final @Nullable SocketAddress remote;
    private final @Nullable SocketAddress local;
    private final long id;
    private final int slot;
    private int descriptor = NOT_ASKED; // the kernel's, once a batch needs it; -1: it cannot be told
    private @Nullable SelectionKey key;
    private int interest;
    private Handler handler = NOBODY;

    // input
    private final KeptInput input;
    private int fetched = NOT_FETCHED; // the batch's receive that is ours and not looked at yet
    int sample; // the loop's note: in which of its samples something was read; see Lingering

    // output; the first four are the loop's and the turn's notes about this connection
    @Nullable
    Turn turn;

    int entry;
    int heldTurns;
    long unsent;
    long asked; // bytes that other threads pushed; written under the inbox's lock
    long taken; // how many of them the loop has taken over
    private final OutputQueue queue = new OutputQueue();

    private boolean paused;
    private boolean stalled;
    private long together; // bytes unsent and kept that it is served up to, though its peer does not read; 0: it is not
    private boolean keepsNoMore; // while stalled: there is no memory for more of its input
    private boolean waitsForAgain;
    private boolean ended;
    private boolean leaving;
    private volatile boolean condemned;

    Connection(EventLoop loop, Protocol protocol, Budget budget, SocketChannel channel, long id, int slot) {
        this.loop = loop;
        this.protocol = protocol;
        this.budget = budget;
        this.input = new KeptInput(budget, loop.spare);
        this.channel = channel;
        this.id = id;
        this.slot = slot;
        this.remote = Addresses.remote(channel);
        this.local = Addresses.local(channel);
    }

    // ---- who it is ----

    /// A number that no other connection of this server has or had; later ones are greater. Any thread.
    public long id() {
        return id;
    }

    /// A small number that no other open connection of this server has, where others tell a file descriptor.
    /// Any thread.
    public int fd() {
        return loop.descriptor(slot);
    }

    /// `ip:port` or `[ip]:port`; `path:0` for a unix socket. Any thread.
    public String remoteAddress() {
        return isUnixSocket() ? localAddress() : Addresses.print(remote);
    }

    /// As [#remoteAddress()], of our side. Any thread.
    public String localAddress() {
        return Addresses.print(local);
    }

    /// Whether the peer came through a unix socket. Any thread.
    public boolean isUnixSocket() {
        return Addresses.isUnix(local);
    }

    /// Whether the peer is on this machine, by its address: loopback or a unix socket. Any thread.
    public boolean isLocal() {
        return isUnixSocket() || Addresses.isLoopback(remote);
    }

    public EventLoop loop() {
        return loop;
    }

    // ---- output ----

    /// The loop's shared reply buffer. What is appended from now on belongs to this connection, until another
    /// one's `out()` is asked for; so ask again after having let others write. Not to be used after the
    /// handler or task has returned.
    public ByteBuilder out() {
        assert loop.isCurrent() : "replies are written on the loop's own thread";
        return loop.replies.out(this);
    }

    /// Appends a copy of the bytes to what was written to this connection before. Any thread. A push to the
    /// connection whose handler is just writing goes out after what that handler writes.
    public void push(byte[] data, int offset, int length) {
        if (condemned) return;
        if (loop.isCurrent()) loop.push(this, data, offset, length);
        else loop.askToPush(this, data, offset, length);
    }

    /// As [#push], for a message that goes to many: the array is not copied, and nobody may write to it any
    /// more. Any thread.
    public void share(byte[] message) {
        if (condemned) return;
        if (loop.isCurrent()) loop.share(this, message);
        else loop.askToShare(this, message);
    }

    /// Takes over what other threads have pushed to the connections of this loop so far, so that what is
    /// written from now on comes behind it.
    public void takePushes() {
        loop.takePushes();
    }

    /// Whether so much is unsent ([#OUTPUT_HIGH_WATER]) that the handler has to stop and leave the rest of
    /// its input where it is. It is shown again when the peer has read; or before that, when no more of it can
    /// be kept, and answers take the room of requests that are longer than they.
    public boolean isCongested() {
        long unsent = outputBytes();
        if (unsent <= OUTPUT_HIGH_WATER || unsent + inputBytes() <= together) return false;
        stalled = true;
        return true;
    }

    /// Bytes written but not in the socket yet. On another thread a little out of date.
    public long outputBytes() {
        return unsent + loop.replies.unnoted(this) + asked - taken;
    }

    /// In how many pieces lies what the socket did not take. On another thread a little out of date.
    public int queuedChunks() {
        return queue.chunks();
    }

    // ---- input ----

    /// Bytes kept because the handler did not use them up. On another thread a little out of date.
    public long inputBytes() {
        return input.length();
    }

    /// Says, within [Handler#received], that this many more bytes are needed before it makes sense to go on.
    /// Memory still follows what has been received: at most twice that, and 64 KiB.
    public void expectInput(long bytes) {
        input.expect(bytes);
    }

    /// The handler stops here, though it could go on, so that others get their turn and what it wrote is
    /// sent; what it left is shown again soon.
    public void giveWay() {
        serveAgainSoon();
    }

    /// The handler waits for something and does not want to be shown input. What comes is kept, up to 64 KiB,
    /// so that a peer that goes away is noticed.
    public void pauseReading() {
        if (ended) close(); // whoever waits for an answer does not say goodbye
        paused = true;
    }

    /// Undoes [#pauseReading]; what was kept is shown in the loop's next turn. Any thread.
    public void resumeReading() {
        if (!loop.isCurrent()) {
            loop.askToResume(this);
        } else if (paused && !condemned) {
            paused = false;
            serveAgainSoon();
            updateInterest();
        }
    }

    // ---- the end ----

    /// Closes when everything written so far, and by the call of the handler that is running, is sent.
    /// Further input is ignored.
    public void closeAfterReply() {
        leaving = true;
        if (!loop.isServing(this)) settle();
    }

    /// Whether bytes that are shown lie in the array that all connections of the loop share, and that is
    /// there in any case; else they lie in one that is given back when all of them are used up.
    public boolean isScratch(byte[] array) {
        return array == loop.scratch;
    }

    /// Closes at the end of the loop's turn; what is not sent by then is lost. Any thread.
    public void close() {
        if (condemned) return;
        if (!loop.isCurrent()) {
            loop.askToClose(this);
            return;
        }
        condemned = true;
        loop.condemn(this);
    }

    /// Whether the connection is closed, or about to be at the end of this turn. Any thread.
    public boolean isClosed() {
        return condemned;
    }

    // ---- called by the loop ----

    void open(Selector selector) {
        loop.serving(this);
        try {
            key = channel.register(selector, SelectionKey.OP_READ, this);
            interest = SelectionKey.OP_READ;
            handler = protocol.opened(this);
        } catch (IOException e) {
            close(); // gone before it was here
        } catch (Throwable e) {
            fail(e);
        }
        loop.serving(null);
        loop.replies.endWriting();
        settle();
    }

    /// @param batch in which this connection's bytes may have been fetched
    void serve(@Nullable SocketBatch batch) {
        SelectionKey key = this.key;
        if (condemned || key == null || !key.isValid()) return;
        try {
            int ops = key.readyOps();
            if ((ops & SelectionKey.OP_WRITE) != 0) drain();
            // what was fetched is served even if somebody who stopped listening has changed what the key says since
            if ((ops & SelectionKey.OP_READ) != 0 || fetched != NOT_FETCHED) receive(batch);
        } catch (IOException e) {
            close(); // the peer broke off; nothing to tell anybody
        } catch (Throwable e) {
            fail(e);
        }
    }

    /// Shows the kept bytes again, without new ones.
    void serveAgain() {
        waitsForAgain = false;
        if (condemned || paused || stalled) return;
        try {
            if (!input.isEmpty()) deliver(input.array(), input.from(), input.to());
        } catch (Throwable e) {
            fail(e);
        }
        if (ended && !stalled && !waitsForAgain) leaving = true;
        settle();
    }

    /// Sends this connection's part of a turn, beginning with this stretch; what the socket does not take is
    /// queued.
    void send(Turn turn, int stretch) {
        if (condemned) return;
        try {
            if (!queue.isEmpty()) enqueue(turn, stretch);
            else if (turn.next(stretch) < 0 && !turn.isMessage(stretch)) sendOne(turn, stretch);
            else sendMany(turn, stretch);
            settle();
        } catch (IOException e) {
            close();
        } catch (Throwable e) {
            fail(e);
        }
    }

    /// The last thing that happens to a connection. Where there is no memory for it, this fails, and can be
    /// called again: what is done is done.
    void end() {
        // first, for the rest may need some of it
        input.release();
        queue.clear();
        serveOnNoMore();
        if (leaving) swallowRest();
        try {
            channel.close();
        } catch (IOException e) {
            // it is as closed as it gets
        }
        // a channel that failed to close counts as closed, but is still registered: its selector would show it for ever
        if (key != null) key.cancel();
        loop.forget(slot);
        Handler last = handler;
        handler = NOBODY;
        try {
            last.closed();
        } catch (Throwable e) {
            loop.tell(e, this);
        }
        loop.replies.endWriting();
    }

    // ---- receiving ----

    /// Puts what [#serve] will read in line, if it is going to read and there is nothing special about it.
    void fetch(SocketBatch batch) {
        SelectionKey key = this.key;
        if (condemned || key == null || !key.isValid() || (key.readyOps() & SelectionKey.OP_READ) == 0) return;
        int descriptor = descriptor();
        if (descriptor < 0 || !wantsInput() || waitsForAgain || input.length() > KeptInput.SMALL) return;
        fetched = batch.receive(this, descriptor);
    }

    /// Something went wrong before what was fetched could be looked at, so bytes are lost.
    void abandonFetched() {
        if (fetched != NOT_FETCHED) close();
    }

    private int descriptor() {
        if (descriptor == NOT_ASKED) descriptor = Ring.descriptor(channel);
        return descriptor;
    }

    private void receive(@Nullable SocketBatch batch) throws IOException {
        if (batch != null && fetched != NOT_FETCHED && !receiveFetched(batch)) return;
        // not while kept bytes wait to be shown: who asks for much with little would fill our memory with requests
        for (int i = 0; i < READS_PER_TURN && wantsInput() && !waitsForAgain; i++) {
            boolean full = input.length() <= KeptInput.SMALL ? receiveInScratch() : receiveInPlace();
            if (!full) return;
        }
        if (!wantsInput()) updateInterest();
    }

    /// Answers whether there may be more to read.
    private boolean receiveFetched(SocketBatch batch) throws IOException {
        int operation = fetched;
        fetched = NOT_FETCHED;
        int n = batch.result(operation);
        if (n == Ring.NOT_DONE) return true;
        if (batch.hasEnded(operation)) inputEnded();
        if (n == 0) return false;
        countRead(n);
        int before = input.copyTo(loop.scratch);
        batch.copyReceived(operation, n, loop.scratch, before);
        deliver(loop.scratch, 0, before + n);
        return n == SocketBatch.READ_SIZE;
    }

    /// Answers whether the read filled its room, so that there may be more.
    private boolean receiveInScratch() throws IOException {
        int before = input.copyTo(loop.scratch);
        int n = read(loop.scratchView.limit(before + EventLoop.READ_SIZE).position(before));
        if (n > 0) deliver(loop.scratch, 0, before + n);
        return n == EventLoop.READ_SIZE;
    }

    private boolean receiveInPlace() throws IOException {
        if (!input.makeRoom()) {
            if (stalled) keepsNoMore = true; // what it sends is in nobody's way in the socket
            else refuseInput();
            return false;
        }
        ByteBuffer room = input.room();
        int n = read(room);
        boolean isFull = !room.hasRemaining();
        if (n > 0) {
            input.received(n);
            deliver(input.array(), input.from(), input.to());
        }
        return isFull;
    }

    private void deliver(byte[] array, int from, int to) {
        if (paused || stalled) {
            keep(array, from, to);
            if (stalled) serveOnIfFull();
            return;
        }
        if (leaving) {
            input.release();
            return;
        }
        int used = show(array, from, to);
        if (used < 0 || used > to - from) throw new IllegalStateException("used " + used + " of " + (to - from));
        keep(array, from + used, to);
        if (leaving) settle();
        // it stopped for congestion, and then took back what it had written: nobody else will wake it
        if (stalled && unsent <= OUTPUT_LOW_WATER) settle();
    }

    private int show(byte[] array, int from, int to) {
        input.expect(0);
        loop.serving(this);
        try {
            return handler.received(array, from, to);
        } finally {
            loop.serving(null);
            loop.replies.endWriting();
        }
    }

    private void keep(byte[] array, int from, int to) {
        if (input.keep(array, from, to)) return;
        if (stalled) { // it was read before it was known that there is no room
            input.keepAnyway(array, from, to);
            keepsNoMore = true;
        } else {
            refuseInput(array, from, to);
        }
    }

    private void refuseInput() {
        refuseInput(input.array(), input.from(), input.to());
    }

    private void refuseInput(byte[] array, int from, int to) {
        loop.serving(this);
        try {
            handler.inputRefused();
        } finally {
            loop.serving(null);
            loop.replies.endWriting();
        }
        int used = leaving ? to - from : show(array, from, to);
        if (used > 0) keep(array, from + used, to);
        else close();
        if (leaving) settle();
    }

    /// The peer will send no more. What it asked for before is still answered, unless it waits for something.
    private void inputEnded() {
        ended = true;
        if (paused) close();
        else if (!stalled && !waitsForAgain) leaving = true;
        settle();
    }

    private boolean wantsInput() {
        if (ended || leaving || condemned || paused && inputBytes() >= PAUSED_INPUT_LIMIT) return false;
        return !stalled || keepsMore();
    }

    /// Of what comes while the peer does not read.
    private boolean keepsMore() {
        return !keepsNoMore && !isFull() && budget.limit() - budget.reserved() > budget.limit() / NOT_FOR_STALLED;
    }

    private boolean isFull() {
        return inputBytes() + (together > 0 ? unsent : 0) >= stalledLimit();
    }

    private long stalledLimit() {
        return Math.min(STALLED_INPUT_LIMIT, protocol.keptInputLimit());
    }

    /// While no more is kept, the peer cannot send, and it may not read before it has sent all. A request that is
    /// longer than its answer makes room for others when it is served; where answers are longer, this ends after
    /// a few of them. What answers may take is reserved until they are sent.
    private void serveOnIfFull() {
        if (paused || !isFull()) return;
        long most = together > 0 ? together : stalledLimit() + STALLED_SLACK;
        if (unsent + inputBytes() > most || together == 0 && !budget.tryReserve(most)) return;
        together = most;
        stalled = false;
        serveAgainSoon();
    }

    private void serveOnNoMore() {
        budget.release(together);
        together = 0;
    }

    /// A socket that is closed with unread input in it tells its peer to forget the replies too; so that is
    /// read first.
    private void swallowRest() {
        try {
            for (int i = 0; i < READS_PER_TURN; i++) {
                if (channel.read(loop.scratchView.limit(EventLoop.READ_SIZE).position(0)) <= 0) return;
            }
        } catch (IOException e) {
            // the peer is gone; so are we
        }
    }

    // ---- sending ----

    private void sendOne(Turn turn, int stretch) throws IOException {
        int from = turn.from(stretch);
        int to = turn.to(stretch);
        int last = to - from > WRITTEN_PER_TURN ? from + WRITTEN_PER_TURN : to;
        ByteBuffer view = turn.view(stretch);
        boolean takesMore = true;
        while (from < last && takesMore) {
            int end = Math.min(last, from + WRITE_SIZE);
            int n = write(view.limit(end).position(from));
            unsent -= n;
            from += n;
            takesMore = from == end;
        }
        if (from == to) return;
        if (turn.giveAway(stretch, to - from)) queue.adopt(turn.array(stretch), from, to);
        else queue.append(turn.array(stretch), from, to);
    }

    /// Puts this connection's part of a turn in line, if there is nothing special about it. The batch has
    /// room for [SocketBatch#MAX_WRITE].
    ///
    /// @return whether it did; if not, it is to be sent in the usual way
    boolean sendWith(SocketBatch batch, Turn turn, int stretch) {
        if (condemned || !queue.isEmpty()) return false;
        int bytes = 0;
        for (int i = stretch; i >= 0; i = turn.next(i)) {
            int length = turn.to(i) - turn.from(i);
            if (length > SocketBatch.MAX_WRITE - bytes) return false;
            bytes += length;
        }
        if (bytes == 0 || descriptor() < 0) return false;
        for (int i = stretch; i >= 0; i = turn.next(i)) {
            int from = turn.from(i);
            batch.append(turn.array(i), from, turn.to(i) - from);
        }
        batch.send(this, descriptor(), bytes);
        return true;
    }

    /// A send of the batch is done.
    void sent(SocketBatch batch, int operation) {
        if (condemned) return;
        try {
            int n = batch.result(operation);
            if (n == Ring.NOT_DONE) n = write(batch.unsent(operation, 0));
            else countWrite(n);
            unsent -= n;
            int rest = batch.length(operation) - n;
            if (rest > 0) {
                batch.unsent(operation, n).get(loop.scratch, 0, rest);
                queue.append(loop.scratch, 0, rest);
            }
            settle();
        } catch (IOException e) {
            close();
        } catch (Throwable e) {
            fail(e);
        }
    }

    /// Several stretches are gathered in the scratch array, which nobody uses now: one write instead of many.
    /// A message is copied there, too, since a view of its own would be garbage for each of its readers.
    private void sendMany(Turn turn, int stretch) throws IOException {
        int from = turn.from(stretch);
        int written = 0;
        while (stretch >= 0) {
            int gathered = 0;
            while (stretch >= 0 && gathered < WRITE_SIZE) {
                int n = Math.min(turn.to(stretch) - from, WRITE_SIZE - gathered);
                System.arraycopy(turn.array(stretch), from, loop.scratch, gathered, n);
                gathered += n;
                from += n;
                if (from == turn.to(stretch)) {
                    stretch = turn.next(stretch);
                    if (stretch >= 0) from = turn.from(stretch);
                }
            }
            int n = write(loop.scratchView.limit(gathered).position(0));
            unsent -= n;
            written += n;
            if (n < gathered || written >= WRITTEN_PER_TURN) {
                queue.append(loop.scratch, n, gathered);
                if (stretch >= 0) {
                    enqueue(turn, stretch, from);
                    enqueue(turn, turn.next(stretch));
                }
                return;
            }
        }
    }

    private void enqueue(Turn turn, int stretch) {
        for (; stretch >= 0; stretch = turn.next(stretch)) enqueue(turn, stretch, turn.from(stretch));
    }

    /// A large message that many do not fetch lies in memory once.
    private void enqueue(Turn turn, int stretch, int from) {
        int to = turn.to(stretch);
        if (turn.isMessage(stretch) && to - from >= SHARED_MIN) queue.adopt(turn.array(stretch), from, to);
        else queue.append(turn.array(stretch), from, to);
    }

    private void drain() throws IOException {
        unsent -= queue.writeTo(this);
        settle();
    }

    // ---- after something was sent or has changed ----

    private void settle() {
        if (condemned) return;
        if (unsent <= OUTPUT_LOW_WATER) {
            if (together > 0) serveOnNoMore();
            if (stalled) peerReads();
        }
        if (leaving && outputBytes() == 0) close();
        else updateInterest();
    }

    private void peerReads() {
        stalled = false;
        keepsNoMore = false;
        if (!input.isEmpty()) serveAgainSoon();
        else if (ended) leaving = true;
    }

    private void serveAgainSoon() {
        if (waitsForAgain) return;
        loop.again(this);
        waitsForAgain = true;
    }

    private void updateInterest() {
        int ops = (wantsInput() ? SelectionKey.OP_READ : 0) | (queue.isEmpty() ? 0 : SelectionKey.OP_WRITE);
        if (ops == interest || key == null || condemned) return;
        interest = ops;
        key.interestOps(ops);
    }

    /// Something went wrong in serving it, so that nobody knows what its peer has got: it ends. Never throws.
    void fail(Throwable cause) {
        close();
        loop.tell(cause, this);
    }

    // ---- the one place that touches the socket (and where TLS will sit), but for batches ----

    private int read(ByteBuffer target) throws IOException {
        int n = channel.read(target);
        if (n < 0) {
            inputEnded();
        } else if (n > 0) {
            countRead(n);
        }
        return n;
    }

    int write(ByteBuffer source) throws IOException {
        int n = channel.write(source);
        countWrite(n);
        return n;
    }

    private void countRead(int bytes) {
        EventLoop.count(loop.reads, 1);
        EventLoop.count(loop.bytesRead, bytes);
    }

    private void countWrite(int bytes) {
        EventLoop.count(loop.writes, 1);
        EventLoop.count(loop.bytesWritten, bytes);
    }
}
