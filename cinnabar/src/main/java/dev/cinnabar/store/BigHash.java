package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.memory.Pages;
import dev.cinnabar.struct.Listpack;

/// The large form of a hash: a table of fields. A value that is a whole number takes eight bytes.
final class BigHash extends BigValue {
    private final FieldTable fields;

    BigHash(Pages pages, Randomness randomness, Moment moment) {
        this(new FieldTable(pages, randomness, moment));
    }

    private BigHash(FieldTable fields) {
        this.fields = fields;
    }

    FieldTable fields() {
        return fields;
    }

    /// Gives a field a value; one that was there keeps its expiry time.
    ///
    /// @return whether the field is new
    boolean put(Bytes field, Bytes value) {
        boolean isNumber = value.length() <= Numbers.MAX_LONG_CHARS && Numbers.isLong(value);
        boolean isNew = isNumber ? fields.put(field, Numbers.parse(value)) : fields.put(field, value);
        if (isNew) fields.added();
        return isNew;
    }

    @Override
    public long size() {
        return fields.size();
    }

    @Override
    Members table() {
        return fields;
    }

    @Override
    public long bytes() {
        return fields.bytes();
    }

    @Override
    protected boolean free(int most) {
        return fields.drain(most);
    }

    @Override
    protected long compact(long position, int most) {
        return fields.compact(position, most);
    }

    @Override
    protected BigValue copy() {
        return new BigHash(fields.copy());
    }

    @Override
    protected void freeze(BigImage image) {
        Listpack.Entry field = new Listpack.Entry();
        Listpack.Entry value = new Listpack.Entry();
        Bytes window = new Bytes();
        fields.freeze(address -> {
            field.set(fields.member(address, window));
            if (fields.isFixed(address)) value.set(fields.fixed(address));
            else value.set(fields.bytes(address, window));
            image.sink().field(field, value, fields.expiryMs(address));
        });
    }

    @Override
    protected boolean walk(Slice slice) {
        return fields.walk(slice);
    }

    @Override
    public void checkInvariants() {
        fields.checkInvariants();
    }
}
