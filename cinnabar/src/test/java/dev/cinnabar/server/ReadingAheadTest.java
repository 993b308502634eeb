package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.RealRedis;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A pipeline that comes for one key, whose value is so large that its elements are read ahead, is answered as
/// if its commands had come one by one, and leaves the same behind.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ReadingAheadTest {
    private static final int ELEMENTS = 50_000; // more than a MiB
    private static final int PIPELINES = 400;
    private static final int DEPTH = 20; // more than are read ahead at once

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private Cinnabar server;
    private SocketChannel client;
    private DataInputStream answers;

    @BeforeEach
    void connect() throws IOException {
        server = Cinnabar.builder().set("enable-debug-command", "yes").start();
        client = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()));
        answers = new DataInputStream(Channels.newInputStream(client));
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        server.close();
    }

    enum Type {
        SET("SADD k #", "SADD k # # #", "SREM k #", "SISMEMBER k #", "SMISMEMBER k # #", "SCARD k"),
        HASH("HSET k # #", "HSET k # # # #", "HGET k #", "HDEL k #", "HINCRBY k # 7", "HSTRLEN k #", "HLEN k"),
        ZSET(
                "ZADD k # #",
                "ZADD k GT CH # #",
                "ZADD k # # # #",
                "ZINCRBY k 3 #",
                "ZREM k #",
                "ZSCORE k #",
                "ZRANK k #"),
        LIST("LPUSH k #", "RPUSH k # #", "LINDEX k #", "LLEN k", "RPOP k", "LSET k # #"),
        STREAM("XADD k 1-* f #", "XLEN k", "XDEL k 0-#", "XADD k * f"),
        STRING("APPEND k #", "GETRANGE k 7 20", "STRLEN k", "SETRANGE k # #", "SETBIT k # 1");

        private final List<String> usual;

        Type(String... usual) {
            this.usual = List.of(usual);
        }
    }

    /// Whatever else may stand in such a pipeline: another type's commands, too few words, other keys.
    private static final List<String> UNUSUAL =
            List.of("GET k", "SADD k #", "HGET k #", "ZSCORE k #", "LLEN k", "GET", "k", "SADD k", "GET #", "PING");

    /// What takes the value away, in whole, under the commands behind it.
    private static final List<String> LAST = List.of("DEL k", "PEXPIRE k -1", "RENAME k other", "SET k #");

    @ParameterizedTest
    @EnumSource
    void a_pipeline_for_one_key_is_answered_as_its_commands_are_one_by_one(Type type) throws IOException {
        fill(type);
        for (int n = 0; n < PIPELINES; n++) {
            List<String> commands = new ArrayList<>();
            for (int i = 0; i < DEPTH; i++)
                commands.add(numbered(random.nextInt(20) == 0 ? one(UNUSUAL) : one(type.usual)));
            if (n == PIPELINES - 1) compareValues();
            if (n == PIPELINES - 1) commands.set(random.nextInt(DEPTH), numbered(one(LAST)));
            compare(commands);
        }
        compareValues();
        server.checkInvariants();
    }

    private void fill(Type type) throws IOException {
        for (int i = 0; i < ELEMENTS; i += DEPTH) {
            List<String> commands = new ArrayList<>();
            for (int k = i; k < i + DEPTH; k++) {
                String command = type == Type.STREAM ? "XADD k 0-# f #" : type.usual.get(0);
                commands.add(command.replace("#", Integer.toString(k + 1)));
            }
            for (String of : new String[] {"one", "together"}) together(of, commands);
        }
    }

    private String one(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    private String numbered(String command) {
        StringBuilder all = new StringBuilder();
        for (char c : command.toCharArray()) {
            if (c == '#') all.append(random.nextInt(2 * ELEMENTS));
            else all.append(c);
        }
        return all.toString();
    }

    private void compare(List<String> commands) throws IOException {
        List<String> oneByOne = new ArrayList<>();
        for (String command : commands) oneByOne.addAll(together("one", List.of(command)));
        List<String> together = together("together", commands);
        for (int i = 0; i < commands.size(); i++) {
            assertThat(together.get(i))
                    .as("seed %d, %s, number %d of %s", seed, commands.get(i), i, commands)
                    .isEqualTo(oneByOne.get(i));
        }
    }

    private void compareValues() throws IOException {
        List<String> looks = List.of("TYPE k", "DEBUG DIGEST-VALUE k");
        assertThat(together("together", looks)).as("seed %d", seed).isEqualTo(together("one", looks));
    }

    /// Sends commands in one piece and reads their answers.
    ///
    /// @param key takes the place of `k`
    private List<String> together(String key, List<String> commands) throws IOException {
        StringBuilder all = new StringBuilder();
        for (String command : commands) {
            String[] words = command.split(" ");
            for (int i = 1; i < words.length; i++) if (words[i].equals("k")) words[i] = key;
            all.append(StandardCharsets.UTF_8.decode(RealRedis.request(StandardCharsets.UTF_8, words)));
        }
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(all.toString());
        while (bytes.hasRemaining()) client.write(bytes);
        List<String> read = new ArrayList<>();
        for (int i = 0; i < commands.size(); i++) read.add(answer());
        return read;
    }

    private String answer() throws IOException {
        StringBuilder answer = new StringBuilder(line());
        char type = answer.charAt(0);
        int size = "$*".indexOf(type) < 0 ? 0 : Integer.parseInt(answer.substring(1));
        if (type == '$' && size >= 0)
            answer.append(new String(answers.readNBytes(size + 2), StandardCharsets.ISO_8859_1));
        for (int i = 0; type == '*' && i < size; i++) answer.append(answer());
        return answer.toString();
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = answers.readByte(); b != '\r'; b = answers.readByte()) line.append((char) b);
        answers.readByte();
        return line.toString();
    }
}
