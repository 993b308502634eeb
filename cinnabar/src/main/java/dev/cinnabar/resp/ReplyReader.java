package dev.cinnabar.resp;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.StoredBytes;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads replies, RESP2 and RESP3, into plain Java objects: for whoever is the client. The server never does
/// this.
///
/// | reply | object |
/// |---|---|
/// | `+` simple string | `String` |
/// | `$` bulk string, `=` verbatim string | `StoredBytes`, [Verbatim] |
/// | `-`, `!` error | [Failure] |
/// | `:` integer, `(` big number, `,` double, `#` boolean | `Long`, `BigInteger`, `Double`, `Boolean` |
/// | `*` array, `~` set, `%` map, `>` push | `List`, `Set`, `Map`, [Push]; in the order of the reply |
/// | `_`, `$-1`, `*-1` | null |
/// | <code>&#124;</code> attributes | none: [#attributes()], until the next reply |
///
/// Not thread-safe.
public final class ReplyReader {
    private static final int BUFFER_SIZE = 64 << 10;
    private static final int MAX_LENGTH = 1 << 30;
    private static final int MAX_DEPTH = 512; // of arrays in arrays; protects the stack

    /// An error reply, such as `ERR unknown command`.
    public record Failure(String text) {}

    /// A text with its format, three letters: `txt` or `mkd`.
    public record Verbatim(String format, StoredBytes text) {}

    /// Something that is no answer: a message, an invalidation.
    public record Push(List<@Nullable Object> items) {}

    private final @Nullable InputStream source;
    private byte[] buffer;
    private int at;
    private int end;
    private @Nullable Map<@Nullable Object, @Nullable Object> attributes;

    /// Reads from a stream; each read waits until the reply is there.
    public ReplyReader(InputStream source) {
        this.source = source;
        this.buffer = new byte[BUFFER_SIZE];
    }

    /// Reads replies that are complete, one after the other.
    public ReplyReader(byte[] array, int from, int to) {
        source = null;
        buffer = array;
        at = from;
        end = to;
    }

    /// The reply in these bytes.
    public static @Nullable Object read(byte[] array, int from, int to) throws IOException {
        return new ReplyReader(array, from, to).read();
    }

    /// Whether bytes are left that were not read yet.
    public boolean hasMore() {
        return at < end;
    }

    /// What came before the last reply as its attributes; empty when nothing did.
    public Map<@Nullable Object, @Nullable Object> attributes() {
        return attributes == null ? Map.of() : attributes;
    }

    /// The next reply.
    ///
    /// @throws EOFException when the bytes end before the reply does
    /// @throws IOException when the source fails, or what comes is no reply
    public @Nullable Object read() throws IOException {
        attributes = null;
        try {
            return read(0);
        } catch (NumberFormatException e) {
            throw new IOException("a number that is none: " + e.getMessage(), e);
        }
    }

    private @Nullable Object read(int depth) throws IOException {
        if (depth > MAX_DEPTH) throw new IOException("a reply nested more than " + MAX_DEPTH + " deep");
        byte type = next();
        return switch (type) {
            case '+' -> line();
            case '-' -> new Failure(line());
            case ':' -> Long.parseLong(line());
            case '_' -> nothing();
            case '#' -> line().equals("t");
            case ',' -> parseDouble(line());
            case '(' -> new BigInteger(line());
            case '$' -> bulk();
            case '!' -> new Failure(String.valueOf(bulk()));
            case '=' -> verbatim();
            case '*' -> list(depth);
            case '>' -> new Push(orEmpty(list(depth)));
            case '~' -> new LinkedHashSet<>(orEmpty(list(depth)));
            case '%' -> map(depth);
            case '|' -> {
                attributes = map(depth);
                yield read(depth);
            }
            default -> throw new IOException("no reply begins with byte " + type + " ('" + (char) (type & 0xff) + "')");
        };
    }

    private @Nullable Object nothing() throws IOException {
        line();
        return null;
    }

    private static Double parseDouble(String text) {
        return switch (text) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan", "-nan" -> Double.NaN;
            default -> Double.valueOf(text);
        };
    }

    private @Nullable StoredBytes bulk() throws IOException {
        int length = length();
        if (length < 0) return null;
        need(length + 2);
        StoredBytes bytes = StoredBytes.copyOf(new Bytes(buffer, at, length));
        at += length + 2;
        return bytes;
    }

    private Verbatim verbatim() throws IOException {
        int length = length();
        need(length + 2);
        String format = new String(buffer, at, 3, StandardCharsets.ISO_8859_1);
        StoredBytes text = StoredBytes.copyOf(new Bytes(buffer, at + 4, length - 4));
        at += length + 2;
        return new Verbatim(format, text);
    }

    private @Nullable List<@Nullable Object> list(int depth) throws IOException {
        int count = length();
        if (count < 0) return null;
        List<@Nullable Object> items = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) items.add(read(depth + 1));
        return items;
    }

    private Map<@Nullable Object, @Nullable Object> map(int depth) throws IOException {
        int count = length();
        Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            Object key = read(depth + 1);
            map.put(key, read(depth + 1));
        }
        return map;
    }

    private static List<@Nullable Object> orEmpty(@Nullable List<@Nullable Object> items) {
        return items == null ? List.of() : items;
    }

    private int length() throws IOException {
        int length = Integer.parseInt(line());
        if (length > MAX_LENGTH) throw new IOException("a length of " + length + " is more than we take");
        return length;
    }

    // ---- bytes ----

    private byte next() throws IOException {
        need(1);
        return buffer[at++];
    }

    private String line() throws IOException {
        int length = 0;
        while (true) {
            need(length + 2);
            if (buffer[at + length] == '\r' && buffer[at + length + 1] == '\n') break;
            length++;
        }
        String text = new String(buffer, at, length, StandardCharsets.UTF_8);
        at += length + 2;
        return text;
    }

    /// Makes sure that this many bytes lie in the buffer, from `at` on.
    private void need(int count) throws IOException {
        if (end - at < count) fetch(count);
    }

    private void fetch(int count) throws IOException {
        if (source == null) throw new EOFException("the reply ends too early");
        if (at > 0) {
            System.arraycopy(buffer, at, buffer, 0, end - at);
            end -= at;
            at = 0;
        }
        if (count > buffer.length)
            buffer = Arrays.copyOf(buffer, Math.max(count, Math.min(MAX_LENGTH, 2 * buffer.length)));
        while (end < count) {
            int n = source.read(buffer, end, buffer.length - end);
            if (n < 0) throw new EOFException("the connection ended within a reply");
            end += n;
        }
    }
}
