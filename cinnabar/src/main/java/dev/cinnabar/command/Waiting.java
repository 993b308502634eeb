package dev.cinnabar.command;

import java.util.Map;

/// How a call waits that cannot be answered yet: what its body said, kept by the engine as long as it waits.
///
/// @param first      the index of the first key among the words
/// @param last       of the last one; before the first where no key will tell when there is an answer
/// @param isForOneOf whether the call takes what it wants from one of the keys, and not from each
/// @param timeoutMs  how long, in milliseconds; 0 for ever
/// @param nilIsArray what is answered when the time is over: a nil array or a plain nil
/// @param againMs    when it is to be run again at the latest, in ms since 1970; [Long#MAX_VALUE] when only a
///                   key can help it
/// @param wish       what it waits for in its keys
/// @param words      what takes the place of arguments when it is run again, by their index
public record Waiting(
        int first,
        int last,
        boolean isForOneOf,
        long timeoutMs,
        boolean nilIsArray,
        long againMs,
        Wish wish,
        Map<Integer, byte[]> words) {
    /// Whether no key will tell when there is an answer. Such a call answers itself when its time is over.
    public boolean isForNoKey() {
        return last < first;
    }
}
