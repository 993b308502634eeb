package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Garbage;
import org.junit.jupiter.api.Test;

/// Commands that are called a million times a second leave nothing for the collector: figure 3 of issue 2.
class NoGarbageTest {
    private static final int CALLS = 2000;

    private final TestServer server = new TestServer().withoutLog();
    private final ByteBuilder out = new ByteBuilder(1 << 16);

    /// The garbage of some thousand calls, of which none may make any.
    private long garbage(String... line) {
        Bytes[] argv = words(line);
        return Garbage.of(() -> {
            for (int i = 0; i < CALLS; i++) run(argv);
        });
    }

    /// The same for two commands by turns, the first of which undoes the second.
    private long garbage(String[] first, String[] second) {
        Bytes[] one = words(first);
        Bytes[] two = words(second);
        return Garbage.of(() -> {
            for (int i = 0; i < CALLS; i++) {
                run(one);
                run(two);
            }
        });
    }

    private static Bytes[] words(String... line) {
        Bytes[] argv = new Bytes[line.length];
        for (int i = 0; i < line.length; i++) argv[i] = Bytes.of(line[i]);
        return argv;
    }

    private void run(Bytes[] argv) {
        out.clear();
        server.run(argv, out);
    }

    @Test
    void get_makes_none() {
        server.line("SET number 12345");
        server.line("SET short text");
        server.run("SET", "long", "x".repeat(1000));
        for (String key : new String[] {"number", "short", "long", "missing"})
            assertThat(garbage("GET", key)).as(key).isZero();
    }

    @Test
    void set_over_a_value_of_the_same_size_makes_none() {
        for (String value : new String[] {"12345", "short text", "x".repeat(1000)}) {
            assertThat(garbage("SET", "k", value)).as(value).isZero();
        }
    }

    /// For a copy there may be no memory, and then nobody would hear of the change.
    @Test
    void while_others_are_watched_or_waited_for_no_name_of_a_key_is_copied() {
        String key = "k".repeat(2_000);
        server.line("WATCH other");
        assertThat(garbage("SET", key, "value")).isLessThan(CALLS * 200L);
        server.line("UNWATCH");
        Session waiting = server.engine().open(Session.Origin.EMBEDDED, new NoLink());
        server.engine().lock();
        server.engine().beginBatch();
        server.engine().run(waiting, 3, words("BLPOP", "other", "0"), out);
        server.engine().unlock();
        assertThat(server.engine().isWaiting(waiting)).isTrue();
        assertThat(garbage("SET", key, "value")).isLessThan(CALLS * 200L);
    }

    @Test
    void set_with_options_makes_none() {
        assertThat(garbage("SET", "k", "value", "EX", "100")).isZero();
        assertThat(garbage("SET", "k", "value", "XX", "KEEPTTL", "GET")).isZero();
        assertThat(garbage("SET", "k", "value", "NX")).isZero();
    }

    @Test
    void set_of_a_new_key_and_del_make_none() {
        for (String value : new String[] {"12345", "short text", "x".repeat(1000)}) {
            assertThat(garbage(new String[] {"SET", "k", value}, new String[] {"DEL", "k"}))
                    .as(value)
                    .isZero();
            assertThat(garbage(new String[] {"SET", "k", value, "PX", "1000"}, new String[] {"UNLINK", "k"}))
                    .as(value)
                    .isZero();
        }
        assertThat(garbage("DEL", "missing")).isZero();
    }

    @Test
    void thousands_of_new_keys_and_their_removal_make_none() {
        Bytes[][] sets = new Bytes[CALLS][];
        Bytes[][] dels = new Bytes[CALLS][];
        for (int i = 0; i < CALLS; i++) {
            sets[i] = words("SET", "key:" + i, "value " + i);
            dels[i] = words("DEL", "key:" + i);
        }
        for (int i = 0; i < 100_000; i++)
            server.line("SET other:" + i + " x"); // a table that does not grow and shrink each time
        assertThat(Garbage.of(() -> {
                    for (Bytes[] set : sets) run(set);
                    for (Bytes[] del : dels) run(del);
                }))
                .isZero();
    }

    @Test
    void incr_makes_none() {
        assertThat(garbage("INCR", "n")).isZero();
        assertThat(garbage("DECRBY", "n", "7")).isZero();
    }

    @Test
    void exists_ttl_type_and_touch_make_none() {
        server.line("SET k v EX 100");
        for (String command : new String[] {"EXISTS", "TTL", "TYPE", "TOUCH", "STRLEN"})
            assertThat(garbage(command, "k")).as(command).isZero();
    }

    @Test
    void mset_and_mget_make_none() {
        assertThat(garbage("MSET", "a", "1", "b", "text", "c", "x".repeat(100))).isZero();
        assertThat(garbage("MGET", "a", "b", "c")).isZero();
    }

    @Test
    void expire_append_getrange_and_setrange_make_none() {
        server.line("SET k some-text-in-here");
        assertThat(garbage(new String[] {"EXPIRE", "k", "100"}, new String[] {"PERSIST", "k"}))
                .isZero();
        assertThat(garbage("GETRANGE", "k", "2", "5")).isZero();
        assertThat(garbage("SETRANGE", "k", "2", "##")).isZero();
        assertThat(garbage(new String[] {"APPEND", "k", "x"}, new String[] {"SET", "k", "some-text-in-here"}))
                .isZero();
    }

    @Test
    void rename_makes_none() {
        server.line("SET a value");
        assertThat(garbage(new String[] {"RENAME", "a", "another"}, new String[] {"RENAME", "another", "a"}))
                .isZero();
    }

    @Test
    void bits_and_fields_make_none() {
        server.line("SET k some-text-in-here");
        assertThat(garbage(new String[] {"SETBIT", "k", "5", "1"}, new String[] {"SETBIT", "k", "5", "0"}))
                .isZero();
        assertThat(garbage("GETBIT", "k", "5")).isZero();
        assertThat(garbage("BITCOUNT", "k", "1", "5")).isZero();
        assertThat(garbage("BITFIELD", "k", "INCRBY", "u8", "#3", "1", "GET", "i5", "7"))
                .isZero();
    }

    @Test
    void pfadd_and_pfcount_make_none() {
        for (int i = 0; i < 20; i++) server.line("PFADD sparse " + i);
        for (int i = 0; i < 20_000; i += 100) {
            String[] words = new String[102];
            words[0] = "PFADD";
            words[1] = "dense";
            for (int j = 0; j < 100; j++) words[2 + j] = "" + (i + j);
            server.run(words);
        }
        for (String key : new String[] {"sparse", "dense"}) {
            assertThat(garbage("PFADD", key, "7")).as(key).isZero();
            assertThat(garbage("PFCOUNT", key)).as(key).isZero();
        }
        assertThat(garbage(new String[] {"PFADD", "k", "a", "b"}, new String[] {"DEL", "k"}))
                .isZero();
        assertThat(garbage("PFCOUNT", "sparse", "dense")).isZero();
    }

    /// Small hashes, volatile ones, and tables.
    @Test
    void hset_hget_and_hincrby_make_none() {
        server.line("HSET small a 1 b text c 3");
        server.line("HSETEX timed EX 1000 FIELDS 3 a 1 b text c 3");
        for (int i = 0; i < 1000; i++) server.run("HSET", "table", "f" + i, "v");
        for (String key : new String[] {"small", "timed", "table"}) {
            assertThat(garbage("HSET", key, "b", "other")).as(key).isZero();
            assertThat(garbage("HSET", key, "a", "1", "b", "text", "c", "3"))
                    .as(key)
                    .isZero();
            assertThat(garbage("HGET", key, "b")).as(key).isZero();
            assertThat(garbage("HMGET", key, "a", "b", "none")).as(key).isZero();
            assertThat(garbage("HEXISTS", key, "none")).as(key).isZero();
            assertThat(garbage("HINCRBY", key, "a", "3")).as(key).isZero();
            assertThat(garbage(new String[] {"HSET", key, "new", "x"}, new String[] {"HDEL", key, "new"}))
                    .as(key)
                    .isZero();
            server.line("HDEL " + key + " a");
        }
        assertThat(garbage(new String[] {"HSET", "new", "a", "x"}, new String[] {"HDEL", "new", "a"}))
                .isZero();
    }

    @Test
    void xadd_makes_none() {
        for (String trim : new String[] {"MAXLEN = 1000", "MAXLEN ~ 1000", "MINID ~ 1-0"}) {
            assertThat(garbage(("XADD s " + trim + " * field value other 12345").split(" ")))
                    .as(trim)
                    .isZero();
        }
        assertThat(garbage("XLEN", "s")).isZero();
        assertThat(garbage("XACK", "s", "g", "1-0")).isZero();
    }

    @Test
    void mget_of_large_values_makes_room_for_its_answer_once() {
        int count = 20;
        int length = 1 << 20;
        String[] line = new String[count + 2];
        line[0] = "MGET";
        line[1] = "missing";
        for (int i = 0; i < count; i++) {
            line[i + 2] = "k" + i;
            server.run("SET", "k" + i, "x".repeat(length));
        }
        Bytes[] argv = words(line);
        long made = Garbage.of(() -> {
            ByteBuilder answer = new ByteBuilder(1 << 10);
            server.run(argv, answer);
            assertThat(answer.length()).isGreaterThan(count * length);
        });
        assertThat(made).isLessThan(count * length + 100_000L);
    }
}
