package dev.cinnabar.engine;

import dev.cinnabar.base.Clock;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Flag;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How long commands take: for INFO, LATENCY and the slow log.
///
/// To read the clock costs more than to find a key. So one reading ends a command and begins the next one of
/// its batch; and where a pipeline has the same quick command many times in succession, up to 16 of them are
/// timed together, as a *row*. How many there were and how long they took in sum is exact in every case. Of a
/// row, all but the slowest are taken to be equal, and which one was the slowest is not known. What comes from
/// a log when it is loaded is slow for nobody, as in Redis: neither the slow log nor the monitor hears of it.
///
/// Touched only under the engine's lock. `docs/decisions/0086-rows-of-quick-commands.md`
final class CommandTimes {
    /*
     *    MSET         GET     GET  GET  GET  GET  GET     INCR
     *    ───────────▌ ──────▌ ──────────────────────▌ ───────▌      ▌ the clock is read
     *    alone        alone   a row of five               alone
     *
     * Nobody sees a row that is not over: it ends with the batch, and before another command is run, such as
     * the one that asks.
     */
    static final int MOST_IN_ROW = 16;

    /// Who takes so long, in nanoseconds, is followed by no row.
    static final long QUICK_NS = 20_000;

    /// A slow log that is to hold what takes less is told of each command alone.
    static final long ROWS_FROM_MICROS = 1_000;

    /// A call of more words, or with a longer answer, has more to do than the one before it.
    static final int MOST_WORDS = 5;

    static final int MOST_REPLY_BYTES = 1024;

    private final Engine engine;
    private final Clock clock;
    private final Settings settings;
    private long lastNanos; // when the last command of this batch ended, or the last before this row

    // what the next command may continue
    private @Nullable CommandEntry last; // null when it may not
    private @Nullable Session lastSession;
    private long lastTook;
    private int inRow;
    private boolean continues; // the command that runs is of the row

    CommandTimes(Engine engine) {
        this.engine = engine;
        this.clock = engine.clock();
        this.settings = engine.settings();
    }

    /// A batch begins.
    void beginBatch() {
        endBatch(); // of somebody whose command began this one
        lastNanos = clock.nanos();
    }

    /// A batch is over.
    void endBatch() {
        if (inRow > 0) endRow();
        last = null;
        continues = false;
    }

    /// A command is about to run.
    ///
    /// @param isInner whether EXEC runs it
    /// @return when it began, for [#ended]; in nanoseconds of the engine's clock
    long begin(CommandEntry entry, Call call, Session session, boolean isInner) {
        if (isInner) return clock.nanos();
        continues = entry == last && session == lastSession && call.argc() <= MOST_WORDS;
        if (inRow > 0 && !continues) endRow();
        return lastNanos;
    }

    /// The command has run to its end.
    ///
    /// @param start where its reply begins
    /// @param began what [#begin] answered
    void ended(CommandEntry entry, Call call, Session session, int start, long began, boolean isInner) {
        boolean hasFailed = call.reply().errors() > 0;
        engine.statistics().countCall(entry, hasFailed, call.reply().out(), start);
        if (continues && !isInner) {
            boolean isLong = call.reply().out().length() - start > MOST_REPLY_BYTES;
            if (++inRow == MOST_IN_ROW || isLong) endRow();
            return;
        }
        long ended = clock.nanos();
        if (!isInner) lastNanos = ended;
        long nanos = ended - began;
        entry.ran(nanos, settings.tracksLatency);
        if (session.origin() != Session.Origin.REPLAY) noteIfSlow(entry, session, nanos, call, 1);
        if (!isInner) beginRow(entry, session, nanos);
    }

    /// @param call  null for one of a row
    /// @param calls of the row
    private void noteIfSlow(CommandEntry entry, Session session, long nanos, @Nullable Call call, int calls) {
        long micros = nanos / 1000;
        if (settings.slowerThanMicros >= 0 && micros >= settings.slowerThanMicros && !entry.is(Flag.SKIP_SLOWLOG)) {
            List<byte[]> words = call == null ? SlowLog.words(entry.fullName(), calls) : SlowLog.words(call);
            engine.slowLog().add(settings.slowLogLength, engine.store().moment().nowMs(), micros, words, session);
        }
        engine.noteLatency(entry.is(Flag.FAST) ? "fast-command" : "command", nanos);
    }

    // ---- rows ----

    /// Lets what is the same as this command, which ran alone, be timed in rows from now on, if it is quick.
    private void beginRow(CommandEntry entry, Session session, long took) {
        boolean mayContinue = took < QUICK_NS
                && entry.is(Flag.FAST)
                && session.origin() == Session.Origin.NETWORK
                && (settings.slowerThanMicros < 0 || settings.slowerThanMicros >= ROWS_FROM_MICROS);
        CommandEntry next = mayContinue ? entry : null;
        if (last != next) last = next; // speed only, here and below: to store a reference costs a barrier
        if (lastSession != session) lastSession = session;
        lastTook = took;
    }

    private void endRow() {
        CommandEntry entry = last;
        Session session = lastSession;
        if (entry == null || session == null) throw new IllegalStateException("there is no row");
        int calls = inRow;
        inRow = 0;
        long ended = clock.nanos();
        long nanos = ended - lastNanos;
        lastNanos = ended;
        // what holds a row up holds up one of its commands, as a rule; the others took as long as the one before them
        long usual = Math.min(lastTook, nanos / calls);
        long slowest = nanos - usual * (calls - 1);
        entry.ran(calls, usual, slowest, settings.tracksLatency);
        noteIfSlow(entry, session, slowest, null, calls);
        if (slowest >= QUICK_NS) last = null;
    }
}
