package dev.cinnabar.server;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Keeps a second server away from the directory of a log: both would write to the same files, and neither's log could be loaded again. Ends with the
/// process, however that ends.
final class DirectoryLock implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;

    private DirectoryLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /// Takes the lock by locking a file, which is made if it is not there.
    ///
    /// @throws InUse       when another server has it, in this process or elsewhere
    /// @throws IOException when the file cannot be made, or the file system gives no locks
    static DirectoryLock take(Path file) throws IOException {
        while (true) {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            boolean isOurs = false;
            try {
                if (channel.tryLock() == null) throw new InUse(file);
                isOurs = Files.exists(file); // else who had it has deleted it since we opened it
                if (isOurs) return new DirectoryLock(file, channel);
            } catch (OverlappingFileLockException e) {
                throw new InUse(file);
            } finally {
                if (!isOurs) channel.close();
            }
        }
    }

    /// Another server has the lock.
    static final class InUse extends IOException {
        private static final long serialVersionUID = 1;

        InUse(Path file) {
            super("another server uses it and has locked " + file);
        }
    }

    boolean isFor(Path other) {
        return file.equals(other);
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            Files.deleteIfExists(file);
        }
    }
}
