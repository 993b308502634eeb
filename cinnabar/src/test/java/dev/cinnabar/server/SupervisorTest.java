package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Log;
import dev.cinnabar.base.LogLines;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class SupervisorTest {
    @TempDir
    Path folder;

    private Path told;
    private Path program;

    @BeforeEach
    void makeProgram() throws IOException {
        told = folder.resolve("told");
        program = folder.resolve("notify");
        Files.writeString(program, "#!/bin/sh\nfor m in \"$@\"; do echo \"$m\" >>" + told + "; done\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    private Supervisor supervisor(String how, String socket) {
        Config config = new Config();
        config.put(Directives.SUPERVISED, how);
        return new Supervisor(config, program.toString(), socket, Log.none());
    }

    @Test
    void systemd_is_told_the_way_from_loading_to_the_end() throws IOException {
        Supervisor supervisor = supervisor("systemd", "/run/notify");
        supervisor.loading();
        supervisor.ready();
        supervisor.stopping();
        assertThat(Files.readAllLines(told))
                .containsExactly(
                        "STATUS=Cinnabar is loading...", "READY=1", "STATUS=Ready to accept connections", "STOPPING=1");
    }

    @Test
    void auto_tells_only_where_somebody_wants_to_know() {
        supervisor("auto", "").ready();
        assertThat(told).doesNotExist();
        supervisor("auto", "/run/notify").ready();
        assertThat(told).exists();
    }

    @Test
    void supervised_no_tells_nobody() {
        supervisor("no", "/run/notify").ready();
        assertThat(told).doesNotExist();
    }

    @Test
    void a_missing_program_is_warned_of_and_ends_nothing() {
        Config config = new Config();
        config.put(Directives.SUPERVISED, "systemd");
        LogLines log = new LogLines(Log.Level.WARNING);
        new Supervisor(config, folder.resolve("none").toString(), "/run/notify", log).ready();
        assertThat(log.lines)
                .singleElement()
                .asString()
                .matches("WARNING systemd cannot be told READY=1: no program .*none");
    }
}
