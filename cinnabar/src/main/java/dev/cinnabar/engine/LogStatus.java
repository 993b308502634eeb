package dev.cinnabar.engine;

/// How the append-only file is, for INFO and for those who wait for it.
///
/// @param isOn                   whether changes are written (`appendonly yes`)
/// @param isRewriting            whether a rewrite runs
/// @param isRewriteScheduled     whether one begins as soon as something else has ended
/// @param lastRewriteSeconds     how long the last one took, -1 when there was none
/// @param currentRewriteSeconds  how long the one that runs has taken so far, -1 when none runs
/// @param didLastRewriteSucceed  whether it came to a good end; true when there was none
/// @param rewrites               how many came to a good end since the start
/// @param failedRewrites         how many failed since the last good one
/// @param didLastWriteSucceed    whether the disk takes what is written
/// @param currentBytes           length of all files together
/// @param baseBytes              the same after the last rewrite, or when the server started
/// @param bufferBytes            appended, but not handed to the operating system yet
/// @param pendingFsyncs          fsyncs that are due or run
/// @param delayedFsyncs          how often one had to wait for an earlier one
public record LogStatus(
        boolean isOn,
        boolean isRewriting,
        boolean isRewriteScheduled,
        long lastRewriteSeconds,
        long currentRewriteSeconds,
        boolean didLastRewriteSucceed,
        long rewrites,
        long failedRewrites,
        boolean didLastWriteSucceed,
        long currentBytes,
        long baseBytes,
        long bufferBytes,
        long pendingFsyncs,
        long delayedFsyncs) {
    /// That of a server which keeps nothing on disk.
    public static final LogStatus OFF = new LogStatus(false, false, false, -1, -1, true, 0, 0, true, 0, 0, 0, 0, 0);
}
