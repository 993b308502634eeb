package dev.cinnabar.server;

import dev.cinnabar.base.Log;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directives;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Tells systemd how the server is doing: `supervised systemd`, or `auto` when systemd says that it wants to
/// know.
///
/// The message is a datagram to a unix socket, which Java cannot send; the program `systemd-notify` can, and
/// is there where systemd is. It is another process than ours, so the unit needs `NotifyAccess=all`.
final class Supervisor {
    static final String PROGRAM = "systemd-notify";

    private static final int PATIENCE_SECONDS = 5;

    private final String program;
    private final boolean isWanted;
    private final Log log;

    /// @param program takes messages as its arguments, as [#PROGRAM] does
    /// @param socket  the value of `NOTIFY_SOCKET`; empty when there is none
    Supervisor(Config config, String program, String socket, Log log) {
        String how = config.get(Directives.SUPERVISED);
        this.program = program;
        this.log = log;
        isWanted = !socket.isEmpty() && (how.equals("systemd") || how.equals("auto"));
        if (socket.isEmpty() && how.equals("systemd")) {
            log.warning("supervised systemd: NOTIFY_SOCKET is not set, so there is nobody to tell");
        }
        if (how.equals("upstart")) log.warning("supervised upstart is not supported");
    }

    void loading() {
        tell("STATUS=Cinnabar is loading...");
    }

    void ready() {
        tell("READY=1", "STATUS=Ready to accept connections");
    }

    void stopping() {
        tell("STOPPING=1");
    }

    private void tell(String... messages) {
        if (!isWanted) return;
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(Arrays.asList(messages));
        try {
            Process told = new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!told.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) told.destroyForcibly();
            else if (told.exitValue() != 0) log.warning(program + " failed with exit code " + told.exitValue());
        } catch (IOException e) {
            log.warning("systemd cannot be told " + messages[0] + ": no program " + program);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
