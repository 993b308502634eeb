package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.command.Command;
import dev.cinnabar.engine.Argument.Type;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyntaxLineTest {
    /// All but CLIENT KILL, whose filters repeat within their brackets: that can be written in two ways.
    static List<Command> commands() {
        return Families.all().stream()
                .filter(command -> !command.spec().fullName().equals("client|kill"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void written_out_again_the_arguments_of_every_command_are_its_syntax_line(Command command) {
        assertThat(written(Argument.of(command.spec()))).isEqualTo(Argument.operands(command.spec()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "key",
                "key [key ...]",
                "key value [key value ...]",
                "[section [section ...]]",
                "key [NX | XX] [GET] [EX seconds | PX milliseconds | KEEPTTL]",
                "key min max [WITHSCORES] [LIMIT offset count]",
                "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination]",
                "[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]",
                "key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM> | BYBOX width height <M | KM>>",
                "<AND | OR | XOR | NOT> destkey key [key ...]",
                "key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]",
                "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
            })
    void written_out_again_the_arguments_are_the_line(String line) {
        assertThat(written(SyntaxLine.parse(line))).isEqualTo(line);
    }

    /// As redis-cli writes hints.
    private static String written(List<Argument> arguments) {
        return arguments.stream().map(SyntaxLineTest::written).collect(Collectors.joining(" "));
    }

    private static String written(Argument argument) {
        String token = argument.token();
        String body = switch (argument.type()) {
            case PURE_TOKEN -> "";
            case BLOCK -> written(argument.parts());
            case ONEOF -> choice(argument);
            default -> argument.name();
        };
        String once = token == null ? body : (token + " " + body).strip();
        String text = once;
        if (argument.isMultiple()) text += " [" + (argument.hasMultipleToken() ? once : body) + " ...]";
        return argument.isOptional() && !isBareChoice(argument) ? "[" + text + "]" : text;
    }

    private static String choice(Argument argument) {
        String text = argument.parts().stream().map(SyntaxLineTest::written).collect(Collectors.joining(" | "));
        return isBareChoice(argument) ? "[" + text + "]" : "<" + text + ">";
    }

    /// A choice that may be left out has but one pair of brackets.
    private static boolean isBareChoice(Argument argument) {
        return argument.type() == Type.ONEOF
                && argument.isOptional()
                && argument.token() == null
                && !argument.isMultiple();
    }

    @Test
    void a_word_belongs_to_the_value_behind_it() {
        Argument expiration = SyntaxLine.parse("[EX seconds | PERSIST]").get(0);
        assertThat(expiration.type()).isEqualTo(Type.ONEOF);
        assertThat(expiration.isOptional()).isTrue();
        assertThat(expiration.parts())
                .extracting(Argument::name, Argument::type, Argument::token)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("seconds", Type.INTEGER, "EX"),
                        org.assertj.core.groups.Tuple.tuple("persist", Type.PURE_TOKEN, "PERSIST"));
    }

    @Test
    void a_word_before_several_values_makes_a_block() {
        Argument limit = SyntaxLine.parse("[LIMIT offset count]").get(0);
        assertThat(limit.type()).isEqualTo(Type.BLOCK);
        assertThat(limit.token()).isEqualTo("LIMIT");
        assertThat(limit.parts()).extracting(Argument::name).containsExactly("offset", "count");
    }

    @Test
    void what_repeats_is_marked_and_so_is_its_word() {
        Argument get = SyntaxLine.parse("[GET pattern [GET pattern ...]]").get(0);
        assertThat(get).isEqualTo(new Argument("pattern", Type.PATTERN, "GET", true, true, true, List.of()));
        Argument key = SyntaxLine.parse("key [key ...]").get(0);
        assertThat(key).isEqualTo(new Argument("key", Type.KEY, null, false, true, false, List.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[a", "a]", "<a | b", "<a]", "a | b"})
    void brackets_that_do_not_match_are_refused(String line) {
        assertThatThrownBy(() -> SyntaxLine.parse(line)).isInstanceOf(IllegalArgumentException.class);
    }
}
