package dev.cinnabar.engine;

/// How saving to an RDB file is, for INFO, LASTSAVE and those who wait for it.
///
/// @param isSaving             whether a save runs in the background
/// @param isScheduled          whether one begins as soon as the log's rewrite has ended
/// @param lastSaveSeconds      when the last save that came to a good end did, in seconds since 1970; when
///                             the server started if there was none
/// @param didLastSucceed       whether the last one in the background came to a good end; true when there was
///                             none
/// @param lastDurationSeconds  how long the last one in the background took, -1 when there was none
/// @param currentSeconds       how long the one that runs has taken so far, -1 when none runs
/// @param saves                how many came to a good end since the start, or since CONFIG RESETSTAT
/// @param keysWritten          by the save that runs
/// @param keysTotal            that it is to write, about
/// @param keysLoaded           of the file that was read last
/// @param keysExpired          of that file, which were left out because their time was over
public record SaveStatus(
        boolean isSaving,
        boolean isScheduled,
        long lastSaveSeconds,
        boolean didLastSucceed,
        long lastDurationSeconds,
        long currentSeconds,
        long saves,
        long keysWritten,
        long keysTotal,
        long keysLoaded,
        long keysExpired) {
    /// That of a server which keeps nothing on disk.
    public static SaveStatus never(long startedMs) {
        return new SaveStatus(false, false, startedMs / 1000, true, -1, -1, 0, 0, 0, 0, 0);
    }
}
