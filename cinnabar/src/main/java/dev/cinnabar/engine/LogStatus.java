package dev.cinnabar.engine;

/// How the append-only file is, for INFO and for those who wait for it.
///
/// @param isOn                whether changes are written (`appendonly yes`)
/// @param rewrites            the one that runs, and those before
/// @param didLastWriteSucceed whether the disk takes what is written
/// @param currentBytes        length of all files together
/// @param baseBytes           the same after the last rewrite, or when the server started
/// @param bufferBytes         appended, but not handed to the operating system yet
/// @param isSyncing           whether an fsync runs
public record LogStatus(
        boolean isOn,
        Rewrites rewrites,
        boolean didLastWriteSucceed,
        long currentBytes,
        long baseBytes,
        long bufferBytes,
        boolean isSyncing) {
    /// That of a server which keeps nothing on disk.
    public static final LogStatus OFF = off(new Rewrites(false, false, -1, -1, true, 0, 0));

    /// That of a server which writes no changes; its data set it may have been asked to write.
    public static LogStatus off(Rewrites rewrites) {
        return new LogStatus(false, rewrites, true, 0, 0, 0, false);
    }

    /// How the rewrites of the log go.
    ///
    /// @param isRunning      whether one runs
    /// @param isScheduled    whether one begins as soon as something else has ended
    /// @param lastSeconds    how long the last one took, -1 when there was none
    /// @param currentSeconds how long the one that runs has taken so far, -1 when none runs
    /// @param didLastSucceed whether it came to a good end; true when there was none
    /// @param succeeded      how many came to a good end since the start, or since CONFIG RESETSTAT
    /// @param failed         how many failed since the last good one
    public record Rewrites(
            boolean isRunning,
            boolean isScheduled,
            long lastSeconds,
            long currentSeconds,
            boolean didLastSucceed,
            long succeeded,
            long failed) {}
}
