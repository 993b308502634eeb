package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The promises of HyperLogLogs that a twin does not show: the log, events, memory, what happens to corrupt
/// ones. Counts and bytes are compared with a real server in `HyperLogLogTwinTest`.
class HyperLogLogCommandsTest {
    private static final String YES = ":1\r\n";
    private static final String NO = ":0\r\n";
    private static final String CORRUPT = "-INVALIDOBJ Corrupted HLL object detected\r\n";
    private static final String NO_HYPERLOGLOG = "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n";

    private final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    private void add(String key, int from, int to) {
        for (int i = from; i < to; ) {
            String[] words = new String[2 + Math.min(100, to - i)];
            words[0] = "PFADD";
            words[1] = key;
            for (int j = 2; j < words.length; j++) words[j] = "" + i++;
            server.run(words);
        }
    }

    private long count(String... keys) {
        return Long.parseLong(
                server.line("PFCOUNT " + String.join(" ", keys)).trim().substring(1));
    }

    @Test
    void counts_are_near_the_truth_and_unions_no_sums() {
        add("a", 0, 50_000);
        add("b", 25_000, 75_000);
        add("small", 0, 100);
        assertThat(count("a")).isBetween(48_000L, 52_000L);
        assertThat(count("a", "b")).isBetween(72_000L, 78_000L);
        assertThat(count("small")).isBetween(98L, 102L);
        assertThat(count("a", "small")).isEqualTo(count("a"));
        server.line("PFMERGE all a b small missing");
        assertThat(count("all")).isEqualTo(count("a", "b"));
        assertThat(server.line("PFDEBUG ENCODING all")).isEqualTo("+dense\r\n");
        assertThat(server.line("PFDEBUG ENCODING small")).isEqualTo("+sparse\r\n");
        assertThat(server.line("PFCOUNT missing")).isEqualTo(NO);
        assertThat(server.line("PFCOUNT missing none")).isEqualTo(NO);
    }

    @ParameterizedTest
    @ValueSource(ints = {50, 20_000})
    void what_changes_nothing_is_not_logged(int elements) {
        assertThat(server.line("PFADD k")).isEqualTo(YES);
        assertThat(server.line("PFADD k")).isEqualTo(NO);
        add("k", 0, elements);
        server.logged();
        assertThat(server.line("PFADD k 1 2 3")).isEqualTo(NO);
        assertThat(server.line("PFADD k")).isEqualTo(NO);
        assertThat(server.logged()).isEmpty();
        // the answer is remembered in the string, so the first of equal counts is a change
        String answer = server.line("PFCOUNT k");
        assertThat(server.line("PFCOUNT k")).isEqualTo(answer);
        assertThat(server.logged()).containsExactly("0 PFCOUNT k");
        assertThat(server.line("PFCOUNT k k")).isEqualTo(answer);
        server.line("PFADD k 1");
        assertThat(server.line("GETRANGE k 15 15")).isEqualTo("$1\r\n\0\r\n");
        assertThat(server.logged()).isEmpty();
        server.line("PFMERGE k");
        assertThat(server.line("GETRANGE k 15 15")).isEqualTo("$1\r\n\u0080\r\n");
        assertThat(server.logged()).containsExactly("0 PFMERGE k");
        server.line("PFDEBUG TODENSE k");
        server.line("PFDEBUG GETREG k");
        if (elements == 50) assertThat(server.logged()).containsExactly("0 PFDEBUG TODENSE k");
        else assertThat(server.logged()).isEmpty();
    }

    @Test
    void events_name_what_happened_and_a_count_is_told_to_nobody() {
        assertThat(server.events("PFADD", "k", "a")).containsExactly("0 $ pfadd k");
        assertThat(server.events("PFADD", "k", "a")).isEmpty();
        assertThat(server.events("PFCOUNT", "k")).containsExactly("0 $  k");
        assertThat(server.events("PFCOUNT", "k")).isEmpty();
        assertThat(server.events("PFMERGE", "other", "k")).containsExactly("0 $ pfadd other");
    }

    @Test
    void a_remembered_count_is_a_change_for_those_who_watch() {
        server.line("PFADD k a b c");
        server.line("WATCH k");
        server.line("PFCOUNT k");
        server.line("MULTI");
        server.line("PING");
        assertThat(server.line("EXEC")).isEqualTo("*-1\r\n");
    }

    @Test
    void the_expiry_stays() {
        server.line("PFADD k a");
        server.line("EXPIRE k 100");
        add("k", 0, 20_000);
        server.line("PFCOUNT k");
        server.line("PFMERGE k none");
        assertThat(server.line("TTL k")).isEqualTo(":100\r\n");
    }

    // ---- strings that are none, or damaged ones ----

    @Test
    void other_strings_and_types_are_refused() {
        server.line("SET number 12345");
        server.line("SET text some-longer-text-than-a-head");
        server.line("SADD set a");
        for (String key : new String[] {"number", "text"}) {
            assertThat(server.line("PFADD " + key + " a")).isEqualTo(NO_HYPERLOGLOG);
            assertThat(server.line("PFADD " + key)).isEqualTo(NO_HYPERLOGLOG);
            assertThat(server.line("PFCOUNT " + key)).isEqualTo(NO_HYPERLOGLOG);
            assertThat(server.line("PFCOUNT none " + key)).isEqualTo(NO_HYPERLOGLOG);
            assertThat(server.line("PFMERGE to " + key)).isEqualTo(NO_HYPERLOGLOG);
            assertThat(server.line("PFMERGE " + key)).isEqualTo(NO_HYPERLOGLOG);
            assertThat(server.line("PFDEBUG GETREG " + key)).isEqualTo(NO_HYPERLOGLOG);
        }
        for (String command : new String[] {"PFADD set a", "PFCOUNT set", "PFMERGE set", "PFMERGE to set"}) {
            assertThat(server.line(command)).startsWith("-WRONGTYPE Operation against");
        }
        assertThat(server.line("EXISTS to")).isEqualTo(NO);
    }

    @Test
    void corrupt_runs_are_refused_and_nothing_is_changed() {
        add("k", 0, 200);
        add("good", 0, 300);
        server.line("APPEND k hello");
        String before = server.line("GET k");
        server.logged();
        assertThat(server.line("PFCOUNT k")).isEqualTo(CORRUPT);
        assertThat(server.line("PFCOUNT good k")).isEqualTo(CORRUPT);
        assertThat(server.line("PFMERGE to good k")).isEqualTo(CORRUPT);
        assertThat(server.line("PFMERGE k good")).isEqualTo(CORRUPT);
        assertThat(server.line("PFDEBUG TODENSE k")).isEqualTo(CORRUPT);
        assertThat(server.line("PFDEBUG GETREG k")).isEqualTo(CORRUPT);
        assertThat(server.line("GET k")).isEqualTo(before);
        assertThat(server.line("EXISTS to")).isEqualTo(NO);
        assertThat(server.logged()).isEmpty();
    }

    /// In Redis the elements in front of the damage stay added, unlogged.
    @Test
    void elements_are_added_all_or_none_when_a_run_is_corrupt() {
        add("k", 0, 200);
        server.run("SET", "short", server.line("GETRANGE k 0 200").substring(6, 6 + 201));
        String before = server.line("GET short");
        server.logged();
        String[] words = new String[500];
        for (int i = 0; i < words.length; i++) words[i] = "new element " + i;
        words[0] = "PFADD";
        words[1] = "short";
        assertThat(server.run(words)).isEqualTo(CORRUPT);
        assertThat(server.line("GET short")).isEqualTo(before);
        assertThat(server.logged()).isEmpty();
    }

    @Test
    void the_inside_is_shown_to_those_who_test() {
        server.line("PFADD k a b c");
        assertThat(server.line("PFDEBUG DECODE k"))
                .isEqualTo("$44\r\nZ:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603\r\n");
        assertThat(server.line("PFDEBUG GETREG k")).startsWith("*16384\r\n").contains(":2\r\n");
        assertThat(server.line("PFDEBUG DECODE k")).isEqualTo("-ERR HLL encoding is not sparse\r\n");
        assertThat(server.line("PFDEBUG ENCODING none")).isEqualTo("-ERR The specified key does not exist\r\n");
        assertThat(server.line("PFDEBUG foo k")).isEqualTo("-ERR Unknown PFDEBUG subcommand 'foo'\r\n");
        assertThat(server.line("PFSELFTEST")).isEqualTo("+OK\r\n");
    }

    // ---- memory, images ----

    @Test
    void without_memory_nothing_changes() {
        TestServer small = new TestServer(12 << 20);
        small.line("PFADD k a b c");
        String before = small.line("GET k");
        int keys = 0;
        while (small.run("SET", "k" + keys, "v".repeat(20_000)).equals("+OK\r\n")) keys++;
        while (small.run("SET", "k" + keys, "v".repeat(200)).equals("+OK\r\n")) keys++;
        while (small.run("SET", "k" + keys, "v".repeat(12)).equals("+OK\r\n")) keys++;
        small.logged();
        assertThat(small.line("PFDEBUG TODENSE k")).startsWith("-OOM ");
        assertThat(small.line("GET k")).isEqualTo(before);
        int added = 0;
        String reply;
        do reply = small.line("PFADD k element" + added++);
        while (!reply.startsWith("-") && added < 100_000);
        assertThat(reply).startsWith("-OOM ");
        int made = 0;
        while (small.line("PFADD new" + made + " a b c").equals(YES)) made++;
        assertThat(small.line("PFADD new" + made + " a b c")).startsWith("-OOM ");
        assertThat(small.line("EXISTS new" + made)).isEqualTo(NO);
        String at = small.line("GET k");
        small.line("PFADD k element" + (added - 1));
        assertThat(small.line("GET k")).isEqualTo(at);
        small.store().checkInvariants();
    }

    @Test
    void an_image_holds_both_encodings() {
        add("sparse", 0, 100);
        add("dense", 0, 10_000);
        server.line("PFCOUNT dense");
        ListCommandsTest.assertReplays(server, "sparse", "dense");
    }

    @Test
    void who_reads_the_log_remembers_the_count_too() {
        try (Follower follower = new Follower(server)) {
            server.line("PFADD new a b c");
            server.line("PFCOUNT new");
            assertThat(follower.digest()).isEqualTo("+" + Digest.of(server.store()) + "\r\n");
        }
    }
}
