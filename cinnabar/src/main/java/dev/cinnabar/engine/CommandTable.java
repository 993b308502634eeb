package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Command;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds commands by name, in any case, without garbage. Built once when the server starts.
public final class CommandTable {
    /*
     * Two open-addressed tables. One has the names that are up to eight letters, as most are, each as one
     * number: its letters without the case bit, but for the last, which has it, so that the end is known. What
     * becomes such a number is that name, for without the case bit nothing but a letter becomes a letter. The
     * other table has all names. Names are short ASCII words; arguments that are not hash somewhere and match
     * nothing.
     */
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NO_CASE = 0xdfdf_dfdf_dfdf_dfdfL;
    private static final long CASE = 0x20;
    private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L; // 2^64 divided by the golden ratio

    private final Map<String, CommandEntry> byName;
    private final long[] shortNames; // 0 for an empty slot
    private final CommandEntry[] shortSlots;
    private final int shortShift;
    private final String[] names; // in upper case, null for an empty slot
    private final CommandEntry[] slots;
    private final @Nullable CommandTable unrenamed; // null when nothing is renamed

    private CommandTable(Map<String, CommandEntry> byName, @Nullable CommandTable unrenamed) {
        this.byName = byName;
        this.unrenamed = unrenamed;
        int capacity = Math.max(2, Integer.highestOneBit(byName.size() * 4));
        names = new String[capacity];
        slots = new CommandEntry[capacity];
        shortNames = new long[capacity];
        shortSlots = new CommandEntry[capacity];
        shortShift = Long.numberOfLeadingZeros(capacity - 1);
        byName.forEach((name, entry) -> {
            String upper = name.toUpperCase(Locale.ROOT);
            int slot = hash(Bytes.of(upper)) & capacity - 1;
            while (names[slot] != null) slot = slot + 1 & capacity - 1;
            names[slot] = upper;
            slots[slot] = entry;
            if (isShort(upper)) addShort(upper, entry);
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

    private static boolean isShort(String name) {
        return name.length() <= Long.BYTES && name.chars().allMatch(c -> c >= 'A' && c <= 'Z');
    }

    private void addShort(String name, CommandEntry entry) {
        byte[] padded = Arrays.copyOf(name.getBytes(StandardCharsets.US_ASCII), Long.BYTES);
        long number = number(padded, 0, name.length());
        int slot = shortSlot(number);
        while (shortNames[slot] != 0) slot = slot + 1 & shortNames.length - 1;
        shortNames[slot] = number;
        shortSlots[slot] = entry;
    }

    /// A word of one to eight bytes as a number; never 0. Eight bytes are read.
    private static long number(byte[] array, int offset, int length) {
        long bytes = (long) LONG.get(array, offset) & NO_CASE >>> Long.SIZE - Byte.SIZE * length;
        return bytes | CASE << Byte.SIZE * (length - 1);
    }

    private int shortSlot(long number) {
        return (int) (number * SPREAD >>> shortShift);
    }

    /// The entry of a name, or null. O(1).
    public @Nullable CommandEntry find(Bytes name) {
        int length = name.length();
        int offset = name.offset();
        byte[] array = name.array();
        if (length == 0 || length > Long.BYTES || array.length - offset < Long.BYTES) return findAny(name);
        long number = number(array, offset, length);
        int slot = shortSlot(number);
        while (true) {
            long candidate = shortNames[slot];
            if (candidate == number) return shortSlots[slot];
            if (candidate == 0) return findAny(name);
            slot = slot + 1 & shortNames.length - 1;
        }
    }

    private @Nullable CommandEntry findAny(Bytes name) {
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
