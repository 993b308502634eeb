package dev.cinnabar.struct;

import dev.cinnabar.memory.Pages;

/// Knows which records expire next: a hierarchical timing wheel (Varghese and Lauck, 1987) whose lists run
/// through the records themselves, so that it costs 12 bytes a volatile key and no object.
///
/// Adding and removing are O(1). A record is due when its time is over, at most [#TICK_MS] after, or in the
/// very millisecond after. Belongs to one engine; touched only under its lock.
public final class ExpiryWheel {
    /*
     * Six rings of 128 slots, and one list for what is still farther away. A slot of ring k spans 8 ms ·
     * 64^k:
     *
     *   ring   slot spans   ring reaches
     *   0      8 ms         1 s
     *   1      512 ms       65 s
     *   2      33 s         70 min
     *   3      35 min       74 h
     *   4      37 h         199 days
     *   5      99 days      34 years           and then: far
     *
     * A ring has 128 slots although the next one's slot is worth only 64 of them. So a slot of ring k + 1 may
     * be emptied into ring k one full slot-time before its first record is due: nobody waits for it, and a
     * million records whose slots lie together can be moved a few hundred at a time. (In the textbook wheel
     * the slot has to be emptied at the very moment when its first record is due, and a big one stops the
     * clock.) Inner rings go first, for they are more urgent.
     *
     * The clock may be set back. Then a record may be farther away than its ring reaches, and its slot is met
     * a round or more too early; so a record is looked at when its slot is met, and goes to another slot if
     * its time has not come.
     *
     *   link = address of a record, or HEAD | number of the slot
     */

    /// Takes what is due.
    public interface Due {
        /// The record's time has come; it is in no list any more.
        void expire(long address);
    }

    /// The resolution in milliseconds, where it is not exact.
    public static final long TICK_MS = 8;

    /// Bytes of heap that a wheel takes, the records' links not counted.
    public static final int BYTES = 6300;

    private static final int TICK_LOG = 3;
    private static final int RINGS = 6;
    private static final int SLOTS_LOG = 7;
    private static final int SLOTS = 1 << SLOTS_LOG;
    private static final int STEP_LOG = 6; // a slot spans 64 slots of the ring below
    private static final int FAR = RINGS << SLOTS_LOG;
    private static final long HEAD = 1L << 47;

    private final Pages pages;
    private final int tickLog;
    private final long[] heads = new long[FAR + 1]; // first record, 0 for none
    private long tick; // all slots of ring 0 before this tick are empty
    private long farTick; // when the far list was looked through last, in slots of the outermost ring
    private long size;

    /// @param nowMs   the time to start from; records with an earlier time are due at once
    /// @param isExact whether a tick is a millisecond, so that nothing is late; each ring reaches an eighth
    ///                as far then
    public ExpiryWheel(Pages pages, long nowMs, boolean isExact) {
        this.pages = pages;
        this.tickLog = isExact ? 0 : TICK_LOG;
        this.tick = nowMs >> tickLog;
        this.farTick = outermost();
    }

    /// How many records are in the wheel.
    public long size() {
        return size;
    }

    /// Adds a record with [Records#HAS_EXPIRY] and its time filled in.
    public void add(long address) {
        size++;
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        link(slotFor(Records.expiryMs(page, at)), address, page, at);
    }

    /// Takes a record out, before it is freed or its time is changed.
    public void remove(long address) {
        size--;
        byte[] page = pages.array(address);
        unlink(page, Pages.offset(address));
    }

    /// Says that a record's bytes were copied to another address; its neighbours are told.
    public void moved(long to) {
        byte[] page = pages.array(to);
        int at = Pages.offset(to);
        setNextOf(Records.previous(page, at), to);
        long next = Records.next(page, at);
        if (next != 0) Records.setPrevious(pages.array(next), Pages.offset(next), to);
    }

    /// One of those that expire next, give or take the width of a slot; 0 when there is none. O(slots).
    public long soonest() {
        for (int ring = 0; ring < RINGS; ring++) {
            long now = tick >> STEP_LOG * ring;
            for (int i = 0; i < SLOTS; i++) {
                long first = heads[ring << SLOTS_LOG | (int) (now + i) & SLOTS - 1];
                if (first != 0) return first;
            }
        }
        return heads[FAR];
    }

    private int slotFor(long whenMs) {
        // An entry is due when its tick is over, so that nothing goes a moment too early.
        long due = Math.max(whenMs >> tickLog, tick);
        for (int ring = 0; ring < RINGS; ring++) {
            int shift = STEP_LOG * ring;
            if ((due >> shift) - (tick >> shift) < SLOTS) return ring << SLOTS_LOG | (int) (due >> shift) & SLOTS - 1;
        }
        return FAR;
    }

    private void link(int slot, long address, byte[] page, int at) {
        long first = heads[slot];
        Records.setPrevious(page, at, HEAD | slot);
        Records.setNext(page, at, first);
        if (first != 0) Records.setPrevious(pages.array(first), Pages.offset(first), address);
        heads[slot] = address;
    }

    private void unlink(byte[] page, int at) {
        long previous = Records.previous(page, at);
        long next = Records.next(page, at);
        setNextOf(previous, next);
        if (next != 0) Records.setPrevious(pages.array(next), Pages.offset(next), previous);
    }

    private void setNextOf(long link, long next) {
        if ((link & HEAD) != 0) heads[(int) (link & ~HEAD)] = next;
        else Records.setNext(pages.array(link), Pages.offset(link), next);
    }

    // ---- time ----

    /// Hands over what is due and prepares what is due soon.
    ///
    /// @param nowMs the time; may be earlier than the last one
    /// @param most how many records to touch at the most, 1 or more
    /// @return how many of the most are left; 0 means that there may be more to do
    public int advance(long nowMs, int most, Due due) {
        long now = nowMs >> tickLog;
        int left = most;
        if (now < tick) setBack(now);
        if (size == 0) {
            tick = now;
            farTick = outermost();
            return left;
        }
        while (tick < now) {
            left = spreadCurrent(left);
            if (left == 0) return 0;
            int slot = (int) tick & SLOTS - 1;
            while (heads[slot] != 0) {
                if (left-- == 0) return 0;
                takeFirst(slot, due);
            }
            tick = nextTick(now);
        }
        return spreadNext(spreadCurrent(left));
    }

    private void setBack(long now) {
        int slot = (int) tick & SLOTS - 1;
        tick = now;
        farTick = Math.min(farTick, outermost());
        // the current tick also holds what was overdue, and that may be due later again
        long address = heads[slot];
        heads[slot] = 0;
        while (address != 0) {
            byte[] page = pages.array(address);
            int at = Pages.offset(address);
            long next = Records.next(page, at);
            link(slotFor(Records.expiryMs(page, at)), address, page, at);
            address = next;
        }
    }

    private long outermost() {
        return tick >> STEP_LOG * (RINGS - 1);
    }

    private void takeFirst(int slot, Due due) {
        long address = heads[slot];
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        unlink(page, at);
        long whenMs = Records.expiryMs(page, at);
        if (whenMs >> tickLog > tick) {
            link(slotFor(whenMs), address, page, at);
        } else {
            size--;
            due.expire(address);
        }
    }

    /// The next tick at which something may have to be done: ring 0 has a record there, or a slot of an outer
    /// ring that is not empty begins.
    private long nextTick(long now) {
        long t = tick + 1;
        while (t < now && heads[(int) t & SLOTS - 1] == 0 && (t & (1 << STEP_LOG) - 1) != 0) t++;
        if (t >= now || heads[(int) t & SLOTS - 1] != 0) return t;

        // At the start of a slot of ring 1. If the inner rings are empty, go to where the first outer ring that is not begins.
        int ring = 0;
        while (ring < RINGS && isEmpty(ring)) ring++;
        if (ring <= 1) return t;
        long slotTicks = 1L << STEP_LOG * Math.min(ring, RINGS - 1);
        return Math.min(now, t + slotTicks - 1 & -slotTicks);
    }

    private boolean isEmpty(int ring) {
        for (int slot = ring << SLOTS_LOG; slot < ring + 1 << SLOTS_LOG; slot++) if (heads[slot] != 0) return false;
        return true;
    }

    /// Empties the outer rings' slots in which the current tick lies; normally that was done long before.
    /// From the outside in, for what comes from one ring may lie in the current slot of the next.
    private int spreadCurrent(int left) {
        if (farTick < outermost()) spreadFar();
        for (int ring = RINGS - 1; ring > 0 && left > 0; ring--) left = spreadSlot(ring, tick >> STEP_LOG * ring, left);
        return left;
    }

    /// Empties the outer rings' slots that come next; from the inside out, for the inner ones come sooner.
    private int spreadNext(int left) {
        for (int ring = 1; ring < RINGS && left > 0; ring++)
            left = spreadSlot(ring, (tick >> STEP_LOG * ring) + 1, left);
        return left;
    }

    /// Moves records of a slot to where they belong now. That is never the same slot: of the current and the
    /// next position of a ring, the ring below can take all, and what is a round or more later belongs to a
    /// ring farther out.
    private int spreadSlot(int ring, long position, int left) {
        int slot = ring << SLOTS_LOG | (int) position & SLOTS - 1;
        while (heads[slot] != 0 && left > 0) {
            left--;
            long address = heads[slot];
            byte[] page = pages.array(address);
            int at = Pages.offset(address);
            unlink(page, at);
            link(slotFor(Records.expiryMs(page, at)), address, page, at);
        }
        return left;
    }

    /// Looks once in 99 days through what is more than 34 years away. O(such records), the one step that is
    /// not bounded.
    private void spreadFar() {
        farTick = outermost();
        long address = heads[FAR];
        while (address != 0) {
            byte[] page = pages.array(address);
            int at = Pages.offset(address);
            long next = Records.next(page, at);
            int to = slotFor(Records.expiryMs(page, at));
            if (to != FAR) {
                unlink(page, at);
                link(to, address, page, at);
            }
            address = next;
        }
    }

    /// In how many milliseconds [#advance] has something to do, at most the given number. Good until a record
    /// is added.
    public long nextInMs(long nowMs, long atMost) {
        if (size == 0) return atMost;
        long next = nowMs > Long.MAX_VALUE - atMost ? Long.MAX_VALUE : nowMs + atMost;
        // ring 0: a record is due when its tick is over; outer rings: a slot may be emptied when the one before begins
        for (int ring = 0; ring < RINGS; ring++) {
            int ahead = ring == 0 ? -1 : 1;
            next = Math.min(next, firstIn(ring, ahead, next));
        }
        if (heads[FAR] != 0) next = Math.min(next, farTick + 1 << STEP_LOG * (RINGS - 1) + tickLog);
        return Math.max(0, next - nowMs);
    }

    /// When the ring's first slot that is not empty begins, less some slots; or some time after the limit.
    private long firstIn(int ring, int slotsBefore, long limitMs) {
        int shift = STEP_LOG * ring;
        long first = tick >> shift;
        for (long position = first; position < first + SLOTS; position++) {
            long beginMs = position - slotsBefore << shift + tickLog;
            if (beginMs >= limitMs || heads[ring << SLOTS_LOG | (int) position & SLOTS - 1] != 0) return beginMs;
        }
        return limitMs;
    }

    // ---- self-check ----

    /// Checks that every list is linked both ways and every record is in a slot that will be looked at in
    /// time. O(n).
    ///
    /// @throws IllegalStateException when something does not add up
    public void checkInvariants() {
        long n = 0;
        for (int slot = 0; slot <= FAR; slot++) {
            long previous = HEAD | slot;
            for (long address = heads[slot]; address != 0; n++) {
                byte[] page = pages.array(address);
                int at = Pages.offset(address);
                if (!Records.has(page, at, Records.HAS_EXPIRY))
                    throw new IllegalStateException("record without expiry in slot " + slot);
                if (Records.previous(page, at) != previous)
                    throw new IllegalStateException("broken link in slot " + slot);
                checkPlace(slot, Records.expiryMs(page, at));
                previous = address;
                address = Records.next(page, at);
            }
        }
        if (n != size) throw new IllegalStateException("the wheel counts " + size + " records, has " + n);
    }

    /// A record farther away than its ring reaches is no fault (see the top), but its slot must be one that
    /// is met at its time.
    private void checkPlace(int slot, long whenMs) {
        if (slot == FAR) return;
        long due = Math.max(whenMs >> tickLog, tick) >> STEP_LOG * (slot >> SLOTS_LOG);
        if (((int) due & SLOTS - 1) != (slot & SLOTS - 1)) {
            throw new IllegalStateException("time " + whenMs + " in slot " + slot + " at tick " + tick);
        }
    }
}
