package dev.cinnabar.persistence;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

/// A disk in memory that can be full, fail, write less than it is told, and lose power.
///
/// It keeps two truths: what the processes see, and what a power cut would leave. A file's content gets from
/// the first to the second by its sync, a directory's names by the directory's.
final class FakeDisk implements Disk {
    private static final class Content {
        byte[] bytes = {}; // with room behind
        int length;
        byte[] safe = {}; // with room behind
        int safeLength;
        int dirtyFrom = Integer.MAX_VALUE; // of bytes that were written since the last sync
        int dirtyTo;
        boolean doubtful; // a sync failed: what was written since the last good one never becomes safe

        byte[] seen() {
            return Arrays.copyOf(bytes, length);
        }

        void dirty(int from, int to) {
            dirtyFrom = Math.min(dirtyFrom, from);
            dirtyTo = Math.max(dirtyTo, to);
        }

        void makeSafe() {
            if (safe.length < length) safe = Arrays.copyOf(safe, bytes.length);
            int to = Math.min(dirtyTo, length);
            if (dirtyFrom < to) System.arraycopy(bytes, dirtyFrom, safe, dirtyFrom, to - dirtyFrom);
            safeLength = length;
            dirtyFrom = Integer.MAX_VALUE;
            dirtyTo = 0;
        }

        /// What is left when the power goes: of each sector that was overwritten the old or the new content,
        /// of what the file grew by a beginning.
        byte[] left(IntUnaryOperator below) {
            if (doubtful) return Arrays.copyOf(safe, safeLength);
            boolean shrank = length < safeLength;
            if (shrank && below.applyAsInt(2) == 0) return Arrays.copyOf(safe, safeLength);
            int more = length - Math.min(safeLength, length);
            int kept = length - more + (more == 0 ? 0 : below.applyAsInt(more + 1));
            byte[] left = Arrays.copyOf(bytes, kept);
            // the sector in which the file ended is written before the file is longer
            int old = kept > safeLength ? safeLength - safeLength % SECTOR : Math.min(safeLength, kept);
            int to = Math.min(dirtyTo, old);
            for (int at = dirtyFrom; at < to; at = (at / SECTOR + 1) * SECTOR) {
                if (below.applyAsInt(2) == 0) {
                    System.arraycopy(safe, at, left, at, Math.min((at / SECTOR + 1) * SECTOR, to) - at);
                }
            }
            return left;
        }
    }

    private static final int SECTOR = 512;

    private final Map<Path, Content> seen = new HashMap<>();
    private final Map<Path, Content> safe = new HashMap<>();

    /// How many more bytes fit.
    long room = Long.MAX_VALUE;
    /// How many bytes one write takes at most.
    int mostPerWrite = Integer.MAX_VALUE;
    /// Thrown by every sync of a file while not null.
    IOException syncFailure;
    /// Thrown by every sync of a directory while not null.
    IOException directorySyncFailure;
    /// Thrown by every write while not null.
    IOException writeFailure;
    /// Thrown by every rename while not null.
    IOException renameFailure;
    /// What happened, one word a step.
    final List<String> steps = new ArrayList<>();
    /// Run before each step that changes something; may throw.
    Runnable beforeStep = () -> {};

    private synchronized void step(String what, Path file) {
        steps.add(what + " " + file.getFileName());
        beforeStep.run();
    }

    /// What a process that was killed would find.
    synchronized FakeDisk afterKill() {
        FakeDisk disk = new FakeDisk();
        seen.forEach((path, content) -> disk.put(path, content.seen()));
        return disk;
    }

    /// What is left after a power cut: of everything that was not synced some, none or all.
    ///
    /// @param below answers a number below its argument; always 0: nothing is left that was not synced
    synchronized FakeDisk afterPowerCut(IntUnaryOperator below) {
        FakeDisk disk = new FakeDisk();
        Map<Path, Content> names = below.applyAsInt(2) == 0 ? safe : seen;
        // A directory's unsynced names come or stay away together: file systems keep them in order in one journal.
        names.forEach((path, content) -> {
            disk.put(path, content.left(below));
        });
        return disk;
    }

    synchronized void put(Path path, byte[] bytes) {
        Content content = new Content();
        content.bytes = bytes.clone();
        content.length = bytes.length;
        content.dirty(0, bytes.length);
        content.makeSafe();
        seen.put(path, content);
        safe.put(path, content);
    }

    synchronized byte[] get(Path path) {
        return content(path).seen();
    }

    synchronized List<String> names() {
        return seen.keySet().stream()
                .map(p -> p.getFileName().toString())
                .sorted()
                .toList();
    }

    private Content content(Path path) {
        Content content = seen.get(path);
        if (content == null) throw new IllegalArgumentException("no " + path + " among " + seen.keySet());
        return content;
    }

    @Override
    public synchronized DiskFile create(Path file) throws IOException {
        step("create", file);
        if (seen.containsKey(file)) throw new FileAlreadyExistsException(file.toString());
        Content content = new Content();
        seen.put(file, content);
        return new Open(content, file);
    }

    @Override
    public synchronized DiskFile open(Path file) throws IOException {
        if (!seen.containsKey(file)) throw new FileNotFoundException(file.toString());
        return new Open(content(file), file);
    }

    @Override
    public DiskFile openForReading(Path file) throws IOException {
        return open(file);
    }

    @Override
    public synchronized boolean exists(Path file) {
        return seen.containsKey(file);
    }

    @Override
    public synchronized List<String> list(Path directory) {
        return seen.keySet().stream()
                .filter(p -> directory.equals(p.getParent()))
                .map(p -> p.getFileName().toString())
                .toList();
    }

    @Override
    public void makeDirectory(Path directory) {}

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        step("rename", to);
        if (renameFailure != null) throw renameFailure;
        seen.put(to, content(from));
        seen.remove(from);
    }

    @Override
    public synchronized void delete(Path file) {
        if (!seen.containsKey(file)) return;
        step("delete", file);
        room = room == Long.MAX_VALUE ? room : room + content(file).length;
        seen.remove(file);
    }

    @Override
    public synchronized void syncDirectory(Path directory) throws IOException {
        step("syncDirectory", directory);
        if (directorySyncFailure != null) throw directorySyncFailure;
        safe.keySet().removeIf(p -> directory.equals(p.getParent()));
        seen.forEach((p, c) -> {
            if (directory.equals(p.getParent())) safe.put(p, c);
        });
    }

    private final class Open implements DiskFile {
        private final Content content;
        private final Path path;

        Open(Content content, Path path) {
            this.content = content;
            this.path = path;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            synchronized (FakeDisk.this) {
                step("write", path);
                if (writeFailure != null) throw writeFailure;
                int at = (int) position;
                int n = (int) Math.min(
                        Math.min(source.remaining(), mostPerWrite), Math.max(room, room + content.length - at));
                if (n <= 0) throw new IOException("No space left on device");
                int end = at + n;
                if (end > content.bytes.length) content.bytes = Arrays.copyOf(content.bytes, 2 * end);
                if (end > content.length) {
                    if (room != Long.MAX_VALUE) room -= end - content.length;
                    content.length = end;
                }
                source.get(content.bytes, at, n);
                content.dirty(at, end);
            }
        }

        @Override
        public int read(ByteBuffer target, long position) {
            synchronized (FakeDisk.this) {
                int n = (int) Math.min(target.remaining(), content.length - position);
                if (n <= 0) return -1;
                target.put(content.bytes, (int) position, n);
                return n;
            }
        }

        @Override
        public long size() {
            synchronized (FakeDisk.this) {
                return content.length;
            }
        }

        @Override
        public void truncate(long size) {
            synchronized (FakeDisk.this) {
                step("truncate", path);
                if (room != Long.MAX_VALUE) room += content.length - size;
                content.length = (int) size;
                content.dirtyTo = Math.min(content.dirtyTo, (int) size);
            }
        }

        @Override
        public void sync() throws IOException {
            synchronized (FakeDisk.this) {
                step("sync", path);
                if (syncFailure != null) {
                    content.doubtful = true;
                    throw syncFailure;
                }
                if (!content.doubtful) content.makeSafe();
            }
        }

        @Override
        public void close() {}
    }
}
