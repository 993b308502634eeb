package dev.cinnabar.twin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Payloads beside a real redis-server: what is dumped there is restored here, and the other way round.
class DumpTwinTest {
    private static final int COMMANDS = 6000;
    private static final int VALUES = 300;

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void dump_and_restore_answer_as_redis_does(int protocol, @TempDir Path directory) {
        try (Twin twin = new Twin(directory)) {
            twin.speak(protocol);
            twin.compare(Twin.seed(), COMMANDS, DumpMaker::next);
        }
    }

    @Test
    void values_go_there_and_back(@TempDir Path directory) {
        long seed = Twin.seed();
        Random r = new Random(seed);
        try (Twin twin = new Twin(directory, "--list-max-listpack-size", "-1", "--enable-debug-command", "yes")) {
            twin.ours().engine().settings().debugCommand = "yes";
            twin.theirs().raw("CONFIG", "SET", "proto-max-bulk-len", "1gb");
            for (int i = 0; i < VALUES; i++) {
                String what = "seed " + seed + ", value " + i;
                String[] words = value(r);
                twin.same(words);

                String theirs = payload(twin.theirs().raw("DUMP", "key"));
                assertThat(twin.ours().run("RESTORE", "copy", "0", theirs, "REPLACE"))
                        .as(what)
                        .isEqualTo("+OK\r\n");
                String ours = payload(twin.ours().run("DUMP", "copy"));
                assertThat(twin.theirs().raw("RESTORE", "copy", "0", ours, "REPLACE"))
                        .as(what)
                        .isEqualTo("+OK\r\n");

                String digest = twin.theirs().raw("DEBUG", "DIGEST-VALUE", "key");
                assertThat(digest).as(what).matches("\\*1\r\n[+][0-9a-f]{40}\r\n|\\*1\r\n\\$40\r\n[0-9a-f]{40}\r\n");
                assertThat(twin.theirs().raw("DEBUG", "DIGEST-VALUE", "copy"))
                        .as(what)
                        .isEqualTo(digest);
                assertThat(twin.ours().run("DEBUG", "DIGEST-VALUE", "copy"))
                        .as(what)
                        .isEqualTo(digest);
                assertThat(twin.ours().run("DEBUG", "DIGEST-VALUE", "key"))
                        .as(what)
                        .isEqualTo(digest);
                // as theirs alone would, which may be smaller than the key that it was: a long element may have gone since
                twin.theirs().raw("RESTORE", "theirs", "0", theirs, "REPLACE");
                assertThat(twin.theirs().raw("OBJECT", "ENCODING", "copy"))
                        .as(what)
                        .isEqualTo(twin.theirs().raw("OBJECT", "ENCODING", "theirs"));
                twin.same("DEL", "key");
            }
            twin.ours().store().checkInvariants();
        }
    }

    /// Where the length at the end of an entry takes one byte more.
    @Test
    void elements_of_the_lengths_at_which_a_listpack_changes_go_there_and_back(@TempDir Path directory) {
        try (Twin twin = new Twin(directory, "--list-max-listpack-size", "-5", "--sanitize-dump-payload", "yes")) {
            for (int length : new int[] {16_376, 16_377, 16_378, 16_379, 2_097_145, 2_097_146, 2_097_147}) {
                twin.same("DEL", "key", "copy");
                twin.same("RPUSH", "key", "a", "x".repeat(length), "b");
                String theirs = payload(twin.theirs().raw("DUMP", "key"));
                assertThat(twin.ours().run("RESTORE", "copy", "0", theirs))
                        .as("%d", length)
                        .isEqualTo("+OK\r\n");
                String ours = payload(twin.ours().run("DUMP", "key"));
                assertThat(twin.theirs().raw("RESTORE", "copy", "0", ours))
                        .as("%d", length)
                        .isEqualTo("+OK\r\n");
                twin.same("LRANGE", "copy", "0", "-1");
            }
            twin.ours().store().checkInvariants();
        }
    }

    @Test
    void streams_with_groups_go_there_and_back(@TempDir Path directory) {
        long seed = Twin.seed();
        try (Twin twin = new Twin(directory)) {
            int streams = 0;
            for (int round = 0; round < 10; round++) {
                twin.compare(seed + round, 1500, StreamMaker::next);
                for (int i = 0; i < 6; i++) {
                    String key = "key" + i;
                    if (!twin.ours().run("TYPE", key).equals("+stream\r\n")) continue;
                    String theirs = payload(twin.theirs().raw("DUMP", key));
                    String ours = payload(twin.ours().run("DUMP", key));
                    String what = "seed " + seed + ", round " + round + ", " + key;
                    assertThat(twin.ours().run("RESTORE", key, "0", theirs, "REPLACE"))
                            .as(what)
                            .isEqualTo("+OK\r\n");
                    assertThat(twin.theirs().raw("RESTORE", key, "0", ours, "REPLACE"))
                            .as(what)
                            .isEqualTo("+OK\r\n");
                    streams++;
                }
                twin.sameData();
                twin.ours().store().checkInvariants();
            }
            assertThat(streams).isGreaterThan(5);
        }
    }

    /// A real 7.0 has no such entries: it takes them for those of a consumer without a name, and gives them
    /// back so.
    @Test
    void what_is_pending_of_nobody_goes_there_and_back(@TempDir Path directory) {
        try (Twin twin = new Twin(directory, "--sanitize-dump-payload", "yes")) {
            for (int i = 1; i <= 5; i++) twin.same("XADD", "s", i + "-0", "f", "v");
            twin.ours().line("XGROUP CREATE s g 0");
            twin.ours().line("XREADGROUP GROUP g c COUNT 4 STREAMS s >");
            twin.ours().line("XNACK s g FATAL IDS 2 1-0 3-0");
            String pending = twin.ours().line("XPENDING s g - + 10");
            String ours = payload(twin.ours().line("DUMP s"));

            assertThat(twin.theirs().raw("RESTORE", "t", "0", ours)).isEqualTo("+OK\r\n");
            assertThat(twin.theirs()
                            .raw("XPENDING", "t", "g", "-", "+", "10")
                            .replaceAll("\r\n:\\d+\r\n:", "\r\n:idle\r\n:"))
                    .isEqualTo(pending.replaceAll("\r\n:-?\\d+\r\n:", "\r\n:idle\r\n:"));
            String theirs = payload(twin.theirs().raw("DUMP", "t"));
            assertThat(twin.ours().run("RESTORE", "t", "0", theirs)).isEqualTo("+OK\r\n");
            assertThat(twin.ours().line("XPENDING t g - + 10").replaceAll("c\r\n:\\d+", "c"))
                    .isEqualTo(pending.replaceAll("c\r\n:\\d+", "c"));
            assertThat(twin.ours().line("XINFO GROUPS t")).isEqualTo(twin.ours().line("XINFO GROUPS s"));

            String claimed = twin.theirs().raw("XAUTOCLAIM", "t", "g", "d", "1000000000", "-", "JUSTID");
            assertThat(claimed).isEqualTo(twin.ours().line("XAUTOCLAIM t g d 1000000000 - JUSTID"));
            assertThat(claimed).contains("1-0", "3-0");
            twin.ours().store().checkInvariants();
        }
    }

    static String payload(String reply) {
        return reply.substring(reply.indexOf('\n') + 1, reply.length() - 2);
    }

    /// A command that makes a value of any type under `key`.
    private static String[] value(Random r) {
        List<String> w = new ArrayList<>();
        String name = Values.pick(r, "SET", "RPUSH", "SADD", "HSET", "ZADD");
        w.add(name);
        w.add("key");
        int elements = r.nextInt(3) == 0 ? 1 + r.nextInt(1200) : 1 + r.nextInt(20);
        boolean onlyNumbers = r.nextBoolean();
        if (name.equals("SET")) elements = 1;
        for (int i = 0; i < elements; i++) {
            if (name.equals("ZADD")) w.add(score(r));
            w.add(element(r, onlyNumbers));
            if (name.equals("HSET")) w.add(element(r, onlyNumbers));
        }
        return w.toArray(String[]::new);
    }

    private static String score(Random r) {
        return switch (r.nextInt(5)) {
            case 0 -> "" + r.nextInt(10);
            case 1 -> "" + r.nextGaussian();
            case 2 -> Values.pick(r, "inf", "-inf", "1e300", "-0.0", "3.0e-300", "9007199254740993");
            case 3 -> "" + r.nextInt();
            default -> "" + Double.longBitsToDouble(r.nextLong() & 0x7fe_fffff_ffff_ffffL);
        };
    }

    private static String element(Random r, boolean onlyNumbers) {
        if (onlyNumbers) return "" + (r.nextLong() >> r.nextInt(64));
        return switch (r.nextInt(8)) {
            case 0 -> Values.number(r);
            case 1 -> "abc".repeat(r.nextInt(100));
            case 2 -> Values.text(r, r.nextInt(70));
            case 3 -> r.nextInt(50) == 0 ? Values.text(r, 5000 + r.nextInt(100_000)) : "rare";
            default -> "element" + r.nextInt(100_000);
        };
    }
}
