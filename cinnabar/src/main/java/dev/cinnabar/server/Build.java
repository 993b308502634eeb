package dev.cinnabar.server;

import dev.cinnabar.engine.Version;

/// Which Cinnabar this is.
///
/// @param version such as `1.0.0`
/// @param commit  that it was built from, as in `1a2b3c4d:0`; see [Version#commit]
/// @param id      16 hexadecimal digits that differ between builds
public record Build(String version, String commit, String id) {
    /// The build that this class was loaded from.
    public static Build current() {
        return new Build(Version.CINNABAR, Version.commit(), Version.buildId());
    }

    /// What `--version` prints. Scripts look in it for `Redis server v=`, to learn which commands they may use,
    /// and for what `redis-server --version` says behind that.
    public String line() {
        return "Cinnabar " + version + ", compatible with Redis server v=" + Version.REDIS + " sha=" + commit
                + " malloc=pages bits=64 build=" + id;
    }
}
