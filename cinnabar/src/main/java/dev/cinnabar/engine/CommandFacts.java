package dev.cinnabar.engine;

import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Flag;
import dev.cinnabar.command.KeySpec;
import dev.cinnabar.command.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Writes what COMMAND INFO answers of a command: ten things, in an order that clients know.
///
/// ```
///    0 name   1 arity   2 flags   3 first key   4 last key   5 step   6 ACL categories   7 tips   8 key specifications   9 subcommands
/// ```
final class CommandFacts {
    private static final int FACTS = 10;
    private static final int CONTAINER_ARITY = -2;

    /// Where a command's keys are, for clients older than key specifications: a single range, as far as one can say it.
    ///
    /// @param last  -1 for the last argument
    record Range(int first, int last, int step) {
        static final Range NONE = new Range(0, 0, 0);

        /// The range that the specifications make together: one of them, or several that lie side by side.
        static Range of(List<KeySpec> keys) {
            if (keys.size() == 1 && isRange(keys.get(0))) {
                KeySpec key = keys.get(0);
                return new Range(key.index(), lastOf(key), key.step());
            }
            int first = 0;
            int last = 0;
            for (KeySpec key : keys) {
                if (!isRange(key)) continue;
                if (key.step() != 1 || first != 0 && last != key.index() - 1) return NONE;
                if (first == 0) first = key.index();
                last = lastOf(key);
            }
            return first == 0 ? NONE : new Range(first, last, 1);
        }

        private static int lastOf(KeySpec key) {
            return key.last() < 0 ? key.last() : key.index() + key.last();
        }
    }

    private CommandFacts() {}

    static void write(Reply reply, CommandEntry entry) {
        Command command = entry.command();
        if (command == null) {
            reply.array(FACTS).bulk(entry.fullName()).integer(CONTAINER_ARITY).set(0);
            reply.integer(0).integer(0).integer(0);
            writeCategories(reply, entry);
            reply.set(0).set(0);
        } else {
            write(reply, entry, command.spec());
        }
        CommandTable subcommands = entry.subcommands();
        reply.set(subcommands == null ? 0 : subcommands.entries().size());
        if (subcommands != null) for (CommandEntry sub : subcommands.entries().values()) write(reply, sub);
    }

    private static void write(Reply reply, CommandEntry entry, CommandSpec spec) {
        reply.array(FACTS).bulk(entry.fullName()).integer(spec.arity());
        List<String> flags = flags(spec);
        reply.set(flags.size());
        for (String flag : flags) reply.simple(flag);
        Range range = Range.of(spec.keys());
        reply.integer(range.first).integer(range.last).integer(range.step);
        writeCategories(reply, entry);
        reply.set(spec.tips().size());
        for (String tip : spec.tips()) reply.bulk(tip);
        reply.set(spec.keys().size());
        for (KeySpec key : spec.keys()) write(reply, key);
    }

    private static List<String> flags(CommandSpec spec) {
        List<String> words = new ArrayList<>();
        boolean isMovable =
                spec.hasKeys() && !spec.keys().stream().allMatch(CommandFacts::isRange) || hasFinderOnly(spec);
        for (Flag flag : Flag.values()) {
            if (flag.isShown() && (spec.is(flag) || flag == Flag.MOVABLEKEYS && isMovable)) words.add(flag.word());
        }
        return words;
    }

    private static boolean hasFinderOnly(CommandSpec spec) {
        return spec.hasKeys() && spec.keys().isEmpty();
    }

    private static boolean isRange(KeySpec key) {
        return key.keyword() == null && !key.isCounted() && !key.isUnknown();
    }

    /// The ACL categories of a command; a container belongs to none but the slow ones.
    static List<String> categories(CommandEntry entry) {
        Command command = entry.command();
        return command == null ? List.of("slow") : command.spec().categories();
    }

    private static void writeCategories(Reply reply, CommandEntry entry) {
        List<String> categories = categories(entry);
        reply.set(categories.size());
        for (String category : categories) reply.simple("@" + category);
    }

    // ---- key specifications ----

    private static void write(Reply reply, KeySpec key) {
        reply.map(3).bulk("flags");
        writeFlags(reply, key);
        reply.bulk("begin_search").map(2);
        String keyword = key.keyword();
        if (key.isUnknown()) {
            reply.bulk("type").bulk("unknown").bulk("spec").map(0);
        } else if (keyword == null) {
            reply.bulk("type").bulk("index").bulk("spec").map(1).bulk("index").integer(key.index());
        } else {
            reply.bulk("type").bulk("keyword").bulk("spec").map(2);
            reply.bulk("keyword").bulk(keyword).bulk("startfrom").integer(key.index());
        }
        reply.bulk("find_keys").map(2);
        if (key.isUnknown()) {
            reply.bulk("type").bulk("unknown").bulk("spec").map(0);
        } else if (key.isCounted()) {
            reply.bulk("type").bulk("keynum").bulk("spec").map(3);
            reply.bulk("keynumidx").integer(key.last()).bulk("firstkey").integer(key.limit());
            reply.bulk("keystep").integer(key.step());
        } else {
            reply.bulk("type").bulk("range").bulk("spec").map(3);
            reply.bulk("lastkey").integer(key.last()).bulk("keystep").integer(key.step());
            reply.bulk("limit").integer(key.limit());
        }
    }

    /// What is done with the keys: `RO` and its like in capitals, the rest in small letters.
    static void writeFlags(Reply reply, KeySpec key) {
        String[] flags = key.flags().split(" ");
        reply.set(flags.length);
        for (String flag : flags) reply.simple(flag.length() == 2 ? flag : flag.toLowerCase(Locale.ROOT));
    }
}
