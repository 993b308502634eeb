package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Command;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds commands by name, in any case, without garbage. Built once when the server starts.
public final class CommandTable {
    /*
     * An open-addressed table over the names' bytes with the case bit cleared. Names are short ASCII words;
     * arguments that are not hash somewhere and match nothing.
     */

    private final Map<String, CommandEntry> byName;
    private final String[] names; // in upper case, null for an empty slot
    private final CommandEntry[] slots;
    private final @Nullable CommandTable unrenamed; // null when nothing is renamed

    private CommandTable(Map<String, CommandEntry> byName, @Nullable CommandTable unrenamed) {
        this.byName = byName;
        this.unrenamed = unrenamed;
        int capacity = Math.max(2, Integer.highestOneBit(byName.size() * 4));
        names = new String[capacity];
        slots = new CommandEntry[capacity];
        byName.forEach((name, entry) -> {
            String upper = name.toUpperCase(Locale.ROOT);
            int slot = hash(Bytes.of(upper)) & capacity - 1;
            while (names[slot] != null) slot = slot + 1 & capacity - 1;
            names[slot] = upper;
            slots[slot] = entry;
        });
    }

    /// Builds the table of the commands, subcommands under their containers.
    ///
    /// @throws IllegalArgumentException when two have the same name
    public static CommandTable of(Collection<? extends Command> commands) {
        return of(commands, Map.of());
    }

    /// The same with some commands under other names, or under none: redis.conf's `rename-command`.
    ///
    /// @param renames old name to new name, in lower case; an empty new name takes the command away
    /// @throws IllegalArgumentException when a name is taken, or no such command exists
    public static CommandTable of(Collection<? extends Command> commands, Map<String, String> renames) {
        Map<String, Command> plain = new LinkedHashMap<>();
        Map<String, List<Command>> inContainers = new LinkedHashMap<>();
        for (Command command : commands) {
            String container = command.spec().container();
            if (command.spec().isSubcommand())
                inContainers.computeIfAbsent(container, c -> new ArrayList<>()).add(command);
            else if (plain.put(command.spec().name(), command) != null) throw twice(command);
        }
        Map<String, CommandEntry> entries = new LinkedHashMap<>();
        inContainers.forEach((container, list) -> {
            Map<String, CommandEntry> inner = new LinkedHashMap<>();
            for (Command c : list) {
                CommandEntry entry = new CommandEntry(c, c.spec().fullName(), null);
                if (inner.put(c.spec().name(), entry) != null) throw twice(c);
            }
            entries.put(container, new CommandEntry(plain.get(container), container, new CommandTable(inner, null)));
        });
        plain.forEach((name, command) -> entries.putIfAbsent(name, new CommandEntry(command, name, null)));
        CommandTable unrenamed = new CommandTable(entries, null);
        if (renames.isEmpty()) return unrenamed;
        Map<String, CommandEntry> renamed = new LinkedHashMap<>(entries);
        renames.forEach((from, to) -> rename(renamed, from, to));
        return new CommandTable(renamed, unrenamed);
    }

    private static IllegalArgumentException twice(Command command) {
        String name = command.spec().fullName();
        return new IllegalArgumentException("Two commands with the name " + name);
    }

    private static void rename(Map<String, CommandEntry> entries, String from, String to) {
        CommandEntry entry = entries.remove(from);
        if (entry == null) throw new IllegalArgumentException("No such command in rename-command");
        if (to.isEmpty()) return;
        entry.renamed();
        if (entries.putIfAbsent(to, entry) != null)
            throw new IllegalArgumentException("Target command name already exists");
    }

    /// The entry of a name, or null. O(1).
    public @Nullable CommandEntry find(Bytes name) {
        int slot = hash(name) & slots.length - 1;
        while (true) {
            String candidate = names[slot];
            if (candidate == null) return null;
            if (name.isWord(candidate)) return slots[slot];
            slot = slot + 1 & slots.length - 1;
        }
    }

    /// The entry of a name that stands in a log, or null. There a command has its own name, whatever clients
    /// call it; in a log of Redis, the one that clients call it by.
    @Nullable
    CommandEntry findLogged(Bytes name) {
        CommandEntry entry = unrenamed == null ? null : unrenamed.find(name);
        return entry == null ? find(name) : entry;
    }

    /// The entry of a full name in lower case (`get`, `client|kill`), or null.
    public @Nullable CommandEntry find(String fullName) {
        int bar = fullName.indexOf('|');
        CommandEntry entry = byName.get(bar < 0 ? fullName : fullName.substring(0, bar));
        if (bar < 0 || entry == null) return entry;
        CommandTable inner = entry.subcommands();
        return inner == null ? null : inner.byName.get(fullName.substring(bar + 1));
    }

    /// All entries of this level by name.
    public Map<String, CommandEntry> entries() {
        return byName;
    }

    private static int hash(Bytes name) {
        int h = name.length();
        for (int i = 0; i < name.length(); i++) h = h * 31 + (name.at(i) & 0xdf);
        return h ^ h >>> 7;
    }
}
