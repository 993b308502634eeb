package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.command.Command;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandCommandsTest {
    private final Rig rig = new Rig();

    @Test
    void command_answers_ten_facts_of_each_command() {
        List<?> all = (List<?>) rig.ask("COMMAND");
        assertThat(all).hasSize(((Long) rig.ask("COMMAND", "COUNT")).intValue());
        assertThat(all).allSatisfy(facts -> assertThat((List<?>) facts).hasSize(10));
        assertThat(rig.ask("COMMAND", "INFO")).isEqualTo(all);
    }

    @Test
    void info_of_a_name_that_is_none_is_nothing() {
        List<?> answer = (List<?>) rig.ask("COMMAND", "INFO", "GET", "nonsense", "config|get", "config|nonsense");
        assertThat(answer).hasSize(4);
        assertThat(answer.get(1)).isNull();
        assertThat(answer.get(3)).isNull();
        assertThat(((List<?>) answer.get(0)).get(0)).isEqualTo("get");
        assertThat(((List<?>) answer.get(2)).get(0)).isEqualTo("config|get");
    }

    @Test
    void info_uses_sets_and_maps_in_resp3() {
        List<?> facts = (List<?>) ((List<?>) rig.client.resp3().ask("COMMAND", "INFO", "get")).get(0);
        assertThat(facts.get(2)).isEqualTo(Set.of("readonly", "fast"));
        assertThat(facts.get(6)).isEqualTo(Set.of("@read", "@string", "@fast"));
        Object key = ((Set<?>) facts.get(8)).iterator().next();
        assertThat(key)
                .isEqualTo(Map.of(
                        "flags", Set.of("RO", "access"),
                        "begin_search", Map.of("type", "index", "spec", Map.of("index", 1L)),
                        "find_keys",
                                Map.of("type", "range", "spec", Map.of("lastkey", 0L, "keystep", 1L, "limit", 0L))));
    }

    @Test
    void list_names_commands_and_subcommands_once_each() {
        List<?> names = (List<?>) rig.ask("COMMAND", "LIST");
        assertThat(new HashSet<>(names)).hasSize(names.size());
        assertThat(names.contains("config|get") && names.contains("config") && names.contains("get"))
                .isTrue();
        for (Command command : Families.all())
            assertThat(names.contains(command.spec().fullName())).isTrue();
    }

    @Test
    void list_filters_by_pattern_and_category() {
        assertThat((List<?>) rig.ask("COMMAND", "LIST", "FILTERBY", "PATTERN", "CONFIG|*"))
                .hasSize(5)
                .allSatisfy(name -> assertThat((String) name).startsWith("config|"));
        List<?> transactions = (List<?>) rig.ask("COMMAND", "LIST", "FILTERBY", "ACLCAT", "Transaction");
        assertThat(new HashSet<Object>(transactions)).isEqualTo(Set.of("multi", "exec", "discard", "watch", "unwatch"));
        assertThat(rig.ask("COMMAND", "LIST", "FILTERBY", "MODULE", "json")).isEqualTo(List.of());
    }

    @Test
    void docs_tell_every_command_and_leave_out_names_that_are_none() {
        Map<?, ?> all = (Map<?, ?>) rig.client.resp3().ask("COMMAND", "DOCS");
        assertThat(all.size()).isEqualTo(((Long) rig.ask("COMMAND", "COUNT")).intValue());
        Map<?, ?> some = (Map<?, ?>) rig.ask("COMMAND", "DOCS", "nonsense", "getset", "config|set");
        assertThat(some.keySet().stream().map(String::valueOf)).containsExactly("getset", "config|set");
    }

    @Test
    void docs_of_a_command_hold_what_its_declaration_says() {
        Map<?, ?> docs = (Map<?, ?>) ((Map<?, ?>) rig.client.resp3().ask("COMMAND", "DOCS", "getset")).get("getset");
        assertThat(docs.get("since")).isEqualTo("1.0.0");
        assertThat(docs.get("group")).isEqualTo("string");
        assertThat(docs.get("doc_flags")).isEqualTo(Set.of("deprecated"));
        assertThat(docs.get("deprecated_since")).isEqualTo("6.2.0");
        assertThat(docs.get("arguments"))
                .isEqualTo(List.of(
                        Map.of("name", "key", "type", "key", "key_spec_index", 0L),
                        Map.of("name", "value", "type", "string")));
    }

    @ParameterizedTest
    @CsvSource({
        "pfmerge, destkey 0 sourcekey 1",
        "rename, key 0 newkey 1",
        "sort, key 0 pattern 1 pattern 1 destination 2",
        "sort_ro, key 0 pattern 1 pattern 1",
        "sscan, key 0",
        "zrangestore, dst 0 src 1"
    })
    void docs_say_which_key_specification_an_argument_belongs_to(String command, String expected) {
        Map<?, ?> docs = (Map<?, ?>) ((Map<?, ?>) rig.client.resp3().ask("COMMAND", "DOCS", command)).get(command);
        List<String> indexes = new ArrayList<>();
        for (Object argument : (List<?>) docs.get("arguments")) {
            Map<?, ?> facts = (Map<?, ?>) argument;
            if (facts.containsKey("key_spec_index")) indexes.add(facts.get("name") + " " + facts.get("key_spec_index"));
        }
        assertThat(String.join(" ", indexes)).isEqualTo(expected);
    }

    @Test
    void docs_of_a_container_hold_those_of_its_subcommands() {
        Map<?, ?> docs = (Map<?, ?>) ((Map<?, ?>) rig.client.resp3().ask("COMMAND", "DOCS", "config")).get("config");
        assertThat(docs.get("since")).isEqualTo("2.0.0");
        Map<?, ?> subcommands = (Map<?, ?>) docs.get("subcommands");
        assertThat(subcommands).hasSize(5);
        assertThat(((Map<?, ?>) subcommands.get("config|get")).get("arguments"))
                .isEqualTo(List.of(Map.of("name", "parameter", "type", "string", "flags", Set.of("multiple"))));
    }

    @Test
    void every_command_says_what_it_does_since_when_and_at_which_cost() {
        for (Command command : Families.all()) {
            var spec = command.spec();
            assertThat(spec.summary()).as(spec.fullName()).endsWith(".").hasSizeGreaterThan(10);
            assertThat(spec.since()).as(spec.fullName()).matches("\\d+\\.\\d+(\\.\\d+)?");
            assertThat(spec.complexity()).as(spec.fullName()).isNotEmpty();
        }
    }

    @Test
    void getkeys_finds_keys_of_the_quoted_command() {
        assertThat(rig.ask("COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2")).isEqualTo(List.of("a", "b"));
        assertThat(rig.ask("COMMAND", "GETKEYS", "memory", "usage", "a")).isEqualTo(List.of("a"));
        assertThat(rig.client.resp3().ask("COMMAND", "GETKEYSANDFLAGS", "GETDEL", "a"))
                .isEqualTo(List.of(List.of("a", Set.of("RW", "access", "delete"))));
    }

    /// As redis-server 7.0 answers.
    @Test
    void getkeys_goes_by_the_specifications_of_keys() {
        assertThat(getKeys("GEORADIUS k 1 2 3 m STORE d STOREDIST e")).isEqualTo(List.of("k", "d", "e"));
        assertThat(getKeys("GEORADIUSBYMEMBER k mm 3 m STOREDIST e STORE d")).isEqualTo(List.of("k", "d", "e"));
        assertThat(getKeys("GEORADIUS k 1 2 3 m STORE d STORE e")).isEqualTo(List.of("k", "d"));
        for (String none : List.of("ZUNIONSTORE d 0 a b", "ZUNION 0 a b", "LMPOP 0 a LEFT", "SINTERCARD 0 a"))
            assertThat(getKeys(none)).as(none).isEqualTo("-ERR Invalid arguments specified for command");
    }

    private Object getKeys(String line) {
        return rig.ask(("COMMAND GETKEYS " + line).split(" "));
    }

    @Test
    void getkeys_takes_a_command_of_one_word_as_7_2_does() {
        assertThat(rig.ask("COMMAND", "GETKEYS", "PING")).isEqualTo("-ERR The command has no key arguments");
    }

    @Test
    void a_range_of_keys_is_made_of_specifications_that_lie_side_by_side() {
        Map<String, List<Object>> ranges = new java.util.HashMap<>();
        for (Object command : (List<?>) rig.ask("COMMAND")) {
            List<?> facts = (List<?>) command;
            ranges.put((String) facts.get(0), List.of(facts.get(3), facts.get(4), facts.get(5)));
        }
        assertThat(ranges)
                .containsEntry("get", List.of(1L, 1L, 1L))
                .containsEntry("mset", List.of(1L, -1L, 2L))
                .containsEntry("del", List.of(1L, -1L, 1L))
                .containsEntry("rename", List.of(1L, 2L, 1L))
                .containsEntry("ping", List.of(0L, 0L, 0L));
    }
}
