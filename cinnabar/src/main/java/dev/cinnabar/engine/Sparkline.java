package dev.cinnabar.engine;

import java.util.ArrayList;
import java.util.List;

/// A little picture of a row of numbers, for people who read it in a terminal: a column for each, its label
/// written downwards below.
///
/// ```
///         #
///         |
///      o  |
/// ___o_|__|
///
/// 111197542
/// 4310sssss
/// ssss
/// ```
final class Sparkline {
    /*
     * The smallest number is a `_` on the ground, the largest a `#` in the top row. What lies between is as
     * high as rows allow, and in its top row one of three characters, so that four rows show twelve heights.
     */
    private static final String TIPS = "_o#";

    private final List<Long> values = new ArrayList<>();
    private final List<String> labels = new ArrayList<>();
    private long min = Long.MAX_VALUE;
    private long max = Long.MIN_VALUE;

    void add(long value, String label) {
        values.add(value);
        labels.add(label);
        min = Math.min(min, value);
        max = Math.max(max, value);
    }

    long min() {
        return min;
    }

    long max() {
        return max;
    }

    /// Draws the numbers; what does not fit beside goes below, behind an empty line.
    String draw(int columns, int rows) {
        StringBuilder text = new StringBuilder();
        for (int from = 0; from < values.size(); from += columns) {
            if (from > 0) text.append('\n');
            draw(text, from, Math.min(values.size(), from + columns), rows);
        }
        return text.toString();
    }

    private void draw(StringBuilder text, int from, int to, int rows) {
        for (int row = rows - 1; row >= 0; row--) {
            for (int i = from; i < to; i++) text.append(part(height(values.get(i), rows), row));
            text.append('\n');
        }
        text.append(" ".repeat(to - from)).append('\n');
        boolean hasMore = true;
        for (int k = 0; hasMore; k++) {
            hasMore = false;
            for (int i = from; i < to; i++) {
                String label = labels.get(i);
                text.append(k < label.length() ? label.charAt(k) : ' ');
                hasMore |= k + 1 < label.length();
            }
            text.append('\n');
        }
    }

    /// From 0 up to, not including, three times the rows.
    private int height(long value, int rows) {
        int steps = rows * TIPS.length();
        if (max == min) return 0;
        return Math.min(steps - 1, (int) ((value - min) / (double) (max - min) * steps));
    }

    private static char part(int height, int row) {
        int topRow = height / TIPS.length();
        if (row > topRow) return ' ';
        return row < topRow ? '|' : TIPS.charAt(height % TIPS.length());
    }
}
