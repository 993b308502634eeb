package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.StoredBytes;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Flag;
import dev.cinnabar.command.Waiting;
import dev.cinnabar.engine.Session.WatchedKey;
import dev.cinnabar.engine.Waiters.Line;
import dev.cinnabar.engine.Waiters.Place;
import dev.cinnabar.engine.Waiters.Waiter;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Store;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What becomes of calls that cannot be answered at once: they are kept, run again when one of their keys has
/// changed, and answered when they succeed, when their time is over, or when somebody ends their waiting.
///
/// Touched only under the engine's lock.
final class WaitingCalls {
    private static final byte[] WRONG_TYPE = "-WRONGTYPE".getBytes(StandardCharsets.US_ASCII);

    private final Engine engine;
    private final Store store;
    private final Call again; // the call that is run again
    private final Waiters waiters = new Waiters();
    private static final int WAITER_BYTES = 300; // of heap, for a call that waits beside its words
    private static final int LINE_BYTES = 150; // the same for its place in the line of a key

    private static final int LARGE_ANSWER = 4 << 10; // bytes that are worth an array of their own
    private static final byte[] NOTHING = new byte[0];

    private final ByteBuilder woken = new ByteBuilder(); // what it is answered
    private byte[] lastLarge = NOTHING; // the last large answer, while others are served
    private final ByteBuilder wokenPushes = new ByteBuilder(); // for its client
    private ChangeLog lastLog = ChangeLog.NONE; // the log when it was looked at last
    private long lastDurable; // and how far it was on disk
    private final Set<WatchedKey> heldBack = new LinkedHashSet<>(); // that have changed, and nobody may write

    /// @param again for nobody else
    WaitingCalls(Engine engine, Store store, Call again) {
        this.engine = engine;
        this.store = store;
        this.again = again;
    }

    /// Those who wait.
    Waiters waiters() {
        return waiters;
    }

    /// A client is gone.
    void forget(Session session) {
        Waiter waiter = waiters.of(session);
        if (waiter != null) remove(waiter);
    }

    private void remove(Waiter waiter) {
        if (waiter.isGone) return; // its client went while it was served
        waiters.remove(waiter);
        engine.budget().cancel(waiter.heldBytes);
    }

    /// Keeps a call that cannot be answered yet.
    ///
    /// @return false when there is no memory for it: then that is answered
    boolean suspend(Session session, CommandEntry entry, Call call, Waiting how) {
        long held = WAITER_BYTES + KeptWords.bytes(call.argc(), call.argv());
        for (int i = how.first(); i <= how.last(); i++) held += LINE_BYTES + KeptWords.bytes(call.arg(i));
        if (!engine.budget().tryReserve(held)) {
            call.reply().error(Errors.HEAP_IS_FULL);
            return false;
        }
        Bytes[] argv = KeptWords.copy(call.argc(), call.argv());
        how.words().forEach((i, word) -> argv[i] = Bytes.of(word));
        Set<WatchedKey> different = new LinkedHashSet<>();
        for (int i = how.first(); i <= how.last(); i++)
            different.add(new WatchedKey(session.db, StoredBytes.copyOf(argv[i])));
        List<WatchedKey> keys = List.copyOf(different);
        long nowMs = store.moment().nowMs();
        long deadlineMs = how.timeoutMs() == 0 ? Long.MAX_VALUE : nowMs + how.timeoutMs();
        Waiter waiter = new Waiter(session, entry, argv, keys, how, deadlineMs, held);
        waiters.add(waiter);
        engine.timers().tickBy(waiter.nextMs());
        session.isWaiting = true;
        return true;
    }

    /// Runs the calls again that wait for keys which have changed, in their order, and again for what those
    /// change. They see the time that it is, and not that of the batch.
    void serveReady() {
        if (!heldBack.isEmpty() && !engine.log().forbidsChanges()) {
            waiters.changedBefore(heldBack);
            heldBack.clear();
        }
        if (!waiters.isAnyReady()) return;
        store.moment().set(engine.clock().wallMs()); // what woke them may be over after a long transaction
        while (true) {
            WatchedKey key = waiters.nextReady();
            if (key == null) return;
            Line line = waiters.line(key);
            if (line != null) serve(line, key);
        }
    }

    private void serve(Line line, WatchedKey key) {
        String type = type(key);
        for (Place place = line.first; place != null && line.isAnyFor(type); place = place.next()) {
            Waiter waiter = place.waiter;
            if (waiter.isGone || !waiter.waitsFor(type)) continue;
            if (mayNotWrite(waiter)) {
                heldBack.add(key);
                continue; // who only reads may
            }
            if (!mayBeAnswered(waiter, key)) continue;
            runAgain(waiter, waiter.argvFor(key), false);
            type = type(key); // it may have been taken
        }
        lastLarge = NOTHING;
    }

    /// Whether a call would change data that nobody may change now.
    private boolean mayNotWrite(Waiter waiter) {
        return waiter.entry.is(Flag.WRITE) && engine.log().forbidsChanges();
    }

    /// Whether it is worth while to run a call again. If it is later, it will be run then.
    private boolean mayBeAnswered(Waiter waiter, WatchedKey key) {
        Database db = store.database(key.db());
        long fromMs = waiter.how.wish().answeredFromMs(db, key.key().window());
        if (fromMs <= store.moment().nowMs()) return true;
        if (fromMs < waiter.againMs) runAgainAt(waiter, fromMs);
        return false;
    }

    private void runAgainAt(Waiter waiter, long atMs) {
        waiters.again(waiter, atMs);
        engine.timers().tickBy(waiter.nextMs());
    }

    private @Nullable String type(WatchedKey key) {
        Database db = store.database(key.db());
        long address = db.lookup(key.key().window());
        return address == 0 ? null : db.kind(address).type();
    }

    private void runAgain(Waiter waiter, Bytes[] argv, boolean isTimeOver) {
        Session session = waiter.session;
        session.keepPushes(wokenPushes);
        try {
            woken.clear();
            session.begin(again, argv.length, argv, woken, true);
            again.runsAgain(isTimeOver);
            engine.execute(waiter.entry, again, session);
            // a key of another type is none to wait for: whoever waits for a list goes on waiting
            boolean isWrongType = !again.isDecided() && startsWith(woken, WRONG_TYPE);
            boolean goesOn = again.isWaiting() || isWrongType && !waiter.entry.is(Flag.WAKES_WITHOUT_KEY);
            if (goesOn) goOnWaiting(waiter);
            else answer(waiter);
        } finally {
            session.keepNoPushes(); // whatever happens: nobody else gets what comes for this client
            sendPushes(session);
        }
    }

    private void sendPushes(Session session) {
        if (wokenPushes.length() == 0) return;
        session.link().push(wokenPushes.array(), 0, wokenPushes.length());
        wokenPushes.clear();
        wokenPushes.trim(Engine.KEPT_BYTES);
    }

    private static boolean startsWith(ByteBuilder text, byte[] beginning) {
        int n = beginning.length;
        return text.length() >= n && Arrays.equals(text.array(), 0, n, beginning, 0, n);
    }

    private void goOnWaiting(Waiter waiter) {
        Waiting how = again.waiting();
        long againMs = how == null ? Long.MAX_VALUE : how.againMs();
        long nextMs = store.moment().nowMs() + 1; // whatever a body asks for: the others want to be served, too
        runAgainAt(waiter, Math.max(nextMs, againMs));
    }

    /// Sends a call that waited what is in `woken`, and lets its client go on. Where there is no memory to send
    /// it the client is closed: it would wait for ever, or take the next answer for this one. Whoever has woken
    /// it, and those behind it, have other things to do.
    private void answer(Waiter waiter) {
        Session session = waiter.session;
        remove(waiter);
        session.isWaiting = false;
        session.lastUsedMs = store.moment().nowMs();
        try {
            if (!session.hidesReply()) send(session.link());
            session.replyIsOver();
            session.link().resume();
            woken.trim(Engine.KEPT_BYTES);
        } catch (OutOfMemoryError e) {
            engine.kill(session);
        }
    }

    /// Thousands may wait for the same entry: what is large and the same for all is not copied for each.
    private void send(Link link) {
        if (woken.length() < LARGE_ANSWER) {
            link.push(woken.array(), 0, woken.length());
            return;
        }
        boolean isSame = Arrays.equals(lastLarge, 0, lastLarge.length, woken.array(), 0, woken.length());
        if (!isSame) lastLarge = woken.copy();
        link.shareAnswer(lastLarge);
    }

    /// Answers those whose time is over, and runs those again who wait for a time, too. What writes is put
    /// off in a pause, to look again soon, for somebody may end it.
    void timeOut(long nowMs) {
        Pause pause = engine.pause();
        for (Waiter waiter = waiters.overdue(nowMs); waiter != null; waiter = waiters.overdue(nowMs)) {
            if (waiter.deadlineMs <= nowMs) endInVain(waiter);
            else if (mayNotWrite(waiter)) waiters.again(waiter, nowMs + Sampler.PERIOD_MS);
            else if (waiter.entry.is(Flag.WRITE) && pause.holds(waiter.entry, waiter.session, nowMs))
                waiters.again(waiter, nowMs + pause.endsInMs(nowMs, Sampler.PERIOD_MS));
            else runAgain(waiter, waiter.argv, false);
        }
        lastLarge = NOTHING;
    }

    /// Runs the calls again that may wait for the log (WAITAOF), if it has come further on disk. They look at
    /// it now and then by themselves, but by the engine's clock, and that may be one that stands.
    void lookAt(ChangeLog log) {
        long durable = log.durable();
        if (log == lastLog && durable == lastDurable) return;
        lastLog = log;
        lastDurable = durable;
        for (Waiter waiter : waiters.forNoKey()) {
            if (waiter.isGone || waiter.entry.is(Flag.WRITE)) continue; // a pause may hold what writes
            runAgain(waiter, waiter.argv, false);
        }
    }

    private void endInVain(Waiter waiter) {
        if (waiter.how.isForNoKey()) {
            runAgain(waiter, waiter.argv, true);
            return;
        }
        woken.clear();
        waiter.session.begin(again, waiter.argv.length, waiter.argv, woken, false);
        if (waiter.how.nilIsArray()) again.reply().nilArray();
        else again.reply().nil();
        waitedInVain(waiter, false);
    }

    /// Answers and counts a call that was not run to its end.
    private void waitedInVain(Waiter waiter, boolean hasFailed) {
        engine.statistics().countCall(waiter.entry, hasFailed, woken, 0);
        waiter.entry.ran(0, engine.settings().tracksLatency);
        answer(waiter);
    }

    /// Ends a client's waiting: CLIENT UNBLOCK.
    ///
    /// @param withError whether it is told so by an error, and not as if its time were over
    /// @return whether it waited
    boolean unblock(Session session, boolean withError) {
        Waiter waiter = waiters.of(session);
        if (waiter == null) return false;
        if (!withError) {
            endInVain(waiter);
            return true;
        }
        woken.clear();
        woken.append("-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
        waitedInVain(waiter, true);
        return true;
    }
}
