package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.RealRedis;
import dev.cinnabar.base.RandomRun;
import dev.cinnabar.base.Randomness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Several clients that block, wake each other, and wait in the same lines, at a real server and at ours:
/// after every command each of them has been sent the same on both sides. So it is compared who is served,
/// with what, in which order, and who goes on waiting.
///
/// Left out is what differs on purpose. A key that is overwritten by a value of another type (`ZUNIONSTORE`
/// over a list) wakes those who wait for it here; 7.0 forgets them. `XREAD` of several streams and a group
/// that is destroyed are answered as by 7.2. After `SWAPDB` 7.0 serves in the order of a hash table. A stream
/// whose last entries were deleted (`XDEL`) and that takes the place of another is news to 7.0, which then
/// answers that there are no entries.
class WaitersTwinTest {
    private static final String GONE = "-NOGROUP …";
    private static final int CLIENTS = 5;
    private static final int IMPATIENT = 1; // the one that sends more while it waits
    private static final int REMEMBERED = 30;

    private final TestEngine engine = new TestEngine();
    private final List<TestClient> ours = new ArrayList<>();
    private final List<Peer> theirs = new ArrayList<>();
    private final List<String> history = new ArrayList<>();
    private int entries; // of streams

    /// A connection to the real server that does not wait for answers.
    private static final class Peer {
        private final SocketChannel channel;
        private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        private final String id;

        Peer(Path socket, RealRedis fence) throws IOException {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
            channel.configureBlocking(false);
            send("CLIENT", "ID");
            settle(fence);
            id = received().substring(1);
        }

        void send(String... words) throws IOException {
            ByteBuffer bytes = RealRedis.request(StandardCharsets.ISO_8859_1, words);
            while (bytes.hasRemaining()) channel.write(bytes);
        }

        /// What has come since the last time.
        String received() throws IOException {
            buffer.clear();
            while (channel.read(buffer) > 0) continue;
            return TestClient.inALine(new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1));
        }

        /// Waits until the server has done all that was sent before: it answers one turn after the other, and
        /// writes answers at the end of a turn.
        static void settle(RealRedis fence) {
            fence.ask("PING");
            fence.ask("PING");
        }
    }

    @Test
    void who_waits_is_served_as_by_redis(@TempDir Path directory) {
        RealRedis.assumePresent();
        RandomRun.of(8_000, (random, operations) -> {
            try (RealRedis real = RealRedis.start(directory, "--save", "")) {
                for (int i = 0; i < CLIENTS; i++) {
                    ours.add(engine.connect());
                    theirs.add(new Peer(directory.resolve("real.sock"), real));
                }
                for (int i = 0; i < operations; i++) step(random, real);
                for (Peer peer : theirs) peer.channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            engine.engine.store().checkInvariants();
        });
    }

    private void step(Randomness random, RealRedis real) throws IOException {
        int client = random.below(CLIENTS);
        boolean maySend = !ours.get(client).isHeld() && !ours.get(client).waits()
                || client == IMPATIENT && RandomRun.oneIn(random, 4);
        if (!maySend) client = 0; // who never waits
        for (String line : RandomRun.oneIn(random, 6) ? transaction(random) : List.of(line(random, client > 0))) {
            history.add(client + " " + line);
            ours.get(client).sendOnly(withIds(line, true));
            theirs.get(client).send(withIds(line, false));
        }
        Peer.settle(real);
        String[] actual = new String[CLIENTS];
        for (int i = 0; i < CLIENTS; i++) actual[i] = ours.get(i).read();
        for (int i = 0; i < CLIENTS; i++) {
            String more = ours.get(i).read(); // what others have done when they were answered
            String all = actual[i].isEmpty() || more.isEmpty() ? actual[i] + more : actual[i] + " " + more;
            assertThat(alike(all))
                    .as(() -> history.stream()
                            .skip(Math.max(0, history.size() - REMEMBERED))
                            .collect(Collectors.joining("\n")))
                    .isEqualTo(alike(theirs.get(i).received()));
        }
    }

    /// Of a group that is gone Redis 7.2, and we, say it in other words than 7.0.
    private static String alike(String replies) {
        return replies.replace("-NOGROUP the consumer group this client was blocked on no longer exists", GONE)
                .replaceAll(
                        "-NOGROUP No such key '[^']*' or consumer group '[^']*' in XREADGROUP with GROUP option", GONE);
    }

    private String[] withIds(String line, boolean isOurs) {
        String[] words = line.split(" ");
        for (int i = 0; i < words.length; i++) {
            if (!words[i].startsWith("@")) continue;
            int client = Integer.parseInt(words[i].substring(1));
            words[i] = isOurs ? "" + ours.get(client).session().id() : theirs.get(client).id;
        }
        return words;
    }

    // ---- commands ----

    private List<String> transaction(Randomness random) {
        List<String> lines = new ArrayList<>(List.of("MULTI"));
        for (int i = random.below(5); i > 0; i--) lines.add(line(random, true));
        lines.add(RandomRun.oneIn(random, 5) ? "DISCARD" : "EXEC");
        return lines;
    }

    private String line(Randomness random, boolean mayWait) {
        String pattern = mayWait && RandomRun.oneIn(random, 2) ? oneOf(random, WAITING) : oneOf(random, OTHERS);
        StringBuilder line = new StringBuilder();
        for (char c : pattern.toCharArray()) {
            switch (c) {
                case '#' -> line.append("key").append(random.below(4));
                case '~' -> line.append(RandomRun.oneIn(random, 4) ? "key0" : "stream" + random.below(2));
                case '%' -> line.append(random.below(4));
                case '*' -> line.append((char) ('a' + random.below(4)));
                case '^' -> line.append(random.below(2) == 0 ? "LEFT" : "RIGHT");
                case '?' -> line.append(random.below(2) == 0 ? "group" : "other");
                case '&' -> line.append(++entries).append("-1");
                case '=' -> line.append(Math.max(1, entries - random.below(3))).append("-1");
                case '@' -> line.append('@').append(random.below(CLIENTS));
                default -> line.append(c);
            }
        }
        return line.toString();
    }

    private static String oneOf(Randomness random, List<String> patterns) {
        return patterns.get(random.below(patterns.size()));
    }

    private static final List<String> WAITING = List.of(
            "BLPOP # 0",
            "BLPOP # # # 0",
            "BRPOP # # 0",
            "BLMOVE # # ^ ^ 0",
            "BRPOPLPUSH # # 0",
            "BLMPOP 0 2 # # ^",
            "BLMPOP 0 3 # # # ^ COUNT 2",
            "BZPOPMIN # 0",
            "BZPOPMIN # # # 0",
            "BZPOPMAX # # 0",
            "BZMPOP 0 2 # # MIN",
            "BZMPOP 0 1 # MAX COUNT 2",
            "XREAD BLOCK 0 STREAMS ~ $",
            "XREAD BLOCK 0 STREAMS ~ 0",
            "XREAD COUNT 1 BLOCK 0 STREAMS ~ =",
            "XREADGROUP GROUP ? me BLOCK 0 STREAMS ~ >",
            "XREADGROUP GROUP ? you COUNT 1 BLOCK 0 NOACK STREAMS ~ >",
            "XREADGROUP GROUP ? me BLOCK 0 STREAMS ~ 0");

    private static final List<String> OTHERS = List.of(
            "LPUSH # *",
            "RPUSH # * * *",
            "LPUSHX # *",
            "LINSERT # BEFORE * *",
            "LMOVE # # ^ ^",
            "RPOPLPUSH # #",
            "LPOP #",
            "LREM # 0 *",
            "LMPOP 2 # # ^",
            "ZADD # % *",
            "ZADD # % * % * % *",
            "ZINCRBY # % *",
            "ZPOPMIN #",
            "GEOADD # % % *",
            "XADD ~ & field *",
            "XADD ~ & field *",
            "XADD ~ & field *",
            "XTRIM ~ MAXLEN 1",
            "XGROUP CREATE ~ ? $ MKSTREAM",
            "XGROUP CREATE ~ ? 0",
            "XREADGROUP GROUP ? me COUNT 1 STREAMS ~ >",
            "XACK ~ ? =",
            "SET # *",
            "DEL # ~",
            "DEL # # #",
            "RENAME # #",
            "RENAMENX # #",
            "COPY # #",
            "COPY # # REPLACE",
            "MOVE # 1",
            "SELECT 1",
            "SELECT 0",
            "SELECT 0",
            "EXPIRE # -1",
            "WATCH # #",
            "UNWATCH",
            "CLIENT UNBLOCK @",
            "CLIENT UNBLOCK @ ERROR",
            "LRANGE # 0 9",
            "ZRANGE # 0 9 WITHSCORES",
            "TYPE #");
}
