package dev.cinnabar.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the syntax line of a command, as the manual writes it, into arguments.
///
/// ```
///    line     = item …
///    item     = WORD                 written as it stands; the values behind it, up to the next bracket, belong to it
///             | value
///             | [ line | line … ]    may be left out; with ... at the end of its line, may be repeated
///             | < line | line … >    one of them
///             | item [ item ... ]    once or more
/// ```
///
/// So `SET key value [NX | XX] [EX seconds | PERSIST]` becomes: a key, a value, a choice of two words that
/// may be left out, and a choice that may be left out between a number behind the word EX and a word.
final class SyntaxLine {
    /// What the line is made of, before it is known which word belongs to which value.
    private sealed interface Node permits Word, Group, Repeat {}

    private record Word(String text) implements Node {
        /// Whether it is written as it stands: capitals or signs.
        boolean isToken() {
            for (int i = 0; i < text.length(); i++) if (Character.isLowerCase(text.charAt(i))) return false;
            return true;
        }
    }

    /// @param repeats whether `...` stood at its end
    private record Group(boolean isOptional, boolean repeats, List<List<Node>> alternatives) implements Node {}

    /// Once or more.
    private record Repeat(List<Node> content) implements Node {}

    private final List<String> tokens;
    private int next;
    private boolean sawDots;

    private SyntaxLine(List<String> tokens) {
        this.tokens = tokens;
    }

    /// @param line the syntax without the command's name; may be empty
    /// @throws IllegalArgumentException when brackets do not match
    static List<Argument> parse(String line) {
        SyntaxLine parser = new SyntaxLine(split(line));
        List<Node> nodes = parser.sequence();
        if (parser.next < parser.tokens.size())
            throw new IllegalArgumentException("unexpected " + parser.peek() + " in: " + line);
        return arguments(nodes);
    }

    private static List<String> split(String line) {
        List<String> tokens = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        for (char c : (line + ' ').toCharArray()) {
            boolean isSign = "[]<>|".indexOf(c) >= 0;
            if (!isSign && c != ' ') {
                word.append(c);
                continue;
            }
            if (word.length() > 0) tokens.add(word.toString());
            word.setLength(0);
            if (isSign) tokens.add(String.valueOf(c));
        }
        return tokens;
    }

    // ---- the line as a tree ----

    private @Nullable String peek() {
        return next < tokens.size() ? tokens.get(next) : null;
    }

    private List<Node> sequence() {
        List<Node> nodes = new ArrayList<>();
        sawDots = false;
        while (true) {
            String token = peek();
            if (token == null || token.equals("|") || token.equals("]") || token.equals(">")) return folded(nodes);
            next++;
            switch (token) {
                case "[" -> nodes.add(group(true, "]"));
                case "<" -> nodes.add(group(false, ">"));
                case "..." -> sawDots = true;
                default -> nodes.add(new Word(token));
            }
        }
    }

    private Group group(boolean isOptional, String end) {
        List<List<Node>> alternatives = new ArrayList<>();
        boolean repeats = false;
        while (true) {
            alternatives.add(sequence());
            repeats |= sawDots;
            sawDots = false;
            String token = peek();
            next++;
            if (token == null) throw new IllegalArgumentException("missing " + end);
            if (token.equals(end)) return new Group(isOptional, repeats, alternatives);
            if (!token.equals("|")) throw new IllegalArgumentException("unexpected " + token + " before " + end);
        }
    }

    /// Sees that `x [x ...]` is x, once or more.
    private static List<Node> folded(List<Node> nodes) {
        List<Node> out = new ArrayList<>();
        for (Node node : nodes) {
            if (node instanceof Group group && group.isOptional && group.repeats && group.alternatives.size() == 1) {
                List<Node> content = group.alternatives.get(0);
                int from = out.size() - content.size();
                if (from >= 0 && out.subList(from, out.size()).equals(content)) {
                    out.subList(from, out.size()).clear();
                    out.add(new Repeat(content));
                    continue;
                }
            }
            out.add(node);
        }
        return out;
    }

    // ---- the tree as arguments ----

    private static List<Argument> arguments(List<Node> nodes) {
        List<Argument> arguments = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            if (!(nodes.get(i) instanceof Word word) || !word.isToken()) {
                arguments.add(argument(nodes.get(i)));
                continue;
            }
            List<Argument> values = new ArrayList<>();
            while (i + 1 < nodes.size() && isValue(nodes.get(i + 1))) values.add(argument(nodes.get(++i)));
            arguments.add(behind(word.text, values));
        }
        return arguments;
    }

    private static Argument behind(String token, List<Argument> values) {
        return switch (values.size()) {
            case 0 -> Argument.word(token);
            case 1 -> values.get(0).behind(token);
            default -> Argument.block(token, values);
        };
    }

    /// Whether it belongs to the word in front of it: a value, or a choice that has to be made.
    private static boolean isValue(Node node) {
        if (node instanceof Word word) return !word.isToken();
        if (node instanceof Repeat repeat) return isValue(repeat.content.get(0));
        return node instanceof Group group && !group.isOptional;
    }

    private static Argument argument(Node node) {
        if (node instanceof Word word) return Argument.value(word.text);
        if (node instanceof Repeat repeat) return single(repeat.content).multiple();
        Group group = (Group) node;
        Argument argument = group.alternatives.size() == 1
                ? single(group.alternatives.get(0))
                : Argument.choice(
                        group.alternatives.stream().map(SyntaxLine::single).toList());
        if (group.repeats) argument = argument.multiple();
        return group.isOptional ? argument.optional() : argument;
    }

    private static Argument single(List<Node> nodes) {
        List<Argument> arguments = arguments(nodes);
        return arguments.size() == 1 ? arguments.get(0) : Argument.block(null, arguments);
    }
}
