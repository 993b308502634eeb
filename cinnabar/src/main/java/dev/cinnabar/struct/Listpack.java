package dev.cinnabar.struct;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// A list of strings and numbers in one piece of bytes, readable from both ends: Redis's listpack, byte for
/// byte, so that it can be dumped and restored as it is.
///
/// ```
///    offset
///    0    total    bytes of the whole, 4
///    4    count    entries, 2; 65535 = count them
///    6    entry …  head | data | back: length of head and data, 1 to 5 bytes, written so that it can be read backwards
///    …    0xff     the end
///
///    head          data
///    0xxxxxxx                    a number of 7 bits, not negative
///    110xxxxx xxxxxxxx           a number of 13 bits
///    11110001 … 11110100         a number of 16, 24, 32, 64 bits, little end first
///    10xxxxxx                    a string of up to 63 bytes
///    1110xxxx xxxxxxxx           a string of up to 4095 bytes
///    11110000 and 4 bytes        a longer string
/// ```
///
/// A position is an index into the array where an entry begins. All methods are static and take the array;
/// nothing is allocated. Whoever edits uses [#encode] and moves bytes himself.
public final class Listpack {
    /// Bytes in front of the first entry.
    public static final int HEADER = 6;

    /// What stands behind the last entry.
    public static final int END = 0xff;

    /// The bytes of an empty listpack.
    public static final int EMPTY_SIZE = HEADER + 1;

    /// The most entries whose number stands in the header; [#count] has to walk over more.
    public static final int MOST_COUNTED = 0xfffe;

    private static final int COUNT_UNKNOWN = MOST_COUNTED + 1;
    private static final int SHORT_STRING = 0x80;
    private static final int MAX_SHORT = 64; // a string of fewer bytes has a head of one
    private static final int INT13 = 0xc0;
    private static final int STRING12 = 0xe0;
    private static final int STRING32 = 0xf0;
    private static final int INT16 = 0xf1;
    private static final int INT24 = 0xf2;
    private static final int INT32 = 0xf3;
    private static final int INT64 = 0xf4;
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Listpack() {}

    /// An entry as it was read: a number, or bytes where they lie. Reused.
    public static final class Entry {
        private final byte[] digits = new byte[Numbers.MAX_LONG_CHARS];
        private final Bytes window = new Bytes();
        private boolean isNumber;
        private long number;

        /// Makes it a number.
        public Entry set(long number) {
            this.isNumber = true;
            this.number = number;
            return this;
        }

        /// Makes it a window on bytes.
        public Entry set(Bytes bytes) {
            this.isNumber = false;
            window.set(bytes.array(), bytes.offset(), bytes.length());
            return this;
        }

        public boolean isNumber() {
            return isNumber;
        }

        /// The number; only if [#isNumber].
        public long number() {
            return number;
        }

        /// The entry's text; a number is printed for it.
        public Bytes bytes() {
            return isNumber ? window.set(digits, 0, Numbers.print(number, digits, 0)) : window;
        }

        /// Lets go of the bytes that it is a window on.
        public void letGo() {
            window.letGo();
        }

        /// The length of the text.
        public int length() {
            return isNumber ? Numbers.length(number) : window.length();
        }
    }

    // ---- the whole ----

    /// Appends an empty listpack.
    public static void appendEmpty(ByteBuilder out) {
        int at = out.reserve(EMPTY_SIZE);
        INT.set(out.array(), at, EMPTY_SIZE);
        SHORT.set(out.array(), at + 4, (short) 0);
        out.array()[at + HEADER] = (byte) END;
        out.advance(EMPTY_SIZE);
    }

    /// The length of the whole in bytes.
    public static int size(byte[] array, int start) {
        return (int) INT.get(array, start);
    }

    /// How many entries there are. O(1) up to 65,534, else O(n).
    public static int count(byte[] array, int start) {
        int count = (short) SHORT.get(array, start + 4) & 0xffff;
        if (count != COUNT_UNKNOWN) return count;
        count = 0;
        for (int at = first(start); !isEnd(array, at); at = next(array, at)) count++;
        return count;
    }

    /// Writes length and count after an edit.
    public static void setHeader(byte[] array, int start, int size, int count) {
        INT.set(array, start, size);
        SHORT.set(array, start + 4, (short) Math.min(count, COUNT_UNKNOWN));
    }

    /// Adds to length and count after an edit, without counting what is there.
    public static void addToHeader(byte[] array, int start, int moreBytes, int moreEntries) {
        int count = (short) SHORT.get(array, start + 4) & 0xffff;
        if (count != COUNT_UNKNOWN) count = Math.min(count + moreEntries, COUNT_UNKNOWN);
        INT.set(array, start, size(array, start) + moreBytes);
        SHORT.set(array, start + 4, (short) count);
    }

    // ---- walking ----

    /// The position of the first entry, or of the end.
    public static int first(int start) {
        return start + HEADER;
    }

    /// The position of the last entry, or of the end when there is none.
    public static int last(byte[] array, int start) {
        int end = start + size(array, start) - 1;
        return end == first(start) ? end : previous(array, end);
    }

    public static boolean isEnd(byte[] array, int at) {
        return (array[at] & 0xff) == END;
    }

    /// The position behind the entry: of the next one, or of the end.
    public static int next(byte[] array, int at) {
        int head = array[at];
        return (head & 0xc0) == SHORT_STRING ? at + 2 + (head & 0x3f) : nextOfOther(array, at);
    }

    private static int nextOfOther(byte[] array, int at) {
        int length = bodyLength(array, at);
        return at + length + backLength(length);
    }

    /// The position of the entry before this one, which must not be the first.
    public static int previous(byte[] array, int at) {
        int i = at - 1;
        int length = array[i] & 0x7f;
        int shift = 7;
        while ((array[i] & 0x80) != 0) {
            i--;
            length |= (array[i] & 0x7f) << shift;
            shift += 7;
        }
        return i - length;
    }

    /// The position of an entry by its index, which may count from the end (-1 is the last). Walks from the
    /// nearer end.
    ///
    /// @return -1 when there is none
    public static int seek(byte[] array, int start, long index) {
        int count = count(array, start);
        long i = index < 0 ? index + count : index;
        if (i < 0 || i >= count) return -1;
        if (i <= count / 2) {
            int at = first(start);
            while (i-- > 0) at = next(array, at);
            return at;
        }
        int at = last(array, start);
        while (++i < count) at = previous(array, at);
        return at;
    }

    /// How many bytes the entry takes.
    public static int entrySize(byte[] array, int at) {
        return next(array, at) - at;
    }

    /// Head and data.
    private static int bodyLength(byte[] array, int at) {
        int head = array[at] & 0xff;
        if (head < 0x80) return 1;
        if (head < INT13) return 1 + (head & 0x3f);
        if (head < STRING12) return 2;
        if (head < STRING32) return 2 + ((head & 0x0f) << 8 | array[at + 1] & 0xff);
        return switch (head) {
            case STRING32 -> 5 + (int) INT.get(array, at + 1);
            case INT16 -> 3;
            case INT24 -> 4;
            case INT32 -> 5;
            case INT64 -> 9;
            default -> throw new IllegalStateException("no entry begins with " + head);
        };
    }

    /// As in Redis, which takes one byte more than it had to for the greatest length of two, three and four
    /// bytes.
    private static int backLength(int length) {
        return length < 1 << 7
                ? 1
                : length < (1 << 14) - 1 ? 2 : length < (1 << 21) - 1 ? 3 : length < (1 << 28) - 1 ? 4 : 5;
    }

    // ---- reading ----

    /// Reads the entry.
    public static Entry read(byte[] array, int at, Entry into) {
        int head = array[at] & 0xff;
        if (head < 0x80) return number(into, head);
        if (head < INT13) return string(into, array, at + 1, head & 0x3f);
        if (head < STRING12) return number(into, ((head & 0x1f) << 8 | array[at + 1] & 0xff) << 19 >> 19);
        if (head < STRING32) return string(into, array, at + 2, (head & 0x0f) << 8 | array[at + 1] & 0xff);
        return switch (head) {
            case STRING32 -> string(into, array, at + 5, (int) INT.get(array, at + 1));
            case INT16 -> number(into, (short) SHORT.get(array, at + 1));
            case INT24 -> number(into, (array[at + 1] & 0xff) | (array[at + 2] & 0xff) << 8 | array[at + 3] << 16);
            case INT32 -> number(into, (int) INT.get(array, at + 1));
            case INT64 -> number(into, (long) LONG.get(array, at + 1));
            default -> throw new IllegalStateException("no entry begins with " + head);
        };
    }

    private static Entry number(Entry into, long number) {
        into.isNumber = true;
        into.number = number;
        return into;
    }

    private static Entry string(Entry into, byte[] array, int offset, int length) {
        into.isNumber = false;
        into.window.set(array, offset, length);
        return into;
    }

    /// Whether the entry's text is this one. For many comparisons with one text, find out once whether it is
    /// a number.
    ///
    /// @param isNumber whether the text reads as a number, then `number` is it
    public static boolean equal(byte[] array, int at, Bytes text, boolean isNumber, long number) {
        int head = array[at] & 0xff;
        int length;
        int offset;
        if (head >= 0x80 && head < INT13) {
            length = head & 0x3f;
            offset = at + 1;
        } else if (head >= STRING12 && head < STRING32) {
            length = (head & 0x0f) << 8 | array[at + 1] & 0xff;
            offset = at + 2;
        } else if (head == STRING32) {
            length = (int) INT.get(array, at + 1);
            offset = at + 5;
        } else {
            return isNumber && numberAt(array, at, head) == number;
        }
        return !isNumber && text.contentEquals(array, offset, length);
    }

    /// The number of an entry that is one; what it answers for a string means nothing.
    public static long number(byte[] array, int at) {
        return numberAt(array, at, array[at] & 0xff);
    }

    private static long numberAt(byte[] array, int at, int head) {
        if (head < 0x80) return head;
        if (head < STRING12) return ((head & 0x1f) << 8 | array[at + 1] & 0xff) << 19 >> 19;
        return switch (head) {
            case INT16 -> (short) SHORT.get(array, at + 1);
            case INT24 -> (array[at + 1] & 0xff) | (array[at + 2] & 0xff) << 8 | array[at + 3] << 16;
            case INT32 -> (int) INT.get(array, at + 1);
            default -> (long) LONG.get(array, at + 1);
        };
    }

    /// The position of the first entry, from the given one on, whose text is this one, looking only at each
    /// `1 + skip`-th.
    ///
    /// @return -1 when there is none
    public static int find(byte[] array, int from, Bytes text, int skip) {
        boolean isNumber = Numbers.isLong(text);
        if (!isNumber && text.length() > 0 && text.length() < MAX_SHORT) return findShort(array, from, text, skip);
        long number = isNumber ? Numbers.parse(text) : 0;
        int at = from;
        while (!isEnd(array, at)) {
            if (equal(array, at, text, isNumber, number)) return at;
            at = next(array, at);
            for (int i = 0; i < skip && !isEnd(array, at); i++) at = next(array, at);
        }
        return -1;
    }

    /// As [#find], for what stands as a string of up to 63 bytes: only entries with that very head are looked
    /// at, and of these the last bytes first, for names that differ tend to differ there
    /// (`field:000000000017`).
    private static int findShort(byte[] array, int from, Bytes text, int skip) {
        /*
         * Where an entry begins is known when the one before it was read: a chain of reads, each of which
         * waits for the last. Entries of one listpack are often of one length, though. Where the head is the
         * one that was expected, the way to the next is a constant, and the processor, which guesses that the
         * branch is taken again, reads several entries at the same time.
         */
        int length = text.length();
        byte head = (byte) (SHORT_STRING | length);
        byte[] wanted = text.array();
        int last = text.offset() + length;
        boolean isWide = length >= Long.BYTES;
        long lastLong = isWide ? (long) LONG.get(wanted, last - Long.BYTES) : 0;
        byte lastByte = wanted[last - 1];
        byte skippedHead = head;
        int skippedBytes = length + 2;
        int at = from;
        while (!isEnd(array, at)) {
            if (array[at] == head) {
                int end = at + 1 + length;
                boolean isAlike =
                        isWide ? (long) LONG.get(array, end - Long.BYTES) == lastLong : array[end - 1] == lastByte;
                if (isAlike && text.contentEquals(array, at + 1, length)) return at;
                at += length + 2;
            } else {
                at = next(array, at);
            }
            for (int i = 0; i < skip && !isEnd(array, at); i++) {
                byte skipped = array[at];
                if (skipped == skippedHead) {
                    at += skippedBytes;
                } else {
                    int next = next(array, at);
                    if ((skipped & 0xc0) == SHORT_STRING) {
                        skippedHead = skipped;
                        skippedBytes = next - at;
                    }
                    at = next;
                }
            }
        }
        return -1;
    }

    // ---- writing ----

    /// Appends an entry with this text: as a number if it reads as one.
    public static void encode(Bytes text, ByteBuilder out) {
        if (text.length() <= Numbers.MAX_LONG_CHARS && Numbers.isLong(text)) {
            encode(Numbers.parse(text), out);
            return;
        }
        int length = text.length();
        int at = out.reserve(length + 10);
        byte[] a = out.array();
        int head;
        if (length < MAX_SHORT) {
            a[at] = (byte) (SHORT_STRING | length);
            head = 1;
        } else if (length < 4096) {
            a[at] = (byte) (STRING12 | length >> 8);
            a[at + 1] = (byte) length;
            head = 2;
        } else {
            a[at] = (byte) STRING32;
            INT.set(a, at + 1, length);
            head = 5;
        }
        Bytes.copy(text.array(), text.offset(), a, at + head, length);
        out.advance(head + length + writeBack(a, at + head + length, head + length));
    }

    /// Appends an entry with this number.
    public static void encode(long number, ByteBuilder out) {
        int at = out.reserve(11);
        byte[] a = out.array();
        int length;
        if (number >= 0 && number < 128) {
            a[at] = (byte) number;
            length = 1;
        } else if (number >= -4096 && number < 4096) {
            a[at] = (byte) (INT13 | number >> 8 & 0x1f);
            a[at + 1] = (byte) number;
            length = 2;
        } else if (number == (short) number) {
            a[at] = (byte) INT16;
            SHORT.set(a, at + 1, (short) number);
            length = 3;
        } else if (number >= -(1 << 23) && number < 1 << 23) {
            a[at] = (byte) INT24;
            a[at + 1] = (byte) number;
            a[at + 2] = (byte) (number >> 8);
            a[at + 3] = (byte) (number >> 16);
            length = 4;
        } else if (number == (int) number) {
            a[at] = (byte) INT32;
            INT.set(a, at + 1, (int) number);
            length = 5;
        } else {
            a[at] = (byte) INT64;
            LONG.set(a, at + 1, number);
            length = 9;
        }
        out.advance(length + writeBack(a, at + length, length));
    }

    /// How many bytes [#encode] appends for this text.
    public static int encodedSize(Bytes text) {
        int length = text.length();
        if (length <= Numbers.MAX_LONG_CHARS && Numbers.isLong(text)) {
            long n = Numbers.parse(text);
            if (n >= 0 && n < 128) return 2;
            if (n >= -4096 && n < 4096) return 3;
            return n == (short) n ? 4 : n >= -(1 << 23) && n < 1 << 23 ? 5 : n == (int) n ? 6 : 10;
        }
        int body = length + (length < MAX_SHORT ? 1 : length < 4096 ? 2 : 5);
        return body + backLength(body);
    }

    private static int writeBack(byte[] a, int at, int length) {
        int n = backLength(length);
        for (int i = n - 1; i >= 0; i--) {
            a[at + i] = (byte) (length & 0x7f | (i > 0 ? 0x80 : 0));
            length >>>= 7;
        }
        return n;
    }

    // ---- self-check ----

    /// Whether the bytes are a sound listpack: for what comes from outside (RESTORE, an RDB file). Never
    /// throws. O(n).
    public static boolean isValid(byte[] array, int start, int length) {
        if (length < EMPTY_SIZE || size(array, start) != length || (array[start + length - 1] & 0xff) != END)
            return false;
        int end = start + length - 1;
        int count = 0;
        int at = first(start);
        while (at < end) {
            int body = boundedBodyLength(array, at, end);
            if (body < 0 || (long) at + body + backLength(body) > end) return false;
            int back = backLength(body);
            int rest = body;
            for (int i = back - 1; i >= 0; i--) {
                if ((array[at + body + i] & 0xff) != (rest & 0x7f | (i > 0 ? 0x80 : 0))) return false;
                rest >>>= 7;
            }
            at += body + back;
            count++;
        }
        int said = (short) SHORT.get(array, start + 4) & 0xffff;
        return at == end && (said == COUNT_UNKNOWN || said == count);
    }

    private static int boundedBodyLength(byte[] array, int at, int end) {
        int head = array[at] & 0xff;
        int needed = head < INT13 ? 1 : head < STRING32 ? 2 : head == STRING32 ? 5 : 1;
        if (head > INT64 || at + needed > end) return -1;
        if (head == STRING32 && (int) INT.get(array, at + 1) < 0) return -1;
        int body = bodyLength(array, at);
        return body < 0 || body > end - at ? -1 : body;
    }
}
