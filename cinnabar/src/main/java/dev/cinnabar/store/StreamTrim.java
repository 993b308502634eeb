package dev.cinnabar.store;

/// How much of a stream's old entries is to go: what XADD and XTRIM say behind MAXLEN or MINID. Reused.
public final class StreamTrim {
    /// By what it is decided which entries go.
    public enum Strategy {
        NONE,
        MAXLEN,
        MINID
    }

    /// What becomes of groups that still know of an entry which goes.
    public enum References {
        /// They keep it among what is pending.
        KEEP,
        /// They forget it.
        DELETE,
        /// The entry stays until all groups have read and acknowledged it.
        ACKED
    }

    public Strategy strategy = Strategy.NONE;
    public References references = References.KEEP;
    public long maxLength;
    public long minMs;
    public long minSeq;

    /// Whether only whole nodes go.
    public boolean isApproximate;

    /// About how many entries go at the most; 0 for no limit.
    public long limit;

    /// Nothing is to go.
    public StreamTrim clear() {
        strategy = Strategy.NONE;
        references = References.KEEP;
        maxLength = 0;
        minMs = 0;
        minSeq = 0;
        isApproximate = false;
        limit = 0;
        return this;
    }
}
