package dev.cinnabar.base;

/// Puts as much of a sequence in order as somebody wants to see, by numbers that stand for its members.
///
/// A member is a *rank*, a number that says what it is compared by, and an index, which says who it is: two
/// arrays that change places together, so that comparing follows no pointer and nothing is allocated. Which
/// of two members of the same rank comes first is the caller's to say.
public final class PartialSort {
    /*
     * C. A. R. Hoare's quicksort (1961), and his quickselect where only a part is wanted: what lies outside
     * of it is not cut further, so that ten of a million take O(n). Scans stop at members that are the same
     * as the pivot, which halves a sequence of nothing else.
     *
     *      | not more than the pivot … | the same | … not less than the pivot |
     *        from                    j             i                       to
     *
     * A sequence that is made to find bad pivots would take O(n²): after 2 log n cuts, what is left is
     * sorted as a heap (D. R. Musser, *Introspective Sorting*, 1997).
     */
    private static final int FEW = 16; // members; so many are sorted by insertion

    /// Orders members of the same rank.
    public interface Ties {
        /// @return below 0, 0 or above 0, as the first comes before the second, is the same, or comes behind
        int compare(int index, int otherIndex);
    }

    private final long[] ranks;
    private final int[] indexes;
    private final Ties ties;
    private final int wantedFrom;
    private final int wantedTo;

    private PartialSort(long[] ranks, int[] indexes, int wantedFrom, int wantedTo, Ties ties) {
        this.ranks = ranks;
        this.indexes = indexes;
        this.wantedFrom = wantedFrom;
        this.wantedTo = wantedTo;
        this.ties = ties;
    }

    /// Puts those members into the places from one up to, not including, another that would be there if all
    /// were sorted; what stands in the other places afterwards is not said. O(n log n) at most.
    ///
    /// @param indexes as many as ranks
    public static void sort(long[] ranks, int[] indexes, int wantedFrom, int wantedTo, Ties ties) {
        int cuts = 2 * (Integer.SIZE - Integer.numberOfLeadingZeros(ranks.length));
        new PartialSort(ranks, indexes, wantedFrom, wantedTo, ties).sort(0, ranks.length, cuts);
    }

    private void sort(int from, int to, int cutsLeft) {
        while (to - from > FEW) {
            if (from >= wantedTo || to <= wantedFrom) return;
            if (cutsLeft-- == 0) {
                sortAsHeap(from, to);
                return;
            }
            int pivot = medianOfThree(from, from + to >>> 1, to - 1);
            long rank = ranks[pivot];
            int index = indexes[pivot];
            int i = from;
            int j = to - 1;
            while (i <= j) {
                while (compare(i, rank, index) < 0) i++;
                while (compare(j, rank, index) > 0) j--;
                if (i <= j) swap(i++, j--);
            }
            sort(from, j + 1, cutsLeft);
            from = i;
        }
        sortFew(from, to);
    }

    private int compare(int member, long rank, int index) {
        long its = ranks[member];
        return its < rank ? -1 : its > rank ? 1 : ties.compare(indexes[member], index);
    }

    private int compare(int member, int other) {
        return compare(member, ranks[other], indexes[other]);
    }

    private int medianOfThree(int a, int b, int c) {
        if (compare(a, b) > 0) return compare(a, c) < 0 ? a : compare(b, c) > 0 ? b : c;
        return compare(b, c) < 0 ? b : compare(a, c) > 0 ? a : c;
    }

    private void swap(int member, int other) {
        long rank = ranks[member];
        int index = indexes[member];
        ranks[member] = ranks[other];
        indexes[member] = indexes[other];
        ranks[other] = rank;
        indexes[other] = index;
    }

    private void sortFew(int from, int to) {
        for (int next = from + 1; next < to; next++) {
            long rank = ranks[next];
            int index = indexes[next];
            int gap = next;
            for (; gap > from && compare(gap - 1, rank, index) > 0; gap--) {
                ranks[gap] = ranks[gap - 1];
                indexes[gap] = indexes[gap - 1];
            }
            ranks[gap] = rank;
            indexes[gap] = index;
        }
    }

    private void sortAsHeap(int from, int to) {
        int size = to - from;
        for (int parent = size / 2 - 1; parent >= 0; parent--) sink(from, parent, size);
        while (--size > 0) {
            swap(from, from + size);
            sink(from, 0, size);
        }
    }

    /// Lets a member of a heap sink below those that come behind it.
    private void sink(int from, int parent, int size) {
        for (int child; (child = 2 * parent + 1) < size; parent = child) {
            if (child + 1 < size && compare(from + child, from + child + 1) < 0) child++;
            if (compare(from + parent, from + child) >= 0) return;
            swap(from + parent, from + child);
        }
    }
}
