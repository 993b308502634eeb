package dev.cinnabar.config;

import dev.cinnabar.base.Glob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What one server is told to be: a value for every directive.
///
/// It is filled while the server starts ([#assign], [ConfigFile]), and from then on changed by `CONFIG SET`
/// ([#set]). Whoever builds something out of a value asks [#onChange] to be told, rather than asking again
/// and again.
///
/// Reading is one volatile read and allowed from any thread; a set of several directives is seen whole or not
/// at all. Changing is for one thread at a time, which the monitor of this object sees to.
public final class Config {
    /// Told about a new value of a directive.
    @FunctionalInterface
    public interface Listener<T> {
        /// Puts the new value to work.
        ///
        /// @throws RefusedSetting when that is impossible; everything must then be as before the call. The
        ///     whole `CONFIG SET` is taken back and answers with the reason.
        void changed(T value) throws RefusedSetting;
    }

    /// A `rename-command` line: the command answers to the new name only, or not at all when that is empty.
    public record RenamedCommand(String name, String newName, ConfigError.Line line) {}

    private record Subscription<T>(Directive<T> directive, Listener<T> listener) {}

    private record Change(Directive<?> directive, String name) {}

    private volatile Object[] values; // by the index of the directive; replaced, never written to
    private final List<Subscription<?>> subscriptions = new ArrayList<>();
    private final List<RenamedCommand> renamedCommands = new ArrayList<>();
    private @Nullable Path file;

    /// A configuration in which everything is as Redis has it without any. `dir` is the working directory of
    /// the process.
    public Config() {
        int count = Directives.ALL.size();
        values = new Object[count];
        for (int i = 0; i < count; i++) values[i] = byDefault(Directives.ALL.get(i));
        values[Directives.DIR.index()] = System.getProperty("user.dir");
    }

    /// Another one with the same values, and with nobody who is told of changes.
    public Config copy() {
        Config copy = new Config();
        copy.values = values;
        copy.renamedCommands.addAll(renamedCommands);
        copy.file = file;
        return copy;
    }

    private static <T> Object byDefault(Directive<T> directive) {
        return directive.byDefault();
    }

    // ---- reading ----

    /// The value now.
    @SuppressWarnings("unchecked") // only values of the directive's type get to its index
    public <T> T get(Directive<T> directive) {
        return (T) values[directive.index()];
    }

    /// A file name out of a directive such as `pidfile`; a relative one starts from `dir`.
    public Path path(Directive<String> directive) {
        return Path.of(get(Directives.DIR)).resolve(get(directive));
    }

    /// The configuration file this came from, which is where [#rewrite] goes; empty when there was none.
    public Optional<Path> file() {
        return Optional.ofNullable(file);
    }

    /// The `rename-command` lines, in their order.
    public List<RenamedCommand> renamedCommands() {
        return List.copyOf(renamedCommands);
    }

    /// Directives that were given a value of their own although they change nothing here; worth a line in the
    /// log.
    public List<Directive<?>> ineffective() {
        List<Directive<?>> found = new ArrayList<>();
        for (Directive<?> directive : Directives.ALL) {
            if (directive.isKeptOnly() && !get(directive).equals(directive.byDefault())) found.add(directive);
        }
        return found;
    }

    /// `CONFIG GET`: name and printed value of every directive, also by its alias, that one of the patterns
    /// matches.
    ///
    /// A pattern without wildcards is a name and is answered as it was written, hidden directives included.
    /// Takes time in proportion to patterns times directives. Since 2.0.0; several patterns since 7.0.0.
    public Map<String, String> matching(List<String> patterns) {
        Map<String, String> found = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (String pattern : patterns) {
            byte[] bytes = pattern.getBytes(StandardCharsets.UTF_8);
            if (Glob.hasWildcard(bytes, 0, bytes.length)) {
                addMatching(bytes, found, seen);
            } else {
                Directive<?> directive = Directives.named(pattern);
                if (directive != null && seen.add(lower(pattern))) found.put(pattern, print(directive));
            }
        }
        return found;
    }

    private void addMatching(byte[] pattern, Map<String, String> found, Set<String> seen) {
        for (Directive<?> directive : Directives.ALL) {
            if (directive.isHidden()) continue;
            String alias = directive.alias();
            if (matches(pattern, directive.name()) && seen.add(directive.name())) {
                found.put(directive.name(), print(directive));
            }
            if (alias != null && matches(pattern, alias) && seen.add(alias)) found.put(alias, print(directive));
        }
    }

    private static boolean matches(byte[] pattern, String name) {
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        return Glob.matches(pattern, 0, pattern.length, text, 0, text.length, true);
    }

    private <T> String print(Directive<T> directive) {
        return directive.kind().print(get(directive));
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    // ---- filling, before the server runs ----

    /// Gives a directive its value before the server runs, immutable ones too. Nobody is told.
    ///
    /// @param name the name or alias of a directive, in any case
    /// @param arguments as they would follow the name in a configuration file
    /// @throws RefusedSetting when there is no such directive or the arguments make no value for it
    public void assign(String name, String... arguments) throws RefusedSetting {
        Directive<?> directive = Directives.named(name);
        if (directive == null) throw new RefusedSetting("Bad directive or wrong number of arguments");
        assign(directive, List.of(arguments), false);
    }

    /// @param again whether an earlier line of the same start-up gave the directive already
    synchronized void assign(Directive<?> directive, List<String> arguments, boolean again) throws RefusedSetting {
        boolean isJoined = arguments.size() == 1 && directive.kind().isList();
        List<String> list = isJoined ? words(arguments.get(0)) : arguments;
        Object[] next = values.clone();
        parse(directive, next, list, again);
        values = next;
    }

    /// Gives a directive a value of its type, unchecked and without telling anybody.
    public synchronized <T> void put(Directive<T> directive, T value) {
        Object[] next = values.clone();
        next[directive.index()] = value;
        values = next;
    }

    void rename(RenamedCommand command) {
        renamedCommands.add(command);
    }

    void comesFrom(Path file) {
        this.file = file;
    }

    // ---- changing, while the server runs ----

    /// Asks to be told about every change by [#set]. Not told about the value of now.
    public synchronized <T> void onChange(Directive<T> directive, Listener<T> listener) {
        subscriptions.add(new Subscription<>(directive, listener));
    }

    /// `CONFIG SET`: gives several directives new values, all or none.
    ///
    /// First every name and value is checked, then all values change at once, then listeners are told, in the
    /// order of the arguments. When one refuses, the old values come back and those told before are told the
    /// old ones. Since 2.0.0; several at once since 7.0.0.
    ///
    /// @param pairs name, value, name, value …; values of several words are one argument, as in `CONFIG SET
    ///     save "60 1"`
    /// @param isLocal whether the caller is connected from this machine, which `enable-protected-configs
    ///     local` asks
    /// @param isLoading whether data is being loaded, during which some directives stay as they are
    /// @return the error to answer, without the leading minus; null when everything is set
    public synchronized @Nullable String set(List<String> pairs, boolean isLocal, boolean isLoading) {
        if (pairs.size() % 2 != 0) return "ERR syntax error";
        String error = firstForbidden(pairs, isLocal, isLoading);
        if (error != null) return error;

        Object[] old = values;
        Object[] next = old.clone();
        for (int i = 0; i < pairs.size(); i += 2) {
            Directive<?> directive = named(pairs.get(i));
            try {
                parse(directive, next, list(directive, pairs.get(i + 1)), false);
            } catch (RefusedSetting refusal) {
                return failed(lower(pairs.get(i)), refusal.reason());
            }
        }
        values = next;

        return tell(changes(pairs, old, next), old);
    }

    /// `CONFIG REWRITE`: brings the configuration file up to date, see [ConfigRewrite]. Reads and writes the
    /// file, which takes some milliseconds. Since 2.8.0.
    ///
    /// @param users a `user …` line for each user, which take the place of those in the file; null leaves the
    ///     file's
    /// @return the error to answer, without the leading minus; null when the file is written
    public @Nullable String rewrite(@Nullable List<String> users) {
        return rewrite(users, false);
    }

    /// The same with a line for every directive, also those that have their default: DEBUG
    /// CONFIG-REWRITE-FORCE-ALL.
    public @Nullable String rewriteAll() {
        return rewrite(null, true);
    }

    private @Nullable String rewrite(@Nullable List<String> users, boolean addsDefaults) {
        Path target = file;
        if (target == null) return "ERR The server is running without a config file";
        try {
            new ConfigRewrite(this, addsDefaults).rewrite(target, users);
            return null;
        } catch (IOException e) {
            return "ERR Rewriting config file: " + ConfigError.reason(e);
        }
    }

    private @Nullable String firstForbidden(List<String> pairs, boolean isLocal, boolean isLoading) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < pairs.size(); i += 2) {
            String name = pairs.get(i);
            Directive<?> directive = Directives.named(name);
            if (directive == null) return unknown(name);
            if (directive.isImmutable()) return failed(name, "can't set immutable config");
            if (directive.isGuarded() && !allowsGuarded(isLocal)) return failed(name, "can't set protected config");
            if (directive.isRefusedWhileLoading() && isLoading) {
                return "LOADING Redis is loading the dataset in memory";
            }
            if (!seen.add(lower(name))) return failed(name, "duplicate parameter");
        }
        return null;
    }

    private boolean allowsGuarded(boolean isLocal) {
        String who = get(Directives.ENABLE_PROTECTED_CONFIGS);
        return who.equals("yes") || who.equals("local") && isLocal;
    }

    /// The error for a name that is no directive's.
    public static String unknown(String name) {
        return "ERR Unknown option or number of arguments for CONFIG SET - '" + name + "'";
    }

    /// The error for a value that a directive does not take.
    public static String failed(String name, String reason) {
        return "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + reason;
    }

    private static Directive<?> named(String name) {
        Directive<?> directive = Directives.named(name);
        if (directive == null) throw new IllegalArgumentException(name);
        return directive;
    }

    /// A value given as one argument, as the words that the directive wants.
    private static List<String> list(Directive<?> directive, String value) {
        if (!directive.kind().isList()) return List.of(value);
        return value.isEmpty() ? List.of() : List.of(value.split(" ", -1));
    }

    /// The same at the start, where the words may be quoted: `--save '""'`.
    private static List<String> words(String value) throws RefusedSetting {
        List<String> words = ConfigLine.split(value);
        if (words == null) throw new RefusedSetting("Unbalanced quotes in configuration line");
        return words.equals(List.of("")) ? List.of() : words;
    }

    @SuppressWarnings("unchecked") // as in get
    private static <T> void parse(Directive<T> directive, Object[] values, List<String> arguments, boolean again)
            throws RefusedSetting {
        T current = (T) values[directive.index()];
        values[directive.index()] = directive.kind().parse(current, arguments, again);
    }

    private static List<Change> changes(List<String> pairs, Object[] old, Object[] next) {
        List<Change> changes = new ArrayList<>();
        Set<Directive<?>> seen = new HashSet<>();
        for (int i = 0; i < pairs.size(); i += 2) {
            Directive<?> directive = named(pairs.get(i));
            boolean isChanged = !old[directive.index()].equals(next[directive.index()]);
            if (isChanged && seen.add(directive)) changes.add(new Change(directive, lower(pairs.get(i))));
        }
        return changes;
    }

    private @Nullable String tell(List<Change> changes, Object[] old) {
        List<Subscription<?>> told = new ArrayList<>();
        for (Change change : changes) {
            for (Subscription<?> subscription : subscriptions) {
                if (subscription.directive != change.directive) continue;
                try {
                    tell(subscription);
                    told.add(subscription);
                } catch (RefusedSetting refusal) {
                    values = old;
                    takeBack(told);
                    return failed(change.name, refusal.reason());
                } catch (RuntimeException | Error failure) { // a bug, or no memory
                    values = old; // CONFIG GET shall not show what is not in force
                    takeBack(told);
                    throw failure;
                }
            }
        }
        return null;
    }

    private <T> void tell(Subscription<T> subscription) throws RefusedSetting {
        subscription.listener.changed(get(subscription.directive));
    }

    /// Tells the old values. One who refuses what it had until a moment ago cannot be helped: the first
    /// reason counts.
    private void takeBack(List<Subscription<?>> told) {
        for (Subscription<?> subscription : told) {
            try {
                tell(subscription);
            } catch (RefusedSetting refusal) {
                continue;
            }
        }
    }
}
