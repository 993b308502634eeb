package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.Dict;
import dev.cinnabar.struct.Listpack;

/// The large form of a sorted set: a table of members with the bits of their scores, and their order.
final class BigZset extends BigValue {
    private final Pages pages;
    private final Members members;
    private final ScoreIndex index;
    private final Bytes window = new Bytes();
    private final Dict.Mover mover = this::move;
    private boolean isDraining;

    /// @throws OutOfMemory when memory is short
    BigZset(Pages pages, Randomness randomness) {
        this(pages, new Members(pages, randomness));
    }

    private BigZset(Pages pages, Members members) {
        this.pages = pages;
        this.members = members;
        this.index = new ScoreIndex(pages, members);
    }

    Members members() {
        return members;
    }

    ScoreIndex index() {
        return index;
    }

    double score(long address) {
        return Double.longBitsToDouble(members.fixed(address));
    }

    /// Gives a member a score, adding it if it is new. O(log n).
    ///
    /// @return whether it is new
    /// @throws OutOfMemory when memory is short; then nothing has changed
    boolean put(Bytes member, double score) {
        long found = members.find(member);
        if (found == 0) add(member, score);
        else change(found, member, score);
        return found == 0;
    }

    private void add(Bytes member, double score) {
        long address = members.addFixed(member, Double.doubleToRawLongBits(score));
        try {
            index.insert(score, member, address);
        } catch (OutOfMemory e) {
            members.remove(member);
            throw e;
        }
    }

    private void change(long found, Bytes member, double score) {
        double before = score(found);
        index.removeAt(index.rank(before, member));
        members.setFixed(found, Double.doubleToRawLongBits(score));
        try {
            index.insert(score, member, found);
        } catch (OutOfMemory e) {
            members.setFixed(found, Double.doubleToRawLongBits(before));
            index.insertForced(before, member, found);
            throw e;
        }
    }

    /// @return whether it was there
    boolean remove(Bytes member) {
        long found = members.find(member);
        if (found == 0) return false;
        index.removeAt(index.rank(score(found), member));
        members.remove(member);
        return true;
    }

    /// Takes out some elements from a rank on; they must be there. O(count · log n).
    void removeRange(long rank, long count) {
        for (long i = 0; i < count; i++) {
            Bytes member = members.member(index.at(rank), window);
            index.removeAt(rank);
            members.remove(member);
        }
        window.letGo();
    }

    @Override
    public long size() {
        return members.size();
    }

    @Override
    Members table() {
        return members;
    }

    @Override
    public long bytes() {
        return members.bytes() + index.bytes();
    }

    @Override
    protected boolean free(int most) {
        if (!isDraining) {
            isDraining = true;
            index.free();
        }
        return members.drain(most);
    }

    @Override
    protected long compact(long position, int most) {
        long next = members.compact(position, most, mover);
        window.letGo(); // or what it shows would keep a page in memory that has been emptied
        return next;
    }

    private long move(long address) {
        index.rank(score(address), members.member(address, window));
        long to = members.move(address);
        index.replaceFound(to);
        return to;
    }

    @Override
    protected BigValue copy() {
        Members copyOfMembers = members.copy();
        BigZset copy;
        try {
            copy = new BigZset(pages, copyOfMembers);
        } catch (OutOfMemory e) {
            while (copyOfMembers.drain(Integer.MAX_VALUE)) continue;
            throw e;
        }
        try {
            index.forEach(0, index.size(), false, address -> {
                Bytes member = members.member(address, window);
                copy.index.insert(score(address), member, copy.members.find(member));
            });
        } catch (OutOfMemory e) {
            copy.freeAll();
            throw e;
        } finally {
            window.letGo();
        }
        return copy;
    }

    /// In the order of the table, not of the scores: the index is of no use to those who write an image.
    @Override
    protected void freeze(BigImage image) {
        Listpack.Entry entry = new Listpack.Entry();
        Bytes memberWindow = new Bytes();
        members.freeze(
                address -> image.sink().member(entry.set(members.member(address, memberWindow)), score(address)));
    }

    @Override
    protected boolean walk(Slice slice) {
        return members.walk(slice);
    }

    @Override
    public void checkInvariants() {
        members.checkInvariants();
        index.checkInvariants();
    }
}
