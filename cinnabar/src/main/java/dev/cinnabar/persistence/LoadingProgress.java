package dev.cinnabar.persistence;

/// How far loading has come: written by the loading thread, read by whoever answers INFO.
public final class LoadingProgress {
    private volatile long totalBytes;
    private volatile long loadedBytes;
    private volatile String file = "";

    /// The bytes of all files that are to be read.
    public long totalBytes() {
        return totalBytes;
    }

    /// The bytes that were read so far; about every MiB it moves on.
    public long loadedBytes() {
        return loadedBytes;
    }

    /// The file that is being read, or the one read last.
    public String file() {
        return file;
    }

    void begin(long totalBytes) {
        this.totalBytes = totalBytes;
        loadedBytes = 0;
    }

    void reading(String file) {
        this.file = file;
    }

    void loaded(long bytes) {
        loadedBytes = bytes;
    }
}
