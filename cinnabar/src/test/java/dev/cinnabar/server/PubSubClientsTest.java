package dev.cinnabar.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.RedisProtocol;

/// Messages over real sockets, two loops, to the clients that people use.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class PubSubClientsTest {
    private final Cinnabar server = Cinnabar.builder().set("io-threads", "2").start();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened) one.close();
        server.close();
    }

    private Jedis jedis(RedisProtocol protocol) {
        var config = DefaultJedisClientConfig.builder().protocol(protocol).build();
        Jedis jedis = new Jedis(new HostAndPort("127.0.0.1", server.port()), config);
        opened.add(jedis);
        return jedis;
    }

    private String info(String line) {
        String info = String.valueOf(server.execute("INFO", "stats", "clients"));
        for (String each : info.split("\r\n"))
            if (each.startsWith(line + ":")) return each.substring(line.length() + 1);
        throw new AssertionError("no " + line);
    }

    // ---- Jedis ----

    @ParameterizedTest
    @EnumSource(RedisProtocol.class)
    void jedis_hears_channels_and_patterns_in_order(RedisProtocol protocol) throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        JedisPubSub ear = new JedisPubSub() {
            @Override
            public void onMessage(String channel, String message) {
                heard.add(channel + " " + message);
            }

            @Override
            public void onPMessage(String pattern, String channel, String message) {
                heard.add(pattern + " " + channel + " " + message);
                if (message.equals("end")) punsubscribe();
            }
        };
        Jedis listener = jedis(protocol);
        Thread thread = new Thread(() -> {
            listener.subscribe(
                    new JedisPubSub() {
                        @Override
                        public void onMessage(String channel, String message) {
                            heard.add(channel + " " + message);
                            if (message.equals("end")) unsubscribe();
                        }
                    },
                    "news");
            listener.psubscribe(ear, "n*");
        });
        thread.start();
        Jedis publisher = jedis(protocol);
        await().until(() -> publisher.pubsubNumSub("news").get("news") == 1);
        for (int i = 0; i < 200; i++)
            assertThat(publisher.publish("news", "" + i)).isEqualTo(1);
        publisher.publish("news", "end");
        await().until(() -> publisher.pubsubNumPat() == 1);
        publisher.publish("nest", "end");
        thread.join();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) expected.add("news " + i);
        expected.add("news end");
        expected.add("n* nest end");
        assertThat(heard).isEqualTo(expected);
        assertThat(listener.ping()).isEqualTo("PONG"); // it can do everything again
    }

    @Test
    void jedis_hears_what_happens_to_keys() throws Exception {
        server.execute("CONFIG", "SET", "notify-keyspace-events", "KEA");
        List<String> heard = new CopyOnWriteArrayList<>();
        Jedis listener = jedis(RedisProtocol.RESP2);
        JedisPubSub ear = new JedisPubSub() {
            @Override
            public void onPMessage(String pattern, String channel, String message) {
                heard.add(channel + " " + message);
            }
        };
        Thread thread = new Thread(() -> listener.psubscribe(ear, "__keyevent@0__:*"));
        thread.start();
        await().until(ear::isSubscribed);
        server.execute("SET", "k", "v", "PX", "20");
        await().until(() -> heard.contains("__keyevent@0__:expired k"));
        assertThat(heard)
                .containsExactly("__keyevent@0__:set k", "__keyevent@0__:expire k", "__keyevent@0__:expired k");
        ear.punsubscribe();
        thread.join();
    }

    // ---- Lettuce ----

    private RedisClient lettuce(ProtocolVersion version) {
        RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", server.port()));
        client.setOptions(ClientOptions.builder().protocolVersion(version).build());
        opened.add(client::shutdown);
        return client;
    }

    @ParameterizedTest
    @EnumSource(ProtocolVersion.class)
    void lettuce_hears_channels_patterns_and_shard_channels(ProtocolVersion version) {
        List<String> heard = new CopyOnWriteArrayList<>();
        RedisClient client = lettuce(version);
        StatefulRedisPubSubConnection<String, String> connection = client.connectPubSub();
        connection.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, String message) {
                heard.add(channel + " " + message);
            }

            @Override
            public void message(String pattern, String channel, String message) {
                heard.add(pattern + " " + channel + " " + message);
            }

            @Override
            public void smessage(String channel, String message) {
                heard.add("shard " + channel + " " + message);
            }
        });
        connection.sync().subscribe("a", "b");
        connection.sync().psubscribe("a*");
        connection.sync().ssubscribe("s");
        var commands = client.connect().sync();
        assertThat(commands.publish("a", "1")).isEqualTo(2);
        assertThat(commands.publish("b", "2")).isEqualTo(1);
        assertThat(commands.spublish("s", "3")).isEqualTo(1);
        await().until(() -> heard.size() == 4);
        assertThat(heard).containsExactly("a 1", "a* a 1", "b 2", "shard s 3");
        if (version == ProtocolVersion.RESP3) {
            assertThat(connection.sync().set("k", "v")).isEqualTo("OK");
            assertThat(connection.sync().publish("b", "mine")).isEqualTo(1);
            await().until(() -> heard.contains("b mine"));
        }
        connection.sync().unsubscribe("a", "b");
        connection.sync().punsubscribe("a*");
        assertThat(commands.publish("a", "x")).isZero();
    }

    // ---- by hand ----

    /// A socket that is spoken to in lines.
    private final class Raw implements AutoCloseable {
        final Socket socket;
        final InputStream in;

        Raw() throws IOException {
            socket = new Socket("127.0.0.1", server.port());
            socket.setSoTimeout(60_000);
            in = new BufferedInputStream(socket.getInputStream());
            opened.add(this);
        }

        void send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) throw new IOException("the end, after " + line);
                if (b != '\r') line.append((char) b);
            }
            return line.toString();
        }

        String message() throws IOException {
            List<String> lines = new ArrayList<>();
            for (int i = 0; i < 7; i++) lines.add(line());
            return lines.get(4) + " " + lines.get(6);
        }

        void lines(int count) throws IOException {
            for (int i = 0; i < count; i++) line();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void within_a_pipeline_a_publisher_sees_its_messages_where_they_belong() throws Exception {
        Raw raw = new Raw();
        raw.send("HELLO 3\r\nSUBSCRIBE c\r\n");
        while (!raw.line().equals("subscribe")) continue;
        raw.lines(3);
        StringBuilder pipeline = new StringBuilder();
        for (int i = 0; i < 1000; i++)
            pipeline.append("PUBLISH c ")
                    .append(i)
                    .append("\r\nECHO ")
                    .append(i)
                    .append("\r\n");
        raw.send(pipeline.toString());
        for (int i = 0; i < 1000; i++) {
            assertThat(raw.line()).isEqualTo(":1");
            assertThat(raw.message()).isEqualTo("c " + i);
            raw.line();
            assertThat(raw.line()).isEqualTo("" + i);
        }
    }

    @Test
    void all_who_listen_see_the_same_order_whoever_publishes_where() throws Exception {
        List<Raw> listeners = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Raw raw = new Raw();
            raw.send("HELLO 3\r\nSUBSCRIBE c\r\n");
            while (!raw.line().equals("subscribe")) continue;
            raw.lines(3);
            listeners.add(raw);
        }
        List<Thread> threads = new ArrayList<>();
        int each = 3000;
        for (int p = 0; p < 4; p++) {
            Raw publisher = listeners.get(p); // they listen themselves
            String name = "p" + p + ":";
            Thread thread = new Thread(() -> {
                try {
                    for (int i = 0; i < each; i++) publisher.send("PUBLISH c " + name + i + "\r\n");
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            threads.add(thread);
            thread.start();
        }
        List<List<String>> heard = new ArrayList<>();
        for (int i = 0; i < 4; i++) heard.add(new ArrayList<>());
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Raw raw = listeners.get(i);
            List<String> mine = heard.get(i);
            Thread reader = new Thread(() -> {
                try {
                    while (mine.size() < 4 * each) {
                        String line = raw.line();
                        if (line.startsWith(":")) continue;
                        for (int k = 0; k < 5; k++) raw.line();
                        mine.add(raw.line());
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            readers.add(reader);
            reader.start();
        }
        for (Thread thread : threads) thread.join();
        for (Thread reader : readers) reader.join();
        assertThat(heard.get(0)).hasSize(4 * each);
        for (int i = 1; i < 4; i++)
            assertThat(heard.get(i).equals(heard.get(0))).as("listener " + i).isTrue();
        for (int p = 0; p < 4; p++) {
            String name = "p" + p + ":";
            List<String> own =
                    heard.get(0).stream().filter(m -> m.startsWith(name)).toList();
            for (int i = 0; i < each; i++) assertThat(own.get(i)).isEqualTo(name + i);
        }
    }

    @Test
    void a_subscriber_that_does_not_read_is_closed_and_others_hear_all() throws Exception {
        server.execute("CONFIG", "SET", "client-output-buffer-limit", "pubsub 4mb 0 0");
        Raw deaf = new Raw();
        deaf.send("SUBSCRIBE c\r\n");
        Raw reader = new Raw();
        reader.send("SUBSCRIBE c\r\n");
        reader.lines(6);
        deaf.lines(6);
        int[] lengths = {10, 20_000, 100_000, 300};
        for (int i = 0; i < 400; i++) {
            server.execute("PUBLISH", "c", i + "x".repeat(lengths[i % 4]));
            assertThat(reader.message()).startsWith("c " + i + "x");
        }
        await().until(() -> info("pubsub_clients").equals("1"));
        assertThat(info("client_output_buffer_limit_disconnections")).isEqualTo("1");
        assertThatThrownBy(() -> deaf.lines(100_000)).isInstanceOf(IOException.class);
    }

    @Test
    void many_listeners_get_a_large_message_from_one_array() throws Exception {
        List<Raw> listeners = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            Raw raw = new Raw();
            raw.send("SUBSCRIBE c\r\n");
            raw.lines(6);
            listeners.add(raw);
        }
        String message = "y".repeat(3_000_000);
        assertThat(server.execute("PUBLISH", "c", message)).isEqualTo(50L);
        assertThat(server.execute("PUBLISH", "c", "small")).isEqualTo(50L);
        for (Raw raw : listeners) {
            raw.lines(6);
            assertThat(raw.line()).isEqualTo(message);
            assertThat(raw.message()).isEqualTo("c small");
        }
    }

    @Test
    void a_caller_within_the_process_can_publish_but_not_listen() {
        assertThat(server.execute("PUBLISH", "c", "m")).isEqualTo(0L);
        for (String command : List.of("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE")) {
            assertThatThrownBy(() -> server.execute(command, "c"))
                    .hasMessage("ERR " + command + " isn't allowed for a DENY BLOCKING client");
        }
    }
}
