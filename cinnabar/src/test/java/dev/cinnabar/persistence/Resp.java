package dev.cinnabar.persistence;

import dev.cinnabar.base.ByteBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Commands as RESP arrays, the slow and obvious way.
final class Resp {
    private Resp() {}

    static byte[] command(String... words) {
        ByteBuilder out = new ByteBuilder();
        out.append("*" + words.length + "\r\n");
        for (String word : words) {
            byte[] bytes = word.getBytes(StandardCharsets.ISO_8859_1);
            out.append("$" + bytes.length + "\r\n").append(bytes).appendCrlf();
        }
        return out.copy();
    }

    static byte[] join(byte[]... parts) {
        ByteBuilder out = new ByteBuilder();
        for (byte[] part : parts) out.append(part);
        return out.copy();
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// Many commands, one in each string, words separated by blanks.
    static byte[] commands(String... lines) {
        ByteBuilder out = new ByteBuilder();
        for (String line : lines) out.append(command(line.split(" ")));
        return out.copy();
    }

    /// A file as we write it: a first line, groups of commands with a checksum line behind each.
    static byte[] checksummed(byte[]... groups) {
        return checksummed(Checksum.Kind.CRC, groups);
    }

    /// The same with lines of another kind behind the groups; a group behind a group begins as such.
    static byte[] checksummed(Checksum.Kind kind, byte[]... groups) {
        ByteBuilder out = new ByteBuilder();
        Checksum checksum = new Checksum();
        byte[] line = new byte[Checksum.MAX_LINE];
        out.append(line, 0, checksum.end(Checksum.Kind.CRC, 0, line, 0));
        for (byte[] commands : groups) {
            boolean isBehindGroup = kind == Checksum.Kind.GRP && commands != groups[0];
            byte[] group = isBehindGroup ? join(Checksum.GROUP_BEGIN, commands) : commands;
            out.append(group);
            checksum.update(group, 0, group.length);
            out.append(line, 0, checksum.end(kind, out.length(), line, 0));
        }
        return out.copy();
    }

    /// A file with filler behind it, up to this length.
    static byte[] filled(byte[] file, int length) {
        byte[] filled = Arrays.copyOf(file, length);
        for (int i = file.length; i < length; i++) filled[i] = fillerAt(i);
        if (file.length % 64 == 63) filled[file.length] = '#';
        return filled;
    }

    static byte fillerAt(int position) {
        return (byte) (position % 64 == 63 ? '\n' : '#');
    }
}
