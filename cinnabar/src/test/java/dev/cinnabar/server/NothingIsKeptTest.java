package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cinnabar.base.ByteBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What is used again for one command after the other (looks, windows, buffers) holds on to nothing that is gone: not
/// to the array of a large request, not to a page that was given back. No figure of memory would show it.
@Timeout(60)
class NothingIsKeptTest {
    private static final int LARGE = 1 << 20;
    private static final int SEVERAL = 20_000;
    private static final String TEXT = "x".repeat(LARGE);

    private final ByteBuilder request = new ByteBuilder();

    @Test
    void of_a_large_request_and_of_large_values_that_are_gone_nothing_stays_in_memory() throws IOException {
        try (Cinnabar server = Cinnabar.builder().start();
                SocketChannel client = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()))) {
            InputStream in = Channels.newInputStream(client);
            for (List<String> words : requests()) {
                ask(client, in, words);
            }
            // the loop's own buffers hold something else now, and looks have been pointed at all kinds of values
            for (int i = 0; i < 100; i++) ask(client, in, List.of("PING"));
            for (String key : List.of("string", "list", "hash", "set", "stream", "zset", "visitors"))
                ask(client, in, List.of("DEL", key));
            await().untilAsserted(() -> assertThat(held(server)).isEmpty());
        }
    }

    @Test
    void of_keys_and_fields_that_expire_nothing_stays_in_memory() throws IOException {
        try (Cinnabar server = Cinnabar.builder().start();
                SocketChannel client = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()))) {
            InputStream in = Channels.newInputStream(client);
            server.execute("CONFIG", "SET", "appendonly", "yes");
            ask(client, in, List.of("SET", "string", TEXT, "PX", "1"));
            ask(client, in, List.of("HSET", "hash", "field", TEXT, "other", "short"));
            ask(client, in, List.of("HPEXPIRE", "hash", "1", "FIELDS", "1", "field"));
            await().until(() -> server.execute("EXISTS", "string").equals(0L)
                    && server.execute("HLEN", "hash").equals(1L));
            await().untilAsserted(() -> assertThat(held(server)).isEmpty());
        }
    }

    private static List<String> held(Cinnabar server) {
        return Held.besidePages(server, 300_000); // the buffers of loops and of the log are smaller
    }

    private static List<List<String>> requests() {
        List<List<String>> all = new ArrayList<>();
        all.add(List.of("SET", "string", TEXT));
        all.add(List.of("APPEND", "string", TEXT));
        all.add(List.of("RPUSH", "list", TEXT, TEXT));
        all.add(List.of("LSET", "list", "0", TEXT));
        all.add(List.of("LINSERT", "list", "BEFORE", TEXT, TEXT));
        all.add(List.of("LREM", "list", "0", TEXT));
        all.add(List.of("HSET", "hash", TEXT, TEXT));
        all.add(List.of("HSTRLEN", "hash", TEXT));
        all.add(List.of("SADD", "set", TEXT));
        all.add(List.of("SMISMEMBER", "set", TEXT, TEXT));
        all.add(List.of("ZADD", "zset", "1", TEXT, "1", "b" + TEXT));
        all.add(List.of("ZRANK", "zset", TEXT));
        all.add(List.of("ZLEXCOUNT", "zset", "[" + TEXT, "+"));
        all.add(List.of("XADD", "stream", "*", "field", TEXT));
        all.add(List.of("XADD", "stream", "*", TEXT, TEXT));
        all.add(List.of("XRANGE", "stream", "-", "-"));
        all.add(List.of("PFADD", "visitors", TEXT));
        all.add(List.of("GETRANGE", "string", "0", "1"));
        all.add(List.of("RENAME", "string", TEXT));
        all.add(List.of("RENAME", TEXT, "string"));
        all.add(many("ZADD", "live-zset", "1"));
        all.add(many("HSET", "live-hash", "1"));
        all.add(many("SADD", "live-set"));
        all.add(many("RPUSH", "live-list"));
        all.add(many("XADD", "live-stream", "*", "field"));
        all.add(many("DEL"));
        return all;
    }

    private static List<String> many(String... head) {
        List<String> words = new ArrayList<>(List.of(head));
        for (int i = 0; i < SEVERAL; i++) {
            words.add("element-" + i);
            if (head.length > 2 && i < SEVERAL - 1) words.add(Integer.toString(i));
        }
        return words;
    }

    private void ask(SocketChannel client, InputStream in, List<String> words) throws IOException {
        request.clear();
        request.append('*').append(words.size()).appendCrlf();
        for (String word : words)
            request.append('$').append(word.length()).appendCrlf().append(word).appendCrlf();
        ByteBuffer bytes = ByteBuffer.wrap(request.array(), 0, request.length());
        while (bytes.hasRemaining()) client.write(bytes);
        byte[] answer = new byte[512];
        int n = in.read(answer);
        assertThat(new String(answer, 0, n, StandardCharsets.ISO_8859_1))
                .as(words.get(0))
                .doesNotStartWith("-")
                .endsWith("\r\n");
    }
}
