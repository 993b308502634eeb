package dev.cinnabar.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;

/// A server for tests of the hash family, and hashes in it in all forms.
abstract class HashFixture {
    final TestServer server = new TestServer();

    /// The ways in which a hash is kept and its due fields are found.
    enum Form {
        SMALL("listpackex"),
        TABLE("hashtable"),
        TABLE_WITH_WHEEL("hashtable");

        final String encoding;

        Form(String encoding) {
            this.encoding = encoding;
        }

        int others() {
            return this == TABLE_WITH_WHEEL ? 600 : 0;
        }
    }

    /// Makes a hash with fields `a` to `e`, whose values are 1 to 5; and many others if it is to be large.
    void make(Form form, String key) {
        server.store().thresholds().hashMaxListpackEntries = form == Form.SMALL ? 512 : 0;
        for (int i = 0; i < form.others(); i++) server.run("HSET", key, "other" + i, "x");
        server.run("HSET", key, "a", "1", "b", "2", "c", "3", "d", "4", "e", "5");
    }

    @AfterEach
    void the_store_is_sound() {
        server.store().checkInvariants();
    }

    void advance(long ms) {
        server.advance(Duration.ofMillis(ms));
    }

    void tick() {
        server.engine().tick();
        server.store().checkInvariants();
    }

    String encoding(String key) {
        return server.run("OBJECT", "ENCODING", key).split("\r\n")[1];
    }

    /// The bulk strings of an array.
    static List<String> elements(String reply) {
        String[] lines = reply.split("\r\n", -1);
        List<String> elements = new ArrayList<>();
        for (int i = 2; i < lines.length; i += 2) elements.add(lines[i]);
        return elements;
    }

    /// Fields and values of an array of them by turns.
    Map<String, String> pairs(String reply) {
        List<String> elements = elements(reply);
        Map<String, String> pairs = new TreeMap<>();
        for (int i = 0; i < elements.size(); i += 2) pairs.put(elements.get(i), elements.get(i + 1));
        return pairs;
    }

    static String integers(long... numbers) {
        StringBuilder text = new StringBuilder("*" + numbers.length + "\r\n");
        for (long number : numbers) text.append(":").append(number).append("\r\n");
        return text.toString();
    }

    static String nils(int count) {
        return "*" + count + "\r\n" + "$-1\r\n".repeat(count);
    }

    long volatileHashes() {
        return server.store().database(server.db()).volatileHashes();
    }

    /// Makes a large hash of these fields, all due but `a` to `e`.
    void makeDue(int fields) {
        make(Form.TABLE, "h");
        for (int i = 0; i < fields; i++) server.run("HSETEX", "h", "PX", "50", "FIELDS", "1", "f" + i, "v");
        advance(100);
        server.logged();
    }

    void tickSome() {
        for (int i = 0; i < 3; i++) server.engine().tick();
    }
}
