package dev.cinnabar.persistence;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The RDB file: the whole data set as it was at one moment, in one file that is there as a whole or not at
/// all.
///
/// ```
///   temp-123-1-dump.rdb  written, synced
///   dump.rdb             the rename puts it in the place of the old one; then the directory is synced, too
/// ```
///
/// Until the rename the old file is untouched, whatever goes wrong. What is in the file survives; what was
/// changed since does not: who wants that keeps a log.
public final class RdbFile {
    private static final int PIECE_BYTES = 64 << 10;
    private static final int SYNC_EVERY_BYTES = 4 << 20; // so that the last fsync is not the only one, and long

    private final Engine engine;
    private final Disk disk;
    private final Path file;
    private final Path temporary;
    private final boolean checksums;
    private final RdbWriter writer;

    /// @param number     tells the temporary files of a process apart
    /// @param compresses the directive `rdbcompression`
    /// @param checksums  the directive `rdbchecksum`
    public RdbFile(Engine engine, Disk disk, Path file, int number, boolean compresses, boolean checksums) {
        this.engine = engine;
        this.disk = disk;
        this.file = file;
        this.temporary =
                file.resolveSibling("temp-" + ProcessHandle.current().pid() + '-' + number + '-' + file.getFileName());
        this.checksums = checksums;
        this.writer = new RdbWriter(compresses);
    }

    /// How many keys were written so far. May be asked by any thread.
    public long keysWritten() {
        return writer.keys();
    }

    // ---- writing ----

    /// Writes the file while nobody else does anything: under the engine's lock. Once.
    ///
    /// @throws IOException when the disk does not take it; the old file is as it was
    public void save() throws IOException {
        Output output = new Output();
        try {
            ByteBuilder out = new ByteBuilder(2 * PIECE_BYTES);
            writer.values().spillTo(output::takeIfLong);
            writer.head(engine, out);
            Store store = engine.store();
            for (int i = 0; i < store.count(); i++) {
                int index = i;
                Database db = store.database(i);
                long position = 0;
                do {
                    position = db.scan(position, address -> writer.key(index, db, address, out));
                    output.takeIfLong(out);
                } while (position != 0);
            }
            output.take(out);
            output.finish(() -> false);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            output.discard();
        }
    }

    /// The file as everything is at one moment, written while commands go on.
    public final class BackgroundSave {
        private final RdbSnapshot image = new RdbSnapshot(engine, writer);
        private final ByteBuilder out = new ByteBuilder(2 * PIECE_BYTES);
        private final Runnable atMoment;
        private boolean hasBegun;

        private BackgroundSave(Runnable atMoment) {
            this.atMoment = atMoment;
        }

        private void moment() {
            writer.head(engine, out);
            atMoment.run();
        }

        /// Lets the moment be now, unless an image that was given up is still being walked to its end; then
        /// it comes with [#write]. Under the engine's lock.
        public void beginNow() {
            hasBegun = image.tryBegin(this::moment);
        }

        /// Writes the file: on a thread of its own, without the engine's lock. Once.
        ///
        /// @param isCancelled is asked now and then, and for the last time under the lock
        /// @throws IOException           when the disk does not take it; the old file is as it was
        /// @throws CancellationException when it was cancelled; the same
        public void write(BooleanSupplier isCancelled) throws IOException {
            try {
                if (!hasBegun) image.begin(this::moment, () -> check(isCancelled));
                writeImage(image, out, isCancelled);
            } finally {
                image.abort();
            }
        }

        /// Gives up what was begun, where [#write] does not come.
        public void abort() {
            image.abort();
        }
    }

    /// Prepares a save in the background.
    ///
    /// @param atMoment is run at the moment of which the file is, under the engine's lock
    public BackgroundSave saveInBackground(Runnable atMoment) {
        return new BackgroundSave(atMoment);
    }

    private void writeImage(RdbSnapshot image, ByteBuilder out, BooleanSupplier isCancelled) throws IOException {
        Output output = new Output();
        try {
            boolean hasMore = true;
            while (hasMore) {
                check(isCancelled);
                hasMore = image.next(out);
                output.take(out);
            }
            output.finish(isCancelled);
        } finally {
            output.discard();
        }
    }

    private static void check(BooleanSupplier isCancelled) {
        if (isCancelled.getAsBoolean()) throw new CancellationException();
    }

    /// The file in the making.
    private final class Output {
        private @Nullable DiskFile open;
        private long length;
        private long synced;
        private long crc;
        private boolean isRenamed;

        Output() throws IOException {
            disk.delete(temporary);
            open = disk.create(temporary);
        }

        private DiskFile open() {
            DiskFile f = open;
            if (f == null) throw new IllegalStateException("the file is finished");
            return f;
        }

        /// Writes what is in the buffer, and empties it.
        void take(ByteBuilder out) throws IOException {
            if (checksums) crc = Crc64.update(crc, out.array(), 0, out.length());
            open().writeAll(ByteBuffer.wrap(out.array(), 0, out.length()), length);
            length += out.length();
            out.clear();
            out.trim(4 * PIECE_BYTES);
            if (length - synced < SYNC_EVERY_BYTES) return;
            open().sync();
            synced = length;
        }

        /// The same, once it is worth it.
        ///
        /// @throws UncheckedIOException when the disk does not take it: asked in the middle of a value
        void takeIfLong(ByteBuilder out) {
            if (out.length() < PIECE_BYTES) return;
            try {
                take(out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void finish(BooleanSupplier isCancelled) throws IOException {
            ByteBuilder end = new ByteBuilder();
            take(end.append((byte) RdbReader.EOF));
            ValueWriter.fixed(crc, Long.BYTES, end); // 0 without checksums
            take(end);
            open().sync();
            open().close();
            open = null;
            engine.lock(); // so that a save that was called off does not come behind the one that was made instead
            try {
                check(isCancelled);
                disk.rename(temporary, file);
            } finally {
                engine.unlock();
            }
            isRenamed = true;
            Path directory = file.getParent();
            if (directory != null) disk.syncDirectory(directory);
        }

        /// Leaves nothing behind, if it was not finished.
        void discard() throws IOException {
            DiskFile f = open;
            open = null;
            if (f != null) f.close();
            if (!isRenamed) disk.delete(temporary);
        }
    }

    /// Deletes what processes have left of a file that ended while they saved.
    ///
    /// @param isOver whether the process with this id saves no more
    public static void deleteLeftovers(Disk disk, Path file, LongPredicate isOver) throws IOException {
        Path directory = file.getParent();
        if (directory == null) return;
        Pattern name = Pattern.compile("temp-(\\d{1,18})-\\d+-" + Pattern.quote(String.valueOf(file.getFileName())));
        for (String found : disk.list(directory)) {
            Matcher m = name.matcher(found);
            if (m.matches() && isOver.test(Long.parseLong(m.group(1)))) disk.delete(directory.resolve(found));
        }
    }

    // ---- reading ----

    /// Whether there is a file.
    public boolean exists() {
        return disk.exists(file);
    }

    /// What was read.
    ///
    /// @param keys    in the file
    /// @param expired of them, those that were left out because their time was over
    /// @param bytes   of the file
    public record Loaded(long keys, long expired, long bytes) {}

    /// Reads the file into the store. The engine is loading until somebody says otherwise; whoever waits for
    /// its lock gets it now and then.
    ///
    /// @param leavesOutExpired whether keys whose time is over are not read
    /// @param merges           whether a key may take the place of one that is there
    /// @throws DamagedLog when it does not check out; what was read so far must not be served
    public Loaded load(boolean leavesOutExpired, boolean merges, LoadingProgress progress)
            throws IOException, DamagedLog {
        engine.lock();
        try (DiskFile open = disk.openForReading(file)) {
            engine.loading(true);
            engine.beginBatch();
            progress.begin(open.size());
            progress.reading(String.valueOf(file.getFileName()));
            RdbReader reader = new RdbReader(open, progress.file(), this::database, at -> pause(at, progress))
                    .telling(progress, engine.host().log())
                    .merging(merges);
            if (leavesOutExpired)
                reader.leavingOutExpired(engine.clock().wallMs(), engine.store().workshop());
            long end = reader.read();
            return new Loaded(reader.keys(), reader.expired(), end);
        } finally {
            engine.unlock();
        }
    }

    private @Nullable Database database(long index) {
        Store store = engine.store();
        return index < store.count() ? store.database((int) index) : null;
    }

    private void pause(long at, LoadingProgress progress) {
        progress.loaded(at);
        engine.unlock();
        engine.lock();
        engine.beginBatch();
    }
}
