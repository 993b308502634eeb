package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The server as a process of its own, and what signals do to it.
class ProcessTest {
    private static final Path CLASSES = Path.of("target/classes");

    @TempDir
    Path folder;

    private Process process;
    private BufferedReader log;

    @BeforeEach
    void start() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/kill")), "needs kill");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-cp", CLASSES.toAbsolutePath().toString(), Main.class.getName()));
        command.addAll(
                List.of("--port", "0", "--unixsocket", folder.resolve("socket").toString()));
        command.addAll(List.of(
                "--dir", folder.toString(), "--pidfile", folder.resolve("pid").toString()));
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        log = process.inputReader();
        readUpTo("The server is now ready to accept connections at " + folder.resolve("socket"));
    }

    @AfterEach
    void end() {
        process.destroyForcibly();
    }

    /// Reads the log up to a line that ends so.
    private void readUpTo(String end) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = log.readLine(); line != null; line = log.readLine()) {
            lines.add(line);
            if (line.endsWith(end)) return;
        }
        throw new AssertionError("no line ends with '" + end + "' in " + lines);
    }

    private void send(String signal) throws Exception {
        new ProcessBuilder("/bin/kill", "-" + signal, "" + process.pid())
                .start()
                .waitFor();
    }

    private int exitCode() throws Exception {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
        return process.exitValue();
    }

    @Test
    void sigterm_ends_it_in_order() throws Exception {
        assertThat(folder.resolve("pid")).hasContent("" + process.pid());
        send("TERM");
        readUpTo("bye bye...");
        assertThat(exitCode()).isZero();
        assertThat(folder.resolve("pid")).doesNotExist();
        assertThat(folder.resolve("socket")).doesNotExist();
    }

    @Test
    void a_terminal_that_is_closed_does_not_end_it() throws Exception {
        send("HUP");
        send("TERM");
        readUpTo("Received SIGTERM scheduling shutdown...");
        readUpTo("bye bye...");
        assertThat(exitCode()).as("129 after SIGHUP").isZero();
    }
}
