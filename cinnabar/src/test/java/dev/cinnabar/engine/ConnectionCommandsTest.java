package dev.cinnabar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import org.junit.jupiter.api.Test;

class ConnectionCommandsTest {
    private static final String WRONG_PASSWORD = "-WRONGPASS invalid username-password pair or user is disabled.";

    private final TestEngine server = new TestEngine();
    private final TestClient client = server.connect();

    // ---- PING, ECHO, SELECT ----

    @Test
    void ping_answers_pong_or_its_argument() {
        assertThat(client.send("PING")).isEqualTo("+PONG");
        assertThat(client.send("PING hello")).isEqualTo("$5 hello");
        assertThat(client.send("PING a b")).isEqualTo("-ERR wrong number of arguments for 'ping' command");
        assertThat(client.send("ECHO a")).isEqualTo("$1 a");
    }

    @Test
    void select_changes_the_database_of_this_connection_only() {
        TestClient other = server.connect();
        assertThat(client.send("SELECT 3")).isEqualTo("+OK");
        client.send("SET k v");
        assertThat(other.send("GET k")).isEqualTo("$-1");
        other.send("SELECT 3");
        assertThat(other.send("GET k")).isEqualTo("$1 v");
    }

    @Test
    void select_refuses_what_is_no_database_and_stays_where_it_was() {
        client.send("SELECT 3");
        assertThat(client.send("SELECT 16")).isEqualTo("-ERR DB index is out of range");
        assertThat(client.send("SELECT -1")).isEqualTo("-ERR DB index is out of range");
        assertThat(client.send("SELECT x")).isEqualTo("-ERR value is not an integer or out of range");
        assertThat(client.send("SELECT 4294967296"))
                .isEqualTo("-ERR value is out of range, value must between -2147483648 and 2147483647");
        assertThat(client.session().db()).isEqualTo(3);
    }

    // ---- AUTH ----

    @Test
    void without_a_password_everybody_is_in_and_auth_says_so() {
        assertThat(client.session().mayEnter()).isTrue();
        assertThat(client.send("AUTH secret"))
                .isEqualTo("-ERR AUTH <password> called without any password configured for the default user. "
                        + "Are you sure your configuration is correct?");
        assertThat(client.send("AUTH default whatever")).isEqualTo("+OK");
        assertThat(client.send("AUTH nobody whatever")).isEqualTo(WRONG_PASSWORD);
    }

    @Test
    void with_a_password_a_client_can_only_log_in_leave_or_start_anew() {
        server.settings().password = "sesame";
        TestClient stranger = server.connect();
        assertThat(stranger.send("PING")).isEqualTo("-NOAUTH Authentication required.");
        assertThat(stranger.send("GET k")).isEqualTo("-NOAUTH Authentication required.");
        assertThat(stranger.send("GET")).isEqualTo("-ERR wrong number of arguments for 'get' command");
        assertThat(stranger.send("EXEC"))
                .isEqualTo("-EXECABORT Transaction discarded because of: NOAUTH Authentication required.");
        assertThat(stranger.send("RESET")).isEqualTo("+RESET");
        assertThat(stranger.send("AUTH sesame")).isEqualTo("+OK");
        assertThat(stranger.send("PING")).isEqualTo("+PONG");
    }

    @Test
    void auth_refuses_a_wrong_password_and_leaves_a_client_as_it_was() {
        server.settings().password = "sesame";
        TestClient stranger = server.connect();
        for (String wrong : new String[] {"AUTH sesam", "AUTH sesames", "AUTH default SESAME", "AUTH nobody sesame"}) {
            assertThat(stranger.send(wrong)).isEqualTo(WRONG_PASSWORD);
        }
        assertThat(stranger.send("AUTH a b c")).isEqualTo("-ERR syntax error");
        assertThat(stranger.session().mayEnter()).isFalse();

        stranger.send("AUTH default sesame");
        assertThat(stranger.send("AUTH wrong")).isEqualTo(WRONG_PASSWORD);
        assertThat(stranger.session().mayEnter()).isTrue();
    }

    @Test
    void the_program_around_the_server_needs_no_password() {
        server.settings().password = "sesame";
        TestClient embedded = server.embedded();
        assertThat(embedded.send("PING")).isEqualTo("+PONG");
        embedded.send("RESET");
        assertThat(embedded.send("PING")).isEqualTo("+PONG");
    }

    @Test
    void secrets_are_redacted_among_the_words_once_they_were_used() {
        server.settings().password = "sesame";
        Bytes[] auth = TestEngine.words("AUTH", "default", "sesame");
        Bytes[] hello = TestEngine.words("HELLO", "3", "AUTH", "default", "sesame", "SETNAME", "n");
        run(auth);
        run(hello);
        assertThat(auth).extracting(Bytes::toString).containsExactly("AUTH", "(redacted)", "(redacted)");
        assertThat(hello)
                .extracting(Bytes::toString)
                .containsExactly("HELLO", "3", "AUTH", "(redacted)", "(redacted)", "SETNAME", "n");
    }

    private void run(Bytes[] argv) {
        server.engine.lock();
        server.engine.beginBatch();
        server.engine.run(client.session(), argv.length, argv, new ByteBuilder());
        server.engine.unlock();
    }

    // ---- HELLO ----

    @Test
    void hello_describes_the_server_in_both_protocols() {
        String id = String.valueOf(client.session().id());
        String common = "$6 server $5 redis $7 version $5 " + Version.REDIS + " $5 proto :V $2 id :" + id
                + " $4 mode $10 standalone $4 role $6 master $7 modules *0";
        assertThat(client.send("HELLO")).isEqualTo("*14 " + common.replace('V', '2'));
        assertThat(client.send("HELLO 3")).isEqualTo("%7 " + common.replace('V', '3'));
        assertThat(client.send("HELLO")).isEqualTo("%7 " + common.replace('V', '3'));
        assertThat(client.send("GET missing")).isEqualTo("_");
        assertThat(client.send("HELLO 2")).isEqualTo("*14 " + common.replace('V', '2'));
        assertThat(client.send("GET missing")).isEqualTo("$-1");
    }

    @Test
    void hello_refuses_what_it_does_not_know() {
        assertThat(client.send("HELLO 4")).isEqualTo("-NOPROTO unsupported protocol version");
        assertThat(client.send("HELLO 1")).isEqualTo("-NOPROTO unsupported protocol version");
        assertThat(client.send("HELLO x")).isEqualTo("-ERR Protocol version is not an integer or out of range");
        assertThat(client.send("HELLO 3 Foo")).isEqualTo("-ERR Syntax error in HELLO option 'Foo'");
        assertThat(client.send("HELLO 3 auth a")).isEqualTo("-ERR Syntax error in HELLO option 'auth'");
        assertThat(client.send("HELLO 3 SETNAME")).isEqualTo("-ERR Syntax error in HELLO option 'SETNAME'");
        assertThat(client.sendWords("HELLO", "3", "SETNAME", "a b"))
                .isEqualTo("-ERR Client names cannot contain spaces, newlines or special characters.");
    }

    @Test
    void a_hello_that_fails_changes_nothing() {
        server.settings().password = "sesame";
        assertThat(client.send("HELLO 3 SETNAME n AUTH default wrong")).isEqualTo(WRONG_PASSWORD);
        assertThat(client.send("HELLO 3 AUTH default sesame SETNAME n FOO")).startsWith("-ERR Syntax error");
        assertThat(client.session().isResp3()).isFalse();
        assertThat(client.send("CLIENT GETNAME")).isEqualTo("$-1");
    }

    @Test
    void hello_logs_in_and_names_and_wants_a_password_where_there_is_one() {
        server.settings().password = "sesame";
        TestClient stranger = server.connect();
        assertThat(stranger.send("HELLO 3 SETNAME n"))
                .isEqualTo(
                        "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH"
                                + " <user> <pass> option can be used to authenticate the client and select the RESP protocol"
                                + " version at the same time");
        assertThat(stranger.send("HELLO 3 AUTH default sesame SETNAME n")).startsWith("%7 ");
        assertThat(stranger.send("CLIENT GETNAME")).isEqualTo("$1 n");
    }

    // ---- QUIT, RESET ----

    @Test
    void quit_answers_and_closes_behind_the_answer() {
        assertThat(client.send("QUIT now")).isEqualTo("+OK");
        assertThat(client.closesAfterReply).isTrue();
        assertThat(client.session().isClosing()).isTrue();
    }

    @Test
    void quit_leaves_a_transaction() {
        client.send("MULTI");
        assertThat(client.send("QUIT")).isEqualTo("+OK");
        assertThat(client.closesAfterReply).isTrue();
    }

    @Test
    void reset_makes_a_connection_new_but_for_its_id_and_library() {
        server.settings().password = "sesame";
        client.send("CLIENT SETINFO LIB-NAME lib");
        client.send("HELLO 3 AUTH default sesame SETNAME n");
        for (String line : new String[] {
            "SELECT 5", "CLIENT NO-EVICT ON", "CLIENT NO-TOUCH ON", "WATCH k", "MONITOR", "MULTI", "PING"
        }) {
            client.send(line);
        }
        assertThat(client.send("RESET")).isEqualTo("+RESET");
        assertThat(client.session().mayEnter()).isFalse();

        client.send("AUTH sesame");
        assertThat(client.send("CLIENT INFO"))
                .contains(" name= ", " flags=N ", " db=0 ", " multi=-1 ", " resp=2 ", " lib-name=lib ");
        assertThat(client.send("EXEC")).isEqualTo("-ERR EXEC without MULTI");
        server.connect().send("SET k v");
        assertThat(client.read()).isEmpty();
    }

    @Test
    void reset_ends_the_muting_of_replies_but_is_itself_skipped() {
        client.send("CLIENT REPLY OFF");
        assertThat(client.send("RESET")).isEqualTo("+RESET");
        assertThat(client.send("PING")).isEqualTo("+PONG");
        client.send("CLIENT REPLY SKIP");
        assertThat(client.send("RESET")).isEmpty();
        assertThat(client.send("PING")).isEqualTo("+PONG");
    }

    @Test
    void a_transaction_may_change_protocol_and_database() {
        client.send("MULTI");
        client.send("HELLO 3");
        client.send("GET missing");
        client.send("SELECT 2");
        assertThat(client.send("EXEC")).startsWith("*3 %7 ").endsWith(" _ +OK");
        assertThat(client.session().db()).isEqualTo(2);
    }
}
