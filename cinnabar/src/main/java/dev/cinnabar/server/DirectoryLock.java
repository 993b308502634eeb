package dev.cinnabar.server;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
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
     * Other processes are kept out by a lock on a file, other servers of this process by a set of the files
     * that are locked here. The set is asked before the file is opened: a process loses its lock of a file
     * when it closes any descriptor of it, also one that was opened only to find the lock taken (POSIX,
     * fcntl). That is a fact about the process, so the set is static, the only thing here that is.
     *
     * The file stays for good. Who deleted it could not know that nobody else had just locked it, and a lock
     * of a file without a name keeps nobody out.
     */
    private static final Set<Object> LOCKED_HERE = ConcurrentHashMap.newKeySet(); // identities of files

    private final Object identity;
    private final FileChannel channel;

    private DirectoryLock(Object identity, FileChannel channel) {
        this.identity = identity;
        this.channel = channel;
    }

    /// Takes the lock by locking a file, which is made if it is not there.
    ///
    /// @throws InUse       when another server has it, in this process or elsewhere
    /// @throws IOException when the file cannot be made, or the file system gives no locks
    static DirectoryLock take(Path file) throws IOException {
        make(file);
        Object identity = identity(file);
        if (!LOCKED_HERE.add(identity)) throw new InUse(file);
        boolean isOurs = false;
        try {
            DirectoryLock taken = new DirectoryLock(identity, lock(file));
            isOurs = true;
            return taken;
        } finally {
            if (!isOurs) LOCKED_HERE.remove(identity);
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

    private static FileChannel lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
            if (lock == null) throw new InUse(file);
            return channel;
        } finally {
            if (lock == null) channel.close();
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
            LOCKED_HERE.remove(identity); // not before: to close the file ends whatever lock the process has
        }
    }
}
