package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;

/// What is kept in an array in order of names: the groups of a stream, the consumers of a group.
interface Named {
    /// Negative, 0 or positive as its name comes before, is, or comes behind this one, byte by byte.
    int compareName(Bytes name);

    /// Where the one of that name lies, or `-1 - p` where it would have to be inserted at `p`. O(log count).
    ///
    /// @param sorted in order; only the first `count` are looked at
    static int place(Named[] sorted, int count, Bytes name) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = low + high >>> 1;
            int order = sorted[middle].compareName(name);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle;
        }
        return -1 - low;
    }
}
