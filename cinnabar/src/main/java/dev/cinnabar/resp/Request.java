package dev.cinnabar.resp;

import dev.cinnabar.base.Bytes;
import java.util.Arrays;

/// Where the arguments of a request lie. Copies nothing: valid until the parser is asked again or the array
/// changes.
///
/// Reused for every request of its parser. Not thread-safe.
public final class Request {
    private static final int FIRST_CAPACITY = 8;
    private static final int FIRST_WINDOWS = 4;

    /// A longer list of arguments is let go when the next request begins.
    private static final int KEEP_CAPACITY = 1024;

    private static final byte[] NOTHING = new byte[0];

    private byte[] array = NOTHING;
    private int base;
    private int argc;
    private long[] args = new long[FIRST_CAPACITY]; // offset from base << 32 | length
    private Bytes[] windows = new Bytes[0];

    /// A place for a request; see [RequestParser#exchange].
    public Request() {}

    /// The number of arguments, the command's name included; at least 1 in a complete request.
    public int argc() {
        return argc;
    }

    /// The array that holds all arguments.
    public byte[] array() {
        return array;
    }

    /// Where an argument begins in [#array()]; 0 is the command's name.
    public int offset(int index) {
        return base + (int) (args[index] >> 32);
    }

    /// The length of an argument in bytes.
    public int length(int index) {
        return (int) args[index];
    }

    /// A window on an argument. The same index gives the same object each time, for the first 1024; so a
    /// window is not to be kept.
    public Bytes arg(int index) {
        Bytes window = index < windows.length ? windows[index] : newWindow(index);
        return window.set(array, offset(index), length(index));
    }

    private Bytes newWindow(int index) {
        if (index >= argc) throw new IndexOutOfBoundsException(index + " of " + argc);
        if (index >= KEEP_CAPACITY) return new Bytes();
        int before = windows.length;
        windows = Arrays.copyOf(windows, Math.min(KEEP_CAPACITY, Math.max(FIRST_WINDOWS, 2 * index)));
        for (int i = before; i < windows.length; i++) windows[i] = new Bytes();
        return windows[index];
    }

    // ---- for the parser ----

    void begin() {
        argc = 0;
        if (args.length > KEEP_CAPACITY) args = new long[FIRST_CAPACITY];
    }

    /// Forgets where the arguments lie, so that the array may be given back; a long list of them goes, too.
    /// The request is over then.
    public void letGo() {
        forgetArray();
        if (args.length > KEEP_CAPACITY) args = new long[FIRST_CAPACITY];
        for (Bytes window : windows) window.set(NOTHING, 0, 0);
    }

    /// Forgets the array only: of a request that has just begun, which lies in another one the next time.
    void forgetArray() {
        array = NOTHING;
    }

    /// The list to fill from index [#argc()] on, with room for at least one more.
    long[] room() {
        if (argc == args.length) args = Arrays.copyOf(args, 2 * argc);
        return args;
    }

    /// Whether its arguments are so few that it is cheaper to copy where they lie than to exchange objects: a
    /// reference that is stored costs a barrier of the collector.
    boolean isShort() {
        return argc <= FIRST_CAPACITY;
    }

    /// Makes a place for a request the same as this short one.
    void copyTo(Request other) {
        System.arraycopy(args, 0, other.args, 0, FIRST_CAPACITY); // no list is shorter
        other.argc = argc;
        other.liesIn(array, base);
    }

    static long pack(int offset, int length) {
        return (long) offset << 32 | length;
    }

    void argc(int argc) {
        this.argc = argc;
    }

    void add(int offset, int length) {
        room()[argc] = pack(offset, length);
        argc++;
    }

    void liesIn(byte[] array, int base) {
        if (this.array != array)
            this.array = array; // speed only: to store a reference costs a barrier of the collector
        this.base = base;
    }

    /// Arguments as UTF-8 between brackets, for people.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < argc; i++) {
            text.append(i == 0 ? "" : ", ").append(new Bytes(array, offset(i), length(i)));
        }
        return text.append(']').toString();
    }
}
