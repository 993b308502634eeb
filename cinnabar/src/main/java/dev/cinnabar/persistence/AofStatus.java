package dev.cinnabar.persistence;

/// What INFO tells about the log, taken at one moment. Times are seconds, -1 when there was none.
///
/// @param rewriteInProgress         `aof_rewrite_in_progress`
/// @param lastRewriteSeconds        `aof_last_rewrite_time_sec`
/// @param currentRewriteSeconds     `aof_current_rewrite_time_sec`
/// @param lastRewriteOk             `aof_last_bgrewrite_status`
/// @param rewrites                  `aof_rewrites`
/// @param rewriteFailuresInARow     `aof_rewrites_consecutive_failures`
/// @param lastWriteOk               `aof_last_write_status`
/// @param currentSize               `aof_current_size`, bytes of all files
/// @param baseSize                  `aof_base_size`, bytes of all files after the last rewrite or at start
/// @param bufferLength              `aof_buffer_length`, bytes that are not in the file yet
/// @param syncing                   `aof_pending_bio_fsync`, whether an fsync is under way
public record AofStatus(
        boolean rewriteInProgress,
        long lastRewriteSeconds,
        long currentRewriteSeconds,
        boolean lastRewriteOk,
        long rewrites,
        int rewriteFailuresInARow,
        boolean lastWriteOk,
        long currentSize,
        long baseSize,
        long bufferLength,
        boolean syncing) {}
