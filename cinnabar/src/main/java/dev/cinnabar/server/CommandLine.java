package dev.cinnabar.server;

import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.config.Config;
import dev.cinnabar.config.ConfigError;
import dev.cinnabar.config.ConfigFile;
import dev.cinnabar.config.ConfigLine;
import dev.cinnabar.config.Directives;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads the command line as `redis-server` reads its own, so that a script cannot tell one from the other.
///
/// ```
/// cinnabar-server [/path/to/redis.conf] [--directive value … | -] …
/// ```
///
/// The options become lines that follow the file and standard input, and count because they come last:
///
/// | arguments | lines |
/// |---|---|
/// | `--port 6380` | `port "6380"` |
/// | `"--port 6380"` | `port 6380` |
/// | `--bind 127.0.0.1 ::1 --port 0` | `bind "127.0.0.1" "::1"`, `port "0"` |
/// | `--save --port 0` | `save ""`, `port "0"` |
/// | `--proc-title-template --my--` | `proc-title-template "--my--"`: the first argument of an option may look like one
/// |
///
/// `-` stands for standard input, as the first argument or the last one. `--port=6380` is no option that
/// there is.
public final class CommandLine {
    /// What is to happen.
    public sealed interface Result permits Start, Exit {}

    /// A server with this configuration is to start.
    public record Start(Config config) implements Result {}

    /// The process has to end.
    ///
    /// @param code 0 when the user got what was asked for
    /// @param out text for standard output, with its line feeds; mostly empty
    /// @param err text for standard error, with its line feeds; mostly empty
    /// @param warning a line for the log; empty for none
    public record Exit(int code, String out, String err, String warning) implements Result {}

    private final List<String> arguments;
    private final @Nullable Path directory;
    private final Build build;

    private CommandLine(List<String> arguments, @Nullable Path directory, Build build) {
        this.arguments = arguments;
        this.directory = directory;
        this.build = build;
    }

    /// Reads the arguments, and the configuration file and the standard input that they name.
    ///
    /// @param arguments those behind the name of the program
    /// @param input standard input; read to its end when `-` asks for it, otherwise left alone
    public static Result read(List<String> arguments, InputStream input, Build build) {
        return read(arguments, input, null, build);
    }

    /// The same as if the process had been started in that directory.
    static Result read(List<String> arguments, InputStream input, @Nullable Path directory, Build build) {
        var commandLine = new CommandLine(arguments, directory, build);
        Exit asked = commandLine.whatNeedsNoServer();
        return asked != null ? asked : commandLine.configure(input);
    }

    // ---- --version and the like ----

    private @Nullable Exit whatNeedsNoServer() {
        String first = arguments.isEmpty() ? "" : arguments.get(0);
        switch (first) {
            case "-v", "--version":
                return new Exit(0, build.line() + '\n', "", "");
            case "-h", "--help":
                return refusal(USAGE); // redis-server exits with 1 here, and scripts know it
            case "--test-memory":
                return refusal("Cinnabar has no memory test: it runs in a JVM and would test that.\n");
            case "--check-system":
                return refusal(
                        "Cinnabar has no system check: what it would complain about does not slow a JVM down.\n");
            default:
                boolean isSentinel = arguments.contains("--sentinel");
                return isSentinel ? refusal("Cinnabar has no sentinel mode; redis-sentinel can watch it.\n") : null;
        }
    }

    private static Exit refusal(String message) {
        return new Exit(1, "", message, "");
    }

    private static final String USAGE = """
            Usage: cinnabar-server [/path/to/redis.conf] [options] [-]
                   cinnabar-server -                 reads the configuration from standard input
                   cinnabar-server -v or --version
                   cinnabar-server -h or --help

            Options are directives of redis.conf with two dashes in front. They win over the file
            and over standard input.

            Examples:
                   cinnabar-server
                   cinnabar-server /etc/cinnabar/cinnabar.conf
                   cinnabar-server --port 7777 --appendonly yes
                   cinnabar-server /etc/cinnabar/cinnabar.conf --loglevel verbose
                   echo 'maxmemory 128mb' | cinnabar-server -
            """;

    // ---- a server ----

    private Result configure(InputStream input) {
        String file = hasFile() ? arguments.get(0) : null;
        var config = new Config();
        if (directory != null) config.put(Directives.DIR, directory.toString());
        try {
            ConfigFile.load(config, file, readsInput() ? text(input) : null, options());
            checkRenames(config.renamedCommands());
            return new Start(config);
        } catch (ConfigError error) {
            if (error.isUnreadableFile()) return new Exit(1, "", "", String.valueOf(error.getMessage()));
            return refusal(error.report("Cinnabar " + build.version()));
        } catch (IOException e) {
            return refusal("Cannot read the configuration from standard input: " + e.getMessage() + '\n');
        }
    }

    /// Follows the lines one by one, as the command table will, so that a wrong one is named.
    private static void checkRenames(List<Config.RenamedCommand> lines) throws ConfigError {
        if (lines.isEmpty()) return; // speed only: the commands are not asked for their names
        Set<String> names = new HashSet<>();
        for (Command command : Cinnabar.commands()) {
            CommandSpec spec = command.spec();
            names.add(spec.isSubcommand() ? spec.container() : spec.name());
        }
        for (Config.RenamedCommand line : lines) {
            String newName = line.newName().toLowerCase(Locale.ROOT);
            if (!names.remove(line.name().toLowerCase(Locale.ROOT)))
                throw line.line().error("No such command in rename-command");
            if (!newName.isEmpty() && !names.add(newName))
                throw line.line().error("Target command name already exists");
        }
    }

    private boolean hasFile() {
        return !arguments.isEmpty()
                && !arguments.get(0).isEmpty()
                && arguments.get(0).charAt(0) != '-';
    }

    private boolean readsInput() {
        return isInput(0) || isInput(arguments.size() - 1);
    }

    private boolean isInput(int index) {
        boolean isAtAnEnd = index == 0 || index == arguments.size() - 1;
        return !arguments.isEmpty() && isAtAnEnd && arguments.get(index).equals("-");
    }

    private static String text(InputStream input) throws IOException {
        return new String(input.readAllBytes(), StandardCharsets.UTF_8);
    }

    /// The options as lines of a configuration.
    private String options() {
        var lines = new StringBuilder();
        boolean mayBeName = true; // not right behind a name: there, dashes belong to its first argument
        boolean hasFile = !arguments.isEmpty() && !arguments.get(0).startsWith("-");
        for (int i = hasFile ? 1 : 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (isInput(i)) continue;
            if (mayBeName && argument.startsWith("--")) {
                if (!lines.isEmpty()) lines.append('\n');
                lines.append(argument, 2, argument.length()).append(' ');
                boolean savesNothing = argument.equalsIgnoreCase("--save") && !hasValue(i);
                if (savesNothing) lines.append("\"\"");
                mayBeName = savesNothing || holdsValue(argument);
            } else {
                lines.append(ConfigLine.quote(argument)).append(' ');
                mayBeName = true;
            }
        }
        return lines.toString();
    }

    /// Whether a value follows, rather than another option or nothing.
    private boolean hasValue(int index) {
        return index + 1 < arguments.size() && !arguments.get(index + 1).startsWith("--");
    }

    /// Whether the argument is a name and a value in one, as in `"--port 6380"`.
    private static boolean holdsValue(String argument) {
        List<String> words = ConfigLine.split(argument);
        return words == null || words.size() != 1;
    }
}
