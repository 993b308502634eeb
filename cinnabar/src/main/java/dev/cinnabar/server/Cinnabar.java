package dev.cinnabar.server;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.base.TestClock;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.Directives;
import dev.cinnabar.config.RefusedSetting;
import dev.cinnabar.engine.ChangeLog;
import dev.cinnabar.engine.Engine;
import dev.cinnabar.engine.Families;
import dev.cinnabar.engine.Host;
import dev.cinnabar.memory.Budget;
import dev.cinnabar.memory.PageMaker;
import dev.cinnabar.net.NetServer;
import dev.cinnabar.persistence.DumpCommands;
import dev.cinnabar.persistence.LoadingProgress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// The front door: a whole server in this process.
///
/// ```java
/// try (Cinnabar server = Cinnabar.builder().start()) {
///     server.uri();                        // redis://127.0.0.1:41297
///     server.execute("SET", "k", "v");     // "OK", without a socket
///     server.execute("GET", "k");          // "v"
/// }
/// ```
///
/// Unless told otherwise it listens on the loopback address, on a free port, and keeps nothing on disk. Many
/// servers live side by side in one process: they share nothing but the list of directories that are taken,
/// all threads are daemons named after their server, there is no signal handler, no shutdown hook and no
/// `System.exit`. [#close] gives back every thread, port and page. Thread-safe.
public final class Cinnabar implements AutoCloseable {
    /// How many connections a loop must have to read and write in batches: a small server does not need what
    /// that takes.
    private static final int BATCHES_FROM = 8;

    private final Config config;
    private final InnerLog log;
    private final Engine engine;
    private final Callers callers;
    private final NetServer net;
    private final Listening listening;
    private final AppendOnlyKeeper appendOnly;
    private final Saves saves;
    private final PageMaker pageMaker;
    private final Clock clock;
    private Runnable forgetClock = () -> {};
    private boolean isStarting = true; // guarded by this
    private volatile boolean endsWithStart; // told to end while it starts; written under the same guard
    private final AtomicBoolean isClosing = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);

    private Cinnabar(Builder builder) {
        Clock machineClock = Clock.system(); // disks and loops live by it, also when the engine has another clock
        long began = machineClock.nanos();
        config = builder.isProgram ? builder.config : builder.config.copy();
        log = new InnerLog(builder.log);
        clock = builder.clock;
        Budget budget = builder.heapLimit == 0 ? Budget.ofHeap() : new Budget(builder.heapLimit);
        engine = openEngine(builder, budget);

        String name = builder.name.isEmpty() ? "cinnabar-" + config.get(Directives.PORT) : builder.name;
        int loops = config.get(Directives.IO_THREADS);
        ServerProtocol protocol = new ServerProtocol(engine, config, log, machineClock, loops);
        net = openNet(name, loops, protocol, budget, batchesFrom(config.get(Directives.IO_URING)));
        protocol.net(net);
        listening = new Listening(net, config, log);
        LoadingProgress loading = new LoadingProgress();
        appendOnly = new AppendOnlyKeeper(engine, config, log, machineClock, name, protocol, loading);
        saves = new Saves(engine, config, log, machineClock, name, loading);
        pageMaker = new PageMaker(budget, name + "-pages");
        var parts = new ServerHost.Parts(net, protocol, appendOnly, saves, loading, this::closeFromWithin);
        engine.host(new ServerHost(config, log, clock.wallMs(), builder.executable, parts));
        engine.store().pages().maker(pageMaker);
        engine.countOwn(net.ownBytes());
        callers = new Callers(engine);
        try {
            start(builder, loading);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
        log.verbose(String.format(Locale.ROOT, "Server started in %.0f ms", (machineClock.nanos() - began) / 1e6));
    }

    private Engine openEngine(Builder builder, Budget budget) {
        List<Command> commands = commands();
        commands.addAll(builder.commands);
        Long seed = builder.seed;
        Randomness randomness = seed == null ? Entropy.randomness() : new Randomness(seed);
        return new Engine(clock, randomness, budget, config.get(Directives.DATABASES), commands, renames(config));
    }

    /// Opens the sockets, loads the data, serves.
    private void start(Builder builder, LoadingProgress loading) {
        pageMaker.start();
        listening.start(builder.listensOnTcp);
        builder.whenListening.run();
        boolean hasLog = config.get(Directives.APPENDONLY);
        boolean hasImage = !hasLog && builder.readsImage() && saves.exists();
        if (hasLog || hasImage) engine.loading(true);
        // nobody may see an empty data set that is about to be loaded, and where that takes long, clients shall hear of it
        loading.whenLongerThan(config.get(Directives.LOADING_PROCESS_EVENTS_INTERVAL_BYTES), net::start);
        loading.giveUpWhen(() -> endsWithStart || builder.isUnwanted.getAsBoolean());
        appendOnly.start();
        if (hasImage) saves.start();
        loading.giveUpWhen(() -> false); // what DEBUG RELOAD begins, it ends
        net.start();
        config.onChange(Directives.TCP_KEEPALIVE, net::keepAliveSeconds);
        config.onChange(Directives.LINGER, net::lingers);
        net.lingers(config.get(Directives.LINGER));
        config.onChange(Directives.IO_URING, isWanted -> net.batchesFrom(batchesFrom(isWanted)));
        net.keepAliveSeconds(config.get(Directives.TCP_KEEPALIVE));
        if (clock instanceof TestClock test) forgetClock = test.onAdvance(this::catchUp);
        started();
    }

    /// From now on whoever ends the server does so himself.
    private synchronized void started() {
        if (endsWithStart) throw new CancellationException("A client has ended the server while it started");
        isStarting = false;
    }

    private static int batchesFrom(boolean isWanted) {
        return isWanted ? BATCHES_FROM : NetServer.NEVER;
    }

    private static NetServer openNet(String name, int loops, ServerProtocol protocol, Budget budget, int batchesFrom) {
        try {
            return new NetServer(name, loops, protocol, budget, batchesFrom);
        } catch (IOException e) {
            throw new StartException("No event loop can be had: " + e.getMessage(), e);
        }
    }

    /// The commands that every server has.
    static List<Command> commands() {
        List<Command> commands = new ArrayList<>(Families.all());
        Collections.addAll(commands, DumpCommands.values());
        return commands;
    }

    private static Map<String, String> renames(Config config) {
        Map<String, String> renames = new LinkedHashMap<>(); // one line may free the name that the next one takes
        for (Config.RenamedCommand renamed : config.renamedCommands()) {
            renames.put(
                    renamed.name().toLowerCase(Locale.ROOT), renamed.newName().toLowerCase(Locale.ROOT));
        }
        return renames;
    }

    // ---- where it is ----

    /// The TCP port that it listens to, 0 for none.
    public int port() {
        return net.port();
    }

    /// Where clients find it, `redis://127.0.0.1:41297` or `unix:///run/cinnabar.sock`: the first address it
    /// listens on, as a client on this machine may write it.
    ///
    /// @throws IllegalStateException when it listens nowhere, because it is closed or was told so
    public URI uri() {
        return listening.uri();
    }

    /// The configuration; changes go through `execute("CONFIG", "SET", …)`.
    public Config config() {
        return config;
    }

    // ---- calls within the process ----

    /// Runs a command, without a socket.
    ///
    /// All calls share one session of their own (selected database, MULTI, WATCH) and run one after the
    /// other; any thread may call. A command that waits (BLPOP) holds up its own thread only: the calls that
    /// come meanwhile, and those that come behind it, go on in the session as if it had been answered. CLIENT
    /// PAUSE does not hold these calls; SUBSCRIBE and MONITOR are refused, for nobody would read what they
    /// bring. Waits until the change is as safe on disk as `appendfsync` says.
    ///
    /// Text is UTF-8; of what is none, U+FFFD is left. Where members of a Set or keys of a Map are the same
    /// then, a List of all members, or of all entries ([Map.Entry]), takes its place, so that none is lost.
    /// Who stores what is no text asks with byte arrays.
    ///
    /// @param words the command and its arguments, as text
    /// @return what was answered: a String, Long, Double, Boolean or BigInteger, a List, Set or Map of these
    ///     in the order of the answer, or null; null also where there is no answer (SHUTDOWN, or anything
    ///     after CLIENT REPLY OFF)
    /// @throws CommandException when the answer is an error
    /// @throws IllegalStateException when the server is closed, or is while the command waits; when it was
    ///     closed before the change was that safe, so that the next start may not find it; when the thread is
    ///     interrupted while the command waits (it is over then, and the thread stays interrupted); when a
    ///     command has waited and there is no memory for its answer; when a command of the application's own
    ///     calls the server that runs it, or a [Log] the one that writes to it
    public @Nullable Object execute(String... words) {
        Bytes[] argv = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) argv[i] = Bytes.of(words[i]);
        return execute(argv, false);
    }

    /// The same for words that are no text; strings in the answer are byte arrays, but for a status such as
    /// `OK`. A set comes as a List. The keys of a Map are byte arrays, too, and found by their bytes: any
    /// array with the same ones will do for `get`.
    public @Nullable Object execute(byte[]... words) {
        Bytes[] argv = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) argv[i] = Bytes.of(words[i]);
        return execute(argv, true);
    }

    private @Nullable Object execute(Bytes[] argv, boolean asBytes) {
        if (argv.length == 0) throw new IllegalArgumentException("a command has at least one word");
        return new Decoder(reply(argv, true), asBytes).decode();
    }

    /// Runs a command and answers the bytes that a client would read.
    ///
    /// @param isResp3 in which version of the protocol
    byte[] reply(Bytes[] argv, boolean isResp3) {
        if (isClosing.get()) throw new IllegalStateException("the server is closed");
        if (log.isInside()) throw new IllegalStateException("a log cannot call the server that writes to it");
        ByteBuilder out = new ByteBuilder();
        boolean isPromising = callers.run(argv, isResp3, out);
        ChangeLog changes = engine.log();
        long ticket = changes.commit();
        if (isPromising || changes.refusal() == null) appendOnly.awaitDurable(ticket);
        return out.copy();
    }

    /// Lets everything happen that is due; called when a [TestClock] was moved. Not when a command of the
    /// application's own has moved it, under which nothing may change, or a [Log], for which others may wait:
    /// the timers do it then.
    private void catchUp() {
        if (engine.isLocked() || log.isInside()) return;
        while (engine.tick() <= Engine.BUSY_MS) continue;
        engine.log().commit();
    }

    /// Checks every structure against every other; for tests. O(n).
    ///
    /// @throws IllegalStateException when something does not add up
    public void checkInvariants() {
        engine.lock();
        try {
            engine.store().checkInvariants();
        } finally {
            engine.unlock();
        }
    }

    Engine engine() {
        return engine;
    }

    NetServer net() {
        return net;
    }

    // ---- the end ----

    /// Ends the server as SHUTDOWN does, for whoever got a signal.
    ///
    /// @param how words of `shutdown-on-sigterm`
    /// @return why it goes on, as the text of an error reply; null when the end has begun
    @Nullable
    String shutdown(List<String> how) {
        Host.Saving saving = how.contains("save")
                ? Host.Saving.SAVE
                : how.contains("nosave") ? Host.Saving.NOSAVE : Host.Saving.DEFAULT;
        engine.lock();
        try {
            return engine.host().shutdown(saving, how.contains("force"));
        } finally {
            engine.unlock();
        }
    }

    /// The process is about to end, whatever the server does just now: what it has written of a save goes.
    void cutShort() {
        saves.cutShort();
    }

    /// SHUTDOWN came from a client, on a loop's thread, which cannot wait for its own end. While the server
    /// starts, the starting thread ends it: that one has the files that are to be closed.
    private synchronized void closeFromWithin() {
        if (isStarting) {
            endsWithStart = true;
            return;
        }
        Thread thread = new Thread(this::close, "cinnabar-shutdown");
        thread.setDaemon(true);
        thread.start();
    }

    /// Waits until somebody has closed the server.
    public void awaitClosed() throws InterruptedException {
        closed.await();
    }

    /// Ends the server: closes all connections, writes and syncs what waits for the disk, and gives
    /// everything back. Idempotent; the second caller waits for the first.
    ///
    /// @throws IllegalStateException when a command's body calls, or a [Log] while the server writes to it:
    ///     the end waits for both
    @Override
    public void close() {
        if (log.isInside()) throw new IllegalStateException("a log cannot close the server that writes to it");
        if (engine.isLocked()) throw new IllegalStateException("a command cannot close the server that runs it");
        if (!isClosing.compareAndSet(false, true)) {
            awaitQuietly();
            return;
        }
        try {
            forgetClock.run();
            callers.close();
            net.close();
            appendOnly.close();
            saves.close();
            pageMaker.close();
        } finally {
            closed.countDown();
        }
    }

    private void awaitQuietly() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- building ----

    /// Begins to describe a server.
    public static Builder builder() {
        return new Builder(embedded());
    }

    private static Config embedded() {
        Config config = new Config();
        config.put(Directives.PORT, 0);
        config.put(Directives.BIND, List.of("127.0.0.1"));
        config.put(Directives.SAVE, List.of());
        config.put(Directives.APPENDONLY, false);
        config.put(Directives.ENABLE_DEBUG_COMMAND, "local");
        return config;
    }

    /// Describes a server that is to start. Not thread-safe.
    public static final class Builder {
        private final Config config;
        private final List<Command> commands = new ArrayList<>();
        private Clock clock = Clock.system();
        private Log log = Log.none();
        private @Nullable Long seed; // null for another one each time
        private String name = "";
        private String executable = "";
        private boolean listensOnTcp = true;
        private boolean isProgram;
        private Runnable whenListening = () -> {};
        private BooleanSupplier isUnwanted = () -> false;
        private long heapLimit; // 0 for what the heap can hold

        Builder(Config config) {
            this.config = config;
        }

        /// The TCP port; 0, the default, for a free one.
        ///
        /// @throws IllegalArgumentException when it is not in 0 to 65535
        public Builder port(int port) {
            return set("port", Integer.toString(port));
        }

        /// Sets a directive of redis.conf by its name, with its arguments as there:
        /// `set("maxmemory", "64mb")`. Lines that are none (`include`, `rename-command`, `user`,
        /// `loadmodule`) are refused. What is the program's business (`logfile`, `loglevel`, `daemonize`,
        /// `supervised`, `pidfile`, `cinnabar-warm-up`) is taken and does nothing here; lines go to [#log].
        ///
        /// @throws IllegalArgumentException when there is no such directive, or the arguments make no value
        ///                                  for it
        public Builder set(String directive, String... arguments) {
            try {
                config.assign(directive, arguments);
            } catch (RefusedSetting e) {
                throw new IllegalArgumentException(directive + ": " + e.reason(), e);
            }
            return this;
        }

        /// Keeps the data in an append-only file in this directory, which must exist.
        ///
        /// @throws IllegalArgumentException when there is no such directory, or it lies in no file system of
        ///                                  the machine's but, say, in a zip file
        public Builder appendOnly(Path directory) {
            if (directory.getFileSystem() != FileSystems.getDefault())
                throw new IllegalArgumentException("dir: not in the machine's own file system: " + directory);
            return set("dir", directory.toString()).set("appendonly", "yes");
        }

        /// The clock that the server lives by: a [TestClock] to move time by hand.
        public Builder clock(Clock clock) {
            this.clock = Objects.requireNonNull(clock);
            return this;
        }

        /// Where the server says what it does; nowhere by default. While it writes, a log can neither call
        /// this server nor close it: who writes may hold what that waits for.
        public Builder log(Log log) {
            this.log = Objects.requireNonNull(log);
            return this;
        }

        /// What chance begins with, to repeat a run; different for each server by default. Who knows it can
        /// prepare keys that collide.
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /// What the server's threads are called, followed by what they do.
        public Builder name(String name) {
            this.name = Objects.requireNonNull(name);
            return this;
        }

        /// Adds a command of the application's own; see [Command#of].
        ///
        /// @throws IllegalArgumentException when its name, in whatever case, is that of a command which the
        ///                                  server has, `CLIENT` and other first words of subcommands included,
        ///                                  or of one that was added before
        public Builder command(Command command) {
            CommandSpec added = command.spec();
            for (Command own : commands()) {
                if (isInPlaceOf(added, own.spec()))
                    throw new IllegalArgumentException("The command %s would take the place of the server's own %s"
                            .formatted(added.fullName(), own.spec().fullName()));
            }
            for (Command other : commands) {
                if (other.spec().fullName().equals(added.fullName()))
                    throw new IllegalArgumentException("A command %s was added before".formatted(added.fullName()));
            }
            commands.add(command);
            return this;
        }

        /// A subcommand hides its container's bare name where that has arguments.
        private static boolean isInPlaceOf(CommandSpec added, CommandSpec own) {
            return added.fullName().equals(own.fullName())
                    || added.fullName().equals(own.container())
                    || added.container().equals(own.fullName());
        }

        /// Bounds the heap that the server takes for data and buffers, in bytes; by default nine tenths of
        /// the heap.
        ///
        /// @throws IllegalArgumentException when it is not positive
        public Builder heapLimit(long bytes) {
            if (bytes <= 0) throw new IllegalArgumentException("a heap limit of " + bytes + " bytes");
            heapLimit = bytes;
            return this;
        }

        /// A program that embeds a server does not expect to find data of a file that happens to lie in its
        /// directory, unless it said `save`.
        boolean readsImage() {
            return isProgram || !config.get(Directives.SAVE).isEmpty();
        }

        Builder asProgram() {
            isProgram = true;
            return this;
        }

        Builder executable(String executable) {
            this.executable = executable;
            return this;
        }

        Builder tcp(boolean listens) {
            listensOnTcp = listens;
            return this;
        }

        /// Runs this during the start, when the server has its port and before it loads anything.
        Builder whenListening(Runnable action) {
            whenListening = action;
            return this;
        }

        /// Has the start given up as soon as this is so while data is loaded. It is asked on the loading
        /// thread.
        Builder giveUpWhen(BooleanSupplier isUnwanted) {
            this.isUnwanted = isUnwanted;
            return this;
        }

        /// Starts the server; it serves when this returns. May be called again: each server has a
        /// configuration of its own, as the builder is now.
        ///
        /// @throws StartException when it cannot; the message says why, and nothing is left behind
        /// @throws CancellationException when it was given up, or a client said SHUTDOWN before it had
        ///                               started; nothing is left behind. Who was still loading has left the
        ///                               files as they were
        public Cinnabar start() {
            return new Cinnabar(this);
        }
    }
}
