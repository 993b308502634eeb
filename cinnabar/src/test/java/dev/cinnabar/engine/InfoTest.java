package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Randomness;
import dev.cinnabar.base.TestClock;
import dev.cinnabar.memory.Budget;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InfoTest {
    private final Rig rig = Rig.withDebug();

    @Test
    void sections_are_chosen_by_name_in_any_case_and_answered_in_one_order() {
        assertThat(rig.info("Keyspace", "SERVER", "server", "nonsense").keySet())
                .containsExactly("Server", "Keyspace");
    }

    @Test
    void default_leaves_out_what_is_long() {
        assertThat(rig.info().keySet())
                .contains("Server", "Errorstats", "Keyspace")
                .doesNotContain("Commandstats", "Latencystats");
        assertThat(rig.info("default").keySet()).isEqualTo(rig.info().keySet());
        assertThat(rig.info("default", "commandstats").keySet()).contains("Server", "Commandstats");
    }

    @Test
    void sections_are_parted_by_an_empty_line_and_lines_end_in_crlf() {
        String text = (String) rig.ask("INFO", "cluster", "replication");
        assertThat(text)
                .startsWith("# Replication\r\nrole:master\r\n")
                .endsWith("\r\n\r\n# Cluster\r\ncluster_enabled:0\r\n");
    }

    @Test
    void it_is_a_verbatim_text_in_resp3() {
        assertThat(rig.client.resp3().raw("INFO", "cluster"))
                .isEqualTo("=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n");
        assertThat(rig.client.raw("INFO", "nonsense")).isEqualTo("=4\r\ntxt:\r\n");
    }

    @Test
    void server_says_who_and_since_when() {
        rig.clock.advance(Duration.ofDays(2).plusSeconds(5));
        Map<String, String> server = rig.info("server").get("Server");
        assertThat(server)
                .containsEntry("redis_version", Version.REDIS)
                .containsEntry("cinnabar_version", Version.CINNABAR)
                .containsEntry("redis_mode", "standalone")
                .containsEntry("tcp_port", "6379")
                .containsEntry("process_id", "" + ProcessHandle.current().pid())
                .containsEntry("uptime_in_seconds", "" + (2 * 86400 + 5))
                .containsEntry("uptime_in_days", "2")
                .containsEntry("server_time_usec", "" + rig.clock.wallMicros());
        assertThat(server.get("run_id")).matches("[0-9a-f]{40}");
    }

    /// In Redis that is one thread, here all that run commands.
    @Test
    void processor_time_of_the_main_thread_is_that_of_the_threads_that_serve() {
        double before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
        Map<String, String> cpu = rig.info("cpu").get("CPU");
        double after = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
        double told = Double.parseDouble(cpu.get("used_cpu_sys_main_thread"))
                + Double.parseDouble(cpu.get("used_cpu_user_main_thread"));
        assertThat(told).isBetween(before - 1e-5, after + 0.02);
    }

    /// Who could compute the seeds of tables from it could prepare keys that collide.
    @Test
    void the_run_id_tells_nothing_of_the_order_of_keys() {
        TestClient one = client(new Randomness(1, 1));
        TestClient other = client(new Randomness(1, 2));
        for (TestClient client : List.of(one, other))
            for (int i = 0; i < 100; i++) client.send("SET key:" + i + " value");
        assertThat(runId(one)).isEqualTo(runId(other));
        assertThat(one.send("SCAN 0 COUNT 1000")).isNotEqualTo(other.send("SCAN 0 COUNT 1000"));
    }

    private static TestClient client(Randomness randomness) {
        Engine engine = new Engine(new TestClock(), randomness, new Budget(64 << 20), 1, Families.all(), Map.of());
        return new TestClient(engine, Session.Origin.EMBEDDED, "", "");
    }

    private static String runId(TestClient client) {
        String info = client.send("INFO server");
        return info.substring(info.indexOf("run_id:"), info.indexOf("tcp_port:"));
    }

    @Test
    void what_the_system_knows_of_the_process_is_asked_once_in_a_tenth_of_a_second() {
        ProcessFacts first = rig.engine.info().processFacts();
        rig.clock.advance(Duration.ofMillis(99));
        rig.info("memory", "cpu");
        assertThat(rig.engine.info().processFacts()).isSameAs(first);
        rig.clock.advance(Duration.ofMillis(1));
        rig.info("memory", "cpu");
        assertThat(rig.engine.info().processFacts()).isNotSameAs(first);
    }

    @Test
    void clients_are_counted() {
        var other = rig.new Client("127.0.0.1:50002");
        other.ask("WATCH", "a", "b");
        assertThat(rig.info("clients").get("Clients"))
                .containsEntry("connected_clients", "2")
                .containsEntry("watching_clients", "1")
                .containsEntry("total_watched_keys", "2")
                .containsEntry("blocked_clients", "0")
                .containsEntry("maxclients", "10000");
    }

    @Test
    void memory_is_what_the_pages_say() {
        rig.ask("DEBUG", "POPULATE", "10000");
        long used = rig.engine.store().pages().used();
        Map<String, String> memory = rig.info("memory").get("Memory");
        assertThat(memory)
                .containsEntry("used_memory", "" + used)
                .containsEntry("used_memory_human", Info.human(used))
                .containsEntry(
                        "used_memory_peak", "" + rig.engine.store().pages().usedPeak());
        assertThat(Long.parseLong(memory.get("used_memory_dataset"))
                        + Long.parseLong(memory.get("used_memory_overhead")))
                .isEqualTo(used);
        assertThat(Long.parseLong(memory.get("used_memory_rss"))).isGreaterThan(10 << 20);
        assertThat(Long.parseLong(memory.get("jvm_heap_used")))
                .isLessThanOrEqualTo(Long.parseLong(memory.get("jvm_heap_max")));
    }

    @Test
    void what_is_there_without_data_counts_from_the_start_on_and_for_good() {
        rig.engine.countOwn(50_000);
        long startup = memory("used_memory_startup");
        assertThat(startup).isGreaterThan(50_000);
        assertThat(memory("used_memory")).isEqualTo(startup);
        assertThat(memory("used_memory_dataset")).isZero();

        rig.ask("SET", "key", "x".repeat(1000));
        assertThat(memory("used_memory_startup")).isEqualTo(startup);
        assertThat(memory("used_memory_dataset")).isBetween(1000L, 1200L);
        assertThat(memory("used_memory"))
                .isEqualTo(memory("used_memory_overhead") + memory("used_memory_dataset"))
                .isEqualTo(rig.engine.store().pages().used());
    }

    @Test
    void buffers_are_overhead_and_maxmemory_is_not_compared_with_them() {
        rig.ask("SET", "key", "x".repeat(1000));
        long before = memory("used_memory");
        long dataset = memory("used_memory_dataset");
        rig.new Client("127.0.0.1:50002").inputBytes = 3000;
        rig.host.status = logStatus(700);

        assertThat(memory("used_memory")).isEqualTo(before + 3700);
        assertThat(memory("used_memory_dataset")).isEqualTo(dataset);
        assertThat(memory("used_memory_peak")).isEqualTo(before + 3700);
        assertThat(memory("mem_not_counted_for_evict")).isEqualTo(3700);
        rig.ask("CONFIG", "SET", "maxmemory", Long.toString(before));
        assertThat(rig.ask("SET", "key", "y".repeat(1000))).isEqualTo("OK");
    }

    private static LogStatus logStatus(long bufferBytes) {
        var rewrites = new LogStatus.Rewrites(true, false, 3, 1, false, 4, 2);
        return new LogStatus(true, rewrites, false, 1000, 500, bufferBytes, true);
    }

    private long memory(String name) {
        return Long.parseLong(rig.line("memory", name));
    }

    @Test
    void bytes_are_written_for_people() {
        assertThat(Info.human(0)).isEqualTo("0B");
        assertThat(Info.human(1023)).isEqualTo("1023B");
        assertThat(Info.human(1024)).isEqualTo("1.00K");
        assertThat(Info.human(1014976)).isEqualTo("991.19K");
        assertThat(Info.human(25276502016L)).isEqualTo("23.54G");
    }

    @Test
    void persistence_is_what_the_log_says() {
        assertThat(rig.info("persistence").get("Persistence"))
                .containsEntry("aof_enabled", "0")
                .doesNotContainKey("aof_current_size");
        rig.host.status = logStatus(77);
        assertThat(rig.info("persistence").get("Persistence"))
                .containsEntry("aof_enabled", "1")
                .containsEntry("aof_rewrite_in_progress", "1")
                .containsEntry("aof_last_rewrite_time_sec", "3")
                .containsEntry("aof_current_rewrite_time_sec", "1")
                .containsEntry("aof_last_bgrewrite_status", "err")
                .containsEntry("aof_rewrites", "4")
                .containsEntry("aof_rewrites_consecutive_failures", "2")
                .containsEntry("aof_last_write_status", "err")
                .containsEntry("aof_current_size", "1000")
                .containsEntry("aof_base_size", "500")
                .containsEntry("aof_buffer_length", "77")
                .containsEntry("aof_pending_bio_fsync", "1");
    }

    @Test
    void loading_says_how_far_it_is() {
        rig.host.loading = new Host.Loading(rig.clock.wallMs(), 1000, 250, 77);
        rig.clock.advance(Duration.ofSeconds(10));
        rig.engine.loading(true);
        assertThat(rig.info("persistence").get("Persistence"))
                .containsEntry("loading", "1")
                .containsEntry("loading_total_bytes", "1000")
                .containsEntry("loading_rdb_used_mem", "77")
                .containsEntry("loading_loaded_bytes", "250")
                .containsEntry("loading_loaded_perc", "25.00")
                .containsEntry("loading_eta_seconds", "30");
    }

    @Test
    void stats_count_calls_hits_errors_and_traffic() {
        rig.host.traffic = new Host.Traffic(100, 200, 3, 4, 5);
        rig.ask("SET", "a", "1");
        rig.ask("GET", "a");
        rig.ask("GET", "b");
        rig.ask("INCRBY", "a", "x");
        Map<String, String> stats = rig.info("stats").get("Stats");
        assertThat(stats)
                .containsEntry("total_commands_processed", "4")
                .containsEntry("keyspace_hits", "1")
                .containsEntry("keyspace_misses", "1")
                .containsEntry("total_error_replies", "1")
                .containsEntry("total_net_input_bytes", "100")
                .containsEntry("total_net_output_bytes", "200")
                .containsEntry("total_reads_processed", "3")
                .containsEntry("total_writes_processed", "4")
                .containsEntry("client_query_buffer_limit_disconnections", "5");
        assertThat(rig.line("errorstats", "errorstat_ERR")).isEqualTo("count=1");
    }

    @Test
    void commandstats_tell_calls_refusals_and_failures_apart() {
        rig.ask("GET", "a");
        rig.ask("GET");
        rig.ask("INCRBY", "a", "x");
        rig.ask("CONFIG", "GET", "port");
        Map<String, String> stats = rig.info("commandstats").get("Commandstats");
        assertThat(stats.get("cmdstat_get")).startsWith("calls=1,usec=").endsWith(",rejected_calls=1,failed_calls=0");
        assertThat(stats.get("cmdstat_incrby")).startsWith("calls=1,").endsWith(",rejected_calls=0,failed_calls=1");
        assertThat(stats.get("cmdstat_config|get")).startsWith("calls=1,");
        assertThat(stats).doesNotContainKey("cmdstat_append");
    }

    @Test
    void latencystats_have_the_percentiles_that_were_asked_for() {
        rig.ask("GET", "a");
        assertThat(rig.line("latencystats", "latency_percentiles_usec_get"))
                .matches("p50=\\d+\\.\\d{3},p99=\\d+\\.\\d{3},p99.9=\\d+\\.\\d{3}");
        rig.ask("CONFIG", "SET", "latency-tracking-info-percentiles", "12.5 100");
        assertThat(rig.line("latencystats", "latency_percentiles_usec_get")).matches("p12.5=.*,p100=.*");
        rig.ask("CONFIG", "SET", "latency-tracking", "no");
        assertThat(rig.info("latencystats").get("Latencystats")).isEmpty();
    }

    @Test
    void keyspace_counts_keys_and_estimates_how_long_volatile_ones_live() {
        for (int i = 0; i < 1000; i++) rig.ask("SET", "k" + i, "v", "EX", i % 2 == 0 ? "1000" : "3000");
        for (int i = 0; i < 1000; i++) rig.ask("SET", "p" + i, "v");
        rig.ask("SELECT", "9");
        rig.ask("SET", "a", "b");
        Map<String, String> keyspace = rig.info("keyspace").get("Keyspace");
        assertThat(keyspace.keySet()).containsExactly("db0", "db9");
        assertThat(keyspace.get("db9")).isEqualTo("keys=1,expires=0,avg_ttl=0,subexpiry=0");
        assertThat(keyspace.get("db0")).startsWith("keys=2000,expires=1000,avg_ttl=");
        long ttlMs = Long.parseLong(keyspace.get("db0").replaceFirst(".*avg_ttl=(\\d+),subexpiry=0", "$1"));
        assertThat(ttlMs).isBetween(1_500_000L, 2_500_000L);
    }

    @Test
    void one_volatile_key_among_many_is_found_by_the_estimate() {
        rig.ask("SET", "v", "1", "PX", "5000");
        rig.ask("DEBUG", "POPULATE", "2000");
        assertThat(rig.line("keyspace", "db0")).isEqualTo("keys=2001,expires=1,avg_ttl=5000,subexpiry=0");
    }

    @Test
    void resetstat_begins_anew_and_keeps_the_data() {
        rig.host.traffic = new Host.Traffic(100, 200, 3, 4, 5);
        rig.ask("SET", "a", "x".repeat(100_000));
        rig.ask("DEL", "a");
        rig.ask("GET", "a");
        rig.ask("GET");
        rig.ask("CONFIG", "RESETSTAT");
        assertThat(rig.info("stats").get("Stats"))
                .containsEntry("keyspace_misses", "0")
                .containsEntry("total_error_replies", "0")
                .containsEntry("total_net_input_bytes", "0");
        assertThat(rig.info("commandstats").get("Commandstats")).doesNotContainKey("cmdstat_get");
        assertThat(memory("used_memory_peak")).as("is kept, as in Redis").isGreaterThan(100_000);
    }

    // ---- how fast ----

    @Test
    void speed_is_the_mean_of_the_last_sixteen_looks() {
        for (int tick = 0; tick < 20; tick++) {
            for (int i = 0; i < 10; i++) rig.ask("PING");
            rig.host.traffic = new Host.Traffic(2048L * (tick + 1), 1024L * (tick + 1), 0, 0, 0);
            rig.clock.advance(Duration.ofMillis(100));
            rig.engine.tick();
        }
        assertThat(rig.info("stats").get("Stats"))
                .containsEntry("instantaneous_ops_per_sec", "100")
                .containsEntry("instantaneous_input_kbps", "20.00")
                .containsEntry("instantaneous_output_kbps", "10.00");
        for (int tick = 0; tick < 8; tick++) {
            rig.clock.advance(Duration.ofMillis(100));
            rig.engine.tick();
        }
        assertThat(Long.parseLong(rig.line("stats", "instantaneous_ops_per_sec")))
                .isBetween(45L, 55L);
    }

    @Test
    void looks_that_come_too_soon_do_not_count() {
        for (int i = 0; i < 100; i++) rig.engine.tick();
        for (int i = 0; i < 160; i++) rig.ask("PING");
        rig.clock.advance(Duration.ofMillis(100));
        rig.engine.tick();
        assertThat(rig.line("stats", "instantaneous_ops_per_sec")).isEqualTo("100");
    }
}
