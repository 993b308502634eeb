package dev.cinnabar.engine;

import static dev.cinnabar.command.Flag.ADMIN;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Reply;

/// MONITOR: every command that clients send, as it goes by.
public enum MonitorCommands implements Command {
    MONITOR(CommandSpec.syntax("MONITOR")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("1.0.0")
            .complexity("O(N) for N bytes of all commands from then on")
            .summary("Shows this connection every command that the server runs, until RESET or QUIT."));

    private final CommandSpec spec;

    MonitorCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.SERVER).build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    /// Asked again, it answers nothing, which is Redis's way. Not in a transaction: the lines would stand
    /// among its replies.
    @Override
    public Reply run(Call call) {
        Session session = (Session) call.caller();
        Engine engine = session.engine();
        if (engine.isInExec()) return call.reply().error("ERR MONITOR isn't allowed for DENY BLOCKING client");
        if (!session.link().takesMessages()) return call.reply().error(Errors.denyBlocking("monitor"));
        if (session.isMonitor) return call.reply();
        engine.monitors().add(session);
        return call.reply().ok();
    }
}
