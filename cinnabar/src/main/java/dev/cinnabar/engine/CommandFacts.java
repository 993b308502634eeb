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

    /// Where a command's keys are, for clients older than key specifications: a single range, as far as one
    /// can say it.
    ///
    /// @param last  -1 for the last argument
    record Places(int first, int last, int step) {
        static final Places NONE = new Places(0, 0, 0);

        /// The places that the specifications name together: one of them, or several that lie side by side.
        static Places of(List<KeySpec> keys) {
            Places all = NONE;
            for (KeySpec key : keys) {
                Places its = of(key);
                if (its == NONE) continue;
                if (keys.size() == 1 || all == NONE && its.step == 1) all = its;
                else if (its.step == 1 && all.last == its.first - 1) all = new Places(all.first, its.last, 1);
                else return NONE;
            }
            return all;
        }

        private static Places of(KeySpec key) {
            if (!(key.begin() instanceof KeySpec.AtIndex begin) || !(key.keys() instanceof KeySpec.Range range))
                return NONE;
            int last = range.last() < 0 ? range.last() : begin.index() + range.last();
            return new Places(begin.index(), last, range.step());
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
        Places places = Places.of(spec.keys());
        reply.integer(places.first).integer(places.last).integer(places.step);
        writeCategories(reply, entry);
        reply.set(spec.tips().size());
        for (String tip : spec.tips()) reply.bulk(tip);
        reply.set(spec.keys().size());
        for (KeySpec key : spec.keys()) write(reply, key);
    }

    private static List<String> flags(CommandSpec spec) {
        List<String> words = new ArrayList<>();
        boolean isMovable = spec.hasKeys()
                && (spec.keys().isEmpty() || spec.keys().stream().anyMatch(key -> Places.of(key) == Places.NONE));
        for (Flag flag : Flag.values()) {
            if (flag.isShown() && (spec.is(flag) || flag == Flag.MOVABLEKEYS && isMovable)) words.add(flag.word());
        }
        return words;
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
        reply.bulk("begin_search").map(2).bulk("type");
        if (key.begin() instanceof KeySpec.AtIndex at) {
            reply.bulk("index").bulk("spec").map(1).bulk("index").integer(at.index());
        } else if (key.begin() instanceof KeySpec.BehindWord behind) {
            reply.bulk("keyword").bulk("spec").map(2);
            reply.bulk("keyword").bulk(behind.word()).bulk("startfrom").integer(behind.from());
        } else {
            reply.bulk("unknown").bulk("spec").map(0);
        }
        reply.bulk("find_keys").map(2).bulk("type");
        if (key.keys() instanceof KeySpec.Range range) {
            reply.bulk("range").bulk("spec").map(3);
            reply.bulk("lastkey").integer(range.last()).bulk("keystep").integer(range.step());
            reply.bulk("limit").integer(range.limit());
        } else if (key.keys() instanceof KeySpec.Counted counted) {
            reply.bulk("keynum").bulk("spec").map(3);
            reply.bulk("keynumidx").integer(counted.countAt()).bulk("firstkey").integer(counted.first());
            reply.bulk("keystep").integer(counted.step());
        } else {
            reply.bulk("unknown").bulk("spec").map(0);
        }
    }

    /// What is done with the keys: `RO` and its like in capitals, the rest in small letters.
    static void writeFlags(Reply reply, KeySpec key) {
        String[] flags = key.flags().split(" ");
        reply.set(flags.length);
        for (String flag : flags) reply.simple(flag.length() == 2 ? flag : flag.toLowerCase(Locale.ROOT));
    }
}
