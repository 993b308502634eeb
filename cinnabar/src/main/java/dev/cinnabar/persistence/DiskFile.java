package dev.cinnabar.persistence;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/// An open file, written and read at positions that the caller keeps: there is no file pointer that a failed
/// write could leave anywhere. A write does not wait for a sync that another thread is in.
public interface DiskFile extends Closeable {
    /// Writes from the buffer's position on, at least one byte, and moves the position by what was written:
    /// that counts, also when the method throws.
    void write(ByteBuffer source, long position) throws IOException;

    /// Writes all from the buffer's position on, in as many steps as it takes; its position says how far it
    /// came, also when this throws.
    default void writeAll(ByteBuffer source, long position) throws IOException {
        int start = source.position();
        while (source.hasRemaining()) write(source, position + (source.position() - start));
    }

    /// Reads into the buffer.
    ///
    /// @return how many bytes, at least 1, or -1 when the position is at or behind the end
    int read(ByteBuffer target, long position) throws IOException;

    long size() throws IOException;

    void truncate(long size) throws IOException;

    /// Returns when all that was written before the call survives a power cut. When it throws, nobody knows
    /// what does, and a later success says nothing about these bytes: see
    /// `docs/decisions/0021-after-a-failed-fsync.md`.
    void sync() throws IOException;
}
