package dev.cinnabar.command;

import java.util.Locale;

/// What COMMAND INFO calls the flags of a command, in the order in which redis-server 7.0 lists them.
public enum Flag {
    WRITE,
    READONLY,
    DENYOOM,
    MODULE,
    ADMIN,
    PUBSUB,
    NOSCRIPT,
    BLOCKING,
    LOADING,
    STALE,
    SKIP_MONITOR,
    SKIP_SLOWLOG,
    ASKING,
    FAST,
    NO_AUTH,
    NO_MANDATORY_KEYS,
    NO_ASYNC_LOADING,
    NO_MULTI,
    ALLOW_BUSY,
    MOVABLEKEYS,
    /// Writes nothing, but replicas may have to hear of it: waits while writes are paused. Redis hides it as
    /// well.
    MAY_REPLICATE,
    /// Only where the configuration allows it (`enable-debug-command`).
    PROTECTED,
    /// A call that waits is run again also when its key is gone or of another type (XREADGROUP answers an
    /// error then).
    WAKES_WITHOUT_KEY,
    /// In a transaction it runs at once; all others are queued there.
    NOT_QUEUED,
    /// After it there is no transaction any more: it may run in one also when there is no memory for a longer
    /// queue.
    ENDS_TRANSACTION,
    /// Runs what was queued: where a queued command would be held or refused, so is this.
    RUNS_QUEUE,
    /// May be used by a client that listens to channels, also in RESP2.
    FOR_SUBSCRIBERS,
    /// Writes nothing, but is refused where a write is for want of a disk: whoever asks whether the server is
    /// well hears of it.
    ASKS_HEALTH,
    /// Looks after the server itself and is nothing for applications: what COMMAND DOCS calls `syscmd`.
    SYSCMD;

    private final String word = name().toLowerCase(Locale.ROOT);

    /// As COMMAND INFO writes it.
    public String word() {
        return word;
    }

    /// Whether COMMAND INFO tells it; the others are ours.
    public boolean isShown() {
        return ordinal() <= MOVABLEKEYS.ordinal();
    }

    int bit() {
        return 1 << ordinal();
    }
}
