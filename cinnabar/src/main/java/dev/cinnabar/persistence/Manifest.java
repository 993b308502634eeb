package dev.cinnabar.persistence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The table of contents of a log directory: which files make the data, in which order. Redis 7's format, one
/// file a line:
///
/// ```
///   file appendonly.aof.2.base.aof seq 2 type b      the data at one moment; at most one
///   file appendonly.aof.3.incr.aof seq 3 type i      what changed since, in ascending order of seq
///   file appendonly.aof.4.incr.aof seq 4 type i
///   file appendonly.aof.1.base.rdb seq 1 type h      history: not needed any more, to be deleted
/// ```
///
/// A name with blanks or odd bytes is quoted as Redis quotes. Lines that start with `#` are comments; keys
/// that we do not know are passed over. Our last line is a [checksum line][Checksum], which Redis takes for a
/// comment: without it, one flipped bit makes an increment (`i`) history (`h`), and history is deleted.
/// Immutable.
record Manifest(List<Entry> entries) {
    static final Manifest EMPTY = new Manifest(List.of());

    private static final int MAX_LINE = 1024; // Redis's limit

    enum Type {
        BASE('b'),
        INCREMENT('i'),
        HISTORY('h');

        private final char letter;

        Type(char letter) {
            this.letter = letter;
        }
    }

    record Entry(String name, long seq, Type type) {}

    Manifest {
        entries = List.copyOf(entries);
    }

    Optional<Entry> base() {
        return entries.stream().filter(e -> e.type == Type.BASE).findFirst();
    }

    List<Entry> increments() {
        return entries.stream().filter(e -> e.type == Type.INCREMENT).toList();
    }

    List<Entry> history() {
        return entries.stream().filter(e -> e.type == Type.HISTORY).toList();
    }

    /// The files that make the data, in the order in which they are to be read.
    List<Entry> live() {
        List<Entry> live = new ArrayList<>();
        base().ifPresent(live::add);
        live.addAll(increments());
        return live;
    }

    long lastSeq(Type type) {
        return entries.stream()
                .filter(e -> e.type == type)
                .mapToLong(Entry::seq)
                .max()
                .orElse(0);
    }

    Manifest plus(Entry entry) {
        List<Entry> more = new ArrayList<>(entries);
        more.add(entry);
        return new Manifest(more);
    }

    /// The manifest after a rewrite: the new base, the increments from a number on; all others are history.
    Manifest rewritten(Entry base, long firstIncrement) {
        List<Entry> now = new ArrayList<>();
        now.add(base);
        for (Entry e : entries) {
            boolean stays = e.type == Type.INCREMENT && e.seq >= firstIncrement;
            now.add(stays ? e : new Entry(e.name, e.seq, Type.HISTORY));
        }
        return new Manifest(now);
    }

    Manifest withoutHistory() {
        return new Manifest(entries.stream().filter(e -> e.type != Type.HISTORY).toList());
    }

    // ---- text ----

    byte[] format() {
        StringBuilder text = new StringBuilder();
        for (Type type : List.of(Type.BASE, Type.HISTORY, Type.INCREMENT)) {
            for (Entry e : entries) {
                if (e.type != type) continue;
                text.append("file ").append(quoted(e.name));
                text.append(" seq ")
                        .append(e.seq)
                        .append(" type ")
                        .append(type.letter)
                        .append('\n');
            }
        }
        byte[] content = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        byte[] sealed = Arrays.copyOf(content, content.length + Checksum.MAX_LINE);
        Checksum checksum = new Checksum();
        checksum.update(content, 0, content.length);
        int line = checksum.end(Checksum.Kind.END, content.length, sealed, content.length);
        return Arrays.copyOf(sealed, content.length + line);
    }

    /// Reads a manifest. It has a checksum unless it was last written by Redis or by hand.
    ///
    /// @param source the manifest's name, for messages
    static Manifest parse(byte[] content, String source) throws DamagedLog {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        if (text.isEmpty()) throw new DamagedLog(source, -1, "the manifest is empty");
        if (!text.endsWith("\n")) throw new DamagedLog(source, text.lastIndexOf('\n') + 1, "the last line has no end");
        List<Entry> entries = new ArrayList<>();
        int at = 0;
        for (String line : text.split("\n", -1)) {
            if (line.startsWith("#")) verify(content, at, line.length() + 1, source);
            else if (at < text.length()) entries.add(entry(line, source, at, entries));
            at += line.length() + 1;
        }
        if (entries.isEmpty()) throw new DamagedLog(source, -1, "the manifest names no file");
        return new Manifest(entries);
    }

    private static void verify(byte[] content, int at, int length, String source) throws DamagedLog {
        if (Checksum.kindOf(content, at, length) == null) return;
        Checksum checksum = new Checksum();
        checksum.update(content, 0, at);
        if (!checksum.verify(content, at, length, at)) {
            throw new DamagedLog(
                    source,
                    at,
                    "the manifest does not have the checksum that stands here"
                            + " (whoever edits it takes this line out)");
        }
    }

    private static Entry entry(String line, String source, int at, List<Entry> before) throws DamagedLog {
        if (line.length() > MAX_LINE) throw new DamagedLog(source, at, "a line of more than " + MAX_LINE + " bytes");
        List<String> words = words(line);
        if (words.isEmpty() || words.size() % 2 != 0)
            throw new DamagedLog(source, at, "not a line of keys and values: " + line);
        String name = "";
        long seq = 0;
        Type type = null;
        for (int i = 0; i < words.size(); i += 2) {
            String value = words.get(i + 1);
            switch (words.get(i)) {
                case "file" -> name = fromUtf8(value);
                case "seq" -> seq = number(value);
                case "type" -> type = type(value);
                default -> {} // of a later version
            }
        }
        if (name.isEmpty() || seq <= 0 || type == null)
            throw new DamagedLog(source, at, "file, seq and type expected: " + line);
        if (name.contains("/") || name.contains("\\") || name.equals("..") || name.equals(".")) {
            throw new DamagedLog(source, at, "a file's name must not be a path: " + line);
        }
        for (Entry e : before) {
            if (e.name.equals(name)) throw new DamagedLog(source, at, "the file was named before: " + line);
            if (e.type != type) continue;
            if (type == Type.BASE) throw new DamagedLog(source, at, "a second base: " + line);
            if (type == Type.INCREMENT && e.seq >= seq)
                throw new DamagedLog(source, at, "seq does not ascend: " + line);
        }
        return new Entry(name, seq, type);
    }

    private static long number(String text) {
        if (text.isEmpty() || text.length() > 18) return -1;
        for (int i = 0; i < text.length(); i++) if (text.charAt(i) < '0' || text.charAt(i) > '9') return -1;
        return Long.parseLong(text);
    }

    private static @Nullable Type type(String letter) {
        for (Type type : Type.values()) if (letter.length() == 1 && letter.charAt(0) == type.letter) return type;
        return null;
    }

    /// A name as it stands in the text: its bytes in UTF-8, as Redis writes what the system calls the file.
    private static String quoted(String utf16) {
        String name =
                new String(utf16.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1); // a sign is a byte
        boolean isPlain = !name.isEmpty();
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '"' || c == '\\') quoted.append('\\').append(c);
            else if (c > ' ' && c < 0x7f && c != '\'' || c == ' ') quoted.append(c);
            else quoted.append(String.format("\\x%02x", (int) c));
            isPlain &= c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '\'';
        }
        return isPlain ? name : quoted.append('"').toString();
    }

    /// @param bytes a sign for each
    private static String fromUtf8(String bytes) {
        byte[] utf8 = bytes.getBytes(StandardCharsets.ISO_8859_1);
        String name = new String(utf8, StandardCharsets.UTF_8);
        return name.indexOf('\ufffd') < 0 ? name : bytes; // as versions of ours before this wrote it
    }

    /// Splits a line at blanks; a word may be quoted. An empty list says that the quoting is broken.
    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        int i = 0;
        while (true) {
            while (i < line.length() && (line.charAt(i) == ' ' || line.charAt(i) == '\t' || line.charAt(i) == '\r'))
                i++;
            if (i == line.length()) return words;
            StringBuilder word = new StringBuilder();
            if (line.charAt(i) == '"') {
                i = unquote(line, i + 1, word);
                if (i < 0) return List.of();
            } else {
                while (i < line.length() && " \t\r".indexOf(line.charAt(i)) < 0) word.append(line.charAt(i++));
            }
            words.add(word.toString());
        }
    }

    /// Reads up to the closing quote; answers the place behind it, or -1.
    private static int unquote(String line, int from, StringBuilder word) {
        for (int i = from; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"') return i + 1;
            if (c == '\\' && i + 3 < line.length() && line.charAt(i + 1) == 'x') {
                int high = Character.digit(line.charAt(i + 2), 16);
                int low = Character.digit(line.charAt(i + 3), 16);
                if (high < 0 || low < 0) return -1;
                c = (char) (high << 4 | low);
                i += 3;
            } else if (c == '\\' && i + 1 < line.length()) {
                c = switch (line.charAt(++i)) {
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    case 'a' -> 7;
                    case 'b' -> '\b';
                    default -> line.charAt(i);
                };
            }
            word.append(c);
        }
        return -1;
    }
}
