package dev.cinnabar.persistence;

import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/// How far loading has come: written by the loading thread, read by whoever answers INFO.
public final class LoadingProgress {
    private static final int STEP = 1 << 20;

    private volatile long sinceMs; // 0 when nothing is being loaded
    private volatile long totalBytes;
    private volatile long loadedBytes;
    private volatile String file = "";
    private volatile long keys;
    private volatile long expired;
    private volatile long usedMemory;
    private long longFromBytes = Long.MAX_VALUE;
    private Runnable whenLong = () -> {};
    private BooleanSupplier isUnwanted = () -> false;

    /// Asks to be told, once and on the loading thread, when this many bytes were loaded and there are more
    /// to come.
    public void whenLongerThan(long bytes, Runnable whenLong) {
        longFromBytes = bytes;
        this.whenLong = whenLong;
    }

    /// Has loading given up, by a [CancellationException] on its thread, as soon as this is so; asked about
    /// every MiB.
    public void giveUpWhen(BooleanSupplier isUnwanted) {
        this.isUnwanted = isUnwanted;
    }

    /// Says that loading begins.
    ///
    /// @param nowMs in ms since 1970
    public void begins(long nowMs) {
        sinceMs = nowMs;
    }

    /// Says that it has ended, well or not.
    public void ends() {
        sinceMs = 0;
    }

    /// When the loading that is going on began, in ms since 1970; 0 when there is none.
    public long sinceMs() {
        return sinceMs;
    }

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

    /// How many keys came into the store from the RDB image that is being read, or was read last.
    public long keys() {
        return keys;
    }

    /// How many keys of that image were left out because their time was over.
    public long expired() {
        return expired;
    }

    /// How many bytes of memory the writer of the image used, as that says; 0 when it does not.
    public long usedMemory() {
        return usedMemory;
    }

    void begin(long totalBytes) {
        this.totalBytes = totalBytes;
        loadedBytes = 0;
    }

    void reading(String file) {
        this.file = file;
    }

    void beginImage() {
        keys = 0;
        expired = 0;
        usedMemory = 0;
    }

    void usedMemory(long bytes) {
        usedMemory = bytes;
    }

    void keys(long keys, long expired) {
        this.keys = keys;
        this.expired = expired;
    }

    void loaded(long bytes) {
        loadedBytes = bytes;
        if (isUnwanted.getAsBoolean()) throw new CancellationException("Loading was given up");
        if (bytes < longFromBytes || bytes >= totalBytes) return;
        longFromBytes = Long.MAX_VALUE;
        whenLong.run();
    }

    /// The same for one who comes often, and may be passed over.
    void passing(long bytes) {
        if (bytes - loadedBytes >= STEP) loaded(bytes);
    }
}
