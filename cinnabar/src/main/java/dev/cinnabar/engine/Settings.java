package dev.cinnabar.engine;

import dev.cinnabar.config.OutputBufferLimits;

/// What the engine was told by configuration, as plain fields that hot paths can read. The server keeps them
/// up to date; touched only under the engine's lock.
public final class Settings {
    /// What AUTH has to give; empty for none (`requirepass`).
    public String password = "";

    /// The most bytes that data may take, 0 for no limit but the heap (`maxmemory`).
    public long maxMemory;

    /// Which keys are given up when that is reached (`maxmemory-policy`).
    public EvictionPolicy evictionPolicy = EvictionPolicy.NOEVICTION;

    /// How many keys are compared for each one that is given up (`maxmemory-samples`).
    public int evictionSamples = 5;

    /// Whether timers take expired keys out; without, they go only when somebody asks for them (DEBUG
    /// SET-ACTIVE-EXPIRE).
    public boolean expiresActively = true;

    /// From which duration on a command is noted in the slow log, in microseconds; negative for never
    /// (`slowlog-log-slower-than`).
    public long slowerThanMicros = 10_000;

    /// How many entries the slow log keeps (`slowlog-max-len`).
    public int slowLogLength = 128;

    /// From which duration on an event is noted by the latency monitor, in milliseconds; 0 for never
    /// (`latency-monitor-threshold`).
    public long latencyThresholdMs;

    /// Whether the durations of commands are recorded (`latency-tracking`).
    public boolean tracksLatency = true;

    /// Whether clients from other machines are refused as long as there is no password (`protected-mode`).
    public boolean isProtected = true;

    /// The most bytes that all clients may hold together, 0 for no limit; below 0 it is a part of
    /// [#maxMemory], in percent (`maxmemory-clients`).
    public long maxMemoryClients;

    /// How many clients may be connected (`maxclients`).
    public int maxClients = 10_000;

    /// After how many idle seconds a client is disconnected, 0 for never (`timeout`).
    public int idleTimeoutSeconds;

    /// Which events are told, as bits of [dev.cinnabar.config.KeyspaceEvents]; 0 for none, also when no
    /// channel for them is chosen (`notify-keyspace-events`).
    public int keyspaceEvents;

    /// How much may wait for clients that do not fetch it (`client-output-buffer-limit`).
    public OutputBufferLimits outputBufferLimits = OutputBufferLimits.DEFAULT;

    /// How many replicas have to be there for a write, 0 for none (`min-replicas-to-write`).
    public int minReplicasToWrite;

    /// How many seconds they may lag behind; 0 for as many as they like, and then they need not be there at
    /// all (`min-replicas-max-lag`).
    public int minReplicasMaxLag = 10;

    /// Timer calls a second (`hz`).
    public int hz = 10;

    /// Whether DEBUG may be used (`enable-debug-command`: no, yes, local).
    public String debugCommand = "no";

    /// Whether writes are taken only where there are replicas.
    boolean writesNeedReplicas() {
        return minReplicasToWrite > 0 && minReplicasMaxLag > 0;
    }
}
