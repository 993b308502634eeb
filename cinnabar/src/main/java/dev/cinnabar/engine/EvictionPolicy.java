package dev.cinnabar.engine;

import java.util.Locale;

/// Which keys are given up when memory is short, as `maxmemory-policy` names it.
public enum EvictionPolicy {
    VOLATILE_LRU,
    VOLATILE_LFU,
    VOLATILE_RANDOM,
    VOLATILE_TTL,
    ALLKEYS_LRU,
    ALLKEYS_LFU,
    ALLKEYS_RANDOM,
    NOEVICTION;

    /// The policy of a name as the configuration writes it (`allkeys-lru`).
    ///
    /// @throws IllegalArgumentException when there is none
    public static EvictionPolicy of(String name) {
        return valueOf(name.replace('-', '_').toUpperCase(Locale.ROOT));
    }

    public boolean isVolatileOnly() {
        return ordinal() <= VOLATILE_TTL.ordinal();
    }

    public boolean isLfu() {
        return this == VOLATILE_LFU || this == ALLKEYS_LFU;
    }
}
