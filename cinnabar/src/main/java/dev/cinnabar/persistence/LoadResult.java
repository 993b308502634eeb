package dev.cinnabar.persistence;

import org.jspecify.annotations.Nullable;

/// What loading found, and where the log goes on.
///
/// @param commands    commands that ran
/// @param cutBytes    bytes of a torn tail that were cut from the last file
/// @param skipped     commands of an imported file that were passed over: unknown here, or answered with an
///                    error
/// @param baseBytes   the size of the base, 0 when there is none
/// @param totalBytes  the size of all files
/// @param tail        the end of the last increment, or null when there is none
public record LoadResult(
        long commands,
        long cutBytes,
        long skipped,
        long baseBytes,
        long totalBytes,
        @Nullable Tail tail) {

    /// Where the last increment ends.
    ///
    /// @param entry     its name
    /// @param length    its length in bytes, without filler
    /// @param checksum  the state of the checksum there
    /// @param loose     how many bytes at the end no checksum line covers
    /// @param isGrouped whether the last checksum line ends a group
    record Tail(Manifest.Entry entry, long length, Checksum checksum, long loose, boolean isGrouped) {}
}
