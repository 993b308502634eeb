package dev.cinnabar.net;

import dev.cinnabar.base.ByteBuilder;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What a loop's connections are to be sent: the turn that is being written, whose handler is writing just
/// now, and the turns before it that wait for their ticket.
///
/// Owned by the loop's thread, but for [#release].
final class Replies {
    /*
     *     out(A) … out(B) … deliver(C) …  ─►  turn ──► send(ticket) ──► ticket is released:  to the sockets
     *                                                              └──► else:                held ─ held ─ held ──► sendReleased
     *
     * To one connection bytes go out in the order in which they were written. So a turn that may go sends the
     * parts of those for whom nothing is held, and what is left of it joins the queue; the others do not
     * wait.
     */
    private static final int SPARE_TURNS = 4;

    private final Batches batches;

    // this turn
    private Turn turn = new Turn();
    private @Nullable Connection writer; // whose the replies from writerFrom on are
    private int writerFrom;

    // pushes to the writer itself, which wait until it has finished
    private int[] ownPushes = new int[8]; // from, to, from, to …
    private int ownPushCount;

    // turns that wait for their ticket, oldest first
    private @Nullable Turn heldFirst;
    private @Nullable Turn heldLast;
    private @Nullable Turn spareTurns;
    private int spareTurnCount;
    private final AtomicLong released = new AtomicLong();

    Replies(Batches batches) {
        this.batches = batches;
    }

    /// Whether nothing was written since the last sending.
    boolean isEmpty() {
        return writer == null && turn.isEmpty();
    }

    /// How many bytes were written since the last sending.
    long length() {
        return turn.length();
    }

    // ---- writing ----

    /// The shared reply buffer; what is appended from now on is this connection's.
    ByteBuilder out(Connection connection) {
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

    /// The writer has come to an end: notes what it wrote. Never throws: a writer of whom no note can be
    /// taken is closed.
    void endWriting() {
        Connection connection = writer;
        if (connection == null) return;
        writer = null;
        try {
            int to = turn.replies.length();
            if (to > writerFrom && !connection.isClosed()) {
                turn.addReply(connection, writerFrom, to);
                connection.unsent += to - writerFrom;
            }
            for (int i = 0; i < ownPushCount; i += 2) notePush(connection, ownPushes[i], ownPushes[i + 1]);
        } catch (Throwable e) {
            connection.fail(e);
        } finally {
            ownPushCount = 0; // or the next writer would get them
        }
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

    /// Adds a push.
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

    /// Lets everything go that is held by this ticket or a smaller one. Any thread.
    ///
    /// @return false for a ticket that is not greater than the last one
    boolean release(long ticket) {
        long before = released.get();
        while (before < ticket) {
            if (released.compareAndSet(before, ticket)) return true;
            before = released.get();
        }
        return false;
    }

    /// Sends what was written, or holds it until its ticket is released.
    void send(long ticket) {
        if (turn.isEmpty()) {
            turn.clear(); // what was written to the dead
        } else if (ticket > released.get()) {
            holdTurn(ticket);
        } else if (sendAllFree(turn)) {
            turn.clear();
        } else {
            holdTurn(lastTicket());
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
                batches.send(connection, turn, turn.first(i));
                turn.done(i);
            }
        }
        batches.sendAll();
        return all;
    }

    /// Holds this turn, and begins the next: only if there is memory for one.
    private void holdTurn(long ticket) {
        Turn next = freshTurn();
        hold(turn, ticket);
        turn = next;
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

    /// Whether turns are held.
    boolean isHolding() {
        return heldFirst != null;
    }

    /// Whether turns are held that may go now.
    boolean hasReleased() {
        Turn first = heldFirst;
        return first != null && first.ticket <= released.get();
    }

    /// Sends them.
    void sendReleased() {
        for (Turn turn = heldFirst; turn != null && turn.ticket <= released.get(); turn = heldFirst) {
            heldFirst = turn.next;
            if (heldFirst == null) heldLast = null;
            for (int i = 0; i < turn.size(); i++) {
                Connection connection = turn.owner(i);
                if (connection == null) continue;
                connection.heldTurns--;
                batches.send(connection, turn, turn.first(i));
            }
            batches.sendAll();
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
}
