package dev.cinnabar.server;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Keeps a second server away from the directory of a log: both would write to the same files, and neither's
/// log could be loaded again. Ends with the process, however that ends.
final class DirectoryLock implements AutoCloseable {
    /*
     * Other processes are kept out by a lock on a file, other servers of this process by a list of the files
     * that are locked here. The list is asked before the file is opened: a process loses its lock of a file
     * when it closes any descriptor of it, also one that was opened only to find the lock taken (POSIX,
     * fcntl). That is a fact about the process, in which there may be several copies of this class, each of a
     * class loader of its own (a container with two applications). What they all see are the system
     * properties: `cinnabar.locked.<identity of the file>` is there while a server has the lock. The value is
     * a text, the path, as those who print all properties expect.
     *
     * Whoever replaces the system properties takes the list away. The JVM still knows then that the file is
     * locked, but tells only who has opened it, and that channel must not be closed, not even by the
     * collector: so it is kept. That is rare, and happens once for each lock.
     *
     * The file stays for good. Who deleted it could not know that nobody else had just locked it, and a lock
     * of a file without a name keeps nobody out.
     */
    private static final String PROPERTY = "cinnabar.locked.";
    private static final Set<FileChannel> NEVER_CLOSED = ConcurrentHashMap.newKeySet();

    private final String property;
    private final FileChannel channel;

    private DirectoryLock(String property, FileChannel channel) {
        this.property = property;
        this.channel = channel;
    }

    /// Takes the lock by locking a file, which is made if it is not there.
    ///
    /// @throws InUse       when another server has it, in this process or elsewhere
    /// @throws IOException when the file cannot be made, or the file system gives no locks
    static DirectoryLock take(Path file) throws IOException {
        make(file);
        String property = PROPERTY + identity(file);
        if (System.getProperties().putIfAbsent(property, file.toString()) != null) throw new InUse(file);
        boolean isLockedHere = false;
        try {
            FileChannel channel = lock(file);
            isLockedHere = true;
            return new DirectoryLock(property, channel);
        } catch (OverlappingFileLockException e) {
            isLockedHere = true; // the list is right again: who has the lock ends the entry, too
            throw new InUse(file);
        } finally {
            if (!isLockedHere) System.clearProperty(property);
        }
    }

    private static void make(Path file) throws IOException {
        try {
            Files.createFile(file);
        } catch (FileAlreadyExistsException e) {
            return; // from last time
        }
    }

    /// The same for all paths that lead to the file.
    private static Object identity(Path file) throws IOException {
        Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        return key == null ? file.toRealPath() : key;
    }

    /// @throws OverlappingFileLockException when this process has the lock
    private static FileChannel lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        boolean staysOpen = false;
        try {
            if (channel.tryLock() == null) throw new InUse(file);
            staysOpen = true;
            return channel;
        } catch (OverlappingFileLockException e) {
            NEVER_CLOSED.add(channel);
            staysOpen = true;
            throw e;
        } finally {
            if (!staysOpen) channel.close();
        }
    }

    /// Another server has the lock.
    static final class InUse extends IOException {
        private static final long serialVersionUID = 1;

        InUse(Path file) {
            super("another server uses it and has locked " + file);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            System.clearProperty(property); // not before: to close the file ends whatever lock the process has
        }
    }
}
