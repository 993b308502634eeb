package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.command.Command;
import dev.cinnabar.command.CommandSpec;
import dev.cinnabar.command.Wish;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WaitersTest {
    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();
    private final TestClient waiting = server.connect();

    @Test
    void swapdb_serves_those_who_wait_in_either_database() {
        TestClient elsewhere = server.connect();
        elsewhere.send("SELECT 1");
        waiting.send("BLPOP here 0");
        elsewhere.send("BLPOP there 0");
        client.send("RPUSH there x");
        client.send("SELECT 1");
        client.send("RPUSH here y");
        assertThat(client.send("SWAPDB 0 1")).isEqualTo("+OK");
        assertThat(waiting.read()).isEqualTo("*2 $4 here $1 y");
        assertThat(elsewhere.read()).isEqualTo("*2 $5 there $1 x");
        assertThat(client.send("DBSIZE")).isEqualTo(":0");
    }

    @Test
    void a_client_whose_answer_finds_no_memory_is_closed_and_the_others_are_served() {
        List<String> closed = new ArrayList<>();
        Session poor = server.engine.open(Session.Origin.NETWORK, new NoLink() {
            @Override
            public void push(byte[] data, int offset, int length) {
                throw new OutOfMemoryError("for this test");
            }

            @Override
            public void close() {
                closed.add("poor");
            }
        });
        server.engine.lock();
        server.engine.beginBatch();
        server.engine.run(poor, 3, TestEngine.words("BLPOP", "queue", "0"), new ByteBuilder());
        server.engine.unlock();
        waiting.send("BLPOP queue 0");

        assertThat(client.send("RPUSH queue a b")).isEqualTo(":2");
        assertThat(closed).containsExactly("poor");
        assertThat(waiting.read()).isEqualTo("*2 $5 queue $1 b");
        assertThat(client.send("LLEN queue")).isEqualTo(":0");
    }

    @Test
    void what_has_expired_before_a_transaction_was_over_serves_nobody() {
        waiting.send("BLPOP list 1");
        client.send("MULTI");
        client.send("RPUSH list a");
        client.send("PEXPIRE list 100");
        client.send("STALL 200");
        assertThat(client.send("EXEC")).isEqualTo("*3 :1 :1 +OK");
        assertThat(waiting.read()).isEmpty();
        assertThat(client.send("EXISTS list")).isEqualTo(":0");
        server.advance(Duration.ofMillis(800));
        assertThat(waiting.read()).isEqualTo("*-1");
    }

    @Test
    void swapdb_leaves_others_waiting() {
        waiting.send("BLPOP list 0");
        client.send("SELECT 2");
        client.send("RPUSH list x");
        client.send("SWAPDB 1 2");
        assertThat(waiting.read()).isEmpty();
        client.send("SWAPDB 0 1");
        assertThat(waiting.read()).isEqualTo("*2 $4 list $1 x");
    }

    @ParameterizedTest
    @CsvSource({
        "RPUSH, BLPOP first second 0, *2 $6 second $1 1",
        "RPUSH, BLMPOP 0 2 first second LEFT, *2 $6 second *1 $1 1",
        "ZADD, BZPOPMIN first second 0, *3 $6 second $1 x $1 1",
        "ZADD, BZMPOP 0 2 first second MIN COUNT 5, *2 $6 second *1 *2 $1 x $1 1"
    })
    void of_several_keys_the_one_that_got_something_first_serves(String add, String wait, String served) {
        waiting.send(wait);
        client.send("MULTI");
        client.send(add + " second 1 x");
        client.send(add + " first 1 x");
        client.send("EXEC");
        assertThat(waiting.read()).isEqualTo(served);
    }

    @Test
    void a_key_of_another_type_does_not_keep_the_others_from_serving() {
        waiting.send("BZPOPMAX first second second 0");
        client.send("RPUSH first x");
        assertThat(waiting.read()).isEmpty();
        client.send("ZADD second 1 x");
        assertThat(waiting.read()).isEqualTo("*3 $6 second $1 x $1 1");
        waiting.send("BLPOP zset list 0");
        client.send("ZADD zset 1 x");
        client.send("LPUSH list a");
        assertThat(waiting.read()).isEqualTo("*2 $4 list $1 a");
    }

    @Test
    void a_stream_that_became_something_else_does_not_keep_the_others_from_serving() {
        waiting.send("XREAD BLOCK 0 STREAMS first second $ $");
        client.send("SET second x");
        assertThat(waiting.read()).isEmpty();
        client.send("XADD first 1-1 f v");
        assertThat(waiting.read()).isEqualTo("*1 *2 $5 first *1 *2 $3 1-1 *2 $1 f $1 v");
        assertThat(waiting.send("XREAD BLOCK 0 STREAMS first second $ $")).startsWith("-WRONGTYPE");
    }

    @Test
    void a_stream_whose_last_entry_was_deleted_has_nothing_for_who_waits() {
        client.send("XADD gone 5-1 f v");
        client.send("XDEL gone 5-1");
        waiting.send("XREAD BLOCK 0 STREAMS stream 0");
        client.send("COPY gone stream");
        assertThat(waiting.read()).isEmpty();
        client.send("XADD stream 6-1 f v");
        assertThat(waiting.read()).isEqualTo("*1 *2 $6 stream *1 *2 $3 6-1 *2 $1 f $1 v");
    }

    @Test
    void who_waits_for_a_group_hears_that_the_stream_is_gone_also_behind_one_who_does_not_care() {
        TestClient reader = server.connect();
        client.send("XGROUP CREATE stream group $ MKSTREAM");
        reader.send("XREAD BLOCK 0 STREAMS stream $");
        waiting.send("XREADGROUP GROUP group me BLOCK 0 STREAMS stream >");
        client.send("DEL stream");
        assertThat(waiting.read()).isEqualTo("-UNBLOCKED the stream key no longer exists");
        assertThat(reader.read()).isEmpty();
    }

    @Test
    void who_goes_while_others_are_served_is_passed_over_and_those_behind_are_served() {
        List<TestClient> crowd = new ArrayList<>();
        TestEngine closing =
                new TestEngine(Command.of(CommandSpec.syntax("CLOSE key").key("RO"), call -> {
                    if (!call.hasWaited()) return call.waitForKeys(1, 1, 0, true);
                    for (int i : new int[] {2, 1, 0, 4})
                        crowd.get(i).engine().close(crowd.get(i).session());
                    return call.reply().ok();
                }));
        for (String line : List.of("CLOSE list", "BLPOP list 0", "BLPOP none list 0", "BLPOP list 0", "BLPOP list 0")) {
            crowd.add(closing.connect());
            crowd.get(crowd.size() - 1).send(line);
        }
        TestClient other = closing.connect();
        assertThat(other.send("RPUSH list x y")).isEqualTo(":2");
        assertThat(crowd.get(3).read()).isEqualTo("*2 $4 list $1 x");
        assertThat(other.send("LRANGE list 0 -1")).isEqualTo("*1 $1 y");
        assertThat(other.send("INFO clients")).contains("blocked_clients:0", "total_blocking_keys:0");
    }

    @Test
    void who_waits_is_not_run_again_for_what_happens_to_groups_and_consumers() {
        AtomicInteger looks = new AtomicInteger();
        TestEngine counting =
                new TestEngine(Command.of(CommandSpec.syntax("LOOK key").key("RO"), call -> {
                    looks.incrementAndGet();
                    return call.waitForKeys(1, 1, 0, true);
                }));
        TestClient other = counting.connect();
        other.send("XGROUP CREATE s g $ MKSTREAM");
        counting.connect().send("LOOK s");
        counting.connect().send("XREADGROUP GROUP g new BLOCK 0 STREAMS s >");
        for (String line : List.of(
                "XGROUP CREATE s h $",
                "XGROUP CREATECONSUMER s g c",
                "XGROUP DELCONSUMER s g c",
                "XGROUP SETID s g 0",
                "XSETID s 5-0")) other.send(line);
        assertThat(looks.get()).isEqualTo(1);
        other.send("XGROUP DESTROY s h");
        assertThat(looks.get()).isEqualTo(2);
    }

    @Test
    void a_change_that_cannot_answer_a_call_does_not_run_it_again_but_at_its_time() {
        AtomicInteger looks = new AtomicInteger();
        TestEngine counting =
                new TestEngine(Command.of(CommandSpec.syntax("LOOK key").key("RO"), call -> {
                    looks.incrementAndGet();
                    call.waitFor((db, key) -> call.nowMs() + 20);
                    return call.waitForKeys(1, 1, 0, true);
                }));
        counting.connect().send("LOOK k");
        counting.connect().send("SET k v");
        assertThat(looks.get()).isEqualTo(1);
        counting.advance(Duration.ofMillis(20));
        assertThat(looks.get()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "LIST, SADD k x, RPUSH k x",
        "LIST, ZADD k 1 x, LPUSH k x",
        "ZSET, RPUSH k x, ZADD k 1 x",
        "LIST, SET k v, RPUSH k x"
    })
    void a_key_of_another_type_runs_no_call_again(String type, String other, String awaited) {
        Wish wish = type.equals("LIST") ? Wish.LIST : Wish.ZSET;
        AtomicInteger looks = new AtomicInteger();
        TestEngine counting =
                new TestEngine(Command.of(CommandSpec.syntax("LOOK key").key("RO"), call -> {
                    looks.incrementAndGet();
                    return call.waitForOneOf(wish, 1, 1, 0, true);
                }));
        counting.connect().send("LOOK k");
        counting.connect().send("XREAD BLOCK 0 STREAMS k 0");
        TestClient writer = counting.connect();
        writer.send(other);
        assertThat(looks.get()).isEqualTo(1);
        writer.send("DEL k");
        assertThat(looks.get()).isEqualTo(1);
        writer.send(awaited);
        assertThat(looks.get()).isEqualTo(2);
    }

    @Test
    void a_large_answer_that_is_the_same_for_many_is_handed_to_all_and_copied_for_none() {
        List<TestClient> readers = new ArrayList<>();
        for (int i = 0; i < 5; i++) readers.add(server.connect());
        readers.get(4).send("HELLO 3");
        for (TestClient reader : readers) reader.send("XREAD BLOCK 0 STREAMS s $");
        String text = "x".repeat(5000);
        client.send("XADD s 1-0 f " + text);
        for (TestClient reader : readers)
            assertThat(reader.read()).contains("$1 s *1 *2 $3 1-0").endsWith(text);
        assertThat(readers.get(0).shared).hasSize(1);
        byte[] message = readers.get(0).shared.get(0);
        for (TestClient reader : readers.subList(0, 4))
            assertThat(reader.shared.get(0)).isSameAs(message);
        assertThat(readers.get(4).shared.get(0)).isNotSameAs(message); // RESP3
    }

    @Test
    void who_waits_to_claim_gets_in_time_what_another_one_was_served_meanwhile() {
        client.send("XGROUP CREATE s g $ MKSTREAM");
        TestClient first = server.connect();
        first.send("XREADGROUP GROUP g c BLOCK 0 CLAIM 200 STREAMS s >");
        waiting.send("XREADGROUP GROUP g d BLOCK 0 CLAIM 200 STREAMS s >");
        client.send("XADD s 1-0 f v");
        assertThat(first.read()).contains("1-0");
        server.advance(Duration.ofMillis(199));
        assertThat(waiting.read()).isEmpty();
        server.advance(Duration.ofMillis(1));
        assertThat(waiting.read()).isEqualTo("*1 *2 $1 s *1 *4 $3 1-0 *2 $1 f $1 v :200 :1");
    }

    @Test
    void what_is_for_a_client_whose_call_fell_when_it_was_run_again_goes_to_nobody_else() {
        TestEngine falling =
                new TestEngine(Command.of(CommandSpec.syntax("FALL key").key("RO"), call -> {
                    if (call.hasWaited()) throw new StackOverflowError();
                    return call.waitForKeys(1, 1, 0, true);
                }));
        TestClient other = falling.connect();
        TestClient fallen = falling.connect();
        TestClient next = falling.connect();
        fallen.send("HELLO 3");
        fallen.send("SUBSCRIBE news");
        fallen.send("FALL k");
        next.send("BLPOP list 0");
        assertThat(falling.connect().send("SET k v")).isEqualTo("+OK");
        assertThat(fallen.read()).contains("StackOverflowError");
        other.send("PUBLISH news x");
        assertThat(fallen.read()).contains("news $1 x");
        other.send("RPUSH list a");
        assertThat(next.read()).isEqualTo("*2 $4 list $1 a");
    }

    @Test
    void info_counts_who_waits_and_for_what() {
        client.send("XGROUP CREATE stream group $ MKSTREAM");
        waiting.send("BLPOP a b 5");
        server.connect().send("BLPOP b c 0");
        server.connect().send("XREADGROUP GROUP group me BLOCK 0 STREAMS stream >");
        assertThat(client.send("INFO clients"))
                .contains("clients_in_timeout_table:1", "total_blocking_keys:4", "total_blocking_keys_on_nokey:1");
        client.send("RPUSH b 1 2");
        assertThat(client.send("INFO clients")).contains("clients_in_timeout_table:0", "total_blocking_keys:1");
    }

    @Test
    void timers_are_asked_for_when_somebody_waits_for_less_than_they_would_come_in() {
        Rig rig = new Rig();
        assertThat(rig.engine.tick()).isEqualTo(100);
        rig.ask("BLPOP", "list", "0.05");
        rig.new Client("127.0.0.1:50002").ask("BLPOP", "list", "0.07");
        rig.new Client("127.0.0.1:50003").ask("BLPOP", "list", "0.02");
        rig.new Client("127.0.0.1:50004").ask("CLIENT", "PAUSE", "10", "WRITE");
        assertThat(rig.host.ticksIn).containsExactly(50L, 20L, 10L);
        rig.clock.advance(Duration.ofMillis(10));
        assertThat(rig.engine.tick()).isEqualTo(10);
    }

    @Test
    void timers_are_asked_for_when_a_key_or_a_field_is_to_go_before_they_would_come() {
        Rig rig = new Rig();
        rig.engine.tick();
        rig.ask("SET", "later", "v", "PX", "500");
        rig.ask("SET", "soon", "v", "PX", "50");
        rig.ask("SET", "between", "v", "PX", "70");
        rig.ask("HSET", "hash", "f", "v");
        rig.ask("HPEXPIRE", "hash", "30", "FIELDS", "1", "f");
        rig.ask("PEXPIRE", "later", "1");
        assertThat(rig.host.ticksIn)
                .as("a millisecond behind their time, and not at once")
                .containsExactly(51L, 31L, 3L);
    }

    @Test
    void what_waited_in_vain_counts_as_called() {
        long id = waiting.session().id();
        waiting.send("BLPOP list 1");
        server.advance(Duration.ofSeconds(2));
        assertThat(waiting.read()).isEqualTo("*-1");
        waiting.send("BLPOP list 0");
        client.send("CLIENT UNBLOCK " + id);
        assertThat(waiting.read()).isEqualTo("*-1");
        waiting.send("BLPOP list 0");
        client.send("CLIENT UNBLOCK " + id + " ERROR");
        assertThat(waiting.read()).startsWith("-UNBLOCKED ");

        assertThat(client.send("INFO commandstats"))
                .containsPattern("cmdstat_blpop:calls=3,.*,rejected_calls=0,failed_calls=1");
        assertThat(client.send("INFO errorstats")).contains("errorstat_UNBLOCKED:count=1");
        assertThat(client.send("INFO stats")).contains("total_error_replies:1");
    }
}
