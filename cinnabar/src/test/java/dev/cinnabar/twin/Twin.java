package dev.cinnabar.twin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.RealRedis;
import dev.cinnabar.engine.TestServer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Our server and a real one, given the same commands: replies have to be equal byte by byte. There are no
/// expected values.
///
/// A family's twin test makes commands by chance ([#compare]), bad ones among them, over few keys, so that
/// they meet.
public final class Twin implements AutoCloseable {
    private static final UnaryOperator<String> EXACT = reply -> reply;
    private static final int REMEMBERED = 40; // commands before a difference that are shown

    private final TestServer ours = TestServer.inRealTime();
    private final RealRedis theirs;
    private final Deque<String> history = new ArrayDeque<>();
    private @Nullable Deliberate excuse; // of the last difference
    private @Nullable RealRedis listener; // of theirs
    private List<String> heard = List.of(); // by ours

    /// Starts both, or skips the test when no redis-server is installed.
    ///
    /// @param directory  an empty one for the real server
    /// @param directives for the real server
    public Twin(Path directory, String... directives) {
        RealRedis.assumePresent();
        theirs = RealRedis.start(directory, directives);
    }

    /// From now on what happens to keys is compared, too: the messages of keyspace notifications, of all
    /// classes, after each command.
    public Twin hearing() {
        heard = ours.listen();
        theirs.ask("DEBUG", "SET-ACTIVE-EXPIRE", "0"); // ours has no timers here
        theirs.ask("CONFIG", "SET", "notify-keyspace-events", "KEAmn");
        listener = theirs.another();
        listener.ask("PSUBSCRIBE", "__key*");
        return this;
    }

    public TestServer ours() {
        return ours;
    }

    public RealRedis theirs() {
        return theirs;
    }

    /// From now on both speak this version of the protocol.
    public Twin speak(int version) {
        ours.speak(version);
        theirs.raw("HELLO", "" + version);
        return this;
    }

    /// From now on both use this database.
    public void select(int db) {
        ours.select(db);
        theirs.raw("SELECT", "" + db);
    }

    /// Runs a command on both sides.
    ///
    /// @return our reply
    public String same(String... words) {
        return same(EXACT, words);
    }

    /// Runs a command on both sides and compares what is essential of the replies, as the function sees it.
    ///
    /// @return our reply
    public String same(UnaryOperator<String> essence, String... words) {
        remember(words);
        String expected = theirs.raw(words);
        String actual = ours.run(words);
        boolean isSame = essence.apply(actual).equals(essence.apply(expected));
        excuse = isSame ? null : Deliberate.of(words, actual, expected, ours);
        if (!isSame && excuse == null)
            assertThat(essence.apply(actual))
                    .as(() -> "the last of\n" + String.join("\n", history))
                    .isEqualTo(essence.apply(expected));
        if (listener != null)
            sameEvents(listener, words[0].toUpperCase(Locale.ROOT).startsWith("SORT"), actual.startsWith("-"));
        return actual;
    }

    /// Runs a command on both sides and compares of the replies what may not differ.
    ///
    /// @return our reply
    String sameAsEver(String... words) {
        return same(essence(words), words);
    }

    /// Why the replies to the last command differed, or null when they did not.
    @Nullable
    Deliberate excuse() {
        return excuse;
    }

    /// Whether replies to a command have to be equal, whenever and on whatever data it runs.
    static boolean isExact(String[] words) {
        String name = words[0].toUpperCase(Locale.ROOT);
        boolean mayDiffer =
                List.of("TTL", "EXPIRETIME", "OBJECT", "ZRANK", "ZREVRANK").contains(name); // see Deliberate
        return essence(words) == EXACT && !mayDiffer;
    }

    /// A message of our own behind the others says that there are no more. Which key a command missed before
    /// it found that it makes no sense is not compared, nor the order in which SORT misses the weights of a
    /// set.
    private void sameEvents(RealRedis listener, boolean inAnyOrder, boolean isError) {
        theirs.raw("PUBLISH", "__key:end", "");
        List<String> expected = new ArrayList<>();
        for (String event = event(listener.read()); !event.startsWith("__key:end"); event = event(listener.read())) {
            expected.add(event);
        }
        List<String> actual = heard.stream().map(Twin::event).toList();
        heard.clear();
        if (isError) expected.removeIf(event -> event.contains("keymiss"));
        if (isError)
            actual = actual.stream().filter(event -> !event.contains("keymiss")).toList();
        if (inAnyOrder) expected.sort(null);
        List<String> told = inAnyOrder ? actual.stream().sorted().toList() : actual;
        assertThat(told)
                .as(() -> "events of the last of\n" + String.join("\n", history))
                .isEqualTo(expected);
    }

    private static String event(Object message) {
        List<?> parts = (List<?>) message;
        return parts.get(2) + " " + parts.get(3);
    }

    private static String event(String push) {
        String[] lines = push.split("\r\n", -1);
        return lines[6] + " " + lines[8];
    }

    private void remember(String[] words) {
        if (history.size() == REMEMBERED) history.removeFirst();
        StringBuilder line = new StringBuilder();
        for (String word : words) {
            line.append('"');
            for (char c : word.substring(0, Math.min(60, word.length())).toCharArray()) {
                line.append(c >= ' ' && c < 127 ? "" + c : String.format("\\x%02x", (int) c));
            }
            line.append(word.length() > 60 ? "… " + word.length() + " bytes\" " : "\" ");
        }
        history.addLast(line.toString());
    }

    /// Where a run by chance begins: `-Dtwin.seed=` a number, or `any` for a run that nobody has seen yet.
    /// Without it all runs are alike: what is rare in a real server, and no mistake of ours, shall not stop a
    /// change that has nothing to do with it.
    public static long seed() {
        String asked = System.getProperty("twin.seed", "1");
        return asked.equals("any") ? System.nanoTime() : Long.parseLong(asked);
    }

    /// Runs commands made by chance on both sides, and checks our store in between.
    ///
    /// @param seed  printed when something differs
    /// @param maker makes a command's words
    public void compare(long seed, int commands, Function<Random, String[]> maker) {
        Random random = new Random(seed);
        try {
            for (int i = 0; i < commands; i++) {
                String[] words = maker.apply(random);
                sameAsEver(words);
                if (i % 1000 == 999) ours.store().checkInvariants();
            }
            ours.store().checkInvariants();
            sameData();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("with seed " + seed, e);
        }
    }

    /// Compares all keys of all databases, their values and expiry times (which may differ by the time
    /// between two commands).
    public void sameData() {
        for (int db = 0; db < ours.store().count(); db++) {
            select(db);
            same(Twin::sortedLines, "KEYS", "*");
            for (String key : keys()) {
                same("TYPE", key);
                switch (ours.run("TYPE", key)) {
                    case "+list\r\n" -> same("LRANGE", key, "0", "-1");
                    case "+hash\r\n" -> {
                        same("HLEN", key);
                        same(Twin::sortedLines, "HGETALL", key);
                    }
                    case "+set\r\n" -> same(Twin::sortedLines, "SMEMBERS", key);
                    case "+zset\r\n" -> same("ZRANGE", key, "0", "-1", "WITHSCORES");
                    case "+stream\r\n" -> sameStream(key);
                    default -> same("GET", key);
                }
                same("OBJECT", "ENCODING", key);
                same("TTL", key);
            }
        }
        select(0);
    }

    private void sameStream(String key) {
        same("XRANGE", key, "-", "+");
        same(Twin::comparableInfo, "XINFO", "STREAM", key);
        same(Twin::comparableInfo, "XINFO", "GROUPS", key);
        String[] groups = ours.run("XINFO", "GROUPS", key).split("\r\n");
        for (int i = 0; i + 2 < groups.length; i++) if (groups[i].equals("name")) same("XPENDING", key, groups[i + 2]);
        same(Twin::withoutIdleTimes, "XPENDING", key, "g0", "-", "+", "100");
    }

    /// Of an extended XPENDING all but for how long entries have been pending.
    private static String withoutIdleTimes(String reply) {
        return reply.replaceAll(":\\d+\r\n(:\\d+)", "$1");
    }

    /// Of XINFO all but the size of an index that is ours alone, and consumers: since 7.2 reading and
    /// claiming makes them also where there is nothing to read or claim.
    private static String comparableInfo(String reply) {
        return reply.replaceFirst("radix-tree-nodes\r\n:\\d+", "").replaceAll("consumers\r\n:\\d+", "");
    }

    /// Restores what each dumps of each key on the other side, and compares the digests of all four values.
    void thereAndBack() {
        for (int db = 0; db < ours.store().count(); db++) {
            select(db);
            for (String key : keys()) {
                String what = "key \"" + key + "\", " + ours.run("TYPE", key);
                same("PERSIST", key); // when it expires is no part of a payload, but of the digest
                String digest = same("DEBUG", "DIGEST-VALUE", key);
                String theirPayload = bulk(theirs.raw("DUMP", key));
                String ourPayload = bulk(ours.run("DUMP", key));
                assertThat(ours.run("RESTORE", "copy", "0", theirPayload, "REPLACE"))
                        .as(what)
                        .isEqualTo("+OK\r\n");
                assertThat(theirs.raw("RESTORE", "copy", "0", ourPayload, "REPLACE"))
                        .as(what)
                        .isEqualTo("+OK\r\n");
                assertThat(ours.run("DEBUG", "DIGEST-VALUE", "copy"))
                        .as("restored here: " + what)
                        .isEqualTo(digest);
                assertThat(theirs.raw("DEBUG", "DIGEST-VALUE", "copy"))
                        .as("restored there: " + what)
                        .isEqualTo(digest);
            }
        }
        select(0);
        ours.store().checkInvariants();
    }

    private static String bulk(String reply) {
        return reply.substring(reply.indexOf('\n') + 1, reply.length() - 2);
    }

    private List<String> keys() {
        String reply = ours.run("KEYS", "*");
        List<String> keys = new ArrayList<>();
        int at = reply.indexOf('\n') + 1;
        while (at < reply.length()) {
            int line = reply.indexOf('\r', at);
            int length = Integer.parseInt(reply.substring(at + 1, line));
            keys.add(reply.substring(line + 2, line + 2 + length));
            at = line + 2 + length + 2;
        }
        return keys;
    }

    /// What may not differ in the reply of a command: everything, but for the order in which keys of a table
    /// are answered.
    private static UnaryOperator<String> essence(String[] words) {
        return switch (words[0].toUpperCase(Locale.ROOT)) {
            case "KEYS", "SCAN", "SMEMBERS", "SUNION", "SINTER", "SDIFF", "SPOP" -> Twin::sortedLines;
            case "HGETALL", "HKEYS", "HVALS", "HRANDFIELD", "HSCAN", "ZSCAN" -> Twin::sortedLines;
            case "DUMP" -> // what is compressed, and in which form a set is written, differs
                reply -> reply.startsWith("$-1") || !reply.startsWith("$") ? reply : "a payload";
            case "SORT", "SORT_RO" ->
                isOrderOpen(words) ? Twin::sortedLines : has(words, "ALPHA") ? Twin::sortedIfEqualsDiffer : EXACT;
            case "XINFO" -> Twin::comparableInfo;
            case "XPENDING" -> Twin::withoutIdleTimes;
            case "XGROUP" ->
                words.length == 5 && words[1].equals("CREATECONSUMER")
                        ? reply -> reply.replaceFirst(":[01]", "")
                        : EXACT;
            default -> EXACT;
        };
    }

    /// Whether SORT does not say in which order equals come: BY and ALPHA, or a set that is not to be sorted.
    private static boolean isOrderOpen(String[] words) {
        List<String> all =
                Arrays.stream(words).map(word -> word.toUpperCase(Locale.ROOT)).toList();
        int by = all.indexOf("BY");
        return by > 0 && (has(words, "ALPHA") || by + 1 < words.length && !words[by + 1].contains("*"));
    }

    private static boolean has(String[] words, String word) {
        return Arrays.stream(words).anyMatch(word::equalsIgnoreCase);
    }

    /// Redis asks `strcoll`, for which a text ends at its first zero byte: texts that differ behind it come
    /// in any order.
    private static String sortedIfEqualsDiffer(String reply) {
        return reply.indexOf(0) < 0 ? reply : sortedLines(reply);
    }

    private static String sortedLines(String reply) {
        return Arrays.stream(reply.split("\r\n"))
                .filter(line -> !line.isEmpty())
                .sorted()
                .collect(Collectors.joining("\n"));
    }

    @Override
    public void close() {
        if (listener != null) listener.close();
        theirs.close();
    }
}
