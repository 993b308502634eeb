package dev.cinnabar.uring;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;

/// A ring of the kernel's, and memory to receive into and send from.
///
/// Put operations in line, [#submit], look at each [#result]; then the line is empty again. Sockets must not
/// block. Owned by one thread at a time. Source: io_uring_setup(2), io_uring_enter(2), Linux 5.7.
public final class Ring implements AutoCloseable {
    /*
     * struct io_uring_params     0 sq_entries   4 cq_entries   8 flags   20 features   40 sq_off   80 cq_off
     *   sq_off                   head 0, tail 4, ring_mask 8, array 24
     *   cq_off                   head 0, tail 4, ring_mask 8, cqes 20
     * struct io_uring_sqe 0 opcode (8 bits), flags (8), ioprio (16), descriptor (32) 8 offset 16 address
     *                            24 length (32), flags of recv and send (32)   32 user_data   40 … 63 zero
     * struct io_uring_cqe        0 user_data   8 result (32)   12 flags
     *
     * Both queues lie in one mapping (IORING_FEAT_SINGLE_MMAP), the submission entries in another. The array
     * between the queue and its entries is filled once: place i holds entry i.
     */

    /// Of an operation that the kernel did not look at; it may be done in another way.
    public static final int NOT_DONE = Integer.MIN_VALUE;

    /// The socket has nothing to read, or no room to write: `-EAGAIN`.
    public static final int TRY_AGAIN = -11;

    private static final int INTERRUPTED = -4;

    private static final byte OP_SEND = 26;
    private static final byte OP_RECEIVE = 27;
    private static final long DONT_WAIT = 0x40;
    private static final long NO_SIGNAL = 0x4000;

    private static final int PARAMETERS_BYTES = 120;
    private static final int ENTRY_BYTES = 64;
    private static final int COMPLETION_BYTES = 16;
    private static final long ENTRIES_OFFSET = 0x10000000L;
    private static final int FEATURES_NEEDED = 1 | 1 << 5; // one mapping for both queues; Linux 5.7

    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final int operations;
    private final int[] results;
    private final int memoryBytes;
    private final long memoryAddress;
    private final ByteBuffer memory;

    private final int descriptor;
    private final long queuesAddress;
    private final long queuesBytes;
    private final ByteBuffer queues;
    private final long entriesAddress;
    private final long entriesBytes;
    private final ByteBuffer entries;

    // where things lie in `queues`
    private final int submissionHead;
    private final int submissionTail;
    private final int submissionMask;
    private final int completionHead;
    private final int completionTail;
    private final int completionMask;
    private final int completions;

    private int count;
    private boolean isClosed;

    /// The number by which the kernel knows a socket, good until the channel is closed; -1 when it cannot be
    /// told.
    public static int descriptor(SocketChannel channel) {
        return SystemCalls.descriptor(channel);
    }

    /// Makes a ring. The first one in a JVM takes some 50 ms.
    ///
    /// @param operations  how many may be in line, a power of two, at most 4096
    /// @param memoryBytes of memory for them
    /// @throws IOException when this machine or this JVM has none; the message says why
    public static Ring open(int operations, int memoryBytes) throws IOException {
        SystemCalls.require();
        long memory = SystemCalls.map(memoryBytes, -1, 0);
        try {
            return new Ring(operations, memory, memoryBytes);
        } catch (IOException | RuntimeException e) {
            SystemCalls.unmap(memory, memoryBytes);
            throw e;
        }
    }

    private Ring(int operations, long memoryAddress, int memoryBytes) throws IOException {
        this.operations = operations;
        this.results = new int[operations];
        this.memoryAddress = memoryAddress;
        this.memoryBytes = memoryBytes;
        this.memory = SystemCalls.view(memoryAddress, memoryBytes);

        this.descriptor = SystemCalls.setUp(operations, memoryAddress); // the parameters lie in the memory for a moment
        if (descriptor < 0) throw new IOException("the kernel refuses, or this container's policy does");
        long mapped = 0;
        long mappedBytes = 0;
        try {
            if ((memory.getInt(20) & FEATURES_NEEDED) != FEATURES_NEEDED)
                throw new IOException("it needs Linux 5.7 or newer");
            int submissionEntries = memory.getInt(0);
            int completionEntries = memory.getInt(4);
            int array = memory.getInt(40 + 24);
            this.submissionHead = memory.getInt(40);
            this.submissionTail = memory.getInt(40 + 4);
            this.completionHead = memory.getInt(80);
            this.completionTail = memory.getInt(80 + 4);
            this.completions = memory.getInt(80 + 20);
            this.queuesBytes = Math.max(
                    array + (long) Integer.BYTES * submissionEntries,
                    completions + (long) COMPLETION_BYTES * completionEntries);
            this.queuesAddress = SystemCalls.map(queuesBytes, descriptor, 0);
            mapped = queuesAddress;
            mappedBytes = queuesBytes;
            this.queues = SystemCalls.view(queuesAddress, queuesBytes);
            this.submissionMask = queues.getInt(memory.getInt(40 + 8));
            this.completionMask = queues.getInt(memory.getInt(80 + 8));
            this.entriesBytes = (long) ENTRY_BYTES * submissionEntries;
            this.entriesAddress = SystemCalls.map(entriesBytes, descriptor, ENTRIES_OFFSET);
            this.entries = SystemCalls.view(entriesAddress, entriesBytes);
            for (int i = 0; i < submissionEntries; i++) queues.putInt(array + Integer.BYTES * i, i);
            for (int i = 0; i < PARAMETERS_BYTES; i++) memory.put(i, (byte) 0);
        } catch (IOException | RuntimeException e) {
            if (mapped != 0) SystemCalls.unmap(mapped, mappedBytes);
            SystemCalls.close(descriptor);
            throw e;
        }
    }

    // ---- operations ----

    /// The memory, in the machine's byte order. What operations in line point at is not to be changed.
    public ByteBuffer memory() {
        return memory;
    }

    /// Whether no more operations fit in line.
    public boolean isFull() {
        return count == operations;
    }

    /// Puts in line: receive from a socket into the memory.
    ///
    /// @param offset in the memory
    /// @param length most bytes to be received, positive
    /// @return the operation's number, from 0 on
    public int receive(int socket, int offset, int length) {
        return add(OP_RECEIVE, DONT_WAIT, socket, offset, length);
    }

    /// Puts in line: send from the memory to a socket.
    ///
    /// @return the operation's number, from 0 on
    public int send(int socket, int offset, int length) {
        return add(OP_SEND, DONT_WAIT | NO_SIGNAL, socket, offset, length);
    }

    private int add(byte code, long flags, int socket, int offset, int length) {
        if (isClosed) throw new IllegalStateException("closed");
        if (count == operations) throw new IllegalStateException("more than " + operations + " operations");
        if (offset < 0 || length <= 0 || length > memoryBytes - offset)
            throw new IndexOutOfBoundsException(length + " bytes from " + offset + " of " + memoryBytes);
        int tail = (int) INT.get(queues, submissionTail) + count;
        int entry = ENTRY_BYTES * (tail & submissionMask);
        entries.putLong(entry, little(code, socket));
        entries.putLong(entry + 16, memoryAddress + offset);
        entries.putLong(entry + 24, little(length, (int) flags));
        entries.putLong(entry + 32, count);
        return count++;
    }

    /// Two ints, one after the other, as both architectures have them in memory.
    private static long little(int first, int second) {
        return (long) second << 32 | first & 0xffff_ffffL;
    }

    /// Takes everything out of the line that is not submitted.
    public void clear() {
        count = 0;
    }

    /// Has the kernel do what is in line. When this returns, all of it is done or [#NOT_DONE]. One system
    /// call.
    ///
    /// @return how many operations were in line
    public int submit() {
        int submitted = count;
        count = 0;
        if (submitted == 0) return 0;
        int tail = (int) INT.get(queues, submissionTail);
        INT.setRelease(queues, submissionTail, tail + submitted);
        SystemCalls.enter(descriptor, submitted, 0); // what it answers is in the queues, too
        int consumed = (int) INT.getAcquire(queues, submissionHead) - tail;
        if (consumed < submitted) {
            // short of memory, or refused: it reads the tail only when it is called, so what is left can be taken back
            INT.setRelease(queues, submissionTail, tail + consumed);
            for (int i = consumed; i < submitted; i++) results[i] = NOT_DONE;
        }
        int head = (int) INT.get(queues, completionHead);
        while ((int) INT.getAcquire(queues, completionTail) - head < consumed)
            SystemCalls.enter(descriptor, 0, consumed); // does not happen with sockets that do not block
        for (int i = 0; i < consumed; i++) {
            int completion = completions + COMPLETION_BYTES * (head + i & completionMask);
            int result = queues.getInt(completion + 8);
            results[(int) queues.getLong(completion)] = result == INTERRUPTED ? TRY_AGAIN : result;
        }
        INT.setRelease(queues, completionHead, head + consumed);
        return submitted;
    }

    /// What became of an operation that was submitted last: how many bytes were received (0: the peer has
    /// ended its stream) or sent, [#TRY_AGAIN], [#NOT_DONE], or another negative number, for a broken
    /// connection.
    public int result(int operation) {
        return results[operation];
    }

    /// Gives the ring and the memory back. Nothing is under way then.
    @Override
    public void close() {
        if (isClosed) return;
        isClosed = true;
        SystemCalls.unmap(entriesAddress, entriesBytes);
        SystemCalls.unmap(queuesAddress, queuesBytes);
        SystemCalls.close(descriptor);
        SystemCalls.unmap(memoryAddress, memoryBytes);
    }
}
