package dev.cinnabar.command;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Store;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One command being run: its arguments, the databases, the reply, and the outbox in which the body says what it changed.
///
/// A call belongs to an executor and is used for one command after the other; everything it lends is valid until the body returns.
public final class Call implements Arguments {
    private static final Map<Integer, byte[]> AS_IT_IS = Map.of();

    /// What [#event] answers for a change that is told to nobody.
    public static final String NO_EVENT = "";

    /*
     * The outbox. A body says `changed(key, "set")`, and perhaps what the log is to remember instead of the command. It does nothing
     * by itself: the engine reads it after the body has returned, wakes watchers, sends notifications, writes the log. A body that
     * fails half-way leaves nothing behind.
     *
     * What happened beside, while the body ran, stands between its changes: a key expired when it was asked for, was made, was not
     * there. These *notices* are for keyspace notifications only, which shall come in the order in which things happened.
     *
     *   SPOP k   →   change k spop | change k del            SET k v   →   notice k new | change k set
     */

    private static final Bytes[] NO_ARGUMENTS = {};
    private static final byte[] NOTHING = {};

    /// Room for more than so many changes or effects is given back.
    static final int MOST_KEPT = 1024;

    private static final byte[] REDACTED = "(redacted)".getBytes(StandardCharsets.US_ASCII);

    private final Store store;
    private final Clock clock;
    private final Randomness randomness;
    private final Limits limits;
    private final Reply reply = new Reply();
    private final Effects effects = new Effects();

    private @Nullable Object caller;
    private @Nullable CommandSpec spec;
    private Bytes[] argv = NO_ARGUMENTS;
    private int argc;
    private int dbIndex;

    private int changes;
    private Bytes[] changedKeys = {new Bytes(), new Bytes()};
    private String[] events = new String[2];
    private char[] eventClasses = new char[2];
    private int[] changedDbs = new int[2];
    private boolean[] areNotices = new boolean[2];
    private boolean[] areUnwatched = new boolean[2];
    private long dirty;
    private boolean isLogged;
    private boolean usesEffects;
    private boolean mayWait;
    private boolean isWaiting;
    private boolean isDecided;
    private boolean hasWaited;
    private boolean mustObey;
    private int waitsFirst;
    private int waitsLast;
    private long waitsMs;
    private long waitsAgainMs = Long.MAX_VALUE;
    private boolean waitsNilIsArray;
    private boolean waitsForNoKey;
    private boolean waitsForOneOf;
    private Map<Integer, byte[]> waitsWith = AS_IT_IS;
    private boolean isTimeOver;
    private boolean touches = true;
    private long hits;
    private long misses;

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
        this.caller = caller;
        this.dbIndex = dbIndex;
        this.argc = argc;
        this.argv = argv;
        reply.to(out, isResp3);
        clearOutbox();
    }

    /// Says which command the arguments were found to mean. The engine's.
    public void spec(CommandSpec spec) {
        this.spec = spec;
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
        if (touches) db.touch(address);
        return address;
    }

    /// The address of a key that is about to be changed, or 0. Notes that the key is used, also when it turns out that there is nothing to
    /// change. What replaces a whole value ([Database#setString] and its kin) does so by itself.
    public long lookupWrite(Bytes key) {
        return lookupWrite(store.database(dbIndex), key);
    }

    /// The same in a database that need not be the selected one.
    public long lookupWrite(Database db, Bytes key) {
        long address = db.lookup(key);
        if (address != 0 && touches) db.touch(address);
        return address;
    }

    /// The same as [#lookupRead] for a command that asks about a key without using it, such as TTL.
    public long lookupUntouched(Bytes key) {
        long address = store.database(dbIndex).lookup(key);
        if (address == 0) missed(key);
        else hits++;
        return address;
    }

    /// The same as [#lookupRead] for OBJECT, which looks at a key from outside: a miss is counted, but no event.
    public long lookupFromOutside(Bytes key) {
        long address = store.database(dbIndex).lookup(key);
        if (address == 0) misses++;
        else hits++;
        return address;
    }

    private void missed(Bytes key) {
        misses++;
        if (limits.tellsMisses) notice(dbIndex, key, "keymiss", 'm');
    }

    /// Whether what the client does counts as use of a key (CLIENT NO-TOUCH says they do not). The engine's.
    public void touches(boolean touches) {
        this.touches = touches;
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

    // ---- waiting ----

    /// Says that there is nothing to answer yet: the command is run again, from the top, whenever one of these keys has changed. Nothing may
    /// have changed before. Where nobody can wait (in a transaction, in a script) the answer is nil at once.
    ///
    /// @param first      the index of the first key among the arguments
    /// @param last       of the last one
    /// @param timeoutMs  how long to wait, in milliseconds; 0 for ever
    /// @param nilIsArray what is answered when the time is over: a nil array or a plain nil
    public Reply waitForKeys(int first, int last, long timeoutMs, boolean nilIsArray) {
        if (!mayWait) return nilIsArray ? reply.nilArray() : reply.nil();
        isWaiting = true;
        waitsFirst = first;
        waitsLast = last;
        waitsMs = timeoutMs;
        waitsNilIsArray = nilIsArray;
        return reply;
    }

    /// The same for a call that takes what it wants from one of the keys, as BLPOP does: from the one that got something first, not from the
    /// one that is named first. So when it is run again, the key that has changed stands in the places of all.
    public Reply waitForOneOf(int first, int last, long timeoutMs, boolean nilIsArray) {
        waitsForOneOf = mayWait;
        return waitForKeys(first, last, timeoutMs, nilIsArray);
    }

    /// The engine's.
    public boolean waitsForOneOf() {
        return waitsForOneOf;
    }

    /// Says that there is nothing to answer yet, and that no key will tell when there is: the command is run again, from the top, now and then,
    /// and a last time when its time is over ([#isTimeOver]); then it has to answer. Only where [#mayWait].
    ///
    /// @param timeoutMs how long to wait, in milliseconds; 0 for ever
    /// @param againMs   when to look again, in milliseconds from now, more than 0
    public Reply waitForNoKey(long timeoutMs, long againMs) {
        isWaiting = true;
        waitsFirst = 1;
        waitsLast = 0;
        waitsMs = timeoutMs;
        waitsForNoKey = true;
        waitUntil(clock.wallMs() + againMs);
        return reply;
    }

    /// Whether this is the last time that a call is run which [waits for no key][#waitForNoKey].
    public boolean isTimeOver() {
        return isTimeOver;
    }

    /// The engine's.
    public void isTimeOver(boolean isTimeOver) {
        this.isTimeOver = isTimeOver;
    }

    /// The engine's.
    public boolean waitsForNoKey() {
        return waitsForNoKey;
    }

    /// Whether [#waitForKeys] makes the client wait, and not answer nil.
    public boolean mayWait() {
        return mayWait;
    }

    /// Says that a call which waits is to be run again at a certain time, too: when it may be answered then though no key has changed.
    ///
    /// @param atMs in ms since 1970, later than now
    public void waitUntil(long atMs) {
        waitsAgainMs = Math.min(waitsAgainMs, atMs);
    }

    /// The engine's.
    public long waitsAgainMs() {
        return waitsAgainMs;
    }

    /// Whether this is a call that has waited and is run again.
    public boolean hasWaited() {
        return hasWaited;
    }

    /// The engine's.
    public void hasWaited(boolean hasWaited) {
        this.hasWaited = hasWaited;
    }

    /// Whether the command comes from the log: it was checked when it was written, and what it says is to be done in full.
    public boolean mustObey() {
        return mustObey;
    }

    /// The engine's.
    public void mustObey(boolean mustObey) {
        this.mustObey = mustObey;
    }

    /// Puts another word in the place of an argument for the time when this call, which waits, is run again (`XREAD … $`).
    public void waitWith(int index, byte[] word) {
        if (waitsWith == AS_IT_IS) waitsWith = new HashMap<>();
        waitsWith.put(index, word);
    }

    /// The engine's: the words that take the place of arguments, by their index.
    public Map<Integer, byte[]> waitsWith() {
        return waitsWith;
    }

    /// Says that the answer stands, even if it is that a key is of another type: it is not one that the call waits for.
    public void decided() {
        isDecided = true;
    }

    /// The engine's.
    public boolean isDecided() {
        return isDecided;
    }

    /// The engine's.
    public void mayWait(boolean mayWait) {
        this.mayWait = mayWait;
    }

    /// Whether the body said that it waits. The engine's, as the following.
    public boolean isWaiting() {
        return isWaiting;
    }

    public int waitsFirst() {
        return waitsFirst;
    }

    public int waitsLast() {
        return waitsLast;
    }

    public long waitsMs() {
        return waitsMs;
    }

    public boolean waitsNilIsArray() {
        return waitsNilIsArray;
    }

    // ---- the outbox ----

    /// Says that a key of the selected database was changed, removed or made.
    ///
    /// @param event the name of the keyspace event, of the class of the command's group
    public void changed(Bytes key, String event) {
        changed(dbIndex, key, event, spec().group().eventClass());
    }

    /// The same where Redis tells nobody: watchers are woken and the log is written, but there is no event.
    public void changedUntold(Bytes key) {
        changed(key, NO_EVENT);
    }

    /// The same for an event of class `g`: `del`, `expire`, `rename_to` and the like.
    public void changedGeneric(Bytes key, String event) {
        changed(dbIndex, key, event, Group.GENERIC.eventClass());
    }

    /// The same for a key of any database and an event of any class.
    public void changed(int db, Bytes key, String event, char eventClass) {
        put(db, key.array(), key.offset(), key.length(), event, eventClass, false);
        dirty++;
        isLogged = true;
    }

    /// The same for a change that WATCH takes no notice of, as in Redis: of a stream's groups and counters and not of its entries.
    public void changedUnwatched(Bytes key, String event) {
        changed(key, event);
        areUnwatched[changes - 1] = true;
    }

    /// Notes an event of keyspace notifications that is not a change by the command, in its place among the changes. The key is copied.
    /// The engine's, and only called when notifications are on.
    public void notice(int db, Bytes key, String event, char eventClass) {
        put(db, key.copy(), 0, key.length(), event, eventClass, true);
    }

    private void put(int db, byte[] key, int offset, int length, String event, char eventClass, boolean isNotice) {
        if (changes == changedKeys.length) resizeOutbox(2 * changes);
        changedKeys[changes].set(key, offset, length);
        events[changes] = event;
        eventClasses[changes] = eventClass;
        areNotices[changes] = isNotice;
        areUnwatched[changes] = false;
        changedDbs[changes++] = db;
    }

    /// Says that this many changes more were made than keys were named, or, where no key was named, that there were some at all.
    public void dirty(long count) {
        dirty += count;
        isLogged = true;
    }

    /// What the log is to remember instead of the command; see [Effects]. Without a call of this it is the command itself.
    public Effects effects() {
        if (!usesEffects) {
            usesEffects = true;
            effects.clear();
        }
        return effects;
    }

    /// Whether [#effects()] are to be written down from now on: not where no log will read them.
    public void keepsEffects(boolean keeps) {
        effects.kept(keeps);
    }

    /// Puts the entries from one [#changes()] to a later one behind all others: for a body that does first, because it may be refused, what
    /// counts as done second.
    public void putLast(int from, int to) {
        for (int i = to; i > from; i--) {
            for (int k = i - 1; k < changes - 1 - (to - i); k++) swap(k, k + 1);
        }
    }

    private void swap(int i, int k) {
        Bytes key = changedKeys[i];
        String event = events[i];
        char eventClass = eventClasses[i];
        int db = changedDbs[i];
        boolean isNotice = areNotices[i];
        boolean isUnwatched = areUnwatched[i];
        changedKeys[i] = changedKeys[k];
        events[i] = events[k];
        eventClasses[i] = eventClasses[k];
        changedDbs[i] = changedDbs[k];
        areNotices[i] = areNotices[k];
        areUnwatched[i] = areUnwatched[k];
        changedKeys[k] = key;
        events[k] = event;
        eventClasses[k] = eventClass;
        changedDbs[k] = db;
        areNotices[k] = isNotice;
        areUnwatched[k] = isUnwatched;
    }

    private void resizeOutbox(int n) {
        int before = changedKeys.length;
        changedKeys = Arrays.copyOf(changedKeys, n);
        for (int i = before; i < n; i++) changedKeys[i] = new Bytes();
        events = Arrays.copyOf(events, n);
        eventClasses = Arrays.copyOf(eventClasses, n);
        changedDbs = Arrays.copyOf(changedDbs, n);
        areNotices = Arrays.copyOf(areNotices, n);
        areUnwatched = Arrays.copyOf(areUnwatched, n);
    }

    /// Empties the outbox. The engine's.
    public void clearOutbox() {
        changes = 0;
        isWaiting = false;
        isDecided = false;
        hasWaited = false;
        waitsForNoKey = false;
        waitsForOneOf = false;
        if (waitsWith != AS_IT_IS)
            waitsWith = AS_IT_IS; // speed only: to store a reference costs a barrier of the collector
        isTimeOver = false;
        waitsAgainMs = Long.MAX_VALUE;
        mustObey = false;
        dirty = 0;
        isLogged = false;
        usesEffects = false;
    }

    /// Forgets the words of the last commands and what was made of them, and gives back what has grown large. The engine's.
    public void letGo() {
        argv = NO_ARGUMENTS;
        clearOutbox();
        effects.letGo();
        if (changedKeys.length > MOST_KEPT) resizeOutbox(2);
        for (Bytes key : changedKeys) key.set(NOTHING, 0, 0);
    }

    /// Whether an entry of the outbox is a notice, and no change.
    public boolean isNotice(int i) {
        return areNotices[i];
    }

    /// Whether it is a change for those who watch the key.
    public boolean isWatched(int i) {
        return !areNotices[i] && !areUnwatched[i];
    }

    /// How many entries there are: keys that were said to be changed, and notices.
    public int changes() {
        return changes;
    }

    public Bytes changedKey(int i) {
        return changedKeys[i];
    }

    public int changedDb(int i) {
        return changedDbs[i];
    }

    public String event(int i) {
        return events[i];
    }

    public char eventClass(int i) {
        return eventClasses[i];
    }

    /// How many changes were made, for `rdb_changes_since_last_save`.
    public long dirty() {
        return dirty;
    }

    /// Whether the log is to remember anything.
    public boolean isLogged() {
        return isLogged;
    }

    /// Whether the log is to remember [#effects()] instead of the command.
    public boolean usesEffects() {
        return usesEffects;
    }
}
