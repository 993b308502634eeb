package dev.cinnabar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Holds the house together: a room uses only the floors below its own, and each room has a chapter.
/// Tests are guests and may enter anywhere, so only the main sources are read.
class FloorsTest {
    /// From the ground up; rooms that share a floor have no doors between them.
    private static final List<List<String>> FLOORS = List.of(
            List.of("base"),
            List.of("memory", "config", "uring"),
            List.of("resp", "struct", "net"),
            List.of("store"),
            List.of("command"),
            List.of("engine"),
            List.of("persistence"),
            List.of("replication"),
            List.of("cluster"),
            List.of("server"));

    private static final Path SOURCES = Path.of("src/main/java/dev/cinnabar");
    private static final Pattern MENTION = Pattern.compile("\\bdev\\.cinnabar\\.(\\w+)");

    @Test
    void imports_go_down_never_up_or_sideways() throws IOException {
        List<String> offences = new ArrayList<>();
        for (Path file : sources()) {
            String room = SOURCES.relativize(file).getName(0).toString();
            for (String line : Files.readAllLines(file)) {
                if (line.strip().startsWith("//")) continue; // comments may point anywhere
                Matcher mention = MENTION.matcher(line);
                while (mention.find()) {
                    String used = mention.group(1);
                    if (!used.equals(room) && floor(used) >= floor(room)) offences.add(file + ": " + line.strip());
                }
            }
        }
        assertThat(offences).as("lines that reach up or sideways").isEmpty();
    }

    @Test
    void every_room_stands_on_a_floor_and_is_null_marked_by_its_chapter() throws IOException {
        for (Path file : sources()) {
            floor(SOURCES.relativize(file).getName(0).toString());
            assertThat(file.resolveSibling("package-info.java")).content().contains("@NullMarked");
        }
    }

    private static int floor(String room) {
        for (int i = 0; i < FLOORS.size(); i++) {
            if (FLOORS.get(i).contains(room)) return i;
        }
        throw new AssertionError("no floor knows the room '" + room + "': give it a place in FLOORS");
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            List<Path> sources =
                    files.filter(file -> file.toString().endsWith(".java")).toList();
            assertThat(sources).as("sources below " + SOURCES.toAbsolutePath()).isNotEmpty();
            return sources;
        }
    }
}
