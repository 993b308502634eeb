package dev.cinnabar.engine;

import org.jspecify.annotations.Nullable;

/// Which server this is, said in one place: HELLO, INFO, `--version` and the log's first lines read it here.
public final class Version {
    /// The Redis version whose commands and answers we match; client tools switch features on and off by it.
    public static final String REDIS = "7.2.4";

    /// Our own.
    public static final String CINNABAR = "0.1.0";

    private static final String NO_COMMIT = "00000000:0";

    private Version() {}

    /// The commit that the jar was built from and whether files had changed since, `1a2b3c4d:0`; zeros when
    /// that is not known.
    public static String commit() {
        return commitOf(Version.class.getPackage().getImplementationVersion());
    }

    /// @param version as the jar's manifest says it, `0.1.0+1a2b3c4d.0`: the commit stands where semantic
    ///                versions keep such things
    static String commitOf(@Nullable String version) {
        if (version == null) return NO_COMMIT;
        int plus = version.indexOf('+');
        int dot = version.indexOf('.', Math.max(0, plus));
        return plus < 0 || dot < 0 ? NO_COMMIT : version.substring(plus + 1, dot) + ':' + version.substring(dot + 1);
    }

    /// Sixteen hex digits that differ from build to build, which INFO calls `redis_build_id`.
    public static String buildId() {
        return String.format("%016x", (REDIS + '/' + CINNABAR + '/' + commit()).hashCode() * 0x9E3779B97F4A7C15L);
    }
}
