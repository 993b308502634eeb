package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.memory.Budget;
import java.util.List;
import org.junit.jupiter.api.Test;

/// An EXEC that is refused ends its transaction, as a client library expects that is told EXECABORT.
class RefusedExecTest {
    private static final String WRONG_NUMBER =
            "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command";

    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();

    @Test
    void too_many_words_end_the_transaction() {
        client.send("MULTI");
        client.send("SET a 1");
        assertThat(client.send("EXEC foo")).isEqualTo(WRONG_NUMBER);
        assertThat(client.send("EXEC")).isEqualTo("-ERR EXEC without MULTI");
        assertThat(client.send("EXISTS a")).isEqualTo(":0");
    }

    @Test
    void without_a_transaction_the_answer_is_the_same() {
        assertThat(client.send("EXEC foo")).isEqualTo(WRONG_NUMBER);
    }

    @Test
    void a_watch_is_over_too() {
        client.send("WATCH a");
        client.send("MULTI");
        client.send("EXEC foo");
        client.send("SET a 1");
        client.send("MULTI");
        client.send("GET a");
        assertThat(client.send("EXEC")).isEqualTo("*1 $1 1");
    }

    @Test
    void the_reason_is_told_without_its_code_where_that_is_only_err() {
        client.send("SUBSCRIBE news");
        assertThat(client.send("EXEC"))
                .isEqualTo("-EXECABORT Transaction discarded because of: Can't execute 'exec': only (P|S)SUBSCRIBE /"
                        + " (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
    }

    @Test
    void a_transaction_that_writes_is_refused_as_a_whole_while_writes_are_and_one_that_reads_runs() {
        TestClient reader = server.connect();
        client.send("SET a 1");
        for (String line : List.of("MULTI", "GET a", "SET a 2", "SET b 2")) client.send(line);
        for (String line : List.of("MULTI", "GET a")) reader.send(line);
        server.engine.refuseWrites("MISCONF no disk");
        assertThat(client.send("EXEC")).isEqualTo("-EXECABORT Transaction discarded because of: MISCONF no disk");
        assertThat(reader.send("EXEC")).isEqualTo("*1 $1 1");
        assertThat(client.send("MGET a b")).isEqualTo("*2 $1 1 $-1");
        assertThat(client.send("EXEC")).isEqualTo("-ERR EXEC without MULTI");
    }

    @Test
    void a_transaction_that_began_with_memory_to_spare_runs_whole_and_nothing_is_evicted_meanwhile() {
        for (EvictionPolicy policy : List.of(EvictionPolicy.NOEVICTION, EvictionPolicy.ALLKEYS_RANDOM)) {
            client.send("FLUSHALL");
            for (int i = 0; i < 100; i++) client.send("SET k" + i + " v");
            server.settings().evictionPolicy = policy;
            server.settings().maxMemory = server.engine.store().pages().used() + 300_000;
            client.send("MULTI");
            for (int i = 0; i < 6; i++) client.send("SETRANGE t" + i + " 100000 x");
            client.send("DBSIZE");
            assertThat(client.send("EXEC")).isEqualTo("*7" + " :100001".repeat(6) + " :106");
            server.settings().maxMemory = 0;
        }
    }

    @Test
    void what_a_transaction_needs_beyond_the_heap_is_refused_within_it() {
        client.send("MULTI");
        for (int i = 0; i < 6; i++) client.send("SETRANGE t" + i + " 20000000 x");
        assertThat(client.send("EXEC")).startsWith("*6 :20000001").contains("-OOM");
    }

    @Test
    void what_memory_has_no_room_for_is_not_queued_and_all_is_given_back_however_it_ends() {
        String value = "v".repeat(1 << 20);
        TestClient large = server.connect();
        Budget budget = server.engine.store().pages().budget();
        large.send("SET a 1");
        long before = budget.reserved();
        for (String end : List.of("EXEC", "DISCARD", "RESET", "quit")) {
            large.send("MULTI");
            String answer = "+QUEUED";
            for (int i = 0; i < 100 && answer.equals("+QUEUED"); i++) answer = large.send("ECHO " + value);
            assertThat(answer).startsWith("-OOM");
            assertThat(budget.reserved()).isGreaterThan(budget.limit() - (2 << 20));
            assertThat(client.send("GET a")).as("others are served").isEqualTo("$1 1");
            if (end.equals("quit")) server.engine.close(large.session());
            else assertThat(large.send(end)).startsWith(end.equals("EXEC") ? "-EXECABORT" : "+");
            assertThat(budget.reserved()).as(end).isEqualTo(before);
        }
        client.send("MULTI");
        client.send("ECHO x");
        assertThat(client.send("EXEC")).isEqualTo("*1 $1 x");
        assertThat(budget.reserved()).isEqualTo(before);
    }
}
