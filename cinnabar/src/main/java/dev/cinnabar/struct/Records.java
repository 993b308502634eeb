package dev.cinnabar.struct;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.SizeClasses;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// How an entry of a [Dict] lies in its block: the one layout of the house, for keys of a database, fields of
/// a large hash, members of a large set.
///
/// ```
///    offset
///    0       tag      low 4 bits: kind of the value (what kinds there are is up to the owner)
///                     high 4 bits: flags, [#HAS_EXPIRY], [#IMAGED], [#HAS_ROOM], one free
///    1..3    access   24 bits for the owner: when or how often the entry was used (LRU clock or LFU counter)
///    4       expiry   20 bytes, only with HAS_EXPIRY: time in ms (8), previous (6) and next (6) of the expiry
///                     wheel's list; or with HAS_ROOM: nothing yet
///    4|24    key      length (1, 2 or 5 bytes), then the bytes
///    …       value    in one of three shapes:
///                       FIXED4  4 bytes          a handle of an object on the heap
///                       FIXED8  8 bytes          a number
///                       BYTES   length (1, 2 or 5 bytes), then the bytes
/// ```
///
/// Lengths: below 128 one byte; below 16,384 two bytes `10xxxxxx xxxxxxxx`; else `11000000` and four bytes.
///
/// A 32-byte value under an 11-byte key takes 4 + 1 + 11 + 1 + 32 = 49 bytes, a block of 56.
public final class Records {
    /// Flag: the entry has an expiry section, and expires.
    public static final int HAS_EXPIRY = 0x10;

    /// Flag: the entry's old image was handed to the running snapshot already, or it is younger than the
    /// snapshot.
    public static final int IMAGED = 0x20;

    /// Flag: the entry has an expiry section, but does not expire: it is so long that nothing shall be moved
    /// when it is to.
    public static final int HAS_ROOM = 0x40;

    /// Bytes in front of the expiry section or the key.
    public static final int HEADER = 4;

    /// Bytes of the expiry section.
    public static final int EXPIRY = 20;

    /// The longest key or value there can be, in bytes.
    public static final int MAX_LENGTH = SizeClasses.MAX_LENGTH - 64;

    private static final int KIND_MASK = 0x0f;
    private static final int HAS_SECTION = HAS_EXPIRY | HAS_ROOM;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private Records() {}

    // ---- header ----

    public static int kind(byte[] page, int at) {
        return page[at] & KIND_MASK;
    }

    public static void setKind(byte[] page, int at, int kind) {
        page[at] = (byte) (page[at] & ~KIND_MASK | kind);
    }

    public static boolean has(byte[] page, int at, int flag) {
        return (page[at] & flag) != 0;
    }

    public static void setFlag(byte[] page, int at, int flag) {
        page[at] |= (byte) flag;
    }

    public static void clearFlag(byte[] page, int at, int flag) {
        page[at] &= (byte) ~flag;
    }

    /// The 24 bits of access information.
    public static int access(byte[] page, int at) {
        return page[at + 1] & 0xff | (page[at + 2] & 0xff) << 8 | (page[at + 3] & 0xff) << 16;
    }

    public static void setAccess(byte[] page, int at, int access) {
        page[at + 1] = (byte) access;
        page[at + 2] = (byte) (access >> 8);
        page[at + 3] = (byte) (access >> 16);
    }

    // ---- expiry ----

    /// When the entry expires, in ms since 1970; only with [#HAS_EXPIRY].
    public static long expiryMs(byte[] page, int at) {
        return (long) LONG.get(page, at + HEADER);
    }

    public static void setExpiryMs(byte[] page, int at, long whenMs) {
        LONG.set(page, at + HEADER, whenMs);
    }

    /// A link of the wheel's list, 48 bits.
    public static long previous(byte[] page, int at) {
        return link(page, at + HEADER + 8);
    }

    public static void setPrevious(byte[] page, int at, long link) {
        setLink(page, at + HEADER + 8, link);
    }

    public static long next(byte[] page, int at) {
        return link(page, at + HEADER + 14);
    }

    public static void setNext(byte[] page, int at, long link) {
        setLink(page, at + HEADER + 14, link);
    }

    private static long link(byte[] page, int at) {
        return (int) INT.get(page, at) & 0xffff_ffffL | (page[at + 4] & 0xffL) << 32 | (page[at + 5] & 0xffL) << 40;
    }

    private static void setLink(byte[] page, int at, long link) {
        INT.set(page, at, (int) link);
        page[at + 4] = (byte) (link >> 32);
        page[at + 5] = (byte) (link >> 40);
    }

    /// The flags of an entry by its expiry.
    ///
    /// @param hasSection whether it has an expiry section; it must if it expires
    public static int expiryFlags(boolean hasExpiry, boolean hasSection) {
        return hasExpiry ? HAS_EXPIRY : hasSection ? HAS_ROOM : 0;
    }

    public static void setExpiryFlags(byte[] page, int at, int flags) {
        page[at] = (byte) (page[at] & ~HAS_SECTION | flags);
    }

    /// Whether there is an expiry section, be it in use or not.
    public static boolean hasSection(byte[] page, int at) {
        return (page[at] & HAS_SECTION) != 0;
    }

    /// Makes an expiry section or takes it away, in place; time and links are the caller's to fill in.
    ///
    /// @param kept how many bytes of the entry, from its beginning, are kept: those behind move up or down
    public static void changeExpiry(byte[] page, int at, boolean hasExpiry, int kept) {
        int without = at + HEADER;
        int with = without + EXPIRY;
        if (hasExpiry) {
            System.arraycopy(page, without, page, with, at + kept - without);
            setFlag(page, at, HAS_EXPIRY);
        } else {
            System.arraycopy(page, with, page, without, at + kept - with);
            clearFlag(page, at, HAS_EXPIRY);
        }
    }

    // ---- key ----

    /// Where the key's length stands.
    private static int keyHeader(byte[] page, int at) {
        return (page[at] & HAS_SECTION) == 0 ? at + HEADER : at + HEADER + EXPIRY;
    }

    public static int keyLength(byte[] page, int at) {
        return lengthAt(page, keyHeader(page, at));
    }

    /// Where the key's bytes begin.
    public static int keyOffset(byte[] page, int at) {
        int header = keyHeader(page, at);
        return header + lengthBytesAt(page, header);
    }

    public static boolean keyEquals(byte[] page, int at, byte[] key, int offset, int length) {
        int header = keyHeader(page, at);
        int first = page[header];
        if (first >= 0) { // speed only: the general case below gives the same answer
            if (first != length) return false;
            return Arrays.equals(page, header + 1, header + 1 + length, key, offset, offset + length);
        }
        if (lengthAt(page, header) != length) return false;
        int from = header + lengthBytesAt(page, header);
        return Arrays.equals(page, from, from + length, key, offset, offset + length);
    }

    /// Compares the key with another, byte by byte, as [Bytes#compareTo] does.
    public static int compareKey(byte[] page, int at, Bytes key) {
        int header = keyHeader(page, at);
        int from = header + lengthBytesAt(page, header);
        int end = key.offset() + key.length();
        return Arrays.compareUnsigned(page, from, from + lengthAt(page, header), key.array(), key.offset(), end);
    }

    /// Points a window at the key.
    public static Bytes key(byte[] page, int at, Bytes window) {
        int header = keyHeader(page, at);
        return window.set(page, header + lengthBytesAt(page, header), lengthAt(page, header));
    }

    // ---- value ----

    /// Where the value begins: the number or handle, or the length of the bytes.
    public static int valueHeader(byte[] page, int at) {
        int header = keyHeader(page, at);
        int first = page[header];
        if (first >= 0) return header + 1 + first; // speed only
        return header + lengthBytesAt(page, header) + lengthAt(page, header);
    }

    public static long fixed8(byte[] page, int at) {
        return (long) LONG.get(page, valueHeader(page, at));
    }

    public static void setFixed8(byte[] page, int at, long value) {
        LONG.set(page, valueHeader(page, at), value);
    }

    public static int fixed4(byte[] page, int at) {
        return (int) INT.get(page, valueHeader(page, at));
    }

    public static void setFixed4(byte[] page, int at, int value) {
        INT.set(page, valueHeader(page, at), value);
    }

    /// The length of a value in the shape BYTES.
    public static int bytesLength(byte[] page, int at) {
        return lengthAt(page, valueHeader(page, at));
    }

    /// Points a window at a value in the shape BYTES.
    public static Bytes bytes(byte[] page, int at, Bytes window) {
        int header = valueHeader(page, at);
        return window.set(page, header + lengthBytesAt(page, header), lengthAt(page, header));
    }

    // ---- sizes, writing ----

    /// Bytes that a length takes in front of what it measures.
    public static int lengthBytes(int length) {
        return length < 0x80 ? 1 : length < 0x4000 ? 2 : 5;
    }

    /// The size of an entry in front of its value.
    public static long sizeBeforeValue(int keyLength, boolean hasSection) {
        return HEADER + (hasSection ? EXPIRY : 0) + lengthBytes(keyLength) + (long) keyLength;
    }

    /// The size of a value in the shape BYTES.
    public static long bytesSize(int length) {
        return lengthBytes(length) + (long) length;
    }

    /// Writes header and key of a new entry; expiry time, links and value are the caller's to fill in.
    public static void writeHead(
            byte[] page, int at, int kind, int flags, int access, byte[] key, int offset, int length) {
        page[at] = (byte) (kind | flags);
        setAccess(page, at, access);
        int header = keyHeader(page, at);
        Bytes.copy(key, offset, page, header + writeLength(page, header, length), length);
    }

    /// Writes a length and answers how many bytes it took.
    public static int writeLength(byte[] page, int at, int length) {
        if (length < 0x80) {
            page[at] = (byte) length;
            return 1;
        }
        if (length < 0x4000) {
            page[at] = (byte) (0x80 | length >> 8);
            page[at + 1] = (byte) length;
            return 2;
        }
        page[at] = (byte) 0xc0;
        INT.set(page, at + 1, length);
        return 5;
    }

    static int lengthAt(byte[] page, int at) {
        int first = page[at];
        if (first >= 0) return first;
        if ((first & 0x40) == 0) return (first & 0x3f) << 8 | page[at + 1] & 0xff;
        return (int) INT.get(page, at + 1);
    }

    static int lengthBytesAt(byte[] page, int at) {
        int first = page[at];
        return first >= 0 ? 1 : (first & 0x40) == 0 ? 2 : 5;
    }
}
