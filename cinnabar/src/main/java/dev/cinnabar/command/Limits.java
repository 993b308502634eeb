package dev.cinnabar.command;

/// Settings that the bodies of commands look at. The engine keeps them up to date; read under its lock.
public final class Limits {
    /// The longest string there may be, in bytes (`proto-max-bulk-len`).
    public long maxBulkBytes = 512L << 20;

    /// Whether somebody wants to hear of reads that do not find their key (`notify-keyspace-events`, class
    /// `m`).
    public boolean tellsMisses;
}
