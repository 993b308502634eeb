package dev.cinnabar.engine;

import static dev.cinnabar.command.Flag.ADMIN;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Reply;

/// MODULE: what tools ask for to learn which extensions a server has. This one loads none, so the list is
/// empty for good.
public enum ModuleCommands implements Command {
    HELP(syntax("MODULE HELP")
            .flags(LOADING, STALE)
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Lists the subcommands.")),
    LIST(syntax("MODULE LIST")
            .flags(ADMIN, NOSCRIPT)
            .since("4.0.0")
            .complexity("O(1)")
            .tips("nondeterministic_output_order")
            .summary("Answers which modules are loaded: none, since this server cannot load any."));

    private final CommandSpec spec;

    ModuleCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.SERVER).build();
    }

    private static CommandSpec.Builder syntax(String line) {
        return CommandSpec.syntax(line).subcommand();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case HELP -> Help.answer(call, values());
            case LIST -> call.reply().array(0);
        };
    }
}
