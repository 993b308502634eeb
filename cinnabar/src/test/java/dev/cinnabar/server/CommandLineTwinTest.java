package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.RealRedis;
import dev.cinnabar.config.Config;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Gives the same command lines to a real server. Where both start, their configurations are compared; where
/// one ends, code and texts of both.
class CommandLineTwinTest {
    @TempDir
    Path directory;

    @BeforeEach
    void needsARealServer() throws IOException {
        RealRedis.assumePresent();
        directory = directory.toRealPath();
        Files.createDirectory(directory.resolve("sub"));
        Files.writeString(directory.resolve("inc1.conf"), "timeout 5\n");
        Files.writeString(directory.resolve("inc2.conf"), "timeout 6\nsave 5 5\n");
        Files.writeString(directory.resolve("sub/x.conf"), "hz 44\n");
    }

    @Test
    void command_lines_that_end_end_alike() {
        for (List<String> arguments : List.of(
                List.of("--foo", "bar"),
                List.of("--foo"),
                List.of("--port=6380"),
                List.of("--port"),
                List.of("--port", "--loglevel", "debug"),
                List.of("--port", "0", "--port"),
                List.of("--port", "a"),
                List.of("--port", "0", "1"),
                List.of("--port 0", "1"),
                List.of("--port 0 ", "--hz", "x"),
                List.of("--port \"0"),
                List.of("--port", ""),
                List.of("-x"),
                List.of("-x", "y"),
                List.of("-", "-", "--foo"),
                List.of("--hz", "-", "-", "1"),
                List.of("--save", "--foo"),
                List.of("--SAVE", "--foo", "x"),
                List.of("--save", "", "--foo", "x"),
                List.of("--save", "900", "--foo", "x"),
                List.of("--save", "900 1", "--foo", "x"),
                List.of("--save", "900", "1", "300", "10", "--foo", "x"),
                List.of("--save", "--hz", "20", "--foo", "x"),
                List.of("--requirepass", "--a--", "--foo", "x"),
                List.of("--requirepass", "a\"b\n\t\\", "--foo", "x\"y"),
                List.of("--foo", "x'y", "é"),
                List.of("--shutdown-on-sigterm", "nosave force", "--foo"),
                List.of("--shutdown-on-sigterm", "nosave", "force", "--foo"),
                List.of("--shutdown-on-sigterm", "nosave", "save"),
                List.of("--bind", "127.0.0.1", "::1", "--foo"),
                List.of("--loglevel", "loud"),
                List.of("--databases", "0"),
                List.of("--appendfilename", ""),
                List.of("--appendfilename", "a/b"),
                List.of("--appenddirname", "a/b"),
                List.of("--dir", "nope"),
                List.of("--dir", "inc1.conf"),
                List.of("--dir", "sub", "--include", "nope.conf"),
                List.of("--dir", "sub", "--include", "x.conf", "--foo"),
                List.of("--logfile", "nope/x"),
                List.of("--include", "nope.conf"),
                List.of("--include", "nope*.conf", "--foo", "x"),
                List.of("--include", "inc*.conf", "--foo", "x"),
                List.of("--include"),
                List.of("--rename-command", "GET"),
                List.of("--rename-command", "nope", "x"),
                List.of("--rename-command", "GET", "set"),
                List.of("--user"),
                List.of("--loadmodule"),
                List.of("--replicaof", "a", "b"),
                List.of("--replicaof", "a"),
                List.of("--replicaof", "a", "1", "2"),
                List.of("--cluster-enabled", "yes", "--replicaof", "a", "1"),
                List.of("--unixsocketperm", "8"),
                List.of("--io-threads", "129"),
                List.of("--list-max-ziplist-entries", "1", "--foo"),
                List.of("--list-max-ziplist-entries", "1", "2"),
                List.of("--maxmemory", "1x"),
                List.of("--client-output-buffer-limit", "normal 1 2"),
                List.of("--client-output-buffer-limit", "normal", "1", "2", "3", "--foo"),
                List.of("--oom-score-adj-values", "1", "2"),
                List.of("--latency-tracking-info-percentiles", "101"),
                List.of("--proc-title-template", "{x}"),
                List.of("--notify-keyspace-events", "q"),
                List.of("--cluster-announce-hostname", "a b"),
                List.of("--", "--foo", "x"),
                List.of("--", "x"),
                List.of("nope.conf"),
                List.of("nope.conf", "-v"),
                List.of("nope*.conf", "--foo"),
                List.of("--port", "0", "-v"))) {
            assertEndAlike("", arguments);
        }
    }

    @Test
    void files_and_standard_input_that_end_it_end_alike() throws IOException {
        for (String text : List.of(
                "foo bar\n",
                "\n# x\n\n  foo  \"bar\n",
                "PORT 0\nFOO x",
                "port 0\r\nfoo\r\n",
                "port \"\\x30\"\nfoo",
                "requirepass \"a\"\"b\"\n",
                "requirepass 'a\n",
                "port '0'x\n",
                "port 0 # not a comment\n",
                "\"\"\nfoo\n",
                "\"port\" 0\nfoo\n",
                "include inc1.conf\ninclude inc?.conf\nfoo\n",
                "include nope\n",
                "include a b\n",
                "dir sub\ndir sub\n",
                "save\nsave 1\n",
                "bind\nfoo\n",
                "bind a b c d e f g h i j k l m n o p q\n",
                "loglevel\n",
                "appendfsync always no\n",
                "sentinel monitor x\n",
                "rename-command GET x y\n",
                "rename-command GET x\nrename-command get y\n",
                "port 0\nrename-command CONFIG ''\nrename-command x 'x'\n",
                "oom-score-adj-values\n",
                "shutdown-on-sigterm\n",
                "client-output-buffer-limit\nfoo\n",
                "latency-tracking-info-percentiles\nfoo\n",
                "lua-replicate-commands yes\nfoo\n",
                "unixsocketperm 01000\n",
                "maxclients 0\n",
                "enable-debug-command maybe\n",
                "supervised maybe\n",
                "syslog-facility maybe\n",
                "hash-max-ziplist-value -1\n",
                "slaveof a 99999\n")) {
            assertEndAlike(text, List.of("-"));
            Files.writeString(directory.resolve("a.conf"), text.endsWith("\n") ? text : text + "\n");
            assertEndAlike("", List.of("a.conf"));
            assertEndAlike("", List.of("a.conf", "--port", "0"));
            assertEndAlike("hz 7\n", List.of("a.conf", "--port", "0", "-"));
        }
    }

    @Test
    void command_lines_that_start_a_server_configure_it_alike() throws IOException {
        Files.writeString(directory.resolve("a.conf"), """
                hz 20
                save 9 9
                timeout 9
                include inc*.conf
                client-output-buffer-limit normal 1 2 3
                client-output-buffer-limit replica 1mb 2mb 3
                slave-priority 7
                requirepass ""
                maxmemory 1gb
                maxmemory-clients 5%
                notify-keyspace-events KEA
                """);
        for (List<String> arguments : List.of(
                List.<String>of(),
                List.of(""),
                List.of("--hz", "1000", "--save", "1 1", "--save", "2 2"),
                List.of("--save", "1", "1", "--save", "", "--save", "3 3 4 4"),
                List.of("--save"),
                List.of("--save", "--hz", "12"),
                List.of("--hz 0", "--timeout", "3"),
                List.of("a.conf"),
                List.of("a.conf", "--save", "", "--maxmemory", "64MB"),
                List.of("a.conf", "--include", "sub/*.conf"),
                List.of("--dir", "sub", "--include", "x.conf", "--dir", ".."),
                List.of("--shutdown-on-sigterm", "nosave force", "--shutdown-on-sigint", "now", "save"),
                List.of("--masterauth", "--x", "--proc-title-template", "a \"b\" \\ é"),
                List.of("--loglevel", "WARNING", "--appendfsync", "Always"),
                List.of("--oom-score-adj-values", "1", "2", "3", "--repl-backlog-ttl", "5"),
                List.of("--latency-tracking-info-percentiles", "50 99.9", "--list-max-ziplist-size", "-4"))) {
            assertStartAlike(arguments);
        }
    }

    private void assertEndAlike(String input, List<String> arguments) {
        RealRedis.Run real = RealRedis.run(directory, input, arguments.toArray(String[]::new));
        CommandLine.Result result = read(input, arguments);
        assertThat(result).as("%s with %s", arguments, input).isInstanceOf(CommandLine.Exit.class);
        var exit = (CommandLine.Exit) result;

        assertThat(exit.code()).as("%s", arguments).isEqualTo(real.code());
        assertThat(exit.err().replace("Cinnabar 1.2.3", "Redis 7.0.15").replaceAll(" '/[^']*', at line", ", at line"))
                .as("%s with %s", arguments, input)
                .isEqualTo(real.err());
        assertThat(withoutFolders(real.out())).as("%s", arguments).contains(withoutFolders(exit.warning()));
    }

    /// Redis tells the path of an include as it was written, we tell it in full.
    private static String withoutFolders(String text) {
        return text.replaceAll("'[^']*/", "'");
    }

    private void assertStartAlike(List<String> arguments) {
        CommandLine.Result result = read("", arguments);
        assertThat(result).as("%s", arguments).isInstanceOf(CommandLine.Start.class);
        Config config = ((CommandLine.Start) result).config();

        List<String> theirs;
        try (RealRedis real = RealRedis.start(directory, arguments.toArray(String[]::new))) {
            theirs = real.list("CONFIG", "GET", "*");
        }
        Map<String, String> expected = new TreeMap<>();
        for (int i = 0; i < theirs.size(); i += 2) expected.put(theirs.get(i), theirs.get(i + 1));
        List<String> ownToTheTest = new ArrayList<>(List.of("port", "unixsocket", "daemonize"));
        ownToTheTest.forEach(expected::remove);

        Map<String, String> ours = new TreeMap<>(config.matching(List.of("*")));
        ours.keySet().retainAll(expected.keySet());
        Map<String, String> same = new TreeMap<>(ours);
        same.entrySet().retainAll(expected.entrySet());
        ours.keySet().removeAll(same.keySet()); // only to make a failure readable
        expected.keySet().removeAll(same.keySet());
        assertThat(ours).as("%s", arguments).isEqualTo(expected);
    }

    /// As if this process had been started in the test's directory.
    private CommandLine.Result read(String input, List<String> arguments) {
        var stream = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        return CommandLine.read(arguments, stream, directory, new Build("1.2.3", "00000000:0", "00000000000000ff"));
    }
}
