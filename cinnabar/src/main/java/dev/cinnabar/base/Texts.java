package dev.cinnabar.base;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Many texts that are gathered and given up together: each is found again by its *place*, a number, and none
/// is an object.
///
/// ```
///    chunk 0   | length | text | length | text | … |     place = chunk << 32 | where the length stands in it
///    chunk 1   | length | a long text |
/// ```
///
/// Texts lie in chunks, so that adding one copies no others. Not thread-safe.
public final class Texts {
    /// A place where no text is; it comes before every text.
    public static final long NOWHERE = -1;

    private static final int FIRST_BYTES = 256; // each chunk has twice the bytes of the one before …
    private static final int MOST_BYTES = 64 << 10; // … up to what no collector takes for a large object
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final byte[] NO_CHUNK = {};

    private byte[][] chunks = new byte[4][];
    private int count; // of chunks
    private byte[] last = NO_CHUNK;
    private int end; // of what is taken of the last one

    /// Adds a copy of a text.
    ///
    /// @return its place
    public long add(Bytes text) {
        int size = Integer.BYTES + text.length();
        if (last.length - end < size) addChunk(size);
        long place = (long) (count - 1) << 32 | end;
        INT.set(last, end, text.length());
        Bytes.copy(text.array(), text.offset(), last, end + Integer.BYTES, text.length());
        end += size;
        return place;
    }

    private void addChunk(int size) {
        if (count == chunks.length) chunks = Arrays.copyOf(chunks, 2 * count);
        int usual = Math.max(FIRST_BYTES, 2 * Math.min(last.length, MOST_BYTES / 2));
        last = chunks[count++] = new byte[Math.max(size, usual)];
        end = 0;
    }

    /// Points a window at a text.
    public Bytes at(long place, Bytes window) {
        byte[] chunk = chunk(place);
        return window.set(chunk, start(place), length(chunk, place));
    }

    /// As `memcmp` does, and the shorter first where one is the beginning of the other.
    public int compare(long a, long b) {
        if (a == b || a == NOWHERE || b == NOWHERE) return Long.compare(a, b);
        byte[] chunk = chunk(a);
        byte[] other = chunk(b);
        int from = start(a);
        int otherFrom = start(b);
        int to = from + length(chunk, a);
        int otherTo = otherFrom + length(other, b);
        return Arrays.compareUnsigned(chunk, from, to, other, otherFrom, otherTo);
    }

    /// How many bytes all of these texts begin with that are the same. O(n).
    public int sharedBytes(long[] places) {
        byte[] model = NO_CHUNK;
        int from = 0;
        int shared = Integer.MAX_VALUE;
        for (long place : places) {
            if (place == NOWHERE) continue;
            byte[] chunk = chunk(place);
            int start = start(place);
            int length = length(chunk, place);
            if (shared == Integer.MAX_VALUE) {
                model = chunk;
                from = start;
                shared = length;
            }
            int differs = Arrays.mismatch(model, from, from + shared, chunk, start, start + Math.min(shared, length));
            if (differs >= 0) shared = differs;
        }
        return shared;
    }

    /// Eight bytes of a text as a number: of two texts that are the same up to there, the one with the lower
    /// number comes first. Which of two with the same number does is for [#compare] to say.
    ///
    /// @param skipped how many bytes are in front of them
    public long rank(long place, int skipped) {
        if (place == NOWHERE) return Long.MIN_VALUE;
        byte[] chunk = chunk(place);
        int left = length(chunk, place) - skipped;
        int from = start(place) + skipped;
        if (left >= Long.BYTES) return (long) LONG.get(chunk, from) ^ Long.MIN_VALUE;
        long bytes = 0; // a text ends as if zeros came behind it
        for (int i = 0; i < Long.BYTES; i++) bytes = bytes << Byte.SIZE | (i < left ? chunk[from + i] & 0xff : 0);
        return bytes ^ Long.MIN_VALUE;
    }

    private byte[] chunk(long place) {
        return chunks[(int) (place >>> 32)];
    }

    private static int start(long place) {
        return (int) place + Integer.BYTES;
    }

    private static int length(byte[] chunk, long place) {
        return (int) INT.get(chunk, (int) place);
    }
}
