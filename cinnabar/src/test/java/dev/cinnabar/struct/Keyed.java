package dev.cinnabar.struct;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.Pages;

/// Makes records under numbered keys for the tests of this room: key n is 8 bytes, its value is n again.
final class Keyed {
    private static final int SIZE = (int) Records.sizeBeforeValue(8, false) + 8;
    private static final int VOLATILE_SIZE = (int) Records.sizeBeforeValue(8, true) + 8;

    private final byte[] array = new byte[8];
    private final Bytes key = Bytes.of(array);
    private final Pages pages;

    Keyed(Pages pages) {
        this.pages = pages;
    }

    /// The window over key n; one for all keys.
    Bytes key(long n) {
        for (int i = 0; i < 8; i++) array[i] = (byte) (n >>> 8 * i);
        return key;
    }

    long record(long n) {
        long address = blank();
        write(address, n);
        return address;
    }

    /// A block for a record, full of ones.
    long blank() {
        long address = pages.allocate(SIZE);
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        for (int i = 0; i < SIZE; i++) page[at + i] = -1;
        return address;
    }

    void write(long address, long n) {
        write(address, n, 0);
    }

    long record(long n, long expiryMs) {
        long address = pages.allocate(VOLATILE_SIZE);
        write(address, n, Records.HAS_EXPIRY);
        Records.setExpiryMs(pages.array(address), Pages.offset(address), expiryMs);
        return address;
    }

    private void write(long address, long n, int flags) {
        byte[] page = pages.array(address);
        int at = Pages.offset(address);
        key(n);
        Records.writeHead(page, at, 1, flags, 0, array, 0, 8);
        Records.setFixed8(page, at, n);
    }

    long numberOf(long address) {
        return Records.fixed8(pages.array(address), Pages.offset(address));
    }

    long move(long address) {
        return pages.move(address, sizeOf(address));
    }

    void free(long address) {
        pages.free(address, sizeOf(address));
    }

    private int sizeOf(long address) {
        return Records.has(pages.array(address), Pages.offset(address), Records.HAS_EXPIRY) ? VOLATILE_SIZE : SIZE;
    }
}
