package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.engine.TestServer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Damaged payloads whose checksum fits all the same, so that the decoder itself has to notice: each is
/// refused, and leaves nothing, or is a value like any other.
class PayloadFuzzTest {
    private static final int RANDOM_ROUNDS = 20_000;

    private final TestServer server = new TestServer(64 << 20);
    private int refused;
    private int accepted;

    /// Small payloads of every encoding that is written, and of every one that is only read.
    private List<byte[]> payloads() {
        List<byte[]> all = new ArrayList<>();
        for (String line : new String[] {
            "SET k -5",
            "SET k hello",
            "SET k abcabcabcabcabcabcabcabcabcabcabc",
            "RPUSH k a 1 -300 70000 bb",
            "SADD k 1 2 300",
            "SADD k a b 7",
            "HSET k f 1 g 2",
            "ZADD k 1 a 2.5 b inf c"
        }) {
            server.line("DEL k");
            server.line(line);
            all.add(Payload.body(DumpCommandsTest.bulk(server.line("DUMP k"))));
        }
        server.line("DEL k");
        server.line("XADD k 1-1 f 1");
        server.line("XADD k 1-2 f 2");
        server.line("XADD k 300-1 g x h 7");
        server.line("XDEL k 1-2");
        server.line("XGROUP CREATE k g 0");
        server.line("XREADGROUP GROUP g c STREAMS k >");
        server.line("XGROUP CREATECONSUMER k g d");
        byte[] stream = Payload.body(DumpCommandsTest.bulk(server.line("DUMP k")));
        all.add(stream);
        all.add(Payload.stream(15, stream));
        all.add(Payload.stream(21, stream));
        server.line("XNACK k g FAIL IDS 1 1-1");
        all.add(Payload.body(DumpCommandsTest.bulk(server.line("DUMP k"))));
        server.line("DEL k");
        server.line("HSET k f 1 g 2 h 3");
        server.line("HPEXPIREAT k 9999999999999 FIELDS 1 g");
        server.line("HPEXPIREAT k 8888888888888 FIELDS 1 h");
        all.add(Payload.body(DumpCommandsTest.bulk(server.line("DUMP k"))));
        server.store().thresholds().hashMaxListpackEntries = 1;
        server.line("HSET k i 4");
        all.add(Payload.body(DumpCommandsTest.bulk(server.line("DUMP k"))));
        server.store().thresholds().zsetMaxListpackEntries = 1;
        server.line("DEL k");
        server.line("HSET k f 1 g 2");
        all.add(Payload.body(DumpCommandsTest.bulk(server.line("DUMP k"))));
        server.line("DEL k");
        server.line("ZADD k 1 a 2.5 b");
        all.add(Payload.body(DumpCommandsTest.bulk(server.line("DUMP k"))));
        server.store().thresholds().hashMaxListpackEntries = 512;
        server.store().thresholds().zsetMaxListpackEntries = 128;
        server.line("DEL k");

        all.add(Payload.of(1, 2).string("a").string("b").toBytes());
        all.add(Payload.of(2, 2).string("a").string("7").toBytes());
        all.add(Payload.of(3, 2)
                .string("a")
                .bytes(3)
                .raw("1.5")
                .string("b")
                .bytes(254)
                .toBytes());
        all.add(Payload.of(9).string(Payload.zipmap("f", "1", "g", "")).toBytes());
        String[] entries = {"a", "1", "b", "70", "c", "-300", "d", "70000", "e", "12345678", "f", "123456789012"};
        all.add(Payload.of(10).string(Payload.ziplist(entries)).toBytes());
        all.add(Payload.of(10)
                .string(Payload.ziplist("x".repeat(70), "y".repeat(300), "z"))
                .toBytes());
        all.add(Payload.of(12).string(Payload.ziplist("a", "1", "b", "2.5")).toBytes());
        all.add(Payload.of(13).string(Payload.ziplist(entries)).toBytes());
        all.add(Payload.of(14, 2)
                .string(Payload.ziplist("a"))
                .string(Payload.ziplist("1", "2"))
                .toBytes());
        all.add(Payload.of(18, 2, 2)
                .string(Payload.listpack("a", "b"))
                .bytes(1)
                .string("c")
                .toBytes());
        all.add(Payload.of(20).string(Payload.listpack("a", "b", "1")).toBytes());
        return all;
    }

    private void tryOut(byte[] body, Object what) {
        String payload = Payload.seal(body, 10);
        String reply = server.run("RESTORE", "k", "0", payload);
        if (reply.equals("-ERR Bad data format\r\n")) {
            refused++;
            assertThat(server.store().database(0).size()).isZero();
            assertThat(server.store().workshop().size()).isZero();
            return;
        }
        assertThat(reply).as("%s: %s", what, Arrays.toString(body)).isEqualTo("+OK\r\n");
        accepted++;
        server.store().checkInvariants();
        String digest = DumpCommandsTest.digest(server, "k");
        server.run("RESTORE", "again", "0", DumpCommandsTest.bulk(server.line("DUMP k")));
        assertThat(DumpCommandsTest.digest(server, "again")).as("%s", what).isEqualTo(digest);
        server.line("DEL k again");
    }

    @Test
    void every_encoding_but_those_of_modules_is_among_them() {
        EnumSet<RdbType> all = EnumSet.complementOf(EnumSet.of(RdbType.MODULE, RdbType.MODULE_BEFORE_RELEASE));
        assertThat(payloads().stream().map(body -> RdbType.of(body[0]))).containsAll(all);
    }

    @Test
    void every_flipped_bit_is_refused_or_makes_a_sound_value() {
        for (byte[] good : payloads()) {
            tryOut(good, "as it is");
            for (int bit = 0; bit < 8 * good.length; bit++) {
                byte[] flipped = good.clone();
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                tryOut(flipped, bit);
            }
        }
        server.store().checkInvariants();
        assertThat(refused).isGreaterThan(1000);
        assertThat(accepted).isGreaterThan(1000);
    }

    @Test
    void every_payload_cut_short_or_with_a_tail_is_refused() {
        List<byte[]> payloads = payloads();
        for (byte[] good : payloads) {
            for (int cut = 0; cut < good.length; cut++) tryOut(Arrays.copyOf(good, cut), cut);
            tryOut(Arrays.copyOf(good, good.length + 1), "a tail");
        }
        assertThat(accepted).isZero();
        server.store().checkInvariants();
    }

    @Test
    void payloads_changed_at_random_are_refused_or_make_sound_values() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<byte[]> payloads = payloads();
        for (int round = 0; round < RANDOM_ROUNDS; round++) {
            byte[] body = payloads.get(random.nextInt(payloads.size())).clone();
            byte[] other = payloads.get(random.nextInt(payloads.size()));
            for (int i = random.nextInt(4); i >= 0; i--) {
                int at = random.nextInt(body.length);
                body[at] = switch (random.nextInt(4)) {
                    case 0 -> (byte) random.nextInt(256);
                    case 1 -> (byte) (body[at] + 1);
                    case 2 -> (byte) 0xff;
                    default -> other[Math.min(at, other.length - 1)];
                };
            }
            tryOut(body, "seed " + seed + " round " + round);
        }
        server.store().checkInvariants();
        assertThat(refused).isGreaterThan(RANDOM_ROUNDS / 4);
    }

    @Test
    void what_a_payload_claims_takes_no_memory() {
        long before = server.store().pages().held();
        for (int type = 0; type < 32; type++) {
            for (String claim : new String[] {
                "\u0080\u007f\u00ff\u00ff\u00ff",
                "\u0081\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff",
                "\u00c3\u0005\u0080\u007f\u00ff\u00ff\u00ff\u0000abcd"
            }) {
                byte[] body = ((char) type + claim + "abc").getBytes(StandardCharsets.ISO_8859_1);
                assertThat(server.run("RESTORE", "k", "0", Payload.seal(body, 10)))
                        .isEqualTo("-ERR Bad data format\r\n");
            }
        }
        assertThat(server.store().pages().held() - before).isLessThan(9 << 20);
    }
}
