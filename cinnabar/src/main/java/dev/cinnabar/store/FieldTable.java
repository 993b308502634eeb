package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.Dict;
import dev.cinnabar.struct.ExpiryWheel;
import org.jspecify.annotations.Nullable;

/// The fields of a large hash: members, some of which may have an expiry time, and which of them go next.
final class FieldTable extends Members {
    /*
     * The due fields of a table of up to some hundred are found by looking at all of them: a few
     * microseconds, no memory. In a larger one they hang in a timing wheel of the table's own, which costs 6
     * KiB, the price of a hundred fields, and hands over what is due in steps.
     *
     * `nextMs` is when to look again: no volatile field goes earlier, to the tick of the wheel. It may be too
     * early, when the field it was meant for has gone or stays longer; whoever looks then finds nothing and
     * sets it anew.
     */

    /// Is told of a field that is about to be taken out.
    interface Told {
        void field(Bytes name);
    }

    private static final int WALKED = 512; // fields; up to so many there is no wheel
    private static final int WALKED_FOR_ONE = 16; // fields that cost about as much to look at as one to take out
    private static final long NEVER = Long.MAX_VALUE;
    private static final long AT_ONCE = 0;

    private final Pages pages;
    private final Randomness randomness;
    private final Moment moment;
    private final Bytes name = new Bytes();
    private @Nullable ExpiryWheel wheel;
    private long volatiles;
    private long nextMs = NEVER;
    private int expired; // in the last go

    FieldTable(Pages pages, Randomness randomness, Moment moment) {
        super(pages, randomness);
        this.pages = pages;
        this.randomness = randomness;
        this.moment = moment;
    }

    @Override
    public FieldTable copy() {
        FieldTable copy = copyTo(new FieldTable(pages, randomness, moment));
        copy.added();
        return copy;
    }

    @Override
    public long bytes() {
        return super.bytes() + (wheel == null ? 0 : ExpiryWheel.BYTES);
    }

    boolean hasVolatile() {
        return volatiles > 0;
    }

    /// When to look for due fields, in ms since 1970, or [Database#NO_EXPIRY] when no field is volatile.
    long nextMs() {
        return volatiles == 0 ? Database.NO_EXPIRY : nextMs;
    }

    // ---- coming and going ----

    /// A field has come. A table that some fields will leave by themselves, and that has become too large to
    /// be looked at whole, gets its wheel then, and not when there are a million fields to look through.
    void added() {
        if (wheel == null && volatiles > 0 && size() > WALKED) fillWheel();
    }

    @Override
    void arriving(long address) {
        volatiles++;
        nextMs = Math.min(nextMs, expiryMs(address));
        if (wheel == null && volatiles == 1 && size() > WALKED) wheel = newWheel();
        ExpiryWheel w = wheel;
        if (w != null) w.add(address);
    }

    @Override
    void leaving(long address) {
        ExpiryWheel w = wheel;
        if (w != null) w.remove(address);
        if (--volatiles > 0) return;
        dropWheel();
        nextMs = NEVER;
    }

    @Override
    void moved(long to) {
        ExpiryWheel w = wheel;
        if (w != null) w.moved(to);
    }

    private void fillWheel() {
        ExpiryWheel made = newWheel();
        if (made != null) forEachVolatile(made::add);
        wheel = made;
    }

    /// @return null when there is no memory for a wheel. Then all fields are looked at, as in a small table:
    ///         slower, not wrong
    private @Nullable ExpiryWheel newWheel() {
        try {
            pages.countExtra(ExpiryWheel.BYTES);
        } catch (OutOfMemory e) {
            return null;
        }
        return new ExpiryWheel(pages, moment.nowMs(), moment.isExact);
    }

    private void dropWheel() {
        if (wheel == null) return;
        wheel = null;
        pages.uncountExtra(ExpiryWheel.BYTES);
    }

    @Override
    public boolean drain(int buckets) {
        dropWheel();
        return super.drain(buckets);
    }

    private void forEachVolatile(Dict.Visitor visitor) {
        long position = 0;
        do {
            position = scan(position, address -> {
                if (isVolatile(address)) visitor.visit(address);
            });
        } while (position != 0);
    }

    // ---- expiry ----

    /// Takes out fields whose time is over; [#expired()] says how many.
    ///
    /// @param most how many records to touch at the most
    /// @return how many were touched, or what the work amounts to
    int expire(int most, Told told) {
        try {
            return expireSome(most, told);
        } finally {
            name.letGo();
        }
    }

    private int expireSome(int most, Told told) {
        ExpiryWheel w = wheel;
        expired = 0;
        if (w == null) {
            walk(most, told);
            added(); // there may be memory for a wheel now; not before, for a new wheel's first tick is not over
            return expired + (int) (size() / WALKED_FOR_ONE);
        }
        int left = w.advance(moment.nowMs(), most, address -> {
            volatiles--;
            expired++;
            name(address);
            told.field(name);
            find(name);
            removeUnlinked(address);
        });
        if (volatiles == 0) {
            dropWheel();
            nextMs = NEVER;
        } else {
            // a moment before the tick at which the wheel has something to do is over: whoever is woken then has not missed it
            long in = w.nextInMs(moment.nowMs(), Integer.MAX_VALUE);
            nextMs = in == 0 ? AT_ONCE : moment.nowMs() + in - 1;
        }
        return most - left;
    }

    /// How many fields the last [#expire] took out.
    int expired() {
        return expired;
    }

    private void walk(int most, Told told) {
        long[] due = new long[(int) Math.min(most, volatiles)];
        long[] next = {NEVER};
        forEachVolatile(address -> {
            if (expiryMs(address) < moment.nowMs() && expired < due.length) due[expired++] = address;
            else next[0] = Math.min(next[0], expiryMs(address));
        });
        for (int i = 0; i < expired; i++) {
            name(due[i]);
            told.field(name);
            find(name);
            removeFound(due[i]);
        }
        nextMs = next[0];
    }

    private void name(long address) {
        member(address, name);
    }

    // ---- self-check ----

    @Override
    public void checkInvariants() {
        super.checkInvariants();
        long[] counted = new long[1];
        forEachVolatile(address -> {
            counted[0]++;
            if (expiryMs(address) / ExpiryWheel.TICK_MS < nextMs / ExpiryWheel.TICK_MS)
                throw new IllegalStateException("a field that goes before its time");
        });
        if (counted[0] != volatiles)
            throw new IllegalStateException(counted[0] + " volatile fields, counted " + volatiles);
        ExpiryWheel w = wheel;
        if (w == null) return;
        w.checkInvariants();
        if (w.size() != volatiles) throw new IllegalStateException("not all volatile fields are in the wheel");
    }
}
