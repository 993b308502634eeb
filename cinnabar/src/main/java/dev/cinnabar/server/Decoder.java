package dev.cinnabar.server;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.AbstractMap.SimpleEntry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Turns one reply in RESP3 into Java objects, for calls within the process.
///
/// ```
///                              text                        for those who asked for bytes
///    +simple                   String                      String
///    $bulk =verbatim           String                      byte[]
///    :1  ,1.5  (123            Long, Double, BigInteger
///    #t  _                     Boolean, null
///    *  >                      List
///    ~                         Set, or List (see below)    List
///    %                         Map, or List of entries     BytesMap, or List of entries
///    -ERR …                    CommandException at the top, an instance of it inside an aggregate
///    |                         nothing: an attribute is passed over
/// ```
///
/// All in the order of the reply. Nothing of it is lost: where members or keys are equal, as those may be as
/// text that are no text, and as a stream is to itself that XREAD names twice, a list takes the place of the
/// set or the map.
final class Decoder {
    private final byte[] reply;
    private final boolean asBytes;
    private int position;

    Decoder(byte[] reply, boolean asBytes) {
        this.reply = reply;
        this.asBytes = asBytes;
    }

    /// @return null also for no reply at all
    /// @throws CommandException when the reply is an error
    @Nullable
    Object decode() {
        if (reply.length == 0) return null;
        Object value = next();
        if (value instanceof CommandException e) throw e;
        return value;
    }

    private @Nullable Object next() {
        byte type = reply[position++];
        return switch (type) {
            case '+' -> line();
            case '-' -> new CommandException(line());
            case ':' -> number();
            case '$' -> bulk(0);
            case '=' -> bulk("txt:".length());
            case ',' -> decimal(line());
            case '(' -> new BigInteger(line());
            case '#' -> line().equals("t");
            case '_' -> nothing();
            case '*', '>' -> list();
            case '~' -> set();
            case '|' -> afterAttribute();
            case '%' -> asBytes ? map(new BytesMap(), this::bytesKey) : map(new LinkedHashMap<>(), this::textKey);
            default -> throw new IllegalStateException("reply of unknown type " + (char) type);
        };
    }

    private String line() {
        int end = position;
        while (reply[end] != '\r') end++;
        String text = new String(reply, position, end - position, StandardCharsets.UTF_8);
        position = end + 2;
        return text;
    }

    private long number() {
        int end = position;
        while (reply[end] != '\r') end++;
        long value = Numbers.parse(new Bytes(reply, position, end - position));
        position = end + 2;
        return value;
    }

    private static double decimal(String text) {
        return switch (text) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> Double.parseDouble(text);
        };
    }

    private @Nullable Object bulk(int prefix) {
        int length = (int) number();
        if (length < 0) return null;
        Bytes window = new Bytes(reply, position + prefix, length - prefix);
        position += length + 2;
        return asBytes ? window.copy() : window.toString();
    }

    private @Nullable Object nothing() {
        position += 2;
        return null;
    }

    private @Nullable List<@Nullable Object> list() {
        long size = number();
        return size < 0 ? null : list(size);
    }

    private List<@Nullable Object> list(long size) {
        List<@Nullable Object> list = new ArrayList<>();
        for (long i = 0; i < size; i++) list.add(next());
        return list;
    }

    private Object set() {
        int size = (int) number();
        if (asBytes) return list(size); // byte arrays are equal only to themselves: a set of them would be of no use
        int begin = position;
        Set<@Nullable Object> set = new LinkedHashSet<>();
        for (int i = 0; i < size; i++) set.add(next());
        if (set.size() == size) return set;
        position = begin;
        return list(size);
    }

    private <K> Object map(Map<K, @Nullable Object> map, Supplier<K> nextKey) {
        int size = (int) number();
        int begin = position;
        for (int i = 0; i < size; i++) map.put(nextKey.get(), next());
        if (map.size() == size) return map;
        position = begin;
        List<Map.Entry<K, @Nullable Object>> entries = new ArrayList<>();
        for (int i = 0; i < size; i++) entries.add(new SimpleEntry<>(nextKey.get(), next()));
        return entries;
    }

    private @Nullable Object afterAttribute() {
        long size = number();
        for (long i = 0; i < 2 * size; i++) next();
        return next();
    }

    private String textKey() {
        return String.valueOf(next());
    }

    private byte[] bytesKey() {
        Object key = next();
        return key instanceof byte[] bytes ? bytes : String.valueOf(key).getBytes(StandardCharsets.UTF_8);
    }
}
