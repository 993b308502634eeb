package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Garbage;
import dev.cinnabar.config.KeyspaceEvents;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyspaceNotificationsTest {
    private final TestServer server = new TestServer();
    private final List<String> pushes = server.listen();

    /// The events since the last call, each as `event key`.
    private List<String> events() {
        List<String> events = new ArrayList<>();
        for (String push : pushes) {
            String[] lines = push.split("\r\n", -1);
            if (lines[6].startsWith("__keyevent@0__:")) events.add(lines[6].substring(15) + " " + lines[8]);
        }
        pushes.clear();
        return events;
    }

    @Test
    void an_event_is_told_on_the_channel_of_its_key_and_on_that_of_its_name() {
        server.line("SELECT 3");
        server.line("SET k v");
        assertThat(pushes).hasSize(4); // the first two: it is new
        assertThat(pushes.get(2)).endsWith("$16\r\n__keyspace@3__:k\r\n$3\r\nset\r\n");
        assertThat(pushes.get(3)).endsWith("$18\r\n__keyevent@3__:set\r\n$1\r\nk\r\n");
    }

    @Test
    void what_expires_when_it_is_asked_for_is_told_before_what_the_command_does() {
        server.line("SET a 1 PX 10");
        server.line("SET b 1");
        server.line("SET c 1 PX 10");
        server.advance(Duration.ofMillis(20));
        events();
        server.line("DEL b a c");
        assertThat(events()).containsExactly("del b", "expired a", "expired c");
        server.line("SET a 1 PX 10");
        server.advance(Duration.ofMillis(20));
        events();
        server.line("RENAME b a");
        server.line("INCR a");
        assertThat(events()).containsExactly("expired a", "new a", "incrby a");
    }

    @Test
    void what_the_timer_expires_is_told() {
        server.line("SET a 1 PX 10");
        events();
        server.advance(Duration.ofSeconds(2));
        server.engine().tick();
        assertThat(events()).containsExactly("expired a");
    }

    @Test
    void fields_that_expire_are_told_once_for_a_hash_and_the_hash_with_the_last() {
        server.line("HSETEX h PX 10 FIELDS 2 a 1 b 2");
        server.line("HSETEX h PX 100 FIELDS 1 c 3");
        server.line("HSETEX lazy PX 10 FIELDS 1 a 1");
        server.advance(Duration.ofMillis(12));
        events();
        server.line("HINCRBY lazy a 1");
        assertThat(events()).containsExactly("hexpired lazy", "del lazy", "new lazy", "hincrby lazy");
        server.advance(Duration.ofMillis(8));
        server.engine().tick();
        assertThat(events()).containsExactly("hexpired h");
        server.advance(Duration.ofMillis(100));
        server.engine().tick();
        assertThat(events()).containsExactly("hexpired h", "del h");
    }

    @Test
    void what_is_evicted_is_told_before_the_command_that_needed_room_and_after_the_limit_was_lowered() {
        server.run("SET", "a", "x".repeat(10_000));
        server.engine().settings().evictionPolicy = EvictionPolicy.ALLKEYS_LRU;
        server.engine().settings().maxMemory = server.store().pages().used() - 1;
        events();
        server.line("SET b 1");
        assertThat(events()).containsExactly("evicted a", "new b", "set b");
        server.engine().settings().maxMemory = 1;
        server.engine().tick();
        assertThat(events()).containsExactly("evicted b");
    }

    @Test
    void a_failed_read_is_told_but_not_to_object_and_not_of_a_write() {
        server.line("GET k");
        server.line("TTL k");
        server.line("OBJECT ENCODING k");
        server.line("DEL k");
        assertThat(events()).containsExactly("keymiss k", "keymiss k");
    }

    @Test
    void a_key_is_new_before_anything_else_happens_to_it() {
        server.line("LPUSH l a");
        server.line("LPUSH l b");
        server.line("RENAME l m");
        server.line("COPY m l");
        server.line("COPY m l REPLACE");
        server.line("SADD s a b");
        server.line("SMOVE s t a");
        assertThat(events())
                .containsExactly(
                        "new l",
                        "lpush l",
                        "lpush l",
                        "new m",
                        "rename_from l",
                        "rename_to m",
                        "new l",
                        "copy_to l",
                        "new l",
                        "copy_to l",
                        "new s",
                        "sadd s",
                        "srem s",
                        "new t",
                        "sadd t");
    }

    @Test
    void classes_that_are_off_are_not_told_nor_anything_without_a_channel() {
        SettingsBinding.keyspaceEvents(server.engine(), KeyspaceEvents.LIST | KeyspaceEvents.KEYEVENT);
        server.line("SET k v");
        server.line("LPUSH l x");
        server.line("DEL l");
        assertThat(events()).containsExactly("lpush l");
        SettingsBinding.keyspaceEvents(server.engine(), KeyspaceEvents.ALL);
        server.line("LPUSH l x");
        assertThat(pushes).isEmpty();
    }

    @Test
    void a_transaction_tells_what_its_commands_do_one_after_the_other() {
        server.line("MULTI");
        server.line("SET a 1");
        server.line("LPUSH l x");
        server.line("RPOP l");
        server.line("EXEC");
        assertThat(events()).containsExactly("new a", "set a", "new l", "lpush l", "rpop l", "del l");
    }

    @Test
    void with_events_on_and_nobody_listening_nothing_is_allocated() {
        TestServer alone = new TestServer().withoutLog();
        SettingsBinding.keyspaceEvents(
                alone.engine(), KeyspaceEvents.ALL | KeyspaceEvents.KEYSPACE | KeyspaceEvents.KEYEVENT);
        var out = new ByteBuilder(1 << 10);
        Bytes[] set = TestEngine.words("SET", "k", "v");
        Bytes[] publish = TestEngine.words("PUBLISH", "channel", "message");
        assertThat(Garbage.of(() -> {
                    for (int i = 0; i < 2000; i++) {
                        out.clear();
                        alone.run(set, out);
                        alone.run(publish, out);
                    }
                }))
                .isZero();
    }

    @Test
    void publishing_past_other_channels_allocates_nothing() {
        TestServer quiet = new TestServer().withoutLog();
        quiet.subscribe(Subscription.CHANNEL, "other");
        var out = new ByteBuilder(1 << 10);
        Bytes[] publish = TestEngine.words("PUBLISH", "channel", "message");
        assertThat(Garbage.of(() -> {
                    for (int i = 0; i < 2000; i++) {
                        out.clear();
                        quiet.run(publish, out);
                    }
                }))
                .isZero();
    }

    @Test
    void bits_and_hyperloglogs_tell_as_strings_do_and_a_remembered_count_is_told_to_nobody() {
        server.line("SETBIT bits 3 1");
        server.line("SETBIT bits 3 1");
        server.line("BITOP NOT other bits");
        assertThat(events()).containsExactly("new bits", "setbit bits", "new other", "set other");
        server.line("PFADD h a b c");
        server.line("PFADD h a b c");
        assertThat(events()).containsExactly("new h", "pfadd h");
        server.line("PFCOUNT h");
        assertThat(events()).isEmpty();
        server.line("PFMERGE h h");
        server.line("BITOP NOT other missing");
        assertThat(events()).contains("pfadd h", "del other");
    }
}
