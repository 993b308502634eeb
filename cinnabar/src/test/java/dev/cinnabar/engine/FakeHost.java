package dev.cinnabar.engine;

import dev.cinnabar.base.Log;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A process for engines under test: does nothing, remembers what it was asked, and is as the test says.
final class FakeHost extends NoHost {
    final List<String> asked = new ArrayList<>();
    final List<String> logged = new ArrayList<>();

    @Nullable
    String error; // the answer to whatever is asked next

    boolean isEnding;
    LogStatus status = LogStatus.OFF;
    Traffic traffic = Traffic.NONE;

    @Nullable
    Loading loading;

    Runnable onReload = () -> {};

    FakeHost(long startedMs) {
        super(startedMs);
    }

    @Override
    public Log log() {
        return new Log() {
            @Override
            public boolean shows(Level level) {
                return true;
            }

            @Override
            public void write(Level level, String message) {
                logged.add(level + " " + message);
            }
        };
    }

    @Override
    public @Nullable String shutdown(Saving saving, boolean isNow, boolean isForced) {
        asked.add("shutdown " + saving + (isNow ? " now" : "") + (isForced ? " force" : ""));
        return error;
    }

    @Override
    public boolean abortShutdown() {
        return isEnding;
    }

    @Override
    public @Nullable String rewriteLog() {
        asked.add("rewrite");
        return error;
    }

    @Override
    public @Nullable String reloadLog() {
        asked.add("reload");
        onReload.run();
        return error;
    }

    @Override
    public LogStatus logStatus() {
        return status;
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public void resetTraffic() {
        traffic = Traffic.NONE;
    }

    @Override
    public @Nullable Loading loading() {
        return loading;
    }

    @Override
    public int port() {
        return 6379;
    }
}
