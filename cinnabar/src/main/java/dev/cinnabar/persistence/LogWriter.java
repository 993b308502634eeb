package dev.cinnabar.persistence;

import dev.cinnabar.base.Clock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.atomic.LongAccumulator;
import org.jspecify.annotations.Nullable;

/// Brings what was appended from the buffer into the file, and keeps account of how far it has come.
///
/// ```
///             durable             written              position              recordEnd
///                │ survives kill -9  │  has no line yet,   │   in memory only     │
///                │                   │  in groups only     │                      │
///   ─────────────┴───────────────────┴─────────────────────┴──────────────────────┴────►  stream offset
/// ```
///
/// Between commands it puts what readers of the file need: timestamps, checksum lines, the beginnings of
/// groups, and filler behind them. It knows no locks, states or policies: [AppendOnlyLog] calls it under
/// `writing`, and syncs what it has written. [#written], [#durable], [#length] and [#isGrouped] may be asked
/// by any thread, [#tellTimes] called by any.
final class LogWriter {
    static final int LINE_EVERY_BYTES = 4096; // one percent for checksum lines of 30 to 40 bytes

    private static final ByteBuffer NOTHING_STAGED = ByteBuffer.allocate(0);

    /// How far a file was written at one moment.
    ///
    /// @param to     stream offset
    /// @param length of the file
    record Mark(LogFile file, long to, long length) {}

    private final LogBuffer buffer; // its reading side
    private final Clock clock;
    private final LongAccumulator longestWrite =
            new LongAccumulator(Math::max, 0); // in nanoseconds; since it was taken
    private final ByteBuffer staging = ByteBuffer.allocateDirect(LogFile.STAGING_BYTES);

    private @Nullable LogFile file; // null until the first one of a log that is being enabled
    private boolean isWhole = true; // the file ends between two commands
    private long lastTimestamp;
    private long syncedLength;
    private volatile boolean tellsTimes;
    private volatile boolean isGrouped; // the last line ends a group: what is behind counts when it has a line, too
    private volatile long written; // stream offset: what is in the file, and counts at the next start
    private volatile long durable; // stream offset: what survives a power cut
    private volatile long length;

    LogWriter(LogBuffer buffer, Clock clock) {
        this.buffer = buffer;
        this.clock = clock;
    }

    /// Begins at another stream offset. Only while nothing was appended.
    void startAt(long offset) {
        written = offset;
        durable = offset;
    }

    /// Whether a line that tells the time goes before what is written in another second.
    void tellTimes(boolean tellsTimes) {
        this.tellsTimes = tellsTimes;
    }

    /// Goes on in another file.
    ///
    /// @return the one used so far, if any; what was staged for it is given up
    @Nullable
    LogFile takeUp(LogFile next) {
        LogFile before = file;
        if (before != null) before.stageIn(NOTHING_STAGED);
        next.stageIn(staging);
        file = next;
        isGrouped = next.isGrouped();
        length = next.length();
        syncedLength = length;
        return before;
    }

    void close() throws IOException {
        if (file != null) file.close();
    }

    LogFile file() {
        return Objects.requireNonNull(file);
    }

    boolean isGrouped() {
        return isGrouped;
    }

    long written() {
        return written;
    }

    long durable() {
        return durable;
    }

    /// How long the file is, as far as it was written.
    long length() {
        return length;
    }

    /// Writes what waits, up to a stream offset. When it throws, nothing is lost: the rest is staged or
    /// waits.
    ///
    /// @param inGroups whether what is written here counts only when [#complete] has ended it; checksum lines
    ///                 are put in now and then otherwise
    void write(long limit, boolean inGroups) throws IOException {
        stage(limit);
        if (!inGroups && !isGrouped && file().loose() >= LINE_EVERY_BYTES) stageLine(Checksum.Kind.CRC);
        flush();
    }

    /// Writes all that waits and ends it in a checksum line. When it throws, nothing is lost: the rest is
    /// staged or waits.
    void complete(boolean inGroups) throws IOException {
        stage(Long.MAX_VALUE);
        // One group at most is not synced: else a power cut could leave the second of two, and damage it would seem.
        boolean isOneOnTheWay = isGrouped && written > durable;
        if (!inGroups && !isGrouped) stageLine(Checksum.Kind.CRC);
        else if (!isOneOnTheWay) stageLine(Checksum.Kind.GRP);
        flush();
    }

    /// Ends what was written in a line of this kind.
    void end(Checksum.Kind kind) throws IOException {
        stageLine(kind);
        flush();
    }

    /// Stages what waits, up to a stream offset, and writes when there is no more room.
    private void stage(long limit) throws IOException {
        LogFile f = file();
        flush(); // what an attempt before has left
        long to = Math.min(limit, buffer.writable());
        if (to <= buffer.position()) return;
        boolean endsRecord = buffer.endsRecord();
        if (isWhole && f.isGrouped() && f.loose() == 0) f.stageGroupBegin();
        if (isWhole && tellsTimes) stageTimestamp(f);
        isWhole = false; // when this throws, a command may be half staged
        while (buffer.position() < to) {
            int n = buffer.readable(to); // first: it may move on to the next array
            n = f.stage(buffer.readArray(), buffer.readOffset(), n);
            if (n == 0) f.flush();
            else buffer.read(n);
        }
        isWhole = endsRecord;
    }

    private void stageTimestamp(LogFile f) {
        long second = clock.wallMs() / 1000;
        if (second == lastTimestamp) return;
        lastTimestamp = second;
        byte[] line = ("#TS:" + second + "\r\n").getBytes(StandardCharsets.US_ASCII);
        f.stage(line, 0, line.length);
    }

    /// Ends what is loose in a checksum line, if it is whole commands; the end and the way out of groups are
    /// told also where nothing is loose.
    private void stageLine(Checksum.Kind kind) {
        LogFile f = file();
        boolean tells = kind == Checksum.Kind.END || kind == Checksum.Kind.CRC && f.isGrouped();
        if (isWhole && (f.loose() > 0 || tells)) f.stageLine(kind);
    }

    /// Writes what is staged and takes it into account.
    private void flush() throws IOException {
        LogFile f = file();
        long began = clock.nanos();
        f.flush();
        longestWrite.accumulate(clock.nanos() - began);
        if (isWhole) f.markWhole();
        length = f.length();
        isGrouped = f.isGrouped();
        if (isGrouped && f.loose() > 0) return;
        written = buffer.position();
        f.fill();
    }

    /// Passes over all that waits, complete or not: it need not be written any more. The appender must be
    /// kept away meanwhile.
    void skipAll() {
        buffer.skipAll();
        isWhole = true;
        written = buffer.position();
    }

    /// See [dev.cinnabar.engine.ChangeLog#takeLongestWrite].
    long takeLongestWrite() {
        return longestWrite.getThenReset();
    }

    /// How far it has come now.
    Mark mark() {
        return new Mark(file(), written, length);
    }

    boolean isSynced(Mark mark) {
        return mark.to <= durable && mark.length <= syncedLength;
    }

    /// Says that what was in the file at that moment is on the disk.
    void synced(Mark mark) {
        durable = Math.max(durable, mark.to);
        syncedLength = mark.length;
    }
}
