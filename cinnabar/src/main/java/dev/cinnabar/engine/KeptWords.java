package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;

/// Copies of a command's words that are kept for later, and what they take of the heap. Many small ones take
/// many times what their text says, and all that clients have kept counts with the data.
final class KeptWords {
    private static final int WORD_BYTES =
            48; // of heap, for a word beside its text: a window, an array's header, a place in an array

    private KeptWords() {}

    /// How many bytes of heap the copies will take.
    static long bytes(int argc, Bytes[] argv) {
        long bytes = 0;
        for (int i = 0; i < argc; i++) bytes += bytes(argv[i]);
        return bytes;
    }

    /// The same for one word.
    static long bytes(Bytes word) {
        return WORD_BYTES + word.length();
    }

    static Bytes[] copy(int argc, Bytes[] argv) {
        Bytes[] copy = new Bytes[argc];
        for (int i = 0; i < argc; i++) copy[i] = Bytes.of(argv[i].copy());
        return copy;
    }
}
