package dev.cinnabar.persistence;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The file system, as far as this room needs it.
///
/// A seam: the log speaks to this, so that tests can put a disk behind it that is full, fails, writes half of
/// what it is told and forgets at a power cut what was not synced. All methods may be called from any thread.
public interface Disk {
    /// The machine's own file system.
    static Disk real() {
        return new RealDisk();
    }

    /// Creates an empty file and opens it for reading and writing.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException when there is one
    DiskFile create(Path file) throws IOException;

    /// Opens a file that exists for reading and writing.
    DiskFile open(Path file) throws IOException;

    /// Opens a file that exists for reading only.
    DiskFile openForReading(Path file) throws IOException;

    boolean exists(Path file);

    /// The names in a directory, in no order; none when there is no such directory.
    List<String> list(Path directory) throws IOException;

    /// Makes a directory and those above it; does nothing when it is there.
    void makeDirectory(Path directory) throws IOException;

    /// Gives a file another name in one step, replacing what had it.
    void rename(Path from, Path to) throws IOException;

    /// Deletes a file; does nothing when there is none.
    void delete(Path file) throws IOException;

    /// Makes created, renamed and deleted names of a directory survive a power cut.
    void syncDirectory(Path directory) throws IOException;
}
