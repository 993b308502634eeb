package dev.cinnabar.engine;

import static dev.cinnabar.command.Flag.ADMIN;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Reply;

/// SLOWLOG: the commands that took long.
public enum SlowLogCommands implements Command {
    GET(syntax("SLOWLOG GET [count]")
            .flags(ADMIN, LOADING, STALE)
            .since("2.2.12")
            .complexity("O(N) for N entries answered")
            .tips("request_policy:all_nodes", "nondeterministic_output")
            .summary("Answers the newest entries of the slow log. Of equal quick commands in a pipeline that were timed"
                    + " together it says that one of so many was slow, without the words.")),
    HELP(syntax("SLOWLOG HELP")
            .flags(LOADING, STALE)
            .since("6.2.0")
            .complexity("O(1)")
            .summary("Lists the subcommands.")),
    LEN(syntax("SLOWLOG LEN")
            .flags(ADMIN, LOADING, STALE)
            .since("2.2.12")
            .complexity("O(1)")
            .tips("request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output")
            .summary("Answers how many entries the slow log holds.")),
    RESET(syntax("SLOWLOG RESET")
            .flags(ADMIN, LOADING, STALE)
            .since("2.2.12")
            .complexity("O(N) for N entries")
            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
            .summary("Empties the slow log."));

    private static final long DEFAULT_COUNT = 10;

    private final CommandSpec spec;

    SlowLogCommands(CommandSpec.Builder spec) {
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
        SlowLog log = ((Session) call.caller()).engine().slowLog();
        return switch (this) {
            case GET -> get(call, log);
            case HELP -> Help.answer(call, values());
            case LEN -> call.reply().integer(log.size());
            case RESET -> reset(call, log);
        };
    }

    private static Reply get(Call call, SlowLog log) {
        if (call.argc() > 3) return call.reply().error(Errors.subcommandArity("slowlog", call.arg(1)));
        String range = "ERR count should be greater than or equal to -1";
        long wanted = call.argc() == 3 ? call.longArg(2, -1, Long.MAX_VALUE, range) : DEFAULT_COUNT;
        int count = wanted < 0 ? log.size() : (int) Math.min(wanted, log.size());

        Reply reply = call.reply().array(count);
        for (SlowLog.Entry entry : log.entries()) {
            if (count-- == 0) break;
            reply.array(6).integer(entry.id()).integer(entry.atMs() / 1000).integer(entry.micros());
            reply.array(entry.words().size());
            for (byte[] word : entry.words()) reply.bulk(word, 0, word.length);
            reply.bulk(entry.address()).bulk(entry.clientName());
        }
        return reply;
    }

    private static Reply reset(Call call, SlowLog log) {
        log.reset();
        return call.reply().ok();
    }
}
