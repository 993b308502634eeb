package dev.cinnabar.config;

import dev.cinnabar.base.Glob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a `redis.conf`: one directive a line, its name and its words, as [ConfigLine] splits them.
///
/// Empty lines and those that begin with `#` say nothing. The last line about a directive counts, except that
/// `save` lines add up, and that each class of `client-output-buffer-limit` counts for itself.
///
/// | line | does |
/// |---|---|
/// | `include <path>` | reads other files in its place; `*`, `?` and `[…]` may stand in any part of the path, and a
/// pattern without a file is no mistake |
/// | `rename-command <name> <new>` | is kept for the command table, see [Config#renamedCommands()] |
/// | `user …`, `loadmodule …` | are refused: there are neither users nor modules. Only the line by which Redis says that there
/// are no restrictions, `user default on nopass ~* &* +@all`, is skipped |
/// | `dir <path>` | counts at once: later relative paths, of `include` too, start there |
public final class ConfigFile {
    private static final int DEEPEST_INCLUDE = 16; // far beyond any use; a file that includes itself ends here
    private static final String BAD_LINE = "Bad directive or wrong number of arguments";

    private static final String NO_USERS =
            "Users and ACLs are not supported, and without this line anybody could do anything."
                    + " Remove it, and protect the server with requirepass and bind";
    private static final String NO_MODULES = "Modules are not supported. Remove the line to start without this one";

    private static final Set<String> ALL_RIGHTS = Set.of("on", "nopass", "sanitize-payload", "~*", "&*", "+@all");
    private static final Set<String> NEEDED_RIGHTS = Set.of("on", "nopass", "~*", "+@all");

    /// Directives that mean nothing any more and are skipped, with one argument each.
    private static final Set<String> FORGOTTEN =
            Set.of("list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands");

    private final Config config;
    private final Set<Directive<?>> given = new HashSet<>();

    private ConfigFile(Config config) {
        this.config = config;
    }

    /// Fills a configuration in the order in which a command line gives it: file, standard input, options.
    ///
    /// @param file a path, relative ones from `dir`, may have wildcards; null for none
    /// @param input what standard input held; null when it is not to be read
    /// @param options the options of the command line as lines, such as `port "6380"`; empty for none
    /// @throws ConfigError for the first line that is no directive or gives one a value that it cannot take,
    ///     for a file that cannot be read, and when the whole makes no sense
    public static void load(Config config, @Nullable String file, @Nullable String input, String options)
            throws ConfigError {
        var loader = new ConfigFile(config);
        int lines = 0;
        if (file != null) {
            config.comesFrom(loader.resolve(file)); // before a line about dir moves what that means
            lines = loader.loadFiles(file, 0);
        }
        if (input != null) lines += loader.loadText(null, input, lines, 0);
        if (!options.isEmpty()) loader.loadText(null, options, lines + 1, 0);
        loader.checkWhole();
    }

    /// Reads all files that the path names, and says how many line ends they had.
    private int loadFiles(String path, int depth) throws ConfigError {
        int lines = 0;
        for (Path file : expand(path)) lines += loadText(file.toString(), read(file), 0, depth);
        return lines;
    }

    private static String read(Path file) throws ConfigError {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw ConfigError.unreadable(file.toString(), ConfigError.reason(e));
        }
    }

    private int loadText(@Nullable String file, String text, int linesBefore, int depth) throws ConfigError {
        int lines = 0;
        int start = 0;
        while (true) {
            int end = text.indexOf('\n', start);
            String line = text.substring(start, end < 0 ? text.length() : end).strip();
            if (!line.isEmpty() && line.charAt(0) != '#') {
                take(new ConfigError.Line(file, linesBefore + lines + 1, line), depth);
            }
            if (end < 0) return lines;
            lines++;
            start = end + 1;
        }
    }

    private void take(ConfigError.Line line, int depth) throws ConfigError {
        List<String> words = ConfigLine.split(line.text());
        if (words == null) throw line.error("Unbalanced quotes in configuration line");
        if (line.text().indexOf('\uFFFD') >= 0)
            throw line.error("The line is not valid UTF-8"); // comments may be anything
        if (words.isEmpty()) return;

        String name = words.get(0).toLowerCase(Locale.ROOT);
        List<String> arguments = words.subList(1, words.size());
        Directive<?> directive = Directives.named(name);
        if (directive != null) assign(line, directive, arguments);
        else if (name.equals("include") && arguments.size() == 1) include(line, arguments.get(0), depth);
        else takeOther(line, name, arguments);
    }

    private void assign(ConfigError.Line line, Directive<?> directive, List<String> arguments) throws ConfigError {
        try {
            config.assign(directive, arguments, !given.add(directive));
        } catch (RefusedSetting refused) {
            throw line.error(refused.reason());
        }
    }

    private void include(ConfigError.Line line, String path, int depth) throws ConfigError {
        if (depth == DEEPEST_INCLUDE) throw line.error("Files include each other without end");
        loadFiles(path, depth + 1);
    }

    private void takeOther(ConfigError.Line line, String name, List<String> arguments) throws ConfigError {
        int count = arguments.size();
        if (name.equals("rename-command") && count == 2) {
            config.rename(new Config.RenamedCommand(arguments.get(0), arguments.get(1), line));
        } else if (name.equals("user") && count > 0) {
            if (!isUnrestricted(arguments)) throw line.error(NO_USERS);
        } else if (name.equals("loadmodule") && count > 0) {
            throw line.error(NO_MODULES);
        } else if (name.equals("sentinel") && count > 0) {
            throw line.error("sentinel directive while not in sentinel mode");
        } else if (!FORGOTTEN.contains(name) || count != 1) {
            throw line.error(BAD_LINE);
        }
    }

    /// Whether a `user` line gives everybody all rights. `CONFIG REWRITE` of a Redis without users writes one
    /// like that.
    private static boolean isUnrestricted(List<String> arguments) {
        List<String> rules = arguments.subList(1, arguments.size());
        return arguments.get(0).equals("default") && ALL_RIGHTS.containsAll(rules) && rules.containsAll(NEEDED_RIGHTS);
    }

    private void checkWhole() throws ConfigError {
        if (config.get(Directives.CLUSTER_ENABLED)
                && !config.get(Directives.REPLICAOF).isEmpty()) {
            throw new ConfigError("replicaof directive not allowed in cluster mode");
        }
        if (config.get(Directives.LOGFILE).isEmpty()) return;
        try {
            Path log = config.path(Directives.LOGFILE);
            Files.newByteChannel(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)
                    .close();
        } catch (IOException e) {
            throw new ConfigError("Can't open the log file: " + ConfigError.reason(e));
        }
    }

    // ---- paths with wildcards ----

    private Path resolve(String path) throws ConfigError {
        try {
            return Path.of(config.get(Directives.DIR)).resolve(path).normalize();
        } catch (InvalidPathException e) {
            throw ConfigError.unreadable(path, e.getReason());
        }
    }

    /// The files that a path names: itself, or in the order of their names those that fit its wildcards,
    /// perhaps none.
    private List<Path> expand(String path) throws ConfigError {
        if (!hasWildcard(path)) return List.of(resolve(path));
        List<Path> found = List.of(path.startsWith("/") ? Path.of("/") : Path.of(config.get(Directives.DIR)));
        for (String part : path.split("/", -1)) {
            if (!part.isEmpty()) found = step(found, part);
        }
        return found;
    }

    private static List<Path> step(List<Path> directories, String part) {
        List<Path> found = new ArrayList<>();
        for (Path directory : directories) {
            if (hasWildcard(part)) found.addAll(entries(directory, part));
            else if (Files.exists(directory.resolve(part))) found.add(directory.resolve(part));
        }
        return found;
    }

    /// A name that begins with a dot has to be asked for with a dot, as in a shell.
    private static List<Path> entries(Path directory, String pattern) {
        List<Path> found = new ArrayList<>();
        byte[] bytes = pattern.getBytes(StandardCharsets.UTF_8);
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                byte[] text = name.getBytes(StandardCharsets.UTF_8);
                boolean isShown = !name.startsWith(".") || pattern.startsWith(".");
                if (isShown && Glob.matches(bytes, 0, bytes.length, text, 0, text.length, false)) found.add(entry);
            }
        } catch (IOException | DirectoryIteratorException e) {
            return List.of(); // not a directory, or not ours to read: no file in it fits
        }
        Collections.sort(found);
        return found;
    }

    private static boolean hasWildcard(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        return Glob.hasWildcard(bytes, 0, bytes.length);
    }
}
