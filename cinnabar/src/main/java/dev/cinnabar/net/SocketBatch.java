package dev.cinnabar.net;

import dev.cinnabar.uring.Ring;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads and writes of a loop's connections, many in one system call; see [dev.cinnabar.uring].
///
/// First all receives of some ready connections, then, at the turn's end, all sends: each round is begun with
/// operations, done at once, and looked at connection by connection. What is out of the ordinary (a long read
/// or write, a socket that takes no more, a kernel that does not want to) is left to the connection's own
/// calls. Owned by the loop's thread.
final class SocketBatch implements AutoCloseable {
    /*
     *   memory    [ slot 0 |·| slot 1 |·| … | slot 63 |·|  sends, one after the other            ]
     *                      a gap, so that slots do not share sets of the CPU's caches
     */

    /// How many connections are read from at once.
    static final int READS = 64;

    /// Bytes asked from a socket; when that many came, the connection goes on by itself.
    static final int READ_SIZE = 16 << 10;

    /// A reply of more bytes is written by itself: copying it costs more than a call.
    static final int MAX_WRITE = 16 << 10;

    private static final int SLOT = READ_SIZE + 320;
    private static final int WRITES_FROM = READS * SLOT;
    private static final int MEMORY_BYTES = WRITES_FROM + (256 << 10);
    private static final int OPERATIONS = 256;

    private final Ring ring;
    private final ByteBuffer memory;
    private final @Nullable Connection[] owners = new Connection[OPERATIONS];
    private final int[] lengths = new int[OPERATIONS];
    private final int[] offsets = new int[OPERATIONS];
    private int count;
    private boolean isReceiving;
    private int writeTo = WRITES_FROM; // end of what is to be sent

    /// @throws IOException when this machine has no rings; the message says why
    SocketBatch() throws IOException {
        this.ring = Ring.open(OPERATIONS, MEMORY_BYTES);
        this.memory = ring.memory();
    }

    // ---- receiving ----

    /// Puts a receive in line.
    ///
    /// @return its number, to ask for what came of it
    int receive(Connection owner, int descriptor) {
        int offset = count * SLOT;
        int operation = ring.receive(descriptor, offset, READ_SIZE);
        note(operation, owner, offset, READ_SIZE);
        isReceiving = true;
        return operation;
    }

    /// Copies what an operation received.
    void copyReceived(int operation, int bytes, byte[] target, int at) {
        memory.get(offsets[operation], target, at, bytes);
    }

    // ---- sending ----

    /// Whether a send of this many bytes fits in line.
    boolean takes(int bytes) {
        return !ring.isFull() && MEMORY_BYTES - writeTo >= bytes;
    }

    /// Adds bytes to the send that [#send] puts in line.
    void append(byte[] source, int from, int bytes) {
        memory.put(writeTo, source, from, bytes);
        writeTo += bytes;
    }

    /// Puts a send of the bytes appended last in line.
    void send(Connection owner, int descriptor, int bytes) {
        int offset = writeTo - bytes;
        note(ring.send(descriptor, offset, bytes), owner, offset, bytes);
    }

    /// What an operation was to send, from a byte on.
    ByteBuffer unsent(int operation, int from) {
        return memory.slice(offsets[operation] + from, lengths[operation] - from);
    }

    // ---- both ----

    private void note(int operation, Connection owner, int offset, int length) {
        owners[operation] = owner;
        offsets[operation] = offset;
        lengths[operation] = length;
        count = operation + 1;
    }

    /// How many operations are in line, or were submitted and not forgotten.
    int size() {
        return count;
    }

    /// Whether they are receives.
    boolean isReceiving() {
        return isReceiving;
    }

    Connection owner(int operation) {
        Connection owner = owners[operation];
        if (owner == null) throw new IllegalStateException("operation " + operation + " of " + count);
        return owner;
    }

    int length(int operation) {
        return lengths[operation];
    }

    /// Does what is in line.
    void submit() {
        ring.submit();
    }

    /// Bytes that an operation received or sent (0 when it would have had to wait), or [Ring#NOT_DONE].
    ///
    /// @throws IOException when the connection is broken
    int result(int operation) throws IOException {
        int result = ring.result(operation);
        if (result == Ring.TRY_AGAIN) return 0;
        if (result < 0 && result != Ring.NOT_DONE) throw new IOException("error " + -result);
        return result;
    }

    /// Whether a receive found the end of the peer's stream.
    boolean hasEnded(int operation) {
        return ring.result(operation) == 0;
    }

    /// Ends a round.
    void clear() {
        ring.clear();
        Arrays.fill(owners, 0, count, null);
        count = 0;
        isReceiving = false;
        writeTo = WRITES_FROM;
    }

    @Override
    public void close() {
        ring.close();
    }
}
