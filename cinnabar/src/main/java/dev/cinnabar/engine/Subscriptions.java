package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import java.util.LinkedHashSet;
import java.util.Set;

/// What one client listens to; a client that listens to nothing has none of these.
final class Subscriptions {
    private final Set<Bytes> channels = new LinkedHashSet<>(4);
    private final Set<Bytes> patterns = new LinkedHashSet<>(4);
    private final Set<Bytes> shards = new LinkedHashSet<>(4);

    Set<Bytes> of(Subscription sort) {
        return switch (sort) {
            case CHANNEL -> channels;
            case PATTERN -> patterns;
            case SHARD -> shards;
        };
    }

    boolean isEmpty() {
        return channels.isEmpty() && patterns.isEmpty() && shards.isEmpty();
    }

    /// What a confirmation counts: channels and patterns together, shard channels for themselves.
    int counted(Subscription sort) {
        return sort == Subscription.SHARD ? shards.size() : channels.size() + patterns.size();
    }
}
