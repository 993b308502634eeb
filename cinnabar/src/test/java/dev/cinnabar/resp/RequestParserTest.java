package dev.cinnabar.resp;

import static dev.cinnabar.resp.RequestParser.Outcome.COMPLETE;
import static dev.cinnabar.resp.RequestParser.Outcome.DISCARDED;
import static dev.cinnabar.resp.RequestParser.Outcome.DISCARDING;
import static dev.cinnabar.resp.RequestParser.Outcome.EMPTY;
import static dev.cinnabar.resp.RequestParser.Outcome.ERROR;
import static dev.cinnabar.resp.RequestParser.Outcome.INCOMPLETE;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.cinnabar.resp.RequestParser.Outcome;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RequestParserTest {
    private static final byte[] NOISE = "noise".getBytes(StandardCharsets.ISO_8859_1);

    private final RequestLimits limits = new RequestLimits();
    private final RequestParser parser = new RequestParser(limits);

    RequestParserTest() {
        parser.authenticated(true);
    }

    // ---- whole requests ----

    @Test
    void a_request_of_counted_arguments_is_found_where_it_lies() {
        byte[] bytes = latin1("junk*3\r\n$3\r\nSET\r\n$5\r\nkey:1\r\n$0\r\n\r\nrest");

        assertThat(parser.parse(bytes, 4, bytes.length)).isEqualTo(COMPLETE);

        Request request = parser.request();
        assertThat(parser.consumed()).isEqualTo(bytes.length - 8);
        assertThat(request.argc()).isEqualTo(3);
        assertThat(request.array()).isSameAs(bytes);
        assertThat(request.offset(1)).isEqualTo(4 + 4 + 9 + 4);
        assertThat(request.length(1)).isEqualTo(5);
        assertThat(request.arg(0).toLatin1()).isEqualTo("SET");
        assertThat(request.arg(1).toLatin1()).isEqualTo("key:1");
        assertThat(request.arg(2).isEmpty()).isTrue();
        assertThat(request).hasToString("[SET, key:1, ]");
    }

    @Test
    void an_argument_may_hold_any_byte() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) all[i] = (byte) i;

        byte[] bytes = concat(latin1("*2\r\n$4\r\nECHO\r\n$256\r\n"), all, latin1("\r\n"));

        assertThat(parser.parse(bytes, 0, bytes.length)).isEqualTo(COMPLETE);
        assertThat(parser.request().arg(1).copy()).isEqualTo(all);
    }

    @Test
    void lengths_of_any_number_of_digits_are_read() {
        for (int length : new int[] {0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 16384, 99999, 100000, 1 << 20}) {
            byte[] bytes = latin1("*1\r\n$" + length + "\r\n" + "x".repeat(length) + "\r\n");

            assertThat(parser.parse(bytes, 0, bytes.length)).isEqualTo(COMPLETE);
            assertThat(parser.request().length(0)).isEqualTo(length);
            assertThat(parser.consumed()).isEqualTo(bytes.length);
        }
    }

    @Test
    void requests_of_any_number_of_arguments_are_read() {
        for (int argc : new int[] {1, 2, 9, 10, 11, 64, 99, 100, 1000, 1025, 100_000, 3}) {
            List<String> args = new ArrayList<>();
            for (int i = 0; i < argc; i++) args.add("a" + i);
            byte[] bytes = encode(args);

            assertThat(parser.parse(bytes, 0, bytes.length)).isEqualTo(COMPLETE);
            assertThat(texts(parser.request())).isEqualTo(args);
        }
    }

    @Test
    void an_announced_million_of_arguments_takes_no_memory_before_they_come() {
        byte[] bytes = latin1("*1000000\r\n$1\r\na\r\n");
        parser.parse(bytes, 0, bytes.length);
        parser.reset();
        long before = allocatedBytes();

        parser.parse(bytes, 0, bytes.length);

        assertThat(allocatedBytes() - before).isLessThan(10_000); // the measuring itself takes some
    }

    @Test
    void the_bytes_behind_an_argument_are_not_looked_at() {
        assertThat(all("*1\rX$4\rYPINGZZPING\r\n")).isEqualTo("[PING] [PING] ");
        assertThat(all("*1\r\n$4\r\nPINGxyPING\r\n")).isEqualTo("[PING] [PING] ");
    }

    @Test
    void requests_of_no_arguments_are_skipped() {
        assertThat(all("*0\r\n*-1\r\n*-17\r\n\r\n\n   \r\nPING\r\n")).isEqualTo("- - - - - - [PING] ");
        byte[] empty = latin1("*0\r\nPING\r\n");
        assertThat(parser.parse(empty, 0, empty.length)).isEqualTo(EMPTY);
        assertThat(parser.consumed()).isEqualTo(4);
    }

    @Test
    void windows_are_reused() {
        byte[] bytes = encode(List.of("GET", "k"));
        parser.parse(bytes, 0, bytes.length);
        Object window = parser.request().arg(1);

        parser.parse(bytes, 0, bytes.length);

        assertThat((Object) parser.request().arg(1)).isSameAs(window);
    }

    @Test
    void several_requests_can_be_held_at_once() {
        byte[] bytes = latin1("*1\r\n$1\r\na\r\n*2\r\n$1\r\nb\r\n$1\r\nc\r\n*3\r\n$1\r\nd\r\n");
        assertThat(parser.parse(bytes, 0, bytes.length)).isEqualTo(COMPLETE);
        int at = parser.consumed();
        Request first = parser.exchange(new Request());
        assertThat(parser.parse(bytes, at, bytes.length)).isEqualTo(COMPLETE);
        at += parser.consumed();
        Request second = parser.exchange(new Request());
        assertThat(parser.parse(bytes, at, bytes.length)).isEqualTo(INCOMPLETE);

        assertThat(texts(first)).containsExactly("a");
        assertThat(texts(second)).containsExactly("b", "c");
        assertThat(parser.isInline()).isFalse();
        assertThat(outcome("PING\r\n")).isEqualTo(COMPLETE);
        assertThat(parser.isInline()).isTrue();
    }

    @Test
    void requests_of_few_and_of_many_words_can_be_held_together_and_their_places_be_used_again() {
        Request[] places = new Request[16];
        for (int i = 0; i < places.length; i++) places[i] = new Request();
        for (int round = 0; round < 3; round++) {
            List<List<String>> sent = new ArrayList<>();
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < places.length; i++) {
                List<String> words = new ArrayList<>();
                int argc = new int[] {1, 3, 8, 9, 40}[(i + round) % 5];
                for (int k = 0; k < argc; k++) words.add("word " + k + " of " + i + " in round " + round);
                sent.add(words);
                all.append(new String(encode(words), StandardCharsets.ISO_8859_1));
            }
            byte[] bytes = latin1(all.toString());
            int at = 0;
            for (int i = 0; i < places.length; i++) {
                assertThat(parser.parse(bytes, at, bytes.length)).isEqualTo(COMPLETE);
                at += parser.consumed();
                places[i] = parser.exchange(places[i]);
            }
            for (int i = 0; i < places.length; i++) assertThat(texts(places[i])).isEqualTo(sent.get(i));
            assertThat(places).doesNotHaveDuplicates();
        }
    }

    // ---- inline ----

    @Test
    void a_typed_line_is_split_at_blanks() {
        assertThat(all("SET  key\tvalue \r\n")).isEqualTo("[SET, key, value] ");
        assertThat(all("PING\nPING\r\n")).isEqualTo("[PING] [PING] ");
        assertThat(all(" PING\r\r\n")).isEqualTo("[PING] ");
        assertThat(all("PING a\rb\r\n")).isEqualTo("[PING, a, b] ");
        assertThat(all("PING \u000bab\u000cc\r\n")).isEqualTo("[PING, ab\u000cc] ");
    }

    @Test
    void quotes_in_a_typed_line_work_as_in_redis() {
        assertThat(all("PING \"a b\"\r\n")).isEqualTo("[PING, a b] ");
        assertThat(all("PING ''  \"\"\r\n")).isEqualTo("[PING, , ] ");
        assertThat(all("PING a\"b c\"\r\n")).isEqualTo("[PING, ab c] ");
        assertThat(all("PING \"\\x41\\n\\r\\t\\b\\a\\q\\\"\\\\\"\r\n")).isEqualTo("[PING, A\n\r\t\b\u0007q\"\\] ");
        assertThat(all("PING \"\\xZZ\\x4\"\r\n")).isEqualTo("[PING, xZZx4] ");
        assertThat(all("PING 'a\\'b\\n'\r\n")).isEqualTo("[PING, a'b\\n] ");
        assertThat(all("PING a\\x41\r\n")).isEqualTo("[PING, a\\x41] ");
    }

    @Test
    void a_typed_line_may_be_longer_than_what_is_waited_for() {
        String word = "a".repeat(70_000);
        assertThat(all("PING " + word + "\r\n")).isEqualTo("[PING, " + word + "] ");
    }

    // ---- errors, word for word as redis-server 7.0.15 answers ----

    @Test
    void a_count_that_is_none_is_refused() {
        for (String count : List.of("2147483648", "abc", "-9999999999999999999", "+1", "01", "", " 1", "1 ", "1a")) {
            assertThat(error("*" + count + "\r\n$4\r\nPING\r\n")).isEqualTo("invalid multibulk length");
        }
        assertThat(outcome("*2147483647\r\n")).isEqualTo(INCOMPLETE);
    }

    @Test
    void a_length_that_is_none_is_refused() {
        for (String length : List.of("-1", "abc", "04", "", "+4", "4 ", "99999999999999999999")) {
            assertThat(error("*1\r\n$" + length + "\r\nPING\r\n")).isEqualTo("invalid bulk length");
        }
    }

    @Test
    void an_argument_longer_than_the_limit_is_refused_before_it_comes() {
        assertThat(error("*1\r\n$536870913\r\n")).isEqualTo("invalid bulk length");
        assertThat(outcome("*1\r\n$536870912\r\n")).isEqualTo(INCOMPLETE);
        limits.maxBulkLength(1000);
        assertThat(error("*1\r\n$1001\r\n")).isEqualTo("invalid bulk length");
        assertThat(outcome("*1\r\n$1000\r\n")).isEqualTo(INCOMPLETE);
        limits.maxBulkLength(Long.MAX_VALUE);
        assertThat(error("*1\r\n$2147483648\r\n")).isEqualTo("invalid bulk length");
    }

    @Test
    void something_else_than_an_argument_is_refused_and_named() {
        assertThat(error("*1\r\nX4\r\n")).isEqualTo("expected '$', got 'X'");
        assertThat(error("*1\r\n:4\r\nPING\r\n")).isEqualTo("expected '$', got ':'");
        assertThat(error("*1\r\n\r\n")).isEqualTo("expected '$', got ' '");
        assertThat(error("*1\r\n\u00ff\r\n")).isEqualTo("expected '$', got '\u00ff'");
        assertThat(outcome("*1\r\nX4")).isEqualTo(INCOMPLETE);
    }

    @Test
    void lines_without_an_end_are_refused_at_64_kib() {
        assertThat(outcome("*" + "1".repeat(65535))).isEqualTo(INCOMPLETE);
        assertThat(error("*" + "1".repeat(65536))).isEqualTo("too big mbulk count string");
        assertThat(outcome("*1\r\n$" + "1".repeat(65535))).isEqualTo(INCOMPLETE);
        assertThat(error("*1\r\n$" + "1".repeat(65536))).isEqualTo("too big bulk count string");
        assertThat(outcome("a".repeat(65536))).isEqualTo(INCOMPLETE);
        assertThat(error("a".repeat(65537))).isEqualTo("too big inline request");
    }

    @Test
    void behind_a_nul_no_line_ends() {
        String lines = ("A".repeat(1024) + "\r\n").repeat(70);
        assertThat(outcome("\0PING\r\n")).isEqualTo(INCOMPLETE);
        assertThat(outcome("PING \"a\0\"\r\n")).isEqualTo(INCOMPLETE);
        assertThat(error("\0" + lines)).isEqualTo("too big inline request");
        assertThat(error("*\0" + lines)).isEqualTo("too big mbulk count string");
        assertThat(error("*1\r\n$\0" + lines)).isEqualTo("too big bulk count string");
    }

    @Test
    void quotes_that_do_not_match_are_refused() {
        for (String args : List.of("\"a", "'a", "\"a\"b", "'a'b", "a'b'c", "\"a\\", "\"a\\\"", "'a\\'")) {
            assertThat(error("PING " + args + "\r\n")).isEqualTo("unbalanced quotes in request");
        }
    }

    @Test
    void strangers_may_only_say_little() {
        parser.authenticated(false);
        assertThat(error("*11\r\n$4\r\nPING\r\n")).isEqualTo("unauthenticated multibulk length");
        assertThat(outcome("*10\r\n$4\r\nPING\r\n")).isEqualTo(INCOMPLETE);
        assertThat(error("*1\r\n$16385\r\n")).isEqualTo("unauthenticated bulk length");
        assertThat(outcome("*1\r\n$16384\r\n")).isEqualTo(INCOMPLETE);
        assertThat(all("*1\r\n$4\r\nPING\r\n")).isEqualTo("[PING] ");
    }

    @Test
    void an_error_uses_nothing_up_and_reset_starts_anew() {
        byte[] wrong = latin1("*1\r\n$x\r\n");
        assertThat(parser.parse(wrong, 0, wrong.length)).isEqualTo(ERROR);
        assertThat(parser.consumed()).isZero();

        parser.reset();

        assertThat(all("*1\r\n$4\r\nPING\r\n")).isEqualTo("[PING] ");
    }

    // ---- pieces ----

    @Test
    void every_split_of_a_pipeline_gives_the_same_requests() {
        String pipeline =
                "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nhello\r\nworld\r\nPING\r\n*0\r\n\r\n*1\r\n$4\r\nPING\r\n"
                        + "ECHO \"a\\x41 b\" 'c'\n*12\r\n" + "$2\r\nab\r\n".repeat(11) + "$100\r\n" + "y".repeat(100)
                        + "\r\n"
                        + "*2\r\n$3\r\nGET\r\n$0\r\n\r\n";
        String expected = all(pipeline);
        assertThat(expected).contains("[SET, k, hello\r\nworld] ").contains("[ECHO, aA b, c]");

        byte[] bytes = latin1(pipeline);
        for (int i = 0; i <= bytes.length; i++) {
            for (int j = i; j <= bytes.length; j++) {
                assertThat(inPieces(bytes, i, j, bytes.length)).isEqualTo(expected);
            }
        }
        int[] each = new int[bytes.length];
        for (int i = 0; i < each.length; i++) each[i] = i + 1;
        assertThat(inPieces(bytes, each)).isEqualTo(expected);
    }

    @Test
    void every_error_is_the_same_however_the_bytes_come() {
        for (String wrong : List.of(
                "*1\r\n$-1\r\n",
                "*x\r\n",
                "*2\r\n$1\r\na\r\n?\r\n",
                "PING 'a\r\n",
                "*1\r\n$16777216000\r\n",
                "*999999999999\r\n")) {
            String expected = all(wrong);
            assertThat(expected).contains("Protocol error");
            byte[] bytes = latin1(wrong);
            for (int i = 0; i <= bytes.length; i++) {
                assertThat(inPieces(bytes, i, bytes.length)).isEqualTo(expected);
            }
        }
    }

    @Test
    void it_tells_how_much_an_argument_still_needs() {
        byte[] bytes = latin1("*2\r\n$3\r\nSET\r\n$1000\r\nabc");
        parser.parse(bytes, 0, bytes.length);
        assertThat(parser.missing()).isEqualTo(999);

        byte[] line = latin1("*2\r\n$3\r\nSET\r\n$1000\r");
        parser.reset();
        parser.parse(line, 0, line.length);
        assertThat(parser.missing()).isZero();
    }

    @Test
    void no_byte_of_a_slow_line_is_looked_at_twice() {
        byte[] bytes = new byte[60_000];
        for (int to = 1; to <= bytes.length; to++) {
            bytes[to - 1] = 'a';
            assertThat(parser.parse(bytes, 0, to) == INCOMPLETE).isTrue();
            bytes[to - 1] = '\n'; // who looks at it again finds the end of a line here
        }
    }

    // ---- anything ----

    @Test
    void random_bytes_never_throw_and_never_loop() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String[] words = {
            "*", "$", "\r\n", "1", "2", "10", "-", "\"", "'", "\\x", " ", "PING", "\0", "\n", "99999", "\u00ff"
        };
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(30); i >= 0; i--) text.append(words[random.nextInt(words.length)]);
            byte[] bytes = latin1(text.toString());
            int cut = random.nextInt(bytes.length + 1);
            String whole = all(text.toString());
            assertThat(inPieces(bytes, cut, bytes.length)).as("seed " + seed).isEqualTo(whole);
        }
    }

    // ---- giving up ----

    @Test
    void a_request_can_be_given_up_at_any_point_of_its_arguments_and_the_next_one_is_found() {
        byte[] request = latin1("*3\r\n$3\r\nSET\r\n$5\r\nkey:1\r\n$300\r\n" + "v".repeat(300) + "\r\n");
        byte[] bytes = concat(request, latin1("*1\r\n$4\r\nPING\r\n"));
        for (int cut = 4; cut < request.length; cut++) {
            for (int step : new int[] {1, 2, 3, 7, 1000}) {
                parser.reset();
                assertThat(parser.parse(bytes, 0, cut)).isEqualTo(INCOMPLETE);
                assertThat(parser.startDiscarding()).isTrue();
                assertThat(discardAll(bytes, cut, step)).isEqualTo(request.length);
                assertThat(parser.parse(bytes, request.length, bytes.length)).isEqualTo(COMPLETE);
                assertThat(texts(parser.request())).containsExactly("PING");
            }
        }
    }

    @Test
    void what_is_wrong_in_a_request_that_is_given_up_is_still_wrong() {
        byte[] bytes = latin1("*2\r\n$3\r\nSET\r\n$x\r\n");
        parser.parse(bytes, 0, 8);
        parser.startDiscarding();
        assertThat(parser.parse(bytes, 0, bytes.length)).isEqualTo(ERROR);
        assertThat(latin1(parser.error())).isEqualTo("Protocol error: invalid bulk length");
    }

    @Test
    void only_a_request_that_has_begun_can_be_given_up() {
        assertThat(parser.startDiscarding()).isFalse();
        byte[] line = latin1("PING");
        parser.parse(line, 0, line.length);
        assertThat(parser.startDiscarding()).isFalse();
    }

    // ---- garbage ----

    @Test
    void parsing_allocates_nothing() {
        byte[] bytes = latin1("*3\r\n$3\r\nSET\r\n$5\r\nkey:1\r\n$32\r\n" + "v".repeat(32)
                + "\r\n*2\r\n$3\r\nGET\r\n$5\r\nkey:1\r\n"
                + "*21\r\n$4\r\nMSET\r\n" + "$6\r\nkey:17\r\n$110\r\n".repeat(1).repeat(1) + "v".repeat(110) + "\r\n"
                + "$1\r\nx\r\n".repeat(18));
        for (int i = 0; i < 20_000; i++) parseAll(bytes);
        long before = allocatedBytes();

        for (int i = 0; i < 10_000; i++) parseAll(bytes);

        assertThat(allocatedBytes() - before).isLessThan(10_000); // the measuring itself takes some
    }

    private int parseAll(byte[] bytes) {
        int sum = 0;
        for (int at = 0; at < bytes.length; at += parser.consumed()) {
            if (parser.parse(bytes, at, bytes.length) != COMPLETE) throw new AssertionError();
            sum += parser.request().arg(parser.request().argc() - 1).length();
        }
        return sum;
    }

    private static long allocatedBytes() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    // ---- helpers ----

    private Outcome outcome(String text) {
        parser.reset();
        byte[] bytes = latin1(text);
        return parser.parse(bytes, 0, bytes.length);
    }

    private String error(String text) {
        assertThat(outcome(text)).isEqualTo(ERROR);
        String error = latin1(parser.error());
        assertThat(error).startsWith("Protocol error: ");
        return error.substring("Protocol error: ".length());
    }

    /// Everything a fresh parser finds: requests in brackets, `-` for nothing, an error at the end.
    private String all(String text) {
        byte[] bytes = latin1(text);
        return inPieces(bytes, bytes.length);
    }

    /// The same, with the bytes up to each cut shown before the next ones are there, in an array of their own
    /// each time.
    private String inPieces(byte[] bytes, int... cuts) {
        parser.reset();
        StringBuilder found = new StringBuilder();
        int at = 0;
        for (int cut : cuts) {
            while (true) {
                byte[] shown = concat(NOISE, Arrays.copyOfRange(bytes, at, cut), NOISE);
                Outcome outcome = parser.parse(shown, NOISE.length, shown.length - NOISE.length);
                if (outcome == INCOMPLETE) break;
                if (outcome == ERROR)
                    return found.append(latin1(parser.error())).toString();
                found.append(outcome == COMPLETE ? texts(parser.request()) : "-")
                        .append(' ');
                assertThat(parser.consumed()).isPositive();
                at += parser.consumed();
            }
        }
        return found.toString();
    }

    private int discardAll(byte[] bytes, int cut, int step) {
        int at = 0;
        int to = cut;
        while (true) {
            Outcome outcome = parser.parse(bytes, at, to);
            at += parser.consumed();
            if (outcome == DISCARDED) return at;
            assertThat(outcome).isIn(DISCARDING, INCOMPLETE);
            if (outcome == INCOMPLETE || at == to) to = Math.min(bytes.length, to + step);
        }
    }

    private static List<String> texts(Request request) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < request.argc(); i++) texts.add(request.arg(i).toLatin1());
        return texts;
    }

    private static byte[] encode(List<String> args) {
        StringBuilder text = new StringBuilder("*" + args.size() + "\r\n");
        for (String arg : args)
            text.append('$').append(arg.length()).append("\r\n").append(arg).append("\r\n");
        return latin1(text.toString());
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] concat(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) length += part.length;
        byte[] whole = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        return whole;
    }
}
