package dev.cinnabar.engine;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.ALLOW_BUSY;
import static dev.cinnabar.command.Flag.ENDS_TRANSACTION;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.NOT_QUEUED;
import static dev.cinnabar.command.Flag.RUNS_QUEUE;
import static dev.cinnabar.command.Flag.SKIP_SLOWLOG;
import static dev.cinnabar.command.Flag.STALE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Reply;
import dev.cinnabar.engine.Session.Watch;
import dev.cinnabar.store.Database;
import java.util.ArrayList;

/// Transactions: commands that are queued and run as one, if nothing they depend on has changed.
public enum TransactionCommands implements Command {
    DISCARD(syntax("DISCARD")
            .flags(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY, NOT_QUEUED, ENDS_TRANSACTION)
            .since("2.0.0")
            .complexity("O(N) for N queued commands")
            .summary("Forgets the commands queued since MULTI.")),
    EXEC(syntax("EXEC")
            .flags(NOSCRIPT, LOADING, STALE, SKIP_SLOWLOG, NOT_QUEUED, ENDS_TRANSACTION, RUNS_QUEUE)
            .since("1.2.0")
            .complexity("That of the queued commands")
            .summary("Runs the commands queued since MULTI, unless a watched key was changed.")),
    MULTI(syntax("MULTI")
            .flags(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY, NOT_QUEUED)
            .since("1.2.0")
            .complexity("O(1)")
            .summary("Begins to queue commands.")),
    UNWATCH(syntax("UNWATCH")
            .flags(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY)
            .since("2.2.0")
            .complexity("O(N) for N watched keys")
            .summary("Forgets which keys are watched.")),
    WATCH(syntax("WATCH key [key ...]")
            .flags(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY, NOT_QUEUED)
            .allKeys("RO")
            .since("2.2.0")
            .complexity("O(N) for N keys")
            .summary("Makes the next EXEC depend on keys staying as they are."));

    private final CommandSpec spec;

    TransactionCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.TRANSACTIONS).build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        Session session = (Session) call.caller();
        return switch (this) {
            case DISCARD -> discard(call, session);
            case EXEC -> exec(call, session);
            case MULTI -> multi(call, session);
            case UNWATCH -> unwatch(call, session);
            case WATCH -> watch(call, session);
        };
    }

    private static Reply multi(Call call, Session session) {
        if (session.queue != null) return call.reply().error("ERR MULTI calls can not be nested");
        session.queue = new ArrayList<>();
        session.hasQueueFailed = false;
        return call.reply().ok();
    }

    private static Reply discard(Call call, Session session) {
        if (session.queue == null) return call.reply().error("ERR DISCARD without MULTI");
        forget(session);
        return call.reply().ok();
    }

    static void forget(Session session) {
        session.engine().dropQueue(session);
        session.engine().watches().unwatchAll(session);
    }

    private static Reply exec(Call call, Session session) {
        if (session.queue == null) return call.reply().error("ERR EXEC without MULTI");
        if (session.hasQueueFailed) {
            forget(session);
            return call.reply().error("EXECABORT Transaction discarded because of previous errors.");
        }
        // a watched key whose time is over has changed; asking for it takes it out and tells the watchers, unless a pause forbids that
        for (Watch watch : session.watched) {
            Database db = call.store().database(watch.key().db());
            Bytes key = watch.key().key().window();
            db.lookup(key);
            if (!watch.wasOver() && db.isOver(key)) session.isDirty = true;
        }
        boolean isDirty = session.isDirty;
        session.engine().watches().unwatchAll(session);
        if (isDirty) {
            forget(session);
            return call.reply().nilArray();
        }
        session.engine().runQueued(session, call.reply());
        return call.reply();
    }

    private static Reply watch(Call call, Session session) {
        if (session.queue != null) return call.reply().error("ERR WATCH inside MULTI is not allowed");
        for (int i = 1; i < call.argc() && !session.isDirty; i++) {
            Bytes key = call.key(i);
            call.db().lookup(key); // lets a key go whose time is over, so that this is no change later
            session.engine().watches().watch(session, key, call.db().isOver(key));
        }
        return call.reply().ok();
    }

    private static Reply unwatch(Call call, Session session) {
        session.engine().watches().unwatchAll(session);
        return call.reply().ok();
    }
}
