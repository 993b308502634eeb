package dev.cinnabar.persistence;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.engine.SnapshotSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// Writes the image of memory to the file of a base.
final class BaseImage {
    private static final int SYNC_EVERY_BYTES = 4 << 20; // so that the last fsync is not the only one, and long
    private static final int LINE_EVERY_BYTES = 64 << 10;

    private BaseImage() {}

    /// Writes the image that the source has begun to the file of a base, which is complete and survives a
    /// power cut when this returns.
    ///
    /// @return its size
    static long write(AofDirectory directory, Manifest.Entry base, SnapshotSource source, SnapshotSource.Check check)
            throws IOException {
        Disk disk = directory.disk();
        Path temporary = directory.temporary(base.name());
        disk.delete(temporary);
        LogFile file = LogFile.create(disk, temporary);
        boolean isComplete = false;
        try (file) {
            file.stageIn(ByteBuffer.allocate(LogFile.STAGING_BYTES));
            ByteBuilder slice = new ByteBuilder(LogBuffer.SEGMENT_BYTES);
            long synced = 0;
            boolean hasMore;
            do {
                check.check();
                slice.clear();
                hasMore = source.next(slice);
                write(file, slice);
                if (file.loose() >= LINE_EVERY_BYTES) file.stageLine(Checksum.Kind.CRC);
                file.flush();
                if (file.length() - synced >= SYNC_EVERY_BYTES) {
                    file.sync();
                    synced = file.length();
                }
            } while (hasMore);
            file.stageLine(Checksum.Kind.END);
            file.flush();
            file.sync();
            file.renameTo(directory.path(base.name()));
            disk.syncDirectory(directory.path());
            isComplete = true;
            return file.length();
        } finally {
            if (!isComplete) disk.delete(file.path());
        }
    }

    private static void write(LogFile file, ByteBuilder slice) throws IOException {
        for (int done = 0; done < slice.length(); ) {
            int n = file.stage(slice.array(), done, slice.length() - done);
            if (n == 0) file.flush();
            done += n;
        }
    }
}
