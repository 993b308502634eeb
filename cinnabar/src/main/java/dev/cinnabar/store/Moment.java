package dev.cinnabar.store;

/// What time it is for the commands that run now, and how use of keys is noted. The engine sets it once per
/// batch of commands, so that all of them see one time, and before it serves calls that wait. Shared by all
/// databases of an engine.
public final class Moment {
    /// How long an unused key keeps a step of its LFU counter, in minutes (`lfu-decay-time`), and how hard
    /// the counter rises (`lfu-log-factor`).
    public int lfuDecayMinutes = 1;

    public int lfuLogFactor = 10;

    /// Whether the 24 bits of access information are an LFU counter (16 bits of minutes, 8 bits of
    /// logarithmic count) or an LRU clock (seconds).
    public boolean isLfu;

    /// While false, expired keys are seen as missing but stay where they are (a paused or a loading server).
    public boolean deletesExpired = true;

    /// While false, nothing counts as expired (the log is being replayed: it says itself what expired).
    public boolean expires = true;

    /// Whether what the command that runs does with a key counts as its use (CLIENT NO-TOUCH says it does
    /// not).
    public boolean touches = true;

    /// Whether [KeyEvents#created] is wanted.
    public boolean tellsNewKeys;

    /// When the owner of the databases comes to look for what expires, in ms since 1970; he wants to hear of
    /// what is due sooner ([KeyEvents#expiresSooner]).
    public long timersDueMs = Long.MIN_VALUE;

    /// Whether what expires goes in the very millisecond after its time, and not some later.
    final boolean isExact;

    private long nowMs;
    private int clock; // 24 bits of seconds

    Moment(boolean isExact) {
        this.isExact = isExact;
    }

    /// Milliseconds since 1970.
    public long nowMs() {
        return nowMs;
    }

    public void set(long nowMs) {
        this.nowMs = nowMs;
        this.clock = (int) (nowMs / 1000) & 0xffffff;
    }

    /// The access information of a new key.
    public int initialAccess() {
        return isLfu ? minutes() << 8 | Lfu.INITIAL : clock;
    }

    int clock() {
        return clock;
    }

    int minutes() {
        return (int) (nowMs / 60_000) & 0xffff;
    }

    /// How long ago a key was used, in milliseconds, from its access information; second-precise, and only
    /// right for less than 194 days (24 bits of seconds).
    public long idleMs(int access) {
        return (clock - access & 0xffffff) * 1000L;
    }
}
