package dev.cinnabar.store;

import dev.cinnabar.struct.IdRows;
import dev.cinnabar.struct.StreamId;
import java.util.BitSet;

/// Finds the groups of a stream of which something is pending that the stream has no more, in slices, while
/// nobody changes it.
///
/// What is pending of each group is compared with the nodes, up to the first that is not there. Both are in
/// order of ids, so a node is walked once for each group that has something of it pending, and the others are
/// not.
final class StreamComparison {
    private final StreamValue stream;
    private final BitSet found = new BitSet(); // groups

    private int group; // the one under way
    private long row = IdRows.NONE; // the next of its rows, NONE before the first
    private long node = IdRows.NONE; // the place of the node that is walked
    private final StreamEntries entries = new StreamEntries(); // of it
    private boolean hasEntry; // whether there is a current one

    StreamComparison(StreamValue stream) {
        this.stream = stream;
    }

    /// @return whether there is more to compare
    boolean walk(Slice slice) {
        for (; group < stream.groups(); group++) {
            if (!walkGroup(slice)) return true;
            row = IdRows.NONE;
            node = IdRows.NONE;
        }
        return false;
    }

    /// @return whether nothing is left to compare of the group
    private boolean walkGroup(Slice slice) {
        IdRows rows = stream.group(group).rows(null);
        if (rows.isEmpty()) return true;
        if (row == IdRows.NONE) row = rows.first();
        do {
            if (slice.isOver()) return false;
            slice.spend(1);
            if (!has(rows.ms(row), rows.seq(row), slice)) {
                found.set(group);
                return true;
            }
            row = rows.next(row);
        } while (row != IdRows.NONE);
        return true;
    }

    /// Whether the stream has an entry with this id, which is larger than those that were asked for before in
    /// the group.
    private boolean has(long ms, long seq, Slice slice) {
        StreamNodes nodes = stream.nodes();
        long place = nodes.index.floor(ms, seq);
        if (place == IdRows.NONE) return false;
        if (place != node) {
            entries.ofNode(nodes.index.ms(place), nodes.index.seq(place), nodes.array(place), nodes.start(place));
            hasEntry = entries.next();
            node = place;
            slice.spend((int) nodes.live(place));
        }
        while (hasEntry && StreamId.compare(entries.ms(), entries.seq(), ms, seq) < 0) hasEntry = entries.next();
        return hasEntry && entries.ms() == ms && entries.seq() == seq;
    }

    /// Whether something is pending of a group that the stream has no more.
    boolean isFound(int group) {
        return found.get(group);
    }
}
