package dev.cinnabar.persistence;

import dev.cinnabar.base.BulkString;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;

/// Turns commands that ran into the bytes of the log: RESP arrays, a `SELECT` wherever the database changes,
/// and a transaction let out as one piece. Everything happens under the engine's lock; nothing is allocated
/// but the buffer's segments.
final class LogEncoder {
    private static final long RELIEF_BYTES = 4 << 20; // what may wait in memory before append itself has it written out

    private final LogBuffer buffer;
    private final Runnable relief;
    private final byte[] head = new byte[1 + Numbers.MAX_LONG_CHARS + 2];
    private int lastDb = -1; // that a SELECT was appended for
    private boolean isInTransaction;
    private long lookedAt; // stream offset at which it was last looked how much waits

    /// @param buffer where the bytes go, its appending side
    /// @param relief called when much waits in the buffer, so that somebody writes it out if that is possible
    LogEncoder(LogBuffer buffer, Runnable relief) {
        this.buffer = buffer;
        this.relief = relief;
    }

    /// The buffer begins at this stream offset.
    void startAt(long offset) {
        lookedAt = offset;
    }

    /// The next command goes to another file, which knows of no SELECT.
    void beginFile() {
        lastDb = -1;
    }

    /// What was appended is passed over, were it half a transaction.
    void beginAnew() {
        beginFile();
        isInTransaction = false;
    }

    /// Appends a command; see [dev.cinnabar.engine.ChangeLog#append].
    ///
    /// @throws OutOfMemoryError when there is none for another segment; then a part of the command may be in
    ///                          the buffer
    void append(int db, int argc, Bytes[] argv) {
        if (db != lastDb) appendSelect(db);
        encode(argc, argv);
        if (!isInTransaction(argc, argv)) buffer.publish();
        relieve();
    }

    private boolean isInTransaction(int argc, Bytes[] argv) {
        if (argc == 1) {
            if (argv[0].isWord("MULTI")) isInTransaction = true;
            else if (argv[0].isWord("EXEC")) isInTransaction = false;
        }
        return isInTransaction;
    }

    private void appendSelect(int db) {
        buffer.reserve(64);
        byte[] a = buffer.array();
        int i = number(a, buffer.offset(), '*', 2);
        i = number(a, i, '$', 6);
        for (int c = 0; c < 6; c++) a[i++] = (byte) "SELECT".charAt(c);
        i = crlf(a, i);
        i = number(a, i, '$', Numbers.length(db));
        i += Numbers.print(db, a, i);
        buffer.filledTo(crlf(a, i));
        lastDb = db;
    }

    private void encode(int argc, Bytes[] argv) {
        long most = BulkString.mostBytes(argc, argv);
        if (most > LogBuffer.SEGMENT_BYTES) {
            encodeLarge(argc, argv);
            return;
        }
        buffer.reserve((int) most);
        buffer.filledTo(BulkString.writeArray(argc, argv, buffer.array(), buffer.offset()));
    }

    /// Encodes piece by piece and lets the pieces out, so that a value of half a gigabyte does not take as
    /// much again.
    private void encodeLarge(int argc, Bytes[] argv) {
        buffer.append(head, 0, number(head, 0, '*', argc));
        for (int i = 0; i < argc; i++) {
            Bytes arg = argv[i];
            buffer.append(head, 0, number(head, 0, '$', arg.length()));
            for (int done = 0; done < arg.length(); ) {
                int n = Math.min(arg.length() - done, LogBuffer.SEGMENT_BYTES);
                buffer.append(arg.array(), arg.offset() + done, n);
                done += n;
                if (isMuch()) {
                    buffer.publishPart();
                    relieve();
                }
            }
            buffer.append(head, 0, crlf(head, 0));
        }
    }

    private static int number(byte[] target, int at, char sort, long number) {
        target[at++] = (byte) sort;
        at += Numbers.print(number, target, at);
        return crlf(target, at);
    }

    private static int crlf(byte[] target, int at) {
        target[at] = '\r';
        target[at + 1] = '\n';
        return at + 2;
    }

    private boolean isMuch() {
        return buffer.end() - lookedAt > RELIEF_BYTES;
    }

    private void relieve() {
        if (!isMuch()) return;
        lookedAt = buffer.end();
        if (buffer.waiting() >= RELIEF_BYTES) relief.run();
    }
}
