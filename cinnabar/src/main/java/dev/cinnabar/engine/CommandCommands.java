package dev.cinnabar.engine;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.NO_MANDATORY_KEYS;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Glob;
import dev.cinnabar.command.Arguments;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.KeySpec;
import dev.cinnabar.command.Refusal;
import dev.cinnabar.command.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// COMMAND: what commands there are, and all that is known of them.
public enum CommandCommands implements Command {
    COMMAND(syntax("COMMAND")
            .arity(-1)
            .tips("nondeterministic_output_order")
            .since("2.8.13")
            .complexity("O(N) for N commands")
            .summary("Answers the facts of all commands.")),
    COUNT(subcommand("COMMAND COUNT")
            .since("2.8.13")
            .complexity("O(1)")
            .summary("Answers how many commands there are, subcommands not counted.")),
    DOCS(subcommand("COMMAND DOCS [command-name [command-name ...]]")
            .tips("nondeterministic_output_order")
            .since("7.0.0")
            .complexity("O(N) for N commands")
            .summary("Answers the manual of commands, of all when none is named.")),
    GETKEYS(subcommand("COMMAND GETKEYS command [arg [arg ...]]")
            .since("2.8.13")
            .complexity("O(N) for N arguments")
            .summary("Answers which arguments of a command are keys.")),
    GETKEYSANDFLAGS(subcommand("COMMAND GETKEYSANDFLAGS command [arg [arg ...]]")
            .since("7.0.0")
            .complexity("O(N) for N arguments")
            .summary("Answers which arguments of a command are keys, and what is done with each.")),
    HELP(subcommand("COMMAND HELP").since("5.0.0").complexity("O(1)").summary("Answers what COMMAND can do.")),
    INFO(subcommand("COMMAND INFO [command-name [command-name ...]]")
            .tips("nondeterministic_output_order")
            .since("2.8.13")
            .complexity("O(N) for N commands")
            .summary("Answers the facts of commands, of all when none is named.")),
    LIST(subcommand("COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]")
            .tips("nondeterministic_output_order")
            .since("7.0.0")
            .complexity("O(N) for N commands")
            .summary("Answers the names of all commands, or of those that a filter lets through."));

    private static final String NO_SUCH_COMMAND = "ERR Invalid command specified";
    private static final String NO_KEYS = "ERR The command has no key arguments";
    private static final String WRONG_COUNT = "ERR Invalid number of arguments specified for command";
    private static final String WRONG_ARGUMENTS = "ERR Invalid arguments specified for command";

    private final CommandSpec spec;

    CommandCommands(CommandSpec.Builder spec) {
        this.spec = spec.flags(LOADING, STALE)
                .group(Group.SERVER)
                .categories("connection")
                .build();
    }

    private static CommandSpec.Builder subcommand(String line) {
        return CommandSpec.syntax(line).subcommand();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        CommandTable table = ((Session) call.caller()).engine().commands();
        return switch (this) {
            case COMMAND -> infoOfAll(call, table);
            case COUNT -> call.reply().integer(table.entries().size());
            case DOCS -> docs(call, table);
            case GETKEYS -> getKeys(call, table, false);
            case GETKEYSANDFLAGS -> getKeys(call, table, true);
            case HELP -> Help.answer(call, values());
            case INFO -> call.argc() == 2 ? infoOfAll(call, table) : info(call, table);
            case LIST -> list(call, table);
        };
    }

    // ---- facts and manual ----

    private static Reply infoOfAll(Call call, CommandTable table) {
        call.reply().array(table.entries().size());
        for (CommandEntry entry : table.entries().values()) CommandFacts.write(call.reply(), entry);
        return call.reply();
    }

    private static Reply info(Call call, CommandTable table) {
        call.reply().array(call.argc() - 2);
        for (int i = 2; i < call.argc(); i++) {
            CommandEntry entry = named(call, i, table);
            if (entry == null) call.reply().nil();
            else CommandFacts.write(call.reply(), entry);
        }
        return call.reply();
    }

    private static Reply docs(Call call, CommandTable table) {
        List<CommandEntry> entries = new ArrayList<>();
        if (call.argc() == 2) entries.addAll(table.entries().values());
        for (int i = 2; i < call.argc(); i++) {
            CommandEntry entry = named(call, i, table);
            if (entry != null) entries.add(entry);
        }
        call.reply().map(entries.size());
        for (CommandEntry entry : entries) CommandManual.write(call.reply(), entry);
        return call.reply();
    }

    private static @Nullable CommandEntry named(Call call, int index, CommandTable table) {
        return table.find(call.arg(index).toLatin1().toLowerCase(Locale.ROOT));
    }

    // ---- lists ----

    private static Reply list(Call call, CommandTable table) {
        Filter filter = entry -> true;
        if (call.argc() > 2) {
            if (call.argc() != 5 || !call.is(2, "FILTERBY")) throw Errors.SYNTAX_REFUSAL;
            filter = filter(call);
        }
        int begin = call.reply().begin();
        int count = list(call.reply(), table, filter);
        return call.reply().endArray(begin, count);
    }

    private interface Filter {
        boolean lets(CommandEntry entry);
    }

    private static Filter filter(Call call) {
        Bytes value = call.arg(4);
        if (call.is(3, "MODULE")) return entry -> false; // there are no modules
        if (call.is(3, "ACLCAT")) {
            String category = value.toLatin1().toLowerCase(Locale.ROOT);
            return entry -> CommandFacts.categories(entry).contains(category);
        }
        if (!call.is(3, "PATTERN")) throw Errors.SYNTAX_REFUSAL;
        return entry -> {
            byte[] name = entry.fullName().getBytes(StandardCharsets.US_ASCII);
            return Glob.matches(value.array(), value.offset(), value.length(), name, 0, name.length, true);
        };
    }

    private static int list(Reply reply, CommandTable table, Filter filter) {
        int count = 0;
        for (CommandEntry entry : table.entries().values()) {
            if (filter.lets(entry)) {
                reply.bulk(entry.fullName());
                count++;
            }
            CommandTable inner = entry.subcommands();
            if (inner != null) count += list(reply, inner, filter);
        }
        return count;
    }

    // ---- keys of a command ----

    /// The words of a call from the third on: the command that is asked about.
    private record Quoted(Call call) implements Arguments {
        @Override
        public int argc() {
            return call.argc() - 2;
        }

        @Override
        public Bytes arg(int index) {
            return call.arg(index + 2);
        }
    }

    private static Reply getKeys(Call call, CommandTable table, boolean withFlags) {
        Quoted quoted = new Quoted(call);
        CommandSpec spec = specOf(quoted, table);
        if (!spec.takes(quoted.argc())) throw new Refusal(WRONG_COUNT);

        int begin = call.reply().begin();
        int[] count = {0};
        boolean isSensible = spec.findKeys(quoted, (index, key) -> {
            count[0]++;
            if (withFlags) call.reply().array(2);
            call.reply().bulk(quoted.arg(index));
            if (withFlags) CommandFacts.writeFlags(call.reply(), key);
        });
        if (!isSensible || count[0] == 0) {
            call.reply().out().rewind(begin);
            if (!spec.is(NO_MANDATORY_KEYS)) throw new Refusal(WRONG_ARGUMENTS);
            return call.reply().array(0);
        }
        return call.reply().endArray(begin, count[0]);
    }

    private static CommandSpec specOf(Quoted quoted, CommandTable table) {
        CommandEntry entry = table.find(quoted.arg(0));
        if (entry != null && entry.subcommands() != null && quoted.argc() > 1)
            entry = entry.subcommands().find(quoted.arg(1));
        if (entry == null) throw new Refusal(NO_SUCH_COMMAND);
        Command command = entry.command();
        if (command == null || !command.spec().hasKeys() || !hasTrueKeys(command.spec())) throw new Refusal(NO_KEYS);
        return command.spec();
    }

    private static boolean hasTrueKeys(CommandSpec spec) {
        if (spec.keys().isEmpty()) return true; // a key finder's
        for (KeySpec key : spec.keys())
            if (!key.flags().toLowerCase(Locale.ROOT).contains("not_key")) return true;
        return false;
    }
}
