package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.Database;
import org.jspecify.annotations.Nullable;

/// Runs what a loader reads from disk: in a session of its own, without replies, without appending to the
/// log, without checking rights or memory, and without expiring keys by its own clock before loading has
/// ended.
public interface Replayer {
    /// What became of a replayed command.
    enum Outcome {
        /// It ran.
        APPLIED,
        /// It is known and well-formed but writes nothing; it was not run. (`SELECT` counts as applied.)
        NOT_A_WRITE,
        /// No such command.
        UNKNOWN,
        /// Its reply was an error.
        FAILED
    }

    /// What follows stands in another file: each begins in database 0.
    void beginFile();

    /// Runs one command. `MULTI` and `EXEC` never come here: the loader leaves out what was not finished.
    Outcome run(int argc, Bytes[] argv);

    /// A database, for whoever reads an image of keys and not commands; null when there is none of this
    /// number. Nothing expires there while the server is loading.
    @Nullable
    Database database(long index);

    /// Lets those who wait for the engine have their turn. To be called between two keys of an image, now and
    /// then.
    void pause();

    /// The error's text after [Outcome#UNKNOWN] or [Outcome#FAILED].
    String error();
}
