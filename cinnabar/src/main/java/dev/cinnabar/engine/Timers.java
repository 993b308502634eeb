package dev.cinnabar.engine;

import dev.cinnabar.base.Clock;
import dev.cinnabar.store.Moment;
import dev.cinnabar.store.Snapshot;
import dev.cinnabar.store.Store;
import org.jspecify.annotations.Nullable;

/// What happens because time goes by: pauses and waits end, silent clients go, keys expire. And the long work
/// that nobody waits for, a little at a time: tables that grow or shrink, holes, flushed databases, what an
/// image that was given up has left.
///
/// Touched only under the engine's lock.
final class Timers {
    /*
     * There is no list of timers. Whoever calls `tick` is told when to call again: the earliest end that
     * anything here knows of, within a period of 100 ms at the most, or at once while there is long work.
     * What is made to end earlier than that (a BLPOP of 5 ms, a key with PX 3) says so by `tickBy`, and the
     * host brings the next tick forward.
     */
    private static final long WORK_NANOS = 50_000; // so long may a request wait for long work
    private static final int STEP = 128; // records; some 25 µs

    private final Engine engine;
    private final Clock clock;
    private final Settings settings;
    private final Statistics statistics;
    private final Store store;
    private final Moment moment;
    private final Clients clients;
    private final Pause pause;
    private final Eviction eviction;
    private final OutputLimits outputLimits;
    private final Pushes pushes;
    private @Nullable Snapshot abandoned;

    Timers(Engine engine, Clients clients, Pause pause, Eviction eviction, OutputLimits outputLimits, Pushes pushes) {
        this.engine = engine;
        this.clock = engine.clock();
        this.settings = engine.settings();
        this.statistics = engine.statistics();
        this.store = engine.store();
        this.moment = store.moment();
        this.clients = clients;
        this.pause = pause;
        this.eviction = eviction;
        this.outputLimits = outputLimits;
        this.pushes = pushes;
    }

    /// Does what is due, and a little of the long work.
    ///
    /// @return in how many milliseconds it wants to be called again
    long tick() {
        long nowMs = moment.nowMs();
        pause.tick(nowMs);
        engine.sampler().tick(nowMs);
        clients.silentForTooLong(nowMs).forEach(engine::kill);
        clients.holdingTooMuch(nowMs).forEach(this::evict);
        engine.waiting().timeOut(nowMs);
        engine.waiting().lookAt(engine.log());
        outputLimits.tick(nowMs);
        engine.host().tick();
        store.letGo();
        engine.noteLatency("aof-write", engine.log().takeLongestWrite());
        engine.noteLatency("aof-fsync-always", engine.log().takeLongestSync());
        boolean hasMore = work(clock.nanos() + WORK_NANOS);
        engine.waiting().serveReady(); // a stream that has expired
        pushes.closeDoomed();
        long inMs = hasMore ? Engine.BUSY_MS : nextInMs(nowMs);
        moment.timersDueMs = nowMs + inMs;
        return inMs;
    }

    private void evict(Session session) {
        engine.host()
                .log()
                .notice("Evicting client: id=" + session.id() + " addr="
                        + session.link().remoteAddress() + " name=" + session.name + " tot-mem=" + session.heldBytes());
        statistics.evictedClients++;
        engine.kill(session);
    }

    private long nextInMs(long nowMs) {
        long period = Math.min(1000 / settings.hz, Sampler.PERIOD_MS);
        long nextMs = engine.waiting().waiters().nextInMs(nowMs, pause.endsInMs(nowMs, period));
        return Math.max(Engine.BUSY_MS + 1, settings.expiresActively ? store.nextExpiryInMs(nextMs) : nextMs);
    }

    /// Something ends at this time that somebody waits for: the timers are wanted then, and not later.
    void tickBy(long atMs) {
        if (atMs >= moment.timersDueMs) return;
        moment.timersDueMs = atMs;
        engine.host().tickIn(Math.max(0, atMs - moment.nowMs()));
    }

    /// The same for a key or a field whose time is over then.
    void expiresSooner(long atMs) {
        if (settings.expiresActively) tickBy(Math.max(atMs + 1, moment.nowMs() + Engine.BUSY_MS + 1));
    }

    // ---- long work ----

    /// Works until the time is over.
    ///
    /// @return whether there is more
    private boolean work(long untilNanos) {
        boolean mayEvict = !engine.isLoading() && !pause.isRunning(moment.nowMs());
        boolean isExpiring = settings.expiresActively && mayEvict;
        boolean hasMore = true;
        while (hasMore) {
            hasMore = isExpiring && expire();
            hasMore |= mayEvict && eviction.step();
            hasMore |= store.step();
            walkAbandoned();
            if (clock.nanos() - untilNanos >= 0) break;
        }
        return hasMore || abandoned != null;
    }

    private boolean expire() {
        long began = clock.nanos();
        boolean hasMore = store.expire(STEP);
        long took = clock.nanos() - began;
        statistics.expiryTook(took);
        engine.noteLatency("expire-cycle", took);
        return hasMore;
    }

    /// Takes a snapshot that was given up, to walk it to its end.
    void abandoned(Snapshot snapshot) {
        abandoned = snapshot;
    }

    /// Does a little of that walk.
    ///
    /// @return whether it goes on: then no other snapshot can begin
    boolean walkAbandoned() {
        if (abandoned != null && !abandoned.next(STEP)) abandoned = null;
        return abandoned != null;
    }
}
