package dev.cinnabar.persistence;

/// The directives that a running log reads.
///
/// @param policy              `appendfsync`
/// @param skipsFsyncOnRewrite `no-appendfsync-on-rewrite`: while a rewrite is under way, act as under
///                            `appendfsync no`
/// @param rewritePercentage   `auto-aof-rewrite-percentage`: rewrite when the log has grown by this much
///     since the last rewrite; 0 never
/// @param rewriteMinBytes     `auto-aof-rewrite-min-size`: but not below this size
/// @param tellsTimes          `aof-timestamp-enabled`: note the time between the commands, each second in
///                            which there are any
public record AofSettings(
        FsyncPolicy policy,
        boolean skipsFsyncOnRewrite,
        int rewritePercentage,
        long rewriteMinBytes,
        boolean tellsTimes) {}
