package dev.cinnabar.persistence;

import dev.cinnabar.base.Log;
import dev.cinnabar.engine.LogStatus;
import dev.cinnabar.engine.SnapshotSource;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/// BGREWRITEAOF of a server that keeps no log: writes what is in memory as the base of a log that nobody goes
/// on with, as Redis does. A server that starts with `appendonly yes` in the same directory will load it.
public final class LoneRewrite implements Runnable {
    private final AofDirectory directory;
    private final SnapshotSource source;
    private final BooleanSupplier isClosing;
    private final Log log;
    private volatile boolean isGivenUp;
    private volatile boolean isOver;
    private volatile boolean isCounted = true;
    private volatile boolean wentWell;

    /// @param isClosing whether the server is stopping, so that there is no sense in going on
    public LoneRewrite(AofDirectory directory, SnapshotSource source, BooleanSupplier isClosing, Log log) {
        this.directory = directory;
        this.source = source;
        this.isClosing = isClosing;
        this.log = log;
    }

    /// Has it end soon, for a log begins. Any thread.
    public void giveUp() {
        isGivenUp = true;
    }

    /// Whether it has ended, well or not. Any thread.
    public boolean isOver() {
        return isOver;
    }

    /// Counts no longer if it is over: CONFIG RESETSTAT. Any thread.
    public void countAnew() {
        isCounted = !isOver;
    }

    /// What INFO tells of it. Any thread.
    ///
    /// @param waits whether it still waits for something else
    public LogStatus.Rewrites status(boolean waits) {
        boolean hasEnded = isOver;
        boolean isGood = hasEnded && wentWell;
        return new LogStatus.Rewrites(
                !hasEnded && !waits, !hasEnded && waits, -1, -1, !hasEnded || isGood, isGood && isCounted ? 1 : 0, 0);
    }

    @Override
    public void run() {
        try {
            write();
            wentWell = true;
        } catch (IOException e) {
            log.warning("The append only file was not written: " + e);
        } catch (RuntimeException | OutOfMemoryError e) { // a bug or no memory; the server goes on
            log.warning("The append only file was not written: " + e);
        } finally {
            source.abort();
            isOver = true;
        }
    }

    private void write() throws IOException {
        log.notice("Writing an append only file, which nobody goes on with: appendonly is no");
        source.begin(() -> {}, this::check);
        Manifest.Entry base = directory.nextBase();
        long bytes = BaseImage.write(directory, base, source, this::check);
        directory.replace(directory.manifest().rewritten(base, Long.MAX_VALUE));
        directory.deleteHistory();
        log.notice("Background AOF rewrite finished successfully, bytes=" + bytes);
    }

    private void check() throws IOException {
        if (isClosing.getAsBoolean()) throw new IOException("the server is stopping");
        if (isGivenUp) throw new IOException("a log begins and will hold the same");
    }
}
