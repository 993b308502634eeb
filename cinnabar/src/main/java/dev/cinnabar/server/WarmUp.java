package dev.cinnabar.server;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.engine.Engine;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Plays a [Repertoire] to a second server, so that the JIT has compiled what every request needs before many
/// clients come.
///
/// A JVM that has just started runs its code in an interpreter, and compiles what is used often while it is
/// used: for the first seconds of a rush the compiler takes CPU time from those who are waited for. So a
/// server of its own, in the same process, is asked for all kinds of things, as soon as the real one is ready
/// and nobody asks it anything. Both run the same code, and nothing else is shared: the other has its own
/// keys, threads and pages, no log, and a unix socket in a folder that only we may enter and that is gone
/// before the first request.
///
/// For a process of our own; the host of an embedded server decides for itself. Reasons and figures: decision 0075.
final class WarmUp {
    /// How the line of the log begins that says so.
    static final String DONE = "Warmed up in ";

    static final String NOT_DONE = "No warm-up: ";

    private static final String NAME = "cinnabar-warm-up";

    private static final int LOOK_MS = 100;
    private static final int FEW = 10; // requests and connections in that time: a health check, somebody typing
    private static final int MANY = 10_000; // since the start: what is needed was compiled for these
    private static final int MOST_LOOKS = 300; // half a minute

    private static final int CLIENTS = 8; // as many as are served in batches
    private static final int REQUESTS = 4_000; // a fifth of a second; the compiler is as long at it

    private static final long MEMORY_BYTES = 16 << 20;

    private final Engine engine;
    private final Log log;
    private final Clock clock;
    private long seen; // at the last look
    private int looks;

    /// @param clock the machine's, to tell how long it took
    WarmUp(Engine engine, Log log, Clock clock) {
        this.engine = engine;
        this.log = log;
        this.clock = clock;
    }

    void start() {
        Thread thread = new Thread(this::run, NAME);
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            Step step = Step.WAIT;
            while (step == Step.WAIT) {
                Thread.sleep(LOOK_MS);
                step = look(activity());
            }
            if (step == Step.LEAVE) return;
            long began = clock.nanos();
            play(Path.of(System.getProperty("java.io.tmpdir")));
            log.verbose(DONE + (clock.nanos() - began) / 1_000_000 + " ms");
            System.gc(); // what is left of it lies in the way of the first data
        } catch (IOException | RuntimeException e) {
            log.verbose(NOT_DONE + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long activity() {
        engine.lock();
        try {
            return engine.statistics().commands() + engine.statistics().connections();
        } finally {
            engine.unlock();
        }
    }

    /// What is to be done now.
    enum Step {
        WAIT,
        PLAY,
        /// It is too late: clients have warmed the server up, or never leave it alone.
        LEAVE
    }

    /// Looks what clients do. They need the CPU themselves while they ask, and warm up what they ask for.
    ///
    /// @param activity requests and connections since the start
    Step look(long activity) {
        long since = activity - seen;
        seen = activity;
        if (activity > MANY || ++looks > MOST_LOOKS) return Step.LEAVE;
        return since <= FEW ? Step.PLAY : Step.WAIT;
    }

    /// Starts the other server, plays, and ends it. Nothing of it is left, whatever happens.
    ///
    /// @param parent where a folder for the socket is made, and removed
    /// @throws IOException when no folder can be made there, or no connection
    /// @throws StartException when there is no socket to be had, or no memory
    static void play(Path parent) throws IOException {
        Path folder = Files.createTempDirectory(parent, NAME);
        Path socket = folder.resolve("socket");
        List<SocketChannel> clients = new ArrayList<>();
        Cinnabar server = null;
        try {
            server = Cinnabar.builder()
                    .name(NAME)
                    .tcp(false)
                    .set("unixsocket", socket.toString())
                    .heapLimit(MEMORY_BYTES)
                    .start();
            for (int i = 0; i < CLIENTS; i++) clients.add(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
            remove(socket, folder); // now, for a process that is killed removes nothing
            new Repertoire(clients, Repertoire.MOST_USUAL).playMixed(REQUESTS);
        } finally {
            for (SocketChannel client : clients) client.close();
            if (server != null) server.close();
            remove(socket, folder);
        }
    }

    private static void remove(Path socket, Path folder) throws IOException {
        Files.deleteIfExists(socket);
        Files.deleteIfExists(folder);
    }
}
