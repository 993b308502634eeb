package dev.cinnabar.command;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The facts of a command. All that COMMAND INFO, COMMAND DOCS, COMMAND GETKEYS, the arity check and the
/// generated manual say comes from here, and all of that from the syntax line as far as it can.
///
/// Immutable.
public final class CommandSpec {
    private static final List<String> CATEGORIES = List.of(
            "keyspace",
            "read",
            "write",
            "set",
            "sortedset",
            "list",
            "hash",
            "string",
            "bitmap",
            "hyperloglog",
            "geo",
            "stream",
            "pubsub",
            "admin",
            "fast",
            "slow",
            "blocking",
            "dangerous",
            "connection",
            "transaction",
            "scripting");

    /// Finds keys where no [KeySpec] can.
    public interface KeyFinder {
        void find(Arguments arguments, KeySpec.KeyVisitor visitor);
    }

    private final String syntax;
    private final String name;
    private final String container;
    private final String fullName;
    private final int arity;
    private final Map<String, String> argumentTypes;
    private final int flags;
    private final Group group;
    private final List<KeySpec> keys;
    private final @Nullable KeyFinder keyFinder;
    private final String since;
    private final String complexity;
    private final String summary;
    private final List<String> categories;
    private final boolean isInGroupsCategory;
    private final List<String> tips;
    private final String deprecatedSince;
    private final String replacedBy;

    private CommandSpec(Builder b) {
        this.syntax = b.syntax;
        int blank = syntax.indexOf(' ');
        String first = blank < 0 ? syntax : syntax.substring(0, blank);
        String rest = blank < 0 ? "" : syntax.substring(blank + 1);
        if (b.isSubcommand) {
            int end = rest.indexOf(' ');
            this.container = first.toLowerCase(Locale.ROOT);
            this.name = (end < 0 ? rest : rest.substring(0, end)).toLowerCase(Locale.ROOT);
            this.fullName = container + "|" + name;
        } else {
            this.container = "";
            this.name = first.toLowerCase(Locale.ROOT);
            this.fullName = name;
        }
        if (!isName(name) || b.isSubcommand && !isName(container))
            throw new IllegalArgumentException("No name of a command: " + syntax);
        this.arity = b.arity != 0 ? b.arity : arityOf(syntax);
        this.argumentTypes = Map.copyOf(b.argumentTypes);
        this.flags = b.flags;
        this.group = b.group;
        this.keys = List.copyOf(b.keys);
        this.keyFinder = b.keyFinder;
        this.since = b.since;
        this.complexity = b.complexity;
        this.summary = b.summary;
        this.categories = List.copyOf(b.categories);
        this.isInGroupsCategory = b.isInGroupsCategory;
        this.tips = List.copyOf(b.tips);
        this.deprecatedSince = b.deprecatedSince;
        this.replacedBy = b.replacedBy;
    }

    private static boolean isName(String word) {
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '|') return false;
        }
        return !word.isEmpty();
    }

    /// Begins the facts of a command with its line in the manual: words in capitals are literal, `[…]` is
    /// optional, `…` behind a word repeats it, `<a | b>` is a choice.
    public static Builder syntax(String syntax) {
        return new Builder(syntax);
    }

    /// Counts the words that must be there; negative when there may be more.
    static int arityOf(String syntax) {
        int words = 0;
        int depth = 0;
        boolean isOpen = false;
        boolean inWord = false;
        for (int i = 0; i < syntax.length(); i++) {
            char c = syntax.charAt(i);
            if (c == '[') {
                isOpen = true;
                depth++;
                inWord = false;
            } else if (c == '<') {
                if (depth++ == 0) words++;
                inWord = false;
            } else if (c == ']' || c == '>') {
                depth--;
            } else if (c == ' ') {
                inWord = false;
            } else if (depth == 0 && !inWord) {
                words++;
                inWord = true;
            }
        }
        return isOpen ? -words : words;
    }

    public String syntax() {
        return syntax;
    }

    /// In lower case; of a subcommand the second word.
    public String name() {
        return name;
    }

    /// The first word of a subcommand, empty for others.
    public String container() {
        return container;
    }

    public boolean isSubcommand() {
        return !container.isEmpty();
    }

    /// `set`, `client|kill`.
    public String fullName() {
        return fullName;
    }

    /// How many words the command has, its name included; negative: at least so many.
    public int arity() {
        return arity;
    }

    /// What an argument is (`string`, `integer`, `double`), where its name says something else elsewhere.
    public @Nullable String argumentType(String argument) {
        return argumentTypes.get(argument);
    }

    public boolean takes(int argc) {
        return arity >= 0 ? argc == arity : argc >= -arity;
    }

    public boolean is(Flag flag) {
        return (flags & flag.bit()) != 0;
    }

    public Group group() {
        return group;
    }

    public List<KeySpec> keys() {
        return keys;
    }

    public String since() {
        return since;
    }

    public String complexity() {
        return complexity;
    }

    public String summary() {
        return summary;
    }

    public boolean isDeprecated() {
        return !deprecatedSince.isEmpty();
    }

    /// The Redis version that first called it deprecated; empty for a command that is not.
    public String deprecatedSince() {
        return deprecatedSince;
    }

    /// What to use instead of a deprecated command.
    public String replacedBy() {
        return replacedBy;
    }

    /// Hints for clients and proxies, as COMMAND INFO writes them (`request_policy:all_shards`).
    public List<String> tips() {
        return tips;
    }

    /// The ACL categories, those that follow from flags and group included, in the order of Redis's ACL CAT.
    public List<String> categories() {
        List<String> all = new ArrayList<>();
        if (isInGroupsCategory && !group.category().isEmpty()) all.add(group.category());
        for (String category : categories) if (!all.contains(category)) all.add(category);
        if (is(Flag.WRITE)) all.add("write");
        if (is(Flag.READONLY) && group != Group.SCRIPTING) all.add("read");
        if (is(Flag.ADMIN)) all.add("admin");
        if (is(Flag.ADMIN) && !all.contains("dangerous")) all.add("dangerous");
        if (is(Flag.PUBSUB) && !all.contains("pubsub")) all.add("pubsub");
        if (is(Flag.BLOCKING)) all.add("blocking");
        all.add(is(Flag.FAST) ? "fast" : "slow");
        all.sort(Comparator.comparingInt(CATEGORIES::indexOf));
        return all;
    }

    /// Whether there may be keys among the arguments.
    public boolean hasKeys() {
        return !keys.isEmpty() || keyFinder != null;
    }

    /// Shows the index of each key among the arguments.
    ///
    /// @return false when the arguments make no sense
    public boolean findKeys(Arguments arguments, KeySpec.KeyVisitor visitor) {
        if (keyFinder != null) {
            keyFinder.find(arguments, visitor);
            return true;
        }
        for (KeySpec key : keys) if (!key.find(arguments, visitor)) return false;
        return true;
    }

    /// Gathers the facts of a command.
    public static final class Builder {
        private final String syntax;
        private int arity;
        private final Map<String, String> argumentTypes = new HashMap<>(0);
        private int flags;
        private boolean isSubcommand;
        private Group group = Group.GENERIC;
        private final List<KeySpec> keys = new ArrayList<>(1);
        private @Nullable KeyFinder keyFinder;
        private String since = "";
        private String complexity = "";
        private String summary = "";
        private final List<String> categories = new ArrayList<>(0);
        private boolean isInGroupsCategory = true;
        private final List<String> tips = new ArrayList<>(0);
        private String deprecatedSince = "";
        private String replacedBy = "";

        private Builder(String syntax) {
            this.syntax = syntax;
        }

        /// The first two words of the syntax are the name: `CLIENT KILL`.
        public Builder subcommand() {
            isSubcommand = true;
            return this;
        }

        public Builder group(Group group) {
            this.group = group;
            return this;
        }

        /// Only where the syntax line would be counted wrongly.
        public Builder arity(int arity) {
            this.arity = arity;
            return this;
        }

        /// Only where an argument is not what its name says by custom, as `start`, which is a number, but the id
        /// of an entry for XRANGE.
        ///
        /// @param type     as COMMAND DOCS names it: `string`, `integer`, `double`
        /// @param arguments their names in the syntax line
        public Builder arguments(String type, String... arguments) {
            for (String argument : arguments) argumentTypes.put(argument, type);
            return this;
        }

        public Builder flags(Flag... set) {
            for (Flag flag : set) flags |= flag.bit();
            return this;
        }

        /// One key, the first argument.
        public Builder key(String use) {
            return keys(KeySpec.range(use, 1, 0, 1));
        }

        /// Every argument is a key.
        public Builder allKeys(String use) {
            return keys(KeySpec.range(use, 1, -1, 1));
        }

        public Builder keys(KeySpec... specs) {
            for (KeySpec spec : specs) keys.add(spec);
            return this;
        }

        public Builder keyFinder(KeyFinder finder) {
            keyFinder = finder;
            return this;
        }

        /// The Redis version that first had it.
        public Builder since(String version) {
            since = version;
            return this;
        }

        public Builder complexity(String text) {
            complexity = text;
            return this;
        }

        public Builder summary(String text) {
            summary = text;
            return this;
        }

        /// ACL categories that follow neither from the group nor from the flags.
        public Builder categories(String... names) {
            for (String name : names) categories.add(name);
            return this;
        }

        /// For a command that is not in the ACL category of its group.
        public Builder notInGroupsCategory() {
            isInGroupsCategory = false;
            return this;
        }

        /// Hints for clients and proxies; see the manual's page "Command tips".
        public Builder tips(String... hints) {
            for (String hint : hints) tips.add(hint);
            return this;
        }

        /// @param version     the Redis version that first called it deprecated
        /// @param replacement what to use instead
        public Builder deprecated(String version, String replacement) {
            deprecatedSince = version;
            replacedBy = replacement;
            return this;
        }

        /// @throws IllegalArgumentException when the syntax line begins with no name that a client could say:
        ///                                  without blanks and `|`, in ASCII; of a subcommand, two of them
        public CommandSpec build() {
            return new CommandSpec(this);
        }
    }
}
