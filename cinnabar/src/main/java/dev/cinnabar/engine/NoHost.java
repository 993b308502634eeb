package dev.cinnabar.engine;

import dev.cinnabar.base.Log;
import dev.cinnabar.config.Config;
import org.jspecify.annotations.Nullable;

/// The host of an engine that lives by itself: a configuration in which nothing is set, no files, no sockets,
/// no end.
public class NoHost implements Host {
    private static final String NO_DISK = "ERR this server keeps nothing on disk";

    private final Config config = new Config();
    private final long startedMs;

    /// @param startedMs in ms since 1970
    public NoHost(long startedMs) {
        this.startedMs = startedMs;
    }

    @Override
    public Config config() {
        return config;
    }

    @Override
    public Log log() {
        return Log.none();
    }

    @Override
    public @Nullable String shutdown(Saving saving, boolean isForced) {
        return "ERR this server is part of a program and ends with it";
    }

    @Override
    public boolean abortShutdown() {
        return false;
    }

    @Override
    public @Nullable String rewriteLog() {
        return NO_DISK;
    }

    @Override
    public @Nullable String reloadLog() {
        return NO_DISK;
    }

    @Override
    public @Nullable String save() {
        return NO_DISK;
    }

    @Override
    public @Nullable String saveInBackground(boolean mayWait) {
        return NO_DISK;
    }

    @Override
    public @Nullable String reload(boolean saves, boolean empties, boolean merges) {
        return NO_DISK;
    }

    @Override
    public SaveStatus saveStatus() {
        return SaveStatus.never(startedMs);
    }

    @Override
    public LogStatus logStatus() {
        return LogStatus.OFF;
    }

    @Override
    public Traffic traffic() {
        return Traffic.NONE;
    }

    @Override
    public void resetCounts() {}

    @Override
    public @Nullable Loading loading() {
        return null;
    }

    @Override
    public int port() {
        return 0;
    }

    @Override
    public long startedMs() {
        return startedMs;
    }

    @Override
    public String executable() {
        return "";
    }
}
