package dev.cinnabar.command;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Store;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One command being run: its arguments, the databases, the reply, and the [Outbox] in which the body says
/// what it changed.
///
/// A call belongs to an executor and is used for one command after the other; everything it lends is valid
/// until the body returns.
public final class Call implements Arguments {
    /// The name of an event that is told to nobody.
    public static final String NO_EVENT = "";

    private static final Map<Integer, byte[]> AS_IT_IS = Map.of();
    private static final Bytes[] NO_ARGUMENTS = {};
    private static final byte[] REDACTED = "(redacted)".getBytes(StandardCharsets.US_ASCII);

    private final Store store;
    private final Clock clock;
    private final Randomness randomness;
    private final Limits limits;
    private final Reply reply = new Reply();
    private final Outbox outbox = new Outbox();

    private @Nullable Object caller;
    private @Nullable CommandSpec spec;
    private Bytes[] argv = NO_ARGUMENTS;
    private int argc;
    private int dbIndex;

    private boolean mustObey;
    private long hits;
    private long misses;

    private boolean mayWait;
    private boolean hasWaited;
    private boolean isTimeOver;
    private boolean isDecided;
    private @Nullable Waiting waiting; // null while the body has not said that it waits
    private long againMs = Long.MAX_VALUE;
    private Wish wish = Wish.ANY_CHANGE;
    private Map<Integer, byte[]> wordsAgain = AS_IT_IS;

    /// @param limits settings that bodies look at
    public Call(Store store, Clock clock, Randomness randomness, Limits limits) {
        this.store = store;
        this.clock = clock;
        this.randomness = randomness;
        this.limits = limits;
    }

    /// Points the call at the next command. The engine's.
    ///
    /// @param caller the engine's session
    public void begin(Object caller, int dbIndex, int argc, Bytes[] argv, ByteBuilder out, boolean isResp3) {
        // speed only, here and below: to store a reference costs a barrier of the collector
        if (this.caller != caller) this.caller = caller;
        if (this.argv != argv) this.argv = argv;
        this.dbIndex = dbIndex;
        this.argc = argc;
        reply.to(out, isResp3);
        outbox.clear();
        forgetWaiting();
    }

    private void forgetWaiting() {
        hasWaited = false;
        isTimeOver = false;
        isDecided = false;
        againMs = Long.MAX_VALUE;
        if (waiting != null) waiting = null;
        if (wish != Wish.ANY_CHANGE) wish = Wish.ANY_CHANGE;
        if (wordsAgain != AS_IT_IS) wordsAgain = AS_IT_IS;
    }

    /// Forgets the words of the last commands and what was made of them, and gives back what has grown large.
    /// The engine's.
    public void letGo() {
        argv = NO_ARGUMENTS;
        forgetWaiting();
        outbox.letGo();
    }

    /// Says which command the arguments were found to mean. The engine's.
    public void spec(CommandSpec spec) {
        if (this.spec != spec) this.spec = spec;
    }

    // ---- arguments ----

    @Override
    public int argc() {
        return argc;
    }

    @Override
    public Bytes arg(int index) {
        return argv[index];
    }

    /// All arguments, for those who pass them on; more may lie behind [#argc()].
    public Bytes[] argv() {
        return argv;
    }

    /// An argument that is a key.
    public Bytes key(int index) {
        return argv[index];
    }

    /// Hides a secret among the arguments, once it has been used: the slow log and MONITOR see `(redacted)`.
    public void redact(int index) {
        argv[index].set(REDACTED, 0, REDACTED.length);
    }

    /// Whether the argument is this word, in any case; the word in upper case.
    public boolean is(int index, String word) {
        return argv[index].isWord(word);
    }

    /// @throws Refusal when the argument is no whole number of 64 bits
    public long longArg(int index) {
        Bytes text = argv[index];
        if (!Numbers.isLong(text)) throw Errors.NOT_AN_INTEGER;
        return Numbers.parse(text);
    }

    /// @throws Refusal when the argument is no whole number of 64 bits, or outside the range
    public long longArg(int index, long min, long max, String error) {
        Bytes text = argv[index];
        long value = Numbers.isLong(text) ? Numbers.parse(text) : Long.MIN_VALUE;
        if (!Numbers.isLong(text) || value < min || value > max) throw new Refusal(error);
        return value;
    }

    /// The facts of the command that is run.
    public CommandSpec spec() {
        CommandSpec s = spec;
        if (s == null) throw new IllegalStateException("no command is being run");
        return s;
    }

    /// Who called: the engine's session.
    public Object caller() {
        Object c = caller;
        if (c == null) throw new IllegalStateException("no command is being run");
        return c;
    }

    // ---- what a body needs ----

    public Reply reply() {
        return reply;
    }

    /// The database that the client selected.
    public Database db() {
        return store.database(dbIndex);
    }

    /// The address of a key that is read, or 0. Counts a hit or a miss and notes that the key is used.
    public long lookupRead(Bytes key) {
        Database db = store.database(dbIndex);
        long address = db.lookup(key);
        if (address == 0) {
            missed(key);
            return 0;
        }
        hits++;
        if (store.moment().touches) db.touch(address);
        return address;
    }

    /// The address of a key that is about to be changed, or 0. Notes that the key is used, also when it turns
    /// out that there is nothing to change. What replaces a whole value ([Database#setString] and its kin)
    /// does so by itself.
    public long lookupWrite(Bytes key) {
        return lookupWrite(store.database(dbIndex), key);
    }

    /// The same in a database that need not be the selected one.
    public long lookupWrite(Database db, Bytes key) {
        long address = db.lookup(key);
        if (address != 0 && store.moment().touches) db.touch(address);
        return address;
    }

    /// The same as [#lookupRead] for a command that asks about a key without using it, such as TTL.
    public long lookupUntouched(Bytes key) {
        long address = store.database(dbIndex).lookup(key);
        if (address == 0) missed(key);
        else hits++;
        return address;
    }

    /// The same as [#lookupRead] for OBJECT, which looks at a key from outside: a miss is counted, but no
    /// event.
    public long lookupFromOutside(Bytes key) {
        long address = store.database(dbIndex).lookup(key);
        if (address == 0) misses++;
        else hits++;
        return address;
    }

    private void missed(Bytes key) {
        misses++;
        if (limits.tellsMisses) outbox.notice(dbIndex, key, "keymiss", 'm');
    }

    /// Says whether what the client does counts as use of a key (CLIENT NO-TOUCH says it does not): in all
    /// databases, until the next call begins. The engine's.
    public void touches(boolean touches) {
        store.moment().touches = touches;
    }

    /// Reads that found their key, for `keyspace_hits`.
    public long hits() {
        return hits;
    }

    /// Reads that did not, for `keyspace_misses`.
    public long misses() {
        return misses;
    }

    /// Begins both counts anew.
    public void resetHits() {
        hits = 0;
        misses = 0;
    }

    public int dbIndex() {
        return dbIndex;
    }

    public Store store() {
        return store;
    }

    /// The time that all commands of this batch see, in ms since 1970.
    public long nowMs() {
        return store.moment().nowMs();
    }

    public Clock clock() {
        return clock;
    }

    public Randomness randomness() {
        return randomness;
    }

    public Limits limits() {
        return limits;
    }

    /// Whether the command comes from the log: it was checked when it was written, and what it says is to be
    /// done in full.
    public boolean mustObey() {
        return mustObey;
    }

    /// Whether a string may not become so long (`proto-max-bulk-len`). What comes from the log was within the
    /// limit that held then.
    ///
    /// @param length in bytes
    public boolean isTooLong(long length) {
        return length > limits.maxBulkBytes && !mustObey;
    }

    /// The engine's.
    public void mustObey(boolean mustObey) {
        this.mustObey = mustObey;
    }

    // ---- waiting ----

    /// Says that there is nothing to answer yet: the command is run again, from the top, whenever one of
    /// these keys has changed. Nothing may have changed before. Where nobody can wait (in a transaction, in a
    /// script) the answer is nil at once.
    ///
    /// @param first      the index of the first key among the arguments
    /// @param last       of the last one
    /// @param timeoutMs  how long to wait, in milliseconds; 0 for ever
    /// @param nilIsArray what is answered when the time is over: a nil array or a plain nil
    public Reply waitForKeys(int first, int last, long timeoutMs, boolean nilIsArray) {
        return waitForKeys(first, last, false, timeoutMs, nilIsArray);
    }

    /// The same for a call that takes what it wants from one of the keys, as BLPOP does: from the one that
    /// got something first, not from the one that is named first. So when it is run again, the key that has
    /// changed stands in the places of all.
    ///
    /// @param what it waits for, as by [#waitFor]
    public Reply waitForOneOf(Wish what, int first, int last, long timeoutMs, boolean nilIsArray) {
        waitFor(what);
        return waitForKeys(first, last, true, timeoutMs, nilIsArray);
    }

    private Reply waitForKeys(int first, int last, boolean isForOneOf, long timeoutMs, boolean nilIsArray) {
        if (!mayWait) return nilIsArray ? reply.nilArray() : reply.nil();
        waiting = new Waiting(first, last, isForOneOf, timeoutMs, nilIsArray, againMs, wish, wordsAgain);
        return reply;
    }

    /// Says that there is nothing to answer yet, and that no key will tell when there is: the command is run
    /// again, from the top, now and then, and a last time when its time is over ([#isTimeOver]); then it has
    /// to answer. Only where [#mayWait].
    ///
    /// @param timeoutMs how long to wait, in milliseconds; 0 for ever
    /// @param againMs   when to look again, in milliseconds from now, more than 0
    public Reply waitForNoKey(long timeoutMs, long againMs) {
        waiting = new Waiting(1, 0, false, timeoutMs, false, clock.wallMs() + againMs, Wish.ANY_CHANGE, AS_IT_IS);
        return reply;
    }

    /// Says, before [#waitForKeys], that the call is to be run again at a certain time, too: when it may be
    /// answered then though no key has changed.
    ///
    /// @param atMs in ms since 1970, later than now
    public void waitUntil(long atMs) {
        againMs = Math.min(againMs, atMs);
    }

    /// Says, before [#waitForKeys], what the call waits for: a change of a key that does not bring it does
    /// not run the call again.
    public void waitFor(Wish wish) {
        this.wish = wish;
    }

    /// Says, before [#waitForKeys], which word takes the place of an argument when the call is run again
    /// (`XREAD … $`).
    public void waitWith(int index, byte[] word) {
        if (wordsAgain == AS_IT_IS) wordsAgain = new HashMap<>();
        wordsAgain.put(index, word);
    }

    /// Says that the answer stands, even if it is that a key is of another type: it is not one that the call
    /// waits for.
    public void decided() {
        isDecided = true;
    }

    /// Whether [#waitForKeys] makes the client wait, and not answer nil.
    public boolean mayWait() {
        return mayWait;
    }

    /// Whether this is a call that has waited and is run again.
    public boolean hasWaited() {
        return hasWaited;
    }

    /// Whether this is the last time that a call is run which [waits for no key][#waitForNoKey].
    public boolean isTimeOver() {
        return isTimeOver;
    }

    // ---- waiting, the engine's side ----

    public void mayWait(boolean mayWait) {
        this.mayWait = mayWait;
    }

    /// Says that this call has waited and is run again.
    ///
    /// @param isTimeOver whether for the last time
    public void runsAgain(boolean isTimeOver) {
        this.hasWaited = true;
        this.isTimeOver = isTimeOver;
    }

    /// Whether the body said that it waits.
    public boolean isWaiting() {
        return waiting != null;
    }

    /// Takes back that it waits: its body has failed after it said so.
    public void waitsNot() {
        waiting = null;
    }

    /// How it waits; null when it does not.
    public @Nullable Waiting waiting() {
        return waiting;
    }

    /// Whether the body said that its answer stands.
    public boolean isDecided() {
        return isDecided;
    }

    // ---- the outbox ----

    /// Says that a key of the selected database was changed, removed or made.
    ///
    /// @param event the name of the keyspace event, of the class of the command's group
    public void changed(Bytes key, String event) {
        changed(key, event, 1);
    }

    /// The same for several changes of the key at once, which are one event.
    ///
    /// @param count how many, for `rdb_changes_since_last_save`
    public void changed(Bytes key, String event, long count) {
        outbox.changed(dbIndex, key, event, spec().group().eventClass(), count);
    }

    /// The same where Redis tells nobody: watchers are woken and the log is written, but there is no event.
    public void changedUntold(Bytes key) {
        changed(key, NO_EVENT);
    }

    /// The same for an event of class `g`: `del`, `expire`, `rename_to` and the like.
    public void changedGeneric(Bytes key, String event) {
        changed(dbIndex, key, event, Group.GENERIC.eventClass(), 1);
    }

    /// The same for what a change brings with it, which is not counted once more: a collection that was
    /// emptied is gone, a value that was set has a time.
    public void alsoChanged(Bytes key, String event) {
        changed(dbIndex, key, event, Group.GENERIC.eventClass(), 0);
    }

    /// The same for a key of any database and an event of any class.
    public void changed(int db, Bytes key, String event, char eventClass, long count) {
        outbox.changed(db, key, event, eventClass, count);
    }

    /// The same for a change that WATCH takes no notice of, as in Redis: of a stream's groups and counters
    /// and not of its entries. Who waits for the key is run again.
    public void changedUnwatched(Bytes key, String event) {
        changedUnwatched(key, event, 1);
    }

    /// The same for several at once.
    public void changedUnwatched(Bytes key, String event, long count) {
        outbox.changedUnwatched(dbIndex, key, event, spec().group().eventClass(), count);
    }

    /// The same for one that cannot help those who wait for the key either: they are left alone. Readers of a
    /// stream may be many, and each of them makes its consumer.
    public void changedUnawaited(Bytes key, String event) {
        outbox.changedUnawaited(dbIndex, key, event, spec().group().eventClass(), 1);
    }

    /// Says that changes were made that belong to no key, or to one that was named; the log remembers the
    /// command even if there were none.
    public void dirty(long count) {
        outbox.dirty(count);
    }

    /// What the log is to remember instead of the command; see [Effects]. Without a call of this it is the
    /// command itself.
    public Effects effects() {
        return outbox.effects();
    }

    /// What was said so far.
    public Outbox outbox() {
        return outbox;
    }
}
