package dev.cinnabar.store;

import dev.cinnabar.struct.IdRows;

/// A stream as it was when a snapshot met it, and how far the snapshot has come in showing it: nodes first,
/// then counts, then what each group remembers. Some groups may be wanted in front of all that, see
/// [Snapshot.BigSink#wantsGroupsOfGoneFirst].
final class StreamImage {
    private static final long END = -2; // a place: behind the last row
    private static final long SHOWN = -3; // the group was shown, it is still to be given back
    private static final int RELEASED_AT_ONCE = 64; // leaves: some 10 µs

    private final StreamNodes nodes;
    private final StreamValue frozen;
    private final BigImage image;
    private final StreamComparison comparison;

    private boolean hasCompared;
    private boolean hasShownFirst; // groups
    private long node; // the place of the next to be shown
    private boolean hasShownCounts;
    private int groups; // that were shown, of those that come first or of the others
    private long pending = IdRows.NONE; // the place of the next row of the group under way, NONE before its first

    /// @param nodes  of the stream
    /// @param frozen its nodes and rows are images of the stream's; it is used for nothing else
    StreamImage(StreamNodes nodes, StreamValue frozen, BigImage image) {
        this.nodes = nodes;
        this.frozen = frozen;
        this.image = image;
        this.comparison = new StreamComparison(frozen);
        this.node = frozen.nodes().index.first();
    }

    /// Shows some of it.
    ///
    /// @return whether there is more; if not, all that was kept is gone
    boolean walk(Slice slice) {
        Snapshot.BigSink sink = image.sink();
        StreamNodes shown = frozen.nodes();
        if (!hasCompared && sink.wantsGroupsOfGoneFirst() && comparison.walk(slice)) return true;
        hasCompared = true;
        if (!hasShownFirst && walkGroups(true, sink, slice)) return true;
        hasShownFirst = true;
        while (node != IdRows.NONE) {
            if (slice.isOver()) return true;
            shown.show(node, sink);
            slice.spend(1 + (int) shown.live(node));
            nodes.release(shown, node);
            node = shown.index.next(node);
        }
        if (!hasShownCounts) sink.stream(frozen);
        hasShownCounts = true;
        if (walkGroups(false, sink, slice)) return true;
        nodes.endImage(shown);
        return false;
    }

    /// @param ofGone which groups: those of which something is gone, as far as that was looked for, or the
    ///               others
    /// @return whether there are more of them
    private boolean walkGroups(boolean ofGone, Snapshot.BigSink sink, Slice slice) {
        for (; groups < frozen.groups(); groups++) {
            if (comparison.isFound(groups) != ofGone) continue;
            if (!walk(frozen.group(groups), sink, slice)) return true;
            pending = IdRows.NONE;
        }
        groups = 0;
        return false;
    }

    /// @return whether that was all of the group
    private boolean walk(StreamGroup group, Snapshot.BigSink sink, Slice slice) {
        IdRows rows = group.rows(null);
        if (pending == IdRows.NONE) {
            if (slice.isOver()) return false;
            sink.group(group);
            pending = rows.isEmpty() ? END : rows.first();
        }
        while (pending >= 0) {
            if (slice.isOver()) return false;
            sink.pending(group, pending);
            slice.spend(1);
            long next = rows.next(pending);
            pending = next == IdRows.NONE ? END : next;
        }
        if (pending == END) {
            for (int i = 0; i < group.consumers(); i++) sink.consumer(group, group.consumer(i));
            slice.spend(1 + group.consumers());
            pending = SHOWN;
        }
        do {
            if (slice.isOver()) return false;
            slice.spend(RELEASED_AT_ONCE);
        } while (group.release(RELEASED_AT_ONCE));
        return true;
    }
}
