package dev.cinnabar.base;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Bytes of our own: an immutable copy that may be kept and used as a key of a Java map (watched keys,
/// waiting keys, channels). The data itself never lives in these; it lives in pages.
public final class StoredBytes implements Comparable<StoredBytes> {
    private final byte[] bytes;
    private final int offset;
    private final int length;
    private final int hash;

    private StoredBytes(byte[] bytes, int offset, int length) {
        this.bytes = bytes;
        this.offset = offset;
        this.length = length;
        int sum = 1;
        for (int i = offset; i < offset + length; i++) sum = 31 * sum + bytes[i];
        this.hash = sum;
    }

    /// A copy of what the window shows now.
    public static StoredBytes copyOf(Bytes window) {
        return new StoredBytes(window.copy(), 0, window.length());
    }

    /// What the window shows now, for a search among others: good as long as the window is, and not to be
    /// kept.
    public static StoredBytes borrowed(Bytes window) {
        return new StoredBytes(window.array(), window.offset(), window.length());
    }

    public static StoredBytes of(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new StoredBytes(bytes, 0, bytes.length);
    }

    public int length() {
        return length;
    }

    /// A fresh window over these bytes; must only be read.
    public Bytes window() {
        return new Bytes(bytes, offset, length);
    }

    @Override
    public int compareTo(StoredBytes other) {
        return Arrays.compareUnsigned(
                bytes, offset, offset + length, other.bytes, other.offset, other.offset + other.length);
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return o instanceof StoredBytes s
                && s.hash == hash
                && Arrays.equals(bytes, offset, offset + length, s.bytes, s.offset, s.offset + s.length);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return new String(bytes, offset, length, StandardCharsets.UTF_8);
    }
}
