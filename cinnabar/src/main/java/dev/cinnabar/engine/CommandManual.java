package dev.cinnabar.engine;

import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Flag;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Reply;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Writes what COMMAND DOCS answers of a command: redis-cli makes its help and its hints of it.
final class CommandManual {
    private static final int NONE = -1;

    private final Reply reply;
    private final int lastKeySpec;
    private int nextKeySpec;
    private int patternKeySpec = NONE;

    private CommandManual(Reply reply, CommandSpec spec) {
        this.reply = reply;
        this.lastKeySpec = spec.keys().size() - 1;
    }

    /// The name, then a map of what is known.
    static void write(Reply reply, CommandEntry entry) {
        reply.bulk(entry.fullName());
        Command command = entry.command();
        CommandTable subcommands = entry.subcommands();
        if (command != null) writeCommand(reply, command.spec(), subcommands);
        else if (subcommands != null) writeContainer(reply, entry, subcommands);
    }

    private static void writeContainer(Reply reply, CommandEntry entry, CommandTable subcommands) {
        String since = subcommands.entries().values().stream()
                .map(sub -> sub.spec().since())
                .min(Comparator.comparing(CommandManual::sortable))
                .orElse("");
        Group group = subcommands.entries().values().iterator().next().spec().group();
        reply.map(5);
        reply.bulk("summary")
                .bulk("The commands that begin with " + entry.fullName().toUpperCase(Locale.ROOT) + ".");
        reply.bulk("since").bulk(since).bulk("group").bulk(group.title());
        reply.bulk("complexity").bulk("Depends on the subcommand.");
        writeSubcommands(reply, subcommands);
    }

    /// A version number as text that sorts right.
    private static String sortable(String version) {
        StringBuilder text = new StringBuilder();
        for (String part : version.split("\\."))
            text.append("000".substring(Math.min(3, part.length()))).append(part);
        return text.toString();
    }

    private static void writeCommand(Reply reply, CommandSpec spec, @Nullable CommandTable subcommands) {
        List<Argument> arguments = Argument.of(spec);
        boolean hasFlags = spec.isDeprecated() || spec.is(Flag.SYSCMD);
        int pairs = 4
                + (hasFlags ? 1 : 0)
                + (spec.isDeprecated() ? 2 : 0)
                + (arguments.isEmpty() ? 0 : 1)
                + (subcommands == null ? 0 : 1);
        reply.map(pairs);
        reply.bulk("summary").bulk(spec.summary()).bulk("since").bulk(spec.since());
        reply.bulk("group").bulk(spec.group().title()).bulk("complexity").bulk(spec.complexity());
        if (hasFlags) reply.bulk("doc_flags").set(1).simple(spec.isDeprecated() ? "deprecated" : "syscmd");
        if (spec.isDeprecated()) {
            reply.bulk("deprecated_since").bulk(spec.deprecatedSince());
            reply.bulk("replaced_by").bulk(spec.replacedBy());
        }
        if (!arguments.isEmpty()) {
            reply.bulk("arguments");
            new CommandManual(reply, spec).writeAll(arguments);
        }
        if (subcommands != null) writeSubcommands(reply, subcommands);
    }

    private static void writeSubcommands(Reply reply, CommandTable subcommands) {
        reply.bulk("subcommands").map(subcommands.entries().size());
        for (CommandEntry sub : subcommands.entries().values()) write(reply, sub);
    }

    // ---- arguments ----

    private void writeAll(List<Argument> arguments) {
        reply.array(arguments.size());
        for (Argument argument : arguments) write(argument);
    }

    private void write(Argument argument) {
        int keySpec = keySpec(argument);
        // a key without a key specification is only called so
        boolean isPlain = argument.type() == Argument.Type.KEY && keySpec == NONE;
        String token = argument.token();
        int flags = (argument.isOptional() ? 1 : 0)
                + (argument.isMultiple() ? 1 : 0)
                + (argument.hasMultipleToken() ? 1 : 0);
        int pairs = 2
                + (keySpec == NONE ? 0 : 1)
                + (token == null ? 0 : 1)
                + (flags > 0 ? 1 : 0)
                + (argument.parts().isEmpty() ? 0 : 1);

        reply.map(pairs).bulk("name").bulk(argument.name());
        reply.bulk("type")
                .bulk(isPlain ? Argument.Type.STRING.word() : argument.type().word());
        if (keySpec != NONE) reply.bulk("key_spec_index").integer(keySpec);
        if (token != null) reply.bulk("token").bulk(token);
        if (flags > 0) {
            reply.bulk("flags").set(flags);
            if (argument.isOptional()) reply.simple("optional");
            if (argument.isMultiple()) reply.simple("multiple");
            if (argument.hasMultipleToken()) reply.simple("multiple_token");
        }
        if (!argument.parts().isEmpty()) {
            reply.bulk("arguments");
            writeAll(argument.parts());
        }
    }

    /// The key specification that says where the argument stands: the next one for each key, the same one for
    /// all patterns that lead to keys.
    private int keySpec(Argument argument) {
        if (lastKeySpec < 0) return NONE;
        if (argument.type() == Argument.Type.KEY) return takeKeySpec();
        if (!argument.leadsToKeys()) return NONE;
        if (patternKeySpec == NONE) patternKeySpec = takeKeySpec();
        return patternKeySpec;
    }

    private int takeKeySpec() {
        int taken = nextKeySpec;
        nextKeySpec = Math.min(taken + 1, lastKeySpec);
        return taken;
    }
}
