package dev.cinnabar.config;

import static dev.cinnabar.config.Directive.Trait.GUARDED;
import static dev.cinnabar.config.Directive.Trait.HIDDEN;
import static dev.cinnabar.config.Directive.Trait.IMMUTABLE;
import static dev.cinnabar.config.Directive.Trait.KEPT;
import static dev.cinnabar.config.Directive.Trait.NOT_WHILE_LOADING;
import static dev.cinnabar.config.Directive.Trait.SECRET;

import dev.cinnabar.config.Directive.Trait;
import dev.cinnabar.config.Kind.Rule;
import dev.cinnabar.config.Kind.Unit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Every directive that there is, one line each: name, default, range, and what is special about it.
///
/// Names, defaults, ranges and what may change at run time are those of Redis 7.0.15, read off a running
/// server and held by a test against one; what later versions added stands beside its relatives with a note.
/// Directives of our own begin with `cinnabar-`.
///
/// `KEPT` marks what means nothing here, or nothing yet: such a directive is accepted, kept and
/// answered.
public final class Directives {
    /*
     * A table of constants rather than an enum, because an enum's constants cannot have types of their own,
     * and `config.get(PORT)` should be an int. The lines register themselves in `DECLARED` while this class
     * is initialised; at its end `ALL` and `BY_NAME` are made and `DECLARED` is not touched again.
     *
     * No lambdas and no regular expressions here: this runs on every start, before the first log line, and
     * each lambda would cost more than the whole table does.
     */
    private static final int INT_MAX = Integer.MAX_VALUE;
    private static final long LONG_MAX = Long.MAX_VALUE;
    private static final int PORT_MAX = 65535;
    private static final long KB = 1L << 10;
    private static final long MB = 1L << 20;

    private static final String SYSLOG_WORDS = "user local0 local1 local2 local3 local4 local5 local6 local7";
    private static final String POLICY_WORDS = "volatile-lru volatile-lfu volatile-random volatile-ttl "
            + "allkeys-lru allkeys-lfu allkeys-random noeviction";

    private static final Kind<Boolean> FLAG = new Kind.Flag();
    private static final Kind<List<String>> SHUTDOWN = new Kind.ShutdownOptions();
    private static final List<Directive<?>> DECLARED = new ArrayList<>(240);

    // ---- network ----

    public static final Directive<List<String>> BIND = add("bind", new Kind.Addresses(), List.of("*", "-::*"));
    public static final Directive<String> BIND_SOURCE_ADDR = text("bind-source-addr", "", KEPT);
    public static final Directive<Boolean> PROTECTED_MODE = flag("protected-mode", true);
    public static final Directive<Integer> PORT = whole("port", 6379, 0, PORT_MAX);
    public static final Directive<Integer> TCP_BACKLOG = whole("tcp-backlog", 511, 0, INT_MAX, IMMUTABLE);
    public static final Directive<String> UNIXSOCKET = text("unixsocket", "", IMMUTABLE);
    public static final Directive<Integer> UNIXSOCKETPERM =
            add("unixsocketperm", new Kind.Int(0, 0777, 0, 0777, Unit.OCTAL), 0, IMMUTABLE);
    public static final Directive<Integer> TIMEOUT = whole("timeout", 0, 0, INT_MAX);
    public static final Directive<Integer> TCP_KEEPALIVE = whole("tcp-keepalive", 300, 0, INT_MAX);
    public static final Directive<Long> SOCKET_MARK_ID = count("socket-mark-id", 0, 0, 4294967295L, IMMUTABLE, KEPT);
    public static final Directive<Long> MAXCLIENTS = count("maxclients", 10000, 1, 4294967295L);
    public static final Directive<Integer> MAX_NEW_CONNECTIONS_PER_CYCLE =
            whole("max-new-connections-per-cycle", 10, 1, 1000, KEPT); // 7.4
    public static final Directive<Integer> MAX_NEW_TLS_CONNECTIONS_PER_CYCLE =
            whole("max-new-tls-connections-per-cycle", 1, 1, 1000, KEPT); // 7.4
    public static final Directive<Long> PROTO_MAX_BULK_LEN = memory("proto-max-bulk-len", 512 * MB, MB);
    public static final Directive<Long> CLIENT_QUERY_BUFFER_LIMIT = memory("client-query-buffer-limit", KB * MB, MB);
    public static final Directive<OutputBufferLimits> CLIENT_OUTPUT_BUFFER_LIMIT =
            add("client-output-buffer-limit", new Kind.BufferLimits(), OutputBufferLimits.DEFAULT);
    public static final Directive<Integer> IO_THREADS = whole("io-threads", 1, 1, 128, IMMUTABLE);
    public static final Directive<Boolean> IO_THREADS_DO_READS = flag("io-threads-do-reads", false, IMMUTABLE, KEPT);

    /// Ours: whether sockets are read and written in batches where the system can.
    public static final Directive<Boolean> IO_URING = flag("cinnabar-io-uring", true);

    /// Whether a loop waits a moment for more clients to be ready where that makes all of them cheaper to
    /// serve.
    public static final Directive<Boolean> LINGER = flag("cinnabar-linger", true);

    /// Whether the process lets the JIT compile what every request needs before many clients come. Asked for
    /// at the start; set later, it holds from the next start on, if the configuration is rewritten.
    public static final Directive<Boolean> WARM_UP = flag("cinnabar-warm-up", true);

    // ---- tls ----

    public static final Directive<Integer> TLS_PORT = add(
            "tls-port",
            new Kind.Only<>(new Kind.Int(0, PORT_MAX), 0, "TLS is not supported; only 0 is possible"),
            0,
            KEPT);
    public static final Directive<String> TLS_CERT_FILE = text("tls-cert-file", "", KEPT);
    public static final Directive<String> TLS_KEY_FILE = text("tls-key-file", "", KEPT);
    public static final Directive<String> TLS_KEY_FILE_PASS = text("tls-key-file-pass", "", SECRET, KEPT);
    public static final Directive<String> TLS_CLIENT_CERT_FILE = text("tls-client-cert-file", "", KEPT);
    public static final Directive<String> TLS_CLIENT_KEY_FILE = text("tls-client-key-file", "", KEPT);
    public static final Directive<String> TLS_CLIENT_KEY_FILE_PASS = text("tls-client-key-file-pass", "", SECRET, KEPT);
    public static final Directive<String> TLS_DH_PARAMS_FILE = text("tls-dh-params-file", "", KEPT);
    public static final Directive<String> TLS_CA_CERT_FILE = text("tls-ca-cert-file", "", KEPT);
    public static final Directive<String> TLS_CA_CERT_DIR = text("tls-ca-cert-dir", "", KEPT);
    public static final Directive<String> TLS_AUTH_CLIENTS = choice("tls-auth-clients", "yes", "no yes optional", KEPT);
    public static final Directive<Boolean> TLS_REPLICATION = flag("tls-replication", false, KEPT);
    public static final Directive<Boolean> TLS_CLUSTER = flag("tls-cluster", false, KEPT);
    public static final Directive<String> TLS_PROTOCOLS = text("tls-protocols", "", KEPT);
    public static final Directive<String> TLS_CIPHERS = text("tls-ciphers", "", KEPT);
    public static final Directive<String> TLS_CIPHERSUITES = text("tls-ciphersuites", "", KEPT);
    public static final Directive<Boolean> TLS_PREFER_SERVER_CIPHERS = flag("tls-prefer-server-ciphers", false, KEPT);
    public static final Directive<Boolean> TLS_SESSION_CACHING = flag("tls-session-caching", true, KEPT);
    public static final Directive<Integer> TLS_SESSION_CACHE_SIZE =
            whole("tls-session-cache-size", 20480, 0, INT_MAX, KEPT);
    public static final Directive<Integer> TLS_SESSION_CACHE_TIMEOUT =
            whole("tls-session-cache-timeout", 300, 0, INT_MAX, KEPT);

    // ---- the process ----

    public static final Directive<Boolean> DAEMONIZE = flag("daemonize", false, IMMUTABLE);
    public static final Directive<String> SUPERVISED = choice("supervised", "no", "upstart systemd auto no", IMMUTABLE);
    public static final Directive<String> PIDFILE = text("pidfile", "", IMMUTABLE);
    public static final Directive<String> LOGLEVEL = choice("loglevel", "notice", "debug verbose notice warning");
    public static final Directive<String> LOGFILE = text("logfile", "", Rule.ANY_OR_EMPTY, IMMUTABLE);
    public static final Directive<Boolean> SYSLOG_ENABLED = flag("syslog-enabled", false, IMMUTABLE, KEPT);
    public static final Directive<String> SYSLOG_IDENT = text("syslog-ident", "redis", IMMUTABLE, KEPT);
    public static final Directive<String> SYSLOG_FACILITY =
            choice("syslog-facility", "local0", SYSLOG_WORDS, IMMUTABLE, KEPT);
    public static final Directive<Boolean> HIDE_USER_DATA_FROM_LOG =
            flag("hide-user-data-from-log", false, KEPT); // 7.4
    public static final Directive<Boolean> CRASH_LOG_ENABLED = flag("crash-log-enabled", true, KEPT);
    public static final Directive<Boolean> CRASH_MEMCHECK_ENABLED = flag("crash-memcheck-enabled", true, KEPT);
    public static final Directive<Boolean> USE_EXIT_ON_PANIC = flag("use-exit-on-panic", false, HIDDEN, KEPT);
    public static final Directive<Integer> WATCHDOG_PERIOD = whole("watchdog-period", 0, 0, INT_MAX, HIDDEN, KEPT);
    public static final Directive<Integer> DATABASES = whole("databases", 16, 1, INT_MAX, IMMUTABLE);
    public static final Directive<Boolean> ALWAYS_SHOW_LOGO = flag("always-show-logo", false, IMMUTABLE);
    public static final Directive<Boolean> SET_PROC_TITLE = flag("set-proc-title", true, IMMUTABLE, KEPT);
    public static final Directive<String> PROC_TITLE_TEMPLATE =
            text("proc-title-template", "{title} {listen-addr} {server-mode}", Rule.PROCESS_TITLE, KEPT);
    public static final Directive<String> LOCALE_COLLATE = text("locale-collate", "", KEPT); // 7.2
    public static final Directive<String> IGNORE_WARNINGS = text("ignore-warnings", "", Rule.ANY_OR_EMPTY, KEPT);
    public static final Directive<Boolean> DISABLE_THP = flag("disable-thp", true, IMMUTABLE, KEPT);
    public static final Directive<String> OOM_SCORE_ADJ =
            choice("oom-score-adj", "no", "no yes relative absolute", KEPT);
    public static final Directive<List<Integer>> OOM_SCORE_ADJ_VALUES =
            add("oom-score-adj-values", new Kind.OomScores(), List.of(0, 200, 800), KEPT);
    public static final Directive<String> SERVER_CPULIST = text("server_cpulist", "", IMMUTABLE, KEPT);
    public static final Directive<String> BIO_CPULIST = text("bio_cpulist", "", IMMUTABLE, KEPT);
    public static final Directive<String> AOF_REWRITE_CPULIST = text("aof_rewrite_cpulist", "", IMMUTABLE, KEPT);
    public static final Directive<String> BGSAVE_CPULIST = text("bgsave_cpulist", "", IMMUTABLE, KEPT);
    public static final Directive<List<String>> SHUTDOWN_ON_SIGINT =
            add("shutdown-on-sigint", SHUTDOWN, List.of("default"));
    public static final Directive<List<String>> SHUTDOWN_ON_SIGTERM =
            add("shutdown-on-sigterm", SHUTDOWN, List.of("default"));
    public static final Directive<Integer> SHUTDOWN_TIMEOUT = whole("shutdown-timeout", 10, 0, INT_MAX, KEPT);

    // ---- snapshots ----

    public static final Directive<List<SavePoint>> SAVE = add(
            "save",
            new Kind.Saves(),
            List.of(new SavePoint(3600, 1), new SavePoint(300, 100), new SavePoint(60, 10000)));
    public static final Directive<Boolean> STOP_WRITES_ON_BGSAVE_ERROR = flag("stop-writes-on-bgsave-error", true);
    public static final Directive<Boolean> RDBCOMPRESSION = flag("rdbcompression", true);
    public static final Directive<Boolean> RDBCHECKSUM = flag("rdbchecksum", true, IMMUTABLE);
    public static final Directive<String> SANITIZE_DUMP_PAYLOAD =
            choice("sanitize-dump-payload", "no", "no yes clients", KEPT);
    public static final Directive<String> DBFILENAME = text("dbfilename", "dump.rdb", Rule.FILE_NAME, GUARDED);
    public static final Directive<Boolean> RDB_DEL_SYNC_FILES = flag("rdb-del-sync-files", false, KEPT);
    public static final Directive<Boolean> RDB_SAVE_INCREMENTAL_FSYNC = flag("rdb-save-incremental-fsync", true, KEPT);
    public static final Directive<String> DIR = text("dir", ".", Rule.DIRECTORY, GUARDED);
    public static final Directive<Integer> RDB_KEY_SAVE_DELAY =
            whole("rdb-key-save-delay", 0, Integer.MIN_VALUE, INT_MAX, HIDDEN, KEPT);
    public static final Directive<Integer> KEY_LOAD_DELAY =
            whole("key-load-delay", 0, Integer.MIN_VALUE, INT_MAX, HIDDEN, KEPT);
    public static final Directive<Integer> LOADING_PROCESS_EVENTS_INTERVAL_BYTES =
            whole("loading-process-events-interval-bytes", 2 << 20, 1024, INT_MAX, HIDDEN);

    // ---- the append-only file ----

    public static final Directive<Boolean> APPENDONLY = flag("appendonly", false, NOT_WHILE_LOADING);
    public static final Directive<String> APPENDFILENAME =
            text("appendfilename", "appendonly.aof", Rule.GIVEN_FILE_NAME, IMMUTABLE);
    public static final Directive<String> APPENDDIRNAME =
            text("appenddirname", "appendonlydir", Rule.GIVEN_DIRECTORY_NAME, IMMUTABLE);
    public static final Directive<String> APPENDFSYNC = choice("appendfsync", "everysec", "everysec always no");
    public static final Directive<Boolean> NO_APPENDFSYNC_ON_REWRITE = flag("no-appendfsync-on-rewrite", false);
    public static final Directive<Integer> AUTO_AOF_REWRITE_PERCENTAGE =
            whole("auto-aof-rewrite-percentage", 100, 0, INT_MAX);
    public static final Directive<Long> AUTO_AOF_REWRITE_MIN_SIZE = memory("auto-aof-rewrite-min-size", 64 * MB, 0);
    public static final Directive<Boolean> AOF_REWRITE_INCREMENTAL_FSYNC =
            flag("aof-rewrite-incremental-fsync", true, KEPT);
    public static final Directive<Boolean> AOF_LOAD_TRUNCATED = flag("aof-load-truncated", true);
    public static final Directive<Boolean> AOF_USE_RDB_PREAMBLE = flag("aof-use-rdb-preamble", true, KEPT);
    public static final Directive<Boolean> AOF_TIMESTAMP_ENABLED = flag("aof-timestamp-enabled", false);
    public static final Directive<Boolean> AOF_DISABLE_AUTO_GC = flag("aof-disable-auto-gc", false, KEPT);

    // ---- replication ----

    public static final Directive<String> REPLICAOF = add("replicaof|slaveof", new Kind.Master(), "", IMMUTABLE);
    public static final Directive<String> MASTERAUTH = text("masterauth", "", SECRET, KEPT);
    public static final Directive<String> MASTERUSER = text("masteruser", "", SECRET, KEPT);
    public static final Directive<Boolean> REPLICA_SERVE_STALE_DATA =
            flag("replica-serve-stale-data|slave-serve-stale-data", true, KEPT);
    public static final Directive<Boolean> REPLICA_READ_ONLY = flag("replica-read-only|slave-read-only", true, KEPT);
    public static final Directive<Boolean> REPLICA_IGNORE_MAXMEMORY =
            flag("replica-ignore-maxmemory|slave-ignore-maxmemory", true, KEPT);
    public static final Directive<Boolean> REPLICA_IGNORE_DISK_WRITE_ERRORS =
            flag("replica-ignore-disk-write-errors", false, KEPT);
    public static final Directive<Boolean> REPLICA_ANNOUNCED = flag("replica-announced", true, KEPT);
    public static final Directive<String> REPLICA_ANNOUNCE_IP = text("replica-announce-ip|slave-announce-ip", "", KEPT);
    public static final Directive<Integer> REPLICA_ANNOUNCE_PORT =
            whole("replica-announce-port|slave-announce-port", 0, 0, PORT_MAX, KEPT);
    public static final Directive<Integer> REPLICA_PRIORITY =
            whole("replica-priority|slave-priority", 100, 0, INT_MAX, KEPT);
    public static final Directive<Long> REPLICA_FULL_SYNC_BUFFER_LIMIT =
            memory("replica-full-sync-buffer-limit", 0, 0, KEPT); // 8.0
    public static final Directive<Boolean> REPL_DISKLESS_SYNC = flag("repl-diskless-sync", true, KEPT);
    public static final Directive<Integer> REPL_DISKLESS_SYNC_DELAY =
            whole("repl-diskless-sync-delay", 5, 0, INT_MAX, KEPT);
    public static final Directive<Integer> REPL_DISKLESS_SYNC_MAX_REPLICAS =
            whole("repl-diskless-sync-max-replicas", 0, 0, INT_MAX, KEPT);
    public static final Directive<String> REPL_DISKLESS_LOAD =
            choice("repl-diskless-load", "disabled", "disabled on-empty-db swapdb", KEPT);
    public static final Directive<Integer> REPL_PING_REPLICA_PERIOD =
            whole("repl-ping-replica-period|repl-ping-slave-period", 10, 1, INT_MAX, KEPT);
    public static final Directive<Integer> REPL_TIMEOUT = whole("repl-timeout", 60, 1, INT_MAX, KEPT);
    public static final Directive<Boolean> REPL_DISABLE_TCP_NODELAY = flag("repl-disable-tcp-nodelay", false, KEPT);
    public static final Directive<Long> REPL_BACKLOG_SIZE =
            add("repl-backlog-size", new Kind.Count(1, LONG_MAX, 16 * KB, Unit.MEMORY), MB, KEPT);
    public static final Directive<Long> REPL_BACKLOG_TTL = count("repl-backlog-ttl", 3600, 0, LONG_MAX, KEPT);
    public static final Directive<Integer> MIN_REPLICAS_TO_WRITE =
            whole("min-replicas-to-write|min-slaves-to-write", 0, 0, INT_MAX);
    public static final Directive<Integer> MIN_REPLICAS_MAX_LAG =
            whole("min-replicas-max-lag|min-slaves-max-lag", 10, 0, INT_MAX);
    public static final Directive<String> PROPAGATION_ERROR_BEHAVIOR =
            choice("propagation-error-behavior", "ignore", "ignore panic panic-on-replicas", KEPT);

    // ---- rights ----

    public static final Directive<String> REQUIREPASS = text("requirepass", "", SECRET);
    public static final Directive<String> ACLFILE = add(
            "aclfile",
            new Kind.Only<>(
                    new Kind.Text("aclfile", Rule.ANY),
                    "",
                    "Users and ACLs are not supported. Remove the file, and protect the server with requirepass and bind"),
            "",
            IMMUTABLE,
            KEPT);
    public static final Directive<Long> ACLLOG_MAX_LEN = count("acllog-max-len", 128, 0, LONG_MAX, KEPT);
    public static final Directive<String> ACL_PUBSUB_DEFAULT =
            choice("acl-pubsub-default", "resetchannels", "allchannels resetchannels", KEPT);
    public static final Directive<String> ENABLE_PROTECTED_CONFIGS = access("enable-protected-configs", IMMUTABLE);
    public static final Directive<String> ENABLE_DEBUG_COMMAND = access("enable-debug-command", IMMUTABLE);
    public static final Directive<String> ENABLE_MODULE_COMMAND = access("enable-module-command", IMMUTABLE, KEPT);

    // ---- memory ----

    public static final Directive<Long> MAXMEMORY = memory("maxmemory", 0, 0);
    public static final Directive<String> MAXMEMORY_POLICY = choice("maxmemory-policy", "noeviction", POLICY_WORDS);
    public static final Directive<Integer> MAXMEMORY_SAMPLES = whole("maxmemory-samples", 5, 1, INT_MAX);
    public static final Directive<Integer> MAXMEMORY_EVICTION_TENACITY =
            whole("maxmemory-eviction-tenacity", 10, 0, 100, KEPT);
    public static final Directive<Long> MAXMEMORY_CLIENTS =
            add("maxmemory-clients", new Kind.Count(0, LONG_MAX, Long.MIN_VALUE, Unit.MEMORY_OR_PERCENT), 0L);
    public static final Directive<Integer> LFU_LOG_FACTOR = whole("lfu-log-factor", 10, 0, INT_MAX);
    public static final Directive<Integer> LFU_DECAY_TIME = whole("lfu-decay-time", 1, 0, INT_MAX);
    public static final Directive<Integer> ACTIVE_EXPIRE_EFFORT = whole("active-expire-effort", 1, 1, 10, KEPT);
    public static final Directive<Boolean> LAZYFREE_LAZY_EVICTION = flag("lazyfree-lazy-eviction", false, KEPT);
    public static final Directive<Boolean> LAZYFREE_LAZY_EXPIRE = flag("lazyfree-lazy-expire", false, KEPT);
    public static final Directive<Boolean> LAZYFREE_LAZY_SERVER_DEL = flag("lazyfree-lazy-server-del", false, KEPT);
    public static final Directive<Boolean> LAZYFREE_LAZY_USER_DEL = flag("lazyfree-lazy-user-del", false, KEPT);
    public static final Directive<Boolean> LAZYFREE_LAZY_USER_FLUSH = flag("lazyfree-lazy-user-flush", false);
    public static final Directive<Boolean> REPLICA_LAZY_FLUSH =
            flag("replica-lazy-flush|slave-lazy-flush", false, KEPT);
    public static final Directive<Boolean> ACTIVEDEFRAG = flag("activedefrag", false, KEPT);
    public static final Directive<Long> ACTIVE_DEFRAG_IGNORE_BYTES =
            memory("active-defrag-ignore-bytes", 100 * MB, 1, KEPT);
    public static final Directive<Integer> ACTIVE_DEFRAG_THRESHOLD_LOWER =
            whole("active-defrag-threshold-lower", 10, 0, 1000, KEPT);
    public static final Directive<Integer> ACTIVE_DEFRAG_THRESHOLD_UPPER =
            whole("active-defrag-threshold-upper", 100, 0, 1000, KEPT);
    public static final Directive<Integer> ACTIVE_DEFRAG_CYCLE_MIN = whole("active-defrag-cycle-min", 1, 1, 99, KEPT);
    public static final Directive<Integer> ACTIVE_DEFRAG_CYCLE_MAX = whole("active-defrag-cycle-max", 25, 1, 99, KEPT);
    public static final Directive<Long> ACTIVE_DEFRAG_MAX_SCAN_FIELDS =
            count("active-defrag-max-scan-fields", 1000, 1, LONG_MAX, KEPT);
    public static final Directive<Boolean> JEMALLOC_BG_THREAD = flag("jemalloc-bg-thread", true, KEPT);
    public static final Directive<Long> TRACKING_TABLE_MAX_KEYS =
            count("tracking-table-max-keys", 1_000_000, 0, LONG_MAX, KEPT);

    // ---- encodings ----

    public static final Directive<Long> HASH_MAX_LISTPACK_ENTRIES =
            count("hash-max-listpack-entries|hash-max-ziplist-entries", 512, 0, LONG_MAX);
    public static final Directive<Long> HASH_MAX_LISTPACK_VALUE =
            memory("hash-max-listpack-value|hash-max-ziplist-value", 64, 0);
    public static final Directive<Integer> LIST_MAX_LISTPACK_SIZE =
            whole("list-max-listpack-size|list-max-ziplist-size", -2, Integer.MIN_VALUE, INT_MAX);
    public static final Directive<Integer> LIST_COMPRESS_DEPTH = whole("list-compress-depth", 0, 0, INT_MAX, KEPT);
    public static final Directive<Long> SET_MAX_INTSET_ENTRIES = count("set-max-intset-entries", 512, 0, LONG_MAX);
    public static final Directive<Long> SET_MAX_LISTPACK_ENTRIES =
            count("set-max-listpack-entries", 128, 0, LONG_MAX); // 7.2
    public static final Directive<Long> SET_MAX_LISTPACK_VALUE = memory("set-max-listpack-value", 64, 0); // 7.2
    public static final Directive<Long> ZSET_MAX_LISTPACK_ENTRIES =
            count("zset-max-listpack-entries|zset-max-ziplist-entries", 128, 0, LONG_MAX);
    public static final Directive<Long> ZSET_MAX_LISTPACK_VALUE =
            memory("zset-max-listpack-value|zset-max-ziplist-value", 64, 0);
    public static final Directive<Long> HLL_SPARSE_MAX_BYTES = memory("hll-sparse-max-bytes", 3000, 0);
    public static final Directive<Long> STREAM_NODE_MAX_BYTES = memory("stream-node-max-bytes", 4096, 0);
    public static final Directive<Long> STREAM_NODE_MAX_ENTRIES = count("stream-node-max-entries", 100, 0, LONG_MAX);

    // ---- the engine ----

    public static final Directive<Integer> HZ = add("hz", new Kind.Int(0, INT_MAX, 1, 500, Unit.NONE), 10);
    public static final Directive<Boolean> DYNAMIC_HZ = flag("dynamic-hz", true, KEPT);
    public static final Directive<Boolean> ACTIVEREHASHING = flag("activerehashing", true, KEPT);
    public static final Directive<Long> BUSY_REPLY_THRESHOLD =
            count("busy-reply-threshold|lua-time-limit", 5000, 0, LONG_MAX, KEPT);
    public static final Directive<Boolean> LUA_ENABLE_DEPRECATED_API =
            flag("lua-enable-deprecated-api", false, IMMUTABLE, HIDDEN, KEPT);
    public static final Directive<Integer> NOTIFY_KEYSPACE_EVENTS = add("notify-keyspace-events", new Kind.Events(), 0);
    public static final Directive<Long> SLOWLOG_LOG_SLOWER_THAN = count("slowlog-log-slower-than", 10000, -1, LONG_MAX);
    public static final Directive<Long> SLOWLOG_MAX_LEN = count("slowlog-max-len", 128, 0, LONG_MAX);
    public static final Directive<Long> LATENCY_MONITOR_THRESHOLD = count("latency-monitor-threshold", 0, 0, LONG_MAX);
    public static final Directive<Boolean> LATENCY_TRACKING = flag("latency-tracking", true);
    public static final Directive<List<Double>> LATENCY_TRACKING_INFO_PERCENTILES =
            add("latency-tracking-info-percentiles", new Kind.Percentiles(), List.of(50.0, 99.0, 99.9));

    // ---- cluster ----

    public static final Directive<Boolean> CLUSTER_ENABLED = flag("cluster-enabled", false, IMMUTABLE);
    public static final Directive<String> CLUSTER_CONFIG_FILE =
            text("cluster-config-file", "nodes.conf", IMMUTABLE, KEPT);
    public static final Directive<Long> CLUSTER_NODE_TIMEOUT = count("cluster-node-timeout", 15000, 0, LONG_MAX, KEPT);
    public static final Directive<Integer> CLUSTER_PORT = whole("cluster-port", 0, 0, PORT_MAX, IMMUTABLE, KEPT);
    public static final Directive<Boolean> CLUSTER_REQUIRE_FULL_COVERAGE =
            flag("cluster-require-full-coverage", true, KEPT);
    public static final Directive<Integer> CLUSTER_REPLICA_VALIDITY_FACTOR =
            whole("cluster-replica-validity-factor|cluster-slave-validity-factor", 10, 0, INT_MAX, KEPT);
    public static final Directive<Boolean> CLUSTER_REPLICA_NO_FAILOVER =
            flag("cluster-replica-no-failover|cluster-slave-no-failover", false, KEPT);
    public static final Directive<Integer> CLUSTER_MIGRATION_BARRIER =
            whole("cluster-migration-barrier", 1, 0, INT_MAX, KEPT);
    public static final Directive<Boolean> CLUSTER_ALLOW_REPLICA_MIGRATION =
            flag("cluster-allow-replica-migration", true, KEPT);
    public static final Directive<Boolean> CLUSTER_ALLOW_READS_WHEN_DOWN =
            flag("cluster-allow-reads-when-down", false, KEPT);
    public static final Directive<Boolean> CLUSTER_ALLOW_PUBSUBSHARD_WHEN_DOWN =
            flag("cluster-allow-pubsubshard-when-down", true, KEPT);
    public static final Directive<Long> CLUSTER_LINK_SENDBUF_LIMIT = memory("cluster-link-sendbuf-limit", 0, 0, KEPT);
    public static final Directive<String> CLUSTER_PREFERRED_ENDPOINT_TYPE =
            choice("cluster-preferred-endpoint-type", "ip", "ip hostname unknown-endpoint", KEPT);
    public static final Directive<String> CLUSTER_ANNOUNCE_IP = text("cluster-announce-ip", "", KEPT);
    public static final Directive<String> CLUSTER_ANNOUNCE_HOSTNAME =
            text("cluster-announce-hostname", "", Rule.HOST_NAME, KEPT);
    public static final Directive<String> CLUSTER_ANNOUNCE_HUMAN_NODENAME =
            text("cluster-announce-human-nodename", "", Rule.HOST_NAME, KEPT); // 7.2
    public static final Directive<Integer> CLUSTER_ANNOUNCE_PORT = whole("cluster-announce-port", 0, 0, PORT_MAX, KEPT);
    public static final Directive<Integer> CLUSTER_ANNOUNCE_TLS_PORT =
            whole("cluster-announce-tls-port", 0, 0, PORT_MAX, KEPT);
    public static final Directive<Integer> CLUSTER_ANNOUNCE_BUS_PORT =
            whole("cluster-announce-bus-port", 0, 0, PORT_MAX, KEPT);
    public static final Directive<Integer> CLUSTER_COMPATIBILITY_SAMPLE_RATIO =
            whole("cluster-compatibility-sample-ratio", 0, 0, 100, KEPT); // 8.0

    // ---- the table ----

    /// All directives, in the order of this page.
    public static final List<Directive<?>> ALL = List.copyOf(DECLARED);

    private static final Map<String, Directive<?>> BY_NAME = byName();

    private Directives() {}

    /// The directive of this name or alias, in any case; null when there is none.
    public static @Nullable Directive<?> named(String name) {
        return BY_NAME.get(name.toLowerCase(Locale.ROOT));
    }

    private static Map<String, Directive<?>> byName() {
        Map<String, Directive<?>> names = new HashMap<>(2 * ALL.size());
        for (Directive<?> directive : ALL) {
            names.put(directive.name(), directive);
            String alias = directive.alias();
            if (alias != null) names.put(alias, directive);
        }
        return names;
    }

    private static Directive<Boolean> flag(String name, boolean byDefault, Trait... traits) {
        return add(name, FLAG, byDefault, traits);
    }

    private static Directive<Integer> whole(String name, int byDefault, int min, int max, Trait... traits) {
        return add(name, new Kind.Int(min, max), byDefault, traits);
    }

    private static Directive<Long> count(String name, long byDefault, long min, long max, Trait... traits) {
        return add(name, new Kind.Count(min, max, Long.MIN_VALUE, Unit.NONE), byDefault, traits);
    }

    private static Directive<Long> memory(String name, long byDefault, long min, Trait... traits) {
        return add(name, new Kind.Count(min, LONG_MAX, Long.MIN_VALUE, Unit.MEMORY), byDefault, traits);
    }

    private static Directive<String> text(String name, String byDefault, Trait... traits) {
        return text(name, byDefault, Rule.ANY, traits);
    }

    private static Directive<String> text(String name, String byDefault, Rule rule, Trait... traits) {
        return add(name, new Kind.Text(name, rule), byDefault, traits);
    }

    private static Directive<String> choice(String name, String byDefault, String words, Trait... traits) {
        return add(name, new Kind.Choice(List.of(words.split(" "))), byDefault, traits);
    }

    /// Who may use something dangerous: nobody, anybody, or connections from this machine.
    private static Directive<String> access(String name, Trait... traits) {
        return choice(name, "no", "no yes local", traits);
    }

    /// @param names the name, and behind a bar its alias if it has one
    private static <T> Directive<T> add(String names, Kind<T> kind, T byDefault, Trait... traits) {
        int bar = names.indexOf('|');
        String name = bar < 0 ? names : names.substring(0, bar);
        String alias = bar < 0 ? null : names.substring(bar + 1);
        var directive = new Directive<>(name, alias, DECLARED.size(), kind, byDefault, traits);
        DECLARED.add(directive);
        return directive;
    }
}
