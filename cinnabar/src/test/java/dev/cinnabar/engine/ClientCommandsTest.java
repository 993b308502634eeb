package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.memory.Budget;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class ClientCommandsTest {
    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();

    // ---- this connection ----

    @Test
    void ids_rise_and_are_never_used_again() {
        long first = client.session().id();
        assertThat(client.send("CLIENT ID")).isEqualTo(":" + first);
        server.engine.close(server.connect().session());
        assertThat(server.connect().send("CLIENT ID")).isEqualTo(":" + (first + 2));
    }

    @Test
    void a_name_is_kept_and_taken_off_by_an_empty_one() {
        assertThat(client.send("CLIENT GETNAME")).isEqualTo("$-1");
        assertThat(client.send("CLIENT SETNAME worker-7")).isEqualTo("+OK");
        assertThat(client.send("CLIENT GETNAME")).isEqualTo("$8 worker-7");
        assertThat(client.sendWords("CLIENT", "SETNAME", "a b"))
                .isEqualTo("-ERR Client names cannot contain spaces, newlines or special characters.");
        assertThat(client.sendWords("CLIENT", "SETNAME", "ä")).startsWith("-ERR Client names");
        assertThat(client.send("CLIENT GETNAME")).isEqualTo("$8 worker-7");
        client.sendWords("CLIENT", "SETNAME", "");
        client.send("HELLO 3");
        assertThat(client.send("CLIENT GETNAME")).isEqualTo("_");
    }

    @Test
    void setinfo_keeps_what_library_a_client_uses() {
        assertThat(client.send("CLIENT SETINFO lib-name jedis(x;v1)")).isEqualTo("+OK");
        assertThat(client.send("CLIENT SETINFO LIB-VER 8.0.2")).isEqualTo("+OK");
        assertThat(client.send("CLIENT INFO")).endsWith(" resp=2 lib-name=jedis(x;v1) lib-ver=8.0.2\n");
        assertThat(client.send("CLIENT SETINFO badger x")).isEqualTo("-ERR Unrecognized option 'badger'");
        assertThat(client.sendWords("CLIENT", "SETINFO", "lib-ver", "a b"))
                .isEqualTo("-ERR lib-ver cannot contain spaces, newlines or special characters.");
        assertThat(client.send("CLIENT SETINFO lib-ver"))
                .isEqualTo("-ERR wrong number of arguments for 'client|setinfo' command");
    }

    @Test
    void flags_show_what_is_special_of_a_connection() {
        assertThat(info("flags")).isEqualTo("N");
        client.send("CLIENT NO-EVICT on");
        client.send("CLIENT NO-TOUCH on");
        assertThat(info("flags")).isEqualTo("eT");
        assertThat(client.send("CLIENT NO-EVICT maybe")).isEqualTo("-ERR syntax error");
        client.send("CLIENT NO-EVICT off");
        client.send("CLIENT NO-TOUCH off");
        client.send("MONITOR");
        assertThat(info("flags")).isEqualTo("O");

        TestClient watcher = server.connect("/run/cinnabar.sock:0", "/run/cinnabar.sock:0");
        watcher.send("SET k v");
        watcher.send("WATCH k");
        server.connect().send("SET k w");
        watcher.send("MULTI");
        assertThat(server.connect().send("CLIENT LIST ID " + watcher.session().id()))
                .contains(" flags=xdU ");
    }

    @Test
    void no_touch_leaves_the_idle_time_of_keys_alone() {
        client.send("SET k v");
        server.advance(Duration.ofSeconds(100));
        client.send("CLIENT NO-TOUCH on");
        client.send("GET k");
        assertThat(client.send("OBJECT IDLETIME k")).isEqualTo(":100");
        client.send("CLIENT NO-TOUCH off");
        client.send("GET k");
        assertThat(client.send("OBJECT IDLETIME k")).isEqualTo(":0");
    }

    @Test
    void no_touch_leaves_the_idle_time_alone_also_of_what_is_overwritten() {
        client.send("SET k v");
        server.advance(Duration.ofSeconds(100));
        client.send("CLIENT NO-TOUCH on");
        client.send("SET k w");
        client.send("MULTI");
        client.send("MSET k 1");
        client.send("INCR k");
        client.send("EXEC");
        assertThat(client.send("OBJECT IDLETIME k")).isEqualTo(":100");
        server.connect().send("SET k v");
        assertThat(client.send("OBJECT IDLETIME k")).isEqualTo(":0");
    }

    @Test
    void no_touch_holds_also_when_a_command_that_waited_is_run_again() {
        TestClient writer = server.connect();
        client.send("XADD s 1-1 f v");
        server.advance(Duration.ofSeconds(100));
        client.send("CLIENT NO-TOUCH on");
        writer.send("CLIENT NO-TOUCH on");
        client.sendOnly("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
        writer.send("XADD s 2-1 f v");
        assertThat(client.read()).contains("2-1");
        assertThat(client.send("OBJECT IDLETIME s")).isEqualTo(":100");
    }

    // ---- LIST and INFO ----

    @Test
    void info_is_a_line_of_all_fields_in_the_order_that_tools_know() {
        client.outputBytes = 7;
        client.send("SELECT 2");
        server.advance(Duration.ofSeconds(10));
        client.send("PING");
        server.advance(Duration.ofSeconds(3));
        TestClient other = server.connect();
        assertThat(other.send("CLIENT LIST ID " + client.session().id()))
                .endsWith(
                        "id=" + client.session().id()
                                + " addr=127.0.0.1:50001 laddr=127.0.0.1:6379 fd=8 name= age=13 idle=3"
                                + " flags=N db=2 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0"
                                + " obl=7 oll=0 omem=7 tot-mem=7 events=rw cmd=ping user=default redir=-1 resp=2 lib-name= lib-ver=\n");
    }

    @Test
    void info_and_list_are_texts_to_be_read_in_resp3() {
        assertThat(client.send("CLIENT INFO")).startsWith("$");
        client.send("HELLO 3");
        assertThat(client.send("CLIENT INFO")).startsWith("=").contains("txt:id=", " cmd=client|info ", " resp=3 ");
        assertThat(client.send("CLIENT LIST")).startsWith("=").contains("txt:id=", " cmd=client|list ");
    }

    @Test
    void the_request_that_asks_is_shown_as_not_used_up() {
        assertThat(client.send("CLIENT LIST")).contains(" qbuf=26 ", " argv-mem=10 ", " tot-mem=36 ");
    }

    @Test
    void cmd_is_the_last_command_even_one_that_was_refused() {
        client.send("GET");
        assertThat(lastCommand()).isEqualTo("get");
        client.send("NOSUCH");
        assertThat(lastCommand()).isEqualTo("NULL");
        client.send("CLIENT nosuch");
        assertThat(lastCommand()).isEqualTo("NULL");
        client.send("CLIENT ID x");
        assertThat(lastCommand()).isEqualTo("client|id");
    }

    private String lastCommand() {
        return field(server.connect().send("CLIENT LIST ID " + client.session().id()), "cmd");
    }

    @Test
    void what_the_server_keeps_for_clients_counts_with_the_data_and_is_given_back_however_it_ends() {
        TestClient other = server.connect();
        other.send("PING");
        Budget budget = server.engine.store().pages().budget();
        long before = budget.reserved();
        String[][] kept = {
            {"WATCH key another", "UNWATCH"},
            {"MULTI", "DISCARD"},
            {"BLPOP key another 0", "CLIENT UNBLOCK"},
            {"XREADGROUP GROUP g c BLOCK 0 STREAMS nothing >", ""},
            {"BLPOP key 0", "CLIENT KILL ID"},
            {"WATCH key", "CLIENT KILL ID"},
        };
        for (String[] one : kept) {
            TestClient client = server.connect();
            client.send(one[0]);
            if (one[0].equals("MULTI")) client.send("SET a b");
            boolean isKept = !one[1].isEmpty();
            assertThat(budget.reserved() - before).as(one[0]).isBetween(isKept ? 100L : 0L, isKept ? 2000L : 0L);
            if (one[1].startsWith("CLIENT"))
                other.send(one[1] + " " + client.session().id());
            else if (isKept) client.send(one[1]);
            assertThat(budget.reserved()).as(one[1]).isEqualTo(before);
        }
    }

    @Test
    void a_call_that_there_is_no_memory_to_keep_does_not_wait() {
        Budget budget = server.engine.store().pages().budget();
        budget.force(budget.limit());
        assertThat(client.send("BLPOP key 0")).startsWith("-OOM");
        assertThat(client.send("WATCH key")).startsWith("-OOM");
        assertThat(client.send("PING")).isEqualTo("+PONG");
        budget.cancel(budget.limit());
        assertThat(client.send("WATCH key")).isEqualTo("+OK");
    }

    @Test
    void multi_counts_what_is_queued_and_nothing_is_queued_in_vain() {
        client.send("MULTI");
        client.send("GET abc");
        client.send("GET abc");
        String line = server.connect().send("CLIENT LIST ID " + client.session().id());
        assertThat(field(line, "multi")).isEqualTo("2");
        assertThat(field(line, "multi-mem")).isEqualTo("332"); // twice two words of six bytes, and their objects
        client.send("NOSUCH");
        client.send("GET abc");
        line = server.connect().send("CLIENT LIST ID " + client.session().id());
        assertThat(field(line, "multi")).isEqualTo("2");
    }

    @Test
    void list_shows_all_or_those_of_a_type_or_those_named() {
        TestClient second = server.connect();
        long a = client.session().id();
        long b = second.session().id();
        assertThat(ids(client.send("CLIENT LIST"))).isEqualTo(a + " " + b);
        assertThat(ids(client.send("CLIENT LIST TYPE normal"))).isEqualTo(a + " " + b);
        assertThat(client.send("CLIENT LIST TYPE pubsub")).isEqualTo("$0");
        assertThat(client.send("CLIENT LIST TYPE slave")).isEqualTo("$0");
        assertThat(ids(client.send("CLIENT LIST ID " + b + " 999 " + a + " " + b)))
                .isEqualTo(b + " " + a + " " + b);
        assertThat(client.send("CLIENT LIST TYPE foo")).isEqualTo("-ERR Unknown client type 'foo'");
        assertThat(client.send("CLIENT LIST ID 1 x")).isEqualTo("-ERR Invalid client ID");
        for (String line :
                new String[] {"CLIENT LIST ID", "CLIENT LIST TYPE", "CLIENT LIST foo", "CLIENT LIST TYPE normal ID 1"
                }) {
            assertThat(client.send(line)).isEqualTo("-ERR syntax error");
        }
    }

    @Test
    void a_call_within_the_process_is_no_connection_to_be_listed() {
        TestClient embedded = server.embedded();
        assertThat(embedded.send("CLIENT INFO")).contains(" addr= laddr= ");
        assertThat(ids(embedded.send("CLIENT LIST")))
                .isEqualTo(String.valueOf(client.session().id()));
    }

    // ---- KILL ----

    @Test
    void kill_by_address_may_hit_the_caller_and_answers_ok() {
        TestClient victim = server.connect();
        assertThat(client.send("CLIENT KILL " + victim.remoteAddress())).isEqualTo("+OK");
        assertThat(victim.isClosed).isTrue();
        assertThat(client.send("CLIENT KILL " + victim.remoteAddress())).isEqualTo("-ERR No such client");
        assertThat(client.send("CLIENT KILL " + client.remoteAddress())).isEqualTo("+OK");
        assertThat(client.closesAfterReply).isTrue();
        assertThat(client.isClosed).isFalse();
    }

    @Test
    void kill_by_filters_needs_all_of_them_and_answers_how_many() {
        TestClient victim = server.connect("10.0.0.1:5", "10.0.0.9:6379");
        long id = victim.session().id();
        for (String miss : new String[] {
            "ID 999", "ADDR 10.0.0.1:6", "LADDR 10.0.0.1:5", "TYPE pubsub", "MAXAGE 1", "ID " + id + " ADDR 1:1"
        }) {
            assertThat(client.send("CLIENT KILL " + miss + " USER default"))
                    .as(miss)
                    .isEqualTo(":0");
        }
        assertThat(victim.isClosed).isFalse();
        assertThat(client.send(
                        "CLIENT KILL ID " + id + " ADDR 10.0.0.1:5 LADDR 10.0.0.9:6379 TYPE normal USER default"))
                .isEqualTo(":1");
        assertThat(victim.isClosed).isTrue();
        assertThat(client.send("CLIENT LIST ID " + id)).isEqualTo("$0");
    }

    @Test
    void kill_by_age_closes_the_old_ones() {
        TestClient old = server.connect();
        server.advance(Duration.ofSeconds(5));
        TestClient young = server.connect();
        assertThat(client.send("CLIENT KILL MAXAGE 5")).isEqualTo(":1");
        assertThat(old.isClosed).isTrue();
        assertThat(young.isClosed).isFalse();
        assertThat(client.send("CLIENT KILL MAXAGE 0")).isEqualTo("-ERR maxage should be greater than 0");
        assertThat(client.send("CLIENT KILL MAXAGE x")).isEqualTo("-ERR maxage is not an integer or out of range");
    }

    @Test
    void kill_spares_the_caller_unless_told_not_to() {
        TestClient other = server.connect();
        assertThat(client.send("CLIENT KILL TYPE normal SKIPME yes")).isEqualTo(":1");
        assertThat(other.isClosed).isTrue();
        assertThat(client.session().isClosing()).isFalse();
        assertThat(client.send("CLIENT KILL SKIPME no")).isEqualTo(":1");
        assertThat(client.closesAfterReply).isTrue();
    }

    @Test
    void kill_refuses_filters_that_make_no_sense_and_closes_nobody() {
        TestClient other = server.connect();
        for (String bad : new String[] {"ID 1 TYPE", "foo bar", "SKIPME maybe", "ID 1 foo"}) {
            assertThat(client.send("CLIENT KILL " + bad)).as(bad).isEqualTo("-ERR syntax error");
        }
        assertThat(client.send("CLIENT KILL ID 0")).isEqualTo("-ERR client-id should be greater than 0");
        assertThat(client.send("CLIENT KILL TYPE foo")).isEqualTo("-ERR Unknown client type 'foo'");
        assertThat(client.send("CLIENT KILL USER bob")).isEqualTo("-ERR No such user 'bob'");
        assertThat(other.isClosed).isFalse();
    }

    @Test
    void a_killed_connection_leaves_no_trace_in_what_others_do() {
        TestClient victim = server.connect();
        victim.send("WATCH k");
        victim.send("MONITOR");
        client.send("CLIENT KILL ID " + victim.session().id());
        victim.read();
        client.send("SET k v");
        assertThat(victim.read()).isEmpty();
        assertThat(server.engine.watches().keys()).isZero();
    }

    // ---- REPLY ----

    @Test
    void reply_off_is_silent_until_on() {
        assertThat(client.send("CLIENT REPLY OFF")).isEmpty();
        assertThat(client.send("PING") + client.send("GET") + client.send("NOSUCH"))
                .isEmpty();
        assertThat(client.send("CLIENT REPLY SKIP")).isEmpty();
        assertThat(client.send("CLIENT REPLY ON")).isEqualTo("+OK");
        assertThat(client.send("PING")).isEqualTo("+PONG");
        assertThat(client.send("CLIENT REPLY maybe")).isEqualTo("-ERR syntax error");
    }

    @Test
    void reply_skip_leaves_out_the_next_answer_only() {
        for (String skipped : new String[] {"PING", "GET", "NOSUCH", "MULTI"}) {
            assertThat(client.send("CLIENT REPLY SKIP")).isEmpty();
            assertThat(client.send(skipped)).isEmpty();
        }
        assertThat(client.send("PING")).isEqualTo("+QUEUED");
        assertThat(client.send("EXEC")).isEqualTo("*1 +PONG");
        client.send("CLIENT REPLY SKIP");
        assertThat(client.send("CLIENT REPLY ON")).isEqualTo("+OK");
        assertThat(client.send("PING")).isEqualTo("+PONG");
    }

    @Test
    void in_a_transaction_replies_are_hidden_one_by_one() {
        client.send("CLIENT REPLY OFF");
        for (String line : new String[] {"MULTI", "PING", "CLIENT REPLY ON", "PING"}) client.send(line);
        assertThat(client.send("EXEC")).isEqualTo("+OK +PONG");

        for (String line : new String[] {"MULTI", "PING", "CLIENT REPLY OFF", "PING"}) client.send(line);
        assertThat(client.send("EXEC")).isEqualTo("*3 +PONG");
        client.send("CLIENT REPLY ON");

        for (String line : new String[] {"MULTI", "CLIENT REPLY SKIP", "PING"}) client.send(line);
        assertThat(client.send("EXEC")).isEqualTo("*2 +PONG");
        assertThat(client.send("PING")).isEmpty();
        assertThat(client.send("PING")).isEqualTo("+PONG");
    }

    // ---- what is not there ----

    @Test
    void tracking_is_off_and_says_so() {
        assertThat(client.send("CLIENT TRACKINGINFO"))
                .isEqualTo("*6 $5 flags *1 $3 off $8 redirect :-1 $8 prefixes *0");
        assertThat(client.send("CLIENT TRACKING OFF")).isEqualTo("+OK");
        assertThat(client.send("CLIENT TRACKING ON"))
                .isEqualTo("-ERR CLIENT TRACKING ON is not supported by this server");
        assertThat(client.send("CLIENT TRACKING maybe")).isEqualTo("-ERR syntax error");
        assertThat(client.send("CLIENT GETREDIR")).isEqualTo(":-1");
        assertThat(client.send("CLIENT CACHING yes"))
                .isEqualTo(
                        "-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT"
                                + " mode enabled");
        client.send("HELLO 3");
        assertThat(client.send("CLIENT TRACKINGINFO"))
                .isEqualTo("%3 $5 flags ~1 $3 off $8 redirect :-1 $8 prefixes *0");
    }

    @Test
    void unblock_ends_the_waiting_for_keys_as_if_the_time_were_over_or_with_an_error() {
        TestClient waiting = server.connect();
        long id = waiting.session().id();
        assertThat(waiting.send("AWAIT k")).isEmpty();
        assertThat(client.send("CLIENT LIST ID " + id)).contains(" flags=b ", " cmd=await ");
        assertThat(client.send("CLIENT UNBLOCK " + id)).isEqualTo(":1");
        assertThat(waiting.read()).isEqualTo("*-1");
        waiting.send("AWAIT k");
        assertThat(client.send("CLIENT UNBLOCK " + id + " error")).isEqualTo(":1");
        assertThat(waiting.read()).isEqualTo("-UNBLOCKED client unblocked via CLIENT UNBLOCK");
        waiting.send("AWAIT k");
        assertThat(client.send("CLIENT UNBLOCK " + id + " TIMEOUT")).isEqualTo(":1");
        assertThat(waiting.read()).isEqualTo("*-1");
        assertThat(client.send("CLIENT UNBLOCK " + id)).isEqualTo(":0");
        assertThat(waiting.send("PING")).isEqualTo("+PONG");
    }

    @Test
    void a_command_that_waits_holds_those_behind_it_and_skips_its_own_reply() {
        TestClient waiting = server.connect();
        waiting.send("CLIENT REPLY SKIP");
        waiting.send("AWAIT k");
        assertThat(waiting.send("PING")).isEmpty();
        client.send("SET k v");
        assertThat(waiting.read()).isEqualTo("+PONG");
        assertThat(waiting.send("AWAIT k")).isEqualTo("+OK");
    }

    @Test
    void unblock_does_not_count_those_whom_a_pause_holds() {
        TestClient held = server.connect();
        client.send("CLIENT PAUSE 1000 WRITE");
        held.send("SET k v");
        assertThat(client.send("CLIENT UNBLOCK " + held.session().id() + " ERROR"))
                .isEqualTo(":0");
        assertThat(held.waits()).isTrue();
        assertThat(client.send("CLIENT UNBLOCK 999")).isEqualTo(":0");
        assertThat(client.send("CLIENT UNBLOCK x")).isEqualTo("-ERR value is not an integer or out of range");
        assertThat(client.send("CLIENT UNBLOCK 1 foo"))
                .isEqualTo("-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        assertThat(client.send("CLIENT UNBLOCK 1 ERROR x"))
                .isEqualTo("-ERR unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.");
    }

    @Test
    void help_lists_every_subcommand() {
        String help = client.send("CLIENT HELP");
        for (ClientCommands command : ClientCommands.values()) {
            assertThat(help).contains(" +" + command.spec().name().toUpperCase(Locale.ROOT));
        }
        assertThat(client.send("CLIENT nosuch")).isEqualTo("-ERR unknown subcommand 'nosuch'. Try CLIENT HELP.");
        assertThat(client.send("CLIENT")).isEqualTo("-ERR wrong number of arguments for 'client' command");
    }

    // ---- reading the lines ----

    private String info(String name) {
        return field(client.send("CLIENT INFO"), name);
    }

    static String field(String line, String name) {
        int from = line.indexOf(" " + name + "=") + name.length() + 2;
        return line.substring(from, Math.max(line.indexOf(' ', from), from));
    }

    private static String ids(String lines) {
        StringBuilder ids = new StringBuilder();
        for (String word : lines.split("[ \n]"))
            if (word.startsWith("id=")) ids.append(word.substring(3)).append(' ');
        return ids.toString().trim();
    }
}
