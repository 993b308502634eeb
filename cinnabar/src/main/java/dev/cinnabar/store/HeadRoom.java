package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Room in front of the listpack of a small list, so that what is pushed at the head need not move all that is
/// there, and what is popped there leaves room.
///
/// ```
///    value of the record    | listpack |  or  | room | listpack |
/// ```
///
/// A block has up to an eighth more than its record needs. Pushes at the tail use that up where it lies; the
/// first one at the head shifts it to the front, for those that follow. A record never gets a larger block for
/// the sake of its room. The first four bytes of the room tell its length and have the top bit set, which a
/// listpack, that begins with its own length, never has.
final class HeadRoom {
    /// The least there can be, in bytes.
    private static final int MARK_BYTES = 4;

    private static final int MARK = 1 << 31;
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private HeadRoom() {}

    /// How many bytes of room a value begins with.
    static int of(Bytes value) {
        int first = (int) INT.get(value.array(), value.offset());
        return first < 0 ? first & ~MARK : 0;
    }

    /// Whether there can be room of so many bytes.
    static boolean isPossible(int bytes) {
        return bytes == 0 || bytes >= MARK_BYTES;
    }

    /// Says that a value begins with so many bytes of room, which must be possible.
    static void mark(Bytes value, int bytes) {
        if (bytes > 0) INT.set(value.array(), value.offset(), MARK | bytes);
    }
}
