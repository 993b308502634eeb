package dev.cinnabar.server;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Turns one reply in RESP3 into Java objects, for calls within the process.
///
/// ```
///    +simple $bulk =verbatim   String, or byte[] for those who asked for bytes
///    :1  ,1.5  (123            Long, Double, BigInteger
///    #t  _                     Boolean, null
///    *  >    ~    %            List, Set, Map (in the order of the reply)
///    -ERR …                    CommandException at the top, an instance of it inside an aggregate
/// ```
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
            case '%' -> map();
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
        if (size < 0) return null;
        List<@Nullable Object> list = new ArrayList<>();
        for (long i = 0; i < size; i++) list.add(next());
        return list;
    }

    private Object set() {
        long size = number();
        // byte arrays are equal only to themselves: a set of them would be of no use
        Collection<@Nullable Object> elements = asBytes ? new ArrayList<>() : new LinkedHashSet<>();
        for (long i = 0; i < size; i++) elements.add(next());
        return elements;
    }

    private Object map() {
        long pairs = number();
        Map<Object, @Nullable Object> map = new LinkedHashMap<>();
        for (long i = 0; i < pairs; i++) {
            Object key = next();
            map.put(key instanceof byte[] b ? new String(b, StandardCharsets.UTF_8) : String.valueOf(key), next());
        }
        return map;
    }
}
