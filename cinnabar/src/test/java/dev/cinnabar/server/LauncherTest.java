package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The scripts in `bin`, with a Java that only says how it was called: a home with a file `release` and a
/// shell script. Its version, 99, is newer than any real one, so it is found on every machine.
class LauncherTest {
    private static final Path BIN = Path.of("../bin");

    @TempDir
    Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private Path installation;

    @BeforeEach
    void install() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs a POSIX shell");
        installation = Files.createDirectory(folder.resolve("an installation")).toRealPath();
        Files.createDirectory(installation.resolve("bin"));
        Files.createDirectory(installation.resolve("lib"));
        try (Stream<Path> scripts = Files.list(BIN)) {
            for (Path script : scripts.toList()) {
                Files.copy(script, installation.resolve("bin").resolve(script.getFileName()));
            }
        }
        Files.writeString(jar(), "not looked into");
        environment.put("HOME", folder.toString());
        fakeJava("old", "17.0.1");
        fakeJava("new", "99.0.2");
    }

    @Test
    void the_newest_java_of_the_usual_folders_is_taken() throws Exception {
        assertThat(launch()).startsWith(home("new") + "/bin/java");
    }

    @Test
    void cinnabar_java_overrules_the_search() throws Exception {
        environment.put("CINNABAR_JAVA", home("old").toString());
        assertThat(launch()).startsWith(home("old") + "/bin/java");
        environment.put("CINNABAR_JAVA", home("old") + "/bin/java");
        assertThat(launch()).startsWith(home("old") + "/bin/java");
    }

    @Test
    void java_before_17_is_refused_with_a_message() throws Exception {
        fakeJava("ancient", "11.0.20");
        environment.put("CINNABAR_JAVA", home("ancient").toString());
        assertThat(launch()).singleElement().asString().contains("ancient is no Java 17 or newer");
    }

    @Test
    void arguments_reach_the_server_as_they_were() throws Exception {
        List<String> arguments =
                List.of("a file.conf", "--save", "", "--requirepass", "$HOME `x` \"'\\ *", "--x", "two\nlines");
        List<String> called = launch(arguments.toArray(String[]::new));
        assertThat(called.subList(called.indexOf("dev.cinnabar.server.Main") + 1, called.size()))
                .isEqualTo(List.of(String.join("\n", arguments).split("\n", -1)));
    }

    @Test
    void the_process_that_was_started_becomes_the_jvm() throws Exception {
        Process process = start("--version");
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(output).contains("\npid " + process.pid() + "\n");
    }

    /// A shell has SIGINT ignored by what it starts with &, and a JVM would leave it so.
    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "INT TERM"})
    void signals_that_end_a_server_are_not_ignored(String ignored) throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "needs Linux");
        Process env = new ProcessBuilder("env", "--default-signal=INT,TERM", "true").start();
        assumeTrue(env.waitFor() == 0, "needs env from coreutils 8.31");
        String launcher = installation.resolve("bin/cinnabar-server").toString();
        String script = "trap '' HUP " + ignored + "; exec \"$0\" \"$@\"";
        List<String> called = run(new ProcessBuilder("/bin/sh", "-c", script, launcher, "--save", ""));
        assertThat(called).containsSubsequence("--save", "").anyMatch(line -> line.matches("ignored [0-9a-f]*0..1"));
    }

    @Test
    void a_link_to_the_launcher_finds_its_installation() throws Exception {
        Path link =
                Files.createSymbolicLink(folder.resolve("redis-server"), installation.resolve("bin/cinnabar-server"));
        assertThat(run(new ProcessBuilder(link.toString()))).contains(jar().toString());
    }

    @Test
    void a_link_to_another_script_finds_its_installation() throws Exception {
        fakeCompiler("new");
        Path link = Files.createSymbolicLink(folder.resolve("find"), installation.resolve("bin/find-java"));
        assertThat(run(new ProcessBuilder(link.toString())))
                .containsExactly(home("new").toString());
        link = Files.createSymbolicLink(folder.resolve("archive"), installation.resolve("bin/cinnabar-archive"));
        assertThat(run(new ProcessBuilder(link.toString(), "--help")))
                .singleElement()
                .asString()
                .startsWith("usage: cinnabar-archive");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cinnabar-server", "cinnabar-check-aof"})
    void a_script_that_a_shell_reads_in_its_own_folder_finds_its_installation(String script) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", script);
        builder.directory(installation.resolve("bin").toFile());
        assertThat(run(builder)).contains(jar().toString());
    }

    @Test
    void the_options_suit_the_version() throws Exception {
        assertThat(launch()).contains("-XX:+UseCompactObjectHeaders", "-XX:MaxRAMPercentage=75");
        environment.put("CINNABAR_JAVA", home("old").toString());
        environment.put("CINNABAR_HEAP", "256m");
        environment.put("CINNABAR_JAVA_OPTS", "-Da=* -Db=2");
        assertThat(launch())
                .doesNotContain("-XX:+UseCompactObjectHeaders", "-XX:MaxRAMPercentage=75")
                .contains("-Xmx256m", "-Da=*", "-Db=2");
    }

    @Test
    void another_collector_takes_the_place_of_ours() throws Exception {
        assertThat(launch()).contains("-XX:+UseG1GC");
        environment.put("CINNABAR_JAVA_OPTS", "-Da=b -XX:+UseSerialGC");
        assertThat(launch()).doesNotContain("-XX:+UseG1GC").contains("-XX:+UseSerialGC");
    }

    @Test
    void a_search_path_of_cd_leads_nobody_astray() throws Exception {
        environment.put("CDPATH", "/usr:" + installation);
        ProcessBuilder builder = new ProcessBuilder("bin/cinnabar-server");
        builder.directory(installation.toFile());
        assertThat(run(builder)).contains(jar().toString());
    }

    /// The JVM takes names of files and arguments for what the locale says; units and containers often have
    /// none, or one that is not installed.
    @ParameterizedTest
    @ValueSource(strings = {"", "C", "POSIX", "C.UTF-8", "en_US.UTF-8", "de_DE.utf8", "UTF-8", "en_US"})
    void names_are_utf_8_unless_the_locale_says_otherwise(String locale) throws Exception {
        environment.putAll(Map.of("LC_ALL", locale, "LC_CTYPE", "", "LANG", ""));
        assertThat(launch()).anyMatch(line -> line.matches("locale (C|en_US)\\.UTF-8"));
        environment.putAll(Map.of("LC_ALL", "", "LC_CTYPE", locale));
        assertThat(launch()).anyMatch(line -> line.matches("locale (C|en_US)\\.UTF-8"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"de_DE.ISO-8859-1", "de_DE@euro", "ru_RU.KOI8-R"})
    void another_charset_is_left_to_who_asks_for_it(String locale) throws Exception {
        environment.putAll(Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", locale));
        assertThat(launch()).contains("locale ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bogus", "12x", "-1", "08m", "m", "1e3m", "999999999999999g"})
    void a_heap_that_is_no_size_is_refused_with_a_message(String heap) throws Exception {
        environment.put("CINNABAR_HEAP", heap);
        assertThat(launch()).singleElement().asString().contains("CINNABAR_HEAP is '" + heap + "', which is no size");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "24m", "39m", "40959K", "41943039"})
    void a_heap_that_no_server_can_live_in_is_refused_with_a_message(String heap) throws Exception {
        environment.put("CINNABAR_HEAP", heap);
        assertThat(launch())
                .singleElement()
                .asString()
                .contains("CINNABAR_HEAP is " + heap)
                .contains("40m is the least");
    }

    @ParameterizedTest
    @ValueSource(strings = {"40m", "2G", "41943040", "40960k"})
    void a_heap_of_any_unit_reaches_the_jvm(String heap) throws Exception {
        environment.put("CINNABAR_HEAP", heap);
        assertThat(launch()).contains("-Xmx" + heap);
    }

    @ParameterizedTest
    @CsvSource({
        "memory.max, 67108864, 64m",
        "memory.max, 83886079, 79m",
        "memory/memory.limit_in_bytes, 67108864, 64m",
        "memory.max, 83886080, ",
        "memory.max, max, ",
        "memory/memory.limit_in_bytes, 9223372036854771712, "
    })
    void a_container_that_no_server_can_live_in_is_told(String file, String limit, String told) throws Exception {
        Path cgroups = folder.resolve("cgroup");
        Path written = cgroups.resolve(file);
        Files.createDirectories(written.getParent());
        Files.writeString(written, limit + "\n");
        String script = ". bin/java.sh; heed_container \"$0\"";
        ProcessBuilder shell = new ProcessBuilder("/bin/sh", "-c", script, cgroups.toString());
        String said = String.join("\n", run(shell.directory(installation.toFile())));
        if (told == null) assertThat(said).isEmpty();
        else assertThat(said).contains("the " + told + " of this container are too little");
    }

    @Test
    void an_archive_is_used_unless_the_jar_is_newer() throws Exception {
        Path archive = Files.writeString(installation.resolve("lib/cinnabar-99.0.2.aot"), "not looked into");
        Files.setLastModifiedTime(jar(), FileTime.fromMillis(1_000_000));
        Files.setLastModifiedTime(archive, FileTime.fromMillis(2_000_000));
        assertThat(launch()).contains("-XX:AOTCache=" + archive);

        Files.setLastModifiedTime(jar(), FileTime.fromMillis(3_000_000));
        assertThat(launch()).doesNotContain("-XX:AOTCache=" + archive);
    }

    @Test
    void an_archive_that_is_not_what_was_made_is_passed_over() throws Exception {
        Path archive = Files.writeString(installation.resolve("lib/cinnabar-99.0.2.aot"), "not looked into");
        Path sum = archive.resolveSibling(archive.getFileName() + ".sum");
        Process cksum = new ProcessBuilder("cksum")
                .redirectInput(archive.toFile())
                .redirectOutput(sum.toFile())
                .start();
        assertThat(cksum.waitFor()).isZero();
        Files.setLastModifiedTime(jar(), FileTime.fromMillis(1_000_000));
        assertThat(launch()).contains("-XX:AOTCache=" + archive).doesNotContain("-XX:+VerifySharedSpaces");

        Files.writeString(archive, "not lookad into");
        assertThat(launch()).doesNotContain("-XX:AOTCache=" + archive);

        Files.delete(sum);
        assertThat(launch()).contains("-XX:AOTCache=" + archive, "-XX:+VerifySharedSpaces");
    }

    @Test
    void an_archive_in_the_users_cache_serves_where_there_is_none_beside_the_jar() throws Exception {
        String flat = jar().toString().replace('/', '@').replace(".jar", "-17.0.1.jsa");
        Path archive = folder.resolve(".cache/cinnabar").resolve(flat);
        Files.createDirectories(archive.getParent());
        Files.writeString(archive, "not looked into");
        Files.setLastModifiedTime(jar(), FileTime.fromMillis(1_000_000));
        environment.put("CINNABAR_JAVA", home("old").toString());
        assertThat(launch()).contains("-XX:SharedArchiveFile=" + archive);
    }

    @Test
    void a_missing_jar_outside_of_a_checkout_is_named() throws Exception {
        Files.delete(jar());
        assertThat(launch()).singleElement().asString().contains("cinnabar.jar is neither in " + installation + "/lib");
    }

    // ---- helpers ----

    private Path jar() {
        return installation.resolve("lib/cinnabar.jar");
    }

    private Path home(String name) {
        return folder.resolve(".sdkman/candidates/java").resolve(name);
    }

    private void fakeJava(String name, String version) throws IOException {
        Files.createDirectories(home(name).resolve("bin"));
        Files.writeString(
                home(name).resolve("release"),
                "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\nLIBC=\"none\"\n");
        Path java = Files.writeString(home(name).resolve("bin/java"), """
                #!/bin/sh
                printf '%s\\n' "$0" "pid $$" "locale $LC_ALL"
                [ -r /proc/self/status ] && sed -n 's/^SigIgn:[[:space:]]*/ignored /p' /proc/self/status
                printf '%s\\n' "$@"
                """);
        assertThat(java.toFile().setExecutable(true)).isTrue();
    }

    private void fakeCompiler(String name) throws IOException {
        Path bin = home(name).resolve("bin");
        Files.copy(bin.resolve("java"), bin.resolve("javac"), StandardCopyOption.COPY_ATTRIBUTES);
    }

    private List<String> launch(String... arguments) throws IOException, InterruptedException {
        return linesOf(start(arguments));
    }

    private Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(installation.resolve("bin/cinnabar-server").toString()));
        Collections.addAll(command, arguments);
        return start(new ProcessBuilder(command));
    }

    private Process start(ProcessBuilder builder) throws IOException {
        builder.environment().keySet().removeIf(name -> name.startsWith("CINNABAR_") || name.startsWith("XDG_"));
        builder.environment().putAll(environment);
        return builder.redirectErrorStream(true).start();
    }

    private List<String> run(ProcessBuilder builder) throws IOException, InterruptedException {
        return linesOf(start(builder));
    }

    private static List<String> linesOf(Process process) throws IOException, InterruptedException {
        List<String> lines = List.of(new String(process.getInputStream().readAllBytes()).split("\n", -1));
        process.waitFor();
        return lines.get(lines.size() - 1).isEmpty() ? lines.subList(0, lines.size() - 1) : lines;
    }
}
