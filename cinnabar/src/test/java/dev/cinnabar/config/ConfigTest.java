package dev.cinnabar.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigTest {
    private final Config config = new Config();

    // ---- reading ----

    @Test
    void a_fresh_configuration_has_redis_s_defaults() {
        int port = config.get(Directives.PORT);
        long maxMemory = config.get(Directives.MAXMEMORY);
        boolean isProtected = config.get(Directives.PROTECTED_MODE);
        assertThat(port).isEqualTo(6379);
        assertThat(maxMemory).isZero();
        assertThat(isProtected).isTrue();
        assertThat(config.get(Directives.SAVE))
                .containsExactly(new SavePoint(3600, 1), new SavePoint(300, 100), new SavePoint(60, 10000));
        assertThat(config.get(Directives.DIR)).isEqualTo(System.getProperty("user.dir"));
        assertThat(config.file()).isEmpty();
    }

    @Test
    void two_configurations_know_nothing_of_each_other() {
        Config other = new Config();
        assertThat(other.set(List.of("timeout", "5"), true, false)).isNull();
        assertThat(config.get(Directives.TIMEOUT)).isZero();
    }

    @Test
    void every_directive_is_found_by_its_name_and_by_its_alias() {
        for (Directive<?> directive : Directives.ALL) {
            assertThat(Directives.named(directive.name())).isSameAs(directive);
            String alias = directive.alias();
            if (alias != null) assertThat(Directives.named(alias)).isSameAs(directive);
        }
        assertThat(Directives.named("MaxMemory")).isSameAs(Directives.MAXMEMORY);
        assertThat(Directives.named("nope")).isNull();
    }

    @Test
    void every_default_survives_printing_and_reading() throws RefusedSetting {
        for (Directive<?> directive : Directives.ALL) {
            if (directive == Directives.DIR || directive == Directives.REPLICAOF) continue; // printed as something else
            String printed = config.matching(List.of(directive.name())).get(directive.name());
            assertThat(printed).isNotNull();
            config.assign(directive.name(), printed);
            assertThat((Object) config.get(directive)).as(directive.name()).isEqualTo(directive.byDefault());
        }
    }

    @Test
    void config_get_answers_patterns_in_order_and_names_once() {
        assertThat(config.matching(List.of("MAXMEMORY-*", "maxmemory-policy", "port")))
                .containsExactly(
                        Map.entry("maxmemory-policy", "noeviction"),
                        Map.entry("maxmemory-samples", "5"),
                        Map.entry("maxmemory-eviction-tenacity", "10"),
                        Map.entry("maxmemory-clients", "0"),
                        Map.entry("port", "6379"));
    }

    @Test
    void a_plain_name_is_answered_as_it_was_written() {
        assertThat(config.matching(List.of("MaxMemory"))).containsExactly(Map.entry("MaxMemory", "0"));
    }

    @Test
    void an_alias_is_answered_beside_its_name() {
        assertThat(config.matching(List.of("*-priority")))
                .containsExactly(Map.entry("replica-priority", "100"), Map.entry("slave-priority", "100"));
    }

    @Test
    void hidden_directives_are_answered_to_their_exact_name_only() {
        assertThat(config.matching(List.of("key-load-dela*"))).isEmpty();
        assertThat(config.matching(List.of("key-load-delay"))).containsEntry("key-load-delay", "0");
    }

    @Test
    void a_relative_file_starts_from_dir() throws RefusedSetting {
        config.put(Directives.DIR, "/data");
        config.assign("pidfile", "server.pid");
        assertThat(config.path(Directives.PIDFILE)).isEqualTo(Path.of("/data/server.pid"));
        config.assign("pidfile", "/run/server.pid");
        assertThat(config.path(Directives.PIDFILE)).isEqualTo(Path.of("/run/server.pid"));
    }

    @Test
    void directives_that_change_nothing_are_reported_once_they_are_set() throws RefusedSetting {
        assertThat(config.ineffective()).isEmpty();
        config.assign("disable-thp", "no");
        config.assign("timeout", "5");
        assertThat(config.ineffective()).containsExactly(Directives.DISABLE_THP);
    }

    @Test
    void a_directive_is_read_somewhere_or_says_that_it_is_only_kept() throws Exception {
        StringBuilder sources = new StringBuilder();
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path source : files.filter(Files::isRegularFile).toList()) sources.append(Files.readString(source));
        }
        List<String> forgotten = new ArrayList<>();
        for (Field field : Directives.class.getFields()) {
            boolean isKept = !(field.get(null) instanceof Directive<?> directive) || directive.isKeptOnly();
            boolean isRead = Pattern.compile("Directives\\." + field.getName() + "\\b")
                    .matcher(sources)
                    .find();
            if (!isKept && !isRead) forgotten.add(field.getName());
        }
        assertThat(forgotten).isEmpty();
    }

    @Test
    void a_port_for_tls_is_refused_since_there_is_none() {
        assertThat(config.set(List.of("tls-port", "777"), true, false))
                .endsWith("TLS is not supported; only 0 is possible");
        assertThat(config.set(List.of("tls-port", "0"), true, false)).isNull();
    }

    @Test
    void what_a_listener_fails_at_by_a_bug_is_taken_back_too() {
        List<Long> told = new ArrayList<>();
        config.onChange(Directives.MAXCLIENTS, told::add);
        config.onChange(Directives.MAXCLIENTS, v -> {
            throw new ArithmeticException("integer overflow");
        });
        assertThatThrownBy(() -> config.set(List.of("maxclients", "5"), true, false))
                .isInstanceOf(ArithmeticException.class);
        assertThat(config.get(Directives.MAXCLIENTS)).isEqualTo(10_000L);
        assertThat(told).containsExactly(5L, 10_000L);
    }

    // ---- filling ----

    @Test
    void assigning_takes_immutable_directives_and_lists() throws RefusedSetting {
        config.assign("databases", "4");
        config.assign("bind", "127.0.0.1", "-::1");
        config.assign("SAVE", "60 1 30 5");
        assertThat(config.get(Directives.DATABASES)).isEqualTo(4);
        assertThat(config.get(Directives.BIND)).containsExactly("127.0.0.1", "-::1");
        assertThat(config.get(Directives.SAVE)).containsExactly(new SavePoint(60, 1), new SavePoint(30, 5));
    }

    @Test
    void a_list_that_is_assigned_as_one_word_may_have_quotes_in_it() throws RefusedSetting {
        for (String nothing : List.of("", " ", "\"\"", "''")) {
            config.assign("save", "60 1");
            config.assign("save", nothing);
            assertThat(config.get(Directives.SAVE)).as("save <%s>", nothing).isEmpty();
        }
        config.assign("bind", "\"127.0.0.1\"  '-::1'");
        assertThat(config.get(Directives.BIND)).containsExactly("127.0.0.1", "-::1");
        assertThatThrownBy(() -> config.assign("bind", "\"127.0.0.1"))
                .isInstanceOf(RefusedSetting.class)
                .hasMessageContaining("Unbalanced quotes");
    }

    @Test
    void assigning_refuses_what_is_no_directive_and_what_is_no_value() {
        assertThatThrownBy(() -> config.assign("nope", "1"))
                .isInstanceOf(RefusedSetting.class)
                .hasMessage("Bad directive or wrong number of arguments");
        assertThatThrownBy(() -> config.assign("port", "70000"))
                .hasMessage("argument must be between 0 and 65535 inclusive");
        assertThatThrownBy(() -> config.assign("port", "1", "2")).hasMessage("wrong number of arguments");
        assertThat(config.get(Directives.PORT)).isEqualTo(6379);
    }

    @Test
    void text_that_was_not_utf_8_is_refused() {
        assertThatThrownBy(() -> config.assign("requirepass", "p\uFFFD")).hasMessage("argument is not valid UTF-8");
    }

    @Test
    void the_directory_has_to_exist_and_is_kept_absolute(@TempDir Path directory) throws Exception {
        Path real = directory.toRealPath();
        Files.createDirectories(real.resolve("a/b"));
        Files.createFile(real.resolve("file"));
        config.assign("dir", real.toString());
        config.assign("dir", "a");
        config.assign("dir", "./b/../b");
        assertThat(config.get(Directives.DIR)).isEqualTo(real.resolve("a/b").toString());
        assertThatThrownBy(() -> config.assign("dir", "nope")).hasMessage("No such file or directory");
        assertThatThrownBy(() -> config.assign("dir", real + "/file")).hasMessage("Not a directory");
    }

    // ---- changing ----

    @Test
    void several_directives_change_together_or_not_at_all() {
        assertThat(config.set(List.of("timeout", "5", "hz", "x"), true, false))
                .isEqualTo("ERR CONFIG SET failed (possibly related to argument 'hz') - "
                        + "argument couldn't be parsed into an integer");
        assertThat(config.get(Directives.TIMEOUT)).isZero();

        assertThat(config.set(List.of("timeout", "5", "hz", "20"), true, false)).isNull();
        assertThat(config.get(Directives.TIMEOUT)).isEqualTo(5);
        assertThat(config.get(Directives.HZ)).isEqualTo(20);
    }

    @Test
    void listeners_hear_of_changes_only() {
        List<String> heard = new ArrayList<>();
        config.onChange(Directives.TIMEOUT, seconds -> heard.add("timeout " + seconds));
        config.onChange(Directives.HZ, hz -> heard.add("hz " + hz));
        assertThat(config.set(List.of("hz", "10", "timeout", "7"), true, false)).isNull();
        assertThat(heard).containsExactly("timeout 7");
    }

    @Test
    void listeners_see_all_new_values() {
        List<Long> seen = new ArrayList<>();
        config.onChange(Directives.TIMEOUT, seconds -> seen.add(config.get(Directives.MAXMEMORY)));
        assertThat(config.set(List.of("timeout", "1", "maxmemory", "1mb"), true, false))
                .isNull();
        assertThat(seen).containsExactly(1L << 20);
    }

    @Test
    void a_listener_that_refuses_takes_the_whole_set_back() {
        List<String> heard = new ArrayList<>();
        config.onChange(Directives.TIMEOUT, seconds -> heard.add("timeout " + seconds));
        config.onChange(Directives.PORT, port -> {
            throw new RefusedSetting("Unable to listen on this port. Check server logs.");
        });
        config.onChange(Directives.HZ, hz -> heard.add("hz " + hz));

        assertThat(config.set(List.of("timeout", "5", "port", "1", "hz", "20"), true, false))
                .isEqualTo("ERR CONFIG SET failed (possibly related to argument 'port') - "
                        + "Unable to listen on this port. Check server logs.");
        assertThat(heard).containsExactly("timeout 5", "timeout 0");
        assertThat(config.get(Directives.TIMEOUT)).isZero();
        assertThat(config.get(Directives.PORT)).isEqualTo(6379);
        assertThat(config.get(Directives.HZ)).isEqualTo(10);
    }

    @Test
    void a_listener_for_which_memory_is_short_takes_the_whole_set_back() {
        List<String> heard = new ArrayList<>();
        config.onChange(Directives.TIMEOUT, seconds -> heard.add("timeout " + seconds));
        config.onChange(Directives.PORT, port -> {
            throw new OutOfMemoryError("none left");
        });
        assertThatThrownBy(() -> config.set(List.of("timeout", "5", "port", "1"), true, false))
                .hasMessage("none left");
        assertThat(heard).containsExactly("timeout 5", "timeout 0");
        assertThat(config.get(Directives.TIMEOUT)).isZero();
        assertThat(config.get(Directives.PORT)).isEqualTo(6379);
    }

    @Test
    void protected_directives_need_to_be_enabled() {
        assertThat(config.set(List.of("dbfilename", "x"), true, false)).endsWith("can't set protected config");
        config.put(Directives.ENABLE_PROTECTED_CONFIGS, "local");
        assertThat(config.set(List.of("dbfilename", "x"), false, false)).endsWith("can't set protected config");
        assertThat(config.set(List.of("dbfilename", "x"), true, false)).isNull();
        config.put(Directives.ENABLE_PROTECTED_CONFIGS, "yes");
        assertThat(config.set(List.of("dbfilename", "y"), false, false)).isNull();
    }

    @Test
    void some_directives_stay_while_data_is_loading() {
        assertThat(config.set(List.of("appendonly", "yes"), true, true))
                .isEqualTo("LOADING Redis is loading the dataset in memory");
        assertThat(config.set(List.of("timeout", "5"), true, true)).isNull();
    }

    @Test
    void the_limits_of_client_classes_that_are_not_named_stay() {
        assertThat(config.set(List.of("client-output-buffer-limit", "slave 1mb 2k 3 NORMAL 4 5 6"), true, false))
                .isNull();
        assertThat(config.get(Directives.CLIENT_OUTPUT_BUFFER_LIMIT))
                .isEqualTo(new OutputBufferLimits(
                        new OutputBufferLimits.Limit(4, 5, 6),
                        new OutputBufferLimits.Limit(1 << 20, 2000, 3),
                        OutputBufferLimits.DEFAULT.pubsub()));
    }

    @Test
    void a_percentage_reads_as_a_negative_number() {
        assertThat(config.set(List.of("maxmemory-clients", "5%"), true, false)).isNull();
        assertThat(config.get(Directives.MAXMEMORY_CLIENTS)).isEqualTo(-5);
        assertThat(config.matching(List.of("maxmemory-clients"))).containsEntry("maxmemory-clients", "5%");
    }

    @Test
    void more_memory_than_a_long_counts_is_refused_rather_than_cut() {
        assertThat(config.set(List.of("maxmemory", "9223372036854775808"), true, false))
                .endsWith("argument must be between 0 and 9223372036854775807 inclusive");
        assertThat(config.set(List.of("maxmemory", "9999999999gb"), true, false))
                .contains("must be between");
        assertThat(config.set(List.of("maxmemory", "9223372036854775807"), true, false))
                .isNull();
    }

    @Test
    void event_classes_are_bits() {
        assertThat(config.set(List.of("notify-keyspace-events", "Kx"), true, false))
                .isNull();
        assertThat(config.get(Directives.NOTIFY_KEYSPACE_EVENTS))
                .isEqualTo(KeyspaceEvents.KEYSPACE | KeyspaceEvents.EXPIRED);
    }
}
