package dev.cinnabar.memory;

/// How lengths are rounded up to the sizes of blocks.
///
/// ```
///    16 24 32 … 1024        every multiple of 8
///    1152 1280 … 2048       eight steps of 128
///    2304 2560 … 4096       eight steps of 256, and so on, without end
/// ```
public final class SizeClasses {
    /// The smallest block, in bytes: what the smallest record takes. A free one holds a link of four.
    public static final int MIN_BLOCK = 16;

    /// The largest block that shares a page, in bytes; larger ones get an array of their own.
    public static final int MAX_SHARED = 32 << 10;

    private static final int LINEAR_LIMIT = 1024;
    private static final int LINEAR_LIMIT_LOG = 10;

    public static final int COUNT = computeClass(MAX_SHARED) + 1;

    /// The longest block there can be, in bytes: the longest array of this JVM family.
    public static final int MAX_LENGTH = Integer.MAX_VALUE - 16;

    // Tables, not branches: lengths of all kinds come, and the JIT would bet on the kinds that it has seen, and compile all callers again.
    private static final byte[] CLASSES = new byte[(MAX_SHARED >> 3) + 1]; // by eighths of the length, rounded up
    private static final int[] SIZES = new int[COUNT];

    static {
        for (int i = 0; i < CLASSES.length; i++) CLASSES[i] = (byte) computeClass(i << 3);
        for (int i = 0; i < SIZES.length; i++) SIZES[i] = computeSize(i);
    }

    private SizeClasses() {}

    /// The class of a length up to [#MAX_SHARED].
    static int classOf(int length) {
        return CLASSES[length + 7 >> 3] & 0xff;
    }

    /// The block size of a class; the inverse of [#classOf].
    static int sizeOf(int sizeClass) {
        return SIZES[sizeClass];
    }

    /// How many bytes a block for this length really has; never less, and at most an eighth or 7 bytes more
    /// ([#MIN_BLOCK] apart).
    public static int roundUp(int length) {
        if (length <= MAX_SHARED) return SIZES[classOf(length)];
        int step = 1 << (31 - Integer.numberOfLeadingZeros(length - 1) - 3);
        long rounded = ((long) length + step - 1) & -step;
        return (int) Math.min(rounded, MAX_LENGTH);
    }

    private static int computeClass(int length) {
        if (length <= LINEAR_LIMIT) return length <= MIN_BLOCK ? MIN_BLOCK >> 3 : (length + 7) >> 3;
        int log = 31 - Integer.numberOfLeadingZeros(length - 1);
        return (LINEAR_LIMIT >> 3) + ((log - LINEAR_LIMIT_LOG) << 3) + (((length - 1) >> (log - 3)) & 7) + 1;
    }

    private static int computeSize(int sizeClass) {
        if (sizeClass <= LINEAR_LIMIT >> 3) return sizeClass << 3;
        int above = sizeClass - (LINEAR_LIMIT >> 3) - 1;
        int log = LINEAR_LIMIT_LOG + (above >> 3);
        return (1 << log) + ((above & 7) + 1 << log - 3);
    }
}
