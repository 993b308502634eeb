package dev.cinnabar.engine;

import dev.cinnabar.base.Log;
import dev.cinnabar.config.Config;
import org.jspecify.annotations.Nullable;

/// What the engine asks of the process that it lives in: its configuration, its end, its files, its sockets.
///
/// The server implements it and hands it over with [Engine#host(Host)]; until then, and in tests, it is
/// [NoHost]. All methods are called under the engine's lock and must neither block for long nor call the
/// engine back on another thread and wait for it.
public interface Host {
    /// Whether SHUTDOWN saves the data set first.
    enum Saving {
        /// If there are save points.
        DEFAULT,
        SAVE,
        NOSAVE
    }

    /// Bytes and calls of the sockets since the server started, or since CONFIG RESETSTAT.
    ///
    /// @param queryBufferDisconnects clients closed because they sent more than `client-query-buffer-limit`
    record Traffic(long bytesIn, long bytesOut, long reads, long writes, long queryBufferDisconnects) {
        /// Nothing was sent and nothing received.
        public static final Traffic NONE = new Traffic(0, 0, 0, 0, 0);
    }

    /// How far loading is.
    ///
    /// @param startedMs   when it began, in ms since 1970
    /// @param totalBytes  of all files to be loaded
    /// @param loadedBytes of them so far
    /// @param usedBytes   of memory that the writer of the RDB file used, as that says; 0 when it does not
    record Loading(long startedMs, long totalBytes, long loadedBytes, long usedBytes) {}

    /// The configuration. Always the same object.
    Config config();

    /// Where the server writes what happens.
    Log log();

    /// Ends the server, as soon as the reply was sent.
    ///
    /// @param isForced even if saving fails
    /// @return why that is impossible, as the text of an error reply; null when the end has begun
    @Nullable
    String shutdown(Saving saving, boolean isForced);

    /// Calls off an end that has begun and waits for something.
    ///
    /// @return whether there was one
    boolean abortShutdown();

    /// Begins to write the append-only file anew, in the background.
    ///
    /// @return why that is impossible, as the text of an error reply; null when it has begun or is scheduled,
    ///     which [LogStatus.Rewrites#isScheduled()] tells apart
    @Nullable
    String rewriteLog();

    /// Throws the data set away and loads it from the log again, once all that was appended is on disk: DEBUG
    /// LOADAOF. Called when a transaction, if there is one, has not begun.
    ///
    /// @return why that is impossible, as the text of an error reply; null when all is loaded
    @Nullable
    String reloadLog();

    /// How the log is.
    LogStatus logStatus();

    /// Writes the data set to the RDB file before it returns.
    ///
    /// @return why that is impossible, as the text of an error reply; null when all is on disk
    @Nullable
    String save();

    /// Begins to write the data set to the RDB file, in the background.
    ///
    /// @param mayWait whether it may begin later, when a rewrite of the log has ended
    /// @return why that is impossible, as the text of an error reply; null when it has begun or is scheduled,
    ///     which [SaveStatus#isScheduled()] tells apart
    @Nullable
    String saveInBackground(boolean mayWait);

    /// All databases were emptied: FLUSHALL. A save that is under way is of what is no more; where the data
    /// set is saved from time to time it is saved now, or a crash would bring everything back.
    ///
    /// @return whether it was saved, with all changes up to here
    default boolean flushed() {
        return false;
    }

    /// Reads the RDB file: DEBUG RELOAD.
    ///
    /// @param saves   whether it is written first
    /// @param empties whether the data set is thrown away first
    /// @param merges  whether a key of the file may take the place of one that is there
    /// @return why that is impossible, as the text of an error reply; null when all is read
    @Nullable
    String reload(boolean saves, boolean empties, boolean merges);

    /// How saving is.
    SaveStatus saveStatus();

    /// Called some ten times a second.
    default void tick() {}

    /// Asks that [Engine#tick] be called in so many milliseconds, sooner than was said last. Under the
    /// engine's lock, on any thread.
    default void tickIn(long ms) {}

    /// What went through the sockets.
    Traffic traffic();

    /// Begins to count it anew, and saves and rewrites of the log, too.
    void resetCounts();

    /// How far loading is, or null when nothing is being loaded.
    @Nullable
    Loading loading();

    /// The number of the process.
    default long pid() {
        return ProcessHandle.current().pid();
    }

    /// The TCP port that is listened to; 0 for none.
    int port();

    /// By what sockets are served, for INFO.
    default String multiplexing() {
        return "java.nio";
    }

    /// The ids of the threads that serve clients.
    default long[] servingThreads() {
        return new long[0];
    }

    /// When the server started, in ms since 1970.
    long startedMs();

    /// The file that was started, as an absolute path, or empty when there is none.
    String executable();
}
