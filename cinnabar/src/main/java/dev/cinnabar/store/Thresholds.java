package dev.cinnabar.store;

/// Up to which size a collection is one block of bytes, by the names of redis.conf. The engine keeps them up
/// to date; read under its lock.
public final class Thresholds {
    public long hashMaxListpackEntries = 512;
    public long hashMaxListpackValue = 64;
    public long setMaxIntsetEntries = 512;
    public long setMaxListpackEntries = 128;
    public long setMaxListpackValue = 64;
    public long zsetMaxListpackEntries = 128;
    public long zsetMaxListpackValue = 64;

    /// Positive: entries of a list's node; negative: -1 to -5 for 4, 8, 16, 32, 64 KiB
    /// (`list-max-listpack-size`).
    public int listMaxListpackSize = -2;

    /// How long a sparse HyperLogLog may become before it is made dense.
    public long hllSparseMaxBytes = 3000;

    public long streamNodeMaxBytes = 4096;
    public long streamNodeMaxEntries = 100;
}
