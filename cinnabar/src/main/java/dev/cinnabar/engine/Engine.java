package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Flag;
import dev.cinnabar.command.Limits;
import dev.cinnabar.command.Outbox;
import dev.cinnabar.command.Refusal;
import dev.cinnabar.command.Reply;
import dev.cinnabar.command.Waiting;
import dev.cinnabar.engine.Session.QueuedCall;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Store;
import dev.cinnabar.store.WrongType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Runs calls, one at a time: finds the command, asks whether it may run now, runs its body, and does what it
/// left in the outbox.
///
/// Every method but [#lock], [#unlock] and those that say so has to be called with the lock held. A batch of
/// pipelined commands is run under one hold of the lock, begun with [#beginBatch] and ended with [#endBatch].
public final class Engine {
    /// [#tick] answers at most this much while there is work left, and more when there is none.
    public static final long BUSY_MS = 2;
    /// So often [#tick] may be called without waiting, if requests are served in between: then a third of a
    /// core goes into such work.
    public static final int PIECES_IN_ROW = 20;
    private static final int KEPT_CALL_BYTES = 64; // of heap, for a command in a queue beside its words
    static final int KEPT_BYTES = 1 << 16; // a buffer that grew beyond is let go

    private final ReentrantLock lock = new ReentrantLock();
    private final OthersFirst others = new OthersFirst(lock, LockSupport::parkNanos);
    private final Clock clock;
    private final Settings settings = new Settings();
    private final Clients clients = new Clients(settings);
    private final Limits limits = new Limits();
    private final Statistics statistics = new Statistics();
    private final Watches watches = new Watches();
    private final SlowLog slowLog = new SlowLog();
    private final LatencyMonitor latencyMonitor = new LatencyMonitor();
    private final Pause pause = new Pause();
    private final CommandTimes times;
    private final OutputLimits outputLimits;
    private final Pushes pushes;
    private final Monitors monitors;
    private final PubSub pubSub;
    private final KeyspaceNotifications notifications;
    private final DatabaseEvents databaseEvents;
    private final Store store;
    private final CommandTable commands;
    private final Eviction eviction;
    private final Admission admission;
    private final Call outer; // the command that a client sent
    private final Journal journal;
    private final Call inner; // a command that EXEC runs
    private final Call replayed; // a command from the log, perhaps while DEBUG LOADAOF waits for it
    private final Call again; // a command that waited
    private final WaitingCalls waiting;
    private final Timers timers;

    private final Sampler sampler;
    private final Info info;

    private Host host;
    private boolean isInExec;
    private boolean hasRunQueue; // the reply is a transaction's, and what CLIENT REPLY hides of it is hidden already
    private boolean isLoading;

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
        this.times = new CommandTimes(this);
        this.outputLimits = new OutputLimits(settings, budget);
        this.pushes = new Pushes(this, outputLimits);
        this.monitors = new Monitors(clock, pushes);
        this.pubSub = new PubSub(pushes);
        this.notifications = new KeyspaceNotifications(pubSub);
        this.databaseEvents = new DatabaseEvents(this, statistics, watches, notifications);
        this.store = new Store(databases, budget, databaseEvents, randomness, clock.wallMs(), clock.isMovedByHand());
        this.commands = CommandTable.of(families, renames);
        this.outer = new Call(store, clock, randomness, limits);
        this.journal = new Journal(outer);
        this.inner = new Call(store, clock, randomness, limits);
        this.replayed = new Call(store, clock, randomness, limits);
        this.again = new Call(store, clock, randomness, limits);
        replayed.outbox().keepsEffects(false); // it comes from the log
        log(ChangeLog.NONE);
        this.waiting = new WaitingCalls(this, store, again);
        this.eviction = new Eviction(this, randomness);
        this.admission = new Admission(this, commands, settings, eviction, pause, store.moment());
        this.timers = new Timers(this, clients, pause, eviction, outputLimits, pushes);
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

    /// Whether this thread has it.
    public boolean isLocked() {
        return lock.isHeldByCurrentThread();
    }

    /// Whether other threads wait for the lock; a hint for those that work in slices.
    public boolean hasWaitingThreads() {
        return lock.hasQueuedThreads();
    }

    /// Waits until those who want the lock have it, for half a millisecond at the most. For a thread that
    /// works in slices and has just given it back; not at all when it has it still.
    public void letOthersIn() {
        if (!isLocked()) others.letIn();
    }

    /// Begins a batch of commands that all see the same time.
    public void beginBatch() {
        store.moment().set(clock.wallMs());
        store.moment().deletesExpired = !pause.isRunning(store.moment().nowMs());
        times.beginBatch();
        pushes.beginBatch();
        journal.beginBatch();
    }

    /// Ends a batch of more than one command.
    public void endBatch() {
        times.endBatch();
    }

    /// Whether the batch has logged a change that a client is told of: its answer must not be sent before the
    /// log holds the change.
    public boolean hasPromised() {
        return journal.hasPromised();
    }

    /// How many bytes were pushed to clients since the batch began. Who runs a batch should end it when that
    /// is much, so that it is sent.
    public long pushedInBatch() {
        return pushes.inBatch();
    }

    // ---- sessions ----

    /// Takes a client in.
    public Session open(Session.Origin origin, Link link) {
        Session session =
                new Session(clients.newId(), this, origin, link, store.moment().nowMs());
        session.hasLoggedIn = needsNoPassword(session);
        if (origin == Session.Origin.NETWORK) clients.add(session);
        return session;
    }

    /// Takes in a client that goes on where another stopped, whose call waits: with what that one has said of
    /// itself, and with the keys that it watched.
    public Session openHeir(Session waiting, Link link) {
        Session heir = open(waiting.origin(), link);
        heir.takeOver(waiting);
        watches.handOver(waiting, heir);
        return heir;
    }

    /// Something came from the client, if only a piece of a request: it is not idle.
    public void hears(Session session) {
        session.lastUsedMs = store.moment().nowMs();
    }

    /// Lets a client go: what it watched, queued or waited for is forgotten.
    public void close(Session session) {
        clients.remove(session);
        watches.unwatchAll(session);
        monitors.remove(session);
        pubSub.unsubscribeAll(session);
        outputLimits.closed(session);
        pause.forget(session);
        waiting.forget(session);
        dropQueue(session);
        session.isClosing = true;
    }

    /// Makes a client what it was when it came, but for its id and the library it said it uses: RESET.
    void reset(Session session) {
        dropQueue(session);
        watches.unwatchAll(session);
        monitors.remove(session);
        pubSub.unsubscribeAll(session);
        session.isNoEvict = false;
        session.isNoTouch = false;
        session.isResp3 = false;
        session.isMuted = false;
        session.skipsNextReply = false; // but the skipping that has begun hides this answer still
        session.db = 0;
        session.name = "";
        session.hasLoggedIn = needsNoPassword(session);
    }

    private boolean needsNoPassword(Session session) {
        return session.origin() != Session.Origin.NETWORK || settings.password.isEmpty();
    }

    /// Chooses the version of the protocol for a session.
    public void protocol(Session session, boolean isResp3) {
        session.isResp3 = isResp3;
    }

    /// Closes a client's connection at once: nothing more that it sent is run, nothing more is sent to it.
    void kill(Session session) {
        close(session);
        session.link().close();
    }

    /// Asked once for each new connection, before [#open]; counts those that are welcome, and those that are
    /// refused.
    ///
    /// @param fromThisMachine whether it came over loopback or a unix socket
    /// @return the error to send before the connection is closed, without `-` and line end; null when it is
    ///         welcome
    public @Nullable String refusalOfConnection(boolean fromThisMachine) {
        String refusal = clients.refusal(fromThisMachine);
        if (refusal == null) statistics.connected();
        else statistics.refusedConnection();
        return refusal;
    }

    /// Makes clients wait: CLIENT PAUSE. Meanwhile nothing expires and nothing is evicted, so that the data
    /// stays as it is.
    void pause(long untilMs, boolean onlyWrites) {
        long nowMs = store.moment().nowMs();
        pause.begin(nowMs, untilMs, onlyWrites);
        timers.tickBy(untilMs);
        store.moment().deletesExpired = !pause.isRunning(nowMs);
    }

    void unpause() {
        pause.end();
        store.moment().deletesExpired = true;
    }

    /// The network clients, in order of their ids.
    public Collection<Session> sessions() {
        return clients.all();
    }

    public @Nullable Session session(long id) {
        return clients.get(id);
    }

    // ---- running a call ----

    /// Runs one command and appends its reply.
    ///
    /// @param argv the words, borrowed until this returns; `argc` of them count
    /// @return false when the command has to wait: it did not run, and is to be brought again after
    ///         [Link#resume]
    public boolean run(Session session, int argc, Bytes[] argv, ByteBuilder out) {
        boolean hasRun;
        pushes.keepFor(session);
        try {
            hasRun = runCommand(session, argc, argv, out);
            if (!isLoading) waiting.serveReady();
            pushes.appendKept(out);
        } finally {
            pushes.endKeeping(session);
        }
        pushes.settle(session);
        return hasRun;
    }

    /// Forgets the words of the last commands, whose array is given back.
    public void letGo() {
        outer.letGo();
        inner.letGo();
    }

    private boolean runCommand(Session session, int argc, Bytes[] argv, ByteBuilder out) {
        int start = out.length();
        Call call = session.origin() == Session.Origin.REPLAY ? replayed : outer;
        session.begin(call, argc, argv, out, true);
        session.lastUsedMs = store.moment().nowMs();

        hasRunQueue = false;
        CommandEntry entry = admission.find(argc, argv, call);
        if (entry == null) {
            if (session.queue != null) session.hasQueueFailed = true;
            statistics.countError(out, start);
            finishReply(session, call, start);
            return true;
        }
        // speed only: to store a reference costs a barrier of the collector
        if (session.lastCommand != entry.fullName()) session.lastCommand = entry.fullName();
        String refusal = admission.refusal(session, entry, argc);
        if (refusal != null) {
            Admission.refuse(entry, session, call, refusal);
            statistics.countError(out, start);
        } else if (pause.holds(entry, session, store.moment().nowMs())) {
            pause.hold(session);
            return false;
        } else if (session.queue != null && !entry.is(Flag.NOT_QUEUED)) {
            if (queue(session, entry, argc, argv)) {
                call.reply().queued();
            } else {
                Admission.refuse(entry, session, call, Errors.HEAP_IS_FULL);
                statistics.countError(out, start);
            }
        } else {
            execute(entry, call, session);
        }
        session.commands++;
        Waiting how = call.waiting();
        if (how == null || !waiting.suspend(session, entry, call, how)) finishReply(session, call, start);
        return true;
    }

    /// Keeps a copy for EXEC, unless EXEC will refuse anyway.
    ///
    /// @return false when there is no memory for it
    private boolean queue(Session session, CommandEntry entry, int argc, Bytes[] argv) {
        if (session.hasQueueFailed || session.isDirty) return true;
        long bytes = KEPT_CALL_BYTES + KeptWords.bytes(argc, argv);
        if (!budget().tryReserve(bytes)) return false;
        session.queuedBytes += bytes;
        Bytes[] copy = KeptWords.copy(argc, argv);
        if (session.queue == null) session.queue = new ArrayList<>();
        session.queue.add(new QueuedCall(entry, copy));
        return true;
    }

    /// The session is in no transaction any more.
    void dropQueue(Session session) {
        session.queue = null;
        session.hasQueueFailed = false;
        budget().cancel(session.queuedBytes);
        session.queuedBytes = 0;
    }

    Budget budget() {
        return store.pages().budget();
    }

    /// Runs a command's body, does what it left in the outbox, and counts it.
    void execute(CommandEntry entry, Call call, Session session) {
        int start = call.reply().out().length();
        long began = times.begin(entry, call, session, isInExec);
        try {
            runBody(entry, call, session, start);
        } finally {
            // whatever else goes wrong, be it that no memory is left to say so: the log has what memory has
            record(entry, call, session);
            if (call.outbox().size() > 0) tell(call.outbox());
        }
        if (!monitors.isEmpty() && !call.hasWaited()) monitors.feed(session, call, entry.spec());
        if (!call.isWaiting()) times.ended(entry, call, session, start, began, isInExec);
    }

    /// Empties the outbox, the part for the log. Also of a call that waits: it may have made its consumer.
    private void record(CommandEntry entry, Call call, Session session) {
        if (!call.outbox().isLogged()) return;
        statistics.dirty += call.outbox().dirty();
        if (session.origin() != Session.Origin.REPLAY) journal.record(entry, call, isInExec);
    }

    /// The one place where what a body throws is caught: an error is answered then, in the place of what was
    /// written of the reply.
    private void runBody(CommandEntry entry, Call call, Session session, int start) {
        Command command = entry.runnable();
        Call outerBody = databaseEvents.body();
        databaseEvents.body(call);
        call.spec(entry.spec());
        outputLimits.limitReply(session, entry.spec(), call.reply().out());
        boolean deletesExpired = store.moment().deletesExpired;
        // who writes in a pause, which only the program around the server can, changes the data: what has expired goes with a DEL in the log
        if (entry.is(Flag.WRITE)) store.moment().deletesExpired = true;
        try {
            command.run(call);
        } catch (ByteBuilder.LimitReached e) {
            takeBack(call, start);
            outputLimits.doom(session);
        } catch (Refusal e) {
            breakOff(call, start, e.error());
        } catch (WrongType e) {
            breakOff(call, start, Errors.WRONG_TYPE);
        } catch (OutOfMemory | OutOfMemoryError e) {
            // where something has changed, all has, and only the answer finds no room
            takeBack(call, start);
            call.reply().error(Errors.HEAP_IS_FULL);
        } catch (Throwable e) {
            // Our bug, or the application's, whose commands may throw anything. It closes the call, not the server.
            call.outbox().breakOff(); // first: there may be no memory for the rest
            host.log().failure("Internal error of the command " + entry.fullName(), e);
            breakOff(call, start, Errors.ofJava("ERR internal error, please report it: " + e));
        } finally {
            if (entry.is(Flag.WRITE)) store.moment().deletesExpired = deletesExpired;
            databaseEvents.body(outerBody);
            call.reply().out().unlimit();
        }
    }

    /// Nobody should break off after a change; who does may have made half of it.
    private static void breakOff(Call call, int start, String error) {
        call.outbox().breakOff();
        takeBack(call, start);
        call.reply().error(error);
    }

    /// A body that fails has written nothing of an answer, and does not wait for another.
    private static void takeBack(Call call, int start) {
        call.reply().out().rewind(start);
        call.waitsNot();
    }

    /// Whether the session's last command waits: nothing more of it may be run before it is answered.
    public boolean isWaiting(Session session) {
        return session.isWaiting;
    }

    /// Notes for LATENCY how long something took, if that was long.
    ///
    /// @param event in Redis's words
    void noteLatency(String event, long nanos) {
        if (settings.latencyThresholdMs <= 0 || nanos < settings.latencyThresholdMs * 1_000_000) return;
        latencyMonitor.add(event, store.moment().nowMs(), nanos / 1_000_000);
    }

    /// Empties the outbox, the part for others: those who watch a key, wait for it, or listen to what happens
    /// to keys. What comes from a log is told to nobody.
    private void tell(Outbox outbox) {
        if (isLoading) return;
        int classes = settings.keyspaceEvents;
        for (int i = 0; i < outbox.size(); i++) {
            Outbox.Entry entry = outbox.entry(i);
            if (entry.isWatched()) watches.changed(entry.db(), entry.key());
            if (entry.isAwaited()) waiting.waiters().changed(entry.db(), entry.key());
            if (classes != 0 && !entry.event().equals(Call.NO_EVENT)) {
                notifications.tell(classes, entry.db(), entry.key(), entry.event(), entry.eventClass());
            }
        }
    }

    /// Applies CLIENT REPLY, which may take the reply back.
    private void finishReply(Session session, Call call, int start) {
        if (!hasRunQueue) hideReply(session, call.reply(), start);
        session.replyIsOver();
    }

    /// Takes back what CLIENT REPLY hides, which is everything but pushes: also that a subscription has begun
    /// or ended is one. The commands of a transaction may change what is hidden between one reply and the
    /// next.
    private static void hideReply(Session session, Reply reply, int start) {
        if (session.hidesReply() && !reply.isPush()) reply.out().rewind(start);
    }

    // ---- transactions, for TransactionCommands ----

    /// Whether the command that runs is one of a transaction's.
    boolean isInExec() {
        return isInExec;
    }

    /// Runs what was queued, as one.
    void runQueued(Session session, Reply reply) {
        var queue = session.queue;
        if (queue == null) throw new IllegalStateException("EXEC without MULTI");
        session.queue = null;
        isInExec = true;
        hasRunQueue = true;
        Call exec = databaseEvents.body();
        if (exec != null) { // what EXEC itself met comes before what its commands do
            tell(exec.outbox());
            exec.outbox().clear();
        }
        databaseEvents.body(null);
        try {
            int start = reply.out().length();
            reply.array(queue.size());
            hideReply(session, reply, start);
            for (QueuedCall queued : queue) {
                start = reply.out().length();
                session.begin(inner, queued.argv().length, queued.argv(), reply.out(), false);
                String refusal = admission.refusal(session, queued.entry(), queued.argv().length);
                if (refusal == null) {
                    execute(queued.entry(), inner, session);
                } else {
                    queued.entry().rejected();
                    inner.reply().error(refusal);
                    statistics.countError(reply.out(), start);
                }
                hideReply(session, inner.reply(), start);
            }
        } finally {
            databaseEvents.body(exec);
            isInExec = false;
            inner.letGo(); // the words of the last command, which nothing counts any more
            dropQueue(session);
            journal.closeGroup();
        }
    }

    // ---- timers ----

    /// Does what is due, and a little of what is to be done: expired keys, tables that grow or shrink, holes,
    /// flushed databases. Takes the lock by itself, for some 50 µs while there is long work to do.
    ///
    /// @return in how many milliseconds it wants to be called again
    public long tick() {
        lock.lock();
        try {
            beginBatch();
            return timers.tick();
        } finally {
            lock.unlock();
        }
    }

    /// The data set was saved as it was when there had been so many [changes][Statistics#dirty()].
    public void saved(long changes) {
        statistics.dirty -= changes;
    }

    /// From now on writes are refused with this error, or, with null, are not.
    public void refuseWrites(@Nullable String error) {
        admission.refuseWrites(error);
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

    PubSub pubSub() {
        return pubSub;
    }

    Pause pause() {
        return pause;
    }

    WaitingCalls waiting() {
        return waiting;
    }

    Timers timers() {
        return timers;
    }

    Journal journal() {
        return journal;
    }

    /// Hands over the process that this engine lives in, and does from now on what its configuration says.
    public void host(Host host) {
        this.host = host;
        SettingsBinding.bind(this, host.config());
    }

    public Host host() {
        return host;
    }

    /// How fast things go just now.
    Sampler sampler() {
        return sampler;
    }

    Info info() {
        return info;
    }

    /// Counts what the server takes without any data as used from the start on. Once, before there is data.
    ///
    /// @param around bytes of heap of what was made around the engine
    public void countOwn(long around) {
        store.countOwn(around);
        info.countStartup();
    }

    /// Reads that found their key.
    public long keyspaceHits() {
        return outer.hits() + inner.hits() + again.hits();
    }

    /// Reads that did not.
    public long keyspaceMisses() {
        return outer.misses() + inner.misses() + again.misses();
    }

    /// Begins all counts anew: CONFIG RESETSTAT. The most memory that was ever used is no count and stays.
    public void resetStatistics() {
        statistics.reset();
        sampler.reset();
        store.countFreedAnew();
        host.resetCounts();
        outer.resetHits();
        inner.resetHits();
        again.resetHits();
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
        journal.log(log);
        for (Call call : List.of(outer, inner, again)) call.outbox().keepsEffects(log != ChangeLog.NONE);
    }

    public ChangeLog log() {
        return journal.log();
    }

    /// Throws the data set away, because another one is about to be loaded.
    public void empty() {
        everythingChanges();
        for (int i = 0; i < store.count(); i++) store.flush(i);
        store.freeGarbage();
    }

    /// While the data set is being loaded, only commands run that need no data, and nobody hears of what keys
    /// were meanwhile. Who watches or waits hears of what they are in the end.
    public void loading(boolean isLoading) {
        boolean isLoaded = this.isLoading && !isLoading;
        this.isLoading = isLoading;
        store.moment().expires = !isLoading;
        if (isLoaded) everythingChanges();
    }

    /// Any key that is there now may be another one before or after.
    private void everythingChanges() {
        for (int i = 0; i < store.count(); i++) {
            Database db = store.database(i);
            watches.flushed(i, key -> db.lookup(key) != 0);
            waiting.waiters().allChanged(i);
        }
    }

    public boolean isLoading() {
        return isLoading;
    }
}
