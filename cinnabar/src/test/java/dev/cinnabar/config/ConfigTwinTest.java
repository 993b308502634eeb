package dev.cinnabar.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.RealRedis;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Compares names, defaults and outcomes of `CONFIG SET` with a real server. There are no expected values
/// here.
class ConfigTwinTest {
    /// Directives that came after Redis 7.0.
    private static final Set<String> LATER = Set.of(
            "cluster-announce-human-nodename",
            "cluster-compatibility-sample-ratio",
            "hide-user-data-from-log",
            "locale-collate",
            "max-new-connections-per-cycle",
            "max-new-tls-connections-per-cycle",
            "replica-full-sync-buffer-limit",
            "set-max-listpack-entries",
            "set-max-listpack-value");

    /// Directives whose success depends on the machine or on how the real server was built: sockets, TLS,
    /// rights.
    private static final Set<String> OF_THE_MACHINE =
            Set.of("bind", "port", "tls-port", "oom-score-adj", "activedefrag");

    private static final List<String> VALUES = List.of("""
            ; ;yes;NO;no ;0;1;2;-1;+1;01;10;99;100;101;500;501;1000;1001;65535;65536;2147483647;2147483648;\
            -2147483648;-2147483649;4294967296;9223372036854775807;9223372036854775808;1k;1kb;1Kb;2M;3mb;4G;\
            1gB;1t;b;5b;1.5gb;0x10;50%;101%;%;-5%;always;ALLKEYS-LRU;debug;local;swapdb;relative;optional;\
            hostname;clients;panic;allchannels;a b;a/b;a\\b;";KEA;g$lshzxetd;mn;q;900 1;900  1;900 1 60 5;0 1;\
            1 -1;900;now force;save nosave;default save;save save;normal 1 2 3;replica 1mb 2k 3;\
            slave 1 1 1 pubsub 0 0 0;foo 1 1 1;normal 1 2;normal x 1 1;1 2 3;-2001 0 1;1 2;1 2 3 4;50 99.9;\
            0 100;100.1;99.99999999999;1e1;nan;{title} {port};{title;{foo};x-y.z;x_y""".split(";"));

    @TempDir
    Path directory;

    @BeforeEach
    void needsARealServer() {
        RealRedis.assumePresent();
    }

    @Test
    void a_fresh_configuration_has_the_names_and_defaults_of_a_real_server() {
        try (RealRedis real = RealRedis.start(directory)) {
            Map<String, String> theirs = new TreeMap<>(pairs(real.list("CONFIG", "GET", "*")));
            Map<String, String> ours = new TreeMap<>(new Config().matching(List.of("*")));
            ours.keySet().removeIf(ConfigTwinTest::isUnknownThere);
            // these the test itself gave to the real server
            for (String name : List.of("port", "unixsocket", "dir")) {
                assertThat(theirs.remove(name)).isNotNull();
                assertThat(ours.remove(name)).isNotNull();
            }
            assertThat(ours).isEqualTo(theirs);
        }
    }

    @Test
    void config_set_takes_and_refuses_what_a_real_server_takes_and_refuses() {
        Config config = new Config();
        config.put(Directives.ENABLE_PROTECTED_CONFIGS, "yes");
        config.put(Directives.DIR, directory.toString());
        config.put(Directives.UNIXSOCKET, directory.resolve("real.sock").toString());
        List<String> differences = new ArrayList<>();
        int compared = 0;
        try (RealRedis real = RealRedis.start(directory, "--enable-protected-configs", "yes")) {
            for (String name : names()) {
                List<String> old = List.of(name, config.matching(List.of(name)).get(name));
                for (String value : VALUES) {
                    if (!isComparable(name, value)) continue;
                    compared++;
                    String theirs = outcome(real.ask("CONFIG", "SET", name, value), real.list("CONFIG", "GET", name));
                    String error = config.set(List.of(name, value), true, false);
                    String ours = outcome(
                            error == null ? "OK" : "-" + error,
                            List.of(name, config.matching(List.of(name)).get(name)));
                    if (!ours.equals(theirs))
                        differences.add(name + " " + value + "\n  ours " + ours + "\n  real " + theirs);
                }
                real.ask("CONFIG", "SET", name, old.get(1));
                config.set(old, true, false);
            }
        }
        assertThat(differences).isEmpty();
        assertThat(compared).isGreaterThan(5000);
    }

    @Test
    void config_set_of_several_answers_as_a_real_server_does() {
        Config config = new Config();
        try (RealRedis real = RealRedis.start(directory)) {
            for (String[] words : List.of(
                    new String[] {"a"},
                    new String[] {"a", "b", "c"},
                    new String[] {"maxmemory", "1", "MAXMEMORY", "2"},
                    new String[] {"slave-priority", "1", "replica-priority", "2"},
                    new String[] {"replica-priority", "3", "slave-priority", "4", "SLAVE-priority", "5"},
                    new String[] {"hz", "7", "Nope", "1", "nope2", "2"},
                    new String[] {"hz", "x", "nope", "1"},
                    new String[] {"hz", "x", "databases", "1"},
                    new String[] {"DATABASES", "1", "nope", "1"},
                    new String[] {"dbfilename", "x", "databases", "1"},
                    new String[] {"hz", "9", "HZ", "11", "databases", "1"},
                    new String[] {"hz", "9", "TimeOut", "-1"},
                    new String[] {"hz", "9", "timeout", "4", "save", "5 6"})) {
                if (words.length == 1) continue; // the arity of the command, which is not ours to check
                List<String> command = new ArrayList<>(List.of("CONFIG", "SET"));
                command.addAll(List.of(words));
                String error = config.set(List.of(words), true, false);
                assertThat(error == null ? "OK" : "-" + error)
                        .as(String.join(" ", words))
                        .isEqualTo(real.ask(command.toArray(String[]::new)));
            }
            for (String name : List.of("hz", "timeout", "save", "replica-priority", "maxmemory")) {
                assertThat(config.matching(List.of(name))).isEqualTo(pairs(real.list("CONFIG", "GET", name)));
            }
        }
    }

    @Test
    void config_get_finds_what_a_real_server_finds() {
        Config config = new Config();
        try (RealRedis real = RealRedis.start(directory)) {
            for (List<String> patterns : List.of(
                    List.of("maxmemory"),
                    List.of("MaxMemory"),
                    List.of("maxmemory", "MAXMEMORY"),
                    List.of("MAXMEMORY", "maxmemory*"),
                    List.of("MAX*"),
                    List.of("*slave*", "*replica*"),
                    List.of("nope", "h?"),
                    List.of("[a-c]?[^b]*"),
                    List.of("\\hz"),
                    List.of("key-load-delay", "*delay"),
                    List.of("save", "client-output-buffer-limit", "bind"))) {
                List<String> command = new ArrayList<>(List.of("CONFIG", "GET"));
                command.addAll(patterns);
                Map<String, String> ours = new HashMap<>(config.matching(patterns));
                ours.keySet().removeIf(ConfigTwinTest::isUnknownThere);
                assertThat(ours).as("%s", patterns).isEqualTo(pairs(real.list(command.toArray(String[]::new))));
            }
        }
    }

    /// Of a later version, or ours alone.
    private static boolean isUnknownThere(String name) {
        return LATER.contains(name) || name.startsWith("cinnabar-");
    }

    private static Set<String> names() {
        Set<String> names = new TreeSet<>(new Config().matching(List.of("*")).keySet());
        for (Directive<?> directive : Directives.ALL) if (directive.isHidden()) names.add(directive.name());
        names.removeIf(ConfigTwinTest::isUnknownThere);
        names.removeAll(OF_THE_MACHINE);
        return names;
    }

    private static boolean isComparable(String name, String value) {
        boolean isOn = value.equals("yes");
        return switch (name) {
            // sets up TLS, which fails without certificates
            case "tls-cluster", "tls-replication" -> !isOn;
            // starts a rewrite, and refuses the next change until it is done
            case "appendonly" -> !isOn;
            // it locks the test out
            case "requirepass" -> value.isEmpty();
            // more than the machine allows is refused, and its limits are its own
            case "maxclients" -> value.length() < 4 || value.startsWith("-");
            // writes a file of that name soon
            case "dbfilename" -> !value.isBlank();
            // delays of seconds in the one that serves the test
            case "watchdog-period", "rdb-key-save-delay", "key-load-delay" -> !value.matches("\\d+");
            // nothing between two blanks counts as 0 there
            case "oom-score-adj-values" -> !value.contains("  ");
            // strtod reads it, and no one writes it
            case "latency-tracking-info-percentiles" -> !value.equals("0x10");
            // a long in Redis is unsigned here, ours ends at 2^63-1
            case "maxmemory", "maxmemory-clients", "cluster-link-sendbuf-limit" -> !value.equals("9223372036854775808");
            default -> true;
        };
    }

    private static String outcome(Object reply, List<String> now) {
        return reply + " => " + now.get(1);
    }

    private static Map<String, String> pairs(List<String> flat) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (int i = 0; i < flat.size(); i += 2) pairs.put(flat.get(i), flat.get(i + 1));
        return pairs;
    }
}
