package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.base.Log;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directives;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenFilesTest {
    @Test
    void the_soft_limit_is_read_from_what_linux_says() {
        assertThat(
                        OpenFiles.parse(
                                "Max processes   95   95   processes \nMax open files            1024       524288      files     \n"))
                .isEqualTo(1024);
        assertThat(OpenFiles.parse("Max open files   unlimited   unlimited   files"))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(OpenFiles.parse("")).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void maxclients_is_lowered_to_what_the_limit_allows() {
        Config config = new Config();
        new OpenFiles(1024).guard(config, Log.none());
        assertThat(config.get(Directives.MAXCLIENTS)).isEqualTo(992);
    }

    @Test
    void maxclients_stays_where_there_are_files_enough() {
        Config config = new Config();
        new OpenFiles(10_032).guard(config, Log.none());
        assertThat(config.get(Directives.MAXCLIENTS)).isEqualTo(10_000);
    }

    @Test
    void config_set_refuses_more_clients_than_files_in_redis_words() {
        Config config = new Config();
        new OpenFiles(1024).guard(config, Log.none());
        assertThat(config.set(List.of("maxclients", "993"), true, false))
                .isEqualTo("ERR CONFIG SET failed (possibly related to argument 'maxclients') - "
                        + "The operating system is not able to handle the specified number of clients, try with 992");
        assertThat(config.set(List.of("maxclients", "992"), true, false)).isNull();
        assertThat(config.set(List.of("maxclients", "10"), true, false)).isNull();
    }

    @Test
    void a_limit_without_room_for_a_client_ends_the_start() {
        assertThatThrownBy(() -> new OpenFiles(32).guard(new Config(), Log.none()))
                .isInstanceOf(StartException.class);
    }
}
