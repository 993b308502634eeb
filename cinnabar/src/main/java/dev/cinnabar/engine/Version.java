package dev.cinnabar.engine;

import org.jspecify.annotations.Nullable;

/// What this server calls itself: the Redis whose behaviour it matches, and its own version.
public final class Version {
    /// The version of Redis that clients are told. Tools decide by it what they may ask for: RedisInsight, for one, shows expiring
    /// hash fields from 7.3 on.
    public static final String REDIS = "7.2.4";

    private Version() {}

    /// Our own version as the build wrote it into the jar's manifest; `dev` when run from class files.
    public static String cinnabar() {
        @Nullable String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }

    /// Sixteen hex digits that differ from version to version, which INFO calls `redis_build_id`.
    public static String buildId() {
        return String.format("%016x", (REDIS + '/' + cinnabar()).hashCode() * 0x9E3779B97F4A7C15L);
    }
}
