package dev.cinnabar.store;

/// A value too large for its record: a handful of objects around tables and blocks. The record holds its number only.
///
/// Belongs to the key that holds it. Touched only under the engine's lock. Whoever changes one asks [Database#bigForChange] for it first, so that
/// a running snapshot sees it as it was.
public abstract class BigValue {
    int number; // in BigValues

    /// How many elements there are: what LLEN, HLEN, SCARD and so on answer.
    public abstract long size();

    /// Bytes that it takes, its blocks and tables; O(1).
    public abstract long bytes();

    /// Frees some of its memory; it is used for nothing else any more.
    ///
    /// @param most about how many elements
    /// @return whether there is more to free
    protected abstract boolean free(int most);

    /// Moves some of its blocks out of sparse pages; see [dev.cinnabar.struct.Dict#compact].
    ///
    /// @param position 0 to start, then what the call before answered
    /// @param most     about how many elements to look at
    /// @return where to go on, 0 when all was looked at
    protected abstract long compact(long position, int most);

    /// A copy with blocks of its own, for COPY. O(n).
    ///
    /// @throws dev.cinnabar.memory.OutOfMemory when memory is short; then nothing has changed
    protected abstract BigValue copy();

    /// Checks its parts against each other; for tests. O(n).
    ///
    /// @throws IllegalStateException when something does not add up
    public abstract void checkInvariants();
}
