package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VersionTest {
    @Test
    void the_commit_stands_behind_the_plus_of_the_version() {
        assertThat(Version.commitOf("0.1.0-SNAPSHOT+1a2b3c4d.3")).isEqualTo("1a2b3c4d:3");
    }

    @Test
    void a_build_that_does_not_know_its_commit_says_zeros() {
        assertThat(Version.commitOf(null)).isEqualTo("00000000:0");
        assertThat(Version.commitOf("0.1.0")).isEqualTo("00000000:0");
        assertThat(Version.buildId()).matches("[0-9a-f]{16}");
    }
}
