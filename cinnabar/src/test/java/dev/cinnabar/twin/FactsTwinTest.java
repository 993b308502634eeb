package dev.cinnabar.twin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.RealRedis;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Flag;
import dev.cinnabar.command.KeySpec;
import dev.cinnabar.engine.Families;
import dev.cinnabar.persistence.DumpCommands;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the declarations of commands say, beside what a real server says of those that it knows (COMMAND
/// INFO).
class FactsTwinTest {
    private static final Set<String> GREW = Set.of("zrank", "zrevrank"); // have one word more since 7.2

    /// A word less, since 7.2; the others have hints since then.
    private static final Set<String> OTHERWISE =
            Set.of("command|getkeys", "command|getkeysandflags", "config|resetstat", "config|rewrite");

    @Test
    void arity_flags_keys_categories_and_tips_are_those_of_redis(@TempDir Path directory) {
        RealRedis.assumePresent();
        List<Command> commands = new ArrayList<>(Families.all());
        Collections.addAll(commands, DumpCommands.values());
        try (RealRedis real = RealRedis.start(directory)) {
            List<String> compared = new ArrayList<>();
            for (Command command : commands) {
                String name = command.spec().fullName();
                List<?> facts = (List<?>) ((List<?>) real.ask("COMMAND", "INFO", name)).get(0);
                if (facts == null || GREW.contains(name) || OTHERWISE.contains(name))
                    continue; // younger than the real one
                assertThat(ours(command.spec())).isEqualTo(theirs(facts));
                compared.add(name);
            }
            assertThat(compared).hasSizeGreaterThan(250);
        }
    }

    private static String ours(CommandSpec spec) {
        Set<String> flags = new TreeSet<>();
        for (Flag flag : Flag.values()) if (flag.isShown() && spec.is(flag)) flags.add(flag.word());
        List<String> categories = new ArrayList<>();
        for (String category : spec.categories()) categories.add("@" + category);
        StringBuilder keys = new StringBuilder();
        for (KeySpec key : spec.keys()) {
            Set<String> uses =
                    new TreeSet<>(List.of(key.flags().toUpperCase(Locale.ROOT).split(" ")));
            keys.append(uses);
            if (key.begin() instanceof KeySpec.AtIndex at)
                keys.append(" index ").append(at.index());
            else if (key.begin() instanceof KeySpec.BehindWord behind)
                keys.append(" behind ").append(behind.word()).append(" index ").append(behind.from());
            else keys.append(" somewhere");
            if (key.keys() instanceof KeySpec.Range range)
                keys.append(" to ").append(range.last()).append(" step ").append(range.step());
            else if (key.keys() instanceof KeySpec.Counted counted)
                keys.append(" count at ")
                        .append(counted.countAt())
                        .append(" first ")
                        .append(counted.first())
                        .append(" step ")
                        .append(counted.step());
            keys.append('\n');
        }
        return spec.fullName() + " " + spec.arity() + "\n" + flags + "\n" + categories + "\n"
                + new TreeSet<>(spec.tips()) + "\n" + keys;
    }

    private static String theirs(List<?> facts) {
        Set<Object> flags = new TreeSet<>((List<?>) facts.get(2));
        List<?> categories = (List<?>) facts.get(6); // in this order
        StringBuilder keys = new StringBuilder();
        for (Object spec : (List<?>) facts.get(8)) {
            List<?> list = (List<?>) spec;
            Set<String> uses = new TreeSet<>();
            for (Object use : (List<?>) value(list, "flags"))
                uses.add(String.valueOf(use).toUpperCase(Locale.ROOT));
            keys.append(uses);
            Object begin = value(list, "begin_search");
            if (value(begin, "type").equals("unknown")) {
                keys.append(" somewhere\n");
                continue;
            }
            boolean hasKeyword = value(begin, "type").equals("keyword");
            if (hasKeyword) keys.append(" behind ").append(value(begin, "keyword"));
            keys.append(" index ").append(value(begin, hasKeyword ? "startfrom" : "index"));
            Object find = value(list, "find_keys");
            if (value(find, "type").equals("keynum")) {
                keys.append(" count at ")
                        .append(value(find, "keynumidx"))
                        .append(" first ")
                        .append(value(find, "firstkey"));
            } else {
                keys.append(" to ").append(value(find, "lastkey"));
            }
            keys.append(" step ").append(value(find, "keystep")).append('\n');
        }
        return facts.get(0) + " " + facts.get(1) + "\n" + flags + "\n" + categories + "\n"
                + new TreeSet<Object>((List<?>) facts.get(7)) + "\n" + keys;
    }

    /// The value of a name in a flat list of names and values, also within the list under `spec`.
    private static Object value(Object list, String name) {
        List<?> flat = (List<?>) list;
        for (int i = 0; i + 1 < flat.size(); i += 2) {
            if (name.equals(flat.get(i))) return flat.get(i + 1);
            if ("spec".equals(flat.get(i))) return value(flat.get(i + 1), name);
        }
        throw new AssertionError("no " + name + " in " + flat);
    }
}
