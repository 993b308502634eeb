package dev.cinnabar.struct;

import dev.cinnabar.base.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Fields and values in one piece of bytes, as Redis kept small hashes before 2.6. Only read, where an old
/// RDB file or payload holds one.
///
/// ```
///    count | length field length free value … | … | 0xff
///
///    count     pairs, 1 byte; from 254 on they have to be counted
///    length    1 byte below 254, or 254 and 4 bytes, little end first
///    free      bytes behind the value that are not used, 1 byte
/// ```
///
/// Fields and values are alternating entries here; the free byte belongs to a value's.
public final class Zipmap {
    private static final int END = 0xff;
    private static final int LONG_LENGTH = 254;
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private Zipmap() {}

    /// The position of the first field, or of the end.
    public static int first(int start) {
        return start + 1;
    }

    public static boolean isEnd(byte[] array, int at) {
        return (array[at] & 0xff) == END;
    }

    /// The position behind a field or a value.
    public static int next(byte[] array, int at, boolean isValue) {
        int head = lengthBytes(array, at);
        int free = isValue ? 1 + (array[at + head] & 0xff) : 0;
        return at + head + length(array, at) + free;
    }

    /// Points the window at a field or a value.
    public static Bytes read(byte[] array, int at, boolean isValue, Bytes window) {
        return window.set(array, at + lengthBytes(array, at) + (isValue ? 1 : 0), length(array, at));
    }

    private static int lengthBytes(byte[] array, int at) {
        return (array[at] & 0xff) < LONG_LENGTH ? 1 : 5;
    }

    private static int length(byte[] array, int at) {
        int first = array[at] & 0xff;
        return first < LONG_LENGTH ? first : (int) INT.get(array, at + 1);
    }

    /// Whether the bytes are a sound zipmap. Never throws. O(n).
    public static boolean isValid(byte[] array, int start, int length) {
        if (length < 2 || !isEnd(array, start + length - 1)) return false;
        int end = start + length - 1;
        int entries = 0;
        int at = first(start);
        while (at < end) {
            boolean isValue = (entries & 1) == 1;
            int head = lengthBytes(array, at);
            int rest = head + (isValue ? 1 : 0);
            if (isEnd(array, at) || at + rest > end) return false;
            int bytes = length(array, at);
            int free = isValue ? array[at + head] & 0xff : 0;
            if (bytes < 0 || (long) at + rest + bytes + free > end) return false;
            at += rest + bytes + free;
            entries++;
        }
        int said = array[start] & 0xff;
        return at == end && entries % 2 == 0 && (said >= LONG_LENGTH || said == entries / 2);
    }
}
