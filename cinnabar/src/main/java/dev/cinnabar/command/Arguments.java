package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;

/// The words of a command, its name the first. Borrowed.
public interface Arguments {
    /// How many there are, the name included.
    int argc();

    /// @param index 0 for the name, up to, not including, [#argc()]
    Bytes arg(int index);

    /// The argument as a count; -1 when it is none.
    default long count(int index) {
        Bytes text = arg(index);
        if (!Numbers.isLong(text)) return -1;
        long count = Numbers.parse(text);
        return count < 0 || count > Integer.MAX_VALUE ? -1 : count;
    }
}
