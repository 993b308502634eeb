package dev.cinnabar.command;

/// Where a command's keys stand among its arguments, in the terms of Redis 7's key specifications: where to
/// begin, and how to find keys from there. `EVAL script numkeys key [key …]` begins at argument 2, and there
/// stands how many keys follow.
///
/// @param flags what is done with the keys: access (`RO RW OW RM`), then `ACCESS UPDATE INSERT DELETE`,
///              `not_key`, `incomplete`, `variable_flags`
public record KeySpec(String flags, Begin begin, Keys keys) {

    /// Where to begin.
    public sealed interface Begin permits AtIndex, BehindWord, Unknown {
        /// @return index of an argument, 0 when there is nothing to begin with
        int find(Arguments arguments);
    }

    /// Begins at an argument.
    public record AtIndex(int index) implements Begin {
        @Override
        public int find(Arguments arguments) {
            return index;
        }
    }

    /// Begins behind a word.
    ///
    /// @param from the argument from which on it is searched; negative: counted from the end, and searched
    ///             backwards
    public record BehindWord(String word, int from) implements Begin {
        @Override
        public int find(Arguments arguments) {
            int argc = arguments.argc();
            int step = from > 0 ? 1 : -1;
            for (int i = from > 0 ? from : argc + from; i > 0 && i < argc; i += step)
                if (arguments.arg(i).isWord(word)) return i + 1;
            return 0;
        }
    }

    /// How keys are found from there.
    public sealed interface Keys permits Range, Counted, Unknown {
        /// Shows the keys to the visitor.
        ///
        /// @return false when the arguments make no sense
        boolean show(int begin, Arguments arguments, KeySpec spec, KeyVisitor visitor);
    }

    /// Keys up to an argument.
    ///
    /// @param last  the last key relative to the first; -1 for the last argument, -2 for the one before
    /// @param step  from key to key
    /// @param limit where `last` counts from the end: 2 stands for the first half of the arguments, and so
    ///              on; 0 and 1 for all
    public record Range(int last, int step, int limit) implements Keys {
        @Override
        public boolean show(int begin, Arguments arguments, KeySpec spec, KeyVisitor visitor) {
            int argc = arguments.argc();
            int end = last >= 0 ? begin + last : limit <= 1 ? argc + last : begin + (argc - begin) / limit + last;
            if (begin >= argc || end >= argc) return false;
            for (int i = begin; i <= end; i += step) visitor.key(i, spec);
            return true;
        }
    }

    /// As many keys as an argument says, of which there must be one.
    ///
    /// @param countAt where their number stands, relative to the begin
    /// @param first   where the first one stands, relative to the begin
    /// @param step    from key to key
    public record Counted(int countAt, int first, int step) implements Keys {
        @Override
        public boolean show(int begin, Arguments arguments, KeySpec spec, KeyVisitor visitor) {
            if (begin + countAt >= arguments.argc()) return false;
            long count = arguments.count(begin + countAt);
            int from = begin + first;
            if (count < 1 || from + (count - 1) * step >= arguments.argc()) return false;
            for (long i = 0; i < count; i++) visitor.key((int) (from + i * step), spec);
            return true;
        }
    }

    /// Depends on more than can be said here; [CommandSpec#keyFinder] tells it then.
    public record Unknown() implements Begin, Keys {
        @Override
        public int find(Arguments arguments) {
            return 0;
        }

        @Override
        public boolean show(int begin, Arguments arguments, KeySpec spec, KeyVisitor visitor) {
            return true;
        }
    }

    /// Keys at fixed places; see [Range].
    public static KeySpec range(String flags, int first, int last, int step) {
        return new KeySpec(flags, new AtIndex(first), new Range(last, step, 0));
    }

    /// Keys behind their number: `numkeys key [key …]`; see [Counted].
    public static KeySpec counted(String flags, int index, int countAt, int firstKey, int step) {
        return new KeySpec(flags, new AtIndex(index), new Counted(countAt, firstKey, step));
    }

    /// Keys behind a word, as many as the range says; see [BehindWord] and [Range].
    public static KeySpec keyword(String flags, String keyword, int from, int last, int step, int limit) {
        return new KeySpec(flags, new BehindWord(keyword, from), new Range(last, step, limit));
    }

    /// Keys whose place depends on more than can be said here.
    public static KeySpec unknown(String flags) {
        return new KeySpec(flags, new Unknown(), new Unknown());
    }

    /// Shows the index of each key among the arguments of a call; none where the word is missing behind which
    /// they stand.
    ///
    /// @return false when the arguments make no sense for this specification
    boolean find(Arguments arguments, KeyVisitor visitor) {
        int first = begin.find(arguments);
        return first == 0 || keys.show(first, arguments, this, visitor);
    }

    /// Is shown keys.
    public interface KeyVisitor {
        /// @param index of the key among the arguments
        void key(int index, KeySpec spec);
    }
}
