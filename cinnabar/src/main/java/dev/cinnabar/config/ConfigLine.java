package dev.cinnabar.config;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The words of a configuration line: splitting one into words, and quoting a word so that it splits back
/// into itself.
///
/// | written | means |
/// |---|---|
/// | `word` | everything up to the next blank |
/// | `"a b"` | quotes hold blanks; `\n \r \t \b \a \xHH` are bytes, any other character after `\` is itself |
/// | `'a b'` | the same without escapes but for `\'` |
///
/// A quote may begin within a word, but after the closing one there has to be a blank: `a"b c"` is the word
/// `ab c`, `"a"b` is a mistake. Escapes make bytes, and the bytes of a word are read as UTF-8.
public final class ConfigLine {
    private final String line;
    private int at;

    private ConfigLine(String line) {
        this.line = line;
    }

    /// The words of a line, possibly none; null when a quote is not closed or is followed by anything but a
    /// blank.
    public static @Nullable List<String> split(String line) {
        var reader = new ConfigLine(line);
        List<String> words = new ArrayList<>();
        while (reader.skipBlanks()) {
            String word = reader.word();
            if (word == null) return null;
            words.add(word);
        }
        return words;
    }

    /// The word in double quotes, with escapes for everything that is not printable ASCII.
    public static String quote(String word) {
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        var text = new StringBuilder(bytes.length + 2).append('"');
        for (byte b : bytes) {
            switch (b) {
                case '\\', '"' -> text.append('\\').append((char) b);
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                case 7 -> text.append("\\a");
                case '\b' -> text.append("\\b");
                default -> {
                    if (b >= ' ' && b < 127) text.append((char) b);
                    else text.append("\\x").append(hex(b >> 4)).append(hex(b));
                }
            }
        }
        return text.append('"').toString();
    }

    private static char hex(int digit) {
        return Character.forDigit(digit & 15, 16);
    }

    private boolean skipBlanks() {
        while (at < line.length() && isBlank(line.charAt(at))) at++;
        return at < line.length();
    }

    static boolean isBlank(char c) {
        return c == ' ' || c >= '\t' && c <= '\r' || c == 0;
    }

    private @Nullable String word() {
        var bytes = new ByteArrayOutputStream();
        while (at < line.length()) {
            char c = line.charAt(at);
            if (isBlank(c)) break;
            if (c == '"' || c == '\'') return quoted(c, bytes) ? text(bytes) : null;
            put(bytes);
        }
        return text(bytes);
    }

    /// Reads up to the closing quote, and says whether there was one and the word ends with it.
    private boolean quoted(char quote, ByteArrayOutputStream bytes) {
        at++;
        while (at < line.length()) {
            char c = line.charAt(at);
            if (c == quote) {
                at++;
                return at == line.length() || isBlank(line.charAt(at));
            }
            if (c == '\\' && at + 1 < line.length()) escaped(quote, bytes);
            else put(bytes);
        }
        return false;
    }

    private void escaped(char quote, ByteArrayOutputStream bytes) {
        char c = line.charAt(at + 1);
        if (quote == '\'') {
            if (c == '\'') at++; // else the backslash is itself
            put(bytes);
        } else if (c == 'x' && hexAt(at + 2) >= 0 && hexAt(at + 3) >= 0) {
            bytes.write(hexAt(at + 2) << 4 | hexAt(at + 3));
            at += 4;
        } else {
            at++;
            int escape = "nrtba".indexOf(c);
            if (escape < 0) {
                put(bytes);
            } else {
                bytes.write("\n\r\t\b\007".charAt(escape));
                at++;
            }
        }
    }

    private int hexAt(int index) {
        return index < line.length() ? Character.digit(line.charAt(index), 16) : -1;
    }

    /// Takes the character here, with its second half if it has one.
    private void put(ByteArrayOutputStream bytes) {
        int c = line.codePointAt(at);
        at += Character.charCount(c);
        if (c < 0x80) bytes.write(c);
        else bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
