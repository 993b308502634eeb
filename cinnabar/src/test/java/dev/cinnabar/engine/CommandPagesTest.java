package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.command.Command;
import dev.cinnabar.persistence.DumpCommands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

class CommandPagesTest {
    private static final Path DIRECTORY = Path.of("../docs/commands");

    private final CommandPages pages = new CommandPages(commands());

    /// Those of the rooms above the engine, too.
    private static List<Command> commands() {
        List<Command> commands = new ArrayList<>(Families.all());
        Collections.addAll(commands, DumpCommands.values());
        return commands;
    }

    @Test
    @EnabledIfSystemProperty(named = "docs.write", matches = "true")
    void written_anew_when_asked_for() throws IOException {
        pages.write(DIRECTORY);
        assertThat(onDisk()).isEqualTo(pages.pages());
    }

    @Test
    @DisabledIfSystemProperty(named = "docs.write", matches = "true")
    void the_pages_say_what_the_declarations_say() throws IOException {
        assertThat(onDisk()).as("docs/commands is out of date: run `make docs`").isEqualTo(pages.pages());
    }

    private static Map<String, String> onDisk() throws IOException {
        Map<String, String> found = new TreeMap<>();
        if (!Files.isDirectory(DIRECTORY)) return found;
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".md")).toList()) {
                found.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        return found;
    }
}
