package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Flag;
import dev.cinnabar.engine.Session.QueuedCall;
import dev.cinnabar.store.Moment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What is decided about a command before it runs: which one is meant, and whether it may run now, for this
/// client, on this server.
///
/// Touched only under the engine's lock.
final class Admission {
    private static final int WARNING_EACH_MS = 60_000;

    private final Engine engine;
    private final CommandTable commands;
    private final Settings settings;
    private final Eviction eviction;
    private final Pause pause;
    private final Moment moment;
    private long warnsAgainMs; // of HTTP
    private @Nullable String writeRefusal; // while the data set should be saved and cannot

    Admission(Engine engine, CommandTable commands, Settings settings, Eviction eviction, Pause pause, Moment moment) {
        this.engine = engine;
        this.commands = commands;
        this.settings = settings;
        this.eviction = eviction;
        this.pause = pause;
        this.moment = moment;
    }

    /// From now on writes are refused with this error, or, with null, are not.
    void refuseWrites(@Nullable String error) {
        writeRefusal = error;
    }

    // ---- which command ----

    /// Finds the command, or answers why it cannot.
    ///
    /// @return null when it was answered
    @Nullable
    CommandEntry find(int argc, Bytes[] argv, Call call) {
        Session session = (Session) call.caller();
        boolean isLogged = session.origin() == Session.Origin.REPLAY;
        CommandEntry entry = isLogged ? commands.findLogged(argv[0]) : commands.find(argv[0]);
        if (entry == null) {
            session.lastCommand = Session.NO_COMMAND;
            if (isOfHttp(argv[0]) && session.origin() == Session.Origin.NETWORK) dropBrowser(session);
            else call.reply().error(unknown(argc, argv));
            return null;
        }
        CommandTable inner = entry.subcommands();
        if (inner != null && argc > 1) {
            CommandEntry sub = inner.find(argv[1]);
            if (sub == null) {
                session.lastCommand = Session.NO_COMMAND;
                String word = Errors.echo(argv[1], Errors.MOST_ECHOED);
                String hint = entry.fullName().toUpperCase(Locale.ROOT) + " HELP.";
                call.reply().error("ERR unknown subcommand '" + word + "'. Try " + hint);
                return null;
            }
            entry = sub;
        }
        if (entry.command() == null || !entry.spec().takes(argc)) {
            session.lastCommand = entry.fullName();
            refuse(entry, session, call, Errors.arity(entry.fullName()));
            return null;
        }
        return entry;
    }

    private static boolean isOfHttp(Bytes name) {
        return name.isWord("POST") || name.isWord("HOST:");
    }

    /// A web page may have a browser on this machine, or a server that fetches addresses for others, send us
    /// an HTTP request with commands in its body. Before the body comes a line that begins with one of these
    /// words, and there the connection ends.
    private void dropBrowser(Session session) {
        engine.kill(session);
        if (moment.nowMs() < warnsAgainMs) return;
        warnsAgainMs = moment.nowMs() + WARNING_EACH_MS;
        engine.host()
                .log()
                .warning("Possible SECURITY ATTACK detected: an HTTP request (POST or Host:) came from "
                        + session.link().remoteAddress()
                        + ", perhaps a web page that tries to give commands. The connection was closed.");
    }

    /// Answers why a command may not run, and counts that. A transaction that it was to become part of is
    /// spoiled; that of an EXEC is over.
    static void refuse(CommandEntry entry, Session session, Call call, String refusal) {
        entry.rejected();
        if (entry.is(Flag.RUNS_QUEUE)) {
            TransactionCommands.forget(session);
            call.reply().error(execAbort(refusal));
        } else {
            if (session.queue != null) session.hasQueueFailed = true;
            call.reply().error(refusal);
        }
    }

    private static String execAbort(String refusal) {
        String reason = refusal.startsWith("ERR ") ? refusal.substring("ERR ".length()) : refusal;
        return "EXECABORT Transaction discarded because of: " + reason;
    }

    private static String unknown(int argc, Bytes[] argv) {
        StringBuilder text = new StringBuilder("ERR unknown command '")
                .append(Errors.echo(argv[0], Errors.MOST_ECHOED))
                .append("', with args beginning with: ");
        int room = Errors.MOST_ECHOED;
        for (int i = 1; i < argc && room > 0; i++) {
            String arg = Errors.echo(argv[i], room);
            text.append('\'').append(arg).append("' ");
            room -= arg.length() + 3;
        }
        return text.toString();
    }

    // ---- may it run ----

    /// Why the command may not run now, or null.
    @Nullable
    String refusal(Session session, CommandEntry entry, int argc) {
        CommandSpec spec = entry.spec();
        if (spec.is(Flag.PROTECTED) && !allowsProtected(session)) return notAllowed(entry.fullName());
        if (!session.mayEnter() && !spec.is(Flag.NO_AUTH)) return "NOAUTH Authentication required.";
        if (session.origin() == Session.Origin.REPLAY) return null;
        if (session.queue != null && spec.is(Flag.NO_MULTI)) return "ERR Command not allowed inside a transaction";
        if (!engine.isInExec()) { // EXEC was asked for all that it runs, which is all or nothing
            String refusal = refusalForWantOfRoom(session, spec);
            if (refusal != null) return refusal;
            if (settings.writesNeedReplicas() && runs(Flag.WRITE, session, spec)) return Errors.NO_REPLICAS;
        }
        if (session.isInSubscriberMode() && !engine.isInExec() && !spec.is(Flag.FOR_SUBSCRIBERS)) {
            return "ERR Can't execute '" + entry.fullName()
                    + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET"
                    + " are allowed in this context";
        }
        if (engine.isLoading() && !spec.is(Flag.LOADING)) return "LOADING Redis is loading the dataset in memory";
        if (session.isMonitor && touchesData(spec)) return "ERR Replica can't interact with the keyspace";
        return null;
    }

    /// Why memory or the disk cannot take what the command would put there, or null.
    private @Nullable String refusalForWantOfRoom(Session session, CommandSpec spec) {
        boolean evicts = settings.maxMemory > 0 && !engine.isLoading() && !pause.isRunning(moment.nowMs());
        if (evicts && !eviction.makeRoom() && isRefusedWithoutMemory(session, spec)) return Errors.OUT_OF_MEMORY;
        if (!spec.is(Flag.ASKS_HEALTH) && !runs(Flag.WRITE, session, spec)) return null;
        if (writeRefusal != null) return writeRefusal;
        String refusal = engine.log() == ChangeLog.NONE ? null : engine.log().refusal();
        return refusal == null ? null : Errors.ofJava(refusal); // it may name a file
    }

    private boolean allowsProtected(Session session) {
        if (session.origin() == Session.Origin.REPLAY) return true;
        return switch (settings.debugCommand) {
            case "yes" -> true;
            case "local" -> session.link().isLocal();
            default -> false;
        };
    }

    private static String notAllowed(String name) {
        return "ERR " + name.toUpperCase(Locale.ROOT) + " command not allowed. If the enable-" + name
                + "-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this"
                + " option in the configuration file, and then restart the server.";
    }

    private static boolean touchesData(CommandSpec spec) {
        return spec.is(Flag.READONLY) || spec.is(Flag.WRITE) || spec.is(Flag.MAY_REPLICATE);
    }

    /// In a transaction everything is refused that would be queued, for a queue takes memory, too.
    private static boolean isRefusedWithoutMemory(Session session, CommandSpec spec) {
        return runs(Flag.DENYOOM, session, spec) || session.queue != null && !spec.is(Flag.ENDS_TRANSACTION);
    }

    /// Whether the command has this flag, or runs one from the queue that has it.
    private static boolean runs(Flag flag, Session session, CommandSpec spec) {
        if (spec.is(flag)) return true;
        if (session.queue == null || !spec.is(Flag.RUNS_QUEUE)) return false;
        for (QueuedCall queued : session.queue) if (queued.entry().is(flag)) return true;
        return false;
    }
}
