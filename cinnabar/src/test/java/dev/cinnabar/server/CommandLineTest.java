package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directives;
import dev.cinnabar.config.SavePoint;
import dev.cinnabar.engine.Version;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandLineTest {
    private static final Build BUILD = new Build("1.2.3", "1a2b3c4d:0", "00000000000000ff");

    @TempDir
    Path directory;

    @Test
    void no_arguments_start_a_server_with_defaults() {
        Config config = start();
        assertThat(config.get(Directives.PORT)).isEqualTo(6379);
        assertThat(config.file()).isEmpty();
    }

    @Test
    void options_give_directives_their_values() {
        Config config = start("--port", "6380", "--bind", "127.0.0.1", "::1", "--loglevel", "verbose");
        assertThat(config.get(Directives.PORT)).isEqualTo(6380);
        assertThat(config.get(Directives.BIND)).containsExactly("127.0.0.1", "::1");
        assertThat(config.get(Directives.LOGLEVEL)).isEqualTo("verbose");
    }

    @Test
    void the_last_of_repeated_options_counts() {
        assertThat(start("--port", "0", "--port", "6380").get(Directives.PORT)).isEqualTo(6380);
    }

    @Test
    void an_option_and_its_value_may_be_one_argument() {
        Config config = start("--port 6380", "--shutdown-on-sigterm", "nosave force");
        assertThat(config.get(Directives.PORT)).isEqualTo(6380);
        assertThat(config.get(Directives.SHUTDOWN_ON_SIGTERM)).containsExactly("nosave", "force");
    }

    @Test
    void save_without_a_value_switches_snapshots_off() {
        assertThat(start("--save", "").get(Directives.SAVE)).isEmpty();
        assertThat(start("--save").get(Directives.SAVE)).isEmpty();
        Config config = start("--SAVE", "--port", "1");
        assertThat(config.get(Directives.SAVE)).isEmpty();
        assertThat(config.get(Directives.PORT)).isEqualTo(1);
    }

    @Test
    void the_first_value_of_an_option_may_begin_with_dashes() {
        assertThat(start("--requirepass", "--secret--", "--port", "1").get(Directives.REQUIREPASS))
                .isEqualTo("--secret--");
    }

    @Test
    void options_count_over_the_file() throws Exception {
        Path file = Files.writeString(directory.resolve("a.conf"), "port 1\nsave 5 5\ntimeout 9\n");
        Config config = start(file.toString(), "--port", "2", "--save", "6 6");
        assertThat(config.get(Directives.PORT)).isEqualTo(2);
        assertThat(config.get(Directives.SAVE)).containsExactly(new SavePoint(5, 5), new SavePoint(6, 6));
        assertThat(config.get(Directives.TIMEOUT)).isEqualTo(9);
        assertThat(config.file()).contains(file);
    }

    @Test
    void a_dash_at_either_end_reads_standard_input() {
        assertThat(start(read("port 7\n", "-")).get(Directives.PORT)).isEqualTo(7);
        assertThat(start(read("port 7\n", "--port", "8", "-")).get(Directives.PORT))
                .isEqualTo(8);
        assertThat(start(read("timeout 7", "-", "--port", "8")).get(Directives.TIMEOUT))
                .isEqualTo(7);
    }

    @Test
    void standard_input_is_left_alone_unless_it_is_asked_for() {
        var untouched = new InputStream() {
            @Override
            public int read() {
                throw new AssertionError("was read");
            }
        };
        assertThat(CommandLine.read(List.of("--port", "1"), untouched, BUILD)).isInstanceOf(CommandLine.Start.class);
    }

    @Test
    void an_unknown_option_ends_with_its_line() {
        assertThat(exit("--port", "1", "--foo", "bar")).isEqualTo(new CommandLine.Exit(1, "", """

                        *** FATAL CONFIG FILE ERROR (Cinnabar 1.2.3) ***
                        Reading the configuration file, at line 3
                        >>> 'foo "bar"'
                        Bad directive or wrong number of arguments
                        """, ""));
        assertThat(exit("--port=6380").err()).contains(">>> 'port=6380'", "Bad directive");
    }

    @Test
    void a_missing_file_ends_with_a_line_for_the_log() {
        CommandLine.Exit exit = exit(directory.resolve("nope.conf").toString());
        assertThat(exit.code()).isEqualTo(1);
        assertThat(exit.warning())
                .startsWith("Fatal error, can't open config file '")
                .endsWith("No such file or directory");
        assertThat(exit.err()).isEmpty();
    }

    @Test
    void version_is_told_in_redis_s_shape() {
        assertThat(exit("-v")).isEqualTo(exit("--version", "whatever"));
        assertThat(exit("-v").out())
                .matches("Cinnabar 1\\.2\\.3, compatible with Redis server v=" + Version.REDIS
                        + " sha=1a2b3c4d:0 malloc=pages bits=64 build=[0-9a-f]{16}\n");
        assertThat(exit("-v").code()).isZero();
    }

    @Test
    void help_goes_to_standard_error_with_code_1_as_in_redis() {
        assertThat(exit("-h")).isEqualTo(exit("--help"));
        assertThat(exit("-h").code()).isEqualTo(1);
        assertThat(exit("-h").err()).startsWith("Usage: cinnabar-server [/path/to/redis.conf] [options] [-]\n");
    }

    @Test
    void what_there_is_not_is_refused_in_words() {
        assertThat(exit("--test-memory", "100").err()).contains("no memory test");
        assertThat(exit("--check-system").err()).contains("no system check");
        assertThat(exit("sentinel.conf", "--sentinel").err()).contains("no sentinel mode");
    }

    private static CommandLine.Result read(String input, String... arguments) {
        var stream = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        return CommandLine.read(List.of(arguments), stream, BUILD);
    }

    private static Config start(String... arguments) {
        return start(read("", arguments));
    }

    private static Config start(CommandLine.Result result) {
        assertThat(result).isInstanceOf(CommandLine.Start.class);
        return ((CommandLine.Start) result).config();
    }

    private static CommandLine.Exit exit(String... arguments) {
        CommandLine.Result result = read("", arguments);
        assertThat(result).isInstanceOf(CommandLine.Exit.class);
        return (CommandLine.Exit) result;
    }
}
