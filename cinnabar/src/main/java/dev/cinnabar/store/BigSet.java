package dev.cinnabar.store;

import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Pages;

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
    public void checkInvariants() {
        members.checkInvariants();
    }
}
