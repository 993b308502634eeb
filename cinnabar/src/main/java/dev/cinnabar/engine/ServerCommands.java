package dev.cinnabar.engine;

import static dev.cinnabar.command.Flag.ADMIN;
import static dev.cinnabar.command.Flag.ALLOW_BUSY;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.LOADING;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.NO_ASYNC_LOADING;
import static dev.cinnabar.command.Flag.NO_MULTI;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.STALE;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Group;
import dev.cinnabar.command.Refusal;
import dev.cinnabar.command.Reply;
import dev.cinnabar.command.Timeout;
import dev.cinnabar.config.Directives;
import dev.cinnabar.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The server as a whole: what it holds, how it is, its end.
public enum ServerCommands implements Command {
    BGREWRITEAOF(syntax("BGREWRITEAOF")
            .flags(ADMIN, NOSCRIPT, NO_ASYNC_LOADING)
            .since("1.0.0")
            .complexity("O(1); the rewriting in the background is O(N) for N keys")
            .summary("Writes the append-only file anew in the background, as short as the data allows.")),
    BGSAVE(syntax("BGSAVE [SCHEDULE]")
            .flags(ADMIN, NOSCRIPT, NO_ASYNC_LOADING)
            .since("1.0.0")
            .complexity("O(1); the writing in the background is O(N) for N keys")
            .summary("Writes the data set as it is now to the RDB file, in the background.")),
    DBSIZE(syntax("DBSIZE")
            .flags(READONLY, FAST)
            .categories("keyspace")
            .tips("request_policy:all_shards", "response_policy:agg_sum")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Answers how many keys the selected database has.")),
    FLUSHALL(syntax("FLUSHALL [ASYNC | SYNC]")
            .flags(WRITE)
            .categories("keyspace", "dangerous")
            .tips("request_policy:all_shards", "response_policy:all_succeeded")
            .since("1.0.0")
            .complexity("O(1) for the answer; freeing the memory is O(N) for N keys, with SYNC before the answer")
            .summary("Deletes all keys of all databases.")),
    FLUSHDB(syntax("FLUSHDB [ASYNC | SYNC]")
            .flags(WRITE)
            .categories("keyspace", "dangerous")
            .tips("request_policy:all_shards", "response_policy:all_succeeded")
            .since("1.0.0")
            .complexity("O(1) for the answer; freeing the memory is O(N) for N keys, with SYNC before the answer")
            .summary("Deletes all keys of the selected database.")),
    INFO(syntax("INFO [section [section ...]]")
            .flags(LOADING, STALE)
            .categories("dangerous")
            .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
            .since("1.0.0")
            .complexity("O(N) for N clients and commands")
            .summary("Answers how the server is and what it counted, section by section.")),
    LASTSAVE(
            syntax("LASTSAVE")
                    .flags(LOADING, STALE, FAST)
                    .categories("admin", "dangerous")
                    .tips("nondeterministic_output")
                    .since("1.0.0")
                    .complexity("O(1)")
                    .summary(
                            "Answers when the data set was saved last, in seconds since 1970; before the first time, when the server started.")),
    LOLWUT(syntax("LOLWUT [VERSION version]")
            .flags(READONLY, FAST)
            .since("5.0.0")
            .complexity("O(1)")
            .summary("Draws a little crystal, and says which version this is.")),
    REPLICAOF(syntax("REPLICAOF host port")
            .flags(ADMIN, NOSCRIPT, STALE, NO_ASYNC_LOADING)
            .since("5.0.0")
            .complexity("O(1)")
            .summary("REPLICAOF NO ONE makes the server a master, which it always is.")),
    ROLE(syntax("ROLE")
            .flags(NOSCRIPT, LOADING, STALE, FAST)
            .categories("admin", "dangerous")
            .since("2.8.12")
            .complexity("O(1)")
            .summary("Answers the server's place in replication: a master.")),
    SAVE(syntax("SAVE")
            .flags(ADMIN, NOSCRIPT, NO_ASYNC_LOADING, NO_MULTI)
            .since("1.0.0")
            .complexity("O(N) for N keys")
            .summary("Writes the data set to the RDB file while everybody waits.")),
    SHUTDOWN(syntax("SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]")
            .flags(ADMIN, NOSCRIPT, LOADING, STALE, NO_MULTI, ALLOW_BUSY)
            .since("1.0.0")
            .complexity("O(1), plus what is left to be written to disk")
            .summary("Ends the server after everything acknowledged was made safe, or calls such an end off.")),
    SLAVEOF(syntax("SLAVEOF host port")
            .flags(ADMIN, NOSCRIPT, STALE, NO_ASYNC_LOADING)
            .since("1.0.0")
            .complexity("O(1)")
            .deprecated("5.0.0", "REPLICAOF")
            .summary("The old name of REPLICAOF.")),
    SWAPDB(syntax("SWAPDB index1 index2")
            .flags(WRITE, FAST)
            .categories("keyspace", "dangerous")
            .since("4.0.0")
            .complexity("O(1), plus one look at each watched key")
            .summary("Exchanges the contents of two databases.")),
    TIME(syntax("TIME")
            .flags(LOADING, STALE, FAST)
            .tips("nondeterministic_output")
            .since("2.6.0")
            .complexity("O(1)")
            .summary("Answers the time: seconds since 1970, and the microseconds of the second.")),
    WAIT(
            syntax("WAIT numreplicas timeout")
                    .flags(NOSCRIPT)
                    .group(Group.GENERIC)
                    .notInGroupsCategory()
                    .categories("connection")
                    .tips("request_policy:all_shards", "response_policy:agg_min")
                    .arguments("integer", "timeout")
                    .since("3.0.0")
                    .complexity("O(1)")
                    .summary(
                            "Waits until so many replicas have all that this client wrote, and answers how many have: none, when the time is over, since there are none.")),
    WAITAOF(
            syntax("WAITAOF numlocal numreplicas timeout")
                    .flags(NOSCRIPT)
                    .group(Group.GENERIC)
                    .notInGroupsCategory()
                    .categories("connection")
                    .tips("request_policy:all_shards", "response_policy:agg_min")
                    .arguments("integer", "timeout")
                    .since("7.2.0")
                    .complexity("O(1)")
                    .summary(
                            "Waits until all that was written so far is on the disk of this server, and answers how many servers and replicas have it there."));

    /// In how many steps FLUSHALL and FLUSHDB free at once what they can when not told how: less than 1 ms.
    /// The rest comes later.
    private static final int STEPS_AT_ONCE = 24;

    /// How often WAITAOF looks whether the log has come far enough.
    private static final long LOOK_AT_LOG_MS = 5;

    private static final long LOOK_FOR_REPLICAS_MS = 60_000; // there is nothing to be seen

    private final CommandSpec spec;

    ServerCommands(CommandSpec.Builder spec) {
        this.spec = spec.build();
    }

    private static CommandSpec.Builder syntax(String line) {
        return CommandSpec.syntax(line).group(Group.SERVER);
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        Engine engine = ((Session) call.caller()).engine();
        return switch (this) {
            case BGREWRITEAOF -> bgRewriteAof(call, engine);
            case BGSAVE -> bgSave(call, engine.host());
            case DBSIZE -> call.reply().integer(call.db().size());
            case FLUSHALL, FLUSHDB -> flush(call, engine);
            case INFO -> info(call, engine.info());
            case LASTSAVE -> call.reply().integer(engine.host().saveStatus().lastSaveSeconds());
            case LOLWUT -> lolwut(call);
            case REPLICAOF, SLAVEOF -> replicaOf(call);
            case ROLE -> call.reply().array(3).bulk("master").integer(0).array(0);
            case SAVE -> save(call, engine.host());
            case SHUTDOWN -> shutdown(call, engine.host());
            case SWAPDB -> swapDb(call, engine);
            case TIME -> time(call);
            case WAIT -> waitForReplicas(call);
            case WAITAOF -> waitForLog(call);
        };
    }

    // ---- databases ----

    private Reply flush(Call call, Engine engine) {
        boolean isSync = call.argc() == 2 && call.is(1, "SYNC");
        boolean isAsync = call.argc() == 2 && call.is(1, "ASYNC");
        if (call.argc() > 1 && !isSync && !isAsync) throw Errors.SYNTAX_REFUSAL;
        Store store = call.store();

        long keys = 0;
        int from = this == FLUSHALL ? 0 : call.dbIndex();
        int to = this == FLUSHALL ? store.count() : from + 1;
        for (int db = from; db < to; db++) {
            var old = store.database(db);
            engine.watches().flushed(db, key -> old.lookup(key) != 0);
            keys += store.flush(db);
            engine.waiting().waiters().allChanged(db);
        }
        boolean isSaved = this == FLUSHALL && engine.host().flushed();
        call.dirty(isSaved ? 0 : keys);
        boolean isLazy = isAsync || !isSync && engine.host().config().get(Directives.LAZYFREE_LAZY_USER_FLUSH);
        boolean isFreed = isSync || !isLazy && isFreedAtOnce(store);
        if (isSync) store.freeGarbage();
        if (!isFreed) engine.statistics().flushedLazily += keys;

        return call.reply().ok();
    }

    private static boolean isFreedAtOnce(Store store) {
        for (int i = 0; i < STEPS_AT_ONCE; i++) if (!store.stepGarbage()) return true;
        return false;
    }

    private static Reply swapDb(Call call, Engine engine) {
        int a = database(call, 1, "ERR invalid first DB index");
        int b = database(call, 2, "ERR invalid second DB index");
        int count = call.store().count();
        if (a < 0 || a >= count || b < 0 || b >= count) return call.reply().error(Errors.DB_INDEX);

        var first = call.store().database(a);
        var second = call.store().database(b);
        if (a != b) {
            Watches.KeyTest isInEither = key -> first.lookup(key) != 0 || second.lookup(key) != 0;
            engine.watches().flushed(a, isInEither);
            engine.watches().flushed(b, isInEither);
            call.store().swap(a, b);
            engine.waiting().waiters().allChanged(a);
            engine.waiting().waiters().allChanged(b);
        }
        call.dirty(1);

        return call.reply().ok();
    }

    private static int database(Call call, int index, String error) {
        return (int) call.longArg(index, Integer.MIN_VALUE, Integer.MAX_VALUE, error);
    }

    // ---- the server's state ----

    private static Reply info(Call call, Info info) {
        List<String> sections = new ArrayList<>();
        for (int i = 1; i < call.argc(); i++)
            sections.add(call.arg(i).toLatin1().toLowerCase(Locale.ROOT));
        return call.reply().verbatim(info.text(sections));
    }

    private static Reply lolwut(Call call) {
        if (call.argc() > 2 && call.is(1, "VERSION")) call.longArg(2); // there is but one picture
        return call.reply().verbatim(Crystal.draw(call.randomness()));
    }

    private static Reply time(Call call) {
        long micros = call.clock().wallMicros();
        return call.reply().array(2).bulk(micros / 1_000_000).bulk(micros % 1_000_000);
    }

    private static Reply bgRewriteAof(Call call, Engine engine) {
        Host host = engine.host();
        if (host.logStatus().rewrites().isRunning()) {
            return call.reply().error("ERR Background append only file rewriting already in progress");
        }
        String error = host.rewriteLog();
        if (error != null) return call.reply().error(Errors.ofJava(error));
        boolean waits =
                host.logStatus().rewrites().isScheduled() || engine.isInExec(); // for the end of the transaction
        String how = waits ? "scheduled" : "started";
        return call.reply().simple("Background append only file rewriting " + how);
    }

    private static Reply bgSave(Call call, Host host) {
        boolean mayWait = call.argc() == 2 && call.is(1, "SCHEDULE");
        if (call.argc() > 1 && !mayWait) throw Errors.SYNTAX_REFUSAL;
        String error = host.saveInBackground(mayWait);
        if (error != null) return call.reply().error(Errors.ofJava(error));
        return call.reply().simple("Background saving " + (host.saveStatus().isScheduled() ? "scheduled" : "started"));
    }

    private static Reply save(Call call, Host host) {
        return call.reply().okUnless(host.save());
    }

    private static Reply shutdown(Call call, Host host) {
        var saving = Host.Saving.DEFAULT;
        boolean isForced = false;
        boolean isAborted = false;
        for (int i = 1; i < call.argc(); i++) {
            if (call.is(i, "NOSAVE") && saving == Host.Saving.DEFAULT) saving = Host.Saving.NOSAVE;
            else if (call.is(i, "SAVE") && saving == Host.Saving.DEFAULT) saving = Host.Saving.SAVE;
            else if (call.is(i, "FORCE")) isForced = true;
            else if (call.is(i, "ABORT")) isAborted = true;
            else if (!call.is(i, "NOW")) throw Errors.SYNTAX_REFUSAL; // there are no replicas to wait for
        }
        if (isAborted) {
            if (call.argc() > 2) throw Errors.SYNTAX_REFUSAL;
            return host.abortShutdown() ? call.reply().ok() : call.reply().error("ERR No shutdown in progress.");
        }
        String error = host.shutdown(saving, isForced);
        return error == null ? call.reply() : call.reply().error(error); // who ends gives no answer
    }

    // ---- replication, of which there is none ----

    private static Reply replicaOf(Call call) {
        if (call.is(1, "NO") && call.is(2, "ONE")) return call.reply().ok();
        call.longArg(2, 0, 65535, "ERR Invalid master port");
        return call.reply().error("ERR this server cannot be a replica");
    }

    /// None will come, but who asked for one is not told sooner than by a server that could have some.
    private static Reply waitForReplicas(Call call) {
        long replicas = call.longArg(1);
        long timeoutMs = Timeout.wholeMillis(call, 2);
        if (replicas > 0 && call.mayWait() && !call.isTimeOver())
            return call.waitForNoKey(timeoutMs, LOOK_FOR_REPLICAS_MS);
        return call.reply().integer(0);
    }

    /// What others wrote before is waited for, too: then no write has to note how far the log was. Replicas
    /// are waited for as by WAIT: until the time is over.
    private static Reply waitForLog(Call call) {
        long servers = call.longArg(1, 0, 1, "ERR value is out of range, value must between 0 and 1");
        long replicas = call.longArg(2, 0, Long.MAX_VALUE, Errors.NOT_POSITIVE);
        long timeoutMs = Timeout.wholeMillis(call, 3);
        Session session = (Session) call.caller();
        ChangeLog log = session.engine().log();
        boolean isOn = log != ChangeLog.NONE;
        if (servers > 0 && !isOn)
            throw new Refusal("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");

        if (!call.hasWaited() || session.awaitedLog != log) {
            session.awaitedLog = log;
            session.awaitedOffset = log.appended();
        }
        boolean isSafe = isOn && log.durable() >= session.awaitedOffset;
        boolean isLacking = replicas > 0 || servers > 0 && !isSafe;
        if (isLacking && call.mayWait() && !call.isTimeOver()) return call.waitForNoKey(timeoutMs, LOOK_AT_LOG_MS);
        return call.reply().array(2).integer(isSafe ? 1 : 0).integer(0);
    }
}
