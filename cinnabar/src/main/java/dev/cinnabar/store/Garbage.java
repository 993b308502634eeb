package dev.cinnabar.store;

import org.jspecify.annotations.Nullable;

/// What may be so large that freeing it is cut into steps: a value, or a part of one that was taken out.
/// [BigValues] keeps the queue of what was given up.
abstract class Garbage {
    @Nullable
    Garbage nextGarbage; // in BigValues

    long garbageBytes; // what of it is counted there

    /// How many elements there are to free.
    public abstract long size();

    /// Bytes that it takes, its blocks and tables.
    public abstract long bytes();

    /// Frees some of its memory; it is used for nothing else any more.
    ///
    /// @param most about how many elements
    /// @return whether there is more to free
    protected abstract boolean free(int most);

    /// Frees all of its memory now. O(n): for what is small, or what nobody else has seen.
    final void freeAll() {
        while (free(Integer.MAX_VALUE)) continue;
    }
}
