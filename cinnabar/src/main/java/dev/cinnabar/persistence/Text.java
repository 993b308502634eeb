package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;

/// A string that was read, in an array that is used again.
final class Text {
    /// The longest there can be.
    static final int MAX_LENGTH = Integer.MAX_VALUE - 64;

    private byte[] bytes = new byte[64];
    private int length;
    private final Bytes window = new Bytes();

    /// Makes it a string of this length, whose bytes are the caller's to write. What it held is lost.
    byte[] resize(int length) {
        if (bytes.length < length) bytes = new byte[(int) Math.min(MAX_LENGTH, Math.max(length, 2L * bytes.length))];
        this.length = length;
        return bytes;
    }

    byte[] array() {
        return bytes;
    }

    int length() {
        return length;
    }

    /// The string; always the same window.
    Bytes window() {
        return window.set(bytes, 0, length);
    }
}
