package dev.cinnabar.persistence;

import dev.cinnabar.base.Log;
import dev.cinnabar.engine.SnapshotSource;
import java.io.IOException;
import java.nio.file.Path;

/// One rewrite of the log: what is in memory becomes the new base, what changes meanwhile a new increment,
/// and all that was before is history. Runs once: on a background thread while writers go on, or, where the
/// data set was replaced, at once.
///
/// ```
///   manifest                                              what happens
///   ────────────────────────────────────────────────────  ────────────────────────────────────────────────────────────
///   base 1   incr 1                                       incr 2 is created
///                                                         THE MOMENT, under the engine's lock: the image is fixed, the log
///                                                         holds; incr 1 gets its end line and is synced
///   base 1   incr 1   incr 2                              the log goes on in incr 2
///                                                         the image is written to temp-…, synced, and renamed to base 2
///   base 2            incr 2     history: base 1, incr 1
///   base 2            incr 2                              history was deleted
/// ```
///
/// Why the log holds for a moment: if bytes of increment 2 could reach the disk before the last ones of
/// increment 1, a power cut would leave a log with a hole. So replies to writes made in that moment wait for
/// one fsync and one manifest, some milliseconds; event loops do not.
///
/// A log that was lost is rebuilt by the same steps, only that the manifest names nothing before base and
/// increment are both on disk.
final class Rewrite implements Runnable {
    private final AppendOnlyLog aof;
    private final AofDirectory directory;
    private final Disk disk;
    private final SnapshotSource source;
    private final boolean keepsImported;
    private final boolean mayWait;
    private final Log log;

    /// @param mayWait whether it may wait for another image to end; not with the engine's lock, which that
    ///                needs
    Rewrite(AppendOnlyLog aof, LogParts parts, boolean keepsImported, boolean mayWait) {
        this.aof = aof;
        this.directory = parts.directory();
        this.disk = directory.disk();
        this.source = parts.source();
        this.keepsImported = keepsImported;
        this.mayWait = mayWait;
        this.log = parts.log();
    }

    @Override
    public void run() {
        boolean didSucceed = false;
        try {
            if (aof.isLost()) rebuild();
            else rewrite();
            didSucceed = true;
            log.notice("Background AOF rewrite finished successfully");
        } catch (IOException e) {
            log.warning("The append only file was not rewritten: " + e);
        } catch (RuntimeException | OutOfMemoryError e) { // a bug or no memory: it must not end rewriting for good
            log.warning("The append only file was not rewritten: " + e);
        } finally {
            source.abort();
            aof.rewriteEnded(didSucceed);
        }
    }

    // ---- a healthy log ----

    private void rewrite() throws IOException {
        log.notice("Rewriting the append only file");
        Manifest.Entry increment = beginIncrement();
        Manifest.Entry base = directory.nextBase();
        long bytes = writeImage(base, () -> {});
        directory.replace(directory.manifest().rewritten(base, increment.seq()));
        aof.rewritten(bytes);
        deleteHistory();
    }

    private Manifest.Entry beginIncrement() throws IOException {
        Manifest.Entry entry = directory.nextIncrement();
        LogFile next = LogFile.create(disk, directory.path(entry.name()));
        boolean goesOn = false;
        boolean isNeeded = false;
        try {
            disk.syncDirectory(directory.path());
            aof.sync(true); // so that less is left to do when the world waits
            source.begin(aof::hold, this::checkWaiting);
            aof.completeIncrement();
            directory.replace(directory.manifest().plus(entry));
            isNeeded = true;
            aof.continueIn(next);
            goesOn = true;
            return entry;
        } catch (AofDirectory.Unsure e) {
            isNeeded = true; // perhaps the manifest names it
            aof.giveUp(e);
            next.close();
            throw e;
        } finally { // whatever went wrong, the log must not be held for ever
            if (!goesOn) aof.continueAsBefore();
            if (!isNeeded) discard(next);
        }
    }

    // ---- a log that was lost, or did not exist ----

    private void rebuild() throws IOException {
        log.notice("Writing the append only file anew");
        Manifest.Entry increment = directory.nextIncrement();
        Path temporary = directory.temporary(increment.name());
        disk.delete(temporary);
        LogFile next = LogFile.create(disk, temporary);
        boolean isTaken = false;
        try {
            source.begin(() -> aof.rebuildIn(next), this::checkWaiting);
            isTaken = true;
        } finally {
            if (!isTaken) discard(next);
        }
        aof.closeLost();

        Manifest.Entry base = directory.nextBase();
        long bytes = writeImage(base, aof::checkRebuilding);
        Manifest all = directory.manifest().rewritten(base, Long.MAX_VALUE).plus(increment);
        aof.finishRebuilding(() -> {
            next.renameTo(directory.path(increment.name()));
            try {
                disk.syncDirectory(directory.path());
                directory.replace(all);
            } catch (AofDirectory.Unsure e) {
                throw e; // perhaps the manifest names it
            } catch (IOException e) {
                disk.delete(next.path());
                throw e;
            }
        });
        aof.rewritten(bytes);
        deleteHistory();
    }

    /// @return the size of the new base
    private long writeImage(Manifest.Entry base, SnapshotSource.Check alsoAsked) throws IOException {
        return BaseImage.write(directory, base, source, () -> {
            check();
            alsoAsked.check();
        });
    }

    private void checkWaiting() throws IOException {
        if (!mayWait) throw new IOException("another image is being written");
        check();
    }

    private void check() throws IOException {
        if (aof.isClosing()) throw new IOException("the log is being closed");
    }

    // ---- afterwards ----

    private void deleteHistory() {
        try {
            if (keepsImported) directory.spareImported();
            directory.deleteHistory();
        } catch (IOException e) {
            log.warning("Files that are not needed any more were not deleted: " + e);
        }
    }

    private void discard(LogFile file) {
        try {
            file.close();
            disk.delete(file.path());
        } catch (IOException e) {
            log.warning(file.path() + " was not deleted: " + e);
        }
    }
}
