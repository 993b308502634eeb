package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.StringValue;

/// LCS: the longest text that two strings have in common, when others may be left out between its bytes.
///
/// Takes time in proportion to the product of the lengths, and refuses where Redis's table, four bytes for
/// each pair of positions, would be longer than the longest string.
final class Lcs {
    /*
     * The textbook's table (Wagner and Fischer, 1974), whose cell (i, j) holds the length for the first i
     * bytes of one string and the first j of the other:
     *
     *   equal bytes      cell(i−1, j−1) + 1
     *   different bytes  the larger of cell(i−1, j) and cell(i, j−1)
     *
     * The way back from the last cell to the first finds the text. It only asks which of two neighbours was
     * larger, so we keep one row of lengths, and one bit a cell for the way: a 32nd of the table.
     */

    private static final long CELL_OF_REDIS = 4; // bytes

    private final Bytes a;
    private final Bytes b;
    private final long[] isUp; // a bit per cell: whether the way back leads to the row above
    private int length;

    private Lcs(Bytes a, Bytes b, long[] isUp) {
        this.a = a;
        this.b = b;
        this.isUp = isUp;
    }

    static Reply run(Call call) {
        Bytes a = text(call, call.key(1));
        Bytes b = text(call, call.key(2));
        boolean wantsLength = false;
        boolean wantsRanges = false;
        boolean withLengths = false;
        long minLength = 0;
        for (int i = 3; i < call.argc(); i++) {
            if (call.is(i, "IDX")) wantsRanges = true;
            else if (call.is(i, "LEN")) wantsLength = true;
            else if (call.is(i, "WITHMATCHLEN")) withLengths = true;
            else if (call.is(i, "MINMATCHLEN") && i + 1 < call.argc()) minLength = call.longArg(++i);
            else throw Errors.SYNTAX_REFUSAL;
        }
        if (wantsLength && wantsRanges) throw new Refusal(Errors.LCS_LEN_AND_IDX);
        long cells = (a.length() + 1L) * (b.length() + 1L);
        if (cells * CELL_OF_REDIS > call.limits().maxBulkBytes) throw new Refusal(Errors.LCS_TOO_LARGE);

        Budget budget = call.store().pages().budget();
        long bytes = cells / 8 + 4L * b.length() + 64;
        budget.reserve(bytes);
        try {
            Lcs lcs = new Lcs(a, b, new long[(int) (cells / 64) + 1]);
            lcs.fill();
            if (wantsRanges) return lcs.ranges(call.reply(), minLength, withLengths);
            return wantsLength ? call.reply().integer(lcs.length) : lcs.text(call.reply());
        } finally {
            budget.release(bytes);
        }
    }

    /// A string to compare; a missing one is empty. A number's digits are copied, for there is only one place
    /// to print them.
    private static Bytes text(Call call, Bytes key) {
        Database db = call.db();
        long address = call.lookupRead(key);
        if (address == 0) return new Bytes();
        if (!db.kind(address).isString()) throw new Refusal(Errors.LCS_NOT_STRINGS);
        StringValue value = db.string(address);
        Bytes bytes = value.bytes();
        return value.isNumber() ? Bytes.of(bytes.copy()) : new Bytes(bytes.array(), bytes.offset(), bytes.length());
    }

    // ---- there ----

    /*
     * Which of the three cases comes next nobody can foresee, the processor neither: so there is no branch
     * but the one for equal bytes, and the bit of such a cell, which nobody asks for, may be anything.
     */
    private void fill() {
        byte[] array = b.array();
        int before = b.offset() - 1; // of the byte of column 0
        int width = b.length() + 1;
        int[] row = new int[width]; // from j on still the row above
        for (int i = 1; i <= a.length(); i++) {
            byte left = a.at(i - 1);
            long cell = (long) i * width + 1;
            int diagonal = 0;
            int last = 0;
            for (int j = 1; j < width; ) {
                int word = (int) (cell >> 6);
                int end = Math.min(width, j + 64 - ((int) cell & 63));
                long bits = 0;
                for (; j < end; j++, cell++) {
                    int up = row[j];
                    bits |= (long) (last - up >>> 31) << cell;
                    last = array[before + j] == left ? diagonal + 1 : Math.max(up, last);
                    row[j] = last;
                    diagonal = up;
                }
                isUp[word] |= bits;
            }
        }
        length = row[width - 1];
    }

    private boolean isUp(int i, int j) {
        long cell = (long) i * (b.length() + 1) + j;
        return (isUp[(int) (cell >> 6)] & 1L << cell) != 0;
    }

    // ---- and back ----

    private Reply text(Reply reply) {
        byte[] text = new byte[length];
        int at = length;
        int i = a.length();
        int j = b.length();
        while (i > 0 && j > 0) {
            if (a.at(i - 1) == b.at(j - 1)) {
                text[--at] = a.at(--i);
                j--;
            } else if (isUp(i, j)) {
                i--;
            } else {
                j--;
            }
        }
        return reply.bulk(text, 0, length);
    }

    /// Answers stretches without a gap in either string, the last first.
    private Reply ranges(Reply reply, long minLength, boolean withLengths) {
        reply.map(2).bulk("matches");
        int begin = reply.begin();
        int answered = 0;
        int i = a.length();
        int j = b.length();
        while (i > 0 && j > 0) {
            int run = 0;
            while (run < i && run < j && a.at(i - 1 - run) == b.at(j - 1 - run)) run++;
            if (run > 0) {
                if (run >= minLength) {
                    range(reply, i - run, j - run, run, withLengths);
                    answered++;
                }
                i -= run;
                j -= run;
            } else if (isUp(i, j)) {
                i--;
            } else {
                j--;
            }
        }
        return reply.endArray(begin, answered).bulk("len").integer(length);
    }

    private static void range(Reply reply, int a, int b, int length, boolean withLength) {
        reply.array(withLength ? 3 : 2);
        reply.array(2).integer(a).integer(a + length - 1L);
        reply.array(2).integer(b).integer(b + length - 1L);
        if (withLength) reply.integer(length);
    }
}
