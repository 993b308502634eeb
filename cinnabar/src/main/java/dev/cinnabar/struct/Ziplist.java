package dev.cinnabar.struct;

import dev.cinnabar.base.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// A list of strings and numbers in one piece of bytes, as Redis kept small collections before 7.0 brought
/// the [Listpack]. Only read, where an old RDB file or payload holds one.
///
/// ```
///    offset
///    0    total    bytes of the whole, 4, little end first, as all but string lengths
///    4    last     offset of the last entry, 4
///    8    count    entries, 2; 65535 = count them
///    10   entry …  length of the entry before | head | data
///    …    0xff     the end
///
///    length before   1 byte below 254, or 254 and 4 bytes
///
///    head            data
///    00xxxxxx                    a string of up to 63 bytes
///    01xxxxxx xxxxxxxx           a string of up to 16383 bytes, big end first
///    10000000 and 4 bytes        a longer string, big end first
///    11000000                    a number of 16 bits, 11010000 of 32, 11100000 of 64, 11110000 of 24, 11111110 of 8
///    1111xxxx                    a number from 0 to 12, plus 1; xxxx is 1 to 13
/// ```
///
/// What makes it poor is the length of the entry before: when one grows beyond 253 bytes, the next one has to
/// grow by four, and perhaps the next, and so on. A listpack writes each entry's own length behind it
/// instead.
public final class Ziplist {
    private static final int HEADER = 10;
    private static final int END = 0xff;
    private static final int LONG_PREVIOUS = 254;
    private static final int COUNT_UNKNOWN = 0xffff;
    private static final int STRING14 = 0x40;
    private static final int STRING32 = 0x80;
    private static final int NUMBERS = 0xc0;
    private static final int INT16 = 0xc0;
    private static final int INT32 = 0xd0;
    private static final int INT64 = 0xe0;
    private static final int INT24 = 0xf0;
    private static final int INT8 = 0xfe;
    private static final int IMMEDIATE_FIRST = 0xf1;
    private static final int IMMEDIATE_LAST = 0xfd;
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle BIG_INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private Ziplist() {}

    /// The position of the first entry, or of the end.
    public static int first(int start) {
        return start + HEADER;
    }

    public static boolean isEnd(byte[] array, int at) {
        return (array[at] & 0xff) == END;
    }

    /// The position behind the entry.
    public static int next(byte[] array, int at) {
        int head = at + previousBytes(array, at);
        return head + headBytes(array[head] & 0xff) + dataBytes(array, head);
    }

    /// Reads the entry.
    public static Listpack.Entry read(byte[] array, int at, Listpack.Entry into, Bytes window) {
        int head = at + previousBytes(array, at);
        int kind = array[head] & 0xff;
        int data = head + headBytes(kind);
        if (kind < NUMBERS) return into.set(window.set(array, data, dataBytes(array, head)));
        return into.set(
                switch (kind) {
                    case INT16 -> (short) SHORT.get(array, data);
                    case INT32 -> (int) INT.get(array, data);
                    case INT64 -> (long) LONG.get(array, data);
                    case INT24 -> array[data] & 0xff | (array[data + 1] & 0xff) << 8 | array[data + 2] << 16;
                    case INT8 -> array[data];
                    default -> kind - IMMEDIATE_FIRST;
                });
    }

    private static int previousBytes(byte[] array, int at) {
        return (array[at] & 0xff) < LONG_PREVIOUS ? 1 : 5;
    }

    private static int headBytes(int kind) {
        return kind >= NUMBERS || kind < STRING14 ? 1 : kind < STRING32 ? 2 : 5;
    }

    private static int dataBytes(byte[] array, int head) {
        int kind = array[head] & 0xff;
        if (kind < STRING14) return kind;
        if (kind < STRING32) return (kind & 0x3f) << 8 | array[head + 1] & 0xff;
        if (kind < NUMBERS) return (int) BIG_INT.get(array, head + 1);
        return switch (kind) {
            case INT16 -> Short.BYTES;
            case INT32 -> Integer.BYTES;
            case INT64 -> Long.BYTES;
            case INT24 -> 3;
            case INT8 -> 1;
            default -> 0;
        };
    }

    /// Whether the bytes are a sound ziplist. Never throws. O(n).
    public static boolean isValid(byte[] array, int start, int length) {
        if (length <= HEADER || (int) INT.get(array, start) != length || !isEnd(array, start + length - 1))
            return false;
        int end = start + length - 1;
        int count = 0;
        int previous = 0; // bytes of the entry before
        int at = first(start);
        while (at < end) {
            int size = boundedSize(array, at, end, previous);
            if (size < 0) return false;
            at += size;
            previous = size;
            count++;
        }
        int said = (short) SHORT.get(array, start + 8) & 0xffff;
        boolean isLast = (int) INT.get(array, start + 4) == (count == 0 ? HEADER : end - start - previous);
        return isLast && (said == COUNT_UNKNOWN || said == count);
    }

    /// The bytes of the entry, or -1 when it is not sound.
    private static int boundedSize(byte[] array, int at, int end, int previous) {
        int before = array[at] & 0xff;
        int head = at + previousBytes(array, at);
        if (before == END || head >= end) return -1;
        if ((before < LONG_PREVIOUS ? before : (int) INT.get(array, at + 1)) != previous) return -1;
        int kind = array[head] & 0xff;
        boolean isNumber = kind == INT16 || kind == INT32 || kind == INT64 || kind == INT24 || kind == INT8;
        boolean isImmediate = kind >= IMMEDIATE_FIRST && kind <= IMMEDIATE_LAST;
        if (kind > STRING32 && !isNumber && !isImmediate) return -1;
        int data = head + headBytes(kind);
        if (data > end) return -1;
        int bytes = dataBytes(array, head);
        return bytes < 0 || bytes > end - data ? -1 : data + bytes - at;
    }
}
