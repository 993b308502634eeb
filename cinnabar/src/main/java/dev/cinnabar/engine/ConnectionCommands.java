package dev.cinnabar.engine;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.ALLOW_BUSY;
import static dev.cinnabar.command.Flag.ASKS_HEALTH;
import static dev.cinnabar.command.Flag.ENDS_TRANSACTION;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.FOR_SUBSCRIBERS;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.NOT_QUEUED;
import static dev.cinnabar.command.Flag.NO_AUTH;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Reply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/// The connection itself: logging in, which protocol and database it speaks, leaving.
public enum ConnectionCommands implements Command {
    AUTH(syntax("AUTH [username] password")
            .flags(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY)
            .since("1.0.0")
            .complexity("O(N) for N bytes of password")
            .summary("Logs the connection in.")),
    ECHO(syntax("ECHO message")
            .flags(LOADING, STALE, FAST)
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Answers its argument.")),
    HELLO(syntax("HELLO [protover [AUTH username password] [SETNAME clientname]]")
            .flags(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY)
            .since("6.0.0")
            .complexity("O(1)")
            .summary("Greets the server: chooses the protocol version, logs in and names the connection if wanted.")),
    PING(syntax("PING [message]")
            .flags(FAST, FOR_SUBSCRIBERS, ASKS_HEALTH)
            .since("1.0.0")
            .complexity("O(1)")
            .tips("request_policy:all_shards", "response_policy:all_succeeded")
            .summary("Answers PONG, or its argument: the server is there.")),
    QUIT(syntax("QUIT")
            .arity(-1)
            .flags(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY, NOT_QUEUED, ENDS_TRANSACTION, FOR_SUBSCRIBERS)
            .since("1.0.0")
            .complexity("O(1)")
            .deprecated("7.2.0", "just closing the connection")
            .summary("Closes the connection when all answers have been sent.")),
    RESET(syntax("RESET")
            .flags(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY, NOT_QUEUED, ENDS_TRANSACTION, FOR_SUBSCRIBERS)
            .since("6.2.0")
            .complexity("O(N) for N queued commands and watched keys")
            .summary("Makes the connection what it was when it was new.")),
    SELECT(syntax("SELECT index")
            .flags(LOADING, STALE, FAST)
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Chooses the database that the connection works on."));

    private static final String NO_PROTOCOL = "NOPROTO unsupported protocol version";
    private static final String WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled.";
    private static final String NO_PASSWORD_IS_SET =
            "ERR AUTH <password> called without any password configured for the default user."
                    + " Are you sure your configuration is correct?";
    private static final String HELLO_WITHOUT_AUTH =
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass>"
                    + " option can be used to authenticate the client and select the RESP protocol version at the same time";

    private final CommandSpec spec;

    ConnectionCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.CONNECTION).build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        Session session = (Session) call.caller();
        return switch (this) {
            case AUTH -> auth(call, session);
            case ECHO -> call.reply().bulk(call.arg(1));
            case HELLO -> hello(call, session);
            case PING -> ping(call, session);
            case QUIT -> quit(call, session);
            case RESET -> reset(call, session);
            case SELECT -> select(call, session);
        };
    }

    /// In subscriber mode the answer looks like a message.
    private static Reply ping(Call call, Session session) {
        if (call.argc() > 2) return call.reply().error(Errors.arity("ping"));
        if (session.isInSubscriberMode()) {
            call.reply().array(2).bulk("pong");
            return call.argc() == 2
                    ? call.reply().bulk(call.arg(1))
                    : call.reply().bulk("");
        }
        return call.argc() == 2 ? call.reply().bulk(call.arg(1)) : call.reply().simple("PONG");
    }

    private static Reply select(Call call, Session session) {
        long index = call.longArg(1);
        if (index != (int) index) return call.reply().error(Errors.NOT_AN_INT);
        if (index < 0 || index >= call.store().count()) return call.reply().error(Errors.DB_INDEX);
        session.db = (int) index;
        return call.reply().ok();
    }

    // ---- logging in ----

    private static Reply auth(Call call, Session session) {
        if (call.argc() > 3) return call.reply().error(Errors.SYNTAX);
        boolean namesUser = call.argc() == 3;
        if (!namesUser && session.engine().settings().password.isEmpty()) {
            call.redact(1);
            return call.reply().error(NO_PASSWORD_IS_SET);
        }
        boolean isRight = isRight(session, namesUser ? call.arg(1) : null, call.arg(call.argc() - 1));
        for (int i = 1; i < call.argc(); i++) call.redact(i);
        if (!isRight) return call.reply().error(WRONG_PASSWORD);

        session.hasLoggedIn = true;
        return call.reply().ok();
    }

    /// Compares in a time that does not depend on how much of the password is right.
    private static boolean isRight(Session session, @Nullable Bytes user, Bytes password) {
        String expected = session.engine().settings().password;
        boolean isDefault = user == null || user.toString().equals(Session.DEFAULT_USER);
        byte[] expectedBytes = expected.getBytes(StandardCharsets.UTF_8);
        boolean isSame = MessageDigest.isEqual(password.copy(), expectedBytes);
        return isDefault && (expected.isEmpty() || isSame);
    }

    // ---- greeting ----

    /// Everything is checked before anything is changed: a greeting that fails leaves the connection as it
    /// was.
    private static Reply hello(Call call, Session session) {
        boolean isResp3 = session.isResp3;
        if (call.argc() > 1) {
            Bytes version = call.arg(1);
            if (!Numbers.isLong(version)) {
                return call.reply().error("ERR Protocol version is not an integer or out of range");
            }
            long wanted = Numbers.parse(version);
            if (wanted != 2 && wanted != 3) return call.reply().error(NO_PROTOCOL);
            isResp3 = wanted == 3;
        }

        boolean hasLoggedIn = session.hasLoggedIn;
        Bytes name = null;
        for (int i = 2; i < call.argc(); i++) {
            if (call.is(i, "AUTH") && i + 2 < call.argc()) {
                boolean isRight = isRight(session, call.arg(i + 1), call.arg(i + 2));
                call.redact(++i);
                call.redact(++i);
                if (!isRight) return call.reply().error(WRONG_PASSWORD);
                hasLoggedIn = true;
            } else if (call.is(i, "SETNAME") && i + 1 < call.argc()) {
                name = call.arg(++i);
                if (!Session.isName(name)) return call.reply().error(Session.NOT_A_NAME);
            } else {
                return call.reply().error("ERR Syntax error in HELLO option '" + Errors.echo(call.arg(i)) + "'");
            }
        }
        if (!hasLoggedIn) return call.reply().error(HELLO_WITHOUT_AUTH);

        session.hasLoggedIn = true;
        session.isResp3 = isResp3;
        if (name != null) session.name = name.toLatin1();
        call.reply().to(call.reply().out(), isResp3);
        return greeting(call.reply(), session);
    }

    private static Reply greeting(Reply reply, Session session) {
        reply.map(7);
        reply.bulk("server").bulk("redis");
        reply.bulk("version").bulk(Version.REDIS);
        reply.bulk("proto").integer(session.isResp3 ? 3 : 2);
        reply.bulk("id").integer(session.id());
        reply.bulk("mode").bulk("standalone");
        reply.bulk("role").bulk("master");
        return reply.bulk("modules").array(0);
    }

    // ---- leaving ----

    private static Reply quit(Call call, Session session) {
        call.reply().ok();
        session.closeAfterReply();
        return call.reply();
    }

    private static Reply reset(Call call, Session session) {
        session.engine().reset(session);
        call.reply().to(call.reply().out(), false);
        return call.reply().simple("RESET");
    }
}
