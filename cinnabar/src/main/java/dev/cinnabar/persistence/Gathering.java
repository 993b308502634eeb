package dev.cinnabar.persistence;

/// For how long a group commit waits for more, under `appendfsync always`. One thread's; times are
/// nanoseconds of one clock.
///
/// Without it, clients that wait for their replies fall into two halves: one is being synced, the other has
/// come too late for it; so each waits for two fsyncs. Therefore, when a group has been released, the next
/// one waits for those clients to come back, as long as they keep coming, but at most for half the time of an
/// fsync, and not at all where that is short.
///
/// ```
///   fsync of a group    | released: its clients send again, one after the other     | fsync of the next
///   ────── took ──────► |  x x xx x x   x x x  x     ◄── lull ──►                   | ────────────────►
///                       |                            nobody comes, or half of `took` is over, or all are back
/// ```
///
/// `docs/decisions/0022-who-writes-and-who-syncs.md`
final class Gathering {
    private static final int SHARE = 2; // of an fsync's time, at most,
    private static final int LULL_SHARE = 8; // and not when nobody has come for so much of it
    private static final long LEAST_NS = 100_000; // less is not worth it: a thread does not sleep shorter

    private long expected; // bytes: how much the next group holds when all have come back
    private long come; // bytes, at the last look
    private long until;
    private long lullNs;
    private long lullUntil;

    /// A group has been synced and released.
    ///
    /// @param began   when its sync began
    /// @param now     when it was over
    /// @param clients bytes that all who are there now have appended: those of the group, and those who have
    ///                come meanwhile
    void released(long began, long now, long clients) {
        long took = now - began;
        expected = clients;
        come = 0;
        lullNs = Math.max(LEAST_NS, took / LULL_SHARE);
        lullUntil = now + 2 * lullNs; // the replies have to go out first
        until = took / SHARE < LEAST_NS ? now : now + took / SHARE;
    }

    /// Whether to wait for more: not all are back, and they are still coming.
    ///
    /// @param waiting bytes that are appended and not synced
    boolean isWorthWaiting(long waiting, long now) {
        if (waiting > come) {
            come = waiting;
            lullUntil = Math.max(lullUntil, now + lullNs);
        }
        return waiting < expected && deadline() - now > 0;
    }

    /// When it is over at the latest, if nobody comes.
    long deadline() {
        return Math.min(until, lullUntil);
    }
}
