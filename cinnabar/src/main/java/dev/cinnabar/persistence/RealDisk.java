package dev.cinnabar.persistence;

import dev.cinnabar.base.Waits;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// The machine's file system.
final class RealDisk implements Disk {
    private static final boolean IS_WINDOWS = File.separatorChar == '\\';

    @Override
    public DiskFile create(Path file) throws IOException {
        return new RealFile(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        return new RealFile(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    public DiskFile openForReading(Path file) throws IOException {
        return new RealFile(file, StandardOpenOption.READ);
    }

    @Override
    public boolean exists(Path file) {
        return Files.exists(file);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) names.add(entry.getFileName().toString());
        } catch (NoSuchFileException e) {
            return names;
        }
        return names;
    }

    @Override
    public void makeDirectory(Path directory) throws IOException {
        Files.createDirectories(directory);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        if (IS_WINDOWS) return; // there a directory cannot be opened, and its changes are written through
        Waits.onFile(() -> {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        });
    }

    /// A file channel that an interrupt does not close for good.
    ///
    /// Java closes a channel when a thread that is in it (or enters it) is interrupted. Calls from a user's
    /// own thread may end in the log, and nobody's interrupt may close the log; so the channel is opened
    /// again and the step repeated. The interrupt itself is kept for its receiver.
    private static final class RealFile implements DiskFile {
        private static final int WRITE = 0;
        private static final int READ = 1;
        private static final int SYNC = 2;
        private static final int SIZE = 3;
        private static final int TRUNCATE = 4;
        private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

        private final Path path;
        private final StandardOpenOption[] again;
        private volatile FileChannel channel;
        private boolean isClosed; // under this

        RealFile(Path path, StandardOpenOption... options) throws IOException {
            this.path = path;
            this.channel = FileChannel.open(path, options);
            boolean writes = options.length > 1;
            this.again = writes
                    ? new StandardOpenOption[] {StandardOpenOption.READ, StandardOpenOption.WRITE}
                    : new StandardOpenOption[] {StandardOpenOption.READ};
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            step(WRITE, source, position);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return (int) step(READ, target, position);
        }

        @Override
        public void sync() throws IOException {
            step(SYNC, NOTHING, 0);
        }

        private long step(int what, ByteBuffer buffer, long position) throws IOException {
            boolean isInterrupted = Thread.interrupted();
            int start = buffer.position();
            try {
                while (true) {
                    FileChannel current = channel;
                    try {
                        switch (what) {
                            case WRITE -> {
                                int done = buffer.position() - start;
                                if (buffer.hasRemaining()) current.write(buffer, position + done);
                                return 0;
                            }
                            case READ -> {
                                return current.read(buffer, position + (buffer.position() - start));
                            }
                            case SYNC -> {
                                current.force(false);
                                return 0;
                            }
                            case SIZE -> {
                                return current.size();
                            }
                            default -> {
                                current.truncate(position);
                                return 0;
                            }
                        }
                    } catch (ClosedChannelException e) {
                        isInterrupted |= Thread.interrupted();
                        reopen(current, e);
                    }
                }
            } finally {
                if (isInterrupted) Thread.currentThread().interrupt();
            }
        }

        private synchronized void reopen(FileChannel broken, ClosedChannelException cause) throws IOException {
            if (isClosed) throw cause;
            if (channel == broken) channel = FileChannel.open(path, again);
        }

        @Override
        public long size() throws IOException {
            return step(SIZE, NOTHING, 0);
        }

        @Override
        public void truncate(long size) throws IOException {
            step(TRUNCATE, NOTHING, size);
        }

        @Override
        public synchronized void close() throws IOException {
            isClosed = true;
            channel.close();
        }
    }
}
