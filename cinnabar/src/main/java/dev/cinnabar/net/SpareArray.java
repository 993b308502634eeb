package dev.cinnabar.net;

import org.jspecify.annotations.Nullable;

/// The array that a connection of a loop has done with, for the next one that needs as much: requests that
/// come in many pieces, one connection after the other, then leave no garbage behind. Owned by the loop's
/// thread.
final class SpareArray {
    /// What is longer is rather given back, in bytes.
    static final int MOST = 256 << 10;

    private byte @Nullable [] spare;

    /// How long an array [#take] has for somebody who needs so many bytes: no more than twice as long.
    int lengthFor(int bytes) {
        byte[] s = spare;
        return s != null && s.length >= bytes && s.length / 2 <= bytes ? s.length : bytes;
    }

    /// An array of just this length, with anything in it.
    ///
    /// @throws OutOfMemoryError when there is no heap
    byte[] take(int length) {
        byte[] s = spare;
        if (s == null || s.length != length) return new byte[length];
        spare = null;
        return s;
    }

    /// Gives back what is set aside.
    void drop() {
        spare = null;
    }

    /// Takes an array that nobody uses any more, in place of the one before.
    void give(byte[] array) {
        if (array.length <= MOST) spare = array;
    }
}
