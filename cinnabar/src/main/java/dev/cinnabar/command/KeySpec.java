package dev.cinnabar.command;

import org.jspecify.annotations.Nullable;

/// Where a command's keys stand among its arguments, in the terms of Redis 7's key specifications: where to begin searching, and how to
/// find keys from there.
///
/// @param flags    what is done with the keys: access (`RO RW OW RM`), then `ACCESS UPDATE INSERT DELETE`, `not_key`, `incomplete`,
///                 `variable_flags`
/// @param keyword  the word to search for, or null when the search begins at a fixed index
/// @param index    the index to begin at; with a keyword, from where it is searched (negative: from the end, backwards)
/// @param isCounted whether the number of keys stands among the arguments
/// @param last     of a range: the last key relative to the first, -1 for the last argument, -2 for the one before; of counted keys: where
///                 their number stands, relative to the begin
/// @param step     from key to key
/// @param limit    of a range to the end: 2 stands for half of the arguments, and so on; 0 for all. Of counted keys: where the first
///                 stands, relative to the begin
/// @param isUnknown whether the place cannot be described; [CommandSpec#keyFinder] tells it then
public record KeySpec(
        String flags,
        @Nullable String keyword,
        int index,
        boolean isCounted,
        int last,
        int step,
        int limit,
        boolean isUnknown) {

    /// Keys at fixed places.
    public static KeySpec range(String flags, int first, int last, int step) {
        return new KeySpec(flags, null, first, false, last, step, 0, false);
    }

    /// Keys behind their number: `numkeys key [key …]`.
    public static KeySpec counted(String flags, int index, int countAt, int firstKey, int step) {
        return new KeySpec(flags, null, index, true, countAt, step, firstKey, false);
    }

    /// Keys behind a word, up to the end, or as many as the range says.
    public static KeySpec keyword(String flags, String keyword, int from, int last, int step, int limit) {
        return new KeySpec(flags, keyword, from, false, last, step, limit, false);
    }

    /// Keys whose place depends on more than can be said here.
    public static KeySpec unknown(String flags) {
        return new KeySpec(flags, null, 0, false, 0, 0, 0, true);
    }

    /// Shows the index of each key among the arguments of a call.
    ///
    /// @return false when the arguments make no sense for this specification
    boolean find(Arguments arguments, KeyVisitor visitor) {
        if (isUnknown) return true;
        int begin = begin(arguments);
        if (begin <= 0) return keyword != null;
        int argc = arguments.argc();
        if (isCounted) {
            int countIndex = begin + last;
            if (countIndex >= argc) return false;
            long count = arguments.count(countIndex);
            int first = begin + limit;
            if (count < 0 || first + (count - 1) * step >= argc) return false;
            for (long i = 0; i < count; i++) visitor.key((int) (first + i * step), this);
            return true;
        }
        int end = last >= 0 ? begin + last : limit <= 1 ? argc + last : begin + (argc - begin) / limit + last;
        if (begin >= argc || end >= argc) return false;
        for (int i = begin; i <= end; i += step) visitor.key(i, this);
        return true;
    }

    private int begin(Arguments arguments) {
        if (keyword == null) return index;
        int argc = arguments.argc();
        int from = index > 0 ? index : argc + index;
        int step = index > 0 ? 1 : -1;
        for (int i = from; i > 0 && i < argc; i += step) if (arguments.arg(i).isWord(keyword)) return i + 1;
        return 0;
    }

    /// Is shown keys.
    public interface KeyVisitor {
        /// @param index of the key among the arguments
        void key(int index, KeySpec spec);
    }
}
