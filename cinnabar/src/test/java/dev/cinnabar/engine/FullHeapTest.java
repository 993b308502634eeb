package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.memory.Budget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is refused because the heap is full leaves nothing behind, wherever in its course it meets the end.
class FullHeapTest {
    private static final String LONG = "x".repeat(70_000); // in a block of its own, which the budget is asked for
    private static final int STEP = 1000; // bytes; less than what is asked for at a time

    private final TestServer server = new TestServer(64 << 20);
    private final Budget budget = server.store().pages().budget();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HSET k f LONG",
                "HSET k LONG v",
                "HSETNX k f LONG",
                "HINCRBY k LONG 1",
                "HINCRBYFLOAT k LONG 1.5",
                "HSETEX k EX 100 FIELDS 1 f LONG",
                "ZADD k 1 LONG",
                "ZINCRBY k 1 LONG",
                "SADD k LONG",
                "LPUSH k LONG",
                "RPUSH k LONG"
            })
    void a_key_that_was_not_there_is_not_there_after_a_refusal(String line) {
        String[] words = words(line);
        String reply = "";
        int refused = 0;
        for (int left = 0; !reply.startsWith(":") && !reply.startsWith("$"); left += STEP) {
            reply = runWithin(left, words);
            if (!reply.startsWith("-OOM")) continue;
            refused++;
            assertThat(server.line("EXISTS k")).as(left + " bytes left").isEqualTo(":0\r\n");
            assertThat(server.logged()).isEmpty();
            server.store().checkInvariants();
        }
        assertThat(refused).isGreaterThan(LONG.length() / STEP / 2);
        assertThat(server.line("EXISTS k")).isEqualTo(":1\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HSET k a 1 b 2|HSET k f LONG",
                "HSETEX k EX 100 FIELDS 2 a 1 b 2|HSET k a LONG",
                "ZADD k 1 a 2 b|ZADD k 3 LONG",
                "SADD k a b|SADD k LONG"
            })
    void a_small_collection_is_as_it_was_after_a_refusal_in_form_too(String lines) {
        String[] both = lines.split("\\|");
        server.line(both[0]);
        String[] words = words(both[1]);
        String before = server.line("DUMP k");
        String encoding = server.line("OBJECT ENCODING k");
        server.logged();
        String reply = "";
        for (int left = 0; !reply.startsWith(":"); left += STEP) {
            reply = runWithin(left, words);
            if (!reply.startsWith("-OOM")) continue;
            assertThat(server.line("DUMP k")).as(left + " bytes left").isEqualTo(before);
            assertThat(server.line("OBJECT ENCODING k")).isEqualTo(encoding);
            assertThat(server.logged()).isEmpty();
            server.store().checkInvariants();
        }
        server.store().checkInvariants();
    }

    @Test
    void a_member_whose_new_score_is_refused_stays_where_it_was() {
        server.store().thresholds().zsetMaxListpackEntries = 0;
        for (int i = 0; i < 66; i++) server.line("ZADD k " + i + " m" + i); // a full leaf, and one of two
        String before = server.line("ZRANGE k 0 -1 WITHSCORES");
        server.logged();
        String reply = "";
        int refused = 0;
        for (int left = 0; !reply.startsWith(":"); left += Long.BYTES) {
            reply = runWithin(left, "ZADD", "k", "10.5", "m65"); // into the full one
            if (!reply.startsWith("-OOM")) continue;
            refused++;
            assertThat(server.line("ZRANGE k 0 -1 WITHSCORES")).isEqualTo(before);
            assertThat(server.logged()).isEmpty();
            server.store().checkInvariants();
        }
        assertThat(refused).isPositive();
        assertThat(server.line("ZRANK k m65")).isEqualTo(":11\r\n");
        server.store().checkInvariants();
    }

    @Test
    void a_set_that_loses_most_members_loses_them_also_where_there_is_no_room_for_those_that_stay() {
        for (int i = 0; i < 400; i++) server.run("SADD", "k", i + LONG);
        server.run("SPOP", "k", "60"); // the next answer finds its room
        server.logged();

        String reply = runWithin(0, "SPOP", "k", "300");

        assertThat(reply).startsWith("*300\r\n").endsWith("x\r\n");
        assertThat(server.line("SCARD k")).isEqualTo(":40\r\n");
        assertThat(server.logged()).singleElement().asString().startsWith("0 SREM k ");
        server.store().checkInvariants();
    }

    private static String[] words(String line) {
        String[] words = line.split(" ");
        for (int i = 0; i < words.length; i++) if (words[i].equals("LONG")) words[i] = LONG;
        return words;
    }

    /// Runs a command while the budget has only so many bytes left.
    private String runWithin(long left, String... words) {
        long taken = budget.limit() - budget.reserved() - left;
        budget.force(taken);
        try {
            return server.run(words);
        } finally {
            budget.cancel(taken);
        }
    }
}
