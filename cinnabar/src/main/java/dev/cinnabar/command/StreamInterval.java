package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.struct.StreamId;

/// A range of ids as clients write it: two ids, both included unless a `(` stands in front, `-` for the
/// smallest and `+` for the largest. A missing second half is the smallest at the start and the largest at
/// the end.
final class StreamInterval {
    private static final Refusal INVALID_START = new Refusal("ERR invalid start ID for the interval");
    private static final Refusal INVALID_END = new Refusal("ERR invalid end ID for the interval");

    long fromMs;
    long fromSeq;
    long toMs = StreamId.MAX;
    long toSeq = StreamId.MAX;

    /// @throws Refusal when an argument is no end of a range
    static StreamInterval of(Call call, int startIndex, int endIndex) {
        StreamInterval interval = from(call, startIndex);
        interval.readEnd(call.arg(endIndex));
        return interval;
    }

    /// The same without an end.
    static StreamInterval from(Call call, int startIndex) {
        StreamInterval interval = new StreamInterval();
        interval.readStart(call.arg(startIndex));
        return interval;
    }

    private void readStart(Bytes text) {
        Bytes id = withoutParenthesis(text);
        boolean isExclusive = id != text;
        long ms = ms(id, isExclusive);
        long seq = seq(id, 0);
        if (isExclusive && StreamId.isMax(ms, seq)) throw INVALID_START;
        fromMs = isExclusive ? StreamId.nextMs(ms, seq) : ms;
        fromSeq = isExclusive ? StreamId.nextSeq(seq) : seq;
    }

    private void readEnd(Bytes text) {
        Bytes id = withoutParenthesis(text);
        boolean isExclusive = id != text;
        long ms = ms(id, isExclusive);
        long seq = seq(id, StreamId.MAX);
        if (isExclusive && StreamId.isZero(ms, seq)) throw INVALID_END;
        toMs = isExclusive ? StreamId.previousMs(ms, seq) : ms;
        toSeq = isExclusive ? StreamId.previousSeq(seq) : seq;
    }

    private static Bytes withoutParenthesis(Bytes text) {
        if (text.length() < 2 || text.at(0) != '(') return text;
        return new Bytes(text.array(), text.offset() + 1, text.length() - 1);
    }

    private static boolean isSmallest(Bytes id) {
        return id.length() == 1 && id.at(0) == '-';
    }

    private static boolean isLargest(Bytes id) {
        return id.length() == 1 && id.at(0) == '+';
    }

    private static long ms(Bytes id, boolean isStrict) {
        if (!isStrict && isSmallest(id)) return 0;
        if (!isStrict && isLargest(id)) return StreamId.MAX;
        if (!StreamId.isId(id)) throw Errors.INVALID_ID;
        return StreamId.ms(id);
    }

    private static long seq(Bytes id, long missing) {
        if (isSmallest(id)) return 0;
        return isLargest(id) ? StreamId.MAX : StreamId.seq(id, missing);
    }
}
