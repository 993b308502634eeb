package dev.cinnabar.command;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Numbers;

/// Reads over what a command of the application's own has written: is it one answer, and a whole one? A client
/// that gets none, or two, or an array with fewer elements than announced, takes all later answers for those
/// of other requests.
final class WholeAnswer {
    private WholeAnswer() {}

    /// @param start where in the buffer the command has begun to write
    /// @throws IllegalStateException when it is not one answer; says what it is instead
    static void check(ByteBuilder out, int start, String command) {
        byte[] array = out.array();
        int end = out.length();
        long missing = 1; // values
        int at = start;
        while (at < end && missing > 0) {
            int lineEnd = at + 1;
            while (lineEnd < end && array[lineEnd] != '\r') lineEnd++;
            if (lineEnd + 1 >= end || array[lineEnd + 1] != '\n') break;
            int digits = lineEnd - at - 1;
            long count = Numbers.isLong(array, at + 1, digits) ? Numbers.parse(array, at + 1, digits) : 0;
            long behind = lineEnd + 2L;
            switch (array[at]) {
                case '+', '-', ':', ',', '#', '_', '(' -> missing--;
                case '$', '=', '!' -> {
                    missing--;
                    if (count >= 0) behind += count + 2;
                }
                case '*', '~' -> missing += Math.max(count, 0) - 1;
                case '%' -> missing += 2 * count - 1;
                case '>' -> missing += count; // of no answer
                case '|' -> missing += 2 * count; // in front of a value
                default -> throw broken(command, "what is no answer");
            }
            if (behind > end) throw broken(command, "a part of an answer");
            at = (int) behind;
        }
        if (start == end) throw broken(command, "no answer");
        if (missing > 0) throw broken(command, "a part of an answer");
        if (at < end) throw broken(command, "more than one answer");
    }

    private static IllegalStateException broken(String command, String what) {
        return new IllegalStateException("the command " + command + " has written " + what);
    }
}
