package dev.cinnabar.persistence;

import org.jspecify.annotations.Nullable;

/// How a value is written in RDB encoding, by the byte in front of it. Those that are not *written* are read
/// only, where another server wrote them.
enum RdbType {
    // in every RDB version
    STRING(0, "string"),
    /// Elements one by one.
    LIST(1, "list"),
    SET(2, "set"),
    /// Scores as decimal text.
    ZSET(3, "zset"),
    HASH(4, "hash"),

    // since version 2
    HASH_ZIPMAP(9, "hash"),
    LIST_ZIPLIST(10, "list"),
    SET_INTSET(11, "set"),
    ZSET_ZIPLIST(12, "zset"),

    // since version 4
    HASH_ZIPLIST(13, "hash"),

    // since version 7
    /// Nodes that are ziplists.
    LIST_QUICKLIST(14, "list"),

    // since version 8
    /// Scores as eight bytes.
    ZSET_2(5, "zset"),
    MODULE_BEFORE_RELEASE(6, "value of a module"),
    MODULE(7, "value of a module"),

    // since version 9
    STREAM_LISTPACKS(15, "stream"),

    // since version 10
    HASH_LISTPACK(16, "hash"),
    ZSET_LISTPACK(17, "zset"),
    /// Nodes that are listpacks or single elements.
    LIST_QUICKLIST_2(18, "list"),
    STREAM_LISTPACKS_2(19, "stream"),

    // since version 11
    SET_LISTPACK(20, "set"),
    STREAM_LISTPACKS_3(21, "stream"),

    // since version 12
    /// Fields one by one, each with its expiry time in front.
    HASH_METADATA(24, "hash"),
    /// Fields, values and times.
    HASH_LISTPACK_EX(25, "hash");

    private static final RdbType[] BY_CODE = new RdbType[32];

    static {
        for (RdbType type : values()) BY_CODE[type.code] = type;
    }

    private final int code;
    private final String type;

    RdbType(int code, String type) {
        this.code = code;
        this.type = type;
    }

    /// @return null when there is none of this code
    static @Nullable RdbType of(int code) {
        return code < BY_CODE.length ? BY_CODE[code] : null;
    }

    int code() {
        return code;
    }

    /// What a client calls it.
    String type() {
        return type;
    }
}
