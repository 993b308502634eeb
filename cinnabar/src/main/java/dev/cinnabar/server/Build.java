package dev.cinnabar.server;

import dev.cinnabar.base.Hash;
import java.nio.charset.StandardCharsets;

/// Which Cinnabar this is.
///
/// @param version such as `1.0.0`
/// @param id 16 hexadecimal digits that differ between versions
public record Build(String version, String id) {
    /// The build that this class was loaded from. Outside of a jar, as in tests, the version is `0.0.0`.
    public static Build current() {
        String version = Build.class.getPackage().getImplementationVersion();
        return of(version == null ? "0.0.0" : version);
    }

    static Build of(String version) {
        byte[] bytes = version.getBytes(StandardCharsets.UTF_8);
        String id = Long.toHexString(Hash.of(bytes, 0, bytes.length, 0));
        return new Build(version, "0".repeat(16 - id.length()) + id);
    }

    /// What `--version` prints, in the shape of `redis-server --version`.
    public String line() {
        return "Cinnabar server v=" + version + " sha=00000000:0 malloc=pages bits=64 build=" + id;
    }
}
