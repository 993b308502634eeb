package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Flag;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A command as one engine knows it: its facts, its subcommands, and what was counted of its calls. Touched
/// only under the engine's lock.
public final class CommandEntry {
    private final @Nullable Command command; // null for a container that is nothing by itself
    private final @Nullable CommandSpec spec; // speed only: each family answers spec() with code of its own
    private final String fullName;
    private final @Nullable CommandTable subcommands;
    private @Nullable Bytes ownName; // of the first word; null while clients call it that
    private final Histogram latency = new Histogram();
    private long calls;
    private long nanos;
    private long rejected;
    private long failed;

    CommandEntry(@Nullable Command command, String fullName, @Nullable CommandTable subcommands) {
        this.command = command;
        this.spec = command == null ? null : command.spec();
        this.fullName = fullName;
        this.subcommands = subcommands;
    }

    /// The command itself; null for a container (CLIENT, CONFIG) that has only subcommands.
    public @Nullable Command command() {
        return command;
    }

    /// `set`, `client|kill`.
    public String fullName() {
        return fullName;
    }

    /// Clients call it otherwise: `rename-command`.
    void renamed() {
        int bar = fullName.indexOf('|');
        ownName = Bytes.of((bar < 0 ? fullName : fullName.substring(0, bar)).toUpperCase(Locale.ROOT));
        if (subcommands != null) subcommands.entries().values().forEach(CommandEntry::renamed);
    }

    /// Its first word in a log, where that is not the one that clients say; else null.
    @Nullable
    Bytes ownName() {
        return ownName;
    }

    /// What may follow as second word; null for a command without subcommands.
    public @Nullable CommandTable subcommands() {
        return subcommands;
    }

    /// The command itself, which is there.
    Command runnable() {
        Command c = command;
        if (c == null) throw isContainer();
        return c;
    }

    /// The command's facts. A container has none.
    public CommandSpec spec() {
        CommandSpec s = spec;
        if (s == null) throw isContainer();
        return s;
    }

    /// Whether the flag is among its facts; of a container none is.
    boolean is(Flag flag) {
        CommandSpec s = spec;
        return s != null && s.is(flag);
    }

    private IllegalStateException isContainer() {
        return new IllegalStateException(fullName + " is a container");
    }

    // ---- counting ----

    void ran(long elapsedNanos, boolean tracksLatency) {
        ran(1, 0, elapsedNanos, tracksLatency);
    }

    /// So many calls ran, all but one of which took the same time.
    void ran(int count, long usualNanos, long longestNanos, boolean tracksLatency) {
        calls += count;
        nanos += usualNanos * (count - 1) + longestNanos;
        if (!tracksLatency) return;
        if (count > 1) latency.record(usualNanos, count - 1);
        latency.record(longestNanos, 1);
    }

    void failed() {
        failed++;
    }

    void rejected() {
        rejected++;
    }

    void resetStatistics() {
        calls = 0;
        nanos = 0;
        rejected = 0;
        failed = 0;
        latency.clear();
    }

    /// How often it ran.
    public long calls() {
        return calls;
    }

    /// How long it ran in total.
    public long nanos() {
        return nanos;
    }

    /// How often it was refused before it ran: wrong number of arguments, no right, no memory.
    public long rejections() {
        return rejected;
    }

    /// How often it ran and answered an error.
    public long failures() {
        return failed;
    }

    /// How long its calls took.
    public Histogram latency() {
        return latency;
    }
}
