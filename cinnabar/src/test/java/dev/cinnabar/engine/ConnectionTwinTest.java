package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.RealRedis;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Flag;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The same conversations with a real server and with ours. Each line of a script is a client's name and its
/// words; the replies have to be the same, but for ids, addresses, times and the version.
class ConnectionTwinTest {
    /// What came with 7.2.
    private static final Set<String> NOT_IN_7_0 = Set.of("client|setinfo", "client|no-touch");

    @TempDir
    static Path folder;

    private static RealRedis redis;
    private static Path socket;

    private final TestEngine server = new TestEngine();
    private final Map<String, RealClient> realClients = new HashMap<>();
    private final Map<String, TestClient> ourClients = new HashMap<>();

    @BeforeAll
    static void startRedis() {
        RealRedis.assumePresent();
        redis = RealRedis.start(folder, "--save", "");
        socket = folder.resolve("real.sock");
    }

    @AfterAll
    static void stopRedis() {
        if (redis != null) redis.close();
    }

    @AfterEach
    void leave() {
        realClients.values().forEach(RealClient::close);
        redis.ask("FLUSHALL");
        redis.ask("CONFIG", "SET", "requirepass", "");
    }

    // ---- conversations ----

    @ParameterizedTest
    @ValueSource(strings = {"HELLO 2", "HELLO 3"})
    void connection_commands_answer_alike(String hello) throws IOException {
        converse(
                "a " + hello,
                "a PING",
                "a PING x",
                "a PING x y",
                "a ECHO",
                "a ECHO x",
                "a AUTH x",
                "a AUTH x y",
                "a AUTH default x",
                "a AUTH a b c",
                "a HELLO 4",
                "a HELLO 1",
                "a HELLO x",
                "a HELLO 3 auth",
                "a HELLO 3 auth a",
                "a HELLO 3 AUTH nobody x",
                "a HELLO 3 SETNAME",
                "a HELLO 3 foo",
                "a HELLO SETNAME x",
                "a " + hello + " SETNAME n",
                "a CLIENT GETNAME",
                "a HELLO",
                "a HELLO 2 AUTH default x SETNAME yy",
                "a CLIENT GETNAME",
                "a " + hello,
                "a SELECT 16",
                "a SELECT -1",
                "a SELECT a",
                "a SELECT 99999999999999",
                "a SELECT",
                "a SELECT 3",
                "a MULTI",
                "a HELLO 3",
                "a SELECT 2",
                "a GET k",
                "a EXEC",
                "a RESET",
                "a CLIENT GETNAME",
                "a RESET x",
                "a GET k",
                "a QUIT now");
    }

    @Test
    void a_password_is_asked_for_alike() throws IOException {
        redis.ask("CONFIG", "SET", "requirepass", "sesame");
        server.settings().password = "sesame";
        converse(
                "a PING",
                "a NOSUCH",
                "a GET",
                "a HELLO",
                "a HELLO 3",
                "a HELLO 5",
                "a HELLO x",
                "a HELLO 3 SETNAME x",
                "a HELLO 3 SETNAME x AUTH default bad",
                "a HELLO 3 AUTH default",
                "a CLIENT GETNAME",
                "a HELLO 3 foo",
                "a PING",
                "a AUTH bad",
                "a AUTH nobody sesame",
                "a AUTH default bad",
                "a AUTH a b c",
                "a EXEC",
                "a MULTI",
                "a WATCH k",
                "a AUTH sesame",
                "a PING",
                "a AUTH bad",
                "a PING",
                "a CLIENT SETNAME kk",
                "a RESET",
                "a PING",
                "a HELLO 3 AUTH default sesame SETNAME foo",
                "a CLIENT GETNAME",
                "a MULTI",
                "a RESET",
                "a CLIENT GETNAME",
                "a AUTH default sesame",
                "a CLIENT GETNAME",
                "a QUIT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HELLO 2", "HELLO 3"})
    void client_commands_answer_alike(String hello) throws IOException {
        converse(
                "a " + hello,
                "a CLIENT",
                "a CLIENT foo",
                "a CLIENT ID x",
                "a CLIENT GETNAME",
                "a CLIENT SETNAME foo",
                "a CLIENT SETNAME ü",
                "a CLIENT GETNAME",
                "a CLIENT LIST TYPE",
                "a CLIENT LIST TYPE foo",
                "a CLIENT LIST TYPE master",
                "a CLIENT LIST TYPE slave",
                "a CLIENT LIST TYPE pubsub",
                "a CLIENT LIST ID",
                "a CLIENT LIST ID a",
                "a CLIENT LIST ID 9999",
                "a CLIENT LIST ID 0",
                "a CLIENT LIST foo",
                "a CLIENT LIST TYPE normal ID 3",
                "a CLIENT LIST ID 9999 -2",
                "a CLIENT LIST ID 9999999999999999999999",
                "a CLIENT INFO x",
                "a CLIENT KILL",
                "a CLIENT KILL foo",
                "a CLIENT KILL 1.2.3.4:5",
                "a CLIENT KILL id",
                "a CLIENT KILL ID a",
                "a CLIENT KILL ID 0",
                "a CLIENT KILL ID 99999",
                "a CLIENT KILL ID -1",
                "a CLIENT KILL ID 1 TYPE",
                "a CLIENT KILL TYPE foo",
                "a CLIENT KILL TYPE pubsub",
                "a CLIENT KILL TYPE normal SKIPME foo",
                "a CLIENT KILL USER foo",
                "a CLIENT KILL USER default ADDR 1:1",
                "a CLIENT KILL LADDR 1:1",
                "a CLIENT KILL foo bar",
                "a CLIENT KILL ID 99999 foo",
                "a CLIENT KILL SKIPME yes ID 99999",
                "a CLIENT NO-EVICT foo",
                "a CLIENT NO-EVICT on",
                "a CLIENT NO-EVICT off",
                "a CLIENT REPLY foo",
                "a CLIENT PAUSE",
                "a CLIENT PAUSE a",
                "a CLIENT PAUSE 1.5",
                "a CLIENT PAUSE -1",
                "a CLIENT PAUSE 0",
                "a CLIENT PAUSE 100 foo",
                "a CLIENT PAUSE a foo",
                "a CLIENT PAUSE 1 ALL x",
                "a CLIENT UNPAUSE",
                "a CLIENT UNPAUSE x",
                "a CLIENT UNBLOCK",
                "a CLIENT UNBLOCK a",
                "a CLIENT UNBLOCK 99999",
                "a CLIENT UNBLOCK a foo",
                "a CLIENT UNBLOCK 99999 error",
                "a CLIENT unblock 1 TIMEOUT x",
                "a CLIENT GETREDIR",
                "a CLIENT TRACKINGINFO",
                "a CLIENT CACHING YES",
                "a CLIENT TRACKING foo",
                "a CLIENT TRACKING off");
    }

    @Test
    void transactions_with_clients_in_them_answer_alike() throws IOException {
        converse(
                "a MULTI",
                "a CLIENT SETNAME n",
                "a CLIENT GETNAME",
                "a MONITOR",
                "a CLIENT TRACKINGINFO",
                "a EXEC",
                "a MULTI",
                "a GET",
                "a SET a b",
                "a EXEC",
                "a EXEC",
                "a WATCH k",
                "b SET k v",
                "a MULTI",
                "a PING",
                "a EXEC",
                "a MULTI",
                "a CLIENT REPLY ON",
                "a RESET",
                "a EXEC",
                "a MULTI",
                "a QUIT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HELLO 2", "HELLO 3"})
    void logs_of_slowness_answer_alike(String hello) throws IOException {
        converse(
                "a " + hello,
                "a SLOWLOG",
                "a SLOWLOG foo",
                "a SLOWLOG HELP x",
                "a SLOWLOG GET a",
                "a SLOWLOG RESET",
                "a SLOWLOG GET -1",
                "a SLOWLOG GET -2",
                "a SLOWLOG GET 0",
                "a SLOWLOG GET 1 2",
                "a SLOWLOG GET 99999999999",
                "a SLOWLOG LEN",
                "a LATENCY",
                "a LATENCY foo",
                "a LATENCY LATEST",
                "a LATENCY HISTORY",
                "a LATENCY HISTORY foo",
                "a LATENCY GRAPH foo",
                "a LATENCY RESET",
                "a LATENCY RESET a b",
                "a LATENCY HISTOGRAM foo",
                "a LATENCY HISTOGRAM append",
                "a LATENCY LATEST x");
    }

    @Test
    void the_slow_log_cuts_and_redacts_alike() throws IOException {
        server.settings().slowerThanMicros = 0;
        redis.ask("CONFIG", "SET", "slowlog-log-slower-than", "0");
        String keys = "";
        List<String> script = new ArrayList<>(List.of("a SLOWLOG RESET"));
        for (int i = 0; i < 40; i++) {
            keys += " k" + i;
            if (i >= 29 && i <= 32) script.add("a EXISTS" + keys);
        }
        script.addAll(List.of(
                "a SET k " + "x".repeat(128),
                "a SET k " + "x".repeat(129),
                "a SET k " + "x".repeat(1000),
                "a AUTH default secret",
                "a HELLO 2 AUTH default secret SETNAME n",
                "a CLIENT SETNAME m",
                "a NOSUCH",
                "a GET",
                "a GET k l",
                "a MULTI",
                "a PING",
                "a EXEC",
                "a SLOWLOG GET -1"));
        String[] lines = script.toArray(String[]::new);
        try {
            converse(lines);
        } finally {
            redis.ask("CONFIG", "SET", "slowlog-log-slower-than", "10000");
        }
    }

    /// Both hold the talks; every reply has to be the same.
    private void converse(String... script) throws IOException {
        for (String line : script) {
            int blank = line.indexOf(' ');
            String who = line.substring(0, blank);
            String[] words = line.substring(blank + 1).split(" ");
            String real = realClient(who).send(words);
            String ours = ourClient(who).sendWords(words);
            assertThat(normal(ours)).as(line).isEqualTo(normal(real));
        }
    }

    private RealClient realClient(String who) throws IOException {
        RealClient client = realClients.get(who);
        if (client == null) realClients.put(who, client = new RealClient(socket));
        return client;
    }

    private TestClient ourClient(String who) {
        return ourClients.computeIfAbsent(who, w -> server.connect(socket + ":0", socket + ":0"));
    }

    private static String normal(String reply) {
        return reply.replaceAll("\\$7 version \\$\\d+ [0-9.]+", "\\$7 version V")
                .replaceAll("\\$2 id :\\d+", "\\$2 id :N")
                .replaceAll("\\*6 :\\d+ :\\d{10} :\\d+", "*6 :ID :TIME :MICROS");
    }

    // ---- lines of CLIENT LIST ----

    @Test
    void a_line_of_client_list_has_the_same_fields_and_ours_say_the_same_of_what_is_the_same() throws IOException {
        for (String line :
                new String[] {"CLIENT SETNAME n", "SELECT 5", "CLIENT NO-EVICT on", "WATCH k", "MULTI", "PING", "GET"
                }) {
            realClient("a").send(line.split(" "));
            ourClient("a").send(line);
            realClient("b").send("SET", "k", line);
            ourClient("b").sendWords("SET", "k", line);
            Map<String, String> real = fields(realClient("b").send("CLIENT", "LIST"), 1);
            Map<String, String> ours = fields(ourClient("b").send("CLIENT LIST"), 0);
            List<String> names = new ArrayList<>(real.keySet());
            names.addAll(List.of("lib-name", "lib-ver"));
            assertThat(ours.keySet()).containsExactlyElementsOf(names);
            // not of what depends on buffers and on how fast the machine is
            for (String same : List.of(
                    "addr", "laddr", "name", "flags", "db", "sub", "psub", "ssub", "multi", "oll", "cmd", "user",
                    "redir", "resp")) {
                assertThat(ours.get(same)).as(same + " after " + line).isEqualTo(real.get(same));
            }
        }
    }

    private static Map<String, String> fields(String reply, int index) {
        Map<String, String> fields = new LinkedHashMap<>();
        String line = reply.substring(reply.indexOf("id=")).split("\n")[index];
        Matcher field = Pattern.compile("([a-z-]+)=(\\S*)").matcher(line);
        while (field.find()) fields.put(field.group(1), field.group(2));
        return fields;
    }

    // ---- MONITOR ----

    @Test
    void a_monitor_is_shown_the_same_lines() throws IOException {
        realClient("m").send("MONITOR");
        ourClient("m").send("MONITOR");
        for (String line : new String[] {
            "set k v",
            "SELECT 3",
            "AUTH default secret",
            "HELLO 2 AUTH default secret SETNAME n",
            "CLIENT GETNAME",
            "MULTI",
            "EXEC",
            "WATCH a b",
            "ECHO ü\"\\",
            "RESET",
            "EXEC"
        }) {
            realClient("a").send(line.split(" "));
            ourClient("a").send(line);
            String real = realClient("m").read();
            assertThat(timeless(ourClient("m").read())).as(line).isEqualTo(timeless(real));
        }
    }

    private static String timeless(String line) {
        return line.replaceFirst("\\d{10}\\.\\d{6}", "T").replace(":0]", "]");
    }

    // ---- COMMAND INFO ----

    @Test
    void arity_flags_categories_and_tips_are_those_of_command_info() {
        List<CommandSpec> specs = new ArrayList<>();
        for (var family : List.of(
                ConnectionCommands.values(),
                ClientCommands.values(),
                SlowLogCommands.values(),
                LatencyCommands.values(),
                MonitorCommands.values())) {
            Arrays.stream(family).forEach(command -> specs.add(command.spec()));
        }
        for (CommandSpec spec : specs) {
            if (NOT_IN_7_0.contains(spec.fullName())) continue;
            List<?> info = (List<?>) ((List<?>) redis.ask("COMMAND", "INFO", spec.fullName())).get(0);
            String name = spec.fullName();
            assertThat((long) spec.arity()).as(name + " arity").isEqualTo(info.get(1));
            Set<String> flags = new TreeSet<>();
            for (Flag flag : Flag.values()) if (flag.isShown() && spec.is(flag)) flags.add(flag.word());
            assertThat(flags).as(name + " flags").isEqualTo(texts(info.get(2)));
            Set<String> categories = new TreeSet<>();
            for (String category : spec.categories()) categories.add("@" + category);
            assertThat(categories).as(name + " categories").isEqualTo(texts(info.get(6)));
            assertThat(new TreeSet<>(spec.tips())).as(name + " tips").isEqualTo(texts(info.get(7)));
        }
    }

    private static Set<String> texts(Object list) {
        Set<String> texts = new TreeSet<>();
        for (Object text : (List<?>) list) texts.add(String.valueOf(text));
        return texts;
    }
}
