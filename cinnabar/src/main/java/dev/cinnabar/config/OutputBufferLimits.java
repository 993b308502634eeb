package dev.cinnabar.config;

/// How much a client that reads too slowly may leave waiting in its output buffer, by class of client.
public record OutputBufferLimits(Limit normal, Limit replica, Limit pubsub) {
    /// Redis's defaults: ordinary clients have no limit, since they get only what they ask for.
    public static final OutputBufferLimits DEFAULT = new OutputBufferLimits(
            new Limit(0, 0, 0), new Limit(256L << 20, 64L << 20, 60), new Limit(32L << 20, 8L << 20, 60));

    /// The limits of one class; 0 means none.
    ///
    /// @param hardBytes a client beyond is closed at once
    /// @param softBytes a client beyond for longer than `softSeconds` is closed
    public record Limit(long hardBytes, long softBytes, int softSeconds) {}
}
