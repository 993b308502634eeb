package dev.cinnabar.engine;

import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Answers `CONFIG HELP` and the like out of the commands' declarations.
final class Help {
    private Help() {}

    /// @param family the commands among which those of the called container are told
    static Reply answer(Call call, Command... family) {
        String container = call.spec().container();
        List<String> lines = new ArrayList<>();
        for (Command command : family) {
            CommandSpec spec = command.spec();
            if (!spec.container().equals(container) || spec.name().equals("help")) continue;
            lines.add(spec.syntax().substring(container.length() + 1));
            lines.add("    " + spec.summary());
        }
        return answer(call, container, lines);
    }

    /// @param lines each subcommand's syntax, then what it does, four blanks indented
    static Reply answer(Call call, String container, List<String> lines) {
        Reply reply = call.reply().array(lines.size() + 3);
        reply.simple(container.toUpperCase(Locale.ROOT) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        for (String line : lines) reply.simple(line);
        return reply.simple("HELP").simple("    Prints this help.");
    }
}
