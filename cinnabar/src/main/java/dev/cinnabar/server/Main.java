package dev.cinnabar.server;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.ConfigError;
import dev.cinnabar.config.Directive;
import dev.cinnabar.config.Directives;
import dev.cinnabar.engine.Version;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TimeZone;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// The server as a process of its own: `cinnabar-server`, with the command line, the log, the signals and the
/// exit codes of redis-server.
public final class Main {
    /// In the environment of a server that was started again in the background, so that it stays where it is.
    private static final String IN_BACKGROUND = "CINNABAR_IN_BACKGROUND";

    /// Of a server in the background for which no other one is named, as in Redis.
    private static final String PID_FILE_IN_BACKGROUND = "/var/run/redis.pid";

    private final Config config;
    private final ServerLog log;
    private final AtomicBoolean isEnding = new AtomicBoolean();
    private volatile @Nullable Cinnabar server;
    private volatile @Nullable Path pidFile; // once it is ours

    private Main(Config config) {
        this.config = config;
        long pid = ProcessHandle.current().pid();
        String logFile = config.get(Directives.LOGFILE);
        log = logFile.isEmpty()
                ? ServerLog.to(System.out, Clock.system(), TimeZone.getDefault(), pid)
                : ServerLog.to(config.path(Directives.LOGFILE), Clock.system(), TimeZone.getDefault(), pid);
        log.level(Log.Level.of(config.get(Directives.LOGLEVEL)));
        config.onChange(Directives.LOGLEVEL, v -> log.level(Log.Level.of(v)));
    }

    /// Starts a server and stays until it ends.
    ///
    /// @param arguments those of redis-server
    public static void main(String[] arguments) throws InterruptedException {
        CommandLine.Result result = CommandLine.read(List.of(arguments), System.in, Build.current());
        if (result instanceof CommandLine.Start start) {
            Main main = new Main(start.config());
            boolean isInBackground = System.getenv(IN_BACKGROUND) != null;
            if (!start.config().get(Directives.DAEMONIZE)) main.run(arguments.length > 0);
            else if (isInBackground) main.runInBackground(arguments.length > 0);
            else main.startAgainInBackground(arguments);
        } else if (result instanceof CommandLine.Exit exit) {
            if (!exit.warning().isEmpty()) new Main(new Config()).log.warning(exit.warning());
            System.out.print(exit.out());
            System.err.print(exit.err());
            System.out.flush();
            Runtime.getRuntime().halt(exit.code());
        }
    }

    /// `daemonize yes`: a JVM cannot fork, so the same command line is started once more, in a session of its
    /// own, and this process ends.
    private void startAgainInBackground(String[] arguments) {
        if (config.get(Directives.LOGFILE).isEmpty()) warnOfMissing(); // from now on nobody reads the output
        String executable = System.getProperty("cinnabar.executable", "");
        if (executable.isEmpty() || Arrays.asList(arguments).contains("-")) {
            log.warning(
                    "Cannot run in the background: daemonize needs bin/cinnabar-server, and a configuration that is not on standard input");
            end(1);
            return;
        }
        List<String> command = new ArrayList<>(List.of("setsid", executable));
        command.addAll(Arrays.asList(arguments));
        File nowhere = new File("/dev/null");
        try {
            ProcessBuilder again = new ProcessBuilder(command)
                    .redirectInput(nowhere)
                    .redirectOutput(nowhere)
                    .redirectError(nowhere);
            again.environment().put(IN_BACKGROUND, "yes");
            again.start();
            end(0);
        } catch (IOException e) {
            log.warning("Cannot run in the background: " + e.getMessage());
            end(1);
        }
    }

    private void runInBackground(boolean isConfigured) throws InterruptedException {
        if (config.get(Directives.PIDFILE).isEmpty()) config.put(Directives.PIDFILE, PID_FILE_IN_BACKGROUND);
        run(isConfigured);
    }

    /// @param isConfigured whether there was anything on the command line
    private void run(boolean isConfigured) throws InterruptedException {
        List<String> ignored = Signals.handle(this::signalled, "TERM", "INT");
        Signals.handle(name -> {}, "HUP"); // a terminal that is closed takes no server with it
        long pid = ProcessHandle.current().pid();
        log.notice("Cinnabar version=" + Version.CINNABAR + ", compatible with Redis " + Version.REDIS + ", pid=" + pid
                + ", just started");
        if (isConfigured) {
            log.notice("Configuration loaded");
        } else {
            log.warning(
                    "Warning: no config file specified, using the default config. In order to specify a config file use cinnabar-server /path/to/redis.conf");
        }
        for (Directive<?> kept : config.ineffective())
            log.verbose("Directive " + kept.name() + " has no meaning here and is only kept");
        for (String name : ignored)
            log.warning("SIG" + name + " was ignored when this server was started, so it does not end it");
        warnOfMissing();
        log.role('M');
        introduce(pid);
        Supervisor supervisor = new Supervisor(
                config, Supervisor.PROGRAM, Objects.requireNonNullElse(System.getenv("NOTIFY_SOCKET"), ""), log);
        if (listensNowhere()) {
            log.warning("Configured to not listen anywhere, exiting.");
            end(1);
            return;
        }
        Cinnabar started;
        try {
            OpenFiles.ofProcess().guard(config, log);
            supervisor.loading();
            started = start(pid);
        } catch (StartException | IllegalArgumentException e) {
            log.warning(String.valueOf(e.getMessage()));
            end(1);
            return;
        } catch (CancellationException e) {
            sayGoodbye();
            return;
        }
        server = started;
        if (isEnding.get()) { // there was little or nothing to load
            started.close();
            sayGoodbye();
            return;
        }
        for (String where : started.net().listeningOn()) log.notice("Listening on " + where);
        log.notice("Ready to accept connections");
        String unixSocket = config.get(Directives.UNIXSOCKET);
        if (!unixSocket.isEmpty()) log.notice("The server is now ready to accept connections at " + unixSocket);
        supervisor.ready();
        if (config.get(Directives.WARM_UP)) new WarmUp(started.engine(), log, Clock.system()).start();
        new MemoryReturn(started.engine().store().pages().budget()).start();
        started.awaitClosed();
        supervisor.stopping();
        sayGoodbye();
    }

    private boolean listensNowhere() {
        boolean hasPort =
                config.get(Directives.PORT) != 0 && !config.get(Directives.BIND).isEmpty();
        return !hasPort && config.get(Directives.UNIXSOCKET).isEmpty();
    }

    private Cinnabar start(long pid) {
        return new Cinnabar.Builder(config)
                .log(log)
                .asProgram()
                .executable(System.getProperty("cinnabar.executable", ""))
                .tcp(config.get(Directives.PORT) != 0)
                .whenListening(
                        () -> writePidFile(pid)) // not before: the file may be that of the server which has the port
                .giveUpWhen(isEnding::get)
                .start();
    }

    private void sayGoodbye() {
        log.notice("Cinnabar is now ready to exit, bye bye...");
        end(0);
    }

    /// How the server runs, in one line, or as a sign (`always-show-logo`). Scripts look for the pid in the
    /// sign.
    private void introduce(long pid) {
        int port = config.get(Directives.PORT);
        if (!config.get(Directives.ALWAYS_SHOW_LOGO)) {
            log.notice("Running mode=standalone, port=" + port + ".");
            return;
        }
        log.notice("     /\\");
        log.notice("    /  \\     Cinnabar " + Version.CINNABAR + ", as Redis " + Version.REDIS);
        log.notice("   /____\\    Running in standalone mode");
        log.notice("   \\ \\/ /    Port: " + port);
        log.notice("    \\  /     PID: " + pid);
        log.notice("     \\/");
    }

    /// What a configuration may ask for and nobody would get: better said than found out.
    private void warnOfMissing() {
        if (config.get(Directives.CLUSTER_ENABLED)) {
            log.warning("cluster-enabled yes is not supported yet: this server runs alone");
        }
        if (!config.get(Directives.REPLICAOF).isEmpty()) {
            log.warning("replicaof is not supported yet: this server is a master with its own data");
        }
        if (config.get(Directives.SYSLOG_ENABLED)) {
            log.warning("syslog-enabled yes is not supported: the log goes to logfile, or to the standard output");
        }
    }

    private void signalled(String name) {
        Cinnabar s = server;
        if (!isEnding.compareAndSet(false, true)) {
            if (!name.equals("INT")) return; // supervisors say TERM again and again, and mean no more by it
            log.warning("You insist... exiting now.");
            if (s != null) s.cutShort();
            end(1);
            return;
        }
        if (s == null) {
            log.warning("Received SIG" + name + " during loading, scheduling shutdown.");
            return; // the loading thread asks, and so does whoever has started
        }
        log.warning("Received SIG" + name + " scheduling shutdown...");
        List<String> how =
                config.get(name.equals("INT") ? Directives.SHUTDOWN_ON_SIGINT : Directives.SHUTDOWN_ON_SIGTERM);
        boolean goesOn = true;
        try {
            goesOn = s.shutdown(how) != null;
        } finally {
            if (goesOn) isEnding.set(false);
        }
        if (goesOn) log.warning("SIG" + name + " is not obeyed: the data could not be saved, and nobody shall lose it");
    }

    /// `halt` and not `exit`: there are no hooks to run, everything is on disk, and a plain JVM would say 143
    /// after SIGTERM.
    private void end(int code) {
        Path file = pidFile;
        try {
            if (file != null) Files.deleteIfExists(file);
        } catch (IOException e) {
            log.warning("The pid file " + file + " could not be removed: " + ConfigError.reason(e));
        }
        System.out.flush();
        Runtime.getRuntime().halt(code);
    }

    private void writePidFile(long pid) {
        String name = config.get(Directives.PIDFILE);
        if (name.isEmpty()) return;
        Path file = config.path(Directives.PIDFILE);
        try {
            Files.writeString(file, pid + "\n");
            pidFile = file;
        } catch (IOException e) {
            log.warning("The pid file " + file + " could not be written: " + ConfigError.reason(e));
        }
    }
}
