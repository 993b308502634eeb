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
import dev.cinnabar.engine.LatencyMonitor.Series;
import java.util.Locale;

/// LATENCY: what kept clients waiting, and how long commands take.
public enum LatencyCommands implements Command {
    DOCTOR(syntax("LATENCY DOCTOR")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("2.8.13")
            .complexity("O(1)")
            .tips("nondeterministic_output", "request_policy:all_nodes", "response_policy:special")
            .summary("Says in words what kept clients waiting and what can be done.")),
    GRAPH(syntax("LATENCY GRAPH event")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("2.8.13")
            .complexity("O(1)")
            .tips("nondeterministic_output", "request_policy:all_nodes", "response_policy:special")
            .summary("Draws the delays of an event.")),
    HELP(syntax("LATENCY HELP")
            .flags(LOADING, STALE)
            .since("2.8.13")
            .complexity("O(1)")
            .summary("Lists the subcommands.")),
    HISTOGRAM(syntax("LATENCY HISTOGRAM [command [command ...]]")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("7.0.0")
            .complexity("O(N) for N commands that were used")
            .tips("nondeterministic_output", "request_policy:all_nodes", "response_policy:special")
            .summary("Answers how the durations of commands are spread.")),
    HISTORY(syntax("LATENCY HISTORY event")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("2.8.13")
            .complexity("O(1)")
            .tips("nondeterministic_output", "request_policy:all_nodes", "response_policy:special")
            .summary("Answers when an event caused a delay, and how long it was.")),
    LATEST(syntax("LATENCY LATEST")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("2.8.13")
            .complexity("O(1)")
            .tips("nondeterministic_output", "request_policy:all_nodes", "response_policy:special")
            .summary("Answers the last delay of each event, and its longest.")),
    RESET(syntax("LATENCY RESET [event [event ...]]")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("2.8.13")
            .complexity("O(1)")
            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
            .summary("Forgets the delays of some events, or of all."));

    private static final int GRAPH_COLUMNS = 80;
    private static final int GRAPH_ROWS = 4;

    private final CommandSpec spec;

    LatencyCommands(CommandSpec.Builder spec) {
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
        Engine engine = ((Session) call.caller()).engine();
        LatencyMonitor monitor = engine.latencyMonitor();
        return switch (this) {
            case DOCTOR -> call.reply().verbatim(LatencyDoctor.report(monitor, engine.settings(), call.nowMs()));
            case GRAPH -> graph(call, monitor);
            case HELP -> Help.answer(call, values());
            case HISTOGRAM -> histogram(call, engine.commands());
            case HISTORY -> history(call, monitor);
            case LATEST -> latest(call, monitor);
            case RESET -> reset(call, monitor);
        };
    }

    // ---- events ----

    private static Reply latest(Call call, LatencyMonitor monitor) {
        Reply reply = call.reply().array(monitor.events().size());
        monitor.events().forEach((event, series) -> {
            int last = series.size() - 1;
            reply.array(4).bulk(event);
            reply.integer(series.second(last)).integer(series.millis(last)).integer(series.maxMs());
        });
        return reply;
    }

    private static Reply history(Call call, LatencyMonitor monitor) {
        Series series = monitor.events().get(call.arg(2).toString());
        if (series == null) return call.reply().array(0);
        Reply reply = call.reply().array(series.size());
        for (int i = 0; i < series.size(); i++)
            reply.array(2).integer(series.second(i)).integer(series.millis(i));
        return reply;
    }

    private static Reply reset(Call call, LatencyMonitor monitor) {
        int count = 0;
        if (call.argc() == 2) {
            count = monitor.events().size();
            monitor.reset();
        }
        for (int i = 2; i < call.argc(); i++) if (monitor.reset(call.arg(i).toString())) count++;
        return call.reply().integer(count);
    }

    private static Reply graph(Call call, LatencyMonitor monitor) {
        String event = call.arg(2).toString();
        Series series = monitor.events().get(event);
        if (series == null)
            return call.reply().error("ERR No samples available for event '" + Errors.echo(call.arg(2)) + "'");

        Sparkline line = new Sparkline();
        long nowSeconds = call.nowMs() / 1000;
        for (int i = 0; i < series.size(); i++) line.add(series.millis(i), ago(nowSeconds - series.second(i)));
        String head = event + " - high " + line.max() + " ms, low " + line.min() + " ms (all time high "
                + series.maxMs() + " ms)\n" + "-".repeat(GRAPH_COLUMNS) + "\n";
        return call.reply().verbatim(head + line.draw(GRAPH_COLUMNS, GRAPH_ROWS));
    }

    private static String ago(long seconds) {
        if (seconds < 60) return seconds + "s";
        if (seconds < 3600) return seconds / 60 + "m";
        return seconds < 86400 ? seconds / 3600 + "h" : seconds / 86400 + "d";
    }

    // ---- durations of commands ----

    private static Reply histogram(Call call, CommandTable commands) {
        Reply reply = call.reply();
        int begin = reply.begin();
        int shown = 0;
        if (call.argc() == 2) {
            for (CommandEntry entry : commands.entries().values()) shown += histograms(reply, entry);
        }
        for (int i = 2; i < call.argc(); i++) {
            CommandEntry entry = commands.find(call.arg(i).toString().toLowerCase(Locale.ROOT));
            if (entry != null) shown += histograms(reply, entry);
        }
        return reply.endMap(begin, shown);
    }

    /// Shows a command and its subcommands, those that were used.
    ///
    /// @return how many were shown
    private static int histograms(Reply reply, CommandEntry entry) {
        int shown = 0;
        Histogram latency = entry.latency();
        if (latency.total() > 0) {
            reply.bulk(entry.fullName()).map(2);
            reply.bulk("calls").integer(latency.total());
            reply.bulk("histogram_usec");
            int begin = reply.begin();
            reply.endMap(
                    begin,
                    latency.forEachStep((micros, count) -> reply.integer(micros).integer(count)));
            shown++;
        }
        CommandTable inner = entry.subcommands();
        if (inner == null) return shown;
        for (CommandEntry sub : inner.entries().values()) shown += histograms(reply, sub);
        return shown;
    }
}
