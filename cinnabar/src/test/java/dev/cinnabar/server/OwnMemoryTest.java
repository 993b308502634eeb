package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.store.Database;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class OwnMemoryTest {
    private static long figure(Cinnabar server, String name) {
        Matcher line = Pattern.compile("(?m)^" + name + ":([0-9]+)\r?$")
                .matcher(String.valueOf(server.execute("INFO", "memory")));
        assertThat(line.find()).isTrue();
        return Long.parseLong(line.group(1));
    }

    private static long startup(String... settings) {
        Cinnabar.Builder builder = Cinnabar.builder();
        for (int i = 0; i < settings.length; i += 2) builder.set(settings[i], settings[i + 1]);
        try (Cinnabar server = builder.start()) {
            assertThat(figure(server, "used_memory")).isEqualTo(figure(server, "used_memory_startup"));
            assertThat(figure(server, "used_memory_dataset")).isZero();
            return figure(server, "used_memory_startup");
        }
    }

    @Test
    void an_empty_server_uses_what_its_databases_and_loops_take() {
        long usual = startup("databases", "16", "io-threads", "1");
        assertThat(usual).isGreaterThan(16 * Database.BYTES);
        assertThat(startup("databases", "26", "io-threads", "1")).isEqualTo(usual + 10 * Database.BYTES);
        assertThat(startup("databases", "16", "io-threads", "2")).isBetween(usual + 80_000, usual + 100_000);
    }

    @Test
    void what_was_used_before_the_data_is_told_apart_from_it() {
        try (Cinnabar server = Cinnabar.builder().start()) {
            long startup = figure(server, "used_memory_startup");
            for (int i = 0; i < 1000; i++) server.execute("SET", "key" + i, "value");
            assertThat(figure(server, "used_memory_startup")).isEqualTo(startup);
            assertThat(figure(server, "used_memory")).isBetween(startup + 30_000, startup + 80_000);
            assertThat(figure(server, "used_memory_dataset")).isBetween(20_000L, 60_000L);
        }
    }
}
