package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// Reads a log file command by command and checks it on the way.
///
/// Strict: a log holds RESP arrays of bulk strings and lines that start with `#`, nothing else. The windows of a command
/// are valid until the next call. Not thread-safe.
final class LogReader implements Closeable {
    /*
     * The hard question is what an end that does not parse means. A crash leaves a *torn tail*: the file is a beginning of what
     * was to be written, perhaps followed by zeros that the file system had set aside. That is no damage; it is cut. Everything
     * else is: a flipped bit must not make us throw away what comes after it. So:
     *
     *   what is found                                           it is
     *   ------------------------------------------------------  ------------------------------------------------------
     *   a checksum line that does not fit                       damage between the line before and this one
     *   a byte that cannot stand where it stands                damage, unless from there to the end all is zeros
     *   a command that runs past the end of the file            torn, unless a checksum line is found further on that
     *                                                           stands at the offset it names: then the log went on, so
     *                                                           the command's *length* is damaged
     *   a last line without an end                              torn if it is the beginning of the line that belongs
     *                                                           there, else damage
     *   all parses, but a checksum line lies inside a command   damage: a length swallowed it
     *
     * So a bit that flips where a checksum line follows is always found. What follows the last line (at most 4 KiB or one
     * second of writes, nothing at all under `always` or after a clean stop) is protected by its syntax only.
     */

    /// What was read.
    enum Item {
        /// A command: [#argc] and [#argv].
        COMMAND,
        /// A line: checked if it is a checksum line, else skipped.
        LINE,
        /// The end of the file, behind a whole item.
        END,
        /// The file ends, or zeros begin, in the middle of an item: [#itemStart] is where to cut, [#tornBecause] why.
        TORN
    }

    private static final int BUFFER = 1 << 20;
    private static final int MAX_BUFFER = Integer.MAX_VALUE - 64;
    private static final int MAX_LINE = 1024; // as Redis's loader reads them
    private static final int MORE = -1; // the item goes on behind what was read so far

    private final DiskFile file;
    private final String name;
    private final long size;
    private final Checksum checksum = new Checksum();

    private byte[] buffer;
    private long bufferStart; // file offset of buffer[0]
    private int limit; // how much of the buffer was read from the file
    private int next; // where the next item starts
    private int item; // where the current item starts
    private int summed; // up to where the checksum was carried

    private Bytes[] argv = {};
    private int argc;
    private long coveredTo; // the end of the last checksum line
    private long linkStart; // where that line starts
    private boolean checksummed;
    private boolean ours; // a checksum line stands at offset 0
    private boolean ended; // the last item was an #END line
    private String torn = "";

    /// @param name the file's name, for messages
    /// @param from where to begin: 0, or behind an RDB image
    LogReader(DiskFile file, String name, long from) throws IOException {
        this.file = file;
        this.name = name;
        this.size = file.size();
        this.buffer = new byte[(int) Math.max(64, Math.min(BUFFER, size - from))];
        this.bufferStart = from;
        this.linkStart = from;
        this.coveredTo = from;
    }

    int argc() {
        return argc;
    }

    Bytes[] argv() {
        return argv;
    }

    /// Where the item read last starts in the file.
    long itemStart() {
        return bufferStart + item;
    }

    /// Where it ends.
    long itemEnd() {
        return bufferStart + next;
    }

    /// Whether a checksum line was seen.
    boolean isChecksummed() {
        return checksummed;
    }

    /// Whether a checksum line stands at the very beginning: the file was created by us.
    boolean isOurs() {
        return ours;
    }

    /// Whether the last item was a line that says: complete.
    boolean isEnded() {
        return ended;
    }

    /// Up to where the file is covered by checksums that fit.
    long coveredTo() {
        return coveredTo;
    }

    String tornBecause() {
        return torn;
    }

    /// Reads the next item.
    ///
    /// @throws DamagedLog when the file is not what was written
    Item next() throws IOException, DamagedLog {
        item = next;
        if (item == limit && !more()) {
            carryChecksumTo(item);
            refuseSwallowedLine();
            return Item.END;
        }
        return switch (buffer[item]) {
            case '*' -> command();
            case '#' -> line();
            default -> unreadable(item, "a command or a line starts with * or #, not with " + shown(buffer[item]));
        };
    }

    // ---- commands ----

    private Item command() throws IOException, DamagedLog {
        ended = false;
        while (true) {
            int end = parse();
            if (end >= 0) {
                next = end;
                return Item.COMMAND;
            }
            if (end != MORE) return Item.TORN;
            if (!more()) return tornOrSwallowed("the file ends in the middle of a command");
        }
    }

    /// Parses the command at `item`.
    ///
    /// @return its end, or [#MORE], or another negative number when the file is torn here
    private int parse() throws IOException, DamagedLog {
        byte[] b = buffer;
        int end = limit;
        int i = item + 1;

        long count = 0;
        int digits = i;
        while (true) {
            if (i == end) return MORE;
            int d = b[i] - '0';
            if (d < 0 || d > 9) break;
            count = count * 10 + d;
            if (count > Integer.MAX_VALUE) return reject(i, "an array of " + count + "… elements");
            i++;
        }
        if (count == 0 || b[digits] == '0') return reject(i, "the number of arguments is not a positive number");
        if (b[i] != '\r') return reject(i, "\\r expected after the number of arguments, not " + shown(b[i]));
        if (i + 1 == end) return MORE;
        if (b[i + 1] != '\n') return reject(i + 1, "\\n expected, not " + shown(b[i + 1]));
        i += 2;
        for (int a = 0; a < count; a++) {
            if (i == end) return MORE;
            if (a == argv.length) growArgv();
            if (b[i] != '$') return reject(i, "$ expected before an argument, not " + shown(b[i]));
            i++;
            long length = 0;
            digits = i;
            while (true) {
                if (i == end) return MORE;
                int d = b[i] - '0';
                if (d < 0 || d > 9) break;
                length = length * 10 + d;
                if (length > MAX_BUFFER) return reject(i, "an argument of " + length + "… bytes");
                i++;
            }
            if (i == digits || b[digits] == '0' && i - digits > 1)
                return reject(i, "the length of an argument is not a number");
            if (b[i] != '\r') return reject(i, "\\r expected after a length, not " + shown(b[i]));
            if (i + 1 == end) return MORE;
            if (b[i + 1] != '\n') return reject(i + 1, "\\n expected, not " + shown(b[i + 1]));
            i += 2;
            if (length + 2 > end - i) {
                if (length + 2 > size - bufferStart - i)
                    return past("the file ends in an argument of " + length + " bytes");
                return MORE;
            }
            argv[a].set(b, i, (int) length);
            i += (int) length;
            if (b[i] != '\r' || b[i + 1] != '\n') {
                return reject(b[i] == '\r' ? i + 1 : i, "an argument of " + length + " bytes does not end in \\r\\n");
            }
            i += 2;
        }
        argc = (int) count;
        return i;
    }

    private void growArgv() {
        int old = argv.length;
        argv = Arrays.copyOf(argv, Math.max(8, 2 * old));
        for (int i = old; i < argv.length; i++) argv[i] = new Bytes();
    }

    private int reject(int at, String why) throws IOException, DamagedLog {
        unreadable(at, why);
        return Integer.MIN_VALUE;
    }

    private int past(String why) throws IOException, DamagedLog {
        tornOrSwallowed(why);
        return Integer.MIN_VALUE;
    }

    // ---- lines ----

    private Item line() throws IOException, DamagedLog {
        int end = item;
        while (true) {
            while (end < limit && buffer[end] != '\n') end++;
            if (end < limit) break;
            int seen = end - item;
            if (seen > MAX_LINE || !more()) return lineWithoutEnd();
            end = item + seen;
        }
        int length = end + 1 - item;
        carryChecksumTo(item);
        Checksum.Kind kind = Checksum.kindOf(buffer, item, length);
        if (kind == null) {
            if (checksummed && !isTimestamp(length))
                throw damaged(item, "a line that is neither a checksum nor a timestamp");
        } else {
            verify(length);
        }
        ended = kind == Checksum.Kind.END;
        next = end + 1;
        return Item.LINE;
    }

    private void verify(int length) throws DamagedLog {
        long at = itemStart();
        if (!checksum.verify(buffer, item, length, at)) {
            if (!Checksum.claims(buffer, item, length, at)) {
                throw damaged(item, "a checksum line that does not belong here");
            }
            throw new DamagedLog(
                    name,
                    coveredTo,
                    coveredTo,
                    "the bytes up to offset " + at + " do not have the checksum that stands there");
        }
        summed = item + length;
        checksummed = true;
        ours |= at == 0;
        linkStart = at;
        coveredTo = at + length;
    }

    private boolean isTimestamp(int length) {
        return length > 4 && buffer[item + 1] == 'T' && buffer[item + 2] == 'S' && buffer[item + 3] == ':';
    }

    /// No end of the line is in sight: the file ends in it, or goes on with zeros, or it is damaged.
    private Item lineWithoutEnd() throws IOException, DamagedLog {
        carryChecksumTo(item);
        int end = item;
        while (end < limit && buffer[end] != 0) end++;
        int length = end - item;
        boolean last = length <= MAX_LINE && isZeroFrom(bufferStart + end);
        boolean beginning = !checksummed
                || checksum.isBeginning(buffer, item, length, itemStart())
                || new Bytes(buffer, item, Math.min(length, 4))
                        .toLatin1()
                        .equals("#TS:".substring(0, Math.min(length, 4)));
        if (last && beginning) return torn("the file ends in the middle of a line");
        throw damaged(item, "a line without an end that is not the beginning of a checksum line");
    }

    // ---- torn or damaged ----

    /// A byte cannot stand where it stands.
    private Item unreadable(int at, String why) throws IOException, DamagedLog {
        if (isZeroFrom(bufferStart + at))
            return tornOrSwallowed("from offset " + (bufferStart + at) + " on there are only zeros");
        throw damaged(item, why + lineBehind(itemStart()));
    }

    private Item tornOrSwallowed(String why) throws IOException, DamagedLog {
        String behind = lineBehind(itemStart());
        if (!behind.isEmpty()) throw damaged(item, why + behind);
        return torn(why);
    }

    private Item torn(String why) {
        torn = why;
        next = item;
        return Item.TORN;
    }

    /// All was read and parsed: but does what no checksum covers hold a checksum line that was taken for data?
    private void refuseSwallowedLine() throws IOException, DamagedLog {
        if (coveredTo == size) return;
        String behind = lineBehind(coveredTo);
        if (!behind.isEmpty()) {
            throw new DamagedLog(name, coveredTo, coveredTo, "a command from here on has a wrong length" + behind);
        }
    }

    /// Looks for a checksum line that stands where it says it stands.
    private String lineBehind(long from) throws IOException {
        if (!checksummed) return "";
        byte[] chunk = new byte[1 << 16];
        long at = from;
        while (true) {
            int n = readFully(chunk, at);
            for (int i = 0; i < n; i++) {
                if (chunk[i] == '#' && Checksum.claims(chunk, i, n - i, at + i)) {
                    return ", and at offset " + (at + i) + " a checksum line shows that the log went on";
                }
            }
            if (n < chunk.length) return "";
            at += n - Checksum.MAX_LINE;
        }
    }

    private boolean isZeroFrom(long offset) throws IOException {
        byte[] chunk = new byte[1 << 16];
        for (long at = offset; ; ) {
            int n = readFully(chunk, at);
            for (int i = 0; i < n; i++) if (chunk[i] != 0) return false;
            if (n < chunk.length) return true;
            at += n;
        }
    }

    private int readFully(byte[] target, long at) throws IOException {
        ByteBuffer window = ByteBuffer.wrap(target);
        while (window.hasRemaining()) {
            if (file.read(window, at + window.position()) < 0) break;
        }
        return window.position();
    }

    private DamagedLog damaged(int at, String why) {
        return new DamagedLog(name, bufferStart + at, checksummed ? coveredTo : itemStart(), why);
    }

    private static String shown(byte b) {
        return b > ' ' && b < 0x7f ? "'" + (char) b + "'" : String.format("0x%02x", b);
    }

    // ---- the buffer ----

    /// Reads on; the current item moves to the front.
    ///
    /// @return false at the end of the file
    private boolean more() throws IOException {
        if (bufferStart + limit >= size) return false;
        if (item > 0) {
            carryChecksumTo(item);
            System.arraycopy(buffer, item, buffer, 0, limit - item);
            bufferStart += item;
            limit -= item;
            summed -= item;
            item = 0;
            next = 0;
        } else if (limit == buffer.length) {
            buffer = Arrays.copyOf(buffer, (int) Math.min(MAX_BUFFER, 2L * buffer.length));
        }
        ByteBuffer window = ByteBuffer.wrap(buffer, limit, buffer.length - limit);
        int n = file.read(window, bufferStart + limit);
        if (n < 0) return false;
        limit += n;
        return true;
    }

    private void carryChecksumTo(int to) {
        if (to <= summed) return;
        checksum.update(buffer, summed, to - summed);
        summed = to;
    }

    /// The state of the checksums at a place, for whoever goes on writing there.
    ///
    /// @param end where the file is going to end: at or before [#itemStart], behind the last checksum line
    Checksum checksumAt(long end) throws IOException {
        if (end >= bufferStart + summed && end <= itemStart()) {
            carryChecksumTo((int) (end - bufferStart));
            return checksum;
        }
        // An unfinished transaction is cut off, and some of it was taken into the chain: once more, up to its beginning.
        Checksum fresh = new Checksum();
        byte[] chunk = new byte[1 << 16];
        for (long at = linkStart; at < end; ) {
            int n = (int) Math.min(readFully(chunk, at), end - at);
            if (n <= 0) throw new IOException(name + " became shorter while it was read");
            fresh.update(chunk, 0, n);
            at += n;
        }
        return fresh;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
