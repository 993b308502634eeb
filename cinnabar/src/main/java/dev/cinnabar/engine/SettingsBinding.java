package dev.cinnabar.engine;

import dev.cinnabar.command.Limits;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directive;
import dev.cinnabar.config.Directives;
import dev.cinnabar.config.KeyspaceEvents;
import dev.cinnabar.store.Moment;
import dev.cinnabar.store.Thresholds;
import java.util.function.Consumer;

/// Keeps what hot paths look at, [Settings], [Limits] and the store's [Moment], equal to what the
/// configuration says.
final class SettingsBinding {
    private final Config config;

    private SettingsBinding(Config config) {
        this.config = config;
    }

    /// Copies all values now, and each one again when CONFIG SET changes it.
    static void bind(Engine engine, Config config) {
        SettingsBinding binding = new SettingsBinding(config);
        Settings settings = engine.settings();
        Moment moment = engine.store().moment();
        Limits limits = engine.limits();

        binding.follow(Directives.REQUIREPASS, v -> settings.password = v);
        binding.follow(Directives.MAXMEMORY, v -> settings.maxMemory = v);
        binding.follow(Directives.MAXMEMORY_CLIENTS, v -> settings.maxMemoryClients = v);
        binding.follow(Directives.MAXMEMORY_POLICY, v -> {
            settings.evictionPolicy = EvictionPolicy.of(v);
            moment.isLfu = settings.evictionPolicy.isLfu();
        });
        binding.follow(Directives.MAXMEMORY_SAMPLES, v -> settings.evictionSamples = v);
        binding.follow(Directives.LFU_DECAY_TIME, v -> moment.lfuDecayMinutes = v);
        binding.follow(Directives.LFU_LOG_FACTOR, v -> moment.lfuLogFactor = v);
        binding.follow(Directives.SLOWLOG_LOG_SLOWER_THAN, v -> settings.slowerThanMicros = v);
        binding.follow(Directives.SLOWLOG_MAX_LEN, v -> settings.slowLogLength = (int) Math.min(v, Integer.MAX_VALUE));
        binding.follow(Directives.LATENCY_MONITOR_THRESHOLD, v -> settings.latencyThresholdMs = v);
        binding.follow(Directives.LATENCY_TRACKING, v -> settings.tracksLatency = v);
        binding.follow(Directives.PROTECTED_MODE, v -> settings.isProtected = v);
        binding.follow(Directives.MAXCLIENTS, v -> settings.maxClients = (int) Math.min(v, Integer.MAX_VALUE));
        binding.follow(Directives.TIMEOUT, v -> settings.idleTimeoutSeconds = v);
        binding.follow(Directives.CLIENT_OUTPUT_BUFFER_LIMIT, v -> settings.outputBufferLimits = v);
        binding.follow(Directives.NOTIFY_KEYSPACE_EVENTS, v -> keyspaceEvents(engine, v));
        binding.follow(Directives.MIN_REPLICAS_TO_WRITE, v -> settings.minReplicasToWrite = v);
        binding.follow(Directives.MIN_REPLICAS_MAX_LAG, v -> settings.minReplicasMaxLag = v);
        binding.follow(Directives.HZ, v -> settings.hz = v);
        binding.follow(Directives.ENABLE_DEBUG_COMMAND, v -> settings.debugCommand = v);
        Thresholds thresholds = engine.store().thresholds();
        binding.follow(Directives.HASH_MAX_LISTPACK_ENTRIES, v -> thresholds.hashMaxListpackEntries = v);
        binding.follow(Directives.HASH_MAX_LISTPACK_VALUE, v -> thresholds.hashMaxListpackValue = v);
        binding.follow(Directives.SET_MAX_INTSET_ENTRIES, v -> thresholds.setMaxIntsetEntries = v);
        binding.follow(Directives.SET_MAX_LISTPACK_ENTRIES, v -> thresholds.setMaxListpackEntries = v);
        binding.follow(Directives.SET_MAX_LISTPACK_VALUE, v -> thresholds.setMaxListpackValue = v);
        binding.follow(Directives.ZSET_MAX_LISTPACK_ENTRIES, v -> thresholds.zsetMaxListpackEntries = v);
        binding.follow(Directives.ZSET_MAX_LISTPACK_VALUE, v -> thresholds.zsetMaxListpackValue = v);
        binding.follow(Directives.LIST_MAX_LISTPACK_SIZE, v -> thresholds.listMaxListpackSize = v);
        binding.follow(Directives.HLL_SPARSE_MAX_BYTES, v -> thresholds.hllSparseMaxBytes = v);
        binding.follow(Directives.STREAM_NODE_MAX_BYTES, v -> thresholds.streamNodeMaxBytes = v);
        binding.follow(Directives.STREAM_NODE_MAX_ENTRIES, v -> thresholds.streamNodeMaxEntries = v);
        binding.follow(Directives.PROTO_MAX_BULK_LEN, v -> limits.maxBulkBytes = v);
    }

    /// Chooses which events are told: `notify-keyspace-events`. Without a channel to tell them on, none are.
    ///
    /// @param classes bits of [KeyspaceEvents]
    static void keyspaceEvents(Engine engine, int classes) {
        boolean hasChannel = (classes & (KeyspaceEvents.KEYSPACE | KeyspaceEvents.KEYEVENT)) != 0;
        int told = hasChannel ? classes : 0;
        engine.settings().keyspaceEvents = told;
        engine.limits().tellsMisses = (told & KeyspaceEvents.KEY_MISS) != 0;
        engine.store().moment().tellsNewKeys = (told & KeyspaceEvents.NEW_KEY) != 0;
    }

    private <T> void follow(Directive<T> directive, Consumer<T> setting) {
        setting.accept(config.get(directive));
        config.onChange(directive, setting::accept);
    }
}
