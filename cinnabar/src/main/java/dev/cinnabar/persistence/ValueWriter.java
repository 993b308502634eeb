package dev.cinnabar.persistence;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.store.BigImage;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.HashValue;
import dev.cinnabar.store.Kind;
import dev.cinnabar.store.ListValue;
import dev.cinnabar.store.SetValue;
import dev.cinnabar.store.StreamValue;
import dev.cinnabar.store.StringValue;
import dev.cinnabar.store.ZsetValue;
import dev.cinnabar.struct.Listpack;

/// Writes values in the RDB encoding of version 10, that of Redis 7.0, so that what is dumped here can be
/// restored there. The chapter of this room draws the layouts.
///
/// Used again from value to value. Not thread-safe; runs under the engine's lock.
final class ValueWriter {
    /// What is written with these encodings. A small set that is no intset has one of its own since version
    /// 11 only, and is written as a large one. Only a hash with volatile fields needs version 12, that of
    /// Redis 7.4: its type says so to whoever is older.
    static final int VERSION = 10;

    /// Not after any expiry time, for those who do not know the soonest.
    static final long FIRST_MS = 1;

    private static final int WORTH_PACKING = 20; // bytes of a string up to which it is not compressed, as in Redis
    private static final int MAX_NUMBER_TEXT = 11; // characters of a number of 32 bits
    private static final int LZF = 0xc3;
    private static final int NODE_PACKED = 2;

    /// Empties what is written, if that has become long; asked between two elements.
    interface Spill {
        void spill(ByteBuilder out);
    }

    private final boolean compresses;
    private Spill spill = out -> {};
    private final Lzf lzf = new Lzf();
    private final Bytes window = new Bytes();

    /// @param compresses the directive `rdbcompression`
    ValueWriter(boolean compresses) {
        this.compresses = compresses;
    }

    /// From now on values are not written in one piece: a collection may be larger than any buffer.
    void spillTo(Spill spill) {
        this.spill = spill;
    }

    /// How the value of a record is written.
    static RdbType type(Database db, long address) {
        Kind kind = db.kind(address);
        return switch (kind) {
            case STRING_INT, STRING_EMBSTR, STRING_RAW -> RdbType.STRING;
            case LIST_LISTPACK, LIST_QUICKLIST -> RdbType.LIST_QUICKLIST_2;
            case SET_INTSET -> RdbType.SET_INTSET;
            case SET_LISTPACK, SET_HASHTABLE -> RdbType.SET;
            case ZSET_LISTPACK -> RdbType.ZSET_LISTPACK;
            case ZSET_SKIPLIST -> RdbType.ZSET_2;
            case HASH_LISTPACK -> RdbType.HASH_LISTPACK;
            case HASH_LISTPACKEX -> RdbType.HASH_LISTPACK_EX;
            case HASH_HASHTABLE -> db.hashImage(address).hasVolatile() ? RdbType.HASH_METADATA : RdbType.HASH;
            case STREAM -> RdbType.STREAM_LISTPACKS_2;
        };
    }

    /// How a big value is written of which only the elements are known, one after the other.
    static RdbType typeByElements(BigImage image) {
        return switch (image.kind()) {
            case LIST_QUICKLIST -> RdbType.LIST;
            case SET_HASHTABLE -> RdbType.SET;
            case ZSET_SKIPLIST -> RdbType.ZSET_2;
            case HASH_HASHTABLE -> image.hasVolatileFields() ? RdbType.HASH_METADATA : RdbType.HASH;
            case STREAM -> RdbType.STREAM_LISTPACKS_2;
            default -> throw new IllegalStateException("no RDB encoding of the elements of a " + image.kind());
        };
    }

    /// Appends how many elements of a big value, or nodes of a stream, are to follow; times of fields are to
    /// be counted from [#FIRST_MS].
    static void head(BigImage image, ByteBuilder out) {
        if (image.hasVolatileFields()) fixed(FIRST_MS, Long.BYTES, out);
        length(image.kind() == Kind.STREAM ? image.nodes() : image.size(), out);
    }

    /// Appends a field of a hash with volatile fields.
    ///
    /// @param fromMs   not after the soonest time of a field
    /// @param expiryMs its time, or [Database#NO_EXPIRY]
    void volatileField(Listpack.Entry field, Listpack.Entry value, long fromMs, long expiryMs, ByteBuilder out) {
        length(expiryMs == Database.NO_EXPIRY ? 0 : expiryMs - fromMs + 1, out);
        entry(field, out);
        entry(value, out);
    }

    /// Appends the value of a record, without its type. O(size).
    void value(Database db, long address, ByteBuilder out) {
        Kind kind = db.kind(address);
        switch (kind) {
            case STRING_INT, STRING_EMBSTR, STRING_RAW -> text(db.string(address), out);
            case LIST_LISTPACK, LIST_QUICKLIST -> list(db.listImage(address), out);
            case SET_LISTPACK, SET_HASHTABLE -> set(db.setImage(address), out);
            case ZSET_SKIPLIST -> zset(db.zsetImage(address), out);
            case HASH_HASHTABLE -> hash(db.hashImage(address), out);
            case HASH_LISTPACKEX -> {
                fixed(db.hashImage(address).soonestMs(), Long.BYTES, out);
                string(db.bytes(address, window), out);
            }
            case SET_INTSET, ZSET_LISTPACK, HASH_LISTPACK -> string(db.bytes(address, window), out);
            case STREAM -> stream((StreamValue) db.big(address), out);
        }
    }

    private void stream(StreamValue stream, ByteBuilder out) {
        length(stream.nodeCount(), out);
        stream.show(new StreamWriter(this, () -> {
            spill.spill(out);
            return out;
        }));
    }

    private void text(StringValue value, ByteBuilder out) {
        if (value.isNumber()) number(value.number(), out);
        else string(value.bytes(), out);
    }

    private void list(ListValue list, ByteBuilder out) {
        length(list.pieces(), out);
        list.forEachPiece((array, start, length) -> {
            length(NODE_PACKED, out);
            string(window.set(array, start, length), out);
            spill.spill(out);
        });
    }

    private void set(SetValue set, ByteBuilder out) {
        length(set.size(), out);
        set.forEach(member -> {
            entry(member, out);
            spill.spill(out);
            return true;
        });
    }

    private void hash(HashValue hash, ByteBuilder out) {
        if (hash.hasVolatile()) {
            volatileHash(hash, out);
            return;
        }
        length(hash.size(), out);
        hash.forEach((field, value) -> {
            entry(field, out);
            entry(value, out);
            spill.spill(out);
        });
    }

    /// The soonest time, then in front of each field its own, counted from that and one more; 0 for none.
    private void volatileHash(HashValue hash, ByteBuilder out) {
        long soonestMs = hash.soonestMs();
        fixed(soonestMs, Long.BYTES, out);
        length(hash.size(), out);
        hash.forEach((field, value) -> {
            volatileField(field, value, soonestMs, hash.expiryMs(), out);
            spill.spill(out);
        });
    }

    /// From the highest score down, as Redis does, for whom inserting in front is cheapest.
    private void zset(ZsetValue zset, ByteBuilder out) {
        long size = zset.size();
        length(size, out);
        zset.forEach(size - 1, size, true, (member, score) -> {
            entry(member, out);
            fixed(Double.doubleToRawLongBits(score), Double.BYTES, out);
            spill.spill(out);
        });
    }

    void entry(Listpack.Entry entry, ByteBuilder out) {
        if (entry.isNumber()) number(entry.number(), out);
        else string(entry.bytes(), out);
    }

    // ---- strings and numbers ----

    /// Appends a length: 1, 2, 5 or 9 bytes. A negative one counts as the number of 64 bits without sign that
    /// it is.
    static void length(long length, ByteBuilder out) {
        if (length < 0 || length > 0xffff_ffffL) {
            out.append((byte) 0x81);
            fixed(Long.reverseBytes(length), Long.BYTES, out);
        } else if (length < 1 << 6) {
            out.append((byte) length);
        } else if (length < 1 << 14) {
            out.append((byte) (0x40 | length >> 8)).append((byte) length);
        } else {
            out.append((byte) 0x80);
            fixed(Integer.toUnsignedLong(Integer.reverseBytes((int) length)), Integer.BYTES, out);
        }
    }

    /// Appends the lowest bytes of a number, the low end first.
    static void fixed(long number, int bytes, ByteBuilder out) {
        for (int i = 0; i < bytes; i++) out.append((byte) (number >> 8 * i));
    }

    /// Appends a string: as a number if it reads as one of 32 bits, compressed if that saves something, else
    /// as it is.
    void string(Bytes text, ByteBuilder out) {
        int length = text.length();
        if (length <= MAX_NUMBER_TEXT && Numbers.isLong(text)) {
            number(Numbers.parse(text), out);
        } else if (!compresses || length <= WORTH_PACKING || !packed(text, out)) {
            length(length, out);
            out.append(text);
        }
    }

    private void number(long number, ByteBuilder out) {
        if (number != (int) number) {
            length(Numbers.length(number), out);
            out.append(number);
            return;
        }
        int sort = number == (byte) number ? 0 : number == (short) number ? 1 : 2;
        out.append((byte) (0xc0 | sort));
        fixed(number, 1 << sort, out);
    }

    /// @return whether it saved something; else nothing was appended
    private boolean packed(Bytes text, ByteBuilder out) {
        int length = text.length();
        int before = out.length();
        int most = length - 4; // what the head takes more than that of a string as it is, or nearly
        int gap = 1 + lengthBytes(most) + lengthBytes(length); // the head comes last, when the length is known
        int at = out.reserve(gap + most) + gap;
        int packed = lzf.pack(text.array(), text.offset(), length, out.array(), at, most);
        if (packed == 0) return false;
        out.append((byte) LZF);
        length(packed, out);
        length(length, out);
        System.arraycopy(
                out.array(), at, out.array(), out.length(), packed); // fewer bytes of head than the gap, perhaps
        out.advance(packed);
        assert out.length() - before <= length + 5;
        return true;
    }

    private static int lengthBytes(long length) {
        return length < 1 << 6 ? 1 : length < 1 << 14 ? 2 : 5;
    }
}
