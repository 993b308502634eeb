package dev.cinnabar.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cinnabar.engine.EvictionPolicy;
import dev.cinnabar.engine.TestServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RdbFileTest {
    private static final Path PATH = Path.of("/data/dump.rdb");

    private final TestServer server = new TestServer();
    private FakeDisk disk = new FakeDisk();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    private RdbFile file() {
        return new RdbFile(server.engine(), disk, PATH, 1, true, true);
    }

    private static String digest(TestServer server) {
        server.engine().settings().debugCommand = "yes";
        String reply = server.line("DEBUG DIGEST");
        assertThat(reply).matches("\\+[0-9a-f]{40}\r\n");
        return reply;
    }

    private void fill() {
        for (Samples sample : Samples.values()) {
            server.run(sample.commandFor(sample.name()));
            server.select(3).run(sample.commandFor("expiring " + sample));
            server.run("PEXPIREAT", "expiring " + sample, "" + (server.nowMs() + 1000 + sample.ordinal()));
            server.select(0);
        }
    }

    /// A server that has read the file.
    private TestServer loaded(FakeDisk from) throws Exception {
        TestServer other = new TestServer();
        new RdbFile(other.engine(), from, PATH, 1, true, true).load(true, false, new LoadingProgress());
        other.engine().loading(false);
        other.store().checkInvariants();
        return other;
    }

    @Test
    void what_was_saved_is_read_with_expiry_and_use() throws Exception {
        fill();
        server.store().moment().isLfu = true;
        file().save();
        TestServer other = loaded(disk);
        assertThat(digest(other)).isEqualTo(digest(server));
        assertThat(other.select(3).run("PEXPIRETIME", "expiring " + Samples.TEXT))
                .isEqualTo(":" + (server.nowMs() + 1000 + Samples.TEXT.ordinal()) + "\r\n");
        assertThat(disk.steps).doesNotContain("write dump.rdb");
    }

    @Test
    void keys_whose_time_is_over_are_left_out() throws Exception {
        server.line("SET a 1");
        server.run("SET", "b", "2", "PXAT", "" + (server.nowMs() + 10));
        file().save();
        TestServer other = new TestServer();
        other.advance(Duration.ofSeconds(1));
        RdbFile.Loaded loaded =
                new RdbFile(other.engine(), disk, PATH, 1, true, true).load(true, false, new LoadingProgress());
        other.engine().loading(false);
        assertThat(loaded.keys()).isEqualTo(2);
        assertThat(loaded.expired()).isEqualTo(1);
        assertThat(other.line("DBSIZE")).isEqualTo(":1\r\n");
    }

    @Test
    void use_is_saved_under_the_policy_that_needs_it() throws Exception {
        server.line("SET a 1");
        server.advance(Duration.ofSeconds(500));
        server.engine().settings().evictionPolicy = EvictionPolicy.ALLKEYS_LRU;
        server.line("PING");
        file().save();
        TestServer other = loaded(disk);
        assertThat(other.line("OBJECT IDLETIME a")).isEqualTo(":500\r\n");
    }

    @Test
    void without_checksums_there_is_none_and_with_them_a_flipped_bit_is_found() throws Exception {
        fill();
        new RdbFile(server.engine(), disk, PATH, 1, true, false).save();
        byte[] without = disk.get(PATH);
        assertThat(Arrays.copyOfRange(without, without.length - 8, without.length))
                .containsOnly(0);
        assertThat(digest(loaded(disk))).isEqualTo(digest(server));

        file().save();
        byte[] good = disk.get(PATH);
        Random random = new Random(7);
        for (int i = 0; i < 200; i++) {
            byte[] flipped = good.clone();
            flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
            disk.put(PATH, flipped);
            assertThatThrownBy(() -> loaded(disk)).isInstanceOf(DamagedLog.class);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_power_cut_at_any_step_leaves_the_old_file_or_the_new_one(boolean inBackground) throws Exception {
        server.line("SET a old");
        file().save();
        String old = digest(server);
        server.line("SET a new");
        fill();
        String young = digest(server);
        List<FakeDisk> cuts = new ArrayList<>();
        disk.beforeStep = () -> cuts.add(disk.afterPowerCut(n -> 0));
        if (inBackground) file().saveInBackground(() -> {}).write(() -> false);
        else file().save();
        disk.beforeStep = () -> {};
        cuts.add(disk.afterPowerCut(n -> 0));
        assertThat(cuts).hasSizeGreaterThan(4);
        for (FakeDisk cut : cuts) assertThat(digest(loaded(cut))).isIn(old, young);
        assertThat(digest(loaded(cuts.get(cuts.size() - 1)))).isEqualTo(young);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_disk_that_fails_leaves_the_old_file_and_nothing_else(boolean inBackground) throws Exception {
        server.line("SET a old");
        file().save();
        String old = digest(server);
        fill();
        List<Runnable> failures = List.of(
                () -> disk.room = 100,
                () -> disk.writeFailure = new IOException("no"),
                () -> disk.syncFailure = new IOException("no"),
                () -> disk.renameFailure = new IOException("no"));
        for (Runnable failure : failures) {
            failure.run();
            assertThatThrownBy(() -> {
                        if (inBackground) file().saveInBackground(() -> {}).write(() -> false);
                        else file().save();
                    })
                    .isInstanceOf(IOException.class);
            disk.room = Long.MAX_VALUE;
            disk.writeFailure = null;
            disk.syncFailure = null;
            disk.renameFailure = null;
            assertThat(digest(loaded(disk))).isEqualTo(old);
            assertThat(disk.list(PATH.getParent())).containsExactly("dump.rdb");
            while (server.engine().tick() <= 1) continue; // the image that was given up is walked to its end
        }
        file().saveInBackground(() -> {}).write(() -> false);
        assertThat(digest(loaded(disk))).isEqualTo(digest(server));
    }

    @Test
    void a_save_that_is_called_off_leaves_the_old_file_even_at_the_last_moment() throws Exception {
        server.line("SET a old");
        file().save();
        server.line("SET a new");
        int[] asked = new int[1];
        assertThatThrownBy(() -> file().saveInBackground(() -> {}).write(() -> ++asked[0] > 1))
                .isInstanceOf(CancellationException.class);
        assertThat(asked[0]).isEqualTo(2);
        assertThat(loaded(disk).line("GET a")).isEqualTo("$3\r\nold\r\n");
        assertThat(disk.list(PATH.getParent())).containsExactly("dump.rdb");
    }

    @Test
    void a_save_in_the_background_has_everything_as_it_was_while_writers_go_on() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        fill();
        for (int i = 0; i < 3000; i++) server.run("SET", "key" + i, "value" + i);
        for (String type : List.of("RPUSH", "SADD")) {
            for (int i = 0; i < 6000; i++) server.run(type, "huge " + type, "element " + i);
        }
        for (int i = 0; i < 6000; i++) server.run("HSET", "huge hash", "field" + i, "value" + i);
        for (int i = 0; i < 3000; i++) server.run("HSET", "volatile hash", "field" + i, "value" + i);
        for (int i = 0; i < 100; i++)
            server.run("HPEXPIRE", "volatile hash", "" + (100_000 + i), "FIELDS", "1", "field" + 7 * i);
        for (int i = 1; i < 3000; i++) server.run("XADD", "stream", i + "-0", "field", "value" + i);
        server.line("XGROUP CREATE stream g 0");
        server.line("XREADGROUP GROUP g c COUNT 1000 STREAMS stream >");
        server.line("XNACK stream g FAIL IDS 3 5-0 500-0 1000-0");
        String pending = server.line("XPENDING stream g - + 2000");
        for (int i = 0; i < 6000; i++) server.run("ZADD", "huge zset", "" + i % 100, "member" + i);
        String before = digest(server);
        String[] digestAtMoment = new String[1];
        int[] slices = new int[1];

        file().saveInBackground(() -> digestAtMoment[0] = before).write(() -> {
            slices[0]++;
            for (int i = 0; i < 40; i++) change(random);
            return false;
        });

        assertThat(slices[0]).as("seed %s", seed).isGreaterThan(4);
        TestServer loaded = loaded(disk);
        assertThat(loaded.line("XPENDING stream g - + 2000"))
                .as("seed %s", seed)
                .isEqualTo(pending);
        assertThat(digest(loaded)).as("seed %s", seed).isEqualTo(digestAtMoment[0]);
        assertThat(loaded.run("HPEXPIRETIME", "volatile hash", "FIELDS", "2", "field7", "field8"))
                .isEqualTo("*2\r\n:" + (server.nowMs() + 100_001) + "\r\n:-1\r\n");
        assertThat(digest(server)).isNotEqualTo(before);
    }

    private void change(Random random) {
        int i = random.nextInt(6000);
        switch (random.nextInt(19)) {
            case 0 -> server.run("SET", "key" + i, "changed");
            case 1 -> server.run("DEL", "key" + i);
            case 2 -> server.run("RPUSH", "huge RPUSH", "more");
            case 3 -> server.run("LPOP", "huge RPUSH", "3");
            case 4 -> server.run("SREM", "huge SADD", "element " + i);
            case 5 -> server.run("HSET", "huge hash", "field" + i, "changed");
            case 6 -> server.run("HDEL", "huge hash", "field" + i);
            case 7 -> server.run("ZADD", "huge zset", "7.5", "member" + i);
            case 8 -> server.run("ZREM", "huge zset", "member" + i);
            case 9 -> server.run("DEL", Samples.values()[i % Samples.values().length].name());
            case 10 -> server.run("RENAME", "key" + i, "renamed" + i);
            case 11 -> server.run("HPEXPIRE", "volatile hash", "5000", "FIELDS", "1", "field" + i);
            case 13 -> server.run("XADD", "stream", "*", "more", "" + i);
            case 14 -> server.run("XDEL", "stream", i + "-0");
            case 15 -> server.run("XACK", "stream", "g", i % 1000 + "-0");
            case 16 -> server.run("XTRIM", "stream", "MINID", i / 10 + "");
            case 12 -> server.run("HDEL", "volatile hash", "field" + i);
            case 17 -> server.run("XNACK", "stream", "g", "FAIL", "IDS", "1", i % 1000 + "-0");
            default -> server.run("SADD", "huge SADD", "new " + i);
        }
    }
}
