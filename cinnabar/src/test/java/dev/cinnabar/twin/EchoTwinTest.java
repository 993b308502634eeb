package dev.cinnabar.twin;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Errors that show what the client wrote show its bytes, cut where Redis cuts them: words need not be text.
class EchoTwinTest {
    /// Bytes, one char each.
    private static final List<String> WORDS = List.of(
            "nonsense",
            "",
            " ",
            "\u00ff",
            "f\u00ffoo",
            "two\r\nlines",
            "a\0b",
            "\0",
            "\u00e9".repeat(300),
            utf8("\u00e9").repeat(40),
            utf8("\u00e9").repeat(63) + "abc",
            utf8("\u20ac").repeat(100),
            "x".repeat(127) + utf8("\u00e9"),
            "y".repeat(130));

    private static String utf8(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /// What is sent, with a `?` for the strange word.
    private static final List<String> ERRORS = List.of(
            "?",
            "? b",
            "foo ?",
            "foo ? ? ? end",
            "config ?",
            "object ? key",
            "memory ? key",
            "slowlog ?",
            "latency ?",
            "pubsub ?",
            "client ?",
            "command ?",
            "xgroup ? s g",
            "xinfo ? s",
            "debug ?",
            "debug error ?",
            "slowlog get 1 ?",
            "client kill type ?",
            "client kill user ?",
            "client pause 1 ?",
            "client unblock 1 ?",
            "client reply ?",
            "client list type ?",
            "config set ? 1",
            "hello 3 ?",
            "latency graph ?",
            "pfdebug ? h",
            "expire s 1 ?",
            "xreadgroup group ? c streams s >",
            "xreadgroup group g c streams ? >",
            "xautoclaim ? g c 0 0",
            "xautoclaim s ? c 0 0",
            "xclaim s ? c 0 1-1",
            "xclaim s g c 0 1-1 ?",
            "xpending s ?",
            "xpending ? g",
            "xinfo consumers s ?",
            "xgroup setid s ? 0",
            "xgroup delconsumer s ? c",
            "xgroup createconsumer s ? c");

    @Test
    void the_bytes_of_the_client_are_shown_as_they_are(@TempDir Path directory) {
        try (Twin twin = new Twin(directory, "--enable-debug-command", "yes")) {
            twin.ours().engine().settings().debugCommand = "yes";
            twin.same("XADD", "s", "1-1", "field", "value");
            twin.same("XGROUP", "CREATE", "s", "g", "0");
            twin.same("PFADD", "h", "a");
            for (String error : ERRORS) for (String word : WORDS) twin.same(with(word, error));
        }
    }

    private static String[] with(String word, String line) {
        return Stream.of(line.split(" ")).map(w -> w.equals("?") ? word : w).toArray(String[]::new);
    }

    @Test
    void ends_of_a_range_of_scores_are_what_strtod_reads(@TempDir Path directory) {
        List<String> numbers =
                List.of("", "1", "+1", "-1", "2.5", "inf", "-inf", "nan", "0x2", "1e1", "1e400", "x", "(1");
        List<String> blanks = List.of("", " ", "\t", "\n", "\u000b", "\f", "\r", " \r\n", "\b", "\u00a0");
        List<String> ends = new ArrayList<>();
        for (String blank : blanks) {
            for (String number : numbers) ends.addAll(List.of(blank + number, number + blank, "(" + blank + number));
        }
        for (String number : numbers)
            ends.addAll(List.of(number + "\0", number + "\0x", " " + number + "\0 ", "\0" + number));
        try (Twin twin = new Twin(directory)) {
            twin.same("ZADD", "z", "-1", "a", "1", "b", "2", "c", "2.5", "d", "10", "e", "inf", "f");
            for (String end : ends) {
                twin.same("ZCOUNT", "z", end, "+inf");
                twin.same("ZRANGEBYSCORE", "z", "-inf", end);
                twin.same("ZREVRANGEBYSCORE", "z", end, "-inf");
                twin.same("ZRANGE", "z", end, "2", "BYSCORE");
                twin.same("ZRANGESTORE", "t", "z", end, "2", "BYSCORE");
                twin.same("ZADD", "t", end, "m"); // which is stricter
            }
            twin.same("ZREMRANGEBYSCORE", "z", " 1", "2\0");
            twin.same("ZRANGE", "z", "0", "-1", "WITHSCORES");
        }
    }
}
