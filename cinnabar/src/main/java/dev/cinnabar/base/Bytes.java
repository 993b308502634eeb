package dev.cinnabar.base;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A *borrowed* window of bytes: somebody else's array, from an offset, for a length.
///
/// Valid only until the lender moves on (for a command's arguments: until the command returns). Whoever keeps
/// the content copies it, with [#copy()] or as [StoredBytes]. A window can be pointed elsewhere with [#set],
/// which is how the argument windows of a call are reused without garbage. Not thread-safe.
///
/// Equality and hash code are those of the content; do not put a window that will be reused into a hash
/// table.
public final class Bytes implements Comparable<Bytes> {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final byte[] NONE = new byte[0];

    private byte[] array;
    private int offset;
    private int length;

    /// An empty window, to be pointed somewhere with [#set].
    public Bytes() {
        this(NONE, 0, 0);
    }

    public Bytes(byte[] array, int offset, int length) {
        this.array = array;
        this.offset = offset;
        this.length = length;
    }

    /// A window over the whole array.
    public static Bytes of(byte[] array) {
        return new Bytes(array, 0, array.length);
    }

    /// A window over a fresh array with the text in UTF-8.
    public static Bytes of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Copies bytes, quickest where there are 8 to 32 of them, as there are in most keys and many values: a
    /// call of `System.arraycopy` costs more than the copying. The ranges may overlap.
    public static void copy(byte[] from, int offset, byte[] to, int at, int length) {
        if (length < Long.BYTES || length > 4 * Long.BYTES) {
            System.arraycopy(from, offset, to, at, length);
            return;
        }
        // the first bytes and the last, which overlap in the middle; all are read before the first is written
        int last = length - Long.BYTES;
        long first = (long) LONG.get(from, offset);
        long end = (long) LONG.get(from, offset + last);
        if (length > 2 * Long.BYTES) {
            long second = (long) LONG.get(from, offset + Long.BYTES);
            long third = (long) LONG.get(from, offset + last - Long.BYTES);
            LONG.set(to, at + Long.BYTES, second);
            LONG.set(to, at + last - Long.BYTES, third);
        }
        LONG.set(to, at, first);
        LONG.set(to, at + last, end);
    }

    /// Points this window elsewhere.
    public Bytes set(byte[] array, int offset, int length) {
        if (this.array != array)
            this.array = array; // speed only: to store a reference costs a barrier of the collector
        this.offset = offset;
        this.length = length;
        return this;
    }

    /// Points this window nowhere: one that is kept to be used again keeps alive the array that it shows.
    public void letGo() {
        set(NONE, 0, 0);
    }

    public byte[] array() {
        return array;
    }

    public int offset() {
        return offset;
    }

    public int length() {
        return length;
    }

    public boolean isEmpty() {
        return length == 0;
    }

    /// The byte at an index of the window, 0 up to (not including) [#length()].
    public byte at(int index) {
        return array[offset + index];
    }

    /// A fresh array with the content.
    public byte[] copy() {
        return length == 0 ? NONE : Arrays.copyOfRange(array, offset, offset + length);
    }

    public boolean contentEquals(byte[] other, int otherOffset, int otherLength) {
        return Arrays.equals(array, offset, offset + length, other, otherOffset, otherOffset + otherLength);
    }

    /// Whether the content is this ASCII word, in any case. The word has to be given in upper case. Allocates
    /// nothing.
    public boolean isWord(String upperCase) {
        return isWord(array, offset, length, upperCase);
    }

    /// The same for bytes without a window.
    static boolean isWord(byte[] array, int offset, int length, String upperCase) {
        if (length != upperCase.length()) return false;
        for (int i = 0; i < length; i++) {
            int b = array[offset + i];
            if (b >= 'a' && b <= 'z') b -= 32;
            if (b != upperCase.charAt(i)) return false;
        }
        return true;
    }

    /// Unsigned lexicographic order, as `memcmp` and Redis sort. That there is an order also keeps a
    /// `HashMap` quick whose keys somebody has chosen to have the same hash.
    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(
                array, offset, offset + length, other.array, other.offset, other.offset + other.length);
    }

    /// The content as text, one char per byte (ISO 8859-1): no byte is lost, so it can be turned back.
    public String toLatin1() {
        return new String(array, offset, length, StandardCharsets.ISO_8859_1);
    }

    /// The content read as UTF-8.
    @Override
    public String toString() {
        return new String(array, offset, length, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return o instanceof Bytes b && contentEquals(b.array, b.offset, b.length);
    }

    @Override
    public int hashCode() {
        int h = 1;
        for (int i = offset, end = offset + length; i < end; i++) h = 31 * h + array[i];
        return h;
    }
}
