package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.memory.SizeClasses;
import dev.cinnabar.struct.Dict;
import dev.cinnabar.struct.ExpiryWheel;
import dev.cinnabar.struct.Records;

/// When to look at which hash of a database for fields whose time is over.
final class Agenda {
    /*
     * One entry for each hash that has volatile fields, by the key's name, with the time at which its next
     * field goes:
     *
     *   keyspace  Dict ──► record  key │ listpackex, or the number of a table
     *                                │ same name
     *   agenda    Dict ──► record  time, links │ key             found by name, in the order of time by the wheel
     *
     * So a field needs no link to its key, a hash of a few fields pays 29 bytes and its name, and a database
     * without volatile fields pays nothing. An entry may come too early (its field was given more time),
     * never too late: who is woken looks, and sets it anew.
     */

    private final Pages pages;
    private final Moment moment;
    private final KeyEvents events;
    private final Dict dict;
    private final ExpiryWheel wheel;
    private final Bytes window = new Bytes();
    private final Dict.Mover mover = this::move;
    private final Dict.Visitor freer = this::free;
    private long compactPosition;

    Agenda(Pages pages, Moment moment, KeyEvents events, long hashSeed) {
        this.pages = pages;
        this.moment = moment;
        this.events = events;
        this.dict = new Dict(pages, hashSeed);
        this.wheel = new ExpiryWheel(pages, moment.nowMs(), moment.isExact);
    }

    /// Lets go of the record that it looked at last.
    void letGo() {
        window.letGo();
    }

    /// How many hashes have volatile fields.
    long size() {
        return dict.size();
    }

    /// Bytes of its table, the entries not counted.
    long tableBytes() {
        return dict.bytes();
    }

    /// How many bytes the table may take beyond what it has for one more entry.
    long growthBytes() {
        return dict.growthBytes(1);
    }

    /// When the hash is looked at next, or [Database#NO_EXPIRY] when it has no entry.
    long whenMs(Bytes key) {
        if (dict.size() == 0) return Database.NO_EXPIRY;
        long address = dict.find(key);
        return address == 0 ? Database.NO_EXPIRY : Records.expiryMs(pages.array(address), Pages.offset(address));
    }

    /// Makes sure that the hash is looked at no later than this.
    ///
    /// @throws OutOfMemory when memory is short; then nothing has changed
    void open(Bytes key, long whenMs) {
        long address = dict.find(key);
        if (address != 0) {
            if (whenMs < Records.expiryMs(pages.array(address), Pages.offset(address))) retime(address, whenMs);
            return;
        }
        int size = size(key.length());
        address = pages.allocate(size);
        try {
            dict.insert(dict.hash(key.array(), key.offset(), key.length()), address);
        } catch (OutOfMemory e) {
            pages.free(address, size);
            throw e;
        }
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        Records.writeHead(page, at, 0, Records.HAS_EXPIRY, 0, key.array(), key.offset(), key.length());
        hang(address, whenMs);
    }

    private void hang(long address, long whenMs) {
        Records.setExpiryMs(pages.array(address), Pages.offset(address), whenMs);
        wheel.add(address);
        if (whenMs < moment.timersDueMs) events.expiresSooner(whenMs);
    }

    /// Sets the time anew, or takes the entry out. Cannot be refused.
    ///
    /// @param whenMs [Database#NO_EXPIRY] when no field is volatile any more; else there has to be an entry
    void set(Bytes key, long whenMs) {
        if (dict.size() == 0) return;
        long address = dict.find(key);
        if (address == 0) return;
        if (whenMs == Database.NO_EXPIRY) {
            wheel.remove(address);
            dict.removeFound();
            free(address);
        } else {
            retime(address, whenMs);
        }
    }

    private void retime(long address, long whenMs) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        if (Records.expiryMs(page, at) == whenMs) return;
        wheel.remove(address);
        hang(address, whenMs);
    }

    private static int size(int keyLength) {
        return Keyspace.total(Records.sizeBeforeValue(keyLength, true));
    }

    private void free(long address) {
        pages.free(address, size(Records.keyLength(pages.array(address), Pages.offset(address))));
    }

    // ---- time ----

    /// Wakes the hashes that have fields to let go; see [ExpiryWheel#advance].
    ///
    /// @param due is given the key, borrowed; the entry is still there and due, until it is set anew
    int advance(long nowMs, int most, Due due) {
        return wheel.advance(nowMs, most, address -> {
            wheel.add(address); // it has dropped out of the lists
            due.look(Records.key(pages.array(address), Pages.offset(address), window));
        });
    }

    /// Is told whose time has come.
    interface Due {
        void look(Bytes key);
    }

    long nextInMs(long nowMs, long atMost) {
        return wheel.nextInMs(nowMs, atMost);
    }

    // ---- small steps of long work ----

    boolean step(int buckets) {
        return dict.step(buckets);
    }

    boolean compact(int buckets) {
        compactPosition = dict.compact(compactPosition, buckets, mover);
        return compactPosition != 0;
    }

    private long move(long address) {
        long to = pages.move(address, size(Records.keyLength(pages.array(address), Pages.offset(address))));
        wheel.moved(to);
        return to;
    }

    boolean drain(int buckets) {
        return dict.drain(buckets, freer);
    }

    // ---- self-check ----

    void checkInvariants() {
        dict.checkInvariants();
        wheel.checkInvariants();
        if (wheel.size() != dict.size())
            throw new IllegalStateException(dict.size() + " hashes on the agenda, " + wheel.size() + " in its wheel");
    }

    /// Bytes of its entries; for the self-check. O(n).
    long recordBytes() {
        long[] sum = new long[1];
        long position = 0;
        do {
            position = dict.scan(
                    position,
                    address -> sum[0] +=
                            SizeClasses.roundUp(size(Records.keyLength(pages.array(address), Pages.offset(address)))));
        } while (position != 0);
        return sum[0];
    }
}
