package dev.cinnabar.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
    @TempDir
    Path directory;

    private final Config config = new Config();

    @BeforeEach
    void work_in_a_directory_of_our_own() throws IOException {
        directory = directory.toRealPath();
        config.put(Directives.DIR, directory.toString());
    }

    @Test
    void directives_comments_and_quotes_are_read() throws Exception {
        write("a.conf", "# a comment\n\n  PORT 7000 \r\nbind 127.0.0.1 \"::1\"\nrequirepass 'a b'\n");
        load("a.conf");
        assertThat(config.get(Directives.PORT)).isEqualTo(7000);
        assertThat(config.get(Directives.BIND)).containsExactly("127.0.0.1", "::1");
        assertThat(config.get(Directives.REQUIREPASS)).isEqualTo("a b");
        assertThat(config.file()).contains(directory.resolve("a.conf"));
    }

    @Test
    void the_last_line_counts_but_save_lines_add_up() throws Exception {
        write("a.conf", "port 1\nport 2\nsave 900 1\nsave 60 5 30 2\n");
        load("a.conf");
        assertThat(config.get(Directives.PORT)).isEqualTo(2);
        assertThat(config.get(Directives.SAVE))
                .containsExactly(new SavePoint(900, 1), new SavePoint(60, 5), new SavePoint(30, 2));
    }

    @Test
    void an_empty_save_forgets_the_rules_before_it() throws Exception {
        write("a.conf", "save 900 1\nsave ''\nsave 3 3\n");
        load("a.conf");
        assertThat(config.get(Directives.SAVE)).containsExactly(new SavePoint(3, 3));
    }

    @Test
    void options_count_over_standard_input_and_that_over_the_file() throws Exception {
        write("a.conf", "port 1\ntimeout 1\nhz 11\n");
        ConfigFile.load(config, "a.conf", "timeout 2\nhz 12", "hz \"13\" ");
        assertThat(config.get(Directives.PORT)).isEqualTo(1);
        assertThat(config.get(Directives.TIMEOUT)).isEqualTo(2);
        assertThat(config.get(Directives.HZ)).isEqualTo(13);
    }

    @Test
    void includes_are_read_in_their_place() throws Exception {
        write("a.conf", "port 1\ninclude sub/b.conf\ntimeout 3\n");
        Files.createDirectory(directory.resolve("sub"));
        write("sub/b.conf", "port 2\ntimeout 2\n");
        load("a.conf");
        assertThat(config.get(Directives.PORT)).isEqualTo(2);
        assertThat(config.get(Directives.TIMEOUT)).isEqualTo(3);
    }

    @Test
    void includes_take_wildcards_in_any_part_of_the_path_in_the_order_of_names() throws Exception {
        Files.createDirectories(directory.resolve("d1"));
        Files.createDirectories(directory.resolve("d2"));
        write("d1/b.conf", "port 1\ntimeout 1\n");
        write("d2/a.conf", "port 2\n");
        write("d2/.hidden.conf", "port 3\n");
        write(
                "a.conf",
                "include " + directory + "/d[12]/*.conf\ninclude d?/b.co*\ninclude nope*.conf\ninclude */x/y\n");
        load("a.conf");
        assertThat(config.get(Directives.PORT)).isEqualTo(1); // the second include came last
        assertThat(config.get(Directives.TIMEOUT)).isEqualTo(1);
    }

    @Test
    void dir_counts_for_the_includes_after_it() throws Exception {
        Files.createDirectory(directory.resolve("sub"));
        write("sub/b.conf", "port 2\n");
        write("a.conf", "dir ./sub\ninclude b.conf\n");
        load("a.conf");
        assertThat(config.get(Directives.PORT)).isEqualTo(2);
        assertThat(config.file()).contains(directory.resolve("a.conf"));
    }

    @Test
    void files_that_include_each_other_are_refused() throws Exception {
        write("a.conf", "include b.conf\n");
        write("b.conf", "port 1\ninclude a.conf\n");
        assertThat(error("a.conf").getMessage()).endsWith("Files include each other without end");
    }

    @Test
    void lines_for_other_rooms_are_kept() throws Exception {
        write("a.conf", "rename-command CONFIG \"\"\n");
        load("a.conf");
        assertThat(config.renamedCommands()).hasSize(1).first().satisfies(renamed -> {
            assertThat(renamed.name()).isEqualTo("CONFIG");
            assertThat(renamed.newName()).isEmpty();
            assertThat(renamed.line().error("No such command in rename-command").report("Cinnabar 1"))
                    .contains("at line 1", ">>> 'rename-command CONFIG \"\"'", "No such command");
        });
    }

    @Test
    void a_line_that_asks_for_protection_which_is_not_there_is_refused_with_its_place() throws Exception {
        for (String line : List.of(
                "user default off",
                "user default on +@all ~*",
                "user default on nopass ~* &* +@all -flushall",
                "user app on nopass ~* &* +@all",
                "aclfile users.acl",
                "loadmodule x.so a b",
                "tls-port 6380")) {
            write("a.conf", "port 1\n" + line + "\n");
            assertThat(error("a.conf").getMessage())
                    .as(line)
                    .contains("a.conf', at line 2\n>>> '" + line + "'\n", "not supported");
        }
    }

    @Test
    void a_line_that_asks_for_what_is_so_anyway_is_accepted() throws Exception {
        write("a.conf", "user default on nopass sanitize-payload ~* &* +@all\naclfile \"\"\ntls-port 0\nport 7\n");
        load("a.conf");
        assertThat(config.get(Directives.PORT)).isEqualTo(7);
    }

    @Test
    void an_error_tells_file_line_and_reason() throws Exception {
        write("a.conf", "port 1\n\n  foo   bar \n");
        assertThat(error("a.conf").report("Cinnabar 1.2.3"))
                .isEqualTo("\n*** FATAL CONFIG FILE ERROR (Cinnabar 1.2.3) ***\n"
                        + "Reading the configuration file '" + directory.resolve("a.conf") + "', at line 3\n"
                        + ">>> 'foo   bar'\n"
                        + "Bad directive or wrong number of arguments\n");
    }

    @Test
    void an_error_in_an_included_file_tells_that_file() throws Exception {
        write("a.conf", "port 1\ninclude b.conf\n");
        write("b.conf", "port x\n");
        assertThat(error("a.conf").getMessage())
                .contains("b.conf', at line 1", "argument couldn't be parsed into an integer");
    }

    @Test
    void an_error_in_the_options_counts_lines_behind_the_file() throws Exception {
        write("a.conf", "port 1\ntimeout 1\n");
        var error = catchThrowableOfType(
                ConfigError.class, () -> ConfigFile.load(config, "a.conf", null, "hz 1\nfoo \"bar\" "));
        assertThat(error.getMessage()).startsWith("Reading the configuration file, at line 5\n>>> 'foo \"bar\"'");
    }

    @Test
    void a_missing_file_is_an_error_of_its_own() {
        ConfigError error = error("nope.conf");
        assertThat(error.isUnreadableFile()).isTrue();
        assertThat(error.getMessage())
                .isEqualTo("Fatal error, can't open config file '" + directory.resolve("nope.conf")
                        + "': No such file or directory");
    }

    @Test
    void a_value_that_is_not_utf_8_is_refused_with_its_line() throws Exception {
        writeLatin1("a.conf", "port 1\nrequirepass p\u00e4ss\n");
        assertThat(error("a.conf").getMessage()).contains("a.conf', at line 2", "not valid UTF-8");
    }

    @Test
    void a_comment_may_be_in_any_encoding_and_stays_as_it_is_when_the_file_is_rewritten() throws Exception {
        writeLatin1("a.conf", "# f\u00fcr Jos\u00e9\nport 7\n");
        load("a.conf");
        assertThat(config.get(Directives.PORT)).isEqualTo(7);
        config.put(Directives.REPLICAOF, "h\u00e4 1");
        assertThat(config.rewrite(null)).isNull();
        assertThat(Files.readAllBytes(directory.resolve("a.conf")))
                .startsWith("# f\u00fcr Jos\u00e9\nport 7\n".getBytes(StandardCharsets.ISO_8859_1))
                .containsSequence("replicaof h\u00e4 1\n".getBytes(StandardCharsets.UTF_8));
    }

    private void writeLatin1(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text, StandardCharsets.ISO_8859_1);
    }

    @Test
    void a_log_file_that_cannot_be_opened_is_refused() throws Exception {
        write("a.conf", "logfile nope/x.log\n");
        assertThat(error("a.conf").getMessage()).isEqualTo("Can't open the log file: No such file or directory");
    }

    @Test
    void a_replica_cannot_be_in_a_cluster() throws Exception {
        write("a.conf", "cluster-enabled yes\nreplicaof 127.0.0.1 1\n");
        assertThat(error("a.conf").getMessage()).isEqualTo("replicaof directive not allowed in cluster mode");
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }

    private void load(String name) throws ConfigError {
        ConfigFile.load(config, name, null, "");
    }

    private ConfigError error(String name) {
        return catchThrowableOfType(ConfigError.class, () -> load(name));
    }
}
