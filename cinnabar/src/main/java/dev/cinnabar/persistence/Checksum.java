package dev.cinnabar.persistence;

import dev.cinnabar.base.Numbers;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The checksum lines between the commands of a log file.
///
/// A line starts with `#`, so Redis 7's loader and `redis-check-aof` skip it:
///
/// ```
///   #CRC:<offset>:<crc>\r\n     covers what lies between it and the line before
///   #GRP:<offset>:<crc>\r\n     the same, and ends a group: what follows counts when its own line is there ([Filler] may follow)
///   #END:<offset>:<crc>\r\n     the same, and says that the file is complete
///   #BEG\r\n                    no checksum: begins a group of ours that follows a group
///
///   #CRC:0:00000000 | *3 SET k v | *2 DEL k | #CRC:64:0d9976cf | *2 INCR n | #CRC:103:59263c78
///   └─────────── covered by the line at 64 ──┘└────── covered by the one at 103 ──┘
/// ```
///
/// | part | meaning |
/// |---|---|
/// | offset | where in its file this line starts, decimal; so nothing can be cut out or put in between |
/// | crc | CRC-32C, 8 lower-case hex digits, of all bytes from the start of the *line before* (or of the file) to here |
///
/// Each line is covered by the next one, so the checksums form a chain. The first line of a file that we
/// create stands at offset 0: it says that the file is a checksummed one. Why so:
/// `docs/decisions/0020-a-checksummed-aof.md`.
///
/// This class carries the chain along one file, either way. Not thread-safe.
final class Checksum {
    /// How many bytes a line takes at most.
    static final int MAX_LINE = 5 + Numbers.MAX_LONG_CHARS + 1 + 8 + 2;

    /// How many bytes the line at offset 0 takes.
    static final int FIRST_LINE = 5 + 1 + 1 + 8 + 2;

    /// The line that begins a group behind a group.
    static final byte[] GROUP_BEGIN = {'#', 'B', 'E', 'G', '\r', '\n'};

    private static final int PREFIX = 5;
    private static final int BEHIND_COLON = 8 + 2; // eight digits and the line's end
    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

    /// The sorts of line.
    enum Kind {
        CRC('C', 'R', 'C'),
        GRP('G', 'R', 'P'),
        END('E', 'N', 'D');

        private final byte[] prefix;

        Kind(char a, char b, char c) {
            prefix = new byte[] {'#', (byte) a, (byte) b, (byte) c, ':'};
        }
    }

    private static final Kind[] KINDS = Kind.values();

    private final CRC32C crc = new CRC32C();

    /// Takes the next bytes of the file into the chain.
    void update(byte[] bytes, int offset, int count) {
        crc.update(bytes, offset, count);
    }

    /// Writes the line for what was taken so far, and begins the next link with it.
    ///
    /// @param offset of the file at which the line will stand
    /// @param target with room for [#MAX_LINE] bytes at `at`
    /// @return how long the line is
    int end(Kind kind, long offset, byte[] target, int at) {
        int length = print(kind, offset, (int) crc.getValue(), target, at);
        crc.reset();
        crc.update(target, at, length);
        return length;
    }

    /// Takes a line that was read: the next link begins with it.
    ///
    /// @return whether it is just the line that belongs at this offset
    boolean verify(byte[] line, int at, int length, long offset) {
        byte[] expected = new byte[MAX_LINE];
        Kind kind = kindOf(line, at, length);
        int n = kind == null ? 0 : print(kind, offset, (int) crc.getValue(), expected, 0);
        boolean isSame = n == length && Arrays.equals(line, at, at + length, expected, 0, n);
        crc.reset();
        crc.update(line, at, length);
        return isSame;
    }

    /// Whether these bytes are the beginning of a line that belongs at this offset: what a torn write leaves.
    boolean isBeginning(byte[] line, int at, int length, long offset) {
        byte[] expected = new byte[MAX_LINE];
        for (Kind kind : KINDS) {
            int n = print(kind, offset, (int) crc.getValue(), expected, 0);
            if (length < n && Arrays.equals(line, at, at + length, expected, 0, length)) return true;
        }
        return false;
    }

    /// Which sort of line starts with these bytes, or null: no checksum line.
    static @Nullable Kind kindOf(byte[] bytes, int at, int length) {
        if (length < PREFIX || bytes[at + 1] == '#') return null; // filler, quickly
        for (Kind kind : KINDS) {
            if (Arrays.equals(bytes, at, at + PREFIX, kind.prefix, 0, PREFIX)) return kind;
        }
        return null;
    }

    /// Whether a checksum line that says it stands at this offset starts here, whatever its checksum.
    static boolean claims(byte[] bytes, int at, int length, long offset) {
        Kind kind = kindOf(bytes, at, length);
        if (kind == null) return false;
        byte[] expected = new byte[MAX_LINE];
        int n = print(kind, offset, 0, expected, 0);
        int digits = n - BEHIND_COLON;
        if (length < n || !Arrays.equals(bytes, at, at + digits, expected, 0, digits)) return false;
        for (int i = digits; i < digits + 8; i++) {
            byte b = bytes[at + i];
            if (!(b >= '0' && b <= '9' || b >= 'a' && b <= 'f')) return false;
        }
        return bytes[at + n - 2] == '\r' && bytes[at + n - 1] == '\n';
    }

    /// Whether what starts here is the end of a group at this offset but for a few characters, whatever its
    /// checksum: one that was damaged.
    static boolean resembles(byte[] bytes, int at, int length, long offset) {
        byte[] expected = new byte[MAX_LINE];
        int n = print(Kind.GRP, offset, 0, expected, 0);
        if (length != n) return false;
        int wrong = 0;
        for (int i = 0; i < n; i++) {
            boolean isChecksum = i >= n - BEHIND_COLON && i < n - 2;
            if (!isChecksum && bytes[at + i] != expected[i]) wrong++;
        }
        return wrong <= 2;
    }

    private static int print(Kind kind, long offset, int crc, byte[] target, int at) {
        System.arraycopy(kind.prefix, 0, target, at, PREFIX);
        int i = at + PREFIX;
        i += Numbers.print(offset, target, i);
        target[i++] = ':';
        for (int shift = 28; shift >= 0; shift -= 4) target[i++] = HEX[crc >>> shift & 15];
        target[i++] = '\r';
        target[i++] = '\n';
        return i - at;
    }
}
