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

    /// What `--version` prints, in the shape of `redis-server --version`.
    public String line() {
        return "Cinnabar server v=" + version + " sha=" + commit + " malloc=pages bits=64 build=" + id;
    }
}
