package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.RealRedis;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What the server says of itself and of its commands, beside what a real redis-server 7.0 says.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServerTwinTest {
    /// Lines of INFO that a JVM has no honest value for.
    private static final Map<String, String> NOT_HERE =
            Map.of("gcc_version", "nothing was compiled by gcc; java_version says what runs");

    /// Facts in which 7.2, which we follow, or the commands' newer forms differ from 7.0.
    private static final Map<String, String> NEWER = Map.of(
            "command|getkeys", "7.2 asks for one word less",
            "command|getkeysandflags", "7.2 asks for one word less",
            "zrank", "7.2 takes WITHSCORE",
            "zrevrank", "7.2 takes WITHSCORE");

    /// Called deprecated since 7.2 only, or with a `since` that was corrected then.
    private static final Set<String> CHANGED_MANUAL = Set.of("quit", "setex", "psetex", "setnx", "client|pause");

    /// Of which 7.0 says what they are not, or not always: `(1` is no number, WEIGHTS may have fractions.
    private static final Set<String> SAID_WRONGLY = Set.of("min", "max", "weight", "min-idle-time", "len");

    private RealRedis real;
    private final Rig rig = Rig.withDebug();

    @BeforeAll
    void start(@TempDir Path directory) {
        RealRedis.assumePresent();
        real = RealRedis.start(directory, "--save", "", "--enable-debug-command", "yes");
    }

    @AfterAll
    void stop() {
        if (real != null) real.close();
    }

    // ---- facts of commands ----

    @Test
    void facts_of_all_commands_that_both_know_are_the_same() {
        Map<String, List<?>> theirs = facts((List<?>) real.ask("COMMAND"));
        Map<String, List<?>> ours = facts((List<?>) rig.ask("COMMAND"));
        SoftAssertions softly = new SoftAssertions();
        int compared = 0;
        for (var entry : ours.entrySet()) {
            String name = entry.getKey();
            if (!theirs.containsKey(name) || NEWER.containsKey(name)) continue;
            softly.assertThat(comparable(entry.getValue())).as(name).isEqualTo(comparable(theirs.get(name)));
            compared++;
        }
        softly.assertAll();
        assertThat(compared).isGreaterThan(50);
    }

    @Test
    void the_manual_of_all_commands_that_both_know_says_the_same_but_for_its_prose() {
        Map<String, Map<String, Object>> theirs = manual((List<?>) real.ask("COMMAND", "DOCS"));
        Map<String, Map<String, Object>> ours = manual((List<?>) rig.ask("COMMAND", "DOCS"));
        SoftAssertions softly = new SoftAssertions();
        for (var entry : ours.entrySet()) {
            String name = entry.getKey();
            if (!theirs.containsKey(name) || CHANGED_MANUAL.contains(name)) continue;
            Map<String, Object> mine = entry.getValue();
            Map<String, Object> other = theirs.get(name);
            Map<?, ?> types = (Map<?, ?>) other.getOrDefault("types", Map.of());
            Map<?, ?> myTypes = (Map<?, ?>) mine.getOrDefault("types", Map.of());
            for (Object argument : myTypes.keySet()) { // some have another name
                if (types.containsKey(argument) && !SAID_WRONGLY.contains(argument))
                    softly.assertThat(myTypes.get(argument))
                            .as(name + " " + argument)
                            .isEqualTo(types.get(argument));
            }
            for (String fact : List.of("since", "group", "doc_flags", "deprecated_since"))
                softly.assertThat(mine.get(fact)).as(name + " " + fact).isEqualTo(other.get(fact));
        }
        softly.assertAll();
        assertThat(ours).hasSizeGreaterThan(250);
    }

    /// What each argument that is a value is, by its name.
    private static Map<String, Object> types(List<?> arguments) {
        Map<String, Object> byName = new LinkedHashMap<>();
        for (Object argument : arguments) {
            List<?> facts = (List<?>) argument;
            Map<String, Object> map = new LinkedHashMap<>();
            for (int i = 0; i < facts.size(); i += 2) map.put((String) facts.get(i), facts.get(i + 1));
            if (map.containsKey("arguments")) byName.putAll(types((List<?>) map.get("arguments")));
            else byName.put(String.valueOf(map.get("name")).replace('_', '-'), map.get("type"));
        }
        return byName;
    }

    private static Map<String, Map<String, Object>> manual(List<?> docs) {
        Map<String, Map<String, Object>> byName = new LinkedHashMap<>();
        for (int i = 0; i < docs.size(); i += 2) {
            List<?> page = (List<?>) docs.get(i + 1);
            Map<String, Object> facts = new LinkedHashMap<>();
            for (int k = 0; k < page.size(); k += 2) {
                String fact = (String) page.get(k);
                facts.put(fact, page.get(k + 1));
                if (fact.equals("arguments")) facts.put("types", types((List<?>) page.get(k + 1)));
                if (fact.equals("subcommands")) byName.putAll(manual((List<?>) page.get(k + 1)));
            }
            byName.put((String) docs.get(i), facts);
        }
        return byName;
    }

    private static Map<String, List<?>> facts(List<?> commands) {
        Map<String, List<?>> byName = new LinkedHashMap<>();
        for (Object command : commands) {
            List<?> facts = (List<?>) command;
            byName.put((String) facts.get(0), facts);
            byName.putAll(facts((List<?>) facts.get(9)));
        }
        return byName;
    }

    /// What has to be the same: sets without their order, no notes, and no tips, which are advice.
    private static Map<String, Object> comparable(List<?> facts) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("arity", facts.get(1));
        map.put("flags", new TreeSet<>((List<?>) facts.get(2)));
        map.put("range", facts.subList(3, 6));
        map.put("categories", new TreeSet<>((List<?>) facts.get(6)));
        map.put("keys", keySpecs((List<?>) facts.get(8)));
        return map;
    }

    private static List<Object> keySpecs(List<?> specs) {
        List<Object> comparable = new ArrayList<>();
        for (Object spec : specs) {
            Map<String, Object> map = new LinkedHashMap<>();
            List<?> pairs = (List<?>) spec;
            for (int i = 0; i < pairs.size(); i += 2) {
                if (pairs.get(i).equals("notes")) continue;
                boolean isFlags = pairs.get(i).equals("flags");
                map.put((String) pairs.get(i), isFlags ? new TreeSet<>((List<?>) pairs.get(i + 1)) : pairs.get(i + 1));
            }
            comparable.add(map);
        }
        return comparable;
    }

    @Test
    void help_of_a_container_names_the_same_subcommands() {
        for (String container : List.of("CONFIG", "MEMORY", "COMMAND")) {
            assertThat(subcommands((List<?>) rig.ask(container, "HELP")))
                    .containsAll(subcommands(real.list(container, "HELP")));
        }
    }

    private static Set<String> subcommands(List<?> help) {
        Set<String> names = new TreeSet<>();
        for (Object line : help.subList(1, help.size())) {
            String text = (String) line;
            if (!text.startsWith(" ") && !text.startsWith("(")) names.add(text.split(" ")[0]);
        }
        return names;
    }

    // ---- INFO and CONFIG ----

    @Test
    void info_has_every_section_and_line_of_redis() {
        for (String which : List.of("everything", "all", "default", "server", "memory")) {
            Map<String, Map<String, String>> theirs = Rig.sectionsOf((String) real.ask("INFO", which));
            Map<String, Map<String, String>> ours = rig.info(which);
            assertThat(ours.keySet()).as(which).containsExactlyElementsOf(theirs.keySet());
            theirs.forEach((section, lines) -> {
                if (section.endsWith("stats") && !section.equals("Stats"))
                    return; // as many lines as there were commands
                Set<String> missing = new TreeSet<>(lines.keySet());
                missing.removeAll(ours.get(section).keySet());
                missing.removeAll(NOT_HERE.keySet());
                assertThat(missing).as("lines of section " + section).isEmpty();
            });
        }
    }

    @Test
    void config_get_knows_every_directive_of_redis() {
        Set<Object> theirs = new TreeSet<>();
        List<String> pairs = real.list("CONFIG", "GET", "*");
        for (int i = 0; i < pairs.size(); i += 2) theirs.add(pairs.get(i));
        Set<Object> ours = new TreeSet<>();
        List<?> answer = (List<?>) rig.ask("CONFIG", "GET", "*");
        for (int i = 0; i < answer.size(); i += 2) ours.add(answer.get(i));
        assertThat(ours).containsAll(theirs);
    }

    // ---- the same answers ----

    @Test
    void answers_and_errors_are_the_same_word_for_word() {
        String[] lines = {
            "COMMAND foo",
            "COMMAND COUNT x",
            "CONFIG foo",
            "MEMORY foo",
            "DEBUG foo",
            "DEBUG",
            "FLUSHALL foo",
            "FLUSHALL ASYNC x",
            "FLUSHALL SYNC",
            "FLUSHDB",
            "FLUSHDB ASYNC",
            "SWAPDB 0 99",
            "SWAPDB a 1",
            "SWAPDB 0 b",
            "SWAPDB -1 0",
            "SWAPDB 0 0",
            "SWAPDB 99999999999 1",
            "SWAPDB 0 1",
            "SHUTDOWN foo",
            "SHUTDOWN SAVE NOSAVE",
            "SHUTDOWN ABORT",
            "SHUTDOWN NOSAVE ABORT",
            "WAIT 0 0",
            "WAIT a 0",
            "WAIT 0 -1",
            "WAIT 0 x",
            "ROLE",
            "ROLE x",
            "REPLICAOF NO ONE",
            "REPLICAOF a",
            "REPLICAOF a b",
            "SLAVEOF no one",
            "CLUSTER",
            "CLUSTER nope",
            "CLUSTER nope x",
            "CLUSTER HELP",
            "CLUSTER HELP x",
            "CLUSTER INFO",
            "CLUSTER INFO x",
            "CLUSTER ADDSLOTSRANGE 1",
            "CLUSTER MEET a",
            "CLUSTER FAILOVER x y z",
            "CLUSTER RESET SOFT",
            "CLUSTER SET-CONFIG-EPOCH 1",
            "CLUSTER KEYSLOT",
            "CLUSTER KEYSLOT a",
            "READONLY",
            "READONLY x",
            "READWRITE",
            "ASKING",
            "COMMAND GETKEYS CLUSTER KEYSLOT a",
            "DBSIZE",
            "DBSIZE x",
            "TIME x",
            "LASTSAVE x",
            "INFO foo",
            "INFO foo bar",
            "LOLWUT VERSION x",
            "SET a hello",
            "SET b 12345",
            "SET c 70000",
            "SET d 1",
            "SET e 300 EX 10000",
            "SET f " + "x".repeat(100),
            "DBSIZE",
            "COMMAND GETKEYS GET a",
            "COMMAND GETKEYS PING a",
            "COMMAND GETKEYS nope a",
            "COMMAND GETKEYS SET a",
            "COMMAND GETKEYS MSET a 1 b 2",
            "COMMAND GETKEYS CONFIG GET x",
            "COMMAND GETKEYS CONFIG nope x",
            "COMMAND GETKEYS MEMORY USAGE x",
            "COMMAND GETKEYSANDFLAGS MSET a 1 b 2",
            "COMMAND GETKEYSANDFLAGS SET k v EX 10",
            "COMMAND GETKEYSANDFLAGS SET k v XX GET",
            "COMMAND GETKEYSANDFLAGS BITFIELD k SET u8 0 1",
            "COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 GET i8 #1",
            "COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 INCRBY i8 #1 2",
            "COMMAND GETKEYSANDFLAGS PING a",
            "COMMAND GETKEYSANDFLAGS nope a",
            "COMMAND INFO foo",
            "COMMAND INFO config|nope",
            "COMMAND DOCS foo",
            "COMMAND LIST FILTERBY MODULE x",
            "COMMAND LIST FILTERBY ACLCAT foo",
            "COMMAND LIST FILTERBY foo bar",
            "COMMAND LIST x",
            "COMMAND LIST FILTERBY PATTERN x y",
            "MEMORY USAGE nokey",
            "MEMORY USAGE a SAMPLES",
            "MEMORY USAGE a SAMPLES -1",
            "MEMORY USAGE a SAMPLES x",
            "MEMORY USAGE a foo 1",
            "MEMORY USAGE",
            "MEMORY PURGE",
            "MEMORY PURGE x",
            "CONFIG GET",
            "CONFIG GET nope",
            "CONFIG GET maxmemory MAXMEMORY max*ory",
            "CONFIG SET maxmemory",
            "CONFIG SET foo bar",
            "CONFIG SET maxmemory 1mb appendonly foo",
            "CONFIG GET maxmemory",
            "CONFIG SET maxmemory 1 maxmemory 2",
            "CONFIG SET databases 3",
            "CONFIG SET maxmemory-samples 7",
            "CONFIG GET maxmemory-samples",
            "CONFIG REWRITE",
            "CONFIG RESETSTAT x",
            "CONFIG RESETSTAT",
            "CONFIG HELP x",
            "DEBUG OBJECT nokey",
            "DEBUG DIGEST",
            "DEBUG DIGEST-VALUE a e nokey",
            "DEBUG DIGEST-VALUE",
            "DEBUG SET-ACTIVE-EXPIRE 1",
            "DEBUG SET-ACTIVE-EXPIRE",
            "DEBUG SLEEP x",
            "DEBUG SLEEP 0",
            "DEBUG POPULATE",
            "DEBUG POPULATE x",
            "DEBUG POPULATE -1",
            "DEBUG POPULATE 3 a b",
            "DEBUG POPULATE 3 a -1",
            "DEBUG POPULATE 1 2 3 4",
            "DEBUG POPULATE 12",
            "DEBUG POPULATE 15 p",
            "DEBUG POPULATE 11 q 3",
            "DEBUG POPULATE 11 r 20",
            "DEBUG DIGEST",
            "GET key:11",
            "GET q:5",
            "GET r:10",
            "OBJECT ENCODING r:1",
            "DBSIZE",
            "DEBUG HTSTATS 99",
            "DEBUG CHANGE-REPL-ID",
            "DEBUG ERROR",
            "DEBUG ERROR foo",
            "DEBUG LOG",
            "DEBUG LOG foo",
            "DEBUG SET-DISABLE-DENY-SCRIPTS 0",
            "DEBUG REPLYBUFFER x",
            "DEBUG REPLYBUFFER RESIZING 1",
            "DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER",
            "DEBUG REPLYBUFFER PEAK-RESET-TIME x",
            "DEBUG QUICKLIST-PACKED-THRESHOLD 100b",
            "DEBUG QUICKLIST-PACKED-THRESHOLD 4gb",
            "DEBUG QUICKLIST-PACKED-THRESHOLD x",
            "DEBUG PROTOCOL nope",
            "DEBUG RELOAD x",
            "DEBUG SDSLEN nokey",
            "DEBUG SDSLEN b",
            "DEBUG RELOAD",
            "DEBUG DIGEST",
            "FLUSHALL",
            "DEBUG DIGEST",
            "MULTI",
            "SHUTDOWN",
            "EXEC",
            "MULTI",
            "DEBUG POPULATE 3",
            "SWAPDB 0 3",
            "DBSIZE",
            "EXEC",
            "DBSIZE",
            "MULTI",
            "FLUSHALL",
            "DEBUG RELOAD",
            "DEBUG DIGEST",
            "EXEC",
        };
        SoftAssertions softly = new SoftAssertions();
        for (String line : lines) {
            String[] words = line.split(" ");
            softly.assertThat(rig.ask(words)).as(line).isEqualTo(real.ask(words));
        }
        softly.assertAll();
        rig.engine.store().checkInvariants();
    }

    @Test
    void calls_refusals_failures_and_errors_are_counted_alike() {
        String[] lines = {
            "CONFIG RESETSTAT",
            "SET a b",
            "GET",
            "GET a b",
            "nonsense",
            "nonsense x",
            "CONFIG nonsense",
            "CONFIG GET",
            "INCR a",
            "INCR a",
            "EXEC",
            "MULTI",
            "MULTI",
            "GET",
            "EXEC",
            "MULTI",
            "INCR a",
            "SET n 1",
            "INCR n",
            "EXEC",
            "MULTI",
            "nonsense",
            "EXEC",
            "DISCARD",
            "WATCH",
            "SETRANGE a -1 x",
            "LRANGE",
            "SETEX a 0 b",
            "SWAPDB 0 99",
            "DEBUG ERROR {CODE text}",
            "DEBUG ERROR CODE",
            "DEBUG nonsense",
            "AUTH a b c d",
            "CONFIG SET maxmemory 1",
            "SET x y",
            "MULTI",
            "SET x y",
            "EXEC",
            "MULTI",
            "GET x",
            "CONFIG SET maxmemory 0",
            "EXEC",
            "CONFIG SET maxmemory 0",
            "SET x y",
        };
        for (String line : lines) {
            rig.ask(line.split(" "));
            real.ask(line.split(" "));
        }
        Map<String, Map<String, String>> ours = rig.info("errorstats", "commandstats", "stats");
        Map<String, Map<String, String>> theirs = Rig.sectionsOf((String) real.ask("INFO", "everything"));
        assertThat(counts(ours.get("Commandstats"))).isEqualTo(counts(theirs.get("Commandstats")));
        assertThat(ours.get("Errorstats")).isEqualTo(theirs.get("Errorstats"));
        for (String name : List.of("total_error_replies", "total_commands_processed")) {
            assertThat(ours.get("Stats"))
                    .as(name)
                    .containsEntry(name, theirs.get("Stats").get(name));
        }
    }

    private static Map<String, String> counts(Map<String, String> commandStats) {
        Map<String, String> counts = new LinkedHashMap<>();
        commandStats.forEach((name, value) -> counts.put(name, value.replaceAll("usec[a-z_]*=[0-9.]+,", "")));
        return new java.util.TreeMap<>(counts);
    }

    @Test
    void debug_object_tells_encoding_and_length_as_redis_does() {
        String[] values = {
            "1", "127", "128", "-129", "32768", "2147483647", "2147483648", "x", "a".repeat(20), "0123456789".repeat(4)
        };
        for (String value : values) {
            Object ours = described(rig, value);
            real.ask("CONFIG", "SET", "rdbcompression", "no");
            real.ask("SET", "o", value);
            assertThat(ours).as(value).isEqualTo(facts((String) real.ask("DEBUG", "OBJECT", "o")));
        }
    }

    @Test
    void debug_object_tells_the_nodes_of_a_long_list_as_redis_does() {
        for (String size : List.of("-1", "-2", "7", "1000")) {
            both("CONFIG", "SET", "list-max-listpack-size", size);
            both("DEL", "l");
            for (int i = 0; i < 2000; i++) both("RPUSH", "l", "element " + i);
            String ours = (String) rig.ask("DEBUG", "OBJECT", "l");
            String theirs = (String) real.ask("DEBUG", "OBJECT", "l");
            assertThat(ours).contains(" ql_nodes:");
            assertThat(ours.substring(ours.indexOf(" ql_")))
                    .as("list-max-listpack-size " + size)
                    .isEqualTo(theirs.substring(theirs.indexOf(" ql_")));
        }
    }

    private void both(String... words) {
        rig.ask(words);
        real.ask(words);
    }

    private static Object described(Rig rig, String value) {
        rig.ask("SET", "o", value);
        return facts((String) rig.ask("DEBUG", "OBJECT", "o"));
    }

    /// Without the address, and without the times, which Redis's shared numbers do not keep.
    private static String facts(String text) {
        return text.replaceAll("Value at:0x[0-9a-f]+|lru:\\d+|lru_seconds_idle:\\d+", "");
    }

    @Test
    void samples_of_the_protocol_are_the_same_in_resp2() {
        for (String type : List.of(
                "string",
                "integer",
                "double",
                "bignum",
                "null",
                "array",
                "set",
                "map",
                "push",
                "verbatim",
                "true",
                "false",
                "attrib")) {
            assertThat(rig.ask("DEBUG", "PROTOCOL", type)).as(type).isEqualTo(real.ask("DEBUG", "PROTOCOL", type));
        }
    }
}
