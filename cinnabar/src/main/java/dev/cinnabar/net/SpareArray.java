package dev.cinnabar.net;

import org.jspecify.annotations.Nullable;

/// The array that a connection of a loop has done with, for the next one that needs as much: requests that
/// come in many pieces, one connection after the other, then leave no garbage behind. A large one is kept as
/// long as there is something to do. Owned by the loop's thread.
final class SpareArray {
    /// What is longer is rather given back, in bytes.
    static final int MOST = 8 << 20;

    private static final int LARGE = 256 << 10; // more than is kept while nobody sends

    private byte @Nullable [] spare;

    /// How long an array [#take] has for somebody who needs so many bytes now: no more than twice as long as
    /// what will be needed.
    ///
    /// @param inTheEnd bytes that will be needed, as far as is known
    int lengthFor(int bytes, long inTheEnd) {
        byte[] s = spare;
        return s != null && s.length >= bytes && s.length / 2 <= Math.max(bytes, inTheEnd) ? s.length : bytes;
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

    /// Whether what is set aside is more than an idle server should keep.
    boolean isLarge() {
        byte[] s = spare;
        return s != null && s.length > LARGE;
    }

    /// Nobody sends anything: gives back what is large.
    void rest() {
        if (isLarge()) spare = null;
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
