package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;

/// RDB encoding in a piece of memory: what RESTORE is given.
final class RdbBytes extends RdbInput {
    private final byte[] array;
    private final int end;
    private int at;

    RdbBytes(Bytes source) {
        array = source.array();
        at = source.offset();
        end = at + source.length();
    }

    @Override
    long left() {
        return end - at;
    }

    @Override
    int one() throws BadRdb {
        if (at == end) throw new BadRdb("it ends too early");
        return array[at++] & 0xff;
    }

    @Override
    void bytes(byte[] target, int offset, int count) {
        System.arraycopy(array, at, target, offset, count);
        at += count;
    }
}
