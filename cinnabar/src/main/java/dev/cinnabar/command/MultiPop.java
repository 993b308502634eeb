package dev.cinnabar.command;

/// What LMPOP, ZMPOP and their waiting forms ask for: so many elements, from one end, of the first of some
/// keys that has any.
///
/// ```
///   LMPOP   2 key key LEFT COUNT 3
///           │ └──┬──┘  │         └─ count
///      countAt  first  └─ end
///                …last
/// ```
final class MultiPop {

    /// The error of a count of elements that is none.
    static final String NO_COUNT = "ERR count should be greater than 0";

    /// Where the first key stands.
    final int first;

    /// Where the last key stands.
    final int last;

    /// Whether the first of the two ends is asked for.
    final boolean atFirstEnd;

    /// How many elements at the most, from 1.
    final long count;

    /// @param countAt   where the number of keys stands
    /// @param firstEnd  the word for one end, as `LEFT`
    /// @param secondEnd the word for the other
    /// @throws Refusal when there are no keys, another word stands where the end belongs, the count is none,
    ///                 or something is left over
    MultiPop(Call call, int countAt, String firstEnd, String secondEnd) {
        long keys = call.longArg(countAt, 1, Long.MAX_VALUE, Errors.NO_KEYS);
        if (keys >= call.argc() - countAt - 1) throw Errors.SYNTAX_REFUSAL;
        first = countAt + 1;
        last = countAt + (int) keys;
        atFirstEnd = call.is(last + 1, firstEnd);
        if (!atFirstEnd && !call.is(last + 1, secondEnd)) throw Errors.SYNTAX_REFUSAL;
        if (call.argc() == last + 2) {
            count = 1;
            return;
        }
        if (call.argc() < last + 4 || !call.is(last + 2, "COUNT")) throw Errors.SYNTAX_REFUSAL;
        count = call.longArg(last + 3, 1, Long.MAX_VALUE, NO_COUNT);
        if (call.argc() != last + 4) throw Errors.SYNTAX_REFUSAL;
    }
}
