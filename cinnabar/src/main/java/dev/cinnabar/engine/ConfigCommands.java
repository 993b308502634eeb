package dev.cinnabar.engine;

import static dev.cinnabar.command.Flag.ADMIN;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Log;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Refusal;
import dev.cinnabar.command.Reply;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directive;
import dev.cinnabar.config.Directives;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// CONFIG: what the server was told to be, and telling it something else while it runs.
public enum ConfigCommands implements Command {
    GET(subcommand("CONFIG GET parameter [parameter ...]")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("2.0.0")
            .complexity("O(N*M) for N patterns and M directives")
            .summary("Answers the values of all directives that one of the patterns matches.")),
    HELP(subcommand("CONFIG HELP")
            .flags(LOADING, STALE)
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Answers what CONFIG can do.")),
    RESETSTAT(subcommand("CONFIG RESETSTAT")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
            .since("2.0.0")
            .complexity("O(N) for N commands")
            .summary("Begins to count anew what INFO answers.")),
    REWRITE(subcommand("CONFIG REWRITE")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
            .since("2.8.0")
            .complexity("O(N) for N lines")
            .summary("Brings the configuration file up to date, and leaves its comments and its order as they are.")),
    SET(subcommand("CONFIG SET parameter value [parameter value ...]")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
            .since("2.0.0")
            .complexity("O(N) for N directives")
            .summary("Gives directives new values: all of them, or none when one is refused."));

    private final CommandSpec spec;

    ConfigCommands(CommandSpec.Builder spec) {
        this.spec = spec.build();
    }

    private static CommandSpec.Builder subcommand(String line) {
        return CommandSpec.syntax(line).subcommand().group(Group.SERVER);
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        Session session = (Session) call.caller();
        Engine engine = session.engine();
        return switch (this) {
            case GET -> get(call, engine.host().config());
            case HELP -> Help.answer(call, values());
            case RESETSTAT -> {
                engine.resetStatistics();
                yield call.reply().ok();
            }
            case REWRITE -> rewrite(call, engine.host());
            case SET -> set(call, session);
        };
    }

    private static Reply get(Call call, Config config) {
        List<String> patterns = new ArrayList<>();
        for (int i = 2; i < call.argc(); i++) patterns.add(call.arg(i).toString());
        Map<String, String> found = config.matching(patterns);
        call.reply().map(found.size());
        found.forEach((name, value) -> call.reply().bulk(name).bulk(value));
        return call.reply();
    }

    private static Reply set(Call call, Session session) {
        List<String> pairs = new ArrayList<>();
        for (int i = 2; i < call.argc(); i++) pairs.add(text(call, i, pairs));
        Engine engine = session.engine();
        String error = engine.host().config().set(pairs, session.link().isLocal(), engine.isLoading());
        for (int i = 0; i + 1 < pairs.size(); i += 2) if (isSecret(pairs.get(i))) call.redact(i + 3);
        return call.reply().okUnless(error);
    }

    /// A word as text, which names and values are here. Bytes that are no text are refused: a password of
    /// them could not be told from another.
    private static String text(Call call, int index, List<String> before) {
        Bytes word = call.arg(index);
        String text = word.toString();
        if (text.indexOf(0) < 0 && Bytes.of(text).equals(word)) return text;
        if (index % 2 == 0) throw new Refusal(Config.unknown(Errors.echo(word)));
        call.redact(index);
        throw new Refusal(
                Errors.ofJava(Config.failed(before.get(index - 3), "argument must be UTF-8 text without NUL")));
    }

    private static boolean isSecret(String name) {
        Directive<?> directive = Directives.named(name);
        return directive != null && directive.isSecret();
    }

    private static Reply rewrite(Call call, Host host) {
        Log log = host.log();
        String error = host.config().rewrite(null);
        if (error != null) {
            log.warning("CONFIG REWRITE failed: " + error);
            return call.reply().error(Errors.ofJava(error));
        }
        log.notice("CONFIG REWRITE executed with success.");
        return call.reply().ok();
    }
}
