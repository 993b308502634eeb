package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCommandsTest {
    private final Rig rig = new Rig("enable-debug-command", "yes", "maxmemory-samples", "9");

    @Test
    void get_answers_a_flat_list_in_resp2_and_a_map_in_resp3() {
        assertThat(rig.ask("CONFIG", "GET", "maxmemory-samples", "nonsense"))
                .isEqualTo(List.of("maxmemory-samples", "9"));
        assertThat(rig.client.resp3().ask("CONFIG", "GET", "maxmemory-sam*"))
                .isEqualTo(Map.of("maxmemory-samples", "9"));
    }

    @Test
    void set_of_several_is_all_or_nothing() {
        assertThat(rig.ask("CONFIG", "SET", "maxmemory-samples", "3", "hz", "50"))
                .isEqualTo("OK");
        assertThat((String) rig.ask("CONFIG", "SET", "maxmemory-samples", "4", "hz", "x"))
                .startsWith("-ERR CONFIG SET failed");
        assertThat(rig.ask("CONFIG", "GET", "maxmemory-samples", "hz"))
                .isEqualTo(List.of("maxmemory-samples", "3", "hz", "50"));
    }

    @Test
    void rewrite_without_a_file_is_refused() {
        assertThat(rig.ask("CONFIG", "REWRITE")).isEqualTo("-ERR The server is running without a config file");
        assertThat(rig.host.logged).hasSize(1).first().asString().startsWith("WARNING CONFIG REWRITE failed");
    }

    @Test
    void rewrite_keeps_comments_and_tells_the_log(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("c.conf"), "# mine\nhz 20\n");
        dev.cinnabar.config.ConfigFile.load(rig.host.config(), file.toString(), null, "");
        rig.ask("CONFIG", "SET", "hz", "30");
        assertThat(rig.ask("CONFIG", "REWRITE")).isEqualTo("OK");
        assertThat(file).content().startsWith("# mine\nhz 30\n");
        assertThat(rig.host.logged).containsExactly("NOTICE CONFIG REWRITE executed with success.");
    }

    // ---- settings follow ----

    @Test
    void what_stands_in_the_configuration_is_in_force_from_the_start() {
        assertThat(rig.engine.settings().evictionSamples).isEqualTo(9);
        assertThat(rig.engine.settings().debugCommand).isEqualTo("yes");
    }

    @Test
    void every_setting_of_hot_paths_follows_config_set() {
        set("requirepass", "secret", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lfu", "maxmemory-samples", "3");
        set("lfu-decay-time", "7", "lfu-log-factor", "20", "slowlog-log-slower-than", "-1", "slowlog-max-len", "5");
        set("latency-monitor-threshold", "11", "latency-tracking", "no", "protected-mode", "no", "maxclients", "99");
        set("timeout", "30", "hz", "60", "proto-max-bulk-len", "2mb");

        Settings settings = rig.engine.settings();
        assertThat(settings.password).isEqualTo("secret");
        assertThat(settings.maxMemory).isEqualTo(100 << 20);
        assertThat(settings.evictionPolicy).isEqualTo(EvictionPolicy.ALLKEYS_LFU);
        assertThat(settings.evictionSamples).isEqualTo(3);
        assertThat(rig.engine.store().moment().isLfu).isTrue();
        assertThat(rig.engine.store().moment().lfuDecayMinutes).isEqualTo(7);
        assertThat(rig.engine.store().moment().lfuLogFactor).isEqualTo(20);
        assertThat(settings.slowerThanMicros).isEqualTo(-1);
        assertThat(settings.slowLogLength).isEqualTo(5);
        assertThat(settings.latencyThresholdMs).isEqualTo(11);
        assertThat(settings.tracksLatency).isFalse();
        assertThat(settings.isProtected).isFalse();
        assertThat(settings.maxClients).isEqualTo(99);
        assertThat(settings.idleTimeoutSeconds).isEqualTo(30);
        assertThat(settings.hz).isEqualTo(60);
        assertThat(rig.engine.limits().maxBulkBytes).isEqualTo(2 << 20);

        set("maxmemory-policy", "volatile-ttl");
        assertThat(rig.engine.store().moment().isLfu).isFalse();
    }

    private void set(String... pairs) {
        String[] words = new String[pairs.length + 2];
        words[0] = "CONFIG";
        words[1] = "SET";
        System.arraycopy(pairs, 0, words, 2, pairs.length);
        assertThat(rig.ask(words)).isEqualTo("OK");
    }

    @Test
    void a_smaller_maxmemory_takes_effect_from_the_next_command_on() {
        rig.ask("DEBUG", "POPULATE", "20000");
        long before = rig.engine.store().pages().used();
        set("maxmemory-policy", "allkeys-random", "maxmemory", "500kb");
        rig.ask("PING");
        assertThat(rig.engine.store().pages().used()).isLessThan(before);
        for (int i = 0; i < 100; i++) rig.ask("PING");
        assertThat(rig.engine.store().pages().used()).isLessThanOrEqualTo(500 << 10);
    }
}
