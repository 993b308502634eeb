package dev.cinnabar.persistence;

/// The directive `appendfsync`: what must have happened to a change before its answer goes out, and what
/// follows.
public enum FsyncPolicy {
    /// It survives a power cut.
    ALWAYS,
    /// It is in the file, so it survives the end of the process; the file is synced each second.
    EVERYSEC,
    /// It is in the file, and the operating system syncs when it likes.
    NO
}
