package dev.cinnabar.engine;

import dev.cinnabar.command.CommandSpec;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One argument of a command as COMMAND DOCS describes it: a value, a word that is written as it stands, or a
/// few arguments that belong together.
///
/// All of it is derived from the syntax line of the command; see [SyntaxLine].
///
/// @param token           the word in front of it (`EX` of `EX seconds`), or the word itself if it is nothing
///                        else
/// @param isMultiple      whether it may be given several times, one behind the other
/// @param hasMultipleToken whether the token is then repeated, too
/// @param parts           of a block or a choice
record Argument(
        String name,
        Type type,
        @Nullable String token,
        boolean isOptional,
        boolean isMultiple,
        boolean hasMultipleToken,
        List<Argument> parts) {
    /// What may stand there.
    enum Type {
        STRING,
        INTEGER,
        DOUBLE,
        KEY,
        PATTERN,
        UNIX_TIME,
        PURE_TOKEN,
        ONEOF,
        BLOCK;

        /// As COMMAND DOCS names it.
        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    static Argument value(String name) {
        return new Argument(name, typeOf(name), null, false, false, false, List.of());
    }

    static Argument word(String token) {
        return new Argument(nameOf(token), Type.PURE_TOKEN, token, false, false, false, List.of());
    }

    static Argument block(@Nullable String token, List<Argument> parts) {
        return new Argument(joined(parts), Type.BLOCK, token, false, false, false, parts);
    }

    static Argument choice(List<Argument> parts) {
        return new Argument(titleOf(parts), Type.ONEOF, null, false, false, false, parts);
    }

    Argument behind(String word) {
        return new Argument(name, type, word, isOptional, isMultiple, hasMultipleToken, parts);
    }

    Argument optional() {
        return new Argument(name, type, token, true, isMultiple, hasMultipleToken, parts);
    }

    Argument multiple() {
        return new Argument(name, type, token, isOptional, true, token != null, parts);
    }

    /// Whether it is a pattern of SORT, which names a key for each element.
    boolean leadsToKeys() {
        return type == Type.PATTERN && ("BY".equals(token) || "GET".equals(token));
    }

    /// The arguments of a command, in order.
    static List<Argument> of(CommandSpec spec) {
        return typed(SyntaxLine.parse(operands(spec)), spec);
    }

    private static List<Argument> typed(List<Argument> arguments, CommandSpec spec) {
        return arguments.stream().map(argument -> argument.typed(spec)).toList();
    }

    private Argument typed(CommandSpec spec) {
        String special = spec.argumentType(name);
        Type its = special == null ? type : Type.valueOf(special.toUpperCase(Locale.ROOT));
        return new Argument(name, its, token, isOptional, isMultiple, hasMultipleToken, typed(parts, spec));
    }

    /// The syntax line without the command's name.
    static String operands(CommandSpec spec) {
        int nameWords = spec.isSubcommand() ? 2 : 1;
        String[] parts = spec.syntax().split(" ", nameWords + 1);
        return parts.length > nameWords ? parts[nameWords] : "";
    }

    // ---- names ----

    /// Names of arguments say what they are, by custom: `seconds` is a number everywhere. Where one is
    /// something else, the command says so ([CommandSpec#argumentType]).
    private static Type typeOf(String name) {
        return switch (name) {
            case "key",
                    "newkey",
                    "key1",
                    "key2",
                    "source",
                    "destination",
                    "sourcekey",
                    "destkey",
                    "src",
                    "dst",
                    "numkeys-key" -> Type.KEY;
            case "pattern" -> Type.PATTERN;
            case "seconds",
                    "milliseconds",
                    "microseconds",
                    "offset",
                    "count",
                    "cursor",
                    "start",
                    "stop",
                    "end",
                    "index",
                    "index1",
                    "index2",
                    "increment",
                    "decrement",
                    "numkeys",
                    "numfields",
                    "numids",
                    "limit",
                    "db",
                    "destination-db",
                    "port",
                    "version",
                    "numreplicas",
                    "bit",
                    "rank",
                    "num-matches",
                    "len",
                    "min-match-len",
                    "client-id",
                    "ttl",
                    "frequency",
                    "ms",
                    "min-idle-time",
                    "entries-read",
                    "entries-added",
                    "maxage",
                    "numlocal",
                    "num-vertices",
                    "slot",
                    "start-slot",
                    "end-slot",
                    "config-epoch",
                    "cluster-bus-port",
                    "protover" -> Type.INTEGER;
            case "timeout", "score", "longitude", "latitude", "radius", "width", "height", "weight" -> Type.DOUBLE;
            default -> name.startsWith("unix-time") ? Type.UNIX_TIME : Type.STRING;
        };
    }

    private static String nameOf(String token) {
        return switch (token) {
            case "*" -> "auto-id";
            case "=" -> "exactly";
            case "~" -> "approximately";
            case "$" -> "newest-id";
            case "\"\"" -> "empty-string";
            default -> token.toLowerCase(Locale.ROOT);
        };
    }

    private static String joined(List<Argument> parts) {
        return String.join("_", parts.stream().map(Argument::name).toList());
    }

    private static String titleOf(List<Argument> parts) {
        for (Argument part : parts) {
            if ("EX".equals(part.token)) return "expiration";
            if ("NX".equals(part.token)) return "condition";
        }
        return String.join("-or-", parts.stream().map(Argument::name).toList());
    }
}
