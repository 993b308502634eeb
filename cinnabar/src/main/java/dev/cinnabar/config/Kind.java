package dev.cinnabar.config;

import dev.cinnabar.base.Numbers;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What the values of a directive look like: how text becomes a value, and how a value prints.
///
/// The texts of refusals are those of Redis 7.0, since clients and scripts show and match them.
abstract class Kind<T> {
    /// Reads a value.
    ///
    /// @param current what the directive holds now; some kinds change only a part of it
    /// @param again whether an earlier line of the same start-up gave the directive already; some kinds add
    ///     to it then
    /// @throws RefusedSetting when the arguments do not make a value
    abstract T parse(T current, List<String> args, boolean again) throws RefusedSetting;

    /// The value as `CONFIG GET` answers it.
    abstract String print(T value);

    /// Whether the value is a list, so that one argument stands for as many as it has words.
    boolean isList() {
        return false;
    }

    /// The lines of a configuration file that give this value; see [ConfigRewrite].
    void write(String name, T value, T byDefault, Lines lines) {
        lines.add(name + ' ' + written(value), !value.equals(byDefault));
    }

    /// Where [#write] puts its lines.
    interface Lines {
        /// @param isNeeded whether a file without this line would mean something else
        void add(String line, boolean isNeeded);
    }

    /// The value as a configuration file states it.
    String written(T value) {
        return print(value);
    }

    static final String NOT_A_NUMBER = "argument couldn't be parsed into an integer";
    static final String WRONG_NUMBER_OF_ARGUMENTS = "wrong number of arguments";

    /// Kinds with exactly one argument.
    abstract static class Single<T> extends Kind<T> {
        @Override
        final T parse(T current, List<String> args, boolean again) throws RefusedSetting {
            if (args.size() != 1) throw new RefusedSetting(WRONG_NUMBER_OF_ARGUMENTS);
            return parse(current, args.get(0));
        }

        abstract T parse(T current, String text) throws RefusedSetting;
    }

    /// `yes` or `no`.
    static final class Flag extends Single<Boolean> {
        @Override
        Boolean parse(Boolean current, String text) throws RefusedSetting {
            if (text.equalsIgnoreCase("yes")) return true;
            if (text.equalsIgnoreCase("no")) return false;
            throw new RefusedSetting("argument must be 'yes' or 'no'");
        }

        @Override
        String print(Boolean value) {
            return value ? "yes" : "no";
        }
    }

    /// A value that must stay what it is, for what another one asks for is not there, and to go on without it
    /// would not be safe.
    static final class Only<T> extends Single<T> {
        private final Single<T> kind;
        private final T only;
        private final String reason;

        Only(Single<T> kind, T only, String reason) {
            this.kind = kind;
            this.only = only;
            this.reason = reason;
        }

        @Override
        T parse(T current, String text) throws RefusedSetting {
            if (!kind.parse(current, text).equals(only)) throw new RefusedSetting(reason);
            return only;
        }

        @Override
        String print(T value) {
            return kind.print(value);
        }

        @Override
        String written(T value) {
            return kind.written(value);
        }
    }

    // ---- numbers ----

    /// How a number may be written besides plain decimal digits.
    enum Unit {
        /// Plain digits only.
        NONE,
        /// Bytes: `100`, `1k` = 1000, `1kb` = 1024, and so on for m and g, in either case.
        MEMORY,
        /// Bytes, or `5%` of another value, which reads as -5.
        MEMORY_OR_PERCENT,
        /// The digits 0 to 7.
        OCTAL
    }

    /// A whole number that fits an int.
    static final class Int extends Single<Integer> {
        private final Count count;
        private final int least;
        private final int most;

        Int(int min, int max) {
            this(min, max, min, max, Unit.NONE);
        }

        /// Accepts min to max, but keeps what is outside of least to most as the nearest of the two.
        Int(int min, int max, int least, int most, Unit unit) {
            count = new Count(min, max, Long.MIN_VALUE, unit);
            this.least = least;
            this.most = most;
        }

        @Override
        Integer parse(Integer current, String text) throws RefusedSetting {
            int value = count.parse(0L, text).intValue();
            return Math.max(least, Math.min(most, value));
        }

        @Override
        String print(Integer value) {
            return count.print((long) value);
        }
    }

    /// A whole number that needs a long: a count, a time or a number of bytes.
    static final class Count extends Single<Long> {
        private final long min;
        private final long max;
        private final long least;
        private final Unit unit;

        Count(long min, long max, long least, Unit unit) {
            this.min = min;
            this.max = max;
            this.least = least;
            this.unit = unit;
        }

        @Override
        Long parse(Long current, String text) throws RefusedSetting {
            long value = read(text);
            if (value < 0 && value != Memory.TOO_MUCH && unit == Unit.MEMORY_OR_PERCENT) {
                if (value < -100) throw new RefusedSetting("percentage argument must be less or equal to 100");
                return value;
            }
            if (value < min || value > max) {
                throw new RefusedSetting(
                        "argument must be between " + print(min) + " and " + print(max) + " inclusive");
            }
            return Math.max(least, value);
        }

        private long read(String text) throws RefusedSetting {
            switch (unit) {
                case NONE:
                    byte[] digits = text.getBytes(StandardCharsets.UTF_8);
                    if (!Numbers.isLong(digits, 0, digits.length)) throw new RefusedSetting(NOT_A_NUMBER);
                    return Numbers.parse(digits, 0, digits.length);
                case OCTAL:
                    return readOctal(text);
                case MEMORY:
                    long bytes = Memory.parse(text);
                    if (bytes == Memory.NONE) throw new RefusedSetting("argument must be a memory value");
                    return bytes;
                default:
                    boolean isPercent = text.length() > 1 && text.endsWith("%");
                    long amount = isPercent ? Memory.plain(text, text.length() - 1) : Memory.parse(text);
                    if (amount == Memory.NONE) throw new RefusedSetting("argument must be a memory or percent value");
                    return isPercent ? -amount : amount;
            }
        }

        private static long readOctal(String text) throws RefusedSetting {
            if (text.isEmpty()) return 0;
            try {
                return Long.parseLong(text, 8);
            } catch (NumberFormatException e) {
                throw new RefusedSetting("argument couldn't be parsed as an octal number");
            }
        }

        @Override
        String print(Long value) {
            if (unit == Unit.OCTAL) return Long.toOctalString(value);
            if (unit == Unit.MEMORY_OR_PERCENT && value < 0) return -value + "%";
            return value.toString();
        }

        @Override
        String written(Long value) {
            return unit == Unit.MEMORY || unit == Unit.MEMORY_OR_PERCENT && value > 0
                    ? Memory.print(value)
                    : print(value);
        }
    }

    // ---- text ----

    /// What a text has to be.
    enum Rule {
        ANY,
        /// The same, but an empty one is a value like others, and not the lack of one.
        ANY_OR_EMPTY,
        /// A name without a slash; may be empty.
        FILE_NAME,
        /// A name without a slash.
        GIVEN_FILE_NAME,
        GIVEN_DIRECTORY_NAME,
        /// Letters, digits, hyphens and dots, at most 255.
        HOST_NAME,
        /// ConfigLine in braces out of a known list.
        PROCESS_TITLE,
        /// A directory that exists; kept as its absolute path. A relative one starts from the current value.
        DIRECTORY
    }

    static final class Text extends Single<String> {
        private static final List<String> TITLE_WORDS =
                List.of("title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file");

        private final String name;
        private final Rule rule;

        Text(String name, Rule rule) {
            this.name = name;
            this.rule = rule;
        }

        @Override
        String parse(String current, String text) throws RefusedSetting {
            // A text is UTF-8. What was not cannot be given back as it came, so it is better not taken.
            if (text.indexOf('\uFFFD') >= 0) throw new RefusedSetting("argument is not valid UTF-8");
            switch (rule) {
                case GIVEN_FILE_NAME, GIVEN_DIRECTORY_NAME:
                    if (text.isEmpty()) throw new RefusedSetting(name + " can't be empty");
                    checkName(text);
                    break;
                case FILE_NAME:
                    checkName(text);
                    break;
                case HOST_NAME:
                    checkHostName(text);
                    break;
                case PROCESS_TITLE:
                    checkTitle(text);
                    break;
                case DIRECTORY:
                    return directory(current, text);
                default:
                    break;
            }
            return text;
        }

        private void checkName(String text) throws RefusedSetting {
            if (text.indexOf('/') < 0 && text.indexOf('\\') < 0) return;
            String what = rule == Rule.GIVEN_DIRECTORY_NAME ? "dirname" : "filename";
            throw new RefusedSetting(name + " can't be a path, just a " + what);
        }

        private static void checkHostName(String text) throws RefusedSetting {
            if (text.length() >= 256) throw new RefusedSetting("Hostnames must be less than 256 characters");
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                boolean fits = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
                if (!fits && c != '-' && c != '.') {
                    throw new RefusedSetting("Hostnames may only contain alphanumeric characters, hyphens or dots");
                }
            }
        }

        private static void checkTitle(String text) throws RefusedSetting {
            boolean fits = !text.isBlank();
            for (int open = text.indexOf('{'); fits && open >= 0; open = text.indexOf('{', open + 1)) {
                int close = text.indexOf('}', open);
                fits = close > 0 && TITLE_WORDS.contains(text.substring(open + 1, close));
            }
            if (!fits) throw new RefusedSetting("template format is invalid or contains unknown variables");
        }

        private static String directory(String current, String text) throws RefusedSetting {
            try {
                if (text.isEmpty()) throw new RefusedSetting("No such file or directory");
                Path path = Path.of(current).resolve(text);
                if (!Files.exists(path)) throw new RefusedSetting("No such file or directory");
                if (!Files.isDirectory(path)) throw new RefusedSetting("Not a directory");
                if (!Files.isExecutable(path)) throw new RefusedSetting("Permission denied");
                return path.toRealPath().toString();
            } catch (InvalidPathException | IOException e) {
                throw new RefusedSetting("No such file or directory");
            }
        }

        @Override
        String print(String value) {
            return value;
        }

        /// That there is no text is said by silence. The directory is always said: the next start may come
        /// from elsewhere.
        @Override
        void write(String name, String value, String byDefault, Lines lines) {
            boolean isNeeded = !value.equals(byDefault) || rule == Rule.DIRECTORY;
            boolean isThere = !value.isEmpty() || rule == Rule.ANY_OR_EMPTY;
            if (isNeeded || isThere) lines.add(name + ' ' + written(value), isNeeded);
        }

        @Override
        String written(String value) {
            return ConfigLine.quote(value);
        }
    }

    /// One word out of a list, in any case; the value is the word as listed, so `==` on it would do.
    static final class Choice extends Single<String> {
        private final List<String> words;

        Choice(List<String> words) {
            this.words = words;
        }

        @Override
        String parse(String current, String text) throws RefusedSetting {
            return pick(words, text);
        }

        static String pick(List<String> words, String text) throws RefusedSetting {
            for (String word : words) if (word.equalsIgnoreCase(text)) return word;
            throw notOneOf(words);
        }

        static RefusedSetting notOneOf(List<String> words) {
            return new RefusedSetting("argument(s) must be one of the following: " + String.join(", ", words));
        }

        @Override
        String print(String value) {
            return value;
        }
    }

    // ---- lists ----

    /// ConfigLine that mean something together, joined by blanks when printed.
    abstract static class Listed<T> extends Kind<T> {
        @Override
        final boolean isList() {
            return true;
        }
    }

    /// What a signal should do: `default`, or several of `save nosave now force`.
    static final class ShutdownOptions extends Listed<List<String>> {
        private static final List<String> WORDS = List.of("default", "save", "nosave", "now", "force");
        private static final List<String> DEFAULT = List.of("default");

        @Override
        List<String> parse(List<String> current, List<String> args, boolean again) throws RefusedSetting {
            if (args.isEmpty()) throw Choice.notOneOf(WORDS);
            List<String> given = new ArrayList<>(args.size());
            for (String arg : args) given.add(Choice.pick(WORDS, arg));
            if (given.contains("save") && given.contains("nosave")) {
                throw new RefusedSetting("shutdown options SAVE and NOSAVE can't be used simultaneously");
            }

            List<String> options = new ArrayList<>(given.size());
            for (String word : WORDS) if (!word.equals("default") && given.contains(word)) options.add(word);
            return options.isEmpty() ? DEFAULT : List.copyOf(options);
        }

        @Override
        String print(List<String> value) {
            return String.join(" ", value);
        }
    }

    /// Addresses to listen on; `-` before one says that it may be missing.
    static final class Addresses extends Listed<List<String>> {
        private static final int MOST = 16; // as in Redis

        @Override
        List<String> parse(List<String> current, List<String> args, boolean again) throws RefusedSetting {
            if (args.size() > MOST) throw new RefusedSetting("Too many bind addresses specified.");
            boolean isNone = args.size() == 1 && args.get(0).isEmpty();
            return isNone ? List.of() : List.copyOf(args);
        }

        @Override
        String print(List<String> value) {
            return String.join(" ", value);
        }

        @Override
        String written(List<String> value) {
            return value.isEmpty() ? "\"\"" : print(value);
        }
    }

    /// `save <seconds> <changes> …`; an empty value is no rule. Lines of a file add up, `CONFIG SET`
    /// replaces.
    static final class Saves extends Listed<List<SavePoint>> {
        @Override
        List<SavePoint> parse(List<SavePoint> current, List<String> args, boolean again) throws RefusedSetting {
            if (args.isEmpty() || args.size() == 1 && args.get(0).isEmpty()) return List.of();
            if (args.size() % 2 != 0) throw new RefusedSetting("Invalid save parameters");

            List<SavePoint> points = new ArrayList<>(again ? current : List.of());
            for (int i = 0; i < args.size(); i += 2) points.add(point(args.get(i), args.get(i + 1)));
            return List.copyOf(points);
        }

        private static SavePoint point(String seconds, String changes) throws RefusedSetting {
            try {
                var point = new SavePoint(Long.parseLong(seconds), Integer.parseInt(changes));
                if (point.seconds() >= 1 && point.changes() >= 0) return point;
            } catch (NumberFormatException e) {
                // refused below, as a number out of range is
            }
            throw new RefusedSetting("Invalid save parameters");
        }

        @Override
        String print(List<SavePoint> value) {
            var text = new StringBuilder();
            for (SavePoint point : value) {
                if (!text.isEmpty()) text.append(' ');
                text.append(point.seconds()).append(' ').append(point.changes());
            }
            return text.toString();
        }

        /// Always said, rules that equal the default too, since a single `save` line would replace them all.
        @Override
        void write(String name, List<SavePoint> value, List<SavePoint> byDefault, Lines lines) {
            if (value.isEmpty()) lines.add(name + " \"\"", true);
            for (SavePoint point : value) lines.add(name + ' ' + point.seconds() + ' ' + point.changes(), true);
        }
    }

    /// `normal|replica|pubsub <hard> <soft> <seconds>`, several at once; classes that are not named keep
    /// their limits.
    static final class BufferLimits extends Listed<OutputBufferLimits> {
        @Override
        OutputBufferLimits parse(OutputBufferLimits current, List<String> args, boolean again) throws RefusedSetting {
            if (args.size() % 4 != 0) {
                throw new RefusedSetting("Wrong number of arguments in buffer limit configuration.");
            }
            OutputBufferLimits limits = current;
            for (int i = 0; i < args.size(); i += 4) limits = with(limits, args.subList(i, i + 4));
            return limits;
        }

        private static OutputBufferLimits with(OutputBufferLimits old, List<String> args) throws RefusedSetting {
            String name = args.get(0);
            if (name.equalsIgnoreCase("normal")) {
                return new OutputBufferLimits(limit(args), old.replica(), old.pubsub());
            }
            if (name.equalsIgnoreCase("replica") || name.equalsIgnoreCase("slave")) {
                return new OutputBufferLimits(old.normal(), limit(args), old.pubsub());
            }
            if (name.equalsIgnoreCase("pubsub")) {
                return new OutputBufferLimits(old.normal(), old.replica(), limit(args));
            }
            throw new RefusedSetting("Invalid client class specified in buffer limit configuration.");
        }

        private static OutputBufferLimits.Limit limit(List<String> args) throws RefusedSetting {
            long hard = Memory.parse(args.get(1));
            long soft = Memory.parse(args.get(2));
            int seconds = -1;
            try {
                seconds = Integer.parseInt(args.get(3));
            } catch (NumberFormatException e) {
                // refused below
            }
            if (hard < 0 || soft < 0 || seconds < 0) {
                throw new RefusedSetting("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
            }
            return new OutputBufferLimits.Limit(hard, soft, seconds);
        }

        @Override
        String print(OutputBufferLimits value) {
            return "normal " + print(value.normal()) + " slave " + print(value.replica()) + " pubsub "
                    + print(value.pubsub());
        }

        private static String print(OutputBufferLimits.Limit limit) {
            return limit.hardBytes() + " " + limit.softBytes() + " " + limit.softSeconds();
        }

        @Override
        void write(String name, OutputBufferLimits value, OutputBufferLimits byDefault, Lines lines) {
            add(lines, name + " normal ", value.normal(), byDefault.normal());
            add(lines, name + " replica ", value.replica(), byDefault.replica());
            add(lines, name + " pubsub ", value.pubsub(), byDefault.pubsub());
        }

        private static void add(
                Lines lines, String start, OutputBufferLimits.Limit limit, OutputBufferLimits.Limit byDefault) {
            String hard = Memory.print(limit.hardBytes());
            String soft = Memory.print(limit.softBytes());
            lines.add(start + hard + ' ' + soft + ' ' + limit.softSeconds(), !limit.equals(byDefault));
        }
    }

    /// Percentiles from 0 to 100, such as `50 99 99.9`.
    static final class Percentiles extends Listed<List<Double>> {
        private static final MathContext PRINTED_DIGITS = new MathContext(10);

        @Override
        List<Double> parse(List<Double> current, List<String> args, boolean again) throws RefusedSetting {
            if (args.size() == 1 && args.get(0).isEmpty()) return List.of();
            List<Double> percentiles = new ArrayList<>(args.size());
            for (String arg : args) {
                double value = Double.NaN;
                try {
                    if (!arg.startsWith(" ")) value = Double.parseDouble(arg);
                } catch (NumberFormatException e) {
                    // refused below
                }
                if (Double.isNaN(value))
                    throw new RefusedSetting("Invalid latency-tracking-info-percentiles parameters");
                if (value < 0 || value > 100) {
                    throw new RefusedSetting(
                            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
                }
                percentiles.add(value);
            }
            return List.copyOf(percentiles);
        }

        @Override
        String print(List<Double> value) {
            var text = new StringBuilder();
            for (double percentile : value) {
                if (!text.isEmpty()) text.append(' ');
                text.append(print(percentile));
            }
            return text.toString();
        }

        /// Ten significant digits at most, and no zeros behind the point.
        static String print(double percentile) {
            BigDecimal rounded = new BigDecimal(percentile).round(PRINTED_DIGITS);
            return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
        }

        @Override
        String written(List<Double> value) {
            return value.isEmpty() ? "\"\"" : print(value);
        }
    }

    /// Three numbers from -2000 to 2000.
    static final class OomScores extends Listed<List<Integer>> {
        private static final int COUNT = 3;

        @Override
        List<Integer> parse(List<Integer> current, List<String> args, boolean again) throws RefusedSetting {
            if (args.size() != COUNT) throw new RefusedSetting(WRONG_NUMBER_OF_ARGUMENTS);
            List<Integer> scores = new ArrayList<>(COUNT);
            for (String arg : args) {
                int score = Integer.MAX_VALUE;
                try {
                    score = Integer.parseInt(arg);
                } catch (NumberFormatException e) {
                    // refused below
                }
                if (score < -2000 || score > 2000) {
                    throw new RefusedSetting("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
                }
                scores.add(score);
            }
            return List.copyOf(scores);
        }

        @Override
        String print(List<Integer> value) {
            return value.get(0) + " " + value.get(1) + " " + value.get(2);
        }
    }

    /// The classes of keyspace events, see [KeyspaceEvents].
    static final class Events extends Single<Integer> {
        @Override
        Integer parse(Integer current, String text) throws RefusedSetting {
            return KeyspaceEvents.parse(text);
        }

        @Override
        String print(Integer value) {
            return KeyspaceEvents.print(value);
        }

        @Override
        String written(Integer value) {
            return '"' + print(value) + '"';
        }
    }

    /// `<host> <port>` of a master, or nothing. `no one` is nothing.
    static final class Master extends Kind<String> {
        @Override
        String parse(String current, List<String> args, boolean again) throws RefusedSetting {
            if (args.size() != 2) throw new RefusedSetting(WRONG_NUMBER_OF_ARGUMENTS);
            if (args.get(0).equalsIgnoreCase("no") && args.get(1).equalsIgnoreCase("one")) return "";
            int port = -1;
            try {
                port = Integer.parseInt(args.get(1));
            } catch (NumberFormatException e) {
                // refused below
            }
            if (port < 0 || port > 65535) throw new RefusedSetting("Invalid master port");
            return args.get(0) + ' ' + port;
        }

        @Override
        String print(String value) {
            return value;
        }

        @Override
        void write(String name, String value, String byDefault, Lines lines) {
            if (!value.isEmpty()) lines.add(name + ' ' + value, true);
        }
    }
}
