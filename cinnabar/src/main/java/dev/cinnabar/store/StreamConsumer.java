package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.IdRows;
import java.util.Arrays;

/// One of the readers among which a group divides a stream's entries.
public final class StreamConsumer implements Named {
    /// Never active: nothing was handed to it yet.
    public static final long NEVER = -1;

    private static final int OBJECT_BYTES = 120; // this, its list, the name's array; with compressed pointers

    private final byte[] name;
    final int number; // in its group; what is pending names it by this

    private long seenMs;
    private long activeMs;
    final IdRows pending; // ids alone; the rest stands in the group's rows

    StreamConsumer(Pages pages, byte[] name, int number, long nowMs) {
        this(name, number, nowMs, NEVER, new IdRows(pages, 0));
    }

    private StreamConsumer(byte[] name, int number, long seenMs, long activeMs, IdRows pending) {
        this.name = name;
        this.number = number;
        this.seenMs = seenMs;
        this.activeMs = activeMs;
        this.pending = pending;
    }

    static int objectBytes(int nameLength) {
        return OBJECT_BYTES + nameLength;
    }

    int objectBytes() {
        return objectBytes(name.length);
    }

    StreamConsumer copy() {
        return new StreamConsumer(name, number, seenMs, activeMs, pending.copy());
    }

    /// The consumer as it is now; see [IdRows#freeze].
    StreamConsumer freeze() {
        return new StreamConsumer(name, number, seenMs, activeMs, pending.freeze());
    }

    /// A fresh window over the name.
    public Bytes name() {
        return Bytes.of(name);
    }

    /// When it last tried to read or claim, in ms since 1970.
    public long seenMs() {
        return seenMs;
    }

    /// When it was last handed something, in ms since 1970, or [#NEVER].
    public long activeMs() {
        return activeMs;
    }

    /// Notes that it tries to read or claim.
    public void noteSeen(long nowMs) {
        seenMs = nowMs;
    }

    /// Notes that it is handed something.
    public void noteActive(long nowMs) {
        activeMs = nowMs;
    }

    /// How many entries were handed to it and not acknowledged.
    public long pending() {
        return pending.size();
    }

    @Override
    public int compareName(Bytes other) {
        return Arrays.compareUnsigned(
                name, 0, name.length, other.array(), other.offset(), other.offset() + other.length());
    }
}
