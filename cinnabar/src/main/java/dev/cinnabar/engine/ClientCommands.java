package dev.cinnabar.engine;

import static dev.cinnabar.command.Flag.ADMIN;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Reply;
import dev.cinnabar.command.Timeout;
import java.util.ArrayList;
import java.util.List;

/// CLIENT: the connections as objects, to be named, listed, held and closed.
public enum ClientCommands implements Command {
    CACHING(syntax("CLIENT CACHING <YES | NO>")
            .flags(NOSCRIPT, LOADING, STALE)
            .since("6.0.0")
            .complexity("O(1)")
            .summary("Says whether the keys of the next command are tracked.")),
    GETNAME(syntax("CLIENT GETNAME")
            .flags(NOSCRIPT, LOADING, STALE)
            .since("2.6.9")
            .complexity("O(1)")
            .summary("Answers how this connection is called.")),
    GETREDIR(syntax("CLIENT GETREDIR")
            .flags(NOSCRIPT, LOADING, STALE)
            .since("6.0.0")
            .complexity("O(1)")
            .summary("Answers to which connection invalidations go instead of to this one.")),
    HELP(syntax("CLIENT HELP")
            .flags(LOADING, STALE)
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Lists the subcommands.")),
    ID(syntax("CLIENT ID")
            .flags(NOSCRIPT, LOADING, STALE)
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Answers the number of this connection, which no other one ever has.")),
    INFO(syntax("CLIENT INFO")
            .flags(NOSCRIPT, LOADING, STALE)
            .since("6.2.0")
            .complexity("O(1)")
            .tips("nondeterministic_output")
            .summary("Describes this connection in a line.")),
    KILL(syntax("CLIENT KILL <ip:port | "
                    + oneOrMore(
                            "<[ID client-id] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | [USER username] |"
                                    + " [ADDR ip:port] | [LADDR ip:port] | [SKIPME <YES | NO>] | [MAXAGE maxage]>")
                    + ">")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("2.4.0")
            .complexity("O(N) for N connections")
            .summary("Closes the connections that fit a description.")),
    LIST(syntax("CLIENT LIST [TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("2.4.0")
            .complexity("O(N) for N connections")
            .tips("nondeterministic_output")
            .summary("Describes connections, each in a line.")),
    NO_EVICT(syntax("CLIENT NO-EVICT <ON | OFF>")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("7.0.0")
            .complexity("O(1)")
            .summary("Spares this connection when connections are closed for the memory they take.")),
    NO_TOUCH(syntax("CLIENT NO-TOUCH <ON | OFF>")
            .flags(NOSCRIPT, LOADING, STALE)
            .since("7.2.0")
            .complexity("O(1)")
            .summary("Says whether reads of this connection count as use of the keys.")),
    PAUSE(syntax("CLIENT PAUSE timeout [WRITE | ALL]")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .arguments("integer", "timeout")
            .since("3.0.0")
            .complexity("O(1)")
            .summary("Lets all commands wait for some milliseconds, or those that write.")),
    REPLY(syntax("CLIENT REPLY <ON | OFF | SKIP>")
            .flags(NOSCRIPT, LOADING, STALE)
            .since("3.2.0")
            .complexity("O(1)")
            .summary("Says whether this connection wants answers.")),
    SETINFO(syntax("CLIENT SETINFO <LIB-NAME libname | LIB-VER libver>")
            .arity(4)
            .flags(NOSCRIPT, LOADING, STALE)
            .since("7.2.0")
            .complexity("O(1)")
            .summary("Says which client library this connection uses.")),
    SETNAME(syntax("CLIENT SETNAME connection-name")
            .flags(NOSCRIPT, LOADING, STALE)
            .since("2.6.9")
            .complexity("O(1)")
            .summary("Names this connection.")),
    TRACKING(
            syntax("CLIENT TRACKING <ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN]"
                            + " [OPTOUT] [NOLOOP]")
                    .flags(NOSCRIPT, LOADING, STALE)
                    .since("6.0.0")
                    .complexity("O(1)")
                    .summary("Switches the messages that keep a client's own cache right. Only OFF is known yet.")),
    TRACKINGINFO(syntax("CLIENT TRACKINGINFO")
            .flags(NOSCRIPT, LOADING, STALE)
            .since("6.2.0")
            .complexity("O(1)")
            .summary("Answers what this connection tracks.")),
    UNBLOCK(syntax("CLIENT UNBLOCK client-id [TIMEOUT | ERROR]")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Ends the waiting of a connection whose command waits for keys.")),
    UNPAUSE(syntax("CLIENT UNPAUSE")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE)
            .since("6.2.0")
            .complexity("O(N) for N connections that wait")
            .summary("Ends the waiting that CLIENT PAUSE began."));

    private static final int NO_REDIRECTION = -1;

    private final CommandSpec spec;

    ClientCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.CONNECTION).build();
    }

    private static CommandSpec.Builder syntax(String line) {
        return CommandSpec.syntax(line).subcommand();
    }

    private static String oneOrMore(String part) {
        return part + " [" + part + " ...]";
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        Session session = (Session) call.caller();
        return switch (this) {
            case CACHING ->
                call.reply()
                        .error("ERR CLIENT CACHING can be called only when the client is in tracking mode"
                                + " with OPTIN or OPTOUT mode enabled");
            case GETNAME -> call.reply().bulkOrNil(session.name.isEmpty() ? null : session.name);
            case GETREDIR -> call.reply().integer(NO_REDIRECTION);
            case HELP -> Help.answer(call, values());
            case ID -> call.reply().integer(session.id());
            case INFO ->
                call.reply().verbatim(new ClientLines(call).add(session).toString());
            case KILL -> kill(call, session);
            case LIST -> list(call, session);
            case NO_EVICT -> noEvict(call, session);
            case NO_TOUCH -> noTouch(call, session);
            case PAUSE -> pause(call, session.engine());
            case REPLY -> reply(call, session);
            case SETINFO -> setInfo(call, session);
            case SETNAME -> setName(call, session);
            case TRACKING -> tracking(call);
            case TRACKINGINFO -> trackingInfo(call);
            case UNBLOCK -> unblock(call);
            case UNPAUSE -> unpause(call, session.engine());
        };
    }

    // ---- this connection ----

    private static Reply setName(Call call, Session session) {
        Bytes name = call.arg(2);
        if (!Session.isName(name)) return call.reply().error(Session.NOT_A_NAME);
        session.name = name.toLatin1();
        return call.reply().ok();
    }

    private static Reply setInfo(Call call, Session session) {
        boolean isName = call.is(2, "LIB-NAME");
        if (!isName && !call.is(2, "LIB-VER"))
            return call.reply().error("ERR Unrecognized option '" + Errors.echo(call.arg(2)) + "'");
        Bytes value = call.arg(3);
        if (!Session.isName(value)) {
            return call.reply()
                    .error("ERR " + Errors.echo(call.arg(2))
                            + " cannot contain spaces, newlines or special characters.");
        }
        if (isName) session.libraryName = value.toLatin1();
        else session.libraryVersion = value.toLatin1();
        return call.reply().ok();
    }

    private static Reply noEvict(Call call, Session session) {
        session.isNoEvict = isOn(call, 2);
        return call.reply().ok();
    }

    private static Reply noTouch(Call call, Session session) {
        session.isNoTouch = isOn(call, 2);
        return call.reply().ok();
    }

    private static boolean isOn(Call call, int index) {
        if (call.is(index, "ON")) return true;
        if (call.is(index, "OFF")) return false;
        throw Errors.SYNTAX_REFUSAL;
    }

    /// OFF and SKIP answer nothing themselves. SKIP under OFF changes nothing.
    private static Reply reply(Call call, Session session) {
        if (call.is(2, "ON")) {
            session.isMuted = false;
            session.skipsReply = false;
            return call.reply().ok();
        }
        if (call.is(2, "OFF")) session.isMuted = true;
        else if (!call.is(2, "SKIP")) return call.reply().error(Errors.SYNTAX);
        else if (!session.isMuted) session.skipsNextReply = true;
        return call.reply();
    }

    // ---- what others cache: not yet ----

    private static Reply tracking(Call call) {
        if (!isOn(call, 2)) return call.reply().ok();
        return call.reply().error("ERR CLIENT TRACKING ON is not supported by this server");
    }

    private static Reply trackingInfo(Call call) {
        Reply reply = call.reply().map(3);
        reply.bulk("flags").set(1).bulk("off");
        reply.bulk("redirect").integer(NO_REDIRECTION);
        return reply.bulk("prefixes").array(0);
    }

    // ---- all connections ----

    private static Reply list(Call call, Session session) {
        Engine engine = session.engine();
        ClientLines lines = new ClientLines(call);
        if (call.argc() == 4 && call.is(2, "TYPE")) {
            ClientType type = ClientType.of(call.arg(3));
            for (Session s : engine.sessions()) if (s.type() == type) lines.add(s);
        } else if (call.argc() > 3 && call.is(2, "ID")) {
            List<Session> wanted = new ArrayList<>(); // all ids are read before anything is answered
            for (int i = 3; i < call.argc(); i++) {
                Session s = engine.session(call.longArg(i, Long.MIN_VALUE, Long.MAX_VALUE, "ERR Invalid client ID"));
                if (s != null) wanted.add(s);
            }
            wanted.forEach(lines::add);
        } else if (call.argc() > 2) {
            return call.reply().error(Errors.SYNTAX);
        } else {
            engine.sessions().forEach(lines::add);
        }
        return call.reply().verbatim(lines.toString());
    }

    /// The old form, an address alone, may hit the caller and answers OK or an error; the new one spares the
    /// caller unless told not to and answers a number.
    private static Reply kill(Call call, Session session) {
        boolean isOldForm = call.argc() == 3;
        ClientFilter filter = isOldForm ? ClientFilter.ofAddress(call.arg(2)) : ClientFilter.of(call, 2);
        Engine engine = session.engine();
        int killed = 0;
        for (Session s : List.copyOf(engine.sessions())) {
            if (!filter.matches(s, session, call.nowMs())) continue;
            if (s == session) session.closeAfterReply();
            else engine.kill(s);
            killed++;
        }
        if (!isOldForm) return call.reply().integer(killed);
        return killed == 0
                ? call.reply().error("ERR No such client")
                : call.reply().ok();
    }

    private static Reply pause(Call call, Engine engine) {
        if (call.argc() > 4) return call.reply().error(Errors.subcommandArity("client", call.arg(1)));
        boolean onlyWrites = call.argc() == 4 && call.is(3, "WRITE");
        if (call.argc() == 4 && !onlyWrites && !call.is(3, "ALL")) {
            return call.reply().error("ERR CLIENT PAUSE mode must be WRITE or ALL");
        }
        engine.pause(untilMs(call), onlyWrites);
        return call.reply().ok();
    }

    private static long untilMs(Call call) {
        return call.nowMs() + Timeout.wholeMillis(call, 2);
    }

    private static Reply unpause(Call call, Engine engine) {
        engine.unpause();
        return call.reply().ok();
    }

    /// The waiting that CLIENT PAUSE causes does not count.
    private static Reply unblock(Call call) {
        if (call.argc() > 4) return call.reply().error(Errors.subcommandArity("client", call.arg(1)));
        if (call.argc() == 4 && !call.is(3, "TIMEOUT") && !call.is(3, "ERROR")) {
            return call.reply().error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        }
        Engine engine = ((Session) call.caller()).engine();
        Session waiting = engine.session(call.longArg(2));
        boolean withError = call.argc() == 4 && call.is(3, "ERROR");
        return call.reply().integer(waiting != null && engine.waiting().unblock(waiting, withError));
    }
}
