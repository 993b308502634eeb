package dev.cinnabar.engine;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.base.TestClock;
import dev.cinnabar.command.Call;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.Limits;
import dev.cinnabar.command.Outbox;
import dev.cinnabar.config.KeyspaceEvents;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.persistence.DumpCommands;
import dev.cinnabar.store.Store;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An engine without a socket for tests of commands: words in, the protocol's text out; a clock to move; what
/// was logged, as text.
///
/// Texts are bytes, one char each (ISO 8859-1). It lives in the engine's package to switch a session to RESP3
/// without a handshake.
public final class TestServer {
    public static final long SEED = 42;

    private final @Nullable TestClock testClock;
    private final Clock clock;
    private final Engine engine;
    private final Session session;
    private final ByteBuilder out = new ByteBuilder(1 << 16);
    private final List<String> log = new ArrayList<>();

    private TestServer(Clock clock, @Nullable TestClock testClock, long budgetBytes) {
        this.clock = clock;
        this.testClock = testClock;
        this.engine = new Engine(clock, new Randomness(SEED), new Budget(budgetBytes), 16, commands(), Map.of());
        this.session = engine.open(Session.Origin.EMBEDDED, new NoLink());
        engine.log(new Recorder());
    }

    private static List<Command> commands() {
        List<Command> commands = new ArrayList<>(Families.all());
        Collections.addAll(commands, DumpCommands.values());
        return commands;
    }

    /// A server whose clock stands still, with room for 512 MiB.
    public TestServer() {
        this(512L << 20);
    }

    /// A server whose clock stands still.
    public TestServer(long budgetBytes) {
        this(new TestClock(), budgetBytes);
    }

    private TestServer(TestClock clock, long budgetBytes) {
        this(clock, clock, budgetBytes);
    }

    /// A server that lives by the machine's clock, to run beside a real one.
    public static TestServer inRealTime() {
        return new TestServer(Clock.system(), null, 512L << 20);
    }

    /// From now on the session speaks this version of the protocol.
    public TestServer speak(int version) {
        session.isResp3 = version == 3;
        return this;
    }

    /// From now on the session uses this database.
    public TestServer select(int db) {
        session.db = db;
        return this;
    }

    /// Opens a client that listens to what happens to keys, all classes of events, and answers the list into
    /// which what it is sent is put: each push as the protocol's text, in the order of sending.
    public List<String> listen() {
        SettingsBinding.keyspaceEvents(
                engine,
                KeyspaceEvents.KEYSPACE
                        | KeyspaceEvents.KEYEVENT
                        | KeyspaceEvents.ALL
                        | KeyspaceEvents.KEY_MISS
                        | KeyspaceEvents.NEW_KEY);
        return subscribe(Subscription.PATTERN, "__key*");
    }

    /// The same for any channel or pattern, and for no events but those that are on.
    List<String> subscribe(Subscription sort, String name) {
        List<String> heard = new ArrayList<>();
        Session listener = engine.open(Session.Origin.EMBEDDED, new NoLink() {
            @Override
            public void push(byte[] data, int offset, int length) {
                heard.add(new String(data, offset, length, StandardCharsets.ISO_8859_1));
            }
        });
        engine.pubSub().subscribe(listener, sort, Bytes.of(name));
        return heard;
    }

    /// Runs a command given as a line of words without blanks in them.
    public String line(String words) {
        return run(words.split(" ", -1));
    }

    /// Runs a command and answers what would go to the client.
    public String run(String... words) {
        Bytes[] argv = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) argv[i] = Bytes.of(words[i].getBytes(StandardCharsets.ISO_8859_1));
        out.clear();
        run(argv, out);
        return new String(out.array(), 0, out.length(), StandardCharsets.ISO_8859_1);
    }

    /// Runs a command with as little around it as there is around a command from the network.
    public void run(Bytes[] argv, ByteBuilder target) {
        engine.lock();
        try {
            engine.beginBatch();
            engine.run(session, argv.length, argv, target);
        } finally {
            engine.unlock();
        }
    }

    /// Runs the body of a command, outside of the engine, and answers which events it wants to be told, as
    /// `db class event key`.
    public List<String> events(String... words) {
        Bytes[] argv = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) argv[i] = Bytes.of(words[i].getBytes(StandardCharsets.ISO_8859_1));
        CommandEntry entry = engine.commands().find(argv[0]);
        if (entry != null && entry.subcommands() != null)
            entry = entry.subcommands().find(argv[1]);
        if (entry == null || entry.command() == null) throw new AssertionError("no such command: " + words[0]);
        Call call = new Call(engine.store(), clock, new Randomness(SEED), new Limits());
        engine.beginBatch();
        call.begin(session, session.db, argv.length, argv, new ByteBuilder(), session.isResp3);
        call.spec(entry.spec());
        entry.command().run(call);
        List<String> events = new ArrayList<>();
        for (int i = 0; i < call.outbox().size(); i++) {
            Outbox.Entry said = call.outbox().entry(i);
            events.add(said.db() + " " + said.eventClass() + " " + said.event() + " "
                    + said.key().toLatin1());
        }
        return events;
    }

    /// What was written to the log since the last call of this, a command each, behind the number of its
    /// database.
    public List<String> logged() {
        List<String> logged = List.copyOf(log);
        log.clear();
        return logged;
    }

    /// Stops recording the log, for tests that count bytes.
    public TestServer withoutLog() {
        engine.log(ChangeLog.NONE);
        return this;
    }

    public void advance(Duration time) {
        if (testClock == null) throw new IllegalStateException("this server lives by the machine's clock");
        testClock.advance(time);
    }

    public long nowMs() {
        return clock.wallMs();
    }

    public Engine engine() {
        return engine;
    }

    public int db() {
        return session.db;
    }

    public Store store() {
        return engine.store();
    }

    /// Runs a command as the log's replay does.
    public String replay(String... words) {
        Session replay = engine.open(Session.Origin.REPLAY, new NoLink());
        replay.db = session.db;
        Bytes[] argv = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) argv[i] = Bytes.of(words[i].getBytes(StandardCharsets.ISO_8859_1));
        engine.loading(true);
        out.clear();
        engine.beginBatch();
        engine.run(replay, argv.length, argv, out);
        engine.loading(false);
        return new String(out.array(), 0, out.length(), StandardCharsets.ISO_8859_1);
    }

    /// What runs a log against this engine; until it is closed, the engine is its own.
    LogReplayer replayer() {
        return new LogReplayer(engine, new NoLink());
    }

    private final class Recorder implements ChangeLog {
        @Override
        public void append(int db, int argc, Bytes[] argv) {
            StringBuilder line = new StringBuilder().append(db);
            for (int i = 0; i < argc; i++) line.append(' ').append(argv[i].toLatin1());
            log.add(line.toString());
        }
    }
}
