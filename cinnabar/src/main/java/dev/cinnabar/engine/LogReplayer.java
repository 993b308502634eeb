package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Flag;
import dev.cinnabar.command.KeySpec;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Store;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Runs the commands of a log against the engine. Holds the engine's lock from the first command to [#close],
/// but gives it to whoever waits (clients who are to be told that the server is loading) now and then. The
/// engine goes on loading until somebody says [Engine#loading]`(false)`: when the log that is to take the
/// changes is in place, and not before.
public final class LogReplayer implements Replayer, AutoCloseable {
    private static final int COMMANDS_PER_HOLD = 1024;

    private final Engine engine;
    private final Session session;
    private final ByteBuilder reply = new ByteBuilder();
    private String error = "";
    private int run;

    public LogReplayer(Engine engine, Link link) {
        this.engine = engine;
        engine.lock();
        engine.loading(true);
        engine.beginBatch();
        session = engine.open(Session.Origin.REPLAY, link);
    }

    @Override
    public void beginFile() {
        session.db = 0;
    }

    @Override
    public Outcome run(int argc, Bytes[] argv) {
        if (++run % COMMANDS_PER_HOLD == 0) pause();
        CommandEntry entry = engine.commands().findLogged(argv[0]);
        if (entry != null && entry.subcommands() != null && argc > 1)
            entry = entry.subcommands().find(argv[1]);
        if (entry == null || entry.command() == null) {
            error = "unknown command '" + argv[0] + "'";
            return Outcome.UNKNOWN;
        }
        boolean counts = entry.spec().is(Flag.WRITE)
                || remembers(entry.spec())
                || entry.fullName().equals("select");
        if (!counts) return Outcome.NOT_A_WRITE;
        reply.clear();
        engine.run(session, argc, argv, reply);
        if (reply.array()[0] != '-') return Outcome.APPLIED;
        error = new String(reply.array(), 1, reply.length() - 3, StandardCharsets.UTF_8);
        return Outcome.FAILED;
    }

    /// Whether a command that only reads writes something down beside it, as PFCOUNT does with the count.
    private static boolean remembers(CommandSpec spec) {
        for (KeySpec key : spec.keys()) if (key.flags().startsWith("RW")) return true;
        return false;
    }

    @Override
    public @Nullable Database database(long index) {
        Store store = engine.store();
        return index < store.count() ? store.database((int) index) : null;
    }

    @Override
    public void pause() {
        engine.unlock();
        engine.lock();
        engine.beginBatch();
    }

    @Override
    public String error() {
        return error;
    }

    @Override
    public void close() {
        engine.close(session);
        engine.resetStatistics();
        engine.unlock();
    }
}
