package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/// A server for tests of the stream family, and streams in it that a group has read.
abstract class StreamFixture {
    final TestServer server = new TestServer();

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    void add(String key, int entries) {
        for (int i = 1; i <= entries; i++) server.run("XADD", key, i + "-0", "field", "v" + i);
    }

    /// A stream of entries 1-0, 2-0 … that c has read in group g.
    void read(String key, int entries) {
        add(key, entries);
        server.run("XGROUP", "CREATE", key, "g", "0");
        server.run("XREADGROUP", "GROUP", "g", "c", "STREAMS", key, ">");
    }

    static String flat(String reply) {
        return reply.replace("\r\n", " ").trim();
    }

    String ask(String line) {
        return flat(server.line(line));
    }

    /// Everything that is to be known of a stream, but when consumers were seen.
    static String facts(TestServer server, String key) {
        String digest = Digest.ofValue(server.store().database(0), Bytes.of(key));
        return digest
                + server.run("XINFO", "STREAM", key, "FULL", "COUNT", "0")
                        .replaceAll("radix-tree-(keys|nodes)\r\n:\\d+", "")
                        .replaceAll("(seen|active)-time\r\n:-?\\d+", "");
    }

    static void replay(TestServer server, String line) {
        String[] words = line.split(" ", -1);
        String reply = server.replay(List.of(words).subList(1, words.length).toArray(String[]::new));
        assertThat(reply).as(line).doesNotStartWith("-");
    }

    /// The commands of an image.
    static List<String[]> image(TestServer server) {
        LogSnapshot snapshot = new LogSnapshot(server.engine());
        snapshot.tryBegin(() -> {});
        ByteBuilder out = new ByteBuilder();
        while (snapshot.next(out)) continue;
        return commands(out);
    }

    static List<String[]> commands(ByteBuilder out) {
        String text = new String(out.array(), 0, out.length(), StandardCharsets.ISO_8859_1);
        List<String[]> commands = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int line = text.indexOf("\r\n", at);
            String[] words = new String[Integer.parseInt(text.substring(at + 1, line))];
            at = line + 2;
            for (int i = 0; i < words.length; i++) {
                line = text.indexOf("\r\n", at);
                int length = Integer.parseInt(text.substring(at + 1, line));
                words[i] = text.substring(line + 2, line + 2 + length);
                at = line + 2 + length + 2;
            }
            commands.add(words);
        }
        return commands;
    }
}
