package dev.cinnabar.persistence;

import org.jspecify.annotations.Nullable;

/// How a value is written in RDB encoding, by the byte in front of it, and since which RDB version. Those that are not *written* are
/// read only, where an older server wrote them.
enum RdbType {
    STRING(0, 1, "string"),
    /// Elements one by one.
    LIST(1, 1, "list"),
    SET(2, 1, "set"),
    /// Scores as decimal text.
    ZSET(3, 1, "zset"),
    HASH(4, 1, "hash"),
    /// Scores as eight bytes.
    ZSET_2(5, 8, "zset"),
    MODULE_BEFORE_RELEASE(6, 8, "value of a module"),
    MODULE(7, 8, "value of a module"),
    HASH_ZIPMAP(9, 2, "hash"),
    LIST_ZIPLIST(10, 2, "list"),
    SET_INTSET(11, 2, "set"),
    ZSET_ZIPLIST(12, 2, "zset"),
    HASH_ZIPLIST(13, 4, "hash"),
    /// Nodes that are ziplists.
    LIST_QUICKLIST(14, 7, "list"),
    STREAM_LISTPACKS(15, 9, "stream"),
    HASH_LISTPACK(16, 10, "hash"),
    ZSET_LISTPACK(17, 10, "zset"),
    /// Nodes that are listpacks or single elements.
    LIST_QUICKLIST_2(18, 10, "list"),
    STREAM_LISTPACKS_2(19, 10, "stream"),
    SET_LISTPACK(20, 11, "set"),
    STREAM_LISTPACKS_3(21, 11, "stream"),
    /// Fields one by one, each with its expiry time in front.
    HASH_METADATA(24, 12, "hash"),
    /// Fields, values and times.
    HASH_LISTPACK_EX(25, 12, "hash");

    private static final RdbType[] BY_CODE = new RdbType[32];

    static {
        for (RdbType type : values()) BY_CODE[type.code] = type;
    }

    private final int code;
    private final int sinceVersion;
    private final String type;

    RdbType(int code, int sinceVersion, String type) {
        this.code = code;
        this.sinceVersion = sinceVersion;
        this.type = type;
    }

    /// @return null when there is none of this code
    static @Nullable RdbType of(int code) {
        return code < BY_CODE.length ? BY_CODE[code] : null;
    }

    int code() {
        return code;
    }

    /// The first RDB version with it; for whom writes.
    int sinceVersion() {
        return sinceVersion;
    }

    /// What a client calls it.
    String type() {
        return type;
    }
}
