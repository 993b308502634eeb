package dev.cinnabar.engine;

/// Which server this is, said in one place: HELLO, INFO, `--version` and the log's first lines read it here.
public final class Version {
    /// The Redis version whose commands and answers we match; client tools switch features on and off by it.
    public static final String REDIS = "7.2.4";

    /// Our own.
    public static final String CINNABAR = "0.1.0";

    private Version() {}

    /// Sixteen hex digits that differ from version to version, which INFO calls `redis_build_id`.
    public static String buildId() {
        return String.format("%016x", (REDIS + '/' + CINNABAR).hashCode() * 0x9E3779B97F4A7C15L);
    }
}
