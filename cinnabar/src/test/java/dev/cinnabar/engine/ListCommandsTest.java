package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of the list family that a twin does not show: encodings, the log, waiting, memory. Replies
/// are compared with a real server in `CollectionTwinTest`.
class ListCommandsTest {
    private final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    private String encoding(String key) {
        return server.run("OBJECT", "ENCODING", key).split("\r\n")[1];
    }

    private void push(String key, int elements) {
        for (int i = 0; i < elements; i++) server.run("RPUSH", key, "e" + i);
    }

    // ---- encodings ----

    @Test
    void a_list_leaves_its_record_when_a_node_is_full_and_comes_back_at_half_of_it() {
        server.store().thresholds().listMaxListpackSize = 10;
        push("l", 10);
        assertThat(encoding("l")).isEqualTo("listpack");
        push("l", 1);
        assertThat(encoding("l")).isEqualTo("quicklist");

        server.line("LPOP l 5");
        assertThat(encoding("l")).isEqualTo("quicklist");
        server.line("LTRIM l 0 4");
        assertThat(encoding("l")).isEqualTo("listpack");
    }

    @ParameterizedTest
    @CsvSource({
        "LTRIM l 0 9, 0 9", // the head stays
        "LTRIM l 0 2499, 0 2499",
        "LTRIM l -10 -1, 2990 2999", // the tail stays
        "LTRIM l 500 -1, 500 2999",
        "LTRIM l 1000 1009, 1000 1009", // the middle stays
        "LPOP l 2900, 2900 2999",
        "RPOP l 2900, 0 99"
    })
    void what_goes_of_a_long_list_is_freed_in_steps(String command, String staying) {
        server.store().thresholds().listMaxListpackSize = 3;
        for (int i = 1499; i >= 0; i--) server.run("LPUSH", "l", "e" + i);
        for (int i = 1500; i < 3000; i++) server.run("RPUSH", "l", "e" + i);
        String expected = server.line("LRANGE l " + staying);

        server.line(command);
        assertThat(server.line("LRANGE l 0 -1")).isEqualTo(expected);
        assertThat(server.store().garbageObjects()).isPositive();
        assertThat(server.store().stepGarbage()).isTrue();
        server.store().checkInvariants();

        server.store().freeGarbage();
        assertThat(server.store().valuesFreedLater()).isZero(); // it was part of one
        server.run("LPUSH", "l", "head");
        server.run("RPUSH", "l", "tail");
        assertThat(server.line("LRANGE l 1 -2")).isEqualTo(expected);
    }

    @Test
    void an_element_larger_than_a_node_has_a_node_of_its_own() {
        server.run("RPUSH", "l", "a", "x".repeat(9000), "b");
        assertThat(encoding("l")).isEqualTo("quicklist");
        server.run("LSET", "l", "1", "short");
        server.line("RPUSH l c");
        assertThat(server.line("LRANGE l 0 -1")).isEqualTo("*4\r\n$1\r\na\r\n$5\r\nshort\r\n$1\r\nb\r\n$1\r\nc\r\n");
    }

    @Test
    void ends_of_a_range_that_are_far_apart_make_an_empty_one() {
        push("l", 3);
        assertThat(server.line("LRANGE l " + Long.MAX_VALUE + " -256")).isEqualTo("*0\r\n");
        assertThat(server.line("LRANGE l " + Long.MIN_VALUE + " " + Long.MIN_VALUE))
                .isEqualTo("*0\r\n");
    }

    @Test
    void an_expiry_time_survives_the_change_of_form() {
        server.store().thresholds().listMaxListpackSize = 4;
        push("l", 4);
        server.line("EXPIRE l 100");
        push("l", 10);
        assertThat(server.line("TTL l")).isEqualTo(":100\r\n");
        server.line("LTRIM l 0 1");
        assertThat(encoding("l")).isEqualTo("listpack");
        assertThat(server.line("TTL l")).isEqualTo(":100\r\n");
    }

    // ---- the log ----

    @ParameterizedTest
    @ValueSource(ints = {3, 300})
    void pops_of_the_first_list_that_has_elements_are_logged_as_plain_pops(int elements) {
        server.store().thresholds().listMaxListpackSize = 50;
        push("l", elements);
        server.logged();

        server.line("BLPOP none l 0");
        server.line("LMPOP 2 none l RIGHT COUNT 1");
        server.line("BLMPOP 0 1 l LEFT COUNT 1000");

        assertThat(server.logged()).containsExactly("0 LPOP l", "0 RPOP l 1", "0 LPOP l " + (elements - 2));
        assertThat(server.line("EXISTS l")).isEqualTo(":0\r\n");
    }

    @Test
    void moves_that_may_wait_are_logged_as_plain_moves() {
        server.line("RPUSH a 1 2");
        server.logged();

        server.line("BLMOVE a b LEFT RIGHT 0");
        server.line("BRPOPLPUSH a b 0");

        assertThat(server.logged()).containsExactly("0 LMOVE a b LEFT RIGHT", "0 RPOPLPUSH a b");
    }

    @Test
    void commands_that_change_nothing_are_not_logged() {
        server.line("RPUSH l a");
        server.logged();

        for (String line : List.of(
                "LPUSHX none a",
                "LREM l 0 b",
                "LINSERT l BEFORE x y",
                "LPOP none",
                "LPOP l 0",
                "LSET l 5 x",
                "LMPOP 1 none LEFT",
                "RPOPLPUSH none l")) {
            server.line(line);
            assertThat(server.logged()).as(line).isEmpty();
        }
    }

    @Test
    void the_last_element_takes_the_key_with_it_and_tells_so() {
        server.line("RPUSH l a a");
        assertThat(server.events("LPOP", "l")).containsExactly("0 l lpop l");
        assertThat(server.events("LREM", "l", "0", "a")).containsExactly("0 l lrem l", "0 g del l");
        server.line("RPUSH l a");
        assertThat(server.events("RPOPLPUSH", "l", "m")).containsExactly("0 l lpush m", "0 l rpop l", "0 g del l");
        assertThat(server.events("LTRIM", "m", "5", "9")).containsExactly("0 l ltrim m", "0 g del m");
    }

    @Test
    void an_image_has_all_elements_in_order_sixty_four_a_command() {
        server.store().thresholds().listMaxListpackSize = 20;
        push("large", 200);
        server.line("RPUSH small a 1 b");

        List<String> commands = image(server);
        assertThat(commands.stream().filter(c -> c.startsWith("*") && c.contains("large")))
                .hasSize(4);
        assertReplays(server, "large", "small");
    }

    /// The commands of the image of a server's data.
    static List<String> image(TestServer server) {
        LogSnapshot snapshot = new LogSnapshot(server.engine());
        ByteBuilder out = new ByteBuilder();
        snapshot.tryBegin(() -> {});
        while (snapshot.next(out)) continue;
        String text = new String(out.copy(), StandardCharsets.ISO_8859_1);
        List<String> commands = new ArrayList<>();
        for (String command : text.split("(?=\\*\\d+\r\n)")) if (!command.isEmpty()) commands.add(command);
        return commands;
    }

    /// Replays the image in a new server and compares keys by their fingerprints.
    static void assertReplays(TestServer server, String... keys) {
        TestServer other = new TestServer();
        for (String command : image(server)) {
            String[] lines = command.split("\r\n", -1);
            List<String> words = new ArrayList<>();
            for (int i = 2; i < lines.length; i += 2) words.add(lines[i]);
            other.run(words.toArray(String[]::new));
        }
        for (String key : keys) {
            assertThat(Digest.ofValue(other.store().database(0), Bytes.of(key)))
                    .isEqualTo(Digest.ofValue(server.store().database(0), Bytes.of(key)));
        }
        other.store().checkInvariants();
    }

    // ---- moving many ----

    private String ask(String line) {
        return server.line(line).replace("\r\n", " ").trim();
    }

    /// Words of a reply, or of a list, without its lengths.
    private String words(String line) {
        return ask(line).replaceAll("[*$]\\d+ ?", "").trim();
    }

    private static List<String> elements(int from, int to) {
        List<String> elements = new ArrayList<>();
        for (int i = from; i < to; i++) elements.add("e" + i);
        return elements;
    }

    /// Small lists and large ones; three elements and three nodes of them.
    @ParameterizedTest
    @ValueSource(ints = {3, 30})
    void many_elements_arrive_one_by_one_or_as_they_lay(int count) {
        server.store().thresholds().listMaxListpackSize = 10;
        int size = count + 1;
        for (String from : List.of("LEFT", "RIGHT")) {
            for (String to : List.of("LEFT", "RIGHT")) {
                for (String order : List.of("OBO", "BULK")) {
                    server.line("DEL a b");
                    push("a", size);
                    server.line("RPUSH b x");
                    List<String> moved = from.equals("LEFT") ? elements(0, count) : elements(1, size);
                    if (order.equals("OBO") && from.equals(to)) Collections.reverse(moved);
                    String inOrder = String.join(" ", moved);

                    String line = "LMOVEM a b " + from + " " + to + " COUNT " + count + " " + order;
                    assertThat(words(line)).as(line).isEqualTo(inOrder);
                    assertThat(words("LRANGE b 0 -1"))
                            .as(line)
                            .isEqualTo(to.equals("LEFT") ? inOrder + " x" : "x " + inOrder);
                    assertThat(words("LRANGE a 0 -1")).as(line).isEqualTo(from.equals("LEFT") ? "e" + count : "e0");
                    server.store().checkInvariants();
                }
            }
        }
        assertThat(encoding("b")).isEqualTo(count == 3 ? "listpack" : "quicklist");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 40})
    void many_elements_moved_within_a_list_are_rotated_reversed_or_left(int size) {
        server.store().thresholds().listMaxListpackSize = 10;
        push("l", size);
        server.line("EXPIRE l 100");
        String before = words("LRANGE l 0 -1");

        server.line("LMOVEM l l LEFT LEFT COUNT 3 BULK");
        server.line("LMOVEM l l RIGHT RIGHT COUNT 3 BULK");
        assertThat(words("LRANGE l 0 -1")).isEqualTo(before);
        assertThat(words("LMOVEM l l LEFT LEFT EXACTLY 2 OBO")).isEqualTo("e1 e0");
        assertThat(words("LRANGE l 0 2")).isEqualTo("e1 e0 e2");
        server.line("LMOVEM l l LEFT LEFT EXACTLY 2 OBO");

        List<String> rotated = elements(3, size);
        rotated.addAll(elements(0, 3));
        for (String order : List.of("OBO", "BULK")) {
            assertThat(words("LMOVEM l l LEFT RIGHT COUNT 3 " + order)).isEqualTo("e0 e1 e2");
            assertThat(words("LRANGE l 0 -1")).isEqualTo(String.join(" ", rotated));
            assertThat(words("LMOVEM l l RIGHT LEFT COUNT 3 " + order)).isEqualTo("e0 e1 e2");
            assertThat(words("LRANGE l 0 -1")).isEqualTo(before);
        }

        server.line("LMOVEM l l RIGHT RIGHT COUNT 1000 OBO");
        List<String> reversed = elements(0, size);
        Collections.reverse(reversed);
        assertThat(words("LRANGE l 0 -1")).isEqualTo(String.join(" ", reversed));
        assertThat(server.line("TTL l")).isEqualTo(":100\r\n");
    }

    @Test
    void without_a_number_one_element_is_moved_and_answered_as_an_array() {
        server.line("RPUSH a 1 2");
        assertThat(ask("LMOVEM a b RIGHT LEFT")).isEqualTo("*1 $1 2");
        assertThat(ask("BLMOVEM a b LEFT LEFT 0")).isEqualTo("*1 $1 1");
        assertThat(ask("LRANGE b 0 -1")).isEqualTo("*2 $1 1 $1 2");
        assertThat(ask("LMOVEM a b LEFT LEFT")).isEqualTo("*-1");
    }

    @Test
    void too_few_elements_are_all_that_is_moved_with_count_and_too_few_with_exactly() {
        server.line("RPUSH a 1 2 3");
        assertThat(ask("LMOVEM a b LEFT LEFT EXACTLY 4 BULK")).isEqualTo("*-1");
        assertThat(ask("LMOVEM none b LEFT LEFT EXACTLY 1 BULK")).isEqualTo("*-1");
        assertThat(ask("LMOVEM none b LEFT LEFT COUNT 1 BULK")).isEqualTo("*-1");
        assertThat(ask("EXISTS b")).isEqualTo(":0");
        server.speak(3);
        assertThat(ask("LMOVEM a b LEFT LEFT EXACTLY 4 BULK")).isEqualTo("_");
        assertThat(ask("LMOVEM none b LEFT LEFT COUNT 1 BULK")).isEqualTo("_");
        assertThat(ask("LMOVEM a b LEFT LEFT COUNT 4 BULK")).isEqualTo("*3 $1 1 $1 2 $1 3");
        assertThat(ask("EXISTS a")).isEqualTo(":0");
    }

    @Test
    void words_of_lmovem_are_checked_before_anything_moves() {
        server.line("RPUSH a 1 2");
        server.line("SET text x");
        for (String end : List.of(
                "LEFT UP",
                "LEFT LEFT COUNT",
                "LEFT LEFT COUNT 1",
                "LEFT LEFT COUNT 1 x",
                "LEFT LEFT OBO COUNT 1",
                "LEFT LEFT COUNT 1 OBO BULK",
                "LEFT LEFT 1 COUNT OBO",
                "LEFT LEFT COUNT 1 EXACTLY 1 OBO")) {
            assertThat(ask("LMOVEM a b " + end)).as(end).isEqualTo("-ERR syntax error");
        }
        for (String number : List.of("0", "-1", "x", "9223372036854775808"))
            assertThat(ask("LMOVEM a b LEFT LEFT COUNT " + number + " OBO"))
                    .isEqualTo("-ERR count should be greater than 0");
        assertThat(ask("LMOVEM a b LEFT LEFT EXACTLY 0 OBO")).isEqualTo("-ERR count should be greater than 0");
        assertThat(ask("BLMOVEM a b LEFT LEFT x")).isEqualTo("-ERR timeout is not a float or out of range");
        assertThat(ask("BLMOVEM a b LEFT LEFT 0 COUNT 1")).isEqualTo("-ERR syntax error");
        assertThat(ask("LMOVEM a")).startsWith("-ERR wrong number of arguments for 'lmovem'");
        assertThat(ask("LMOVEM text b LEFT LEFT COUNT 1 OBO")).startsWith("-WRONGTYPE");
        assertThat(ask("LMOVEM a text LEFT LEFT COUNT 1 OBO")).startsWith("-WRONGTYPE");
        assertThat(ask("LRANGE a 0 -1")).isEqualTo("*2 $1 1 $1 2");
        assertThat(ask("EXISTS b")).isEqualTo(":0");
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 300})
    void moves_of_many_are_logged_so_that_the_replay_gives_the_same(int size) {
        server.store().thresholds().listMaxListpackSize = 50;
        push("a", size);
        List<String> lines = new ArrayList<>(server.logged());
        server.line("LMOVEM a b LEFT RIGHT");
        server.line("LMOVEM a b RIGHT LEFT EXACTLY 1000 BULK");
        server.line("BLMOVEM a b LEFT LEFT 0 COUNT 2 OBO");
        server.line("BLMOVEM a b RIGHT RIGHT 1.5");
        server.line("BLMOVEM a b LEFT LEFT 0 EXACTLY 1 BULK");
        server.line("LMOVEM a b RIGHT LEFT COUNT 1000 BULK");
        server.line("LMOVEM a b RIGHT LEFT COUNT 1000 BULK");
        List<String> moves = server.logged();
        assertThat(moves)
                .containsExactly(
                        "0 LMOVEM a b LEFT RIGHT",
                        "0 LMOVEM a b LEFT LEFT COUNT 2 OBO",
                        "0 LMOVEM a b RIGHT RIGHT",
                        "0 LMOVEM a b LEFT LEFT EXACTLY 1 BULK",
                        "0 LMOVEM a b RIGHT LEFT COUNT 1000 BULK");

        lines.addAll(moves);
        TestServer other = new TestServer();
        for (String line : lines) other.replay(line.substring(2).split(" "));
        assertThat(other.line("LRANGE b 0 -1")).isEqualTo(server.line("LRANGE b 0 -1"));
        assertThat(other.line("EXISTS a")).isEqualTo(":0\r\n");
        other.store().checkInvariants();
    }

    @Test
    void moves_of_many_tell_each_list_once() {
        server.line("RPUSH a 1 2 3 4");
        assertThat(server.events("LMOVEM", "a", "b", "LEFT", "RIGHT", "COUNT", "3", "OBO"))
                .containsExactly("0 l rpush b", "0 l lpop a");
        assertThat(server.events("LMOVEM", "a", "b", "RIGHT", "LEFT", "EXACTLY", "1", "BULK"))
                .containsExactly("0 l lpush b", "0 l rpop a", "0 g del a");
        assertThat(server.events("LMOVEM", "a", "b", "RIGHT", "LEFT", "COUNT", "9", "BULK"))
                .isEmpty();
        assertThat(server.events("LMOVEM", "b", "b", "LEFT", "LEFT", "COUNT", "9", "BULK"))
                .containsExactly("0 l lpush b", "0 l lpop b");
    }

    @Test
    void a_refused_move_of_many_leaves_both_lists_as_they_were() {
        TestServer small = new TestServer(16 << 20);
        String big = "x".repeat(1 << 20);
        for (int i = 0; i < 7; i++)
            assertThat(small.run("RPUSH", "a", big + i, "y" + i)).startsWith(":");
        for (String to : List.of("LEFT", "RIGHT")) {
            for (String target : List.of("b", "a")) {
                long used = small.store().pages().used();
                assertThat(small.line("LMOVEM a " + target + " LEFT " + to + " COUNT 1000 OBO"))
                        .startsWith("-OOM");
                assertThat(small.line("LLEN a")).isEqualTo(":14\r\n");
                assertThat(small.line("LINDEX a 1") + small.line("LINDEX a -1")).isEqualTo("$2\r\ny0\r\n$2\r\ny6\r\n");
                assertThat(small.line("EXISTS b")).isEqualTo(":0\r\n");
                assertThat(small.store().pages().used()).isLessThan(used + 1024); // the list of nodes may have grown
                small.store().checkInvariants();
            }
        }
    }

    // ---- memory ----

    @Test
    void a_refused_push_leaves_the_list_as_it_was() {
        TestServer small = new TestServer(16 << 20);
        String big = "x".repeat(1 << 20);
        String lastReply = "";
        int pushed = 0;
        while (pushed < 100 && !lastReply.startsWith("-")) {
            lastReply = small.run("RPUSH", "l", "a", big, "b");
            if (!lastReply.startsWith("-")) pushed++;
        }
        assertThat(lastReply).startsWith("-OOM");
        assertThat(small.line("LLEN l")).isEqualTo(":" + 3 * pushed + "\r\n");
        small.store().checkInvariants();
    }

    @Test
    void holes_between_nodes_are_closed() {
        for (int i = 0; i < 1000; i++) {
            for (int j = 0; j < 6; j++) server.run("RPUSH", "l" + i, "x".repeat(9000 + i), "y");
            server.run("SADD", "s" + i, "x".repeat(20_000), "y".repeat(10_000));
        }
        for (int i = 0; i < 1000; i++) if (i % 8 != 0) server.run("DEL", "l" + i, "s" + i);
        long before = server.store().pages().held();
        int steps = 0;
        while (server.store().step() && steps < 1_000_000) steps++;

        assertThat(server.store().pages().held()).isLessThan(before / 2);
        for (int i = 0; i < 1000; i += 8)
            assertThat(server.run("LLEN", "l" + i)).isEqualTo(":12\r\n");
    }

    // ---- waiting ----

    @Test
    void who_came_first_is_served_first_and_from_the_list_that_was_filled() {
        TestEngine engine = new TestEngine();
        TestClient first = engine.connect();
        TestClient second = engine.connect();
        TestClient other = engine.connect();
        assertThat(first.send("BLPOP a b 0")).isEmpty();
        assertThat(second.send("BRPOP b 0")).isEmpty();

        other.send("RPUSH b 1 2 3");

        assertThat(first.read()).isEqualTo("*2 $1 b $1 1");
        assertThat(second.read()).isEqualTo("*2 $1 b $1 3");
        assertThat(other.send("LRANGE b 0 -1")).isEqualTo("*1 $1 2");
    }

    @Test
    void databases_that_are_swapped_bring_what_somebody_waits_for() {
        TestEngine engine = new TestEngine();
        TestClient waiter = engine.connect();
        TestClient other = engine.connect();
        other.send("SELECT 1");
        other.send("RPUSH k hello");
        assertThat(waiter.send("BRPOP k 0")).isEmpty();

        other.send("SWAPDB 0 1");

        assertThat(waiter.read()).isEqualTo("*2 $1 k $5 hello");
    }

    @Test
    void a_fraction_of_a_second_is_waited_for() {
        TestEngine engine = new TestEngine();
        TestClient client = engine.connect();
        client.send("BLPOP a 0.25");
        engine.advance(Duration.ofMillis(249));
        assertThat(client.read()).isEmpty();
        engine.advance(Duration.ofMillis(1));
        assertThat(client.read()).isEqualTo("*-1");
    }

    @Test
    void a_move_fills_a_list_that_somebody_waits_for() {
        TestEngine engine = new TestEngine();
        TestClient mover = engine.connect();
        TestClient popper = engine.connect();
        mover.send("BLMOVE a b LEFT LEFT 0");
        popper.send("BLPOP b 0");
        engine.connect().send("RPUSH a v");
        assertThat(mover.read()).isEqualTo("$1 v");
        assertThat(popper.read()).isEqualTo("*2 $1 b $1 v");
    }

    @Test
    void a_waiting_move_fails_on_a_target_of_another_type_and_a_waiting_pop_waits_for_a_list() {
        TestEngine engine = new TestEngine();
        TestClient mover = engine.connect();
        TestClient popper = engine.connect();
        TestClient other = engine.connect();
        mover.send("BRPOPLPUSH a text 0");
        popper.send("BLPOP c 0");
        other.send("SET text x");
        other.send("SET c x");
        assertThat(popper.read()).isEmpty();

        other.send("RPUSH a v");
        assertThat(mover.read()).startsWith("-WRONGTYPE");
        assertThat(other.send("LLEN a")).isEqualTo(":1");
        other.send("DEL c");
        other.send("RPUSH c v");
        assertThat(popper.read()).isEqualTo("*2 $1 c $1 v");
    }

    @Test
    void who_wants_exactly_so_many_waits_until_there_are_enough() {
        TestEngine engine = new TestEngine();
        TestClient exact = engine.connect();
        TestClient any = engine.connect();
        TestClient other = engine.connect();
        assertThat(exact.send("BLMOVEM a b LEFT RIGHT 0 EXACTLY 3 BULK")).isEmpty();
        other.send("RPUSH a 1 2");
        assertThat(exact.read()).isEmpty();
        assertThat(any.send("BLMOVEM a c LEFT RIGHT 0 COUNT 3 BULK")).isEqualTo("*2 $1 1 $1 2");

        assertThat(any.send("BLMOVEM a c LEFT RIGHT 0 COUNT 3 BULK")).isEmpty();
        other.send("RPUSH a 3 4 5 6");
        assertThat(exact.read()).isEqualTo("*3 $1 3 $1 4 $1 5");
        assertThat(any.read()).isEqualTo("*1 $1 6");
        assertThat(other.send("LRANGE b 0 -1")).isEqualTo("*3 $1 3 $1 4 $1 5");
        assertThat(other.send("EXISTS a")).isEqualTo(":0");
    }

    @Test
    void who_waits_behind_one_that_wants_more_is_served_meanwhile() {
        TestEngine engine = new TestEngine();
        TestClient exact = engine.connect();
        TestClient popper = engine.connect();
        TestClient other = engine.connect();
        exact.send("BLMOVEM a b LEFT LEFT 0 EXACTLY 2 OBO");
        popper.send("BLPOP a 0");
        other.send("RPUSH a 1");
        assertThat(exact.read()).isEmpty();
        assertThat(popper.read()).isEqualTo("*2 $1 a $1 1");
        other.send("RPUSH a 2 3");
        assertThat(exact.read()).isEqualTo("*2 $1 3 $1 2");
    }

    @Test
    void moves_of_many_fill_lists_that_others_wait_for() {
        TestEngine engine = new TestEngine();
        TestClient first = engine.connect();
        TestClient second = engine.connect();
        first.send("BLMOVEM a b LEFT LEFT 0 EXACTLY 2 BULK");
        second.send("BLMOVEM b c RIGHT LEFT 0 EXACTLY 2 BULK");
        engine.connect().send("RPUSH a v w");
        assertThat(first.read()).isEqualTo("*2 $1 v $1 w");
        assertThat(second.read()).isEqualTo("*2 $1 v $1 w");
    }

    @Test
    void who_waits_for_many_is_answered_nil_when_the_time_is_over() {
        for (int version : List.of(2, 3)) {
            TestEngine engine = new TestEngine();
            TestClient client = engine.connect();
            client.send("HELLO " + version);
            client.send("BLMOVEM a b LEFT LEFT 0.25 EXACTLY 2 OBO");
            engine.connect().send("RPUSH a 1");
            engine.advance(Duration.ofMillis(249));
            assertThat(client.read()).isEmpty();
            engine.advance(Duration.ofMillis(1));
            assertThat(client.read()).isEqualTo(version == 2 ? "*-1" : "_");
            assertThat(client.send("LRANGE a 0 -1")).isEqualTo("*1 $1 1");
        }
    }

    @Test
    void where_nobody_can_wait_too_few_elements_are_nil() {
        server.line("RPUSH a 1");
        server.line("MULTI");
        server.line("BLMOVEM a b LEFT LEFT 0 EXACTLY 2 OBO");
        server.line("BLMOVEM none b LEFT LEFT 0 COUNT 2 OBO");
        server.line("BLMOVEM a b LEFT LEFT 0 COUNT 2 OBO");
        assertThat(ask("EXEC")).isEqualTo("*3 *-1 *-1 *1 $1 1");
    }

    @Test
    void a_waiting_move_of_many_fails_on_a_target_of_another_type() {
        TestEngine engine = new TestEngine();
        TestClient mover = engine.connect();
        TestClient other = engine.connect();
        mover.send("BLMOVEM a text LEFT LEFT 0 EXACTLY 2 OBO");
        other.send("SET text x");
        other.send("RPUSH a v");
        assertThat(mover.read()).isEmpty();
        other.send("RPUSH a w");
        assertThat(mover.read()).startsWith("-WRONGTYPE");
        assertThat(other.send("LLEN a")).isEqualTo(":2");
    }

    @Test
    void timeouts_are_checked() {
        assertThat(server.line("BLPOP l x")).isEqualTo("-ERR timeout is not a float or out of range\r\n");
        assertThat(server.line("BLPOP l -1")).isEqualTo("-ERR timeout is negative\r\n");
        assertThat(server.line("BLMPOP 1e300 1 l LEFT")).isEqualTo("-ERR timeout is out of range\r\n");
        assertThat(server.line("BLMOVE l m LEFT LEFT 0x7FFFFFFFFFFFFFFF"))
                .isEqualTo("-ERR timeout is out of range\r\n");
    }

    @Test
    void a_large_list_that_is_pushed_and_popped_in_front_keeps_its_order() {
        Deque<String> model = new ArrayDeque<>();
        for (int i = 0; i < 3000; i++) {
            server.run("LPUSH", "l", "element-" + i);
            model.addFirst("element-" + i);
            if (i % 7 == 3) assertThat(server.line("LPOP l")).contains(model.removeFirst());
            if (i % 11 == 5) {
                server.run("LSET", "l", "" + model.size() / 2, "element-" + i);
                List<String> all = new ArrayList<>(model);
                all.set(model.size() / 2, "element-" + i);
                model = new ArrayDeque<>(all);
            }
            if (i % 500 == 0) server.store().checkInvariants();
        }
        assertThat(encoding("l")).isEqualTo("quicklist");
        String reply = server.line("LRANGE l 0 -1");
        assertThat(reply.lines().filter(line -> line.startsWith("element")).toList())
                .isEqualTo(List.copyOf(model));

        server.line("LTRIM l 0 9");
        assertThat(encoding("l")).isEqualTo("listpack");
    }
}
