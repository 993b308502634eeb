package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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
        process = launch("--port", "0", "--unixsocket", folder.resolve("socket").toString());
        log = process.inputReader();
        readUpTo("Configuration loaded");
        readUpTo("The server is now ready to accept connections at " + folder.resolve("socket"));
    }

    /// A process with these options, and a directory and a pid file that are the same unless they say
    /// otherwise.
    private Process launch(String... options) throws IOException {
        return launch(List.of(), options);
    }

    private Process launch(List<String> starter, String... options) throws IOException {
        List<String> command = new ArrayList<>(starter);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-cp", CLASSES.toAbsolutePath().toString(), Main.class.getName()));
        command.addAll(List.of(
                "--dir", folder.toString(), "--pidfile", folder.resolve("pid").toString()));
        command.addAll(List.of(options));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /// The log of a process that ends by itself, with exit code 1.
    private static String logOfRefusal(Process refused) throws Exception {
        try {
            String text = new String(refused.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(refused.waitFor()).as(text).isEqualTo(1);
            return text;
        } finally {
            refused.destroyForcibly();
        }
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
    @Timeout(60)
    void a_start_that_fails_leaves_the_pid_file_of_the_server_that_runs() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            Process second = launch("--port", "" + taken.getLocalPort(), "--bind", "0.0.0.0");
            assertThat(logOfRefusal(second)).containsIgnoringCase("in use");
        }
        assertThat(folder.resolve("pid")).hasContent("" + process.pid());
    }

    @Test
    @Timeout(60)
    void a_server_that_would_listen_nowhere_does_not_start() throws Exception {
        assertThat(logOfRefusal(launch("--port", "0"))).contains("Configured to not listen anywhere, exiting.");
        assertThat(logOfRefusal(launch("--port", "1", "--bind", "")))
                .contains("Configured to not listen anywhere, exiting.");
    }

    @Test
    @Timeout(60)
    void a_pid_file_that_cannot_be_written_is_told_with_the_reason() throws Exception {
        String pidFile = folder.resolve("nope/pid").toString();
        String socket = folder.resolve("other").toString();
        Process other = launch("--port", "0", "--unixsocket", socket, "--pidfile", pidFile);
        try (BufferedReader lines = other.inputReader()) {
            assertThat(lines.lines().filter(line -> line.contains("pid file")).findFirst())
                    .hasValueSatisfying(line -> assertThat(line)
                            .endsWith("The pid file " + pidFile + " could not be written: No such file or directory"));
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void a_terminal_that_is_closed_does_not_end_it() throws Exception {
        send("HUP");
        send("TERM");
        readUpTo("Received SIGTERM scheduling shutdown...");
        readUpTo("bye bye...");
        assertThat(exitCode()).as("129 after SIGHUP").isZero();
    }

    @Test
    @Timeout(60)
    void a_signal_that_was_ignored_at_the_start_and_stays_so_is_told() throws Exception {
        List<String> ignoring = List.of("/bin/sh", "-c", "trap '' INT; exec \"$0\" \"$@\"");
        Process other = launch(
                ignoring, "--port", "0", "--unixsocket", folder.resolve("other").toString());
        try (BufferedReader lines = other.inputReader()) {
            assertThat(lines.lines()
                            .filter(line -> line.contains(" was ignored "))
                            .findFirst())
                    .hasValueSatisfying(line -> assertThat(line).contains(" # SIGINT was ignored when this server"));
        } finally {
            other.destroyForcibly();
        }
    }

    /// Here without the launcher, so that it stops where it would go into the background.
    @Test
    @Timeout(60)
    void what_is_missing_is_told_before_a_server_goes_into_the_background() throws Exception {
        assertThat(logOfRefusal(launch("--daemonize", "yes", "--syslog-enabled", "yes")))
                .containsSubsequence("syslog-enabled yes is not supported", "Cannot run in the background");
    }
}
