package dev.cinnabar.persistence;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/// The bytes that were appended and are not in the file yet: a queue between one thread that appends (under
/// the engine's lock) and one that writes them out (under the log's), which never wait for each other.
///
/// Positions are *stream offsets*: how many bytes were ever appended.
final class LogBuffer {
    /*
     * A chain of segments of 256 KiB. The appender fills the last one; what it has completed it publishes
     * with one store. The writer reads up to there and gives emptied segments back through `free`, so that in
     * steady state none is created.
     *
     *     position                    recordEnd        end()
     *        │                            │              │
     *   [..xxxxxxxxxx] -> [xxxxxxxxxx] -> [xxxxxxxxyyyyyyy....]      x: may be written   y: not complete yet
     *     head                              tail
     *
     * recordEnd is the end of the last complete command (or transaction): the file is only ever written up to
     * such a place, so that what one crash leaves is whole commands. The exception is what is too large to be
     * held back (see `LogEncoder`): its beginning is let out with publishPart(), and `published` runs ahead
     * of recordEnd until it is complete.
     */
    static final int SEGMENT_BYTES = 256 << 10;

    private static final int MAX_FREE =
            16; // segments, 4 MiB: more than 50 clients with 128 commands each append in a turn
    private static final VarHandle RECORD_END;
    private static final VarHandle PUBLISHED;
    private static final VarHandle POSITION;

    static {
        try {
            RECORD_END = MethodHandles.lookup().findVarHandle(LogBuffer.class, "recordEnd", long.class);
            PUBLISHED = MethodHandles.lookup().findVarHandle(LogBuffer.class, "published", long.class);
            POSITION = MethodHandles.lookup().findVarHandle(LogBuffer.class, "position", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final class Segment {
        final byte[] bytes = new byte[SEGMENT_BYTES];
        long start;
        long end; // where the next segment takes over; Long.MAX_VALUE while this is the last

        @Nullable
        Segment next;

        void begin(long at) {
            start = at;
            end = Long.MAX_VALUE;
            next = null;
        }
    }

    private final ArrayBlockingQueue<Segment> free = new ArrayBlockingQueue<>(MAX_FREE);

    // the appender's
    private Segment tail = new Segment();
    private int length; // of what is in the tail

    // the writer's
    private Segment head = tail;
    private long position; // others look at it, too: written and, by them, read opaque
    private boolean endsRecord;

    // from the appender to the writer; written with release, read with acquire
    private long recordEnd;
    private long published;

    LogBuffer() {
        tail.begin(0);
    }

    /// Begins at another stream offset. Only while nothing was appended.
    void startAt(long offset) {
        tail.begin(offset);
        position = offset;
        publishPart();
        publish();
    }

    // ---- appending ----

    /// Makes sure of room for this many bytes in one array, at most [#SEGMENT_BYTES]: [#array()] from
    /// [#offset()] on.
    void reserve(int bytes) {
        if (SEGMENT_BYTES - length < bytes) openSegment();
    }

    byte[] array() {
        return tail.bytes;
    }

    int offset() {
        return length;
    }

    /// Says up to where the array was filled.
    void filledTo(int offset) {
        length = offset;
    }

    /// Appends any number of bytes.
    void append(byte[] source, int from, int count) {
        while (count > 0) {
            if (length == SEGMENT_BYTES) openSegment();
            int n = Math.min(count, SEGMENT_BYTES - length);
            System.arraycopy(source, from, tail.bytes, length, n);
            length += n;
            from += n;
            count -= n;
        }
    }

    /// Lets the writer have all up to here, where a command has ended.
    void publish() {
        RECORD_END.setRelease(this, end());
    }

    /// Lets the writer have all up to here, in the middle of something large.
    void publishPart() {
        PUBLISHED.setRelease(this, end());
    }

    /// Where the next byte will be appended.
    long end() {
        return tail.start + length;
    }

    private void openSegment() {
        Segment segment = free.poll();
        if (segment == null) segment = new Segment();
        long end = end();
        segment.begin(end);
        tail.next = segment;
        tail.end = end; // seen by the writer no later than a byte behind it is published
        tail = segment;
        length = 0;
    }

    // ---- writing out ----

    /// The end of the last complete command. May be asked by any thread.
    long recordEnd() {
        return (long) RECORD_END.getAcquire(this);
    }

    /// How many bytes wait. May be asked by any thread; then it is roughly right.
    long waiting() {
        return Math.max(recordEnd(), (long) PUBLISHED.getAcquire(this)) - (long) POSITION.getOpaque(this);
    }

    /// How far may be written: to the end of a command if there is one ahead, else into the middle of a large
    /// one; [#endsRecord] tells which.
    long writable() {
        long end = recordEnd(); // once: the next moment it may be another
        endsRecord = end > position;
        return endsRecord ? end : Math.max(position, (long) PUBLISHED.getAcquire(this));
    }

    /// Whether a command ends where [#writable] said last.
    boolean endsRecord() {
        return endsRecord;
    }

    /// How far it was read: the stream offset of the next byte.
    long position() {
        return position;
    }

    /// How many of the bytes up to a stream offset lie together, in [#readArray()] from [#readOffset()] on;
    /// at least 1 when the offset is ahead.
    int readable(long to) {
        while (position == head.end) {
            Segment empty = head;
            head = Objects.requireNonNull(empty.next);
            free.offer(empty);
        }
        return (int) (Math.min(to, head.end) - position);
    }

    byte[] readArray() {
        return head.bytes;
    }

    int readOffset() {
        return (int) (position - head.start);
    }

    void read(int bytes) {
        POSITION.setOpaque(this, position + bytes);
    }

    /// Passes over everything up to a stream offset that may be written.
    void skipTo(long to) {
        while (position < to) read(readable(to));
    }

    /// Passes over everything, complete or not. The appender must be kept away meanwhile.
    void skipAll() {
        publish();
        skipTo(end());
    }
}
