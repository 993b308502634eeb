package dev.cinnabar.persistence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// A file of room set aside, so that a full disk cannot catch the log between having run a command and having
/// logged it.
///
/// A command that has run cannot be taken back, and its answer must not go out before it is in the file. When
/// a write finds the disk full, the reserve is given up at once and the write goes through; from that moment
/// writing commands are refused, until the disk has room for the reserve again. Only what outgrows the
/// reserve has to wait for room.
///
/// Used under the log's write lock.
final class Reserve {
    static final int BYTES = 1 << 20; // twice what 50 clients with 128 pipelined SETs append in one turn

    private static final int CHUNK = 64 << 10;

    private final Disk disk;
    private final Path path;
    private boolean isHeld;

    Reserve(Disk disk, Path path) {
        this.disk = disk;
        this.path = path;
    }

    /// Takes the room; does nothing when it is held.
    void take() throws IOException {
        if (isHeld) return;
        disk.delete(path);
        try (DiskFile file = disk.create(path)) {
            // Written, not only extended: an extended file is a hole and holds no room.
            ByteBuffer zeros = ByteBuffer.allocate(CHUNK);
            for (long at = 0; at < BYTES; ) {
                file.writeAll(zeros.clear(), at);
                at += CHUNK;
            }
            isHeld = true;
        } finally {
            if (!isHeld) disk.delete(path);
        }
    }

    /// Gives the room back to the disk.
    ///
    /// @return whether there was any
    boolean release() throws IOException {
        if (!isHeld) return false;
        isHeld = false;
        disk.delete(path);
        return true;
    }
}
