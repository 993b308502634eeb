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

/// What the engine may ask of the server around it, when all its parts are there; until then it asks a
/// [dev.cinnabar.engine.NoHost].
final class ServerHost implements Host {
    private final Config config;
    private final Log log;
    private final long startedMs;
    private final String executable;
    private final Parts parts;
    private Traffic trafficBefore = Traffic.NONE; // the last CONFIG RESETSTAT

    /// The parts of the server that know what the engine asks.
    record Parts(
            NetServer net,
            ServerProtocol protocol,
            AppendOnlyKeeper appendOnly,
            Saves saves,
            LoadingProgress loading,
            Ending ending) {}

    /// Ends the server, on another thread than the caller's.
    interface Ending {
        void begin();
    }

    ServerHost(Config config, Log log, long startedMs, String executable, Parts parts) {
        this.config = config;
        this.log = log;
        this.startedMs = startedMs;
        this.executable = executable;
        this.parts = parts;
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
    public @Nullable String shutdown(Saving saving, boolean isForced) {
        log.warning("User requested shutdown...");
        String error = parts.saves.shutdown(saving);
        if (error != null && !isForced) {
            log.warning("Errors trying to shut down the server: " + error);
            return "ERR Errors trying to SHUTDOWN. Check logs.";
        }
        parts.ending.begin();
        return null;
    }

    @Override
    public boolean abortShutdown() {
        return false; // an end waits for nothing here, so it cannot be called off
    }

    @Override
    public @Nullable String rewriteLog() {
        return logStatus().rewrites().isScheduled() ? null : parts.appendOnly.rewrite();
    }

    @Override
    public @Nullable String reloadLog() {
        return parts.appendOnly.reload();
    }

    @Override
    public @Nullable String save() {
        return parts.saves.save();
    }

    @Override
    public @Nullable String saveInBackground(boolean mayWait) {
        return parts.saves.saveInBackground(mayWait, logStatus().rewrites().isRunning());
    }

    @Override
    public boolean flushed() {
        return parts.saves.flushed();
    }

    @Override
    public @Nullable String reload(boolean saves, boolean empties, boolean merges) {
        return parts.saves.reload(saves, empties, merges, parts.appendOnly::beginAnew);
    }

    @Override
    public SaveStatus saveStatus() {
        return parts.saves.status();
    }

    @Override
    public void tick() {
        parts.saves.tick(logStatus().rewrites().isRunning());
    }

    @Override
    public void tickIn(long ms) {
        parts.protocol.tickIn(ms);
    }

    @Override
    public LogStatus logStatus() {
        boolean waits = parts.saves.isSaving(); // no save begins during a rewrite, so this one came later
        return parts.appendOnly.status(waits);
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
        NetServer net = parts.net;
        long in = 0;
        long out = 0;
        long reads = 0;
        long writes = 0;
        for (int i = 0; i < net.loopCount(); i++) {
            EventLoop loop = net.loop(i);
            in += loop.bytesRead();
            out += loop.bytesWritten();
            reads += loop.reads();
            writes += loop.writes();
        }
        return new Traffic(in, out, reads, writes, parts.protocol.queryBufferDisconnects());
    }

    @Override
    public void resetCounts() {
        trafficBefore = totalTraffic();
        parts.saves.countAnew();
        parts.appendOnly.countAnew();
    }

    @Override
    public @Nullable Loading loading() {
        LoadingProgress progress = parts.loading;
        long since = progress.sinceMs();
        if (since == 0) return null;
        return new Loading(since, progress.totalBytes(), progress.loadedBytes(), progress.usedMemory());
    }

    @Override
    public int port() {
        return parts.net.port();
    }

    @Override
    public String multiplexing() {
        return parts.net.isBatching() ? "java.nio and io_uring" : "java.nio";
    }

    @Override
    public long[] servingThreads() {
        long[] ids = new long[parts.net.loopCount()];
        for (int i = 0; i < ids.length; i++) ids[i] = parts.net.loop(i).threadId();
        return ids;
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
