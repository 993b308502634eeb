package dev.cinnabar.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// Looks at any place of a log file, ahead of where [LogReader] is: what comes behind a place that does not
/// check out tells what it is. Not thread-safe.
final class LogScan {
    private static final int CHUNK = 1 << 16; // a multiple of a sector

    private final DiskFile file;
    private final byte[] chunk = new byte[CHUNK];

    LogScan(DiskFile file) {
        this.file = file;
    }

    /// Looks for the first byte that is not like others.
    interface Run {
        /// @return its index, or the number of bytes
        int end(byte[] bytes, int count, long position);
    }

    /// Looks for the end of a run that begins here.
    ///
    /// @return where, or the file's length
    long end(long from, Run run) throws IOException {
        for (long at = from; ; ) {
            int n = readFully(at, CHUNK);
            int end = run.end(chunk, n, at);
            at += end;
            if (end < n || n < CHUNK) return at;
        }
    }

    /// Whether the file goes on with these bytes.
    boolean isAt(long at, byte[] bytes) throws IOException {
        return readFully(at, bytes.length) == bytes.length
                && Arrays.equals(chunk, 0, bytes.length, bytes, 0, bytes.length);
    }

    /// Looks for a checksum line that stands where it says it stands.
    ///
    /// @return where, or -1
    long lineBehind(long from) throws IOException {
        for (long at = from; ; ) {
            int n = readFully(at, CHUNK);
            for (int i = 0; i < n; i++) {
                if (chunk[i] == '#' && Checksum.claims(chunk, i, n - i, at + i)) return at + i;
            }
            if (n < CHUNK) return -1;
            at += n - Checksum.MAX_LINE;
        }
    }

    /// The state of a checksum that has taken what lies between two places.
    ///
    /// @throws IOException also when the file is not so long any more
    Checksum checksum(long from, long to) throws IOException {
        Checksum sum = new Checksum();
        for (long at = from; at < to; ) {
            int n = readFully(at, (int) Math.min(CHUNK, to - at));
            if (n == 0) throw new IOException("the file became shorter while it was read");
            sum.update(chunk, 0, n);
            at += n;
        }
        return sum;
    }

    /// Whether a checksum line fits.
    ///
    /// @param before where the line before it starts
    boolean fits(long before, long line) throws IOException {
        Checksum sum = checksum(before, line);
        int n = readFully(line, Checksum.MAX_LINE);
        int length = 0;
        while (length < n && chunk[length++] != '\n') {}
        return sum.verify(chunk, 0, length, line);
    }

    /// Whether what follows a group, and does not check out, was not written as a whole. A power cut leaves
    /// sectors of filler in it; a process that is killed, and a file that was cut, leave its beginning, and
    /// neither its line nor what a line becomes when a bit of it flips.
    ///
    /// @param from where the line of the group before ends
    boolean isTorn(long from) throws IOException {
        long line = lineBehind(from);
        if (line >= 0) return lineBehind(line + 1) < 0 && hasUnwritten(from, line);
        long end = endOfData(from);
        return !endsLikeAGroup(from, end) || hasUnwritten(from, end);
    }

    /// Whether a sector, or the rest of the first one, shows nothing but filler.
    private boolean hasUnwritten(long from, long to) throws IOException {
        for (long at = from; at < to; ) {
            int n = readFully(at, Filler.SECTOR - (int) (at % Filler.SECTOR));
            if (n == 0) return false;
            if (Filler.isUnwritten(chunk, 0, n, at) && !(n == 1 && startsLine(at))) return true;
            at += n;
        }
        return false;
    }

    /// Whether the sign at the very end of a sector is followed by a letter: then a line of ours starts with
    /// it.
    private boolean startsLine(long at) throws IOException {
        return readFully(at, 2) == 2 && chunk[0] == '#' && chunk[1] >= 'A' && chunk[1] <= 'Z';
    }

    private long endOfData(long from) throws IOException {
        long end = from;
        for (long at = from; ; ) {
            int n = readFully(at, CHUNK);
            for (int i = 0; i < n; i++) if (!Filler.isFiller(chunk[i], at + i)) end = at + i + 1;
            if (n < CHUNK) return end;
            at += n;
        }
    }

    /// Whether a line, or what it becomes when a bit of it flips, ends about here, and all its sectors were
    /// written.
    private boolean endsLikeAGroup(long from, long end) throws IOException {
        for (long line = Math.max(from, end - Checksum.MAX_LINE); line < end; line++) {
            int n = readFully(line, Checksum.MAX_LINE);
            for (long to = end;
                    to <= end + 2 && to - line <= n;
                    to++) { // its \r\n may be missing, or taken for filler's
                if (Checksum.resembles(chunk, 0, (int) (to - line), line)) return !hasUnwritten(from, to);
            }
        }
        return false;
    }

    /// Reads into the chunk.
    ///
    /// @return how many bytes: less than asked for only at the end of the file
    private int readFully(long at, int count) throws IOException {
        ByteBuffer window = ByteBuffer.wrap(chunk, 0, count);
        while (window.hasRemaining()) {
            if (file.read(window, at + window.position()) < 0) break;
        }
        return window.position();
    }
}
