package dev.cinnabar.engine;

import dev.cinnabar.base.Randomness;
import dev.cinnabar.config.Directives;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Store;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Writes what INFO answers: sections of `name:value` lines, in the words of Redis, since a great many
/// monitors read them.
///
/// Values are true for a JVM or are not there. Touched only under the engine's lock.
final class Info {
    /*
     * What the memory fields mean here, where Redis asks its allocator (docs/decisions/0072-used-memory.md):
     *
     *   own       what the server takes without data: empty databases, the buffers of event loops
     *   tables    by which keys are found
     *   blocks    keys and values
     *   buffers   of clients and of the log
     *
     *   used_memory                own + tables + blocks + buffers
     *   used_memory_startup        own
     *   used_memory_overhead       own + tables + buffers
     *   mem_not_counted_for_evict  buffers, and of tables and blocks what is on its way out
     *   allocator_allocated        own + tables + blocks
     *   allocator_active           own + tables + pages, so with the holes between blocks
     *   allocator_resident         what the Java heap has taken from the operating system
     *   used_memory_rss            all that the process has taken
     */

    /// The chapters, in the order in which they are answered.
    private enum Section {
        SERVER,
        CLIENTS,
        MEMORY,
        PERSISTENCE,
        STATS,
        REPLICATION,
        CPU,
        MODULES,
        COMMANDSTATS,
        ERRORSTATS,
        LATENCYSTATS,
        CLUSTER,
        KEYSPACE;

        private static final Set<Section> ALL = EnumSet.allOf(Section.class);
        private static final Set<Section> DEFAULT = EnumSet.complementOf(EnumSet.of(COMMANDSTATS, LATENCYSTATS));

        String title() {
            return this == CPU ? name() : name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT);
        }
    }

    private static final int FACTS_MS = 100; // as often Redis looks how large its process is
    private static final int RUN_ID_LONGS = 3; // 40 hex digits are cut from 48
    private static final int RUN_ID_CHARS = 40;
    private static final double NANOS_PER_MICRO = 1000.0;

    private final Engine engine;
    private final Randomness randomness;
    private final String runId;
    private long startupBytes;
    private long peakBytes; // the most that was used when somebody asked
    private @Nullable ProcessFacts facts; // null before somebody has asked
    private long factsAtMs;
    private final StringBuilder text = new StringBuilder();
    private String replicationId;

    Info(Engine engine, Randomness randomness) {
        this.engine = engine;
        this.randomness = randomness;
        this.runId = newId();
        this.replicationId = newId();
    }

    private String newId() {
        StringBuilder id = new StringBuilder();
        for (int i = 0; i < RUN_ID_LONGS; i++) id.append(String.format("%016x", randomness.nextLong()));
        return id.substring(0, RUN_ID_CHARS);
    }

    /// Takes another identity as a master, for `DEBUG CHANGE-REPL-ID`.
    void changeReplicationId() {
        replicationId = newId();
    }

    /// @param names of sections in lower case, or `all`, `everything`, `default`; empty for the default.
    ///              Unknown ones are passed over.
    String text(List<String> names) {
        text.setLength(0);
        for (Section section : sections(names)) {
            if (text.length() > 0) text.append("\r\n");
            text.append("# ").append(section.title()).append("\r\n");
            write(section);
        }
        return text.toString();
    }

    private static Set<Section> sections(List<String> names) {
        if (names.isEmpty()) return Section.DEFAULT;
        Set<Section> chosen = EnumSet.noneOf(Section.class);
        for (String name : names) {
            switch (name) {
                case "all", "everything" -> chosen.addAll(Section.ALL); // they differ in what modules add
                case "default" -> chosen.addAll(Section.DEFAULT);
                default -> {
                    for (Section section : Section.values()) {
                        if (section.name().toLowerCase(Locale.ROOT).equals(name)) chosen.add(section);
                    }
                }
            }
        }
        return chosen;
    }

    private void write(Section section) {
        switch (section) {
            case SERVER -> server();
            case CLIENTS -> clients();
            case MEMORY -> memory();
            case PERSISTENCE -> persistence();
            case STATS -> stats();
            case REPLICATION -> replication();
            case CPU -> cpu();
            case MODULES -> {}
            case COMMANDSTATS -> commandStats(engine.commands());
            case ERRORSTATS ->
                engine.statistics().errorsByCode().forEach((code, n) -> line("errorstat_" + code, "count=" + n));
            case LATENCYSTATS -> latencyStats();
            case CLUSTER -> line("cluster_enabled", 0);
            case KEYSPACE -> keyspace();
        }
    }

    // ---- lines ----

    private void line(String name, long value) {
        text.append(name).append(':').append(value).append("\r\n");
    }

    private void line(String name, boolean value) {
        line(name, value ? 1 : 0);
    }

    private void line(String name, String value) {
        text.append(name).append(':').append(value).append("\r\n");
    }

    private void ratio(String name, double value) {
        line(name, fixed(2, value));
    }

    private void bytes(String name, long value) {
        line(name, value);
        line(name + "_human", human(value));
    }

    private static String fixed(int digits, double value) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    /// A number of bytes for people: `991.19K`.
    static String human(long bytes) {
        if (bytes < 1024) return bytes + "B";
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < 5) {
            value /= 1024;
            unit++;
        }
        return fixed(2, value) + "KMGTPE".charAt(unit);
    }

    private static double over(double a, double b) {
        return b == 0 ? 0 : a / b;
    }

    // ---- sections ----

    private void server() {
        Host host = engine.host();
        long nowMs = engine.store().moment().nowMs();
        long upSeconds = Math.max(0, (nowMs - host.startedMs()) / 1000);
        line("redis_version", Version.REDIS);
        line("cinnabar_version", Version.CINNABAR);
        String commit = Version.commit();
        int colon = commit.indexOf(':');
        line("redis_git_sha1", commit.substring(0, colon));
        line("redis_git_dirty", commit.substring(colon + 1));
        line("redis_build_id", Version.buildId());
        line("redis_mode", "standalone");
        line("os", System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + machine());
        line("arch_bits", 64);
        line("monotonic_clock", "System.nanoTime");
        line("multiplexing_api", host.multiplexing());
        line("atomicvar_api", "java-varhandle");
        line("java_version", System.getProperty("java.version"));
        line("java_vm", System.getProperty("java.vm.name"));
        line("process_id", host.pid());
        line("process_supervised", host.config().get(Directives.SUPERVISED));
        line("run_id", runId);
        line("tcp_port", host.port());
        line("server_time_usec", engine.clock().wallMicros());
        line("uptime_in_seconds", upSeconds);
        line("uptime_in_days", upSeconds / (24 * 60 * 60));
        line("hz", engine.settings().hz);
        line("configured_hz", host.config().get(Directives.HZ));
        line("lru_clock", nowMs / 1000 & 0xffffff);
        line("executable", host.executable());
        line(
                "config_file",
                host.config()
                        .file()
                        .map(file -> file.toAbsolutePath().toString())
                        .orElse(""));
        line("io_threads_active", 0);
    }

    /// The architecture in the words of `uname`.
    private static String machine() {
        String arch = System.getProperty("os.arch");
        return arch.equals("amd64") ? "x86_64" : arch;
    }

    private void clients() {
        Collection<Session> sessions = engine.sessions();
        long waiting = 0;
        long watching = 0;
        long maxInput = 0;
        long maxOutput = 0;
        for (Session session : sessions) {
            if (session.isWaiting) waiting++;
            if (!session.watched.isEmpty()) watching++;
            maxInput = Math.max(maxInput, session.link().inputBytes());
            maxOutput = Math.max(maxOutput, session.link().outputBytes());
        }
        line("connected_clients", sessions.size());
        line("cluster_connections", 0);
        line("maxclients", engine.settings().maxClients);
        line("client_recent_max_input_buffer", maxInput);
        line("client_recent_max_output_buffer", maxOutput);
        line("blocked_clients", waiting);
        line("tracking_clients", 0);
        line("pubsub_clients", engine.pubSub().clients());
        line("watching_clients", watching);
        Waiters waiters = engine.waiting().waiters();
        line("clients_in_timeout_table", waiters.withTime());
        line("total_watched_keys", engine.watches().keys());
        line("total_blocking_keys", waiters.keys());
        line("total_blocking_keys_on_nokey", waiters.keysThatMayGo());
    }

    /// Remembers what is used now as what was used before there was data.
    void countStartup() {
        startupBytes = engine.store().pages().used();
    }

    long startupBytes() {
        return startupBytes;
    }

    /// @param buffers bytes of clients and of the log
    long usedBytes(long buffers) {
        long used = engine.store().pages().used() + buffers;
        peakBytes = Math.max(peakBytes, used);
        return used;
    }

    /// The most that was ever used; a moment at which nobody asked counts without buffers.
    long peakBytes() {
        return Math.max(peakBytes, engine.store().pages().usedPeak());
    }

    /// What is used beside the data.
    ///
    /// @param buffers bytes of clients and of the log
    long overheadBytes(long buffers) {
        return startupBytes + tableBytes() + buffers;
    }

    private long tableBytes() {
        long sum = 0;
        Store store = engine.store();
        for (int i = 0; i < store.count(); i++) sum += store.database(i).tableBytes();
        return sum;
    }

    /// What clients have sent that was not used up yet, and what they have not received yet. O(N) for N
    /// clients.
    long clientBytes() {
        long sum = 0;
        for (Session session : engine.sessions())
            sum += session.link().inputBytes() + session.link().outputBytes();
        return sum;
    }

    /// What is known of the process, as it was a tenth of a second ago at the most: whoever asks often does
    /// not hold up the others each time.
    ProcessFacts processFacts() {
        long nowMs = engine.store().moment().nowMs();
        ProcessFacts known = facts;
        if (known == null || Math.abs(nowMs - factsAtMs) >= FACTS_MS) {
            known = ProcessFacts.now(engine.host().servingThreads());
            facts = known;
            factsAtMs = nowMs;
        }
        return known;
    }

    private void memory() {
        Pages pages = engine.store().pages();
        ProcessFacts facts = processFacts();
        long clients = clientBytes();
        long logBuffer = engine.host().logStatus().bufferBytes();
        long used = usedBytes(clients + logBuffer);
        long allocated = pages.used();
        long held = pages.held();
        long rss = facts.residentBytes();
        long overhead = overheadBytes(clients + logBuffer);
        long dataset = Math.max(0, used - overhead);
        long maxMemory = engine.settings().maxMemory;

        bytes("used_memory", used);
        bytes("used_memory_rss", rss);
        bytes("used_memory_peak", peakBytes());
        line("used_memory_peak_perc", fixed(2, over(100.0 * used, peakBytes())) + "%");
        line("used_memory_overhead", overhead);
        line("used_memory_startup", startupBytes);
        line("used_memory_dataset", dataset);
        line("used_memory_dataset_perc", fixed(2, Math.min(100, over(100.0 * dataset, used - startupBytes))) + "%");
        line("allocator_allocated", allocated);
        line("allocator_active", held);
        line("allocator_resident", facts.heapHeldBytes());
        bytes("total_system_memory", facts.machineBytes());
        bytes("used_memory_lua", 0);
        line("used_memory_vm_eval", 0);
        line("used_memory_scripts_eval", 0);
        line("number_of_cached_scripts", 0);
        line("number_of_functions", 0);
        line("number_of_libraries", 0);
        line("used_memory_vm_functions", 0);
        bytes("used_memory_vm_total", 0);
        line("used_memory_functions", 0);
        bytes("used_memory_scripts", 0);
        bytes("maxmemory", maxMemory);
        line("maxmemory_policy", engine.host().config().get(Directives.MAXMEMORY_POLICY));
        ratio("allocator_frag_ratio", over(held, allocated));
        line("allocator_frag_bytes", held - allocated);
        ratio("allocator_rss_ratio", over(facts.heapHeldBytes(), held));
        line("allocator_rss_bytes", facts.heapHeldBytes() - held);
        ratio("rss_overhead_ratio", over(rss, facts.heapHeldBytes()));
        line("rss_overhead_bytes", rss - facts.heapHeldBytes());
        ratio("mem_fragmentation_ratio", over(rss, used));
        line("mem_fragmentation_bytes", rss - used);
        line("mem_not_counted_for_evict", engine.store().garbageBytes() + clients + logBuffer);
        line("mem_replication_backlog", 0);
        line("mem_total_replication_buffers", 0);
        line("mem_clients_slaves", 0);
        line("mem_clients_normal", clients);
        line("mem_cluster_links", 0);
        line("mem_aof_buffer", logBuffer);
        line("mem_overhead_db_hashtable_rehashing", 0);
        line("mem_allocator", "cinnabar-pages");
        line("active_defrag_running", pages.isCompacting());
        line("lazyfree_pending_objects", engine.store().garbageObjects());
        line(
                "lazyfreed_objects",
                Math.max(0, engine.statistics().flushedLazily - engine.store().garbageKeys())
                        + engine.store().valuesFreedLater());
        bytes("jvm_heap_used", facts.heapUsedBytes());
        bytes("jvm_heap_committed", facts.heapHeldBytes());
        bytes("jvm_heap_max", facts.heapMaxBytes());
        line("jvm_gc_collections", facts.collections());
        line("jvm_gc_time_ms", facts.collectionMs());
        line("jvm_threads", facts.threads());
    }

    private void persistence() {
        LogStatus log = engine.host().logStatus();
        LogStatus.Rewrites rewrites = log.rewrites();
        SaveStatus save = engine.host().saveStatus();
        line("loading", engine.isLoading());
        line("async_loading", 0);
        line("current_cow_peak", 0);
        line("current_cow_size", 0);
        line("current_cow_size_age", 0);
        line("current_fork_perc", "0.00");
        line("current_save_keys_processed", save.keysWritten());
        line("current_save_keys_total", save.keysTotal());
        line("rdb_changes_since_last_save", engine.statistics().dirty());
        line("rdb_bgsave_in_progress", save.isSaving());
        line("rdb_last_save_time", save.lastSaveSeconds());
        line("rdb_last_bgsave_status", save.didLastSucceed() ? "ok" : "err");
        line("rdb_last_bgsave_time_sec", save.lastDurationSeconds());
        line("rdb_current_bgsave_time_sec", save.currentSeconds());
        line("rdb_saves", save.saves());
        line("rdb_last_cow_size", 0);
        line("rdb_last_load_keys_expired", save.keysExpired());
        line("rdb_last_load_keys_loaded", save.keysLoaded());
        line("aof_enabled", log.isOn());
        line("aof_rewrite_in_progress", rewrites.isRunning());
        line("aof_rewrite_scheduled", rewrites.isScheduled());
        line("aof_last_rewrite_time_sec", rewrites.lastSeconds());
        line("aof_current_rewrite_time_sec", rewrites.currentSeconds());
        line("aof_last_bgrewrite_status", rewrites.didLastSucceed() ? "ok" : "err");
        line("aof_rewrites", rewrites.succeeded());
        line("aof_rewrites_consecutive_failures", rewrites.failed());
        line("aof_last_write_status", log.didLastWriteSucceed() ? "ok" : "err");
        line("aof_last_cow_size", 0);
        line("module_fork_in_progress", 0);
        line("module_fork_last_cow_size", 0);
        if (log.isOn()) {
            line("aof_current_size", log.currentBytes());
            line("aof_base_size", log.baseBytes());
            line("aof_pending_rewrite", rewrites.isScheduled());
            line("aof_buffer_length", log.bufferBytes());
            line("aof_rewrite_buffer_length", 0);
            line("aof_pending_bio_fsync", log.isSyncing());
            line("aof_delayed_fsync", 0); // a write waits for no fsync
        }
        Host.Loading loading = engine.host().loading();
        if (loading != null) loading(loading);
    }

    private void loading(Host.Loading loading) {
        long left = loading.totalBytes() - loading.loadedBytes();
        double tookSeconds = Math.max(1, (engine.clock().wallMs() - loading.startedMs()) / 1000.0);
        line("loading_start_time", loading.startedMs() / 1000);
        line("loading_total_bytes", loading.totalBytes());
        line("loading_rdb_used_mem", loading.usedBytes());
        line("loading_loaded_bytes", loading.loadedBytes());
        line("loading_loaded_perc", fixed(2, over(100.0 * loading.loadedBytes(), loading.totalBytes())));
        line("loading_eta_seconds", (long) over(left, loading.loadedBytes() / tookSeconds));
    }

    private void stats() {
        Statistics statistics = engine.statistics();
        Host.Traffic traffic = engine.host().traffic();
        Sampler sampler = engine.sampler();
        line("total_connections_received", statistics.connections());
        line("total_commands_processed", statistics.commands());
        line("instantaneous_ops_per_sec", sampler.perSecond(Sampler.Metric.COMMANDS));
        line("total_net_input_bytes", traffic.bytesIn());
        line("total_net_output_bytes", traffic.bytesOut());
        line("total_net_repl_input_bytes", 0);
        line("total_net_repl_output_bytes", 0);
        line("instantaneous_input_kbps", fixed(2, sampler.perSecond(Sampler.Metric.BYTES_IN) / 1024.0));
        line("instantaneous_output_kbps", fixed(2, sampler.perSecond(Sampler.Metric.BYTES_OUT) / 1024.0));
        line("instantaneous_input_repl_kbps", "0.00");
        line("instantaneous_output_repl_kbps", "0.00");
        line("rejected_connections", statistics.rejectedConnections());
        line("sync_full", 0);
        line("sync_partial_ok", 0);
        line("sync_partial_err", 0);
        line("expired_subkeys", statistics.expiredFields());
        line("expired_keys", statistics.expiredKeys());
        line("expired_stale_perc", "0.00");
        line("expired_time_cap_reached_count", 0);
        line("expire_cycle_cpu_milliseconds", statistics.expiryNanos / 1_000_000);
        line("evicted_keys", statistics.evictedKeys());
        line("evicted_clients", statistics.evictedClients);
        line("evicted_scripts", 0);
        line("total_eviction_exceeded_time", 0);
        line("current_eviction_exceeded_time", 0);
        line("keyspace_hits", engine.keyspaceHits());
        line("keyspace_misses", engine.keyspaceMisses());
        line("pubsub_channels", engine.pubSub().topics(Subscription.CHANNEL));
        line("pubsub_patterns", engine.pubSub().topics(Subscription.PATTERN));
        line("pubsubshard_channels", engine.pubSub().topics(Subscription.SHARD));
        line("latest_fork_usec", 0); // nothing stops while an image is begun
        line("total_forks", statistics.backgroundJobs());
        line("migrate_cached_sockets", 0);
        line("slave_expires_tracked_keys", 0);
        line("active_defrag_hits", 0);
        line("active_defrag_misses", 0);
        line("active_defrag_key_hits", 0);
        line("active_defrag_key_misses", 0);
        line("total_active_defrag_time", 0);
        line("current_active_defrag_time", 0);
        line("tracking_total_keys", 0);
        line("tracking_total_items", 0);
        line("tracking_total_prefixes", 0);
        line("unexpected_error_replies", 0);
        line("total_error_replies", statistics.errors());
        line("dump_payload_sanitizations", 0);
        line("total_reads_processed", traffic.reads());
        line("total_writes_processed", traffic.writes());
        line("io_threaded_reads_processed", 0);
        line("io_threaded_writes_processed", 0);
        line("client_query_buffer_limit_disconnections", traffic.queryBufferDisconnects());
        line("client_output_buffer_limit_disconnections", statistics.outputBufferDisconnects);
        line("reply_buffer_shrinks", 0);
        line("reply_buffer_expands", 0);
        line("acl_access_denied_auth", 0);
        line("acl_access_denied_cmd", 0);
        line("acl_access_denied_key", 0);
        line("acl_access_denied_channel", 0);
    }

    private void replication() {
        line("role", "master");
        line("connected_slaves", 0);
        if (engine.settings().writesNeedReplicas()) line("min_slaves_good_slaves", 0);
        line("master_failover_state", "no-failover");
        line("master_replid", replicationId);
        line("master_replid2", "0".repeat(RUN_ID_CHARS));
        line("master_repl_offset", 0);
        line("second_repl_offset", -1);
        line("repl_backlog_active", 0);
        line("repl_backlog_size", engine.host().config().get(Directives.REPL_BACKLOG_SIZE));
        line("repl_backlog_first_byte_offset", 0);
        line("repl_backlog_histlen", 0);
    }

    private void cpu() {
        ProcessFacts facts = processFacts();
        line("used_cpu_sys", fixed(6, facts.systemSeconds()));
        line("used_cpu_user", fixed(6, facts.userSeconds()));
        line("used_cpu_sys_children", "0.000000");
        line("used_cpu_user_children", "0.000000");
        line("used_cpu_sys_main_thread", fixed(6, facts.serving().systemSeconds()));
        line("used_cpu_user_main_thread", fixed(6, facts.serving().userSeconds()));
    }

    private void commandStats(CommandTable table) {
        for (CommandEntry entry : table.entries().values()) {
            CommandTable inner = entry.subcommands();
            if (inner != null) commandStats(inner);
            if (entry.calls() == 0 && entry.rejections() == 0 && entry.failures() == 0) continue;
            long micros = entry.nanos() / 1000;
            line(
                    "cmdstat_" + entry.fullName(),
                    "calls=" + entry.calls() + ",usec=" + micros + ",usec_per_call="
                            + fixed(2, over(micros, entry.calls())) + ",rejected_calls=" + entry.rejections()
                            + ",failed_calls=" + entry.failures());
        }
    }

    private void latencyStats() {
        if (!engine.settings().tracksLatency) return;
        latencyStats(engine.commands(), engine.host().config().get(Directives.LATENCY_TRACKING_INFO_PERCENTILES));
    }

    private void latencyStats(CommandTable table, List<Double> percentiles) {
        for (CommandEntry entry : table.entries().values()) {
            CommandTable inner = entry.subcommands();
            if (inner != null) latencyStats(inner, percentiles);
            if (entry.latency().total() == 0) continue;
            List<String> values = new ArrayList<>();
            for (double percentile : percentiles) {
                double micros = entry.latency().percentileNanos(percentile) / NANOS_PER_MICRO;
                values.add("p" + trimmed(percentile) + "=" + fixed(3, micros));
            }
            line("latency_percentiles_usec_" + entry.fullName(), String.join(",", values));
        }
    }

    /// A percentile without zeros behind: 50, 99.9.
    private static String trimmed(double percentile) {
        String digits = fixed(6, percentile).replaceAll("0+$", "");
        return digits.endsWith(".") ? digits.substring(0, digits.length() - 1) : digits;
    }

    private void keyspace() {
        Store store = engine.store();
        for (int i = 0; i < store.count(); i++) {
            Database db = store.database(i);
            if (db.size() == 0) continue;
            long ttlMs = AverageTtl.sample(db, store.moment().nowMs(), randomness);
            String keys = "keys=" + db.size() + ",expires=" + db.volatileSize() + ",avg_ttl=" + ttlMs;
            line("db" + i, keys + ",subexpiry=" + db.volatileHashes());
        }
    }
}
