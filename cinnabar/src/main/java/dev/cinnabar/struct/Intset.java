package dev.cinnabar.struct;

import dev.cinnabar.base.ByteBuilder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// A set of whole numbers in one piece of bytes, in order: Redis's intset, byte for byte, so that it can be
/// dumped and restored as it is.
///
/// ```
///    offset
///    0    width    bytes of a number: 2, 4 or 8; in 4 bytes
///    4    count    numbers, 4
///    8    number … ascending, little end first
/// ```
///
/// All methods are static and take the array; nothing is allocated. Whoever edits uses [#append] and moves
/// bytes himself.
public final class Intset {
    /// Bytes in front of the first number.
    public static final int HEADER = 8;

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Intset() {}

    /// How many bytes each number takes.
    public static int width(byte[] array, int start) {
        return (int) INT.get(array, start);
    }

    public static int count(byte[] array, int start) {
        return (int) INT.get(array, start + 4);
    }

    /// The width that a number needs.
    public static int widthOf(long number) {
        return number == (short) number ? Short.BYTES : number == (int) number ? Integer.BYTES : Long.BYTES;
    }

    /// The number at an index, from 0 up to, not including, the count.
    public static long get(byte[] array, int start, int index) {
        return switch (width(array, start)) {
            case Short.BYTES -> (short) SHORT.get(array, start + HEADER + index * Short.BYTES);
            case Integer.BYTES -> (int) INT.get(array, start + HEADER + index * Integer.BYTES);
            default -> (long) LONG.get(array, start + HEADER + index * Long.BYTES);
        };
    }

    /// Where a number stands. O(log n).
    ///
    /// @return its index, or -1 - the index at which it would stand
    public static int find(byte[] array, int start, long number) {
        int low = 0;
        int high = count(array, start) - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            long met = get(array, start, middle);
            if (met == number) return middle;
            if (met < number) low = middle + 1;
            else high = middle - 1;
        }
        return -1 - low;
    }

    public static void setHeader(byte[] array, int start, int width, int count) {
        INT.set(array, start, width);
        INT.set(array, start + 4, count);
    }

    /// Appends a header; the numbers follow.
    public static void appendHeader(int width, int count, ByteBuilder out) {
        int at = out.reserve(HEADER);
        setHeader(out.array(), at, width, count);
        out.advance(HEADER);
    }

    /// Appends a number.
    public static void append(long number, int width, ByteBuilder out) {
        int at = out.reserve(width);
        switch (width) {
            case Short.BYTES -> SHORT.set(out.array(), at, (short) number);
            case Integer.BYTES -> INT.set(out.array(), at, (int) number);
            default -> LONG.set(out.array(), at, number);
        }
        out.advance(width);
    }

    /// Whether the bytes are a sound intset: for what comes from outside (RESTORE, an RDB file). Never
    /// throws. O(n).
    public static boolean isValid(byte[] array, int start, int length) {
        if (length <= HEADER) return false;
        int width = width(array, start);
        int count = count(array, start);
        if (width != Short.BYTES && width != Integer.BYTES && width != Long.BYTES) return false;
        if (count <= 0 || (long) count * width != length - HEADER) return false;
        for (int i = 1; i < count; i++) if (get(array, start, i - 1) >= get(array, start, i)) return false;
        return true;
    }
}
