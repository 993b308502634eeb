package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads a log file command by command and checks it on the way.
///
/// Strict: a log holds RESP arrays of bulk strings and lines that start with `#`, nothing else. The windows
/// of a command are valid until the next call. Not thread-safe.
final class LogReader implements Closeable {
    /*
     * The hard question is what an end that does not parse means. A crash leaves a *torn tail*: the file is a
     * beginning of what was to be written, perhaps followed by zeros that the file system had set aside. That
     * is no damage; it is cut. Everything else is: a flipped bit must not make us throw away what comes after
     * it. So:
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
     * Behind a #GRP line, which `always` writes, the log overwrites filler, group by group, and a power cut
     * may leave any sectors of the last group as they were. What was not synced was not acknowledged, so
     * there
     *
     *   nothing but filler up to the end                        is the end
     *   a command or a timestamp, directly behind the line      is what Redis went on with, and counts: a group of ours begins with #BEG
     *   filler, and where it was to end what Redis begins with  is passed over: Redis went on behind it
     *   a part that does not parse or check out                 is torn if a sector of it was not written, or if neither its line nor
     *                                                           anything like it is there; else damage
     *   a command with such a sector inside, that parses        is whole if the group's line fits, else as above
     *
     * So a bit that flips where a checksum line follows is always found. What follows the last line (at most
     * 4 KiB or one second of writes, nothing at all under `always` or after a clean stop) is protected by its
     * syntax only.
     */

    /// What was read.
    enum Item {
        /// A command: [#argc] and [#argv].
        COMMAND,
        /// A line: checked if it is a checksum line, else skipped.
        LINE,
        /// The end of the file, behind a whole item.
        END,
        /// The file ends, or zeros begin, in the middle of an item: [#itemStart] is where to cut,
        /// [#tornBecause] why.
        TORN
    }

    private static final int BUFFER = 1 << 20;
    private static final int MAX_BUFFER = Integer.MAX_VALUE - 64;
    private static final int MAX_LINE = 1024; // as Redis's loader reads them
    private static final byte[] TIMESTAMP = {'#', 'T', 'S', ':'};
    private static final byte[] SELECT = "*2\r\n$6\r\nSELECT\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int MORE = -1; // the item goes on behind what was read so far

    private final DiskFile file;
    private final String name;
    private final long size;
    private final Checksum checksum = new Checksum();
    private final LogScan scan;

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
    private Checksum.@Nullable Kind lastKind; // that line's
    private long fitsTo; // up to where a checksum was looked at beforehand, and fits
    private boolean endsInFiller; // filler was met: the log ends there
    private long fillerTo; // up to where filler is that another server went on behind
    private boolean isChecksummed;
    private boolean isOurs; // a checksum line stands at offset 0
    private boolean hasEnded; // the last item was an #END line
    private String torn = "";

    /// @param name the file's name, for messages
    /// @param from where to begin: 0, or behind an RDB image
    LogReader(DiskFile file, String name, long from) throws IOException {
        this.file = file;
        this.name = name;
        this.size = file.size();
        this.scan = new LogScan(file);
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

    /// Whether a checksum line was seen.
    boolean isChecksummed() {
        return isChecksummed;
    }

    /// Whether a checksum line stands at the very beginning: the file was created by us.
    boolean isOurs() {
        return isOurs;
    }

    /// Whether the last item was a line that says: complete.
    boolean hasEnded() {
        return hasEnded;
    }

    /// Up to where the file is covered by checksums that fit.
    long coveredTo() {
        return coveredTo;
    }

    /// Whether the last checksum line ends a group.
    boolean isGrouped() {
        return lastKind == Checksum.Kind.GRP;
    }

    /// How long the file is, without the filler that was met.
    long size() {
        return endsInFiller ? itemStart() : size;
    }

    String tornBecause() {
        return torn;
    }

    /// Reads the next item.
    ///
    /// @throws DamagedLog when the file is not what was written
    Item next() throws IOException, DamagedLog {
        item = next;
        if (item == limit && !more()) return end();
        return switch (buffer[item]) {
            case '*' -> command();
            case '#' -> isFillerPossible() ? filler() : line();
            default -> unreadable(item, "a command or a line starts with * or #, not with " + shown(buffer[item]));
        };
    }

    private Item end() throws IOException, DamagedLog {
        carryChecksumTo(item);
        refuseSwallowedLine();
        return Item.END;
    }

    // ---- commands ----

    private Item command() throws IOException, DamagedLog {
        hasEnded = false;
        if (isBehindGroup()) endGroups();
        while (true) {
            int end = parse();
            if (end >= 0) {
                if (isGrouped() && isHollow(end)) return tornOrDamaged("a command holds filler");
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
            if (isBehindGroup() && isTimestamp(length)) endGroups();
            if (isChecksummed && itemStart() >= fillerTo && !isTimestamp(length) && !isGroupBegin(length))
                return tornOrDamaged("a line that is neither a checksum nor a timestamp");
        } else if (!Checksum.claims(buffer, item, length, itemStart())) {
            return tornOrDamaged("a checksum line that does not belong here");
        } else {
            verify(kind, length);
        }
        hasEnded = kind == Checksum.Kind.END;
        next = end + 1;
        return Item.LINE;
    }

    private void verify(Checksum.Kind kind, int length) throws DamagedLog {
        long at = itemStart();
        if (!checksum.verify(buffer, item, length, at)) {
            throw new DamagedLog(
                    name,
                    coveredTo,
                    coveredTo,
                    "the bytes up to offset " + at + " do not have the checksum that stands there");
        }
        summed = item + length;
        isChecksummed = true;
        isOurs |= at == 0;
        linkStart = at;
        lastKind = kind;
        coveredTo = at + length;
    }

    /// Whether the line is a timestamp, or the beginning of one if it has no end.
    private boolean isTimestamp(int length) {
        int n = Math.min(length, TIMESTAMP.length);
        return Arrays.equals(buffer, item, item + n, TIMESTAMP, 0, n);
    }

    /// Whether the line begins a group, or is the beginning of such a line if it has no end.
    private boolean isGroupBegin(int length) {
        byte[] line = Checksum.GROUP_BEGIN;
        int n = Math.min(length, line.length);
        return isBehindGroup() && Arrays.equals(buffer, item, item + n, line, 0, n);
    }

    /// Whether the current item is the first one behind a group.
    private boolean isBehindGroup() {
        return isGrouped() && itemStart() == coveredTo;
    }

    /// What is here was not written as a group: it counts without a line behind it.
    private void endGroups() {
        lastKind = Checksum.Kind.CRC;
    }

    /// Whether what begins with this sign may be filler, behind a group or the end: lines of ours go on with
    /// a letter.
    private boolean isFillerPossible() {
        boolean mayFollow = lastKind == Checksum.Kind.GRP || lastKind == Checksum.Kind.END;
        return mayFollow && !(item + 1 < limit && buffer[item + 1] >= 'A');
    }

    /// Filler up to the end of the file is the end of the log. If Redis went on behind filler, that is passed
    /// over, line by line.
    private Item filler() throws IOException, DamagedLog {
        long to = scan.end(itemStart(), Filler::end);
        if (to > itemStart() && scan.isAt(to - 1, TIMESTAMP)) to--; // its sign was taken for filler
        endsInFiller = to >= size;
        if (endsInFiller) return end();
        if (Filler.isEnd(to) && (scan.isAt(to, SELECT) || scan.isAt(to, TIMESTAMP))) {
            fillerTo = to;
            endGroups();
        }
        return line();
    }

    /// No end of the line is in sight: the file ends in it, or goes on with zeros, or it is damaged.
    private Item lineWithoutEnd() throws IOException, DamagedLog {
        carryChecksumTo(item);
        int end = item;
        while (end < limit && buffer[end] != 0) end++;
        int length = end - item;
        boolean isLast = length <= MAX_LINE && isZeroFrom(bufferStart + end);
        boolean isBeginning = !isChecksummed
                || checksum.isBeginning(buffer, item, length, itemStart())
                || isTimestamp(length)
                || isGroupBegin(length);
        if (isLast && isBeginning) return torn("the file ends in the middle of a line");
        return tornOrDamaged("a line without an end that is not the beginning of a checksum line");
    }

    // ---- torn or damaged ----

    /// A byte cannot stand where it stands.
    private Item unreadable(int at, String why) throws IOException, DamagedLog {
        if (isZeroFrom(bufferStart + at))
            return tornOrSwallowed("from offset " + (bufferStart + at) + " on there are only zeros");
        return tornOrDamaged(why);
    }

    private Item tornOrSwallowed(String why) throws IOException, DamagedLog {
        return lineBehind(itemStart()) < 0 ? torn(why) : tornOrDamaged(why);
    }

    /// What is here is damage, unless it belongs to a group that did not reach the disk as a whole.
    private Item tornOrDamaged(String why) throws IOException, DamagedLog {
        if (!isGrouped() || !scan.isTorn(coveredTo)) throw damaged(item, why + wentOn(lineBehind(itemStart())));
        return torn("the last group of writes did not reach the disk as a whole: " + why);
    }

    private Item torn(String why) {
        torn = why;
        next = item;
        return Item.TORN;
    }

    /// All was read and parsed: but does what no checksum covers hold a checksum line that was taken for
    /// data?
    private void refuseSwallowedLine() throws IOException, DamagedLog {
        if (coveredTo == itemStart()) return;
        long behind = lineBehind(coveredTo);
        if (behind >= 0) {
            throw new DamagedLog(
                    name, coveredTo, coveredTo, "a command from here on has a wrong length" + wentOn(behind));
        }
    }

    private long lineBehind(long from) throws IOException {
        return isChecksummed ? scan.lineBehind(from) : -1;
    }

    private static String wentOn(long line) {
        return line < 0 ? "" : ", and at offset " + line + " a checksum line shows that the log went on";
    }

    private boolean isZeroFrom(long offset) throws IOException {
        return scan.end(offset, LogReader::endOfZeros) >= size;
    }

    private static int endOfZeros(byte[] bytes, int count, long position) {
        int i = 0;
        while (i < count && bytes[i] == 0) i++;
        return i;
    }

    /// Whether a whole sector inside of the current command is as if it had not been written, and the group's
    /// checksum does not say that it was.
    private boolean isHollow(int end) throws IOException {
        if (bufferStart + end <= fitsTo) return false;
        int at = item + Filler.SECTOR - 1;
        at -= (int) ((bufferStart + at) % Filler.SECTOR); // the first sector that begins here or behind
        for (; at + Filler.SECTOR <= end; at += Filler.SECTOR) {
            if (!Filler.isUnwritten(buffer, at, Filler.SECTOR, bufferStart + at)) continue;
            long line = scan.lineBehind(coveredTo);
            if (line < 0 || !scan.fits(linkStart, line)) return true;
            fitsTo = line;
            return false;
        }
        return false;
    }

    private DamagedLog damaged(int at, String why) {
        return new DamagedLog(name, bufferStart + at, isChecksummed ? coveredTo : itemStart(), why);
    }

    private static String shown(byte b) {
        return b > ' ' && b < 0x7f ? "'" + (char) b + "'" : String.format("0x%02x", b);
    }

    // ---- the buffer ----

    /// Reads on; the current item moves to the front.
    ///
    /// @return false at the end of the file
    private boolean more() throws IOException, DamagedLog {
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
            if (limit == MAX_BUFFER) throw damaged(item, "a command of more than " + MAX_BUFFER + " bytes");
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
        return scan.checksum(linkStart, end);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
