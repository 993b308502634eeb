package dev.cinnabar.store;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.struct.Records;

/// A look at a string value where it lies: a number, or bytes. Borrowed from the database that gave it, and
/// overwritten by the next look; nothing in the database may change while it is used.
public final class StringValue {
    private final byte[] digits = new byte[Numbers.MAX_LONG_CHARS];
    private final Bytes window = new Bytes();
    private boolean isNumber;
    private long number;

    StringValue() {}

    void letGo() {
        window.letGo();
    }

    StringValue look(byte[] page, int at) {
        isNumber = Records.kind(page, at) == Kind.STRING_INT.ordinal();
        if (isNumber) number = Records.fixed8(page, at);
        else Records.bytes(page, at, window);
        return this;
    }

    /// Whether the value is stored as a number; then [#number()] is it.
    public boolean isNumber() {
        return isNumber;
    }

    public long number() {
        return number;
    }

    /// Whether the value reads as a 64-bit number, however it is stored.
    public boolean isLong() {
        return isNumber || Numbers.isLong(window);
    }

    /// The number as which the value reads; only if [#isLong()].
    public long toLong() {
        return isNumber ? number : Numbers.parse(window);
    }

    /// The length of the value's text in bytes.
    public int length() {
        return isNumber ? Numbers.length(number) : window.length();
    }

    /// The value's text; a number is printed for it.
    public Bytes bytes() {
        return isNumber ? window.set(digits, 0, Numbers.print(number, digits, 0)) : window;
    }
}
