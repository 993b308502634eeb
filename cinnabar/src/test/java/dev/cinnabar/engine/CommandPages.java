package dev.cinnabar.engine;

import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Flag;
import dev.cinnabar.command.Group;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The manual pages of `docs/commands`, made from the declarations of the commands: a page for each command,
/// with its subcommands, and an index. `make docs` writes them; [CommandPagesTest] fails when they are out of
/// date.
final class CommandPages {
    private static final String MADE =
            "<!-- Made from the declaration of the command; change that and run `make docs`. -->\n\n";

    private final Map<String, List<CommandSpec>> byPage = new TreeMap<>();

    CommandPages(List<Command> commands) {
        for (Command command : commands) {
            CommandSpec spec = command.spec();
            String page = spec.isSubcommand() ? spec.container() : spec.name();
            byPage.computeIfAbsent(page, p -> new ArrayList<>()).add(spec);
        }
        for (List<CommandSpec> specs : byPage.values()) specs.sort(Comparator.comparing(CommandSpec::fullName));
    }

    /// Replaces the pages of a directory.
    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        try (Stream<Path> old = Files.list(directory)) {
            for (Path page : old.filter(file -> file.toString().endsWith(".md")).toList()) Files.delete(page);
        }
        for (var page : pages().entrySet()) Files.writeString(directory.resolve(page.getKey()), page.getValue());
    }

    /// The text of each page by its file name.
    Map<String, String> pages() {
        Map<String, String> pages = new TreeMap<>();
        pages.put("README.md", index());
        byPage.forEach((name, specs) -> pages.put(name + ".md", page(name, specs)));
        return pages;
    }

    // ---- the index ----

    private String index() {
        StringBuilder text = new StringBuilder(MADE).append("# Commands\n");
        for (Group group : Group.values()) {
            List<CommandSpec> specs = of(group);
            if (specs.isEmpty()) continue;
            text.append("\n## ").append(titled(group)).append("\n\n| command | what it does |\n|---|---|\n");
            for (CommandSpec spec : specs) {
                String page = spec.isSubcommand() ? spec.container() : spec.name();
                text.append("| [")
                        .append(upper(spec))
                        .append("](")
                        .append(page)
                        .append(".md")
                        .append(anchor(spec))
                        .append(") | ");
                text.append(cell(spec.summary())).append(" |\n");
            }
        }
        return text.toString();
    }

    private List<CommandSpec> of(Group group) {
        return byPage.values().stream()
                .flatMap(List::stream)
                .filter(spec -> spec.group() == group)
                .toList();
    }

    private static String titled(Group group) {
        String title = group.title().replace('-', ' ');
        return Character.toUpperCase(title.charAt(0)) + title.substring(1);
    }

    private static String anchor(CommandSpec spec) {
        return spec.isSubcommand() ? "#" + spec.container() + "-" + spec.name() : "";
    }

    // ---- a page ----

    private static String page(String name, List<CommandSpec> specs) {
        StringBuilder text = new StringBuilder(MADE);
        boolean isContainer = specs.get(0).isSubcommand();
        if (isContainer) text.append("# ").append(name.toUpperCase(Locale.ROOT)).append('\n');
        for (CommandSpec spec : specs) append(text, spec);
        return text.toString();
    }

    private static void append(StringBuilder text, CommandSpec spec) {
        if (spec.isSubcommand()) text.append('\n');
        text.append(spec.isSubcommand() ? "## " : "# ").append(upper(spec)).append("\n\n");
        text.append("```\n")
                .append(spec.syntax())
                .append("\n```\n\n")
                .append(spec.summary())
                .append("\n\n");
        if (spec.isDeprecated())
            text.append("*Deprecated* since Redis ")
                    .append(spec.deprecatedSince())
                    .append(": use ")
                    .append(spec.replacedBy())
                    .append(" instead.\n\n");
        text.append("- since Redis ").append(spec.since()).append('\n');
        text.append("- cost: ").append(spec.complexity()).append('\n');
        text.append("- rights: ").append(categories(spec)).append('\n');
        String flags = flags(spec);
        if (!flags.isEmpty()) text.append("- flags: ").append(flags).append('\n');
    }

    private static String upper(CommandSpec spec) {
        return spec.fullName().replace('|', ' ').toUpperCase(Locale.ROOT);
    }

    private static String categories(CommandSpec spec) {
        return String.join(
                " ", spec.categories().stream().map(category -> "@" + category).toList());
    }

    private static String flags(CommandSpec spec) {
        return String.join(
                " ",
                Stream.of(Flag.values())
                        .filter(flag -> flag.isShown() && spec.is(flag))
                        .map(Flag::word)
                        .toList());
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
