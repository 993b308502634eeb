package dev.cinnabar.base;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Bytes of our own: an immutable copy that may be kept and used as a key of a Java map (watched keys,
/// waiting keys, channels). The data itself never lives in these; it lives in pages.
public final class StoredBytes implements Comparable<StoredBytes> {
    private final byte[] bytes;
    private final int hash;

    private StoredBytes(byte[] bytes) {
        this.bytes = bytes;
        this.hash = Arrays.hashCode(bytes);
    }

    /// A copy of what the window shows now.
    public static StoredBytes copyOf(Bytes window) {
        return new StoredBytes(window.copy());
    }

    public static StoredBytes of(String text) {
        return new StoredBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    public int length() {
        return bytes.length;
    }

    /// A fresh window over these bytes; must only be read.
    public Bytes window() {
        return new Bytes(bytes, 0, bytes.length);
    }

    @Override
    public int compareTo(StoredBytes other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return o instanceof StoredBytes s && s.hash == hash && Arrays.equals(bytes, s.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
