package dev.cinnabar.resp;

/// What a request may measure at most; one object is shared by all parsers of a server.
///
/// May be changed at any time by any thread; parsers notice soon. `proto-max-bulk-len` is the only limit that
/// Redis lets its operator set, the others are constants there and here.
public final class RequestLimits {
    /// An inline request, or the line with a length, is refused when it is longer than this without an end in
    /// sight.
    public static final int MAX_LINE = 64 << 10; // bytes

    /// The most arguments of a request. (Redis 6 had 1024 * 1024; since 7.0 it is what an int holds.)
    public static final int MAX_ARGUMENTS = Integer.MAX_VALUE;

    /// The most arguments, and bytes in each, before the client has said who it is.
    public static final int MAX_ARGUMENTS_UNAUTHENTICATED = 10;

    public static final int MAX_BULK_UNAUTHENTICATED = 16 << 10; // bytes

    private long maxBulkLength = 512L << 20;

    /// `proto-max-bulk-len`: the longest argument, in bytes. 512 MiB unless told otherwise.
    public long maxBulkLength() {
        return maxBulkLength;
    }

    public void maxBulkLength(long bytes) {
        maxBulkLength = bytes;
    }
}
