package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerCommandsTest {
    private final Rig rig = Rig.withDebug();

    @AfterEach
    void everything_adds_up() {
        rig.engine.store().checkInvariants();
    }

    // ---- databases ----

    @Test
    void dbsize_counts_the_keys_of_the_selected_database() {
        rig.ask("SET", "a", "1");
        rig.ask("SET", "b", "1");
        rig.ask("SELECT", "3");
        rig.ask("SET", "c", "1");
        assertThat(rig.ask("DBSIZE")).isEqualTo(1L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"FLUSHALL", "FLUSHALL SYNC", "FLUSHALL ASYNC", "flushall async"})
    void flushall_empties_all_databases_and_is_logged_as_it_was_sent(String line) {
        rig.ask("SET", "a", "1");
        rig.ask("SELECT", "3");
        rig.ask("SET", "c", "1");
        rig.log.clear();
        assertThat(rig.ask(line.split(" "))).isEqualTo("OK");
        assertThat(rig.ask("DBSIZE")).isEqualTo(0L);
        rig.ask("SELECT", "0");
        assertThat(rig.ask("DBSIZE")).isEqualTo(0L);
        assertThat(rig.log).containsExactly("3 " + line);
    }

    @Test
    void flushdb_empties_one_database_only() {
        rig.ask("SET", "a", "1");
        rig.ask("SELECT", "3");
        rig.ask("SET", "c", "1");
        rig.log.clear();
        rig.ask("FLUSHDB");
        assertThat(rig.ask("DBSIZE")).isEqualTo(0L);
        rig.ask("SELECT", "0");
        assertThat(rig.ask("DBSIZE")).isEqualTo(1L);
        assertThat(rig.log).containsExactly("3 FLUSHDB");
    }

    @Test
    void a_flush_of_nothing_is_logged_all_the_same() {
        rig.ask("FLUSHALL");
        assertThat(rig.log).containsExactly("0 FLUSHALL");
    }

    @Test
    void a_flush_counts_the_keys_as_changes() {
        rig.ask("DEBUG", "POPULATE", "7");
        rig.ask("FLUSHALL");
        assertThat(rig.line("persistence", "rdb_changes_since_last_save")).isEqualTo("7");
    }

    @Test
    void large_values_that_are_freed_in_steps_are_counted_once() {
        for (String key : List.of("a", "b", "c")) {
            rig.ask("SADD", key, "small");
            for (int i = 0; i < 2000; i++) rig.ask("SADD", key, "member" + i);
        }
        rig.ask("UNLINK", "a");
        assertThat(rig.line("memory", "lazyfree_pending_objects")).isEqualTo("1");
        assertThat(rig.line("memory", "lazyfreed_objects")).isEqualTo("0");
        while (rig.engine.store().step()) continue;
        assertThat(rig.line("memory", "lazyfreed_objects")).isEqualTo("1");
        rig.ask("FLUSHALL", "ASYNC");
        while (rig.engine.store().step()) continue;
        assertThat(rig.line("memory", "lazyfree_pending_objects")).isEqualTo("0");
        assertThat(rig.line("memory", "lazyfreed_objects")).isEqualTo("3");
        rig.ask("SADD", "d", "small");
        rig.ask("CONFIG", "RESETSTAT");
        rig.ask("UNLINK", "d");
        while (rig.engine.store().step()) continue;
        assertThat(rig.line("memory", "lazyfreed_objects")).isEqualTo("0");
    }

    @Test
    void what_is_flushed_async_is_freed_in_steps() {
        rig.ask("DEBUG", "POPULATE", "50000");
        long full = rig.engine.store().pages().used();
        rig.ask("FLUSHALL", "ASYNC");
        assertThat(rig.engine.store().pages().used()).isEqualTo(full);
        assertThat(rig.line("memory", "lazyfree_pending_objects")).isEqualTo("50000");
        while (rig.engine.store().step()) continue;
        assertThat(rig.engine.store().pages().used()).isLessThan(full / 100);
        assertThat(rig.line("memory", "lazyfree_pending_objects")).isEqualTo("0");
        assertThat(rig.line("memory", "lazyfreed_objects")).isEqualTo("50000");
    }

    @Test
    void what_is_flushed_sync_is_freed_before_the_answer() {
        rig.ask("DEBUG", "POPULATE", "200000");
        rig.ask("FLUSHALL", "SYNC");
        assertThat(rig.engine.store().garbageKeys()).isZero();
        assertThat(rig.engine.store().pages().used()).isLessThan(1000);
    }

    @Test
    void a_flush_that_says_nothing_frees_little_at_once_and_much_in_steps() {
        rig.ask("DEBUG", "POPULATE", "1000");
        rig.ask("FLUSHALL");
        assertThat(rig.engine.store().garbageKeys()).isZero();
        rig.ask("DEBUG", "POPULATE", "200000");
        rig.ask("FLUSHALL");
        assertThat(rig.engine.store().garbageKeys()).isEqualTo(200_000);
    }

    @Test
    void lazyfree_lazy_user_flush_makes_every_flush_lazy() {
        rig.ask("CONFIG", "SET", "lazyfree-lazy-user-flush", "yes");
        rig.ask("DEBUG", "POPULATE", "1000");
        rig.ask("FLUSHALL");
        assertThat(rig.engine.store().garbageKeys()).isEqualTo(1000);
    }

    @Test
    void swapdb_exchanges_contents_and_is_logged() {
        rig.ask("SET", "a", "here");
        rig.log.clear();
        assertThat(rig.ask("SWAPDB", "0", "5")).isEqualTo("OK");
        assertThat(rig.ask("GET", "a")).isNull();
        rig.ask("SELECT", "5");
        assertThat(rig.ask("GET", "a")).isEqualTo("here");
        assertThat(rig.log).containsExactly("0 SWAPDB 0 5");
    }

    // ---- watchers ----

    @ParameterizedTest
    @ValueSource(strings = {"FLUSHALL", "FLUSHDB", "FLUSHALL ASYNC", "SWAPDB 0 1", "SWAPDB 1 0"})
    void a_watched_key_that_was_there_is_changed_by(String line) {
        rig.ask("SET", "a", "1");
        assertThat(exec("a", line)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "SWAPDB 2 3"})
    void a_watched_key_that_was_not_there_is_not_changed_by(String line) {
        rig.ask("SET", "other", "1");
        assertThat(exec("a", line)).isEqualTo(List.of("PONG"));
    }

    @Test
    void a_watched_key_that_swapdb_brings_is_changed() {
        rig.ask("SELECT", "1");
        rig.ask("SET", "a", "1");
        rig.ask("SELECT", "0");
        assertThat(exec("a", "SWAPDB 0 1")).isNull();
    }

    @Test
    void a_watched_key_of_another_database_is_not_changed_by_flushdb() {
        rig.ask("SET", "a", "1");
        rig.ask("WATCH", "a");
        var other = rig.new Client("127.0.0.1:50002");
        other.ask("SELECT", "1");
        other.ask("FLUSHDB");
        assertThat(rig.ask("MULTI")).isEqualTo("OK");
        assertThat(rig.ask("EXEC")).isEqualTo(List.of());
    }

    /// Watches a key, lets another client do something, and runs a transaction: null when it was refused.
    private Object exec(String key, String line) {
        rig.ask("WATCH", key);
        rig.new Client("127.0.0.1:50002").ask(line.split(" "));
        rig.ask("MULTI");
        rig.ask("PING");
        return rig.ask("EXEC");
    }

    // ---- the server's state ----

    @Test
    void time_is_the_clocks() {
        rig.clock.advance(Duration.ofNanos(1_234_567_000));
        long seconds = rig.clock.wallMs() / 1000;
        assertThat(rig.ask("TIME")).isEqualTo(List.of("" + seconds, "234567"));
    }

    @Test
    void lastsave_is_the_start_of_the_server() {
        long started = rig.clock.wallMs() / 1000;
        rig.clock.advance(Duration.ofHours(1));
        assertThat(rig.ask("LASTSAVE")).isEqualTo(started);
    }

    @Test
    void no_module_is_loaded_and_none_can_be() {
        assertThat(rig.ask("MODULE", "LIST")).isEqualTo(List.of());
        assertThat(String.valueOf(rig.ask("MODULE", "HELP"))).contains("LIST");
        assertThat(rig.ask("MODULE", "LOAD", "x.so")).isEqualTo("-ERR unknown subcommand 'LOAD'. Try MODULE HELP.");
        assertThat(rig.ask("MODULE", "LIST", "x"))
                .isEqualTo("-ERR wrong number of arguments for 'module|list' command");
    }

    @Test
    void what_belongs_to_a_cluster_says_that_this_server_is_in_none() {
        String alone = "-ERR This instance has cluster support disabled";
        for (ClusterCommands command : ClusterCommands.values()) {
            List<String> words =
                    new ArrayList<>(List.of(command.spec().fullName().split("\\|")));
            while (!command.spec().takes(words.size())) words.add("1");
            assertThat(rig.ask(words.toArray(String[]::new)))
                    .as(words.toString())
                    .isEqualTo(alone);
        }
        assertThat(rig.ask("CLUSTER", "NOPE")).isEqualTo("-ERR unknown subcommand 'NOPE'. Try CLUSTER HELP.");
        rig.ask("MULTI");
        assertThat(rig.ask("CLUSTER", "SLOTS")).isEqualTo("QUEUED");
        assertThat(rig.ask("EXEC")).isEqualTo(List.of(alone));
    }

    @Test
    void role_is_a_master_without_replicas() {
        assertThat(rig.ask("ROLE")).isEqualTo(List.of("master", 0L, List.of()));
        assertThat(rig.ask("WAIT", "0", "0")).isEqualTo(0L);
        assertThat(rig.ask("REPLICAOF", "127.0.0.1", "6380")).isEqualTo("-ERR this server cannot be a replica");
    }

    @Test
    void lolwut_names_both_versions() {
        assertThat((String) rig.ask("LOLWUT")).contains("Redis ver. " + Version.REDIS, "Cinnabar " + Version.CINNABAR);
        assertThat(rig.client.resp3().raw("LOLWUT", "VERSION", "5"))
                .startsWith("=")
                .contains("\r\ntxt:");
    }

    @Test
    void saving_is_the_hosts() {
        assertThat(rig.ask("SAVE")).isEqualTo("OK");
        assertThat(rig.ask("BGSAVE")).isEqualTo("Background saving started");
        assertThat(rig.ask("BGSAVE", "x")).isEqualTo("-ERR syntax error");
        rig.host.saving = new SaveStatus(false, true, 77, true, -1, -1, 0, 0, 0, 0, 0);
        assertThat(rig.ask("BGSAVE", "schedule")).isEqualTo("Background saving scheduled");
        assertThat(rig.ask("LASTSAVE")).isEqualTo(77L);
        rig.host.error = "ERR Background save already in progress";
        assertThat(rig.ask("BGSAVE")).isEqualTo("-ERR Background save already in progress");
        assertThat(rig.ask("SAVE")).isEqualTo("-ERR Background save already in progress");
        assertThat(rig.host.asked).containsExactly("save", "bgsave", "bgsave schedule", "bgsave", "save");
    }

    @Test
    void writes_are_refused_while_saving_fails_and_reads_are_not() {
        rig.ask("SET", "a", "1");
        rig.engine.refuseWrites("MISCONF no disk");
        assertThat(rig.ask("SET", "a", "2")).isEqualTo("-MISCONF no disk");
        assertThat(rig.ask("GET", "a")).isEqualTo("1");
        rig.engine.refuseWrites(null);
        assertThat(rig.ask("SET", "a", "2")).isEqualTo("OK");
    }

    @Test
    void ping_is_refused_while_writes_are_so_that_health_checks_hear_of_it() {
        rig.ask("MULTI");
        rig.ask("PING");
        rig.engine.refuseWrites("MISCONF no disk");
        assertThat(String.valueOf(rig.ask("EXEC"))).as("it was queued before").isEqualTo("[PONG]");
        assertThat(rig.ask("PING")).isEqualTo("-MISCONF no disk");
        assertThat(rig.ask("PING", "x")).isEqualTo("-MISCONF no disk");
        rig.ask("MULTI");
        assertThat(rig.ask("PING")).isEqualTo("-MISCONF no disk");
        assertThat(String.valueOf(rig.ask("EXEC"))).startsWith("-EXECABORT");
        rig.engine.refuseWrites(null);
        assertThat(rig.ask("PING")).isEqualTo("PONG");
    }

    // ---- what the host does ----

    @Test
    void bgrewriteaof_in_a_transaction_waits_for_its_end() {
        rig.ask("MULTI");
        rig.ask("BGREWRITEAOF");
        assertThat(String.valueOf(rig.ask("EXEC"))).isEqualTo("[Background append only file rewriting scheduled]");
    }

    @Test
    void a_log_that_is_replaced_within_a_transaction_is_left_without_half_of_it() {
        rig.host.onReload = () -> rig.engine.log(rig.engine.log());
        rig.ask("MULTI");
        rig.ask("SET", "a", "1");
        rig.ask("DEBUG", "LOADAOF");
        rig.ask("SET", "b", "2");
        rig.ask("EXEC");
        assertThat(rig.log).containsExactly("0 MULTI", "0 SET a 1", "0 EXEC", "0 MULTI", "0 SET b 2", "0 EXEC");
    }

    @Test
    void bgrewriteaof_starts_or_is_scheduled_or_is_running_already() {
        assertThat(rig.ask("BGREWRITEAOF")).isEqualTo("Background append only file rewriting started");
        rig.host.status = status(false, true);
        assertThat(rig.ask("BGREWRITEAOF")).isEqualTo("Background append only file rewriting scheduled");
        rig.host.status = status(true, false);
        assertThat(rig.ask("BGREWRITEAOF")).isEqualTo("-ERR Background append only file rewriting already in progress");
        assertThat(rig.host.asked).containsExactly("rewrite", "rewrite");
    }

    @Test
    void bgrewriteaof_answers_the_hosts_error() {
        rig.host.error = "ERR no disk";
        assertThat(rig.ask("BGREWRITEAOF")).isEqualTo("-ERR no disk");
    }

    private static LogStatus status(boolean isRewriting, boolean isScheduled) {
        var rewrites = new LogStatus.Rewrites(isRewriting, isScheduled, -1, -1, true, 0, 0);
        return new LogStatus(true, rewrites, true, 0, 0, 0, false);
    }

    @Test
    void shutdown_is_handed_to_the_host_and_not_answered() {
        assertThat(rig.client.raw("SHUTDOWN")).isEmpty();
        assertThat(rig.client.raw("SHUTDOWN", "NOSAVE", "NOW")).isEmpty();
        assertThat(rig.client.raw("SHUTDOWN", "force", "save")).isEmpty();
        assertThat(rig.host.asked).containsExactly("shutdown DEFAULT", "shutdown NOSAVE", "shutdown SAVE force");
    }

    @Test
    void shutdown_that_is_impossible_is_answered() {
        rig.host.error = "ERR Errors trying to SHUTDOWN. Check logs.";
        assertThat(rig.ask("SHUTDOWN")).isEqualTo("-ERR Errors trying to SHUTDOWN. Check logs.");
    }

    @Test
    void shutdown_abort_calls_off_what_has_begun() {
        rig.host.isEnding = true;
        assertThat(rig.ask("SHUTDOWN", "ABORT")).isEqualTo("OK");
        assertThat(rig.host.asked).isEmpty();
    }
}
