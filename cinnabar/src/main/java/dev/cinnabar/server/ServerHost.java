package dev.cinnabar.server;

import dev.cinnabar.base.Log;
import dev.cinnabar.config.Config;
import dev.cinnabar.engine.Host;
import dev.cinnabar.engine.LogStatus;
import dev.cinnabar.engine.SaveStatus;
import dev.cinnabar.net.EventLoop;
import dev.cinnabar.net.NetServer;
import dev.cinnabar.persistence.LoadingProgress;
import org.jspecify.annotations.Nullable;

/// What the engine may ask of the server around it.
final class ServerHost implements Host {
    private static final String NOT_YET = "ERR the server is not ready yet";

    private final Config config;
    private final Log log;
    private final long startedMs;
    private final String executable;
    private final Ending ending;
    private final LoadingProgress progress;

    private @Nullable NetServer net;
    private @Nullable AppendOnlyKeeper appendOnly;
    private @Nullable Saves rdb;
    private @Nullable ServerProtocol protocol;
    private Traffic trafficBefore = Traffic.NONE; // the last CONFIG RESETSTAT

    /// Ends the server, on another thread than the caller's.
    interface Ending {
        void begin();
    }

    ServerHost(Config config, Log log, long startedMs, String executable, Ending ending, LoadingProgress progress) {
        this.config = config;
        this.log = log;
        this.startedMs = startedMs;
        this.executable = executable;
        this.ending = ending;
        this.progress = progress;
    }

    void parts(NetServer net, AppendOnlyKeeper appendOnly, Saves rdb, ServerProtocol protocol) {
        this.net = net;
        this.rdb = rdb;
        this.appendOnly = appendOnly;
        this.protocol = protocol;
    }

    @Override
    public Config config() {
        return config;
    }

    @Override
    public Log log() {
        return log;
    }

    @Override
    public @Nullable String shutdown(Saving saving, boolean isNow, boolean isForced) {
        log.warning("User requested shutdown...");
        String error = rdb == null ? null : rdb.shutdown(saving);
        if (error != null && !isForced) {
            log.warning("Errors trying to shut down the server: " + error);
            return "ERR Errors trying to SHUTDOWN. Check logs.";
        }
        ending.begin();
        return null;
    }

    @Override
    public boolean abortShutdown() {
        return false; // an end waits for nothing here, so it cannot be called off
    }

    @Override
    public @Nullable String rewriteLog() {
        if (appendOnly == null) return "ERR no log";
        return logStatus().rewrites().isScheduled() ? null : appendOnly.rewrite();
    }

    @Override
    public @Nullable String reloadLog() {
        return appendOnly == null ? "ERR no log" : appendOnly.reload();
    }

    @Override
    public @Nullable String save() {
        return rdb == null ? NOT_YET : rdb.save();
    }

    @Override
    public @Nullable String saveInBackground(boolean mayWait) {
        return rdb == null
                ? NOT_YET
                : rdb.saveInBackground(mayWait, logStatus().rewrites().isRunning());
    }

    @Override
    public boolean flushed() {
        return rdb != null && rdb.flushed();
    }

    @Override
    public @Nullable String reload(boolean saves, boolean empties, boolean merges) {
        return rdb == null ? NOT_YET : rdb.reload(saves, empties, merges);
    }

    @Override
    public SaveStatus saveStatus() {
        return rdb == null ? SaveStatus.never(startedMs) : rdb.status();
    }

    @Override
    public void tick() {
        if (rdb != null) rdb.tick(logStatus().rewrites().isRunning());
    }

    @Override
    public void tickIn(long ms) {
        if (protocol != null) protocol.tickIn(ms);
    }

    @Override
    public LogStatus logStatus() {
        if (appendOnly == null) return LogStatus.OFF;
        boolean waits = rdb != null && rdb.isSaving(); // no save begins during a rewrite, so this one came later
        return appendOnly.status(waits);
    }

    @Override
    public Traffic traffic() {
        Traffic now = totalTraffic();
        Traffic before = trafficBefore;
        return new Traffic(
                now.bytesIn() - before.bytesIn(),
                now.bytesOut() - before.bytesOut(),
                now.reads() - before.reads(),
                now.writes() - before.writes(),
                now.queryBufferDisconnects() - before.queryBufferDisconnects());
    }

    private Traffic totalTraffic() {
        NetServer n = net;
        ServerProtocol p = protocol;
        if (n == null || p == null) return Traffic.NONE;
        long in = 0;
        long out = 0;
        long reads = 0;
        long writes = 0;
        for (int i = 0; i < n.loopCount(); i++) {
            EventLoop loop = n.loop(i);
            in += loop.bytesRead();
            out += loop.bytesWritten();
            reads += loop.reads();
            writes += loop.writes();
        }
        return new Traffic(in, out, reads, writes, p.queryBufferDisconnects());
    }

    @Override
    public void resetTraffic() {
        trafficBefore = totalTraffic();
    }

    @Override
    public @Nullable Loading loading() {
        long since = progress.sinceMs();
        return since == 0 ? null : new Loading(since, progress.totalBytes(), progress.loadedBytes());
    }

    @Override
    public int port() {
        return net == null ? 0 : net.port();
    }

    @Override
    public String multiplexing() {
        return net != null && net.isBatching() ? "java.nio and io_uring" : "java.nio";
    }

    @Override
    public long startedMs() {
        return startedMs;
    }

    @Override
    public String executable() {
        return executable;
    }
}
