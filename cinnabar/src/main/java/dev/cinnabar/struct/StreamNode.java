package dev.cinnabar.struct;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;

/// Some entries of a stream in one piece of bytes: Redis's node, byte for byte, so that it can be dumped and
/// restored as it is.
///
/// It is a [Listpack] whose first elements, the *master entry*, hold what the entries have in common: the
/// names of the fields of the first one. Ids are differences from the id of the first entry, which stands
/// beside the node in the stream's index.
///
/// ```
///    master     | entries | deleted | names | name … name | 0 |
///    entry      | flags 2 | ms - | seq - | value … value | elements |                          the same names
///    entry      | flags 0 | ms - | seq - | names | name | value | name | value | … | elements |     others
/// ```
///
/// Flag 1 says that the entry is deleted: it keeps its place until the node goes as a whole. `elements`
/// counts those of the entry in front of it, so that entries can be walked from the end; for the same reason
/// the master entry ends with a 0.
///
/// All methods are static and take array and start, like those of [Listpack]. Positions are where an entry's
/// flags begin.
public final class StreamNode {
    /// Flag: the entry is deleted.
    public static final int DELETED = 1;

    /// Flag: the entry's names are those of the master entry.
    public static final int SAME_NAMES = 2;

    private static final int HEAD_ELEMENTS = 3; // flags and the two halves of the id

    private StreamNode() {}

    // ---- the master entry ----

    /// How many entries there are that are not deleted.
    public static long live(byte[] array, int start) {
        return Listpack.number(array, Listpack.first(start));
    }

    /// How many there are that are deleted.
    public static long deleted(byte[] array, int start) {
        return Listpack.number(array, Listpack.next(array, Listpack.first(start)));
    }

    /// Where the master entry's number of names stands.
    public static int namesAt(byte[] array, int start) {
        return Listpack.next(array, Listpack.next(array, Listpack.first(start)));
    }

    /// Where the first entry begins.
    ///
    /// @param namesAt what [#namesAt] answered
    public static int firstEntry(byte[] array, int namesAt) {
        int at = Listpack.next(array, namesAt);
        for (long i = Listpack.number(array, namesAt); i > 0; i--) at = Listpack.next(array, at);
        return Listpack.next(array, at);
    }

    // ---- an entry ----

    public static int flags(byte[] array, int at) {
        return array[at]; // a number below 128 is its own byte
    }

    /// Where the entry's first value or, without [#SAME_NAMES], its number of names stands: behind the id.
    public static int body(byte[] array, int at) {
        return Listpack.next(array, Listpack.next(array, Listpack.next(array, at)));
    }

    /// Where the next entry begins, or the listpack ends.
    ///
    /// @param names how many the master entry has
    public static int next(byte[] array, int at, long names) {
        int p = body(array, at);
        long elements = names;
        if ((flags(array, at) & SAME_NAMES) == 0) {
            elements = 2 * Listpack.number(array, p);
            p = Listpack.next(array, p);
        }
        while (elements-- > 0) p = Listpack.next(array, p);
        return Listpack.next(array, p);
    }

    /// Where the entry begins that ends here, or -1 when it is the master entry that does.
    ///
    /// @param end where an entry begins, or the listpack's end
    public static int previous(byte[] array, int end) {
        int p = Listpack.previous(array, end);
        long elements = Listpack.number(array, p);
        if (elements == 0) return -1;
        while (elements-- > 0) p = Listpack.previous(array, p);
        return p;
    }

    // ---- writing ----

    /// Appends a node without entries, whose master entry has the names of this one.
    ///
    /// @param words name, value, name, value, … from one index up to, not including, another
    public static void appendEmpty(Bytes[] words, int from, int to, ByteBuilder out) {
        int at = out.length();
        Listpack.appendEmpty(out);
        out.rewind(out.length() - 1);
        Listpack.encode(0, out);
        Listpack.encode(0, out);
        Listpack.encode((to - from) / 2, out);
        for (int i = from; i < to; i += 2) Listpack.encode(words[i], out);
        Listpack.encode(0, out);
        out.append((byte) Listpack.END);
        Listpack.setHeader(out.array(), at, out.length() - at, 4 + (to - from) / 2);
    }

    /// Appends the elements of an entry.
    ///
    /// @param ms  its id less that of the node's first entry, one half
    /// @param seq and the other
    /// @return how many elements
    public static int appendEntry(
            boolean hasSameNames, long ms, long seq, Bytes[] words, int from, int to, ByteBuilder out) {
        int names = (to - from) / 2;
        Listpack.encode(hasSameNames ? SAME_NAMES : 0, out);
        Listpack.encode(ms, out);
        Listpack.encode(seq, out);
        if (!hasSameNames) Listpack.encode(names, out);
        for (int i = hasSameNames ? from + 1 : from; i < to; i += hasSameNames ? 2 : 1) Listpack.encode(words[i], out);
        int elements = HEAD_ELEMENTS + (hasSameNames ? names : 1 + 2 * names);
        Listpack.encode(elements, out);
        return elements + 1;
    }

    /// Whether the names of an entry are those of the master entry.
    public static boolean hasNames(byte[] array, int start, Bytes[] words, int from, int to) {
        int at = namesAt(array, start);
        if (Listpack.number(array, at) != (to - from) / 2) return false;
        for (int i = from; i < to; i += 2) {
            at = Listpack.next(array, at);
            boolean isNumber = Numbers.isLong(words[i]);
            if (!Listpack.equal(array, at, words[i], isNumber, isNumber ? Numbers.parse(words[i]) : 0)) return false;
        }
        return true;
    }

    // ---- self-check ----

    /// Whether the bytes are a sound node: for what comes from outside (RESTORE, an RDB file). O(n).
    public static boolean isValid(byte[] array, int start, int length) {
        if (!Listpack.isValid(array, start, length)) return false;
        int end = start + length - 1;
        int at = Listpack.first(start);
        long[] counts = new long[3]; // live, deleted, names
        for (int i = 0; i < counts.length; i++) {
            if (at == end || !isNumber(array, at)) return false;
            counts[i] = Listpack.number(array, at);
            if (counts[i] < 0) return false;
            at = Listpack.next(array, at);
        }
        long names = counts[2];
        at = skip(array, at, end, names);
        if (at < 0 || at == end || !isNumber(array, at) || Listpack.number(array, at) != 0) return false;
        at = Listpack.next(array, at);

        while (at < end) {
            int begin = at;
            if (array[at] < 0 || array[at] > (DELETED | SAME_NAMES)) return false;
            int flags = flags(array, at);
            for (int i = 0; i < HEAD_ELEMENTS; i++) {
                if (at == end || !isNumber(array, at)) return false;
                at = Listpack.next(array, at);
            }
            long elements = HEAD_ELEMENTS;
            long values = names;
            if ((flags & SAME_NAMES) == 0) {
                if (at == end || !isNumber(array, at)) return false;
                if (Listpack.number(array, at) < 0 || Listpack.number(array, at) > length) return false;
                values = 2 * Listpack.number(array, at);
                at = Listpack.next(array, at);
                elements++;
            }
            at = skip(array, at, end, values);
            if (at < 0 || at == end || !isNumber(array, at) || Listpack.number(array, at) != elements + values)
                return false;
            at = Listpack.next(array, at);
            counts[flags(array, begin) & DELETED]--;
        }
        return counts[0] == 0 && counts[1] == 0;
    }

    private static boolean isNumber(byte[] array, int at) {
        int head = array[at] & 0xff;
        return head < 0x80 || head >= 0xc0 && head < 0xe0 || head > 0xf0;
    }

    private static int skip(byte[] array, int at, int end, long elements) {
        for (long i = 0; i < elements; i++) {
            if (at >= end) return -1;
            at = Listpack.next(array, at);
        }
        return at;
    }
}
