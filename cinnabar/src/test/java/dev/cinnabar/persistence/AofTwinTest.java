package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import dev.cinnabar.base.Randomness;
import dev.cinnabar.server.Cinnabar;
import dev.cinnabar.twin.StreamMaker;
import dev.cinnabar.twin.Twin;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.SetParams;

/// Our directory and that of a real Redis 7, each opened by the other.
class AofTwinTest {
    @TempDir
    private Path dir;

    private Process redis;

    @BeforeEach
    void a_redis_is_there() throws Exception {
        assumeTrue(onPath("redis-server"), "redis-server is not on the PATH");
        String version = output("redis-server", "--version");
        assumeTrue(
                version.contains(" v=7.") || version.contains(" v=8."),
                "a redis-server of version 7 or 8 is needed: " + version);
    }

    @AfterEach
    void it_goes() throws Exception {
        if (redis != null) redis.destroyForcibly().waitFor();
    }

    private static boolean onPath(String program) {
        for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
            if (Files.isExecutable(Path.of(folder, program))) return true;
        }
        return false;
    }

    private static String output(String... command) throws Exception {
        Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        p.waitFor();
        return output;
    }

    /// Starts Redis on our directory; refuses to go on when it does not start.
    private Jedis startRedis(String... more) throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        List<String> command = new ArrayList<>(List.of(
                "redis-server",
                "--port",
                "" + port,
                "--bind",
                "127.0.0.1",
                "--dir",
                dir.toString(),
                "--appendonly",
                "yes",
                "--save",
                "",
                "--logfile",
                dir.resolve("redis.log").toString()));
        command.addAll(List.of(more));
        redis = new ProcessBuilder(command).start();
        await().ignoreExceptions().until(() -> {
            try (Jedis jedis = new Jedis("127.0.0.1", port)) {
                return !redis.isAlive() || jedis.ping().equals("PONG");
            }
        });
        assertThat(redis.isAlive()).as(this::log).isTrue();
        return new Jedis("127.0.0.1", port);
    }

    private String log() {
        try {
            return Files.readString(dir.resolve("redis.log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void rewrite(Jedis jedis) {
        jedis.sendCommand(Protocol.Command.BGREWRITEAOF);
        await().until(() -> {
            String info = jedis.info("persistence");
            return info.contains("aof_rewrites:1") && info.contains("aof_rewrite_in_progress:0");
        });
    }

    private void stopRedis(Jedis jedis) throws Exception {
        jedis.close();
        redis.destroy();
        assertThat(redis.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    private final Toy toy = new Toy();
    private final List<Runnable> background = new ArrayList<>();

    private AppendOnlyLog openOurs(FsyncPolicy policy) throws Exception {
        AofDirectory directory = AofDirectory.open(Disk.real(), dir, "appendonlydir", "appendonly.aof", Log.none());
        LoadResult loaded = new AofLoader(directory, true, toy, new LoadingProgress(), Log.none()).load();
        AofSettings settings = new AofSettings(policy, false, 0, 0, true);
        var parts = new LogParts(directory, settings, toy, t -> {}, Clock.system(), Log.none(), background::add);
        return AppendOnlyLog.resume(parts, loaded);
    }

    private static void assertHolds(Jedis jedis, Map<String, String> data) {
        data.forEach((key, value) -> {
            int colon = key.indexOf(':');
            jedis.select(Integer.parseInt(key.substring(0, colon)));
            String name = key.substring(colon + 1);
            String[] parts = value.split("@");
            assertThat(jedis.get(name)).as(key).isEqualTo(parts[0]);
            assertThat(jedis.pexpireTime(name)).isEqualTo(parts.length == 1 ? -1 : Long.parseLong(parts[1]));
        });
    }

    @Test
    void ours_opens_there_with_base_increments_lines_and_transactions() throws Exception {
        long seed = Twin.seed();
        Randomness random = new Randomness(seed);
        for (FsyncPolicy policy : FsyncPolicy.values()) {
            AppendOnlyLog log = openOurs(policy);
            for (int i = 0; i < 500; i++) {
                int db = random.below(3);
                String key = "k" + random.below(200);
                switch (random.below(5)) {
                    case 0 -> toy.call(log, db, "DEL", key);
                    case 1 -> toy.call(log, db, "SET", key, "v" + i, "PXAT", "" + (4_000_000_000_000L + i));
                    case 2 -> {
                        Toy.append(log, db, "MULTI");
                        toy.call(log, db, "SET", key, "in a transaction");
                        toy.call(log, db, "SET", key + "x", "#CRC:12:00000000");
                        Toy.append(log, db, "EXEC");
                    }
                    default -> toy.call(log, db, "SET", key, "v\r\n*" + i);
                }
                log.commit();
                if (random.below(5) == 0) log.thread.turn();
                if (i == 250) {
                    log.rewrite();
                    background.remove(0).run();
                }
            }
            log.close();
            if (onPath("redis-check-aof")) {
                Path manifest = dir.resolve("appendonlydir/appendonly.aof.manifest");
                assertThat(output("redis-check-aof", manifest.toString()))
                        .contains("All AOF files and manifest are valid");
            }
            Jedis jedis = startRedis();
            assertHolds(jedis, toy.data());
            stopRedis(jedis);
        }
    }

    @Test
    void a_directory_of_redis_opens_here_with_an_image_as_its_base() throws Exception {
        Jedis jedis = startRedis();
        for (int i = 0; i < 300; i++) {
            jedis.set("number" + i, "" + (i % 2 == 0 ? i * 7_919L : -(long) i * i * i * i));
            jedis.set("text" + i, "abcdefgh".repeat(i % 40));
            jedis.set("timed" + i, "x", SetParams.setParams().pxAt(4_000_000_000_000L + i));
        }
        jedis.select(3);
        jedis.set("three", "\u0000\r\n\u00ff");
        rewrite(jedis);
        jedis.select(0);
        jedis.incr("number4");
        jedis.del("text7");
        jedis.multi().exec();
        stopRedis(jedis);
        assertThat(dir.resolve("appendonlydir").toFile().list())
                .as(this::log)
                .anyMatch(name -> name.endsWith(".base.rdb"));

        AppendOnlyLog log = openOurs(FsyncPolicy.EVERYSEC);
        assertThat(toy.data())
                .hasSize(900)
                .containsEntry("0:number4", "31677")
                .containsEntry("0:timed9", "x@4000000000009");
        Map<String, String> text = new HashMap<>(toy.data());
        text.remove("3:three");
        toy.call(log, 0, "SET", "ours", "1");
        log.commit();
        log.close();

        jedis = startRedis();
        assertHolds(jedis, text);
        assertThat(jedis.get("ours")).isEqualTo("1");
        jedis.set("theirs", "2"); // behind our lines
        stopRedis(jedis);
        Toy again = new Toy();
        AofDirectory directory = AofDirectory.open(Disk.real(), dir, "appendonlydir", "appendonly.aof", Log.none());
        new AofLoader(directory, false, again, new LoadingProgress(), Log.none()).load();
        assertThat(again.data()).containsEntry("0:theirs", "2").containsAllEntriesOf(text);
    }

    @Test
    void redis_goes_on_where_we_left_a_torn_tail() throws Exception {
        AppendOnlyLog log = openOurs(FsyncPolicy.ALWAYS);
        toy.call(log, 0, "SET", "a", "1");
        log.commit();
        log.thread.turn();
        log.close();
        Path file = dir.resolve("appendonlydir/appendonly.aof.1.incr.aof");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Resp.join(whole, Resp.text("#CRC:9")));
        Jedis jedis = startRedis();
        assertThat(jedis.get("a")).isEqualTo("1");
        stopRedis(jedis);
    }

    @Test
    void redis_goes_on_behind_filler_and_we_behind_redis() throws Exception {
        AppendOnlyLog log = openOurs(FsyncPolicy.ALWAYS);
        for (int i = 0; i < 130; i++) { // all places that a line of filler can be cut at
            toy.call(log, 0, "SET", "a" + i, "v".repeat(i));
            log.commit();
            log.thread.turn();
        }
        Path file = dir.resolve("appendonlydir/appendonly.aof.1.incr.aof");
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).endsWith("###\n");
        assertThat(output("redis-check-aof", dir + "/appendonlydir/appendonly.aof.manifest"))
                .contains("All AOF files and manifest are valid");

        Jedis jedis = startRedis(); // ours was killed, so to speak
        assertThat(jedis.dbSize()).isEqualTo(130);
        jedis.set("theirs", "#".repeat(3000));
        jedis.set("last", "1");
        stopRedis(jedis);

        toy.data().clear();
        AppendOnlyLog ours = openOurs(FsyncPolicy.ALWAYS);
        assertThat(toy.data()).hasSize(132).containsEntry("0:theirs", "#".repeat(3000));
        toy.call(ours, 0, "SET", "ours", "2");
        ours.commit();
        ours.thread.turn();

        jedis = startRedis();
        assertThat(jedis.dbSize()).isEqualTo(133);
        assertThat(jedis.mget("last", "ours")).containsExactly("1", "2");
        stopRedis(jedis);
        log.close();
        ours.close();
    }

    @Test
    void redis_goes_on_directly_behind_a_group_and_we_behind_redis() throws Exception {
        String zeros = "\0".repeat(2000);
        for (boolean isStopped : new boolean[] {true, false}) {
            AppendOnlyLog log = openOurs(FsyncPolicy.ALWAYS);
            toy.call(log, 0, "SET", "k" + isStopped, "v".repeat(200_000)); // too large for filler behind it
            log.commit();
            log.thread.turn();
            if (isStopped) log.close(); // else it was killed, so to speak
            Path file = dir.resolve("appendonlydir/appendonly.aof.1.incr.aof");
            assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).matches("(?s).*#GRP:\\d+:[0-9a-f]{8}\r\n");

            Jedis jedis = startRedis();
            jedis.set("bitmap" + isStopped, zeros);
            for (int i = 0; i < 5; i++) jedis.set("r" + i, "" + isStopped);
            long size = jedis.dbSize();
            stopRedis(jedis);

            toy.data().clear();
            openOurs(FsyncPolicy.ALWAYS).close();
            assertThat(toy.data()).hasSize((int) size).containsEntry("0:bitmap" + isStopped, zeros);
            assertThat(toy.data()).containsEntry("0:r4", "" + isStopped);
            log.close();
        }
    }

    // ---- all types, with our whole server ----

    private static Cinnabar startOurs(Path dir) {
        return Cinnabar.builder().appendOnly(dir).start();
    }

    private static void fill(Consumer<String[]> client) {
        for (Samples sample : Samples.values()) {
            client.accept(sample.commandFor(sample.name()));
            client.accept(sample.commandFor("expiring " + sample));
            client.accept(
                    new String[] {"PEXPIREAT", "expiring " + sample, "" + (4_000_000_000_000L + sample.ordinal())});
        }
        client.accept(new String[] {"SELECT", "7"});
        for (Samples sample : Samples.values()) client.accept(sample.commandFor("in another database " + sample));
        client.accept(new String[] {"SELECT", "0"});
    }

    /// Changes that go to the increments.
    private static void change(Consumer<String[]> client) {
        for (String line : new String[] {
            "INCR SMALL_NUMBER",
            "APPEND TEXT more",
            "RPUSH SMALL_LIST more",
            "LPOP NODES 50",
            "SADD NUMBERS_16 100000",
            "SREM LARGE_SET member",
            "HSET SMALL_HASH more 1",
            "HDEL LARGE_HASH e1",
            "ZADD SMALL_ZSET 3 more",
            "ZPOPMIN LARGE_ZSET 7",
            "DEL HUGE_ELEMENT",
            "PERSIST SMALL_HASH"
        }) client.accept(line.split(" "));
    }

    private static String call(Jedis jedis, String... words) {
        String[] more = Arrays.copyOfRange(words, 1, words.length);
        byte[][] bytes = new byte[more.length][];
        for (int i = 0; i < more.length; i++) bytes[i] = more[i].getBytes(StandardCharsets.ISO_8859_1);
        Object reply = jedis.sendCommand(() -> words[0].getBytes(StandardCharsets.ISO_8859_1), bytes);
        return reply instanceof byte[] b ? new String(b, StandardCharsets.ISO_8859_1) : String.valueOf(reply);
    }

    private static String call(Cinnabar ours, String... words) {
        byte[][] bytes = new byte[words.length][];
        for (int i = 0; i < words.length; i++) bytes[i] = words[i].getBytes(StandardCharsets.ISO_8859_1);
        Object reply = ours.execute(bytes);
        return reply instanceof byte[] b ? new String(b, StandardCharsets.ISO_8859_1) : String.valueOf(reply);
    }

    private static List<String> times(UnaryOperator<String[]> client) {
        List<String> times = new ArrayList<>();
        for (Samples sample : Samples.values())
            times.add(client.apply(new String[] {"PEXPIRETIME", "expiring " + sample})[0]);
        return times;
    }

    @ParameterizedTest
    @ValueSource(strings = {"yes", "no"})
    void all_types_go_from_redis_to_us_and_back(String preamble) throws Exception {
        String[] directives = {"--aof-use-rdb-preamble", preamble, "--enable-debug-command", "yes"};
        Jedis jedis = startRedis(directives);
        Jedis client = jedis;
        fill(words -> call(client, words));
        rewrite(jedis);
        change(words -> call(client, words));
        String digest = call(jedis, "DEBUG", "DIGEST");
        List<String> times = times(words -> new String[] {call(client, words)});
        stopRedis(jedis);

        try (Cinnabar ours = startOurs(dir)) {
            assertThat(call(ours, "DEBUG", "DIGEST")).isEqualTo(digest);
            assertThat(times(words -> new String[] {call(ours, words)})).isEqualTo(times);
            ours.checkInvariants();
            call(ours, "FLUSHALL");
            fill(words -> call(ours, words));
            call(ours, "BGREWRITEAOF");
            await().until(() -> call(ours, "INFO", "persistence").contains("aof_rewrite_in_progress:0"));
            change(words -> call(ours, words));
            assertThat(call(ours, "DEBUG", "DIGEST")).isEqualTo(digest);
        }

        jedis = startRedis(directives);
        assertThat(call(jedis, "DEBUG", "DIGEST")).isEqualTo(digest);
        stopRedis(jedis);
    }

    @Test
    void an_rdb_file_goes_from_redis_to_us_and_back() throws Exception {
        String[] directives = {"--appendonly", "no", "--enable-debug-command", "yes"};
        Jedis jedis = startRedis(directives);
        Jedis client = jedis;
        fill(words -> call(client, words));
        call(jedis, "SET", "gone", "x", "PX", "1");
        call(jedis, "SAVE");
        await().until(() -> call(client, "EXISTS", "gone").equals("0"));
        String digest = call(jedis, "DEBUG", "DIGEST");
        List<String> times = times(words -> new String[] {call(client, words)});
        stopRedis(jedis);

        try (Cinnabar ours = startWithFile(dir)) {
            assertThat(call(ours, "DEBUG", "DIGEST")).isEqualTo(digest);
            assertThat(times(words -> new String[] {call(ours, words)})).isEqualTo(times);
            assertThat(call(ours, "INFO", "persistence"))
                    .contains(
                            "rdb_last_load_keys_loaded:" + 3 * Samples.values().length,
                            "rdb_changes_since_last_save:0");
            change(words -> call(ours, words));
            call(ours, "BGSAVE");
            await().until(() -> call(ours, "INFO", "persistence").contains("rdb_bgsave_in_progress:0"));
            assertThat(call(ours, "INFO", "persistence")).contains("rdb_last_bgsave_status:ok", "rdb_saves:1");
            digest = call(ours, "DEBUG", "DIGEST");
        }
        jedis = startRedis(directives);
        assertThat(call(jedis, "DEBUG", "DIGEST")).isEqualTo(digest);
        stopRedis(jedis);
        if (onPath("redis-check-rdb"))
            assertThat(output("redis-check-rdb", dir.resolve("dump.rdb").toString()))
                    .contains("RDB looks OK");

        try (Cinnabar ours = startWithFile(dir)) {
            assertThat(call(ours, "DEBUG", "DIGEST")).isEqualTo(digest);
            call(ours, "SET", "last", "word"); // saved at the end
        }
        jedis = startRedis(directives);
        assertThat(jedis.get("last")).isEqualTo("word");
        stopRedis(jedis);
    }

    private static Cinnabar startWithFile(Path dir) {
        return Cinnabar.builder()
                .set("dir", dir.toString())
                .set("save", "3600 1")
                .start();
    }

    @Test
    void a_restored_value_goes_to_the_log_and_comes_from_it() throws Exception {
        String digest;
        try (Cinnabar ours = startOurs(dir)) {
            for (Samples sample : Samples.values()) {
                call(ours, sample.commandFor("made"));
                String payload = call(ours, "DUMP", "made");
                call(ours, "RESTORE", sample.name(), sample.ordinal() % 2 == 0 ? "0" : "1000000", payload);
                call(ours, "DEL", "made");
            }
            digest = call(ours, "DEBUG", "DIGEST");
        }
        try (Cinnabar ours = startOurs(dir)) {
            assertThat(call(ours, "DEBUG", "DIGEST")).isEqualTo(digest);
        }
        Jedis jedis = startRedis("--enable-debug-command", "yes");
        assertThat(call(jedis, "DEBUG", "DIGEST")).isEqualTo(digest);
        stopRedis(jedis);
    }

    @Test
    void what_newer_commands_did_is_logged_in_words_that_redis_knows() throws Exception {
        StringBuilder many = new StringBuilder("ZADD many");
        for (int i = 0; i < 150; i++)
            many.append(' ').append(i % 7).append(" m").append(i);
        List<String> lines = List.of(
                "HSETEX hash FNX FIELDS 2 a 1 b 2",
                "HSETEX hash KEEPTTL FIELDS 1 b 3",
                "XADD stream KEEPREF MAXLEN 100 1-0 f v",
                "XADD stream 2-0 f v",
                "XADD stream 3-0 f v",
                "XADD stream 4-0 f v",
                "XADD stream 5-0 f v",
                "XGROUP CREATE stream g 0",
                "XGROUP CREATE stream h 0",
                "XREADGROUP GROUP g c STREAMS stream >",
                "XREADGROUP GROUP h c COUNT 2 STREAMS stream >",
                "XDELEX stream DELREF IDS 1 2-0",
                "XACKDEL stream g KEEPREF IDS 2 1-0 3-0",
                "XTRIM stream MAXLEN 1 KEEPREF",
                "XADD stream DELREF MAXLEN 2 6-0 f v",
                "XADD stream ACKED MAXLEN 1 7-0 f v",
                "XREADGROUP GROUP g c STREAMS stream >",
                "XREADGROUP GROUP h c STREAMS stream >",
                "XACK stream g 5-0 7-0",
                "XACK stream h 7-0",
                "XADD stream 8-0 f v",
                "XTRIM stream MAXLEN = 1 ACKED",
                "XTRIM stream MINID 6-0 DELREF",
                many.toString(),
                "ZADD some 1.5 m1 -inf m2 inf 3",
                "SADD members m1 3 4",
                "ZADD counted 1 old",
                "ZUNIONSTORE counted 3 many some members WEIGHTS 1 0.1 5 AGGREGATE COUNT",
                "ZINTERSTORE none 2 some none AGGREGATE COUNT",
                "GEOADD places 13 38 in 15 37 near 50 50 out",
                "GEOSEARCHSTORE found places BYPOLYGON 4 12 36 16 36 16 39 12 39 STOREDIST",
                "GEOSEARCHSTORE same places BYPOLYGON 4 12 36 16 36 16 39 12 39");
        String digest;
        String pending;
        try (Cinnabar ours = startOurs(dir)) {
            for (String line : lines) call(ours, line.split(" "));
            digest = call(ours, "DEBUG", "DIGEST");
            pending = describe(ours.execute("XPENDING", "stream", "g"))
                    + describe(ours.execute("XPENDING", "stream", "h"));
        }
        Jedis jedis = startRedis("--enable-debug-command", "yes");
        assertThat(call(jedis, "DEBUG", "DIGEST")).isEqualTo(digest);
        assertThat(describe(pending(jedis, "g")) + describe(pending(jedis, "h")))
                .isEqualTo(pending);
        stopRedis(jedis);
    }

    @Test
    void what_groups_of_streams_remember_goes_to_redis_and_back() throws Exception {
        long seed = Twin.seed();
        Random random = new Random(seed);
        List<String> facts;
        try (Cinnabar ours = startOurs(dir)) {
            Jedis jedis = new Jedis("127.0.0.1", ours.port());
            for (int i = 0; i < 10_000; i++) answer(jedis, StreamMaker.next(random));
            for (int k = 0; k < 6; k++) {
                answer(jedis, "XREADGROUP", "GROUP", "g0", "c0", "STREAMS", "key" + k, ">");
                answer(jedis, "XREADGROUP", "GROUP", "g1", "c1", "COUNT", "3", "STREAMS", "key" + k, ">");
                answer(jedis, "XTRIM", "key" + k, "MAXLEN", "" + k); // what was read stays pending
            }
            call(ours, "BGREWRITEAOF");
            await().until(() -> call(ours, "INFO", "persistence").contains("aof_rewrite_in_progress:0"));
            facts = streams(jedis);
        }

        Jedis jedis = startRedis();
        assertThat(streams(jedis)).as("seed %d, %s", seed, log()).isEqualTo(facts);
        rewrite(jedis);
        stopRedis(jedis);

        try (Cinnabar ours = startOurs(dir)) {
            assertThat(streams(new Jedis("127.0.0.1", ours.port())))
                    .as("seed %d", seed)
                    .isEqualTo(facts);
        }
    }

    /// What is known of the streams that StreamMaker makes, but for what differs between versions of Redis,
    /// and when consumers were seen.
    private static List<String> streams(Jedis jedis) {
        List<String> streams = new ArrayList<>();
        for (int k = 0; k < 6; k++)
            streams.add(answer(jedis, "XINFO", "STREAM", "key" + k, "FULL", "COUNT", "0")
                    .replaceAll("(radix-tree-keys|radix-tree-nodes|seen-time|active-time), -?\\d+, ", ""));
        return streams;
    }

    private static String answer(Jedis jedis, String... words) {
        byte[][] bytes = new byte[words.length - 1][];
        for (int i = 1; i < words.length; i++) bytes[i - 1] = words[i].getBytes(StandardCharsets.ISO_8859_1);
        try {
            return describe(jedis.sendCommand(() -> words[0].getBytes(StandardCharsets.ISO_8859_1), bytes));
        } catch (JedisDataException e) {
            return e.getMessage();
        }
    }

    private static Object pending(Jedis jedis, String group) {
        return jedis.sendCommand(Protocol.Command.XPENDING, "stream", group);
    }

    private static String describe(Object reply) {
        if (reply instanceof byte[] b) return new String(b, StandardCharsets.ISO_8859_1);
        if (reply instanceof Object[] array) return describe(Arrays.asList(array));
        if (reply instanceof List<?> list)
            return list.stream().map(AofTwinTest::describe).toList().toString();
        return String.valueOf(reply);
    }
}
