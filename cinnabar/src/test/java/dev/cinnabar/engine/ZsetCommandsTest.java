package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.ZsetCommands;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The promises of the sorted sets, on both encodings and in both versions of the protocol.
class ZsetCommandsTest {
    private static final String WRONG_TYPE = "-WRONGTYPE Operation against a key holding the wrong kind of value";

    private final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    static Stream<Arguments> encodings() {
        return Stream.of("listpack", "skiplist")
                .flatMap(encoding -> Stream.of(Arguments.of(encoding, 2), Arguments.of(encoding, 3)));
    }

    /// From now on sorted sets of few members are of this encoding.
    private void use(String encoding, int protocol) {
        server.speak(protocol);
        server.store().thresholds().zsetMaxListpackEntries = encoding.equals("listpack") ? 128 : 0;
    }

    /// The reply with its line ends as blanks.
    private String ask(String line) {
        return server.line(line).replace("\r\n", " ").strip();
    }

    private static String score(int protocol, String score) {
        return protocol == 3 ? "," + score : "$" + score.length() + " " + score;
    }

    // ---- adding ----

    @ParameterizedTest
    @MethodSource("encodings")
    void members_come_in_the_order_of_scores_and_then_of_bytes(String encoding, int protocol) {
        use(encoding, protocol);
        assertThat(ask("ZADD z 2 b 1 c 2 a -inf z 2.5 aa")).isEqualTo(":5");

        assertThat(ask("ZRANGE z 0 -1")).isEqualTo("*5 $1 z $1 c $1 a $1 b $2 aa");
        assertThat(ask("ZRANGE z 1 2 REV")).isEqualTo("*2 $1 b $1 a");
        assertThat(ask("ZSCORE z aa")).isEqualTo(score(protocol, "2.5"));
        assertThat(ask("ZSCORE z z")).isEqualTo(score(protocol, "-inf"));
        assertThat(ask("ZSCORE z none")).isEqualTo(protocol == 3 ? "_" : "$-1");
        assertThat(ask("ZCARD z")).isEqualTo(":5");
        assertThat(ask("OBJECT ENCODING z")).endsWith(encoding);
        String pair = score(protocol, "1");
        assertThat(ask("ZRANGE z 1 1 WITHSCORES")).isEqualTo(protocol == 3 ? "*1 *2 $1 c " + pair : "*2 $1 c " + pair);
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void a_new_score_moves_a_member(String encoding, int protocol) {
        use(encoding, protocol);
        ask("ZADD z 1 a 2 b 3 c 4 d");

        assertThat(ask("ZADD z 3.5 a 0 d 2 b")).isEqualTo(":0");
        assertThat(ask("ZRANGE z 0 -1")).isEqualTo("*4 $1 d $1 b $1 c $1 a");
        assertThat(ask("ZADD z CH 9 b 3.5 a")).isEqualTo(":1");
        assertThat(ask("ZRANK z b")).isEqualTo(":3");
        assertThat(ask("ZREVRANK z b WITHSCORE")).isEqualTo("*2 :0 " + score(protocol, "9"));
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void options_of_zadd_say_which_members_change(String encoding, int protocol) {
        use(encoding, protocol);
        ask("ZADD z 5 a");

        assertThat(ask("ZADD z NX 1 a 1 b")).isEqualTo(":1");
        assertThat(ask("ZADD z XX CH 2 b 2 c")).isEqualTo(":1");
        assertThat(ask("ZADD z GT CH 4 a 3 b")).isEqualTo(":1");
        assertThat(ask("ZADD z LT CH 4 a 9 b")).isEqualTo(":1");
        assertThat(ask("ZADD z INCR 1.5 a")).isEqualTo(score(protocol, "5.5"));
        assertThat(ask("ZADD z NX INCR 1 a")).isEqualTo(protocol == 3 ? "_" : "$-1");
        assertThat(ask("ZRANGE z 0 -1")).isEqualTo("*2 $1 b $1 a");
        assertThat(ask("ZADD other XX 1 a")).isEqualTo(":0");
        assertThat(ask("EXISTS other")).isEqualTo(":0");
    }

    @ParameterizedTest
    @CsvSource({
        "ZADD z NX XX 1 a, ERR XX and NX options at the same time are not compatible",
        "ZADD z 1 a b, ERR syntax error",
        "ZADD z INCR 1 a 2 b, ERR INCR option supports a single increment-element pair",
        "ZADD z 1 new nan a, ERR value is not a valid float",
        "ZADD z 1 new 1e400 a, ERR value is not a valid float",
        "ZINCRBY z -inf top, ERR resulting score is not a number (NaN)",
        "ZRANGE z 0 x, ERR value is not an integer or out of range",
        "ZRANGE z 0 ((1 BYSCORE, ERR min or max is not a float",
        "ZRANGE z a b BYLEX, ERR min or max not valid string range item",
        "ZPOPMIN z -1, 'ERR value is out of range, must be positive'",
        "ZMPOP 1 z MIDDLE, ERR syntax error",
        "ZUNION 0 z, ERR at least 1 input key is needed for 'zunion' command"
    })
    void what_cannot_be_understood_is_refused_and_changes_nothing(String line, String error) {
        ask("ZADD z 1 a inf top");
        String before = ask("ZRANGE z 0 -1 WITHSCORES");

        assertThat(ask(line)).isEqualTo("-" + error.replace("''", "'"));
        assertThat(ask("ZRANGE z 0 -1 WITHSCORES")).isEqualTo(before);
    }

    @Test
    void a_key_of_another_type_is_refused_by_every_command() {
        ask("SET s text");
        for (String line : List.of(
                "ZADD s 1 a",
                "ZCARD s",
                "ZRANGE s 0 -1",
                "ZREM s a",
                "ZPOPMIN s",
                "ZRANK s a",
                "ZUNION 1 s",
                "ZMPOP 1 s MIN",
                "ZRANGESTORE d s 0 -1",
                "ZSCAN s 0",
                "BZPOPMIN s 0")) {
            assertThat(ask(line)).as(line).isEqualTo(WRONG_TYPE);
        }
        assertThat(ask("GET s")).isEqualTo("$4 text");
    }

    @Test
    void a_refused_addition_leaves_the_set_as_it_was() {
        TestServer small = new TestServer(16 << 20);
        String lastReply = "";
        long size = 0;
        String before = "";
        for (int i = 0; i < 100 && !lastReply.startsWith("-"); i++) {
            before = small.line("ZRANGE z 0 5 WITHSCORES");
            String[] words = new String[202];
            words[0] = "ZADD";
            words[1] = "z";
            for (int j = 0; j < 100; j++) {
                boolean isOld = j % 10 == 9 && i > 0; // a member that is there gets another score
                words[2 + 2 * j] = "" + (j - i);
                words[3 + 2 * j] = (isOld ? "0/1" : i + "/" + j) + "x".repeat(30_000);
            }
            lastReply = small.run(words);
            if (!lastReply.startsWith("-"))
                size = Long.parseLong(small.line("ZCARD z").strip().substring(1));
        }
        assertThat(lastReply).startsWith("-OOM");
        assertThat(small.line("ZCARD z")).isEqualTo(":" + size + "\r\n");
        assertThat(small.line("ZRANGE z 0 5 WITHSCORES").equals(before)).isTrue(); // long texts
        small.store().checkInvariants();
    }

    // ---- ranges ----

    @ParameterizedTest
    @MethodSource("encodings")
    void ranges_of_scores_may_leave_their_ends_out(String encoding, int protocol) {
        use(encoding, protocol);
        ask("ZADD z 1 a 2 b 3 c 4 d");

        assertThat(ask("ZRANGEBYSCORE z (1 3")).isEqualTo("*2 $1 b $1 c");
        assertThat(ask("ZREVRANGEBYSCORE z +inf (1 LIMIT 1 1")).isEqualTo("*1 $1 c");
        assertThat(ask("ZRANGE z (4 -inf BYSCORE REV")).isEqualTo("*3 $1 c $1 b $1 a");
        assertThat(ask("ZCOUNT z 2 (4")).isEqualTo(":2");
        assertThat(ask("ZCOUNT z 4 1")).isEqualTo(":0");
        assertThat(ask("ZREMRANGEBYSCORE z -inf (3")).isEqualTo(":2");
        assertThat(ask("ZRANGE z 0 -1")).isEqualTo("*2 $1 c $1 d");
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void members_of_one_score_have_ranges_of_names(String encoding, int protocol) {
        use(encoding, protocol);
        ask("ZADD z 0 a 0 b 0 c 0 12 0 7");

        assertThat(ask("ZRANGEBYLEX z - (b")).isEqualTo("*3 $2 12 $1 7 $1 a");
        assertThat(ask("ZREVRANGEBYLEX z + [b")).isEqualTo("*2 $1 c $1 b");
        assertThat(ask("ZLEXCOUNT z [12 [b")).isEqualTo(":4");
        assertThat(ask("ZREMRANGEBYLEX z [7 (c")).isEqualTo(":3");
        assertThat(ask("ZRANGE z 0 -1")).isEqualTo("*2 $2 12 $1 c");
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void a_range_can_be_stored(String encoding, int protocol) {
        use(encoding, protocol);
        ask("ZADD z 1 a 2 b 3 c");

        assertThat(ask("ZRANGESTORE d z 0 1 REV")).isEqualTo(":2");
        assertThat(ask("ZRANGE d 0 -1")).isEqualTo("*2 $1 b $1 c");
        assertThat(ask("OBJECT ENCODING d")).endsWith(encoding);
        assertThat(ask("ZRANGESTORE d z 7 9")).isEqualTo(":0");
        assertThat(ask("EXISTS d")).isEqualTo(":0");
    }

    // ---- removing ----

    @ParameterizedTest
    @MethodSource("encodings")
    void the_last_member_takes_the_key_with_it(String encoding, int protocol) {
        use(encoding, protocol);
        for (String line : List.of(
                "ZREM z a b", "ZPOPMIN z 2", "ZPOPMAX z 5", "ZREMRANGEBYRANK z 0 -1", "ZMPOP 1 z MAX COUNT 2")) {
            ask("ZADD z 1 a 2 b");
            assertThat(server.events(line.split(" ")))
                    .as(line)
                    .hasSize(2)
                    .last()
                    .isEqualTo("0 g del z");
            assertThat(ask("EXISTS z")).as(line).isEqualTo(":0");
        }
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void the_ends_can_be_popped(String encoding, int protocol) {
        use(encoding, protocol);
        ask("ZADD z 1 a 2 b 3 c 4 d 5 e");

        assertThat(ask("ZPOPMIN z")).isEqualTo("*2 $1 a " + score(protocol, "1"));
        assertThat(ask("ZPOPMAX z 1")).isEqualTo((protocol == 3 ? "*1 *2" : "*2") + " $1 e " + score(protocol, "5"));
        assertThat(ask("ZMPOP 2 none z MIN")).isEqualTo("*2 $1 z *1 *2 $1 b " + score(protocol, "2"));
        assertThat(ask("BZPOPMAX none z 0")).isEqualTo("*3 $1 z $1 d " + score(protocol, "4"));
        assertThat(server.logged()).endsWith("0 ZPOPMAX z");
    }

    // ---- several sets ----

    @ParameterizedTest
    @MethodSource("encodings")
    void sets_are_united_intersected_and_subtracted(String encoding, int protocol) {
        use(encoding, protocol);
        ask("ZADD x 1 a 2 b 3 c");
        ask("ZADD y 10 b 20 c 30 d");
        ask("SADD s c d e");

        assertThat(ask("ZUNIONSTORE r 2 x y WEIGHTS 2 1")).isEqualTo(":4");
        assertThat(ask("ZRANGE r 0 -1")).isEqualTo("*4 $1 a $1 b $1 c $1 d");
        assertThat(ask("ZSCORE r b")).isEqualTo(score(protocol, "14"));
        assertThat(ask("ZINTER 3 x y s")).isEqualTo("*1 $1 c");
        assertThat(ask("ZINTERSTORE r 3 x y s AGGREGATE MIN")).isEqualTo(":1");
        assertThat(ask("ZSCORE r c")).isEqualTo(score(protocol, "1"));
        assertThat(ask("ZINTERCARD 2 x y LIMIT 1")).isEqualTo(":1");
        assertThat(ask("ZDIFF 2 x s")).isEqualTo("*2 $1 a $1 b");
        assertThat(ask("ZDIFFSTORE r 2 x x")).isEqualTo(":0");
        assertThat(ask("EXISTS r")).isEqualTo(":0");
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void a_difference_is_the_same_whether_members_are_looked_up_or_taken_out(String encoding, int protocol) {
        use(encoding, protocol);
        String longMember = "long".repeat(20);
        ask("ZADD x 1 a 2 b 3 c 4 d 5 e 6 f 7 " + longMember);
        ask("ZADD one 9 b");
        ask("SADD s d " + longMember);
        ask("ZADD many 1 a 1 b 1 g 1 h 1 i 1 j 1 k 1 l 1 m 1 n 1 o 1 p");

        String taken = ask("ZDIFF 4 x one s none WITHSCORES");
        assertThat(taken).contains("$1 a").contains("$1 f").doesNotContain("$1 b", "$1 d", "long");
        assertThat(ask("ZDIFF 2 x many")).startsWith("*5 $1 c $1 d $1 e $1 f");
        assertThat(ask("ZDIFF 4 x one x s")).isEqualTo("*0");
        assertThat(ask("ZDIFF 3 none x s")).isEqualTo("*0");
        assertThat(ask("ZDIFFSTORE r 4 x one s none")).isEqualTo(":4");
        assertThat(ask("ZRANGE r 0 -1")).isEqualTo("*4 $1 a $1 c $1 e $1 f");
        assertThat(ask("OBJECT ENCODING r")).endsWith(encoding); // the long member has gone
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void an_intersection_is_counted_up_to_a_limit(String encoding, int protocol) {
        use(encoding, protocol);
        for (int i = 0; i < 300; i++) ask("ZADD x " + i + " m" + i);
        for (int i = 0; i < 300; i++) ask("ZADD y " + i + " m" + 2 * i);
        for (int i = 0; i < 100; i++) ask("SADD s m" + 2 * i);
        for (int limit : new int[] {1, 99, 100, 128, 149, 150, 151})
            assertThat(ask("ZINTERCARD 2 x y LIMIT " + limit)).isEqualTo(":" + Math.min(limit, 150));
        assertThat(ask("ZINTERCARD 2 x y LIMIT 0")).isEqualTo(":150");
        assertThat(ask("ZINTERCARD 3 x s y LIMIT 7")).isEqualTo(":7");
        assertThat(ask("ZINTERCARD 3 x s y")).isEqualTo(":100");
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void an_aggregate_may_be_how_many_sets_a_member_is_in_or_what_they_weigh(String encoding, int protocol) {
        use(encoding, protocol);
        ask("ZADD x 1 a inf b");
        ask("ZADD y -inf b 7 c");
        ask("SADD s b c");

        assertThat(ask("ZUNIONSTORE r 3 x y s AGGREGATE COUNT")).isEqualTo(":3");
        assertThat(ask("ZMSCORE r a b c"))
                .isEqualTo("*3 " + score(protocol, "1") + " " + score(protocol, "3") + " " + score(protocol, "2"));
        assertThat(ask("ZINTERSTORE r 3 x y s AGGREGATE COUNT WEIGHTS 10 5 3")).isEqualTo(":1");
        assertThat(ask("ZSCORE r b")).isEqualTo(score(protocol, "18"));
    }

    // ---- small and large ----

    @Test
    void the_limits_of_redis_make_a_set_large() {
        StringBuilder line = new StringBuilder("ZADD z");
        for (int i = 0; i < 128; i++) line.append(' ').append(i).append(" m").append(i);
        ask(line.toString());
        assertThat(ask("OBJECT ENCODING z")).isEqualTo("$8 listpack");

        ask("ZADD z 7 m7 500 m500");
        assertThat(ask("OBJECT ENCODING z")).isEqualTo("$8 skiplist");
        ask("ZADD long 1 " + "x".repeat(64));
        assertThat(ask("OBJECT ENCODING long")).isEqualTo("$8 listpack");
        ask("ZADD long 1 " + "x".repeat(65));
        assertThat(ask("OBJECT ENCODING long")).isEqualTo("$8 skiplist");
        assertThat(ask("ZCARD long")).isEqualTo(":2");
    }

    @Test
    void a_set_of_few_long_members_takes_little_beside_them() {
        for (int members : new int[] {1, 3, 10}) {
            for (int i = 0; i < members; i++) ask("ZADD z" + members + " " + i + " " + i + "x".repeat(100));
            assertThat(usage("z" + members)).isLessThan(400 + 180 * members);
        }
        for (int i = 0; i < 200; i++) ask("ZADD shrunk " + i + " " + i + "x".repeat(100));
        ask("ZREMRANGEBYRANK shrunk 0 -4");
        assertThat(usage("shrunk")).isLessThan(1000);
    }

    private int usage(String key) {
        return Integer.parseInt(ask("MEMORY USAGE " + key).substring(1));
    }

    @Test
    void a_large_set_can_be_copied_renamed_and_given_up() {
        for (int i = 0; i < 3000; i++) ask("ZADD z " + i % 50 + " m" + i);
        assertThat(ask("COPY z c")).isEqualTo(":1");
        assertThat(ask("RENAME z y")).isEqualTo("+OK");
        assertThat(ask("ZRANGE c 0 -1 WITHSCORES")).isEqualTo(ask("ZRANGE y 0 -1 WITHSCORES"));
        server.store().checkInvariants();
        ask("DEL y");
        assertThat(ask("ZCARD c")).isEqualTo(":3000");
    }

    @Test
    void zscan_shows_every_member_once() {
        for (int i = 0; i < 1000; i++) ask("ZADD z " + i + " m" + i);
        TreeSet<String> seen = new TreeSet<>();
        String cursor = "0";
        do {
            String[] words = server.run("ZSCAN", "z", cursor, "COUNT", "50").split("\r\n");
            cursor = words[2];
            for (int i = 5; i < words.length; i += 4)
                assertThat(seen.add(words[i])).isTrue();
        } while (!cursor.equals("0"));
        assertThat(seen).hasSize(1000);
    }

    @Test
    void zscan_of_a_small_set_shows_whole_scores_without_an_exponent() {
        ask("ZADD z 1e17 a 0.5 b 4611686018427387904 c 5e18 d -1e17 e");
        assertThat(ask("ZSCAN z 0"))
                .isEqualTo("*2 $1 0 *10 $1 e $19 -100000000000000000 $1 b $3 0.5 $1 a $18 100000000000000000"
                        + " $1 c $19 4611686018427387904 $1 d $5 5e+18");
        assertThat(ask("ZRANGE z -1 -1 WITHSCORES")).isEqualTo("*2 $1 d $5 5e+18");
        assertThat(ask("ZSCORE z a")).isEqualTo("$5 1e+17");

        ask("ZADD large 1e17 a 1 " + "b".repeat(65));
        assertThat(ask("ZSCAN large 0 MATCH a")).isEqualTo("*2 $1 0 *2 $1 a $5 1e+17");
    }

    @Test
    void random_members_are_all_different_unless_asked_for_with_a_minus() {
        ask("ZADD z 1 a 2 b 3 c");
        assertThat(ask("ZRANDMEMBER z 5")).isEqualTo("*3 $1 a $1 b $1 c");
        for (int i = 0; i < 300; i++) ask("ZADD many " + i + " m" + i);
        assertThat(new TreeSet<>(List.of(server.line("ZRANDMEMBER many 20").split("\r\n"))).tailSet("m"))
                .hasSize(20);
        assertThat(ask("ZRANDMEMBER z -5")).matches("\\*5( \\$1 [abc]){5}");
        assertThat(ask("ZRANDMEMBER z")).matches("\\$1 [abc]");
    }

    // ---- beside a model ----

    private record Element(double score, String member) {}

    private static final Comparator<Element> ORDER =
            Comparator.comparingDouble(Element::score).thenComparing(Element::member);

    @ParameterizedTest
    @CsvSource({"50, 128", "3000, 128", "3000, 0", "40, 20"})
    void any_mixture_of_changes_leaves_the_order_of_a_sorted_tree(int members, int smallEntries) {
        server.store().thresholds().zsetMaxListpackEntries = smallEntries;
        RandomRun.of(6000, (random, operations) -> {
            ask("DEL z");
            Map<String, Double> scores = new HashMap<>();
            TreeSet<Element> model = new TreeSet<>(ORDER);
            for (int i = 0; i < operations; i++) {
                if (random.below(100) == 0) removeSome(random, scores, model);
                else if (random.below(4) == 0) remove("m" + random.below(members), scores, model);
                else put("m" + random.below(members), random.below(200) / 8.0 - 5, scores, model);
                if (i % 500 == 499) compare(random, scores, model);
            }
            compare(random, scores, model);
        });
    }

    private void put(String member, double score, Map<String, Double> scores, TreeSet<Element> model) {
        ask("ZADD z " + score + " " + member);
        Double old = scores.put(member, score);
        if (old != null) model.remove(new Element(old, member));
        model.add(new Element(score, member));
    }

    private void remove(String member, Map<String, Double> scores, TreeSet<Element> model) {
        Double old = scores.remove(member);
        assertThat(ask("ZREM z " + member)).isEqualTo(old == null ? ":0" : ":1");
        if (old != null) model.remove(new Element(old, member));
    }

    private void removeSome(Randomness random, Map<String, Double> scores, TreeSet<Element> model) {
        int from = random.below(model.size() + 1);
        int to = from + random.below(200);
        List<Element> gone = List.copyOf(model).subList(from, Math.min(model.size(), to + 1));
        assertThat(ask("ZREMRANGEBYRANK z " + from + " " + to)).isEqualTo(":" + gone.size());
        for (Element e : new ArrayList<>(gone)) {
            model.remove(e);
            scores.remove(e.member());
        }
    }

    private void compare(Randomness random, Map<String, Double> scores, TreeSet<Element> model) {
        server.store().checkInvariants();
        List<Element> all = List.copyOf(model);
        StringBuilder expected = new StringBuilder("*" + all.size());
        for (Element e : all)
            expected.append(" $").append(e.member().length()).append(' ').append(e.member());
        assertThat(ask("ZRANGE z 0 -1")).isEqualTo(expected.toString());
        for (int i = 0; i < 20 && !all.isEmpty(); i++) {
            int rank = random.below(all.size());
            Element e = all.get(rank);
            assertThat(ask("ZRANK z " + e.member())).isEqualTo(":" + rank);
            assertThat(ask("ZCOUNT z -inf (" + e.score()))
                    .isEqualTo(":"
                            + all.stream().filter(x -> x.score() < e.score()).count());
        }
        assertThat(ask("ZCARD z")).isEqualTo(":" + scores.size());
    }

    // ---- the log ----

    @ParameterizedTest
    @MethodSource("encodings")
    void what_is_logged_makes_the_same_set_anew(String encoding, int protocol) {
        use(encoding, protocol);
        for (String line : List.of(
                "ZADD z 1 a 0.1 b 3 c",
                "ZINCRBY z 0.2 b",
                "ZADD z INCR 5 a",
                "BZPOPMIN z 0",
                "BZMPOP 0 1 z MAX",
                "ZADD z 1 q 2 r",
                "ZUNIONSTORE u 1 z WEIGHTS 0.3",
                "ZREMRANGEBYRANK z 0 0")) ask(line);
        TestServer other = new TestServer().speak(protocol);
        for (String line : server.logged()) other.replay(line.substring(2).split(" "));

        for (String key : List.of("z", "u")) {
            String range = "ZRANGE " + key + " 0 -1 WITHSCORES";
            assertThat(other.line(range)).isEqualTo(server.line(range));
        }
    }

    @Test
    void every_command_is_in_the_table() {
        for (Command command : ZsetCommands.values()) {
            assertThat(ask("COMMAND INFO " + command.spec().fullName())).startsWith("*1 *10 ");
        }
    }
}
