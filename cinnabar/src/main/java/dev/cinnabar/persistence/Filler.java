package dev.cinnabar.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// What lies in a log file behind its end, under `always`: room that was written before, so that a group only
/// overwrites.
///
/// ```
///   … | *3 $3 SET … | #GRP:8431:5a10b2e7 | ######…####\n | ################…####\n | … up to the end of the file
///                                        ^ the log's end   lines of 64 bytes, at multiples of 64
/// ```
///
/// An fsync of a file that grew commits the file system's journal as well, one of bytes that were overwritten
/// does not: about half of an fsync's time. The bytes are lines of `#`, because Redis skips those and can go
/// on behind them; short ones, because it reads a line in pieces of 127 bytes and would take the rest of a
/// longer one for something else.
///
/// What a group is made of never looks like this for a whole [sector][#SECTOR], unless somebody's value does;
/// so after a power cut it is seen which sectors of the last group never reached the disk: [LogReader].
/// `docs/decisions/0023-groups-overwrite.md`
final class Filler {
    /// What a disk writes whole or not at all, in bytes; of larger ones that is true as well.
    static final int SECTOR = 512;

    private static final int LINE = 64; // divides SECTOR; below Redis's 127
    private static final int AHEAD = 128 << 10; // a group of 50 clients' SETs is 2 KiB
    private static final int PIECE = 16 << 10;
    private static final byte[] LINES = new byte[PIECE + LINE];

    static {
        for (int i = 0; i < LINES.length; i++) LINES[i] = at(i);
    }

    private Filler() {}

    private static byte at(long position) {
        return (byte) (position % LINE == LINE - 1 ? '\n' : '#');
    }

    /// Whether a group of so many bytes is small enough to be written twice.
    static boolean isWorthIt(long groupBytes) {
        return groupBytes <= AHEAD / 4;
    }

    /// Writes filler behind the end of a file, up to some 128 to 256 KiB from there.
    ///
    /// @return where the file ends now; a disk that is full makes that less, which harms nothing
    static long fill(DiskFile file, long from) {
        long to = (from / AHEAD + 2) * AHEAD;
        long at = from;
        try {
            keepLine(file, from);
            if (at % LINE == LINE - 1) at++;
            while (at < to) {
                ByteBuffer piece = ByteBuffer.wrap(LINES, (int) (at % LINE), (int) Math.min(PIECE, to - at));
                int start = piece.position();
                try {
                    file.writeAll(piece, at);
                } finally {
                    at += piece.position() - start;
                }
            }
        } catch (IOException e) { // no room, or worse: the next write of the log itself will tell
            return keepEnded(file, from, at);
        }
        return at;
    }

    /// Takes back what reaches beyond the last place where filler can end: what Redis would write behind it
    /// could not be told from a torn group.
    private static long keepEnded(DiskFile file, long from, long to) {
        long end = Math.max(from, to - to % AHEAD);
        try {
            file.truncate(end);
        } catch (IOException e) {
            return to;
        }
        return end;
    }

    /// Sees to it that what is left of a line of filler, when the log ends here, is still a line that starts
    /// with `#`.
    static void keepLine(DiskFile file, long end) throws IOException {
        if (end % LINE != LINE - 1) return;
        file.writeAll(ByteBuffer.wrap(LINES, 0, 1), end);
    }

    /// Whether filler can end here: who goes on behind all of it begins at such a place.
    static boolean isEnd(long position) {
        return position % AHEAD == 0;
    }

    /// Looks for the first byte that cannot be filler, nor what a file system shows where filler was to be.
    ///
    /// @param position where in the file the bytes stand
    /// @return its index, or the number of bytes
    static int end(byte[] bytes, int count, long position) {
        for (int i = 0; i < count; i++) {
            int start = (int) ((position + i) % LINE);
            int n = Math.min(count - i, PIECE);
            int same = Arrays.mismatch(bytes, i, i + n, LINES, start, start + n); // quick, also before it is compiled
            i += same < 0 ? n - 1 : same;
            if (same >= 0 && !isFiller(bytes[i], position + i)) return i;
        }
        return count;
    }

    static boolean isFiller(byte b, long position) {
        return b == '#' || b == at(position) || b == 0;
    }

    /// Whether bytes are filler, or zeros, and nothing else: nothing was ever written there.
    ///
    /// @param position where in the file they stand
    static boolean isUnwritten(byte[] bytes, int from, int count, long position) {
        boolean areZeros = bytes[from] == 0;
        for (int i = 0; i < count; i++) {
            byte b = bytes[from + i];
            if (areZeros ? b != 0 : b != '#' && b != at(position + i)) return false;
        }
        return true;
    }
}
