package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Flag;
import dev.cinnabar.command.Limits;
import dev.cinnabar.command.Refusal;
import dev.cinnabar.command.Reply;
import dev.cinnabar.command.Words;
import dev.cinnabar.engine.Session.QueuedCall;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.KeyEvents;
import dev.cinnabar.store.Snapshot;
import dev.cinnabar.store.Store;
import dev.cinnabar.store.WrongType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Runs calls, one at a time: finds the command, asks whether it may run now, runs its body, and does what it left in the outbox.
///
/// Every method but [#lock], [#unlock] and those that say so has to be called with the lock held. A batch of pipelined commands is run
/// under one hold of the lock, begun with [#beginBatch].
public final class Engine implements KeyEvents {
    private static final Bytes MULTI = Bytes.of("MULTI");
    private static final Bytes EXEC = Bytes.of("EXEC");
    private static final Bytes[] MULTI_CALL = {MULTI};
    private static final Bytes[] EXEC_CALL = {EXEC};
    private static final long TICK_WORK_NANOS = 1_000_000;
    private static final long TICK_REST_MS = 2; // at most a third of a core goes into such work
    private static final int EXPIRE_STEP = 256; // records; some 50 µs
    private static final int UNKNOWN_ARGS_CHARS = 128; // how much of the arguments is quoted for an unknown command

    private final ReentrantLock lock = new ReentrantLock();
    private final Clock clock;
    private final Settings settings = new Settings();
    private final Limits limits = new Limits();
    private final Statistics statistics = new Statistics();
    private final Store store;
    private final CommandTable commands;
    private final Watches watches = new Watches();
    private final SlowLog slowLog = new SlowLog();
    private final LatencyMonitor latencyMonitor = new LatencyMonitor();
    private final Monitors monitors = new Monitors();
    private final Pause pause = new Pause();
    private final Eviction eviction;
    private final Map<Long, Session> sessions = new LinkedHashMap<>();
    private final Call outer; // the command that a client sent
    private final Call inner; // a command that EXEC runs
    private final Call replayed; // a command from the log, perhaps while DEBUG LOADAOF waits for it
    private final Bytes[] deletion = {Words.DEL, new Bytes()};

    private final Sampler sampler;
    private final Info info;

    private Host host;
    private ChangeLog log = ChangeLog.NONE;
    private long nextSessionId = 1;
    private boolean isInExec;
    private boolean isGroupOpen; // MULTI was written to the log for the transaction that runs
    private boolean isLoading;
    private @Nullable Snapshot abandoned;
    private long lastNanos; // when the last command of this batch ended

    /// @param databases how many
    /// @param families  all commands
    /// @param renames   see [CommandTable#of]
    public Engine(
            Clock clock,
            Randomness randomness,
            Budget budget,
            int databases,
            Collection<? extends Command> families,
            Map<String, String> renames) {
        this.clock = clock;
        this.store = new Store(databases, budget, this, randomness, clock.wallMs());
        this.commands = CommandTable.of(families, renames);
        this.outer = new Call(store, clock, randomness, limits);
        this.inner = new Call(store, clock, randomness, limits);
        this.replayed = new Call(store, clock, randomness, limits);
        this.eviction = new Eviction(store, settings, randomness);
        this.host = new NoHost(clock.wallMs());
        this.sampler = new Sampler(this, clock.wallMs());
        this.info = new Info(this, randomness);
    }

    // ---- the lock ----

    /// Takes the engine for this thread. From any thread.
    public void lock() {
        lock.lock();
    }

    /// Gives it back.
    public void unlock() {
        lock.unlock();
    }

    public boolean isLocked() {
        return lock.isHeldByCurrentThread();
    }

    /// Whether other threads wait for the lock; a hint for those that work in slices.
    public boolean hasWaitingThreads() {
        return lock.hasQueuedThreads();
    }

    /// Begins a batch of commands that all see the same time.
    public void beginBatch() {
        store.moment().set(clock.wallMs());
        lastNanos = clock.nanos();
    }

    // ---- sessions ----

    /// Takes a client in.
    public Session open(Session.Origin origin, Link link) {
        Session session = new Session(nextSessionId++, this, origin, link, store.moment().nowMs());
        session.isAuthenticated = needsNoPassword(session);
        if (origin == Session.Origin.NETWORK) sessions.put(session.id(), session);
        return session;
    }

    /// Lets a client go: what it watched, queued or waited for is forgotten.
    public void close(Session session) {
        sessions.remove(session.id());
        watches.unwatchAll(session);
        monitors.remove(session);
        pause.forget(session);
        session.queue = null;
        session.isClosing = true;
    }

    /// Makes a client what it was when it came, but for its id and the library it said it uses: RESET.
    void reset(Session session) {
        session.queue = null;
        session.hasQueueFailed = false;
        watches.unwatchAll(session);
        monitors.remove(session);
        session.isMonitor = false;
        session.isNoEvict = false;
        session.isNoTouch = false;
        session.isResp3 = false;
        session.replyMode = Session.ReplyMode.ON;
        session.db = 0;
        session.name = "";
        session.isAuthenticated = needsNoPassword(session);
    }

    private boolean needsNoPassword(Session session) {
        return session.origin() != Session.Origin.NETWORK || settings.password.isEmpty();
    }

    /// The network clients, in order of their ids.
    public Collection<Session> sessions() {
        return sessions.values();
    }

    public @Nullable Session session(long id) {
        return sessions.get(id);
    }

    // ---- running a call ----

    /// Runs one command and appends its reply.
    ///
    /// @param argv the words, borrowed until this returns; `argc` of them count
    /// @return false when the command has to wait: it did not run, and is to be brought again after [Link#resume]
    public boolean run(Session session, int argc, Bytes[] argv, ByteBuilder out) {
        int start = out.length();
        Call call = session.origin() == Session.Origin.REPLAY ? replayed : outer;
        call.begin(session, session.db, argc, argv, out, session.isResp3);
        call.touches(!session.isNoTouch);
        session.lastUsedMs = store.moment().nowMs();

        CommandEntry entry = find(argc, argv, call);
        if (entry == null) {
            if (session.queue != null) session.hasQueueFailed = true;
            finishReply(session, call, start);
            return true;
        }
        if (pause.holds(entry, session, store.moment().nowMs())) {
            pause.hold(session);
            return false;
        }
        session.commands++;
        session.lastCommand = entry.fullName();
        String refusal = refusal(session, entry, argc);
        if (refusal != null) {
            entry.rejected();
            if (session.queue != null) session.hasQueueFailed = true;
            call.reply().error(refusal);
        } else if (session.queue != null && !runsInTransaction(entry)) {
            queue(session, entry, argc, argv);
            call.reply().queued();
        } else {
            execute(entry, call, session);
        }
        finishReply(session, call, start);
        return true;
    }

    /// Finds the command, or answers why it cannot.
    private @Nullable CommandEntry find(int argc, Bytes[] argv, Call call) {
        CommandEntry entry = commands.find(argv[0]);
        if (entry == null) {
            call.reply().error(unknown(argc, argv));
            return null;
        }
        CommandTable inner = entry.subcommands();
        if (inner != null && argc > 1) {
            CommandEntry sub = inner.find(argv[1]);
            if (sub == null) {
                String word = clipped(argv[1].toString());
                String hint = entry.fullName().toUpperCase(Locale.ROOT) + " HELP.";
                call.reply().error("ERR unknown subcommand '" + word + "'. Try " + hint);
                return null;
            }
            entry = sub;
        }
        if (entry.command() == null || !entry.spec().takes(argc)) {
            entry.rejected();
            call.reply().error(Errors.arity(entry.fullName()));
            return null;
        }
        return entry;
    }

    private static String unknown(int argc, Bytes[] argv) {
        StringBuilder text = new StringBuilder("ERR unknown command '")
                .append(clipped(argv[0].toString()))
                .append("', with args beginning with: ");
        int room = UNKNOWN_ARGS_CHARS;
        for (int i = 1; i < argc && room > 0; i++) {
            String arg = argv[i].toString();
            if (arg.length() > room) arg = arg.substring(0, room);
            text.append('\'').append(arg).append("' ");
            room -= arg.length() + 3;
        }
        return text.toString();
    }

    private static String clipped(String word) {
        return word.length() > UNKNOWN_ARGS_CHARS ? word.substring(0, UNKNOWN_ARGS_CHARS) : word;
    }

    /// Why the command may not run now, or null.
    private @Nullable String refusal(Session session, CommandEntry entry, int argc) {
        CommandSpec spec = entry.spec();
        if (spec.is(Flag.PROTECTED) && !allowsProtected(session)) return notAllowed(entry.fullName());
        if (!session.isAuthenticated && !spec.is(Flag.NO_AUTH)) return "NOAUTH Authentication required.";
        if (session.origin() == Session.Origin.REPLAY) return null;
        if (session.queue != null && spec.is(Flag.NO_MULTI)) return "ERR Command not allowed inside a transaction";
        if (settings.maxMemory > 0 && !eviction.makeRoom() && isRefusedWithoutMemory(session, spec)) {
            return Errors.OUT_OF_MEMORY;
        }
        if (spec.is(Flag.WRITE) && log != ChangeLog.NONE) {
            String refusal = log.refusal();
            if (refusal != null) return refusal;
        }
        if (isLoading && !spec.is(Flag.LOADING)) return "LOADING Cinnabar is loading the dataset in memory";
        return null;
    }

    private boolean allowsProtected(Session session) {
        if (session.origin() == Session.Origin.REPLAY) return true;
        return switch (settings.debugCommand) {
            case "yes" -> true;
            case "local" -> session.link().isLocal();
            default -> false;
        };
    }

    private static String notAllowed(String name) {
        return "ERR " + name.toUpperCase(Locale.ROOT) + " command not allowed. If the enable-" + name
                + "-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this"
                + " option in the configuration file, and then restart the server.";
    }

    private static boolean isRefusedWithoutMemory(Session session, CommandSpec spec) {
        return spec.is(Flag.DENYOOM) || session.queue != null && spec.name().equals("exec") && hasDenyOom(session);
    }

    private static boolean hasDenyOom(Session session) {
        if (session.queue == null) return false;
        for (QueuedCall queued : session.queue) if (queued.entry().spec().is(Flag.DENYOOM)) return true;
        return false;
    }

    private static boolean runsInTransaction(CommandEntry entry) {
        return switch (entry.fullName()) {
            case "exec", "discard", "multi", "watch", "quit", "reset" -> true;
            default -> false;
        };
    }

    private static void queue(Session session, CommandEntry entry, int argc, Bytes[] argv) {
        Bytes[] copy = new Bytes[argc];
        for (int i = 0; i < argc; i++) copy[i] = Bytes.of(argv[i].copy());
        if (session.queue == null) session.queue = new ArrayList<>();
        session.queue.add(new QueuedCall(entry, copy));
    }

    /// Runs a command's body and does what it left in the outbox.
    private void execute(CommandEntry entry, Call call, Session session) {
        int start = call.reply().out().length();
        boolean isNested = isInExec;
        if (!monitors.isEmpty()) monitors.feed(clock, session, call, entry.spec());
        long began = isNested ? clock.nanos() : lastNanos;
        call.command(entry.command());
        try {
            entry.command().run(call);
        } catch (Refusal e) {
            fail(call, start, e.error());
        } catch (WrongType e) {
            fail(call, start, Errors.WRONG_TYPE);
        } catch (OutOfMemory | OutOfMemoryError e) {
            fail(call, start, Errors.HEAP_IS_FULL);
        } catch (RuntimeException | AssertionError e) {
            // Our bug. It closes the call, not the server.
            statistics.bug(e);
            fail(call, start, "ERR internal error, please report it: " + e);
        }
        if (call.isLogged()) publish(call);
        long ended = clock.nanos();
        if (!isNested) lastNanos = ended;
        boolean hasFailed = call.reply().errors() > 0;
        if (hasFailed) statistics.countError(call.reply().out(), start);
        entry.ran(ended - began, hasFailed);
        statistics.commands++;
        noteIfSlow(entry, call, session, ended - began);
    }

    private static void fail(Call call, int start, String error) {
        call.reply().out().rewind(start);
        call.reply().error(error);
    }

    private void noteIfSlow(CommandEntry entry, Call call, Session session, long nanos) {
        long micros = nanos / 1000;
        if (settings.slowerThanMicros >= 0 && micros >= settings.slowerThanMicros && !entry.spec().is(Flag.SKIP_SLOWLOG)) {
            slowLog.add(settings.slowLogLength, store.moment().nowMs(), micros, call, session);
        }
        if (settings.latencyThresholdMs > 0 && nanos >= settings.latencyThresholdMs * 1_000_000) {
            noteLatency(entry.spec().is(Flag.FAST) ? "fast-command" : "command", nanos);
        }
    }

    /// Notes that something took long, for LATENCY.
    public void noteLatency(String event, long nanos) {
        if (settings.latencyThresholdMs <= 0 || nanos < settings.latencyThresholdMs * 1_000_000) return;
        latencyMonitor.add(event, store.moment().nowMs(), nanos / 1_000_000);
    }

    /// Empties the outbox: watchers first, then the log.
    private void publish(Call call) {
        Session session = (Session) call.caller();
        for (int i = 0; i < call.changes(); i++) watches.changed(call.changedDb(i), call.changedKey(i));
        statistics.dirty += call.dirty();
        if (session.origin() == Session.Origin.REPLAY || log == ChangeLog.NONE) return;

        int db = call.dbIndex();
        if (call.usesEffects()) {
            if (call.effects().commands() == 0) return;
            openGroup(call.effects().commands() > 1);
            call.effects().forEach((argc, argv) -> log.append(db, argc, argv));
        } else {
            openGroup(false);
            log.append(db, call.argc(), call.argv());
        }
        if (!isInExec) closeGroup();
    }

    /// Several changes that belong together are written as a transaction.
    private void openGroup(boolean hasSeveral) {
        if (isGroupOpen || !isInExec && !hasSeveral) return;
        log.append(outer.dbIndex(), 1, MULTI_CALL);
        isGroupOpen = true;
    }

    private void closeGroup() {
        if (!isGroupOpen) return;
        log.append(outer.dbIndex(), 1, EXEC_CALL);
        isGroupOpen = false;
    }

    /// Applies CLIENT REPLY, which may take the reply back.
    private void finishReply(Session session, Call call, int start) {
        switch (session.replyMode) {
            case ON -> {}
            case OFF -> call.reply().out().rewind(start);
            case SKIP_NEXT -> {
                call.reply().out().rewind(start);
                session.replyMode = Session.ReplyMode.SKIP;
            }
            case SKIP -> {
                call.reply().out().rewind(start);
                session.replyMode = Session.ReplyMode.ON;
            }
        }
    }

    // ---- transactions, for TransactionCommands ----

    /// Runs what was queued, as one.
    void runQueued(Session session, Reply reply) {
        var queue = session.queue;
        if (queue == null) throw new IllegalStateException("EXEC without MULTI");
        session.queue = null;
        isInExec = true;
        try {
            reply.array(queue.size());
            for (QueuedCall queued : queue) {
                inner.begin(session, session.db, queued.argv().length, queued.argv(), reply.out(), session.isResp3);
                inner.touches(!session.isNoTouch);
                String refusal = refusal(session, queued.entry(), queued.argv().length);
                if (refusal == null) {
                    execute(queued.entry(), inner, session);
                } else {
                    queued.entry().rejected();
                    inner.reply().error(refusal);
                }
            }
        } finally {
            isInExec = false;
            closeGroup();
        }
    }

    // ---- what databases do of their own accord ----

    @Override
    public void expired(Database db, Bytes key) {
        statistics.expiredKeys++;
        removed(db, key);
    }

    @Override
    public void evicted(Database db, Bytes key) {
        statistics.evictedKeys++;
        removed(db, key);
    }

    private void removed(Database db, Bytes key) {
        watches.changed(db.index(), key);
        statistics.dirty++;
        if (isLoading || log == ChangeLog.NONE) return;
        deletion[1].set(key.array(), key.offset(), key.length());
        if (isInExec) openGroup(false);
        log.append(db.index(), 2, deletion);
    }

    // ---- timers ----

    /// Does what is due, and a little of what is to be done: expired keys, tables that grow or shrink, holes, flushed databases. Takes
    /// the lock by itself, for a millisecond at most.
    ///
    /// @return in how many milliseconds it wants to be called again
    public long tick() {
        lock.lock();
        try {
            beginBatch();
            long nowMs = store.moment().nowMs();
            pause.tick(nowMs);
            sampler.tick(nowMs);
            boolean hasMore = work(clock.nanos() + TICK_WORK_NANOS);
            long period = Math.min(1000 / settings.hz, Sampler.PERIOD_MS);
            if (hasMore) return TICK_REST_MS;
            return settings.expiresActively ? Math.max(1, store.nextExpiryInMs(period)) : period;
        } finally {
            lock.unlock();
        }
    }

    /// Works until the time is over.
    ///
    /// @return whether there is more
    private boolean work(long untilNanos) {
        boolean isExpiring = settings.expiresActively && !isLoading && !pause.isRunning(store.moment().nowMs());
        boolean hasMore = true;
        while (hasMore) {
            hasMore = isExpiring && store.expire(EXPIRE_STEP);
            hasMore |= store.step();
            if (abandoned != null && !abandoned.next(EXPIRE_STEP)) abandoned = null;
            if (clock.nanos() - untilNanos >= 0) break;
        }
        return hasMore || abandoned != null;
    }

    /// Takes a snapshot that was given up, to walk it to its end.
    void abandoned(@Nullable Snapshot snapshot) {
        abandoned = snapshot;
    }

    // ---- the parts ----

    public Clock clock() {
        return clock;
    }

    public Settings settings() {
        return settings;
    }

    public Limits limits() {
        return limits;
    }

    public Statistics statistics() {
        return statistics;
    }

    public Store store() {
        return store;
    }

    public CommandTable commands() {
        return commands;
    }

    Watches watches() {
        return watches;
    }

    public SlowLog slowLog() {
        return slowLog;
    }

    public LatencyMonitor latencyMonitor() {
        return latencyMonitor;
    }

    Monitors monitors() {
        return monitors;
    }

    Pause pause() {
        return pause;
    }

    /// Hands over the process that this engine lives in, and does from now on what its configuration says.
    public void host(Host host) {
        this.host = host;
        SettingsBinding.bind(this, host.config());
    }

    public Host host() {
        return host;
    }

    /// What looks at how fast things go; to be driven by a timer.
    public Sampler sampler() {
        return sampler;
    }

    Info info() {
        return info;
    }

    /// Reads that found their key.
    public long keyspaceHits() {
        return outer.hits() + inner.hits();
    }

    /// Reads that did not.
    public long keyspaceMisses() {
        return outer.misses() + inner.misses();
    }

    /// Begins all counts anew: CONFIG RESETSTAT.
    public void resetStatistics() {
        statistics.reset();
        sampler.reset();
        store.pages().resetPeak();
        host.resetTraffic();
        outer.resetHits();
        inner.resetHits();
        resetStatistics(commands);
    }

    private static void resetStatistics(CommandTable table) {
        for (CommandEntry entry : table.entries().values()) {
            entry.resetStatistics();
            CommandTable inner = entry.subcommands();
            if (inner != null) resetStatistics(inner);
        }
    }

    /// Where changes are written from now on.
    public void log(ChangeLog log) {
        this.log = log;
    }

    public ChangeLog log() {
        return log;
    }

    /// While the data set is being loaded, only commands run that need no data.
    public void loading(boolean isLoading) {
        this.isLoading = isLoading;
        store.moment().expires = !isLoading;
    }

    public boolean isLoading() {
        return isLoading;
    }
}
