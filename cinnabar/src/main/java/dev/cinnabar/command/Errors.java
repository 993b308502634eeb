package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import java.util.Locale;

/// The texts of errors that several commands share, or that other rooms need; what one command alone says
/// stands with it. Clients match on them, word for word, so they are Redis's.
///
/// A text is a [Refusal] where it is thrown, and a string where it is answered or built upon.
public final class Errors {
    public static final String SYNTAX = "ERR syntax error";
    public static final String WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
    public static final String NO_KEY = "ERR no such key";
    public static final String INDEX_OUT_OF_RANGE = "ERR index out of range";
    public static final String OVERFLOW = "ERR increment or decrement would overflow";
    public static final String NAN_OR_INFINITY = "ERR increment would produce NaN or Infinity";
    public static final String TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    public static final String OFFSET_OUT_OF_RANGE = "ERR offset is out of range";
    public static final String SAME_OBJECT = "ERR source and destination objects are the same";
    public static final String NOT_AN_INT = "ERR value is out of range, value must between -2147483648 and 2147483647";
    public static final String NO_KEYS = "ERR numkeys should be greater than 0";
    public static final String NEGATIVE_LIMIT = "ERR LIMIT can't be negative";
    public static final String INVALID_NUMKEYS = "ERR invalid numkeys value";
    public static final String NOT_IN_PAIRS = "ERR wrong number of key-value pairs";
    public static final String ENX_WITHOUT_EXPIRY = "ERR ENX flag requires an expiration";
    public static final String BOUNDS_CROSSED = "ERR LBOUND can't be greater than UBOUND";
    public static final String NO_DIGEST = "ERR must be exactly 16 hexadecimal characters";
    public static final String LCS_NOT_STRINGS = "ERR The specified keys must contain string values";
    public static final String LCS_LEN_AND_IDX = "ERR If you want both the length and indexes, please just use IDX.";
    public static final String LCS_TOO_LARGE =
            "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
    public static final String DB_INDEX = "ERR DB index is out of range";
    public static final String INVALID_DB_INDEX = "ERR invalid DB index";
    public static final String INVALID_CURSOR = "ERR invalid cursor";
    public static final String NO_LFU =
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note"
                    + " that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
    public static final String NO_LRU = "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note"
            + " that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
    public static final String OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";
    public static final String NO_REPLICAS = "NOREPLICAS Not enough good replicas to write.";
    public static final String HEAP_IS_FULL = "OOM not enough memory for this command";

    /// Thrown when an argument that has to be a whole number of 64 bits is none.
    public static final Refusal NOT_AN_INTEGER = new Refusal("ERR value is not an integer or out of range");

    /// Thrown when an argument or a value that has to be a number is none.
    public static final Refusal NOT_A_FLOAT = new Refusal("ERR value is not a valid float");

    public static final String ZADD_NX_XX = "ERR XX and NX options at the same time are not compatible";
    public static final String ZADD_GT_LT = "ERR GT, LT, and/or NX options at the same time are not compatible";
    public static final String ZADD_INCR_ONE = "ERR INCR option supports a single increment-element pair";
    public static final String SCORE_NAN = "ERR resulting score is not a number (NaN)";
    public static final String ZRANGE_LIMIT =
            "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX";
    public static final String ZRANGE_WITHSCORES =
            "ERR syntax error, WITHSCORES not supported in combination with BYLEX";

    public static final String NOT_SORTABLE = "ERR One or more scores can't be converted into double";
    public static final String GEO_UNIT = "ERR unsupported unit provided. please use M, KM, FT, MI";
    public static final String GEO_COUNT = "ERR COUNT must be > 0";
    public static final String ANY_WITHOUT_COUNT = "ERR the ANY argument requires COUNT argument";
    public static final String NO_RADIUS = "ERR need numeric radius";
    public static final String NEGATIVE_RADIUS = "ERR radius cannot be negative";
    public static final String NO_WIDTH = "ERR need numeric width";
    public static final String NO_HEIGHT = "ERR need numeric height";
    public static final String NEGATIVE_BOX = "ERR height or width cannot be negative";
    public static final String FEW_CORNERS = "ERR BYPOLYGON needs at least 3 vertices"; // in our own words
    public static final String NO_GEO_MEMBER = "ERR could not decode requested zset member";
    public static final String GEOSEARCHSTORE_WITH =
            "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options";
    public static final String GEORADIUS_STORE_WITH =
            "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options";

    /// To be followed by the command's name as the client wrote it, as the next one.
    public static final String ONE_GEO_CENTER = "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ";

    public static final String ONE_GEO_SHAPE = "ERR exactly one of BYRADIUS and BYBOX can be specified for ";

    public static final String NOT_POSITIVE = "ERR value is out of range, must be positive";
    public static final String NOT_A_COUNT =
            "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";

    /// Thrown for a count that is too large either way.
    public static final Refusal OUT_OF_RANGE = new Refusal("ERR value is out of range");

    /// Thrown when the end of a range of scores is no number.
    public static final Refusal MIN_MAX_FLOAT = new Refusal("ERR min or max is not a float");

    /// Thrown when the end of a range of members is neither `-`, `+`, `[member` nor `(member`.
    public static final Refusal MIN_MAX_LEX = new Refusal("ERR min or max not valid string range item");

    /// Thrown for words that no form of the command knows.
    public static final Refusal SYNTAX_REFUSAL = new Refusal(SYNTAX);

    /// Thrown for conditions of EXPIRE that exclude each other.
    public static final Refusal NX_EXCLUDES =
            new Refusal("ERR NX and XX, GT or LT options at the same time are not compatible");

    /// The same.
    public static final Refusal GT_EXCLUDES_LT =
            new Refusal("ERR GT and LT options at the same time are not compatible");

    public static final String NOT_A_BIT = "ERR bit is not an integer or out of range";
    public static final String NOT_BIT_0_OR_1 = "ERR The bit argument must be 1 or 0.";
    public static final String BITOP_NOT_ONE = "ERR BITOP NOT must be called with a single source key.";
    public static final String BITFIELD_RO_ONLY_GETS = "ERR BITFIELD_RO only supports the GET subcommand";
    public static final String PFDEBUG_NO_KEY = "ERR The specified key does not exist";
    public static final String PFDEBUG_NOT_SPARSE = "ERR HLL encoding is not sparse";

    /// Thrown for the position of a bit that is none, or behind the longest string there may be.
    public static final Refusal BIT_OFFSET = new Refusal("ERR bit offset is not an integer or out of range");

    /// Thrown for what is no type of BITFIELD.
    public static final Refusal BITFIELD_TYPE = new Refusal(
            "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");

    /// Thrown for an unknown word behind OVERFLOW.
    public static final Refusal OVERFLOW_TYPE = new Refusal("ERR Invalid OVERFLOW type specified");

    public static final String BUSY_KEY = "BUSYKEY Target key name already exists.";
    public static final String NEGATIVE_TTL = "ERR Invalid TTL value, must be >= 0";
    public static final String DAMAGED_PAYLOAD = "ERR DUMP payload version or checksum are wrong";

    /// Thrown when a payload's checksum fits, but not what it says.
    public static final Refusal BAD_DATA = new Refusal("ERR Bad data format");

    /// Thrown for a string that does not look like a HyperLogLog.
    public static final Refusal NO_HYPERLOGLOG = new Refusal("WRONGTYPE Key is not a valid HyperLogLog string value.");

    /// Thrown for a string that looks like one, but whose registers make no sense.
    public static final Refusal CORRUPT_HYPERLOGLOG = new Refusal("INVALIDOBJ Corrupted HLL object detected");

    /// Thrown when an argument that has to be the id of a stream's entry is none.
    public static final Refusal INVALID_ID = new Refusal("ERR Invalid stream ID specified as stream command argument");

    public static final String NO_GROUP_KEY =
            "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may"
                    + " want to use the MKSTREAM option to create an empty stream automatically.";
    public static final String GROUP_EXISTS = "BUSYGROUP Consumer Group name already exists";
    public static final String STREAM_GONE = "UNBLOCKED the stream key no longer exists";

    /// How many bytes of an unknown word are shown, at most.
    public static final int MOST_ECHOED = 128;

    private Errors() {}

    /// What a client wrote, to be shown in an error: its bytes up to the first NUL, for which Redis shows no
    /// more either.
    ///
    /// @return one char per byte, as [Reply#error] takes it
    public static String echo(Bytes word) {
        return echo(word, Integer.MAX_VALUE);
    }

    /// The same, cut after so many bytes.
    public static String echo(Bytes word, int mostBytes) {
        int shown = 0;
        while (shown < Math.min(word.length(), mostBytes) && word.at(shown) != 0) shown++;
        return new Bytes(word.array(), word.offset(), shown).toLatin1();
    }

    /// Java's text, which may hold any character (the name of a file, say), in the form that [Reply#error]
    /// takes: the bytes of its UTF-8, one char each.
    public static String ofJava(String text) {
        return Bytes.of(text).toLatin1();
    }

    /// For an operation of BITOP that compares the first key with others, and got no others.
    public static Refusal bitOpSeveral(String operation) {
        return new Refusal("ERR BITOP " + operation + " must be called with multiple source keys.");
    }

    /// For a group that is not there, or a stream.
    public static String noGroup(Bytes key, Bytes group) {
        return "NOGROUP No such key '" + echo(key) + "' or consumer group '" + echo(group) + "'";
    }

    /// The same where the stream is there.
    public static String noGroupOf(Bytes key, Bytes group) {
        return "NOGROUP No such consumer group '" + echo(group) + "' for key name '" + echo(key) + "'";
    }

    /// For a wrong number of arguments, with the command's full name in lower case (`set`, `client|kill`).
    public static String arity(String fullName) {
        return "ERR wrong number of arguments for '" + fullName + "' command";
    }

    /// To those who cannot be sent anything but answers.
    public static String denyBlocking(String name) {
        return "ERR " + name.toUpperCase(Locale.ROOT) + " isn't allowed for a DENY BLOCKING client";
    }

    /// For more arguments than a subcommand knows; they are counted by hand where the least number is all
    /// that its arity says.
    ///
    /// @param container in lower case
    /// @param word      the subcommand as the client wrote it
    public static String subcommandArity(String container, Bytes word) {
        return "ERR unknown subcommand or wrong number of arguments for '" + echo(word, MOST_ECHOED) + "'. Try "
                + container.toUpperCase(Locale.ROOT) + " HELP.";
    }

    /// For an expiry time that is negative, or too large to be counted in milliseconds.
    public static Refusal invalidExpire(String fullName) {
        return new Refusal("ERR invalid expire time in '" + fullName + "' command");
    }
}
