package dev.cinnabar.base;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A growing array of bytes to append to: what replies, log records and protocol text are written into.
///
/// Appending allocates only when the array has to grow (it doubles). [#clear()] keeps the array for the next
/// use. Not thread-safe. Refuses to grow beyond 2 GiB - 64 bytes with an [IllegalStateException]; whoever can
/// produce that much checks before.
public final class ByteBuilder {
    private static final int MAX_LENGTH = Integer.MAX_VALUE - 64;

    private byte[] array;
    private int length;
    private long limit = MAX_LENGTH;

    public ByteBuilder() {
        this(256);
    }

    public ByteBuilder(int capacity) {
        array = new byte[capacity];
    }

    /// The array behind; valid up to [#length()], replaced when it grows.
    public byte[] array() {
        return array;
    }

    public int length() {
        return length;
    }

    public int capacity() {
        return array.length;
    }

    public void clear() {
        length = 0;
    }

    /// Cuts back to an earlier length: what was appended since is forgotten.
    public void rewind(int length) {
        assert length <= this.length;
        this.length = length;
    }

    /// Lets a large array go when it is not needed any more.
    public void trim(int maxCapacity) {
        if (array.length > maxCapacity && length <= maxCapacity) array = Arrays.copyOf(array, maxCapacity);
    }

    /// Makes room for this many further bytes and answers where they begin; follow with [#advance].
    public int reserve(int bytes) {
        if (array.length - length < bytes) grow(bytes);
        return length;
    }

    /// Says that this many of the reserved bytes were written.
    public void advance(int bytes) {
        length += bytes;
    }

    public ByteBuilder append(byte b) {
        if (length == array.length) grow(1);
        array[length++] = b;
        return this;
    }

    public ByteBuilder append(char ascii) {
        return append((byte) ascii);
    }

    public ByteBuilder append(byte[] source) {
        return append(source, 0, source.length);
    }

    public ByteBuilder append(byte[] source, int offset, int count) {
        if (array.length - length < count) grow(count);
        Bytes.copy(source, offset, array, length, count);
        length += count;
        return this;
    }

    public ByteBuilder append(Bytes window) {
        return append(window.array(), window.offset(), window.length());
    }

    /// Appends text in UTF-8. Allocates for text that is not ASCII only.
    public ByteBuilder append(String text) {
        int n = text.length();
        if (array.length - length < n) grow(n);
        for (int i = 0; i < n; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) return append(text.substring(i).getBytes(StandardCharsets.UTF_8));
            array[length++] = (byte) c;
        }
        return this;
    }

    /// Appends a number in decimal.
    public ByteBuilder append(long number) {
        if (array.length - length < Numbers.MAX_LONG_CHARS) grow(Numbers.MAX_LONG_CHARS);
        length += Numbers.print(number, array, length);
        return this;
    }

    public ByteBuilder appendCrlf() {
        if (array.length - length < 2) grow(2);
        array[length++] = '\r';
        array[length++] = '\n';
        return this;
    }

    public byte[] copy() {
        return Arrays.copyOf(array, length);
    }

    /// A window over what was appended so far; valid until the next append.
    public Bytes window() {
        return new Bytes(array, 0, length);
    }

    /// Refuses to become longer than this, where that takes more memory; until it is told otherwise.
    public void limit(long maxLength) {
        limit = Math.min(maxLength, MAX_LENGTH);
    }

    /// Takes the limit away.
    public void unlimit() {
        limit = MAX_LENGTH;
    }

    /// What a builder throws that would grow beyond its limit. Without a stack trace: whoever sets a limit
    /// expects it.
    public static final class LimitReached extends RuntimeException {
        private static final long serialVersionUID = 1;

        private static final LimitReached INSTANCE = new LimitReached();

        private LimitReached() {
            super("limit reached", null, false, false);
        }
    }

    private void grow(int more) {
        long needed = (long) length + more;
        if (needed > limit && limit < MAX_LENGTH) throw LimitReached.INSTANCE;
        if (needed > MAX_LENGTH)
            throw new IllegalStateException("a buffer of " + needed + " bytes is beyond any limit");
        array = Arrays.copyOf(array, (int) Math.min(MAX_LENGTH, Math.max(needed, 2L * array.length)));
    }

    @Override
    public String toString() {
        return new String(array, 0, length, StandardCharsets.UTF_8);
    }
}
