package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.Listpack;

/// The large form of a set: a table of members.
final class BigSet extends BigValue {
    private final Members members;

    BigSet(Pages pages, Randomness randomness) {
        this(new Members(pages, randomness));
    }

    private BigSet(Members members) {
        this.members = members;
    }

    Members members() {
        return members;
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
        return members.bytes();
    }

    @Override
    protected boolean free(int most) {
        return members.drain(most);
    }

    @Override
    protected long compact(long position, int most) {
        return members.compact(position, most);
    }

    @Override
    protected BigValue copy() {
        return new BigSet(members.copy());
    }

    @Override
    protected void freeze(BigImage image) {
        Listpack.Entry entry = new Listpack.Entry();
        Bytes window = new Bytes();
        members.freeze(address -> image.sink().element(entry.set(members.member(address, window))));
    }

    @Override
    protected boolean walk(Slice slice) {
        return members.walk(slice);
    }

    @Override
    public void checkInvariants() {
        members.checkInvariants();
    }
}
