package dev.cinnabar.persistence;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// A log file that is being written: bytes are staged, a checksum line is staged behind them now and then,
/// and one write sends them to the file.
///
/// A write that fails or takes only a part loses nothing and doubles nothing: what is still staged is written
/// at the place that it belongs to by the next [#flush]. Behind the end there may be [Filler]. Not
/// thread-safe.
final class LogFile implements Closeable {
    /// Room for a segment of a [LogBuffer] and its lines: with that much a write is worth its call.
    static final int STAGING_BYTES = LogBuffer.SEGMENT_BYTES + 2 * Checksum.MAX_LINE;

    private final Disk disk;
    private final DiskFile file;
    private final byte[] lines = new byte[Checksum.MAX_LINE];
    private final Checksum checksum;

    private ByteBuffer staged = ByteBuffer.allocate(2 * Checksum.MAX_LINE); // what is to be written at `length`
    private Path path;
    private long length; // of what is in the file
    private long wholeLength; // up to where it is whole commands
    private long loose; // bytes since the last checksum line
    private long group; // bytes before that line, since the one before
    private boolean isGrouped; // that line ends a group
    private long size; // of the file: above `length`, filler follows

    private LogFile(Disk disk, Path path, DiskFile file, Checksum checksum, long length, long loose) {
        this.disk = disk;
        this.path = path;
        this.file = file;
        this.checksum = checksum;
        this.length = length;
        this.wholeLength = length;
        this.loose = loose;
        this.size = length;
    }

    /// Creates a file with its first checksum line in it, synced; its name is not. Nothing but lines can be
    /// staged before [#stageIn].
    static LogFile create(Disk disk, Path path) throws IOException {
        DiskFile file = disk.create(path);
        try {
            LogFile log = new LogFile(disk, path, file, new Checksum(), 0, 0);
            log.stageLine(Checksum.Kind.CRC);
            log.flush();
            log.markWhole();
            log.sync();
            return log;
        } catch (IOException e) {
            try (file) {
                disk.delete(path);
            } catch (IOException also) {
                e.addSuppressed(also);
            }
            throw e;
        }
    }

    /// Opens a file that was read to its end, to append to it after [#stageIn]. Filler that is behind it
    /// goes.
    static LogFile resume(Disk disk, Path path, LoadResult.Tail tail) throws IOException {
        DiskFile file = disk.open(path);
        try {
            LogFile log = new LogFile(disk, path, file, tail.checksum(), tail.length(), tail.loose());
            log.isGrouped = tail.isGrouped();
            if (file.size() > log.length) {
                file.truncate(log.length);
                file.sync();
            }
            return log;
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    Path path() {
        return path;
    }

    /// How long the file is, as far as it was written.
    long length() {
        return length;
    }

    /// Goes on staging in another buffer, which is emptied; what is staged is given up.
    void stageIn(ByteBuffer staging) {
        staged = staging.clear();
    }

    /// How many bytes no checksum line covers yet.
    long loose() {
        return loose;
    }

    /// Whether the last checksum line ends a group: then what is loose does not count at the next start.
    boolean isGrouped() {
        return isGrouped;
    }

    /// Stages bytes, as many as there is room for.
    ///
    /// @return how many; 0 when there is none
    int stage(byte[] source, int offset, int count) {
        int n = Math.max(0, Math.min(count, staged.remaining() - 2 * Checksum.MAX_LINE));
        staged.put(source, offset, n);
        checksum.update(source, offset, n);
        loose += n;
        return n;
    }

    /// Stages the line that begins a group behind a group, before anything else of it.
    void stageGroupBegin() {
        stage(Checksum.GROUP_BEGIN, 0, Checksum.GROUP_BEGIN.length);
    }

    /// Stages a checksum line. Only between two commands; needs no more room than [#stage] leaves.
    void stageLine(Checksum.Kind kind) {
        int n = checksum.end(kind, length + staged.position(), lines, 0);
        staged.put(lines, 0, n);
        group = loose;
        loose = 0;
        isGrouped = kind == Checksum.Kind.GRP;
    }

    /// Writes what is staged. When this throws, the rest stays staged.
    void flush() throws IOException {
        if (staged.position() == 0) return;
        long end = length + staged.position();
        if (end < size) Filler.keepLine(file, end);
        staged.flip();
        try {
            file.writeAll(staged, length);
        } finally {
            length += staged.position();
            staged.compact();
            size = Math.max(size, length);
        }
    }

    /// Puts filler behind a small group that is all there is, unless there is some.
    void fill() {
        if (isGrouped && loose == 0 && size == length && Filler.isWorthIt(group)) size = Filler.fill(file, length);
    }

    /// Takes filler away.
    void trim() throws IOException {
        if (size > length) file.truncate(length);
        size = length;
    }

    /// Says that the file, all flushed, ends between two commands.
    void markWhole() {
        wholeLength = length;
    }

    void sync() throws IOException {
        file.sync();
    }

    /// Gives up what is staged.
    void discardStaged() {
        staged.clear();
    }

    /// Cuts the file back to the whole commands that are in it.
    void cutToWhole() throws IOException {
        discardStaged();
        file.truncate(wholeLength);
        length = wholeLength;
        size = length;
    }

    /// Gives the file its final name, in the same directory.
    void renameTo(Path to) throws IOException {
        disk.rename(path, to);
        path = to;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
