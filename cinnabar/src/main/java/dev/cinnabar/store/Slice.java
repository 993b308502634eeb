package dev.cinnabar.store;

/// How much a snapshot may still do before it lets others in: a number of records and elements, and as many
/// bytes as its sink takes.
final class Slice {
    private final Snapshot.Sink sink;
    private int left;

    Slice(Snapshot.Sink sink) {
        this.sink = sink;
    }

    void begin(int most) {
        left = most;
    }

    /// Some records, elements or empty places were looked at.
    void spend(int count) {
        left -= count;
    }

    boolean isOver() {
        return left <= 0 || sink.isFull();
    }
}
