package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/// What INFO counts. Touched only under the engine's lock, unless a method says otherwise.
public final class Statistics {
    private static final int MAX_ERROR_CODES = 128; // kinds of errors told apart; clients could make up more

    long commands;
    long expiredKeys;
    long expiredFields;
    long evictedKeys;
    long dirty; // changes since the last save
    long connections;
    long rejectedConnections;
    long evictedClients;
    long errors;
    long outputBufferDisconnects; // clients that read too slowly
    long flushedLazily; // keys whose memory was left to be freed in steps
    long expiryNanos; // spent in taking expired keys out
    private final AtomicLong backgroundJobs = new AtomicLong();
    private final Map<String, Long> byCode = new TreeMap<>();

    void reset() {
        commands = 0;
        expiredKeys = 0;
        expiredFields = 0;
        evictedKeys = 0;
        connections = 0;
        rejectedConnections = 0;
        evictedClients = 0;
        errors = 0;
        outputBufferDisconnects = 0;
        flushedLazily = 0;
        expiryNanos = 0;
        backgroundJobs.set(0);
        byCode.clear();
    }

    /// Counts a call that was answered.
    ///
    /// @param start where in `out` its error begins, if it has failed
    void countCall(CommandEntry entry, boolean hasFailed, ByteBuilder out, int start) {
        commands++;
        if (!hasFailed) return;
        countError(out, start);
        entry.failed();
    }

    /// Counts the error reply that begins at the index.
    void countError(ByteBuilder out, int start) {
        int i = start;
        byte[] array = out.array();
        if (i >= out.length() || array[i] != '-') return;
        int end = ++i;
        while (end < out.length() && array[end] != ' ' && array[end] != '\r') end++;
        errors(new String(array, i, end - i, StandardCharsets.ISO_8859_1));
    }

    void errors(String code) {
        errors++;
        if (byCode.size() < MAX_ERROR_CODES || byCode.containsKey(code)) byCode.merge(code, 1L, Long::sum);
    }

    /// Time was spent in taking expired keys out.
    public void expiryTook(long nanos) {
        expiryNanos += nanos;
    }

    /// A save or a rewrite of the log has begun in the background: what Redis forks for. Any thread.
    public void backgroundJobBegun() {
        backgroundJobs.incrementAndGet();
    }

    /// How many have begun since the start, or since CONFIG RESETSTAT, whatever became of them. Any thread.
    public long backgroundJobs() {
        return backgroundJobs.get();
    }

    /// A client was taken in.
    public void connected() {
        connections++;
    }

    /// A client was refused.
    public void refusedConnection() {
        rejectedConnections++;
    }

    public long commands() {
        return commands;
    }

    public long expiredKeys() {
        return expiredKeys;
    }

    /// Fields of hashes whose own time was over.
    public long expiredFields() {
        return expiredFields;
    }

    public long evictedKeys() {
        return evictedKeys;
    }

    /// Changes since the last save.
    public long dirty() {
        return dirty;
    }

    public long connections() {
        return connections;
    }

    public long rejectedConnections() {
        return rejectedConnections;
    }

    public long errors() {
        return errors;
    }

    /// How many error replies there were of each code (`ERR`, `WRONGTYPE`).
    public Map<String, Long> errorsByCode() {
        return byCode;
    }
}
