package dev.cinnabar.store;

import java.util.Locale;

/// What a record's value is: the type that TYPE tells, the encoding that OBJECT ENCODING tells, and the shape
/// of its bytes. The ordinal is the four bits in the record's tag.
public enum Kind {
    STRING_INT("string", "int", Shape.FIXED8),
    STRING_EMBSTR("string", "embstr", Shape.BYTES),
    STRING_RAW("string", "raw", Shape.BYTES),
    LIST_LISTPACK("list", "listpack", Shape.BYTES),
    LIST_QUICKLIST("list", "quicklist", Shape.BIG),
    SET_INTSET("set", "intset", Shape.BYTES),
    SET_LISTPACK("set", "listpack", Shape.BYTES),
    SET_HASHTABLE("set", "hashtable", Shape.BIG),
    ZSET_LISTPACK("zset", "listpack", Shape.BYTES),
    ZSET_SKIPLIST("zset", "skiplist", Shape.BIG),
    HASH_LISTPACK("hash", "listpack", Shape.BYTES),
    HASH_LISTPACKEX("hash", "listpackex", Shape.BYTES),
    HASH_HASHTABLE("hash", "hashtable", Shape.BIG),
    STREAM("stream", "stream", Shape.BIG);

    /// How the value lies in the record; see [dev.cinnabar.struct.Records].
    public enum Shape {
        FIXED8,
        BYTES,
        /// FIXED4: the number of a [BigValue].
        BIG
    }

    private static final Kind[] BY_ORDINAL = values();

    private final String type;
    private final String typeWord;
    private final String encoding;
    private final Shape shape;

    Kind(String type, String encoding, Shape shape) {
        this.type = type;
        this.typeWord = type.toUpperCase(Locale.ROOT);
        this.encoding = encoding;
        this.shape = shape;
    }

    static Kind of(int ordinal) {
        return BY_ORDINAL[ordinal];
    }

    /// The type's name as TYPE answers it.
    public String type() {
        return type;
    }

    /// The type's name in upper case, to compare words with.
    public String typeWord() {
        return typeWord;
    }

    /// The encoding's name as OBJECT ENCODING answers it.
    public String encoding() {
        return encoding;
    }

    public Shape shape() {
        return shape;
    }

    public boolean isString() {
        return ordinal() <= STRING_RAW.ordinal();
    }
}
