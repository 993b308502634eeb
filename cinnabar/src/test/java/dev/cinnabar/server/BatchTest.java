package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.Garbage;
import dev.cinnabar.resp.RequestLimits;
import dev.cinnabar.resp.RequestParser;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// Nothing of a request that has run is kept, whatever its size and whoever it came from.
class BatchTest {
    private final RequestParser parser = new RequestParser(new RequestLimits());
    private final Batch batch = new Batch();

    BatchTest() {
        parser.authenticated(true);
    }

    private void runThrough(byte[] bytes) {
        batch.count = 0;
        int from = 0;
        while (from < bytes.length && parser.parse(bytes, from, bytes.length) == RequestParser.Outcome.COMPLETE) {
            from += parser.consumed();
            batch.add(parser, from);
        }
        if (batch.count == 0) throw new AssertionError("no request was found");
        for (int i = 0; i < batch.count; i++) batch.words(i);
        batch.letGo();
        parser.letGo();
    }

    @Test
    void the_bytes_of_a_request_are_anybodys_when_it_has_run() {
        String set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n" + "v".repeat(100_000) + "\r\n";
        for (String text : new String[] {set, set.repeat(5), "a".repeat(60_000) + "\r\n", many(5000)}) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            WeakReference<byte[]> alive = new WeakReference<>(bytes);
            runThrough(bytes);
            bytes = null;
            for (int i = 0; i < 50 && alive.get() != null; i++) System.gc();
            assertThat(alive.get()).as("%d characters", text.length()).isNull();
        }
    }

    @Test
    void large_requests_leave_no_large_lists_behind() {
        runThrough(many(100_000).getBytes(StandardCharsets.US_ASCII));
        runThrough(("a".repeat(60_000) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        assertThat(Garbage.ofOneRun(() -> runThrough(many(200).getBytes(StandardCharsets.US_ASCII))))
                .as("windows that are made anew")
                .isGreaterThan(1000);
        assertThat(batch.words(0)).hasSizeLessThan(1024);
    }

    @Test
    void small_requests_leave_nothing_to_the_collector() {
        byte[] bytes = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".repeat(10).getBytes(StandardCharsets.US_ASCII);
        assertThat(Garbage.of(() -> runThrough(bytes))).isZero();
    }

    private static String many(int words) {
        return "*" + words + "\r\n" + "$1\r\nx\r\n".repeat(words);
    }
}
