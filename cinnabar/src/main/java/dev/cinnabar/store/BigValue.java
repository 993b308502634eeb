package dev.cinnabar.store;

import org.jspecify.annotations.Nullable;

/// A value too large for its record: a handful of objects around tables and blocks. The record holds its
/// number only.
///
/// Belongs to the key that holds it. Touched only under the engine's lock. Whoever changes one asks
/// [Database#bigForChange] for it first, so that a running snapshot sees it as it was. Nothing that is done
/// to it as a whole takes longer than a moment but [#copy]: it is freed, compacted and handed to snapshots in
/// steps.
public abstract class BigValue extends Garbage {
    /*
     * How a type joins snapshots. `freeze` is called once, before the first change after the snapshot began,
     * and may be in the middle of a command: it must not fail, and should be O(1). From then on `walk` is
     * called until it answers that it is done, each time for a slice, and shows the elements as they were,
     * with the method of `image.sink()` that fits. In between the value is changed like any other, or given
     * up: then it is not freed before the walk is done. Two ways are there to be used:
     *
     *   members in a table     [Members#freeze] and [Members#walk]: marks in the records, no copies
     *   ordered nodes          as [BigList] and [StreamNodes]: the old order of nodes is kept, a node that is not walked yet is copied when
     *                          it changes
     *
     * An aborted snapshot calls `walk` to its end, too, and `image.sink()` takes nothing then: what was kept
     * is freed on the way.
     */
    int number; // in BigValues
    private @Nullable BigImage image; // while a snapshot has not handed it over

    /// How many elements there are: what LLEN, HLEN, SCARD and so on answer.
    @Override
    public abstract long size();

    /// Bytes that it takes, its blocks and tables. O(1), but for a stream O(groups + consumers).
    @Override
    public abstract long bytes();

    /// The table in which its elements are looked up by their names; null when they have none.
    @Nullable
    Members table() {
        return null;
    }

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

    /// Makes ready for [#walk]: from now on elements are handed over before they change.
    ///
    /// @param image its sink takes the elements
    protected abstract void freeze(BigImage image);

    /// Hands over some elements as they were when the value was frozen.
    ///
    /// @return whether there are more; if not, all that was kept for the walk is gone
    protected abstract boolean walk(Slice slice);

    /// Checks its parts against each other; for tests. O(n).
    ///
    /// @throws IllegalStateException when something does not add up
    public abstract void checkInvariants();

    /// A snapshot has found it.
    final void meet(BigImage image) {
        this.image = image;
        freeze(image);
    }

    /// Whether a snapshot has not handed it over yet.
    final boolean isPending() {
        return image != null;
    }

    /// @return whether there is more of it
    final boolean handOver(Slice slice) {
        if (walk(slice)) return true;
        image = null;
        return false;
    }
}
